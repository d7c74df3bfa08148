//! The least costly choice that hits every demand: a weighted hitting set, exact where it is small.
//!
//! What can never be part of the best choice is struck out first, and what has nothing to do with each other is solved
//! apart. A part of up to [`MAX_CANDIDATES`] candidates is searched through by branch and bound; one beyond that, or
//! one that takes more than [`MAX_NODES`] steps, is chosen greedily. Then the bound says how much less it could cost at
//! the best: a price for each demand such that no candidate costs less than the demands it meets.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;

/// Candidates of a part that is searched through.
pub const MAX_CANDIDATES: usize = 64;
/// Steps of that search.
pub const MAX_NODES: usize = 200_000;

/// A choice among candidates, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The candidates, in order.
    pub chosen: BTreeSet<usize>,
    /// What they cost together.
    pub cost: u64,
    /// No choice that meets every demand costs less.
    pub lower_bound: u64,
    /// Whether it is proved that none costs less than this one.
    pub exact: bool,
}

/// The candidates that meet a demand; one of them must be chosen.
pub type Demand = BTreeSet<usize>;

/// Chooses. Of choices that cost the same the one with fewer candidates is taken, then the one that a search in the
/// order of the candidates finds first. A demand that nothing meets is skipped.
pub fn choose(costs: &[u64], demands: &[Demand]) -> Choice {
    choose_within(costs, demands, MAX_CANDIDATES, MAX_NODES)
}

/// The same, with bounds of one's own.
pub fn choose_within(costs: &[u64], demands: &[Demand], candidates: usize, nodes: usize) -> Choice {
    let demands: Vec<Demand> = demands.iter().filter(|demand| !demand.is_empty()).cloned().collect();
    // Fewer candidates are better at the same cost: one more weighs less than any difference in cost.
    let scale = costs.len() as u64 + 1;
    let weights: Vec<u64> = costs.iter().map(|cost| cost.saturating_mul(scale).saturating_add(1)).collect();
    let mut out = Choice { exact: true, ..Choice::default() };
    for part in parts(costs.len(), reduced(&weights, demands)) {
        let part = Part { weights: &weights, demands: part };
        let (chosen, proved) = part.solve(candidates, nodes);
        let cost: u64 = chosen.iter().filter_map(|one| costs.get(*one)).sum();
        let bound = if proved { cost } else { Part { weights: costs, demands: part.demands }.bound(&BTreeSet::new()) };
        out.chosen.extend(chosen);
        out.cost += cost;
        out.lower_bound += bound;
        out.exact &= bound >= cost;
    }
    out
}

/// Strikes out demands that others imply, and candidates in whose place another one does as well for less.
fn reduced(weights: &[u64], mut demands: Vec<Demand>) -> Vec<Demand> {
    loop {
        demands.sort_by(|one, two| (one.len(), one).cmp(&(two.len(), two)));
        let mut kept: Vec<Demand> = Vec::with_capacity(demands.len());
        // A part of a demand begins with one of its candidates.
        let mut beginning: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for demand in demands {
            let starts = demand.iter().filter_map(|candidate| beginning.get(candidate)).flatten();
            let is_implied = starts.filter_map(|number| kept.get(*number)).any(|other| other.is_subset(&demand));
            if let Some(first) = demand.first().filter(|_| !is_implied) {
                beginning.entry(*first).or_default().push(kept.len());
                kept.push(demand);
            }
        }
        let meets = meets(&kept);
        let weight = |candidate: &usize| weights.get(*candidate).copied().unwrap_or(u64::MAX);
        let worse = |one: &usize, two: &usize| (weight(two), two) < (weight(one), one);
        let struck: BTreeSet<usize> = meets
            .iter()
            .filter(|(one, own)| {
                // A candidate that meets all of these demands meets the first of them.
                let rivals = own.first().and_then(|first| kept.get(*first)).into_iter().flatten();
                let meets = rivals.filter(|two| worse(one, two)).filter_map(|two| meets.get(two));
                meets.into_iter().any(|other| own.is_subset(other))
            })
            .map(|(one, _)| *one)
            .collect();
        demands = kept;
        if struck.is_empty() {
            return demands;
        }
        for demand in &mut demands {
            demand.retain(|candidate| !struck.contains(candidate));
        }
    }
}

/// The demands that each candidate meets.
fn meets(demands: &[Demand]) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut out: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (number, demand) in demands.iter().enumerate() {
        for candidate in demand {
            out.entry(*candidate).or_default().insert(number);
        }
    }
    out
}

