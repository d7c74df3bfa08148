//! Changes to an inventory in memory: what a plan does, and what somebody proposes to do.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use smol_str::{SmolStr, format_smolstr};

use super::access::{Planned, offered};
use cutover_export::field::Id;
use cutover_inventory::Company;
use cutover_inventory::access::Grant;
use cutover_inventory::apps::{AppIx, Installation};
use cutover_inventory::classify::{Class, IdentityKind, Sign};
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::levels::{GivenLevel, Granular, Levels};
use cutover_inventory::memberships::{InForce, Membership, ProjectIx};
use cutover_inventory::names::{SERVICE_DOMAIN, slug};
use cutover_inventory::templates::{Template, TemplateKind};
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::known::Known;
use cutover_model::level::Level;
use cutover_secrets::digest::sha256;

/// Ids of users that a plan makes up lie above those of Procore.
pub(super) const FIRST_INVENTED_ID: u64 = 1 << 62;

/// Installs the version of an app that a plan is about, or updates to it.
pub(super) fn install(company: &mut Company, index: AppIx, today: NaiveDate) {
    let Some(app) = company.apps.all.get_mut(index) else { return };
    let origin = app.origin;
    let version = offered(app).and_then(|manifest| manifest.version.clone());
    let was_nameless = !app.named && app.installation.is_some();
    let place = app.installation.get_or_insert_with(|| Installation::at(origin));
    let is_new = place.status.value().is_none_or(|status| status != "installed");
    let behind = version.is_some() && place.version.value() != version.as_ref();
    if !is_new && !behind {
        return;
    }
    app.named = true;
    place.status = Known::is("installed".to_owned(), origin);
    place.since = Known::is(today, origin);
    place.update_offered = Known::is(false, origin);
    if let Some(version) = version {
        app.manifests.retain(|manifest| manifest.member != "manifest" || manifest.version.as_ref() == Some(&version));
        for manifest in &mut app.manifests {
            manifest.installed = Some(manifest.version.as_ref() == Some(&version));
        }
        place.version = Known::is(version, origin);
    }
    company.apps.nameless -= usize::from(was_nameless);
}

/// Uninstalls an app.
pub(super) fn uninstall(company: &mut Company, index: AppIx) {
    if let Some(place) = company.apps.all.get_mut(index).and_then(|app| app.installation.as_mut()) {
        place.status = Known::is("uninstalled".to_owned(), place.origin);
    }
}

/// The user of an app; made as Procore makes it at the installation, if there is none.
pub(super) fn managed_user(company: &mut Company, index: AppIx, planned: &Planned) -> Option<IdentityIx> {
    let known = company.directory.users_of(index).next();
    if let Some(user) = known {
        if let Some(identity) = company.directory.identities.get_mut(user) {
            identity.active = Known::is(true, identity.origin);
        }
        return Some(user);
    }
    let app = company.apps.all.get(index)?;
    let origin = app.origin;
    let digest = sha256(app.key.as_bytes());
    let stem = if slug(&app.name).is_ascii() { slug(&app.name) } else { slug(&app.key) };
    let name = format!("{stem}-{}", digest.get(..8).unwrap_or("00000000"));
    let id = Id(FIRST_INVENTED_ID + company.directory.identities.len() as u64);
    let no = || Known::is(false, origin);
    let user = Identity {
        id: Some(id),
        class: Class::stated(IdentityKind::Managed, Sign::Planned),
        first_name: Known::is(SmolStr::default(), origin),
        last_name: Known::is(name.as_str().into(), origin),
        email: Known::is(format_smolstr!("{name}{SERVICE_DOMAIN}"), origin),
        active: Known::is(true, origin),
        employee: no(),
        job_title: Known::is(SmolStr::default(), origin),
        logged_in: no(),
        invited: no(),
        adds_to_new_projects: no(),
        creates_projects: no(),
        default_template: Known::is(None, origin),
        app: Known::is(index, origin),
        ..Identity::named(name, origin)
    };
    let user = company.directory.push(user);
    company.directory.link(user, index);
    company.assignment_lists.insert(id);
    let asked = planned.levels.as_ref().map(|levels| given(levels, Scope::Company, origin.into()));
    if let Some(levels) = asked {
        company.observed.insert((id, None), levels);
    }
    Some(user)
}

