//! The reference judge: asks Cedar's public `Authorizer` about one fact at a time.
//!
//! Slow and plain on purpose. Whatever evaluates faster is compared with this, control by control.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression,
    Schema,
};

use super::condition::{Attribute, ClauseTruth, Condition, Read, Root, Truth};
use super::control::{Control, entity};
use super::fact_builder::day_number;
use super::facts::{Environment, Facts, Table, Thing, ThingIx, Type, Value};
use cutover_model::level::Level;

/// What a control says about a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The fact is forbidden; these attributes decide it.
    Violates(Vec<Attribute>),
    /// The fact is allowed.
    Complies,
    /// The export does not say enough; these attributes are unknown.
    Unknown(Vec<Attribute>),
    /// Cedar could not evaluate the control.
    Error(String),
}

/// What a control says about a fact, clause by clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What it comes to.
    pub verdict: Verdict,
    /// Each clause by itself.
    pub clauses: Vec<ClauseTruth>,
}

/// Another value of one attribute of a fact: what would be if the export said it.
#[derive(Debug, Clone, Copy)]
pub struct Instead<'a> {
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Its value.
    pub value: &'a Value,
}

impl Instead<'_> {
    /// Its value, if it is about this attribute.
    fn of(self, root: Root, name: &str) -> Option<Value> {
        (self.attribute.root == root && self.attribute.name == name).then(|| self.value.clone())
    }
}

/// The controls that can apply to the facts of one environment.
#[derive(Debug)]
pub struct ReferenceEvaluator<'p> {
    controls: Vec<&'p Control>,
    policies: PolicySet,
    action: EntityUid,
    levels: Vec<Entity>,
}

/// What one fact looks like to Cedar.
pub type Question = (Request, Entities);

/// What of a fact is shown to Cedar, when not everything is.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    /// What may be observed.
    pub(super) observed: BTreeSet<&'a Read>,
    /// The names of all attributes that may be spoken of, of whatever they may be.
    pub(super) names: &'a BTreeSet<&'a str>,
}

impl Shown<'_> {
    /// Whether the entity of the principal, or of the resource, is there to be looked into.
    fn end(&self, root: Root) -> bool {
        self.observed.iter().any(|read| read.root() == root)
    }

    fn context(&self, name: &str) -> bool {
        let is_it =
            |read: &&Read| matches!(read, Read::Attribute(Attribute { root: Root::Context, name: one }) if one == name);
        self.observed.iter().any(is_it)
    }
}

impl<'p> ReferenceEvaluator<'p> {
    /// The bench for an environment; `None` when no control can apply there.
    pub fn new(controls: &'p [Control], environment: Environment) -> Option<Self> {
        Some(Self::of(controls, environment, |_| true)?.0)
    }

    /// The bench of some of the controls, by their numbers, and the numbers of those that can apply.
    pub fn of(
        controls: &'p [Control],
        environment: Environment,
        taken: impl Fn(usize) -> bool,
    ) -> Option<(Self, Vec<usize>)> {
        let fits = |(number, control): &(usize, &Control)| taken(*number) && applies_to(control, environment);
        let (numbers, controls): (Vec<usize>, Vec<&Control>) = controls.iter().enumerate().filter(fits).unzip();
        if controls.is_empty() {
            return None;
        }
        let action = entity("Action", environment.action.id())?;
        let policies = PolicySet::from_policies(controls.iter().map(|control| control.policy.clone())).ok()?;
        Some((Self { controls, policies, action, levels: levels() }, numbers))
    }

    /// The controls, in the order of the verdicts.
    pub fn controls(&self) -> &[&'p Control] {
        &self.controls
    }

    /// The context attributes that some control reads: all that can matter of a fact.
    pub fn reads(&self) -> BTreeSet<&str> {
        let reads = self.controls.iter().flat_map(|control| &control.condition.reads);
        reads.filter(|attribute| attribute.root == Root::Context).map(|attribute| attribute.name.as_str()).collect()
    }

