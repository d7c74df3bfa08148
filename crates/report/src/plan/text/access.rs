//! What an account may do before and after, in the signs of a change: `+` gained, `~` changed, `-` lost, `?` unknown.

use std::io;

use super::page::Page;
use crate::plan::words;
use cutover_model::escape;
use cutover_model::result::plan::{Access, Change};

/// Changes of one account. What is in use and would be lost is always shown.
const CHANGES: usize = 12;
/// Proposals of one account.
const PROPOSALS: usize = 5;

pub(super) fn write(access: &Access, page: &mut Page<'_>) -> io::Result<()> {
    if *access == Access::default() {
        return Ok(());
    }
    let from =
        access.usage_from.as_ref().map(|path| format!("; use read from {}", escape::name(path))).unwrap_or_default();
    page.text(4, &format!("Access: {}{}", words::access(access), page.paint.dim(&from)))?;
    let rows = rows(access);
    let alarming = rows.iter().filter(|row| row.is_alarming()).count();
    page.list(6, &rows, CHANGES.max(alarming), |page, row| row.write(page))?;
    page.list(6, &access.right_size, PROPOSALS, |page, proposal| {
        page.item(6, &page.paint.caution("↓"), &words::right_size(proposal, escape::name))
    })
}

/// A change with its sign.
struct Row<'a> {
    sign: Sign,
    change: &'a Change,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Lost,
    Lowered,
    Raised,
    Gained,
    Unknown,
}

/// What would be lost in use first, then losses, level changes, gains, and what is unknown.
fn rows(access: &Access) -> Vec<Row<'_>> {
    let row = |change, sign| Row { sign, change };
    let lost =
        access.lost.iter().map(|change| row(change, if words::is_gone(change) { Sign::Lost } else { Sign::Lowered }));
    let gained =
        access.gained.iter().map(|change| row(change, if words::is_new(change) { Sign::Gained } else { Sign::Raised }));
    let unknown = access.unknown.iter().map(|change| row(change, Sign::Unknown));
    let mut rows: Vec<Row<'_>> = lost.chain(gained).chain(unknown).collect();
    rows.sort_by_key(|row| (!row.is_alarming(), row.sign as u8));
    rows
}

impl Row<'_> {
    fn is_alarming(&self) -> bool {
        matches!(self.sign, Sign::Lost | Sign::Lowered) && self.change.used == Some(true)
    }

    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let paint = page.paint;
        let sign = match self.sign {
            Sign::Lost => paint.alarm("-"),
            Sign::Lowered | Sign::Raised => paint.caution("~"),
            Sign::Gained => paint.good("+"),
            Sign::Unknown => paint.dim("?"),
        };
        let used = match (self.sign, self.change.used) {
            (Sign::Lost | Sign::Lowered, Some(true)) => format!("; {}", paint.alarm("in use")),
            (Sign::Lost | Sign::Lowered, Some(false)) => paint.dim("; not used"),
            (Sign::Unknown, Some(true)) => "; in use".to_owned(),
            _ => String::new(),
        };
        page.item(6, &sign, &format!("{}{used}", words::change(self.change, escape::name)))
    }
}
