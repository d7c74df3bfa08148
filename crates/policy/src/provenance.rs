//! What a pack was read from: the built-in policies and folders, each with its digest and what it changes.

use std::path::Path;

use super::pack::{self, Part};
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};
use cutover_secrets::digest::sha256;

/// Controls that are named in one sentence.
pub(super) const MAX_NAMED: usize = 12;

/// A part of a pack as it was read.
#[derive(Debug, Clone)]
pub struct PackSource {
    /// The folder; `policies` for what is built in.
    pub path: String,
    /// Where it comes from.
    pub origin: DecisionOrigin,
    /// SHA-256 of the names and bytes of its files, in hexadecimal.
    pub sha256: String,
    /// How many controls it holds.
    pub controls: usize,
    /// The controls of earlier parts whose place it takes, by id.
    pub replaced: Vec<Replaced>,
}

/// A control that took the place of another one with its id.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// Its id.
    pub control: String,
    /// The file it is in.
    pub path: String,
    /// The line it starts in, from 1.
    pub line: usize,
}

impl PackSource {
    /// A part with these files, which are sorted by their paths.
    pub(super) fn of(part: &Part, files: &[(String, String)]) -> Self {
        let (path, origin) = match part {
            Part::BuiltIn => (Path::new("policies"), DecisionOrigin::BuiltIn),
            Part::Folder(folder) => (folder.as_path(), DecisionOrigin::CommandLine),
        };
        let name = |file: &str| Path::new(file).strip_prefix(path).unwrap_or(Path::new(file)).display().to_string();
        let line = |(file, text): &(String, String)| format!("{} {}\n", sha256(text.as_bytes()), name(file));
        let mut lines: String = files.iter().map(line).collect();
        if origin == DecisionOrigin::BuiltIn {
            // What stands beside the built-in policies decides as well: severities, parties, names of tools.
            lines.extend(pack::DATA.iter().map(|(name, text)| format!("{} {name}\n", sha256(text.as_bytes()))));
        }
        Self {
            path: path.display().to_string(),
            origin,
            sha256: sha256(lines.as_bytes()),
            controls: 0,
            replaced: Vec::new(),
        }
    }

    /// The same as results list it.
    pub fn describe(&self) -> DecidedBy {
        let controls = cutover_model::natural::counted(self.controls, "control");
        let replaced: Vec<String> =
            self.replaced.iter().map(|one| format!("{} replaced by {}", one.control, one.path)).collect();
        DecidedBy {
            path: self.path.clone(),
            kind: DecisionKind::Pack,
            sha256: self.sha256.clone(),
            origin: self.origin,
            effect: std::iter::once(controls).chain(enumerate(replaced)).collect::<Vec<_>>().join("; "),
            ignored: false,
        }
    }
}

/// A list with commas, cut off after a while; none where there is nothing to list.
pub(super) fn enumerate(mut all: Vec<String>) -> Option<String> {
    let more = all.len().saturating_sub(MAX_NAMED);
    all.truncate(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!all.is_empty()).then(|| format!("{}{more}", all.join(", ")))
}
