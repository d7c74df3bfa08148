//! Reads tables of comma-separated values: byte-order mark, CRLF and quoted line breaks included.

use std::ops::Range;

use csv::{ByteRecord, Position, Reader, ReaderBuilder};
use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// A table cut into rows.
#[derive(Debug, Default)]
pub struct Rows {
    /// Column names, reduced to lower case and underscores.
    pub columns: Vec<String>,
    /// Where each row stands in the text.
    pub spans: Vec<Range<usize>>,
    /// The cells of each row.
    pub cells: Vec<ByteRecord>,
    /// Rows whose number of cells differs from the header's, by byte offset.
    pub ragged: Vec<usize>,
}

/// Cuts a table into rows.
pub fn rows(text: &str) -> Rows {
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
        if row.len() == out.columns.len() {
            out.spans.push(start..end);
            out.cells.push(row.clone());
        } else {
            out.ragged.push(start);
        }
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

/// Where the cell of a column stands in the text of its row.
pub fn find(row: &str, columns: &[String], column: &str) -> Option<Range<usize>> {
    if column.is_empty() {
        return Some(0..row.trim_end_matches(['\r', '\n']).len());
    }
    let wanted = columns.iter().position(|name| name == column)?;
    let (mut index, mut start, mut quoted) = (0, 0, false);
    for (at, byte) in row.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b'\r' | b'\n' if !quoted => {
                if index == wanted {
                    return Some(start..at);
                }
                index += 1;
                start = at + 1;
            }
            _ => {}
        }
    }
    (index == wanted).then_some(start..row.len())
}

/// `Has Project Creation Override` and `has_project_creation_override` are the same column.
fn column_name(header: &[u8]) -> String {
    let text = String::from_utf8_lossy(header).to_lowercase();
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
    fn cells_are_found_in_the_text() {
        let table = rows(TEXT);
        let row = &TEXT[table.spans[0].clone()];
        assert_eq!(&row[find(row, &table.columns, "app_type").unwrap()], "Custom");
        assert_eq!(&row[find(row, &table.columns, "name").unwrap()], "\"Time, cards\"");
    }

    #[test]
    fn a_row_with_too_few_cells_is_named() {
        let table = rows("a,b\n1\n2,3\n");
        assert_eq!((table.spans.len(), table.ragged.len()), (1, 1));
    }

    #[test]
    fn a_header_alone_is_an_empty_table() {
        assert!(rows("Date,Response Code\n").spans.is_empty());
    }
}
