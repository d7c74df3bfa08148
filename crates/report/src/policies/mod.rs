//! Renderers of a catalogue of controls: one file for each format, over `cutover.policies/v1` and nothing else.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Style, json};
use cutover_model::result::policies::{Control, Policies};

mod csv;
pub mod docs;
mod list;
mod markdown;
mod show;
mod words;

/// The formats of a list of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Text,
    /// The whole catalogue as one document.
    Json,
    /// One control a row.
    Csv,
    /// A table for a page or a ticket.
    Markdown,
}

/// The formats of one control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// For people.
    Text,
    /// One element of the list.
    Json,
}

/// Writes a list of controls in a format.
///
/// # Errors
/// When the output cannot be written.
pub fn list(policies: &Policies, format: ListFormat, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ListFormat::Text => list::policies(policies, style, out),
        ListFormat::Json => json::write(policies, out),
        ListFormat::Csv => csv::policies(policies, out),
        ListFormat::Markdown => markdown::policies(policies, out),
    }
}

/// Writes one control in a format.
///
/// # Errors
/// When the output cannot be written.
pub fn show(control: &Control, format: ShowFormat, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ShowFormat::Text => show::control(control, style, out),
        ShowFormat::Json => json::write(control, out),
    }
}
