//! The verbs: one file for each, with its arguments and the few calls it makes.

use clap::{ArgMatches, Parser, Subcommand};

use super::error::{CliError, Exit};

mod audit;
mod baseline;
mod config;
mod gate;
mod graph;
mod init;
mod plan;
mod policy;
mod report;
mod schema;
mod scrub;
mod shell;
mod why;

/// Audits Procore integrations against the shared responsibility model and plans their migration.
#[derive(Debug, Parser)]
#[command(name = "cutover", version, about, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct App {
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes, the same for every format:\n  \
    0  the whole export was read, and nothing is at or above the threshold\n  \
    1  violations, or a diagnostic raised to an error; gate: a forbidden change; plan: not feasible, or accounts that need a decision\n  \
    2  invalid usage, configuration or policy pack\n  \
    3  part or all of the export could not be read (--allow-incomplete accepts a part)\n  \
    4  a policy failed to evaluate\n  \
    130  stopped by Ctrl-C, SIGTERM or SIGHUP; no file is left half-written";

#[derive(Debug, Subcommand)]
enum Verb {
    Audit(audit::Args),
    Gate(gate::Args),
    Plan(plan::Args),
    Why(why::Args),
    Graph(graph::Args),
    Report(report::Args),
    Baseline(baseline::Args),
    Policy(policy::Args),
    Schema(schema::Args),
    Scrub(scrub::Args),
    Init(init::Args),
    Config(config::Args),
    Completions(shell::Completions),
    Man(shell::Manual),
}

impl App {
    /// Runs the verb. Its matches say which options were given, and which are defaults.
    pub(super) fn run(self, matches: &ArgMatches) -> Result<Exit, CliError> {
        match self.verb {
            Verb::Audit(args) => audit::run(args),
            Verb::Gate(args) => gate::run(args),
            Verb::Plan(args) => plan::run(args),
            Verb::Why(args) => why::run(args),
            Verb::Graph(args) => graph::run(args),
            Verb::Report(args) => report::run(&args),
            Verb::Baseline(args) => baseline::run(&args),
            Verb::Policy(args) => policy::run(args),
            Verb::Schema(args) => schema::run(&args),
            Verb::Scrub(args) => scrub::run(&args),
            Verb::Init(args) => init::run(args),
            Verb::Config(args) => config::run(&args, matches.subcommand_matches("config")),
            Verb::Completions(args) => shell::completions(&args),
            Verb::Man(args) => shell::manual(&args),
        }
    }
}
