//! Facts written by hand in a test file, so that a control can be tested without an export.
//!
//! What is left out is unknown; `{}` says that there is none. Recorded decisions (`exception`, `reason`, `reviewed`) are
//! always known: left out, there is none. The days of the calendar (`today`, `sunset`, …) come from the case, as they would
//! with an export, unless they are written.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use serde::Deserialize;
use smol_str::ToSmolStr;
use toml::{Spanned, Value as Toml};

use super::fault::Fault;
use cutover_inventory::tools::{Scope, Tools};
use cutover_model::evidence::Origin;
use cutover_model::level::Level;
use cutover_policy::facts::{Action, Fact, Facts, Thing, ThingIx, Type, Value};
use cutover_policy::shape::{ActionShape, DECISIONS, Member, Members, Shape, ValueKind};
use cutover_policy::timeline::Timeline;

/// The members of a principal, a resource or a context, as written.
type Given = BTreeMap<Spanned<String>, Spanned<Toml>>;

/// One fact, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    action: Spanned<String>,
    #[serde(default)]
    principal: Given,
    #[serde(default)]
    resource: Given,
    #[serde(default)]
    context: Given,
}

/// The days that facts are evaluated by.
#[derive(Debug)]
pub struct Days<'a> {
    /// The day the case speaks of.
    pub as_of: NaiveDate,
    /// The announced dates.
    pub timeline: &'a Timeline,
}

impl Days<'_> {
    fn of(&self, attribute: &str) -> Option<Value> {
        match attribute {
            "today" | "use_known_until" => Some(Value::Day(self.as_of)),
            "sunset" => self.timeline.sunset.map(Value::Day),
            "no_new_accounts" => self.timeline.no_new_accounts.map(Value::Day),
            "admin_default_ended" => self.timeline.admin_default_ended.map(Value::Day),
            _ => None,
        }
    }
}

/// Puts written facts into columns, as those of an export are.
///
/// # Errors
/// What does not fit the schema, and where it is written.
pub fn facts(written: &[Written], days: &Days<'_>, tools: &Tools) -> Result<Facts, Fault> {
    let mut writer = Writer { facts: Facts::default(), tools, shape: Shape::built_in() };
    for fact in written {
        writer.fact(fact, days)?;
    }
    Ok(writer.facts)
}

struct Writer<'a> {
    facts: Facts,
    tools: &'a Tools,
    shape: &'static Shape,
}

