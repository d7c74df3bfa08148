//! Names of tools as files write them: every template names the same ones, so what a name means is worked out once.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::tools::{Scope, Tool, Tools};
use cutover_secrets::json_text::escape_token;

/// What a name means.
#[derive(Debug)]
pub(super) struct Spelled {
    /// The tool.
    pub tool: Tool,
    /// Whether the table holds it.
    pub is_recognised: bool,
    /// Where it is in a record, as a JSON pointer.
    pub pointer: SmolStr,
}

/// The names that stand in one member of records.
#[derive(Debug)]
pub(super) struct Spellings<'t> {
    tools: &'t Tools,
    scope: Scope,
    member: &'static str,
    known: FxHashMap<SmolStr, Spelled>,
}

impl<'t> Spellings<'t> {
    pub(super) fn new(tools: &'t Tools, scope: Scope, member: &'static str) -> Self {
        Self { tools, scope, member, known: FxHashMap::default() }
    }

    /// Where the tools of these names live.
    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// What a name means.
    pub(super) fn of(&mut self, name: &SmolStr) -> &Spelled {
        let Self { tools, scope, member, .. } = *self;
        self.known.entry(name.clone()).or_insert_with(|| {
            let tool = tools.resolve(scope, name);
            let is_recognised = tools.recognises(&tool);
            Spelled { tool, is_recognised, pointer: format_smolstr!("{member}/{}", escape_token(name.as_str().into())) }
        })
    }
}
