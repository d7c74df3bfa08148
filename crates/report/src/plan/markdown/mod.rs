//! A runbook in Markdown: what there is to do, by who does it, as task lists to tick off in a ticket.

use std::io::{self, Write};

use self::text::{cell, code, text};
use super::words;
use crate::{decided, header, overrides};
use cutover_model::result::Thing;
use cutover_model::result::plan::{Account, Assessed, Plan, Status};

mod repair;
mod runbook;
mod simulation;
pub(crate) mod text;

/// Accounts named in the row of a wave.
const MAX_NAMED: usize = 50;

pub(super) fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if let Some(repair) = &plan.repair {
        repair::write(plan, repair, out)?;
        notes(plan, out)?;
        repair::carried_out(repair, out)?;
        return changed(plan, out);
    }
    heading(plan, out)?;
    accounts(plan, out)?;
    runbook::write(plan, out)?;
    waves(plan, out)?;
    blockers(plan, out)?;
    questions(plan, out)?;
    access(plan, out)?;
    credentials(plan, out)?;
    notes(plan, out)?;
    simulation::write(plan, out)?;
    changed(plan, out)
}

/// What the organisation changed of the controls.
fn changed(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if !plan.overrides.is_empty() {
        writeln!(out, "\n## {}\n", overrides::heading(&plan.overrides))?;
    }
    let mut changes = plan.overrides.iter();
    changes
        .try_for_each(|change| writeln!(out, "- {} {}", code(&change.control), overrides::sentence(change, text)))?;
    let decided = decided::lines(&plan.decided_by, text);
    if !decided.is_empty() {
        writeln!(out, "\n## Decided by\n")?;
    }
    decided.iter().try_for_each(|line| writeln!(out, "- {}", line.text))
}

/// What could not be read, and the dates that the plan rests on.
fn head(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if let Some(banner) = header::incomplete(&plan.diagnostics) {
        writeln!(out, "> **{banner}**")?;
        header::unread(&plan.diagnostics).iter().try_for_each(|line| writeln!(out, "> - {}", text(line)))?;
        writeln!(out)?;
    }
    Ok(())
}

fn heading(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Migration of service accounts, as of {}\n", plan.as_of)?;
    head(plan, out)?;
    for company in &plan.companies {
        writeln!(out, "- company: {}", thing(company))?;
    }
    header::of_plan(plan).iter().try_for_each(|line| writeln!(out, "- {}", text(line)))?;
    writeln!(out, "- {}", words::terms(plan))?;
    if let Some(recovery) = words::recovery(plan) {
        writeln!(out, "- **{recovery}**")?;
    }
    writeln!(out, "- **{}**", words::feasibility(plan))?;
    for shortfall in &plan.shortfalls {
        let (account, step, late) = (thing(&shortfall.account), code(&shortfall.step), words::days(shortfall.days));
        writeln!(out, "  - {account}: {step} is {late} late: {}", text(&shortfall.reason))?;
    }
    Ok(())
}

