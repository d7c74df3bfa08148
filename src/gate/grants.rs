//! What identities may do: grants and memberships, before a change and after it.
//!
//! Most members of a project have one of a few templates, so that what became of their grants is worked out once for
//! every pair of templates. What one side does not know is no change.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Both, Change, Direction, Object, Places, Sort, Subject, direction};
use super::pairs::Pairs;
use crate::export::document::Evidence;
use crate::export::kind::Kind;
use crate::inventory::Company;
use crate::inventory::access::Grant;
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::memberships::{InForce, Membership, ProjectIx};
use crate::inventory::tools::{Scope, Tool, Tools};

/// What changed for every identity.
pub(super) fn changes(before: &Company, after: &Company, pairs: &Pairs, tools: &Tools) -> Vec<Change> {
    let comparison = Comparison { before, after, pairs, tools };
    let mut out = Vec::new();
    for identity in &pairs.identities {
        comparison.company(*identity, &mut out);
        comparison.projects(*identity, true, &mut out);
    }
    for identity in &pairs.unlisted {
        comparison.projects(*identity, false, &mut out);
    }
    out
}

/// A level that is known, and what it comes through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    level: Level,
    granular: Option<u64>,
    through: Option<&'static str>,
    evidence: Option<Evidence>,
}

/// What somebody holds on a tool who holds nothing.
const NOTHING: Held = Held { level: Level::None, granular: Some(0), through: None, evidence: None };

/// What is held on each tool; `None` where nobody knows.
struct Holding {
    held: BTreeMap<Tool, Option<Held>>,
    /// Whether it is known that there is no other access: the identity is not there, or not in the project.
    nothing: bool,
}

impl Holding {
    fn nothing() -> Self {
        Self { held: BTreeMap::new(), nothing: true }
    }

    fn of(company: &Company, identity: IdentityIx, grants: Vec<Grant>) -> Self {
        let known = |grant: Grant| {
            let level = grant.level.filter(|_| !company.may_be_raised(identity, &grant));
            let held = level.map(|level| Held {
                level,
                granular: grant.granular,
                through: grant.through.id(),
                evidence: Some(grant.evidence),
            });
            (grant.tool, held)
        };
        Self { held: grants.into_iter().map(known).collect(), nothing: false }
    }

    fn on(&self, tool: &Tool) -> Option<Held> {
        match self.held.get(tool) {
            Some(held) => held.clone(),
            None => self.nothing.then_some(NOTHING),
        }
    }
}

/// What became of one grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    tool: Tool,
    before: Held,
    after: Held,
}

impl Step {
    /// What tells it from other steps of an identity: it is the same step in every project.
    fn key(&self) -> (Tool, Level, Level, Both<&'static str>, Option<u64>, Option<u64>) {
        let through = Both { before: self.before.through, after: self.after.through };
        (self.tool.clone(), self.before.level, self.after.level, through, self.before.granular, self.after.granular)
    }

    fn change(self, identity: Both<IdentityIx>, projects: Vec<Both<ProjectIx>>) -> Option<Change> {
        let through = Both { before: self.before.through, after: self.after.through };
        let said = Places { before: self.before.evidence, after: self.after.evidence };
        let granular = (self.before.granular, self.after.granular);
        let (levels, sort) = ((self.before.level, self.after.level), Sort::Grant);
        let change = match (direction(levels.0, levels.1), granular) {
            (Some(direction), _) => Change::of(sort, direction, Subject::Identity(identity), said),
            (None, (Some(before), Some(after))) if before != after && levels.0 != Level::Admin => {
                let direction = if after > before { Direction::Raised } else { Direction::Lowered };
                let words = |count: u64| Some(format!("{} with {count} granular permissions", levels.0));
                let mut change = Change::of(sort, direction, Subject::Identity(identity), said);
                change = change.saying("granular", words(before), words(after));
                change.object = Object::Tool(self.tool);
                return Some(Change { through, projects, ..change });
            }
            _ => return None,
        };
        Some(Change { through, projects, ..change.on(self.tool, levels.0, levels.1) })
    }
}

