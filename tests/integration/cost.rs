//! Inputs that somebody shaped to be expensive cost no more than others of their length. `benches/hostile.rs` measures the
//! time over doublings; here the answers are right, the memory stays small, and what took time with the square of the
//! length of these inputs would take many minutes.

use crate::support;
use crate::support::{Run, Sandbox, administrator};
use serde_json::Value;

/// A secret of its own for each number.
fn secret(number: usize) -> String {
    format!("Zq7canary4Xw9kPv2{:08x}", number.wrapping_mul(0x9e37_79b1) & 0xffff_ffff)
}

fn list(record: impl Fn(usize) -> String, size: usize) -> String {
    let records: Vec<String> = (0..size).map(record).collect();
    format!("[{}]", records.join(","))
}

/// The diagnostics as `code: message`.
fn messages(run: &Run) -> Vec<String> {
    let json = run.json();
    let show = |one: &Value| format!("{}: {}", one["code"].as_str().unwrap(), one["message"].as_str().unwrap());
    json["diagnostics"].as_array().unwrap().iter().map(show).collect()
}

#[test]
fn a_waiver_behind_thousands_of_others_knows_its_line() {
    let waiver = |subject: &str| {
        format!(
            "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"{subject}\"\nreason = \"pilot\"\nowner = \"P\"\n\
             approver = \"D\"\nexpires = 2025-06-30\n"
        )
    };
    let sandbox = Sandbox::with(&administrator());
    let others: String = (0..20_000).map(|number| waiver(&format!("x{number}"))).collect();
    sandbox.write("export/waivers.toml", others + &waiver("erp-bridge-1a2b3c4d"));
    let run = sandbox.audit(&["--control", "DIR-01", "--format", "json"]).exits(0);
    let violation = &run.json()["violations"][0];
    assert_eq!((violation["status"].as_str(), violation["waiver"]["line"].as_u64()), (Some("waived"), Some(140_001)));
}

#[test]
fn thousands_of_secrets_on_one_line_are_each_replaced_at_their_place() {
    let sandbox = Sandbox::with(&[]);
    let record = |number: usize| format!("{{\"id\":{number},\"client_secret\":\"{}\"}}", secret(number));
    sandbox.write("export/users.json", list(record, 10_000));
    let run = sandbox.run(&["scrub", "export", "copy"]).exits(0);
    let copy = sandbox.read("copy/users.json");
    assert!(!copy.contains("Zq7canary") && copy.matches("\"client_secret\":\"redacted\"").count() == 10_000);
    let last = list(record, 10_000).rfind("Zq7canary").unwrap() + 1;
    assert!((run.out + &run.err).contains(&format!("users.json:1:{last}")));
}

#[test]
fn thousands_of_secrets_in_one_row_are_each_found_in_their_cell() {
    let size = 10_000;
    let header: String = (0..size).map(|number| format!(",app{number} client secret")).collect();
    let cells: String = (0..size).map(|number| format!(",{}", secret(number))).collect();
    let sandbox = Sandbox::minimal();
    sandbox.write("export/service_accounts.csv", format!("Name{header}\nx{cells}\n"));
    let run = sandbox.audit(&["--control", "CRD-01", "--format", "jsonl"]).exits(1).hides("Zq7canary");
    let found = run.out.lines().filter(|line| line.contains("service_accounts.csv")).count();
    assert!(found >= size, "{found}");
    let last = cells.len() - secret(size - 1).len() + 2;
    assert!(
        run.out.contains(&format!("\"line\":2,\"column\":{last},\"pointer\":\"/1/app{}_client_secret\"", size - 1))
    );
    let run = sandbox.run(&["scrub", "export", "copy"]).exits(0).hides("Zq7canary");
    assert!(!sandbox.read("copy/service_accounts.csv").contains("Zq7canary"), "{}", run.err);
}

#[test]
fn a_table_may_have_a_hundred_thousand_columns() {
    let header: String = (0..100_000).map(|number| format!(",c{number}")).collect();
    let table = format!("Name{header}\nx{}\n", ",y".repeat(100_000));
    let sandbox = Sandbox::minimal();
    sandbox.write("export/service_accounts.csv", &table);
    assert_eq!(sandbox.audit(&["--format", "json"]).records("service_accounts.csv"), (1, 0));
    sandbox.write("export/service_accounts.csv", table.replacen("c99999", "c7", 1));
    let told = messages(&sandbox.audit(&["--format", "json"]));
    assert!(told.iter().any(|told| told.contains("two columns are called `c7`")), "{told:?}");
}

