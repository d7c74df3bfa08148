//! What identities may do: access and memberships, before a change and after it.
//!
//! Access is what can really be done: the level in force and the granular permissions of an active identity, on a tool that
//! is switched on. Most members of a project have one of a few templates, so that what became of their access is worked out
//! once for every pair of templates. What one side does not know is no change; [`doubts`] counts it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::change::{Both, Change, ChangeKind, Direction, Object, Places, Subject, direction};
use super::pairs::Pairs;
use cutover_inventory::Company;
use cutover_inventory::access::Grant;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::levels::Granular;
use cutover_inventory::memberships::{InForce, Membership, ProjectIx};
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::evidence::Evidence;
use cutover_model::kind::Kind;
use cutover_model::known::Known;
use cutover_model::level::{Level, LevelRange};

/// What changed for every identity.
pub(super) fn changes(before: &Company, after: &Company, pairs: &Pairs) -> Vec<Change> {
    let comparison = Comparison::of(before, after, pairs);
    let identities: Vec<_> = comparison.identities().collect();
    let changes = identities.into_par_iter().map(|(identity, listed)| comparison.compare(identity, listed).changes);
    changes.flatten_iter().collect()
}

/// How many identities have access that is not wholly known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct UncertainAccess {
    /// The two sides know equally little: nothing says that anything changed.
    pub(super) unknown: usize,
    /// One side knows more than the other, and the access after the change may be new.
    pub(super) undecided: usize,
}

/// Counts the identities of whose access it is unknown whether it is new.
pub(super) fn doubts(before: &Company, after: &Company, pairs: &Pairs) -> UncertainAccess {
    let comparison = Comparison::of(before, after, pairs);
    let tools = super::prove::tools_to_come(before, after);
    let mut out = UncertainAccess::default();
    for (identity, listed) in comparison.identities() {
        let compared = comparison.compare(identity, listed);
        let to_come = super::prove::is_undecided_to_come((before, after), identity, listed, &tools);
        if compared.is_undecided || to_come {
            out.undecided += 1;
        } else if compared.is_unknown {
            out.unknown += 1;
        }
    }
    out
}

/// What is held on a tool, through what, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    level: LevelRange,
    granular: Option<Granular>,
    through: Option<&'static str>,
    evidence: Option<Evidence>,
}

impl Held {
    fn nothing(evidence: Option<Evidence>) -> Self {
        let level = LevelRange::exactly(Level::None);
        Self { level, granular: Some(Granular::default()), through: None, evidence }
    }

    fn unknown() -> Self {
        Self { level: LevelRange::UNKNOWN, granular: None, through: None, evidence: None }
    }
}

impl From<Grant> for Held {
    fn from(grant: Grant) -> Self {
        let granular = grant.granular();
        Self { level: grant.level, granular, through: grant.through.id(), evidence: Some(grant.evidence) }
    }
}

/// What an identity holds at a place on one side.
enum Holding {
    /// No access: the identity is not there, not active, or not in the project. Where that is written.
    Nothing(Option<Evidence>),
    /// Nobody knows.
    Unknown,
    /// What the levels say.
    Of(BTreeMap<Tool, Held>),
}

impl Holding {
    fn of(grants: Vec<Grant>) -> Self {
        Self::Of(grants.into_iter().map(|grant| (grant.tool.clone(), grant.into())).collect())
    }

    fn on(&self, tool: &Tool) -> Held {
        match self {
            Self::Nothing(evidence) => Held::nothing(evidence.clone()),
            Self::Unknown => Held::unknown(),
            Self::Of(held) => held.get(tool).cloned().unwrap_or_else(Held::unknown),
        }
    }

    /// Whether a tool that is not among them makes no difference: the levels speak of as many tools as there are.
    fn speaks_of_all(&self, named: &[Tool]) -> bool {
        if let Self::Of(held) = self { held.len() == named.len() } else { true }
    }

    fn tools(&self) -> impl Iterator<Item = &Tool> {
        let held = if let Self::Of(held) = self { Some(held) } else { None };
        held.into_iter().flat_map(BTreeMap::keys)
    }
}

/// What became of the access to one tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    tool: Tool,
    before: Held,
    after: Held,
}

