//! Stored credentials and what keeps them, whatever the system: MapForce and FlowForce, App Builder, a register of OAuth
//! clients.
//!
//! What only one system says stands in a file of its own; what all of them have in common stands here, so that one
//! control can speak of every OAuth credential, and a plan finds all places that hold the client id of an account.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::known::Known;
use super::servers::{self, PROCORE, Server};
use super::{Company, accounts::Account};
use crate::export::document::Evidence;
use crate::export::kind::Kind;

/// An index into [`super::Company::stores`].
pub type StoreIx = usize;

/// The system that keeps credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// MapForce, MapForce Server and FlowForce Server.
    Altova,
    /// Jitterbit App Builder.
    AppBuilder,
    /// A register of OAuth clients that the company keeps.
    Register,
}

impl System {
    /// The name in the schema.
    pub fn id(self) -> &'static str {
        match self {
            Self::Altova => "altova",
            Self::AppBuilder => "app builder",
            Self::Register => "register",
        }
    }
}

/// A place where credentials are kept.
#[derive(Debug, Clone)]
pub struct Store {
    /// Its id: system, environment and file name, so that it survives another export.
    pub id: String,
    /// Its name, as shown.
    pub name: String,
    /// What it is.
    pub system: System,
    /// "production", "sandbox", …: the folder the file lies in.
    pub environment: Known<String>,
    /// Where it is described.
    pub evidence: Evidence,
}

/// A credential that a system keeps. Secrets are never here: at most whether there is one.
#[derive(Debug, Clone)]
pub struct StoredCredential {
    /// Where it is kept.
    pub store: StoreIx,
    /// Its id in the store: a container path, a row's id.
    pub id: String,
    /// Its name, as shown.
    pub name: String,
    /// "oauth2", "password", "ssh_key".
    pub sort: String,
    /// The grant type, in lower case with underscores; "unstated" when the release has no such field.
    pub grant: Known<String>,
    /// The client id.
    pub client_id: Known<String>,
    /// Where the browser is sent.
    pub authorization_endpoint: Known<String>,
    /// Where tokens are asked for.
    pub token_endpoint: Known<String>,
    /// Where the browser comes back to.
    pub redirect_uris: Known<Vec<String>>,
    /// The scope, as written; empty when there is none.
    pub scope: Known<String>,
    /// What is written down about it beside what works.
    pub particulars: Particulars,
    /// Where it stands.
    pub evidence: Evidence,
}

/// What is written down about an OAuth client, beside what makes it work. A register says most of it; a system that
/// keeps credentials says little, and what it does not say is unknown.
#[derive(Debug, Clone, Default)]
pub struct Particulars {
    /// What keeps the secret, in the words of the register: `FlowForce`, `Azure Key Vault`.
    pub kept_in: Known<String>,
    /// The environment, where the credential says another than its store.
    pub environment: Known<String>,
    /// The companies it serves.
    pub tenants: Known<BTreeSet<String>>,
    /// "server", "desktop", "mobile" or "browser": where the secret lies.
    pub client_kind: Known<String>,
    /// Whether a client secret is kept.
    pub client_secret: Known<bool>,
    /// Whether a refresh token is kept.
    pub refresh_token: Known<bool>,
    /// The words of the scope that somebody approved; nothing is known of an approval that nobody wrote down.
    pub approved_scope: Known<BTreeSet<String>>,
    /// Who answers for it; empty when nobody does.
    pub owner: Known<String>,
    /// What it is for; empty when that is not written.
    pub purpose: Known<String>,
    /// The day by which it is to be reviewed again; `None` when there is no such day.
    pub next_review: Known<Option<NaiveDate>>,
    /// The day it was made; `None` when that is not written.
    pub created: Known<Option<NaiveDate>>,
    /// The day its secret was last replaced; `None` when it never was.
    pub rotated: Known<Option<NaiveDate>>,
    /// The day of its last use.
    pub last_used: Known<NaiveDate>,
    /// Whether it was never used.
    pub never_used: Known<bool>,
    /// Whether it is no longer to be used.
    pub retired: Known<bool>,
    /// The day it was revoked; `None` when it was not.
    pub revoked: Known<Option<NaiveDate>>,
    /// What proves the revocation; empty when nothing does.
    pub revocation_evidence: Known<String>,
    /// Where it is written down who is hit when the secret leaks; empty when nowhere.
    pub blast_radius_record: Known<String>,
    /// The traditional service account it belongs to, by name; empty when to none.
    pub account: Known<String>,
}

