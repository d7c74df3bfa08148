//! A graph for Graphviz.

use std::io::{self, Write};

use crate::plan::dot::label;
use cutover_model::result::graph::Graph;

pub(super) fn write(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph access {{")?;
    writeln!(out, "  rankdir=LR")?;
    writeln!(
        out,
        "  node [shape=box, style=\"rounded,filled\", color=\"#64748b\", fillcolor=\"#f8fafc\", fontname=\"sans-serif\"]"
    )?;
    writeln!(out, "  edge [color=\"#64748b\", fontname=\"sans-serif\", fontsize=10]")?;
    for (index, node) in graph.nodes.iter().enumerate() {
        writeln!(out, "  n{index} [label=\"{}\\n{}\"]", label(&node.thing.name), label(&node.thing.r#type))?;
    }
    for edge in &graph.edges {
        writeln!(out, "  n{} -> n{} [label=\"{}\"]", edge.from, edge.to, label(&edge.label))?;
    }
    writeln!(out, "}}")
}
