//! Whether a change gives anybody access that was not there before.
//!
//! Access is told in statements: who holds which level on which tool, and where. A statement about every project speaks of
//! projects that do not exist yet, too; so a list of today's projects is less than "every project", however long it is.
//!
//! Two ways lead to the answer. What a statement says can be compared exactly: it is covered if the same holder had at least
//! the level on the tool, there or everywhere. And the statements can be written as Cedar `permit` policies over a small
//! schema, [`SCHEMA`], of which the solver is asked whether those after allow anything that those before do not. The first
//! names each new access; the second shows that there is no other. They have to agree.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cedar_policy::{EntityUid, EvalResult, Policy, PolicyId, PolicySet, RequestEnv, Schema};
use rayon::prelude::*;
use thiserror::Error;

use super::replay::replay;
use super::solver::{Answer, NoSolver, Question, Solver, Witness};
use crate::inventory::level::Level;

/// Who may use what, where, and up to which level. A tool of the company is used in the company, one of its projects in a
/// project.
pub const SCHEMA: &str = "
    namespace Access {
        entity Holder;
        entity Company;
        entity Project in [Company];
        action uses appliesTo { principal: [Holder], resource: [Company, Project], context: { tool: String, level: Long } };
    }
";

/// Statements that one question to the solver has at most: they are put to it holder by holder.
const MOST: usize = 200;

/// A statement: somebody holds a level on a tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// Who: an id that is the same before and after.
    pub holder: String,
    /// On what: `project/budget`.
    pub tool: String,
    /// Where.
    pub scope: Scope,
    /// How much; lower levels are included. [`Level::None`] is no access.
    pub level: Level,
}

/// Where a level is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In the company itself: for its own tools.
    Company {
        /// Its id.
        company: String,
    },
    /// In one project of the company.
    Project {
        /// The company's id.
        company: String,
        /// The project's id.
        project: String,
    },
    /// In every project of the company, those of today and those to come.
    EveryProject {
        /// Its id.
        company: String,
    },
}

impl Scope {
    fn company(&self) -> &str {
        match self {
            Self::Company { company } | Self::Project { company, .. } | Self::EveryProject { company } => company,
        }
    }

    /// For one project: every project of its company, which includes it.
    fn every(&self) -> Option<Self> {
        match self {
            Self::Project { company, .. } => Some(Self::EveryProject { company: company.clone() }),
            Self::Company { .. } | Self::EveryProject { .. } => None,
        }
    }
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// The statements after that none before includes, sorted; empty if no access is new.
    pub new: Vec<Access>,
    /// How sure that is.
    pub shown: Shown,
}

/// How an answer about access was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The solver proved that no access is new, over every tool, level and project there can be.
    Proved,
    /// The solver showed new access, and Cedar confirmed it.
    Refuted(Vec<Example>),
    /// There is no solver: the statements were compared with each other, exactly.
    Compared(NoSolver),
    /// The solver did not answer.
    NotDecided(String),
}

/// An access that is there after and was not before, as the solver made it up and Cedar confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// Who.
    pub holder: String,
    /// On what.
    pub tool: String,
    /// How much.
    pub level: Level,
    /// Where.
    pub place: Place,
}

/// Where an access is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the company itself.
    Company(String),
    /// In a project that some statement names.
    Project(String),
    /// In a project that no statement names: one that does not exist yet.
    ProjectToCome {
        /// The company it will belong to.
        company: String,
    },
}

/// The solver and the exact comparison of the statements contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the solver and the exact comparison contradict each other: the solver {solver}, and the comparison finds {new} new"
)]
pub struct Disagreement {
    /// What the solver says.
    solver: &'static str,
    /// How much access the comparison finds to be new.
    new: usize,
}

/// Whether the access after a change implies no access that was not there before. Without a solver the statements are
/// compared; as many solvers run at once as there are jobs.
///
/// # Errors
/// When the solver contradicts the exact comparison: a mistake of this program, and neither of them proves anything.
pub fn gained(
    before: &[Access],
    after: &[Access],
    solver: Result<&Solver, &NoSolver>,
    jobs: usize,
) -> Result<Gain, Disagreement> {
    let new = compare(before, after);
    let shown = match solver {
        Err(none) => Shown::Compared(none.clone()),
        Ok(solver) => prove(before, after, solver, jobs).unwrap_or_else(Shown::NotDecided),
    };
    agreed(new, shown)
}

