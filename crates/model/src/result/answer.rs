//! `cutover.graph/v1`: a question about access, and its answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{Diagnostic, Step};
use super::graph::Graph;
use super::{Location, Thing, ToolInfo};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.graph/v1";

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// `cutover.graph/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// What was asked: `why`, `who-can`, `what-can`, `path`, `reach`, `choke`, `graph`.
    pub verb: String,
    /// Whom and what the question names, in its order.
    pub asked: Vec<Thing>,
    /// The answer in a sentence.
    pub answer: String,
    /// For questions that are answered by yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What the answer lists: the first thousand.
    pub entries: Vec<Entry>,
    /// How many there are.
    pub count: usize,
    /// How many of each type there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Total>,
    /// Of whom the export does not say enough to tell: how many.
    #[serde(default)]
    pub not_known: usize,
    /// Single facts that would change the answer, each tried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<NearMiss>,
    /// Kinds of export that would say what is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The part of the access graph that it is about.
    pub graph: Graph,
    /// What went wrong while reading, or is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

/// Yes, no, or that the export does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// The export does not say.
    NotKnown,
}

/// How many there are of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Total {
    /// `Project`, `Tool`, `Person`, …
    pub r#type: String,
    /// How many.
    pub count: usize,
}

/// One thing that an answer lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The company it is in, by name.
    pub company: String,
    /// Who or what.
    pub thing: Thing,
    /// The level it has, or is held at: `none`, `read_only`, `standard`, `admin`; left out where there is none, or it is
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// In how many projects this is so; none for what is so in the whole company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<usize>,
    /// Those projects: the first thousand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Thing>,
    /// How it comes to that, step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Step>,
    /// How many pairs of a service identity and a tool are cut without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuts: Option<usize>,
    /// A word on it: that the tool is switched off, that the level is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A single fact that would change the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearMiss {
    /// What it would be, in a sentence.
    pub change: String,
    /// Where the export says that it is not so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}
