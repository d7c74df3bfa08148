//! Renderers of a plan: one file for each format, over `cutover.plan/v1` and nothing else.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Style, html, json};
use cutover_model::result::plan::Plan;

pub(super) mod csv;
pub(super) mod dot;
mod drawing;
mod ics;
pub(super) mod markdown;
pub(super) mod mermaid;
pub(super) mod repairs;
mod text;
pub(super) mod words;

/// The formats of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// The whole plan as one document.
    Json,
    /// A runbook to tick off, for a ticket.
    Markdown,
    /// One step a row, with columns to keep track in.
    Csv,
    /// A calendar: the sunset, the waves, the last day of each account.
    Ics,
    /// What must come before what, as a Mermaid flowchart.
    Mermaid,
    /// What must come before what, for Graphviz.
    Dot,
    /// A page for the browser: the time line, every account, and a runbook to print, in one file.
    Html,
}

impl PlanFormat {
    /// Whether it shows the access graph, which is not drawn for others.
    pub fn shows_graph(self) -> bool {
        matches!(self, Self::Json | Self::Html)
    }
}

/// Writes a plan in a format.
///
/// # Errors
/// When the output cannot be written.
pub fn plan(plan: &Plan, format: PlanFormat, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        PlanFormat::Text => text::plan(plan, style, out),
        PlanFormat::Json => json::write(plan, out),
        PlanFormat::Markdown => markdown::plan(plan, out),
        PlanFormat::Csv => csv::plan(plan, out),
        PlanFormat::Ics => ics::plan(plan, out),
        PlanFormat::Mermaid => mermaid::plan(plan, out),
        PlanFormat::Dot => dot::plan(plan, out),
        PlanFormat::Html => html::plan(plan, out),
    }
}
