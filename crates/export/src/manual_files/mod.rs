//! The TOML files that a company keeps by hand: what it decided, which no export says.
//!
//! `docs/files-you-write.md` describes them for users.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};

pub mod app_builder;
pub mod apps;
pub mod decisions;
pub mod reviews;
pub mod settings;

pub use decisions::ProjectList;
pub use reviews::{Reviews, ReviewsFile, parse_reviews};
pub use settings::{CompanyAdminScope, ExportFile, Settings};

/// What is wrong with a TOML file, in words that quote no value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlFault {
    /// Byte of the text.
    pub offset: usize,
    /// What is wrong.
    pub what: String,
}

/// Reads a TOML file into `T`.
///
/// # Errors
/// Where and why it cannot be read.
pub fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, TomlFault> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        let first = error.message().lines().next().unwrap_or_default();
        TomlFault { offset, what: explain(first, text) }
    })
}

/// What was expected and what was found, without any value of the file: names of keys may be repeated to the user, and
/// values may be secrets.
fn explain(message: &str, text: &str) -> String {
    if ["missing field", "unknown field", "duplicate key", "expected "].iter().any(|start| message.starts_with(start)) {
        return message.to_owned();
    }
    // Both forms quote the value between the word for its type and what was expected.
    if let Some(mismatch) = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: ")) {
        let (found, wanted) = mismatch.rsplit_once(", expected ").unwrap_or((mismatch, ""));
        let (found, wanted) = (found_type(found), expected_type(wanted));
        return if message.starts_with("invalid type") && found != wanted {
            format!("expected {wanted}, found {found}")
        } else {
            format!("expected {wanted}, found another value")
        };
    }
    if message.starts_with("unknown variant") {
        let words = message.rsplit_once(", expected ").map_or("another word", |(_, words)| words);
        return format!("expected {words}, found another word");
    }
    // What the reader of TOML itself says names no value.
    match text.parse::<toml::Table>() {
        Err(_) => format!("not valid TOML: {message}"),
        Ok(_) => "expected a value of another type".to_owned(),
    }
}

/// The type of a value that is quoted in a message.
fn found_type(found: &str) -> &'static str {
    let words = [
        ("string", "text"),
        ("boolean", "true or false"),
        ("integer", "a whole number"),
        ("floating point", "a decimal number"),
        ("sequence", "a list"),
        ("map", "a table"),
        ("datetime", "a date"),
    ];
    words.into_iter().find(|(start, _)| found.starts_with(start)).map_or("another type", |(_, word)| word)
}

/// What a reader expected, in the words of TOML files.
fn expected_type(wanted: &str) -> &str {
    match wanted {
        "a boolean" => "true or false",
        "a string" | "string" => "text",
        "a sequence" => "a list",
        "a map" => "a table",
        _ if wanted.starts_with("struct ") => "a table",
        _ if wanted.starts_with(['u', 'i']) && wanted.get(1..).is_some_and(|bits| bits.parse::<u8>().is_ok()) => {
            "a whole number"
        }
        "" => "a value of another type",
        _ => wanted,
    }
}

/// A TOML date, or one in a string.
///
/// # Errors
/// When it is neither.
pub fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let fault = |found: &str| serde::de::Error::custom(format!("expected a date (YYYY-MM-DD), found {found}"));
    let (text, found) = match toml::Value::deserialize(deserializer)? {
        toml::Value::Datetime(date) => (date.date.map(|date| date.to_string()), "a time without a day"),
        toml::Value::String(text) => (Some(text), "text that is none"),
        other => return Err(fault(found_type(other.type_str()))),
    };
    let day = text.and_then(|text| NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok());
    day.ok_or_else(|| fault(found))
}

/// As [`date`], for a member that may be left out.
///
/// # Errors
/// When it is there and no date.
pub fn date_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    date(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_named() {
        let fault = parse::<Settings>("allow_user_instals = true").unwrap_err();
        assert!(fault.what.contains("allow_user_instals"), "{}", fault.what);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_not_repeated() {
        let fault = parse::<Settings>("allow_user_installs = \"hunter2, expected a hunter3\"").unwrap_err();
        assert_eq!(fault.what, "expected true or false, found text");
    }

    #[test]
    fn a_fault_says_what_was_expected_and_what_was_found() {
        let settings = |text: &str| parse::<Settings>(text).unwrap_err().what;
        assert_eq!(settings("template_projects = 7"), "expected a list, found a whole number");
        assert_eq!(settings("template_projects = [-7]"), "expected a whole number, found another value");
        assert_eq!(
            settings("admin_default_ended = \"hunter2\""),
            "expected a date (YYYY-MM-DD), found text that is none"
        );
        assert_eq!(settings("admin_default_ended = 7"), "expected a date (YYYY-MM-DD), found a whole number");
        assert_eq!(
            settings("company_admin_scope = \"hunter2\""),
            "expected one of `all projects`, `member projects`, `company tools`, found another word"
        );
        for broken in ["allow_user_installs = hunter2", "allow_user_installs", "x = \"hunter2", "[[hunter2]"] {
            let what = settings(broken);
            assert!(what.starts_with("not valid TOML: ") && !what.contains("hunter2"), "{what}");
        }
    }
}
