//! Tools of permission templates, lowered one at a time: what each edit clears, and what it introduces.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::edit::Edit;
use super::loss::holders;
use super::need::{Needs, kept};
use super::target::{self, Key, Subjects, Target};
use super::trial::Trials;
use crate::plan::PlanError;
use crate::plan::findings::StateEvaluator;
use cutover_inventory::Inventory;
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::Tool;
use cutover_model::level::Level;
use cutover_policy::Evaluation;
use cutover_policy::facts::Facts;

/// A tool of a template, and its level.
#[derive(Debug, Clone)]
pub(crate) struct TemplateTool {
    /// The company, by number.
    pub company: usize,
    pub template: TemplateIx,
    pub tool: Tool,
    pub level: Level,
}

/// The best level to lower a tool to.
#[derive(Debug, Clone)]
pub(crate) struct Lowered {
    pub to: Level,
    /// The hits that it clears, by their numbers among those that violate and, after these, those that are unknown.
    pub cleared: BTreeSet<u32>,
    /// The violations that it introduces.
    pub introduced: usize,
    /// Levels that it takes although they are in use, or a manifest asks for them.
    pub needed: usize,
}

/// Tries to lower each of these tools, to each level up to its own: to its own level, it loses granular permissions. A
/// level that does no harm goes first; of these, one that clears most, and of these Read Only or else the highest. `None`
/// where no level clears anything.
///
/// # Errors
/// When a fact fails to evaluate.
pub(crate) fn lower_each(
    inventory: &mut Inventory,
    (facts, evaluation): (&Facts, &Evaluation),
    evaluator: &StateEvaluator<'_>,
    wanted: &[TemplateTool],
) -> Result<Vec<Option<Lowered>>, PlanError> {
    let mut out = vec![None; wanted.len()];
    let companies: BTreeSet<usize> = wanted.iter().map(|one| one.company).collect();
    let numbers = target::numbers(facts);
    let subjects: Vec<Subjects> = inventory.companies.iter().map(Subjects::of).collect();
    for number in companies {
        let hits = (0..).zip(evaluation.violations.iter().chain(&evaluation.unknown));
        let mut hits_of: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
        let mut targets: Vec<Target> = Vec::new();
        for (hit_number, hit) in hits {
            let target = Target::of(facts, &numbers, hit, evaluator, &subjects);
            let Some(target) = target.filter(|target| target.company == number) else { continue };
            let own = hits_of.entry(target.key.clone()).or_default();
            own.push(hit_number);
            if own.len() == 1 {
                targets.push(target);
            }
        }
        let Some(company) = inventory.companies.get_mut(number) else { continue };
        let (holders, before) = (holders(company), hits_of.keys().cloned().collect());
        let edits: Vec<(usize, Edit)> =
            wanted.iter().enumerate().filter(|(_, one)| one.company == number).flat_map(edits).collect();
        let (owners, edits): (Vec<usize>, Vec<Edit>) = edits.into_iter().unzip();
        let needs = Needs::of(company);
        let mut taken = |edit: &Edit| {
            let losses = edit.losses(company, &holders, &needs);
            kept(company, edit, &losses.all, evaluator.setting.today, evaluator.setting.tools).len()
        };
        let needed: Vec<usize> = edits.iter().map(&mut taken).collect();
        let mut trials = Trials::of(inventory, (number, evaluator), (&edits, &targets), &holders, &before);
        for (index, (owner, edit)) in owners.into_iter().zip(&edits).enumerate() {
            let outcome = trials.outcome(&BTreeSet::from([index]))?;
            let Edit::Lower { to, .. } = edit else { continue };
            let keys = outcome.cleared.iter().filter_map(|target| Some(&targets.get(*target)?.key));
            let cleared: BTreeSet<u32> = keys.filter_map(|key| hits_of.get(key)).flatten().copied().collect();
            let needed = needed.get(index).copied().unwrap_or_default();
            let lowered = Lowered { to: *to, cleared, introduced: outcome.introduced.len(), needed };
            if let Some(best) = out.get_mut(owner)
                && lowered.is_better_than(best.as_ref())
            {
                *best = Some(lowered);
            }
        }
    }
    Ok(out)
}

fn edits((index, wanted): (usize, &TemplateTool)) -> impl Iterator<Item = (usize, Edit)> {
    let levels = Level::ALL.into_iter().filter(|level| *level <= wanted.level);
    levels.map(move |to| (index, Edit::Lower { template: wanted.template, tool: wanted.tool.clone(), to }))
}

impl Lowered {
    fn is_better_than(&self, other: Option<&Self>) -> bool {
        // Where nothing else decides, Read Only: an integration that must not write may still look something up.
        let worth = |one: &Self| {
            let harm = (one.introduced, one.needed);
            (harm == (0, 0), one.cleared.len(), Reverse(harm), one.to == Level::ReadOnly, one.to)
        };
        !self.cleared.is_empty() && other.is_none_or(|other| worth(self) > worth(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(to: Level, cleared: u32, introduced: usize, needed: usize) -> Lowered {
        Lowered { to, cleared: (0..cleared).collect(), introduced, needed }
    }

    #[test]
    fn a_level_that_does_no_harm_goes_before_one_that_clears_more() {
        let best = lowered(Level::Standard, 1, 0, 0);
        for other in [lowered(Level::None, 3, 1, 0), lowered(Level::None, 3, 0, 1), lowered(Level::None, 0, 0, 0)] {
            assert!(best.is_better_than(Some(&other)) && !other.is_better_than(Some(&best)));
        }
        assert!(lowered(Level::None, 2, 0, 0).is_better_than(Some(&best)));
        assert!(lowered(Level::ReadOnly, 1, 0, 0).is_better_than(Some(&best)));
        assert!(!lowered(Level::None, 0, 0, 0).is_better_than(None));
    }
}
