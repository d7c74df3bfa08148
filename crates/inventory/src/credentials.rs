//! Stored credentials and what keeps them, whatever the system: MapForce and FlowForce, App Builder, a register of OAuth
//! clients.
//!
//! What only one system says stands in a file of its own; what all of them have in common stands here, so that one
//! control can speak of every OAuth credential, and a plan finds all places that hold the client id of an account.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::clients::Issuer;
use super::servers;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;

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
    pub kind: String,
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
    /// Where it is.
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
    /// The legacy service account it belongs to, by name; empty when to none.
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

impl StoredCredential {
    /// A credential of which nothing more is known.
    pub fn new(
        store: StoreIx,
        id: impl Into<String>,
        name: impl Into<String>,
        kind: &str,
        evidence: impl Into<Evidence>,
    ) -> Self {
        Self {
            store,
            id: id.into(),
            name: name.into(),
            kind: kind.to_owned(),
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
        self.kind == "oauth2"
    }
}
