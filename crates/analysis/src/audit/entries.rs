//! What there is to tell, before anybody tells it: a few numbers for each violation.
//!
//! A violation as a person reads it takes kilobytes: messages, places, lines of files. So many of them are found that
//! they are described only on demand, and everything that can be decided before is decided on these.

use std::cmp::{Ordering, Reverse};
use std::ops::Range;

use rayon::prelude::*;

use super::Context;
use super::violations::fingerprint;
use cutover_model::result::Severity;
use cutover_model::result::audit::ViolationStatus;
use cutover_policy::control::Control;
use cutover_policy::facts::{Table, ThingIx};
use cutover_policy::{self as policy, Evaluation, Hit};

/// Facts that violate a control with the same principal and resource: one violation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// By index in the pack.
    pub control: u32,
    pub principal: ThingIx,
    pub resource: ThingIx,
    /// Whether the control forbids it, or asks that it be known.
    pub is_unknown: bool,
    pub severity: Severity,
    /// The waiver that covers it, by index in [`Entries::waivers`].
    pub waiver: Option<u32>,
    /// Whether that waiver only plans a fix, so that the violation counts.
    pub is_planned: bool,
    /// Whether it was there before, and is not worse.
    pub is_known: bool,
    first: u32,
    count: u32,
}

impl Entry {
    /// Whether it counts.
    pub(super) fn status(&self) -> ViolationStatus {
        match (self.waiver.filter(|_| !self.is_planned), self.is_known) {
            (Some(_), _) => ViolationStatus::Waived,
            (None, true) => ViolationStatus::Baseline,
            (None, false) => ViolationStatus::Open,
        }
    }

    /// How many facts it is.
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }
}

/// What there is to tell.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub all: Vec<Entry>,
    /// The facts of the entries, each by its number among those that violate and, after these, those that are unknown.
    hits: Vec<u32>,
}

/// A hit with what makes it the same violation as others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    control: u32,
    principal: ThingIx,
    resource: ThingIx,
    is_unknown: bool,
    hit: u32,
}

impl Found {
    fn is_same(&self, other: &Self) -> bool {
        let key = |found: &Self| (found.control, found.principal, found.resource, found.is_unknown);
        key(self) == key(other)
    }
}

impl Entries {
    /// Gathers them, by control, then principal, then resource.
    pub(super) fn gather(context: &Context<'_>, evaluation: &Evaluation) -> Self {
        let numbers = (0..evaluation.violations.len() + evaluation.unknown.len()).into_par_iter();
        let mut found: Vec<Option<Found>> = numbers.map(|number| find(context, evaluation, number)).collect();
        found.par_sort_unstable();
        // What is nowhere comes first.
        let found = found.get(found.partition_point(Option::is_none)..).unwrap_or_default();
        let mut out = Self { all: Vec::new(), hits: Vec::with_capacity(found.len()) };
        out.hits.extend(found.iter().flatten().map(|found| found.hit));
        let mut at = 0;
        for same in found.chunk_by(|one, two| one.zip(*two).is_some_and(|(one, two)| one.is_same(&two))) {
            let first = small(at);
            at += same.len();
            let Some(Some(found)) = same.first() else { continue };
            let Some(severity) = severity(context, found) else { continue };
            out.all.push(Entry {
                control: found.control,
                principal: found.principal,
                resource: found.resource,
                is_unknown: found.is_unknown,
                severity,
                waiver: None,
                is_planned: false,
                is_known: false,
                first,
                count: small(same.len()),
            });
        }
        out
    }

    /// The entries of a control, or of one principal and a control, while they are in the order of
    /// [`Entries::gather`].
    pub(super) fn of(&self, control: u32, principal: Option<ThingIx>) -> Range<usize> {
        let start = self.all.partition_point(|entry| (entry.control, Some(entry.principal)) < (control, principal));
        let rest = self.all.get(start..).unwrap_or_default();
        let own = |entry: &Entry| entry.control == control && principal.is_none_or(|one| one == entry.principal);
        start..start + rest.partition_point(own)
    }

