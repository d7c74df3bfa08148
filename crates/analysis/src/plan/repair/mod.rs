//! The smallest repair: the cheapest removals and downgrades of access that clear what was asked for.
//!
//! The way of the data: `select` finds what a selector means, `target` the violations it means, `candidates` the
//! edits that may clear each. Every edit is tried out: `loss` counts what it costs and whom, `need` whether it takes
//! what must be kept, and `trial` does it in memory and asks Cedar what it clears and what it breaks. `search` and
//! [`cover`] choose the cheapest ones together, `dates` gives them days, and `describe` puts it all into the plan after
//! everything was done at once and evaluated once more.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{StateEvaluator, difference};
use super::{Options, PlanError};
use cutover_export::Export;
use cutover_inventory::Inventory;
use cutover_inventory::directory::IdentityIx;
use cutover_model::result::repair::{Asked, Repair, Simulated};
use cutover_policy::Evaluation;
use cutover_policy::facts::Facts;

mod candidates;
pub mod cover;
mod dates;
mod describe;
mod edit;
mod loss;
pub(crate) mod lowered;
mod need;
mod search;
mod select;
mod target;
mod trial;

use cover::Choice;
use edit::Edit;
use loss::{Losses, holders};
use need::{Keep, Needs, kept};
use search::{MAX_QUESTIONS, Oracle, Wanted};
use select::Selected;
use target::{Key, Subjects, Target};
use trial::{Outcome, Trials};

/// What an administrator must know of every repair.
pub(super) const NOTES: [&str; 3] = [
    "The costs of edits are added up as if each was done alone.",
    "A report of API calls covers thirty days: what runs once a year does not show in it.",
    "Waivers do not count here: a waived violation is repaired like any other.",
];

/// An edit that was considered.
#[derive(Debug)]
struct Considered {
    edit: Edit,
    losses: Losses,
    /// What it would take although it must be kept.
    keeps: Vec<Keep>,
    /// What it does by itself.
    outcome: Outcome,
}

impl Considered {
    /// Whether it may be part of a repair.
    fn is_allowed(&self) -> bool {
        self.keeps.is_empty() && self.outcome.introduced.is_empty()
    }
}

/// The repair of one company.
#[derive(Debug, Default)]
struct Part {
    company: usize,
    targets: Vec<Target>,
    considered: Vec<Considered>,
    choice: Choice,
    /// Of each target that can be cleared, the edits that may be part of it.
    relevant: BTreeMap<usize, BTreeSet<usize>>,
    /// The targets that the choice clears.
    cleared: BTreeSet<usize>,
    /// Why each of the others stays.
    reasons: BTreeMap<usize, Vec<String>>,
}

/// Finds the smallest repair of what was asked for. The inventory is left as it was.
///
/// # Errors
/// When a selector means nothing or too much, the dates leave no day, or a fact fails to evaluate.
pub(super) fn repair(
    export: &Export,
    inventory: &mut Inventory,
    (facts, evaluation): (&Facts, &Evaluation),
    evaluator: &StateEvaluator<'_>,
    options: &Options,
) -> Result<Repair, PlanError> {
    let selected: Result<Vec<Selected>, PlanError> =
        options.repair.iter().map(|selector| select::select(selector, inventory, evaluator.pack)).collect();
    let selected = selected?;
    let numbers = target::numbers(facts);
    let subjects: Vec<Subjects> = inventory.companies.iter().map(Subjects::of).collect();
    let before: BTreeSet<(usize, Key)> = evaluation
        .violations
        .iter()
        .chain(&evaluation.unknown)
        .filter_map(|hit| target::key(facts, &numbers, hit))
        .collect();
    let all: Vec<Target> =
        evaluation.violations.iter().filter_map(|hit| Target::of(facts, &numbers, hit, evaluator, &subjects)).collect();
    let asked = options.repair.iter().zip(&selected).map(|(selector, selected)| Asked {
        selector: selector.clone(),
        controls: match selected {
            Selected::Controls(controls) => {
                controls.iter().filter_map(|at| Some(evaluator.pack.controls.get(*at)?.id.clone())).collect()
            }
            Selected::Account(..) => Vec::new(),
        },
        account: match selected {
            Selected::Controls(_) => None,
            Selected::Account(company, identity) => select::thing(inventory, *company, *identity),
        },
        violations: {
            // A violation on several projects is one.
            let meant = all.iter().filter(|target| target.is_meant(selected));
            meant.map(|target| (target.company, &target.finding)).collect::<BTreeSet<_>>().len()
        },
    });
    let asked: Vec<Asked> = asked.collect();
    let mut by_company: BTreeMap<usize, Vec<Target>> = BTreeMap::new();
    for target in all.into_iter().filter(|target| selected.iter().any(|selected| target.is_meant(selected))) {
        by_company.entry(target.company).or_default().push(target);
    }
    let mut parts = Vec::new();
    for (number, mut targets) in by_company {
        targets.sort_by(|one, two| one.key.cmp(&two.key));
        targets.dedup_by(|one, two| one.key == two.key);
        let own = before.iter().filter(|(company, _)| *company == number).map(|(_, key)| key.clone()).collect();
        parts.push(Part::of(inventory, number, targets, &own, evaluator)?);
    }
    let simulation = simulate(inventory, (facts, evaluation), &parts, evaluator)?;
    let controls: BTreeSet<usize> = selected
        .iter()
        .filter_map(|selected| match selected {
            Selected::Controls(controls) => Some(controls),
            Selected::Account(..) => None,
        })
        .flatten()
        .copied()
        .collect();
    let described = describe::Telling { export, inventory, evaluator, options, evaluation, controls: &controls };
    described.repair(asked, &parts, simulation)
}

