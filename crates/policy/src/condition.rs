//! A control's condition, taken apart so that what is unknown can be distinguished from what is false.
//!
//! Cedar evaluates every part; only the connectives are combined here, by the three-valued rules: `false && unknown` is
//! false, `true && unknown` is unknown. A control whose condition is unknown for a fact is *not assessed* for it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cedar_policy::pst::{
    BinaryOp, Clause, EntityOrSlot, EntityType, Expr, Literal, PrincipalConstraint, ResourceConstraint, Template,
    UnaryOp, Var,
};
use cedar_policy::{Entities, EvalResult, Expression, Policy, Request, eval_expression};
use cedar_policy_core::ast;

mod clauses;
mod sight;

pub use clauses::{ClauseKind, ClauseTruth, PartTruth};
pub use sight::Read;

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

/// True, false, or unknown.
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

/// Knows the truth of a leaf for one fact.
pub(super) type Oracle<'a> = &'a mut dyn FnMut(&Leaf) -> Truth;

/// A condition, taken apart at its connectives.
#[derive(Debug)]
pub(super) enum Part {
    /// `&&`
    And(Box<Part>, Box<Part>),
    /// `||`
    Or(Box<Part>, Box<Part>),
    /// `!`, and a whole `unless`
    Not(Box<Part>),
    /// A part without connectives: Cedar decides it.
    Leaf(Box<Leaf>),
}

/// A part without connectives.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) expression: Expression,
    /// Its text in Cedar.
    pub(super) text: String,
    /// The attributes it reads.
    pub(super) reads: BTreeSet<Attribute>,
    /// All it can observe of a fact; `None` when that cannot be determined.
    pub(super) sight: Option<BTreeSet<Read>>,
    /// Its place among [`Condition::spots`].
    pub(super) spot: usize,
}

/// A place in a condition whose truth can be watched: a leaf, or a clause of several leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The clause it stands in, from 1.
    pub clause: usize,
    /// Its text in Cedar.
    pub text: String,
    /// Whether it is a whole clause.
    pub is_clause: bool,
    /// Whether it only asks if an attribute is there: `context has reason`.
    pub is_guard: bool,
    /// Whether it only asks for the type of an end: `principal is App`.
    pub is_type: bool,
    /// The attributes it reads.
    pub reads: BTreeSet<Attribute>,
}

/// A control's scope and clauses.
#[derive(Debug)]
pub struct Condition {
    /// What the scope asks of the principal and of the resource; without places among the spots.
    pub(super) scope: Vec<Leaf>,
    pub(super) clauses: Vec<Part>,
    /// The names of all attributes it speaks of, of whatever they may be.
    pub(super) names: BTreeSet<String>,
    /// Every attribute it reads, in the order of the text.
    pub reads: Vec<Attribute>,
    /// The places whose truth can be watched, in the order of the text.
    pub spots: Vec<Spot>,
    /// For each clause the place that stands for the whole of it; none where a leaf does.
    whole: Vec<Option<usize>>,
    /// For each clause its kind, and its text in Cedar.
    written: Vec<(ClauseKind, String)>,
}

impl Condition {
    /// Takes a policy apart.
    ///
    /// # Errors
    /// When Cedar cannot give the policy's parts.
    pub fn of(policy: &Policy) -> Result<Self, String> {
        // Cedar parses the text of the policy once more for them.
        policy.to_pst().map(|parts| Self::of_parts(parts.body())).map_err(|error| error.to_string())
    }

    /// Takes apart what a policy consists of.
    pub(super) fn of_parts(parts: &Template) -> Self {
        let mut out = Self {
            scope: scope(parts),
            clauses: Vec::new(),
            names: BTreeSet::new(),
            reads: Vec::new(),
            spots: Vec::new(),
            whole: Vec::new(),
            written: Vec::new(),
        };
        for (index, clause) in parts.clauses().iter().enumerate() {
            let first = out.spots.len();
            let (kind, expr) = match clause {
                Clause::When(expr) => (ClauseKind::When, expr),
                Clause::Unless(expr) => (ClauseKind::Unless, expr),
            };
            out.written.push((kind, expr.to_string()));
            sight::names(expr, &mut out.names);
            let inner = part(expr, index + 1, &mut out);
            out.clauses.push(match kind {
                ClauseKind::When => inner,
                ClauseKind::Unless => Part::Not(Box::new(inner)),
            });
            let leaves = out.spots.get(first..).unwrap_or_default();
            let whole = (leaves.len() > 1).then(|| Spot {
                clause: index + 1,
                text: clause.to_string(),
                is_clause: true,
                is_guard: false,
                is_type: leaves.iter().all(|leaf| leaf.is_type),
                reads: leaves.iter().flat_map(|leaf| leaf.reads.iter().cloned()).collect(),
            });
            out.whole.push(whole.as_ref().map(|_| out.spots.len()));
            out.spots.extend(whole);
        }
        out
    }

