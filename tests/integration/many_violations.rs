//! More violations than anybody reads: told in groups to people, and one by one to programs.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use chrono::NaiveDate;
use cutover_analysis::audit;
use cutover_analysis::audit::Options;
use cutover_export::{self as export, collect};
use cutover_model::result::audit::{Audit, Summary, Violations};
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use cutover_report::{self as report, Format, Style};
use serde_json::Value;

use crate::support::{Sandbox, TODAY, formats};

/// Apps' users, and legacy accounts.
const APPS: usize = 60;
const ACCOUNTS: usize = 30;
const TOOLS: usize = 5;

/// Two sorts of identities hold tools, and a control forbids it: 450 violations, of which one app's 5 are waived.
fn interner() -> Sandbox {
    let user = |id: usize, name: &str| {
        format!(
            r#"{{"id": {id}, "name": "{name}", "first_name": null, "last_name": "{name}",
            "email_address": "{name}@procore.com", "is_active": true, "is_employee": false,
            "company_permission_template": {{"id": 5, "name": "Everything", "type": "company_tools"}}}}"#
        )
    };
    let apps = (0..APPS).map(|number| user(1000 + number, &format!("erp-bridge-{number:08x}")));
    let accounts = (0..ACCOUNTS).map(|number| user(2000 + number, &format!("old-{}-link", letters(number))));
    let users: Vec<String> = apps.chain(accounts).collect();
    let tools: Vec<String> = (0..TOOLS).map(|number| format!("\"tool_{number}\": \"Standard\"")).collect();
    let template = format!(
        r#"[{{"id": 5, "name": "Everything", "type": "company_tools", "user_access_levels": {{{}}}}}]"#,
        tools.join(", ")
    );
    let sandbox = Sandbox::with(&[
        ("users.json", format!("[{}]", users.join(",\n")).as_bytes()),
        ("permission_templates.json", template.as_bytes()),
    ]);
    sandbox.write(
        "policies/our.cedar",
        r#"@id("OUR-01")
@title("Something holds a tool")
@severity("high")
@party("customer")
@message("{principal.name} holds {context.level} on {resource.name}.")
@remedy("Take {resource.name} from {principal.name}.")
@reference("house rule 7")
forbid (principal, action == Cutover::Action::"holds", resource is Cutover::Tool)
when { context.level in Cutover::Level::"read_only" };
"#,
    );
    sandbox.write(
        "export/waivers.toml",
        "[[waiver]]\ncontrol = \"OUR-01\"\nsubject = \"ERP-bridge-00000007\"\nreason = \"a pilot\"\nowner = \"Ann\"\n\
         approver = \"Bob\"\nexpires = 2024-12-31\n",
    );
    sandbox
}

/// A word for a number: the names of legacy accounts have no digits.
fn letters(number: usize) -> String {
    let letter = |digit: usize| char::from(b'a' + u8::try_from(digit).unwrap());
    [number / 26, number % 26].map(letter).iter().collect()
}

const OURS: [&str; 4] = ["--policies", "policies", "--control", "OUR-01"];

fn audited(sandbox: &Sandbox, arguments: &[&str]) -> String {
    sandbox.audit(&[&OURS, arguments].concat()).exits(1).out
}

/// Every "… and 280 more violations (…)", with what stands in the brackets.
fn left_out(text: &str) -> Vec<(String, usize)> {
    let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentences = unwrapped.split("… and ").skip(1);
    let read = |sentence: &str| {
        let (number, rest) = sentence.split_once(" more violation")?;
        let (_, rest) = rest.split_once('(')?;
        Some((rest.split_once(')')?.0.to_owned(), number.replace(',', "").parse().unwrap()))
    };
    let mut found: Vec<(String, usize)> = sentences.filter_map(read).collect();
    found.sort();
    found
}

const LEFT_OUT: [(&str, usize); 2] = [("LegacyAccount, Tool", 130), ("ManagedAccount, Tool", 275)];

#[test]
fn people_read_the_first_of_each_sort_and_how_many_more_there_are() {
    let sandbox = interner();
    for (format, more) in [("text", "--format jsonl and csv"), ("markdown", "`--format jsonl` and `csv`")] {
        let text = audited(&sandbox, &["--details", "--format", format]);
        let left_out = left_out(&text);
        let expected = LEFT_OUT.map(|(what, count)| (what.to_owned(), count));
        assert_eq!(left_out, expected, "{text}");
        assert!(text.contains(more), "{text}");
        // The waived ones are a sort of their own, and few.
        assert_eq!(text.matches(" holds Standard on ").count(), 20 + 20 + 5, "{text}");
        assert!(text.contains("445 open, 5 waived; the customer must act"), "{text}");
        let all: usize = left_out.iter().map(|(_, count)| count).sum::<usize>() + 45;
        assert_eq!(all, APPS * TOOLS + ACCOUNTS * TOOLS);
        assert!(text.contains("445 violations"), "{text}");
    }
}

