//! `cutover plan --repair` as a process: the cheapest edits, what they keep, what they cannot clear, and wrong input.

use cutover_report::plan::PlanFormat;
use std::collections::BTreeSet;
use std::fs;

use crate::support::{Run, Sandbox, TODAY, copy, fixture, formats};
use serde_json::{Value, json};

fn harborline(arguments: &[&str]) -> Run {
    let export = fixture("harborline").display().to_string();
    Sandbox::with(&[]).run(&[["plan", &export, "--as-of", TODAY].as_slice(), arguments].concat())
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run(&[["plan", "export", "--as-of", TODAY, "--format", "json"].as_slice(), arguments].concat())
}

fn repair(sandbox: &Sandbox, arguments: &[&str], code: i32) -> Value {
    run(sandbox, arguments).exits(code).json()["repair"].clone()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// What edits do, each with its template, identity, tool, project and new level, as far as it has them.
fn edits(repair: &Value) -> Vec<String> {
    let told = |edit: &Value| {
        let name = |member: &str| edit[member]["name"].as_str().map(str::to_owned);
        let what = edit["what"].as_str().map(str::to_owned);
        let parts = [what, name("template"), name("subject"), name("tool"), name("project")];
        let parts = parts.into_iter().chain([edit["to"].as_str().map(str::to_owned)]).flatten();
        parts.collect::<Vec<_>>().join(" | ")
    };
    list(&repair["edits"]).iter().map(told).collect()
}

/// Control, subject and resource of findings.
fn findings<'v>(findings: impl Iterator<Item = &'v Value>) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let key = |finding: &Value| {
        (text(&finding["control"]), text(&finding["subject"]["id"]), text(&finding["resource"]["id"]))
    };
    findings.map(key).collect()
}

fn cleared(repair: &Value) -> BTreeSet<(String, String, String)> {
    findings(list(&repair["cleared"]).iter().map(|cleared| &cleared["violation"]))
}

fn removed(repair: &Value) -> BTreeSet<(String, String, String)> {
    findings(list(&repair["simulation"]["removed"]).iter())
}

/// A company with these legacy accounts, by id and company template, and these company templates.
fn company(accounts: &[(u64, &str, u64)], templates: &[(u64, &str, Value)]) -> Sandbox {
    let user = |(id, name, template): &(u64, &str, u64)| {
        json!({
            "id": id, "name": name, "first_name": null, "last_name": name, "is_active": true,
            "email_address": format!("{name}@procore.com"),
            "permission_template": null,
            "company_permission_template": {"id": template, "name": "T", "type": "company_tools"},
        })
    };
    let template = |(id, name, levels): &(u64, &str, Value)| {
        let mut template = json!({"id": id, "name": name, "type": "company_tools", "permissions": {}});
        if !levels.is_null() {
            template["user_access_levels"] = levels.clone();
        }
        template
    };
    let users: Vec<Value> = accounts.iter().map(user).collect();
    let templates: Vec<Value> = templates.iter().map(template).collect();
    let page: String = accounts.iter().map(|(_, name, _)| format!("{name},Custom\n")).collect();
    Sandbox::with(&[
        ("users.json", json!(users).to_string().as_bytes()),
        ("permission_templates.json", json!(templates).to_string().as_bytes()),
        ("service_accounts.csv", format!("Name,App Type\n{page}").as_bytes()),
    ])
}

/// A control of the house: nobody but people may do more than read the company's documents.
const DOCUMENTS: &str = r#"
@id("ACME-01")
@title("Integrations only read documents")
@severity("high")
@party("customer")
@duty("C4")
@message("{principal.name} holds {context.level} on {resource.name}.")
@remedy("Lower it to Read Only.")
@reference("house rule")
forbid (
    principal,
    action == Cutover::Action::"holds",
    resource == Cutover::Tool::"company/documents"
)
when { principal is Cutover::ManagedAccount || principal is Cutover::LegacyAccount }
when { context.level in Cutover::Level::"standard" };
"#;

