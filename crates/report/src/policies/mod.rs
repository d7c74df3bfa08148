//! Renderers of a catalogue of controls: one file for each format, over `cutover.policies/v1` and nothing else.

use super::formats::formats;
use super::json;
use cutover_model::result::policies::{Control, Policies};

mod csv;
pub mod docs;
mod list;
mod markdown;
mod show;
mod words;

formats! {
    /// The formats of a list of controls.
    enum ListFormat;
    /// Writes a list of controls in a format.
    fn list(policies: Policies, style, out);

    /// For people.
    Text => list::policies(policies, style, out),
    /// The whole catalogue as one document.
    Json => json::write(policies, out),
    /// One control a row.
    Csv => csv::policies(policies, out),
    /// A table for a page or a ticket.
    Markdown => markdown::policies(policies, out),
}

formats! {
    /// The formats of one control.
    enum ShowFormat;
    /// Writes one control in a format.
    fn show(control: Control, style, out);

    /// For people.
    Text => show::control(control, style, out),
    /// One element of the list.
    Json => json::write(control, out),
}
