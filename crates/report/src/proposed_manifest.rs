//! Renderers of a proposed manifest, over `cutover.manifest/v1` and nothing else.

use std::io::{self, Write};

use super::json;
use super::text::screen::Screen;
use crate::Style;
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::manifest::{EvidenceBasis, ManifestProposal};

/// Writes the manifest itself, to be put into the developer portal.
///
/// # Errors
/// When the output cannot be written.
pub fn manifest(proposal: &ManifestProposal, out: &mut dyn Write) -> io::Result<()> {
    json::write(&proposal.manifest, out)
}

/// Writes the manifest with the evidence of each line as one document.
///
/// # Errors
/// When the output cannot be written.
pub fn document(proposal: &ManifestProposal, out: &mut dyn Write) -> io::Result<()> {
    json::write(proposal, out)
}

/// Writes why the manifest asks for each tool, what it leaves out, and what it cannot ask for.
///
/// # Errors
/// When the output cannot be written.
pub fn evidence(proposal: &ManifestProposal, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let screen = Screen::of(style);
    let mut lines = vec![screen.paint.bold(&format!("Manifest for {}", escape::name(&proposal.account.name)))];
    for line in &proposal.evidence {
        let level = Level::parse(&line.level).map_or_else(|| line.level.clone(), |level| level.to_string());
        let basis = match line.basis {
            EvidenceBasis::Used => "used",
            EvidenceBasis::Held => "held",
        };
        let place = line.location.as_ref();
        let place = place.map(|at| format!("  {}:{}", escape::name(&at.path), at.line)).unwrap_or_default();
        let text =
            format!("{}: {level} ({basis}): {}{place}", escape::name(&line.tool.name), escape::visible(&line.because));
        lines.extend(screen.wrapped(&text, "  ", "      "));
    }
    if !proposal.not_expressed.is_empty() {
        lines.push(screen.paint.bold("A manifest cannot ask for"));
        lines.extend(
            proposal.not_expressed.iter().flat_map(|what| screen.wrapped(&escape::visible(what), "  · ", "    ")),
        );
    }
    if proposal.manifest.app_manifest.uid.is_none() {
        lines.push("The uid of the app comes from the developer portal.".to_owned());
    }
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}
