//! What is wrong with a file that an organisation writes by hand for the evaluator: its waivers, its `cutover.toml`.

use std::ops::Range;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use super::window::Window;
use cutover_export::manual_files::TomlFault;
use cutover_export::text::line_column;

/// A mistake in such a file, with its place.
#[derive(Debug, Error, Diagnostic)]
#[error("`{path}`, line {line}, column {column}: {what}")]
#[diagnostic(help("{help}"))]
pub struct Fault {
    path: String,
    line: usize,
    column: usize,
    what: String,
    help: String,
    #[source_code]
    source_code: Window,
    /// What to mark; nothing when the file could not be read at all, because it may be any file.
    #[label("here")]
    at: Option<SourceSpan>,
}

impl Fault {
    /// A mistake at these bytes of a file that could be read.
    pub fn new(path: &str, text: &str, at: Range<usize>, what: impl Into<String>, help: impl Into<String>) -> Self {
        let (line, column) = line_column(text, at.start);
        let (source_code, at) = Window::around(path, text, &at);
        Self { path: path.to_owned(), line, column, what: what.into(), help: help.into(), source_code, at: Some(at) }
    }

    /// A file that is no TOML, or not of its shape. None of its lines is shown.
    pub fn of_shape(path: &str, text: &str, fault: TomlFault) -> Self {
        let (line, column) = line_column(text, fault.offset);
        Self {
            path: path.to_owned(),
            line,
            column,
            what: fault.what,
            help: "see docs/files-you-write.md".to_owned(),
            source_code: Window::around(path, "", &(0..0)).0,
            at: None,
        }
    }
}

/// Advice for a control that does not exist: the ids that look most like what was written.
pub fn nearest<'i>(written: &str, ids: impl Iterator<Item = &'i str>) -> String {
    /// Ids named at most.
    const MAX_ITEMS: usize = 3;
    let upper = written.to_uppercase();
    let mut near: Vec<(usize, &str)> =
        ids.map(|id| (strsim::damerau_levenshtein(&upper, &id.to_uppercase()), id)).collect();
    near.sort_unstable();
    near.dedup();
    let close = near.iter().filter(|(distance, id)| *distance * 2 <= id.len());
    let named: Vec<String> = close.take(MAX_ITEMS).map(|(_, id)| format!("`{id}`")).collect();
    match named.split_last() {
        None => "the ids are those in the report and in docs".to_owned(),
        Some((only, [])) => format!("did you mean {only}?"),
        Some((last, others)) => format!("did you mean {} or {last}?", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_ids_are_named() {
        let ids = ["DIR-01", "DIR-02", "MAN-07", "PRJ-01"];
        let advice = |written| nearest(written, ids.into_iter());
        assert_eq!(advice("dir-1"), "did you mean `DIR-01` or `DIR-02`?");
        assert_eq!(advice("MNA-07"), "did you mean `MAN-07`?");
        assert_eq!(advice("something else"), "the ids are those in the report and in docs");
    }

    #[test]
    fn a_secret_in_the_file_is_not_shown_with_the_mistake() {
        let text = "reason = \"x\"\npassword = \"hunter2\"\n";
        let fault = Fault::new("cutover.toml", text, 0..6, "wrong", "put it right");
        let shown = format!("{:?}", miette::Report::new(fault));
        assert!(shown.contains("reason") && !shown.contains("hunter2"), "{shown}");
    }
}
