//! The list as a table: one control a row.

use std::io::{self, Write};

use crate::plan::csv::cell;
use cutover_model::kind::Kind;
use cutover_model::result::policies::{Control, Over, Policies, Relation};

const COLUMNS: [&str; 16] = [
    "id",
    "title",
    "severity",
    "unknown",
    "party",
    "duty",
    "duty_text",
    "message",
    "remedy",
    "references",
    "why",
    "reads",
    "needs",
    "relates_to",
    "over",
    "source",
];

pub(super) fn policies(policies: &Policies, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    for control in &policies.controls {
        table.write_record(row(control).each_ref().map(|text| cell(text)))?;
    }
    table.flush()
}

fn row(control: &Control) -> [String; COLUMNS.len()] {
    let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        control.id.clone(),
        control.title.clone(),
        control.severity.id().to_owned(),
        control.unknown.map_or(String::new(), |severity| severity.id().to_owned()),
        control.party.id().to_owned(),
        or_nothing(&control.duty),
        or_nothing(&control.duty_text),
        control.message.clone(),
        control.remedy.clone(),
        control.references.join("; "),
        control.why.clone(),
        control.reads.join(" "),
        control.needs.iter().map(|kind| Kind::id(*kind)).collect::<Vec<_>>().join(" "),
        control.relates_to.iter().map(Relation::cited).collect::<Vec<_>>().join("; "),
        match control.over {
            Over::Export => "export",
            Over::Plan => "plan",
            Over::Change => "change",
        }
        .to_owned(),
        control.source.path.clone(),
    ]
}
