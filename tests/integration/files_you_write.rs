//! The published schemas of the files that people write by hand fit what the documentation and the fixtures show.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The name of the file, and of its schema.
const FILES: [(&str, &str); 5] = [
    ("waivers.toml", "waivers"),
    ("cutover.toml", "config"),
    ("reviews.toml", "reviews"),
    ("settings.toml", "settings"),
    ("export.toml", "export"),
];

fn schema(name: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(root().join(format!("schemas/{name}.json"))).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

/// TOML as a schema sees it: dates are texts.
fn json(text: &str) -> Value {
    json_value(toml::Value::Table(text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))))
}

fn json_value(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(list) => list.into_iter().map(json_value).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, member)| (key, json_value(member))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

#[track_caller]
fn fits(validator: &jsonschema::Validator, text: &str, what: &str) {
    let faults: Vec<String> =
        validator.iter_errors(&json(text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{what}: {faults:?}\n{text}");
}

#[test]
fn the_examples_of_the_documentation_fit_the_schemas() {
    let page = fs::read_to_string(root().join("docs/files-you-write.md")).unwrap();
    for (file, name) in FILES {
        let heading = format!("\n## {file}\n");
        let section = page.split_once(&heading).unwrap_or_else(|| panic!("no section {file}")).1;
        let section = section.split("\n## ").next().unwrap();
        let examples: Vec<&str> =
            section.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!examples.is_empty(), "{file} has no example");
        let validator = schema(name);
        for example in examples {
            fits(&validator, example, file);
        }
    }
}

#[test]
fn the_files_of_the_fixtures_fit_the_schemas() {
    let mut checked = 0;
    let mut folders: Vec<PathBuf> = vec![root().join("fixtures")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if let Some((file, name)) = FILES.iter().find(|(file, _)| entry.file_name() == **file) {
                fits(&schema(name), &fs::read_to_string(entry.path()).unwrap(), file);
                checked += 1;
            }
        }
    }
    assert!(checked >= 5, "{checked}");
}

#[test]
fn the_schemas_refuse_what_the_program_refuses() {
    let whole = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"x\"\nreason = \"y\"\nowner = \"z\"\napprover = \"a\"\nexpires = 2025-01-01\n";
    let waivers = schema("waivers");
    assert!(waivers.is_valid(&json(whole)));
    for (from, to) in [
        ("owner = \"z\"\n", ""),
        ("owner = \"z\"", "owner = \" \""),
        ("subject = \"x\"\n", ""),
        ("subject = \"x\"", "subject = \"x\"\ncondition = \"true\""),
        ("expires", "until"),
        ("2025-01-01", "7"),
    ] {
        assert!(!waivers.is_valid(&json(&whole.replace(from, to))), "{from} -> {to}");
    }
    let config = schema("config");
    for text in [
        "[[control]]\nid = \"DIR-01\"\noff = true\n",
        "[[control]]\nid = \"DIR-01\"\nreason = \"x\"\n",
        "[diagnostics]\nsyntax = \"off\"\n",
        "[waivers]\nmax_days = \"ninety\"\n",
        "policies = \"x\"\n",
    ] {
        assert!(!config.is_valid(&json(text)), "{text}");
    }
}
