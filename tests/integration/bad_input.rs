//! Input that is broken, wrong or too large: told with its place, never fatal for the rest, and never guessed at.

use std::io::Write;

use crate::support::{Run, Sandbox, user};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Adds a file, of which a part cannot be read, to an export in which nothing is wrong; the rest of it must still be
/// evaluated, and is no pass.
fn beside(name: &str, bytes: impl AsRef<[u8]>) -> Run {
    ends_with(3, name, bytes).says("--allow-incomplete accepts it")
}

/// Adds a file that is read, whatever there is to say about it.
fn read_beside(name: &str, bytes: impl AsRef<[u8]>) -> Run {
    ends_with(0, name, bytes)
}

fn ends_with(code: i32, name: &str, bytes: impl AsRef<[u8]>) -> Run {
    let sandbox = Sandbox::minimal();
    sandbox.write(&format!("export/{name}"), bytes);
    let audit = ["--format", "json", "--fail-on", "critical"];
    sandbox.audit(&[audit.as_slice(), &["--allow-incomplete"]].concat()).exits(0);
    let run = sandbox.audit(&audit).exits(code).stays_plain();
    assert_eq!(run.records("projects.json"), (1, 0), "the rest is read");
    // A broken settings.toml leaves user installs unknown; an account is one too many whatever else it is.
    let expected = |id: &String| ["UIN-01", "SVA-09"].contains(&id.as_str());
    assert!(run.violated().iter().all(expected), "nothing is invented: {:?}", run.violated());
    run
}

/// The only diagnostic has this code and place.
#[track_caller]
fn only(run: &Run, expected: &str) {
    assert_eq!(run.diagnostics(), [expected]);
}

#[test]
fn records_before_a_fault_are_kept() {
    let text = format!("[{},\n {},\n {{\"id\": 3, \"name\": }},\n {}]", user(1), user(2), user(4));
    let run = beside("users.2.json", text).says("not valid JSON from here on");
    assert_eq!(run.records("users.2.json"), (2, 0));
    only(&run, "syntax users.2.json:3:20");
}

#[test]
fn a_fault_is_placed_by_characters_not_bytes() {
    let run = beside("users.2.json", "[{\"name\": \"Müller Söhne\", \"x\": é}]");
    only(&run, "syntax users.2.json:1:32");
    run.says("users.2.json:1:32");
}

#[test]
fn a_file_that_ends_too_early_is_told() {
    let whole = format!("[{}, {}]", user(1), user(2));
    for end in [1, 2, 40, whole.len() / 2, whole.len() - 1] {
        let run = beside("users.2.json", &whole[..end]).says("the file ends in the middle of a value");
        assert_eq!(run.diagnostics().len(), 1);
    }
}

#[test]
fn what_follows_the_list_is_a_fault() {
    only(&beside("users.2.json", format!("[{}] x", user(1))), &format!("syntax users.2.json:1:{}", user(1).len() + 4));
}

#[test]
fn a_bad_line_costs_that_line() {
    let text = format!("{}\n{{\"id\": 2, \n{}\n", user(1), user(3));
    let run = beside("users.2.jsonl", text).says("this line is not valid JSON; it was left out");
    assert_eq!(run.records("users.2.jsonl"), (2, 1));
    only(&run, "syntax users.2.jsonl:2:9");
}

