//! Evaluates a table: counts verdicts by class, and lists the facts that somebody should know of.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::condition::Condition;
use super::super::control::Control;
use super::super::facts::{Facts, RowRange, Table};
use super::super::reference::{ReferenceEvaluator, Verdict};
use super::super::{Evaluation, Hit, HitDetails};
use super::Side;
use super::columns::{TableColumns, narrow};
use super::decomposition::Decomposition;
use super::pairs::{self, Pairs, Verdicts};
use super::side;

/// The pairs of a holder's class with each row of a sheet.
struct Spread {
    pairs: Vec<u32>,
    holders: usize,
}

/// What a block is: one fact, or a sheet spread over a class of holders.
#[derive(Clone, Copy)]
enum Shape {
    One(u32),
    Spread(u32),
}

/// Evaluates the facts of a table by the controls of a bench, which masks must be able to [decide](super::decide). `numbers` are those
/// of the controls in the pack.
///
/// # Errors
/// When a fact fails to evaluate.
pub(in super::super) fn judge_table(
    facts: &Facts,
    table: &Table,
    evaluator: &ReferenceEvaluator<'_>,
    (controls, numbers): (&[Control], &[usize]),
    out: &mut Evaluation,
) -> Result<(), String> {
    if table.is_empty() {
        return Ok(());
    }
    let columns = TableColumns::new(facts, table, evaluator);
    let conditions: Vec<&Condition> = evaluator.controls().iter().map(|control| &control.condition).collect();
    let side_of = |attribute: &str| super::Columns::side_of(&columns, attribute);
    let decomposition = Decomposition::of(&conditions, &side_of);
    let holders = side::classes(&decomposition, &columns, Side::Holder)?;
    let rows = side::classes(&decomposition, &columns, Side::Row)?;

    let row_class = |row: usize| rows.of.get(row).copied().unwrap_or_default();
    let mut pairs = Pairs::default();
    let mut spreads: Vec<Spread> = Vec::new();
    let mut known: FxHashMap<(RowRange, u32), u32> = FxHashMap::default();
    let mut shapes = Vec::with_capacity(table.blocks().len());
    for (block, class) in table.blocks().iter().zip(&holders.of).map(|(block, class)| (block, *class)) {
        if block.rows.len() == 1 {
            let number = pairs.number((class, row_class(block.rows.rows().start)));
            pairs.count(number, 1);
            shapes.push(Shape::One(number));
            continue;
        }
        let next = narrow(spreads.len());
        let spread = *known.entry((block.rows, class)).or_insert_with(|| {
            let numbers = block.rows.rows().map(|row| pairs.number((class, row_class(row)))).collect();
            spreads.push(Spread { pairs: numbers, holders: 0 });
            next
        });
        if let Some(spread) = spreads.get_mut(spread as usize) {
            spread.holders += 1;
        }
        shapes.push(Shape::Spread(spread));
    }
    for spread in &spreads {
        spread.pairs.iter().for_each(|number| pairs.count(*number, spread.holders));
    }
    let verdicts = pairs::evaluate(&decomposition, &columns, (&holders, &rows), &pairs.all)?;
    let hits = |(verdicts, facts): (&Verdicts, &usize)| verdicts.violates.iter().count() * facts;
    out.violations.reserve(verdicts.iter().zip(&pairs.facts).map(hits).sum());
    let mut tally = Tally { facts, table, evaluator, controls, numbers, out };
    tally.count(&pairs, &verdicts);
    tally.list(&shapes, &spreads, &verdicts)
}

/// What there is to tell of the facts of a pair.
struct Notes {
    violates: Vec<Arc<HitDetails>>,
    unknown: Vec<Arc<HitDetails>>,
    /// Controls that Cedar cannot evaluate.
    errors: Vec<usize>,
}

struct Tally<'a> {
    facts: &'a Facts,
    table: &'a Table,
    evaluator: &'a ReferenceEvaluator<'a>,
    controls: &'a [Control],
    numbers: &'a [usize],
    out: &'a mut Evaluation,
}

