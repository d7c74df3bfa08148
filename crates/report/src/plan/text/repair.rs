//! The smallest repair: what to do, what stays and why, what is kept, and what comes of it.

use std::io;

use super::page::{Page, name, sentence};
use super::simulation;
use crate::plan::{repairs, words};
use crate::text::counted;
use cutover_model::escape;
use cutover_model::result::plan::{Finding, Plan};
use cutover_model::result::repair::{Edit, NotCleared, Repair};

/// Edits that are listed.
const EDITS: usize = 40;
/// Violations that stay and are listed.
const STAYING: usize = 20;
/// Reasons of one of them.
const REASONS: usize = 3;
/// What is kept, as far as it is listed.
const KEPT: usize = 10;
/// Violations that one edit clears, and identities that lose by it.
const MAX_NAMED: usize = 5;

fn header(plan: &Plan, repair: &Repair, page: &mut Page<'_>) -> io::Result<()> {
    let companies = match plan.companies.as_slice() {
        [] => String::new(),
        companies => format!(" for {}", words::some_names(companies, 3, escape::name)),
    };
    page.text(0, &format!("{}{companies} as of {}", page.paint.bold("Repair"), plan.as_of))?;
    super::head(plan, page)?;
    for asked in &repair.asked {
        page.text(0, &format!("asked for {}", repairs::asked(asked, escape::name)))?;
    }
    page.text(0, &repairs::proved(repair))?;
    page.text(0, &verdict(repair, page))
}

fn verdict(repair: &Repair, page: &Page<'_>) -> String {
    let text = repairs::result(repair);
    if repair.is_clean() { page.paint.good(&text) } else { page.paint.alarm(&text) }
}

pub(super) fn write(plan: &Plan, repair: &Repair, page: &mut Page<'_>) -> io::Result<()> {
    header(plan, repair, page)?;
    if let Some(what_if) = &plan.what_if {
        simulation::proposed(what_if, page)?;
    }
    if !repair.edits.is_empty() {
        page.heading("What to do")?;
    }
    page.list(2, &repair.edits, EDITS, |page, edit| describe(repair, edit, page))?;
    if !repair.not_cleared.is_empty() {
        page.heading("Not cleared")?;
    }
    page.list(2, &repair.not_cleared, STAYING, |page, stays| staying(stays, page))?;
    if !repair.keeps.is_empty() {
        page.heading("Kept: in use or declared as needed")?;
    }
    page.list(2, &repair.keeps, KEPT, |page, keep| page.item(2, "·", &repairs::keep(keep, escape::name)))?;
    if !repair.not_assessed.is_empty() {
        page.heading("Not assessed, so not cleared")?;
    }
    page.list(2, &repair.not_assessed, KEPT, |page, control| page.item(2, "?", &words::unjudged(control, escape::name)))
}

fn describe(repair: &Repair, edit: &Edit, page: &mut Page<'_>) -> io::Result<()> {
    let step = &edit.step;
    let (id, days) = (escape::name(&edit.id), words::period(step.earliest, step.ends));
    page.item(2, &page.paint.bold(&id), &format!("{days}: {}", sentence(&step.action)))?;
    let duty = format!("{}, duty {}", words::party(step.party), escape::name(&step.duty));
    let right = if step.right.is_empty() { String::new() } else { format!("; needs {}", sentence(&step.right)) };
    let place = edit.location.as_ref().map(|place| format!("; {}:{}", escape::name(&place.path), place.line));
    page.text(6, &page.paint.dim(&format!("{duty}{right}{}", place.unwrap_or_default())))?;
    page.text(6, &repairs::cost(edit))?;
    page.list(6, &edit.loses, MAX_NAMED, |page, loss| {
        let most = if page.style.verbose { usize::MAX } else { MAX_NAMED };
        let losses = repairs::losses(loss, most, escape::name);
        losses.iter().try_for_each(|loss| page.item(6, &page.paint.caution("-"), loss))
    })?;
    let clears = repairs::clears(repair, edit, escape::name);
    page.list(6, &clears, MAX_NAMED, |page, cleared| {
        page.item(6, &page.paint.good("✓"), &format!("clears {cleared}"))
    })?;
    page.text(6, &page.paint.dim(&format!("check: {}", sentence(&step.check))))?;
    page.text(6, &page.paint.dim(&format!("rollback: {}", sentence(&step.undo))))
}

fn staying(stays: &NotCleared, page: &mut Page<'_>) -> io::Result<()> {
    let violation = &stays.violation;
    let severity = page.paint.severity(violation.severity, violation.severity.id());
    let (control, subject) = (escape::name(&violation.control), name(&violation.subject));
    let projects = repairs::projects(&stays.projects, escape::name);
    let text = format!("{severity} {control} {subject}{projects}: {}", sentence(&violation.message));
    page.item(2, &page.paint.severity(violation.severity, "×"), &text)?;
    page.list(4, &stays.reasons, REASONS, |page, reason| page.item(4, "·", &sentence(reason)))?;
    page.text(4, &page.paint.dim(&format!("remedy of the control: {}", sentence(&stays.remedy))))
}

pub(super) fn carried_out(repair: &Repair, page: &mut Page<'_>) -> io::Result<()> {
    let done = &repair.simulation;
    page.heading("Simulation")?;
    let (removed, introduced) = (done.removed.len(), done.introduced.len());
    page.text(2, &format!("{} before", counted(done.before, "violation")))?;
    page.text(2, &format!("all edits: {removed} removed, {introduced} introduced"))?;
    let mut findings = |list: &[Finding], sign| simulation::findings(list, sign, page);
    findings(&done.introduced, "+")?;
    findings(&done.removed, "-")?;
    page.text(2, &format!("{} after", counted(done.after, "violation")))?;
    page.blank()?;
    page.text(0, &format!("{}; {}", repairs::proved(repair), verdict(repair, page)))
}
