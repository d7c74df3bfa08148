//! What every format says of a control in the same words.

use crate::sarif::wording;
use crate::text::counted;
use cutover_model::kind::Kind;
use cutover_model::result::policies::{Applies, Control, Example, Over, Policies, Rating, Relation, Source};
use cutover_model::result::{Party, Severity};

/// Every rating, worst first; the one that follows the days stands last.
pub(super) const RATINGS: [Rating; 6] =
    [Rating::Critical, Rating::High, Rating::Medium, Rating::Low, Rating::Info, Rating::Deadline];

/// A message or remedy as people read it: `{principal.name}` becomes ‹principal›.
pub(super) fn pattern(text: &str) -> String {
    wording::pattern(text)
}

/// Severity it is.
pub(super) fn rating(control: &Control) -> String {
    let known = match control.severity {
        Rating::Deadline => "by the days left until the sunset".to_owned(),
        fixed => fixed.id().to_owned(),
    };
    let unknown = |severity: Severity| format!("; {} if that is unknown", severity.id());
    known + &control.unknown.map_or(String::new(), unknown)
}

/// Who acts.
pub(super) fn party(party: Party) -> &'static str {
    match party {
        Party::Customer => "the customer",
        Party::Developer => "the developer",
        Party::Platform => "the platform (Procore)",
    }
}

/// The duty that it comes from.
pub(super) fn duty(control: &Control) -> Option<String> {
    let duty = control.duty.as_ref()?;
    Some(control.duty_text.as_ref().map_or_else(|| format!("duty {duty}"), |text| format!("duty {duty}: {text}")))
}

/// What a violation means for a migration.
pub(super) fn migration(control: &Control) -> Option<String> {
    Some(match control.migration.as_deref()? {
        "blocks" => "the account cannot migrate before this is fixed".to_owned(),
        "retires" => "the account retires without a replacement".to_owned(),
        word => match word.strip_prefix("blocks: ") {
            Some(step) => format!("the account cannot migrate before the step `{step}` fixes this"),
            None => format!("the step `{word}` takes care of it"),
        },
    })
}

/// Who evaluates by it.
pub(super) fn over(control: &Control) -> &'static str {
    match control.over {
        Over::Export => "an audit, and by a plan",
        Over::Plan => "a plan",
        Over::Change => "a gate",
    }
}

/// A kind of fact: `ManagedAccount holds Tool`.
pub(super) fn applies(applies: &Applies) -> String {
    format!("{} {} {}", applies.principal, applies.action, applies.resource)
}

/// The kinds of export that say what an attribute is.
pub(super) fn kinds(source: &Source) -> String {
    if source.from.is_empty() {
        return "always known".to_owned();
    }
    source.from.iter().map(Kind::to_string).collect::<Vec<_>>().join(" or ")
}

/// The relations by framework: `NIST SP 800-53 r5`, and the ids there.
pub(super) fn by_framework(relations: &[Relation]) -> Vec<(String, Vec<&Relation>)> {
    let mut out: Vec<(String, Vec<&Relation>)> = Vec::new();
    for relation in relations {
        let framework = match relation.cited() {
            cited if cited == relation.id => relation.framework.clone(),
            _ => format!("{} {}", relation.framework, relation.version),
        };
        match out.last_mut() {
            Some((last, ids)) if *last == framework => ids.push(relation),
            _ => out.push((framework, vec![relation])),
        }
    }
    out
}

/// `58 controls: 9 critical, …`, of those there are.
pub(super) fn total(policies: &Policies, paint: &dyn Fn(Rating, &str) -> String) -> String {
    let of = |rating: Rating| policies.controls.iter().filter(|control| control.severity == rating).count();
    let parts: Vec<String> = RATINGS
        .into_iter()
        .filter(|rating| of(*rating) > 0)
        .map(|rating| match rating {
            Rating::Deadline => format!("{} by the days left", of(rating)),
            fixed => paint(fixed, &format!("{} {}", of(fixed), fixed.id())),
        })
        .collect();
    match parts.as_slice() {
        [] => "no controls".to_owned(),
        parts => format!("{}: {}", counted(policies.controls.len(), "control"), parts.join(", ")),
    }
}

/// The files of an example in the order of reading: what a change began with before what it led to.
pub(super) fn files(example: &Example) -> Vec<(&str, &str)> {
    let mut files: Vec<(&str, &str)> =
        example.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.sort_by_key(|(path, _)| match (path.strip_prefix("before/"), path.strip_prefix("after/")) {
        (Some(path), _) => (true, path, false),
        (_, Some(path)) => (true, path, true),
        _ => (false, *path, false),
    });
    files
}
