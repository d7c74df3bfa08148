//! One row for each integration: an app with its accounts, credentials and webhooks, and what it asks for, holds and uses.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use crate::ask::document::Source;
use crate::ask::thing_of;
use cutover_inventory::Company;
use cutover_inventory::apps::{App, AppIx};
use cutover_inventory::decisions::Subject;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::{About, Node};
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::Tool;
use cutover_model::level::{Level, LevelRange};
use cutover_model::result::Thing;
use cutover_model::result::integrations::{Integration, MAX_INTEGRATIONS, ToolAccess};

/// An integration by the numbers of its app and its accounts.
#[derive(Debug, Default)]
struct Row {
    company: usize,
    app: Option<AppIx>,
    identities: Vec<IdentityIx>,
}

/// The integrations of an export; `worst` are the subjects of violations, the worst first.
pub(super) fn integrations(source: Source<'_>, worst: &[Node], today: NaiveDate) -> Vec<Integration> {
    let mut rows: Vec<(Row, Thing)> = Vec::new();
    for (number, company) in source.inventory.companies.iter().enumerate() {
        rows.extend(rows_of(company, number).into_iter().filter_map(|row| {
            let about = match (row.app, row.identities.first()) {
                (Some(app), _) => About::App(app),
                (None, Some(identity)) => About::Identity(*identity),
                (None, None) => return None,
            };
            let thing = thing_of(source, number, &about);
            Some((row, thing))
        }));
    }
    let ranks: FxHashMap<(usize, &str, &str), usize> =
        worst.iter().zip(0..).map(|(node, rank)| ((node.company, node.kind, node.id.as_str()), rank)).collect();
    let rank = |(row, thing): &(Row, Thing)| {
        let identities =
            row.identities.iter().map(|identity| thing_of(source, row.company, &About::Identity(*identity)));
        let things = identities.chain([thing.clone()]);
        let found =
            things.filter_map(|thing| ranks.get(&(row.company, thing.r#type.as_str(), thing.id.as_str())).copied());
        found.min().unwrap_or(usize::MAX)
    };
    rows.sort_by_cached_key(|row| (rank(row), row.0.company, row.1.name.clone(), row.1.id.clone()));
    rows.truncate(MAX_INTEGRATIONS);
    rows.into_iter().filter_map(|(row, thing)| described(source, &row, thing, today)).collect()
}

/// The apps that are installed or have an account, and the accounts without an app.
fn rows_of(company: &Company, number: usize) -> Vec<Row> {
    let row = |app: Option<AppIx>| Row { company: number, app, identities: Vec::new() };
    let mut of_apps: BTreeMap<AppIx, Row> = BTreeMap::new();
    let installed = |app: &App| app.installation.as_ref().is_some_and(|installation| installation.is_installed());
    for (index, _) in company.apps.all.iter().enumerate().filter(|(_, app)| installed(app)) {
        of_apps.insert(index, row(Some(index)));
    }
    let mut others = Vec::new();
    let identities = company.directory.identities.iter().enumerate();
    for (index, identity) in identities.filter(|(_, identity)| identity.is_service() && !identity.removed) {
        match identity.app.value() {
            Some(app) => of_apps.entry(*app).or_insert_with(|| row(Some(*app))).identities.push(index),
            None => others.push(Row { identities: vec![index], ..row(None) }),
        }
    }
    of_apps.into_values().chain(others).collect()
}

fn described(source: Source<'_>, row: &Row, thing: Thing, today: NaiveDate) -> Option<Integration> {
    let company = source.inventory.companies.get(row.company)?;
    let app = row.app.and_then(|app| company.apps.all.get(app));
    let installation = app.and_then(|app| app.installation.as_ref());
    let projects: BTreeSet<ProjectIx> = row
        .identities
        .iter()
        .flat_map(|identity| company.memberships.of(*identity).map(|membership| membership.project))
        .collect();
    let owners = company.hooks.iter().filter_map(|hook| hook.owner.value());
    let administers = row.identities.iter().map(|identity| company.administers(*identity));
    let administers = administers.reduce(|one, other| match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    });
    Some(Integration {
        company: company.name.clone(),
        identities: row.identities.iter().map(|one| thing_of(source, row.company, &About::Identity(*one))).collect(),
        thing,
        status: installation.and_then(|installation| installation.status_on(today).value().cloned()),
        version: installation.and_then(|installation| installation.version.value().cloned()),
        projects: projects.len(),
        credentials: credentials(company, row, app).len(),
        webhooks: owners.filter(|owner| row.identities.contains(owner)).count(),
        administers: administers.flatten(),
        tools: tools(source, company, row, app, today),
    })
}

/// The stored credentials of its accounts, and those with the client id of its app.
fn credentials(company: &Company, row: &Row, app: Option<&App>) -> BTreeSet<usize> {
    let identities = row.identities.iter().filter_map(|identity| company.directory.identities.get(*identity));
    let accounts = identities.filter_map(|identity| company.accounts.get(identity.account?));
    let of_accounts = accounts.flat_map(|account| company.credentials_of(account));
    let of_app = app.into_iter().flat_map(|app| company.credential_index.of_client(&company.credentials, &app.key));
    of_accounts.chain(of_app.map(|(index, _)| index)).collect()
}

/// The tools of a row, by key.
fn tools(source: Source<'_>, company: &Company, row: &Row, app: Option<&App>, today: NaiveDate) -> Vec<ToolAccess> {
    let manifest = app.and_then(App::installed_manifest);
    let requests = manifest.and_then(|manifest| manifest.requests.as_ref());
    let mut asked: BTreeMap<&Tool, Option<Level>> = BTreeMap::new();
    for request in requests.into_iter().flatten() {
        let level = asked.entry(&request.tool).or_insert(request.given.level);
        *level = (*level).max(request.given.level);
    }
    let held = held(company, row, &asked.keys().map(|tool| (*tool).clone()).collect::<Vec<_>>());
    let usage = row.app.and_then(|app| company.usage_of(app));
    let usage = usage.or_else(|| row.identities.iter().find_map(|identity| company.usage_of_identity(*identity)));
    let called = usage.into_iter().flat_map(|usage| usage.calls.keys());
    let all: BTreeSet<&Tool> = asked.keys().copied().chain(held.keys()).chain(called).collect();
    let subjects: Vec<Subject> =
        row.app.map(Subject::App).into_iter().chain(row.identities.iter().map(|one| Subject::Identity(*one))).collect();
    let access = |tool: &Tool| {
        let key = |subject: &Subject| (*subject, tool.clone());
        let decisions = &company.decisions;
        let excepted = |subject: &Subject| {
            decisions.exceptions.get(&key(subject)).is_some_and(|accepted| accepted.in_force(today))
        };
        let word = |level: Level| level.id().to_owned();
        // What a manifest does not name it does not ask for.
        let not_asked = requests.is_some().then_some(Level::None);
        let own = held.get(tool).copied();
        ToolAccess {
            tool: Thing::new("Tool", tool.to_string(), source.tools.label(tool)),
            asked: asked.get(tool).copied().unwrap_or(not_asked).map(word),
            held: own.map_or(Some(Level::None), LevelRange::exact).map(word),
            used: usage.and_then(|usage| usage.needed(tool)).map(word),
            approved: subjects.iter().any(|one| excepted(one) || decisions.reasons.contains_key(&key(one))),
        }
    };
    let is_something = |access: &ToolAccess| {
        [&access.asked, &access.held, &access.used]
            .iter()
            .any(|level| level.as_deref().is_some_and(|level| level != "none"))
    };
    all.into_iter().map(access).filter(is_something).collect()
}

/// The highest level on each tool, of all accounts and places.
fn held(company: &Company, row: &Row, named: &[Tool]) -> BTreeMap<Tool, LevelRange> {
    let mut out: BTreeMap<Tool, LevelRange> = BTreeMap::new();
    let active = row.identities.iter().filter(|identity| company.is_active(**identity) != Some(false));
    for identity in active {
        let of_projects =
            company.places(*identity).flat_map(|membership| company.project_grants(*identity, &membership, named));
        for grant in company.company_grants(*identity, named).into_iter().chain(of_projects) {
            let level = out.entry(grant.tool).or_insert(grant.level);
            *level = level.highest(grant.level);
        }
    }
    out
}
