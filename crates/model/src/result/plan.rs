//! `cutover.plan/v1`: for every legacy account, what becomes of it, when, and how that is checked.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{CollectedBasis, Diagnostic, Input, Override, Timeline};
use super::decisions::DecidedBy;
use super::graph::Graph;
use super::repair::Repair;
use super::{Duty, Location, Party, Severity, Thing, ToolInfo};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.plan/v1";

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// `cutover.plan/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The day it was made for.
    pub as_of: NaiveDate,
    /// The announced dates it was made by.
    pub timeline: Timeline,
    /// The day the export was collected; the oldest one of several exports. None where nothing in it states a day.
    #[serde(default)]
    pub collected_at: Option<NaiveDate>,
    /// What states the day of `collected_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at_basis: Option<CollectedBasis>,
    /// The companies it is about.
    pub companies: Vec<Thing>,
    /// What influenced the verdicts: each file that decides, with its digest and origin, and those that were ignored.
    #[serde(default)]
    pub decided_by: Vec<DecidedBy>,
    /// The files it was made from, with their digests.
    pub inputs: Vec<Input>,
    /// What was asked for.
    pub terms: Terms,
    /// Whether it is a plan towards the sunset, or a recovery after it.
    pub mode: Mode,
    /// Whether every step fits before its latest day.
    pub feasible: bool,
    /// Why it does not fit; empty when it does.
    pub shortfalls: Vec<Shortfall>,
    /// Every legacy account, by company and name.
    pub accounts: Vec<Account>,
    /// The weeks in which accounts move, in order.
    pub waves: Vec<Wave>,
    /// The plan applied to the export in memory, and evaluated again.
    pub simulation: Simulation,
    /// The proposed change that was applied first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
    /// The smallest repair, when one was asked for. It is a plan of its own: no account is planned beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// The state of a saved plan, when one was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The duties of the shared responsibility model that steps and controls name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
    /// What the organisation changed of the controls, by `cutover.toml`.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// What the controls over plans could evaluate.
    pub coverage: Vec<Assessed>,
    /// What the administrator must know about all accounts.
    pub notes: Vec<String>,
    /// The waivers that are in force or planned, by their last day. A plan applies none: they are dates to keep in mind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverDate>,
    /// How accounts and their replacements come to their access, before the plan and after it. Left out where no format
    /// that was asked for shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Graph>,
    /// What went wrong, or is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
    /// Counts.
    pub summary: Summary,
}

/// The last day of a waiver, or the day of a planned fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverDate {
    /// The control.
    pub control: String,
    /// The subject of the violation, or the condition that describes the facts.
    pub covers: String,
    /// Whether it is a planned fix: the violation counts until then.
    pub planned: bool,
    /// Who answers for it.
    pub owner: String,
    /// The last day it counts; of a planned fix, the day by which it is done.
    pub expires: NaiveDate,
    /// Where it is written.
    pub path: String,
    /// The line it starts in, from 1.
    pub line: usize,
}

/// What a plan was asked to keep to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Terms {
    /// The first day of work.
    pub start: NaiveDate,
    /// How many accounts may move in one week; any number when none.
    pub capacity: Option<usize>,
    /// Periods in which nothing is changed.
    pub freezes: Vec<Period>,
    /// Calendar days kept free before the sunset.
    pub buffer_days: u32,
    /// The last day for moving: the sunset less the buffer. None while no sunset is announced, and after it.
    pub deadline: Option<NaiveDate>,
}

/// From one day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// What kind of plan it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Towards a sunset that is still ahead, or not announced.
    Migration,
    /// After the sunset: the shortest way to integrations that work counts.
    Recovery,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shortfall {
    /// The account that breaks the plan.
    pub account: Thing,
    /// The step that cannot be done in time.
    pub step: String,
    /// By how many calendar days.
    pub days: i64,
    /// What is in the way, in a sentence.
    pub reason: String,
}

