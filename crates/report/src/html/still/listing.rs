//! An audit or a gate in short.

use super::{MAX_LISTED, code, incomplete, name, note, section, table, text};
use crate::gate::words;
use crate::groups::{left_out, share};
use crate::html::markup::list;
use crate::text::{Paint, counted, gap, summary_parts};
use crate::{decided, details, header, overrides};
use cutover_model::result::audit::{Group, Listing, Violation};
use cutover_model::result::decisions::DecidedBy;
use cutover_model::result::gate::Gate;

const FORMATS: &str = "<code>--format json</code>, <code>jsonl</code> and <code>csv</code>";

/// An audit.
pub(in crate::html) fn audit(listing: &Listing<'_>) -> String {
    let records: usize = listing.inputs.iter().map(|input| input.records).sum();
    let read = format!("{}, {}", counted(listing.inputs.len(), "file"), counted(records, "record"));
    let lines = header::of_listing(listing).into_iter().map(|line| text(&line));
    let facts: Vec<String> = [read].into_iter().chain(lines).chain([summary(listing)]).collect();
    let (banner, below) = (incomplete(listing.diagnostics), below(listing));
    format!("<h1>Audit as of {}</h1>\n{banner}{}{}{below}", listing.as_of, note(FORMATS), list(&facts))
}

/// A gate.
pub(in crate::html) fn gate(gate: &Gate) -> String {
    let listing = gate.listing();
    let mut facts = vec![summary(&listing), text(&words::counts(gate))];
    facts.extend(header::of_gate(gate).iter().map(|line| text(line)));
    facts.extend(words::once_accepted(gate));
    facts.extend(words::stayed(gate).map(|stayed| text(&stayed)));
    facts.extend(gate.proof.as_ref().map(|proof| format!("new access: {}", text(&words::proof(proof)))));
    facts.extend(gate.not_compared.iter().map(|entry| format!("not compared: {}", words::not_compared(entry, code))));
    let mut changes = String::new();
    for (heading, of) in words::sections(gate) {
        let lines = words::lines(&of);
        let mut items: Vec<String> = lines
            .iter()
            .take(MAX_LISTED)
            .map(|line| {
                let place = words::place(line.change).map(|at| format!(" ({} line {})", code(&at.path), at.line));
                let sign = words::sign(line.change.direction);
                format!("{sign} {}{}", text(&line.message), place.unwrap_or_default())
            })
            .collect();
        items.extend(
            lines.len().checked_sub(MAX_LISTED).filter(|more| *more > 0).map(|more| format!("… and {more} more")),
        );
        changes.push_str(&section(&heading, &list(&items)));
    }
    let title = format!("<h1>Gate of {} as of {}</h1>\n", name(&gate.company.name), gate.as_of);
    let banner = incomplete(&gate.diagnostics);
    format!("{title}{banner}{}{}{changes}{}", note(FORMATS), list(&facts), below(&listing))
}

fn summary(listing: &Listing<'_>) -> String {
    format!("<strong>{}</strong>", text(&summary_parts(listing, Paint::new(false)).join("; ")))
}

/// What audits and gates have in common.
fn below(listing: &Listing<'_>) -> String {
    let parts = [
        section("Violations", &violations(listing)),
        section("Absent since the baseline", &absent(listing)),
        section(overrides::heading(listing.overrides), &changed(listing)),
        section("Decided by", &list(&decided_by(listing.decided_by))),
        section("Not assessed", &not_assessed(listing)),
        section("Responsibilities", &duties(listing)),
    ];
    parts.concat()
}

