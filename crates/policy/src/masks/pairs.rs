//! The verdicts of all controls on a class of holders together with a class of rows.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::super::condition::{Attribute, Leaf, Truth};
use super::columns::{Columns, narrow};
use super::decomposition::{Apart, Decomposition, Question};
use super::mask::Mask;
use super::side::{Class, Classes};

/// What controls say of the facts of a pair of classes.
#[derive(Debug)]
pub(super) struct Verdicts {
    /// The controls that speak of these facts at all.
    pub(super) applies: Mask,
    /// Those that forbid them.
    pub(super) violates: Mask,
    /// Those that cannot evaluate them, because something is unknown.
    pub(super) unknown: Mask,
    /// Those that Cedar cannot evaluate for them.
    pub(super) error: Mask,
    /// The attributes that decide a violation, or that are unknown, by control.
    pub(super) attributes: BTreeMap<usize, Vec<Attribute>>,
}

/// Pairs of classes, numbered as they are met.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    numbers: FxHashMap<(u32, u32), u32>,
    pub(super) all: Vec<(u32, u32)>,
    /// How many facts each stands for.
    pub(super) facts: Vec<usize>,
}

impl Pairs {
    /// The number of a pair, which may be new.
    pub(super) fn number(&mut self, pair: (u32, u32)) -> u32 {
        let next = narrow(self.all.len());
        let number = *self.numbers.entry(pair).or_insert(next);
        if number == next {
            self.all.push(pair);
            self.facts.push(0);
        }
        number
    }

    /// Adds to the facts of a pair.
    pub(super) fn count(&mut self, number: u32, facts: usize) {
        if let Some(count) = self.facts.get_mut(number as usize) {
            *count += facts;
        }
    }
}

/// A question about both sides, and what it observes of either.
type View = (usize, u32, u32);

/// The answers to such questions.
type Across = FxHashMap<View, Truth>;

/// Evaluates pairs of classes of holders and rows.
///
/// # Errors
/// When a fact fails to evaluate.
pub(super) fn evaluate(
    decomposition: &Decomposition<'_>,
    columns: &dyn Columns,
    (holders, rows): (&Classes, &Classes),
    pairs: &[(u32, u32)],
) -> Result<Vec<Verdicts>, String> {
    let class = |(holder, row): &(u32, u32)| Some((holders.all.get(*holder as usize)?, rows.all.get(*row as usize)?));
    let across = ask_across(decomposition, columns, pairs.iter().filter_map(class))?;
    let verdicts = |pair: &(u32, u32)| class(pair).map(|(holder, row)| of_pair(decomposition, holder, row, &across));
    Ok(pairs.par_iter().filter_map(verdicts).collect())
}

/// The controls whose conjuncts about both sides have to be asked: nothing that comes before these is false, or there may
/// be an error.
fn open(holder: &Class, row: &Class) -> Mask {
    let settled = holder.settled.or(&row.settled).without(&holder.error.or(&row.error));
    holder.applies.and(&row.applies).without(&settled)
}