#[test]
fn the_simulation_removes_exactly_what_is_cleared_and_so_does_the_edit_itself() {
    let repair = harborline(&["--repair", "DIR-01", "--format", "json"]).exits(0).json()["repair"].clone();
    assert_eq!(
        edits(&repair),
        ["lower_template | Service Account - Full Access (Company) | Company Directory | standard"]
    );
    assert_eq!((&repair["exact"], &repair["cost"]), (&true.into(), &repair["lower_bound"]));
    assert_eq!(cleared(&repair), removed(&repair));
    assert_eq!(cleared(&repair).len(), 1);
    assert_eq!(repair["simulation"]["introduced"], json!([]));
    let step = &repair["edits"][0]["step"];
    assert_eq!((&step["party"], &step["duty"]), (&"customer".into(), &"C4".into()));

    // Done by hand in the files, it is what the audit finds.
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("harborline"), &sandbox.path("export"));
    let of_audit = |run: Run| findings(list(&run.json()["violations"]).iter());
    let before = of_audit(sandbox.audit(&["--format", "json"]));
    let mut changed = 0;
    let shows = fs::read_dir(sandbox.path("export/permission_templates")).unwrap().map(|entry| entry.unwrap().path());
    for path in shows.chain([sandbox.path("export/permission_templates.json")]) {
        let mut file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let records = if file.is_array() { file.as_array_mut().unwrap().iter_mut().collect() } else { vec![&mut file] };
        for record in records.into_iter().filter(|record| record["name"] == "Service Account - Full Access (Company)") {
            record["user_access_levels"]["directory"] = "Standard".into();
            changed += 1;
        }
        fs::write(&path, file.to_string()).unwrap();
    }
    assert!(changed > 0);
    let after = of_audit(sandbox.audit(&["--format", "json"]));
    assert_eq!(before.difference(&after).cloned().collect::<BTreeSet<_>>(), cleared(&repair));
    assert_eq!(after.difference(&before).count(), 0);
}

#[test]
fn what_no_edit_of_access_clears_is_said_with_the_reason() {
    let repair = harborline(&["--repair", "TPL-*", "--format", "json"]).exits(1).json()["repair"].clone();
    assert_eq!(cleared(&repair), removed(&repair));
    let reasons = |control: &str| -> String {
        let stays = list(&repair["not_cleared"]).iter().find(|stays| stays["violation"]["control"] == control);
        stays.unwrap_or_else(|| panic!("{control} is not among them"))["reasons"].to_string()
    };
    assert!(reasons("TPL-07").contains("no removal or downgrade of access clears it"));
    assert!(reasons("TPL-02").contains("takes what must be kept"), "{}", reasons("TPL-02"));
    assert!(reasons("TPL-02").contains("its manifest asks for Project Daily Log"));
    // Granular permissions are taken and the level stays, for the manifest asks for as much.
    let granular = list(&repair["edits"]).iter().find(|edit| edit["from"] == edit["to"]).unwrap();
    assert_eq!(granular["tool"]["id"], "project/daily_log");
    for keep in list(&repair["keeps"]) {
        assert!(keep["ruled_out"].as_u64().unwrap() > 0, "{keep}");
    }
}

#[test]
fn approved_projects_stay_and_the_others_go() {
    let repair = harborline(&["--repair", "PRJ-01", "--repair", "PRJ-05", "--format", "json"]).exits(0).json();
    let repair = &repair["repair"];
    assert_eq!(list(&repair["asked"]).len(), 2);
    let gone: BTreeSet<String> =
        list(&repair["edits"]).iter().map(|edit| edit["project"]["id"].as_str().unwrap().to_owned()).collect();
    let wanted = ["2350077", "2402371", "562949953511207", "562949953511862"].map(str::to_owned);
    assert_eq!(gone, BTreeSet::from(wanted));
    // One edit clears what two controls say of a project.
    assert_eq!(list(&repair["cleared"]).len(), 6);
}

#[test]
fn one_edit_of_a_shared_template_clears_what_many_violate() {
    let accounts = [(1, "alpha-feed", 70), (2, "beta-feed", 70), (3, "gamma-feed", 70)];
    let sandbox = company(&accounts, &[(70, "Integrations", json!({"directory": "Admin"}))]);
    let repair = repair(&sandbox, &["--repair", "DIR-01"], 0);
    assert_eq!(edits(&repair), ["lower_template | Integrations | Company Directory | standard"]);
    assert_eq!(cleared(&repair).len(), 3);
    assert_eq!(repair["edits"][0]["identities"], 3);
    // One of them alone is cheaper to give a template of its own.
    let one = self::repair(&sandbox, &["--repair", "beta-feed"], 1);
    let own: Vec<String> = edits(&one).into_iter().filter(|edit| edit.contains("Directory")).collect();
    assert_eq!(own, ["own_template | Integrations | beta-feed | Company Directory | standard"]);
}

