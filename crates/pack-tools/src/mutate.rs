//! Mutants: a control with one small change. Tests that do not notice the change do not hold the control in place.
//!
//! Changes are made to Cedar's own structure of a policy, never to its text. A mutant that strict validation refuses, or
//! that is the same policy as another, does not count.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::pst::{
    self, ActionConstraint, BinaryOp, Clause, EntityUID, Expr, Literal, PatternElem, PrincipalConstraint,
    ResourceConstraint, StaticPolicy, Template, UnaryOp,
};
use cedar_policy::{Policy, Validator};

use cutover_model::level::Level;
use cutover_policy::control::Control;

/// A control with one change.
#[derive(Debug)]
pub(super) struct Mutant {
    /// What was changed.
    pub change: String,
    /// The changed scope or clause.
    pub text: String,
    /// The control as changed.
    pub control: Control,
}

/// What was changed, and the policy that came of it.
struct Draft {
    change: String,
    text: String,
    policy: Template,
}

/// Every mutant of a control that is valid and unlike the others.
pub(super) fn mutants(control: &Control, validator: &Validator) -> Vec<Mutant> {
    let Ok(original) = control.policy.to_pst() else { return Vec::new() };
    let body = original.body();
    let mut drafts = scopes(body);
    drafts.extend(clauses(body));
    let mut known = BTreeSet::from([fingerprint(&control.policy)]);
    let mut out = Vec::new();
    for Draft { change, text, policy } in drafts {
        let id = format!("{}#{}", control.id, out.len() + 1);
        let policy = StaticPolicy::try_from(policy.with_id(id.as_str().into())).ok();
        let policy = policy.and_then(|policy| Policy::from_pst(pst::Policy::Static(policy)).ok());
        let Some(policy) = policy.filter(|policy| known.insert(fingerprint(policy))) else { continue };
        if let Ok(control) = control.with_policy(policy, validator) {
            out.push(Mutant { change, text, control });
        }
    }
    out
}

/// What makes two policies the same: their JSON form, which has no id.
fn fingerprint(policy: &Policy) -> String {
    policy.to_json().map(|json| json.to_string()).unwrap_or_default()
}

/// The scope, one part of it widened.
fn scopes(body: &Template) -> Vec<Draft> {
    let wider = |what: &str, widen: &dyn Fn(&mut Template)| {
        let mut policy = body.clone();
        widen(&mut policy);
        let (change, text) = (format!("any {what}"), format!("{what} without a condition in the scope"));
        Draft { change, text, policy }
    };
    let mut out = Vec::new();
    if body.principal != PrincipalConstraint::Any {
        out.push(wider("principal", &|policy| policy.principal = PrincipalConstraint::Any));
    }
    if body.action != ActionConstraint::Any {
        out.push(wider("action", &|policy| policy.action = ActionConstraint::Any));
    }
    if body.resource != ResourceConstraint::Any {
        out.push(wider("resource", &|policy| policy.resource = ResourceConstraint::Any));
    }
    out
}

/// The clauses, one of them dropped or changed.
fn clauses(body: &Template) -> Vec<Draft> {
    let mut out = Vec::new();
    for (index, clause) in body.clauses().iter().enumerate() {
        let (Clause::When(expr) | Clause::Unless(expr)) = clause;
        let mut without = body.clauses().clone();
        without.remove(index);
        out.extend(draft(body, format!("drops clause {}", index + 1), clause.to_string(), without));
        for (change, expr) in variants(expr, false) {
            let changed = match clause {
                Clause::When(_) => Clause::When(expr),
                Clause::Unless(_) => Clause::Unless(expr),
            };
            let text = changed.to_string();
            let of = |(at, clause): (usize, &Clause)| if at == index { changed.clone() } else { clause.clone() };
            let clauses = body.clauses().iter().enumerate().map(of).collect();
            out.extend(draft(body, change, text, clauses));
        }
    }
    out
}

fn draft(body: &Template, change: String, text: String, clauses: Vec<Clause>) -> Option<Draft> {
    let policy = body.clone().try_with_clauses(clauses).ok()?;
    Some(Draft { change, text, policy })
}

/// An expression with one change, and what was changed.
type Variant = (String, Arc<Expr>);

/// A condition with one change in it; `negated` when a `!` stands right before it.
fn variants(expr: &Arc<Expr>, negated: bool) -> Vec<Variant> {
    match &**expr {
        Expr::BinaryOp { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
            let other = if *op == BinaryOp::And { BinaryOp::Or } else { BinaryOp::And };
            let binary = |op, left: &Arc<Expr>, right: &Arc<Expr>| {
                Arc::new(Expr::BinaryOp { op, left: Arc::clone(left), right: Arc::clone(right) })
            };
            let mut out = vec![
                (format!("drops `{right}`"), Arc::clone(left)),
                (format!("drops `{left}`"), Arc::clone(right)),
                (format!("`{op}` becomes `{other}`"), binary(other, left, right)),
            ];
            out.extend(variants(left, false).into_iter().map(|(change, left)| (change, binary(*op, &left, right))));
            out.extend(variants(right, false).into_iter().map(|(change, right)| (change, binary(*op, left, &right))));
            out
        }
        Expr::UnaryOp { op: UnaryOp::Not, expr: inner } => {
            let mut out = vec![(format!("drops the `!` of `{expr}`"), Arc::clone(inner))];
            out.extend(variants(inner, true).into_iter().map(|(change, inner)| (change, not(inner))));
            out
        }
        _ => leaf(expr, negated),
    }
}

