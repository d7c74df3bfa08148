//! What every format for people says of a change in the same words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::text::counted;
use cutover_model::escape;
use cutover_model::result::gate::{Basis, Change, ChangeKind, Direction, Gate, NotCompared, Proof};
use cutover_model::result::{Location, Thing};

/// A change as people read it, and how many others it stands for: what follows from administering the company is one line.
pub(crate) struct Line<'g> {
    pub change: &'g Change,
    pub message: Cow<'g, str>,
}

/// The lines of changes: those that follow from Admin on the company Directory alone, or from its loss, in one.
pub(crate) fn lines<'g>(changes: &[&'g Change]) -> Vec<Line<'g>> {
    let implied = |change: &Change| {
        let through = change.through.as_ref();
        let is = |through: Option<&String>| through.is_some_and(|through| through == "company administrator");
        through.is_some_and(|through| is(through.before.as_ref()) || is(through.after.as_ref()))
    };
    let mut lines: Vec<Line<'g>> = Vec::new();
    let mut folded: BTreeMap<(&Thing, bool), (&'g Change, usize)> = BTreeMap::new();
    for change in changes {
        let is_more = matches!(change.direction, Direction::Gained | Direction::Raised);
        match implied(change) {
            true => folded.entry((&change.subject, is_more)).or_insert((change, 0)).1 += 1,
            false => lines.push(Line { change, message: Cow::Borrowed(&change.message) }),
        }
    }
    for ((subject, is_more), (change, count)) in folded {
        let (name, tools) = (escape::name(&subject.name), counted(count, "tool"));
        let message = match (count, is_more) {
            (1, _) => Cow::Borrowed(change.message.as_str()),
            (_, true) => Cow::Owned(format!("{name} has Admin on {tools}, as an administrator of the company.")),
            (_, false) => {
                Cow::Owned(format!("{name} has less on {tools}, and had Admin as an administrator of the company."))
            }
        };
        lines.push(Line { change, message });
    }
    lines
}

/// Every change in a line of its own.
pub(crate) fn apart<'g>(changes: &[&'g Change]) -> Vec<Line<'g>> {
    changes.iter().map(|change| Line { change, message: Cow::Borrowed(&change.message) }).collect()
}

/// The headings of changes, in the order of results, with the changes below each.
pub(crate) fn sections(gate: &Gate) -> Vec<(String, Vec<&Change>)> {
    let of = |kind: ChangeKind| {
        let own: Vec<&Change> = gate.changes.iter().filter(|change| change.kind == kind).collect();
        let heading = match kind {
            ChangeKind::Grant => "Access",
            ChangeKind::Membership => "Project memberships",
            ChangeKind::Identity => "Identities",
            ChangeKind::Installation => "Installations",
            ChangeKind::Request => "Manifest permissions",
            ChangeKind::Template => "Permission templates",
            ChangeKind::Credential => "Credentials",
            ChangeKind::Webhook => "Webhooks",
            ChangeKind::Setting => "Settings",
        };
        (format!("{heading} ({})", own.len()), own)
    };
    ChangeKind::ALL.into_iter().map(of).filter(|(_, own)| !own.is_empty()).collect()
}

/// The sign of a direction.
pub(crate) fn sign(direction: Direction) -> &'static str {
    match direction {
        Direction::Gained => "+",
        Direction::Raised => "↑",
        Direction::Lost => "-",
        Direction::Lowered => "↓",
        Direction::Renamed | Direction::Reissued | Direction::Changed => "~",
    }
}

/// Where it is written: after the change, or else before it.
pub(crate) fn place(change: &Change) -> Option<&Location> {
    change.locations.after.as_ref().or(change.locations.before.as_ref())
}

/// What came of the changes, in a few words.
pub(crate) fn counts(gate: &Gate) -> String {
    if gate.changes.is_empty() {
        return "nothing changed".to_owned();
    }
    let of = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let parts =
        [of(gate.counts.gained, "more access"), of(gate.counts.lost, "less access"), of(gate.counts.other, "other")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}: {}", counted(gate.changes.len(), "change"), parts.join(", "))
}

/// How many violations would pass once the decisions that the change brings are accepted.
pub(crate) fn once_accepted(gate: &Gate) -> Option<String> {
    let count = gate.counts.passing_once_accepted;
    (count > 0).then(|| format!("{count} would pass once the decisions of this change are accepted"))
}

/// What was found about new access, in a sentence.
pub(crate) fn proof(proof: &Proof) -> String {
    let included = match (proof.no_new_access, proof.count) {
        (true, _) => "the change adds no access".to_owned(),
        (false, 0) => "whether the change adds access is unknown".to_owned(),
        (false, 1) => "1 grant of access is new".to_owned(),
        (false, count) => format!("{} of access are new", counted(count, "grant")),
    };
    let included = match proof.unknown {
        0 => included,
        unknown => format!("{included}, as far as known: for {unknown} identities neither export is complete"),
    };
    let solver = proof.solver.as_deref().unwrap_or("the solver");
    let why = proof.why.as_deref().unwrap_or_default();
    let example = proof.example.as_deref().map(|example| format!(": {example}")).unwrap_or_default();
    match proof.basis {
        Basis::Proved => format!("{included}, in existing and future projects (proved by {solver})"),
        Basis::Refuted => format!("{included}{example} (shown by {solver}, confirmed by Cedar)"),
        Basis::Compared => format!("{included} (compared over the exports, not proved: {why})"),
        Basis::NotDecided => format!("{included} (not decided: {why})"),
    }
}

/// What stayed against policy, and what does not any more.
pub(crate) fn stayed(gate: &Gate) -> Option<String> {
    let unchanged = (gate.counts.unchanged > 0)
        .then(|| format!("{} existing, not counted", counted(gate.counts.unchanged, "violation")));
    let resolved = (gate.counts.resolved > 0).then(|| format!("{} resolved", gate.counts.resolved));
    let parts: Vec<String> = unchanged.into_iter().chain(resolved).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What could not be compared, in a sentence; `show` makes an id safe for the medium.
pub(crate) fn not_compared(entry: &NotCompared, show: impl Fn(&str) -> String) -> String {
    let kinds: Vec<String> = entry.missing_before.iter().map(ToString::to_string).collect();
    let without = if kinds.is_empty() {
        String::new()
    } else {
        format!("; the export before the change lacks {}", kinds.join(", "))
    };
    let count = counted(entry.violations, "violation");
    format!("{}: {count} that may be new or existing{without}", show(&entry.control))
}
