//! `cutover gate` as a process: exit codes, wrong input, every format drawn again, hostile names, proofs.

use crate::support::names;
use crate::support::{Sandbox, TODAY, copy, fixture, formats, solver};
use cutover_report::Format;

/// A sandbox with the export before and after a change; `edit` makes the change.
fn kestrel() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("kestrel"), &sandbox.path("kestrel"));
    sandbox
}

const GATE: [&str; 5] = ["gate", "kestrel/before", "kestrel/after", "--as-of", TODAY];

#[test]
fn a_forbidden_change_is_exit_code_1_and_the_threshold_decides() {
    let sandbox = kestrel();
    let run = sandbox.run(&[GATE.as_slice(), &["--format", "json"]].concat()).exits(1);
    assert!(run.violated().contains(&"CHG-01".to_owned()), "{:?}", run.violated());
    sandbox.run(&[GATE.as_slice(), &["--fail-on", "never"]].concat()).exits(0);
    sandbox.run(&[GATE.as_slice(), &["--control", "CHG-06"]].concat()).exits(0);
}

#[test]
fn one_folder_twice_changes_nothing_and_is_said_to_be_one() {
    let sandbox = kestrel();
    let run = sandbox.run(&["gate", "kestrel/after", "kestrel/after", "--as-of", TODAY, "--format", "json"]);
    let run = run.exits(0).says("same-export");
    let json = run.json();
    assert_eq!((json["changes"].as_array().unwrap().len(), json["violations"].as_array().unwrap().len()), (0, 0));
}

#[test]
fn exports_of_different_companies_are_refused() {
    let sandbox = kestrel();
    copy(&fixture("harborline"), &sandbox.path("harborline"));
    sandbox.run(&["gate", "kestrel/before", "harborline", "--as-of", TODAY]).exits(2).says("different companies");
}

#[test]
fn a_path_that_is_not_there_is_named() {
    kestrel().run(&["gate", "kestrel/before", "kestrel/afer", "--as-of", TODAY]).exits(3).says("kestrel/afer");
}

#[test]
fn a_side_that_is_empty_or_broken_is_no_side() {
    let sandbox = kestrel();
    sandbox.write("empty/", "").write("broken/users.json", "[{");
    for side in ["empty", "broken"] {
        let gate = |before: &str, after: &str| sandbox.run(&["gate", before, after, "--as-of", TODAY]);
        gate("kestrel/before", side).exits(3).says("could be read after the change");
        gate(side, "kestrel/after").exits(3).says("could be read before the change");
    }
}

#[test]
fn what_is_broken_or_left_out_after_a_change_does_not_pass_in_silence() {
    let sandbox = kestrel();
    let gate = |more: &[&str]| sandbox.run(&[GATE.as_slice(), &["--fail-on", "never"], more].concat());
    let users = sandbox.read("kestrel/after/users.json");
    sandbox.write("kestrel/after/users.json", "[{");
    gate(&["--allow-incomplete"]).exits(3);
    gate(&[]).exits(3).says("read in full before the change but not after it: users");
    sandbox.remove("kestrel/after/users.json");
    gate(&[]).exits(0).says("exported before the change but not after it: users");
    sandbox.write("strict.toml", "[diagnostics]\nnot-compared = \"error\"\n");
    let strict = ["--config", "strict.toml", "--fail-on", "critical", "--control", "CHG-06"];
    sandbox.run(&[GATE.as_slice(), &strict].concat()).exits(1);
    sandbox.write("kestrel/after/users.json", users);
    gate(&[]).exits(0);
}

#[test]
fn a_control_over_plans_is_sent_to_the_plan_and_one_over_changes_to_the_gate() {
    let sandbox = kestrel();
    sandbox.run(&[GATE.as_slice(), &["--control", "MIG-*"]].concat()).exits(2).says("`cutover plan` evaluates them");
    sandbox.run(&["audit", "kestrel/after", "--control", "CHG-*"]).exits(2).says("`cutover gate` evaluates them");
}

