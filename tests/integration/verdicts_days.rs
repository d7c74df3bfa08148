//! What day it is: which announced dates count, up to when use is known, and what has not happened yet.

use crate::support::{Run, Sandbox, copy, fixture};
use serde_json::Value;

/// Audits an export of these files as of a day.
fn audited(files: &[(&str, &str)], as_of: &str, more: &[&str]) -> Run {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let audit = ["audit", "export", "--as-of", as_of, "--no-config"];
    Sandbox::with(&files).run(&[audit.as_slice(), more].concat())
}

/// The verdict of one control: `violates`, `complies`, or `unknown` where something decisive is unknown.
fn verdict(files: &[(&str, &str)], as_of: &str, control: &str) -> &'static str {
    let json = audited(files, as_of, &["--control", control, "--format", "json", "--fail-on", "never"]).exits(0).json();
    let coverage = &json["coverage"][0];
    match (coverage["violations"].as_u64().unwrap(), coverage["unknown"].as_u64().unwrap()) {
        (1.., _) => "violates",
        (0, 1..) => "unknown",
        _ => "complies",
    }
}

const ACCOUNTS: (&str, &str) = ("service_accounts.csv", "Name,App Type,Last Used\nOld Plan Room,Custom,2024-02-09\n");

#[test]
fn the_newest_announcement_by_the_day_of_the_audit_counts_unless_another_is_asked_for() {
    let timeline = |as_of: &str, more: &[&str]| {
        let json = audited(&[ACCOUNTS], as_of, &[more, &["--format", "json", "--fail-on", "never"]].concat()).json();
        let of = |member: &str| json["timeline"][member].as_str().unwrap_or("none").to_owned();
        (of("id"), of("sunset"), of("origin"))
    };
    let said = |id: &str, sunset: &str| (id.to_owned(), sunset.to_owned(), "built_in".to_owned());
    assert_eq!(timeline("2024-10-15", &[]), said("2024-01-29", "2024-12-31"));
    assert_eq!(timeline("2026-11-30", &[]), said("2025-01-29", "2025-03-18"));
    assert_eq!(timeline("2020-01-01", &[]), said("none", "none"));
    assert_eq!(timeline("2026-11-30", &["--timeline", "2024-01-29"]), said("2024-01-29", "2024-12-31"));
    assert_eq!(verdict(&[ACCOUNTS], "2026-11-30", "SVA-08"), "violates");
    assert_eq!(verdict(&[ACCOUNTS], "2024-10-15", "SVA-08"), "complies");
    assert_eq!(verdict(&[ACCOUNTS], "2020-01-01", "SVA-09"), "unknown");
}

