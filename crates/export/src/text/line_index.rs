//! Lines and columns of a text in memory, for callers that ask for many of them.

use super::blocks::{BLOCK, Blocks, Counting};

/// Answers where a byte of a text is, as line and column. It takes one pass over the text to build; an answer then costs
/// the same wherever the byte is, also in a text of one long line.
#[derive(Debug)]
pub struct LineIndex<'t> {
    text: &'t str,
    blocks: Blocks,
}

impl<'t> LineIndex<'t> {
    /// Indexes a text.
    pub fn new(text: &'t str) -> Self {
        let mut counting = Counting::default();
        counting.push(text.as_bytes());
        Self { text, blocks: counting.finish() }
    }

    /// The line and the column of a byte, both from 1; the column counts characters. An offset behind the text, or inside
    /// of a character, counts as the end of the text.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = if self.text.is_char_boundary(offset) { offset } else { self.text.len() };
        let block = offset / BLOCK;
        let before = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        self.blocks.line_column(block, before).unwrap_or((1, 1))
    }
}

/// The line and the column of a byte, both from 1; the column counts characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_answers_as_a_plain_count_does() {
        for text in [String::new(), "ab\né\r\nc".to_owned(), "aé€😀".repeat(10_000), "xé\n".repeat(20_000)] {
            let index = LineIndex::new(&text);
            let steps = (0..text.len()).step_by(997).chain([BLOCK - 1, BLOCK, BLOCK + 1, text.len(), text.len() + 9]);
            for at in steps {
                assert_eq!(index.line_column(at), line_column(&text, at), "{at}");
            }
        }
    }
}
