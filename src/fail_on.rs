//! What fails a run: `--fail-on high,new,DIR-*`.

use std::fmt;

use globset::GlobMatcher;

use crate::error::CliError;
use crate::input;
use cutover_model::result::Severity;
use cutover_model::result::audit::{Group, ViolationStatus};
use cutover_policy::pack::Pack;

/// The open violations that fail a run: those that one of its words means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FailOn {
    /// Those of this severity, and worse.
    severity: Option<Severity>,
    /// Any: what a baseline has, or the side before a change, is not open.
    new: bool,
    /// Those of controls that match one of these patterns.
    controls: Vec<String>,
}

impl FailOn {
    /// What fails a run unless something else is asked for.
    pub(super) const DEFAULT: Self = Self { severity: Some(Severity::Low), new: false, controls: Vec::new() };

    /// Reads words with commas between them, or `never` alone.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut out = Self { severity: None, new: false, controls: Vec::new() };
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if words == ["never"] {
            return Ok(out);
        }
        for word in &words {
            match Severity::from_id(word) {
                Some(severity) => out.severity = Some(out.severity.map_or(severity, |other| other.min(severity))),
                None if *word == "new" => out.new = true,
                None if word.contains(|letter: char| letter.is_ascii_uppercase() || letter == '*') => {
                    out.controls.push((*word).to_owned());
                }
                None => return Err(format!("`{word}` is no severity")),
            }
        }
        if words.is_empty() { Err("it is empty".to_owned()) } else { Ok(out) }
    }

    /// What may be written, for errors.
    pub(super) const EXPECTED: &str =
        "expected critical, high, medium, low, info, new or controls such as DIR-*, with commas between them; or never";

    /// Whether nothing fails the run.
    pub(super) fn is_never(&self) -> bool {
        *self == Self { severity: None, new: false, controls: Vec::new() }
    }

    /// The words, as results give them.
    pub(super) fn words(&self) -> Vec<String> {
        let severity = self.severity.iter().map(|severity| severity.id().to_owned());
        severity.chain(self.new.then(|| "new".to_owned())).chain(self.controls.iter().cloned()).collect()
    }

    /// Checks that every pattern means a control.
    pub(super) fn check(&self, pack: &Pack) -> Result<(), CliError> {
        for (pattern, matcher) in self.controls.iter().zip(self.matchers()?) {
            if !pack.all().any(|control| matcher.is_match(&control.id)) {
                return Err(input::no_match(pattern, pack.ids(), "the ids are those in the report and in docs"));
            }
        }
        Ok(())
    }

    fn matchers(&self) -> Result<Vec<GlobMatcher>, CliError> {
        self.controls.iter().map(|pattern| input::matcher(pattern)).collect()
    }

    /// Whether there is an open violation that it means.
    pub(super) fn is_met_by(&self, groups: &[Group]) -> bool {
        let matchers = self.matchers().unwrap_or_default();
        let is_meant = |group: &Group| {
            self.new
                || self.severity.is_some_and(|least| group.severity >= least)
                || matchers.iter().any(|matcher| matcher.is_match(&group.control))
        };
        let mut open = groups.iter().filter(|group| group.status == ViolationStatus::Open && group.count > 0);
        open.any(is_meant)
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words().as_slice() {
            [] => f.write_str("never"),
            words => f.write_str(&words.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_severities_new_ones_and_controls() {
        let parsed = FailOn::parse("high, new,DIR-*,medium").unwrap();
        assert_eq!(parsed.words(), ["medium", "new", "DIR-*"]);
        assert_eq!(parsed.to_string(), "medium,new,DIR-*");
        assert_eq!(FailOn::parse("never").unwrap().words(), Vec::<String>::new());
        for wrong in ["often", "high,often", "never,high", "", ","] {
            assert!(FailOn::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_group_fails_a_run_when_a_word_means_it() {
        let group = |control: &str, severity, status| Group {
            control: control.to_owned(),
            severity,
            subject_type: String::new(),
            resource_type: String::new(),
            status,
            count: 1,
            included: 1,
        };
        let open = [group("INS-03", Severity::Medium, ViolationStatus::Open)];
        let known = [group("INS-03", Severity::Medium, ViolationStatus::Baseline)];
        for (words, fails) in [
            ("high", false),
            ("medium", true),
            ("low", true),
            ("new", true),
            ("DIR-*", false),
            ("high,INS-*", true),
            ("never", false),
        ] {
            let fail_on = FailOn::parse(words).unwrap();
            assert_eq!(fail_on.is_met_by(&open), fails, "{words}");
            assert!(!fail_on.is_met_by(&known), "{words}");
        }
    }
}