/// What is to become of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It can be moved.
    Ready,
    /// It is to be moved, but something must be removed first.
    Blocked,
    /// Somebody must say what replaces it.
    Decide,
    /// It is not used, or approved for removal: it goes without a replacement.
    Retire,
    /// It is replaced already.
    Done,
}

impl Status {
    /// Every status, the one that needs most attention first.
    pub const ALL: [Self; 5] = [Self::Decide, Self::Blocked, Self::Ready, Self::Retire, Self::Done];

    /// The word in files and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Decide => "decide",
            Self::Retire => "retire",
            Self::Done => "done",
        }
    }
}

/// A legacy account and its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The account.
    pub account: Thing,
    /// The company it is in.
    pub company: String,
    /// Where the export describes it.
    pub location: Location,
    /// What is to become of it.
    pub status: Status,
    /// Why it has this status, in a sentence.
    pub reason: String,
    /// What replaces it, if that is known or guessed.
    pub replacement: Option<Replacement>,
    /// What it may do now and what its replacement may do then.
    pub access: Access,
    /// Blockers, worst first.
    pub blockers: Vec<Blocker>,
    /// What could stand in the way, and the export does not say.
    pub open_questions: Vec<Question>,
    /// Where its credential is kept: what must change when it is replaced. Never a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// What to do, in an order that can be followed.
    pub steps: Vec<Step>,
    /// The wave it moves in, from 1; none when it does not move.
    pub wave: Option<usize>,
    /// Accounts that must move with it, because they share a secret or a webhook chain, or the map file says so; the first
    /// fifty.
    pub moves_with: Vec<Thing>,
    /// Why it is bound to them: the first ten reasons, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves_because: Vec<String>,
    /// What stops working if the move fails.
    pub blast_radius: BlastRadius,
    /// Working days between the planned and the latest end of its tightest step; none without a deadline.
    pub slack_days: Option<i64>,
}

/// A stored credential of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Credential {
    /// What describes it: an inventory of a server, a register.
    pub store: String,
    /// Its id there.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What keeps it: in the words of the register, else `altova`, `app builder` or `register`.
    pub system: String,
    /// `production`, `sandbox`, …; none when nothing says.
    pub environment: Option<String>,
    /// Where the export describes it.
    pub location: Option<Location>,
}

/// The app that replaces an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replacement {
    /// The app; none when no app of the export can be meant.
    pub app: Option<Thing>,
    /// What says so: `map`, `marketplace app`, `client id`, `developer domain`, `name` or `none`.
    pub basis: String,
    /// How sure that is, from 0 to 100.
    pub confidence: u8,
    /// Other apps that could be meant, best first.
    pub alternatives: Vec<Alternative>,
}

/// An app that could be meant, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The app.
    pub app: Thing,
    /// What speaks for it.
    pub basis: String,
    /// How sure that is, from 0 to 100.
    pub confidence: u8,
}

/// The access of an account beside that of its replacement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Access {
    /// The same before and after.
    pub kept: Vec<Change>,
    /// Lower afterwards, or gone.
    pub lost: Vec<Change>,
    /// Higher afterwards, or new.
    pub gained: Vec<Change>,
    /// The level before or after is unknown.
    pub unknown: Vec<Change>,
    /// Held above what the activity report shows to be used: could be asked for lower, or not at all.
    pub right_size: Vec<RightSize>,
    /// Where the use was read from; none when no activity report speaks of this account.
    pub usage_from: Option<String>,
}

/// One tool at one level before and one after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The tool: `company/directory`.
    pub tool: Thing,
    /// `company` or `project`.
    pub scope: String,
    /// The level now, as policies spell it: `none`, `read_only`, `standard`, `admin`; null when unknown.
    pub before: Option<String>,
    /// The level then; null when unknown.
    pub after: Option<String>,
    /// The projects it is about; empty for a company tool.
    pub projects: Vec<Thing>,
    /// Granular permissions on top of the level now; a manifest cannot ask for them.
    #[serde(default)]
    pub granular: u64,
    /// Whether the part that differs is used; null when no report says.
    pub used: Option<bool>,
}

