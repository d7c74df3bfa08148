//! `cutover report`: a saved result is drawn again, byte for byte, or refused with the place where it is no result.

use crate::support;
use std::io::Write as _;

use clap::ValueEnum;
use cutover_model::escape::is_deceptive;
use cutover_model::result::saved;
use cutover_model::result::saved::Document;
use cutover_report::plan::{PlanFormat, plan};
use cutover_report::{self as report, Format, Style, View};
use serde_json::Value;

use crate::support::{Sandbox, TODAY, fixture};

/// A fixture under a short name, with its audit and its plan saved.
fn fixture_saved(name: &str) -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    support::copy(&fixture(name), &sandbox.path("export"));
    sandbox.run(&["audit", "export", "--as-of", TODAY, "-o", "json=audit.json"]);
    // Without an account to move there is no plan.
    sandbox.run(&["plan", "export", "--as-of", TODAY, "-o", "json=plan.json"]);
    sandbox
}

#[test]
fn a_saved_result_is_drawn_as_the_verb_would_have_drawn_it() {
    for name in ["harborline", "minimal"] {
        let sandbox = fixture_saved(name);
        let same = |verb: &str, format: &str, more: &[&str]| {
            let direct = [&[verb, "export", "--as-of", TODAY, "--format", format], more].concat();
            let saved = format!("{verb}.json");
            let again = [&["report", &saved, "--format", format], more].concat();
            let (direct, again) = (sandbox.run(&direct), sandbox.run(&again).exits(0).says_nothing());
            assert!(name == "minimal" || !direct.out.is_empty());
            assert!(direct.out == again.out, "{verb} {format} {more:?} of {name}");
        };
        for format in Format::value_variants() {
            same("audit", format.to_possible_value().unwrap().get_name(), &[]);
        }
        for more in [["-v", "--coverage"], ["--coverage", "--markdown-limit=9999"]] {
            same("audit", "text", &more);
            same("audit", "markdown", &more);
        }
        for format in PlanFormat::value_variants().iter().filter(|_| name == "harborline") {
            same("plan", format.to_possible_value().unwrap().get_name(), &[]);
        }
    }
}

#[test]
fn a_result_is_read_from_standard_input_or_compressed_and_written_to_files() {
    let sandbox = fixture_saved("minimal");
    let text = sandbox.read("audit.json");
    let direct = sandbox.run(&["report", "audit.json"]).exits(0).out;
    assert_eq!(sandbox.run_with(&["report", "-"], &[], text.as_bytes()).exits(0).out, direct);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    sandbox.write("audit.json.gz", &packed);
    assert_eq!(sandbox.run(&["report", "audit.json.gz"]).exits(0).out, direct);
    assert_eq!(sandbox.run_with(&["report", "-"], &[], &packed).exits(0).out, direct);
    sandbox.write("cut.json.gz", &packed[..packed.len() / 2]);
    sandbox.run(&["report", "cut.json.gz"]).exits(2).says("compressed data is cut short");

    sandbox.run(&["report", "audit.json", "-o", "junit=out.xml", "-o", "csv=out.csv"]).exits(0);
    assert_eq!(sandbox.read("out.csv"), sandbox.run(&["report", "audit.json", "--format", "csv"]).out);
    assert!(sandbox.read("out.xml").starts_with("<?xml"));
    sandbox.run(&["report", "audit.json", "--format", "github"]).exits(0);
}

#[test]
fn a_format_of_another_verb_is_refused_with_those_there_are() {
    let sandbox = fixture_saved("harborline");
    let refused = |arguments: &[&str], what: &str| sandbox.run(arguments).exits(2).says(what);
    refused(&["report", "audit.json", "--format", "ics"], "`ics` is no format; known are text, json, jsonl, csv");
    refused(&["report", "plan.json", "--format", "sarif"], "`sarif` is no format; known are text, json, markdown, csv");
    refused(&["report", "plan.json", "-o", "junit=x"], "`junit` is no format");
    refused(&["report", "audit.json", "-o", "x"], "expected FORMAT=PATH");
}

