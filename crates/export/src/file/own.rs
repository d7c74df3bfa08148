//! Results of this program among the files of an export: a saved baseline, a report.
//!
//! They are no part of the export, and the ids and digests in them are no secrets. A name at its top does not make a file
//! one: a document is known by being, member for member, what its type writes. The other formats cannot be read back; they
//! are known by their marks, and only texts that look like ids count for nothing in them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{FileRead, Reader, loose_secrets};
use cutover_model::diagnostic::{Code, Place};
use cutover_model::result::{answer, audit, comparison, gate, plan, policies, policy_check, policy_test};
use cutover_secrets::json_text;
use cutover_secrets::{self as secrets, BARE, Secret};

/// A longer document is not read twice to find out what it is, in bytes.
const LONGEST: usize = 1 << 26;
/// The start of a report that holds its mark, in bytes.
const HEAD: usize = 1 << 12;

/// The kinds of result that are distinguished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// A document, or lines of one.
    Document,
    /// A web page.
    Page,
    /// A report in another format.
    Report,
}

/// What a file is, if this program wrote it.
pub(super) fn recognise(name: &str, text: &str) -> Option<Own> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let end = (0..=HEAD.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let head = text.get(..end).unwrap_or_default();
    let found = if ends(&[".jsonl", ".ndjson"]) {
        is_lines(text).then_some(Own::Document)
    } else if ends(&[".html", ".htm"]) {
        head.contains("<meta name=\"generator\" content=\"cutover ").then_some(Own::Page)
    } else if ends(&[".xml"]) {
        head.contains("<testsuites name=\"cutover ").then_some(Own::Report)
    } else if ends(&[".ics"]) {
        head.contains("PRODID:-//Cutover//").then_some(Own::Report)
    } else if ends(&[".csv"]) {
        is_table(head).then_some(Own::Report)
    } else {
        None
    };
    found
        .or_else(|| is_document(text).then_some(Own::Document))
        .or_else(|| is_list_of_tool(text).then_some(Own::Report))
}

/// Whether a text is a result document, with nothing in it that its type does not write.
fn is_document(text: &str) -> bool {
    if text.len() > LONGEST || memchr::memmem::find(text.as_bytes(), b"\"cutover.").is_none() {
        return false;
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    match value.get("schema").and_then(Value::as_str) {
        Some(audit::SCHEMA) => is_what_it_writes::<audit::Audit>(&value),
        Some(gate::SCHEMA) => is_what_it_writes::<gate::Gate>(&value),
        Some(plan::SCHEMA) => is_what_it_writes::<plan::Plan>(&value),
        Some(answer::SCHEMA) => is_what_it_writes::<answer::Answer>(&value),
        Some(policies::SCHEMA) => is_what_it_writes::<policies::Policies>(&value),
        Some(comparison::SCHEMA) => is_what_it_writes::<comparison::Comparison>(&value),
        Some(policy_check::SCHEMA) => is_what_it_writes::<policy_check::PolicyCheck>(&value),
        Some(policy_test::SCHEMA) => is_what_it_writes::<policy_test::PolicyTest>(&value),
        _ => false,
    }
}

fn is_what_it_writes<T: DeserializeOwned + Serialize>(value: &Value) -> bool {
    T::deserialize(value).ok().and_then(|read| serde_json::to_value(read).ok()).is_some_and(|written| written == *value)
}

/// Whether every line is a violation, as the JSON Lines of an audit have them.
fn is_lines(text: &str) -> bool {
    let is_violation = |line: &str| {
        let value = serde_json::from_str::<Value>(line);
        value.is_ok_and(|value| {
            let alone = value.as_object().is_some_and(|object| object.len() == 1);
            match (value.get("override"), value.get("absent")) {
                (Some(change), _) if alone => is_what_it_writes::<audit::Override>(change),
                (_, Some(violation)) if alone => is_what_it_writes::<audit::Violation>(violation),
                _ => is_what_it_writes::<audit::Violation>(&value),
            }
        })
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some() && text.len() <= LONGEST && lines.all(is_violation)
}

/// Whether a table has the columns of a report.
fn is_table(head: &str) -> bool {
    let columns: Vec<&str> = head.lines().next().unwrap_or_default().split(',').collect();
    let of_audit = ["control", "severity", "status", "party", "title", "message", "fingerprint"];
    let of_plan = ["account", "status", "step", "party"];
    let has = |names: &[&str]| names.iter().all(|name| columns.contains(name));
    has(&of_audit) || has(&of_plan)
}

/// SARIF names the tool; a report for GitLab is a list of issues with nothing else in them.
fn is_list_of_tool(text: &str) -> bool {
    let marks: [&[u8]; 2] = [b"\"driver\"", b"\"check_name\""];
    if text.len() > LONGEST || !marks.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark).is_some()) {
        return false;
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    let runs = value.get("runs").and_then(Value::as_array);
    let name = |run: &Value| {
        run.pointer("/tool/driver/name").and_then(Value::as_str) == Some(cutover_model::result::ToolInfo::NAME)
    };
    if let Some(runs) = runs.filter(|runs| !runs.is_empty()) {
        return value.get("version").is_some() && runs.iter().all(name);
    }
    let members = ["check_name", "description", "fingerprint", "location", "severity"];
    let is_issue = |issue: &Value| {
        let keys = issue.as_object().map(|issue| issue.keys().map(String::as_str).collect::<Vec<_>>());
        keys.is_some_and(|mut keys| {
            keys.sort_unstable();
            keys == members
        })
    };
    value.as_array().is_some_and(|issues| !issues.is_empty() && issues.iter().all(is_issue))
}

impl Reader {
    /// Says that the file is no part of the export. Its secrets are found all the same: somebody may have edited it.
    pub(super) fn set_aside(mut self, own: Own) -> FileRead {
        let text = &self.out.document.text;
        let mut found = Vec::new();
        match own {
            Own::Document => {
                for (start, value) in values(text) {
                    let mut inside: Vec<Secret> = Vec::new();
                    // What cannot be searched was refused before.
                    let _ = secrets::scan_json(value, &mut inside);
                    found.extend(inside.into_iter().map(|one| Secret {
                        span: start + one.span.start..start + one.span.end,
                        record: None,
                        ..one
                    }));
                }
            }
            Own::Page => outside_of_scripts(text, &mut |start, part| found.extend(loose_secrets(part, start))),
            Own::Report => found = loose_secrets(text, 0),
        }
        found.retain(|secret| secret.kind != BARE);
        self.out.secrets = found;
        self.blank();
        let place = Place::Path(self.path());
        self.report(Code::OwnResult, place, "a result of cutover; it is no part of the export");
        self.finish()
    }
}

/// The values of a document, or of its lines, and where they start.
fn values(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&serde_json::value::RawValue>().flatten() {
        out.push((json_text::span_in(text, value.get()).start, value.get()));
    }
    out
}

/// The parts of a page that people read.
fn outside_of_scripts<'t>(text: &'t str, part: &mut dyn FnMut(usize, &'t str)) {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let next = ["script", "style"].iter().filter_map(|name| Some((rest.find(&format!("<{name}"))?, *name))).min();
        let Some((start, name)) = next else { return part(at, rest) };
        part(at, rest.get(..start).unwrap_or_default());
        let end = format!("</{name}>");
        let Some(length) = rest.get(start..).and_then(|inside| inside.find(&end)) else { return };
        at += start + length + end.len();
    }
}
