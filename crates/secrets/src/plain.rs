//! Finds secrets in text of unknown structure: TOML, and what broke while reading.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Match, Regex};

use super::name::{Ids, ids_of, is_plain_name, secret_name};
use super::placeholder::is_scheme;
use super::randomness::{is_harmless, is_harmless_at, is_token};
use super::shape::{BARE, Hit, last_bytes, name_before, scan_text};

/// A name and a value: `name = "value"`, `"name": "value"`, `name: value`, in TOML's long quotes as well.
static PAIRS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r#"\\*["']?([A-Za-z][A-Za-z0-9_.\- ]{0,60})\\*["']?\s*[:=]\s*\\*"#;
    let values = [
        r#""""((?s:.*?))(?:"""|\z)"#,
        r#"'''((?s:.*?))(?:'''|\z)"#,
        r#""((?:[^"\\\r\n]|\\.)*)"#,
        r#"'([^'\r\n]*)"#,
        r#"([^\s"'\[\]{},#\\]+)"#,
    ];
    Regex::new(&format!("{name}(?:{})", values.join("|"))).ok()
});

static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z][A-Za-z0-9_.-]*").ok());

static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"[^\s"',;]+"#).ok());

/// Looks through a text. Values count by their names; what stands under no name counts by its shape.
pub fn scan_plain(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut rest = 0;
    let mut tables = Tables { text, upto: 0, last: None };
    for pair in PAIRS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let Some(name) = pair.get(1) else { continue };
        let Some(value) = (2..pair.len()).find_map(|group| pair.get(group)) else { continue };
        let quoted = text.get(..value.start()).is_some_and(|before| before.ends_with(['"', '\'']));
        // `principal.secret == true` compares.
        if !quoted && value.as_str().starts_with('=') {
            continue;
        }
        let value = if quoted { value } else { behind_scheme(text, value) };
        // In a link the value ends where the next parameter begins.
        let in_link = text.get(..name.start()).is_some_and(|before| before.ends_with(['?', '&']));
        let end = value.as_str().find('&').filter(|_| in_link).map_or(value.end(), |end| value.start() + end);
        let range = value.start()..end;
        let Some(value) = text.get(range.clone()) else { continue };
        shapes(text, rest..range.start, &mut hits);
        rest = end;
        match secret_name(name.as_str()) {
            Some(kind) if !is_harmless_at(text, &range) && (quoted || is_told(text, name.range(), &range)) => {
                hits.push((range, kind));
            }
            Some(_) => {}
            None => {
                let above = is_plain_name(name.as_str().trim())
                    .then(|| around(text, name.start(), tables.above(name.start())))
                    .flatten()
                    .filter(|_| quoted && !is_harmless(value));
                match above {
                    Some(kind) => hits.push((range, kind)),
                    None => within(range, scan_text(name.as_str().trim(), value), &mut hits),
                }
            }
        }
    }
    shapes(text, rest..text.len(), &mut hits);
    hits
}

/// Looks through a file written by hand. Its keys name apps, accounts and people by uids and client ids, which are as
/// long as secrets.
pub fn scan_written(text: &str) -> Vec<Hit> {
    let mut hits = scan_plain(text);
    hits.retain(|(span, kind)| *kind != BARE || !names_a_thing(text.get(..span.start).unwrap_or_default()));
    hits
}

/// Whether what stands behind this text belongs to a key whose value names something: `subject = "…"`, a condition.
fn names_a_thing(before: &str) -> bool {
    const KEYS: [&str; 16] = [
        "subject",
        "subjects",
        "condition",
        "account",
        "accounts",
        "app",
        "apps",
        "user",
        "users",
        "service_users",
        "after",
        "replaces",
        "replaced_by",
        "replacement",
        "old",
        "new",
    ];
    let names = |key: &str| KEYS.contains(&key) || ids_of(key) != Ids::None;
    if let Some(key) = name_before(before) {
        return names(key);
    }
    let key = |line: &str| {
        let (key, _) = line.split_once('=')?;
        let key = key.trim();
        key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then(|| key.to_owned())
    };
    let near = before.get(last_bytes(before, LONGEST_CONDITION)..).unwrap_or_default();
    let mut lines = near.rsplit('\n').peekable();
    let comment = lines.peek().is_some_and(|line| line.trim_start().starts_with('#'));
    !comment && lines.find_map(key).is_some_and(|key| names(&key))
}

/// The longest condition or list in which a name is looked for, in bytes.
const LONGEST_CONDITION: usize = 1 << 14;

