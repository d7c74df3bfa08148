//! How a run that has a result ends.

use crate::error::Exit;
use crate::input;
use cutover_model::diagnostic::{Code, Level};
use cutover_model::result::audit::Diagnostic;
use cutover_policy::org_overrides::Levels;

/// What counts for the exit code beside violations.
#[derive(Debug)]
pub(super) struct Ending {
    /// Whether an export of which a part could not be read may pass.
    allow_incomplete: bool,
    /// The codes of diagnostics that the organisation made errors: they fail the run.
    raised: Vec<&'static str>,
}

impl Ending {
    pub(super) fn new(allow_incomplete: bool, levels: &Levels) -> Self {
        Self { allow_incomplete, raised: levels.raised().map(Code::id).collect() }
    }

    /// Whether there is a diagnostic that the organisation made an error.
    pub(super) fn has_raised(&self, diagnostics: &[Diagnostic]) -> bool {
        let is_raised = |one: &Diagnostic| one.severity == Level::Error && self.raised.contains(&one.code.as_str());
        diagnostics.iter().any(is_raised)
    }

    /// The exit code: a policy that failed counts first, then what fails the run, then an export that is incomplete.
    pub(super) fn exit(&self, fails: bool, diagnostics: &[Diagnostic]) -> Exit {
        let has = |code: Code| diagnostics.iter().any(|diagnostic| diagnostic.code == code.id());
        if has(Code::Policy) {
            return Exit::Policy;
        }
        if fails {
            return Exit::Violations;
        }
        if has(Code::Lost) {
            input::print_note("part of the export after the change could not be read; changes there are unknown");
            return Exit::Input;
        }
        if !self.allow_incomplete && diagnostics.iter().any(Diagnostic::is_incomplete) {
            input::print_note(
                "a part of the export could not be read, so this is no pass; --allow-incomplete accepts it",
            );
            return Exit::Input;
        }
        Exit::Clean
    }
}
