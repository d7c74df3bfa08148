//! The accounts: each with its reason, its replacement, its access, what blocks it, and its steps.

use std::io;

use super::access;
use super::page::{Page, name, sentence};
use crate::plan::words;
use crate::text::counted;
use cutover_model::escape;
use cutover_model::result::plan::{Account, Blocker, Plan, Status, Step};

/// Accounts of one status that are described; of the others there is one line each.
const DESCRIBED: usize = 10;
/// Accounts of one status that are listed at all.
const MAX_LISTED: usize = 40;
/// Blockers of one account.
const BLOCKERS: usize = 5;
/// Open questions of one account.
const QUESTIONS: usize = 5;
/// Stored credentials of one account.
const CREDENTIALS: usize = 5;
/// Steps of one account.
const STEPS: usize = 12;
/// So many steps in a plan are few enough to say how each is checked and undone.
const FEW_STEPS: usize = 12;

pub(super) fn all(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    let described = if page.style.verbose { usize::MAX } else { DESCRIBED };
    let several = plan.companies.len() > 1;
    let details = page.style.verbose || plan.summary.steps <= FEW_STEPS;
    for status in Status::ALL {
        let accounts: Vec<&Account> = plan.accounts.iter().filter(|account| account.status == status).collect();
        if accounts.is_empty() {
            continue;
        }
        page.heading(&format!("{}: {}", heading(status), counted(accounts.len(), "account")))?;
        let mut shown = 0;
        page.list(2, &accounts, MAX_LISTED, |page, account| {
            shown += 1;
            if shown <= described { describe(account, several, details, page) } else { line(account, page) }
        })?;
    }
    Ok(())
}

/// The status at the head of its accounts.
fn heading(status: Status) -> &'static str {
    match status {
        Status::Decide => "Needs a decision",
        Status::Blocked => "Blocked",
        Status::Ready => "Ready to migrate",
        Status::Retire => "To retire",
        Status::Done => "Already replaced",
    }
}

fn line(account: &Account, page: &mut Page<'_>) -> io::Result<()> {
    let access = words::access(&account.access);
    page.item(2, "·", &format!("{}: {}; access: {access}", name(&account.account), sentence(&account.reason)))
}

fn describe(account: &Account, several: bool, details: bool, page: &mut Page<'_>) -> io::Result<()> {
    let status = page.status(account.status, words::status(account.status));
    page.blank()?;
    page.text(2, &format!("{}  {status}", page.paint.bold(&name(&account.account))))?;
    if several {
        page.text(4, &format!("of {}", escape::name(&account.company)))?;
    }
    page.text(4, &sentence(&account.reason))?;
    when(account, page)?;
    if let Some(replacement) = &account.replacement {
        page.text(4, &words::replacement(replacement, escape::name))?;
    }
    if !account.moves_with.is_empty() {
        page.text(4, &words::moves_with(account, escape::name))?;
    }
    if !account.credentials.is_empty() {
        page.text(4, "its credential is stored in:")?;
        page.list(6, &account.credentials, CREDENTIALS, |page, credential| {
            page.item(6, "·", &words::credential(credential, escape::name))
        })?;
    }
    access::write(&account.access, page)?;
    blockers(&account.blockers, page)?;
    page.list(4, &account.open_questions, QUESTIONS, |page, question| {
        let text = words::question(question, escape::name);
        page.item(4, &page.paint.caution("?"), &format!("{} {text}", escape::name(&question.control)))
    })?;
    steps(&account.steps, details, page)
}

fn when(account: &Account, page: &mut Page<'_>) -> io::Result<()> {
    let mut parts = Vec::new();
    parts.extend(account.wave.map(|wave| format!("wave {wave}")));
    parts.extend(words::planned(&account.steps).map(|(from, to)| words::period(from, to)));
    parts.extend(account.slack_days.map(|days| words::slack(Some(days))));
    if account.blast_radius != Default::default() {
        parts.push(format!("if it fails: {}", words::blast_radius(account.blast_radius)));
    }
    if parts.is_empty() { Ok(()) } else { page.text(4, &parts.join("; ")) }
}

fn blockers(blockers: &[Blocker], page: &mut Page<'_>) -> io::Result<()> {
    page.list(4, blockers, BLOCKERS, |page, blocker| {
        let mark = page.paint.severity(blocker.severity, if blocker.blocks { "×" } else { "·" });
        let severity = page.paint.severity(blocker.severity, blocker.severity.id());
        let (control, title) = (escape::name(&blocker.control), sentence(&blocker.title));
        page.item(4, &mark, &format!("{severity} {control} {title}: {}", sentence(&blocker.message)))?;
        let with = blocker.step.as_ref().map(|step| format!(" with {}", escape::name(step))).unwrap_or_default();
        let who = format!("the {} fixes it{with}: ", words::party(blocker.party));
        page.text(6, &page.paint.dim(&format!("{who}{}", sentence(&blocker.remedy))))
    })
}

fn steps(steps: &[Step], details: bool, page: &mut Page<'_>) -> io::Result<()> {
    let mut number = 0;
    let mut before = None;
    page.list(4, steps, STEPS, |page, step| {
        number += 1;
        let late = words::too_late(step).map(|late| page.paint.alarm(&format!("{late}: "))).unwrap_or_default();
        let days = words::period(step.earliest, step.ends);
        page.item(4, &format!("{number:>2}."), &format!("{days}: {late}{}", sentence(&step.action)))?;
        let about = about(step, before.replace(step.id.as_str()));
        page.text(8, &page.paint.dim(&about))?;
        if details {
            page.text(8, &page.paint.dim(&format!("check: {}", sentence(&step.check))))?;
            page.text(8, &page.paint.dim(&format!("rollback: {}", sentence(&step.undo))))?;
        }
        Ok(())
    })
}

/// Who, by when, with which right, under which name, and after what, unless that is only the step above.
fn about(step: &Step, above: Option<&str>) -> String {
    let duty = if step.duty.is_empty() { String::new() } else { format!(", duty {}", escape::name(&step.duty)) };
    let mut parts = vec![format!("{}{duty}", words::party(step.party))];
    if !step.right.is_empty() {
        parts.push(format!("needs {}", sentence(&step.right)));
    }
    parts.extend(step.latest.map(|day| format!("by {day}")));
    parts.push(escape::name(&step.id));
    let after: Vec<String> =
        step.after.iter().filter(|after| Some(after.as_str()) != above).map(|after| escape::name(after)).collect();
    if !after.is_empty() {
        parts.push(format!("after {}", after.join(", ")));
    }
    parts.join("; ")
}
