//! Conditions that can never hold: parts that exclude each other.
//!
//! Found here is what can be read off the parts themselves: a text that is to be two texts, a number between bounds that
//! leave none, a condition and its opposite. What takes more than that is for the solver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, UnaryOp};

use super::reach::{read, text_of};
use cutover_policy::condition::Attribute;
use cutover_policy::control::Control;

/// So many ways for a condition to hold are looked at.
const MAX_WAYS: usize = 256;

/// A part of a condition, and whether it has to hold or not to hold.
type Part = (bool, Arc<Expr>);
/// Parts that all have to be so.
type Way = Vec<Part>;

/// What keeps a control from ever firing, in Cedar, if every way for its condition to hold contradicts itself.
pub(super) fn find(control: &Control) -> Option<String> {
    let parts = control.policy.to_pst().ok()?;
    let mut ways: Vec<Way> = vec![Way::new()];
    for clause in parts.body().clauses() {
        let clause = match clause {
            Clause::When(expr) => ways_of(expr, true)?,
            Clause::Unless(expr) => ways_of(expr, false)?,
        };
        ways = both(&ways, &clause)?;
    }
    let mut first = None;
    for way in &ways {
        let found = contradiction(way)?;
        first.get_or_insert(found);
    }
    first
}

/// The ways in which an expression is what is wanted; `None` when there are too many.
fn ways_of(expr: &Arc<Expr>, wanted: bool) -> Option<Vec<Way>> {
    match &**expr {
        Expr::BinaryOp { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
            let (left, right) = (ways_of(left, wanted)?, ways_of(right, wanted)?);
            if (*op == BinaryOp::And) == wanted {
                return both(&left, &right);
            }
            let either: Vec<Way> = left.into_iter().chain(right).collect();
            (either.len() <= MAX_WAYS).then_some(either)
        }
        Expr::UnaryOp { op: UnaryOp::Not, expr } => ways_of(expr, !wanted),
        _ => Some(vec![vec![(wanted, Arc::clone(expr))]]),
    }
}

fn both(left: &[Way], right: &[Way]) -> Option<Vec<Way>> {
    if left.len() * right.len() > MAX_WAYS {
        return None;
    }
    let pair = |one: &Way| right.iter().map(|other| one.iter().chain(other).cloned().collect()).collect::<Vec<Way>>();
    Some(left.iter().flat_map(pair).collect())
}

/// What may still be so of one attribute.
#[derive(Default)]
struct Range {
    texts: Option<BTreeSet<String>>,
    excluded: BTreeSet<String>,
    least: Option<i64>,
    most: Option<i64>,
}

impl Range {
    fn only(&mut self, texts: BTreeSet<String>) {
        self.texts = Some(match self.texts.take() {
            Some(known) => known.intersection(&texts).cloned().collect(),
            None => texts,
        });
    }

    fn is_empty(&self) -> bool {
        let no_text = self.texts.as_ref().is_some_and(|texts| texts.is_subset(&self.excluded));
        no_text || matches!((self.least, self.most), (Some(least), Some(most)) if least > most)
    }
}

/// The first part that excludes what the parts before it ask for.
fn contradiction(way: &Way) -> Option<String> {
    let mut asked: BTreeMap<String, bool> = BTreeMap::new();
    let mut ranges: BTreeMap<Attribute, Range> = BTreeMap::new();
    for (wanted, expr) in way {
        let written = expr.to_string();
        let shown = if *wanted { written.clone() } else { format!("!({written})") };
        if matches!(&**expr, Expr::Literal(Literal::Bool(value)) if value != wanted)
            || asked.insert(written, *wanted).is_some_and(|before| before != *wanted)
        {
            return Some(shown);
        }
        if let Some(attribute) = narrow(expr, *wanted, &mut ranges)
            && ranges.get(&attribute).is_some_and(Range::is_empty)
        {
            return Some(shown);
        }
    }
    None
}

/// Takes in what a part says of an attribute.
fn narrow(expr: &Arc<Expr>, wanted: bool, ranges: &mut BTreeMap<Attribute, Range>) -> Option<Attribute> {
    let Expr::BinaryOp { op, left, right } = &**expr else { return None };
    if let (BinaryOp::Contains, Expr::Set(elements)) = (op, &**left) {
        let attribute = read(right)?;
        let texts: BTreeSet<String> = elements.iter().map(text_of).collect::<Option<_>>()?;
        let range = ranges.entry(attribute.clone()).or_default();
        if wanted {
            range.only(texts)
        } else {
            range.excluded.extend(texts)
        }
        return Some(attribute);
    }
    let (attribute, value, op) = match (read(left), read(right)) {
        (Some(attribute), None) => (attribute, right, Some(*op)),
        (None, Some(attribute)) => (attribute, left, mirrored(*op)),
        _ => return None,
    };
    let op = op.and_then(|op| if wanted { Some(op) } else { opposite(op) })?;
    let range = ranges.entry(attribute.clone()).or_default();
    match (&**value, op) {
        (Expr::Literal(Literal::String(text)), BinaryOp::Eq) => range.only(BTreeSet::from([text.to_string()])),
        (Expr::Literal(Literal::String(text)), BinaryOp::NotEq) => drop(range.excluded.insert(text.to_string())),
        (Expr::Literal(Literal::Long(number)), op) => bound(range, op, *number),
        _ => return None,
    }
    Some(attribute)
}

fn bound(range: &mut Range, op: BinaryOp, number: i64) {
    let least = match op {
        BinaryOp::Eq | BinaryOp::GreaterEq => Some(number),
        BinaryOp::Greater => Some(number.saturating_add(1)),
        _ => None,
    };
    let most = match op {
        BinaryOp::Eq | BinaryOp::LessEq => Some(number),
        BinaryOp::Less => Some(number.saturating_sub(1)),
        _ => None,
    };
    range.least = range.least.max(least);
    range.most = match (range.most, most) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    };
}

/// The operator with its sides changed.
fn mirrored(op: BinaryOp) -> Option<BinaryOp> {
    match op {
        BinaryOp::Eq | BinaryOp::NotEq => Some(op),
        BinaryOp::Less => Some(BinaryOp::Greater),
        BinaryOp::LessEq => Some(BinaryOp::GreaterEq),
        BinaryOp::Greater => Some(BinaryOp::Less),
        BinaryOp::GreaterEq => Some(BinaryOp::LessEq),
        _ => None,
    }
}

/// The operator that holds where this one does not.
fn opposite(op: BinaryOp) -> Option<BinaryOp> {
    match op {
        BinaryOp::Eq => Some(BinaryOp::NotEq),
        BinaryOp::NotEq => Some(BinaryOp::Eq),
        BinaryOp::Less => Some(BinaryOp::GreaterEq),
        BinaryOp::LessEq => Some(BinaryOp::Greater),
        BinaryOp::Greater => Some(BinaryOp::LessEq),
        BinaryOp::GreaterEq => Some(BinaryOp::Less),
        _ => None,
    }
}
