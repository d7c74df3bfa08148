//! Finds secrets in a JSON record, and determines whether the record can be used at all.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::shape::Hit;
use super::{Covered, LONGEST_TEXT, Secret, Spelling, name, randomness, scan_plain, scan_text, secret_name};
use crate::json_text;

/// How the public part of a certificate says that it is that.
const PUBLIC_PART: &str = "-----BEGIN CERTIFICATE-----";
/// A number with fewer digits is a count, or nothing worth hiding.
const SHORTEST_NUMBER: usize = 4;

/// Why a record cannot be used although it is well-formed JSON, and which member is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// More than 127 levels of nesting.
    TooDeep,
    /// A string, or the name of a member, over [`LONGEST_TEXT`].
    TooLong(String),
    /// The same member twice in one object: readers disagree about which one counts.
    Repeated(String),
    /// A number over what 64 bits of floating point hold.
    HugeNumber(String),
    /// A `\u` escape that is half a character.
    BrokenText(String),
}

/// Looks through one JSON record.
///
/// # Errors
/// The reason why the record cannot be used. Its secrets are in `found` all the same.
pub fn scan_json(record: &str, found: &mut Vec<Secret>) -> Result<(), Unusable> {
    let before = found.len();
    let mut walk =
        Walk { record, path: Vec::new(), masked: Vec::new(), labels: Vec::new(), before, found, unusable: None };
    let mut reader = serde_json::Deserializer::from_str(record);
    let read = Value(&mut walk).deserialize(&mut reader);
    let at = walk.pointer();
    let result = match (walk.unusable, read) {
        (Some(why), _) => Err(why),
        (None, Err(error)) => {
            let text = error.to_string();
            Err(match () {
                () if text.starts_with("recursion limit") => Unusable::TooDeep,
                () if text.starts_with("number out of range") => Unusable::HugeNumber(at),
                () => Unusable::BrokenText(at),
            })
        }
        (None, Ok(())) => Ok(()),
    };
    if result.is_err() {
        // The walk may have ended early, or mistaken one of two members for the other.
        let known: Covered = found.iter().map(|secret| &secret.span).collect();
        let rest = scan_plain(record).into_iter().filter(|(range, _)| !known.overlaps(range));
        found.extend(rest.map(|(span, kind)| Secret { span, record: None, member: String::new(), kind }));
    }
    result
}

struct Walk<'w, 'de> {
    record: &'de str,
    /// The names and indices that lead to the value, as steps of a JSON pointer.
    path: Vec<Cow<'de, str>>,
    /// The steps that are shown without their names, because those are secrets: how deep, and the name.
    masked: Vec<(usize, Cow<'de, str>)>,
    /// For each object on the way, what its member `name` says its member `value` is, and that member.
    labels: Vec<Label<'de>>,
    /// How many secrets of other records were found before.
    before: usize,
    found: &'w mut Vec<Secret>,
    unusable: Option<Unusable>,
}

/// A name and a value that are members of one object, in either order.
#[derive(Debug, Default)]
struct Label<'de> {
    /// What the name says that the value is.
    kind: Option<&'static str>,
    /// The values so far that would be secrets: their members and texts, and whether each is spelled without escapes.
    values: Vec<(String, Cow<'de, str>)>,
}

impl<'de> Walk<'_, 'de> {
    fn pointer(&self) -> String {
        self.path.join("/")
    }

    /// The pointer with every name as it is written. Never shown.
    fn written_pointer(&self) -> String {
        let mut steps: Vec<&str> = self.path.iter().map(Cow::as_ref).collect();
        for (depth, name) in &self.masked {
            if let Some(step) = steps.get_mut(*depth) {
                *step = name;
            }
        }
        steps.join("/")
    }

    /// The name that counts is the nearest one: `["secrets", 0]` stands under `secrets`.
    fn name(&self) -> &str {
        let says_nothing = |step: &str| name::is_plain_name(step) || name::is_short_name(step);
        self.path.iter().rev().find(|step| !says_nothing(step)).map_or("", |step| step)
    }

