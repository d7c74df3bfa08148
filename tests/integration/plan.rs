//! `cutover plan` as a process: its promises on the fixture, its files, and wrong input.

use crate::support;
use std::fs;

use crate::support::{Run, Sandbox, TODAY, fixture};
use serde_json::Value;

fn harborline() -> String {
    fixture("harborline").display().to_string()
}

fn run_at(sandbox: &Sandbox, day: &str, arguments: &[&str]) -> Run {
    sandbox.run(&[["plan", &harborline(), "--as-of", day].as_slice(), arguments].concat())
}

fn plan(arguments: &[&str]) -> Run {
    run_at(&Sandbox::with(&[]), TODAY, arguments)
}

fn accounts(plan: &Value) -> &Vec<Value> {
    plan["accounts"].as_array().unwrap()
}

fn statuses(plan: &Value) -> Vec<(String, String)> {
    let told = |account: &Value| {
        (account["account"]["name"].as_str().unwrap().to_owned(), account["status"].as_str().unwrap().to_owned())
    };
    accounts(plan).iter().map(told).collect()
}

fn status_of(plan: &Value, name: &str) -> String {
    statuses(plan).into_iter().find(|(account, _)| account == name).unwrap().1
}

#[test]
fn every_traditional_account_of_the_fixture_has_its_way() {
    let plan = plan(&["--format", "json"]).exits(0).json();
    let told = |name: &str, status: &str| (name.to_owned(), status.to_owned());
    assert_eq!(
        statuses(&plan),
        [
            told("Weather Logger", "blocked"),
            told("bid-room-feed-harborline-builders", "retire"),
            told("pagemark-plan-review-harborline-builders", "retire"),
            told("timecards-connector-harborline-builders", "ready"),
            told("vault-archive-harborline-builders", "blocked"),
        ]
    );
    assert_eq!(plan["feasible"], true);
    for step in accounts(&plan).iter().flat_map(|account| account["steps"].as_array().unwrap()) {
        for member in ["party", "check", "undo", "duty", "action"] {
            assert!(!step[member].as_str().unwrap().is_empty(), "{step}");
        }
    }
    let waves = plan["simulation"]["waves"].as_array().unwrap();
    assert!(waves.len() > 1);
    for wave in waves {
        assert_eq!(wave["introduced"].as_array().unwrap().len(), 0, "{wave}");
        assert_eq!(wave["lost_in_use"].as_array().unwrap().len(), 0, "{wave}");
    }
    // SVA-09 warns of accounts that have not moved: after the plan none is left.
    let removed = waves.iter().flat_map(|wave| wave["removed"].as_array().unwrap());
    assert_eq!(removed.filter(|finding| finding["control"] == "SVA-09").count(), 5);
}

#[test]
fn what_does_not_fit_any_more_says_so_and_by_how_much() {
    let sandbox = Sandbox::with(&[]);
    let run = run_at(&sandbox, "2025-03-10", &["--format", "json"]).exits(1);
    let plan = run.json();
    assert_eq!(plan["feasible"], false);
    let first = &plan["shortfalls"][0];
    assert!(first["days"].as_i64().unwrap() > 30 && first["reason"].as_str().unwrap().contains("2025-"), "{first}");
    let text = run_at(&sandbox, "2025-03-10", &[]).exits(1);
    assert!(text.out.contains("NOT FEASIBLE") && text.out.contains("is too late by"), "{}", text.out);
}

#[test]
fn after_the_sunset_the_plan_is_a_recovery() {
    let run = run_at(&Sandbox::with(&[]), "2025-03-20", &["--format", "json"]).exits(1);
    let plan = run.json();
    assert_eq!(plan["mode"], "recovery");
    for step in accounts(&plan).iter().flat_map(|account| account["steps"].as_array().unwrap()) {
        assert_eq!(step["overdue"], true);
        assert_ne!(step["kind"], "announce", "there is no time for that");
    }
    // What hurts most comes first.
    let radius = |wave: &Value| wave["blast_radius"]["users"].as_u64().unwrap();
    let waves = plan["waves"].as_array().unwrap();
    assert!(!waves.is_empty() && waves.iter().all(|wave| radius(wave) > 0));
}

