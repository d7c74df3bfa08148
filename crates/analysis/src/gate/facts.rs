//! Changes as facts for the controls over changes: what was gained, and what was lost.
//!
//! What is gained is reported of the side after, what is lost of the side before: there is where it is.

use super::change::{Both, Change, ChangeKind, Direction, Object, Subject};
use super::pairs::Pairs;
use super::replaced::{Levels, Replaced, parity};
use cutover_export::manual_files::ProjectList;
use cutover_inventory::apps::AppIx;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::manifests::in_order;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::Tool;
use cutover_inventory::usage::Usage;
use cutover_inventory::{Company, Inventory};
use cutover_model::evidence::Evidence;
use cutover_model::kind::Kind;
use cutover_model::level::Level;
use cutover_model::result::audit::CollectedBasis;
use cutover_policy::fact_builder::{CompanyIndex, FactBuilder, Setting};
use cutover_policy::facts::{Action, Fact, Facts, ThingIx, Value};

/// Phrases changes. The inventory holds the company before the change, and the company after it.
pub(super) fn build_facts(inventory: &Inventory, changes: &[Change], pairs: &Pairs, setting: &Setting<'_>) -> Facts {
    let mut facts = Facts::default();
    let [before, after] = inventory.companies.as_slice() else { return facts };
    let replaced = Replaced::of(before, after, pairs);
    let (one, two) = (Levels::given(before), Levels::usable(after));
    let all = |_| true;
    let mut teller = ChangeFactBuilder { before, after, pairs, setting, replaced, one, two };
    // The companies are numbered as those of the inventory: in their order.
    let (index_before, index_after) = (CompanyIndex::default(), CompanyIndex::default());
    let mut builder = FactBuilder::new(before, &index_before, inventory, setting, &all, &mut facts);
    changes.iter().for_each(|change| teller.lost(&mut builder, change));
    let mut builder = FactBuilder::new(after, &index_after, inventory, setting, &all, &mut facts);
    changes.iter().for_each(|change| teller.gained(&mut builder, change));
    facts
}

struct ChangeFactBuilder<'a> {
    before: &'a Company,
    after: &'a Company,
    pairs: &'a Pairs,
    setting: &'a Setting<'a>,
    replaced: Replaced,
    /// The levels that were given before the change, and those that can be used after it.
    one: Levels<'a>,
    two: Levels<'a>,
}

