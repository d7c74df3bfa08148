//! Evaluates what a solver shows with Cedar again: only what Cedar says of both sides is a counterexample.

use std::collections::HashSet;

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, Response, Schema};
use serde_json::Value;

use super::solver::Witness;
use cutover_model::natural;
use cutover_model::result::comparison::Counterexample;

/// The fact, if the schema allows it, Cedar allows it by the stricter policies, and forbids it by the others.
///
/// # Errors
/// Why the fact shows nothing.
pub(super) fn replay(
    witness: &Witness,
    stricter: &PolicySet,
    weaker: &PolicySet,
    schema: &Schema,
) -> Result<Counterexample, String> {
    let unlike =
        |what: &dyn ToString| format!("the solver found a fact that does not fit the schema: {}", what.to_string());
    let request = &witness.request;
    let entities = Entities::from_entities(witness.entities.clone(), Some(schema)).map_err(|error| unlike(&error))?;
    let ends = (request.principal(), request.action(), request.resource(), request.context());
    let (Some(principal), Some(action), Some(resource), Some(context)) = ends else {
        return Err("the solver found a fact without its parts".to_owned());
    };
    let request = Request::new(principal.clone(), action.clone(), resource.clone(), context.clone(), Some(schema))
        .map_err(|error| unlike(&error))?;
    let evaluate = |policies| Authorizer::new().is_authorized(&request, policies, &entities);
    let (by_stricter, by_weaker) = (evaluate(stricter), evaluate(weaker));
    match (by_stricter.decision(), by_weaker.decision()) {
        (Decision::Allow, Decision::Deny) => {}
        _ => return Err("the solver's counterexample was not confirmed by Cedar".to_owned()),
    }
    Ok(Counterexample {
        principal: principal.to_string(),
        action: action.to_string(),
        resource: resource.to_string(),
        context: attributes(context, principal)?,
        entities: in_json(&entities, schema)?,
        forbidden_by: reasons(&by_weaker),
    })
}

/// The ids of the policies that decided, in natural order.
fn reasons(response: &Response) -> Vec<String> {
    let mut ids: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    ids.sort_by(|one, other| natural::compare(one, other));
    ids
}

/// A context in Cedar's JSON. Cedar writes entities, so the context is written as the attributes of one.
fn attributes(context: &Context, any: &EntityUid) -> Result<Value, String> {
    let pairs = context.clone().into_iter().collect();
    let entity = Entity::new(any.clone(), pairs, HashSet::new()).map_err(|error| error.to_string())?;
    let mut json = entity.to_json_value().map_err(|error| error.to_string())?;
    Ok(sorted(json.get_mut("attrs").map(Value::take).unwrap_or_default()))
}

/// Entities in Cedar's JSON, by type and id. The schema's actions are left out: they are always the same.
fn in_json(entities: &Entities, schema: &Schema) -> Result<Vec<Value>, String> {
    let actions: HashSet<&EntityUid> = schema.actions().collect();
    let mut out: Vec<(String, Value)> = Vec::new();
    for entity in entities.iter().filter(|entity| !actions.contains(&entity.uid())) {
        let json = entity.to_json_value().map_err(|error| error.to_string())?;
        out.push((entity.uid().to_string(), sorted(json)));
    }
    out.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(out.into_iter().map(|(_, json)| json).collect())
}

/// The same JSON, members and parents in one order.
fn sorted(json: Value) -> Value {
    match json {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            let parents = |(name, value): (String, Value)| match value {
                Value::Array(mut parents) if name == "parents" => {
                    parents.sort_by_key(ToString::to_string);
                    (name, Value::Array(parents))
                }
                value => (name, sorted(value)),
            };
            Value::Object(members.into_iter().map(parents).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}