/// What tells a step from other steps of an identity: it is the same step in every project.
type StepKey = (Tool, LevelRange, LevelRange, Both<&'static str>, Both<Granular>);

impl Step {
    fn key(&self) -> StepKey {
        let through = Both { before: self.before.through, after: self.after.through };
        (self.tool.clone(), self.before.level, self.after.level, through, self.granular())
    }

    fn granular(&self) -> Both<Granular> {
        Both { before: self.before.granular.clone(), after: self.after.granular.clone() }
    }

    /// Whether both sides know the level, and it or the granular permissions differ.
    fn is_change(&self) -> bool {
        let (before, after) = (self.before.level.exact(), self.after.level.exact());
        let granular = self.before.granular.as_ref().zip(self.after.granular.as_ref());
        before.is_some()
            && after.is_some()
            && (before != after || granular.is_some_and(|(before, after)| before != after))
    }

    /// Whether the access after may be new, and one side knows more of it than the other.
    fn is_undecided(&self) -> bool {
        let (before, after) = (&self.before, &self.after);
        let is_exact = before.level.exact().is_some() && after.level.exact().is_some();
        let level = !is_exact && before.level != after.level && after.level.most() > before.level.least();
        let granular = match (&before.granular, &after.granular) {
            (Some(_), None) => true,
            (None, Some(after)) => !after.is_empty(),
            _ => false,
        };
        level || (granular && self.shows_granular())
    }

    /// Whether neither side knows it.
    fn is_unknown(&self) -> bool {
        let (before, after) = (&self.before, &self.after);
        let granular = before.granular.is_none() && after.granular.is_none() && self.shows_granular();
        after.level.exact().is_none() && before.level == after.level || granular
    }

    /// Whether granular permissions make a difference after the change: not beside Admin, and not without any level.
    fn shows_granular(&self) -> bool {
        !matches!(self.after.level.exact(), Some(Level::None | Level::Admin))
            && self.before.level.exact() != Some(Level::Admin)
    }

    fn change(self, identity: Both<IdentityIx>, projects: Vec<Both<ProjectIx>>) -> Option<Change> {
        let levels = (self.before.level.exact()?, self.after.level.exact()?);
        let (granular, subject) = (self.granular(), Subject::Identity(identity));
        let through = Both { before: self.before.through, after: self.after.through };
        let said = Places { before: self.before.evidence, after: self.after.evidence };
        if let Some(direction) = direction(levels.0, levels.1) {
            let change = Change::of(ChangeKind::Grant, direction, subject, said).on(self.tool, levels.0, levels.1);
            return Some(Change { through, projects, granular, ..change });
        }
        let (before, after) = (granular.before.as_deref()?, granular.after.as_deref()?);
        let (lost, gained) = (before.difference(after).count(), after.difference(before).count());
        let direction = match (gained, lost) {
            (0, 0) => return None,
            (_, 0) => Direction::Raised,
            (0, _) => Direction::Lowered,
            _ => Direction::Changed,
        };
        let words = |own: &BTreeSet<_>, only: usize| {
            let others = if direction == Direction::Changed {
                format!(", {only} of them on this side only")
            } else {
                String::new()
            };
            Some(format!("{} with {} granular permissions{others}", levels.0, own.len()))
        };
        let (was, is) = (words(before, lost), words(after, gained));
        let change = Change::of(ChangeKind::Grant, direction, subject, said).saying("granular", was, is);
        Some(Change { through, projects, granular, object: Object::Tool(self.tool), ..change })
    }
}

/// What became of one identity.
#[derive(Default)]
struct Compared {
    changes: Vec<Change>,
    is_undecided: bool,
    is_unknown: bool,
}

impl Compared {
    /// Takes note of what is unknown of some steps. `is_new_knowledge`: whether it was unknown before that these counted.
    fn note(&mut self, steps: &[Step], is_new_knowledge: bool) {
        let reaches_anything = |step: &Step| step.after.level.most() > Level::None;
        self.is_undecided |= steps.iter().any(Step::is_undecided);
        self.is_undecided |= is_new_knowledge && steps.iter().any(reaches_anything);
        self.is_unknown |= steps.iter().any(Step::is_unknown);
    }
}

/// Whether a tool is switched on in a project, on both sides.
type Switch = (Tool, Both<bool>);

struct Comparison<'a> {
    before: &'a Company,
    after: &'a Company,
    pairs: &'a Pairs,
    /// The tools that are known to be off, or of whose state the sides know different things, by project; as a number
    /// into `switches`, where most projects share the first: none at all.
    of_project: BTreeMap<Both<ProjectIx>, usize>,
    switches: Vec<Vec<Switch>>,
}

