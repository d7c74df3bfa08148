//! A condition for one fact, clause by clause: what each is, whatever the others are.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cedar_policy::{Entities, Request};

use super::{Attribute, Condition, Leaf, Truth, not};

/// `when` or `unless`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClauseKind {
    /// The control forbids the fact only if it is true.
    When,
    /// The control forbids the fact only if it is false.
    Unless,
}

/// A clause of a control, for one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseTruth {
    /// `when` or `unless`.
    pub kind: ClauseKind,
    /// What stands between the braces.
    pub text: String,
    /// What it is for the fact.
    pub truth: Truth,
    /// Its parts without `&&`, `||` and `!`, in the order of the text.
    pub parts: Vec<PartTruth>,
}

/// A part of a clause, for one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTruth {
    /// Its text in Cedar.
    pub text: String,
    /// What it is; `None` where the parts before it decide.
    pub truth: Option<Truth>,
    /// The attributes it reads.
    pub reads: BTreeSet<Attribute>,
}

impl Condition {
    /// Each clause for a fact, when the attributes in `unknown` are unknown. Cedar stops at the first clause that is false;
    /// this does not.
    pub fn explain(&self, request: &Request, entities: &Entities, unknown: &BTreeSet<&Attribute>) -> Vec<ClauseTruth> {
        let seen: RefCell<Vec<Option<Truth>>> = RefCell::new(vec![None; self.spots.len()]);
        let clauses = self.clauses.iter().zip(&self.written).zip(1..);
        let explained = clauses.map(|((part, (kind, text)), number)| {
            let mut oracle = |leaf: &Leaf| {
                let truth = leaf.eval(request, entities, unknown);
                if let Some(seen) = seen.borrow_mut().get_mut(leaf.spot) {
                    *seen = Some(truth);
                }
                truth
            };
            let truth = part.truth(&mut oracle);
            let seen = seen.borrow();
            let own = self.spots.iter().zip(seen.iter()).filter(|(spot, _)| spot.clause == number && !spot.is_clause);
            ClauseTruth {
                kind: *kind,
                text: text.clone(),
                truth: if *kind == ClauseKind::When { truth } else { not(truth) },
                parts: own
                    .map(|(spot, truth)| PartTruth {
                        text: spot.text.clone(),
                        truth: *truth,
                        reads: spot.reads.clone(),
                    })
                    .collect(),
            }
        });
        explained.collect()
    }
}
