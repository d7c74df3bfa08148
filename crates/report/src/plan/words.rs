//! What every format for people says in the same words. Names and sentences pass through the escaping of the format.

use chrono::NaiveDate;

use crate::text::counted;
use cutover_model::level::Level;
use cutover_model::result::plan::{
    Access, Account, Assessed, BlastRadius, Change, Credential, Mode, Plan, Progress, Question, Replacement, RightSize,
    Status, Step, Summary,
};
use cutover_model::result::{Party, Thing};

/// Makes text of the export safe for one format.
pub(crate) type Escape = fn(&str) -> String;

/// Projects, accounts and things that are named; of more, only the number is given.
const MAX_NAMED: usize = 3;

/// What is to become of accounts.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Decide => "needs a decision",
        Status::Blocked => "blocked",
        Status::Ready => "ready",
        Status::Retire => "to retire",
        Status::Done => "done",
    }
}

/// Who acts.
pub(crate) fn party(party: Party) -> &'static str {
    match party {
        Party::Customer => "customer",
        Party::Developer => "developer",
        Party::Platform => "platform (Procore)",
    }
}

/// A level as people know it.
pub(crate) fn level(id: Option<&str>, escape: Escape) -> String {
    match id {
        None => "unknown".to_owned(),
        Some(id) => Level::parse(id).map_or_else(|| escape(id), |level| level.to_string()),
    }
}

/// `1 day`, `12 days`, without a sign.
pub(crate) fn days(number: i64) -> String {
    counted(usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX), "day")
}

/// One day, or two with a word between.
pub(crate) fn period(from: NaiveDate, to: NaiveDate) -> String {
    if from == to { from.to_string() } else { format!("{from} to {to}") }
}

/// What the plan keeps to.
pub(crate) fn terms(plan: &Plan) -> String {
    let terms = &plan.terms;
    let mut parts = vec![
        format!("work from {}", terms.start),
        match terms.capacity {
            Some(capacity) => format!("{} a week", counted(capacity, "account")),
            None => "no limit on accounts per week".to_owned(),
        },
    ];
    if terms.deadline.is_some() {
        parts.push(format!("{} buffer before the sunset", days(terms.buffer_days.into())));
    }
    if !terms.freezes.is_empty() {
        let freezes: Vec<String> = terms.freezes.iter().map(|freeze| period(freeze.from, freeze.to)).collect();
        parts.push(format!("change freeze {}", freezes.join(", ")));
    }
    parts.push(terms.deadline.map_or_else(|| "no deadline".to_owned(), |day| format!("deadline {day}")));
    parts.join("; ")
}

/// Whether it can be done.
pub(crate) fn feasibility(plan: &Plan) -> String {
    match (plan.feasible, plan.shortfalls.iter().map(|shortfall| shortfall.days).max()) {
        (true, _) => "feasible: every step fits before its latest day".to_owned(),
        (false, None) => "not feasible before the sunset: it has passed".to_owned(),
        (false, Some(late)) => {
            let accounts = counted(plan.shortfalls.len(), "account");
            format!("not feasible: {accounts} cannot migrate in time, the latest by {}", days(late))
        }
    }
}

/// What a recovery is.
pub(crate) fn recovery(plan: &Plan) -> Option<&'static str> {
    (plan.mode == Mode::Recovery)
        .then_some("recovery: the sunset has passed, and this is the shortest way to integrations that work")
}

/// `1 to decide, 2 blocked, …`, of those there are.
pub(crate) fn statuses(summary: &Summary) -> String {
    let parts: Vec<String> = Status::ALL
        .into_iter()
        .filter(|status| summary.of(*status) > 0)
        .map(|of| match (of, summary.of(of)) {
            (Status::Decide, 1) => "1 needs a decision".to_owned(),
            (Status::Decide, number) => format!("{number} need a decision"),
            (_, number) => format!("{number} {}", status(of)),
        })
        .collect();
    parts.join(", ")
}

