//! The solver, as verbs that prove something ask for it.

use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use cutover_pack_tools::prove::{Prover, Solver};

/// Which solver is asked, and for how long.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Solver")]
pub(super) struct SolverArgs {
    /// The solver: a path, or the name of a program in PATH
    #[arg(long, value_name = "PROGRAM", env = "CVC5", hide_env_values = true, default_value = "cvc5")]
    solver: PathBuf,

    /// Time limit for one question to the solver
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,

    /// Number of solvers that run in parallel (default: one per processor)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

impl SolverArgs {
    /// Looks for the solver.
    pub(super) fn prover(&self) -> Prover {
        let processors = || available_parallelism().map_or(1, usize::from);
        Prover {
            solver: Solver::find(&self.solver, Duration::from_secs(self.time_limit)),
            jobs: self.jobs.map_or_else(processors, usize::from),
        }
    }
}
