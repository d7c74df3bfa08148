//! `cutover scrub`: a copy without secrets, still an export; or none at all.

use crate::support;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, user};

/// Made up for these tests.
const CANARY: &str = "Zq7canary4Xw9kPv2";
const HEX: &str = "c0ffee0123456789c0ffee0123456789c0ffee0123456789c0ffee0123456789";
const KEY: &str = "Zq7canaryXw9kPv2Zq7caA";

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                out.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    out.sort();
    out
}

/// An export with a secret in a file of every form.
fn export() -> Sandbox {
    let provider = format!(
        r#"{{"name": "erp", "type": "http", "credentials": [{{"type": "basic", "userName": "svc", "password": "{CANARY}"}}],
            "certificates": [{{"usage": "sign", "format": "pfx", "content": "MIIKcanary+/{CANARY}==", "password": "{CANARY}"}}],
            "settings": {{"RequestHeaders": "Accept: text/json\nX-API-Key: {CANARY}", "LogPII": "False"}}}}"#
    );
    let sandbox = Sandbox::with(&[]);
    sandbox
        .write(
            "export/users.json",
            format!("[{}]", user(9).replacen('{', &format!("{{\"password\": \"{CANARY}\", "), 1)),
        )
        .write("export/webhooks.jsonl", format!("{{\"id\": 1, \"destination_url\": \"https://a:{CANARY}@x.test/\"}}\n"))
        .write(
            "export/service_accounts.csv",
            format!("Name,Client ID,Client Secret\r\n\"a, b\",{HEX},\"{CANARY}\"\r\n"),
        )
        .write("export/credentials/app_builder.json", provider)
        .write("export/credentials/keys.csv", format!("KeyIdentifier,KeyMaterial,Description\nK1,{KEY},night job\n"))
        .write("export/credentials/pull.mfd", format!("<mapping><d DBPassword=\"{CANARY}\" host=\"x\"/></mapping>\n"))
        .write("export/settings.toml", format!("allow_user_installs = false # key {HEX}\n"))
        .write("export/notes/access.log", format!("GET /rest/x?apiKey={KEY}&page=2 HTTP/1.1\n"))
        .write("export/readme.md", "# An export\n");
    sandbox
}

fn scrub(sandbox: &Sandbox, from: &str, to: &str) -> support::Run {
    sandbox.run(&["scrub", from, to])
}

#[test]
fn a_copy_holds_no_secret_and_everything_else() {
    let sandbox = export();
    let run = scrub(&sandbox, "export", "copy").exits(0).hides(CANARY).hides(KEY).says_nothing();
    let copy = files(&sandbox.path("copy"));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&copy), names(&files(&sandbox.path("export"))));
    for (name, bytes) in &copy {
        let text = String::from_utf8(bytes.clone()).unwrap();
        for secret in [CANARY, KEY] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
    }
    assert_eq!(sandbox.read("copy/readme.md"), "# An export\n");
    let table = format!("Name,Client ID,Client Secret\r\n\"a, b\",{HEX},\"redacted\"\r\n");
    assert_eq!(sandbox.read("copy/service_accounts.csv"), table);
    assert_eq!(
        sandbox.read("copy/credentials/pull.mfd"),
        "<mapping><d DBPassword=\"redacted\" host=\"x\"/></mapping>\n"
    );
    assert_eq!(sandbox.read("copy/notes/access.log"), "GET /rest/x?apiKey=redacted&page=2 HTTP/1.1\n");
    let provider: serde_json::Value = serde_json::from_str(&sandbox.read("copy/credentials/app_builder.json")).unwrap();
    assert_eq!(provider.pointer("/certificates/0/content").unwrap(), "redacted");
    assert_eq!(provider.pointer("/certificates/0/password").unwrap(), "redacted");
    assert_eq!(provider.pointer("/credentials/0/password").unwrap(), "redacted");
    assert_eq!(provider.pointer("/credentials/0/userName").unwrap(), "svc");
    assert_eq!(provider.pointer("/settings/LogPII").unwrap(), "False");
    assert!(!provider.pointer("/settings/RequestHeaders").unwrap().as_str().unwrap().contains("canary"));
    assert!(run.out.contains("export/users.json:1:"), "{}", run.out);
    assert!(run.out.contains("password at /0/password"), "{}", run.out);
    assert!(run.out.ends_with("9 files written to copy\n"), "{}", run.out);
    // An audit of the copy finds nothing to hide.
    let audit = sandbox.run(&["audit", "copy", "--control", "CRD-01", "--format", "json"]);
    assert!(audit.violated().is_empty(), "{}", audit.out);
}

