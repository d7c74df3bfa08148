//! Text for people: violations by control, worst first, of each sort the first ones; then what was not judged, then one line that sums up.

use std::io::{self, Write};

use super::Style;
use crate::escape;
pub(crate) use crate::natural::counted;
use crate::result::Severity;
use crate::result::audit::{Audit, Coverage, Diagnostic, Listing, Status, ViolationStatus, Violations};

pub(super) mod coverage;
pub(super) mod overrides;
mod paint;
mod snippet;
pub(super) mod violations;

pub use paint::Paint;

/// Writes an audit.
///
/// # Errors
/// When the output cannot be written.
pub fn audit<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.colour);
    header(audit, paint, out)?;
    violations::write(&audit.listing(), style, paint, out)?;
    violations::absent(&audit.listing(), style, paint, out)?;
    overrides::write(&audit.overrides, style, paint, out)?;
    coverage::write(&audit.listing(), style, paint, out)?;
    summary(audit, paint, out)
}

fn header<V: Violations>(audit: &Audit<V>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let records: usize = audit.inputs.iter().map(|input| input.records).sum();
    let skipped: usize = audit.inputs.iter().map(|input| input.skipped).sum();
    let files = counted(audit.inputs.len(), "file");
    let left_out = if skipped > 0 { format!(", {skipped} left out") } else { String::new() };
    writeln!(out, "{} as of {}", paint.bold("Audit"), audit.as_of)?;
    writeln!(out, "{files}, {}{left_out}", counted(records, "record"))?;
    writeln!(out, "{}", sunset(&audit.listing()))
}

/// When traditional accounts stop.
pub(super) fn sunset(listing: &Listing<'_>) -> String {
    let timeline = listing.timeline;
    let days = |day: chrono::NaiveDate| match (day - listing.as_of).num_days() {
        0 => "today".to_owned(),
        left if left > 0 => format!("in {}", counted(usize::try_from(left).unwrap_or_default(), "day")),
        past => format!("{} ago", counted(usize::try_from(-past).unwrap_or_default(), "day")),
    };
    let sunset = timeline.sunset.map_or("to be announced".to_owned(), |day| format!("{day}, {}", days(day)));
    format!("sunset of traditional service accounts: {sunset} (timeline {})", escape::name(&timeline.id))
}

fn summary<V: Violations>(audit: &Audit<V>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", summary_parts(&audit.listing(), paint).join("; "))
}

/// What came of it, in a few words.
pub(super) fn summary_parts(listing: &Listing<'_>, paint: Paint) -> Vec<String> {
    let open: usize = Severity::WORST_FIRST.iter().map(|severity| listing.summary.of(*severity)).sum();
    let by_severity: Vec<String> = Severity::WORST_FIRST
        .into_iter()
        .filter(|severity| listing.summary.of(*severity) > 0)
        .map(|severity| paint.severity(severity, &format!("{} {}", listing.summary.of(severity), severity.id())))
        .collect();
    let failed = listing.diagnostics.iter().filter(|diagnostic| diagnostic.code == "policy").count();
    let mut parts = vec![match open {
        0 if failed > 0 => "no violations that could be found".to_owned(),
        0 => paint.good("no violations"),
        _ => format!("{}: {}", paint.bold(&counted(open, "violation")), by_severity.join(", ")),
    }];
    if failed > 0 {
        parts.push(paint.alarm(&format!("{} could not be evaluated", counted(failed, "control"))));
    }
    if listing.summary.waived > 0 {
        parts.push(format!("{} waived", listing.summary.waived));
    }
    if listing.baseline.is_some() {
        let gone = listing.absent.len();
        parts.push(format!("{} in the baseline and no worse, {gone} gone since", listing.summary.baseline));
    }
    let partly = listing.coverage.iter().filter(|control| control.status == Status::PartlyAssessed).count();
    if listing.summary.not_assessed > 0 || partly > 0 {
        parts.push(format!("{} not judged, {partly} judged in part", counted(listing.summary.not_assessed, "control")));
    }
    let off = listing.coverage.iter().filter(|control| control.status == Status::Off).count();
    if off > 0 {
        parts.push(format!("{} switched off", counted(off, "control")));
    }
    parts
}

/// Writes one diagnostic, for standard error.
///
/// # Errors
/// When the output cannot be written.
pub fn diagnostic(diagnostic: &Diagnostic, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.colour);
    snippet::diagnostic(diagnostic, paint, style, out)
}

/// Breaks text into lines of the given width, each indented.
fn wrapped(text: &str, indent: &str, style: Style) -> Vec<String> {
    let options = textwrap::Options::new(style.width.clamp(60, 160)).initial_indent(indent).subsequent_indent(indent);
    textwrap::wrap(text, options).iter().map(|line| line.trim_end().to_owned()).collect()
}

/// How much a control could not judge, if it has something to say about that.
pub(super) fn gap(coverage: &Coverage) -> Option<String> {
    let facts = || counted(coverage.facts, "fact");
    match (coverage.status, coverage.facts) {
        (Status::Assessed | Status::Off, _) => None,
        (Status::NotAssessed, 0) => Some("nothing to judge it by".to_owned()),
        (Status::NotAssessed, _) => Some(format!("none of {}", facts())),
        (Status::PartlyAssessed, _) if coverage.unknown == 0 => {
            Some(format!("{}, and there may be more that the export does not list", facts()))
        }
        (Status::PartlyAssessed, _) => Some(format!("{} of {} unknown", coverage.unknown, facts())),
    }
}

fn is_open(status: ViolationStatus) -> bool {
    status == ViolationStatus::Open
}
