//! A table, one violation a row, for spreadsheets: nothing in it is a formula.

use std::io::{self, Write};

use csv::{ErrorKind, Writer};

use super::plan::csv::cell;
use cutover_model::result::audit::{BaselineState, Listing, Violation, Waiver};

const COLUMNS: [&str; 27] = [
    "control",
    "severity",
    "status",
    "party",
    "title",
    "message",
    "remedy",
    "company",
    "subject_type",
    "subject_id",
    "subject_name",
    "resource_type",
    "resource_id",
    "resource_name",
    "count",
    "members",
    "path",
    "line",
    "column",
    "pointer",
    "waived_until",
    "waiver_reason",
    "waiver_owner",
    "waiver_approver",
    "waiver_path",
    "fingerprint",
    "baseline_state",
];

/// Members named in one cell; `count` has them all.
const MEMBERS: usize = 20;

/// Writes each violation as a row, and behind them those of the baseline that are gone.
///
/// # Errors
/// When the output cannot be written.
pub fn write(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut header = Writer::from_writer(&mut *out);
    header.write_record(COLUMNS).map_err(reason)?;
    header.flush()?;
    drop(header);
    listing.violations.render(&rows, out)?;
    out.write_all(&rows(listing.absent)?)
}

fn rows(violations: &[Violation]) -> io::Result<Vec<u8>> {
    let mut table = Writer::from_writer(Vec::new());
    for violation in violations {
        table.write_record(row(violation).each_ref().map(|text| cell(text))).map_err(reason)?;
    }
    table.into_inner().map_err(|error| error.into_error())
}

fn row(violation: &Violation) -> [String; COLUMNS.len()] {
    let Violation { subject, resource, location, .. } = violation;
    let waiver = |part: fn(&Waiver) -> String| violation.waiver.as_ref().map(part).unwrap_or_default();
    let mut members: Vec<&str> = violation.members.iter().take(MEMBERS).map(|member| member.name.as_str()).collect();
    if violation.members.len() > MEMBERS {
        members.push("…");
    }
    [
        violation.control.clone(),
        violation.severity.id().to_owned(),
        violation.status.id().to_owned(),
        violation.party.id().to_owned(),
        violation.title.clone(),
        violation.message.clone(),
        violation.remedy.clone(),
        violation.company.clone(),
        subject.r#type.to_string(),
        subject.id.to_string(),
        subject.name.to_string(),
        resource.r#type.to_string(),
        resource.id.to_string(),
        resource.name.to_string(),
        violation.count.to_string(),
        members.join("; "),
        location.path.clone(),
        location.line.to_string(),
        location.column.to_string(),
        location.pointer.clone(),
        waiver(|waiver| waiver.expires.to_string()),
        waiver(|waiver| waiver.reason.clone()),
        waiver(|waiver| waiver.owner.clone()),
        waiver(|waiver| waiver.approver.clone()),
        waiver(|waiver| format!("{}:{}", waiver.path, waiver.line)),
        violation.fingerprint.clone(),
        violation.baseline_state.map(BaselineState::id).unwrap_or_default().to_owned(),
    ]
}

/// A reader that went away is no error, so the reason of the system must not get lost.
fn reason(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
