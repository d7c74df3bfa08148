//! Saved results, read again. A file may have been written by another version, cut short, edited, or made up: whatever it
//! holds, it is either the document it says it is or refused with the place where it is not.

use std::fmt;

use chrono::NaiveDate;
use miette::Diagnostic;
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

use self::scan::Scan;
use super::audit::{self, Audit, Diagnostic as Diagnosed, Group, Violation};
use super::gate::{self, Gate};
use super::plan::{self, Plan};
use super::{Location, Snippet, Thing, ToolInfo};
use crate::escape;

mod scan;

/// The longest saved result that is read, after decompression, in bytes.
pub const LONGEST: u64 = 8 << 30;

/// A saved result of any verb.
#[derive(Debug)]
pub enum Document {
    /// Of `cutover audit`.
    Audit(Box<Audit>),
    /// Of `cutover gate`.
    Gate(Box<Gate>),
    /// Of `cutover plan`.
    Plan(Box<Plan>),
}

/// Why a file is no saved result.
#[derive(Debug, Error, Diagnostic)]
#[error("`{path}`{place} {what}")]
#[diagnostic(help("{help}"))]
pub struct SavedError {
    path: String,
    place: Place,
    what: String,
    help: String,
}

/// A line and a column, from 1, if they are known.
#[derive(Debug, Clone, Copy, Default)]
struct Place(Option<(usize, usize)>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((line, column)) => write!(f, ", line {line}, column {column}:"),
            None => Ok(()),
        }
    }
}

impl SavedError {
    /// A file that is refused as a whole.
    pub fn new(path: &str, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: escape::name(path), place: Place::default(), what: what.into(), help: help.into() }
    }

    fn at(path: &str, error: &serde_json::Error, what: String) -> Self {
        let place = Place(Some((error.line().max(1), error.column().max(1))));
        let help = "give a file that `cutover audit` or `cutover plan` wrote with `-o json=FILE`, whole and unchanged";
        Self { place, ..Self::new(path, what, help) }
    }
}

/// Reads a saved result of any verb.
///
/// # Errors
/// When it is not JSON, no result, one of another version, or not what that version writes.
pub fn read(path: &str, bytes: &[u8]) -> Result<Document, SavedError> {
    match schema(path, bytes)?.as_str() {
        audit::SCHEMA => Ok(Document::Audit(Box::new(whole_audit(path, bytes)?))),
        gate::SCHEMA => Ok(Document::Gate(Box::new(whole_gate(path, bytes)?))),
        plan::SCHEMA => Ok(Document::Plan(Box::new(parse(path, bytes, plan::SCHEMA)?))),
        other => Err(unknown(path, other, &[audit::SCHEMA, gate::SCHEMA, plan::SCHEMA])),
    }
}

/// Reads a saved audit.
///
/// # Errors
/// As for [`read`], and when it is a result of another verb.
pub fn read_audit(path: &str, bytes: &[u8]) -> Result<Audit, SavedError> {
    match schema(path, bytes)?.as_str() {
        audit::SCHEMA => whole_audit(path, bytes),
        other => Err(unknown(path, other, &[audit::SCHEMA])),
    }
}

/// An audit whose violations are not read yet.
#[derive(Debug, Deserialize)]
pub struct Outline<'b> {
    tool: ToolInfo,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The companies it is about.
    #[serde(default)]
    pub companies: Vec<Thing>,
    #[serde(default)]
    groups: Vec<Group>,
    /// The text of each violation.
    #[serde(borrow)]
    pub violations: Vec<&'b RawValue>,
}

/// Reads a saved audit to compare with; of its violations there may be more than memory should hold.
///
/// # Errors
/// As for [`read_audit`], and when it was written by another tool or does not hold every violation.
pub fn read_outline<'b>(path: &str, bytes: &'b [u8]) -> Result<Outline<'b>, SavedError> {
    let named = schema(path, bytes)?;
    if named != audit::SCHEMA {
        return Err(unknown(path, &named, &[audit::SCHEMA]));
    }
    let outline: Outline<'b> = parse(path, bytes, audit::SCHEMA)?;
    is_ours_and_whole(path, &outline.tool, &outline.groups)?;
    Ok(outline)
}

/// Reads a saved audit that is to be part of a baseline.
///
/// # Errors
/// As for [`read_audit`], and when it was written by another tool or does not hold every violation.
pub fn read_whole_audit(path: &str, bytes: &[u8]) -> Result<Audit, SavedError> {
    let audit = read_audit(path, bytes)?;
    is_ours_and_whole(path, &audit.tool, &audit.groups)?;
    Ok(audit)
}

