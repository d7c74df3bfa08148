//! Grants whose removal cuts most: edges that every way from a service identity to a tool passes.
//!
//! They are exact: an edge counts for a tool if it dominates the tool, seen from the identity. Edges are made nodes of
//! their own for that, one between its ends.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::dominators::simple_fast;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef};

use super::document::{MOST_EDGES, Part, services};
use super::names::NameError;
use super::path::{find, thing};
use super::{Asked, MOST_LISTED, named};
use crate::audit::places::Places;
use crate::escape;
use crate::graph::{About, AccessGraph, Leads};
use crate::result::answer::{Answer, Entry};
use crate::result::audit::Step;

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
    let is_identity = |index: &NodeIndex| matches!(picture.about(*index), Some(About::Identity(_)));
    let starts: Vec<NodeIndex> = match head {
        Some(head) => vec![head],
        None => graph.node_indices().filter(is_identity).collect(),
    };
    let mut answer = asked.answer("choke", head.map(|head| thing(&picture, head)).into_iter().collect());
    let mut cuts = Cuts::new();
    let mut pairs = 0;
    for start in &starts {
        pairs += count(&picture, *start, &mut cuts);
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
    answer.entries = ranked.iter().take(MOST_LISTED).filter_map(entry).collect();
    answer.answer = match answer.entries.first().and_then(|entry| entry.why.first().zip(entry.cuts)) {
        Some((step, cut)) => format!(
            "Without the one grant \"{} {} {}\", {cut} of {pairs} ways of a service identity to a tool are cut.",
            named(&step.from),
            step.edge,
            named(&step.to)
        ),
        None => "Nothing leads to a tool that a single grant could cut.".to_owned(),
    };
    let subjects: Vec<Vec<NodeIndex>> = starts.into_iter().map(|start| vec![start]).collect();
    let mut part = Part::of(&picture, source, &subjects, MOST_EDGES);
    part.keep_access();
    answer.graph = part.tell(asked.export);
    Ok(answer)
}

/// Counts for every edge the tools that are cut from a start without it; returns how many tools there are.
fn count(picture: &AccessGraph, start: NodeIndex, cuts: &mut Cuts) -> usize {
    let graph = picture.petgraph();
    let access = petgraph::visit::EdgeFiltered::from_fn(
        graph,
        |edge: petgraph::graph::EdgeReference<'_, crate::graph::Edge>| edge.weight().leads() == Leads::ToAccess,
    );
    let mut search = Dfs::new(&access, start);
    let mut split: DiGraph<Option<EdgeIndex>, ()> = DiGraph::new();
    let mut inner: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut reached = BTreeSet::new();
    while let Some(node) = search.next(&access) {
        reached.insert(node);
    }
    for node in &reached {
        inner.insert(*node, split.add_node(None));
    }
    for node in &reached {
        for edge in graph.edges(*node).filter(|edge| edge.weight().leads() == Leads::ToAccess) {
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
