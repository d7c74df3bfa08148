//! The job summary of GitHub Actions: Markdown, appended to the file that `GITHUB_STEP_SUMMARY` names.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::CliError;
use cutover_report::markdown;

/// Appends the Markdown of a result, drawn in at most so many bytes, if annotations were asked for and GitHub says where. GitHub takes no more of a step
/// than [`markdown::JOB_SUMMARY`], and drops all of what is longer.
pub(super) fn write(wanted: bool, render: &dyn Fn(usize, &mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| wanted && !path.is_empty()) else {
        return Ok(());
    };
    let path = PathBuf::from(path);
    let fault = |error: &std::io::Error| CliError::Summary {
        path: path.display().to_string(),
        reason: cutover_export::reason::of(error),
    };
    let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(|error| fault(&error))?;
    let before = file.metadata().map_err(|error| fault(&error))?.len();
    // What an earlier command of the step wrote counts too, and may lack its last line's end.
    let mut text = if before > 0 { b"\n\n".to_vec() } else { Vec::new() };
    let room = (markdown::JOB_SUMMARY as u64).saturating_sub(before).saturating_sub(text.len() as u64);
    let start = text.len();
    render(usize::try_from(room).unwrap_or_default(), &mut text).map_err(|error| fault(&error))?;
    if text.len() > start {
        file.write_all(&text).map_err(|error| fault(&error))?;
    }
    Ok(())
}