impl<'a> Comparison<'a> {
    fn of(before: &'a Company, after: &'a Company, pairs: &'a Pairs) -> Self {
        let mut numbers: BTreeMap<Vec<Switch>, usize> = BTreeMap::from([(Vec::new(), 0)]);
        let mut of_project = BTreeMap::new();
        for project in pairs.projects.values() {
            let switches = switches((before, after), *project);
            let next = numbers.len();
            of_project.insert(*project, *numbers.entry(switches).or_insert(next));
        }
        let mut all: Vec<(usize, Vec<Switch>)> = numbers.into_iter().map(|(one, number)| (number, one)).collect();
        all.sort();
        Self { before, after, pairs, of_project, switches: all.into_iter().map(|(_, one)| one).collect() }
    }

    /// Every identity, and whether one that is on one side only is known not to be on the other.
    fn identities(&self) -> impl Iterator<Item = (Both<IdentityIx>, bool)> {
        let known = self.pairs.identities.iter().map(|pair| (*pair, true));
        known.chain(self.pairs.unlisted.iter().map(|pair| (*pair, false)))
    }

    fn compare(&self, identity: Both<IdentityIx>, listed: bool) -> Compared {
        let mut out = Compared::default();
        let activity = self.activity(identity);
        // Who was perhaps inactive before, and is active now, may have been given everything.
        let is_new_knowledge = identity.before.is_some() && activity.before.is_none() && activity.after == Some(true);
        if listed {
            self.company(identity, &mut out, is_new_knowledge);
        } else {
            self.unlisted(identity, &mut out);
        }
        self.projects(identity, listed, &mut out, is_new_knowledge);
        let knows = |company: &Company, index: Option<IdentityIx>| {
            index.map_or(listed, |index| company.projects_known(index) || company.is_active(index) == Some(false))
        };
        out.is_undecided |= knows(self.before, identity.before) && !knows(self.after, identity.after);
        out
    }

    fn activity(&self, identity: Both<IdentityIx>) -> Both<bool> {
        Both {
            before: identity.before.and_then(|index| self.before.is_active(index)),
            after: identity.after.and_then(|index| self.after.is_active(index)),
        }
    }

    /// Where it is written whether an identity is active.
    fn activity_evidence(company: &Company, index: IdentityIx) -> Option<Evidence> {
        let identity = company.directory.identities.get(index)?;
        identity.active.stated().map(|stated| stated.evidence.clone())
    }

    /// What an identity holds on both sides, as far as its activity decides; `None` where its levels do.
    fn by_activity(&self, identity: Both<IdentityIx>) -> [Option<Holding>; 2] {
        let activity = self.activity(identity);
        let sides = [
            (self.before, identity.before, activity.before, activity.after),
            (self.after, identity.after, activity.after, activity.before),
        ];
        sides.map(|(company, index, own, other)| match (own, other) {
            (Some(false), _) => Some(Holding::Nothing(index.and_then(|index| Self::activity_evidence(company, index)))),
            // One side says that it was inactive, and the other one says nothing.
            (None, Some(false)) if index.is_some() => Some(Holding::Unknown),
            _ => None,
        })
    }

    /// Where activity made the difference, it is what both sides are about.
    fn explain(&self, identity: Both<IdentityIx>, steps: &mut [Step]) {
        let activity = self.activity(identity);
        if !matches!((activity.before, activity.after), (Some(one), Some(two)) if one != two) {
            return;
        }
        let (before, after) = (identity.before, identity.after);
        for step in steps {
            step.before.evidence = before.and_then(|index| Self::activity_evidence(self.before, index));
            step.after.evidence = after.and_then(|index| Self::activity_evidence(self.after, index));
        }
    }

    /// An identity of one side that may be on the other: what it holds in the company there is unknown.
    fn unlisted(&self, identity: Both<IdentityIx>, out: &mut Compared) {
        let holds = |company: &Company, index: IdentityIx| {
            let grants = company.company_grants(index, &[Tool::company_directory()]);
            company.is_active(index) != Some(false) && grants.iter().any(|grant| grant.level.most() > Level::None)
        };
        match (identity.before, identity.after) {
            (_, Some(index)) => out.is_undecided |= holds(self.after, index),
            (Some(index), None) => out.is_undecided |= holds(self.before, index),
            (None, None) => {}
        }
    }

