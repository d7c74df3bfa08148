//! Controls that stand in the shadow of another: wherever they fire, the other one fires as well.
//!
//! That is no mistake: a stricter remedy for a special case is one. But a control that says what another says already is
//! often a leftover, so it is noted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr, UnaryOp};
use cedar_policy::{PrincipalConstraint, ResourceConstraint};

use cutover_policy::control::{Control, SeverityRule};

/// What has to be so for a control to fire.
#[derive(Debug)]
pub(super) struct Reach<'c> {
    control: &'c Control,
    /// Action, type of principal, type of resource.
    environments: BTreeSet<[String; 3]>,
    /// Conditions that all have to hold, in Cedar.
    conditions: BTreeSet<String>,
}

/// How a control stands to another.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shadow {
    /// Both fire for the same facts.
    Same,
    /// The other one fires wherever this one does.
    Within,
}

impl<'c> Reach<'c> {
    /// What a control asks for; nothing where Cedar cannot tell.
    pub(super) fn of(control: &'c Control) -> Option<Self> {
        let environments = control.environments.iter().map(|env| {
            let names = [env.action().id().unescaped(), env.principal().basename(), env.resource().basename()];
            names.map(str::to_owned)
        });
        let mut conditions = BTreeSet::new();
        for clause in control.policy.to_pst().ok()?.body().clauses() {
            match clause {
                Clause::When(expr) => conjuncts(expr, true, &mut conditions),
                Clause::Unless(expr) => conjuncts(expr, false, &mut conditions),
            }
        }
        // Types are those of the environments; entities are conditions.
        match control.policy.principal_constraint() {
            PrincipalConstraint::Eq(uid) => drop(conditions.insert(format!("principal == {uid}"))),
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
                conditions.insert(format!("principal in {uid}"));
            }
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => {}
        }
        match control.policy.resource_constraint() {
            ResourceConstraint::Eq(uid) => drop(conditions.insert(format!("resource == {uid}"))),
            ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => {
                conditions.insert(format!("resource in {uid}"));
            }
            ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
        }
        Some(Self { control, environments: environments.collect(), conditions })
    }

    /// The id of the control.
    pub(super) fn id(&self) -> &str {
        &self.control.id
    }

    /// Whether another control fires wherever this one does, and is as bad.
    pub(super) fn in_shadow_of(&self, other: &Self) -> Option<Shadow> {
        if self.environments.is_empty() || !as_bad(other.control.severity, self.control.severity) {
            return None;
        }
        if self.environments == other.environments && self.conditions == other.conditions {
            return Some(Shadow::Same);
        }
        let within = self.environments.is_subset(&other.environments) && other.conditions.is_subset(&self.conditions);
        within.then_some(Shadow::Within)
    }
}

/// Controls with the same conditions on the same facts, together.
pub(super) fn groups<'r, 'c>(all: &'r [Reach<'c>]) -> Vec<Vec<&'r Reach<'c>>> {
    let mut groups: BTreeMap<_, Vec<&Reach<'c>>> = BTreeMap::new();
    for reach in all {
        groups.entry((&reach.environments, &reach.conditions)).or_default().push(reach);
    }
    groups.into_values().collect()
}

fn as_bad(one: SeverityRule, other: SeverityRule) -> bool {
    match (one, other) {
        (SeverityRule::Fixed(one), SeverityRule::Fixed(other)) => one >= other,
        (one, other) => one == other,
    }
}

/// The conditions that have to hold, each on its own, for an expression to be what is wanted.
fn conjuncts(expr: &Arc<Expr>, wanted: bool, out: &mut BTreeSet<String>) {
    match &**expr {
        Expr::BinaryOp { op: BinaryOp::And, left, right } if wanted => {
            conjuncts(left, true, out);
            conjuncts(right, true, out);
        }
        Expr::BinaryOp { op: BinaryOp::Or, left, right } if !wanted => {
            conjuncts(left, false, out);
            conjuncts(right, false, out);
        }
        Expr::UnaryOp { op: UnaryOp::Not, expr } => conjuncts(expr, !wanted, out),
        _ => {
            out.insert(if wanted { expr.to_string() } else { format!("!({expr})") });
        }
    }
}