impl Particulars {
    /// The day since which its secret is what it is. A replacement that nobody wrote down does not count: the secret is
    /// then as old as the client.
    pub fn secret_since(&self) -> Known<Option<NaiveDate>> {
        match (&self.rotated, &self.created) {
            (Known::Is(rotated), _) if rotated.value.is_some() => self.rotated.clone(),
            (Known::Contradicted, _) => Known::Unknown,
            (_, Known::Is(_)) => self.created.clone(),
            (Known::Is(_), _) => self.rotated.clone(),
            _ => Known::Unknown,
        }
    }
}

/// Whose authorization server gives out the tokens of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// Nothing says.
    Unknown,
    /// One of which something is known.
    Known(&'static str),
    /// One of which nothing but the host is known.
    Host(String),
}

impl Issuer {
    /// The id of the server: its own, or its host.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Unknown => None,
            Self::Known(id) => Some(id),
            Self::Host(host) => Some(host),
        }
    }

    /// Whether it is Procore's.
    pub fn is_procore(&self) -> bool {
        *self == Self::Known(PROCORE)
    }

    /// What is known of it.
    pub fn server(&self) -> Option<&'static Server> {
        self.id().and_then(servers::by_id)
    }
}

impl StoredCredential {
    /// A credential of which nothing more is known.
    pub fn new(
        store: StoreIx,
        id: impl Into<String>,
        name: impl Into<String>,
        sort: &str,
        evidence: impl Into<Evidence>,
    ) -> Self {
        Self {
            store,
            id: id.into(),
            name: name.into(),
            sort: sort.to_owned(),
            grant: Known::Unknown,
            client_id: Known::Unknown,
            authorization_endpoint: Known::Unknown,
            token_endpoint: Known::Unknown,
            redirect_uris: Known::Unknown,
            scope: Known::Unknown,
            particulars: Particulars::default(),
            evidence: evidence.into(),
        }
    }

    /// The hosts of its endpoints, that of the tokens first.
    pub fn hosts(&self) -> Vec<String> {
        let endpoints = [&self.token_endpoint, &self.authorization_endpoint];
        endpoints.into_iter().filter_map(|endpoint| servers::host(endpoint.value()?)).collect()
    }

    /// Whose server its endpoints are.
    pub fn issuer(&self) -> Issuer {
        match self.hosts().first() {
            Some(host) => {
                servers::of_host(host).map_or_else(|| Issuer::Host(host.clone()), |server| Issuer::Known(&server.id))
            }
            None => Issuer::Unknown,
        }
    }

    /// The client id, where there is one.
    pub fn client(&self) -> Option<&str> {
        self.client_id.value().map(String::as_str).filter(|id| !id.is_empty())
    }

    /// Whether it is an OAuth credential.
    pub fn is_oauth(&self) -> bool {
        self.sort == "oauth2"
    }
}

impl Company {
    /// Whose server gives out the tokens of a credential: told from its endpoints; without any, it is Procore's if the
    /// client id is that of an account or an app.
    pub fn issuer(&self, credential: &StoredCredential) -> Issuer {
        let told = credential.issuer();
        let of_procore = || {
            let Some(client) = credential.client() else { return false };
            self.accounts.iter().any(|account| account.client_id.value().is_some_and(|id| id == client))
                || self.apps.all.iter().any(|app| app.key == client)
        };
        match told {
            Issuer::Unknown if of_procore() || self.names_account(credential).is_some() => Issuer::Known(PROCORE),
            told => told,
        }
    }

