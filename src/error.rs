//! How the program ends, and why it stops before it has a result.

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use thiserror::Error;

use super::output;
use cutover_analysis::gate::GateError;
use cutover_analysis::plan::PlanError;
use cutover_model::escape;

/// How the program ends. The numbers are a promise: see the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above the threshold.
    Clean,
    /// Violations.
    Violations,
    /// Wrong usage, configuration or policy pack.
    Usage,
    /// The export, or a part of it, could not be read.
    Input,
    /// A policy failed to evaluate.
    Policy,
}

impl Exit {
    /// The number that whoever ran the program gets.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Violations => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Policy => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a verb stopped before it had a result.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum CliError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pack(#[from] cutover_policy::pack::PackError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Audit(#[from] cutover_analysis::audit::AuditError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Gate(#[from] cutover_analysis::gate::GateError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] cutover_analysis::plan::PlanError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cases(#[from] cutover_pack_tools::fault::CasesError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fault(#[from] cutover_policy::fault::Fault),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Saved(#[from] cutover_model::result::saved::SavedError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] cutover_analysis::ask::names::NameError),
    #[error("{what}")]
    #[diagnostic(help("{help}"))]
    Usage { what: String, help: String },
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(help("give a file that exists and can be read"))]
    File { path: String, reason: String },
    #[error("cannot read the export `{path}`: {reason}")]
    Export { path: String, reason: String },
    #[error("`{path}`, line {line}, column {column}: {what}")]
    #[diagnostic(help("see docs/files-you-write.md"))]
    HandKept { path: String, line: usize, column: usize, what: String },
    #[error("cannot write `{path}`: {reason}")]
    #[diagnostic(help("nothing was written; an existing file is unchanged"))]
    Write { path: String, reason: String },
    #[error("cannot write the job summary `{path}`: {reason}")]
    #[diagnostic(help("GITHUB_STEP_SUMMARY names this file; unset it to write no job summary"))]
    Summary { path: String, reason: String },
    #[error("cannot write to standard output: {reason}")]
    StandardOutput { reason: String },
}

impl CliError {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Audit(_) | Self::Gate(GateError::Audit(_) | GateError::Proof(_)) | Self::Plan(PlanError::Fact(_)) => {
                Exit::Policy
            }
            Self::Export { .. } | Self::Plan(PlanError::NoAccounts) => Exit::Input,
            _ => Exit::Usage,
        }
    }
}

/// Reports an error, and ends with its exit code.
pub(super) fn end_with(stop: &CliError) -> ExitCode {
    complain(stop);
    stop.exit().into()
}

/// Writes an error to standard error.
fn complain(stop: &CliError) {
    let style = output::style_of_errors();
    let draw = |theme| {
        let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width).with_links(false);
        let mut text = String::new();
        let _ = handler.render_report(&mut text, stop);
        text
    };
    let plain = draw(GraphicalTheme::unicode_nocolor());
    let shown: Vec<_> = plain.trim_end().lines().map(escape::visible).collect();
    // Colours are written with the very characters that a policy or a path may not smuggle in.
    let hostile = shown.iter().any(|line| matches!(line, Cow::Owned(_)));
    let text = if style.colour && !hostile { draw(GraphicalTheme::unicode()) } else { shown.join("\n") };
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}
