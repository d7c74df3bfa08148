//! A plan in short.

use super::{MAX_LISTED, code, incomplete, listing, name, note, section, table, text, thing};
use crate::header;
use crate::html::markup::list;
use crate::plan::{repairs, words};
use cutover_model::result::plan::{Account, Finding, Plan, Status};
use cutover_model::result::repair::{Edit, NotCleared, Repair};

/// A plan.
pub(in crate::html) fn plan(plan: &Plan) -> String {
    let mut facts: Vec<String> =
        plan.companies.iter().take(MAX_LISTED).map(|one| format!("company: {}", thing(one))).collect();
    facts.extend(header::of_plan(plan).iter().map(|line| text(line)));
    facts.push(text(&words::terms(plan)));
    facts.extend(words::recovery(plan).map(|recovery| format!("<strong>{recovery}</strong>")));
    facts.push(format!("<strong>{}</strong>", words::feasibility(plan)));
    facts.extend(plan.shortfalls.iter().take(MAX_LISTED).map(|late| {
        let (account, days) = (thing(&late.account), words::days(late.days));
        format!("{account}: {} is {days} late: {}", code(&late.step), text(&late.reason))
    }));
    if let Some(repair) = &plan.repair {
        return repaired(plan, repair);
    }
    let parts = [
        format!("<h1>Migration of service accounts, as of {}</h1>\n", plan.as_of),
        incomplete(&plan.diagnostics),
        note("<code>--format json</code>, <code>markdown</code> and <code>csv</code>"),
        list(&facts),
        section("Accounts", &accounts(plan)),
        section("Waves", &waves(plan)),
        section("Blockers", &blockers(plan)),
        section("What to do", &steps(plan)),
        section("Decided by", &list(&listing::decided_by(&plan.decided_by))),
        section("Notes", &list(&plan.notes.iter().map(|said| text(said)).collect::<Vec<_>>())),
    ];
    parts.concat()
}

/// A plan that was asked for a repair.
fn repaired(plan: &Plan, repair: &Repair) -> String {
    let mut facts: Vec<String> = header::of_plan(plan).iter().map(|line| text(line)).collect();
    facts.extend(repair.asked.iter().map(|asked| text(&repairs::asked(asked, str::to_owned))));
    facts.push(format!("<strong>{}</strong>", text(&repairs::result(repair))));
    facts.push(text(&repairs::proved(repair)));
    let edit = |edit: &Edit| {
        vec![
            code(&edit.id),
            text(&edit.step.action),
            text(&repairs::cost(edit)),
            edit.step.party.id().to_owned(),
            words::period(edit.step.earliest, edit.step.ends),
        ]
    };
    let edits: Vec<Vec<String>> = repair.edits.iter().take(MAX_LISTED).map(edit).collect();
    let stays = |stays: &NotCleared| {
        let Finding { control, message, .. } = &stays.violation;
        vec![code(control), text(message), text(&stays.reasons.join(" "))]
    };
    let stay: Vec<Vec<String>> = repair.not_cleared.iter().take(MAX_LISTED).map(stays).collect();
    let or_none = |rows: &[Vec<String>], table: String, none: &str| match rows {
        [] => format!("<p>{none}</p>\n"),
        _ => table,
    };
    let columns = ["Edit", "What to do", "What it costs", "Who acts", "When"];
    let edits = or_none(&edits, table("Edits", &columns, &edits), "Nothing.");
    let columns = ["Control", "Violation", "Why it stays"];
    let stay = or_none(&stay, table("Violations that stay", &columns, &stay), "Nothing.");
    let parts = [
        format!("<h1>Repair, as of {}</h1>\n", plan.as_of),
        incomplete(&plan.diagnostics),
        note("<code>--format json</code>, <code>markdown</code> and <code>csv</code>"),
        list(&facts),
        section("What to do", &edits),
        section("What stays", &stay),
    ];
    parts.concat()
}

/// Every account, the ones that need most attention first.
fn by_status(plan: &Plan) -> impl Iterator<Item = &Account> {
    Status::ALL.into_iter().flat_map(|status| plan.accounts.iter().filter(move |account| account.status == status))
}

fn accounts(plan: &Plan) -> String {
    let rows: Vec<Vec<String>> = by_status(plan)
        .take(MAX_LISTED)
        .map(|account| {
            let replacement = account.replacement.as_ref().map(|app| words::replacement(app, text));
            vec![
                thing(&account.account),
                words::status(account.status).to_owned(),
                text(&account.reason),
                replacement.unwrap_or_default(),
                account.wave.map(|wave| wave.to_string()).unwrap_or_default(),
                words::planned(&account.steps).map(|(from, to)| words::period(from, to)).unwrap_or_default(),
                account.slack_days.map(|days| words::slack(Some(days))).unwrap_or_default(),
                words::access(&account.access),
            ]
        })
        .collect();
    if rows.is_empty() {
        return "<p>There is no legacy service account left: everything is done.</p>\n".to_owned();
    }
    let columns = ["Account", "Status", "Why", "Replacement", "Wave", "Planned", "To spare", "Access"];
    table(&words::statuses(&plan.summary), &columns, &rows)
}

fn waves(plan: &Plan) -> String {
    let rows: Vec<Vec<String>> = plan
        .waves
        .iter()
        .take(MAX_LISTED)
        .map(|wave| {
            vec![
                wave.number.to_string(),
                words::period(wave.from, wave.to),
                words::some_names(&wave.accounts, 10, name),
                words::slack(wave.slack_days),
                words::blast_radius(wave.blast_radius),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let columns = ["Wave", "Days", "Accounts", "To spare", "Blast radius"];
    table("Accounts that migrate in one week", &columns, &rows)
}

fn blockers(plan: &Plan) -> String {
    let items = by_status(plan).flat_map(|account| {
        account.blockers.iter().map(move |blocker| {
            let weight = if blocker.blocks { "blocks it" } else { "the steps take care of it" };
            format!(
                "{} {} {}: {} ({weight}); the {} fixes it: {}",
                thing(&account.account),
                blocker.severity.id(),
                code(&blocker.control),
                text(&blocker.message),
                words::party(blocker.party),
                text(&blocker.remedy)
            )
        })
    });
    list(&items.take(MAX_LISTED).collect::<Vec<_>>())
}

fn steps(plan: &Plan) -> String {
    let all = by_status(plan).flat_map(|account| account.steps.iter().map(move |step| (account, step)));
    let rows: Vec<Vec<String>> = all
        .take(MAX_LISTED)
        .map(|(account, step)| {
            vec![
                words::period(step.earliest, step.ends),
                thing(&account.account),
                words::party(step.party).to_owned(),
                text(&step.action),
                text(&step.check),
                text(&step.undo),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let caption = if plan.summary.steps > rows.len() {
        format!("The first {} of {} steps", rows.len(), plan.summary.steps)
    } else {
        format!("{} steps", plan.summary.steps)
    };
    table(&caption, &["When", "Account", "Who", "What to do", "How to check", "Rollback"], &rows)
}
