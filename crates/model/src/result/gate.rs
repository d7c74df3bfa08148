//! `cutover.gate/v1`: what changed between two exports of a company, and whether policy allows it.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{
    CollectedBasis, Control, Coverage, Diagnostic, Input, Override, Summary, Timeline, Verdict, Violation,
};
use super::decisions::DecidedBy;
use super::graph::Graph;
use super::{Duty, Location, Thing, ToolInfo};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.gate/v1";

/// The result of a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// `cutover.gate/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The announced dates it was evaluated by.
    pub timeline: Timeline,
    /// The day the export after the change was collected. None where nothing in it states a day.
    #[serde(default)]
    pub collected_at: Option<NaiveDate>,
    /// What states the day of `collected_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at_basis: Option<CollectedBasis>,
    /// The day the export before the change was collected.
    #[serde(default)]
    pub before_collected_at: Option<NaiveDate>,
    /// What states the day of `before_collected_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_collected_at_basis: Option<CollectedBasis>,
    /// The company that changed.
    pub company: Thing,
    /// What influenced the verdicts: each file that decides, with its digest and origin, and those that were ignored.
    #[serde(default)]
    pub decided_by: Vec<DecidedBy>,
    /// The files before the change, and after it.
    pub inputs: Inputs,
    /// The controls, whether they fired or not.
    pub controls: Vec<Control>,
    /// The duties of the shared responsibility model that controls name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
    /// What the organisation changed of the controls, by `cutover.toml`.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// What each control could and could not evaluate after the change.
    pub coverage: Vec<Coverage>,
    /// Whether the run passes, and what fails it.
    #[serde(default)]
    pub verdict: Verdict,
    /// What changed.
    pub changes: Vec<Change>,
    /// Changes that policy forbids, and what is against policy after the change and was not before it; worst first.
    pub violations: Vec<Violation>,
    /// What was against policy before the change and is not after it.
    pub resolved: Vec<Resolved>,
    /// What is against policy after the change, where it is unknown how it was before: no news of this change.
    pub not_compared: Vec<NotCompared>,
    /// Whether the change gives anybody access that was not there before, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// How service identities come to their access after the change. Left out where no format that was asked for shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Graph>,
    /// What went wrong, or is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
    /// Counts of the violations, by severity.
    pub summary: Summary,
    /// Counts of the changes, and of what stayed.
    pub counts: Counts,
}

/// The files on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inputs {
    /// Before the change.
    pub before: Vec<Input>,
    /// After it.
    pub after: Vec<Input>,
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The level of an identity on a tool.
    Grant,
    /// That an identity belongs to a project.
    Membership,
    /// An identity: that it is there, its name, its marks.
    Identity,
    /// The installation of an app.
    Installation,
    /// What an app's manifest asks for.
    Request,
    /// A permission template, and what it gives.
    Template,
    /// A stored credential.
    Credential,
    /// A webhook.
    Webhook,
    /// A setting of the company.
    Setting,
}

impl ChangeKind {
    /// Every kind, in the order of results.
    pub const ALL: [Self; 9] = [
        Self::Grant,
        Self::Membership,
        Self::Identity,
        Self::Installation,
        Self::Request,
        Self::Template,
        Self::Credential,
        Self::Webhook,
        Self::Setting,
    ];

    /// The word in files and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Membership => "membership",
            Self::Identity => "identity",
            Self::Installation => "installation",
            Self::Request => "request",
            Self::Template => "template",
            Self::Credential => "credential",
            Self::Webhook => "webhook",
            Self::Setting => "setting",
        }
    }
}

/// Which way something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It was not there, and is now.
    Gained,
    /// It is more than it was.
    Raised,
    /// It was there, and is not now.
    Lost,
    /// It is less than it was.
    Lowered,
    /// It has another name.
    Renamed,
    /// It has another id: deleted and made again.
    Reissued,
    /// Something else about it is different.
    Changed,
}

impl Direction {
    /// Every direction, in the order of results: what may do harm first.
    pub const ALL: [Self; 7] =
        [Self::Gained, Self::Raised, Self::Lost, Self::Lowered, Self::Renamed, Self::Reissued, Self::Changed];

