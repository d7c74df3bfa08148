//! Finds secrets in a row of a table, where a cell may name what its neighbour holds.

use super::name::{is_named_by_its_neighbour, names_its_neighbour, secret_name};
use super::shape::{Hit, scan_text};

/// Looks through the cells of a row, each with the name of its column. Gives the number of the cell for each hit.
pub fn scan_row<'c>(cells: impl Iterator<Item = (&'c str, &'c str)> + Clone) -> Vec<(usize, Hit)> {
    // `Name,Value` in the header, `Authorization,…` in the row.
    let mut named = cells.clone().filter(|(column, cell)| names_its_neighbour(column) && secret_name(cell).is_some());
    let named = named.next().map(|(_, cell)| cell);
    let hits = cells.enumerate().flat_map(|(index, (column, cell))| {
        let name = named.filter(|_| is_named_by_its_neighbour(column)).unwrap_or(column);
        scan_text(name, cell).into_iter().map(move |hit| (index, hit))
    });
    hits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_names_what_its_neighbour_holds() {
        let found = |cells: &[(&str, &str)]| {
            scan_row(cells.iter().copied()).into_iter().map(|(index, _)| index).collect::<Vec<_>>()
        };
        assert_eq!(found(&[("value", "hunter2"), ("name", "Db Password")]), [0]);
        assert_eq!(found(&[("setting", "LedgerToken"), ("default_value", "hunter2"), ("note", "x")]), [1]);
        assert!(found(&[("name", "Colour"), ("value", "hunter2")]).is_empty());
        assert!(found(&[("name", "Password"), ("value", "<redacted>"), ("owner", "Ann")]).is_empty());
    }
}
