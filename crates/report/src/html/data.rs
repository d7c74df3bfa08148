//! The data of a page, with no value twice: ten thousand violations name the same few accounts, tools, files and lines over
//! and over.
//!
//! A table of values; what consists of others names them by their places in it. `app/data.js` puts them together again:
//!
//! - `[0, …]` is a list, `[1, …]` an object of the first shape, `[2, …]` one of the second, …;
//! - `[-1, …]` is a text, in pieces: sentences differ in the names in them;
//! - a place is a number from 0; a number below stands for itself: -1 for 0, -2 for 1, …;
//! - anything else is what it is.
//!
//! The values that are named most often stand first, where their places are short.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use cutover_model::escape;

/// The shortest name that sentences are taken apart at: a shorter one is as short as its place.
const SHORTEST_NAME: usize = 8;
/// The most letters of a text.
const LONGEST: usize = 4_000;
/// The largest number that stands for itself.
const LARGEST: i64 = 999_999_999;

/// The data of a document, as JSON that may stand in a script element; none when it has more than `max_bytes`.
pub(super) fn packed(document: &Value, max_bytes: usize) -> Option<String> {
    let names = names(document);
    let mut table = Table { finder: finder(&names), max_bytes, ..Table::default() };
    let root = table.place(document);
    if table.is_too_large() {
        return None;
    }
    let data = table.written(root);
    (data.len() <= max_bytes).then_some(data)
}

/// The names of things.
fn names(document: &Value) -> Vec<String> {
    fn gather<'d>(value: &'d Value, names: &mut FxHashSet<&'d str>) {
        match value {
            Value::Array(list) => list.iter().for_each(|item| gather(item, names)),
            Value::Object(object) => {
                if let (Some(Value::String(name)), true) = (object.get("name"), object.contains_key("type"))
                    && name.len() >= SHORTEST_NAME
                {
                    names.insert(name);
                }
                object.values().for_each(|member| gather(member, names));
            }
            _ => {}
        }
    }
    let mut names_found = FxHashSet::default();
    gather(document, &mut names_found);
    let mut names: Vec<String> = names_found.into_iter().map(escape::name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Finds names in sentences. There is none when the names are too many for it.
fn finder(names: &[String]) -> Option<AhoCorasick> {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names).ok()
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Entry {
    /// A text or a number, or what JSON writes just so, as JSON.
    Plain(String),
    /// What consists of others; the number says what.
    Made(i64, Vec<i64>),
}

#[derive(Default)]
struct Table<'d> {
    finder: Option<AhoCorasick>,
    /// The places of the texts of the document that were met before: most are there many times.
    met: FxHashMap<&'d str, i64>,
    /// The places of texts of which nothing is found elsewhere.
    texts: FxHashMap<String, i64>,
    /// The places of all else.
    places: FxHashMap<Entry, i64>,
    entries: Vec<Entry>,
    /// The least number of bytes that the entries have as JSON.
    min_bytes: usize,
    max_bytes: usize,
    shapes: FxHashMap<Vec<&'d str>, usize>,
    keys: Vec<Vec<&'d str>>,
}

impl<'d> Table<'d> {
    /// Whether there is no more room, so that nothing else needs to be added.
    fn is_too_large(&self) -> bool {
        self.min_bytes > self.max_bytes
    }

    /// The place of a value, or the number that stands for itself.
    fn place(&mut self, value: &'d Value) -> i64 {
        match value {
            _ if self.is_too_large() => 0,
            Value::Number(number) => match number.as_i64() {
                Some(small @ 0..=LARGEST) => -1 - small,
                _ => self.add(Entry::Plain(value.to_string())),
            },
            Value::String(text) => self.text(text),
            Value::Array(list) => {
                let parts = list.iter().map(|item| self.place(item)).collect();
                self.add(Entry::Made(0, parts))
            }
            Value::Object(object) => self.object(object),
            Value::Null | Value::Bool(_) => self.add(Entry::Plain(value.to_string())),
        }
    }

