//! A Mermaid flowchart, for Markdown that draws it.

use std::io::{self, Write};

use super::drawing::{Class, Drawing};
use cutover_model::escape;
use cutover_model::result::plan::Plan;

pub(crate) fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let drawing = Drawing::of(plan);
    writeln!(out, "flowchart LR")?;
    writeln!(out, "  %% {}", drawing.about)?;
    for group in &drawing.groups {
        writeln!(out, "  subgraph {}[\"{}\"]", group.id, label(&group.label))?;
        for node in &group.nodes {
            let lines: Vec<String> = node.label.iter().map(|line| label(line)).collect();
            writeln!(out, "    {}[\"{}\"]:::{}", node.id, lines.join("<br/>"), node.class.name())?;
        }
        writeln!(out, "  end")?;
    }
    for edge in &drawing.edges {
        writeln!(out, "  {} {} {}", edge.from, if edge.before { "-->" } else { "---" }, edge.to)?;
    }
    for class in Class::ALL {
        writeln!(out, "  classDef {} fill:{},stroke:#64748b,color:#111827", class.name(), class.fill())?;
    }
    Ok(())
}

/// Text in a quoted label: punctuation is written as Mermaid's entity, so that nothing ends the label, opens HTML, or
/// starts a list or a directive.
pub(crate) fn label(text: &str) -> String {
    let mut out = String::new();
    for letter in escape::name(text).chars() {
        match letter {
            '"' => out.push_str("#quot;"),
            '-' | ',' | '(' | ')' if !out.is_empty() => out.push(letter),
            _ if letter.is_ascii_punctuation() => out.push_str(&format!("#{};", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    // An empty label would not be one.
    if out.trim().is_empty() { "#8230;".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_be_left() {
        assert_eq!(label("a\"]; <b>"), "a#quot;#93;#59; #60;b#62;");
        assert_eq!(label("%%{init}"), "#37;#37;#123;init#125;");
        assert_eq!(label("- a-b 1."), "#45; a-b 1#46;");
        assert_eq!(label(""), "#8230;");
    }
}