/// What the comparison and the solver say together.
fn agreed(new: Vec<Access>, shown: Shown) -> Result<Gain, Disagreement> {
    let solver = match &shown {
        Shown::Proved if !new.is_empty() => "proves that no access is new",
        Shown::Refuted(_) if new.is_empty() => "shows new access",
        _ => return Ok(Gain { new, shown }),
    };
    Err(Disagreement { solver, new: new.len() })
}

/// The statements after that none before includes.
pub fn compare(before: &[Access], after: &[Access]) -> Vec<Access> {
    let mut had: BTreeMap<(&str, &str, Scope), Level> = BTreeMap::new();
    for access in before {
        let level = had.entry((&access.holder, &access.tool, access.scope.clone())).or_default();
        *level = access.level.max(*level);
    }
    let is_new = |access: &&Access| {
        let level = |scope| had.get(&(access.holder.as_str(), access.tool.as_str(), scope)).copied();
        let there = level(access.scope.clone());
        let everywhere = access.scope.every().and_then(level);
        access.level > there.max(everywhere).unwrap_or_default()
    };
    let new: BTreeSet<&Access> = after.iter().filter(is_new).collect();
    new.into_iter().cloned().collect()
}

/// Statements by holder and tool: no statement of one such pair says anything of another one.
fn by_use(statements: &[Access]) -> BTreeMap<(&str, &str), BTreeSet<&Access>> {
    let mut out: BTreeMap<(&str, &str), BTreeSet<&Access>> = BTreeMap::new();
    for access in statements.iter().filter(|access| access.level > Level::None) {
        out.entry((&access.holder, &access.tool)).or_default().insert(access);
    }
    out
}

/// Statements before and after that are put to the solver together.
#[derive(Default)]
struct Batch<'a> {
    /// Those after that were not there before.
    after: Vec<&'a Access>,
    /// Of those before, some. If already these include everything after, all of them do.
    asked: Vec<&'a Access>,
    /// All before, by which an answer is checked.
    before: Vec<&'a Access>,
}

