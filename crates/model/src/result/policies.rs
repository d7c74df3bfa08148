//! `cutover.policies/v1`: the controls of a policy pack, as its policies describe them.

use std::collections::BTreeMap;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Party, Severity, ToolInfo};
use crate::kind::Kind;

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.policies/v1";

/// The controls of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policies {
    /// `cutover.policies/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The families of the controls below, in the order of the pack.
    pub families: Vec<Family>,
    /// The controls, by id.
    pub controls: Vec<Control>,
}

/// Controls about the same thing: their ids begin with the same letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Family {
    /// What their ids begin with: `DIR`.
    pub id: String,
    /// What they are about; the id where nobody named it.
    pub name: String,
}

/// Severity a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// Must be fixed now.
    Critical,
    /// Must be fixed.
    High,
    /// Should be fixed.
    Medium,
    /// Untidy.
    Low,
    /// Worth knowing.
    Info,
    /// By the days left until the sunset.
    Deadline,
}

impl Rating {
    /// The severity, unless it follows the days.
    pub fn fixed(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Info => Some(Severity::Info),
            Self::Deadline => None,
        }
    }

    /// The word in files and results.
    pub fn id(self) -> &'static str {
        self.fixed().map_or("deadline", Severity::id)
    }
}

impl From<Severity> for Rating {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::High => Self::High,
            Severity::Medium => Self::Medium,
            Severity::Low => Self::Low,
            Severity::Info => Self::Info,
        }
    }
}

/// What puts its facts to a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// An audit: what the export says.
    Export,
    /// A migration plan only.
    Plan,
    /// A gate only: what changed between two exports.
    Change,
}

/// A control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// Its id: `DIR-01`.
    pub id: String,
    /// The family it belongs to.
    pub family: String,
    /// What it is about.
    pub title: String,
    /// Severity a violation is.
    pub severity: Rating,
    /// Why it has this severity by the scale in docs/severity.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_reason: Option<String>,
    /// Severity it is when the facts are unknown, for controls that never accept that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Severity>,
    /// Who must act.
    pub party: Party,
    /// The duty of that party it comes from.
    pub duty: Option<String>,
    /// What that duty is; nothing when the shared responsibility model does not know it.
    pub duty_text: Option<String>,
    /// Finding, with the names of attributes in braces.
    pub message: String,
    /// How to fix it, with the names of attributes in braces.
    pub remedy: String,
    /// Source.
    pub references: Vec<String>,
    /// Why the rule is; empty when its policy does not say.
    pub why: String,
    /// The facts it evaluates.
    pub applies_to: Vec<Applies>,
    /// The attributes its condition reads: `principal.active`.
    pub reads: Vec<String>,
    /// Which kinds of export say what an attribute is; any one of them can do.
    pub sources: Vec<Source>,
    /// Every kind of export that it reads something of.
    pub needs: Vec<Kind>,
    /// What it relates to in published frameworks. That is no claim of compliance.
    pub relates_to: Vec<Relation>,
    /// Where its policy stands.
    pub source: Place,
    /// What puts its facts to it.
    pub over: Over,
    /// What a violation means for the migration of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<String>,
    /// The policy, as written. Only where one control is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// An export that violates it. Only where one control is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

/// A kind of fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Applies {
    /// What it says: `exists`, `holds`, `requests`, …
    pub action: String,
    /// Of whom: `ManagedAccount`, `App`, …
    pub principal: String,
    /// With regard to what: `Company`, `Tool`, …
    pub resource: String,
}

/// Where an attribute comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The attribute: `principal.active`.
    pub reads: String,
    /// The kinds of export that say it.
    pub from: Vec<Kind>,
}

/// An item of a published framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// The framework: `NIST SP 800-53`.
    pub framework: String,
    /// Its version: `r5`.
    pub version: String,
    /// The id there: `AC-6`.
    pub id: String,
    /// What the framework calls it.
    pub title: String,
    /// How sure the relation is.
    pub verified: Verified,
}

impl Relation {
    /// Framework, version and id, as they are cited: `NIST SP 800-53 r5 AC-6`.
    pub fn cited(&self) -> String {
        // The ids of some frameworks name it: CWE-798.
        if self.id.starts_with(&self.framework) {
            return self.id.clone();
        }
        format!("{} {} {}", self.framework, self.version, self.id)
    }
}

/// How sure a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// The id was looked up in the catalogue of the framework.
    Catalogue,
    /// The id is from memory.
    Recalled,
}

/// Where a policy stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file; in the source of the program for a built-in control.
    pub path: String,
    /// Whether it is part of the program.
    pub built_in: bool,
}

/// An export that violates a control, and what Cutover says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Example {
    /// What is special about it.
    pub name: String,
    /// The files: path in the export, and content. Of a change, those that differ lie in `before/` and `after/`; the
    /// others are the same on both sides.
    pub files: BTreeMap<String, String>,
    /// Message.
    pub violations: Vec<ExampleViolation>,
}

/// A violation in an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExampleViolation {
    /// Severity it is.
    pub severity: Severity,
    /// Finding.
    pub message: String,
    /// How to fix it.
    pub remedy: String,
    /// Where the export states it: `users.json:3:14`. A plan names no place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_cited_with_its_framework() {
        let relation = |framework: &str, version: &str, id: &str| Relation {
            framework: framework.to_owned(),
            version: version.to_owned(),
            id: id.to_owned(),
            title: String::new(),
            verified: Verified::Catalogue,
        };
        assert_eq!(relation("NIST SP 800-53", "r5", "AC-6").cited(), "NIST SP 800-53 r5 AC-6");
        assert_eq!(relation("CWE", "4", "CWE-798").cited(), "CWE-798");
    }
}
