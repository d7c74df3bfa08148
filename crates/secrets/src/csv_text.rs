//! Cells of a CSV row by their position: where they are, without reading them.

use std::ops::Range;

/// Where each cell stands in the text of its row.
pub fn spans(row: &str) -> Vec<Range<usize>> {
    let row = row.trim_end_matches(['\r', '\n']);
    let ends = boundaries(row).chain([row.len()]);
    let mut start = 0;
    ends.map(|end| std::mem::replace(&mut start, end + 1)..end).collect()
}

/// Where a reader stands in a row. A quote counts at the start of a cell only, and is written twice inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote that ends the cell, or is the first of two.
    Quote,
}

impl At {
    fn next(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Start | Self::Quote, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::Quote,
            (Self::Quoted, _) => Self::Quoted,
            (_, b',' | b'\r' | b'\n') => Self::Start,
            _ => Self::Plain,
        }
    }
}

/// The commas and line breaks between cells.
pub fn boundaries(row: &str) -> impl Iterator<Item = usize> {
    let step = |at: &mut At, (index, byte): (usize, u8)| {
        *at = at.next(byte);
        Some((*at == At::Start).then_some(index))
    };
    row.bytes().enumerate().scan(At::Start, step).flatten()
}

/// Whether every quote of a row is closed.
pub fn closes(row: &str) -> bool {
    row.bytes().fold(At::Start, At::next) != At::Quoted
}
