//! `cutover policy compare`.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};

use crate::decisions::Authority;
use crate::error::{CliError, Exit};
use crate::solver::SolverArgs;
use crate::{input, options, output};
use cutover_inventory::Inventory;
use cutover_model::result::comparison::{OverFacts, Verdict};
use cutover_pack_tools::prove;
use cutover_pack_tools::prove::packs::Named;
use cutover_pack_tools::prove::{Prover, facts};
use cutover_policy::config::Config;
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::pack::{Pack, Part};
use cutover_policy::wanted;
use cutover_report::View;
use cutover_report::comparison::{ComparisonFormat, comparison};

/// The word for the pack that is part of the program.
const BUILT_IN: &str = "built-in";

/// Prove that a policy pack is at least as strict as another one, or show a fact that it no longer forbids.
///
/// OLD and NEW are each `built-in`, a folder of policies, a cutover.toml, or several of the first two joined with `+`:
/// a later one adds to the earlier ones and replaces controls with the same id. A folder alone is a complete
/// pack; `built-in+acme` is what an audit with `--policies acme` evaluates. A cutover.toml stands for the pack
/// that it configures: the built-in pack and its folders, without the controls that it switches off.
///
/// The proof covers all facts that the schema allows and needs the solver cvc5. Without it, only packs with the same
/// controls are decided; with --facts, the packs are compared over the facts of an export. See docs/comparing-packs.md.
///
/// The exit code is 0 if NEW is at least as strict, and 1 if it is less strict or the answer is not decided.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The pack to compare with
    old: String,

    /// The pack that must be at least as strict
    new: String,

    /// Remove the controls whose id matches from OLD: `SVA-*`
    #[arg(long, value_name = "GLOB")]
    old_without: Vec<String>,

    /// Remove the controls whose id matches from NEW
    #[arg(long, value_name = "GLOB")]
    new_without: Vec<String>,

    /// Also compare the packs over the facts of an export; without a solver, this is the answer
    #[arg(long, value_name = "EXPORT", help_heading = "Facts of an export")]
    facts: Vec<PathBuf>,

    /// Evaluate those facts as of this date (default: today, UTC)
    #[arg(long, value_name = "DATE", value_parser = input::day, requires = "facts", help_heading = "Facts of an export")]
    as_of: Option<NaiveDate>,

    /// The timeline of Procore's sunset for those facts: the date of an announcement, or a file [default: the newest one
    /// announced by that date]
    #[arg(long, value_name = "ID|FILE", requires = "facts", help_heading = "Facts of an export")]
    timeline: Option<String>,

    #[command(flatten)]
    solver: SolverArgs,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: ComparisonFormat,

    /// Show every kind of fact and the controls that decide it
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let (old_name, old) = load(&args.old, &args.old_without)?;
    let (new_name, new) = load(&args.new, &args.new_without)?;
    let facts = if args.facts.is_empty() { None } else { Some(over_facts(args, &old, &new)?) };
    let Prover { solver, jobs } = args.solver.prover();
    let sides = (Named { name: &old_name, pack: &old }, Named { name: &new_name, pack: &new });
    let result = prove::compare(sides.0, sides.1, solver.as_ref(), jobs, facts)
        .map_err(|reason| CliError::Usage { what: reason, help: "try fewer --jobs".to_owned() })?;
    let style = output::style_of_results(args.verbose, View::Overview);
    output::to_standard_output(&|out| comparison(&result, args.format, style, out))?;
    Ok(match result.verdict {
        Verdict::AtLeastAsStrict => Exit::Clean,
        Verdict::LessStrict | Verdict::NotDecided => Exit::Violations,
    })
}

/// A pack as it was named, and its name with what is left out of it.
fn load(name: &str, without: &[String]) -> Result<(String, Pack), CliError> {
    let mut pack = named(name)?;
    let mut globs = Vec::new();
    for pattern in without {
        let glob = input::matcher(pattern)?;
        let mut active = pack.in_force();
        if !active.any(|control| glob.is_match(&control.id)) {
            return Err(input::no_match(pattern, pack.ids(), &format!("it is not in `{name}`")));
        }
        globs.push(glob);
    }
    for controls in [&mut pack.controls, &mut pack.migration, &mut pack.change] {
        controls.retain(|control| !globs.iter().any(|glob| glob.is_match(&control.id)));
    }
    let name = if without.is_empty() { name.to_owned() } else { format!("{name} without {}", without.join(", ")) };
    Ok((name, pack))
}

fn named(name: &str) -> Result<Pack, CliError> {
    let path = Path::new(name);
    if path.is_file() {
        let file = input::read_by_hand(path, None)?;
        let config = Config::parse(name, &file.text)?;
        let mut pack = Pack::load(&config.policies())?;
        config.apply(&mut pack)?;
        return Ok(pack);
    }
    // A folder may have a plus in its name.
    let words: Vec<&str> = if path.is_dir() { vec![name] } else { name.split('+').collect() };
    let part = |word: &&str| match *word {
        BUILT_IN => Part::BuiltIn,
        folder => Part::Folder(folder.into()),
    };
    Ok(Pack::from_parts(&words.iter().map(part).collect::<Vec<_>>())?)
}

/// What the two packs say of the facts of an export.
fn over_facts(args: &Args, old: &Pack, new: &Pack) -> Result<OverFacts, CliError> {
    let today = args.as_of.unwrap_or_else(|| Utc::now().date_naive());
    let timeline = input::find_timeline(&options::timeline(args.timeline.clone(), None), today, &args.facts)?;
    let authority = Authority::of_exports(None, &args.facts)?;
    let (export, bar) = input::read(&args.facts, &authority, "evaluating")?;
    let mut diagnostics = export.diagnostics.clone();
    let inventory = Inventory::build(&export, &old.tools, &mut diagnostics);
    let mut named_tools = [old.named_tools(), new.named_tools()].concat();
    named_tools.sort();
    named_tools.dedup();
    let setting = Setting { today, timeline: &timeline, tools: &old.tools, named_tools };
    let phrased = build_facts(&inventory, &setting, &|environment| {
        wanted(&old.controls, environment) || wanted(&new.controls, environment)
    });
    let paths = args.facts.iter().map(|path| path.display().to_string()).collect();
    let result = facts::compare(paths, &phrased, old, new);
    bar.done();
    if input::nothing_was_read(&export) {
        let path = args.facts.first().map(|path| path.display().to_string()).unwrap_or_default();
        return Err(CliError::Export { path, reason: "found no file of an export that could be read".to_owned() });
    }
    Ok(result?)
}
