//! Cuts a JSON file into its records without building a tree, and finds members again when they are printed.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::document::Layout;
use super::records::identified::{MAX_USELESS_RECORDS, TOO_MANY_USELESS};
use cutover_model::kind::Kind;
use cutover_secrets::json_text::{Members, members, span_in};

/// The records of a file.
#[derive(Debug)]
pub struct Split {
    /// How they are laid out.
    pub layout: Layout,
    /// Where each one stands in the text.
    pub spans: Vec<Range<usize>>,
    /// What stopped the reading, or cost a line; the records before it are good.
    pub faults: Vec<Fault>,
}

/// What is wrong with the JSON, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte of the text.
    pub offset: usize,
    /// In our own words: serde's text can hold values of the file.
    pub what: &'static str,
    /// Whether the rest of the file is lost.
    pub fatal: bool,
}

/// Cuts `text` into its records, however many there are.
pub fn split(text: &str, kind: Option<Kind>, lines: bool) -> Split {
    split_with(text, kind, lines, &mut Useless::new(true, usize::MAX))
}

/// Cuts a file into its records, up to where too many of them are too short to say anything.
pub(super) fn split_file(text: &str, kind: Option<Kind>, lines: bool) -> Split {
    let bare_ids = matches!(kind, Some(Kind::Users | Kind::InactiveUsers | Kind::ProjectUsers));
    split_with(text, kind, lines, &mut Useless::new(bare_ids, MAX_USELESS_RECORDS))
}

fn split_with(text: &str, kind: Option<Kind>, lines: bool, useless: &mut Useless) -> Split {
    let first = text.trim_start().bytes().next();
    match first {
        _ if lines => split_lines(text, kind, useless),
        Some(b'[') => split_array(text, "", text, useless),
        Some(b'{') => split_object(text, kind, useless),
        Some(_) => fault(text, 0, "not JSON: expected an array or an object"),
        None => fault(text, 0, "the file is empty"),
    }
}

/// Counts the values that are too short to be a record, and short ones that repeat the one before.
struct Useless {
    /// Whether a bare number or text is a record: users come as ids alone.
    bare_ids: bool,
    /// How many more of them there may be.
    left: usize,
    /// The value before, if it was short: its bytes, and how many they are.
    before: ([u8; Self::LONGEST_REPEATED], usize),
}

impl Useless {
    /// No object is shorter that has an id: `{"id":1}`, in bytes.
    const SHORTEST_RECORD: usize = 8;
    /// Longer values may repeat: the place of each takes little memory beside its text. In bytes.
    const LONGEST_REPEATED: usize = 64;

    fn new(bare_ids: bool, left: usize) -> Self {
        Self { bare_ids, left, before: ([0; Self::LONGEST_REPEATED], 0) }
    }

    /// Whether a value is short, and the same as the one before.
    fn repeats(&mut self, value: &str) -> bool {
        let (bytes, length) = &mut self.before;
        let value = value.as_bytes();
        if bytes.get(..*length) == Some(value) && *length > 0 {
            return true;
        }
        *length = 0;
        if let Some(place) = bytes.get_mut(..value.len()) {
            place.copy_from_slice(value);
            *length = value.len();
        }
        false
    }

    /// Counts a value, or a line that is none; `None` when there are too many of them.
    fn admit(&mut self, value: &str) -> Option<()> {
        let is_bare_id = || self.bare_ids && value.starts_with(|first: char| first.is_ascii_digit() || first == '"');
        let is_too_short = value.len() < Self::SHORTEST_RECORD && !is_bare_id();
        if is_too_short || self.repeats(value) {
            self.left = self.left.checked_sub(1)?;
        }
        Some(())
    }
}

/// The fault of a list that is cut no further.
fn too_many(offset: usize) -> Fault {
    Fault { offset, what: TOO_MANY_USELESS, fatal: true }
}

fn fault(_: &str, offset: usize, what: &'static str) -> Split {
    Split { layout: Layout::Single, spans: Vec::new(), faults: vec![Fault { offset, what, fatal: true }] }
}

