//! SARIF that code scanning takes: valid by the schema, whole, and safe whatever an export calls its things.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use chrono::NaiveDate;
use cutover_model::diagnostic::Level;
use cutover_model::result::audit::{
    Audit, Control, Coverage, Diagnostic, Input, Status, Step, Summary, Timeline, TimelineOrigin, Violation,
    ViolationStatus, Waiver,
};
use cutover_model::result::{Location, Party, Severity, Snippet, Thing, ToolInfo};
use cutover_policy::pack::Pack;
use cutover_report::sarif;
use serde_json::Value;

/// Everything a viewer could act on instead of showing it.
const HOSTILE: &str = "{0} }{ [click](javascript:alert(1)) [x\\](y) <script>alert(1)</script> `<b>` **%SRCROOT%** \u{202e}gnp\u{1b}[2J\r\n\u{200b}";

/// The official schema, as the package `serde-sarif` carries it.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let arguments = ["metadata", "--offline", "--format-version", "1", "--filter-platform", "host-tuple"];
    let metadata =
        Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo metadata");
    let package =
        metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let schema = fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    // A slip of the schema that its errata put right: the bracket is never opened.
    let schema = schema.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema = serde_json::from_str(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

fn assert_valid(log: &Value) {
    let errors: Vec<String> =
        SCHEMA.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// What the program writes for a fixture.
fn audited(fixture: &str, code: i32) -> String {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["audit", &format!("fixtures/{fixture}"), "--as-of", "2024-10-15", "--format", "sarif"]);
    String::from_utf8(command.assert().code(code).get_output().stdout.clone()).unwrap()
}

fn rendered(audit: &Audit) -> String {
    let mut out = Vec::new();
    sarif::write(&audit.listing(), &[], &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The only run of a log.
fn run(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    log["runs"][0].clone()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn thing(name: &str) -> Thing {
    Thing::new("ManagedAccount", name, name)
}

fn place(path: &str) -> Location {
    Location { path: path.to_owned(), line: 1, column: 1, pointer: "/0/name".to_owned(), snippet: None }
}

fn violation(number: usize, severity: Severity) -> Violation {
    Violation {
        control: "DIR-01".to_owned(),
        severity,
        party: Party::Customer,
        title: "A title".to_owned(),
        message: "It is so.".to_owned(),
        remedy: "Undo it.".to_owned(),
        subject: thing("subject"),
        resource: thing("resource"),
        company: "Company".to_owned(),
        location: place("export/users.json"),
        related: Vec::new(),
        why: Vec::new(),
        count: 1,
        members: Vec::new(),
        new_members: Vec::new(),
        places: None,
        status: ViolationStatus::Open,
        waiver: None,
        planned: None,
        baseline_state: None,
        passes_once_accepted: false,
        fingerprint: format!("{number:032x}"),
    }
}

fn control(id: &str) -> Control {
    Control {
        id: id.to_owned(),
        title: "A title".to_owned(),
        severity: Severity::High,
        party: Party::Developer,
        duty: Some("D2".to_owned()),
        remedy: "Lower {principal.name}.".to_owned(),
        reference: "Somewhere".to_owned(),
        relates_to: vec!["NIST SP 800-53 r5 AC-6".to_owned()],
    }
}

fn made(violations: Vec<Violation>) -> Audit {
    Audit {
        schema: "cutover.audit/v1".to_owned(),
        tool: ToolInfo { name: "cutover".to_owned(), version: "0.1.0".to_owned() },
        as_of: NaiveDate::from_ymd_opt(2024, 10, 15).unwrap(),
        timeline: Timeline {
            id: "2024-01-29".to_owned(),
            no_new_accounts: None,
            sunset: None,
            source: "Procore".to_owned(),
            origin: TimelineOrigin::BuiltIn,
        },
        collected_at: None,
        collected_at_basis: None,
        companies: Vec::new(),
        baseline: None,
        absent: Vec::new(),
        actions: Vec::new(),
        actions_omitted: 0,
        verdict: cutover_model::result::audit::Verdict::default(),
        decided_by: Vec::new(),
        inputs: Vec::new(),
        controls: vec![control("DIR-01")],
        duties: Vec::new(),
        overrides: Vec::new(),
        integrations: Vec::new(),
        graph: None,
        coverage: Vec::new(),
        violations,
        groups: Vec::new(),
        diagnostics: Vec::new(),
        summary: Summary::default(),
    }
}

/// An audit in which every text is [`HOSTILE`].
fn hostile() -> Audit {
    let path = format!("../a b/../{HOSTILE}/é.json");
    let hostile = || HOSTILE.to_owned();
    let snippet = Snippet { text: format!("one\n{HOSTILE}\nthree"), first_line: 1, start: 4, length: HOSTILE.len() };
    let location = Location { line: 2, pointer: format!("/{HOSTILE}"), snippet: Some(snippet), ..place(&path) };
    let step = Step {
        from: thing(HOSTILE),
        edge: hostile(),
        to: thing(HOSTILE),
        because: hostile(),
        location: Some(location.clone()),
    };
    let expires = NaiveDate::from_ymd_opt(2025, 1, 31).unwrap();
    let waiver =
        Waiver { reason: hostile(), owner: hostile(), approver: hostile(), expires, path: path.clone(), line: 1 };
    let one = Violation {
        control: hostile(),
        title: hostile(),
        message: hostile(),
        remedy: hostile(),
        subject: thing(HOSTILE),
        resource: thing(HOSTILE),
        company: hostile(),
        location: location.clone(),
        related: vec![location.clone(), place(""), place("/etc/passwd"), place("javascript:alert(1)")],
        why: vec![Step { location: None, ..step.clone() }, step],
        members: vec![thing(HOSTILE)],
        status: ViolationStatus::Waived,
        waiver: Some(waiver),
        ..violation(1, Severity::Critical)
    };
    let input = Input { path: path.clone(), kind: None, records: 0, skipped: 0, sha256: String::new() };
    let described = Control {
        title: hostile(),
        duty: Some(hostile()),
        remedy: hostile(),
        reference: hostile(),
        relates_to: vec![hostile()],
        ..control(HOSTILE)
    };
    let coverage = Coverage {
        control: hostile(),
        status: Status::NotAssessed,
        facts: 0,
        violations: 0,
        waived: 0,
        unknown: 0,
        missing: Vec::new(),
        hints: vec![hostile()],
    };
    let diagnostic =
        Diagnostic { code: "syntax".to_owned(), severity: Level::Error, message: hostile(), location: Some(location) };
    Audit {
        // The same file twice: SARIF wants each once.
        decided_by: Vec::new(),
        inputs: vec![input.clone(), input],
        controls: vec![described],
        coverage: vec![coverage],
        diagnostics: vec![diagnostic],
        ..made(vec![one])
    }
}

/// Visits every value with the name it stands under.
fn visit(name: &str, value: &Value, seen: &mut dyn FnMut(&str, &Value)) {
    seen(name, value);
    match value {
        Value::Array(values) => values.iter().for_each(|value| visit(name, value, seen)),
        Value::Object(members) => members.iter().for_each(|(name, value)| visit(name, value, seen)),
        _ => {}
    }
}

/// Every text of a message or description, plain and Markdown.
fn messages(run: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    visit("", run, &mut |name, value| {
        if ["message", "description", "shortDescription", "fullDescription", "help"].contains(&name) {
            for format in ["text", "markdown"] {
                out.extend(value[format].as_str().map(|text| (format.to_owned(), text.to_owned())));
            }
        }
    });
    out
}

fn uris(run: &Value) -> Vec<String> {
    let mut out = Vec::new();
    visit("", run, &mut |name, value| {
        if name == "uri" {
            out.extend(value.as_str().map(str::to_owned));
        }
    });
    out
}

/// Whether a character stands unescaped: behind an even number of backslashes.
fn is_bare(text: &str, at: usize) -> bool {
    text[..at].chars().rev().take_while(|letter| *letter == '\\').count() % 2 == 0
}

#[test]
fn the_fixtures_are_valid_by_the_schema() {
    for (fixture, code) in [("harborline", 1), ("minimal", 0)] {
        assert_valid(&serde_json::from_str(&audited(fixture, code)).unwrap());
    }
}

#[test]
fn a_run_without_violations_still_has_results() {
    let minimal = run(&audited("minimal", 0));
    assert!(list(&minimal["results"]).is_empty());
    assert!(!list(&minimal["tool"]["driver"]["rules"]).is_empty());
    assert_eq!(minimal["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn the_same_export_gives_the_same_bytes() {
    assert_eq!(audited("harborline", 1), audited("harborline", 1));
}

#[test]
fn rules_are_the_whole_pack_and_results_refer_to_them() {
    let run = run(&audited("harborline", 1));
    let rules = list(&run["tool"]["driver"]["rules"]);
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    // Controls over plans have no place in an audit.
    let pack = Pack::load(&[]).unwrap();
    assert_eq!(ids, pack.controls.iter().map(|control| control.id.as_str()).collect());
    for rule in rules {
        let id = &rule["id"];
        let name = rule["name"].as_str().unwrap();
        assert!(name.starts_with(|letter: char| letter.is_ascii_uppercase()), "{id}: {name}");
        assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "{id}: {name}");
        assert!(rule["shortDescription"]["text"].as_str().unwrap().ends_with('.'), "{id}");
        let help = rule["help"]["markdown"].as_str().unwrap();
        assert!(!help.contains('<') && !help.contains('{'), "{id}: {help}");
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&score), "{id}");
        let tags = list(&rule["properties"]["tags"]);
        assert!(tags.len() <= 10 && tags.contains(&"security".into()), "{id}");
    }
    for result in list(&run["results"]) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["kind"], "fail");
    }
}

#[test]
fn every_result_has_a_place_and_a_fingerprint_of_its_own() {
    let run = run(&audited("harborline", 1));
    let results = list(&run["results"]);
    let artifacts = list(&run["artifacts"]);
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let locations = list(&result["locations"]);
        assert_eq!(locations.len(), 1);
        let file = &locations[0]["physicalLocation"]["artifactLocation"];
        let index = usize::try_from(file["index"].as_u64().unwrap()).unwrap();
        assert_eq!(artifacts[index]["location"]["uri"], file["uri"]);
        assert!(run["originalUriBaseIds"][file["uriBaseId"].as_str().unwrap()].is_object());
        assert!(locations[0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(fingerprints.insert(result["partialFingerprints"]["cutover/v1"].as_str().unwrap()));
    }
    assert_eq!(fingerprints.len(), results.len());
    assert!(results.iter().any(|result| result["codeFlows"].is_array()));
    assert!(artifacts.iter().all(|artifact| artifact["hashes"]["sha-256"].as_str().unwrap().len() == 64));
}

#[test]
fn what_is_waived_is_suppressed_and_nothing_else() {
    let run = run(&audited("harborline", 1));
    let mut waived = 0;
    for result in list(&run["results"]) {
        let suppressions = list(&result["suppressions"]);
        assert_eq!(!suppressions.is_empty(), result["properties"]["status"] == "waived");
        for suppression in suppressions {
            waived += 1;
            assert_eq!((&suppression["kind"], &suppression["status"]), (&"external".into(), &"accepted".into()));
            let justification = suppression["justification"].as_str().unwrap();
            let parts =
                ["until the pilot ends. ", "Owner: Priya Raman.", "Approved by Dana Whitfield.", "Until 2025-01-31."];
            assert!(parts.iter().all(|part| justification.contains(part)), "{justification}");
        }
    }
    assert_eq!(waived, 1);
}

#[test]
fn what_was_not_judged_is_said() {
    let run = run(&audited("harborline", 1));
    let invocation = &run["invocations"][0];
    let not_judged = list(&invocation["toolConfigurationNotifications"]);
    let about = |id: &str| not_judged.iter().find(|notification| notification["associatedRule"]["id"] == id).unwrap();
    assert_eq!(about("DIR-06")["level"], "warning");
    assert_eq!(about("PRJ-01")["level"], "note");
    let codes: Vec<&Value> =
        list(&invocation["toolExecutionNotifications"]).iter().map(|said| &said["descriptor"]["id"]).collect();
    assert!(codes.contains(&&"expired-waiver".into()));
}

#[test]
fn hostile_names_are_valid_by_the_schema() {
    let text = rendered(&hostile());
    assert_valid(&serde_json::from_str(&text).unwrap());
    let deceptive = text.chars().find(|letter| *letter != '\n' && cutover_model::escape::is_deceptive(*letter));
    assert_eq!(deceptive, None);
    assert_eq!(text, rendered(&hostile()));
}

#[test]
fn hostile_names_are_no_placeholders_links_or_html() {
    let run = run(&rendered(&hostile()));
    let messages = messages(&run);
    assert!(messages.len() > 10);
    for (format, text) in messages {
        let rest = text.replace("{{", "").replace("}}", "");
        assert!(!rest.contains(['{', '}']), "{text}");
        for (at, _) in text.match_indices("](") {
            assert!(!is_bare(&text, at), "{text}");
        }
        assert!(!text.chars().any(|letter| letter != '\n' && cutover_model::escape::is_deceptive(letter)), "{text}");
        if format == "markdown" {
            // The backticks of `<b>` pair up, so it stays code; the tag before does not.
            let outside: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
            for (at, _) in outside.match_indices(['<', '[', '&']) {
                assert!(!is_bare(&outside, at), "{text}");
            }
        }
    }
}

#[test]
fn hostile_paths_stay_in_their_folder() {
    let run = run(&rendered(&hostile()));
    let uris = uris(&run);
    assert!(uris.contains(&"file:///etc/passwd".to_owned()));
    for uri in uris {
        let relative = uri.strip_prefix("file:///").unwrap_or(&uri);
        assert!(!relative.is_empty() && !relative.starts_with('/'), "{uri}");
        assert!(relative.split('/').all(|segment| !["", ".", ".."].contains(&segment)), "{uri}");
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-._~%".contains(letter);
        assert!(relative.chars().all(plain) && !relative.contains("%SRCROOT%"), "{uri}");
    }
    let mut bases = BTreeSet::new();
    visit("", &run, &mut |name, value| {
        if name == "artifactLocation" {
            let is_absolute = value["uri"].as_str().unwrap().starts_with("file:");
            assert_eq!(is_absolute, value["uriBaseId"].is_null());
            bases.extend(value["uriBaseId"].as_str().map(str::to_owned));
        }
    });
    assert_eq!(Vec::from_iter(bases), ["%SRCROOT%"]);
    assert_eq!(list(&run["artifacts"]).len(), 1);
}

#[test]
fn no_more_results_than_github_keeps_and_the_cut_is_said() {
    let severity = |number| if number % 3 == 0 { Severity::High } else { Severity::Low };
    let mut violations: Vec<Violation> = (0..30_000).map(|number| violation(number, severity(number))).collect();
    // Few of a sort are not lost among many.
    violations.extend((0..10).map(|number| violation(30_000 + number, Severity::Info)));
    let run = run(&rendered(&made(violations)));
    let results = list(&run["results"]);
    let of = |severity: &str| results.iter().filter(|result| result["properties"]["severity"] == severity).count();
    assert_eq!((of("high"), of("low"), of("info"), results.len()), (2495, 2495, 10, 5000));
    let errors = results.iter().take_while(|result| result["level"] == "error").count();
    assert_eq!(errors, 2495, "the worst stand first");
    let said = list(&run["invocations"][0]["toolExecutionNotifications"]);
    let texts: Vec<&str> = said.iter().map(|said| said["message"]["text"].as_str().unwrap()).collect();
    assert!(texts[0].contains("25010 of 30010 results") && texts[0].contains("keeps 5000"), "{texts:?}");
    assert!(texts[1].contains("DIR-01 (ManagedAccount, ManagedAccount): 2495 of 10000 results"), "{texts:?}");
    assert!(texts[2].contains("2495 of 20000 results"), "{texts:?}");
    assert_eq!(said.len(), 3);
    assert_eq!(said[1]["associatedRule"]["id"], "DIR-01");
}

#[test]
fn one_violation_stays_within_the_limits() {
    let step = Step {
        from: thing("a"),
        edge: "acts for".to_owned(),
        to: thing("b"),
        because: "so".to_owned(),
        location: None,
    };
    let long = Violation {
        related: vec![place("export/users.json"); 5000],
        members: vec![thing("member"); 5000],
        why: vec![step; 20_000],
        count: 5000,
        ..violation(1, Severity::Critical)
    };
    let text = rendered(&made(vec![long]));
    assert_valid(&serde_json::from_str(&text).unwrap());
    let run = run(&text);
    let result = &run["results"][0];
    assert_eq!(list(&result["relatedLocations"]).len(), 100);
    assert_eq!(list(&result["properties"]["members"]).len(), 100);
    assert_eq!(result["properties"]["count"], 5000);
    let flow = list(&result["codeFlows"][0]["threadFlows"][0]["locations"]);
    assert_eq!(flow.len(), 1000);
    assert_eq!(flow[0]["location"]["message"]["text"], "a acts for b: so.");
}
