//! A secret in an export is told by its place, and stands in no output whatever: not in results, files or messages.

use crate::support;
use crate::support::{Sandbox, formats, user};
use cutover_report::Format;
use cutover_report::plan::PlanFormat;

/// Made up for these tests; long, mixed and unlike anything else in an output.
const CANARY: &str = "Zq7canary4Xw9kPv2";
/// The same as a JSON Web Token, and as the two forms Procore gives its own secrets.
const TOKEN: &str = "eyJhbGciOiJFUzUxMiJ9.eyJzdWIiOiJaY2FuYXJ5In0.c2lnbmF0dXJlLWNhbmFyeQ";
const HEX: &str = "c0ffee0123456789c0ffee0123456789c0ffee0123456789c0ffee0123456789";
const BASE64: &str = "Zq7canary4Xw9kPv2Zq7canary4Xw9kPv2Zq7canarA";

/// Audits a file in every format, to standard output and to files, and looks for the secret everywhere.
#[track_caller]
fn hidden(name: &str, bytes: impl AsRef<[u8]>, secret: &str) -> support::Run {
    let sandbox = Sandbox::minimal();
    sandbox.write(&format!("export/{name}"), bytes);
    let files = ["-o", "json=a.json", "-o", "jsonl=a.jsonl", "-o", "sarif=a.sarif"];
    let run = sandbox.audit(&[files.as_slice(), &["-v"]].concat()).stays_plain();
    // Half of it would be too much as well.
    let parts = [secret, &secret[..secret.len() / 2 + 1], &secret[secret.len() / 2..]];
    for text in ["a.json", "a.jsonl", "a.sarif"].map(|name| sandbox.read(name)).iter().chain([&run.out, &run.err]) {
        assert!(!parts.iter().any(|part| text.contains(part)), "{text}");
    }
    support::Run { out: sandbox.read("a.json"), ..run }
}

/// The secret is hidden, and its file is named by a violation of CRD-01.
#[track_caller]
fn found(name: &str, text: &str, secret: &str) {
    assert!(text.contains(secret), "the case holds no secret: {text}");
    let run = hidden(name, text, secret).exits(1);
    let json = run.json();
    let of = |violation: &&serde_json::Value| violation["control"] == "CRD-01";
    let told = json["violations"].as_array().unwrap().iter().find(of).unwrap_or_else(|| panic!("not found: {text}"));
    // A page of a list goes by the name of the list.
    let file = name.split('.').next().unwrap();
    assert_eq!(told["location"]["path"], format!("export/{name}"), "{text}");
    assert!(told["subject"]["name"].as_str().unwrap().starts_with(file), "{told}");
}

/// A user record with one more member.
fn with(member: &str) -> String {
    format!("[{}]", user(9).replacen('{', &format!("{{{member}, "), 1))
}