impl Writer<'_> {
    fn fact(&mut self, written: &Written, days: &Days<'_>) -> Result<(), Fault> {
        let at = written.action.span();
        let name = written.action.as_ref();
        let found = Action::from_id(name).and_then(|action| Some((action, self.shape.actions.get(name)?)));
        let (action, shape) = found.ok_or_else(|| {
            let known: Vec<&str> = Action::ALL.iter().map(|action| action.id()).collect();
            Fault::new(at.clone(), format!("`{name}` is no action"), format!("expected one of {}", known.join(", ")))
        })?;
        let company = self.company(written)?;
        let principal = self.end(&written.principal, ("principal", &shape.principals), company, &at)?;
        let resource = self.end(&written.resource, ("resource", &shape.resources), company, &at)?;
        let context = self.context(&written.context, shape, company, days)?;
        let evidence = Origin { document: 0, record: 0 }.into();
        self.facts.push(action, Fact { principal, resource, context, member: None, evidence, said: Vec::new() });
        Ok(())
    }

    /// The company of a fact: the one that is written, or one without anything known of it.
    fn company(&mut self, written: &Written) -> Result<ThingIx, Fault> {
        let is_company = |given: &&Given| text_of(given, "type").is_some_and(|(kind, _)| kind == "Company");
        let given = [&written.principal, &written.resource].into_iter().find(is_company);
        let next = ThingIx::try_from(self.facts.things.len()).unwrap_or(ThingIx::MAX);
        let nothing = Given::new();
        self.thing(Type::Company, given.unwrap_or(&nothing), next, &(0..0))
    }

    /// The principal or the resource of a fact.
    fn end(
        &mut self,
        given: &Given,
        (role, types): (&str, &[String]),
        company: ThingIx,
        at: &Range<usize>,
    ) -> Result<ThingIx, Fault> {
        let listed = || format!("expected {role} = {{ type = \"{}\", ... }}", types.join("\" or \""));
        let (kind, at) = match (text_of(given, "type"), types) {
            (Some((kind, at)), _) => (kind.to_owned(), at),
            (None, [only]) => (only.clone(), at.clone()),
            (None, _) if given.is_empty() && types.iter().any(|kind| kind == "Company") => {
                ("Company".to_owned(), at.clone())
            }
            // Nothing else has such an id.
            (None, _)
                if types.iter().any(|kind| kind == "Tool")
                    && text_of(given, "id").is_some_and(|(id, _)| id.contains('/')) =>
            {
                ("Tool".to_owned(), at.clone())
            }
            (None, _) => return Err(Fault::new(at.clone(), format!("the {role} has no type"), listed())),
        };
        let found = Type::from_id(&kind).filter(|_| types.contains(&kind));
        match found {
            Some(Type::Company) => Ok(company),
            Some(found) => self.thing(found, given, company, &at),
            None => Err(Fault::new(at, format!("`{kind}` is no {role} of this action"), listed())),
        }
    }

    fn thing(&mut self, kind: Type, given: &Given, company: ThingIx, at: &Range<usize>) -> Result<ThingIx, Fault> {
        let shape: &'static Shape = self.shape;
        let members = shape.types.get(kind.id());
        let no_type = || Fault::new(at.clone(), format!("`{}` is no type", kind.id()), "see cutover.cedarschema");
        let members = members.ok_or_else(no_type)?;
        let text = |name: &str| text_of(given, name).map(|(text, _)| text.to_owned());
        let name = text("name").or_else(|| text("id")).unwrap_or_else(|| kind.id().to_lowercase());
        let mut thing = Thing::new(kind, text("id").unwrap_or_else(|| name.clone()), name, company, None);
        for (attribute, member) in members.iter().filter(|(attribute, _)| *attribute != "name") {
            thing.set(attribute, left_out(attribute, *member));
        }
        if kind == Type::Tool {
            self.tool(&mut thing, at)?;
        }
        for (key, value) in given {
            let attribute = key.as_ref().as_str();
            if ["type", "id", "name"].contains(&attribute) {
                text_of(given, attribute).ok_or_else(|| {
                    Fault::new(value.span(), format!("`{attribute}` is a text"), "write it in quotes")
                })?;
                continue;
            }
            let (attribute, member) = known(members, key, kind.id())?;
            let value = self.value(attribute, member, value, company)?;
            thing.set(attribute, value);
        }
        Ok(self.facts.add(thing))
    }

    /// The key and scope of a tool follow from its id.
    fn tool(&self, thing: &mut Thing, at: &Range<usize>) -> Result<(), Fault> {
        let scope = match thing.id.split_once('/') {
            Some(("company", key)) => Some((Scope::Company, key)),
            Some(("project", key)) => Some((Scope::Project, key)),
            _ => None,
        };
        let (scope, key) = scope.ok_or_else(|| {
            Fault::new(
                at.clone(),
                format!("`{}` names no tool", thing.id),
                "write id = \"company/directory\" or \"project/budget\"",
            )
        })?;
        let tool = self.tools.resolve(scope, key);
        thing.id = tool.to_smolstr();
        thing.name = self.tools.label(&tool).into();
        let name = Value::Text(thing.name.clone());
        thing.set("name", name);
        thing.set("key", tool.key.as_str().into());
        thing.set("scope", scope.to_string().as_str().into());
        thing.set("recognised", self.tools.recognises(&tool).into());
        Ok(())
    }

    /// Every attribute of the context, known or not.
    fn context(
        &mut self,
        given: &Given,
        shape: &'static ActionShape,
        company: ThingIx,
        days: &Days<'_>,
    ) -> Result<Vec<(&'static str, Value)>, Fault> {
        for key in given.keys() {
            known(&shape.context, key, "the context of this action")?;
        }
        let mut context = Vec::with_capacity(shape.context.len());
        for (attribute, member) in &shape.context {
            let value = match given.get(attribute.as_str()) {
                Some(value) => self.value(attribute, *member, value, company)?,
                None => days.of(attribute).unwrap_or_else(|| left_out(attribute, *member)),
            };
            context.push((attribute.as_str(), value));
        }
        Ok(context)
    }

    fn value(&mut self, name: &str, member: Member, given: &Spanned<Toml>, company: ThingIx) -> Result<Value, Fault> {
        let fault = |what: &str, help: &str| Fault::new(given.span(), format!("`{name}` {what}"), help);
        if let (Toml::Table(table), ValueKind::Thing(kind)) = (given.as_ref(), member.kind)
            && !table.is_empty()
        {
            let members = table.iter().map(|(key, value)| {
                (Spanned::new(given.span(), key.clone()), Spanned::new(given.span(), value.clone()))
            });
            return self.thing(kind, &members.collect(), company, &given.span()).map(Value::Thing);
        }
        match (given.as_ref(), member.kind) {
            (Toml::Table(table), _) if table.is_empty() => {
                let none = Value::Absent;
                if member.required {
                    Err(fault("is there in every fact", "give it a value, or leave it out"))
                } else {
                    Ok(none)
                }
            }
            (Toml::Boolean(flag), ValueKind::Flag) => Ok(Value::Flag(*flag)),
            (Toml::Integer(number), ValueKind::Number) => Ok(Value::Number(*number)),
            (Toml::Datetime(day), ValueKind::Number) => NaiveDate::parse_from_str(&day.to_string(), "%Y-%m-%d")
                .map(Value::Day)
                .map_err(|_| fault("is no day", "write a date without a time: 2024-10-15")),
            (Toml::String(text), ValueKind::Text) => Ok(text.into()),
            (Toml::String(text), ValueKind::Level) if text == "unknown" => Ok(Value::Level(None)),
            // Days of the case would be known otherwise.
            (Toml::String(text), ValueKind::Number | ValueKind::Flag) if text == "unknown" => Ok(Value::Unknown),
            (Toml::String(text), ValueKind::Level) => Level::parse(text)
                .map(|level| Value::Level(Some(level)))
                .ok_or_else(|| fault("is no level", "expected none, read_only, standard or admin")),
            (Toml::Table(table), ValueKind::Exception) => {
                let text = |key: &str| table.get(key).and_then(Toml::as_str).map(str::to_owned);
                match (text("reason"), text("approved_by")) {
                    (Some(reason), Some(approved_by)) if table.len() == 2 => Ok(Value::Exception(reason, approved_by)),
                    _ => Err(fault("is no exception", "write { reason = \"...\", approved_by = \"...\" }")),
                }
            }
            (_, kind) => Err(fault("is not of this type", expected(kind))),
        }
    }
}

