//! Traditional accounts and what replaces them: whether the replacement can do the work, and whether it may do more.

use std::collections::{BTreeMap, BTreeSet};

use super::change::Both;
use super::pairs::Pairs;
use crate::inventory::Company;
use crate::inventory::access::Grant;
use crate::inventory::apps::AppIx;
use crate::inventory::classify::Sort;
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::memberships::ProjectIx;
use crate::inventory::tools::{Scope, Tool, Tools};
use crate::plan::matching::Matcher;

/// What replaces each traditional account of the side before.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    /// The app after the change; `None` inside where it is known that there is none.
    by: BTreeMap<IdentityIx, Option<AppIx>>,
    /// The accounts that the user of an app replaces.
    of: BTreeMap<AppIx, Vec<IdentityIx>>,
}

impl Replaced {
    /// What the records, the Service Accounts page, client ids and names say.
    pub(super) fn of(before: &Company, after: &Company, pairs: &Pairs) -> Self {
        let after_of: BTreeMap<AppIx, AppIx> =
            pairs.apps.iter().filter_map(|pair| pair.before.zip(pair.after)).collect();
        let (old, new) = (Matcher::new(before), Matcher::new(after));
        let mut out = Self::default();
        for (index, identity) in before.directory.identities.iter().enumerate() {
            if identity.class.sort != Sort::Legacy {
                continue;
            }
            let now = pairs.is(index);
            let decided =
                now.and_then(|now| after.decisions.deletions.get(&now)).and_then(|deletion| deletion.replaced_by);
            let decided = decided.or_else(|| {
                let app = before.decisions.deletions.get(&index)?.replaced_by?;
                after_of.get(&app).copied()
            });
            let account = identity.account.and_then(|account| before.accounts.get(account));
            let selected = account.and_then(|account| account.marketplace_app.value());
            let found = decided
                .or_else(|| after.apps.find(selected.filter(|name| !name.is_empty())?))
                .or_else(|| after_of.get(&old.find(identity, None).sure()?.app).copied())
                .or_else(|| Some(new.find(after.directory.identities.get(now?)?, None).sure()?.app));
            let none = selected.is_some_and(|name| name.is_empty() || after.apps.lacks(name));
            match found {
                Some(app) => {
                    out.by.insert(index, Some(app));
                    out.of.entry(app).or_default().push(index);
                }
                None if none => {
                    out.by.insert(index, None);
                }
                None => {}
            }
        }
        out
    }

    /// The app that replaces an account: `None` when nobody knows, `Some(None)` when there is none.
    pub(super) fn by(&self, account: IdentityIx) -> Option<Option<AppIx>> {
        self.by.get(&account).copied()
    }

    /// The accounts that an app replaces.
    pub(super) fn of_app(&self, app: AppIx) -> &[IdentityIx] {
        self.of.get(&app).map_or(&[], Vec::as_slice)
    }
}

/// Levels by identity, tool and place, each worked out once.
pub(super) struct Levels<'a> {
    company: &'a Company,
    tools: &'a Tools,
    known: BTreeMap<(IdentityIx, Tool, Option<ProjectIx>), Option<Level>>,
}

impl<'a> Levels<'a> {
    pub(super) fn of(company: &'a Company, tools: &'a Tools) -> Self {
        Self { company, tools, known: BTreeMap::new() }
    }

    /// The level of an identity on a tool; `None` when it is not known.
    pub(super) fn on(&mut self, identity: IdentityIx, tool: &Tool, project: Option<ProjectIx>) -> Option<Level> {
        let key = (identity, tool.clone(), project);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let level = self.find(identity, tool, project);
        self.known.insert(key, level);
        level
    }

