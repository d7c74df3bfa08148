//! How the program ended, and what it wrote.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use cutover_model::escape::is_deceptive;
use walkdir::WalkDir;

use super::commands::Command;

/// The longest that any of these small inputs may take.
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(10);
/// The exit codes of `docs/outputs.md`, but for that of a signal.
const DOCUMENTED: [i32; 5] = [0, 1, 2, 3, 4];
/// As much of a secret as nobody writes by chance, in characters.
const PART: usize = 16;

/// The end of one call.
#[derive(Debug)]
pub(super) struct Outcome {
    /// `None` when it took too long or a signal ended it.
    pub code: Option<i32>,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Outcome {
    /// Runs the program in a folder.
    pub(super) fn of(command: &Command, folder: &Path) -> Self {
        let binary = crate::support::program();
        // Files take any amount of output without somebody reading it.
        let logs = tempfile::tempdir().unwrap();
        let [out, err] = ["out", "err"].map(|name| logs.path().join(name));
        let mut child = Process::new(binary)
            .args(&command.arguments)
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let code = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            if start.elapsed() > LONGEST_RUN {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Self { code, out: fs::read(out).unwrap(), err: fs::read(err).unwrap() }
    }

    /// What is wrong with it.
    pub(super) fn check(&self, command: &Command, secrets: &[&str], folder: &Path) -> Result<(), String> {
        let err = String::from_utf8(self.err.clone()).map_err(|_| "standard error is not UTF-8")?;
        let out = String::from_utf8(self.out.clone()).map_err(|_| "standard output is not UTF-8")?;
        let code =
            self.code.ok_or_else(|| format!("it ran longer than {LONGEST_RUN:?}, or a signal ended it: {err}"))?;
        if err.contains("panicked") || !DOCUMENTED.contains(&code) {
            return Err(format!("exit code {code}: {err}"));
        }
        let plain =
            |text: &str| text.chars().all(|letter| matches!(letter, '\n' | '\r' | '\t') || !is_deceptive(letter));
        if !plain(&err) || !(plain(&out) || command.format == "json") {
            return Err("a character that moves, hides or reorders text is in the output".to_owned());
        }
        let written = WalkDir::new(folder).into_iter().flatten().filter(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            entry.file_type().is_file() && (path.starts_with("copy") || path.starts_with("saved.json"))
        });
        let written: Vec<String> =
            written.map(|entry| String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned()).collect();
        for text in [&out, &err].into_iter().chain(&written) {
            for secret in secrets {
                if text.contains(&secret[..PART]) || text.contains(&secret[secret.len() - PART..]) {
                    let line = text.lines().find(|line| line.contains(&secret[..PART])).unwrap_or_default();
                    return Err(format!("the secret {secret} is in the output: {}", line.escape_debug()));
                }
            }
        }
        if command.format == "json" {
            verdict_agrees(&out, code)?;
        }
        if matches!(code, 0 | 1 | 3) { readable(command.format, &out) } else { Ok(()) }
    }
}

/// Whether the verdict of a result is the one that the exit code gives. `--allow-incomplete` changes only the latter, and
/// a saved result that is shown again always ends with 0.
fn verdict_agrees(out: &str, code: i32) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(out).unwrap_or_default();
    let Some(outcome) = json["verdict"]["outcome"].as_str() else { return Ok(()) };
    let expected: &[&str] = match code {
        0 => return Ok(()),
        1 => &["fail"],
        3 => &["incomplete"],
        4 => &["error"],
        _ => &[],
    };
    if expected.contains(&outcome) { Ok(()) } else { Err(format!("exit code {code}, and the verdict is {outcome}")) }
}

/// Whether a parser of the format takes an output; an empty one says that there was nothing to evaluate.
fn readable(format: &str, out: &str) -> Result<(), String> {
    if out.is_empty() {
        return Ok(());
    }
    match format {
        "json" | "sarif" | "gitlab" => {
            serde_json::from_str::<serde_json::Value>(out).map(drop).map_err(|error| format!("no JSON: {error}"))
        }
        "jsonl" => out.lines().try_for_each(|line| {
            serde_json::from_str::<serde_json::Value>(line).map(drop).map_err(|error| format!("no JSON Lines: {error}"))
        }),
        "junit" | "graphml" => {
            let nodes_limit = u32::MAX;
            let options = roxmltree::ParsingOptions { nodes_limit, ..roxmltree::ParsingOptions::default() };
            let read = roxmltree::Document::parse_with_options(out, options).map(drop);
            read.map_err(|error| format!("no XML: {error}"))
        }
        "csv" => {
            let mut reader = csv::Reader::from_reader(out.as_bytes());
            reader.records().try_for_each(|row| row.map(drop)).map_err(|error| format!("no CSV: {error}"))
        }
        "ics" => match out.split_terminator("\r\n").find(|line| line.len() > 75 || line.contains('\n')) {
            Some(line) => Err(format!("a line of the calendar is not folded at 75 octets: {line}")),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}
