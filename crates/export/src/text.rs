//! The text of a document, as ranges that can be asked for.
//!
//! An export may be longer than the memory of the machine, so the text of a file is not kept once its records are read.
//! What is kept is where to read it again, and, for each block of it, how many lines end before and what its bytes
//! add up to. A range is read when a person is to be shown a place: its secrets are blanked out as they were when the file
//! was read, and bytes that are not the ones that were read are never shown.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::{self, Stamp};
use crate::open;

mod blanked;
mod blocks;
mod line_index;

pub use blanked::Blanked;
use blocks::BLOCK;
pub use blocks::{Blocks, Counting};
pub use line_index::{LineIndex, line_column};

/// The text of a document: decompressed, without byte-order mark, with secrets blanked out byte for byte.
#[derive(Debug)]
pub struct Text {
    source: Source,
    blanked: Blanked,
    blocks: Blocks,
    /// The file was found to be another than the one that was read.
    changed: AtomicBool,
}

#[derive(Debug)]
enum Source {
    /// For what cannot be read twice, as standard input and pipes, and for short files kept by hand.
    Kept(String),
    OnDisk(OnDisk),
}

/// A regular file that can be read again.
#[derive(Debug, Clone)]
pub struct OnDisk {
    /// Where it lies.
    pub path: PathBuf,
    /// What it looked like when it was read.
    pub stamp: Stamp,
    /// How its text lies in it.
    pub form: Form,
}

/// How the text lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Byte for byte, from this byte on: behind the byte-order mark.
    Plain(u64),
    /// Compressed, or with bytes that are no text: it is read as a whole.
    Whole,
}

/// Why bytes are no text.
#[derive(Debug)]
pub enum NotText {
    /// They are UTF-16.
    Utf16,
    /// They are no UTF-8.
    NotUtf8 {
        /// The text, with what is no UTF-8 replaced.
        text: String,
        /// How much of it is good.
        good: usize,
    },
}

/// The mark of UTF-8 at the start of a file, which is no part of its text.
pub const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Bytes as text, without byte-order mark.
///
/// # Errors
/// When they are no UTF-8.
pub fn decode(mut bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NotText::Utf16);
    }
    if bytes.starts_with(&MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        NotText::NotUtf8 { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), good }
    })
}

impl Text {
    /// A text that stays in memory, in which these secrets are blanked out already.
    pub fn kept(text: String, blanked: Blanked) -> Self {
        let mut counting = Counting::default();
        counting.push(text.as_bytes());
        Self { source: Source::Kept(text), blanked, blocks: counting.finish(), changed: AtomicBool::new(false) }
    }

    /// A text that is read again: its blocks were counted after what is blanked in it.
    pub fn on_disk(place: OnDisk, blanked: Blanked, blocks: Blocks) -> Self {
        Self { source: Source::OnDisk(place), blanked, blocks, changed: AtomicBool::new(false) }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.blocks.length()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole of it, where it is in memory.
    pub fn as_kept(&self) -> Option<&str> {
        match &self.source {
            Source::Kept(text) => Some(text),
            Source::OnDisk(..) => None,
        }
    }

    /// Whether the file was found to be another than the one that was read, or is another now.
    pub fn has_changed(&self) -> bool {
        let is_another = || match &self.source {
            Source::Kept(_) => false,
            Source::OnDisk(place) => Stamp::at(&place.path).ok().as_ref() != Some(&place.stamp),
        };
        self.changed.load(Ordering::Relaxed) || is_another()
    }

    /// What of a range was blanked out, as ranges that begin at the start of it.
    pub fn secrets(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        self.blanked.within(range.clone()).map(move |blank| {
            blank.start.saturating_sub(range.start)..blank.end.min(range.end).saturating_sub(range.start)
        })
    }

    /// Makes it ready to be asked; nothing is read before that.
    pub fn open(&self) -> Opened<'_> {
        let state = match &self.source {
            Source::Kept(text) => State::Kept(text),
            Source::OnDisk(..) => State::Closed,
        };
        Opened { text: self, state }
    }
}

/// A text that is being asked. What is read of it is kept until something else is asked for.
#[derive(Debug)]
pub struct Opened<'t> {
    text: &'t Text,
    state: State<'t>,
}

