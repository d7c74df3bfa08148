//! What the organisation changed of the controls.

use std::io::{self, Write};

use super::{Paint, wrapped};
use crate::{Style, overrides};
use cutover_model::escape;
use cutover_model::result::audit::Override;

pub(crate) fn write(changes: &[Override], style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold(overrides::heading(changes)))?;
    for change in changes {
        let text = format!("{:8} {}", escape::name(&change.control), overrides::sentence(change, escape::name));
        wrapped(&text, "  ", style).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}
