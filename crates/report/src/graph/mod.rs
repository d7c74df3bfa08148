//! Renderers of answers about access: one file for each format, over `cutover.graph/v1` and nothing else.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Style, json};
use cutover_model::result::answer::Answer;

mod dot;
mod graphml;
mod mermaid;
mod text;

/// The formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For people: trees.
    Text,
    /// The whole answer as one document.
    Json,
    /// Its graph, for Graphviz.
    Dot,
    /// Its graph as a Mermaid flowchart.
    Mermaid,
    /// Its graph as GraphML, for Gephi, yEd and NetworkX.
    Graphml,
}

/// Writes an answer in a format.
///
/// # Errors
/// When the output cannot be written.
pub fn answer(answer: &Answer, format: GraphFormat, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        GraphFormat::Text => text::write(answer, style, out),
        GraphFormat::Json => json::write(answer, out),
        GraphFormat::Dot => dot::write(&answer.graph, out),
        GraphFormat::Mermaid => mermaid::write(&answer.graph, out),
        GraphFormat::Graphml => graphml::write(&answer.graph, out),
    }
}
