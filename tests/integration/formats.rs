//! Each format of an audit, read by a reader that is not ours, with names in it that somebody chose to be read as
//! something else.

use crate::support;
use crate::support::names;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use clap::ValueEnum;
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use cutover_model::escape;
use cutover_model::escape::is_deceptive;
use cutover_model::result::audit::{Audit, Status, ViolationStatus};
use cutover_report::{self as report, Format, Style};
use serde_json::Value;

use crate::support::{Sandbox, TODAY, fixture};

/// A real audit with gaps, hints and a way of access.
static PATTERN: LazyLock<Audit> = LazyLock::new(|| {
    let run = Sandbox::with(&support::administrator()).audit(&["--format", "json"]).exits(1);
    let mut audit: Audit = serde_json::from_str(&run.out).unwrap();
    audit.violations.retain(|violation| violation.control == "DIR-01");
    audit
});

static HARBORLINE: LazyLock<Audit> = LazyLock::new(|| {
    let path = fixture("harborline").display().to_string();
    let run = Sandbox::with(&[]).run(&["audit", &path, "--as-of", TODAY, "--format", "json"]).exits(1);
    serde_json::from_str(&run.out).unwrap()
});

/// Names, a few at a time: no format leaves one out.
fn chunks() -> Vec<Vec<String>> {
    let all: Vec<String> = names::OURS.map(str::to_owned).into_iter().chain(names::naughty()).collect();
    if all.len() == names::OURS.len() {
        eprintln!("BLNS is not set: only our own list of names is tried");
    }
    all.chunks(8).map(<[String]>::to_vec).collect()
}

fn drawn(audit: &Audit, format: Format) -> String {
    let mut out = Vec::new();
    let style = Style { width: 100, verbose: true, limit: Some(usize::MAX), ..Style::default() };
    report::render(audit, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Calls for the fixture, then for every few hostile names.
fn each(format: Format, check: impl Fn(&Audit, &str)) {
    check(&HARBORLINE, &drawn(&HARBORLINE, format));
    for names in chunks() {
        let audit = names::audit(&PATTERN, &names);
        check(&audit, &drawn(&audit, format));
    }
}

/// As reports show text.
fn shown(text: &str) -> String {
    escape::visible(text).into_owned()
}

#[test]
fn no_format_writes_a_character_that_moves_or_hides() {
    for format in Format::value_variants().iter().copied() {
        each(format, |_, text| {
            let found = text.chars().find(|letter| !matches!(letter, '\n' | '\r') && is_deceptive(*letter));
            assert_eq!(found, None, "{format:?}: {}", text.escape_debug());
            assert!(!text.contains('\r'), "{format:?}");
        });
    }
}

#[test]
fn json_and_its_lines_give_back_what_was_found() {
    each(Format::Json, |audit, text| assert_eq!(serde_json::from_str::<Audit>(text).unwrap(), *audit));
    each(Format::Jsonl, |audit, text| {
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let lines: Vec<&Value> = lines.iter().filter(|line| line.get("override").is_none()).collect();
        assert_eq!(lines.len(), audit.violations.len());
        for (line, violation) in lines.into_iter().zip(&audit.violations) {
            assert_eq!(*line, serde_json::to_value(violation).unwrap());
        }
    });
}

#[test]
fn no_cell_of_a_table_is_a_formula() {
    each(Format::Csv, |audit, text| {
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        let column = |name: &str| head.iter().position(|column| column == name).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), audit.violations.len());
        for (row, violation) in rows.iter().zip(&audit.violations) {
            assert_eq!(&row[column("fingerprint")], violation.fingerprint);
            // Without the apostrophes that keep a formula from being one, it is the name.
            let bare = |text: &str| text.replace('\'', "");
            assert_eq!(bare(&row[column("subject_name")]), bare(&shown(&violation.subject.name)));
        }
        // Where a spreadsheet takes semicolons for the ends of cells, quotes in the middle of one mean nothing.
        for line in text.lines() {
            for cell in line.split([';', '\t']) {
                let cell = cell.trim_start_matches(['"', ' ']);
                assert!(!cell.starts_with(['=', '+', '@', '\r']), "{cell:?} in {line}");
                assert!(!cell.starts_with('-'), "{cell:?} in {line}");
            }
        }
    });
}