impl Tally<'_> {
    fn number(&self, control: usize) -> usize {
        self.numbers.get(control).copied().unwrap_or(usize::MAX)
    }

    fn count(&mut self, pairs: &Pairs, verdicts: &[Verdicts]) {
        let environment = self.table.environment;
        for (verdicts, facts) in verdicts.iter().zip(&pairs.facts) {
            for control in verdicts.applies.iter() {
                let number = self.number(control);
                if let Some(assessed) = self.out.assessed.get_mut(number) {
                    assessed.facts += facts;
                }
            }
            for control in verdicts.unknown.iter() {
                let number = self.number(control);
                let Some(assessed) = self.out.assessed.get_mut(number) else { continue };
                assessed.unknown += facts;
                for attribute in verdicts.attributes.get(&control).into_iter().flat_map(|all| all.iter()) {
                    *assessed.missing.entry((environment, attribute.clone())).or_default() += facts;
                }
            }
        }
    }

    /// Lists the facts that are violations, that must not be unknown, or that Cedar cannot evaluate.
    fn list(&mut self, shapes: &[Shape], spreads: &[Spread], verdicts: &[Verdicts]) -> Result<(), String> {
        let notes: Vec<Option<Notes>> = verdicts.iter().map(|verdicts| self.notes(verdicts)).collect();
        let note = |pair: u32| notes.get(pair as usize)?.as_ref();
        let of_spread = |spread: &Spread| -> Vec<(u32, &Notes)> {
            (0..).zip(&spread.pairs).filter_map(|(row, pair)| Some((row, note(*pair)?))).collect()
        };
        let of_spreads: Vec<Vec<(u32, &Notes)>> = spreads.iter().map(of_spread).collect();
        for (block, shape) in shapes.iter().enumerate() {
            let start = self.table.start(block);
            match shape {
                Shape::One(pair) => note(*pair).into_iter().try_for_each(|notes| self.describe(start, notes))?,
                Shape::Spread(spread) => {
                    for (row, notes) in of_spreads.get(*spread as usize).into_iter().flatten() {
                        self.describe(start + *row as usize, notes)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What there is to tell of the facts of a pair, if anything.
    fn notes(&self, verdicts: &Verdicts) -> Option<Notes> {
        let details = |control: usize| {
            let attributes = verdicts.attributes.get(&control).cloned().unwrap_or_default();
            Arc::new(HitDetails { control: self.number(control), environment: self.table.environment, attributes })
        };
        let is_told = |control: &usize| self.controls.get(self.number(*control)).is_some_and(Control::reports_unknown);
        let notes = Notes {
            violates: verdicts.violates.iter().map(details).collect(),
            unknown: verdicts.unknown.iter().filter(is_told).map(details).collect(),
            errors: verdicts.error.iter().collect(),
        };
        (!notes.violates.is_empty() || !notes.unknown.is_empty() || !notes.errors.is_empty()).then_some(notes)
    }

    fn describe(&mut self, fact: usize, notes: &Notes) -> Result<(), String> {
        let hit = |details: &Arc<HitDetails>| Hit { fact, details: Arc::clone(details) };
        self.out.violations.extend(notes.violates.iter().map(hit));
        self.out.unknown.extend(notes.unknown.iter().map(hit));
        notes.errors.iter().try_for_each(|control| self.explain(fact, *control))
    }

    /// What Cedar says of an error, in its own words: of the first fact that shows it.
    fn explain(&mut self, fact: usize, control: usize) -> Result<(), String> {
        let Some(id) = self.controls.get(self.number(control)).map(|control| control.id.clone()) else { return Ok(()) };
        if self.out.errors.contains_key(&id) {
            return Ok(());
        }
        let verdict = self.evaluator.evaluate(self.facts, self.table, fact, None)?.into_iter().nth(control).flatten();
        if let Some(Verdict::Error(error)) = verdict {
            self.out.errors.insert(id, error);
        }
        Ok(())
    }
}
