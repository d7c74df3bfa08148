//! A graph for Graphviz.

use std::io::{self, Write};

use super::drawing::Drawing;
use cutover_model::escape;
use cutover_model::result::plan::Plan;

pub(crate) fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let drawing = Drawing::of(plan);
    writeln!(out, "// {}", drawing.about)?;
    writeln!(out, "digraph plan {{")?;
    writeln!(out, "  rankdir=LR")?;
    writeln!(out, "  node [shape=box, style=\"rounded,filled\", color=\"#64748b\", fontname=\"sans-serif\"]")?;
    writeln!(out, "  graph [style=rounded, color=\"#64748b\", fontname=\"sans-serif\"]")?;
    for group in &drawing.groups {
        writeln!(out, "  subgraph cluster_{} {{", group.id)?;
        writeln!(out, "    label=\"{}\"", label(&group.label))?;
        for node in &group.nodes {
            let lines: Vec<String> = node.label.iter().map(|line| label(line)).collect();
            writeln!(out, "    {} [label=\"{}\", fillcolor=\"{}\"]", node.id, lines.join("\\n"), node.class.fill())?;
        }
        writeln!(out, "  }}")?;
    }
    for edge in &drawing.edges {
        let style = if edge.before { "" } else { " [dir=none, style=dashed, constraint=false]" };
        writeln!(out, "  {} -> {}{style}", edge.from, edge.to)?;
    }
    writeln!(out, "}}")
}

/// Text in a quoted string. Graphviz reads backslashes and HTML entities there.
pub(crate) fn label(text: &str) -> String {
    escape::name(text).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_cannot_be_left() {
        assert_eq!(label(r#"a\"]; b&lt;"#), r#"a\\\"]; b&amp;lt;"#);
        assert_eq!(label("a\nb\\"), r"a\\u{a}b\\");
    }
}
