//! A file of the export after reading: its text, its records, and where each record stands.
//!
//! Records keep an [`Origin`] of eight bytes. Lines, columns and JSON pointers are worked out only when something is
//! printed. Secrets found while reading are already blanked out of the text, so that nothing downstream can show one.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::kind::Kind;
use super::member_index::MemberIndex;
use super::{split, table};

/// Which record of which file: an index into [`super::Export::documents`] and one into the file's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file.
    pub document: u32,
    /// The record in it, counted from 0.
    pub record: u32,
}

/// A place inside a record: the member that says something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// The record.
    pub origin: Origin,
    /// The member, as a JSON pointer relative to the record (a column name in tables); empty for the whole record.
    pub member: Cow<'static, str>,
}

impl Evidence {
    /// A member of a record.
    pub fn new(origin: Origin, member: impl Into<Cow<'static, str>>) -> Self {
        Self { origin, member: member.into() }
    }
}

impl From<Origin> for Evidence {
    fn from(origin: Origin) -> Self {
        Self { origin, member: Cow::Borrowed("") }
    }
}

/// How the records of a file are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// JSON: the whole file is one record.
    Single,
    /// JSON: an array at this pointer (`""` or `/data`).
    Array(&'static str),
    /// JSON: the elements of an array inside the one object of the file (`/tools`).
    Inner(&'static str),
    /// JSON: an object whose members are the records, by key.
    Keyed(Vec<String>),
    /// One JSON object a line.
    Lines,
    /// Comma-separated values, with these column names.
    Table(Vec<String>),
    /// TOML.
    Toml,
}

/// A file that was read.
#[derive(Debug)]
pub struct Document {
    /// The path as given on the command line, with `/` on every system.
    pub path: String,
    /// What the file holds; `None` when that could not be told.
    pub kind: Option<Kind>,
    /// The text, decompressed, without byte-order mark, with secrets blanked out byte for byte.
    pub text: String,
    /// SHA-256 of the file as it lies on disk, in hexadecimal.
    pub sha256: String,
    /// How the records are laid out.
    pub layout: Layout,
    /// Byte range of each record in the text.
    pub spans: Vec<Range<usize>>,
    /// From this index on, spans are those of secrets that stand in no record.
    pub loose_from: usize,
    /// Records that were read.
    pub records: usize,
    /// Records that were left out, each with a diagnostic.
    pub skipped: usize,
    /// An error stopped the reading of this file.
    pub broken: bool,
    /// Where its lines are.
    pub lines: LineIndex,
    /// Where the members of its long records are.
    pub members: MemberIndex,
}

/// A place a person can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// JSON pointer, or `row/column name` in a table.
    pub pointer: String,
    /// Bytes of the text.
    pub span: Range<usize>,
}

impl Document {
    /// Where a member of a record stands. Falls back to the record, and to the start of the file.
    pub fn position(&self, record: u32, member: &str) -> Position {
        let index = record as usize;
        let span = self.spans.get(index).cloned().unwrap_or(0..0);
        let text = self.text.get(span.clone()).unwrap_or_default();
        let found = match &self.layout {
            Layout::Table(columns) => table::find(text, columns, member),
            Layout::Toml => find_key(text, member),
            _ => self.members.find(record, text, member).map(|found| telling(text, found)),
        };
        let known = found.is_some();
        let inner = found.unwrap_or(0..text.len().min(1));
        let span = span.start + inner.start..span.start + inner.end;
        let (line, column) = self.line_column(span.start);
        let mut pointer = match &self.layout {
            _ if index >= self.loose_from => String::new(),
            Layout::Single | Layout::Toml => String::new(),
            Layout::Array(at) | Layout::Inner(at) => format!("{at}/{index}"),
            Layout::Keyed(keys) => format!("/{}", keys.get(index).map_or("", String::as_str)),
            Layout::Lines => format!("/{index}"),
            Layout::Table(_) => format!("/{}", index + 1),
        };
        if known && !member.is_empty() {
            pointer = format!("{pointer}/{member}");
        }
        Position { line, column, pointer, span }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |newline| newline + 1);
        let line = self.lines.before(self.text.as_bytes(), before.len()) + 1;
        let count = |end: usize| self.lines.characters(self.text.as_bytes(), end);
        (line, count(before.len()) - count(start) + 1)
    }
}

/// How many lines end, and how many characters begin, before each block of a text; counted when first asked, because a
/// long file, or a file of one long line, is asked often.
#[derive(Debug, Default)]
pub struct LineIndex {
    lines: OnceLock<Vec<usize>>,
    characters: OnceLock<Vec<usize>>,
}

impl LineIndex {
    /// Bytes of a block.
    const BLOCK: usize = 1 << 12;

    /// The line breaks among the first `end` bytes of a text.
    fn before(&self, text: &[u8], end: usize) -> usize {
        Self::sum(&self.lines, text, end, |block| memchr::memchr_iter(b'\n', block).count())
    }

    /// The characters that begin among the first `end` bytes of a text.
    fn characters(&self, text: &[u8], end: usize) -> usize {
        // In UTF-8 every byte begins a character but those of the form 10xxxxxx.
        Self::sum(&self.characters, text, end, |block| block.iter().filter(|byte| **byte & 0xc0 != 0x80).count())
    }

    fn sum(sums: &OnceLock<Vec<usize>>, text: &[u8], end: usize, count: impl Fn(&[u8]) -> usize) -> usize {
        let sums = sums.get_or_init(|| {
            let running = |sum: &mut usize, block: &[u8]| {
                *sum += count(block);
                Some(*sum)
            };
            text.chunks(Self::BLOCK).scan(0, running).collect()
        });
        let block = end / Self::BLOCK;
        let whole = block.checked_sub(1).and_then(|last| sums.get(last)).copied().unwrap_or_default();
        whole + text.get(block * Self::BLOCK..end).map_or(0, count)
    }
}

/// Where a key stands in an entry of a TOML file; the first line of the entry when no key is asked for.
fn find_key(entry: &str, key: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in entry.split_inclusive('\n') {
        let text = line.trim_end();
        let is_key = text.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        if key.is_empty() || is_key {
            return Some(start..start + text.len());
        }
        start += line.len();
    }
    None
}

/// Of an object, the member that tells a reader what it is; other values as they are.
fn telling(record: &str, found: Range<usize>) -> Range<usize> {
    let value = record.get(found.clone()).unwrap_or_default();
    let inner =
        if value.starts_with('{') { split::find(value, "name").or_else(|| split::find(value, "id")) } else { None };
    inner.map_or(found.clone(), |inner| found.start + inner.start..found.start + inner.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_across_blocks() {
        let text = "ab\n".repeat(100_000);
        let lines = LineIndex::default();
        for end in [0, 1, 3, 4_095, 4_096, 4_097, 131_072, text.len()] {
            let plain = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(lines.before(text.as_bytes(), end), plain, "{end}");
        }
    }

    #[test]
    fn characters_are_counted_across_blocks() {
        let text = "aé€😀".repeat(20_000);
        let lines = LineIndex::default();
        for end in [0, 1, 3, 4_090, 4_100, 131_070, text.len()] {
            assert_eq!(lines.characters(text.as_bytes(), end), text[..end].chars().count(), "{end}");
        }
    }
}
