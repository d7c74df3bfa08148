//! The identities of a company: directory users, and service accounts that have none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::apps::AppIx;
use super::classify::{Class, SERVICE_DOMAIN, Sort, Strength, dmsa_stem, name_parts};
use super::known::{Known, presence, text, value};
use super::templates::{TemplateIx, Templates};
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::{Evidence, Origin};
use crate::export::field::{Field, Id};
use crate::export::records::{TemplateReference, User};
use crate::export::{Read, Records};

/// An index into [`Directory::identities`].
pub type IdentityIx = usize;

/// A directory user, or a service account that could not be joined to one.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The user id; `None` for an account known from the Service Accounts page only.
    pub id: Option<Id>,
    /// The name to show.
    pub name: String,
    /// Whether a record says that name; else it is made up of the id.
    pub named: bool,
    /// What it is.
    pub class: Class,
    /// The first record about it.
    pub origin: Origin,
    /// Whether a plan that is being tried out has taken it away.
    pub removed: bool,
    /// Given name: service identities have none.
    pub first_name: Known<String>,
    /// Family name: the whole name of a service identity.
    pub last_name: Known<String>,
    /// The address it signs in with.
    pub email: Known<String>,
    /// Whether it is active in the company that was read.
    pub active: Known<bool>,
    /// The mark as an employee.
    pub employee: Known<bool>,
    /// The job title; empty when there is none.
    pub job_title: Known<String>,
    /// The day the directory user was made.
    pub created: Known<NaiveDate>,
    /// Whether it ever signed in to the web application.
    pub logged_in: Known<bool>,
    /// Whether an invitation was sent.
    pub invited: Known<bool>,
    /// The box "add to all new projects".
    pub adds_to_new_projects: Known<bool>,
    /// The default project template; `None` inside when it is known that there is none.
    pub default_template: Known<Option<TemplateIx>>,
    /// The template for company tools.
    pub company_template: Known<Option<TemplateIx>>,
    /// The right to create projects.
    pub creates_projects: Known<bool>,
    /// Index of the app it belongs to.
    pub app: Known<usize>,
    /// Index of the row on the Service Accounts page.
    pub account: Option<usize>,
    /// The OAuth client id, for an account without a user.
    pub client_id: Option<String>,
}

impl Identity {
    /// An identity of which nothing but a name and a place is known.
    pub fn named(name: String, origin: Origin) -> Self {
        Self {
            id: None,
            name,
            named: true,
            class: Class::new(Sort::Person, Strength::Inferred, "nothing marks it as a service identity"),
            origin,
            removed: false,
            first_name: Known::Unknown,
            last_name: Known::Unknown,
            email: Known::Unknown,
            active: Known::Unknown,
            employee: Known::Unknown,
            job_title: Known::Unknown,
            created: Known::Unknown,
            logged_in: Known::Unknown,
            invited: Known::Unknown,
            adds_to_new_projects: Known::Unknown,
            default_template: Known::Unknown,
            company_template: Known::Unknown,
            creates_projects: Known::Unknown,
            app: Known::Unknown,
            account: None,
            client_id: None,
        }
    }

    /// The app's part of its name, from whichever of name and address still has the form of an app's user.
    pub fn app_stem(&self) -> Option<&str> {
        let last = self.last_name.value().map(String::as_str);
        [Some(self.name.as_str()), last, self.service_address()].into_iter().flatten().find_map(dmsa_stem)
    }

    /// The part of its address before `@procore.com`, if it has such an address.
    pub fn service_address(&self) -> Option<&str> {
        self.email.value()?.strip_suffix(SERVICE_DOMAIN)
    }

    /// Whether it is known to have a given name.
    pub fn has_first_name(&self) -> bool {
        self.first_name.value().is_some_and(|name| !name.is_empty())
    }

    /// Whether it is a service identity.
    pub fn is_service(&self) -> bool {
        self.class.sort != Sort::Person && !self.removed
    }

    /// What identifies it in results: its user id, the client id of an account without a user, or its name.
    pub fn key(&self) -> String {
        let by_client = || self.client_id.clone().unwrap_or_else(|| self.name.clone());
        self.id.map_or_else(by_client, |id| id.to_string())
    }
}

