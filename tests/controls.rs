//! Runs the test file of every control: `policies/controls/<ID>.test.toml` beside `<ID>.cedar`.
//!
//! A case is a small export and what the control must say about it. Adding a control needs no change here. Controls over
//! what an export says are asked by an audit of it, those over what a migration plan says by a plan made from it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, helpers included")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use cutover::audit::{self, audit};
use cutover::export::collect::{Content, Folder, Input};
use cutover::export::{self, Export};
use cutover::judge::pack::Pack;
use cutover::judge::timeline::{self, Timeline};
use cutover::plan::{self, plan};
use cutover::result::audit::Diagnostic;
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

/// The pack as it lies in the folder, not as it was built in: editing a control needs no build to see what it says.
/// `CONTROLS='MFF-*'` keeps to some of them.
fn pack_in_folder() -> Pack {
    let mut pack = Pack::load(&[folder()]).unwrap();
    if let Ok(pattern) = std::env::var("CONTROLS") {
        let glob = globset::Glob::new(&pattern).unwrap().compile_matcher();
        pack.controls.retain(|control| glob.is_match(&control.id));
        pack.migration.retain(|control| glob.is_match(&control.id));
    }
    pack
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

fn read(file: &TestFile, case: &Case) -> Export {
    let mut files = file.files.clone();
    files.extend(case.files.clone());
    let mut folders = vec![inputs("export", &files)];
    if !case.other.is_empty() {
        folders.push(inputs("other", &case.other));
    }
    export::read(folders, &())
}

fn as_of(case: &Case) -> NaiveDate {
    let day = case.as_of.map_or_else(|| "2024-10-15".to_owned(), |day| day.to_string());
    NaiveDate::parse_from_str(&day, "%Y-%m-%d").unwrap()
}

fn timeline_of(case: &Case) -> Timeline {
    Timeline::built_in(case.timeline.as_deref().unwrap_or(timeline::DEFAULT)).unwrap()
}

/// What a control said about a case.
struct Answer {
    /// The names of those who violate it.
    violations: Vec<String>,
    facts: usize,
    unknown: usize,
    /// What the export lacks, in words.
    missing: Vec<String>,
    diagnostics: Vec<String>,
}

fn messages(diagnostics: Vec<Diagnostic>) -> Vec<String> {
    diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()
}

/// Asks the one control of the pack.
fn audited(pack: &Pack, file: &TestFile, case: &Case) -> Answer {
    let options = audit::Options { as_of: as_of(case), timeline: timeline_of(case), waivers: Vec::new() };
    let mut audit = audit(&read(file, case), pack, &options).unwrap();
    let coverage = audit.coverage.pop().unwrap();
    let own = audit.violations.into_iter().filter(|violation| violation.control == coverage.control);
    Answer {
        violations: own.map(|violation| violation.subject.name).collect(),
        facts: coverage.facts,
        unknown: coverage.unknown,
        missing: coverage.missing.iter().map(ToString::to_string).collect(),
        diagnostics: messages(audit.diagnostics),
    }
}

/// Asks the one control over plans of the pack.
fn planned(pack: &Pack, file: &TestFile, case: &Case) -> Answer {
    let options = plan::Options {
        as_of: as_of(case),
        timeline: timeline_of(case),
        start: None,
        capacity: None,
        freezes: Vec::new(),
        buffer: plan::BUFFER,
        map: None,
        proposal: None,
        may_be_empty: false,
    };
    let mut plan = plan(&read(file, case), pack, &options).map_err(|error| format!("{}: {error}", case.name)).unwrap();
    let coverage = plan.coverage.pop().unwrap();
    let (mut violations, mut missing) = (Vec::new(), Vec::new());
    for account in plan.accounts {
        if account.blockers.iter().any(|blocker| blocker.control == coverage.control) {
            violations.push(account.account.name);
        }
        let own = account.open_questions.into_iter().filter(|question| question.control == coverage.control);
        missing.extend(own.flat_map(|question| question.missing));
    }
    assert_eq!(coverage.violations == 0, violations.is_empty(), "{}: every violation is a blocker", case.name);
    assert_eq!(coverage.unknown == 0, missing.is_empty(), "{}: every unknown is an open question", case.name);
    let diagnostics = messages(plan.diagnostics);
    Answer { violations, facts: coverage.facts, unknown: coverage.unknown, missing, diagnostics }
}

fn check(control: &str, case: &Case, answer: &Answer, unknown_violates: bool) -> Result<(), String> {
    let Answer { violations, facts, unknown, missing, diagnostics } = answer;
    let as_expected = match case.expect {
        Expect::Violates => match &case.subject {
            Some(subject) => violations.contains(subject),
            None => !violations.is_empty(),
        },
        Expect::Complies => violations.is_empty() && *facts > 0 && *unknown == 0,
        Expect::Unknown => *unknown > 0 && (unknown_violates || violations.is_empty()),
        Expect::Nothing => violations.is_empty() && *facts == 0,
    };
    if as_expected {
        return Ok(());
    }
    Err(format!(
        "{control}: {}: expected {:?}{}; found violations of {violations:?}, {facts} facts, {unknown} unknown, missing {missing:?}, diagnostics {diagnostics:?}",
        case.name,
        case.expect,
        case.subject.as_ref().map(|subject| format!(" of {subject}")).unwrap_or_default(),
    ))
}

fn test_file(control: &str) -> TestFile {
    let path = folder().join(format!("{control}.test.toml"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display())).unwrap();
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display())).unwrap()
}

