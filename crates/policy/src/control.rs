//! A control: a `forbid` policy with annotations.
//!
//! Every annotation is checked: what is missing, unknown, or says something it cannot say is an error with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::pst::Template;
use cedar_policy::{
    Effect, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, RequestEnv, Schema, ValidationError,
    ValidationMode, Validator,
};
use cedar_policy_core::ast::PolicyID;
use cedar_policy_core::parser::parse_policyset_to_ests_and_pset;
use rayon::prelude::*;

use super::condition::Condition;
use super::facts::{Action, Type};
use super::pack::{CedarDiagnostic, PackError, data, policies, written};
use super::source::{Source, placed};
use super::wording::Wording;
use cutover_model::result::{Party, Severity};
use cutover_secrets::{self as secrets, Redacted};

/// The annotations a control must have.
pub const REQUIRED: [&str; 6] = ["id", "title", "severity", "party", "remedy", "reference"];
/// The annotations it may have.
pub const OPTIONAL: [&str; 5] = ["severity_reason", "duty", "message", "unknown", "migration"];

/// Severity a violation of a control is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeverityRule {
    /// Always the same.
    Fixed(Severity),
    /// By the days left until the sunset: `deadline.toml`.
    Deadline,
}

/// What a violation means for the migration of the account that violates: `@migration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Migration {
    /// The account cannot move before it is fixed: `blocks`, or `blocks: ship` where a step does that.
    Blocks(Option<String>),
    /// The account needs no replacement: `retires`.
    Retires,
    /// A step of this kind takes care of it, see `steps.toml`.
    Step(String),
}

impl Migration {
    fn parse(text: &str) -> Self {
        match text {
            "blocks" => Self::Blocks(None),
            "retires" => Self::Retires,
            text => match text.strip_prefix("blocks: ") {
                Some(step) => Self::Blocks(Some(step.to_owned())),
                None => Self::Step(text.to_owned()),
            },
        }
    }

    /// The annotation, as written.
    pub fn word(&self) -> String {
        match self {
            Self::Blocks(None) => "blocks".to_owned(),
            Self::Blocks(Some(step)) => format!("blocks: {step}"),
            Self::Retires => "retires".to_owned(),
            Self::Step(step) => step.clone(),
        }
    }
}

/// Who puts facts to a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// An audit: it evaluates what an export says.
    Audit,
    /// A migration plan: it evaluates what replaces what.
    Plan,
    /// A gate: it evaluates what changed between two exports.
    Change,
}

/// A control.
#[derive(Debug)]
pub struct Control {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Severity a violation is.
    pub severity: SeverityRule,
    /// Why it has this severity by the scale in docs/severity.md, if the policy states that.
    pub severity_reason: Option<String>,
    /// Severity it is when the facts are unknown, for controls that never accept that.
    pub unknown: Option<Severity>,
    /// Whether facts that it cannot evaluate are listed one by one all the same: what was a violation in a baseline, and is not
    /// known now, is not gone.
    pub keeps_unknown: bool,
    /// What a violation means for a migration, if anything.
    pub migration: Option<Migration>,
    /// Who must act.
    pub party: Party,
    /// The duty it comes from.
    pub duty: Option<String>,
    /// Finding.
    pub message: Wording,
    /// How to fix it.
    pub remedy: Wording,
    /// Source.
    pub reference: String,
    /// Why the rule is: the comment right above its policy, or nothing.
    pub why: String,
    /// Its policy, as written.
    pub text: String,
    /// The file it stands in.
    pub path: String,
    /// Where in that file its policy stands, in bytes, annotations included.
    pub at: Range<usize>,
    /// Whether that file is part of the program.
    pub built_in: bool,
    /// The policy.
    pub policy: Policy,
    /// Its condition, taken apart.
    pub condition: Condition,
    /// The requests it can apply to.
    pub environments: Vec<RequestEnv>,
}

