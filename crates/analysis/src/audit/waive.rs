//! Marks what is waived, and reports waivers that are of no use, or will soon be.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::entries::{Entries, Entry as Covered};
use super::{Context, Options, condition_scope};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::result::audit::Waiver;
use cutover_policy::condition::Truth;
use cutover_policy::facts::{Facts, Thing, ThingIx, Type, Value};
use cutover_policy::waiver::{Entry, WaiverState};
use cutover_policy::{Evaluation, Hit};
use cutover_secrets::without_lengths;

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

/// Violations, by their index in the entries.
type Covers = Vec<(usize, Cover)>;

/// Applies the waivers. Of two that cover a violation the one that holds longer counts, and the first of equals. Answers
/// with those that cover something, as the entries name them.
pub(super) fn waive(
    context: &Context<'_>,
    evaluation: &Evaluation,
    entries: &mut Entries,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Waiver> {
    let subjects = Subjects::of(context, entries, options);
    let mut used: Vec<Waiver> = Vec::new();
    for waivers in &options.waivers {
        for entry in &waivers.all {
            // A control that was not asked for, or is switched off, has nothing to waive.
            let id = entry.waiver.control.get_ref();
            let Some(control) = (0..).zip(context.controls).find(|(_, control)| control.id == *id) else {
                continue;
            };
            let covers = covers(context, evaluation, entries, entry, control.0, &subjects);
            let hint = if covers.is_empty() { whole_places(context, entries, entry, control.0) } else { String::new() };
            let (counts, news) = verdict(context, entry, &covers, &hint, options);
            let place = || Place::Line(waivers.path.clone(), entry.line);
            let failed = covers.iter().filter(|(_, cover)| *cover == Cover::Failed).count();
            if counts && failed > 0 {
                let described = violations(failed);
                let control = entry.waiver.control.get_ref();
                let what = format!("the waiver of {control} by condition could not be evaluated for {described}");
                diagnostics.push(Diagnostic::new(Code::UnmatchedWaiver, place(), what));
            }
            diagnostics.extend(news.map(|(code, what)| Diagnostic::new(code, place(), what)));
            if counts {
                let number = u32::try_from(used.len()).unwrap_or(u32::MAX);
                used.push(document(entry, &waivers.path));
                for (covered, _) in covers.iter().filter(|(_, cover)| *cover == Cover::Whole) {
                    let waived = entries.all.get_mut(*covered);
                    let is_planned = entry.waiver.state == WaiverState::Planned;
                    waived.into_iter().for_each(|covered| mark(covered, (number, is_planned), &used));
                }
            }
        }
    }
    used
}

/// The violations of a control that a waiver may cover, and how much of each it does.
fn covers(
    context: &Context<'_>,
    evaluation: &Evaluation,
    entries: &Entries,
    entry: &Entry,
    control: u32,
    subjects: &Subjects,
) -> Covers {
    let Some(clause) = &entry.clause else {
        let subject = entry.waiver.subject.as_ref().map(|subject| subject.get_ref().trim());
        let named: Vec<ThingIx> = subject.map(|subject| subjects.named(context, subject)).unwrap_or_default();
        let named = named.into_iter().flat_map(|named| entries.of(control, Some(named)));
        return named.map(|at| (at, Cover::Whole)).collect();
    };
    let range = entries.of(control, None);
    let some = entries.all.get(range.clone()).unwrap_or_default();
    let hits: Vec<&Hit> = some.iter().flat_map(|entry| entries.hits(evaluation, entry)).collect();
    let condition = entry.waiver.condition.as_ref().map_or("", |condition| condition.get_ref().as_str());
    let truths = condition_scope::truths(context, clause, condition, &hits);
    let mut truths = truths.as_slice();
    let cover = |entry: &Covered| {
        let (own, rest) = truths.split_at_checked(entry.count()).unwrap_or_default();
        truths = rest;
        match own.iter().filter(|truth| **truth == Truth::True).count() {
            _ if own.contains(&Truth::Error) => Cover::Failed,
            0 => Cover::Nothing,
            all if all == own.len() => Cover::Whole,
            _ => Cover::Part,
        }
    };
    range.zip(some.iter().map(cover)).collect()
}

/// Whether a waiver counts, and what is to be said about it.
fn verdict(
    context: &Context<'_>,
    entry: &Entry,
    covers: &[(usize, Cover)],
    hint: &str,
    options: &Options,
) -> (bool, Option<(Code, String)>) {
    let waiver = &entry.waiver;
    let at = match &waiver.subject {
        Some(subject) => format!("the waiver of {} for `{}`", waiver.control.get_ref(), subject.get_ref()),
        None => format!("the waiver of {} by condition", waiver.control.get_ref()),
    };
    let (today, terms) = (options.as_of, &context.pack.org.terms);
    let term = waiver.term(today);
    let count = |kind| covers.iter().filter(|(_, cover)| *cover == kind).count();
    if count(Cover::Whole) == 0 {
        let message = match (count(Cover::Failed), count(Cover::Part)) {
            (0, 0) => format!("{at} matches nothing{hint}"),
            (failed @ 1.., _) => format!("{at} could not be evaluated for {} and waives nothing", violations(failed)),
            (_, part) => format!("{at} covers only part of {part} violations and waives nothing"),
        };
        return (false, Some((Code::UnmatchedWaiver, message)));
    }
    if waiver.state == WaiverState::Planned {
        return (true, planned(context, entry, count(Cover::Whole), today));
    }
    if !waiver.in_force(today) {
        let message = format!("{at} expired on {}; the violation counts", waiver.expires);
        return (false, Some((Code::ExpiredWaiver, message)));
    }
    if let Some(granted) = waiver.granted.filter(|granted| *granted > today) {
        let message = format!("{at} starts on {granted} and is not in force yet");
        return (false, Some((Code::UnmatchedWaiver, message)));
    }
    if let Some(most) = terms.max_days.filter(|most| term > i64::from(*most)) {
        let from = waiver.granted.map_or("today".to_owned(), |granted| granted.to_string());
        let message =
            format!("{at} is valid for {term} days from {from}; at most {most} are allowed, so it is ignored");
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

/// What there is to say about a planned fix: that its date is past, or near.
fn planned(context: &Context<'_>, entry: &Entry, covered: usize, today: NaiveDate) -> Option<(Code, String)> {
    let waiver = &entry.waiver;
    let (control, date) = (waiver.control.get_ref(), waiver.expires);
    let whose = waiver.subject.as_ref().map(|subject| format!(" for `{}`", subject.get_ref())).unwrap_or_default();
    let what = format!("the fix of {control}{whose}");
    let left = (date - today).num_days();
    if left < 0 {
        let what = format!("{what} was planned by {date}, and {} still there", are(covered));
        return Some((Code::OverdueWaiver, what));
    }
    (left <= i64::from(context.pack.org.terms.soon_days))
        .then(|| (Code::ExpiringWaiver, format!("{what} is planned by {date}, and {} still there", are(covered))))
}

fn are(covered: usize) -> String {
    if covered == 1 { "the violation is".to_owned() } else { format!("{covered} violations are") }
}

/// What to write where a waiver names a secret by its file and member alone: the whole places that it may mean.
fn whole_places(context: &Context<'_>, entries: &Entries, entry: &Entry, control: u32) -> String {
    const MAX_ITEMS: usize = 3;
    let subject = entry.waiver.subject.as_ref().map_or("", |subject| subject.get_ref().trim());
    let Some((file, member)) = subject.split_once('/') else { return String::new() };
    let own = entries.all.get(entries.of(control, None)).unwrap_or_default();
    let may_be =
        |id: &&str| id.rsplit_once('/').is_some() && id.ends_with(member) && id.split('/').any(|part| part == file);
    let places = own.iter().filter_map(|entry| context.facts.thing(entry.principal));
    let places: BTreeSet<&str> =
        places.filter(|thing| is_secret(thing)).map(|thing| thing.id.as_str()).filter(may_be).collect();
    let named: Vec<String> =
        places.into_iter().take(MAX_ITEMS).map(|place| format!("`{}`", escape::name(place))).collect();
    if named.is_empty() { String::new() } else { format!("; name the secret by its whole place: {}", named.join(", ")) }
}

/// Whether this is a secret that lay in a file.
fn is_secret(thing: &Thing) -> bool {
    thing.attributes.get("exposed").is_some_and(|said| said.value == Value::Flag(true))
}

fn violations(number: usize) -> String {
    if number == 1 { "1 violation".to_owned() } else { format!("{number} violations") }
}

/// Of a waiver that accepts a violation and one that plans its fix, the first counts.
fn mark(covered: &mut Covered, (number, is_planned): (u32, bool), waivers: &[Waiver]) {
    let expires = |number: u32| waivers.get(number as usize).map(|waiver| waiver.expires);
    let rank = |number: u32, is_planned: bool| (!is_planned, expires(number));
    if covered.waiver.is_none_or(|other| rank(other, covered.is_planned) < rank(number, is_planned)) {
        covered.waiver = Some(number);
        covered.is_planned = is_planned;
    }
}

/// A waiver as results tell it.
fn document(entry: &Entry, path: &str) -> Waiver {
    let waiver = &entry.waiver;
    Waiver {
        reason: without_lengths(waiver.reason.get_ref()).into_owned(),
        owner: without_lengths(waiver.owner.get_ref()).into_owned(),
        approver: without_lengths(waiver.approver.get_ref()).into_owned(),
        expires: waiver.expires,
        path: path.to_owned(),
        line: entry.line,
    }
}

/// The subjects of violations, by each of the words a waiver may name them with: name, id, address.
#[derive(Default)]
struct Subjects(FxHashMap<String, Vec<ThingIx>>);

impl Subjects {
    /// Those that a waiver means. Case does not matter, but for the place of a secret: `Users.json` is another file than
    /// `users.json`.
    fn named(&self, context: &Context<'_>, subject: &str) -> Vec<ThingIx> {
        let is_meant = |index: &ThingIx| {
            let thing = context.facts.thing(*index);
            thing.is_some_and(|thing| !is_secret(thing) || thing.id == subject)
        };
        let found = self.0.get(&subject.to_ascii_lowercase()).into_iter().flatten();
        found.copied().filter(is_meant).collect()
    }

    /// Nobody, where no waiver names a subject.
    fn of(context: &Context<'_>, entries: &Entries, options: &Options) -> Self {
        let mut subjects = Self::default();
        if options.waivers.iter().flat_map(|waivers| &waivers.all).all(|entry| entry.waiver.subject.is_none()) {
            return subjects;
        }
        let mut all: Vec<ThingIx> = entries.all.iter().map(|entry| entry.principal).collect();
        all.par_sort_unstable();
        all.dedup();
        let emails = emails(&context.facts);
        for (index, thing) in all.into_iter().filter_map(|index| Some((index, context.facts.thing(index)?))) {
            let email = emails.get(&(thing.kind, thing.id.as_str())).copied().unwrap_or_default();
            let mut words = [&thing.name, &thing.id, email].map(|word| word.to_ascii_lowercase());
            words.sort_unstable();
            let mut before = None;
            for word in words {
                if before.as_ref() != Some(&word) {
                    subjects.0.entry(word.clone()).or_default().push(index);
                }
                before = Some(word);
            }
        }
        subjects
    }
}

type Emails<'f> = FxHashMap<(Type, &'f str), &'f str>;

/// The addresses of identities, by type and id.
fn emails(facts: &Facts) -> Emails<'_> {
    let things = facts.things.iter();
    things
        .filter_map(|thing| match thing.attributes.get("email").map(|said| &said.value) {
            Some(Value::Text(email)) => Some(((thing.kind, thing.id.as_str()), email.as_str())),
            _ => None,
        })
        .collect()
}
