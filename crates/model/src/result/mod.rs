//! The result documents: what every verb produces and every renderer reads, versioned by name.
//!
//! The JSON Schemas in `schemas/` are generated from these types. A field is only ever added within a version.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub mod action;
pub mod answer;
pub mod audit;
pub mod comparison;
pub mod decisions;
pub mod explanation;
pub mod gate;
pub mod graph;
pub mod integrations;
pub mod listing;
pub mod manifest;
pub mod plan;
pub mod policies;
pub mod policy_check;
pub mod policy_test;
pub mod repair;
pub mod saved;
pub mod violations;

/// Severity a violation is. Ordered, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Untidy.
    Low,
    /// Should be fixed.
    Medium,
    /// Must be fixed.
    High,
    /// Must be fixed now.
    Critical,
}

impl Severity {
    /// Every severity, worst first.
    pub const WORST_FIRST: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word in files and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of this [`Severity::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::WORST_FIRST.into_iter().find(|severity| severity.id() == id)
    }
}

/// Who answers for something in the shared responsibility model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The company that installs integrations and gives them access.
    Customer,
    /// Whoever makes the integration.
    Developer,
    /// Procore.
    Platform,
}

impl Party {
    /// Every party.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Developer, Self::Platform];

    /// The word in files and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Developer => "developer",
            Self::Platform => "platform",
        }
    }

    /// The party of this [`Party::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.id() == id)
    }
}

/// A duty of the shared responsibility model, and the party that answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Duty {
    /// Its id: `C4`.
    pub id: String,
    /// What it is: "the permissions of all directory users, whatever the grant type".
    pub title: String,
    /// Who answers for it.
    pub party: Party,
}

/// A place in the export that a person can open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file, as given on the command line; the place in it for what stands in no file.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// JSON pointer into the file; `/row/column name` in a table.
    pub pointer: String,
    /// The lines around, with secrets and control characters taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet>,
}

/// A few lines of a file with one part marked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Snippet {
    /// The lines, safe to show.
    pub text: String,
    /// The number of the first one.
    pub first_line: usize,
    /// Where the marked part starts, in bytes of `text`.
    pub start: usize,
    /// How long it is, in bytes.
    pub length: usize,
}

/// Something in a company: an identity, an app, a tool, a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    /// Its type in the policies: `ManagedAccount`, `Tool`, …
    pub r#type: SmolStr,
    /// Its id.
    pub id: SmolStr,
    /// Its name.
    pub name: SmolStr,
}

impl Thing {
    /// Something of this type, with this id and this name.
    pub fn new(r#type: impl Into<SmolStr>, id: impl Into<SmolStr>, name: impl Into<SmolStr>) -> Self {
        Self { r#type: r#type.into(), id: id.into(), name: name.into() }
    }
}

/// The tool that wrote a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolInfo {
    /// `cutover`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl ToolInfo {
    /// The name in every result document; one with another name was written by another program.
    pub const NAME: &str = "cutover";

    /// This program. All its crates have one version.
    pub fn current() -> Self {
        Self { name: Self::NAME.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}
