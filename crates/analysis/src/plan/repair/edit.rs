//! One thing that an administrator can do about access, and what it is like once that is done.
//!
//! An edit only ever lowers. Several of them done together give the same whatever their order: the lowest level counts.
//! The inventory is changed in place and put back afterwards, for it may be too large to copy.

use std::collections::{BTreeMap, BTreeSet};

use super::loss::Holders;
use cutover_export::field::Id;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::levels::{GivenLevel, Granular, Levels};
use cutover_inventory::memberships::{InForce, Membership, ProjectIx};
use cutover_inventory::templates::{Template, TemplateIx};
use cutover_inventory::tools::{Scope, Tool};
use cutover_inventory::{Company, ObservedTools};
use cutover_model::known::Known;
use cutover_model::level::Level;

/// Ids of templates that a repair makes up lie above those of Procore.
const FIRST_INVENTED_ID: u64 = 1 << 62;

/// A change to access. The order is that of the result where nothing else decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edit {
    /// Lowers a tool in a template, for everybody who has it. To the level it has, it takes the granular permissions.
    Lower { template: TemplateIx, tool: Tool, to: Level },
    /// Gives an identity a copy of a template of its own, in which a tool may be lower.
    Own { identity: IdentityIx, template: TemplateIx, lowered: Option<(Tool, Level)> },
    /// Lowers a level that an identity has by itself, in the company or on a project.
    Level { identity: IdentityIx, project: Option<ProjectIx>, tool: Tool, to: Level },
    /// Takes an identity off a project.
    Leave { identity: IdentityIx, project: ProjectIx },
    /// Takes a right that stands on the identity itself.
    Clear { identity: IdentityIx, right: Right },
}

/// A right that no level tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right {
    /// To create projects.
    CreateProjects,
    /// To be added to every new project.
    NewProjects,
}

/// What was there before.
#[derive(Debug, Default)]
pub(super) struct Before {
    levels: Vec<(TemplateIx, Known<Levels>)>,
    observed: Vec<((Id, Option<Id>), ObservedTools)>,
    memberships: Vec<(IdentityIx, Vec<Membership>)>,
    identities: Vec<(IdentityIx, Identity)>,
    templates: usize,
}

/// Does edits; returns what is needed to take them back. `holders` are those of before.
pub(super) fn do_edits<'e>(company: &mut Company, edits: impl Iterator<Item = &'e Edit>, holders: &Holders) -> Before {
    let mut before = Before { templates: company.templates.all.len(), ..Before::default() };
    let mut copies: BTreeMap<(IdentityIx, TemplateIx), TemplateIx> = BTreeMap::new();
    let mut edits: Vec<&Edit> = edits.collect();
    // What is done to a template is done before anybody gets a copy of it.
    edits.sort();
    for edit in edits {
        match edit {
            Edit::Lower { template, tool, to } => {
                let none = BTreeSet::new();
                lower(company, *template, holders.get(template).unwrap_or(&none), (tool, *to), &mut before);
            }
            Edit::Own { identity, template, lowered } => {
                let known = copies.get(&(*identity, *template)).copied();
                let copy = known.or_else(|| own_copy(company, *identity, *template, &mut before));
                let Some(copy) = copy else { continue };
                copies.insert((*identity, *template), copy);
                if let Some((tool, to)) = lowered {
                    lower(company, copy, &BTreeSet::from([*identity]), (tool, *to), &mut before);
                }
            }
            Edit::Level { identity, project, tool, to } => {
                let at = project.and_then(|project| company.projects.get(project)).and_then(|project| project.id);
                let id = company.directory.identities.get(*identity).and_then(|identity| identity.id);
                if let Some(id) = id.filter(|_| project.is_none() || at.is_some()) {
                    lower_observed(company, (id, at), tool, *to, &mut before);
                }
            }
            Edit::Leave { identity, project } => {
                let all: Vec<Membership> = company.memberships.of(*identity).collect();
                let rest = all.iter().filter(|membership| membership.project != *project).cloned().collect();
                before.memberships.push((*identity, all));
                company.memberships.replace(*identity, rest);
            }
            Edit::Clear { identity, right } => {
                let Some(person) = company.directory.identities.get_mut(*identity) else { continue };
                before.identities.push((*identity, person.clone()));
                let said = match right {
                    Right::CreateProjects => &mut person.creates_projects,
                    Right::NewProjects => &mut person.adds_to_new_projects,
                };
                *said = said.map(|_| false);
            }
        }
    }
    before
}