#[test]
fn the_same_export_gives_the_same_copy_and_a_copy_of_it_is_the_same_again() {
    let sandbox = export();
    for (from, to) in [("export", "one"), ("export", "two"), ("one", "three")] {
        scrub(&sandbox, from, to).exits(0);
    }
    assert_eq!(files(&sandbox.path("one")), files(&sandbox.path("two")));
    assert_eq!(files(&sandbox.path("one")), files(&sandbox.path("three")));
    assert!(scrub(&sandbox, "one", "four").out.starts_with("0 secrets replaced"));
}

#[test]
fn a_packed_file_stays_packed() {
    let text = format!("[{{\"id\": 1, \"api_key\": \"{CANARY}\"}}]");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(text.as_bytes()).unwrap();
    let zstandard = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let sandbox = Sandbox::with(&[]);
    sandbox.write("export/users.1.json.gz", gzip.finish().unwrap()).write("export/users.2.json.zst", zstandard);
    scrub(&sandbox, "export", "copy").exits(0).hides(CANARY);
    let mut out = String::new();
    let bytes = fs::read(sandbox.path("copy/users.1.json.gz")).unwrap();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut out).unwrap();
    assert_eq!(out, text.replace(CANARY, "redacted"));
    let bytes = fs::read(sandbox.path("copy/users.2.json.zst")).unwrap();
    let mut out = String::new();
    ruzstd::decoding::StreamingDecoder::new(bytes.as_slice()).unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(out, text.replace(CANARY, "redacted"));
}

#[test]
fn a_single_file_is_copied_to_a_file() {
    let sandbox = export();
    scrub(&sandbox, "export/service_accounts.csv", "accounts.csv").exits(0).hides(CANARY);
    assert!(sandbox.read("accounts.csv").contains("\"redacted\""));
    assert_eq!(sandbox.names(), ["accounts.csv", "export"]);
}

#[test]
fn nothing_is_ever_overwritten() {
    let sandbox = export();
    sandbox.write("copy/", "").write("file", "mine");
    for to in ["copy", "file", "export", "export/readme.md"] {
        scrub(&sandbox, "export", to).exits(2).says("already exists");
    }
    assert_eq!(sandbox.read("file"), "mine");
    scrub(&sandbox, "export", "export/copy").exits(2).says("is inside the export");
    scrub(&sandbox, "nowhere", "copy2").exits(3).says("cannot read the export `nowhere`");
    scrub(&sandbox, "export", "no/folder").exits(2).says("cannot write `no/folder`");
    assert_eq!(sandbox.names(), ["copy", "export", "file"]);
}

#[test]
fn what_cannot_be_read_is_told_and_not_copied() {
    let sandbox = Sandbox::with(&[]);
    sandbox
        .write("export/broken.json", format!("{{\"password\" \"{CANARY}\""))
        .write("export/ragged.csv", format!("a,password\n{CANARY}\n"))
        .write("export/picture.png", [0x89, 0x50, 0xff, 0x00])
        .write("export/wide.txt", [0xff, 0xfe, 0x41, 0x00])
        .write("export/cut.json.gz", [0x1f, 0x8b, 0x08, 0x00])
        .write("export/good.json", "[]");
    let run = scrub(&sandbox, "export", "copy").exits(3).hides(CANARY);
    for name in ["broken.json", "ragged.csv", "picture.png", "wide.txt", "cut.json.gz"] {
        assert!(run.err.contains(&format!("export/{name} was not copied: ")), "{name}: {}", run.err);
    }
    assert_eq!(files(&sandbox.path("copy")), [("good.json".to_owned(), b"[]".to_vec())]);
    scrub(&sandbox, "export/broken.json", "alone.json").exits(3).hides(CANARY);
    assert_eq!(sandbox.names(), ["copy", "export"]);
}

#[test]
fn a_name_that_is_a_secret_is_not_repeated() {
    let sandbox = Sandbox::with(&[]);
    sandbox.write(&format!("export/{HEX}.json"), "[]").write(&format!("export/keys/{HEX}/a.json"), "[]");
    let run = scrub(&sandbox, "export", "copy").exits(3).hides(HEX);
    assert!(run.err.contains("export was not copied: the name of a file in it looks like a secret"), "{}", run.err);
    assert!(run.err.contains("export/keys was not copied: the name of a folder in it"), "{}", run.err);
    assert!(files(&sandbox.path("copy")).is_empty());
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let sandbox = Sandbox::with(&[]);
    sandbox.write("outside/users.json", "[]").write("export/good.json", "[]").write("export/.hidden/x.json", "[]");
    std::os::unix::fs::symlink(sandbox.path("outside"), sandbox.path("export/users")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("outside/users.json"), sandbox.path("export/users.json")).unwrap();
    let run = scrub(&sandbox, "export", "copy").exits(3).says("export/users was not copied: a link");
    assert!(run.err.contains("note: export/.hidden begins with a dot and was left out"), "{}", run.err);
    assert_eq!(files(&sandbox.path("copy")), [("good.json".to_owned(), b"[]".to_vec())]);
    // Nor is a link in the place of the copy.
    std::os::unix::fs::symlink(sandbox.path("nothing"), sandbox.path("link")).unwrap();
    scrub(&sandbox, "export", "link").exits(2).says("already exists");
}

