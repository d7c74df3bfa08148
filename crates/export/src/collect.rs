//! From the paths on the command line to the bytes of each file.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::FrameDecoderError;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::open;
use crate::open::Boundary;
use cutover_secrets::digest::hexadecimal;

/// The longest file that is read as it is, in bytes.
pub const LONGEST_FILE: u64 = 8 << 30;
const TOO_LONG: &str = "longer than 8 GiB";
/// The longest file that is read after decompression, in bytes: the whole of it is in memory.
pub const MAX_DECOMPRESSED_BYTES: u64 = 2 << 30;
/// The memory that a compressed file may ask for to be decompressed, in bytes; `zstd --long=27` asks for so much.
const MAX_ZSTD_WINDOW_BYTES: u64 = 128 << 20;
/// The deepest folder that is looked into.
const DEEPEST_FOLDER: usize = 8;

/// A file before reading. Tests give bytes of their own; the program gives paths.
#[derive(Debug, Clone)]
pub struct Input {
    /// The path inside the export folder, with `/` on every system: what the kind is taken from.
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
    File {
        /// Where it is.
        path: PathBuf,
        /// The folder it was found in, which it must not leave; `None` for a file that was named itself.
        folder: Option<Arc<Boundary>>,
    },
    /// In memory: standard input, tests.
    Bytes(Vec<u8>),
}

impl Content {
    /// The path of the file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Bytes(_) => None,
        }
    }
}

/// Opens a file of an export. One that was named itself may be a pipe.
pub(super) fn open(path: &Path, folder: Option<&Boundary>) -> io::Result<File> {
    match folder {
        Some(folder) => open::file(path, Some(folder)),
        None => open::file_or_pipe(path),
    }
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
            let content = Content::File { path: path.clone(), folder: None };
            loose.inputs.push(Input { name, path: shown(path), content });
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
    let boundary = match Boundary::of(root) {
        Ok(boundary) => Arc::new(boundary),
        Err(error) => {
            folder.faults.push((shown(root), crate::reason::of(&error)));
            return folder;
        }
    };
    let entries = WalkDir::new(root).follow_links(true).max_depth(DEEPEST_FOLDER).sort_by_file_name();
    let visible =
        |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    let mut entries = entries.into_iter().filter_entry(visible);
    let mut links = Links::default();
    while let Some(entry) = entries.next() {
        // Below a link that stays inside, everything but other links does.
        let refused = entry.as_ref().ok().filter(|entry| entry.depth() > 0 && entry.path_is_symlink());
        let refused = refused.and_then(|entry| links.refuse(entry.path(), &boundary));
        match entry {
            Ok(entry) if !entry.file_type().is_file() && !entry.file_type().is_dir() => {
                // It may keep a reader waiting for ever.
                let reason = "neither a file nor a folder; pass its path on the command line to read it";
                folder.faults.push((shown(entry.path()), reason.to_owned()));
            }
            Ok(entry) if refused.is_some() => {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                folder.faults.push((shown(entry.path()), refused.unwrap_or_default()));
            }
            Ok(entry) if entry.file_type().is_file() => {
                let inside = entry.path().strip_prefix(root).unwrap_or(entry.path());
                folder.inputs.push(Input {
                    name: shown(inside),
                    path: shown(entry.path()),
                    content: Content::File { path: entry.path().to_owned(), folder: Some(Arc::clone(&boundary)) },
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

/// Where the links of an export lead.
#[derive(Debug, Default)]
struct Links(BTreeMap<PathBuf, usize>);

impl Links {
    /// The most links that are followed to one file or folder. Folders of links to folders of links would else be more
    /// than anybody can read.
    const MAX_ITEMS: usize = 4;

    /// Why a link is not followed, if it is not.
    fn refuse(&mut self, link: &Path, boundary: &Boundary) -> Option<String> {
        let Some(real) = boundary.resolve(link) else {
            return Some("a link that leads out of the export; put a copy of what it leads to there".to_owned());
        };
        let count = self.0.entry(real).or_default();
        *count += 1;
        (*count > Self::MAX_ITEMS)
            .then(|| format!("more than {} links lead to the same file or folder", Self::MAX_ITEMS))
    }
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

/// What an input holds, as it lies on disk.
#[derive(Debug)]
pub struct Raw {
    /// All of it.
    pub bytes: Vec<u8>,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// What the file looked like; `None` for what cannot be read again, as standard input and pipes.
    pub stamp: Option<Stamp>,
}

/// What tells a file from the same one after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// In bytes.
    length: u64,
    /// When it was written last, where the system knows.
    modified: Option<SystemTime>,
    /// The device and the number of the file, where files have one.
    file: Option<(u64, u64)>,
}

impl Stamp {
    /// That of an open file.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn of(file: &File) -> io::Result<Self> {
        Ok(Self::from(&file.metadata()?))
    }

    /// That of the file that lies at a path now.
    ///
    /// # Errors
    /// When there is none, or the system does not say.
    pub fn at(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&fs::metadata(path)?))
    }

    /// Whether the file was of this length.
    pub fn is_long(&self, length: u64) -> bool {
        self.length == length
    }
}

impl From<&Metadata> for Stamp {
    fn from(known: &Metadata) -> Self {
        Self { length: known.len(), modified: known.modified().ok(), file: open::identity(known) }
    }
}

/// Why an input cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// In words for the user.
    Unreadable(String),
    /// Somebody wrote to the file at the same time: what was read may be half of the old and half of the new.
    Changed,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable(reason) => reason,
            Self::Changed => "the file changed while it was read; export it again",
        })
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(crate::reason::of(&error))
    }
}

