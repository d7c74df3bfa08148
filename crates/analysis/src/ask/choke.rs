//! Grants whose removal cuts most: edges that every way from a service identity to a tool passes.
//!
//! They are exact: an edge counts for a tool if it dominates the tool, seen from the identity. Edges are made nodes of
//! their own for that, one between its ends.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::dominators::simple_fast;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{Dfs, EdgeFiltered, EdgeRef};

use super::document::{MAX_EDGES, Part, services};
use super::names::NameError;
use super::path::{find, thing};
use super::{Asked, MAX_LISTED, held, named};
use crate::audit::places::Places;
use cutover_inventory::Inventory;
use cutover_inventory::access::Through;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::{About, AccessGraph, Edge, Leads};
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::Tool;
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::answer::{Answer, Entry};
use cutover_model::result::audit::Step;

/// An edge and what is cut without it: pairs of an identity and a tool.
type Cuts = BTreeMap<EdgeIndex, usize>;

/// The grants whose removal cuts most, of all service identities or of what one thing leads to.
///
/// # Errors
/// When the name names nothing, or more than one thing.
pub fn choke(asked: &Asked<'_>, from: Option<&str>) -> Result<Answer, NameError> {
    let source = asked.source();
    let picture = services(source);
    let head = from.map(|name| find(asked, &picture, name)).transpose()?;
    let graph = picture.petgraph();
    // Who is not active can do nothing.
    let is_identity =
        |index: &NodeIndex| identity(&picture, *index).is_some() && is_active(&picture, &asked.inventory, *index);
    let starts: Vec<NodeIndex> = match head {
        Some(head) => vec![head],
        None => graph.node_indices().filter(is_identity).collect(),
    };
    let mut answer = asked.answer("choke", head.map(|head| thing(&picture, head)).into_iter().collect());
    let mut cuts = Cuts::new();
    let mut pairs = 0;
    for start in &starts {
        pairs += count(&picture, &asked.inventory, *start, &mut cuts);
    }
    let mut ranked: Vec<(EdgeIndex, usize)> = cuts.into_iter().collect();
    ranked.sort_by_key(|(edge, cut)| (std::cmp::Reverse(*cut), *edge));
    let places = Places::of(asked.export);
    let entry = |(index, cut): &(EdgeIndex, usize)| {
        let (from, to) = graph.edge_endpoints(*index)?;
        let edge = graph.edge_weight(*index)?;
        let company = graph.node_weight(from).and_then(|node| asked.inventory.companies.get(node.company));
        let step = Step {
            from: thing(&picture, from),
            edge: edge.label().to_owned(),
            to: thing(&picture, to),
            because: escape::visible(&edge.because(&picture)).into_owned(),
            location: edge.evidence().and_then(|said| places.location(said, false)),
        };
        Some(Entry {
            company: company.map(|company| company.name.clone()).unwrap_or_default(),
            thing: thing(&picture, to),
            level: edge.level().map(|level| level.id().to_owned()),
            projects: None,
            members: Vec::new(),
            why: vec![step],
            cuts: Some(*cut),
            note: None,
        })
    };
    answer.count = ranked.len();
    answer.entries = ranked.iter().take(MAX_LISTED).filter_map(entry).collect();
    answer.answer = match answer.entries.first().and_then(|entry| entry.why.first().zip(entry.cuts)) {
        Some((step, cut)) => format!(
            "Without the one grant \"{} {} {}\", {cut} of {pairs} paths from a service identity to a tool are cut.",
            named(&step.from),
            step.edge,
            named(&step.to)
        ),
        None => "Nothing leads to a tool that a single grant could cut.".to_owned(),
    };
    let subjects: Vec<Vec<NodeIndex>> = starts.into_iter().map(|start| vec![start]).collect();
    let mut part = Part::of(&picture, source, &subjects, MAX_EDGES);
    part.keep_access();
    answer.graph = part.describe(asked.export);
    Ok(answer)
}

type Reference<'g> = petgraph::graph::EdgeReference<'g, Edge>;

/// What can really be used of what a start leads to: nothing of an identity that is not active, and no tool that is
/// switched off wherever it is granted.
#[derive(Default)]
struct Usable {
    /// By company: the templates and the tools that they give to somebody who can use them.
    given: BTreeSet<(usize, TemplateIx, Tool)>,
    /// By company: the tools that somebody can use.
    tools: BTreeSet<(usize, Tool)>,
}

