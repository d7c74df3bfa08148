//! `cutover policy`: read, check, test and write controls.

use clap::Subcommand;

use super::{Exit, Stop};

mod docs;
mod list;
mod new;
mod show;

/// List, show, document and write the controls of a policy pack.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::Args),
    Show(show::Args),
    Docs(docs::Args),
    New(new::Args),
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    match args.verb {
        Verb::List(args) => list::run(&args),
        Verb::Show(args) => show::run(&args),
        Verb::Docs(args) => docs::run(&args),
        Verb::New(args) => new::run(&args),
    }
}