    /// Evaluates one fact: a verdict for each control that applies to it.
    ///
    /// # Errors
    /// When the fact fails to evaluate at all: a mistake of this program.
    pub fn evaluate(
        &self,
        facts: &Facts,
        table: &Table,
        fact: usize,
        schema: Option<&Schema>,
    ) -> Result<Vec<Option<Verdict>>, String> {
        let (request, entities) = self.question(facts, table, fact, schema, None)?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let fired: BTreeSet<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        let errors: BTreeMap<String, String> = response
            .diagnostics()
            .errors()
            .map(|AuthorizationError::PolicyEvaluationError(error)| {
                (error.policy_id().to_string(), error.inner().to_string())
            })
            .collect();
        let unknown = unknown_attributes(facts, table, fact);
        let verdict = |control: &&Control| {
            if !control.condition.applies(&request, &entities) {
                return None;
            }
            let open: BTreeSet<&Attribute> =
                control.condition.reads.iter().filter(|read| unknown.contains(*read)).collect();
            if open.is_empty() {
                if let Some(error) = errors.get(&control.id) {
                    return Some(Verdict::Error(error.clone()));
                }
                return Some(if fired.contains(&control.id) {
                    Verdict::Violates(control.condition.deciding(&mut |leaf| leaf.eval(&request, &entities, &open)))
                } else {
                    Verdict::Complies
                });
            }
            Some(verdict_of(&control.condition, &request, &entities, &open))
        };
        Ok(self.controls.iter().map(verdict).collect())
    }

    /// What the first of the controls says about a fact, clause by clause; nothing where it does not apply. With another
    /// value of an attribute, what it would say then.
    ///
    /// # Errors
    /// When the fact fails to evaluate at all: a mistake of this program.
    pub fn explain(
        &self,
        facts: &Facts,
        table: &Table,
        fact: usize,
        instead: Option<Instead<'_>>,
    ) -> Result<Option<Explained>, String> {
        let (request, entities) = self.question(facts, table, fact, None, instead)?;
        let Some(control) = self.controls.first() else { return Ok(None) };
        let condition = &control.condition;
        if !condition.applies(&request, &entities) {
            return Ok(None);
        }
        let mut unknown = unknown_attributes(facts, table, fact);
        if let Some(Instead { attribute, value }) = instead {
            unknown.remove(attribute);
            unknown.extend(value.is_unknown().then(|| attribute.clone()));
        }
        let open: BTreeSet<&Attribute> = condition.reads.iter().filter(|read| unknown.contains(*read)).collect();
        let verdict = verdict_of(condition, &request, &entities, &open);
        Ok(Some(Explained { verdict, clauses: condition.explain(&request, &entities, &open) }))
    }

    /// What the places of each control's condition are for one fact; nothing for a control that does not apply.
    ///
    /// # Errors
    /// When the fact fails to evaluate at all: a mistake of this program.
    pub fn observe(&self, facts: &Facts, table: &Table, fact: usize) -> Result<Vec<Vec<Option<Truth>>>, String> {
        let (request, entities) = self.question(facts, table, fact, None, None)?;
        let unknown = unknown_attributes(facts, table, fact);
        let observe = |control: &&Control| {
            let condition = &control.condition;
            if !condition.applies(&request, &entities) {
                return Vec::new();
            }
            let open = condition.reads.iter().filter(|read| unknown.contains(*read)).collect();
            condition.observe(&request, &entities, &open)
        };
        Ok(self.controls.iter().map(observe).collect())
    }

    /// Whether a condition that is no control's holds for a fact: that of a waiver.
    ///
    /// # Errors
    /// When the fact fails to evaluate at all: a mistake of this program.
    pub fn holds(condition: &Condition, facts: &Facts, table: &Table, fact: usize) -> Result<Truth, String> {
        let action = entity("Action", table.environment.action.id()).ok_or("no such action")?;
        let evaluator =
            ReferenceEvaluator { controls: Vec::new(), policies: PolicySet::new(), action, levels: levels() };
        let (request, entities) = evaluator.question(facts, table, fact, None, None)?;
        let unknown = unknown_attributes(facts, table, fact);
        let open = condition.reads.iter().filter(|read| unknown.contains(*read)).collect();
        Ok(condition.holds(&request, &entities, &open))
    }

    /// The request and the entities it speaks of.
    fn question(
        &self,
        facts: &Facts,
        table: &Table,
        fact: usize,
        schema: Option<&Schema>,
        instead: Option<Instead<'_>>,
    ) -> Result<Question, String> {
        let (block, row) = table.find(fact).ok_or("no such fact")?;
        self.question_with(facts, table, (block, row), schema, (None, instead))
    }

