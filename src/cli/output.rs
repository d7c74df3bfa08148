//! Where results go: standard output, and files that are written whole or not at all.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tempfile::NamedTempFile;

use super::Stop;
use crate::report::{Format, Style};

/// The width of text when there is no terminal to ask.
const WIDTH: usize = 100;

/// `FORMAT=PATH`.
#[derive(Debug, Clone)]
pub(super) struct Target {
    format: Format,
    path: PathBuf,
}

impl Target {
    /// Reads `FORMAT=PATH`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, for example sarif=audit.sarif")?;
        let format = Format::from_str(format, true).map_err(|_| {
            let known: Vec<&str> = Format::value_variants().iter().map(|format| name(*format)).collect();
            format!("`{format}` is no format; known are {}", known.join(", "))
        })?;
        if path.is_empty() {
            return Err("the path is empty".to_owned());
        }
        Ok(Self { format, path: path.into() })
    }
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Json => "json",
        Format::Jsonl => "jsonl",
        Format::Sarif => "sarif",
    }
}

/// Writes a result to standard output and to every target.
pub(super) fn write(
    render: &dyn Fn(Format, Style, &mut dyn Write) -> io::Result<()>,
    format: Format,
    targets: &[Target],
    style: Style,
) -> Result<(), Stop> {
    for target in targets {
        let plain = Style { colour: false, width: WIDTH, ..style };
        write_file(&target.path, &|out| render(target.format, plain, out))?;
    }
    to_standard_output(&|out| render(format, style, out))
}

/// Writes to standard output; a reader that went away is no error.
pub(super) fn to_standard_output(render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    let mut out = BufWriter::new(io::stdout().lock());
    match render(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Stop::StandardOutput { reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Writes beside the target and renames: a half-written result is never seen.
fn write_file(path: &Path, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::Write { path: path.display().to_string(), reason: error.to_string() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    let mut out = BufWriter::new(file.as_file_mut());
    render(&mut out).and_then(|()| out.flush()).map_err(failed)?;
    drop(out);
    file.as_file().sync_all().map_err(failed)?;
    readable(&file).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Temporary files are for their owner only; results are for whoever may read the folder.
#[cfg(unix)]
fn readable(file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &NamedTempFile) -> io::Result<()> {
    Ok(())
}

/// How to show text on standard output.
pub(super) fn style_of_results(verbose: bool, coverage: bool) -> Style {
    Style { colour: wants_colour(io::stdout().is_terminal()), verbose, coverage, width: width() }
}

/// How to show text on standard error.
pub(super) fn style_of_errors() -> Style {
    Style { colour: wants_colour(io::stderr().is_terminal()), verbose: false, coverage: false, width: width() }
}

/// <https://no-color.org>: set and not empty means no colour.
fn wants_colour(terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty());
    !set("NO_COLOR") && (forced || (terminal && env::var_os("TERM").is_none_or(|term| term != "dumb")))
}

fn width() -> usize {
    env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH)
}