/// Reads the controls of one file. An id that is used twice is for the caller to find.
pub fn parse(path: &str, text: &str, validator: &Validator) -> Result<Vec<Control>, PackError> {
    let set = policies(path, text)?;
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    if let Some(template) = set.templates().next() {
        let whole = 0..text.len();
        let slots = ["?principal", "?resource"].map(|slot| source.find(&whole, slot));
        let at = slots.into_iter().find(|at| *at != whole).unwrap_or(0..1);
        let what = format!("`{}` is a template: controls name their scope themselves", template.id());
        return Err(written(&source, &at, what, "replace the slot by an entity".to_owned()));
    }
    let read = |(at, policy): (Range<usize>, &Policy)| {
        let take_apart = |policy: &Policy| Condition::of(policy);
        control(&source, at, policy, take_apart, validator.schema())
    };
    let controls = placed(&source, &set).into_iter().map(read).collect::<Result<Vec<Control>, PackError>>()?;
    validate(&source, &controls, validator)?;
    Ok(controls)
}

/// The controls of files that are known to be valid, one policy in each. To parse many texts as one takes half the time;
/// `None` where the files turn out to be others, or where only [`parse`] can say what is wrong with them.
pub(super) fn parse_known(files: &[(String, String)], schema: &Schema) -> Option<Vec<Control>> {
    let all: String = files.iter().flat_map(|(_, text)| [text.as_str(), "\n"]).collect();
    let (set, parts) = rayon::join(|| all.parse::<PolicySet>(), || parse_policyset_to_ests_and_pset(&all));
    let (set, (parts, _)) = (set.ok()?, parts.ok()?);
    // Ids are `policy0`, `policy1`, … in the order of the text.
    let read = |(number, (path, text)): (usize, &(String, String))| {
        let source = Source { path: path.clone(), text: text.clone() };
        let id = format!("policy{number}");
        let policy = set.policy(&PolicyId::new(&id))?;
        let [at] = <[Range<usize>; 1]>::try_from(source.policies()).ok()?;
        let parts = Template::try_from(parts.get(&PolicyID::from_string(&id))?.clone()).ok()?;
        control(&source, at, policy, |_| Ok(Condition::of_parts(&parts)), schema).ok()
    };
    let controls: Option<Vec<Control>> = files.par_iter().enumerate().map(read).collect();
    controls.filter(|controls| controls.len() == set.policies().count())
}

pub(super) fn validate(source: &Source, controls: &[Control], validator: &Validator) -> Result<(), PackError> {
    let mut errors = Vec::new();
    for control in controls {
        let set = PolicySet::from_policies([control.policy.clone()]).map_err(|error| data(&source.path, &error))?;
        let result = validator.validate(&set, ValidationMode::Strict);
        let described = |error| CedarDiagnostic::of(&source.path, &source.text, spoken(&control.id, error), error);
        errors.extend(result.validation_errors().map(described));
    }
    if errors.is_empty() { Ok(()) } else { Err(PackError::Validation { path: source.path.clone(), errors }) }
}

/// What the validator says, the control named once.
fn spoken(id: &str, error: &ValidationError) -> String {
    let described = error.to_string();
    let what = described.strip_prefix(&format!("for policy `{id}`, ")).unwrap_or(&described);
    format!("control `{id}`: {what}")
}

/// The annotations of one policy, with the means to point at it.
struct Annotations<'a> {
    source: &'a Source,
    at: Range<usize>,
    /// By name. To ask the policy for one parses its name as Cedar.
    all: BTreeMap<&'a str, &'a str>,
}