/// What an account gains, loses and keeps, in one line.
pub(crate) fn access(access: &Access) -> String {
    let (lost, lowered): (Vec<_>, Vec<_>) = access.lost.iter().partition(|change| is_gone(change));
    let parts = [
        (access.gained.len(), "gained"),
        (lowered.len(), "lowered"),
        (lost.len(), "lost"),
        (access.kept.len(), "kept"),
        (access.unknown.len(), "unknown"),
    ];
    counts(&parts)
}

/// The same of all accounts.
pub(crate) fn all_access(summary: &Summary) -> String {
    let parts = [
        (summary.gained, "gained"),
        (summary.lost, "lost or lowered"),
        (summary.kept, "kept"),
        (summary.unknown, "unknown"),
    ];
    counts(&parts)
}

fn counts(parts: &[(usize, &str)]) -> String {
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// Whether nothing is left afterwards.
pub(crate) fn is_gone(change: &Change) -> bool {
    change.after.as_deref().and_then(Level::parse) == Some(Level::None)
}

/// Whether there was nothing before.
pub(crate) fn is_new(change: &Change) -> bool {
    change.before.as_deref().and_then(Level::parse) == Some(Level::None)
}

/// Which tool, from which level to which, and where: `Budget: Admin → Read Only, in 2 projects (A, B)`.
pub(crate) fn change(change: &Change, escape: Escape) -> String {
    let (before, after) = (level(change.before.as_deref(), escape), level(change.after.as_deref(), escape));
    let levels = match change {
        kept if kept.before == kept.after && kept.before.is_some() => after,
        gone if is_gone(gone) => before,
        new if is_new(new) => after,
        _ => format!("{before} → {after}"),
    };
    let place = match (change.scope.as_str(), change.projects.len()) {
        (_, 1..) => {
            let named = if change.projects.len() <= MAX_NAMED {
                format!(" ({})", names(&change.projects, escape))
            } else {
                String::new()
            };
            format!("in {}{named}", counted(change.projects.len(), "project"))
        }
        ("company", 0) => "in the company".to_owned(),
        ("project", 0) => "in projects".to_owned(),
        (scope, 0) => escape(scope),
    };
    let granular = match change.granular {
        0 => String::new(),
        more => format!(", and {} that a manifest cannot ask for", counted(number(more), "granular permission")),
    };
    format!("{}: {levels}, {place}{granular}", tool(&change.tool, escape))
}

/// A tool by the words that people know it by, or else by its key.
fn tool(tool: &Thing, escape: Escape) -> String {
    escape(if tool.name.is_empty() { &tool.id } else { &tool.name })
}

/// What could be asked for instead.
pub(crate) fn right_size(proposal: &RightSize, escape: Escape) -> String {
    let tool = tool(&proposal.tool, escape);
    let given = level(Some(&proposal.level), escape);
    match Level::parse(&proposal.needed) {
        Some(Level::None) => format!("{tool}: {given} is granted and not used; the manifest need not ask for it"),
        _ => {
            let (needed, calls) = (level(Some(&proposal.needed), escape), number(proposal.calls));
            format!("{tool}: {given} is granted, {needed} is enough for the calls in use ({})", counted(calls, "call"))
        }
    }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What replaces an account, how that is known, and what else it could be.
pub(crate) fn replacement(replacement: &Replacement, escape: Escape) -> String {
    let how = format!("{}, {} % sure", escape(&replacement.basis), replacement.confidence);
    let first = match &replacement.app {
        Some(app) => format!("replaced by {} ({how})", escape(&app.name)),
        None => "no app of the export replaces it".to_owned(),
    };
    let others: Vec<String> = replacement
        .alternatives
        .iter()
        .take(MAX_NAMED)
        .map(|other| format!("{} ({}, {} % sure)", escape(&other.app.name), escape(&other.basis), other.confidence))
        .collect();
    let more = match replacement.alternatives.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if others.is_empty() { first } else { format!("{first}; it could be {}{more}", others.join(" or ")) }
}

/// The first day and the last of an account's steps.
pub(crate) fn planned(steps: &[Step]) -> Option<(NaiveDate, NaiveDate)> {
    let first = steps.iter().map(|step| step.earliest).min()?;
    let last = steps.iter().map(|step| step.ends).max()?;
    Some((first, last))
}

/// That a step ends after its latest day, and by how much: `too late by 12 days`.
pub(crate) fn too_late(step: &Step) -> Option<String> {
    let late = step.latest.map(|latest| (step.ends - latest).num_days()).filter(|days| *days > 0);
    step.overdue.then(|| late.map_or_else(|| "too late".to_owned(), |late| format!("too late by {}", days(late))))
}

/// Whom an account moves with, and why.
pub(crate) fn moves_with(account: &Account, escape: Escape) -> String {
    let because = match account.moves_because.as_slice() {
        [] => String::new(),
        reasons => format!(", because {}", reasons.iter().map(|reason| escape(reason)).collect::<Vec<_>>().join("; ")),
    };
    format!("migrates together with {}{because}", some_names(&account.moves_with, MAX_NAMED, escape))
}

/// How many working days are to spare.
pub(crate) fn slack(days: Option<i64>) -> String {
    match days {
        None => "no deadline".to_owned(),
        Some(late) if late < 0 => format!("{} too late", counted_working(late)),
        Some(spare) => format!("{} of slack", counted_working(spare)),
    }
}

fn counted_working(days: i64) -> String {
    counted(usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX), "working day")
}

/// What stops working if it fails.
pub(crate) fn blast_radius(radius: BlastRadius) -> String {
    let (users, projects, tools) = (radius.users, radius.projects, radius.tools);
    format!("{}, {}, {}", counted(users, "user"), counted(projects, "project"), counted(tools, "tool"))
}

/// Names in a row.
pub(crate) fn names(things: &[Thing], escape: Escape) -> String {
    things.iter().map(|thing| escape(&thing.name)).collect::<Vec<_>>().join(", ")
}

/// The first names in a row, and how many more there are.
pub(crate) fn some_names(things: &[Thing], most: usize, escape: Escape) -> String {
    match things.split_at_checked(most) {
        Some((named, rest)) if !rest.is_empty() => format!("{} and {} more", names(named, escape), rest.len()),
        _ => names(things, escape),
    }
}

/// A stored credential: its name, what keeps it, and where.
pub(crate) fn credential(credential: &Credential, escape: Escape) -> String {
    // `FlowForce production` says it already.
    let environment = credential.environment.as_deref().filter(|name| !credential.system.ends_with(name));
    let environment = environment.map(|name| format!(", {}", escape(name))).unwrap_or_default();
    format!("{} in {}{environment}", escape(&credential.name), escape(&credential.system))
}

/// Whether a saved plan can still be followed.
pub(crate) fn validity(progress: &Progress) -> String {
    let inputs = match (progress.same_inputs, progress.changed_inputs.len()) {
        (true, _) => "the export has not changed since".to_owned(),
        (false, changed) => format!("{} of the export changed", counted(changed, "file")),
    };
    let verdict = if progress.valid { "it is still valid" } else { "it is no longer valid" };
    format!("{verdict}; {inputs}")
}

/// How far a saved plan has come.
pub(crate) fn achieved(progress: &Progress) -> String {
    format!(
        "{} of {} and {} of {} done",
        progress.accounts_done,
        counted(progress.accounts, "account"),
        progress.steps_done,
        counted(progress.steps.len(), "step")
    )
}

/// A wave of the simulation.
pub(crate) fn simulated(wave: usize) -> String {
    if wave == 0 { "accounts that retire".to_owned() } else { format!("wave {wave}") }
}

/// What the export does not say, and what could stand in the way because of it.
pub(crate) fn question(question: &Question, escape: Escape) -> String {
    let missing: Vec<String> = question.missing.iter().map(|what| escape(what)).collect();
    let (title, resource) = (escape(&question.title), escape(&question.resource.name));
    format!("{title}? Unknown for {resource}: {}", missing.join("; "))
}

/// What one control over plans could not evaluate.
pub(crate) fn unjudged(control: &Assessed, escape: Escape) -> String {
    format!(
        "{}: {} of {} could not be assessed",
        escape(&control.control),
        control.unknown,
        counted(control.facts, "fact")
    )
}
