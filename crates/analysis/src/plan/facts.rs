//! What a plan says about each account, as facts for the controls over plans.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::access::{AccessChange, offered, used};
use cutover_inventory::Company;
use cutover_inventory::Inventory;
use cutover_inventory::access::Through;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::InForce;
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::kind::Kind;
use cutover_model::known::Known;
use cutover_model::level::Level;
use cutover_policy::fact_builder::{CompanyIndex, FactBuilder, Setting};
use cutover_policy::facts::{Action, Fact, Facts, Thing, ThingIx, Type, Value};

/// Phrases the plan of every account that moves or is to be decided; returns which draft each account is, too.
pub(super) fn build_facts(
    inventory: &Inventory,
    drafts: &[Draft],
    setting: &Setting<'_>,
) -> (Facts, BTreeMap<ThingIx, usize>) {
    let mut facts = Facts::default();
    let mut index = BTreeMap::new();
    for (number, company) in inventory.companies.iter().enumerate() {
        let shared = Shared::of(company);
        let indexes = CompanyIndex::default();
        let mut builder = FactBuilder::new(company, &indexes, inventory, setting, &|_| true, &mut facts);
        let own = drafts.iter().enumerate().filter(|(_, draft)| draft.key.0 == number && !draft.is_over());
        for (at, draft) in own {
            let Some(principal) = builder.identity(draft.key.1) else { continue };
            index.insert(principal, at);
            replaces(&mut builder, company, &shared, draft, principal);
            access(&mut builder, company, draft, principal);
            needs(&mut builder, company, setting, draft, principal);
        }
    }
    (facts, index)
}

/// What several identities of a company have in common.
struct Shared<'a> {
    clients: BTreeMap<&'a str, usize>,
    templates: BTreeMap<TemplateIx, BTreeSet<IdentityIx>>,
    /// How many identities have one of some templates, for each set that was asked about.
    sharing: RefCell<BTreeMap<BTreeSet<TemplateIx>, usize>>,
    /// Whether the export names the owner of every webhook.
    hooks_told: bool,
    /// Active people who administer the company; `None` when there is none among those of whom it is known.
    administrators: Option<usize>,
}

impl<'a> Shared<'a> {
    fn of(company: &'a Company) -> Self {
        let hooks_told = company.present.contains(&Kind::Webhooks)
            && company.hooks.iter().all(|hook| hook.owner != Known::Unknown || hook.owned_elsewhere);
        let mut out = Self {
            clients: BTreeMap::new(),
            templates: BTreeMap::new(),
            sharing: RefCell::default(),
            hooks_told,
            administrators: None,
        };
        let (mut administrators, mut all_known) = (0, company.directory.listed);
        for (index, identity) in company.directory.identities.iter().enumerate() {
            if identity.class.kind == IdentityKind::Person {
                let administers = company.administers(index);
                let active = identity.active.value() != Some(&false);
                administrators += usize::from(active && administers == Some(true));
                all_known &= administers.is_some() || !active;
                continue;
            }
            if let Some(client) = company.client_id(index) {
                *out.clients.entry(client).or_default() += 1;
            }
            for template in templates(company, index) {
                out.templates.entry(template).or_default().insert(index);
            }
        }
        out.administrators = (administrators > 0 || all_known).then_some(administrators);
        out
    }

    /// How many other identities have one of the templates of this one. They are counted once for each set of templates:
    /// all accounts may have the same.
    fn sharers(&self, own: BTreeSet<TemplateIx>, identity: IdentityIx) -> usize {
        let users = || own.iter().filter_map(|template| self.templates.get(template));
        let is_one = users().any(|users| users.contains(&identity));
        let count = || users().flatten().collect::<BTreeSet<_>>().len();
        let known = self.sharing.borrow().get(&own).copied();
        let all = known.unwrap_or_else(|| {
            let all = count();
            self.sharing.borrow_mut().insert(own.clone(), all);
            all
        });
        all - usize::from(is_one)
    }
}

fn templates(company: &Company, identity: IdentityIx) -> BTreeSet<TemplateIx> {
    let person = company.directory.identities.get(identity);
    let of_company = person.and_then(|person| *person.company_template.value()?);
    let in_force = company.memberships.of(identity).filter_map(|membership| match membership.in_force {
        InForce::Template(template) => Some(template),
        InForce::Blank | InForce::Unknown => None,
    });
    in_force.chain(of_company).collect()
}

