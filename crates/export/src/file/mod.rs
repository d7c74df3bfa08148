//! One file: bytes, text, kind, records.
//!
//! Each form has a file of its own here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::collect;
use crate::collect::{Buffers, Fault, Input};
use crate::document::{Document, Layout};
use crate::field::Record;
use crate::naming::Naming;
use crate::pass::Plain;
use crate::project_users::UserInterner;
use crate::records::identified::{Identified, MAX_USELESS_RECORDS, TOO_MANY_USELESS};
use crate::text;
use crate::text::{Blanked, Counting, Form, MARK, NotText, OnDisk, Text};
use crate::{Of, Read, Records, recognize};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::Origin;
use cutover_model::kind::Kind;
use cutover_secrets::json_text;
use cutover_secrets::{self as secrets, Identity, Sameness, Secret};
use windows::Before;
pub(super) use windows::is_long;

mod altova;
mod app_builder;
mod json;
mod mapforce;
mod oauth;
mod own;
pub(super) mod path;
mod table;
mod toml;
mod windows;

/// Diagnostics of one code that are kept of a file. A report shows fewer; all of them are counted.
const MAX_DIAGNOSTICS: usize = 1_000;

/// What one file gave. While it is read, all of its text is at hand.
#[derive(Debug)]
pub(super) struct FileRead<T = String> {
    pub number: u32,
    pub document: Document<T>,
    pub records: Records,
    pub secrets: Vec<Secret>,
    /// What each secret has in common with others of its value, in the order of the secrets.
    pub same: Vec<Option<Sameness>>,
    /// What identifies the place of each secret, in the order of the secrets.
    pub identities: Vec<Identity>,
    /// What was blanked out of the text.
    pub blanked: Vec<Range<usize>>,
    pub diagnostics: Vec<Diagnostic>,
}

impl FileRead {
    /// The text is no longer needed: where the file can be read again, it is let go.
    fn close(mut self, read: usize, again: Option<OnDisk>, buffers: &Buffers) -> FileRead<Text> {
        let text = std::mem::take(&mut self.document.text);
        // Of a text that was thrown away nobody knows where its secrets are. Files kept by hand are short.
        let blanked = Blanked::of(&text, std::mem::take(&mut self.blanked));
        let text = match again.filter(|_| text.len() == read && self.document.layout != Layout::Toml) {
            Some(place) => {
                let mut counting = Counting::default();
                counting.push(text.as_bytes());
                buffers.give(text.into_bytes());
                Text::on_disk(place, blanked, counting.finish())
            }
            None => Text::kept(text, blanked),
        };
        self.with(text)
    }

    fn with(mut self, text: Text) -> FileRead<Text> {
        self.document.spans.shrink_to_fit();
        FileRead {
            number: self.number,
            document: self.document.with(text),
            records: self.records,
            secrets: self.secrets,
            same: self.same,
            identities: self.identities,
            blanked: Vec::new(),
            diagnostics: self.diagnostics,
        }
    }
}