impl Target {
    fn is_meant(&self, selected: &Selected) -> bool {
        match selected {
            Selected::Controls(controls) => controls.contains(&self.key.0),
            Selected::Account(company, identity) => {
                self.company == *company && !self.is_of_app() && self.identities.contains(identity)
            }
        }
    }
}

/// Edits that are done together, as the search asks for them: by their numbers among those that are allowed.
struct Allowed<'t, 'a> {
    trials: &'t mut Trials<'a>,
}

impl Oracle for Allowed<'_, '_> {
    fn cleared(&mut self, edits: &BTreeSet<usize>) -> Result<BTreeSet<usize>, PlanError> {
        Ok(self.trials.outcome(edits)?.cleared)
    }
}

impl Part {
    fn of(
        inventory: &mut Inventory,
        number: usize,
        targets: Vec<Target>,
        before: &BTreeSet<Key>,
        evaluator: &StateEvaluator<'_>,
    ) -> Result<Self, PlanError> {
        let Some(company) = inventory.companies.get_mut(number) else { return Ok(Self::default()) };
        let tools = evaluator.setting.tools;
        let holders = holders(company);
        let needs = Needs::of(company);
        let edits: BTreeSet<Edit> =
            targets.iter().flat_map(|target| candidates::candidates(company, target, &holders, tools)).collect();
        let edits: Vec<Edit> = edits.into_iter().collect();
        let mut costs = Vec::with_capacity(edits.len());
        for edit in &edits {
            let losses = edit.losses(company, &holders, &needs);
            let keeps = kept(company, edit, &losses.all, evaluator.setting.today, tools);
            costs.push((losses, keeps));
        }
        let mut trials = Trials::of(inventory, (number, evaluator), (&edits, &targets), &holders, before);
        let in_sight = trials.in_sight()?;
        let mut considered = Vec::with_capacity(edits.len());
        for ((index, edit), (losses, keeps)) in edits.iter().enumerate().zip(costs) {
            let mut outcome = trials.outcome(&BTreeSet::from([index]))?;
            outcome.cleared.retain(|target| in_sight.contains(target));
            considered.push(Considered { edit: edit.clone(), losses, keeps, outcome });
        }
        let mut edits_of: BTreeMap<IdentityIx, Vec<usize>> = BTreeMap::new();
        for (number, edit) in edits.iter().enumerate() {
            edit.touches(&holders).into_iter().for_each(|touched| edits_of.entry(touched).or_default().push(number));
        }
        let relevant = |target: &Target| -> BTreeSet<usize> {
            target.identities.iter().filter_map(|identity| edits_of.get(identity)).flatten().copied().collect()
        };
        let is_allowed = |edit: &usize| considered.get(*edit).is_some_and(Considered::is_allowed);
        let mut wanted = Vec::new();
        let mut reasons = BTreeMap::new();
        for (number, target) in targets.iter().enumerate() {
            let relevant = relevant(target);
            let allowed: BTreeSet<usize> = relevant.iter().copied().filter(is_allowed).collect();
            let seen = in_sight.contains(&number);
            if seen && !allowed.is_empty() && trials.outcome(&allowed)?.cleared.contains(&number) {
                let clears = |edit: &usize| {
                    considered.get(*edit).is_some_and(|considered| considered.outcome.cleared.contains(&number))
                };
                let alone = allowed.iter().copied().filter(clears).collect();
                wanted.push(Wanted { target: number, relevant: allowed, alone });
                continue;
            }
            let together = seen && !relevant.is_empty() && trials.outcome(&relevant)?.cleared.contains(&number);
            reasons.insert(number, describe::reasons(number, &relevant, &considered, together));
        }
        let points: Vec<u64> = considered.iter().map(|considered| considered.losses.cost).collect();
        let choice = search::search(&points, &wanted, MAX_QUESTIONS, &mut Allowed { trials: &mut trials })?;
        let outcome = if choice.chosen.is_empty() { Outcome::default() } else { trials.outcome(&choice.chosen)? };
        let cleared = outcome.cleared.intersection(&in_sight).copied().collect();
        let relevant = wanted.into_iter().map(|one| (one.target, one.relevant)).collect();
        Ok(Self { company: number, relevant, cleared, reasons, choice, considered, targets })
    }

    /// The edits that were chosen.
    fn chosen(&self) -> impl Iterator<Item = (usize, &Considered)> {
        self.choice.chosen.iter().filter_map(|index| Some((*index, self.considered.get(*index)?)))
    }
}

/// Does everything that was chosen, and evaluates everything again.
fn simulate(
    inventory: &mut Inventory,
    (facts, evaluation): (&Facts, &Evaluation),
    parts: &[Part],
    evaluator: &StateEvaluator<'_>,
) -> Result<Simulated, PlanError> {
    let before = evaluator.findings(facts, evaluation);
    let mut undo = Vec::new();
    for part in parts {
        if let Some(company) = inventory.companies.get_mut(part.company) {
            let holders = holders(company);
            let edits = part.chosen().map(|(_, considered)| &considered.edit);
            undo.push((part.company, edit::do_edits(company, edits, &holders)));
        }
    }
    let judged = evaluator.all(inventory).map(|(facts, evaluation)| evaluator.findings(&facts, &evaluation));
    for (number, before) in undo {
        if let Some(company) = inventory.companies.get_mut(number) {
            edit::undo(company, before);
        }
    }
    let after = judged.map_err(PlanError::Fact)?;
    Ok(Simulated {
        before: before.len(),
        removed: difference(&before, &after),
        introduced: difference(&after, &before),
        after: after.len(),
    })
}
