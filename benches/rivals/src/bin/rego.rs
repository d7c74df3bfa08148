//! Rego by `regorus`: compiled once to bytecode for its virtual machine (RVM), a machine for each core.
//!
//! Its best chance: inputs are built beforehand, the parts they share are shared, and neither counts as judging. With
//! the word `interpreter` as last argument, its interpreter evaluates instead.

use std::collections::BTreeMap;

use rayon::prelude::*;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};
use rivals::{Args, Clock, Found, Outcome, World, tell};
use serde_json::json;

const RULE: &str = "data.rivals.violated";
/// Facts evaluated by one machine in a row.
const BLOCK: usize = 1_000;

fn main() -> Outcome {
    let args = Args::read()?;
    let clock = Clock::start();
    let world = World::read(&args.facts, args.most)?;
    let policy = rivals::text(&args.policies)?;
    let inputs = inputs(&world)?;
    let load = clock.seconds();

    let clock = Clock::start();
    let found: Result<Vec<Found>, String> = match args.more.iter().next().map(String::as_str) {
        None => by_machine(&policy, &inputs),
        Some("interpreter") => by_interpreter(&policy, &inputs),
        Some(other) => Err(format!("`{other}` is not known")),
    };
    let found = found?.concat();
    let seconds = clock.seconds();
    let how = args.more.iter().next().map_or("RVM bytecode", String::as_str);
    tell(&args, &world, &found, how, (load, seconds))
}

fn by_machine(policy: &str, inputs: &[Value]) -> Result<Vec<Found>, String> {
    let mut engine = Engine::new();
    let say = |error: &dyn std::fmt::Display| error.to_string();
    engine.add_policy("rules.rego".to_owned(), policy.to_owned()).map_err(|error| say(&error))?;
    let rule: Rc<str> = RULE.into();
    let compiled = engine.compile_with_entrypoint(&rule).map_err(|error| say(&error))?;
    let program = Compiler::compile_from_policy(&compiled, &[RULE]).map_err(|error| say(&error))?;
    let machine = || {
        let mut machine = RegoVM::new();
        machine.load_program(program.clone());
        machine.set_data(Value::new_object()).map(|()| machine)
    };
    let judge = |(block, inputs): (usize, &[Value])| {
        let mut machine = machine().map_err(|error| say(&error))?;
        let mut found = Vec::new();
        for (number, input) in inputs.iter().enumerate() {
            machine.set_input(input.clone());
            let violated = machine.execute().map_err(|error| say(&error))?;
            note(&mut found, block * BLOCK + number, &violated);
        }
        Ok(found)
    };
    inputs.par_chunks(BLOCK).enumerate().map(judge).collect()
}

fn by_interpreter(policy: &str, inputs: &[Value]) -> Result<Vec<Found>, String> {
    let mut engine = Engine::new();
    let say = |error: &dyn std::fmt::Display| error.to_string();
    engine.add_policy("rules.rego".to_owned(), policy.to_owned()).map_err(|error| say(&error))?;
    let rule: Rc<str> = RULE.into();
    let compiled = engine.compile_with_entrypoint(&rule).map_err(|error| say(&error))?;
    let judge = |(block, inputs): (usize, &[Value])| {
        let mut found = Vec::new();
        for (number, input) in inputs.iter().enumerate() {
            let violated = compiled.eval_with_input(input.clone()).map_err(|error| say(&error))?;
            note(&mut found, block * BLOCK + number, &violated);
        }
        Ok(found)
    };
    inputs.par_chunks(BLOCK).enumerate().map(judge).collect()
}

fn note(found: &mut Found, fact: usize, violated: &Value) {
    if let Value::Set(controls) = violated {
        found.extend(controls.iter().filter_map(|control| Some((fact, control.as_string().ok()?.to_string()))));
    }
}

/// One object for each fact; those of its principal, project and tool are shared.
fn inputs(world: &World) -> Outcome<Vec<Value>> {
    let value = |json: serde_json::Value| Value::from_json_str(&json.to_string()).map_err(|error| error.to_string());
    let mut principals = BTreeMap::new();
    for (id, one) in &world.principals {
        let json = json!({
            "type": one.r#type, "name": one.name, "active": one.active, "owner": one.owner, "app_type": one.app_type
        });
        principals.insert(id, value(json)?);
    }
    let mut projects = BTreeMap::new();
    for (id, one) in &world.projects {
        projects.insert(id, value(json!({ "name": one.name, "active": one.active, "demo": one.demo }))?);
    }
    let mut tools = BTreeMap::new();
    for (id, one) in &world.tools {
        tools.insert(id, value(json!({ "id": id, "scope": one.scope, "key": one.key }))?);
    }
    let names = ["principal", "tool", "project", "level", "requested", "through", "granular", "exception"];
    let names = names.map(Value::from);
    let template = Value::from("template");
    let number = |number: Option<i64>| number.map_or(Value::Null, Value::from);
    world
        .facts
        .iter()
        .map(|fact| {
            let through = if fact.through == "template" { template.clone() } else { Value::from(&*fact.through) };
            let values = [
                principals.get(&fact.principal).cloned().ok_or("a fact without its principal")?,
                tools.get(&fact.tool).cloned().ok_or("a fact without its tool")?,
                fact.project.as_ref().and_then(|id| projects.get(id)).cloned().unwrap_or(Value::Null),
                Value::from(i64::from(fact.level)),
                number(fact.requested.map(i64::from)),
                through,
                number(fact.granular),
                Value::from(fact.exception),
            ];
            let object: BTreeMap<Value, Value> = names.iter().cloned().zip(values).collect();
            Ok(Value::from(object))
        })
        .collect()
}
