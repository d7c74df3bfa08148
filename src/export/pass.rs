//! One pass over the records of a JSON file: each is read into its type, watched for secrets, and measured at once.
//!
//! What is not plain (an error, a member that stands twice, anything that may be a secret) is left to the slower ways:
//! [`super::split`] for the file, [`super::secret::scan_json`] for a record. They alone say what is wrong; this one only says
//! what is right.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, IgnoredAny};

use super::document::Layout;
use super::kind::Kind;
use super::records::{
    AppConfiguration, AppInstallation, AppManifest, Company, PermissionTemplate, PermittedTool, Project,
    ProjectAssignment, ProjectTool, ServiceAccount, User, Webhook,
};
use super::secret::{Watch, Watched};
use super::split::Split;

/// How many records one core reads before it looks for more.
const SHARE: usize = 1 << 10;

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

/// Cuts a text into records of this kind and reads them on the way, if its form allows it.
pub(super) fn cut(text: &str, kind: Kind, lines: bool) -> Option<(Split, Plain)> {
    if lines || !text.trim_start().starts_with('[') {
        return None;
    }
    reader_of(kind).and_then(|reader| (reader.array)(text))
}

/// Reads the records that stand at these places.
pub(super) fn read(text: &str, kind: Kind, spans: &[Range<usize>]) -> Plain {
    reader_of(kind).map(|reader| (reader.spans)(text, spans)).unwrap_or_default()
}

/// Reads records into one type.
struct Reader {
    array: fn(&str) -> Option<(Split, Plain)>,
    spans: fn(&str, &[Range<usize>]) -> Plain,
}

/// The records of the other kinds are looked through before they are read.
fn reader_of(kind: Kind) -> Option<Reader> {
    fn reader<T: DeserializeOwned + Send + Sync + 'static>() -> Option<Reader> {
        Some(Reader { array: array::<T>, spans: spans::<T> })
    }
    match kind {
        Kind::Companies => reader::<Company>(),
        Kind::Projects => reader::<Project>(),
        Kind::Users | Kind::InactiveUsers | Kind::ProjectUsers => reader::<User>(),
        Kind::PermissionTemplates => reader::<PermissionTemplate>(),
        Kind::PermissionManifests => reader::<PermittedTool>(),
        Kind::AppInstallations => reader::<AppInstallation>(),
        Kind::AppConfigurations => reader::<AppConfiguration>(),
        Kind::AppManifests => reader::<AppManifest>(),
        Kind::Webhooks => reader::<Webhook>(),
        Kind::ServiceAccounts => reader::<ServiceAccount>(),
        Kind::ProjectAssignments => reader::<ProjectAssignment>(),
        Kind::ProjectTools => reader::<ProjectTool>(),
        _ => None,
    }
}

/// Reads the record at the start of a text: its length, and itself if it is plain. `None` when it is broken.
fn record<T: DeserializeOwned>(text: &str, watch: &mut Watch) -> Option<(usize, Option<T>)> {
    if text.starts_with('{') {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Watched::record(PhantomData::<T>, watch).deserialize(&mut reader);
        let plain = watch.was_plain();
        if let Ok(value) = read {
            return Some((reader.into_iter::<IgnoredAny>().byte_offset(), plain.then_some(value)));
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    IgnoredAny::deserialize(&mut reader).ok()?;
    Some((reader.into_iter::<IgnoredAny>().byte_offset(), None))
}

/// Reads an array from its start to the end of the text; `None` when anything is wrong with it.
fn array<T: DeserializeOwned + Send + Sync + 'static>(text: &str) -> Option<(Split, Plain)> {
    let mut watch = Watch::new();
    let (mut spans, mut records) = (Vec::new(), Vec::new());
    let mut rest = space(text.trim_start_matches(WHITE).strip_prefix('[')?);
    while !rest.starts_with(']') || !spans.is_empty() {
        let start = text.len() - rest.len();
        let (length, record) = record::<T>(rest, &mut watch)?;
        spans.push(start..start + length);
        records.push(record);
        let behind = space(rest.get(length..)?);
        match behind.strip_prefix(',') {
            Some(next) => rest = space(next),
            None => {
                rest = behind;
                break;
            }
        }
    }
    let end = space(rest.strip_prefix(']')?);
    let split = Split { layout: Layout::Array(""), spans, faults: Vec::new() };
    end.is_empty().then(|| (split, Plain::of(records)))
}

/// What JSON allows between values.
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

fn space(text: &str) -> &str {
    text.trim_start_matches(WHITE)
}

fn spans<T: DeserializeOwned + Send + Sync + 'static>(text: &str, spans: &[Range<usize>]) -> Plain {
    let share = |spans: &[Range<usize>]| {
        let mut watch = Watch::new();
        let read = |span: &Range<usize>| record(text.get(span.clone())?, &mut watch)?.1;
        spans.iter().map(read).collect::<Vec<Option<T>>>()
    };
    let shares: Vec<Vec<Option<T>>> = spans.par_chunks(SHARE).map(share).collect();
    Plain::of(shares.into_iter().flatten().collect())
}