#[test]
fn what_is_no_result_is_refused_with_its_place_and_no_word_of_it() {
    let sandbox = fixture_saved("minimal");
    let text = sandbox.read("audit.json");
    let refused = |content: &str, what: &str| {
        sandbox.write("x.json", content);
        sandbox.run(&["report", "x.json"]).exits(2).says(what).stays_plain().hides("hunter2")
    };
    let help = "give a file that `cutover audit` or `cutover plan` wrote";
    refused("", "`x.json`, line 1, column 1: the file ends in the middle of the JSON").says(help);
    refused("{", "the file ends in the middle of the JSON");
    refused("hunter2", "`x.json`, line 1, column 1: is not JSON here");
    refused("{\n  \"a\": hunter2}", "`x.json`, line 2, column 8: is not JSON here");
    refused("[\"hunter2\"]", "is no JSON object");
    refused("\"hunter2\"", "is no JSON object");
    refused("{\"a\": \"hunter2\"}", "is no result of cutover: it names no schema").says(help);
    refused(&"[".repeat(100_000), "is no JSON object");
    refused(&format!("{{\"a\":{}", "[".repeat(100_000)), "is not JSON here");
    refused(&format!("{text} hunter2"), "is not JSON here");
    refused(&text[..text.len() / 2], "the file ends in the middle of the JSON");
    let v2 = refused(&text.replacen("cutover.audit/v1", "cutover.audit/v2", 1), "is a `cutover.audit/v2`; expected");
    v2.says("expected `cutover.audit/v1` or `cutover.gate/v1` or `cutover.plan/v1`")
        .says("read it with the version of cutover that wrote it");
    let other = refused(&text.replacen("cutover.audit/v1", "hunter.2/v1\\u001b", 1), "expected `cutover.audit/v1`");
    other.says("give a result of the right verb");
    refused(&text.replacen("\"as_of\": \"2024-10-15\"", "\"as_of\": \"hunter2\"", 1), "is not as a `cutover.audit/v1`");
    refused(&text.replacen("\"as_of\"", "\"hunter2\"", 1), "lacks the member `as_of` of a `cutover.audit/v1`");
    refused(&text.replacen("\"summary\": {", "\"summary\": {\"x\": 5000000000,", 1), "holds a number that is larger");
    refused(&text.replacen("2024-10-15", "+99999-10-15", 1), "holds a date before 1970 or after 9999");
    sandbox.run(&["report", "nothing.json"]).exits(2).says("cannot read `nothing.json`");
    sandbox.run(&["report", "export"]).exits(2).says("it is a folder");
}

/// Every place in a document, as a JSON pointer.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(list) => {
            // The first of a list stands for the others.
            list.iter().take(1).enumerate().for_each(|(index, value)| places(value, &format!("{at}/{index}"), out));
        }
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| places(value, &format!("{at}/{}", name.replace('/', "~1")), out));
        }
        _ => {}
    }
}

/// A result as somebody made it up: refused, or drawn in every format without a panic and without obeying it.
fn survives(document: &Value, what: &str) -> bool {
    let Ok(document) = saved::read("x.json", document.to_string().as_bytes()) else { return false };
    let style = Style { verbose: true, view: View::Details, width: 100, ..Style::default() };
    let plain = |out: Vec<u8>, format: &str| {
        let text = String::from_utf8(out).unwrap();
        let found = text.chars().find(|letter| !matches!(letter, '\n' | '\r') && is_deceptive(*letter));
        assert_eq!(found, None, "{what} in {format}");
    };
    match document {
        Document::Audit(audit) => {
            for format in Format::value_variants() {
                let mut out = Vec::new();
                report::render(&*audit, *format, style, &mut out).unwrap();
                plain(out, &format!("{format:?}"));
            }
        }
        Document::Gate(gate) => {
            for format in Format::value_variants() {
                let mut out = Vec::new();
                report::render(&*gate, *format, style, &mut out).unwrap();
                plain(out, &format!("{format:?}"));
            }
        }
        Document::Plan(saved) => {
            for format in PlanFormat::value_variants() {
                let mut out = Vec::new();
                plan(&saved, *format, style, &mut out).unwrap();
                plain(out, &format!("{format:?}"));
            }
        }
    }
    true
}

#[test]
fn whatever_stands_in_a_saved_result_is_refused_or_drawn_harmlessly() {
    let sandbox = Sandbox::with(&support::administrator());
    let old =
        "Name,App Name,App Type,Marketplace App,Description,Developer Name,Developer Email,Client ID\nErp,,,,,,,\n";
    sandbox.write("export/service_accounts.csv", old);
    let waiver = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"erp-bridge-1a2b3c4d\"\nreason = \"r\"\nowner = \"o\"\n\
                  approver = \"a\"\nexpires = 2024-12-01\n";
    sandbox.write("export/waivers.toml", waiver);
    sandbox.run(&["audit", "export", "--as-of", TODAY, "-o", "json=audit.json"]).exits(1);
    sandbox.run(&["plan", "export", "--as-of", TODAY, "-o", "json=plan.json"]).exits(1);
    for name in ["audit.json", "plan.json"] {
        let document: Value = serde_json::from_str(&sandbox.read(name)).unwrap();
        assert!(survives(&document, name));
        let mut all = Vec::new();
        places(&document, "", &mut all);
        let (mut drawn, mut refused) = (0, 0);
        for place in all {
            let before = document.pointer(&place).unwrap();
            let others: Vec<Value> = match before {
                Value::String(_) => vec!["\u{1b}[2J\u{202e}\n\r".into(), "".into()],
                Value::Number(_) => vec![0.into(), u32::MAX.into(), u64::MAX.into(), (-1).into()],
                Value::Array(_) => vec![Value::Array(Vec::new())],
                _ => vec![Value::Null],
            };
            for other in others {
                let mut changed = document.clone();
                *changed.pointer_mut(&place).unwrap() = other;
                if survives(&changed, &place) { drawn += 1 } else { refused += 1 }
            }
        }
        assert!(drawn > 50 && refused > 20, "{name}: {drawn} drawn, {refused} refused");
    }
}
