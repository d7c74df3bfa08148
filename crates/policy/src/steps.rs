//! The steps of a migration (`policies/steps.toml`) and of a repair (`policies/repairs.toml`). Texts, durations and order are
//! data; who answers for a step is asked of `responsibility.cedar`.

use serde::Deserialize;

use super::responsibility::Responsibility;
use super::step_id::StepId;
use cutover_model::result::Party;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    step: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: StepId,
    action: String,
    duty: String,
    #[serde(default)]
    right: String,
    days: u32,
    recovery_days: u32,
    #[serde(default)]
    after: Vec<StepId>,
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
    /// Which one it is.
    pub kind: StepId,
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
    /// Rollback, with names in braces.
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
    /// When the file is not of its shape, does not describe each of `ids` once and no other, a step follows one that
    /// comes later, or a duty has not exactly one party.
    pub fn parse(text: &str, ids: &[StepId], responsibility: &Responsibility) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut all: Vec<StepKind> = Vec::with_capacity(file.step.len());
        if let Some(missing) = ids.iter().find(|id| !file.step.iter().any(|row| row.kind == **id)) {
            return Err(format!("step `{}` is not described", missing.id()));
        }
        for row in file.step {
            if !ids.contains(&row.kind) || all.iter().any(|step| step.kind == row.kind) {
                return Err(format!("step `{}` is described twice, or does not belong here", row.kind.id()));
            }
            let before = |name: &StepId| {
                all.iter().position(|kind| kind.kind == *name).ok_or_else(|| {
                    format!("step `{}` comes after `{}`, which is not above it", row.kind.id(), name.id())
                })
            };
            let after: Result<Vec<usize>, String> = row.after.iter().map(before).collect();
            let &[party] = responsibility.accountable(&row.duty).as_slice() else {
                return Err(format!("step `{}`: duty {} has not exactly one party", row.kind.id(), row.duty));
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
    pub fn index(&self, kind: StepId) -> Option<usize> {
        self.all.iter().position(|step| step.kind == kind)
    }

    /// The index of the kind with this name: controls and saved plans name steps.
    pub fn index_of_name(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|step| step.kind.id() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;

    fn row(kind: &str) -> String {
        format!(
            "[[step]]\nkind = \"{kind}\"\naction = \"\"\nduty = \"CUS-INSTALL\"\ndays = 1\nrecovery_days = 1\ncheck = \"\"\nundo = \"\"\n"
        )
    }

    #[test]
    fn a_step_that_is_missing_misspelt_or_strange_is_an_error_when_the_file_is_read() {
        let pack = Pack::load(&[]).unwrap();
        let duty = &pack.steps.all[0].duty;
        let parse = |kinds: &[&str]| {
            let text: String = kinds.iter().map(|kind| row(kind).replace("CUS-INSTALL", duty)).collect();
            Steps::parse(&text, &[StepId::Install, StepId::Move], &pack.responsibility).map(|steps| steps.all.len())
        };
        assert_eq!(parse(&["install", "move"]), Ok(2));
        assert_eq!(parse(&["install"]), Err("step `move` is not described".to_owned()));
        assert!(parse(&["install", "move", "mvoe"]).unwrap_err().contains("unknown variant `mvoe`"));
        for more in ["move", "verify"] {
            let error = parse(&["install", "move", more]).unwrap_err();
            assert_eq!(error, format!("step `{more}` is described twice, or does not belong here"));
        }
    }
}
