//! Facts as the masks see them: two sides, each with codes for what can be observed of it.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::super::condition::{Attribute, Read, Root};
use super::super::facts::{Facts, Table, ThingIx, Value};
use super::super::reference::{Question, ReferenceEvaluator, Shown};
use super::Side;

/// What one side says of something that can be observed.
#[derive(Debug, Default)]
pub struct Codes {
    /// For each holder or row a code, counted from 0: equal codes are equal values.
    pub of: Vec<u32>,
    /// For each code whether the value is unknown.
    pub unknown: Vec<bool>,
}

/// Facts in two sides: who holds, with what the holder says of the context; and rows, with the resource and the rest.
/// Any holder makes a fact with any row.
pub trait Columns: Sync {
    /// How many holders.
    fn holders(&self) -> usize;
    /// How many rows.
    fn rows(&self) -> usize;
    /// The side on which an attribute of the context stands.
    fn side_of(&self, attribute: &str) -> Side;
    /// What a side says of something that is read of it.
    fn codes(&self, side: Side, read: &Read) -> Codes;
    /// The fact of a holder and a row, as it is put to Cedar to ask what observes no more than this of it: everything
    /// else may be left out.
    ///
    /// # Errors
    /// When it fails to evaluate: a mistake of this program.
    fn question(&self, holder: usize, row: usize, observed: BTreeSet<&Read>) -> Result<Question, String>;
}

/// The facts of a table as columns. Its blocks are the holders.
#[derive(Debug)]
pub(super) struct TableColumns<'a> {
    facts: &'a Facts,
    table: &'a Table,
    evaluator: &'a ReferenceEvaluator<'a>,
    /// The names of all attributes that some control speaks of: no answer depends on others.
    names: BTreeSet<&'a str>,
}

impl<'a> TableColumns<'a> {
    pub(super) fn new(facts: &'a Facts, table: &'a Table, evaluator: &'a ReferenceEvaluator<'a>) -> Self {
        let names =
            evaluator.controls().iter().flat_map(|control| &control.condition.names).map(String::as_str).collect();
        Self { facts, table, evaluator, names }
    }

    fn thing(&self, side: Side, at: usize) -> Option<ThingIx> {
        match side {
            Side::Holder => Some(self.table.blocks().get(at)?.principal),
            Side::Row => self.table.resource_of(at),
        }
    }

    fn len(&self, side: Side) -> usize {
        match side {
            Side::Holder => self.holders(),
            Side::Row => self.rows(),
        }
    }

    /// Codes of what is said of things, each looked up once.
    fn of_things<'v>(&'v self, side: Side, value: impl Fn(ThingIx) -> Option<&'v Value>) -> Codes {
        let mut values: FxHashMap<Option<&Value>, u32> = FxHashMap::default();
        let mut things: FxHashMap<Option<ThingIx>, u32> = FxHashMap::default();
        let mut out = Codes::default();
        let mut last = None;
        for at in 0..self.len(side) {
            let thing = self.thing(side, at);
            let code = match last {
                Some((same, code)) if same == thing => code,
                _ => *things.entry(thing).or_insert_with(|| {
                    let value = thing.and_then(&value);
                    let next = narrow(out.unknown.len());
                    *values.entry(value).or_insert_with(|| {
                        out.unknown.push(value.is_some_and(Value::is_unknown));
                        next
                    })
                }),
            };
            last = Some((thing, code));
            out.of.push(code);
        }
        out
    }

    fn of_context(&self, side: Side, name: &str) -> Codes {
        let columns = match side {
            Side::Holder => self.table.of_blocks(),
            Side::Row => self.table.of_rows(),
        };
        let Some(column) = columns.get(name) else { return Codes::same(self.len(side)) };
        // The values of a column are numbered already; nothing is one more of them.
        let nothing = narrow(column.values().len());
        let of: Vec<u32> = (0..self.len(side)).map(|at| column.code(at).min(nothing)).collect();
        let mut unknown: Vec<bool> = column.values().iter().map(Value::is_unknown).collect();
        unknown.extend(of.contains(&nothing).then_some(false));
        Codes { of, unknown }
    }
}

impl Codes {
    /// The same code for all.
    pub fn same(len: usize) -> Self {
        Self { of: vec![0; len], unknown: vec![false] }
    }

    /// Numbers anew what has numbers with gaps; `is_unknown` is asked about the first of each.
    pub fn dense(codes: impl Iterator<Item = u32>, is_unknown: impl Fn(usize) -> bool) -> Self {
        let mut distinct: FxHashMap<u32, u32> = FxHashMap::default();
        let mut out = Self::default();
        for (at, code) in codes.enumerate() {
            let next = narrow(out.unknown.len());
            let code = *distinct.entry(code).or_insert_with(|| {
                out.unknown.push(is_unknown(at));
                next
            });
            out.of.push(code);
        }
        out
    }
}

impl Columns for TableColumns<'_> {
    fn holders(&self) -> usize {
        self.table.blocks().len()
    }

    fn rows(&self) -> usize {
        self.table.rows()
    }

    fn side_of(&self, attribute: &str) -> Side {
        if self.table.of_blocks().contains_key(attribute) { Side::Holder } else { Side::Row }
    }

    fn codes(&self, side: Side, read: &Read) -> Codes {
        match read {
            Read::Type(_) => Codes::same(self.len(side)),
            Read::Whole(_) => {
                let thing = |at| self.thing(side, at).unwrap_or(ThingIx::MAX);
                Codes::dense((0..self.len(side)).map(thing), |_| false)
            }
            Read::Attribute(Attribute { root: Root::Context, name }) => self.of_context(side, name),
            Read::Attribute(Attribute { name, .. }) => {
                let said = |thing| Some(&self.facts.thing(thing)?.attributes.get(name.as_str())?.value);
                self.of_things(side, said)
            }
        }
    }

    fn question(&self, holder: usize, row: usize, observed: BTreeSet<&Read>) -> Result<Question, String> {
        let shown = Shown { observed, names: &self.names };
        self.evaluator.question_of(self.facts, self.table, (holder, row), None, Some(&shown))
    }
}

/// Numbers of holders, rows and codes: of each, fewer than 2³² fit into memory.
pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
