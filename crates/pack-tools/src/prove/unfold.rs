//! Policies in the form that is the smallest question.
//!
//! `when { a && b && c }` says the same as `when { a } when { b } when { c }`, errors included: both are asked from left to
//! right, up to the first that is not true. But a chain is a tree that leans to the left, of which Cedar's compiler writes
//! each part out twice for every part behind it; clauses lean to the right.

use cedar_policy::pst::{self, Clause, StaticPolicy};
use cedar_policy::{Policy, PolicySet};

use crate::equivalent::conjuncts;

/// The same policies, with a clause for each part of a chain. One that cannot be taken apart stays as it is.
pub(super) fn unfold(policies: &PolicySet) -> PolicySet {
    let unfolded = policies.policies().map(|policy| one(policy).unwrap_or_else(|| policy.clone()));
    PolicySet::from_policies(unfolded).unwrap_or_else(|_| policies.clone())
}

fn one(policy: &Policy) -> Option<Policy> {
    let taken_apart = policy.to_pst().ok()?;
    let body = taken_apart.body();
    let mut clauses = Vec::new();
    for clause in body.clauses() {
        match clause {
            Clause::When(condition) => {
                let mut parts = Vec::new();
                conjuncts(condition, &mut parts);
                clauses.extend(parts.into_iter().map(Clause::When));
            }
            Clause::Unless(_) => clauses.push(clause.clone()),
        }
    }
    let body = body.clone().try_with_clauses(clauses).ok()?;
    let policy_of_clauses = Policy::from_pst(pst::Policy::Static(StaticPolicy::try_from(body).ok()?)).ok()?;
    Some(policy_of_clauses.new_id(policy.id().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_becomes_clauses_in_its_order_and_all_else_stays() {
        let written = "@id(\"a\") forbid (principal, action, resource) \
                       when { context.a && (context.b || context.c && context.d) && context.e } unless { context.f && context.g };";
        let policies = unfold(&written.parse().unwrap());
        let policy = policies.policies().next().unwrap();
        let expected: Policy = "@id(\"a\") forbid (principal, action, resource) when { context.a } \
                                when { context.b || context.c && context.d } when { context.e } \
                                unless { context.f && context.g };"
            .parse()
            .unwrap();
        assert_eq!(policy.to_json().unwrap(), expected.to_json().unwrap());
    }
}
