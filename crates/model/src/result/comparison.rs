//! `cutover.comparison/v1`: whether one policy pack forbids at least what another one forbids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::policies::{Applies, Rating};
use super::{Thing, ToolInfo};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.comparison/v1";

/// Whether the pack NEW forbids at least what the pack OLD forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `cutover.comparison/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The pack that sets the measure.
    pub old: Side,
    /// The pack that is measured.
    pub new: Side,
    /// The answer.
    pub verdict: Verdict,
    /// What the answer speaks of.
    pub basis: Basis,
    /// What answered for kinds of fact in which the packs differ; nothing where there was no solver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solver: Option<SolverInfo>,
    /// Why there was no solver, and what to install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_solver: Option<String>,
    /// How the controls of the two packs differ as they are written.
    pub changes: Changes,
    /// How many kinds of fact have which answer.
    pub summary: Summary,
    /// Every kind of fact that the schema knows, in its order.
    pub environments: Vec<Environment>,
    /// What the difference means for the facts of an export, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<OverFacts>,
}

/// One of the two packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// As it was named, with what was left out of it.
    pub name: String,
    /// How many controls it has.
    pub controls: usize,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// NEW forbids everything that OLD forbids.
    AtLeastAsStrict,
    /// NEW allows something that OLD forbids.
    LessStrict,
    /// Neither could be shown.
    NotDecided,
}

/// What an answer speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Every fact that the schema allows, whether or not an export has ever said it.
    AllFacts,
    /// The facts of the export that was given, and no others.
    FactsOfExport,
}

/// The solver that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SolverInfo {
    /// `cvc5`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How long it could think about one kind of fact.
    pub time_limit_seconds: u64,
}

/// How the controls differ as they are written: by id. None of this is what the answer is found by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Controls that NEW does not have.
    pub only_in_old: Vec<String>,
    /// Controls that OLD does not have.
    pub only_in_new: Vec<String>,
    /// Controls with another scope or condition.
    pub rewritten: Vec<String>,
    /// Controls of another severity. The answer is about what is forbidden, not about how bad it is.
    pub rated: Vec<Rated>,
    /// Controls by which NEW no longer reports what is unknown. The answer is about what is known.
    pub accepts_unknown: Vec<String>,
}

/// A control of another severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rated {
    /// Its id.
    pub control: String,
    /// Severity a violation is in OLD.
    pub old: Rating,
    /// And in NEW.
    pub new: Rating,
}

/// How many kinds of fact have which answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// NEW is shown to be at least as strict.
    pub hold: usize,
    /// NEW is shown not to be.
    pub refuted: usize,
    /// Neither is shown.
    pub not_decided: usize,
}

/// The answer for one kind of fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The kind of fact.
    #[serde(flatten)]
    pub kind: Applies,
    /// The answer.
    pub status: Status,
    /// What shows it; nothing where it is not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<ShownBy>,
    /// Why it is not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A fact that OLD forbids and NEW allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
}

/// The answer for one kind of fact, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// NEW is at least as strict.
    Holds,
    /// It is not; there is a counterexample.
    Refuted,
    /// Neither could be shown.
    NotDecided,
}

/// What shows an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShownBy {
    /// No control of OLD applies to such facts.
    NoControl,
    /// NEW has every control of OLD that applies to them, word for word.
    SameControls,
    /// The solver. Its counterexamples were evaluated again, by Cedar, under both packs.
    Solver,
}

/// A fact that OLD forbids and NEW allows: Cedar said so of both when the fact was put to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counterexample {
    /// Who or what, as Cedar writes it: `Cutover::Person::"7"`.
    pub principal: String,
    /// The kind of fact, as Cedar writes it.
    pub action: String,
    /// With regard to what, as Cedar writes it.
    pub resource: String,
    /// The attributes of the context, in Cedar's JSON. Those that are not here are known not to be there.
    pub context: Value,
    /// The principal, the resource and whatever else the fact speaks of, in Cedar's JSON, by id.
    pub entities: Vec<Value>,
    /// The controls of OLD that forbid it.
    pub forbidden_by: Vec<String>,
}

/// What the difference means for the facts of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverFacts {
    /// The paths, as given.
    pub export: Vec<String>,
    /// How many facts were put to both packs.
    pub facts: usize,
    /// How many of them an audit by OLD reports.
    pub reported_by_old: usize,
    /// And how many an audit by NEW reports.
    pub reported_by_new: usize,
    /// How many OLD reports and NEW does not.
    pub let_through: usize,
    /// The first of those.
    pub examples: Vec<LetThrough>,
}

/// A fact of an export that OLD reports and NEW does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetThrough {
    /// The kind of fact.
    pub action: String,
    /// Who or what.
    pub subject: Thing,
    /// With regard to what.
    pub resource: Thing,
    /// The controls of OLD that report it.
    pub reported_by: Vec<String>,
}
