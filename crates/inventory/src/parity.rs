//! Whether an app may do all that the legacy account it replaces may.

use std::collections::BTreeSet;

use super::Company;
use super::apps::{App, AppIx};
use super::directory::IdentityIx;
use super::memberships::Membership;
use super::tools::{Scope, Tool};
use cutover_model::level::Level;

/// What an app lacks beside the account it replaces; `None` where the export does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parity {
    /// How many of the account's projects, but for inactive ones.
    pub missing_projects: Option<usize>,
    /// On how many tools its level is lower.
    pub missing_tools: Option<usize>,
}

impl Company {
    /// Compares an account with an app as it is installed today.
    pub fn parity(&self, account: IdentityIx, app: AppIx) -> Parity {
        Parity {
            missing_projects: self.missing_projects(account, app),
            missing_tools: self.missing_tools(account, app),
        }
    }

    /// The projects of an account that are not known to be inactive: nobody works on those any more.
    fn working_on(&self, account: IdentityIx) -> impl Iterator<Item = Membership> + '_ {
        let active = |membership: &Membership| {
            self.projects.get(membership.project).is_some_and(|project| project.active.value() != Some(&false))
        };
        self.memberships.of(account).filter(active)
    }

    /// How many projects the app's users lack. A user that is not on a list of active users does no work there, inactive
    /// or not.
    fn missing_projects(&self, account: IdentityIx, app: AppIx) -> Option<usize> {
        let users: Vec<IdentityIx> = self.directory.users_of(app).collect();
        let names = self.apps.all.get(app).filter(|app| app.named).map(|app| &app.slugs);
        let may_have_one = !self.directory.listed || names.is_none_or(|names| self.directory.has_unsettled(names));
        let mut sure = self.projects_known(account) && (!users.is_empty() || !may_have_one);
        let mut missing = 0;
        for membership in self.working_on(account) {
            let Some(project) = self.projects.get(membership.project) else { continue };
            let member = |user: &IdentityIx| self.is_member(*user, project.id?);
            if users.iter().any(|user| member(user) == Some(true)) {
                continue;
            }
            let known = users.iter().all(|user| member(user) == Some(false)) && (!users.is_empty() || !may_have_one);
            if known && project.active.value().is_some() {
                missing += 1;
            } else {
                sure = false;
            }
        }
        (missing > 0 || sure).then_some(missing)
    }

    fn missing_tools(&self, account: IdentityIx, app: AppIx) -> Option<usize> {
        let app = self.apps.all.get(app)?;
        let mut grants = self.company_grants(account, &[Tool::company_directory()]);
        let named = [Tool::directory(Scope::Project)];
        for membership in self.working_on(account) {
            grants.extend(self.project_grants(account, &membership, &named));
        }
        let mut sure = self.projects_known(account);
        let mut missing: BTreeSet<&Tool> = BTreeSet::new();
        for grant in &grants {
            match self.will_have(app, &grant.tool) {
                Some(level) if grant.level.least() > level => {
                    missing.insert(&grant.tool);
                }
                Some(level) if grant.level.most() <= level => {}
                None if grant.exact() == Some(Level::None) => {}
                _ => sure = false,
            }
        }
        (!missing.is_empty() || sure).then_some(missing.len())
    }

    /// What an app has on a tool: what its installed manifest asks for, and nothing while it is not installed.
    fn will_have(&self, app: &App, tool: &Tool) -> Option<Level> {
        match app.installation.as_ref().map(|installation| installation.status.value().map(String::as_str)) {
            Some(Some("installed")) => app.installed_manifest()?.requested(tool),
            Some(Some(_)) => Some(Level::None),
            None if self.apps.complete() => Some(Level::None),
            _ => None,
        }
    }
}
