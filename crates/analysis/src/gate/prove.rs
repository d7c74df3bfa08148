//! Whether a change gives anybody access that was not there before, also in projects that do not exist yet.
//!
//! What is the same on both sides gives nobody anything; so only what changed is stated, as it was and as it is. An
//! identity that is added to new projects, and one that administers the company, holds something in every project there
//! will be.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Both, Change, ChangeKind, Object, Subject};
use super::grants::{self, UncertainAccess};
use super::pairs::Pairs;
use crate::access_change::{Access, AccessProver, Disagreement, Example, Place, Scope, Shown, gained};
use cutover_export::manual_files::CompanyAdminScope;
use cutover_inventory::Company;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::levels::Granular;
use cutover_inventory::tools::{Scope as ToolScope, Tool, Tools};
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::Thing;
use cutover_model::result::gate::{Basis, NewAccess, Proof};

/// The new access named in a result; the count has all of it.
const MAX_NAMED: usize = 100;

/// States access before and after, and has it compared.
///
/// # Errors
/// When the solver proves what the exact comparison refutes, or the other way round: a mistake of this program.
pub(super) fn prove(
    (before, after): (&Company, &Company),
    pairs: &Pairs,
    changes: &[Change],
    tools: &Tools,
    prover: &dyn AccessProver,
) -> Result<Proof, Disagreement> {
    let tools_to_come = tools_to_come(before, after);
    let company = company_id(after);
    let mut statements = Statements { before, after, company, tools_to_come, was: Vec::new(), is: Vec::new() };
    changes.iter().for_each(|change| statements.of_change(change));
    pairs.identities.iter().for_each(|pair| statements.of_projects_to_come(*pair));
    let gain = gained(&statements.was, &statements.is, prover)?;
    let label = |access: &Access| statements.describe(access, tools);
    let new: Vec<NewAccess> = gain.new.iter().take(MAX_NAMED).map(label).collect();
    let count = gain.new.len();
    let (basis, why, example) = match gain.shown {
        Shown::Proved => (Basis::Proved, None, None),
        Shown::Refuted(examples) => {
            (Basis::Refuted, None, examples.first().map(|example| statements.describe_example(example)))
        }
        Shown::Compared(why) => (Basis::Compared, Some(why), None),
        Shown::NotDecided(why) => (Basis::NotDecided, Some(why), None),
    };
    let UncertainAccess { unknown, undecided } = grants::doubts(before, after, pairs);
    // What only one side knows is no proof of anything.
    let (basis, why) = match (count, undecided) {
        (0, 1..) => {
            let what = format!("the access of {undecided} identities is unknown on one side and may be new");
            (Basis::NotDecided, Some(what))
        }
        _ => (basis, why),
    };
    let solver = prover.program();
    Ok(Proof { no_new_access: count == 0 && undecided == 0, unknown, basis, solver, why, example, count, new })
}

/// A granular permission on a tool, as the tool of a statement. No tool begins so, whatever an export calls it.
fn permission_id(tool: &Tool, permission: &str) -> String {
    let tool = tool.to_string();
    format!("granular/{}/{tool}/{permission}", tool.len())
}

/// The tool and the granular permission that a statement is about; `None` where it is about a level.
fn permission_of(id: &str) -> Option<(&str, &str)> {
    let (length, rest) = id.strip_prefix("granular/")?.split_once('/')?;
    let length: usize = length.parse().ok()?;
    Some((rest.get(..length)?, rest.get(length + 1..)?))
}

struct Statements<'a> {
    before: &'a Company,
    after: &'a Company,
    company: String,
    tools_to_come: BTreeSet<&'a Tool>,
    was: Vec<Access>,
    is: Vec<Access>,
}

