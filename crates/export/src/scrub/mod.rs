//! Writes a copy of an export without its secrets: each is replaced by a word that says there was one.
//!
//! The copy is made beside its place, read again, and looked through again before it appears; when anything is still
//! found, nothing is left behind. Whatever cannot be read, or cannot be determined to be of its form, is not copied.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use tempfile::{Builder, NamedTempFile, TempDir};
use thiserror::Error;
use walkdir::WalkDir;

use crate::collect;
use crate::collect::Content;
use crate::drafts;
use crate::open;
use crate::open::Boundary;
use crate::text::LineIndex;
use crate::{self as export, Identifiers};
use cutover_secrets::{Sameness, scan_text};

pub mod find;
mod packing;
mod rewrite;

use find::{Form, find};
use packing::Packed;

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replaced {
    /// The file, as the user would open it.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// JSON pointer, or `/row/column`; empty where there is none.
    pub pointer: String,
    /// What the place suggests: "client secret", "token", …
    pub kind: &'static str,
}

/// What became of an export.
#[derive(Debug, Default)]
pub struct Summary {
    /// The secrets that were replaced, by file and place.
    pub replaced: Vec<Replaced>,
    /// How many files were written.
    pub copied: usize,
    /// What was not copied, and why: the copy is incomplete.
    pub refused: Vec<(String, String)>,
    /// Names that begin with a dot: no reader of exports looks at them.
    pub hidden: Vec<String>,
}

/// Why no copy was made.
#[derive(Debug, Error)]
pub enum ScrubError {
    /// The target already exists.
    #[error("`{0}` already exists")]
    Exists(String),
    /// The target lies in what is to be copied.
    #[error("`{0}` is inside the export")]
    Inside(String),
    /// The export cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Unreadable(String, String),
    /// The copy cannot be written.
    #[error("cannot write `{0}`: {1}")]
    Unwritable(String, String),
    /// The copy still holds a secret.
    #[error("the copy of `{0}` still holds a {1} after everything that was found was replaced")]
    Leak(String, &'static str),
}

/// Copies an export, a folder or one file, without its secrets.
///
/// # Errors
/// Why no copy was made; nothing is left of it then.
pub fn scrub(from: &Path, to: &Path) -> Result<Summary, ScrubError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(ScrubError::Exists(shown(to)));
    }
    let unreadable = |error: io::Error| ScrubError::Unreadable(shown(from), crate::reason::of(&error));
    let whole = fs::canonicalize(from).map_err(unreadable)?;
    if !whole.is_dir() {
        // It is read more than once.
        open::file(from, None).map_err(unreadable)?;
    }
    let beside = parent(to);
    let place = fs::canonicalize(beside).map_err(|error| unwritable(to, &error))?;
    if place.starts_with(&whole) {
        return Err(ScrubError::Inside(shown(to)));
    }
    // What the export states as an id is one in every text.
    let identifiers = export::read(collect::folders(&[from.to_owned()]), &()).identifiers;
    if !whole.is_dir() {
        return file(from, to, &identifiers);
    }
    let boundary = Boundary::of(from).map_err(unreadable)?;
    folder(from, to, &identifiers, &Arc::new(boundary))
}

/// The secrets of a text that are no identifiers of the export.
fn secrets(form: Form, text: &str, identifiers: &Identifiers) -> Result<Vec<find::Hit>, &'static str> {
    let mut hits = find(form, text)?;
    hits.retain(|hit| !identifiers.is_one(hit.kind, text.get(hit.span.clone()).and_then(Sameness::of)));
    Ok(hits)
}

/// A file on its way: where it lies, and where below the copy it goes.
struct Job {
    from: PathBuf,
    inside: PathBuf,
}

/// What was replaced in a file, or the file and why it is not copied.
type Outcome = Result<Vec<Replaced>, (String, String)>;

/// A file that may be written.
struct Clean {
    inside: PathBuf,
    bytes: Vec<u8>,
    replaced: Vec<Replaced>,
}

fn folder(from: &Path, to: &Path, identifiers: &Identifiers, boundary: &Arc<Boundary>) -> Result<Summary, ScrubError> {
    let mut summary = Summary::default();
    let (folders, jobs) = list(from, &mut summary);
    let draft = drafts::begin(|| builder(0o755).tempdir_in(parent(to)), TempDir::path);
    let draft = draft.map_err(|error| unwritable(to, &error))?;
    for inside in folders {
        fs::create_dir(draft.path().join(inside)).map_err(|error| unwritable(to, &error))?;
    }
    let done: Result<Vec<Outcome>, ScrubError> = jobs
        .par_iter()
        .map(|job| {
            let content = Content::File { path: job.from.clone(), folder: Some(Arc::clone(boundary)) };
            let clean = match clean(content, &job.from, &job.inside, identifiers) {
                Ok(clean) => clean,
                Err(reason) => return Ok(Err((shown(&job.from), reason))),
            };
            let path = draft.path().join(&clean.inside);
            let mut out = fs::File::create_new(&path).map_err(|error| unwritable(to, &error))?;
            out.write_all(&clean.bytes).and_then(|()| out.sync_all()).map_err(|error| unwritable(to, &error))?;
            let written = fs::read(&path).map_err(|error| unwritable(to, &error))?;
            check(&job.inside, written, identifiers)?;
            Ok(Ok(clean.replaced))
        })
        .collect();
    for file in done? {
        match file {
            Ok(replaced) => {
                summary.copied += 1;
                summary.replaced.extend(replaced);
            }
            Err(refused) => summary.refused.push(refused),
        }
    }
    let mut held = drafts::hold();
    // What appeared there in the meantime is not overwritten.
    if fs::symlink_metadata(to).is_ok() {
        return Err(ScrubError::Exists(shown(to)));
    }
    fs::rename(draft.path(), to).map_err(|error| unwritable(to, &error))?;
    // It is no longer where it was made.
    held.finished(&draft.keep());
    summary.replaced.sort();
    summary.refused.sort();
    Ok(summary)
}

