//! The example of a control: the first case of its test file that violates it, and what Cutover says of it.

use std::collections::BTreeMap;

use super::cases::{Case, Expect, Given, Suite};
use cutover_analysis::audit;
use cutover_analysis::audit::audit;
use cutover_analysis::gate;
use cutover_analysis::plan;
use cutover_analysis::plan::plan;
use cutover_export::Export;
use cutover_model::result::Location;
use cutover_model::result::audit::Violation;
use cutover_model::result::policies::{Example, ExampleViolation, Policies};
use cutover_policy::control::Control;
use cutover_policy::pack::{Pack, test_file};

/// The folder of the second company.
const OTHER: &str = "other/";
/// The folder of what a change began with.
const BEFORE: &str = "before/";
/// The folder of what it led to.
const AFTER: &str = "after/";

/// Adds its policy and an example to every control of a catalogue.
///
/// Controls without a test file, or without a case that violates them, have no example.
pub fn add(policies: &mut Policies, pack: &mut Pack) {
    for described in &mut policies.controls {
        let is_it = |control: &Control| control.id == described.id;
        let Some(control) = pack.in_force().find(|control| is_it(control)) else {
            continue;
        };
        described.policy = Some(control.text.clone());
        let Some(case) = first_that_violates(control) else { continue };
        let mut export = case.export();
        // A case is put to its control alone. What a plan says follows from the controls over exports, too: they stay.
        let violations = if let Some(at) = pack.controls.iter().position(is_it) {
            let others = alone(&mut pack.controls, at);
            let violations = audited(pack, &case, &export);
            back(&mut pack.controls, at, others);
            violations
        } else if let Some(at) = pack.migration.iter().position(is_it) {
            let others = alone(&mut pack.migration, at);
            let violations = planned(pack, &case, &export);
            back(&mut pack.migration, at, others);
            violations
        } else if let Some(at) = pack.change.iter().position(is_it) {
            let others = alone(&mut pack.change, at);
            let violations = gated(pack, &case, &mut export);
            back(&mut pack.change, at, others);
            violations
        } else {
            Vec::new()
        };
        let within = |folder: &str, files: BTreeMap<String, String>| -> BTreeMap<String, String> {
            files.into_iter().map(|(name, text)| (format!("{folder}{name}"), text)).collect()
        };
        let mut files = match case.given {
            Given::Files(files, other) => files.into_iter().chain(within(OTHER, other)).collect(),
            Given::Change(mut before, mut after) => {
                // What is the same on both sides is reported once.
                let same: BTreeMap<String, String> = before
                    .iter()
                    .filter(|(name, text)| after.get(*name) == Some(*text))
                    .map(|(name, text)| (name.clone(), text.clone()))
                    .collect();
                before.retain(|name, _| !same.contains_key(name));
                after.retain(|name, _| !same.contains_key(name));
                let differ = within(BEFORE, before).into_iter().chain(within(AFTER, after));
                same.into_iter().chain(differ).collect::<BTreeMap<_, _>>()
            }
            Given::Facts(_) => continue,
        };
        for document in export.documents {
            // As it was read: without secrets, be they made up.
            let path = inside(&document.path);
            let shared = [BEFORE, AFTER].into_iter().find_map(|side| path.strip_prefix(side));
            let named = if files.contains_key(path) { Some(path) } else { shared };
            if let Some(text) = named.and_then(|path| files.get_mut(path)) {
                document.text.as_kept().unwrap_or_default().clone_into(text);
            }
        }
        described.example = Some(Example { name: case.name, files, violations });
    }
}

/// Leaves one control where many were; returns the others.
fn alone(controls: &mut Vec<Control>, at: usize) -> Vec<Control> {
    let own = controls.remove(at);
    std::mem::replace(controls, vec![own])
}

fn back(controls: &mut Vec<Control>, at: usize, others: Vec<Control>) {
    for own in std::mem::replace(controls, others) {
        controls.insert(at, own);
    }
}

/// The first export that violates the control. Facts instead of an export are nothing that a person could look at.
fn first_that_violates(control: &Control) -> Option<Case> {
    let suite = Suite::parse(&control.id, "", &test_file(control)?).ok()?;
    let is_export = |case: &Case| case.expect == Expect::Violates && !matches!(case.given, Given::Facts(_));
    suite.cases.into_iter().find(is_export)
}

/// The path of a file in the export of a case.
fn inside(path: &str) -> &str {
    path.strip_prefix("export/").unwrap_or(path)
}

/// What an audit says of a case.
fn audited(pack: &Pack, case: &Case, export: &Export) -> Vec<ExampleViolation> {
    let options =
        audit::Options { as_of: case.as_of, timeline: case.timeline.clone(), waivers: Vec::new(), by_reference: false };
    let Ok(audit) = audit(export, pack, &options) else { return Vec::new() };
    let of_pack = |id: &String| pack.controls.iter().any(|control| control.id == *id);
    let own = audit.violations.into_iter().filter(|violation| of_pack(&violation.control));
    own.map(described).collect()
}

fn described(violation: Violation) -> ExampleViolation {
    ExampleViolation {
        severity: violation.severity,
        message: violation.message,
        remedy: violation.remedy,
        at: Some(place(&violation.location)),
    }
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", inside(&location.path), location.line, location.column)
}

/// What a gate says of a case.
fn gated(pack: &Pack, case: &Case, export: &mut Export) -> Vec<ExampleViolation> {
    let records = std::mem::take(&mut export.companies);
    let options =
        audit::Options { as_of: case.as_of, timeline: case.timeline.clone(), waivers: Vec::new(), by_reference: false };
    let Ok(gate) = gate::gate(export, records, pack, &options) else { return Vec::new() };
    let of_pack = |id: &String| pack.change.iter().any(|control| control.id == *id);
    gate.violations.into_iter().filter(|violation| of_pack(&violation.control)).map(described).collect()
}

/// What a plan says of a case.
fn planned(pack: &Pack, case: &Case, export: &Export) -> Vec<ExampleViolation> {
    let options = plan::Options {
        as_of: case.as_of,
        timeline: case.timeline.clone(),
        start: None,
        capacity: None,
        freezes: Vec::new(),
        buffer: plan::BUFFER,
        map: None,
        proposal: None,
        repair: Vec::new(),
        may_be_empty: false,
    };
    let Ok(plan) = plan(export, pack, &options) else { return Vec::new() };
    let of_pack = |id: &String| pack.migration.iter().any(|control| control.id == *id);
    let blockers = plan.accounts.into_iter().flat_map(|account| account.blockers);
    let own = blockers.filter(|blocker| of_pack(&blocker.control));
    let said = own.map(|blocker| ExampleViolation {
        severity: blocker.severity,
        message: blocker.message,
        remedy: blocker.remedy,
        at: None,
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::catalogue;

    #[test]
    fn every_built_in_control_has_an_example_that_violates_it() {
        let mut pack = Pack::load(&[]).unwrap();
        let before: Vec<String> = pack.controls.iter().map(|control| control.id.clone()).collect();
        let mut policies = catalogue(&pack, &|_| true);
        add(&mut policies, &mut pack);
        for control in &policies.controls {
            let example = control.example.as_ref().unwrap_or_else(|| panic!("{} has no example", control.id));
            assert!(!example.files.is_empty() && !example.violations.is_empty(), "{}", control.id);
            assert!(control.policy.as_deref().unwrap().contains("forbid"), "{}", control.id);
        }
        let after: Vec<String> = pack.controls.iter().map(|control| control.id.clone()).collect();
        assert_eq!(before, after, "the pack is as it was");
    }
}
