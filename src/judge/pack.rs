//! The policy pack: schema, controls, responsibilities, and the data beside them.
//!
//! A control is a `forbid` policy with annotations. Every pack is validated strictly before it is used, and every
//! annotation is checked: what is missing or unknown is an error with its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cedar_policy::{Effect, EntityUid, Policy, PolicyId, PolicySet, RequestEnv, Schema, ValidationMode, Validator};
use include_dir::{Dir, include_dir};
use miette::{Diagnostic, NamedSource};
use thiserror::Error;
use walkdir::WalkDir;

use super::attributes::Attributes;
use super::condition::Condition;
use super::deadline::Deadline;
use super::responsibility::Responsibility;
use super::wording::Wording;
use crate::inventory::tools::{Scope, Tool, Tools};
use crate::result::{Party, Severity};

static CONTROLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies/controls");
const SCHEMA: &str = include_str!("../../policies/cutover.cedarschema");
const RESPONSIBILITY: &str = include_str!("../../policies/responsibility.cedar");
const ATTRIBUTES: &str = include_str!("../../policies/attributes.toml");
const DEADLINE: &str = include_str!("../../policies/deadline.toml");
const TOOLS: &str = include_str!("../../policies/tools.toml");

/// The annotations a control must have.
pub const REQUIRED: [&str; 6] = ["id", "title", "severity", "party", "remedy", "reference"];
/// The annotations it may have.
pub const OPTIONAL: [&str; 3] = ["duty", "message", "unknown"];

/// How bad a violation of a control is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeverityRule {
    /// Always the same.
    Fixed(Severity),
    /// By the days left until the sunset: `deadline.toml`.
    Deadline,
}

/// A control.
#[derive(Debug)]
pub struct Control {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// How bad a violation is.
    pub severity: SeverityRule,
    /// How bad it is when the facts are unknown, for controls that never accept that.
    pub unknown: Option<Severity>,
    /// Who must act.
    pub party: Party,
    /// The duty it comes from.
    pub duty: Option<String>,
    /// What is so.
    pub message: Wording,
    /// How to put it right.
    pub remedy: Wording,
    /// Where the rule comes from.
    pub reference: String,
    /// The policy.
    pub policy: Policy,
    /// Its condition, taken apart.
    pub condition: Condition,
    /// The requests it can apply to.
    pub environments: Vec<RequestEnv>,
}