/// A workflow command, as the runner understands a line of output.
#[derive(Debug)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

/// The commands that the runner knows; a line with another is text.
const COMMANDS: [&str; 18] = [
    "error",
    "warning",
    "notice",
    "debug",
    "group",
    "endgroup",
    "add-mask",
    "add-path",
    "set-env",
    "set-output",
    "save-state",
    "stop-commands",
    "echo",
    "add-matcher",
    "remove-matcher",
    "internal-set-repo-path",
    "token",
    "command",
];

fn unescaped(text: &str, property: bool) -> String {
    let text = text.replace("%0D", "\r").replace("%0A", "\n");
    let text = if property { text.replace("%3A", ":").replace("%2C", ",") } else { text };
    text.replace("%25", "%")
}

/// What GitHub documents of workflow commands, and its runner does: a command begins its line, after white space; its
/// properties stand before the second `::`, with commas between them.
fn command(line: &str) -> Option<Command> {
    let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, rest) = info.split_once(' ').unwrap_or((info, ""));
    if !COMMANDS.contains(&name) {
        return None;
    }
    let pairs = rest.trim().split(',').filter(|pair| !pair.is_empty()).filter_map(|pair| pair.split_once('='));
    let properties = pairs.map(|(name, value)| (name.to_owned(), unescaped(value, true))).collect();
    Some(Command { name: name.to_owned(), properties, data: unescaped(data, false) })
}

/// The older sort of command may begin anywhere in a line.
fn old_command(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("##[")?;
    let (info, _) = rest.split_once(']')?;
    info.split(' ').next()
}

#[test]
fn every_line_for_github_is_one_annotation_and_nothing_else() {
    each(Format::Github, |audit, text| {
        let commands: Vec<Command> =
            text.lines().map(|line| command(line).unwrap_or_else(|| panic!("no command: {line}"))).collect();
        for line in text.lines() {
            assert_eq!(old_command(line), None, "{line}");
        }
        let (summary, annotations) = commands.split_first().unwrap();
        assert_eq!((summary.name.as_str(), summary.properties["title"].as_str()), ("notice", "cutover audit"));
        let open: Vec<_> =
            audit.violations.iter().filter(|violation| violation.status == ViolationStatus::Open).collect();
        assert!(summary.data.starts_with(&format!("{} violation", open.len())), "{}", summary.data);
        for level in ["error", "warning", "notice"] {
            let own = |command: &&Command| command.name == level;
            assert!(commands.iter().filter(own).count() <= 10, "GitHub shows ten");
        }
        for annotation in annotations {
            let names: Vec<&str> = annotation.properties.keys().map(String::as_str).collect();
            assert_eq!(names, ["col", "file", "line", "title"], "{annotation:?}");
            // The runner writes the message to the log once more.
            for line in annotation.data.lines().chain(annotation.properties.values().map(String::as_str)) {
                assert_eq!(old_command(line), None, "{annotation:?}");
            }
            let is_told = open.iter().any(|violation| {
                let same = |one: &str, two: &str| one == shown(two).replace("##[", r"##\u{5b}");
                same(&annotation.properties["file"], &violation.location.path)
                    && annotation.properties["line"] == violation.location.line.max(1).to_string()
                    && annotation.data.starts_with(&shown(violation.message.trim()).replace("##[", r"##\u{5b}"))
            });
            assert!(is_told, "{annotation:?}");
        }
        if open.len() <= 10 {
            assert_eq!(annotations.len(), open.len());
        }
    });
}

#[test]
fn github_gets_the_worst_first_and_some_of_every_sort() {
    let text = drawn(&HARBORLINE, Format::Github);
    let commands: Vec<Command> = text.lines().filter_map(command).collect();
    let order: Vec<&str> = commands.iter().skip(1).map(|command| command.name.as_str()).collect();
    let mut sorted = order.clone();
    sorted.sort_by_key(|name| ["error", "warning", "notice"].iter().position(|level| level == name));
    assert_eq!(order, sorted);
    let critical = commands.iter().filter(|command| command.properties["title"].starts_with("critical ")).count();
    assert_eq!(critical, HARBORLINE.summary.critical);
    let errors = HARBORLINE.summary.critical + HARBORLINE.summary.high;
    let counted = format!("{errors} violations of level error: GitHub shows 10.");
    assert!(commands[0].data.contains(&counted), "{}", commands[0].data);
}

