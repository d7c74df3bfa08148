//! Blockers of an account: violations of controls that say so with `@migration`.

use std::collections::BTreeMap;

use super::findings::{StateEvaluator, thing};
use super::{Draft, PlanError, facts};
use crate::audit::report_errors;
use cutover_inventory::Inventory;
use cutover_model::diagnostic::Diagnostic;
use cutover_model::escape;
use cutover_model::result::plan::{Assessed, Question, Status};
use cutover_model::result::{Party, Severity};
use cutover_policy::condition::Attribute;
use cutover_policy::control::{Control, Migration};
use cutover_policy::fact_builder::Setting;
use cutover_policy::facts::{Facts, ThingIx, Type};
use cutover_policy::pack::Pack;
use cutover_policy::wording::said;
use cutover_policy::{self as policy, Evaluation, Hit};

/// Something that blocks an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MigrationBlocker {
    /// Worst first.
    pub severity: std::cmp::Reverse<Severity>,
    pub control: String,
    pub title: String,
    pub message: String,
    pub remedy: String,
    pub party: Party,
    pub duty: Option<String>,
    pub blocks: bool,
    /// The kind of step that removes it, if the plan has one for it.
    pub step: Option<String>,
}

/// Violations by the accounts themselves: what blocks them, and what retires them (noted as the reason).
pub(super) fn of_accounts(
    facts: &Facts,
    evaluation: &Evaluation,
    pack: &Pack,
    evaluator: &StateEvaluator<'_>,
    drafts: &mut [Draft],
) {
    let companies = facts.things.iter().enumerate().filter(|(_, thing)| thing.kind == Type::Company);
    let numbers: BTreeMap<usize, usize> = companies.enumerate().map(|(number, (index, _))| (index, number)).collect();
    let by_name: BTreeMap<(usize, String, String), usize> = drafts
        .iter()
        .enumerate()
        .map(|(index, draft)| ((draft.key.0, draft.own_key.clone(), draft.name.clone()), index))
        .collect();
    for hit in &evaluation.violations {
        let Some(control) = pack.controls.get(hit.control).filter(|control| control.migration.is_some()) else {
            continue;
        };
        let found = principal(facts, hit).and_then(|index| facts.thing(index));
        let Some(found) = found.filter(|thing| thing.kind == Type::LegacyAccount) else { continue };
        let number = numbers.get(&(found.company as usize)).copied();
        let draft = number
            .and_then(|number| by_name.get(&(number, found.id.to_string(), found.name.to_string())))
            .and_then(|at| drafts.get_mut(*at));
        let Some(draft) = draft else { continue };
        let blocker = blocker(control, facts, hit, evaluator);
        match control.migration {
            Some(Migration::Retires) => draft.reason = blocker.message,
            _ => draft.blockers.push(blocker),
        }
    }
    for draft in drafts {
        tidy(draft);
    }
}

/// Evaluates what the plan itself says of each account; an account that something blocks is blocked.
///
/// # Errors
/// When a fact fails to evaluate.
pub(super) fn of_plans(
    inventory: &Inventory,
    pack: &Pack,
    setting: &Setting<'_>,
    evaluator: &StateEvaluator<'_>,
    drafts: &mut [Draft],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<Assessed>, PlanError> {
    let (facts, index) = facts::build_facts(inventory, drafts, setting);
    let evaluation = policy::evaluate(&facts, &pack.migration).map_err(PlanError::Fact)?;
    report_errors(&evaluation, diagnostics);
    let draft_of = |hit: &Hit| principal(&facts, hit).and_then(|thing| index.get(&thing)).copied();
    for hit in &evaluation.violations {
        let (Some(control), Some(at)) = (pack.migration.get(hit.control), draft_of(hit)) else { continue };
        if let Some(draft) = drafts.get_mut(at) {
            draft.blockers.push(blocker(control, &facts, hit, evaluator));
        }
    }
    for hit in &evaluation.unknown {
        let (Some(control), Some(at)) = (pack.migration.get(hit.control), draft_of(hit)) else { continue };
        let resource = facts.tables.get(&hit.environment).and_then(|table| thing(&facts, table.resource(hit.fact)?));
        if let (Some(draft), Some(resource)) = (drafts.get_mut(at), resource) {
            draft.questions.push(Question {
                control: control.id.clone(),
                title: control.title.clone(),
                resource,
                missing: hit.attributes.iter().map(|attribute| spoken(pack, hit, attribute)).collect(),
            });
        }
    }
    for draft in drafts.iter_mut() {
        tidy(draft);
        if draft.status == Status::Ready
            && let Some(first) = draft.blockers.iter().find(|blocker| blocker.blocks)
        {
            draft.status = Status::Blocked;
            draft.reason = first.message.clone();
        }
    }
    let mut assessed: Vec<Assessed> = pack
        .migration
        .iter()
        .zip(&evaluation.assessed)
        .map(|(control, assessed)| Assessed {
            control: control.id.clone(),
            facts: assessed.facts,
            violations: 0,
            unknown: assessed.unknown,
        })
        .collect();
    for hit in &evaluation.violations {
        if let Some(assessed) = assessed.get_mut(hit.control) {
            assessed.violations += 1;
        }
    }
    Ok(assessed)
}

fn principal(facts: &Facts, hit: &Hit) -> Option<ThingIx> {
    facts.tables.get(&hit.environment)?.principal(hit.fact)
}

/// The hint of `attributes.toml`, or the attribute's name in words.
fn spoken(pack: &Pack, hit: &Hit, attribute: &Attribute) -> String {
    let owner = policy::owner(hit.environment, attribute.root);
    let hint = pack.attributes.of(owner, &attribute.name).map(|source| source.hint.clone());
    hint.unwrap_or_else(|| attribute.name.replace('_', " "))
}

fn blocker(control: &Control, facts: &Facts, hit: &Hit, evaluator: &StateEvaluator<'_>) -> MigrationBlocker {
    let fill = |attribute: &Attribute| said(facts, facts.tables.get(&hit.environment)?, hit.fact, attribute);
    MigrationBlocker {
        severity: std::cmp::Reverse(policy::severity(control, evaluator.pack, evaluator.days_left)),
        control: control.id.clone(),
        title: control.title.clone(),
        message: escape::visible(&control.message.fill(&fill)).into_owned(),
        remedy: escape::visible(&control.remedy.fill(&fill)).into_owned(),
        party: control.party,
        duty: control.duty.clone(),
        blocks: matches!(control.migration, Some(Migration::Blocks(_))),
        step: control.step().map(str::to_owned),
    }
}

fn tidy(draft: &mut Draft) {
    draft.blockers.sort();
    draft.blockers.dedup();
    draft.questions.sort();
    draft.questions.dedup();
}
