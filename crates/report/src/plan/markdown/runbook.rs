//! The steps as task lists: by party, then by wave, then by date.

use std::collections::BTreeMap;
use std::io::{self, Write};

use chrono::NaiveDate;

use super::super::words;
use super::text::{code, text};
use cutover_model::result::Party;
use cutover_model::result::plan::{Account, Plan, Step};

/// Steps of one party in one wave, sorted by the day they begin. Accounts without a wave come last.
type ByWave<'a> = BTreeMap<(bool, Option<usize>), Vec<(&'a Account, &'a Step)>>;

pub(super) fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    for party in Party::ALL {
        let waves = of_party(plan, party);
        if waves.is_empty() {
            continue;
        }
        writeln!(out, "\n## Steps of the {}", words::party(party))?;
        for ((_, wave), steps) in waves {
            writeln!(out, "\n### {}\n", heading(plan, wave))?;
            steps.iter().try_for_each(|(account, step)| item(account, step, out))?;
        }
    }
    Ok(())
}

fn of_party(plan: &Plan, party: Party) -> ByWave<'_> {
    let mut waves = ByWave::new();
    for account in &plan.accounts {
        for step in account.steps.iter().filter(|step| step.party == party) {
            waves.entry((account.wave.is_none(), account.wave)).or_default().push((account, step));
        }
    }
    // Stable, so what begins on one day stays in the order of the plan.
    waves.values_mut().for_each(|steps| steps.sort_by_key(|(_, step)| begins(step)));
    waves
}

fn begins(step: &Step) -> NaiveDate {
    step.earliest
}

fn heading(plan: &Plan, number: Option<usize>) -> String {
    let Some(number) = number else { return "Accounts in no wave".to_owned() };
    let days = plan.waves.iter().find(|wave| wave.number == number).map(|wave| words::period(wave.from, wave.to));
    days.map_or_else(|| format!("Wave {number}"), |days| format!("Wave {number}, {days}"))
}

fn item(account: &Account, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    let late = words::too_late(step).map(|late| format!("**{late}** ")).unwrap_or_default();
    let latest = step.latest.map(|day| format!(", by {day} at the latest")).unwrap_or_default();
    let days = words::period(step.earliest, step.ends);
    writeln!(out, "- [ ] {late}{days}{latest}: {}: {}", code(&account.account.name), text(&step.action))?;
    let after: Vec<String> = step.after.iter().map(|step| code(step)).collect();
    let duty = if step.duty.is_empty() { String::new() } else { format!(", duty {}", text(&step.duty)) };
    let details = [
        ("step", format!("{}{duty}", code(&step.id))),
        ("right", text(&step.right)),
        ("after", after.join(", ")),
        ("check", text(&step.check)),
        ("rollback", text(&step.undo)),
    ];
    let mut details = details.iter().filter(|(_, what)| !what.is_empty());
    details.try_for_each(|(name, what)| writeln!(out, "  - {name}: {what}"))
}
