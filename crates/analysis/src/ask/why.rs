//! Why an identity can do something with a tool, or why it cannot.

use super::held::{self, Held};
use super::names::{self, NameError};
use super::{Asked, MAX_LISTED, graph_of, named, near_miss};
use cutover_inventory::Company;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::About;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::kind::Kind;
use cutover_model::level::{Level, LevelRange};
use cutover_model::result::answer::{Answer, Verdict};

/// What is asked, once everything it names is found.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub company: usize,
    pub identity: IdentityIx,
    pub tool: Tool,
    pub project: Option<ProjectIx>,
    pub level: Level,
}

/// Why an account holds a level, or more, on a tool: anywhere, or on one project.
///
/// # Errors
/// When a name names nothing, or more than one thing.
pub fn why(
    mut asked: Asked<'_>,
    account: &str,
    tool: &str,
    project: Option<&str>,
    level: Option<Level>,
) -> Result<Answer, NameError> {
    let (number, identity) = names::identity(&asked.inventory, account)?;
    let tool = names::tool(&asked.inventory, asked.tools, tool)?;
    let company = asked.inventory.companies.get(number);
    let project = match (project, company) {
        (Some(_), _) if tool.scope == Scope::Company => {
            return Err(NameError {
                what: format!("{} is a tool of the company, and of no project", asked.tools.label(&tool)),
                help: "leave --project out".to_owned(),
            });
        }
        (Some(name), Some(company)) => Some(names::project(company, name)?),
        _ => None,
    };
    let wanted = level.unwrap_or(Level::ReadOnly).max(Level::ReadOnly);
    let question = Question { company: number, identity, tool, project, level: wanted };
    let (verdict, held) = ask(&asked.inventory.companies, &question);
    let about = About::Tool(question.tool.clone());
    let source = asked.source();
    let mut things = vec![held::thing(source, number, &About::Identity(identity)), held::thing(source, number, &about)];
    things.extend(question.project.map(|project| held::thing(source, number, &About::Project(project))));
    let mut answer = asked.answer("why", things);
    let entry = |held: &Held| held::entry(source, number, identity, &about, held);
    answer.count = held.len();
    answer.entries = held.iter().take(MAX_LISTED).map(entry).collect();
    answer.graph = graph_of(&answer.entries);
    answer.verdict = Some(verdict);
    let place = match answer.asked.get(2) {
        Some(project) => format!(" on {}", named(project)),
        None if question.tool.scope == Scope::Project => " on any project".to_owned(),
        None => String::new(),
    };
    let what = match level {
        Some(level) => format!("{level} on"),
        None => "anything with".to_owned(),
    };
    let (who, tool) = match answer.asked.as_slice() {
        [who, tool, ..] => (named(who), named(tool)),
        _ => Default::default(),
    };
    answer.answer = match verdict {
        Verdict::Yes => {
            let levels = held.iter().map(|held| held.access.level()).reduce(LevelRange::highest);
            let highest = held::in_words(levels.unwrap_or(LevelRange::at_least(wanted)));
            let place = answer.asked.get(2).map(|_| place).unwrap_or_default();
            format!("Yes: {who} holds {highest} on {tool}{place}.")
        }
        Verdict::No if is_inactive(&asked.inventory.companies, &question) => {
            format!("No: {who} is inactive and has no access.")
        }
        Verdict::No => {
            format!("No: {who} does not have {what} {tool}{place}.").replace("have any access to", "have any level on")
        }
        Verdict::NotKnown => format!("Unknown: the export does not show whether {who} has {what} {tool}{place}.")
            .replace("holds anything with", "holds any level on"),
    };
    match verdict {
        Verdict::No => answer.near_misses = near_miss::near_misses(&mut asked, &question),
        Verdict::NotKnown => {
            let company = asked.inventory.companies.get(number);
            answer.missing = company.map(|company| missing(company, &question)).unwrap_or_default();
        }
        Verdict::Yes => {}
    }
    Ok(answer)
}

/// The answer, and what it rests on.
pub(super) fn ask(companies: &[Company], question: &Question) -> (Verdict, Vec<Held>) {
    let Some(company) = companies.get(question.company) else { return (Verdict::NotKnown, Vec::new()) };
    let held = held::held(company, question.identity, &question.tool, question.project);
    let reaches: Vec<Option<bool>> = held.iter().map(|held| held.reaches(question.level)).collect();
    let all_told = question.tool.scope == Scope::Company
        || match question.project {
            Some(project) => {
                !held.is_empty()
                    || company
                        .projects
                        .get(project)
                        .and_then(|one| one.id)
                        .is_some_and(|id| company.is_member(question.identity, id).is_some())
            }
            None => company.projects_known(question.identity),
        };
    let verdict = if is_inactive(companies, question) {
        Verdict::No
    } else if reaches.contains(&Some(true)) {
        Verdict::Yes
    } else if reaches.contains(&None) || !all_told {
        Verdict::NotKnown
    } else {
        Verdict::No
    };
    (verdict, held)
}

fn is_inactive(companies: &[Company], question: &Question) -> bool {
    companies.get(question.company).is_some_and(|company| company.is_active(question.identity) == Some(false))
}

/// The kinds of export that would say it.
fn missing(company: &Company, question: &Question) -> Vec<String> {
    let mut kinds = vec![Kind::PermissionManifests];
    if !company.present.contains(&Kind::PermissionTemplates) || held_templates_unknown(company, question.identity) {
        kinds.insert(0, Kind::PermissionTemplates);
    }
    if question.tool.scope == Scope::Project && !company.projects_known(question.identity) {
        kinds.insert(0, Kind::ProjectUsers);
    }
    kinds.into_iter().map(|kind| format!("{}: {}", kind.id(), kind.how_to_export())).collect()
}

fn held_templates_unknown(company: &Company, identity: IdentityIx) -> bool {
    let templates = company.templates_of(identity);
    templates.iter().any(|index| company.templates.get(*index).is_some_and(|one| one.levels.value().is_none()))
}