#[test]
fn gitlab_gets_every_violation_with_a_fingerprint_of_its_own() {
    let schema = serde_json::from_str(include_str!("../schemas/gitlab-code-quality.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    each(Format::Gitlab, |audit, text| {
        let issues: Value = serde_json::from_str(text).unwrap();
        assert!(schema.is_valid(&issues), "{:?}", schema.iter_errors(&issues).map(|e| e.to_string()).next());
        let issues = issues.as_array().unwrap();
        let fingerprints: BTreeSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!((issues.len(), fingerprints.len()), (audit.violations.len(), audit.violations.len()));
        for (issue, violation) in issues.iter().zip(&audit.violations) {
            assert_eq!(issue["location"]["path"], violation.location.path);
            let counts = violation.status == ViolationStatus::Open;
            assert!(counts || issue["severity"] == "info");
            assert_eq!(counts, !issue["description"].as_str().unwrap().contains("(waived until "));
        }
    });
    // Two ways to violate a control with one subject and one resource have one fingerprint.
    let mut twice = HARBORLINE.clone();
    let first = twice.violations[0].clone();
    twice.violations.extend([first.clone(), first]);
    let issues: Vec<Value> = serde_json::from_str(&drawn(&twice, Format::Gitlab)).unwrap();
    let fingerprints: BTreeSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), twice.violations.len());
}

#[test]
fn junit_has_a_suite_for_each_control_and_a_case_for_each_violation() {
    each(Format::Junit, |audit, text| {
        let document = roxmltree::Document::parse(text).unwrap();
        let root = document.root_element();
        let suites: Vec<roxmltree::Node<'_, '_>> = root.children().filter(roxmltree::Node::is_element).collect();
        let controls = suites.iter().filter(|suite| suite.attribute("name") != Some("diagnostics")).count();
        assert_eq!(controls, audit.controls.len());
        let count = |node: &roxmltree::Node<'_, '_>, name: &str| {
            node.descendants().filter(|child| child.has_tag_name(name)).count().to_string()
        };
        for node in suites.iter().chain([&root]) {
            assert_eq!(node.attribute("tests").unwrap(), count(node, "testcase"));
            assert_eq!(node.attribute("failures").unwrap(), count(node, "failure"));
            assert_eq!(node.attribute("errors").unwrap(), count(node, "error"));
        }
        let open = audit.violations.iter().filter(|violation| violation.status == ViolationStatus::Open).count();
        assert_eq!(root.attribute("failures").unwrap(), open.to_string());
        for (suite, control) in suites.iter().zip(&audit.controls) {
            assert_eq!(suite.attribute("skipped").unwrap(), count(suite, "skipped"));
            let cases: Vec<_> = suite.children().filter(|child| child.has_tag_name("testcase")).collect();
            let names: BTreeSet<_> = cases.iter().map(|case| case.attribute("name").unwrap()).collect();
            assert_eq!(names.len(), cases.len(), "servers follow a case by its name");
            let passed = cases.iter().filter(|case| case.children().all(|child| !child.is_element())).count();
            let coverage = audit.coverage.iter().find(|coverage| coverage.control == control.id).unwrap();
            let own: Vec<_> = audit.violations.iter().filter(|violation| violation.control == control.id).collect();
            // What was not assessed is never a pass.
            assert_eq!(passed == 1, coverage.status == Status::Assessed && own.is_empty(), "{}", control.id);
            for violation in own {
                let start = format!("{}, ", escape::name(&violation.subject.name));
                let end = format!("({})", &violation.fingerprint[..8]);
                let plain = |text: &str| text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
                let is_told = names.iter().any(|name| name.starts_with(&plain(&start)) && name.ends_with(&end));
                // An XML reader turns no white space but a line break in an attribute into a space.
                assert!(is_told, "{start:?} {end} in {names:?}");
            }
        }
        // Nothing that XML 1.0 cannot hold, not even as a reference.
        let legal =
            |letter: char| matches!(letter, '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(text.chars().all(legal));
    });
}

/// Jenkins' own schema. It is not kept here: `JUNIT_XSD` names the file `junit-10.xsd` of `jenkinsci/xunit-plugin`.
#[test]
fn junit_is_as_jenkins_has_it() {
    let Some(schema) = std::env::var_os("JUNIT_XSD") else {
        eprintln!("JUNIT_XSD is not set: JUnit is not validated against Jenkins' schema");
        return;
    };
    if std::process::Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("xmllint is not installed: JUnit is not validated against Jenkins' schema");
        return;
    }
    let sandbox = Sandbox::with(&[]);
    let validate = |text: &str| {
        sandbox.write("out.xml", text);
        let mut xmllint = std::process::Command::new("xmllint");
        xmllint.arg("--noout").arg("--schema").arg(&schema).arg(sandbox.path("out.xml"));
        let output = xmllint.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    each(Format::Junit, |_, text| validate(text));
    validate(&sandbox.run(&["policy", "test", "--format", "junit"]).exits(0).out);
}

/// As GitHub and GitLab read comments, and with everything else that could make a name more than text.
fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.inline_footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.wikilinks_title_after_pipe = true;
    extension.description_lists = true;
    extension.multiline_block_quotes = true;
    extension.superscript = true;
    options
}

