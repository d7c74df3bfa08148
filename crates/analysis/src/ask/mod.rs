//! Questions about access: who can do what, through what, and what would change that.
//!
//! The answers are made of the inventory's effective access and of the access graph, and name the places in the export
//! that say so. What the export does not say is an answer of its own: unknown.

pub mod choke;
pub mod details;
pub mod document;
pub mod draw;
mod held;
pub mod names;
mod near_miss;
pub mod path;
pub mod reach;
pub mod states;
pub mod what_can;
pub mod who_can;
pub mod why;

pub(crate) use held::thing as thing_of;

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{places, tool_info};
use cutover_export::Export;
use cutover_inventory::Inventory;
use cutover_inventory::tools::Tools;
use cutover_model::diagnostic::Diagnostic;
use cutover_model::result::Thing;
use cutover_model::result::answer::{Answer, Entry, SCHEMA};
use cutover_model::result::graph::{Edge, Graph, Node};
use cutover_policy::org_overrides::Levels;

/// The most entries that an answer lists.
const MAX_LISTED: usize = 1000;

/// An export that is asked about.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What was read.
    pub export: &'a Export,
    /// What it means.
    pub inventory: Inventory,
    /// The tool table.
    pub tools: &'a Tools,
    /// What was remarked on while reading.
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Asked<'a> {
    /// Joins what was read.
    pub fn of(export: &'a Export, tools: &'a Tools) -> Self {
        let mut diagnostics = export.diagnostics.clone();
        let inventory = Inventory::build(export, tools, &mut diagnostics);
        Self { export, inventory, tools, diagnostics }
    }

    fn source(&self) -> document::Source<'_> {
        document::Source { export: self.export, inventory: &self.inventory, tools: self.tools }
    }

    /// An answer that says nothing yet.
    fn answer(&self, verb: &str, asked: Vec<Thing>) -> Answer {
        Answer {
            schema: SCHEMA.to_owned(),
            tool: tool_info(),
            verb: verb.to_owned(),
            asked,
            answer: String::new(),
            verdict: None,
            entries: Vec::new(),
            count: 0,
            totals: Vec::new(),
            not_known: 0,
            near_misses: Vec::new(),
            missing: Vec::new(),
            graph: Graph::default(),
            diagnostics: places::diagnostics(self.export, self.diagnostics.clone(), &Levels::default()),
        }
    }
}

/// The graph of the steps of some entries.
fn graph_of(entries: &[Entry]) -> Graph {
    let steps = || entries.iter().flat_map(|entry| entry.why.iter().map(|step| (entry.company.as_str(), step)));
    let things: BTreeSet<(&str, &Thing)> =
        steps().flat_map(|(company, step)| [(company, &step.from), (company, &step.to)]).collect();
    let order: BTreeMap<(&str, &Thing), usize> = things.iter().copied().zip(0..).collect();
    let edge = |(company, step): (&str, &cutover_model::result::audit::Step)| {
        Some(Edge {
            from: *order.get(&(company, &step.from))?,
            to: *order.get(&(company, &step.to))?,
            label: step.edge.clone(),
            level: None,
            because: step.because.clone(),
            location: step.location.clone(),
            state: None,
        })
    };
    let edges: BTreeSet<Edge> = steps().filter_map(edge).collect();
    let node = |(company, thing): &(&str, &Thing)| Node {
        company: (*company).to_owned(),
        thing: (*thing).clone(),
        count: 1,
        members: Vec::new(),
        details: Vec::new(),
        location: None,
    };
    Graph { nodes: things.iter().map(node).collect(), edges: edges.into_iter().collect(), left_out: 0 }
}

/// A name in a sentence.
fn named(thing: &Thing) -> String {
    cutover_model::escape::name(&thing.name)
}
