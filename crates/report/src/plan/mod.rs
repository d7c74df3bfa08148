//! Renderers of a plan: one file for each format, over `cutover.plan/v1` and nothing else.

use super::formats::formats;
use super::{html, json};
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

formats! {
    /// The formats of a plan.
    enum PlanFormat;
    /// Writes a plan in a format.
    fn plan(plan: Plan, style, out);

    /// For people.
    Text => text::plan(plan, style, out),
    /// The whole plan as one document.
    Json => json::write(plan, out),
    /// A runbook to tick off, for a ticket.
    Markdown => markdown::plan(plan, out),
    /// One step a row, with columns to keep track in.
    Csv => csv::plan(plan, out),
    /// A calendar: the sunset, the waves, the last day of each account.
    Ics => ics::plan(plan, out),
    /// What must come before what, as a Mermaid flowchart.
    Mermaid => mermaid::plan(plan, out),
    /// What must come before what, for Graphviz.
    Dot => dot::plan(plan, out),
    /// A page for the browser: the time line, every account, and a runbook to print, in one file.
    Html => html::plan(plan, out),
}

impl PlanFormat {
    /// Whether it shows the access graph, which is not drawn for others.
    pub fn shows_graph(self) -> bool {
        matches!(self, Self::Json | Self::Html)
    }
}
