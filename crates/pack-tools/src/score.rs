//! The mutation score: which mutants of a control its cases tell from it.

use super::cases::Case;
use super::equivalent::equivalent;
use super::mutate::{Mutant, mutants};
use super::run::{Posed, found, holds};
use cutover_model::result::policy_test::{Mutants, Mutation, Survivor, Tested};
use cutover_policy as policy;
use cutover_policy::control::Control;
use cutover_policy::pack::Pack;

/// Puts the facts of each case to every mutant that is still alive. A mutant is killed by the first case of which it says
/// something else than is expected.
pub(super) fn score(pack: &Pack, control: &Control, cases: &[(&Case, Posed)]) -> Mutants {
    let all = mutants(control, &pack.validator);
    let made = all.len();
    let (mut described, mut alive): (Vec<(String, String)>, Vec<Control>) =
        all.into_iter().map(|Mutant { change, text, control }| ((change, text), control)).unzip();
    for (case, posed) in cases {
        let Ok(evaluation) = policy::evaluate(&posed.facts, &alive) else { continue };
        let survives =
            |index: usize, mutant: &Control| holds(case, &found(&posed.facts, &evaluation, index, mutant), mutant);
        let survivors: Vec<bool> = alive.iter().enumerate().map(|(index, mutant)| survives(index, mutant)).collect();
        let mut keep = survivors.iter();
        described.retain(|_| keep.next().copied().unwrap_or_default());
        let mut keep = survivors.iter();
        alive.retain(|_| keep.next().copied().unwrap_or_default());
    }
    let killed = made - alive.len();
    let (mut equal, mut survived) = (Vec::new(), Vec::new());
    for ((change, text), mutant) in described.into_iter().zip(&alive) {
        let list = if equivalent(control, mutant, &pack.validator) { &mut equal } else { &mut survived };
        list.push(Survivor { change, text });
    }
    Mutants { made: made - equal.len(), killed, survived, equivalent: equal }
}

/// The score of all controls together.
pub(super) fn total(controls: &[Tested], at_least: f64) -> Mutation {
    let sum = |count: fn(&Mutants) -> usize| -> usize {
        controls.iter().filter_map(|tested| tested.mutants.as_ref()).map(count).sum()
    };
    let (made, killed) = (sum(|mutants| mutants.made), sum(|mutants| mutants.killed));
    let percent = if made == 0 { 100.0 } else { percent(killed, made) };
    Mutation { made, killed, percent, at_least, equivalent: sum(|mutants| mutants.equivalent.len()) }
}

/// In percent, to one decimal, and never rounded up.
fn percent(killed: usize, made: usize) -> f64 {
    let tenths = killed.saturating_mul(1000) / made.max(1);
    f64::from(u32::try_from(tenths).unwrap_or(1000)) / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_never_rounded_up() {
        assert_eq!((percent(899, 1000), percent(8999, 10_000), percent(9, 9)), (89.9, 89.9, 100.0));
    }
}
