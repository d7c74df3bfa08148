//! The identities of a company: directory users, and service accounts that have none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::apps::AppIx;
use super::classify::{Class, IdentityKind};
use super::names::{SERVICE_DOMAIN, app_stem};
use super::people::People;
use super::templates::{TemplateIx, Templates};
use cutover_export::Records;
use cutover_export::field::{Field, Id};
use cutover_export::records::TemplateReference;
use cutover_model::diagnostic::Diagnostic;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::kind::Kind;
use cutover_model::known::Known;

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
    pub first_name: Known<SmolStr>,
    /// Family name: the whole name of a service identity.
    pub last_name: Known<SmolStr>,
    /// The address it signs in with.
    pub email: Known<SmolStr>,
    /// Whether it is active in the company that was read.
    pub active: Known<bool>,
    /// The mark as an employee.
    pub employee: Known<bool>,
    /// The job title; empty when there is none.
    pub job_title: Known<SmolStr>,
    /// The day the directory user was made.
    pub created: Known<NaiveDate>,
    /// Whether it ever signed in to the web application.
    pub logged_in: Known<bool>,
    /// The earliest day on which a record says that it signed in.
    pub first_login: Option<NaiveDate>,
    /// Whether an invitation was sent.
    pub invited: Known<bool>,
    /// The earliest day on which a record says that an invitation was sent.
    pub first_invitation: Option<NaiveDate>,
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
    /// What distinguishes it from others without a user that have the same client id or name.
    pub qualifier: Option<String>,
}

impl Identity {
    /// An identity of which nothing but a name and a place is known.
    pub fn named(name: String, origin: Origin) -> Self {
        Self {
            id: None,
            name,
            named: true,
            class: Class::PERSON,
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
            first_login: None,
            invited: Known::Unknown,
            first_invitation: None,
            adds_to_new_projects: Known::Unknown,
            default_template: Known::Unknown,
            company_template: Known::Unknown,
            creates_projects: Known::Unknown,
            app: Known::Unknown,
            account: None,
            client_id: None,
            qualifier: None,
        }
    }

    /// The app's part of its name, from whichever of address and name still has the form of an app's user.
    pub fn app_stem(&self) -> Option<String> {
        let last = self.last_name.value().map(SmolStr::as_str);
        [self.service_address(), last, Some(self.name.as_str())].into_iter().flatten().find_map(app_stem)
    }

    /// The part of its address before `@procore.com`, if it has such an address, whatever its case.
    pub fn service_address(&self) -> Option<&str> {
        let email = self.email.value()?;
        let (local, domain) = email.split_at_checked(email.len().checked_sub(SERVICE_DOMAIN.len())?)?;
        (domain.eq_ignore_ascii_case(SERVICE_DOMAIN) && !local.is_empty()).then_some(local)
    }

    /// The part of its address before the domain and what people add to it: `ann` of `ann+procore@kestrel.test`.
    pub fn address_name(&self) -> Option<&str> {
        let local = self.email.value()?.split('@').next()?;
        local.split('+').next().filter(|name| !name.is_empty())
    }

    /// Whether it is known to have a given name.
    pub fn has_first_name(&self) -> bool {
        self.first_name.value().is_some_and(|name| !name.is_empty())
    }

    /// Whether it is a service identity.
    pub fn is_service(&self) -> bool {
        self.class.kind != IdentityKind::Person && !self.removed
    }

    /// What identifies it in results: its user id, the client id of an account without a user, or its name.
    pub fn key(&self) -> String {
        let own =
            self.id.map_or_else(|| self.client_id.clone().unwrap_or_else(|| self.name.clone()), |id| id.to_string());
        match &self.qualifier {
            Some(qualifier) => format!("{own} ({qualifier})"),
            None => own,
        }
    }
}

/// The identities of a company, in the order of their ids.
#[derive(Debug, Default)]
pub struct Directory {
    /// Users by id, then accounts without a user by name.
    pub identities: Vec<Identity>,
    /// Whether the list of users was read, so that who is not on it is not there, or is inactive.
    pub listed: bool,
    /// Whether inactive users were read, too: Procore lists them apart.
    lists_inactive: bool,
    /// Whether the address of every user is known.
    knows_addresses: bool,
    pub(super) users_of: BTreeMap<AppIx, BTreeSet<IdentityIx>>,
    /// The names in those of apps' users whose app is unknown.
    pub(super) unsettled: BTreeSet<String>,
    index: Index,
}