/// A level above what is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RightSize {
    /// The tool.
    pub tool: Thing,
    /// The level the replacement will have.
    pub level: String,
    /// The level that the use needs: `none` when the tool is not used.
    pub needed: String,
    /// Calls in the report.
    pub calls: u64,
}

/// Something that blocks an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Blocker {
    /// The control that says so.
    pub control: String,
    /// Severity it is.
    pub severity: Severity,
    /// What it is about.
    pub title: String,
    /// Finding, in a sentence.
    pub message: String,
    /// How to remove it.
    pub remedy: String,
    /// Who can remove it.
    pub party: Party,
    /// Whether the account is blocked by it; otherwise steps of this plan take care of it.
    pub blocks: bool,
    /// The step that removes it.
    pub step: Option<String>,
}

/// Something that could stand in the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The control that could not be assessed.
    pub control: String,
    /// What it is about.
    pub title: String,
    /// With regard to what.
    pub resource: Thing,
    /// What to do to have it evaluated.
    pub missing: Vec<String>,
}

/// How much of what a control over plans asks could be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assessed {
    /// The control.
    pub control: String,
    /// Facts it applies to.
    pub facts: usize,
    /// Facts that violate it.
    pub violations: usize,
    /// Facts that could not be assessed.
    pub unknown: usize,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Its id, unique in the plan: `A001.install`.
    pub id: String,
    /// What kind of step: `install`, `permit`, `verify`, …
    pub kind: String,
    /// What to do.
    pub action: String,
    /// Who answers for it.
    pub party: Party,
    /// The duty it comes from.
    pub duty: String,
    /// The right it needs; empty when none beyond that of the party.
    pub right: String,
    /// The steps that must be done before.
    pub after: Vec<String>,
    /// Working days it takes.
    pub days: u32,
    /// The first day it can be begun, and the day it is planned to begin.
    pub earliest: NaiveDate,
    /// The day it ends if it begins on the earliest.
    pub ends: NaiveDate,
    /// The last day it may end; none without a deadline.
    pub latest: Option<NaiveDate>,
    /// Whether it should have ended already, or cannot end in time.
    pub overdue: bool,
    /// How to see that it is done.
    pub check: String,
    /// Rollback.
    pub undo: String,
}

/// The accounts that move in one week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wave {
    /// From 1.
    pub number: usize,
    /// The first day of its moves.
    pub from: NaiveDate,
    /// The last day of its moves.
    pub to: NaiveDate,
    /// The accounts, in the order of the plan.
    pub accounts: Vec<Thing>,
    /// The working days that its tightest account has to spare; none without a deadline.
    pub slack_days: Option<i64>,
    /// What stops working if all of it fails.
    pub blast_radius: BlastRadius,
}

/// What stops working.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BlastRadius {
    /// People on the projects that it works on.
    pub users: usize,
    /// Active projects.
    pub projects: usize,
    /// Tools it may use.
    pub tools: usize,
}

/// The plan applied in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// Violations before the first wave.
    pub before: usize,
    /// Wave by wave; the accounts that retire come last, as wave 0.
    pub waves: Vec<SimulatedWave>,
    /// Violations after the last.
    pub after: usize,
    /// What had to be assumed where the export does not say.
    pub assumptions: Vec<String>,
}

/// One wave, applied and evaluated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SimulatedWave {
    /// The wave; 0 for accounts that retire.
    pub wave: usize,
    /// Violations that are gone after it.
    pub removed: Vec<Finding>,
    /// Violations that are new after it; each has its reason.
    pub introduced: Vec<Finding>,
    /// Violations that remain.
    pub remaining: usize,
    /// Access in use that an account would lose: `account: tool, level used, level left`.
    pub lost_in_use: Vec<String>,
}

