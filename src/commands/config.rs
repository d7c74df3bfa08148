//! `cutover config`: what each option comes to, and where that comes from.

use std::path::PathBuf;

use clap::{ArgMatches, ValueEnum};

use crate::error::{CliError, Exit};
use crate::evaluation::{EvaluationArgs, Output};
use crate::{options, output};
use cutover_model::escape;
use cutover_report::json;

/// Show the resolved value of each option for an export, and its source: command line, environment or cutover.toml.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The export whose cutover.toml applies
    #[arg(value_name = "EXPORT")]
    export: Vec<PathBuf>,

    #[command(flatten)]
    evaluation: EvaluationArgs,

    #[command(flatten)]
    output: Output,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    show: Show,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Show {
    /// Text for people.
    Text,
    /// For programs.
    Json,
}

pub(super) fn run(args: &Args, matches: Option<&ArgMatches>) -> Result<Exit, CliError> {
    let shown = options::shown(matches, (&args.evaluation, &args.output), &args.export)?;
    output::to_standard_output(&|out| match args.show {
        Show::Json => json::write(&shown, out),
        Show::Text => shown.iter().try_for_each(|one| {
            let value = one.value.as_deref().map_or_else(|| "(nothing)".to_owned(), escape::name);
            let variable = one.variable.map(|name| format!("  ({name})")).unwrap_or_default();
            writeln!(out, "{:16} {value:24} {}{variable}", one.option, escape::name(&one.source))
        }),
    })?;
    Ok(Exit::Clean)
}
