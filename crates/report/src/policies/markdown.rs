//! The list for a page or a ticket: a table for each family.

use std::io::{self, Write};

use super::words;
use crate::plan::markdown::text::{cell, text};
use cutover_model::result::policies::Policies;

pub(super) fn policies(policies: &Policies, out: &mut dyn Write) -> io::Result<()> {
    for family in &policies.families {
        let letters = if family.name == family.id { String::new() } else { format!(" ({})", text(&family.id)) };
        writeln!(out, "## {}{letters}\n", text(&family.name))?;
        writeln!(out, "| control | severity | who acts | what |\n|---|---|---|---|")?;
        for control in policies.controls.iter().filter(|control| control.family == family.id) {
            let (id, title) = (cell(&control.id), text(&control.title));
            writeln!(out, "| {id} | {} | {} | {title} |", control.severity.id(), control.party.id())?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}.", words::total(policies, &|_, text| text.to_owned()))
}
