//! What to do about the violations of an audit: one action for each thing to edit, with the violations that it clears.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Party, Severity, Thing};

/// The most actions that a result lists; the others are counted.
pub const MAX_ACTIONS: usize = 1000;

/// One edit, its owner, and the violations that it clears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// What is edited.
    pub kind: ActionKind,
    /// The thing to edit: a permission template, an account, an app, an exported file.
    pub target: Thing,
    /// The edit, in a sentence or as `company Directory: Admin → Read Only`.
    pub edit: String,
    /// Who must act.
    pub party: Party,
    /// The company it is in.
    pub company: String,
    /// Where the export states what is edited.
    pub location: Location,
    /// How many open violations it clears, by severity.
    pub clears: Clears,
    /// The controls of these violations.
    pub controls: Vec<String>,
    /// The fingerprints of these violations, worst first; the first 1,000.
    pub violations: Vec<String>,
    /// Whether the edit was tried.
    pub effect: Effect,
}

/// What an action edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// One tool of a permission template, for everyone who has the template.
    EditTemplate,
    /// A legacy service account: its migration, or its removal, clears all of its violations.
    MigrateAccount,
    /// A secret in an exported file.
    RemoveSecret,
    /// Anything else: the remedy of one control for one subject.
    ApplyRemedy,
}

/// Whether an edit was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum Effect {
    /// The edit was made in memory, and the controls evaluated the result.
    Tried {
        /// Violations that it introduces.
        introduces: usize,
        /// Levels that it takes although they are in use, or an installed manifest asks for them.
        needed: usize,
    },
    /// The edit was not tried: the violations name it as their remedy.
    #[default]
    Expected,
}

/// Open violations by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "each count is of what it is named after")]
pub struct Clears {
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub info: usize,
}

impl Clears {
    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        *match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
        } += 1;
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.critical + self.high + self.medium + self.low + self.info
    }
}
