//! Verdicts on effective access: what a lower bound decides, what company administration adds, and what a proof is of.

use crate::support::{Run, Sandbox, TODAY};
use serde_json::{Value, json};

const DMSA: &str = "photo-sync-1a2b3c4d";

/// A directory user as a list shows it.
fn user(id: u64, name: &str, active: bool, company_template: Value) -> Value {
    json!({"id": id, "name": name, "first_name": null, "last_name": name, "email_address": format!("{name}@procore.com"),
        "is_active": active, "company_permission_template": company_template})
}

fn company_template(id: u64) -> Value {
    json!({"id": id, "name": format!("Company {id}"), "project_specific": false, "type": "company_tools"})
}

fn project_template(id: u64) -> Value {
    json!({"id": id, "name": format!("Project {id}"), "project_specific": false, "type": "global"})
}

/// A template with levels and granular permissions.
fn giving(template: Value, levels: Value, granular: Value) -> Value {
    let mut template = template;
    template["user_access_levels"] = levels;
    template["permissions"] = granular;
    template
}

fn member(id: u64, name: &str, template: Value) -> Value {
    json!({"id": id, "name": name, "email_address": format!("{name}@procore.com"), "is_active": true,
        "permission_template": template})
}

fn installation(manifest: Value) -> Value {
    json!({"id": 1, "app_uid": "uid-a", "status": "installed", "installed_at": "2024-02-05T16:20:38Z",
        "semantic_version": "1.0.0", "developer_app": {"id": 5, "name": "Photo Sync"},
        "manifest": {"schema_version": "4.1", "permissions": manifest}})
}

/// Writes files of one folder.
fn write(sandbox: &Sandbox, folder: &str, files: &[(&str, Value)]) {
    for (name, body) in files {
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        sandbox.write(&format!("{folder}/{name}"), text);
    }
}

fn audit(sandbox: &Sandbox, control: &str) -> Run {
    sandbox.run(&["audit", "export", "--as-of", TODAY, "--no-config", "--control", control, "--format", "json"])
}

fn gate(sandbox: &Sandbox, more: &[&str]) -> Run {
    let gate = ["gate", "before", "after", "--as-of", TODAY, "--no-config", "--format", "json"];
    sandbox.run(&[gate.as_slice(), more].concat())
}

/// The resources of the violations of a control.
fn of(run: &Run, control: &str) -> Vec<String> {
    let json = run.json();
    let own = json["violations"].as_array().unwrap().iter().filter(|one| one["control"] == control);
    own.map(|one| one["resource"]["id"].as_str().unwrap().to_owned()).collect()
}

fn coverage(run: &Run, control: &str) -> (String, u64, u64) {
    let json = run.json();
    let own = json["coverage"].as_array().unwrap().iter().find(|one| one["control"] == control).unwrap();
    let number = |name: &str| own[name].as_u64().unwrap();
    (own["status"].as_str().unwrap_or_default().to_owned(), number("facts"), number("unknown"))
}

/// An app's user on project 31, and what its manifest asks for.
fn app_user(company: Value, templates: Value, manifest: Value) -> Vec<(&'static str, Value)> {
    vec![
        ("users.json", json!([user(7, DMSA, true, company)])),
        ("project_users/31.json", json!([member(7, DMSA, project_template(91))])),
        ("permission_templates.json", templates),
        ("app_installations/1.json", installation(manifest)),
        ("export.toml", json!("company_id = 4\n")),
    ]
}

#[test]
fn a_template_above_the_manifest_violates_although_company_administration_is_unknown() {
    let sandbox = Sandbox::with(&[]);
    let templates = json!([giving(project_template(91), json!({"photos": "Standard", "rfi": "Standard"}), json!({}))]);
    let manifest = json!({"company": {}, "project": {"photos": "readonly"}});
    write(&sandbox, "export", &app_user(Value::Null, templates, manifest));
    let run = audit(&sandbox, "TPL-01");
    assert_eq!(of(&run, "TPL-01"), ["project/photos", "project/rfi"]);
}