    /// The environment of a credential: its own, or that of its store, or the one its endpoints serve.
    pub fn environment(&self, credential: &StoredCredential) -> Known<String> {
        let store = self.stores.get(credential.store).map(|store| &store.environment);
        let told = [Some(&credential.particulars.environment), store].into_iter().flatten();
        if let Some(told) = told.into_iter().find(|told| told.value().is_some_and(|name| !name.is_empty())) {
            return told.map(|name| canonical(name));
        }
        let host = credential.hosts().into_iter().next();
        let served = host.and_then(|host| Some(servers::of_host(&host)?.environment(&host)?.to_owned()));
        served.map_or(Known::Unknown, |name| Known::is(name, credential.evidence.clone()))
    }

    /// The account that a credential names.
    fn names_account(&self, credential: &StoredCredential) -> Option<&Account> {
        let name = credential.particulars.account.value().filter(|name| !name.is_empty())?;
        self.accounts.iter().find(|account| account.name == *name)
    }

    /// Whether a credential is one of this account: it has its client id, or names it, and its endpoints, where they are
    /// known, are Procore's. The same client id at another server is another client.
    pub fn is_of(&self, credential: &StoredCredential, account: &Account) -> bool {
        let client = account.client_id.value().map(String::as_str).filter(|id| !id.is_empty());
        let same_client = client.is_some() && credential.client() == client;
        // With a client id of its own, a name says nothing against it.
        let named = credential.client().is_none_or(|_| client.is_none())
            && credential.particulars.account.value().is_some_and(|name| *name == account.name);
        let issuer = credential.issuer();
        (same_client || named) && (issuer.is_procore() || issuer == Issuer::Unknown)
    }

    /// The traditional account that a credential belongs to; empty when it is known to be none's.
    pub fn account_of(&self, credential: &StoredCredential) -> Known<String> {
        let evidence = credential.client_id.stated().map_or(&credential.evidence, |client| &client.evidence).clone();
        if let Some(account) = self.accounts.iter().find(|account| self.is_of(credential, account)) {
            return Known::is(account.name.clone(), evidence);
        }
        let foreign = matches!(credential.issuer(), Issuer::Host(_));
        let complete = self.present.contains(&Kind::ServiceAccounts)
            && self.accounts.iter().all(|account| account.client_id.value().is_some());
        if foreign || (complete && credential.client().is_some()) {
            return Known::is(String::new(), evidence);
        }
        Known::Unknown
    }

    /// The app whose client a credential holds; empty when it is known to be none's.
    pub fn app_of(&self, credential: &StoredCredential) -> Known<String> {
        if matches!(credential.issuer(), Issuer::Host(_)) {
            return Known::is(String::new(), credential.evidence.clone());
        }
        let Some(client) = credential.client_id.stated() else { return Known::Unknown };
        match self.apps.all.iter().find(|app| app.key == client.value) {
            Some(app) => Known::is(app.name.clone(), client.evidence.clone()),
            None if self.apps.complete()
                || self.account_of(credential).value().is_some_and(|name| !name.is_empty()) =>
            {
                Known::is(String::new(), client.evidence.clone())
            }
            None => Known::Unknown,
        }
    }

    /// The rows of the register about the same client as this credential, itself aside.
    pub fn registered<'a>(
        &'a self,
        credential: &'a StoredCredential,
    ) -> impl Iterator<Item = &'a StoredCredential> + 'a {
        let of_register = |other: &&StoredCredential| {
            self.stores.get(other.store).is_some_and(|store| store.system == System::Register)
        };
        let same = move |other: &&StoredCredential| other.client().is_some() && other.client() == credential.client();
        self.credentials.iter().filter(of_register).filter(same)
    }
}

/// `Prod` and `production` are one environment.
fn canonical(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.as_str() {
        "prod" | "live" => "production".to_owned(),
        _ => name,
    }
}
