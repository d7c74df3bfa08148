//! Opens every file that is read: of an export, of a policy pack, and those that people write by hand.
//!
//! Only regular files are opened. A pipe, a device or a socket may keep its reader waiting, or never end. A path that was
//! found in a folder of somebody else must not lead out of that folder: the link would show the author of the folder what
//! only the reader may see. What is checked is the file that was opened, not the path before that.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The longest file that people write by hand, in bytes: settings, waivers, timelines, policies and their tests.
pub const MAX_WRITTEN_BYTES: u64 = 16 << 20;

/// Why a file that exists is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A pipe, a device or a socket.
    #[error("neither a file nor a folder")]
    NotAFile,
    /// It lies outside of the folder that names it.
    #[error("it leads out of the folder it was found in; put a copy of the file there")]
    Outside,
    /// A link that leads to another one, and so on without an end.
    #[error("a link that leads back to itself")]
    Loop,
    /// It is longer than a file of its kind may be.
    #[error("longer than {} MiB", .0 >> 20)]
    TooLong(u64),
}

impl Refusal {
    /// The refusal behind an error, if there is one.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::other(refusal)
    }
}

/// A folder that the paths found in it must not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(PathBuf);

impl Boundary {
    /// The boundary of a folder. The folder itself may be a link: somebody named it.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn of(folder: &Path) -> io::Result<Self> {
        folder.canonicalize().map(Self)
    }

    /// Whether a path leads to something inside, through whatever links.
    pub fn holds(&self, path: &Path) -> bool {
        self.resolve(path).is_some()
    }

    /// Where a path leads, all links resolved; `None` if that is not inside.
    pub fn resolve(&self, path: &Path) -> Option<PathBuf> {
        path.canonicalize().ok().filter(|real| real.starts_with(&self.0))
    }
}

/// Opens a regular file, without waiting for anything. With a boundary it has to lie inside.
///
/// # Errors
/// When it cannot be opened, or a [`Refusal`].
pub fn file(path: &Path, within: Option<&Boundary>) -> io::Result<File> {
    // To open a device may have an effect already.
    regular(&fs::metadata(path)?)?;
    let file = non_blocking().open(path)?;
    regular(&file.metadata()?)?;
    match within {
        Some(Boundary(folder)) if !real_path(&file, path)?.starts_with(folder) => Err(Refusal::Outside.into()),
        _ => Ok(file),
    }
}

/// Opens a file of an export that was named on the command line: it may be a pipe too, which is waited for.
///
/// # Errors
/// As for [`file`](fn@file).
pub fn file_or_pipe(path: &Path) -> io::Result<File> {
    if is_pipe(&fs::metadata(path)?) {
        let pipe = File::open(path)?;
        return if is_pipe(&pipe.metadata()?) { Ok(pipe) } else { Err(Refusal::NotAFile.into()) };
    }
    file(path, None)
}

/// The text of a regular file of at most so many bytes.
///
/// # Errors
/// As for [`file`](fn@file), and when it is longer or no UTF-8.
pub fn text(path: &Path, within: Option<&Boundary>, max_bytes: u64) -> io::Result<String> {
    let file = file(path, within)?;
    let mut bytes = Vec::new();
    // One byte more than allowed shows that there is more.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(Refusal::TooLong(max_bytes).into());
    }
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn regular(found: &Metadata) -> io::Result<()> {
    match found.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(Refusal::NotAFile.into()),
    }
}

#[cfg(unix)]
fn non_blocking() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options
}

#[cfg(not(unix))]
fn non_blocking() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(unix)]
fn is_pipe(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Where an open file lies, all links resolved.
fn real_path(file: &File, path: &Path) -> io::Result<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        // The system knows it of the file itself. Without /proc, the path has to be resolved.
        if let Ok(real) = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) {
            return Ok(real);
        }
    }
    let real = path.canonicalize()?;
    // Somebody may have exchanged it in the meantime.
    let is_same = identity(&file.metadata()?) == identity(&fs::symlink_metadata(&real)?);
    if is_same { Ok(real) } else { Err(Refusal::Outside.into()) }
}

/// The device and the number of a file, where files have one: two paths with the same are one file.
#[cfg(unix)]
pub fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_leads_out_of_a_folder_is_refused_and_what_stays_inside_is_read() {
        let root = TempDir::new().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("pack/more")).unwrap();
        fs::create_dir(path("other")).unwrap();
        fs::write(path("pack/more/a"), "inside").unwrap();
        fs::write(path("other/a"), "outside").unwrap();
        for (link, target) in [("in", "more/a"), ("out", "../other/a"), ("sideways", "../pack/more/a")] {
            symlink(target, path("pack").join(link)).unwrap();
        }
        symlink("../other", path("pack/folder")).unwrap();
        symlink("pack", path("named")).unwrap();
        for folder in ["pack", "named"] {
            let boundary = Boundary::of(&path(folder)).unwrap();
            let read = |name: &str| text(&path(folder).join(name), Some(&boundary), 100);
            for name in ["more/a", "in", "sideways", "../pack/in"] {
                assert_eq!(read(name).unwrap(), "inside", "{name}");
            }
            for name in ["out", "folder/a", "../other/a", "more/../../other/a"] {
                let error = read(name).unwrap_err();
                assert_eq!(Refusal::of(&error), Some(Refusal::Outside), "{name}");
            }
            assert!(boundary.holds(&path("named/more")) && !boundary.holds(&path("named/folder")));
            assert!(!boundary.holds(&path("named/nothing")));
        }
        // A folder whose name begins in the same way is another one.
        fs::create_dir(path("pack-2")).unwrap();
        fs::write(path("pack-2/a"), "outside").unwrap();
        let boundary = Boundary::of(&path("pack")).unwrap();
        assert!(text(&path("pack-2/a"), Some(&boundary), 100).is_err());
        assert_eq!(text(&path("other/a"), None, 100).unwrap(), "outside");
    }

    #[test]
    fn what_may_keep_a_reader_waiting_is_refused() {
        let root = TempDir::new().unwrap();
        let fifo = root.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let socket = root.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = root.path().join("link");
        symlink(&fifo, &link).unwrap();
        for path in [&fifo, &link, &socket, Path::new("/dev/zero"), Path::new("/dev/null")] {
            assert_eq!(Refusal::of(&file(path, None).unwrap_err()), Some(Refusal::NotAFile), "{}", path.display());
        }
        assert_eq!(file(root.path(), None).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(Refusal::of(&file_or_pipe(Path::new("/dev/zero")).unwrap_err()), Some(Refusal::NotAFile));
    }

    #[test]
    fn a_file_that_is_too_long_is_refused_even_if_it_is_cut_in_a_character() {
        let root = TempDir::new().unwrap();
        let path = root.path().join("a");
        fs::write(&path, "äö").unwrap();
        assert_eq!(text(&path, None, 4).unwrap(), "äö");
        for bytes in [0, 1, 2, 3] {
            assert_eq!(Refusal::of(&text(&path, None, bytes).unwrap_err()), Some(Refusal::TooLong(bytes)), "{bytes}");
        }
    }
}
