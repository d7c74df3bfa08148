//! The levels of templates and of answers, tool by tool.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::spelling::{Spelled, Spellings};
use super::tools::{Tool, Tools};
use cutover_export::Read;
use cutover_export::field::{Field, LevelText, Named};
use cutover_export::records::PermissionTemplate;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::level::Level;
use cutover_secrets::json_text::escape_token;

/// Granular permissions, by name.
pub type Granular = Arc<BTreeSet<SmolStr>>;

/// A level on a tool and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenLevel {
    /// The level; `None` when it could not be read.
    pub level: Option<Level>,
    /// Granular permissions on top; `None` when the export does not say.
    pub granular: Option<Granular>,
    /// Where it is written.
    pub evidence: Evidence,
}

/// The levels of a template or an answer, by tool.
pub type Levels = BTreeMap<Tool, GivenLevel>;

/// Whether two records of one template give different levels.
pub(super) fn differ(one: &Levels, two: &Levels) -> bool {
    let plain = |levels: &Levels| -> Vec<(Tool, Option<Level>)> {
        levels.iter().map(|(tool, given)| (tool.clone(), given.level)).collect()
    };
    plain(one) != plain(two)
}

/// The levels that a record of a template gives; `None` when it lists the template without them.
pub(super) fn of_template(
    read: &Read<PermissionTemplate>,
    tools: &Tools,
    spellings: &mut Spellings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Levels> {
    let given = read.value.user_access_levels.value()?;
    let mut levels = named_levels(given, spellings, read.origin, diagnostics);
    if let Some(permissions) = read.value.permissions.value() {
        let none = Granular::default();
        for given in levels.values_mut() {
            given.granular = Some(none.clone());
        }
        for (name, granular) in &permissions.0 {
            let tool = tools.resolve(spellings.scope(), name);
            let evidence = Evidence::new(read.origin, format!("permissions/{}", escape_token(name.as_str().into())));
            let given = levels.entry(tool).or_insert(GivenLevel { level: Some(Level::None), granular: None, evidence });
            given.granular = granular.value().map(|granular| Arc::new(granular.0.clone()));
        }
    }
    Some(levels)
}

/// Reads an object of levels by tool.
fn named_levels(
    named: &Named<LevelText>,
    spellings: &mut Spellings<'_>,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Levels {
    let scope = spellings.scope();
    let mut all: Vec<(Tool, GivenLevel)> = Vec::with_capacity(named.0.len());
    for (name, field) in &named.0 {
        let Spelled { tool, is_recognised, pointer } = spellings.of(name);
        let level = read_level(field, origin, pointer, diagnostics);
        if !is_recognised {
            let message = format!("`{name}` is not in the table of {scope} tools; it is kept under that name");
            diagnostics.push(Diagnostic::new(Code::UnknownTool, Place::Member(origin, pointer.to_string()), message));
        }
        let evidence = Evidence { origin, member: pointer.clone() };
        all.push((tool.clone(), GivenLevel { level, granular: None, evidence }));
    }
    // Names of one tool keep their order. A map that is made of what is sorted has no gaps.
    all.sort_by(|(one, _), (two, _)| one.cmp(two));
    all.dedup_by(|(tool, given), (known, level)| {
        let same = tool == known;
        if same {
            merge(level, tool, given, diagnostics);
        }
        same
    });
    all.into_iter().collect()
}

/// Adds a level.
pub(super) fn give(levels: &mut Levels, tool: Tool, given: GivenLevel, diagnostics: &mut Vec<Diagnostic>) {
    match levels.get_mut(&tool) {
        Some(known) => merge(known, &tool, &given, diagnostics),
        None => {
            levels.insert(tool, given);
        }
    }
}

/// Hears another level of a tool. Two names of one tool that disagree make it unknown, whatever their order.
fn merge(known: &mut GivenLevel, tool: &Tool, given: &GivenLevel, diagnostics: &mut Vec<Diagnostic>) {
    if known.level == given.level {
        known.granular = match (known.granular.take(), &given.granular) {
            (Some(known), Some(given)) if known != *given => Some(Arc::new(known.union(given).cloned().collect())),
            (known, given) => known.or_else(|| given.clone()),
        };
        return;
    }
    let place = Place::Member(given.evidence.origin, given.evidence.member.to_string());
    let message = format!("another name of {tool} has a different level; the level is unknown");
    diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
    known.level = None;
}

/// Reads a level as written; null means none.
pub(super) fn read_level(
    field: &Field<LevelText>,
    origin: Origin,
    pointer: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Level> {
    match field {
        Field::Null => Some(Level::None),
        Field::Is(LevelText(text)) => {
            let level = Level::parse(text);
            if level.is_none() {
                let message = format!(
                    "`{text}` is not a level: expected None, Read Only, Standard or Admin; it is treated as unknown"
                );
                diagnostics.push(Diagnostic::new(
                    Code::UnknownLevel,
                    Place::Member(origin, pointer.to_owned()),
                    message,
                ));
            }
            level
        }
        Field::Missing | Field::Wrong => None,
    }
}
