//! What results that list violations have in common: all that a format for other programs is drawn from.

use chrono::NaiveDate;

use super::audit::{
    Audit, CollectedBasis, Compared, Control, Coverage, Diagnostic, Group, Input, Override, Summary, Timeline,
    Violation, Violations,
};
use super::decisions::DecidedBy;
use super::gate::Gate;
use super::graph::Graph;
use super::{Duty, ToolInfo};

/// The parts of a result that every format for other programs needs, whichever verb it is of.
#[derive(Clone, Copy)]
pub struct Listing<'a> {
    /// The verb that made it: `audit`.
    pub verb: &'static str,
    /// What wrote it.
    pub tool: &'a ToolInfo,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The announced dates it was evaluated by.
    pub timeline: &'a Timeline,
    /// The day the export was collected, and what tells it.
    pub collected: Option<(NaiveDate, Option<CollectedBasis>)>,
    /// The files it read.
    pub inputs: &'a [Input],
    /// The controls, whether they fired or not.
    pub controls: &'a [Control],
    /// The duties of the shared responsibility model.
    pub duties: &'a [Duty],
    /// What the organisation changed of the controls.
    pub overrides: &'a [Override],
    /// What influenced the verdicts.
    pub decided_by: &'a [DecidedBy],
    /// What each control could and could not evaluate.
    pub coverage: &'a [Coverage],
    /// The violations, worst first.
    pub violations: &'a dyn Violations,
    /// What is known of violations that are not told, when the result was cut before.
    pub known: &'a [Group],
    /// The saved result it was compared with.
    pub baseline: Option<&'a Compared>,
    /// Violations that were there before, and are gone.
    pub absent: &'a [Violation],
    /// How service identities come to their access, if that was asked for.
    pub graph: Option<&'a Graph>,
    /// What went wrong, or is worth knowing.
    pub diagnostics: &'a [Diagnostic],
    /// Counts.
    pub summary: &'a Summary,
}

impl std::fmt::Debug for Listing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing").field("verb", &self.verb).field("summary", self.summary).finish_non_exhaustive()
    }
}

impl<V: Violations> Audit<V> {
    /// What the formats for other programs are drawn from.
    pub fn listing(&self) -> Listing<'_> {
        Listing {
            verb: "audit",
            tool: &self.tool,
            as_of: self.as_of,
            timeline: &self.timeline,
            collected: self.collected_at.map(|day| (day, self.collected_at_basis)),
            inputs: &self.inputs,
            controls: &self.controls,
            duties: &self.duties,
            overrides: &self.overrides,
            decided_by: &self.decided_by,
            coverage: &self.coverage,
            violations: &self.violations,
            known: &self.groups,
            baseline: self.baseline.as_ref(),
            absent: &self.absent,
            graph: self.graph.as_ref(),
            diagnostics: &self.diagnostics,
            summary: &self.summary,
        }
    }
}

impl Gate {
    /// What the formats for other programs are drawn from.
    pub fn listing(&self) -> Listing<'_> {
        Listing {
            verb: "gate",
            tool: &self.tool,
            as_of: self.as_of,
            timeline: &self.timeline,
            collected: self.collected_at.map(|day| (day, self.collected_at_basis)),
            inputs: &self.inputs.after,
            controls: &self.controls,
            duties: &self.duties,
            overrides: &self.overrides,
            decided_by: &self.decided_by,
            coverage: &self.coverage,
            violations: &self.violations,
            known: &[],
            baseline: None,
            absent: &[],
            graph: self.graph.as_ref(),
            diagnostics: &self.diagnostics,
            summary: &self.summary,
        }
    }
}

impl Listing<'_> {
    /// What the violations have in common, with at most so many of each kind listed.
    pub fn groups(&self, most: usize) -> Vec<Group> {
        // A result that was cut before knows more than what is left of it.
        let mut groups = if self.known.is_empty() { self.violations.groups() } else { self.known.to_vec() };
        groups.iter_mut().for_each(|group| group.included = group.included.min(most).min(group.count));
        groups
    }

    /// A control by its id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }
}
