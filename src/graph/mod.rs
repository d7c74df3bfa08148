//! The access graph: who can reach what, through which edges, and which file says so.
//!
//! Nodes are the things of the facts; edges carry a sentence and a place. Memberships of people stay out: the graph is
//! about integrations.

use std::collections::BTreeMap;

use petgraph::algo::astar;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::export::document::Evidence;
use crate::inventory::access::Through;
use crate::inventory::classify::Sort;
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::memberships::InForce;
use crate::inventory::templates::Template;
use crate::inventory::tools::{Tool, Tools};
use crate::inventory::{Company, Inventory};

/// A node: a type of the schema and an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The company, by index in the inventory.
    pub company: usize,
    /// `ManagedAccount`, `Tool`, `Template`, …
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// What a node is called, and what leads from it.
#[derive(Debug, Clone)]
pub struct Edge {
    /// "acts for", "is given", "grants Admin on", …
    pub label: String,
    /// Why this is so, in a sentence.
    pub because: String,
    /// Where the export says it.
    pub evidence: Option<Evidence>,
    /// How far it leads: what is held lies nearer than what is only asked for.
    cost: u32,
}

/// What a manifest asks for explains a grant only where nothing else does.
const ASKED: u32 = 100;

/// One step of a path.
#[derive(Debug, Clone)]
pub struct Step {
    /// From here,
    pub from: Node,
    /// along this,
    pub edge: Edge,
    /// to there.
    pub to: Node,
}

/// The graph.
#[derive(Debug, Default)]
pub struct AccessGraph {
    graph: DiGraph<Node, Edge>,
    index: BTreeMap<Node, NodeIndex>,
    names: BTreeMap<Node, String>,
}

impl AccessGraph {
    /// Draws the graph of an inventory.
    pub fn build(inventory: &Inventory, tools: &Tools) -> Self {
        Self::around(inventory, tools, &|_| true)
    }

    /// Draws what can lie on a way from an app or from one of the wanted identities: no way leads through another
    /// identity, and their memberships may be a million.
    pub fn around(inventory: &Inventory, tools: &Tools, is_wanted: &dyn Fn(&Node) -> bool) -> Self {
        let mut graph = Self::default();
        for (number, company) in inventory.companies.iter().enumerate() {
            Builder { graph: &mut graph, number, company, tools, is_wanted }.draw();
        }
        graph
    }

    /// What a node is called.
    pub fn name<'a>(&'a self, node: &'a Node) -> &'a str {
        self.names.get(node).map_or(node.id.as_str(), String::as_str)
    }

    /// The shortest way from one node to another; empty when there is none.
    pub fn path(&self, from: &Node, to: &Node) -> Vec<Step> {
        let (Some(start), Some(goal)) = (self.index.get(from), self.index.get(to)) else { return Vec::new() };
        let Some((_, nodes)) = astar(&self.graph, *start, |node| node == *goal, |edge| edge.weight().cost, |_| 0)
        else {
            return Vec::new();
        };
        let steps = nodes.iter().zip(nodes.iter().skip(1)).filter_map(|(from, to)| {
            let edge = self.graph.edges_connecting(*from, *to).min_by_key(|edge| edge.id())?;
            Some(Step {
                from: self.graph.node_weight(*from)?.clone(),
                edge: edge.weight().clone(),
                to: self.graph.node_weight(*to)?.clone(),
            })
        });
        steps.collect()
    }

    fn node(&mut self, node: Node, name: &str) -> NodeIndex {
        if let Some(index) = self.index.get(&node) {
            return *index;
        }
        let index = self.graph.add_node(node.clone());
        self.names.insert(node.clone(), name.to_owned());
        self.index.insert(node, index);
        index
    }
}

struct Builder<'a> {
    graph: &'a mut AccessGraph,
    number: usize,
    company: &'a Company,
    tools: &'a Tools,
    is_wanted: &'a dyn Fn(&Node) -> bool,
}

