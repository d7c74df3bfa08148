//! What happens when the program is told to stop, by Ctrl-C or by the system: nothing half-written is left.

use std::io::{self, IsTerminal, Write};
use std::process;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::drafts;

/// The exit code of a program that was interrupted, as shells know it.
const INTERRUPTED: i32 = 130;

/// Watches for signals from now on. Where that is not possible they end the program as they always do.
pub(super) fn watch() {
    // Without a terminal nobody hangs up, and `nohup` asks to ignore it.
    let at_terminal = io::stdout().is_terminal() || io::stderr().is_terminal();
    let wanted = [SIGINT, SIGTERM].into_iter().chain(at_terminal.then_some(SIGHUP));
    let Ok(mut signals) = Signals::new(wanted) else { return };
    let watch = move || {
        if signals.forever().next().is_some() {
            stop();
        }
    };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(watch);
}

#[expect(clippy::exit, reason = "the rest of the program may wait for input, or be in the middle of anything")]
fn stop() -> ! {
    let held = drafts::hold();
    held.abandon();
    let _ = writeln!(io::stderr(), "error: interrupted; no result was left half-written");
    process::exit(INTERRUPTED)
}