#[test]
fn what_is_in_use_is_kept_and_others_are_moved_off_the_shared_template() {
    let accounts = [(1, "alpha-feed", 70), (2, "beta-feed", 70)];
    let sandbox = company(&accounts, &[(70, "Integrations", json!({"documents": "Standard", "directory": "None"}))]);
    sandbox.write("ours/ACME-01.cedar", DOCUMENTS);
    let asked = ["--repair", "ACME-01", "--policies", "ours"];
    // Nobody knows what is used: the template is lowered for both.
    assert_eq!(edits(&repair(&sandbox, &asked, 0)), ["lower_template | Integrations | Company Documents | read_only"]);
    sandbox.write(
        "export/api_activity/alpha-feed.csv",
        "Date,Response Code,HTTP Method,Normalized Route,Count\n2024-10-01,201,POST,/v1.0/companies/:company_id/folders,12\n",
    );
    let kept = repair(&sandbox, &asked, 1);
    assert_eq!(edits(&kept), ["own_template | Integrations | beta-feed | Company Documents | read_only"]);
    let stays = &kept["not_cleared"][0];
    assert_eq!(stays["violation"]["subject"]["name"], "alpha-feed");
    let reason = "alpha-feed uses Company Documents at Standard or more, its API activity report shows";
    assert!(stays["reasons"].to_string().contains(reason), "{stays}");
    assert_eq!(kept["keeps"][0]["location"]["path"], "export/api_activity/alpha-feed.csv");
    assert!(kept["keeps"].to_string().contains(reason));
}

#[test]
fn an_edit_that_would_break_something_else_is_refused_with_what_it_breaks() {
    let sandbox = company(
        &[(1, "alpha-feed", 70)],
        &[(70, "Integrations", json!({"documents": "Standard", "directory": "None"}))],
    );
    sandbox.write("ours/ACME-01.cedar", DOCUMENTS);
    let must = DOCUMENTS
        .replace("ACME-01", "ACME-02")
        .replace("context.level in Cutover::Level::\"standard\"", "!(context.level in Cutover::Level::\"standard\")");
    sandbox.write("ours/ACME-02.cedar", must);
    let repair = repair(&sandbox, &["--repair", "ACME-01", "--policies", "ours"], 1);
    assert_eq!(edits(&repair), [""; 0]);
    assert!(repair["not_cleared"][0]["reasons"].to_string().contains("what would clear it brings ACME-02"), "{repair}");
}

#[test]
fn several_edits_are_found_where_only_together_they_clear_anything() {
    let levels = json!({"documents": "Admin", "home": "Admin", "directory": "Read Only"});
    let sandbox = company(&[(1, "alpha-feed", 70)], &[(70, "Integrations", levels)]);
    let control = DOCUMENTS
        .replace("action == Cutover::Action::\"holds\"", "action == Cutover::Action::\"exists\"")
        .replace("resource == Cutover::Tool::\"company/documents\"", "resource")
        .replace(
            "principal is Cutover::ManagedAccount || principal is Cutover::LegacyAccount",
            "principal is Cutover::LegacyAccount",
        )
        .replace("context.level in", "principal.highest_level in")
        .replace("Level::\"standard\"", "Level::\"admin\"")
        .replace("holds {context.level} on {resource.name}", "administers a tool");
    sandbox.write("ours/ACME-01.cedar", control);
    sandbox.write("export/project_assignments/1.json", "[]");
    let repair = repair(&sandbox, &["--repair", "ACME-01", "--policies", "ours"], 0);
    assert_eq!(
        edits(&repair),
        [
            "lower_template | Integrations | Company Documents | standard",
            "lower_template | Integrations | Company Home | standard"
        ]
    );
    assert_eq!(repair["exact"], true);
    assert_eq!(list(&repair["cleared"][0]["edits"]).len(), 2);
}

#[test]
fn levels_that_are_not_known_are_neither_violated_nor_cleared() {
    let accounts = [(1, "alpha-feed", 70), (2, "beta-feed", 71)];
    let templates = [(70, "Integrations", json!({"directory": "Admin"})), (71, "Untold", Value::Null)];
    let repair = repair(&company(&accounts, &templates), &["--repair", "DIR-01"], 0);
    assert_eq!(cleared(&repair).len(), 1);
    assert_eq!(repair["not_assessed"][0]["control"], "DIR-01");
    assert_eq!(repair["not_assessed"][0]["unknown"], 1);
}

#[test]
fn a_tool_is_never_lowered_to_a_level_it_does_not_have() {
    let control = DOCUMENTS.replace("company/documents", "company/admin");
    let sandbox =
        company(&[(1, "alpha-feed", 70)], &[(70, "Integrations", json!({"admin": "Admin", "directory": "None"}))]);
    sandbox.write("ours/ACME-01.cedar", control);
    let repair = repair(&sandbox, &["--repair", "ACME-01", "--policies", "ours"], 0);
    assert_eq!(edits(&repair), ["lower_template | Integrations | Company Admin | none"]);
}

