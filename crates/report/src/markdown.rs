//! Markdown for tickets, comments and wikis: the violations by control, worst first, each control folded; then what was
//! not assessed. It is never longer than the place it goes to takes: fewer of each kind are listed, and what is still too
//! long is left out, which the text then says.

use std::io::{self, Write};

use self::page::Page;
use super::plan::markdown::text::{cell, code, html, text};
use super::text::{Paint, counted, gap, summary_parts};
use super::{decided, details, groups, header, overrides, titles};
use cutover_model::result::audit::{Audit, Coverage, Diagnostic, Listing, Violation, ViolationStatus};

pub(super) mod page;

/// The most bytes of a comment on GitHub, which takes as many characters.
pub const COMMENT: usize = 65_536;
/// The most bytes of the job summary of a step, on GitHub.
pub const JOB_SUMMARY: usize = 1 << 20;
/// Actions that are listed.
const MAX_ACTIONS: usize = 10;
/// Violations of one kind that are listed: the most that there is room for.
const LISTED: [usize; 6] = [20, 10, 5, 3, 2, 1];

/// Writes an audit, in at most so many bytes.
///
/// # Errors
/// When the output cannot be written.
pub fn audit<V>(audit: &Audit<V>, limit: usize, out: &mut dyn Write) -> io::Result<()>
where
    V: cutover_model::result::audit::Violations,
{
    let listing = audit.listing();
    let heading = |page: &mut Page| {
        heading(&listing, page);
        actions(audit, page);
    };
    write(&listing, limit, &heading, out)
}

/// What to do, the worst first.
fn actions<V>(audit: &Audit<V>, page: &mut Page) {
    if audit.actions.is_empty() {
        return;
    }
    page.add("\n## Top actions\n\n| action | clears | owner |\n|---|---|---|\n");
    for action in audit.actions.iter().take(MAX_ACTIONS) {
        let (target, edit) = (text(&titles::target(action)), text(&titles::edit(action)));
        let place = cell(&format!("{}:{}", action.location.path, action.location.line));
        page.add(&format!(
            "| **{target}**: {edit} {place} | {} | {} |\n",
            titles::clears(&action.clears),
            action.party.id()
        ));
    }
    let more = audit.actions.len() + audit.actions_omitted - audit.actions.len().min(MAX_ACTIONS);
    if more > 0 {
        page.add(&format!("\n{} more in the JSON result.\n", counted(more, "action")));
    }
}

/// Writes the violations and what was not assessed below a heading, in at most so many bytes.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(
    listing: &Listing<'_>,
    limit: usize,
    heading: &dyn Fn(&mut Page),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut written = String::new();
    for listed in LISTED {
        let mut page = Page::new(limit);
        heading(&mut page);
        violations(listing, listed, &mut page);
        absent(listing, listed, &mut page);
        changed(listing, &mut page);
        decided_by(listing, &mut page);
        not_assessed(listing, &mut page);
        let is_whole = page.is_whole();
        written = page.finish();
        if is_whole {
            break;
        }
    }
    out.write_all(written.as_bytes())
}

/// What could not be read, if anything could not.
pub(super) fn incomplete(diagnostics: &[Diagnostic], page: &mut Page) {
    let Some(banner) = header::incomplete(diagnostics) else { return };
    page.add(&format!("> **{banner}**\n"));
    header::unread(diagnostics).iter().for_each(|line| page.add(&format!("> - {}\n", text(line))));
    page.add("\n");
}

fn heading(listing: &Listing<'_>, page: &mut Page) {
    let records: usize = listing.inputs.iter().map(|input| input.records).sum();
    let skipped: usize = listing.inputs.iter().map(|input| input.skipped).sum();
    let left_out = if skipped > 0 { format!(", {skipped} left out") } else { String::new() };
    page.add(&format!("# Audit as of {}\n\n", listing.as_of));
    incomplete(listing.diagnostics, page);
    page.add(&format!("- {}, {}{left_out}\n", counted(listing.inputs.len(), "file"), counted(records, "record")));
    header::of_listing(listing).iter().for_each(|line| page.add(&format!("- {}\n", text(line))));
    page.add(&format!("- **{}**\n", summary_parts(listing, Paint::new(false)).join("; ")));
}

