//! `cutover scrub`.

use std::io::Write;
use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::{input, output};
use cutover_export::scrub::{Replaced, ScrubError, Summary, scrub};
use cutover_model::escape;
use cutover_report::text::counted;

/// Copy an export with every secret replaced by the word `redacted`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The export: a folder, or one file
    #[arg(value_name = "IN")]
    from: PathBuf,

    /// The path of the copy; it must not exist
    #[arg(value_name = "OUT")]
    to: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let summary = scrub(&args.from, &args.to).map_err(stop)?;
    output::to_standard_output(&|out| write(&summary, &args.to.to_string_lossy(), out))?;
    for path in &summary.hidden {
        input::note(&format!("{} begins with a dot and was left out", escape::name(path)));
    }
    for (path, reason) in &summary.refused {
        input::print_note(&format!("{} was not copied: {}", escape::name(path), escape::visible(reason)));
    }
    Ok(if summary.refused.is_empty() { Exit::Clean } else { Exit::Input })
}

fn write(summary: &Summary, to: &str, out: &mut dyn Write) -> std::io::Result<()> {
    for Replaced { path, line, column, pointer, kind } in &summary.replaced {
        let pointer = if pointer.is_empty() { String::new() } else { format!(" at {}", escape::name(pointer)) };
        writeln!(out, "{}:{line}:{column} {kind}{pointer}", escape::name(path))?;
    }
    let files = counted(summary.copied, "file");
    writeln!(out, "{} replaced; {files} written to {}", counted(summary.replaced.len(), "secret"), escape::name(to))
}

fn stop(error: ScrubError) -> CliError {
    match error {
        ScrubError::Exists(_) => CliError::Usage {
            what: error.to_string(),
            help: "give a path that does not exist; cutover never overwrites an export".to_owned(),
        },
        ScrubError::Inside(_) => {
            CliError::Usage { what: error.to_string(), help: "write the copy beside the export".to_owned() }
        }
        ScrubError::Unreadable(path, reason) => CliError::Export { path, reason },
        ScrubError::Unwritable(path, reason) => CliError::Write { path, reason },
        ScrubError::Leak(path, kind) => {
            let reason =
                format!("its copy still holds a {kind} after everything found was replaced; nothing was written");
            CliError::Export { path, reason }
        }
    }
}
