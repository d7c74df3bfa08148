//! What an identity can do, tool by tool.

use std::collections::BTreeSet;

use super::held::{self, Held};
use super::names::{self, NameError};
use super::{Asked, MAX_LISTED, graph_of, named};
use cutover_inventory::graph::About;
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::level::Level;
use cutover_model::result::answer::{Answer, Total};

/// What an account can do: every level on every tool, through what, and on how many projects.
///
/// # Errors
/// When the name names nothing, or more than one identity.
pub fn what_can(asked: &Asked<'_>, account: &str) -> Result<Answer, NameError> {
    let (number, identity) = names::identity(&asked.inventory, account)?;
    let source = asked.source();
    let mut answer = asked.answer("what-can", vec![held::thing(source, number, &About::Identity(identity))]);
    let Some(company) = asked.inventory.companies.get(number) else { return Ok(answer) };
    let all: Vec<(Tool, Held)> = held::tools(company, identity)
        .into_iter()
        .flat_map(|tool| held::held(company, identity, &tool, None).into_iter().map(move |one| (tool.clone(), one)))
        .collect();
    let held: Vec<&(Tool, Held)> = all.iter().filter(|(_, one)| one.reaches(Level::ReadOnly) == Some(true)).collect();
    answer.not_known = all.iter().filter(|(_, one)| one.reaches(Level::ReadOnly).is_none()).count();
    answer.count = held.len();
    let described = held.iter().take(MAX_LISTED);
    answer.entries =
        described.map(|(tool, one)| held::entry(source, number, identity, &About::Tool(tool.clone()), one)).collect();
    answer.graph = graph_of(&answer.entries);
    let of = |scope: Scope| {
        held.iter().filter(|(tool, _)| tool.scope == scope).map(|(tool, _)| tool).collect::<BTreeSet<_>>().len()
    };
    let projects = company.memberships.of(identity).count();
    answer.totals = vec![
        Total { r#type: "company tools".to_owned(), count: of(Scope::Company) },
        Total { r#type: "project tools".to_owned(), count: of(Scope::Project) },
        Total { r#type: "Project".to_owned(), count: projects },
    ];
    let inactive = company.is_active(identity) == Some(false);
    let word = if inactive { " It is inactive, so none of this applies." } else { "" };
    answer.answer = format!(
        "{} can use {} company tools, and {} project tools; it belongs to {projects} projects.{word}",
        answer.asked.first().map(named).unwrap_or_default(),
        of(Scope::Company),
        of(Scope::Project)
    );
    Ok(answer)
}