    fn object(&mut self, object: &'d Map<String, Value>) -> i64 {
        let (mut keys, mut parts) = (Vec::with_capacity(object.len()), Vec::with_capacity(object.len()));
        for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            keys.push(key.as_str());
            parts.push(match (key.as_str(), value) {
                ("name", Value::String(name)) => self.whole(&escape::name(name)),
                ("pointer", Value::String(pointer)) => self.pointer(pointer),
                ("snippet", Value::Object(snippet)) => self.snippet(snippet),
                _ => self.place(value),
            });
        }
        self.shaped(keys, parts)
    }

    /// An object with these keys.
    fn shaped(&mut self, keys: Vec<&'d str>, parts: Vec<i64>) -> i64 {
        let next = self.keys.len();
        let shape = *self.shapes.entry(keys).or_insert_with_key(|keys| {
            self.keys.push(keys.clone());
            next
        });
        self.add(Entry::Made(i64::try_from(shape).unwrap_or(i64::MAX - 1) + 1, parts))
    }

    /// A snippet by its lines, which other snippets share. The marked part is given in UTF-16 units, as browsers count.
    fn snippet(&mut self, snippet: &'d Map<String, Value>) -> i64 {
        let text = snippet.get("text").and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| {
            let number = snippet.get(key).and_then(Value::as_u64).unwrap_or_default();
            usize::try_from(number).unwrap_or(usize::MAX)
        };
        let start = number("start");
        let units = |end: usize| text.get(..end).unwrap_or(text).encode_utf16().count();
        let from = units(start);
        let to = units(start.saturating_add(number("length")));
        let lines = text.lines().map(|line| self.text(line)).collect();
        let parts = vec![
            self.add(Entry::Made(0, lines)),
            self.number(number("first_line")),
            self.number(from),
            self.number(to.max(from)),
        ];
        self.shaped(vec!["lines", "first_line", "from", "to"], parts)
    }

    fn number(&mut self, number: usize) -> i64 {
        match i64::try_from(number) {
            Ok(small @ 0..=LARGEST) => -1 - small,
            _ => self.add(Entry::Plain(number.to_string())),
        }
    }

    /// A text of which nothing is found elsewhere.
    fn whole(&mut self, text: &str) -> i64 {
        if let Some(place) = self.texts.get(text) {
            return *place;
        }
        let place = self.push(Entry::Plain(json!(text).to_string()));
        self.texts.insert(text.to_owned(), place);
        place
    }

    /// A text, taken apart at the names in it.
    fn text(&mut self, text: &'d str) -> i64 {
        if let Some(place) = self.met.get(text) {
            return *place;
        }
        let mut shown = escape::visible(text);
        if let Some((end, _)) = shown.char_indices().nth(LONGEST) {
            shown = Cow::Owned(format!("{}…", shown.get(..end).unwrap_or_default()));
        }
        let found: Vec<Range<usize>> =
            self.finder.iter().flat_map(|finder| finder.find_iter(&*shown)).map(|found| found.range()).collect();
        let mut pieces = Vec::with_capacity(2 * found.len() + 1);
        let mut end = 0;
        for name in found {
            pieces.extend(shown.get(end..name.start).filter(|piece| !piece.is_empty()));
            pieces.extend(shown.get(name.clone()));
            end = name.end;
        }
        pieces.extend(shown.get(end..).filter(|piece| !piece.is_empty()));
        let place = self.pieces(&shown, &pieces);
        self.met.insert(text, place);
        place
    }

    /// `/53/user_access_levels/directory`: of each record the same members are named.
    fn pointer(&mut self, pointer: &str) -> i64 {
        let shown = escape::name(pointer);
        let second = shown.match_indices('/').nth(1).map(|(at, _)| at);
        match second.and_then(|at| shown.split_at_checked(at)) {
            Some((record, member)) => self.pieces(&shown, &[record, member]),
            None => self.whole(&shown),
        }
    }

    fn pieces(&mut self, whole: &str, pieces: &[&str]) -> i64 {
        if pieces.len() < 2 {
            return self.whole(whole);
        }
        let parts = pieces.iter().map(|piece| self.whole(piece)).collect();
        self.add(Entry::Made(-1, parts))
    }

    fn add(&mut self, entry: Entry) -> i64 {
        if let Some(place) = self.places.get(&entry) {
            return *place;
        }
        let place = self.push(entry.clone());
        self.places.insert(entry, place);
        place
    }

    fn push(&mut self, entry: Entry) -> i64 {
        self.min_bytes += entry.min_bytes();
        self.entries.push(entry);
        i64::try_from(self.entries.len() - 1).unwrap_or(i64::MAX)
    }

    /// All of it as JSON.
    fn written(self, root: i64) -> String {
        let mut named = vec![0_usize; self.entries.len()];
        for part in self.entries.iter().flat_map(Entry::parts) {
            if let Some(count) = usize::try_from(*part).ok().and_then(|part| named.get_mut(part)) {
                *count += 1;
            }
        }
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(named.get(*place).copied()));
        let mut moved = vec![0_i64; order.len()];
        for (new, old) in order.iter().enumerate() {
            if let (Some(moved), Ok(new)) = (moved.get_mut(*old), i64::try_from(new)) {
                *moved = new;
            }
        }
        let new = |part: i64| usize::try_from(part).ok().and_then(|part| moved.get(part).copied()).unwrap_or(part);
        let mut out = format!("{{\"shapes\":{},\"values\":[", json!(self.keys));
        for (number, entry) in order.iter().filter_map(|place| self.entries.get(*place)).enumerate() {
            if number > 0 {
                // A line here and there, for whoever opens the file in an editor.
                out.push_str(if number % 64 == 0 { ",\n" } else { "," });
            }
            match entry {
                Entry::Plain(json) if json.contains('<') => out.push_str(&json.replace('<', "\\u003c")),
                Entry::Plain(json) => out.push_str(json),
                Entry::Made(kind, parts) => {
                    // Nothing that is written into a text can fail.
                    let _ = write!(out, "[{kind}");
                    for part in parts {
                        let _ = write!(out, ",{}", new(*part));
                    }
                    out.push(']');
                }
            }
        }
        let _ = write!(out, "],\"root\":{}}}", new(root));
        out
    }
}

