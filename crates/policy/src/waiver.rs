//! Waivers: violations that somebody decided to live with, for a while.
//!
//! A waiver names the subject of a violation, or describes the facts it covers by a Cedar condition.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::fault::{Fault, nearest};
use super::pack::Pack;
use cutover_export::manual_files::{date, date_or_none, parse};
use cutover_export::text::LineIndex;
use cutover_model::escape;

mod clause;

pub use clause::Clause;

/// What a waiver does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WaiverState {
    /// The violation is accepted until the waiver expires, and does not count.
    #[default]
    Accepted,
    /// The violation is going to be fixed by the date of `expires`, and counts until then.
    Planned,
}

/// One waiver. It names its subject, or gives a condition; everything else but `granted` is required.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["subject"]}, {"required": ["condition"]}]))]
pub struct Waiver {
    /// The control it is for: its id.
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    pub control: Spanned<String>,
    /// The subject of the violation: a name, an id, an e-mail address or an app's uid.
    #[serde(default)]
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    pub subject: Option<Spanned<String>>,
    /// A Cedar expression over `principal`, `action`, `resource` and `context` of the facts it covers.
    #[serde(default)]
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    pub condition: Option<Spanned<String>>,
    /// Why.
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    pub reason: Spanned<String>,
    /// Who answers for it.
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    pub owner: Spanned<String>,
    /// Who decided.
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    pub approver: Spanned<String>,
    /// When it was decided; its term counts from here.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub granted: Option<NaiveDate>,
    /// The last day it counts; of a planned fix, the day by which it is done.
    #[serde(deserialize_with = "date")]
    pub expires: NaiveDate,
    /// `accepted` (the default), or `planned`: the violation is shown with the date of its fix, and counts.
    #[serde(default)]
    pub state: WaiverState,
}

/// `waivers.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "waivers.toml")]
pub struct WaiversFile {
    /// The waivers.
    #[schemars(with = "Vec<Waiver>")]
    waiver: Vec<Spanned<Waiver>>,
}

/// A waiver that was checked, and where it is.
#[derive(Debug)]
pub struct Entry {
    /// What it says.
    pub waiver: Waiver,
    /// Its condition, if it has one.
    pub clause: Option<Clause>,
    /// The line it starts in, from 1.
    pub line: usize,
}

/// A waivers file.
#[derive(Debug, Default)]
pub struct Waivers {
    /// Its path.
    pub path: String,
    /// The waivers, in the order of the file.
    pub all: Vec<Entry>,
}

impl Waivers {
    /// Reads a waivers file and checks it against the pack: the whole of it, whatever is asked for later.
    ///
    /// # Errors
    /// Where and why it cannot be read, or says something it cannot say.
    pub fn parse(path: &str, text: &str, pack: &Pack) -> Result<Self, Fault> {
        let file: WaiversFile = parse(text).map_err(|fault| Fault::of_shape(path, text, fault))?;
        let lines = LineIndex::new(text);
        let entry = |spanned: Spanned<Waiver>| {
            let (line, _) = lines.line_column(spanned.span().start);
            let at = spanned.span();
            let waiver = spanned.into_inner();
            let fault = |at, what: String, help: &str| Fault::new(path, text, at, what, help);
            if let Some((name, blank)) = waiver.members().find(|(_, member)| escape::is_blank(member.get_ref())) {
                return Err(fault(
                    blank.span(),
                    format!("`{name}` is blank"),
                    "a waiver needs a control, a reason, an owner and an approver",
                ));
            }
            if waiver.subject.is_some() == waiver.condition.is_some() {
                let what = "a waiver needs either `subject` or `condition`".to_owned();
                return Err(fault(at, what, "name one subject, or describe the facts by a condition"));
            }
            if waiver.granted.is_some_and(|granted| granted > waiver.expires) {
                let what = "the waiver ends before it was granted".to_owned();
                return Err(fault(at, what, "`granted` and `expires` are written YYYY-MM-DD"));
            }
            let Some(control) = pack.control(waiver.control.get_ref()) else {
                let what = format!("there is no control `{}`", waiver.control.get_ref());
                return Err(fault(waiver.control.span(), what, &nearest(waiver.control.get_ref(), pack.ids())));
            };
            let clause = waiver.condition.as_ref();
            let clause = clause.map(|condition| Clause::parse(path, text, condition, control, &pack.validator));
            Ok(Entry { clause: clause.transpose()?, waiver, line })
        };
        let all: Result<Vec<Entry>, Fault> = file.waiver.into_iter().map(entry).collect();
        Ok(Self { path: path.to_owned(), all: all? })
    }
}

