//! The verbs: one file for each, with its arguments and the few calls it makes.

use clap::{ArgMatches, ColorChoice, Command, CommandFactory as _, Parser, Subcommand};

use super::error::{CliError, Exit};
use super::output;

mod audit;
mod baseline;
mod config;
mod demo;
mod examples;
mod explain;
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

/// Check Procore integrations against policy and plan the move to DMSAs
#[derive(Debug, Parser)]
#[command(name = "cutover", version, about = "Check Procore integrations against policy and plan the move to DMSAs", propagate_version = true, max_term_width = 100, after_help = EXIT_CODES, help_template = HELP)]
pub(super) struct App {
    /// When to use colours; NO_COLOR, CLICOLOR and CLICOLOR_FORCE are respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    #[command(subcommand)]
    verb: Verb,
}

/// The verbs by purpose: an alphabetical list would not say where to begin.
const HELP: &str = "\
{about}

{usage-heading} {usage}

Review:    audit        Report policy violations in an export, and what to do first
           explain      Explain one verdict, clause by clause
           why          Explain why an account can, or cannot, use a tool
           graph        Show or query who can reach what
Gate:      gate         Check what a change between two exports adds and removes
           baseline     Maintain the accepted violations
Migrate:   plan         Plan the migration of each legacy account
Policies:  policy       List, check, test, compare and write controls
Data:      scrub        Copy an export without its secrets
           demo         Write an example export
           report       Re-render a saved result in another format
Setup:     init         Write a commented cutover.toml
           config       Show the value and source of each option
           schema       Print the JSON Schema of a result or of a file you write
           completions  Print completions for a shell
           man          Print or write manual pages

Examples:
  cutover demo harborline && cutover audit harborline --as-of 2024-10-15
  cutover audit EXPORT -o html=audit.html --fail-on high
  cutover gate BEFORE AFTER --decisions DECISIONS --format github

Options:
{options}
{after-help}";

const EXIT_CODES: &str = "Exit codes: 0 pass, 1 violations, 2 usage, 3 incomplete input, 4 policy error";

#[derive(Debug, Subcommand)]
enum Verb {
    Audit(audit::Args),
    Gate(gate::Args),
    Plan(plan::Args),
    Explain(explain::Args),
    Why(why::Args),
    Graph(graph::Args),
    Report(report::Args),
    Baseline(baseline::Args),
    Policy(policy::Args),
    Schema(schema::Args),
    Scrub(scrub::Args),
    Demo(demo::Args),
    Init(init::Args),
    Config(config::Args),
    Completions(shell::Completions),
    Man(shell::Manual),
}

/// The command line, with examples of each verb.
pub(super) fn command() -> Command {
    examples::add(App::command())
}

impl App {
    /// Runs the verb. Its matches say which options were given, and which are defaults.
    pub(super) fn run(self, matches: &ArgMatches) -> Result<Exit, CliError> {
        output::choose_colours(self.color);
        match self.verb {
            Verb::Audit(args) => audit::run(args),
            Verb::Gate(args) => gate::run(args),
            Verb::Plan(args) => plan::run(args),
            Verb::Explain(args) => explain::run(args),
            Verb::Why(args) => why::run(args),
            Verb::Graph(args) => graph::run(args),
            Verb::Report(args) => report::run(&args),
            Verb::Baseline(args) => baseline::run(&args),
            Verb::Policy(args) => policy::run(args),
            Verb::Schema(args) => schema::run(&args),
            Verb::Scrub(args) => scrub::run(&args),
            Verb::Demo(args) => demo::run(&args),
            Verb::Init(args) => init::run(args),
            Verb::Config(args) => config::run(&args, matches.subcommand_matches("config")),
            Verb::Completions(args) => shell::completions(&args),
            Verb::Man(args) => shell::manual(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_verb_and_no_other() {
        let verbs: Vec<String> = App::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
        for verb in &verbs {
            assert!(HELP.contains(&format!(" {verb:12} ")), "add `{verb}` to HELP, under its purpose");
        }
        let listed = HELP
            .lines()
            .filter(|line| line.get(11..).is_some_and(|rest| rest.contains("  ")) && !line.starts_with("  cutover"));
        assert_eq!(listed.count(), verbs.len());
    }
}
