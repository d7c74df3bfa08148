//! Which systems a company seems not to use: none of their files is there, so that their controls are no gap.

use std::collections::BTreeSet;

use cutover_model::kind::{Kind, SYSTEMS};
use cutover_model::result::audit::{Coverage, Input, Status};

/// The systems of which no file was read.
pub(crate) struct Scope {
    unused: Vec<&'static (&'static str, &'static [Kind])>,
}

impl Scope {
    /// What these files leave out.
    pub(crate) fn of(inputs: &[Input]) -> Self {
        let read: BTreeSet<Kind> = inputs.iter().filter_map(|input| input.kind).collect();
        Self { unused: SYSTEMS.iter().filter(|(_, kinds)| kinds.iter().all(|kind| !read.contains(kind))).collect() }
    }

    /// The names of the systems that are not used.
    pub(crate) fn unused(&self) -> Vec<&'static str> {
        self.unused.iter().map(|(name, _)| *name).collect()
    }

    /// Whether a kind of file describes a system that is not used.
    pub(crate) fn is_out(&self, kind: Kind) -> bool {
        self.unused.iter().any(|(_, kinds)| kinds.contains(&kind))
    }

    /// Whether a control was not assessed, in whole or in part, and could be with files of systems that are used.
    pub(crate) fn is_gap(&self, coverage: &Coverage) -> bool {
        let is_out = !coverage.missing.is_empty() && coverage.missing.iter().all(|kind| self.is_out(*kind));
        matches!(coverage.status, Status::NotAssessed | Status::PartlyAssessed) && (coverage.facts > 0 || !is_out)
    }
}
