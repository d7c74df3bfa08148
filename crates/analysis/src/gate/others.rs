//! Templates, credentials, webhooks, settings, and new projects that an approved identity is not on.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Both, Change, ChangeKind, Direction, Object, Places, Subject, direction};
use super::identities::differs;
use super::pairs::Pairs;
use cutover_export::field::Id;
use cutover_export::manual_files::{CompanyAdminScope, ProjectList};
use cutover_inventory::credentials::{StoredCredential, System};
use cutover_inventory::templates::Template;
use cutover_inventory::tools::Tool;
use cutover_inventory::{Company, Hook};
use cutover_model::evidence::Evidence;
use cutover_model::kind::Kind;
use cutover_model::known::Known;
use cutover_model::level::Level;

/// What changed of templates: their names, and what they give.
pub(super) fn templates(before: &Company, after: &Company, pairs: &Pairs) -> Vec<Change> {
    let mut out = Vec::new();
    for pair in &pairs.templates {
        let was = pair.before.and_then(|index| before.templates.get(index));
        let is = pair.after.and_then(|index| after.templates.get(index));
        let at = |template: Option<&Template>| template.and_then(|template| template.origin).map(Evidence::from);
        let whole = |direction| {
            let said = Places { before: at(was), after: at(is) };
            Change::of(ChangeKind::Template, direction, Subject::Template(*pair), said)
        };
        match (was, is) {
            (None, Some(_)) => out.push(whole(Direction::Gained)),
            (Some(_), None) => out.push(whole(Direction::Lost)),
            (Some(was), Some(is)) if was.name != is.name && !was.name.is_empty() && !is.name.is_empty() => {
                let names = (Some(was.name.clone()), Some(is.name.clone()));
                out.push(whole(Direction::Renamed).saying("name", names.0, names.1));
            }
            _ => {}
        }
        out.extend(levels(was, is, *pair));
    }
    out
}

/// What a template gives that is on both sides. What it leaves out it gives at None.
fn levels(was: Option<&Template>, is: Option<&Template>, pair: Both<usize>) -> Vec<Change> {
    let known = was.and_then(|template| template.levels.value()).zip(is.and_then(|template| template.levels.value()));
    let Some((was, is)) = known else { return Vec::new() };
    let tools: BTreeSet<&Tool> = was.keys().chain(is.keys()).collect();
    let change = |tool: &Tool| {
        let (one, two) = (was.get(tool), is.get(tool));
        let level = |given: Option<&cutover_inventory::levels::GivenLevel>| {
            given.map_or(Some(Level::None), |given| given.level)
        };
        let (before, after) = (level(one)?, level(two)?);
        let said =
            Places { before: one.map(|given| given.evidence.clone()), after: two.map(|given| given.evidence.clone()) };
        let change = Change::of(ChangeKind::Template, direction(before, after)?, Subject::Template(pair), said);
        Some(change.on(tool.clone(), before, after))
    };
    tools.into_iter().filter_map(change).collect()
}

/// What changed of stored credentials. Secrets are never here.
pub(super) fn credentials(before: &Company, after: &Company) -> Vec<Change> {
    let by_id = |company: &Company| -> BTreeMap<(String, String), usize> {
        let key = |credential: &StoredCredential| {
            let store = company.stores.get(credential.store).map(|store| store.id.clone()).unwrap_or_default();
            (store, credential.id.clone())
        };
        company.credentials.iter().enumerate().map(|(index, credential)| (key(credential), index)).collect()
    };
    let (was, is) = (by_id(before), by_id(after));
    let mut out = Vec::new();
    for key in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        let pair = Both { before: was.get(key).copied(), after: is.get(key).copied() };
        let subject = Subject::Credential(pair);
        let one = pair.before.and_then(|index| before.credentials.get(index));
        let two = pair.after.and_then(|index| after.credentials.get(index));
        let at = |credential: Option<&StoredCredential>| credential.map(|credential| credential.evidence.clone());
        let whole = |direction| {
            Change::of(ChangeKind::Credential, direction, subject, Places { before: at(one), after: at(two) })
        };
        match (one, two) {
            (None, Some(new)) if keeps(before, after, new) => out.push(whole(Direction::Gained)),
            (Some(old), None) if keeps(after, before, old) => out.push(whole(Direction::Lost)),
            (Some(one), Some(two)) => {
                let words = |uris: &Known<Vec<String>>| uris.map(|uris| uris.join(" "));
                let said = [
                    ("grant", one.grant.clone(), two.grant.clone()),
                    ("client_id", one.client_id.clone(), two.client_id.clone()),
                    ("scope", one.scope.clone(), two.scope.clone()),
                    ("authorization_endpoint", one.authorization_endpoint.clone(), two.authorization_endpoint.clone()),
                    ("token_endpoint", one.token_endpoint.clone(), two.token_endpoint.clone()),
                    ("redirect_uris", words(&one.redirect_uris), words(&two.redirect_uris)),
                ];
                let differ = said.into_iter().filter_map(|(attribute, one, two)| {
                    differs(ChangeKind::Credential, subject, attribute, &one, &two)
                });
                out.extend(differ);
            }
            _ => {}
        }
    }
    out
}

/// Whether a side tells what is kept where a credential of the other side is.
fn keeps(company: &Company, other: &Company, credential: &StoredCredential) -> bool {
    let Some(store) = other.stores.get(credential.store) else { return false };
    let kinds: &[Kind] = match store.system {
        System::Altova => &[Kind::Altova],
        System::AppBuilder => &[Kind::AppBuilderProviders],
        System::Register => &[Kind::OauthClients],
    };
    company.stores.iter().any(|known| known.id == store.id) || kinds.iter().any(|kind| company.present.contains(kind))
}

