//! Controls that Cedar accepts and that can never say anything: they speak of a tool, a level, an attribute or a text that
//! no fact has.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, Var};
use cedar_policy::{EntityUid, Policy};

use cutover_inventory::tools::Scope;
use cutover_model::level::Level;
use cutover_model::result::policy_check::Problem;
use cutover_policy::condition::{Attribute, Root};
use cutover_policy::control::Control;
use cutover_policy::pack::Pack;
use cutover_policy::shape::{Shape, ValueKind};
use cutover_policy::source::Source;

/// The environments of a control: action, type of principal, type of resource.
type Environments<'c> = Vec<(&'c str, &'c str, &'c str)>;

/// What is wrong with what a control speaks of.
pub(super) fn check(source: &Source, at: &Range<usize>, control: &Control, pack: &Pack) -> Vec<Problem> {
    let environments: Environments<'_> = control
        .environments
        .iter()
        .map(|env| (env.action().id().unescaped(), env.principal().basename(), env.resource().basename()))
        .collect();
    let mut out = Vec::new();
    for uid in entities(&control.policy) {
        out.extend(entity(source, at, &uid, pack));
    }
    for attribute in &control.condition.reads {
        out.extend(attribute_of(source, at, attribute, &environments, pack));
    }
    for (annotation, wording) in [("message", &control.message), ("remedy", &control.remedy)] {
        for attribute in wording.attributes() {
            out.extend(placeholder(source, at, annotation, attribute, &environments));
        }
    }
    let Ok(parts) = control.policy.to_pst() else { return out };
    let mut compared = BTreeSet::new();
    for clause in parts.body().clauses() {
        let (Clause::When(expr) | Clause::Unless(expr)) = clause;
        comparisons(expr, &mut compared);
    }
    for (attribute, text) in compared {
        out.extend(value(source, at, &attribute, &text, &environments, pack));
    }
    out
}

/// A text that names an attribute which no fact of the control has shows "(unknown)" in its place.
fn placeholder(
    source: &Source,
    at: &Range<usize>,
    annotation: &str,
    attribute: &Attribute,
    environments: &Environments<'_>,
) -> Option<Problem> {
    let shape = Shape::built_in();
    let (root, name) = (root_name(attribute.root), attribute.name.as_str());
    let has = |(action, principal, resource): &&(&str, &str, &str)| {
        shape.member(action, principal, resource, attribute).is_some()
    };
    let missing = environments.iter().find(|environment| !has(environment))?;
    let (action, principal, resource) = missing;
    let owner = match attribute.root {
        Root::Principal => principal,
        Root::Resource => resource,
        Root::Context => action,
    };
    let written = format!("{{{root}.{name}}}");
    let message = format!("`@{annotation}` names `{written}`, and `{owner}` has no attribute `{name}`");
    let problem = source.problem(&source.find(at, &written), "placeholder", message);
    Some(problem.help(
        "cutover.cedarschema says what the parts of each fact are; a name that is not there is shown as (unknown)",
    ))
}

fn entities(policy: &Policy) -> Vec<EntityUid> {
    let mut all = policy.entity_literals();
    all.sort_by_key(ToString::to_string);
    all.dedup();
    all
}

/// Cedar does not know which tools and levels there are.
fn entity(source: &Source, at: &Range<usize>, uid: &EntityUid, pack: &Pack) -> Option<Problem> {
    let id = uid.id().unescaped();
    let place = source.find(at, &format!("{}::\"{id}\"", uid.type_name()));
    match uid.type_name().basename() {
        "Level" => {
            let known = Level::ALL.map(Level::id);
            if known.contains(&id) {
                return None;
            }
            let help = near(id, known.into_iter()).unwrap_or_else(|| format!("the levels are {}", known.join(", ")));
            Some(source.problem(&place, "level", format!("there is no level `{id}`: this never matches")).help(help))
        }
        "Tool" => tool(source, &place, id, pack),
        _ => None,
    }
}

fn tool(source: &Source, place: &Range<usize>, id: &str, pack: &Pack) -> Option<Problem> {
    let scope = match id.split_once('/') {
        Some(("company", key)) => Some((Scope::Company, key)),
        Some(("project", key)) => Some((Scope::Project, key)),
        _ => None,
    };
    let Some((scope, key)) = scope else {
        let message = format!("`{id}` names no tool: this never matches");
        return Some(source.problem(place, "tool", message).help("write company/KEY or project/KEY"));
    };
    let tool = pack.tools.resolve(scope, key);
    if tool.key != key {
        let message = format!("facts name this tool `{tool}`, never `{id}`: this never matches");
        return Some(source.problem(place, "tool", message).help(format!("write `{tool}`")));
    }
    if pack.tools.recognises(&tool) || tool.is_custom() {
        return None;
    }
    let known: Vec<String> = pack.tools.of(scope).map(ToString::to_string).collect();
    let help = near(id, known.iter().map(String::as_str));
    let help = help.unwrap_or_else(|| "the tools are those of policies/tools.toml".to_owned());
    Some(source.problem(place, "tool", format!("there is no tool `{id}`: this never matches")).help(help))
}

