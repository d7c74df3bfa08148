//! A bar on a terminal while a long export is read.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::export::Progress;

/// A bar on standard error; nothing where that is no terminal.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar for so many files.
    pub(super) fn new(files: u64) -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(files), target);
        let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} files");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message("reading");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Says what comes next.
    pub(super) fn say(&self, what: &'static str) {
        self.0.set_message(what);
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn file_read(&self, _: u64) {
        self.0.inc(1);
    }
}