    fn text(&mut self, text: Cow<'de, str>) {
        if text.len() > LONGEST_TEXT {
            self.unusable = Some(Unusable::TooLong(self.pointer()));
        }
        let last = self.path.last().map_or("", |step| step);
        let mut hits = scan_text(self.name(), &text);
        if hits.is_empty()
            && self.is_certificate(last)
            && !randomness::is_harmless(&text)
            && !text.contains(PUBLIC_PART)
        {
            hits = vec![(0..text.len(), "certificate with its key")];
        }
        let member = self.pointer();
        let last = self.path.last().map_or("", |step| step);
        if let Some(label) = self.labels.last_mut() {
            if name::names_its_neighbour(last) {
                label.kind = secret_name(&text).or(label.kind);
            } else if name::is_named_by_its_neighbour(last)
                && !randomness::is_harmless(&text)
                && !randomness::is_address(&text)
            {
                // What it is, the end of the object says. What its own text says counts until then.
                label.values.push((member.clone(), text.clone()));
            }
        }
        self.report(&hits, &member, &text);
    }

    /// Notes the secrets of a text.
    #[expect(clippy::ptr_arg, reason = "a text that is borrowed tells where in the record it is")]
    fn report(&mut self, hits: &[Hit], member: &str, text: &Cow<'de, str>) {
        let secret = |span, kind| Secret { span, record: None, member: member.to_owned(), kind };
        match text {
            _ if hits.is_empty() => {}
            Cow::Borrowed(text) => {
                let start = self.start_of(text);
                let moved = hits.iter().map(|(range, kind)| secret(start + range.start..start + range.end, *kind));
                self.found.extend(moved);
            }
            Cow::Owned(text) => {
                for literal in spelled(self.record, text) {
                    let spelling = self.record.get(literal.clone()).and_then(Spelling::json);
                    let at = |range: &Range<usize>| {
                        let inside = spelling.as_ref().map(|spelling| spelling.spelled(range));
                        inside.map_or(literal.clone(), |at| literal.start + at.start..literal.start + at.end)
                    };
                    self.found.extend(hits.iter().map(|(range, kind)| secret(at(range), *kind)));
                }
            }
        }
    }

    /// What a neighbour names is secret as a whole, whatever was found in it.
    fn close_object(&mut self) {
        let Some(Label { kind: Some(kind), values }) = self.labels.pop() else { return };
        for (member, text) in values {
            let mut index = 0;
            self.found.retain(|known| {
                index += 1;
                index <= self.before || known.member != member
            });
            self.report(&[(0..text.len(), kind)], &member, &text);
        }
    }

    /// Whether this is what an App Builder provider keeps as a certificate: nothing determines whether its key is with it.
    fn is_certificate(&self, last: &str) -> bool {
        let above = self.path.iter().rev().nth(2);
        last.eq_ignore_ascii_case("content") && above.is_some_and(|above| above.eq_ignore_ascii_case("certificates"))
    }

    /// Where a slice of the record starts in it.
    fn start_of(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.record.as_ptr() as usize)
    }

    /// A password of digits alone is written without quotes by accident.
    fn number(&mut self) {
        // `{"secret": {"v": 1024}}` is a version or a size.
        if self.path.last().is_some_and(|step| name::is_short_name(step)) {
            return;
        }
        let Some(kind) = name::may_be_a_number(self.name()) else { return };
        let member = self.pointer();
        let Some(span) = json_text::find(self.record, &self.written_pointer()) else { return };
        let digits = self.record.get(span.clone()).is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        if digits && span.len() >= SHORTEST_NUMBER {
            self.found.push(Secret { span, record: None, member, kind });
        }
    }

    /// The step of a member. Names are chosen by others, too: one that holds a secret is shown without it.
    fn step(&mut self, key: Cow<'de, str>) -> Cow<'de, str> {
        if key.len() > LONGEST_TEXT {
            self.unusable = Some(Unusable::TooLong(self.pointer()));
            return Cow::Borrowed("");
        }
        let Some((_, kind)) = scan_text("", &key).into_iter().next() else { return json_text::escape_token(key) };
        let name = json_text::escape_token(key.clone());
        let spans: Vec<Range<usize>> = match key {
            Cow::Borrowed(key) => std::iter::once(self.start_of(key)).map(|start| start..start + key.len()).collect(),
            Cow::Owned(key) => spelled(self.record, &key).collect(),
        };
        self.masked.push((self.path.len(), name));
        let step = "*".repeat(spans.first().map_or(0, Range::len));
        let member = self.path.iter().map(Cow::as_ref).chain([step.as_str()]).collect::<Vec<_>>().join("/");
        self.found.extend(spans.into_iter().map(|span| Secret { span, record: None, member: member.clone(), kind }));
        Cow::Owned(step)
    }
}

