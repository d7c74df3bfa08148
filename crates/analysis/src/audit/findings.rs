//! The violations of an audit, described on demand: some at a time, by all processors, in order.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc;
use std::{thread, vec};

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::{Serialize, Serializer};

use super::Context;
use super::actions::{self, TriedEdit};
use super::baseline::{Baseline, Known};
use super::entries::{Entries, Entry, unknown};
use super::places::{self, Places};
use super::violations::{Members, Outline, fingerprint, fingerprint_of, member, outline, write};
use cutover_inventory::graph::Node;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::result::Severity;
use cutover_model::result::audit::{
    Audit, Coverage, Group, Render, Status, Summary, Verdict, Violation, ViolationStatus, Violations, Waiver,
};
use cutover_model::result::saved::SavedError;
use cutover_model::result::violations::Tally;
use cutover_policy::control::Control;
use cutover_policy::facts::{Facts, ThingIx};
use cutover_policy::vocabulary::Type;
use cutover_policy::{Evaluation, Hit};

/// Violations of which the places are looked up at once: the more, the fewer times each file is opened.
const OUTLINED_AT_ONCE: usize = 1 << 14;
/// Violations told at once: enough to keep every processor busy, and few enough to hold.
const TOLD_AT_ONCE: usize = 1 << 11;
/// Violations described by one processor before another may help.
const PIECE: usize = 1 << 5;

/// Pieces that wait to be written: those of one time.
const WAITING: usize = TOLD_AT_ONCE / PIECE;

/// What an audit found. Until a violation is described it takes a few numbers.
pub struct Findings<'a> {
    pub(super) context: Context<'a>,
    pub(super) evaluation: Evaluation,
    pub(super) entries: Entries,
    /// The waivers that the entries name.
    pub(super) waivers: Vec<Waiver>,
    /// What they are compared with.
    pub(super) baseline: Option<Baseline<'a>>,
    /// The edits of templates that were tried.
    pub(super) tried: Vec<TriedEdit>,
}

impl fmt::Debug for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("violations", &self.len()).finish_non_exhaustive()
    }
}

/// Compares an audit with one that was saved: what was there before and is not worse does not count any more, what is
/// gone is listed, and every violation says what became of it.
///
/// # Errors
/// When the saved audit is of other companies.
pub fn compare_with_baseline<'a>(
    mut audit: Audit<Findings<'a>>,
    baseline: Baseline<'a>,
) -> Result<Audit<Findings<'a>>, SavedError> {
    baseline.check(&audit.companies)?;
    let still = audit.violations.recognise(baseline.known());
    let is_there = |fingerprint: &str| still.contains(fingerprint);
    // Who did not ask which facts are unknown cannot tell what is gone from what is unknown any more.
    let controls = &audit.violations.context.pack.controls;
    let keeps = |id: &str| controls.iter().any(|control| control.id == id && control.reports_unknown());
    let is_judged = |coverage: &&Coverage| match coverage.status {
        Status::Assessed => true,
        Status::PartlyAssessed => keeps(&coverage.control),
        Status::NotAssessed | Status::Off => false,
    };
    let judged: Vec<Coverage> = audit.coverage.iter().filter(is_judged).cloned().collect();
    let (absent, not_assessed) =
        baseline.absent(is_there, &judged, &audit.companies, |controls| audit.violations.not_known(controls));
    let Findings { context, .. } = &audit.violations;
    let found = still.iter().any(|fingerprint| baseline.known().holds(fingerprint));
    let mut news = Vec::new();
    if !found && !baseline.is_empty() {
        news.push("no violation of the baseline is in this export".to_owned());
    }
    if not_assessed > 0 {
        let many = if not_assessed == 1 { "1 violation".to_owned() } else { format!("{not_assessed} violations") };
        news.push(format!("{many} of the baseline could not be assessed again and may still exist"));
    }
    let place = || Place::Path(baseline.describe().path);
    let news = news.into_iter().map(|message| Diagnostic::new(Code::Baseline, place(), message)).collect();
    audit.diagnostics.extend(places::diagnostics(context.export, news, &context.pack.org.levels));
    audit.absent = absent;
    audit.baseline = Some(baseline.describe());
    audit.violations.baseline = Some(baseline);
    audit.summary = Summary::count(&audit.violations, &audit.coverage);
    audit.verdict = Verdict::by_default(&audit.summary, &audit.diagnostics);
    (audit.actions, audit.actions_omitted) = actions::actions(&audit.violations);
    Ok(audit)
}

