//! The access graph, built when a violation first needs it.

use std::ops::Deref;
use std::sync::OnceLock;

use super::AccessGraph;
use crate::Inventory;
use crate::tools::Tools;

/// The access graph of an inventory, for findings of which perhaps none is reported.
#[derive(Debug)]
pub struct LazyGraph<'i> {
    built: OnceLock<AccessGraph>,
    /// What it is built from; `None` where it is built already.
    source: Option<(&'i Inventory, &'i Tools)>,
}

impl<'i> LazyGraph<'i> {
    /// A graph that is built when it is first needed.
    pub fn of(inventory: &'i Inventory, tools: &'i Tools) -> Self {
        Self { built: OnceLock::new(), source: Some((inventory, tools)) }
    }
}

impl From<AccessGraph> for LazyGraph<'_> {
    fn from(graph: AccessGraph) -> Self {
        Self { built: OnceLock::from(graph), source: None }
    }
}

impl Deref for LazyGraph<'_> {
    type Target = AccessGraph;

    fn deref(&self) -> &AccessGraph {
        let build = |(inventory, tools)| AccessGraph::build(inventory, tools);
        self.built.get_or_init(|| self.source.map(build).unwrap_or_default())
    }
}
