//! MapForce and FlowForce: servers, their credentials, and the mappings and jobs that use them.
//!
//! A credential is stored once and used through two doors: deployed inside a mapping, or referenced by a job. Which one
//! decides whether its access token can be renewed: see [`renewal`].

use std::collections::{BTreeMap, BTreeSet};

use super::credentials::{Particulars, Store, StoreIx, StoredCredential, System};
use cutover_export::Records;
use cutover_export::field::Field;
use cutover_export::records::altova as record;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

mod copies;
mod designs;
mod endpoints;
mod jobs;
mod packages;
mod permissions;
pub mod renewal;

pub(super) use copies::add_copies_elsewhere;
pub use designs::Mapping;
pub use jobs::Job;
pub use packages::{Direction, Package};
pub use permissions::Permission;
use renewal::Renewal;

/// What MapForce and FlowForce say of a stored credential beyond what every system says.
#[derive(Debug, Clone)]
pub struct AltovaCredential {
    /// Whether its access token can be renewed.
    pub renewal: Renewal,
    /// Whether the server holds an access token.
    pub access_token: Known<bool>,
    /// Whether the server holds a refresh token.
    pub refresh_token: Known<bool>,
    /// Whether any secret of it is on the server.
    pub holds_secrets: Known<bool>,
    /// Whether its secrets are saved in the design as well.
    pub saved_in_mfd: Known<bool>,
    /// Where that design is kept: "private", "shared" or "versioned".
    pub mfd_storage: Known<String>,
    /// The endpoint without https, in words; empty when there is none.
    pub insecure_endpoint: Known<String>,
    /// Whether the two endpoints are on hosts that have nothing to do with each other.
    pub unrelated_hosts: Known<bool>,
    /// Whether MapForce chooses the port of the redirect URI anew.
    pub automatic_port: Known<bool>,
    /// Whether the provider compares redirect URIs letter by letter.
    pub exact_redirect: Known<bool>,
    /// How many places hold this authorization; `None` where sharing does no harm.
    pub copies: Option<Known<usize>>,
}

/// A server.
#[derive(Debug)]
pub struct Server {
    /// The store it is.
    pub store: StoreIx,
    /// Its release, as written: labels of permissions changed between releases.
    pub release: Known<String>,
    /// Whether the user `root` still has the password it was installed with.
    pub root_initial_password: Known<bool>,
    /// How many roles and users hold a global privilege.
    pub privilege_holders: Known<permissions::Holders>,
    /// Its jobs.
    pub jobs: Vec<Job>,
    /// What roles and users may do in its containers.
    pub permissions: Vec<Permission>,
    /// Packages that were made, or are to be imported.
    pub packages: Vec<Package>,
    /// The lists that its document leaves out, or does not hold whole, as `attributes.toml` calls them.
    pub unlisted: Vec<&'static str>,
}

/// Everything of MapForce and FlowForce that a company has.
#[derive(Debug, Default)]
pub struct Altova {
    /// By index in the company's credentials.
    pub credentials: BTreeMap<usize, AltovaCredential>,
    /// The servers.
    pub servers: Vec<Server>,
    /// The mappings of the servers, and the designs that no server names.
    pub mappings: Vec<Mapping>,
}

/// A part of a document, and the pointer to it.
#[derive(Debug, Clone)]
struct Part {
    origin: Origin,
    at: String,
}

impl Part {
    fn evidence(&self, member: &str) -> Evidence {
        let separator = if self.at.is_empty() || member.is_empty() { "" } else { "/" };
        Evidence::new(self.origin, format!("{}{separator}{member}", self.at))
    }

    /// What a member says; null says nothing.
    fn said<T, U>(&self, field: &Field<T>, member: &str, value: impl FnOnce(&T) -> U) -> Known<U> {
        field.value().map_or(Known::Unknown, |found| Known::is(value(found), self.evidence(member)))
    }

