//! What is wrong with a pack of policies, for people and programs.

use std::io::{self, Write};

use super::formats::formats;
use super::text::Paint;
use super::{Style, json};
use cutover_model::clip::{MAX_LINE_CHARS, head, tail};
use cutover_model::escape;
use cutover_model::result::policy_check::{PolicyCheck, Problem};

formats! {
    /// The formats of the problems of a pack.
    enum CheckFormat;
    /// Writes the problems of a pack in a format.
    fn policy_check(result: PolicyCheck, style, out);

    /// For people.
    Text => text(result, style, out),
    /// The whole result as one document.
    Json => json::write(result, out),
}

fn text(result: &PolicyCheck, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    for found in &result.problems {
        problem(found, &paint.alarm("problem"), paint, out)?;
    }
    for found in &result.notes {
        problem(found, &paint.caution("note"), paint, out)?;
    }
    let count = |number: usize, what: &str| match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    };
    let problems = count(result.problems.len(), "problem");
    let problems = if result.problems.is_empty() { paint.good(&problems) } else { paint.alarm(&problems) };
    let notes = count(result.notes.len(), "note");
    writeln!(out, "{} checked: {problems}, {notes}.", count(result.controls, "control"))
}

fn problem(found: &Problem, kind: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let place = &found.place;
    let path = escape::visible(&place.path);
    writeln!(out, "{kind}[{}] {path}:{}:{}", found.code, place.line, place.column)?;
    let control = found.control.as_ref().map(|id| format!("{}: ", escape::name(id))).unwrap_or_default();
    writeln!(out, "  {control}{}", escape::visible(&found.message))?;
    if !place.text.trim().is_empty() {
        let line = place.line.to_string();
        // Escaping makes a line longer: the mark goes where the part then stands.
        let (text, column, length) = cut(&place.text, place.column, place.length);
        let (before, marked) = marked(&text, column, length);
        writeln!(out, "  {} {}", paint.dim(&format!("{line} │")), escape::visible(&text))?;
        let margin = " ".repeat(line.chars().count());
        let mark = paint.alarm(&"^".repeat(marked.max(1)));
        writeln!(out, "  {} {}{mark}", paint.dim(&format!("{margin} │")), " ".repeat(before))?;
    }
    if let Some(help) = &found.help {
        writeln!(out, "  {} {}", paint.dim("help:"), escape::visible(help))?;
    }
    writeln!(out)
}

/// Of a long line, what stands around the marked part; with the column and the length of the mark in it.
fn cut(line: &str, column: usize, length: usize) -> (String, usize, usize) {
    let part = |from: usize, to: usize| line.chars().skip(from).take(to.saturating_sub(from)).collect::<String>();
    let (start, end) = (column.saturating_sub(1), column.saturating_sub(1) + length);
    let before = tail(&part(0, start), MAX_LINE_CHARS / 2);
    let marked = head(&part(start, end), MAX_LINE_CHARS / 2);
    let after = head(&part(end, usize::MAX), MAX_LINE_CHARS / 2);
    let (column, length) = (before.chars().count() + 1, marked.chars().count());
    (format!("{before}{marked}{after}"), column, length)
}

/// How many characters stand before the marked part, and in it, once both are escaped.
fn marked(line: &str, column: usize, length: usize) -> (usize, usize) {
    let shown = |text: String| escape::visible(&text).chars().count();
    let letters = || line.chars();
    let before = shown(letters().take(column.saturating_sub(1)).collect());
    (before, shown(letters().skip(column.saturating_sub(1)).take(length).collect()))
}