/// Asks the solver about every holder and tool of which the statements differ.
fn prove(before: &[Access], after: &[Access], solver: &Solver, jobs: usize) -> Result<Shown, String> {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| error.to_string())?;
    let (had, has) = (by_use(before), by_use(after));
    let mut batches: Vec<Batch<'_>> = Vec::new();
    let nothing = BTreeSet::new();
    for (usage, after) in &has {
        let before = had.get(usage).unwrap_or(&nothing);
        let changed: Vec<&Access> = after.difference(before).copied().collect();
        for changed in changed.chunks(MOST) {
            // What can include a change: what is held at the same place, or everywhere. Of the rest, as much as there is
            // room for.
            let places: BTreeSet<&Scope> = changed.iter().map(|access| &access.scope).collect();
            let near = |access: &&&Access| access.scope.every().is_none() || places.contains(&access.scope);
            let (near, far): (Vec<&Access>, Vec<&Access>) = before.iter().partition(|access| near(access));
            let asked: Vec<&Access> = near.into_iter().chain(far).take(MOST.max(2 * changed.len())).collect();
            let size = changed.len() + asked.len();
            if batches.last().is_none_or(|batch| batch.after.len() + batch.asked.len() + size > MOST) {
                batches.push(Batch::default());
            }
            if let Some(batch) = batches.last_mut() {
                batch.after.extend(changed);
                batch.asked.extend(asked);
                batch.before.extend(before);
            }
        }
    }
    let mut kinds: Vec<RequestEnv> = schema.request_envs().collect();
    kinds.sort();
    let questions: Vec<(&Batch<'_>, &RequestEnv)> =
        batches.iter().flat_map(|batch| kinds.iter().map(move |kind| (batch, kind))).collect();
    let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let threads = threads.map_err(|error| error.to_string())?;
    let ask = |(batch, kind): &(&Batch<'_>, &RequestEnv)| one(batch, kind, &schema, solver);
    let answers: Vec<Result<Option<Example>, String>> = threads.install(|| questions.par_iter().map(ask).collect());
    // What one question shows is not less shown because another one has no answer.
    let mut found: Vec<Example> = answers.iter().filter_map(|answer| answer.clone().ok().flatten()).collect();
    found.sort();
    match answers.into_iter().find_map(Result::err) {
        _ if !found.is_empty() => Ok(Shown::Refuted(found)),
        Some(reason) => Err(reason),
        None => Ok(Shown::Proved),
    }
}

/// An access of a batch that is new, if there is one.
fn one(batch: &Batch<'_>, kind: &RequestEnv, schema: &Schema, solver: &Solver) -> Result<Option<Example>, String> {
    let (stricter, weaker) = (permits(&batch.after)?, permits(&batch.asked)?);
    let (environment, schema_of_access) = (kind.clone(), schema.clone());
    let question = Question { environment, schema: schema_of_access, stricter: stricter.clone(), weaker };
    match solver.ask(question) {
        Answer::Holds => Ok(None),
        Answer::NotDecided(reason) => Err(reason),
        Answer::Fails(witness) => {
            replay(&witness, &stricter, &permits(&batch.before)?, schema)?;
            example(&witness, batch).map(Some).ok_or_else(|| "the solver found an access without its parts".to_owned())
        }
    }
}

/// Statements as policies. Ids of an export are quoted as Cedar quotes them.
fn permits(statements: &[&Access]) -> Result<PolicySet, String> {
    let policy = |(number, access): (usize, &&Access)| -> Result<Policy, String> {
        let quoted = |kind: &str, id: &str| format!("Access::{kind}::\"{}\"", id.escape_debug());
        let holder = quoted("Holder", &access.holder);
        let company = quoted("Company", access.scope.company());
        let (resource, within) = match &access.scope {
            Scope::Company { .. } => (format!("resource == {company}"), String::new()),
            Scope::Project { project, .. } => {
                (format!("resource == {}", quoted("Project", project)), format!("resource in {company} && "))
            }
            Scope::EveryProject { .. } => (format!("resource is Access::Project in {company}"), String::new()),
        };
        let tool = access.tool.escape_debug();
        let level = rank(access.level);
        let text = format!(
            "permit (principal == {holder}, action, {resource}) \
             when {{ {within}context.tool == \"{tool}\" && context.level >= 1 && context.level <= {level} }};"
        );
        let policy = Policy::from_str(&text).map_err(|error| error.to_string())?;
        Ok(policy.new_id(PolicyId::new(number.to_string())))
    };
    let policies: Result<Vec<Policy>, String> = statements.iter().enumerate().map(policy).collect();
    PolicySet::from_policies(policies?).map_err(|error| error.to_string())
}

/// Levels as the numbers of the small schema.
fn rank(level: Level) -> i64 {
    Level::ALL.into_iter().zip(0..).find(|(one, _)| *one == level).map_or(0, |(_, rank)| rank)
}

/// What a confirmed fact says, in the words of the statements.
fn example(witness: &Witness, batch: &Batch<'_>) -> Option<Example> {
    let request = &witness.request;
    let id = |uid: &EntityUid| uid.id().unescaped().to_owned();
    let (holder, resource) = (id(request.principal()?), request.resource()?);
    let context = request.context()?;
    let (Some(EvalResult::String(tool)), Some(EvalResult::Long(level))) = (context.get("tool"), context.get("level"))
    else {
        return None;
    };
    let level = Level::ALL.into_iter().find(|one| rank(*one) == level)?;
    let used = batch.after.iter().find(|access| (&access.holder, &access.tool) == (&holder, &tool))?;
    let project = id(resource);
    let named = |access: &&&Access| matches!(&access.scope, Scope::Project { project: named, .. } if *named == project);
    let place = match resource.type_name().basename() {
        "Company" => Place::Company(project),
        _ if batch.after.iter().chain(&batch.before).any(|access| named(&access)) => Place::Project(project),
        _ => Place::ProjectToCome { company: used.scope.company().to_owned() },
    };
    Some(Example { holder, tool, level, place })
}

#[cfg(test)]
mod tests;
