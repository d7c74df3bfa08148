//! A gate as text for people: what changed, then what of it is against policy, then one line that sums up.

use std::io::{self, Write};

use super::overview;
use super::words::{self, Line};
use crate::text;
use crate::text::{Paint, counted, summary_parts};
use crate::{Style, View, header};
use cutover_model::escape;
use cutover_model::result::gate::{Direction, Gate};

/// Changes of one kind that are listed, unless everything is asked for.
const MAX_LISTED: usize = 20;

/// Writes a gate.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn write(gate: &Gate, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let listing = gate.listing();
    match style.view {
        View::Overview => return overview::write(gate, style, out),
        View::Verdict => return overview::verdict(gate, style, out),
        View::Coverage => {
            writeln!(out, "{}", overview::line(gate, paint))?;
            return text::coverage::write(&listing, style, paint, out);
        }
        View::Details => {}
    }
    writeln!(out, "{}", overview::line(gate, paint))?;
    writeln!(out, "{} of {} as of {}", paint.bold("Gate"), escape::name(&gate.company.name), gate.as_of)?;
    text::incomplete(&gate.diagnostics, paint, out)?;
    writeln!(out, "{} before, {} after", counted(gate.inputs.before.len(), "file"), gate.inputs.after.len())?;
    header::of_gate(gate).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    text::decided::write(&gate.decided_by, style, paint, out)?;
    for (heading, changes) in words::sections(gate) {
        writeln!(out, "\n{}", paint.bold(&heading))?;
        let most = if style.verbose { usize::MAX } else { MAX_LISTED };
        let lines = if style.verbose { words::apart(&changes) } else { words::lines(&changes) };
        lines.iter().take(most).try_for_each(|line| one(line, style, paint, out))?;
        if lines.len() > most {
            writeln!(out, "  … and {} more; -v and --format json list them", lines.len() - most)?;
        }
    }
    text::violations::write(&listing, style, paint, out)?;
    text::overrides::write(&gate.overrides, style, paint, out)?;
    if !gate.not_compared.is_empty() {
        writeln!(out, "\n{}", paint.bold("Not compared"))?;
    }
    for entry in &gate.not_compared {
        writeln!(out, "  {}", words::not_compared(entry, escape::name))?;
    }
    if let Some(proof) = &gate.proof {
        writeln!(out, "\n{}", paint.bold("New access"))?;
        writeln!(out, "  {}", escape::visible(&words::proof(proof)))?;
        for new in proof.new.iter().take(MAX_LISTED) {
            let (holder, tool) = (escape::name(&new.holder.name), escape::name(&new.tool));
            writeln!(out, "  + {holder}: {} on {tool} in {}", new.level.replace('_', " "), escape::name(&new.scope))?;
        }
        if proof.count > MAX_LISTED {
            writeln!(out, "  … and {} more", proof.count - MAX_LISTED)?;
        }
    }
    let parts = std::iter::once(words::counts(gate)).chain(summary_parts(&listing, paint)).chain(words::stayed(gate));
    let parts = parts.chain(words::once_accepted(gate));
    writeln!(out, "\n{}", parts.collect::<Vec<_>>().join("; "))
}

fn one(Line { change, message }: &Line<'_>, style: Style, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let sign = words::sign(change.direction);
    let sign = match change.direction {
        Direction::Gained | Direction::Raised => paint.caution(sign),
        Direction::Lost | Direction::Lowered => paint.good(sign),
        _ => paint.dim(sign),
    };
    let place = words::place(change).map(|at| format!(" {}:{}:{}", escape::name(&at.path), at.line, at.column));
    writeln!(out, "  {sign} {}{}", escape::visible(message), paint.dim(&place.unwrap_or_default()))?;
    if style.verbose && change.count > 1 {
        let named: Vec<String> = change.members.iter().map(|member| escape::name(&member.name)).collect();
        writeln!(out, "      {}", paint.dim(&format!("in {}", named.join("; "))))?;
    }
    Ok(())
}
