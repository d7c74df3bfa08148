//! Cases in the format of Cedar's public integration tests: policies, a schema, entities, and requests with what Cedar
//! must answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cedar_policy::{
    Context, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, Request, Schema, SlotId,
};
use serde::Deserialize;
use serde_json::Value as Json;

/// A case as its file has it. Paths are relative to the folder of the corpus.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    policies: String,
    entities: String,
    schema: String,
    should_validate: bool,
    /// Only in cases of our own: templates to link.
    #[serde(default)]
    links: Vec<Link>,
    requests: Vec<Asked>,
}

#[derive(Debug, Deserialize)]
struct Link {
    template: String,
    id: String,
    principal: Option<Uid>,
    resource: Option<Uid>,
}

#[derive(Debug, Deserialize)]
struct Uid {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    description: String,
    principal: Uid,
    action: Uid,
    resource: Uid,
    context: Json,
    #[serde(default = "yes")]
    validate_request: bool,
    decision: String,
    reason: BTreeSet<String>,
    errors: BTreeSet<String>,
}

fn yes() -> bool {
    true
}

/// What is answered to a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The policies that decide so.
    pub reason: BTreeSet<String>,
    /// The policies that cannot be evaluated.
    pub errors: BTreeSet<String>,
}

/// A request and the answer to it.
pub(crate) struct Expected {
    pub description: String,
    pub request: Request,
    /// Its context once more, to take apart.
    pub context: Context,
    pub answer: Answer,
}

/// A case, ready to be asked.
pub(crate) struct Case {
    /// The file it stands in.
    pub path: PathBuf,
    pub schema: Schema,
    pub should_validate: bool,
    pub set: PolicySet,
    pub policies: Vec<Policy>,
    pub entities: Entities,
    pub requests: Vec<Expected>,
}

fn uid(uid: &Uid) -> EntityUid {
    EntityUid::from_type_name_and_id(EntityTypeName::from_str(&uid.kind).unwrap(), EntityId::new(&uid.id))
}

/// The files with cases in a folder of the corpus, and below.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap();
        if entry.is_dir() {
            out.extend(files(&entry));
        } else if name.ends_with(".json") && !name.ends_with(".entities.json") {
            out.push(entry);
        }
    }
    out.sort();
    out
}

/// Reads a case of the corpus in `folder`.
pub(crate) fn read(folder: &Path, path: PathBuf) -> Case {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let file: File = serde_json::from_str(&fs::read_to_string(&path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (schema, _) = Schema::from_cedarschema_str(&text(&file.schema)).unwrap();
    let entities = Entities::from_json_str(&text(&file.entities), Some(&schema)).unwrap();
    let mut set: PolicySet = text(&file.policies).parse().unwrap();
    for link in &file.links {
        let slots = [(SlotId::principal(), &link.principal), (SlotId::resource(), &link.resource)];
        let filled = slots.into_iter().filter_map(|(slot, value)| Some((slot, uid(value.as_ref()?)))).collect();
        set.link(PolicyId::new(&link.template), PolicyId::new(&link.id), filled).unwrap();
    }
    let expected = |asked: Asked| {
        let action = uid(&asked.action);
        let context = Context::from_json_value(asked.context, Some((&schema, &action))).unwrap();
        let checked = asked.validate_request.then_some(&schema);
        let request =
            Request::new(uid(&asked.principal), action, uid(&asked.resource), context.clone(), checked).unwrap();
        let allowed = match asked.decision.as_str() {
            "allow" => true,
            "deny" => false,
            other => panic!("no such decision: {other}"),
        };
        let answer = Answer { allowed, reason: asked.reason, errors: asked.errors };
        Expected { description: asked.description, request, context, answer }
    };
    let requests = file.requests.into_iter().map(expected).collect();
    let mut policies: Vec<Policy> = set.policies().cloned().collect();
    policies.sort_by_key(|policy| policy.id().to_string());
    Case { path, should_validate: file.should_validate, schema, policies, set, entities, requests }
}