#[test]
fn a_decision_of_the_map_file_counts_before_every_guess() {
    let sandbox = Sandbox::with(&[(
        "map.toml",
        b"[[account]]\nname = \"Vault Archive\"\napp = \"Field Photos\"\n\n[[account]]\nname = \"Weather Logger\"\nretire = true\nreason = \"a sensor nobody reads\"\napproved_by = \"Dana Whitfield\"\n",
    )]);
    let map = sandbox.path("export/map.toml").display().to_string();
    let plan = run_at(&sandbox, TODAY, &["--map", &map, "--format", "json"]).json();
    assert_eq!(status_of(&plan, "Weather Logger"), "retire");
    let vault =
        accounts(&plan).iter().find(|account| account["account"]["name"] == "vault-archive-harborline-builders");
    let replacement = &vault.unwrap()["replacement"];
    assert_eq!((&replacement["basis"], &replacement["confidence"]), (&"map".into(), &100.into()));
    assert_eq!(replacement["app"]["name"], "Field Photos");
}

#[test]
fn accounts_wait_for_those_the_map_file_puts_before_them() {
    let sandbox =
        Sandbox::with(&[("map.toml", b"[[account]]\nname = \"Timecards Connector\"\nafter = [\"Vault Archive\"]\n")]);
    let map = sandbox.path("export/map.toml").display().to_string();
    let plan = run_at(&sandbox, TODAY, &["--map", &map, "--format", "json"]).json();
    let step = |name: &str| {
        let account =
            accounts(&plan).iter().find(|account| account["account"]["name"].as_str().unwrap().starts_with(name));
        let steps = account.unwrap()["steps"].as_array().unwrap();
        steps.iter().find(|step| step["kind"] == "move").unwrap().clone()
    };
    let (first, second) = (step("vault"), step("timecards"));
    assert!(second["after"].as_array().unwrap().contains(&first["id"]));
    assert!(second["earliest"].as_str() > first["ends"].as_str());
}

#[test]
fn a_map_file_that_is_wrong_says_where() {
    let wrong = [
        (
            "[[account]]\nname = \"Nobody\"\napp = \"Field Photos\"\n",
            "line 2, column 8: `Nobody` names no legacy account",
        ),
        ("[[account]]\nname = \"Vault Archive\"\napp = \"Nothing\"\n", "line 3, column 7: `Nothing` names no app"),
        ("[[account]]\nname = \"Vault Archive\"\n", "needs either `app`"),
        ("[[account]]\nname = \"Vault Archive\"\nretire = true\n", "`retire` needs `reason` and `approved_by`"),
        ("[[account]]\nname = \"Vault Archive\"\napps = \"x\"\n", "unknown field `apps`"),
        (
            "[[account]]\nname = \"Vault Archive\"\nafter = [\"Weather Logger\"]\n[[account]]\nname = \"Weather Logger\"\nafter = [\"Vault Archive\"]\n",
            "waits for itself",
        ),
    ];
    for (text, what) in wrong {
        let sandbox = Sandbox::with(&[("map.toml", text.as_bytes())]);
        let (map, out) =
            (sandbox.path("export/map.toml").display().to_string(), sandbox.path("plan.json").display().to_string());
        let run = run_at(&sandbox, TODAY, &["--map", &map, "-o", &format!("json={out}")]).exits(2);
        assert!(!fs::exists(&out).unwrap() && run.out.is_empty(), "nothing is half-written");
        run.says(what);
    }
}

#[test]
fn terms_that_cannot_be_kept_are_refused() {
    plan(&["--capacity", "0"]).exits(2).says("at least 1");
    plan(&["--freeze", "2024-11-10..2024-11-01"]).exits(2).says("before it begins");
    plan(&["--freeze", "soon"]).exits(2).says("FROM..TO");
    plan(&["--freeze", "2024-10-01..2024-12-31"]).exits(2).says("leave no working day");
    plan(&["--start", "2024-10-01"]).exits(2).says("before the day of the plan");
    plan(&["--timeline", "1999"]).exits(2).says("there is no timeline");
}

