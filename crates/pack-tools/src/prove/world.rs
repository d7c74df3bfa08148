//! Finding of every fact, beyond what the schema can say: the order of the levels, and how large numbers get.
//!
//! To the schema, levels are entities like any others, in any hierarchy, and a day is any number. A solver that knows no
//! more shows facts that nobody can have: an Admin who is not "at least Standard", or days so far apart that the
//! difference is no number any more. So it is stated as policies, on the side that is to be stricter: they
//! forbid all other facts, and none of those can be shown. Levels that an export does not say are left out as well: what
//! they decide is not assessed by Cedar alone.

use cedar_policy::{EntityTypeName, Policy, PolicyId, RequestEnv};

use cutover_model::level::Level;
use cutover_policy::shape::{Member, Members, Shape, ValueKind};

/// No number is further from 0: numbers are days since 1970, and counts.
const LARGEST: i64 = 1_000_000_000_000;
/// The policies that forbid facts that there cannot be; none where the schema says everything. One for each thing that is
/// so: see [`super::unfold`] for what a long condition comes to.
pub(super) fn impossible(environment: &RequestEnv) -> Vec<Policy> {
    let shape = Shape::built_in();
    let Some(action) = shape.actions.get(environment.action().id().unescaped()) else { return Vec::new() };
    let of_type = |name: &EntityTypeName| shape.types.get(name.basename());
    let roots = [
        ("principal", of_type(environment.principal())),
        ("resource", of_type(environment.resource())),
        ("context", Some(&action.context)),
    ];
    let described = |(root, members): (&str, Option<&Members>)| -> Vec<String> {
        let members = members.into_iter().flatten();
        members.filter_map(|(name, member)| attribute(root, name, *member)).collect()
    };
    let mut parts: Vec<String> = roots.into_iter().flat_map(described).collect();
    if parts.iter().any(|part| part.contains("Level")) {
        parts.push(order());
    }
    let (principal, action, resource) = (environment.principal(), environment.action(), environment.resource());
    let scope = format!("forbid (principal is {principal}, action == {action}, resource is {resource})");
    let policy = |(number, part): (usize, &String)| {
        let policy: Policy = format!("{scope} unless {{ {part} }};").parse().ok()?;
        Some(policy.new_id(PolicyId::new(format!("(so {number})"))))
    };
    parts.iter().enumerate().filter_map(policy).collect()
}

/// What values an attribute can have, if the schema says too little of that.
fn attribute(root: &str, name: &str, member: Member) -> Option<String> {
    let possible = match member.kind {
        ValueKind::Level => format!("[{}].contains({root}.{name})", Level::ALL.map(literal).join(", ")),
        ValueKind::Number => format!("({root}.{name} >= -{LARGEST} && {root}.{name} <= {LARGEST})"),
        ValueKind::Flag | ValueKind::Text | ValueKind::Thing(_) | ValueKind::Exception | ValueKind::Other => {
            return None;
        }
    };
    // Where it may be missing, it is so if it is there. Cedar takes no shorter form of this.
    Some(if member.required { possible } else { format!("!({root} has {name} && !{possible})") })
}

fn literal(level: Level) -> String {
    format!("Cutover::Level::\"{}\"", level.id())
}

/// Which level is in which: each in those below it.
fn order() -> String {
    let mut out = Vec::new();
    for one in Level::ALL {
        for other in Level::ALL.into_iter().filter(|other| *other != one) {
            let not = if one > other { "" } else { "!" };
            out.push(format!("{not}({} in {})", literal(one), literal(other)));
        }
    }
    out.join(" && ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use cedar_policy::{
        Authorizer, Context, Decision, Entities, Entity, PolicySet, Request, RestrictedExpression, Schema,
    };

    use super::*;
    use cutover_policy::control::entity;
    use cutover_policy::pack::Pack;

    fn environment(action: &str, principal: &str, schema: &Schema) -> RequestEnv {
        let fits =
            |env: &RequestEnv| env.action().id().unescaped() == action && env.principal().basename() == principal;
        schema.request_envs().find(fits).unwrap()
    }

    /// Whether a person can have this level and so many granular permissions where `admin` is right above that level.
    fn is_possible(level: &str, below_admin: &str, granular: i64) -> bool {
        let pack = Pack::from_parts(&[]).unwrap();
        let mut policies: PolicySet = "permit (principal, action, resource);".parse().unwrap();
        for policy in impossible(&environment("holds", "Person", pack.schema())) {
            policies.add(policy).unwrap();
        }
        let uid = |id: &str| entity("Level", id).unwrap();
        let below = [("admin", below_admin), ("standard", "read_only"), ("read_only", "none")];
        let order = below.map(|(one, other)| Entity::new_no_attrs(uid(one), HashSet::from([uid(other)])));
        let entities = Entities::from_entities(order, None).unwrap();
        let given = |id: &str| RestrictedExpression::new_entity_uid(uid(id));
        let granular = ("granular".to_owned(), RestrictedExpression::new_long(granular));
        let context = [("level".to_owned(), given(level)), ("requested".to_owned(), given("none")), granular];
        let ends = ["Person", "Action", "Tool"].map(|kind| entity(kind, "holds").unwrap());
        let [principal, action, resource] = ends;
        let context = Context::from_pairs(context).unwrap();
        let request = Request::new(principal, action, resource, context, None).unwrap();
        Authorizer::new().is_authorized(&request, &policies, &entities).decision() == Decision::Allow
    }

    #[test]
    fn only_facts_with_the_levels_that_there_are_in_their_order_are_possible() {
        assert!(is_possible("admin", "standard", 0) && is_possible("none", "standard", 0));
        assert!(!is_possible("unknown", "standard", 0) && !is_possible("boss", "standard", 0), "no such level");
        assert!(!is_possible("admin", "read_only", 0), "Admin is at least Standard");
    }

    #[test]
    fn numbers_have_an_end() {
        assert!(is_possible("none", "standard", LARGEST) && is_possible("none", "standard", -LARGEST));
        assert!(!is_possible("none", "standard", LARGEST + 1) && !is_possible("none", "standard", i64::MIN));
    }

    #[test]
    fn facts_of_which_the_schema_says_everything_are_left_alone() {
        let pack = Pack::from_parts(&[]).unwrap();
        assert!(impossible(&environment("owns", "Person", pack.schema())).is_empty());
        assert!(!impossible(&environment("owns", "LegacyAccount", pack.schema())).is_empty());
    }
}
