//! Renders result documents: one module for each format. Renderers see result documents and nothing else.
//!
//! - [`Format`]: the formats of an audit and of a gate; [`plan::PlanFormat`] those of a plan;
//! - [`Style`]: width, colour and details of a text report;
//! - [`render`] writes an audit or a gate, a [`Report`], to any output; [`plan::plan`](fn@plan::plan) a plan.
//!
//! ```
//! use clap::ValueEnum as _;
//!
//! let names: Vec<_> = cutover_report::Format::value_variants().iter().filter_map(|format| format.to_possible_value()).collect();
//! assert!(names.iter().any(|name| name.get_name() == "sarif"));
//! ```

use std::io::{self, Write};

use serde::Serialize;

use cutover_model::result::audit::{Audit, Violations};
use cutover_model::result::gate::Gate;
use cutover_model::result::listing::Listing;

pub mod comparison;
pub mod csv;
mod decided;
mod details;
pub mod explanation;
mod formats;
mod gate;
pub mod github;
pub mod gitlab;
pub mod graph;
mod groups;
mod header;
mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
mod overrides;
pub mod plan;
pub mod policies;
pub mod policy_check;
pub mod policy_test;
pub mod proposed_manifest;
mod relative;
pub mod sarif;
mod scope;
pub mod text;
mod titles;
mod verdict;
mod xml;

pub use formats::Formats;
use formats::formats;

formats! {
    /// The formats of an audit and of a gate.
    enum Format;
    /// Writes an audit or a gate in a format.
    fn render[R: Report](report: R, style, out);

    /// For people.
    Text => report.text(style, out),
    /// The whole result as one document.
    Json => json::write(report, out),
    /// One violation a line.
    Jsonl => jsonl::write(&report.listing(), out),
    /// One violation a row, for spreadsheets.
    Csv => csv::write(&report.listing(), out),
    /// For tickets, comments and wikis: folded, and never too long for a comment.
    Markdown => report.markdown(style.limit, out),
    /// SARIF 2.1.0, for code scanning.
    Sarif => sarif::write(&report.listing(), style.roots, out),
    /// JUnit XML, for CI servers: a suite for each control, a test case for each violation.
    Junit => junit::write(&report.listing(), out),
    /// Annotations of GitHub Actions.
    Github => github::write(&report.listing(), out),
    /// A code quality report for GitLab.
    Gitlab => gitlab::write(&report.listing(), style.roots, out),
    /// A page for the browser: filters, accounts, coverage and responsibilities in one file.
    Html => report.html(out),
}

impl Format {
    /// Whether it shows the access graph, which is not drawn for others.
    pub fn shows_graph(self) -> bool {
        matches!(self, Self::Json | Self::Html)
    }
}

/// How much of a result a text shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// One screen: the verdict, what to do, and what was not assessed.
    #[default]
    Overview,
    /// Every violation with its source lines.
    Details,
    /// What was read and what was assessed.
    Coverage,
    /// The verdict alone.
    Verdict,
}

/// How to show text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// Everything, however long.
    pub verbose: bool,
    /// How much of a result the text shows.
    pub view: View,
    /// The folder that relative paths start from, where places are links that the terminal can open.
    pub links: Option<&'static str>,
    /// The width of the terminal, in characters.
    pub width: usize,
    /// The most bytes of a Markdown text; as many as a comment on GitHub takes when nothing is said.
    pub limit: Option<usize>,
    /// The folders that a code host may take for the repository: files below one are shown relative to it.
    pub roots: &'static [String],
}

/// A result that lists violations. Formats for other programs are written from [`Report::listing`]; those for people differ
/// between an audit and a gate.
pub trait Report: Serialize {
    /// What the formats for other programs show. Violations are taken one after the other, so that a million of them need
    /// not be held.
    fn listing(&self) -> Listing<'_>;

    /// Writes the report for a terminal.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn text(&self, style: Style, out: &mut dyn Write) -> io::Result<()>;

    /// Writes Markdown of at most `limit` bytes, or as many as a comment on GitHub takes.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn markdown(&self, limit: Option<usize>, out: &mut dyn Write) -> io::Result<()>;

    /// Writes a page for the browser.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn html(&self, out: &mut dyn Write) -> io::Result<()>;
}

impl<V: Violations + Serialize> Report for Audit<V> {
    fn listing(&self) -> Listing<'_> {
        Self::listing(self)
    }

    fn text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        text::audit(self, style, out)
    }

    fn markdown(&self, limit: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        markdown::audit(self, limit.unwrap_or(markdown::COMMENT), out)
    }

    fn html(&self, out: &mut dyn Write) -> io::Result<()> {
        html::audit(self, out)
    }
}

impl Report for Gate {
    fn listing(&self) -> Listing<'_> {
        Self::listing(self)
    }

    fn text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        gate::text(self, style, out)
    }

    fn markdown(&self, limit: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        gate::markdown(self, limit.unwrap_or(markdown::COMMENT), out)
    }

    fn html(&self, out: &mut dyn Write) -> io::Result<()> {
        html::gate(self, out)
    }
}