/// Files of useless records, of four megabytes and more each: the name, and what it holds.
fn useless() -> Vec<(&'static str, String)> {
    let many = |record: &str| list(|_| record.to_owned(), 4_800_000 / (record.len() + 1));
    vec![
        ("users.9.json", many("{}")),
        ("users.9.json", many("{\"name\":\"x\"}")),
        ("users.9.json", many("{\"id\":1}")),
        ("users.9.json", many("null")),
        ("webhooks.json", many("1")),
        ("projects.json", many("[]")),
        ("projects.json", format!("{{\"data\":{}}}", many("{ }"))),
        ("service_accounts.json", many("{}")),
        ("service_accounts.json", many("{\"a\":[]}")),
        ("project_users/5.json", many("{\"a\":0}")),
        ("app_installations.json", many("{\"id\":1,\"id\":2}")),
        ("users.9.jsonl", "{}\n".repeat(1_600_000)),
        ("users.9.jsonl", "{\n".repeat(2_400_000)),
        ("service_accounts.csv", format!("Name,App Name\n{}", "x\n".repeat(2_400_000))),
    ]
}

#[test]
fn a_file_with_too_many_useless_records_is_read_no_further_and_the_report_says_so() {
    for (name, text) in useless() {
        let sandbox = Sandbox::minimal();
        sandbox.write(&format!("export/{name}"), &text);
        let run = sandbox.audit(&["--format", "json"]);
        assert!(matches!(run.code, Some(1 | 3)), "{name}: {:?}", run.code);
        let told = messages(&run);
        assert!(told.iter().any(|told| told.starts_with("limit: more than 250 records")), "{name}: {told:?}");
        assert!(told.len() < 100, "{}", told.len());
    }
}

/// A table of nothing but rows that a spreadsheet wrote and nobody filled in.
fn empty_rows() -> (&'static str, String) {
    ("service_accounts.csv", format!("Name,App Name\n{}", ",\n".repeat(2_400_000)))
}

#[test]
fn empty_rows_of_a_spreadsheet_are_no_records_however_many_there_are() {
    let (name, text) = empty_rows();
    let sandbox = Sandbox::minimal();
    sandbox.write(&format!("export/{name}"), format!("{text}Old Bridge,ERP\n"));
    let run = sandbox.audit(&["--format", "json"]);
    assert_eq!(run.records(name), (1, 0));
    assert!(!messages(&run).iter().any(|told| told.starts_with("limit")), "{:?}", messages(&run));
}

/// The most memory that an audit has in use, in bytes.
#[cfg(target_os = "linux")]
fn peak(sandbox: &Sandbox) -> u64 {
    use std::process::{Command, Stdio};
    let mut command = Command::new(crate::support::program());
    command.args(["audit", "export", "--as-of", support::TODAY, "--format", "jsonl"]).current_dir(sandbox.path(""));
    let mut child = command.env_clear().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kilobytes = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0);
        peak = peak.max(1024 * kilobytes);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn useless_records_take_no_more_than_eight_times_their_length_in_memory() {
    // A short run may end before it is looked at late enough.
    let minimal = Sandbox::minimal();
    let floor = (0..10).map(|_| peak(&minimal)).max().unwrap();
    assert!(floor > 0);
    for (name, text) in useless().into_iter().chain([empty_rows()]) {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
        let length = text.len() as u64;
        for (name, bytes) in [(name.to_owned(), text.into_bytes()), (format!("{name}.gz"), gzip.finish().unwrap())] {
            let sandbox = Sandbox::minimal();
            if name.ends_with(".gz") && name.starts_with("service_accounts.csv") {
                sandbox.remove("export/service_accounts.csv");
            }
            sandbox.write(&format!("export/{name}"), bytes);
            let taken = peak(&sandbox).saturating_sub(floor);
            assert!(taken <= 8 * length, "{name}: {taken} bytes of memory for {length}, beside {floor}");
        }
    }
}
