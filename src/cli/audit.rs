//! `cutover audit`.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};
use clap::ValueEnum;

use super::progress::Watch;
use super::{Exit, Stop, input, job_summary, output, saved};
use crate::audit::baseline::Baseline;
use crate::audit::{Options, find_in_stages};
use crate::export::by_hand::ByHand;
use crate::judge::control::Control;
use crate::judge::masks;
use crate::judge::pack::Pack;
use crate::judge::timeline;
use crate::judge::waiver::Waivers;
use crate::report::{self, Format, Style};
use crate::result::audit::Audit;
use crate::result::{Party, Severity};

/// Find what in an export is against policy, where it says so, and who must act.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders or files of an export; each folder is one company, `-` reads one JSON document from standard input
    #[arg(required = true, value_name = "EXPORT")]
    export: Vec<PathBuf>,

    /// The day the audit speaks of (default: today, UTC)
    #[arg(long, value_name = "DATE", value_parser = input::day, help_heading = "Judging")]
    as_of: Option<NaiveDate>,

    /// The announced dates to judge by: an announcement day, or a file
    #[arg(long, value_name = "ID|FILE", default_value = timeline::DEFAULT, help_heading = "Judging")]
    timeline: String,

    /// A folder of policies to add; a control there takes the place of one with its id
    #[arg(long, value_name = "DIR", help_heading = "Judging")]
    policies: Vec<PathBuf>,

    /// The settings of the organisation (default: cutover.toml in the export folder, else in the working directory)
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    config: Option<PathBuf>,

    /// Apply no cutover.toml: that of an export is its author's
    #[arg(long, conflicts_with = "config", help_heading = "Judging")]
    no_config: bool,

    /// Only controls whose id matches: `SVA-*`
    #[arg(long, value_name = "GLOB", help_heading = "Judging")]
    control: Vec<String>,

    /// Only controls this party answers for
    #[arg(long, value_name = "PARTY", help_heading = "Judging")]
    party: Option<Party>,

    /// The waivers to apply (default: waivers.toml in the export folder)
    #[arg(long, value_name = "FILE", conflicts_with = "no_waivers", help_heading = "Judging")]
    waivers: Option<PathBuf>,

    /// Apply no waivers
    #[arg(long, help_heading = "Judging")]
    no_waivers: bool,

    /// A saved audit (`-o json=FILE`): what was there then and is no worse does not count
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    baseline: Option<PathBuf>,

    /// Stop with exit code 3 when anything in the export could not be read
    #[arg(long, help_heading = "Judging")]
    strict: bool,

    /// Ask Cedar about every fact by itself: slow, to check the fast way against
    #[arg(long, help_heading = "Judging")]
    reference: bool,

    /// The format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: Format,

    /// Also write a format to a file; can be given several times
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = output::Target::<Format>::parse, help_heading = "Output")]
    output: Vec<output::Target<Format>>,

    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "low", help_heading = "Output")]
    fail_on: Threshold,

    /// Show in full what was read and what was judged
    #[arg(long, help_heading = "Output")]
    coverage: bool,

    /// The most bytes of a Markdown text [default: 65536, a comment on GitHub]
    #[arg(long, value_name = "BYTES", value_parser = output::limit, help_heading = "Output")]
    markdown_limit: Option<usize>,

    /// Show every violation with its lines, every diagnostic, and how long it took
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Threshold {
    Critical,
    High,
    Medium,
    Low,
    Info,
    Never,
}

impl Threshold {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    // Everything that can be wrong with the command is found before a long export is read.
    let (mut pack, settings) = input::load_pack(args.config.as_deref(), args.no_config, &args.export, &args.policies)?;
    let (waivers, files): (Vec<Waivers>, Vec<ByHand>) = find_waivers(&args, &pack)?.into_iter().unzip();
    select(&mut pack, &args)?;
    output::check(&args.output)?;
    let saved = args.baseline.as_deref().map(saved::read).transpose()?;
    let baseline = match (&args.baseline, &saved) {
        (Some(path), Some(bytes)) => Some(Baseline::read(&path.display().to_string(), bytes)?),
        _ => None,
    };
    for control in &mut pack.controls {
        control.keeps_unknown = baseline.as_ref().is_some_and(|baseline| baseline.speaks_of(&control.id));
    }
    let timeline = input::find_timeline(&args.timeline)?;
    let watch = Watch::start();
    let (mut export, bar) = input::read(&args.export, "judging")?;
    watch.read();
    settings.into_iter().chain(files).for_each(|file| export.add(file));
    if args.verbose && !args.reference {
        say_slow(&pack);
    }
    let as_of = args.as_of.unwrap_or_else(|| Utc::now().date_naive());
    let options = Options { as_of, timeline, waivers, by_reference: args.reference };
    let records = Some(std::mem::take(&mut export.companies));
    let result = find_in_stages(&export, records, &pack, &options, &|stage| watch.done(stage));
    bar.done();
    let result = match baseline {
        Some(baseline) => result?.since(baseline)?,
        None => result?,
    };
    watch.told();

