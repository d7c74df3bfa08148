//! A calendar: the sunset, the deadline, the waves, and the last day of each account.
//!
//! The ids of the events do not change from plan to plan, so a newer plan moves the events of an older one.

use std::io::{self, Write};

use chrono::{Days, NaiveDate, NaiveTime};
use icalendar::{Calendar, Component, Event, EventLike, Property};
use sha2::{Digest, Sha256};

use super::words;
use crate::header;
use crate::text::counted;
use cutover_model::escape;
use cutover_model::result::plan::{Account, Plan, Status, Step, WaiverDate, Wave};
use cutover_model::result::repair::Edit;

/// Accounts named in the event of a wave.
const MAX_NAMED: usize = 100;

pub(super) fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property(("PRODID", "-//Cutover//cutover.plan/v1//EN"));
    calendar.append_property(("CALSCALE", "GREGORIAN"));
    let what = if plan.repair.is_some() { "Repair of access" } else { "Migration of service accounts" };
    calendar.name(&format!("{what} as of {}", plan.as_of));
    let said = header::incomplete(&plan.diagnostics).into_iter().chain(header::of_plan(plan));
    calendar.description(&said.collect::<Vec<_>>().join("\n"));
    calendar.extend(events(plan));
    out.write_all(folded(&calendar.to_string()).as_bytes())
}

/// The text of a calendar with lines of at most 75 octets (RFC 5545, section 3.1). The library counts the space before a
/// continued line only in part.
fn folded(text: &str) -> String {
    /// Octets of a line, without its end.
    const LONGEST: usize = 75;
    let mut out = String::with_capacity(text.len() + text.len() / LONGEST * 3);
    for line in text.replace("\r\n ", "").split_terminator("\r\n") {
        let mut taken = 0;
        for letter in line.chars() {
            if taken + letter.len_utf8() > LONGEST {
                out.push_str("\r\n ");
                taken = 1;
            }
            out.push(letter);
            taken += letter.len_utf8();
        }
        out.push_str("\r\n");
    }
    out
}

fn events(plan: &Plan) -> Vec<Event> {
    let day = |what: &str, day: Option<NaiveDate>, summary: &str| {
        let text = format!("timeline {}\n{}", escape::name(&plan.timeline.id), words::terms(plan));
        Some(event(plan, &[what], (day?, day?), summary, &text))
    };
    let sunset = day("sunset", plan.timeline.sunset, "Sunset of legacy service accounts");
    let deadline = day("deadline", plan.terms.deadline, "Last day to migrate service accounts");
    let waves = plan.waves.iter().map(|wave| of_wave(plan, wave));
    let accounts = plan.accounts.iter().filter_map(|account| of_account(plan, account));
    if let Some(repair) = &plan.repair {
        return repair.edits.iter().map(|edit| of_edit(plan, edit)).collect();
    }
    let waivers = plan.waivers.iter().map(|waiver| of_waiver(plan, waiver));
    sunset.into_iter().chain(deadline).chain(waves).chain(accounts).chain(waivers).collect()
}

/// The last day of a waiver, or the day of a planned fix.
fn of_waiver(plan: &Plan, waiver: &WaiverDate) -> Event {
    let (control, covers) = (escape::name(&waiver.control), escape::name(&waiver.covers));
    let (what, effect) = match waiver.planned {
        true => ("Fix planned", "the violation counts until it is fixed"),
        false => ("Waiver expires", "the violation counts from the next day on"),
    };
    let summary = format!("{what}: {control} for {covers}");
    let place = format!("{}:{}", escape::name(&waiver.path), waiver.line);
    let text = format!("{}\n{effect}\n{place}", escape::name(&waiver.owner));
    let id = ["waiver", &waiver.control, &waiver.covers, if waiver.planned { "planned" } else { "accepted" }];
    event(plan, &id, (waiver.expires, waiver.expires), &summary, &text)
}

/// The days of an edit of a repair.
fn of_edit(plan: &Plan, edit: &Edit) -> Event {
    let step = &edit.step;
    let lines = [&step.action, &step.check, &step.undo].map(|text| escape::visible(text).into_owned());
    let text = format!("{}\n{}", words::party(step.party), lines.join("\n"));
    let summary = format!("Repair {}: {}", escape::name(&edit.id), escape::visible(&step.action));
    event(plan, &["repair", &step.action], (step.earliest, step.ends), &summary, &text)
}

fn of_wave(plan: &Plan, wave: &Wave) -> Event {
    let accounts = counted(wave.accounts.len(), "account");
    let verb = if wave.accounts.len() == 1 { "moves" } else { "move" };
    let text = format!(
        "{}\n{}\nBlast radius: {}",
        words::some_names(&wave.accounts, MAX_NAMED, escape::name),
        words::slack(wave.slack_days),
        words::blast_radius(wave.blast_radius)
    );
    let summary = format!("Wave {}: {accounts} {verb}", wave.number);
    event(plan, &["wave", &wave.number.to_string()], (wave.from, wave.to), &summary, &text)
}

/// The last day of an account: that of its last step, with the last days of the others in the description.
fn of_account(plan: &Plan, account: &Account) -> Option<Event> {
    if account.status == Status::Done {
        return None;
    }
    // Of several on that day it is the one that comes last in the plan.
    let (step, day) = account.steps.iter().filter_map(|step| Some((step, step.latest?))).max_by_key(|(_, day)| *day)?;
    let name = escape::name(&account.account.name);
    let summary = format!("Last day for {name}: {}", escape::visible(&step.action));
    let steps: Vec<String> = account.steps.iter().map(line).collect();
    let text = format!("{}\n{}", escape::visible(&account.reason), steps.join("\n"));
    Some(event(plan, &["account", &account.company, &account.account.id], (day, day), &summary, &text))
}

fn line(step: &Step) -> String {
    let latest = step.latest.map_or_else(|| "no deadline".to_owned(), |day| format!("by {day}"));
    format!("{latest}, {}: {}", words::party(step.party), escape::visible(&step.action))
}

/// An event of whole days. What it is identifies it, not when it is.
fn event(plan: &Plan, what: &[&str], (first, last): (NaiveDate, NaiveDate), summary: &str, text: &str) -> Event {
    let companies = plan.companies.iter().map(|company| company.id.as_str());
    let mut digest = Sha256::new();
    for part in companies.chain(what.iter().copied()) {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    let uid: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // The end of an event is the day after its last.
    let end = last.checked_add_days(Days::new(1)).unwrap_or(last);
    let mut event = Event::new();
    event
        .uid(&format!("{uid}@cutover"))
        .timestamp(plan.as_of.and_time(NaiveTime::MIN).and_utc())
        .starts(first)
        .ends(end)
        .summary(summary)
        .description(text)
        // Nobody is busy all day because of it.
        .append_property(Property::new("TRANSP", "TRANSPARENT"));
    event.done()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn every_line_has_at_most_75_octets_whatever_its_length() {
        for length in 1..400 {
            for letter in ["x", "ü", "東", "👩"] {
                let text = format!("SUMMARY:{}\r\nEND:VEVENT\r\n", letter.repeat(length));
                let out = folded(&text);
                assert!(out.split_terminator("\r\n").all(|line| line.len() <= 75), "{out}");
                assert_eq!(out.replace("\r\n ", ""), text);
            }
        }
    }
}
