//! A code quality report for GitLab: a list of issues, of which GitLab shows what a merge request adds and takes away.
//!
//! GitLab needs a description, a check, a fingerprint, a severity and a place, and drops an issue whose fingerprint it
//! has seen before (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use std::io::{self, Write};

use rustc_hash::FxHashSet;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::{details, json, sarif::wording};
use crate::relative::relative;
use cutover_model::diagnostic::Level;
use cutover_model::escape;
use cutover_model::result::Severity;
use cutover_model::result::audit::{Diagnostic, Listing, Violation, ViolationStatus};
use cutover_secrets::digest::sha256;

/// One issue.
#[derive(Debug, Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Debug, Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
}

/// The issues, one after the other.
struct Issues<'a> {
    listing: &'a Listing<'a>,
    /// The folders that may be the root of the repository.
    roots: &'a [String],
}

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut seen = FxHashSet::default();
        let is_wrong = |diagnostic: &&Diagnostic| diagnostic.severity == Level::Error || diagnostic.is_incomplete();
        for diagnostic in self.listing.diagnostics.iter().filter(is_wrong) {
            list.serialize_element(&alarm(diagnostic, self.roots, &mut seen))?;
        }
        for violation in self.listing.violations.included(usize::MAX) {
            list.serialize_element(&issue(&violation, self.roots, &mut seen))?;
        }
        list.end()
    }
}

/// Writes what could not be read, and the violations, as issues.
///
/// # Errors
/// When the output cannot be written.
pub fn write(listing: &Listing<'_>, roots: &[String], out: &mut dyn Write) -> io::Result<()> {
    json::write(&Issues { listing, roots }, out)
}

/// What could not be read or evaluated, or what the organisation made an error. It is the same issue in the next report if
/// it is of the same code and file, whatever its line.
fn alarm(diagnostic: &Diagnostic, roots: &[String], seen: &mut FxHashSet<String>) -> Issue {
    let word = if diagnostic.is_incomplete() { "The export is incomplete: " } else { "" };
    let location = diagnostic.location.as_ref();
    let location = place(location.map_or(("", 1), |place| (place.path.as_str(), place.line)), roots);
    let fingerprint = sha256(format!("diagnostic:{}:{}", diagnostic.code, location.path).as_bytes());
    let description = format!("{word}{}", wording::sentence(&diagnostic.message));
    Issue {
        description: escape::visible(&description).into_owned(),
        check_name: diagnostic.code.clone(),
        fingerprint: unique(fingerprint.get(..32).unwrap_or(&fingerprint), seen),
        severity: "blocker",
        location,
    }
}

/// A place in a file, or in the export as a whole.
fn place((path, line): (&str, usize), roots: &[String]) -> Place {
    let path = relative(path, roots);
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = if path.is_empty() { "export" } else { path };
    Place { path: path.to_owned(), lines: Lines { begin: line.max(1) } }
}

fn issue(violation: &Violation, roots: &[String], seen: &mut FxHashSet<String>) -> Issue {
    let standing = details::standing(violation).or_else(|| details::news(violation).map(str::to_owned));
    let standing = standing.map(|words| format!(" ({words})")).unwrap_or_default();
    let (message, remedy) = (wording::sentence(&violation.message), wording::sentence(&violation.remedy));
    let description = format!("{message} {remedy}{standing}");
    let location = &violation.location;
    Issue {
        description: escape::visible(&description).into_owned(),
        check_name: violation.control.clone(),
        fingerprint: unique(&violation.fingerprint, seen),
        severity: severity(violation),
        location: place((&location.path, location.line), roots),
    }
}

/// What is waived stays in sight and asks for nothing.
fn severity(violation: &Violation) -> &'static str {
    match (violation.status, violation.severity) {
        (ViolationStatus::Waived | ViolationStatus::Baseline, _) | (_, Severity::Info) => "info",
        (_, Severity::Low) => "minor",
        (_, Severity::Medium) => "major",
        (_, Severity::High) => "critical",
        (_, Severity::Critical) => "blocker",
    }
}

/// A fingerprint that no issue before has: a pair of subject and resource can violate a control in two ways.
fn unique(fingerprint: &str, seen: &mut FxHashSet<String>) -> String {
    let mut own = fingerprint.to_owned();
    while !seen.insert(own.clone()) {
        let digest = sha256(format!("again:{own}").as_bytes());
        own = digest.get(..32).unwrap_or(&digest).to_owned();
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_fingerprints_are_told_apart_in_the_same_way_every_time() {
        let three = || {
            let mut seen = FxHashSet::default();
            ["a", "a", "a"].map(|fingerprint| unique(fingerprint, &mut seen))
        };
        let [one, two, other] = three();
        assert_eq!(one, "a");
        assert!(one != two && two != other && one != other);
        assert_eq!(three(), [one, two, other]);
    }
}
