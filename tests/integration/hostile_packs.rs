//! Policies, waivers and patterns that are too much: told with their place, and never the end of the program.

use crate::support;
use crate::support::{Run, Sandbox, TODAY, administrator};

const HEAD: &str = r#"@id("OUR-01")
@title("Ours")
@severity("low")
@party("developer")
@remedy("Ask for less.")
@reference("house rule 7")
forbid (principal is Cutover::LegacyAccount, action == Cutover::Action::"exists", resource)
"#;

fn control(condition: &str) -> String {
    format!("{HEAD}when {{ {condition} }};\n")
}

/// An export with legacy accounts.
fn harborline() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    support::copy(&support::fixture("harborline"), &sandbox.path("harborline"));
    sandbox
}

/// Conditions that once ended the program, with the place and the limit to be told.
fn too_much() -> Vec<(String, &'static str, &'static str)> {
    let nested =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(20_000), close.repeat(20_000));
    let deep = "brackets are nested more than 100 deep";
    let many = "one condition has more than 500 operators";
    vec![
        (nested("(", "true", ")"), "8:107", deep),
        (nested("[", "1", "]"), "8:107", deep),
        (nested("{a: ", "1", "}"), "8:404", deep),
        (nested("!", "true", ""), "8:505", many),
        (format!("true{}", " && true".repeat(20_000)), "8:3989", many),
        (format!("{}true", "if true then true else ".repeat(10_000)), "8:11439", many),
        (format!("1{} == 2", " + 1".repeat(20_000)), "8:1998", many),
        (format!("principal{} == 1", ".company".repeat(20_000)), "8:3993", many),
        (format!("true{}", " && true".repeat(50_000)), "1:1", "the text is longer than 256 KiB"),
    ]
}

#[test]
fn a_policy_that_is_too_much_is_told_by_every_verb() {
    for (condition, place, limit) in too_much() {
        let sandbox = Sandbox::minimal();
        sandbox.write("policies/our.cedar", control(&condition));
        let told = |run: Run| {
            let run = run.exits(2).says(limit).stays_plain();
            assert!(run.err.contains(&format!("policies/our.cedar:{place}]")), "{place}: {}", run.err);
            assert!(run.err.lines().all(|line| line.chars().count() < 400), "{}", run.err);
        };
        told(sandbox.audit(&["--policies", "policies"]));
        told(sandbox.run(&["plan", "export", "--as-of", TODAY, "--policies", "policies"]));
        told(sandbox.run(&["policy", "list", "--policies", "policies"]));
        told(sandbox.run(&["policy", "test", "policies"]));
        let run = sandbox.run(&["policy", "check", "policies"]).exits(2).stays_plain();
        assert!(run.out.contains(limit) && run.out.contains(&format!("our.cedar:{place}\n")), "{}", run.out);
        assert!(run.out.lines().all(|line| line.chars().count() < 400), "{}", run.out);
    }
}

#[test]
fn a_policy_at_the_limits_is_judged() {
    let nested = format!("{}true{}", "(true && true && true && true && ".repeat(98), ")".repeat(98));
    for condition in [nested, format!("true{}", " && true".repeat(490)), format!("{}true", "!".repeat(2))] {
        let sandbox = harborline();
        sandbox.write("policies/our.cedar", control(&condition));
        let audit = ["audit", "harborline", "--as-of", TODAY, "--policies", "policies", "--control", "OUR-01"];
        sandbox.run(&audit).exits(1).says_nothing();
    }
}

#[test]
fn a_pack_that_an_export_brings_along_is_measured_too() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/cutover.toml", "policies = [\"pack\"]\n");
    sandbox.write("export/pack/our.cedar", control(&format!("{}true{}", "(".repeat(20_000), ")".repeat(20_000))));
    sandbox.audit(&[]).exits(2).says("brackets are nested more than 100 deep");
}

#[test]
fn a_waiver_that_is_too_much_is_told_with_its_place() {
    for (condition, column, limit) in [
        (format!("{}true{}", "(".repeat(20_000), ")".repeat(20_000)), 114, "brackets are nested more than 100 deep"),
        (format!("true{}", " && true".repeat(20_000)), 4019, "one condition has more than 500 operators"),
        (format!("true{}", " && true".repeat(50_000)), 14, "the text is longer than 256 KiB"),
    ] {
        let sandbox = Sandbox::minimal();
        let text = format!(
            "[[waiver]]\ncontrol = \"SVA-04\"\nreason = \"r\"\nowner = \"o\"\napprover = \"a\"\nexpires = 2025-06-30\n\
             condition = \"{condition}\"\n"
        );
        sandbox.write("export/waivers.toml", text);
        let run = sandbox.audit(&[]).exits(2).says(limit).says(&format!("line 7, column {column}:")).stays_plain();
        assert!(run.err.lines().all(|line| line.chars().count() < 400), "{}", run.err);
    }
}

