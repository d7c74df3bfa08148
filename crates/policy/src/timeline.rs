//! The announced timelines of the retirement: data in `policies/timelines/`, never constants.

use chrono::NaiveDate;
use cutover_pack::TIMELINES;
use serde::Deserialize;

use cutover_export::manual_files::{date, date_or_none};
use cutover_model::result::audit as result;
use cutover_model::result::audit::TimelineOrigin;
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};
use cutover_secrets::digest::sha256;

/// The dates of one announcement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Its name.
    pub id: String,
    /// The day it was announced.
    #[serde(deserialize_with = "date")]
    pub announced: NaiveDate,
    /// From when legacy accounts are deprecated.
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
    /// Where it comes from.
    #[serde(skip)]
    pub origin: TimelineOrigin,
    /// The file it was read from; `None` for what is built in.
    #[serde(skip)]
    pub file: Option<TimelineFile>,
}

/// The file of a timeline.
#[derive(Debug, Clone)]
pub struct TimelineFile {
    /// Its path.
    pub path: String,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Where it comes from.
    pub origin: DecisionOrigin,
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

    /// The newest built-in timeline that was announced on this day or before it. Before the first announcement nothing
    /// is announced, and every date is unknown.
    pub fn announced_by(day: NaiveDate) -> Self {
        let all = Self::ids().into_iter().filter_map(|id| Self::built_in(&id));
        let newest = all.filter(|timeline| timeline.announced <= day).max_by_key(|timeline| timeline.announced);
        newest.unwrap_or_else(|| Self {
            id: "none".to_owned(),
            announced: day,
            deprecated: None,
            no_new_accounts: None,
            sunset: None,
            admin_default_ended: None,
            source: format!("no announcement by {day}"),
            origin: TimelineOrigin::BuiltIn,
            file: None,
        })
    }

    /// The file of its dates, as results list it; `None` where nothing is announced.
    pub fn decided_by(&self) -> Option<DecidedBy> {
        let built_in = || {
            let file = TIMELINES.get_file(format!("{}.toml", self.id))?;
            let path = format!("policies/timelines/{}.toml", self.id);
            Some(TimelineFile { path, sha256: sha256(file.contents()), origin: DecisionOrigin::BuiltIn })
        };
        let TimelineFile { path, sha256, origin } = self.file.clone().or_else(built_in)?;
        let sunset = self.sunset.map_or_else(|| "no sunset".to_owned(), |day| format!("sunset {day}"));
        let effect = format!("timeline {}: {sunset}", cutover_model::escape::name(&self.id));
        Some(DecidedBy { path, kind: DecisionKind::Timeline, sha256, origin, effect, ignored: false })
    }

    /// The timeline as result documents give it.
    pub fn describe(&self) -> result::Timeline {
        result::Timeline {
            id: self.id.clone(),
            no_new_accounts: self.no_new_accounts,
            sunset: self.sunset,
            source: self.source.clone(),
            origin: self.origin,
        }
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

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_announcement_of_the_day_counts_and_none_before_the_first() {
        for (as_of, id, sunset) in [
            ("2021-10-31", "none", None),
            ("2021-11-01", "2021-11-01", Some("2023-01-31")),
            ("2022-11-30", "2021-12-09", Some("2023-01-31")),
            ("2022-12-01", "2022-12-01", None),
            ("2024-10-15", "2024-01-29", Some("2024-12-31")),
            ("2024-12-02", "2024-01-29", Some("2024-12-31")),
            ("2024-12-03", "2024-12-03", Some("2025-03-24")),
            ("2025-01-29", "2025-01-29", Some("2025-03-18")),
            ("2026-11-30", "2025-01-29", Some("2025-03-18")),
        ] {
            let timeline = Timeline::announced_by(day(as_of));
            assert_eq!((timeline.id.as_str(), timeline.sunset), (id, sunset.map(day)), "{as_of}");
        }
        assert_eq!(Timeline::announced_by(day("2024-10-15")).days_left(day("2024-10-15")), Some(77));
        assert_eq!(Timeline::announced_by(day("2020-01-01")).admin_default_ended, None);
    }
}
