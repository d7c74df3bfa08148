//! `cutover.explanation/v1`: why a control is violated, met, unknown or does not apply, clause by clause.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{Control, Diagnostic, ViolationStatus};
use super::{Location, Thing, ToolInfo};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.explanation/v1";

/// What one control says about one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// `cutover.explanation/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The control.
    pub control: Control,
    /// The file of its policy.
    pub policy: String,
    /// Whom or what it is asked about.
    pub subject: Thing,
    /// The company of the subject, by name.
    pub company: String,
    /// The worst verdict on a fact about the subject.
    pub verdict: FactVerdict,
    /// The answer in a sentence.
    pub answer: String,
    /// How many facts have each verdict.
    pub counts: VerdictCounts,
    /// The facts, those of the worst verdict first: at most 20 of each verdict.
    pub facts: Vec<ExplainedFact>,
    /// What went wrong while reading, or is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a control says about a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactVerdict {
    /// The control forbids it.
    Violates,
    /// The export does not say enough.
    Unknown,
    /// Cedar could not evaluate the control.
    Error,
    /// The control allows it.
    Complies,
    /// There is no fact that the control applies to.
    NotApplicable,
}

impl FactVerdict {
    /// Every verdict on a fact, worst first.
    pub const OF_FACTS: [Self; 4] = [Self::Violates, Self::Unknown, Self::Error, Self::Complies];

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Violates => "violates",
            Self::Unknown => "unknown",
            Self::Error => "error",
            Self::Complies => "complies",
            Self::NotApplicable => "does not apply",
        }
    }
}

/// How many facts have each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCounts {
    /// Facts that violate the control.
    pub violates: usize,
    /// Facts that could not be assessed.
    pub unknown: usize,
    /// Facts for which Cedar could not evaluate the control.
    pub error: usize,
    /// Facts that comply.
    pub complies: usize,
}

impl VerdictCounts {
    /// How many facts have a verdict.
    pub fn of(&self, verdict: FactVerdict) -> usize {
        match verdict {
            FactVerdict::Violates => self.violates,
            FactVerdict::Unknown => self.unknown,
            FactVerdict::Error => self.error,
            FactVerdict::Complies => self.complies,
            FactVerdict::NotApplicable => 0,
        }
    }

    /// Counts one more.
    pub fn add(&mut self, verdict: FactVerdict) {
        match verdict {
            FactVerdict::Violates => self.violates += 1,
            FactVerdict::Unknown => self.unknown += 1,
            FactVerdict::Error => self.error += 1,
            FactVerdict::Complies => self.complies += 1,
            FactVerdict::NotApplicable => {}
        }
    }
}

/// One fact, as Cedar is asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedFact {
    /// What the control says about it.
    pub verdict: FactVerdict,
    /// The principal of the request.
    pub principal: Thing,
    /// The action of the request: `holds`, `exists`, …
    pub action: String,
    /// The resource of the request.
    pub resource: Thing,
    /// What distinguishes the fact from others of the same principal and resource: a project, a manifest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Thing>,
    /// The attributes that the control reads, in the order of its policy.
    pub attributes: Vec<ReadAttribute>,
    /// Each clause of the control.
    pub clauses: Vec<Clause>,
    /// Single attributes that would change the verdict, each tried with Cedar.
    pub changes: Vec<Change>,
    /// Kinds of export that would say what is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The violation that it is part of, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Whether that violation counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ViolationStatus>,
}

/// An attribute of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadAttribute {
    /// Its name: `context.level`.
    pub name: String,
    /// Whether the export states it.
    pub state: AttributeState,
    /// Its value; left out where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where the export states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// Whether an attribute has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributeState {
    /// It has a value.
    Known,
    /// It is known to have none.
    Absent,
    /// The export does not say.
    Unknown,
}

/// A clause of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clause {
    /// `when` or `unless`.
    pub kind: String,
    /// What stands between the braces, in Cedar.
    pub text: String,
    /// What it is for the fact. The fact violates the control if every `when` is true and every `unless` is false.
    pub truth: ClauseTruth,
    /// Its parts, where it has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ClausePart>,
}

/// A part of a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClausePart {
    /// Its text in Cedar.
    pub text: String,
    /// What it is; left out where the parts before it decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<ClauseTruth>,
}

/// True, false, unknown, or not to be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClauseTruth {
    /// It is true.
    True,
    /// It is false.
    False,
    /// The export does not say.
    Unknown,
    /// Cedar could not evaluate it.
    Error,
}

impl ClauseTruth {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }
}

/// A single attribute that would change the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The attribute: `context.level`.
    pub attribute: String,
    /// The value that it would need; `None` where it would have to be absent.
    pub value: Option<String>,
    /// What the control would say then.
    pub verdict: FactVerdict,
}