impl Usable {
    fn of(picture: &AccessGraph, inventory: &Inventory, reached: &BTreeSet<NodeIndex>) -> Self {
        let mut out = Self::default();
        for (number, identity) in reached.iter().filter_map(|node| identity(picture, *node)) {
            let Some(company) = inventory.companies.get(number) else { continue };
            for access in held::usable(company, identity) {
                let grant = &access.grant;
                if let Through::Template(template) = grant.given_through
                    && grant.given.level > Some(Level::None)
                {
                    out.given.insert((number, template, grant.tool.clone()));
                }
                if access.level().reaches(Level::ReadOnly) == Some(true) {
                    out.tools.insert((number, grant.tool.clone()));
                }
            }
        }
        out
    }

    /// Whether access leads along an edge.
    fn leads(&self, picture: &AccessGraph, inventory: &Inventory, edge: &Reference<'_>) -> bool {
        if edge.weight().leads() != Leads::ToAccess || !is_active(picture, inventory, edge.source()) {
            return false;
        }
        let Some(node) = picture.petgraph().node_weight(edge.target()) else { return false };
        match (picture.about(edge.source()), picture.about(edge.target())) {
            (Some(About::Template(template)), Some(About::Tool(tool))) => {
                self.given.contains(&(node.company, *template, tool.clone()))
            }
            (_, Some(About::Tool(tool))) => self.tools.contains(&(node.company, tool.clone())),
            _ => true,
        }
    }
}

fn identity(picture: &AccessGraph, node: NodeIndex) -> Option<(usize, IdentityIx)> {
    match picture.about(node)? {
        About::Identity(index) => Some((picture.petgraph().node_weight(node)?.company, *index)),
        _ => None,
    }
}

/// Whether a node is not an identity that is known to be inactive.
fn is_active(picture: &AccessGraph, inventory: &Inventory, node: NodeIndex) -> bool {
    let company = |number: usize| inventory.companies.get(number);
    identity(picture, node)
        .and_then(|(number, identity)| company(number)?.is_active(identity))
        .is_none_or(|is_active| is_active)
}

/// The nodes that a start leads to along some edges.
fn reached(picture: &AccessGraph, start: NodeIndex, leads: impl Fn(&Reference<'_>) -> bool) -> BTreeSet<NodeIndex> {
    let access = EdgeFiltered::from_fn(picture.petgraph(), |edge: Reference<'_>| leads(&edge));
    let mut search = Dfs::new(&access, start);
    std::iter::from_fn(|| search.next(&access)).collect()
}

/// Counts for every edge the tools that are cut from a start without it; returns how many tools there are.
fn count(picture: &AccessGraph, inventory: &Inventory, start: NodeIndex, cuts: &mut Cuts) -> usize {
    let graph = picture.petgraph();
    let to_access =
        |edge: &Reference<'_>| edge.weight().leads() == Leads::ToAccess && is_active(picture, inventory, edge.source());
    let usable = Usable::of(picture, inventory, &reached(picture, start, to_access));
    let leads = |edge: &Reference<'_>| usable.leads(picture, inventory, edge);
    let reached = reached(picture, start, leads);
    let mut split: DiGraph<Option<EdgeIndex>, ()> = DiGraph::new();
    let mut inner: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    for node in &reached {
        inner.insert(*node, split.add_node(None));
    }
    for node in &reached {
        for edge in graph.edges(*node).filter(leads) {
            let (Some(from), Some(to)) = (inner.get(node), inner.get(&edge.target())) else { continue };
            let between = split.add_node(Some(edge.id()));
            split.add_edge(*from, between, ());
            split.add_edge(between, *to, ());
        }
    }
    let Some(root) = inner.get(&start) else { return 0 };
    let dominators = simple_fast(&split, *root);
    let tools = reached.iter().filter(|node| matches!(picture.about(**node), Some(About::Tool(_))));
    let mut many = 0;
    for tool in tools {
        many += 1;
        let chain = inner.get(tool).and_then(|tool| dominators.dominators(*tool));
        for edge in chain.into_iter().flatten().filter_map(|node| split.node_weight(node).copied().flatten()) {
            *cuts.entry(edge).or_default() += 1;
        }
    }
    many
}
