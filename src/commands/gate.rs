//! `cutover gate`.

use std::path::PathBuf;

use crate::arriving::compare;
use crate::decisions::Authority;
use crate::error::{CliError, Exit};
use crate::evaluation::{EvaluationArgs, Loaded, Output};
use crate::reads::Reads;
use crate::solver::SolverArgs;
use crate::{input, job_summary, options, output};
use cutover_analysis::access_change::AccessProver;
use cutover_analysis::gate::gate_arriving;
use cutover_analysis::gate::rules::{Arriving, Rules};
use cutover_model::result::audit::{Diagnostic, Outcome};
use cutover_model::result::gate::{Basis, Proof};
use cutover_policy::control::Occasion;
use cutover_report::{self as report, Format, Report as _};

/// Compare two exports of one company, before and after a change, and check the access that was added or removed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The export before the change: a folder, or a file
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The export after the change
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Also prove, with the solver cvc5, that nobody gains access, in existing and future projects
    #[arg(long, help_heading = "Proof")]
    prove: bool,

    #[command(flatten)]
    solver: SolverArgs,

    #[command(flatten)]
    evaluation: EvaluationArgs,

    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    // Everything that can be wrong with the command is found before a long export is read. What decides is the side before
    // the change: whoever changes an export may change what lies in it, too.
    options::note_strict(args.evaluation.strict);
    let sides = [args.before.clone(), args.after.clone()];
    let [before, after] = [std::slice::from_ref(&args.before), std::slice::from_ref(&args.after)];
    let (folder, change) = (args.evaluation.decisions.as_deref(), (args.before.as_path(), args.after.as_path()));
    let authority = Authority::of_side(folder, before, change)?;
    let occasions = [Occasion::Audit, Occasion::Change];
    let mut loaded = args.evaluation.load(&authority, &sides, &occasions, args.output.fail_on.clone())?;
    let of_after = Authority::of_side(folder, after, change)?;
    let mut arriving = match authority.is_alone() || !(authority.has_files() || of_after.has_files()) {
        true => None,
        false => Some(args.evaluation.load(&of_after, &sides, &occasions, args.output.fail_on.clone())?),
    };
    let were = loaded.everything();
    let are = arriving.as_ref().map(Loaded::everything);
    let (mut changed, listed) = match &are {
        Some(are) => compare((change.0, &were), (change.1, are)),
        None => Default::default(),
    };
    if changed.is_empty() {
        arriving = None;
    }
    changed.extend(authority.distrusted(args.evaluation.config.as_deref(), args.evaluation.no_config));
    // What differs after the change is listed with what it would do.
    let known = were.iter().chain(are.iter().flatten()).cloned().collect::<Vec<_>>();
    loaded.list_decisions(listed.into_iter().chain(authority.ignored(&sides, &known)).collect());
    let reads = Reads::exports(&sides).and(loaded.paths()).and(authority.paths());
    let reads = reads.and(arriving.iter().flat_map(Loaded::paths));
    output::check(&args.output.output, &reads)?;
    let (mut export, bar) = input::read_apart(&sides, &authority, "comparing")?;
    let files = loaded.files.drain(..).chain(arriving.iter_mut().flat_map(|loaded| loaded.files.drain(..)));
    files.for_each(|file| export.add(file));
    let options = loaded.options(args.evaluation.reference);
    let accepted = arriving.as_mut().map(|loaded| loaded.options(args.evaluation.reference));
    let accepted = arriving.as_ref().zip(accepted.as_ref());
    let accepted = accepted.map(|(loaded, options)| Rules { pack: &loaded.pack, options });
    let records = std::mem::take(&mut export.companies);
    let with_graph = args.output.is_wanted(Format::shows_graph);
    let prover = args.prove.then(|| args.solver.prover());
    let rules = Rules { pack: &loaded.pack, options: &options };
    let arriving = Arriving { diagnostics: changed, accepted };
    let result = gate_arriving(
        &export,
        records,
        rules,
        arriving,
        prover.as_ref().map(|prover| prover as &dyn AccessProver),
        with_graph,
    );
    bar.done();
    let mut result = result?;
    // Who asks for a proof wants to know: new access is a forbidden change, and so is one that nobody could decide on.
    let is_none = |proof: &Proof| proof.no_new_access && proof.basis != Basis::NotDecided;
    let proved = result.proof.as_ref().is_none_or(is_none);
    let is_empty = |documents| input::nothing_was_read_of(&export, documents);
    let nothing = export.folders.iter().any(is_empty);
    result.verdict = loaded.verdict(&result.listing(), nothing);
    if !proved && !nothing && result.verdict.outcome != Outcome::Error {
        result.verdict.outcome = Outcome::Fail;
    }

    let output = args.output;
    input::print_diagnostics(&result.diagnostics, output.verbose);
    // A side that is empty would be silent about everything.
    for (side, documents) in ["before", "after"].into_iter().zip(&export.folders) {
        if input::nothing_was_read_of(&export, documents) {
            input::print_note(&format!("found no file of an export that could be read {side} the change"));
        }
    }
    // Where a broken file is why, every format says so.
    if nothing && !result.diagnostics.iter().any(Diagnostic::is_incomplete) {
        return Ok(Exit::Input);
    }
    output::write(
        &|format, style, out| report::render(&result, format, style, out),
        output.format,
        &output.output,
        output.style(),
    )?;
    job_summary::write(output.annotates(), &|limit, out| result.markdown(Some(limit), out))?;
    input::print_late_changes(&export, &result.diagnostics);
    if nothing {
        return Ok(Exit::Input);
    }
    let listing = result.listing();
    Ok(loaded.ending.exit(loaded.fails(&listing) || !proved, listing.diagnostics))
}
