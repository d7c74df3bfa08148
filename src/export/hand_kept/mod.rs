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
        // Names of keys may be repeated to the user; values may be secrets.
        let first = error.message().lines().next().unwrap_or_default();
        let names_keys_only = ["missing field", "unknown field", "duplicate key", "not a date"]
            .iter()
            .any(|start| first.starts_with(start));
        let what =
            if names_keys_only { first.to_owned() } else { "not valid here: check the type and the quotes".to_owned() };
        TomlFault { offset, what }
    })
}

/// A TOML date, or one in a string.
///
/// # Errors
/// When it is neither.
pub fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Date(toml::value::Datetime),
        Text(String),
    }
    let text = match Either::deserialize(deserializer)? {
        Either::Date(date) => date.date.map(|date| date.to_string()).unwrap_or_default(),
        Either::Text(text) => text,
    };
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| serde::de::Error::custom("not a date"))
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
        let fault = parse::<Settings>("allow_user_installs = \"hunter2\"").unwrap_err();
        assert!(!fault.what.contains("hunter2"));
    }
}
