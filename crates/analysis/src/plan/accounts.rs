//! The legacy accounts of an export, and what is to become of each.

use chrono::NaiveDate;

use super::Draft;
use super::access::{Planned, Rows, compare, offered, planned};
use super::credential_copies;
use super::map::Decisions;
use super::matching::Matcher;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::Identity;
use cutover_inventory::names::slug;
use cutover_inventory::usage::Usage;
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::plan::Status;

/// A draft for every account as of a day, by company, name and id.
pub(super) fn drafts(inventory: &Inventory, decisions: &Decisions, today: NaiveDate) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (number, company) in inventory.companies.iter().enumerate() {
        let matcher = Matcher::new(company);
        let mut hooks: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
        for (index, hook) in company.hooks.iter().enumerate() {
            if let Some(owner) = hook.owner.value() {
                hooks.entry(*owner).or_default().push(index);
            }
        }
        let mut own: Vec<Draft> = Vec::new();
        for (index, identity) in company.directory.identities.iter().enumerate() {
            if identity.class.kind != IdentityKind::Legacy {
                continue;
            }
            let decision = decisions.get(&(number, index)).cloned().unwrap_or_default();
            let matched = matcher.find(identity, decision.app);
            let app = matched.sure().map(|candidate| candidate.app);
            own.push(Draft {
                key: (number, index),
                id: identity.key(),
                own_key: identity.key(),
                name: identity.name.clone(),
                origin: identity.origin,
                usage: usage(company, identity, app),
                former_app: former_app(company, identity, app),
                hooks: hooks.remove(&index).unwrap_or_default(),
                credentials: credential_copies::credentials(company, identity, today),
                decision,
                matched,
                app,
                planned: Planned::default(),
                rows: Rows::new(),
                status: Status::Ready,
                reason: String::new(),
                blockers: Vec::new(),
                questions: Vec::new(),
            });
        }
        disambiguate(&mut own);
        own.sort_by(|one, two| (&one.name, &one.id, one.origin).cmp(&(&two.name, &two.id, two.origin)));
        drafts.extend(own);
    }
    drafts
}

/// Accounts without a user go by their client id, and two may share it: then the name tells them apart.
fn disambiguate(drafts: &mut [Draft]) {
    let mut times: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for draft in drafts.iter() {
        *times.entry(draft.id.clone()).or_default() += 1;
    }
    for draft in drafts.iter_mut().filter(|draft| times.get(&draft.id).is_some_and(|times| *times > 1)) {
        draft.id = format!("{}/{}", draft.id, draft.name);
    }
}

/// The report of the account, or else of the app that replaces it: a developer's report is by app.
fn usage(company: &Company, identity: &Identity, app: Option<usize>) -> Option<Usage> {
    let account = identity.account.and_then(|index| company.accounts.get(index));
    let names = account.map(|account| slug(&account.name)).into_iter().chain([slug(&identity.name)]);
    let of_app = app.and_then(|app| company.apps.all.get(app)).into_iter().flat_map(|app| app.slugs.iter().cloned());
    names.chain(of_app).find_map(|name| company.usage.get(&name)).cloned()
}

/// The app that the accounts page names, where another one replaces it.
fn former_app(company: &Company, identity: &Identity, app: Option<usize>) -> Option<usize> {
    let account = identity.account.and_then(|index| company.accounts.get(index))?;
    let name = account.marketplace_app.value().filter(|name| !name.is_empty())?;
    let former = company.apps.find(name).filter(|former| Some(*former) != app)?;
    let place = company.apps.all.get(former)?.installation.as_ref()?;
    (app.is_some() && place.is_installed()).then_some(former)
}

/// Says what becomes of each account, as far as that does not depend on the controls over plans. A reason that is set
/// already is that of a control that retires the account.
pub(super) fn settle(inventory: &Inventory, drafts: &mut [Draft]) {
    for draft in drafts {
        let (number, index) = draft.key;
        let Some(company) = inventory.companies.get(number) else { continue };
        let Some(identity) = company.directory.identities.get(index) else { continue };
        (draft.status, draft.reason) = status(company, identity, draft);
        if draft.is_over() {
            draft.blockers.clear();
        }
        draft.planned = match draft.status {
            // Nothing replaces it, and so nothing is kept.
            Status::Retire => Planned::nothing(),
            Status::Done if draft.app.is_none() => Planned::nothing(),
            _ => planned(company, index, draft.app),
        };
        draft.rows = compare(company, index, &draft.planned);
    }
}

fn status(company: &Company, identity: &Identity, draft: &Draft) -> (Status, String) {
    let inactive = identity.active.value() == Some(&false);
    // A directory user cannot be deleted, only deactivated: its record stays when the account is gone.
    if inactive && identity.account.is_none() && company.present.contains(&Kind::ServiceAccounts) {
        return (Status::Done, "its user is inactive, and the Service Accounts page does not list it".to_owned());
    }
    if let Some((reason, by)) = &draft.decision.retire {
        return (Status::Retire, format!("approved for removal by {}: {}", escape::name(by), escape::name(reason)));
    }
    let app = draft.app.and_then(|app| company.apps.all.get(app));
    let replaced = app.filter(|app| {
        app.installation.as_ref().is_some_and(|place| place.is_installed())
            && offered(app).is_none_or(|manifest| manifest.requested_tools().is_some())
            && draft.user(company).is_some()
    });
    if let (Some(app), true) = (replaced, inactive) {
        return (
            Status::Done,
            format!("{} is installed in its place, and its user is inactive", escape::name(&app.name)),
        );
    }
    if let Some(app) = replaced.filter(|app| is_unused_since(company, identity, app)) {
        let reason = format!("{} is installed in its place, and it has not been used since", escape::name(&app.name));
        return (Status::Done, reason);
    }
    if inactive {
        return (Status::Retire, "its directory user is inactive, so it is not in use".to_owned());
    }
    if draft.decision.app.is_none() && !draft.reason.is_empty() {
        return (Status::Retire, draft.reason.clone());
    }
    if let Some(app) = app {
        return (Status::Ready, format!("{} replaces it", escape::name(&app.name)));
    }
    let account = identity.account.and_then(|index| company.accounts.get(index));
    let is_said = |said: Option<&String>| said.is_some_and(|text| !text.is_empty());
    let developer_known = account.is_some_and(|account| {
        [&account.developer_name, &account.developer_email, &account.marketplace_app]
            .into_iter()
            .any(|said| is_said(said.value()))
    });
    match (draft.matched.candidates.is_empty() && company.apps.complete(), developer_known) {
        (true, true) => (Status::Blocked, "its developer is known, and no app of the export can replace it".to_owned()),
        (true, false) => (Status::Decide, "no app in the export could replace it".to_owned()),
        (false, _) if draft.matched.candidates.is_empty() => {
            (Status::Decide, "the apps of the company are not all in the export".to_owned())
        }
        (false, _) => (Status::Decide, "what could replace it is only a guess".to_owned()),
    }
}

/// Whether the last use was before the replacement was installed.
fn is_unused_since(company: &Company, identity: &Identity, app: &cutover_inventory::apps::App) -> bool {
    let account = identity.account.and_then(|index| company.accounts.get(index));
    let last_used = account.and_then(|account| account.last_used.value());
    let since = app.installation.as_ref().and_then(|place| place.since.value());
    last_used.zip(since).is_some_and(|(used, since)| used < since)
}
