//! `cutover explain`: each clause of a control for a fact, and what would change the verdict.

use serde_json::Value;

use crate::support::{Run, Sandbox, TODAY, copy, fixture};

fn harborline() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("harborline"), &sandbox.path("harborline"));
    sandbox
}

fn explain(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let all = [&["explain", "harborline", "--as-of", TODAY, "--no-waivers"], arguments].concat();
    sandbox.run_with(&all, &[("COLUMNS", "80")], b"")
}

fn json(sandbox: &Sandbox, account: &str, control: &str) -> Value {
    explain(sandbox, &["--account", account, "--control", control, "--format", "json"]).exits(0).json()
}

/// The verdict that a change of an attribute leads to.
fn change<'v>(explained: &'v Value, attribute: &str) -> Vec<(Option<&'v str>, &'v str)> {
    let changes = explained["facts"][0]["changes"].as_array().unwrap().iter();
    let own = changes.filter(|change| change["attribute"] == attribute);
    own.map(|change| (change["value"].as_str(), change["verdict"].as_str().unwrap())).collect()
}

#[test]
fn a_violation_is_explained_clause_by_clause_with_the_nearest_changes() {
    let sandbox = harborline();
    let audit = sandbox.run_with(
        &["audit", "harborline", "--as-of", TODAY, "--control", "DIR-01", "--format", "json"],
        &[],
        b"",
    );
    let fingerprint = audit.json()["violations"][0]["fingerprint"].as_str().unwrap().to_owned();
    let text = explain(&sandbox, &[&fingerprint[..8]]).exits(0).out;
    insta::assert_snapshot!(text);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains(&fingerprint), "the violation is named by its whole id");
}

#[test]
fn an_account_that_complies_is_explained_with_what_would_violate() {
    let explained = json(&harborline(), "Weather Logger", "SVA-05");
    assert_eq!(explained["verdict"], "complies");
    assert_eq!(explained["facts"][0]["clauses"][0]["truth"], "false");
    assert_eq!(change(&explained, "principal.highest_level"), [(Some("None"), "violates")]);
}

#[test]
fn what_is_unknown_names_the_export_that_would_say_it() {
    let explained = json(&harborline(), "Weather Logger", "INS-10");
    assert_eq!(explained["verdict"], "unknown");
    let missing = explained["facts"][0]["missing"].as_array().unwrap();
    assert!(missing.iter().any(|missing| missing.as_str().unwrap().starts_with("api_activity: ")), "{missing:?}");
    let unknown = explained["facts"][0]["attributes"].as_array().unwrap();
    assert!(unknown.iter().any(|one| one["name"] == "context.last_call" && one["state"] == "unknown"));
}

#[test]
fn a_control_that_does_not_apply_says_what_it_is_about() {
    let sandbox = harborline();
    let explained = json(&sandbox, "Safety Sync", "SVA-05");
    assert_eq!((&explained["verdict"], explained["facts"].as_array().unwrap().len()), (&"not_applicable".into(), 0));
    assert!(
        explained["answer"].as_str().unwrap().contains("it is about `exists` facts of LegacyAccount"),
        "{explained}"
    );
    let text = explain(&sandbox, &["--account", "Safety Sync", "--control", "SVA-05"]).exits(0).out;
    assert!(text.starts_with("DOES NOT APPLY  SVA-05"), "{text}");
}

#[test]
fn wrong_questions_say_what_to_ask() {
    let sandbox = harborline();
    for (arguments, expected) in [
        (vec!["0000000000"], "there is no violation `0000000000`"),
        (vec!["ab"], "there is no violation `ab`"),
        (vec!["--account", "nobody at all", "--control", "DIR-01"], "there is no subject `nobody at all`"),
        (vec!["--account", "Weather", "--control", "DIR-*"], "one is explained at a time"),
        (vec!["--account", "Weather", "--control", "CHG-01"], "`cutover gate` evaluates them"),
        (vec!["--account", "Weather"], "--control"),
        (vec![], "FINGERPRINT"),
    ] {
        let run = explain(&sandbox, &arguments).exits(2);
        assert!(run.err.contains(expected), "{arguments:?}: {}", run.err);
    }
}

#[test]
fn an_export_cannot_write_control_characters_into_an_explanation() {
    let sandbox = harborline();
    let accounts = sandbox.path("harborline/service_accounts.csv");
    let text =
        std::fs::read_to_string(&accounts).unwrap().replace("Weather Logger", "Weather \u{1b}[31mLogger\u{202e}");
    std::fs::write(&accounts, text).unwrap();
    let run = explain(&sandbox, &["--account", "Weather", "--control", "SVA-04"]);
    assert!(!run.out.contains('\u{1b}') && !run.out.contains('\u{202e}'), "{}", run.out);
    assert!(!run.err.contains('\u{1b}') && !run.err.contains('\u{202e}'), "{}", run.err);
}