#[test]
fn a_freeze_and_a_capacity_move_the_waves() {
    let waves = |arguments: &[&str]| -> Vec<(String, usize)> {
        let plan = plan(&[arguments, &["--format", "json"]].concat()).json();
        let wave =
            |wave: &Value| (wave["from"].as_str().unwrap().to_owned(), wave["accounts"].as_array().unwrap().len());
        plan["waves"].as_array().unwrap().iter().map(wave).collect()
    };
    assert!(waves(&["--capacity", "1"]).iter().all(|(_, accounts)| *accounts == 1));
    let frozen = waves(&["--freeze", "2024-10-21..2024-11-08"]);
    assert!(frozen.iter().all(|(from, _)| from.as_str() > "2024-11-08"), "{frozen:?}");
}

#[test]
fn after_a_finished_migration_everything_is_done() {
    let sandbox = Sandbox::minimal();
    let plan = |arguments: &[&str]| sandbox.run(&[&["plan", "export", "--as-of", TODAY], arguments].concat());
    let json = plan(&["--format", "json"]).exits(0).json();
    assert_eq!((&json["accounts"], &json["feasible"]), (&serde_json::json!([]), &true.into()));
    for format in ["text", "markdown", "csv", "ics", "mermaid", "dot", "html"] {
        plan(&["--format", format]).exits(0);
    }
}

/// Directory users cannot be deleted: the record of a deactivated one stays when its account is gone.
#[test]
fn a_deactivated_user_whose_account_is_gone_is_done() {
    let user = r#"[{"id": 7, "name": "old-feed-acme-builders", "first_name": null, "last_name": "old-feed-acme-builders",
        "email_address": "old-feed-acme-builders@procore.com", "is_active": false}]"#;
    let plan = |page: &str| {
        let sandbox = Sandbox::with(&[
            ("users.json", b"[]"),
            ("users_inactive.json", user.as_bytes()),
            ("export.toml", b"company_id = 4\ncompany_name = \"Acme Builders\"\ncollected_at = 2024-10-14\n"),
            ("service_accounts.csv", page.as_bytes()),
        ]);
        let plan = sandbox.run(&["plan", "export", "--as-of", TODAY, "--format", "json"]).exits(0).json();
        let account = plan["accounts"][0].clone();
        (account["status"].as_str().unwrap().to_owned(), account["steps"].as_array().unwrap().len())
    };
    assert_eq!(plan("Name,App Name,App Type,Marketplace App,Last Used\n"), ("done".to_owned(), 0));
    assert_eq!(plan("Name,App Name,App Type,Marketplace App,Last Used\nOld Feed,Old Feed,Custom,,\n").0, "retire");
}

#[test]
fn an_export_that_does_not_show_whether_accounts_are_left_has_no_plan() {
    for file in ["service_accounts.csv", "users.json"] {
        let sandbox = Sandbox::minimal();
        sandbox.remove(&format!("export/{file}"));
        sandbox.run(&["plan", "export", "--as-of", TODAY]).exits(3).says("does not show that there is none");
    }
}

#[test]
fn a_plan_that_cannot_be_made_tells_which_file_could_not_be_read() {
    let sandbox = Sandbox::with(&[("export/users.json", b"[{\"id\": 1}, {\"id\""), ("export/projects.json", b"[]")]);
    let plan = sandbox.run(&["plan", "export", "--as-of", TODAY]);
    plan.exits(3).says("no legacy service account").says("users.json:1:");
}