/// The identities of a company, in the order of their ids.
#[derive(Debug, Default)]
pub struct Directory {
    /// Users by id, then accounts without a user by name.
    pub identities: Vec<Identity>,
    /// Whether the list of users was read, so that who is not on it is not there.
    pub listed: bool,
    pub(super) users_of: BTreeMap<AppIx, BTreeSet<IdentityIx>>,
    /// The names in those of apps' users whose app is not known.
    pub(super) unsettled: BTreeSet<String>,
    index: Index,
}

/// Finds identities.
#[derive(Debug, Default)]
struct Index {
    by_id: FxHashMap<Id, IdentityIx>,
    by_email: FxHashMap<String, IdentityIx>,
}

impl Index {
    fn add(&mut self, index: IdentityIx, identity: &Identity) {
        if let Some(id) = identity.id {
            self.by_id.insert(id, index);
        }
        if let Some(email) = identity.email.value().filter(|email| !email.is_empty()) {
            self.by_email.entry(email.to_lowercase()).or_insert(index);
        }
    }
}

impl Directory {
    /// Gathers every user the export knows of.
    pub fn build(records: &Records, templates: &mut Templates, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut people = People::with_capacity(records.users.len() + records.inactive_users.len());
        let company_wide = records.users.iter().map(|read| (read, None));
        let inactive = records.inactive_users.iter().map(|read| (read, Some(false)));
        for (read, active) in company_wide.chain(inactive) {
            let Some(id) = required_id(read, diagnostics) else { continue };
            people.hear(id, person(&read.value, read.origin, active, true, templates));
        }
        // A project's list tells more about users whose own record was not exported, or was cut short.
        let complete: Vec<bool> = people.all.iter().map(|person| person.email.value().is_some()).collect();
        let nameless = records.project_users.nameless.iter();
        diagnostics.extend(nameless.map(|origin| Diagnostic::without_id("a user", *origin)));
        for read in &records.project_users.people {
            let Some(id) = read.value.id.value().copied() else { continue };
            let index = people.by_id.get(&id);
            if index.and_then(|index| complete.get(*index)) != Some(&true) {
                people.hear(id, person(&read.value, read.origin, None, false, templates));
            }
        }
        people.say_contradictions(diagnostics);
        let mut directory = Self { listed: records.users_listed, identities: people.all, ..Self::default() };
        directory.identities.sort_unstable_by_key(|identity| identity.id);
        for (index, identity) in directory.identities.iter_mut().enumerate() {
            if let Some(id) = identity.id.filter(|_| identity.name.is_empty()) {
                identity.name = format!("user {id}");
                identity.named = false;
            }
            directory.index.add(index, identity);
        }
        directory
    }

    /// Adds an identity.
    pub fn push(&mut self, identity: Identity) -> IdentityIx {
        let index = self.identities.len();
        self.index.add(index, &identity);
        self.identities.push(identity);
        index
    }

    /// The user with this id.
    pub fn by_id(&self, id: Id) -> Option<IdentityIx> {
        self.index.by_id.get(&id).copied()
    }

    /// The user with this address, whatever its case.
    pub fn by_email(&self, email: &str) -> Option<IdentityIx> {
        self.index.by_email.get(&email.to_lowercase()).copied()
    }
}

fn required_id(read: &Read<User>, diagnostics: &mut Vec<Diagnostic>) -> Option<Id> {
    let id = read.value.id.value().copied();
    if id.is_none() {
        diagnostics.push(Diagnostic::without_id("a user", read.origin));
    }
    id
}

