//! What every format for people says of a change in the same words.

use crate::report::text::counted;
use crate::result::Location;
use crate::result::gate::{Change, Direction, Gate, NotCompared, Sort};

/// The headings of changes, in the order of results, with the changes below each.
pub(super) fn sections(gate: &Gate) -> Vec<(String, Vec<&Change>)> {
    let of = |sort: Sort| {
        let own: Vec<&Change> = gate.changes.iter().filter(|change| change.sort == sort).collect();
        let heading = match sort {
            Sort::Grant => "Access",
            Sort::Membership => "Project memberships",
            Sort::Identity => "Identities",
            Sort::Installation => "Installations",
            Sort::Request => "What manifests ask for",
            Sort::Template => "Permission templates",
            Sort::Credential => "Credentials",
            Sort::Webhook => "Webhooks",
            Sort::Setting => "Settings",
        };
        (format!("{heading} ({})", own.len()), own)
    };
    Sort::ALL.into_iter().map(of).filter(|(_, own)| !own.is_empty()).collect()
}

/// The sign of a direction.
pub(super) fn sign(direction: Direction) -> &'static str {
    match direction {
        Direction::Gained => "+",
        Direction::Raised => "↑",
        Direction::Lost => "-",
        Direction::Lowered => "↓",
        Direction::Renamed | Direction::Reissued | Direction::Changed => "~",
    }
}

/// Where it is written: after the change, or else before it.
pub(super) fn place(change: &Change) -> Option<&Location> {
    change.locations.after.as_ref().or(change.locations.before.as_ref())
}

/// What came of the changes, in a few words.
pub(super) fn counts(gate: &Gate) -> String {
    if gate.changes.is_empty() {
        return "nothing changed".to_owned();
    }
    let of = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let parts =
        [of(gate.counts.gained, "more access"), of(gate.counts.lost, "less access"), of(gate.counts.other, "other")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}: {}", counted(gate.changes.len(), "change"), parts.join(", "))
}

/// What stayed against policy, and what does not any more.
pub(super) fn stayed(gate: &Gate) -> Option<String> {
    let unchanged = (gate.counts.unchanged > 0)
        .then(|| format!("{} from before, which do not count", counted(gate.counts.unchanged, "violation")));
    let resolved = (gate.counts.resolved > 0).then(|| format!("{} resolved", gate.counts.resolved));
    let parts: Vec<String> = unchanged.into_iter().chain(resolved).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What could not be compared, in a sentence; `show` makes an id safe for the medium.
pub(super) fn not_compared(entry: &NotCompared, show: impl Fn(&str) -> String) -> String {
    let kinds: Vec<String> = entry.missing_before.iter().map(ToString::to_string).collect();
    let without =
        if kinds.is_empty() { String::new() } else { format!("; the export before lacks {}", kinds.join(", ")) };
    let count = counted(entry.violations, "violation");
    format!("{}: {count} of which nobody knows whether the change made them{without}", show(&entry.control))
}
