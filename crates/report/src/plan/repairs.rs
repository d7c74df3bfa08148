//! What every format for people says of a repair in the same words.

use super::words::{self, Escape};
use crate::text::counted;
use cutover_model::result::Thing;
use cutover_model::result::plan::Change;
use cutover_model::result::repair::{Asked, Edit, Keep, Loss, Repair};

/// `34 points`.
pub(super) fn points(number: u64) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), "point")
}

/// What was asked for, and what that means.
pub(crate) fn asked(asked: &Asked, escape: Escape) -> String {
    let what = match &asked.account {
        Some(account) => format!("the account {}", escape(&account.name)),
        None => counted(asked.controls.len(), "control"),
    };
    format!("{}: {what}, {}", escape(&asked.selector), counted(asked.violations, "violation"))
}

/// How much there is to do, and whether less would do.
pub(crate) fn proved(repair: &Repair) -> String {
    let edits = format!("{}, {}", counted(repair.edits.len(), "edit"), points(repair.cost));
    match (repair.edits.is_empty(), repair.exact) {
        (true, _) => "nothing to do".to_owned(),
        (false, true) => format!("{edits}; exact: no remediation of the same violations costs less"),
        (false, false) => {
            format!("{edits}; approximate: a cheaper one may exist, but none below {}", points(repair.lower_bound))
        }
    }
}

/// What comes of it.
pub(crate) fn result(repair: &Repair) -> String {
    let all = repair.cleared.len() + repair.not_cleared.len();
    if all == 0 {
        return "nothing to remediate: none of the selected controls is violated".to_owned();
    }
    let introduced = match repair.simulation.introduced.len() {
        0 => String::new(),
        number => format!(", and {} introduced", counted(number, "violation")),
    };
    format!("{} of {} cleared{introduced}", repair.cleared.len(), counted(all, "violation"))
}

/// `34 points; 1 identity loses access; on 3 projects`.
pub(crate) fn cost(edit: &Edit) -> String {
    let losers = match edit.identities {
        0 => "nobody is known to lose access".to_owned(),
        1 => "1 identity loses access".to_owned(),
        number => format!("{number} identities lose access"),
    };
    let projects = match edit.projects {
        0 => String::new(),
        number => format!(" on {}", counted(number, "project")),
    };
    format!("{}: {losers}{projects}", points(edit.cost))
}

/// What an identity loses, at most so many tools each time: what nothing needs, and what nobody knows that of.
pub(crate) fn losses(loss: &Loss, most: usize, escape: Escape) -> Vec<String> {
    let tool = |change: &Change| {
        let level = |level: &Option<String>| words::level(level.as_deref(), escape);
        let levels = match change.before == change.after {
            true => "granular permissions".to_owned(),
            false => format!("{} → {}", level(&change.before), level(&change.after)),
        };
        format!("{}: {levels}{}", escape(&change.tool.name), projects(&change.projects, escape))
    };
    let group = |unneeded: bool, what: &str| {
        let own = loss.changes.iter().filter(|change| (change.used == Some(false)) == unneeded);
        let mut tools: Vec<String> = own.map(tool).collect();
        let more = tools.len().saturating_sub(most);
        tools.truncate(most);
        if more > 0 {
            tools.push(format!("{more} more"));
        }
        (!tools.is_empty()).then(|| format!("{} loses {}, {what}", escape(&loss.who.name), tools.join("; ")))
    };
    [group(true, "which is not needed"), group(false, "whether it is needed is unknown")]
        .into_iter()
        .flatten()
        .collect()
}

/// What an edit clears, by control, and of whom.
pub(crate) fn clears(repair: &Repair, edit: &Edit, escape: Escape) -> Vec<String> {
    let own = repair.cleared.iter().filter(|cleared| cleared.edits.contains(&edit.id));
    let included = own.map(|cleared| {
        let violation = &cleared.violation;
        let with: Vec<&str> = cleared.edits.iter().filter(|id| **id != edit.id).map(String::as_str).collect();
        let with = if with.is_empty() { String::new() } else { format!(", with {}", with.join(", ")) };
        let projects = projects(&cleared.projects, escape);
        let (control, subject) = (escape(&violation.control), escape(&violation.subject.name));
        format!("{control} of {subject} ({}{projects}){with}", escape(&violation.resource.name))
    });
    included.collect()
}

/// `, on Tower and 2 more projects`.
pub(super) fn projects(projects: &[Thing], escape: Escape) -> String {
    match projects {
        [] => String::new(),
        [one] => format!(" on {}", escape(&one.name)),
        [first, rest @ ..] => format!(" on {} and {}", escape(&first.name), counted(rest.len(), "more project")),
    }
}

/// Why something is kept, and what that rules out.
pub(crate) fn keep(keep: &Keep, escape: Escape) -> String {
    format!("{}; rules out {}", escape(&keep.reason), counted(keep.ruled_out, "edit"))
}
