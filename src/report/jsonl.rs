//! JSON Lines: one violation a line, for streams and line tools.

use std::io::{self, Write};

use super::json;
use crate::result::audit::Audit;

/// Writes each violation on a line of its own.
///
/// # Errors
/// When the output cannot be written.
pub fn audit(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    audit.violations.iter().try_for_each(|violation| json::write_line(violation, out))
}
