//! Runs the test file of every built-in control as it lies in its folder, `policies/controls` or `policies/change`:
//! `ID.test.toml` beside `ID.cedar`.
//!
//! `cutover policy test` does the same for any pack; adding a control needs no change here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cutover_analysis::audit;
use cutover_analysis::gate::gate;
use cutover_analysis::plan;
use cutover_analysis::plan::plan;
use cutover_export::Export;
use cutover_model::result::policy_test::PolicyTest;
use cutover_pack_tools::cases;
use cutover_pack_tools::cases::{Case, Given, Suites};
use cutover_pack_tools::run::{Options, run};
use cutover_policy::pack::Pack;

fn folders() -> [PathBuf; 2] {
    ["policies/controls", "policies/change"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

/// The pack as it lies in the folders, not as it was built in: editing a control needs no build to see what it says.
fn pack() -> (Pack, Suites, BTreeSet<String>) {
    let pack = Pack::load(&folders()).unwrap();
    let ids = pack.in_force().map(|control| control.id.clone()).collect();
    let suites = folders().iter().flat_map(|folder| cases::of_folder(folder).unwrap()).collect();
    (pack, suites, ids)
}

fn tested() -> PolicyTest {
    let (pack, suites, ids) = pack();
    run(&pack, &suites, &ids, &Options::default()).unwrap()
}

#[test]
fn every_control_says_what_its_cases_expect() {
    let tested = tested();
    let cases = || tested.controls.iter().flat_map(|one| one.cases.iter().map(move |case| (&one.control, case)));
    let failures: Vec<String> = cases()
        .filter(|(_, case)| !case.passed)
        .map(|(control, case)| format!("{control}: {}: expected {}; {:#?}", case.name, case.expected, case.found))
        .collect();
    assert!(cases().count() >= 180, "only {} cases ran", cases().count());
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}

/// A control that cannot give one of the answers says why in its test file.
#[test]
fn every_control_has_a_case_that_violates_one_that_complies_and_one_that_is_unknown() {
    for one in tested().controls {
        assert!(one.path.is_some(), "{} has no test file", one.control);
        assert!(one.not_asked.is_empty(), "{} has no case that expects {:?}", one.control, one.not_asked);
    }
}

#[test]
fn every_test_file_has_its_control() {
    let (_, suites, ids) = pack();
    for suite in suites.values() {
        assert!(ids.contains(&suite.control), "{} tests no control", suite.path);
    }
}

/// A plan shows what its controls say: each violation hinders the account, each unknown is an open question.
#[test]
fn what_a_control_over_plans_says_stands_in_the_plan() {
    let (mut pack, suites, _) = pack();
    let mut shown = 0;
    for control in std::mem::take(&mut pack.migration) {
        let (id, suite) = (control.id.clone(), &suites[&control.id]);
        pack.migration = vec![control];
        for (case, export) in
            suite.cases.iter().map(|case| (case, case.export())).filter(|(_, export)| is_given(export))
        {
            let plan = plan(&export, &pack, &terms(case)).unwrap();
            let coverage = plan.coverage.first().unwrap();
            let blocked = plan.accounts.iter().any(|one| one.blockers.iter().any(|blocker| blocker.control == id));
            let asked =
                plan.accounts.iter().any(|one| one.open_questions.iter().any(|question| question.control == id));
            assert_eq!((coverage.violations > 0, coverage.unknown > 0), (blocked, asked), "{id}: {}", case.name);
            shown += 1;
        }
    }
    assert!(shown >= 40, "only {shown} plans were made");
}

/// A gate shows what its controls say: with one control alone, its violations are those of the control and no others.
#[test]
fn what_a_control_over_changes_says_stands_in_the_gate() {
    let (mut pack, suites, _) = pack();
    pack.controls.clear();
    let mut shown = 0;
    for control in std::mem::take(&mut pack.change) {
        let (id, suite) = (control.id.clone(), &suites[&control.id]);
        pack.change = vec![control];
        for case in suite.cases.iter().filter(|case| matches!(case.given, Given::Change(..))) {
            let mut export = case.export();
            let records = std::mem::take(&mut export.companies);
            let options = audit::Options {
                as_of: case.as_of,
                timeline: case.timeline.clone(),
                waivers: Vec::new(),
                by_reference: false,
            };
            let gate = gate(&export, records, &pack, &options).unwrap();
            let coverage = gate.coverage.first().unwrap();
            let of_control = gate.violations.iter().filter(|violation| violation.control == id).count();
            assert_eq!((of_control, gate.coverage.len()), (gate.violations.len(), 1), "{id}: {}", case.name);
            assert_eq!(coverage.violations > 0, of_control > 0, "{id}: {}", case.name);
            shown += 1;
        }
    }
    assert!(shown >= 100, "only {shown} gates were run");
}

fn is_given(export: &Export) -> bool {
    !export.documents.is_empty()
}

fn terms(case: &Case) -> plan::Options {
    plan::Options {
        as_of: case.as_of,
        timeline: case.timeline.clone(),
        start: None,
        capacity: None,
        freezes: Vec::new(),
        buffer: plan::BUFFER,
        map: None,
        proposal: None,
        repair: Vec::new(),
        may_be_empty: true,
    }
}
