//! Which kinds of export say what a control reads: `policies/attributes.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use cutover_model::kind::Kind;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    facts: BTreeMap<String, Vec<String>>,
    lists: BTreeMap<String, Row>,
    attributes: BTreeMap<String, Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    from: Vec<String>,
    hint: String,
    unit: Option<String>,
    values: Option<Vec<String>>,
}

/// Where an attribute comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Kinds of which any one is enough.
    pub from: Vec<Kind>,
    /// What to do when the kind is there and the attribute is not.
    pub hint: String,
    /// Whether the number counts days since 1970-01-01.
    pub is_day: bool,
    /// Every text it can be, where there are only some.
    pub values: Option<Vec<String>>,
}

/// The table.
#[derive(Debug)]
pub struct Attributes {
    facts: BTreeMap<String, Vec<Kind>>,
    lists: BTreeMap<String, Source>,
    attributes: BTreeMap<String, Source>,
}

impl Attributes {
    /// Reads the table.
    ///
    /// # Errors
    /// When it is not of its shape, or names a kind that does not exist.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let kinds = |names: Vec<String>| -> Result<Vec<Kind>, String> {
            names.iter().map(|name| Kind::from_id(name).ok_or_else(|| format!("no kind `{name}`"))).collect()
        };
        let mut facts = BTreeMap::new();
        for (fact, from) in file.facts {
            facts.insert(fact, kinds(from)?);
        }
        let sources = |rows: BTreeMap<String, Row>| -> Result<BTreeMap<String, Source>, String> {
            let source = |row: Row| -> Result<Source, String> {
                let is_day = row.unit.as_deref() == Some("day");
                Ok(Source { from: kinds(row.from)?, hint: row.hint, is_day, values: row.values })
            };
            rows.into_iter().map(|(name, row)| Ok((name, source(row)?))).collect()
        };
        Ok(Self { facts, lists: sources(file.lists)?, attributes: sources(file.attributes)? })
    }

    /// The kinds without which there are no such facts; any one is enough, none means that there always are.
    pub fn of_fact(&self, action: &str, principal: &str) -> &[Kind] {
        self.facts.get(&format!("{action} {principal}")).map_or(&[], Vec::as_slice)
    }

    /// Where a list comes from, and what to do when it is not there.
    pub fn of_list(&self, list: &str) -> Option<&Source> {
        self.lists.get(list)
    }

    /// Where an attribute comes from: `ManagedAccount.email`, or `holds.level` for the context of an action.
    pub fn of(&self, owner: &str, attribute: &str) -> Option<&Source> {
        self.attributes.get(&format!("{owner}.{attribute}"))
    }

    /// Every text that an attribute can be, where there are only some.
    pub fn values(&self, owner: &str, attribute: &str) -> Option<&[String]> {
        self.of(owner, attribute)?.values.as_deref()
    }
}
