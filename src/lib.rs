//! Cutover, the program: its command line. What it does is in the crates below `crates/`.
//!
//! Only this crate prints, reads the clock and the environment, or ends the program. A verb is a file in `commands/`; what
//! several verbs need is beside it: options, output, progress.

use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use clap::FromArgMatches;

use commands::App;
use cutover_export::drafts;
use error::end_with;

mod arriving;
mod commands;
mod decisions;
mod destination;
mod ending;
mod environment;
mod error;
mod evaluation;
mod fail_on;
mod input;
#[cfg(unix)]
mod interrupt;
mod job_summary;
mod memory;
mod options;
mod output;
mod progress;
mod reads;
mod saved;
mod solver;

pub use error::Exit;

/// A release build does not unwind, so that temporary files have to be removed before it aborts.
fn remove_drafts_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        report(info);
        if let Some(held) = drafts::try_hold() {
            held.abandon();
        }
    }));
}

/// Runs the program.
pub fn main() -> ExitCode {
    let command = environment::without_empty(commands::command());
    let parsed = command.clone().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((App::from_arg_matches(&matches)?, matches)));
    let (app, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are answers, not mistakes.
            if !error.use_stderr() {
                let printed = error.print().and_then(|()| io::stdout().flush());
                return match output::described(printed) {
                    Ok(()) => Exit::Clean.into(),
                    Err(error) => end_with(&error),
                };
            }
            let _ = environment::explain(error, &command).print();
            return Exit::Usage.into();
        }
    };
    remove_drafts_on_panic();
    #[cfg(unix)]
    interrupt::watch();
    memory::watch();
    let result = app.run(&matches);
    // Where the program is being stopped, this waits for its end.
    let _held = drafts::hold();
    match result {
        Ok(exit) => exit.into(),
        Err(error) => end_with(&error),
    }
}