/// A mention, or a reference to an issue, a label or a milestone, outside code.
fn reference(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let name = |letter: &char| letter.is_alphanumeric();
    for (index, sign) in letters.iter().enumerate() {
        let next = letters.get(index + 1);
        let found = match sign {
            '@' => next.is_some_and(name),
            '#' | '!' | '&' | '$' => next.is_some_and(char::is_ascii_digit),
            '~' | '%' => next.is_some_and(|next| name(next) || *next == '"'),
            '-' => {
                let before: String = letters[index.saturating_sub(2)..index].iter().collect();
                before.eq_ignore_ascii_case("gh") && next.is_some_and(char::is_ascii_digit)
            }
            _ => false,
        };
        if found {
            return Some(letters[index..].iter().take(12).collect());
        }
    }
    None
}

fn assert_plain_markdown(text: &str) {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options());
    let mut folded = 0;
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Text(text) => assert_eq!(reference(text), None, "{text}"),
            NodeValue::HtmlBlock(block) => {
                folded += usize::from(block.literal.contains("<details>"));
                assert_folds(block.literal.trim());
            }
            NodeValue::Document
            | NodeValue::Heading(_)
            | NodeValue::Paragraph
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Table(_)
            | NodeValue::TableRow(_)
            | NodeValue::TableCell
            | NodeValue::Strong
            | NodeValue::Code(_) => {}
            other => panic!("{other:?} in\n{text}"),
        }
    }
    assert_eq!(folded, text.matches("<details>\n").count());
}

/// Our own folding, and in its line nothing but text, bold and code.
fn assert_folds(html: &str) {
    // HTML takes two characters that XML, by whose reader it is read here, does not.
    let html = &html.replace(['\u{fffe}', '\u{ffff}'], "");
    if html == "</details>" {
        return;
    }
    let document =
        roxmltree::Document::parse_with_options(&format!("{html}</details>"), roxmltree::ParsingOptions::default())
            .map(|document| {
                let allowed = ["details", "summary", "b", "code"];
                for node in document.descendants() {
                    assert!(!node.is_element() || allowed.contains(&node.tag_name().name()), "{html}");
                    assert_eq!(node.attributes().count(), 0, "{html}");
                    let in_code = node.parent().is_some_and(|parent| parent.has_tag_name("code"));
                    if node.is_text() && !in_code {
                        assert_eq!(reference(node.text().unwrap()), None, "{html}");
                    }
                }
            });
    assert!(document.is_ok(), "{html}: {document:?}");
}

