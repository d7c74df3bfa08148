//! `cutover policy test`: the tests of a pack, run as a program.

use crate::support::{Run, Sandbox};

const CONTROL: &str = r#"
@id("OUR-01") @title("Admin anywhere") @severity("low") @party("developer")
@remedy("Ask for less.") @reference("house rule 7")
forbid (principal is Cutover::ManagedAccount, action == Cutover::Action::"holds", resource)
when { context.level in Cutover::Level::"admin" && context has granular && context.granular > 3 };
"#;

/// Written with facts alone.
const TESTS: &str = r#"
[[case]]
name = "Admin, and four granular permissions"
expect = "violates"
subject = "photo-sync"
violations = 1
facts = [{ action = "holds", principal = { type = "ManagedAccount", name = "photo-sync" }, resource = { id = "company/directory" }, context = { level = "admin", granular = 4 } }]

[[case]]
name = "Admin, and three"
expect = "complies"
facts = [{ action = "holds", principal = { type = "ManagedAccount" }, resource = { id = "company/directory" }, context = { level = "admin", granular = 3 } }]

[[case]]
name = "Admin, and none at all"
expect = "complies"
facts = [{ action = "holds", principal = { type = "ManagedAccount" }, resource = { id = "company/directory" }, context = { level = "admin", granular = {} } }]

[[case]]
name = "Standard, whatever else"
expect = "complies"
facts = [{ action = "holds", principal = { type = "ManagedAccount" }, resource = { id = "company/directory" }, context = { level = "Standard" } }]

[[case]]
name = "Admin, and nobody counted"
expect = "unknown"
facts = [{ action = "holds", principal = { type = "ManagedAccount" }, resource = { id = "company/directory" }, context = { level = "admin" } }]

[[case]]
name = "a level that cannot be read"
expect = "unknown"
facts = [{ action = "holds", principal = { type = "ManagedAccount" }, resource = { id = "company/directory" }, context = { granular = 4 } }]

[[case]]
name = "a person"
expect = "nothing"
facts = [{ action = "holds", principal = { type = "Person" }, resource = { id = "company/directory" }, context = { level = "admin", granular = 4 } }]
"#;

fn run(files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let sandbox = Sandbox::with(&[]);
    for (name, text) in files {
        sandbox.write(&format!("pack/{name}"), text);
    }
    sandbox.run(&[["policy", "test", "pack"].as_slice(), arguments].concat())
}

fn ours(tests: &str, arguments: &[&str]) -> Run {
    run(&[("OUR-01.cedar", CONTROL), ("OUR-01.test.toml", tests)], arguments)
}

#[test]
fn facts_are_judged_without_an_export() {
    let run = ours(TESTS, &["--format", "json"]).exits(0).says_nothing();
    let json = run.json();
    let control = &json["controls"][0];
    assert_eq!((&json["summary"]["cases"], &json["summary"]["failed"]), (&7.into(), &0.into()));
    assert_eq!((&control["control"], &control["not_asked"]), (&"OUR-01".into(), &serde_json::json!([])));
    assert_eq!(control["cases"][0]["found"]["violations"], serde_json::json!(["photo-sync"]));
    assert_eq!(control["cases"][4]["found"]["missing"], serde_json::json!(["holds.granular"]));
    assert_eq!(control["gaps"], serde_json::json!([]), "every part is covered");
}

#[test]
fn a_case_that_fails_exits_1_and_says_what_was_expected_and_found() {
    let run = ours(&TESTS.replace("granular = 3", "granular = 5"), &[]).exits(1);
    assert!(run.out.contains("failed Admin, and three"), "{}", run.out);
    assert!(
        run.out.contains("expected complies; found 1 fact, 1 violation by managedaccount, none unknown"),
        "{}",
        run.out
    );
    assert!(run.out.contains("7 cases, 1 failed"), "{}", run.out);
    ours(&TESTS.replace("subject = \"photo-sync\"", "subject = \"somebody\""), &[]).exits(1);
    ours(&TESTS.replace("violations = 1", "violations = 2"), &[]).exits(1);
}

