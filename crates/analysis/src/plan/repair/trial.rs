//! Edits tried out: done in memory, and Cedar asked again about everybody they touch.
//!
//! What a control says of a fact is never guessed from the edit. A violation is cleared when its fact is gone, or when
//! the control evaluates the fact and allows it; a fact that cannot be evaluated any more is not cleared.

use std::collections::{BTreeMap, BTreeSet};

use super::edit::{self, Edit};
use super::loss::Holders;
use super::target::{FactKey, Key, Target};
use crate::plan::PlanError;
use crate::plan::findings::StateEvaluator;
use cutover_inventory::Inventory;
use cutover_inventory::apps::AppIx;
use cutover_inventory::directory::IdentityIx;
use cutover_policy::fact_builder::{CompanyIndex, Selection};
use cutover_policy::facts::Facts;
use cutover_policy::reference;
use cutover_policy::reference::Verdict;
use cutover_policy::{self as policy, Evaluation};

/// What comes of edits.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// The targets that are cleared, by number.
    pub cleared: BTreeSet<usize>,
    /// What is violated and was not before.
    pub introduced: Vec<(Key, cutover_model::result::plan::Finding)>,
}

/// Tries edits out on one company.
pub(super) struct Trials<'a> {
    inventory: &'a mut Inventory,
    /// The company.
    number: usize,
    evaluator: &'a StateEvaluator<'a>,
    edits: &'a [Edit],
    targets: &'a [Target],
    holders: &'a Holders,
    /// Everything that is violated before.
    before: &'a BTreeSet<Key>,
    /// What was tried already.
    known: BTreeMap<BTreeSet<usize>, Outcome>,
    /// The targets, by whom they concern.
    targets_of: BTreeMap<IdentityIx, Vec<usize>>,
    /// The webhooks, by their owners.
    hooks_of: BTreeMap<IdentityIx, Vec<usize>>,
    /// The accounts to be deleted, by the app that replaces them, if the record names one.
    deletions_of: BTreeMap<Option<AppIx>, Vec<IdentityIx>>,
    /// Follows the edits, and their undoing.
    index: CompanyIndex,
}

impl<'a> Trials<'a> {
    pub(super) fn of(
        inventory: &'a mut Inventory,
        (number, evaluator): (usize, &'a StateEvaluator<'a>),
        (edits, targets): (&'a [Edit], &'a [Target]),
        holders: &'a Holders,
        before: &'a BTreeSet<Key>,
    ) -> Self {
        let mut targets_of: BTreeMap<IdentityIx, Vec<usize>> = BTreeMap::new();
        for (number, target) in targets.iter().enumerate() {
            target.identities.iter().for_each(|identity| targets_of.entry(*identity).or_default().push(number));
        }
        let (mut hooks_of, mut deletions_of) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        if let Some(company) = inventory.companies.get(number) {
            let owned = company.hooks.iter().enumerate().filter_map(|(hook, one)| Some((*one.owner.value()?, hook)));
            owned.for_each(|(owner, hook)| hooks_of.entry(owner).or_default().push(hook));
            for (account, deletion) in &company.decisions.deletions {
                deletions_of.entry(deletion.replaced_by).or_default().push(*account);
            }
        }
        Self {
            inventory,
            number,
            evaluator,
            edits,
            targets,
            holders,
            before,
            known: BTreeMap::new(),
            targets_of,
            hooks_of,
            deletions_of,
            index: CompanyIndex::default(),
        }
    }

    /// Tries edits, by number.
    ///
    /// # Errors
    /// When a fact fails to evaluate.
    pub(super) fn outcome(&mut self, edits: &BTreeSet<usize>) -> Result<Outcome, PlanError> {
        if let Some(known) = self.known.get(edits) {
            return Ok(known.clone());
        }
        let done = || edits.iter().filter_map(|edit| self.edits.get(*edit));
        let touched: BTreeSet<IdentityIx> = done().flat_map(|edit| edit.touches(self.holders)).collect();
        let Some(company) = self.inventory.companies.get_mut(self.number) else { return Ok(Outcome::default()) };
        let changing = Selection { identities: touched.clone(), ..Selection::default() };
        self.index.before_change(company, &changing);
        let before = edit::do_edits(company, done(), self.holders);
        self.index.after_change(company, &changing);
        let outcome = self.evaluate(&touched);
        if let Some(company) = self.inventory.companies.get_mut(self.number) {
            self.index.before_change(company, &changing);
            edit::undo(company, before);
            self.index.after_change(company, &changing);
        }
        let outcome = outcome.map_err(PlanError::Fact)?;
        self.known.insert(edits.clone(), outcome.clone());
        Ok(outcome)
    }

