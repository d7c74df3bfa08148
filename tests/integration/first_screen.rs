//! The first screen: what to do, worst first, in as many lines as fit on a terminal.

use serde_json::Value;

use crate::support::{Run, Sandbox, TODAY, copy, fixture};

/// The most lines of a screen, and its columns.
const LINES: usize = 45;
const COLUMNS: usize = 80;

/// A folder that holds copies of these fixtures, by their names.
fn with_fixtures(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    names.iter().for_each(|name| copy(&fixture(name), &sandbox.path(name)));
    sandbox
}

fn screen(sandbox: &Sandbox, command: &[&str]) -> String {
    sandbox.run_with(command, &[("COLUMNS", "80")], b"").out
}

fn fits(screen: &str) {
    assert!(screen.lines().count() <= LINES, "{} lines:\n{screen}", screen.lines().count());
    let long: Vec<&str> = screen.lines().filter(|line| line.chars().count() > COLUMNS && line.contains(' ')).collect();
    // A path is never broken.
    let long: Vec<&&str> = long.iter().filter(|line| line.split_whitespace().count() > 1).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn an_audit_fits_on_a_screen_and_begins_with_the_verdict_and_the_actions() {
    for fixture in ["harborline", "brackwater", "minimal"] {
        let screen = screen(&with_fixtures(&[fixture]), &["audit", fixture, "--as-of", TODAY]);
        fits(&screen);
        assert!(screen.starts_with("FAIL  ") || screen.starts_with("PASS  "), "{screen}");
        if screen.starts_with("FAIL") {
            let at = |text: &str| screen.find(text).unwrap_or(usize::MAX);
            assert!(at("Top actions") < at("By severity"), "{screen}");
            assert!(at("actions not shown: --details") < usize::MAX, "what is left out is counted: {screen}");
        }
    }
}

#[test]
fn the_screen_of_an_audit() {
    insta::assert_snapshot!(screen(&with_fixtures(&["harborline"]), &["audit", "harborline", "--as-of", TODAY]));
}

#[test]
fn the_screen_of_a_gate() {
    let gate = ["gate", "kestrel/before", "kestrel/after", "--as-of", TODAY];
    let screen = screen(&with_fixtures(&["kestrel"]), &gate);
    fits(&screen);
    insta::assert_snapshot!(screen);
}

#[test]
fn quiet_gives_the_verdict_alone() {
    let sandbox = with_fixtures(&["minimal"]);
    let audit = screen(&sandbox, &["audit", "minimal", "--as-of", TODAY, "--quiet"]);
    assert_eq!(audit, "PASS  Tern Point Construction: no violations (fails at: low)\n");
    let gate = screen(&sandbox, &["gate", "minimal", "minimal", "--as-of", TODAY, "-q"]);
    assert_eq!(gate, "PASS  no new violations (fails at: low)\n");
}

fn actions(run: &Run) -> Vec<Value> {
    run.json()["actions"].as_array().unwrap().clone()
}

fn fingerprints(json: &Value) -> Vec<String> {
    json.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn open(run: &Run) -> Vec<String> {
    let json = run.json();
    let open = json["violations"].as_array().unwrap().iter().filter(|one| one["status"] == "open");
    let mut open: Vec<String> = open.map(|one| one["fingerprint"].as_str().unwrap().to_owned()).collect();
    open.sort();
    open
}

#[test]
fn every_open_violation_belongs_to_one_action_and_the_worst_come_first() {
    for fixture in ["harborline", "brackwater"] {
        let run = with_fixtures(&[fixture]).run(&["audit", fixture, "--as-of", TODAY, "--format", "json"]);
        let actions = actions(&run);
        let mut cleared: Vec<String> = actions.iter().flat_map(|one| fingerprints(&one["violations"])).collect();
        cleared.sort();
        assert_eq!(cleared, open(&run), "{fixture}");
        let worth = |one: &Value| {
            let count = |severity: &str| one["clears"][severity].as_u64().unwrap();
            ["critical", "high", "medium", "low", "info"].map(count)
        };
        assert!(actions.is_sorted_by(|one, two| worth(one) >= worth(two)), "{fixture}");
    }
}

/// An edit that was tried keeps its promise when somebody makes it in the export.
#[test]
fn making_each_tried_edit_clears_what_it_promised() {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("harborline"), &sandbox.path("export"));
    let run = sandbox.audit(&["--format", "json"]);
    let mut made = 0;
    for action in actions(&run).iter().filter(|one| one["effect"]["basis"] == "tried") {
        let edit = action["edit"].as_str().unwrap();
        let Some((from, to)) = edit.rsplit_once(": ").and_then(|(_, change)| change.split_once(" → ")) else {
            continue;
        };
        let path = action["location"]["path"].as_str().unwrap();
        let line = usize::try_from(action["location"]["line"].as_u64().unwrap()).unwrap();
        let before = sandbox.read(path);
        let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
        assert!(lines[line - 1].contains(&format!("\"{from}\"")), "{}", lines[line - 1]);
        lines[line - 1] = lines[line - 1].replace(&format!("\"{from}\""), &format!("\"{to}\""));
        sandbox.write(path, lines.join("\n"));
        let after = open(&sandbox.audit(&["--format", "json"]));
        for fingerprint in fingerprints(&action["violations"]) {
            assert!(!after.contains(&fingerprint), "{edit} does not clear {fingerprint}");
        }
        let new = after.iter().filter(|one| !open(&run).contains(one)).count() as u64;
        assert_eq!(new, action["effect"]["introduces"].as_u64().unwrap(), "{edit}");
        sandbox.write(path, before);
        made += 1;
    }
    assert!(made >= 3, "{made} edits were made");
}

const USERS: &str = r#"[
 {"id": 7, "name": "photo-sync-1a2b3c4d", "first_name": null, "last_name": "photo-sync-1a2b3c4d",
  "email_address": "photo-sync-1a2b3c4d@procore.com", "is_active": true,
  "company_permission_template": {"id": 81, "name": "Integration", "type": "company_tools"}},
 {"id": 8, "name": "crew-sync-1a2b3c4e", "first_name": null, "last_name": "crew-sync-1a2b3c4e",
  "email_address": "crew-sync-1a2b3c4e@procore.com", "is_active": true,
  "company_permission_template": {"id": 81, "name": "Integration", "type": "company_tools"}}]"#;