/// Every control has a test file, and every case of it holds.
#[test]
fn every_control_says_what_its_cases_expect() {
    let mut pack = pack_in_folder();
    let (controls, of_plans) = (std::mem::take(&mut pack.controls), std::mem::take(&mut pack.migration));
    let mut failures = Vec::new();
    let mut cases = 0;
    for control in controls {
        let (id, unknown_violates) = (control.id.clone(), control.unknown.is_some());
        let file = test_file(&id);
        pack.controls = vec![control];
        for case in &file.case {
            cases += 1;
            failures.extend(check(&id, case, &audited(&pack, &file, case), unknown_violates).err());
        }
    }
    // What becomes of an account, and so what a plan says of it, follows from the other controls, too.
    let mut pack = pack_in_folder();
    for control in of_plans {
        let id = control.id.clone();
        let file = test_file(&id);
        pack.migration = vec![control];
        for case in &file.case {
            cases += 1;
            failures.extend(check(&id, case, &planned(&pack, &file, case), false).err());
        }
    }
    let fewest = if std::env::var("CONTROLS").is_ok() { 1 } else { 180 };
    assert!(cases >= fewest, "only {cases} cases ran");
    assert!(failures.is_empty(), "{} of {cases} cases failed:\n{}", failures.len(), failures.join("\n"));
}

/// Answers that a control cannot give; the test file says why.
const NEVER: [(&str, Expect); 4] = [
    ("CRD-01", Expect::Complies),
    ("CRD-01", Expect::Unknown),
    ("SVA-11", Expect::Complies),
    ("SVA-11", Expect::Unknown),
];

/// The three answers a control can give are each asked for.
#[test]
fn every_control_has_a_case_that_violates_one_that_complies_and_one_that_is_unknown() {
    let pack = pack_in_folder();
    for control in pack.controls.iter().chain(&pack.migration) {
        let file = test_file(&control.id);
        let has = |expect: Expect| file.case.iter().any(|case| case.expect == expect);
        for expect in [Expect::Violates, Expect::Complies, Expect::Unknown] {
            let never = NEVER.contains(&(control.id.as_str(), expect));
            // Where compliance is no fact, there is no fact at all.
            let wanted = if never && expect == Expect::Complies { Expect::Nothing } else { expect };
            let asked = has(wanted) || (never && expect == Expect::Unknown);
            assert!(asked, "{} has no case that expects {wanted:?}", control.id);
        }
    }
}

/// A policy without a test file is found by the first test; a test file without a policy by this one.
#[test]
fn every_test_file_has_its_control() {
    let pack = Pack::load(&[folder()]).unwrap();
    let ids: Vec<String> = pack.controls.into_iter().chain(pack.migration).map(|control| control.id).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if let Some(id) = name.strip_suffix(".test.toml") {
            assert!(ids.iter().any(|known| known == id), "{name} tests no control");
        }
    }
}
