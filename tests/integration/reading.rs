//! What is read as an export: compressed files, pages, lines, envelopes, tables, and the companies of one run.

use std::io::Write;

use crate::support::{Run, Sandbox, TODAY, fixture, user};
use cutover_export as export;
use cutover_export::collect::{Content, Folder, Input};
use cutover_inventory::Inventory;
use cutover_policy::pack::Pack;
use flate2::Compression;
use flate2::write::GzEncoder;

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes.as_ref(), ruzstd::encoding::CompressionLevel::Fastest)
}

/// Audits an export of these files and reads the result.
fn audit(files: &[(&str, &[u8])]) -> Run {
    Sandbox::with(files).audit(&["--format", "json", "--fail-on", "never", "--allow-incomplete"]).exits(0)
}

fn list(ids: &[u64]) -> String {
    format!("[{}]", ids.iter().map(|id| user(*id)).collect::<Vec<_>>().join(",\n "))
}

/// All records of a kind, whatever the files.
fn records(run: &Run, kind: &str) -> u64 {
    let json = run.json();
    let inputs = json["inputs"].as_array().unwrap().iter().filter(|input| input["kind"] == kind);
    inputs.map(|input| input["records"].as_u64().unwrap()).sum()
}

#[test]
fn compressed_files_are_read_in_place() {
    let (plain, table) = (list(&[1, 2, 3]), "Name,App Type\nOld Plan Room,Custom\n");
    let tools: [fn(&str) -> Vec<u8>; 2] = [|text| gzip(text), |text| zstd(text)];
    for squeeze in tools {
        for ending in [".gz", ".zst", ""] {
            // The first bytes tell, not the ending.
            let (users, accounts) = (format!("users.json{ending}"), format!("service_accounts.csv{ending}"));
            let run = audit(&[(&users, &squeeze(&plain)), (&accounts, &squeeze(table))]).says_nothing();
            assert_eq!((records(&run, "users"), records(&run, "service_accounts")), (3, 1));
        }
    }
}

#[test]
fn compressed_parts_one_after_the_other_are_one_file() {
    let (one, two) = (format!("{}\n", user(1)), format!("{}\n", user(2)));
    for parts in [[gzip(&one), gzip(&two)], [zstd(&one), zstd(&two)]] {
        let run = audit(&[("users.jsonl.gz", &parts.concat())]).says_nothing();
        assert_eq!(records(&run, "users"), 2);
    }
}

#[test]
fn a_compressed_export_gives_the_same_violations() {
    let (plain, packed) = (Sandbox::minimal(), Sandbox::minimal());
    plain.remove("export/settings.toml");
    packed.remove("export/settings.toml");
    let users = packed.read("export/users.json");
    packed.remove("export/users.json").write("export/users.json.zst", zstd(users));
    let (one, two) = (plain.audit(&["--format", "json"]), packed.audit(&["--format", "json"]));
    assert_eq!((one.code, one.violated()), (two.code, two.violated()));
}