fn accounts(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Accounts\n\n{}\n", words::statuses(&plan.summary))?;
    writeln!(out, "| Account | Status | Why | Replacement | Wave | Planned | Slack | Access |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
    for account in by_status(plan) {
        let replacement =
            account.replacement.as_ref().map(|replacement| words::replacement(replacement, text)).unwrap_or_default();
        let cells = [
            cell(&account.account.name),
            words::status(account.status).to_owned(),
            text(&account.reason),
            replacement,
            account.wave.map(|wave| wave.to_string()).unwrap_or_default(),
            words::planned(&account.steps).map(|(from, to)| words::period(from, to)).unwrap_or_default(),
            account.slack_days.map(|days| words::slack(Some(days))).unwrap_or_default(),
            words::access(&account.access),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// Every account, the ones that need most attention first.
fn by_status(plan: &Plan) -> impl Iterator<Item = &Account> {
    Status::ALL.into_iter().flat_map(|status| plan.accounts.iter().filter(move |account| account.status == status))
}

fn waves(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if plan.waves.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Waves\n\n| Wave | Days | Accounts | Slack | Blast radius |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for wave in &plan.waves {
        let cells = [
            wave.number.to_string(),
            words::period(wave.from, wave.to),
            words::some_names(&wave.accounts, MAX_NAMED, cell),
            words::slack(wave.slack_days),
            words::blast_radius(wave.blast_radius),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn blockers(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut blockers =
        by_status(plan).flat_map(|account| account.blockers.iter().map(move |blocker| (account, blocker))).peekable();
    if blockers.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Blockers\n")?;
    for (account, blocker) in blockers {
        let weight = if blocker.blocks { "blocks it" } else { "the steps take care of it" };
        writeln!(
            out,
            "- {} {} {}: {} ({weight})",
            thing(&account.account),
            blocker.severity.id(),
            code(&blocker.control),
            text(&blocker.message)
        )?;
        let step = blocker.step.as_ref().map(|step| format!(", with {}", code(step))).unwrap_or_default();
        writeln!(out, "  - the {} fixes it{step}: {}", words::party(blocker.party), text(&blocker.remedy))?;
    }
    Ok(())
}

/// What could stand in the way, and what the export would have to say to know.
fn questions(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let unjudged: Vec<&Assessed> = plan.coverage.iter().filter(|control| control.unknown > 0).collect();
    if unjudged.is_empty() && plan.accounts.iter().all(|account| account.open_questions.is_empty()) {
        return Ok(());
    }
    writeln!(out, "\n## Open questions\n")?;
    for account in by_status(plan) {
        for question in &account.open_questions {
            let (account, control) = (thing(&account.account), code(&question.control));
            writeln!(out, "- {account}: {control}: {}", words::question(question, text))?;
        }
    }
    unjudged.iter().try_for_each(|control| writeln!(out, "- {}", words::unjudged(control, code)))
}

/// What accounts lose and gain, and what could be asked for lower.
fn access(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let changing = |account: &&Account| {
        let access = &account.access;
        let lists = [&access.lost, &access.gained, &access.unknown];
        lists.iter().any(|list| !list.is_empty()) || !access.right_size.is_empty()
    };
    let mut accounts = by_status(plan).filter(changing).peekable();
    if accounts.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Access that changes")?;
    for account in accounts {
        writeln!(out, "\n### {}\n\n{}\n", thing(&account.account), words::access(&account.access))?;
        for change in &account.access.lost {
            let word = if words::is_gone(change) { "lost" } else { "lowered" };
            let used = match change.used {
                Some(true) => ", **and it is in use**",
                Some(false) => ", not used",
                None => "",
            };
            writeln!(out, "- {word}: {}{used}", words::change(change, text))?;
        }
        for change in &account.access.gained {
            let word = if words::is_new(change) { "gained" } else { "raised" };
            writeln!(out, "- {word}: {}", words::change(change, text))?;
        }
        for change in &account.access.unknown {
            writeln!(out, "- unknown: {}", words::change(change, text))?;
        }
        for proposal in &account.access.right_size {
            writeln!(out, "- could be lower: {}", words::right_size(proposal, text))?;
        }
    }
    Ok(())
}

/// Which stored credentials must change with their accounts.
fn credentials(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let all = by_status(plan).flat_map(|account| account.credentials.iter().map(move |kept| (account, kept)));
    let mut all = all.peekable();
    if all.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Stored credentials\n\n| Account | Credential | Kept in | Environment | Described in |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for (account, kept) in all {
        let place = kept.location.as_ref().map(|place| format!("{} line {}", cell(&place.path), place.line));
        let cells = [
            cell(&account.account.name),
            cell(&kept.name),
            cell(&kept.system),
            kept.environment.as_deref().map(cell).unwrap_or_default(),
            place.unwrap_or_default(),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn notes(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if !plan.notes.is_empty() {
        writeln!(out, "\n## Notes\n")?;
    }
    plan.notes.iter().try_for_each(|note| writeln!(out, "- {}", text(note)))
}

/// Something by its name.
fn thing(thing: &Thing) -> String {
    code(&thing.name)
}
