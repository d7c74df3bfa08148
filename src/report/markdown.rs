//! Markdown for tickets and wikis: the violations by control, worst first, of each sort the first ones; then what was not
//! judged.

use std::io::{self, Write};

use super::plan::markdown::text::{cell, code, text};
use super::text::{Paint, counted, gap, summary_parts, sunset};
use super::{groups, overrides};
use crate::result::audit::{Audit, Coverage, Step, Violation, Violations};

/// Violations of one sort that are listed.
const LISTED: usize = 20;
/// Members named in one violation.
const MEMBERS: usize = 6;

/// Writes an audit.
///
/// # Errors
/// When the output cannot be written.
pub fn audit<V: Violations>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    header(audit, out)?;
    violations(audit, out)?;
    changed(audit, out)?;
    not_judged(audit, out)
}

fn header<V>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    let records: usize = audit.inputs.iter().map(|input| input.records).sum();
    let skipped: usize = audit.inputs.iter().map(|input| input.skipped).sum();
    let left_out = if skipped > 0 { format!(", {skipped} left out") } else { String::new() };
    writeln!(out, "# Audit as of {}\n", audit.as_of)?;
    writeln!(out, "- {}, {}{left_out}", counted(audit.inputs.len(), "file"), counted(records, "record"))?;
    writeln!(out, "- {}", text(&sunset(audit)))?;
    writeln!(out, "- **{}**", summary_parts(audit, Paint::new(false)).join("; "))
}

fn violations<V: Violations>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    let groups = audit.groups(LISTED);
    let mut violations = audit.violations.told(LISTED).peekable();
    while let Some(first) = violations.peek() {
        let (control, severity) = (first.control.clone(), first.severity);
        let groups = groups::of(&groups, first);
        let described = audit.controls.iter().find(|described| described.id == control);
        writeln!(out, "\n## {}: {} {}\n", severity.id(), code(&control), text(&first.title))?;
        writeln!(out, "{}.\n", groups::duties(&groups, first.party, described, text))?;
        while let Some(violation) = violations.next_if(|next| next.control == control && next.severity == severity) {
            one(&violation, out)?;
        }
        for sentence in groups::left_out(&groups) {
            writeln!(out, "- … and {sentence}; `--format jsonl` and `csv` have every one")?;
        }
    }
    Ok(())
}

fn one(violation: &Violation, out: &mut dyn Write) -> io::Result<()> {
    let place = &violation.location;
    writeln!(out, "- {} ({} line {})", text(&violation.message), code(&place.path), place.line)?;
    writeln!(out, "  - to do: {}", text(&violation.remedy))?;
    if let Some(waiver) = &violation.waiver {
        let (approver, reason) = (text(&waiver.approver), text(&waiver.reason));
        writeln!(out, "  - **waived** until {} by {approver}: {reason}", waiver.expires)?;
    }
    if violation.count > 1 && !violation.members.is_empty() {
        let named: Vec<String> = violation.members.iter().take(MEMBERS).map(|member| code(&member.name)).collect();
        let more = violation.members.len().saturating_sub(MEMBERS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "  - in {} places: {}{more}", violation.count, named.join(", "))?;
    }
    if let Some(first) = violation.why.first() {
        let step = |step: &Step| format!(" → {} {}", text(&step.edge), code(&step.to.name));
        let steps: String = violation.why.iter().map(step).collect();
        writeln!(out, "  - why: {}{steps}", code(&first.from.name))?;
    }
    Ok(())
}

/// What the organisation changed of the controls.
fn changed<V>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    if !audit.overrides.is_empty() {
        writeln!(out, "\n## Changed by cutover.toml\n")?;
    }
    let mut changes = audit.overrides.iter();
    changes.try_for_each(|change| writeln!(out, "- {} {}", code(&change.control), overrides::sentence(change, text)))
}

fn not_judged<V>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    let mut gaps = audit.coverage.iter().filter_map(|coverage| Some((coverage, gap(coverage)?))).peekable();
    if gaps.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Not judged\n\nWhat the export does not say is never a pass.\n")?;
    writeln!(out, "| Control | About | How much | To have it judged |")?;
    writeln!(out, "| --- | --- | --- | --- |")?;
    for (Coverage { control, hints, .. }, share) in gaps {
        let title = audit.controls.iter().find(|described| described.id == *control);
        let title = title.map(|described| text(&described.title)).unwrap_or_default();
        let hints: Vec<String> = hints.iter().map(|hint| text(hint)).collect();
        writeln!(out, "| {} | {title} | {share} | {} |", cell(control), hints.join("; "))?;
    }
    Ok(())
}
