//! From evidence to places a person can open, with a few safe lines of the file.

use std::ops::Range;

use crate::export::Export;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::{Document, Evidence};
use crate::export::kind::Kind;
use crate::export::secret;
use crate::judge::house::Levels;
use crate::result::audit as result;
use crate::result::{Location, Snippet};

/// Lines shown around the marked one.
const CONTEXT_LINES: usize = 1;
/// The longest line shown, in characters; a file without line breaks is cut around the marked part.
const LONGEST_LINE: usize = 84;

/// Diagnostics of one sort told of one file, each in its own words.
const MOST_OF_A_SORT: usize = 50;

/// Where an evidence stands.
pub(crate) fn location(export: &Export, evidence: &Evidence, with_snippet: bool) -> Option<Location> {
    let document = export.document(evidence.origin)?;
    let position = document.position(evidence.origin.record, &evidence.member);
    let snippet = with_snippet.then(|| snippet(document, position.span.start, position.span.len())).flatten();
    Some(Location {
        path: document.path.clone(),
        line: position.line,
        column: position.column,
        pointer: position.pointer,
        snippet,
    })
}

/// Diagnostics with their places, in the order of the files. The same words about many records of a file are said
/// once, with their number; different words of one sort are cut off after a while.
pub(crate) fn diagnostics(
    export: &Export,
    mut diagnostics: Vec<Diagnostic>,
    levels: &Levels,
) -> Vec<result::Diagnostic> {
    diagnostics.retain(|diagnostic| levels.of(diagnostic.code).is_some());
    diagnostics.sort_by(|one, two| order(one).cmp(&order(two)));
    diagnostics.dedup();
    let mut shown = Vec::new();
    for sort in diagnostics.chunk_by(|one, two| (one.code, document(&one.place)) == (two.code, document(&two.place))) {
        let mut words = sort.chunk_by(|one, two| one.message == two.message);
        for same in words.by_ref().take(MOST_OF_A_SORT) {
            shown.extend(same.first().map(|first| show(export, first, same.len(), levels)));
        }
        let left: usize = words.map(<[Diagnostic]>::len).sum();
        if let (Some(first), 1..) = (sort.first(), left) {
            let message = format!("{left} more of this sort in this file");
            shown.push(show(export, &Diagnostic::new(first.code, whole(export, &first.place), message), 1, levels));
        }
    }
    shown.sort_by(|one, two| {
        let order = |shown: &result::Diagnostic| {
            (std::cmp::Reverse(shown.severity), shown.location.clone(), shown.code.clone())
        };
        order(one).cmp(&order(two)).then_with(|| one.message.cmp(&two.message))
    });
    shown
}

fn order(diagnostic: &Diagnostic) -> (Code, (Option<u32>, &str), &str, &Place) {
    (diagnostic.code, document(&diagnostic.place), &diagnostic.message, &diagnostic.place)
}

/// The file of a place: by number, or by path where it is no document.
fn document(place: &Place) -> (Option<u32>, &str) {
    match place {
        Place::Offset(document, _) => (Some(*document), ""),
        Place::Member(origin, _) => (Some(origin.document), ""),
        Place::Path(path) | Place::Line(path, _) => (None, path),
        Place::None => (None, ""),
    }
}

/// The file of a place, without a line.
fn whole(export: &Export, place: &Place) -> Place {
    match document(place) {
        (Some(document), _) => {
            let document = export.documents.get(document as usize);
            document.map_or(Place::None, |document| Place::Path(document.path.clone()))
        }
        (None, "") => Place::None,
        (None, path) => Place::Path(path.to_owned()),
    }
}

fn show(export: &Export, diagnostic: &Diagnostic, times: usize, levels: &Levels) -> result::Diagnostic {
    let more = match times.saturating_sub(1) {
        0 => String::new(),
        1 => " (and in 1 more place of this file)".to_owned(),
        more => format!(" (and in {more} more places of this file)"),
    };
    result::Diagnostic {
        code: diagnostic.code.id().to_owned(),
        severity: levels.of(diagnostic.code).unwrap_or(diagnostic.code.level()),
        message: format!("{}{more}", diagnostic.message),
        location: place(export, diagnostic.place.clone()),
    }
}

fn place(export: &Export, place: Place) -> Option<Location> {
    match place {
        Place::None => None,
        Place::Path(path) => Some(Location { path, line: 1, column: 1, pointer: String::new(), snippet: None }),
        Place::Line(path, line) => Some(Location { path, line, column: 1, pointer: String::new(), snippet: None }),
        Place::Offset(number, offset) => {
            let document = export.documents.get(number as usize)?;
            let (line, column) = document.line_column(offset);
            let snippet = snippet(document, offset, 1);
            Some(Location { path: document.path.clone(), line, column, pointer: String::new(), snippet })
        }
        Place::Member(origin, member) => location(export, &Evidence::new(origin, member), true),
    }
}

/// The marked part, its line, and the lines around. Control characters become visible; secrets are already blanked.
fn snippet(document: &Document, start: usize, length: usize) -> Option<Snippet> {
    let text = document.text.as_str();
    let start = start.min(text.len());
    // Only the first line of what is marked is underlined.
    let marked = text.get(start..(start + length).min(text.len()))?;
    let marked = marked.split(['\n', '\r']).next().unwrap_or_default();
    let from = (0..CONTEXT_LINES).fold(line_start(text, start), |at, _| line_start(text, at.saturating_sub(1)));
    let to = (0..CONTEXT_LINES).fold(line_end(text, start), |at, _| line_end(text, (at + 1).min(text.len())));
    let (line, _) = document.line_column(from);
    let mut out = String::new();
    let mut mark = (0, 0);
    let mut at = from;
    for row in text.get(from..to)?.split('\n') {
        if at > from {
            out.push('\n');
        }
        let inside = start >= at && start <= at + row.len();
        if inside {
            let before = row.get(..start - at)?;
            let after = row.get(start - at + marked.len()..).unwrap_or_default();
            out.push_str(&visible(&tail(before, LONGEST_LINE / 2)));
            mark.0 = out.len();
            out.push_str(&visible(&head(marked, LONGEST_LINE / 2)));
            mark.1 = out.len() - mark.0;
            out.push_str(&visible(&head(after, LONGEST_LINE / 2)));
        } else {
            out.push_str(&visible(&head(row, LONGEST_LINE)));
        }
        at += row.len() + 1;
    }
    if document.broken || matches!(document.kind, None | Some(Kind::MapforceDesigns)) {
        hide(&mut out);
    }
    Some(Snippet { text: out, first_line: line, start: mark.0, length: mark.1.max(1) })
}

/// The secrets of these files were looked for without knowing their structure. What nobody asks of a whole file is
/// cheap for the few lines that are shown: to look once more, in another way.
fn hide(lines: &mut String) {
    let found = secret::scan_plain(lines).into_iter().chain(secret::scan_markup(lines));
    // Ids look like bare secrets, and were told from them where their names were known.
    let spans: Vec<Range<usize>> = found.filter(|(_, sort)| *sort != secret::BARE).map(|(span, _)| span).collect();
    secret::blank(lines, spans);
}

/// How far a line is followed to either side, in bytes: more than is shown, and little of a file that is one line.
const WINDOW: usize = 8 * LONGEST_LINE;

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
    crate::escape::visible(text.trim_end_matches('\r')).into_owned()
}
