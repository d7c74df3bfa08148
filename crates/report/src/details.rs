//! What several formats say of a violation in the same words.

use cutover_model::result::audit::{BaselineState, Step, Violation, ViolationStatus};

/// Members named in one violation.
const MEMBERS: usize = 6;

/// Why a violation does not count, if it does not.
pub(super) fn standing(violation: &Violation) -> Option<String> {
    match (violation.status, &violation.waiver) {
        (ViolationStatus::Open, _) => None,
        (ViolationStatus::Waived, Some(waiver)) => {
            Some(format!("waived until {} by {}: {}", waiver.expires, waiver.approver, waiver.reason))
        }
        (ViolationStatus::Waived, None) => Some("waived".to_owned()),
        (ViolationStatus::Baseline, _) => Some(match violation.baseline_state {
            Some(BaselineState::Updated) => "in the baseline, and changed since".to_owned(),
            Some(BaselineState::Absent) => "in the baseline, now absent".to_owned(),
            _ => "in the baseline".to_owned(),
        }),
    }
}

/// By when a violation is going to be fixed, if that is decided.
pub(super) fn planned(violation: &Violation) -> Option<String> {
    let planned = violation.planned.as_ref()?;
    Some(format!("fix planned by {}, owner {}: {}", planned.expires, planned.owner, planned.reason))
}

/// What became of a violation that counts, since the baseline.
pub(super) fn news(violation: &Violation) -> Option<&'static str> {
    match (violation.status, violation.baseline_state?) {
        (ViolationStatus::Open, BaselineState::New) if violation.passes_once_accepted => {
            Some("new; would pass once the decisions of this change are accepted")
        }
        (ViolationStatus::Open, BaselineState::New) => Some("new"),
        (ViolationStatus::Open, BaselineState::Updated) => Some("worse than in the baseline"),
        // Its waiver is over.
        (ViolationStatus::Open, BaselineState::Unchanged) => Some("not accepted in the baseline"),
        _ => None,
    }
}

/// "in 12 places: a, b and 10 more". `show` makes a name safe for the medium.
pub(super) fn members(violation: &Violation, show: impl Fn(&str) -> String) -> Option<String> {
    if violation.count <= 1 || violation.members.is_empty() {
        return None;
    }
    let named: Vec<String> = violation.members.iter().take(MEMBERS).map(|member| show(&member.name)).collect();
    let more = violation.members.len().saturating_sub(MEMBERS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let new = new_members(violation, &show).map(|new| format!("; new: {new}")).unwrap_or_default();
    Some(format!("in {} places: {}{more}{new}", violation.count, named.join(", ")))
}

/// The places that are new of a violation that was there in others: "c, d and 2 more".
pub(super) fn new_members(violation: &Violation, show: impl Fn(&str) -> String) -> Option<String> {
    let new = &violation.new_members;
    let named: Vec<String> = new.iter().take(MEMBERS).map(|member| show(&member.name)).collect();
    let more = match new.len().saturating_sub(MEMBERS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

/// "a → acts for b → grants Admin on c": the way from the subject to the resource.
pub(super) fn way(
    violation: &Violation,
    name: impl Fn(&str) -> String,
    text: impl Fn(&str) -> String,
) -> Option<String> {
    let first = violation.why.first()?;
    let step = |step: &Step| format!(" → {} {}", text(&step.edge), name(&step.to.name));
    Some(format!("{}{}", name(&first.from.name), violation.why.iter().map(step).collect::<String>()))
}
