//! Effective access, once more and plainly: maps of JSON values to levels, one triple of identity, tool and place at a time.
//!
//! Written from the rules of Procore's permission model and not from the program, which it is compared with.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::company::{Body, Doc, Docs, company};

/// The levels of one template or answer: `None` is a level that cannot be read.
type Levels = BTreeMap<String, Option<u8>>;

/// A level from 0 (None) to 3 (Admin): the least and the most that it can be.
pub(crate) type Bounds = (u8, u8);

/// A template in force, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
enum InForce {
    Unknown,
    Blank,
    Template(String),
}

/// An export as maps.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub users: BTreeSet<u64>,
    pub active: BTreeMap<u64, bool>,
    company_templates: BTreeMap<u64, Option<String>>,
    memberships: BTreeMap<(u64, u64), InForce>,
    templates: BTreeMap<String, (bool, Option<Levels>)>,
    observed: BTreeMap<(u64, Option<u64>), Levels>,
    enabled: BTreeMap<(u64, String), bool>,
    scope: String,
}

const TOOLS: [&str; 9] =
    ["directory", "budget", "commitments", "photos", "hyperloop", "documents", "admin", "timecard", "rfi"];

/// A random company with more than the usual access: answers for administrators, tools that are switched off, and every
/// reading of what administration implies.
pub(crate) fn access_company() -> impl Strategy<Value = Docs> {
    let scope = option::of(select(&["all projects", "member projects", "company tools"][..]));
    let tools = btree_map((11_u64..15, select(&TOOLS[..])), option::weighted(0.9, any::<bool>()), 0..6);
    let level = || select(&["None", "Read Only", "Standard", "Admin", "Admin", "superuser"][..]);
    let levels = || btree_map(select(&TOOLS[..]), level(), 1..4);
    let observed = vec((100_u64..105, option::of(11_u64..15), levels()), 0..3);
    (company(), scope, tools, observed).prop_map(|(mut docs, scope, tools, observed)| {
        if let Some(scope) = scope {
            docs.retain(|doc| doc.stem != "settings");
            docs.push(doc("settings", Body::Toml(json!({"company_admin_scope": scope}))));
        }
        for project in 11..15_u64 {
            let of_project = tools.iter().filter(|((at, _), _)| *at == project);
            let records: Vec<Value> =
                of_project.map(|((_, tool), on)| json!({"engine_name": tool, "is_active": on})).collect();
            if !records.is_empty() {
                docs.push(doc(format!("project_tools/{project}"), Body::List(records)));
            }
        }
        for (user, project, levels) in observed {
            let stem = match project {
                Some(project) => format!("permissions/projects/{project}/{user}"),
                None => format!("permissions/company/{user}"),
            };
            let tool = |(tool, level): (&str, &str)| json!({"name": tool, "user_access_level": level});
            let answer = json!({"tools": levels.into_iter().map(tool).collect::<Vec<_>>()});
            docs.retain(|doc| doc.stem != stem);
            docs.push(doc(stem, Body::One(answer)));
        }
        docs
    })
}

fn doc(stem: impl Into<String>, body: Body) -> Doc {
    Doc { stem: stem.into(), body }
}

/// A level as an export writes it: 0 to 3, `None` for one that cannot be read.
fn level(value: &Value) -> Option<u8> {
    let text = match value {
        Value::Null => return Some(0),
        Value::Object(of) => return of.get("name").and_then(level),
        Value::String(text) => text.to_lowercase().replace([' ', '-', '_'], ""),
        other => other.to_string(),
    };
    let spellings = [["none", "1"], ["readonly", "2"], ["standard", "3"], ["admin", "4"]];
    (0..).zip(spellings).find(|(_, spelled)| spelled.contains(&text.as_str())).map(|(level, _)| level)
}

fn records(doc: &Doc) -> Vec<Value> {
    match &doc.body {
        Body::List(records) => records.clone(),
        Body::One(record) => vec![record.clone()],
        Body::Table(columns, rows) => {
            let row = |row: &Vec<String>| {
                let cells = columns.iter().zip(row).map(|(column, cell)| ((*column).to_owned(), json!(cell)));
                Value::Object(cells.collect())
            };
            rows.iter().map(row).collect()
        }
        Body::Toml(value) => vec![value.clone()],
    }
}

/// A template by its id, or `None` for null.
fn template(value: &Value) -> Option<String> {
    value.get("id").map(Value::to_string)
}

/// A template by its name: the names of the generated ones end in their ids.
fn named(value: &Value) -> InForce {
    match value.as_str().unwrap_or_default().strip_prefix("Template ") {
        Some(id) => InForce::Template(id.to_owned()),
        None => InForce::Blank,
    }
}

