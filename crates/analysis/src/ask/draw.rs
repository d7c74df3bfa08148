//! The access graph itself, whole or around one thing.

use std::collections::BTreeSet;

use petgraph::visit::EdgeRef;

use super::document::{MAX_EDGES, Part, services, whole};
use super::names::NameError;
use super::path::{find, thing};
use super::{Asked, named};
use cutover_model::result::answer::Answer;

/// The graph of all service identities and apps, or what lies around one of its nodes, a number of steps deep.
///
/// # Errors
/// When the name names nothing, or more than one thing.
pub fn draw(asked: &Asked<'_>, around: Option<&str>, depth: usize) -> Result<Answer, NameError> {
    let source = asked.source();
    let Some(name) = around else {
        let mut answer = asked.answer("graph", Vec::new());
        answer.graph = whole(source, &[]);
        answer.answer = sentence(&answer, "The access graph");
        return Ok(answer);
    };
    let picture = services(source);
    let head = find(asked, &picture, name)?;
    let graph = picture.petgraph();
    let mut near = BTreeSet::from([head]);
    let mut rim = near.clone();
    for _ in 0..depth {
        let next = rim.iter().flat_map(|node| graph.neighbors_undirected(*node));
        rim = next.filter(|node| !near.contains(node)).collect();
        near.extend(&rim);
        // The company stands beside everybody: what lies behind it is not around anything.
        rim.retain(|node| graph.node_weight(*node).is_some_and(|node| node.kind != "Company"));
    }
    let edges = graph.edge_references().filter(|edge| near.contains(&edge.source()) && near.contains(&edge.target()));
    let edges = edges.map(|edge| edge.id()).take(MAX_EDGES).collect();
    let mut answer = asked.answer("graph", vec![thing(&picture, head)]);
    answer.graph = Part::these(&picture, source, near.into_iter().collect(), edges).describe(asked.export);
    let about = answer.asked.first().map(named).unwrap_or_default();
    answer.answer = sentence(&answer, &format!("Neighbourhood of {about}"));
    Ok(answer)
}

fn sentence(answer: &Answer, what: &str) -> String {
    format!("{what}: {} nodes, {} edges.", answer.graph.nodes.len(), answer.graph.edges.len())
}
