//! Where a result has its violations from. A million of them are too much to hold: whoever writes a result takes them
//! one after the other, or a few of each kind.

use std::borrow::Cow;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;
use super::audit::{Audit, Violation, ViolationStatus};

/// Violations rendered together, where they are held.
const AT_ONCE: usize = 64;

/// Violations that are the same but for who and what: of one control, about the same types of things. Their messages
/// have the same words, with other names in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The control.
    pub control: String,
    /// Severity they are.
    pub severity: Severity,
    /// The type of who or what is at fault.
    pub subject_type: String,
    /// The type of what they regard.
    pub resource_type: String,
    /// Whether they count.
    pub status: ViolationStatus,
    /// How many there are.
    pub count: usize,
    /// How many of them are among the violations of this result.
    pub included: usize,
}

/// Makes text of violations.
pub type Render<'r> = dyn Fn(&[Violation]) -> io::Result<Vec<u8>> + Sync + 'r;

/// The violations of a result: held in it, or described on demand.
pub trait Violations {
    /// What they have in common, in the order of the first of each group.
    fn groups(&self) -> Vec<Group>;

    /// The violations in their order, worst first, and at most so many of each group.
    fn included(&self, most: usize) -> Box<dyn Iterator<Item = Cow<'_, Violation>> + '_>;

    /// The violations of one control in their order.
    fn of<'v>(&'v self, control: &'v str) -> Box<dyn Iterator<Item = Cow<'v, Violation>> + 'v> {
        Box::new(self.included(usize::MAX).filter(move |violation| violation.control == control))
    }

    /// Writes what comes of all violations, in their order. How many are rendered together is not said.
    ///
    /// # Errors
    /// When they cannot be rendered, or the output cannot be written.
    fn render(&self, render: &Render<'_>, out: &mut dyn Write) -> io::Result<()>;
}

impl Violations for Vec<Violation> {
    fn groups(&self) -> Vec<Group> {
        let mut tally = Tally::default();
        for violation in self {
            tally.count(sort(violation));
        }
        let group = |((control, severity, subject, resource, status), count): (GroupKey<'_>, usize)| Group {
            control: control.to_owned(),
            severity,
            subject_type: subject.to_owned(),
            resource_type: resource.to_owned(),
            status,
            count,
            included: count,
        };
        tally.into_counts().map(group).collect()
    }

    fn included(&self, most: usize) -> Box<dyn Iterator<Item = Cow<'_, Violation>> + '_> {
        let mut tally = Tally::default();
        Box::new(self.iter().filter(move |violation| tally.count(sort(violation)) <= most).map(Cow::Borrowed))
    }

    fn render(&self, render: &Render<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.chunks(AT_ONCE).try_for_each(|some| out.write_all(&render(some)?))
    }
}

impl<V: Violations> Audit<V> {
    /// What the violations have in common, with at most so many of each kind listed.
    pub fn groups(&self, most: usize) -> Vec<Group> {
        self.listing().groups(most)
    }

    /// The same with at most so many violations of each kind.
    pub fn brief(&self, most: usize) -> Audit {
        let groups = self.groups(most);
        let is_whole = groups.iter().all(|group| group.included == group.count);
        Audit {
            schema: self.schema.clone(),
            tool: self.tool.clone(),
            as_of: self.as_of,
            timeline: self.timeline.clone(),
            collected_at: self.collected_at,
            collected_at_basis: self.collected_at_basis,
            companies: self.companies.clone(),
            baseline: self.baseline.clone(),
            decided_by: self.decided_by.clone(),
            inputs: self.inputs.clone(),
            controls: self.controls.clone(),
            duties: self.duties.clone(),
            overrides: self.overrides.clone(),
            coverage: self.coverage.clone(),
            verdict: self.verdict.clone(),
            actions: self.actions.clone(),
            actions_omitted: self.actions_omitted,
            violations: self.violations.included(most).map(Cow::into_owned).collect(),
            groups: if is_whole { Vec::new() } else { groups },
            absent: self.absent.clone(),
            integrations: self.integrations.clone(),
            graph: self.graph.clone(),
            diagnostics: self.diagnostics.clone(),
            summary: self.summary.clone(),
        }
    }
}

type GroupKey<'v> = (&'v str, Severity, &'v str, &'v str, ViolationStatus);

fn sort(violation: &Violation) -> GroupKey<'_> {
    let Violation { control, severity, subject, resource, status, .. } = violation;
    (control, *severity, &subject.r#type, &resource.r#type, *status)
}

/// The how many-th of its sort each of these violations is.
pub fn numbers(violations: &[Violation]) -> Vec<usize> {
    let mut tally = Tally::default();
    violations.iter().map(|violation| tally.count(sort(violation))).collect()
}

/// Counts of what comes by, in the order in which it came first.
#[derive(Debug)]
pub struct Tally<K> {
    numbers: FxHashMap<K, usize>,
    counts: Vec<(K, usize)>,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), counts: Vec::new() }
    }
}

impl<K: Copy + Eq + std::hash::Hash> Tally<K> {
    /// Counts one more, and says the how many-th of its sort it is.
    pub fn count(&mut self, kind: K) -> usize {
        let number = *self.numbers.entry(kind).or_insert_with(|| {
            self.counts.push((kind, 0));
            self.counts.len() - 1
        });
        self.counts.get_mut(number).map_or(0, |(_, count)| {
            *count += 1;
            *count
        })
    }

    /// The counts, in the order in which each sort came first.
    pub fn into_counts(self) -> impl Iterator<Item = (K, usize)> {
        self.counts.into_iter()
    }
}
