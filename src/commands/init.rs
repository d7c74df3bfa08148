//! `cutover init`: a `cutover.toml` to start from, in which everything is explained and nothing is set.

use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::output;

/// The file, every key of it commented out.
pub(crate) const TEMPLATE: &str = include_str!("cutover.toml");

/// Write a commented cutover.toml to start from.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to write; `-` prints it
    #[arg(value_name = "FILE", default_value = "cutover.toml")]
    file: PathBuf,

    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    if args.file.as_os_str() == "-" {
        output::to_standard_output(&|out| out.write_all(TEMPLATE.as_bytes()))?;
        return Ok(Exit::Clean);
    }
    if args.file.exists() && !args.force {
        return Err(CliError::Usage {
            what: format!("`{}` already exists", args.file.display()),
            help: "give another path, or --force to overwrite it".to_owned(),
        });
    }
    output::write_all(&[(args.file, TEMPLATE.to_owned())])?;
    Ok(Exit::Clean)
}