/// Notes beside an export are no part of it; waivers, settings and packs of policies are given to the audit by themselves.
pub(super) fn may_hold_records(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let note = [".md", ".markdown", ".txt", ".pdf", ".xlsx", ".png", ".cedar", ".test.toml"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    !note && !["waivers.toml", "cutover.toml"].contains(&lower.as_str())
}

/// Whether the name of a file in an export folder says that it holds a part of the export, or decides something.
pub fn announces_records(name: &str) -> bool {
    let is_hidden = name.split('/').any(|part| part.starts_with('.'));
    let decides = ["waivers.toml", "cutover.toml"].contains(&name) || name.ends_with(".cedar");
    !is_hidden && (decides || recognize::by_path(name).is_some())
}

/// Whether a file in an export folder with this name and text may be a part of it, and is no result of this program.
pub fn may_be_part(name: &str, text: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_data = [".json", ".jsonl", ".ndjson", ".csv", ".toml", ".gz", ".zst"].iter().any(|end| lower.ends_with(end));
    let is_hidden = name.split('/').any(|part| part.starts_with('.'));
    let is_named = announces_records(name) || (is_data && !is_hidden);
    is_named && own::recognise(&lower, text).is_none()
}

/// Reads one file.
pub(super) fn read(
    number: u32,
    input: Input,
    declared: Option<&str>,
    interner: &Arc<UserInterner>,
    buffers: &Buffers,
) -> FileRead<Text> {
    if let Some(read) = windows::read(number, &input, declared, interner) {
        return read;
    }
    let name = input.name.clone();
    let mut reader = Reader::new(number, input.name, input.path, Arc::clone(interner));
    let path = input.content.path().map(Path::to_owned);
    let raw = match collect::read_into(input.content, buffers.take()) {
        Ok(raw) => raw,
        Err(fault) => {
            let code = if fault == Fault::Changed { Code::Changed } else { Code::Unreadable };
            return reader.broken(code, fault.to_string()).close(0, None, buffers);
        }
    };
    reader.out.document.sha256 = raw.sha256;
    let mut form = match (collect::is_compressed(&raw.bytes), raw.bytes.starts_with(&MARK)) {
        (true, _) => Form::Whole,
        (false, true) => Form::Plain(MARK.len() as u64),
        (false, false) => Form::Plain(0),
    };
    let bytes = match collect::decompress(raw.bytes) {
        Ok(bytes) => bytes,
        Err(reason) => return reader.broken(Code::Unreadable, reason).close(0, None, buffers),
    };
    let (text, good) = match text::decode(bytes) {
        Ok(text) => (text, None),
        Err(NotText::Utf16) => {
            return reader.broken(Code::Encoding, "the file is UTF-16: save it as UTF-8").close(0, None, buffers);
        }
        Err(NotText::NotUtf8 { text, good }) => (text, Some(good)),
    };
    let length = text.len();
    reader.out.document.text = text;
    let mut out = match good {
        None => reader.read(declared),
        Some(good) => {
            form = Form::Whole;
            reader.garbled(good)
        }
    };
    place_loose_secrets(&mut out);
    note_losses(&mut out, &name);
    let again = path.zip(raw.stamp).map(|(path, stamp)| OnDisk { path, stamp, form });
    out.close(length, again, buffers)
}

/// A list with a gap does not tell who is not in it, and no other page of it does.
fn note_losses(out: &mut FileRead, name: &str) {
    let lost = out.document.broken || out.document.skipped > 0;
    out.records.incomplete.extend(out.document.kind.filter(|_| lost));
    if !out.records.incomplete.is_empty() {
        let of = Naming::of(name).ids.first().copied();
        match out.document.kind {
            Some(Kind::ProjectUsers) => out.records.project_gaps.extend(of),
            // Records that say nothing of a project are noted one by one.
            Some(Kind::ProjectAssignments) if lost => out.records.assignment_gaps.extend(of),
            Some(Kind::ApiActivity) => out.records.activity_gaps.extend([path::app_name(name)]),
            Some(Kind::AppBuilderProviders | Kind::AppBuilderEndpoints) => {
                out.records.app_builder.gaps.insert(path::environment(name));
            }
            _ => {}
        }
    }
}

/// Gives secrets that stand in no record a place of their own.
fn place_loose_secrets(out: &mut FileRead) {
    let spans = &mut out.document.spans;
    out.document.loose_from = spans.len();
    for secret in out.secrets.iter_mut().filter(|secret| secret.record.is_none()) {
        secret.record = u32::try_from(spans.len()).ok();
        spans.push(secret.span.clone());
    }
}

/// Reads one file.
pub(super) struct Reader {
    number: u32,
    name: String,
    /// What may hold a secret and is not known to: never shown, and no violation.
    hidden: Vec<Range<usize>>,
    /// The records that one pass has read already.
    plain: Plain,
    /// What stands before this text in its file.
    before: Before,
    /// Whether a record that stands before this text was left out.
    lost_before: bool,
    /// The records so far that are of no use.
    useless: usize,
    /// How many diagnostics there are of each code.
    said: BTreeMap<Code, usize>,
    /// What the lists of projects say about people.
    interner: Arc<UserInterner>,
    pub(super) out: FileRead,
}

impl Reader {
    fn new(number: u32, name: String, path: String, interner: Arc<UserInterner>) -> Self {
        let out = FileRead {
            number,
            document: Document::new(path, name.clone(), String::new()),
            records: Records::default(),
            secrets: Vec::new(),
            same: Vec::new(),
            identities: Vec::new(),
            blanked: Vec::new(),
            diagnostics: Vec::new(),
        };
        Self {
            number,
            name,
            hidden: Vec::new(),
            plain: Plain::default(),
            before: Before::default(),
            lost_before: false,
            useless: 0,
            said: BTreeMap::new(),
            interner,
            out,
        }
    }

    fn path(&self) -> String {
        self.out.document.path.clone()
    }

    fn origin(&self, record: usize) -> Origin {
        Origin { document: self.number, record: u32::try_from(self.before.records + record).unwrap_or(u32::MAX) }
    }

    /// Adds a diagnostic. Of one code, a file has only so many; the others are counted.
    fn report(&mut self, code: Code, place: Place, message: impl Into<String>) {
        let said = self.said.entry(code).or_default();
        *said += 1;
        if *said <= MAX_DIAGNOSTICS {
            self.out.diagnostics.push(Diagnostic::new(code, place, message));
        }
    }

    /// What was read of the file, with the number of the diagnostics that were left out.
    fn finish(mut self) -> FileRead {
        for (code, said) in std::mem::take(&mut self.said) {
            if let Some(more @ 1..) = said.checked_sub(MAX_DIAGNOSTICS) {
                let message = format!("{more} more of this code in this file");
                self.out.diagnostics.push(Diagnostic::new(code, Place::Offset(self.number, 0), message));
            }
        }
        self.out
    }

    fn broken(mut self, code: Code, message: impl Into<String>) -> FileRead {
        let place = Place::Path(self.path());
        self.out.document.broken = true;
        self.out.document.kind = self.out.document.kind.or_else(|| recognize::by_path(&self.name));
        self.report(code, place, message);
        note_losses(&mut self.out, &self.name);
        self.finish()
    }

    /// A list of a kind says who is not on it only if it says of everybody who it is.
    fn expect(&mut self, kind: Kind, known: bool) {
        if !known {
            self.out.records.incomplete.insert(kind);
        }
    }

    /// The text is not UTF-8: nothing of it is believed, but its secrets are found.
    fn garbled(mut self, good: usize) -> FileRead {
        self.out.document.broken = true;
        self.out.document.kind = recognize::by_path(&self.name);
        self.hidden.extend(secrets::behind_names(&self.out.document.text, 0));
        self.blank_plain();
        self.report(
            Code::Encoding,
            Place::Offset(self.number, good),
            "not UTF-8: save the file as UTF-8; it was not read",
        );
        self.finish()
    }

    fn read(mut self, declared: Option<&str>) -> FileRead {
        let announced = match declared.map(Kind::from_id) {
            Some(None) => {
                let named = declared.unwrap_or_default();
                self.report(
                    Code::HandKept,
                    Place::Offset(self.number, 0),
                    format!("export.toml gives the unknown kind `{named}`"),
                );
                None
            }
            Some(known) => known,
            None => recognize::by_path(&self.name),
        };
        let stem = self.name.trim_end_matches(".gz").trim_end_matches(".zst").to_ascii_lowercase();
        if let Some(own) = own::recognise(&stem, &self.out.document.text).filter(|_| declared.is_none()) {
            self.set_aside(own)
        } else if stem.ends_with(".toml") {
            self.read_toml(announced)
        } else if stem.ends_with(".csv") {
            self.read_table(announced)
        } else if announced == Some(Kind::MapforceDesigns) {
            self.read_design()
        } else {
            let lines = stem.ends_with(".jsonl") || stem.ends_with(".ndjson");
            self.read_json(announced, declared.is_some(), lines)
        }
    }

    fn known_kind(&mut self, kind: Option<Kind>) -> Option<Kind> {
        self.out.document.kind = kind;
        match kind {
            Some(kind) => {
                self.out.records.present.insert(kind);
            }
            None => {
                let place = Place::Path(self.path());
                self.report(
                    Code::UnknownKind,
                    place,
                    "the kind of this file is unknown: neither its name nor its content tells; state it in export.toml",
                );
            }
        }
        kind
    }

    /// Blanks secrets out of a text whose structure is unknown.
    fn blank_plain(&mut self) {
        self.out.secrets.extend(loose_secrets(&self.out.document.text, 0));
        self.blank();
    }

    fn blank(&mut self) {
        // The last moment at which values can be compared.
        let text = &self.out.document.text;
        let new = self.out.secrets.iter().skip(self.out.same.len());
        let value = |secret: &Secret| Sameness::of(text.get(secret.span.clone())?.trim_matches('"'));
        let same: Vec<Option<Sameness>> = new.map(value).collect();
        self.out.same.extend(same);
        self.identify_secrets();
        let spans: Vec<Range<usize>> =
            self.out.secrets.iter().map(|secret| secret.span.clone()).chain(self.hidden.drain(..)).collect();
        secrets::blank(&mut self.out.document.text, spans.iter().cloned());
        self.out.blanked.extend(spans);
    }

    /// Notes what identifies the places of the secrets that were found since the last time.
    fn identify_secrets(&mut self) {
        let document = &self.out.document;
        let new = self.out.secrets.iter().enumerate().skip(self.out.identities.len());
        let mut by_record: BTreeMap<Option<u32>, Vec<(usize, Range<usize>)>> = BTreeMap::new();
        for (index, secret) in new {
            by_record.entry(secret.record).or_default().push((index, secret.span.clone()));
        }
        let lower = self.name.to_ascii_lowercase();
        let whole = match () {
            () if lower.contains(".toml") => secrets::Form::Toml,
            () if lower.contains(".mfd") => secrets::Form::Markup,
            () => secrets::Form::Plain,
        };
        self.out.identities.resize(self.out.secrets.len(), Identity::default());
        for (record, secrets) in by_record {
            let span = record.and_then(|record| document.spans.get(record as usize)).cloned();
            let (form, span) = match (span, &document.layout) {
                (Some(span), Layout::Table(columns)) => (secrets::Form::Row(columns), span),
                (Some(span), Layout::Toml) => (secrets::Form::Toml, span),
                (Some(span), _) => (secrets::Form::Json, span),
                (None, _) => (whole, 0..document.text.len()),
            };
            let text = document.text.get(span.clone()).unwrap_or_default();
            let inside = |(_, secret): &(usize, Range<usize>)| {
                secret.start.saturating_sub(span.start)..secret.end.saturating_sub(span.start)
            };
            let spans: Vec<Range<usize>> = secrets.iter().map(inside).collect();
            for ((index, _), identity) in secrets.iter().zip(secrets::identify(text, form, &spans)) {
                self.out.identities.get_mut(*index).into_iter().for_each(|own| *own = identity.clone());
            }
        }
    }

    /// Counts records of no use, the first of which is given. False once the file holds too many of them.
    fn admit_useless(&mut self, record: usize, count: usize) -> bool {
        let known = self.useless;
        self.useless += count;
        let is_too_many = |count: usize| count > MAX_USELESS_RECORDS;
        if is_too_many(self.useless) && !is_too_many(known) {
            self.out.document.broken = true;
            let place = Place::Member(self.origin(record), String::new());
            self.report(Code::Limit, place, TOO_MANY_USELESS);
        }
        !is_too_many(self.useless)
    }

    /// Adds the records that were read to those that are kept. False once too many of them are of no use.
    fn keep_in<T: Record + Identified>(
        &mut self,
        out: &mut Vec<Read<T>>,
        read: impl Iterator<Item = (usize, Option<T>)>,
    ) -> bool {
        let known = out.len();
        // The key of a record may be its id.
        let by_key = matches!(self.out.document.layout, Layout::Keyed(_));
        for (index, record) in read {
            let origin = self.origin(index);
            let is_useless = !by_key && record.as_ref().is_none_or(|record| !record.is_identified());
            if !self.admit_useless(index, usize::from(is_useless)) {
                break;
            }
            let Some(value) = record else {
                self.out.document.skipped += 1;
                self.report(
                    Code::Shape,
                    Place::Member(origin, String::new()),
                    "not an object; the record was left out",
                );
                continue;
            };
            for member in value.wrong() {
                let shown: Vec<_> = member.split('/').map(json_text::unescape_token).collect();
                let shown = cutover_model::escape::name(&shown.join("."));
                let message = format!("`{shown}` has a value that it cannot have; it is treated as unknown");
                self.report(Code::Member, Place::Member(origin, member), message);
            }
            out.push(Read { value, origin });
        }
        self.out.document.records += out.len() - known;
        self.useless <= MAX_USELESS_RECORDS
    }

    /// The file as a whole cannot be used.
    fn lost(mut self, kind: Option<Kind>, code: Code, offset: usize, message: impl Into<String>) -> FileRead {
        self.out.document.broken = true;
        self.out.document.kind = kind;
        self.report(code, Place::Offset(self.number, offset), message);
        self.finish()
    }
}

/// The secrets of a text without structure that starts at this byte of the file.
fn loose_secrets(text: &str, start: usize) -> Vec<Secret> {
    let secret = |(span, kind): (Range<usize>, &'static str)| Secret {
        span: start + span.start..start + span.end,
        record: None,
        member: String::new(),
        kind,
    };
    secrets::scan_plain(text).into_iter().map(secret).collect()
}

fn all_of<K: Clone, T>(of: K, reads: Vec<Read<T>>) -> Vec<Of<K, T>> {
    reads.into_iter().map(|read| Of { of: of.clone(), read }).collect()
}
