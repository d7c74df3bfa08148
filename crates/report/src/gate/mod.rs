//! A gate in every format. Those for other programs list its violations as they do an audit's; those for people say
//! first what changed.

use std::io::{self, Write};

use super::{Format, Style, csv, github, gitlab, html, json, jsonl, junit, sarif};
use cutover_model::result::gate::Gate;

mod markdown;
mod text;
pub(super) mod words;

pub use markdown::write as markdown;

/// Writes a gate in a format.
///
/// # Errors
/// When the output cannot be written.
pub fn gate(gate: &Gate, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(gate, style, out),
        Format::Json => json::write(gate, out),
        Format::Jsonl => jsonl::write(&gate.listing(), out),
        Format::Csv => csv::write(&gate.listing(), out),
        Format::Markdown => markdown::write(gate, style.limit.unwrap_or(super::markdown::COMMENT), out),
        Format::Sarif => sarif::write(&gate.listing(), style.roots, out),
        Format::Junit => junit::write(&gate.listing(), out),
        Format::Github => github::write(&gate.listing(), out),
        Format::Gitlab => gitlab::write(&gate.listing(), style.roots, out),
        Format::Html => html::gate(gate, out),
    }
}
