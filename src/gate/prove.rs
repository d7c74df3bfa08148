//! Whether a change gives anybody access that was not there before, also in projects that do not exist yet.
//!
//! What is the same on both sides gives nobody anything; so only what changed is stated, as it was and as it is. An
//! identity that is added to new projects, and one that administers the company, holds something in every project there
//! will be.

use std::collections::BTreeMap;

use super::change::{Both, Change, Object, Subject};
use super::pairs::Pairs;
use crate::escape;
use crate::export::hand_kept::CompanyAdminScope;
use crate::inventory::Company;
use crate::inventory::access::Grant;
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::tools::{Scope as ToolScope, Tool, Tools};
use crate::prove::access::{Access, Place, Scope, Shown, gained};
use crate::prove::{NoSolver, Solver};
use crate::result::Thing;
use crate::result::gate::{Basis, NewAccess, Proof};

/// The new access named in a result; the count has all of it.
const MOST_NAMED: usize = 100;

/// What asks the solver, if there is one.
#[derive(Debug)]
pub struct Prover {
    /// The solver, or why there is none.
    pub solver: Result<Solver, NoSolver>,
    /// How many of them run at once.
    pub jobs: usize,
}

/// States access before and after, and has it compared.
pub(super) fn prove(
    (before, after): (&Company, &Company),
    pairs: &Pairs,
    changes: &[Change],
    tools: &Tools,
    prover: &Prover,
) -> Proof {
    let mut statements = Statements { before, after, company: company_id(after), was: Vec::new(), is: Vec::new() };
    changes.iter().for_each(|change| statements.of_change(change));
    pairs.identities.iter().for_each(|pair| statements.of_projects_to_come(*pair, tools));
    let gain = gained(&statements.was, &statements.is, prover.solver.as_ref(), prover.jobs);
    let label = |access: &Access| statements.tell(access, tools);
    let new: Vec<NewAccess> = gain.new.iter().take(MOST_NAMED).map(label).collect();
    let count = gain.new.len();
    let (basis, why, example) = match gain.shown {
        Shown::Proved => (Basis::Proved, None, None),
        Shown::Refuted(examples) => (
            Basis::Refuted,
            None,
            examples.first().map(|example| {
                let place = match &example.place {
                    Place::Company(_) => "in the company".to_owned(),
                    Place::Project(id) => format!("in project {}", escape::name(id)),
                    Place::ProjectToCome { .. } => "in a project that does not exist yet".to_owned(),
                };
                let holder = statements.name(&example.holder);
                format!(
                    "{} may use {} at {} {place}",
                    escape::name(&holder.name),
                    escape::name(&example.tool),
                    example.level
                )
            }),
        ),
        Shown::Compared(why) => (Basis::Compared, Some(why.to_string()), None),
        Shown::NotDecided(why) => (Basis::NotDecided, Some(why), None),
    };
    let (unknown, lost) = not_known((before, after), pairs, tools);
    // What nobody knows any more is no proof of anything.
    let (basis, why) = match (count, lost) {
        (0, 1..) => {
            let what = format!("the access of {lost} identities, known before the change, is not known after it");
            (Basis::NotDecided, Some(what))
        }
        _ => (basis, why),
    };
    let solver = prover.solver.as_ref().ok().map(|solver| format!("cvc5 {}", solver.version()));
    Proof { no_new_access: count == 0 && lost == 0, unknown, basis, solver, why, example, count, new }
}

struct Statements<'a> {
    before: &'a Company,
    after: &'a Company,
    company: String,
    was: Vec<Access>,
    is: Vec<Access>,
}

