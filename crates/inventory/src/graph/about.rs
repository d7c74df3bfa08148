//! What a node stands for, and what identifies it in results.

use petgraph::graph::NodeIndex;

use super::{AccessGraph, Node, kind};
use crate::Company;
use crate::apps::AppIx;
use crate::directory::IdentityIx;
use crate::memberships::{InForce, ProjectIx};
use crate::templates::{Template, TemplateIx};
use crate::tools::{Tool, Tools};

/// What a node stands for in its company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The company itself.
    Company,
    /// Whoever administers the company.
    Administrators,
    /// An identity.
    Identity(IdentityIx),
    /// An app.
    App(AppIx),
    /// The installation of an app.
    Installation(AppIx),
    /// Whoever makes an app, or the integration behind an account: a name, and nothing else is certain.
    Developer(String),
    /// A permission template.
    Template(TemplateIx),
    /// A tool.
    Tool(Tool),
    /// A project.
    Project(ProjectIx),
    /// Several projects of one identity.
    Projects(Box<Group>),
    /// A webhook, by index.
    Hook(usize),
    /// A stored credential, by index.
    Credential(usize),
    /// The OAuth client of a legacy account.
    Client(IdentityIx),
}

/// Projects that one identity belongs to with the same template in force, or with none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Whose memberships these are.
    pub identity: IdentityIx,
    /// What is in force on each of them.
    pub in_force: InForce,
    /// Whether Procore answered what the identity may do there, so that the template does not decide.
    pub is_observed: bool,
    /// What is said of these and of no others: `gained`.
    pub mark: &'static str,
    /// How many there are.
    pub count: usize,
    /// The first ones.
    pub first: Vec<ProjectIx>,
}

impl About {
    /// What identifies it.
    pub fn node(&self, number: usize, company: &Company, tools: &Tools) -> Node {
        self.describe(number, company, tools).0
    }

    /// What identifies it, and what it is called.
    pub fn describe(&self, number: usize, company: &Company, tools: &Tools) -> (Node, String) {
        let (kind, id, name) = match self {
            Self::Company => ("Company", company_id(company), company.name.clone()),
            Self::Administrators => {
                ("Administrators", company_id(company), format!("the administrators of {}", company.name))
            }
            Self::Identity(index) => match company.directory.identities.get(*index) {
                Some(identity) => (kind(identity.class.kind), identity.key(), identity.name.clone()),
                None => ("Person", String::new(), String::new()),
            },
            Self::App(index) => {
                let (key, name) = app(company, *index);
                ("App", key, name)
            }
            Self::Installation(index) => {
                let (key, name) = app(company, *index);
                let installation = company.apps.all.get(*index).and_then(|app| app.installation.as_ref());
                let id = installation.map(|installation| installation.id).filter(|id| id.0 > 0);
                ("Installation", id.map_or(key, |id| id.to_string()), format!("{name}, as installed"))
            }
            Self::Developer(name) => ("Developer", name.clone(), name.clone()),
            Self::Template(index) => {
                let template = company.templates.get(*index);
                ("Template", template_id(company, *index), template.map(Template::label).unwrap_or_default())
            }
            Self::Tool(tool) => ("Tool", tool.to_string(), tools.label(tool)),
            Self::Project(index) => {
                let project = company.projects.get(*index);
                let id = project.and_then(|project| project.id).map(|id| id.to_string()).unwrap_or_default();
                ("Project", id, project.map(|project| project.name.clone()).unwrap_or_default())
            }
            Self::Projects(group) => ("Projects", group.id(company), format!("{} projects", group.count)),
            Self::Hook(index) => {
                let hook = company.hooks.get(*index);
                let id = hook.map(|hook| hook.id.to_string()).unwrap_or_default();
                ("Hook", id, hook.map(|hook| hook.name.clone()).unwrap_or_default())
            }
            Self::Credential(index) => {
                let id = company.credentials.get(*index).map(|credential| company.credential_id(credential));
                let name = company.credentials.get(*index).map(|credential| credential.name.clone());
                ("Credential", id.unwrap_or_default(), name.unwrap_or_default())
            }
            Self::Client(index) => {
                let name = company.directory.identities.get(*index).map(|identity| identity.name.as_str());
                let id = company.client_id(*index).unwrap_or_default().to_owned();
                ("Credential", id, format!("the client of {}", name.unwrap_or_default()))
            }
        };
        (Node { company: number, kind, id: id.into() }, name)
    }
}

impl Group {
    fn id(&self, company: &Company) -> String {
        let key = company.directory.identities.get(self.identity).map(|identity| identity.key()).unwrap_or_default();
        let in_force = match self.in_force {
            InForce::Unknown => "unknown".to_owned(),
            InForce::Blank => "none".to_owned(),
            InForce::Template(index) => template_id(company, index),
        };
        let observed = if self.is_observed { "/observed" } else { "" };
        let mark = if self.mark.is_empty() { String::new() } else { format!("/{}", self.mark) };
        format!("{key}/{in_force}{observed}{mark}")
    }
}

fn company_id(company: &Company) -> String {
    company.key()
}

fn app(company: &Company, index: AppIx) -> (String, String) {
    company.apps.all.get(index).map(|app| (app.key.clone(), app.name.clone())).unwrap_or_default()
}

/// The id of a template, or else its name. A copy that a plan makes of a template has an id of its own.
fn template_id(company: &Company, index: TemplateIx) -> String {
    let Some(template) = company.templates.get(index) else { return String::new() };
    match template.id {
        Some(id) if company.templates.is_copy(index) => format!("{id}/{index}"),
        Some(id) => id.to_string(),
        None => template.label(),
    }
}

impl AccessGraph {
    /// What a node stands for.
    pub fn about(&self, index: NodeIndex) -> Option<&About> {
        self.abouts.get(index.index())
    }
}