#[test]
fn no_name_in_markdown_is_a_link_a_mention_or_markup() {
    each(Format::Markdown, |audit, text| {
        assert_plain_markdown(text);
        // No name ends its item or its table: there are as many as were written.
        let arena = Arena::new();
        let root = parse_document(&arena, text, &options());
        let rows = root.descendants().filter(|node| matches!(node.data().value, NodeValue::TableRow(_))).count();
        let gaps = audit.coverage.iter();
        let gaps = gaps.filter(|coverage| !matches!(coverage.status, Status::Assessed | Status::Off)).count();
        let actions = match audit.actions.len() {
            0 => 0,
            some => 1 + some.min(10),
        };
        assert_eq!(rows, gaps + 1 + actions);
        let told = text.matches("\n  - to do: ").count();
        assert!(told == audit.violations.len() || audit.violations.len() > 20, "{told}");
    });
    // Controls of others have hostile titles.
    for names in chunks() {
        let mut audit = names::audit(&PATTERN, &names);
        for (violation, name) in audit.violations.iter_mut().zip(&names) {
            (violation.control, violation.title) = (name.clone(), name.clone());
        }
        let text = drawn(&audit, Format::Markdown);
        assert_plain_markdown(&text);
    }
}

#[test]
fn markdown_fits_where_it_goes_and_says_what_it_leaves_out() {
    let names: Vec<String> = (0..400).map(|number| format!("erp-{number}{}", "*é".repeat(150))).collect();
    let mut audit = names::audit(&PATTERN, &names);
    for (number, violation) in audit.violations.iter_mut().enumerate() {
        violation.control = format!("OUR-{}", number / 4);
    }
    let draw = |limit: Option<usize>| {
        let mut out = Vec::new();
        report::render(&audit, Format::Markdown, Style { limit, ..Style::default() }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let whole = draw(Some(usize::MAX));
    assert!(whole.len() > 1_000_000 && !whole.contains("is left out"));
    assert!(draw(None).len() <= 65_536);
    for limit in [4_096, 10_000, 65_536, 300_000, 1_000_000] {
        let text = draw(Some(limit));
        assert!(text.len() <= limit, "{} of {limit}", text.len());
        assert!(limit < 65_536 || text.len() > limit / 3, "{} of {limit}: there is room for more", text.len());
        assert_plain_markdown(&text);
        assert!(text.contains("The rest is left out because of the size limit."));
    }
    // Where fewer of each sort have room, nothing else is left out.
    let mut audit = names::audit(&PATTERN, &names[..20]);
    audit.coverage.clear();
    let mut out = Vec::new();
    let style = Style { limit: Some(30_000), ..Style::default() };
    report::render(&audit, Format::Markdown, style, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains("is left out"), "{text}");
    assert!(text.contains("more violation"), "{text}");
}

#[test]
fn a_job_summary_is_appended_where_github_asks_for_it() {
    let sandbox = Sandbox::with(&support::administrator());
    let audit = |format: &str, path: &str| {
        let environment = [("GITHUB_STEP_SUMMARY", path)];
        sandbox.run_with(&["audit", "export", "--as-of", TODAY, "--format", format], &environment, b"")
    };
    audit("text", "summary.md").exits(1);
    assert!(!sandbox.path("summary.md").exists());
    sandbox.write("summary.md", "what another command wrote");
    let run = audit("github", "summary.md").exits(1);
    assert!(run.out.starts_with("::notice title=cutover audit::"), "{}", run.out);
    let markdown = sandbox.audit(&["--format", "markdown", "--markdown-limit", "1048576"]).exits(1).out;
    assert_eq!(sandbox.read("summary.md"), format!("what another command wrote\n\n{markdown}"));
    // GitHub takes a mebibyte of a step, and drops all of what is longer.
    for length in [(1 << 20) - 10_000, 1 << 20, 2 << 20] {
        sandbox.write("summary.md", "x".repeat(length));
        audit("github", "summary.md").exits(1);
        let after = sandbox.read("summary.md").len();
        assert!(after == length || after <= 1 << 20, "{length}: {after}");
    }
    audit("github", "nowhere/summary.md").exits(2).says("cannot write the job summary `nowhere/summary.md`");
    audit("github", "").exits(1).says_nothing();
    sandbox.run_with(&["audit", "export", "-o", "github=a.txt"], &[("GITHUB_STEP_SUMMARY", "other.md")], b"").exits(1);
    assert!(sandbox.read("other.md").starts_with("# Audit as of "));
    sandbox.audit(&["--markdown-limit", "10"]).exits(2).says("expected a number of bytes, at least 4096");
}
