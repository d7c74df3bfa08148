//! An export of which a part could not be read is no pass, and every format says so; what else ends a run, and how paths
//! and variables of a CI job are taken.

use cutover_report::Format;

use crate::support::{Run, Sandbox, TODAY, copy, fixture, formats};
use cutover_analysis::audit::{Options, audit};
use cutover_export::collect;
use cutover_export::collect::Content;
use cutover_export::read;
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use serde_json::Value;

/// An export in which nothing is wrong but that its service accounts end in the middle.
fn truncated() -> Sandbox {
    let sandbox = Sandbox::minimal();
    sandbox.remove("export/service_accounts.csv");
    sandbox.write("export/service_accounts.json", r#"[{"name": "Old Plan Room", "app_type": "Cust"#);
    sandbox
}

/// Whether a report says in the terms of its format that the export is incomplete.
fn says_incomplete(format: &str, out: &str) -> bool {
    let json = || serde_json::from_str::<Value>(out).unwrap();
    match format {
        "json" => json()["diagnostics"][0]["code"] == "syntax",
        "jsonl" => out.starts_with("{\"incomplete\":{\"code\":\"syntax\""),
        // A table has no place for it; standard error and the exit code say it.
        "csv" => true,
        "sarif" => {
            let run = &json()["runs"][0]["invocations"][0];
            let notified = &run["toolExecutionNotifications"][0];
            run["executionSuccessful"] == false
                && notified["level"] == "error"
                && notified["descriptor"]["id"] == "syntax"
        }
        "junit" => out.contains("errors=\"1\"") && out.contains("<error message=\"export/service_accounts.json:1: "),
        "github" => out.contains("::error file=export/service_accounts.json,line=1,"),
        "gitlab" => {
            let issue = &json()[0];
            issue["check_name"] == "syntax"
                && issue["severity"] == "blocker"
                && issue["location"]["path"] == "export/service_accounts.json"
        }
        _ => out.contains("INCOMPLETE: 1 file could not be read, or not in full"),
    }
}

/// The verdict said `FAIL` for one violation that comes of nothing being known.
#[test]
fn where_nothing_could_be_read_the_verdict_is_incomplete_as_the_exit_code_is() {
    let sandbox = Sandbox::with(&[("users.json", b"[{\"id\":1,")]);
    assert_eq!(sandbox.audit(&["--format", "json"]).exits(3).json()["verdict"]["outcome"], "incomplete");
    sandbox.audit(&["-q"]).exits(3).stays_plain();
    sandbox.write("before/users.json", "[]");
    let gate = sandbox.run(&["gate", "before", "export", "--as-of", TODAY, "--format", "json"]).exits(3);
    assert_eq!(gate.json()["verdict"]["outcome"], "incomplete");
}

#[test]
fn a_truncated_file_is_no_pass_and_every_format_says_so() {
    let sandbox = truncated();
    for format in formats::<Format>() {
        let run = sandbox.audit(&["--format", format]).exits(3).says("--allow-incomplete accepts it").stays_plain();
        assert!(says_incomplete(format, &run.out), "{format}: {}", run.out);
        let allowed = sandbox.audit(&["--format", format, "--allow-incomplete"]).exits(0);
        assert_eq!(allowed.out, run.out, "{format}: the flag changes the exit code and nothing else");
    }
    let text = sandbox.audit(&["--details"]).out;
    assert!(text.trim_end().lines().last().unwrap().contains("INCOMPLETE: 1 file"), "the last line repeats it: {text}");
    assert!(text.contains("no violations in what could be read"), "{text}");
}

#[test]
fn a_saved_result_that_is_drawn_again_says_that_it_is_incomplete() {
    let sandbox = truncated();
    sandbox.audit(&["-o", "json=audit.json"]).exits(3);
    for format in formats::<Format>() {
        let again = sandbox.run(&["report", "audit.json", "--format", format]).exits(0).out;
        assert!(says_incomplete(format, &again), "{format}: {again}");
        assert_eq!(again, sandbox.audit(&["--format", format]).out, "{format}");
    }
}

#[test]
fn wherever_a_file_ends_too_early_nothing_passes() {
    let mut folder = collect::folders(&[fixture("minimal")]).remove(0);
    let pack = Pack::load(&[]).unwrap();
    let as_of = TODAY.parse().unwrap();
    let whole: Vec<(String, Vec<u8>)> = folder
        .inputs
        .drain(..)
        .filter(|input| input.name.ends_with(".json"))
        .map(|input| {
            let bytes = std::fs::read(input.content.path().unwrap()).unwrap();
            (input.name, bytes)
        })
        .collect();
    let input = |name: &str, bytes: &[u8]| collect::Input {
        name: name.to_owned(),
        path: name.to_owned(),
        content: Content::Bytes(bytes.to_vec()),
    };
    for (cut_off, (_, bytes)) in whole.iter().enumerate() {
        let length = bytes.trim_ascii_end().len();
        for end in [1, 2, length / 3, length / 2, length - 2, length - 1] {
            let inputs = whole.iter().enumerate().map(|(number, (name, bytes))| match number == cut_off {
                true => input(name, &bytes[..end]),
                false => input(name, bytes),
            });
            let export = read(vec![collect::Folder { inputs: inputs.collect(), faults: Vec::new() }], &());
            let timeline = Timeline::announced_by(as_of);
            let options = Options { as_of, timeline, waivers: Vec::new(), by_reference: false };
            let audit = audit(&export, &pack, &options).unwrap();
            assert!(audit.diagnostics.iter().any(|one| one.is_incomplete()), "{} at {end}", whole[cut_off].0);
        }
    }
}

#[test]
fn violations_count_before_what_could_not_be_read() {
    let sandbox = truncated();
    sandbox.write("export/webhooks.json", r#"[{"id": 1, "password": "Quercus-robur-77"}]"#);
    let run = sandbox.audit(&["--format", "json"]).exits(1);
    assert_eq!(run.violated(), ["CRD-01"]);
    sandbox.audit(&["--fail-on", "never"]).exits(3);
    sandbox.audit(&["--fail-on", "never", "--allow-incomplete"]).exits(0);
}

#[test]
fn a_broken_file_that_somebody_wrote_is_no_pass_and_says_what_was_expected() {
    for (name, text, what) in [
        (
            "reviews.toml",
            "[[usage]]\nsubject = \"a\"\nlast_used = \"2024-13-01\"\n",
            "expected a date (YYYY-MM-DD), found text that is none",
        ),
        ("reviews.toml", "[[usage]]\nsubject = 7\n", "expected text, found a whole number"),
        ("reviews.toml", "[[usage]\n", "not valid TOML: "),
        ("settings.toml", "allow_user_installs = \"no\"\n", "expected true or false, found text"),
        ("export.toml", "collected_at = true\n", "expected a date (YYYY-MM-DD), found true or false"),
    ] {
        let sandbox = Sandbox::minimal();
        sandbox.write(&format!("export/{name}"), text);
        let run = sandbox.audit(&["--control", "CRD-*", "--details"]).exits(3).says(what);
        assert!(!run.err.contains("invalid type") && !run.err.contains("untagged"), "{}", run.err);
        let last = run.out.trim_end().lines().last().unwrap().to_owned();
        assert!(last.contains("INCOMPLETE: 1 file"), "{last}");
        sandbox.audit(&["--control", "CRD-*", "--allow-incomplete"]).exits(0);
    }
}

#[test]
fn what_is_read_and_odd_is_not_incomplete() {
    for (name, text) in [("other.json", r#"{"a": 1}"#), ("notes.txt", "x"), ("README.md", "# Notes")] {
        let sandbox = Sandbox::minimal();
        sandbox.write(&format!("export/{name}"), text);
        let run = sandbox.audit(&["--format", "sarif"]).exits(0);
        assert_eq!(run.json()["runs"][0]["invocations"][0]["executionSuccessful"], true, "{name}");
    }
}

#[test]
fn a_gate_a_plan_and_a_question_over_a_broken_export_end_alike() {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("kestrel"), &sandbox.path("kestrel"));
    let broken = |side: &str| {
        let users = sandbox.read(&format!("kestrel/{side}/users.json"));
        sandbox.write(&format!("kestrel/{side}/users.json"), users.get(..users.len() / 2).unwrap());
        users
    };
    let gate = |more: &[&str]| {
        let gate =
            ["gate", "kestrel/before", "kestrel/after", "--as-of", TODAY, "--fail-on", "never", "--format", "sarif"];
        sandbox.run(&[gate.as_slice(), more].concat())
    };
    let whole = broken("before");
    let run = gate(&[]).exits(3);
    assert_eq!(run.json()["runs"][0]["invocations"][0]["executionSuccessful"], false);
    gate(&["--allow-incomplete"]).exits(0);
    sandbox.write("kestrel/before/users.json", whole);
    broken("after");
    // What was read before a change and is broken after it is never accepted.
    let run = gate(&["--allow-incomplete"]).exits(3);
    assert_eq!(run.json()["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let why = |more: &[&str]| {
        let why = ["why", "kestrel/after", "photo-sync-9e8d7c6b", "project/rfi"];
        sandbox.run(&[why.as_slice(), more].concat())
    };
    let (strict, lenient) = (why(&[]), why(&["--allow-incomplete"]));
    assert_eq!((strict.code, strict.out), (Some(3), lenient.out), "{}", strict.err);
    assert_eq!(lenient.code, Some(0), "{}", lenient.err);

    copy(&fixture("harborline"), &sandbox.path("harborline"));
    sandbox.write("harborline/webhooks.json", "[{");
    for format in ["text", "markdown", "html", "ics"] {
        let plan = ["plan", "harborline", "--as-of", TODAY, "--format", format];
        let out = sandbox.run(&plan).out;
        assert!(out.contains("INCOMPLETE: 1 file"), "{format}: {out}");
    }
}

#[test]
fn a_diagnostic_that_is_made_an_error_fails_the_run() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/other.json", r#"{"a": 1}"#);
    let audit = |level: &str, more: &[&str]| {
        sandbox.write("our.toml", format!("[diagnostics]\nunknown-kind = \"{level}\"\n"));
        sandbox.audit(&[&["--config", "our.toml"], more].concat())
    };
    audit("warning", &[]).exits(0);
    audit("error", &[]).exits(1).says("error[unknown-kind]");
    audit("error", &["--fail-on", "never"]).exits(0);
    let junit = audit("error", &["--format", "junit"]).exits(1).out;
    assert!(junit.contains("type=\"unknown-kind\""), "{junit}");
    // A member of the wrong type, and that alone, is incomplete unless it is made an error or a note.
    sandbox.remove("export/other.json").write("export/users.2.json", r#"[{"id": 99, "name": ["x"]}]"#);
    let member = |level: &str| {
        sandbox.write("our.toml", format!("[diagnostics]\nmember = \"{level}\"\n"));
        sandbox.audit(&["--config", "our.toml", "--fail-on", "critical"])
    };
    member("warning").exits(3);
    member("error").exits(1);
    member("note").exits(0);
}

/// Audits with variables in the environment.
fn with_variables(variables: &[(&str, &str)], more: &[&str]) -> Run {
    let audit = ["audit", "export"];
    Sandbox::minimal().run_with(&[audit.as_slice(), more].concat(), variables, b"")
}

#[test]
fn an_empty_variable_is_not_set() {
    let names = ["AS_OF", "CONFIG", "TIMELINE", "WAIVERS", "STRICT", "ALLOW_INCOMPLETE", "FAIL_ON", "FORMAT"]
        .map(|name| format!("CUTOVER_{name}"));
    for name in &names {
        with_variables(&[(name, "")], &[]).exits(0);
    }
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    with_variables(&all, &["--no-config", "--no-waivers"]).exits(0);
    let help = Sandbox::minimal().run_with(&["plan", "export", "--as-of", TODAY], &[("CUTOVER_TIMELINE", "")], b"");
    assert_ne!(help.code, Some(2), "{}", help.err);
}

#[test]
fn an_error_about_a_variable_names_the_variable() {
    for (name, value) in [
        ("CUTOVER_AS_OF", "2024-13-01"),
        ("CUTOVER_FAIL_ON", "loud"),
        ("CUTOVER_FORMAT", "papyrus"),
        ("CUTOVER_TIMELINE", "1999-01-01"),
        ("CUTOVER_CONFIG", "nowhere.toml"),
        ("CUTOVER_WAIVERS", "nowhere.toml"),
    ] {
        let run = with_variables(&[(name, value)], &[]).exits(2).says(name);
        assert!(!run.err.contains(" for '--"), "no option was given: {}", run.err);
    }
    with_variables(&[("CUTOVER_CONFIG", "nowhere.toml")], &["--no-config"]).exits(2).says("CUTOVER_CONFIG");
    // Where the command line is wrong, it is named.
    let run = with_variables(&[("CUTOVER_AS_OF", "2024-10-15")], &["--as-of", "soon"]).exits(2).says("--as-of <DATE>");
    assert!(!run.err.contains("CUTOVER_AS_OF"), "{}", run.err);
    with_variables(&[("CUTOVER_AS_OF", "soon")], &["--as-of", "2024-10-15"]).exits(0);
}

/// Scripts that ask for what every run does now go on working.
#[test]
fn strict_has_no_effect_and_contradicts_allow_incomplete() {
    let whole = Sandbox::minimal();
    whole.audit(&["--strict"]).exits(0).says("`--strict` has no effect");
    whole.audit(&["--strict", "--allow-incomplete"]).exits(2);
    let broken = truncated();
    assert_eq!(broken.audit(&["--strict"]).exits(3).out, broken.audit(&[]).exits(3).out);
}

#[test]
fn an_absolute_path_below_the_repository_is_relative_in_gitlab_and_sarif() {
    let sandbox = truncated();
    sandbox.write("export/webhooks.json", r#"[{"id": 1, "password": "Quercus-robur-77"}]"#);
    let root = sandbox.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    let export = format!("{root}/export");
    let audit = |path: &str, format: &str, variables: &[(&str, &str)]| {
        let audit = ["audit", path, "--as-of", TODAY, "--format", format, "--fail-on", "never", "--allow-incomplete"];
        sandbox.run_with(&audit, variables, b"").exits(0).json()
    };
    let issues = |json: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let all = json.as_array().unwrap().iter();
        all.map(|issue| (text(&issue["location"]["path"]), text(&issue["fingerprint"]))).collect()
    };
    let relative = issues(&audit("export", "gitlab", &[]));
    assert!(relative.iter().any(|(path, _)| path == "export/service_accounts.json"), "{relative:?}");
    assert_eq!(issues(&audit(&export, "gitlab", &[])), relative);
    assert_eq!(issues(&audit(&export, "gitlab", &[("CI_PROJECT_DIR", root)])), relative);
    let parent = std::path::Path::new(root).parent().unwrap().to_str().unwrap();
    let of_project = issues(&audit(&export, "gitlab", &[("CI_PROJECT_DIR", parent)]));
    assert!(
        of_project
            .iter()
            .all(|(path, _)| path.ends_with("json") && !path.starts_with('/') && path.contains("/export/")),
        "{of_project:?}"
    );
    let elsewhere = issues(&audit(&export, "gitlab", &[("CI_PROJECT_DIR", "/nowhere"), ("GITHUB_WORKSPACE", "")]));
    assert_eq!(elsewhere, relative, "the working directory is a root, too");

    let sarif = audit(&export, "sarif", &[]).to_string();
    assert!(sarif.contains("\"uri\":\"export/webhooks.json\"") && !sarif.contains("file:///"), "{sarif}");
    // Other formats show what was given.
    assert!(audit(&export, "json", &[]).to_string().contains("[ROOT]/export"));
}
