//! `cutover.toml`: an organisation's own settings, and that every report shows them.

use crate::support;
use crate::support::{Sandbox, TODAY, administrator};
use serde_json::Value;

const LOWER: &str =
    "[[control]]\nid = \"DIR-01\"\nseverity = \"low\"\nreason = \"accepted by the board\"\napproved_by = \"Dana\"\n";
const OFF: &str = "[[control]]\nid = \"DIR-01\"\noff = true\nreason = \"not our product\"\n";

fn with(config: &str) -> Sandbox {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("export/cutover.toml", config);
    sandbox
}

fn of<'j>(list: &'j Value, control: &str) -> &'j Value {
    list.as_array().unwrap().iter().find(|one| one["control"] == control || one["id"] == control).unwrap()
}

#[test]
fn a_severity_is_lowered_and_the_report_says_so() {
    let sandbox = with(LOWER);
    let json = sandbox.audit(&["--format", "json"]).exits(1).json();
    assert_eq!(of(&json["violations"], "DIR-01")["severity"], "low");
    assert_eq!(of(&json["controls"], "DIR-01")["severity"], "low");
    let told = &json["overrides"][0];
    assert_eq!(told["severity"], serde_json::json!({"from": "critical", "to": "low"}));
    assert_eq!(
        (&told["reason"], &told["path"], &told["line"]),
        (&"accepted by the board".into(), &"export/cutover.toml".into(), &1.into())
    );
    let text = sandbox.audit(&["--details"]).out;
    assert!(text.contains("Changed by cutover.toml\n"), "{text}");
    assert!(text.contains("low instead of critical: accepted by the board"), "{text}");
    assert!(text.contains("approved by Dana"), "{text}");
    let lines = sandbox.audit(&["--format", "jsonl"]).out;
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["override"]["control"], "DIR-01");
}

#[test]
fn a_control_that_is_off_is_listed_and_never_silent() {
    let sandbox = with(OFF);
    let json = sandbox.audit(&["--format", "json"]).json();
    assert_eq!(of(&json["coverage"], "DIR-01")["status"], "off");
    assert_eq!(of(&json["controls"], "DIR-01")["severity"], "critical");
    assert!(json["violations"].as_array().unwrap().iter().all(|one| one["control"] != "DIR-01"));
    assert_eq!((&json["overrides"][0]["off"], &json["overrides"][0]["severity"]), (&true.into(), &Value::Null));
    let text = sandbox.audit(&["--coverage"]).out;
    assert!(text.contains("switched off: not our product"), "{text}");
    assert!(text.contains("DIR-01   switched off by cutover.toml"), "{text}");
    let text = sandbox.audit(&["--details"]).out;
    assert!(text.contains("1 control switched off"), "{text}");
    // To ask for it alone is to learn that it is off.
    let alone = sandbox.audit(&["--control", "DIR-01", "--format", "json"]).exits(0).json();
    assert_eq!(alone["coverage"].as_array().unwrap().len(), 1);
}