fn file(from: &Path, to: &Path, identifiers: &Identifiers) -> Result<Summary, ScrubError> {
    let name = PathBuf::from(from.file_name().unwrap_or_default());
    let content = Content::File { path: from.to_owned(), folder: None };
    let clean =
        clean(content, from, &name, identifiers).map_err(|reason| ScrubError::Unreadable(shown(from), reason))?;
    check(&name, clean.bytes.clone(), identifiers)?;
    let write = || -> io::Result<NamedTempFile> {
        let mut draft = drafts::begin(|| builder(0o644).tempfile_in(parent(to)), NamedTempFile::path)?;
        draft.write_all(&clean.bytes)?;
        draft.as_file().sync_all()?;
        Ok(draft)
    };
    let draft = write().map_err(|error| unwritable(to, &error))?;
    let (mut held, path) = (drafts::hold(), draft.path().to_owned());
    draft.persist_noclobber(to).map_err(|error| unwritable(to, &error.error))?;
    held.finished(&path);
    Ok(Summary { replaced: clean.replaced, copied: 1, ..Summary::default() })
}

/// The folders and files below a folder, in the order of their names. Links are not followed.
fn list(root: &Path, summary: &mut Summary) -> (Vec<PathBuf>, Vec<Job>) {
    let (mut folders, mut jobs) = (Vec::new(), Vec::new());
    let mut walk = WalkDir::new(root).min_depth(1).follow_root_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map(shown).unwrap_or_default();
                summary.refused.push((path, "it cannot be listed".to_owned()));
                continue;
            }
        };
        let (path, kind) = (entry.path(), entry.file_type());
        let inside = path.strip_prefix(root).unwrap_or(path).to_owned();
        let name = entry.file_name().to_string_lossy();
        let mut skip = || {
            if kind.is_dir() {
                walk.skip_current_dir()
            }
        };
        if name.starts_with('.') {
            summary.hidden.push(shown(path));
            skip();
        } else if !scan_text("", &name).is_empty() {
            let place = shown(path.parent().unwrap_or(root));
            let what = if kind.is_dir() { "folder" } else { "file" };
            summary.refused.push((place, format!("the name of a {what} in it looks like a secret: rename it")));
            skip();
        } else if kind.is_dir() {
            folders.push(inside);
        } else if kind.is_file() {
            jobs.push(Job { from: path.to_owned(), inside });
        } else if kind.is_symlink() {
            summary.refused.push((shown(path), "a link: put in its place what it leads to".to_owned()));
        } else {
            summary.refused.push((shown(path), "neither a file nor a folder".to_owned()));
        }
    }
    (folders, jobs)
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let bytes = collect::decompress(bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8 text: cannot check it for secrets")?;
    if text.contains('\0') {
        return Err("not text: cannot check it for secrets".to_owned());
    }
    Ok(text)
}

fn clean(content: Content, from: &Path, inside: &Path, identifiers: &Identifiers) -> Result<Clean, String> {
    let bytes = collect::read(content).map_err(|fault| fault.to_string())?.bytes;
    let packed = Packed::of(&bytes);
    let text = text_of(bytes)?;
    let form = Form::of(&inside.to_string_lossy());
    let marked = text.starts_with(BYTE_ORDER_MARK);
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let hits = secrets(form, text, identifiers)?;
    let mut out = rewrite::rewrite(form, text, &hits)?;
    if marked {
        out.insert_str(0, BYTE_ORDER_MARK);
    }
    let lines = LineIndex::new(text);
    let replaced = hits.iter().map(|hit| {
        let (line, column) = lines.line_column(hit.span.start);
        Replaced { path: shown(from), line, column, pointer: hit.pointer.clone(), kind: hit.kind }
    });
    let replaced = replaced.collect();
    let bytes = packed.pack(out.into_bytes()).map_err(|error| crate::reason::of(&error))?;
    Ok(Clean { inside: inside.to_owned(), bytes, replaced })
}

/// Looks through what was written.
fn check(inside: &Path, written: Vec<u8>, identifiers: &Identifiers) -> Result<(), ScrubError> {
    let broken = |_| ScrubError::Leak(shown(inside), "text that cannot be read");
    let text = text_of(written).map_err(broken)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let left =
        secrets(Form::of(&inside.to_string_lossy()), text, identifiers).map_err(|what| broken(what.to_owned()))?;
    match left.first() {
        Some(hit) => Err(ScrubError::Leak(shown(inside), hit.kind)),
        None => Ok(()),
    }
}

fn unwritable(to: &Path, error: &io::Error) -> ScrubError {
    ScrubError::Unwritable(shown(to), crate::reason::of(error))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A path with every part that looks like a secret left out.
fn shown(path: &Path) -> String {
    let part = |part: Component<'_>| {
        let text = part.as_os_str().to_string_lossy().into_owned();
        if scan_text("", &text).is_empty() { text } else { "…".to_owned() }
    };
    let parts: Vec<String> = path.components().map(part).collect();
    parts.join("/").replacen("//", "/", 1)
}

/// Makes what is renamed once it is whole. A copy is for whoever may read the folder, as far as the user's mask allows:
/// there is never a secret in it.
#[cfg(unix)]
fn builder(mode: u32) -> Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = Builder::new();
    builder.prefix(".cutover-scrub-").permissions(fs::Permissions::from_mode(mode));
    builder
}

#[cfg(not(unix))]
fn builder(_: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".cutover-scrub-");
    builder
}
