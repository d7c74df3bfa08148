//! `cutover plan`.

use std::io::Write;
use std::path::PathBuf;

use chrono::{NaiveDate, Utc};

use crate::decisions::{self, Authority, Rules};
use crate::ending::Ending;
use crate::error::{CliError, Exit};
use crate::evaluation::{FoundWaivers, decide_timeline, find_waivers};
use crate::reads::Reads;
use crate::{input, options, output};
use cutover_analysis::audit::places;
use cutover_analysis::plan::check::Saved;
use cutover_analysis::plan::manifest::manifest;
use cutover_analysis::plan::map::Map;
use cutover_analysis::plan::what_if::Proposal;
use cutover_analysis::plan::{BUFFER, Options, plan_with};
use cutover_export::Export;
use cutover_export::manual_secrets::ByHand;
use cutover_inventory::Inventory;
use cutover_model::result::decisions::{DecisionKind, DecisionOrigin};
use cutover_model::result::plan::{Period, Plan, WaiverDate};
use cutover_model::result::saved::LONGEST;
use cutover_policy::pack::Pack;
use cutover_policy::waiver::{Entry, WaiverState};
use cutover_report::plan::{PlanFormat, plan as render};
use cutover_report::{Style, View, proposed_manifest};
use cutover_secrets::without_lengths;

/// Plan each legacy account's migration: dated steps, each with an owner, a check and a rollback.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders or files of an export; each folder is one company; `-` reads one JSON file from standard input
    #[arg(required = true, value_name = "EXPORT")]
    export: Vec<PathBuf>,

    /// Plan as of this date (default: today, UTC)
    #[arg(long, value_name = "DATE", value_parser = input::day, help_heading = "Planning")]
    as_of: Option<NaiveDate>,

    /// The timeline of Procore's sunset: the date of an announcement, or a file [default: the newest one announced by --as-of]
    #[arg(long, value_name = "ID|FILE", env = "CUTOVER_TIMELINE", hide_env_values = true, help_heading = "Planning")]
    timeline: Option<String>,

    /// The first working day of the plan (default: --as-of)
    #[arg(long, value_name = "DATE", value_parser = input::day, help_heading = "Planning")]
    start: Option<NaiveDate>,

    /// Maximum number of accounts that migrate in one week (default: 5; no limit once the sunset is past)
    #[arg(long, value_name = "N", value_parser = capacity, help_heading = "Planning")]
    capacity: Option<usize>,

    /// A period without changes in production; can be repeated
    #[arg(long, value_name = "FROM..TO", value_parser = period, help_heading = "Planning")]
    freeze: Vec<Period>,

    /// Calendar days to keep free before the sunset
    #[arg(long, value_name = "DAYS", default_value_t = BUFFER, value_parser = clap::value_parser!(u32).range(0..=3660), help_heading = "Planning")]
    buffer: u32,

    /// The map file: which app replaces which account, which accounts retire, which wait for others
    #[arg(long, value_name = "FILE", help_heading = "Planning")]
    map: Option<PathBuf>,

    /// Apply a proposed change first, and list the identities it affects
    #[arg(long, value_name = "FILE", help_heading = "Planning")]
    what_if: Option<PathBuf>,

    /// Plan a remediation instead: the cheapest removals and downgrades of access that clear a control (an id, or a
    /// pattern such as `DIR-*`) or an account (id, name, e-mail address, or the beginning of one); can be
    /// repeated
    #[arg(long, value_name = "CONTROL|ACCOUNT", conflicts_with_all = ["map", "check"], help_heading = "Planning")]
    repair: Vec<String>,

    /// Check a saved plan (`-o json=FILE`) against this export: what is done, and what has drifted
    #[arg(long, value_name = "PLAN", help_heading = "Planning")]
    check: Option<PathBuf>,

    /// A folder of policies to add; a control there replaces the built-in control with the same id
    #[arg(long, value_name = "DIR", help_heading = "Planning")]
    policies: Vec<PathBuf>,

    /// The settings of your organisation (default: cutover.toml in the export folder, else in the working directory)
    #[arg(long, value_name = "FILE", help_heading = "Planning")]
    config: Option<PathBuf>,

    /// Take decisions only from this folder (cutover.toml, reviews.toml, settings.toml, policies); those in the export are listed and ignored
    #[arg(long, value_name = "DIR", env = "CUTOVER_DECISIONS", hide_env_values = true, help_heading = "Planning")]
    decisions: Option<PathBuf>,

    /// Ignore every cutover.toml; the one in an export is written by the author of the export
    #[arg(long, conflicts_with = "config", help_heading = "Planning")]
    no_config: bool,

    /// Do not fail with exit code 3 when part of the export could not be read
    #[arg(long, env = "CUTOVER_ALLOW_INCOMPLETE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Planning")]
    allow_incomplete: bool,

    /// Has no effect: an incomplete export always fails; kept for existing scripts
    #[arg(long, hide = true, conflicts_with = "allow_incomplete")]
    strict: bool,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: PlanFormat,

    /// Also write this format to a file; can be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = output::Target::<PlanFormat>::parse, help_heading = "Output")]
    output: Vec<output::Target<PlanFormat>>,

    /// Instead of a plan, write a manifest for the app that replaces this account: what it uses, or holds where its use is
    /// unknown; the evidence of each line goes to standard error, or into the result with --format json
    #[arg(long, value_name = "ACCOUNT", conflicts_with_all = ["check", "repair", "what_if"], help_heading = "Output")]
    manifest: Option<String>,

    /// Show every account with its access, blockers, questions and steps
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    details: bool,

    /// Show only whether the plan can be done
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,

    /// As --details, with the check and rollback of each step, long lists in full, and every diagnostic
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

