//! The violations, by control.

use std::io::{self, Write};

use super::screen::Screen;
use super::snippet::{Message, draw};
use super::{Paint, is_open, wrapped};
use crate::{Style, details, groups};
use cutover_model::escape;
use cutover_model::result::audit::{Control, Group, Listing, Violation, ViolationStatus};
use cutover_model::result::{Location, Severity};

/// Violations of one control that are drawn with their lines; the others take one line each.
const DRAWN: usize = 3;
/// Violations of one kind that are listed at all, unless everything is asked for.
const MAX_LISTED: usize = 20;
/// Members named in one violation.
const MEMBERS: usize = 6;

pub(crate) fn write(listing: &Listing<'_>, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let most = if style.verbose { usize::MAX } else { MAX_LISTED };
    let groups = listing.groups(most);
    let mut violations = listing.violations.included(most).peekable();
    // Sorted worst first, so violations of one control and severity stand together.
    while let Some(first) = violations.peek() {
        let (id, severity) = (first.control.clone(), first.severity);
        let groups = groups::of(&groups, first);
        heading(first, &groups, listing.control(&id), paint, out)?;
        let mut index = 0;
        while let Some(violation) = violations.next_if(|next| next.control == id && next.severity == severity) {
            one(&violation, index, style, paint, out)?;
            index += 1;
        }
        for sentence in groups::left_out(&groups, escape::name) {
            let line = format!("… and {sentence}; -v, --format jsonl and csv list them");
            wrapped(&line, "  ", style).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    Ok(())
}

fn heading(
    first: &Violation,
    groups: &[&Group],
    control: Option<&Control>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let severity = paint.severity(first.severity, first.severity.id());
    writeln!(
        out,
        "\n{severity} {}  {}",
        paint.bold(&escape::name(&first.control)),
        paint.bold(&escape::name(&first.title))
    )?;
    writeln!(out, "  {}", paint.dim(&groups::duties(groups, first.party, control, escape::name)))
}

fn one(violation: &Violation, index: usize, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let drawn = if style.verbose { usize::MAX } else { DRAWN };
    if index < drawn {
        if index > 0 {
            writeln!(out)?;
        }
        draw(&message(violation), paint, style.width, out)?;
        return details(violation, style, paint, out);
    }
    let Location { path, line, column, .. } = &violation.location;
    let place = format!("{}:{line}:{column}", escape::name(path));
    let news = details::news(violation).map(|news| format!(" ({news})")).unwrap_or_default();
    let text = format!("{} {}{news} {place}", mark(violation), escape::visible(&violation.message));
    Screen::of(style).wrapped(&text, "  ", "    ").iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Violations of the baseline that are gone.
pub(super) fn absent(listing: &Listing<'_>, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Some(baseline) = listing.baseline.filter(|_| !listing.absent.is_empty()) else { return Ok(()) };
    let heading = format!("Absent since the baseline of {}", baseline.as_of);
    writeln!(out, "\n{} {}", paint.bold(&heading), paint.dim(&format!("({})", escape::name(&baseline.path))))?;
    let listed = if style.verbose { usize::MAX } else { MAX_LISTED };
    for violation in listing.absent.iter().take(listed) {
        writeln!(out, "  · {} {}", escape::name(&violation.control), escape::visible(&violation.message))?;
    }
    match listing.absent.len().saturating_sub(listed) {
        0 => Ok(()),
        more => writeln!(out, "  … and {more} more; -v lists them"),
    }
}

/// The same signs as those of violations that are drawn with their lines.
fn mark(violation: &Violation) -> &'static str {
    match violation.severity {
        _ if !is_open(violation.status) => "·",
        Severity::Critical | Severity::High => "×",
        Severity::Medium | Severity::Low => "⚠",
        Severity::Info => "☞",
    }
}

fn message(violation: &Violation) -> Message<'_> {
    let severity = match (violation.status, violation.severity) {
        (ViolationStatus::Open, Severity::Critical | Severity::High) => miette::Severity::Error,
        (ViolationStatus::Open, Severity::Medium | Severity::Low) => miette::Severity::Warning,
        _ => miette::Severity::Advice,
    };
    Message {
        text: escape::visible(&violation.message).into_owned(),
        severity,
        location: Some(&violation.location),
        help: Some(escape::visible(&violation.remedy).into_owned()),
    }
}

/// What miette does not draw: the waiver, the other places, the way of the access.
fn details(violation: &Violation, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut notes = Vec::new();
    notes.extend(details::news(violation).map(|news| match details::new_members(violation, escape::name) {
        Some(members) => format!("{news} in {members}"),
        None => news.to_owned(),
    }));
    if violation.status == ViolationStatus::Baseline {
        notes.extend(details::standing(violation));
    }
    if let Some(waiver) = &violation.waiver {
        let (approver, reason) = (escape::name(&waiver.approver), escape::name(&waiver.reason));
        notes.push(format!("waived until {} by {approver}: {reason}", waiver.expires));
    }
    notes.extend(details::planned(violation).map(|planned| escape::name(&planned)));
    if violation.count > 1 && !violation.members.is_empty() {
        let named = violation.members.iter().take(MEMBERS).map(|member| escape::name(&member.name));
        let more = violation.members.len().saturating_sub(MEMBERS);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        notes.push(format!("in {} places: {}{more}", violation.count, named.collect::<Vec<_>>().join("; ")));
    }
    if let Some(first) = violation.why.first() {
        let steps =
            violation.why.iter().map(|step| format!(" → {} {}", escape::name(&step.edge), escape::name(&step.to.name)));
        // Of a way of one step the reason is the news.
        let because = match violation.why.as_slice() {
            [only] => format!(": {}", escape::name(&only.because)),
            _ => String::new(),
        };
        notes.push(format!("why: {}{}{because}", escape::name(&first.from.name), steps.collect::<String>()));
    }
    let mut lines = notes.iter().flat_map(|note| wrapped(note, "  ", style));
    lines.try_for_each(|line| writeln!(out, "{}", paint.dim(&line)))
}
