//! Reads tables of comma-separated values: byte-order mark, CRLF and quoted line breaks included.

use std::ops::Range;

use csv::{ByteRecord, Position, Reader, ReaderBuilder};
use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::records::identified::MAX_USELESS_RECORDS;
use cutover_secrets::csv_text;

/// A table cut into rows.
#[derive(Debug, Default)]
pub struct Rows {
    /// Column names, reduced to lower case and underscores.
    pub columns: Vec<String>,
    /// Where each row stands in the text.
    pub spans: Vec<Range<usize>>,
    /// The cells of each row.
    pub cells: Vec<ByteRecord>,
    /// Rows whose number of cells differs from the header's.
    pub ragged: Vec<Range<usize>>,
    /// A last row that opens a quote and never closes it: how many rows it swallowed cannot be determined.
    pub unclosed: Option<Range<usize>>,
    /// Where the reading stopped, because too many rows do not fit the header.
    pub stopped: Option<usize>,
}

/// Where the line of column names stands in the text.
pub fn header(text: &str) -> Range<usize> {
    let mut reader = reader(text, true);
    let read = reader.byte_headers().is_ok();
    0..if read { byte(reader.position()).min(text.len()) } else { 0 }
}

/// Cuts a table into rows. Rows without a single value are left out: spreadsheets write thousands of them.
pub fn rows(text: &str) -> Rows {
    rows_until(text, MAX_USELESS_RECORDS)
}

/// The same, up to the row behind so many that do not fit the header.
pub fn rows_until(text: &str, max_ragged: usize) -> Rows {
    let mut reader = reader(text, true);
    let columns = reader.byte_headers().map(|header| header.iter().map(column_name).collect());
    let columns: Vec<String> = columns.unwrap_or_default();
    let mut out = Rows { columns, ..Rows::default() };
    let mut row = ByteRecord::new();
    while let Ok(true) = reader.read_byte_record(&mut row) {
        let start = row.position().map_or(0, byte);
        let end = byte(reader.position());
        let raw = text.get(start..end).unwrap_or_default();
        // The reader's position may stand before the line break that ended the previous row.
        let start = start + (raw.len() - raw.trim_start_matches(['\r', '\n']).len());
        let fits = row.len() == out.columns.len();
        if !fits && out.ragged.len() == max_ragged {
            out.stopped = Some(start);
            break;
        }
        if !fits {
            out.ragged.push(start..end);
        } else if !row.iter().all(|cell| cell.trim_ascii().is_empty()) {
            out.spans.push(start..end);
            out.cells.push(row.clone());
        }
    }
    let all = [out.spans.last(), out.ragged.last()].into_iter().flatten();
    let last = all
        .max_by_key(|span| span.start)
        .cloned()
        .filter(|span| !csv_text::closes(text.get(span.clone()).unwrap_or_default()));
    if let Some(last) = last {
        if out.ragged.last() == Some(&last) {
            out.ragged.pop();
        } else {
            out.spans.pop();
            out.cells.pop();
        }
        out.unclosed = Some(last);
    }
    out
}

/// The cells of one row, read anew from its text.
pub fn cells(row: &str) -> ByteRecord {
    let mut cells = ByteRecord::new();
    match reader(row, false).read_byte_record(&mut cells) {
        Ok(true) => cells,
        _ => ByteRecord::new(),
    }
}

/// The text of a cell, without spaces around it.
pub fn text(cell: &[u8]) -> &str {
    std::str::from_utf8(cell).unwrap_or_default().trim()
}

/// Reads one row as a record; an empty cell is null.
pub fn record<'de, T: Deserialize<'de>>(columns: &'de [String], cells: &'de ByteRecord) -> Option<T> {
    let pairs = columns.iter().zip(cells).map(|(column, cell)| (column.as_str(), Cell(text(cell))));
    T::deserialize(MapDeserializer::<_, Error>::new(pairs)).ok()
}

