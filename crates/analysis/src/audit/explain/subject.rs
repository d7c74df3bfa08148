//! Whom a question about a verdict names.

use std::collections::BTreeSet;

use cutover_model::escape;
use cutover_policy::control::Control;
use cutover_policy::facts::{Table, ThingIx, Value};

use super::super::Context;
use crate::ask::names::{Candidate, NameError, matching, only};

/// The subject of this name: a principal of the facts. An account and its app may have one name; then the one that the
/// control is about is meant.
pub(super) fn find(context: &Context<'_>, name: &str, control: &Control) -> Result<ThingIx, NameError> {
    let tables = || context.facts.tables.values();
    let principals = tables().flat_map(Table::blocks).map(|block| block.principal);
    let all: BTreeSet<ThingIx> = principals.collect();
    let candidate = |index: ThingIx| {
        let thing = context.facts.thing(index)?;
        let mut names = vec![thing.name.to_string(), thing.id.to_string()];
        if let Some(Value::Text(email)) = thing.attributes.get("email").map(|email| &email.value) {
            names.push(email.to_string());
        }
        names.retain(|name| !name.is_empty());
        let shown = format!("{} ({} {})", escape::name(&thing.name), thing.kind.id(), escape::name(&thing.id));
        Some(Candidate { thing: index, shown, names })
    };
    let candidates: Vec<Candidate<ThingIx>> = all.into_iter().filter_map(candidate).collect();
    let is_about = |index: ThingIx| {
        let kind = context.facts.thing(index).map_or("", |thing| thing.kind.id());
        control.environments.iter().any(|environment| environment.principal().basename() == kind)
    };
    let (about, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|candidate| is_about(candidate.thing));
    if !matching(name, &about).is_empty() {
        return only("subject", name, &about);
    }
    only("subject", name, &about.into_iter().chain(others).collect::<Vec<_>>())
}
