//! Who may decide: an export states facts, and what decides comes from a trusted source and is listed in every result.

use crate::support;
use std::io::Write;

use crate::support::{Run, Sandbox, TODAY, administrator, copy, fixture};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const GATE: [&str; 7] = ["gate", "before", "after", "--as-of", TODAY, "--format", "json"];
/// Approves everything that the fixture's change needs.
const APPROVALS: &str = r#"
[[exception]]
subject = "photo-sync-9e8d7c6b"
tool = "project/photos"
reason = "r"
approved_by = "me"
expires = 2025-12-31

[[approved_projects]]
subject = "photo-sync-9e8d7c6b"
projects = "all"

[[new_projects]]
subject = "photo-sync-9e8d7c6b"
approved_by = "me"

[[approved_version]]
app = "Photo Sync"
version = "9.9.9"
on = 2024-10-01
by = "me"
"#;
const WAIVER: &str = "[[waiver]]\ncontrol = \"CHG-01\"\nsubject = \"photo-sync-9e8d7c6b\"\nreason = \"r\"\n\
                      owner = \"o\"\napprover = \"a\"\nexpires = 2025-01-01\n";
const ALL_OFF: &str = "[[control]]\nid = \"*\"\noff = true\nreason = \"quiet\"\n";
const LATE: &str = "id = \"2024-01-29\"\nannounced = 2024-01-29\nsunset = 2099-12-31\nsource = \"x\"\n";

/// The two sides of `fixtures/kestrel`.
fn kestrel() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    for side in ["before", "after"] {
        copy(&fixture("kestrel").join(side), &sandbox.path(side));
    }
    sandbox
}

fn gate(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.run(&[GATE.as_slice(), more].concat())
}

