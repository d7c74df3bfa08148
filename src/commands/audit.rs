//! `cutover audit`.

use std::mem;
use std::path::PathBuf;

use crate::decisions::Authority;
use crate::error::{CliError, Exit};
use crate::evaluation::{EvaluationArgs, Output, warn_slow};
use crate::progress::Watch;
use crate::reads::Reads;
use crate::{input, job_summary, options, output, saved};
use cutover_analysis::audit::baseline::Baseline;
use cutover_analysis::audit::{compare_with_baseline, find_in_stages};
use cutover_model::result::audit::Diagnostic;
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};
use cutover_policy::control::Occasion;
use cutover_report::{self as report, Format, Report as _};
use cutover_secrets::digest::sha256;

/// Check an export against the policy pack: each violation with file and line, reason, owner and fix.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders or files of an export; each folder is one company; `-` reads one JSON file from standard input
    #[arg(required = true, value_name = "EXPORT")]
    export: Vec<PathBuf>,

    #[command(flatten)]
    evaluation: EvaluationArgs,

    /// Ignore violations that are already in this saved audit (`-o json=FILE`) and are not worse
    #[arg(long, value_name = "FILE", help_heading = "Evaluation")]
    baseline: Option<PathBuf>,

    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let Args { export: paths, evaluation, baseline, output } = args;
    // Everything that can be wrong with the command is found before a long export is read.
    options::note_strict(evaluation.strict);
    let authority = Authority::of_exports(evaluation.decisions.as_deref(), &paths)?;
    let mut loaded = evaluation.load(&authority, &paths, &[Occasion::Audit], output.fail_on.clone())?;
    let reads = Reads::exports(&paths).and(loaded.paths()).and(authority.paths()).and(&baseline);
    output::check(&output.output, &reads)?;
    let saved = baseline.as_deref().map(saved::read).transpose()?;
    let known = match (&baseline, &saved) {
        (Some(path), Some(bytes)) => Some(Baseline::read(&path.display().to_string(), bytes)?),
        _ => None,
    };
    let mut beside = authority.ignored(&paths, &loaded.decided);
    if let (Some(path), Some(bytes), Some(known)) = (&baseline, &saved, &known) {
        beside.push(DecidedBy {
            path: path.display().to_string(),
            kind: DecisionKind::Baseline,
            sha256: sha256(bytes),
            origin: DecisionOrigin::CommandLine,
            effect: known.effect(),
            ignored: false,
        });
    }
    loaded.list_decisions(beside);
    for control in &mut loaded.pack.controls {
        control.keeps_unknown = known.as_ref().is_some_and(|known| known.speaks_of(&control.id));
    }
    let watch = Watch::start();
    let (mut export, bar) = input::read(&paths, &authority, "evaluating")?;
    watch.read();
    loaded.files.drain(..).for_each(|file| export.add(file));
    if output.verbose && !evaluation.reference {
        warn_slow(&loaded.pack);
    }
    let options = loaded.options(evaluation.reference);
    let records = Some(std::mem::take(&mut export.companies));
    let with_graph = output.is_wanted(Format::shows_graph);
    let result = find_in_stages(&export, records, &loaded.pack, &options, with_graph, &|stage| watch.done(stage));
    bar.done();
    let result = match known {
        Some(known) => compare_with_baseline(result?, known)?,
        None => result?,
    };
    let mut result = result;
    let nothing = input::nothing_was_read(&export);
    result.verdict = loaded.verdict(&result.listing(), nothing);
    watch.described();

    input::print_diagnostics(&result.diagnostics, output.verbose);
    if nothing {
        input::print_note("found no file of an export that could be read");
    }
    // Where a broken file is why, every format says so.
    if nothing && export.secrets.is_empty() && !result.diagnostics.iter().any(Diagnostic::is_incomplete) {
        return Ok(Exit::Input);
    }
    let style = output.style();
    output::write(
        &|format, style, out| report::render(&result, format, style, out),
        output.format,
        &output.output,
        style,
    )?;
    job_summary::write(output.annotates(), &|limit, out| result.markdown(Some(limit), out))?;
    input::print_late_changes(&export, &result.diagnostics);
    if output.verbose {
        watch.show(&export);
    }
    let listing = result.listing();
    let exit = if nothing { Exit::Input } else { loaded.ending.exit(loaded.fails(&listing), listing.diagnostics) };
    // The system takes memory back all at once. To give a million pieces back one by one takes longer, for nobody.
    mem::forget(result);
    mem::forget(export);
    Ok(exit)
}
