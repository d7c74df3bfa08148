//! A control's condition, taken apart so that what is unknown can be told from what is false.
//!
//! Cedar judges every part; only the connectives are combined here, by the three-valued rules: `false && unknown` is
//! false, `true && unknown` is unknown. A control whose condition is unknown for a fact is *not assessed* for it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr, UnaryOp, Var};
use cedar_policy::{
    Entities, EvalResult, Expression, Policy, PrincipalConstraint, Request, ResourceConstraint, eval_expression,
};

/// What an attribute is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// The principal.
    Principal,
    /// The resource.
    Resource,
    /// The context.
    Context,
}

/// An attribute that a control reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute {
    /// What it is read from.
    pub root: Root,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = match self.root {
            Root::Principal => "principal",
            Root::Resource => "resource",
            Root::Context => "context",
        };
        write!(f, "{root}.{}", self.name)
    }
}

/// True, false, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// The export does not say.
    Unknown,
    /// Cedar could not evaluate it.
    Error,
}

/// A condition, taken apart at its connectives.
#[derive(Debug)]
enum Part {
    And(Box<Part>, Box<Part>),
    Or(Box<Part>, Box<Part>),
    Not(Box<Part>),
    /// A part without connectives: Cedar decides it.
    Leaf(Box<Leaf>),
}

#[derive(Debug)]
struct Leaf {
    expression: Expression,
    reads: BTreeSet<Attribute>,
}

/// A control's scope and clauses.
#[derive(Debug)]
pub struct Condition {
    scope: Vec<Expression>,
    clauses: Vec<Part>,
    /// Every attribute it reads, in the order of the text.
    pub reads: Vec<Attribute>,
}

impl Condition {
    /// Takes a policy apart.
    ///
    /// # Errors
    /// When Cedar cannot give the policy's parts.
    pub fn of(policy: &Policy) -> Result<Self, String> {
        let parts = policy.to_pst().map_err(|error| error.to_string())?;
        let mut reads = Vec::new();
        let mut clauses = Vec::new();
        for clause in parts.body().clauses() {
            clauses.push(match clause {
                Clause::When(expr) => part(expr, &mut reads)?,
                Clause::Unless(expr) => Part::Not(Box::new(part(expr, &mut reads)?)),
            });
        }
        Ok(Self { scope: scope(policy)?, clauses, reads })
    }

    /// Whether the control speaks of this fact at all.
    pub fn applies(&self, request: &Request, entities: &Entities) -> bool {
        self.scope.iter().all(|part| matches!(eval_expression(request, entities, part), Ok(EvalResult::Bool(true))))
    }

    /// Whether the condition holds, when the attributes in `unknown` are not known.
    pub fn holds(&self, request: &Request, entities: &Entities, unknown: &BTreeSet<&Attribute>) -> Truth {
        let mut truth = Truth::True;
        for clause in &self.clauses {
            truth = and(truth, || clause.eval(request, entities, unknown));
        }
        truth
    }

    /// The attributes that make a condition true: of each clause, those of the first alternative that holds.
    pub fn deciding(&self, request: &Request, entities: &Entities) -> Vec<Attribute> {
        let mut out = Vec::new();
        for clause in &self.clauses {
            clause.deciding(request, entities, &mut out);
        }
        out
    }
}

impl Part {
    fn eval(&self, request: &Request, entities: &Entities, unknown: &BTreeSet<&Attribute>) -> Truth {
        match self {
            Self::And(left, right) => {
                and(left.eval(request, entities, unknown), || right.eval(request, entities, unknown))
            }
            Self::Or(left, right) => {
                not(and(not(left.eval(request, entities, unknown)), || not(right.eval(request, entities, unknown))))
            }
            Self::Not(part) => not(part.eval(request, entities, unknown)),
            Self::Leaf(leaf) => {
                if leaf.reads.iter().any(|attribute| unknown.contains(attribute)) {
                    return Truth::Unknown;
                }
                match eval_expression(request, entities, &leaf.expression) {
                    Ok(EvalResult::Bool(true)) => Truth::True,
                    Ok(EvalResult::Bool(false)) => Truth::False,
                    _ => Truth::Error,
                }
            }
        }
    }