    /// The request that a block and a row make together, and the entities it speaks of, as far as they are shown.
    pub(super) fn question_of(
        &self,
        facts: &Facts,
        table: &Table,
        at: (usize, usize),
        schema: Option<&Schema>,
        shown: Option<&Shown<'_>>,
    ) -> Result<Question, String> {
        self.question_with(facts, table, at, schema, (shown, None))
    }

    fn question_with(
        &self,
        facts: &Facts,
        table: &Table,
        (block, row): (usize, usize),
        schema: Option<&Schema>,
        (shown, instead): (Option<&Shown<'_>>, Option<Instead<'_>>),
    ) -> Result<Question, String> {
        let principal = table.blocks().get(block).ok_or("no such fact")?.principal;
        let resource = table.resource_of(row).ok_or("no such fact")?;
        let ends = [(Root::Principal, principal), (Root::Resource, resource)].into_iter();
        let ends = ends.filter(|(root, _)| shown.is_none_or(|shown| shown.end(*root)));
        let mut things: BTreeSet<ThingIx> = ends.map(|(_, thing)| thing).collect();
        let mut pairs = Vec::new();
        let mut speaks_of_levels = shown.is_none();
        for (name, value) in table.context(block, row) {
            if shown.is_some_and(|shown| !shown.context(name)) {
                continue;
            }
            let other = instead.and_then(|instead| instead.of(Root::Context, name));
            let value = other.as_ref().unwrap_or(value);
            if let Value::Thing(thing) = value {
                things.insert(*thing);
            }
            speaks_of_levels |= matches!(value, Value::Level(_));
            if let Some(value) = expression(facts, value)? {
                pairs.push((name.to_owned(), value));
            }
        }
        let is_shown = |name: &str| shown.is_none_or(|shown| shown.names.contains(name));
        told_of(facts, &mut things, &is_shown);
        if shown.is_none() {
            let companies: Vec<ThingIx> =
                things.iter().filter_map(|thing| Some(facts.thing(*thing)?.company)).collect();
            things.extend(companies);
        }
        let mut entities = Vec::new();
        for thing in things {
            let attributes = facts.thing(thing).into_iter().flat_map(|thing| thing.attributes.iter());
            let mut said = attributes.filter(|(name, _)| is_shown(name)).map(|(_, said)| &said.value);
            speaks_of_levels |= said.any(|value| matches!(value, Value::Level(_)));
            let ends = [(Root::Principal, principal), (Root::Resource, resource)];
            let roots = ends.into_iter().filter(|(_, end)| *end == thing).map(|(root, _)| root);
            let other = |name: &str| roots.clone().find_map(|root| instead?.of(root, name));
            entities.push(cedar_entity(facts, thing, &is_shown, &other)?);
        }
        if speaks_of_levels {
            entities.extend(self.levels.iter().cloned());
        }
        let entities = Entities::from_entities(entities, schema).map_err(|error| error.to_string())?;
        let context = Context::from_pairs(pairs).map_err(|error| error.to_string())?;
        let request = Request::new(uid(facts, principal)?, self.action.clone(), uid(facts, resource)?, context, schema);
        Ok((request.map_err(|error| error.to_string())?, entities))
    }
}

/// What a condition comes to, when some attributes are unknown.
fn verdict_of(condition: &Condition, request: &Request, entities: &Entities, open: &BTreeSet<&Attribute>) -> Verdict {
    match condition.holds(request, entities, open) {
        Truth::True => Verdict::Violates(condition.deciding(&mut |leaf| leaf.eval(request, entities, open))),
        Truth::False => Verdict::Complies,
        Truth::Unknown => Verdict::Unknown(open.iter().map(|attribute| (*attribute).clone()).collect()),
        Truth::Error => Verdict::Error("a part of the condition cannot be evaluated".to_owned()),
    }
}

/// Adds the things that attributes of these things name, so that what Cedar sees of a thing never depends on what else
/// stands in the fact.
fn told_of(facts: &Facts, things: &mut BTreeSet<ThingIx>, is_shown: &dyn Fn(&str) -> bool) {
    let mut open: Vec<ThingIx> = things.iter().copied().collect();
    while let Some(thing) = open.pop() {
        let attributes = facts.thing(thing).into_iter().flat_map(|thing| thing.attributes.iter());
        for (name, said) in attributes {
            if let Value::Thing(named) = said.value
                && is_shown(name)
                && things.insert(named)
            {
                open.push(named);
            }
        }
    }
}

