//! Finds secrets in records before anything else reads them, and says where, never what.
//!
//! By the name of the member first (`client_secret`, `password`, …), by the shape of the text second (tokens, private
//! keys, passwords in links). A Procore client id and a SHA-256 look like a Procore secret, so bare hexadecimal counts
//! only in members that do not hold ids. Everything found is blanked out of the text byte for byte.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::split;

/// A string longer than this is no name, note or link of an export; its record is left out. In bytes.
pub const LONGEST_TEXT: usize = 1 << 20;

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The record that holds it; `None` in a file that could not be cut into records.
    pub record: Option<u32>,
    /// Pointer of the member inside the record, or column name.
    pub member: String,
    /// What the place suggests: "client secret", "token", "signed link", …
    pub sort: &'static str,
}

/// Why a record cannot be used although it is well-formed JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// More than 127 levels of nesting.
    TooDeep,
    /// A string over [`LONGEST_TEXT`].
    TooLong(String),
    /// The same member twice in one object: readers disagree about which one counts.
    Repeated(String),
    /// A `\u` escape that is half a character.
    BrokenText,
}

/// Looks through one JSON record.
///
/// # Errors
/// The reason why the record cannot be used. Secrets found up to then are in `found` all the same.
pub fn scan_json(record: &str, found: &mut Vec<Secret>) -> Result<(), Unusable> {
    let mut walk = Walk { record, path: Vec::new(), found, unusable: None };
    let mut reader = serde_json::Deserializer::from_str(record);
    let read = Value(&mut walk).deserialize(&mut reader);
    match (walk.unusable, read) {
        (Some(why), _) => Err(why),
        (None, Err(error)) if error.to_string().starts_with("recursion limit") => Err(Unusable::TooDeep),
        (None, Err(_)) => Err(Unusable::BrokenText),
        (None, Ok(())) => Ok(()),
    }
}

/// Looks at one text that stands under a name: a JSON member, a table column. Ranges are relative to `text`.
pub fn scan_text(name: &str, text: &str) -> Vec<(Range<usize>, &'static str)> {
    if let Some(sort) = secret_name(name) {
        let harmless = text.is_empty() || is_presence_word(text) || is_masked(text);
        return if harmless { Vec::new() } else { vec![(0..text.len(), sort)] };
    }
    if text.len() < SHORTEST_SHAPE {
        return Vec::new();
    }
    if LINK_MEMBERS.contains(&name) {
        return Vec::new();
    }
    let holds_ids = ID_MEMBERS.iter().any(|id| same_name(id, name));
    SHAPES
        .iter()
        .filter(|shape| !(holds_ids && shape.sort == HEX))
        .flat_map(|shape| {
            shape
                .pattern
                .captures_iter(text)
                .filter_map(|hit| hit.get(1).or(hit.get(0)))
                .map(|hit| (hit.range(), shape.sort))
        })
        .collect()
}

/// Looks through a text of unknown structure: TOML, and files that broke while reading.
pub fn scan_plain(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let pairs = NAMED.iter().flat_map(|pattern| pattern.captures_iter(text));
    let named = pairs.filter_map(|hit| {
        let (name, value) = (hit.get(1)?, hit.get(2)?);
        let sort = secret_name(name.as_str())?;
        (!is_presence_word(value.as_str()) && !is_masked(value.as_str())).then(|| (value.range(), sort))
    });
    named.chain(scan_text("", text)).collect()
}

/// Blanks ranges out of a text, keeping every offset.
pub fn blank(text: &mut String, ranges: impl IntoIterator<Item = Range<usize>>) {
    for range in ranges {
        let whole = text.is_char_boundary(range.start) && text.is_char_boundary(range.end);
        if whole && range.start <= range.end && range.end <= text.len() {
            text.replace_range(range.clone(), &"*".repeat(range.len()));
        }
    }
}

/// Signed links that every export carries; they are not kept, and not worth a violation each.
const LINK_MEMBERS: [&str; 5] = ["avatar", "manifest_url", "logo_url", "thumbnail_url", "signature_url"];
/// Members whose value looks like a secret and is none.
const ID_MEMBERS: [&str; 10] = [
    "client_id",
    "uid",
    "app_uid",
    "uuid",
    "id",
    "sha256",
    "digest",
    "fingerprint",
    "checksum",
    "published_app_version_id",
];
const SECRET_NAMES: [(&str, &str); 21] = [
    ("clientsecret", "client secret"),
    ("appsecret", "client secret"),
    ("secret", "secret"),
    ("secretkey", "secret"),
    ("password", "password"),
    ("passwd", "password"),
    ("pwd", "password"),
    ("dbpassword", "password"),
    ("accesstoken", "token"),
    ("refreshtoken", "token"),
    ("authorizationtoken", "token"),
    ("bearertoken", "token"),
    ("idtoken", "token"),
    ("token", "token"),
    ("authorization", "token"),
    ("apikey", "key"),
    ("xapikey", "key"),
    ("keymaterial", "key"),
    ("privatekey", "private key"),
    ("connectionstring", "connection string"),
    ("credential", "secret"),
];
const PRESENCE_WORDS: [&str; 9] =
    ["absent", "empty", "present", "present_encrypted", "redacted", "unknown", "removed", "none", "[redacted]"];
