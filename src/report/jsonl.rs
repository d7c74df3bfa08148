//! JSON Lines: one violation a line, for streams and line tools; before them, one line for each control that the
//! organisation changed: `{"override": {…}}`.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use crate::result::audit::{Audit, Override, Violation, Violations};

/// The length of a line, more or less.
const ABOUT: usize = 1 << 12;

/// What an organisation changed of a control.
#[derive(Serialize)]
struct Changed<'a> {
    r#override: &'a Override,
}

/// Writes each violation on a line of its own.
///
/// # Errors
/// When the output cannot be written.
pub fn audit<V: Violations>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    audit.overrides.iter().try_for_each(|change| json::write_line(&Changed { r#override: change }, &mut *out))?;
    let lines = |violations: &[Violation]| {
        let mut lines = Vec::with_capacity(violations.len() * ABOUT);
        violations.iter().try_for_each(|violation| json::write_line(violation, &mut lines)).map(|()| lines)
    };
    audit.violations.render(&lines, out)
}