#[test]
fn verbose_text_has_every_violation() {
    let text = audited(&interner(), &["--verbose"]);
    assert_eq!(text.matches(" holds Standard on ").count(), 450);
    assert!(left_out(&text).is_empty());
}

#[test]
fn programs_get_every_violation_in_one_order() {
    let sandbox = interner();
    let json: Value = serde_json::from_str(&audited(&sandbox, &["--format", "json"])).unwrap();
    let violations = json["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 450);
    assert_eq!((&json["summary"]["high"], &json["summary"]["waived"]), (&445.into(), &5.into()));
    assert_eq!((&json["coverage"][0]["violations"], &json["coverage"][0]["waived"]), (&450.into(), &5.into()));
    assert!(json.get("groups").is_none(), "nothing is left out of the whole document");

    let lines = audited(&sandbox, &["--format", "jsonl"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, *violations);

    let sarif: Value = serde_json::from_str(&audited(&sandbox, &["--format", "sarif"])).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 450);

    let rows = rows(&audited(&sandbox, &["--format", "csv"]));
    let (head, rows) = rows.split_first().unwrap();
    assert_eq!(rows.len(), 450);
    let column = |name: &str| head.iter().position(|column| column == name).unwrap();
    for (row, violation) in rows.iter().zip(violations) {
        assert_eq!(row[column("fingerprint")], violation["fingerprint"].as_str().unwrap());
        assert_eq!(row[column("status")], violation["status"].as_str().unwrap());
        assert_eq!(row[column("line")], violation["location"]["line"].to_string());
    }
}

#[test]
fn a_file_beside_standard_output_has_every_violation_too() {
    let sandbox = interner();
    let outputs = ["csv", "jsonl", "markdown"].map(|format| format!("{format}=out.{format}"));
    let arguments: Vec<&str> = outputs.iter().flat_map(|output| ["-o", output.as_str()]).collect();
    audited(&sandbox, &arguments);
    for format in ["csv", "jsonl", "markdown"] {
        assert_eq!(sandbox.read(&format!("out.{format}")), audited(&sandbox, &["--format", format]), "{format}");
    }
    sandbox
        .audit(&["-o", "tsv=x"])
        .exits(2)
        .says("known are text, json, jsonl, csv, markdown, sarif, junit, github, gitlab");
}

#[test]
fn a_format_is_the_same_bytes_in_a_file_and_on_standard_output() {
    let sandbox = interner();
    // Text is coloured and wrapped for where it goes.
    for format in formats::<Format>().into_iter().filter(|format| *format != "text") {
        let alone = audited(&sandbox, &["--format", format]);
        let target = format!("{format}=both.{format}");
        assert_eq!(audited(&sandbox, &["--format", format, "-o", &target]), alone, "{format}");
        assert_eq!(sandbox.read(&format!("both.{format}")), alone, "{format}");
    }
}

#[test]
fn a_condition_waives_each_violation_by_what_it_sees_of_it() {
    let waived = |condition: &str| {
        let sandbox = interner();
        let waiver = format!(
            "[[waiver]]\ncontrol = \"OUR-01\"\ncondition = '''{condition}'''\nreason = \"a pilot\"\nowner = \"Ann\"\n\
             approver = \"Bob\"\nexpires = 2024-12-31\n"
        );
        sandbox.write("export/waivers.toml", waiver);
        let run = sandbox.audit(&[&OURS[..], &["--format", "json", "--fail-on", "never"]].concat()).exits(0);
        let json = run.json();
        let violations = json["violations"].as_array().unwrap();
        let of = |status: &str| violations.iter().filter(|violation| violation["status"] == status).count();
        assert_eq!(json["summary"]["waived"], of("waived"));
        assert_eq!(of("open"), 450 - of("waived"));
        of("waived")
    };
    assert_eq!(waived("true"), 450);
    assert_eq!(waived("principal.name like \"old-a*\""), 26 * TOOLS);
    assert_eq!(waived("resource.key like \"*_1\""), APPS + ACCOUNTS);
    assert_eq!(waived("principal.name like \"old-a*\" && resource.key like \"*_1\""), 26);
    assert_eq!(waived("context.level in Cutover::Level::\"admin\""), 0);
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn no_name_is_a_formula_or_leaves_its_cell() {
    let names = [
        ("=HYPERLINK(\\\"https://evil.test\\\")", "'=HYPERLINK(\"https://evil.test\")"),
        ("+1-1", "'+1-1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("a \\\"b\\\", c;d", "a \"b\", c;d"),
        ("a\\nb", "a\\u{a}b"),
        ("\\u202egnp\\u001b[2J\\u200b", "\\u{202e}gnp\\u{1b}[2J\\u{200b}"),
    ];
    let mut users = String::new();
    for (number, (name, _)) in names.iter().enumerate() {
        write!(
            users,
            r#"{}{{"id": {number}, "name": "{name}", "first_name": null, "last_name": "erp-bridge-{number:08x}",
            "email_address": "erp-bridge-{number:08x}@procore.com", "is_active": true,
            "company_permission_template": {{"id": 5, "name": "Everything", "type": "company_tools"}}}}"#,
            if number > 0 { "," } else { "" }
        )
        .unwrap();
    }
    let sandbox = interner();
    sandbox.write("export/users.json", format!("[{users}]"));
    let run = sandbox.audit(&[&OURS[..], &["--format", "csv"]].concat()).exits(1).stays_plain();
    let rows = rows(&run.out);
    let column = rows[0].iter().position(|column| column == "subject_name").unwrap();
    let mut shown: Vec<&str> = rows.iter().skip(1).map(|row| row[column].as_str()).collect();
    assert_eq!(shown.len(), names.len() * TOOLS);
    shown.sort_unstable();
    shown.dedup();
    let mut expected = names.map(|(_, shown)| shown);
    expected.sort_unstable();
    assert_eq!(shown, expected);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
}