    fn deciding(&self, request: &Request, entities: &Entities, out: &mut Vec<Attribute>) {
        let known = BTreeSet::new();
        match self {
            Self::And(left, right) => {
                left.deciding(request, entities, out);
                right.deciding(request, entities, out);
            }
            Self::Or(left, right) => {
                let first = if left.eval(request, entities, &known) == Truth::True { left } else { right };
                first.deciding(request, entities, out);
            }
            Self::Not(part) => part.deciding(request, entities, out),
            Self::Leaf(leaf) => {
                out.extend(leaf.reads.iter().filter(|read| !out.contains(read)).cloned().collect::<Vec<_>>())
            }
        }
    }
}

/// Cedar's `&&` with unknowns: a part that is false decides, whatever is unknown beside it.
fn and(left: Truth, right: impl FnOnce() -> Truth) -> Truth {
    match left {
        Truth::False | Truth::Error => left,
        Truth::True => right(),
        Truth::Unknown => match right() {
            Truth::False => Truth::False,
            _ => Truth::Unknown,
        },
    }
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        other => other,
    }
}

fn part(expr: &Arc<Expr>, reads: &mut Vec<Attribute>) -> Result<Part, String> {
    Ok(match &**expr {
        Expr::BinaryOp { op: BinaryOp::And, left, right } => {
            Part::And(Box::new(part(left, reads)?), Box::new(part(right, reads)?))
        }
        Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
            Part::Or(Box::new(part(left, reads)?), Box::new(part(right, reads)?))
        }
        Expr::UnaryOp { op: UnaryOp::Not, expr } => Part::Not(Box::new(part(expr, reads)?)),
        leaf => {
            let mut own = BTreeSet::new();
            attributes(leaf, &mut own);
            for attribute in &own {
                if !reads.contains(attribute) {
                    reads.push(attribute.clone());
                }
            }
            Part::Leaf(Box::new(Leaf { expression: expression(&expr.to_string())?, reads: own }))
        }
    })
}

/// The attributes an expression reads: the first name after `principal`, `resource` or `context`.
fn attributes(expr: &Expr, out: &mut BTreeSet<Attribute>) {
    match expr {
        Expr::GetAttr { expr, attr } => access(expr, attr, out),
        Expr::HasAttr { expr, attrs } => access(expr, attrs.first(), out),
        Expr::UnaryOp { expr, .. } | Expr::Like { expr, .. } => attributes(expr, out),
        Expr::BinaryOp { left, right, .. } => {
            attributes(left, out);
            attributes(right, out);
        }
        Expr::Is { expr, in_expr, .. } => {
            attributes(expr, out);
            in_expr.iter().for_each(|inner| attributes(inner, out));
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            for inner in [cond, then_expr, else_expr] {
                attributes(inner, out);
            }
        }
        Expr::Set(elements) => elements.iter().for_each(|element| attributes(element, out)),
        Expr::Record(members) => members.values().for_each(|member| attributes(member, out)),
        _ => {}
    }
}

fn access(of: &Expr, name: &str, out: &mut BTreeSet<Attribute>) {
    match of {
        Expr::Var(var) => out.extend(root(var).map(|root| Attribute { root, name: name.to_owned() })),
        deeper => attributes(deeper, out),
    }
}

fn root(var: &Var) -> Option<Root> {
    match var {
        Var::Principal => Some(Root::Principal),
        Var::Resource => Some(Root::Resource),
        Var::Context => Some(Root::Context),
        Var::Action => None,
    }
}

fn expression(text: &str) -> Result<Expression, String> {
    text.parse().map_err(|_| format!("cannot take `{text}` apart"))
}

/// The constraints of the scope as expressions; the action is decided by the environment.
fn scope(policy: &Policy) -> Result<Vec<Expression>, String> {
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Any => None,
        PrincipalConstraint::Eq(uid) => Some(format!("principal == {uid}")),
        PrincipalConstraint::In(uid) => Some(format!("principal in {uid}")),
        PrincipalConstraint::Is(kind) => Some(format!("principal is {kind}")),
        PrincipalConstraint::IsIn(kind, uid) => Some(format!("principal is {kind} in {uid}")),
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Any => None,
        ResourceConstraint::Eq(uid) => Some(format!("resource == {uid}")),
        ResourceConstraint::In(uid) => Some(format!("resource in {uid}")),
        ResourceConstraint::Is(kind) => Some(format!("resource is {kind}")),
        ResourceConstraint::IsIn(kind, uid) => Some(format!("resource is {kind} in {uid}")),
    };
    principal.into_iter().chain(resource).map(|text| expression(&text)).collect()
}
