//! Compares two packs over the facts of an export: exact for those, and silent about all others.

use std::collections::{BTreeMap, BTreeSet};

use cutover_analysis::audit::AuditError;
use cutover_model::natural;
use cutover_model::result::Thing;
use cutover_model::result::comparison::{LetThrough, OverFacts};
use cutover_policy::control::Control;
use cutover_policy::facts::{Environment, Facts, Table, ThingIx};
use cutover_policy::pack::Pack;
use cutover_policy::{Evaluation, evaluate};

/// Facts shown at most.
const MAX_ITEMS: usize = 20;

/// Puts facts to both packs. They have to be phrased for both: each pack asks about tools of its own.
///
/// A fact is reported if a control forbids it, or if what is unknown of it is a violation to that control. Facts that only
/// a migration plan has are not among those of an export.
///
/// # Errors
/// When a fact fails to evaluate: a mistake of this program.
pub fn compare(export: Vec<String>, facts: &Facts, old: &Pack, new: &Pack) -> Result<OverFacts, AuditError> {
    let before = reported(facts, &old.controls)?;
    let after = reported(facts, &new.controls)?;
    let let_through: Vec<_> = before.iter().filter(|(fact, _)| !after.contains_key(*fact)).collect();
    let example = |((environment, fact), controls): &(&At, &BTreeSet<usize>)| {
        let table = facts.tables.get(environment)?;
        let ids = controls.iter().filter_map(|control| old.controls.get(*control)).map(|control| control.id.clone());
        let mut reported_by: Vec<String> = ids.collect();
        reported_by.sort_by(|one, other| natural::compare(one, other));
        Some(LetThrough {
            action: environment.action.id().to_owned(),
            subject: thing(facts, table.principal(*fact))?,
            resource: thing(facts, table.resource(*fact))?,
            reported_by,
        })
    };
    Ok(OverFacts {
        export,
        facts: facts.tables.values().map(Table::len).sum(),
        reported_by_old: before.len(),
        reported_by_new: after.len(),
        let_through: let_through.len(),
        examples: let_through.iter().filter_map(example).take(MAX_ITEMS).collect(),
    })
}

/// A fact: its kind, and its number there.
type At = (Environment, usize);

/// The facts that an audit reports, and the controls by which it does.
fn reported(facts: &Facts, controls: &[Control]) -> Result<BTreeMap<At, BTreeSet<usize>>, AuditError> {
    let Evaluation { violations, unknown, .. } = evaluate(facts, controls).map_err(AuditError::Fact)?;
    let mut out: BTreeMap<At, BTreeSet<usize>> = BTreeMap::new();
    for hit in violations.into_iter().chain(unknown) {
        out.entry((hit.environment, hit.fact)).or_default().insert(hit.control);
    }
    Ok(out)
}

fn thing(facts: &Facts, index: Option<ThingIx>) -> Option<Thing> {
    let thing = facts.thing(index?)?;
    Some(Thing::new(thing.kind.id(), thing.id.clone(), thing.name.clone()))
}
