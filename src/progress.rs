//! What a user sees of a long audit: a bar on a terminal while it goes on, and how long each stage took.

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input;
use cutover_analysis::audit::Stage;
use cutover_export::document::Document;
use cutover_export::{Export, Progress};
use cutover_report::text::counted;

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
    pub(super) fn show(&self, what: &'static str) {
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

/// Measures the stages of an audit.
pub(super) struct Watch(RefCell<Laps>);

struct Laps {
    last: Instant,
    /// In seconds, in the words of what was done.
    done: Vec<String>,
}

impl Watch {
    /// Begins with the first stage.
    pub(super) fn start() -> Self {
        Self(RefCell::new(Laps { last: Instant::now(), done: Vec::new() }))
    }

    /// The export was read.
    pub(super) fn read(&self) {
        self.lap("read");
    }

    /// A stage between reading and telling is done.
    pub(super) fn done(&self, stage: Stage) {
        match stage {
            Stage::Joined => self.lap("joined"),
            Stage::Judged { facts } => self.lap(&format!("{} evaluated", counted(facts, "fact"))),
        }
    }

    /// The violations were told, with their places.
    pub(super) fn described(&self) {
        self.lap("violations rendered");
    }

    fn lap(&self, what: &str) {
        let now = Instant::now();
        let mut laps = self.0.borrow_mut();
        let seconds = now.duration_since(laps.last).as_secs_f64();
        laps.done.push(format!("{what} in {seconds:.2} s"));
        laps.last = now;
    }

    /// Says on standard error what was done and how long it took, now that everything is written.
    pub(super) fn show(&self, export: &Export) {
        self.lap("written");
        let sum = |of: fn(&Document) -> usize| export.documents.iter().map(of).sum::<usize>();
        let (bytes, records) = (sum(|document| document.text.len()), sum(|document| document.records));
        let all = self.0.borrow().done.join(", ");
        let files = counted(export.documents.len(), "file");
        input::note(&format!("{files}, {} and {} {all}", counted(records, "record"), counted(bytes, "byte")));
    }
}
