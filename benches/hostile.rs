//! Measures what inputs cost that somebody shaped to be expensive: each shape at doubling sizes.
//!
//! ```text
//! cargo build --release && cargo run --release --example hostile
//! cargo run --release --example hostile -- waivers csv-columns
//! ```
//!
//! Each run is a process of its own. On Linux the processor time of the process is compared, which other programs on the
//! machine hardly change; elsewhere the wall time. The exit code is 1 when a doubling costs more than 2.3 times as much.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

#[path = "hostile/shapes.rs"]
mod shapes;

use shapes::Shape;

/// Twice the input may cost so many times as much.
const MAX_RATIO: f64 = 2.3;
/// Shorter runs say nothing: the policies alone take a part of it to load.
const MIN_SECONDS: f64 = 0.5;
/// The size is doubled so often at most until a run is long enough.
const MAX_DOUBLINGS: u32 = 12;
/// Each size is run so often; the least time counts.
const RUNS: usize = 2;
/// A run that takes longer is ended.
const MAX_WALL: Duration = Duration::from_secs(120);

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// Bytes of the input.
    bytes: u64,
    /// The most memory in use, in bytes; 0 where the system does not say.
    peak: u64,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    let program = match std::env::var_os("CUTOVER") {
        Some(path) => PathBuf::from(path),
        None => beside_this_one()?,
    };
    let folder = std::env::temp_dir().join(format!("cutover-hostile-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| shape | size | MB | seconds | ratio | bytes of memory for each byte |\n|---|---|---|---|---|---|"
    )?;
    // What a run costs that reads nothing of interest.
    let floor = measure(&program, &shapes::NOTHING, 1, &folder)?;
    let mut too_much = false;
    for shape in shapes::ALL.iter().filter(|shape| wanted.is_empty() || wanted.iter().any(|name| name == shape.name)) {
        too_much |= doublings(&program, shape, floor, &folder, &mut out)? > MAX_RATIO;
    }
    fs::remove_dir_all(&folder)?;
    Ok(if too_much { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The program in the folder of this one's folder: `target/release/examples/hostile`, `target/release/cutover`.
fn beside_this_one() -> Result<PathBuf, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(Path::parent).ok_or("no folder")?;
    Ok(folder.join("cutover"))
}

/// Doubles a shape until a run takes long enough to be compared, once more, and gives the ratio of the last two.
fn doublings(
    program: &Path,
    shape: &Shape,
    floor: Cost,
    folder: &Path,
    out: &mut impl Write,
) -> Result<f64, Box<dyn Error>> {
    let mut size = shape.smallest;
    let mut cost = measure(program, shape, size, folder)?;
    for _ in 0..MAX_DOUBLINGS {
        if cost.seconds - floor.seconds >= MIN_SECONDS {
            break;
        }
        size *= 2;
        cost = measure(program, shape, size, folder)?;
    }
    let twice = measure(program, shape, 2 * size, folder)?;
    let ratio = (twice.seconds - floor.seconds) / (cost.seconds - floor.seconds).max(0.001);
    let memory = twice.peak.saturating_sub(floor.peak) as f64 / twice.bytes.max(1) as f64;
    let megabytes = twice.bytes as f64 / 1e6;
    writeln!(
        out,
        "| {} | {} | {megabytes:.1} | {:.2}, {:.2} | {ratio:.2}{} | {memory:.1} |",
        shape.name,
        2 * size,
        cost.seconds,
        twice.seconds,
        if ratio > MAX_RATIO { " (!)" } else { "" },
    )?;
    out.flush()?;
    Ok(ratio)
}

/// Runs a shape of one size.
fn measure(program: &Path, shape: &Shape, size: usize, folder: &Path) -> Result<Cost, Box<dyn Error>> {
    let input = folder.join("input");
    let _ = fs::remove_dir_all(&input);
    fs::create_dir(&input)?;
    let arguments = (shape.write)(&input, size)?;
    let mut best: Option<Cost> = None;
    for _ in 0..RUNS {
        let _ = fs::remove_dir_all(folder.join("copy"));
        let cost = run(program, &arguments, folder)?;
        best = Some(best.map_or(cost, |best| if cost.seconds < best.seconds { cost } else { best }));
    }
    let mut cost = best.ok_or("no run")?;
    cost.bytes = length(&input)?;
    Ok(cost)
}

/// Runs the program in the folder that holds `input`.
fn run(program: &Path, arguments: &[String], folder: &Path) -> Result<Cost, Box<dyn Error>> {
    let before = time_of_children();
    let start = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory_of(child.id()));
        match child.try_wait()? {
            Some(status) => break status,
            None if start.elapsed() > MAX_WALL => {
                child.kill()?;
                break child.wait()?;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    if !matches!(status.code(), Some(0..=3)) {
        writeln!(io::stderr(), "{arguments:?} ended with {status}")?;
    }
    let seconds = match (before, time_of_children()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed().as_secs_f64(),
    };
    Ok(Cost { seconds, bytes: 0, peak })
}

/// The processor time that the ended children of this process took, in user code, in seconds.
fn time_of_children() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything: the state is the third field, the time of the children the sixteenth.
    let fields = stat.rsplit_once(')')?.1;
    let ticks: f64 = fields.split_whitespace().nth(13)?.parse().ok()?;
    Some(ticks / 100.0)
}

/// The most memory that a process had in use so far, in bytes.
fn memory_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

fn length(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { length(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}
