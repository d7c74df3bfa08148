//! The tests of a pack, in every format.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Style, json};
use cutover_model::result::policy_test::{PolicyTest, Tried};

mod junit;
mod text;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people.
    Text,
    /// The whole result as one document.
    Json,
    /// JUnit XML, for CI.
    Junit,
}

/// Writes what the tests of a pack say.
///
/// # Errors
/// When the output cannot be written.
pub fn policy_test(result: &PolicyTest, format: TestFormat, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TestFormat::Text => text::write(result, style, out),
        TestFormat::Json => json::write(result, out),
        TestFormat::Junit => junit::write(result, out),
    }
}

/// What a case expected and what was found, in one line.
fn included(case: &Tried) -> String {
    let mut expected = case.expected.clone();
    if let Some(number) = case.violations {
        expected.push_str(&format!(" {number} times"));
    }
    if let Some(subject) = &case.subject {
        expected.push_str(&format!(" by {subject}"));
    }
    let found = &case.found;
    if let Some(error) = &found.error {
        return format!("expected {expected}; could not be assessed: {error}");
    }
    let violations = match found.violations.as_slice() {
        [] => "no violation".to_owned(),
        names => format!("{} by {}", counted(names.len(), "violation"), names.join(", ")),
    };
    let unknown = match found.unknown {
        0 => "none unknown".to_owned(),
        number => format!("{number} unknown ({})", found.missing.join(", ")),
    };
    format!("expected {expected}; found {}, {violations}, {unknown}", counted(found.facts, "fact"))
}

/// `1 case`, `2 cases`.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
