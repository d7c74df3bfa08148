//! A plan of everything that a plan can have, made by hand.

use chrono::NaiveDate;
use cutover_model::result::audit::{CollectedBasis, Timeline, TimelineOrigin};
use cutover_model::result::plan::{
    Access, Account, Alternative, Assessed, BlastRadius, Blocker, Change, Drift, Finding, Mode, Period, Plan, Progress,
    Question, Replacement, RightSize, SCHEMA, Shortfall, SimulatedWave, Simulation, State, Status, Step, StepState,
    Summary, Terms, Wave, WhatIf,
};
use cutover_model::result::{Location, Party, Severity, Thing, ToolInfo};
use serde_json::Value;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn thing(r#type: &str, name: &str) -> Thing {
    Thing::new(r#type, format!("id of {name}"), name)
}

pub(crate) fn change(tool: &str, before: Option<&str>, after: Option<&str>, projects: &[&str]) -> Change {
    Change {
        tool: thing("Tool", tool),
        scope: if projects.is_empty() { "company" } else { "project" }.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        projects: projects.iter().map(|name| thing("Project", name)).collect(),
        granular: 0,
        used: None,
    }
}

pub(crate) fn used(used: bool, change: Change) -> Change {
    Change { used: Some(used), ..change }
}

fn step(account: &str, kind: &str, action: &str, party: Party, days: [&str; 3]) -> Step {
    Step {
        id: format!("{account}.{kind}"),
        kind: kind.to_owned(),
        action: action.to_owned(),
        party,
        duty: "C1".to_owned(),
        right: String::new(),
        after: Vec::new(),
        days: 2,
        earliest: day(days[0]),
        ends: day(days[1]),
        latest: Some(day(days[2])),
        overdue: false,
        check: format!("{kind} is done"),
        undo: format!("{kind} is undone"),
    }
}

fn after(step: Step, after: &[&str]) -> Step {
    Step { after: after.iter().map(|id| (*id).to_owned()).collect(), ..step }
}

fn finding(control: &str, severity: Severity, subject: &str, message: &str) -> Finding {
    Finding {
        control: control.to_owned(),
        severity,
        subject: thing("LegacyAccount", subject),
        resource: thing("Company", "Harborline"),
        message: message.to_owned(),
    }
}

/// An account of which nothing is known yet.
pub(crate) fn account(name: &str, status: Status, reason: &str) -> Account {
    Account {
        account: thing("LegacyAccount", name),
        company: "1".to_owned(),
        location: Location {
            path: "service_accounts.csv".to_owned(),
            line: 2,
            column: 1,
            pointer: "/0".to_owned(),
            snippet: None,
        },
        status,
        reason: reason.to_owned(),
        replacement: None,
        access: Access::default(),
        blockers: Vec::new(),
        open_questions: Vec::new(),
        steps: Vec::new(),
        wave: None,
        credentials: Vec::new(),
        moves_with: Vec::new(),
        moves_because: Vec::new(),
        blast_radius: BlastRadius::default(),
        slack_days: None,
    }
}

/// One that moves, with everything an account can have.
fn mover(name: &str) -> Account {
    Account {
        replacement: Some(Replacement {
            app: Some(thing("App", "Vault Archive")),
            basis: "marketplace app".to_owned(),
            confidence: 90,
            alternatives: ["Vault", "Archive", "Vault Two", "Vault Three"]
                .map(|name| Alternative { app: thing("App", name), basis: "name".to_owned(), confidence: 40 })
                .to_vec(),
        }),
        access: Access {
            kept: vec![change("Photos", Some("read_only"), Some("read_only"), &["Tower"])],
            lost: vec![
                change("Drawings", Some("admin"), Some("none"), &["Tower", "Bridge", "Dock", "Pier"]),
                used(false, change("Directory", Some("read_only"), Some("none"), &[])),
                used(true, change("Documents", Some("admin"), Some("read_only"), &["Tower", "Bridge"])),
            ],
            gained: vec![
                Change { granular: 2, ..change("Budget", Some("none"), Some("standard"), &["Tower"]) },
                change("RFIs", Some("read_only"), Some("standard"), &["Tower"]),
            ],
            unknown: vec![change("Emails", None, Some("read_only"), &[])],
            right_size: vec![
                RightSize {
                    tool: thing("Tool", "Budget"),
                    level: "standard".to_owned(),
                    needed: "read_only".to_owned(),
                    calls: 1234,
                },
                RightSize {
                    tool: thing("Tool", "RFIs"),
                    level: "standard".to_owned(),
                    needed: "none".to_owned(),
                    calls: 0,
                },
            ],
            usage_from: Some("api_activity/vault.csv".to_owned()),
        },
        blockers: vec![Blocker {
            control: "WEB-02".to_owned(),
            severity: Severity::High,
            title: "Webhook signed by the account".to_owned(),
            message: format!("{name} owns a webhook"),
            remedy: "Make the webhook again from the app.".to_owned(),
            party: Party::Developer,
            blocks: false,
            step: Some("A003.hooks".to_owned()),
        }],
        open_questions: vec![Question {
            control: "MIG-03".to_owned(),
            title: "Replacement is installed on every project".to_owned(),
            resource: thing("App", "Vault Archive"),
            missing: vec!["the projects of the app".to_owned()],
        }],
        steps: vec![
            step(
                "A003",
                "install",
                "Install Vault Archive in Harborline",
                Party::Customer,
                ["2024-10-16", "2024-10-17", "2024-11-12"],
            ),
            Step {
                right: "company administrator".to_owned(),
                ..after(
                    step(
                        "A003",
                        "permit",
                        "Permit the projects Tower and Bridge",
                        Party::Customer,
                        ["2024-10-18", "2024-10-18", "2024-11-13"],
                    ),
                    &["A003.install"],
                )
            },
            Step {
                overdue: true,
                ..after(
                    step(
                        "A003",
                        "hooks",
                        "Make the webhooks again",
                        Party::Developer,
                        ["2024-10-21", "2024-10-22", "2024-10-14"],
                    ),
                    &["A003.install", "A003.permit"],
                )
            },
            after(
                step(
                    "A003",
                    "remove",
                    "Remove the account",
                    Party::Platform,
                    ["2024-10-23", "2024-10-24", "2024-12-16"],
                ),
                &["A003.hooks", "A002.install"],
            ),
        ],
        wave: Some(1),
        moves_with: vec![thing("LegacyAccount", "Bid Room Feed")],
        moves_because: Vec::new(),
        blast_radius: BlastRadius { users: 1200, projects: 2, tools: 6 },
        slack_days: Some(37),
        ..account(name, Status::Ready, "It is in use and its app is installed")
    }
}

/// A plan of everything a plan can have.
pub(crate) fn whole() -> Plan {
    let blocked = Account {
        blockers: vec![Blocker {
            control: "REP-02".to_owned(),
            severity: Severity::Critical,
            title: "Replacement is not reviewed".to_owned(),
            message: "The app has no vendor review".to_owned(),
            remedy: "Have the vendor reviewed.".to_owned(),
            party: Party::Customer,
            blocks: true,
            step: None,
        }],
        steps: vec![step(
            "A002",
            "install",
            "Install the app once it is reviewed",
            Party::Customer,
            ["2024-10-16", "2024-12-27", "2024-12-16"],
        )],
        wave: Some(2),
        slack_days: Some(-9),
        ..account("Bid Room Feed", Status::Blocked, "The replacement is not reviewed")
    };
    let decide = Account {
        replacement: Some(Replacement { app: None, basis: "none".to_owned(), confidence: 0, alternatives: Vec::new() }),
        ..account("Weather Logger", Status::Decide, "Nothing says which app replaces it")
    };
    let accounts = vec![
        decide,
        blocked,
        mover("Vault Archive"),
        account("Pagemark", Status::Retire, "It was not used for 500 days"),
        account("Timecards", Status::Done, "The app is installed and the account is gone"),
    ];
    Plan {
        schema: SCHEMA.to_owned(),
        tool: ToolInfo { name: "cutover".to_owned(), version: "0.1.0".to_owned() },
        as_of: day("2024-10-15"),
        timeline: Timeline {
            id: "2024-01-29".to_owned(),
            no_new_accounts: Some(day("2024-10-01")),
            sunset: Some(day("2024-12-31")),
            source: "Procore".to_owned(),
            origin: TimelineOrigin::BuiltIn,
        },
        collected_at: Some(day("2024-10-14")),
        collected_at_basis: Some(CollectedBasis::ExportFile),
        companies: vec![thing("Company", "Harborline")],
        decided_by: Vec::new(),
        inputs: Vec::new(),
        terms: Terms {
            start: day("2024-10-16"),
            capacity: Some(5),
            freezes: vec![Period { from: day("2024-11-25"), to: day("2024-11-29") }],
            buffer_days: 14,
            deadline: Some(day("2024-12-17")),
        },
        mode: Mode::Migration,
        feasible: false,
        shortfalls: vec![Shortfall {
            account: thing("LegacyAccount", "Bid Room Feed"),
            step: "A002.install".to_owned(),
            days: 11,
            reason: "the review takes until 2024-12-20".to_owned(),
        }],
        summary: Summary::count(&accounts),
        accounts,
        waves: vec![
            Wave {
                number: 1,
                from: day("2024-10-21"),
                to: day("2024-10-25"),
                accounts: vec![thing("LegacyAccount", "Vault Archive")],
                slack_days: Some(37),
                blast_radius: BlastRadius { users: 1200, projects: 2, tools: 6 },
            },
            Wave {
                number: 2,
                from: day("2024-12-23"),
                to: day("2024-12-27"),
                accounts: vec![thing("LegacyAccount", "Bid Room Feed")],
                slack_days: Some(-9),
                blast_radius: BlastRadius { users: 1, projects: 1, tools: 1 },
            },
        ],
        simulation: Simulation {
            before: 9,
            waves: vec![
                SimulatedWave {
                    wave: 1,
                    removed: vec![finding("SVA-01", Severity::High, "Vault Archive", "Vault Archive exists")],
                    introduced: vec![finding(
                        "ACC-03",
                        Severity::Medium,
                        "Vault Archive",
                        "Standard is more than the use needs",
                    )],
                    remaining: 9,
                    lost_in_use: vec!["Vault Archive: Documents, Admin used, Read Only left".to_owned()],
                },
                SimulatedWave {
                    wave: 0,
                    removed: vec![finding("SVA-01", Severity::High, "Pagemark", "Pagemark exists")],
                    introduced: Vec::new(),
                    remaining: 8,
                    lost_in_use: Vec::new(),
                },
            ],
            after: 8,
            assumptions: vec!["Emails is taken to be used".to_owned()],
        },
        what_if: Some(WhatIf {
            path: "proposed.toml".to_owned(),
            changes: vec!["Budget of template All goes from Standard to Admin".to_owned()],
            subjects: vec![thing("Template", "All"), thing("Person", "Ines Barros")],
            removed: Vec::new(),
            introduced: vec![finding("TPL-02", Severity::High, "All", "The template gives Admin")],
        }),
        repair: None,
        duties: Vec::new(),
        graph: None,
        progress: Some(Progress {
            path: "plan.json".to_owned(),
            as_of: day("2024-09-01"),
            valid: false,
            same_inputs: false,
            changed_inputs: vec!["users.json".to_owned()],
            drift: vec![Drift {
                account: thing("LegacyAccount", "Bid Room Feed"),
                what: "its app was uninstalled".to_owned(),
                breaks: true,
            }],
            steps: vec![
                StepState {
                    step: "A001.install".to_owned(),
                    account: thing("LegacyAccount", "Timecards"),
                    action: "Install the app".to_owned(),
                    state: State::Done,
                    latest: Some(day("2024-10-01")),
                },
                StepState {
                    step: "A002.install".to_owned(),
                    account: thing("LegacyAccount", "Bid Room Feed"),
                    action: "Install the app".to_owned(),
                    state: State::Overdue,
                    latest: Some(day("2024-10-10")),
                },
            ],
            accounts_done: 1,
            accounts: 2,
            steps_done: 1,
        }),
        overrides: Vec::new(),
        waivers: Vec::new(),
        coverage: vec![
            Assessed { control: "MIG-01".to_owned(), facts: 5, violations: 1, unknown: 0 },
            Assessed { control: "MIG-03".to_owned(), facts: 5, violations: 0, unknown: 2 },
        ],
        notes: vec!["Permitted projects are cleared by every update and reinstall".to_owned()],
        diagnostics: Vec::new(),
    }
}

/// The whole plan with every name and sentence replaced by this one, and every id ending in it.
pub(crate) fn renamed(text: &str) -> Plan {
    let mut plan = serde_json::to_value(whole()).unwrap();
    rename(&mut plan, text);
    serde_json::from_value(plan).unwrap()
}

fn rename(value: &mut Value, text: &str) {
    const IDS: [&str; 3] = ["id", "step", "after"];
    const TEXTS: [&str; 16] = [
        "name",
        "reason",
        "basis",
        "usage_from",
        "title",
        "message",
        "remedy",
        "action",
        "duty",
        "right",
        "check",
        "undo",
        "what",
        "path",
        "control",
        "kind",
    ];
    const LISTS: [&str; 6] = ["lost_in_use", "assumptions", "changes", "changed_inputs", "notes", "missing"];
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                let key = key.as_str();
                match value {
                    Value::String(id) if IDS.contains(&key) => id.push_str(text),
                    Value::String(value) if TEXTS.contains(&key) => *value = text.to_owned(),
                    Value::Array(ids) if key == "after" => {
                        ids.iter_mut().for_each(|id| *id = format!("{}{text}", id.as_str().unwrap()).into());
                    }
                    Value::Array(texts) if LISTS.contains(&key) => texts.fill(text.into()),
                    _ => rename(value, text),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, text)),
        _ => {}
    }
}

/// A plan of many accounts.
pub(crate) fn many(number: usize) -> Plan {
    let mut plan = whole();
    let name = |index: usize| format!("account {index}");
    plan.accounts = (1..=number)
        .map(|index| {
            let mut account = mover(&name(index));
            account.steps.iter_mut().for_each(|step| step.id = format!("B{index}.{}", step.kind));
            account.steps[3].after = vec![format!("B{}.remove", index - 1)];
            account.moves_with = vec![thing("LegacyAccount", &name(index + 1))];
            account.wave = Some(index / 50 + 1);
            account
        })
        .collect();
    plan.summary = Summary::count(&plan.accounts);
    plan.waves[0].accounts = plan.accounts.iter().map(|account| account.account.clone()).collect();
    plan
}
