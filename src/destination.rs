//! Where a path that is written to leads.
//!
//! A link stays a link: what it leads to is written. A device or a pipe is written to, and so is what a link of `/proc` or
//! `/dev` leads to, as `/dev/stdout` does. Everything else is replaced as a whole by a file that was written beside it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use cutover_export::open;
use cutover_export::open::Refusal;

/// The most links that one path leads through, as Linux has it.
const MAX_LINKS: usize = 40;

/// A place that is written to, with all links resolved.
#[derive(Debug)]
pub(super) struct Destination {
    /// The path that is written to.
    real: PathBuf,
    /// What is there now.
    existing: Option<Metadata>,
    /// Whether it is written to and not replaced.
    is_stream: bool,
}

impl Destination {
    /// Finds out where a path leads.
    ///
    /// # Errors
    /// Why nothing can be written there.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut real = path.to_owned();
        for _ in 0..=MAX_LINKS {
            if is_of_system(&real) {
                let existing = Some(fs::metadata(&real)?);
                return Ok(Self { real, existing, is_stream: true });
            }
            if !fs::symlink_metadata(&real).is_ok_and(|found| found.is_symlink()) {
                let existing = fs::metadata(&real).ok();
                let is_stream = existing.as_ref().is_some_and(|found| !found.is_file() && !found.is_dir());
                return Ok(Self { real, existing, is_stream });
            }
            real = folder(&real).join(fs::read_link(&real)?);
        }
        Err(Refusal::Loop.into())
    }

    /// Whether it is written to and not replaced.
    pub(super) fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// What is there now.
    pub(super) fn existing(&self) -> Option<&Metadata> {
        self.existing.as_ref()
    }

    /// The path that is written to.
    pub(super) fn path(&self) -> &Path {
        &self.real
    }

    /// Its absolute path without links, if its folder exists.
    pub(super) fn canonical(&self) -> Option<PathBuf> {
        Some(folder(&self.real).canonicalize().ok()?.join(self.real.file_name()?))
    }

    /// Whether both lead to one file, by whatever names.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_one = |one: &Metadata, other: &Metadata| one.is_file() == other.is_file() && are_one(one, other);
        match (&self.existing, &other.existing) {
            (Some(one), Some(other)) if is_one(one, other) => true,
            _ => self.canonical().is_some_and(|path| Some(path) == other.canonical()),
        }
    }

    /// Makes the file that is to take its place, beside it: for nobody but its owner while another one is there, which may
    /// be private.
    pub(super) fn begin(&self) -> io::Result<NamedTempFile> {
        match self.existing {
            Some(_) => NamedTempFile::new_in(folder(&self.real)),
            None => new_file().tempfile_in(folder(&self.real)),
        }
    }

    /// Gives the file that is to take its place the mode of the one that is there.
    pub(super) fn keep_mode(&self, file: &File) -> io::Result<()> {
        self.existing.as_ref().map_or(Ok(()), |found| keep_mode(found, file))
    }

    /// Writes to what is not replaced.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let is = |standard: Option<Metadata>| {
            standard.zip(self.existing.as_ref()).is_some_and(|(one, other)| are_one(&one, other))
        };
        // Opened a second time, a file would be written from its start.
        if is(standard_output()) {
            let mut out = io::stdout().lock();
            return out.write_all(bytes).and_then(|()| out.flush());
        }
        OpenOptions::new().append(true).open(&self.real)?.write_all(bytes)
    }
}

/// The folder that a path lies in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two files are one.
pub(super) fn are_one(one: &Metadata, other: &Metadata) -> bool {
    open::identity(one).is_some_and(|identity| Some(identity) == open::identity(other))
}

/// Whether a file is made up by the system: it may lead to what has no path, or to a file that is open already.
fn is_of_system(path: &Path) -> bool {
    folder(path).canonicalize().is_ok_and(|folder| folder.starts_with("/proc") || folder.starts_with("/dev/fd"))
}

#[cfg(unix)]
fn known(stream: impl std::os::fd::AsFd) -> Option<Metadata> {
    File::from(stream.as_fd().try_clone_to_owned().ok()?).metadata().ok()
}

#[cfg(not(unix))]
fn known<S>(_: S) -> Option<Metadata> {
    None
}

/// Where standard output goes.
pub(super) fn standard_output() -> Option<Metadata> {
    known(io::stdout())
}

/// Where standard input comes from.
pub(super) fn standard_input() -> Option<Metadata> {
    known(io::stdin())
}

/// A new file is for whoever may read the folder, as far as the user's mask allows.
#[cfg(unix)]
fn new_file() -> Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = Builder::new();
    builder.permissions(fs::Permissions::from_mode(0o644));
    builder
}

#[cfg(not(unix))]
fn new_file() -> Builder<'static, 'static> {
    Builder::new()
}

#[cfg(unix)]
fn keep_mode(found: &Metadata, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    // Only an administrator may give files away: what does not work changes nothing.
    let _ = fchown(file, Some(found.uid()), None);
    let _ = fchown(file, None, Some(found.gid()));
    file.set_permissions(fs::Permissions::from_mode(found.mode() & 0o777))
}

#[cfg(not(unix))]
fn keep_mode(_: &Metadata, _: &File) -> io::Result<()> {
    Ok(())
}