type Context = Vec<(&'static str, Value)>;

impl ChangeFactBuilder<'_> {
    fn gained(&mut self, builder: &mut FactBuilder<'_>, change: &Change) {
        if !matches!(change.direction, Direction::Gained | Direction::Raised) {
            return;
        }
        let said = (change.said.after.as_ref(), change.said.before.as_ref());
        match (change.kind, change.subject, &change.object, change.levels) {
            (ChangeKind::Grant, Subject::Identity(who), Object::Tool(tool), Some(levels)) => {
                let Some((index, principal)) = identity(builder, who.after) else { return };
                let app = self.after.directory.identities.get(index).and_then(|one| one.app.value().copied());
                let exception = self.after.decisions.exception(index, app, tool, self.setting.today);
                let exception = exception.map_or(Value::Absent, |accepted| {
                    Value::Exception(accepted.reason.clone(), accepted.approved_by.clone())
                });
                for project in places(change) {
                    let context = gaining(
                        levels.0,
                        Some(levels.1),
                        [
                            ("through", change.through.after.map_or(Value::Unknown, Value::from)),
                            ("exception", exception.clone()),
                            ("replaced", self.replaced_level(app, tool, project)),
                        ],
                    );
                    let member = project.after.and_then(|project| builder.project(project));
                    let resource = builder.tool(tool);
                    push(builder, Action::Gains, (principal, resource, member), context, said, "before");
                }
            }
            (ChangeKind::Membership, Subject::Identity(who), Object::Projects, _) => {
                let Some((index, principal)) = identity(builder, who.after) else { return };
                for place in &change.projects {
                    let Some(project) = place.after else { continue };
                    let is_approved = self.is_permitted(index, *place);
                    let Some(resource) = builder.project(project) else { continue };
                    let highest = self.two.highest(index, project);
                    let context = gaining(Level::None, highest, [("approved", is_approved.into())]);
                    push(builder, Action::Gains, (principal, resource, None), context, said, "before");
                }
            }
            (ChangeKind::Request, Subject::App(who), Object::Tool(tool), Some(levels)) => {
                let Some(app) = who.after else { return };
                let Some(principal) = builder.app_itself(app) else { return };
                let resource = builder.tool(tool);
                let label = change.versions.after.clone().unwrap_or_default();
                let approved = self.is_approved(who, &change.versions);
                let own = [("approved", approved.into()), ("manifest", (&label).into())];
                let context = gaining(levels.0, Some(levels.1), own);
                push(builder, Action::Gains, (principal, resource, None), context, said, "before");
            }
            _ => {}
        }
    }

    fn lost(&mut self, builder: &mut FactBuilder<'_>, change: &Change) {
        let said = (change.said.before.as_ref(), change.said.after.as_ref());
        let is_less = matches!(change.direction, Direction::Lost | Direction::Lowered);
        match (change.kind, change.subject, &change.object, change.levels) {
            (ChangeKind::Grant, Subject::Identity(who), Object::Tool(tool), Some(levels)) if is_less => {
                let Some((index, principal)) = identity(builder, who.before) else { return };
                let used = self.used(index, who.after, tool, levels, &change.projects);
                for project in places(change) {
                    let context = self.losing(levels, used.map_or(Value::Unknown, Value::Flag));
                    let member = project.before.and_then(|project| builder.project(project));
                    let resource = builder.tool(tool);
                    push(builder, Action::Loses, (principal, resource, member), context, said, "after");
                }
            }
            (ChangeKind::Identity, Subject::Identity(who), ..) if is_gone(change) => {
                let Some((index, principal)) = identity(builder, who.before) else { return };
                let is_legacy = |one: &cutover_inventory::directory::Identity| one.class.kind == IdentityKind::Legacy;
                if !self.before.directory.identities.get(index).is_some_and(is_legacy) {
                    return;
                }
                let highest = self.before.highest_level(index);
                let context = self.removal(index, highest);
                let resource = builder.this;
                push(builder, Action::Loses, (principal, resource, None), context, said, "after");
            }
            _ => {}
        }
    }

    fn losing(&self, (before, after): (Level, Level), used: Value) -> Context {
        let nothing = ["replacement", "missing_projects", "missing_tools"].map(|attribute| (attribute, Value::Absent));
        let own = [
            ("today", Value::Day(self.setting.today)),
            ("use_known_until", Value::Day(self.before.use_known_until(self.setting.today))),
            ("before", Value::Level(Some(before))),
            ("after", Value::Level(Some(after))),
            ("used", used),
        ];
        own.into_iter().chain(nothing).collect()
    }

    /// What is said of the removal of an account.
    fn removal(&mut self, account: IdentityIx, highest: Option<Level>) -> Context {
        let by = self.replaced.by(account);
        let app = by.flatten().and_then(|app| self.after.apps.all.get(app));
        let (projects, tools) = match by {
            None => (Value::Unknown, Value::Unknown),
            Some(None) => (Value::Absent, Value::Absent),
            Some(Some(app)) => {
                let user = self.after.directory.users_of(app).next();
                let parity = parity((&mut self.one, account), (&mut self.two, user), self.pairs);
                let count = |missing: Option<usize>| missing.map_or(Value::Unknown, Value::count);
                (count(parity.projects), count(parity.tools))
            }
        };
        let replacement = match (by, app) {
            (Some(_), Some(app)) => (&app.name).into(),
            (Some(None), None) => Value::Absent,
            _ => Value::Unknown,
        };
        vec![
            ("today", Value::Day(self.setting.today)),
            ("use_known_until", Value::Day(self.before.use_known_until(self.setting.today))),
            ("before", Value::Level(highest)),
            ("after", Value::Level(Some(Level::None))),
            ("used", Value::Unknown),
            ("replacement", replacement),
            ("missing_projects", projects),
            ("missing_tools", tools),
        ]
    }

    /// The level of the account that an app's user replaces, the highest where it replaces several.
    fn replaced_level(&mut self, app: Option<AppIx>, tool: &Tool, project: Both<ProjectIx>) -> Value {
        let accounts: Vec<IdentityIx> = app.map_or(&[] as &[_], |app| self.replaced.of_app(app)).to_vec();
        if accounts.is_empty() {
            return Value::Absent;
        }
        let is_new = project.after.is_some() && project.before.is_none();
        let level =
            |account: IdentityIx| if is_new { Some(Level::None) } else { self.one.on(account, tool, project.before) };
        let levels: Option<Vec<Level>> = accounts.into_iter().map(level).collect();
        levels.map_or(Value::Unknown, |levels| Value::Level(levels.into_iter().max()))
    }

    /// Whether somebody approved a project for an identity: by name, or as one of the new projects.
    fn is_permitted(&self, identity: IdentityIx, project: Both<ProjectIx>) -> bool {
        let decisions = &self.after.decisions;
        let is_new = project.before.is_none() && self.before.present.contains(&Kind::Projects);
        if is_new && decisions.new_projects.contains(&identity) {
            return true;
        }
        let id = project.after.and_then(|project| self.after.projects.get(project)).and_then(|project| project.id);
        match decisions.approved_projects.get(&identity).map(|stated| &stated.value) {
            Some(ProjectList::All) => true,
            Some(ProjectList::These(ids)) => id.is_some_and(|id| ids.contains(&id)),
            None => false,
        }
    }

    /// Whether somebody approved a version, or a later one. What asks for more under the number it had needs an approval
    /// of a day after the export before the change was collected: an earlier one was given to what the version asked for
    /// then. A version without a number cannot be approved.
    fn is_approved(&self, app: Both<AppIx>, versions: &Both<String>) -> bool {
        let Some(version) = versions.after.as_deref() else { return false };
        let is_edited = versions.before.as_deref() == Some(version);
        let collected = self.before.collected(self.setting.today);
        let since = collected.filter(|day| day.basis == CollectedBasis::ExportFile).map(|day| day.at);
        let checks = &self.after.decisions.apps.approved_versions;
        let mut approved = app.after.into_iter().flat_map(|app| checks.of(app, self.setting.today));
        approved.any(|checked| {
            let is_later = || since.is_some_and(|since| checked.on > since);
            in_order(&checked.version) >= in_order(version) && (!is_edited || is_later())
        })
    }

    /// Whether the part of a level that goes is used; `None` when no report says. A report counts calls by route, not by
    /// project: where the level stays in other projects, nobody can tell.
    fn used(
        &mut self,
        was: IdentityIx,
        is: Option<IdentityIx>,
        tool: &Tool,
        (before, after): (Level, Level),
        projects: &[Both<ProjectIx>],
    ) -> Option<bool> {
        let usage =
            |company: &'_ Company, index: IdentityIx| -> Option<Usage> { company.usage_of_identity(index).cloned() };
        let usage = usage(self.before, was).or_else(|| usage(self.after, is?))?;
        let needed = usage.needed(tool)?;
        if needed > after {
            // What the account called, its replacement calls from now on.
            let is_over = is.is_none_or(|is| self.after.is_active(is) == Some(false));
            if is_over && self.takes_over(was, tool, needed, projects) {
                return Some(false);
            }
            let gone: Vec<Option<ProjectIx>> = projects.iter().map(|project| project.after).collect();
            let stays =
                is.into_iter().flat_map(|is| self.after.memberships.of(is)).map(|membership| membership.project);
            let stays: Vec<ProjectIx> =
                stays.filter(|project| !projects.is_empty() && !gone.contains(&Some(*project))).collect();
            let elsewhere = is.is_some_and(|is| {
                stays
                    .into_iter()
                    .any(|project| self.two.on(is, tool, Some(project)).is_none_or(|level| level >= needed))
            });
            return (!elsewhere).then_some(true);
        }
        if needed == Level::Standard && before == Level::Admin { None } else { Some(false) }
    }

    /// Whether what replaces an account is known to have a level on a tool wherever the account had it.
    fn takes_over(&mut self, account: IdentityIx, tool: &Tool, level: Level, projects: &[Both<ProjectIx>]) -> bool {
        let app = self.replaced.by(account).flatten();
        let Some(user) = app.and_then(|app| self.after.directory.users_of(app).next()) else { return false };
        let places: Vec<Option<ProjectIx>> = match projects {
            [] => vec![None],
            projects => projects.iter().map(|project| project.after).collect(),
        };
        places.into_iter().all(|place| self.two.on(user, tool, place).is_some_and(|has| has >= level))
    }
}