#[derive(Debug)]
enum State<'t> {
    Kept(&'t str),
    Closed,
    Window {
        file: File,
        /// Behind the byte-order mark.
        from: u64,
        /// Where the window begins in the text.
        start: usize,
        bytes: Vec<u8>,
    },
    Whole(Vec<u8>),
    Lost,
}

impl Opened<'_> {
    /// A range of the text; `None` where it does not lie between characters, or the file is not what it was.
    pub fn get(&mut self, range: Range<usize>) -> Option<&str> {
        std::str::from_utf8(self.bytes(range)?).ok()
    }

    /// The characters that lie in a range as a whole, and where the first of them begins.
    pub fn around(&mut self, range: Range<usize>) -> Option<(usize, &str)> {
        let range = range.start..range.end.min(self.text.len());
        let bytes = self.bytes(range.clone())?;
        let begins = |byte: &u8| byte & 0xc0 != 0x80;
        let first = bytes.iter().position(begins).unwrap_or(bytes.len());
        let inner = bytes.get(first..)?;
        let text = match std::str::from_utf8(inner) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(inner.get(..error.valid_up_to())?).ok()?,
        };
        Some((range.start + first, text))
    }

    /// Line and column of a byte, both from 1; the column counts characters. A byte that begins no character counts as
    /// the end of the text.
    pub fn line_column(&mut self, offset: usize) -> Option<(usize, usize)> {
        let end = self.text.len();
        let inside = offset < end && self.bytes(offset..offset + 1)?.iter().all(|byte| byte & 0xc0 != 0x80);
        let offset = if inside { offset } else { end };
        let block = offset / BLOCK;
        let blocks = &self.text.blocks;
        let before = self.bytes(block * BLOCK..offset)?;
        blocks.line_column(block, before)
    }

    fn bytes(&mut self, range: Range<usize>) -> Option<&[u8]> {
        if range.start > range.end || range.end > self.text.len() {
            return None;
        }
        if range.is_empty() {
            return Some(&[]);
        }
        if self.load(&range).is_none() {
            self.state = State::Lost;
            self.text.changed.store(true, Ordering::Relaxed);
        }
        match &self.state {
            State::Kept(text) => text.as_bytes().get(range),
            State::Window { start, bytes, .. } => bytes.get(range.start.checked_sub(*start)?..range.end - start),
            State::Whole(bytes) => bytes.get(range),
            State::Closed | State::Lost => None,
        }
    }

    /// Reads the blocks of a range, unless they are at hand; `None` when the file is not what it was.
    fn load(&mut self, range: &Range<usize>) -> Option<()> {
        let Source::OnDisk(place) = &self.text.source else { return Some(()) };
        let blanked = &self.text.blanked;
        if matches!(self.state, State::Closed) {
            (!self.text.has_changed()).then_some(())?;
            self.state = match place.form {
                Form::Plain(from) => {
                    let file = open::file(&place.path, None).ok()?;
                    (Stamp::of(&file).ok()? == place.stamp).then_some(())?;
                    State::Window { file, from, start: 0, bytes: Vec::new() }
                }
                Form::Whole => {
                    let mut bytes = whole(place)?.into_bytes();
                    (bytes.len() == self.text.len()).then_some(())?;
                    blanked.apply(0, &mut bytes);
                    self.text.blocks.are(0, &bytes).then_some(())?;
                    State::Whole(bytes)
                }
            };
        }
        if let State::Window { file, from, start, bytes } = &mut self.state
            && (range.start < *start || range.end > *start + bytes.len())
        {
            let first = range.start / BLOCK;
            let end = range.end.next_multiple_of(BLOCK).min(self.text.len());
            *start = first * BLOCK;
            bytes.resize(end - *start, 0);
            file.seek(SeekFrom::Start(*from + *start as u64)).ok()?;
            file.read_exact(bytes).ok()?;
            blanked.apply(*start, bytes);
            self.text.blocks.are(first, bytes).then_some(())?;
        }
        Some(())
    }
}

/// The text of a file that has to be read as a whole, before its secrets are blanked out.
fn whole(place: &OnDisk) -> Option<String> {
    let raw = collect::read(collect::Content::File { path: place.path.clone(), folder: None }).ok()?;
    (raw.stamp.as_ref() == Some(&place.stamp)).then_some(())?;
    match decode(collect::decompress(raw.bytes).ok()?) {
        Ok(text) | Err(NotText::NotUtf8 { text, .. }) => Some(text),
        Err(NotText::Utf16) => None,
    }
}

#[cfg(test)]
mod tests;