#[test]
fn a_proposed_change_lists_whom_it_touches() {
    let sandbox = Sandbox::with(&[(
        "change.toml",
        b"[[grant]]\nsubject = \"rfi-pulls-3fa91c5e\"\ntool = \"company/directory\"\nlevel = \"admin\"\n",
    )]);
    let change = sandbox.path("export/change.toml").display().to_string();
    let plan = run_at(&sandbox, TODAY, &["--what-if", &change, "--format", "json"]).json();
    assert_eq!(plan["what_if"]["subjects"][0]["name"], "rfi-pulls-3fa91c5e");
    let introduced = plan["what_if"]["introduced"].as_array().unwrap();
    assert!(introduced.iter().any(|finding| finding["control"] == "DIR-01"), "{introduced:#?}");
    for (text, what) in [
        ("[[grant]]\nsubject = \"nobody\"\ntool = \"company/directory\"\nlevel = \"admin\"\n", "names no identity"),
        (
            "[[grant]]\nsubject = \"rfi-pulls-3fa91c5e\"\ntool = \"company/directory\"\nlevel = \"boss\"\n",
            "is no level",
        ),
        ("[[revoke]]\nsubject = \"rfi-pulls-3fa91c5e\"\ntool = \"project/rfi\"\n", "needs `project`"),
        ("", "proposes no change"),
    ] {
        sandbox.write("export/change.toml", text);
        run_at(&sandbox, TODAY, &["--what-if", &change]).exits(2).says(what);
    }
}