/// Buffers that files were read into, for the next ones: new memory has to be cleared by the system, page by page.
#[derive(Debug, Default)]
pub struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// A longer one is given back to the system, in bytes.
    const LONGEST: usize = 1 << 22;

    /// An empty buffer.
    pub fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// A buffer that nobody needs any more.
    pub fn give(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= Self::LONGEST {
            buffer.clear();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}

/// Reads an input whole.
///
/// # Errors
/// When the file cannot be read, changes meanwhile, or is longer than [`LONGEST_FILE`].
pub fn read(content: Content) -> Result<Raw, Fault> {
    read_into(content, Vec::new())
}

/// The same, into this empty buffer if it is a file.
///
/// # Errors
/// As for [`read`].
pub fn read_into(content: Content, buffer: Vec<u8>) -> Result<Raw, Fault> {
    match content {
        Content::Bytes(bytes) => Ok(Raw { sha256: cutover_secrets::digest::sha256(&bytes), bytes, stamp: None }),
        Content::File { path, folder } => {
            let file = open(&path, folder.as_deref())?;
            if file.metadata()?.is_file() {
                regular(&file, buffer, &|| Stamp::of(&file))
            } else {
                hashed(&file, buffer, 0).map(|(bytes, sha256)| Raw { bytes, sha256, stamp: None })
            }
        }
    }
}

/// Reads a regular file; its length and time of writing must be the same before and after.
fn regular(file: impl Read, buffer: Vec<u8>, stamp: &dyn Fn() -> io::Result<Stamp>) -> Result<Raw, Fault> {
    let before = stamp()?;
    let (bytes, sha256) = hashed(file, buffer, before.length)?;
    // Files that the system makes up while they are read have no length.
    let made_up = before.length == 0 && !bytes.is_empty();
    if stamp()? != before || (before.length != bytes.len() as u64 && !made_up) {
        return Err(Fault::Changed);
    }
    Ok(Raw { bytes, sha256, stamp: (!made_up).then_some(before) })
}

/// Reads to the end, with the sum of it in hexadecimal; `length` is what is expected.
fn hashed(mut reader: impl Read, mut bytes: Vec<u8>, length: u64) -> Result<(Vec<u8>, String), Fault> {
    /// Bytes that are still near the processor when they are summed up.
    const PIECE: u64 = 1 << 18;
    let expected = usize::try_from(length.min(LONGEST_FILE)).unwrap_or(usize::MAX);
    let reserved = bytes.try_reserve_exact(expected);
    reserved.map_err(|_| Fault::Unreadable("there is not enough memory to read it".to_owned()))?;
    let mut sum = Sha256::new();
    loop {
        let start = bytes.len();
        if reader.by_ref().take(PIECE).read_to_end(&mut bytes)? == 0 {
            return Ok((bytes, hexadecimal(&sum.finalize())));
        }
        sum.update(bytes.get(start..).unwrap_or_default());
        if bytes.len() as u64 > LONGEST_FILE {
            return Err(Fault::Unreadable(TOO_LONG.to_owned()));
        }
    }
}

/// Whether bytes are compressed in a way that [`decompress`] knows.
pub fn is_compressed(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..])
}

