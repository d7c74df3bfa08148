//! The evaluate against Cedar and against itself.

use crate::support::company;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::support::company::{config, plain, untidy_company};
use cedar_policy::{
    Authorizer, Context, Entities, Entity, Policy, PolicySet, Request, RestrictedExpression, SchemaFragment,
};
use chrono::NaiveDate;
use cutover_export::{self as export, collect};
use cutover_inventory::Inventory;
use cutover_model::level::Level;
use cutover_policy::condition::{Attribute, Condition, Root, Truth};
use cutover_policy::control::entity;
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::facts::{Environment, Fact, Facts, Table, Type, Value};
use cutover_policy::pack::Pack;
use cutover_policy::reference::{ReferenceEvaluator, Verdict};
use cutover_policy::timeline::Timeline;
use cutover_policy::{evaluate, judge_by_reference};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

fn harborline(pack: &Pack) -> Facts {
    facts_of("harborline", pack)
}

fn facts_of(fixture: &str, pack: &Pack) -> Facts {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
    let export = export::read(collect::folders(&[fixture]), &());
    let inventory = Inventory::build(&export, &pack.tools, &mut Vec::new());
    let timeline = Timeline::built_in("2024-01-29").unwrap();
    let setting = Setting {
        today: NaiveDate::from_ymd_opt(2024, 10, 15).unwrap(),
        timeline: &timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    build_facts(&inventory, &setting, &|_| true)
}

/// Strict about what Cedar is strict about: every entity, attribute and context has the type of the schema.
#[test]
fn every_fact_conforms_to_the_schema() {
    let pack = Pack::load(&[]).unwrap();
    let mut judged = 0;
    for fixture in ["harborline", "brackwater"] {
        let facts = facts_of(fixture, &pack);
        for (environment, table) in &facts.tables {
            let Some(evaluator) = ReferenceEvaluator::new(&pack.controls, *environment) else { continue };
            for fact in 0..table.len() {
                evaluator.evaluate(&facts, table, fact, Some(pack.schema())).unwrap();
                judged += 1;
            }
        }
    }
    assert!(judged > 1000, "only {judged} facts were evaluated");
}

/// Every value that some thing of a type is known to have for an attribute.
fn known_values(facts: &Facts) -> BTreeMap<(Type, &'static str), Vec<Value>> {
    let mut known: BTreeMap<(Type, &'static str), Vec<Value>> = BTreeMap::new();
    for thing in &facts.things {
        for (name, said) in thing.attributes.iter() {
            let values = known.entry((thing.kind, name)).or_default();
            if !said.value.is_unknown() && said.value != Value::Absent && !values.contains(&said.value) {
                values.push(said.value.clone());
            }
            if matches!(said.value, Value::Flag(_)) && values.len() < 2 {
                *values = vec![Value::Flag(true), Value::Flag(false)];
            }
        }
    }
    known
}

/// A verdict that was given although something is unknown must hold whatever the unknown turns out to be.
#[test]
fn what_is_unknown_cannot_overturn_a_verdict() {
    let pack = Pack::load(&[]).unwrap();
    let mut facts = harborline(&pack);
    let values = known_values(&facts);
    let mut overturned = BTreeSet::new();
    let mut filled = 0;
    let environments: Vec<_> = facts.tables.keys().copied().collect();
    for environment in environments {
        let Some(evaluator) = ReferenceEvaluator::new(&pack.controls, environment) else { continue };
        for fact in 0..facts.tables[&environment].len() {
            let before = evaluator.evaluate(&facts, &facts.tables[&environment], fact, None).unwrap();
            let principal = facts.tables[&environment].principal(fact).unwrap() as usize;
            let kind = facts.things[principal].kind;
            let open: Vec<&'static str> = facts.things[principal]
                .attributes
                .iter()
                .filter(|(_, said)| said.value.is_unknown())
                .map(|(name, _)| name)
                .collect();
            for name in open {
                for value in values.get(&(kind, name)).into_iter().flatten() {
                    let unknown = facts.things[principal].attributes.get(name).unwrap().clone();
                    facts.things[principal].set(name, value.clone());
                    let after = evaluator.evaluate(&facts, &facts.tables[&environment], fact, None).unwrap();
                    facts.things[principal].attributes.insert(name, unknown);
                    filled += 1;
                    for ((control, before), after) in evaluator.controls().iter().zip(&before).zip(&after) {
                        let same = match (before, after) {
                            (Some(Verdict::Violates(_)), after) => matches!(after, Some(Verdict::Violates(_))),
                            (Some(Verdict::Complies), after) => *after == Some(Verdict::Complies),
                            _ => true,
                        };
                        if !same {
                            overturned
                                .insert(format!("{}: {name} = {value:?} turns {before:?} into {after:?}", control.id));
                        }
                    }
                }
            }
        }
    }
    assert!(filled > 100, "only {filled} unknowns were filled");
    assert!(overturned.is_empty(), "{overturned:#?}");
}

/// One fact as plain Cedar: the whole pack, a request and entities written down from the fact's JSON, schema and all.
struct Plain(PolicySet);

impl Plain {
    fn new(pack: &Pack) -> Self {
        Self(PolicySet::from_policies(pack.controls.iter().map(|control| control.policy.clone())).unwrap())
    }

    fn ask(&self, pack: &Pack, facts: &Facts, table: &Table, fact: usize) -> BTreeSet<String> {
        let (principal, resource) = (table.principal(fact).unwrap(), table.resource(fact).unwrap());
        let mut things = BTreeSet::from([principal, resource]);
        let mut context = Map::new();
        for (name, value) in table.context_of(fact) {
            if let Value::Thing(thing) = value {
                things.insert(*thing);
            }
            context.extend(json(facts, value).map(|value| (name.to_owned(), value)));
        }
        let owners: Vec<u32> = things.iter().map(|thing| facts.things[*thing as usize].company).collect();
        things.extend(owners);
        let ranks = Level::ALL.map(|level| level.id());
        let parent = |index: usize| index.checked_sub(1).map(|below| reference("Level", ranks[below]));
        let mut entities: Vec<Json> = (0..ranks.len())
            .map(|index| json!({"uid": reference("Level", ranks[index]), "attrs": {}, "parents": Vec::from_iter(parent(index))}))
            .collect();
        entities.push(json!({"uid": reference("Level", "unknown"), "attrs": {}, "parents": []}));
        for thing in things.iter().map(|thing| &facts.things[*thing as usize]) {
            let said =
                thing.attributes.iter().filter_map(|(name, said)| Some((name.to_owned(), json(facts, &said.value)?)));
            entities.push(
                json!({"uid": reference(thing.kind.id(), &thing.id), "attrs": Map::from_iter(said), "parents": []}),
            );
        }
        let entities = Entities::from_json_value(Json::Array(entities), Some(pack.schema())).unwrap();
        let uid = |thing: u32| {
            let thing = &facts.things[thing as usize];
            entity(thing.kind.id(), &thing.id).unwrap()
        };
        let action = entity("Action", table.environment.action.id()).unwrap();
        let context = Context::from_json_value(Json::Object(context), Some((pack.schema(), &action))).unwrap();
        let request = Request::new(uid(principal), action, uid(resource), context, Some(pack.schema())).unwrap();
        let response = Authorizer::new().is_authorized(&request, &self.0, &entities);
        assert_eq!(response.diagnostics().errors().count(), 0);
        response.diagnostics().reason().map(ToString::to_string).collect()
    }
}

fn reference(kind: &str, id: &str) -> Json {
    json!({"__entity": {"type": format!("Cutover::{kind}"), "id": id}})
}

/// What is known of a value; an unknown level is a level of its own.
fn json(facts: &Facts, value: &Value) -> Option<Json> {
    Some(match value {
        Value::Unknown | Value::Absent => return None,
        Value::Flag(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Day(day) => json!((*day - NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()).num_days()),
        Value::Text(text) => json!(text),
        Value::Level(level) => reference("Level", level.map_or("unknown", Level::id)),
        Value::Thing(thing) => reference(facts.things[*thing as usize].kind.id(), &facts.things[*thing as usize].id),
        Value::Exception(reason, approved_by) => json!({"reason": reason, "approved_by": approved_by}),
    })
}

/// The types of all attributes, as the schema has them.
struct Types(Json);

impl Types {
    fn of_schema() -> Self {
        let text = include_str!("../../policies/cutover.cedarschema");
        let (fragment, _) = SchemaFragment::from_cedarschema_str(text).unwrap();
        Self(fragment.to_json_value().unwrap()["Cutover"].take())
    }

    /// Everything an attribute of a type, or of the context of an action, could turn out to be.
    fn values(&self, attributes: &Json, name: &str) -> Vec<Value> {
        let kind = &attributes[name];
        let mut values = match kind["name"].as_str().or(kind["type"].as_str()).unwrap_or_default() {
            name if name.ends_with("Bool") || name == "Boolean" => vec![Value::Flag(true), Value::Flag(false)],
            name if name.ends_with("Long") => [-1, 0, 1, 2, 100, 18_900, 20_011, 20_100].map(Value::Number).to_vec(),
            name if name.ends_with("String") => words().iter().map(Value::text).collect(),
            name if name.ends_with("Level") => Level::ALL.map(|level| Value::Level(Some(level))).to_vec(),
            name if name.ends_with("Exception") => vec![Value::Exception("reason".into(), "somebody".into())],
            other => panic!("`{name}` is of the type {other}, of which nothing is known here: {kind}"),
        };
        if kind["required"] == json!(false) {
            values.push(Value::Absent);
        }
        values
    }

    fn of_thing(&self, kind: Type) -> &Json {
        &self.0["entityTypes"][kind.id()]["shape"]["attributes"]
    }

    fn of_context(&self, environment: Environment) -> &Json {
        &self.0["actions"][environment.action.id()]["appliesTo"]["context"]["attributes"]
    }
}

/// Every text that a policy compares with, and one that none does.
fn words() -> Vec<String> {
    let mut words = vec![String::new(), "none of them".to_owned()];
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/controls")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let body = text.split("forbid").nth(1).unwrap_or_default();
        words.extend(body.split('"').skip(1).step_by(2).map(|word| word.replace('*', "")));
    }
    words.sort();
    words.dedup();
    words
}

fn is_unknown(facts: &Facts, table: &Table, fact: usize, Attribute { root, name }: &Attribute) -> bool {
    let of = |thing: u32| {
        facts.things[thing as usize].attributes.get(name.as_str()).is_some_and(|said| said.value.is_unknown())
    };
    match root {
        Root::Principal => of(table.principal(fact).unwrap()),
        Root::Resource => of(table.resource(fact).unwrap()),
        Root::Context => table.value(fact, name).is_some_and(Value::is_unknown),
    }
}

/// A world of one fact in which every unknown turned out to be something.
fn filled(types: &Types, facts: &Facts, table: &Table, fact: usize, pick: &mut dyn FnMut(usize) -> usize) -> Facts {
    let mut out = Facts { things: facts.things.clone(), ..Facts::default() };
    let mut draw = |value: &Value, attributes: &Json, name: &str| {
        if !value.is_unknown() {
            return value.clone();
        }
        let mut values = types.values(attributes, name);
        values.swap_remove(pick(values.len()))
    };
    for thing in [table.principal(fact).unwrap(), table.resource(fact).unwrap()] {
        let thing = &mut out.things[thing as usize];
        let kind = thing.kind;
        let drawn: Vec<(&'static str, Value)> =
            thing.attributes.iter().map(|(name, said)| (name, draw(&said.value, types.of_thing(kind), name))).collect();
        drawn.into_iter().for_each(|(name, value)| thing.set(name, value));
    }
    let attributes = types.of_context(table.environment);
    let context = table.context_of(fact).map(|(name, value)| (name, draw(value, attributes, name))).collect();
    out.push(
        table.environment.action,
        Fact {
            principal: table.principal(fact).unwrap(),
            resource: table.resource(fact).unwrap(),
            context,
            member: None,
            evidence: table.evidence(fact).unwrap(),
            said: Vec::new(),
        },
    );
    out
}

proptest! {
    #![proptest_config(config(24))]

    /// Where nothing that a control reads is unknown, its verdict is Cedar's: of all controls, asked all at once.
    #[test]
    fn a_control_is_violated_exactly_where_cedar_forbids_the_fact(docs in untidy_company()) {
        let plain_cedar = Plain::new(&PACK);
        let facts = company::facts(&PACK, plain(&docs));
        for (environment, table) in &facts.tables {
            let Some(evaluator) = ReferenceEvaluator::new(&PACK.controls, *environment) else { continue };
            for fact in 0..table.len() {
                let fired = plain_cedar.ask(&PACK, &facts, table, fact);
                let verdicts = evaluator.evaluate(&facts, table, fact, Some(PACK.schema())).unwrap();
                let mut asked = BTreeSet::new();
                for (control, verdict) in evaluator.controls().iter().zip(&verdicts) {
                    asked.insert(control.id.clone());
                    let open = control.condition.reads.iter().any(|read| is_unknown(&facts, table, fact, read));
                    let violated = matches!(verdict, Some(Verdict::Violates(_)));
                    prop_assert!(!matches!(verdict, Some(Verdict::Error(_))), "{}: {verdict:?}", control.id);
                    prop_assert!(open || violated == fired.contains(&control.id), "{}: {verdict:?}, Cedar: {fired:?}", control.id);
                    prop_assert!(open || !matches!(verdict, Some(Verdict::Unknown(_))), "{}: nothing is unknown", control.id);
                }
                prop_assert!(fired.is_subset(&asked), "{fired:?} fired, {asked:?} were asked");
            }
        }
    }

    /// A verdict that was given although something is unknown holds, whatever all of it turns out to be.
    #[test]
    fn no_filling_of_the_unknown_overturns_a_verdict(docs in untidy_company(), seed: u64) {
        let (types, mut state) = (Types::of_schema(), seed);
        let mut pick = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % end
        };
        let facts = company::facts(&PACK, plain(&docs));
        for (environment, table) in &facts.tables {
            let Some(evaluator) = ReferenceEvaluator::new(&PACK.controls, *environment) else { continue };
            for fact in (0..table.len()).step_by(1 + table.len() / 12) {
                let before = evaluator.evaluate(&facts, table, fact, None).unwrap();
                for _ in 0..4 {
                    let world = filled(&types, &facts, table, fact, &mut pick);
                    let after = evaluator.evaluate(&world, &world.tables[environment], 0, Some(PACK.schema())).unwrap();
                    for ((control, before), after) in evaluator.controls().iter().zip(&before).zip(&after) {
                        let same = match before {
                            Some(Verdict::Violates(_)) => matches!(after, Some(Verdict::Violates(_))),
                            Some(Verdict::Complies) => *after == Some(Verdict::Complies),
                            None => after.is_none(),
                            _ => matches!(after, Some(Verdict::Violates(_) | Verdict::Complies)),
                        };
                        prop_assert!(same, "{}: {before:?} became {after:?}", control.id);
                    }
                }
            }
        }
    }
}

/// Conditions over three flags that may be missing (`a`, `b`, `c`), a number and a text.
fn condition(guarded: bool) -> impl Strategy<Value = String> {
    let flag = select(&["a", "b", "c"][..]);
    let guard = move |name: &str| {
        if guarded { format!("(principal has {name} && principal.{name})") } else { format!("principal.{name}") }
    };
    let leaf = prop_oneof![
        4 => flag.clone().prop_map(guard),
        2 => flag.prop_map(|name| format!("principal has {name}")),
        1 => select(&["context.n > 3", "context.n == 5", "3 < context.n && context.n < 9", "context.t == \"x\"", "context.t like \"x*\"",
            "[1, 5].contains(context.n)", "true", "false", "principal == resource", "principal is Cutover::App",
            "(if context.n > 3 then context.t == \"x\" else false)"][..]).prop_map(|text| format!("({text})")),
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one} && {two})")),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one} || {two})")),
            inner.prop_map(|one| format!("!({one})")),
        ]
    })
}