/// The tables of TOML, in the order of the text.
struct Tables<'t> {
    text: &'t str,
    upto: usize,
    last: Option<&'t str>,
}

impl<'t> Tables<'t> {
    /// The name of the table that this byte stands in: `[secret]`, `[[procore.secret]]`.
    fn above(&mut self, at: usize) -> Option<&'t str> {
        let lines = self.text.get(self.upto..at).unwrap_or_default().lines().map(str::trim);
        let mut names = lines.filter_map(|line| line.strip_prefix('[')?.split_once(']'));
        if let Some((name, _)) = names.next_back() {
            self.last = Some(name.trim_start_matches('['));
        }
        self.upto = self.upto.max(at);
        self.last
    }
}

/// What the table, or the braces around a member say that it is: `secret = { value = "…" }`.
fn around(text: &str, at: usize, table: Option<&str>) -> Option<&'static str> {
    let before = text.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ', '\t', '\r', '\n']);
    let name = before.strip_suffix('{').map(|before| before.trim_end_matches(['"', '\'', '=', ':', ' ', '\t']));
    let word = name.map(|name| name.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && !"_-.".contains(letter)));
    match word.and_then(|mut words| words.next()) {
        Some(word) => secret_name(word),
        None => secret_name(table?.rsplit('.').next().unwrap_or_default().trim_matches(['"', '\'', ' '])),
    }
}

/// The value of `Authorization: Bearer value`.
fn behind_scheme<'t>(text: &'t str, value: Match<'t>) -> Match<'t> {
    let is_scheme = is_scheme(value.as_str());
    let next = VALUE.as_ref().filter(|_| is_scheme).and_then(|pattern| pattern.find_at(text, value.end()));
    let on_line =
        |next: &Match<'_>| text.get(value.end()..next.start()).is_some_and(|gap| gap.trim_matches(' ').is_empty());
    next.filter(on_line).unwrap_or(value)
}