/// Hears one record of a user. In a project's list the template is the one of that project, not the default.
fn person(
    user: &User,
    origin: Origin,
    active: Option<bool>,
    company_wide: bool,
    templates: &mut Templates,
) -> Identity {
    let parts = [user.first_name.value(), user.last_name.value()];
    let spoken =
        parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let name = user.name.value().filter(|name| !name.trim().is_empty());
    let mut identity = Identity::named(name.map_or(spoken, |name| name.trim().to_owned()), origin);
    (identity.first_name, identity.last_name) = name_parts(user, origin);
    identity.email = text(&user.email_address, origin, "email_address");
    identity.active = value(&user.is_active, origin, "is_active");
    if let (Known::Unknown, Some(active)) = (&identity.active, active) {
        identity.active = Known::is(active, origin);
    }
    identity.employee = value(&user.is_employee, origin, "is_employee");
    identity.job_title = text(&user.job_title, origin, "job_title");
    identity.created = value(&user.created_at, origin, "created_at");
    identity.logged_in = presence(&user.last_login_at, origin, "last_login_at");
    identity.invited = presence(&user.welcome_email_sent_at, origin, "welcome_email_sent_at");
    identity.adds_to_new_projects = value(&user.add_to_new_projects, origin, "add_to_new_projects");
    if company_wide {
        identity.default_template = template(&user.permission_template, origin, "permission_template", templates);
        let shown = value(&user.default_permission_template_id, origin, "default_permission_template_id");
        identity.default_template.hear(shown.map(|id| Some(templates.by_id(*id))));
        let shown = value(&user.company_permission_template_id, origin, "company_permission_template_id");
        identity.company_template.hear(shown.map(|id| Some(templates.by_id(*id))));
    }
    let company = template(&user.company_permission_template, origin, "company_permission_template", templates);
    identity.company_template.hear(company);
    identity
}

/// The template a user record names; null says that there is none.
pub fn template(
    field: &Field<TemplateReference>,
    origin: Origin,
    member: &'static str,
    templates: &mut Templates,
) -> Known<Option<TemplateIx>> {
    match field {
        Field::Null => Known::is(None, Evidence::new(origin, member)),
        Field::Is(reference) => match templates.referenced(reference, origin) {
            Some(index) => Known::is(Some(index), Evidence::new(origin, member)),
            None => Known::Unknown,
        },
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}

/// Users while records of them are heard, in the order in which they are first heard of.
struct People {
    all: Vec<Identity>,
    by_id: FxHashMap<Id, IdentityIx>,
    /// The members in which two records of a user differ.
    contradicted: BTreeSet<(Id, &'static str)>,
}

impl People {
    fn with_capacity(capacity: usize) -> Self {
        Self { all: Vec::with_capacity(capacity), by_id: FxHashMap::default(), contradicted: BTreeSet::new() }
    }

    /// Hears one more record of a user.
    fn hear(&mut self, id: Id, heard: Identity) {
        let next = self.all.len();
        let index = *self.by_id.entry(id).or_insert(next);
        let Some(known) = self.all.get_mut(index) else {
            self.all.push(Identity { id: Some(id), ..heard });
            return;
        };
        // Of two names the first by the alphabet is shown, so that the order of the records does not matter.
        if known.name.is_empty() || (!heard.name.is_empty() && heard.name < known.name) {
            known.name = heard.name;
        }
        let mut hear = |contradicts: bool, member: &'static str| {
            if contradicts {
                self.contradicted.insert((id, member));
            }
        };
        hear(known.first_name.hear(heard.first_name), "first_name");
        hear(known.last_name.hear(heard.last_name), "last_name");
        hear(known.email.hear(heard.email), "email_address");
        hear(known.active.hear(heard.active), "is_active");
        hear(known.employee.hear(heard.employee), "is_employee");
        hear(known.job_title.hear(heard.job_title), "job_title");
        hear(known.created.hear(heard.created), "created_at");
        hear(known.logged_in.hear(heard.logged_in), "last_login_at");
        hear(known.invited.hear(heard.invited), "welcome_email_sent_at");
        hear(known.adds_to_new_projects.hear(heard.adds_to_new_projects), "add_to_new_projects");
        hear(known.default_template.hear(heard.default_template), "permission_template");
        hear(known.company_template.hear(heard.company_template), "company_permission_template");
    }

    fn say_contradictions(&self, diagnostics: &mut Vec<Diagnostic>) {
        for (id, member) in &self.contradicted {
            if let Some(identity) = self.by_id.get(id).and_then(|index| self.all.get(*index)) {
                let message = format!("two records of user {id} differ in `{member}`; it counts as unknown");
                let place = Place::Member(identity.origin, (*member).to_owned());
                diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
            }
        }
    }
}
