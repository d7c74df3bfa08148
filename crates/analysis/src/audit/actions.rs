//! What to do about violations: one action for each thing to edit.
//!
//! Violations have a common root when one edit clears them: a tool of a permission template that many accounts have, a
//! legacy account, an app whose developer must act. The most important edits of templates are made in memory, and the
//! controls evaluate the result; the others are expected to clear the violations that name them as their remedy.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::entries::Entry;
use super::findings::Findings;
use super::places::Places;
use super::violations::{fingerprint, said_first};
use crate::plan::PlanError;
use crate::plan::findings::StateEvaluator;
use crate::plan::repair::lowered::{self, Lowered, TemplateTool};
use cutover_inventory::Inventory;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::kind::Kind;
use cutover_model::level::Level;
use cutover_model::result::action::{Action, ActionKind, Clears, Effect, MAX_ACTIONS};
use cutover_model::result::audit::{Violation, ViolationStatus};
use cutover_model::result::{Location, Party, Thing};
use cutover_policy::facts::{self, Environment, ThingIx, Type};

/// Edits of templates that are tried: those that a report shows first, and some more.
const MAX_TRIED: usize = 20;
/// Edits are tried where no more facts than this violate a control: trying costs time for each of them.
const MAX_HITS_TO_TRY: usize = 20_000;
/// Fingerprints that one action lists.
const MAX_FINGERPRINTS: usize = 1000;

/// What violations have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Root {
    /// A tool of a permission template: where the export states its level.
    TemplateTool(Origin, SmolStr),
    /// A legacy account, by its number among the things of the facts.
    Account(ThingIx),
    /// The app or account whose developer, or the platform, must act.
    Developer(Party, ThingIx),
    /// The remedy of a control for a subject.
    Remedy(u32, ThingIx),
}

/// An edit of a template that was tried, and cleared something.
#[derive(Debug)]
pub(super) struct TriedEdit {
    template: Thing,
    /// `Company Directory`.
    tool: String,
    from: Level,
    lowered: Lowered,
    evidence: Evidence,
}

/// The open violations with one root, by their numbers.
#[derive(Debug, Default)]
struct Cause {
    entries: Vec<usize>,
    clears: Clears,
}

impl Cause {
    fn add(&mut self, number: usize, entry: &Entry) {
        self.entries.push(number);
        self.clears.add(entry.severity);
    }
}

/// The open violations and their numbers.
fn open<'f>(findings: &'f Findings<'_>) -> impl Iterator<Item = (usize, &'f Entry)> {
    findings.entries.all.iter().enumerate().filter(|(_, entry)| entry.status() == ViolationStatus::Open)
}

/// Groups violations by their root, worst first.
fn causes<'f>(findings: &Findings<'_>, entries: impl Iterator<Item = (usize, &'f Entry)>) -> Vec<(Root, Cause)> {
    let mut places: FxHashMap<Root, usize> = FxHashMap::default();
    let mut causes: Vec<(Root, Cause)> = Vec::new();
    for (number, entry) in entries {
        let root = root(findings, entry);
        let place = *places.entry(root.clone()).or_insert_with(|| {
            causes.push((root, Cause::default()));
            causes.len() - 1
        });
        if let Some((_, cause)) = causes.get_mut(place) {
            cause.add(number, entry);
        }
    }
    causes.sort_by_key(|(_, cause)| Reverse(cause.clears));
    causes
}

fn root(findings: &Findings<'_>, entry: &Entry) -> Root {
    let context = &findings.context;
    let documents = &context.export.documents;
    let is_template = |origin: Origin| {
        documents.get(origin.document as usize).is_some_and(|one| one.kind == Some(Kind::PermissionTemplates))
    };
    // What a template gives is a fact about a level; others may read a template, and are not fixed in it.
    let first = findings.entries.hits(&findings.evaluation, entry).next();
    let first = first.filter(|hit| hit.environment.action == facts::Action::Holds);
    let said = first.map(|hit| said_first(context, hit)).unwrap_or_default();
    if let Some((origin, member)) = said.into_iter().find(|(origin, member)| is_template(*origin) && !member.is_empty())
    {
        return Root::TemplateTool(origin, member.into());
    }
    let kind = context.facts.thing(entry.principal).map(|thing| thing.kind);
    let party = context.control(entry.control).map_or(Party::Customer, |control| control.party);
    match (kind, party) {
        (Some(Type::LegacyAccount), _) => Root::Account(entry.principal),
        (_, Party::Customer) => Root::Remedy(entry.control, entry.principal),
        (_, party) => Root::Developer(party, entry.principal),
    }
}

