//! Packages: exports that were made, and imports that are planned.
//!
//! A package made without sensitive data and imported over what is there empties the secrets at the destination. The
//! import succeeds; the next run fails.

use super::{Listed, Part, means, parts, renewal, short};
use cutover_export::field::Field;
use cutover_export::records::altova as record;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// Which way a package goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It was exported from the server.
    Export,
    /// It is to be imported.
    Import,
}

/// A package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its file name.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Whether it holds passwords, secrets and tokens in clear text.
    pub sensitive_included: Known<bool>,
    /// Whether the import replaces what is there.
    pub overwrite: Known<bool>,
    /// The credentials whose secrets the import would empty.
    pub empties: Known<String>,
    /// Where it is.
    pub evidence: Evidence,
}

/// Whether any secret of a credential is on the server.
pub(super) fn holds_secrets(part: &Part, credential: &record::Credential) -> Known<bool> {
    let names = ["client_secret", "access_token", "refresh_token", "password"];
    let described: Vec<Known<bool>> = names.iter().map(|name| renewal::presence(part, credential, name)).collect();
    if let Some(there) = described.iter().find(|known| known.value() == Some(&true)) {
        return there.clone();
    }
    // A credential has only some of them: what is not listed is not there, if anything is.
    let any = described.into_iter().find(|known| known.value().is_some());
    let open = credential
        .presence
        .value()
        .is_none_or(|all| all.0.iter().any(|(_, word)| word.value().and_then(|word| word.is_there()).is_none()));
    any.filter(|_| !open).unwrap_or(Known::Unknown)
}

/// Whether a document says of every package: the one that was made, or that there is none, and the planned imports.
pub(super) fn complete(inventory: &record::Inventory) -> bool {
    let all_there = |list: &Vec<Field<record::Import>>| list.iter().all(|import| import.value().is_some());
    inventory.export.is_known() && inventory.imports.value().is_some_and(all_there)
}

pub(super) fn read(
    inventory: &record::Inventory,
    origin: Origin,
    credentials: &Listed<(Part, &record::Credential)>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Package> {
    let mut out = Vec::new();
    let made = inventory.export.value();
    if let Some(made) = made {
        let part = Part { origin, at: "export".to_owned() };
        out.push(Package {
            name: made.file.value().cloned().unwrap_or_else(|| "export package".to_owned()),
            direction: Direction::Export,
            sensitive_included: part.said(&made.sensitive_included, "sensitive_included", Clone::clone),
            overwrite: Known::Unknown,
            empties: Known::Unknown,
            evidence: part.evidence(""),
        });
    }
    for (part, import) in parts(&inventory.imports, origin, "imports").all {
        let Some(name) = import.package.value() else {
            let place = Place::Member(origin, part.at.clone());
            let message = "an import without `package`; it was left out";
            diagnostics.push(Diagnostic::new(Code::Shape, place, message));
            continue;
        };
        let own = part.said(&import.sensitive_included, "sensitive_included", Clone::clone);
        let as_made = made.filter(|made| made.file.value() == Some(name));
        let sensitive_included = match (own, as_made) {
            (Known::Unknown, Some(made)) => {
                let part = Part { origin, at: "export".to_owned() };
                part.said(&made.sensitive_included, "sensitive_included", Clone::clone)
            }
            (own, _) => own,
        };
        out.push(Package {
            name: name.clone(),
            direction: Direction::Import,
            sensitive_included,
            overwrite: part.said(&import.overwrite, "overwrite", Clone::clone),
            empties: empties(&part, import, credentials),
            evidence: part.evidence("package"),
        });
    }
    out
}

/// The credentials of this server that the package replaces and whose secrets are there now.
fn empties(part: &Part, import: &record::Import, credentials: &Listed<(Part, &record::Credential)>) -> Known<String> {
    let inside = part.list(&import.holds, "holds");
    if inside.value().is_some_and(Vec::is_empty) {
        return Known::is(String::new(), part.evidence("holds"));
    }
    let (mut names, mut open) = (Vec::new(), !credentials.complete);
    for (place, credential) in &credentials.all {
        let id = credential.id.value().map_or("", String::as_str);
        let held = inside.value().map(|inside| inside.iter().any(|name| means(name, id)));
        match (held, holds_secrets(place, credential).value()) {
            (Some(false), _) | (_, Some(false)) => {}
            (_, Some(true)) => names.push(short(id)),
            _ => open = true,
        }
    }
    let evidence = inside.stated().map_or_else(|| part.evidence("package"), |stated| stated.evidence.clone());
    match names.len() {
        0 if open => Known::Unknown,
        0..=3 => Known::is(names.join(", "), evidence),
        more => {
            let first: Vec<String> = names.iter().take(2).map(|name| escape::name(name)).collect();
            Known::is(format!("{} and {} more", first.join(", "), more - 2), evidence)
        }
    }
}