impl Annotations<'_> {
    /// What is wrong with an annotation, or with the first line of the policy where it has none of that name.
    fn error(&self, name: &str, what: impl Into<String>, help: impl Into<String>) -> PackError {
        let policy = self.source.text.get(self.at.clone()).unwrap_or_default();
        let first_line = || self.source.find(&self.at, policy.lines().next().unwrap_or_default());
        let at = self.get(name).map_or_else(first_line, |_| self.source.find(&self.at, &format!("@{name}")));
        written(self.source, &at, what.into(), help.into())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.all.get(name).copied()
    }

    fn required(&self, name: &str) -> Result<&str, PackError> {
        let given = self.get(name).filter(|value| !value.trim().is_empty());
        given.ok_or_else(|| {
            self.error(
                name,
                format!("the annotation `@{name}` is missing"),
                format!("every control needs {}", listed(&REQUIRED)),
            )
        })
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", ")
}

fn control(
    source: &Source,
    at: Range<usize>,
    policy: &Policy,
    take_apart: impl FnOnce(&Policy) -> Result<Condition, String>,
    schema: &Schema,
) -> Result<Control, PackError> {
    let annotations = Annotations { source, at: at.clone(), all: policy.annotations().collect() };
    if policy.effect() == Effect::Permit {
        let help = "write a `forbid`: everything else is allowed".to_owned();
        return Err(written(source, &source.find(&at, "permit"), "a `permit` is no control".to_owned(), help));
    }
    for (name, _) in policy.annotations() {
        if !REQUIRED.contains(&name) && !OPTIONAL.contains(&name) {
            let known = listed(&[REQUIRED.as_slice(), OPTIONAL.as_slice()].concat());
            let what = format!("unknown annotation `@{name}`");
            return Err(annotations.error(name, what, format!("known are {known}")));
        }
    }
    let id = annotations.required("id")?.to_owned();
    let severity = |name: &str, text: &str| {
        Severity::from_id(text).ok_or_else(|| {
            let what = format!("`@{name}` is `{text}`, expected a severity");
            annotations.error(name, what, "expected critical, high, medium, low, info, or for @severity also deadline")
        })
    };
    let severity_rule = match annotations.required("severity")? {
        "deadline" => SeverityRule::Deadline,
        fixed => SeverityRule::Fixed(severity("severity", fixed)?),
    };
    let unknown = annotations.get("unknown").map(|text| severity("unknown", text)).transpose()?;
    let party = annotations.required("party")?;
    let party = Party::from_id(party).ok_or_else(|| {
        let what = format!("`@party` is `{party}`, expected a party");
        annotations.error("party", what, "expected customer, developer or platform")
    })?;
    let title = annotations.required("title")?.to_owned();
    let as_written = policy.to_string();
    let policy = policy.new_id(PolicyId::new(&id));
    let environments: Vec<RequestEnv> = policy.get_valid_request_envs(schema).collect();
    let wording = |name: &str, text: &str| {
        Wording::parse(text).map_err(|what| {
            annotations.error(
                name,
                format!("`@{name}`: {what}"),
                "write {principal.name}, {resource.name} or {context.level}",
            )
        })
    };
    let message = annotations.get("message").map_or_else(|| format!("{{principal.name}}: {title}"), str::to_owned);
    let condition = take_apart(&policy)
        .map_err(|what| annotations.error("", what, "write the condition with the operators of Cedar"))?;
    Ok(Control {
        severity: severity_rule,
        unknown,
        keeps_unknown: false,
        migration: annotations.get("migration").map(Migration::parse),
        party,
        duty: annotations.get("duty").map(str::to_owned),
        severity_reason: annotations.get("severity_reason").map(str::to_owned),
        message: wording("message", &message)?,
        remedy: wording("remedy", annotations.required("remedy")?)?,
        reference: annotations.required("reference")?.to_owned(),
        why: comment_above(&source.text, &as_written),
        text: as_written,
        path: source.path.clone(),
        at,
        built_in: false,
        id,
        title,
        policy,
        condition,
        environments,
    })
}

