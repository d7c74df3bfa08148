//! The shortest ways from one node.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::hash_map::Entry;

use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use super::{AccessGraph, Node, Step};

/// The shortest ways from one node, searched no farther than somebody asks: the next question goes on where the last one
/// ended.
#[derive(Debug)]
pub struct Ways<'g> {
    graph: &'g AccessGraph,
    open: BinaryHeap<Open>,
    reached: FxHashMap<NodeIndex, Reached>,
}

/// A node to go on from, the nearest first.
#[derive(Debug, PartialEq, Eq)]
struct Open {
    cost: u32,
    node: NodeIndex,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        other.cost.cmp(&self.cost)
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a node is reached.
#[derive(Debug)]
struct Reached {
    cost: u32,
    /// From where, and along which edge: the first one of those between the two.
    before: Option<(NodeIndex, EdgeIndex)>,
    /// No shorter way will be found.
    settled: bool,
}

impl<'g> Ways<'g> {
    pub(super) fn new(graph: &'g AccessGraph, start: Option<NodeIndex>) -> Self {
        let reached = |node| (node, Reached { cost: 0, before: None, settled: false });
        Self {
            graph,
            open: start.map(|node| Open { cost: 0, node }).into_iter().collect(),
            reached: start.map(reached).into_iter().collect(),
        }
    }

    /// The shortest way to a node; empty when there is none.
    pub fn to(&mut self, goal: &Node) -> Vec<Step<'g>> {
        let Some(goal) = self.graph.index.get(goal).copied() else { return Vec::new() };
        while !self.reached.get(&goal).is_some_and(|reached| reached.settled) {
            let Some(Open { cost, node }) = self.open.pop() else { return Vec::new() };
            self.go_on(cost, node);
        }
        let mut steps: Vec<Step<'g>> = Vec::new();
        let mut at = goal;
        while let Some((before, edge)) = self.reached.get(&at).and_then(|reached| reached.before) {
            steps.extend(self.step(before, edge, at));
            at = before;
        }
        steps.reverse();
        steps
    }

    fn go_on(&mut self, cost: u32, node: NodeIndex) {
        match self.reached.get_mut(&node) {
            Some(reached) if reached.cost == cost => reached.settled = true,
            _ => return,
        }
        // The last edge comes first.
        for edge in self.graph.graph.edges(node) {
            let (next, cost) = (edge.target(), cost + edge.weight().cost());
            let step = Some((node, edge.id()));
            match self.reached.entry(next) {
                Entry::Occupied(mut reached) if cost < reached.get().cost => {
                    reached.insert(Reached { cost, before: step, settled: false });
                }
                Entry::Occupied(mut reached) => {
                    let before = &mut reached.get_mut().before;
                    if before.is_some_and(|(before, _)| before == node) {
                        *before = step;
                    }
                    continue;
                }
                Entry::Vacant(place) => {
                    place.insert(Reached { cost, before: step, settled: false });
                }
            }
            self.open.push(Open { cost, node: next });
        }
    }

    fn step(&self, from: NodeIndex, edge: EdgeIndex, to: NodeIndex) -> Option<Step<'g>> {
        let graph = &self.graph.graph;
        Some(Step { from: graph.node_weight(from)?, edge: graph.edge_weight(edge)?, to: graph.node_weight(to)? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{About, Edge, Leads, Link, NodeIndex};
    use super::*;

    fn node(id: &str) -> Node {
        Node { company: 0, kind: "Tool", id: id.into() }
    }

    fn graph(edges: &[(&str, &str, u32)]) -> AccessGraph {
        let mut graph = AccessGraph::default();
        for (from, to, cost) in edges {
            let [from, to]: [NodeIndex; 2] =
                [from, to].map(|id| graph.node(node(id), (*id).to_owned(), About::Company));
            let leads = if *cost > 1 { Leads::ToWishes } else { Leads::ToAccess };
            let link =
                Link { label: "to".into(), because: "so".into(), evidence: None, leads, level: None, place: None };
            graph.graph.add_edge(from, to, Edge::Said(Box::new(link)));
        }
        graph
    }

    fn way(ways: &mut Ways<'_>, to: &str) -> String {
        ways.to(&node(to)).iter().map(|step| format!("{}{} ", step.from.id, step.to.id)).collect()
    }

    #[test]
    fn questions_in_any_order_have_the_answers_of_questions_alone() {
        let graph =
            graph(&[("a", "b", 1), ("b", "c", 1), ("a", "c", 100), ("a", "d", 100), ("d", "a", 1), ("e", "a", 1)]);
        let expected = [("a", ""), ("b", "ab "), ("c", "ab bc "), ("d", "ad "), ("e", ""), ("unheard-of", "")];
        let mut ways = graph.ways(&node("a"));
        for (to, expected) in expected.iter().chain(expected.iter().rev()) {
            assert_eq!(way(&mut ways, to), *expected);
            assert_eq!(way(&mut graph.ways(&node("a")), to), *expected);
        }
        assert_eq!(way(&mut graph.ways(&node("unheard-of")), "a"), "");
    }
}
