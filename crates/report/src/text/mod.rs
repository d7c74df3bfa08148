//! Text for people: violations by control, worst first, of each kind the first ones; then what was not assessed, then one line that sums up.

use std::io::{self, Write};

use super::{Style, View, header, verdict};
pub use cutover_model::natural::counted;
use cutover_model::result::Severity;
use cutover_model::result::audit::{Audit, Coverage, Diagnostic, Listing, Status, ViolationStatus, Violations};

mod actions;
pub(super) mod coverage;
pub(super) mod decided;
pub(super) mod overrides;
pub mod overview;
mod paint;
pub(super) mod screen;
mod snippet;
pub(super) mod violations;

pub use paint::Paint;

/// Writes an audit.
///
/// # Errors
/// When the output cannot be written.
pub fn audit<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    match style.view {
        View::Overview => return overview::write(audit, style, out),
        View::Verdict => return overview::verdict(audit, style, out),
        View::Coverage => {
            writeln!(out, "{}", verdict::line(audit, paint))?;
            header::of_listing(&audit.listing()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
            overrides::write(&audit.overrides, style, paint, out)?;
            return coverage::write(&audit.listing(), style, paint, out);
        }
        View::Details => {}
    }
    header(audit, paint, out)?;
    decided::write(&audit.decided_by, style, paint, out)?;
    actions::write(audit, style, out)?;
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
    writeln!(out, "{}", verdict::line(audit, paint))?;
    writeln!(out, "{} as of {}", paint.bold("Audit"), audit.as_of)?;
    incomplete(&audit.diagnostics, paint, out)?;
    writeln!(out, "{files}, {}{left_out}", counted(records, "record"))?;
    header::of_listing(&audit.listing()).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes what could not be read, if anything could not.
pub(super) fn incomplete(diagnostics: &[Diagnostic], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Some(banner) = header::incomplete(diagnostics) else { return Ok(()) };
    writeln!(out, "{}", paint.alarm(&banner))?;
    header::unread(diagnostics).iter().try_for_each(|line| writeln!(out, "  {line}"))
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
    let incomplete = header::incomplete(listing.diagnostics);
    let mut parts = vec![match open {
        0 if failed > 0 => "no violations found".to_owned(),
        0 if incomplete.is_some() => "no violations in what could be read".to_owned(),
        0 => paint.good("no violations"),
        _ => format!("{}: {}", paint.bold(&counted(open, "violation")), by_severity.join(", ")),
    }];
    parts.extend(incomplete.map(|banner| paint.alarm(&banner)));
    if failed > 0 {
        parts.push(paint.alarm(&format!("{} could not be evaluated", counted(failed, "control"))));
    }
    if listing.summary.waived > 0 {
        parts.push(format!("{} waived", listing.summary.waived));
    }
    if listing.baseline.is_some() {
        let gone = listing.absent.len();
        parts.push(format!("{} in the baseline and no worse, {gone} absent since", listing.summary.baseline));
    }
    let partly = listing.coverage.iter().filter(|control| control.status == Status::PartlyAssessed).count();
    if listing.summary.not_assessed > 0 || partly > 0 {
        parts.push(format!(
            "{} not assessed, {partly} partly assessed",
            counted(listing.summary.not_assessed, "control")
        ));
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
    let paint = Paint::of(style);
    snippet::diagnostic(diagnostic, paint, style, out)
}

/// Breaks text into lines of the given width, each indented.
fn wrapped(text: &str, indent: &str, style: Style) -> Vec<String> {
    let options = textwrap::Options::new(style.width.clamp(60, 160)).initial_indent(indent).subsequent_indent(indent);
    textwrap::wrap(text, options).iter().map(|line| line.trim_end().to_owned()).collect()
}

/// How much a control could not evaluate, if it has something to say about that.
pub(super) fn gap(coverage: &Coverage) -> Option<String> {
    let facts = || counted(coverage.facts, "fact");
    match (coverage.status, coverage.facts) {
        (Status::Assessed | Status::Off, _) => None,
        (Status::NotAssessed, 0) => Some("input missing".to_owned()),
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
