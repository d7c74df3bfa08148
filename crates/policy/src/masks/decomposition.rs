//! Controls, taken apart into questions about one side of a fact, and the few that need both.

use std::collections::{BTreeMap, BTreeSet};

use super::super::condition::{Attribute, Condition, Leaf, Part, Read, Root, Truth, not};
use super::Side;

/// A leaf, the same for every control that has it.
#[derive(Debug)]
pub(super) struct Question<'c> {
    pub(super) leaf: &'c Leaf,
    /// What it observes of each side.
    pub(super) holder: Vec<Read>,
    pub(super) row: Vec<Read>,
}

impl Question<'_> {
    /// What it observes of a fact.
    pub(super) fn observes(&self) -> impl Iterator<Item = &Read> {
        self.holder.iter().chain(&self.row)
    }

    /// The side it is about; `None` when it needs both.
    pub(super) fn side(&self) -> Option<Side> {
        match (self.holder.is_empty(), self.row.is_empty()) {
            (_, true) => Some(Side::Holder),
            (true, false) => Some(Side::Row),
            (false, false) => None,
        }
    }
}

/// A part of a condition that has to be true together with all others.
#[derive(Debug)]
pub(super) struct Conjunct<'c> {
    part: &'c Part,
    negated: bool,
    /// The side it is about; `None` when it needs both.
    side: Option<Side>,
}

impl Conjunct<'_> {
    /// Its truth, as an oracle answers for its leaves.
    pub(super) fn truth(&self, oracle: &mut dyn FnMut(&Leaf) -> Truth) -> Truth {
        let truth = self.part.truth(oracle);
        if self.negated { not(truth) } else { truth }
    }
}

/// A control, taken apart.
#[derive(Debug)]
pub(super) struct Apart<'c> {
    pub(super) condition: &'c Condition,
    /// The questions of its scope.
    scope: Vec<usize>,
    conjuncts: Vec<Conjunct<'c>>,
    /// For each place of the condition its question.
    questions: BTreeMap<usize, usize>,
    /// The attributes it reads, by their numbers in [`Decomposition::attributes`].
    pub(super) reads: Vec<usize>,
}

impl<'c> Apart<'c> {
    /// What its scope asks about a side.
    pub(super) fn scope_of<'d>(&'d self, all: &'d Decomposition<'c>, side: Side) -> impl Iterator<Item = usize> + 'd {
        let of_side = move |question: &usize| all.questions.get(*question).and_then(Question::side) == Some(side);
        self.scope.iter().copied().filter(of_side)
    }

    /// The conjuncts about a side, or about both.
    pub(super) fn conjuncts_of(&self, side: Option<Side>) -> impl Iterator<Item = &Conjunct<'c>> {
        self.conjuncts.iter().filter(move |conjunct| conjunct.side == side)
    }

    /// The conjuncts about a side that come before any about both: where one of them is false, nothing later is asked.
    pub(super) fn first_of(&self, side: Side) -> impl Iterator<Item = &Conjunct<'c>> {
        let before = self.conjuncts.iter().take_while(|conjunct| conjunct.side.is_some());
        before.filter(move |conjunct| conjunct.side == Some(side))
    }

    /// Which of some questions its conjuncts about both sides, or any part of it when errors are sorted out, ask.
    pub(super) fn asks(&self, among: &BTreeSet<usize>) -> Vec<usize> {
        let asked: BTreeSet<usize> =
            self.questions.values().copied().filter(|question| among.contains(question)).collect();
        asked.into_iter().collect()
    }

    /// The question of a leaf of this control.
    pub(super) fn question(&self, leaf: &Leaf) -> usize {
        self.questions.get(&leaf.spot).copied().unwrap_or(usize::MAX)
    }
}

/// All controls of a table, taken apart.
#[derive(Debug)]
pub(super) struct Decomposition<'c> {
    pub(super) controls: Vec<Apart<'c>>,
    pub(super) questions: Vec<Question<'c>>,
    /// Every attribute that some control reads.
    pub(super) attributes: Vec<Attribute>,
}

/// Whether masks can decide a condition: every leaf of it must tell what it observes.
pub(super) fn can_be_taken_apart(condition: &Condition) -> bool {
    let mut leaves = Vec::new();
    condition.clauses.iter().for_each(|clause| gather(clause, &mut leaves));
    leaves.iter().all(|leaf| leaf.sight.is_some())
}

fn gather<'c>(part: &'c Part, leaves: &mut Vec<&'c Leaf>) {
    match part {
        Part::And(left, right) | Part::Or(left, right) => {
            gather(left, leaves);
            gather(right, leaves);
        }
        Part::Not(inner) => gather(inner, leaves),
        Part::Leaf(leaf) => leaves.push(leaf),
    }
}

