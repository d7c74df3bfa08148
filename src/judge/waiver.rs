//! Waivers: violations that somebody decided to live with, for a while.

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use crate::export::hand_kept::{TomlFault, date, parse};

/// One waiver. Every member is required.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The control it is for.
    pub control: String,
    /// The subject of the violation, by name or id.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who decided.
    pub approver: String,
    /// The last day it counts.
    #[serde(deserialize_with = "date")]
    pub expires: NaiveDate,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    waiver: Vec<Spanned<Waiver>>,
}

/// A waivers file.
#[derive(Debug, Clone, Default)]
pub struct Waivers {
    /// Its path.
    pub path: String,
    /// The waivers, each with the line it starts in.
    pub all: Vec<(Waiver, usize)>,
}

impl Waivers {
    /// Reads a waivers file.
    ///
    /// # Errors
    /// Where and why it cannot be read.
    pub fn parse(path: &str, text: &str) -> Result<Self, TomlFault> {
        let file: File = parse(text)?;
        let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let all = file
            .waiver
            .into_iter()
            .map(|entry| (line(entry.span().start), entry))
            .map(|(line, entry)| (entry.into_inner(), line));
        let waivers = Self { path: path.to_owned(), all: all.collect() };
        match waivers.all.iter().find(|(waiver, _)| waiver.has_blank()) {
            Some((_, line)) => {
                let offset = text.match_indices('\n').nth(line.saturating_sub(2)).map_or(0, |(at, _)| at + 1);
                Err(TomlFault {
                    offset,
                    what: "a waiver needs control, subject, reason, owner and approver; one is blank".to_owned(),
                })
            }
            None => Ok(waivers),
        }
    }
}

impl Waiver {
    fn has_blank(&self) -> bool {
        [&self.control, &self.subject, &self.reason, &self.owner, &self.approver]
            .iter()
            .any(|text| text.trim().is_empty())
    }

    /// Whether it is for a violation of this control by a subject that goes by these names.
    pub fn covers(&self, control: &str, names: &[&str]) -> bool {
        self.control == control && names.iter().any(|name| self.subject.eq_ignore_ascii_case(name))
    }

    /// Whether it still counts on this day; the last day counts.
    pub fn in_force(&self, today: NaiveDate) -> bool {
        today <= self.expires
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_required() {
        let text =
            "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"x\"\nreason = \"y\"\nowner = \"z\"\nexpires = 2025-01-01\n";
        assert!(Waivers::parse("waivers.toml", text).unwrap_err().what.contains("approver"));
    }

    #[test]
    fn a_blank_member_is_a_missing_one() {
        let text = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"x\"\nreason = \" \"\nowner = \"z\"\napprover = \"a\"\nexpires = 2025-01-01\n";
        assert!(Waivers::parse("waivers.toml", text).is_err());
    }
}
