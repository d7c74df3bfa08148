//! Decisions that arrive with a change, compared with those that were there before.

use std::collections::BTreeMap;
use std::path::Path;

use cutover_analysis::gate::rules::{Difference, rules_changed};
use cutover_model::diagnostic::{Diagnostic, Place};
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};

/// What the export after a change would decide and the one before does not, and the other way round; and the same as
/// results list it. What is named by options, or lies outside of both, is the same for both.
pub(super) fn compare(
    (before, were): (&Path, &[DecidedBy]),
    (after, are): (&Path, &[DecidedBy]),
) -> (Vec<Diagnostic>, Vec<DecidedBy>) {
    let of = |root: &Path, all: &[DecidedBy]| -> BTreeMap<(DecisionKind, String), DecidedBy> {
        let own = all.iter().filter(|one| one.origin == DecisionOrigin::Export && !one.ignored);
        own.map(|one| ((one.kind, inside(&one.path, root)), one.clone())).collect()
    };
    let (were, are) = (of(before, were), of(after, are));
    let (mut diagnostics, mut listed) = (Vec::new(), Vec::new());
    for ((kind, name), is) in &are {
        if were.get(&(*kind, name.clone())).is_none_or(|was| was.sha256 != is.sha256) {
            diagnostics.push(rules_changed(Difference::Edited, name, &is.effect, Place::Path(is.path.clone())));
            listed.push(DecidedBy { effect: format!("ignored: {}", is.effect), ignored: true, ..is.clone() });
        }
    }
    for ((kind, name), was) in &were {
        if !are.contains_key(&(*kind, name.clone())) {
            diagnostics.push(rules_changed(Difference::Removed, name, &was.effect, Place::Path(was.path.clone())));
        }
    }
    (diagnostics, listed)
}

/// A path from the folder it lies in, with `/` on every system.
fn inside(path: &str, root: &Path) -> String {
    let path = Path::new(path);
    path.strip_prefix(root).unwrap_or(path).display().to_string().replace('\\', "/")
}
