//! Who holds a level, or more, on a tool.

use rayon::prelude::*;

use super::held::{self, Held};
use super::names::{self, NameError};
use super::{Asked, MAX_LISTED, graph_of, named};
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::graph::About;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::Scope;
use cutover_model::kind::Kind;
use cutover_model::level::Level;
use cutover_model::result::answer::{Answer, Total};

/// Who holds a level, or more, on a tool: anywhere, or on one project. Service identities come first, then people.
///
/// # Errors
/// When a name names nothing, or more than one thing.
pub fn who_can(asked: &Asked<'_>, tool: &str, level: Level, project: Option<&str>) -> Result<Answer, NameError> {
    let tool = names::tool(&asked.inventory, asked.tools, tool)?;
    let mut fault = None;
    let mut found: Vec<(IdentityKind, usize, IdentityIx, Held)> = Vec::new();
    let mut not_known = 0;
    let mut of_project = None;
    for (number, company) in asked.inventory.companies.iter().enumerate() {
        let only: Option<ProjectIx> = match project.map(|name| names::project(company, name)) {
            Some(Err(error)) => {
                fault = Some(error);
                continue;
            }
            Some(Ok(index)) => {
                of_project = Some((number, index));
                Some(index)
            }
            None => None,
        };
        let one = |(index, identity): (usize, &Identity)| {
            if company.is_active(index) == Some(false) {
                return None;
            }
            let held = held::held(company, index, &tool, only);
            let best = held
                .iter()
                .filter(|one| one.reaches(level) == Some(true))
                .max_by_key(|one| (one.access.level(), one.count));
            match best {
                Some(best) => Some((identity.class.kind, index, Some(best.clone()))),
                None if held.iter().any(|one| one.reaches(level).is_none()) => Some((identity.class.kind, index, None)),
                None => None,
            }
        };
        let all: Vec<_> = company.directory.identities.par_iter().enumerate().filter_map(one).collect();
        for (kind, index, held) in all {
            match held {
                Some(held) => found.push((kind, number, index, held)),
                None => not_known += 1,
            }
        }
    }
    if let Some(fault) = fault.filter(|_| of_project.is_none()) {
        return Err(fault);
    }
    if of_project.is_some() && tool.scope == Scope::Company {
        return Err(NameError {
            what: format!("{} is a tool of the company, and of no project", asked.tools.label(&tool)),
            help: "leave --project out".to_owned(),
        });
    }
    found.sort_by_key(|(kind, company, index, _)| (*kind, *company, *index));
    let source = asked.source();
    let mut things = vec![held::thing(source, 0, &About::Tool(tool.clone()))];
    things.extend(of_project.map(|(number, project)| held::thing(source, number, &About::Project(project))));
    let mut answer = asked.answer("who-can", things);
    let of_sort = |kind: IdentityKind| found.iter().filter(|(one, ..)| *one == kind).count();
    let sorts = [
        (IdentityKind::Managed, "ManagedAccount"),
        (IdentityKind::Legacy, "LegacyAccount"),
        (IdentityKind::Person, "Person"),
    ];
    answer.totals =
        sorts.iter().map(|(kind, name)| Total { r#type: (*name).to_owned(), count: of_sort(*kind) }).collect();
    answer.count = found.len();
    answer.not_known = not_known;
    // Who is in no list is not known to hold nothing.
    let unlisted = asked.inventory.companies.iter().any(|company| !company.present.contains(&Kind::Users));
    answer.missing.extend(unlisted.then(|| format!("{}: {}", Kind::Users.id(), Kind::Users.how_to_export())));
    let described = found.iter().take(MAX_LISTED);
    answer.entries = described
        .map(|(_, number, index, held)| held::entry(source, *number, *index, &About::Identity(*index), held))
        .collect();
    answer.graph = graph_of(&answer.entries);
    let place = answer.asked.get(1).map(|project| format!(" on {}", named(project))).unwrap_or_default();
    let tool = answer.asked.first().map(named).unwrap_or_default();
    let services = of_sort(IdentityKind::Managed) + of_sort(IdentityKind::Legacy);
    answer.answer = format!(
        "{services} service identities and {} people have {level} or more on {tool}{place}.",
        of_sort(IdentityKind::Person)
    );
    Ok(answer)
}
