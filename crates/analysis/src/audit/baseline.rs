//! New against old: what became of each violation since a result that was saved.
//!
//! A violation is the same as before when its fingerprint is: that holds the control, the company, the subject and the
//! resource, and no line. It is new when the fingerprint was not there, or when one of its places was not: whoever accepted
//! it in one project accepted it in no other. It counts when it is new or worse than before: of a higher severity, or of
//! more facts. What is not worse is known, and does not count. What was waived when the baseline was saved was never
//! accepted for good: once its waiver is over it counts again.
//!
//! Of a baseline only a digest of each violation is held, because there may be a million of them.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde_json::value::RawValue;

use super::extent::{self, Digest};
use cutover_model::result::audit::{BaselineState, Compared, Coverage, Status, Violation, ViolationStatus};
use cutover_model::result::saved;
use cutover_model::result::saved::SavedError;
use cutover_model::result::{Severity, Thing};

/// What is remembered of one violation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Before {
    severity: Severity,
    count: usize,
    message: u64,
    /// Digests of its places, sorted.
    places: Box<[Digest]>,
    /// Whether it was accepted: it was open, or in a baseline already.
    is_accepted: bool,
}

impl Before {
    fn of(violation: &Violation) -> Self {
        Self {
            severity: violation.severity,
            count: violation.count,
            message: digest(&violation.message),
            places: extent::of(violation),
            is_accepted: violation.status != ViolationStatus::Waived,
        }
    }

    /// Whether a violation is not worse than this one.
    fn covers(&self, severity: Severity, count: usize, places: &[Digest]) -> bool {
        self.is_accepted && severity <= self.severity && count <= self.count && self.holds(places)
    }

    /// Accepts only what another one accepts as well.
    fn narrow(&mut self, other: Self) {
        self.severity = self.severity.min(other.severity);
        self.count = self.count.min(other.count);
        self.is_accepted &= other.is_accepted;
        self.places = self.places.iter().copied().filter(|place| other.holds(&[*place])).collect();
    }

    /// Whether it has all of these places.
    fn holds(&self, places: &[Digest]) -> bool {
        places.iter().all(|place| self.places.binary_search(place).is_ok())
    }
}

fn digest<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Violations that were there before, by fingerprint.
#[derive(Debug, Default)]
pub struct Known {
    by_fingerprint: FxHashMap<Box<str>, Before>,
}

impl Known {
    /// Remembers some violations.
    pub fn of<'v>(violations: impl IntoIterator<Item = &'v Violation>) -> Self {
        let mut known = Self::default();
        violations.into_iter().for_each(|violation| known.insert(&violation.fingerprint, Before::of(violation)));
        known
    }

    fn insert(&mut self, fingerprint: &str, before: Before) {
        // A result that was made up may repeat a fingerprint: what is accepted is what each of the two accepts.
        match self.by_fingerprint.entry(fingerprint.into()) {
            Entry::Vacant(free) => {
                free.insert(before);
            }
            Entry::Occupied(mut known) => known.get_mut().narrow(before),
        }
    }

    /// Whether there was one with this fingerprint.
    pub fn holds(&self, fingerprint: &str) -> bool {
        self.by_fingerprint.contains_key(fingerprint)
    }

    /// What became of a violation: [`BaselineState::New`], `Unchanged` or `Updated`.
    pub fn state(&self, violation: &Violation) -> BaselineState {
        let Some(before) = self.by_fingerprint.get(violation.fingerprint.as_str()) else { return BaselineState::New };
        let now = Before::of(violation);
        let accepted = Before { is_accepted: now.is_accepted, ..before.clone() };
        match accepted == now {
            true => BaselineState::Unchanged,
            false if before.holds(&now.places) => BaselineState::Updated,
            false => BaselineState::New,
        }
    }

    /// Whether a violation is known and not worse than it was, so that it does not count.
    pub fn covers(&self, violation: &Violation) -> bool {
        let places = extent::of(violation);
        self.covers_outline(&violation.fingerprint, violation.severity, violation.count, &places)
    }

    /// The same of a violation that is not told yet.
    pub(super) fn covers_outline(
        &self,
        fingerprint: &str,
        severity: Severity,
        count: usize,
        places: &[Digest],
    ) -> bool {
        self.by_fingerprint.get(fingerprint).is_some_and(|before| before.covers(severity, count, places))
    }

    /// Whether a place is one of a violation that was there.
    pub(super) fn holds_place(&self, fingerprint: &str, place: Digest) -> bool {
        self.by_fingerprint.get(fingerprint).is_some_and(|before| before.holds(&[place]))
    }
}