    /// The word in files and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Raised => "raised",
            Self::Lost => "lost",
            Self::Lowered => "lowered",
            Self::Renamed => "renamed",
            Self::Reissued => "reissued",
            Self::Changed => "changed",
        }
    }

    /// The direction of the same change read backwards.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Gained => Self::Lost,
            Self::Raised => Self::Lowered,
            Self::Lost => Self::Gained,
            Self::Lowered => Self::Raised,
            same => same,
        }
    }
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What kind of thing changed.
    pub kind: ChangeKind,
    /// Which way.
    pub direction: Direction,
    /// Who or what.
    pub subject: Thing,
    /// With regard to what, where that is something else: the tool of a grant.
    pub resource: Option<Thing>,
    /// Which attribute, where the thing itself stays: `name`, `version`, `template`.
    pub attribute: Option<String>,
    /// What it was, in words; none where it was not there.
    pub before: Option<String>,
    /// What it is, in words; none where it is not there.
    pub after: Option<String>,
    /// What a level comes through, before the change and after it: `template`, `observed`, `company administrator`.
    pub through: Option<Through>,
    /// In how many projects; none for what is so in the company as a whole.
    pub count: usize,
    /// Those projects, the first thousand.
    pub members: Vec<Thing>,
    /// The change in a sentence.
    pub message: String,
    /// Where the exports say it.
    pub locations: Locations,
}

/// What a level comes through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Through {
    /// Before the change.
    pub before: Option<String>,
    /// After it.
    pub after: Option<String>,
}

/// A place on each side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Locations {
    /// Before the change; none where nothing says it.
    pub before: Option<Location>,
    /// After it; none where nothing says it any more.
    pub after: Option<Location>,
}

/// A violation that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The control.
    pub control: String,
    /// Who or what was at fault.
    pub subject: Thing,
    /// With regard to what.
    pub resource: Thing,
    /// What identified it.
    pub fingerprint: String,
}

/// Violations that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotCompared {
    /// The control.
    pub control: String,
    /// How many violations.
    pub violations: usize,
    /// The kinds of export that are there after the change and were not before it.
    pub missing_before: Vec<crate::kind::Kind>,
}

/// Whether a change gives anybody access that was not there before, in projects that do not exist yet, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Whether no access is new, of what both sides know; never where access that was known is unknown any more.
    pub no_new_access: bool,
    /// How many identities have access of which neither side says all.
    #[serde(default)]
    pub unknown: usize,
    /// How that was found.
    pub basis: Basis,
    /// The solver that was asked, and its version.
    pub solver: Option<String>,
    /// Why there is no proof, where there is none.
    pub why: Option<String>,
    /// One new access that the solver made up and Cedar confirmed, in a sentence.
    pub example: Option<String>,
    /// How much access is new.
    pub count: usize,
    /// The new access, the first hundred.
    pub new: Vec<NewAccess>,
}

/// How an answer about new access was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The solver proved that no access is new, for every tool, level and project there can be.
    Proved,
    /// The solver showed new access, and Cedar confirmed it.
    Refuted,
    /// There is no solver: what both sides say was compared, exactly.
    Compared,
    /// The solver did not answer.
    NotDecided,
}

/// Access that is there after a change and was not before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewAccess {
    /// Who has it.
    pub holder: Thing,
    /// On what.
    pub tool: String,
    /// Where: `the company`, `project 7`, `every project to come`.
    pub scope: String,
    /// How much: `read_only`, `standard` or `admin`.
    pub level: String,
}

/// Counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Changes by which something is more than it was.
    pub gained: usize,
    /// Changes by which something is less than it was.
    pub lost: usize,
    /// Other changes.
    pub other: usize,
    /// Violations that were there before and still are: none of them counts.
    pub unchanged: usize,
    /// Violations that are gone.
    pub resolved: usize,
    /// Violations that would pass once the decisions that arrive with the change are accepted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub passing_once_accepted: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
