//! `cutover policy`: what a pack of policies says, and whether it is sound.

use super::{Exit, Stop};

mod check;
mod test;

/// Work on policies: test a pack, and check it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Test(test::Args),
    Check(check::Args),
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    match args.verb {
        Verb::Test(args) => test::run(&args),
        Verb::Check(args) => check::run(&args),
    }
}