/// An app's user on many projects with three templates, of which one is to be left.
fn patchwork(projects: u64) -> Sandbox {
    let template = |id: u64| {
        json!({"id": id, "name": format!("T{id}"), "project_specific": false, "type": "global",
        "user_access_levels": {"photos": "Read Only"}, "permissions": {}})
    };
    let templates: Vec<Value> = (90..93).map(template).collect();
    let user = json!([{"id": 1, "name": "photo-sync-469b1f7f", "first_name": null, "last_name": "photo-sync-469b1f7f",
        "is_active": true, "email_address": "photo-sync-469b1f7f@procore.com", "permission_template": null}]);
    let assigned = |id: u64| {
        json!({"project_id": 100 + id, "name": format!("P{id}"), "is_assigned": true,
        "permission_template_name": format!("T{}", 90 + id % 3)})
    };
    let assigned: Vec<Value> = (0..projects).map(assigned).collect();
    Sandbox::with(&[
        ("users.json", user.to_string().as_bytes()),
        ("permission_templates.json", json!(templates).to_string().as_bytes()),
        ("project_assignments/1.json", json!(assigned).to_string().as_bytes()),
    ])
}

#[test]
fn beyond_the_bound_a_repair_is_labelled_approximate_and_says_how_far_it_may_be_off() {
    let small = repair(&patchwork(9), &["--repair", "TPL-06"], 0);
    assert_eq!((&small["exact"], list(&small["edits"]).len()), (&true.into(), 6));
    assert_eq!(small["cost"], small["lower_bound"]);

    let sandbox = patchwork(66);
    let base = ["plan", "export", "--as-of", TODAY, "--repair", "TPL-06"];
    let text = sandbox.run(&[base.as_slice(), &["-o", "json=repair.json"]].concat()).exits(0).out;
    let large = serde_json::from_str::<Value>(&sandbox.read("repair.json")).unwrap()["repair"].clone();
    assert_eq!(large["exact"], false);
    assert_eq!(large["bound"]["candidates"], 64);
    let (cost, bound) = (large["cost"].as_u64().unwrap(), large["lower_bound"].as_u64().unwrap());
    assert!(0 < bound && bound < cost, "{bound} {cost}");
    assert!(cleared(&large).len() == 1 && removed(&large) == cleared(&large), "{large}");
    assert!(text.contains(&format!("approximate: a cheaper one may exist, but none below {bound} points")), "{text}");
}

#[test]
fn a_selector_that_means_nothing_or_too_much_is_refused_with_what_it_could_mean() {
    harborline(&["--repair", "nobody"])
        .exits(2)
        .says("`nobody` names no control and no account")
        .says("rfi-pulls-3fa91c5e");
    harborline(&["--repair", "dir-*"]).exits(2).says("did you mean `DIR-*`?");
    harborline(&["--repair", "MIG-01"]).exits(2).says("controls over plans");
    harborline(&["--repair", ""]).exits(2).says("names no control and no account");
    let sandbox = company(
        &[(1, "alpha-feed", 70), (2, "alpha-sync", 70)],
        &[(70, "Integrations", json!({"directory": "Admin"}))],
    );
    let refused = run(&sandbox, &["--repair", "alpha"]).exits(2).says("`alpha` names 2 accounts");
    refused.says("`alpha-feed` (1), `alpha-sync` (2)");
    for selector in ["alpha-f", "ALPHA-FEED", "1", "alpha-feed@procore.com"] {
        let repair = repair(&sandbox, &["--repair", selector], 1);
        assert_eq!(repair["asked"][0]["account"]["name"], "alpha-feed", "{selector}");
    }
}

#[test]
fn nothing_to_repair_is_a_clean_repair_even_without_traditional_accounts() {
    let minimal = fixture("minimal").display().to_string();
    let run = Sandbox::with(&[]).run(&["plan", &minimal, "--as-of", TODAY, "--repair", "DIR-*"]).exits(0);
    assert!(run.out.contains("nothing to remediate: none of the selected controls is violated"), "{}", run.out);
}

#[test]
fn a_repair_goes_with_no_map_and_a_saved_one_is_not_checked() {
    let sandbox = Sandbox::with(&[]);
    harborline(&["--repair", "DIR-01", "--map", "map.toml"]).exits(2).says("cannot be used with");
    let export = fixture("harborline").display().to_string();
    let saved = sandbox.path("repair.json").display().to_string();
    let base = ["plan", &export, "--as-of", TODAY];
    sandbox.run(&[base.as_slice(), &["--repair", "DIR-01", "-o", &format!("json={saved}")]].concat()).exits(0);
    sandbox.run(&[base.as_slice(), &["--check", &saved]].concat()).exits(2).says("is a remediation");
}

