//! `cutover policy`: read, check, test and write controls.

use clap::Subcommand;

use super::{Exit, Stop};

mod check;
mod docs;
mod list;
mod new;
mod show;
mod test;

/// List, show, check, test, document and write the controls of a policy pack.
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
    Test(test::Args),
    Docs(docs::Args),
    New(new::Args),
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    match args.verb {
        Verb::List(args) => list::run(&args),
        Verb::Show(args) => show::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Docs(args) => docs::run(&args),
        Verb::New(args) => new::run(&args),
    }
}
