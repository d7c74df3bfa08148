//! `cutover.audit/v1`: what an audit found, and what it could not evaluate.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::action::Action;
use super::decisions::DecidedBy;
use super::graph::Graph;
use super::integrations::Integration;
use super::{Duty, Location, Party, Severity, Thing, ToolInfo};
use crate::diagnostic::{Code, Level};
use crate::kind::Kind;

pub use super::listing::Listing;
pub use super::violations::{Group, Render, Violations};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.audit/v1";

/// The result of an audit. Its violations are held, or described on demand: see [`Violations`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Audit", description = "The result of an audit.")]
pub struct Audit<V = Vec<Violation>> {
    /// `cutover.audit/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The announced dates it was evaluated by.
    pub timeline: Timeline,
    /// The day the export was collected; the oldest one of several exports. None where nothing in it states a day.
    #[serde(default)]
    pub collected_at: Option<NaiveDate>,
    /// What states the day of `collected_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at_basis: Option<CollectedBasis>,
    /// The companies it is about, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companies: Vec<Thing>,
    /// The saved audit it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Compared>,
    /// What influenced the verdicts: each file that decides, with its digest and origin, and those that were ignored.
    #[serde(default)]
    pub decided_by: Vec<DecidedBy>,
    /// The files it read.
    pub inputs: Vec<Input>,
    /// The controls, whether they fired or not.
    pub controls: Vec<Control>,
    /// The duties of the shared responsibility model that controls name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
    /// What the organisation changed of the controls, by `cutover.toml`.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// What each control could and could not evaluate.
    pub coverage: Vec<Coverage>,
    /// Whether the run passes, and what fails it.
    #[serde(default)]
    pub verdict: Verdict,
    /// What to do, worst first: each edit with the open violations that it clears. The first 1,000.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// How many more actions there are.
    #[serde(default)]
    pub actions_omitted: usize,
    /// The violations, worst first.
    pub violations: V,
    /// What the violations have in common, and how many of each kind are listed above. Left out when all of them are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Violations of the baseline that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Violation>,
    /// How service identities come to their access. Left out where no format that was asked for shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Graph>,
    /// The integrations, those with the worst violations first. Left out where no format that was asked for shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub integrations: Vec<Integration>,
    /// What went wrong, or is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
    /// Counts.
    pub summary: Summary,
}

/// The verdict on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Whether it passes.
    pub outcome: Outcome,
    /// Which open violations fail the run: a minimum severity, `new`, patterns of controls. Empty where none does.
    pub fail_on: Vec<String>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self { outcome: Outcome::Pass, fail_on: vec![Severity::Low.id().to_owned()] }
    }
}

/// How a run ends. The exit code follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was read, and no violation is at or above the threshold.
    Pass,
    /// A violation is at or above the threshold, or a diagnostic was made an error.
    Fail,
    /// Part of the export could not be read, and no violation decides.
    Incomplete,
    /// A policy failed to evaluate.
    Error,
}

impl Verdict {
    /// The verdict on a run that fails by what was found, or not.
    pub fn of(fails: bool, diagnostics: &[Diagnostic], fail_on: Vec<String>) -> Self {
        let outcome = match () {
            () if diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Policy.id()) => Outcome::Error,
            () if fails => Outcome::Fail,
            () if diagnostics.iter().any(Diagnostic::is_incomplete) => Outcome::Incomplete,
            () => Outcome::Pass,
        };
        Self { outcome, fail_on }
    }

    /// The verdict where any violation of severity low or worse fails the run.
    pub fn by_default(summary: &Summary, diagnostics: &[Diagnostic]) -> Self {
        let fails = summary.worst().is_some_and(|worst| worst >= Severity::Low);
        Self::of(fails, diagnostics, Self::default().fail_on)
    }
}

/// A saved audit that another was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// Its path.
    pub path: String,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// How many violations it holds.
    pub violations: usize,
}

/// An announced timeline of the retirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// The day it was announced, or the name of a file.
    pub id: String,
    /// From when no new legacy accounts are made.
    pub no_new_accounts: Option<NaiveDate>,
    /// The last day legacy accounts work.
    pub sunset: Option<NaiveDate>,
    /// Who announced it.
    pub source: String,
    /// Where its dates come from.
    #[serde(default)]
    pub origin: TimelineOrigin,
}

