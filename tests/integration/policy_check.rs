//! `cutover policy check`: everything that is wrong with a pack, at once and each at its place.

use crate::support::{Run, Sandbox, solver};

const CONTROL: &str = r#"@id("OUR-01")
@title("Admin anywhere")
@severity("low")
@party("developer")
@remedy("Ask for less.")
@reference("house rule 7")
forbid (principal is Cutover::ManagedAccount, action == Cutover::Action::"holds", resource)
when { context.level in Cutover::Level::"admin" }
unless { context has exception };
"#;

const TESTS: &str = r#"[[case]]
name = "Admin"
expect = "violates"
facts = [{ action = "holds", principal = { type = "ManagedAccount" }, resource = { id = "company/directory" }, context = { level = "admin" } }]
"#;

fn run(files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let sandbox = Sandbox::with(&[]);
    for (name, text) in files {
        sandbox.write(&format!("pack/{name}"), text);
    }
    sandbox.run(&[["policy", "check", "pack"].as_slice(), arguments].concat())
}

fn ours(control: &str, arguments: &[&str]) -> Run {
    run(&[("OUR-01.cedar", control), ("OUR-01.test.toml", TESTS)], arguments)
}

/// The problems as `code path:line:column`.
fn problems(run: &Run) -> Vec<String> {
    let json = run.json();
    let of = |problem: &serde_json::Value| {
        let place = &problem["place"];
        let path = place["path"].as_str().unwrap().trim_start_matches("pack/");
        format!("{} {path}:{}:{}", problem["code"].as_str().unwrap(), place["line"], place["column"])
    };
    json["problems"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn the_built_in_pack_is_clean() {
    let run = Sandbox::with(&[]).run(&["policy", "check"]).exits(0).says_nothing();
    assert!(run.out.contains("no problems"), "{}", run.out);
}

#[test]
fn a_sound_pack_is_clean() {
    let run = ours(CONTROL, &[]).exits(0).says_nothing();
    assert!(run.out.contains("1 control checked: no problems"), "{}", run.out);
}

/// Each breaks one thing, and is told at its place.
#[test]
fn every_sort_of_problem_is_told_at_its_place() {
    let with = |from: &str, to: &str| {
        assert!(CONTROL.contains(from), "{from}");
        CONTROL.replace(from, to)
    };
    let level = "context.level in Cutover::Level::\"admin\"";
    let cases = [
        (with("forbid (", "forbid (("), "syntax OUR-01.cedar:7:9", "unexpected token"),
        (with(level, "context.level + 1 == 2"), "schema OUR-01.cedar:8:8", "unexpected type"),
        (with(level, "context.granular > 1"), "schema OUR-01.cedar:8:8", "granular"),
        (with(level, "context.lever == 1"), "schema OUR-01.cedar:8:8", "lever"),
        (with("ManagedAccount", "MangedAccount"), "schema OUR-01.cedar:7:22", "MangedAccount"),
        (with("@title", "@titel"), "annotation OUR-01.cedar:2:1", "is it `@title`?"),
        (with("\"low\"", "\"awful\""), "annotation OUR-01.cedar:3:1", "expected a severity"),
        (with("\"developer\"", "\"nobody\""), "annotation OUR-01.cedar:4:1", "expected a party"),
        (with("Ask for less.", "Ask {name}."), "annotation OUR-01.cedar:5:1", "names no attribute"),
        (with("@remedy", "@duty(\"X9\") @remedy"), "duty OUR-01.cedar:5:1", "expected a duty of responsibility.cedar"),
        (with("@remedy", "@duty(\"C9\") @remedy"), "duty OUR-01.cedar:5:1", "belongs to the customer"),
        (with("@remedy", "@migration(\"teleport\") @remedy"), "annotation OUR-01.cedar:5:1", "teleport"),
        (with("Level::\"admin\"", "Level::\"adminn\""), "level OUR-01.cedar:8:25", "is it `admin`?"),
        (
            with("resource)", "resource == Cutover::Tool::\"project/commitment\")"),
            "tool OUR-01.cedar:7:95",
            "is it `project/commitments`?",
        ),
        (with("resource)", "resource == Cutover::Tool::\"budget\")"), "tool OUR-01.cedar:7:95", "names no tool"),
        (with("has exception", "has exceptoin"), "attribute OUR-01.cedar:9:10", "is it `exception`?"),
        (
            with(level, "context has through && context.through == \"tempalte\""),
            "value OUR-01.cedar:8:50",
            "is one of \"company administrator\"",
        ),
        (with(level, "false"), "never OUR-01.cedar:", "can never fire"),
        (
            with(level, "principal.name == \"a\" && [\"b\", \"c\"].contains(principal.name)"),
            "never OUR-01.cedar:1:1",
            "excludes the rest",
        ),
        (
            with(level, "context has granular && context.granular > 3 && 2 >= context.granular"),
            "never OUR-01.cedar:1:1",
            "can never fire",
        ),
        (with(level, "context has exception"), "never OUR-01.cedar:1:1", "can never fire"),
        (with("Ask for less.", "Ask {principal.zzz}."), "placeholder OUR-01.cedar:5:", "no attribute `zzz`"),
        (with("resource)", "resource is Cutover::Project)"), "never OUR-01.cedar:", "no fact has this action"),
        (
            with("forbid (principal is Cutover::ManagedAccount", "forbid (principal == ?principal"),
            "template OUR-01.cedar:7:22",
            "does not name its scope",
        ),
        (with("forbid", "permit"), "effect OUR-01.cedar:7:1", "is no control"),
    ];
    for (text, place, what) in cases {
        let run = ours(&text, &["--format", "json"]).exits(2).says_nothing();
        let found = problems(&run);
        assert!(found.iter().any(|found| found.starts_with(place)), "{place}: {found:#?}\n{}", run.out);
        assert!(run.out.replace("\\\"", "\"").contains(what), "{what}\n{}", run.out);
        let text = ours(&text, &[]).exits(2).stays_plain();
        assert!(text.out.contains("problem["), "{}", text.out);
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let two =
        CONTROL.replace("@title", "@titel").replace("\"low\"", "\"awful\"").replace("has exception", "has reasom");
    let files = [("a.cedar", two.as_str()), ("b.cedar", "forbid ("), ("OUR-09.test.toml", "case = 3")];
    let run = run(&files, &["--format", "json"]).exits(2);
    let found = problems(&run);
    for code in ["annotation", "syntax", "test", "untested"] {
        assert!(found.iter().any(|found| found.starts_with(code)), "{code}: {found:#?}");
    }
    assert!(found.iter().filter(|found| found.starts_with("annotation")).count() >= 3, "{found:#?}");
}

#[test]
fn a_control_and_its_test_file_go_together() {
    let alone = run(&[("OUR-01.cedar", CONTROL)], &["--format", "json"]).exits(2);
    assert_eq!(problems(&alone), ["untested OUR-01.cedar:1:1"]);
    let files = [("OUR-01.cedar", CONTROL), ("OUR-01.test.toml", TESTS), ("OUR-02.test.toml", TESTS)];
    assert_eq!(problems(&run(&files, &["--format", "json"]).exits(2)), ["untested OUR-02.test.toml:1:1"]);
    let files = [("OUR-01.cedar", CONTROL), ("OUR-01.test.toml", &TESTS.replace("violates", "violate"))];
    assert_eq!(problems(&run(&files, &["--format", "json"]).exits(2)), ["test OUR-01.test.toml:3:10"]);
}

#[test]
fn an_id_used_twice_is_told_at_the_second_place() {
    let files = [("a.cedar", CONTROL), ("b.cedar", CONTROL), ("OUR-01.test.toml", TESTS)];
    assert_eq!(problems(&run(&files, &["--format", "json"]).exits(2)), ["duplicate b.cedar:1:1"]);
}

#[test]
fn a_shadowed_control_is_a_note_and_no_problem() {
    let again = CONTROL.replace("OUR-01", "OUR-02");
    let tests = [("OUR-01.cedar", CONTROL), ("OUR-01.test.toml", TESTS), ("OUR-02.test.toml", TESTS)];
    let same = run(&[tests.as_slice(), &[("OUR-02.cedar", &again)]].concat(), &[]).exits(0);
    assert!(same.out.contains("OUR-02: is the same as OUR-01"), "{}", same.out);
    let narrow = again.replace("unless", "when { context has granular && context.granular > 2 }\nunless");
    let within = run(&[tests.as_slice(), &[("OUR-02.cedar", &narrow)]].concat(), &[]).exits(0);
    assert!(within.out.contains("OUR-02: wherever it fires, OUR-01 fires as well"), "{}", within.out);
    let worse = narrow.replace("\"low\"", "\"high\"");
    let apart = run(&[tests.as_slice(), &[("OUR-02.cedar", &worse)]].concat(), &[]).exits(0);
    assert!(!apart.out.contains("OUR-02: wherever"), "{}", apart.out);
}

#[test]
fn many_controls_that_say_the_same_get_one_note() {
    let id = |number: usize| format!("OUR-{number:02}");
    let files: Vec<(String, String)> = (1..=30)
        .flat_map(|number| {
            let control = CONTROL.replace("OUR-01", &id(number));
            [(format!("{}.cedar", id(number)), control), (format!("{}.test.toml", id(number)), TESTS.to_owned())]
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let run = run(&files, &["--format", "json"]).exits(0);
    let json = run.json();
    let own = |note: &&serde_json::Value| note["message"].as_str().unwrap().starts_with("is the same");
    let notes: Vec<_> = json["notes"].as_array().unwrap().iter().filter(own).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(notes[0]["control"], "OUR-02");
    assert_eq!(notes[0]["message"], "is the same as OUR-01, OUR-03, OUR-04, OUR-05, OUR-06 and 24 more");
}

#[test]
fn an_empty_folder_exits_2() {
    run(&[("notes.txt", "none yet")], &[]).exits(2).says("`pack` holds no .cedar files");
    Sandbox::with(&[]).run(&["policy", "check", "nowhere"]).exits(2).says("cannot read");
}

#[test]
fn hostile_texts_move_no_cursor() {
    for (from, to) in [
        ("\"low\"", "\"lo\u{1b}[2Jw\u{202e}\""),
        ("context.level in", "context.l\u{1b}]8;;x\u{7} in"),
        ("OUR-01", "OUR\u{202e}-01"),
    ] {
        for format in ["text", "json"] {
            ours(&CONTROL.replace(from, to), &["--format", format]).exits(2).stays_plain();
        }
    }
}

/// What else is wrong with a control must not hide that it can never fire.
#[test]
fn a_condition_that_takes_a_proof_to_exclude_is_found_by_the_solver() {
    let Some(solver) = solver().filter(|_| cfg!(feature = "prove")) else { return };
    let never = "context has granular && context.granular > 3 && context.granular * 2 < 7";
    let control = CONTROL.replace("context.level in Cutover::Level::\"admin\"", never);
    let found = |solver: &str| problems(&run(&[("OUR-01.cedar", &control)], &["--format", "json", "--solver", solver]));
    assert_eq!(found(&solver), ["never OUR-01.cedar:1:1", "untested OUR-01.cedar:1:1"]);
}
