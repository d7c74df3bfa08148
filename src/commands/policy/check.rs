//! `cutover policy check`.

use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::output;
use crate::solver::SolverArgs;
use cutover_pack_tools::check::check;
use cutover_pack_tools::prove::{Prover, never_fires};
use cutover_policy::control::Control;
use cutover_policy::pack::Pack;
use cutover_report::View;
use cutover_report::policy_check::{CheckFormat, policy_check};

/// Check a policy pack and report every problem at once.
///
/// Also reports controls that Cedar accepts and that can never fire, because they name a tool, a level, an attribute
/// or a text that no fact has, or because their conditions exclude each other. With the solver cvc5 installed, it finds
/// more of these. Notes name controls that another control always covers; they are not problems.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Args {
    /// Folders of policies with their test files (default: the built-in pack)
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,

    #[command(flatten)]
    solver: SolverArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let Prover { solver, .. } = args.solver.prover();
    let never = |control: &Control, pack: &Pack| solver.as_ref().is_ok_and(|solver| never_fires(control, pack, solver));
    let result = check(&args.folders, solver.is_ok().then_some(&never))?;
    let style = output::style_of_results(false, View::Overview);
    output::to_standard_output(&|out| policy_check(&result, args.format, style, out))?;
    Ok(if result.problems.is_empty() { Exit::Clean } else { Exit::Usage })
}
