//! A copy without secrets gets the verdicts of the original, whatever the company and wherever the secrets stand.

use std::fs;
use std::path::Path;

use assert_cmd::cargo::cargo_bin_cmd;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::company::{company, config};

/// Made up for this test.
const CANARY: &str = "Zq7canary4Xw9kPv2";

/// Reports the secrets themselves, so that it may differ.
const SAYS_THAT_A_SECRET_IS_IN_A_FILE: &str = "CRD-01";

/// Members with a secret, for JSON records.
const PLANTED: [&str; 4] = [
    r#""smtp_password": "Zq7canary4Xw9kPv2""#,
    r#""notes": "login x, token: Zq7canary4Xw9kPv2\\n""#,
    r#""extra": {"value": "Zq7canary4Xw9kPv2", "name": "X-Functions-Key"}"#,
    r#""hook": "https://u:Zq7canary4Xw9kPv2@x.test/?client_id=Zk3vQ9tLx1Rb7YwNc5Hs2DfGm8Kp4TjUa6ViOeXqBsc""#,
];

/// Puts a member into the first record of a JSON file that has members; other files stay as they are.
fn plant(text: &mut String, member: &str) {
    if text.trim_start().starts_with(['{', '['])
        && let Some(at) = text.find("{\"")
    {
        text.insert_str(at + 1, &format!("{member}, "));
    }
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = cargo_bin_cmd!("cutover").current_dir(folder).args(arguments).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!out.contains(CANARY) && !err.contains(CANARY), "{out}\n{err}");
    assert!(output.status.code().is_some_and(|code| code < 2), "{err}");
    out
}

/// Violations and coverage, by ids.
fn verdicts(folder: &Path, export: &str) -> Vec<String> {
    let out = run(folder, &["audit", export, "--as-of", "2024-10-15", "--format", "json", "--no-waivers"]);
    let audit: Value = serde_json::from_str(&out).unwrap();
    let list = |name: &str| audit[name].as_array().unwrap().clone();
    let other = |one: &Value| one["control"] != SAYS_THAT_A_SECRET_IS_IN_A_FILE;
    let id = |one: &Value| format!("{} {}", one["type"], one["id"]);
    let violation = |one: &Value| {
        format!("{} {} {} {}", one["control"], one["severity"], id(&one["subject"]), id(&one["resource"]))
    };
    let mut out: Vec<String> = list("violations").iter().filter(|one| other(one)).map(violation).collect();
    out.sort();
    let coverage = |one: &Value| format!("{} {} {}", one["control"], one["status"], one["unknown"]);
    out.extend(list("coverage").iter().filter(|one| other(one)).map(coverage));
    out
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn a_scrubbed_company_gets_the_verdicts_of_the_original(
        docs in company(),
        planted in vec((any::<Index>(), 0_usize..PLANTED.len()), 1..4),
    ) {
        let folder = TempDir::new().unwrap();
        let mut files: Vec<(String, String)> = docs.iter().map(|doc| (doc.name(), doc.text())).collect();
        for (at, which) in planted {
            plant(&mut at.get_mut(&mut files).1, PLANTED[which]);
        }
        for (name, text) in &files {
            let path = folder.path().join("export").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        run(folder.path(), &["scrub", "export", "copy"]);
        prop_assert_eq!(verdicts(folder.path(), "export"), verdicts(folder.path(), "copy"));
    }
}
