//! The tools of Procore and the many names they go by.
//!
//! A tool is named by its string key, never by `id` (per company) or `domain_id` (not unique). The table is data:
//! `policies/tools.toml`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use smol_str::SmolStr;

use cutover_model::level::Level;

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
    pub key: SmolStr,
}

impl Tool {
    /// The directory of the company, whose administrators administer everything.
    pub fn company_directory() -> Self {
        Self::directory(Scope::Company)
    }

    /// The directory of a company or of a project.
    pub fn directory(scope: Scope) -> Self {
        Self { scope, key: SmolStr::new_static("directory") }
    }

    /// Whether it is a custom tool (`generic_tool_…`): known by its form, for every company has its own.
    pub fn is_custom(&self) -> bool {
        let id = self.key.strip_prefix("generic_tool_");
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scope, self.key)
    }
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    free_routes: Vec<String>,
    #[serde(default)]
    free_to_read: Vec<String>,
    tool: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    key: SmolStr,
    label: String,
    scope: Vec<Scope>,
    #[serde(default)]
    v3: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    lacks: BTreeMap<Scope, Vec<String>>,
    #[serde(default)]
    routes: BTreeMap<Scope, Vec<String>>,
}

/// The tool behind a route of the REST API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteTool {
    /// This one.
    Tool(Tool),
    /// None: every caller may use the route.
    Free,
    /// None for reading; what writing needs is unknown.
    FreeToRead,
    /// The table does not say.
    Unknown,
}

/// The tool table.
#[derive(Debug, Default)]
pub struct Tools {
    /// By scope and normalised name: the key.
    keys: BTreeMap<(Scope, String), SmolStr>,
    labels: BTreeMap<Tool, String>,
    /// Levels that a tool does not have.
    lacks: BTreeMap<Tool, Vec<Level>>,
    /// Keys that only version 3 manifests use, by scope, and those they replaced.
    only_v3: BTreeMap<(Scope, String), SmolStr>,
    /// By pattern, cut into segments.
    routes: BTreeMap<Vec<String>, RouteTool>,
}