/// What is said of a gain: every attribute, most of them of some sorts of gain only.
fn gaining<const N: usize>(before: Level, after: Option<Level>, own: [(&'static str, Value); N]) -> Context {
    let others = ["through", "exception", "approved", "replaced", "manifest"].into_iter();
    let others = others.filter(|name| own.iter().all(|(said, _)| said != name)).map(|name| (name, Value::Absent));
    let levels = [("before", Value::Level(Some(before))), ("after", Value::Level(after))];
    levels.into_iter().chain(others).chain(own.clone()).collect()
}

/// Whether an account is gone: it is not there any more, or was made inactive.
fn is_gone(change: &Change) -> bool {
    let made_inactive = change.attribute == Some("active") && change.after.as_deref() == Some("no");
    change.direction == Direction::Lost || made_inactive
}

/// The places of a change: each of its projects, or the company.
fn places(change: &Change) -> Vec<Both<ProjectIx>> {
    if change.projects.is_empty() { vec![Both::default()] } else { change.projects.clone() }
}

fn identity(builder: &mut FactBuilder<'_>, index: Option<IdentityIx>) -> Option<(IdentityIx, ThingIx)> {
    Some((index?, builder.identity(index?)?))
}

/// Adds a fact. The export that still, or already, says otherwise says one attribute of it.
fn push(
    builder: &mut FactBuilder<'_>,
    action: Action,
    (principal, resource, member): (ThingIx, ThingIx, Option<ThingIx>),
    context: Context,
    (own, other): (Option<&Evidence>, Option<&Evidence>),
    of_other: &'static str,
) {
    let Some(evidence) = own.or(other).cloned() else { return };
    let said = other.map(|other| (of_other, other.clone())).into_iter().collect();
    builder.facts.push(action, Fact { principal, resource, context, member, evidence, said });
}
