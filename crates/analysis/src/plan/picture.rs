//! The access graph of a plan: what each account and its replacement reach before the plan and after it.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;
use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::Draft;
use super::apply::FIRST_INVENTED_ID;
use crate::ask::document::{MAX_EDGES, Part, Source};
use crate::ask::states::merged;
use cutover_inventory::Inventory;
use cutover_inventory::apps::AppIx;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::{About, AccessGraph, Gathered, View};
use cutover_inventory::memberships::ProjectIx;
use cutover_model::result::graph::{Edge, Graph, Node, State};

/// Why an edge is there that the export does not have.
const PLANNED: &str = "the plan makes it so";

/// Identities, by company.
type Identities = BTreeSet<(usize, IdentityIx)>;

/// A membership, by company.
type Member = (usize, IdentityIx, ProjectIx);

/// A picture of the accounts of a plan.
pub(super) struct Picture {
    graph: AccessGraph,
    /// Where each account, its apps and their users stand.
    subjects: Vec<Vec<NodeIndex>>,
    /// Who belongs to what.
    members: FxHashSet<Member>,
}

impl Picture {
    /// Draws it of an inventory as it is. Projects that were not in an earlier picture of the same are set apart.
    pub(super) fn of(source: Source<'_>, drafts: &[Draft], earlier: Option<&Self>) -> Self {
        let concerned: Vec<Identities> = drafts.iter().map(|draft| concerned(source.inventory, draft)).collect();
        let all: Identities = concerned.iter().flatten().copied().collect();
        let shows = |company, identity| all.contains(&(company, identity));
        let gathers = |company, identity, project| match earlier {
            Some(earlier) if !earlier.members.contains(&(company, identity, project)) => Gathered::Marked("gained"),
            _ => Gathered::Together,
        };
        let graph = AccessGraph::picture(source.inventory, source.tools, &View { shows: &shows, gathers: &gathers });
        let of_draft = |(draft, identities): (&Draft, &Identities)| {
            let apps = apps(draft).map(|app| (draft.key.0, About::App(app)));
            let identities = identities.iter().map(|(company, identity)| (*company, About::Identity(*identity)));
            identities.chain(apps).filter_map(|(company, about)| find_about(&graph, company, source, &about)).collect()
        };
        let subjects = drafts.iter().zip(&concerned).map(of_draft).collect();
        let members = all.iter().flat_map(|(company, identity)| {
            let memberships = source.inventory.companies.get(*company).map(|company| company.memberships.of(*identity));
            memberships.into_iter().flatten().map(|membership| (*company, *identity, membership.project))
        });
        let members = members.collect();
        Self { graph, subjects, members }
    }

    /// What is to be told of it. Half of what a result holds is left for the other side.
    pub(super) fn part(&self, source: Source<'_>) -> Part<'_> {
        Part::of(&self.graph, source, &self.subjects, MAX_EDGES / 2)
    }
}

/// The node of something in a graph.
fn find_about(graph: &AccessGraph, company: usize, source: Source<'_>, about: &About) -> Option<NodeIndex> {
    graph.find(&about.node(company, source.inventory.companies.get(company)?, source.tools))
}

fn apps(draft: &Draft) -> impl Iterator<Item = AppIx> {
    draft.app.into_iter().chain(draft.former_app)
}

/// An account, and the users of its apps.
fn concerned(inventory: &Inventory, draft: &Draft) -> Identities {
    let (number, account) = draft.key;
    let company = inventory.companies.get(number);
    let users =
        apps(draft).flat_map(|app| company.into_iter().flat_map(move |company| company.directory.users_of(app)));
    users.chain([account]).map(|identity| (number, identity)).collect()
}

/// Both sides as one graph, of the accounts that fit on both.
pub(super) fn describe(source: Source<'_>, drafts: &[Draft], mut before: Part<'_>, after: &Picture) -> Graph {
    let mut after = after.part(source);
    let fits = before.fits().min(after.fits());
    before.truncate(fits);
    after.truncate(fits);
    let (before, mut after) = (before.describe(source.export), after.describe(source.export));
    after.nodes.iter_mut().for_each(name_made_up);
    let known: BTreeSet<(String, SmolStr, SmolStr)> = before.nodes.iter().map(key).collect();
    for node in after.nodes.iter_mut().filter(|node| !known.contains(&key(node))) {
        // Of what the plan makes no file says anything.
        if matches!(node.thing.r#type.as_str(), "ManagedAccount" | "Installation") {
            node.location = None;
            node.details.iter_mut().for_each(|detail| detail.location = None);
        }
    }
    let mut both = merged(before, after);
    for edge in both.edges.iter_mut().filter(|edge| edge.state == Some(State::Gained)) {
        (edge.because, edge.location) = (PLANNED.to_owned(), None);
    }
    let replaced: Vec<Edge> = drafts.iter().flat_map(|draft| replaced(source, draft, &both)).collect();
    both.edges.extend(replaced);
    both.edges.sort();
    both
}

/// From an account to what stands in its place afterwards: the users of its app, or the app while it has none.
fn replaced(source: Source<'_>, draft: &Draft, graph: &Graph) -> Vec<Edge> {
    let (number, account) = draft.key;
    let (Some(app), Some(company)) = (draft.app, source.inventory.companies.get(number)) else { return Vec::new() };
    if !draft.moves() {
        return Vec::new();
    }
    let place = |about: About| {
        let (node, name) = about.describe(number, company, source.tools);
        let id = if is_made_up(&node.id) && node.kind == "ManagedAccount" { name.into() } else { node.id };
        let is_it = |described: &Node| {
            described.company == company.name && described.thing.r#type == node.kind && described.thing.id == id
        };
        graph.nodes.iter().position(is_it)
    };
    let users: Vec<usize> = company
        .directory
        .users_of(app)
        .filter(|user| *user != account)
        .filter_map(|user| place(About::Identity(user)))
        .collect();
    let to = if users.is_empty() { place(About::App(app)).into_iter().collect() } else { users };
    let edge = |(from, to)| Edge {
        from,
        to,
        label: "is replaced by".to_owned(),
        level: None,
        because: PLANNED.to_owned(),
        location: None,
        state: Some(State::Gained),
    };
    place(About::Identity(account))
        .into_iter()
        .flat_map(|from| to.iter().map(move |to| (from, *to)))
        .map(edge)
        .collect()
}

/// Whether a number is one that the plan made up.
fn is_made_up(number: &str) -> bool {
    number.parse().is_ok_and(|number: u64| number >= FIRST_INVENTED_ID)
}

fn key(node: &Node) -> (String, SmolStr, SmolStr) {
    (node.company.clone(), node.thing.r#type.clone(), node.thing.id.clone())
}

/// The number of a user that the plan makes up says nothing to anybody: its name identifies it.
fn name_made_up(node: &mut Node) {
    let (number, rest) = match node.thing.id.split_once('/') {
        Some((number, rest)) => (number, format!("/{rest}")),
        None => (node.thing.id.as_str(), String::new()),
    };
    if is_made_up(number) {
        node.thing.id = match node.thing.r#type.as_str() {
            "ManagedAccount" => node.thing.name.clone(),
            _ => format_smolstr!("planned{rest}"),
        };
    }
}