/// What identifies a violation but for its company, and how many facts it is.
#[derive(Debug, Clone, Copy)]
pub struct Key<'f> {
    /// The violated control.
    pub control: &'f Control,
    /// Who violates it.
    pub subject: ThingIx,
    /// On what.
    pub resource: ThingIx,
    /// Whether it says that something decisive is unknown.
    pub is_unknown: bool,
    /// How many facts it is.
    pub count: usize,
}

/// A place: the type and id of what a fact differs in from others of its violation; `None` where it is no such thing.
pub type ViolationPlace<'f> = Option<(Type, &'f str)>;

fn place<'f>(context: &'f Context<'_>, hit: &Hit) -> ViolationPlace<'f> {
    let thing = context.facts.thing(member(context, hit)?)?;
    Some((thing.kind, thing.id.as_str()))
}

type GroupKey = (u32, Severity, Option<Type>, Option<Type>, ViolationStatus);

impl Findings<'_> {
    /// How many violations there are.
    pub fn len(&self) -> usize {
        self.entries.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.all.is_empty()
    }

    /// The facts that were evaluated.
    pub fn facts(&self) -> &Facts {
        &self.context.facts
    }

    /// Which control each violation is of, and of whom and what, in their order.
    pub fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let key = |entry: &Entry| {
            let control = self.context.control(entry.control)?;
            let Entry { principal, resource, is_unknown, .. } = *entry;
            Some(Key { control, subject: principal, resource, is_unknown, count: entry.count() })
        };
        self.entries.all.iter().filter_map(key)
    }

    /// Whom and what there is something to say about, the worst first.
    pub fn subjects(&self) -> Vec<Node> {
        let mut seen = FxHashSet::default();
        let of_each = self.entries.all.iter().map(|entry| entry.principal);
        of_each.filter(|subject| seen.insert(*subject)).filter_map(|subject| self.context.node(subject)).collect()
    }

    /// What identifies each violation in results, in their order.
    pub fn fingerprint(&self, number: usize) -> Option<String> {
        let entry = self.entries.all.get(number)?;
        Some(fingerprint(&self.context, entry))
    }

    /// The places of a violation, each by the type and id of what its facts differ in; `None` for a fact of no such thing.
    pub fn places(&self, number: usize) -> BTreeSet<ViolationPlace<'_>> {
        let Some(entry) = self.entries.all.get(number) else { return BTreeSet::new() };
        self.entries.hits(&self.evaluation, entry).map(|hit| place(&self.context, hit)).collect()
    }

    /// Leaves a violation only the facts of these places.
    pub fn restrict(&mut self, number: usize, places: &BTreeSet<(Type, String)>, with_nothing: bool) {
        let Self { context, evaluation, entries, .. } = self;
        entries.restrict(evaluation, number, |hit| match place(context, hit) {
            Some((kind, id)) => places.contains(&(kind, id.to_owned())),
            None => with_nothing,
        });
    }

    /// Lets go of some violations, by their numbers.
    pub fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut number = 0;
        self.entries.all.retain(|_| {
            number += 1;
            is_kept(number - 1)
        });
    }

    /// Marks what is known and not worse; answers with the fingerprints of all.
    fn recognise(&mut self, known: &Known) -> FxHashSet<String> {
        let Self { context, evaluation, entries, .. } = &*self;
        let members = Members::new(context);
        let of = |entry: &Entry| {
            let fingerprint = fingerprint(context, entry);
            let places = || {
                let hits: Vec<&Hit> = entries.hits(evaluation, entry).collect();
                members.digests(context, &members.reach(context, &hits))
            };
            let is_known = known.holds(&fingerprint)
                && known.covers_outline(&fingerprint, entry.severity, entry.count(), &places());
            (fingerprint, is_known)
        };
        let found: Vec<(String, bool)> = entries.all.par_iter().map(of).collect();
        for (entry, (_, is_known)) in self.entries.all.iter_mut().zip(&found) {
            entry.is_known = *is_known;
        }
        found.into_iter().map(|(fingerprint, _)| fingerprint).collect()
    }

    /// The fingerprints of what some controls could not evaluate.
    fn not_known(&self, controls: &BTreeSet<&str>) -> FxHashSet<String> {
        let context = &self.context;
        let asked_for = |control: u32| context.control(control).is_some_and(|own| controls.contains(own.id.as_str()));
        let mut pairs: Vec<_> =
            unknown(context, &self.evaluation).filter(|(control, ..)| asked_for(*control)).collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        let both = |key| [false, true].map(|is_unknown| fingerprint_of(context, key, is_unknown));
        pairs.into_par_iter().flat_map_iter(both).collect()
    }

    fn sort(&self, entry: &Entry) -> GroupKey {
        let kind = |thing| self.context.facts.thing(thing).map(|thing| thing.kind);
        (entry.control, entry.severity, kind(entry.principal), kind(entry.resource), entry.status())
    }
}

