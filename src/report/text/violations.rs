//! The violations, by control.

use std::io::{self, Write};

use super::snippet::{Message, draw};
use super::{Paint, is_open, wrapped};
use crate::escape;
use crate::report::Style;
use crate::result::Severity;
use crate::result::audit::{Audit, Control, Violation, ViolationStatus};

/// Violations of one control that are drawn with their lines; the others take one line each.
const DRAWN: usize = 3;
/// Violations of one control that are listed at all, unless everything is asked for.
const LISTED: usize = 20;
/// Members named in one violation.
const MEMBERS: usize = 6;

pub(super) fn write(audit: &Audit, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    // Sorted worst first, so violations of one control and severity stand together.
    let groups = audit.violations.chunk_by(|one, two| (&one.control, one.severity) == (&two.control, two.severity));
    for group in groups {
        if let Some(first) = group.first() {
            let control = audit.controls.iter().find(|control| control.id == first.control);
            heading(first, group, control, paint, out)?;
            list(group, style, paint, out)?;
        }
    }
    Ok(())
}

fn heading(
    first: &Violation,
    group: &[Violation],
    control: Option<&Control>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let severity = paint.severity(first.severity, first.severity.id());
    let duty = control
        .and_then(|control| control.duty.as_deref())
        .map(|duty| format!(", duty {}", escape::name(duty)))
        .unwrap_or_default();
    let open = group.iter().filter(|violation| is_open(violation.status)).count();
    let waived = if open < group.len() { format!(", {} waived", group.len() - open) } else { String::new() };
    writeln!(
        out,
        "\n{severity} {}  {}",
        paint.bold(&escape::name(&first.control)),
        paint.bold(&escape::name(&first.title))
    )?;
    writeln!(out, "  {}", paint.dim(&format!("{open} open{waived}; the {} must act{duty}", first.party.id())))
}

fn list(group: &[Violation], style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let most = if style.verbose { usize::MAX } else { LISTED };
    let drawn = if style.verbose { usize::MAX } else { DRAWN };
    for (index, violation) in group.iter().enumerate().take(most) {
        if index < drawn {
            if index > 0 {
                writeln!(out)?;
            }
            draw(&message(violation), paint, style.width, out)?;
            details(violation, style, paint, out)?;
        } else {
            let place = format!(
                "{}:{}:{}",
                escape::name(&violation.location.path),
                violation.location.line,
                violation.location.column
            );
            writeln!(out, "  {} {} {}", mark(violation), escape::visible(&violation.message), paint.dim(&place))?;
        }
    }
    if group.len() > most {
        writeln!(out, "  … and {} more; -v lists them, and so do the other formats", group.len() - most)?;
    }
    Ok(())
}

fn mark(violation: &Violation) -> &'static str {
    if is_open(violation.status) { "×" } else { "·" }
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
    if let Some(waiver) = &violation.waiver {
        let (approver, reason) = (escape::name(&waiver.approver), escape::name(&waiver.reason));
        notes.push(format!("waived until {} by {approver}: {reason}", waiver.expires));
    }
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
