//! What an expression can observe of a fact: its truth depends on nothing else.
//!
//! An entity that is read through `principal`, `resource` or an attribute of a fact is always there with all its
//! attributes. An entity that a policy *names* is there only if the fact happens to speak of it, and the whole context is
//! different for nearly every fact: an expression that looks into either cannot be told apart from the fact.

use std::collections::BTreeSet;

use cedar_policy::pst::{BinaryOp, Expr, Literal, Var};

use super::{Attribute, Root, root};

/// Something that can be observed of a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// An attribute, and whatever it leads to.
    Attribute(Attribute),
    /// Which principal or resource it is, and with that everything said of it.
    Whole(Root),
    /// The type of the principal or of the resource.
    Type(Root),
}

impl Read {
    /// Where it is read from.
    pub fn root(&self) -> Root {
        match self {
            Self::Attribute(attribute) => attribute.root,
            Self::Whole(root) | Self::Type(root) => *root,
        }
    }
}

/// What an expression observes; `None` when that cannot be determined.
pub(super) fn of(expr: &Expr) -> Option<BTreeSet<Read>> {
    let mut seen = BTreeSet::new();
    look(expr, &mut seen).then_some(seen)
}

/// Adds what an expression observes; false when that cannot be determined.
fn look(expr: &Expr, seen: &mut BTreeSet<Read>) -> bool {
    match expr {
        Expr::Literal(_) | Expr::Var(Var::Action) => true,
        Expr::Var(var) => match root(var) {
            Some(root @ (Root::Principal | Root::Resource)) => {
                seen.insert(Read::Whole(root));
                true
            }
            _ => false,
        },
        Expr::GetAttr { expr, attr } => member(expr, attr, seen),
        Expr::HasAttr { expr, attrs } => member(expr, attrs.first(), seen),
        Expr::Is { expr, in_expr: None, .. } => match &**expr {
            Expr::Var(var @ (Var::Principal | Var::Resource)) => {
                seen.extend(root(var).map(Read::Type));
                true
            }
            other => look(other, seen),
        },
        Expr::Is { expr, in_expr: Some(inner), .. } => looked_into(expr, seen) && look(inner, seen),
        Expr::UnaryOp { expr, .. } | Expr::Like { expr, .. } => look(expr, seen),
        Expr::BinaryOp { op: BinaryOp::In | BinaryOp::GetTag | BinaryOp::HasTag, left, right } => {
            looked_into(left, seen) && look(right, seen)
        }
        Expr::BinaryOp { left, right, .. } => look(left, seen) && look(right, seen),
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            [cond, then_expr, else_expr].into_iter().all(|inner| look(inner, seen))
        }
        Expr::Set(elements) => elements.iter().all(|element| look(element, seen)),
        Expr::Record(members) => members.values().all(|member| look(member, seen)),
        _ => false,
    }
}

/// `of.name`, or `of has name`.
fn member(of: &Expr, name: &str, seen: &mut BTreeSet<Read>) -> bool {
    match of {
        Expr::Var(var) => match root(var) {
            Some(root) => {
                seen.insert(Read::Attribute(Attribute { root, name: name.to_owned() }));
                true
            }
            // Nothing is known of actions but their names.
            None => false,
        },
        deeper => looked_into(deeper, seen),
    }
}

/// An expression whose value is looked into: as an entity, it must be one that the fact speaks of.
fn looked_into(expr: &Expr, seen: &mut BTreeSet<Read>) -> bool {
    look(expr, seen) && !names_an_entity(expr)
}

/// Adds the names of all attributes that an expression speaks of, of whatever they may be.
pub(super) fn names(expr: &Expr, out: &mut BTreeSet<String>) {
    match expr {
        Expr::GetAttr { expr, attr } => {
            out.insert(attr.to_string());
            names(expr, out);
        }
        Expr::HasAttr { expr, attrs } => {
            out.extend(attrs.iter().map(ToString::to_string));
            names(expr, out);
        }
        Expr::UnaryOp { expr, .. } | Expr::Like { expr, .. } => names(expr, out),
        Expr::BinaryOp { left, right, .. } => [left, right].into_iter().for_each(|inner| names(inner, out)),
        Expr::Is { expr, in_expr, .. } => {
            names(expr, out);
            in_expr.iter().for_each(|inner| names(inner, out));
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            [cond, then_expr, else_expr].into_iter().for_each(|inner| names(inner, out));
        }
        Expr::Set(elements) => elements.iter().for_each(|element| names(element, out)),
        Expr::Record(members) => members.values().for_each(|member| names(member, out)),
        _ => {}
    }
}

fn names_an_entity(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(Literal::EntityUID(_)) | Expr::Var(Var::Action) => true,
        Expr::Literal(_) | Expr::Var(_) => false,
        Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. }
        | Expr::UnaryOp { expr, .. }
        | Expr::Like { expr, .. } => names_an_entity(expr),
        Expr::BinaryOp { left, right, .. } => names_an_entity(left) || names_an_entity(right),
        Expr::Is { expr, in_expr, .. } => names_an_entity(expr) || in_expr.iter().any(|inner| names_an_entity(inner)),
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            [cond, then_expr, else_expr].into_iter().any(|inner| names_an_entity(inner))
        }
        Expr::Set(elements) => elements.iter().any(|element| names_an_entity(element)),
        Expr::Record(members) => members.values().any(|member| names_an_entity(member)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;
    use cedar_policy::pst::Clause;

    use super::*;

    fn sight(condition: &str) -> Option<Vec<String>> {
        let policy: Policy = format!("forbid (principal, action, resource) when {{ {condition} }};").parse().unwrap();
        let parts = policy.to_pst().unwrap();
        let Some(Clause::When(expr)) = parts.body().clauses().first() else { return None };
        Some(of(expr)?.iter().map(|read| format!("{read:?}").replace(['"', ' '], "")).collect())
    }

    fn is_told(condition: &str) -> bool {
        sight(condition).is_some()
    }

    #[test]
    fn attributes_ends_and_types_are_told_apart() {
        assert_eq!(sight("principal.a.b == context.c").unwrap().len(), 2);
        assert_eq!(sight("principal in resource.group").unwrap().len(), 2);
        assert_eq!(sight("principal is User").unwrap(), ["Type(Principal)"]);
        assert_eq!(sight("1 + 1 == 2").unwrap().len(), 0);
    }

    #[test]
    fn the_whole_context_is_too_much() {
        assert!(!is_told("context == {a: 1}"));
        assert!(!is_told("[context].contains(context)"));
        assert!(is_told("context has a.b && context.a.b == 1"));
    }

    #[test]
    fn entities_that_only_the_policy_names_may_be_compared_and_not_looked_into() {
        assert!(is_told(r#"resource == Tool::"a" && resource in Company::"1""#));
        assert!(is_told(r#"[Tool::"a", Tool::"b"].contains(resource)"#));
        for looked_into in [
            r#"Tool::"a".key == "x""#,
            r#"Tool::"a" in resource"#,
            r#"Tool::"a" has key"#,
            r#"(if context.c then resource else Tool::"a").key == "x""#,
            r#"Tool::"a".hasTag("x")"#,
            r#"Tool::"a" is Tool in resource"#,
            "action in resource",
        ] {
            assert!(!is_told(looked_into), "{looked_into}");
        }
    }
}
