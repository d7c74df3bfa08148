//! One pass over the records of a JSON file: each is read into its type, watched for secrets, and measured at once.
//!
//! What is not plain (an error, a member that stands twice, anything that may be a secret) is left to the slower ways:
//! [`super::split`] for the file, [`cutover_secrets::scan_json`] for a record. They alone say what is wrong; this one only says
//! what is right.

use std::any::Any;
use std::ops::Range;

use serde::de::DeserializeOwned;

use super::document::Layout;
use super::lists::{self, Special};
use super::project_users::Row;
use super::records::identified::Identified;
use super::records::{AppManifest, PermittedTool, ProjectAssignment, ProjectTool, User};
use super::split::{self, Fault, Split};
use cutover_model::kind::Kind;
use known::Nothing;

mod cut;
mod known;

pub(super) use known::Known;

/// The plain records of a file, by their place in it; `None` where a record is not plain.
#[derive(Debug, Default)]
pub(super) struct Plain {
    records: Option<Box<dyn Any + Send + Sync>>,
    plain: Vec<bool>,
}

impl Plain {
    /// Whether this record was read and is plain.
    pub(super) fn is_plain(&self, record: usize) -> bool {
        self.plain.get(record).copied().unwrap_or_default()
    }

    /// The records, if they were read into this type.
    pub(super) fn take<T: 'static>(&mut self) -> Vec<Option<T>> {
        let records = self.records.take().and_then(|records| records.downcast().ok());
        records.map(|records| *records).unwrap_or_default()
    }

    fn of<T: Send + Sync + 'static>(records: Vec<Option<T>>) -> Self {
        Self { plain: records.iter().map(Option::is_some).collect(), records: Some(Box::new(records)) }
    }
}

/// What was read of the records of a text.
#[derive(Debug)]
pub(super) struct Pass {
    /// Where the records stand.
    pub(super) spans: Vec<Range<usize>>,
    /// Those that are plain.
    pub(super) plain: Plain,
    /// Lines that hold no record.
    pub(super) faults: Vec<Fault>,
    /// Where the reading stopped: at the start of a record that may not be whole, or at the bracket behind the last one.
    pub(super) end: usize,
}

/// Whether records of this kind can be read in one pass.
pub(super) fn reads(kind: Kind) -> bool {
    reader_of(kind).is_some()
}

/// Cuts a text into records of this kind and reads them on the way, if nothing is wrong with its form.
pub(super) fn cut(text: &str, kind: Kind, is_lines: bool, rows: &Known<Row>) -> Option<(Split, Plain)> {
    let (pass, layout) = if is_lines {
        let pass = lines(text, kind, rows)?;
        // A page in a line has to be opened.
        let is_record = |span: &Range<usize>| text.get(span.clone()).is_some_and(|line| !is_page(line));
        pass.spans.iter().all(is_record).then_some(())?;
        ((!pass.spans.is_empty() || !pass.faults.is_empty()).then_some(pass)?, Layout::Lines)
    } else {
        let start = text.len() - cut::space(cut::space(text).strip_prefix('[')?).len();
        let pass = array(text, start, kind, rows)?;
        cut::space(text.get(pass.end..)?.strip_prefix(']')?).is_empty().then_some((pass, Layout::Array("")))?
    };
    Some((Split { layout, spans: pass.spans, faults: pass.faults }, pass.plain))
}

/// Whether a line may hold a page of records instead of one.
pub(super) fn is_page(line: &str) -> bool {
    line.starts_with('[') || split::may_be_envelope(line)
}

/// Reads the objects of an array, from the start of the first one to the end of the text or of the array; `None` when
/// anything else stands there.
pub(super) fn array(text: &str, start: usize, kind: Kind, rows: &Known<Row>) -> Option<Pass> {
    (reader_of(kind)?.array)(text, start, rows)
}

/// Reads one record a line.
pub(super) fn lines(text: &str, kind: Kind, rows: &Known<Row>) -> Option<Pass> {
    (reader_of(kind)?.lines)(text, rows)
}

/// Reads the records that stand at these places.
pub(super) fn read(text: &str, kind: Kind, spans: &[Range<usize>]) -> Plain {
    reader_of(kind).map(|reader| (reader.spans)(text, spans)).unwrap_or_default()
}

/// Reads records into one type.
pub(super) struct Reader {
    array: fn(&str, usize, &Known<Row>) -> Option<Pass>,
    lines: fn(&str, &Known<Row>) -> Option<Pass>,
    spans: fn(&str, &[Range<usize>]) -> Plain,
}

impl Reader {
    /// The reader of records of a type.
    pub(super) fn of<T: DeserializeOwned + Identified + Send + Sync + 'static>() -> Self {
        Self {
            array: |text, start, _| cut::array::<T, _>(text, start, &Nothing),
            lines: |text, _| cut::lines::<T, _>(text, &Nothing),
            spans: cut::spans::<T>,
        }
    }
}

/// The records of the other kinds are looked through before they are read.
fn reader_of(kind: Kind) -> Option<Reader> {
    let Some(special) = lists::special(kind) else { return lists::reader_of(kind) };
    match special {
        Special::Users | Special::InactiveUsers => Some(Reader::of::<User>()),
        // Of the others, lists do not repeat each other.
        Special::ProjectUsers => Some(Reader { array: cut::array, lines: cut::lines, spans: cut::spans::<Row> }),
        Special::PermissionManifests => Some(Reader::of::<PermittedTool>()),
        Special::AppManifests => Some(Reader::of::<AppManifest>()),
        Special::ProjectAssignments => Some(Reader::of::<ProjectAssignment>()),
        Special::ProjectTools => Some(Reader::of::<ProjectTool>()),
        Special::TemplateAssignments
        | Special::ApiActivity
        | Special::Altova
        | Special::MapforceDesigns
        | Special::AppBuilderProviders
        | Special::AppBuilderKeys
        | Special::AppBuilderUsers
        | Special::AppBuilderEndpoints
        | Special::OauthClients
        | Special::Settings
        | Special::Reviews
        | Special::Export => None,
    }
}