#[test]
fn a_template_above_the_manifest_violates_although_its_user_administers_the_company() {
    let sandbox = Sandbox::with(&[]);
    let levels = json!({"directory": "Admin", "timecard": "Standard", "admin": "Read Only", "documents": "Read Only"});
    let templates = json!([
        giving(company_template(81), levels, json!({"timecard": ["approve"]})),
        giving(project_template(91), json!({"photos": "Standard"}), json!({}))
    ]);
    let manifest = json!({"company": {"documents": "readonly"}, "project": {"photos": "readonly"}});
    write(&sandbox, "export", &app_user(company_template(81), templates, manifest));
    let run = audit(&sandbox, "TPL-0*");
    let above = ["company/admin", "company/directory", "company/timecard", "project/photos"];
    assert_eq!(of(&run, "TPL-01"), above);
    assert_eq!(of(&run, "TPL-02"), Vec::<String>::new());
    // The granular permissions of the template are as known as those of anybody else.
    assert_eq!((of(&run, "TPL-03"), coverage(&run, "TPL-03").2), (vec!["company/timecard".to_owned()], 0));
}

#[test]
fn the_way_to_a_level_is_that_of_the_project_and_the_level_in_the_message() {
    let sandbox = Sandbox::with(&[]);
    let templates = json!([
        giving(company_template(81), json!({"directory": "None"}), json!({})),
        giving(project_template(91), json!({"photos": "Admin"}), json!({})),
        giving(project_template(92), json!({"photos": "Read Only"}), json!({}))
    ]);
    let manifest = json!({"company": {}, "project": {"photos": "standard"}});
    write(&sandbox, "export", &app_user(company_template(81), templates, manifest));
    write(&sandbox, "export", &[("project_users/32.json", json!([member(7, DMSA, project_template(92))]))]);
    let json = audit(&sandbox, "TPL-0*").json();
    let violations = json["violations"].as_array().unwrap();
    let way = |control: &str| {
        let one = violations.iter().find(|one| one["control"] == control).unwrap();
        let steps = one["why"].as_array().unwrap();
        steps
            .iter()
            .map(|step| format!("{} {}", step["edge"].as_str().unwrap(), step["to"]["name"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(way("TPL-01"), ["is given Project 91", "grants Admin on Project Photos"]);
    assert_eq!(way("TPL-02"), ["is given Project 92", "grants Read Only on Project Photos"]);
}

#[test]
fn a_lower_level_in_a_gate_is_no_new_violation_of_the_template() {
    let sandbox = Sandbox::with(&[]);
    let templates = |directory: &str| {
        let levels = json!({"directory": directory, "timecard": "Standard"});
        json!([giving(company_template(81), levels, json!({})), giving(project_template(91), json!({}), json!({}))])
    };
    let manifest = || json!({"company": {"directory": "readonly"}, "project": {}});
    write(&sandbox, "before", &app_user(company_template(81), templates("Admin"), manifest()));
    write(&sandbox, "after", &app_user(company_template(81), templates("Read Only"), manifest()));
    assert_eq!(of(&gate(&sandbox, &["--control", "TPL-01"]).exits(0), "TPL-01"), Vec::<String>::new());
}

#[test]
fn two_apps_that_share_a_template_are_known_to_share_it_before_every_list_is_exported() {
    let sandbox = Sandbox::with(&[]);
    let shared = |id: u64, name: &str| {
        let mut user = user(id, name, true, Value::Null);
        user["permission_template"] = project_template(91);
        user
    };
    write(&sandbox, "export", &[("users.json", json!([shared(7, DMSA), shared(8, "erp-1a2b3c4e")]))]);
    assert_eq!(of(&audit(&sandbox, "TPL-05"), "TPL-05").len(), 2);
    // A second user with the same name may be of the same app.
    write(&sandbox, "export", &[("users.json", json!([shared(7, DMSA), shared(8, "photo-sync-1a2b3c4e")]))]);
    let run = audit(&sandbox, "TPL-05");
    assert_eq!((of(&run, "TPL-05").len(), coverage(&run, "TPL-05").2), (0, 2));
}

#[test]
fn one_known_project_is_enough_to_know_that_a_user_was_left_behind() {
    let sandbox = Sandbox::with(&[]);
    let mut gone = installation(json!({}));
    gone["status"] = json!("uninstalled");
    let files = [
        ("users_inactive.json", json!([user(7, DMSA, false, Value::Null)])),
        ("project_users/31.json", json!([member(7, DMSA, Value::Null)])),
        (
            "projects.json",
            json!([{"id": 31, "name": "Quay", "active": true}, {"id": 32, "name": "Pier", "active": true}]),
        ),
        ("app_installations/1.json", gone),
    ];
    write(&sandbox, "export", &files);
    let member = json!([{"id": 7, "name": DMSA, "permission_template": null}]);
    write(&sandbox, "export", &[("project_users/31.json", member)]);
    assert_eq!(of(&audit(&sandbox, "INS-05"), "INS-05").len(), 1);
}

#[test]
fn null_in_place_of_a_yes_or_no_says_nothing_about_an_assignment() {
    let sandbox = Sandbox::with(&[]);
    let approved = "[[approved_projects]]\nsubject = \"photo-sync-1a2b3c4d\"\nprojects = [31, 32]\n";
    let files = |assignments: Value| {
        [
            ("users.json", json!([user(7, DMSA, true, Value::Null)])),
            ("reviews.toml", json!(approved)),
            ("project_assignments/7.json", assignments),
        ]
    };
    let null = json!([{"project_id": 31, "name": "P", "is_assigned": null}, {"project_id": 32, "name": "Q", "is_assigned": false}]);
    write(&sandbox, "export", &files(null));
    let run = audit(&sandbox, "PRJ-0[12]");
    assert_eq!((of(&run, "PRJ-02"), coverage(&run, "PRJ-02").2), (vec!["32".to_owned()], 1));
    assert_eq!(coverage(&run, "PRJ-01").0, "not_assessed");
    let missing = json!([{"project_id": 31, "name": "P"}]);
    write(&sandbox, "export", &files(missing));
    let run = audit(&sandbox, "PRJ-0[12]");
    assert_eq!((of(&run, "PRJ-02"), coverage(&run, "PRJ-02").2), (vec!["32".to_owned()], 1), "32 is not on the list");
}

/// A legacy account that administers the company, its replacement, and thirty days of calls to a tool that no
/// template names.
fn moving(company: u64) -> Vec<(&'static str, Value)> {
    let old = "photo-sync-acme-builders";
    let days = (0..30).map(|day| {
        let date = if day < 16 { format!("2024-09-{}", day + 15) } else { format!("2024-10-{:02}", day - 15) };
        format!("{date},200,POST,/v1.0/projects/:project_id/rfis,5\n")
    });
    let report: String = days.collect();
    let ann = json!({"id": 9, "name": "Ann Lee", "first_name": "Ann", "last_name": "Lee", "email_address": "ann@x.test",
        "is_active": true, "permission_template": null, "company_permission_template": company_template(81)});
    vec![
        ("users.json", json!([user(7, old, true, company_template(company)), ann, user(8, DMSA, true, Value::Null)])),
        ("users_inactive.json", json!([])),
        ("projects.json", json!([{"id": 31, "name": "Quay", "active": true, "is_demo": false}])),
        ("project_users/31.json", json!([member(7, old, project_template(91)), member(8, DMSA, Value::Null)])),
        (
            "permission_templates.json",
            json!([
                giving(company_template(81), json!({"directory": "Admin"}), json!({})),
                giving(company_template(82), json!({"directory": "None"}), json!({})),
                giving(project_template(91), json!({"photos": "Standard"}), json!({}))
            ]),
        ),
        ("app_installations/1.json", installation(json!({"company": {}, "project": {"photos": "standard"}}))),
        (
            "service_accounts.csv",
            json!(
                "Name,App Name,App Type,Marketplace App,Client ID,Last Used\nPhoto Sync,Photo Sync,Marketplace,Photo Sync,abcd1234,2024-10-13\n"
            ),
        ),
        (
            "api_activity/photo-sync.csv",
            json!(format!("Date,Response Code,HTTP Method,Normalized Route,Count\n{report}")),
        ),
        ("export.toml", json!("company_id = 4\ncompany_name = \"Acme Builders\"\ncollected_at = 2024-10-14\n")),
    ]
}

#[test]
fn a_plan_loses_what_an_administrator_holds_on_a_tool_that_its_template_does_not_name() {
    let sandbox = Sandbox::with(&[]);
    write(&sandbox, "export", &moving(81));
    let json = sandbox.run(&["plan", "export", "--as-of", TODAY, "--no-config", "--format", "json"]).json();
    let account = &json["accounts"][0];
    let lost = account["access"]["lost"].as_array().unwrap();
    let rfi = lost.iter().find(|row| row["tool"]["id"] == "project/rfi").unwrap();
    assert_eq!((&rfi["before"], &rfi["after"], &rfi["used"]), (&json!("admin"), &json!("none"), &json!(true)));
    assert_eq!(account["status"], "blocked");
    assert!(account["blockers"].as_array().unwrap().iter().any(|one| one["control"] == "MIG-08"));
}

#[test]
fn a_gate_sees_what_an_administrator_loses_on_a_tool_that_its_template_does_not_name() {
    let sandbox = Sandbox::with(&[]);
    write(&sandbox, "before", &moving(81));
    write(&sandbox, "after", &moving(82));
    let run = gate(&sandbox, &[]).exits(1);
    assert_eq!(of(&run, "CHG-05"), ["project/rfi"]);
}

#[test]
fn a_level_that_is_unknown_before_a_migration_is_an_open_question_and_not_no_fact() {
    let sandbox = Sandbox::with(&[]);
    let old = "old-photo-sync-kestrel-builders";
    let files = [
        ("users.json", json!([user(8, old, true, Value::Null)])),
        ("service_accounts.csv", json!("Name,App Type,Marketplace App\nOld Photo Sync,Marketplace,Photo Sync\n")),
        (
            "manifests/photo-sync@2.0.0.json",
            json!({"schema_version": "4.1", "permissions": {"company": {"documents": "standard"}, "project": {}}}),
        ),
    ];
    write(&sandbox, "export", &files);
    let json = sandbox.run(&["plan", "export", "--as-of", TODAY, "--no-config", "--format", "json"]).json();
    let asked = json["coverage"].as_array().unwrap().iter().find(|one| one["control"] == "SVA-11").unwrap();
    assert_eq!((&asked["facts"], &asked["unknown"]), (&json!(1), &json!(1)));
    let questions = json["accounts"][0]["open_questions"].as_array().unwrap();
    let own = questions.iter().find(|one| one["control"] == "SVA-11").unwrap();
    assert_eq!(own["resource"]["id"], "company/documents");
}

/// One side of a change: an app's user with a company template and one on project 31.
#[derive(Clone)]
struct Side {
    active: Value,
    level: &'static str,
    granular: Value,
    enabled: Value,
}

impl Side {
    fn new() -> Self {
        Self { active: json!(true), level: "Standard", granular: json!({}), enabled: json!(true) }
    }

    fn write(&self, sandbox: &Sandbox, folder: &str) {
        let mut user = user(7, DMSA, true, company_template(81));
        user["is_active"] = self.active.clone();
        let mut member = member(7, DMSA, project_template(91));
        member.as_object_mut().unwrap().remove("is_active");
        let files = [
            ("users.json", json!([user])),
            ("users_inactive.json", json!([])),
            ("projects.json", json!([{"id": 31, "name": "Quay", "active": true}])),
            ("project_users/31.json", json!([member])),
            ("project_tools/31.json", json!([{"engine_name": "photos", "is_active": self.enabled}])),
            (
                "permission_templates.json",
                json!([
                    giving(company_template(81), json!({"directory": "Read Only"}), json!({})),
                    giving(project_template(91), json!({"photos": self.level}), self.granular.clone())
                ]),
            ),
        ];
        write(sandbox, folder, &files);
    }
}

/// The exit code of a gate that is to prove that nothing is new, the basis of its answer, and its grants.
fn proved(before: &Side, after: &Side) -> (Option<i32>, String, Vec<String>) {
    let sandbox = Sandbox::with(&[]);
    before.write(&sandbox, "before");
    after.write(&sandbox, "after");
    let run = gate(&sandbox, &["--prove", "--solver", "/no/such/solver", "--control", "CHG-*", "--fail-on", "never"]);
    let json = run.json();
    let grants = json["changes"].as_array().unwrap().iter().filter(|one| one["kind"] == "grant");
    let grants = grants.map(|one| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        format!("{} {} {}", text("direction"), one["resource"]["id"].as_str().unwrap(), text("after"))
    });
    (run.code, json["proof"]["basis"].as_str().unwrap().to_owned(), grants.collect())
}

#[test]
fn what_is_not_changed_is_not_new() {
    assert_eq!(proved(&Side::new(), &Side::new()), (Some(0), "compared".to_owned(), Vec::new()));
}

#[test]
fn reactivation_is_new_access_and_raising_an_inactive_identity_is_none() {
    let inactive = Side { active: json!(false), ..Side::new() };
    let gained = ["gained company/directory Read Only", "gained project/photos Standard"].map(str::to_owned);
    let (code, basis, grants) = proved(&inactive, &Side::new());
    assert_eq!((code, basis.as_str(), grants), (Some(1), "compared", gained.to_vec()));
    let raised = Side { level: "Admin", ..inactive.clone() };
    assert_eq!(proved(&inactive, &raised), (Some(0), "compared".to_owned(), Vec::new()));
    let (code, _, grants) = proved(&Side::new(), &inactive);
    assert_eq!((code, grants.len()), (Some(0), 2), "it loses both");
}

#[test]
fn whether_an_identity_of_unknown_activity_was_reactivated_is_not_decided() {
    let (inactive, unknown) =
        (Side { active: json!(false), ..Side::new() }, Side { active: Value::Null, ..Side::new() });
    assert_eq!(proved(&inactive, &unknown), (Some(1), "not_decided".to_owned(), Vec::new()));
    assert_eq!(proved(&unknown, &Side::new()), (Some(1), "not_decided".to_owned(), Vec::new()));
    assert_eq!(proved(&unknown, &unknown).0, Some(0));
    // To say nothing any more does not hide a rise.
    let raised = Side { level: "Admin", ..unknown };
    assert_eq!(proved(&Side::new(), &raised).2, ["raised project/photos Admin"]);
}

#[test]
fn a_granular_permission_is_new_access_and_so_is_one_in_place_of_another() {
    let with = |names: &[&str]| Side { granular: json!({"photos": names}), ..Side::new() };
    assert_eq!(proved(&with(&[]), &with(&["delete_all"])).0, Some(1));
    assert_eq!(proved(&with(&["view"]), &with(&["delete_all"])).0, Some(1));
    assert_eq!(proved(&with(&["view", "delete_all"]), &with(&["view"])).0, Some(0));
    assert_eq!(proved(&Side { level: "Admin", ..with(&[]) }, &with(&["delete_all"])).0, Some(0), "Admin includes it");
}

#[test]
fn a_tool_that_is_switched_on_is_new_access() {
    let off = Side { enabled: json!(false), ..Side::new() };
    let (code, _, grants) = proved(&off, &Side::new());
    assert_eq!((code, grants), (Some(1), vec!["gained project/photos Standard".to_owned()]));
    let (code, _, grants) = proved(&Side::new(), &off);
    assert_eq!((code, grants), (Some(0), vec!["lost project/photos None".to_owned()]));
    let unknown = Side { enabled: Value::Null, ..Side::new() };
    assert_eq!(proved(&off, &unknown).1, "not_decided");
    assert_eq!(proved(&off, &Side { level: "Admin", ..off.clone() }).0, Some(0), "it is off all the same");
}

#[test]
fn what_was_unknown_before_a_change_and_is_known_after_it_is_not_proved() {
    let sandbox = Sandbox::with(&[]);
    Side::new().write(&sandbox, "before");
    Side::new().write(&sandbox, "after");
    write(&sandbox, "before", &[("permission_templates.json", json!([company_template(81), project_template(91)]))]);
    let json = gate(&sandbox, &["--prove", "--solver", "/no/such/solver"]).exits(1).json();
    assert_eq!(json["proof"]["basis"], "not_decided");
}

#[test]
fn an_inactive_identity_and_a_tool_that_is_off_are_within_no_reach() {
    let sandbox = Sandbox::with(&[]);
    let reach = |side: Side| {
        side.write(&sandbox, "export");
        let ask = |verb: &[&str]| sandbox.run(&[&["graph"], verb, &["--format", "json"]].concat()).json();
        let reach = ask(&["reach", "export", DMSA]);
        let tools =
            reach["totals"].as_array().unwrap().iter().find(|one| one["type"] == "Tool").unwrap()["count"].clone();
        let cuts = ask(&["choke", "export"])["answer"].as_str().unwrap().to_owned();
        (tools, cuts)
    };
    let (tools, cuts) = reach(Side::new());
    assert_eq!(tools, 2);
    assert!(cuts.contains("of 2 paths"), "{cuts}");
    let (tools, cuts) = reach(Side { enabled: json!(false), ..Side::new() });
    assert_eq!(tools, 1);
    assert!(cuts.contains("of 1 paths"), "{cuts}");
    let (tools, cuts) = reach(Side { active: json!(false), ..Side::new() });
    assert_eq!(tools, 0);
    assert!(cuts.contains("Nothing leads"), "{cuts}");
}