fn capacity(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("no account could ever migrate: use at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a number of accounts".to_owned()),
    }
}

fn period(text: &str) -> Result<Period, String> {
    let (from, to) = text.split_once("..").ok_or("expected FROM..TO, for example 2024-11-25..2024-12-01")?;
    let day = |text: &str| input::day(text.trim()).map_err(|why| format!("`{text}` is no date: {why}"));
    let (from, to): (NaiveDate, NaiveDate) = (day(from)?, day(to)?);
    if to < from {
        return Err(format!("it ends on {to}, before it begins on {from}"));
    }
    Ok(Period { from, to })
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    // Everything that can be wrong with the command is found before a long export is read.
    let authority = Authority::of_exports(args.decisions.as_deref(), &args.export)?;
    let found = authority.config(args.config.as_deref(), args.no_config)?;
    let config = found.as_ref().map(|found| &found.config);
    let timeline = options::timeline(args.timeline.clone(), config);
    options::note_strict(args.strict);
    let named_waivers = options::waivers(None, false, config);
    let allow_incomplete = options::allow_incomplete(args.allow_incomplete, config);
    let Rules { mut pack, mut decided, file: settings, origin } = authority.load_rules(found, &args.policies)?;
    let named = args.map.iter().chain(&args.what_if).chain(&args.check).cloned();
    let policies = pack.all().filter(|control| !control.built_in).map(|control| PathBuf::from(&control.path));
    let reads = Reads::exports(&args.export)
        .and(named)
        .and(policies)
        .and(authority.paths())
        .and(settings.iter().map(ByHand::path))
        .and(timeline.value.iter());
    output::check(&args.output, &reads)?;
    let as_of = args.as_of.unwrap_or_else(|| Utc::now().date_naive());
    let (source, timeline) = (&timeline.source, input::find_timeline(&timeline, as_of, &args.export)?);
    let timeline = decide_timeline(timeline, source, (&authority, origin))?;
    let ending = Ending::new(allow_incomplete.value, &pack.org.levels);
    let text =
        |path: &PathBuf| input::read_to_string(path, None, LONGEST).map(|text| (path.display().to_string(), text));
    let manual_secrets =
        |path: &PathBuf| input::read_by_hand(path, None).map(|file| (path.display().to_string(), file));
    let map_file = args.map.as_ref().map(manual_secrets).transpose()?;
    let map = map_file.as_ref().map(|(path, file)| Map::parse(path, &file.text)).transpose()?;
    let proposal_file = args.what_if.as_ref().map(manual_secrets).transpose()?;
    let proposal = proposal_file.as_ref().map(|(path, file)| Proposal::parse(path, &file.text)).transpose()?;
    let of_plan = [(&map_file, DecisionKind::Map), (&proposal_file, DecisionKind::Proposal)];
    decided.extend(of_plan.into_iter().filter_map(|(file, kind)| {
        let effect = if kind == DecisionKind::Map { "decides about accounts" } else { "is applied first" };
        Some(decisions::decided(&file.as_ref()?.1, kind, DecisionOrigin::CommandLine, effect.to_owned()))
    }));
    decided.extend(authority.ignored(&args.export, &decided));
    let waivers = waiver_dates(&find_waivers(&named_waivers, (&authority, origin), &pack)?, as_of);
    // A plan applies no waivers.
    decided.retain(|one| one.kind != DecisionKind::Waivers);
    pack.org.decided_by = decided;
    let saved = args.check.as_ref().map(text).transpose()?;
    let saved = saved.map(|(path, text)| Saved::parse(&path, &text)).transpose()?;
    let options = Options {
        as_of,
        timeline,
        start: args.start,
        capacity: args.capacity,
        freezes: args.freeze.clone(),
        buffer: args.buffer,
        map,
        proposal,
        repair: args.repair.clone(),
        may_be_empty: saved.as_ref().is_some_and(Saved::has_accounts),
    };

    let (mut export, bar) = input::read(&args.export, &authority, "planning")?;
    if let Some(account) = &args.manifest {
        bar.done();
        return propose(&export, &pack, account, &args);
    }
    let files = map_file.into_iter().chain(proposal_file).map(|(_, file)| file);
    settings.into_iter().chain(files).for_each(|file| export.add(file));
    let formats = std::iter::once(args.format).chain(args.output.iter().map(output::Target::format));
    let result = plan_with(&export, &pack, &options, formats.into_iter().any(PlanFormat::shows_graph));
    bar.done();
    if result.is_err() {
        // Why there is no plan may be that a file could not be read.
        let read = places::diagnostics(&export, export.diagnostics.clone(), &pack.org.levels);
        input::print_diagnostics(&read, args.verbose);
    }
    if input::nothing_was_read(&export) {
        input::print_note("found no file of an export that could be read");
        return Ok(Exit::Input);
    }
    let mut result = result?;
    result.waivers = waivers;
    if let Some(saved) = &saved {
        result.progress = Some(saved.compare(&result, &pack.steps)?);
    }
    input::print_diagnostics(&result.diagnostics, args.verbose);
    let view = match (args.quiet, args.details || args.verbose) {
        (true, _) => View::Verdict,
        (_, true) => View::Details,
        _ => View::Overview,
    };
    let style = output::style_of_results(args.verbose, view);
    output::write(&|format, style, out| render(&result, format, style, out), args.format, &args.output, style)?;
    let fails = !is_good(&result) || ending.has_raised(&result.diagnostics);
    Ok(ending.exit(fails, &result.diagnostics))
}