fn not(expr: Arc<Expr>) -> Arc<Expr> {
    Arc::new(Expr::UnaryOp { op: UnaryOp::Not, expr })
}

/// A part without connectives, changed.
fn leaf(expr: &Arc<Expr>, negated: bool) -> Vec<Variant> {
    let mut out = Vec::new();
    let is_comparison = matches!(&**expr, Expr::BinaryOp { op, .. } if !others(*op).is_empty());
    // To drop the `!` before it is the same, and so is the opposite of a comparison.
    if !negated && !is_comparison {
        out.push((format!("negates `{expr}`"), not(Arc::clone(expr))));
    }
    out.extend(inside(expr));
    out
}

/// The neighbours and the opposite of a comparison.
fn others(op: BinaryOp) -> Vec<BinaryOp> {
    use BinaryOp::{Eq, Greater, GreaterEq, Less, LessEq, NotEq};
    match op {
        Less => vec![LessEq, Greater, GreaterEq],
        LessEq => vec![Less, Greater, GreaterEq],
        Greater => vec![GreaterEq, Less, LessEq],
        GreaterEq => vec![Greater, Less, LessEq],
        Eq => vec![NotEq, LessEq, GreaterEq],
        NotEq => vec![Eq],
        _ => Vec::new(),
    }
}

/// Changes of operators and constants, wherever they stand in an expression.
fn inside(expr: &Arc<Expr>) -> Vec<Variant> {
    let again = |of: &Arc<Expr>, build: &dyn Fn(Arc<Expr>) -> Expr| -> Vec<Variant> {
        inside(of).into_iter().map(|(change, changed)| (change, Arc::new(build(changed)))).collect()
    };
    match &**expr {
        Expr::Literal(literal) => constants(literal),
        Expr::BinaryOp { op, left, right } => {
            let mut out = operators(expr, *op, left, right);
            out.extend(again(left, &|left| Expr::BinaryOp { op: *op, left, right: Arc::clone(right) }));
            out.extend(again(right, &|right| Expr::BinaryOp { op: *op, left: Arc::clone(left), right }));
            out
        }
        Expr::UnaryOp { op, expr } => again(expr, &|expr| Expr::UnaryOp { op: *op, expr }),
        Expr::GetAttr { expr, attr } => again(expr, &|expr| Expr::GetAttr { expr, attr: attr.clone() }),
        Expr::HasAttr { expr, attrs } => again(expr, &|expr| Expr::HasAttr { expr, attrs: attrs.clone() }),
        Expr::Like { expr: of, pattern } => patterns(expr, of, pattern),
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            let build = |cond: &Arc<Expr>, then_expr: &Arc<Expr>, else_expr: &Arc<Expr>| {
                let [cond, then_expr, else_expr] = [cond, then_expr, else_expr].map(Arc::clone);
                Expr::IfThenElse { cond, then_expr, else_expr }
            };
            let mut out = vec![("swaps `then` and `else`".to_owned(), Arc::new(build(cond, else_expr, then_expr)))];
            out.extend(again(cond, &|cond| build(&cond, then_expr, else_expr)));
            out.extend(again(then_expr, &|then_expr| build(cond, &then_expr, else_expr)));
            out.extend(again(else_expr, &|else_expr| build(cond, then_expr, &else_expr)));
            out
        }
        Expr::Set(elements) if elements.len() > 1 => {
            let without = |(index, element): (usize, &Arc<Expr>)| {
                let mut rest = elements.clone();
                rest.remove(index);
                (format!("drops `{element}` from the set"), Arc::new(Expr::Set(rest)))
            };
            elements.iter().enumerate().map(without).collect()
        }
        Expr::Set(elements) => {
            elements.iter().flat_map(|element| again(element, &|element| Expr::Set(vec![element]))).collect()
        }
        _ => Vec::new(),
    }
}