/// The fingerprints of what counts.
fn open(json: &Value) -> Vec<String> {
    let violations = json["violations"].as_array().unwrap().iter().filter(|one| one["status"] == "open");
    let mut all: Vec<String> = violations.map(|one| one["fingerprint"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

fn passing(json: &Value) -> Vec<String> {
    let all = json["violations"].as_array().unwrap().iter();
    let mut ids: Vec<String> = all
        .filter(|one| one["passes_once_accepted"] == true)
        .map(|one| one["control"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// The messages of a code.
fn said(json: &Value, code: &str) -> Vec<String> {
    let all = json["diagnostics"].as_array().unwrap().iter().filter(|one| one["code"] == code);
    all.map(|one| one["message"].as_str().unwrap().to_owned()).collect()
}

/// The entry of a file among those that decided.
fn decided<'j>(json: &'j Value, path: &str) -> &'j Value {
    let all = json["decided_by"].as_array().unwrap();
    all.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("{path} is not in {all:#?}"))
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn control(id: &str) -> String {
    let folder = if id.starts_with("CHG") { "change" } else { "controls" };
    std::fs::read_to_string(support::fixture(&format!("../policies/{folder}/{id}.cedar"))).unwrap()
}

/// A control that never fires.
fn blunted(id: &str) -> String {
    control(id).replacen("when {", "when { false } when {", 1).replacen("unless {", "when { false } unless {", 1)
}

/// A way to let a change decide about itself: what is written on both sides, and then after the change alone.
type Attack = (&'static str, Vec<(&'static str, Vec<u8>)>, Vec<(&'static str, Vec<u8>)>);

fn attacks() -> Vec<Attack> {
    let text = |text: &str| text.as_bytes().to_vec();
    let kinds =
        |lines: &str| format!("company_id = 4180\ncollected_at = 2024-10-15\n\n[kinds]\n{lines}\n").into_bytes();
    let names_pack = vec![("cutover.toml", text("policies = [\"p\"]\n")), ("p/CHG-01.cedar", text(&control("CHG-01")))];
    let names = |option: &str, name: &'static str, body: &str| {
        vec![("cutover.toml", format!("[options]\n{option} = \"{name}\"\n").into_bytes()), (name, text(body))]
    };
    vec![
        ("reviews are edited", vec![], vec![("reviews.toml", text(APPROVALS))]),
        ("reviews in another folder", vec![], vec![("z/reviews.toml", text(APPROVALS))]),
        ("reviews are compressed", vec![], vec![("z/reviews.toml.gz", packed(APPROVALS))]),
        (
            "any file becomes reviews",
            vec![],
            vec![("more.toml", text(APPROVALS)), ("export.toml", kinds("\"more.toml\" = \"reviews\""))],
        ),
        ("users become something else", vec![], vec![("export.toml", kinds("\"users.json\" = \"app_manifests\""))]),
        ("settings are added", vec![], vec![("settings.toml", text("company_admin_scope = \"company tools\"\n"))]),
        ("controls are switched off", vec![], vec![("cutover.toml", text(ALL_OFF))]),
        ("nothing fails any more", vec![], vec![("cutover.toml", text("[options]\nfail_on = \"never\"\n"))]),
        ("waivers are added", vec![], vec![("waivers.toml", text(WAIVER))]),
        (
            "waivers that an unchanged file names are edited",
            names("waivers", "w.toml", ""),
            vec![("w.toml", text(WAIVER))],
        ),
        (
            "a timeline that an unchanged file names is edited",
            names("timeline", "t.toml", &LATE.replace("2099", "2024")),
            vec![("t.toml", text(LATE))],
        ),
        (
            "a pack that an unchanged file names is edited",
            names_pack.clone(),
            vec![("p/CHG-01.cedar", text(&blunted("CHG-01")))],
        ),
        ("a pack that an unchanged file names grows", names_pack, vec![("p/q/CHG-03.cedar", text(&blunted("CHG-03")))]),
    ]
}

#[test]
fn a_change_cannot_decide_about_itself_and_what_it_brings_is_reported() {
    for (name, both, after) in attacks() {
        let sandbox = kestrel();
        for (path, bytes) in both {
            sandbox.write(&format!("before/{path}"), &bytes).write(&format!("after/{path}"), &bytes);
        }
        let honest = gate(&sandbox, &[]).exits(1).json();
        assert_eq!(said(&honest, "rules-changed"), Vec::<String>::new(), "{name}");
        for (path, bytes) in after {
            sandbox.write(&format!("after/{path}"), bytes);
        }
        let json = gate(&sandbox, &[]).exits(1).says("rules-changed").json();
        assert_eq!(open(&json), open(&honest), "{name}");
        assert_eq!(said(&json, "rules-changed").len(), 1, "{name}: {}", json["diagnostics"]);
        let listed = json["decided_by"].as_array().unwrap();
        let ignored = |one: &&Value| one["ignored"] == true && one["path"].as_str().unwrap().starts_with("after/");
        assert_eq!(listed.iter().filter(ignored).count(), 1, "{name}: {listed:#?}");
    }
}

#[test]
fn a_reviewer_sees_what_would_pass_once_the_decisions_of_a_change_are_accepted() {
    let sandbox = kestrel();
    sandbox.write("after/z/reviews.toml", APPROVALS);
    let json = gate(&sandbox, &[]).exits(1).json();
    assert_eq!(passing(&json), ["CHG-01", "CHG-03", "CHG-04", "PRJ-01"]);
    assert_eq!(json["counts"]["passing_once_accepted"], 4);
    let text = sandbox.run(&["gate", "before", "after", "--as-of", TODAY, "--details"]).exits(1).out;
    assert!(text.contains("4 would pass once the decisions of this change are accepted"), "{text}");
    for format in ["text", "markdown", "github", "gitlab", "junit", "html"] {
        let command = ["gate", "before", "after", "--as-of", TODAY, "--details", "--format", format];
        let out = sandbox.run(&command).exits(1).out;
        assert!(out.contains("would pass once the decisions of this change are accepted"), "{format}");
    }
    // Once they are accepted, they count and nothing is left to say.
    sandbox.write("before/z/reviews.toml", APPROVALS);
    let accepted = gate(&sandbox, &[]).exits(1).json();
    assert_eq!((said(&accepted, "rules-changed").len(), passing(&accepted).len()), (0, 0));
    let left = accepted["violations"].as_array().unwrap();
    assert!(!left.iter().any(|one| ["CHG-01", "CHG-03", "CHG-04"].contains(&one["control"].as_str().unwrap())));
    sandbox.remove("after/z/reviews.toml").remove("before/z/reviews.toml");
    sandbox.write("after/waivers.toml", WAIVER);
    assert_eq!(passing(&gate(&sandbox, &[]).exits(1).json()), ["CHG-01"]);
}

#[test]
fn decisions_that_a_change_removes_still_count() {
    let sandbox = kestrel();
    sandbox.write("before/waivers.toml", WAIVER);
    let json = gate(&sandbox, &[]).exits(1).json();
    let waived = |json: &Value| json["summary"]["waived"].as_u64().unwrap();
    assert_eq!(waived(&json), 1);
    assert!(said(&json, "rules-changed")[0].starts_with("the change also removes `waivers.toml`"), "{json}");
    sandbox.write("before/z/reviews.toml", APPROVALS).write("after/waivers.toml", WAIVER);
    let json = gate(&sandbox, &[]).json();
    assert!(said(&json, "rules-changed")[0].starts_with("the change also removes `z/reviews.toml`"), "{json}");
    assert!(!json["violations"].as_array().unwrap().iter().any(|one| one["control"] == "CHG-03"));
}

#[test]
fn a_file_that_decides_cannot_lie_in_the_export_after_the_change() {
    for (file, body) in [
        ("policies = [\"../after/p\"]\n", "p/CHG-01.cedar"),
        ("[options]\nwaivers = \"../after/w.toml\"\n", "w.toml"),
        ("[options]\ntimeline = \"../after/t.toml\"\n", "t.toml"),
    ] {
        let sandbox = kestrel();
        let text = if body.ends_with("cedar") { control("CHG-01") } else { LATE.to_owned() };
        let text = if body == "w.toml" { WAIVER.to_owned() } else { text };
        sandbox
            .write(&format!("after/{body}"), text)
            .write("before/cutover.toml", file)
            .write("after/cutover.toml", file);
        gate(&sandbox, &[]).exits(2).says("this leads out of the export");
        sandbox.remove("before/cutover.toml").remove("after/cutover.toml");
        let beside = file.replace("../after", "after");
        sandbox.write("cutover.toml", &beside);
        gate(&sandbox, &[]).exits(2).says("lies in the export after the change, and so cannot decide");
        // Whoever names it means it.
        sandbox.write("own.toml", beside);
        gate(&sandbox, &["--config", "own.toml"]);
    }
}

#[test]
fn files_that_move_under_names_that_do_not_count_yet_are_no_pass() {
    let sandbox = kestrel();
    let users = sandbox.read("after/users.json");
    sandbox.remove("after/users.json").write("after/crew.json", users);
    sandbox.write("after/export.toml", "company_id = 4180\n\n[kinds]\n\"crew.json\" = \"users\"\n");
    let json = gate(&sandbox, &["--fail-on", "never"]).exits(3).json();
    assert_eq!(said(&json, "lost").len(), 1, "{}", json["diagnostics"]);
    assert_eq!(said(&json, "rules-changed").len(), 1);
}

#[test]
fn settings_of_a_working_directory_that_came_with_the_change_do_not_count() {
    let sandbox = kestrel();
    copy(&sandbox.path("after"), &sandbox.path("pull/after"));
    copy(&sandbox.path("before"), &sandbox.path("pull/before"));
    sandbox.write("pull/cutover.toml", ALL_OFF);
    let run = |before: &str| {
        let mut command = assert_cmd::Command::new(crate::support::program());
        command.current_dir(sandbox.path("pull")).env_clear();
        let output = command.args(["gate", before, "after", "--as-of", TODAY, "--format", "json"]).output().unwrap();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, json) = run("../before");
    assert_eq!((code, said(&json, "rules-changed").len()), (Some(1), 1), "{}", json["diagnostics"]);
    // With both sides in it, it is the folder of whoever runs the gate.
    let (code, json) = run("before");
    assert_eq!((code, said(&json, "rules-changed").len()), (Some(0), 0));
    assert_eq!(decided(&json, "cutover.toml")["origin"], "working_directory");
}

#[test]
fn with_a_folder_of_decisions_nothing_in_an_export_decides() {
    let sandbox = kestrel();
    sandbox.write("trusted/", "");
    let honest = gate(&sandbox, &["--decisions", "trusted"]).exits(1).json();
    for (name, both, after) in attacks() {
        let sandbox = kestrel();
        sandbox.write("trusted/", "");
        for (path, bytes) in both {
            sandbox.write(&format!("before/{path}"), &bytes).write(&format!("after/{path}"), &bytes);
        }
        for (path, bytes) in after {
            sandbox.write(&format!("after/{path}"), bytes);
        }
        let json = gate(&sandbox, &["--decisions", "trusted"]).exits(1).json();
        assert_eq!(open(&json), open(&honest), "{name}");
        assert_eq!(said(&json, "rules-changed").len(), 0, "{name}");
        let counted = json["decided_by"].as_array().unwrap().iter().filter(|one| one["ignored"] != true);
        assert!(counted.clone().all(|one| one["origin"] == "built_in"), "{name}");
    }
    // What lies in the folder does, whatever its name in the environment.
    sandbox.write("trusted/reviews.toml", APPROVALS).write("trusted/waivers.toml", WAIVER);
    sandbox.write("trusted/policies/p.cedar", blunted("MAN-04"));
    let run = sandbox.run_with(&GATE, &[("CUTOVER_DECISIONS", "trusted")], b"").exits(1);
    let json = run.json();
    for (path, kind) in
        [("trusted/reviews.toml", "reviews"), ("trusted/waivers.toml", "waivers"), ("trusted/policies", "pack")]
    {
        let one = decided(&json, path);
        assert_eq!((&one["kind"], &one["origin"]), (&kind.into(), &"decisions".into()));
        assert_eq!(one["sha256"].as_str().unwrap().len(), 64);
    }
    assert_eq!(decided(&json, "trusted/policies")["effect"], "1 control; MAN-04 replaced by trusted/policies/p.cedar");
    let left = run.violated();
    assert!(!left.iter().any(|id| ["CHG-01", "CHG-03", "CHG-04", "MAN-04"].contains(&id.as_str())), "{left:?}");
}

#[test]
fn an_audit_takes_decisions_from_the_folder_that_is_given() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("export/cutover.toml", ALL_OFF).write("export/settings.toml", "allow_user_installs = true\n");
    sandbox.write("export/reviews.toml", "[[exception]]\nsubject = \"erp-bridge-1a2b3c4d\"\ntool = \"company/directory\"\nreason = \"r\"\napproved_by = \"me\"\n");
    sandbox.write("trusted/", "");
    let json = sandbox.audit(&["--decisions", "trusted", "--format", "json"]).exits(1);
    assert!(json.violated().contains(&"DIR-01".to_owned()), "{:?}", json.violated());
    // The state of a switch is a fact.
    assert!(json.violated().contains(&"UIN-01".to_owned()), "{:?}", json.violated());
    let json = json.json();
    for path in ["export/cutover.toml", "export/reviews.toml", "export/settings.toml"] {
        let one = decided(&json, path);
        assert_eq!((&one["ignored"], &one["origin"]), (&true.into(), &"export".into()));
    }
    assert_eq!(said(&json, "decisions-ignored").len(), 2);
    sandbox.write("trusted/settings.toml", "allow_user_installs = false\n");
    let run = sandbox.audit(&["--decisions", "trusted", "--format", "json"]).exits(1);
    assert!(!run.violated().contains(&"UIN-01".to_owned()), "{:?}", run.violated());
    sandbox.write("trusted/reviews.toml", "[[exception]]\nsubject = 7\n");
    sandbox.audit(&["--decisions", "trusted"]).exits(2).says("`trusted/reviews.toml`, line");
    sandbox.audit(&["--decisions", "nowhere"]).exits(2).says("`nowhere` of --decisions is not a folder");
}

#[test]
fn a_control_that_a_pack_of_the_export_replaces_is_shown_in_every_format() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("export/cutover.toml", "policies = [\"p\"]\n").write("export/p/DIR-01.cedar", blunted("DIR-01"));
    let json = sandbox.audit(&["--format", "json"]).json();
    let change = json["overrides"].as_array().unwrap().iter().find(|one| one["control"] == "DIR-01").unwrap();
    assert_eq!((&change["replaced"], &change["path"]), (&true.into(), &"export/p/DIR-01.cedar".into()));
    let pack = decided(&json, "export/p");
    assert_eq!((&pack["kind"], &pack["origin"]), (&"pack".into(), &"export".into()));
    for format in ["text", "markdown", "html", "sarif", "junit", "github"] {
        let out = sandbox.audit(&["--format", format]).out.replace(['\\', '`'], "");
        assert!(out.contains("DIR-01 replaced by"), "{format}: {out}");
    }
    let digest = pack["sha256"].clone();
    sandbox.replace("export/p/DIR-01.cedar", "when { false }", "when { 1 == 2 }");
    assert_ne!(decided(&sandbox.audit(&["--format", "json"]).json(), "export/p")["sha256"], digest);
    let shown = sandbox.run(&["config", "export", "--show", "json"]).exits(0).json();
    assert!(shown.as_array().unwrap().iter().any(|one| one["option"] == "policies" && one["value"] == "export/p"));
}

#[test]
fn a_timeline_inside_the_export_is_listed_as_such() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("export/cutover.toml", "[options]\ntimeline = \"t.toml\"\n").write("export/t.toml", LATE);
    let json = sandbox.audit(&["--format", "json"]).json();
    assert_eq!(json["timeline"]["origin"], "export");
    let one = decided(&json, "export/t.toml");
    assert_eq!((&one["origin"], &one["effect"]), (&"export".into(), &"timeline 2024-01-29: sunset 2099-12-31".into()));
    assert_eq!(decided(&json, "export/cutover.toml")["effect"], "timeline = t.toml");
}

#[test]
fn a_conflict_about_an_administrator_is_not_silenced_by_the_export() {
    let twice = br#"[{"id": 7, "name": "erp-bridge-1a2b3c4d", "email_address": "erp-bridge-1a2b3c4d@procore.com",
        "first_name": null, "is_active": true, "company_permission_template": {"id": 5}},
        {"id": 7, "name": "erp-bridge-1a2b3c4d", "email_address": "erp-bridge-1a2b3c4d@procore.com",
        "first_name": null, "is_active": true, "company_permission_template": {"id": 6}}]"#;
    let sandbox = Sandbox::with(&[administrator()[1], ("users.json", twice)]);
    let silent = "[diagnostics]\nconflict = \"off\"\nunknown-kind = \"off\"\n";
    sandbox.write("export/cutover.toml", silent).write("export/odd.toml", "x = 1\n");
    let json = sandbox.audit(&["--format", "json"]).json();
    assert_eq!(said(&json, "conflict").len(), 1, "{}", json["diagnostics"]);
    assert_eq!(said(&json, "unknown-kind").len(), 0);
    let effect = decided(&json, "export/cutover.toml")["effect"].as_str().unwrap().to_owned();
    assert_eq!(effect, "silences diagnostics unknown-kind, conflict; silences 1 unknown-kind");
    // Whoever runs the audit may.
    sandbox.write("own.toml", silent);
    let json = sandbox.audit(&["--config", "own.toml", "--format", "json"]).json();
    assert_eq!(said(&json, "conflict").len(), 0);
    assert!(decided(&json, "own.toml")["effect"].as_str().unwrap().ends_with("; silences 1 unknown-kind, 1 conflict"));
}

