//! The access of an account beside that of its replacement: kept, lost, gained, or not known.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Company;
use crate::inventory::access::Grant;
use crate::inventory::apps::{App, AppIx};
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::manifests::{Manifest, in_order};
use crate::inventory::memberships::{InForce, ProjectIx};
use crate::inventory::tools::{Scope, Tool, Tools};
use crate::inventory::usage::Usage;

/// What the replacement will have.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// The level on each tool; every other tool at None. `None` when no manifest says.
    pub levels: Option<BTreeMap<Tool, Option<Level>>>,
    /// The projects it is to be permitted; `None` when they are not known.
    pub projects: Option<BTreeSet<ProjectIx>>,
}

/// One difference, or none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The tool.
    pub tool: Tool,
    /// The level now; `None` when unknown.
    pub before: Option<Level>,
    /// The level then; `None` when unknown.
    pub after: Option<Level>,
    /// Granular permissions on top of the level now; `None` when unknown.
    pub granular: Option<u64>,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The same.
    Kept,
    /// Lower, or without its granular permissions.
    Lost,
    /// Higher.
    Gained,
    /// Not known.
    Unknown,
}

impl Row {
    /// What becomes of it. Granular permissions are lost below Admin: a manifest cannot ask for them.
    pub fn sort(&self) -> Sort {
        match (self.before, self.after) {
            (Some(before), Some(after))
                if before == after && (self.granular == Some(0) || after == Level::Admin || after == Level::None) =>
            {
                Sort::Kept
            }
            (Some(before), Some(after)) if after > before => Sort::Gained,
            (Some(_), Some(_)) => Sort::Lost,
            _ => Sort::Unknown,
        }
    }
}

/// Every row, with the projects it is about.
pub type Rows = BTreeMap<Row, BTreeSet<ProjectIx>>;

/// The manifest that the replacement will have: the installed one if it asks for anything, else the newest that does.
pub fn offered(app: &App) -> Option<&Manifest> {
    let asks = |manifest: &&Manifest| manifest.requested_tools().is_none_or(|tools| tools > 0);
    let newest = || app.manifests.iter().filter(asks).max_by_key(|manifest| in_order(&manifest.label()));
    app.installed_manifest().filter(asks).or_else(newest)
}

/// What an app will have once it is installed, reconciled and permitted.
pub fn planned(company: &Company, tools: &Tools, account: IdentityIx, app: Option<AppIx>) -> Planned {
    let own = || company.projects_known(account).then(|| worked_on(company, account));
    let found = app.and_then(|index| Some((index, company.apps.all.get(index)?)));
    let Some((index, app)) = found else { return Planned { levels: None, projects: own() } };
    let user = company.directory.users_of(index).next();
    let approved = user.and_then(|user| company.approved_projects(user));
    let levels = match offered(app).and_then(|manifest| manifest.requests.as_ref()) {
        Some(requests) => Some(requests.iter().map(|request| (request.tool.clone(), request.given.level)).collect()),
        None => user.and_then(|user| templated(company, tools, user)),
    };
    Planned { levels, projects: approved.or_else(own) }
}

/// Without a manifest, what the app's user is given tells what it will have.
fn templated(company: &Company, tools: &Tools, user: IdentityIx) -> Option<BTreeMap<Tool, Option<Level>>> {
    let mut levels = BTreeMap::new();
    for grant in company.company_grants(user, tools, &[Tool::company_directory()]) {
        levels.insert(grant.tool, Some(grant.level?));
    }
    for membership in company.memberships.of(user) {
        let directory = [Tool::directory(Scope::Project)];
        for grant in
            company.project_grants(user, membership.project, membership.in_force, membership.origin.into(), &directory)
        {
            let level = grant.level?;
            let known = levels.entry(grant.tool).or_insert(Some(level));
            // A different level in another project: which one will count is not known.
            if *known != Some(level) {
                *known = None;
            }
        }
    }
    (!levels.is_empty()).then_some(levels)
}

/// The projects of an account that are not known to be inactive, demonstrations or templates.
fn worked_on(company: &Company, account: IdentityIx) -> BTreeSet<ProjectIx> {
    let works = |project: &ProjectIx| {
        company.projects.get(*project).is_some_and(|project| {
            project.active.value() != Some(&false)
                && project.demo.value() != Some(&true)
                && project.template.value() != Some(&true)
        })
    };
    company.memberships.of(account).map(|membership| membership.project).filter(works).collect()
}