    /// The targets that are seen when everybody they concern is evaluated again as things are: only of those can it be said
    /// that an edit clears them.
    ///
    /// # Errors
    /// When a fact fails to evaluate.
    pub(super) fn in_sight(&self) -> Result<BTreeSet<usize>, PlanError> {
        let touched = self.targets.iter().flat_map(|target| target.identities.iter().copied()).collect();
        let blind = self.evaluate(&touched).map_err(PlanError::Fact)?.cleared;
        let seen = |(number, target): &(usize, &Target)| !target.identities.is_empty() && !blind.contains(number);
        Ok(self.targets.iter().enumerate().filter(seen).map(|(number, _)| number).collect())
    }

    /// What is evaluated again: those touched, their apps, and the accounts whose replacement one of them is.
    fn selection(&self, touched: &BTreeSet<IdentityIx>) -> Selection {
        let mut part = Selection { identities: touched.clone(), ..Selection::default() };
        let Some(company) = self.inventory.companies.get(self.number) else { return part };
        let apps = touched.iter().filter_map(|identity| company.directory.identities.get(*identity)?.app.value());
        part.apps.extend(apps);
        part.hooks.extend(touched.iter().filter_map(|owner| self.hooks_of.get(owner)).flatten());
        if !part.apps.is_empty() {
            // An account whose record names no app may be replaced by any.
            let replacements = part.apps.iter().map(|app| Some(*app)).chain([None]);
            part.identities.extend(replacements.filter_map(|app| self.deletions_of.get(&app)).flatten());
        }
        part
    }

    fn evaluate(&self, touched: &BTreeSet<IdentityIx>) -> Result<Outcome, String> {
        let Some(company) = self.inventory.companies.get(self.number) else { return Ok(Outcome::default()) };
        let part = self.selection(touched);
        let controls = &self.evaluator.pack.controls;
        let wanted = |environment| policy::wanted(controls, environment);
        let mut facts = Facts::default();
        policy::fact_builder::build_some_facts(
            &mut facts,
            self.inventory,
            (company, &self.index),
            &part,
            self.evaluator.setting,
            &wanted,
        );
        let evaluation = policy::evaluate(&facts, controls)?;
        let mut out = Outcome::default();
        let mut violated: BTreeSet<Key> = BTreeSet::new();
        for hit in evaluation.violations.iter().chain(&evaluation.unknown) {
            let Some(table) = facts.tables.get(&hit.environment) else { continue };
            let Some(key) = FactKey::of(&facts, table, hit.fact).map(|key| (hit.control, key)) else { continue };
            if !self.before.contains(&key)
                && let Some((_, finding)) = self.evaluator.finding(&facts, hit)
            {
                out.introduced.push((key.clone(), finding));
            }
            violated.insert(key);
        }
        let own: BTreeSet<usize> =
            touched.iter().filter_map(|identity| self.targets_of.get(identity)).flatten().copied().collect();
        let own = own.into_iter().filter_map(|number| Some((number, self.targets.get(number)?)));
        let gone: Vec<(usize, &Target)> = own.filter(|(_, target)| !violated.contains(&target.key)).collect();
        let places = places(&facts, gone.iter().map(|(_, target)| &target.key.1).collect());
        for (number, target) in gone {
            let fact = places.get(&target.key.1).copied();
            if fact.is_none_or(|fact| self.is_allowed(&facts, &evaluation, target, fact).unwrap_or_default()) {
                out.cleared.insert(number);
            }
        }
        Ok(out)
    }

    /// Whether the control evaluates a fact and allows it, asked of Cedar about this one fact.
    fn is_allowed(&self, facts: &Facts, evaluation: &Evaluation, target: &Target, fact: usize) -> Result<bool, String> {
        let (control, key) = &target.key;
        let controls = &self.evaluator.pack.controls;
        let Some(table) = facts.tables.get(&key.environment) else { return Ok(false) };
        // Where a control could evaluate all of its facts it could evaluate this one.
        if evaluation.assessed.get(*control).is_some_and(|assessed| assessed.unknown == 0)
            && evaluation.errors.is_empty()
        {
            return Ok(true);
        }
        let evaluator = reference::ReferenceEvaluator::of(controls, key.environment, |number| number == *control);
        let Some((evaluator, _)) = evaluator else { return Ok(false) };
        let verdicts = evaluator.evaluate(facts, table, fact, None)?;
        Ok(verdicts.iter().all(|verdict| matches!(verdict, None | Some(Verdict::Complies))))
    }
}

/// Where facts stand in their tables.
fn places<'k>(facts: &Facts, wanted: BTreeSet<&'k FactKey>) -> BTreeMap<&'k FactKey, usize> {
    let mut out = BTreeMap::new();
    let environments: BTreeSet<_> = wanted.iter().map(|key| key.environment).collect();
    for table in environments.iter().filter_map(|environment| facts.tables.get(environment)) {
        for fact in 0..table.len() {
            let key = FactKey::of(facts, table, fact);
            if let Some(key) = key.as_ref().and_then(|key| wanted.get(key)) {
                out.insert(*key, fact);
            }
        }
    }
    out
}
