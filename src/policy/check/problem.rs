//! Problems of a pack, made at a place of a file.

use std::ops::Range;

use crate::judge::source::Source;
use crate::result::policy_check::Problem;

impl Source {
    /// A problem at some bytes.
    pub(crate) fn problem(&self, at: &Range<usize>, code: &str, message: impl Into<String>) -> Problem {
        Problem { place: self.place(at), code: code.to_owned(), control: None, message: message.into(), help: None }
    }
}

impl Problem {
    /// Of this control.
    #[must_use]
    pub(super) fn of(mut self, control: &str) -> Self {
        self.control = Some(control.to_owned());
        self
    }

    /// With what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
