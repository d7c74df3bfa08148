//! Inputs that are not what they seem: lists with a hole, users of a project under the name of the company's, lists of
//! another company, results of the program beside an export, and lists that are absent where others are empty.

use crate::support;
use std::fmt::Write as _;

use crate::support::{Run, Sandbox, user};
use proptest::prelude::*;
use serde_json::Value;

/// An app that is installed and asks for something: the directory has to hold a user for it.
const INSTALLED: [(&str, &str); 2] = [
    (
        "app_installations.json",
        r#"[{"id": 5001, "app_uid": "u1", "status": "installed", "developer_app": {"id": 1, "name": "RFI Log"}}]"#,
    ),
    (
        "app_installations/5001.json",
        r#"{"id": 5001, "app_uid": "u1", "status": "installed", "semantic_version": "1.0.0",
            "developer_app": {"id": 1, "name": "RFI Log"},
            "manifest": {"schema_version": "4.1", "permissions": {"company": {}, "project": {"rfi": "readonly"}}}}"#,
    ),
];
/// The user of that app.
const SERVICE: &str = r#"{"id": 8780450, "name": "rfi-log-5be1c0d7", "first_name": null, "last_name": "rfi-log-5be1c0d7",
    "email_address": "rfi-log-5be1c0d7@procore.com", "is_active": true}"#;

/// Audits these files, with a list of inactive users that is empty, and a file that says nothing: an export of which nothing
/// can be read has no result.
fn audit(files: &[(&str, &str)]) -> Run {
    let files = files.iter().chain(&[("app_configurations.json", "[]"), ("users_inactive.json", "[]")]);
    let files: Vec<(&str, &[u8])> = files.map(|(name, text)| (*name, text.as_bytes())).collect();
    Sandbox::with(&files).audit(&["--format", "json", "--fail-on", "never"])
}

/// The same beside an installed app.
fn beside_app(files: &[(&str, &str)]) -> Run {
    audit(&[INSTALLED.as_slice(), files].concat())
}

fn list(ids: impl IntoIterator<Item = u64>) -> String {
    format!("[{}]", ids.into_iter().map(user).collect::<Vec<_>>().join(",\n "))
}

/// Codes and messages of the diagnostics.
fn said(run: &Run) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let json = run.json();
    json["diagnostics"].as_array().unwrap().iter().map(|one| (text(&one["code"]), text(&one["message"]))).collect()
}

fn has(run: &Run, code: &str) -> bool {
    said(run).iter().any(|(own, _)| own == code)
}

fn status(run: &Run, control: &str) -> String {
    let json = run.json();
    let coverage = json["coverage"].as_array().unwrap();
    let found = coverage.iter().find(|coverage| coverage["control"] == control).unwrap();
    found["status"].as_str().unwrap().to_owned()
}

fn records(run: &Run, kind: &str) -> u64 {
    let json = run.json();
    let inputs = json["inputs"].as_array().unwrap().iter().filter(|input| input["kind"] == kind);
    inputs.map(|input| input["records"].as_u64().unwrap()).sum()
}

#[test]
fn a_hole_in_the_page_numbers_leaves_open_who_is_on_the_list() {
    let (one, three) = (list(1..4), list(7..9));
    let run = beside_app(&[("users.1.json", &one), ("users.3.json", &three)]);
    let holes: Vec<String> = said(&run).into_iter().filter(|(code, _)| code == "page-hole").map(|(_, it)| it).collect();
    assert_eq!(holes, ["users: pages 1 and 3, no page 2: fetch what is missing"]);
    assert!(!run.violated().contains(&"INS-02".to_owned()));
    assert_eq!(status(&run, "INS-02"), "not_assessed");
    let whole = beside_app(&[("users.1.json", &one), ("users.2.json", &three)]);
    assert!(whole.violated().contains(&"INS-02".to_owned()) && !has(&whole, "page-hole"));
}