impl<'c> Decomposition<'c> {
    /// Takes conditions apart that [can be](can_be_taken_apart).
    pub(super) fn of(conditions: &[&'c Condition], side_of: &dyn Fn(&str) -> Side) -> Self {
        let mut out = Self { controls: Vec::new(), questions: Vec::new(), attributes: Vec::new() };
        let mut by_text: BTreeMap<&'c str, usize> = BTreeMap::new();
        for condition in conditions {
            let apart = out.take_apart(condition, &mut by_text, side_of);
            out.controls.push(apart);
        }
        out
    }

    fn take_apart(
        &mut self,
        condition: &'c Condition,
        by_text: &mut BTreeMap<&'c str, usize>,
        side_of: &dyn Fn(&str) -> Side,
    ) -> Apart<'c> {
        let mut ask = |leaf: &'c Leaf| {
            *by_text.entry(&leaf.text).or_insert_with(|| {
                self.questions.push(question(leaf, side_of));
                self.questions.len() - 1
            })
        };
        let scope = condition.scope.iter().map(&mut ask).collect();
        let mut leaves = Vec::new();
        condition.clauses.iter().for_each(|clause| gather(clause, &mut leaves));
        let questions = leaves.iter().map(|leaf| (leaf.spot, ask(leaf))).collect();
        let mut out = Apart { condition, scope, conjuncts: Vec::new(), questions, reads: Vec::new() };
        for clause in &condition.clauses {
            self.flatten(clause, false, &mut out);
        }
        out.reads = condition.reads.iter().map(|attribute| self.number(attribute)).collect();
        out
    }

    fn number(&mut self, attribute: &Attribute) -> usize {
        self.attributes.iter().position(|known| known == attribute).unwrap_or_else(|| {
            self.attributes.push(attribute.clone());
            self.attributes.len() - 1
        })
    }

    /// `a && b` is two conjuncts, and so is `!(a || b)`.
    fn flatten(&self, part: &'c Part, negated: bool, out: &mut Apart<'c>) {
        match (part, negated) {
            (Part::And(left, right), false) | (Part::Or(left, right), true) => {
                self.flatten(left, negated, out);
                self.flatten(right, negated, out);
            }
            (Part::Not(inner), _) => self.flatten(inner, !negated, out),
            _ => {
                let side = self.side(part, out);
                out.conjuncts.push(Conjunct { part, negated, side });
            }
        }
    }

    fn side(&self, part: &Part, of: &Apart<'c>) -> Option<Side> {
        let mut leaves = Vec::new();
        gather(part, &mut leaves);
        let asked = || leaves.iter().filter_map(|leaf| self.questions.get(of.question(leaf)));
        let reads = |of: for<'q> fn(&'q Question<'c>) -> &'q Vec<Read>| asked().any(|one| !of(one).is_empty());
        match (reads(|question| &question.holder), reads(|question| &question.row)) {
            (_, false) => Some(Side::Holder),
            (false, true) => Some(Side::Row),
            (true, true) => None,
        }
    }

    /// The questions about a side, or about both. What observes nothing is asked of either side: it may stand in a
    /// conjunct about any of them.
    pub(super) fn questions_of(&self, side: Option<Side>) -> impl Iterator<Item = (usize, &Question<'c>)> {
        let is_of = move |question: &Question<'_>| {
            question.side() == side || side.is_some() && question.holder.is_empty() && question.row.is_empty()
        };
        self.questions.iter().enumerate().filter(move |(_, question)| is_of(question))
    }

    /// The attributes that some control reads of a side, by number.
    pub(super) fn attributes_of(
        &self,
        side: Side,
        side_of: impl Fn(&str) -> Side,
    ) -> impl Iterator<Item = (usize, &Attribute)> {
        let stands = move |(_, attribute): &(usize, &Attribute)| side_of_root(attribute, &side_of) == side;
        self.attributes.iter().enumerate().filter(stands)
    }
}

fn side_of_root(attribute: &Attribute, side_of: &dyn Fn(&str) -> Side) -> Side {
    match attribute.root {
        Root::Principal => Side::Holder,
        Root::Resource => Side::Row,
        Root::Context => side_of(&attribute.name),
    }
}

fn question<'c>(leaf: &'c Leaf, side_of: &dyn Fn(&str) -> Side) -> Question<'c> {
    let empty = BTreeSet::new();
    let side = |read: &&Read| match read {
        Read::Attribute(attribute) => side_of_root(attribute, side_of),
        Read::Whole(root) | Read::Type(root) => {
            if *root == Root::Resource {
                Side::Row
            } else {
                Side::Holder
            }
        }
    };
    let (holder, row): (Vec<&Read>, Vec<&Read>) =
        leaf.sight.as_ref().unwrap_or(&empty).iter().partition(|read| side(read) == Side::Holder);
    Question { leaf, holder: holder.into_iter().cloned().collect(), row: row.into_iter().cloned().collect() }
}
