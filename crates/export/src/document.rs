//! A file of the export after reading: its text, its records, and where each record stands.
//!
//! Records keep an [`Origin`](cutover_model::evidence::Origin) of eight bytes. Lines, columns and JSON pointers are worked out only when something is
//! printed. Secrets found while reading are already blanked out of the text, so that nothing downstream can show one.

use cutover_secrets::json_text;
use std::ops::Range;

use super::member_index::MemberIndex;
use super::row_index::RowIndex;
use super::text::{Opened, Text};
use cutover_model::kind::Kind;

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
pub struct Document<T = Text> {
    /// The path as given on the command line, with `/` on every system.
    pub path: String,
    /// The path inside the export folder, which stays when the folder is moved.
    pub name: String,
    /// What the file holds; `None` when that is unknown.
    pub kind: Option<Kind>,
    /// The text, decompressed, without byte-order mark, with secrets blanked out byte for byte; a string while the file
    /// is read.
    pub text: T,
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

impl<T> Document<T> {
    /// A file of which nothing is known yet.
    pub fn new(path: String, name: String, text: T) -> Self {
        Self {
            path,
            name,
            kind: None,
            text,
            sha256: String::new(),
            layout: Layout::Single,
            spans: Vec::new(),
            loose_from: usize::MAX,
            records: 0,
            skipped: 0,
            broken: false,
        }
    }

    /// The same with its text in another form.
    pub fn with<U>(self, text: U) -> Document<U> {
        Document {
            path: self.path,
            name: self.name,
            kind: self.kind,
            text,
            sha256: self.sha256,
            layout: self.layout,
            spans: self.spans,
            loose_from: self.loose_from,
            records: self.records,
            skipped: self.skipped,
            broken: self.broken,
        }
    }

    /// The pointer of a record, or of a member of it that stands there.
    fn pointer(&self, record: u32, member: &str) -> String {
        let index = record as usize;
        let mut pointer = match &self.layout {
            _ if index >= self.loose_from => String::new(),
            Layout::Single | Layout::Toml => String::new(),
            Layout::Array(at) | Layout::Inner(at) => format!("{at}/{index}"),
            Layout::Keyed(keys) => format!("/{}", keys.get(index).map_or("", String::as_str)),
            Layout::Lines => format!("/{index}"),
            Layout::Table(_) => format!("/{}", index + 1),
        };
        if !member.is_empty() {
            pointer = format!("{pointer}/{member}");
        }
        pointer
    }
}

impl Document {
    /// Makes the document ready to be asked for places.
    pub fn open(&self) -> Reading<'_> {
        let rows = match &self.layout {
            Layout::Table(columns) => RowIndex::new(columns),
            _ => RowIndex::default(),
        };
        self.reopen(Indices { members: MemberIndex::default(), rows })
    }

    /// The same, with what was learnt when it was asked before.
    pub fn reopen<'d>(&'d self, indices: Indices<'d>) -> Reading<'d> {
        Reading { document: self, text: self.text.open(), indices }
    }
}

/// A document that is being asked for places. To ask in the order of its records is fastest.
#[derive(Debug)]
pub struct Reading<'d> {
    document: &'d Document,
    /// Its text.
    pub text: Opened<'d>,
    indices: Indices<'d>,
}

/// What was learnt of a document by asking it for places. A clone shares it.
#[derive(Debug, Default, Clone)]
pub struct Indices<'d> {
    members: MemberIndex,
    rows: RowIndex<'d>,
}

impl Indices<'_> {
    /// How many pieces of the document it knows.
    pub fn size(&self) -> usize {
        self.members.size() + self.rows.size()
    }
}

impl<'d> Reading<'d> {
    /// What was learnt of the document.
    pub fn indices(self) -> Indices<'d> {
        self.indices
    }

    /// Where a member of a record stands. Falls back to the record, and to the start of the file.
    pub fn position(&mut self, record: u32, member: &str) -> Position {
        let whole = self.document.spans.get(record as usize).cloned().unwrap_or(0..0);
        let found = self.find(record, whole.clone(), member);
        let pointer = self.document.pointer(record, if found.is_some() { member } else { "" });
        let inner = found.unwrap_or(0..whole.len().min(1));
        let span = whole.start + inner.start..whole.start + inner.end;
        let (line, column) = self.text.line_column(span.start).unwrap_or((1, 1));
        Position { line, column, pointer, span }
    }

    /// Where a member stands in its record, which stands at `whole`.
    fn find(&mut self, record: u32, whole: Range<usize>, member: &str) -> Option<Range<usize>> {
        match &self.document.layout {
            Layout::Table(_) => self.indices.rows.find(&mut self.text, record, whole, member),
            Layout::Toml => find_key(self.text.get(whole)?, member),
            _ => {
                let found = self.indices.members.find(&mut self.text, record, whole.clone(), member)?;
                let value = self.text.get(whole.start + found.start..whole.start + found.end)?;
                Some(telling(value, found))
            }
        }
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
fn telling(value: &str, found: Range<usize>) -> Range<usize> {
    let inner = if value.starts_with('{') {
        json_text::find(value, "name").or_else(|| json_text::find(value, "id"))
    } else {
        None
    };
    inner.map_or(found.clone(), |inner| found.start + inner.start..found.start + inner.end)
}