#[test]
fn members_and_numbers_that_are_secrets_leave_valid_documents() {
    let sandbox = Sandbox::with(&[]);
    sandbox
        .write(
            "export/a.json",
            format!("{{\"{HEX}\": {{\"password\": 90817263}}, \"b\": [\"\\u0070\\n\"], \"token\": \"{CANARY}\\n\"}}"),
        )
        .write("export/b.toml", "password = 90817263\n[a]\nsecret = '''\nx\ny'''\n")
        .write("export/c.xml", format!("<a><password>{CANARY}</password><b p='1'/></a>"));
    scrub(&sandbox, "export", "copy").exits(0).hides(HEX).hides("90817263");
    let json: serde_json::Value = serde_json::from_str(&sandbox.read("copy/a.json")).unwrap();
    assert_eq!(json.pointer("/redacted-1/password").unwrap(), "redacted");
    assert_eq!(json.pointer("/token").unwrap(), "redacted");
    assert_eq!(sandbox.read("copy/b.toml"), "password = \"redacted\"\n[a]\nsecret = '''redacted'''\n");
    assert_eq!(sandbox.read("copy/c.xml"), "<a><password>redacted</password><b p='1'/></a>");
}

/// CRD-01 says that a file holds a secret, and the copy holds none: no other control may answer otherwise.
const SAYS_THAT_A_SECRET_IS_IN_A_FILE: &str = "CRD-01";

/// The verdicts on a folder: each violation but those of exposed secrets, and what was known of each control.
fn verdicts(sandbox: &Sandbox, folder: &str) -> (Vec<String>, Vec<String>) {
    let run = sandbox.run(&["audit", folder, "--as-of", support::TODAY, "--format", "json", "--no-waivers"]);
    let json = run.json();
    let list = |name: &str| json[name].as_array().unwrap_or_else(|| panic!("{}", run.err)).clone();
    let other = |one: &serde_json::Value| one["control"] != SAYS_THAT_A_SECRET_IS_IN_A_FILE;
    let told = |one: &serde_json::Value| {
        let name = |part: &str| format!("{} {}", one[part]["type"], one[part]["id"]);
        format!("{} {} {} {}", one["control"], one["severity"], name("subject"), name("resource"))
    };
    let mut violations: Vec<String> = list("violations").iter().filter(|one| other(one)).map(told).collect();
    violations.sort();
    let status = |one: &serde_json::Value| format!("{} {} {}", one["control"], one["status"], one["unknown"]);
    (violations, list("coverage").iter().filter(|one| other(one)).map(status).collect())
}

#[test]
fn a_scrubbed_fixture_gets_the_verdicts_of_the_original() {
    for (name, least) in
        [("harborline", 1), ("brackwater", 1), ("minimal", 0), ("kestrel/before", 0), ("kestrel/after", 0)]
    {
        let sandbox = Sandbox::with(&[]);
        support::copy(&support::fixture(name), &sandbox.path("export"));
        let run = scrub(&sandbox, "export", "copy").exits(0);
        let replaced: usize = run.out.lines().last().and_then(|line| line.split(' ').next()?.parse().ok()).unwrap();
        assert!(replaced >= least, "{name}: {}", run.out);
        assert_eq!(verdicts(&sandbox, "export"), verdicts(&sandbox, "copy"), "{name}");
    }
}