#[test]
fn by_the_name_of_a_member() {
    for name in [
        "client_secret",
        "Client-Secret",
        "password",
        "PROCORE_CLIENT_SECRET",
        "access_token",
        "refreshToken",
        "apiKey",
        "X-API-Key",
        "privateKey",
        "connection string",
        "authorization",
        "smtp_password",
    ] {
        found("users.2.json", &with(&format!(r#""{name}": "{CANARY}""#)), CANARY);
    }
}

#[test]
fn however_it_is_written() {
    let escaped = CANARY.replace('c', "\\u0063");
    for member in [
        format!(r#""password": "{escaped}""#),
        format!(r#""p\u0061ssword": "{CANARY}""#),
        format!(r#""password": "\"{CANARY}\"\n""#),
        format!(r#""a": {{"b/c": [{{"": {{"password": "\n{CANARY}"}}}}]}}"#),
        format!(r#""password": ["x", "{CANARY}"]"#),
        format!(r#""password": {{"value": "{CANARY}"}}"#),
        format!(r#""headers": [{{"name": "X-Api-Key", "value": "{CANARY}"}}]"#),
        format!(r#""raw": "{{\"client_secret\": \"{CANARY}\"}}""#),
    ] {
        hidden("users.2.json", with(&member), CANARY).exits(1);
    }
    hidden("users.2.json", with(r#""password": 90817263544536271"#), "90817263544536271").exits(1);
}

#[test]
fn by_its_shape_wherever_it_stands() {
    for secret in [TOKEN, HEX, BASE64] {
        for text in [
            format!("the key is {secret}"),
            secret.to_owned(),
            format!("Bearer {secret}, thanks"),
            format!("({secret})"),
        ] {
            hidden("users.2.json", with(&format!(r#""notes": "{text}""#)), secret).exits(1);
            hidden("users.2.json", user(9).replace("Ann", &text), secret).exits(1);
        }
    }
    let links = [
        format!("https://hooks:{CANARY}@x.test/"),
        format!("https://hooks:a@{CANARY}@x.test/"),
        format!("redis://:{CANARY}@cache"),
        format!("https://x.test/?api_key={CANARY}&a=1"),
        format!("https://x.test/?a=1&token={CANARY}#x"),
        format!("Server=db;User Id=sa;Password={CANARY};"),
        format!("login x, password: {CANARY}"),
        format!("client_secret={CANARY}"),
        format!("-----BEGIN RSA PRIVATE KEY-----\\n{CANARY}\\n-----END RSA PRIVATE KEY-----"),
        format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\\n{CANARY}"),
    ];
    for text in links {
        found("users.2.json", &with(&format!(r#""notes": "{text}""#)), CANARY);
        let hook = format!(
            r#"{{"data": [{{"id": "7", "status": "active", "namespace": "x", "destination_url": "{text}"}}]}}"#
        );
        found("webhooks.json", &hook, CANARY);
    }
}

#[test]
fn in_a_name_that_a_message_uses() {
    for secret in [TOKEN, HEX, BASE64] {
        let template = |levels: String| {
            format!(
                r#"[{{"id": 1, "name": "T {secret}", "type": "company_tools", "user_access_levels": {{{levels}}}}}]"#
            )
        };
        // As a tool, as a level, as the key of a member of the wrong type, and above another secret.
        hidden("permission_templates.2.json", template(format!(r#""{secret}": "Admin""#)), secret).exits(1);
        hidden("permission_templates.2.json", template(format!(r#""directory": "{secret}""#)), secret).exits(1);
        hidden("permission_templates.2.json", template(format!(r#""{secret}": true"#)), secret).exits(1);
        hidden(
            "permission_templates.2.json",
            template(format!(r#""directory": {{"{secret}": {{"password": "x1y2z3"}}}}"#)),
            secret,
        )
        .exits(1);
        hidden("permission_templates.2.json", template(format!(r#""{secret}": 1, "{secret}": 2"#)), secret).exits(1);
        let service = user(9).replace("Ann 9", secret).replace("ann9@k.test", &format!("{secret}@procore.com"));
        hidden("users.2.json", format!("[{service}]"), secret);
        let app =
            format!(r#"[{{"id": 1, "status": "installed", "app_uid": "u", "developer_app": {{"name": "{secret}"}}}}]"#);
        hidden("app_installations.2.json", app, secret).exits(1);
    }
}

#[test]
fn in_a_table() {
    let header = "Name,App Type,Description,Client ID,Client Secret\n";
    let table = |row: &str| format!("{header}Good One,Custom,,,\n{row}\n");
    for row in [
        format!("Old,Custom,,,{CANARY}"),
        format!("Old,Custom,\"two\r\nlines\",,\"{CANARY}\""),
        format!("5\" Old,Custom,,,{CANARY}"),
        format!("Old,Custom,\"say \"\"hi, you\"\"\",,{CANARY}"),
        format!("Old,Custom,\"password: {CANARY}\",,"),
    ] {
        found("service_accounts.csv", &table(&row), CANARY);
    }
    // In rows that do not fit, nobody can tell which cell is which.
    for row in
        [format!("Old,{CANARY}"), format!("Old,Custom,a,b,c,{CANARY}"), format!("Old,\"Custom,,,{CANARY}\n{CANARY}")]
    {
        hidden("service_accounts.csv", table(&row), CANARY).exits(1);
    }
    for secret in [HEX, TOKEN] {
        hidden("service_accounts.csv", format!("Old,Custom,{secret}\nNew,Custom,x\n"), secret).exits(1);
        hidden("service_accounts.csv", format!("Name,App Type\nOld,Custom,{secret}\n"), secret).exits(1);
        hidden("service_accounts.csv", format!("Name,App Type\n{secret},Custom\n{secret},Custom\n"), secret).exits(1);
    }
    hidden("service_accounts.csv", format!("Name;Client Secret\nOld;{HEX}\n"), HEX);
}

#[test]
fn in_a_file_written_by_hand() {
    for text in [
        format!("client_secret = \"{CANARY}\"\n"),
        format!("# password: {CANARY}\nallow = = 1\n"),
        format!("allow_user_installs = \"x\"\npassword = '''\n{CANARY}\n'''\n"),
        format!("password = {CANARY}\n"),
        format!("allow_user_installs = \"{TOKEN}{CANARY}\"\n"),
    ] {
        hidden("settings.toml", &text, CANARY).exits(1);
        hidden("reviews.toml", &text, CANARY).exits(1);
        hidden("export.toml", &text, CANARY).exits(1);
    }
    let exception = format!(
        "[[exception]]\nsubject = \"daily-digest-6d20fa13\"\ntool = \"company/{TOKEN}\"\nreason = \"{TOKEN}\"\napproved_by = \"x\"\n"
    );
    hidden("reviews.toml", exception, TOKEN).exits(1);
    let kinds = format!("[kinds]\n\"{TOKEN}\" = \"users\"\n\"users.json\" = \"{TOKEN}\"\n");
    hidden("export.toml", kinds, TOKEN).exits(1);
}

#[test]
fn in_what_is_broken() {
    let secret = format!(r#""client_secret": "{CANARY}""#);
    for text in [
        format!("[{{{secret},\n \"x\": }}]"),
        format!("[{{\"x\": ,\n {secret}}}]"),
        format!("[{{\"id\": 1}},\n {{{secret}"),
        format!("[{{\"id\": 1, \"client_secret\": \"{CANARY}"),
        format!("[{{\"client_secret\": \"it's {CANARY} \\\"here\\\" {CANARY}\", ]"),
        format!("[{{\"client_secret\": {CANARY}}}]"),
        format!("{{\"access_token\": \"{CANARY}\",\n \"data\": [\n {{\"id\": 1, \"name\": 7}}]}}"),
        format!("{{\"id\": 1, \"name\": 7}}\n{{{secret}\n{{\"id\": 2, \"name\": 8}}\n"),
        format!("{{\"errors\": [], {secret}}}"),
        format!("<p>password: {CANARY}</p>"),
        format!("[{{\"id\": 1, \"client_secret\": \"\u{0}{CANARY}\"}}]"),
    ] {
        hidden("users.2.json", &text, CANARY).exits(1);
    }
    let garbled =
        [b"[{\"client_secret\": \"".as_slice(), CANARY.as_bytes(), b"\",\n \"name\": \"M\xfcller\"}]"].concat();
    hidden("users.2.json", garbled, CANARY).exits(1);
}

#[test]
fn behind_its_name_where_the_text_is_broken_just_there() {
    for text in [
        format!("[{{\"id\": 9, \"client_secret\" \"{CANARY}\"}}]"),
        format!("[{{\"id\": 9, \"client_secret{{: \"{CANARY}\"}}]"),
        format!("[{{\"id\": 9, \"client_secret\": =\"{CANARY}\"}}]"),
        format!("[{{\"id\": 9, \"client_secret\": a\"{CANARY}\"}}]"),
        format!("[{{\"id\": 9, \"client_secret\"\n \"{CANARY}\"}}]"),
    ] {
        hidden("users.2.json", &text, CANARY);
        hidden("settings.toml", &text, CANARY);
    }
}

#[test]
fn in_a_record_that_cannot_be_used() {
    let secret = format!(r#""client_secret": "{CANARY}""#);
    for spoiler in [
        format!("\"x\": {}1{}", "[".repeat(200), "]".repeat(200)),
        "\"x\": \"\\ud800\"".to_owned(),
        "\"x\": 1e999".to_owned(),
        "\"x\": 1, \"x\": 2".to_owned(),
        format!("\"x\": \"{}\"", "long ".repeat(300_000)),
        format!("\"client_secret\": \"\\u005a{}\"", &CANARY[1..]),
    ] {
        for record in [format!("{{{spoiler},\n{secret}}}"), format!("{{{secret},\n{spoiler}}}")] {
            hidden("users.2.json", format!("[{record}]"), CANARY).exits(1);
        }
    }
    hidden("users.2.json", format!("[\"{TOKEN}\", [\"{TOKEN}\"]]"), TOKEN).exits(1);
}

#[test]
fn in_waivers_and_timelines_given_to_the_audit() {
    let sandbox = Sandbox::minimal();
    for text in [
        format!("[[waiver]]\ncontrol = \"A\"\nexpires = \"{CANARY}\"\n"),
        format!("[[waiver]]\ncontrol = {{ password = \"{CANARY}\" }}\n"),
        format!("password = {CANARY}\n"),
    ] {
        sandbox.write("w.toml", &text);
        sandbox.audit(&["--waivers", "w.toml"]).exits(2).hides(CANARY);
        sandbox.audit(&["--timeline", "w.toml"]).exits(2).hides(CANARY);
    }
}

#[test]
fn what_looks_like_a_secret_and_is_none_is_let_be() {
    let harmless = [
        r#""client_secret": """#.to_owned(),
        r#""client_secret": null"#.to_owned(),
        r#""client_secret": "redacted""#.to_owned(),
        r#""client_secret": "********a1b2c""#.to_owned(),
        r#""has_password": true"#.to_owned(),
        r#""reset_password": "https://x.test/reset""#.to_owned(),
        r#""notes": "The password: ask the office. Basic authentication is off.""#.to_owned(),
        r#""token": 5, "secretary": "Ann", "next_page_token": "abc""#.to_owned(),
        format!(r#""client_id": "{HEX}", "uid": "{BASE64}", "sha256": "{HEX}""#),
        r#""avatar": "https://x.test/a.png?X-Amz-Signature=0123456789abcdef0123456789abcdef""#.to_owned(),
    ];
    for member in harmless {
        let sandbox = Sandbox::minimal();
        sandbox.write("export/users.2.json", with(&member));
        let run = sandbox.audit(&["--control", "CRD-01"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{member}");
        // One broken record does not make its neighbours suspects.
        sandbox.write("export/users.2.json", with(&member).replace(']', ",\n 7]"));
        sandbox.audit(&["--control", "CRD-01"]).exits(3);
    }
}

#[test]
fn the_same_secret_in_several_places_is_told_in_each() {
    let other = CANARY.replace("Zq7", "Aq8");
    let sandbox = Sandbox::minimal();
    sandbox
        .write("export/users.2.json", with(&format!(r#""password": "{CANARY}""#)))
        .write("export/users.3.json", with(&format!(r#""api_key": "{CANARY}", "secret": "{other}""#)))
        .write("export/service_accounts.csv", format!("Name,Client ID,Client Secret\n\"x\",1,\"{CANARY}\"\n"));
    let run = || sandbox.audit(&["--control", "CRD-01", "--format", "json"]).exits(1).hides(CANARY).hides(&other);
    let json = run().json();
    let related = |pointer: &str| {
        let mut list = json["violations"].as_array().unwrap().iter();
        let one = list.rfind(|one| one["location"]["pointer"] == pointer);
        let one = one.unwrap_or_else(|| panic!("{pointer} is not in {json:#}"));
        let shown = |place: &serde_json::Value| {
            format!("{}{}", place["path"].as_str().unwrap(), place["pointer"].as_str().unwrap())
        };
        one["related"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(
        related("/0/password"),
        ["export/service_accounts.csv/1/client_secret", "export/users.3.json/0/api_key"]
    );
    assert_eq!(related("/1/client_secret"), ["export/users.2.json/0/password", "export/users.3.json/0/api_key"]);
    assert_eq!(related("/0/secret"), [""; 0]);
    // The key is another one in each run, and the output is not.
    assert_eq!(run().out, run().out);
}

/// Runs a verb in every format, and looks for the secret in all that it says.
#[track_caller]
fn hides_in_every_format(sandbox: &Sandbox, verb: &str, formats: &[&str], secret: &str) {
    for format in formats {
        let arguments = [verb, "export", "--as-of", support::TODAY, "--format", format, "-v"];
        let run = sandbox.run(&arguments).hides(secret);
        assert!(run.code.is_some_and(|code| code < 2), "{}", run.err);
    }
}

#[test]
fn in_a_file_that_was_written_for_the_judge() {
    let waiver = |reason: &str, owner: &str| {
        format!(
            "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"7\"\nreason = \"{reason}\"\nowner = \"{owner}\"\napprover = \"D\"\nexpires = 2030-01-01\n"
        )
    };
    let change = |by: &str| {
        format!(
            "[[control]]\nid = \"DIR-01\"\nseverity = \"low\"\nreason = \"client_secret={CANARY}\"\napproved_by = \"{by}\"\n"
        )
    };
    for (name, text, line) in [
        ("waivers.toml", waiver(&format!("client_secret={CANARY} until the pilot ends"), "P"), 4),
        ("waivers.toml", waiver("pilot", &format!("password={CANARY}")), 5),
        ("waivers.toml", format!("{}# password = \"{CANARY}\"\n", waiver("pilot", "P")), 8),
        ("waivers.toml", waiver("pilot", "P").replace("\"7\"", &format!("\"password={CANARY}\"")), 3),
        ("waivers.toml", waiver(&format!("token={CANARY}"), "P"), 4),
        ("cutover.toml", change("Dana"), 4),
        ("cutover.toml", change(&format!("password={CANARY}")), 4),
    ] {
        let sandbox = Sandbox::with(&support::administrator());
        sandbox.write(&format!("export/{name}"), &text);
        sandbox.write("export/service_accounts.csv", "Name,Description\nERP,x\n");
        let json = sandbox.audit(&["--format", "json"]).exits(1).json();
        let list = json["violations"].as_array().unwrap();
        let told = list.iter().find(|one| one["control"] == "CRD-01").unwrap_or_else(|| panic!("not found: {text}"));
        assert_eq!(told["location"]["path"], format!("export/{name}"));
        assert_eq!(told["location"]["line"], line, "{text}");
        hides_in_every_format(&sandbox, "audit", &formats::<Format>(), CANARY);
        hides_in_every_format(&sandbox, "plan", &formats::<PlanFormat>(), CANARY);
    }
    // A mistake is told without it as well.
    for text in [
        waiver("pilot", "P").replace("DIR-01", &format!("password={CANARY}")),
        waiver(&format!("client_secret={CANARY}"), "P").replace("DIR-01", "DIR-00"),
        waiver(&format!("client_secret={CANARY}"), " "),
    ] {
        let sandbox = Sandbox::with(&support::administrator());
        sandbox.write("export/waivers.toml", text);
        sandbox.audit(&[]).exits(2).hides(CANARY).says("waivers.toml");
    }
    let sandbox = Sandbox::with(&support::administrator());
    sandbox.write("export/cutover.toml", change("x").replace("DIR-01", &format!("password={CANARY}")));
    sandbox.audit(&[]).exits(2).hides(CANARY).says("there is no control");
}

#[test]
fn what_a_waiver_names_is_no_secret() {
    let uid = BASE64;
    let sandbox = Sandbox::with(&support::administrator());
    let waiver = |rest: &str| {
        format!(
            "[[waiver]]\ncontrol = \"DIR-01\"\nreason = \"r\"\nowner = \"P\"\napprover = \"D\"\nexpires = 2030-01-01\n{rest}\n"
        )
    };
    sandbox.write(
        "export/waivers.toml",
        waiver(&format!("subject = \"{uid}\"")) + &waiver("condition = 'principal.name == \"x\"'"),
    );
    let run = sandbox.audit(&["--format", "json"]).exits(1);
    assert!(!run.violated().contains(&"CRD-01".to_owned()));
    assert!(run.out.contains(uid), "{}", run.out);
}

#[test]
fn under_more_names_and_below_them() {
    for name in ["SharedKey", "secret_value", "signing_key", "encryption_key"] {
        found("users.2.json", &with(&format!(r#""{name}": "{CANARY}""#)), CANARY);
    }
    for member in [r#""secret": {"a": "CANARY"}"#, r#""api_key": [{"x": "CANARY"}]"#, r#""token": [["CANARY"]]"#] {
        found("users.2.json", &with(&member.replace("CANARY", CANARY)), CANARY);
    }
    found("users.2.json", &with(&format!(r#""note": "mf.exe run a.mfx -p {CANARY} -v""#)), CANARY);
    found("notes.toml", &format!("[procore.secret]\nvalue = \"{CANARY}\"\n"), CANARY);
    found("notes.toml", "[secret]\nvalue = \"correct horse\"\n", "correct horse");
}

/// What CRD-01 says of an export with these files beside the minimal one.
fn exposed(files: &[(&str, String)]) -> Vec<String> {
    let sandbox = Sandbox::minimal();
    for (name, text) in files {
        sandbox.write(&format!("export/{name}"), text);
    }
    let json = sandbox.audit(&["--control", "CRD-01", "--format", "json"]).json();
    let told = |one: &serde_json::Value| {
        format!(
            "{}{}",
            one["location"]["path"].as_str().unwrap(),
            one["location"]["pointer"].as_str().unwrap_or_default()
        )
    };
    json["violations"].as_array().unwrap().iter().map(told).collect()
}

#[test]
fn an_id_is_no_secret_where_its_place_or_its_name_says_so() {
    let accounts =
        format!("Name,Description\nYard,client_id={HEX}\nCrane,Client ID: {BASE64}\nLog,\"the uid is {BASE64}\"\n");
    let link = format!("https://login.procore.com/oauth/authorize?response_type=code&client_id={BASE64}&state=x");
    let manifest = format!(
        r#"{{"schema_version": "4.1", "app_manifest": {{"uid": "{BASE64}"}}, "post_installation_instruction": {{"page": {{"url": "{link}"}}}}}}"#
    );
    let review = format!("[[vendor_review]]\napp = \"{BASE64}\"\non = 2024-03-01\nby = \"CISO\"\n");
    let files = [("service_accounts.csv", accounts), ("manifests/sync@1.0.0.json", manifest), ("reviews.toml", review)];
    assert_eq!(exposed(&files), [""; 0]);
}

#[test]
fn a_review_names_an_app_by_its_uid() {
    let uid = "egxNsZScTZtzuxryWf8SZf7d6_ZfsSe4n1VvmZRtb9A";
    let sandbox = Sandbox::with(&[]);
    let app = format!(
        r#"[{{"id": 1, "app_uid": "{uid}", "status": "installed", "installed_at": "2024-02-05T16:20:38Z", "developer_app": {{"id": 5, "uid": "{uid}", "name": "Photo Sync", "app_type": "custom"}}}}]"#
    );
    sandbox
        .write("export/app_installations.json", app)
        .write("export/reviews.toml", format!("[[vendor_review]]\napp = \"{uid}\"\non = 2024-03-01\nby = \"CISO\"\n"));
    let run = sandbox.audit(&["--control", "INS-07", "--control", "CRD-01", "--format", "json"]).exits(0);
    assert!(run.violated().is_empty(), "{}", run.out);
    let coverage = run.json();
    let of =
        |id: &str| coverage["coverage"].as_array().unwrap().iter().find(|one| one["control"] == id).unwrap().clone();
    assert_eq!((of("INS-07")["facts"].clone(), of("INS-07")["unknown"].clone()), (1.into(), 0.into()));
}

#[test]
fn what_a_record_states_as_an_id_is_one_in_every_other_file_whatever_their_order() {
    let uid = |name: &str| (name.to_owned(), format!(r#"[{{"id": 1, "app_uid": "{BASE64}", "status": "installed"}}]"#));
    let note = with(&format!(r#""notes": "see {BASE64} in the portal""#));
    for (name, text) in [uid("app_installations.json"), uid("app_installations.9.json")] {
        for users in ["users.2.json", "users.json"] {
            assert_eq!(exposed(&[(&name, text.clone()), (users, note.clone())]), [""; 0], "{name} {users}");
        }
    }
    // Nothing states it here.
    assert_eq!(exposed(&[("users.2.json", note)]).len(), 1);
}

#[test]
fn an_id_under_the_name_of_a_secret_and_a_secret_under_the_name_of_an_id_are_found() {
    let app = format!(r#"[{{"id": 1, "app_uid": "{BASE64}", "status": "installed"}}]"#);
    let both = with(&format!(r#""client_id": "{BASE64}", "client_secret": "{BASE64}""#));
    let found = exposed(&[("app_installations.json", app), ("users.2.json", both)]);
    assert_eq!(found, ["export/users.2.json/0/client_secret"]);
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    for name in ["client_id", "uid", "id_sha256", "fingerprint", "avatar", "manifest_url"] {
        found_in_any_field(name, token);
    }
    let keys = "KeyIdentifier,Provider,User\na7Kq2ZpX0vB9tR4mW1cY8A,erp,svc\n".to_owned();
    let run = hidden("credentials/production/app_builder_keys.csv", keys, "a7Kq2ZpX0vB9tR4mW1cY8A");
    assert!(run.violated().contains(&"CRD-01".to_owned()), "{}", run.out);
}

#[track_caller]
fn found_in_any_field(name: &str, token: &str) {
    found("users.2.json", &with(&format!(r#""{name}": "https://x.test/{token}""#)), token);
    found("users.2.json", &with(&format!(r#""{name}": "{token}""#)), token);
}

#[test]
fn by_a_name_in_a_neighbour() {
    for (name, text) in [
        ("users.2.json", with(&format!(r#""x": {{"Value": "{CANARY}", "Name": "LedgerToken"}}"#))),
        ("users.2.json", with(&format!(r#""x": {{"key": "PRIVATE-TOKEN", "default": "{CANARY}"}}"#))),
        ("service_accounts.csv", format!("Name,Value\nLedger Token,{CANARY}\n")),
        ("service_accounts.csv", format!("Value,Name\n\"{CANARY}\",X-Functions-Key\n")),
        ("designs/a.mfd", format!("<mapping><parameter name=\"LedgerToken\" value=\"{CANARY}\"/></mapping>")),
        ("designs/a.mfd", format!("<mapping><add value=\"{CANARY}\" key=\"Db.Password\"/></mapping>")),
        ("designs/a.mfd", format!("<mapping><p><name>Password</name><value>{CANARY}</value></p></mapping>")),
    ] {
        found(name, &text, CANARY);
    }
    // A name that only speaks of one: hidden, and held against nobody.
    let pair = format!("<mapping><parameter name=\"TokenForLedger\" value=\"{CANARY}\" style=\"header\"/></mapping>");
    hidden("designs/a.mfd", &pair, CANARY);
}

#[test]
fn by_what_text_lines_and_headers_call_it() {
    for line in [
        "token: #",
        "Secret: #",
        "aws_secret_access_key = #",
        "PRIVATE-TOKEN: #",
        "X-Amz-Security-Token: #",
        "X-Functions-Key: #",
        "LedgerToken=#",
        "AccountKey=#",
        "jdbc:oracle:thin:scott/#@//db:1521/x",
        "Endpoint=sb://x/;SharedAccessKey=#",
    ] {
        let text = line.replace('#', CANARY);
        found("users.2.json", &with(&format!(r#""notes": "kept as {text}""#)), CANARY);
        hidden("settings.toml", format!("# {text}\n"), CANARY).exits(1);
    }
}

#[test]
fn a_placeholder_is_no_secret_whatever_stands_around_it() {
    for form in [
        "<redacted>",
        "[REDACTED]",
        "redacted",
        "********",
        "xxxx",
        "${ERP_SECRET}",
        "{{ secrets.erp }}",
        "<your client secret>",
        "$env:ERP",
    ] {
        for member in [
            format!(r#""client_secret": "{form}""#),
            format!(r#""notes": "Authorization: Bearer {form}""#),
            format!(r#""notes": "password={form}; token: {form}""#),
            format!(r#""headers": [{{"name": "X-API-Key", "value": "{form}"}}]"#),
        ] {
            assert_eq!(exposed(&[("users.2.json", with(&member))]), [""; 0], "{member}");
        }
    }
    for form in ["<hunter2!>", "changeme", "${Zq7canary4Xw9kPv2}", "redacted-hunter2"] {
        assert_eq!(exposed(&[("users.2.json", with(&format!(r#""client_secret": "{form}""#)))]).len(), 1, "{form}");
    }
}
