//! The access of an account beside that of its replacement: kept, lost, gained, or unknown.

use std::collections::{BTreeMap, BTreeSet};

use cutover_export::manual_files::CompanyAdminScope;
use cutover_inventory::Company;
use cutover_inventory::access::Grant;
use cutover_inventory::apps::{App, AppIx};
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::manifests::{Manifest, in_order};
use cutover_inventory::memberships::{InForce, ProjectIx};
use cutover_inventory::tools::{Scope, Tool};
use cutover_inventory::usage::Usage;
use cutover_model::level::{Level, LevelRange};

/// What the replacement will have.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// The level it is given on each tool; every other tool at None. `None` when no manifest says.
    pub levels: Option<BTreeMap<Tool, Option<Level>>>,
    /// The projects it is to be permitted; `None` when they are unknown.
    pub projects: Option<BTreeSet<ProjectIx>>,
}

impl Planned {
    /// Whether it will be a company administrator; `None` when unknown.
    pub fn administers(&self) -> Option<bool> {
        let given = self.levels.as_ref()?.get(&Tool::company_directory());
        given.map_or(Some(false), |level| level.map(|level| level == Level::Admin))
    }

    /// Whether a level that it will have comes through company administration alone.
    pub fn is_implied(&self, company: &Company, tool: &Tool) -> bool {
        let given = self.levels.as_ref().and_then(|levels| levels.get(tool));
        self.raises(company, tool) == Some(true) && given != Some(&Some(Level::Admin))
    }

    fn raises(&self, company: &Company, tool: &Tool) -> Option<bool> {
        match tool.scope {
            Scope::Project if company.company_admin_scope == CompanyAdminScope::CompanyTools => Some(false),
            _ => self.administers(),
        }
    }

    /// The level that it will have on a tool, in the company or in a permitted project.
    fn level(&self, company: &Company, tool: &Tool) -> Option<Level> {
        let given = self.levels.as_ref()?.get(tool).copied().unwrap_or(Some(Level::None));
        match self.raises(company, tool) {
            Some(true) => Some(Level::Admin),
            Some(false) => given,
            None => given.filter(|level| *level == Level::Admin),
        }
    }

    /// The tools of a scope to speak of: those it is given, and for a company administrator every known tool.
    fn tools<'p>(&'p self, company: &'p Company, scope: Scope) -> impl Iterator<Item = &'p Tool> {
        let given = self.levels.iter().flat_map(BTreeMap::keys).filter(move |tool| tool.scope == scope);
        let is_implied = move |tool: &&Tool| self.raises(company, tool) == Some(true);
        given.chain(company.tools_of(scope).filter(is_implied))
    }
}

impl Planned {
    /// No access at all.
    pub fn nothing() -> Self {
        Self { levels: Some(BTreeMap::new()), projects: Some(BTreeSet::new()) }
    }
}

/// One difference, or none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The tool.
    pub tool: Tool,
    /// The level now, as far as it is known.
    pub before: LevelRange,
    /// The level then; `None` when unknown.
    pub after: Option<Level>,
    /// Granular permissions on top of the level now; `None` when unknown.
    pub granular: Option<u64>,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessChange {
    /// The same.
    CredentialCopies,
    /// Lower, or without its granular permissions.
    Lost,
    /// Higher.
    Gained,
    /// Unknown.
    Unknown,
}

impl Row {
    /// What becomes of it. Granular permissions are lost below Admin: a manifest cannot ask for them.
    pub fn sort(&self) -> AccessChange {
        let Some(after) = self.after else { return AccessChange::Unknown };
        match self.before.exact() {
            Some(before) if before == after => {
                let is_kept = self.granular == Some(0) || after == Level::Admin || after == Level::None;
                if is_kept { AccessChange::CredentialCopies } else { AccessChange::Lost }
            }
            _ if after > self.before.most() => AccessChange::Gained,
            // A lower bound is enough to know that something is lost.
            _ if after < self.before.least() => AccessChange::Lost,
            _ => AccessChange::Unknown,
        }
    }

    /// The level now that is certain: the level itself, or of a loss at least this one.
    pub fn known_before(&self) -> Option<Level> {
        self.before.exact().or_else(|| (self.sort() == AccessChange::Lost).then_some(self.before.least()))
    }

    /// Whether the level then may be higher than the level now; certain for [`AccessChange::Gained`].
    pub fn may_gain(&self) -> bool {
        self.after.is_some_and(|after| after > self.before.least())
    }

