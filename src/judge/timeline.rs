//! The announced timelines of the retirement: data in `policies/timelines/`, never constants.

use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::export::hand_kept::{date, date_or_none};

static TIMELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies/timelines");

/// The timeline that counts when none is asked for.
pub const DEFAULT: &str = "2024-01-29";

/// The dates of one announcement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Its name.
    pub id: String,
    /// The day it was announced.
    #[serde(deserialize_with = "date")]
    pub announced: NaiveDate,
    /// From when traditional accounts are deprecated.
    #[serde(default, deserialize_with = "date_or_none")]
    pub deprecated: Option<NaiveDate>,
    /// From when no new ones are made.
    #[serde(default, deserialize_with = "date_or_none")]
    pub no_new_accounts: Option<NaiveDate>,
    /// The last day they work.
    #[serde(default, deserialize_with = "date_or_none")]
    pub sunset: Option<NaiveDate>,
    /// Until when new accounts were given Admin on every company tool.
    #[serde(default, deserialize_with = "date_or_none")]
    pub admin_default_ended: Option<NaiveDate>,
    /// Who announced it.
    pub source: String,
}

impl Timeline {
    /// Reads a timeline.
    ///
    /// # Errors
    /// When the text is not of its shape.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    /// The built-in timeline of this id.
    pub fn built_in(id: &str) -> Option<Self> {
        let file = TIMELINES.get_file(format!("{id}.toml"))?;
        Self::parse(file.contents_utf8()?).ok()
    }

    /// The ids of the built-in timelines, oldest first.
    pub fn ids() -> Vec<String> {
        let stem = |file: &include_dir::File<'_>| Some(file.path().file_stem()?.to_string_lossy().into_owned());
        let mut ids: Vec<String> = TIMELINES.files().filter_map(stem).collect();
        ids.sort();
        ids
    }

    /// Days from `today` to the sunset; negative once it is past.
    pub fn days_left(&self, today: NaiveDate) -> Option<i64> {
        Some((self.sunset? - today).num_days())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_six_announcements_are_there_and_say_what_they_said() {
        let ids = Timeline::ids();
        assert_eq!(ids, ["2021-11-01", "2021-12-09", "2022-12-01", "2024-01-29", "2024-12-03", "2025-01-29"]);
        let sunsets: Vec<_> =
            ids.iter().map(|id| Timeline::built_in(id).unwrap().sunset.map(|day| day.to_string())).collect();
        let said = ["2023-01-31", "2023-01-31", "", "2024-12-31", "2025-03-24", "2025-03-18"];
        assert_eq!(sunsets, said.map(|day| (!day.is_empty()).then(|| day.to_owned())));
    }

    #[test]
    fn the_default_is_the_retirement_of_2024() {
        let timeline = Timeline::built_in(DEFAULT).unwrap();
        assert_eq!(timeline.no_new_accounts, NaiveDate::from_ymd_opt(2024, 10, 1));
        assert_eq!(timeline.days_left(NaiveDate::from_ymd_opt(2024, 10, 15).unwrap()), Some(77));
    }
}