/// Where a timeline comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineOrigin {
    /// It is one of Cutover's own.
    #[default]
    BuiltIn,
    /// A file that the user named.
    File,
    /// The export brings it, or chooses it: a file inside the export, or a choice of the export's `cutover.toml`.
    Export,
}

/// What states the day an export was collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum CollectedBasis {
    /// `export.toml` states it.
    #[serde(rename = "export.toml")]
    ExportFile,
    /// The newest date in the records, not later than the day of the audit: the export was collected then or later.
    #[serde(rename = "newest record")]
    NewestRecord,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Its path.
    pub path: String,
    /// What it holds, if that could be told.
    pub kind: Option<Kind>,
    /// Records that were read.
    pub records: usize,
    /// Records that were left out, each with a diagnostic.
    pub skipped: usize,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// A control, as its policy describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// Its id: `DIR-01`.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Severity a violation is today.
    pub severity: Severity,
    /// Who must act.
    pub party: Party,
    /// The duty of that party it comes from.
    pub duty: Option<String>,
    /// How to fix it, with the names of attributes in braces.
    pub remedy: String,
    /// Source.
    pub reference: String,
    /// What it relates to in published frameworks: `NIST SP 800-53 r5 AC-6`. That is no claim of compliance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relates_to: Vec<String>,
}

/// How much of what a control asks could be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every fact was evaluated.
    Assessed,
    /// Some facts lack an attribute that decides.
    PartlyAssessed,
    /// No fact could be evaluated.
    NotAssessed,
    /// The organisation switched it off: nothing was evaluated by it.
    Off,
}

/// A control that an organisation changed, switched off, or replaced by one of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Override {
    /// The control.
    pub control: String,
    /// Its severity before and after, if that was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<SeverityChange>,
    /// Whether it is not assessed at all.
    pub off: bool,
    /// Whether a control of a policy pack takes the place of the one with its id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// Why.
    pub reason: String,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// The file that says so.
    pub path: String,
    /// The line it says so in, from 1.
    pub line: usize,
}

/// A severity that was raised or lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeverityChange {
    /// What the control says.
    pub from: Severity,
    /// What counts.
    pub to: Severity,
}

/// What one control could evaluate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The control.
    pub control: String,
    /// How much of it.
    pub status: Status,
    /// Facts it applies to.
    pub facts: usize,
    /// Violations, waived ones included.
    pub violations: usize,
    /// Violations that are waived.
    pub waived: usize,
    /// Facts that could not be assessed.
    pub unknown: usize,
    /// Kinds of export that would say what is unknown.
    pub missing: Vec<Kind>,
    /// What to do to have the rest evaluated.
    pub hints: Vec<String>,
}

/// Whether a violation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ViolationStatus {
    /// It counts.
    Open,
    /// A waiver covers it.
    Waived,
    /// It was there before, and is not worse.
    Baseline,
}

/// What became of a violation since the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BaselineState {
    /// It was not there, or not in one of its places.
    New,
    /// It was there, just as it is now.
    Unchanged,
    /// It was there in all of its places, with another severity, message or number of facts, or in more places.
    Updated,
    /// It was there, and is gone.
    Absent,
}

impl BaselineState {
    /// The word in results.
    pub fn id(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unchanged => "unchanged",
            Self::Updated => "updated",
            Self::Absent => "absent",
        }
    }
}

impl ViolationStatus {
    /// The word in results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waived => "waived",
            Self::Baseline => "baseline",
        }
    }
}

/// A decision to live with a violation for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who decided.
    pub approver: String,
    /// The last day it counts; of a planned fix, the day by which it is done.
    pub expires: NaiveDate,
    /// Where it is written.
    pub path: String,
    /// The line it starts in, from 1.
    #[serde(default)]
    pub line: usize,
}

/// One step of the way from the subject to the resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Where the step starts.
    pub from: Thing,
    /// What it is: "acts for", "is given", "grants Admin on", …
    pub edge: String,
    /// Where it leads.
    pub to: Thing,
    /// Why this is so, in a sentence.
    pub because: String,
    /// Where the export states it.
    pub location: Option<Location>,
}