#[test]
fn a_saved_plan_is_checked_against_a_newer_export() {
    let sandbox = Sandbox::with(&[]);
    let (saved, copy) = (sandbox.path("plan.json").display().to_string(), sandbox.path("newer"));
    run_at(&sandbox, TODAY, &["-o", &format!("json={saved}")]).exits(0);
    let same = run_at(&sandbox, TODAY, &["--check", &saved, "--format", "json"]).exits(0).json();
    assert_eq!((&same["progress"]["valid"], &same["progress"]["same_inputs"]), (&true.into(), &true.into()));
    assert_eq!(same["progress"]["steps_done"], 0);

    // A month later one account is gone from the page and the directory, and another one was given more.
    support::copy(&fixture("harborline"), &copy);
    let change = |file: &str, change: &dyn Fn(String) -> String| {
        let path = copy.join(file);
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    };
    let without = |text: String| {
        text.lines().filter(|line| !line.starts_with("Bid Room Feed")).map(|line| format!("{line}\n")).collect()
    };
    change("service_accounts.csv", &without);
    change("users.json", &|text| {
        let mut users: Value = serde_json::from_str(&text).unwrap();
        users
            .as_array_mut()
            .unwrap()
            .retain(|user| !user["name"].as_str().unwrap_or_default().starts_with("bid-room-feed"));
        users.to_string()
    });
    change("template_assignments.csv", &|text| {
        text.lines().filter(|line| !line.contains("bid-room-feed")).map(|line| format!("{line}\n")).collect()
    });
    fs::remove_file(copy.join("users/562949953471821.json")).unwrap();
    let newer = copy.display().to_string();
    let run = sandbox.run(&["plan", &newer, "--as-of", "2024-11-15", "--check", &saved, "--format", "json"]);
    let progress = run.json()["progress"].clone();
    assert_eq!(progress["same_inputs"], false);
    let state = |name: &str| -> Vec<String> {
        let own = progress["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["account"]["name"].as_str().unwrap().starts_with(name));
        own.map(|step| step["state"].as_str().unwrap().to_owned()).collect()
    };
    assert!(state("bid-room-feed").iter().all(|state| state == "done"), "{progress:#}");
    assert!(state("vault-archive").iter().any(|state| state == "open"), "{progress:#}");
    assert_eq!(progress["accounts_done"], 1);
}

#[test]
fn a_saved_plan_of_another_company_or_version_is_refused() {
    let sandbox = Sandbox::with(&[]);
    let saved = sandbox.path("plan.json").display().to_string();
    run_at(&sandbox, TODAY, &["-o", &format!("json={saved}")]).exits(0);
    let text = sandbox.read("plan.json");
    let minimal = fixture("minimal").display().to_string();
    sandbox
        .run(&["plan", &minimal, "--as-of", TODAY, "--check", &saved])
        .exits(2)
        .says("is a plan for Harborline Builders");
    for (from, to, what) in [
        ("cutover.plan/v1", "cutover.plan/v9", "expected `cutover.plan/v1`"),
        ("cutover.plan/v1", "cutover.audit/v1", "expected `cutover.plan/v1`"),
        ("\"accounts\"", "\"account\"", "lacks parts"),
        ("{", "", "is not JSON"),
    ] {
        sandbox.write("plan.json", text.replacen(from, to, 1));
        run_at(&sandbox, TODAY, &["--check", &saved]).exits(2).says(what);
    }
}

#[test]
fn every_format_is_written_and_the_same_twice() {
    let formats = ["text", "json", "markdown", "csv", "ics", "mermaid", "dot"];
    for format in formats {
        let once = plan(&["--format", format]).exits(0);
        assert!(!once.out.is_empty());
        assert_eq!(once.out, plan(&["--format", format]).out, "{format}");
    }
}

#[test]
fn a_plan_fits_its_published_schema() {
    let sandbox = Sandbox::with(&[]);
    let schema: Value = serde_json::from_str(&sandbox.run(&["schema", "plan"]).exits(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for day in [TODAY, "2024-12-20", "2025-01-10"] {
        let plan = run_at(&sandbox, day, &["--format", "json"]).json();
        let faults: Vec<String> = validator.iter_errors(&plan).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

/// An account that writes RFIs, and an app that asks for drawings only.
fn too_little() -> Sandbox {
    Sandbox::with(&[
        ("service_accounts.csv", b"Name,App Type,Marketplace App\nOld Photo Sync,Marketplace,Photo Sync\n"),
        (
            "users.json",
            br#"[{"id": 8, "name": "old-photo-sync", "first_name": null, "last_name": "old-photo-sync", "is_active": true,
              "email_address": "old-photo-sync@procore.com",
              "company_permission_template": {"id": 83, "name": "Company", "type": "company_tools"}},
             {"id": 12, "name": "Ann Lee", "first_name": "Ann", "last_name": "Lee", "is_active": true,
              "email_address": "ann.lee@kestrel.test",
              "company_permission_template": {"id": 84, "name": "Administrators", "type": "company_tools"}}]"#,
        ),
        (
            "permission_templates.json",
            br#"[{"id": 83, "name": "Company", "type": "company_tools", "user_access_levels": {"directory": "None"}, "permissions": {}},
              {"id": 84, "name": "Administrators", "type": "company_tools", "user_access_levels": {"directory": "Admin"}},
              {"id": 93, "name": "Service Account", "project_specific": false, "type": "global",
               "user_access_levels": {"drawings": "Read Only", "rfi": "Standard"}, "permissions": {}}]"#,
        ),
        (
            "project_assignments/8.json",
            br#"[{"project_id": 31, "name": "Quay", "is_assigned": true, "permission_template_name": "Service Account"}]"#,
        ),
        (
            "app_installations.json",
            br#"[{"id": 1, "app_uid": "u1", "status": "installed", "installed_at": "2024-02-05T16:20:38Z", "semantic_version": "2.0.0",
              "developer_app": {"id": 5, "name": "Photo Sync", "marketplace_app": null}}]"#,
        ),
        (
            "manifests/photo-sync@2.0.0.json",
            br#"{"schema_version": "4.1", "permissions": {"project": {"drawings": "readonly"}}}"#,
        ),
        (
            "api_activity/old-photo-sync.csv",
            b"Date,Response Code,HTTP Method,Normalized Route,Count\n2024-10-01,201,POST,/v1.0/projects/:project_id/rfis,12\n",
        ),
    ])
}

