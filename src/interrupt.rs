//! What happens when the program is reported to stop, by Ctrl-C, by the system or by a terminal that closes: nothing
//! half-written is left.

use std::io::{self, Write};
use std::process;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use cutover_export::drafts;

/// The exit code of a program that was interrupted, as shells know it.
const INTERRUPTED: i32 = 130;

/// Watches for signals from now on. Where that is not possible they end the program as they always do.
pub(super) fn watch() {
    // `nohup` asks to run on when the terminal closes.
    let wanted = [SIGINT, SIGTERM].into_iter().chain((!is_hangup_ignored()).then_some(SIGHUP));
    let Ok(mut signals) = Signals::new(wanted) else { return };
    let watch = move || {
        if signals.forever().next().is_some() {
            stop();
        }
    };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(watch);
}

/// Whether whoever started the program asked it to ignore that its terminal closes.
#[cfg(target_os = "linux")]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    is_hangup_in(&status)
}

/// The same of the system's account of a process: `SigIgn` is a set of bits, of which the first is signal 1.
#[cfg(target_os = "linux")]
fn is_hangup_in(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    ignored.is_some_and(|bits| bits >> (SIGHUP - 1) & 1 == 1)
}

/// Where the system does not say, `nohup` is known by what it does: it takes the program off the terminal.
#[cfg(not(target_os = "linux"))]
fn is_hangup_ignored() -> bool {
    use std::io::IsTerminal;
    !io::stdout().is_terminal() && !io::stderr().is_terminal()
}

#[expect(clippy::exit, reason = "the rest of the program may wait for input, or be in the middle of anything")]
fn stop() -> ! {
    let held = drafts::hold();
    held.abandon();
    let _ = writeln!(io::stderr(), "error: interrupted; no result was left half-written");
    process::exit(INTERRUPTED)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hangup_is_read_from_the_account_of_the_system() {
        let status = |ignored: &str| format!("Name:\tcutover\nSigBlk:\t0000000000000001\nSigIgn:\t{ignored}\n");
        assert!(is_hangup_in(&status("0000000000001001")));
        assert!(!is_hangup_in(&status("0000000000001000")));
        assert!(!is_hangup_in("Name:\tcutover\n") && !is_hangup_in(&status("x")));
    }
}