    fn company(&self, identity: Both<IdentityIx>, out: &mut Compared, is_new_knowledge: bool) {
        let grants = |company: &Company, index: Option<IdentityIx>, named: &[Tool]| match index {
            Some(index) => Holding::of(company.company_grants(index, named)),
            None => Holding::Nothing(None),
        };
        let mut steps = steps(Scope::Company, &|named| {
            let [before, after] = self.by_activity(identity);
            (
                before.unwrap_or_else(|| grants(self.before, identity.before, named)),
                after.unwrap_or_else(|| grants(self.after, identity.after, named)),
            )
        });
        out.note(&steps, is_new_knowledge);
        self.explain(identity, &mut steps);
        let changed = steps.into_iter().filter(Step::is_change);
        out.changes.extend(changed.filter_map(|step| step.change(identity, Vec::new())));
    }

    /// `listed` says whether an identity that is on one side only is known not to be on the other.
    fn projects(&self, identity: Both<IdentityIx>, listed: bool, out: &mut Compared, is_new_knowledge: bool) {
        let of = |company: &Company, index: Option<IdentityIx>| -> BTreeMap<ProjectIx, Membership> {
            let memberships = index.into_iter().flat_map(|index| company.memberships.of(index));
            memberships.map(|membership| (membership.project, membership)).collect()
        };
        let (before, after) = (of(self.before, identity.before), of(self.after, identity.after));
        if before.is_empty() && after.is_empty() {
            return;
        }
        let is_inactive_after = self.activity(identity).after == Some(false);
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
                (None, Some(_)) | (Some(_), None) => {
                    out.is_undecided |= !is_inactive_after;
                    continue;
                }
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
            let mut change = Change::of(ChangeKind::Membership, direction, Subject::Identity(identity), said);
            match direction {
                Direction::Gained => change.after = Some(name),
                _ => change.before = Some(name),
            }
            out.changes.push(Change { object: Object::Projects, projects, ..change });
        }
        for ((before, after), (projects, said)) in switched {
            let change = Change::of(ChangeKind::Membership, Direction::Changed, Subject::Identity(identity), said);
            let change = change.saying("template", Some(before), Some(after));
            out.changes.push(Change { object: Object::Projects, projects, ..change });
        }
        let mut steps: BTreeMap<StepKey, (Step, Vec<Both<ProjectIx>>)> = BTreeMap::new();
        for members in classes.into_values() {
            let Some((project, membership)) = members.first() else { continue };
            let mut of_class = self.steps(identity, *membership);
            let switches = self.switches_of(*project);
            self.switch(*project, switches, &mut of_class);
            let was_there = membership.before.is_some();
            let is_known_now = |(_, state): &&Switch| was_there && state.before.is_none() && state.after == Some(true);
            let known_now: BTreeSet<&Tool> = switches.iter().filter(is_known_now).map(|(tool, _)| tool).collect();
            let (newly, others): (Vec<Step>, Vec<Step>) =
                of_class.into_iter().partition(|step| known_now.contains(&step.tool));
            out.note(&newly, true);
            out.note(&others, is_new_knowledge);
            for step in newly.into_iter().chain(others).filter(Step::is_change) {
                let known = steps.entry(step.key()).or_insert_with(|| (step, Vec::new()));
                known.1.extend(members.iter().map(|(project, _)| *project));
            }
        }
        for (step, mut projects) in steps.into_values() {
            projects.sort();
            out.changes.extend(step.change(identity, projects));
        }
    }

    fn switches_of(&self, project: Both<ProjectIx>) -> &[Switch] {
        let number = self.of_project.get(&project).copied().unwrap_or_default();
        self.switches.get(number).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes into account which tools are switched off in a project.
    fn switch(&self, project: Both<ProjectIx>, switches: &[Switch], steps: &mut [Step]) {
        let evidence = |company: &Company, project: Option<ProjectIx>, tool: &Tool| {
            let state = company.projects.get(project?)?.tools.get(tool)?;
            state.stated().map(|stated| stated.evidence.clone())
        };
        for (tool, state) in switches {
            let Some(step) = steps.iter_mut().find(|step| step.tool == *tool) else { continue };
            let said = Both {
                before: evidence(self.before, project.before, tool),
                after: evidence(self.after, project.after, tool),
            };
            match (state.before, state.after) {
                (Some(false), Some(false)) => {
                    (step.before, step.after) = (Held::nothing(said.before), Held::nothing(said.after));
                }
                (Some(false), Some(true)) => {
                    step.before = Held::nothing(said.before);
                    step.after.evidence = said.after;
                }
                (Some(true), Some(false)) => {
                    step.before.evidence = said.before;
                    step.after = Held::nothing(said.after);
                }
                (Some(false), None) if project.after.is_some() => {
                    step.before = Held::nothing(said.before);
                    // Whether it was switched on, nobody says.
                    if step.after.level.most() > Level::None {
                        step.after = Held::unknown();
                    }
                }
                (None, Some(false)) if project.before.is_some() => {
                    step.after = Held::nothing(said.after);
                    if step.before.level.most() > Level::None {
                        step.before = Held::unknown();
                    }
                }
                (Some(false), None) => step.before = Held::nothing(said.before),
                (None, Some(false)) => step.after = Held::nothing(said.after),
                _ => {}
            }
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
        let described = match id {
            Some(id) => company.project_lists.contains(&id),
            None => company.present.contains(&Kind::Projects),
        };
        described || identity.map_or(listed, |identity| company.projects_known(identity))
    }

    /// What memberships must have in common to have the same grants.
    fn class(&self, identity: Both<IdentityIx>, project: Both<ProjectIx>, membership: Both<&Membership>) -> Class {
        let observed = |company: &Company, index: Option<IdentityIx>, project: Option<ProjectIx>| {
            index.zip(project).is_some_and(|(index, project)| company.is_observed(index, project))
        };
        let apart = observed(self.before, identity.before, project.before)
            || observed(self.after, identity.after, project.after);
        Class {
            switches: self.of_project.get(&project).copied().unwrap_or_default(),
            before: membership.before.map(|one| one.in_force),
            after: membership.after.map(|one| one.in_force),
            project: apart.then_some(project),
        }
    }

    fn steps(&self, identity: Both<IdentityIx>, membership: Both<&Membership>) -> Vec<Step> {
        let grants =
            |company: &Company, index: Option<IdentityIx>, of: Option<&Membership>, named: &[Tool]| match (index, of) {
                (Some(index), Some(of)) => Holding::of(company.project_grants(index, of, named)),
                _ => Holding::Nothing(None),
            };
        let mut steps = steps(Scope::Project, &|named| {
            let [before, after] = self.by_activity(identity);
            // Who is no member has nothing there, active or not.
            let before = before.filter(|_| membership.before.is_some());
            let after = after.filter(|_| membership.after.is_some());
            (
                before.unwrap_or_else(|| grants(self.before, identity.before, membership.before, named)),
                after.unwrap_or_else(|| grants(self.after, identity.after, membership.after, named)),
            )
        });
        self.explain(identity, &mut steps);
        steps
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
    /// Which tools are switched off there.
    switches: usize,
    before: Option<InForce>,
    after: Option<InForce>,
    /// The project itself, where Procore answered for it.
    project: Option<Both<ProjectIx>>,
}

/// What became of the access to every tool that either side speaks of.
fn steps(scope: Scope, holding: &dyn Fn(&[Tool]) -> (Holding, Holding)) -> Vec<Step> {
    let directory = [Tool::directory(scope)];
    let (mut before, mut after) = holding(&directory);
    let named: BTreeSet<Tool> = before.tools().chain(after.tools()).chain(&directory).cloned().collect();
    let named: Vec<Tool> = named.into_iter().collect();
    // What one side alone speaks of is asked of the other one by name.
    if ![&before, &after].iter().all(|side| side.speaks_of_all(&named)) {
        (before, after) = holding(&named);
    }
    named.into_iter().map(|tool| Step { before: before.on(&tool), after: after.on(&tool), tool }).collect()
}

/// The tools of a project that are known to be off on one side, or of whose state the sides know different things.
fn switches((before, after): (&Company, &Company), project: Both<ProjectIx>) -> Vec<Switch> {
    let states = |company: &'_ Company, index: Option<ProjectIx>| -> BTreeMap<Tool, bool> {
        let tools = index.and_then(|index| company.projects.get(index)).map(|project| &project.tools);
        let known = |(tool, state): (&Tool, &Known<bool>)| Some((tool.clone(), *state.value()?));
        tools.into_iter().flatten().filter_map(known).collect()
    };
    let (was, is) = (states(before, project.before), states(after, project.after));
    let tools: BTreeSet<&Tool> = was.keys().chain(is.keys()).collect();
    let state = |tool: &Tool| Both { before: was.get(tool).copied(), after: is.get(tool).copied() };
    let all = tools.into_iter().map(|tool| (tool.clone(), state(tool)));
    all.filter(|(_, state)| state.before != state.after || state.before == Some(false)).collect()
}

/// The template of a membership, in words.
pub(super) fn template(company: &Company, in_force: InForce) -> String {
    match in_force {
        InForce::Unknown => "a template that is unknown".to_owned(),
        InForce::Blank => "no template".to_owned(),
        InForce::Template(index) => company.templates.get(index).map(|template| template.label()).unwrap_or_default(),
    }
}
