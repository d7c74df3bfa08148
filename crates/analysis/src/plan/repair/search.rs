//! The cheapest edits that clear every target together.
//!
//! Most violations are cleared by one edit or another, and then it is a hitting set: one of its edits for each target.
//! Some are cleared only by several edits done together: the last of many levels, say. For these the demands are found
//! by asking. A choice that leaves a target standing is widened as long as the target still stands; of what is left over
//! then one must be part of any repair. The choice is made anew until nothing stands. Each demand holds for every
//! repair, so that the choice of the last round is the cheapest of all, as long as another lowering never brings back
//! what one has cleared.

use std::collections::BTreeSet;

use super::cover::{Choice, Demand, choose};
use crate::plan::PlanError;

/// How often Cedar is asked before the search gives up being exact.
pub(super) const MAX_QUESTIONS: usize = 5_000;

/// Who knows what edits clear.
pub(super) trait Oracle {
    /// The targets that are cleared when these edits are done together.
    fn cleared(&mut self, edits: &BTreeSet<usize>) -> Result<BTreeSet<usize>, PlanError>;
}

/// A target: the edits that may have to do with it, and those that clear it alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub target: usize,
    pub relevant: BTreeSet<usize>,
    pub alone: BTreeSet<usize>,
}

/// Chooses edits that clear all that is wanted; all of the relevant edits together must clear it.
///
/// # Errors
/// When the oracle cannot answer.
pub(super) fn search(
    costs: &[u64],
    wanted: &[Wanted],
    most: usize,
    oracle: &mut impl Oracle,
) -> Result<Choice, PlanError> {
    let mut search = Search { costs, oracle, left: most };
    let mut demands: Vec<Demand> = Vec::new();
    let mut open: Vec<&Wanted> = Vec::new();
    for one in wanted {
        let others: BTreeSet<usize> = one.relevant.difference(&one.alone).copied().collect();
        // If all the others together do not clear it, one of these must.
        if !one.alone.is_empty() && (others.is_empty() || !search.clears(&others, one)?) {
            demands.push(one.alone.clone());
        } else {
            open.push(one);
        }
    }
    loop {
        let choice = choose(costs, &demands);
        let cleared = search.ask(&choice.chosen)?;
        let standing: Vec<&&Wanted> = open.iter().filter(|one| !cleared.contains(&one.target)).collect();
        if standing.is_empty() {
            return Ok(choice);
        }
        if search.left == 0 {
            return search.give_up(choice, wanted);
        }
        for one in standing {
            let mut done: BTreeSet<usize> = choice.chosen.intersection(&one.relevant).copied().collect();
            // Several demands are found in one round: the cheapest of each is taken for done.
            while search.left > 0 && !search.clears(&done, one)? {
                let rest: Vec<usize> = one.relevant.difference(&done).copied().collect();
                let mut widened = done.clone();
                search.widen(&mut widened, &rest, one)?;
                let demand: Demand = one.relevant.difference(&widened).copied().collect();
                let cheapest = demand.iter().min_by_key(|edit| (costs.get(**edit), **edit)).copied();
                let Some(cheapest) = cheapest else { break };
                done.insert(cheapest);
                demands.push(demand);
            }
        }
    }
}

struct Search<'a, O> {
    costs: &'a [u64],
    oracle: &'a mut O,
    left: usize,
}

