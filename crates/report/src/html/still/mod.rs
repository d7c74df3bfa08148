//! The result in short, as markup: what there is to read where no script runs. With a script it is not shown.

use super::markup::{code, list, name, table, text, thing};
use crate::header;
use cutover_model::result::audit::Diagnostic;

mod listing;
mod plan;

pub(super) use self::listing::{audit, gate};
pub(super) use self::plan::plan;

/// Lines of any list.
const MAX_LISTED: usize = 200;

/// A heading with what is below it, if there is anything.
fn section(heading: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<h2>{heading}</h2>\n{content}") }
}

/// What could not be read, if anything could not.
fn incomplete(diagnostics: &[Diagnostic]) -> String {
    let Some(banner) = header::incomplete(diagnostics) else { return String::new() };
    let lines: Vec<String> = header::unread(diagnostics).iter().map(|line| text(line)).collect();
    format!("<p><strong>{banner}</strong></p>\n{}", list(&lines))
}

/// The note on why this is short.
fn note(formats: &str) -> String {
    format!(
        "<p>This page needs JavaScript for filters, accounts and drawings; it does not use the network. \
         Without it, this is a summary; {formats} have the full result.</p>\n"
    )
}