/// Writes the manifest for the app that replaces an account.
fn propose(export: &Export, pack: &Pack, account: &str, args: &Args) -> Result<Exit, CliError> {
    let mut diagnostics = export.diagnostics.clone();
    let inventory = Inventory::build(export, &pack.tools, &mut diagnostics);
    let diagnostics = places::diagnostics(export, diagnostics, &pack.org.levels);
    input::print_diagnostics(&diagnostics, args.verbose);
    let proposal = manifest(export, &inventory, &pack.tools, account)?;
    let render = |format, _: Style, out: &mut dyn Write| match format {
        PlanFormat::Text => proposed_manifest::manifest(&proposal, out),
        _ => proposed_manifest::document(&proposal, out),
    };
    let is_json = |format: PlanFormat| matches!(format, PlanFormat::Text | PlanFormat::Json);
    if !std::iter::once(args.format).chain(args.output.iter().map(output::Target::format)).all(is_json) {
        return Err(CliError::Usage {
            what: "a manifest is written as `text` (the manifest itself) or `json` (with the evidence of each line)"
                .to_owned(),
            help: "leave the other formats out, or --manifest".to_owned(),
        });
    }
    if args.format == PlanFormat::Text && !args.quiet {
        let style = output::style_of_errors();
        let _ = proposed_manifest::evidence(&proposal, style, &mut std::io::stderr().lock());
    }
    output::write(&render, args.format, &args.output, output::style_of_results(args.verbose, View::Details))?;
    Ok(Ending::new(args.allow_incomplete, &pack.org.levels).exit(false, &diagnostics))
}

/// The dates of waivers that are not past, and of fixes that are planned, in order.
fn waiver_dates(found: &[FoundWaivers], as_of: NaiveDate) -> Vec<WaiverDate> {
    let files = found.iter().map(|((waivers, _), _)| waivers);
    let entries = files.flat_map(|waivers| waivers.all.iter().map(|entry| (&waivers.path, entry)));
    let date = |(path, entry): (&String, &Entry)| {
        let planned = entry.waiver.state == WaiverState::Planned;
        (planned || entry.waiver.in_force(as_of)).then(|| WaiverDate {
            control: entry.waiver.control.get_ref().clone(),
            covers: without_lengths(entry.waiver.covers()).into_owned(),
            planned,
            owner: without_lengths(entry.waiver.owner.get_ref()).into_owned(),
            expires: entry.waiver.expires,
            path: path.clone(),
            line: entry.line,
        })
    };
    let mut dates: Vec<WaiverDate> = entries.filter_map(date).collect();
    dates.sort_by(|one, two| (one.expires, &one.path, one.line).cmp(&(two.expires, &two.path, two.line)));
    dates
}

/// Whether nothing in the plan asks for a person's attention.
fn is_good(plan: &Plan) -> bool {
    if let Some(repair) = &plan.repair {
        return repair.is_clean();
    }
    let holds = plan.progress.as_ref().is_none_or(|progress| progress.valid);
    plan.feasible && plan.summary.decide == 0 && holds
}
