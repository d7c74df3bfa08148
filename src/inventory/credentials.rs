//! Stored credentials and what keeps them, whatever the system: MapForce and FlowForce, App Builder, a register of OAuth
//! clients.
//!
//! What only one system says stands in a file of its own; what all of them have in common stands here, so that one
//! control can speak of every OAuth credential, and a plan finds all places that hold the client id of an account.

use super::known::Known;
use crate::export::document::Evidence;

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
    /// Where it stands.
    pub evidence: Evidence,
}