    /// The facts of an entry.
    pub(super) fn hits<'j>(&self, evaluation: &'j Evaluation, entry: &Entry) -> impl ExactSizeIterator<Item = &'j Hit> {
        let hits: Vec<&Hit> =
            self.hit_numbers(entry).iter().filter_map(|number| hit(evaluation, *number as usize)).collect();
        hits.into_iter()
    }

    /// The numbers of the facts of an entry, among those that violate and, after these, those that are unknown.
    pub(super) fn hit_numbers(&self, entry: &Entry) -> &[u32] {
        let range = entry.first as usize..entry.first as usize + entry.count();
        self.hits.get(range).unwrap_or_default()
    }

    /// Leaves an entry only the facts that are kept; one that keeps none is left as it is.
    pub(super) fn restrict(&mut self, evaluation: &Evaluation, number: usize, is_kept: impl Fn(&Hit) -> bool) {
        let Some(entry) = self.all.get_mut(number) else { return };
        let start = entry.first as usize;
        let Some(hits) = self.hits.get_mut(start..start + entry.count()) else { return };
        // Those that are kept come first, in their order.
        hits.sort_by_key(|number| !hit(evaluation, *number as usize).is_some_and(&is_kept));
        let kept = hits.partition_point(|number| hit(evaluation, *number as usize).is_some_and(&is_kept));
        if kept > 0 {
            entry.count = small(kept);
        }
    }

    /// Sorts them as people read them: worst first, then by control, company, subject and resource.
    pub(super) fn sort(&mut self, context: &Context<'_>) {
        let things = context.facts.things.as_slice();
        let thing = |index: ThingIx| things.get(index as usize);
        let controls: Vec<usize> = {
            let mut order: Vec<usize> = (0..context.controls.len()).collect();
            order.sort_by_key(|index| context.controls.get(*index).map(|control| control.id.as_str()));
            invert(&order)
        };
        let subjects = ranks(things.len(), self.all.iter().map(|entry| entry.principal), |index| {
            let subject = thing(index)?;
            Some((thing(subject.company)?.name.as_str(), subject.name.as_str(), subject.id.as_str()))
        });
        let resources =
            ranks(things.len(), self.all.iter().map(|entry| entry.resource), |index| Some(thing(index)?.id.as_str()));
        let key = |entry: &Entry| {
            let control = controls.get(entry.control as usize).copied();
            let subject = subjects.get(entry.principal as usize).copied();
            let resource = resources.get(entry.resource as usize).copied();
            (Reverse(entry.severity), control, subject, resource)
        };
        let fingerprint = |entry: &Entry| fingerprint(context, entry);
        self.all.par_sort_by(|one, two| match key(one).cmp(&key(two)) {
            // Rare: known and unknown of one pair, or companies of one name.
            Ordering::Equal => fingerprint(one).cmp(&fingerprint(two)),
            order => order,
        });
    }
}

/// What could not be assessed: control, principal and resource.
pub(super) fn unknown(
    context: &Context<'_>,
    evaluation: &Evaluation,
) -> impl ParallelIterator<Item = (u32, ThingIx, ThingIx)> {
    let first = evaluation.violations.len();
    let numbers = (first..first + evaluation.unknown.len()).into_par_iter();
    let found = numbers.filter_map(|number| find(context, evaluation, number));
    found.map(|found| (found.control, found.principal, found.resource))
}

fn hit(evaluation: &Evaluation, number: usize) -> Option<&Hit> {
    let violations = evaluation.violations.len();
    evaluation.violations.get(number).or_else(|| evaluation.unknown.get(number.checked_sub(violations)?))
}

fn find(context: &Context<'_>, evaluation: &Evaluation, number: usize) -> Option<Found> {
    let hit = hit(evaluation, number)?;
    let table: &Table = context.facts.tables.get(&hit.environment)?;
    let (block, row) = table.find(hit.fact)?;
    Some(Found {
        control: small(hit.control),
        principal: table.blocks().get(block)?.principal,
        resource: table.resource_of(row)?,
        is_unknown: number >= evaluation.violations.len(),
        hit: small(number),
    })
}

fn severity(context: &Context<'_>, found: &Found) -> Option<Severity> {
    let control: &Control = context.controls.get(found.control as usize)?;
    context.facts.thing(context.facts.thing(found.principal)?.company)?;
    context.facts.thing(found.resource)?;
    if found.is_unknown { control.unknown } else { Some(policy::severity(control, context.pack, context.days_left)) }
}

/// For each of some things, its place in an order; things that are equal in it have one place.
pub(super) fn ranks<K: Ord + Send>(
    things: usize,
    some: impl Iterator<Item = ThingIx>,
    key: impl Fn(ThingIx) -> K + Sync,
) -> Vec<u32> {
    let mut ranks = vec![u32::MAX; things];
    let mut seen: Vec<ThingIx> = Vec::new();
    for index in some {
        if let Some(rank) = ranks.get_mut(index as usize).filter(|rank| **rank == u32::MAX) {
            *rank = 0;
            seen.push(index);
        }
    }
    seen.par_sort_by(|one, two| key(*one).cmp(&key(*two)));
    for (rank, equal) in (0..).zip(seen.chunk_by(|one, two| key(*one) == key(*two))) {
        for index in equal {
            ranks.get_mut(*index as usize).into_iter().for_each(|place| *place = rank);
        }
    }
    ranks
}

/// The place of each index in an order of all of them.
fn invert(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, index) in order.iter().enumerate() {
        places.get_mut(*index).into_iter().for_each(|at| *at = place);
    }
    places
}

/// Memory ends before these numbers do.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
