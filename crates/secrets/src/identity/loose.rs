//! The places of secrets in texts without records: the name beside the value, and in TOML the table and entry around it.

use crate::json_text;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Identity, may_name, step};

/// How far before a value its name may begin, in bytes.
const LONGEST_GAP: usize = 160;
/// Keys of an entry that tell it from others of its table.
const ENTRY_KEYS: [&str; 9] = ["id", "name", "control", "subject", "account", "app", "user", "tool", "environment"];

/// A name directly before its value: `name = "`, `"name": "`, `name: Bearer `.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"([A-Za-z][A-Za-z0-9_.\-]{0,60})\\*["']?\s*[:=]\s*(?:(?i:bearer|basic|token|digest|apikey)\s+)?\\*["']*$"#,
    )
    .ok()
});

/// The key and the text of a line of TOML.
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"^\s*([a-z_]+)\s*=\s*["']([^"']*)["']"#).ok());

pub(super) fn in_text(text: &str, secrets: &[Range<usize>]) -> Vec<Identity> {
    secrets.iter().map(|secret| Identity { record: None, member: name_before(text, secret.start) }).collect()
}

pub(super) fn in_toml(text: &str, secrets: &[Range<usize>]) -> Vec<Identity> {
    let mut out = Vec::with_capacity(secrets.len());
    let mut entries = entries(text).into_iter().peekable();
    let mut table = String::new();
    for secret in secrets {
        while let Some(entry) = entries.next_if(|entry| entry.start <= secret.start) {
            table = name_of(text.get(entry).unwrap_or_default(), text, secrets);
        }
        let name = name_before(text, secret.start);
        let member: Vec<&str> = [table.as_str(), &name].into_iter().filter(|part| !part.is_empty()).collect();
        out.push(Identity { record: None, member: member.join("/") });
    }
    out
}

/// The tables of a TOML file and the entries of its lists of tables.
fn entries(text: &str) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            starts.push(at);
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| start..end).collect()
}

/// The name of a table, and what distinguishes an entry from the others of its list.
fn name_of(entry: &str, text: &str, secrets: &[Range<usize>]) -> String {
    let mut lines = entry.lines();
    let header = lines.next().unwrap_or_default().trim();
    let is_list = header.starts_with("[[");
    let name = header.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
    let name = if may_name("name", name, &[]) { step(name) } else { String::new() };
    if !is_list {
        return name;
    }
    let start = json_text::span_in(text, entry).start;
    let inside = secrets.get(secrets.partition_point(|secret| secret.start < start)..).unwrap_or_default();
    let end = start + entry.len();
    let known: Vec<&str> =
        inside.iter().take_while(|secret| secret.start < end).filter_map(|span| text.get(span.clone())).collect();
    let mut found: BTreeMap<usize, &str> = BTreeMap::new();
    for line in lines {
        let Some(pair) = PAIR.iter().find_map(|pattern| pattern.captures(line)) else { continue };
        let (Some(key), Some(value)) = (pair.get(1), pair.get(2)) else { continue };
        let Some(rank) = ENTRY_KEYS.iter().position(|known| *known == key.as_str()) else { continue };
        if may_name(if rank == 0 { "id" } else { "name" }, value.as_str(), &known) {
            found.entry(rank).or_insert(value.as_str());
        }
    }
    let own: Vec<&str> = found.into_values().collect();
    [name, step(&own.join(" "))].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The name that stands directly before a value.
fn name_before(text: &str, at: usize) -> String {
    let first = (at.saturating_sub(LONGEST_GAP)..=at).find(|start| text.is_char_boundary(*start)).unwrap_or(at);
    let before = text.get(first..at).unwrap_or_default();
    let found = NAME.iter().find_map(|pattern| pattern.captures(before)?.get(1));
    found.map(|name| name.as_str()).filter(|name| may_name("id", name, &[])).map(step).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str, form: fn(&str, &[Range<usize>]) -> Vec<Identity>) -> Vec<String> {
        let spans: Vec<Range<usize>> = text.match_indices("SECRET").map(|(at, what)| at..at + what.len()).collect();
        form(text, &spans).into_iter().map(|identity| identity.member).collect()
    }

    #[test]
    fn a_value_goes_by_the_name_before_it() {
        let text = "{\"client_secret\": \"SECRET\", note SECRET, Authorization: Bearer SECRET\n \"x\": \"y\\\"token\\\": \\\"SECRET";
        assert_eq!(members(text, in_text), ["client_secret", "", "Authorization", "token"]);
    }

    #[test]
    fn a_value_in_toml_goes_by_its_table_and_entry() {
        let text = "password = \"SECRET\"\n[smtp]\npassword = \"SECRET\"\n[[link]]\nuser = \"a\"\nnote = \"SECRET\"\n\
                    [[link]]\nnote = \"SECRET\"\nuser = \"b/c\"\n";
        assert_eq!(members(text, in_toml), ["password", "smtp/password", "link/a/note", "link/b~1c/note"]);
    }

    #[test]
    fn an_entry_is_not_named_by_its_secret() {
        let text = "[[link]]\nname = \"SECRET\"\nuser = \"a\"\nnote = \"SECRET\"\n";
        assert_eq!(members(text, in_toml), ["link/a/name", "link/a/note"]);
    }
}