/// A violation, in short.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The control.
    pub control: String,
    /// Severity it is.
    pub severity: Severity,
    /// Who or what.
    pub subject: Thing,
    /// With regard to what.
    pub resource: Thing,
    /// Finding; for one that is introduced, why.
    pub message: String,
}

/// A proposed change that was applied before planning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhatIf {
    /// The file.
    pub path: String,
    /// What it changes, a sentence each.
    pub changes: Vec<String>,
    /// Everybody and everything it touches.
    pub subjects: Vec<Thing>,
    /// Violations it removes.
    pub removed: Vec<Finding>,
    /// Violations it introduces.
    pub introduced: Vec<Finding>,
}

/// How far a saved plan has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// The saved plan.
    pub path: String,
    /// The day it was made for.
    pub as_of: NaiveDate,
    /// Whether it can still be followed as it is.
    pub valid: bool,
    /// Whether the export is the very one it was made from.
    pub same_inputs: bool,
    /// Files that are new, gone, or have other bytes.
    pub changed_inputs: Vec<String>,
    /// What is otherwise than the plan took it to be.
    pub drift: Vec<Drift>,
    /// The steps of the saved plan.
    pub steps: Vec<StepState>,
    /// Accounts that are finished.
    pub accounts_done: usize,
    /// Accounts in the saved plan.
    pub accounts: usize,
    /// Steps that are done.
    pub steps_done: usize,
}

/// Something that changed since a plan was saved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The account.
    pub account: Thing,
    /// What changed, in a sentence.
    pub what: String,
    /// Whether the saved plan can no longer be followed because of it.
    pub breaks: bool,
}

/// Whether a step of a saved plan is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepState {
    /// The step.
    pub step: String,
    /// The account.
    pub account: Thing,
    /// What it was.
    pub action: String,
    /// How it stands.
    pub state: State,
    /// The last day it may end.
    pub latest: Option<NaiveDate>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The newer export shows it done, or something that can only come after it.
    Done,
    /// It is still to do.
    Open,
    /// It is still to do and its latest day is past.
    Overdue,
}

/// Counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Accounts that can be moved.
    pub ready: usize,
    /// Accounts that something blocks.
    pub blocked: usize,
    /// Accounts that need a decision.
    pub decide: usize,
    /// Accounts that go without a replacement.
    pub retire: usize,
    /// Accounts that are replaced.
    pub done: usize,
    /// Steps of all accounts.
    pub steps: usize,
    /// Tools at a level, kept.
    pub kept: usize,
    /// Tools at a level, lowered or gone.
    pub lost: usize,
    /// Tools at a level, raised or new.
    pub gained: usize,
    /// Tools of which the level before or after is unknown.
    pub unknown: usize,
}

impl Summary {
    /// Accounts of a status.
    pub fn of(&self, status: Status) -> usize {
        match status {
            Status::Ready => self.ready,
            Status::Blocked => self.blocked,
            Status::Decide => self.decide,
            Status::Retire => self.retire,
            Status::Done => self.done,
        }
    }

    /// Counts accounts, steps and changes.
    pub fn count(accounts: &[Account]) -> Self {
        let of = |status: Status| accounts.iter().filter(|account| account.status == status).count();
        let sum = |number: fn(&Account) -> usize| accounts.iter().map(number).sum();
        Self {
            ready: of(Status::Ready),
            blocked: of(Status::Blocked),
            decide: of(Status::Decide),
            retire: of(Status::Retire),
            done: of(Status::Done),
            steps: sum(|account| account.steps.len()),
            kept: sum(|account| account.access.kept.len()),
            lost: sum(|account| account.access.lost.len()),
            gained: sum(|account| account.access.gained.len()),
            unknown: sum(|account| account.access.unknown.len()),
        }
    }
}