    /// Whether the control speaks of this fact at all.
    pub fn applies(&self, request: &Request, entities: &Entities) -> bool {
        self.scope.iter().all(|leaf| leaf.ask(request, entities) == Truth::True)
    }

    /// Whether the condition holds, when the attributes in `unknown` are unknown.
    pub fn holds(&self, request: &Request, entities: &Entities, unknown: &BTreeSet<&Attribute>) -> Truth {
        self.truth(&mut |leaf| leaf.eval(request, entities, unknown))
    }

    /// Whether the condition holds, as an oracle answers for its leaves.
    pub(super) fn truth(&self, oracle: Oracle<'_>) -> Truth {
        self.watch(oracle, &mut |_, _| {})
    }

    /// Tells what each of the [`Condition::spots`] is for a fact; one that Cedar would not come to is `None`.
    pub fn observe(
        &self,
        request: &Request,
        entities: &Entities,
        unknown: &BTreeSet<&Attribute>,
    ) -> Vec<Option<Truth>> {
        let seen = RefCell::new(vec![None; self.spots.len()]);
        let see = |spot: usize, truth: Truth| {
            if let Some(seen) = seen.borrow_mut().get_mut(spot) {
                *seen = Some(truth);
            }
        };
        let mut oracle = |leaf: &Leaf| {
            let truth = leaf.eval(request, entities, unknown);
            see(leaf.spot, truth);
            truth
        };
        self.watch(&mut oracle, &mut |clause, truth| see(clause, truth));
        seen.into_inner()
    }

    /// `see` is called with the truth of each clause of several leaves.
    fn watch(&self, oracle: Oracle<'_>, see: &mut dyn FnMut(usize, Truth)) -> Truth {
        let mut truth = Truth::True;
        for (clause, whole) in self.clauses.iter().zip(&self.whole) {
            truth = and(truth, || {
                let of_clause = clause.truth(oracle);
                if let Some(spot) = whole {
                    see(*spot, of_clause);
                }
                of_clause
            });
        }
        truth
    }

    /// The attributes that make a condition true: of each clause, those of the first alternative that holds.
    pub(super) fn deciding(&self, oracle: Oracle<'_>) -> Vec<Attribute> {
        let mut out = Vec::new();
        for clause in &self.clauses {
            clause.deciding(oracle, &mut out);
        }
        out
    }
}

impl Part {
    /// Whether it holds, as an oracle answers for its leaves.
    pub(super) fn truth(&self, oracle: Oracle<'_>) -> Truth {
        match self {
            Self::And(left, right) => and(left.truth(oracle), || right.truth(oracle)),
            Self::Or(left, right) => not(and(not(left.truth(oracle)), || not(right.truth(oracle)))),
            Self::Not(part) => not(part.truth(oracle)),
            Self::Leaf(leaf) => oracle(leaf),
        }
    }

    fn deciding(&self, oracle: Oracle<'_>, out: &mut Vec<Attribute>) {
        match self {
            Self::And(left, right) => {
                left.deciding(oracle, out);
                right.deciding(oracle, out);
            }
            Self::Or(left, right) => {
                let first = if left.truth(oracle) == Truth::True { left } else { right };
                first.deciding(oracle, out);
            }
            Self::Not(part) => part.deciding(oracle, out),
            Self::Leaf(leaf) => {
                out.extend(leaf.reads.iter().filter(|read| !out.contains(read)).cloned().collect::<Vec<_>>())
            }
        }
    }
}

impl Leaf {
    fn new(expr: &Expr, spot: usize) -> Self {
        let mut reads = BTreeSet::new();
        attributes(expr, &mut reads);
        Self { expression: expression(expr), text: expr.to_string(), reads, sight: sight::of(expr), spot }
    }