/// Adds an identity to projects, with the template that it has elsewhere; else a custom app gets one of its own that
/// says what the manifest says.
pub(super) fn permit(company: &mut Company, user: IdentityIx, projects: &BTreeSet<ProjectIx>, planned: &Planned) {
    let mut own: Vec<Membership> = company.memberships.of(user).collect();
    let Some(identity) = company.directory.identities.get(user) else { return };
    let origin = identity.origin;
    let elsewhere =
        own.iter().map(|membership| membership.in_force).filter(|found| matches!(found, InForce::Template(_)));
    let default = identity.default_template.value().copied().flatten().map(InForce::Template);
    let app = identity.app.value().and_then(|index| company.apps.all.get(*index));
    let custom = app.is_some_and(|app| app.marketplace.value() == Some(&false));
    let in_force = match (elsewhere.min().or(default), custom) {
        (Some(template), _) => template,
        (None, true) => {
            let levels = planned.levels.as_ref().map(|levels| given(levels, Scope::Project, origin.into()));
            InForce::Template(company.templates.add(Template {
                id: None,
                name: app.map(|app| app.name.clone()).unwrap_or_default(),
                kind: Known::is(TemplateKind::Global, origin),
                levels: levels.map_or(Known::Unknown, |levels| Known::is(levels, origin)),
                listed: true,
                origin: Some(origin),
            }))
        }
        (None, false) => InForce::Blank,
    };
    let held: BTreeSet<ProjectIx> = own.iter().map(|membership| membership.project).collect();
    own.extend(projects.difference(&held).map(|project| Membership {
        identity: user,
        project: *project,
        in_force,
        origin,
    }));
    own.sort_by_key(|membership| membership.project);
    company.memberships.replace(user, own);
}

/// Sets the levels of the templates that a user has in force to what the manifest says.
pub(super) fn reconcile(company: &mut Company, user: IdentityIx, planned: &Planned) {
    let Some(levels) = &planned.levels else { return };
    let mut own: Vec<Membership> = company.memberships.of(user).collect();
    let Some(origin) = company.directory.identities.get(user).map(|identity| identity.origin) else { return };
    let asked = given(levels, Scope::Project, origin.into());
    let mut made: BTreeMap<usize, usize> = BTreeMap::new();
    for membership in &mut own {
        let InForce::Template(index) = membership.in_force else { continue };
        let Some(template) = company.templates.get(index) else { continue };
        if template.levels.value().is_none_or(|levels| same(levels, &asked)) {
            continue;
        }
        // Others may have the template too: the app gets one of its own.
        let template = Template { levels: Known::is(asked.clone(), origin), ..template.clone() };
        let own = *made.entry(index).or_insert_with(|| company.templates.add(template));
        membership.in_force = InForce::Template(own);
    }
    if !made.is_empty() {
        company.memberships.replace(user, own);
    }
}

/// Takes an account away, with everything that was decided about it.
pub(super) fn remove(company: &mut Company, account: IdentityIx) {
    if let Some(identity) = company.directory.identities.get_mut(account) {
        identity.removed = true;
        identity.active = Known::is(false, identity.origin);
    }
    company.memberships.replace(account, Vec::new());
    company.decisions.approved_projects.remove(&account);
    company.decisions.new_projects.remove(&account);
}

/// Gives webhooks to another owner, or deletes them.
pub(super) fn hand_over(company: &mut Company, hooks: &[usize], owner: Option<IdentityIx>) {
    for index in hooks {
        let Some(hook) = company.hooks.get_mut(*index) else { continue };
        match owner {
            Some(owner) => hook.owner = Known::is(owner, hook.origin),
            None => hook.removed = true,
        }
    }
}

/// Sets one level of an identity; every other one stays what it is. Returns false where nothing is known to start
/// from, or the identity has no user.
pub(super) fn set_level(
    company: &mut Company,
    identity: IdentityIx,
    tool: &Tool,
    project: Option<ProjectIx>,
    level: Level,
) -> bool {
    let Some(person) = company.directory.identities.get(identity) else { return false };
    let (Some(id), origin) = (person.id, person.origin) else { return false };
    let named = [tool.clone()];
    let grants = match project {
        None => company.company_grants(identity, &named),
        Some(project) => {
            let mut memberships = company.memberships.of(identity);
            let Some(membership) = memberships.find(|membership| membership.project == project) else {
                return false;
            };
            company.project_grants(identity, &membership, &named)
        }
    };
    // A permission manifest states the levels in force. Those of the company are raised by its directory again.
    let stated = |grant: Grant| {
        let level = if project.is_some() { grant.exact().or(grant.given.level) } else { grant.given.level };
        (grant.tool, GivenLevel { level, ..grant.given })
    };
    let mut levels: Levels = grants.into_iter().map(stated).collect();
    levels.insert(
        tool.clone(),
        GivenLevel { level: Some(level), granular: Some(Granular::default()), evidence: origin.into() },
    );
    let at = project.and_then(|project| company.projects.get(project)).and_then(|project| project.id);
    company.observed.insert((id, at), levels);
    true
}

