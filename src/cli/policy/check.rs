//! `cutover policy check`.

use std::path::PathBuf;

use super::{Exit, Stop};
use crate::cli::output;
use crate::policy::check::check;
use crate::report::policy_check::{CheckFormat, policy_check};

/// Tell everything that is wrong with a pack of policies at once.
///
/// Also told are controls that Cedar accepts and that can never fire, because they speak of a tool, a level, an attribute
/// or a text that no fact has. Notes name controls in the shadow of others; they are no problems.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Folders of policies with their test files (default: the built-in pack)
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// The format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let result = check(&args.folders)?;
    let style = output::style_of_results(false, false);
    output::to_standard_output(&|out| policy_check(&result, args.format, style, out))?;
    Ok(if result.problems.is_empty() { Exit::Clean } else { Exit::Usage })
}