fn operators(expr: &Arc<Expr>, op: BinaryOp, left: &Arc<Expr>, right: &Arc<Expr>) -> Vec<Variant> {
    let with = |other: BinaryOp| {
        let changed = Expr::BinaryOp { op: other, left: Arc::clone(left), right: Arc::clone(right) };
        (format!("`{op}` becomes `{other}` in `{expr}`"), Arc::new(changed))
    };
    let mut out: Vec<Variant> = others(op).into_iter().map(with).collect();
    match op {
        BinaryOp::Add => out.push(with(BinaryOp::Sub)),
        BinaryOp::Sub => out.push(with(BinaryOp::Add)),
        BinaryOp::In if !matches!(&**right, Expr::Literal(_)) => {
            let swapped = Expr::BinaryOp { op, left: Arc::clone(right), right: Arc::clone(left) };
            out.push((format!("swaps the sides of `{expr}`"), Arc::new(swapped)));
        }
        // Nothing is above Admin: to be in it is to be it.
        BinaryOp::In if !is_highest(right) => out.push(with(BinaryOp::Eq)),
        _ => {}
    }
    out
}

fn is_highest(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(Literal::EntityUID(uid)) if uid.eid.as_str() == Level::Admin.id())
}

/// Other constants in the place of one.
fn constants(literal: &Literal) -> Vec<Variant> {
    let described = |was: &str, becomes: Literal| {
        let becomes = Arc::new(Expr::Literal(becomes));
        (format!("`{was}` becomes `{becomes}`"), becomes)
    };
    match literal {
        Literal::Bool(flag) => vec![described(&flag.to_string(), Literal::Bool(!flag))],
        Literal::Long(number) => {
            let neighbours = [number.checked_sub(1), number.checked_add(1)].into_iter().flatten();
            neighbours.map(|other| described(&number.to_string(), Literal::Long(other))).collect()
        }
        Literal::String(text) => {
            let other = if text.is_empty() { "x" } else { "" };
            vec![described(&format!("\"{text}\""), Literal::String(other.into()))]
        }
        Literal::EntityUID(uid) if uid.ty.0.id.as_str() == "Level" => {
            let at = Level::ALL.into_iter().position(|level| level.id() == uid.eid.as_str());
            let neighbours = at.into_iter().flat_map(|at| [at.checked_sub(1), at.checked_add(1)]).flatten();
            let levels = neighbours.filter_map(|at| Level::ALL.get(at));
            let with = |level: &Level| EntityUID { ty: uid.ty.clone(), eid: level.id().into() };
            levels.map(|level| described(&uid.to_string(), Literal::EntityUID(with(level)))).collect()
        }
        _ => Vec::new(),
    }
}

/// A pattern that no longer starts, or no longer ends, with anything.
fn patterns(expr: &Arc<Expr>, of: &Arc<Expr>, pattern: &[PatternElem]) -> Vec<Variant> {
    let mut out = Vec::new();
    let mut push = |what: &str, pattern: &[PatternElem]| {
        let changed = Arc::new(Expr::Like { expr: Arc::clone(of), pattern: pattern.to_vec() });
        out.push((format!("drops the `*` {what} of `{expr}`"), changed));
    };
    if let [PatternElem::Wildcard, rest @ ..] = pattern {
        push("at the start", rest);
    }
    if let [rest @ .., PatternElem::Wildcard] = pattern {
        push("at the end", rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_policy::pack::Pack;

    fn changes(id: &str) -> Vec<(String, String)> {
        let pack = Pack::load(&[]).unwrap();
        let control = pack.controls.iter().find(|control| control.id == id).unwrap();
        mutants(control, &pack.validator).into_iter().map(|mutant| (mutant.change, mutant.text)).collect()
    }

    #[test]
    fn clauses_levels_and_scope_are_changed() {
        let changes: Vec<String> = changes("DIR-01").into_iter().map(|(change, _)| change).collect();
        for wanted in ["any resource", "drops clause 1", "drops clause 3", "negates `context has exception`"] {
            assert!(changes.iter().any(|change| change == wanted), "{wanted}: {changes:#?}");
        }
        assert!(changes.iter().any(|change| change.contains("Level::\"standard\"")), "{changes:#?}");
        assert!(!changes.iter().any(|change| change == "any action"), "level is read: {changes:#?}");
    }

    #[test]
    fn limits_move_by_one_and_comparisons_to_their_neighbours() {
        let changes = changes("SVA-04");
        let texts: Vec<&str> = changes.iter().map(|(_, text)| text.as_str()).collect();
        for wanted in ["> 89", "> 91", ">= 90", "< 90"] {
            assert!(texts.iter().any(|text| text.contains(wanted)), "{wanted}: {texts:#?}");
        }
    }

    #[test]
    fn a_mutant_that_cedar_refuses_does_not_count() {
        // Without the guard the attribute may not be read.
        let unguarded = "drops `principal has created`";
        assert!(!changes("SVA-07").iter().any(|(change, _)| change.starts_with(unguarded)));
    }

    #[test]
    fn no_two_mutants_are_the_same_policy() {
        let pack = Pack::load(&[]).unwrap();
        for control in pack.in_force() {
            let all: Vec<String> =
                mutants(control, &pack.validator).iter().map(|one| fingerprint(&one.control.policy)).collect();
            let distinct: BTreeSet<&String> = all.iter().collect();
            assert_eq!((distinct.len(), all.is_empty()), (all.len(), false), "{}", control.id);
        }
    }
}
