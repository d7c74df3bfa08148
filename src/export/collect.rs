//! From the paths on the command line to the bytes of each file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ruzstd::decoding::StreamingDecoder;
use walkdir::WalkDir;

/// The longest file that is read, after decompression, in bytes.
pub const LONGEST_FILE: u64 = 8 << 30;
const TOO_LONG: &str = "longer than 8 GiB";
/// The deepest folder that is looked into.
const DEEPEST_FOLDER: usize = 8;

/// A file before reading. Tests give bytes of their own; the program gives paths.
#[derive(Debug, Clone)]
pub struct Input {
    /// The path inside the export folder, with `/` on every system: what the kind is told from.
    pub name: String,
    /// The path as the user would open it.
    pub path: String,
    /// What it holds.
    pub content: Content,
}

/// Where the bytes of an input are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In a file.
    File(PathBuf),
    /// In memory: standard input, tests.
    Bytes(Vec<u8>),
}

/// One export: a company's files.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// Its files, in any order.
    pub inputs: Vec<Input>,
    /// What could not be listed: path and reason.
    pub faults: Vec<(String, String)>,
}

/// Lists the files below each path. Every folder is an export of its own; single files together are one more.
pub fn folders(paths: &[PathBuf]) -> Vec<Folder> {
    let mut out = Vec::new();
    let mut loose = Folder::default();
    for path in paths {
        if path.is_dir() {
            out.push(walk(path));
        } else if path.exists() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            loose.inputs.push(Input { name, path: shown(path), content: Content::File(path.clone()) });
        } else {
            loose.faults.push((shown(path), "no such file or folder".to_owned()));
        }
    }
    if !loose.inputs.is_empty() || !loose.faults.is_empty() {
        out.push(loose);
    }
    out
}

fn walk(root: &Path) -> Folder {
    let mut folder = Folder::default();
    let entries = WalkDir::new(root).follow_links(true).max_depth(DEEPEST_FOLDER).sort_by_file_name();
    let visible =
        |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    for entry in entries.into_iter().filter_entry(visible) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let inside = entry.path().strip_prefix(root).unwrap_or(entry.path());
                folder.inputs.push(Input {
                    name: shown(inside),
                    path: shown(entry.path()),
                    content: Content::File(entry.path().to_owned()),
                });
            }
            Ok(entry) if entry.file_type().is_dir() && entry.depth() == DEEPEST_FOLDER => {
                let reason = format!("folders inside more than {DEEPEST_FOLDER} others are not looked into");
                folder.faults.push((shown(entry.path()), reason));
            }
            Ok(entry) if entry.file_type().is_dir() && looks_like_a_file(&entry) => {
                folder.faults.push((shown(entry.path()), "a folder where a file is expected".to_owned()));
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map(shown).unwrap_or_default();
                let reason = if error.loop_ancestor().is_some() {
                    "a link that leads back to itself"
                } else {
                    "cannot be listed"
                };
                folder.faults.push((path, reason.to_owned()));
            }
        }
    }
    folder
}

/// A folder called `users.json` is a mistake; one called `users` holds pages.
fn looks_like_a_file(entry: &walkdir::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() > 0
        && [".json", ".jsonl", ".ndjson", ".csv", ".toml", ".gz", ".zst"].iter().any(|end| name.ends_with(end))
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// Reads an input whole, as it lies on disk.
///
/// # Errors
/// When the file cannot be read, or is longer than [`LONGEST_FILE`].
pub fn bytes(content: Content) -> Result<Vec<u8>, String> {
    match content {
        Content::Bytes(bytes) => Ok(bytes),
        Content::File(path) => {
            let file = File::open(path).map_err(|error| reason(&error))?;
            limited(file)
        }
    }
}

/// Undoes `.gz` and `.zst`, told by the first bytes rather than by the name.
///
/// # Errors
/// When the compressed data is damaged, cut short, or longer than [`LONGEST_FILE`] once unpacked.
pub fn decompress(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    match bytes.as_slice() {
        [0x1f, 0x8b, ..] => limited(flate2::read::MultiGzDecoder::new(bytes.as_slice())),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut out = Vec::new();
            let mut rest = bytes.as_slice();
            // A file may hold several frames, one after the other.
            while !rest.is_empty() {
                zstd_frame(&mut rest, &mut out)?;
            }
            Ok(out)
        }
        _ => Ok(bytes),
    }
}

fn zstd_frame(rest: &mut &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let damaged = || "compressed data is damaged or cut short".to_owned();
    let mut decoder = StreamingDecoder::new(rest).map_err(|_| damaged())?;
    let left = (LONGEST_FILE + 1).saturating_sub(out.len() as u64);
    decoder.by_ref().take(left).read_to_end(out).map_err(|_| damaged())?;
    if out.len() as u64 > LONGEST_FILE {
        return Err(TOO_LONG.to_owned());
    }
    let given = decoder.decoder.get_checksum_from_data();
    if given.is_some() && given != decoder.decoder.get_calculated_checksum() {
        return Err(damaged());
    }
    Ok(())
}

fn limited(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > LONGEST_FILE { Err(TOO_LONG.to_owned()) } else { Ok(bytes) }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "compressed data is cut short".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => "damaged compressed data".to_owned(),
        _ => crate::reason::of(error),
    }
}