#[test]
fn what_no_case_shows_is_told() {
    let only = TESTS.split("[[case]]").take(3).collect::<Vec<_>>().join("[[case]]");
    let run = ours(&only, &[]).exits(0);
    assert!(run.out.contains("no case expects unknown"), "{}", run.out);
    assert!(run.out.contains("never false, never unknown: context.level in Cutover::Level::\"admin\""), "{}", run.out);
    let gaps = ours(&only, &["--format", "json"]).json()["controls"][0]["gaps"].clone();
    assert!(gaps.as_array().unwrap().iter().any(|gap| gap["text"] == "context.granular > 3" && gap["clause"] == 1));
}

#[test]
fn an_answer_that_cannot_be_given_is_no_gap_when_the_file_says_why() {
    let only = TESTS.split("[[case]]").take(3).collect::<Vec<_>>().join("[[case]]");
    let run =
        ours(&format!("never = {{ unknown = \"granular permissions are always counted\" }}\n{only}"), &[]).exits(0);
    assert!(!run.out.contains("no case expects"), "{}", run.out);
    assert!(run.out.contains("never unknown: granular permissions are always counted"), "{}", run.out);
}

#[test]
fn mutants_are_killed_by_good_tests_and_live_with_poor_ones() {
    let good = ours(TESTS, &["--mutate", "--format", "json"]).exits(0).json();
    let mutation = &good["summary"]["mutation"];
    assert!(mutation["made"].as_u64().unwrap() > 10, "{mutation}");
    assert!(mutation["percent"].as_f64().unwrap() >= 90.0, "{good}");
    let only = TESTS.split("[[case]]").take(2).collect::<Vec<_>>().join("[[case]]");
    let run = ours(&only, &["--mutate"]).exits(1);
    assert!(run.out.contains("lives: ") && run.out.contains("becomes"), "{}", run.out);
    ours(&only, &["--mutate", "--mutate-at-least", "5"]).exits(0);
    ours(&only, &["--mutate", "--mutate-at-least", "101"]).exits(2).says("from 0 to 100");
    ours(&only, &["--mutate-at-least", "5"]).exits(2);
}

