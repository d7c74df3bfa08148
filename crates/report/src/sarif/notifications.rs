//! What went wrong, what could not be assessed, and what is left out here.

use std::collections::BTreeMap;

use serde_sarif::sarif::{Location, Message, Notification, ReportingDescriptorReference};

use super::places::Places;
use super::wording;
use crate::groups;
use cutover_model::diagnostic::Level;
use cutover_model::result::audit::{Coverage, Diagnostic, Group, Status};

/// The codes of the notifications that are no diagnostics.
const NOT_ASSESSED: &str = "not-assessed";
const PARTLY_ASSESSED: &str = "partly-assessed";
const LEFT_OUT: &str = "left-out";

/// A diagnostic, with its place if it has one.
pub(super) fn diagnostic(diagnostic: &Diagnostic, places: &Places<'_>) -> Notification {
    let level = match diagnostic.severity {
        _ if diagnostic.is_incomplete() => "error",
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut out = notification(&diagnostic.code, level, wording::message(&diagnostic.message));
    out.locations = diagnostic
        .location
        .as_ref()
        .map(|place| vec![Location { physical_location: Some(places.place(place)), ..Location::default() }]);
    out
}

/// What a control could not evaluate, and what to export so that it can.
pub(super) fn coverage(coverage: &Coverage, rules: &BTreeMap<&str, i64>) -> Option<Notification> {
    let Coverage { control, facts, unknown, .. } = coverage;
    let (code, level, share) = match (coverage.status, facts) {
        (Status::Assessed | Status::Off, _) => return None,
        (Status::NotAssessed, 0) => (NOT_ASSESSED, "warning", "not assessed: input missing".to_owned()),
        (Status::NotAssessed, _) => {
            (NOT_ASSESSED, "warning", format!("not assessed: {unknown} of {facts} facts unknown"))
        }
        (Status::PartlyAssessed, _) => {
            (PARTLY_ASSESSED, "note", format!("partly assessed: {unknown} of {facts} facts unknown"))
        }
    };
    let hints = if coverage.hints.is_empty() {
        String::new()
    } else {
        format!(" To assess the rest: {}", coverage.hints.join("; "))
    };
    let mut out = notification(code, level, wording::message(&format!("{control} was {share}.{hints}")));
    out.associated_rule = Some(rule(control, rules));
    Some(out)
}

/// That there are more rules than GitHub takes.
pub(super) fn rules_left_out(all: usize, most: usize) -> Option<Notification> {
    let dropped = all.saturating_sub(most);
    let text = format!("{dropped} of {all} rules, the last ones, are left out: code scanning takes {most}");
    (dropped > 0).then(|| notification(LEFT_OUT, "warning", wording::message(&text)))
}

/// That there are more results than GitHub keeps, as a whole and of each group.
pub(super) fn results_left_out(groups: &[Group], most: usize, rules: &BTreeMap<&str, i64>) -> Vec<Notification> {
    let all: usize = groups.iter().map(|group| group.count).sum();
    let included: usize = groups.iter().map(|group| group.included).sum();
    if included == all {
        return Vec::new();
    }
    let dropped = all - included;
    let every = "`--format jsonl` and `csv` have every one";
    let text = format!("{dropped} of {all} results are left out: code scanning keeps {most}; {every}");
    let mut out = vec![notification(LEFT_OUT, "warning", wording::message(&text))];
    for group in groups.iter().filter(|group| group.included < group.count) {
        let Group { control, count, included, .. } = group;
        let text = format!("{control} ({}): {included} of {count} results are here", groups::what(group));
        let mut about = notification(LEFT_OUT, "note", wording::message(&text));
        about.associated_rule = Some(rule(control, rules));
        out.push(about);
    }
    out
}

fn rule(control: &str, rules: &BTreeMap<&str, i64>) -> ReportingDescriptorReference {
    ReportingDescriptorReference {
        id: Some(control.to_owned()),
        index: rules.get(control).copied(),
        ..ReportingDescriptorReference::default()
    }
}

fn notification(code: &str, level: &str, message: Message) -> Notification {
    let descriptor =
        ReportingDescriptorReference { id: Some(code.to_owned()), ..ReportingDescriptorReference::default() };
    Notification::builder().message(message).level(level).descriptor(descriptor).build()
}