#[test]
fn holes_are_found_however_pages_are_numbered() {
    let (one, two) = (list(1..4), list(7..9));
    for [first, second] in [
        ["users.2.json", "users.3.json"],
        ["users/page1.json", "users/page3.json"],
        ["users_1.json", "users_3.json"],
        ["users/1.json", "users/3.json"],
        ["users.json", "users.3.json"],
        ["companies/5/users.1.json", "companies/5/users.4.json"],
    ] {
        let run = beside_app(&[(first, &one), (second, &two)]);
        assert!(has(&run, "page-hole"), "{first} {second}: {:?}", said(&run));
        assert_eq!(status(&run, "INS-02"), "not_assessed", "{first} {second}");
    }
    let of_project = [("project_users/7.1.json", list([1])), ("project_users/7.3.json", list([2]))];
    let of_project: Vec<(&str, &str)> = of_project.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert!(has(&audit(&of_project), "page-hole"));
    // Records of single users have ids, and no pages.
    let shows = [("users.json", list(1..3)), ("users/4.json", user(4)), ("users/9.json", user(9))];
    let shows: Vec<(&str, &str)> = shows.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert!(!has(&audit(&shows), "page-hole"));
}

#[test]
fn a_last_page_as_long_as_a_page_may_not_be_the_last() {
    let (one, two, short) = (list(1..101), list(101..201), list(101..180));
    for (files, cut) in [
        (vec![("users.1.json", one.as_str()), ("users.2.json", two.as_str())], true),
        (vec![("users.json", one.as_str())], true),
        (vec![("users.1.json", one.as_str()), ("users.2.json", short.as_str())], false),
        (vec![("users.1.json", one.as_str()), ("users.2.json", two.as_str()), ("users.3.json", "[]")], false),
        (vec![("users.json", one.as_str()), ("users.2.json", "[]")], false),
    ] {
        let run = beside_app(&files);
        assert_eq!(has(&run, "cut-list"), cut, "{:?}", said(&run));
        assert_eq!(status(&run, "INS-02") == "not_assessed", cut);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever pages there are: with one of them taken away, nobody is known not to be on the list.
    #[test]
    fn with_any_page_but_the_last_taken_away_the_list_is_open(lengths in prop::collection::vec(2_u64..9, 2..6), at: prop::sample::Index) {
        let gone = at.index(lengths.len() - 1);
        let mut from = 1;
        let mut pages: Vec<(String, String)> = Vec::new();
        for (page, length) in lengths.iter().enumerate() {
            pages.push((format!("users.{}.json", page + 1), list(from..from + length)));
            from += length;
        }
        pages.push((format!("users.{}.json", lengths.len() + 1), "[]".to_owned()));
        let files = |gone: Option<usize>| -> Vec<(&str, &str)> {
            let left = pages.iter().enumerate().filter(|(page, _)| Some(*page) != gone);
            left.map(|(_, (name, text))| (name.as_str(), text.as_str())).collect()
        };
        let (whole, open) = (beside_app(&files(None)), beside_app(&files(Some(gone))));
        prop_assert!(whole.violated().contains(&"INS-02".to_owned()));
        prop_assert_eq!(status(&open, "INS-02"), "not_assessed");
        prop_assert!(has(&open, "page-hole"));
    }
}

#[test]
fn the_users_of_a_project_are_never_taken_for_those_of_the_company() {
    let people = format!("[{SERVICE}]");
    let projects = r#"[{"id": 2210958, "name": "Pier", "active": true}]"#;
    for (name, known) in [
        ("project_users/2210958.json", true),
        ("project_users_2210958.json", true),
        ("project-users/2210958.json", true),
        ("ProjectUsers/2210958.json", true),
        ("project_2210958_users.json", true),
        ("projects/2210958/users.json", true),
        ("projects/2210958/users.1.json", true),
        ("rest/v1.0/projects/2210958/users.json", true),
        ("project_users.json", false),
        ("users_2210958.json", false),
        ("2210958/users.json", false),
        ("2210958.json", false),
        ("pier-2210958-people.json", false),
        ("project people.json", false),
    ] {
        let run = beside_app(&[("projects.json", projects), (name, &people)]);
        assert_eq!(records(&run, "users"), 0, "{name}");
        assert_eq!(records(&run, "projects"), 1, "{name}");
        assert_eq!(records(&run, "project_users"), u64::from(known), "{name}");
        assert!(!run.violated().contains(&"INS-02".to_owned()), "{name}");
        let told = has(&run, "uncertain-kind") || has(&run, "shape");
        assert_eq!(told, !known, "{name}: {:?}", said(&run));
    }
}

#[test]
fn users_whose_name_tells_nothing_are_not_all_users_of_the_company() {
    let run = beside_app(&[("from-it.json", &list(1..4))]);
    assert_eq!((records(&run, "users"), has(&run, "uncertain-kind")), (3, true));
    assert_eq!(status(&run, "INS-02"), "not_assessed");
    let kinds = "[kinds]\n\"from-it.json\" = \"users\"\n";
    let run = beside_app(&[("from-it.json", &list(1..4)), ("export.toml", kinds)]);
    assert!(run.violated().contains(&"INS-02".to_owned()) && !has(&run, "uncertain-kind"));
}

#[test]
fn a_file_of_one_kind_under_the_name_of_another_is_told_and_not_used() {
    for (name, text, what) in [
        ("projects.json", list(1..3), "a project with `email_address`: these look like users"),
        ("companies.json", list(1..3), "a company with `email_address`: these look like users"),
        ("users.json", r#"[{"id": 1, "destination_url": "https://x.test/"}]"#.to_owned(), "these look like webhooks"),
        (
            "users.json",
            r#"[{"id": 1, "name": "Pier", "display_name": "Pier", "project_number": "1"}]"#.to_owned(),
            "look like projects",
        ),
        (
            "webhooks.json",
            r#"[{"id": 1, "app_uid": "u", "status": "installed"}]"#.to_owned(),
            "look like app installations",
        ),
    ] {
        let run = audit(&[(name, &text), ("settings.toml", "allow_user_installs = false")]);
        assert!(said(&run).iter().any(|(code, message)| code == "shape" && message.contains(what)), "{:?}", said(&run));
        assert_eq!(run.records(name), (0, 0), "{name}");
    }
    // The odd one out counts wherever it stands.
    let mixed = format!("[{{\"id\": 1, \"name\": \"Pier\"}}, {{\"id\": 2, \"name\": \"Quay\"}}, {}]", user(3));
    assert_eq!(records(&audit(&[("projects.json", &mixed)]), "projects"), 0);
}

#[test]
fn a_list_of_users_that_nobody_else_knows_is_of_another_company() {
    let (strangers, own) = (list(1..4), list([11, 12]));
    let files = |users| {
        [
            ("users.json", users),
            ("project_users/7.json", own.as_str()),
            ("webhooks.json", r#"[{"id": 1, "destination_url": "https://x.test/", "owned_by_user_id": 11}]"#),
        ]
    };
    let run = beside_app(&files(&strangers));
    assert!(has(&run, "foreign-list"), "{:?}", said(&run));
    assert_eq!(status(&run, "INS-02"), "not_assessed");
    let mine = list(11..15);
    let run = beside_app(&files(&mine));
    assert!(!has(&run, "foreign-list") && run.violated().contains(&"INS-02".to_owned()));
}

#[test]
fn projects_of_another_company_are_told() {
    let projects = r#"[{"id": 1, "name": "Pier", "company": {"id": 9, "name": "Other"}}]"#;
    let told = |company: u64| {
        let export = format!("company_id = {company}\n");
        has(&audit(&[("export.toml", &export), ("projects.json", projects)]), "foreign-list")
    };
    assert!(told(4) && !told(9));
}

#[test]
fn a_whole_number_with_a_fraction_of_zero_is_an_id_and_nothing_else_is() {
    let read = |id: &str| {
        let run = audit(&[("users.json", &format!(r#"[{{"id": {id}, "name": "x", "email_address": "x@y.test"}}]"#))]);
        run.records("users.json")
    };
    for id in ["8780450", "8780450.0", "\"8780450\"", "8.78045e6"] {
        assert_eq!(read(id), (1, 0), "{id}");
    }
    for id in ["8780450.5", "\"8780450.0\"", "1e300", "-1.0", "9007199254740994.0"] {
        assert_eq!(read(id), (0, 1), "{id} is no id, and the header does not count the record");
    }
    let bare = audit(&[("users.json", "[8780450.0, 8780451]")]);
    assert_eq!(bare.records("users.json"), (2, 0));
}

#[test]
fn what_pandas_writes_for_a_gap_is_named() {
    for gap in ["NaN", "Infinity", "-Infinity"] {
        let run = audit(&[("users.json", &format!(r#"[{{"id": 1}}, {{"id": 2, "employee_id": {gap}}}]"#))]);
        let told = said(&run);
        assert!(told.iter().any(|(code, it)| code == "syntax" && it.contains("write null")), "{gap}: {told:?}");
    }
}

#[test]
fn lists_in_a_row_and_other_envelopes_are_read_whole() {
    let (one, two) = (list([1, 2]), list([3]));
    let shapes = [
        format!("{one}\n{two}"),
        format!("{one}{two}\n[]"),
        format!("{{\"value\": {one}, \"Count\": 2}}\n{{\"value\": {two}, \"Count\": 1}}"),
        format!("{{\"Count\": 3, \"value\": [{}, {}, {}]}}", user(1), user(2), user(3)),
        format!("{{\"items\": [{}, {}, {}], \"total\": 3}}", user(1), user(2), user(3)),
        format!("{{\"users\": [{},{},{}]}}", user(1), user(2), user(3)),
        format!("{{\"data\":{}}}\n{{\"data\":{}}}", one.replace('\n', ""), two),
    ];
    for text in shapes {
        let run = audit(&[("users.json", &text)]);
        assert_eq!((run.records("users.json"), said(&run)), ((3, 0), vec![]), "{text}");
    }
    let lines = format!("{}\n{}\n", one.replace('\n', ""), two);
    assert_eq!(audit(&[("users.jsonl", &lines)]).records("users.jsonl"), (3, 0));
}

#[test]
fn a_list_that_breaks_between_two_others_is_no_whole_list() {
    for text in ["[[{\"id\": 1}][{\"id\": 2}]", "[{\"id\": 1}] [{\"id\": 2}", "[{\"id\": 1}] x [{\"id\": 2}]"] {
        assert!(has(&audit(&[("users.json", text)]), "syntax"), "{text}");
    }
    let run = beside_app(&[("users.json", &format!("{{\"value\": {}, \"Count\": 9}}", list(1..3)))]);
    assert!(has(&run, "syntax") && status(&run, "INS-02") == "not_assessed");
}

/// An export with a client id, a company and violations: what its results hold looks like secrets to a careless reader.
fn with_results() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    support::copy(&support::fixture("harborline"), &sandbox.path("export"));
    let mut arguments: Vec<String> =
        ["audit", "export", "--as-of", support::TODAY, "--fail-on", "never"].map(str::to_owned).into();
    for format in ["json", "sarif", "html", "csv", "junit", "jsonl", "gitlab", "markdown"] {
        let mut output = String::new();
        let ending = match format {
            "junit" => "xml",
            "gitlab" => "json",
            "markdown" => "md",
            format => format,
        };
        write!(output, "{format}=results/audit-{format}.{ending}").unwrap();
        arguments.extend(["-o".to_owned(), output]);
    }
    sandbox.write("results/", "");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    sandbox.run(&arguments).exits(0);
    sandbox
}

#[test]
fn results_of_the_program_beside_an_export_are_no_part_of_it() {
    let sandbox = with_results();
    let secrets = |sandbox: &Sandbox| {
        let run = sandbox.audit(&["--format", "json", "--fail-on", "never", "--control", "CRD-01"]);
        (run.json()["violations"].as_array().unwrap().len(), run)
    };
    let (before, _) = secrets(&sandbox);
    support::copy(&sandbox.path("results"), &sandbox.path("export/results"));
    let (after, run) = secrets(&sandbox);
    assert_eq!(after, before, "{}", run.out);
    let told = said(&run);
    assert!(told.iter().filter(|(code, _)| code == "own-result").count() >= 7, "{told:?}");
    assert!(!told.iter().any(|(code, _)| code == "unknown-kind" || code == "syntax"), "{told:?}");
}

#[test]
fn a_secret_does_not_hide_behind_the_name_of_a_result() {
    let secret = "\"client_secret\": \"0cf1e9d3a7b84f52b6e1d0c9a8f7e6d50cf1e9d3a7b84f52b6e1d0c9a8f7e6d5\"";
    let violated = |name: &str, text: &str| audit(&[(name, text), ("settings.toml", "")]).violated();
    let with_secret = [
        ("audit.json", format!("{{\"schema\": \"cutover.audit/v1\", {secret}}}")),
        ("audit.json", format!("{{\"schema\": \"cutover.audit/v1\", \"violations\": [{{{secret}}}]}}")),
        ("audit.jsonl", format!("{{{secret}}}\n")),
        (
            "audit.sarif",
            format!(
                "{{\"version\": \"2.1.0\", \"runs\": [{{\"tool\": {{\"driver\": {{\"name\": \"cutover\"}}}}, {secret}}}]}}"
            ),
        ),
        ("audit.html", format!("<meta name=\"generator\" content=\"cutover 0.1.0\">\n<p>{{{secret}}}</p>")),
        ("audit.xml", format!("<testsuites name=\"cutover audit\"><p>{{{secret}}}</p></testsuites>")),
    ];
    for (name, text) in with_secret {
        assert!(violated(name, &text).contains(&"CRD-01".to_owned()), "{name}: {text}");
    }
    // A whole document into which somebody wrote one.
    let sandbox = with_results();
    let audit = sandbox.read("results/audit-json.json");
    let text = audit.replacen("{", &format!("{{{secret},"), 1);
    assert!(violated("audit.json", &text).contains(&"CRD-01".to_owned()));
}

/// The controls that say that they evaluated everything.
fn assessed(run: &Run) -> Vec<String> {
    let json = run.json();
    let of = |coverage: &&Value| coverage["status"] == "assessed";
    let coverage = json["coverage"].as_array().unwrap().iter().filter(of);
    coverage.map(|coverage| coverage["control"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_inventory_with_its_header_alone_says_nothing_of_credentials_jobs_mappings_permissions_and_packages() {
    let about = |run: &Run| -> Vec<String> {
        let kept = |id: &String| ["MFF-", "OAC-"].iter().any(|family| id.starts_with(family));
        assessed(run).into_iter().filter(kept).collect()
    };
    let header = audit(&[("credentials/production/altova.json", r#"{"cutover_inventory": "altova/1"}"#)]);
    assert_eq!(about(&header), Vec::<String>::new());
    let lists = r#"{"cutover_inventory": "altova/1", "credentials": [], "mappings": [], "jobs": [], "permissions": [],
        "privileges": [], "imports": [], "export": null, "root_initial_password_changed": true}"#;
    let empty = audit(&[("credentials/production/altova.json", lists)]);
    assert!(about(&empty).len() > 20, "{:?}", about(&empty));
    // With one server whose list is there, the other's is still not.
    let both = audit(&[
        ("credentials/production/altova.json", lists),
        ("credentials/sandbox/altova.json", r#"{"cutover_inventory": "altova/1"}"#),
    ]);
    assert_eq!(about(&both), Vec::<String>::new());
}

#[test]
fn a_new_version_cannot_be_compared_with_an_installed_one_that_is_not_there() {
    let listed = r#"[{"id": 1, "app_uid": "u", "status": "installed", "semantic_version": "1.0.0", "developer_app": {"id": 5, "name": "Photo Sync"}}]"#;
    let manifest = |level: &str| {
        format!(r#"{{"schema_version": "4.1", "permissions": {{"company": {{}}, "project": {{"rfi": "{level}"}}}}}}"#)
    };
    let (low, high) = (manifest("readonly"), manifest("admin"));
    let files = [("app_installations.json", listed), ("manifests/photo-sync@2.0.0.json", &high), ("reviews.toml", "")];
    assert_eq!(status(&audit(&files), "MAN-11"), "not_assessed");
    let known = audit(&[files.as_slice(), &[("manifests/photo-sync@1.0.0.json", low.as_str())]].concat());
    assert!(known.violated().contains(&"MAN-11".to_owned()), "{}", known.out);
}

#[test]
fn nobody_knows_of_a_replacement_without_reviews() {
    let with = |files: &[(&str, &str)]| audit(&[INSTALLED.as_slice(), files].concat());
    assert_eq!(status(&with(&[]), "INS-09"), "not_assessed");
    assert_eq!(status(&with(&[("reviews.toml", "")]), "INS-09"), "assessed");
}

#[test]
fn a_copy_in_another_store_is_a_second_place_for_an_authorization() {
    let altova = r#"{"cutover_inventory": "altova/1", "server": "flowforce", "release": "2024", "credentials": [
        {"id": "/public/erp/procore", "type": "oauth2", "grant": "authorization_code", "origin": "created_on_server",
         "authorization_endpoint": "https://login.procore.com/oauth/authorize", "token_endpoint": "https://login.procore.com/oauth/token",
         "client_id": "erp-01", "presence": {"client_secret": "present_encrypted", "access_token": "present", "refresh_token": "present"},
         "saved_in_mfd": false}]}"#;
    let row = |more: &str| {
        format!(
            r#"[{{"id": "k", "client_id": "erp-01", "grant": "authorization_code", "token_endpoint": "https://login.procore.com/oauth/token", {more}}}]"#
        )
    };
    let violated = |row: &str| {
        let files =
            [("credentials/production/altova.json", altova), ("credentials/production/oauth_clients.json", row)];
        let run = audit(&files);
        let json = run.json();
        let found = json["violations"].as_array().unwrap().iter().find(|one| one["control"] == "MFF-13");
        found.map(|one| one["message"].as_str().unwrap().to_owned())
    };
    let told = violated(&row(r#""system": "Azure Key Vault", "refresh_token": "present""#));
    assert!(told.is_some_and(|message| message.contains("stored in 2 places")));
    // What describes the copy of the server itself, holds no authorization, or is out of use, is no second place.
    for no_copy in [
        r#""system": "FlowForce Server""#,
        r#""owner": "Ines""#,
        r#""system": "Azure Key Vault", "refresh_token": "absent""#,
        r#""system": "Azure Key Vault", "status": "retired""#,
    ] {
        assert_eq!(violated(&row(no_copy)), None, "{no_copy}");
    }
    let elsewhere = row(r#""system": "Azure Key Vault""#).replace("login.procore.com", "login-sandbox.procore.com");
    assert_eq!(violated(&elsewhere), None, "the sandbox has tokens of its own");
}

#[test]
fn what_procore_offers_is_a_duty_of_the_platform_and_no_violation() {
    let row = r#"[{"id": "erp", "client_id": "erp-01", "token_endpoint": "https://login.procore.com/oauth/token"}]"#;
    let run = audit(&[("credentials/production/oauth_clients.json", row)]);
    let violated = run.violated();
    assert!(!violated.contains(&"OAC-09".to_owned()) && !violated.contains(&"OAC-10".to_owned()), "{violated:?}");
    let json = run.json();
    let duty = json["duties"].as_array().unwrap().iter().find(|duty| duty["id"] == "P6").unwrap();
    assert_eq!(duty["party"], "platform");
}

#[test]
fn the_switch_for_user_installs_is_unknown_only_where_it_is() {
    let message = |settings: &str| {
        let run = audit(&[("companies.json", r#"[{"id": 4, "name": "Kestrel"}]"#), ("settings.toml", settings)]);
        let json = run.json();
        let found = json["violations"].as_array().unwrap().iter().find(|one| one["control"] == "UIN-01").unwrap();
        found["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("allow_user_installs = true"), "Users of Kestrel may install apps themselves.");
    assert!(message("").contains("unknown"));
}