    input::say_diagnostics(&result.diagnostics, args.verbose);
    let nothing = input::nothing_was_read(&export);
    if nothing {
        input::say("nothing that belongs to an export could be read here");
    }
    if args.strict && input::is_incomplete(&result.diagnostics) {
        input::say("the export is incomplete, and --strict asks for all of it");
        return Ok(Exit::Input);
    }
    if nothing && export.secrets.is_empty() {
        return Ok(Exit::Input);
    }
    let style = Style { limit: args.markdown_limit, ..output::style_of_results(args.verbose, args.coverage) };
    output::write(&|format, style, out| report::audit(&result, format, style, out), args.format, &args.output, style)?;
    let is_github = |format: Format| format == Format::Github;
    job_summary::write(is_github(args.format) || args.output.iter().any(|target| is_github(target.format())), &result)?;
    input::say_late_changes(&export, &result.diagnostics);
    if args.verbose {
        watch.say(&export);
    }
    Ok(if nothing { Exit::Input } else { exit(&result, args.fail_on) })
}

/// Keeps the controls that were asked for.
fn select(pack: &mut Pack, args: &Args) -> Result<(), Stop> {
    let mut globs = Vec::new();
    for pattern in &args.control {
        let glob = input::matcher(pattern)?;
        if pack.migration.iter().any(|control| glob.is_match(&control.id))
            && !pack.controls.iter().chain(&pack.house.off).any(|control| glob.is_match(&control.id))
        {
            return Err(Stop::Usage {
                what: format!("`{pattern}` matches only controls over migration plans"),
                help: "`cutover plan` judges them".to_owned(),
            });
        }
        if !pack.ids().any(|id| glob.is_match(id)) {
            return Err(input::no_match(pattern, pack.ids(), "the ids are those in the report and in docs"));
        }
        globs.push(glob);
    }
    let asked_for = |control: &Control| {
        (globs.is_empty() || globs.iter().any(|glob| glob.is_match(&control.id)))
            && args.party.is_none_or(|party| party == control.party)
    };
    pack.controls.retain(asked_for);
    pack.house.off.retain(asked_for);
    if pack.controls.is_empty() && pack.house.off.is_empty() {
        return Err(Stop::Usage {
            what: "no control is left to judge by: none that was asked for is of that party".to_owned(),
            help: "`cutover policy list` shows the party of each control".to_owned(),
        });
    }
    Ok(())
}

/// The waivers file that was named, or else those that lie in the export folders.
fn find_waivers(args: &Args, pack: &Pack) -> Result<Vec<(Waivers, ByHand)>, Stop> {
    if args.no_waivers {
        return Ok(Vec::new());
    }
    let in_export = || args.export.iter().map(|path| path.join("waivers.toml")).filter(|path| path.is_file()).collect();
    let paths: Vec<PathBuf> = args.waivers.clone().map_or_else(in_export, |path| vec![path]);
    paths.iter().map(|path| read_waivers(path, pack)).collect()
}

fn read_waivers(path: &Path, pack: &Pack) -> Result<(Waivers, ByHand), Stop> {
    let file = input::read_by_hand(path)?;
    Ok((Waivers::parse(&path.display().to_string(), &file.text, pack)?, file))
}

/// Names the controls that cost more than others.
fn say_slow(pack: &Pack) {
    for control in masks::left_to_reference(&pack.controls) {
        let why = "it looks at the whole context, or into an entity that it names itself";
        input::note(&format!("control {} is judged fact by fact: {why}", control.id));
    }
}

fn exit<V>(audit: &Audit<V>, threshold: Threshold) -> Exit {
    if audit.diagnostics.iter().any(|diagnostic| diagnostic.code == "policy") {
        return Exit::Policy;
    }
    match (audit.summary.worst(), threshold.severity()) {
        (Some(worst), Some(threshold)) if worst >= threshold => Exit::Violations,
        _ => Exit::Clean,
    }
}
