//! The result in short, as markup: what there is to read where no script runs. With a script it is not shown.

use super::markup::{code, name, table, text, thing};

mod listing;
mod plan;

pub(super) use self::listing::{audit, gate};
pub(super) use self::plan::plan;

/// Lines of any list.
const LISTED: usize = 200;

/// A heading with what is below it, if there is anything.
fn section(heading: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<h2>{heading}</h2>\n{content}") }
}

/// The note on why this is short.
fn note(formats: &str) -> String {
    format!(
        "<p>This page needs JavaScript for filters, accounts and drawings; it sends nothing anywhere. Without it, this is \
         the result in short; {formats} have all of it.</p>\n"
    )
}
