//! What the rules say of it: the proposed change, the saved plan, the plan carried out.

use std::io;

use super::page::{Page, name, sentence};
use crate::plan::words;
use crate::text::counted;
use cutover_model::escape;
use cutover_model::result::plan::{Finding, Plan, Progress, SimulatedWave, Simulation, State, StepState, WhatIf};

/// Things of one kind that are listed.
const MAX_LISTED: usize = 10;

pub(super) fn write(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    if let Some(what_if) = &plan.what_if {
        proposed(what_if, page)?;
    }
    if let Some(progress) = &plan.progress {
        saved(progress, page)?;
    }
    carried_out(&plan.simulation, page)
}

pub(super) fn proposed(what_if: &WhatIf, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(&format!("Proposed change {}", escape::name(&what_if.path)))?;
    page.list(2, &what_if.changes, MAX_LISTED, |page, change| page.item(2, "·", &sentence(change)))?;
    if !what_if.subjects.is_empty() {
        let most = if page.style.verbose { usize::MAX } else { MAX_LISTED };
        let touched = words::some_names(&what_if.subjects, most, escape::name);
        page.text(2, &format!("touches {}: {touched}", what_if.subjects.len()))?;
    }
    let (removed, introduced) = (what_if.removed.len(), what_if.introduced.len());
    page.text(2, &format!("violations: {removed} removed, {introduced} introduced"))?;
    findings(&what_if.removed, "-", page)?;
    findings(&what_if.introduced, "+", page)
}

fn saved(progress: &Progress, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(&format!("Saved plan {}, as of {}", escape::name(&progress.path), progress.as_of))?;
    let verdict = words::validity(progress);
    page.text(2, &if progress.valid { page.paint.good(&verdict) } else { page.paint.alarm(&verdict) })?;
    page.text(2, &words::achieved(progress))?;
    let overdue: Vec<&StepState> = progress.steps.iter().filter(|step| step.state == State::Overdue).collect();
    page.list(2, &overdue, MAX_LISTED, |page, step| {
        let latest = step.latest.map(|day| format!(", by {day}")).unwrap_or_default();
        let text =
            format!("{}: {} ({}{latest})", name(&step.account), sentence(&step.action), escape::name(&step.step));
        page.item(2, &page.paint.alarm("overdue:"), &text)
    })?;
    page.list(2, &progress.drift, MAX_LISTED, |page, drift| {
        let mark = if drift.breaks { page.paint.alarm("×") } else { page.paint.caution("~") };
        page.item(2, &mark, &format!("{}: {}", name(&drift.account), sentence(&drift.what)))
    })?;
    page.list(2, &progress.changed_inputs, MAX_LISTED, |page, path| {
        page.item(2, "·", &format!("other file: {}", escape::name(path)))
    })
}

fn carried_out(simulation: &Simulation, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Simulation")?;
    page.text(2, &format!("{} before", counted(simulation.before, "violation")))?;
    page.list(2, &simulation.waves, MAX_LISTED, wave)?;
    page.text(2, &format!("{} after", counted(simulation.after, "violation")))?;
    page.list(2, &simulation.assumptions, MAX_LISTED, |page, assumption| {
        page.item(2, "·", &page.paint.dim(&format!("assumed: {}", sentence(assumption))))
    })
}

fn wave(page: &mut Page<'_>, wave: &SimulatedWave) -> io::Result<()> {
    let (removed, introduced) = (wave.removed.len(), wave.introduced.len());
    let counts = format!("{removed} removed, {introduced} introduced, {} remain", wave.remaining);
    page.text(2, &format!("{}: {counts}", words::simulated(wave.wave)))?;
    // Access in use is never cut short: it is what stops working.
    wave.lost_in_use.iter().try_for_each(|lost| page.item(4, &page.paint.alarm("lost in use:"), &sentence(lost)))?;
    findings(&wave.introduced, "+", page)?;
    if page.style.verbose { findings(&wave.removed, "-", page) } else { Ok(()) }
}

pub(super) fn findings(findings: &[Finding], sign: &str, page: &mut Page<'_>) -> io::Result<()> {
    page.list(4, findings, MAX_LISTED, |page, finding| {
        let severity = page.paint.severity(finding.severity, finding.severity.id());
        let (control, subject) = (escape::name(&finding.control), name(&finding.subject));
        let text = format!("{severity} {control} {subject}: {}", sentence(&finding.message));
        let sign = if sign == "+" { page.paint.alarm(sign) } else { page.paint.good(sign) };
        page.item(4, &sign, &text)
    })
}