struct Comparison<'a> {
    before: &'a Company,
    after: &'a Company,
    pairs: &'a Pairs,
    tools: &'a Tools,
}

impl Comparison<'_> {
    fn company(&self, identity: Both<IdentityIx>, out: &mut Vec<Change>) {
        let grants = |company: &Company, index: Option<IdentityIx>, named: &[Tool]| match index {
            Some(index) => Holding::of(company, index, company.company_grants(index, self.tools, named)),
            None => Holding::nothing(),
        };
        let steps = steps(Scope::Company, &|named| {
            (grants(self.before, identity.before, named), grants(self.after, identity.after, named))
        });
        out.extend(steps.into_iter().filter_map(|step| step.change(identity, Vec::new())));
    }

    /// `listed` says whether an identity that is on one side only is known not to be on the other.
    fn projects(&self, identity: Both<IdentityIx>, listed: bool, out: &mut Vec<Change>) {
        let of = |company: &Company, index: Option<IdentityIx>| -> BTreeMap<ProjectIx, Membership> {
            let memberships = index.into_iter().flat_map(|index| company.memberships.of(index));
            memberships.map(|membership| (membership.project, membership)).collect()
        };
        let (before, after) = (of(self.before, identity.before), of(self.after, identity.after));
        if before.is_empty() && after.is_empty() {
            return;
        }
        let mut joined: BTreeMap<(Direction, String), Found> = BTreeMap::new();
        let mut switched: BTreeMap<(String, String), Found> = BTreeMap::new();
        let mut classes: BTreeMap<Class, Vec<Place<'_>>> = BTreeMap::new();
        for project in self.pairs.projects.values() {
            let membership = Both {
                before: project.before.and_then(|project| before.get(&project)),
                after: project.after.and_then(|project| after.get(&project)),
            };
            let said = || Places {
                before: membership.before.map(|one| one.origin.into()),
                after: membership.after.map(|one| one.origin.into()),
            };
            match (membership.before, membership.after) {
                (None, None) => continue,
                (None, Some(one)) if self.is_stranger(self.before, (identity.before, listed), *project) => {
                    let key = (Direction::Gained, template(self.after, one.in_force));
                    joined.entry(key).or_insert_with(|| (Vec::new(), said())).0.push(*project);
                }
                (Some(one), None) if self.is_stranger(self.after, (identity.after, listed), *project) => {
                    let key = (Direction::Lost, template(self.before, one.in_force));
                    joined.entry(key).or_insert_with(|| (Vec::new(), said())).0.push(*project);
                }
                (None, Some(_)) | (Some(_), None) => continue,
                (Some(one), Some(two)) => {
                    let names = (template(self.before, one.in_force), template(self.after, two.in_force));
                    let known = one.in_force != InForce::Unknown && two.in_force != InForce::Unknown;
                    if known && !self.is_same(one.in_force, two.in_force) {
                        switched.entry(names).or_insert_with(|| (Vec::new(), said())).0.push(*project);
                    }
                }
            }
            classes.entry(self.class(identity, *project, membership)).or_default().push((*project, membership));
        }
        for ((direction, name), (projects, said)) in joined {
            let mut change = Change::of(Sort::Membership, direction, Subject::Identity(identity), said);
            match direction {
                Direction::Gained => change.after = Some(name),
                _ => change.before = Some(name),
            }
            out.push(Change { object: Object::Projects, projects, ..change });
        }
        for ((before, after), (projects, said)) in switched {
            let change = Change::of(Sort::Membership, Direction::Changed, Subject::Identity(identity), said);
            let change = change.saying("template", Some(before), Some(after));
            out.push(Change { object: Object::Projects, projects, ..change });
        }
        let mut steps: BTreeMap<_, (Step, Vec<Both<ProjectIx>>)> = BTreeMap::new();
        for members in classes.into_values() {
            let Some((project, membership)) = members.first() else { continue };
            for step in self.steps(identity, *project, *membership) {
                let known = steps.entry(step.key()).or_insert_with(|| (step, Vec::new()));
                known.1.extend(members.iter().map(|(project, _)| *project));
            }
        }
        for (step, mut projects) in steps.into_values() {
            projects.sort();
            out.extend(step.change(identity, projects));
        }
    }

    /// Whether an identity is known not to belong to a project: it is not there itself, the project is not, or a list
    /// says so.
    fn is_stranger(
        &self,
        company: &Company,
        (identity, listed): (Option<IdentityIx>, bool),
        project: Both<ProjectIx>,
    ) -> bool {
        let is_before = std::ptr::eq(company, self.before);
        let at = if is_before { project.before } else { project.after };
        let id = at.and_then(|at| company.projects.get(at)).and_then(|project| project.id);
        let told = match id {
            Some(id) => company.project_lists.contains(&id),
            None => company.present.contains(&Kind::Projects),
        };
        told || identity.map_or(listed, |identity| company.projects_known(identity))
    }

    /// What memberships must have in common to have the same grants.
    fn class(&self, identity: Both<IdentityIx>, project: Both<ProjectIx>, membership: Both<&Membership>) -> Class {
        let observed = |company: &Company, index: Option<IdentityIx>, project: Option<ProjectIx>| {
            index.zip(project).is_some_and(|(index, project)| company.is_observed(index, project))
        };
        let apart = observed(self.before, identity.before, project.before)
            || observed(self.after, identity.after, project.after);
        Class {
            before: membership.before.map(|one| one.in_force),
            after: membership.after.map(|one| one.in_force),
            project: apart.then_some(project),
        }
    }

    fn steps(&self, identity: Both<IdentityIx>, project: Both<ProjectIx>, membership: Both<&Membership>) -> Vec<Step> {
        let grants = |company: &Company,
                      index: Option<IdentityIx>,
                      at: Option<ProjectIx>,
                      of: Option<&Membership>,
                      named: &[Tool]| {
            match (index, at, of) {
                (Some(index), Some(at), Some(of)) => {
                    let grants = company.project_grants(index, at, of.in_force, of.origin.into(), named);
                    Holding::of(company, index, grants)
                }
                _ => Holding::nothing(),
            }
        };
        steps(Scope::Project, &|named| {
            (
                grants(self.before, identity.before, project.before, membership.before, named),
                grants(self.after, identity.after, project.after, membership.after, named),
            )
        })
    }

    /// Whether two templates are one, by its new name or its old one.
    fn is_same(&self, before: InForce, after: InForce) -> bool {
        match (before, after) {
            (InForce::Template(before), InForce::Template(after)) => {
                self.pairs.templates.contains(&Both::of(before, after))
                    || template(self.before, InForce::Template(before))
                        == template(self.after, InForce::Template(after))
            }
            (before, after) => before == after,
        }
    }
}

