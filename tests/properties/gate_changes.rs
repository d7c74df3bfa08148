//! The gate, pair by pair: exactly what changed, and which violations are new; backwards, twice, and together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use crate::support::edits::{Edit, Files, apply, files, folder};
use cutover_analysis::audit::Options;
use cutover_analysis::gate::gate;
use cutover_export as export;
use cutover_model::result::gate::{Change, Direction, Gate};
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use proptest::prelude::*;
use rayon::prelude::*;
use serde::Deserialize;

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());
static HARBORLINE: LazyLock<Files> =
    LazyLock::new(|| files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline")));
static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let pairs: Pairs = toml::from_str(include_str!("../gate/pairs.toml")).unwrap();
    pairs.pair
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    pair: Vec<Pair>,
}

/// An edit of the fixture, and what a gate says of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    edit: Vec<Edit>,
    #[serde(default)]
    changes: Vec<String>,
    #[serde(default)]
    violations: Vec<String>,
    #[serde(default)]
    resolved: Vec<String>,
    #[serde(default)]
    not_compared: Vec<String>,
}

impl Pair {
    fn after(&self) -> Files {
        let mut files = HARBORLINE.clone();
        self.edit.iter().for_each(|edit| apply(&mut files, edit));
        files
    }
}

/// What a gate says of every pair, and of every pair read backwards.
static RUNS: LazyLock<Vec<(Gate, Gate)>> = LazyLock::new(|| {
    let run = |pair: &Pair| {
        let after = pair.after();
        (run(&HARBORLINE, &after), run(&after, &HARBORLINE))
    };
    PAIRS.par_iter().map(run).collect()
});

fn run(before: &Files, after: &Files) -> Gate {
    let options = Options {
        as_of: "2024-10-15".parse().unwrap(),
        timeline: Timeline::built_in("2024-01-29").unwrap(),
        waivers: Vec::new(),
        by_reference: false,
    };
    let mut export = export::read(vec![folder("before", before), folder("after", after)], &());
    let records = std::mem::take(&mut export.companies);
    gate(&export, records, &PACK, &options).unwrap()
}

/// Changes in one line for all tools of which the same is said.
fn lines(changes: &[Change]) -> Vec<String> {
    let mut groups: Vec<(String, String, Vec<String>)> = Vec::new();
    for change in changes {
        let kind = format!("{} {} {}", change.kind.id(), change.direction.id(), change.subject.name);
        let what = [kind.as_str(), change.attribute.as_deref().unwrap_or_default()].join(" ").trim_end().to_owned();
        let level = |level: &Option<String>| level.clone().unwrap_or_else(|| "-".to_owned());
        let places = if change.count > 0 { format!(" in {}", change.count) } else { String::new() };
        let said = format!("{} -> {}{places}", level(&change.before), level(&change.after));
        let tool = change.resource.as_ref().map(|tool| tool.id.to_string());
        match groups.iter_mut().find(|group| (&group.0, &group.1) == (&what, &said)) {
            Some(group) => group.2.extend(tool),
            None => groups.push((what, said, tool.into_iter().collect())),
        }
    }
    let line = |(what, said, tools): (String, String, Vec<String>)| {
        let on = match tools.len() {
            0 => String::new(),
            1..4 => format!(" on {}", tools.join(", ")),
            many => format!(" on {many} tools"),
        };
        format!("{what}{on}: {said}")
    };
    groups.into_iter().map(line).collect()
}

#[test]
fn every_pair_changes_exactly_what_it_says() {
    assert!(PAIRS.len() >= 40);
    for (pair, (gate, _)) in PAIRS.iter().zip(RUNS.iter()) {
        assert_eq!(lines(&gate.changes), pair.changes, "{}", pair.name);
        let violation = |one: &cutover_model::result::audit::Violation| {
            let resource = if one.resource.r#type == "Company" { "company" } else { one.resource.id.as_str() };
            format!("{} {}: {resource} x{}", one.control, one.subject.name, one.count)
        };
        // Their order is that of their severity.
        let found: BTreeSet<String> = gate.violations.iter().map(violation).collect();
        assert_eq!(found, pair.violations.iter().cloned().collect(), "{}", pair.name);
        assert_eq!(gate.violations.len(), pair.violations.len(), "{}", pair.name);
        assert!(gate.violations.is_sorted_by_key(|one| std::cmp::Reverse(one.severity)), "{}", pair.name);
        let resolved: BTreeSet<String> =
            gate.resolved.iter().map(|one| format!("{} {}", one.control, one.subject.name)).collect();
        assert_eq!(resolved, pair.resolved.iter().cloned().collect(), "{}", pair.name);
        let not_compared: Vec<String> =
            gate.not_compared.iter().map(|one| format!("{} x{}", one.control, one.violations)).collect();
        assert_eq!(not_compared, pair.not_compared, "{}", pair.name);
    }
}

