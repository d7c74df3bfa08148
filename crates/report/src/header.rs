//! What every report says at its top: the dates it was evaluated by, how old the export is, and what could not be read.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::text::counted;
use cutover_model::escape;
use cutover_model::result::audit::{CollectedBasis, Diagnostic, Listing, Timeline, TimelineOrigin};
use cutover_model::result::gate::Gate;
use cutover_model::result::plan::Plan;

/// Parts that could not be read and are named at the top.
const MAX_NAMED: usize = 3;

/// The lines below the title of an audit.
pub(super) fn of_listing(listing: &Listing<'_>) -> Vec<String> {
    vec![age(listing.collected, listing.as_of), timeline(listing.timeline, listing.as_of)]
}

/// The lines below the title of a gate.
pub(super) fn of_gate(gate: &Gate) -> Vec<String> {
    let before = gate.before_collected_at.map(|day| (day, gate.before_collected_at_basis));
    let after = gate.collected_at.map(|day| (day, gate.collected_at_basis));
    let sides = [("before", before), ("after", after)];
    let ages = sides.map(|(side, collected)| format!("{side}: {}", age(collected, gate.as_of)));
    ages.into_iter().chain([timeline(&gate.timeline, gate.as_of)]).collect()
}

/// The lines below the title of a plan.
pub(super) fn of_plan(plan: &Plan) -> Vec<String> {
    let collected = plan.collected_at.map(|day| (day, plan.collected_at_basis));
    vec![age(collected, plan.as_of), timeline(&plan.timeline, plan.as_of)]
}

/// The day, the age of the export, and the sunset, in one line.
pub(super) fn brief(listing: &Listing<'_>) -> String {
    let as_of = listing.as_of;
    let age = match listing.collected {
        Some((day, Some(CollectedBasis::NewestRecord))) => {
            format!("export of {day} or later, at most {} old", days((as_of - day).num_days()))
        }
        Some((day, _)) => self::age(Some((day, None)), as_of),
        None => "export of an unknown date".to_owned(),
    };
    let timeline = listing.timeline;
    let sunset = match timeline.sunset.map(|day| (day, (day - as_of).num_days())) {
        None => "no legacy sunset announced".to_owned(),
        Some((day, 0)) => format!("legacy sunset {day}, today"),
        Some((day, left @ 1..)) => format!("legacy sunset {day}, in {}", days(left)),
        Some((day, past)) => format!("legacy sunset {day}, {} ago", days(past)),
    };
    let (id, source) = (escape::name(&timeline.id), escape::name(&timeline.source));
    let origin = match timeline.origin {
        TimelineOrigin::BuiltIn => format!(" (timeline {id})"),
        TimelineOrigin::File => format!(" (timeline {id} from a file; source: {source})"),
        TimelineOrigin::Export => format!(" (timeline {id} chosen by the export itself; source: {source})"),
    };
    format!("as of {as_of}; {age}; {sunset}{origin}")
}

/// When legacy accounts stop, by which announcement, and where that comes from.
pub(super) fn timeline(timeline: &Timeline, as_of: NaiveDate) -> String {
    let sunset = match timeline.sunset.map(|day| (day, (day - as_of).num_days())) {
        None => "no legacy sunset is announced".to_owned(),
        Some((day, 0)) => format!("legacy sunset: {day}, today"),
        Some((day, left @ 1..)) => format!("legacy sunset: {day}, in {}", days(left)),
        Some((day, past)) => format!("the legacy sunset is past ({day}), {} ago", days(past)),
    };
    let origin = match timeline.origin {
        TimelineOrigin::BuiltIn => "built in",
        TimelineOrigin::File => "from a file",
        TimelineOrigin::Export => "chosen by the export itself",
    };
    let (id, source) = (escape::name(&timeline.id), escape::name(&timeline.source));
    format!("{sunset}; timeline {id} ({origin}; source: {source})")
}

/// When the export was collected, and how old it is.
fn age(collected: Option<(NaiveDate, Option<CollectedBasis>)>, as_of: NaiveDate) -> String {
    let Some((day, basis)) = collected else {
        return "export of an unknown date: no record has a date, and export.toml states none".to_owned();
    };
    let age = (as_of - day).num_days();
    match basis {
        Some(CollectedBasis::NewestRecord) => {
            format!("export of {day} or later, at most {} old (its newest date; export.toml states none)", days(age))
        }
        _ if age < 0 => format!("export of {day}, {} later", days(age)),
        _ => format!("export of {day}, {} old", days(age)),
    }
}

/// That something of the export could not be read, if that is so.
pub(super) fn incomplete(diagnostics: &[Diagnostic]) -> Option<String> {
    let mut parts = diagnostics.iter().filter(|diagnostic| diagnostic.is_incomplete()).peekable();
    parts.peek()?;
    let files: BTreeSet<&str> = parts.filter_map(|part| Some(part.location.as_ref()?.path.as_str())).collect();
    Some(match files.len() {
        0 => "INCOMPLETE: part of the export could not be read".to_owned(),
        files => format!("INCOMPLETE: {} could not be read, or not in full", counted(files, "file")),
    })
}

/// The parts that could not be read: the first ones, and how many there are beyond.
pub(super) fn unread(diagnostics: &[Diagnostic]) -> Vec<String> {
    let parts: Vec<&Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_incomplete()).collect();
    let mut lines: Vec<String> = parts.iter().take(MAX_NAMED).map(|part| sentence(part)).collect();
    let more = parts.len().saturating_sub(MAX_NAMED);
    lines.extend((more > 0).then(|| format!("… and {more} more")));
    lines
}

/// A diagnostic with its place, in one line.
pub(super) fn sentence(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.location.as_ref();
    let place = place.map(|place| format!("{}:{}: ", escape::name(&place.path), place.line)).unwrap_or_default();
    format!("{place}{}", escape::visible(&diagnostic.message))
}

/// `1 day`, `12 days`, without a sign.
fn days(number: i64) -> String {
    counted(usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX), "day")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_age_says_what_it_rests_on() {
        let said = |at: &str, basis| age(Some((day(at), Some(basis))), day("2024-10-15"));
        assert_eq!(said("2024-10-14", CollectedBasis::ExportFile), "export of 2024-10-14, 1 day old");
        assert_eq!(said("2024-10-20", CollectedBasis::ExportFile), "export of 2024-10-20, 5 days later");
        let newest = said("2024-10-01", CollectedBasis::NewestRecord);
        assert!(newest.starts_with("export of 2024-10-01 or later, at most 14 days old"), "{newest}");
        assert!(age(None, day("2024-10-15")).contains("unknown date"));
    }

    #[test]
    fn a_sunset_that_is_past_is_said_to_be() {
        let said = |sunset: Option<&str>, as_of: &str| {
            let timeline = Timeline {
                id: "2024-01-29".to_owned(),
                no_new_accounts: None,
                sunset: sunset.map(day),
                source: "a page".to_owned(),
                origin: TimelineOrigin::BuiltIn,
            };
            super::timeline(&timeline, day(as_of))
        };
        assert!(
            said(Some("2024-12-31"), "2024-10-15")
                .starts_with("legacy sunset: 2024-12-31, in 77 days; timeline 2024-01-29 (built in;")
        );
        assert!(said(Some("2025-03-18"), "2025-03-18").starts_with("legacy sunset: 2025-03-18, today;"));
        assert!(
            said(Some("2025-03-18"), "2025-03-19").starts_with("the legacy sunset is past (2025-03-18), 1 day ago;")
        );
        assert!(said(None, "2023-01-01").starts_with("no legacy sunset is announced;"));
    }
}