/// Undoes `.gz` and `.zst`, recognised by the first bytes rather than by the name.
///
/// # Errors
/// When the compressed data is damaged, cut short, or longer than [`MAX_DECOMPRESSED_BYTES`] once unpacked.
pub fn decompress(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    decompress_up_to(bytes, MAX_DECOMPRESSED_BYTES)
}

/// The same for what is to be no longer than so many bytes once unpacked.
///
/// # Errors
/// As for [`decompress`].
pub fn decompress_up_to(bytes: Vec<u8>, longest: u64) -> Result<Vec<u8>, String> {
    match bytes.as_slice() {
        [0x1f, 0x8b, ..] => limited(flate2::read::MultiGzDecoder::new(bytes.as_slice()), gzip_length(&bytes), longest),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut out = Vec::new();
            let mut rest = bytes.as_slice();
            // A file may hold several frames, one after the other.
            while !rest.is_empty() {
                zstd_frame(&mut rest, &mut out, longest)?;
            }
            Ok(out)
        }
        _ => Ok(bytes),
    }
}

fn zstd_frame(rest: &mut &[u8], out: &mut Vec<u8>, longest: u64) -> Result<(), String> {
    let damaged = || "compressed data is damaged or cut short".to_owned();
    let decoder = StreamingDecoder::new_with_max_window_size(rest, MAX_ZSTD_WINDOW_BYTES);
    let mut decoder = decoder.map_err(|error| match error {
        FrameDecoderError::WindowSizeTooBig { .. } => {
            let mebibytes = MAX_ZSTD_WINDOW_BYTES >> 20;
            format!("compressed with a window larger than {mebibytes} MiB: compress it again without `--long`")
        }
        _ => damaged(),
    })?;
    let left = (longest + 1).saturating_sub(out.len() as u64);
    decoder.by_ref().take(left).read_to_end(out).map_err(|error| match error.kind() {
        io::ErrorKind::OutOfMemory => reason(&error),
        _ => damaged(),
    })?;
    if out.len() as u64 > longest {
        return Err(too_long(longest));
    }
    let given = decoder.decoder.get_checksum_from_data();
    if given.is_some() && given != decoder.decoder.get_calculated_checksum() {
        return Err(damaged());
    }
    Ok(())
}

/// How long the last part of a gzip file says to be once unpacked; what no file of this length can unpack to is no answer.
fn gzip_length(bytes: &[u8]) -> usize {
    /// Deflate packs at most so many bytes into one.
    const MAX_RATIO: usize = 1032;
    let stated = bytes.last_chunk().map_or(0, |length| u32::from_le_bytes(*length));
    let stated = usize::try_from(stated).unwrap_or_default();
    if stated <= bytes.len().saturating_mul(MAX_RATIO) { stated } else { 0 }
}