/// Takes edits back.
pub(super) fn undo(company: &mut Company, before: Before) {
    for (index, identity) in before.identities.into_iter().rev() {
        if let Some(place) = company.directory.identities.get_mut(index) {
            *place = identity;
        }
    }
    for (identity, memberships) in before.memberships.into_iter().rev() {
        company.memberships.replace(identity, memberships);
    }
    company.observed.extend(before.observed.into_iter().rev());
    for (index, levels) in before.levels.into_iter().rev() {
        if let Some(template) = company.templates.all.get_mut(index) {
            template.levels = levels;
        }
    }
    company.templates.all.truncate(before.templates);
}

/// Lowers a tool in a template, and where Procore answered just what the template says of its holders, in the answer.
fn lower(
    company: &mut Company,
    index: TemplateIx,
    holders: &BTreeSet<IdentityIx>,
    (tool, to): (&Tool, Level),
    before: &mut Before,
) {
    let Some(template) = company.templates.all.get_mut(index) else { return };
    let Some(levels) = template.levels.value() else { return };
    let Some(given) = levels.get(tool) else { return };
    let (level, mut lowered) = (given.level, levels.clone());
    lower_in(&mut lowered, tool, to);
    before.levels.push((index, template.levels.clone()));
    template.levels = template.levels.map(|_| lowered.clone());
    for place in answered_as(company, index, holders, tool, level) {
        lower_observed(company, place, tool, to, before);
    }
}

/// The answers of Procore that give its holders what a template gives, where it is in force.
fn answered_as(
    company: &Company,
    template: TemplateIx,
    holders: &BTreeSet<IdentityIx>,
    tool: &Tool,
    level: Option<Level>,
) -> Vec<(Id, Option<Id>)> {
    let mut out = Vec::new();
    for index in holders {
        let Some(identity) = company.directory.identities.get(*index) else { continue };
        // An id that two have is that of the one the directory finds by it.
        let Some(id) = identity.id.filter(|id| company.directory.by_id(*id) == Some(*index)) else { continue };
        if tool.scope == Scope::Company {
            let in_force = identity.company_template.value() == Some(&Some(template));
            out.extend(in_force.then_some((id, None)));
            continue;
        }
        let there = company.memberships.of(*index).filter(|one| one.in_force == InForce::Template(template));
        let projects = there.filter_map(|membership| company.projects.get(membership.project)?.id);
        out.extend(projects.map(|project| (id, Some(project))));
    }
    let alike = |place: &(Id, Option<Id>)| {
        let given = company.observed.get(place).and_then(|levels| levels.get(tool));
        given.is_some_and(|given| given.level == level)
    };
    out.retain(alike);
    out
}

/// Whether a template in force gives a tool the level that an answer of Procore gives: then it comes from there.
pub(super) fn comes_from_template(company: &Company, template: Option<TemplateIx>, tool: &Tool, level: Level) -> bool {
    let levels = template.and_then(|template| company.templates.get(template)?.levels.value());
    levels.and_then(|levels| levels.get(tool)).is_some_and(|given| given.level == Some(level))
}

fn lower_observed(company: &mut Company, place: (Id, Option<Id>), tool: &Tool, to: Level, before: &mut Before) {
    let Some(levels) = company.observed.get_mut(&place) else { return };
    before.observed.push((place, levels.clone()));
    lower_in(levels, tool, to);
}

/// Gives an identity a copy of a template wherever it has that template.
fn own_copy(company: &mut Company, index: IdentityIx, template: TemplateIx, before: &mut Before) -> Option<TemplateIx> {
    let copied = company.templates.get(template)?.clone();
    let identity = company.directory.identities.get_mut(index)?;
    before.identities.push((index, identity.clone()));
    let name = format!("{} of {}", copied.label(), identity.name);
    let id = Id(FIRST_INVENTED_ID + company.templates.all.len() as u64);
    let copy = company.templates.add(Template { id: Some(id), name, ..copied });
    for place in [&mut identity.company_template, &mut identity.default_template] {
        if place.value() == Some(&Some(template)) {
            *place = place.map(|_| Some(copy));
        }
    }
    let all: Vec<Membership> = company.memberships.of(index).collect();
    let mut own = all.clone();
    for membership in &mut own {
        if membership.in_force == InForce::Template(template) {
            membership.in_force = InForce::Template(copy);
        }
    }
    before.memberships.push((index, all));
    company.memberships.replace(index, own);
    Some(copy)
}

/// Lowers a tool to a level at the most; granular permissions on top are gone then.
fn lower_in(levels: &mut BTreeMap<Tool, GivenLevel>, tool: &Tool, to: Level) {
    if let Some(given) = levels.get_mut(tool)
        && given.level.is_some_and(|level| level >= to)
    {
        given.level = Some(to);
        given.granular = Some(Granular::default());
    }
}
