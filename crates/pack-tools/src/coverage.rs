//! Which parts of a control's condition its cases show true, false and unknown.
//!
//! The parts are the clauses and the leaves of their connectives. A part counts only where evaluation comes to it: behind
//! a false `&&`, or in a clause after a false one, nothing is shown. A guard (`principal has active`) counts as false where
//! the attribute is unknown: for most attributes nothing else can be. A test of types (`principal is App`) has to be true
//! once: where it is false, the control is not asked.

use std::collections::BTreeSet;

use cutover_model::result::policy_test::Gap;
use cutover_policy::condition::{Spot, Truth};
use cutover_policy::control::Control;
use cutover_policy::facts::Facts;
use cutover_policy::reference::ReferenceEvaluator;
use cutover_policy::shape::Shape;

#[derive(Debug, Clone, Copy, Default)]
struct Light {
    yes: bool,
    no: bool,
    unknown: bool,
}

/// What the parts of one control's condition were.
#[derive(Debug)]
pub(super) struct Coverage {
    lights: Vec<Light>,
}

impl Coverage {
    /// Nothing seen yet.
    pub(super) fn of(control: &Control) -> Self {
        Self { lights: vec![Light::default(); control.condition.spots.len()] }
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.lights.len()
    }

    /// Watches the condition evaluate every fact of a case.
    pub(super) fn add(&mut self, facts: &Facts, control: &Control) {
        for (environment, table) in &facts.tables {
            let Some(evaluator) = ReferenceEvaluator::new(std::slice::from_ref(control), *environment) else {
                continue;
            };
            for fact in 0..table.len() {
                let seen = evaluator.observe(facts, table, fact).unwrap_or_default();
                for (light, truth) in self.lights.iter_mut().zip(seen.into_iter().flatten()) {
                    match truth {
                        Some(Truth::True) => light.yes = true,
                        Some(Truth::False) => light.no = true,
                        Some(Truth::Unknown) => light.unknown = true,
                        Some(Truth::Error) | None => {}
                    }
                }
            }
        }
    }

    /// The parts that were not covered, in the order of the text.
    pub(super) fn gaps(&self, control: &Control) -> Vec<Gap> {
        let gap = |(spot, light): (&Spot, &Light)| {
            let mut never = Vec::new();
            let mut want = |is_there: bool, what: &str| {
                if !is_there {
                    never.push(what.to_owned());
                }
            };
            want(light.yes, "true");
            if spot.is_type {
                // Facts of other types are not put to the control at all.
            } else if spot.is_guard {
                want(light.no || light.unknown, "false");
            } else {
                want(light.no, "false");
                want(light.unknown || !may_be_unknown(control, spot), "unknown");
            }
            (!never.is_empty()).then(|| Gap { clause: spot.clause, text: spot.text.clone(), never })
        };
        control.condition.spots.iter().zip(&self.lights).filter_map(gap).collect()
    }
}

/// Whether an export can leave open what a part is.
fn may_be_unknown(control: &Control, spot: &Spot) -> bool {
    let shape = Shape::built_in();
    let names: BTreeSet<(&str, &str, &str)> = control
        .environments
        .iter()
        .map(|env| (env.action().id().unescaped(), env.principal().basename(), env.resource().basename()))
        .collect();
    spot.reads.iter().any(|attribute| {
        names.iter().any(|(action, principal, resource)| {
            let member = shape.member(action, principal, resource, attribute);
            member.is_some_and(|member| member.may_be_unknown(&attribute.name))
        })
    })
}