#[test]
fn a_change_that_edits_what_it_is_judged_by_is_pointed_out() {
    let sandbox = kestrel();
    sandbox.write("kestrel/after/cutover.toml", "[options]\nfail_on = \"never\"\n");
    sandbox.run(&GATE).exits(1).says("the change also edits `cutover.toml`");
    sandbox.run(&[GATE.as_slice(), &["--no-config"]].concat()).exits(1);
}

#[test]
fn a_saved_gate_is_drawn_again_byte_for_byte_in_every_format() {
    let sandbox = kestrel();
    sandbox.run(&[GATE.as_slice(), &["-o", "json=gate.json"]].concat()).exits(1);
    for format in formats::<Format>() {
        let first = sandbox.run(&[GATE.as_slice(), &["--format", format]].concat()).exits(1).out;
        let again = sandbox.run(&["report", "gate.json", "--format", format]).exits(0).out;
        assert_eq!(first, again, "{format}");
    }
}

#[test]
fn hostile_names_stay_text_in_what_changed() {
    for (number, name) in names::OURS.iter().enumerate() {
        let sandbox = kestrel();
        let users = sandbox.read("kestrel/after/users.json");
        let mut users: serde_json::Value = serde_json::from_str(&users).unwrap();
        users.as_array_mut().unwrap().push(serde_json::json!({
            "id": 990_000 + number, "name": name, "email_address": format!("n{number}@example.test"), "is_active": true,
        }));
        sandbox.write("kestrel/after/users.json", users.to_string());
        for format in ["text", "markdown"] {
            let run = sandbox.run(&[GATE.as_slice(), &["--format", format, "-v"]].concat()).exits(1).stays_plain();
            // Letters are all that a terminal shows; Markdown obeys some of them.
            let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
            let plain = run.out.replace("\\<", "");
            let obeyed = plain.lines().any(is_command) || plain.contains("<script>") || plain.contains("<img");
            assert!(format == "text" || !obeyed, "{name}\n{}", run.out);
        }
    }
}

#[test]
fn new_access_is_proved_compared_or_refuted_and_says_which() {
    let sandbox = kestrel();
    let gate =
        |more: &[&str]| sandbox.run(&[GATE.as_slice(), &["--format", "json", "--fail-on", "never"], more].concat());
    assert_eq!(gate(&[]).exits(0).json()["proof"], serde_json::Value::Null);
    let compared = gate(&["--prove", "--solver", "/no/such/solver"]).exits(1).json();
    assert_eq!((&compared["proof"]["basis"], &compared["proof"]["no_new_access"]), (&"compared".into(), &false.into()));
    assert!(compared["proof"]["why"].as_str().unwrap().contains("/no/such/solver"));
    let Some(solver) = solver() else { return };
    let refuted = gate(&["--prove", "--solver", &solver]).exits(1).json();
    assert_eq!(refuted["proof"]["basis"], "refuted", "{}", refuted["proof"]);
    assert!(refuted["proof"]["example"].as_str().unwrap().contains("photo-sync"), "{}", refuted["proof"]);
    let same = [
        "gate",
        "kestrel/after",
        "kestrel/after",
        "--as-of",
        TODAY,
        "--prove",
        "--solver",
        &solver,
        "--format",
        "json",
    ];
    assert_eq!(sandbox.run(&same).exits(0).json()["proof"]["basis"], "proved");
}

#[test]
fn access_that_is_not_known_any_more_is_no_proof() {
    let sandbox = kestrel();
    copy(&fixture("kestrel/before"), &sandbox.path("same"));
    let gate =
        |after: &str| sandbox.run(&["gate", "kestrel/before", after, "--as-of", TODAY, "--prove", "--format", "json"]);
    assert_eq!(gate("same").exits(0).json()["proof"]["no_new_access"], true);
    sandbox.remove("same/permission_templates.json");
    let json = gate("same").exits(1).json();
    assert_eq!((&json["proof"]["basis"], &json["proof"]["no_new_access"]), (&"not_decided".into(), &false.into()));
    assert!(json["proof"]["why"].as_str().unwrap().contains("is unknown on one side"), "{}", json["proof"]);
}

