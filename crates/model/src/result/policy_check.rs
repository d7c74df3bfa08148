//! `cutover.policy-check/v1`: what is wrong with a pack of policies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ToolInfo;

/// The name and version of this document.
pub const SCHEMA: &str = "cutover.policy-check/v1";

/// What is wrong with a pack of policies.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PolicyCheck {
    /// `cutover.policy-check/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// How many controls were checked.
    pub controls: usize,
    /// What has to be fixed, in order of file and place.
    pub problems: Vec<Problem>,
    /// What is worth a look, in the same order.
    pub notes: Vec<Problem>,
}

/// Something that is wrong, or worth a look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What kind of thing: stable, for filters.
    pub code: String,
    /// The control, where it has an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// What it is.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Problem {
    /// The same problem, of this control.
    #[must_use]
    pub fn of(mut self, control: &str) -> Self {
        self.control = Some(control.to_owned());
        self
    }

    /// The same problem, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How long the part is, in characters.
    pub length: usize,
    /// The line.
    pub text: String,
}
