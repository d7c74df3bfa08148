//! A part of a file to show with a message: the lines of it, and of a long line what stands around the mark.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use cutover_export::text::line_column;
use cutover_model::clip::{MAX_LINE_CHARS, head, tail};
use cutover_secrets::{self as secrets, Redacted};

/// Lines shown before and after the marked one.
const CONTEXT_LINES: usize = 1;

/// A few lines of a file, numbered as in the file.
#[derive(Debug, Clone)]
pub struct Window {
    name: String,
    text: String,
    first_line: usize,
    /// The column of the mark in the file, from 0.
    column: usize,
}

impl Window {
    /// What stands around some bytes of a file, and where the bytes stand in it. Of a mark over several lines the first
    /// is kept. Anything that looks like a secret is replaced by a mark of one length.
    pub fn around(name: &str, text: &str, at: &Range<usize>) -> (Self, SourceSpan) {
        let (line, column) = line_column(text, at.start);
        let found = secrets::scan_plain(text).into_iter().map(|(range, _)| range);
        let shown = Redacted::of(text, found.chain(secrets::blanks(text)));
        let (text, at) = (shown.text.as_str(), &shown.place(at));
        let (mut lines, mut mark) = (String::new(), None);
        let first = line.saturating_sub(1 + CONTEXT_LINES);
        let mut start = 0;
        for (number, row) in text.split_inclusive('\n').enumerate() {
            let whole = row.trim_end_matches(['\n', '\r']);
            if number + 1 == line {
                let from = at.start.saturating_sub(start).min(whole.len());
                let to = at.end.saturating_sub(start).clamp(from, whole.len());
                let [before, marked, after] = [0..from, from..to, to..whole.len()].map(|part| whole.get(part));
                lines.push_str(&tail(before.unwrap_or_default(), MAX_LINE_CHARS / 2));
                let marked = head(marked.unwrap_or_default(), MAX_LINE_CHARS / 2);
                mark = Some((lines.len(), marked.len().max(1)));
                lines.push_str(&marked);
                lines.push_str(&head(after.unwrap_or_default(), MAX_LINE_CHARS / 2));
                lines.push('\n');
            } else if (first..line + CONTEXT_LINES).contains(&number) {
                lines.push_str(&head(whole, MAX_LINE_CHARS));
                lines.push('\n');
            }
            start += row.len();
        }
        // What stands behind the last line is marked at its end.
        let mark = mark.unwrap_or((lines.len().saturating_sub(1), 1));
        let window = Self { name: name.to_owned(), text: lines, first_line: first, column: column - 1 };
        (window, mark.into())
    }
}

impl SourceCode for Window {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let lines = self.text.as_str().read_span(span, before, after)?;
        // Asked without context, miette wants the position for the heading: that of the file, not of a shortened line.
        let column = if before == 0 && after == 0 { self.column } else { lines.column() };
        let first = self.first_line + lines.line();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            lines.data(),
            *lines.span(),
            first,
            column,
            lines.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("one\n{}MARK{}\nthree\n", "ä".repeat(5000), "ö".repeat(5000));
        let at = text.find("MARK").unwrap();
        let (window, span) = Window::around("f", &text, &(at..at + 4));
        assert_eq!(&window.text[span.offset()..span.offset() + span.len()], "MARK");
        assert!(window.text.chars().count() < 230, "{}", window.text);
        assert_eq!((window.first_line, window.column), (0, 5000));
        assert!(window.text.starts_with("one\n…ä") && window.text.ends_with("ö…\nthree\n"));
    }

    #[test]
    fn short_lines_are_shown_as_they_are() {
        let (window, span) = Window::around("f", "1\n2\nabc\n4\n5\n", &(5..6));
        assert_eq!((window.text.as_str(), window.first_line), ("2\nabc\n4\n", 1));
        assert_eq!((span.offset(), span.len()), (3, 1));
        let (window, span) = Window::around("f", "", &(0..1));
        assert_eq!((window.text.as_str(), span.offset()), ("", 0));
    }
}
