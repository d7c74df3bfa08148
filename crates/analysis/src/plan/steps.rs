//! Which steps an account needs, and what they say.

use std::collections::BTreeMap;

use super::Draft;
use super::access::offered;
use super::credential_copies::CredentialCopies;
use cutover_inventory::Company;
use cutover_inventory::memberships::InForce;
use cutover_inventory::tools::{Scope, Tools};
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::Party;
use cutover_model::result::plan::{Mode, Status};
use cutover_policy::step_id::StepId;
use cutover_policy::steps::{StepKind, Steps};

/// Names listed in a sentence; the rest is counted.
const MAX_NAMED: usize = 6;

/// A step of one account.
#[derive(Debug, Clone)]
pub(super) struct Todo {
    /// Its kind, by index.
    pub kind: usize,
    /// Its id within the account: the kind, with the control it is about.
    pub id: String,
    /// Who answers for it, where that is not the party of its kind.
    pub party: Option<Party>,
    /// The duty of that party.
    pub duty: Option<String>,
    /// The words for the names in braces that are its own.
    pub words: BTreeMap<&'static str, String>,
}

/// The steps of an account, in the order of their kinds.
pub(super) fn todo(company: &Company, tools: &Tools, steps: &Steps, draft: &Draft, mode: Mode) -> Vec<Todo> {
    let mut kinds: Vec<(StepId, Option<&super::MigrationBlocker>)> = Vec::new();
    let unblock = |kinds: &mut Vec<_>| {
        let blockers = draft.blockers.iter().filter(|blocker| blocker.blocks && blocker.step.is_none());
        kinds.extend(blockers.map(|blocker| (StepId::Unblock, Some(blocker))));
    };
    let person = company.directory.identities.get(draft.key.1);
    let works = person.is_none_or(|person| person.active.value() != Some(&false));
    let kept = CredentialCopies::of(company, draft);
    let end = |kinds: &mut Vec<_>| {
        if works && person.is_some_and(|person| person.id.is_some()) {
            kinds.push((StepId::Deactivate, None));
        }
        kinds.push((StepId::Revoke, None));
        if !kept.is_empty() {
            kinds.extend([StepId::ObserveZero, StepId::RemoveCopies, StepId::AgeLogs].map(|kind| (kind, None)));
        }
        if draft.former_app.is_some() {
            kinds.push((StepId::Uninstall, None));
        }
        kinds.push((StepId::Delete, None));
    };
    match draft.status {
        Status::Decide => {
            kinds.push((StepId::Decide, None));
            unblock(&mut kinds);
        }
        Status::Retire => {
            kinds.push((StepId::Confirm, None));
            if !draft.hooks.is_empty() {
                kinds.push((StepId::Webhooks, None));
            }
            end(&mut kinds);
        }
        Status::Done => {
            // What was left undone when the users moved is still to do.
            if needs_template(company, draft) {
                kinds.push((StepId::Template, None));
            }
            if draft.planned.projects.is_some() && needs_permission(company, draft) {
                kinds.push((StepId::Permit, None));
            }
            if !draft.hooks.is_empty() {
                kinds.push((StepId::Webhooks, None));
            }
            if works || person.is_some_and(|person| person.account.is_some()) {
                end(&mut kinds);
            }
        }
        Status::Ready | Status::Blocked => {
            unblock(&mut kinds);
            kinds.push((StepId::Announce, None));
            let ship = draft
                .blockers
                .iter()
                .any(|blocker| blocker.blocks && blocker.step.as_deref() == Some(StepId::Ship.id()));
            if ship {
                kinds.push((StepId::Ship, None));
            }
            kinds.extend(install(company, draft, ship).map(|kind| (kind, None)));
            if needs_template(company, draft) {
                kinds.push((StepId::Template, None));
            }
            if needs_permission(company, draft) {
                kinds.push((StepId::Permit, None));
            }
            kinds.push((StepId::Configure, None));
            kinds.extend(kept.steps().map(|kind| (kind, None)));
            if !draft.hooks.is_empty() {
                kinds.push((StepId::Webhooks, None));
            }
            kinds.push((StepId::Verify, None));
            kinds.push((StepId::Move, None));
            end(&mut kinds);
        }
    }
    let todo = |(kind, blocker): (StepId, Option<&super::MigrationBlocker>)| {
        let index = steps.index(kind)?;
        let step = steps.all.get(index)?;
        if mode == Mode::Recovery && step.recovery_days == 0 {
            return None;
        }
        let mut words = BTreeMap::new();
        let id = match blocker {
            Some(blocker) => {
                words.insert("remedy", blocker.remedy.clone());
                words.insert("control", blocker.control.clone());
                format!("{}-{}", kind.id(), blocker.control)
            }
            None => kind.id().to_owned(),
        };
        Some(Todo {
            kind: index,
            id,
            party: blocker.map(|blocker| blocker.party),
            duty: blocker.and_then(|blocker| blocker.duty.clone()),
            words,
        })
    };
    let mut todos: Vec<Todo> = kinds.into_iter().filter_map(todo).collect();
    todos.sort_by(|one, two| (one.kind, &one.id).cmp(&(two.kind, &two.id)));
    let common = words(company, tools, draft);
    for todo in &mut todos {
        for (name, text) in &common {
            todo.words.entry(name).or_insert_with(|| text.clone());
        }
    }
    todos
}

