//! Actions in words, the same in every format for people.

use cutover_model::escape;
use cutover_model::result::Severity;
use cutover_model::result::action::{Action, ActionKind, Clears, Effect};

/// The thing to edit: `Template "Field Photos"`.
pub(super) fn target(action: &Action) -> String {
    let name = escape::name(&action.target.name);
    let kind = match (action.kind, action.target.r#type.as_str()) {
        (ActionKind::RemoveSecret, _) => return format!("Secret in {name}"),
        (_, "Template") => "Template",
        (_, "LegacyAccount") => "Legacy account",
        (_, "ManagedAccount") => "DMSA",
        (_, "Person") => "User",
        (_, other) => other,
    };
    format!("{} \"{name}\"", escape::name(kind))
}

/// The edit, and what is known of its effect.
pub(super) fn edit(action: &Action) -> String {
    match action.effect {
        Effect::Tried { introduces: 0, needed: 0 } | Effect::Expected => action.edit.clone(),
        Effect::Tried { introduces: 0, .. } => format!("{} (takes access that is in use)", action.edit),
        Effect::Tried { introduces, .. } => format!("{} (introduces {introduces})", action.edit),
    }
}

/// `12 (2 critical)`.
pub(super) fn clears(clears: &Clears) -> String {
    match clears.critical {
        0 => clears.total().to_string(),
        critical => format!("{} ({critical} crit)", clears.total()),
    }
}

/// The worst severity among what an action clears.
pub(super) fn worst(clears: &Clears) -> Option<Severity> {
    let counts = [
        (clears.critical, Severity::Critical),
        (clears.high, Severity::High),
        (clears.medium, Severity::Medium),
        (clears.low, Severity::Low),
        (clears.info, Severity::Info),
    ];
    counts.into_iter().find(|(count, _)| *count > 0).map(|(_, severity)| severity)
}
