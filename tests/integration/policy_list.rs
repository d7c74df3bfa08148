//! `cutover policy list`, `show`, `docs` and `new`, run as a program.

use crate::support::{Run, Sandbox};
use cutover_model::natural;
use serde_json::Value;

/// A control of somebody else's pack, whose texts do what they can.
const HOSTILE: &str = r##"// Why: <b>x</b> [x](javascript:y) @team
@id("EVIL-1")
@title("A\u{1b}[2J\u{202e} | <b>title</b> [x](javascript:y) `")
@severity("low")
@party("customer")
@duty("Z\u{1b}]0;x\u{7}")
@message("=1+1 \u{9b}2J {principal.name}")
@remedy("-1 \u{200b} ![x](https://evil.test)")
@reference("one\u{1b}[31m; @two; three")
forbid (principal is Cutover::Person, action == Cutover::Action::"holds", resource)
when { context.level in Cutover::Level::"admin" && resource.name like "\u{1b}*" };
"##;

fn sandbox() -> Sandbox {
    Sandbox::with(&[])
}

#[track_caller]
fn list(arguments: &[&str]) -> Value {
    sandbox()
        .run(&[["policy", "list", "--format", "json"].as_slice(), arguments].concat())
        .exits(0)
        .says_nothing()
        .json()
}

