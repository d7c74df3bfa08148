//! What an organisation changed of the controls, in words.

use cutover_model::result::audit::Override;

/// `replaced`, `switched off`, or `low instead of high`; why; who decided; where it says so. `show` makes text safe for the medium.
pub(super) fn sentence(change: &Override, show: impl Fn(&str) -> String) -> String {
    let what = match &change.severity {
        Some(severity) => format!("{} instead of {}", severity.to.id(), severity.from.id()),
        None if change.replaced => "replaced".to_owned(),
        None => "switched off".to_owned(),
    };
    let who = change.approved_by.as_deref().map(|by| format!(", approved by {}", show(by))).unwrap_or_default();
    let (reason, path) = (show(change.reason.trim()), show(&change.path));
    format!("{what}: {} ({path}:{}{who})", reason.trim_end_matches('.'), change.line)
}

/// The heading of the controls that were changed, by what changed them.
pub(super) fn heading(changes: &[Override]) -> &'static str {
    match (changes.iter().any(|change| !change.replaced), changes.iter().any(|change| change.replaced)) {
        (true, true) => "Changed by cutover.toml or a policy pack",
        (false, true) => "Replaced by a policy pack",
        (_, false) => "Changed by cutover.toml",
    }
}