    /// What Cedar says of it.
    pub(super) fn ask(&self, request: &Request, entities: &Entities) -> Truth {
        match eval_expression(request, entities, &self.expression) {
            Ok(EvalResult::Bool(true)) => Truth::True,
            Ok(EvalResult::Bool(false)) => Truth::False,
            _ => Truth::Error,
        }
    }

    /// The same, when the attributes in `unknown` are unknown.
    pub(super) fn eval(&self, request: &Request, entities: &Entities, unknown: &BTreeSet<&Attribute>) -> Truth {
        if self.reads.iter().any(|attribute| unknown.contains(attribute)) {
            return Truth::Unknown;
        }
        self.ask(request, entities)
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

/// `!` with unknowns.
pub(super) fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        other => other,
    }
}

fn part(expr: &Arc<Expr>, clause: usize, of: &mut Condition) -> Part {
    match &**expr {
        Expr::BinaryOp { op: BinaryOp::And, left, right } => {
            Part::And(Box::new(part(left, clause, of)), Box::new(part(right, clause, of)))
        }
        Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
            Part::Or(Box::new(part(left, clause, of)), Box::new(part(right, clause, of)))
        }
        Expr::UnaryOp { op: UnaryOp::Not, expr } => Part::Not(Box::new(part(expr, clause, of))),
        leaf => {
            let own = Leaf::new(leaf, of.spots.len());
            for attribute in &own.reads {
                if !of.reads.contains(attribute) {
                    of.reads.push(attribute.clone());
                }
            }
            of.spots.push(Spot {
                clause,
                text: own.text.clone(),
                is_clause: false,
                is_guard: matches!(leaf, Expr::HasAttr { .. }),
                is_type: matches!(leaf, Expr::Is { in_expr: None, .. }),
                reads: own.reads.clone(),
            });
            Part::Leaf(Box::new(own))
        }
    }
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

/// The constraints of the scope as leaves; the action is decided by the environment.
fn scope(policy: &Template) -> Vec<Leaf> {
    let principal = match &policy.principal {
        PrincipalConstraint::Any => None,
        PrincipalConstraint::Eq(entity) => compared(Var::Principal, BinaryOp::Eq, entity),
        PrincipalConstraint::In(entity) => compared(Var::Principal, BinaryOp::In, entity),
        PrincipalConstraint::Is(kind) => Some(of_type(Var::Principal, kind, None)),
        PrincipalConstraint::IsIn(kind, entity) => Some(of_type(Var::Principal, kind, literal(entity))),
    };
    let resource = match &policy.resource {
        ResourceConstraint::Any => None,
        ResourceConstraint::Eq(entity) => compared(Var::Resource, BinaryOp::Eq, entity),
        ResourceConstraint::In(entity) => compared(Var::Resource, BinaryOp::In, entity),
        ResourceConstraint::Is(kind) => Some(of_type(Var::Resource, kind, None)),
        ResourceConstraint::IsIn(kind, entity) => Some(of_type(Var::Resource, kind, literal(entity))),
    };
    let leaf = |(expr, root): (Expr, Root)| {
        let read = if matches!(expr, Expr::Is { in_expr: None, .. }) { Read::Type(root) } else { Read::Whole(root) };
        Leaf { sight: Some(BTreeSet::from([read])), ..Leaf::new(&expr, usize::MAX) }
    };
    let principal = principal.map(|expr| (expr, Root::Principal));
    principal.into_iter().chain(resource.map(|expr| (expr, Root::Resource))).map(leaf).collect()
}

fn compared(var: Var, op: BinaryOp, entity: &EntityOrSlot) -> Option<Expr> {
    Some(Expr::BinaryOp { op, left: Arc::new(Expr::Var(var)), right: literal(entity)? })
}

fn of_type(var: Var, kind: &EntityType, in_expr: Option<Arc<Expr>>) -> Expr {
    Expr::Is { expr: Arc::new(Expr::Var(var)), entity_type: kind.clone(), in_expr }
}

/// An entity that the scope names; a template, which leaves it open, is no control.
fn literal(entity: &EntityOrSlot) -> Option<Arc<Expr>> {
    let EntityOrSlot::Entity(uid) = entity else { return None };
    Some(Arc::new(Expr::Literal(Literal::EntityUID(uid.clone()))))
}

/// What Cedar evaluates. To write an expression out and to parse it again takes many times longer.
fn expression(expr: &Expr) -> Expression {
    ast::Expr::from(expr.clone()).into()
}