#[track_caller]
fn ids(policies: &Value) -> Vec<String> {
    policies["controls"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn with_hostile() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("pack/evil.cedar", HOSTILE);
    sandbox
}

#[test]
fn the_list_holds_every_control_over_exports_and_over_plans_in_natural_order() {
    let policies = list(&[]);
    assert_eq!(policies["schema"], "cutover.policies/v1");
    let ids = ids(&policies);
    let mut sorted = ids.clone();
    sorted.sort_by(|one, other| natural::compare(one, other));
    assert_eq!(ids, sorted);
    for (id, over) in [("DIR-01", "export"), ("MIG-01", "plan")] {
        let control = policies["controls"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
        assert_eq!(control["over"], over, "{id}");
        assert_eq!(control["source"]["path"], format!("policies/controls/{id}.cedar"));
        assert_eq!(control["source"]["built_in"], true);
        assert!(!control["why"].as_str().unwrap().is_empty() && !control["duty_text"].as_str().unwrap().is_empty());
        assert!(control.get("policy").is_none() && control.get("example").is_none());
    }
}

#[test]
fn a_control_is_told_with_what_it_reads_needs_and_relates_to() {
    let policies = list(&["--control", "INS-03"]);
    let control = &policies["controls"][0];
    assert_eq!(control["applies_to"][0]["action"], "installed");
    assert!(control["reads"].as_array().unwrap().contains(&"context.update_offered".into()));
    assert!(control["needs"].as_array().unwrap().contains(&"app_installations".into()));
    let relations = control["relates_to"].as_array().unwrap();
    let found = relations.iter().find(|one| one["id"] == "SA-22").unwrap();
    assert_eq!(found["framework"], "NIST SP 800-53");
    assert_eq!(found["title"], "Unsupported System Components");
    assert_eq!(found["verified"], "catalogue");
    assert_eq!(list(&["--control", "UIN-01"])["controls"][0]["unknown"], "medium");
    assert_eq!(list(&["--control", "MIG-01"])["controls"][0]["migration"], "blocks: ship");
}

#[test]
fn several_references_are_told_apart() {
    let references = list(&["--control", "CRD-01"])["controls"][0]["references"].clone();
    assert_eq!(references[1], "OWASP ASVS 5.0 section 13.3");
}

#[test]
fn the_list_keeps_to_its_published_schema() {
    let schema = sandbox().run(&["schema", "policies"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let sandbox = with_hostile();
    let policies = sandbox.run(&["policy", "list", "--policies", "pack", "--format", "json"]).exits(0).json();
    assert!(validator.is_valid(&policies), "{:?}", validator.iter_errors(&policies).next());
    // One control is one element of the list.
    let mut of_one = list(&["--control", "DIR-01"]);
    let shown = sandbox.run(&["policy", "show", "DIR-01", "--format", "json"]).exits(0).json();
    of_one["controls"][0] = shown.clone();
    assert!(validator.is_valid(&of_one));
    assert!(shown["policy"].as_str().unwrap().starts_with("@id(\"DIR-01\")"));
    assert!(!shown["example"]["violations"].as_array().unwrap().is_empty());
}

#[test]
fn the_list_narrows_by_id_party_and_severity() {
    let some = ids(&list(&["--control", "DIR-*", "--control", "GRT-01"]));
    assert!(some.contains(&"DIR-01".to_owned()) && some.contains(&"GRT-01".to_owned()));
    assert!(some.iter().all(|id| id.starts_with("DIR-") || id == "GRT-01"), "{some:?}");
    for (option, member, value) in [("--party", "party", "developer"), ("--severity", "severity", "deadline")] {
        let policies = list(&[option, value]);
        let controls = policies["controls"].as_array().unwrap().clone();
        assert!(!controls.is_empty() && controls.iter().all(|control| control[member] == value), "{option}");
        assert!(controls.len() < ids(&list(&[])).len());
    }
}

#[test]
fn a_pattern_that_fits_no_control_is_refused() {
    let run = |pattern: &str| sandbox().run(&["policy", "list", "--control", pattern]).exits(2);
    run("NOPE-*").says("no control matches `NOPE-*`");
    run("[").says("`[` is not a pattern");
    // A filter that leaves nothing over is no mistake.
    let run = sandbox().run(&["policy", "list", "--control", "DIR-01", "--party", "developer"]).exits(0);
    assert_eq!(run.out, "no controls\n");
}

#[test]
fn text_is_grouped_by_family_and_fits_the_terminal() {
    let sandbox = sandbox();
    let run = sandbox.run_with(&["policy", "list"], &[("COLUMNS", "60")], b"").exits(0).says_nothing().stays_plain();
    let place = |text: &str| run.out.find(text).unwrap_or_else(|| panic!("{text} is not in\n{}", run.out));
    assert!(place("App manifests (MAN)\n  MAN-01  critical  developer  ") < place("\nDirectory (DIR)\n"));
    assert!(place("\nDirectory (DIR)\n") < place("\nMigration (MIG)\n"));
    let widest = run.out.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(60), "{widest:?}\n{}", run.out);
    let words = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(" controls: ") && words.ends_with(" by the days left"), "{words}");
}

#[test]
fn colours_are_for_terminals_and_whoever_asks_for_them() {
    let run = |environment: &[(&str, &str)]| sandbox().run_with(&["policy", "list"], environment, b"").exits(0).out;
    assert!(!run(&[]).contains('\u{1b}'));
    assert!(run(&[("CLICOLOR_FORCE", "1")]).contains("\u{1b}[1;35mcritical\u{1b}[0m"));
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn what_a_pack_says_is_shown_and_not_obeyed() {
    let sandbox = with_hostile();
    let run = |arguments: &[&str]| -> Run {
        sandbox.run(&[["policy"].as_slice(), arguments, &["--policies", "pack"]].concat()).exits(0).stays_plain()
    };
    for format in ["text", "json", "csv", "markdown"] {
        let run = run(&["list", "--control", "EVIL-*", "--format", format]);
        assert!(run.out.contains("EVIL-1"), "{}", run.out);
    }
    for format in ["text", "json"] {
        assert!(run(&["show", "EVIL-1", "--format", format]).out.contains("EVIL-1"));
    }
    let csv = run(&["list", "--control", "EVIL-*", "--format", "csv"]).out;
    assert!(csv.contains(",'=1+1 ") && csv.contains(",'-1 "), "{csv}");
    let docs = run(&["docs"]).out;
    let ours = docs.split("## EVIL-1").nth(1).unwrap();
    assert!(!ours.contains("<b>") && !ours.contains("[x](") && !ours.contains("![x]"), "{ours}");
    assert!(!ours.contains(" @team"), "a mention calls somebody");
    let json = run(&["list", "--control", "EVIL-*", "--format", "json"]).json();
    assert!(json["controls"][0]["title"].as_str().unwrap().contains('\u{1b}'), "a document keeps what is so");
    assert_eq!(json["controls"][0]["duty_text"], Value::Null);
}

#[test]
fn a_control_of_another_pack_stands_in_a_family_of_its_own_or_takes_the_place_of_a_built_in_one() {
    let sandbox = sandbox();
    sandbox.write("pack/a.cedar", HOSTILE.replace("EVIL-1", "ACME-1"));
    sandbox.write("pack/b.cedar", HOSTILE.replace("EVIL-1", "DIR-01"));
    let run = sandbox.run(&["policy", "list", "--policies", "pack", "--format", "json"]).exits(0).json();
    let of = |id: &str| run["controls"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
    assert_eq!(of("ACME-1")["family"], "ACME");
    assert_eq!(of("ACME-1")["relates_to"], Value::Array(Vec::new()));
    assert_eq!(of("DIR-01")["severity"], "low");
    assert_eq!(of("DIR-01")["source"], serde_json::json!({"path": "pack/b.cedar", "built_in": false}));
    assert_eq!(of("DIR-02")["source"]["built_in"], true);
    assert_eq!(run["families"].as_array().unwrap().last().unwrap()["id"], "ACME");
}

#[test]
fn only_the_comment_right_above_a_policy_says_why() {
    let sandbox = sandbox();
    let policy = HOSTILE.split_once('\n').unwrap().1;
    let text = format!("// A licence.\n\n// Because of\n//   this.\n{}\n{policy}", policy.replace("EVIL-1", "EVIL-2"));
    sandbox.write("pack/evil.cedar", text);
    let run = sandbox.run(&["policy", "list", "--policies", "pack", "--control", "EVIL-*", "--format", "json"]);
    let json = run.exits(0).json();
    assert_eq!(json["controls"][0]["why"], "");
    assert_eq!(json["controls"][1]["why"], "Because of this.");
}

#[test]
fn a_control_is_shown_with_everything_there_is_to_know() {
    let run = sandbox().run(&["policy", "show", "DIR-01"]).exits(0).says_nothing().stays_plain();
    let parts = [
        "DIR-01  ",
        "critical, the customer acts",
        "\nWhy\n  A service identity with Admin on the company Directory administers the whole company.\n",
        "\nWho\n  The customer is responsible, by duty C9: keeping Company Directory Admin away",
        "\nMessage\n  ‹principal›",
        "\nWhat to do\n",
        "\nSource\n",
        "\nRelates to\n",
        "  NIST SP 800-53 r5\n",
        "    AC-6  Least Privilege\n",
        "\nAttributes it reads, and the exports that state them\n",
        "    context.level",
        "permission templates or permission manifests\n",
        "\nPolicy\n  policies/controls/DIR-01.cedar (built in)\n\n    @id(\"DIR-01\")\n",
        "\nExample\n",
        "\n  Violations:\n    critical: ",
    ];
    let mut rest = run.out.as_str();
    for part in parts {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("`{part}` is not next in\n{}", run.out));
        rest = after;
    }
}

#[test]
fn an_example_has_no_secret_in_it() {
    let run = sandbox().run(&["policy", "show", "CRD-01"]).exits(0);
    run.hides("made-up-for-this-test");
}

#[test]
fn an_unknown_id_is_refused_with_the_nearest_ones() {
    let sandbox = sandbox();
    sandbox
        .run(&["policy", "show", "dir-1"])
        .exits(2)
        .says("there is no control `dir-1`")
        .says("did you mean `DIR-01`");
    sandbox.run(&["policy", "show", "something"]).exits(2).says("`cutover policy list` lists them all");
    sandbox.run(&["policy", "show", "\u{1b}[2J"]).exits(2).stays_plain();
}

#[test]
fn the_catalogue_is_written_into_a_folder_page_by_page() {
    let sandbox = with_hostile();
    sandbox.write("docs/DIR.md", "old").write("docs/notes.md", "ours");
    let run = sandbox.run(&["policy", "docs", "-o", "docs", "--policies", "pack"]).exits(0).says_nothing();
    assert!(run.out.contains("pages about") && run.out.ends_with("in docs\n"), "{}", run.out);
    let index = sandbox.read("docs/README.md");
    assert!(index.contains("| [DIR-01](DIR.md#dir-01) | critical | customer |"), "{index}");
    assert!(index.contains("## [EVIL](EVIL.md)"), "{index}");
    assert!(sandbox.read("docs/DIR.md").contains("## DIR-01\n\n**"));
    let frameworks = sandbox.read("docs/FRAMEWORKS.md");
    let row = frameworks.lines().find(|line| line.starts_with("| AC-6 | Least Privilege | ")).unwrap();
    assert!(row.contains("[DIR-01](DIR.md#dir-01)"), "{row}");
    assert_eq!(sandbox.read("docs/notes.md"), "ours", "what it did not write stays");
    // Every link leads to a heading that is there.
    for (at, _) in index.match_indices("](") {
        let target = index.get(at + 2..).unwrap().split(')').next().unwrap();
        let (page, anchor) = target.split_once('#').unwrap_or((target, ""));
        if target == "javascript:y" {
            continue;
        }
        let text = sandbox.read(&format!("docs/{page}")).to_lowercase();
        assert!(anchor.is_empty() || text.contains(&format!("## {anchor}\n")), "{target}");
    }
}

#[test]
fn the_catalogue_can_be_one_page() {
    let run = sandbox().run(&["policy", "docs"]).exits(0).says_nothing().stays_plain();
    assert!(run.out.contains("| [DIR-01](#dir-01) |") && run.out.contains("\n# Directory (DIR)\n"));
}

#[test]
fn a_new_control_loads_and_its_tests_pass_as_they_are() {
    let sandbox = sandbox();
    let run = sandbox.run(&["policy", "new", "ACME-07", "--folder", "our/pack"]).exits(0).says_nothing();
    assert!(run.out.starts_with("wrote our/pack/ACME-07.cedar\nwrote our/pack/ACME-07.test.toml\n"), "{}", run.out);
    assert!(run.out.contains("cutover policy test our/pack --control ACME-07"), "{}", run.out);
    sandbox.run(&["policy", "check", "our/pack"]).exits(0).says_nothing();
    let run = sandbox.run(&["policy", "test", "our/pack", "--mutate"]).exits(0);
    assert!(run.out.contains("ACME-07  5 cases, all passed"), "{}", run.out);
    // Its example lies beside it.
    let shown = sandbox.run(&["policy", "show", "ACME-07", "--policies", "our/pack"]).exits(0).says_nothing();
    assert!(shown.out.contains("\nWhy\n  Commitments carry contract values"), "{}", shown.out);
    assert!(shown.out.contains("our/pack/ACME-07.cedar (your own)"), "{}", shown.out);
    assert!(shown.out.contains("photo-sync-1a2b3c4d holds Standard on"), "{}", shown.out);
}

#[test]
fn a_new_control_overwrites_nothing() {
    let sandbox = sandbox();
    sandbox.write("ACME-07.test.toml", "ours");
    sandbox.run(&["policy", "new", "ACME-07"]).exits(2).says("`./ACME-07.test.toml` already exists");
    assert_eq!(sandbox.read("ACME-07.test.toml"), "ours");
    assert_eq!(sandbox.names(), ["ACME-07.test.toml", "export"], "nothing was written");
}

#[test]
fn a_new_control_needs_an_id_that_names_a_file_and_is_its_own() {
    let sandbox = sandbox();
    for id in ["../evil", "a b", "con", "x\u{202e}", "A/B", "", "ACME."] {
        sandbox.run(&["policy", "new", id]).exits(2).says("cannot name a file").stays_plain();
    }
    sandbox.run(&["policy", "new", "DIR-01"]).exits(2).says("`DIR-01` is a built-in control");
    assert_eq!(sandbox.names(), ["export"]);
}

#[test]
fn an_audit_tells_what_its_controls_relate_to() {
    let sandbox = Sandbox::minimal();
    let json = sandbox.audit(&["--format", "json", "--control", "INS-03"]).exits(0).json();
    let relates = json["controls"][0]["relates_to"].as_array().unwrap();
    assert!(relates.contains(&"NIST SP 800-53 r5 SA-22".into()), "{relates:?}");
    let sarif = sandbox.audit(&["--format", "sarif"]).exits(0).json();
    for rule in sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        let tags = rule["properties"]["tags"].as_array().unwrap();
        assert!(tags.len() <= 10, "GitHub shows ten tags: {tags:?}");
        assert!(tags.iter().any(|tag| tag.as_str().unwrap().starts_with("NIST SP 800-53 r5 ")), "{tags:?}");
    }
}