fn given(levels: &BTreeMap<Tool, Option<Level>>, scope: Scope, evidence: cutover_model::evidence::Evidence) -> Levels {
    let asked = levels.iter().filter(|(tool, _)| tool.scope == scope);
    asked
        .map(|(tool, level)| {
            (
                tool.clone(),
                GivenLevel { level: *level, granular: Some(Granular::default()), evidence: evidence.clone() },
            )
        })
        .collect()
}

/// Whether two sets of levels give the same.
fn same(one: &Levels, two: &Levels) -> bool {
    let described = |levels: &Levels| -> Vec<(Tool, Option<Level>, Option<Granular>)> {
        let above = levels.iter().filter(|(_, given)| given.level != Some(Level::None));
        above
            .map(|(tool, given)| {
                (tool.clone(), given.level, given.granular.clone().filter(|granular| !granular.is_empty()))
            })
            .collect()
    };
    described(one) == described(two)
}

#[cfg(test)]
mod tests {
    use cutover_export::collect::{Content, Folder, Input};
    use cutover_inventory::Inventory;
    use cutover_policy::fact_builder::{Setting, build_facts};
    use cutover_policy::pack::Pack;
    use cutover_policy::timeline::Timeline;
    use cutover_policy::vocabulary::Type;

    use super::*;
    use crate::plan::access::planned;

    /// Attributes that are unknown of an account that a plan installs, and why no plan can know them.
    const UNKNOWN: [(&str, &str); 3] = [
        ("companies", "one company's export does not show the directories of others"),
        ("created", "Procore creates the user on the day of the step, which is not fixed yet"),
        ("shares_template", "whether Procore gives the user a company template is not documented"),
    ];

    /// A new attribute of the schema must be given to simulated accounts, or be listed above with the reason. Otherwise
    /// every control that reads it would be not assessed after the plan, and nobody would notice.
    #[test]
    fn every_attribute_of_a_simulated_account_is_known_or_listed_with_a_reason() {
        let pack = Pack::load(&[]).unwrap();
        let files = [
            ("companies.json", r#"[{"id": 9, "name": "Kestrel"}]"#),
            ("projects.json", r#"[{"id": 31, "name": "Bridge", "active": true}]"#),
            ("users.json", "[]"),
            ("project_users/31.json", "[]"),
            ("permission_templates.json", "[]"),
            ("app_installations.json", r#"[{"id": 3, "app_uid": "uid-3", "status": "installed"}]"#),
            (
                "manifests/erp-bridge@1.0.0.json",
                r#"{"schema_version": "3.2", "app_manifest": {"id": "m-1"}, "components": {"oauth": {"instances": [
                    {"uid": "uid-3", "grant_type": "client_credentials", "permissions":
                     {"company": {"directory": "readonly"}, "project": {"rfi": "standard"}}}]}}}"#,
            ),
        ];
        let input = |(name, text): (&str, &str)| Input {
            name: name.to_owned(),
            path: name.to_owned(),
            content: Content::Bytes(text.into()),
        };
        let folder = Folder { inputs: files.map(input).into(), faults: Vec::new() };
        let export = cutover_export::read(vec![folder], &());
        let mut inventory = Inventory::build(&export, &pack.tools, &mut Vec::new());
        let company = &mut inventory.companies[0];
        let has_no_user = |index: &AppIx| company.directory.users_of(*index).next().is_none();
        let asks = |index: &AppIx| planned(company, usize::MAX, Some(*index)).levels.is_some();
        let mut apps = 0..company.apps.all.len();
        let app = apps.find(|index| has_no_user(index) && asks(index)).unwrap();
        let today = "2024-10-15".parse().unwrap();
        let plan = planned(company, usize::MAX, Some(app));
        install(company, app, today);
        let user = managed_user(company, app, &plan).unwrap();
        permit(company, user, &BTreeSet::from([0]), &plan);
        let key = company.directory.identities[user].key();
        let timeline = Timeline::built_in("2024-12-03").unwrap();
        let setting = Setting { today, timeline: &timeline, tools: &pack.tools, named_tools: Vec::new() };
        let facts = build_facts(&inventory, &setting, &|_| true);
        let account =
            facts.things.iter().find(|thing| thing.kind == Type::ManagedAccount && *thing.id == *key).unwrap();

        let schema: serde_json::Value = serde_json::from_str(cutover_pack::SCHEMA_JSON).unwrap();
        let declared = &schema["Cutover"]["entityTypes"]["ManagedAccount"]["shape"]["attributes"];
        let is_known = |name: &str| account.attributes.get(name).is_some_and(|attribute| !attribute.value.is_unknown());
        let names = declared.as_object().unwrap().keys().map(String::as_str);
        let unknown: Vec<&str> = names.filter(|name| !is_known(name)).collect();
        assert_eq!(
            unknown,
            UNKNOWN.map(|(name, _)| name),
            "set the attribute in `managed_user`, or list it in `UNKNOWN` with the reason"
        );
    }
}
