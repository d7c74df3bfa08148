//! Proves whether a change gives anybody access that was not there before.
//!
//! The statements of [`access_change`](cutover_analysis::access_change) are written as Cedar `permit` policies over a small schema,
//! [`SCHEMA`], of which the solver is asked whether those after allow anything that those before do not.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cedar_policy::{EntityUid, EvalResult, Policy, PolicyId, PolicySet, RequestEnv, Schema};
use rayon::prelude::*;

use super::replay::replay;
use super::solver::{Answer, NoSolver, Question, Solver, Witness};
use cutover_analysis::access_change::{Access, AccessProver, Example, Place, Scope, Shown};
use cutover_model::level::Level;

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
const MAX_ITEMS: usize = 200;

/// Asks the solver, if there is one.
#[derive(Debug)]
pub struct Prover {
    /// The solver, or why there is none.
    pub solver: Result<Solver, NoSolver>,
    /// How many of them run at once.
    pub jobs: usize,
}

impl AccessProver for Prover {
    fn program(&self) -> Option<String> {
        self.solver.as_ref().ok().map(|solver| format!("cvc5 {}", solver.version()))
    }

    fn prove(&self, before: &[Access], after: &[Access]) -> Shown {
        match &self.solver {
            Err(none) => Shown::Compared(none.to_string()),
            Ok(solver) => prove(before, after, solver, self.jobs).unwrap_or_else(Shown::NotDecided),
        }
    }
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
        for changed in changed.chunks(MAX_ITEMS) {
            // What can include a change: what is held at the same place, or everywhere. Of the rest, as much as there is
            // room for.
            let places: BTreeSet<&Scope> = changed.iter().map(|access| &access.scope).collect();
            let near = |access: &&&Access| access.scope.every().is_none() || places.contains(&access.scope);
            let (near, far): (Vec<&Access>, Vec<&Access>) = before.iter().partition(|access| near(access));
            let asked: Vec<&Access> = near.into_iter().chain(far).take(MAX_ITEMS.max(2 * changed.len())).collect();
            let size = changed.len() + asked.len();
            if batches.last().is_none_or(|batch| batch.after.len() + batch.asked.len() + size > MAX_ITEMS) {
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