#[test]
fn junit_holds_every_case() {
    let run = ours(&TESTS.replace("granular = 3", "granular = 5"), &["--format", "junit"]).exits(1).stays_plain();
    assert!(run.out.starts_with("<?xml"), "{}", run.out);
    assert_eq!(run.out.matches("<testcase ").count(), 7);
    assert_eq!(run.out.matches("<failure ").count(), 1);
    assert!(
        run.out.contains(r#"<testsuites name="cutover policy test" tests="7" failures="1" errors="0">"#),
        "{}",
        run.out
    );
}

#[test]
fn the_built_in_pack_passes_and_can_be_narrowed() {
    let sandbox = Sandbox::with(&[]);
    let run =
        sandbox.run(&["policy", "test", "--control", "DIR-01", "--control", "MIG-0*", "--format", "json"]).exits(0);
    let json = run.json();
    assert_eq!(json["controls"].as_array().unwrap().len(), 10);
    assert_eq!(json["controls"][0]["path"], "policies/controls/DIR-01.test.toml");
    sandbox.run(&["policy", "test", "--control", "NO-*"]).exits(2).says("no control matches `NO-*`");
    sandbox.run(&["policy", "test", "--control", "["]).exits(2).says("is not a pattern");
}

#[test]
fn a_control_that_takes_the_place_of_a_built_in_one_has_to_pass_its_tests() {
    let mine = CONTROL.replace("OUR-01", "DIR-01");
    let run = run(&[("mine.cedar", &mine)], &["--format", "json"]).exits(1);
    assert_eq!(run.json()["controls"][0]["path"], "policies/controls/DIR-01.test.toml");
}

#[test]
fn no_test_at_all_is_a_failure() {
    let run = run(&[("OUR-01.cedar", CONTROL)], &[]).exits(1).says("no test ran");
    assert!(run.out.contains("no test file"), "{}", run.out);
}

#[test]
fn a_pack_that_cannot_be_read_exits_2_and_names_the_place() {
    run(&[("a.cedar", "forbid (")], &[]).exits(2).says("is not valid Cedar");
    run(&[("a.cedar", &CONTROL.replace("context.level in", "context.level + 1 =="))], &[]).exits(2).says("OUR-01");
    run(&[("a.cedar", &CONTROL.replace("@title", "@titel(\"x\") @title"))], &[])
        .exits(2)
        .says("unknown annotation `@titel`");
    run(&[("a.cedar", &CONTROL.replace("\"low\"", "\"awful\""))], &[]).exits(2).says("expected a severity");
    run(&[("a.cedar", CONTROL), ("b.cedar", CONTROL)], &[]).exits(2).says("is used at");
    run(&[("notes.txt", "none")], &[]).exits(2).says("holds no .cedar files");
    Sandbox::with(&[]).run(&["policy", "test", "nowhere"]).exits(2).says("cannot read");
}

#[test]
fn a_test_file_that_cannot_be_read_exits_2_and_names_file_line_and_column() {
    let cases = [
        ("expect = \"violates\"", "expcet = \"violates\"", "expcet", "OUR-01.test.toml:4:1"),
        ("expect = \"violates\"", "expect = \"violate\"", "`violate` is no expectation", "OUR-01.test.toml:4:10"),
        ("expect = \"violates\"", "expect = 3", "expected text, found a whole number", "OUR-01.test.toml:4:10"),
        ("level = \"Standard\"", "level = \"Standart\"", "`level` is no level", "OUR-01.test.toml:"),
        ("level = \"Standard\"", "lever = \"Standard\"", "`lever` is no attribute", "OUR-01.test.toml:"),
        ("type = \"Person\"", "type = \"Persona\"", "`Persona` is no principal", "OUR-01.test.toml:"),
        ("granular = 3", "granular = \"3\"", "`granular` is not of this type", "OUR-01.test.toml:"),
        ("level = \"Standard\"", "level = {}", "`level` is there in every fact", "OUR-01.test.toml:"),
        ("action = \"holds\"", "action = \"held\"", "`held` is no action", "OUR-01.test.toml:"),
        ("id = \"company/directory\"", "id = \"directory\"", "`directory` names no tool", "OUR-01.test.toml:"),
        ("name = \"a person\"", "name = \"Admin, and three\"", "two cases are named", "OUR-01.test.toml:"),
        ("name = \"a person\"", "name = \"a person", "not valid TOML", "OUR-01.test.toml:"),
    ];
    for (from, to, what, place) in cases {
        assert!(TESTS.contains(from), "{from}");
        let run = ours(&TESTS.replace(from, to), &[]).exits(2).stays_plain();
        assert_eq!(run.out, "", "{what}");
        run.says(what).says(place);
    }
    ours("", &[]).exits(2).says("there is no case in this file");
    let files = [("OUR-01.cedar", CONTROL), ("OUR-02.test.toml", TESTS)];
    run(&files, &[]).exits(2).says("tests no control");
}

#[test]
fn a_broken_export_is_told_with_the_case_that_fails_of_it() {
    let tests = r#"
[[case]]
name = "a user list that ends too early"
expect = "violates"
files."users.json" = '[{"id": 7, "name":'
"#;
    let run = ours(tests, &[]).exits(1);
    assert!(run.out.contains("expected violates; found 0 facts"), "{}", run.out);
    assert!(run.out.contains("export/users.json:1:"), "{}", run.out);
}

#[test]
fn hostile_texts_move_no_cursor() {
    let control = CONTROL.replace("granular > 3", "granular > 3 && principal.name != \"\u{1b}[2J\u{202e}\"");
    let tests = TESTS.replace("a person", "a\\u001b[2J\\u202eperson").replace("granular = 3", "granular = 5");
    for format in ["text", "json", "junit"] {
        let files = [("OUR-01.cedar", control.as_str()), ("OUR-01.test.toml", &tests)];
        run(&files, &["--format", format, "--mutate", "-v"]).exits(1).stays_plain();
    }
    ours(&TESTS.replace("\"holds\"", "\"\\u001b[2Jx\""), &[]).exits(2).stays_plain();
}

#[test]
fn the_same_pack_gives_the_same_bytes() {
    let once = || ours(TESTS, &["--mutate", "--format", "json"]).out;
    assert_eq!(once(), once());
}