/// What changed of webhooks.
pub(super) fn hooks(before: &Company, after: &Company, pairs: &Pairs) -> Vec<Change> {
    let by_id = |company: &Company| -> BTreeMap<Id, usize> {
        company.hooks.iter().enumerate().map(|(index, hook)| (hook.id, index)).collect()
    };
    let (was, is) = (by_id(before), by_id(after));
    let mut out = Vec::new();
    for id in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        let pair = Both { before: was.get(id).copied(), after: is.get(id).copied() };
        let subject = Subject::Hook(pair);
        let one = pair.before.and_then(|index| before.hooks.get(index));
        let two = pair.after.and_then(|index| after.hooks.get(index));
        let at = |hook: Option<&Hook>| hook.map(|hook| Evidence::from(hook.origin));
        let whole =
            |direction| Change::of(ChangeKind::Webhook, direction, subject, Places { before: at(one), after: at(two) });
        match (one, two) {
            (None, Some(_)) if before.present.contains(&Kind::Webhooks) => out.push(whole(Direction::Gained)),
            (Some(_), None) if after.present.contains(&Kind::Webhooks) => out.push(whole(Direction::Lost)),
            (Some(one), Some(two)) => {
                let yes = |known: &Known<bool>| known.map(|yes| if *yes { "yes" } else { "no" }.to_owned());
                // An owner that is another user of the same identity is no other owner.
                let same = one
                    .owner
                    .value()
                    .copied()
                    .zip(two.owner.value().copied())
                    .is_some_and(|(one, two)| pairs.is(one) == Some(two));
                let owner = |company: &Company, hook: &Hook| {
                    hook.owner.map(|owner| {
                        company.directory.identities.get(*owner).map(|one| one.name.clone()).unwrap_or_default()
                    })
                };
                let owners = (!same).then(|| ("owner", owner(before, one), owner(after, two)));
                let said = [
                    ("enabled", yes(&one.enabled), yes(&two.enabled)),
                    ("destination", one.destination.clone(), two.destination.clone()),
                ];
                let differ = said
                    .into_iter()
                    .chain(owners)
                    .filter_map(|(attribute, one, two)| differs(ChangeKind::Webhook, subject, attribute, &one, &two));
                out.extend(differ);
            }
            _ => {}
        }
    }
    out
}

/// What changed of the company's own settings.
pub(super) fn settings(before: &Company, after: &Company) -> Vec<Change> {
    let yes = |known: &Known<bool>| known.map(|yes| if *yes { "yes" } else { "no" }.to_owned());
    let installs = differs(
        ChangeKind::Setting,
        Subject::Company,
        "allow_user_installs",
        &yes(&before.allow_user_installs),
        &yes(&after.allow_user_installs),
    );
    // Where no settings are kept, the strictest reading counts; that is no setting anybody changed.
    let kept = before.present.contains(&Kind::Settings) && after.present.contains(&Kind::Settings);
    let words = |scope: CompanyAdminScope| match scope {
        CompanyAdminScope::AllProjects => "all projects",
        CompanyAdminScope::MemberProjects => "member projects",
        CompanyAdminScope::CompanyTools => "company tools",
    };
    let (one, two) = (before.company_admin_scope, after.company_admin_scope);
    let scope = (kept && one != two).then(|| {
        let change = Change::of(ChangeKind::Setting, Direction::Changed, Subject::Company, Places::default());
        change.saying("company_admin_scope", Some(words(one).to_owned()), Some(words(two).to_owned()))
    });
    installs.into_iter().chain(scope).collect()
}

/// New projects in which an identity that is approved for all projects is known to be no member.
pub(super) fn missing_projects(before: &Company, after: &Company, pairs: &Pairs) -> Vec<Change> {
    // What the side before does not list may have been there.
    if !before.present.contains(&Kind::Projects) {
        return Vec::new();
    }
    let working: BTreeSet<Id> = after.working_projects().collect();
    let new: Vec<(Id, Both<usize>)> = pairs
        .projects
        .iter()
        .filter(|(id, project)| project.before.is_none() && working.contains(*id))
        .map(|(id, project)| (*id, *project))
        .collect();
    let mut out = Vec::new();
    for (index, approved) in &after.decisions.approved_projects {
        if approved.value != ProjectList::All || new.is_empty() || after.reaches_every_project(*index) {
            continue;
        }
        let own: BTreeSet<Id> = after.member_projects(*index).collect();
        let all_told = after.projects_known(*index);
        let is_missing = |id: &Id| !own.contains(id) && (all_told || after.project_lists.contains(id));
        let projects: Vec<Both<usize>> =
            new.iter().filter(|(id, _)| is_missing(id)).map(|(_, project)| *project).collect();
        let first = projects.first().and_then(|project| after.projects.get(project.after?)?.origin);
        if projects.is_empty() {
            continue;
        }
        let subject = Subject::Identity(Both { before: pairs.was(*index), after: Some(*index) });
        let said = Places { before: None, after: first.map(Evidence::from) };
        let change = Change::of(ChangeKind::Membership, Direction::Changed, subject, said);
        let change = change.saying("missing_projects", None, None);
        out.push(Change { object: Object::Projects, projects, ..change });
    }
    out
}