const HEX: &str = "secret-shaped text";
/// The shortest text worth matching against the shapes.
const SHORTEST_SHAPE: usize = 16;

struct ShapeOf {
    sort: &'static str,
    pattern: Regex,
}

static SHAPES: LazyLock<Vec<ShapeOf>> = LazyLock::new(|| {
    [
        ("token", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"),
        ("token", r"(?i)\b(?:bearer|basic) +([A-Za-z0-9._~+/=-]{16,})"),
        ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*"),
        ("password", r"://[^/\s:@]+:([^@/\s]+)@"),
        ("token", r"(?i)[?&](?:api_?key|access_token|client_secret|token|password|secret)=([^&\s#*]{6,})"),
        ("signed link", r"(?i)[?&](?:x-amz-signature|x-goog-signature|signature|sig)=([^&\s#*]{16,})"),
        ("password", r#"(?i)\bpassword=([^;"'\s*]{3,})"#),
        (HEX, r"\b[0-9a-f]{64}\b"),
    ]
    .into_iter()
    .filter_map(|(sort, pattern)| Some(ShapeOf { sort, pattern: Regex::new(pattern).ok()? }))
    .collect()
});

static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["']?([A-Za-z][A-Za-z0-9_.\- ]{1,40})["']?\s*[:=]\s*["']([^"'\r\n]+)["']?"#).ok());

fn secret_name(name: &str) -> Option<&'static str> {
    SECRET_NAMES.iter().find(|(secret, _)| same_name(secret, name)).map(|(_, sort)| *sort)
}

/// Whether two names are the same without case and punctuation.
fn same_name(one: &str, two: &str) -> bool {
    let letters = |name: &'_ str| -> Vec<u8> { name.bytes().filter(u8::is_ascii_alphanumeric).collect() };
    let first = |name: &str| name.bytes().find(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    first(one) == first(two) && letters(one).eq_ignore_ascii_case(&letters(two))
}

fn is_presence_word(text: &str) -> bool {
    PRESENCE_WORDS.iter().any(|word| word.eq_ignore_ascii_case(text.trim()))
}

/// `*****a1b2c` shows the last characters only, as Procore itself masks webhook headers.
fn is_masked(text: &str) -> bool {
    text.chars().filter(|letter| matches!(letter, '*' | '•' | '…')).count() >= 3
}

struct Walk<'w, 'de> {
    record: &'de str,
    path: Vec<Cow<'de, str>>,
    found: &'w mut Vec<Secret>,
    unusable: Option<Unusable>,
}

impl<'de> Walk<'_, 'de> {
    fn pointer(&self) -> String {
        self.path.join("/")
    }

    /// `borrowed` is set when the text stands in the record as it is, without escapes.
    fn text(&mut self, text: &str, borrowed: bool) {
        if text.len() > LONGEST_TEXT {
            self.unusable = Some(Unusable::TooLong(self.pointer()));
            return;
        }
        // The name that counts is the nearest one: `["secrets", 0]` stands under `secrets`.
        let is_index = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit());
        let name = self.path.iter().rev().find(|step| !is_index(step)).map_or("", |step| step);
        let hits = scan_text(name, text);
        for (range, sort) in hits {
            let span = if borrowed {
                let start = (text.as_ptr() as usize).saturating_sub(self.record.as_ptr() as usize);
                start + range.start..start + range.end
            } else {
                // With escapes in between, positions inside are not those of the file: the whole value goes.
                let value = split::find(self.record, &self.pointer()).unwrap_or(0..0);
                value.start + 1..value.end.saturating_sub(1).max(value.start + 1)
            };
            self.found.push(Secret { span, record: None, member: self.pointer(), sort });
        }
    }
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
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.0.text(text, true);
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text, false);
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
        while let Some(key) = map.next_key::<split::Key<'de>>()? {
            let key = key.0;
            if !seen.insert(key.clone()) {
                walk.path.push(key.clone());
                walk.unusable.get_or_insert(Unusable::Repeated(walk.path.join("/")));
                walk.path.pop();
            }
            walk.path.push(key);
            map.next_value_seed(Value(walk))?;
            walk.path.pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts(record: &str) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        scan_json(record, &mut found).unwrap();
        found.into_iter().map(|secret| (secret.member, secret.sort)).collect()
    }

    fn hex() -> String {
        "0123456789abcdef".repeat(4)
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(SHAPES.len(), 8);
        assert!(NAMED.is_some());
    }

    #[test]
    fn a_secret_is_told_by_the_name_of_its_member() {
        let record = r#"{"a": [{"Client-Secret": "shh"}], "password": "", "token": "redacted"}"#;
        assert_eq!(sorts(record), [("a/0/Client-Secret".to_owned(), "client secret")]);
    }

    #[test]
    fn hexadecimal_counts_unless_the_member_holds_ids() {
        let record = format!(r#"{{"client_id": "{0}", "note": "key {0}"}}"#, hex());
        assert_eq!(sorts(&record), [("note".to_owned(), HEX)]);
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
        assert_eq!(scan_json(r#"{"name": "\ud800"}"#, &mut Vec::new()), Err(Unusable::BrokenText));
    }

    #[test]
    fn plain_text_is_searched_for_named_values() {
        let hits = scan_plain("client_secret = \"abc\"\nname = \"x\"\n");
        assert_eq!(hits, [(17..20, "client secret")]);
    }
}