fn policy(guarded: bool) -> impl Strategy<Value = Policy> {
    let clause = move || {
        (any::<bool>(), condition(guarded))
            .prop_map(|(when, text)| format!("{} {{ {text} }}", if when { "when" } else { "unless" }))
    };
    vec(clause(), 0..4)
        .prop_map(|clauses| format!("forbid (principal, action, resource) {};", clauses.join(" ")).parse().unwrap())
}

/// Flags by name; one that is `None` is not there.
type Flags = [Option<bool>; 3];

fn question(flags: Flags, number: i64, text: &str) -> (Request, Entities) {
    let uid = entity("App", "one").unwrap();
    let given = ["a", "b", "c"]
        .into_iter()
        .zip(flags)
        .filter_map(|(name, flag)| Some((name.to_owned(), RestrictedExpression::new_bool(flag?))));
    let thing = Entity::new(uid.clone(), given.collect(), HashSet::new()).unwrap();
    let context = [
        ("n".to_owned(), RestrictedExpression::new_long(number)),
        ("t".to_owned(), RestrictedExpression::new_string(text.to_owned())),
    ];
    let action = entity("Action", "exists").unwrap();
    let request = Request::new(uid, action, entity("App", "two").unwrap(), Context::from_pairs(context).unwrap(), None);
    (request.unwrap(), Entities::from_entities([thing], None).unwrap())
}