#[test]
fn a_member_of_the_wrong_type_is_unknown_and_the_record_is_kept() {
    let run = beside("users.2.json", r#"[{"id": 9, "name": ["x"], "is_active": "yes", "created_at": "soon"}]"#);
    assert_eq!(run.records("users.2.json"), (1, 0));
    let told = ["member users.2.json:1:20", "member users.2.json:1:40", "member users.2.json:1:61"];
    assert_eq!(run.diagnostics(), told);
    run.says("`is_active` has a value that it cannot have; it is treated as unknown");
}

#[test]
fn a_record_of_the_wrong_type_is_left_out() {
    let run = beside("users.2.json", format!("[{}, \"text\", 1.5, null, true, [], [77, \"Ann\"]]", user(1)));
    assert_eq!(run.records("users.2.json"), (1, 6));
    run.says("not an object; the record was left out");
}

#[test]
fn a_record_without_an_id_is_left_out() {
    for id in
        ["", r#""id": null,"#, r#""id": "seven","#, r#""id": -1,"#, r#""id": 1.5,"#, r#""id": 18446744073709551616,"#]
    {
        beside("users.2.json", format!(r#"[{{{id} "name": "x"}}]"#))
            .says("a user without `id`; the record was left out");
    }
}

#[test]
fn a_level_that_is_none_is_unknown() {
    let template = |levels: &str| {
        format!(r#"[{{"id": 1, "name": "T", "type": "company_tools", "user_access_levels": {{{levels}}}}}]"#)
    };
    let run = beside("permission_templates.2.json", template(r#""directory": "superuser""#));
    only(&run, "unknown-level permission_templates.2.json:1:86");
    run.says("`superuser` is not a level: expected None, Read Only, Standard or Admin; it is treated as unknown");
    for level in ["\"\"", "0", "5", "\"admln\"", "{\"id\": 9}"] {
        beside("permission_templates.2.json", template(&format!("\"directory\": {level}"))).says("is not a level");
    }
    for level in ["true", "[4]", "1.5"] {
        let run = beside("permission_templates.2.json", template(&format!("\"directory\": {level}")));
        run.says("`user_access_levels.directory` has a value that it cannot have");
    }
}

#[test]
fn an_unknown_tool_is_kept_and_noted() {
    let sandbox = Sandbox::minimal();
    let template = r#"[{"id": 1, "name": "T", "type": "company_tools", "user_access_levels": {"zorp": "Admin"}}]"#;
    sandbox.write("export/permission_templates.2.json", template);
    sandbox.audit(&[]).exits(0).says_nothing();
    sandbox.audit(&["-v"]).exits(0).says("`zorp` is not in the table of company tools; it is kept under that name");
}

#[test]
fn two_records_of_one_id_that_differ_leave_the_member_unknown() {
    let (one, two) = (user(9), user(9).replace("\"is_active\": true", "\"is_active\": false"));
    for pages in [[&one, &two], [&two, &one]] {
        let text = format!("[{},\n{}]", pages[0], pages[1]);
        read_beside("users.2.json", text).says("two records of user 9 differ in `is_active`; it is treated as unknown");
    }
    let sandbox = Sandbox::minimal();
    sandbox.write("export/users.2.json", format!("[{one},\n{one}]"));
    sandbox.audit(&[]).exits(0).says_nothing();
}

#[test]
fn a_member_that_stands_twice_costs_the_record() {
    for twice in [r#"{"id": 8, "is_active": true, "is_active": false}"#, r#"{"id": 8, "a": {"x": 1, "\u0078": 2}}"#] {
        let run =
            beside("users.2.json", format!("[{twice}, {}]", user(9))).says("names this member twice and was left out");
        assert_eq!(run.records("users.2.json"), (1, 1));
    }
    beside("webhooks.json", r#"{"data": [], "data": []}"#).says("the object around the records names a member twice");
}

#[test]
fn nesting_is_bounded_and_costs_the_record() {
    let deep = format!(r#"{{"id": 8, "x": {}{}}}"#, "[".repeat(200), "]".repeat(200));
    let run = beside("users.2.json", format!("[{deep}, {}]", user(9))).says("deeper than 127 levels and was left out");
    assert_eq!(run.records("users.2.json"), (1, 1));
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("[{}", "[{\"a\":".repeat(50_000))] {
        beside("users.2.json", deep).says("the file ends in the middle of a value");
    }
}

#[test]
fn a_text_of_ten_megabytes_costs_the_record() {
    let long = "a".repeat(10 << 20);
    for record in [format!(r#"{{"id": 8, "name": "{long}"}}"#), format!(r#"{{"id": 8, "{long}": 1}}"#)] {
        let run = beside("users.2.json", format!("[{record}, {}]", user(9))).says("a text longer than 1 MiB");
        assert_eq!(run.records("users.2.json"), (1, 1));
        assert!(run.out.len() + run.err.len() < 200_000);
    }
}

#[test]
fn numbers_beyond_all_bounds_cost_the_record_or_the_member() {
    let run = beside("users.2.json", format!(r#"[{{"id": 8, "x": 1e400}}, {}]"#, user(9)));
    only(&run, "shape users.2.json:1:17");
    run.says("a number too large to read; the record was left out");
    let run =
        beside("users.2.json", format!(r#"[{{"id": 9, "default_permission_template_id": {}}}]"#, "9".repeat(300)));
    assert_eq!(run.records("users.2.json"), (1, 0));
    only(&run, "member users.2.json:1:46");
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let run = beside("users.2.json", b"[{\"id\": 9,\n  \"name\": \"M\xfcller\"}]").says("not UTF-8");
    only(&run, "encoding users.2.json:2:13");
    run.says("users.2.json:2:13");
    for encode in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let text = "\u{feff}[]".encode_utf16().flat_map(encode).collect::<Vec<u8>>();
        beside("users.2.json", text).says("the file is UTF-16: save it as UTF-8");
    }
}

#[test]
fn half_a_character_costs_the_record() {
    let run = beside("users.2.json", format!(r#"[{{"id": 8, "name": "x\ud800y"}}, {}]"#, user(9)));
    assert_eq!(run.records("users.2.json"), (1, 1));
    only(&run, "shape users.2.json:1:20");
    run.says("half a character (a lone surrogate)");
}

#[test]
fn an_empty_file_is_no_empty_list() {
    for name in ["users.2.json", "users.2.jsonl", "users.2.json.gz", "service_accounts.csv"] {
        for text in ["", "\n", " \r\n\t"] {
            beside(name, text).says("the file is empty");
        }
    }
}

#[test]
fn an_error_answer_of_the_api_is_no_record() {
    for answer in [
        r#"{"errors": ["App is not connected to this company."]}"#,
        r#"{"errors": {"base": ["x"]}, "code": 403, "message": "Forbidden"}"#,
        r#"{"error": "invalid_token", "error_description": "The access token expired"}"#,
        r#"{"message": "Not Found"}"#,
    ] {
        let run = beside("users.2.json", answer).says("an error answer of the API, not records");
        assert_eq!(run.records("users.2.json"), (0, 0));
    }
    for page in ["<!DOCTYPE html><html>", "\"text\"", "Unauthorized", "null", "7"] {
        beside("users.2.json", page).says("not JSON: expected an array or an object");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn damaged_compression_is_told_and_nothing_of_the_file_is_believed() {
    let text = format!("[{}]", (1..200).map(user).collect::<Vec<_>>().join(","));
    let packed = [
        gzip(text.as_bytes()),
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest),
    ];
    for (bytes, name) in packed.iter().zip(["users.2.json.gz", "users.2.json.zst"]) {
        for end in [5, bytes.len() / 2, bytes.len() - 1] {
            let run = beside(name, &bytes[..end]);
            only(&run, &format!("unreadable {name}:1:1"));
            assert_eq!(run.records(name), (0, 0));
        }
        for at in [bytes.len() / 2, bytes.len() - 3] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            only(&beside(name, damaged), &format!("unreadable {name}:1:1"));
        }
    }
}

#[test]
fn a_folder_where_a_file_is_due_is_told() {
    beside("webhooks.json/", "").says("export/webhooks.json: a folder where a file is expected");
}

#[test]
fn files_with_the_same_fault_are_each_named() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/a.json", "{\"a\": 1}").write("export/b.json", "{\"a\": 1}");
    sandbox.write("export/users.2.json.gz", [0x1f, 0x8b]).write("export/users.3.json.gz", [0x1f, 0x8b]);
    sandbox.write("export/x.csv/", "").write("export/y.csv/", "");
    let run = sandbox.audit(&[]).exits(3);
    for name in ["a.json", "b.json", "users.2.json.gz", "users.3.json.gz", "x.csv", "y.csv"] {
        assert!(run.err.contains(&format!("export/{name}")), "{name}: {}", run.err);
    }
}

#[test]
fn a_member_whose_name_holds_a_slash_is_found_again() {
    let levels = r#"[{"id": 1, "name": "T", "type": "company_tools", "user_access_levels": {"a/b~c": "superuser"}}]"#;
    let told = ["unknown-level permission_templates.2.json:1:82", "unknown-tool permission_templates.2.json:1:82"];
    assert_eq!(beside("permission_templates.2.json", levels).diagnostics(), told);
}

#[test]
fn rows_that_do_not_fit_the_header_are_left_out() {
    let run = beside("service_accounts.csv", "Name,App Type\nA,Custom\nB\nC,Custom,more\nD,Custom\n");
    assert_eq!(run.records("service_accounts.csv"), (2, 2));
    run.says("the row has more or fewer cells than the header");
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_row_in_silence() {
    let run = beside("service_accounts.csv", "Name,App Type\nA,Custom\nB,\"Custom\nC,Custom\nD,Custom\n");
    assert_eq!(run.records("service_accounts.csv"), (1, 0));
    only(&run, "syntax service_accounts.csv:3:1");
}

#[test]
fn a_table_with_the_wrong_columns_is_told_once() {
    let run = beside("service_accounts.csv", "Name;App Type\nA;Custom\nB;Custom\n");
    only(&run, "shape service_accounts.csv:1:1");
    beside("service_accounts.csv", "Name,name,App Type\nA,B,Custom\n").says("two columns are called `name`");
}

#[test]
fn a_file_of_unknown_sort_is_told() {
    read_beside("other.json", r#"{"a": 1}"#).says("the kind of this file is unknown");
    beside("project_users/abc.json", format!("[{}]", user(1))).says("the file name does not tell the project id");
    beside("template_assignments.json", "[]").says("template assignments are not read from JSON");
}

#[test]
fn files_written_by_hand_are_told_with_their_place() {
    let run = beside("settings.toml", "allow_user_installs = \"maybe\"\n").says("expected true or false, found text");
    only(&run, "hand-kept settings.toml:1:23");
    beside("settings.toml", "allow_user_instals = true\n").says("unknown field `allow_user_instals`");
    only(&beside("settings.toml", "allow = = 3\n"), "hand-kept settings.toml:1:9");
    only(&beside("export.toml", "company_id = -1\n"), "hand-kept export.toml:1:14");
    only(&beside("export.toml", "company_id = 4410027\ncollected_at = 2024-02-30\n"), "hand-kept export.toml:2:16");
}

/// An export in which the app that is installed has no user. What would be wrong, if the list of users were whole.
fn without_the_user_of_the_app() -> Sandbox {
    let sandbox = Sandbox::minimal();
    sandbox.remove("export/users/14820377.json").write("export/users.json", format!("[{}]", user(9)));
    sandbox.write("export/users_inactive.json", "[]").write("export/project_users/2860044.json", "[]");
    sandbox.write("export/template_assignments.csv", "Email,Project ID,Template\n");
    sandbox
}

#[test]
fn a_list_with_a_gap_does_not_tell_who_is_not_on_it() {
    let violated = |sandbox: &Sandbox| sandbox.audit(&["--format", "json"]).violated();
    assert_eq!(violated(&without_the_user_of_the_app()), ["INS-02"]);
    for page in ["[{\"id\": ]", "[7.5]", "[{\"name\": \"who?\"}]", "[{\"id\": 8, \"x\": 1e999}]", "\u{0}"] {
        let sandbox = without_the_user_of_the_app();
        sandbox.write("export/users.2.json", page);
        assert_eq!(violated(&sandbox), [""; 0], "{page}");
    }
    let sandbox = without_the_user_of_the_app();
    sandbox.remove("export/users.json").write("export/users.json.gz", gzip(b"[]").split_at(9).0);
    assert_eq!(violated(&sandbox), [""; 0]);
}

#[test]
fn the_record_of_one_user_does_not_tell_who_else_there_is() {
    let sandbox = without_the_user_of_the_app();
    sandbox.remove("export/users.json").write("export/users/9.json", user(9));
    assert_eq!(sandbox.audit(&["--format", "json"]).violated(), [""; 0]);
}

#[test]
fn members_of_a_project_are_not_missed_in_a_list_with_a_gap() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/template_assignments.csv", "Email,Project ID,Template\n");
    let whole = sandbox.write("export/project_users/2860044.json", "[]").audit(&["--format", "json"]).violated();
    assert!(!whole.is_empty());
    sandbox.write("export/project_users/2860044.json", "[7.5]");
    assert_eq!(sandbox.audit(&["--format", "json"]).violated(), [""; 0]);
}

#[test]
fn an_export_of_which_nothing_is_read_exits_3_in_every_format() {
    let nothing: [&[(&str, &[u8])]; 4] = [
        &[],
        &[("notes.txt", b"x"), ("README.md", b"x")],
        &[("other.json", b"{\"a\": 1}"), ("other.toml", b"a = 1")],
        // What a company writes by hand is no export.
        &[("settings.toml", b"allow_user_installs = false"), ("export.toml", b"company_id = 7")],
    ];
    // Where files are there and broken, the result says so.
    let broken: [&[(&str, &[u8])]; 3] = [
        &[("users.json/", b"")],
        &[("users.json", b"["), ("projects.json", b""), ("service_accounts.csv", b"x\n1\n")],
        &[("users.json.gz", &[0x1f, 0x8b, 8]), ("projects.json", b"{\"errors\": []}")],
    ];
    for (files, is_told) in nothing.into_iter().map(|files| (files, false)).chain(broken.map(|files| (files, true))) {
        for format in ["text", "json", "jsonl", "sarif"] {
            let audit = ["--format", format, "--fail-on", "never", "--allow-incomplete"];
            let run = Sandbox::with(files).audit(&audit).exits(3);
            let run = run.says("found no file of an export that could be read");
            assert_eq!(!run.out.is_empty(), is_told, "{format}: {}", run.out);
        }
    }
}

#[test]
fn a_path_that_is_not_there_exits_3() {
    let sandbox = Sandbox::minimal();
    for arguments in [["audit", "nowhere", "nowhere"], ["audit", "export", "nowhere"]] {
        sandbox.run(&arguments).exits(3).says("cannot read the export `nowhere`: there is no such file or folder");
    }
}

#[test]
fn thousands_of_faults_of_one_sort_do_not_flood_the_terminal() {
    let records: Vec<String> = (1..3000).map(|id| format!(r#"{{"id": {id}, "name": {id}}}"#)).collect();
    let sandbox = Sandbox::minimal();
    for page in 2..40 {
        sandbox.write(&format!("export/users.{page}.json"), format!("[{}]", records.join(",\n")));
    }
    assert!(sandbox.audit(&["--fail-on", "never"]).exits(3).err.lines().count() < 400);
}
