//! Whom an audit has something to say about.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Node;
use crate::judge::facts::{Facts, ThingIx, Type};
use crate::judge::{Hit, Judgement};

/// The principals of all violations, as nodes of the graph.
pub(super) fn subjects(facts: &Facts, judgement: &Judgement) -> BTreeSet<Node> {
    // The inventory has the companies in the order of the facts.
    let companies = (0..).zip(&facts.things).filter(|(_, thing)| thing.kind == Type::Company);
    let companies: BTreeMap<ThingIx, usize> =
        companies.enumerate().map(|(number, (index, _))| (index, number)).collect();
    let node = |index: ThingIx| {
        let thing = facts.thing(index)?;
        Some(Node { company: *companies.get(&thing.company)?, kind: thing.kind.id().to_owned(), id: thing.id.clone() })
    };
    let hits = judgement.violations.iter().chain(&judgement.unknown);
    let principal = |hit: &Hit| facts.tables.get(&hit.environment)?.principal(hit.fact);
    let things: BTreeSet<ThingIx> = hits.filter_map(principal).collect();
    things.into_iter().filter_map(node).collect()
}
