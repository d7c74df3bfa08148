//! Identities: that they exist, and what is said of them.

use super::{Action, FactBuilder, Thing, Type, Value};
use cutover_export::field::Id;
use cutover_export::manual_files::ProjectList;
use cutover_inventory::Hook;
use cutover_inventory::accounts::AppType;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::memberships::InForce;
use cutover_inventory::names::{SERVICE_DOMAIN, ends_in_tail, is_lower_case_word, is_slug, slug};
use cutover_inventory::templates::TemplateKind;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;

impl FactBuilder<'_> {
    /// Phrases every service identity, and people where a control asks about them.
    pub(super) fn identities(&mut self) {
        for index in self.subjects() {
            let Some(identity) = self.company.directory.identities.get(index) else { continue };
            if identity.is_service() || identity.class.is_possible_service() {
                self.identity(index);
            }
        }
        for (index, thing) in self.identities.clone() {
            let Some(identity) = self.company.directory.identities.get(index) else { continue };
            if !identity.is_service() {
                continue;
            }
            let context = self.calendar();
            self.about_company(Action::Exists, thing, context, identity.origin.into());
        }
    }

    /// The thing an identity is phrased as.
    pub fn identity(&mut self, index: IdentityIx) -> Option<u32> {
        if let Some(thing) = self.identities.get(&index) {
            return Some(*thing);
        }
        let identity = self.company.directory.identities.get(index)?;
        let kind = type_of(identity.class.kind);
        let mut thing =
            Thing::new(kind, identity.key(), identity.name.clone(), self.this, Some(identity.origin.into()));
        if kind == Type::Person {
            thing.set_known("active", &identity.active, Value::flag);
            let possible = identity.class.possible.iter().map(|kind| type_of(*kind)).collect();
            self.facts.add_possible_service(possible);
        } else {
            self.service(&mut thing, index, identity);
            match kind {
                Type::ManagedAccount => self.managed(&mut thing, index, identity),
                _ => self.legacy(&mut thing, index, identity),
            }
        }
        let thing = self.facts.add(thing);
        self.identities.insert(index, thing);
        Some(thing)
    }

    /// What is said of both sorts of service identity.
    fn service(&self, thing: &mut Thing, index: IdentityIx, identity: &Identity) {
        thing.set_known("email", &identity.email, Value::text);
        thing.set_known("active", &identity.active, Value::flag);
        thing.set_known("created", &identity.created, |day| self.past(*day));
        thing.set_known("logged_in", &identity.logged_in, |done| self.done(*done, identity.first_login));
        thing.set_known("invited", &identity.invited, |done| self.done(*done, identity.first_invitation));
        thing.set_known("employee", &identity.employee, Value::flag);
        thing.set_known("job_title", &identity.job_title, Value::text);
        thing.set_known("adds_to_new_projects", &identity.adds_to_new_projects, Value::flag);
        thing.set_known("creates_projects", &identity.creates_projects, Value::flag);
        thing.set("new_projects_approved", self.company.decisions.new_projects.contains(&index).into());
        thing.set_known("name_intact", &name_intact(identity), Value::flag);
        thing.set_known("email_intact", &email_intact(identity), Value::flag);
        let kind =
            |template: &Option<usize>| template.map_or(Value::from("none"), |template| self.default_template(template));
        thing.set_known("default_template", &identity.default_template, kind);
        let known = self.company.projects_known(index);
        let memberships = || self.company.memberships.of(index);
        let projects = memberships().count();
        // One known membership is one, whatever the export does not say.
        thing.set("projects", if known || projects > 0 { Value::count(projects) } else { Value::Unknown });
        let mut templates: Vec<InForce> = memberships().map(|membership| membership.in_force).collect();
        templates.sort_unstable();
        templates.dedup();
        let described = known && !templates.contains(&InForce::Unknown);
        let named = templates.iter().filter(|template| matches!(template, InForce::Template(_))).count();
        // Two different ones are two, whatever the rest may be.
        thing.set("project_templates", if described || named > 1 { Value::count(named) } else { Value::Unknown });
        thing.set_known("companies", &identity.email, |email| self.companies_with(email));
    }

    /// In how many companies' directories an address is. With one company's export nobody can say that it is in no other,
    /// nor with one that lacks the list of users.
    fn companies_with(&self, email: &str) -> Value {
        let together = &self.inventory.together;
        let others = || self.inventory.companies.iter().filter(|company| !std::ptr::eq(*company, self.company));
        match together.by_email.get(&email.to_lowercase()) {
            Some(1) if others().all(|company| company.directory.holds_every_address()) => Value::Number(1),
            Some(several) if *several > 1 && !together.may_be_one => Value::count(*several),
            _ => Value::Unknown,
        }
    }

    fn default_template(&self, index: usize) -> Value {
        let templates = &self.company.templates;
        match templates.get(index) {
            Some(template) if !template.listed && templates.listed && template.id.is_some() => {
                "not of this company".into()
            }
            Some(template) => match template.kind.value() {
                // A reference tells the kind of a template and not its company.
                Some(TemplateKind::Global) if template.listed => "global".into(),
                Some(TemplateKind::ProjectSpecific) => "project specific".into(),
                Some(TemplateKind::Global | TemplateKind::CompanyTools) | None => Value::Unknown,
            },
            None => Value::Unknown,
        }
    }

    fn managed(&self, thing: &mut Thing, index: IdentityIx, identity: &Identity) {
        let company = self.company;
        let administers = company.administers(index);
        thing.set("administers", administers.map_or(Value::Unknown, Value::Flag));
        let approved = company.decisions.approved_projects.get(&index);
        let every = approved.is_some_and(|approved| approved.value == ProjectList::All);
        thing.set("all_projects_approved", every.into());
        let shared = company.shares_template(index, self.index.template_use(company));
        thing.set("shares_template", shared.map_or(Value::Unknown, Value::count));
        let app = identity.app.value().and_then(|index| self.company.apps.all.get(*index));
        let installation = app.and_then(|app| app.installation.as_ref());
        thing.set("app", app.map_or(Value::Unknown, |app| (&app.name).into()));
        let apps = &self.company.apps;
        let absent = match app {
            Some(_) => apps.complete(),
            None => identity.app_stem().is_some_and(|stem| apps.lacks(&stem)),
        };
        match installation {
            Some(installation) => {
                thing.set_known("app_status", &installation.status_on(self.setting.today), Value::text)
            }
            None => thing.set("app_status", if absent { "none".into() } else { Value::Unknown }),
        }
    }

    fn legacy(&self, thing: &mut Thing, index: IdentityIx, identity: &Identity) {
        let account = identity.account.and_then(|account| self.company.accounts.get(account));
        let decisions = &self.company.decisions;
        for name in [
            "app_type",
            "app",
            "app_status",
            "description",
            "developer_name",
            "developer_email",
            "owner",
            "shares_client",
            "last_used",
            "never_used",
        ] {
            thing.set(name, Value::Unknown);
        }
        if let Some(account) = account {
            thing.set_known("app_type", &account.app_type, |kind| kind.id().into());
            thing.set_known("app", &account.marketplace_app, Value::text);
            thing.set_known("description", &account.description, Value::text);
            thing.set_known("developer_name", &account.developer_name, Value::text);
            thing.set_known("developer_email", &account.developer_email, Value::text);
            thing.set_known("owner", &account.owner, Value::text);
            thing.set_known("shares_client", &account.client_id, |client| self.shares_client(client));
            thing.set_known("last_used", &account.last_used, |day| self.past(*day));
            thing.set_known("never_used", &account.never_used, |never| {
                self.never(*never, account.last_used.value().copied())
            });
            if account.app_type.value() == Some(&AppType::Marketplace) {
                thing.set_known("app_status", &account.marketplace_app, |app| self.selected_app(app));
            }
            // The page lists accounts that exist: without a word to the contrary, this one works.
            if identity.active.value().is_none() {
                let listed = Known::is(true, Evidence::new(account.origin, "name"));
                thing.set_known("active", &listed, Value::flag);
            }
        }
        if let Some(stated) = decisions.usage.get(&index) {
            let known = Known::Is(stated.clone());
            thing.set_known("never_used", &known, |day| self.never(day.is_none(), *day));
            thing.set_known("last_used", &known, |day| day.map_or(Value::Absent, |day| self.past(day)));
        }
        match decisions.reviewed(index, self.setting.today) {
            Some(stated) => thing.set_known("reviewed", &Known::Is(stated.clone()), Value::day),
            None => thing.set("reviewed", Value::Absent),
        }
        let highest = self.company.highest_level(index);
        thing.set("highest_level", Value::Level(highest));
        self.deletion(thing, index, account);
    }

    /// How many other accounts have this client id, in all companies of the run. An account whose id is unknown may be
    /// one of them.
    fn shares_client(&self, client: &str) -> Value {
        let together = &self.inventory.together;
        let here = self.company.client_ids.count(client);
        let elsewhere = together.by_client.get(client).map_or(0, |all| all.saturating_sub(here));
        let others_here = here.saturating_sub(1);
        let described = self.company.client_ids.complete && !together.lacks_clients;
        match client {
            "" => Value::Unknown,
            // The same account in two exports of one company has one client.
            _ if together.may_be_one && elsewhere > 0 && others_here == 0 => Value::Unknown,
            _ if described || others_here + elsewhere > 0 => Value::count(others_here + elsewhere),
            _ => Value::Unknown,
        }
    }

    /// What became of the app that an account names.
    fn selected_app(&self, name: &str) -> Value {
        if name.is_empty() {
            return "not selected".into();
        }
        let apps = &self.company.apps;
        let app = apps.find(name).and_then(|index| apps.all.get(index));
        let absent = if app.is_some() { apps.complete() } else { apps.lacks(name) };
        match app.and_then(|app| app.installation.as_ref()) {
            Some(installation) => installation.status_on(self.setting.today).value().map_or(Value::Unknown, Into::into),
            None if absent => "none".into(),
            None => Value::Unknown,
        }
    }

    /// Webhooks and who owns them.
    pub(super) fn hooks(&mut self) {
        let hooks: Vec<&Hook> = match self.only {
            Some(selection) => selection.hooks.iter().filter_map(|index| self.company.hooks.get(*index)).collect(),
            None => self.company.hooks.iter().collect(),
        };
        for hook in hooks.into_iter().filter(|hook| !hook.removed) {
            let evidence = Evidence::new(hook.origin, "owned_by_user_id");
            let mut thing =
                Thing::new(Type::Hook, hook.id.to_string(), hook.name.clone(), self.this, Some(hook.origin.into()));
            thing.set_known("enabled", &hook.enabled, Value::flag);
            let owner = match hook.owner.value() {
                Some(owner) => self.identity(*owner),
                // Somebody the export does not hold: whether they are still there is unknown.
                None => {
                    let id = Id(hook.id.0);
                    let mut person = Thing::new(
                        Type::Person,
                        format!("owner of webhook {id}"),
                        "an owner outside this export",
                        self.this,
                        None,
                    );
                    person.set("active", Value::Unknown);
                    Some(self.facts.add(person))
                }
            };
            let Some(principal) = owner else { continue };
            let resource = self.facts.add(thing);
            self.facts.push(
                Action::Owns,
                super::Fact { principal, resource, context: Vec::new(), member: None, evidence, said: Vec::new() },
            );
        }
    }
}

