//! The command line: one file for each verb, with its arguments and the few calls it makes.
//!
//! Only this room prints, reads the clock and the environment, and decides how the program ends.

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use thiserror::Error;

use cutover_analysis::gate::GateError;
use cutover_analysis::plan::PlanError;
use cutover_export::drafts;
use cutover_model::escape;

mod arriving;
mod audit;
mod baseline;
mod config;
mod decisions;
mod destination;
mod ending;
mod environment;
mod evaluation;
mod gate;
mod graph;
mod init;
mod input;
#[cfg(unix)]
mod interrupt;
mod job_summary;
mod memory;
mod options;
mod output;
mod plan;
mod policy;
mod progress;
mod reads;
mod report;
mod saved;
mod schema;
mod scrub;
mod shell;
mod solver;
mod why;

/// Audits Procore integrations against the shared responsibility model and plans their migration.
#[derive(Debug, Parser)]
#[command(name = "cutover", version, about, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
struct App {
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes, the same for every format:\n  \
    0  the whole export was read, and nothing is at or above the threshold\n  \
    1  violations, or a diagnostic raised to an error; gate: a forbidden change; plan: not feasible, or accounts that need a decision\n  \
    2  invalid usage, configuration or policy pack\n  \
    3  part or all of the export could not be read (--allow-incomplete accepts a part)\n  \
    4  a policy failed to evaluate\n  \
    130  stopped by Ctrl-C, SIGTERM or SIGHUP; no file is left half-written";

#[derive(Debug, Subcommand)]
enum Verb {
    Audit(audit::Args),
    Gate(gate::Args),
    Plan(plan::Args),
    Why(why::Args),
    Graph(graph::Args),
    Report(report::Args),
    Baseline(baseline::Args),
    Policy(policy::Args),
    Schema(schema::Args),
    Scrub(scrub::Args),
    Init(init::Args),
    Config(config::Args),
    Completions(shell::Completions),
    Man(shell::Manual),
}

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
    fn code(self) -> u8 {
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
enum CliError {
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
    fn exit(&self) -> Exit {
        match self {
            Self::Audit(_) | Self::Gate(GateError::Audit(_) | GateError::Proof(_)) | Self::Plan(PlanError::Fact(_)) => {
                Exit::Policy
            }
            Self::Export { .. } | Self::Plan(PlanError::NoAccounts) => Exit::Input,
            _ => Exit::Usage,
        }
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let command = environment::without_empty(App::command());
    let parsed = command.clone().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((App::from_arg_matches(&matches)?, matches)));
    let (app, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are answers, not mistakes.
            if !error.use_stderr() {
                let printed = error.print().and_then(|()| io::stdout().flush());
                return match output::described(printed) {
                    Ok(()) => Exit::Clean.into(),
                    Err(stop) => end_with(&stop),
                };
            }
            let _ = environment::explain(error, &command).print();
            return Exit::Usage.into();
        }
    };
    #[cfg(unix)]
    interrupt::watch();
    memory::watch();
    let result = match app.verb {
        Verb::Audit(args) => audit::run(args),
        Verb::Gate(args) => gate::run(args),
        Verb::Plan(args) => plan::run(args),
        Verb::Why(args) => why::run(args),
        Verb::Graph(args) => graph::run(args),
        Verb::Report(args) => report::run(&args),
        Verb::Baseline(args) => baseline::run(&args),
        Verb::Policy(args) => policy::run(args),
        Verb::Schema(args) => schema::run(&args),
        Verb::Scrub(args) => scrub::run(&args),
        Verb::Init(args) => init::run(args),
        Verb::Config(args) => config::run(&args, matches.subcommand_matches("config")),
        Verb::Completions(args) => shell::completions(&args),
        Verb::Man(args) => shell::manual(&args),
    };
    // Where the program is being stopped, this waits for its end.
    let _held = drafts::hold();
    match result {
        Ok(exit) => exit.into(),
        Err(stop) => end_with(&stop),
    }
}

/// Says why nothing came of it, and ends with the code of that.
fn end_with(stop: &CliError) -> ExitCode {
    complain(stop);
    stop.exit().into()
}

/// Says on standard error why nothing came of it.
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
