//! The access graph as a result: what of it is shown, in which order, with which locations.

use petgraph::Direction;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef, Visitable};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::details::{self, NodeDetail};
use crate::audit::places::Places;
use cutover_export::Export;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::{About, AccessGraph, Edge as Step, Gathered, Leads, Node as Point, View};
use cutover_inventory::tools::Tools;
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::result::graph::{Detail, Edge, Graph, Node};
use cutover_model::result::{Location, Thing};

/// The most edges of a graph in a result.
pub const MAX_EDGES: usize = 10_000;

/// A search that finds each node once.
type Search = Dfs<NodeIndex, <DiGraph<Point, Step> as Visitable>::Map>;

/// The inventory that a graph is made from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The files it was read from.
    pub export: &'a Export,
    /// What they mean.
    pub inventory: &'a Inventory,
    /// The names of Procore's tools.
    pub tools: &'a Tools,
}

/// Nodes and edges of a picture that are to be told, and all that the inventory says of them: it may change before they
/// are.
#[derive(Debug)]
pub struct Part<'g> {
    picture: &'g AccessGraph,
    nodes: Vec<Outline>,
    edges: Vec<EdgeIndex>,
    /// How many nodes and edges there are with each subject that fits.
    ends: Vec<(usize, usize)>,
    /// Whether each subject is an identity.
    identities: Vec<bool>,
}

/// A node without what only the files can say.
#[derive(Debug)]
struct Outline {
    index: NodeIndex,
    company: String,
    thing: Thing,
    count: usize,
    members: Vec<Thing>,
    origin: Option<Evidence>,
    said: Vec<NodeDetail>,
}

/// How all service identities and apps come to their access; those that come first are listed before the others.
pub fn whole(source: Source<'_>, first: &[Point]) -> Graph {
    whole_of(&services(source), source, first)
}

/// The same, of the picture of all service identities.
pub fn whole_of(services: &AccessGraph, source: Source<'_>, first: &[Point]) -> Graph {
    let subjects: Vec<Vec<NodeIndex>> = heads(services, first).into_iter().map(|head| vec![head]).collect();
    Part::of(services, source, &subjects, MAX_EDGES).describe(source.export)
}

/// The picture of all service identities.
pub fn services(source: Source<'_>) -> AccessGraph {
    let is_service = |company: usize, identity: IdentityIx| {
        let company = source.inventory.companies.get(company);
        company.and_then(|company| company.directory.identities.get(identity)).is_some_and(|one| one.is_service())
    };
    let view = View { shows: &is_service, gathers: &|_, _, _| Gathered::Together };
    AccessGraph::picture(source.inventory, source.tools, &view)
}

/// The identities and apps of a picture, in their order behind those that come first.
fn heads(picture: &AccessGraph, first: &[Point]) -> Vec<NodeIndex> {
    let all = || picture.petgraph().node_indices();
    let identities = all().filter(|index| is_identity(picture, *index));
    let apps = all().filter(|index| matches!(picture.about(*index), Some(About::App(_))));
    let first = first.iter().filter_map(|node| picture.find(node));
    let mut seen = FxHashSet::default();
    first.chain(identities).chain(apps).filter(|index| seen.insert(*index)).collect()
}

fn is_identity(picture: &AccessGraph, index: NodeIndex) -> bool {
    matches!(picture.about(index), Some(About::Identity(_)))
}

impl<'g> Part<'g> {
    /// As much of a picture as may be told: subject after subject, each with what it reaches and the credentials that lead
    /// to it, up to the first that does not fit.
    pub fn of(picture: &'g AccessGraph, source: Source<'_>, subjects: &[Vec<NodeIndex>], most_edges: usize) -> Self {
        let graph = picture.petgraph();
        let is_of_identity = |heads: &Vec<NodeIndex>| heads.iter().any(|head| is_identity(picture, *head));
        let identities = subjects.iter().map(is_of_identity).collect();
        let mut out = Self { picture, nodes: Vec::new(), edges: Vec::new(), ends: Vec::new(), identities };
        let mut search = Dfs::empty(graph);
        for heads in subjects {
            let (nodes, edges) = closure(picture, &mut search, heads);
            if out.edges.len() + edges.len() > most_edges {
                break;
            }
            out.nodes.extend(nodes.into_iter().filter_map(|index| outline(picture, source, index)));
            out.edges.extend(edges);
            out.ends.push((out.nodes.len(), out.edges.len()));
        }
        out
    }

    /// These nodes and edges.
    pub fn these(picture: &'g AccessGraph, source: Source<'_>, nodes: Vec<NodeIndex>, edges: Vec<EdgeIndex>) -> Self {
        let nodes: Vec<Outline> = nodes.into_iter().filter_map(|index| outline(picture, source, index)).collect();
        Self { picture, nodes, edges, ends: Vec::new(), identities: Vec::new() }
    }

    /// Keeps only what leads to access.
    pub fn keep_access(&mut self) {
        let graph = self.picture.petgraph();
        self.edges.retain(|edge| graph.edge_weight(*edge).is_some_and(|edge| edge.leads() == Leads::ToAccess));
    }