/// `Has Project Creation Override`, `HasProjectCreationOverride` and `has_project_creation_override` are the same
/// column.
fn column_name(header: &[u8]) -> String {
    let mut spaced = String::new();
    for letter in String::from_utf8_lossy(header).chars() {
        if letter.is_uppercase() && spaced.ends_with(|before: char| before.is_lowercase() || before.is_numeric()) {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    let text = spaced.to_lowercase();
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

fn reader(text: &str, headers: bool) -> Reader<&[u8]> {
    ReaderBuilder::new().has_headers(headers).flexible(true).from_reader(text.as_bytes())
}

fn byte(position: &Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

struct Cell<'de>(&'de str);

impl<'de> IntoDeserializer<'de, Error> for Cell<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_unit() } else { visitor.visit_borrowed_str(self.0) }
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Name,App Type,Description\r\n\"Time, cards\",Custom,\"two\r\nlines\"\r\nOld,,\r\n";

    #[test]
    fn quoted_commas_and_line_breaks_stay_in_their_cell() {
        let table = rows(TEXT);
        assert_eq!(table.columns, ["name", "app_type", "description"]);
        let texts: Vec<_> = table.spans.iter().map(|span| cells(&TEXT[span.clone()])).collect();
        assert_eq!(texts, [vec!["Time, cards", "Custom", "two\r\nlines"], vec!["Old", "", ""]]);
        assert_eq!(texts, table.cells);
    }

    #[test]
    fn words_of_a_column_name_are_told_apart_by_capitals_too() {
        let table = rows("KeyIdentifier,Expires In Minutes,Client ID,ClientID,IsAdministrator\n");
        assert_eq!(
            table.columns,
            ["key_identifier", "expires_in_minutes", "client_id", "client_id", "is_administrator"]
        );
    }

    /// The cells of a row, as they are written.
    fn written(row: &str) -> Vec<&str> {
        csv_text::spans(row).into_iter().map(|span| &row[span]).collect()
    }

    #[test]
    fn cells_are_found_in_the_text() {
        let table = rows(TEXT);
        let row = &TEXT[table.spans[0].clone()];
        assert_eq!(written(row), ["\"Time, cards\"", "Custom", "\"two\r\nlines\""]);
    }

    #[test]
    fn a_quote_inside_a_cell_is_a_letter() {
        assert_eq!(written("5\" pipe,\"say \"\"hi, you\"\"\",x\n"), ["5\" pipe", "\"say \"\"hi, you\"\"\"", "x"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told() {
        let table = rows("a,b\n1,2\n3,\"4\n5,6\n");
        assert_eq!((table.spans.len(), table.cells.len(), table.unclosed), (1, 1, Some(8..17)));
        assert_eq!(rows("a,b\n1,2\n\"3\n").unclosed, Some(8..11));
        assert_eq!(rows("a,b\n1,\"2\"\n").unclosed, None);
    }

    #[test]
    fn a_row_with_too_few_cells_is_named() {
        let table = rows("a,b\n1\n2,3\n");
        assert_eq!((table.spans.len(), table.ragged.len()), (1, 1));
    }

    #[test]
    fn rows_without_a_value_are_left_out_however_many_there_are() {
        let table = rows(&format!("a,b\n1,2\n{}3,4\n", ",\n , \n".repeat(1_000)));
        assert_eq!((table.spans.len(), table.ragged.len(), table.stopped), (2, 0, None));
    }

    #[test]
    fn rows_that_do_not_fit_are_read_up_to_a_limit() {
        let table = rows(&format!("a,b\n{}3,4\n", "1\n".repeat(1_000)));
        assert_eq!((table.spans.len(), table.ragged.len(), table.stopped), (0, MAX_USELESS_RECORDS, Some(504)));
    }

    #[test]
    fn a_header_alone_is_an_empty_table() {
        assert!(rows("Date,Response Code\n").spans.is_empty());
    }
}
