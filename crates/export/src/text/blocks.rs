//! What is remembered of each block of a text: where its lines are, and what its bytes add up to.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Bytes of a block. What is remembered of it takes a six-hundredth of that.
pub(super) const BLOCK: usize = 1 << 14;

/// The blocks of a text, counted.
#[derive(Debug, Default)]
pub struct Blocks {
    all: Vec<Block>,
    length: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Block {
    start: Start,
    /// Of its bytes; tells them from others.
    sum: u64,
}

/// Where a block begins.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    /// Line breaks before it.
    lines: usize,
    /// Characters of its first line that stand before it.
    column: usize,
}

impl Start {
    /// Where the block behind these bytes begins.
    fn behind(self, bytes: &[u8]) -> Self {
        let (column, last) = match memchr::memrchr(b'\n', bytes) {
            Some(newline) => (0, bytes.get(newline + 1..).unwrap_or_default()),
            None => (self.column, bytes),
        };
        let lines = self.lines + memchr::memchr_iter(b'\n', bytes).count();
        Self { lines, column: column + characters(last) }
    }
}

/// The characters that begin in these bytes.
fn characters(bytes: &[u8]) -> usize {
    // In UTF-8 every byte begins a character but those of the form 10xxxxxx.
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

fn sum(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

impl Blocks {
    /// The length of the text in bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Line and column, from 1, behind the first bytes of a block.
    pub(super) fn line_column(&self, block: usize, before: &[u8]) -> Option<(usize, usize)> {
        let at = self.all.get(block)?.start.behind(before);
        Some((at.lines + 1, at.column + 1))
    }

    /// Whether these bytes are those that were counted, from a block on.
    pub(super) fn are(&self, first: usize, bytes: &[u8]) -> bool {
        let known = self.all.iter().skip(first);
        bytes.chunks(BLOCK).count() <= known.len()
            && bytes.chunks(BLOCK).zip(known).all(|(bytes, block)| sum(bytes) == block.sum)
    }
}

/// Counts the blocks of a text that comes in pieces.
#[derive(Debug, Default)]
pub struct Counting {
    blocks: Blocks,
    next: Start,
    /// Of a block that is not whole yet.
    rest: Vec<u8>,
}

impl Counting {
    /// The next piece, with its secrets blanked out.
    pub fn push(&mut self, mut piece: &[u8]) {
        if !self.rest.is_empty() {
            let (head, tail) = piece.split_at((BLOCK - self.rest.len()).min(piece.len()));
            self.rest.extend_from_slice(head);
            piece = tail;
            if self.rest.len() == BLOCK {
                let rest = std::mem::take(&mut self.rest);
                self.count(&rest);
            }
        }
        let mut blocks = piece.chunks_exact(BLOCK);
        blocks.by_ref().for_each(|block| self.count(block));
        self.rest.extend_from_slice(blocks.remainder());
    }

    fn count(&mut self, bytes: &[u8]) {
        self.blocks.all.push(Block { start: self.next, sum: sum(bytes) });
        self.blocks.length += bytes.len();
        self.next = self.next.behind(bytes);
    }

    /// All blocks. The last one is shorter than the others, and may be empty: the end of a text is a place, too.
    pub fn finish(mut self) -> Blocks {
        let rest = std::mem::take(&mut self.rest);
        self.count(&rest);
        self.blocks.all.shrink_to_fit();
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &[u8], piece: usize) -> Blocks {
        let mut counting = Counting::default();
        text.chunks(piece).for_each(|piece| counting.push(piece));
        counting.finish()
    }

    #[test]
    fn lines_and_columns_are_those_of_a_plain_count() {
        for text in ["ab\n".repeat(30_000), "aé€😀".repeat(10_000), format!("é\n{}", "x€".repeat(20_000))] {
            let blocks = counted(text.as_bytes(), 1_000);
            assert_eq!(blocks.length(), text.len());
            let boundary = |at: &usize| text.is_char_boundary(*at);
            for end in (0..text.len()).step_by(997).chain([BLOCK - 1, BLOCK, BLOCK + 1, text.len()]).filter(boundary) {
                let before = &text[..end];
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
                let block = end / BLOCK;
                assert_eq!(blocks.line_column(block, &text.as_bytes()[block * BLOCK..end]), Some((line, column)));
            }
        }
    }

    #[test]
    fn the_pieces_in_which_a_text_comes_do_not_matter() {
        let text = "aé\n".repeat(20_000);
        let whole = format!("{:?}", counted(text.as_bytes(), text.len()));
        for piece in [1, 7, 1_000, BLOCK - 1, BLOCK, BLOCK + 1] {
            assert_eq!(format!("{:?}", counted(text.as_bytes(), piece)), whole, "{piece}");
        }
    }

    #[test]
    fn a_block_is_told_from_one_that_differs_in_a_byte() {
        let mut text = vec![b'x'; 3 * BLOCK + 5];
        let blocks = counted(&text, BLOCK);
        assert!(blocks.are(0, &text) && blocks.are(1, &text[BLOCK..2 * BLOCK]));
        text[2 * BLOCK - 1] = b'y';
        assert!(!blocks.are(0, &text) && !blocks.are(1, &text[BLOCK..2 * BLOCK]) && blocks.are(2, &text[2 * BLOCK..]));
        assert!(!blocks.are(4, b"x"));
    }
}