impl<O: Oracle> Search<'_, O> {
    fn ask(&mut self, edits: &BTreeSet<usize>) -> Result<BTreeSet<usize>, PlanError> {
        self.left = self.left.saturating_sub(1);
        self.oracle.cleared(edits)
    }

    fn clears(&mut self, edits: &BTreeSet<usize>, one: &Wanted) -> Result<bool, PlanError> {
        Ok(!edits.is_empty() && self.ask(edits)?.contains(&one.target))
    }

    /// Adds as many of these edits as leave the target standing: all of them, or else of each half what it bears.
    fn widen(&mut self, done: &mut BTreeSet<usize>, more: &[usize], one: &Wanted) -> Result<(), PlanError> {
        let with: BTreeSet<usize> = done.iter().chain(more).copied().collect();
        if !self.clears(&with, one)? {
            *done = with;
            return Ok(());
        }
        if more.len() > 1 {
            let (first, second) = more.split_at(more.len() / 2);
            self.widen(done, first, one)?;
            self.widen(done, second, one)?;
        }
        Ok(())
    }

    /// Does everything that may be needed, and takes back what is not, the dearest first.
    fn give_up(&mut self, choice: Choice, wanted: &[Wanted]) -> Result<Choice, PlanError> {
        let cleared = self.ask(&choice.chosen)?;
        let standing = wanted.iter().filter(|one| !cleared.contains(&one.target));
        let mut chosen: BTreeSet<usize> = standing.flat_map(|one| one.relevant.iter().copied()).collect();
        chosen.extend(&choice.chosen);
        let mut dearest: Vec<usize> = chosen.iter().copied().collect();
        dearest.sort_by_key(|edit| std::cmp::Reverse((self.costs.get(*edit).copied(), *edit)));
        for edit in dearest {
            let others: BTreeSet<usize> = chosen.iter().copied().filter(|other| *other != edit).collect();
            let cleared = self.ask(&others)?;
            if wanted.iter().all(|one| cleared.contains(&one.target)) {
                chosen = others;
            }
        }
        let cost = chosen.iter().filter_map(|edit| self.costs.get(*edit)).sum();
        Ok(Choice { exact: cost <= choice.lower_bound, lower_bound: choice.lower_bound, cost, chosen })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    /// Targets that are cleared when all edits of one of their ways are done.
    struct Ways(Vec<Vec<BTreeSet<usize>>>);

    impl Oracle for Ways {
        fn cleared(&mut self, edits: &BTreeSet<usize>) -> Result<BTreeSet<usize>, PlanError> {
            let cleared = |ways: &Vec<BTreeSet<usize>>| ways.iter().any(|way| way.is_subset(edits));
            Ok(self.0.iter().enumerate().filter(|(_, ways)| cleared(ways)).map(|(number, _)| number).collect())
        }
    }

    impl Ways {
        fn wanted(&self) -> Vec<Wanted> {
            let wanted = |(target, ways): (usize, &Vec<BTreeSet<usize>>)| Wanted {
                target,
                relevant: ways.iter().flatten().copied().collect(),
                alone: ways.iter().filter(|way| way.len() == 1).flatten().copied().collect(),
            };
            self.0.iter().enumerate().map(wanted).collect()
        }
    }

    fn problems() -> impl Strategy<Value = (Vec<u64>, Vec<Vec<BTreeSet<usize>>>)> {
        (1_usize..9).prop_flat_map(|number| {
            let way = btree_set(0..number, 1..=number.min(3));
            (vec(1_u64..9, number), vec(vec(way, 1..4), 0..5))
        })
    }

    proptest! {
        #[test]
        fn the_search_finds_the_cheapest_even_where_several_must_be_done_together((costs, ways) in problems()) {
            let mut ways = Ways(ways);
            let wanted = ways.wanted();
            let choice = search(&costs, &wanted, usize::MAX, &mut ways).unwrap();
            let cost = |choice: usize| (0..costs.len()).filter(|one| choice & (1 << one) != 0).map(|one| costs[one]).sum::<u64>();
            let least = (0_usize..1 << costs.len()).filter(|choice| {
                let done = (0..costs.len()).filter(|one| choice & (1 << one) != 0).collect();
                ways.cleared(&done).unwrap().len() == wanted.len()
            });
            prop_assert!(choice.exact);
            prop_assert_eq!(Some(choice.cost), least.map(cost).min());
        }

        #[test]
        fn a_search_that_gives_up_clears_everything_and_its_bound_is_one((costs, ways) in problems(), most in 0_usize..12) {
            let mut ways = Ways(ways);
            let wanted = ways.wanted();
            let best = search(&costs, &wanted, usize::MAX, &mut ways).unwrap();
            let choice = search(&costs, &wanted, most, &mut ways).unwrap();
            prop_assert_eq!(ways.cleared(&choice.chosen).unwrap().len(), wanted.len());
            prop_assert!(choice.lower_bound <= best.cost && best.cost <= choice.cost);
        }
    }
}
