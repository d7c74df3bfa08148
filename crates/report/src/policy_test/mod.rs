//! The tests of a pack, in every format.

use super::formats::formats;
use super::json;
use cutover_model::result::policy_test::{PolicyTest, Tried};

mod junit;
mod text;

formats! {
    /// The formats of the tests of a pack.
    enum TestFormat;
    /// Writes the results of the tests of a pack in a format.
    fn policy_test(result: PolicyTest, style, out);

    /// For people.
    Text => text::write(result, style, out),
    /// The whole result as one document.
    Json => json::write(result, out),
    /// JUnit XML, for CI.
    Junit => junit::write(result, out),
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