/// Where a record spells a text with escapes, without the quotes.
fn spelled(record: &str, text: &str) -> impl Iterator<Item = Range<usize>> {
    literals(record).filter(move |span| {
        let literal = record.get(span.start.saturating_sub(1)..span.end + 1).unwrap_or_default();
        literal.contains('\\') && serde_json::from_str::<String>(literal).is_ok_and(|spelled| spelled == text)
    })
}

/// The strings of a JSON text, without their quotes.
fn literals(json: &str) -> impl Iterator<Item = Range<usize>> {
    let mut bytes = json.bytes().enumerate();
    std::iter::from_fn(move || {
        let (start, _) = bytes.find(|(_, byte)| *byte == b'"')?;
        let mut escaped = false;
        let (end, _) = bytes.find(|(_, byte)| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        })?;
        Some(start + 1..end)
    })
}

struct Value<'a, 'w, 'de>(&'a mut Walk<'w, 'de>);

impl<'de> DeserializeSeed<'de> for Value<'_, '_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.0.number();
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.0.number();
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.0.number();
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.0.text(Cow::Borrowed(text));
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(Cow::Owned(text.to_owned()));
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let walk = self.0;
        let mut index = 0_usize;
        loop {
            walk.path.push(Cow::Owned(index.to_string()));
            let more = list.next_element_seed(Value(walk))?.is_some();
            walk.path.pop();
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let walk = self.0;
        let mut seen = BTreeSet::new();
        walk.labels.push(Label::default());
        while let Some(json_text::Key(key)) = map.next_key()? {
            let first = seen.insert(key.clone());
            let step = walk.step(key);
            walk.path.push(step);
            if !first {
                walk.unusable = walk.unusable.take().or_else(|| Some(Unusable::Repeated(walk.pointer())));
            }
            map.next_value_seed(Value(walk))?;
            walk.path.pop();
            walk.masked.pop_if(|(depth, _)| *depth >= walk.path.len());
        }
        walk.close_object();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blank;

    fn sorts(record: &str) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        scan_json(record, &mut found).unwrap();
        found.into_iter().map(|secret| (secret.member, secret.kind)).collect()
    }

    fn hex() -> String {
        "0123456789abcdef".repeat(4)
    }

    #[test]
    fn a_secret_is_told_by_the_name_of_its_member() {
        let record = r#"{"a": [{"Client-Secret": "shh"}], "password": "", "token": "redacted"}"#;
        assert_eq!(sorts(record), [("a/0/Client-Secret".to_owned(), "client secret")]);
    }

    #[test]
    fn hexadecimal_counts_unless_the_member_holds_ids() {
        let record = format!(r#"{{"client_id": "{0}", "note": "key {0}"}}"#, hex());
        assert_eq!(sorts(&record), [("note".to_owned(), "secret-shaped text")]);
    }

    #[test]
    fn links_with_passwords_and_signatures_are_secrets_but_avatars_are_not() {
        let record = r#"{"destination_url": "https://me:hunter2@example.com/", "avatar": "https://x/?signature=0123456789abcdef0"}"#;
        assert_eq!(sorts(record), [("destination_url".to_owned(), "password")]);
    }

    #[test]
    fn blanking_keeps_the_length_and_removes_the_value() {
        let mut text = r#"{"client_secret": "shh\"shh", "id": 1}"#.to_owned();
        let (length, mut found) = (text.len(), Vec::new());
        scan_json(&text, &mut found).unwrap();
        blank(&mut text, found.into_iter().map(|secret| secret.span));
        assert_eq!(text.len(), length);
        assert!(!text.contains("shh"));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn a_member_that_stands_twice_makes_the_record_unusable() {
        let record = r#"{"id": 1, "\u0069d": 2}"#;
        assert_eq!(scan_json(record, &mut Vec::new()), Err(Unusable::Repeated("id".into())));
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(scan_json(&deep, &mut Vec::new()), Err(Unusable::TooDeep));
        let long = format!(r#"{{"name": "{}"}}"#, "a".repeat(10 << 20));
        assert_eq!(scan_json(&long, &mut Vec::new()), Err(Unusable::TooLong("name".into())));
    }

    #[test]
    fn half_a_character_makes_the_record_unusable() {
        let broken = Unusable::BrokenText("a/name".into());
        assert_eq!(scan_json(r#"{"a": {"name": "\ud800"}}"#, &mut Vec::new()), Err(broken));
    }

    /// The record with its secrets blanked.
    fn blanked(record: &str) -> String {
        let (mut text, mut found) = (record.to_owned(), Vec::new());
        let _ = scan_json(record, &mut found);
        blank(&mut text, found.into_iter().map(|secret| secret.span));
        text
    }

    #[test]
    fn what_stands_behind_a_fault_is_found_too() {
        let deep = format!(r#"{{"a": {}1{}, "client_secret": "hunter2"}}"#, "[".repeat(200), "]".repeat(200));
        for record in [
            deep.as_str(),
            r#"{"name": "\ud800", "client_secret": "hunter2"}"#,
            r#"{"size": 1e999, "client_secret": "hunter2"}"#,
            r#"{"client_secret": "hunter2\n", "client_secret": "\nhunter2"}"#,
        ] {
            assert!(!blanked(record).contains("hunter2"), "{}", blanked(record));
        }
    }

    #[test]
    fn escapes_hide_nothing() {
        for record in [
            r#"{"a/b": {"password": "hunter\u0032"}}"#,
            r#"{"": {"password": "hunter\u0032"}}"#,
            r#"{"p\u0061ssword": "hunter\u0032"}"#,
        ] {
            assert!(!blanked(record).contains("hunter"), "{}", blanked(record));
        }
    }

    #[test]
    fn a_name_above_or_beside_a_value_tells_what_it_is() {
        assert_eq!(sorts(r#"{"password": {"value": "hunter2"}}"#), [("password/value".to_owned(), "password")]);
        let header = r#"{"name": "X-Api-Key", "value": "hunter2"}"#;
        assert_eq!(sorts(header), [("value".to_owned(), "key")]);
        let reversed = r#"{"Value": "it is hunter2\n", "Name": "LedgerToken"}"#;
        assert_eq!(sorts(reversed), [("Value".to_owned(), "token")]);
        assert!(!blanked(reversed).contains("hunter2"));
        for described in [
            r#"{"name": "site", "value": "hunter2"}"#,
            r#"{"name": "Password", "value": "<redacted>"}"#,
            r#"{"items": [{"name": "Password"}, {"value": "hunter2"}]}"#,
        ] {
            assert!(sorts(described).is_empty(), "{described}");
        }
        assert_eq!(sorts(r#"{"secret": {"a": "hunter2"}}"#), [("secret/a".to_owned(), "secret")]);
        assert_eq!(sorts(r#"{"api_key": [{"x": "hunter2"}]}"#), [("api_key/0/x".to_owned(), "key")]);
        for described in
            [r#"{"credentials": [{"id": "c1", "system": "x"}]}"#, r#"{"secret": {"v": 1024, "by": "Ann"}}"#]
        {
            assert!(sorts(described).is_empty(), "{described}");
        }
    }

    #[test]
    fn a_number_may_be_a_password() {
        let text = blanked(r#"{"password": 12345678, "token": 12345678, "id": 12345678}"#);
        assert_eq!(text, r#"{"password": null    , "token": 12345678, "id": 12345678}"#);
    }

    #[test]
    fn the_name_of_a_member_may_be_a_secret() {
        let record = format!(r#"{{"{}": {{"password": "hunter2"}}}}"#, hex());
        assert_eq!(blanked(&record).matches('*').count(), 64 + 7);
        assert!(sorts(&record).iter().all(|(member, _)| !member.contains("0123")));
    }
}