/// `part` is a slice of `text` that starts with the array. Where the array is the file, more of them may follow: pages that
/// were written one behind the other.
fn split_array(text: &str, at: &'static str, part: &str, useless: &mut Useless) -> Split {
    let mut spans = Vec::new();
    let mut part = part;
    let fault = loop {
        let mut reader = serde_json::Deserializer::from_str(part);
        let mut stopped = None;
        let elements = Elements { text, spans: &mut spans, useless, stopped: &mut stopped };
        let read = reader.deserialize_seq(elements);
        if let Some(offset) = stopped {
            break Some(too_many(offset));
        }
        if let Err(error) = read {
            break Some(json_fault(text, part, &error));
        }
        // What follows the array belongs to the file only when the array is the file.
        let Some(error) = reader.end().err().filter(|_| at.is_empty()) else { break None };
        let rest = part.get(reader.into_iter::<IgnoredAny>().byte_offset()..);
        match rest.filter(|rest| rest.starts_with('[')) {
            Some(next) => part = next,
            None => break Some(json_fault(text, part, &error)),
        }
    };
    Split { layout: Layout::Array(at), spans, faults: fault.into_iter().collect() }
}

fn split_lines(text: &str, kind: Option<Kind>, useless: &mut Useless) -> Split {
    let mut out = Split { layout: Layout::Lines, spans: Vec::new(), faults: Vec::new() };
    for line in text.split_inclusive('\n').map(str::trim).filter(|line| !line.is_empty()) {
        let read = self::line(text, line);
        let admitted = if read.is_ok() { useless.admit(line) } else { useless.admit("") };
        if admitted.is_none() {
            out.faults.push(too_many(span_in(text, line).start));
            break;
        }
        match read {
            Ok(span) => out.add(text, span, kind, useless),
            Err(fault) => out.faults.push(fault),
        }
    }
    if out.spans.is_empty() && out.faults.is_empty() {
        return fault(text, 0, "the file is empty");
    }
    out
}

/// Values in a row, over as many lines as they like.
fn split_row(text: &str, kind: Option<Kind>, useless: &mut Useless) -> Split {
    let mut out = Split { layout: Layout::Lines, spans: Vec::new(), faults: Vec::new() };
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        match value {
            Ok(value) if useless.admit(value.get()).is_some() => {
                out.add(text, span_in(text, value.get()), kind, useless);
            }
            Ok(value) => {
                out.faults.push(too_many(span_in(text, value.get()).start));
                break;
            }
            Err(error) => out.faults.push(json_fault(text, text, &error)),
        }
    }
    out
}

impl Split {
    /// Whether the reading stopped because so many values are too short to be a record.
    pub fn has_too_many_useless(&self) -> bool {
        self.faults.iter().any(|fault| fault.what == TOO_MANY_USELESS)
    }

    /// Adds a value of several in a row: a record, or a page of them.
    fn add(&mut self, text: &str, span: Range<usize>, kind: Option<Kind>, useless: &mut Useless) {
        let value = text.get(span.clone()).unwrap_or_default();
        let page = if value.starts_with('[') {
            Some(split_array(text, "/", value, useless))
        } else if may_be_envelope(value) {
            members(value).and_then(|members| opened(text, &members, kind, useless))
        } else {
            None
        };
        match page {
            Some(mut page) => {
                self.spans.append(&mut page.spans);
                self.faults.append(&mut page.faults);
            }
            None => self.spans.push(span),
        }
    }
}

/// Whether a value may be an object around a page of records: recognised by its first member.
pub(super) fn may_be_envelope(value: &str) -> bool {
    let first = value.strip_prefix('{').map(|inside| inside.trim_start_matches([' ', '\t', '\r', '\n', '"']));
    first.is_some_and(|first| ENVELOPES.iter().any(|(name, _)| first.starts_with(name)) || first.starts_with("Count"))
}

/// The members that hold the records of a list, and their pointers: those of the API, of PowerShell and of OData, and
/// those that other clients write.
const ENVELOPES: [(&str, &str); 10] = [
    ("data", "/data"),
    ("value", "/value"),
    ("items", "/items"),
    ("results", "/results"),
    ("records", "/records"),
    ("entries", "/entries"),
    ("users", "/users"),
    ("projects", "/projects"),
    ("companies", "/companies"),
    ("webhooks", "/webhooks"),
];

/// The records of an object that is only there to hold them: it has no id, and no other list.
fn opened(text: &str, all: &Members<'_>, kind: Option<Kind>, useless: &mut Useless) -> Option<Split> {
    if !kind.is_none_or(Kind::is_list_of_api) || all.iter().any(|(key, _)| key == "id") {
        return None;
    }
    let mut lists = all.iter().filter(|(_, value)| value.get().starts_with('['));
    let (name, list) = lists.next()?;
    let (_, at) = ENVELOPES.iter().find(|(known, _)| known == name)?;
    if lists.next().is_some() {
        return None;
    }
    let mut out = split_array(text, at, list.get(), useless);
    let counted = all.iter().find(|(key, _)| key == "Count").and_then(|(_, count)| count.get().parse::<usize>().ok());
    if out.faults.is_empty() && counted.is_some_and(|counted| counted != out.spans.len()) {
        let offset = span_in(text, list.get()).start;
        let what = "the list has a different number of records than its `Count` states";
        out.faults.push(Fault { offset, what, fatal: true });
    }
    Some(out)
}

