//! Accounts that must move together: whoever changes one, changes all.
//!
//! A secret and the destination of webhooks bind both ways, "after" one way; what is bound in a circle is one strongly
//! connected component. A shared permission template binds nobody: each replacement gets a template of its own.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Draft;
use super::map::Key;
use cutover_inventory::Inventory;
use cutover_model::escape;

/// Reasons that are told of one account.
const MAX_REASONS: usize = 10;

/// What two accounts can share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Secret(usize, String),
    Destination(usize, String),
}

/// Which accounts move together, and why.
#[derive(Debug, Default)]
pub(super) struct Couplings {
    /// Each a sorted list of indices into the drafts; accounts that are not moved stand alone.
    pub(super) groups: Vec<Vec<usize>>,
    /// Of each draft, why it is bound to others.
    pub(super) reasons: Vec<Vec<String>>,
}

/// The couplings of some drafts: what they share, and what the map file adds and cuts.
pub(super) fn couplings(inventory: &Inventory, drafts: &[Draft]) -> Couplings {
    let mut graph: DiGraph<usize, ()> = DiGraph::with_capacity(drafts.len(), drafts.len());
    let nodes: Vec<NodeIndex> = (0..drafts.len()).map(|index| graph.add_node(index)).collect();
    let mut reasons: Vec<Vec<String>> = vec![Vec::new(); drafts.len()];
    let index: BTreeMap<Key, usize> = drafts.iter().enumerate().map(|(index, draft)| (draft.key, index)).collect();
    let mut link = |one: usize, two: usize| {
        if let (Some(one), Some(two)) = (nodes.get(one), nodes.get(two)) {
            graph.add_edge(*one, *two, ());
        }
    };
    for (what, sharing) in sharing(inventory, drafts) {
        for (one, two) in pairs(&sharing, drafts, &index) {
            link(one, two);
            link(two, one);
            for (own, other) in [(one, two), (two, one)] {
                let name = drafts.get(other).map(|draft| escape::name(&draft.name)).unwrap_or_default();
                let reason = match what {
                    Shared::Secret(..) => format!("it shares its client id with {name}"),
                    Shared::Destination(..) => format!("its webhooks deliver to the same address as those of {name}"),
                };
                note(&mut reasons, own, reason);
            }
        }
    }
    for (at, draft) in drafts.iter().enumerate() {
        for before in draft.decision.after.iter().filter_map(|key| index.get(key)) {
            link(*before, at);
        }
        for coupling in &draft.decision.couplings {
            let Some(other) = index.get(&coupling.with).filter(|_| !coupling.cut) else { continue };
            if draft.moves() && drafts.get(*other).is_some_and(Draft::moves) {
                link(at, *other);
                note(&mut reasons, at, format!("the map file couples them: {}", escape::visible(&coupling.reason)));
            }
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
    Couplings { groups, reasons }
}

fn note(reasons: &mut [Vec<String>], account: usize, reason: String) {
    if let Some(own) = reasons.get_mut(account).filter(|own| own.len() < MAX_REASONS && !own.contains(&reason)) {
        own.push(reason);
    }
}

/// The pairs that bind all that share something, but for those that the map file cuts. A ring of neighbours binds as well as
/// every pair would; only an account with a cut is paired with each of the others.
fn pairs(sharing: &[usize], drafts: &[Draft], index: &BTreeMap<Key, usize>) -> Vec<(usize, usize)> {
    let cut_of = |account: &usize| -> BTreeSet<usize> {
        let couplings = drafts.get(*account).into_iter().flat_map(|draft| &draft.decision.couplings);
        couplings.filter(|coupling| coupling.cut).filter_map(|coupling| index.get(&coupling.with).copied()).collect()
    };
    let cuts: Vec<(usize, BTreeSet<usize>)> = sharing.iter().map(|account| (*account, cut_of(account))).collect();
    let is_cut = |cut: &BTreeSet<usize>| sharing.iter().any(|other| cut.contains(other));
    let ring: Vec<usize> = cuts.iter().filter(|(_, cut)| !is_cut(cut)).map(|(account, _)| *account).collect();
    let mut pairs: Vec<(usize, usize)> = ring.iter().copied().zip(ring.iter().copied().skip(1)).collect();
    for (account, cut) in cuts.iter().filter(|(_, cut)| is_cut(cut)) {
        pairs.extend(
            sharing.iter().filter(|other| *other != account && !cut.contains(other)).map(|other| (*account, *other)),
        );
    }
    pairs
}

fn sharing(inventory: &Inventory, drafts: &[Draft]) -> BTreeMap<Shared, Vec<usize>> {
    let mut sharing: BTreeMap<Shared, Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.moves()) {
        let (number, identity) = draft.key;
        let Some(company) = inventory.companies.get(number) else { continue };
        let secret = company.client_id(identity).map(|client| Shared::Secret(number, client.to_owned()));
        let hooks = draft.hooks.iter().filter_map(|hook| company.hooks.get(*hook)?.destination.value());
        let shared: BTreeSet<Shared> =
            secret.into_iter().chain(hooks.map(|url| Shared::Destination(number, url.clone()))).collect();
        for what in shared {
            sharing.entry(what).or_default().push(index);
        }
    }
    sharing
}
