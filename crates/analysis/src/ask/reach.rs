//! The blast radius of an identity: projects, tools, webhooks, and the people who work where it does.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::document::{MAX_EDGES, Part};
use super::held;
use super::names::{self, NameError};
use super::{Asked, MAX_LISTED, named};
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::{About, AccessGraph, Gathered, View};
use cutover_inventory::tools::Tool;
use cutover_model::level::{Level, LevelRange};
use cutover_model::natural::counted;
use cutover_model::result::answer::{Answer, Entry, Total};

/// What is within reach of an account.
///
/// # Errors
/// When the name names nothing, or more than one identity.
pub fn reach(asked: &Asked<'_>, account: &str) -> Result<Answer, NameError> {
    let (number, identity) = names::identity(&asked.inventory, account)?;
    let source = asked.source();
    let who = About::Identity(identity);
    let mut answer = asked.answer("reach", vec![held::thing(source, number, &who)]);
    let Some(company) = asked.inventory.companies.get(number) else { return Ok(answer) };
    let inactive = company.is_active(identity) == Some(false);
    // Who is not active reaches nothing.
    let projects: BTreeSet<usize> =
        company.memberships.of(identity).map(|one| one.project).filter(|_| !inactive).collect();
    let (tools, unknown): (BTreeMap<Tool, LevelRange>, BTreeMap<Tool, LevelRange>) =
        held::highest(company, identity).into_iter().partition(|(_, level)| level.least() > Level::None);
    let hooks: Vec<usize> = (0..company.hooks.len())
        .filter(|hook| company.hooks.get(*hook).is_some_and(|hook| hook.owner.value() == Some(&identity)))
        .collect();
    let works_there = |index: &IdentityIx| {
        company
            .directory
            .identities
            .get(*index)
            .is_some_and(|one| one.class.kind == IdentityKind::Person && company.is_active(*index) != Some(false))
            && company.memberships.of(*index).any(|membership| projects.contains(&membership.project))
    };
    let people: Vec<IdentityIx> = (0..company.directory.identities.len()).into_par_iter().filter(works_there).collect();

    let entry = |about: About, level: Option<Level>| Entry {
        company: company.name.clone(),
        thing: held::thing(source, number, &about),
        level: level.map(|level| level.id().to_owned()),
        projects: None,
        members: Vec::new(),
        why: Vec::new(),
        cuts: None,
        note: None,
    };
    let mut entries: Vec<Entry> = Vec::new();
    entries.extend(
        tools.iter().take(MAX_LISTED).map(|(tool, level)| entry(About::Tool(tool.clone()), Some(level.least()))),
    );
    entries.extend(projects.iter().take(MAX_LISTED).map(|project| entry(About::Project(*project), None)));
    entries.extend(hooks.iter().take(MAX_LISTED).map(|hook| entry(About::Hook(*hook), None)));
    entries.extend(people.iter().take(MAX_LISTED).map(|person| entry(About::Identity(*person), None)));
    let counts = [("Tool", tools.len()), ("Project", projects.len()), ("Hook", hooks.len()), ("Person", people.len())];
    answer.totals = counts.iter().map(|(kind, count)| Total { r#type: (*kind).to_owned(), count: *count }).collect();
    answer.count = counts.iter().map(|(_, count)| count).sum();
    answer.entries = entries;
    answer.not_known = usize::from(!company.projects_known(identity));
    answer.answer = format!(
        "{} reaches {}, {} and {}; active people on those projects: {}.",
        answer.asked.first().map(named).unwrap_or_default(),
        counted(tools.len(), "tool"),
        counted(projects.len(), "project"),
        counted(hooks.len(), "webhook"),
        people.len()
    );
    if inactive {
        answer.answer.push_str(" It is inactive and has no access.");
    }
    if !unknown.is_empty() {
        let many = counted(unknown.len(), "more tool");
        answer.answer.push_str(&format!(" Its level on {many} is unknown."));
    }
    let shows = |one, other| (one, other) == (number, identity);
    let view = View { shows: &shows, gathers: &|_, _, _| Gathered::Together };
    let picture = AccessGraph::picture(&asked.inventory, asked.tools, &view);
    let head = picture.find(&who.node(number, company, asked.tools));
    answer.graph = Part::of(&picture, source, &[head.into_iter().collect()], MAX_EDGES).describe(asked.export);
    Ok(answer)
}
