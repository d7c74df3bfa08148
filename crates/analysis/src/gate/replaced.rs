//! Legacy accounts and what replaces them: whether the replacement can do the work, and whether it may do more.

use std::collections::{BTreeMap, BTreeSet};

use super::change::Both;
use super::pairs::Pairs;
use crate::plan::matching::Matcher;
use cutover_inventory::Company;
use cutover_inventory::access::Grant;
use cutover_inventory::apps::AppIx;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::{Membership, ProjectIx};
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::level::Level;

/// What replaces each legacy account of the side before.
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
            if identity.class.kind != IdentityKind::Legacy {
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
    /// Whether only what can be used counts: nothing of an inactive identity, and no tool that is switched off.
    usable: bool,
    known: BTreeMap<(IdentityIx, Tool, Option<ProjectIx>), Option<Level>>,
}

impl<'a> Levels<'a> {
    /// The levels that identities are given, whether or not they can use them.
    pub(super) fn given(company: &'a Company) -> Self {
        Self { company, usable: false, known: BTreeMap::new() }
    }

    /// The levels that identities can use.
    pub(super) fn usable(company: &'a Company) -> Self {
        Self { company, usable: true, known: BTreeMap::new() }
    }

    /// The level of an identity on a tool; `None` when it is unknown.
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
        let access = match (tool.scope, project) {
            (Scope::Company, _) => company.effective(identity, tool, None)?,
            (Scope::Project, None) => return None,
            (Scope::Project, Some(project)) => match company.memberships.at(identity, project) {
                Some(at) => company.effective(identity, tool, Some(&at))?,
                None => return company.projects_known(identity).then_some(Level::None),
            },
        };
        if self.usable { access.level().exact() } else { access.grant.exact() }
    }

    /// The highest level in a project.
    pub(super) fn highest(&self, identity: IdentityIx, project: ProjectIx) -> Option<Level> {
        let company = self.company;
        let at = company.memberships.at(identity, project)?;
        let grants = company.project_grants(identity, &at, &[Tool::directory(Scope::Project)]);
        let levels: Option<Vec<Level>> = grants.iter().map(Grant::exact).collect();
        levels?.into_iter().max()
    }
}

/// What a replacement lacks after the change beside the account before it; `None` where it is unknown.
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
    let company = before.company;
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
    let described = user.is_none_or(|user| after.company.projects_known(user)) && company.projects_known(account);
    let (mut missing, mut lower, mut sure) = (0, BTreeSet::new(), true);
    let mut places: Vec<(Membership, Both<ProjectIx>)> = Vec::new();
    for membership in working {
        let there = new_place.get(&membership.project).copied().flatten();
        match own.contains(&there) && there.is_some() {
            true => {
                let place = Both { before: Some(membership.project), after: there };
                places.push((membership, place));
            }
            false => missing += 1,
        }
    }
    let held = company.company_grants(account, &[Tool::company_directory()]).into_iter();
    let held = held.map(|grant| (grant, Both::default()));
    let in_projects = places
        .iter()
        .flat_map(|(at, place)| company.project_grants(account, at, &[]).into_iter().map(|grant| (grant, *place)));
    for (grant, place) in held.chain(in_projects) {
        let then = match user {
            Some(user) => after.on(user, &grant.tool, place.after),
            None => Some(Level::None),
        };
        match then {
            Some(then) if then < grant.level.least() => {
                lower.insert(grant.tool);
            }
            Some(then) if then >= grant.level.most() => {}
            _ => sure = false,
        }
    }
    Parity { projects: described.then_some(missing), tools: (!lower.is_empty() || sure).then_some(lower.len()) }
}