fn replaces(builder: &mut FactBuilder<'_>, company: &Company, shared: &Shared<'_>, draft: &Draft, principal: ThingIx) {
    let identity = draft.key.1;
    let app = draft.app.and_then(|index| Some((index, company.apps.all.get(index)?)));
    let resource = match app {
        Some((_, app)) => {
            let thing = Thing::new(Type::App, app.key.clone(), app.name.clone(), builder.this, Some(app.origin.into()));
            builder.facts.add(thing)
        }
        None => builder.this,
    };
    let dmsa = match app {
        Some((index, app)) => match offered(app) {
            Some(manifest) if manifest.requested_tools().is_some() => "offered".into(),
            Some(_) => Value::Unknown,
            None if company.directory.users_of(index).next().is_some() => "offered".into(),
            None if app.manifests.is_empty() => Value::Unknown,
            None => "not offered".into(),
        },
        // Where somebody must decide first, or apps may be missing from the export, nothing can be determined.
        None if draft.matched.candidates.is_empty() && company.apps.complete() => "not offered".into(),
        None => Value::Unknown,
    };
    let app_status = match app {
        Some((_, app)) => match &app.installation {
            Some(place) => place.status.value().map_or(Value::Unknown, Into::into),
            None if company.apps.complete() => "none".into(),
            None => Value::Unknown,
        },
        None => Value::Unknown,
    };
    let user = draft.user(company).and_then(|user| company.directory.identities.get(user));
    let user_active = match user {
        Some(user) => user.active.value().map_or(Value::Unknown, Value::flag),
        None => Value::Absent,
    };
    let known = company.projects_known(identity);
    let count = |number: usize, sure: bool| if sure || number > 0 { Value::count(number) } else { Value::Unknown };
    let projects =
        || company.memberships.of(identity).filter_map(|membership| company.projects.get(membership.project));
    let inactive = projects().filter(|project| project.active.value() == Some(&false)).count();
    let all_told = known && projects().all(|project| project.active.value().is_some());
    let client = company.client_id(identity);
    let clients = client.and_then(|client| shared.clients.get(client)).map(|number| number.saturating_sub(1));
    let others = shared.sharers(templates(company, identity), identity);
    let person = company.directory.identities.get(identity);
    let templates_told = known
        && company.memberships.of(identity).all(|membership| membership.in_force != InForce::Unknown)
        && person.is_some_and(|person| person.company_template.value().is_some());
    let context = vec![
        ("dmsa", dmsa),
        ("app_status", app_status),
        ("user_active", user_active),
        ("webhooks", count(draft.hooks.len(), shared.hooks_told)),
        ("inactive_projects", count(inactive, all_told)),
        ("administrators", shared.administrators.map_or(Value::Unknown, Value::count)),
        ("shares_secret", clients.map_or(Value::Unknown, Value::count)),
        ("shares_template", count(others, templates_told)),
    ];
    push(builder, draft, Action::Replaces, principal, resource, context);
}

/// What is lost and gained, and what may be: a level now that is unknown is an open question wherever it decides. Rows
/// of one tool differ in their projects; each is a fact.
fn access(builder: &mut FactBuilder<'_>, company: &Company, draft: &Draft, principal: ThingIx) {
    for row in draft.rows.keys() {
        let kind = row.sort();
        let before = ("before", Value::Level(row.known_before().filter(|_| kind != AccessChange::Unknown)));
        let after = ("after", Value::Level(row.after));
        if kind == AccessChange::Lost || (kind == AccessChange::Unknown && row.may_lose()) {
            let used = used(row, &draft.rows, draft.usage.as_ref());
            let granular = row
                .granular
                .map(|number| i64::try_from(number).unwrap_or(i64::MAX))
                .map_or(Value::Unknown, Value::Number);
            let used = ("used", used.map_or(Value::Unknown, Value::Flag));
            let resource = builder.tool(&row.tool);
            let context = vec![before.clone(), after.clone(), used, ("granular", granular)];
            push(builder, draft, Action::Loses, principal, resource, context);
        }
        if kind == AccessChange::Gained || (kind == AccessChange::Unknown && row.may_gain()) {
            let is_implied = draft.planned.is_implied(company, &row.tool);
            let through = if is_implied { Through::CompanyAdministrator.id() } else { None };
            let through = ("through", through.map_or(Value::Absent, Value::from));
            let resource = builder.tool(&row.tool);
            push(builder, draft, Action::Gains, principal, resource, vec![before, after, through]);
        }
    }
}

/// The tools that must be enabled in the projects.
fn needs(builder: &mut FactBuilder<'_>, company: &Company, setting: &Setting<'_>, draft: &Draft, principal: ThingIx) {
    let tools = draft
        .planned
        .levels
        .iter()
        .flatten()
        .filter(|(tool, level)| tool.scope == Scope::Project && level.is_some_and(|level| level > Level::None));
    let tools: Vec<&Tool> = tools.map(|(tool, _)| tool).collect();
    for index in draft.planned.projects.iter().flatten() {
        let Some(project) = company.projects.get(*index) else { continue };
        // Without its list of tools a project has one fact, about all of them.
        let state = |tool: &&Tool| {
            let enabled = project.tools.get(*tool).and_then(Known::value);
            (setting.tools.label(tool), enabled.map_or(Value::Unknown, Value::flag))
        };
        let states: Vec<(String, Value)> = match (tools.is_empty(), project.tools.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => vec![("some tool".to_owned(), Value::Unknown)],
            (false, false) => tools.iter().map(state).collect(),
        };
        let Some(resource) = builder.project(*index) else { continue };
        for (tool, enabled) in states {
            push(
                builder,
                draft,
                Action::Needs,
                principal,
                resource,
                vec![("tool", (&tool).into()), ("enabled", enabled)],
            );
        }
    }
}

fn push(
    builder: &mut FactBuilder<'_>,
    draft: &Draft,
    action: Action,
    principal: ThingIx,
    resource: ThingIx,
    context: Vec<(&'static str, Value)>,
) {
    let evidence = draft.origin.into();
    builder.facts.push(action, Fact { principal, resource, context, member: None, evidence, said: Vec::new() });
}
