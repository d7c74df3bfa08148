//! The steps of a migration (`policies/steps.toml`) and of a repair (`policies/repairs.toml`). Texts, durations and order are
//! data; who answers for a step is asked of `responsibility.cedar`.

use serde::Deserialize;

use super::responsibility::Responsibility;
use crate::result::Party;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    step: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    action: String,
    duty: String,
    #[serde(default)]
    right: String,
    days: u32,
    recovery_days: u32,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    changes: bool,
    #[serde(default)]
    cleanup: bool,
    #[serde(default)]
    visible: bool,
    check: String,
    undo: String,
}

/// A kind of step.
#[derive(Debug, Clone)]
pub struct StepKind {
    /// Its name: `install`.
    pub kind: String,
    /// What to do, with names in braces.
    pub action: String,
    /// The duty it comes from.
    pub duty: String,
    /// Who answers for that duty.
    pub party: Party,
    /// The right it needs.
    pub right: String,
    /// Working days it takes.
    pub days: u32,
    /// Working days it takes once the sunset is past; 0 when it is left out then.
    pub recovery_days: u32,
    /// The kinds before it, by index; always lower than its own.
    pub after: Vec<usize>,
    /// Whether it changes something in production.
    pub changes: bool,
    /// Whether it may come after the deadline for moving, up to the sunset.
    pub cleanup: bool,
    /// Whether a newer export shows that it is done.
    pub visible: bool,
    /// How to see that it is done, with names in braces.
    pub check: String,
    /// The way back, with names in braces.
    pub undo: String,
}

/// Every kind of step, in an order that can be followed.
#[derive(Debug)]
pub struct Steps {
    /// The kinds.
    pub all: Vec<StepKind>,
}

impl Steps {
    /// Reads the steps.
    ///
    /// # Errors
    /// When the file is not of its shape, a step follows one that comes later, or a duty has not exactly one party.
    pub fn parse(text: &str, responsibility: &Responsibility) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut all: Vec<StepKind> = Vec::with_capacity(file.step.len());
        for row in file.step {
            let before = |name: &String| {
                all.iter()
                    .position(|kind| kind.kind == *name)
                    .ok_or_else(|| format!("step `{}` comes after `{name}`, which is not above it", row.kind))
            };
            let after: Result<Vec<usize>, String> = row.after.iter().map(before).collect();
            let &[party] = responsibility.accountable(&row.duty).as_slice() else {
                return Err(format!("step `{}`: duty {} has not exactly one party", row.kind, row.duty));
            };
            all.push(StepKind {
                after: after?,
                kind: row.kind,
                action: row.action,
                duty: row.duty,
                party,
                right: row.right,
                days: row.days,
                recovery_days: row.recovery_days,
                changes: row.changes,
                cleanup: row.cleanup,
                visible: row.visible,
                check: row.check,
                undo: row.undo,
            });
        }
        Ok(Self { all })
    }

    /// The index of a kind.
    pub fn index(&self, kind: &str) -> Option<usize> {
        self.all.iter().position(|step| step.kind == kind)
    }
}
