//! Renders result documents: one module for each format. Renderers see result documents and nothing else.
//!
//! - [`Format`]: the formats of an audit; [`plan::PlanFormat`] those of a plan;
//! - [`Style`]: width, colour and details of a text report;
//! - [`audit`](fn@audit), [`gate::gate`](fn@gate::gate) and [`plan::plan`](fn@plan::plan) write a document to any output.
//!
//! ```
//! use clap::ValueEnum as _;
//!
//! let names: Vec<_> = cutover_report::Format::value_variants().iter().filter_map(|format| format.to_possible_value()).collect();
//! assert!(names.iter().any(|name| name.get_name() == "sarif"));
//! ```

use std::io::{self, Write};

use clap::ValueEnum;

use serde::Serialize;

use cutover_model::result::audit::{Audit, Violations};

pub mod comparison;
pub mod csv;
mod decided;
mod details;
pub mod gate;
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
mod relative;
pub mod sarif;
pub mod text;
mod xml;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// The whole result as one document.
    Json,
    /// One violation a line.
    Jsonl,
    /// One violation a row, for spreadsheets.
    Csv,
    /// For tickets, comments and wikis: folded, and never too long for a comment.
    Markdown,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for CI servers: a suite for each control, a test case for each violation.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// A code quality report for GitLab.
    Gitlab,
    /// A page for the browser: filters, accounts, coverage and responsibilities in one file.
    Html,
}

impl Format {
    /// Whether it shows the access graph, which is not drawn for others.
    pub fn shows_graph(self) -> bool {
        matches!(self, Self::Json | Self::Html)
    }
}

/// How to show text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// Everything, however long.
    pub verbose: bool,
    /// With the full account of what was read and evaluated.
    pub coverage: bool,
    /// The width of the terminal, in characters.
    pub width: usize,
    /// The most bytes of a Markdown text; as many as a comment on GitHub takes when nothing is said.
    pub limit: Option<usize>,
    /// The folders that a code host may take for the repository: files below one are shown relative to it.
    pub roots: &'static [String],
}

/// Writes an audit in a format. Violations are taken one after the other, so that a million of them need not be held.
///
/// # Errors
/// When the output cannot be written.
pub fn audit<V: Violations + Serialize>(
    audit: &Audit<V>,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::audit(audit, style, out),
        Format::Json => json::write(audit, out),
        Format::Jsonl => jsonl::write(&audit.listing(), out),
        Format::Csv => csv::write(&audit.listing(), out),
        Format::Markdown => markdown::audit(audit, style.limit.unwrap_or(markdown::COMMENT), out),
        Format::Sarif => sarif::write(&audit.listing(), style.roots, out),
        Format::Junit => junit::write(&audit.listing(), out),
        Format::Github => github::write(&audit.listing(), out),
        Format::Gitlab => gitlab::write(&audit.listing(), style.roots, out),
        Format::Html => html::audit(audit, out),
    }
}
