//! What a run reads: no result is written over it.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::destination::{Destination, are_one, standard_input};
use crate::error::CliError;
use cutover_export::open;
use cutover_export::{self as export, collect};

/// The longest file in the place of a result that is looked into, in bytes.
const MAX_RESULT_BYTES: u64 = 1 << 26;

/// The files and folders that a run reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    exports: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Reads {
    /// Exports: folders, files, or `-`.
    pub(super) fn exports(paths: &[PathBuf]) -> Self {
        Self { exports: paths.to_vec(), files: Vec::new() }
    }

    /// These files as well; `-` is standard input.
    pub(super) fn and<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.files.extend(files.into_iter().map(Into::into));
        self
    }

    /// Refuses a destination that is read.
    ///
    /// # Errors
    /// Why a result must not be written there.
    pub(super) fn check(&self, destination: &Destination) -> Result<(), &'static str> {
        // A device is not changed by writing to it.
        if destination.is_stream() {
            return Ok(());
        }
        let existing = destination.existing();
        let is_read = |found: &Metadata| existing.is_some_and(|existing| are_one(found, existing));
        let is_file = |path: &PathBuf| match path.as_path() == Path::new("-") {
            true => standard_input().is_some_and(|found| is_read(&found)),
            false => {
                fs::metadata(path).is_ok_and(|found| found.is_file() && is_read(&found))
                    || path.canonicalize().is_ok_and(|path| Some(path) == destination.canonical())
            }
        };
        if self.files.iter().chain(&self.exports).any(is_file) {
            return Err("it is read by this command; give another path");
        }
        if self.exports.iter().any(|export| is_part(export, destination)) {
            return Err("it is a part of the export, or would be read as one; give another path");
        }
        Ok(())
    }
}

/// Whether a destination is a file of an export folder, or would be one.
fn is_part(export: &Path, destination: &Destination) -> bool {
    let Ok(root) = export.canonicalize() else { return false };
    let Some(path) = destination.canonical() else { return false };
    let inside = path.strip_prefix(&root).ok().map(|name| name.to_string_lossy().replace('\\', "/"));
    let Some(existing) = destination.existing() else {
        return inside.is_some_and(|name| export::announces_records(&name));
    };
    // A link or another name may lead to it.
    let listed = || {
        let inputs = collect::folders(&[export.to_owned()]).into_iter().flat_map(|folder| folder.inputs);
        let is_it = |path: &Path| fs::metadata(path).is_ok_and(|found| are_one(&found, existing));
        { inputs }.find(|input| input.content.path().is_some_and(is_it)).map(|input| input.name)
    };
    let Some(name) = inside.or_else(listed) else { return false };
    let text = open::text(destination.path(), None, MAX_RESULT_BYTES).unwrap_or_default();
    export::may_be_part(&name, &text)
}

/// Why nothing can be written to a path, for the user.
pub(super) fn refused(path: &Path, reason: impl Into<String>) -> CliError {
    CliError::Write { path: path.display().to_string(), reason: reason.into() }
}
