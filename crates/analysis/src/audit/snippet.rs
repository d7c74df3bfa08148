//! A few lines of a file around a place, safe to show.

use std::ops::Range;

use cutover_export::document::Document;
use cutover_export::text::Opened;
use cutover_model::kind::Kind;
use cutover_model::result::Snippet;
use cutover_secrets::{self as secrets, Redacted};

/// Lines shown around the marked one.
const CONTEXT_LINES: usize = 1;
/// The longest line shown, in characters; a file without line breaks is cut around the marked part.
const LONGEST_LINE: usize = 84;
/// How far a line is followed to either side, in bytes: more than is shown, and little of a file that is one line.
const WINDOW: usize = 8 * LONGEST_LINE;
/// How far all lines are followed, in bytes, with the characters they may be cut in.
const REACH: usize = (CONTEXT_LINES + 1) * (WINDOW + 16);

/// The marked part, its line, and the lines around; `line` is where it starts. Control characters become visible, and
/// in the place of each secret stands a mark that does not tell its length.
pub(super) fn snippet(document: &Document, text: &mut Opened<'_>, line: usize, span: Range<usize>) -> Option<Snippet> {
    let start = span.start.min(document.text.len());
    let (first, text) = text.around(start.saturating_sub(REACH)..start.saturating_add(2 * REACH))?;
    let start = start.checked_sub(first)?;
    // Only the first line of what is marked is underlined.
    let marked = text.get(start..start.saturating_add(span.len()).min(text.len()))?;
    let marked = start..start + marked.split(['\n', '\r']).next().unwrap_or_default().len();
    let from = (0..CONTEXT_LINES).fold(line_start(text, start), |at, _| line_start(text, at.saturating_sub(1)));
    let to = (0..CONTEXT_LINES).fold(line_end(text, start), |at, _| line_end(text, (at + 1).min(text.len())));
    let before = text.get(from..start)?.matches('\n').count();
    let lines = text.get(from..to)?;
    let mut secrets: Vec<Range<usize>> = document.text.secrets(first + from..first + to).collect();
    if document.broken || matches!(document.kind, None | Some(Kind::MapforceDesigns)) {
        secrets.extend(unstructured(lines));
    }
    let shown = Redacted::of(lines, secrets);
    let marked = shown.place(&(marked.start - from..marked.end - from));
    let (text, start, length) = cut(&shown.text, marked)?;
    Some(Snippet { text, first_line: line.saturating_sub(before), start, length })
}

/// Lines that are not too long, and where in them the marked part stands and how long it is.
fn cut(lines: &str, marked: Range<usize>) -> Option<(String, usize, usize)> {
    let mut out = String::new();
    let mut mark = (0, 0);
    let mut at = 0;
    for row in lines.split('\n') {
        if at > 0 {
            out.push('\n');
        }
        if (at..=at + row.len()).contains(&marked.start) {
            let end = marked.end.clamp(marked.start, at + row.len());
            out.push_str(&visible(&tail(row.get(..marked.start - at)?, LONGEST_LINE / 2)));
            mark.0 = out.len();
            out.push_str(&visible(&head(row.get(marked.start - at..end - at)?, LONGEST_LINE / 2)));
            mark.1 = out.len() - mark.0;
            out.push_str(&visible(&head(row.get(end - at..).unwrap_or_default(), LONGEST_LINE / 2)));
        } else {
            out.push_str(&visible(&head(row, LONGEST_LINE)));
        }
        at += row.len() + 1;
    }
    Some((out, mark.0, mark.1.max(1)))
}

/// The secrets of these files were looked for without knowing their structure. What would cost too much for a whole
/// file is cheap for the few lines that are shown: to look once more, in another way.
fn unstructured(lines: &str) -> impl Iterator<Item = Range<usize>> {
    let found = secrets::scan_plain(lines).into_iter().chain(secrets::scan_markup(lines));
    // Ids look like bare secrets, and were distinguished from them where their names were known.
    found.filter(|(_, kind)| *kind != secrets::BARE).map(|(span, _)| span)
}

/// Where the line of a byte starts, or the part of it that is looked at.
fn line_start(text: &str, at: usize) -> usize {
    let from = boundary(text, at.saturating_sub(WINDOW));
    text.get(from..at).and_then(|before| before.rfind('\n')).map_or(from, |newline| from + newline + 1)
}

/// Where the line of a byte ends, or the part of it that is looked at.
fn line_end(text: &str, at: usize) -> usize {
    let to = boundary(text, (at + WINDOW).min(text.len()));
    text.get(at..to).and_then(|after| after.find('\n')).map_or(to, |newline| at + newline)
}

/// The next place between two characters.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

fn head(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// From the end, so that a line of megabytes costs no more than a short one.
fn tail(text: &str, most: usize) -> String {
    match text.char_indices().rev().nth(most.saturating_sub(1)) {
        Some((start, _)) if start > 0 => format!("…{}", text.get(start..).unwrap_or_default()),
        _ => text.to_owned(),
    }
}

fn visible(text: &str) -> String {
    cutover_model::escape::visible(text.trim_end_matches('\r')).into_owned()
}
