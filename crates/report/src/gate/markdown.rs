//! A gate as Markdown, for the comment under a pull request: what changed, then what of it is against policy.

use std::io::{self, Write};

use super::words::{self, Line};
use crate::markdown::page::Page;
use crate::plan::markdown::text::{code, html, text};
use crate::text::{Paint, summary_parts};
use crate::{header, markdown};
use cutover_model::result::gate::Gate;

/// Changes of one kind that are listed.
const MAX_LISTED: usize = 50;

/// Writes a gate, in at most so many bytes.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn write(gate: &Gate, limit: usize, out: &mut dyn Write) -> io::Result<()> {
    let listing = gate.listing();
    markdown::write(&listing, limit, &|page| heading(gate, page), out)
}

fn heading(gate: &Gate, page: &mut Page) {
    page.add(&format!("# Gate of {} as of {}\n\n", text(&gate.company.name), gate.as_of));
    markdown::incomplete(&gate.diagnostics, page);
    page.add(&format!("- **{}**\n", summary_parts(&gate.listing(), Paint::new(false)).join("; ")));
    page.add(&format!("- {}\n", words::counts(gate)));
    if let Some(accepted) = words::once_accepted(gate) {
        page.add(&format!("- **{accepted}**\n"));
    }
    header::of_gate(gate).iter().for_each(|line| page.add(&format!("- {}\n", text(line))));
    if let Some(stayed) = words::stayed(gate) {
        page.add(&format!("- {stayed}\n"));
    }
    if let Some(proof) = &gate.proof {
        page.add(&format!("- new access: {}\n", text(&words::proof(proof))));
    }
    for entry in &gate.not_compared {
        page.add(&format!("- not compared: {}\n", words::not_compared(entry, code)));
    }
    for (heading, changes) in words::sections(gate) {
        page.fold(&html(&heading));
        let lines = words::lines(&changes);
        for Line { change, message } in lines.iter().take(MAX_LISTED) {
            let place = words::place(change).map(|at| format!(" ({} line {})", code(&at.path), at.line));
            let sign = words::sign(change.direction);
            page.add(&format!("- `{sign}` {}{}\n", text(message), place.unwrap_or_default()));
        }
        if lines.len() > MAX_LISTED {
            page.add(&format!("- … and {} more; `--format json` has every one\n", lines.len() - MAX_LISTED));
        }
        page.unfold();
    }
}