impl Builder<'_> {
    fn node(&mut self, kind: &str, id: String, name: &str) -> NodeIndex {
        self.graph.node(Node { company: self.number, kind: kind.to_owned(), id }, name)
    }

    fn link(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        label: impl Into<String>,
        because: impl Into<String>,
        evidence: Option<Evidence>,
    ) {
        let label = label.into();
        let cost = if label.starts_with("asks for") { ASKED } else { 1 };
        let edge = Edge { label, because: because.into(), evidence, cost };
        self.graph.graph.add_edge(from, to, edge);
    }

    fn draw(&mut self) {
        let company = self.company;
        let id = company.id.map_or_else(|| company.name.clone(), |id| id.to_string());
        let this = self.node("Company", id, &company.name);
        let directory = self.tool(&Tool::company_directory());
        self.link(directory, this, "administers", "Admin on the company directory makes a company administrator", None);
        for app in &company.apps.all {
            let node = self.node("App", app.key.clone(), &app.name);
            if let Some(installation) = app.installation.as_ref().filter(|installation| installation.is_installed()) {
                let because = "the list of app installations says installed";
                self.link(node, this, "is installed in", because, Some(Evidence::new(installation.origin, "status")));
            }
            for manifest in &app.manifests {
                for request in manifest.requests.iter().flatten() {
                    let tool = self.tool(&request.tool);
                    let level =
                        request.given.level.map_or_else(|| "an unknown level".to_owned(), |level| level.to_string());
                    let because = format!("its manifest {} lists it", manifest.label());
                    self.link(
                        node,
                        tool,
                        format!("asks for {level} on"),
                        because,
                        Some(request.given.evidence.clone()),
                    );
                }
            }
        }
        for (index, identity) in company.directory.identities.iter().enumerate() {
            let node = || Node { company: self.number, kind: kind(identity.class.sort).to_owned(), id: identity.key() };
            if identity.is_service() && (self.is_wanted)(&node()) {
                self.identity(index);
            }
        }
        for hook in &company.hooks {
            let Some(owner) = hook.owner.value().and_then(|owner| company.directory.identities.get(*owner)) else {
                continue;
            };
            let from = self.node(kind(owner.class.sort), owner.key(), &owner.name);
            let to = self.node("Hook", hook.id.to_string(), &hook.name);
            self.link(
                from,
                to,
                "owns",
                "the webhook names it as its owner",
                Some(Evidence::new(hook.origin, "owned_by_user_id")),
            );
        }
    }

    fn tool(&mut self, tool: &Tool) -> NodeIndex {
        let label = self.tools.label(tool);
        self.node("Tool", tool.to_string(), &label)
    }

    fn template(&mut self, index: usize) -> NodeIndex {
        let template = self.company.templates.get(index);
        let id = template.and_then(|template| template.id).map(|id| id.to_string());
        let name = template.map(Template::label).unwrap_or_default();
        self.node("Template", id.unwrap_or_else(|| name.clone()), &name)
    }

    fn identity(&mut self, index: IdentityIx) {
        let company = self.company;
        let Some(identity) = company.directory.identities.get(index) else { return };
        let node = self.node(kind(identity.class.sort), identity.key(), &identity.name);
        let what = match identity.class.sort {
            Sort::Managed => "counts as an app's user in",
            Sort::Legacy => "counts as a traditional service account of",
            Sort::Person => "counts as a person in",
        };
        let id = company.id.map_or_else(|| company.name.clone(), |id| id.to_string());
        let this = self.node("Company", id, &company.name);
        let because = format!("{} ({})", identity.class.because, identity.class.strength);
        self.link(node, this, what, because, Some(identity.origin.into()));
        if let Some((stated, app)) =
            identity.app.stated().and_then(|stated| Some((stated, company.apps.all.get(stated.value)?)))
        {
            let app_node = self.node("App", app.key.clone(), &app.name);
            self.link(node, app_node, "acts for", identity.class.because, Some(stated.evidence.clone()));
        }
        if let Some(stated) = identity.company_template.stated()
            && let Some(template) = stated.value
        {
            let to = self.template(template);
            self.link(node, to, "is given", "it is its template for company tools", Some(stated.evidence.clone()));
        }
        for grant in company.company_grants(index, self.tools, &[]) {
            self.grant(node, &grant);
        }
        for membership in company.memberships.of(index) {
            let Some(project) = company.projects.get(membership.project) else { continue };
            let id = project.id.map(|id| id.to_string()).unwrap_or_default();
            let to = self.node("Project", id, &project.name);
            self.link(node, to, "is a member of", "a membership list names it", Some(membership.origin.into()));
            if let InForce::Template(template) = membership.in_force {
                let to = self.template(template);
                let because = format!("it is its template on {}", project.name);
                self.link(node, to, "is given", because, Some(membership.origin.into()));
            }
        }
        for membership in company.telling_memberships(index) {
            for grant in
                company.project_grants(index, membership.project, membership.in_force, membership.origin.into(), &[])
            {
                self.grant(node, &grant);
            }
        }
    }

    /// A grant hangs on the template it comes through, or directly on the identity.
    fn grant(&mut self, identity: NodeIndex, grant: &crate::inventory::access::Grant) {
        let Some(level) = grant.level.filter(|level| *level > Level::None) else { return };
        let tool = self.tool(&grant.tool);
        let from = match grant.through {
            Through::Template(template) => self.template(template),
            _ => identity,
        };
        let known = self.graph.graph.edges_connecting(from, tool).next().is_some();
        if !known {
            let because = match grant.through {
                Through::Template(_) => "the template says so",
                Through::Observed => "Procore answered so for this identity",
                Through::CompanyAdministrator | Through::Unknown => {
                    "company administrators hold Admin on every company tool"
                }
            };
            self.link(from, tool, format!("grants {level} on"), because, Some(grant.evidence.clone()));
        }
    }
}

fn kind(sort: Sort) -> &'static str {
    match sort {
        Sort::Managed => "ManagedAccount",
        Sort::Legacy => "LegacyAccount",
        Sort::Person => "Person",
    }
}
