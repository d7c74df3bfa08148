//! Which operators of Cedar a policy uses.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use cedar_policy::pst::{Clause, Expr};

/// Every operator that a policy drawn at random can use, as [`operators`] names them.
pub(crate) const EVERY: &[&str] = &[
    // Connectives and choices.
    "And",
    "Or",
    "Not",
    "IfThenElse",
    // Comparisons and sums.
    "Eq",
    "NotEq",
    "Less",
    "LessEq",
    "Greater",
    "GreaterEq",
    "Add",
    "Sub",
    "Mul",
    "Neg",
    // Entities, attributes, patterns.
    "In",
    "Is",
    "Is in",
    "GetAttr",
    "HasAttr",
    "HasAttr nested",
    "Like",
    "action",
    "whole context",
    // Sets and records.
    "Contains",
    "ContainsAll",
    "ContainsAny",
    "IsEmpty",
    "Set",
    "Record",
    // Dates.
    "Datetime",
    "Duration",
    "Offset",
    "DurationSince",
    "ToDate",
    "ToTime",
    "ToMilliseconds",
    "ToSeconds",
    "ToMinutes",
    "ToHours",
    "ToDays",
    // Decimals and addresses.
    "Decimal",
    "DecimalLessThan",
    "DecimalLessEq",
    "DecimalGreater",
    "DecimalGreaterEq",
    "Ip",
    "IsIPv4",
    "IsIPV6",
    "IsLoopback",
    "IsMulticast",
    "IsInRange",
    // What is said of the policy itself.
    "when",
    "unless",
    "no clause",
    "several clauses",
];

/// The operators of a policy.
pub(crate) fn operators(policy: &Policy) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let parts = policy.to_pst().unwrap();
    let clauses = parts.body().clauses();
    match clauses.len() {
        0 => drop(out.insert("no clause".to_owned())),
        1 => {}
        _ => drop(out.insert("several clauses".to_owned())),
    }
    for clause in clauses {
        let (Clause::When(expr) | Clause::Unless(expr)) = clause;
        out.insert(if matches!(clause, Clause::When(_)) { "when" } else { "unless" }.to_owned());
        collect(expr, &mut out);
    }
    out
}

fn collect(expr: &Expr, out: &mut BTreeSet<String>) {
    let mut inner: Vec<&Expr> = Vec::new();
    let name = match expr {
        Expr::UnaryOp { op, expr } => {
            inner.push(expr);
            format!("{op:?}")
        }
        Expr::BinaryOp { op, left, right } => {
            inner.extend([&**left, &**right]);
            format!("{op:?}")
        }
        Expr::GetAttr { expr, .. } => {
            // What is read of a variable is no use of the variable as a whole.
            inner.extend((!matches!(**expr, Expr::Var(_))).then_some(&**expr));
            "GetAttr".to_owned()
        }
        Expr::HasAttr { expr, attrs } => {
            inner.extend((!matches!(**expr, Expr::Var(_))).then_some(&**expr));
            if attrs.len() > 1 { "HasAttr nested" } else { "HasAttr" }.to_owned()
        }
        Expr::Like { expr, .. } => {
            inner.push(expr);
            "Like".to_owned()
        }
        Expr::Is { expr, in_expr, .. } => {
            inner.push(expr);
            inner.extend(in_expr.as_deref());
            if in_expr.is_some() { "Is in" } else { "Is" }.to_owned()
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            inner.extend([&**cond, &**then_expr, &**else_expr]);
            "IfThenElse".to_owned()
        }
        Expr::Set(elements) => {
            inner.extend(elements.iter().map(|element| &**element));
            "Set".to_owned()
        }
        Expr::Record(members) => {
            inner.extend(members.values().map(|member| &**member));
            "Record".to_owned()
        }
        Expr::Var(var) => match format!("{var:?}").as_str() {
            "Action" => "action".to_owned(),
            "Context" => "whole context".to_owned(),
            _ => return,
        },
        _ => return,
    };
    out.insert(name);
    inner.into_iter().for_each(|expr| collect(expr, out));
}
