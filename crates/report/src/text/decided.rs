//! What influenced the verdicts: a block below the header.

use std::io::{self, Write};

use super::{Paint, wrapped};
use crate::{Style, decided};
use cutover_model::escape;
use cutover_model::result::decisions::DecidedBy;

/// Lines that are shown unless everything is asked for.
const MAX_LISTED: usize = 6;
const HEADING: &str = "Decided by: ";

pub(crate) fn write(all: &[DecidedBy], style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let most = if style.verbose { usize::MAX } else { MAX_LISTED };
    let lines = decided::lines(all, escape::name);
    let more = lines.len().saturating_sub(most);
    // What an export changes of the rules is never among those left out.
    let mut left = more;
    let shown = lines.iter().rev().filter(|line| {
        let skipped = left > 0 && !line.strong;
        left -= usize::from(skipped);
        !skipped
    });
    let shown: Vec<&decided::Line> = shown.collect();
    let hidden = lines.len() - shown.len();
    let indent = " ".repeat(HEADING.len());
    for (index, line) in shown.into_iter().rev().enumerate() {
        for (part, text) in wrapped(&line.text, &indent, style).iter().enumerate() {
            let text = text.trim_start();
            let text = if line.strong { paint.alarm(text) } else { text.to_owned() };
            let start = if (index, part) == (0, 0) { HEADING } else { indent.as_str() };
            writeln!(out, "{start}{text}")?;
        }
    }
    match hidden {
        0 => Ok(()),
        hidden => writeln!(out, "{indent}… and {hidden} more; -v lists them"),
    }
}