#[test]
fn options_come_from_the_command_line_then_the_environment_then_the_file() {
    let sandbox = kestrel();
    sandbox.write("cutover.toml", "[options]\nfail_on = \"never\"\ntimeline = \"2024-12-03\"\n");
    sandbox.run(&GATE).exits(0);
    sandbox.run_with(&GATE, &[("CUTOVER_FAIL_ON", "high")], b"").exits(1);
    sandbox
        .run_with(&[GATE.as_slice(), &["--fail-on", "never"]].concat(), &[("CUTOVER_FAIL_ON", "high")], b"")
        .exits(0);
    let shown = |environment: &[(&str, &str)], more: &[&str]| {
        let run =
            sandbox.run_with(&[["config", "--show", "json"].as_slice(), more].concat(), environment, b"").exits(0);
        let options = run.json();
        let one = options.as_array().unwrap().iter().find(|one| one["option"] == "fail_on").unwrap().clone();
        (one["value"].as_str().unwrap().to_owned(), one["source"].as_str().unwrap().to_owned())
    };
    assert_eq!(shown(&[], &[]), ("never".to_owned(), "cutover.toml, line 2".to_owned()));
    assert_eq!(shown(&[("CUTOVER_FAIL_ON", "high")], &[]).1, "the environment");
    assert_eq!(
        shown(&[("CUTOVER_FAIL_ON", "high")], &["--fail-on", "info"]),
        ("info".into(), "the command line".into())
    );
    sandbox.write("cutover.toml", "[options]\nfail_on = \"often\"\n");
    sandbox.run(&GATE).exits(2).says("`often` is no severity").says("cutover.toml");
}

#[test]
fn init_writes_a_file_that_sets_nothing_and_overwrites_none() {
    let sandbox = kestrel();
    sandbox.run(&["init"]).exits(0);
    let written = sandbox.read("cutover.toml");
    sandbox.run(&["audit", "kestrel/before", "--as-of", TODAY, "--fail-on", "never"]).exits(0);
    sandbox.run(&["init"]).exits(2).says("already exists");
    assert_eq!(sandbox.run(&["init", "-"]).exits(0).out, written);
    // Taken at its word, line by line, it is a file that can be read.
    let lines = written.lines().filter_map(|line| line.strip_prefix("# "));
    let is_toml =
        |line: &&str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let set: String =
        lines.filter(is_toml).filter(|line| !line.starts_with("policies")).map(|line| format!("{line}\n")).collect();
    assert!(set.contains("fail_on = \"high\"") && set.contains("[[control]]"), "{set}");
    sandbox.write("set.toml", set).write("waivers.toml", "");
    sandbox.run(&["audit", "kestrel/before", "--as-of", TODAY, "--config", "set.toml", "--fail-on", "never"]).exits(0);
}

#[test]
fn every_shell_has_completions_and_every_verb_a_page() {
    let sandbox = kestrel();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(sandbox.run(&["completions", shell]).exits(0).out.contains("gate"), "{shell}");
    }
    assert!(sandbox.run(&["man"]).exits(0).out.contains(".TH cutover 1"));
    sandbox.run(&["man", "pages"]).exits(0);
    assert!(sandbox.read("pages/cutover-gate.1").contains("BEFORE"));
    assert!(sandbox.read("pages/cutover-policy-compare.1").contains("cvc5"));
    for entry in std::fs::read_dir(sandbox.path("pages")).unwrap() {
        let page = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for section in [".SH \"EXIT STATUS\"", ".SH ENVIRONMENT", ".SH FILES"] {
            assert!(page.contains(section), "{section}: {page}");
        }
        assert!(!page.contains(".SH EXTRA"), "what has a section of its own is said once: {page}");
    }
    assert!(sandbox.read("pages/cutover-gate.1").contains(".SH EXAMPLES"));
}

#[test]
fn completions_offer_controls_timelines_and_formats_and_do_not_limit_options_to_them() {
    let sandbox = kestrel();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(&["completions", shell]).exits(0).out;
        for offered in ["DIR-01", "2024-01-29", "html="] {
            assert!(script.contains(offered), "{shell}: {offered}");
        }
    }
    let audit = ["audit", "kestrel/after", "--as-of", TODAY, "--control", "DIR-*", "--format", "json"];
    assert!(sandbox.run(&audit).json()["controls"].as_array().unwrap().len() > 1);
}