/// Where the one value of a line of `text` stands.
pub(super) fn line(text: &str, line: &str) -> Result<Range<usize>, Fault> {
    let raw = serde_json::from_str::<&RawValue>(line);
    raw.map(|raw| span_in(text, raw.get())).map_err(|error| {
        let fault = json_fault(text, line, &error);
        let what = if fault.what == NO_NUMBER { NO_NUMBER } else { "this line is not valid JSON; it was left out" };
        Fault { what, fatal: false, ..fault }
    })
}

fn split_object(text: &str, kind: Option<Kind>, useless: &mut Useless) -> Split {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let first = match values.next() {
        Some(Ok(raw)) => raw,
        Some(Err(error)) => {
            let faults = vec![json_fault(text, text, &error)];
            return Split { layout: Layout::Single, spans: Vec::new(), faults };
        }
        None => return fault(text, 0, "the file is empty"),
    };
    let rest = text.get(values.byte_offset()..).unwrap_or_default();
    if !rest.trim().is_empty() {
        // Objects that go over several lines can only be read one behind the other; of others, a bad line costs itself.
        return if first.get().contains('\n') {
            split_row(text, kind, useless)
        } else {
            split_lines(text, kind, useless)
        };
    }
    let members = members(first.get()).unwrap_or_default();
    for name in ENVELOPES.map(|(name, _)| name).into_iter().chain(["tools"]) {
        if members.iter().filter(|(key, _)| key == name).count() > 1 {
            return fault(text, 0, "the object around the records names a member twice");
        }
    }
    let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value.get());
    let array = |name: &str| member(name).filter(|value| value.starts_with('['));

    if let (Some(Kind::PermissionManifests), Some(tools)) = (kind, array("tools")) {
        return Split { layout: Layout::Inner("/tools"), ..split_array(text, "/tools", tools, useless) };
    } else if let Some(data) = array("data") {
        return split_array(text, "/data", data, useless);
    } else if let Some(split) = opened(text, &members, kind, useless) {
        return split;
    } else if let (Some(data), true) = (member("data").filter(|value| value.starts_with('{')), members.len() <= 2) {
        return Split { layout: Layout::Keyed(vec!["data".into()]), spans: vec![span_in(text, data)], faults: vec![] };
    }
    if is_error(&members) {
        return fault(text, 0, "an error answer of the API, not records");
    }
    let is_id = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    if !members.is_empty() && members.iter().all(|(key, value)| is_id(key) && value.get().starts_with('{')) {
        let spans = members.iter().map(|(_, value)| span_in(text, value.get())).collect();
        let keys = members.iter().map(|(key, _)| key.to_string()).collect();
        return Split { layout: Layout::Keyed(keys), spans, faults: vec![] };
    }
    Split { layout: Layout::Single, spans: vec![span_in(text, first.get())], faults: vec![] }
}

/// Answers of the API that stand in a file because nobody looked at the status: `{"errors": …}`, `{"message": …}`.
fn is_error(members: &Members<'_>) -> bool {
    let says = ["errors", "error", "message", "error_description", "reason"];
    let about = ["code", "status", "fields", "request_id", "timestamp", "path", "details", "type", "title"];
    let of = |names: &[&str], key: &str| names.contains(&key);
    members.iter().any(|(key, _)| of(&says, key)) && members.iter().all(|(key, _)| of(&says, key) || of(&about, key))
}

/// Some programs write this for a number that is missing.
const NO_NUMBER: &str = "not JSON: NaN and Infinity are no values; write null (pandas: `to_json` does)";

fn json_fault(text: &str, part: &str, error: &serde_json::Error) -> Fault {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => part.match_indices('\n').nth(line - 2).map_or(part.len(), |(at, _)| at + 1),
    };
    // Columns count bytes; the place must be a character.
    let column = error.column().saturating_sub(1);
    let at = (0..=(line_start + column).min(part.len())).rev().find(|at| part.is_char_boundary(*at)).unwrap_or(0);
    let no_number = |at: usize| {
        let here = part.get(at..).unwrap_or_default();
        ["NaN", "Infinity", "-Infinity"].iter().any(|word| here.starts_with(word))
    };
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the file ends in the middle of a value",
        _ if no_number(at) || no_number(at.saturating_sub(1)) => NO_NUMBER,
        _ => "not valid JSON from here on",
    };
    Fault { offset: span_in(text, part).start + at, what, fatal: true }
}

