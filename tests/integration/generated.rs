//! What is generated from the code is up to date in the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cedar_policy::SchemaFragment;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cutover(arguments: &[&str]) -> String {
    let output = Command::new(crate::support::program()).args(arguments).env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// To renew them: `cargo run -- schema plan > schemas/cutover.plan.v1.json`, and so on.
#[test]
fn the_published_schemas_are_those_of_the_types() {
    let results = ["audit", "gate", "plan", "graph", "policies", "comparison"]
        .map(|name| (name, format!("schemas/cutover.{name}.v1.json")));
    let written = ["waivers", "config", "reviews", "settings", "export"];
    let written = written.map(|name| (name, format!("schemas/{name}.json")));
    for (name, path) in results.into_iter().chain(written) {
        let published = fs::read_to_string(root().join(&path)).unwrap_or_default();
        assert_eq!(cutover(&["schema", name]), published, "run `cargo run -- schema {name} > {path}`");
    }
}

/// To renew it: `cargo run -- plan --help > docs/help/plan.txt`, and so on.
#[test]
fn the_documented_help_is_that_of_the_program() {
    let policy = ["list", "show", "check", "compare", "test", "docs", "new"].map(|verb| format!("policy {verb}"));
    let plain = ["audit", "gate", "plan", "report", "baseline", "baseline update", "baseline prune", "scrub", "policy"];
    let questions = ["who-can", "what-can", "path", "reach", "choke"].map(|verb| format!("graph {verb}"));
    let plain = plain.into_iter().chain(["why", "graph", "init", "config", "completions", "man"]);
    for name in plain.map(str::to_owned).chain(policy).chain(questions) {
        let path = format!("docs/help/{}.txt", name.replace(' ', "-"));
        let documented = fs::read_to_string(root().join(&path)).unwrap_or_default();
        let arguments: Vec<&str> = name.split(' ').chain(["--help"]).collect();
        assert_eq!(cutover(&arguments), documented, "run `cargo run -- {name} --help > {path}`");
    }
}

/// The schema of facts is read in this form. The test renews it.
#[test]
fn the_schema_as_json_is_that_of_the_cedar_text() {
    let read = |name: &str| fs::read_to_string(root().join("policies").join(name)).unwrap_or_default();
    let (fragment, _) = SchemaFragment::from_cedarschema_str(&read("cutover.cedarschema")).unwrap();
    let json = format!("{:#}\n", fragment.to_json_value().unwrap());
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    if value(&read("cutover.cedarschema.json")) != value(&json) {
        fs::write(root().join("policies/cutover.cedarschema.json"), json).unwrap();
        panic!("policies/cutover.cedarschema.json was out of date and is renewed: run the tests again");
    }
}

/// To renew it: `cargo run -- policy docs -o docs/controls`; pages of families that are gone are deleted by hand.
#[test]
fn the_catalogue_of_controls_is_that_of_the_pack() {
    let folder = tempfile::tempdir().unwrap();
    cutover(&["policy", "docs", "-o", folder.path().to_str().unwrap()]);
    let read = |folder: &Path| -> BTreeMap<String, String> {
        let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
        let page =
            |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
        entries.map(page).collect()
    };
    let (written, documented) = (read(folder.path()), read(&root().join("docs/controls")));
    let renew = "run `cargo run -- policy docs -o docs/controls`";
    assert_eq!(written.keys().collect::<Vec<_>>(), documented.keys().collect::<Vec<_>>(), "{renew}");
    for (name, text) in &written {
        assert!(documented.get(name) == Some(text), "docs/controls/{name} is out of date: {renew}");
    }
}

/// The README shows real output: every line of it, in its order, for each command that it runs on the fixture.
#[test]
fn the_output_in_the_readme_is_that_of_the_program() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("$ cargo run --release -- ").skip(1).collect();
    let mut checked = 0;
    for block in blocks {
        let (command, shown) = block.split_once('\n').unwrap();
        let (shown, _) = shown.split_once("```").unwrap();
        if !command.contains("fixtures/") || shown.trim().is_empty() {
            continue;
        }
        checked += 1;
        let mut program = Command::new(crate::support::program());
        program.current_dir(root()).args(command.split(' ')).env("COLUMNS", "100");
        let printed = String::from_utf8(program.output().unwrap().stdout).unwrap();
        let mut rest = printed.as_str();
        for part in shown.split("…\n") {
            let at = rest.find(part).unwrap_or_else(|| panic!("`{command}` no longer prints:\n{part}"));
            rest = rest.get(at + part.len()..).unwrap();
        }
    }
    assert_eq!(checked, 3);
}

/// The last column of the tables: `file`: `test`, `test`; `file`.
#[test]
fn the_tests_that_the_security_page_names_exist() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.contains("| test |"));
    let cells: Vec<&str> = rows.filter_map(|row| row.rsplit('|').nth(1)).collect();
    let (mut named, mut text) = (0, String::new());
    for word in cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        if let Ok(file) = fs::read_to_string(root().join(format!("tests/integration/{word}.rs"))) {
            text = file;
        } else if word.contains('_') {
            named += 1;
            assert!(
                text.contains(&format!("fn {word}()")),
                "docs/security.md names a test `{word}` that does not exist"
            );
        }
    }
    assert!(named >= 30, "{named}");
}