/// Whether a control can apply to facts of an environment.
pub fn applies_to(control: &Control, environment: Environment) -> bool {
    control.environments.iter().any(|env| {
        env.action().id().unescaped() == environment.action.id()
            && env.principal().basename() == environment.principal.id()
            && env.resource().basename() == environment.resource.id()
    })
}

/// The attributes of a fact that the export does not say.
fn unknown_attributes(facts: &Facts, table: &Table, fact: usize) -> BTreeSet<Attribute> {
    let mut out = BTreeSet::new();
    for (root, thing) in [(Root::Principal, table.principal(fact)), (Root::Resource, table.resource(fact))] {
        let thing = thing.and_then(|thing| facts.thing(thing));
        for (name, said) in thing.iter().flat_map(|thing| thing.attributes.iter()) {
            if said.value.is_unknown() {
                out.insert(Attribute { root, name: name.to_owned() });
            }
        }
    }
    for (name, value) in table.context_of(fact) {
        if value.is_unknown() {
            out.insert(Attribute { root: Root::Context, name: name.to_owned() });
        }
    }
    out
}

fn uid(facts: &Facts, thing: ThingIx) -> Result<EntityUid, String> {
    let thing = facts.thing(thing).ok_or("no such thing")?;
    entity(thing.kind.id(), &thing.id).ok_or_else(|| "no such type".to_owned())
}

fn cedar_entity(
    facts: &Facts,
    index: ThingIx,
    is_shown: &dyn Fn(&str) -> bool,
    other: &dyn Fn(&str) -> Option<Value>,
) -> Result<Entity, String> {
    let thing: &Thing = facts.thing(index).ok_or("no such thing")?;
    let mut attributes = std::collections::HashMap::new();
    for (name, said) in thing.attributes.iter().filter(|(name, _)| is_shown(name)) {
        if let Some(value) = expression(facts, other(name).as_ref().unwrap_or(&said.value))? {
            attributes.insert(name.to_owned(), value);
        }
    }
    let mut parents = HashSet::new();
    if !matches!(thing.kind, Type::Company | Type::Tool) {
        parents.insert(uid(facts, thing.company)?);
    }
    Entity::new(uid(facts, index)?, attributes, parents).map_err(|error| error.to_string())
}

/// A value as Cedar reads it; `None` when there is nothing to read. An unknown level is a level of its own.
fn expression(facts: &Facts, value: &Value) -> Result<Option<RestrictedExpression>, String> {
    Ok(Some(match value {
        Value::Unknown | Value::Absent => return Ok(None),
        Value::Flag(flag) => RestrictedExpression::new_bool(*flag),
        Value::Number(number) => RestrictedExpression::new_long(*number),
        Value::Day(day) => RestrictedExpression::new_long(day_number(*day)),
        Value::Text(text) => RestrictedExpression::new_string(text.to_string()),
        Value::Level(level) => {
            let id = level.map_or("unknown", Level::id);
            RestrictedExpression::new_entity_uid(entity("Level", id).ok_or("no such level")?)
        }
        Value::Thing(thing) => RestrictedExpression::new_entity_uid(uid(facts, *thing)?),
        Value::Exception(reason, approved_by) => {
            let text = |text: &String| RestrictedExpression::new_string(text.clone());
            let members = [("reason".to_owned(), text(reason)), ("approved_by".to_owned(), text(approved_by))];
            RestrictedExpression::new_record(members).map_err(|error| error.to_string())?
        }
    }))
}

/// The levels and their order: each is in the one below it.
fn levels() -> Vec<Entity> {
    let uid = |level: Level| entity("Level", level.id());
    let below = |level: Level| Level::ALL.into_iter().rev().find(|other| *other < level);
    let known = Level::ALL.into_iter().filter_map(|level| {
        let parents = below(level).and_then(uid).into_iter().collect();
        Some(Entity::new_no_attrs(uid(level)?, parents))
    });
    let unknown = entity("Level", "unknown").map(|uid| Entity::new_no_attrs(uid, HashSet::new()));
    known.chain(unknown).collect()
}