#[test]
fn every_change_says_where_on_the_sides_that_say_it() {
    for (pair, (gate, _)) in PAIRS.iter().zip(RUNS.iter()) {
        for change in &gate.changes {
            let (before, after) = (change.locations.before.as_ref(), change.locations.after.as_ref());
            assert!(before.is_none_or(|at| at.path.starts_with("before/")), "{}: {}", pair.name, change.message);
            assert!(after.is_none_or(|at| at.path.starts_with("after/")), "{}: {}", pair.name, change.message);
            let is_default = change.attribute.as_deref() == Some("company_admin_scope");
            assert!(before.is_some() || after.is_some() || is_default, "{}: {}", pair.name, change.message);
        }
    }
}

/// A change without whom it is about: a name or an id that changed is the other one on the other side.
type Plain = (String, Direction, Option<String>, Option<String>, [Option<String>; 2], usize);

fn plain(change: &Change) -> Plain {
    (
        change.kind.id().to_owned(),
        change.direction,
        change.resource.as_ref().map(|tool| tool.id.to_string()),
        change.attribute.clone(),
        [change.before.clone(), change.after.clone()],
        change.count,
    )
}

fn counted<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

#[test]
fn read_backwards_what_was_gained_is_lost() {
    for (pair, (there, back)) in PAIRS.iter().zip(RUNS.iter()) {
        let turned =
            there.changes.iter().map(plain).map(|(kind, direction, tool, attribute, [before, after], count)| {
                (kind, direction.reversed(), tool, attribute, [after, before], count)
            });
        assert_eq!(counted(turned), counted(back.changes.iter().map(plain)), "{}", pair.name);
    }
}

#[test]
fn one_export_beside_itself_has_no_changes() {
    for name in ["minimal", "harborline", "brackwater"] {
        let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name));
        let gate = run(&files, &files);
        assert_eq!((gate.changes, gate.violations, gate.resolved), (Vec::new(), Vec::new(), Vec::new()), "{name}");
        assert!(gate.diagnostics.iter().any(|diagnostic| diagnostic.code == "same-export"), "{name}");
    }
}

/// Whether two edits are of different things: no file is edited by both, and nobody is changed by both.
fn are_apart(one: &Pair, two: &Pair) -> bool {
    let whole_kind = |pair: &Pair| pair.name.contains("exported");
    let files = |pair: &Pair| -> BTreeSet<String> { pair.edit.iter().map(|edit| edit.file.clone()).collect() };
    let folders = |pair: &Pair| -> BTreeSet<String> {
        pair.edit.iter().filter_map(|edit| Some(edit.file.split_once('/')?.0.to_owned())).collect()
    };
    let subjects = |pair: &Pair| -> BTreeSet<String> {
        pair.changes.iter().filter_map(|line| line.split(' ').nth(2).map(str::to_owned)).collect()
    };
    // What company administrators may do, and who is one, together decide the access of each of them.
    let has = |pair: &Pair, part: &str| pair.changes.iter().any(|line| line.contains(part));
    let decides_scope = |pair: &Pair| pair.edit.iter().any(|edit| edit.file == "settings.toml");
    let meet = |one: &Pair, two: &Pair| decides_scope(one) && has(two, "company/directory");
    !whole_kind(one)
        && !whole_kind(two)
        && !meet(one, two)
        && !meet(two, one)
        && files(one).is_disjoint(&files(two))
        && folders(one).is_disjoint(&folders(two))
        && subjects(one).is_disjoint(&subjects(two))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn two_changes_of_different_things_are_the_union(one in 0..PAIRS.len(), two in 0..PAIRS.len()) {
        let (one, two) = (&PAIRS[one], &PAIRS[two]);
        prop_assume!(are_apart(one, two));
        let mut both = one.after();
        two.edit.iter().for_each(|edit| apply(&mut both, edit));
        let expected: BTreeSet<&String> = one.changes.iter().chain(&two.changes).collect();
        let told = lines(&run(&HARBORLINE, &both).changes);
        prop_assert_eq!(told.iter().collect::<BTreeSet<_>>(), expected, "{} and {}", one.name, two.name);
        // What the second does on top of the first is what it does alone.
        let step: BTreeSet<String> = lines(&run(&one.after(), &both).changes).into_iter().collect();
        prop_assert_eq!(step, two.changes.iter().cloned().collect(), "{} after {}", two.name, one.name);
    }
}