/// Tries the edits of templates that matter most.
///
/// # Errors
/// Why a fact failed to evaluate.
pub(super) fn try_edits(
    findings: &Findings<'_>,
    inventory: &mut Inventory,
    evaluator: &StateEvaluator<'_>,
) -> Result<Vec<TriedEdit>, String> {
    let evaluation = &findings.evaluation;
    if evaluation.violations.len() + evaluation.unknown.len() > MAX_HITS_TO_TRY {
        return Ok(Vec::new());
    }
    let roots = causes(findings, open(findings)).into_iter().filter_map(|(root, _)| match root {
        Root::TemplateTool(origin, member) => Some((origin, member)),
        _ => None,
    });
    let wanted: Vec<(Origin, SmolStr)> = roots.take(MAX_TRIED).collect();
    let mut tools: Vec<(TemplateTool, Evidence, Thing)> = Vec::new();
    for place in &wanted {
        tools.extend(template_tool(inventory, place));
    }
    let asked: Vec<TemplateTool> = tools.iter().map(|(tool, ..)| tool.clone()).collect();
    let tried = lowered::lower_each(inventory, (&findings.context.facts, evaluation), evaluator, &asked);
    let tried = tried.map_err(|error: PlanError| error.to_string())?;
    let label = |tool: &TemplateTool| evaluator.setting.tools.label(&tool.tool);
    let described = tools.into_iter().zip(tried).filter_map(|((tool, evidence, template), lowered)| {
        Some(TriedEdit { template, tool: label(&tool), from: tool.level, lowered: lowered?, evidence })
    });
    Ok(described.collect())
}

/// The template and the tool whose level is stated at a place.
fn template_tool(
    inventory: &Inventory,
    (origin, member): &(Origin, SmolStr),
) -> Option<(TemplateTool, Evidence, Thing)> {
    let companies = inventory.companies.iter().enumerate();
    let templates = companies.flat_map(|(number, company)| {
        company.templates.all.iter().enumerate().map(move |(index, template)| (number, index, template))
    });
    let found = templates.filter_map(|(company, index, template)| {
        let levels = template.levels.value()?;
        let is_there = |evidence: &Evidence| evidence.origin == *origin && evidence.member == *member;
        let (tool, given) = levels.iter().find(|(_, given)| is_there(&given.evidence))?;
        let wanted = TemplateTool { company, template: index, tool: tool.clone(), level: given.level? };
        let id = template.id.map(|id| id.to_string()).unwrap_or_default();
        Some((wanted, given.evidence.clone(), Thing::new("Template", id, template.label())))
    });
    let mut found = found;
    found.next()
}

/// The actions, worst first, and how many more there are.
pub(super) fn actions(findings: &Findings<'_>) -> (Vec<Action>, usize) {
    let mut claimed: FxHashSet<usize> = FxHashSet::default();
    let mut all: Vec<(Cause, Option<&TriedEdit>, Option<Root>)> = Vec::new();
    for edit in &findings.tried {
        let mut cause = Cause::default();
        for (number, entry) in open(findings).filter(|(number, _)| !claimed.contains(number)) {
            let mut hits = findings.entries.hit_numbers(entry).iter();
            if hits.all(|hit| edit.lowered.cleared.contains(hit)) {
                cause.add(number, entry);
            }
        }
        claimed.extend(cause.entries.iter().copied());
        if !cause.entries.is_empty() {
            all.push((cause, Some(edit), None));
        }
    }
    let rest = open(findings).filter(|(number, _)| !claimed.contains(number));
    all.extend(causes(findings, rest).into_iter().map(|(root, cause)| (cause, None, Some(root))));
    all.sort_by_key(|(cause, ..)| Reverse(cause.clears));
    let omitted = all.len().saturating_sub(MAX_ACTIONS);
    all.truncate(MAX_ACTIONS);
    let firsts: Vec<usize> =
        all.iter().filter_map(|(cause, _, root)| representative(findings, cause, root.as_ref())).collect();
    let violations = findings.tell(&firsts);
    let places = Places::of(findings.context.export);
    let described = all.iter().zip(firsts).zip(violations).map(|(((cause, edit, root), first), violation)| {
        let action = match edit {
            Some(edit) => of_edit(edit, &places, violation),
            None => of_remedy(root.as_ref(), is_secret(findings, first), cause.entries.len(), violation),
        };
        finished(findings, action, cause)
    });
    (described.collect(), omitted)
}

