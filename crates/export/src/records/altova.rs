//! MapForce and FlowForce: the neutral inventory document `altova/1`, and what the scan of a design (`.mfd`) tells.
//!
//! The document is Cutover's own form, one for each server; `docs/exporting.md` describes it for users. No member of it
//! may hold a secret: of those only a presence word is reported.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::field::{Field, Named, Shape, record};
use cutover_secrets::Presence;

/// The one version of the document that is read.
pub const VERSION: &str = "altova/1";

/// Declares the words that a member may hold; any other counts as of the wrong type.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub &'static str);

        impl $name {
            /// Every word.
            pub const WORDS: &[&str] = &[$($word),*];
        }

        impl Shape for $name {
            fn from_text(text: &str) -> Option<Self> {
                Self::WORDS.iter().find(|word| **word == text).map(|word| Self(word))
            }
        }
    };
}

words! {
    /// What a credential is.
    Sort { "oauth2", "password", "ssh_key" }
}

words! {
    /// The grant type. The releases of 2020 and 2023 have no such field: `unstated`.
    Grant { "authorization_code", "client_credentials", "password", "unstated" }
}

words! {
    /// How a credential came to the server.
    HowItCame { "created_on_server", "deployed_standalone", "deployed_with_mapping", "mfd_only", "unknown" }
}

words! {
    /// Where the client's id and secret stand in a request for a token.
    Placement { "header", "body" }
}

words! {
    /// Who can read the folder of a design: one person, several, or everyone with the history of a repository.
    Storage { "private", "shared", "versioned" }
}

words! {
    /// What runs a mapping. Only FlowForce renews access tokens.
    Runner { "flowforce", "mapforce_server" }
}

words! {
    /// What a password may be used for.
    Usage { "http", "ftp", "ssh", "job_execution" }
}

/// A release: `2024`, or `"2024r2"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release(pub String);

impl Shape for Release {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
    fn from_number(number: i128) -> Option<Self> {
        Some(Self(number.to_string()))
    }
}

/// One name, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(pub Vec<String>);

impl Shape for Names {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(vec![text.to_owned()]))
    }
    fn from_list<'de, A: serde::de::SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut names, mut all) = (Vec::new(), true);
        while let Some(name) = list.next_element::<Field<String>>()? {
            all &= name.value().is_some();
            names.extend(name.value().cloned());
        }
        Ok(all.then_some(Self(names)))
    }
}

record! {
    /// An inventory document.
    Inventory {
        cutover_inventory: String,
        /// The date it was evaluated as of.
        as_of: NaiveDate,
        /// What people call the server.
        name: String,
        release: Release,
        /// What runs the jobs that do not say it themselves.
        server: Runner,
        /// Somebody checked that the user `root` no longer has the password it was installed with.
        root_initial_password_changed: bool,
        credentials: Vec<Field<Credential>>,
        mappings: Vec<Field<Mapping>>,
        jobs: Vec<Field<Job>>,
        permissions: Vec<Field<Permission>>,
        privileges: Vec<Field<Privilege>>,
        /// Imports that are planned.
        imports: Vec<Field<Import>>,
        export: Package,
    }
}

record! {
    /// A credential object.
    Credential {
        /// Its container path on the server, or its name in the design.
        id: String,
        r#type: Sort,
        grant: Grant,
        origin: HowItCame,
        authorization_endpoint: String,
        token_endpoint: String,
        client_id: String,
        scope: String,
        redirect_uri: Names,
        specific_port: bool,
        /// The provider compares redirect URIs letter by letter, port and all.
        provider_exact_redirect: bool,
        token_endpoint_auth: Placement,
        presence: Named<Presence>,
        saved_in_mfd: bool,
        /// Where the design with this credential is kept.
        mfd_storage: Storage,
        included_in_deployment: bool,
        allow_usage: Vec<Field<Usage>>,
    }
}

record! {
    /// The HTTP security of the web service calls of a mapping.
    Tls { check_server_certificate: bool, allow_host_mismatch: bool }
}

record! {
    /// A mapping.
    Mapping {
        id: String,
        /// The name of its design in this export: `pull.mfd`.
        design: String,
        deployed: bool,
        /// The credentials it names.
        uses: Vec<Field<String>>,
        /// The credentials of the user-defined functions it imports.
        udf_credentials: Vec<Field<String>>,
        /// A user name and password stored inside a web service component.
        stored_basic_auth: bool,
        tls: Tls,
    }
}

record! {
    /// A job, or whatever else runs a mapping.
    Job {
        id: String,
        /// The mapping.
        runs: String,
        runner: Runner,
        /// The credentials its mapping step references; null when it references none.
        credential_ref: Names,
        local_credential: bool,
        os_credential_ref: String,
        /// How it is called, as the scheduler says; null when no command line is involved.
        command_line: String,
    }
}

record! {
    /// What a role or user may do in a container, in the words of the release.
    Permission {
        container: String,
        /// `role:etl`, `user:anna`.
        principal: String,
        family: String,
        value: String,
        /// This permission was taken away to revoke a credential.
        as_revocation: bool,
    }
}

record! {
    /// A global privilege.
    Privilege { principal: String, privilege: String }
}

record! {
    /// An export package.
    Package { file: String, sensitive_included: bool }
}

record! {
    /// A planned import of a package.
    Import {
        package: String,
        sensitive_included: bool,
        overwrite: bool,
        /// The credentials in the package; without this member, any credential may be in it. What stands under the name
        /// `credentials` would be taken for secrets.
        holds: Vec<Field<String>>,
    }
}

/// What a command line carries; told before anything in it is blanked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommandLine {
    /// A password, secret or token.
    pub secret: bool,
    /// An access token: `oauth:token`, all that MapForce Server takes.
    pub bearer: bool,
}

/// An inventory document and what its file tells beside it.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// What it says.
    pub inventory: Inventory,
    /// The name of the file without its ending.
    pub file: String,
    /// The folder between `credentials/` and the file.
    pub environment: Option<String>,
    /// By job.
    pub command_lines: BTreeMap<usize, CommandLine>,
}

/// A place in a design, as the number of a record of its file.
pub type Spot = u32;

/// What the scan of a design found. How MapForce writes credentials into a design is not published: only what is
/// recognised is reported.
#[derive(Debug, Clone, Default)]
pub struct Design {
    /// The path inside the export.
    pub path: String,
    /// Web service calls.
    pub calls: usize,
    /// The hosts they call.
    pub hosts: BTreeSet<String>,
    /// Passwords in clear text, and where the first one stands.
    pub clear_passwords: (usize, Option<Spot>),
    /// A user name and password stored in a web service component. `None` where a call may hold one unseen.
    pub stored_basic_auth: Option<(bool, Option<Spot>)>,
    /// Whether the certificate of the server is checked everywhere, if the design says.
    pub check_server_certificate: Option<(bool, Spot)>,
    /// Whether another host name in the certificate is accepted anywhere, if the design says.
    pub allow_host_mismatch: Option<(bool, Spot)>,
    /// Elements and attributes whose names speak of credentials.
    pub telling_names: usize,
}