impl Waivers {
    /// What the file does on a day: `12 waivers, 3 expired`.
    pub fn effect(&self, today: NaiveDate) -> String {
        let all = cutover_model::natural::counted(self.all.len(), "waiver");
        let planned = self.all.iter().filter(|entry| entry.waiver.state == WaiverState::Planned).count();
        let expired = self.all.iter().filter(|entry| !entry.waiver.in_force(today)).count();
        let counts = [(planned, "planned"), (expired, "expired")].into_iter().filter(|(count, _)| *count > 0);
        counts.fold(all, |all, (count, what)| format!("{all}, {count} {what}"))
    }
}

impl Waiver {
    /// What it covers, as written: the subject, or the condition.
    pub fn covers(&self) -> &str {
        self.subject.as_ref().or(self.condition.as_ref()).map_or("", |covers| covers.get_ref().trim())
    }

    fn members(&self) -> impl Iterator<Item = (&'static str, &Spanned<String>)> {
        let always = [
            ("control", &self.control),
            ("reason", &self.reason),
            ("owner", &self.owner),
            ("approver", &self.approver),
        ];
        let maybe = [("subject", self.subject.as_ref()), ("condition", self.condition.as_ref())];
        let maybe = maybe.into_iter().filter_map(|(name, member)| Some((name, member?)));
        always.into_iter().chain(maybe)
    }

    /// Whether it still counts on this day; the last day counts.
    pub fn in_force(&self, today: NaiveDate) -> bool {
        today <= self.expires
    }

    /// How many days it holds: from when it was granted, or from today when nobody wrote that down.
    pub fn term(&self, today: NaiveDate) -> i64 {
        (self.expires - self.granted.unwrap_or(today)).num_days()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
[[waiver]]
control = "DIR-01"
subject = "x"
reason = "y"
owner = "z"
approver = "a"
expires = 2025-01-01
"#;

    /// What is wrong with a waiver in which one text is replaced by another, as a user sees it.
    fn fault(from: &str, to: &str) -> String {
        let text = WHOLE.replace(from, to);
        assert_ne!(text, WHOLE);
        Waivers::parse("waivers.toml", &text, &Pack::load(&[]).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_member_is_required() {
        for name in ["control", "reason", "owner", "approver", "expires"] {
            let line = WHOLE.lines().find(|line| line.starts_with(name)).unwrap();
            let described = fault(&format!("{line}\n"), "");
            assert!(described.contains(&format!("missing field `{name}`")), "{described}");
        }
    }

    #[test]
    fn a_blank_member_is_told_with_its_place() {
        for (line, name) in [(3, "control"), (4, "subject"), (5, "reason"), (6, "owner"), (7, "approver")] {
            let whole = WHOLE.lines().nth(line - 1).unwrap();
            let described = fault(whole, &format!("{name} = \" \""));
            assert!(
                described.starts_with(&format!("`waivers.toml`, line {line}, column {}: ", name.len() + 4)),
                "{described}"
            );
        }
    }

    #[test]
    fn a_waiver_has_a_subject_or_a_condition_and_not_both() {
        assert!(fault("subject = \"x\"\n", "").contains("either `subject` or `condition`"));
        let both = "subject = \"x\"\ncondition = \"true\"\n";
        assert!(fault("subject = \"x\"\n", both).contains("either `subject` or `condition`"));
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert!(fault("2025-01-01", "\"next year\"").contains("expected a date (YYYY-MM-DD), found text that is none"));
        assert!(fault("2025-01-01", "2025-02-30").starts_with("`waivers.toml`, line 8"));
        let later = "2025-01-01\ngranted = 2025-01-02";
        assert!(fault("2025-01-01", later).contains("ends before it was granted"));
    }

    #[test]
    fn a_control_that_does_not_exist_is_told_with_its_place() {
        assert!(
            fault("DIR-01", "DIR-99").starts_with("`waivers.toml`, line 3, column 11: there is no control `DIR-99`")
        );
    }

    #[test]
    fn the_term_counts_from_the_day_it_was_granted() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let text = WHOLE.replace("expires", "granted = 2024-12-01\nexpires");
        let waivers = Waivers::parse("w", &text, &Pack::load(&[]).unwrap()).unwrap();
        assert_eq!(waivers.all[0].waiver.term(day("2024-12-31")), 31);
        let waivers = Waivers::parse("w", WHOLE, &Pack::load(&[]).unwrap()).unwrap();
        assert_eq!(waivers.all[0].waiver.term(day("2024-12-31")), 1);
    }
}
