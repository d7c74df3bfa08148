//! Mutants that are no other control: the types of the schema show that both fire for the same facts.
//!
//! For every kind of fact Cedar's validator is asked whether one can fire where the other does not. What it finds
//! impossible is: a mutant that is equivalent cannot be killed by any test. It finds what follows from types, not what
//! follows from values (`count == 0` and `count <= 0`).

use std::sync::Arc;

use cedar_policy::pst::{
    self, BinaryOp, Clause, EntityOrSlot, Expr, Literal, PrincipalConstraint, ResourceConstraint, StaticPolicy,
    Template, UnaryOp, Var,
};
use cedar_policy::{Policy, PolicySet, RequestEnv, ValidationMode, ValidationWarning, Validator};

use cutover_policy::control::Control;

/// Whether a control and a mutant of it fire for the same facts, by their types alone.
pub(super) fn equivalent(control: &Control, mutant: &Control, validator: &Validator) -> bool {
    let (Some(one), Some(other)) = (condition(control), condition(mutant)) else { return false };
    let both = control.environments.iter().chain(&mutant.environments);
    both.into_iter().all(|env| {
        let one = applies(control, env).then_some(&one);
        let other = applies(mutant, env).then_some(&other);
        never(env, one, other, validator) && never(env, other, one, validator)
    })
}

fn applies(control: &Control, env: &RequestEnv) -> bool {
    let same = |own: &&RequestEnv| {
        own.action() == env.action() && own.principal() == env.principal() && own.resource() == env.resource()
    };
    control.environments.iter().find(same).is_some()
}

/// Whether facts of this kind never meet the one condition without the other: none meets the one, or whatever the other
/// asks beyond it is always so.
fn never(env: &RequestEnv, one: Option<&Parts>, other: Option<&Parts>, validator: &Validator) -> bool {
    let Some(one) = one else { return true };
    let impossible = |clauses| policy(env, clauses).is_some_and(|policy| is_impossible(policy, validator));
    if impossible(one.iter().map(|part| Clause::When(Arc::clone(part))).collect()) {
        return true;
    }
    let always = |part: &Arc<Expr>| impossible(vec![Clause::Unless(Arc::clone(part))]);
    other.is_some_and(|other| other.iter().filter(|part| !one.contains(*part)).all(always))
}

/// A policy for facts of one kind.
fn policy(env: &RequestEnv, clauses: Vec<Clause>) -> Option<Policy> {
    let scope = format!(
        "forbid (principal is {}, action == {}, resource is {});",
        env.principal(),
        env.action(),
        env.resource()
    );
    let scope = scope.parse::<Policy>().ok()?.to_pst().ok()?;
    let body = scope.body().clone().try_with_clauses(clauses).ok()?;
    Policy::from_pst(pst::Policy::Static(StaticPolicy::try_from(body).ok()?)).ok()
}

fn is_impossible(policy: Policy, validator: &Validator) -> bool {
    let Ok(set) = PolicySet::from_policies([policy]) else { return false };
    let result = validator.validate(&set, ValidationMode::Strict);
    result.validation_passed()
        && result.validation_warnings().any(|warning| matches!(warning, ValidationWarning::ImpossiblePolicy(_)))
}

/// The conditions that all have to hold for a control to fire.
type Parts = Vec<Arc<Expr>>;

/// Everything that has to hold for a control to fire, types of the scope aside.
fn condition(control: &Control) -> Option<Parts> {
    let policy = control.policy.to_pst().ok()?;
    let body: &Template = policy.body();
    let mut parts = Parts::new();
    match &body.principal {
        PrincipalConstraint::Eq(entity) => parts.push(end(Var::Principal, BinaryOp::Eq, entity)?),
        PrincipalConstraint::In(entity) | PrincipalConstraint::IsIn(_, entity) => {
            parts.push(end(Var::Principal, BinaryOp::In, entity)?);
        }
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => {}
    }
    match &body.resource {
        ResourceConstraint::Eq(entity) => parts.push(end(Var::Resource, BinaryOp::Eq, entity)?),
        ResourceConstraint::In(entity) | ResourceConstraint::IsIn(_, entity) => {
            parts.push(end(Var::Resource, BinaryOp::In, entity)?);
        }
        ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
    }
    for clause in body.clauses() {
        match clause {
            Clause::When(expr) => conjuncts(expr, &mut parts),
            Clause::Unless(expr) => parts.push(Arc::new(Expr::UnaryOp { op: UnaryOp::Not, expr: Arc::clone(expr) })),
        }
    }
    Some(parts)
}

/// The parts of a conjunction, in their order.
pub fn conjuncts(expr: &Arc<Expr>, out: &mut Vec<Arc<Expr>>) {
    match &**expr {
        Expr::BinaryOp { op: BinaryOp::And, left, right } => {
            conjuncts(left, out);
            conjuncts(right, out);
        }
        _ => out.push(Arc::clone(expr)),
    }
}

fn end(var: Var, op: BinaryOp, entity: &EntityOrSlot) -> Option<Arc<Expr>> {
    let EntityOrSlot::Entity(uid) = entity else { return None };
    let right = Arc::new(Expr::Literal(Literal::EntityUID(uid.clone())));
    Some(Arc::new(Expr::BinaryOp { op, left: Arc::new(Expr::Var(var)), right }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutate::mutants;
    use cutover_policy::pack::Pack;

    fn is_equivalent(id: &str, change: &str) -> bool {
        let pack = Pack::load(&[]).unwrap();
        let control = pack.in_force().find(|control| control.id == id).unwrap();
        let mutant = mutants(control, &pack.validator).into_iter().find(|mutant| mutant.change == change);
        equivalent(control, &mutant.unwrap().control, &pack.validator)
    }

    #[test]
    fn only_apps_ask_for_levels_whatever_the_scope_says() {
        assert!(is_equivalent("MAN-01", "any principal"));
    }

    #[test]
    fn a_tool_of_the_scope_is_a_condition() {
        assert!(!is_equivalent("DIR-01", "any resource"));
    }

    #[test]
    fn another_type_that_has_the_attribute_can_fire() {
        assert!(!is_equivalent("DIR-03", "any principal"), "legacy accounts have an app's status, too");
        assert!(is_equivalent("DIR-02", "drops clause 1"), "nobody else has a name that may be intact");
        assert!(!is_equivalent("DIR-01", "drops clause 1"), "people hold levels");
    }
}