impl Statements<'_> {
    fn of_change(&mut self, change: &Change) {
        let (ChangeKind::Grant, Subject::Identity(who), Object::Tool(tool)) =
            (change.kind, change.subject, &change.object)
        else {
            return;
        };
        let Some(holder) = self.holder(who) else { return };
        let company = self.company.clone();
        let in_project = |project: &Both<usize>| {
            let now = project.after.and_then(|index| self.after.projects.get(index));
            let project = now.or_else(|| self.before.projects.get(project.before?))?;
            Some(Scope::Project { company: company.clone(), project: project.id?.to_string() })
        };
        let scopes: Vec<Scope> = match change.projects.as_slice() {
            [] => vec![Scope::Company { company: company.clone() }],
            projects => projects.iter().filter_map(in_project).collect(),
        };
        let levels = change.levels.map_or((None, None), |(before, after)| (Some(before), Some(after)));
        for scope in scopes {
            let place = (holder.as_str(), tool, &scope);
            self.was.extend(stated(place, levels.0, change.granular.before.as_ref()));
            self.is.extend(stated(place, levels.1, change.granular.after.as_ref()));
            // Admin includes every granular permission.
            if levels.0 == Some(Level::Admin) {
                self.was.extend(stated(place, None, change.granular.after.as_ref()));
            }
        }
    }

    /// What an identity holds in every project there will be, where both sides say it.
    fn of_projects_to_come(&mut self, who: Both<IdentityIx>) {
        let levels = |company: &Company, index: Option<IdentityIx>| match index {
            Some(index) => to_come(company, index, &self.tools_to_come),
            None => Some(BTreeMap::new()),
        };
        let (Some(was), Some(is)) = (levels(self.before, who.before), levels(self.after, who.after)) else { return };
        let Some(holder) = self.holder(who).filter(|_| was != is) else { return };
        let scope = Scope::EveryProject { company: self.company.clone() };
        for (tool, (level, granular)) in &was {
            self.was.extend(stated((&holder, tool, &scope), Some(*level), granular.as_ref()));
            if *level == Level::Admin {
                let then = is.get(tool).and_then(|(_, granular)| granular.as_ref());
                self.was.extend(stated((&holder, tool, &scope), None, then));
            }
        }
        for (tool, (level, granular)) in &is {
            self.is.extend(stated((&holder, tool, &scope), Some(*level), granular.as_ref()));
        }
    }

    fn holder(&self, who: Both<IdentityIx>) -> Option<String> {
        let now = who.after.and_then(|index| self.after.directory.identities.get(index));
        let identity = now.or_else(|| self.before.directory.identities.get(who.before?))?;
        Some(identity.key())
    }

    fn name(&self, key: &str) -> Thing {
        let own = |company: &'_ Company| {
            let found = company.directory.identities.iter().find(|identity| identity.key() == key)?;
            Some(Thing::new(found.class.kind.to_string(), key, found.name.clone()))
        };
        let found = own(self.after).or_else(|| own(self.before));
        found.unwrap_or_else(|| Thing::new("Person", key, key))
    }

    fn describe(&self, access: &Access, tools: &Tools) -> NewAccess {
        let scope = match &access.scope {
            Scope::Company { .. } => "the company".to_owned(),
            Scope::Project { project, .. } => format!("project {project}"),
            Scope::EveryProject { .. } => "every project to come".to_owned(),
        };
        let label = |tool: &str| {
            tool.split_once('/').map_or_else(
                || tool.to_owned(),
                |(scope, key)| {
                    let scope = if scope == "company" { ToolScope::Company } else { ToolScope::Project };
                    tools.label(&Tool { scope, key: key.into() })
                },
            )
        };
        let tool = match permission_of(&access.tool) {
            Some((tool, permission)) => format!("{} ({permission})", label(tool)),
            None => label(&access.tool),
        };
        NewAccess { holder: self.name(&access.holder), tool, scope, level: access.level.id().to_owned() }
    }

    fn describe_example(&self, example: &Example) -> String {
        let place = match &example.place {
            Place::Company(_) => "in the company".to_owned(),
            Place::Project(id) => format!("in project {}", escape::name(id)),
            Place::ProjectToCome { .. } => "in a project that does not exist yet".to_owned(),
        };
        let holder = escape::name(&self.name(&example.holder).name);
        match permission_of(&example.tool) {
            Some((tool, permission)) => format!(
                "{holder} has the granular permission {} on {} {place}",
                escape::name(permission),
                escape::name(tool)
            ),
            None => format!("{holder} may use {} at {} {place}", escape::name(&example.tool), example.level),
        }
    }
}

/// The tools in projects to come: one that only one export names is there on both sides.
pub(super) fn tools_to_come<'a>(before: &'a Company, after: &'a Company) -> BTreeSet<&'a Tool> {
    before.tools_of(ToolScope::Project).chain(after.tools_of(ToolScope::Project)).collect()
}

/// Statements of a level, and of each granular permission on top of it.
fn stated(
    (holder, tool, scope): (&str, &Tool, &Scope),
    level: Option<Level>,
    granular: Option<&Granular>,
) -> impl Iterator<Item = Access> {
    let access = |tool: String, level: Level| Access { holder: holder.to_owned(), tool, scope: scope.clone(), level };
    let level = level.map(|level| access(tool.to_string(), level));
    // A permission is there or not: it has one level.
    let permissions = granular.into_iter().flat_map(|granular| granular.iter());
    let permissions = permissions.map(|name| access(permission_id(tool, name), Level::ReadOnly));
    level.into_iter().chain(permissions).collect::<Vec<_>>().into_iter()
}

/// The levels and granular permissions in projects that do not exist yet.
type ToCome = BTreeMap<Tool, (Level, Option<Granular>)>;

/// What an identity will hold in projects that do not exist yet; `None` when nobody knows.
fn to_come(company: &Company, index: IdentityIx, tools: &BTreeSet<&Tool>) -> Option<ToCome> {
    let identity = company.directory.identities.get(index)?;
    if company.is_active(index) == Some(false) {
        return Some(ToCome::new());
    }
    let every_tool = || {
        let admin = |tool: &&Tool| ((*tool).clone(), (Level::Admin, Some(Granular::default())));
        Some(tools.iter().map(admin).collect())
    };
    let scope = company.company_admin_scope;
    if scope == CompanyAdminScope::AllProjects && company.administers(index)? {
        return every_tool();
    }
    if !*identity.adds_to_new_projects.value()? {
        return Some(ToCome::new());
    }
    if scope == CompanyAdminScope::MemberProjects && company.administers(index)? {
        return every_tool();
    }
    let Some(template) = *identity.default_template.value()? else { return Some(ToCome::new()) };
    let levels = company.templates.get(template)?.levels.value()?;
    let given = levels.iter().map(|(tool, given)| Some((tool.clone(), (given.level?, given.granular.clone()))));
    Some(given.collect::<Option<ToCome>>()?.into_iter().filter(|(_, (level, _))| *level > Level::None).collect())
}

/// Whether only one side knows what an identity holds in projects to come, and that may be new after the change.
pub(super) fn is_undecided_to_come(
    (before, after): (&Company, &Company),
    who: Both<IdentityIx>,
    listed: bool,
    tools: &BTreeSet<&Tool>,
) -> bool {
    let was = match who.before {
        Some(index) => to_come(before, index, tools),
        None => listed.then(ToCome::new),
    };
    let is = who.after.map_or(Some(ToCome::new()), |index| to_come(after, index, tools));
    match (was, is) {
        (Some(_), None) => true,
        (None, Some(is)) => !is.is_empty(),
        _ => false,
    }
}

fn company_id(company: &Company) -> String {
    company.key()
}