/// `install`, `update`, or neither.
fn install(company: &Company, draft: &Draft, ship: bool) -> Option<StepId> {
    let app = draft.app.and_then(|app| company.apps.all.get(app));
    let Some(place) = app.and_then(|app| app.installation.as_ref()).filter(|place| place.is_installed()) else {
        return Some(StepId::Install);
    };
    let offered = app.and_then(offered);
    let version = offered.and_then(|manifest| manifest.version.as_ref());
    let behind = version.is_some() && place.version.value().is_some() && place.version.value() != version;
    (ship || behind).then_some(StepId::Update)
}

/// Whether the templates of the app's user, present or to come, differ from the manifest.
fn needs_template(company: &Company, draft: &Draft) -> bool {
    let Some(user) = draft.user(company) else { return draft.is_custom(company) };
    let in_force = company.memberships.of(user).map(|membership| membership.in_force);
    let mut templates: Vec<InForce> = in_force.collect();
    templates.sort_unstable();
    templates.dedup();
    let Some(planned) = &draft.planned.levels else { return false };
    templates.iter().any(|template| match template {
        InForce::Template(index) => {
            let levels = company.templates.get(*index).and_then(|template| template.levels.value());
            levels.is_some_and(|levels| {
                let asked = planned.iter().filter(|(tool, _)| tool.scope == Scope::Project);
                let below = asked.clone().any(|(tool, level)| levels.get(tool).and_then(|given| given.level) != *level);
                let above = levels.iter().any(|(tool, given)| {
                    given.granular.as_ref().is_some_and(|granular| !granular.is_empty())
                        || (given.level != Some(Level::None) && !planned.contains_key(tool))
                });
                below || above
            })
        }
        InForce::Blank => draft.is_custom(company),
        InForce::Unknown => false,
    })
}

fn needs_permission(company: &Company, draft: &Draft) -> bool {
    let Some(projects) = &draft.planned.projects else { return true };
    match draft.user(company) {
        Some(user) => {
            let has = |project: &usize| company.memberships.of(user).any(|membership| membership.project == *project);
            !projects.iter().all(has)
        }
        None => !projects.is_empty(),
    }
}

/// The words for the names in braces.
fn words(company: &Company, tools: &Tools, draft: &Draft) -> BTreeMap<&'static str, String> {
    let app = draft.app.and_then(|app| company.apps.all.get(app));
    let account = company.directory.identities.get(draft.key.1);
    let row = account.and_then(|account| company.accounts.get(account.account?));
    let developer = row.and_then(|row| row.developer_name.value()).filter(|name| !name.is_empty());
    let name =
        |index: &usize| company.projects.get(*index).map(|project| escape::name(&project.name)).unwrap_or_default();
    let projects = match &draft.planned.projects {
        Some(projects) if projects.is_empty() => "none".to_owned(),
        Some(projects) => listed(projects.iter().map(name).collect(), "project"),
        None => "those that the account works on; the export does not list them".to_owned(),
    };
    let asked = draft.needed_tools(tools);
    let kept = CredentialCopies::of(company, draft);
    let hooks = draft.hooks.iter().filter_map(|hook| company.hooks.get(*hook));
    let hooks: Vec<String> = hooks.map(|hook| format!("{} ({})", escape::name(&hook.name), hook.id)).collect();
    let app_name =
        app.map_or_else(|| "the app that replaces it".to_owned(), |app| format!("the app {}", escape::name(&app.name)));
    BTreeMap::from([
        ("account", escape::name(&draft.name)),
        ("template", format!("of {app_name}")),
        ("app", app_name),
        ("developer", developer.map_or_else(|| "its developer".to_owned(), |name| escape::name(name))),
        ("projects", projects),
        (
            "tools",
            match &asked {
                Some(asked) => listed(asked.clone(), "tool"),
                None => "only what the account uses; its API activity report shows that".to_owned(),
            },
        ),
        ("webhooks", listed(hooks, "webhook")),
        ("copies", listed(kept.servers.iter().chain(&kept.stores).cloned().collect(), "credential")),
        ("servers", listed(kept.servers, "credential")),
        ("stores", listed(kept.stores, "credential")),
    ])
}

/// `a, b, c`, or the first few and the number of the rest.
fn listed(mut names: Vec<String>, what: &str) -> String {
    names.sort();
    let left = names.len().saturating_sub(MAX_NAMED);
    names.truncate(MAX_NAMED);
    // A name with a comma of its own would read as two.
    let comma = if names.iter().any(|name| name.contains(',')) { "; " } else { ", " };
    if left > 0 {
        return format!("{} and {left} more {what}{}", names.join(comma), if left == 1 { "" } else { "s" });
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{}{last}", rest.iter().map(|name| format!("{name}{comma}")).collect::<String>()),
        None => String::new(),
    }
}

/// The id of a step in the plan: `A007.install`.
pub(super) fn todo_id(account: usize, todo: &Todo) -> String {
    format!("A{:03}.{}", account + 1, todo.id)
}

/// A text of `steps.toml` with its names filled in.
pub(super) fn fill(text: &str, words: &BTreeMap<&'static str, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, after)) => {
                out.push_str(words.get(name).map_or("", String::as_str));
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Working days of a kind in a mode.
pub(super) fn days(kind: &StepKind, mode: Mode) -> u32 {
    match mode {
        Mode::Migration => kind.days,
        Mode::Recovery => kind.recovery_days,
    }
}
