//! What the rules say of it: the proposed change, the saved plan, the plan carried out.

use std::io::{self, Write};

use super::super::words;
use super::text::{code, text};
use super::thing;
use crate::text::counted;
use cutover_model::result::plan::{Finding, Plan, Progress, Simulation, State, WhatIf};

pub(super) fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if let Some(what_if) = &plan.what_if {
        proposed(what_if, out)?;
    }
    if let Some(progress) = &plan.progress {
        saved(progress, out)?;
    }
    carried_out(&plan.simulation, out)
}

pub(super) fn proposed(what_if: &WhatIf, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Proposed change {}\n", code(&what_if.path))?;
    what_if.changes.iter().try_for_each(|change| writeln!(out, "- {}", text(change)))?;
    if !what_if.subjects.is_empty() {
        writeln!(out, "- touches {}", words::some_names(&what_if.subjects, 20, code))?;
    }
    findings("removes", &what_if.removed, out)?;
    findings("introduces", &what_if.introduced, out)
}

fn saved(progress: &Progress, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Saved plan {}, as of {}\n", code(&progress.path), progress.as_of)?;
    writeln!(out, "- **{}**", words::validity(progress))?;
    writeln!(out, "- {}", words::achieved(progress))?;
    for step in progress.steps.iter().filter(|step| step.state == State::Overdue) {
        let (id, account) = (code(&step.step), thing(&step.account));
        writeln!(out, "- [ ] overdue: {account}: {} ({id})", text(&step.action))?;
    }
    for drift in &progress.drift {
        let breaks = if drift.breaks { " (**breaks the plan**)" } else { "" };
        writeln!(out, "- changed: {}: {}{breaks}", thing(&drift.account), text(&drift.what))?;
    }
    progress.changed_inputs.iter().try_for_each(|path| writeln!(out, "- other file: {}", code(path)))
}

fn carried_out(simulation: &Simulation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Simulation\n\nThe plan applied in memory and evaluated again after each wave.\n")?;
    writeln!(out, "| After | Removed | Introduced | Remaining |")?;
    writeln!(out, "| --- | --- | --- | --- |")?;
    writeln!(out, "| today | | | {} |", simulation.before)?;
    for wave in &simulation.waves {
        let (removed, introduced) = (wave.removed.len(), wave.introduced.len());
        writeln!(out, "| {} | {removed} | {introduced} | {} |", words::simulated(wave.wave), wave.remaining)?;
    }
    let left = counted(simulation.after, "violation");
    writeln!(out, "\nFrom {} to {left}.\n", counted(simulation.before, "violation"))?;
    for wave in &simulation.waves {
        let after = words::simulated(wave.wave);
        let lost = wave.lost_in_use.iter();
        lost.map(|lost| text(lost)).try_for_each(|lost| writeln!(out, "- **in use and lost** ({after}): {lost}"))?;
        findings(&format!("introduced ({after})"), &wave.introduced, out)?;
    }
    simulation.assumptions.iter().try_for_each(|assumption| writeln!(out, "- assumed: {}", text(assumption)))
}

pub(super) fn findings(word: &str, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    findings.iter().try_for_each(|finding| {
        let (severity, control) = (finding.severity.id(), code(&finding.control));
        let (subject, message) = (thing(&finding.subject), text(&finding.message));
        writeln!(out, "- {word}: {severity} {control} {subject}: {message}")
    })
}