const TEMPLATE: &str = r#"[{"id": 81, "name": "Integration", "type": "company_tools",
 "user_access_levels": {"directory": "Admin"}, "permissions": {}}]"#;

#[test]
fn one_template_that_many_have_is_one_action() {
    let sandbox =
        Sandbox::with(&[("users.json", USERS.as_bytes()), ("permission_templates.json", TEMPLATE.as_bytes())]);
    let run = sandbox.audit(&["--control", "DIR-01", "--format", "json"]).exits(1);
    let actions = actions(&run);
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!((&actions[0]["kind"], &actions[0]["clears"]["critical"]), (&"edit_template".into(), &2.into()));
    assert_eq!(actions[0]["target"]["name"], "Integration");
    assert_eq!(actions[0]["edit"], "Company Directory: Admin → Read Only");
    assert_eq!(actions[0]["location"]["line"], 2);
}

/// Before, the worst line of a gate could be left out behind harmless losses.
#[test]
fn a_new_company_administrator_is_the_first_thing_a_gate_shows() {
    let level = |level: &str| TEMPLATE.replace("Admin", level);
    let sandbox = Sandbox::with(&[]);
    for (side, directory) in [("before", "Read Only"), ("after", "Admin")] {
        sandbox.write(&format!("{side}/users.json"), USERS);
        sandbox.write(&format!("{side}/permission_templates.json"), level(directory));
    }
    let run = sandbox.run(&["gate", "before", "after", "--as-of", TODAY]).exits(1);
    let group = "More access\n  ▲ template \"Integration\", Company Directory: Read Only → Admin: 2 identities\n";
    assert!(run.out.contains(group), "{}", run.out);
    // One edit is one group: its violations stand below it, and nowhere else.
    assert_eq!(run.out.matches("▲").count(), 1, "{}", run.out);
    assert!(run.out.contains("critical DIR-01") && !run.out.contains("Other new violations"), "{}", run.out);
}

#[test]
fn a_plan_fits_on_a_screen_and_begins_with_whether_it_can_be_done() {
    for (fixture, day, word) in [
        ("harborline", TODAY, "FEASIBLE  "),
        ("brackwater", "2024-12-01", "NOT FEASIBLE  "),
        ("brackwater", "2025-06-01", "AFTER THE SUNSET  "),
    ] {
        let screen = screen(&with_fixtures(&[fixture]), &["plan", fixture, "--as-of", day]);
        fits(&screen);
        assert!(screen.starts_with(word), "{screen}");
        assert!(screen.contains("Do in the first week") && screen.contains("--details"), "{screen}");
    }
    let sandbox = with_fixtures(&["harborline"]);
    let quiet = self::screen(&sandbox, &["plan", "harborline", "--as-of", TODAY, "--quiet"]);
    assert_eq!(quiet.lines().count(), 1, "{quiet}");
    let details = self::screen(&sandbox, &["plan", "harborline", "--as-of", TODAY, "--details"]);
    assert!(details.lines().count() > 100 && details.contains("A004.permit"), "{details}");
}

#[test]
fn the_screen_of_a_plan() {
    insta::assert_snapshot!(screen(&with_fixtures(&["harborline"]), &["plan", "harborline", "--as-of", TODAY]));
}
