//! The lines of a text: wrapped to the terminal, indented, coloured.

use std::io::{self, Write};

use textwrap::{Options, WordSplitter};

use crate::Style;
use crate::text::{Paint, decided};
use cutover_model::escape;
use cutover_model::result::Thing;
use cutover_model::result::decisions::DecidedBy;
use cutover_model::result::plan::Status;

/// Where the text goes, and how it is to look.
pub(super) struct Page<'a> {
    pub(super) style: Style,
    pub(super) paint: Paint,
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    pub(super) fn new(style: Style, out: &'a mut dyn Write) -> Self {
        Self { style, paint: Paint::of(style), out }
    }

    /// An empty line and a heading.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.paint.bold(text))
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A paragraph.
    pub(super) fn text(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.item(indent, "", text)
    }

    /// A paragraph behind a mark; its further lines stand below its first word.
    pub(super) fn item(&mut self, indent: usize, mark: &str, text: &str) -> io::Result<()> {
        let indent = " ".repeat(indent);
        let gap = if mark.is_empty() { "" } else { " " };
        let below = format!("{indent}{}", " ".repeat(textwrap::core::display_width(mark) + gap.len()));
        let first = format!("{indent}{mark}{gap}");
        let options = Options::new(self.style.width.clamp(60, 160))
            .initial_indent(&first)
            .subsequent_indent(&below)
            // A hyphen is part of a date or a name.
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::wrap(text, options).iter().try_for_each(|line| writeln!(self.out, "{}", line.trim_end()))
    }

    /// What influenced the verdicts.
    pub(super) fn decided_by(&mut self, all: &[DecidedBy]) -> io::Result<()> {
        decided::write(all, self.style, self.paint, self.out)
    }

    /// The first things of a list, all of them when everything is asked for, and how many there are beyond.
    pub(super) fn list<'t, T>(
        &mut self,
        indent: usize,
        things: &'t [T],
        most: usize,
        mut each: impl FnMut(&mut Self, &'t T) -> io::Result<()>,
    ) -> io::Result<()> {
        let most = if self.style.verbose { usize::MAX } else { most };
        things.iter().take(most).try_for_each(|thing| each(self, thing))?;
        self.more(indent, things.len().saturating_sub(most))
    }

    /// How many are not shown.
    pub(super) fn more(&mut self, indent: usize, number: usize) -> io::Result<()> {
        if number == 0 {
            return Ok(());
        }
        let text = format!("… and {number} more; -v and the other formats list them");
        self.text(indent, &self.paint.dim(&text))
    }

    /// A status in its colour.
    pub(super) fn status(&self, status: Status, text: &str) -> String {
        match status {
            Status::Decide | Status::Blocked => self.paint.alarm(text),
            Status::Ready | Status::Done => self.paint.good(text),
            Status::Retire => self.paint.caution(text),
        }
    }
}

/// The name of something.
pub(super) fn name(thing: &Thing) -> String {
    escape::name(&thing.name)
}

/// A sentence.
pub(super) fn sentence(text: &str) -> String {
    escape::visible(text).into_owned()
}
