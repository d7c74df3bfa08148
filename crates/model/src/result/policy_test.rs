//! `cutover.policy-test/v1`: what the tests of a pack say of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ToolInfo;
use super::audit::Diagnostic;

/// The name and version of this document.
pub const SCHEMA: &str = "cutover.policy-test/v1";

/// What the tests of a pack say of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PolicyTest {
    /// `cutover.policy-test/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// By control, in order of their ids.
    pub controls: Vec<Tested>,
    /// In all.
    pub summary: Summary,
}

/// What the tests of one control say.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tested {
    /// The control.
    pub control: String,
    /// Its test file; none when there is no such file.
    pub path: Option<String>,
    /// The cases, in the order of the file.
    pub cases: Vec<Tried>,
    /// Answers that no case asks for: `violates`, `complies`, `unknown`.
    pub not_asked: Vec<String>,
    /// Answers that the control can never give, and why, as its test file says.
    pub never: Vec<Never>,
    /// How many places of the condition can be watched.
    pub parts: usize,
    /// Those that some case did not make true, false or unknown.
    pub gaps: Vec<Gap>,
    /// What became of its mutants, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutants: Option<Mutants>,
}

/// An answer that a control can never give.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Never {
    /// `violates`, `complies` or `unknown`.
    pub answer: String,
    /// Why.
    pub why: String,
}

/// One case, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tried {
    /// What is special about it.
    pub name: String,
    /// Whether the control said what the case expects.
    pub passed: bool,
    /// What the case expects: `violates`, `complies`, `unknown` or `nothing`.
    pub expected: String,
    /// Who was to violate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How many facts were to violate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violations: Option<usize>,
    /// What the control said.
    pub found: Found,
    /// What went wrong while the little export was read.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a control said of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The facts it speaks of.
    pub facts: usize,
    /// The names of those who violate, one for each fact.
    pub violations: Vec<String>,
    /// The facts that could not be assessed.
    pub unknown: usize,
    /// What was unknown: `ManagedAccount.active`.
    pub missing: Vec<String>,
    /// Why nothing could be evaluated at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A place in a condition that the cases do not show in every light.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The clause it stands in, from 1.
    pub clause: usize,
    /// Its text in Cedar.
    pub text: String,
    /// What it never was: `true`, `false`, `unknown`.
    pub never: Vec<String>,
}

/// What became of the mutants of a control.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Mutants {
    /// How many were made that can fire for other facts than the control.
    pub made: usize,
    /// How many mutants some test case kills.
    pub killed: usize,
    /// The mutants that survive.
    pub survived: Vec<Survivor>,
    /// Those that fire for the same facts, as the types of the schema show: no test could tell them from it.
    pub equivalent: Vec<Survivor>,
}

/// A mutant that survives: no test case distinguishes it from its control.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Survivor {
    /// What was changed.
    pub change: String,
    /// The changed scope or clause in Cedar.
    pub text: String,
}

/// Counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Controls.
    pub controls: usize,
    /// Those without a test file.
    pub untested: usize,
    /// Cases that ran.
    pub cases: usize,
    /// Cases in which a control did not say what was expected.
    pub failed: usize,
    /// Places of conditions that can be watched.
    pub parts: usize,
    /// Those that the cases show in every light.
    pub covered: usize,
    /// Mutants, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutation: Option<Mutation>,
}

/// The mutation score.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Mutation {
    /// How many were made that can fire for other facts than their control.
    pub made: usize,
    /// Those that cannot; they are not counted.
    pub equivalent: usize,
    /// How many mutants some test case kills.
    pub killed: usize,
    /// Killed among those made, in percent.
    pub percent: f64,
    /// What was asked for.
    pub at_least: f64,
}

impl Mutation {
    /// Whether the score is what was asked for.
    pub fn is_enough(&self) -> bool {
        self.percent >= self.at_least
    }
}