    fn find(&self, identity: IdentityIx, tool: &Tool, project: Option<ProjectIx>) -> Option<Level> {
        let company = self.company;
        let named = std::slice::from_ref(tool);
        let grants = match (tool.scope, project) {
            (Scope::Company, _) => company.company_grants(identity, self.tools, named),
            (Scope::Project, None) => return None,
            (Scope::Project, Some(project)) => {
                match company.memberships.of(identity).find(|membership| membership.project == project) {
                    Some(at) => company.project_grants(identity, project, at.in_force, at.origin.into(), named),
                    None => return company.projects_known(identity).then_some(Level::None),
                }
            }
        };
        let grant = grants.into_iter().find(|grant| grant.tool == *tool)?;
        sure(company, identity, &grant)
    }

    /// The highest level in a project.
    pub(super) fn highest(&self, identity: IdentityIx, project: ProjectIx) -> Option<Level> {
        let company = self.company;
        let at = company.memberships.of(identity).find(|membership| membership.project == project)?;
        let named = [Tool::directory(Scope::Project)];
        let grants = company.project_grants(identity, project, at.in_force, at.origin.into(), &named);
        let levels: Option<Vec<Level>> = grants.iter().map(|grant| sure(company, identity, grant)).collect();
        levels?.into_iter().max()
    }
}

/// Below Admin a level is not known while nobody knows whether the identity administers the company.
fn sure(company: &Company, identity: IdentityIx, grant: &Grant) -> Option<Level> {
    grant.level.filter(|_| !company.may_be_raised(identity, grant))
}

/// What a replacement lacks after the change beside the account before it; `None` where nobody knows.
pub(super) struct Parity {
    pub(super) projects: Option<usize>,
    pub(super) tools: Option<usize>,
}

/// Compares an account before the change with the user of its replacement after it.
pub(super) fn parity(
    (before, account): (&mut Levels<'_>, IdentityIx),
    (after, user): (&mut Levels<'_>, Option<IdentityIx>),
    pairs: &Pairs,
) -> Parity {
    let (company, tools) = (before.company, before.tools);
    let new_place: BTreeMap<ProjectIx, Option<ProjectIx>> =
        pairs.projects.values().filter_map(|pair| Some((pair.before?, pair.after))).collect();
    let working = company.memberships.of(account).filter(|membership| {
        company.projects.get(membership.project).is_some_and(|project| project.active.value() != Some(&false))
    });
    let own: BTreeSet<Option<ProjectIx>> = user
        .into_iter()
        .flat_map(|user| after.company.memberships.of(user))
        .map(|membership| Some(membership.project))
        .collect();
    let told = user.is_none_or(|user| after.company.projects_known(user)) && company.projects_known(account);
    let (mut missing, mut lower, mut sure) = (0, BTreeSet::new(), true);
    let mut places: Vec<Both<ProjectIx>> = Vec::new();
    for membership in working {
        let there = new_place.get(&membership.project).copied().flatten();
        match own.contains(&there) && there.is_some() {
            true => places.push(Both { before: Some(membership.project), after: there }),
            false => missing += 1,
        }
    }
    let named = [Tool::company_directory()];
    let held = company.company_grants(account, tools, &named).into_iter().map(|grant| (grant, Both::default()));
    let in_projects = places.iter().flat_map(|place| {
        let at = company.memberships.of(account).find(|membership| Some(membership.project) == place.before);
        let grants = at.map(|at| company.project_grants(account, at.project, at.in_force, at.origin.into(), &[]));
        grants.into_iter().flatten().map(|grant| (grant, *place))
    });
    for (grant, place) in held.chain(in_projects) {
        let then = match user {
            Some(user) => after.on(user, &grant.tool, place.after),
            None => Some(Level::None),
        };
        match (self::sure(company, account, &grant), then) {
            (Some(now), Some(then)) if then < now => {
                lower.insert(grant.tool);
            }
            (Some(_), Some(_)) => {}
            _ => sure = false,
        }
    }
    Parity { projects: told.then_some(missing), tools: (!lower.is_empty() || sure).then_some(lower.len()) }
}
