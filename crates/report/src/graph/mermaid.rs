//! A Mermaid flowchart, for Markdown that draws it.

use std::io::{self, Write};

use crate::plan::mermaid::label;
use cutover_model::result::graph::Graph;

pub(super) fn write(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (index, node) in graph.nodes.iter().enumerate() {
        writeln!(out, "  n{index}[\"{}<br/>{}\"]", label(&node.thing.name), label(&node.thing.r#type))?;
    }
    for edge in &graph.edges {
        writeln!(out, "  n{} -->|\"{}\"| n{}", edge.from, label(&edge.label), edge.to)?;
    }
    Ok(())
}
