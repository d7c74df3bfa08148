//! Accounts that must move together: whoever changes one, changes all.
//!
//! Sharing binds both ways, "after" one way; what is bound in a circle is one strongly connected component.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Draft;
use super::map::Key;
use cutover_inventory::Inventory;
use cutover_inventory::memberships::InForce;

/// What two accounts can share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Secret(usize, String),
    Template(usize, usize),
    Destination(usize, String),
}

/// The groups, each a sorted list of indices into the drafts; accounts that are not moved stand alone.
pub(super) fn groups(inventory: &Inventory, drafts: &[Draft]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<usize, ()> = DiGraph::with_capacity(drafts.len(), drafts.len());
    let nodes: Vec<NodeIndex> = (0..drafts.len()).map(|index| graph.add_node(index)).collect();
    let mut link = |one: usize, two: usize| {
        if let (Some(one), Some(two)) = (nodes.get(one), nodes.get(two)) {
            graph.add_edge(*one, *two, ());
        }
    };
    for sharing in sharing(inventory, drafts).into_values() {
        // A ring of neighbours binds as well as every pair would.
        for (one, two) in sharing.iter().zip(sharing.iter().skip(1)) {
            link(*one, *two);
            link(*two, *one);
        }
    }
    let index: BTreeMap<Key, usize> = drafts.iter().enumerate().map(|(index, draft)| (draft.key, index)).collect();
    for (at, draft) in drafts.iter().enumerate() {
        for before in draft.decision.after.iter().filter_map(|key| index.get(key)) {
            link(*before, at);
        }
    }
    let mut groups: Vec<Vec<usize>> = tarjan_scc(&graph)
        .into_iter()
        .map(|group| {
            let mut group: Vec<usize> = group.into_iter().filter_map(|node| graph.node_weight(node)).copied().collect();
            group.sort_unstable();
            group
        })
        .collect();
    groups.sort();
    groups
}

fn sharing(inventory: &Inventory, drafts: &[Draft]) -> BTreeMap<Shared, Vec<usize>> {
    let mut sharing: BTreeMap<Shared, Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.moves()) {
        let (number, identity) = draft.key;
        let Some(company) = inventory.companies.get(number) else { continue };
        let mut shared = Vec::new();
        if let Some(client) = company.client_id(identity) {
            shared.push(Shared::Secret(number, client.to_owned()));
        }
        let person = company.directory.identities.get(identity);
        let templates = company.memberships.of(identity).filter_map(|membership| match membership.in_force {
            InForce::Template(template) => Some(template),
            InForce::Blank | InForce::Unknown => None,
        });
        let of_company = person.and_then(|person| *person.company_template.value()?);
        shared.extend(templates.chain(of_company).map(|template| Shared::Template(number, template)));
        let hooks = draft.hooks.iter().filter_map(|hook| company.hooks.get(*hook)?.destination.value());
        shared.extend(hooks.map(|url| Shared::Destination(number, url.clone())));
        shared.sort();
        shared.dedup();
        for what in shared {
            sharing.entry(what).or_default().push(index);
        }
    }
    sharing
}
