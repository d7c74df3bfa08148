//! Waivers: what they cover, when they count, and what is said of those that do not.

use crate::support;
use crate::support::{Run, Sandbox, administrator};
use serde_json::Value;

const NAME: &str = "erp-bridge-1a2b3c4d";

/// An export with an identity that administers the directory: several controls object.
fn sandbox() -> Sandbox {
    Sandbox::with(&administrator())
}

/// A waiver of DIR-01; `rest` holds what is not the same in each.
fn waiver(rest: &str) -> String {
    format!("[[waiver]]\ncontrol = \"DIR-01\"\nreason = \"pilot\"\nowner = \"P\"\napprover = \"D\"\n{rest}\n")
}

fn with(waivers: &str) -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("export/waivers.toml", waivers);
    sandbox
}

fn audit(sandbox: &Sandbox) -> Run {
    sandbox.audit(&["--control", "DIR-01", "--format", "json"])
}

fn violation(run: &Run) -> Value {
    run.json()["violations"][0].clone()
}

/// The codes of the diagnostics about waivers.
fn codes(run: &Run) -> Vec<String> {
    let json = run.json();
    let codes = json["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
    codes.filter(|code| code.ends_with("-waiver")).collect()
}

#[test]
fn a_violation_is_waived_by_name_id_or_address() {
    for subject in [NAME, "7", "erp-bridge-1a2b3c4d@procore.com", "ERP-Bridge-1A2B3C4D"] {
        let run = audit(&with(&waiver(&format!("subject = \"{subject}\"\nexpires = 2025-06-30")))).exits(0);
        assert_eq!(violation(&run)["status"], "waived", "{subject}");
        assert_eq!(violation(&run)["waiver"]["line"], 1);
        assert!(codes(&run).is_empty());
    }
}

#[test]
fn a_violation_is_waived_by_a_condition() {
    for (condition, waived) in [
        ("true", true),
        ("false", false),
        (r#"principal.name like "erp-*""#, true),
        (r#"principal.name like "crm-*""#, false),
        (r#"resource == Cutover::Tool::"company/directory" && context.level in Cutover::Level::"admin""#, true),
        (r#"action == Cutover::Action::"holds""#, true),
        // The end of a comment is not the end of the expression.
        ("principal.name == \"erp-bridge-1a2b3c4d\" // the bridge", true),
    ] {
        let run = audit(&with(&waiver(&format!("condition = '''{condition}'''\nexpires = 2025-06-30"))));
        let status = if waived { "waived" } else { "open" };
        assert_eq!(violation(&run)["status"], status, "{condition}");
        assert_eq!(codes(&run), if waived { vec![] } else { vec!["unmatched-waiver"] }, "{condition}");
    }
}

#[test]
fn a_condition_over_what_is_unknown_waives_nothing() {
    // The export does not say when the user was created.
    let condition = "principal has created && principal.created > 0";
    let run = audit(&with(&waiver(&format!("condition = \"{condition}\"\nexpires = 2025-06-30")))).exits(1);
    assert_eq!(violation(&run)["status"], "open");
    let either = format!("{condition} || principal.name like \\\"erp-*\\\"");
    let run = audit(&with(&waiver(&format!("condition = \"{either}\"\nexpires = 2025-06-30")))).exits(0);
    assert_eq!(violation(&run)["status"], "waived");
}

#[test]
fn a_condition_that_cedar_does_not_take_is_told_with_its_place() {
    for (condition, column, what) in [
        ("principal.name likes 3", 29, "not valid Cedar"),
        ("principal.nam == 3", 14, "does not fit the facts of DIR-01"),
        ("principal.email == principal.name", 14, "does not fit the facts of DIR-01"),
        ("principal.name == 3", 14, "does not fit the facts of DIR-01"),
        ("true } unless { false", 14, "more than one expression"),
        ("true }; permit (principal, action, resource) when { true", 22, "not valid Cedar"),
    ] {
        let text = waiver(&format!("condition = \"{condition}\"\nexpires = 2025-06-30"));
        let run = with(&text).audit(&[]).exits(2).says(what);
        let place = format!("line 6, column {column}");
        assert!(run.err.contains(&place), "{condition}: not {place}: {}", run.err);
    }
}

#[test]
fn a_mistake_behind_escapes_is_told_where_it_is_written() {
    let text = waiver("condition = \"principal.name == \\\"a\\\" && 3\"\nexpires = 2025-06-30");
    let run = with(&text).audit(&[]).exits(2);
    assert!(run.err.contains("line 6, column 41"), "{}", run.err);
}

#[test]
fn a_violation_of_several_facts_is_waived_only_whole() {
    // The same manifest twice: two facts about one app, told apart by their version.
    let sandbox = Sandbox::minimal();
    let run = sandbox.audit(&["--format", "json"]).exits(0);
    assert!(run.json()["violations"].as_array().unwrap().is_empty());
    let harborline = || {
        let sandbox = Sandbox::with(&[]);
        support::copy(&support::fixture("harborline"), &sandbox.path("export"));
        sandbox.remove("export/waivers.toml");
        sandbox
    };
    let found = harborline().audit(&["--format", "json"]).json();
    let several = found["violations"].as_array().unwrap().iter();
    let mut several =
        several.filter(|one| one["count"].as_u64() > Some(1) && one["members"].as_array().unwrap().len() > 1);
    let one = several.next_back().unwrap();
    let control = one["control"].as_str().unwrap();
    let waiver = |condition: &str| {
        let sandbox = harborline();
        let text = waiver(&format!("condition = '{condition}'\nexpires = 2025-06-30")).replace("DIR-01", control);
        sandbox.write("export/waivers.toml", text);
        sandbox.audit(&["--control", control, "--format", "json"])
    };
    let all = waiver("true");
    assert!(all.json()["violations"].as_array().unwrap().iter().all(|one| one["status"] == "waived"));
    let none = waiver("false");
    assert!(none.json()["violations"].as_array().unwrap().iter().all(|one| one["status"] == "open"));
}

#[test]
fn an_expired_waiver_is_told_and_counts_no_more() {
    let subject = format!("subject = \"{NAME}\"\n");
    let last = audit(&with(&waiver(&format!("{subject}expires = 2024-10-15")))).exits(0);
    assert_eq!(codes(&last), ["expiring-waiver"]);
    let past = audit(&with(&waiver(&format!("{subject}expires = 2024-10-14")))).exits(1);
    assert_eq!(codes(&past), ["expired-waiver"]);
    assert_eq!(violation(&past)["status"], "open");
}

#[test]
fn a_waiver_that_ends_soon_is_told_and_counts() {
    let text = |day| waiver(&format!("subject = \"{NAME}\"\nexpires = {day}"));
    assert_eq!(codes(&audit(&with(&text("2024-11-14"))).exits(0)), ["expiring-waiver"]);
    assert!(codes(&audit(&with(&text("2024-11-15"))).exits(0)).is_empty());
    let sandbox = with(&text("2024-11-14"));
    sandbox.write("export/cutover.toml", "[waivers]\nsoon_days = 29\n");
    assert!(codes(&audit(&sandbox).exits(0)).is_empty());
}

#[test]
fn a_waiver_over_the_longest_term_does_not_count() {
    let limit = "[waivers]\nmax_days = 90\n";
    for (rest, counts) in [
        ("granted = 2024-10-01\nexpires = 2024-12-30", true),
        ("granted = 2024-10-01\nexpires = 2024-12-31", false),
        // Nobody wrote down when it was granted: it counts from the day of the audit.
        ("expires = 2025-01-13", true),
        ("expires = 2025-01-14", false),
    ] {
        let sandbox = with(&waiver(&format!("subject = \"{NAME}\"\n{rest}")));
        sandbox.write("export/cutover.toml", limit);
        let run = audit(&sandbox).exits(if counts { 0 } else { 1 });
        assert_eq!(codes(&run), if counts { vec![] } else { vec!["overlong-waiver"] }, "{rest}");
    }
}

#[test]
fn a_waiver_that_is_granted_on_a_later_day_does_not_count_yet() {
    for (granted, counts) in [("2024-10-15", true), ("2024-10-16", false)] {
        let run = audit(&with(&waiver(&format!("subject = \"{NAME}\"\ngranted = {granted}\nexpires = 2025-06-30"))));
        let run = run.exits(if counts { 0 } else { 1 });
        assert_eq!(codes(&run), if counts { vec![] } else { vec!["unmatched-waiver"] }, "{granted}");
    }
}

#[test]
fn of_two_waivers_the_longer_one_counts() {
    let short = waiver(&format!("subject = \"{NAME}\"\nexpires = 2025-01-31"));
    let long = waiver("condition = \"true\"\nexpires = 2025-06-30");
    for text in [format!("{short}{long}"), format!("{long}{short}")] {
        let run = audit(&with(&text)).exits(0);
        assert_eq!(violation(&run)["waiver"]["expires"], "2025-06-30");
        assert!(codes(&run).is_empty());
    }
}

#[test]
fn a_waiver_of_a_control_that_was_not_asked_for_is_no_news() {
    let text = waiver("subject = \"nobody\"\nexpires = 2025-06-30");
    assert_eq!(codes(&audit(&with(&text)).exits(1)), ["unmatched-waiver"]);
    let run = with(&text).audit(&["--control", "DIR-02", "--format", "json"]);
    assert!(codes(&run).is_empty());
}

#[test]
fn a_waiver_of_no_control_is_told_with_the_nearest_ids() {
    let text = waiver("subject = \"x\"\nexpires = 2025-06-30").replace("DIR-01", "DIR-001");
    with(&text).audit(&[]).exits(2).says("line 2, column 11: there is no control `DIR-001`").says("`DIR-01`");
    // One that is not asked for is one all the same.
    let known = waiver("subject = \"x\"\nexpires = 2025-06-30");
    with(&known).audit(&["--control", "SVA-*"]).exits(0);
}

#[test]
fn waived_violations_stay_in_every_format() {
    let sandbox = with(&waiver(&format!("subject = \"{NAME}\"\nexpires = 2025-06-30")));
    let run = |format: &str| sandbox.audit(&["--control", "DIR-01", "--details", "--format", format]).exits(0).out;
    assert!(run("text").contains("0 open, 1 waived") && run("text").contains("waived until 2025-06-30 by D: pilot"));
    assert!(run("jsonl").contains("\"status\":\"waived\""));
    let sarif: Value = serde_json::from_str(&run("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["suppressions"][0]["status"], "accepted");
    let open = sandbox.audit(&["--control", "DIR-01", "--no-waivers", "--format", "json"]).exits(1);
    assert_eq!(violation(&open)["status"], "open");
}

#[test]
fn the_levels_of_what_is_said_about_waivers_can_be_set() {
    let text = waiver("subject = \"nobody\"\nexpires = 2025-06-30");
    for (level, shown) in [("error", "error"), ("note", "note"), ("off", "")] {
        let sandbox = with(&text);
        sandbox.write("export/cutover.toml", format!("[diagnostics]\nunmatched-waiver = \"{level}\"\n"));
        let json = audit(&sandbox).exits(1).json();
        let told = json["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "unmatched-waiver");
        assert_eq!(told.map_or("", |one| one["severity"].as_str().unwrap()), shown);
    }
    // It is a matter of words: nothing of the export is lost.
    with(&text).audit(&["--control", "DIR-01"]).exits(1);
}

#[test]
fn an_owner_that_nobody_can_see_is_blank() {
    for unseen in ["\u{200b}", "\u{feff}\u{2060}", " \u{ad}\u{3164}", "\\u200B"] {
        let text = waiver("subject = \"7\"\nexpires = 2025-06-30").replace("\"P\"", &format!("\"{unseen}\""));
        with(&text).audit(&[]).exits(2).says("`owner` is blank").stays_plain();
    }
}

#[test]
fn a_waiver_of_one_secret_covers_no_other_of_the_same_file_name() {
    let sandbox = sandbox();
    let client = |secret: &str| format!(r#"[{{"id": "s", "name": "Ledger", "client_secret": "{secret}"}}]"#);
    sandbox.write("export/credentials/sandbox/oauth_clients.json", client("Zk81mQ1vv0tRw92"));
    sandbox.write("export/credentials/production/oauth_clients.json", client("Zk81mQ2vv0tRw92"));
    let statuses = |subject: &str| {
        let rest = "reason = \"x\"\nowner = \"Jo\"\napprover = \"Kim\"\nexpires = 2024-12-31\n";
        sandbox.write("w.toml", format!("[[waiver]]\ncontrol = \"CRD-01\"\nsubject = \"{subject}\"\n{rest}"));
        let run = sandbox.audit(&["--control", "CRD-01", "--waivers", "w.toml", "--format", "json"]).exits(1);
        let json = run.json();
        let status = |one: &Value| one["status"].as_str().unwrap().to_owned();
        let of = |folder: &str| {
            let all = json["violations"].as_array().unwrap();
            status(all.iter().find(|one| one["location"]["path"].as_str().unwrap().contains(folder)).unwrap())
        };
        ((of("sandbox"), of("production")), run.err)
    };
    let words = |one: &str, two: &str| (one.to_owned(), two.to_owned());
    let (found, _) = statuses("credentials/sandbox/oauth_clients.json/s/client_secret");
    assert_eq!(found, words("waived", "open"));
    for short in ["oauth_clients.json/client_secret", "Credentials/Sandbox/oauth_clients.json/s/client_secret"] {
        let (found, err) = statuses(short);
        assert_eq!(found, words("open", "open"));
        assert!(err.contains("matches nothing"), "{err}");
    }
    assert!(statuses("oauth_clients.json/client_secret").1.contains("credentials/production/oauth_clients.json"));
}

#[test]
fn a_planned_fix_is_shown_and_counts_until_it_is_made() {
    let planned = |date: &str| waiver(&format!("subject = \"{NAME}\"\nstate = \"planned\"\nexpires = {date}"));
    let run = audit(&with(&planned("2025-06-30"))).exits(1);
    assert_eq!((&violation(&run)["status"], &violation(&run)["waiver"]), (&"open".into(), &Value::Null));
    assert_eq!(violation(&run)["planned"]["expires"], "2025-06-30");
    assert!(codes(&run).is_empty());
    let past = audit(&with(&planned("2024-10-14"))).exits(1);
    assert_eq!(codes(&past), ["overdue-waiver"]);
    assert_eq!(violation(&past)["planned"]["expires"], "2024-10-14");
    let text = with(&planned("2025-06-30")).audit(&["--control", "DIR-01", "--details"]).exits(1).out;
    assert!(text.contains("fix planned by 2025-06-30, owner P: pilot"), "{text}");
}

#[test]
fn a_waiver_that_accepts_a_violation_counts_before_one_that_plans_its_fix() {
    let planned = waiver(&format!("subject = \"{NAME}\"\nstate = \"planned\"\nexpires = 2025-06-30"));
    let accepted = waiver(&format!("subject = \"{NAME}\"\nexpires = 2024-12-31"));
    for both in [format!("{planned}{accepted}"), format!("{accepted}{planned}")] {
        let run = audit(&with(&both)).exits(0);
        assert_eq!(
            (&violation(&run)["status"], &violation(&run)["waiver"]["expires"]),
            (&"waived".into(), &"2024-12-31".into())
        );
        assert_eq!(violation(&run)["planned"], Value::Null);
    }
}

#[test]
fn a_state_that_is_none_is_told_with_its_place() {
    let run = audit(&with(&waiver("subject = \"x\"\nstate = \"later\"\nexpires = 2025-06-30"))).exits(2);
    assert!(run.err.contains("line 7, column 9: expected `accepted` or `planned`"), "{}", run.err);
}

#[test]
fn the_calendar_of_a_plan_has_the_last_day_of_waivers_and_planned_fixes() {
    let sandbox = Sandbox::with(&[]);
    support::copy(&support::fixture("harborline"), &sandbox.path("export"));
    let planned = waiver("subject = \"vault-archive\"\nstate = \"planned\"\nexpires = 2024-11-29");
    let accepted = waiver("subject = \"vault-archive\"\nexpires = 2025-06-30");
    let over = waiver("subject = \"vault-archive\"\nexpires = 2024-06-30");
    sandbox.write("export/waivers.toml", format!("{planned}{accepted}{over}"));
    let calendar = sandbox.run_with(&["plan", "export", "--as-of", support::TODAY, "--format", "ics"], &[], b"").out;
    let calendar = calendar.replace("\r\n ", "").replace("\r\n", "\n");
    let event = |day: &str, summary: &str| {
        calendar
            .split("BEGIN:VEVENT")
            .any(|event| event.contains(&format!("DTSTART;VALUE=DATE:{day}")) && event.contains(summary))
    };
    assert!(event("20241129", "SUMMARY:Fix planned: DIR-01 for vault-archive"), "{calendar}");
    assert!(event("20250630", "SUMMARY:Waiver expires: DIR-01 for vault-archive"), "{calendar}");
    assert!(!event("20240630", "SUMMARY:Waiver expires"), "one that is past is no date to keep in mind");
}
