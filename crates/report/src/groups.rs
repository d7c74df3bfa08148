//! Violations of one kind that are too many to list: how many are listed, and the sentence about the others.

use super::text::counted;
use cutover_model::result::Party;
use cutover_model::result::audit::{Control, Group, Violation, ViolationStatus};

/// Those of one control and severity.
pub(super) fn of<'g>(groups: &'g [Group], one: &Violation) -> Vec<&'g Group> {
    groups.iter().filter(|group| group.control == one.control && group.severity == one.severity).collect()
}

/// "12 open, 3 waived; the customer must act, duty C5". `show` makes text safe for the medium.
pub(super) fn duties(
    groups: &[&Group],
    party: Party,
    control: Option<&Control>,
    show: impl Fn(&str) -> String,
) -> String {
    let of = |status: ViolationStatus| -> usize {
        groups.iter().filter(|group| group.status == status).map(|group| group.count).sum()
    };
    let (open, waived, known) = (of(ViolationStatus::Open), of(ViolationStatus::Waived), of(ViolationStatus::Baseline));
    let others = [(waived, "waived"), (known, "in the baseline")];
    let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    let others: String = others.collect();
    let duty = control.and_then(|control| control.duty.as_deref());
    let duty = duty.map(|duty| format!(", duty {}", show(duty))).unwrap_or_default();
    format!("{open} open{others}; the {} must act{duty}", party.id())
}

/// "280 more violations (ManagedAccount, Tool)", for each group of which not all are listed. `show` makes text safe for the
/// medium.
pub(super) fn left_out(groups: &[&Group], show: impl Fn(&str) -> String) -> Vec<String> {
    let sentence = |group: &&&Group| {
        let more = counted(group.count.checked_sub(group.included).filter(|more| *more > 0)?, "more violation");
        Some(format!("{more} ({})", show(&what(group))))
    };
    groups.iter().filter_map(|group| sentence(&group)).collect()
}

/// What the violations of a group have in common, beside the control.
pub(super) fn what(group: &Group) -> String {
    let status = if group.status == ViolationStatus::Open { "" } else { group.status.id() };
    let words = [group.subject_type.as_str(), &group.resource_type, status];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

/// How many of each group there is room for, when all of them together may be so many: a large group gives way to small
/// ones, so that none is left out as a whole.
pub(super) fn share(groups: &[Group], most: usize) -> usize {
    let mut counts: Vec<usize> = groups.iter().map(|group| group.count).collect();
    counts.sort_unstable();
    let (mut left, mut many) = (most, counts.len());
    for count in counts {
        if count.saturating_mul(many) > left {
            return (left / many).max(1);
        }
        left -= count;
        many -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_model::result::Severity;

    fn group(count: usize, included: usize, status: ViolationStatus) -> Group {
        Group {
            control: "DIR-01".to_owned(),
            severity: Severity::High,
            subject_type: "ManagedAccount".to_owned(),
            resource_type: "Tool".to_owned(),
            status,
            count,
            included,
        }
    }

    #[test]
    fn small_groups_are_whole_and_large_ones_share_the_rest() {
        let share = |counts: &[usize], most| {
            let groups: Vec<Group> = counts.iter().map(|count| group(*count, *count, ViolationStatus::Open)).collect();
            super::share(&groups, most)
        };
        assert_eq!(share(&[], 10), usize::MAX);
        assert_eq!(share(&[4, 6], 10), usize::MAX);
        assert_eq!(share(&[1_000_000, 2, 3], 10), 5);
        assert_eq!(share(&[100, 100], 10), 5);
        assert_eq!(share(&[100, 100, 100], 2), 1);
    }

    #[test]
    fn only_groups_with_more_say_so() {
        let groups = [group(20, 20, ViolationStatus::Open), group(1_021, 20, ViolationStatus::Waived)];
        let groups: Vec<&Group> = groups.iter().collect();
        assert_eq!(left_out(&groups, str::to_owned), ["1,001 more violations (ManagedAccount, Tool, waived)"]);
        assert_eq!(
            duties(&groups, Party::Customer, None, str::to_owned),
            "20 open, 1021 waived; the customer must act"
        );
        let groups = [group(3, 3, ViolationStatus::Baseline)];
        let groups: Vec<&Group> = groups.iter().collect();
        let included = duties(&groups, Party::Customer, None, str::to_owned);
        assert_eq!(included, "0 open, 3 in the baseline; the customer must act");
    }
}