/// Projects of which the same is so, and where the first of them says it.
type Found = (Vec<Both<ProjectIx>>, Places);

/// A project, and what the identity is in it on either side.
type Place<'m> = (Both<ProjectIx>, Both<&'m Membership>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    before: Option<InForce>,
    after: Option<InForce>,
    /// The project itself, where Procore answered for it.
    project: Option<Both<ProjectIx>>,
}

/// What became of the grants on every tool that either side speaks of.
fn steps(scope: Scope, holding: &dyn Fn(&[Tool]) -> (Holding, Holding)) -> Vec<Step> {
    let (before, after) = holding(&[]);
    let mut named: BTreeSet<Tool> = before.held.keys().chain(after.held.keys()).cloned().collect();
    named.insert(Tool::directory(scope));
    let named: Vec<Tool> = named.into_iter().collect();
    let (before, after) = holding(&named);
    let step = |tool: Tool| Some(Step { before: before.on(&tool)?, after: after.on(&tool)?, tool });
    let moved = |step: &Step| {
        step.before.level != step.after.level
            || matches!((step.before.granular, step.after.granular), (Some(one), Some(two)) if one != two)
    };
    named.into_iter().filter_map(step).filter(moved).collect()
}

/// The template of a membership, in words.
pub(super) fn template(company: &Company, in_force: InForce) -> String {
    match in_force {
        InForce::Unknown => "a template that is not known".to_owned(),
        InForce::Blank => "no template".to_owned(),
        InForce::Template(index) => company.templates.get(index).map(|template| template.label()).unwrap_or_default(),
    }
}