/// Why a pack cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum PackError {
    /// A file or folder cannot be read.
    #[error("cannot read the policies in `{path}`: {reason}")]
    #[diagnostic(help("give a folder that holds .cedar files"))]
    Unreadable {
        /// The path.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// No policy was found.
    #[error("`{path}` holds no .cedar files")]
    Empty {
        /// The path.
        path: String,
    },
    /// The Cedar text does not parse.
    #[error("`{path}` is not valid Cedar")]
    Syntax {
        /// The file.
        path: String,
        /// Cedar's own account, with its place.
        #[diagnostic_source]
        #[source]
        error: cedar_policy::ParseErrors,
    },
    /// An annotation is missing, unknown, or says something it cannot say.
    #[error("{what}")]
    #[diagnostic(help("{help}"))]
    Annotation {
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
        /// The file.
        #[source_code]
        source_code: NamedSource<String>,
        /// Where in it.
        #[label("here")]
        at: miette::SourceSpan,
    },
    /// The pack does not fit the schema.
    #[error("`{path}` does not fit the schema")]
    Validation {
        /// The files.
        path: String,
        /// Cedar's own accounts, with their places.
        #[related]
        errors: Vec<Invalid>,
    },
    /// Two policies of one pack have the same id.
    #[error("the id `{id}` is used in `{first}` and again in `{second}`")]
    #[diagnostic(help("give each control of a pack an id of its own"))]
    Duplicate {
        /// The id.
        id: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// The data beside the policies is broken.
    #[error("`{path}` is broken: {reason}")]
    Data {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// One thing that Cedar's validator found.
#[derive(Debug, Error, Diagnostic)]
#[error("control `{control}`")]
pub struct Invalid {
    control: String,
    #[diagnostic_source]
    #[source]
    error: cedar_policy::ValidationError,
}

/// Everything that says what is allowed.
#[derive(Debug)]
pub struct Pack {
    /// The schema.
    pub schema: Schema,
    /// The controls, by id.
    pub controls: Vec<Control>,
    /// Who answers for what.
    pub responsibility: Responsibility,
    /// Which export says what.
    pub attributes: Attributes,
    /// How severity follows the days left.
    pub deadline: Deadline,
    /// The tools of Procore.
    pub tools: Tools,
}

impl Pack {
    /// Loads the built-in pack, and then each folder: a control there adds to the pack, or takes the place of the one
    /// with its id.
    ///
    /// # Errors
    /// What is wrong with a policy or the data beside it, and where.
    pub fn load(folders: &[PathBuf]) -> Result<Self, PackError> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| data("cutover.cedarschema", &error))?;
        let attributes = Attributes::parse(ATTRIBUTES).map_err(|reason| data("attributes.toml", &reason))?;
        let deadline = Deadline::parse(DEADLINE).map_err(|reason| data("deadline.toml", &reason))?;
        let tools = Tools::parse(TOOLS).map_err(|reason| data("tools.toml", &reason))?;
        let responsibility =
            Responsibility::parse(RESPONSIBILITY, &schema).map_err(|reason| data("responsibility.cedar", &reason))?;
        let mut controls = BTreeMap::new();
        for folder in std::iter::once(built_in()).chain(folders.iter().map(|folder| read_folder(folder))) {
            let mut own: BTreeMap<String, (String, Control)> = BTreeMap::new();
            for (path, text) in folder? {
                for control in parse(&path, &text, &schema)? {
                    let id = control.id.clone();
                    if let Some((first, _)) = own.insert(id.clone(), (path.clone(), control)) {
                        return Err(PackError::Duplicate { id, first, second: path });
                    }
                }
            }
            controls.extend(own.into_iter().map(|(id, (_, control))| (id, control)));
        }
        let controls = controls.into_values().collect();
        Ok(Self { schema, controls, responsibility, attributes, deadline, tools })
    }

    /// The tools to speak of even when nothing is known of them: those that controls name, and the two directories,
    /// so that an identity of unknown levels never passes for one without any.
    pub fn named_tools(&self) -> Vec<Tool> {
        let literals = self.controls.iter().flat_map(|control| control.policy.entity_literals());
        let tools = literals.filter(|uid| uid.type_name().basename() == "Tool").filter_map(|uid| {
            let id = uid.id().unescaped().to_owned();
            let (scope, key) = id.split_once('/')?;
            let scope = match scope {
                "company" => Scope::Company,
                _ => Scope::Project,
            };
            Some(self.tools.resolve(scope, key))
        });
        let directories = [Scope::Company, Scope::Project].map(|scope| Tool { scope, key: "directory".to_owned() });
        let mut tools: Vec<Tool> = tools.chain(directories).collect();
        tools.sort();
        tools.dedup();
        tools
    }
}

fn data(path: &str, reason: &impl ToString) -> PackError {
    PackError::Data { path: path.to_owned(), reason: reason.to_string() }
}

type Files = Result<Vec<(String, String)>, PackError>;

fn built_in() -> Files {
    let files = CONTROLS.files().filter(|file| file.path().extension().is_some_and(|ending| ending == "cedar"));
    let text = |file: &include_dir::File<'_>| {
        let path = format!("policies/controls/{}", file.path().display());
        (path, file.contents_utf8().unwrap_or_default().to_owned())
    };
    let mut files: Vec<_> = files.map(text).collect();
    files.sort();
    Ok(files)
}

fn read_folder(folder: &Path) -> Files {
    let path = folder.display().to_string();
    let unreadable = |reason: String| PackError::Unreadable { path: path.clone(), reason };
    if !folder.is_dir() {
        return Err(unreadable("it is not a folder".to_owned()));
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| unreadable(error.to_string()))?;
        if entry.path().extension().is_some_and(|ending| ending == "cedar") {
            let text = std::fs::read_to_string(entry.path()).map_err(|error| unreadable(error.to_string()))?;
            files.push((entry.path().display().to_string(), text));
        }
    }
    if files.is_empty() { Err(PackError::Empty { path }) } else { Ok(files) }
}

/// Reads the controls of one file.
fn parse(path: &str, text: &str, schema: &Schema) -> Result<Vec<Control>, PackError> {
    let syntax = |error| PackError::Syntax { path: path.to_owned(), error };
    let set = PolicySet::from_str(text).map_err(syntax)?;
    let mut policies: Vec<&Policy> = set.policies().collect();
    // Ids are `policy0`, `policy1`, … in the order of the text.
    policies.sort_by_key(|policy| {
        policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or_default()
    });
    if let Some(template) = set.templates().next() {
        let what = format!("`{}` is a template: controls name their scope themselves", template.id());
        return Err(Annotations { path, text, policy: None }.error(what, "replace the slot by an entity"));
    }
    let controls: Result<Vec<Control>, PackError> =
        policies.into_iter().map(|policy| control(path, text, policy, schema)).collect();
    let controls = controls?;
    validate(path, &controls, schema)?;
    Ok(controls)
}

