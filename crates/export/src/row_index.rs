//! Where the cells of a row are, remembered from one lookup to the next.
//!
//! A row of many cells is looked up once for each of them. To cut it anew each time would take time with the square of the
//! number of cells.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::text::Opened;
use cutover_secrets::csv_text;

/// The cells of the row that was looked up last. A clone shares them.
#[derive(Debug, Default, Clone)]
pub struct RowIndex<'c> {
    /// The first column of each name.
    columns: Arc<FxHashMap<&'c str, usize>>,
    record: Option<u32>,
    cells: Arc<[Range<usize>]>,
}

impl<'c> RowIndex<'c> {
    /// An index for the rows of a table with these columns.
    pub fn new(columns: &'c [String]) -> Self {
        let mut known = FxHashMap::default();
        for (number, column) in columns.iter().enumerate() {
            known.entry(column.as_str()).or_insert(number);
        }
        Self { columns: Arc::new(known), ..Self::default() }
    }

    /// How many columns and cells it knows.
    pub fn size(&self) -> usize {
        self.columns.len() + self.cells.len()
    }

    /// Finds the cell of a column inside a row, which is at `whole` of the text; the whole row where no column is asked for.
    pub fn find(
        &mut self,
        text: &mut Opened<'_>,
        record: u32,
        whole: Range<usize>,
        column: &str,
    ) -> Option<Range<usize>> {
        if self.record != Some(record) {
            self.cells = csv_text::spans(text.get(whole)?).into();
            self.record = Some(record);
        }
        if column.is_empty() {
            return Some(0..self.cells.last().map_or(0, |cell| cell.end));
        }
        self.cells.get(*self.columns.get(column)?).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Blanked, Text};

    #[test]
    fn cells_are_found_by_column_in_any_order_of_rows() {
        let (one, two) = ("Time,\"a, b\",x\r\n", "\"5\"\" pipe\",,last\n");
        let all = format!("{one}{two}");
        let columns = ["name", "note", "note"].map(str::to_owned);
        let text = Text::kept(all.clone(), Blanked::default());
        let mut index = RowIndex::new(&columns);
        let rows = [0..one.len(), one.len()..all.len()];
        for (record, column, expected) in
            [(0, "note", "\"a, b\""), (1, "name", "\"5\"\" pipe\""), (1, "note", ""), (0, "", "Time,\"a, b\",x")]
        {
            let row = rows[record].clone();
            let found = index.find(&mut text.open(), u32::try_from(record).unwrap(), row.clone(), column).unwrap();
            assert_eq!(&all[row.start + found.start..row.start + found.end], expected);
        }
        assert_eq!(index.find(&mut text.open(), 0, rows[0].clone(), "none"), None);
    }
}
