//! Renderers of answers about access: one file for each format, over `cutover.graph/v1` and nothing else.

use super::formats::formats;
use super::json;
use cutover_model::result::answer::Answer;

mod dot;
mod graphml;
mod mermaid;
mod text;

formats! {
    /// The formats of an answer about access.
    enum GraphFormat;
    /// Writes an answer in a format.
    fn answer(answer: Answer, style, out);

    /// For people: trees.
    Text => text::write(answer, style, out),
    /// The whole answer as one document.
    Json => json::write(answer, out),
    /// Its graph, for Graphviz.
    Dot => dot::write(&answer.graph, out),
    /// Its graph as a Mermaid flowchart.
    Mermaid => mermaid::write(&answer.graph, out),
    /// Its graph as GraphML, for Gephi, yEd and NetworkX.
    Graphml => graphml::write(&answer.graph, out),
}