impl Entry {
    /// The least number of bytes that it has as JSON, with the comma behind it.
    fn min_bytes(&self) -> usize {
        match self {
            Self::Plain(json) => json.len() + 1,
            // `[1,2],`: brackets, kind and comma, and for each part a comma and a digit.
            Self::Made(_, parts) => 4 + 2 * parts.len(),
        }
    }

    fn parts(&self) -> &[i64] {
        match self {
            Self::Plain(_) => &[],
            Self::Made(_, parts) => parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `app/data.js` does.
    fn unpacked(packed: &str) -> Value {
        fn take(data: &Value, place: &Value) -> Value {
            let place = place.as_i64().unwrap();
            if place < 0 {
                return json!(-1 - place);
            }
            let raw = &data["values"][usize::try_from(place).unwrap()];
            let Some(parts) = raw.as_array() else { return raw.clone() };
            let (kind, parts) = (parts[0].as_i64().unwrap(), &parts[1..]);
            let taken: Vec<Value> = parts.iter().map(|part| take(data, part)).collect();
            match kind {
                0 => taken.into(),
                -1 => taken.iter().map(|piece| piece.as_str().unwrap()).collect::<String>().into(),
                shape => {
                    let keys = data["shapes"][usize::try_from(shape).unwrap() - 1].as_array().unwrap();
                    keys.iter().map(|key| key.as_str().unwrap().to_owned()).zip(taken).collect::<Map<_, _>>().into()
                }
            }
        }
        let data: Value = serde_json::from_str(packed).unwrap();
        take(&data, &data["root"])
    }

    #[test]
    fn what_is_taken_apart_can_be_put_together() {
        let thing = json!({ "type": "App", "id": "1", "name": "Timecards Connector" });
        let document = json!({
            "subject": thing, "also": [thing, thing, 0, 1, 999_999_999_999_u64, -7, 0.5, true, null, "", []],
            "message": "Timecards Connector asks Timecards Connector.", "pointer": "/5/user_access_levels/home",
        });
        let packed = packed(&document, usize::MAX).unwrap();
        assert_eq!(unpacked(&packed), document);
        assert_eq!(packed.matches("Timecards Connector").count(), 1);
    }

    #[test]
    fn nothing_in_it_ends_the_script_or_reorders_it() {
        let document =
            json!({ "a": "</script><!--<script>", "b": "x\u{202e}y\u{2028}", "c": { "name": "n".repeat(10_000) } });
        let packed = packed(&document, usize::MAX).unwrap();
        assert!(!packed.contains('<') && !packed.chars().any(|letter| letter != '\n' && escape::is_deceptive(letter)));
        assert_eq!(unpacked(&packed)["a"], "</script><!--<script>");
        assert_eq!(unpacked(&packed)["b"], r"x\u{202e}y\u{2028}");
        assert!(packed.len() < 1_000);
    }

    #[test]
    fn a_snippet_keeps_its_lines_and_marks_what_a_browser_counts() {
        let snippet = json!({ "text": "é😀 x\nlast\n", "first_line": 7, "start": 7, "length": 1 });
        let unpacked = unpacked(&packed(&json!({ "snippet": snippet }), usize::MAX).unwrap());
        assert_eq!(unpacked["snippet"], json!({ "lines": ["é😀 x", "last"], "first_line": 7, "from": 4, "to": 5 }));
    }

    #[test]
    fn data_that_is_too_large_is_not_made() {
        let document = json!((0..100).map(|number| format!("text {number}")).collect::<Vec<_>>());
        let whole = packed(&document, usize::MAX).unwrap();
        assert_eq!(packed(&document, whole.len()).as_ref(), Some(&whole));
        for max_bytes in [0, 10, whole.len() / 2, whole.len() - 1] {
            assert_eq!(packed(&document, max_bytes), None, "{max_bytes} bytes");
        }
    }

    #[test]
    fn what_is_named_most_stands_first() {
        let packed = packed(&json!([["once", "often"], ["often"], ["often", "often"]]), usize::MAX).unwrap();
        assert!(packed.starts_with(r#"{"shapes":[],"values":["often","#), "{packed}");
    }
}