#[test]
fn losing_what_is_used_blocks_and_without_the_policy_the_simulation_says_so() {
    let sandbox = too_little();
    let export = sandbox.path("export").display().to_string();
    let base = ["plan", &export, "--as-of", TODAY, "--format", "json"];
    let blocked = sandbox.run(&base).json();
    let account = &accounts(&blocked)[0];
    assert_eq!(account["status"], "blocked", "{account:#}");
    assert!(account["blockers"].as_array().unwrap().iter().any(|blocker| blocker["control"] == "MIG-08"));
    // An organisation that takes the control out still sees what is lost.
    let control = fs::read_to_string(fixture("").join("../policies/controls/MIG-08.cedar")).unwrap();
    sandbox.write("ours/MIG-08.cedar", control.replace("blocks: ship", "install"));
    let ours = sandbox.path("ours").display().to_string();
    let ready = sandbox.run(&[base.as_slice(), &["--policies", &ours]].concat()).json();
    assert_eq!(accounts(&ready)[0]["status"], "ready");
    let lost = ready["simulation"]["waves"][0]["lost_in_use"].to_string();
    assert!(lost.contains("Project RFIs, Standard in use and None left"), "{lost}");
}

/// A company with two legacy accounts that can move, which share a template; the second client id is the argument.
fn two_accounts(second_client: &str) -> Sandbox {
    let installation = |id: u32, name: &str, uid: &str| {
        serde_json::json!({ "id": id, "app_uid": uid, "status": "installed", "developer_app": { "uid": uid, "name": name },
            "semantic_version": "2.0.0", "manifest": { "schema_version": "4.1", "app_manifest": { "uid": uid },
            "permissions": { "company": {}, "project": { "rfi": "read_only" } } } })
    };
    let user = |id: u32, name: &str| {
        serde_json::json!({ "id": id, "name": format!("{name}-quay"), "first_name": null, "last_name": format!("{name}-quay"),
            "email_address": format!("{name}-quay@procore.com"), "is_active": true,
            "company_permission_template": { "id": 5, "name": "Full access" } })
    };
    let accounts = format!(
        "Name,App Name,App Type,Marketplace App,Description,Developer Name,Developer Email,Client ID\n\
         rfi-feed,RFI Feed,Marketplace,RFI Feed,d,V,v@example.com,client-1\n\
         log-feed,Log Feed,Marketplace,Log Feed,d,V,v@example.com,{second_client}\n"
    );
    let sandbox = Sandbox::with(&[]);
    let users = serde_json::json!([user(11, "rfi-feed"), user(12, "log-feed")]);
    let apps = serde_json::json!([installation(1, "RFI Feed", "uid-rfi"), installation(2, "Log Feed", "uid-log")]);
    let templates = serde_json::json!([{ "id": 5, "name": "Full access", "type": "company",
        "user_access_levels": { "directory": "Standard" } }]);
    sandbox.write("export/companies.json", r#"[{"id": 1, "name": "Quay", "is_active": true}]"#);
    sandbox.write("export/service_accounts.csv", accounts);
    sandbox.write("export/users.json", users.to_string());
    sandbox.write("export/app_installations.json", apps.to_string());
    sandbox.write("export/permission_templates.json", templates.to_string());
    sandbox
}

/// With whom the first of the two accounts moves, and why.
fn moves_with(sandbox: &Sandbox, arguments: &[&str]) -> (usize, Vec<String>) {
    let plan = sandbox.run(&[&["plan", "export", "--as-of", TODAY, "--format", "json"], arguments].concat()).json();
    let account = accounts(&plan).iter().find(|one| one["account"]["name"] == "rfi-feed-quay").unwrap();
    let because = account["moves_because"].as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned());
    (account["moves_with"].as_array().unwrap().len(), because.collect())
}

#[test]
fn a_shared_template_couples_nobody_and_a_shared_secret_does() {
    assert_eq!(moves_with(&two_accounts("client-2"), &[]), (0, Vec::new()));
    let (with, because) = moves_with(&two_accounts("client-1"), &[]);
    assert_eq!((with, because.as_slice()), (1, ["it shares its client id with log-feed-quay".to_owned()].as_slice()));
}

