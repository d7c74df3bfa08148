//! A plan for people: the terms, the accounts by status, the waves, what the rules say of it, and one line that sums up.

use std::io::{self, Write};

use self::page::{Page, name, sentence};
use super::words;
use crate::text::counted;
use crate::{Style, View, header, overrides};
use cutover_model::escape;
use cutover_model::result::plan::{Assessed, Plan};

mod access;
mod account;
mod overview;
mod page;
mod repair;
mod simulation;
mod waves;

pub(super) fn plan(plan: &Plan, style: Style, out: &mut dyn Write) -> io::Result<()> {
    // What somebody asks about in particular is always told in full.
    let is_asked = plan.repair.is_some() || plan.what_if.is_some() || plan.progress.is_some();
    match style.view {
        View::Verdict => return overview::verdict(plan, style, out),
        View::Overview if !is_asked => return overview::write(plan, style, out),
        _ => {}
    }
    let page = &mut Page::new(style, out);
    if let Some(repair) = &plan.repair {
        repair::write(plan, repair, page)?;
        notes(plan, page)?;
        changed(plan, page)?;
        page.blank()?;
        page.decided_by(&plan.decided_by)?;
        return repair::carried_out(repair, page);
    }
    heading(plan, page)?;
    account::all(plan, page)?;
    waves::write(plan, page)?;
    notes(plan, page)?;
    unjudged(plan, page)?;
    simulation::write(plan, page)?;
    changed(plan, page)?;
    total(plan, page)
}

fn heading(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    let companies = match plan.companies.as_slice() {
        [] => String::new(),
        companies => format!(" for {}", words::some_names(companies, 3, escape::name)),
    };
    page.text(0, &format!("{}{companies} as of {}", page.paint.bold("Plan"), plan.as_of))?;
    head(plan, page)?;
    page.text(0, &words::terms(plan))?;
    if let Some(recovery) = words::recovery(plan) {
        page.text(0, &page.paint.alarm(recovery))?;
    }
    page.text(0, &feasibility(plan, page))?;
    page.list(2, &plan.shortfalls, 5, |page, shortfall| {
        let (step, late) = (escape::name(&shortfall.step), words::days(shortfall.days));
        let (account, reason) = (name(&shortfall.account), sentence(&shortfall.reason));
        page.item(2, &page.paint.alarm("×"), &format!("{account}: {step} is {late} late: {reason}"))
    })?;
    page.decided_by(&plan.decided_by)
}

/// What could not be read, and the dates that the plan rests on.
fn head(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    if let Some(banner) = header::incomplete(&plan.diagnostics) {
        page.text(0, &page.paint.alarm(&banner))?;
    }
    header::unread(&plan.diagnostics).iter().try_for_each(|line| page.item(2, "·", line))?;
    header::of_plan(plan).iter().try_for_each(|line| page.text(0, line))
}

fn feasibility(plan: &Plan, page: &Page<'_>) -> String {
    let text = words::feasibility(plan);
    if plan.feasible { page.paint.good(&text) } else { page.paint.alarm(&text) }
}

fn notes(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    if !plan.notes.is_empty() {
        page.heading("Notes")?;
    }
    plan.notes.iter().try_for_each(|note| page.item(2, "·", &sentence(note)))
}

fn unjudged(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    let unjudged: Vec<&Assessed> = plan.coverage.iter().filter(|control| control.unknown > 0).collect();
    if !unjudged.is_empty() {
        page.heading("Not assessed")?;
    }
    page.list(2, &unjudged, 10, |page, control| page.item(2, "?", &words::unjudged(control, escape::name)))
}

/// What the organisation changed of the controls.
fn changed(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    if !plan.overrides.is_empty() {
        page.heading(overrides::heading(&plan.overrides))?;
    }
    plan.overrides.iter().try_for_each(|change| {
        let text = overrides::sentence(change, escape::name);
        page.item(2, "·", &format!("{} {text}", escape::name(&change.control)))
    })
}

fn total(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    let summary = &plan.summary;
    let accounts = match plan.accounts.len() {
        0 => "no legacy accounts: everything is done".to_owned(),
        number => format!("{}: {}", page.paint.bold(&counted(number, "account")), words::statuses(summary)),
    };
    let steps = counted(summary.steps, "step");
    let verdict = if plan.feasible { page.paint.good("feasible") } else { page.paint.alarm("not feasible") };
    page.blank()?;
    page.text(0, &format!("{accounts}; {steps}; access: {}; {verdict}", words::all_access(summary)))
}