/// What two lists of violations have to do with each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What became of each violation of the newer list, in its order.
    pub states: Vec<BaselineState>,
    /// Those of the older list that are gone, by index, in its order.
    pub absent: Vec<usize>,
}

/// Compares two lists of violations.
pub fn compare(before: &[Violation], now: &[Violation]) -> Comparison {
    let known = Known::of(before);
    let still: FxHashSet<&str> = now.iter().map(|violation| violation.fingerprint.as_str()).collect();
    let gone = |(_, violation): &(usize, &Violation)| !still.contains(violation.fingerprint.as_str());
    Comparison {
        states: now.iter().map(|violation| known.state(violation)).collect(),
        absent: before.iter().enumerate().filter(gone).map(|(index, _)| index).collect(),
    }
}

/// A saved audit to compare with. It borrows the bytes it was read from; a violation is read again when it is gone and
/// has to be told.
#[derive(Debug)]
pub struct Baseline<'b> {
    path: String,
    as_of: NaiveDate,
    companies: Vec<Thing>,
    known: Known,
    texts: Vec<&'b RawValue>,
    /// The fingerprint, control and company of each violation.
    outlines: Vec<(Box<str>, Box<str>, Box<str>)>,
}

impl<'b> Baseline<'b> {
    /// What it does: `12 violations of 2024-10-01 do not count`.
    pub fn effect(&self) -> String {
        let violations = cutover_model::natural::counted(self.outlines.len(), "violation");
        format!("{violations} of {} do not count where they are no worse", self.as_of)
    }

    /// Reads a saved audit.
    ///
    /// # Errors
    /// When it is no audit, one of another version, or cut.
    pub fn read(path: &str, bytes: &'b [u8]) -> Result<Self, SavedError> {
        let saved = saved::read_outline(path, bytes)?;
        let texts: Vec<&'b RawValue> = saved.violations;
        let read: Option<Vec<_>> = texts
            .par_iter()
            .map(|text| {
                let violation = saved::violation(text)?;
                let outline = [&violation.fingerprint, &violation.control, &violation.company];
                let [fingerprint, control, company] = outline.map(|text| Box::<str>::from(text.as_str()));
                Some(((fingerprint, control, company), Before::of(&violation)))
            })
            .collect();
        let Some(read) = read else {
            // Which one it is, and where, is found out when somebody has to be told.
            let broken = || SavedError::new(path, "holds what is no violation", "give it as cutover wrote it");
            return Err(saved::read_audit(path, bytes).err().unwrap_or_else(broken));
        };
        let mut known = Known::default();
        let mut outlines = Vec::with_capacity(texts.len());
        for (outline, before) in read {
            known.insert(&outline.0, before);
            outlines.push(outline);
        }
        Ok(Self { path: path.to_owned(), as_of: saved.as_of, companies: saved.companies, known, texts, outlines })
    }

    /// The violations it knows.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Whether it holds a violation of a control.
    pub fn speaks_of(&self, control: &str) -> bool {
        self.outlines.iter().any(|(_, own, _)| **own == *control)
    }

    /// How many violations it holds.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What a result says of it.
    pub fn describe(&self) -> Compared {
        Compared { path: self.path.clone(), as_of: self.as_of, violations: self.len() }
    }

    /// Refuses a baseline of none of these companies.
    ///
    /// # Errors
    /// When both name their companies, and have none in common.
    pub fn check(&self, companies: &[Thing]) -> Result<(), SavedError> {
        same_company(&self.path, &self.companies, companies)
    }