    /// How many subjects fit.
    pub fn fits(&self) -> usize {
        self.ends.len()
    }

    /// Keeps the first subjects only.
    pub fn truncate(&mut self, subjects: usize) {
        self.ends.truncate(subjects);
        let (nodes, edges) = self.ends.last().copied().unwrap_or_default();
        self.nodes.truncate(nodes);
        self.edges.truncate(edges);
    }

    /// The part as a result.
    pub fn describe(mut self, export: &Export) -> Graph {
        let left_out = self.identities.iter().skip(self.ends.len()).filter(|is_identity| **is_identity).count();
        self.nodes.sort_by(|one, two| one.key().cmp(&two.key()));
        let graph = self.picture.petgraph();
        let places = self.places(export);
        let location = |evidence: &Evidence| places.location((evidence.origin, &evidence.member), false);
        let order: FxHashMap<NodeIndex, usize> = self.nodes.iter().map(|node| node.index).zip(0..).collect();
        let edge = |index: &EdgeIndex| {
            let (from, to) = graph.edge_endpoints(*index)?;
            let step = graph.edge_weight(*index)?;
            Some(Edge {
                from: *order.get(&from)?,
                to: *order.get(&to)?,
                label: step.label().to_owned(),
                level: step.level().map(|level| level.id().to_owned()),
                because: escape::visible(&step.because(self.picture)).into_owned(),
                location: step.evidence().and_then(|said| places.location(said, false)),
                state: None,
            })
        };
        let mut edges: Vec<Edge> = self.edges.iter().filter_map(edge).collect();
        edges.sort();
        edges.dedup();
        Graph { nodes: self.nodes.iter().map(|node| node.describe(&location)).collect(), edges, left_out }
    }

    /// Every location that is shown, looked up together.
    fn places<'e>(&'e self, export: &'e Export) -> Places<'e> {
        let graph = self.picture.petgraph();
        let of_nodes = self.nodes.iter().flat_map(|node| {
            let said = node.said.iter().filter_map(|said| said.evidence.as_ref());
            node.origin.iter().chain(said).map(|evidence| (evidence.origin, evidence.member.as_ref()))
        });
        let of_edges = self.edges.iter().filter_map(|index| graph.edge_weight(*index).and_then(Step::evidence));
        let wanted: Vec<_> = of_nodes.chain(of_edges).map(|said| (said, false)).collect();
        let mut places = Places::of(export);
        places.prepare(wanted.into_par_iter());
        places
    }
}

/// What leads on from some heads, and the credentials that lead to them, as far as nothing found it before.
fn closure(picture: &AccessGraph, search: &mut Search, heads: &[NodeIndex]) -> (Vec<NodeIndex>, Vec<EdgeIndex>) {
    let graph = picture.petgraph();
    let is_credential =
        |index: &NodeIndex| matches!(picture.about(*index), Some(About::Credential(_) | About::Client(_)));
    let mut starts = heads.to_vec();
    let mut at = 0;
    while let Some(start) = starts.get(at).copied() {
        at += 1;
        starts.extend(graph.neighbors_directed(start, Direction::Incoming).filter(is_credential));
    }
    let mut nodes = Vec::new();
    for start in starts {
        search.move_to(start);
        while let Some(next) = search.next(graph) {
            nodes.push(next);
        }
    }
    let edges = nodes.iter().flat_map(|node| graph.edges(*node).map(|edge| edge.id())).collect();
    (nodes, edges)
}

fn outline(picture: &AccessGraph, source: Source<'_>, index: NodeIndex) -> Option<Outline> {
    let node = picture.petgraph().node_weight(index)?;
    let about = picture.about(index)?;
    let company = source.inventory.companies.get(node.company)?;
    let name = picture.name(node).to_owned();
    let (count, members) = match about {
        About::Projects(group) => {
            (group.count, group.first.iter().filter_map(|project| project_thing(company, *project)).collect())
        }
        _ => (1, Vec::new()),
    };
    Some(Outline {
        index,
        company: company.name.clone(),
        thing: Thing::new(node.kind, node.id.clone(), name),
        count,
        members,
        origin: details::origin(company, about),
        said: details::details(company, about, source.tools),
    })
}

fn project_thing(company: &Company, project: usize) -> Option<Thing> {
    let project = company.projects.get(project)?;
    let id = project.id.map(|id| id.to_string()).unwrap_or_default();
    Some(Thing::new("Project", id, &project.name))
}

impl Outline {
    fn key(&self) -> (&str, &str, &str, NodeIndex) {
        (&self.company, &self.thing.r#type, &self.thing.id, self.index)
    }

    fn describe(&self, location: &dyn Fn(&Evidence) -> Option<Location>) -> Node {
        let detail = |said: &NodeDetail| Detail {
            name: said.name.to_owned(),
            value: said.value.clone(),
            location: said.evidence.as_ref().and_then(location),
        };
        Node {
            company: self.company.clone(),
            thing: self.thing.clone(),
            count: self.count,
            members: self.members.clone(),
            details: self.said.iter().map(detail).collect(),
            location: self.origin.as_ref().and_then(location),
        }
    }
}
