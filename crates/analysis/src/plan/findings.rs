//! Violations in short, to compare one state of an inventory with another.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::result::Thing;
use cutover_model::result::plan::Finding;
use cutover_policy::fact_builder::{CompanyIndex, Selection, Setting, build_facts, build_some_facts};
use cutover_policy::facts::{Facts, ThingIx};
use cutover_policy::pack::Pack;
use cutover_policy::wording::said;
use cutover_policy::{self as policy, Evaluation, Hit};

/// What identifies a violation in every state: company, control, subject, resource.
pub(super) type Key = (SmolStr, String, (SmolStr, SmolStr), (SmolStr, SmolStr));

/// The violations of a state.
pub(super) type Findings = BTreeMap<Key, Finding>;

/// States of parts of companies that are evaluated together: each evaluation has a price of its own, however little it is about.
#[derive(Debug, Default)]
pub(super) struct Batch {
    facts: Facts,
}

impl Batch {
    /// Things that are evaluated at once: enough that the price of a evaluation does not count.
    const MAX_THINGS: usize = 20_000;

    /// Whether it should be evaluated before more is added.
    pub(super) fn is_full(&self) -> bool {
        self.facts.things.len() > Self::MAX_THINGS
    }
}

/// A part of a company in a [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BatchPart(ThingIx);

/// Evaluates states of an inventory.
pub(crate) struct StateEvaluator<'a> {
    pub pack: &'a Pack,
    pub setting: &'a Setting<'a>,
    pub days_left: Option<i64>,
}

impl StateEvaluator<'_> {
    /// Everything in the inventory.
    pub(super) fn all(&self, inventory: &Inventory) -> Result<(Facts, Evaluation), String> {
        let facts =
            build_facts(inventory, self.setting, &|environment| policy::wanted(&self.pack.controls, environment));
        let evaluation = policy::evaluate(&facts, &self.pack.controls)?;
        Ok((facts, evaluation))
    }

    /// Adds a part of one company, in its state of now, to those that are evaluated together.
    pub(super) fn add(
        &self,
        batch: &mut Batch,
        inventory: &Inventory,
        (company, index): (&Company, &CompanyIndex),
        part: &Selection,
    ) -> BatchPart {
        let wanted = |environment| policy::wanted(&self.pack.controls, environment);
        BatchPart(build_some_facts(&mut batch.facts, inventory, (company, index), part, self.setting, &wanted))
    }

    /// The violations of each part that has some.
    pub(super) fn evaluate(&self, batch: Batch) -> Result<BTreeMap<BatchPart, Findings>, String> {
        let facts = &batch.facts;
        let evaluation = policy::evaluate(facts, &self.pack.controls)?;
        let mut out: BTreeMap<BatchPart, Findings> = BTreeMap::new();
        for hit in evaluation.violations.iter().chain(&evaluation.unknown) {
            let subject = facts.tables.get(&hit.environment).and_then(|table| table.principal(hit.fact));
            let part = subject.and_then(|subject| facts.thing(subject)).map(|thing| BatchPart(thing.company));
            if let Some((part, (key, finding))) = part.zip(self.finding(facts, hit)) {
                out.entry(part).or_default().insert(key, finding);
            }
        }
        Ok(out)
    }

    /// The violations of a evaluation, what is forbidden not to know included.
    pub(super) fn findings(&self, facts: &Facts, evaluation: &Evaluation) -> Findings {
        let hits = evaluation.violations.iter().chain(&evaluation.unknown);
        hits.filter_map(|hit| self.finding(facts, hit)).collect()
    }

    pub(super) fn finding(&self, facts: &Facts, hit: &Hit) -> Option<(Key, Finding)> {
        let control = self.pack.controls.get(hit.control)?;
        let table = facts.tables.get(&hit.environment)?;
        let (subject, resource) = (table.principal(hit.fact)?, table.resource(hit.fact)?);
        let company = &facts.thing(facts.thing(subject)?.company)?.id;
        let (subject, resource) = (thing(facts, subject)?, thing(facts, resource)?);
        let key = (
            company.clone(),
            control.id.clone(),
            (subject.r#type.clone(), subject.id.clone()),
            (resource.r#type.clone(), resource.id.clone()),
        );
        let message = control.message.fill(&|attribute| said(facts, table, hit.fact, attribute));
        let finding = Finding {
            control: control.id.clone(),
            severity: policy::severity(control, self.pack, self.days_left),
            subject,
            resource,
            message: escape::visible(&message).into_owned(),
        };
        Some((key, finding))
    }
}

pub(super) fn thing(facts: &Facts, index: ThingIx) -> Option<Thing> {
    let thing = facts.thing(index)?;
    Some(Thing::new(thing.kind.id(), thing.id.clone(), thing.name.clone()))
}

/// What stands in the one and not in the other.
pub(super) fn difference(one: &Findings, other: &Findings) -> Vec<Finding> {
    one.iter().filter(|(key, _)| !other.contains_key(*key)).map(|(_, finding)| finding.clone()).collect()
}
