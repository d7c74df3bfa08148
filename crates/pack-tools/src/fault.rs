//! What can be wrong with a test file, and where.

use std::ops::Range;

use miette::{Diagnostic, NamedSource};
use thiserror::Error;

use cutover_secrets as secrets;

/// What is wrong with a test file, and where.
#[derive(Debug, Error, Diagnostic)]
#[error("{what}")]
#[diagnostic(help("{help}"))]
pub struct CaseFault {
    what: String,
    help: String,
    #[source_code]
    source_code: NamedSource<String>,
    #[label("here")]
    at: miette::SourceSpan,
}

/// Why test files cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum CasesError {
    /// A test file says something it cannot say.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fault(Box<CaseFault>),
    /// A folder or file cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(help("give a folder of policies with their test files"))]
    Unreadable {
        /// The path.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// Two test files of one folder are for the same control.
    #[error("`{first}` and `{second}` both test {control}")]
    #[diagnostic(help("put the cases of a control into one file"))]
    Twice {
        /// The control.
        control: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
}

/// A fault in a text, before the file it stands in is named.
#[derive(Debug)]
pub struct Fault {
    /// The bytes that are wrong.
    pub at: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    /// A fault at some bytes.
    pub fn new(at: Range<usize>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, what: what.into(), help: help.into() }
    }
}

impl Fault {
    /// The fault with its file.
    pub(super) fn within(self, path: &str, text: &str) -> CaseFault {
        let start = self.at.start.min(text.len());
        let length = self.at.end.min(text.len()).saturating_sub(start);
        let mut shown = text.to_owned();
        secrets::blank(&mut shown, secrets::scan_plain(text).into_iter().map(|(range, _)| range));
        CaseFault {
            what: self.what,
            help: self.help,
            source_code: NamedSource::new(path, shown),
            at: (start, length).into(),
        }
    }
}

impl CaseFault {
    /// The bytes that are wrong.
    pub fn at(&self) -> Range<usize> {
        self.at.offset()..self.at.offset() + self.at.len()
    }

    /// What to do.
    pub fn advice(&self) -> &str {
        &self.help
    }
}
