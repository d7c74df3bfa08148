//! A screen: its width, its colours, and lines that fit.

use super::Paint;
use crate::Style;

/// The lines are never shorter or longer than this, whatever the width of the terminal.
const MIN_WIDTH: usize = 40;
const MAX_WIDTH: usize = 100;

/// Where a first screen goes.
pub(crate) struct Screen {
    pub paint: Paint,
    /// In characters.
    pub width: usize,
}

impl Screen {
    pub(crate) fn of(style: Style) -> Self {
        Self { paint: Paint::of(style), width: style.width.clamp(MIN_WIDTH, MAX_WIDTH) }
    }

    /// Breaks text into lines; words, and with them ids, dates and paths, stay whole.
    pub(crate) fn wrapped(&self, text: &str, first: &str, indent: &str) -> Vec<String> {
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(indent)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .word_separator(textwrap::WordSeparator::AsciiSpace);
        textwrap::wrap(text, options).iter().map(|line| line.trim_end().to_owned()).collect()
    }
}