/// Collects the elements of an array as they come, so that those before a fault are kept.
struct Elements<'s, 't> {
    text: &'t str,
    spans: &'s mut Vec<Range<usize>>,
    useless: &'s mut Useless,
    /// Where the reading stopped, because too many elements say nothing.
    stopped: &'s mut Option<usize>,
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<&RawValue>()? {
            let span = span_in(self.text, raw.get());
            if self.useless.admit(raw.get()).is_none() {
                *self.stopped = Some(span.start);
                break;
            }
            self.spans.push(span);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'t>(text: &'t str, split: &Split) -> Vec<&'t str> {
        split.spans.iter().map(|span| &text[span.clone()]).collect()
    }

    #[test]
    fn an_array_is_cut_into_its_elements() {
        let text = " [{\"id\": 1}, 2]\n";
        let split = split(text, None, false);
        assert_eq!(texts(text, &split), ["{\"id\": 1}", "2"]);
        assert!(split.faults.is_empty());
    }

    #[test]
    fn the_elements_before_a_fault_are_kept() {
        let text = "[{\"id\": 1},\n {\"id\": 2},\n {\"id\": }]";
        let split = split(text, None, false);
        assert_eq!(split.spans.len(), 2);
        assert_eq!(split.faults.len(), 1);
        assert_eq!(text[..split.faults[0].offset].matches('\n').count(), 2);
    }

    #[test]
    fn a_bad_line_costs_that_line() {
        let text = "{\"id\": 1}\n{\"id\": \n{\"id\": 3}\n";
        let split = split(text, None, true);
        assert_eq!(texts(text, &split), ["{\"id\": 1}", "{\"id\": 3}"]);
        assert_eq!(split.faults.len(), 1);
        assert!(!split.faults[0].fatal);
    }

    #[test]
    fn objects_in_a_row_are_lines_whatever_the_file_is_called() {
        let text = "{\"id\": 1}\n{\"id\": 2}\n";
        assert_eq!(split(text, None, false).spans.len(), 2);
    }

    #[test]
    fn an_envelope_is_opened() {
        let text = r#"{"data": [{"id": "1"}, {"id": "2"}]}"#;
        let split = split(text, None, false);
        assert_eq!(split.layout, Layout::Array("/data"));
        assert_eq!(texts(text, &split), [r#"{"id": "1"}"#, r#"{"id": "2"}"#]);
    }

    #[test]
    fn an_object_keyed_by_id_is_a_list() {
        let text = r#"{"46": {"first_name": "API"}, "47": {}}"#;
        let split = split(text, Some(Kind::Users), false);
        assert_eq!(split.layout, Layout::Keyed(vec!["46".into(), "47".into()]));
    }

    #[test]
    fn an_error_answer_is_no_record() {
        for text in [
            r#"{"errors": ["App is not connected to this company."]}"#,
            r#"{"code": 401, "message": "Unauthorized"}"#,
            r#"{"error": "invalid_token", "error_description": "expired"}"#,
        ] {
            assert_eq!(split(text, Some(Kind::Users), false).faults.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_bad_line_is_told_by_its_own_place() {
        let text = "{\"id\": 1}\n{\"id\": \n{\"id\": 3}\n";
        let fault = &split(text, None, true).faults[0];
        assert_eq!(text[..fault.offset].matches('\n').count(), 1);
    }

    /// Their places took more memory than the file has bytes, eight times over.
    #[test]
    fn short_records_that_repeat_each_other_are_cut_no_further() {
        let list = |record: &str| format!("[{}]", vec![record; 1_000].join(","));
        let repeated = split_file(&list(r#"{"id":1}"#), Some(Kind::Users), false);
        assert_eq!((repeated.spans.len(), repeated.faults[0].what), (MAX_USELESS_RECORDS + 1, TOO_MANY_USELESS));
        let different = (0..1_000).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>().join(",");
        assert_eq!(split_file(&format!("[{different}]"), Some(Kind::Users), false).spans.len(), 1_000);
    }

    #[test]
    fn a_fault_is_told_by_a_whole_character() {
        let text = "[{\"id\": é}]";
        assert_eq!(&text[split(text, None, false).faults[0].offset..], "é}]");
    }
}
