//! Who may do what in a container, and who holds privileges over the whole server.
//!
//! FlowForce does not look at permissions when a job runs: to take one away stops nobody's job.

use std::collections::BTreeSet;

use super::{Part, parts};
use cutover_export::records::altova as record;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// What a role or user may do in a container.
#[derive(Debug, Clone)]
pub struct Permission {
    /// "role" or "user".
    pub kind: String,
    /// Its name, as written.
    pub principal: String,
    /// The container.
    pub container: String,
    /// The family of the permission, in lower case: "credentials".
    pub family: String,
    /// The label, as written. `No access` of older releases and `Disable inheritance` of newer ones stand in the same
    /// place and mean opposite things: only the first denies.
    pub label: Known<String>,
    /// Whether it gives the right to use what is in the container; what is inherited counts.
    pub gives_use: Known<bool>,
    /// Whether it was taken away to revoke a credential.
    pub as_revocation: bool,
    /// Where it is.
    pub evidence: Evidence,
}

/// `role:etl` is a role named `etl`; a name alone is one of the users every server has, or a role.
fn named(principal: &str) -> (String, String) {
    let (kind, name) = principal.split_once(':').unwrap_or(("", principal));
    let kind = if kind.trim().eq_ignore_ascii_case("user") { "user" } else { "role" };
    (kind.to_owned(), name.trim().to_owned())
}

/// The family in lower case; the manual writes `Credentials`, some write `Credential`.
fn family(written: &str) -> String {
    let family = written.trim().to_lowercase();
    if family == "credential" { "credentials".to_owned() } else { family }
}

/// The labels that a permission can have, in lower case. What another word means nobody knows.
const LABELS: [&str; 7] = ["inherit", "read", "write", "use", "no access", "disable inheritance", "none"];

/// The labels of a permission: `Read, Write`, or `Credentials - Use` as the manual writes it.
fn labels(written: &str) -> Vec<String> {
    let label = |word: &str| word.rsplit_once(" - ").map_or(word, |(_, label)| label).trim().to_lowercase();
    written.split(',').map(label).collect()
}

pub(super) fn read(
    inventory: &record::Inventory,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Permission> {
    let all = parts(&inventory.permissions, origin, "permissions").all;
    let permission = |(part, permission): &(Part, &record::Permission)| {
        let (kind, principal) = named(permission.principal.value()?);
        let container = permission.container.value()?.clone();
        Some(Permission {
            kind,
            principal,
            family: family(permission.family.value()?),
            label: part.text(&permission.value, "value"),
            gives_use: gives_use(part, permission, &container, &all),
            container,
            as_revocation: permission.as_revocation.value() == Some(&true),
            evidence: part.evidence("value"),
        })
    };
    let mut out = Vec::new();
    for one in &all {
        if let Some(permission) = permission(one) {
            out.push(permission);
        } else {
            let place = Place::Member(origin, one.0.at.clone());
            let message = "a permission without `container`, `principal` or `family`; it was left out";
            diagnostics.push(Diagnostic::new(Code::Shape, place, message));
        }
    }
    out
}

/// Whether a permission gives use, looking through `Inherit` at the containers above.
fn gives_use(
    part: &Part,
    permission: &record::Permission,
    container: &str,
    all: &[(Part, &record::Permission)],
) -> Known<bool> {
    let Some(label) = permission.value.value() else { return Known::Unknown };
    let labels = labels(label);
    if !labels.iter().all(|label| LABELS.contains(&label.as_str())) {
        return Known::Unknown;
    }
    if !labels.iter().any(|label| label == "inherit") {
        return Known::is(labels.iter().any(|label| label == "use"), part.evidence("value"));
    }
    let Some((above, _)) = container.trim_end_matches('/').rsplit_once('/') else { return Known::Unknown };
    let same = |other: &record::Permission| {
        let key = |of: &record::Permission| of.principal.value().map(|name| name.trim().to_lowercase());
        let kind = |of: &record::Permission| of.family.value().map(|written| family(written));
        key(other) == key(permission)
            && kind(other) == kind(permission)
            && other.container.value().map(|name| name.trim_end_matches('/')) == Some(above)
    };
    match all.iter().find(|(_, other)| same(other)) {
        Some((place, other)) => gives_use(place, other, above, all),
        None => Known::Unknown,
    }
}

/// The roles that every user has, as FlowForce installs them; `all` includes whoever did not sign in.
const EVERYBODY: [&str; 2] = ["all", "authenticated"];

/// Who holds privileges over the whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holders {
    /// How many roles and users.
    pub number: usize,
    /// One of them is a role that every user has.
    pub everybody: bool,
}

/// Which roles and users hold a privilege over the whole server. Everybody may hold `Set own password`.
pub(super) fn holders(inventory: &record::Inventory, origin: Origin) -> Known<Holders> {
    let listed = parts(&inventory.privileges, origin, "privileges");
    if !listed.complete {
        return Known::Unknown;
    }
    let counts = |privilege: &str| !privilege.trim().eq_ignore_ascii_case("set own password");
    let mut holders = BTreeSet::new();
    for (_, held) in &listed.all {
        let (Some(principal), Some(privilege)) = (held.principal.value(), held.privilege.value()) else {
            return Known::Unknown;
        };
        if counts(privilege) {
            let (kind, name) = named(principal);
            holders.insert((kind, name.to_lowercase()));
        }
    }
    let everybody = holders.iter().any(|(kind, name)| kind == "role" && EVERYBODY.contains(&name.as_str()));
    Known::is(Holders { number: holders.len(), everybody }, Evidence::new(origin, "privileges"))
}