#[test]
fn the_map_file_adds_and_cuts_couplings_with_a_reason() {
    let coupling = |cut: &str| {
        format!(
            "[[coupling]]\naccounts = [\"rfi-feed-quay\", \"log-feed-quay\"]\n{cut}reason = \"one job calls both\"\n"
        )
    };
    let apart = two_accounts("client-2");
    apart.write("map.toml", coupling(""));
    let (with, because) = moves_with(&apart, &["--map", "map.toml"]);
    assert_eq!(
        (with, because.as_slice()),
        (1, ["the map file couples them: one job calls both".to_owned()].as_slice())
    );
    let shared = two_accounts("client-1");
    shared.write("map.toml", coupling("cut = true\n"));
    assert_eq!(moves_with(&shared, &["--map", "map.toml"]), (0, Vec::new()));
    for (wrong, expected) in [
        ("[[coupling]]\naccounts = [\"rfi-feed-quay\"]\nreason = \"x\"\n", "two accounts or more"),
        ("[[coupling]]\naccounts = [\"rfi-feed-quay\", \"log-feed-quay\"]\nreason = \" \"\n", "needs a `reason`"),
        (
            "[[coupling]]\naccounts = [\"rfi-feed-quay\", \"nobody\"]\nreason = \"x\"\n",
            "`nobody` names no legacy account",
        ),
    ] {
        apart.write("map.toml", wrong);
        let run = apart.run(&["plan", "export", "--as-of", TODAY, "--map", "map.toml"]).exits(2);
        assert!(run.err.contains(expected) && run.err.contains("map.toml"), "{}", run.err);
    }
}

#[test]
fn a_manifest_asks_for_what_the_account_uses_and_says_why() {
    let run = plan(&["--manifest", "rfi-pulls", "--format", "json"]).exits(0).json();
    assert_eq!(run["schema"], "cutover.manifest/v1");
    let permissions = &run["manifest"]["permissions"];
    assert_eq!(permissions["project"], serde_json::json!({ "directory": "readonly", "rfi": "standard" }));
    assert_eq!(permissions["company"], serde_json::json!({}), "what is held and not called is left out");
    let lines = run["evidence"].as_array().unwrap();
    let home = lines.iter().find(|line| line["tool"]["id"] == "company/home").unwrap();
    assert_eq!((&home["level"], &home["basis"]), (&"none".into(), &"used".into()));
    assert!(home["location"]["path"].as_str().unwrap().ends_with("api_activity/rfi-pulls.csv"));
    let beside = run["not_expressed"].as_array().unwrap();
    assert!(beside.iter().any(|one| one.as_str().unwrap().starts_with("3 projects: ")), "{beside:?}");
}

#[test]
fn without_a_report_of_use_a_manifest_asks_for_what_is_held() {
    let run = plan(&["--manifest", "Weather Logger", "--format", "json"]).exits(0).json();
    let lines = run["evidence"].as_array().unwrap();
    assert!(lines.iter().all(|line| line["basis"] == "held"), "{lines:?}");
    assert_eq!(run["manifest"]["permissions"]["project"]["daily_log"], "standard");
}

#[test]
fn a_proposed_manifest_is_one_that_an_audit_reads() {
    let sandbox = Sandbox::with(&[]);
    let run = run_at(&sandbox, TODAY, &["--manifest", "rfi-pulls"]).exits(0);
    assert!(run.err.contains("Project RFIs: Standard (used)"), "the evidence is on standard error: {}", run.err);
    sandbox.write("export/manifests/rfi-pulls@3.0.0.json", &run.out);
    let audit = sandbox.run(&["audit", "export", "--as-of", TODAY, "--format", "json"]).json();
    let input = &audit["inputs"][0];
    assert_eq!((&input["kind"], &input["records"], &input["skipped"]), (&"app_manifests".into(), &1.into(), &0.into()));
    assert!(audit["diagnostics"].as_array().unwrap().iter().all(|one| one["code"] != "unknown-level"), "{audit}");
}

#[test]
fn a_manifest_for_nobody_or_in_a_format_of_plans_is_refused() {
    let nobody = plan(&["--manifest", "nobody at all"]).exits(2);
    assert!(nobody.err.contains("there is no account `nobody at all`"), "{}", nobody.err);
    let format = plan(&["--manifest", "rfi-pulls", "--format", "ics"]).exits(2);
    assert!(format.err.contains("`text`") && format.err.contains("`json`"), "{}", format.err);
}