/// What kind of fact a violation is about, by its number.
fn environment(findings: &Findings<'_>, number: usize) -> Option<Environment> {
    let entry = findings.entries.all.get(number)?;
    Some(findings.entries.hits(&findings.evaluation, entry).next()?.environment)
}

/// Whether it is that a secret exists.
fn is_secret(findings: &Findings<'_>, number: usize) -> bool {
    environment(findings, number)
        .is_some_and(|of| (of.action, of.principal) == (facts::Action::Exists, Type::Credential))
}

/// The violation whose remedy an action names: the worst; of an account, the worst one about the account itself.
fn representative(findings: &Findings<'_>, cause: &Cause, root: Option<&Root>) -> Option<usize> {
    let is_about_account =
        |number: &&usize| environment(findings, **number).is_some_and(|of| of.action == facts::Action::Exists);
    let own = cause.entries.iter().find(is_about_account).filter(|_| matches!(root, Some(Root::Account(_))));
    own.or_else(|| cause.entries.first()).copied()
}

/// An action whose violations are not counted yet.
fn of_edit(edit: &TriedEdit, places: &Places<'_>, worst: Violation) -> Action {
    let said = (edit.evidence.origin, edit.evidence.member.as_str());
    let TriedEdit { tool, from, lowered, .. } = edit;
    let change = match lowered.to {
        to if to == *from => format!("{tool}: remove the granular permissions"),
        to => format!("{tool}: {from} → {to}"),
    };
    Action {
        kind: ActionKind::EditTemplate,
        target: edit.template.clone(),
        edit: change,
        location: places.location(said, false).unwrap_or_else(|| without_lines(worst.location)),
        effect: Effect::Tried { introduces: lowered.introduced, needed: lowered.needed },
        party: Party::Customer,
        company: worst.company,
        clears: Clears::default(),
        controls: Vec::new(),
        violations: Vec::new(),
    }
}

/// The edit in words. A remedy is that of one violation: where an action clears others too, it says what else to do.
fn edit(root: Option<&Root>, violations: usize, remedy: String) -> String {
    match (root, violations) {
        (_, 0 | 1) | (Some(Root::TemplateTool(..)), _) => remedy,
        (Some(Root::Account(_)), _) => format!("Migrate or remove the account (cutover plan). Worst first: {remedy}"),
        (Some(Root::Developer(..)), _) => format!("{violations} changes by the developer. Worst first: {remedy}"),
        (_, _) => format!("{violations} such edits. Worst first: {remedy}"),
    }
}

fn of_remedy(root: Option<&Root>, is_secret: bool, violations: usize, worst: Violation) -> Action {
    let template = worst.why.iter().map(|step| &step.to).find(|thing| thing.r#type == "Template").cloned();
    let kind = match root {
        Some(Root::TemplateTool(..)) => ActionKind::EditTemplate,
        Some(Root::Account(_)) => ActionKind::MigrateAccount,
        _ if is_secret => ActionKind::RemoveSecret,
        _ => ActionKind::ApplyRemedy,
    };
    let target = template.filter(|_| kind == ActionKind::EditTemplate).unwrap_or(worst.subject);
    Action {
        kind,
        target,
        edit: edit(root, violations, worst.remedy),
        location: without_lines(worst.location),
        effect: Effect::Expected,
        party: worst.party,
        company: worst.company,
        clears: Clears::default(),
        controls: Vec::new(),
        violations: Vec::new(),
    }
}

fn without_lines(location: Location) -> Location {
    Location { snippet: None, ..location }
}

fn finished(findings: &Findings<'_>, action: Action, cause: &Cause) -> Action {
    let context = &findings.context;
    let entries = || cause.entries.iter().filter_map(|number| findings.entries.all.get(*number));
    let controls: BTreeSet<&str> =
        entries().filter_map(|entry| Some(context.control(entry.control)?.id.as_str())).collect();
    Action {
        clears: cause.clears,
        controls: controls.into_iter().map(ToOwned::to_owned).collect(),
        violations: entries().take(MAX_FINGERPRINTS).map(|entry| fingerprint(context, entry)).collect(),
        ..action
    }
}