fn expected(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Flag => "expected true or false",
        ValueKind::Number => "expected a number, or a date without quotes",
        ValueKind::Text => "expected a text in quotes",
        ValueKind::Level => "expected \"none\", \"read_only\", \"standard\" or \"admin\"",
        ValueKind::Thing(_) => "expected { name = \"...\", ... }",
        ValueKind::Exception => "expected { reason = \"...\", approved_by = \"...\" }",
        ValueKind::Other => "a fact cannot state this yet: test it with files",
    }
}

/// What an attribute is that is not written.
fn left_out(name: &str, member: Member) -> Value {
    match member.kind {
        ValueKind::Level => Value::Level(None),
        _ if DECISIONS.contains(&name) => Value::Absent,
        _ => Value::Unknown,
    }
}

fn known(members: &'static Members, key: &Spanned<String>, of: &str) -> Result<(&'static str, Member), Fault> {
    let found = members.get_key_value(key.as_ref());
    found.map(|(name, member)| (name.as_str(), *member)).ok_or_else(|| {
        let known: Vec<&str> = members.keys().map(String::as_str).collect();
        let what = format!("`{}` is no attribute of {of}", key.as_ref());
        Fault::new(key.span(), what, format!("known are {}", known.join(", ")))
    })
}

fn text_of<'g>(given: &'g Given, name: &str) -> Option<(&'g str, Range<usize>)> {
    let value = given.get(name)?;
    Some((value.as_ref().as_str()?, value.span()))
}