fn is_ours_and_whole(path: &str, tool: &ToolInfo, groups: &[Group]) -> Result<(), SavedError> {
    let help = "give a file that `cutover audit -o json=FILE` wrote";
    if tool.name != ToolInfo::NAME {
        let what = format!("was written by `{}`, not by cutover", escape::name(&tool.name));
        return Err(SavedError::new(path, what, help));
    }
    if !groups.is_empty() {
        return Err(SavedError::new(path, "does not hold every violation that was found", help));
    }
    Ok(())
}

/// One violation of an [`Outline`], if it is one.
pub fn violation(text: &RawValue) -> Option<Violation> {
    let violation: Violation = serde_json::from_str(text.get()).ok()?;
    let is_whole = places(&violation).all(|place| place.snippet.as_ref().is_none_or(is_sound));
    is_whole.then_some(violation)
}

/// Every place a violation speaks of.
fn places(violation: &Violation) -> impl Iterator<Item = &Location> {
    let steps = violation.why.iter().filter_map(|step| step.location.as_ref());
    std::iter::once(&violation.location).chain(&violation.related).chain(steps)
}

/// The schema a document names, once it is clear that it is JSON with numbers and dates that can be reckoned with.
fn schema(path: &str, bytes: &[u8]) -> Result<String, SavedError> {
    let scanned: Scan = serde_json::from_slice(bytes).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => scan::reason(&error),
            serde_json::error::Category::Eof => "the file ends in the middle of the JSON".to_owned(),
            _ => "is not JSON here".to_owned(),
        };
        SavedError::at(path, &error, what)
    })?;
    scanned.schema.ok_or_else(|| {
        let what = "is no result of cutover: it names no schema";
        SavedError::new(path, what, "give a file that `cutover audit` or `cutover plan` wrote with `-o json=FILE`")
    })
}

fn unknown(path: &str, schema: &str, known: &[&str]) -> SavedError {
    let named = |schema: &&str| format!("`{schema}`");
    let known: Vec<String> = known.iter().map(named).collect();
    let what = format!("is a `{}`; expected {}", escape::name(schema), known.join(" or "));
    let family = |schema: &str| schema.split('/').next().map(str::to_owned);
    let help = match known.iter().any(|known| family(known.trim_matches('`')) == family(schema)) {
        true => "read it with the version of cutover that wrote it, or write it again with this one",
        false => "give a result of the right verb",
    };
    SavedError::new(path, what, help)
}

fn parse<'b, T: Deserialize<'b>>(path: &str, bytes: &'b [u8], schema: &str) -> Result<T, SavedError> {
    serde_json::from_slice(bytes).map_err(|error| {
        // The rest of the text could hold a value of the file.
        let text = error.to_string();
        let lacks = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')).map(|(field, _)| field);
        let what = match lacks {
            Some(field) => format!("lacks the member `{field}` of a `{schema}`"),
            None => format!("is not as a `{schema}` has it"),
        };
        SavedError::at(path, &error, what)
    })
}

fn whole_gate(path: &str, bytes: &[u8]) -> Result<Gate, SavedError> {
    let gate: Gate = parse(path, bytes, gate::SCHEMA)?;
    check_lines(path, gate.violations.iter(), &gate.diagnostics)?;
    Ok(gate)
}

fn whole_audit(path: &str, bytes: &[u8]) -> Result<Audit, SavedError> {
    let audit: Audit = parse(path, bytes, audit::SCHEMA)?;
    check_lines(path, audit.violations.iter().chain(&audit.absent), &audit.diagnostics)?;
    Ok(audit)
}

/// Refuses lines of files that could not be drawn.
fn check_lines<'v>(
    path: &str,
    violations: impl Iterator<Item = &'v Violation>,
    diagnostics: &'v [Diagnosed],
) -> Result<(), SavedError> {
    let of_diagnostics = diagnostics.iter().filter_map(|diagnostic| diagnostic.location.as_ref());
    let mut all = violations.flat_map(places).chain(of_diagnostics);
    if let Some(place) = all.find(|place| place.snippet.as_ref().is_some_and(|snippet| !is_sound(snippet))) {
        let what = format!("shows lines of {}:{} that cutover did not write", escape::name(&place.path), place.line);
        return Err(SavedError::new(path, what, "give a file that cutover wrote with `-o json=FILE`, unchanged"));
    }
    Ok(())
}

/// Whether lines can be drawn: plain text, with a mark that lies in it.
fn is_sound(snippet: &Snippet) -> bool {
    let plain = !snippet.text.chars().any(|letter| letter != '\n' && escape::is_deceptive(letter));
    let end = snippet.start.checked_add(snippet.length);
    plain && end.is_some_and(|end| snippet.text.get(snippet.start..end).is_some())
}