impl Findings<'_> {
    /// Some violations, by their numbers and in this order.
    pub(super) fn tell(&self, numbers: &[usize]) -> Vec<Violation> {
        let entries: Vec<&Entry> = numbers.iter().filter_map(|number| self.entries.all.get(*number)).collect();
        let mut telling = Telling::of(self, Box::new(entries.into_iter()));
        std::iter::from_fn(|| telling.next(&|included| included)).flatten().flatten().collect()
    }
}

impl Violations for Findings<'_> {
    fn groups(&self) -> Vec<Group> {
        let mut tally = Tally::default();
        for entry in &self.entries.all {
            tally.count(self.sort(entry));
        }
        let word = |kind: Option<Type>| kind.map(|kind| kind.id().to_owned()).unwrap_or_default();
        let group = |((control, severity, subject, resource, status), count): (GroupKey, usize)| Group {
            control: self.context.control(control).map(|control| control.id.clone()).unwrap_or_default(),
            severity,
            subject_type: word(subject),
            resource_type: word(resource),
            status,
            count,
            included: count,
        };
        tally.into_counts().map(group).collect()
    }

    fn included(&self, most: usize) -> Box<dyn Iterator<Item = Cow<'_, Violation>> + '_> {
        let mut tally = Tally::default();
        let asked_for = move |entry: &&Entry| most >= self.len() || tally.count(self.sort(entry)) <= most;
        let mut telling = Telling::of(self, Box::new(self.entries.all.iter().filter(asked_for)));
        let describe = move || telling.next(&|included| included);
        Box::new(std::iter::from_fn(describe).flatten().flatten().map(Cow::Owned))
    }

    fn render(&self, render: &Render<'_>, out: &mut dyn Write) -> io::Result<()> {
        // While some are written, the next are described; who writes waits for the disk and not for a processor.
        thread::scope(|scope| {
            let (sender, included) = mpsc::sync_channel(WAITING);
            let describe = move || {
                let mut telling = Telling::of(self, Box::new(self.entries.all.iter()));
                while let Some(pieces) = telling.next(&|included| render(&included)) {
                    // Nobody waits for more once the output cannot be written.
                    if pieces.into_iter().any(|piece| sender.send(piece).is_err()) {
                        return;
                    }
                }
            };
            thread::Builder::new().spawn_scoped(scope, describe)?;
            included.into_iter().try_for_each(|piece| out.write_all(&piece?))
        })
    }

    fn of<'v>(&'v self, control: &'v str) -> Box<dyn Iterator<Item = Cow<'v, Violation>> + 'v> {
        let own = move |entry: &&Entry| self.context.control(entry.control).is_some_and(|own| own.id == control);
        let mut telling = Telling::of(self, Box::new(self.entries.all.iter().filter(own)));
        let describe = move || telling.next(&|included| included);
        Box::new(std::iter::from_fn(describe).flatten().flatten().map(Cow::Owned))
    }
}

/// As the list that it is, without holding it.
impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.included(usize::MAX))
    }
}

/// Tells entries in their order, some at a time.
struct Telling<'f> {
    findings: &'f Findings<'f>,
    entries: Box<dyn Iterator<Item = &'f Entry> + 'f>,
    places: Places<'f>,
    members: Members,
    outlines: vec::IntoIter<Outline<'f>>,
}

impl<'f> Telling<'f> {
    fn of(findings: &'f Findings<'f>, entries: Box<dyn Iterator<Item = &'f Entry> + 'f>) -> Self {
        let places = Places::of(findings.context.export);
        let members = Members::new(&findings.context);
        Self { findings, entries, places, members, outlines: Vec::new().into_iter() }
    }

    /// What all processors make of the next violations, in pieces; `None` after the last.
    fn next<T: Send>(&mut self, make: &(dyn Fn(Vec<Violation>) -> T + Sync)) -> Option<Vec<T>> {
        if self.outlines.len() == 0 {
            let some: Vec<&Entry> = self.entries.by_ref().take(OUTLINED_AT_ONCE).collect();
            let outlines = outline(self.findings, &self.places, &some);
            self.places.prepare(outlines.par_iter().flat_map_iter(Outline::evidence));
            self.outlines = outlines.into_iter();
        }
        let outlines: Vec<Outline<'_>> = self.outlines.by_ref().take(TOLD_AT_ONCE).collect();
        let write = |outline: &Outline<'_>| write(self.findings, &self.places, &self.members, outline);
        let piece = |some: &[Outline<'_>]| make(some.iter().filter_map(write).collect());
        (!outlines.is_empty()).then(|| outlines.par_chunks(PIECE).map(piece).collect())
    }
}