    /// A text; null means that there is none.
    fn text(&self, field: &Field<String>, member: &str) -> Known<String> {
        match field {
            Field::Null => Known::is(String::new(), self.evidence(member)),
            field => self.said(field, member, |text| text.trim().to_owned()),
        }
    }

    /// A list of names; unknown as a whole if one of them is.
    fn list(&self, field: &Field<Vec<Field<String>>>, member: &str) -> Known<Vec<String>> {
        let Field::Is(list) = field else { return Known::Unknown };
        let names: Option<Vec<String>> = list.iter().map(|name| name.value().cloned()).collect();
        names.map_or(Known::Unknown, |names| Known::is(names, self.evidence(member)))
    }
}

/// A list of a document, and whether it is all there: only then does it say what is not in it.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// What could be read.
    pub all: Vec<T>,
    /// Nothing is missing.
    pub complete: bool,
}

/// The elements of a list that are of their shape, each with its place.
fn parts<'r, T>(field: &'r Field<Vec<Field<T>>>, origin: Origin, member: &str) -> Listed<(Part, &'r T)> {
    let Field::Is(list) = field else { return Listed { all: Vec::new(), complete: false } };
    let part = |(index, element): (usize, &'r Field<T>)| {
        Some((Part { origin, at: format!("{member}/{index}") }, element.value()?))
    };
    let all: Vec<_> = list.iter().enumerate().filter_map(part).collect();
    Listed { complete: all.len() == list.len(), all }
}

