//! Facts, and the things they speak of.
//!
//! A fact is one authorization request. Facts of one action and one pair of types form a [`Table`]; what a control can
//! observe of a fact is a short tuple of numbers there. Evaluates work on those tuples, whatever the number of facts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use smol_str::SmolStr;

use cutover_model::evidence::Evidence;
use cutover_model::known::Known;
use cutover_model::level::Level;

pub use super::entity_attributes::Attributes;
use super::entity_attributes::NameLists;
pub use super::table::{Holder, Row, RowRange, Table};
pub use super::vocabulary::{Action, Type};

/// An index into [`Facts::things`].
pub type ThingIx = u32;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// The export does not say.
    Unknown,
    /// There is none, and that is known.
    Absent,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A day.
    Day(NaiveDate),
    /// A text.
    Text(SmolStr),
    /// A level; `None` when unknown.
    Level(Option<Level>),
    /// A thing.
    Thing(ThingIx),
    /// A recorded exception: reason, and who decided.
    Exception(String, String),
}

impl Value {
    /// Whether a control that reads this cannot be evaluated.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Level(None))
    }

    /// A text.
    pub fn text<T: AsRef<str>>(text: &T) -> Self {
        Self::Text(text.as_ref().into())
    }

    /// Yes or no.
    pub fn flag(flag: &bool) -> Self {
        Self::Flag(*flag)
    }

    /// A day.
    pub fn day(day: &NaiveDate) -> Self {
        Self::Day(*day)
    }

    /// A number of things.
    pub fn count(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

/// An attribute of a thing, and the place that says it.
#[derive(Debug, Clone)]
pub struct AttributeValue {
    /// What it is.
    pub value: Value,
    /// Where the export states it.
    pub evidence: Option<Evidence>,
}

/// A principal or a resource.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Its type.
    pub kind: Type,
    /// Its id, unique within its type and company.
    pub id: SmolStr,
    /// Its name, as shown.
    pub name: SmolStr,
    /// The company it belongs to.
    pub company: ThingIx,
    /// What is said of it.
    pub attributes: Attributes,
    /// Where the export speaks of it.
    pub evidence: Option<Evidence>,
}

impl Thing {
    /// A thing with nothing but a name.
    pub fn new(
        kind: Type,
        id: impl Into<SmolStr>,
        name: impl Into<SmolStr>,
        company: ThingIx,
        evidence: Option<Evidence>,
    ) -> Self {
        let mut thing =
            Self { kind, id: id.into(), name: name.into(), company, attributes: Attributes::default(), evidence };
        let name = Value::Text(thing.name.clone());
        thing.set("name", name);
        thing
    }

    /// Says something that stands nowhere in particular.
    pub fn set(&mut self, attribute: &'static str, value: Value) {
        self.attributes.insert(attribute, AttributeValue { value, evidence: None });
    }

    /// Says what the export may say.
    pub fn set_known<T>(&mut self, attribute: &'static str, known: &Known<T>, value: impl FnOnce(&T) -> Value) {
        let said = match known.stated() {
            Some(stated) => AttributeValue { value: value(&stated.value), evidence: Some(stated.evidence.clone()) },
            None => AttributeValue { value: Value::Unknown, evidence: None },
        };
        self.attributes.insert(attribute, said);
    }
}

/// What the facts of one table have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Environment {
    /// The kind of fact.
    pub action: Action,
    /// The type of its principals.
    pub principal: Type,
    /// The type of its resources.
    pub resource: Type,
}

/// One fact, before it is put into columns. Every fact of an environment has the same context attributes.
#[derive(Debug)]
pub struct Fact {
    /// Who or what.
    pub principal: ThingIx,
    /// With regard to what.
    pub resource: ThingIx,
    /// What else.
    pub context: Vec<(&'static str, Value)>,
    /// What distinguishes it from others of the same principal and resource.
    pub member: Option<ThingIx>,
    /// Where the export states it.
    pub evidence: Evidence,
    /// Where it says single attributes of the context, when that is elsewhere.
    pub said: Vec<(&'static str, Evidence)>,
}

/// All facts.
#[derive(Debug, Default)]
pub struct Facts {
    /// Principals and resources.
    pub things: Vec<Thing>,
    /// The facts, by environment.
    pub tables: BTreeMap<Environment, Table>,
    /// The types that people may be instead: a control over service identities cannot be assessed for these people.
    pub possible_services: Vec<Vec<Type>>,
    /// Lists that the export does not hold, or not whole, by the facts that they would have given: the action and the type
    /// of the principal. The lists are those of `attributes.toml`.
    pub gaps: BTreeMap<(Action, Type), BTreeSet<&'static str>>,
    /// The names of the attributes of these things.
    pub names: NameLists,
}

impl Facts {
    /// Adds a thing.
    pub fn add(&mut self, mut thing: Thing) -> ThingIx {
        let index = u32::try_from(self.things.len()).unwrap_or(u32::MAX);
        thing.attributes.settle(&mut self.names);
        self.things.push(thing);
        index
    }

    /// Notes what a person may be instead, if anything.
    pub fn add_possible_service(&mut self, types: Vec<Type>) {
        if !types.is_empty() {
            self.possible_services.push(types);
        }
    }

    /// Notes that a list is not there, so that there may be more of these facts than the export tells.
    pub fn note_gap(&mut self, list: &'static str, facts: &[(Action, Type)]) {
        for fact in facts {
            self.gaps.entry(*fact).or_default().insert(list);
        }
    }

    /// Adds a fact.
    pub fn push(&mut self, action: Action, fact: Fact) {
        let (Some(principal), Some(resource)) = (self.thing(fact.principal), self.thing(fact.resource)) else { return };
        let environment = Environment { action, principal: principal.kind, resource: resource.kind };
        self.table(environment).push(fact);
    }

    /// Makes room for so many more holders.
    pub fn reserve(&mut self, environment: Environment, holders: usize) {
        self.table(environment).reserve(holders);
    }

    /// Adds what several holders may hold alike. All resources must be of the environment's type.
    pub fn add_sheet(&mut self, environment: Environment, rows: Vec<Row>) -> RowRange {
        self.table(environment).add(rows)
    }

    /// Adds a fact for each row of a sheet.
    pub fn hold(&mut self, environment: Environment, holder: Holder, row_range: RowRange) {
        self.table(environment).hold(holder, row_range);
    }

    fn table(&mut self, environment: Environment) -> &mut Table {
        self.tables.entry(environment).or_insert_with(|| Table::new(environment))
    }

    /// A thing by index.
    pub fn thing(&self, index: ThingIx) -> Option<&Thing> {
        self.things.get(index as usize)
    }
}
