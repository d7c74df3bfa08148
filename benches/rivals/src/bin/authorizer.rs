//! The plain loop over Cedar's public `Authorizer`: one `is_authorized` for each fact, on both cores.
//!
//! Its best chance: requests and entities are built beforehand and not counted as judging, entities have only the
//! attributes that the controls read, nothing is validated against a schema, and each type of principal is put to the
//! policies that can apply to it only.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet,
    PrincipalConstraint, Request, RestrictedExpression as Expression,
};
use rayon::prelude::*;
use rivals::{Args, Clock, Fact, Outcome, World, tell};

const LEVELS: [&str; 4] = ["none", "read_only", "standard", "admin"];

fn main() -> Outcome {
    let args = Args::read()?;
    let clock = Clock::start();
    let world = World::read(&args.facts, args.most)?;
    let (managed, legacy) = policies(&args)?;
    let entities = Entities::from_entities(entities(&world)?, None)?;
    let is_managed =
        |fact: &Fact| world.principals.get(&fact.principal).is_some_and(|one| one.r#type == "ManagedAccount");
    let requests: Outcome<Vec<(Request, &PolicySet)>> = world
        .facts
        .iter()
        .map(|fact| Ok((request(&world, fact)?, if is_managed(fact) { &managed } else { &legacy })))
        .collect();
    let requests = requests?;
    let load = clock.seconds();

    let clock = Clock::start();
    let judge = |(fact, (request, policies)): (usize, &(Request, &PolicySet))| {
        let response = Authorizer::new().is_authorized(request, policies, &entities);
        response.diagnostics().reason().map(|control| (fact, control.to_string())).collect::<Vec<_>>()
    };
    let found = requests.par_iter().enumerate().flat_map_iter(judge).collect();
    let seconds = clock.seconds();
    tell(&args, &world, &found, "is_authorized", (load, seconds))
}

/// The policies that can apply to managed accounts, and those that can to legacy accounts.
fn policies(args: &Args) -> Outcome<(PolicySet, PolicySet)> {
    let mut policies = Vec::new();
    for file in fs::read_dir(&args.policies)? {
        let path = file?.path();
        if path.extension().is_some_and(|ending| ending == "cedar") {
            for policy in PolicySet::from_str(&rivals::text(&path)?)?.policies() {
                policies.push(policy.new_id(PolicyId::new(policy.annotation("id").ok_or("no @id")?)));
            }
        }
    }
    let fitting = |kind: &str| {
        let fits = |constraint: PrincipalConstraint| match constraint {
            PrincipalConstraint::Is(name) => name.basename() == kind,
            _ => true,
        };
        PolicySet::from_policies(policies.iter().filter(|policy| fits(policy.principal_constraint())).cloned())
    };
    Ok((fitting("ManagedAccount")?, fitting("LegacyAccount")?))
}

fn uid(kind: &str, id: &str) -> Outcome<EntityUid> {
    Ok(EntityUid::from_type_name_and_id(EntityTypeName::from_str(&format!("Cutover::{kind}"))?, EntityId::new(id)))
}

fn entities(world: &World) -> Outcome<Vec<Entity>> {
    let text = |text: &str| Expression::new_string(text.to_owned());
    let mut out = Vec::new();
    for (number, level) in LEVELS.iter().enumerate() {
        let below = number.checked_sub(1).map(|below| uid("Level", LEVELS[below])).transpose()?;
        out.push(Entity::new_no_attrs(uid("Level", level)?, below.into_iter().collect()));
    }
    out.push(Entity::new_no_attrs(uid("Level", "unknown")?, HashSet::new()));
    let mut add = |kind: &str, id: &str, attributes: Vec<(&str, Option<Expression>)>| -> Outcome {
        let known = attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        out.push(Entity::new(uid(kind, id)?, known.collect::<HashMap<_, _>>(), HashSet::new())?);
        Ok(())
    };
    for one in world.principals.values() {
        let attributes = vec![
            ("name", Some(text(&one.name))),
            ("active", one.active.map(Expression::new_bool)),
            ("owner", one.owner.as_deref().map(text)),
            ("app_type", one.app_type.as_deref().map(text)),
        ];
        add(&one.r#type, &one.id, attributes)?;
    }
    for one in world.projects.values() {
        let attributes = vec![
            ("name", Some(text(&one.name))),
            ("active", one.active.map(Expression::new_bool)),
            ("demo", one.demo.map(Expression::new_bool)),
        ];
        add("Project", &one.id, attributes)?;
    }
    for one in world.tools.values() {
        add("Tool", &one.id, vec![("scope", Some(text(&one.scope))), ("key", Some(text(&one.key)))])?;
    }
    Ok(out)
}

fn request(world: &World, fact: &Fact) -> Outcome<Request> {
    let level = |level: Option<u8>| -> Outcome<Expression> {
        let name = level.and_then(|level| LEVELS.get(usize::from(level))).unwrap_or(&"unknown");
        Ok(Expression::new_entity_uid(uid("Level", name)?))
    };
    let mut context = vec![
        ("level".to_owned(), level(Some(fact.level))?),
        ("requested".to_owned(), level(fact.requested)?),
        ("through".to_owned(), Expression::new_string(fact.through.clone())),
    ];
    if let Some(granular) = fact.granular {
        context.push(("granular".to_owned(), Expression::new_long(granular)));
    }
    if let Some(project) = &fact.project {
        context.push(("project".to_owned(), Expression::new_entity_uid(uid("Project", project)?)));
    }
    if fact.exception {
        let word = |name: &str| (name.to_owned(), Expression::new_string("recorded".to_owned()));
        context.push(("exception".to_owned(), Expression::new_record([word("reason"), word("approved_by")])?));
    }
    let principal = world.principals.get(&fact.principal).ok_or("a fact without its principal")?;
    Ok(Request::new(
        uid(&principal.r#type, &principal.id)?,
        uid("Action", "holds")?,
        uid("Tool", &fact.tool)?,
        Context::from_pairs(context)?,
        None,
    )?)
}