/// Finds identities.
#[derive(Debug, Default)]
struct Index {
    by_id: FxHashMap<Id, IdentityIx>,
    by_email: FxHashMap<SmolStr, IdentityIx>,
    /// Addresses that several identities have.
    shared_emails: FxHashSet<SmolStr>,
}

impl Index {
    fn add(&mut self, index: IdentityIx, identity: &Identity) {
        if let Some(id) = identity.id {
            self.by_id.insert(id, index);
        }
        if let Some(email) = identity.email.value().filter(|email| !email.is_empty())
            && *self.by_email.entry(lower(email)).or_insert(index) != index
        {
            self.shared_emails.insert(lower(email));
        }
    }
}

/// An address, whatever its case. Most are written in lower case already.
fn lower(email: &SmolStr) -> SmolStr {
    let is_lower = email.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { email.clone() } else { email.to_lowercase().into() }
}

impl Directory {
    /// Gathers every user the export knows of.
    pub fn build(records: &Records, templates: &mut Templates, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let identities = People::gather(records, templates, diagnostics);
        let mut directory = Self { listed: records.users_listed, identities, ..Self::default() };
        directory.index.by_id.reserve(directory.identities.len());
        directory.index.by_email.reserve(directory.identities.len());
        directory.identities.sort_unstable_by_key(|identity| identity.id);
        for (index, identity) in directory.identities.iter_mut().enumerate() {
            if let Some(id) = identity.id.filter(|_| identity.name.is_empty()) {
                identity.name = format!("user {id}");
                identity.named = false;
            }
            directory.index.add(index, identity);
        }
        let is_inactive = |identity: &Identity| identity.active.value() == Some(&false);
        directory.lists_inactive = records.present.contains(&Kind::InactiveUsers)
            || (directory.listed && directory.identities.iter().any(is_inactive));
        directory.knows_addresses = directory.identities.iter().all(|identity| identity.email.value().is_some());
        directory
    }

    /// Whether who is not in it is not there. A list of active users says nothing of inactive ones.
    pub fn is_complete(&self) -> bool {
        self.listed && self.lists_inactive
    }

    /// Whether an address that is not in it is none of an active user.
    pub fn holds_every_address(&self) -> bool {
        self.listed && self.knows_addresses
    }

    /// Adds an identity.
    pub fn push(&mut self, identity: Identity) -> IdentityIx {
        let index = self.identities.len();
        self.index.add(index, &identity);
        self.identities.push(identity);
        index
    }

    /// Gives identities without a user that would go by the same key one of their own: client ids may be shared, and an
    /// account may be called as another one's client.
    pub(super) fn disambiguate(&mut self) {
        let first = self.identities.partition_point(|identity| identity.id.is_some());
        let Some(own) = self.identities.get_mut(first..) else { return };
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for identity in &*own {
            *numbers.entry(identity.key()).or_default() += 1;
        }
        let ids = &self.index.by_id;
        let is_taken = |key: &str| key.parse().is_ok_and(|id| ids.contains_key(&Id(id)));
        let shared = |key: &str| numbers.get(key).is_some_and(|number| *number > 1) || is_taken(key);
        let mut seen: BTreeSet<String> = numbers.keys().filter(|key| !shared(key)).cloned().collect();
        for identity in own.iter_mut().filter(|identity| shared(&identity.key())) {
            let name = identity.name.clone();
            let names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name} {number}")));
            for name in names {
                identity.qualifier = Some(name);
                if seen.insert(identity.key()) {
                    break;
                }
            }
        }
    }

    /// The user with this id.
    pub fn by_id(&self, id: Id) -> Option<IdentityIx> {
        self.index.by_id.get(&id).copied()
    }

    /// Whether several users have this address.
    pub fn shares_email(&self, email: &str) -> bool {
        self.index.shared_emails.contains(email.to_lowercase().as_str())
    }

    /// The user with this address, whatever its case.
    pub fn by_email(&self, email: &str) -> Option<IdentityIx> {
        self.index.by_email.get(email.to_lowercase().as_str()).copied()
    }
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