impl Statements<'_> {
    fn of_change(&mut self, change: &Change) {
        let (Subject::Identity(who), Object::Tool(tool), Some((before, after))) =
            (change.subject, &change.object, change.levels)
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
        for scope in scopes {
            let access = |level| Access { holder: holder.clone(), tool: tool.to_string(), scope: scope.clone(), level };
            self.was.push(access(before));
            self.is.push(access(after));
        }
    }

    /// What an identity holds in every project there will be, where both sides say it.
    fn of_projects_to_come(&mut self, who: Both<IdentityIx>, tools: &Tools) {
        let levels = |company: &Company, index: Option<IdentityIx>| match index {
            Some(index) => to_come(company, index, tools),
            None => Some(BTreeMap::new()),
        };
        let (Some(was), Some(is)) = (levels(self.before, who.before), levels(self.after, who.after)) else { return };
        let Some(holder) = self.holder(who).filter(|_| was != is) else { return };
        let scope = || Scope::EveryProject { company: self.company.clone() };
        let access = |(tool, level): (Tool, Level)| Access {
            holder: holder.clone(),
            tool: tool.to_string(),
            scope: scope(),
            level,
        };
        let (was, is): (Vec<Access>, Vec<Access>) =
            (was.into_iter().map(access).collect(), is.into_iter().map(access).collect());
        self.was.extend(was);
        self.is.extend(is);
    }

    fn holder(&self, who: Both<IdentityIx>) -> Option<String> {
        let now = who.after.and_then(|index| self.after.directory.identities.get(index));
        let identity = now.or_else(|| self.before.directory.identities.get(who.before?))?;
        Some(identity.key())
    }

    fn name(&self, key: &str) -> Thing {
        let own = |company: &'_ Company| {
            let found = company.directory.identities.iter().find(|identity| identity.key() == key)?;
            Some(Thing::new(found.class.sort.to_string(), key, found.name.clone()))
        };
        let found = own(self.after).or_else(|| own(self.before));
        found.unwrap_or_else(|| Thing::new("Person", key, key))
    }

    fn tell(&self, access: &Access, tools: &Tools) -> NewAccess {
        let scope = match &access.scope {
            Scope::Company { .. } => "the company".to_owned(),
            Scope::Project { project, .. } => format!("project {project}"),
            Scope::EveryProject { .. } => "every project to come".to_owned(),
        };
        let tool = access.tool.split_once('/').map_or_else(
            || access.tool.clone(),
            |(scope, key)| {
                let scope = if scope == "company" { ToolScope::Company } else { ToolScope::Project };
                tools.label(&Tool { scope, key: key.into() })
            },
        );
        NewAccess { holder: self.name(&access.holder), tool, scope, level: access.level.id().to_owned() }
    }
}

/// How many identities have access that is not wholly known on both sides, and how many that was known before only.
fn not_known((before, after): (&Company, &Company), pairs: &Pairs, tools: &Tools) -> (usize, usize) {
    let (mut unknown, mut lost) = (0, 0);
    // Who was not there had nothing, if it is known that nobody was.
    let listed = pairs.identities.iter().map(|pair| (pair, true));
    for (pair, listed) in listed.chain(pairs.unlisted.iter().map(|pair| (pair, false))) {
        if pair.after.is_none_or(|index| is_known(after, index, tools)) {
            continue;
        }
        match pair.before.map_or(listed, |index| is_known(before, index, tools)) {
            true => lost += 1,
            false => unknown += 1,
        }
    }
    (unknown, lost)
}

/// Whether all that an identity may do is known, where it is known to be.
fn is_known(company: &Company, index: IdentityIx, tools: &Tools) -> bool {
    let named = [ToolScope::Company, ToolScope::Project].map(Tool::directory);
    let sure = |grant: &Grant| grant.level.is_some() && !company.may_be_raised(index, grant);
    let in_company = company.company_grants(index, tools, &named);
    let mut in_projects = company.telling_memberships(index).flat_map(|membership| {
        company.project_grants(index, membership.project, membership.in_force, membership.origin.into(), &named)
    });
    in_company.iter().all(sure) && in_projects.all(|grant| sure(&grant))
}

/// The levels of an identity in projects that do not exist yet; `None` when nobody knows.
fn to_come(company: &Company, index: IdentityIx, tools: &Tools) -> Option<BTreeMap<Tool, Level>> {
    let identity = company.directory.identities.get(index)?;
    if company.company_admin_scope == CompanyAdminScope::AllProjects && company.administers(index)? {
        return Some(tools.of(ToolScope::Project).map(|tool| (tool.clone(), Level::Admin)).collect());
    }
    if !*identity.adds_to_new_projects.value()? {
        return Some(BTreeMap::new());
    }
    let Some(template) = *identity.default_template.value()? else { return Some(BTreeMap::new()) };
    let levels = company.templates.get(template)?.levels.value()?;
    let given = levels.iter().map(|(tool, given)| Some((tool.clone(), given.level?)));
    Some(given.collect::<Option<BTreeMap<_, _>>>()?.into_iter().filter(|(_, level)| *level > Level::None).collect())
}

fn company_id(company: &Company) -> String {
    company.key()
}
