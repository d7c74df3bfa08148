//! A part of the access graph, as reports draw it and `cutover graph` answers: who can reach what, through which edges, and
//! which file says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Thing};

/// Nodes and the edges between them. An edge names its ends by their places in `nodes`, from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Graph {
    /// In the order of company, type and id.
    pub nodes: Vec<Node>,
    /// In the order of their ends.
    pub edges: Vec<Edge>,
    /// Service identities that are left out, because a graph of all of them is too large; `cutover graph --around` draws
    /// each.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Something that access leads from, through or to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// The company it is in, by name: as violations give it.
    pub company: String,
    /// What it is. `Projects` stands for several projects with one template in force for one identity, `Administrators` for
    /// whoever administers the company; all other types are
    /// those of the policies, and `Developer`, `Installation` and `Template`.
    #[serde(flatten)]
    pub thing: Thing,
    /// For how many things it stands: 1, and more for a group.
    pub count: usize,
    /// Those it stands for, if it is a group: the first thousand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Thing>,
    /// What else the export says of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Where the export describes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// One thing that the export says of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Detail {
    /// What it is: `e-mail`, `company template`, `last used`.
    pub name: String,
    /// Its value, in words.
    pub value: String,
    /// Where the export states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// One step of access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// The node it leads from, by its place.
    pub from: usize,
    /// The node it leads to, by its place.
    pub to: usize,
    /// What it is: `acts for`, `is given`, `grants Admin on`.
    pub label: String,
    /// The level, where it grants one or asks for one: `none`, `read_only`, `standard`, `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Why it is so, in a sentence.
    pub because: String,
    /// Where the export states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What a plan does to it; none outside of plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
}

/// What a plan does to an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is there before and after.
    Kept,
    /// It is there before only.
    Lost,
    /// It is there after only.
    Gained,
}
