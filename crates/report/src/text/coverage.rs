//! What was read, and what could not be assessed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Paint, counted, gap, wrapped};
use crate::{Style, View};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::audit::{Coverage, Input, Listing, Status};

pub(crate) fn write(listing: &Listing<'_>, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if style.view == View::Coverage {
        kinds(listing, paint, out)?;
        controls(listing, paint, out)?;
    } else {
        read(listing, style, paint, out)?;
    }
    not_assessed(listing, style, paint, out)
}

/// By kind: files, records, records left out.
pub(crate) fn by_kind(inputs: &[Input]) -> BTreeMap<Kind, (usize, usize, usize)> {
    let mut kinds: BTreeMap<Kind, (usize, usize, usize)> = BTreeMap::new();
    for input in inputs {
        if let Some(kind) = input.kind {
            let (files, records, skipped) = kinds.entry(kind).or_default();
            *files += 1;
            *records += input.records;
            *skipped += input.skipped;
        }
    }
    kinds
}

fn read(listing: &Listing<'_>, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let kinds = by_kind(listing.inputs);
    let read: Vec<String> = kinds.iter().map(|(kind, (_, records, _))| format!("{kind} {records}")).collect();
    writeln!(out, "\n{}", paint.bold("Read"))?;
    let mut lines = wrapped(&read.join(", "), "  ", style);
    let absent: Vec<String> =
        Kind::ALL.iter().filter(|kind| !kinds.contains_key(kind)).map(ToString::to_string).collect();
    if !absent.is_empty() {
        lines.extend(wrapped(&format!("not in the export: {}", absent.join(", ")), "  ", style));
    }
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn kinds(listing: &Listing<'_>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold("Read"))?;
    let kinds = by_kind(listing.inputs);
    for kind in Kind::ALL.iter().copied() {
        match kinds.get(&kind) {
            Some((files, records, skipped)) => {
                let left_out = if *skipped > 0 { format!(", {skipped} left out") } else { String::new() };
                writeln!(
                    out,
                    "  {:22} {}, {}{left_out}",
                    kind.to_string(),
                    counted(*records, "record"),
                    counted(*files, "file")
                )?;
            }
            None => {
                let needed: Vec<&str> = listing
                    .coverage
                    .iter()
                    .filter(|control| control.missing.contains(&kind))
                    .map(|control| control.control.as_str())
                    .collect();
                let needed =
                    if needed.is_empty() { String::new() } else { format!("; would help {}", needed.join(" ")) };
                writeln!(
                    out,
                    "  {:22} {}",
                    kind.to_string(),
                    paint.dim(&format!("absent: {}{}", kind.how_to_export(), escape::visible(&needed)))
                )?;
            }
        }
    }
    Ok(())
}

fn controls(listing: &Listing<'_>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold("Evaluated"))?;
    for control in listing.coverage {
        if control.status == Status::Off {
            let id = escape::visible(&control.control);
            writeln!(out, "  {}", paint.dim(&format!("{id:8} switched off by cutover.toml")))?;
            continue;
        }
        let waived = if control.waived > 0 { format!(", {} waived", control.waived) } else { String::new() };
        let unknown = if control.unknown > 0 { format!(", {} unknown", control.unknown) } else { String::new() };
        let line = format!(
            "{:8} {}: {}{waived}{unknown}",
            control.control,
            counted(control.facts, "fact"),
            counted(control.violations, "violation")
        );
        writeln!(out, "  {}", escape::visible(&line))?;
    }
    Ok(())
}

fn not_assessed(listing: &Listing<'_>, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let gaps: Vec<&Coverage> = listing.coverage.iter().filter(|control| gap(control).is_some()).collect();
    if gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} {}", paint.bold("Not assessed"), paint.dim("(a control without its input never passes)"))?;
    let (together, apart) = if style.view == View::Coverage { (Vec::new(), gaps) } else { in_groups(gaps) };
    for coverage in apart {
        let title = listing
            .controls
            .iter()
            .find(|control| control.id == coverage.control)
            .map_or("", |control| control.title.as_str());
        let share = gap(coverage).unwrap_or_default();
        writeln!(out, "  {:8} {}: {share}", escape::name(&coverage.control), escape::name(title))?;
        hints(&coverage.hints, style, paint, out)?;
    }
    for group in together {
        let ids: Vec<&str> = group.iter().map(|coverage| coverage.control.as_str()).collect();
        let line = format!("{} not assessed, input missing: {}", counted(group.len(), "control"), ids.join(" "));
        for line in wrapped(&line, "  ", style) {
            writeln!(out, "{}", escape::visible(&line))?;
        }
        hints(group.first().map_or(&[], |coverage| &coverage.hints), style, paint, out)?;
    }
    Ok(())
}

fn hints(hints: &[String], style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for hint in hints {
        for line in wrapped(&format!("→ {}", escape::visible(hint)), "           ", style) {
            writeln!(out, "{}", paint.dim(&line))?;
        }
    }
    Ok(())
}

/// The fewest controls that share a line.
const FEWEST_TOGETHER: usize = 3;

type Groups<'a> = (Vec<Vec<&'a Coverage>>, Vec<&'a Coverage>);

/// Who has no such system at all need not read a line for each of its controls: those that lack all facts for the same
/// reason are listed together, the largest group first, and the others one by one.
fn in_groups(gaps: Vec<&Coverage>) -> Groups<'_> {
    let mut alike: BTreeMap<&[String], Vec<&Coverage>> = BTreeMap::new();
    for coverage in gaps.iter().filter(|coverage| coverage.facts == 0) {
        alike.entry(&coverage.hints).or_default().push(coverage);
    }
    let mut groups: Vec<Vec<&Coverage>> = alike.into_values().filter(|group| group.len() >= FEWEST_TOGETHER).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let together = |control: &str| groups.iter().flatten().any(|coverage| coverage.control == control);
    let apart = gaps.into_iter().filter(|coverage| !together(&coverage.control)).collect();
    (groups, apart)
}
