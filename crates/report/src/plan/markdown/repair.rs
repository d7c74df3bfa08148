//! The smallest repair, to tick off in a ticket.

use std::io::{self, Write};

use super::super::{repairs, words};
use super::simulation;
use super::text::{code, text};
use super::thing;
use crate::header;
use crate::text::counted;
use cutover_model::result::Party;
use cutover_model::result::plan::Plan;
use cutover_model::result::repair::{Edit, Repair};

/// Tools that an identity loses and are listed.
const TOOLS: usize = 20;

pub(super) fn write(plan: &Plan, repair: &Repair, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Repair of access, as of {}\n", plan.as_of)?;
    super::head(plan, out)?;
    for company in &plan.companies {
        writeln!(out, "- company: {}", thing(company))?;
    }
    header::of_plan(plan).iter().try_for_each(|line| writeln!(out, "- {}", text(line)))?;
    for asked in &repair.asked {
        writeln!(out, "- asked for {}", repairs::asked(asked, code))?;
    }
    writeln!(out, "- {}", repairs::proved(repair))?;
    writeln!(out, "- **{}**", repairs::result(repair))?;
    if let Some(what_if) = &plan.what_if {
        simulation::proposed(what_if, out)?;
    }
    for party in Party::ALL {
        let edits: Vec<&Edit> = repair.edits.iter().filter(|edit| edit.step.party == party).collect();
        if !edits.is_empty() {
            writeln!(out, "\n## Edits by the {}\n", words::party(party))?;
        }
        edits.into_iter().try_for_each(|one| edit(repair, one, out))?;
    }
    staying(repair, out)?;
    if !repair.keeps.is_empty() {
        writeln!(out, "\n## Kept: in use or declared as needed\n")?;
    }
    repair.keeps.iter().try_for_each(|keep| writeln!(out, "- {}", repairs::keep(keep, text)))?;
    if !repair.not_assessed.is_empty() {
        writeln!(out, "\n## Not assessed, so not cleared\n")?;
    }
    repair.not_assessed.iter().try_for_each(|control| writeln!(out, "- {}", words::unjudged(control, code)))
}

fn edit(repair: &Repair, edit: &Edit, out: &mut dyn Write) -> io::Result<()> {
    let step = &edit.step;
    writeln!(out, "- [ ] {}: {}", words::period(step.earliest, step.ends), text(&step.action))?;
    writeln!(out, "  - step: {}, duty {}", code(&step.id), text(&step.duty))?;
    if !step.right.is_empty() {
        writeln!(out, "  - right: {}", text(&step.right))?;
    }
    if let Some(place) = &edit.location {
        writeln!(out, "  - changes: {} line {}", code(&place.path), place.line)?;
    }
    writeln!(out, "  - cost: {}", repairs::cost(edit))?;
    for loss in edit.loses.iter().flat_map(|loss| repairs::losses(loss, TOOLS, code)) {
        writeln!(out, "    - {loss}")?;
    }
    let more = edit.identities.saturating_sub(edit.loses.len());
    if more > 0 {
        writeln!(out, "    - and {more} more")?;
    }
    for cleared in repairs::clears(repair, edit, code) {
        writeln!(out, "  - clears: {cleared}")?;
    }
    writeln!(out, "  - check: {}", text(&step.check))?;
    writeln!(out, "  - rollback: {}", text(&step.undo))
}

fn staying(repair: &Repair, out: &mut dyn Write) -> io::Result<()> {
    if !repair.not_cleared.is_empty() {
        writeln!(out, "\n## Not cleared\n")?;
    }
    for stays in &repair.not_cleared {
        let violation = &stays.violation;
        let (severity, control) = (violation.severity.id(), code(&violation.control));
        let (subject, projects) = (thing(&violation.subject), repairs::projects(&stays.projects, code));
        writeln!(out, "- {severity} {control} {subject}{projects}: {}", text(&violation.message))?;
        stays.reasons.iter().try_for_each(|reason| writeln!(out, "  - {}", text(reason)))?;
        writeln!(out, "  - remedy of the control: {}", text(&stays.remedy))?;
    }
    Ok(())
}

pub(super) fn carried_out(repair: &Repair, out: &mut dyn Write) -> io::Result<()> {
    let done = &repair.simulation;
    writeln!(out, "\n## Simulation\n\nAll edits applied in memory and evaluated again.\n")?;
    let (before, after) = (counted(done.before, "violation"), counted(done.after, "violation"));
    writeln!(out, "From {before} to {after}.\n")?;
    simulation::findings("introduces", &done.introduced, out)?;
    simulation::findings("removes", &done.removed, out)
}
