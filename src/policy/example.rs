//! The example of a control: the first case of its test file that violates it, and what Cutover says of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::audit::{self, audit};
use crate::export::collect::{Content, Folder, Input};
use crate::export::{self, Export};
use crate::judge::control::Control;
use crate::judge::pack::{Pack, test_file};
use crate::judge::timeline::{self, Timeline};
use crate::plan::{self, plan};
use crate::result::Location;
use crate::result::policies::{Example, Policies, Said};

/// The day a case speaks of when it names none.
const TODAY: &str = "2024-10-15";

/// The folder of the second company.
const OTHER: &str = "other/";

/// As much of a test file as an example needs.
#[derive(Debug, Deserialize)]
struct TestFile {
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    expect: String,
    as_of: Option<toml::value::Datetime>,
    timeline: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The export of a second company in the same run.
    #[serde(default)]
    other: BTreeMap<String, String>,
    /// Facts instead of an export: nothing that a person could look at.
    #[serde(default)]
    facts: Vec<toml::Value>,
}

/// Adds its policy and an example to every control of a catalogue.
///
/// Controls without a test file, or without a case that violates them, have no example.
pub fn add(policies: &mut Policies, pack: &mut Pack) {
    for described in &mut policies.controls {
        let is_it = |control: &Control| control.id == described.id;
        let Some(control) = pack.controls.iter().chain(&pack.migration).find(|control| is_it(control)) else {
            continue;
        };
        described.policy = Some(control.text.clone());
        let Some(case) = first_that_violates(control) else { continue };
        let export = case.export();
        // A case is put to its control alone. What a plan says follows from the controls over exports, too: they stay.
        let says = if let Some(at) = pack.controls.iter().position(is_it) {
            let others = alone(&mut pack.controls, at);
            let says = audited(pack, &case, &export);
            back(&mut pack.controls, at, others);
            says
        } else if let Some(at) = pack.migration.iter().position(is_it) {
            let others = alone(&mut pack.migration, at);
            let says = planned(pack, &case, &export);
            back(&mut pack.migration, at, others);
            says
        } else {
            Vec::new()
        };
        let mut files = case.files;
        files.extend(case.other.into_iter().map(|(name, text)| (format!("{OTHER}{name}"), text)));
        for document in export.documents {
            // As it was read: without secrets, be they made up.
            if let Some(text) = files.get_mut(&document.path) {
                *text = document.text;
            }
        }
        described.example = Some(Example { name: case.name, files, says });
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

/// The first export that violates the control, with all of its files.
fn first_that_violates(control: &Control) -> Option<Case> {
    let file: TestFile = toml::from_str(&test_file(control)?).ok()?;
    let mut case = file.case.into_iter().find(|case| case.expect == "violates" && case.facts.is_empty())?;
    let mut files = file.files;
    files.append(&mut case.files);
    case.files = files;
    Some(case)
}

impl Case {
    fn as_of(&self) -> NaiveDate {
        let day = self.as_of.map_or_else(|| TODAY.to_owned(), |day| day.to_string());
        day.parse().unwrap_or_default()
    }

    fn timeline(&self) -> Option<Timeline> {
        Timeline::built_in(self.timeline.as_deref().unwrap_or(timeline::DEFAULT))
    }

    fn export(&self) -> Export {
        let mut folders = vec![folder("", &self.files)];
        if !self.other.is_empty() {
            folders.push(folder(OTHER, &self.other));
        }
        export::read(folders, &())
    }
}

fn folder(prefix: &str, files: &BTreeMap<String, String>) -> Folder {
    let input = |(name, text): (&String, &String)| Input {
        name: name.clone(),
        path: format!("{prefix}{name}"),
        content: Content::Bytes(text.clone().into_bytes()),
    };
    Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() }
}

/// What an audit says of a case.
fn audited(pack: &Pack, case: &Case, export: &Export) -> Vec<Said> {
    let Some(timeline) = case.timeline() else { return Vec::new() };
    let options = audit::Options { as_of: case.as_of(), timeline, waivers: Vec::new() };
    let Ok(audit) = audit(export, pack, &options) else { return Vec::new() };
    let of_pack = |id: &String| pack.controls.iter().any(|control| control.id == *id);
    let own = audit.violations.into_iter().filter(|violation| of_pack(&violation.control));
    let said = own.map(|violation| Said {
        severity: violation.severity,
        message: violation.message,
        remedy: violation.remedy,
        at: Some(place(&violation.location)),
    });
    said.collect()
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", location.path, location.line, location.column)
}

/// What a plan says of a case.
fn planned(pack: &Pack, case: &Case, export: &Export) -> Vec<Said> {
    let Some(timeline) = case.timeline() else { return Vec::new() };
    let options = plan::Options {
        as_of: case.as_of(),
        timeline,
        start: None,
        capacity: None,
        freezes: Vec::new(),
        buffer: plan::BUFFER,
        map: None,
        proposal: None,
        may_be_empty: false,
    };
    let Ok(plan) = plan(export, pack, &options) else { return Vec::new() };
    let of_pack = |id: &String| pack.migration.iter().any(|control| control.id == *id);
    let blockers = plan.accounts.into_iter().flat_map(|account| account.blockers);
    let own = blockers.filter(|blocker| of_pack(&blocker.control));
    let said = own.map(|blocker| Said {
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
    use crate::policy::catalogue::catalogue;

    #[test]
    fn every_built_in_control_has_an_example_that_violates_it() {
        let mut pack = Pack::load(&[]).unwrap();
        let before: Vec<String> = pack.controls.iter().map(|control| control.id.clone()).collect();
        let mut policies = catalogue(&pack, &|_| true);
        add(&mut policies, &mut pack);
        for control in &policies.controls {
            let example = control.example.as_ref().unwrap_or_else(|| panic!("{} has no example", control.id));
            assert!(!example.files.is_empty() && !example.says.is_empty(), "{}", control.id);
            assert!(control.policy.as_deref().unwrap().contains("forbid"), "{}", control.id);
        }
        let after: Vec<String> = pack.controls.iter().map(|control| control.id.clone()).collect();
        assert_eq!(before, after, "the pack is as it was");
    }
}
