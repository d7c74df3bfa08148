//! The promises of the command line: exit codes, streams, options, files.

use crate::support;
use crate::support::{Sandbox, TODAY, administrator, fixture, user};

fn harborline(arguments: &[&str]) -> support::Run {
    let fixture = fixture("harborline").display().to_string();
    Sandbox::with(&[]).run(&[["audit", &fixture, "--as-of", TODAY].as_slice(), arguments].concat())
}

#[test]
fn an_export_without_violations_exits_0_and_says_nothing_on_standard_error() {
    Sandbox::minimal().audit(&[]).exits(0).says_nothing();
}

#[test]
fn violations_exit_1_in_every_format() {
    for format in ["text", "json", "jsonl", "csv", "markdown", "sarif"] {
        harborline(&["--format", format]).exits(1);
    }
}

#[test]
fn no_violation_exits_0_in_every_format() {
    let sandbox = Sandbox::minimal();
    for format in ["text", "json", "jsonl", "csv", "markdown", "sarif"] {
        sandbox.audit(&["--format", format]).exits(0);
    }
}

#[test]
fn the_threshold_decides_the_verdict_and_the_exit_code_and_nothing_else() {
    let (all, some) =
        (harborline(&["--format", "json"]), harborline(&["--format", "json", "--fail-on", "never"]).exits(0));
    assert_eq!(all.json()["verdict"], serde_json::json!({"outcome": "fail", "fail_on": ["low"]}));
    assert_eq!(some.json()["verdict"], serde_json::json!({"outcome": "pass", "fail_on": []}));
    let rest = |run: &support::Run| {
        let mut json = run.json();
        json["verdict"].take();
        json
    };
    assert_eq!(rest(&all), rest(&some));
    let low = ["--control", "TPL-06", "--fail-on"];
    let with = |threshold| harborline(&[low.as_slice(), &[threshold]].concat());
    with("low").exits(1);
    with("critical").exits(0);
    // Words add up: a severity, what is new, controls.
    with("critical,TPL-*").exits(1);
    with("critical,DIR-*").exits(0);
    with("critical,new").exits(1);
    with("critical,dir-*").exits(2).says("no control matches `dir-*`");
    harborline(&["--fail-on", "critical"]).exits(1);
}

#[test]
fn judging_every_fact_by_itself_gives_the_same_bytes() {
    for format in ["json", "text"] {
        let (fast, slow) = (harborline(&["--format", format]), harborline(&["--format", format, "--reference"]));
        assert_eq!(fast.out, slow.out);
    }
}

#[test]
fn controls_that_are_judged_fact_by_fact_are_named_on_demand() {
    let sandbox = Sandbox::minimal();
    sandbox.write(
        "policies/our.cedar",
        r#"@id("OUR-01")
@title("The whole context is compared")
@severity("low")
@party("customer")
@remedy("Compare its members.")
@reference("house rule")
forbid (principal, action == Cutover::Action::"owns", resource) when { context == {} };"#,
    );
    let told = "control OUR-01 is evaluated fact by fact";
    sandbox.audit(&["--policies", "policies", "-v"]).exits(0).says(told);
    assert!(!sandbox.audit(&["--policies", "policies"]).exits(0).err.contains(told));
    // None of the built-in ones is slow.
    assert!(!sandbox.audit(&["-v"]).exits(0).err.contains("fact by fact"));
}

