//! The access graph: who can reach what, through which edges, and which file says so.
//!
//! Nodes are the things of the facts; edges carry a sentence and a place. Memberships of people stay out: the graph is
//! about integrations.

use std::borrow::Cow;
use std::sync::OnceLock;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::access::{Grant, Through};
use crate::apps::AppIx;
use crate::classify::IdentityKind;
use crate::directory::{Identity, IdentityIx};
use crate::levels::GivenLevel;
use crate::manifests::Manifest;
use crate::memberships::{InForce, ProjectIx};
use crate::templates::TemplateIx;
use crate::tools::{Tool, Tools};
use crate::{Company, Inventory};
use cutover_model::evidence::Evidence;
use cutover_model::level::Level;

mod about;
mod edge;
mod held;
mod lazy;
mod picture;
mod ways;

pub use about::{About, Group};
pub use edge::{Edge, Leads, Link};
pub use held::HeldLevel;
pub use lazy::LazyGraph;
pub use picture::in_question;
pub use picture::{Gathered, View};
pub use ways::Ways;

/// A node: a type of the schema and an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The company, by index in the inventory.
    pub company: usize,
    /// `ManagedAccount`, `Tool`, `Template`, …
    pub kind: &'static str,
    /// Its id.
    pub id: SmolStr,
}

/// One step of a path: from here, along this, to there.
#[derive(Debug, Clone, Copy)]
pub struct Step<'g> {
    /// From here,
    pub from: &'g Node,
    /// along this,
    pub edge: &'g Edge,
    /// to there.
    pub to: &'g Node,
}

/// The graph.
#[derive(Debug, Default)]
pub struct AccessGraph {
    graph: DiGraph<Node, Edge>,
    index: FxHashMap<Node, NodeIndex>,
    /// By node.
    names: Vec<String>,
    /// By node.
    abouts: Vec<About>,
    /// The edges sorted by start and end, built on first use: a node may have very many.
    links: OnceLock<Vec<(NodeIndex, NodeIndex, EdgeIndex)>>,
}

impl AccessGraph {
    /// Draws the graph of an inventory: what can lie on a way from an app or from a service identity.
    pub fn build(inventory: &Inventory, tools: &Tools) -> Self {
        let mut graph = Self::default();
        for (number, company) in inventory.companies.iter().enumerate() {
            Builder { graph: &mut graph, number, company, tools, known: Known::default() }.draw();
        }
        graph
    }

    /// What a node is called.
    pub fn name<'a>(&'a self, node: &'a Node) -> &'a str {
        let name = self.index.get(node).and_then(|index| self.names.get(index.index()));
        name.map_or(node.id.as_str(), String::as_str)
    }

    /// The ways that lead from a node.
    pub fn ways(&self, from: &Node) -> Ways<'_> {
        Ways::new(self, self.index.get(from).copied())
    }

    fn node(&mut self, node: Node, name: String, about: About) -> NodeIndex {
        if let Some(index) = self.index.get(&node) {
            return *index;
        }
        let index = self.graph.add_node(node.clone());
        self.names.push(name);
        self.abouts.push(about);
        self.index.insert(node, index);
        index
    }
}

struct Builder<'a> {
    graph: &'a mut AccessGraph,
    number: usize,
    company: &'a Company,
    tools: &'a Tools,
    known: Known,
}

/// What is drawn of a company already.
#[derive(Default)]
struct Known {
    tools: FxHashMap<Tool, NodeIndex>,
    templates: FxHashMap<TemplateIx, NodeIndex>,
    projects: FxHashMap<ProjectIx, NodeIndex>,
    /// Where a grant is drawn.
    granted: FxHashSet<(NodeIndex, NodeIndex)>,
}