#[test]
fn a_pattern_of_nested_braces_is_refused() {
    let (braces, long) = ("{".repeat(100), "{".repeat(3_000));
    let sandbox = Sandbox::minimal();
    for (pattern, what) in [(&braces, "braces have no meaning here"), (&long, "a pattern has at most 200 characters")] {
        sandbox.audit(&["--control", pattern]).exits(2).says(what);
        sandbox.run(&["policy", "list", "--control", pattern]).exits(2).says(what);
        sandbox.run(&["policy", "test", "--control", pattern]).exits(2).says(what);
        let text = format!("[[control]]\nid = \"{pattern}\"\noff = true\nreason = \"r\"\n");
        sandbox.write("cutover.toml", text);
        sandbox.audit(&["--config", "cutover.toml"]).exits(2).says("line 2, column 6").says(what);
        sandbox.remove("cutover.toml");
    }
}

#[test]
fn a_pattern_in_small_letters_is_suggested_in_capitals() {
    let sandbox = Sandbox::minimal();
    for verb in [["audit", "export"].as_slice(), &["policy", "list"], &["policy", "test"]] {
        let run = sandbox.run(&[verb, &["--control", "mff-*"]].concat());
        run.exits(2).says("no control matches `mff-*`").says("did you mean `MFF-*`?");
    }
    sandbox.write("export/cutover.toml", "[[control]]\nid = \"mff-*\"\noff = true\nreason = \"r\"\n");
    sandbox.audit(&[]).exits(2).says("did you mean `MFF-*`?");
}

const OVERFLOW: &str = "principal has created && principal.created * 9223372036854775807 > 3";

#[test]
fn what_cannot_be_evaluated_is_told_by_audits_and_plans() {
    let sandbox = harborline();
    sandbox.write("policies/our.cedar", control(OVERFLOW));
    let policies = ["--policies", "policies"];
    let what = "control OUR-01 could not be evaluated";
    let audit = ["audit", "harborline", "--as-of", TODAY, "--control", "OUR-01", "--details"];
    let run = sandbox.run(&[audit.as_slice(), &policies].concat()).exits(4).says(what);
    assert!(run.out.contains("1 control could not be evaluated"), "{}", run.out);
    assert!(!run.out.contains("no violations;"), "{}", run.out);
    sandbox.run(&[["plan", "harborline", "--as-of", TODAY].as_slice(), &policies].concat()).exits(4).says(what);
}

#[test]
fn a_waiver_that_cannot_be_evaluated_is_not_one_that_matches_nothing() {
    let sandbox = Sandbox::with(&administrator());
    let text = "[[waiver]]\ncontrol = \"DIR-01\"\nreason = \"r\"\nowner = \"o\"\napprover = \"a\"\nexpires = 2025-06-30\n\
                condition = \"9223372036854775807 + 1 > 3\"\n";
    sandbox.write("export/waivers.toml", text);
    let run = sandbox.audit(&["--control", "DIR-01"]).exits(1);
    run.says("the waiver of DIR-01 by condition could not be evaluated for 1 violation and waives nothing");
}

#[test]
fn a_file_of_policies_that_is_no_text_is_named() {
    let sandbox = Sandbox::minimal();
    sandbox.write("policies/our.cedar", [0xff, 0xfe, 0x00]);
    let run = sandbox.audit(&["--policies", "policies"]).exits(2);
    run.says("`policies/our.cedar`").says("it is not text in UTF-8");
}

#[test]
fn a_long_line_is_shown_in_part() {
    let long = "x".repeat(40_000);
    let sandbox = Sandbox::minimal();
    for (from, to) in [
        ("@title(\"Ours\")", format!("@title(\"{long}\") @titel(\"\")")),
        ("when { true }", format!("when {{ principal.name == \"{long}\" && ; }}")),
        ("when { true }", format!("when {{ principal.name == \"{long}\" && principal.nam == 3 }}")),
    ] {
        sandbox.write("policies/our.cedar", control("true").replace(from, &to));
        let run = sandbox.audit(&["--policies", "policies"]).exits(2);
        assert!(run.err.contains("policies/our.cedar:") && run.err.len() < 3_000, "{}", run.err);
        let run = sandbox.run(&["policy", "check", "policies"]).exits(2);
        assert!(run.out.len() < 3_000 && run.out.contains('^'), "{}", run.out);
    }
}
