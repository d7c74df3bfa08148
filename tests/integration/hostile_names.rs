//! Names in an export were chosen by others: what they hold must not move a cursor, reorder a line or grow without end.

use crate::support;
use crate::support::{Run, Sandbox};

/// What a terminal, an editor or a viewer would obey.
const HOSTILE: [&str; 14] = [
    "\u{0}",
    "\u{7}\u{8}",
    "a\rb",
    "\u{1b}[2J\u{1b}[31m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;https://evil.test\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;aGk=\u{7}",
    "\u{1b}P1;2q\u{1b}\\",
    "\u{9b}2J\u{9d}0;x\u{9c}",
    "\u{7f}",
    "\u{202e}gnp.exe\u{2066}\u{2069}",
    "zero\u{200b}\u{200d}\u{2060}\u{feff}width",
    "line\u{2028}para\u{2029}\u{85}graph",
    "tag\u{e0041}\u{e007f}\u{61c}\u{180e}",
];

fn escaped(text: &str) -> String {
    serde_json::to_string(text).unwrap().trim_matches('"').to_owned()
}

/// An export in which every name holds this text, and every name is in a message.
fn export(text: &str) -> Sandbox {
    let name = escaped(text);
    let user = format!(
        r#"[{{"id": 7, "name": "erp{name}", "first_name": null, "last_name": "erp-bridge-1a2b3c4d",
        "email_address": "erp-bridge-1a2b3c4d@procore.com", "is_active": true, "job_title": "{name}",
        "company_permission_template": {{"id": 5, "name": "All {name}", "type": "company_tools"}}}},
        {{"id": 8, "name": 7, "{name}": 1, "is_active": "{name}"}}]"#
    );
    let template = format!(
        r#"[{{"id": 5, "name": "All {name}", "type": "company_tools",
        "user_access_levels": {{"directory": "Admin", "{name}": "Admin", "home": "{name}", "x{name}": true}}}}]"#
    );
    let installation = format!(
        r#"[{{"id": 1, "app_uid": "u{name}", "status": "installed", "installer": {{"id": 3, "name": "{name}", "is_active": false}},
        "developer_app": {{"name": "App {name}", "app_type": "custom"}}}}]"#
    );
    let quoted = text.replace('"', "\"\"");
    let accounts =
        format!("Name,App Type,Description\n\"Old {quoted}\",\"Kind {quoted}\",\"{quoted}\"\n\"{quoted}\"\n");
    let sandbox = Sandbox::with(&[
        ("users.json", user.as_bytes()),
        ("permission_templates.json", template.as_bytes()),
        ("app_installations.json", installation.as_bytes()),
        ("service_accounts.csv", accounts.as_bytes()),
        ("companies.json", format!(r#"[{{"id": 1, "name": "Company {name}"}}]"#).as_bytes()),
        (
            "webhooks.json",
            format!(
                r#"[{{"id": 1, "namespace": "{name}", "destination_url": "https://x/{name}", "owned_by_user_id": 7}}]"#
            )
            .as_bytes(),
        ),
        ("broken.json", format!("[{{\"{name}\": \"{text}\", \"{text}").as_bytes()),
    ]);
    let toml =
        toml::to_string(&toml::toml! { subject = "s" }).unwrap().replace("\"s\"", &toml::Value::from(text).to_string());
    sandbox.write(
        "export/reviews.toml",
        format!("[[review]]\n{toml}on = 2024-01-01\nby = \"x\"\n\n[[usage]]\n{toml}never_used = true\n"),
    );
    sandbox
}

/// Checks standard output, standard error and the files of every format.
#[track_caller]
fn every_output_stays_plain(sandbox: &Sandbox) {
    let files = ["-o", "json=a.json", "-o", "jsonl=a.jsonl", "-o", "sarif=a.sarif", "-o", "html=a.html"];
    sandbox.audit(&[files.as_slice(), &["-v"]].concat()).exits(1).stays_plain();
    for name in ["a.json", "a.jsonl", "a.sarif", "a.html"] {
        Run { code: None, out: sandbox.read(name), err: String::new() }.stays_plain();
    }
}

#[test]
fn no_output_holds_a_character_that_moves_hides_or_reorders() {
    for text in HOSTILE {
        let sandbox = export(text);
        every_output_stays_plain(&sandbox);
    }
}

#[test]
fn graphml_holds_no_character_that_xml_does_not_allow() {
    for text in ["\u{fffe}\u{ffff}", "\u{0}\u{b}\u{1f}\u{7f}\u{85}", "]]>&<\"'"] {
        let run = export(text).run(&["graph", "export", "--format", "graphml", "--allow-incomplete"]).exits(0);
        let nodes = roxmltree::Document::parse(&run.out).unwrap_or_else(|error| panic!("{error}\n{}", run.out));
        assert!(nodes.descendants().any(|node| node.has_tag_name("node")));
    }
}

#[test]
fn lines_of_a_calendar_are_not_longer_than_75_octets() {
    for text in ["東京事務所".repeat(30), "👩‍👩‍👧‍👦".repeat(20), "a ".repeat(90), " \u{3000}ü".repeat(40), "x".repeat(300)]
    {
        let name = escaped(&text);
        let users = format!(
            r#"[{{"id": 7, "name": "{name}", "first_name": null, "last_name": "old", "is_active": true,
            "email_address": "old-bridge-1@procore.com", "created_at": "2020-01-01T00:00:00Z"}}]"#
        );
        let accounts = format!("Name,App Name,App Type\n\"{}\",\"{}\",Custom\n", text.trim(), text.trim());
        let sandbox = Sandbox::with(&[("users.json", users.as_bytes()), ("service_accounts.csv", accounts.as_bytes())]);
        let run = sandbox.run(&["plan", "export", "--as-of", support::TODAY, "--format", "ics"]);
        assert!(run.out.contains("BEGIN:VEVENT"), "{}", run.err);
        for line in run.out.split_terminator("\r\n") {
            assert!(line.len() <= 75 && !line.contains('\n'), "{} octets: {line}", line.len());
        }
        let unfolded = run.out.replace("\r\n ", "").replace(r"\\", r"\");
        let shown = cutover_model::escape::visible(text.trim()).chars().take(30).collect::<String>();
        assert!(unfolded.contains(shown.trim()), "{unfolded}");
    }
}

