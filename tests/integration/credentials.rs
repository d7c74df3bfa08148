//! The register of OAuth clients as a process: what is read, what is refused, what is evaluated, and what a plan makes of
//! stored credentials.

use crate::support::{Run, Sandbox, TODAY, fixture};
use serde_json::Value;

const REGISTER: &str = "export/credentials/production/oauth_clients.json";
/// Made up for these tests, and unlike anything else in an output.
const CANARY: &str = "Zq7canary4Xw9kPv2";

/// The register of the fixture, alone.
fn brackwater() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    let file = "credentials/production/oauth_clients.json";
    sandbox.write(REGISTER, std::fs::read_to_string(fixture("brackwater").join(file)).unwrap());
    sandbox
}

fn with_register(name: &str, text: &str) -> Sandbox {
    Sandbox::with(&[(name, text.as_bytes())])
}

/// Control and subject of every violation.
fn told(run: &Run) -> Vec<(String, String)> {
    let of = |violation: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&violation["control"]), text(&violation["subject"]["name"]))
    };
    run.json()["violations"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn the_register_of_the_fixture_tells_its_stories() {
    let run = brackwater().audit(&["--format", "json"]).exits(1).says_nothing();
    let found = told(&run);
    for (control, subject) in [
        ("OAC-07", "Old Schedule Feed"),
        ("CRD-03", "ERP Bridge (test server)"),
        ("OAC-08", "Field Photo Desk"),
        ("OAC-05", "Field Photo Desk"),
        ("OAC-04", "Bid Board Import"),
        ("OAC-03", "Safety Forms Sync"),
        ("CRD-02", "Safety Forms Sync"),
        ("OAC-01", "Ledger Gateway"),
        ("OAC-06", "Ledger Gateway"),
    ] {
        assert!(found.contains(&(control.to_owned(), subject.to_owned())), "{control} {subject} not in {found:?}");
    }
    let fine = |name: &str| !found.iter().any(|(_, subject)| subject == name);
    assert!(fine("ERP Bridge") && fine("Drawing Watch") && fine("Procore"), "{found:?}");
}

#[test]
fn one_redirect_of_two_is_named_as_a_member() {
    let run = brackwater().audit(&["--format", "json", "--control", "OAC-05"]).exits(1);
    let violation = &run.json()["violations"][0];
    assert_eq!(violation["members"].as_array().unwrap().len(), 1);
    assert_eq!(violation["members"][0]["name"], "urn:ietf:wg:oauth:2.0:oob (out of band)");
    assert_eq!(violation["location"]["pointer"], "/2/redirect_uris");
}

#[test]
fn a_register_that_holds_a_secret_is_refused_and_never_shown() {
    let table =
        format!("Name,Client ID,Client Secret,Owner\nERP Sync,erp-01,present,Ann\nBid Board,bid-01,{CANARY},\n");
    let list = format!(
        r#"[{{"name": "ERP Sync", "client_id": "erp-01", "owner": ""}}, {{"name": "Bid", "refresh_token": "{CANARY}"}}]"#
    );
    let free = format!(r#"[{{"name": "ERP Sync", "owner": "", "purpose": "password={CANARY}1"}}]"#);
    for (name, text) in [
        ("credentials/oauth_clients.csv", table),
        ("credentials/oauth_clients.json", list),
        ("credentials/production/oauth.json", free),
    ] {
        let sandbox = Sandbox::minimal();
        sandbox.write(&format!("export/{name}"), &text);
        let run = sandbox.audit(&["--format", "json"]).exits(1).hides(CANARY);
        // Nothing of the file is used: only the secret itself is a violation.
        assert_eq!(run.violated(), ["CRD-01"], "{name}");
        assert!(run.diagnostics().iter().any(|said| said.starts_with(&format!("shape {name}:"))), "{name}");
        sandbox.audit(&["--fail-on", "never"]).exits(3).hides(CANARY).says("the file was ignored");
        // Alone, it is as if there were no export.
        with_register(name, &text).audit(&[]).exits(3).hides(CANARY);
    }
}

#[test]
fn words_that_say_whether_there_is_a_secret_are_no_secrets() {
    let words = ["absent", "empty", "present", "present_encrypted", "redacted", "unknown"];
    let rows =
        words.map(|word| format!(r#"{{"name": "{word}", "client_secret": "{word}", "refresh_token": "{word}"}}"#));
    let sandbox = with_register("credentials/oauth_clients.json", &format!("[{}]", rows.join(",")));
    let run = sandbox.audit(&["--format", "json", "--control", "CRD-01"]).exits(0).says_nothing();
    assert_eq!(run.records("credentials/oauth_clients.json"), (6, 0));
}

#[test]
fn a_row_without_a_name_is_left_out_and_one_that_stands_twice_is_told() {
    let text = r#"[{"owner": "Ann"}, {"id": "a", "name": "A"}, {"id": "a", "name": "B"}]"#;
    let run = with_register("credentials/oauth_clients.json", text).audit(&["--format", "json"]);
    let codes: Vec<String> = run.diagnostics();
    assert_eq!(codes.iter().filter(|said| said.starts_with("shape ")).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|said| said.starts_with("conflict ")).count(), 1, "{codes:?}");
}

#[test]
fn the_order_of_the_rows_changes_nothing_but_places() {
    let sandbox = brackwater();
    let ids = |run: &Run| {
        let json = run.json();
        let all = json["violations"].as_array().unwrap().iter();
        let mut ids: Vec<String> = all.map(|violation| violation["fingerprint"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let before = ids(&sandbox.audit(&["--format", "json"]));
    let mut rows: Vec<Value> = serde_json::from_str(&sandbox.read(REGISTER)).unwrap();
    rows.reverse();
    sandbox.write(REGISTER, serde_json::to_string(&rows).unwrap());
    assert_eq!(ids(&sandbox.audit(&["--format", "json"])), before);
}

/// An account with an app that replaces it, and what keeps its credential.
fn migration(register: &str) -> Sandbox {
    Sandbox::with(&[
        ("service_accounts.csv", b"Name,App Type,Marketplace App,Client ID,Last Used\nERP Bridge,Marketplace,ERP Bridge,erp-01,2024-10-14\nWeather Logger,Marketplace,ERP Bridge,weather-01,2024-10-14\n"),
        ("app_installations.json", br#"[{"id": 3, "app_uid": "uid-3", "status": "uninstalled", "developer_app": {"name": "ERP Bridge", "marketplace_app": {"live": true}}}]"#),
        ("credentials/production/oauth_clients.json", register.as_bytes()),
    ])
}

fn planned(sandbox: &Sandbox) -> Value {
    sandbox.run(&["plan", "export", "--as-of", TODAY, "--format", "json"]).json()
}

fn kinds(account: &Value) -> Vec<String> {
    account["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap().to_owned()).collect()
}

const NEW: [&str; 6] =
    ["store-credential", "switch-jobs", "prove-renewal", "observe-zero", "remove-copies", "age-logs"];

#[test]
fn a_plan_says_which_stored_credentials_change_with_an_account() {
    let register = r#"[{"id": "erp", "name": "ERP key", "client_id": "erp-01", "system": "Azure Key Vault",
        "token_endpoint": "https://login.procore.com/oauth/token"}]"#;
    let sandbox = migration(register);
    let plan = planned(&sandbox);
    let account = &plan["accounts"][0];
    let kept = &account["credentials"][0];
    assert_eq!((&kept["id"], &kept["system"]), (&"erp".into(), &"Azure Key Vault".into()));
    assert_eq!(kept["environment"], "production");
    assert_eq!(kept["location"]["path"], "export/credentials/production/oauth_clients.json");
    let steps = kinds(account);
    let at = |kind: &str| steps.iter().position(|step| step == kind).unwrap_or(usize::MAX);
    let order = [
        "permit",
        "store-credential",
        "configure",
        "switch-jobs",
        "prove-renewal",
        "verify",
        "move",
        "observe-zero",
        "revoke",
        "remove-copies",
        "delete",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{steps:?}");
    assert!(at("remove-copies") < at("age-logs") && at("age-logs") != usize::MAX);
    let words = account["steps"][at("remove-copies")]["action"].as_str().unwrap();
    assert!(words.contains("ERP key in Azure Key Vault, production"), "{words}");
    // The other account has none, and none of the steps.
    let other = &plan["accounts"][1];
    assert!(other.get("credentials").is_none());
    assert!(!kinds(other).iter().any(|kind| NEW.contains(&kind.as_str())), "{:?}", kinds(other));

    let text = sandbox.run(&["plan", "export", "--as-of", TODAY]).out;
    assert!(text.contains("ERP key in Azure Key Vault, production"), "{text}");
    let markdown = sandbox.run(&["plan", "export", "--as-of", TODAY, "--format", "markdown"]).out;
    assert!(markdown.contains("## Stored credentials") && markdown.contains("Azure Key Vault"), "{markdown}");
}

#[test]
fn a_credential_may_name_its_account_instead_of_a_client_id() {
    let plan = planned(&migration(r#"[{"id": "erp", "account": "ERP Bridge"}]"#));
    assert_eq!(plan["accounts"][0]["credentials"][0]["id"], "erp");
    assert!(plan["accounts"][1].get("credentials").is_none());
}

#[test]
fn the_same_client_id_at_another_server_is_another_client() {
    for host in ["https://id.example/token", "https://login.procore.com.evil.example/oauth/token"] {
        let register = format!(r#"[{{"id": "erp", "client_id": "erp-01", "token_endpoint": "{host}"}}]"#);
        assert!(planned(&migration(&register))["accounts"][0].get("credentials").is_none(), "{host}");
    }
}

#[test]
fn a_credential_that_is_revoked_already_needs_nothing() {
    let register = r#"[{"id": "erp", "client_id": "erp-01", "status": "retired", "revoked_on": "2024-09-01"}]"#;
    assert!(planned(&migration(register))["accounts"][0].get("credentials").is_none());
    let open = r#"[{"id": "erp", "client_id": "erp-01", "status": "retired", "revoked_on": null}]"#;
    assert_eq!(planned(&migration(open))["accounts"][0]["credentials"][0]["id"], "erp");
}

#[test]
fn a_plan_without_stored_credentials_is_what_it_was() {
    let bare = migration("[]");
    let with_others = migration(r#"[{"id": "other", "client_id": "other-01", "owner": "Ann"}]"#);
    let accounts = |sandbox: &Sandbox| planned(sandbox)["accounts"].clone();
    assert_eq!(accounts(&bare), accounts(&with_others));
}

#[test]
fn the_dates_of_the_new_steps_fit_the_others() {
    let sandbox = migration(r#"[{"id": "erp", "client_id": "erp-01"}]"#);
    let plan = planned(&sandbox);
    let steps: Vec<&Value> = plan["accounts"][0]["steps"].as_array().unwrap().iter().collect();
    for step in &steps {
        for before in step["after"].as_array().unwrap() {
            let before = steps.iter().find(|other| other["id"] == *before).unwrap();
            assert!(before["ends"].as_str() < step["earliest"].as_str(), "{step}");
        }
    }
}

#[test]
fn a_flowforce_server_has_a_way_of_its_own() {
    let plan = planned(&migration(r#"[{"id": "erp", "client_id": "erp-01", "system": "FlowForce Server"}]"#));
    let steps = kinds(&plan["accounts"][0]);
    let at = |kind: &str| steps.iter().position(|step| step == kind).unwrap_or(usize::MAX);
    let order = [
        "permit",
        "server-credential",
        "authorise",
        "configure",
        "reference-credential",
        "prove-renewal",
        "verify",
        "move",
        "remove-copies",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{steps:?}");
    assert!(!steps.iter().any(|kind| kind == "store-credential" || kind == "switch-jobs"), "{steps:?}");
}

#[test]
fn names_of_stored_credentials_cannot_move_the_page() {
    let sandbox = migration("[{\"id\": \"erp\", \"name\": \"a\\u001b[2J|`b`\", \"client_id\": \"erp-01\"}]");
    for format in ["text", "markdown", "csv"] {
        let run = sandbox.run(&["plan", "export", "--as-of", TODAY, "-v", "--format", format]);
        assert!(run.out.contains("remove-copies"), "{}", run.out);
        run.stays_plain();
    }
}

#[test]
fn two_copies_of_one_client_are_two_rows_and_no_conflict() {
    let sandbox = Sandbox::with(&[]);
    let header = "Name,Client ID,System,Environment,Owner,Token Endpoint,Grant\n";
    let end = "https://login.procore.com/oauth/token,client_credentials\n";
    sandbox.write(
        "export/credentials/oauth_clients.csv",
        format!(
            "{header}Punch list,yard-77,Web settings,production,,{end}Dashboard,yard-77,Key vault,production,,{end}"
        ),
    );
    let run = sandbox.audit(&["--control", "OAC-*", "--format", "json"]);
    assert_eq!(run.diagnostics().iter().filter(|one| one.contains("occurs twice")).count(), 0, "{}", run.err);
    let json = run.json();
    let subjects: std::collections::BTreeSet<String> =
        json["violations"].as_array().unwrap().iter().map(|one| one["subject"]["id"].to_string()).collect();
    assert!(
        subjects.iter().any(|id| id.contains("Web settings")) && subjects.iter().any(|id| id.contains("Key vault")),
        "{subjects:?}"
    );
    // The same row twice is one too many.
    sandbox.write(
        "export/credentials/oauth_clients.csv",
        format!("{header}Punch list,yard-77,Key vault,production,,{end}Dashboard,yard-77,Key vault,production,,{end}"),
    );
    assert!(sandbox.audit(&["--control", "OAC-*"]).err.contains("occurs twice"));
}
