//! What must come before what: the nodes, groups and edges that Mermaid and Graphviz draw.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::words;
use crate::text::counted;
use cutover_model::result::plan::{Account, Plan, Status};
use cutover_model::result::repair::Repair;
use cutover_model::result::{Party, Thing};

/// Plans of more accounts are drawn account by account, not step by step.
const STEP_BY_STEP: usize = 60;

/// A drawing. Its ids are its own; labels are as in the plan, and each format escapes them.
#[derive(Debug)]
pub(super) struct Drawing {
    /// What is drawn, for a comment.
    pub(super) about: String,
    pub(super) groups: Vec<Group>,
    pub(super) edges: BTreeSet<Edge>,
}

/// Nodes in a box.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) nodes: Vec<Node>,
}

/// A step, or an account.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: String,
    /// Its lines.
    pub(super) label: Vec<String>,
    /// What colours it: the party of a step, the status of an account.
    pub(super) class: Class,
}

/// What a node is coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Customer,
    Developer,
    Platform,
    /// It needs attention first: a step that is overdue, an account that is blocked or needs a decision.
    Alarm,
}

impl Class {
    /// Every class.
    pub(super) const ALL: [Self; 4] = [Self::Customer, Self::Developer, Self::Platform, Self::Alarm];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Developer => "developer",
            Self::Platform => "platform",
            Self::Alarm => "alarm",
        }
    }

    /// The colour that fills it.
    pub(super) fn fill(self) -> &'static str {
        match self {
            Self::Customer => "#dbeafe",
            Self::Developer => "#dcfce7",
            Self::Platform => "#ede9fe",
            Self::Alarm => "#fee2e2",
        }
    }
}

/// From one node to another, by their ids.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// Whether the one comes before the other; otherwise they go together.
    pub(super) before: bool,
}

impl Drawing {
    pub(super) fn of(plan: &Plan) -> Self {
        if let Some(repair) = &plan.repair {
            return Self::of_repair(plan, repair);
        }
        if plan.accounts.len() > STEP_BY_STEP { Self::of_accounts(plan) } else { Self::of_steps(plan) }
    }

    /// The edits, each with the day it is planned for; none waits for another.
    fn of_repair(plan: &Plan, repair: &Repair) -> Self {
        let nodes = repair.edits.iter().enumerate().map(|(index, edit)| {
            let step = &edit.step;
            let days = words::period(step.earliest, step.ends);
            Node { id: format!("s{}", index + 1), label: vec![step.action.clone(), days], class: of_party(step.party) }
        });
        let nodes: Vec<Node> = nodes.collect();
        let about = format!("The edits of a repair as of {}", plan.as_of);
        let groups = vec![Group { id: "a1".to_owned(), label: "Repair".to_owned(), nodes }];
        Self {
            about,
            groups: groups.into_iter().filter(|group| !group.nodes.is_empty()).collect(),
            edges: BTreeSet::new(),
        }
    }

    fn of_steps(plan: &Plan) -> Self {
        let mut ids = BTreeMap::new();
        let mut groups = Vec::new();
        for account in plan.accounts.iter().filter(|account| !account.steps.is_empty()) {
            let mut nodes = Vec::new();
            for step in &account.steps {
                let id = format!("s{}", ids.len() + 1);
                ids.insert(step.id.as_str(), id.clone());
                let class = match step.party {
                    party if !step.overdue => of_party(party),
                    _ => Class::Alarm,
                };
                let label = vec![
                    step.kind.clone(),
                    words::party(step.party).to_owned(),
                    words::period(step.earliest, step.ends),
                ];
                nodes.push(Node { id, label, class });
            }
            groups.push(Group { id: format!("a{}", groups.len() + 1), label: account.account.name.to_string(), nodes });
        }
        let steps = plan.accounts.iter().flat_map(|account| &account.steps);
        let edges = steps.flat_map(|step| {
            let ids = &ids;
            let to = ids.get(step.id.as_str());
            step.after.iter().filter_map(move |after| {
                Some(Edge { from: ids.get(after.as_str())?.clone(), to: to?.clone(), before: true })
            })
        });
        let about = format!("The steps of {}, as of {}", counted(plan.accounts.len(), "account"), plan.as_of);
        Self { about, edges: edges.collect(), groups }
    }

    fn of_accounts(plan: &Plan) -> Self {
        let mut waves: BTreeMap<Option<usize>, Vec<Node>> = BTreeMap::new();
        for (index, account) in plan.accounts.iter().enumerate() {
            let class = match account.status {
                Status::Decide | Status::Blocked => Class::Alarm,
                Status::Ready | Status::Retire | Status::Done => Class::Customer,
            };
            let label = vec![account.account.name.to_string(), words::status(account.status).to_owned()];
            waves.entry(account.wave).or_default().push(Node { id: node(index), label, class });
        }
        let group = |(wave, nodes): (Option<usize>, Vec<Node>)| match wave {
            Some(wave) => Group { id: format!("w{wave}"), label: format!("Wave {wave}"), nodes },
            None => Group { id: "w0".to_owned(), label: "In no wave".to_owned(), nodes },
        };
        let about = format!(
            "{}, as of {}: too many to draw their steps, so this draws the accounts, and which depend on each other",
            counted(plan.accounts.len(), "account"),
            plan.as_of
        );
        Self { about, groups: waves.into_iter().map(group).collect(), edges: between(&plan.accounts) }
    }
}

fn of_party(party: Party) -> Class {
    match party {
        Party::Customer => Class::Customer,
        Party::Developer => Class::Developer,
        Party::Platform => Class::Platform,
    }
}

fn node(index: usize) -> String {
    format!("a{}", index + 1)
}

/// The edges between accounts. Of accounts that move together each is joined to the next, not to all the others.
fn between(accounts: &[Account]) -> BTreeSet<Edge> {
    let key = |account: &Account| (account.company.clone(), account.account.id.clone());
    let places: BTreeMap<(String, SmolStr), usize> =
        accounts.iter().enumerate().map(|(index, account)| (key(account), index)).collect();
    let owners: BTreeMap<&str, usize> = accounts
        .iter()
        .enumerate()
        .flat_map(|(index, account)| account.steps.iter().map(move |step| (step.id.as_str(), index)))
        .collect();
    let mut edges = BTreeSet::new();
    for (index, account) in accounts.iter().enumerate() {
        let place = |other: &Thing| places.get(&(account.company.clone(), other.id.clone())).copied();
        let together: Vec<usize> = account.moves_with.iter().filter_map(place).collect();
        let next = together.iter().filter(|other| **other > index).min();
        // A long list names the first only, so the last ones have nobody to be joined to but those.
        let nearest = next.or_else(|| together.iter().filter(|other| **other < index).max());
        if let Some(other) = nearest {
            edges.insert(Edge { from: node(index.min(*other)), to: node(index.max(*other)), before: false });
        }
        let after = account.steps.iter().flat_map(|step| &step.after);
        for owner in after.filter_map(|step| owners.get(step.as_str())).filter(|owner| **owner != index) {
            edges.insert(Edge { from: node(*owner), to: node(index), before: true });
        }
    }
    edges
}