#[test]
fn a_reader_that_goes_away_in_the_middle_is_no_error() {
    let sandbox = interner();
    for format in ["jsonl", "csv", "json"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"));
        child.current_dir(sandbox.path("")).args(["audit", "export", "--as-of", TODAY, "--format", format]).args(OURS);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}: {said}");
        assert!(!said.contains("panicked") && !said.contains("pipe"), "{format}: {said}");
    }
}

fn options() -> Options {
    Options {
        as_of: NaiveDate::from_ymd_opt(2024, 10, 15).unwrap(),
        timeline: Timeline::built_in("2024-01-29").unwrap(),
        waivers: Vec::new(),
        by_reference: false,
    }
}

/// The fixture, whole.
fn whole(export: &export::Export, pack: &Pack) -> (Audit, Vec<u8>) {
    let options = options();
    let found = audit::find(export, pack, &options).unwrap();
    let mut streamed = Vec::new();
    report::render(&found, Format::Json, Style::default(), &mut streamed).unwrap();
    let whole = audit::audit(export, pack, &options).unwrap();
    assert_eq!(found.violations.len(), whole.violations.len());
    assert_eq!(found.violations.groups(), whole.violations.groups());
    (whole, streamed)
}

#[test]
fn what_is_told_one_by_one_is_what_is_held() {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline");
    let (export, pack) = (export::read(collect::folders(&[fixture]), &()), Pack::load(&[]).unwrap());
    let (whole, streamed) = whole(&export, &pack);
    for format in [Format::Json, Format::Jsonl, Format::Csv, Format::Markdown, Format::Text, Format::Sarif] {
        let write = |audit: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            audit(&mut out);
            String::from_utf8(out).unwrap()
        };
        let held = write(&|out| report::render(&whole, format, Style::default(), out).unwrap());
        assert!(!held.is_empty());
        if format == Format::Json {
            assert_eq!(held.as_bytes(), streamed);
            assert_eq!(serde_json::from_str::<Audit>(&held).unwrap(), whole);
        }
        if format == Format::Jsonl {
            // As serde alone writes each of them, one after the other.
            let lines = whole.violations.iter().map(|violation| serde_json::to_string(violation).unwrap() + "\n");
            assert_eq!(held, lines.collect::<String>());
        }
        if matches!(format, Format::Jsonl | Format::Csv) {
            let found = audit::find(&export, &pack, &options()).unwrap();
            assert_eq!(write(&|out| report::render(&found, format, Style::default(), out).unwrap()), held);
        }
    }
    assert_eq!(whole.summary, Summary::count(&whole.violations, &whole.coverage));
}

#[test]
fn a_brief_result_says_what_it_leaves_out() {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline");
    let (export, pack) = (export::read(collect::folders(&[fixture]), &()), Pack::load(&[]).unwrap());
    let (whole, _) = whole(&export, &pack);
    assert_eq!(whole.brief(usize::MAX), whole);
    let brief = whole.brief(1);
    assert!(brief.violations.len() < whole.violations.len());
    assert_eq!(brief.groups.iter().map(|group| group.included).sum::<usize>(), brief.violations.len());
    assert_eq!(brief.groups.iter().map(|group| group.count).sum::<usize>(), whole.violations.len());
    assert_eq!((&brief.summary, &brief.coverage), (&whole.summary, &whole.coverage));
    // Whoever gets only the brief one knows as much of the rest.
    assert_eq!(brief.groups(1), whole.groups(1));
    let text = |audit: &Audit| {
        let mut out = Vec::new();
        report::render(audit, Format::Markdown, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let left: usize = left_out(&text(&brief)).iter().map(|(_, count)| count).sum();
    assert_eq!(left + brief.violations.len(), whole.violations.len());
}