fn limited(reader: impl Read, expected: usize, longest: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // A buffer that grows takes twice its length meanwhile. One byte more shows that nothing follows.
    let expected = expected.min(usize::try_from(longest).unwrap_or(usize::MAX)).saturating_add(1);
    bytes.try_reserve_exact(expected).map_err(|_| "there is not enough memory to unpack it".to_owned())?;
    reader.take(longest + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > longest { Err(too_long(longest)) } else { Ok(bytes) }
}

fn too_long(longest: u64) -> String {
    let size = if longest >> 30 > 0 { format!("{} GiB", longest >> 30) } else { format!("{longest} bytes") };
    format!("larger than {size} after decompression")
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "compressed data is cut short".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => "damaged compressed data".to_owned(),
        _ => crate::reason::of(error),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A file of which somebody else changes the length when half of it is read.
    struct Changing<'c> {
        bytes: &'c [u8],
        length: &'c Cell<u64>,
        to: u64,
    }

    impl Read for Changing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let some = buffer.len().min(self.bytes.len().div_ceil(2));
            self.length.set(self.to);
            self.bytes.read(buffer.get_mut(..some).unwrap())
        }
    }

    fn read_while_it_becomes(length: u64) -> Result<Raw, Fault> {
        let described = Cell::new(10);
        let file = Changing { bytes: b"0123456789", length: &described, to: length };
        regular(file, Vec::new(), &|| Ok(Stamp { length: described.get(), modified: None, file: None }))
    }

    #[test]
    fn a_file_that_grows_or_shrinks_while_it_is_read_is_not_believed() {
        assert_eq!(read_while_it_becomes(10).unwrap().bytes, b"0123456789");
        for length in [0, 9, 11, 1 << 40] {
            assert_eq!(read_while_it_becomes(length).unwrap_err(), Fault::Changed, "{length}");
        }
    }

    #[test]
    fn a_file_of_which_less_or_more_comes_than_it_is_long_is_not_believed() {
        for length in [1, 9, 11] {
            let stamp = || Ok(Stamp { length, modified: None, file: None });
            assert_eq!(regular(b"0123456789".as_slice(), Vec::new(), &stamp).unwrap_err(), Fault::Changed, "{length}");
        }
    }

    #[test]
    fn a_file_that_the_system_makes_up_has_no_length_and_is_not_read_again() {
        let raw =
            regular(b"[]".as_slice(), Vec::new(), &|| Ok(Stamp { length: 0, modified: None, file: None })).unwrap();
        assert_eq!((raw.bytes.as_slice(), raw.stamp), (b"[]".as_slice(), None));
    }

    #[test]
    fn an_error_in_the_middle_of_a_file_loses_the_file() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::TimedOut.into())
            }
        }
        let stamp = || Ok(Stamp { length: 10, modified: None, file: None });
        let fault = regular(b"01234".chain(Failing), Vec::new(), &stamp).unwrap_err();
        assert_eq!(fault, Fault::Unreadable("timed out".to_owned()));
    }

    #[test]
    fn what_is_too_large_after_decompression_is_not_called_damaged() {
        let bytes = vec![b'x'; 5_000];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        io::Write::write_all(&mut gzip, &bytes).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(bytes.as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
        // Several parts in a row are one file.
        for packed in [gzip.clone(), zstd.clone(), gzip.repeat(2), zstd.repeat(2)] {
            let fault = decompress_up_to(packed.clone(), 4_999).unwrap_err();
            assert_eq!(fault, "larger than 4999 bytes after decompression");
            assert!(decompress_up_to(packed, 10_000).unwrap().len() >= 5_000);
        }
        for packed in [gzip, zstd] {
            let cut = packed.get(..packed.len() / 2).unwrap().to_vec();
            assert!(!decompress_up_to(cut, 4_999).unwrap_err().contains("larger than"));
        }
    }

    #[test]
    fn a_window_that_takes_too_much_memory_is_named() {
        // A frame with a window of 2^31 bytes: `zstd --long=31`.
        let frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
        assert!(decompress(frame).unwrap_err().contains("a window larger than 128 MiB"));
    }

    #[test]
    fn the_sum_of_a_file_is_that_of_all_its_bytes() {
        let bytes = vec![b'x'; (1 << 19) + 7];
        let (read, sum) = hashed(bytes.as_slice(), Vec::new(), 3).unwrap();
        assert_eq!((read.len(), sum), (bytes.len(), cutover_secrets::digest::sha256(&bytes)));
    }
}
