//! What leads from one thing to another, why, and which file says so.

use std::borrow::Cow;

use petgraph::graph::NodeIndex;

use super::AccessGraph;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::level::Level;

/// What leads from one node to another. Most of it is memberships, which may be a million: they take few bytes.
#[derive(Debug, Clone)]
pub enum Edge {
    /// An identity is a member of a project.
    Member(Origin),
    /// An identity is given a template on a project.
    GivenOn {
        /// The project.
        project: NodeIndex,
        /// The membership.
        said: Origin,
    },
    /// Anything else.
    Said(Box<Link>),
}

/// An edge in words.
#[derive(Debug, Clone)]
pub struct Link {
    /// "acts for", "is given", "grants Admin on", …
    pub(super) label: Cow<'static, str>,
    /// Why this is so, in a sentence.
    pub(super) because: Cow<'static, str>,
    /// Where the export states it.
    pub(super) evidence: Option<Evidence>,
    /// Whether access leads along it.
    pub(super) leads: Leads,
    /// The level, where it grants one or asks for one.
    pub(super) level: Option<Level>,
    /// The project in which it grants it, where that is not every one.
    pub(super) place: Option<NodeIndex>,
}

/// Where an edge leads whoever stands at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To what can be done from there.
    ToAccess,
    /// To what an app asks for, which nobody need have given.
    ToWishes,
    /// To something that has to do with it.
    Elsewhere,
}

/// What a manifest asks for explains a grant only where nothing else does: what is held lies nearer.
const ASKED: u32 = 100;

impl Edge {
    /// "acts for", "is given", "grants Admin on", …
    pub fn label(&self) -> &str {
        match self {
            Self::Member(_) => "is a member of",
            Self::GivenOn { .. } => "is given",
            Self::Said(link) => &link.label,
        }
    }

    /// Why this is so, in a sentence.
    pub fn because<'e>(&'e self, graph: &AccessGraph) -> Cow<'e, str> {
        match self {
            Self::Member(_) => "a membership list names it".into(),
            Self::GivenOn { project, .. } => {
                let name = graph.names.get(project.index()).map_or("", String::as_str);
                format!("it is its template on {name}").into()
            }
            Self::Said(link) => link.because.as_ref().into(),
        }
    }

    /// Where the export states it: the record, and the member of it.
    pub fn evidence(&self) -> Option<(Origin, &str)> {
        match self {
            Self::Member(said) | Self::GivenOn { said, .. } => Some((*said, "")),
            Self::Said(link) => link.evidence.as_ref().map(|evidence| (evidence.origin, evidence.member.as_ref())),
        }
    }

    /// Where it leads.
    pub fn leads(&self) -> Leads {
        match self {
            Self::Member(_) | Self::GivenOn { .. } => Leads::ToAccess,
            Self::Said(link) => link.leads,
        }
    }

    /// The level, where it grants one or asks for one.
    pub fn level(&self) -> Option<Level> {
        match self {
            Self::Member(_) | Self::GivenOn { .. } => None,
            Self::Said(link) => link.level,
        }
    }

    pub(super) fn cost(&self) -> u32 {
        if self.leads() == Leads::ToWishes { ASKED } else { 1 }
    }
}