impl Builder<'_> {
    fn node(&mut self, about: About) -> NodeIndex {
        let (node, name) = about.describe(self.number, self.company, self.tools);
        self.graph.node(node, name, about)
    }

    fn link(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        label: impl Into<Cow<'static, str>>,
        because: impl Into<Cow<'static, str>>,
        evidence: Option<Evidence>,
    ) {
        let (label, because) = (label.into(), because.into());
        self.add(from, to, Link { label, because, evidence, leads: Leads::Elsewhere, level: None, place: None });
    }

    fn add(&mut self, from: NodeIndex, to: NodeIndex, link: Link) {
        self.graph.graph.add_edge(from, to, Edge::Said(Box::new(link)));
    }

    fn draw(&mut self) {
        let company = self.company;
        let this = self.node(About::Company);
        let directory = self.tool(&Tool::company_directory());
        self.link(directory, this, "administers", "Admin on the company directory makes a company administrator", None);
        for (index, app) in company.apps.all.iter().enumerate() {
            let node = self.node(About::App(index));
            if let Some(installation) = app.installation.as_ref().filter(|installation| installation.is_installed()) {
                let because = "the list of app installations shows it as installed";
                self.link(node, this, "is installed in", because, Some(Evidence::new(installation.origin, "status")));
            }
            for manifest in &app.manifests {
                for request in manifest.requests.iter().flatten() {
                    let tool = self.tool(&request.tool);
                    self.request(node, tool, manifest, &request.given);
                }
            }
        }
        let services = || {
            let all = company.directory.identities.iter().enumerate();
            all.filter(|(_, identity)| identity.is_service()).map(|(index, _)| index)
        };
        let memberships: usize = services().map(|index| company.memberships.of(index).count()).sum();
        self.graph.graph.reserve_edges(2 * memberships);
        services().for_each(|index| self.identity(index));
        for (index, hook) in company.hooks.iter().enumerate() {
            let Some(owner) = hook.owner.value() else { continue };
            let (from, to) = (self.node(About::Identity(*owner)), self.node(About::Hook(index)));
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
        if let Some(node) = self.known.tools.get(tool) {
            return *node;
        }
        let node = self.node(About::Tool(tool.clone()));
        self.known.tools.insert(tool.clone(), node);
        node
    }

    /// A template, with all that it gives.
    fn template(&mut self, index: TemplateIx) -> NodeIndex {
        if let Some(node) = self.known.templates.get(&index) {
            return *node;
        }
        let node = self.node(About::Template(index));
        self.known.templates.insert(index, node);
        let levels = self.company.templates.get(index).and_then(|template| template.levels.value());
        for (tool, given) in levels.into_iter().flatten() {
            if let Some(level) = given.level.filter(|level| *level > Level::None) {
                let to = self.tool(tool);
                self.give(node, to, level, "stated in the template", Some(given.evidence.clone()), None);
            }
        }
        node
    }

    fn project(&mut self, index: ProjectIx) -> Option<NodeIndex> {
        if let Some(node) = self.known.projects.get(&index) {
            return Some(*node);
        }
        self.company.projects.get(index)?;
        let node = self.node(About::Project(index));
        self.known.projects.insert(index, node);
        Some(node)
    }

    fn identity(&mut self, index: IdentityIx) {
        let company = self.company;
        let Some(identity) = company.directory.identities.get(index) else { return };
        let node = self.node(About::Identity(index));
        self.counts_as(node, identity);
        if let Some((stated, app)) = acts_for(company, identity) {
            let app_node = self.node(About::App(app));
            self.link(node, app_node, "acts for", identity.class.because(), Some(stated));
        }
        if let Some(stated) = identity.company_template.stated()
            && let Some(template) = stated.value
        {
            let to = self.template(template);
            self.link(node, to, "is given", "it is its template for company tools", Some(stated.evidence.clone()));
        }
        for grant in company.company_grants(index, &[]) {
            self.grant(node, &grant, None);
        }
        for membership in company.memberships.of(index) {
            let Some(project) = self.project(membership.project) else { continue };
            self.graph.graph.add_edge(node, project, Edge::Member(membership.origin));
            if let InForce::Template(template) = membership.in_force {
                let to = self.template(template);
                self.graph.graph.add_edge(node, to, Edge::GivenOn { project, said: membership.origin });
            }
        }
        for membership in company.telling_memberships(index) {
            let Some(project) = self.project(membership.project) else { continue };
            for grant in company.project_grants(index, &membership, &[]) {
                self.grant(node, &grant, Some(project));
            }
        }
    }

    /// A grant that hangs on the identity itself; what comes through a template hangs on that.
    fn grant(&mut self, identity: NodeIndex, grant: &Grant, project: Option<NodeIndex>) {
        if grant.given_through == Through::Observed
            && let Some(level) = grant.given.level.filter(|level| *level > Level::None)
        {
            let tool = self.tool(&grant.tool);
            self.give(identity, tool, level, OBSERVED, Some(grant.given.evidence.clone()), project);
        }
        let is_implied = matches!(grant.through, Through::CompanyAdministrator | Through::Unknown);
        if is_implied && grant.exact() == Some(Level::Admin) {
            let tool = self.tool(&grant.tool);
            if self.known.granted.insert((identity, tool)) {
                self.give(identity, tool, Level::Admin, ADMINISTRATORS, Some(grant.evidence.clone()), None);
            }
        }
    }

    /// An edge that grants a level; `place` is the project in which it does so, where that is not every one.
    fn give(
        &mut self,
        from: NodeIndex,
        tool: NodeIndex,
        level: Level,
        because: &'static str,
        evidence: Option<Evidence>,
        place: Option<NodeIndex>,
    ) {
        let label = format!("grants {level} on").into();
        let (because, leads, level) = (because.into(), Leads::ToAccess, Some(level));
        self.add(from, tool, Link { label, because, evidence, leads, level, place });
    }

    fn request(&mut self, app: NodeIndex, tool: NodeIndex, manifest: &Manifest, given: &GivenLevel) {
        let level = given.level.map_or_else(|| "an unknown level".to_owned(), |level| level.to_string());
        let link = Link {
            label: format!("asks for {level} on").into(),
            because: listed_by(&manifest.label()).into(),
            evidence: Some(given.evidence.clone()),
            leads: Leads::ToWishes,
            level: given.level,
            place: None,
        };
        self.add(app, tool, link);
    }

    /// What an identity is taken for, and why.
    fn counts_as(&mut self, node: NodeIndex, identity: &Identity) {
        let what = match identity.class.kind {
            IdentityKind::Managed => "counts as an app's user in",
            IdentityKind::Legacy => "is a legacy service account of",
            IdentityKind::Person => "counts as a person in",
        };
        let this = self.node(About::Company);
        let because = format!("{} ({})", identity.class.because(), identity.class.strength);
        self.link(node, this, what, because, Some(identity.origin.into()));
    }
}

/// Why company administrators hold what no template gives them.
const ADMINISTRATORS: &str = "company administrators have Admin on every tool";

/// Why an identity holds what its permission manifest says.
const OBSERVED: &str = "Procore answered so for this identity";

/// Why an app asks for a tool.
fn listed_by(version: &str) -> String {
    format!("its manifest {version} lists it")
}

/// The app an identity belongs to, and where that is said.
fn acts_for(company: &Company, identity: &Identity) -> Option<(Evidence, AppIx)> {
    let stated = identity.app.stated()?;
    company.apps.all.get(stated.value)?;
    Some((stated.evidence.clone(), stated.value))
}

fn kind(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Managed => "ManagedAccount",
        IdentityKind::Legacy => "LegacyAccount",
        IdentityKind::Person => "Person",
    }
}
