//! Measures each room of one audit, of an export of any size.
//!
//! ```text
//! cargo run --release --example stages -- EXPORT --as-of 2024-10-15
//! ```
//!
//! Each stage is a call of the library, timed by itself. `audit` makes a whole audit of what was read, so it joins,
//! phrases and evaluates once more: what it takes beyond those three is the telling of violations.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use chrono::NaiveDate;
use clap::{Parser, ValueEnum};
use cutover_analysis::audit::{Options, audit};
use cutover_export::{self as export, collect};
use cutover_inventory::Inventory;
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::facts::{Action, Facts};
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use cutover_policy::{self as policy, pattern};
use cutover_report::{self as report, Format, Style};
use serde::Serialize;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Measure each room of an audit.
#[derive(Parser)]
struct Args {
    /// The folder of an export
    export: PathBuf,
    /// A folder of policies to add
    #[arg(long)]
    policies: Vec<PathBuf>,
    /// Only controls whose id matches
    #[arg(long)]
    control: Vec<String>,
    /// The day the audit speaks of
    #[arg(long)]
    as_of: NaiveDate,
    /// The last stage to run
    #[arg(long, value_enum, default_value = "report")]
    until: Stage,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// A room, in the order in which data passes them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Load,
    Read,
    Join,
    Phrase,
    Judge,
    Audit,
    Report,
}

/// What a stage took.
#[derive(Serialize)]
struct Measured {
    stage: Stage,
    seconds: f64,
    /// What was counted: controls, records, things, facts, hits, violations, bytes.
    count: usize,
    of: &'static str,
    /// The most memory in use during the stage, in bytes.
    peak: u64,
}

/// Everything that was measured.
#[derive(Serialize)]
struct Measures {
    bytes: u64,
    files: usize,
    records: usize,
    facts: usize,
    /// Facts of what service identities hold on tools.
    grants: usize,
    /// Facts that violate a control, counted for each control.
    violating: usize,
    stages: Vec<Measured>,
}

/// The allocator of the program, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Outcome {
    let args = Args::parse();
    let mut measures =
        Measures { bytes: 0, files: 0, records: 0, facts: 0, grants: 0, violating: 0, stages: Vec::new() };
    run(&args, &mut measures)?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &measures)?;
        writeln!(out)?;
        return Ok(());
    }
    let Measures { bytes, files, records, facts, grants, violating, .. } = &measures;
    writeln!(out, "{files} files, {:.1} MB, {records} records", megabytes(*bytes))?;
    writeln!(out, "{facts} facts, {grants} of them grants; {violating} times a fact violates a control\n")?;
    writeln!(out, "| stage | seconds | | peak memory |\n|---|---|---|---|")?;
    for Measured { stage, seconds, count, of, peak } in &measures.stages {
        let name = stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        writeln!(out, "| {name} | {seconds:.3} | {count} {of} | {:.0} MB |", megabytes(*peak))?;
    }
    Ok(())
}

fn run(args: &Args, measures: &mut Measures) -> Outcome {
    let clock = start();
    let mut pack = Pack::load(&args.policies)?;
    let globs: Result<Vec<_>, _> = args.control.iter().map(|glob| pattern::matcher(glob)).collect();
    let globs = globs?;
    pack.controls.retain(|control| globs.is_empty() || globs.iter().any(|glob| glob.is_match(&control.id)));
    if measures.done(args, Stage::Load, clock, pack.controls.len(), "controls") {
        return Ok(());
    }
    let timeline = Timeline::built_in("2024-01-29").ok_or("no timeline")?;

    let clock = start();
    let export = export::read(collect::folders(std::slice::from_ref(&args.export)), &());
    measures.records = export.documents.iter().map(|document| document.records).sum();
    measures.files = export.documents.len();
    if measures.done(args, Stage::Read, clock, measures.records, "records") {
        return Ok(());
    }
    measures.bytes =
        export.documents.iter().filter_map(|document| Some(fs::metadata(&document.path).ok()?.len())).sum();

    {
        let clock = start();
        let inventory = Inventory::build(&export, &pack.tools, &mut Vec::new());
        let memberships = inventory.companies.iter().map(|company| company.memberships.len()).sum();
        if measures.done(args, Stage::Join, clock, memberships, "memberships") {
            return Ok(());
        }

        let clock = start();
        let setting =
            Setting { today: args.as_of, timeline: &timeline, tools: &pack.tools, named_tools: pack.named_tools() };
        let facts = build_facts(&inventory, &setting, &|environment| policy::wanted(&pack.controls, environment));
        (measures.facts, measures.grants) = count(&facts);
        if measures.done(args, Stage::Phrase, clock, measures.facts, "facts") {
            return Ok(());
        }

        let clock = start();
        let evaluation = policy::evaluate(&facts, &pack.controls)?;
        measures.violating = evaluation.violations.len();
        if measures.done(args, Stage::Judge, clock, measures.violating, "violating facts") {
            return Ok(());
        }
    }

    let clock = start();
    let options = Options { as_of: args.as_of, timeline, waivers: Vec::new(), by_reference: false };
    let result = audit(&export, &pack, &options)?;
    if measures.done(args, Stage::Audit, clock, result.violations.len(), "violations") {
        return Ok(());
    }

    let clock = start();
    let mut out = Counted(0);
    report::render(&result, Format::Jsonl, Style::default(), &mut out)?;
    measures.done(args, Stage::Report, clock, out.0, "bytes of JSON Lines");
    Ok(())
}

impl Measures {
    /// Notes what a stage took; returns whether it was the last.
    fn done(&mut self, args: &Args, stage: Stage, clock: Instant, count: usize, of: &'static str) -> bool {
        let seconds = clock.elapsed().as_secs_f64();
        self.stages.push(Measured { stage, seconds, count, of, peak: peak().unwrap_or_default() });
        stage >= args.until
    }
}

/// All facts, and those of levels on tools.
fn count(facts: &Facts) -> (usize, usize) {
    let of_grants = facts.tables.iter().filter(|(environment, _)| environment.action == Action::Holds);
    (facts.tables.values().map(|table| table.len()).sum(), of_grants.map(|(_, table)| table.len()).sum())
}

/// Counts what is written, and keeps nothing.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts a stage, and forgets the peak of those before. Where the system cannot, the peaks are those of all stages so far.
fn start() -> Instant {
    let _ = fs::write("/proc/self/clear_refs", "5");
    Instant::now()
}

/// The most memory in use since [`start`], in bytes; only Linux tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
