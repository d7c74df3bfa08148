//! New against old: an audit compared with a saved one, and how a baseline is kept.

use crate::support;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use cutover_analysis::audit::baseline::{Known, compare};
use cutover_model::result::audit::{Audit, BaselineState, Violation};
use cutover_model::result::{Severity, Thing};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Run, Sandbox, TODAY, fixture};

/// Users of apps whose template gives Admin on the directory, by their letters.
fn users(letters: &str) -> String {
    let user = |letter: char| {
        format!(
            r#"{{"id": {}, "name": "erp-{letter}-1a2b3c4d", "first_name": null, "last_name": "erp-{letter}-1a2b3c4d",
            "email_address": "erp-{letter}-1a2b3c4d@procore.com", "is_active": true,
            "company_permission_template": {{"id": 5, "name": "Everything", "type": "company_tools"}}}}"#,
            u32::from(letter)
        )
    };
    format!("[{}]", letters.chars().map(user).collect::<Vec<_>>().join(",\n"))
}

fn company(letters: &str) -> Sandbox {
    let sandbox = Sandbox::with(&support::administrator());
    sandbox.write("export/users.json", users(letters));
    sandbox.write("export/companies.json", r#"[{"id": 1, "name": "Harborline"}]"#);
    sandbox
}

const OURS: [&str; 2] = ["--control", "DIR-01"];

fn audit(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.audit(&[&OURS, arguments].concat())
}

/// An audit that was saved and is compared with.
fn since(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    audit(sandbox, &[&["--baseline", "base.json"], arguments].concat())
}

fn save(sandbox: &Sandbox, name: &str) {
    audit(sandbox, &["-o", &format!("json={name}")]);
}

/// What became of each subject, and whether it counts.
fn states(run: &Run) -> BTreeMap<String, String> {
    let json = run.json();
    let none = Vec::new();
    let all = json["violations"].as_array().unwrap().iter().chain(json["absent"].as_array().unwrap_or(&none));
    let state = |violation: &Value| {
        let name = violation["subject"]["name"].as_str().unwrap();
        let words = [&violation["baseline_state"], &violation["status"]].map(|word| word.as_str().unwrap());
        (name.split('-').nth(1).unwrap().to_owned(), words.join(" "))
    };
    all.map(state).collect()
}

fn expected(states: &[(&str, &str)]) -> BTreeMap<String, String> {
    states.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn what_was_there_does_not_count_and_what_is_new_does() {
    let sandbox = company("abc");
    save(&sandbox, "base.json");
    since(&sandbox, &[]).exits(0).says_nothing();
    sandbox.write("export/users.json", users("bcd"));
    let run = since(&sandbox, &["--format", "json"]).exits(1).says_nothing();
    let told = [("a", "absent baseline"), ("b", "unchanged baseline"), ("c", "unchanged baseline"), ("d", "new open")];
    assert_eq!(states(&run), expected(&told));
    let json = run.json();
    assert_eq!((&json["summary"]["critical"], &json["summary"]["baseline"]), (&1.into(), &2.into()));
    let compared = serde_json::json!({"path": "base.json", "as_of": TODAY, "violations": 3});
    assert_eq!(json["baseline"], compared);
    sandbox.write("export/users.json", users("c"));
    since(&sandbox, &[]).exits(0);
}

#[test]
fn every_format_says_what_became_of_it() {
    let sandbox = company("ab");
    save(&sandbox, "base.json");
    sandbox.write("export/users.json", users("bc"));
    let text = |format: &str| since(&sandbox, &["--details", "--format", format, "-o", "json=now.json"]).exits(1).out;
    let summary = "1 violation: 1 critical; 1 in the baseline and no worse, 1 absent since";
    for (format, said) in [
        ("text", vec![summary, "  new\n", "in the baseline", "Absent since the baseline of 2024-10-15"]),
        (
            "markdown",
            vec![summary, "- **new**: erp-c", "**not counted**: in the baseline", "## Absent since the baseline"],
        ),
        ("github", vec![summary, "title=critical DIR-01 (new)%3A Service identity"]),
        ("gitlab", vec!["(new)", "(in the baseline)"]),
        ("junit", vec![r#"message="new: erp-c"#, r#"<skipped message="in the baseline: erp-b"#, "erp-a-1a2b3c4d, "]),
        ("csv", vec![",new\n", ",unchanged\n", ",absent\n"]),
        ("jsonl", vec![r#""baseline_state":"new""#, r#""baseline_state":"unchanged""#, r#"{"absent":{"control":"#]),
        ("json", vec![r#""baseline_state": "absent""#]),
        ("sarif", vec![r#""baselineState": "new""#, r#""baselineState": "unchanged""#, r#""baselineState": "absent""#]),
    ] {
        let text = text(format);
        for said in said {
            assert!(text.contains(said), "`{said}` is not in\n{text}");
        }
        let again = sandbox.run(&["report", "now.json", "--details", "--format", format]).exits(0).out;
        assert!(again == text, "{format} is drawn again in another way");
    }
    // Who knows no baselines must not take what is gone for a result.
    let sarif: Value = serde_json::from_str(&text("sarif")).unwrap();
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let is_gone = result["baselineState"] == "absent";
        assert_eq!((result["kind"] == "pass", result["level"] == "none"), (is_gone, is_gone));
        assert_eq!(result["suppressions"].as_array().unwrap().len(), usize::from(is_gone));
    }
}

#[test]
fn what_is_worse_than_before_counts_again() {
    let severity = |sandbox: &Sandbox, word: &str| {
        let rule =
            format!("[[control]]\nid = \"DIR-01\"\nseverity = \"{word}\"\nreason = \"ours\"\napproved_by = \"Ann\"\n");
        sandbox.write("export/cutover.toml", rule);
    };
    let state = |before: &str, after: &str| {
        let sandbox = company("a");
        severity(&sandbox, before);
        save(&sandbox, "base.json");
        severity(&sandbox, after);
        let run = since(&sandbox, &["--format", "json"]);
        (states(&run)["a"].clone(), run.code)
    };
    assert_eq!(state("medium", "medium"), ("unchanged baseline".to_owned(), Some(0)));
    assert_eq!(state("medium", "high"), ("updated open".to_owned(), Some(1)));
    assert_eq!(state("high", "medium"), ("updated baseline".to_owned(), Some(0)));
}

#[test]
fn what_was_waived_counts_again_once_its_waiver_is_over() {
    let sandbox = company("a");
    let waiver = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"erp-a-1a2b3c4d\"\nreason = \"r\"\nowner = \"o\"\n\
                  approver = \"a\"\nexpires = 2024-12-01\n";
    sandbox.write("export/waivers.toml", waiver);
    save(&sandbox, "base.json");
    let run = since(&sandbox, &["--format", "json"]).exits(0);
    assert_eq!(states(&run), expected(&[("a", "unchanged waived")]));
    sandbox.remove("export/waivers.toml");
    let run = since(&sandbox, &["--format", "json"]).exits(1);
    assert_eq!(states(&run), expected(&[("a", "unchanged open")]));
    let run = since(&sandbox, &["--details"]).exits(1);
    assert!(run.out.contains("not accepted in the baseline"), "{}", run.out);
}

/// A file with other lines, in another order.
fn shuffle(path: &Path) {
    for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
        let ending = entry.extension().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            shuffle(&entry);
        } else if ending == "json" {
            let value: Value = serde_json::from_str(&fs::read_to_string(&entry).unwrap()).unwrap();
            let value = match value {
                Value::Array(mut list) => {
                    list.reverse();
                    Value::Array(list)
                }
                other => other,
            };
            let text = serde_json::to_string_pretty(&value).unwrap().replace('\n', "\n\n");
            fs::write(&entry, format!("\n\n{text}")).unwrap();
        }
    }
}

#[test]
fn other_lines_and_another_order_change_nothing() {
    for name in ["harborline", "brackwater"] {
        let sandbox = Sandbox::with(&[]);
        support::copy(&fixture(name), &sandbox.path("export"));
        sandbox.audit(&["-o", "json=base.json"]);
        shuffle(&sandbox.path("export"));
        let run = sandbox.audit(&["--baseline", "base.json", "--format", "json"]);
        let json = run.json();
        assert!(json.get("absent").is_none(), "{name}: {}", json["absent"]);
        let violations = json["violations"].as_array().unwrap();
        assert!(!violations.is_empty());
        let mut moved = 0;
        let before: Value = serde_json::from_str(&sandbox.read("base.json")).unwrap();
        for (violation, before) in violations.iter().zip(before["violations"].as_array().unwrap()) {
            assert_eq!(violation["baseline_state"], "unchanged", "{name}: {violation:#} {before:#}");
            assert_eq!(violation["fingerprint"], before["fingerprint"]);
            moved += usize::from(violation["location"]["line"] != before["location"]["line"]);
        }
        assert!(moved > violations.len() / 4, "{name}: only {moved} of {} stand elsewhere", violations.len());
        assert_eq!(run.code, Some(0));
    }
}

#[test]
fn a_baseline_that_cannot_be_one_is_refused() {
    let sandbox = company("a");
    save(&sandbox, "base.json");
    let base = sandbox.read("base.json");
    let refused = |content: &str, what: &str| {
        sandbox.write("base.json", content);
        since(&sandbox, &[]).exits(2).says(what);
    };
    refused(&base.replacen("cutover.audit/v1", "cutover.audit/v2", 1), "is a `cutover.audit/v2`; expected");
    refused(
        &base.replacen("cutover.audit/v1", "cutover.plan/v1", 1),
        "is a `cutover.plan/v1`; expected `cutover.audit/v1`",
    );
    refused(
        &base.replacen("\"name\": \"cutover\"", "\"name\": \"other\"", 1),
        "was written by `other`, not by cutover",
    );
    refused(&base.replacen("\"id\": \"1\"", "\"id\": \"2\"", 1), "is of Harborline, and this is of Harborline");
    refused(&base[..base.len() / 2], "the file ends in the middle of the JSON");
    refused(&base.replacen("\"count\": 1", "\"count\": \"x\"", 1), "is not as a `cutover.audit/v1` has it");
    refused("[]", "is no JSON object");
    audit(&sandbox, &["--baseline", "nothing.json"]).exits(2).says("cannot read `nothing.json`");
}

#[test]
fn a_baseline_that_matches_nothing_is_told() {
    let sandbox = company("a");
    save(&sandbox, "base.json");
    sandbox.write("export/users.json", users("b"));
    let run = since(&sandbox, &["--format", "json"]).exits(1).says("no violation of the baseline is in this export");
    assert_eq!(run.diagnostics(), ["baseline base.json:1:1"]);
    sandbox.audit(&["--control", "DIR-01", "--party", "platform"]).exits(2).says("no control is left");
}

#[test]
fn what_could_not_be_judged_again_is_not_gone() {
    let sandbox = company("ab");
    sandbox.audit(&["-o", "json=base.json"]).exits(1);
    let all: Audit = serde_json::from_str(&sandbox.read("base.json")).unwrap();
    assert!(all.violations.iter().any(|violation| violation.control != "DIR-01"));
    let run = since(&sandbox, &["--format", "json"]).exits(0);
    let elsewhere = all.violations.iter().filter(|violation| violation.control != "DIR-01").count();
    let told = format!("{elsewhere} violations of the baseline could not be assessed again and may still exist");
    assert!(run.json().get("absent").is_none());
    assert!(run.json()["diagnostics"].to_string().contains(&told));
    // Whose template is not in the export may hold anything.
    save(&sandbox, "base.json");
    sandbox.replace("export/users.json", "\"id\": 5, \"name\": \"Everything\"", "\"id\": 6, \"name\": \"Other\"");
    let run = since(&sandbox, &["--format", "json"]).exits(0);
    assert!(run.json().get("absent").is_none(), "{}", run.json()["absent"]);
    run.says("2 violations of the baseline could not be assessed again");
    // Without the templates nobody knows who holds what.
    sandbox.remove("export/permission_templates.json");
    assert!(since(&sandbox, &["--format", "json"]).exits(0).json().get("absent").is_none());
}

#[test]
fn a_baseline_is_updated_and_pruned() {
    let sandbox = company("ab");
    save(&sandbox, "base.json");
    sandbox.write("export/users.json", users("bc"));
    since(&sandbox, &["-o", "json=now.json"]).exits(1);
    let names = |file: &str| -> Vec<String> {
        let audit: Audit = serde_json::from_str(&sandbox.read(file)).unwrap();
        let letter = |violation: &Violation| violation.subject.name.split('-').nth(1).unwrap().to_owned();
        assert_eq!(audit.summary.critical + audit.summary.baseline, audit.violations.len());
        audit.violations.iter().map(letter).collect()
    };
    let keep = |arguments: &[&str], says: &str| sandbox.run(&[&["baseline"], arguments].concat()).exits(0).says(says);
    keep(
        &["update", "base.json", "now.json", "-o", "both.json"],
        "1 added, 0 updated, 0 dropped; 3 violations in both.json",
    );
    assert_eq!(
        (names("base.json"), names("both.json")),
        (vec!["a".into(), "b".into()], vec!["a".into(), "b".into(), "c".into()])
    );
    keep(&["update", "both.json", "now.json"], "0 added, 0 updated, 0 dropped");
    assert_eq!(names("both.json").len(), 3);
    keep(&["prune", "both.json", "now.json", "-o", "pruned.json"], "0 added, 0 updated, 1 dropped; 2 violations");
    assert_eq!(names("pruned.json"), ["b", "c"]);
    // Nothing is left to do, so that nothing changes.
    let once = sandbox.read("pruned.json");
    keep(&["prune", "pruned.json", "now.json"], "0 dropped");
    assert_eq!(sandbox.read("pruned.json"), once);
    // It is a saved audit, compressed or not, and works as one.
    keep(&["update", "base.json", "now.json", "-o", "base.json.gz"], "3 violations in base.json.gz");
    assert_eq!(fs::read(sandbox.path("base.json.gz")).unwrap()[..2], [0x1f, 0x8b]);
    audit(&sandbox, &["--baseline", "base.json.gz"]).exits(0).says_nothing();
    sandbox.run(&["report", "both.json"]).exits(0);
    // What was not compared with a baseline serves as well to update one.
    save(&sandbox, "alone.json");
    keep(&["update", "base.json", "alone.json", "-o", "again.json"], "1 added");
    assert_eq!(names("again.json"), ["a", "b", "c"]);
}

#[test]
fn a_baseline_is_not_mixed_with_another_companys() {
    let sandbox = company("a");
    save(&sandbox, "base.json");
    sandbox.write("export/companies.json", r#"[{"id": 2, "name": "Brackwater"}]"#);
    save(&sandbox, "other.json");
    let before = sandbox.read("base.json");
    for verb in ["update", "prune"] {
        let run = sandbox.run(&["baseline", verb, "base.json", "other.json"]).exits(2);
        run.says("is of Harborline, and this is of Brackwater");
    }
    sandbox.run(&["baseline", "update", "base.json", "nothing.json"]).exits(2);
    assert_eq!(sandbox.read("base.json"), before);
}

/// A real violation, to make others of.
static PATTERN: LazyLock<Violation> = LazyLock::new(|| {
    let run = Sandbox::with(&support::administrator()).audit(&["--format", "json"]).exits(1);
    serde_json::from_str::<Audit>(&run.out).unwrap().violations.swap_remove(0)
});

/// A few of few: fingerprints of two results meet, and no two of one result do.
fn violations() -> impl Strategy<Value = Vec<Violation>> {
    let severity = prop_oneof![Just(Severity::Low), Just(Severity::High)];
    let members = proptest::collection::vec(0..4_u8, 0..3);
    let one =
        (0..6_u8, severity, 1..3_usize, 0..2_u8, members).prop_map(|(fingerprint, severity, count, word, members)| {
            let member = |id: &u8| Thing::new("Project", id.to_string(), "P");
            let mut violation = PATTERN.clone();
            violation.fingerprint = fingerprint.to_string();
            (violation.severity, violation.count) = (severity, count);
            violation.message = word.to_string();
            violation.members = members.iter().map(member).collect();
            violation
        });
    proptest::collection::vec(one, 0..6).prop_map(|mut all| {
        let mut seen = BTreeSet::new();
        all.retain(|violation| seen.insert(violation.fingerprint.clone()));
        all
    })
}

proptest! {
    #[test]
    fn nothing_changes_against_itself(all in violations()) {
        let same = compare(&all, &all);
        prop_assert!(same.states.iter().all(|state| *state == BaselineState::Unchanged));
        prop_assert!(same.absent.is_empty());
        let known = Known::of(&all);
        prop_assert!(all.iter().all(|violation| known.covers(violation)));
    }

    #[test]
    fn what_is_new_one_way_is_gone_the_other_way(before in violations(), now in violations()) {
        let (there, back) = (compare(&before, &now), compare(&now, &before));
        // What was there in other places is new as well, and not gone the other way.
        let new = |states: &[BaselineState], now: &[Violation], before: &[Violation]| -> Vec<usize> {
            let known = Known::of(before);
            let is_new = |index: &usize| states[*index] == BaselineState::New && !known.holds(&now[*index].fingerprint);
            (0..states.len()).filter(is_new).collect()
        };
        prop_assert_eq!(new(&there.states, &now, &before), back.absent);
        prop_assert_eq!(new(&back.states, &before, &now), there.absent);
    }

    #[test]
    fn the_order_of_either_side_does_not_matter(before in violations(), now in violations()) {
        let mut reversed = before.clone();
        reversed.reverse();
        prop_assert_eq!(compare(&before, &now).states, compare(&reversed, &now).states);
        let mut turned = now.clone();
        turned.reverse();
        let mut states = compare(&before, &turned).states;
        states.reverse();
        prop_assert_eq!(compare(&before, &now).states, states);
    }

    #[test]
    fn what_counts_is_new_or_worse_and_a_larger_baseline_lets_no_more_count(
        before in violations(), more in violations(), now in violations(),
    ) {
        let known = Known::of(&before);
        let other = |one: &&Violation| before.iter().all(|known| known.fingerprint != one.fingerprint);
        let both = Known::of(before.iter().chain(more.iter().filter(other)));
        for violation in &now {
            match known.state(violation) {
                BaselineState::New => prop_assert!(!known.covers(violation)),
                BaselineState::Unchanged => prop_assert!(known.covers(violation)),
                BaselineState::Updated | BaselineState::Absent => {}
            }
            prop_assert!(!known.covers(violation) || both.covers(violation));
            // Milder in any way is no worse.
            let mut milder = violation.clone();
            (milder.severity, milder.count) = (Severity::Info, 0);
            milder.members.truncate(1);
            prop_assert!(!known.covers(violation) || known.covers(&milder));
        }
    }
}