    /// Its violations that are gone. What could not be assessed again, because its control was left out or had nothing to
    /// evaluate by, because its company is not there, or because something decisive is unknown any more, is not known to be
    /// gone; of those the number. `unknown` gives the fingerprints of what some controls could not evaluate.
    pub fn absent(
        &self,
        is_there: impl Fn(&str) -> bool,
        coverage: &[Coverage],
        companies: &[Thing],
        unknown: impl FnOnce(&BTreeSet<&str>) -> FxHashSet<String>,
    ) -> (Vec<Violation>, usize) {
        let judged = Judged::of(&self.companies, coverage, companies);
        let missing: Vec<_> =
            self.texts.iter().zip(&self.outlines).filter(|(_, (fingerprint, ..))| !is_there(fingerprint)).collect();
        let controls: BTreeSet<&str> = missing.iter().map(|(_, (_, control, _))| control.as_ref()).collect();
        let unknown = if missing.is_empty() { FxHashSet::default() } else { unknown(&controls) };
        let mut gone = Vec::new();
        let mut not_assessed = 0;
        for (text, (fingerprint, control, company)) in missing {
            if judged.again(control, company) && !unknown.contains(fingerprint.as_ref()) {
                let Some(mut violation) = saved::violation(text) else { continue };
                violation.status = ViolationStatus::Baseline;
                violation.waiver = None;
                violation.planned = None;
                violation.baseline_state = Some(BaselineState::Absent);
                gone.push(violation);
            } else {
                not_assessed += 1;
            }
        }
        gone.sort_by(|one, two| order(one).cmp(&order(two)));
        (gone, not_assessed)
    }
}

/// Violations as people read them: worst first, then by control, company, subject and resource.
pub(super) fn order(violation: &Violation) -> impl Ord + '_ {
    let Violation { severity, control, company, subject, resource, fingerprint, .. } = violation;
    (Reverse(*severity), control, company, &subject.name, &subject.id, &resource.id, fingerprint)
}

/// Refuses a saved result of none of these companies.
pub(super) fn same_company(path: &str, saved: &[Thing], now: &[Thing]) -> Result<(), SavedError> {
    let ids = |things: &[Thing]| things.iter().map(|thing| thing.id.clone()).collect::<Vec<_>>();
    let (before, after) = (ids(saved), ids(now));
    if before.is_empty() || after.is_empty() || before.iter().any(|id| after.contains(id)) {
        return Ok(());
    }
    let names = |things: &[Thing]| {
        things.iter().map(|thing| cutover_model::escape::name(&thing.name)).collect::<Vec<_>>().join(", ")
    };
    let what = format!("is of {}, and this is of {}", names(saved), names(now));
    Err(SavedError::new(path, what, "give an audit of the same company"))
}

/// What was evaluated: by which controls, in which companies.
#[derive(Debug)]
pub(super) struct Judged<'c> {
    controls: FxHashSet<&'c str>,
    /// By the name they had: whether they are there.
    companies: BTreeMap<&'c str, bool>,
}

impl<'c> Judged<'c> {
    /// Of a newer result, for the companies of an older one.
    pub(super) fn of(before: &'c [Thing], coverage: &'c [Coverage], companies: &[Thing]) -> Self {
        let judged = |coverage: &&Coverage| matches!(coverage.status, Status::Assessed | Status::PartlyAssessed);
        let there = |company: &Thing| companies.is_empty() || companies.iter().any(|now| now.id == company.id);
        Self {
            controls: coverage.iter().filter(judged).map(|coverage| coverage.control.as_str()).collect(),
            companies: before.iter().map(|company| (company.name.as_str(), there(company))).collect(),
        }
    }

    /// Whether a violation that was there before would have been found again.
    pub(super) fn again(&self, control: &str, company: &str) -> bool {
        self.controls.contains(control) && self.companies.get(company).copied().unwrap_or(true)
    }
}