    /// Whether something may be lost; certain for [`AccessChange::Lost`].
    pub fn may_lose(&self) -> bool {
        self.after.is_some_and(|after| after < self.before.most())
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
pub fn planned(company: &Company, account: IdentityIx, app: Option<AppIx>) -> Planned {
    let own = || company.projects_known(account).then(|| worked_on(company, account));
    let found = app.and_then(|index| Some((index, company.apps.all.get(index)?)));
    let Some((index, app)) = found else { return Planned { levels: None, projects: own() } };
    let user = company.directory.users_of(index).next();
    let approved = user.and_then(|user| company.approved_projects(user));
    let levels = match offered(app).and_then(|manifest| manifest.requests.as_ref()) {
        Some(requests) => Some(requests.iter().map(|request| (request.tool.clone(), request.given.level)).collect()),
        None => user.and_then(|user| templated(company, user)),
    };
    Planned { levels, projects: approved.or_else(own) }
}

/// Without a manifest, what the app's user is given tells what it will have.
fn templated(company: &Company, user: IdentityIx) -> Option<BTreeMap<Tool, Option<Level>>> {
    let mut levels = BTreeMap::new();
    // What a company administrator is given besides makes no difference.
    let is_raised = |grant: &Grant| grant.given.level.is_none() && grant.exact() == Some(Level::Admin);
    for grant in company.company_grants(user, &[Tool::company_directory()]) {
        if !is_raised(&grant) {
            levels.insert(grant.tool, Some(grant.given.level?));
        }
    }
    for membership in company.memberships.of(user) {
        for grant in company.project_grants(user, &membership, &[Tool::directory(Scope::Project)]) {
            if is_raised(&grant) {
                continue;
            }
            let level = grant.given.level?;
            let known = levels.entry(grant.tool).or_insert(Some(level));
            // A different level in another project: which one will count is unknown.
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
pub fn compare(company: &Company, account: IdentityIx, planned: &Planned) -> Rows {
    let mut named: Vec<Tool> = [Scope::Company, Scope::Project].map(Tool::directory).into();
    named.extend([Scope::Company, Scope::Project].into_iter().flat_map(|scope| planned.tools(company, scope)).cloned());
    let mut rows = Rows::new();
    let level = |tool: &Tool| planned.level(company, tool);
    add(&mut rows, &company.company_grants(account, &named), &level, &BTreeSet::new());
    let mut held: BTreeSet<ProjectIx> = BTreeSet::new();
    for (grants, projects) in classes(company, account, &named) {
        held.extend(&projects);
        let goes_on = |project: &ProjectIx| planned.projects.as_ref().is_none_or(|planned| planned.contains(project));
        let (kept, gone): (BTreeSet<ProjectIx>, BTreeSet<ProjectIx>) = projects.into_iter().partition(goes_on);
        if !kept.is_empty() {
            let level = |tool: &Tool| planned.projects.as_ref().and_then(|_| level(tool));
            add(&mut rows, &grants, &level, &kept);
        }
        if !gone.is_empty() {
            add(&mut rows, &grants, &|_| Some(Level::None), &gone);
        }
    }
    let new: BTreeSet<ProjectIx> =
        planned.projects.iter().flatten().filter(|project| !held.contains(project)).copied().collect();
    if !new.is_empty() {
        // Not to be a member is to have no access there, if all memberships are known.
        let known = company.projects_known(account);
        let before = if known { LevelRange::exactly(Level::None) } else { LevelRange::UNKNOWN };
        for tool in planned.tools(company, Scope::Project) {
            put(&mut rows, Row { tool: tool.clone(), before, after: level(tool), granular: Some(0) }, &new);
        }
    }
    rows
}

/// Adds what is held, and what is planned beside it.
fn add(rows: &mut Rows, grants: &[Grant], after: &dyn Fn(&Tool) -> Option<Level>, projects: &BTreeSet<ProjectIx>) {
    for grant in grants {
        let (tool, granular) = (grant.tool.clone(), grant.granular_count());
        put(rows, Row { after: after(&tool), tool, before: grant.level, granular }, projects);
    }
}

/// What is None before and after says nothing, nor does what is None before and not known after.
fn put(rows: &mut Rows, row: Row, projects: &BTreeSet<ProjectIx>) {
    if row.before.exact() != Some(Level::None) || row.after.is_some_and(|after| after > Level::None) {
        rows.entry(row).or_default().extend(projects);
    }
}

/// Projects in which the same is granted.
type Class = (Vec<Grant>, BTreeSet<ProjectIx>);

/// The projects of an account by what it may do there: most have the same template.
fn classes(company: &Company, account: IdentityIx, named: &[Tool]) -> Vec<Class> {
    let mut classes: BTreeMap<(InForce, Option<ProjectIx>), Class> = BTreeMap::new();
    for membership in company.memberships.of(account) {
        let project = membership.project;
        let class = (membership.in_force, company.is_observed(account, project).then_some(project));
        let grants = || (company.project_grants(account, &membership, named), BTreeSet::new());
        classes.entry(class).or_insert_with(grants).1.insert(project);
    }
    classes.into_values().collect()
}

/// Whether the part of a row that differs is used; `None` when no report says.
///
/// A report counts calls by route, not by project: where the tool stays in other projects, nobody can tell. Writing may
/// need Standard or Admin, so that the step from Admin to Standard cannot be determined either. What is used was held, so that
/// of a level now a lower bound is enough.
pub fn used(row: &Row, rows: &Rows, usage: Option<&Usage>) -> Option<bool> {
    let needed = usage?.needed(&row.tool)?;
    let after = row.after?;
    if !row.may_lose() {
        return Some(needed > Level::None);
    }
    if needed > after {
        let elsewhere =
            rows.keys().any(|other| other.tool == row.tool && other.after.is_none_or(|level| level >= needed));
        return if elsewhere { None } else { Some(true) };
    }
    if needed == Level::Standard && row.before.most() == Level::Admin { None } else { Some(false) }
}
