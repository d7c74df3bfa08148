//! What people read, word for word.

use std::path::Path;

use assert_cmd::Command;

fn text(arguments: &[&str]) -> String {
    let mut cutover = Command::new(crate::support::program());
    cutover
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .args(arguments)
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1");
    let output = cutover.output().unwrap_or_else(|error| unreachable!("{error}"));
    format!(
        "{}\n--- standard error\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_report_on_harborline_tells_every_story() {
    insta::assert_snapshot!(text(&["audit", "fixtures/harborline", "--as-of", "2024-10-15", "--details"]));
}

#[test]
fn coverage_says_what_was_read_judged_and_missing() {
    insta::assert_snapshot!(text(&["audit", "fixtures/minimal", "--as-of", "2024-10-15", "--coverage"]));
}

#[test]
fn after_the_sunset_the_same_accounts_are_critical() {
    insta::assert_snapshot!(text(&[
        "audit",
        "fixtures/harborline",
        "--as-of",
        "2025-03-28",
        "--control",
        "SVA-0[89]",
        "--details"
    ]));
}

#[test]
fn json_lines_hold_one_violation_each() {
    let arguments =
        ["audit", "fixtures/harborline", "--as-of", "2024-10-15", "--control", "DIR-0[15]", "--format", "jsonl"];
    insta::assert_snapshot!(text(&arguments));
}

#[test]
fn markdown_is_for_a_ticket() {
    let arguments =
        ["audit", "fixtures/harborline", "--as-of", "2024-10-15", "--control", "DIR-0[15]", "--format", "markdown"];
    insta::assert_snapshot!(text(&arguments));
}

#[test]
fn csv_has_one_violation_a_row() {
    let arguments =
        ["audit", "fixtures/harborline", "--as-of", "2024-10-15", "--control", "DIR-0[15]", "--format", "csv"];
    insta::assert_snapshot!(text(&arguments));
}