#[test]
fn what_decides_is_listed_with_its_effect() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write(
        "cutover.toml",
        "[options]\nfail_on = \"never\"\n\n[[control]]\nid = \"MAN-07\"\noff = true\nreason = \"r\"\n\n\
         [[control]]\nid = \"DIR-01\"\nseverity = \"low\"\nreason = \"r\"\n",
    );
    sandbox.write("w.toml", WAIVER.replace("2025-01-01", "2024-01-01"));
    sandbox.write("export/settings.toml", "admin_default_ended = 2021-12-09\n");
    sandbox.audit(&["-o", "json=base.json"]).exits(0);
    let json = sandbox.audit(&["--waivers", "w.toml", "--baseline", "base.json", "--format", "json"]).json();
    for (path, origin, effect) in [
        ("cutover.toml", "working_directory", "MAN-07 off; severity of DIR-01 critical → low; fail_on = never"),
        ("w.toml", "command_line", "1 waiver, 1 expired"),
        ("export/settings.toml", "export", "admin_default_ended = 2021-12-09"),
        ("policies/timelines/2024-01-29.toml", "built_in", "timeline 2024-01-29: sunset 2024-12-31"),
    ] {
        let one = decided(&json, path);
        assert_eq!((&one["origin"], &one["effect"]), (&origin.into(), &effect.into()));
        assert_eq!(one["sha256"].as_str().unwrap().len(), 64, "{path}");
    }
    assert_eq!(decided(&json, "base.json")["kind"], "baseline");
    let text = sandbox.audit(&["--waivers", "w.toml", "--details"]).out;
    assert!(text.contains("Decided by: built-in pack ("), "{text}");
    assert!(text.contains("cutover.toml (from the working directory): MAN-07 off"), "{text}");
}