#[test]
fn with_colours_only_the_programs_own_escapes_are_written() {
    let sandbox = export("\u{1b}[2J\u{1b}]8;;x\u{7}");
    let arguments = ["audit", "export", "--as-of", support::TODAY, "-v"];
    let run = sandbox.run_with(&arguments, &[("CLICOLOR_FORCE", "1")], b"");
    for text in [&run.out, &run.err] {
        assert!(text.contains("\u{1b}["));
        for sequence in text.split('\u{1b}').skip(1) {
            let colour = sequence.strip_prefix('[').and_then(|rest| rest.split_once('m')).map(|(code, _)| code);
            let digits = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
            assert!(colour.is_some_and(digits), "{}", sequence.escape_debug());
        }
    }
}

#[test]
fn json_gives_the_name_back_as_it_was() {
    for text in HOSTILE {
        let json = export(text).audit(&["--format", "json", "--control", "DIR-01"]).exits(1).json();
        assert_eq!(json["violations"][0]["subject"]["name"], format!("erp{text}"));
        assert!(json["violations"][0]["message"].as_str().unwrap().chars().all(|letter| !letter.is_control()));
    }
}

#[test]
fn a_name_is_shown_escaped_and_never_dropped() {
    let run = export("\u{202e}x").audit(&["--control", "DIR-01", "--details"]).exits(1);
    assert!(run.out.contains(r"erp\u{202e}x holds Admin"), "{}", run.out);
}