#[test]
fn dates_that_the_export_brings_itself_are_marked_in_every_report() {
    let dates = "id = \"ours\"\nannounced = 2024-01-01\nsunset = 2030-01-01\nsource = \"our own page\"\n";
    let sandbox = Sandbox::with(&[("service_accounts.csv", ACCOUNTS.1.as_bytes())]);
    sandbox.write("outside.toml", dates).write("export/dates.toml", dates);
    let origin = |more: &[&str]| {
        let json = sandbox.audit(&[more, &["--format", "json", "--fail-on", "never"]].concat()).json();
        json["timeline"]["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(origin(&["--no-config", "--timeline", "outside.toml"]), "file");
    assert_eq!(origin(&["--no-config", "--timeline", "export/dates.toml"]), "export");
    sandbox.write("export/cutover.toml", "[options]\ntimeline = \"2022-12-01\"\n");
    assert_eq!(origin(&[]), "export", "the export chose the announcement");
    for format in ["text", "markdown", "html", "sarif", "junit", "github"] {
        let out = sandbox.audit(&["--format", format, "--fail-on", "never"]).out;
        let (origin, source) = if format == "sarif" {
            ("\"export\"", "edition of 2022-12-01")
        } else {
            ("chosen by the export itself", "edition of 2022-12-01")
        };
        assert!(out.contains(origin) && out.contains(source), "{format}: {out}");
    }
    let plan = ["plan", "export", "--as-of", "2024-10-15"];
    for format in ["text", "markdown", "html", "ics"] {
        let out = sandbox.run(&[plan.as_slice(), &["--format", format]].concat()).out.replace("\r\n ", "");
        assert!(out.contains("chosen by the export itself"), "{format}: {out}");
    }
}

#[test]
fn an_account_used_the_day_before_collection_is_not_unused_months_later() {
    let collected = ("export.toml", "collected_at = 2024-02-10\n");
    for as_of in ["2024-02-10", "2024-06-15", "2025-06-15"] {
        assert_eq!(verdict(&[ACCOUNTS, collected], as_of, "SVA-04"), "complies", "{as_of}");
    }
    let late = ("export.toml", "collected_at = 2024-05-10\n");
    assert_eq!(verdict(&[ACCOUNTS, late], "2024-06-15", "SVA-04"), "violates");
    // As of a day before the export was collected, that day counts.
    assert_eq!(verdict(&[ACCOUNTS, late], "2024-03-01", "SVA-04"), "complies");
    assert_eq!(verdict(&[ACCOUNTS, late], "2024-01-01", "SVA-04"), "unknown", "it was used on a later day");
    let plan = |collected: (&str, &str)| {
        let sandbox = Sandbox::with(&[("service_accounts.csv", ACCOUNTS.1.as_bytes())]);
        sandbox.write("export/export.toml", collected.1);
        let json = sandbox.run(&["plan", "export", "--as-of", "2024-06-15", "--format", "json"]).json();
        json["accounts"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_ne!(plan(collected), "retire");
    assert_eq!(plan(late), "retire");
}

#[test]
fn the_age_of_an_export_is_in_every_header_and_an_old_one_is_a_warning_that_fails_nothing() {
    let sandbox = Sandbox::minimal();
    let audit = |as_of: &str, format: &str| sandbox.run(&["audit", "export", "--as-of", as_of, "--format", format]);
    for format in ["text", "markdown", "html", "junit", "github"] {
        let run = audit("2024-10-15", format).exits(0).says_nothing();
        assert!(run.out.contains("export of 2024-10-14, 1 day old"), "{format}: {}", run.out);
    }
    let json = audit("2024-10-15", "json").json();
    assert_eq!((&json["collected_at"], &json["collected_at_basis"]), (&"2024-10-14".into(), &"export.toml".into()));
    audit("2024-11-13", "text").says_nothing();
    let run = audit("2024-11-14", "text").exits(0).says("collected on 2024-10-14, 31 days before 2024-11-14");
    run.says("[old-export]");
    // Without `export.toml`, the newest date that is not ahead of the day.
    sandbox.remove("export/export.toml");
    let json = audit("2024-10-15", "json").json();
    assert_eq!(json["collected_at_basis"], "newest record");
    let run = audit("2024-10-15", "text");
    assert!(run.out.contains(&format!("export of {} or later", json["collected_at"].as_str().unwrap())), "{}", run.out);
    run.exits(0).says_nothing();
    audit("2025-03-01", "text").says("write the day it was collected into export.toml");
}

#[test]
fn a_newest_date_that_lies_ahead_does_not_tell_when_an_export_was_collected() {
    let users =
        r#"[{"id": 1, "name": "Ann", "created_at": "2024-03-01T08:00:00Z", "last_login_at": "2025-12-24T08:00:00Z"}]"#;
    let json = audited(&[("users.json", users)], "2024-10-15", &["--format", "json", "--fail-on", "never"]).json();
    assert_eq!(json["collected_at"], "2024-03-01");
    let json = audited(&[("users.json", "[]")], "2024-10-15", &["--format", "json", "--fail-on", "never"]).json();
    assert_eq!(json["collected_at"], Value::Null);
}

#[test]
fn an_early_day_of_collection_does_not_hide_that_an_account_is_unused() {
    let users = r#"[{"id": 1, "name": "Ann", "created_at": "2024-10-01T08:00:00Z"}]"#;
    let files = [ACCOUNTS, ("users.json", users), ("export.toml", "collected_at = 2024-02-10\n")];
    assert_eq!(verdict(&files, "2024-10-15", "SVA-04"), "violates");
    audited(&files, "2024-10-15", &[]).says("the export holds a record of 2024-10-01");
    let late = [ACCOUNTS, ("users.json", users), ("export.toml", "collected_at = 2024-09-30\n")];
    let run = audited(&late, "2024-10-15", &[]);
    assert!(!run.err.contains("[conflict]"), "a day apart is a time zone: {}", run.err);
}

#[test]
fn the_oldest_of_several_exports_is_the_age_of_the_audit() {
    let sandbox = Sandbox::minimal();
    copy(&fixture("minimal"), &sandbox.path("other"));
    sandbox.write("other/export.toml", "company_id = 9\ncollected_at = 2024-10-01\n");
    let json = sandbox.run(&["audit", "export", "other", "--as-of", "2024-10-15", "--format", "json"]).json();
    assert_eq!(json["collected_at"], "2024-10-01");
}

#[test]
fn a_gate_whose_side_after_is_older_than_the_side_before_looks_swapped() {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("kestrel"), &sandbox.path("kestrel"));
    let gate = |before: &str, after: &str| {
        sandbox.run(&["gate", before, after, "--as-of", "2024-10-15", "--fail-on", "never", "--format", "json"])
    };
    let swapped = gate("kestrel/after", "kestrel/before").exits(0).says("the two sides look swapped").json();
    assert_eq!(
        (&swapped["collected_at"], &swapped["before_collected_at"]),
        (&"2024-10-14".into(), &"2024-10-15".into())
    );
    let right = gate("kestrel/before", "kestrel/after").exits(0);
    assert!(!right.err.contains("swapped"), "{}", right.err);
}

#[test]
fn a_key_that_is_revoked_on_a_later_day_still_works() {
    let keys = |revoked: &str| {
        format!(
            "KeyIdentifier,Provider,User,Description,IssuedAt,ExpiresInMinutes,Enabled,Revoked,LastUsed\n\
             K-1,Mobile Keys,svc-photos,Photo import,2024-03-01,525600,Yes,{revoked},2024-10-01\n"
        )
    };
    let users = "User,Enabled,Groups,IsAdministrator,LastLogin,Kind\nsvc-photos,Yes,Photos,Yes,,service\n";
    let said = |revoked: &str, as_of: &str| {
        let keys = keys(revoked);
        let files =
            [("credentials/a/app_builder_keys.csv", keys.as_str()), ("credentials/a/app_builder_users.csv", users)];
        verdict(&files, as_of, "APB-04")
    };
    for (as_of, expected) in [("2024-10-14", "violates"), ("2024-10-15", "violates"), ("2024-10-16", "complies")] {
        assert_eq!(said("2024-10-16", as_of), expected, "{as_of}");
    }
    assert_eq!(said("Yes", "2024-10-15"), "complies");
    assert_eq!(said("No", "2024-10-15"), "violates");
}

#[test]
fn what_is_dated_after_the_day_of_the_audit_has_not_happened_yet() {
    let user = |member: &str| {
        format!(
            r#"[{{"id": 7, "name": "photo-sync-1a2b3c4d", "first_name": null, "last_name": "photo-sync-1a2b3c4d",
                "email_address": "photo-sync-1a2b3c4d@procore.com", "is_active": true, "is_employee": false,
                "job_title": null, "last_login_at": null, "welcome_email_sent_at": null, {member}}}]"#
        )
        .replace(
            "\"last_login_at\": null, \"welcome_email_sent_at\": null, \"last_login_at\"",
            "\"welcome_email_sent_at\": null, \"last_login_at\"",
        )
        .replace("\"welcome_email_sent_at\": null, \"welcome_email_sent_at\"", "\"welcome_email_sent_at\"")
    };
    for member in ["last_login_at", "welcome_email_sent_at"] {
        let users = user(&format!(r#""{member}": "2024-10-20T08:00:00Z""#));
        let said = |as_of: &str| verdict(&[("users.json", users.as_str())], as_of, "DIR-04");
        assert_eq!((said("2024-10-15"), said("2024-10-20")), ("unknown", "violates"), "{member}");
    }
    // A review of the future does not count, and does not hide the one before it.
    let legacy = r#"[{"id": 8, "name": "old-plan-room-kestrel", "first_name": null, "last_name": "old-plan-room-kestrel",
        "email_address": "old-plan-room-kestrel@procore.com", "is_active": true, "created_at": "2019-11-04T16:12:02Z"}]"#;
    let review = |on: &str| format!("[[review]]\nsubject = \"old-plan-room-kestrel\"\non = {on}\nby = \"Ann\"\n");
    let said = |reviews: &str| verdict(&[("users.json", legacy), ("reviews.toml", reviews)], "2024-10-15", "SVA-06");
    assert_eq!(said(&review("2024-10-15")), "complies");
    assert_eq!(said(&review("2024-10-16")), "violates");
    assert_eq!(said(&[review("2024-05-01"), review("2024-10-16")].concat()), "complies");
    // An app that is removed later is still installed.
    let app = r#"[{"id": 1, "app_uid": "uid-1", "status": "uninstalled", "installed_at": "2024-02-05T16:20:38Z",
        "uninstalled_at": "2024-10-20T08:00:00Z", "semantic_version": "1.0.0", "developer_app": {"id": 5, "name": "Photo Sync"}}]"#;
    let usage = "[[usage]]\nsubject = \"Photo Sync\"\nnever_used = true\n";
    let collected = ("export.toml", "collected_at = 2024-10-25\n");
    let said = |as_of| verdict(&[("app_installations.json", app), ("reviews.toml", usage), collected], as_of, "INS-10");
    assert_eq!((said("2024-10-15"), said("2024-10-20")), ("violates", "complies"));
}

