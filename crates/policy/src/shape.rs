//! The schema as a table: which attributes facts have, and what values they take.
//!
//! Cedar validates policies against the schema but does not tell what is in it; its JSON form does.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::condition::{Attribute, Root};
use super::facts::Type;
use cutover_pack::SCHEMA_JSON;

static SHAPE: LazyLock<Shape> =
    LazyLock::new(|| serde_json::from_str(SCHEMA_JSON).map(|json| Shape::of(&json)).unwrap_or_default());

/// Attributes that hold a recorded decision: not there means that none is recorded, which is known.
pub const DECISIONS: [&str; 3] = ["exception", "reason", "reviewed"];

/// What values an attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Yes or no.
    Flag,
    /// A number, or a day.
    Number,
    /// A text.
    Text,
    /// A level.
    Level,
    /// A thing of this type.
    Thing(Type),
    /// A recorded exception: `reason` and `approved_by`.
    Exception,
    /// Something that only an export can say.
    Other,
}

/// An attribute of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// What values it takes.
    pub kind: ValueKind,
    /// Whether every fact has it.
    pub required: bool,
}

/// The attributes of a type, or of the context of an action.
pub type Members = BTreeMap<String, Member>;

/// A kind of fact.
#[derive(Debug, Default)]
pub struct ActionShape {
    /// The types of its principals.
    pub principals: Vec<String>,
    /// The types of its resources.
    pub resources: Vec<String>,
    /// The attributes of its context.
    pub context: Members,
}

/// The schema.
#[derive(Debug, Default)]
pub struct Shape {
    /// The attributes of each type.
    pub types: BTreeMap<String, Members>,
    /// The kinds of fact.
    pub actions: BTreeMap<String, ActionShape>,
}

impl Shape {
    /// That of the built-in schema.
    pub fn built_in() -> &'static Self {
        &SHAPE
    }

    fn of(json: &Json) -> Self {
        let mut out = Self::default();
        for namespace in json.as_object().into_iter().flat_map(|spaces| spaces.values()) {
            for (name, kind) in objects(&namespace["entityTypes"]) {
                out.types.insert(name.clone(), members(&kind["shape"]));
            }
            for (name, action) in objects(&namespace["actions"]) {
                let applies = &action["appliesTo"];
                out.actions.insert(
                    name.clone(),
                    ActionShape {
                        principals: names(&applies["principalTypes"]),
                        resources: names(&applies["resourceTypes"]),
                        context: members(&applies["context"]),
                    },
                );
            }
        }
        out
    }

    /// The attribute of a fact, if the schema has it there.
    pub fn member(&self, action: &str, principal: &str, resource: &str, attribute: &Attribute) -> Option<Member> {
        let members = match attribute.root {
            Root::Principal => self.types.get(principal)?,
            Root::Resource => self.types.get(resource)?,
            Root::Context => &self.actions.get(action)?.context,
        };
        members.get(&attribute.name).copied()
    }
}

impl Member {
    /// Whether an export may leave it unknown.
    pub fn may_be_unknown(self, name: &str) -> bool {
        self.kind == ValueKind::Level || (!self.required && !DECISIONS.contains(&name))
    }
}

fn objects(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flatten()
}

fn names(json: &Json) -> Vec<String> {
    let last = |name: &Json| name.as_str().and_then(|name| name.rsplit("::").next()).map(str::to_owned);
    json.as_array().into_iter().flatten().filter_map(last).collect()
}

fn members(shape: &Json) -> Members {
    let member = |(name, attribute): (&String, &Json)| {
        let required = attribute["required"].as_bool().unwrap_or(true);
        (name.clone(), Member { kind: sort(attribute), required })
    };
    objects(&shape["attributes"]).map(member).collect()
}

fn sort(attribute: &Json) -> ValueKind {
    // `{"type": "EntityOrCommon", "name": "String"}`, or the type itself.
    let name = attribute["name"].as_str().or(attribute["type"].as_str()).unwrap_or_default();
    match name.rsplit("::").next().unwrap_or_default() {
        "Bool" | "Boolean" => ValueKind::Flag,
        "Long" => ValueKind::Number,
        "String" => ValueKind::Text,
        "Level" => ValueKind::Level,
        "Exception" => ValueKind::Exception,
        other => Type::from_id(other).map_or(ValueKind::Other, ValueKind::Thing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Action;

    #[test]
    fn every_type_and_action_of_the_schema_is_known_to_the_facts() {
        let shape = Shape::built_in();
        let only_in_policies = ["Level", "Party", "Duty"];
        for name in shape.types.keys().filter(|name| !only_in_policies.contains(&name.as_str())) {
            assert!(Type::from_id(name).is_some(), "add `{name}` to Type::ALL");
        }
        for name in shape.actions.keys().filter(|name| *name != "answers") {
            assert!(Action::from_id(name).is_some(), "add `{name}` to Action::ALL");
        }
        assert_eq!(shape.actions.len(), Action::ALL.len() + 1);
    }

    #[test]
    fn attributes_have_their_sorts() {
        let context = &Shape::built_in().actions["holds"].context;
        assert_eq!(context["level"].kind, ValueKind::Level);
        assert_eq!(context["exception"].kind, ValueKind::Exception);
        assert_eq!(context["project"].kind, ValueKind::Thing(Type::Project));
        assert_eq!((context["granular"].kind, context["granular"].required), (ValueKind::Number, false));
        let account = &Shape::built_in().types["LegacyAccount"];
        assert_eq!((account["active"].kind, account["name"].kind), (ValueKind::Flag, ValueKind::Text));
    }
}