impl Model {
    /// Reads an export whose files agree with each other. `same` joins the names of one tool.
    pub(crate) fn of(docs: &[Doc], same: &dyn Fn(bool, &str) -> String) -> Self {
        let mut model = Self { scope: "all projects".to_owned(), ..Self::default() };
        let mut addresses: BTreeMap<String, u64> = BTreeMap::new();
        for doc in docs {
            let parts: Vec<&str> = doc.stem.split('/').collect();
            match parts.as_slice() {
                ["users" | "users_inactive"] | ["users" | "project_users", _] => {
                    for record in records(doc) {
                        let id = record["id"].as_u64().unwrap();
                        model.users.insert(id);
                        addresses.insert(record["email_address"].as_str().unwrap().to_owned(), id);
                        model.active.insert(id, record["is_active"] == json!(true));
                        if let Some(given) = record.get("company_permission_template") {
                            model.company_templates.insert(id, template(given));
                        }
                        if let Some(given) = record.get("company_permission_template_id") {
                            model.company_templates.insert(id, Some(given.to_string()));
                        }
                    }
                }
                ["permission_templates"] => {
                    for record in records(doc) {
                        let is_company = record["type"] == json!("company_tools");
                        let levels = record.get("user_access_levels").map(|given| {
                            let one = |(tool, given): (&String, &Value)| (same(is_company, tool), level(given));
                            given.as_object().unwrap().iter().map(one).collect()
                        });
                        model.templates.insert(record["id"].to_string(), (is_company, levels));
                    }
                }
                ["permissions", "company", user] => model.answered(user, None, doc, same),
                ["permissions", "projects", project, user] => {
                    model.answered(user, Some(project.parse().unwrap()), doc, same);
                }
                ["project_tools", project] => {
                    for record in records(doc) {
                        if let Some(on) = record["is_active"].as_bool() {
                            let tool = same(false, record["engine_name"].as_str().unwrap());
                            model.enabled.insert((project.parse().unwrap(), tool), on);
                        }
                    }
                }
                ["settings"] => {
                    for record in records(doc) {
                        if let Some(scope) = record["company_admin_scope"].as_str() {
                            scope.clone_into(&mut model.scope);
                        }
                    }
                }
                _ => {}
            }
        }
        for doc in docs {
            let parts: Vec<&str> = doc.stem.split('/').collect();
            for record in records(doc) {
                match parts.as_slice() {
                    ["project_users", project] => {
                        let in_force = template(&record["permission_template"]);
                        let in_force = in_force.map_or(InForce::Blank, InForce::Template);
                        model.joins(record["id"].as_u64().unwrap(), project.parse().unwrap(), in_force);
                    }
                    ["project_assignments", user] if record["is_assigned"] == json!(true) => {
                        let project = record["project_id"].as_u64().unwrap();
                        model.joins(user.parse().unwrap(), project, named(&record["permission_template_name"]));
                    }
                    ["template_assignments"] => {
                        if let Some(user) = addresses.get(record["Email"].as_str().unwrap()) {
                            let project = record["Project ID"].as_str().unwrap().parse().unwrap();
                            model.joins(*user, project, named(&record["Template"]));
                        }
                    }
                    _ => {}
                }
            }
        }
        model
    }

    /// An answer without any tool says nothing.
    fn answered(&mut self, user: &str, project: Option<u64>, doc: &Doc, same: &dyn Fn(bool, &str) -> String) {
        for tool in records(doc).iter().flat_map(|record| record["tools"].as_array().unwrap().clone()) {
            let levels = self.observed.entry((user.parse().unwrap(), project)).or_default();
            levels.insert(same(project.is_none(), tool["name"].as_str().unwrap()), level(&tool["user_access_level"]));
        }
    }

    fn joins(&mut self, user: u64, project: u64, in_force: InForce) {
        if self.users.contains(&user) {
            let known = self.memberships.entry((user, project)).or_insert(InForce::Unknown);
            if *known == InForce::Unknown {
                *known = in_force;
            }
        }
    }

    /// The projects of a user.
    pub(crate) fn projects(&self, user: u64) -> BTreeSet<u64> {
        self.memberships.keys().filter(|(one, _)| *one == user).map(|(_, project)| *project).collect()
    }

    /// Whether a tool is switched on in a project, if that is known.
    pub(crate) fn is_enabled(&self, project: u64, tool: &str) -> Option<bool> {
        self.enabled.get(&(project, tool.to_owned())).copied()
    }

    /// The level of a user on a tool, in the company or in a project that it belongs to, whether or not it can be used.
    pub(crate) fn bounds(&self, user: u64, tool: &str, project: Option<u64>) -> Bounds {
        let answer = self.observed.get(&(user, project));
        let given = match (answer, project) {
            (Some(levels), _) => Some(levels),
            (None, None) => self.company_template(user),
            (None, Some(project)) => match &self.memberships[&(user, project)] {
                InForce::Template(id) => self.levels_of(id),
                InForce::Blank | InForce::Unknown => None,
            },
        };
        let given = given.and_then(|levels| one_of(levels, tool));
        let reaches = project.is_none() || (answer.is_none() && self.scope != "company tools");
        match (given, if reaches { self.administers(user) } else { Some(false) }) {
            (_, Some(true)) => (3, 3),
            (Some(level), Some(false)) => (level, level),
            (Some(level), None) => (level, 3),
            (None, _) => (0, 3),
        }
    }

    fn company_template(&self, user: u64) -> Option<&Levels> {
        self.levels_of(self.company_templates.get(&user)?.as_ref()?)
    }

    fn levels_of(&self, template: &str) -> Option<&Levels> {
        self.templates.get(template)?.1.as_ref()
    }

    /// Whether a user is a company administrator, if that is known.
    fn administers(&self, user: u64) -> Option<bool> {
        let levels = self.observed.get(&(user, None)).or_else(|| self.company_template(user))?;
        one_of(levels, "directory").map(|level| level == 3)
    }
}

/// The level of one tool: None where others are named and it is not.
fn one_of(levels: &Levels, tool: &str) -> Option<u8> {
    match levels.get(tool) {
        Some(level) => *level,
        None => (levels.is_empty() || levels.values().any(Option::is_some)).then_some(0),
    }
}