/// What Cedar itself says of one policy.
fn cedar(policy: &Policy, (request, entities): &(Request, Entities)) -> Truth {
    let response =
        Authorizer::new().is_authorized(request, &PolicySet::from_policies([policy.clone()]).unwrap(), entities);
    match (response.diagnostics().errors().next(), response.diagnostics().reason().next()) {
        (Some(_), _) => Truth::Error,
        (None, Some(_)) => Truth::True,
        (None, None) => Truth::False,
    }
}

proptest! {
    #![proptest_config(config(512))]

    /// Taken apart and put together again, a condition is what Cedar makes of it, errors included.
    #[test]
    fn connectives_combine_as_in_cedar(policy in policy(false), flags: Flags, number in 0..10_i64, text in select(&["x", "xy", ""][..])) {
        let question = question(flags, number, text);
        let condition = Condition::of(&policy).unwrap();
        prop_assert!(condition.applies(&question.0, &question.1));
        prop_assert_eq!(condition.holds(&question.0, &question.1, &BTreeSet::new()), cedar(&policy, &question), "{}", policy);
    }

    /// True and false in spite of unknowns are true and false for every value they could have, none included.
    #[test]
    fn a_truth_in_spite_of_unknowns_is_one(policy in policy(true), flags: Flags, unknown: [bool; 3], number in 0..10_i64) {
        let names = ["a", "b", "c"].map(|name| Attribute { root: Root::Principal, name: name.to_owned() });
        let open: BTreeSet<&Attribute> = names.iter().zip(unknown).filter(|(_, unknown)| *unknown).map(|(name, _)| name).collect();
        let told = flags.into_iter().zip(unknown).map(|(flag, unknown)| flag.filter(|_| !unknown));
        let asked = question(told.collect::<Vec<_>>().try_into().unwrap(), number, "x");
        let truth = Condition::of(&policy).unwrap().holds(&asked.0, &asked.1, &open);
        prop_assert_ne!(truth, Truth::Error);
        let choices = |index: usize| if unknown[index] { vec![None, Some(true), Some(false)] } else { vec![flags[index]] };
        for one in choices(0) {
            for two in choices(1) {
                for three in choices(2) {
                    let turned_out = cedar(&policy, &question([one, two, three], number, "x"));
                    prop_assert!(truth == Truth::Unknown || truth == turned_out, "{}: {:?} became {:?}", policy, truth, turned_out);
                }
            }
        }
        if open.is_empty() {
            prop_assert_ne!(truth, Truth::Unknown);
        }
    }
}

/// Both evaluators, over everything the fixtures say.
#[test]
fn masks_and_reference_agree_on_the_fixtures() {
    for fixture in ["minimal", "harborline", "brackwater"] {
        let facts = facts_of(fixture, &PACK);
        let (fast, slow) =
            (evaluate(&facts, &PACK.controls).unwrap(), judge_by_reference(&facts, &PACK.controls).unwrap());
        assert_eq!(fast.assessed, slow.assessed, "{fixture}");
        assert_eq!(fast, slow, "{fixture}");
    }
}
