//! JSON Lines: one violation a line, for streams and line tools; before them, one line for each control that the
//! organisation changed: `{"override": {…}}`, and one for each part of the export that could not be read:
//! `{"incomplete": {…}}`; behind them, one for each violation of the baseline that is gone:
//! `{"absent": {…}}`.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use cutover_model::result::audit::{Diagnostic, Listing, Override, Violation};

/// The length of a line, more or less.
const ABOUT: usize = 1 << 12;

/// What an organisation changed of a control.
#[derive(Serialize)]
struct Changed<'a> {
    r#override: &'a Override,
}

/// What was in the baseline and is gone.
#[derive(Serialize)]
struct Absent<'a> {
    absent: &'a Violation,
}

/// What could not be read.
#[derive(Serialize)]
struct Unread<'a> {
    incomplete: &'a Diagnostic,
}

/// Writes each violation on a line of its own.
///
/// # Errors
/// When the output cannot be written.
pub fn write(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    listing.overrides.iter().try_for_each(|change| json::write_line(&Changed { r#override: change }, &mut *out))?;
    let mut unread = listing.diagnostics.iter().filter(|diagnostic| diagnostic.is_incomplete());
    unread.try_for_each(|diagnostic| json::write_line(&Unread { incomplete: diagnostic }, &mut *out))?;
    let lines = |violations: &[Violation]| {
        let mut lines = Vec::with_capacity(violations.len() * ABOUT);
        violations.iter().try_for_each(|violation| json::write_line(violation, &mut lines)).map(|()| lines)
    };
    listing.violations.render(&lines, out)?;
    listing.absent.iter().try_for_each(|violation| json::write_line(&Absent { absent: violation }, &mut *out))
}