/// Whether a value without quotes belongs to its name. A sentence may hold a name and a colon as well: there it takes a
/// word that is none of the language.
fn is_told(text: &str, name: Range<usize>, value: &Range<usize>) -> bool {
    let before = text.get(..name.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let starts = line.chars().all(|letter| letter.is_whitespace() || letter == '-') || line.trim_end().ends_with('{');
    let one_word = !text.get(name.clone()).unwrap_or_default().trim().contains(' ');
    let after = text.get(value.end..).unwrap_or_default().trim_start_matches([' ', '\t']);
    let starts = starts && (one_word || after.is_empty() || after.starts_with(['\r', '\n', ',', ';', '#', '}']));
    let assigned = text.get(name.end..value.start).is_some_and(|between| between.contains(['=', '"', '\'']));
    starts || assigned || line.ends_with(['"', '\'']) || is_token(text, value.clone())
}

/// What stands behind the name of a secret in a text that is broken just there, up to the end of the line. It may be
/// anything; it is better not shown. The text starts at this byte of the file.
pub fn behind_names(text: &str, start: usize) -> Vec<Range<usize>> {
    let named =
        WORDS.iter().flat_map(|pattern| pattern.find_iter(text)).filter(|word| secret_name(word.as_str()).is_some());
    let rest = named.map(|word| {
        let behind = text.get(word.end()..).unwrap_or_default();
        // The value may stand on a line of its own.
        let value = behind.find(char::is_alphanumeric).unwrap_or(behind.len());
        let end = behind.get(value..).and_then(|rest| rest.find('\n')).map_or(behind.len(), |line| value + line);
        let end = if behind.get(..value).is_some_and(|gap| gap.matches('\n').count() > 1) { 0 } else { end };
        start + word.end()..start + word.end() + end
    });
    rest.filter(|range| !range.is_empty()).collect()
}

/// The secrets of a text that stand in quotes behind the name of one.
pub(super) fn quoted_pairs(text: &str) -> Vec<Hit> {
    let pairs = PAIRS.iter().flat_map(|pattern| pattern.captures_iter(text));
    let quoted = pairs.filter_map(|pair| Some((pair.get(1)?, (2..pair.len() - 1).find_map(|group| pair.get(group))?)));
    let named = quoted.filter_map(|(name, value)| Some((value, secret_name(name.as_str())?)));
    named.filter(|(value, _)| !is_harmless(value.as_str())).map(|(value, kind)| (value.range(), kind)).collect()
}

fn shapes(text: &str, range: Range<usize>, hits: &mut Vec<Hit>) {
    let part = text.get(range.clone()).unwrap_or_default();
    within(range, scan_text("", part), hits);
}

fn within(range: Range<usize>, found: Vec<Hit>, hits: &mut Vec<Hit>) {
    let moved = found.into_iter().map(|(hit, kind)| (range.start + hit.start..range.start + hit.end, kind));
    hits.extend(moved);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        scan_plain(text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn values_count_by_their_names() {
        assert_eq!(found("client_secret = \"abc\"\nname = \"x\"\n"), ["abc"]);
        assert_eq!(found("smtp.password = 'it is \"short\"'"), ["it is \"short\""]);
        assert_eq!(found("password = \"\"\"\nhunter2\nhunter3\"\"\"\n"), ["\nhunter2\nhunter3"]);
        assert_eq!(found("password: hunter2, next: 3"), ["hunter2"]);
        assert_eq!(found("password: correct"), ["correct"]);
        assert_eq!(found("Authorization: Bearer abcdef, and more"), ["abcdef"]);
        assert_eq!(found("see the password: it is long, token: none"), [""; 0]);
        assert_eq!(found("his password: Sommer2024"), ["Sommer2024"]);
        assert_eq!(found("GET /x?apiKey=abcdefg&page=2&token=hijklmnop HTTP"), ["abcdefg", "hijklmnop"]);
        assert_eq!(found("\"password\": 12345678}"), ["12345678"]);
        assert_eq!(found("[procore.secret]\nname = \"x\"\nvalue = \"correct horse\"\n"), ["correct horse"]);
        assert_eq!(found("secret = { value = \"correct horse\" }"), ["correct horse"]);
        assert_eq!(found("[secret]\n[tool]\nvalue = \"correct horse\"\n"), [""; 0]);
        assert_eq!(found("principal.secret == true && principal.password==context.password"), [""; 0]);
    }

    #[test]
    fn a_quoted_value_reaches_to_its_own_quote() {
        assert_eq!(found(r#""password": "it's \"fine\" here", "id": 1"#), [r#"it's \"fine\" here"#]);
        assert_eq!(found("{\"client_secret\": \"cut off in the mid"), ["cut off in the mid"]);
    }

    #[test]
    fn what_stands_behind_a_name_in_broken_text_is_not_shown() {
        let shown = |text: &str| {
            let mut text = text.to_owned();
            let ranges = behind_names(&text.clone(), 0);
            super::super::blank(&mut text, ranges);
            text
        };
        assert_eq!(shown("\"client_secret\" \"hunter2\",\n\"id\": 1"), "\"client_secret************\n\"id\": 1");
        assert_eq!(shown("\"password\":\n  \"hunter2\"\n1").matches("hunter2").count(), 0);
        assert_eq!(shown("\"secretary\": \"Ann\""), "\"secretary\": \"Ann\"");
    }

    #[test]
    fn json_inside_a_text_is_looked_into() {
        let text = r#"{"settings": "{\"client_secret\": \"correct horse\"}", "#;
        let mut blanked = text.to_owned();
        super::super::blank(&mut blanked, scan_plain(text).into_iter().map(|(range, _)| range));
        assert!(!blanked.contains("correct"), "{blanked}");
    }

    #[test]
    fn what_a_hand_written_file_names_is_no_secret() {
        let uid = "egxNsZScTZtzuxryWf8SZf7d6_ZfsSe4n1VvmZRtb9A";
        for text in [
            format!("[[vendor_review]]\napp = \"{uid}\"\n"),
            format!("replaced_by='{uid}'"),
            format!("x = [{{ app = \"{uid}\", on = 2024-01-01 }}]"),
            format!("apps = [\n  \"{uid}\",\n]"),
            format!("reason = \"client_id={uid}\""),
        ] {
            assert_eq!(scan_written(&text), [], "{text}");
        }
        for text in [
            format!("app = \"x\" # {uid}\n# {uid}"),
            format!("reason = \"{uid}\""),
            format!("client_secret = \"{uid}\""),
        ] {
            assert!(!scan_written(&text).is_empty(), "{text}");
        }
        // A published format is a secret wherever it stands.
        assert_eq!(scan_written("app = \"ghp_0123456789abcdefghijABCDEFGHIJ012345\"").len(), 1);
    }

    #[test]
    fn ids_and_masked_values_are_left_alone() {
        let hex = "0123456789abcdef".repeat(4);
        assert!(found(&format!("\"client_id\": \"{hex}\", \"secret\": \"********\"")).is_empty());
        assert_eq!(found(&format!("key {hex}")), [hex.as_str()]);
        assert_eq!(found(&format!("\"{hex}\" = \"users\"")), [hex.as_str()]);
    }
}
