//! What the schema says can be told of things and facts, as far as tests draw policies and facts from it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cedar_policy::SchemaFragment;
use cutover_policy::condition::Root;
use cutover_policy::facts::{Action, Environment, Type};
use serde_json::{Value as Json, json};

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Yes or no.
    Bool,
    /// A number.
    Long,
    /// A text.
    Text,
    /// A recorded exception.
    Exception,
    /// An entity of this type.
    Entity(&'static str),
}

/// What can be told of a thing or a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether every thing or fact has it.
    pub required: bool,
}

/// The schema.
#[derive(Debug)]
pub(crate) struct Types {
    /// By type of thing.
    things: BTreeMap<&'static str, Vec<Attribute>>,
    /// By action.
    contexts: BTreeMap<&'static str, Vec<Attribute>>,
    /// Every kind of fact.
    pub environments: Vec<Environment>,
}

/// The schema of the program.
pub(crate) static TYPES: LazyLock<Types> = LazyLock::new(Types::of_schema);

/// Texts that facts say and policies ask for.
pub(crate) const WORDS: [&str; 9] =
    ["", "none", "installed", "template", "ab", "a*b", "company/directory", "q\"\\", "e\u{301}\n\u{202e}"];

/// Numbers that facts say and policies ask for. The last two are the ends of what Cedar can count.
pub(crate) const NUMBERS: [i64; 11] = [0, 1, 2, 3, 7, 100, 19_700, 20_011, -1, i64::MAX, i64::MIN];

/// The ids that things of a type have; the last is one that none has, except of levels.
pub(crate) fn ids(kind: &str) -> &'static [&'static str] {
    match kind {
        "Level" => &["none", "read_only", "standard", "admin", "unknown"],
        "Company" => &["1", "2", "nowhere"],
        "Tool" => &["company/directory", "project/budget", "project/directory", "nowhere"],
        _ => &["1", "2", "q\"\\ e\u{301}", "4", "nowhere"],
    }
}

impl Types {
    fn of_schema() -> Self {
        let text = include_str!("../../../policies/cutover.cedarschema");
        let (fragment, _) = SchemaFragment::from_cedarschema_str(text).unwrap();
        let schema = fragment.to_json_value().unwrap()["Cutover"].take();
        let things = Type::ALL.iter().map(|kind| (kind.id(), attributes(&schema["entityTypes"][kind.id()]["shape"])));
        let applies = |action: &Action| schema["actions"][action.id()]["appliesTo"].clone();
        let contexts = Action::ALL.iter().map(|action| (action.id(), attributes(&applies(action)["context"])));
        let mut environments = Vec::new();
        for action in Action::ALL.iter().copied() {
            let types = |of: &str| -> Vec<Type> {
                let names = applies(&action)[of].as_array().unwrap().clone();
                names.iter().map(|name| Type::from_id(base(name.as_str().unwrap())).unwrap()).collect()
            };
            for principal in types("principalTypes") {
                let with = |resource| Environment { action, principal, resource };
                environments.extend(types("resourceTypes").into_iter().map(with));
            }
        }
        Self { things: things.collect(), contexts: contexts.collect(), environments }
    }

    /// What can be told of things of a type.
    pub(crate) fn of_thing(&self, kind: Type) -> &[Attribute] {
        self.things.get(kind.id()).map_or(&[], Vec::as_slice)
    }

    /// What the context of an action can say.
    pub(crate) fn of_context(&self, action: Action) -> &[Attribute] {
        &self.contexts[action.id()]
    }

    /// What can be read from one end of the facts of an environment, or from their context.
    pub(crate) fn of_root(&self, environment: Environment, root: Root) -> &[Attribute] {
        match root {
            Root::Principal => self.of_thing(environment.principal),
            Root::Resource => self.of_thing(environment.resource),
            Root::Context => self.of_context(environment.action),
        }
    }
}

fn attributes(of: &Json) -> Vec<Attribute> {
    let members = of["attributes"].as_object().cloned().unwrap_or_default();
    let attribute = |(name, kind): (String, Json)| Attribute {
        name: name.leak(),
        kind: match base(kind["name"].as_str().or(kind["type"].as_str()).unwrap()) {
            "Bool" | "Boolean" => Kind::Bool,
            "Long" => Kind::Long,
            "String" => Kind::Text,
            "Exception" => Kind::Exception,
            entity => Kind::Entity(entity.to_owned().leak()),
        },
        required: kind["required"] != json!(false),
    };
    members.into_iter().map(attribute).collect()
}

fn base(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}