#[test]
fn what_was_taken_out_of_a_design_or_a_command_line_still_counts() {
    let design = |inside: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<!-- Edited with Altova MapForce 2024 -->\n<mapping version=\"31\">{inside}</mapping>"
        )
    };
    let job = |line: &str| {
        let line = serde_json::to_string(line).unwrap();
        format!(
            r#"{{"cutover_inventory": "altova/1", "server": "flowforce", "jobs": [{{"id": "/public/j", "runs": "/public/m", "command_line": {line}}}]}}"#
        )
    };
    let provider = |headers: &str| {
        let headers = serde_json::to_string(headers).unwrap();
        format!(r#"[{{"name": "erp", "type": "http", "settings": {{"RequestHeaders": {headers}}}}}]"#)
    };
    for (name, text) in [
        ("designs/a.mfd", design(&format!("<properties DBPassword=\"{CANARY}\"/>"))),
        (
            "designs/a.mfd",
            design(&format!("<d ConnectionString=\"Server=x;Password=&quot;a {CANARY}&quot;;Database=y\"/>")),
        ),
        ("designs/a.mfd", design(&format!("<d ConnectionString=\"amqp://erp:{CANARY}@mq.test/v\"/>"))),
        ("designs/a.mfd", design(&format!("<ConnectionString>jdbc:oracle:thin:erp/{CANARY}@db</ConnectionString>"))),
        ("designs/a.mfd", design(&format!("<property name=\"Password\" value=\"{CANARY}\"/>"))),
        (
            "designs/a.mfd",
            design(&format!(
                "<component library=\"webservice\"><data><basic password=\"{CANARY}\"/></data></component>"
            )),
        ),
        ("designs/a.mfd", design(&format!("<p><name>DbPassword</name><value>{CANARY}</value></p>"))),
        (
            "credentials/production/altova-x.json",
            job(&format!("run m.mfx --credential=\"n:username=a&password={CANARY}\"")),
        ),
        ("credentials/production/altova-x.json", job(&format!("run m.mfx --credential=n:oauth:token={CANARY}"))),
        ("credentials/production/altova-x.json", job(&format!("curl -H \"Authorization: Bearer {CANARY}\" x"))),
        ("credentials/production/altova-x.json", job(&format!("run m.mfx -p {CANARY} -v"))),
        ("credentials/production/app_builder.json", provider(&format!("Accept: text/json\r\nX-API-Key: {CANARY}"))),
        (
            "credentials/production/app_builder.json",
            provider(&format!("X-API-Key: {CANARY}, Authorization: Basic {CANARY}")),
        ),
    ] {
        let sandbox = Sandbox::with(&[]);
        sandbox.write(&format!("export/{name}"), &text);
        scrub(&sandbox, "export", "copy").exits(0).hides(CANARY);
        let copy = sandbox.read(&format!("copy/{name}"));
        assert!(!copy.contains(CANARY) && copy.contains("redacted"), "{copy}");
        let (before, after) = (verdicts(&sandbox, "export"), verdicts(&sandbox, "copy"));
        assert_eq!(before, after, "{text}\n{copy}");
        assert!(!before.0.is_empty(), "{text}");
    }
}

#[test]
fn what_the_export_names_as_an_id_stays_in_every_text() {
    let sandbox = Sandbox::minimal();
    let uid = "Zk3vQ9tLx1Rb7YwNc5Hs2DfGm8Kp4TjUa6ViOeXqBsc";
    sandbox
        .write(
            "export/manifests/sync@1.0.0.json",
            format!(r#"{{"schema_version": "4.1", "app_manifest": {{"uid": "{uid}"}}}}"#),
        )
        .write("export/notes/log.txt", format!("started {uid} at noon, with key {KEY}\n"))
        .write("export/reviews.toml", format!("[[vendor_review]]\napp = \"{uid}\"\non = 2024-03-01\nby = \"CISO\"\n"));
    scrub(&sandbox, "export", "copy").exits(0).hides(KEY);
    assert_eq!(sandbox.read("copy/notes/log.txt"), format!("started {uid} at noon, with key redacted\n"));
    assert_eq!(sandbox.read("copy/reviews.toml"), sandbox.read("export/reviews.toml"));
}

#[test]
fn a_path_that_is_not_there_is_told_as_such() {
    scrub(&Sandbox::with(&[]), "nowhere", "copy").exits(3).says("there is no such file or folder");
}

#[test]
fn what_only_a_name_around_it_tells_is_taken_out() {
    let sandbox = Sandbox::with(&[]);
    sandbox
        .write("export/a.xml", format!("<?app password=\"{CANARY}\"?><a><parameter name=\"client_secret\" default=\"{CANARY}\"/><parameter name=\"password\"><value>{CANARY}</value></parameter></a>"))
        .write("export/b.toml", format!("[secret]\nvalue = \"{CANARY}\"\n"))
        .write("export/c.json", format!("{{\"secret\": {{\"a\": \"{CANARY}\"}}, \"signing_key\": \"{CANARY}\", \"api_key\": [{{\"x\": \"{CANARY}\"}}]}}"))
        .write("export/d.txt", format!("mf.exe run a.mfx -p {CANARY}\n"));
    let run = scrub(&sandbox, "export", "copy").exits(0).hides(CANARY);
    assert!(run.out.contains("8 secrets replaced"), "{}", run.out);
    for (name, bytes) in files(&sandbox.path("copy")) {
        assert!(!String::from_utf8(bytes).unwrap().contains(CANARY), "{name}");
    }
}