#[test]
fn edits_keep_to_freezes_and_to_the_capacity_that_is_asked_for() {
    let days = |arguments: &[&str]| -> Vec<String> {
        let repair = harborline(&[["--repair", "PRJ-01", "--format", "json"].as_slice(), arguments].concat()).json();
        let edits = repair["repair"]["edits"].as_array().unwrap().clone();
        edits.iter().map(|edit| edit["step"]["earliest"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(days(&[]), ["2024-10-15"; 4]);
    assert_eq!(days(&["--freeze", "2024-10-15..2024-10-18"]), ["2024-10-21"; 4]);
    assert_eq!(days(&["--capacity", "2"]), ["2024-10-15", "2024-10-15", "2024-10-21", "2024-10-21"]);
}

#[test]
fn a_proposed_change_comes_first() {
    let change = "[[grant]]\nsubject = \"rfi-pulls-3fa91c5e\"\ntool = \"company/directory\"\nlevel = \"admin\"\n";
    let sandbox = Sandbox::with(&[("change.toml", change.as_bytes())]);
    let change = sandbox.path("export/change.toml").display().to_string();
    let repair =
        harborline(&["--repair", "rfi-pulls", "--what-if", &change, "--format", "json"]).json()["repair"].clone();
    assert!(cleared(&repair).iter().any(|(control, ..)| control == "DIR-01"), "{repair:#}");
    assert!(edits(&repair).iter().any(|edit| edit.starts_with("lower_level | rfi-pulls-3fa91c5e | Company Directory")));
}

#[test]
fn every_format_is_drawn_the_same_twice_and_from_a_saved_repair() {
    let sandbox = Sandbox::with(&[]);
    let export = fixture("harborline").display().to_string();
    let base = ["plan", &export, "--as-of", TODAY, "--repair", "TPL-*", "--repair", "vault"];
    let saved = sandbox.path("repair.json").display().to_string();
    sandbox.run(&[base.as_slice(), &["-o", &format!("json={saved}")]].concat()).exits(1);
    for format in formats::<PlanFormat>() {
        let once = sandbox.run(&[base.as_slice(), &["--format", format]].concat()).exits(1).stays_plain_but_for(format);
        let drawn = sandbox.run(&["report", &saved, "--format", format]).exits(0);
        assert_eq!(once.out, drawn.out, "{format}");
    }
}

trait Plain {
    fn stays_plain_but_for(self, format: &str) -> Self;
}

impl Plain for Run {
    /// A calendar ends its lines with a carriage return.
    fn stays_plain_but_for(self, format: &str) -> Self {
        if format == "ics" { self } else { self.stays_plain() }
    }
}

#[test]
fn a_repair_fits_the_published_schema_of_plans() {
    let sandbox = Sandbox::with(&[]);
    let schema: Value = serde_json::from_str(&sandbox.run(&["schema", "plan"]).exits(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for selector in ["*", "DIR-06", "vault"] {
        let plan = harborline(&["--repair", selector, "--format", "json"]).json();
        let faults: Vec<String> = validator.iter_errors(&plan).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn text_and_markdown_tell_an_administrator_what_to_do() {
    // In a folder of the same name everywhere, so that lines break alike.
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("harborline"), &sandbox.path("export"));
    let base = ["plan", "export", "--as-of", TODAY, "--repair", "TPL-0[13]", "--repair", "DIR-0[145]"];
    for format in ["text", "markdown"] {
        let out = sandbox.run(&[base.as_slice(), &["--format", format]].concat()).exits(1).out;
        insta::assert_snapshot!(format, out);
    }
}

#[test]
fn hostile_names_stay_plain_in_every_format() {
    let name = "Inte\u{202e}grations\n=1+1|<b>\u{1b}[31m";
    let sandbox = company(&[(1, "alpha-feed", 70), (2, "beta-feed", 70)], &[(70, name, json!({"directory": "Admin"}))]);
    for selector in ["DIR-01", "beta-feed"] {
        for format in formats::<PlanFormat>().into_iter().filter(|format| *format != "ics") {
            let out = sandbox.run(&["plan", "export", "--as-of", TODAY, "--repair", selector, "--format", format]);
            assert!(matches!(out.code, Some(0 | 1)), "{}", out.err);
            out.stays_plain();
        }
    }
}
