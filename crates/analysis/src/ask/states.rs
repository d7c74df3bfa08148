//! Two graphs of one company, before a change and after it, as one: every edge is kept, lost or gained.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use cutover_model::result::graph::{Edge, Graph, Node, State};

/// What identifies a node on both sides: company, type and id.
type Key = (String, SmolStr, SmolStr);

/// What identifies an edge on both sides.
type Between = (Key, Key, String, Option<String>);

/// One graph of both. What is there on both sides is reported as it is before.
pub fn merged(before: Graph, after: Graph) -> Graph {
    let left_out = before.left_out.max(after.left_out);
    let mut nodes: BTreeMap<Key, Node> = BTreeMap::new();
    let mut edges: BTreeMap<Between, Edge> = BTreeMap::new();
    for (graph, state) in [(before, State::Lost), (after, State::Gained)] {
        let keys: Vec<Key> = graph.nodes.iter().map(key).collect();
        for edge in graph.edges {
            let (Some(from), Some(to)) = (keys.get(edge.from), keys.get(edge.to)) else { continue };
            let between = (from.clone(), to.clone(), edge.label.clone(), edge.level.clone());
            let known = edges.entry(between).or_insert_with(|| Edge { state: Some(state), ..edge });
            // What is found on the side after and was there on the side before is there on both.
            if known.state == Some(State::Lost) && state == State::Gained {
                known.state = Some(State::Kept);
            }
        }
        for (key, node) in keys.into_iter().zip(graph.nodes) {
            nodes.entry(key).or_insert(node);
        }
    }
    let order: BTreeMap<&Key, usize> = nodes.keys().zip(0..).collect();
    let place = |((from, to, ..), edge): (&Between, &Edge)| {
        Some(Edge { from: *order.get(from)?, to: *order.get(to)?, ..edge.clone() })
    };
    let mut placed: Vec<Edge> = edges.iter().filter_map(place).collect();
    placed.sort();
    Graph { edges: placed, nodes: nodes.into_values().collect(), left_out }
}

fn key(node: &Node) -> Key {
    (node.company.clone(), node.thing.r#type.clone(), node.thing.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_model::result::Thing;

    fn graph(nodes: &[&str], edges: &[(usize, usize, &str)]) -> Graph {
        let node = |id: &&str| Node {
            company: String::new(),
            thing: Thing::new("Tool", *id, *id),
            count: 1,
            members: Vec::new(),
            details: Vec::new(),
            location: None,
        };
        let edge = |(from, to, label): &(usize, usize, &str)| Edge {
            from: *from,
            to: *to,
            label: (*label).to_owned(),
            level: None,
            because: String::new(),
            location: None,
            state: None,
        };
        Graph { nodes: nodes.iter().map(node).collect(), edges: edges.iter().map(edge).collect(), left_out: 0 }
    }

    #[test]
    fn an_edge_is_the_same_whatever_the_places_of_its_ends() {
        let before = graph(&["a", "c"], &[(0, 1, "reads"), (1, 0, "writes")]);
        let after = graph(&["a", "b", "c"], &[(0, 2, "reads"), (0, 1, "reads"), (2, 0, "reads")]);
        let both = merged(before, after);
        let name = |at: usize| both.nodes[at].thing.id.as_str();
        let described = |edge: &Edge| format!("{} {} {} {:?}", name(edge.from), edge.label, name(edge.to), edge.state);
        let described: Vec<String> = both.edges.iter().map(described).collect();
        assert_eq!(
            described,
            ["a reads b Some(Gained)", "a reads c Some(Kept)", "c reads a Some(Gained)", "c writes a Some(Lost)"]
        );
    }
}
