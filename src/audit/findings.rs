//! The violations of an audit, told as they are asked for: some at a time, by all processors, in order.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::vec;

use rayon::prelude::*;
use serde::{Serialize, Serializer};

use super::Context;
use super::entries::{Entries, Entry};
use super::places::Places;
use super::violations::{Outline, order_of_members, outline, write};
use crate::judge::Judgement;
use crate::judge::vocabulary::Type;
use crate::result::Severity;
use crate::result::audit::{Group, Render, Violation, ViolationStatus, Violations, Waiver};
use crate::result::violations::Tally;

/// Violations of which the places are looked up at once: the more, the fewer times each file is opened.
const OUTLINED_AT_ONCE: usize = 1 << 14;
/// Violations told at once: enough to keep every processor busy, and few enough to hold.
const TOLD_AT_ONCE: usize = 1 << 11;
/// Violations told by one processor before another may help.
const PIECE: usize = 1 << 5;

/// What an audit found. Until a violation is told it takes a few numbers.
pub struct Findings<'a> {
    pub(super) context: Context<'a>,
    pub(super) judgement: Judgement,
    pub(super) entries: Entries,
    /// The waivers that the entries name.
    pub(super) waivers: Vec<Waiver>,
}

impl fmt::Debug for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("violations", &self.len()).finish_non_exhaustive()
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
        let mut telling = Telling::of(self, Box::new(self.entries.all.iter().filter(asked_for)));
        let tell = move || telling.next(&|told| told);
        Box::new(std::iter::from_fn(tell).flatten().flatten().map(Cow::Owned))
    }

    fn render(&self, render: &Render<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut telling = Telling::of(self, Box::new(self.entries.all.iter()));
        while let Some(pieces) = telling.next(&|told| render(&told)) {
            for piece in pieces {
                out.write_all(&piece?)?;
            }
        }
        Ok(())
    }
}

/// As the list that it is, without holding it.
impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.told(usize::MAX))
    }
}

/// Tells entries in their order, some at a time.
struct Telling<'f> {
    findings: &'f Findings<'f>,
    entries: Box<dyn Iterator<Item = &'f Entry> + 'f>,
    places: Places<'f>,
    members: Vec<u32>,
    outlines: vec::IntoIter<Outline<'f>>,
}

impl<'f> Telling<'f> {
    fn of(findings: &'f Findings<'f>, entries: Box<dyn Iterator<Item = &'f Entry> + 'f>) -> Self {
        let places = Places::of(findings.context.export);
        let members = order_of_members(&findings.context);
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