impl Tools {
    /// Reads the table.
    ///
    /// # Errors
    /// When the table is not of its shape, or gives one name or route to two tools.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut tools = Self::default();
        tools.add_routes(&table.free_routes, &RouteTool::Free)?;
        tools.add_routes(&table.free_to_read, &RouteTool::FreeToRead)?;
        for row in table.tool {
            for (scope, patterns) in &row.routes {
                if !row.scope.contains(scope) {
                    return Err(format!("`{}` has {scope} routes and is no {scope} tool", row.key));
                }
                tools.add_routes(patterns, &RouteTool::Tool(Tool { scope: *scope, key: row.key.clone() }))?;
            }
            for (scope, levels) in &row.lacks {
                let level = |text: &String| Level::parse(text).ok_or_else(|| format!("`{text}` is no level"));
                let levels: Result<Vec<Level>, String> = levels.iter().map(level).collect();
                tools.lacks.insert(Tool { scope: *scope, key: row.key.clone() }, levels?);
            }
            for scope in row.scope {
                let tool = Tool { scope, key: row.key.clone() };
                let others = [&row.label].into_iter().chain(&row.v3).chain(&row.aliases).map(String::as_str);
                let names = std::iter::once(row.key.as_str()).chain(others);
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

    fn add_routes(&mut self, patterns: &[String], of: &RouteTool) -> Result<(), String> {
        for pattern in patterns {
            let segments: Vec<String> = pattern.split('/').map(str::to_owned).collect();
            if segments.iter().any(String::is_empty) {
                return Err(format!("`{pattern}` is no beginning of a route"));
            }
            if self.routes.insert(segments, of.clone()).is_some() {
                return Err(format!("the route `{pattern}` stands in the table twice"));
            }
        }
        Ok(())
    }

    /// The tool behind a route as the API Call Activity Report writes it: `/v1.0/projects/:project_id/rfis/:id`.
    ///
    /// The longest pattern that fits decides, and among equals the one with fewer `*`.
    pub fn route(&self, route: &str) -> RouteTool {
        let all: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
        let versioned = all.strip_prefix(&["rest"]).unwrap_or(&all);
        let segments = match versioned {
            [version, rest @ ..] if is_version(version) => rest,
            all => all,
        };
        let fitting = self.routes.iter().filter(|(pattern, tool)| fits(pattern, segments, tool));
        let words = |pattern: &[String]| pattern.iter().filter(|segment| *segment != "*").count();
        let longest = fitting.max_by_key(|(pattern, _)| (pattern.len(), words(pattern)));
        longest.map_or(RouteTool::Unknown, |(_, tool)| tool.clone())
    }

    /// The tool that a key, label or alias of an export names; an unknown name is kept as it is.
    pub fn resolve(&self, scope: Scope, name: &str) -> Tool {
        let key = self.keys.get(&(scope, normalised(name)));
        Tool { scope, key: key.cloned().unwrap_or_else(|| name.into()) }
    }

    /// The tool of a record of a project's tools: by the name of its engine, or else by its title.
    pub fn of_engine(&self, engine: Option<&String>, title: Option<&String>) -> Option<Tool> {
        let names = [engine, title].into_iter().flatten().filter(|name| !name.trim().is_empty());
        let named: Vec<Tool> = names.map(|name| self.resolve(Scope::Project, name)).collect();
        named.iter().find(|tool| self.recognises(tool)).or(named.first()).cloned()
    }

    /// Whether the table holds the tool, or it is a custom one.
    pub fn recognises(&self, tool: &Tool) -> bool {
        self.labels.contains_key(tool) || tool.is_custom()
    }

    /// Whether the tool can be given at this level, as far as the table says.
    pub fn has_level(&self, tool: &Tool, level: Level) -> bool {
        self.lacks.get(tool).is_none_or(|lacking| !lacking.contains(&level))
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

/// `v1.0`, `v2`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or_default();
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether a route begins as the pattern says. A route without a tool is meant whole: what lies below it may have one.
fn fits(pattern: &[String], route: &[&str], tool: &RouteTool) -> bool {
    let long_enough = match tool {
        RouteTool::Tool(_) => route.len() >= pattern.len(),
        _ => route.len() == pattern.len(),
    };
    long_enough && pattern.iter().zip(route).all(|(wanted, segment)| wanted == "*" || wanted == segment)
}

fn normalised(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        Tools::parse(cutover_pack::TOOLS).unwrap()
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

    #[test]
    fn a_route_tells_its_tool() {
        let tools = tools();
        for (route, tool) in [
            ("/v1.0/projects/:project_id/rfis", "project/rfi"),
            ("/rest/v1.1/projects/:project_id/rfis/:rfi_id/replies/:id", "project/rfi"),
            ("/v1.3/companies/:company_id/users", "company/directory"),
            ("/v1.0/projects/:project_id/users/:id", "project/directory"),
            ("/v2.0/companies/:company_id/projects/:project_id/workflows", "unknown"),
            ("/v2.0/companies/:company_id/projects/:project_id/budget_changes", "project/budgeting"),
            ("/v1.0/punch_items/:id", "project/punch_list"),
            ("/v1.0/projects/sync", "company/home"),
            ("/v1.0/projects", "free to read"),
            ("/v1.0/projects/:id", "free to read"),
            ("/v1.0/projects/:project_id/hyperloops", "unknown"),
            ("/oauth/token", "free"),
            ("/v1.0/cost_codes", "unknown"),
            ("/v1.0", "unknown"),
            ("", "unknown"),
        ] {
            let described = match tools.route(route) {
                RouteTool::Tool(tool) => tool.to_string(),
                RouteTool::Free => "free".to_owned(),
                RouteTool::FreeToRead => "free to read".to_owned(),
                RouteTool::Unknown => "unknown".to_owned(),
            };
            assert_eq!(described, tool, "{route}");
        }
    }

    #[test]
    fn the_longest_pattern_decides_and_words_before_stars() {
        let tool = |key: &str, routes: &str| {
            format!("[[tool]]\nkey = '{key}'\nlabel = '{key}'\nscope = ['project']\nroutes.project = [{routes}]\n")
        };
        let table = tool("short", "'a'") + &tool("long", "'a/*/b'") + &tool("exact", "'a/x/b'");
        let tools = Tools::parse(&table).unwrap();
        for (route, key) in [("a/1", "short"), ("a/1/b/2", "long"), ("a/x/b", "exact"), ("a/x", "short")] {
            assert_eq!(tools.route(route), RouteTool::Tool(tools.resolve(Scope::Project, key)), "{route}");
        }
        assert!(Tools::parse(&(table.clone() + &tool("other", "'a/*/b'"))).is_err());
        assert!(Tools::parse(&tool("empty", "''")).is_err());
        assert!(Tools::parse(&table.replace("routes.project", "routes.company")).is_err());
    }
}