/// Demands that share a candidate, directly or through others, belong together.
fn parts(candidates: usize, demands: Vec<Demand>) -> Vec<Vec<Demand>> {
    let mut together = UnionFind::<usize>::new(candidates);
    for demand in &demands {
        for (one, two) in demand.iter().zip(demand.iter().skip(1)) {
            together.union(*one, *two);
        }
    }
    let mut out: BTreeMap<usize, Vec<Demand>> = BTreeMap::new();
    for demand in demands {
        let part = demand.first().map_or(0, |first| together.find(*first));
        out.entry(part).or_default().push(demand);
    }
    out.into_values().collect()
}

/// Demands that belong together.
struct Part<'a> {
    weights: &'a [u64],
    demands: Vec<Demand>,
}

/// The best choice so far.
struct Best {
    chosen: BTreeSet<usize>,
    weight: u64,
    nodes: usize,
}

impl Part<'_> {
    fn weight(&self, candidate: usize) -> u64 {
        self.weights.get(candidate).copied().unwrap_or(u64::MAX)
    }

    fn weight_of(&self, chosen: &BTreeSet<usize>) -> u64 {
        chosen.iter().fold(0, |sum, one| sum.saturating_add(self.weight(*one)))
    }

    /// A choice, and whether it is proved to be the best.
    fn solve(&self, candidates: usize, nodes: usize) -> (BTreeSet<usize>, bool) {
        let greedy = self.greedy();
        let weight = self.weight_of(&greedy);
        let number = self.demands.iter().flatten().collect::<BTreeSet<_>>().len();
        if number > candidates {
            return (greedy, false);
        }
        let mut best = Best { chosen: greedy, weight, nodes };
        let open = (0..self.demands.len()).collect();
        let finished = self.search(&mut BTreeSet::new(), &mut BTreeSet::new(), &open, &mut best);
        (best.chosen, finished)
    }

    /// Searches through what meets the demand with the fewest candidates left; returns whether it came to an end.
    fn search(
        &self,
        chosen: &mut BTreeSet<usize>,
        barred: &mut BTreeSet<usize>,
        open: &BTreeSet<usize>,
        best: &mut Best,
    ) -> bool {
        let Some(left) = best.nodes.checked_sub(1) else { return false };
        best.nodes = left;
        let spent = self.weight_of(chosen);
        let demands = || open.iter().filter_map(|number| self.demands.get(*number));
        let free = |demand: &Demand| demand.difference(barred).count();
        let Some(next) = demands().min_by_key(|demand| free(demand)) else {
            if spent < best.weight {
                (best.weight, best.chosen) = (spent, chosen.clone());
            }
            return true;
        };
        if spent.saturating_add(self.bound_of(demands(), barred)) >= best.weight {
            return true;
        }
        let mut tried: Vec<usize> = next.difference(barred).copied().collect();
        tried.sort_by_key(|candidate| (self.weight(*candidate), *candidate));
        let mut finished = true;
        for candidate in &tried {
            let meets = |number: &usize| self.demands.get(*number).is_some_and(|demand| demand.contains(candidate));
            let rest = open.iter().filter(|number| !meets(number)).copied().collect();
            chosen.insert(*candidate);
            finished &= self.search(chosen, barred, &rest, best);
            chosen.remove(candidate);
            if !finished {
                break;
            }
            // Every choice with this one was looked at.
            barred.insert(*candidate);
        }
        for candidate in &tried {
            barred.remove(candidate);
        }
        finished
    }

    /// What a choice costs at least: each demand takes of its candidates what the cheapest has left.
    fn bound(&self, barred: &BTreeSet<usize>) -> u64 {
        self.bound_of(self.demands.iter(), barred)
    }

    fn bound_of<'d>(&self, demands: impl Iterator<Item = &'d Demand>, barred: &BTreeSet<usize>) -> u64 {
        let mut left: BTreeMap<usize, u64> = BTreeMap::new();
        let mut bound: u64 = 0;
        for demand in demands {
            let free = || demand.difference(barred).copied();
            let price = free().map(|one| *left.entry(one).or_insert_with(|| self.weight(one))).min();
            // Nothing that is left meets it: there is no choice at all.
            let Some(price) = price else { return u64::MAX };
            bound = bound.saturating_add(price);
            for one in free() {
                left.entry(one).and_modify(|rest| *rest = rest.saturating_sub(price));
            }
        }
        bound
    }

    /// Takes what costs least for each demand it meets, one after the other, and then lets go of what is not needed.
    fn greedy(&self) -> BTreeSet<usize> {
        let meets = meets(&self.demands);
        let mut open: BTreeSet<usize> = (0..self.demands.len()).collect();
        let mut chosen = BTreeSet::new();
        while !open.is_empty() {
            let news = |candidate: &usize| meets.get(candidate).map_or(0, |own| own.intersection(&open).count());
            // One costs less for each than the other: weight by number is compared without dividing.
            let next = meets.keys().filter(|one| news(one) > 0).min_by(|one, two| {
                let of = |one: &usize, two: &usize| u128::from(self.weight(*one)) * news(two) as u128;
                (of(one, two), *one).cmp(&(of(two, one), *two))
            });
            let Some(next) = next.copied() else { break };
            chosen.insert(next);
            open.retain(|number| self.demands.get(*number).is_some_and(|demand| !demand.contains(&next)));
        }
        let mut dearest: Vec<usize> = chosen.iter().copied().collect();
        dearest.sort_by_key(|one| std::cmp::Reverse((self.weight(*one), *one)));
        for one in dearest {
            let others: BTreeSet<usize> = chosen.iter().copied().filter(|other| *other != one).collect();
            if self.demands.iter().all(|demand| !demand.is_disjoint(&others)) {
                chosen = others;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    fn demands(of: &[&[usize]]) -> Vec<Demand> {
        of.iter().map(|demand| demand.iter().copied().collect()).collect()
    }

    /// The least cost, and the least number of candidates at that cost, by trying every choice.
    fn by_force(costs: &[u64], demands: &[Demand]) -> Option<(u64, u32)> {
        let all = 0_u32..1 << costs.len();
        let meets = |choice: &u32| demands.iter().all(|demand| demand.iter().any(|one| choice & (1 << one) != 0));
        let cost = |choice: u32| (0..costs.len()).filter(|one| choice & (1 << one) != 0).map(|one| costs[one]).sum();
        all.filter(meets).map(|choice| (cost(choice), choice.count_ones())).min()
    }

    fn problems() -> impl Strategy<Value = (Vec<u64>, Vec<Demand>)> {
        (1_usize..11)
            .prop_flat_map(|number| (vec(1_u64..12, number), vec(btree_set(0..number, 1..=number.min(4)), 0..12)))
    }

    proptest! {
        #[test]
        fn the_choice_is_the_best_there_is((costs, demands) in problems()) {
            let choice = choose(&costs, &demands);
            prop_assert!(choice.exact);
            let number = u32::try_from(choice.chosen.len()).unwrap();
            prop_assert_eq!(Some((choice.cost, number)), by_force(&costs, &demands));
            prop_assert_eq!(choice.lower_bound, choice.cost);
            prop_assert!(demands.iter().all(|demand| !demand.is_disjoint(&choice.chosen)));
        }

        #[test]
        fn a_choice_beyond_the_bound_meets_every_demand_and_its_bound_is_one((costs, demands) in problems()) {
            let choice = choose_within(&costs, &demands, 0, 0);
            let (least, _) = by_force(&costs, &demands).unwrap();
            prop_assert!(demands.iter().all(|demand| !demand.is_disjoint(&choice.chosen)));
            prop_assert!(choice.lower_bound <= least && least <= choice.cost);
            prop_assert_eq!(choice.exact, choice.lower_bound == choice.cost);
        }

        #[test]
        fn a_search_that_is_cut_off_is_no_worse_than_the_greedy_choice((costs, demands) in problems(), nodes in 0_usize..20) {
            let cut = choose_within(&costs, &demands, MAX_CANDIDATES, nodes);
            let greedy = choose_within(&costs, &demands, 0, 0);
            prop_assert!(cut.lower_bound <= cut.cost && cut.cost <= greedy.cost);
        }
    }

    #[test]
    fn what_looks_cheapest_at_each_step_is_not_the_cheapest() {
        // The last one meets two demands at 5 points and is taken first; what it leaves costs 5 each. The first two meet
        // two each at 6, and nothing is left.
        let costs = [6, 6, 5, 5, 5];
        let demands = demands(&[&[0, 2], &[0, 4], &[1, 4], &[1, 3]]);
        let greedy = choose_within(&costs, &demands, 0, 0);
        assert_eq!((greedy.chosen, greedy.cost, greedy.exact), (BTreeSet::from([2, 3, 4]), 15, false));
        assert!(greedy.lower_bound <= 12);
        let best = choose(&costs, &demands);
        assert_eq!((best.chosen, best.cost, best.exact), (BTreeSet::from([0, 1]), 12, true));
    }

    #[test]
    fn nothing_to_meet_costs_nothing() {
        assert_eq!(choose(&[1, 2], &[]), Choice { exact: true, ..Choice::default() });
    }
}