fn violations(listing: &Listing<'_>, listed: usize, page: &mut Page) {
    let groups = listing.groups(listed);
    let mut violations = listing.violations.included(listed).peekable();
    while let Some(first) = violations.peek() {
        let (control, severity) = (first.control.clone(), first.severity);
        let groups = groups::of(&groups, first);
        let described = listing.control(&control);
        let open: usize = groups.iter().filter(|group| group.status == ViolationStatus::Open).map(|g| g.count).sum();
        let all: usize = groups.iter().map(|group| group.count).sum();
        let count = if open > 0 { format!("{open} open") } else { format!("{all} that do not count") };
        let summary =
            format!("<b>{}</b> <code>{}</code> {}: {count}", severity.id(), html(&control), html(&first.title));
        page.fold(&summary);
        page.add(&format!("{}.\n\n", groups::duties(&groups, first.party, described, text)));
        while let Some(violation) = violations.next_if(|next| next.control == control && next.severity == severity) {
            page.add(&one(&violation));
        }
        for sentence in groups::left_out(&groups, text) {
            page.add(&format!("- … and {sentence}; `--format jsonl` and `csv` have every one\n"));
        }
        page.unfold();
        if !page.is_whole() {
            return;
        }
    }
}

/// A violation as an item of a list.
fn one(violation: &Violation) -> String {
    let place = &violation.location;
    let news = details::news(violation).map(|news| format!("**{news}**: ")).unwrap_or_default();
    let mut lines = vec![
        format!("- {news}{} ({} line {})", text(&violation.message), code(&place.path), place.line),
        format!("  - to do: {}", text(&violation.remedy)),
    ];
    lines.extend(details::standing(violation).map(|words| format!("  - **not counted**: {}", text(&words))));
    lines.extend(details::planned(violation).map(|words| format!("  - {}", text(&words))));
    lines.extend(details::members(violation, code).map(|members| format!("  - {members}")));
    lines.extend(details::way(violation, code, text).map(|way| format!("  - why: {way}")));
    lines.join("\n") + "\n"
}

/// Violations of the baseline that are gone.
fn absent(listing: &Listing<'_>, listed: usize, page: &mut Page) {
    let Some(baseline) = listing.baseline.filter(|_| !listing.absent.is_empty()) else { return };
    page.add(&format!("\n## Absent since the baseline of {}\n", baseline.as_of));
    page.fold(&counted(listing.absent.len(), "violation"));
    for violation in listing.absent.iter().take(listed) {
        page.add(&format!("- {} {}\n", code(&violation.control), text(&violation.message)));
    }
    if listing.absent.len() > listed {
        page.add(&format!("- … and {} more\n", listing.absent.len() - listed));
    }
    page.unfold();
}

/// What the organisation changed of the controls.
fn changed(listing: &Listing<'_>, page: &mut Page) {
    if !listing.overrides.is_empty() {
        page.add(&format!("\n## {}\n\n", overrides::heading(listing.overrides)));
    }
    for change in listing.overrides {
        page.add(&format!("- {} {}\n", code(&change.control), overrides::sentence(change, text)));
    }
}

/// What influenced the verdicts. What an export changed of the rules itself is in bold.
fn decided_by(listing: &Listing<'_>, page: &mut Page) {
    let lines = decided::lines(listing.decided_by, text);
    if !lines.is_empty() {
        page.add("\n## Decided by\n\n");
    }
    for line in lines {
        let mark = if line.strong { "**" } else { "" };
        page.add(&format!("- {mark}{}{mark}\n", line.text));
    }
}

fn not_assessed(listing: &Listing<'_>, page: &mut Page) {
    let gaps: Vec<(&Coverage, String)> =
        listing.coverage.iter().filter_map(|coverage| Some((coverage, gap(coverage)?))).collect();
    if gaps.is_empty() {
        return;
    }
    page.add("\n## Not assessed\n\nA control without its input never passes.\n");
    page.fold(&counted(gaps.len(), "control"));
    page.add("| Control | About | How much | To assess it |\n| --- | --- | --- | --- |\n");
    for (Coverage { control, hints, .. }, share) in gaps {
        let title = listing.control(control).map(|described| text(&described.title)).unwrap_or_default();
        let hints: Vec<String> = hints.iter().map(|hint| text(hint)).collect();
        page.add(&format!("| {} | {title} | {share} | {} |\n", cell(control), hints.join("; ")));
    }
    page.unfold();
}
