//! Runs the test file of every control: `policies/controls/<ID>.test.toml` beside `<ID>.cedar`.
//!
//! A case is a small export and what the control must say about it. Adding a control needs no change here.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, helpers included")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use cutover::audit::{Options, audit};
use cutover::export;
use cutover::export::collect::{Content, Folder, Input};
use cutover::judge::pack::Pack;
use cutover::judge::timeline::{self, Timeline};
use cutover::result::audit::{Audit, Coverage};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestFile {
    #[serde(default)]
    files: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    expect: Expect,
    subject: Option<String>,
    as_of: Option<toml::value::Datetime>,
    timeline: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The export of a second company in the same run.
    #[serde(default)]
    other: BTreeMap<String, String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Expect {
    /// At least one violation, of the subject if one is named.
    Violates,
    /// At least one fact, every one judged, no violation.
    Complies,
    /// At least one fact that cannot be judged, no violation.
    Unknown,
    /// No fact at all.
    Nothing,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/controls")
}

fn inputs(prefix: &str, files: &BTreeMap<String, String>) -> Folder {
    let input = |(name, text): (&String, &String)| Input {
        name: name.clone(),
        path: format!("{prefix}/{name}"),
        content: Content::Bytes(text.clone().into_bytes()),
    };
    Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() }
}

fn run(pack: &Pack, file: &TestFile, case: &Case) -> Audit {
    let mut files = file.files.clone();
    files.extend(case.files.clone());
    let mut folders = vec![inputs("export", &files)];
    if !case.other.is_empty() {
        folders.push(inputs("other", &case.other));
    }
    let day = case.as_of.map_or_else(|| "2024-10-15".to_owned(), |day| day.to_string());
    let options = Options {
        as_of: NaiveDate::parse_from_str(&day, "%Y-%m-%d").unwrap(),
        timeline: Timeline::built_in(case.timeline.as_deref().unwrap_or(timeline::DEFAULT)).unwrap(),
        waivers: Vec::new(),
    };
    audit(&export::read(folders, &()), pack, &options).unwrap()
}

fn check(control: &str, case: &Case, audit: &Audit, unknown_violates: bool) -> Result<(), String> {
    let coverage: &Coverage =
        audit.coverage.iter().find(|coverage| coverage.control == control).ok_or("no such control")?;
    let violations: Vec<&str> = audit
        .violations
        .iter()
        .filter(|violation| violation.control == control)
        .map(|violation| violation.subject.name.as_str())
        .collect();
    let as_expected = match case.expect {
        Expect::Violates => match &case.subject {
            Some(subject) => violations.contains(&subject.as_str()),
            None => !violations.is_empty(),
        },
        Expect::Complies => violations.is_empty() && coverage.facts > 0 && coverage.unknown == 0,
        Expect::Unknown => coverage.unknown > 0 && (unknown_violates || violations.is_empty()),
        Expect::Nothing => violations.is_empty() && coverage.facts == 0,
    };
    if as_expected {
        return Ok(());
    }
    let diagnostics: Vec<&str> = audit.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    Err(format!(
        "{control}: {}: expected {:?}{}; found violations of {violations:?}, {} facts, {} unknown, missing {:?}, diagnostics {diagnostics:?}",
        case.name,
        case.expect,
        case.subject.as_ref().map(|subject| format!(" of {subject}")).unwrap_or_default(),
        coverage.facts,
        coverage.unknown,
        coverage.missing,
    ))
}

/// Every control has a test file, and every case of it holds.
#[test]
fn every_control_says_what_its_cases_expect() {
    let mut pack = Pack::load(&[]).unwrap();
    let mut failures = Vec::new();
    let mut cases = 0;
    let controls = std::mem::take(&mut pack.controls);
    for control in controls {
        let path = folder().join(format!("{}.test.toml", control.id));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: TestFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let id = control.id.clone();
        let unknown_violates = control.unknown.is_some();
        pack.controls = vec![control];
        for case in &file.case {
            cases += 1;
            failures.extend(check(&id, case, &run(&pack, &file, case), unknown_violates).err());
        }
    }
    assert!(cases > 135, "only {cases} cases ran");
    assert!(failures.is_empty(), "{} of {cases} cases failed:\n{}", failures.len(), failures.join("\n"));
}

/// The three answers a control can give are each asked for.
#[test]
fn every_control_has_a_case_that_violates_one_that_complies_and_one_that_is_unknown() {
    for control in Pack::load(&[]).unwrap().controls {
        let text = fs::read_to_string(folder().join(format!("{}.test.toml", control.id))).unwrap();
        let file: TestFile = toml::from_str(&text).unwrap();
        let has = |expect: Expect| file.case.iter().any(|case| case.expect == expect);
        assert!(has(Expect::Violates), "{} is never violated", control.id);
        // A secret is there or it is not: nothing about it can be unknown.
        let never_unknown = control.id == "CRD-01" && has(Expect::Nothing);
        assert!(never_unknown || has(Expect::Complies), "{} is never complied with", control.id);
        assert!(never_unknown || has(Expect::Unknown), "{} is never unknown", control.id);
    }
}

/// A policy without a test file is found by the first test; a test file without a policy by this one.
#[test]
fn every_test_file_has_its_control() {
    let ids: Vec<String> = Pack::load(&[]).unwrap().controls.into_iter().map(|control| control.id).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if let Some(id) = name.strip_suffix(".test.toml") {
            assert!(ids.iter().any(|known| known == id), "{name} tests no control");
        }
    }
}
