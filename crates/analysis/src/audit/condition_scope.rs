//! What the condition of a waiver sees of a fact. Facts of which it sees the same have the same answer, so that Cedar is
//! asked once for each: a condition over names is asked once for each name, not for each of its violations.

use rustc_hash::FxHashMap;

use rayon::prelude::*;

use super::Context;
use cutover_policy::Hit;
use cutover_policy::condition::Truth;
use cutover_policy::facts::{Environment, ThingIx};
use cutover_policy::waiver::Clause;

/// The parts of a fact that a condition speaks of.
#[derive(Debug, Clone, Copy)]
struct ConditionScope {
    principal: bool,
    resource: bool,
    context: bool,
}

/// A fact as a condition sees it.
type View = (Environment, Option<ThingIx>, Option<ThingIx>, Vec<u32>);

impl ConditionScope {
    /// A word that does not stand in the text cannot be meant by it.
    fn of(condition: &str) -> Self {
        let speaks_of = |word| condition.contains(word);
        Self { principal: speaks_of("principal"), resource: speaks_of("resource"), context: speaks_of("context") }
    }

    fn view(self, context: &Context<'_>, hit: &Hit) -> Option<View> {
        let table = context.facts.tables.get(&hit.environment)?;
        let (block, row) = table.find(hit.fact)?;
        let principal = table.blocks().get(block)?.principal;
        let resource = table.resource_of(row)?;
        let of_blocks = table.of_blocks().values().map(|column| column.code(block));
        let codes = of_blocks.chain(table.of_rows().values().map(|column| column.code(row)));
        Some((
            hit.environment,
            self.principal.then_some(principal),
            self.resource.then_some(resource),
            if self.context { codes.collect() } else { Vec::new() },
        ))
    }
}

/// The truth of a condition for each of some facts.
pub(super) fn truths(context: &Context<'_>, clause: &Clause, condition: &str, hits: &[&Hit]) -> Vec<Truth> {
    let sight = ConditionScope::of(condition);
    let mut numbers: FxHashMap<Option<View>, usize> = FxHashMap::default();
    let mut examples: Vec<&Hit> = Vec::new();
    let mut seen: Vec<usize> = Vec::with_capacity(hits.len());
    for hit in hits {
        seen.push(*numbers.entry(sight.view(context, hit)).or_insert_with(|| {
            examples.push(*hit);
            examples.len() - 1
        }));
    }
    let truth = |hit: &&Hit| {
        let table = context.facts.tables.get(&hit.environment);
        table.map_or(Truth::False, |table| clause.of(&context.facts, table, hit.fact))
    };
    let truths: Vec<Truth> = examples.par_iter().map(truth).collect();
    seen.into_iter().map(|number| truths.get(number).copied().unwrap_or(Truth::Error)).collect()
}