fn validate(path: &str, controls: &[Control], schema: &Schema) -> Result<(), PackError> {
    let set = PolicySet::from_policies(controls.iter().map(|control| control.policy.clone()));
    let set = set.map_err(|error| data(path, &error))?;
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let invalid = |error: &cedar_policy::ValidationError| Invalid {
        control: error.policy_id().to_string(),
        error: error.clone(),
    };
    let errors: Vec<Invalid> = result.validation_errors().map(invalid).collect();
    if errors.is_empty() { Ok(()) } else { Err(PackError::Validation { path: path.to_owned(), errors }) }
}

/// The annotations of one policy, with the means to point at it.
struct Annotations<'a> {
    path: &'a str,
    text: &'a str,
    policy: Option<&'a Policy>,
}

impl Annotations<'_> {
    fn error(&self, what: impl Into<String>, help: impl Into<String>) -> PackError {
        // Cedar gives no place of an annotation: the policy's id, or the start of the file, has to do.
        let id = self.policy.and_then(|policy| policy.annotation("id")).unwrap_or_default();
        let at = if id.is_empty() { None } else { self.text.find(&format!("@id(\"{id}\")")) };
        PackError::Annotation {
            what: what.into(),
            help: help.into(),
            source_code: NamedSource::new(self.path, self.text.to_owned()),
            at: (at.unwrap_or_default(), if at.is_some() { id.len() + 7 } else { 1 }).into(),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.policy.and_then(|policy| policy.annotation(name))
    }

    fn required(&self, name: &str) -> Result<&str, PackError> {
        let given = self.get(name).filter(|value| !value.trim().is_empty());
        given.ok_or_else(|| {
            self.error(
                format!("the annotation `@{name}` is missing"),
                format!("every control needs {}", listed(&REQUIRED)),
            )
        })
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", ")
}

fn control(path: &str, text: &str, policy: &Policy, schema: &Schema) -> Result<Control, PackError> {
    let annotations = Annotations { path, text, policy: Some(policy) };
    if policy.effect() == Effect::Permit {
        return Err(annotations.error("a `permit` is no control", "write a `forbid`: everything else is allowed"));
    }
    for (name, _) in policy.annotations() {
        if !REQUIRED.contains(&name) && !OPTIONAL.contains(&name) {
            let known = listed(&[REQUIRED.as_slice(), OPTIONAL.as_slice()].concat());
            return Err(
                annotations.error(format!("the annotation `@{name}` is not known"), format!("known are {known}"))
            );
        }
    }
    let id = annotations.required("id")?.to_owned();
    let severity = |name: &str, text: &str| {
        Severity::from_id(text).ok_or_else(|| {
            let what = format!("`@{name}` says `{text}`, which is no severity");
            annotations.error(what, "expected critical, high, medium, low, info, or for @severity also deadline")
        })
    };
    let severity_rule = match annotations.required("severity")? {
        "deadline" => SeverityRule::Deadline,
        fixed => SeverityRule::Fixed(severity("severity", fixed)?),
    };
    let unknown = annotations.get("unknown").map(|text| severity("unknown", text)).transpose()?;
    let party = annotations.required("party")?;
    let party = Party::from_id(party).ok_or_else(|| {
        annotations
            .error(format!("`@party` says `{party}`, which is no party"), "expected customer, developer or platform")
    })?;
    let title = annotations.required("title")?.to_owned();
    let policy = policy.new_id(PolicyId::new(&id));
    let environments: Vec<RequestEnv> = policy.get_valid_request_envs(schema).collect();
    let wording = |name: &str, text: &str| {
        Wording::parse(text).map_err(|what| {
            annotations
                .error(format!("`@{name}`: {what}"), "write {principal.name}, {resource.name} or {context.level}")
        })
    };
    let message = annotations.get("message").map_or_else(|| format!("{{principal.name}}: {title}"), str::to_owned);
    let condition = Condition::of(&policy)
        .map_err(|what| annotations.error(what, "write the condition with the operators of Cedar"))?;
    Ok(Control {
        severity: severity_rule,
        unknown,
        party,
        duty: annotations.get("duty").map(str::to_owned),
        message: wording("message", &message)?,
        remedy: wording("remedy", annotations.required("remedy")?)?,
        reference: annotations.required("reference")?.to_owned(),
        id,
        title,
        policy,
        condition,
        environments,
    })
}

/// An entity of the schema's namespace: `Cutover::Action::"exists"`.
pub fn entity(kind: &str, id: &str) -> Option<EntityUid> {
    let name = cedar_policy::EntityTypeName::from_str(&format!("Cutover::{kind}")).ok()?;
    Some(EntityUid::from_type_name_and_id(name, cedar_policy::EntityId::new(id)))
}
