//! Measures what reading and joining an export cost, beside the least that they could: reading the bytes at all, and
//! only parsing them into the same record types, on the same cores in the same run.
//!
//! ```text
//! cargo run --release --example reading -- FOLDER
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use cutover_export::records::{Project, ProjectAssignment, User};
use cutover_export::{self as export, collect, recognize};
use cutover_inventory::Inventory;
use cutover_model::kind::Kind;
use cutover_policy::pack::Pack;
use rayon::prelude::*;
use serde::de::{DeserializeOwned, IgnoredAny};

/// Each measure is the best of so many.
const RUNS: usize = 3;

/// The allocator of the program, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return writeln!(out, "which folder? cargo run --release --example reading -- FOLDER");
    };
    let bytes: u64 = files(&folder).iter().filter_map(|(_, path)| Some(path.metadata().ok()?.len())).sum();
    let mut line = |what: &str, seconds: f64| {
        let speed = bytes as f64 / seconds / 1e9;
        writeln!(out, "| {what} | {seconds:.2} s | {speed:.2} GB/s |")
    };
    line("reading the bytes", best(|| files(&folder).par_iter().map(|(_, path)| read(path).len()).sum()))?;
    line("parsing them into the same records", best(|| files(&folder).par_iter().map(parse).sum()))?;
    line(
        "reading them as an audit does",
        best(|| export::read(collect::folders(std::slice::from_ref(&folder)), &()).documents.len()),
    )?;
    let export = export::read(collect::folders(std::slice::from_ref(&folder)), &());
    let pack = Pack::load(&[]).map_err(|error| io::Error::other(error.to_string()))?;
    line("joining", best(|| Inventory::build(&export, &pack.tools, &mut Vec::new()).companies.len()))
}

/// The seconds of the fastest run.
fn best(work: impl Fn() -> usize) -> f64 {
    let run = || {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed().as_secs_f64()
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// The files of an export, with the kinds that their paths tell.
fn files(folder: &Path) -> Vec<(Option<Kind>, PathBuf)> {
    let inputs = collect::folders(&[folder.to_owned()]).into_iter().flat_map(|folder| folder.inputs);
    inputs.map(|input| (recognize::by_path(&input.name), PathBuf::from(input.path))).collect()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

/// Parses a file and drops its records: how many there are.
fn parse((kind, path): &(Option<Kind>, PathBuf)) -> usize {
    match kind {
        Some(Kind::Users | Kind::InactiveUsers | Kind::ProjectUsers) => list::<User>(path),
        Some(Kind::Projects) => list::<Project>(path),
        Some(Kind::ProjectAssignments) => list::<ProjectAssignment>(path),
        _ => read(path).len(),
    }
}

fn list<T: DeserializeOwned>(path: &Path) -> usize {
    let text = String::from_utf8(read(path)).unwrap_or_default();
    // Some files hold one record.
    serde_json::from_str::<Vec<T>>(&text)
        .map(|records| records.len())
        .or_else(|_| serde_json::from_str::<IgnoredAny>(&text).map(|_| 1))
        .unwrap_or_default()
}