/// The last step of a container path: `/public/erp/procore` is called `procore`.
fn short(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Whether a reference means the object with this id: by its whole path, or by its name alone.
fn means(reference: &str, id: &str) -> bool {
    reference == id || (!reference.contains('/') && reference == short(id))
}

/// Reads the servers and designs of a company. Credentials and stores are added to those of other systems.
pub(super) fn read(
    records: &Records,
    stores: &mut Vec<Store>,
    credentials: &mut Vec<StoredCredential>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Altova {
    let mut altova = Altova::default();
    let mut holders = copies::Holders::new();
    let mut designs = designs::Designs::new(records);
    for read in &records.altova {
        let (document, origin) = (&read.value, read.origin);
        let store = stores.len();
        stores.push(store_of(document, origin));
        let known = credentials_of(document, origin, diagnostics);
        let mappings = designs.of_server(document, origin, store, diagnostics);
        let jobs = jobs::read(document, origin, &known, &mappings, diagnostics);
        let running = renewal::Running::new(&jobs);
        holders.complete &= known.complete;
        for (part, credential) in &known.all {
            let index = credentials.len();
            let stored = stored(part, credential, store);
            holders.merge(index, part, credential);
            let renewal = renewal::of(part, credential, &mappings, &running);
            altova.credentials.insert(index, described(part, credential, renewal));
            credentials.push(stored);
        }
        let server = Part { origin, at: String::new() };
        let inventory = &document.inventory;
        let lists = [
            ("altova.credentials", known.complete),
            ("altova.mappings", mappings.complete),
            ("altova.jobs", jobs.complete),
            ("altova.permissions", parts(&inventory.permissions, origin, "permissions").complete),
            ("altova.packages", packages::complete(inventory)),
        ];
        altova.servers.push(Server {
            unlisted: lists.into_iter().filter(|(_, complete)| !complete).map(|(list, _)| list).collect(),
            store,
            release: server.said(&inventory.release, "release", |release| release.0.clone()),
            root_initial_password: server.said(
                &inventory.root_initial_password_changed,
                "root_initial_password_changed",
                |changed| !changed,
            ),
            privilege_holders: permissions::holders(inventory, origin),
            jobs: jobs.all,
            permissions: permissions::read(inventory, origin, diagnostics),
            packages: packages::read(inventory, origin, &known, diagnostics),
        });
        altova.mappings.extend(mappings.all);
    }
    altova.mappings.extend(designs.of_no_server());
    for (index, copies) in holders.copies() {
        if let Some(credential) = altova.credentials.get_mut(&index) {
            credential.copies = copies;
        }
    }
    altova
}

fn store_of(document: &record::Document, origin: Origin) -> Store {
    let part = Part { origin, at: String::new() };
    let inventory = &document.inventory;
    let environment = document.environment.clone();
    let id = ["altova", environment.as_deref().unwrap_or_default(), &document.file].join(":");
    let name = inventory.name.value().cloned().unwrap_or_else(|| document.file.clone());
    Store {
        id,
        name,
        system: System::Altova,
        environment: environment.map_or(Known::Unknown, |name| Known::is(name, origin)),
        evidence: part.evidence("cutover_inventory"),
    }
}

/// The credentials of a document that have an id.
fn credentials_of<'r>(
    document: &'r record::Document,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Listed<(Part, &'r record::Credential)> {
    let all = parts(&document.inventory.credentials, origin, "credentials");
    let id = |credential: &record::Credential| credential.id.value().cloned();
    with_ids(all, "a credential", id, diagnostics)
}

/// Leaves out what has no id, or one that was there before.
fn with_ids<'r, T>(
    listed: Listed<(Part, &'r T)>,
    what: &str,
    id: impl Fn(&T) -> Option<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Listed<(Part, &'r T)> {
    let (mut seen, mut kept, mut complete) = (BTreeSet::new(), Vec::new(), listed.complete);
    for (part, element) in listed.all {
        let id = id(element).filter(|id| !id.is_empty());
        let fault = match &id {
            None => Some((Code::Shape, format!("{what} without `id`; it was left out"))),
            Some(id) if seen.contains(id) => {
                Some((Code::Conflict, format!("{what} with the `id` of another one; it was left out")))
            }
            Some(_) => None,
        };
        if let Some((code, message)) = fault {
            complete = false;
            diagnostics.push(Diagnostic::new(code, Place::Member(part.origin, part.at), message));
        } else {
            seen.extend(id);
            kept.push((part, element));
        }
    }
    Listed { all: kept, complete }
}

/// What every system says of a credential.
fn stored(part: &Part, credential: &record::Credential, store: StoreIx) -> StoredCredential {
    let id = credential.id.value().cloned().unwrap_or_default();
    let redirect = match &credential.redirect_uri {
        Field::Null => Known::is(Vec::new(), part.evidence("redirect_uri")),
        field => part.said(field, "redirect_uri", |names| names.0.clone()),
    };
    StoredCredential {
        store,
        name: id.clone(),
        id,
        kind: credential.r#type.value().map_or("unknown", |kind| kind.0).to_owned(),
        grant: renewal::grant(part, credential),
        client_id: part.text(&credential.client_id, "client_id"),
        authorization_endpoint: part.text(&credential.authorization_endpoint, "authorization_endpoint"),
        token_endpoint: part.text(&credential.token_endpoint, "token_endpoint"),
        redirect_uris: redirect,
        scope: part.text(&credential.scope, "scope"),
        particulars: Particulars {
            client_secret: renewal::presence(part, credential, "client_secret"),
            refresh_token: renewal::presence(part, credential, "refresh_token"),
            ..Particulars::default()
        },
        evidence: part.evidence("id"),
    }
}

fn described(part: &Part, credential: &record::Credential, renewal: Renewal) -> AltovaCredential {
    let presence = |name: &str| renewal::presence(part, credential, name);
    AltovaCredential {
        renewal,
        access_token: presence("access_token"),
        refresh_token: presence("refresh_token"),
        holds_secrets: packages::holds_secrets(part, credential),
        saved_in_mfd: part.said(&credential.saved_in_mfd, "saved_in_mfd", Clone::clone),
        mfd_storage: part.said(&credential.mfd_storage, "mfd_storage", |storage| storage.0.to_owned()),
        insecure_endpoint: endpoints::insecure(part, credential),
        unrelated_hosts: endpoints::unrelated(part, credential),
        automatic_port: endpoints::automatic_port(part, credential),
        exact_redirect: endpoints::exact_redirect(part, credential),
        copies: None,
    }
}
