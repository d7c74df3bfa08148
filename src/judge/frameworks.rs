//! What controls relate to in published frameworks: `policies/frameworks.toml`.
//!
//! A relation says where a control helps somebody who works with that framework. It is no claim of compliance.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::natural;
use crate::result::policies::{Relation, Verified};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    framework: Vec<Framework>,
    idea: Vec<Idea>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    id: String,
    name: String,
    version: String,
    titles: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Idea {
    name: String,
    relates_to: Vec<Row>,
    controls: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    framework: String,
    ids: Vec<String>,
    verified: Verified,
}

/// The table.
#[derive(Debug, Default)]
pub struct Frameworks {
    /// By control, in the order of the frameworks and then of their ids.
    relations: BTreeMap<String, Vec<Relation>>,
}

impl Frameworks {
    /// Reads the table.
    ///
    /// # Errors
    /// When it is not of its shape, or a row names a framework or an id that is not listed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        // By control, and then by framework and id.
        let mut found: BTreeMap<&str, BTreeMap<(usize, &str), Relation>> = BTreeMap::new();
        for idea in &file.idea {
            for row in &idea.relates_to {
                let at = file.framework.iter().position(|framework| framework.id == row.framework);
                let framework = at.and_then(|at| file.framework.get(at));
                let (Some(at), Some(framework)) = (at, framework) else {
                    return Err(format!("`{}` relates to `{}`, which is no framework", idea.name, row.framework));
                };
                for id in &row.ids {
                    let title = framework
                        .titles
                        .get(id)
                        .ok_or_else(|| format!("`{}`: {} has no id `{id}`", idea.name, framework.name))?;
                    for control in &idea.controls {
                        let relation = Relation {
                            framework: framework.name.clone(),
                            version: framework.version.clone(),
                            id: id.clone(),
                            title: title.clone(),
                            verified: row.verified,
                        };
                        let own = found.entry(control).or_default().entry((at, id)).or_insert(relation);
                        // One idea may have looked up what another one recalls.
                        own.verified = own.verified.min(row.verified);
                    }
                }
            }
        }
        let sorted = |of: BTreeMap<(usize, &str), Relation>| {
            let mut all: Vec<((usize, &str), Relation)> = of.into_iter().collect();
            all.sort_by(|((one, id), _), ((other, other_id), _)| {
                one.cmp(other).then_with(|| natural::compare(id, other_id))
            });
            all.into_iter().map(|(_, relation)| relation).collect()
        };
        Ok(Self { relations: found.into_iter().map(|(control, of)| (control.to_owned(), sorted(of))).collect() })
    }

    /// What a control relates to.
    pub fn of(&self, control: &str) -> &[Relation] {
        self.relations.get(control).map_or(&[], Vec::as_slice)
    }

    /// Every control that relates to something; some may not be in the pack.
    pub fn controls(&self) -> impl Iterator<Item = &str> {
        self.relations.keys().map(String::as_str)
    }
}
