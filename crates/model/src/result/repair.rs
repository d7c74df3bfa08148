//! The smallest repair, a part of `cutover.plan/v1`: the cheapest edits of access that clear what was asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan::{Assessed, Change, Finding, Step};
use super::{Location, Thing};

/// A repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repair {
    /// What was asked for.
    pub asked: Vec<Asked>,
    /// What to do, in the order of the days it is planned for.
    pub edits: Vec<Edit>,
    /// Violations that the edits clear, and by which of them.
    pub cleared: Vec<Cleared>,
    /// Violations that were asked for and stay, and why.
    pub not_cleared: Vec<NotCleared>,
    /// What must be kept, as far as it ruled edits out.
    pub keeps: Vec<Keep>,
    /// How much of what the asked controls ask could not be assessed: it may be violated, and is never called cleared.
    pub not_assessed: Vec<Assessed>,
    /// What the edits cost together, in points.
    pub cost: u64,
    /// No repair of the same violations costs less than this.
    pub lower_bound: u64,
    /// Whether it is proved that none costs less; otherwise the repair is approximate.
    pub exact: bool,
    /// Edits that were considered, those that are ruled out included.
    pub considered: usize,
    /// Up to where a search is exact.
    pub bound: Bound,
    /// The edits done in memory, and everything evaluated again.
    pub simulation: Simulated,
}

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// The selector as given.
    pub selector: String,
    /// The controls it names.
    pub controls: Vec<String>,
    /// The account it names.
    pub account: Option<Thing>,
    /// The violations it means.
    pub violations: usize,
}

/// What an edit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Lowers a tool in a template, for everybody who has it.
    LowerTemplate,
    /// Gives an identity a copy of a template of its own, in which a tool may be lower.
    OwnTemplate,
    /// Lowers a level that an identity has by itself.
    LowerLevel,
    /// Takes an identity off a project.
    LeaveProject,
    /// Takes a right that stands on the identity.
    ClearRight,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// Its id, unique in the plan: `R01`.
    pub id: String,
    /// What it does.
    pub what: What,
    /// The identity it is done to; none for a template that several have.
    pub subject: Option<Thing>,
    /// The template it is done to, or copied from.
    pub template: Option<Thing>,
    /// The tool.
    pub tool: Option<Thing>,
    /// The project, if it is done on one.
    pub project: Option<Thing>,
    /// The level now, as policies spell it.
    pub from: Option<String>,
    /// The level then. The same where it takes granular permissions only.
    pub to: Option<String>,
    /// Where the export says what is changed.
    pub location: Option<Location>,
    /// The step: who does it, when, how to see that it is done, and the rollback.
    pub step: Step,
    /// What it costs, in points.
    pub cost: u64,
    /// Who loses access by it; the first fifty.
    pub loses: Vec<Loss>,
    /// Identities that lose access by it.
    pub identities: usize,
    /// Projects on which somebody does.
    pub projects: usize,
}

/// What an identity loses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Who.
    pub who: Thing,
    /// What, by tool. `used` is false where nothing needs what is lost, and null where it is unknown.
    pub changes: Vec<Change>,
}

/// A violation that is cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cleared {
    /// The violation.
    pub violation: Finding,
    /// The projects it is about, where it is about a tool on projects.
    pub projects: Vec<Thing>,
    /// The edits that clear it, by id.
    pub edits: Vec<String>,
}

/// A violation that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotCleared {
    /// The violation.
    pub violation: Finding,
    /// The projects it is about, where it is about a tool on projects.
    pub projects: Vec<Thing>,
    /// Why it stays, a sentence each.
    pub reasons: Vec<String>,
    /// What the control advises.
    pub remedy: String,
}

/// Something that must be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keep {
    /// Who needs it.
    pub who: Thing,
    /// The tool.
    pub tool: Option<Thing>,
    /// The project.
    pub project: Option<Thing>,
    /// The least level that must stay.
    pub level: Option<String>,
    /// What says so, in a sentence.
    pub reason: String,
    /// Where the export says so.
    pub location: Option<Location>,
    /// Edits that it ruled out.
    pub ruled_out: usize,
}

/// Up to where a search is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// Candidates that hang together.
    pub candidates: usize,
    /// Steps of the search through them.
    pub steps: usize,
    /// Questions to Cedar for violations that several edits clear together.
    pub questions: usize,
}

/// The edits done in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Simulated {
    /// Violations of everything before.
    pub before: usize,
    /// Violations that are gone.
    pub removed: Vec<Finding>,
    /// Violations that are new.
    pub introduced: Vec<Finding>,
    /// Violations of everything afterwards.
    pub after: usize,
}

impl Repair {
    /// Whether everything that was asked for is cleared, and nothing new came of it.
    pub fn is_clean(&self) -> bool {
        self.not_cleared.is_empty() && self.simulation.introduced.is_empty()
    }
}