#[test]
fn help_and_version_are_answers() {
    let sandbox = Sandbox::with(&[]);
    let help = sandbox.run(&["--help"]).exits(0).says_nothing();
    for code in ["0 pass", "1 violations", "2 usage", "3 incomplete input", "4 policy error"] {
        assert!(help.out.contains(code), "{}", help.out);
    }
    sandbox.run(&["audit", "--help"]).exits(0).says_nothing();
    let version = sandbox.run(&["--version"]).exits(0).says_nothing();
    assert_eq!(version.out, format!("cutover {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_exits_2_names_what_is_wrong_and_prints_no_result() {
    let sandbox = Sandbox::minimal();
    let cases: [(&[&str], &str); 12] = [
        (&["--frobnicate"], "--frobnicate"),
        (&["--format", "yaml"], "yaml"),
        (&["--fail-on", "terrible"], "terrible"),
        (&["--party", "nobody"], "nobody"),
        (&["--as-of", "15.10.2024"], "15.10.2024"),
        (&["--as-of", "2024-02-30"], "2024-02-30"),
        (&["-o", "audit.json"], "FORMAT=PATH"),
        (&["-o", "yaml=audit.yaml"], "`yaml` is no format; known are text, json"),
        (&["-o", "json="], "the path is empty"),
        (&["--timeline", "1999-01-01"], "there is no timeline `1999-01-01`"),
        (&["--control", "NOPE-*"], "no control matches `NOPE-*`"),
        (&["--control", "[A-"], "`[A-` is not a pattern"),
    ];
    for (arguments, what) in cases {
        let run = sandbox.run(&[["audit", "export"].as_slice(), arguments].concat()).exits(2).says(what);
        assert_eq!(run.out, "", "{arguments:?}");
    }
    sandbox.run(&["audit"]).exits(2).says("<EXPORT>");
    sandbox.run(&[]).exits(2);
    sandbox.run(&["audti", "export"]).exits(2).says("audti");
    assert_eq!(sandbox.names(), ["export"]);
}

#[test]
fn a_day_that_is_not_given_is_today() {
    let sandbox = Sandbox::minimal();
    let run = sandbox.run(&["audit", "export", "--fail-on", "never", "--format", "json"]).exits(0);
    let day: chrono::NaiveDate = run.json()["as_of"].as_str().unwrap().parse().unwrap();
    assert!((chrono::Utc::now().date_naive() - day).num_days().abs() <= 1);
}

#[test]
fn the_announced_dates_are_chosen_by_id_or_file() {
    let sandbox = Sandbox::minimal();
    let sunset = |run: support::Run| run.exits(0).json()["timeline"]["sunset"].clone();
    assert_eq!(sunset(sandbox.audit(&["--format", "json"])), "2024-12-31");
    assert_eq!(sunset(sandbox.audit(&["--format", "json", "--timeline", "2024-12-03"])), "2025-03-24");
    sandbox.write("mine.toml", "id = \"mine\"\nannounced = 2024-01-01\nsunset = 2031-05-06\nsource = \"a letter\"\n");
    assert_eq!(sunset(sandbox.audit(&["--format", "json", "--timeline", "mine.toml"])), "2031-05-06");
}

#[test]
fn a_broken_timeline_names_file_and_place_and_repeats_no_value() {
    let sandbox = Sandbox::minimal();
    sandbox.write("mine.toml", "id = \"mine\"\nannounced = \"hunter2hunter2\"\nsource = \"a letter\"\n");
    let run = sandbox.audit(&["--timeline", "mine.toml"]).exits(2).says("`mine.toml`, line 2, column 13:");
    run.hides("hunter2");
}

#[test]
fn waivers_that_cannot_be_read_exit_2_and_name_file_and_place() {
    let sandbox = Sandbox::minimal();
    sandbox.audit(&["--waivers", "nowhere.toml"]).exits(2).says("cannot read `nowhere.toml`");
    sandbox.write("half.toml", "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"x\"\n");
    sandbox.audit(&["--waivers", "half.toml"]).exits(2).says("`half.toml`, line 1, column 1: missing field `reason`");
    sandbox.write("broken.toml", "\n[[waiver]]\ncontrol = = 3\n");
    sandbox.audit(&["--waivers", "broken.toml"]).exits(2).says("`broken.toml`, line 3, column 11:");
    sandbox.write("export/waivers.toml", "[[waiver]]\ncontrol = 7\n");
    sandbox.audit(&[]).exits(2).says("`export/waivers.toml`, line 2, column 11:");
    sandbox.audit(&["--no-waivers"]).exits(0);
    sandbox.audit(&["--no-waivers", "--waivers", "half.toml"]).exits(2).says("cannot be used with");
}

#[test]
fn a_waived_violation_stays_in_the_result_and_does_not_count() {
    let sandbox = Sandbox::with(&administrator());
    let only = ["--control", "DIR-01", "--format", "json"];
    sandbox.audit(&only).exits(1);
    let waiver = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"erp-bridge-1a2b3c4d\"\nreason = \"pilot\"\nowner = \"P\"\napprover = \"D\"\n";
    sandbox.write("export/waivers.toml", format!("{waiver}expires = 2025-01-31\n"));
    assert_eq!(sandbox.audit(&only).exits(0).json()["violations"][0]["status"], "waived");
    sandbox.write("export/waivers.toml", format!("{waiver}expires = 2024-10-14\n"));
    assert_eq!(sandbox.audit(&only).exits(1).says("expired on 2024-10-14").json()["violations"][0]["status"], "open");
    sandbox.write("export/waivers.toml", format!("{waiver}expires = 2024-10-15\n"));
    sandbox.audit(&only).exits(0);
}

#[test]
fn controls_are_chosen_by_pattern_and_by_party() {
    let ids = |run: support::Run| -> Vec<String> {
        let json = run.json();
        let mut ids: Vec<String> = json["controls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|control| control["id"].as_str().unwrap().to_owned())
            .collect();
        ids.dedup();
        ids
    };
    let sandbox = Sandbox::minimal();
    assert_eq!(ids(sandbox.audit(&["--format", "json", "--control", "PRJ-0[12]"])), ["PRJ-01", "PRJ-02"]);
    assert_eq!(
        ids(sandbox.audit(&["--format", "json", "--control", "TPL-01", "--control", "DIR-01"])),
        ["DIR-01", "TPL-01"]
    );
    let json = sandbox.audit(&["--format", "json", "--party", "developer"]).exits(0).json();
    let controls = json["controls"].as_array().unwrap();
    assert!(!controls.is_empty() && controls.iter().all(|control| control["party"] == "developer"));
}

#[test]
fn the_json_result_is_valid_by_the_schema_the_program_prints() {
    let sandbox = Sandbox::with(&[]);
    let schema = sandbox.run(&["schema", "audit"]).exits(0).says_nothing().json();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let broken = Sandbox::minimal();
    broken.write("export/users.2.json", "[{\"id\": 1}, {\"id\": ]").write("export/other.bin", [0, 1, 2]);
    for result in [harborline(&["--format", "json"]).json(), broken.audit(&["--format", "json"]).json()] {
        let faults: Vec<String> =
            validator.iter_errors(&result).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn results_go_to_standard_output_and_diagnostics_to_standard_error() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/users.2.json", "[");
    let run = sandbox.audit(&[]).says("export/users.2.json:1:1");
    assert!(run.out.starts_with("INCOMPLETE  Tern Point Construction: no violations"), "{}", run.out);
    let run = sandbox.audit(&["--format", "json"]).says("export/users.2.json:1:1");
    run.json();
}

#[test]
fn several_files_are_written_in_one_run_and_hold_what_standard_output_would() {
    let sandbox = Sandbox::with(&administrator());
    let run = sandbox
        .audit(&["-o", "json=a.json", "-o", "sarif=a.sarif", "-o", "jsonl=a.jsonl", "--output", "text=a.txt"])
        .exits(1);
    assert_eq!(sandbox.names(), ["a.json", "a.jsonl", "a.sarif", "a.txt", "export"]);
    assert_eq!(run.out, sandbox.read("a.txt"));
    for (format, name) in [("json", "a.json"), ("sarif", "a.sarif"), ("jsonl", "a.jsonl")] {
        assert_eq!(sandbox.audit(&["--format", format]).out, sandbox.read(name), "{name}");
    }
}

#[test]
fn a_file_that_cannot_be_written_exits_2_before_anything_is_written() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("old.json", "old").write("folder/", "");
    let first = ["-o", "json=old.json", "-o"];
    let with = |second| sandbox.audit(&[first.as_slice(), &[second]].concat()).exits(2);
    with("sarif=nowhere/a.sarif").says("cannot write `nowhere/a.sarif`: its folder does not exist");
    with("sarif=folder").says("cannot write `folder`: it is a folder");
    with("sarif=old.json").says("cannot write `old.json`: two formats cannot go into one file");
    assert_eq!(sandbox.read("old.json"), "old");
    assert_eq!(sandbox.names(), ["export", "folder", "old.json"]);
    sandbox.audit(&["-o", "json=old.json"]).exits(1);
    assert!(sandbox.read("old.json").starts_with('{'));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    Sandbox::with(&administrator()).audit(&["-o", "json=/dev/null"]).exits(1);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("export/users.2.json", "[");
    let arguments = ["audit", "export", "--as-of", TODAY];
    let with = |environment| sandbox.run_with(&arguments, environment, b"");
    with(&[]).stays_plain();
    with(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]).stays_plain();
    let run = with(&[("CLICOLOR_FORCE", "1")]);
    assert!(run.out.contains("\u{1b}[") && run.err.contains("\u{1b}["));
}

#[test]
fn a_narrow_terminal_does_not_matter() {
    let sandbox = Sandbox::with(&administrator());
    for columns in ["0", "1", "7", "nonsense", "99999999999999999999"] {
        sandbox.run_with(&["audit", "export", "--as-of", TODAY], &[("COLUMNS", columns)], b"").exits(1);
    }
}

#[test]
fn standard_input_is_one_document() {
    let sandbox = Sandbox::with(&[]);
    let arguments = ["audit", "-", "--as-of", TODAY, "--format", "json", "--fail-on", "never"];
    let document = format!("[{}, {}]", user(1), user(2));
    let json = sandbox.run_with(&arguments, &[], document.as_bytes()).exits(0).json();
    assert_eq!(json["inputs"][0]["path"], "-");
    assert_eq!((&json["inputs"][0]["kind"], &json["inputs"][0]["records"]), (&"users".into(), &2.into()));
    sandbox.run_with(&arguments, &[], b"").exits(3).says("the file is empty");
    sandbox.run_with(&arguments, &[], b"[{").exits(3).says("-:1:2");
}

#[test]
fn single_files_are_an_export() {
    let sandbox = Sandbox::with(&administrator());
    let run = sandbox.run(&[
        "audit",
        "export/users.json",
        "export/permission_templates.json",
        "--as-of",
        TODAY,
        "--format",
        "json",
    ]);
    assert!(run.exits(1).violated().contains(&"DIR-01".to_owned()));
}

#[test]
fn running_twice_gives_the_same_bytes() {
    for format in ["text", "json", "jsonl", "sarif"] {
        let (one, two) = (harborline(&["--format", format, "-v"]), harborline(&["--format", format, "-v"]));
        // How long it took is said last, and is never the same.
        let without_times = |err: &str| err.lines().filter(|line| !line.ends_with(" s")).map(str::to_owned).collect();
        let (told, again): (Vec<String>, Vec<String>) = (without_times(&one.err), without_times(&two.err));
        assert_eq!((one.out, told), (two.out, again));
    }
}

#[test]
fn how_much_there_was_and_how_long_it_took_is_said_to_those_who_ask() {
    let sandbox = Sandbox::with(&administrator());
    let told = |run: &support::Run| run.err.lines().filter(|line| line.starts_with("note: 2 files, ")).count();
    let run =
        sandbox.audit(&["-v"]).exits(1).says("2 records and").says("bytes read in").says("violations rendered in");
    assert!(told(&run) == 1 && run.err.contains(" facts evaluated in ") && run.err.contains(" s, written in "));
    assert_eq!(told(&sandbox.audit(&[]).exits(1)), 0);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let program = crate::support::program();
    let mut command = Command::new(program);
    command.args(["audit", "--format", "json", "--as-of", TODAY]).arg(fixture("harborline"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut byte = [0];
    child.stdout.take().unwrap().read_exact(&mut byte).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8(output.stderr).unwrap().contains("pipe"));
}

#[test]
fn colours_follow_the_option_then_the_environment() {
    let coloured = |more: &[&str], environment: &[(&str, &str)]| {
        let command = [["audit", "export", "--as-of", TODAY].as_slice(), more].concat();
        Sandbox::minimal().run_with(&command, environment, b"").out.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "standard output is no terminal");
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color=never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}
