//! Answers for people: a sentence, and below it a tree.

use std::io::{self, Write};

use crate::Style;
use crate::text::{Paint, counted};
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::Location;
use cutover_model::result::answer::{Answer, Entry, Verdict};
use cutover_model::result::audit::Step;
use cutover_model::result::graph::Graph;

/// Entries that are shown, unless everything is asked for.
const MAX_SHOWN: usize = 25;

pub(super) fn write(answer: &Answer, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let sentence = escape::visible(&answer.answer);
    let sentence = match answer.verdict {
        Some(Verdict::NotKnown) => paint.caution(&sentence),
        _ => paint.bold(&sentence),
    };
    writeln!(out, "{sentence}")?;
    let shown = if style.verbose { usize::MAX } else { MAX_SHOWN };
    if answer.verb == "graph" {
        return edges(&answer.graph, if style.verbose { usize::MAX } else { MAX_SHOWN * 4 }, paint, out);
    }
    // Of an answer that lists several types of things, each type has its own beginning.
    let by_type = answer.entries.chunk_by(|one, two| one.thing.r#type == two.thing.r#type);
    let groups: Vec<&[Entry]> = if answer.verb == "reach" { by_type.collect() } else { vec![&answer.entries] };
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        let total = match group.first().filter(|_| answer.verb == "reach") {
            Some(first) => {
                answer.totals.iter().find(|total| total.r#type == first.thing.r#type).map(|total| total.count)
            }
            None => Some(answer.count),
        };
        let total = total.unwrap_or(group.len());
        if let Some(first) = group.first().filter(|_| answer.verb == "reach") {
            writeln!(out, "{}", paint.bold(&format!("{}: {total}", first.thing.r#type)))?;
        }
        let left = total - total.min(group.len().min(shown));
        for (index, entry) in group.iter().take(shown).enumerate() {
            let is_last = left == 0 && index + 1 == group.len().min(shown);
            branch(entry, is_last, paint, out)?;
        }
        if left > 0 {
            writeln!(out, "└── … and {left} more; --format json lists the first thousand")?;
        }
    }
    if answer.not_known > 0 {
        writeln!(out, "{}", paint.caution(&unknown(answer)))?;
    }
    for near in &answer.near_misses {
        writeln!(
            out,
            "{} {}{}",
            paint.bold("Access would exist"),
            escape::visible(&near.change),
            place(near.location.as_ref(), paint)
        )?;
    }
    for missing in &answer.missing {
        writeln!(out, "{} {}", paint.bold("This would say:"), escape::visible(missing))?;
    }
    Ok(())
}

fn unknown(answer: &Answer) -> String {
    match answer.verb.as_str() {
        "who-can" => format!("For {} the export is incomplete.", counted(answer.not_known, "other")),
        "what-can" => format!("{} unknown.", counted(answer.not_known, "level")),
        _ => "The export does not list all of its projects.".to_owned(),
    }
}

fn branch(entry: &Entry, is_last: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let (fork, rail) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
    if let (Some(cuts), Some(only)) = (entry.cuts, entry.why.first()) {
        return writeln!(out, "{fork}{} {}", paint.bold(&format!("{cuts} cut:")), step(only, paint));
    }
    let level = entry.level.as_deref().and_then(Level::parse).map(|level| format!(": {level}")).unwrap_or_default();
    let projects = entry.projects.map(|many| format!(" on {}", counted(many, "project"))).unwrap_or_default();
    let note = entry.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    writeln!(out, "{fork}{}{level}{projects}{note}", escape::name(&entry.thing.name))?;
    for (index, one) in entry.why.iter().enumerate() {
        let fork = if index + 1 == entry.why.len() { "└── " } else { "├── " };
        writeln!(out, "{rail}{fork}{}", step(one, paint))?;
    }
    Ok(())
}

fn step(step: &Step, paint: Paint) -> String {
    format!(
        "{} {} {}{}",
        escape::name(&step.from.name),
        escape::name(&step.edge),
        escape::name(&step.to.name),
        place(step.location.as_ref(), paint)
    )
}

fn place(location: Option<&Location>, paint: Paint) -> String {
    location.map_or_else(String::new, |location| format!("  {}", paint.place(&location.path, location.line)))
}

/// The edges of a graph, under the node that each leads from.
fn edges(graph: &Graph, shown: usize, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let name = |index: usize| graph.nodes.get(index).map(|node| escape::name(&node.thing.name)).unwrap_or_default();
    let included = graph.edges.get(..shown.min(graph.edges.len())).unwrap_or_default();
    for same in included.chunk_by(|one, two| one.from == two.from) {
        let kind = |index: usize| graph.nodes.get(index).map_or("", |node| node.thing.r#type.as_str());
        if let Some(first) = same.first() {
            writeln!(out, "{} {}", paint.bold(&name(first.from)), paint.dim(kind(first.from)))?;
        }
        for (index, edge) in same.iter().enumerate() {
            let fork = if index + 1 == same.len() { "└── " } else { "├── " };
            let place = place(edge.location.as_ref(), paint);
            writeln!(out, "{fork}{} {}{place}", escape::name(&edge.label), name(edge.to))?;
        }
    }
    match graph.edges.len() - included.len() {
        0 => Ok(()),
        left => writeln!(out, "… and {}; -v shows them", counted(left, "more edge")),
    }
}