#[test]
fn code_scanning_sees_what_was_changed() {
    let sandbox = with(&format!("{LOWER}\n{}", OFF.replace("DIR-01", "MAN-07")));
    let json = sandbox.audit(&["--format", "sarif"]).json();
    let run = &json["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let lowered = rules.iter().find(|rule| rule["id"] == "DIR-01").unwrap();
    assert_eq!(lowered["defaultConfiguration"]["level"], "error");
    assert_eq!(lowered["properties"]["security-severity"], "3.0");
    assert_eq!(lowered["properties"]["override"]["severity"]["from"], "critical");
    let changes = run["invocations"][0]["ruleConfigurationOverrides"].as_array().unwrap();
    let change = |id: &str| changes.iter().find(|one| one["descriptor"]["id"] == id).unwrap();
    assert_eq!(change("DIR-01")["configuration"]["level"], "note");
    assert_eq!(change("MAN-07")["configuration"]["enabled"], false);
    let index = change("MAN-07")["descriptor"]["index"].as_u64().unwrap();
    assert_eq!(rules[usize::try_from(index).unwrap()]["id"], "MAN-07");
}

#[test]
fn patterns_change_many_and_later_entries_win() {
    let sandbox = with(&format!("{}\n{LOWER}", OFF.replace("DIR-01", "DIR-*")));
    let json = sandbox.audit(&["--format", "json"]).json();
    assert_eq!(of(&json["coverage"], "DIR-02")["status"], "off");
    assert_eq!(of(&json["violations"], "DIR-01")["severity"], "low");
}

#[test]
fn mistakes_are_told_with_their_places() {
    for (config, what) in [
        ("[[control]]\nid = \"DIR-1\"\noff = true\nreason = \"x\"\n", "line 2, column 6: there is no control `DIR-1`"),
        ("[[control]]\nid = \"XYZ-*\"\noff = true\nreason = \"x\"\n", "line 2, column 6: there is no control `XYZ-*`"),
        ("[[control]]\nid = \"DIR-[\"\noff = true\nreason = \"x\"\n", "line 2, column 6: `DIR-[` is not a pattern"),
        ("[[control]]\nid = \"DIR-01\"\noff = true\n", "line 1, column 1: missing field `reason`"),
        ("[[control]]\nid = \"DIR-01\"\noff = true\nreason = \"\"\n", "line 4, column 10: `reason` is blank"),
        ("[[control]]\nid = \"DIR-01\"\nreason = \"x\"\n", "line 1, column 1: this has no effect"),
        (
            "[[control]]\nid = \"DIR-01\"\nseverity = \"bad\"\nreason = \"x\"\n",
            "line 3, column 12: expected one of `info`",
        ),
        ("[waivers]\nmax_day = 3\n", "line 2, column 1: unknown field `max_day`"),
        ("[diagnostics]\nsyntax = \"off\"\n", "line 2, column 1: unknown field `syntax`"),
        (
            "[diagnostics]\nexpired-waiver = \"loud\"\n",
            "line 2, column 18: expected one of `error`, `warning`, `note`, `off`, found another",
        ),
        ("policies = \"x\"\n", "line 1, column 12: expected a list, found text"),
        ("policies = [\"nowhere\"]\n", "cannot read the policies in `export/nowhere`"),
    ] {
        with(config).audit(&[]).exits(2).says(what);
    }
}

#[test]
fn the_file_is_looked_for_in_order() {
    let sandbox = Sandbox::with(&administrator());
    let severity = |arguments: &[&str]| {
        let json = sandbox.audit(&[arguments, &["--format", "json"]].concat()).json();
        of(&json["violations"], "DIR-01")["severity"].as_str().unwrap().to_owned()
    };
    assert_eq!(severity(&[]), "critical");
    sandbox.write("cutover.toml", LOWER);
    assert_eq!(severity(&[]), "low");
    sandbox.write("export/cutover.toml", LOWER.replace("low", "medium"));
    assert_eq!(severity(&[]), "medium");
    sandbox.write("other.toml", LOWER.replace("low", "info"));
    assert_eq!(severity(&["--config", "other.toml"]), "info");
    sandbox.audit(&["--config", "nowhere.toml"]).exits(2).says("cannot read `nowhere.toml`");
    // It is no part of the export.
    let json = sandbox.audit(&["--format", "json"]).json();
    assert!(json["inputs"].as_array().unwrap().iter().all(|input| input["path"] != "export/cutover.toml"));
}

#[test]
fn two_exports_with_settings_of_their_own_need_a_choice() {
    let sandbox = with(LOWER);
    for (name, bytes) in administrator() {
        sandbox.write(&format!("second/{name}"), bytes);
    }
    sandbox.write("second/cutover.toml", OFF);
    let both = ["audit", "export", "second", "--as-of", TODAY];
    sandbox.run(&both).exits(2).says("both `export/cutover.toml` and `second/cutover.toml` could count");
    sandbox.run(&[both.as_slice(), &["--config", "second/cutover.toml"]].concat()).exits(1);
}

#[test]
fn folders_of_policies_are_relative_to_the_file() {
    let sandbox = with("policies = [\"house\"]\n");
    let policy = "@id(\"ACME-01\") @title(\"T\") @severity(\"high\") @party(\"customer\") @remedy(\"R\") @reference(\"X\")\n\
                  forbid (principal is Cutover::ManagedAccount, action == Cutover::Action::\"exists\", resource);\n";
    sandbox.write("export/house/acme.cedar", policy);
    assert!(sandbox.audit(&["--format", "json"]).violated().contains(&"ACME-01".to_owned()));
}

#[test]
fn a_plan_keeps_to_the_settings_and_shows_them() {
    let sandbox = Sandbox::with(&[]);
    support::copy(&support::fixture("harborline"), &sandbox.path("export"));
    sandbox
        .write("export/cutover.toml", "[[control]]\nid = \"MIG-*\"\noff = true\nreason = \"another tool does this\"\n");
    let run = |format: &str| sandbox.run(&["plan", "export", "--as-of", TODAY, "--format", format]);
    let json = run("json").json();
    assert!(
        json["coverage"].as_array().unwrap().iter().all(|one| !one["control"].as_str().unwrap().starts_with("MIG-"))
    );
    assert!(json["overrides"].as_array().unwrap().len() > 5);
    let text = sandbox.run(&["plan", "export", "--as-of", TODAY, "--details"]).out;
    assert!(text.contains("MIG-01 switched off: another tool does this"));
    assert!(run("markdown").out.contains("switched off: another tool does this"));
}

#[test]
fn a_longest_term_of_no_days_is_refused() {
    with("[waivers]\nmax_days = 0\n").audit(&[]).exits(2).says("`max_days` is 0").says("line 2, column 1");
    with("[waivers]\nmax_days = 1\n").audit(&[]).exits(1);
}

#[test]
fn a_pack_beside_the_settings_is_no_part_of_the_export() {
    let sandbox = Sandbox::minimal();
    let control = std::fs::read_to_string(support::fixture("../policies/controls/DIR-01.cedar")).unwrap();
    let cases = std::fs::read_to_string(support::fixture("../policies/controls/DIR-01.test.toml")).unwrap();
    sandbox
        .write("export/cutover.toml", "policies = [\"acme-policies\"]\n")
        .write("export/acme-policies/ACME-01.cedar", control.replace("DIR-01", "ACME-01"))
        .write("export/acme-policies/ACME-01.test.toml", cases.replace("DIR-01", "ACME-01"));
    let json = sandbox.audit(&["--format", "json"]).exits(0).says_nothing().json();
    assert!(of(&json["controls"], "ACME-01").is_object());
    assert!(json["inputs"].as_array().unwrap().iter().all(|one| !one["path"].as_str().unwrap().contains("ACME")));
}

#[test]
fn a_catalogue_is_not_written_over_a_file() {
    let sandbox = Sandbox::with(&[("page.md", b"mine")]);
    sandbox.run(&["policy", "docs", "-o", "export/page.md"]).exits(2).says("it is a file, not a folder");
    assert_eq!(sandbox.read("export/page.md"), "mine");
}

#[test]
fn a_day_is_written_as_year_month_and_day() {
    let sandbox = Sandbox::with(&administrator());
    for verb in ["audit", "plan"] {
        for day in
            ["15.10.2024", "2024-02-30", "1969-12-31", "10000-01-01", "+10000-01-01", "-2024-01-01", "0000-01-01"]
        {
            sandbox.run(&[verb, "export", &format!("--as-of={day}")]).exits(2).says("write YYYY-MM-DD");
        }
    }
    for day in ["1970-01-01", "9999-12-31"] {
        sandbox.run(&["audit", "export", "--as-of", day]).exits(1);
    }
}

/// The author of an export must not be able to switch off what evaluates it.
#[test]
fn the_settings_of_an_export_can_be_left_aside() {
    let sandbox = Sandbox::with(&support::administrator());
    let off = "[[control]]\nid = \"*\"\noff = true\nreason = \"quiet\"\n";
    sandbox.write("export/cutover.toml", off);
    sandbox.audit(&["--control", "DIR-01"]).exits(0);
    sandbox.audit(&["--control", "DIR-01", "--no-config"]).exits(1).says_nothing();
    sandbox.audit(&["--no-config", "--config", "export/cutover.toml"]).exits(2);
}