/// The comment right above a policy, its lines joined.
fn comment_above(text: &str, policy: &str) -> String {
    let before = text.find(policy).and_then(|at| text.get(..at)).unwrap_or_default();
    let comment = |line: &'_ str| line.trim().strip_prefix("//").map(|text| text.trim().to_owned());
    let mut lines: Vec<String> = before.lines().rev().map_while(comment).collect();
    lines.reverse();
    lines.join(" ").trim().to_owned()
}

impl Control {
    /// Takes out of the comment above it, which the catalogue shows, what looks like a secret: whoever wrote a pack may
    /// have left one there.
    pub fn redact_comment(&mut self) {
        let secrets = secrets::scan_plain(&self.why).into_iter().map(|(range, _)| range);
        self.why = Redacted::of(&self.why, secrets).text;
    }

    /// The same control with another policy: to see what its tests say of a change.
    ///
    /// # Errors
    /// When the policy is not valid, or cannot be taken apart.
    pub fn with_policy(&self, policy: Policy, validator: &Validator) -> Result<Self, String> {
        let set = PolicySet::from_policies([policy.clone()]).map_err(|error| error.to_string())?;
        let result = validator.validate(&set, ValidationMode::Strict);
        if let Some(error) = result.validation_errors().next() {
            return Err(error.to_string());
        }
        Ok(Self {
            id: policy.id().to_string(),
            title: self.title.clone(),
            severity: self.severity,
            unknown: self.unknown,
            keeps_unknown: self.keeps_unknown,
            migration: self.migration.clone(),
            party: self.party,
            duty: self.duty.clone(),
            severity_reason: self.severity_reason.clone(),
            message: self.message.clone(),
            remedy: self.remedy.clone(),
            reference: self.reference.clone(),
            why: self.why.clone(),
            text: policy.to_string(),
            path: self.path.clone(),
            at: self.at.clone(),
            built_in: self.built_in,
            condition: Condition::of(&policy)?,
            environments: policy.get_valid_request_envs(validator.schema()).collect(),
            policy,
        })
    }

    /// The kind of step that a violation calls for, if the control names one.
    pub fn step(&self) -> Option<&str> {
        match self.migration.as_ref()? {
            Migration::Step(step) | Migration::Blocks(Some(step)) => Some(step),
            Migration::Blocks(None) | Migration::Retires => None,
        }
    }

    /// Whether facts that it cannot evaluate have to be told one by one.
    pub fn reports_unknown(&self) -> bool {
        self.unknown.is_some() || self.keeps_unknown || self.occasion() == Occasion::Plan
    }

    /// Who puts facts to it. A plan and a gate both speak of what is gained and lost: a control over nothing else is of
    /// plans if it says what that means for a migration.
    pub fn occasion(&self) -> Occasion {
        let all = |actions: &[Action]| {
            let is_one = |env: &RequestEnv| actions.iter().any(|one| env.action().id().unescaped() == one.id());
            !self.environments.is_empty() && self.environments.iter().all(is_one)
        };
        match () {
            () if self.migration.is_none() && all(&Action::OF_CHANGES) => Occasion::Change,
            () if all(&Action::OF_PLANS) => Occasion::Plan,
            () => Occasion::Audit,
        }
    }
}

/// An entity of the schema's namespace: `Cutover::Action::"exists"`.
pub fn entity(kind: &str, id: &str) -> Option<EntityUid> {
    fn named(kind: &str) -> Option<EntityTypeName> {
        EntityTypeName::from_str(&format!("Cutover::{kind}")).ok()
    }
    // To read a name takes longer than all else that is done for a thing, and most things are of a few types.
    static KNOWN: LazyLock<BTreeMap<&'static str, EntityTypeName>> = LazyLock::new(|| {
        let kinds = Type::ALL.iter().map(|kind| kind.id()).chain(["Level", "Action", "Party", "Duty"]);
        kinds.filter_map(|kind| Some((kind, named(kind)?))).collect()
    });
    let name = KNOWN.get(kind).cloned().or_else(|| named(kind))?;
    Some(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}