/// The type that an identity is phrased as.
fn type_of(kind: IdentityKind) -> Type {
    match kind {
        IdentityKind::Managed => Type::ManagedAccount,
        IdentityKind::Legacy => Type::LegacyAccount,
        IdentityKind::Person => Type::Person,
    }
}

/// Whether a text may be what Procore called such an identity. How Procore joins the words of unusual names is unknown.
fn may_be_given(identity: &Identity, text: &str) -> bool {
    is_lower_case_word(text) && (identity.class.kind != IdentityKind::Managed || ends_in_tail(text))
}

/// Whether a text is in the form that Procore usually gives to the name of such an identity.
fn fits(identity: &Identity, text: &str) -> bool {
    is_slug(text) && may_be_given(identity, text)
}

/// Whether the directory name still has the form Procore gave it, without a first name. A name alone proves nothing
/// against itself: it is compared with the address, which is the same.
fn name_intact(identity: &Identity) -> Known<bool> {
    if identity.id.is_none() || !identity.named || identity.last_name == Known::Contradicted {
        return Known::Unknown;
    }
    let shown = identity.last_name.stated().filter(|last| !last.value.is_empty());
    let name = shown.map_or(identity.name.as_str(), |last| last.value.as_str());
    let evidence = shown.map_or_else(|| identity.origin.into(), |last| last.evidence.clone());
    let local = identity.service_address();
    let form = match may_be_given(identity, name) {
        true if is_slug(name) || local == Some(name) => Some(true),
        // Procore writes addresses without accents, and no record tells how it joins words then.
        true if local.is_none() || (!name.is_ascii() && local.map(slug) == Some(slug(name))) => None,
        _ => Some(false),
    };
    let described = match (form, identity.first_name.value()) {
        (Some(false), _) => Some(false),
        (_, Some(first)) if !first.is_empty() => Some(false),
        (Some(true), Some(_)) => Some(true),
        _ => None,
    };
    described.map_or(Known::Unknown, |described| Known::is(described, evidence))
}

/// Whether the address is still the name at `procore.com`. A name that was edited says nothing about it, and one that
/// is unknown might say that it is another's.
fn email_intact(identity: &Identity) -> Known<bool> {
    let Some(email) = identity.email.stated() else { return Known::Unknown };
    let local = email.value.strip_suffix(SERVICE_DOMAIN).filter(|local| may_be_given(identity, local));
    let last = identity.last_name.value().filter(|last| !last.is_empty());
    let described = match (local, last) {
        (None, _) => Some(false),
        (Some(local), Some(last)) if local == last => Some(true),
        (Some(local), Some(last)) if is_slug(local) => Some(!is_slug(last)),
        (Some(_), Some(last)) => fits(identity, last).then_some(false),
        (Some(_), None) if identity.last_name == Known::Contradicted => None,
        (Some(local), None) if identity.named && is_slug(&identity.name) => Some(local == identity.name),
        (Some(local), None) if is_slug(local) => identity.last_name.value().filter(|_| identity.named).map(|_| true),
        (Some(_), None) => None,
    };
    described.map_or(Known::Unknown, |described| Known::is(described, email.evidence.clone()))
}
