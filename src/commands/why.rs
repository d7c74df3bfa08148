//! `cutover why`.

use std::path::PathBuf;

use crate::commands::graph::{Drawn, answer};
use crate::error::{CliError, Exit};
use cutover_analysis::ask::{names, why};
use cutover_model::level::Level;

/// Explain why an account can use a tool, or why it cannot and which single fact would change that.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders or files of an export, or `-`
    #[arg(value_name = "EXPORT")]
    export: PathBuf,

    /// The account: an id, a name, an e-mail address, or the beginning of one
    #[arg(value_name = "ACCOUNT")]
    account: String,

    /// The tool: `project/rfi`, `Company Directory`
    #[arg(value_name = "TOOL")]
    tool: String,

    /// Only in this project: an id, a name, or the beginning of one
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,

    /// Only this level or more: read-only, standard, admin [default: any level]
    #[arg(long, value_name = "LEVEL", value_parser = names::level)]
    level: Option<Level>,

    #[command(flatten)]
    drawn: Drawn,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let Args { export, account, tool, project, level, drawn } = args;
    answer(&[export], &drawn, |asked| why::why(asked, &account, &tool, project.as_deref(), level))
}
