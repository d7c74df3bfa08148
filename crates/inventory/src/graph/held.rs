//! The steps of one fact: how an identity comes to a level on a tool in one place, and which version of an app asks for one.
//!
//! The shortest way is no explanation there: an identity may hold other levels on other projects, and an app may have asked
//! for less before.

use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::{ADMINISTRATORS, AccessGraph, Edge, Link, Node, OBSERVED, Step, listed_by};
use crate::access::Through;
use cutover_model::level::Level;

/// A level of a fact, and where it is held.
#[derive(Debug, Clone, Copy)]
pub struct HeldLevel<'a> {
    /// The level.
    pub level: Level,
    /// What it comes through, where the fact says that: `template`, `observed`, `company administrator`.
    pub through: Option<&'a str>,
    /// The project, for project tools.
    pub project: Option<&'a Node>,
}

impl AccessGraph {
    /// The steps that lead an identity to a level on a tool; for no level at all, to the template that leaves the tool out.
    pub fn held<'g>(&'g self, identity: &Node, tool: &Node, held: HeldLevel<'_>) -> Vec<Step<'g>> {
        let find = |node: &Node| self.index.get(node).copied();
        let (Some(from), Some(to)) = (find(identity), find(tool)) else { return Vec::new() };
        let project = match held.project.map(find) {
            Some(None) => return Vec::new(),
            Some(project) => project,
            None => None,
        };
        let is = |through: Through| held.through.is_none() || held.through == through.id();
        let by_template =
            || is(Through::Template(0)).then(|| self.through_template(from, to, project, held.level)).flatten();
        let direct = |because: &str, place: Option<NodeIndex>| {
            let is_it = |link: &Link| link.because == because && link.place == place && link.level == Some(held.level);
            self.link(from, to, is_it).map(|step| vec![step])
        };
        let observed = || is(Through::Observed).then(|| direct(OBSERVED, project)).flatten();
        let administers = || is(Through::CompanyAdministrator).then(|| direct(ADMINISTRATORS, None)).flatten();
        observed().or_else(by_template).or_else(administers).unwrap_or_default()
    }

    /// The step by which a version of an app's manifest asks for a level on a tool.
    pub fn asked(&self, app: &Node, tool: &Node, version: Option<&str>, level: Option<Level>) -> Vec<Step<'_>> {
        let (Some(from), Some(to)) = (self.index.get(app), self.index.get(tool)) else { return Vec::new() };
        let because = version.map(listed_by);
        let is_it = |link: &Link| {
            link.level == level && because.as_ref().is_none_or(|because| link.because == because.as_str())
        };
        self.link(*from, *to, is_it).into_iter().collect()
    }

    fn through_template(
        &self,
        identity: NodeIndex,
        tool: NodeIndex,
        project: Option<NodeIndex>,
        level: Level,
    ) -> Option<Vec<Step<'_>>> {
        let is_given = |edge: &Edge| match (edge, project) {
            (Edge::GivenOn { project, .. }, Some(wanted)) => *project == wanted,
            (Edge::Said(link), None) => link.label == "is given",
            _ => false,
        };
        let given = self.graph.edges(identity).find(|edge| is_given(edge.weight()))?;
        let first = self.step(identity, given.weight(), given.target())?;
        if level == Level::None {
            return Some(vec![first]);
        }
        let second = self.link(given.target(), tool, |link| link.level == Some(level))?;
        Some(vec![first, second])
    }

    /// The first link between two nodes that is the right one.
    fn link(&self, from: NodeIndex, to: NodeIndex, is_it: impl Fn(&Link) -> bool) -> Option<Step<'_>> {
        let links = self.links.get_or_init(|| self.sorted_links());
        let first = links.partition_point(|(start, end, _)| (*start, *end) < (from, to));
        let between = links.iter().skip(first).take_while(|(start, end, _)| (*start, *end) == (from, to));
        let mut edges = between.filter_map(|(.., edge)| self.graph.edge_weight(*edge));
        let found = edges.find(|edge| matches!(edge, Edge::Said(link) if is_it(link)))?;
        self.step(from, found, to)
    }

    /// The links, by where they start and end, and in the order in which they were drawn.
    fn sorted_links(&self) -> Vec<(NodeIndex, NodeIndex, EdgeIndex)> {
        let links = self.graph.edge_references().filter(|edge| matches!(edge.weight(), Edge::Said(_)));
        let mut links: Vec<_> = links.map(|edge| (edge.source(), edge.target(), edge.id())).collect();
        links.sort_unstable();
        links
    }

    fn step<'g>(&'g self, from: NodeIndex, edge: &'g Edge, to: NodeIndex) -> Option<Step<'g>> {
        Some(Step { from: self.graph.node_weight(from)?, edge, to: self.graph.node_weight(to)? })
    }
}