#[test]
fn a_long_name_does_not_push_the_rest_away() {
    let sandbox = export(&"long ".repeat(100_000));
    for run in [sandbox.audit(&[]), sandbox.audit(&["-v"])] {
        assert!(run.out.len() + run.err.len() < 100_000, "{} and {} bytes", run.out.len(), run.err.len());
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_are_hostile_too() {
    let sandbox = export("x");
    let name = "\u{1b}[2J\u{202e}\nusers";
    sandbox.write(&format!("export/{name}.json"), "[").write(&format!("export/users/{name}.json"), support::user(9));
    sandbox.write(
        &format!("export/permission_templates/{name}.json"),
        sandbox.read("export/permission_templates.json").trim_matches(['[', ']']),
    );
    every_output_stays_plain(&sandbox);
    let plain =
        |arguments: &[&str], code| sandbox.run(&[["audit"].as_slice(), arguments].concat()).exits(code).stays_plain();
    plain(&["\u{1b}[2J\u{202e}"], 3);
    plain(&["export", "--waivers", "\u{1b}[2J\u{202e}"], 2);
    plain(&["export", "--timeline", "\u{1b}[2J\u{202e}"], 2);
    plain(&["export", "--policies", "\u{1b}[2J\u{202e}"], 2);
    plain(&["export", "--control", "\u{1b}[2J\u{202e}"], 2);
    plain(&["export", "-o", "json=\u{1b}[2J\u{202e}/x"], 2);
    sandbox.write("w.toml", "[[waiver]]\n\"\\u001b[2J\\u202e\" = 1\n");
    plain(&["export", "--waivers", "w.toml"], 2);
    sandbox.write("export/settings.toml", "\"\\u001b[2J\\u202e\" = 1\n");
    every_output_stays_plain(&sandbox);
}

#[test]
fn a_hostile_waiver_is_shown_escaped() {
    let sandbox = export("x");
    let waiver = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"erpx\"\nreason = \"\\u001b[2J\\u202e\"\nowner = \"\\u001b[2J\"\napprover = \"\\u001b[2J\"\nexpires = 2030-01-01\n";
    let unmatched = waiver.replace("erpx", "\\u001b[2J");
    sandbox.write("export/waivers.toml", format!("{waiver}\n{unmatched}"));
    every_output_stays_plain(&sandbox);
    let unknown = waiver.replace("DIR-01", "\\u001b]0;x");
    sandbox.write("export/waivers.toml", unknown);
    sandbox.audit(&[]).exits(2).stays_plain();
}

#[test]
fn a_pack_is_written_by_others_too() {
    let hostile = "\\u{1b}]0;pwn\\u{7}\\u{1b}[31m\\u{202e}x";
    let raw = "\u{1b}]0;pwn\u{7}\u{1b}[31m\u{202e}x";
    for text in [hostile, raw] {
        let control = format!(
            "// {raw}\n@id(\"X-01{text}\")\n@title(\"title {text}\")\n@severity(\"high\")\n@party(\"customer\")\n@duty(\"C9{text}\")\n@message(\"{{principal.name}} {text}\")\n@remedy(\"remedy {text}\")\n@reference(\"reference {text}\")\n\
            forbid (principal, action == Cutover::Action::\"holds\", resource == Cutover::Tool::\"company/directory\")\nwhen {{ context.level in Cutover::Level::\"admin\" }};\n"
        );
        // Wherever the pack does not take a text, the rest is shown all the same.
        for control in [
            control.clone(),
            control.replacen(&format!("X-01{text}"), "X-01", 1),
            control.replacen(&format!("X-01{text}"), "X-01", 1).replacen(&format!("C9{text}"), "C9", 1),
        ] {
            let sandbox = Sandbox::with(&support::administrator());
            sandbox.write("pack/X-01.cedar", control);
            sandbox.write("export/service_accounts.csv", "Name,Description\nERP,x\n");
            let run = |arguments: &[&str]| sandbox.run(&[arguments, &["--policies", "pack"]].concat()).stays_plain();
            for format in ["text", "json", "jsonl", "sarif"] {
                run(&["audit", "export", "--as-of", support::TODAY, "--format", format, "-v"]);
            }
            for format in ["text", "json", "markdown", "csv"] {
                run(&["plan", "export", "--as-of", support::TODAY, "--format", format, "-v"]);
                run(&["policy", "list", "--format", format]);
            }
            run(&["policy", "show", "X-01"]);
            run(&["policy", "docs"]);
            run(&["audit", "export", "--control", "X-*"]);
            sandbox.run(&["policy", "check", "pack"]).stays_plain();
            sandbox.run(&["policy", "test", "pack"]).stays_plain();
        }
    }
    let sandbox = Sandbox::with(&support::administrator());
    let control = "@id(\"X-01\")\n@title(\"title TEXT\")\n@severity(\"high\")\n@party(\"customer\")\n@duty(\"C9\")\n@message(\"m\")\n@remedy(\"r\")\n@reference(\"r\")\nforbid (principal is Cutover::ManagedAccount, action == Cutover::Action::\"holds\", resource)\nwhen { true };\n";
    sandbox.write("pack/X-01.cedar", control.replace("TEXT", raw));
    let run = sandbox.audit(&["--policies", "pack", "--control", "X-01", "--details"]).exits(1).stays_plain();
    assert!(run.out.contains(r"title \u{1b}]0;pwn\u{7}"), "{}", run.out);
}
