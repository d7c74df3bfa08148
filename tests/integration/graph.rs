//! Questions to the access graph, as a process: what people read, and what happens when a name is none.

use cutover_report::graph::GraphFormat;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

const HARBORLINE: &str = "fixtures/harborline";

fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut cutover = Command::new(crate::support::program());
    cutover.current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).args(arguments);
    let output = cutover.env("COLUMNS", "100").env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn answered(arguments: &[&str]) -> String {
    let (code, out, errors) = run(arguments);
    assert_eq!(code, 0, "{arguments:?}: {errors}");
    out
}

fn json_of(arguments: &[&str]) -> Value {
    serde_json::from_str(&answered(&[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn why_names_the_template_and_the_place() {
    let out = answered(&["why", HARBORLINE, "vault-archive", "Company Directory"]);
    assert!(out.starts_with("Yes: vault-archive-harborline-builders holds Admin on Company Directory."), "{out}");
    assert!(out.contains("Service Account - Full Access (Company) grants Admin on Company Directory"), "{out}");
    assert!(out.contains("permission_templates.json:203"), "{out}");
}

#[test]
fn why_not_names_single_facts_that_would_change_it() {
    let answer = json_of(&["why", HARBORLINE, "timecards-connector-harborline", "project/budget"]);
    assert_eq!(answer["verdict"], "no");
    let misses = answer["near_misses"].as_array().unwrap();
    assert!(!misses.is_empty(), "{answer}");
    assert!(misses.iter().any(|miss| miss["change"].as_str().unwrap().contains("template")), "{answer}");
}

#[test]
fn who_can_lists_service_identities_before_people() {
    let answer = json_of(&["graph", "who-can", HARBORLINE, "company/directory", "admin"]);
    let kinds: Vec<&str> =
        answer["entries"].as_array().unwrap().iter().map(|entry| entry["thing"]["type"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"LegacyAccount"), "{kinds:?}");
    let first_person = kinds.iter().position(|kind| *kind == "Person").unwrap_or(kinds.len());
    assert!(kinds[first_person..].iter().all(|kind| *kind == "Person"), "{kinds:?}");
    assert_eq!(answer["count"], json!(kinds.len()));
}

#[test]
fn each_answer_reads_as_before() {
    for (name, arguments) in [
        ("why", vec!["why", HARBORLINE, "vault-archive", "project/documents"]),
        ("why_not", vec!["why", HARBORLINE, "timecards-connector-harborline", "project/budget"]),
        ("not_known", vec!["why", HARBORLINE, "safety-sync", "project/budget"]),
        ("who_can", vec!["graph", "who-can", HARBORLINE, "company/directory", "admin"]),
        ("what_can", vec!["graph", "what-can", HARBORLINE, "timecards-connector-harborline"]),
        ("path", vec!["graph", "path", HARBORLINE, "vault-archive-harborline-builders", "company/admin"]),
        ("reach", vec!["graph", "reach", HARBORLINE, "safety-sync"]),
        ("choke", vec!["graph", "choke", HARBORLINE]),
        ("around", vec!["graph", HARBORLINE, "--around", "safety-sync-e45f0a18", "--depth", "1"]),
    ] {
        insta::assert_snapshot!(name, answered(&arguments));
    }
}

#[test]
fn a_name_that_is_none_or_several_is_an_error_with_candidates() {
    let (code, out, errors) = run(&["why", HARBORLINE, "vault-archiv-harborline", "company/directory"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(errors.contains("there is no account") && errors.contains("vault-archive-harborline-builders"), "{errors}");
    let (code, _, errors) = run(&["graph", "reach", HARBORLINE, "s"]);
    assert_eq!(code, 2);
    assert!(errors.contains("could be any of"), "{errors}");
    let (code, _, errors) = run(&["why", HARBORLINE, "vault-archive", "project/documnts"]);
    assert_eq!(code, 2);
    assert!(errors.contains("project/documents"), "{errors}");
    let (code, _, _) = run(&["graph", "path", HARBORLINE, "", "company/admin"]);
    assert_eq!(code, 2);
    let (code, _, _) = run(&["why", "fixtures/nowhere", "a", "b"]);
    assert_eq!(code, 3);
}

#[test]
fn every_format_holds_the_same_graph() {
    let graph = json_of(&["graph", HARBORLINE])["graph"].clone();
    let (nodes, edges) = (graph["nodes"].as_array().unwrap().len(), graph["edges"].as_array().unwrap().len());
    let dot = answered(&["graph", HARBORLINE, "--format", "dot"]);
    assert_eq!(dot.lines().filter(|line| line.starts_with("  n") && line.contains(" -> ")).count(), edges);
    let mermaid = answered(&["graph", HARBORLINE, "--format", "mermaid"]);
    assert_eq!(mermaid.lines().filter(|line| line.contains(" -->|")).count(), edges);
    assert_eq!(mermaid.lines().filter(|line| line.contains("[\"")).count(), nodes);
    let graphml = answered(&["graph", HARBORLINE, "--format", "graphml"]);
    let document = roxmltree::Document::parse(&graphml).unwrap();
    let count = |name: &str| {
        document.descendants().filter(|node| node.has_tag_name(("http://graphml.graphdrawing.org/xmlns", name))).count()
    };
    assert_eq!((count("node"), count("edge")), (nodes, edges));
}

#[test]
fn hostile_names_stay_names() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(10_000);
    let users = json!([
        {"id": 1, "name": "a\"]<script>\n%%{init}\u{202e}-4ef586a6", "last_name": "evil-4ef586a6", "first_name": null,
         "email_address": "evil-4ef586a6@procore.com", "is_active": true,
         "company_permission_template": {"id": 9, "name": "T]]>&\u{1b}[2J"}},
        {"id": 2, "name": long, "last_name": "long-4ef586a7", "first_name": null,
         "email_address": "long-4ef586a7@procore.com", "is_active": true},
    ]);
    std::fs::write(folder.path().join("users.json"), users.to_string()).unwrap();
    let path = folder.path().to_str().unwrap();
    for format in crate::support::formats::<GraphFormat>() {
        for question in [vec!["graph", path], vec!["graph", "reach", path, "1"], vec!["graph", "what-can", path, "2"]] {
            let out = answered(&[question, vec!["--format", format]].concat());
            assert!(!out.contains(['\u{1b}', '\u{202e}']), "{format}");
            if matches!(format, "mermaid" | "graphml") {
                assert!(!out.contains("<script>"), "{format}: {out}");
            }
            if format == "graphml" {
                roxmltree::Document::parse(&out).unwrap();
            }
        }
    }
}

#[test]
fn the_same_bytes_whatever_the_number_of_threads() {
    let with = |threads: &str| {
        let mut cutover = Command::new(crate::support::program());
        cutover.current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).env("RAYON_NUM_THREADS", threads);
        cutover.args(["graph", "choke", HARBORLINE, "--format", "json"]).output().unwrap().stdout
    };
    assert_eq!(with("1"), with("4"));
}

#[test]
fn a_plan_draws_what_replaces_an_account_and_what_becomes_of_its_access() {
    let (_, out, _) = run(&["plan", HARBORLINE, "--as-of", "2024-10-15", "--format", "json"]);
    let plan: Value = serde_json::from_str(&out).unwrap();
    let (nodes, edges) = (&plan["graph"]["nodes"], plan["graph"]["edges"].as_array().unwrap());
    let end = |edge: &Value, end: &str| &nodes[usize::try_from(edge[end].as_u64().unwrap()).unwrap()];
    let mut replaced: Vec<String> = edges
        .iter()
        .filter(|edge| edge["label"] == "is replaced by" && edge["state"] == "gained")
        .map(|edge| format!("{} -> {}", end(edge, "from")["name"], end(edge, "to")["type"]))
        .collect();
    replaced.sort();
    let account = |name: &str| format!("\"{name}\" -> \"ManagedAccount\"");
    assert_eq!(replaced, [account("Weather Logger"), account("timecards-connector-harborline-builders")]);
    for state in ["kept", "lost", "gained"] {
        assert!(edges.iter().any(|edge| edge["state"] == state), "{state}");
    }
    // An account that goes leaves its template behind.
    let left = |edge: &&Value| edge["label"] == "is given" && edge["state"] == "lost";
    assert!(
        edges.iter().filter(left).any(|edge| end(edge, "from")["name"] == "timecards-connector-harborline-builders")
    );
}

#[test]
fn the_graph_is_drawn_for_formats_that_show_it_only() {
    let audit = |format: &str| run(&["audit", HARBORLINE, "--as-of", "2024-10-15", "--format", format]).1;
    let whole: Value = serde_json::from_str(&audit("json")).unwrap();
    assert!(!whole["graph"]["nodes"].as_array().unwrap().is_empty());
    assert!(audit("html").contains("is given"));
    assert!(!audit("jsonl").contains("\"nodes\""));
}

#[test]
fn an_answer_from_a_broken_list_of_users_is_not_taken_for_an_answer() {
    let export = tempfile::tempdir().unwrap();
    let path = |name: &str| export.path().join(name);
    std::fs::write(path("companies.json"), r#"[{"id": 1, "name": "Tern"}]"#).unwrap();
    std::fs::write(path("users.json"), r#"[{"id": 1, "na"#).unwrap();
    let folder = export.path().to_str().unwrap();
    let (code, out, errors) = run(&["graph", "who-can", folder, "company/directory", "admin"]);
    assert_eq!(code, 3, "{out}{errors}");
    assert!(errors.contains("a part of the export could not be read"), "{errors}");
    // Without any list of users nobody knows who could.
    std::fs::remove_file(path("users.json")).unwrap();
    let (code, out, _) = run(&["graph", "who-can", folder, "company/directory", "admin"]);
    assert_eq!(code, 0);
    assert!(out.contains("This would say: users: "), "{out}");
}