/// Something that a control forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// The control.
    pub control: String,
    /// Severity it is.
    pub severity: Severity,
    /// Who must act.
    pub party: Party,
    /// The control's title.
    pub title: String,
    /// Finding, in a sentence.
    pub message: String,
    /// How to fix it.
    pub remedy: String,
    /// Who or what is at fault.
    pub subject: Thing,
    /// With regard to what.
    pub resource: Thing,
    /// The company it is in.
    pub company: String,
    /// Where the export states it.
    pub location: Location,
    /// Other places that say it, or that it also concerns.
    pub related: Vec<Location>,
    /// The way from the subject to the resource.
    pub why: Vec<Step>,
    /// How many facts violate the control in the same way.
    pub count: usize,
    /// What those facts differ in: the projects, the manifest versions. The first 1,000.
    pub members: Vec<Thing>,
    /// Those of the places that were not there before, where others were: what is new about a violation that is not new
    /// as a whole. In a gate, `members` holds these alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_members: Vec<Thing>,
    /// Digests of all places of the facts, where `members` does not name each: for comparing with a later result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Places>,
    /// Whether it counts.
    pub status: ViolationStatus,
    /// The waiver that covers it.
    pub waiver: Option<Waiver>,
    /// The decision to fix it by a date, a waiver with `state = "planned"`: it counts until it is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Waiver>,
    /// What became of it since the baseline, if it was compared with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_state: Option<BaselineState>,
    /// In a gate: whether it would pass once the decisions that arrive with the change are accepted. It counts until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passes_once_accepted: bool,
    /// What identifies it in every export: control, company, subject and resource, and no line numbers. No two violations
    /// of one result have the same.
    pub fingerprint: String,
}

/// Digests of places, sorted: base64 of eight bytes each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places(pub Vec<u64>);

impl Serialize for Places {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|digest| digest.to_be_bytes()).collect();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let broken = || D::Error::custom("expected base64 of digests of eight bytes each");
        let bytes = STANDARD.decode(text).map_err(|_| broken())?;
        let (digests, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(broken());
        }
        Ok(Self(digests.iter().map(|digest| u64::from_be_bytes(*digest)).collect()))
    }
}

impl JsonSchema for Places {
    fn schema_name() -> Cow<'static, str> {
        "Places".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "contentEncoding": "base64",
            "description": "Digests of places, sorted: base64 of eight bytes each."
        })
    }
}

/// What went wrong, or is worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// What kind of thing: stable, for filters.
    pub code: String,
    /// Severity it is.
    pub severity: Level,
    /// What it is.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
}

impl Diagnostic {
    /// Whether it says that something of the export could not be read. A note says nothing of weight: an organisation
    /// can lower a code to one.
    pub fn is_incomplete(&self) -> bool {
        self.severity > Level::Note && Code::is_incomplete_id(&self.code)
    }
}

/// Counts of open violations by severity, of waived ones, of those in the baseline, and of controls that could not be assessed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "each count is of what it is named after")]
pub struct Summary {
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub info: usize,
    pub waived: usize,
    #[serde(default, skip_serializing_if = "is_none")]
    pub baseline: usize,
    pub not_assessed: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Summary {
    /// The open violations of one severity.
    pub fn of(&self, severity: Severity) -> usize {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }

    /// The worst severity among violations that count.
    pub fn worst(&self) -> Option<Severity> {
        Severity::WORST_FIRST.into_iter().find(|severity| self.of(*severity) > 0)
    }

    /// Counts violations and unassessed controls.
    pub fn count(violations: &impl Violations, coverage: &[Coverage]) -> Self {
        let groups = violations.groups();
        let of = |status: ViolationStatus| groups.iter().filter(move |group| group.status == status);
        let open = |severity| {
            let counts = of(ViolationStatus::Open).filter(|group| group.severity == severity);
            counts.map(|group| group.count).sum()
        };
        Self {
            critical: open(Severity::Critical),
            high: open(Severity::High),
            medium: open(Severity::Medium),
            low: open(Severity::Low),
            info: open(Severity::Info),
            waived: of(ViolationStatus::Waived).map(|group| group.count).sum(),
            baseline: of(ViolationStatus::Baseline).map(|group| group.count).sum(),
            not_assessed: coverage.iter().filter(|control| control.status == Status::NotAssessed).count(),
        }
    }
}