/// An attribute has to be one of the schema, and an export has to give it.
fn attribute_of(
    source: &Source,
    at: &Range<usize>,
    attribute: &Attribute,
    environments: &Environments<'_>,
    pack: &Pack,
) -> Option<Problem> {
    let shape = Shape::built_in();
    let root = root_name(attribute.root);
    let name = attribute.name.as_str();
    let place = [format!("{root}.{name}"), format!("{root} has {name}")]
        .iter()
        .map(|text| source.find(at, text))
        .find(|place| place != at)
        .unwrap_or_else(|| source.find(at, name));
    let of = |(action, principal, resource): &(&str, &str, &str)| {
        let member = shape.member(action, principal, resource, attribute)?;
        let owner = match attribute.root {
            Root::Principal => *principal,
            Root::Resource => *resource,
            Root::Context => *action,
        };
        Some((owner.to_owned(), member))
    };
    let found: Vec<_> = environments.iter().filter_map(of).collect();
    if found.is_empty() && !environments.is_empty() {
        let names: BTreeSet<&str> =
            environments.iter().flat_map(|env| attributes(shape, env, attribute.root)).collect();
        let help = near(name, names.iter().copied());
        let known = || format!("it has {}", names.iter().copied().collect::<Vec<_>>().join(", "));
        let message = format!("`{root}` never has the attribute `{name}` here");
        return Some(source.problem(&place, "attribute", message).help(help.unwrap_or_else(known)));
    }
    let without = found.iter().find(|(owner, member)| !member.required && pack.attributes.of(owner, name).is_none());
    without.map(|(owner, _)| {
        let problem = source.problem(&place, "attribute", format!("no export gives `{owner}.{name}`"));
        problem.help("policies/attributes.toml says which export gives which attribute")
    })
}

fn attributes<'s>(
    shape: &'s Shape,
    (action, principal, resource): &(&str, &str, &str),
    root: Root,
) -> impl Iterator<Item = &'s str> {
    let members = match root {
        Root::Principal => shape.types.get(*principal),
        Root::Resource => shape.types.get(*resource),
        Root::Context => shape.actions.get(*action).map(|action| &action.context),
    };
    members.into_iter().flat_map(|members| members.keys().map(String::as_str))
}

/// Texts that attributes are compared with.
fn comparisons(expr: &Arc<Expr>, out: &mut BTreeSet<(Attribute, String)>) {
    match &**expr {
        Expr::BinaryOp { op: BinaryOp::Eq | BinaryOp::NotEq, left, right } => {
            for (one, other) in [(left, right), (right, left)] {
                if let (Some(attribute), Some(text)) = (read(one), text_of(other)) {
                    out.insert((attribute, text));
                }
            }
        }
        Expr::BinaryOp { op: BinaryOp::Contains, left, right } => {
            if let (Expr::Set(elements), Some(attribute)) = (&**left, read(right)) {
                out.extend(elements.iter().filter_map(text_of).map(|text| (attribute.clone(), text)));
            }
        }
        Expr::BinaryOp { left, right, .. } => {
            comparisons(left, out);
            comparisons(right, out);
        }
        Expr::UnaryOp { expr, .. } => comparisons(expr, out),
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            for part in [cond, then_expr, else_expr] {
                comparisons(part, out);
            }
        }
        _ => {}
    }
}

pub(super) fn read(expr: &Arc<Expr>) -> Option<Attribute> {
    let Expr::GetAttr { expr, attr } = &**expr else { return None };
    let root = match **expr {
        Expr::Var(Var::Principal) => Root::Principal,
        Expr::Var(Var::Resource) => Root::Resource,
        Expr::Var(Var::Context) => Root::Context,
        _ => return None,
    };
    Some(Attribute { root, name: attr.to_string() })
}

pub(super) fn text_of(expr: &Arc<Expr>) -> Option<String> {
    match &**expr {
        Expr::Literal(Literal::String(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// Where all values of an attribute are known, another one is a slip.
fn value(
    source: &Source,
    at: &Range<usize>,
    attribute: &Attribute,
    text: &str,
    environments: &Environments<'_>,
    pack: &Pack,
) -> Option<Problem> {
    let shape = Shape::built_in();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (action, principal, resource) in environments {
        let owner = match attribute.root {
            Root::Principal => principal,
            Root::Resource => resource,
            Root::Context => action,
        };
        let member = shape.member(action, principal, resource, attribute);
        if member.is_none_or(|member| member.kind != ValueKind::Text) {
            continue;
        }
        // With one type that takes any text, nothing can be determined.
        known.extend(pack.attributes.values(owner, &attribute.name)?.iter().map(String::as_str));
    }
    if known.is_empty() || known.contains(text) {
        return None;
    }
    let place = source.find(at, &format!("\"{text}\""));
    let message = format!("`{}.{}` is never \"{text}\"", root_name(attribute.root), attribute.name);
    let listed: Vec<String> = known.iter().map(|value| format!("\"{value}\"")).collect();
    Some(source.problem(&place, "value", message).help(format!("it is one of {}", listed.join(", "))))
}

fn root_name(root: Root) -> &'static str {
    match root {
        Root::Principal => "principal",
        Root::Resource => "resource",
        Root::Context => "context",
    }
}

/// The known name that a misspelt one is most like.
fn near<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let best = known.map(|known| (strsim::damerau_levenshtein(known, name), known)).min()?;
    (best.0 <= 2 + name.chars().count() / 8).then(|| format!("is it `{}`?", best.1))
}