/// Asks Cedar what needs both sides, once for each distinct pair of what is observed.
fn ask_across<'c>(
    decomposition: &Decomposition<'_>,
    columns: &dyn Columns,
    pairs: impl Iterator<Item = (&'c Class, &'c Class)>,
) -> Result<Across, String> {
    let questions: BTreeSet<usize> = decomposition.questions_of(None).map(|(number, _)| number).collect();
    let mut asked: BTreeMap<(usize, usize), Vec<View>> = BTreeMap::new();
    if questions.is_empty() {
        return Ok(Across::default());
    }
    let mut known: BTreeSet<View> = BTreeSet::new();
    let of_control: Vec<Vec<usize>> = decomposition.controls.iter().map(|control| control.asks(&questions)).collect();
    for (holder, row) in pairs {
        let wanted = open(holder, row);
        for question in wanted.iter().filter_map(|control| of_control.get(control)).flatten() {
            let (Some((one, false)), Some((other, false))) = (holder.across.get(question), row.across.get(question))
            else {
                continue;
            };
            if known.insert((*question, *one, *other)) {
                asked.entry((holder.example, row.example)).or_default().push((*question, *one, *other));
            }
        }
    }
    let asked: Vec<_> = asked.into_iter().collect();
    let described: Result<Vec<Vec<Truth>>, String> = asked
        .par_iter()
        .map(|((holder, row), asked)| {
            let question = |(question, _, _): &View| decomposition.questions.get(*question);
            let observed = asked.iter().filter_map(question).flat_map(Question::observes).collect();
            let (request, entities) = columns.question(*holder, *row, observed)?;
            let truth =
                |view: &View| question(view).map_or(Truth::Error, |question| question.leaf.ask(&request, &entities));
            Ok(asked.iter().map(truth).collect())
        })
        .collect();
    Ok(asked.into_iter().zip(described?).flat_map(|((_, asked), described)| asked.into_iter().zip(described)).collect())
}

fn of_pair(decomposition: &Decomposition<'_>, holder: &Class, row: &Class, across: &Across) -> Verdicts {
    let applies = holder.applies.and(&row.applies);
    let mut fails = holder.fails.or(&row.fails);
    let mut unknown = holder.unknown.or(&row.unknown);
    let mut error = holder.error.or(&row.error).and(&applies);
    let mut violates = Mask::none(decomposition.controls.len());
    let mut attributes = BTreeMap::new();
    let answer = |question: usize| {
        let of_both = || {
            let ((one, unknown), (other, too)) = (holder.across.get(&question)?, row.across.get(&question)?);
            if *unknown || *too {
                return Some(Truth::Unknown);
            }
            across.get(&(question, *one, *other)).copied()
        };
        holder.answer(question).or_else(|| row.answer(question)).or_else(of_both).unwrap_or(Truth::Error)
    };
    for number in open(holder, row).iter() {
        let Some(control) = decomposition.controls.get(number) else { continue };
        let mut oracle = |leaf: &Leaf| answer(control.question(leaf));
        for conjunct in control.conjuncts_of(None) {
            match conjunct.truth(&mut oracle) {
                Truth::True => {}
                Truth::False => fails.set(number),
                Truth::Unknown => unknown.set(number),
                Truth::Error => error.set(number),
            }
        }
    }
    // With an error somewhere the order of the parts counts: what comes first decides.
    for number in error.clone().iter() {
        let Some(control) = decomposition.controls.get(number) else { continue };
        [&mut fails, &mut unknown, &mut error].into_iter().for_each(|mask| mask.clear(number));
        match control.condition.truth(&mut |leaf| answer(control.question(leaf))) {
            Truth::True => {}
            Truth::False => fails.set(number),
            Truth::Unknown => unknown.set(number),
            Truth::Error => error.set(number),
        }
    }
    unknown = unknown.and(&applies).without(&fails).without(&error);
    for number in applies.without(&fails).without(&error).iter() {
        let Some(control) = decomposition.controls.get(number) else { continue };
        let said = if unknown.iter().any(|other| other == number) {
            unknown_of(decomposition, control, holder, row)
        } else {
            violates.set(number);
            control.condition.deciding(&mut |leaf| answer(control.question(leaf)))
        };
        attributes.insert(number, said);
    }
    Verdicts { applies, violates, unknown, error, attributes }
}

/// The attributes that a control reads and that are unknown, in their order.
fn unknown_of(decomposition: &Decomposition<'_>, control: &Apart<'_>, holder: &Class, row: &Class) -> Vec<Attribute> {
    let is_open = |number: &&usize| holder.open.contains(number) || row.open.contains(number);
    let open: BTreeSet<&Attribute> =
        control.reads.iter().filter(is_open).filter_map(|number| decomposition.attributes.get(*number)).collect();
    open.into_iter().cloned().collect()
}
