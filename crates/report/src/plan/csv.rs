//! The plan as a table: one step a row, and three columns for the person who keeps track.

use std::io::{self, Write};

use super::words;
use cutover_model::escape;
use cutover_model::result::plan::{Account, Plan, Status, Step};
use cutover_model::result::repair::Edit;

const COLUMNS: [&str; 19] = [
    "account", "status", "wave", "step", "kind", "action", "party", "duty", "right", "after", "earliest", "ends",
    "latest", "overdue", "check", "undo", "state", "date", "note",
];

pub(super) fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    for account in &plan.accounts {
        for step in &account.steps {
            table.write_record(row(account, Some(step)).each_ref().map(|text| cell(text)))?;
        }
        if account.steps.is_empty() && account.status != Status::Done {
            table.write_record(row(account, None).each_ref().map(|text| cell(text)))?;
        }
    }
    for edit in plan.repair.iter().flat_map(|repair| &repair.edits) {
        table.write_record(of_edit(edit).each_ref().map(|text| cell(text)))?;
    }
    table.flush()
}

/// The row of an edit of a repair: of whom or of which template it is.
fn of_edit(edit: &Edit) -> [String; COLUMNS.len()] {
    let of = edit.subject.as_ref().or(edit.template.as_ref()).map(|of| of.name.to_string()).unwrap_or_default();
    step_row([of, "repair".to_owned(), String::new()], Some(&edit.step), "")
}

/// The row of a step. An account that has none, and is not done, has one that says why.
fn row(account: &Account, step: Option<&Step>) -> [String; COLUMNS.len()] {
    let wave = account.wave.map(|wave| wave.to_string()).unwrap_or_default();
    step_row([account.account.name.to_string(), account.status.id().to_owned(), wave], step, &account.reason)
}

fn step_row([account, status, wave]: [String; 3], step: Option<&Step>, reason: &str) -> [String; COLUMNS.len()] {
    let text = |part: fn(&Step) -> &String| step.map(part).cloned().unwrap_or_default();
    let shown = |part: fn(&Step) -> Option<String>| step.and_then(part).unwrap_or_default();
    [
        account,
        status,
        wave,
        text(|step| &step.id),
        text(|step| &step.kind),
        step.map_or(reason, |step| &step.action).to_owned(),
        shown(|step| Some(words::party(step.party).to_owned())),
        text(|step| &step.duty),
        text(|step| &step.right),
        shown(|step| Some(step.after.join(" "))),
        shown(|step| Some(step.earliest.to_string())),
        shown(|step| Some(step.ends.to_string())),
        shown(|step| Some(step.latest?.to_string())),
        shown(|step| Some(if step.overdue { "yes" } else { "no" }.to_owned())),
        text(|step| &step.check),
        text(|step| &step.undo),
        String::new(),
        String::new(),
        String::new(),
    ]
}

/// Text that a spreadsheet shows and does not calculate: an apostrophe stands before what could begin a formula. Where
/// lists are written with semicolons, a spreadsheet takes one for the end of a cell, even between quotes.
pub(crate) fn cell(text: &str) -> String {
    let formula = |text: &str| {
        text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '"')
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
    };
    let shown = escape::visible(text);
    let mut out = String::with_capacity(shown.len() + 1);
    for (index, part) in shown.split(';').enumerate() {
        if index > 0 {
            out.push(';');
        }
        if formula(part) || (index == 0 && text.starts_with(['\t', '\r', '\n'])) {
            out.push('\'');
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_a_formula() {
        for text in ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\u{a0}=1", "＝1", "\"=1"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("a;=1; @b;\"+2"), "a;'=1;' @b;'\"+2");
        assert_eq!(cell("a=1, \"b\""), "a=1, \"b\"");
    }
}
