//! Marks what is waived, and reports waivers that are of no use, or will soon be.

use std::collections::BTreeMap;

use super::Options;
use super::violations::{Context, Found};
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::judge::Hit;
use crate::judge::condition::Truth;
use crate::judge::facts::{Facts, Value};
use crate::judge::waiver::{Clause, Entry};
use crate::result::audit::{Violation, ViolationStatus, Waiver};

/// How much of a violation a waiver covers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cover {
    Nothing,
    /// Some of its facts: that waives nothing.
    Part,
    Whole,
    /// The condition could not be evaluated for one of its facts: that waives nothing.
    Failed,
}

/// Applies the waivers. Of two that cover a violation the one that holds longer counts, and the first of equals.
pub(super) fn waive(
    context: &Context<'_>,
    found: &mut [Found<'_>],
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let emails = emails(context.facts);
    for waivers in &options.waivers {
        for entry in &waivers.all {
            // A control that was not asked for, or is switched off, has nothing to waive.
            if context.pack.controls.iter().all(|control| control.id != *entry.waiver.control.get_ref()) {
                continue;
            }
            let covers: Vec<Cover> = found.iter().map(|found| cover(context, entry, found, &emails)).collect();
            let (counts, news) = verdict(context, entry, &covers, options);
            let place = || Place::Line(waivers.path.clone(), entry.line);
            let failed = covers.iter().filter(|cover| **cover == Cover::Failed).count();
            if counts && failed > 0 {
                let told = violations(failed);
                let control = entry.waiver.control.get_ref();
                let what = format!("the waiver of {control} by condition could not be evaluated for {told}");
                diagnostics.push(Diagnostic::new(Code::UnmatchedWaiver, place(), what));
            }
            diagnostics.extend(news.map(|(code, what)| Diagnostic::new(code, place(), what)));
            if counts {
                let covered = found.iter_mut().zip(covers).filter(|(_, cover)| *cover == Cover::Whole);
                covered.for_each(|(found, _)| mark(&mut found.violation, entry, &waivers.path));
            }
        }
    }
}

/// Whether a waiver counts, and what is to be said about it.
fn verdict(
    context: &Context<'_>,
    entry: &Entry,
    covers: &[Cover],
    options: &Options,
) -> (bool, Option<(Code, String)>) {
    let waiver = &entry.waiver;
    let at = match &waiver.subject {
        Some(subject) => format!("the waiver of {} for `{}`", waiver.control.get_ref(), subject.get_ref()),
        None => format!("the waiver of {} by condition", waiver.control.get_ref()),
    };
    let (today, terms) = (options.as_of, &context.pack.house.terms);
    let term = waiver.term(today);
    if !covers.contains(&Cover::Whole) {
        let count = |sort| covers.iter().filter(|cover| **cover == sort).count();
        let message = match (count(Cover::Failed), count(Cover::Part)) {
            (0, 0) => format!("{at} matches nothing"),
            (failed @ 1.., _) => format!("{at} could not be evaluated for {}: it waives nothing", violations(failed)),
            (_, part) => format!("{at} covers a part of {part} violations, and no violation whole: it waives nothing"),
        };
        return (false, Some((Code::UnmatchedWaiver, message)));
    }
    if !waiver.in_force(today) {
        let message = format!("{at} expired on {}; the violation counts again", waiver.expires);
        return (false, Some((Code::ExpiredWaiver, message)));
    }
    if let Some(most) = terms.max_days.filter(|most| term > i64::from(*most)) {
        let from = waiver.granted.map_or("today".to_owned(), |granted| granted.to_string());
        let message =
            format!("{at} holds {term} days from {from}; at most {most} are allowed, so that it does not count");
        return (false, Some((Code::OverlongWaiver, message)));
    }
    let left = (waiver.expires - today).num_days();
    let soon = left <= i64::from(terms.soon_days);
    let news = soon.then(|| {
        let when = match left {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            days => format!("in {days} days"),
        };
        (Code::ExpiringWaiver, format!("{at} expires {when}, on {}", waiver.expires))
    });
    (true, news)
}

fn cover(context: &Context<'_>, entry: &Entry, found: &Found<'_>, emails: &Emails<'_>) -> Cover {
    let violation = &found.violation;
    if violation.control != *entry.waiver.control.get_ref() {
        return Cover::Nothing;
    }
    let Some(clause) = &entry.clause else {
        let subject = &violation.subject;
        let email = emails.get(&(subject.r#type.as_str(), subject.id.as_str())).copied().unwrap_or_default();
        let named = entry.waiver.names(&[&subject.name, &subject.id, email]);
        return if named { Cover::Whole } else { Cover::Nothing };
    };
    let truths: Vec<Truth> = found.hits.iter().map(|hit| truth(context, clause, hit)).collect();
    match truths.iter().filter(|truth| **truth == Truth::True).count() {
        _ if truths.contains(&Truth::Error) => Cover::Failed,
        0 => Cover::Nothing,
        all if all == truths.len() => Cover::Whole,
        _ => Cover::Part,
    }
}

fn truth(context: &Context<'_>, clause: &Clause, hit: &Hit) -> Truth {
    let table = context.facts.tables.get(&hit.environment);
    table.map_or(Truth::False, |table| clause.of(context.facts, table, hit.fact))
}

fn violations(number: usize) -> String {
    if number == 1 { "1 violation".to_owned() } else { format!("{number} violations") }
}

fn mark(violation: &mut Violation, entry: &Entry, path: &str) {
    let waiver = &entry.waiver;
    if violation.waiver.as_ref().is_some_and(|other| other.expires >= waiver.expires) {
        return;
    }
    violation.status = ViolationStatus::Waived;
    violation.waiver = Some(Waiver {
        reason: waiver.reason.get_ref().clone(),
        owner: waiver.owner.get_ref().clone(),
        approver: waiver.approver.get_ref().clone(),
        expires: waiver.expires,
        path: path.to_owned(),
        line: entry.line,
    });
}

type Emails<'f> = BTreeMap<(&'f str, &'f str), &'f str>;

/// The addresses of identities, by type and id: a waiver may name its subject so.
fn emails(facts: &Facts) -> Emails<'_> {
    let things = facts.things.iter();
    things
        .filter_map(|thing| match thing.attributes.get("email").map(|said| &said.value) {
            Some(Value::Text(email)) => Some(((thing.kind.id(), thing.id.as_str()), email.as_str())),
            _ => None,
        })
        .collect()
}
