//! The tools of Procore and the many names they go by.
//!
//! A tool is named by its string key, never by `id` (per company) or `domain_id` (not unique). The table is data:
//! `policies/tools.toml`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// Where a tool lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The company.
    Company,
    /// A project.
    Project,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Company => "company",
            Self::Project => "project",
        })
    }
}

/// A tool: its scope and its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tool {
    /// Where it lives.
    pub scope: Scope,
    /// The key: the newest name where it was renamed, the export's own where it is unknown.
    pub key: String,
}

impl Tool {
    /// The directory of the company, whose administrators administer everything.
    pub fn company_directory() -> Self {
        Self { scope: Scope::Company, key: "directory".to_owned() }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scope, self.key)
    }
}

#[derive(Deserialize)]
struct Table {
    tool: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    key: String,
    label: String,
    scope: Vec<Scope>,
    #[serde(default)]
    v3: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
}

/// The tool table.
#[derive(Debug, Default)]
pub struct Tools {
    /// By scope and normalised name: the key.
    keys: BTreeMap<(Scope, String), String>,
    labels: BTreeMap<Tool, String>,
    /// Keys that only version 3 manifests use, by scope, and those they replaced.
    only_v3: BTreeMap<(Scope, String), String>,
}

impl Tools {
    /// Reads the table.
    ///
    /// # Errors
    /// When the table is not of its shape, or gives one name to two tools.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut tools = Self::default();
        for row in table.tool {
            for scope in row.scope {
                let tool = Tool { scope, key: row.key.clone() };
                let names = [&row.key, &row.label].into_iter().chain(&row.v3).chain(&row.aliases);
                for name in names {
                    let other = tools.keys.insert((scope, normalised(name)), row.key.clone());
                    if other.is_some_and(|other| other != row.key) {
                        return Err(format!("`{name}` names two {scope} tools"));
                    }
                }
                if let Some(old) = &row.v3 {
                    tools.only_v3.insert((scope, old.clone()), row.key.clone());
                }
                tools.labels.insert(tool, row.label.clone());
            }
        }
        Ok(tools)
    }

    /// The tool that a key, label or alias of an export names; an unknown name is kept as it is.
    pub fn resolve(&self, scope: Scope, name: &str) -> Tool {
        let key = self.keys.get(&(scope, normalised(name)));
        Tool { scope, key: key.cloned().unwrap_or_else(|| name.to_owned()) }
    }

    /// Whether the table holds the tool. Custom tools (`generic_tool_…`) are known by their form.
    pub fn recognises(&self, tool: &Tool) -> bool {
        self.labels.contains_key(tool) || custom(&tool.key)
    }

    /// What the product calls the tool, with its scope: "Company Directory".
    pub fn label(&self, tool: &Tool) -> String {
        let label = self.labels.get(tool).map_or(tool.key.as_str(), String::as_str);
        match tool.scope {
            Scope::Company => format!("Company {label}"),
            Scope::Project => format!("Project {label}"),
        }
    }

    /// Whether a manifest of this schema version writes the tool this way. Keys that were never renamed always fit.
    pub fn fits_schema(&self, scope: Scope, key: &str, schema: &str) -> bool {
        let is_v3 = schema.starts_with('3');
        let old = self.only_v3.contains_key(&(scope, key.to_owned()));
        let new = self.only_v3.iter().any(|((at, _), replaced)| *at == scope && replaced == key);
        if is_v3 { !new } else { !old }
    }

    /// Every tool of a scope.
    pub fn of(&self, scope: Scope) -> impl Iterator<Item = &Tool> {
        self.labels.keys().filter(move |tool| tool.scope == scope)
    }
}

fn custom(key: &str) -> bool {
    key.strip_prefix("generic_tool_").is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn normalised(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        Tools::parse(include_str!("../../policies/tools.toml")).unwrap()
    }

    #[test]
    fn renamed_keys_and_labels_are_one_tool() {
        let tools = tools();
        let home = tools.resolve(Scope::Company, "home");
        assert_eq!(tools.resolve(Scope::Company, "portfolio"), home);
        assert_eq!(tools.resolve(Scope::Company, "Portfolio"), home);
        assert_eq!(tools.resolve(Scope::Project, "budget"), tools.resolve(Scope::Project, "budgeting"));
    }

    #[test]
    fn a_key_belongs_to_its_schema() {
        let tools = tools();
        assert!(tools.fits_schema(Scope::Company, "portfolio", "3.2"));
        assert!(!tools.fits_schema(Scope::Company, "portfolio", "4.1"));
        assert!(!tools.fits_schema(Scope::Company, "home", "3"));
        assert!(tools.fits_schema(Scope::Project, "home", "3"));
        assert!(tools.fits_schema(Scope::Project, "directory", "3"));
    }

    #[test]
    fn unknown_keys_are_kept() {
        let tools = tools();
        let tool = tools.resolve(Scope::Project, "hyperloop");
        assert_eq!(tool.to_string(), "project/hyperloop");
        assert!(!tools.recognises(&tool));
        assert!(tools.recognises(&tools.resolve(Scope::Project, "generic_tool_126094")));
    }
}