#[test]
fn a_table_may_have_a_byte_order_mark_foreign_line_ends_and_quoted_line_breaks() {
    let table = "\u{feff}Name,App Type,Description\r\n\"Time, \"\"cards\"\"\",Custom,\"two\r\nlines\"\r\n\r\nOld,Marketplace,5\" pipe\r\n";
    let run = audit(&[("service_accounts.csv", table.as_bytes())]).says_nothing();
    assert_eq!(run.records("service_accounts.csv"), (2, 0));
    assert!(run.out.contains(r#"Time, \"cards\""#), "{}", run.out);
}

#[test]
fn json_may_have_a_byte_order_mark() {
    let run = audit(&[("users.json", format!("\u{feff}{}", list(&[1])).as_bytes())]).says_nothing();
    assert_eq!(run.records("users.json"), (1, 0));
}

#[test]
fn pages_are_one_list() {
    let (one, two, three, four) = (list(&[1, 2]), list(&[3]), list(&[4]), list(&[5]));
    let files: [(&str, &[u8]); 5] = [
        ("users.1.json", one.as_bytes()),
        ("users.2.json", two.as_bytes()),
        ("users/page-3.json", three.as_bytes()),
        ("project_users/7.1.json", four.as_bytes()),
        ("project_users/7.2.json", b"[]"),
    ];
    let run = audit(&files).says_nothing();
    assert_eq!((records(&run, "users"), records(&run, "project_users")), (4, 1));
}

#[test]
fn addresses_of_nobody_are_counted_once_however_many_rows_and_pages_have_them() {
    let head = "Project ID,Template,Email\n";
    let page = |rows: &str| format!("{head}{rows}");
    let (one, two) = (page("11,,ann@x.test\n12,,Ann@x.test\n"), page("11,,bob@x.test\n12,,ann@x.test\n"));
    let whole = page("11,,ann@x.test\n12,,Ann@x.test\n11,,bob@x.test\n12,,ann@x.test\n");
    let told = |files: &[(&str, &[u8])]| {
        let run = audit(files);
        let notes = run.json()["diagnostics"].as_array().unwrap().clone();
        notes.iter().map(|note| note["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = ["2 e-mail address(es), this one first, belong to no user of the export"];
    assert_eq!(told(&[("template_assignments.csv", whole.as_bytes())]), expected);
    let pages: [(&str, &[u8]); 2] =
        [("template_assignments.1.csv", one.as_bytes()), ("template_assignments.2.csv", two.as_bytes())];
    assert_eq!(told(&pages), expected);
}

#[test]
fn lines_are_records() {
    let lines = format!("{}\n\n{}\r\n{}", user(1), user(2), user(3));
    let run = audit(&[("users.jsonl", lines.as_bytes()), ("users/more.json", lines.as_bytes())]).says_nothing();
    assert_eq!((run.records("users.jsonl"), run.records("users/more.json")), ((3, 0), (3, 0)));
}

#[test]
fn the_envelope_of_version_2_is_opened() {
    let hooks = r#"{"data": [{"id": "1219440021211693119", "status": "active", "namespace": "x", "destination_url": "https://x.test/"}]}"#;
    let run = audit(&[("webhooks.json", hooks.as_bytes())]).says_nothing();
    assert_eq!(run.records("webhooks.json"), (1, 0));
}

#[test]
fn a_kind_is_told_by_the_shape_where_the_name_does_not_tell_it() {
    let run = audit(&[
        ("from-it.json", list(&[1, 2]).as_bytes()),
        ("x/accounts.csv", b"Name,App Type,Client ID\nA,Custom,\n"),
    ]);
    assert_eq!((records(&run, "users"), records(&run, "service_accounts")), (2, 1));
}

#[test]
fn export_toml_tells_what_a_file_is() {
    let table = b"Name,App Name\nOld Plan Room,\n";
    let kinds = b"[kinds]\n\"from-it/screen.csv\" = \"service_accounts\"\n";
    Sandbox::with(&[("from-it/screen.csv", table)]).audit(&[]).exits(3).says("warning[unknown-kind]");
    let run = audit(&[("from-it/screen.csv", table), ("export.toml", kinds)]).says_nothing();
    assert_eq!(records(&run, "service_accounts"), 1);
}

#[test]
fn slips_in_export_toml_are_told() {
    let kinds = b"[kinds]\n\"users.json\" = \"usres\"\n\"gone.csv\" = \"service_accounts\"\n";
    let run = audit(&[("users.json", list(&[1]).as_bytes()), ("export.toml", kinds)]);
    let run = run.says("export.toml gives the unknown kind `usres`").says("there is no file `gone.csv` in the export");
    assert!(run.diagnostics().contains(&"hand-kept export.toml:3:2".to_owned()), "{:?}", run.diagnostics());
    let kinds = b"[kinds]\n\"users.toml\" = \"users\"\n";
    let run = audit(&[("users.toml", b"x = 1"), ("projects.json", b"[]"), ("export.toml", kinds)]);
    run.says("users are not read from TOML");
}

#[test]
fn notes_beside_an_export_are_no_part_of_it() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/README.md", "# Notes").write("export/.git/config.json", "{").write("export/list.xlsx", "PK");
    sandbox.audit(&[]).exits(0).says_nothing();
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_back_to_itself_is_told() {
    let sandbox = Sandbox::minimal();
    std::os::unix::fs::symlink(sandbox.path("export"), sandbox.path("export/again")).unwrap();
    sandbox.audit(&[]).exits(3).says("export/again: a link that leads back to itself");
}

#[test]
fn folders_too_deep_to_be_looked_into_are_told() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/1/2/3/4/5/6/7/8/9/users.json", "[");
    sandbox.audit(&[]).exits(3).says("export/1/2/3/4/5/6/7/8: folders inside more than 8 others are not looked into");
}

#[test]
fn each_folder_is_a_company_and_a_service_identity_in_two_of_them_is_told() {
    let sandbox = Sandbox::with(&[]);
    let shared = r#"[{"id": 7, "name": "photo-sync-1a2b3c4d", "first_name": null, "last_name": "photo-sync-1a2b3c4d",
        "email_address": "photo-sync-1a2b3c4d@procore.com", "is_active": true}]"#;
    for (folder, company) in [("roads", 4), ("homes", 5)] {
        sandbox.write(&format!("{folder}/users.json"), shared);
        sandbox.write(
            &format!("{folder}/companies.json"),
            format!("[{{\"id\": {company}, \"name\": \"Kestrel {folder}\"}}]"),
        );
    }
    let audit = |folders: &[&str]| {
        let rest = ["--as-of", TODAY, "--control", "DIR-06", "--format", "json"];
        sandbox.run(&[["audit"].as_slice(), folders, &rest].concat())
    };
    audit(&["roads"]).exits(0);
    let json = audit(&["roads", "homes"]).exits(1).json();
    let companies: Vec<&str> =
        json["violations"].as_array().unwrap().iter().map(|violation| violation["company"].as_str().unwrap()).collect();
    assert_eq!(companies, ["Kestrel homes", "Kestrel roads"]);
    assert_eq!(audit(&["homes", "roads"]).json()["violations"], json["violations"]);
}

#[test]
fn every_sample_file_of_the_fixture_is_recognised() {
    let path = fixture("harborline").display().to_string();
    let run =
        Sandbox::with(&[]).run(&["audit", &path, "--as-of", TODAY, "--format", "json", "--fail-on", "never"]).exits(0);
    let json = run.json();
    for input in json["inputs"].as_array().unwrap() {
        assert!(input["kind"].is_string() && input["skipped"] == 0, "{input}");
        assert_eq!(input["sha256"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn the_tools_of_a_project_are_on_off_or_unknown() {
    let (on, off) =
        (r#"{"engine_name": "rfis", "is_active": true}"#, r#"{"engine_name": "punch", "is_active": false}"#);
    let page = format!(
        r#"[{on}, {off}, {{"engine_name": "x1", "title": "Daily Log", "is_active": true}},
            {{"engine_name": "hyperloop", "title": "Hyperloop", "is_active": true}}, {{"engine_name": "forms"}},
            {{"engine_name": "photos", "is_active": true}}]"#
    );
    let again = r#"[{"engine_name": "photos", "is_active": false}, {"is_active": true}]"#;
    let files = [
        ("projects.json", r#"[{"id": 7, "name": "Pier"}, {"id": 8, "name": "Quay"}]"#),
        ("project_tools/7.1.json", &page),
        ("project_tools/7.2.json", again),
        ("project_tools/9.json", &format!("[{on}, {off}]")),
    ];
    let input = |(name, text): &(&str, &str)| Input {
        name: (*name).to_owned(),
        path: (*name).to_owned(),
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    let folder = Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() };
    let mut said = Vec::new();
    let inventory = Inventory::build(&export::read(vec![folder], &()), &Pack::load(&[]).unwrap().tools, &mut said);
    let tools = |project: usize| {
        let tools = &inventory.companies[0].projects[project].tools;
        tools.iter().map(|(tool, on)| (tool.to_string(), on.value().copied())).collect::<Vec<_>>()
    };
    let known = [
        ("project/daily_log", Some(true)),
        ("project/forms", None),
        ("project/hyperloop", Some(true)),
        ("project/photos", None),
        ("project/punch_list", Some(false)),
        ("project/rfi", Some(true)),
    ];
    assert_eq!(tools(0), known.map(|(tool, on)| (tool.to_owned(), on)));
    assert_eq!(tools(1), []);
    assert_eq!(inventory.companies[0].projects.len(), 2);
    let mut codes: Vec<&str> = said.iter().map(|diagnostic| diagnostic.code.id()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["conflict", "shape", "unknown-tool", "unresolved"]);
}

#[test]
fn the_tools_of_a_project_are_told_by_name_and_by_shape() {
    let tools =
        br#"[{"id": 1, "engine_name": "rfi", "is_active": true, "position": 3, "required": false, "title": "RFIs"}]"#;
    for name in ["project_tools/7.json", "project_tools/7.1.json", "project_tools/7/1.json", "tools/7.json"] {
        let run = audit(&[("projects.json", br#"[{"id": 7, "name": "Pier"}]"#), (name, tools)]).says_nothing();
        assert_eq!(records(&run, "project_tools"), 1, "{name}");
    }
    let run = audit(&[("users.json", b"[]"), ("project_tools.json", tools)])
        .says("the file name does not tell the project id");
    assert_eq!(records(&run, "project_tools"), 0);
}
