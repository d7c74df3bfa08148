//! The list for people: an aligned table for each family, as wide as the terminal.

use std::io::{self, Write};

use textwrap::core::display_width;

use super::words;
use crate::Style;
use crate::text::Paint;
use cutover_model::escape;
use cutover_model::result::policies::{Control, Policies, Rating};

/// The widest column of ids; longer ids push the rest of their row.
const WIDEST_ID: usize = 16;
/// The widest words for severity and party.
const SEVERITY: usize = "critical".len();
const PARTY: usize = "developer".len();

pub(super) fn policies(policies: &Policies, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let widths = policies.controls.iter().map(|control| display_width(&escape::name(&control.id)));
    let widest = widths.filter(|width| *width <= WIDEST_ID).max().unwrap_or_default();
    for family in &policies.families {
        let letters = if family.name == family.id { String::new() } else { format!(" ({})", escape::name(&family.id)) };
        writeln!(out, "{}{letters}", paint.bold(&escape::name(&family.name)))?;
        for control in policies.controls.iter().filter(|control| control.family == family.id) {
            row(control, widest, style, out)?;
        }
        writeln!(out)?;
    }
    let total = words::total(policies, &|rating, text| coloured(paint, rating, text));
    textwrap::wrap(&total, style.width.max(40)).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn row(control: &Control, widest: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let id = escape::name(&control.id);
    let gap = " ".repeat(widest.saturating_sub(display_width(&id)));
    let severity = coloured(paint, control.severity, &format!("{:SEVERITY$}", control.severity.id()));
    let before = 2 + widest.max(display_width(&id)) + 2 + SEVERITY + 2 + PARTY + 2;
    // A narrow terminal is left to break the lines itself.
    let room = style.width.saturating_sub(before).max(20);
    let title = escape::name(&control.title);
    let mut lines = textwrap::wrap(&title, room).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "  {id}{gap}  {severity}  {:PARTY$}  {first}", control.party.id())?;
    lines.try_for_each(|line| writeln!(out, "{}{line}", " ".repeat(before)))
}

pub(super) fn coloured(paint: Paint, rating: Rating, text: &str) -> String {
    rating.fixed().map_or_else(|| paint.bold(text), |severity| paint.severity(severity, text))
}
