//! `cutover demo`: the example export, so that an installed program has something to show.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use tempfile::Builder;

use crate::error::{CliError, Exit};
use crate::output;
use cutover_export::{drafts, reason};

/// The export of an invented company.
static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/harborline");

/// Write an example export: an invented company with eleven integrations, most of them with a problem.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to write; it must not exist
    #[arg(value_name = "DIR", default_value = "harborline")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let path = &args.folder;
    if fs::symlink_metadata(path).is_ok() {
        return Err(CliError::Usage {
            what: format!("`{}` already exists", path.display()),
            help: "give a folder that does not exist".to_owned(),
        });
    }
    let failed =
        |error: &std::io::Error| CliError::Write { path: path.display().to_string(), reason: reason::of(error) };
    write(path).map_err(|error| failed(&error))?;
    let name = path.display();
    output::to_standard_output(&|out| {
        writeln!(out, "wrote {name}: the export of Harborline Builders, an invented company, of 2024-10-14")?;
        writeln!(out, "next: cutover audit {name} --as-of 2024-10-15")
    })?;
    Ok(Exit::Clean)
}

/// Writes the folder beside its place, so that it appears atomically.
fn write(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = drafts::begin(|| Builder::new().prefix(".cutover-demo-").tempdir_in(parent), |draft| draft.path())?;
    let export = draft.path().join("export");
    fs::create_dir(&export)?;
    extract(&EXAMPLE, &export)?;
    fs::rename(&export, path)?;
    drafts::hold().finished(draft.path());
    draft.close()
}

fn extract(folder: &Dir<'_>, to: &Path) -> std::io::Result<()> {
    for file in folder.files() {
        if let Some(name) = file.path().file_name() {
            fs::File::create(to.join(name))?.write_all(file.contents())?;
        }
    }
    for inner in folder.dirs() {
        if let Some(name) = inner.path().file_name() {
            let to = to.join(name);
            fs::create_dir(&to)?;
            extract(inner, &to)?;
        }
    }
    Ok(())
}
