//! The page for the browser: sealed against the network, small whatever the result is, and readable without a script. What a
//! browser makes of it is tested in `tests/browser`.

use crate::support;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutover_model::escape::is_deceptive;
use cutover_model::result::audit::{Audit, Summary, Violation};
use cutover_model::result::gate::Gate;
use cutover_model::result::plan::Plan;
use cutover_report::plan::{PlanFormat, plan};
use cutover_report::{self as report, Format, Style};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{Sandbox, TODAY, fixture};

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn harborline() -> Audit {
    let run = Sandbox::with(&[]).run(&["audit", &text(&fixture("harborline")), "--as-of", TODAY, "--format", "json"]);
    serde_json::from_str(&run.exits(1).out).unwrap()
}

fn harborline_plan() -> Plan {
    let run = Sandbox::with(&[]).run(&["plan", &text(&fixture("harborline")), "--as-of", TODAY, "--format", "json"]);
    serde_json::from_str(&run.exits(0).out).unwrap()
}

fn kestrel() -> Gate {
    let (before, after) = (fixture("kestrel").join("before"), fixture("kestrel").join("after"));
    let run = Sandbox::with(&[]).run(&["gate", &text(&before), &text(&after), "--as-of", TODAY, "--format", "json"]);
    serde_json::from_str(&run.exits(1).out).unwrap()
}

fn page(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn drawn(audit: &Audit) -> String {
    page(|out| report::render(audit, Format::Html, Style::default(), out))
}

fn drawn_plan(of: &Plan) -> String {
    page(|out| plan(of, PlanFormat::Html, Style::default(), out))
}

fn drawn_gate(of: &Gate) -> String {
    page(|out| report::render(of, Format::Html, Style::default(), out))
}

/// What stands between two texts, the first time they come.
#[track_caller]
fn between<'t>(page: &'t str, from: &str, to: &str) -> &'t str {
    page.split_once(from).unwrap().1.split_once(to).unwrap().0
}

/// The short form, with every path as the repository has it.
fn still(page: &str) -> String {
    let still = between(page, "<div class=\"still\" id=\"still\">", "</div>\n</body>");
    still.replace(&format!("{}/", env!("CARGO_MANIFEST_DIR")), "")
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "id=\"data\">", "</script>")).unwrap()
}

/// An audit with so many violations of one sort.
fn interner(count: usize) -> Audit {
    let mut audit = harborline();
    let pattern: Vec<Violation> = audit.violations.clone();
    audit.violations = (0..count)
        .map(|number| {
            let mut one = pattern[number % pattern.len()].clone();
            let round = number / pattern.len();
            one.fingerprint = format!("{number:032x}");
            one.subject.id = format!("{}-{round}", one.subject.id).into();
            let name = format!("{}-{round}", one.subject.name);
            one.message = one.message.replace(one.subject.name.as_str(), &name);
            one.subject.name = name.into();
            one.location.line += round;
            one
        })
        .collect();
    audit.summary = Summary::count(&audit.violations, &audit.coverage);
    audit
}

#[test]
fn the_short_form_of_each_result_is_readable_markup() {
    insta::assert_snapshot!("an_audit_in_short", still(&drawn(&harborline())));
    insta::assert_snapshot!("a_gate_in_short", still(&drawn_gate(&kestrel())));
    insta::assert_snapshot!("a_plan_in_short", still(&drawn_plan(&harborline_plan())));
}

#[test]
fn the_policy_of_the_page_names_its_own_script_and_style_and_nothing_else() {
    for page in [drawn(&harborline()), drawn_gate(&kestrel()), drawn_plan(&harborline_plan())] {
        let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let (script, style) = (between(&page, "\n<script>", "</script>"), between(&page, "<style>", "</style>"));
        let expected = format!(
            "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
            digest(script),
            digest(style)
        );
        assert_eq!(policy, expected);
        assert_eq!(page.matches("<script").count(), 2, "the data and the script");
        assert!(!page.contains(" src=") && !page.contains(" href=\"http") && !page.contains(" style="));
    }
}

#[test]
fn a_saved_gate_is_drawn_as_the_gate_itself_would_have() {
    let sandbox = Sandbox::with(&[]);
    support::copy(&fixture("kestrel"), &sandbox.path("kestrel"));
    let gate = ["gate", "kestrel/before", "kestrel/after", "--as-of", TODAY];
    let direct = sandbox.run(&[gate.as_slice(), &["--format", "html", "-o", "json=gate.json"]].concat()).exits(1);
    let again = sandbox.run(&["report", "gate.json", "--format", "html"]).exits(0);
    assert!(direct.out == again.out && direct.out.starts_with("<!DOCTYPE html>"));
}

#[test]
fn no_name_leaves_its_place_in_markup_or_data() {
    let hostile = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\u{202e}\u{0}\u{1b}[2J",
        "]]>--></style>",
    ];
    for name in hostile {
        let mut audit = harborline();
        audit.companies[0].name = name.into();
        for one in &mut audit.violations {
            (one.subject.name, one.resource.name) = (name.into(), name.into());
            for text in [&mut one.message, &mut one.remedy, &mut one.location.path] {
                *text = name.to_owned();
            }
        }
        let page = drawn(&audit);
        assert_eq!(page.matches("<script").count(), 2, "{name}");
        assert!(!page.contains("<img"), "{name}");
        assert!(!page.chars().any(|letter| letter != '\n' && is_deceptive(letter)), "{name}");
    }
}

#[test]
fn ten_thousand_violations_stay_below_five_megabytes_and_none_is_left_out() {
    let audit = interner(10_000);
    let page = drawn(&audit);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let values = data(&page)["values"].to_string();
    assert!(audit.violations.iter().all(|one| values.contains(&one.fingerprint)));
}

#[test]
fn of_a_million_each_group_keeps_its_share_and_the_page_says_so() {
    let mut audit = interner(2_000);
    audit.groups = audit.groups(usize::MAX);
    let large = audit.groups.iter_mut().max_by_key(|group| group.count).unwrap();
    large.count = 1_000_000;
    let page = drawn(&audit);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(still(&page).contains(" more violations ("), "the short form");
    assert!(still(&page).contains("<code>csv</code> have every one"));
    // Zero or more stands for a place in the table, a number below for itself.
    assert!(data(&page)["values"].to_string().contains(",-1000001"), "how many there are in the group");
}

#[test]
fn long_names_and_many_members_do_not_make_a_large_page() {
    let mut audit = interner(300);
    for (number, one) in audit.violations.iter_mut().enumerate() {
        one.message = format!("{number} {}", "long ".repeat(5_000));
        one.members = (0..1_000)
            .map(|member| {
                let (id, name) = (format!("{number}-{member}"), format!("Project {number} {member}"));
                cutover_model::result::Thing::new("Project", id, name)
            })
            .collect();
        one.count = 1_000;
    }
    let page = drawn(&audit);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

#[test]
fn a_page_of_nothing_says_so() {
    let run = Sandbox::with(&[]).run(&["audit", &text(&fixture("minimal")), "--as-of", TODAY, "--format", "html"]);
    let page = run.exits(0).out;
    assert!(still(&page).contains("<strong>no violations"), "{}", still(&page));
}