fn violations(listing: &Listing<'_>) -> String {
    let groups = listing.groups(usize::MAX);
    let most = share(&groups, MAX_LISTED);
    let groups = listing.groups(most);
    let rows: Vec<Vec<String>> = listing.violations.included(most).take(MAX_LISTED).map(|one| row(&one)).collect();
    let included = rows.len();
    if included == 0 {
        return String::new();
    }
    let all: usize = groups.iter().map(|group| group.count).sum();
    let caption = if included == all {
        counted(all, "violation")
    } else {
        format!("{included} of {}", counted(all, "violation"))
    };
    let columns = ["Severity", "Control", "Finding", "What to do", "Who acts", "Where"];
    let groups: Vec<&Group> = groups.iter().collect();
    let more: Vec<String> = groups
        .iter()
        .flat_map(|group| left_out(&[*group], text).into_iter().map(|more| format!("{}: {more}", code(&group.control))))
        .take(MAX_LISTED)
        .collect();
    let more = if more.is_empty() { more } else { [vec![format!("{FORMATS} have every one")], more].concat() };
    format!("{}{}", table(&caption, &columns, &rows), list(&more))
}

fn row(violation: &Violation) -> Vec<String> {
    let news = details::news(violation).map(|news| format!("<strong>{news}</strong>: ")).unwrap_or_default();
    let standing = details::standing(violation).map(|words| format!(" (not counted: {})", text(&words)));
    let standing = standing.or_else(|| details::planned(violation).map(|words| format!(" ({})", text(&words))));
    vec![
        violation.severity.id().to_owned(),
        code(&violation.control),
        format!("{news}{}{}", text(&violation.message), standing.unwrap_or_default()),
        text(&violation.remedy),
        violation.party.id().to_owned(),
        format!("{} line {}", code(&violation.location.path), violation.location.line),
    ]
}

fn absent(listing: &Listing<'_>) -> String {
    let mut items: Vec<String> = listing
        .absent
        .iter()
        .take(MAX_LISTED)
        .map(|gone| format!("{} {}", code(&gone.control), text(&gone.message)))
        .collect();
    let more = listing.absent.len().checked_sub(MAX_LISTED).filter(|more| *more > 0);
    items.extend(more.map(|more| format!("… and {more} more")));
    list(&items)
}

fn changed(listing: &Listing<'_>) -> String {
    let sentence = |change| overrides::sentence(change, text);
    let items = listing.overrides.iter().map(|change| format!("{} {}", code(&change.control), sentence(change)));
    list(&items.collect::<Vec<_>>())
}

/// What influenced the verdicts. What an export changed of the rules itself is strong.
pub(super) fn decided_by(all: &[DecidedBy]) -> Vec<String> {
    let item = |line: decided::Line| match line.strong {
        true => format!("<strong>{}</strong>", line.text),
        false => line.text,
    };
    decided::lines(all, text).into_iter().map(item).collect()
}

fn not_assessed(listing: &Listing<'_>) -> String {
    let row = |coverage: &cutover_model::result::audit::Coverage| {
        let share = gap(coverage)?;
        let title = listing.control(&coverage.control).map(|control| text(&control.title)).unwrap_or_default();
        let hints: Vec<String> = coverage.hints.iter().map(|hint| text(hint)).collect();
        Some(vec![code(&coverage.control), title, share, hints.join("; ")])
    };
    let rows: Vec<Vec<String>> = listing.coverage.iter().filter_map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    table("A control without its input never passes", &["Control", "About", "How much", "To assess it"], &rows)
}

/// The duties of the model, who has them, and what is open of each.
fn duties(listing: &Listing<'_>) -> String {
    let groups = listing.groups(usize::MAX);
    let open = |duty: &str| -> usize {
        let of = |group: &&Group| {
            let control = listing.control(&group.control);
            group.status == cutover_model::result::audit::ViolationStatus::Open
                && control.and_then(|control| control.duty.as_deref()) == Some(duty)
        };
        groups.iter().filter(of).map(|group| group.count).sum()
    };
    let rows: Vec<Vec<String>> = listing
        .duties
        .iter()
        .map(|duty| vec![code(&duty.id), text(&duty.title), duty.party.id().to_owned(), open(&duty.id).to_string()])
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table("Duties of the shared responsibility model", &["Duty", "What it is", "Who has it", "Open"], &rows)
}
