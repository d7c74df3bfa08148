//! The violations of an audit, told as they are asked for: some at a time, by all processors, in order.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::vec;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::{Serialize, Serializer};

use super::baseline::{Baseline, Known};
use super::entries::{Entries, Entry, unknown};
use super::violations::{fingerprint, members, tell};
use super::{Context, places};
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::judge::vocabulary::Type;
use crate::judge::{Hit, Judgement};
use crate::result::Severity;
use crate::result::audit::{Audit, Coverage, Group, Status, Summary, Violation, ViolationStatus, Violations, Waiver};
use crate::result::saved::SavedError;
use crate::result::violations::Tally;

/// Violations told at once: enough to keep every processor busy, and few enough to hold.
const AT_ONCE: usize = 4096;

/// What an audit found. Until a violation is told it takes a few numbers.
pub struct Findings<'a> {
    pub(super) context: Context<'a>,
    pub(super) judgement: Judgement,
    pub(super) entries: Entries,
    /// The waivers that the entries name.
    pub(super) waivers: Vec<Waiver>,
    /// What they are compared with.
    pub(super) baseline: Option<Baseline<'a>>,
}

impl fmt::Debug for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("violations", &self.len()).finish_non_exhaustive()
    }
}

impl<'a> Audit<Findings<'a>> {
    /// Compares an audit with one that was saved: what was there before and is no worse does not count any more, what is
    /// gone is listed, and every violation says what became of it.
    ///
    /// # Errors
    /// When the saved audit is of other companies.
    pub fn since(mut self, baseline: Baseline<'a>) -> Result<Self, SavedError> {
        baseline.check(&self.companies)?;
        let still = self.violations.recognise(baseline.known());
        let is_there = |fingerprint: &str| still.contains(fingerprint);
        // Who did not ask which facts are unknown cannot tell what is gone from what is not known any more.
        let controls = &self.violations.context.pack.controls;
        let keeps = |id: &str| controls.iter().any(|control| control.id == id && control.tells_unknown());
        let is_judged = |coverage: &&Coverage| match coverage.status {
            Status::Assessed => true,
            Status::PartlyAssessed => keeps(&coverage.control),
            Status::NotAssessed | Status::Off => false,
        };
        let judged: Vec<Coverage> = self.coverage.iter().filter(is_judged).cloned().collect();
        let (absent, not_judged) =
            baseline.absent(is_there, &judged, &self.companies, |controls| self.violations.not_known(controls));
        let Findings { context, .. } = &self.violations;
        let found = still.iter().any(|fingerprint| baseline.known().holds(fingerprint));
        let mut news = Vec::new();
        if !found && !baseline.is_empty() {
            news.push("no violation of the baseline is in this export".to_owned());
        }
        if not_judged > 0 {
            let many = if not_judged == 1 { "1 violation".to_owned() } else { format!("{not_judged} violations") };
            news.push(format!("{many} of the baseline could not be judged again, and may still be there"));
        }
        let place = || Place::Path(baseline.told().path);
        let news = news.into_iter().map(|message| Diagnostic::new(Code::Baseline, place(), message)).collect();
        self.diagnostics.extend(places::diagnostics(context.export, news, &context.pack.house.levels));
        self.absent = absent;
        self.baseline = Some(baseline.told());
        self.violations.baseline = Some(baseline);
        self.summary = Summary::count(&self.violations, &self.coverage);
        Ok(self)
    }
}

type Sort = (u32, Severity, Option<Type>, Option<Type>, ViolationStatus);

impl Findings<'_> {
    /// How many violations there are.
    pub fn len(&self) -> usize {
        self.entries.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.all.is_empty()
    }

    /// Marks what is known and no worse; answers with the fingerprints of all.
    fn recognise(&mut self, known: &Known) -> FxHashSet<String> {
        let Self { context, judgement, entries, .. } = &*self;
        let of = |entry: &Entry| {
            let fingerprint = fingerprint(context, entry.control, entry.principal, entry.resource);
            let things = || {
                let hits: Vec<&Hit> = entries.hits(judgement, entry).collect();
                members(context, &hits)
            };
            let is_known = known.holds(&fingerprint)
                && known.covers_outline(&fingerprint, entry.severity, entry.count(), &things());
            (fingerprint, is_known)
        };
        let found: Vec<(String, bool)> = entries.all.par_iter().map(of).collect();
        for (entry, (_, is_known)) in self.entries.all.iter_mut().zip(&found) {
            entry.is_known = *is_known;
        }
        found.into_iter().map(|(fingerprint, _)| fingerprint).collect()
    }

    /// The fingerprints of what some controls could not judge.
    fn not_known(&self, controls: &BTreeSet<&str>) -> FxHashSet<String> {
        let context = &self.context;
        let asked_for = |control: u32| context.control(control).is_some_and(|own| controls.contains(own.id.as_str()));
        let mut pairs: Vec<_> = unknown(context, &self.judgement).filter(|(control, ..)| asked_for(*control)).collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs.into_par_iter().map(|(control, subject, object)| fingerprint(context, control, subject, object)).collect()
    }

    fn sort(&self, entry: &Entry) -> Sort {
        let kind = |thing| self.context.facts.thing(thing).map(|thing| thing.kind);
        (entry.control, entry.severity, kind(entry.principal), kind(entry.resource), entry.status())
    }
}

impl Violations for Findings<'_> {
    fn groups(&self) -> Vec<Group> {
        let mut tally = Tally::default();
        for entry in &self.entries.all {
            tally.count(self.sort(entry));
        }
        let word = |kind: Option<Type>| kind.map(|kind| kind.id().to_owned()).unwrap_or_default();
        let group = |((control, severity, subject, resource, status), count): (Sort, usize)| Group {
            control: self.context.control(control).map(|control| control.id.clone()).unwrap_or_default(),
            severity,
            subject_type: word(subject),
            resource_type: word(resource),
            status,
            count,
            told: count,
        };
        tally.into_counts().map(group).collect()
    }

    fn told(&self, most: usize) -> Box<dyn Iterator<Item = Cow<'_, Violation>> + '_> {
        let mut tally = Tally::default();
        let asked_for = move |entry: &&Entry| most >= self.len() || tally.count(self.sort(entry)) <= most;
        let entries = Box::new(self.entries.all.iter().filter(asked_for));
        Box::new(Telling { findings: self, entries, told: Vec::new().into_iter() }.map(Cow::Owned))
    }

    fn of<'v>(&'v self, control: &'v str) -> Box<dyn Iterator<Item = Cow<'v, Violation>> + 'v> {
        let own = move |entry: &&Entry| self.context.control(entry.control).is_some_and(|own| own.id == control);
        let entries = Box::new(self.entries.all.iter().filter(own));
        Box::new(Telling { findings: self, entries, told: Vec::new().into_iter() }.map(Cow::Owned))
    }
}

/// As the list that it is, without holding it.
impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.told(usize::MAX))
    }
}

/// Tells entries one after the other.
struct Telling<'f> {
    findings: &'f Findings<'f>,
    entries: Box<dyn Iterator<Item = &'f Entry> + 'f>,
    told: vec::IntoIter<Violation>,
}

impl Iterator for Telling<'_> {
    type Item = Violation;

    fn next(&mut self) -> Option<Violation> {
        if self.told.len() == 0 {
            let some: Vec<&Entry> = self.entries.by_ref().take(AT_ONCE).collect();
            self.told = tell(self.findings, &some).into_iter();
        }
        self.told.next()
    }
}
