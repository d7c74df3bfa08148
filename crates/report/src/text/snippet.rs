//! A message with the lines it speaks of, drawn by miette.

use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::Paint;
use crate::Style;
use cutover_model::diagnostic::Level;
use cutover_model::escape;
use cutover_model::result::audit as result;
use cutover_model::result::{Location, Snippet};

/// A message at a place.
pub(super) struct Message<'a> {
    pub text: String,
    pub severity: miette::Severity,
    pub location: Option<&'a Location>,
    pub help: Option<String>,
}

/// Draws a message, indented by two.
pub(super) fn draw(message: &Message<'_>, paint: Paint, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let theme = if paint.is_on() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width.clamp(60, 160))
        .with_links(false)
        .with_context_lines(2);
    let note = Note { message, source: message.location.and_then(Source::of) };
    let mut text = String::new();
    handler.render_report(&mut text, &note).map_err(io::Error::other)?;
    writeln!(out, "{}", text.trim_end())
}

/// Draws a diagnostic.
pub(super) fn diagnostic(
    diagnostic: &result::Diagnostic,
    paint: Paint,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let severity = match diagnostic.severity {
        Level::Error => miette::Severity::Error,
        Level::Warning => miette::Severity::Warning,
        Level::Note => miette::Severity::Advice,
    };
    let word = match diagnostic.severity {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let text = format!("{word}[{}]: {}", diagnostic.code, escape::visible(&diagnostic.message));
    // Without lines to show, the place goes into the message.
    let text = match &diagnostic.location {
        Some(location) if location.snippet.is_none() => {
            let at = (location.line, location.column);
            let line = if at == (1, 1) { String::new() } else { format!(":{}:{}", at.0, at.1) };
            let (path, message) = (escape::name(&location.path), escape::visible(&diagnostic.message));
            format!("{word}[{}]: {path}{line}: {message}", diagnostic.code)
        }
        _ => text,
    };
    let message = Message { text, severity, location: diagnostic.location.as_ref(), help: None };
    draw(&message, paint, style.width, out)
}

#[derive(Debug)]
struct Note<'a> {
    message: &'a Message<'a>,
    source: Option<Source<'a>>,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.text)
    }
}

impl std::error::Error for Note<'_> {}

impl Diagnostic for Note<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.message.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.message.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.source.as_ref()?.snippet;
        let span = LabeledSpan::new_primary_with_span(None, (snippet.start, snippet.length));
        Some(Box::new(std::iter::once(span)))
    }
}

/// A few lines of a file, numbered as in the file.
#[derive(Debug)]
struct Source<'a> {
    location: &'a Location,
    snippet: &'a Snippet,
}

impl<'a> Source<'a> {
    fn of(location: &'a Location) -> Option<Self> {
        Some(Self { location, snippet: location.snippet.as_ref()? })
    }
}

impl SourceCode for Source<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let lines = self.snippet.text.as_str().read_span(span, before, after)?;
        let name = escape::name(&self.location.path);
        let first = self.snippet.first_line.saturating_sub(1) + lines.line();
        // Asked without context, miette wants the position for the heading: that of the file, not of a shortened line.
        let column = if before == 0 && after == 0 { self.location.column.saturating_sub(1) } else { lines.column() };
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            lines.data(),
            *lines.span(),
            first,
            column,
            lines.line_count(),
        )))
    }
}
