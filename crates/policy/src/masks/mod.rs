//! The fast judge: Cedar decides every part of every condition once for each distinct value it can observe, and the
//! verdicts are put together as bit masks.
//!
//! A fact has two sides: who holds, and the row that says what. A condition is a conjunction; most of its conjuncts observe
//! one side only. So holders and rows are sorted into classes that no control can tell apart, each with masks of the
//! controls that it lets pass, and a pair of classes is evaluated by a few operations on words. What a conjunct
//! needs of both sides is asked once for each distinct pair of values. Conditions that observe what cannot be determined (see
//! [`super::condition::Read`]) are left to the [reference](super::reference), for those controls only.

use super::condition::{Condition, Truth};
use super::control::Control;

mod columns;
mod decomposition;
mod mask;
mod pairs;
mod side;
mod tally;

pub use super::condition::Read;
pub use columns::{Codes, Columns};
pub(super) use tally::judge_table;

use decomposition::Decomposition;
use pairs::Pairs;

/// A side of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The principal, and what is said of it and of the context for many facts at once.
    Holder,
    /// The resource, and the rest of the context.
    Row,
}

/// Whether masks decide a condition; else the reference does, fact by fact.
pub fn decide(condition: &Condition) -> bool {
    decomposition::can_be_taken_apart(condition)
}

/// The controls that are evaluated fact by fact.
pub fn left_to_reference(controls: &[Control]) -> Vec<&Control> {
    controls.iter().filter(|control| !decide(&control.condition)).collect()
}

/// The truth of conditions that [masks decide](decide) for facts, each given by holder and row; `None` where the scope of
/// a condition leaves the fact out.
///
/// # Errors
/// When a fact fails to evaluate.
pub fn truths(
    conditions: &[&Condition],
    columns: &dyn Columns,
    facts: &[(usize, usize)],
) -> Result<Vec<Vec<Option<Truth>>>, String> {
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let decomposition = Decomposition::of(conditions, &|attribute| columns.side_of(attribute));
    let holders = side::classes(&decomposition, columns, Side::Holder)?;
    let rows = side::classes(&decomposition, columns, Side::Row)?;
    let class = |classes: &side::Classes, at: usize| classes.of.get(at).copied().unwrap_or(u32::MAX);
    let mut pairs = Pairs::default();
    let numbers: Vec<u32> =
        facts.iter().map(|(holder, row)| pairs.number((class(&holders, *holder), class(&rows, *row)))).collect();
    let verdicts = pairs::evaluate(&decomposition, columns, (&holders, &rows), &pairs.all)?;
    let of_fact = |number: &u32| {
        let verdicts = verdicts.get(*number as usize);
        let truth = |control: usize| {
            let verdicts = verdicts?;
            let is = |mask: &mask::Mask| mask.iter().any(|other| other == control);
            is(&verdicts.applies).then(|| match () {
                () if is(&verdicts.error) => Truth::Error,
                () if is(&verdicts.violates) => Truth::True,
                () if is(&verdicts.unknown) => Truth::Unknown,
                () => Truth::False,
            })
        };
        (0..conditions.len()).map(truth).collect()
    };
    Ok(numbers.iter().map(of_fact).collect())
}