#[test]
fn the_severity_of_a_near_sunset_changes_on_the_days_that_are_documented() {
    let severity = |as_of: &str| {
        let more = ["--control", "SVA-09", "--format", "json", "--fail-on", "never"];
        let json = audited(&[ACCOUNTS], as_of, &more).json();
        json["violations"][0]["severity"].as_str().unwrap_or("none").to_owned()
    };
    for (as_of, expected) in [
        ("2024-07-03", "none"),
        ("2024-07-04", "medium"),
        ("2024-10-01", "medium"),
        ("2024-10-02", "high"),
        ("2024-11-30", "high"),
        ("2024-12-01", "critical"),
    ] {
        assert_eq!(severity(as_of), expected, "{as_of}");
    }
}

#[test]
fn a_plan_after_the_sunset_is_a_recovery_without_slack() {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("harborline"), &sandbox.path("export"));
    let run = sandbox.run(&["plan", "export", "--as-of", "2026-11-30", "--format", "json"]).exits(1);
    let plan = run.json();
    assert_eq!(plan["mode"], "recovery");
    for account in plan["accounts"].as_array().unwrap() {
        assert!(account["slack_days"].is_null(), "{}", account["slack_days"]);
    }
    let text = sandbox.run(&["plan", "export", "--as-of", "2026-11-30"]).exits(1).out;
    assert!(text.contains("the legacy sunset is past (2025-03-18)"), "{text}");
}