/// Compares what an account may do with what its replacement will.
pub fn compare(company: &Company, tools: &Tools, account: IdentityIx, planned: &Planned) -> Rows {
    let mut named: Vec<Tool> = planned.levels.iter().flat_map(|levels| levels.keys().cloned()).collect();
    named.extend([Scope::Company, Scope::Project].map(Tool::directory));
    named.sort();
    named.dedup();
    let mut rows = Rows::new();
    let company_level = |tool: &Tool| planned.levels.as_ref().and_then(|levels| asked(levels, tool));
    add(
        &mut rows,
        &company.company_grants(account, tools, &named),
        Scope::Company,
        planned,
        &company_level,
        &BTreeSet::new(),
    );
    let mut held: BTreeSet<ProjectIx> = BTreeSet::new();
    for (grants, projects) in classes(company, account, &named) {
        held.extend(&projects);
        let goes_on = |project: &&ProjectIx| planned.projects.as_ref().is_some_and(|planned| planned.contains(project));
        let (kept, gone): (BTreeSet<ProjectIx>, BTreeSet<ProjectIx>) = match &planned.projects {
            Some(_) => (
                projects.iter().filter(goes_on).copied().collect(),
                projects.iter().filter(|project| !goes_on(project)).copied().collect(),
            ),
            None => (projects.clone(), BTreeSet::new()),
        };
        if !kept.is_empty() {
            let level = |tool: &Tool| match (&planned.levels, &planned.projects) {
                (Some(levels), Some(_)) => asked(levels, tool),
                _ => None,
            };
            add(&mut rows, &grants, Scope::Project, planned, &level, &kept);
        }
        if !gone.is_empty() {
            let nothing = Planned { levels: Some(BTreeMap::new()), ..Planned::default() };
            add(&mut rows, &grants, Scope::Project, &nothing, &|_| Some(Level::None), &gone);
        }
    }
    let new: BTreeSet<ProjectIx> =
        planned.projects.iter().flatten().filter(|project| !held.contains(project)).copied().collect();
    if !new.is_empty() {
        // Not to be a member is to have no access there, if all memberships are known.
        let before = company.projects_known(account).then_some(Level::None);
        for (tool, level) in planned.levels.iter().flatten().filter(|(tool, _)| tool.scope == Scope::Project) {
            put(&mut rows, Row { tool: tool.clone(), before, after: *level, granular: Some(0) }, &new);
        }
    }
    rows
}

fn asked(levels: &BTreeMap<Tool, Option<Level>>, tool: &Tool) -> Option<Level> {
    levels.get(tool).copied().unwrap_or(Some(Level::None))
}

/// Adds what is held, and what is planned beside it.
fn add(
    rows: &mut Rows,
    grants: &[Grant],
    scope: Scope,
    planned: &Planned,
    after: &dyn Fn(&Tool) -> Option<Level>,
    projects: &BTreeSet<ProjectIx>,
) {
    let all_told = grants.iter().any(|grant| grant.level.is_some());
    for grant in grants {
        let row =
            Row { tool: grant.tool.clone(), before: grant.level, after: after(&grant.tool), granular: grant.granular };
        put(rows, row, projects);
    }
    let held: BTreeSet<&Tool> = grants.iter().map(|grant| &grant.tool).collect();
    for tool in
        planned.levels.iter().flat_map(BTreeMap::keys).filter(|tool| tool.scope == scope && !held.contains(tool))
    {
        let row =
            Row { tool: tool.clone(), before: all_told.then_some(Level::None), after: after(tool), granular: Some(0) };
        put(rows, row, projects);
    }
}

/// What is None before and after says nothing, nor does what is None before and not known after.
fn put(rows: &mut Rows, row: Row, projects: &BTreeSet<ProjectIx>) {
    if row.before != Some(Level::None) || row.after.is_some_and(|after| after > Level::None) {
        rows.entry(row).or_default().extend(projects);
    }
}

/// Below Admin a level is not known while nobody knows whether the account administers the company.
fn honest(company: &Company, account: IdentityIx, mut grants: Vec<Grant>) -> Vec<Grant> {
    for grant in &mut grants {
        if company.may_be_raised(account, grant) {
            grant.level = None;
        }
    }
    grants
}

/// Projects in which the same is granted.
type Class = (Vec<Grant>, BTreeSet<ProjectIx>);

/// The projects of an account by what it may do there: most have the same template.
fn classes(company: &Company, account: IdentityIx, named: &[Tool]) -> Vec<Class> {
    let observed = |project: ProjectIx| {
        let id = company.projects.get(project).and_then(|project| project.id);
        let user = company.directory.identities.get(account).and_then(|identity| identity.id);
        user.zip(id).is_some_and(|(user, id)| company.observed.contains_key(&(user, Some(id))))
    };
    let mut classes: BTreeMap<(InForce, Option<ProjectIx>), Class> = BTreeMap::new();
    for membership in company.memberships.of(account) {
        let project = membership.project;
        let class = (membership.in_force, observed(project).then_some(project));
        let grants = || {
            let at = membership.origin.into();
            honest(company, account, company.project_grants(account, project, membership.in_force, at, named))
        };
        classes.entry(class).or_insert_with(|| (grants(), BTreeSet::new())).1.insert(project);
    }
    classes.into_values().collect()
}

/// Whether the part of a row that differs is used; `None` when no report says.
///
/// A report counts calls by route, not by project: where the tool stays in other projects, nobody can tell. Writing may
/// need Standard or Admin, so that the step from Admin to Standard cannot be told either.
pub fn used(row: &Row, rows: &Rows, usage: Option<&Usage>) -> Option<bool> {
    let needed = usage?.needed(&row.tool)?;
    let (before, after) = (row.before?, row.after?);
    if after >= before {
        return Some(needed > Level::None);
    }
    if needed > after {
        let elsewhere =
            rows.keys().any(|other| other.tool == row.tool && other.after.is_none_or(|level| level >= needed));
        return if elsewhere { None } else { Some(true) };
    }
    if needed == Level::Standard && before == Level::Admin { None } else { Some(false) }
}
