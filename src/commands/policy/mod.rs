//! `cutover policy`: read, check, compare, test and write controls.

use clap::Subcommand;

use crate::error::{CliError, Exit};

mod check;
mod compare;
mod docs;
mod list;
mod new;
mod show;
mod test;

/// List, show, check, compare, test, document and write controls.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::Args),
    Show(show::Args),
    Check(check::Args),
    Compare(compare::Args),
    Test(test::Args),
    Docs(docs::Args),
    New(new::Args),
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    match args.verb {
        Verb::List(args) => list::run(&args),
        Verb::Show(args) => show::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Compare(args) => compare::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Docs(args) => docs::run(&args),
        Verb::New(args) => new::run(&args),
    }
}
