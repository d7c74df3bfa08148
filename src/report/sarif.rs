//! SARIF 2.1.0.

use std::io::{self, Write};

use crate::result::audit::Audit;

/// Writes an audit.
///
/// # Errors
/// When the output cannot be written.
pub fn audit(_audit: &Audit, _out: &mut dyn Write) -> io::Result<()> {
    Ok(())
}
