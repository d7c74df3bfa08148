//! Compares two packs over every fact that the schema allows, one kind of fact after the other.
//!
//! Everything is allowed that no control forbids. So for one kind of fact NEW is at least as strict if no control of OLD
//! applies to it, or if NEW has all of those, whatever else it has; only where neither is so is the solver asked. It is
//! asked about the controls that NEW does not have: the others forbid the same on both sides.
//!
//! What is compared is what the packs forbid. Severity a violation is, who must act, and whether what is unknown is
//! reported play no part; `changes` tells them.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Policy, PolicyId, PolicySet, RequestEnv};
use rayon::prelude::*;

use super::replay::replay;
use super::solver::{Answer, NoSolver, Question, Solver};
use super::unfold::unfold;
use super::world;
use cutover_analysis::audit::tool_info;
use cutover_model::natural;
use cutover_model::result::comparison::{
    Basis, Changes, Comparison, Environment, OverFacts, Rated, SCHEMA, ShownBy, Side, SolverInfo, Status, Summary,
    Verdict,
};
use cutover_model::result::policies::{Applies, Rating};
use cutover_policy::control::{Control, SeverityRule};
use cutover_policy::pack::Pack;

/// Whether the solver proves that a control forbids no fact that can be: the schema allows more than that.
pub fn never_fires(control: &Control, pack: &Pack, solver: &Solver) -> bool {
    let meant = meant(&[control]);
    let all: Vec<&Meant<'_>> = meant.iter().collect();
    let kinds = &control.environments;
    !kinds.is_empty() && kinds.iter().all(|kind| environment(pack, kind, &all, &[], Ok(solver)).status == Status::Holds)
}

/// What is allowed where nothing forbids.
const EVERYTHING: &str = "permit (principal, action, resource);";

/// A pack that is compared, and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Named<'p> {
    /// Its name, as shown.
    pub name: &'p str,
    /// The pack. What its organisation switched off is not part of it.
    pub pack: &'p Pack,
}

/// Compares two packs. As many solvers run at once as there are jobs. What is known of an export is taken into the answer:
/// it is the answer where there is no solver.
///
/// # Errors
/// When the threads cannot be started.
pub fn compare(
    old: Named<'_>,
    new: Named<'_>,
    solver: Result<&Solver, &NoSolver>,
    jobs: usize,
    facts: Option<OverFacts>,
) -> Result<Comparison, String> {
    let (before, after) = (controls(old.pack), controls(new.pack));
    let environments = environments(old.pack, &before, &after, solver, jobs)?;
    let count = |status| environments.iter().filter(|environment| environment.status == status).count();
    let summary =
        Summary { hold: count(Status::Holds), refuted: count(Status::Refuted), not_decided: count(Status::NotDecided) };
    let (verdict, basis) = verdict(summary, solver.is_ok(), facts.as_ref());
    let side = |side: Named<'_>, controls: &[&Control]| Side { name: side.name.to_owned(), controls: controls.len() };
    Ok(Comparison {
        schema: SCHEMA.to_owned(),
        tool: tool_info(),
        old: side(old, &before),
        new: side(new, &after),
        verdict,
        basis,
        solver: solver.ok().map(|solver| SolverInfo {
            name: "cvc5".to_owned(),
            version: solver.version().to_owned(),
            time_limit_seconds: solver.limit().as_secs(),
        }),
        no_solver: solver.err().map(ToString::to_string),
        changes: changes(&before, &after),
        summary,
        environments,
        facts,
    })
}

/// A fact of an export that NEW lets through is as good as one that a solver made up. That there is none says something of
/// that export only.
fn verdict(summary: Summary, solver: bool, facts: Option<&OverFacts>) -> (Verdict, Basis) {
    let let_through = facts.map(|facts| facts.let_through);
    match (summary, let_through) {
        (Summary { refuted: 1.., .. }, _) => (Verdict::LessStrict, Basis::AllFacts),
        (Summary { not_decided: 0, .. }, None | Some(0)) => (Verdict::AtLeastAsStrict, Basis::AllFacts),
        (_, Some(1..)) => (Verdict::LessStrict, Basis::FactsOfExport),
        (_, Some(0)) if !solver => (Verdict::AtLeastAsStrict, Basis::FactsOfExport),
        _ => (Verdict::NotDecided, Basis::AllFacts),
    }
}

/// What a pack evaluates by: its controls over exports, over plans and over changes.
fn controls(pack: &Pack) -> Vec<&Control> {
    pack.in_force().collect()
}

/// How the controls differ as they are written.
fn changes(old: &[&Control], new: &[&Control]) -> Changes {
    let by_id = |controls: &[&'_ Control]| -> BTreeMap<String, usize> {
        controls.iter().enumerate().map(|(number, control)| (control.id.clone(), number)).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let beyond = |one: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>| -> Vec<String> {
        in_order(one.keys().filter(|id| !other.contains_key(*id)).cloned().collect())
    };
    let mut out =
        Changes { only_in_old: beyond(&before, &after), only_in_new: beyond(&after, &before), ..Changes::default() };
    let mut both: Vec<&Control> = old.iter().copied().filter(|control| after.contains_key(&control.id)).collect();
    both.sort_by(|one, other| natural::compare(&one.id, &other.id));
    for one in both {
        let Some(other) = after.get(&one.id).and_then(|number| new.get(*number)) else { continue };
        if meaning(one) != meaning(other) {
            out.rewritten.push(one.id.clone());
        }
        let (was, is) = (rating(one), rating(other));
        if was != is {
            out.rated.push(Rated { control: one.id.clone(), old: was, new: is });
        }
        if one.unknown.is_some() && other.unknown.is_none() {
            out.accepts_unknown.push(one.id.clone());
        }
    }
    out
}

fn in_order(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_by(|one, other| natural::compare(one, other));
    ids
}

fn rating(control: &Control) -> Rating {
    match control.severity {
        SeverityRule::Fixed(severity) => severity.into(),
        SeverityRule::Deadline => Rating::Deadline,
    }
}

/// What a control forbids, as text: its policy without id and annotations. Two that forbid the same may be written in two
/// ways; then it is for the solver to tell.
fn meaning(control: &Control) -> String {
    let Ok(mut json) = control.policy.to_json() else { return control.text.clone() };
    if let Some(members) = json.as_object_mut() {
        members.remove("annotations");
    }
    json.to_string()
}

/// The answer for each kind of fact that the schema knows.
fn environments(
    pack: &Pack,
    old: &[&Control],
    new: &[&Control],
    solver: Result<&Solver, &NoSolver>,
    jobs: usize,
) -> Result<Vec<Environment>, String> {
    let mut kinds: Vec<RequestEnv> = pack.schema().request_envs().collect();
    // Those of `responsibility.cedar` are no facts.
    kinds.retain(|kind| kind.action().id().unescaped() != "answers");
    kinds.sort();
    let (old, new) = (meant(old), meant(new));
    let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let threads = threads.map_err(|error| error.to_string())?;
    let one = |kind: &RequestEnv| environment(pack, kind, &applying(&old, kind), &applying(&new, kind), solver);
    Ok(threads.install(|| kinds.par_iter().map(one).collect()))
}

/// A control, and what it forbids.
struct Meant<'p> {
    control: &'p Control,
    meaning: String,
}

impl Meant<'_> {
    fn policy(&self) -> Policy {
        self.control.policy.clone()
    }
}

fn meant<'p>(controls: &[&'p Control]) -> Vec<Meant<'p>> {
    controls.iter().map(|control| Meant { control, meaning: meaning(control) }).collect()
}

/// The controls that can apply to facts of a kind.
fn applying<'m, 'p>(controls: &'m [Meant<'p>], kind: &RequestEnv) -> Vec<&'m Meant<'p>> {
    controls.iter().filter(|one| one.control.environments.iter().any(|own| same(own, kind))).collect()
}

fn same(one: &RequestEnv, other: &RequestEnv) -> bool {
    (one.principal(), one.action(), one.resource()) == (other.principal(), other.action(), other.resource())
}

/// The answer for one kind of fact, of the controls that can apply to it.
fn environment(
    pack: &Pack,
    kind: &RequestEnv,
    old: &[&Meant<'_>],
    new: &[&Meant<'_>],
    solver: Result<&Solver, &NoSolver>,
) -> Environment {
    let kept: BTreeSet<&String> = new.iter().map(|one| &one.meaning).collect();
    let lost: Vec<&&Meant<'_>> = old.iter().filter(|one| !kept.contains(&one.meaning)).collect();
    let answer = |status, shown_by| Environment {
        kind: Applies {
            action: kind.action().id().unescaped().to_owned(),
            principal: kind.principal().basename().to_owned(),
            resource: kind.resource().basename().to_owned(),
        },
        status,
        shown_by,
        reason: None,
        counterexample: None,
    };
    if old.is_empty() {
        return answer(Status::Holds, Some(ShownBy::NoControl));
    }
    if lost.is_empty() {
        return answer(Status::Holds, Some(ShownBy::SameControls));
    }
    let not_decided = |reason| Environment { reason: Some(reason), ..answer(Status::NotDecided, None) };
    let solver = match solver {
        Ok(solver) => solver,
        Err(none) => return not_decided(none.to_string()),
    };
    let sets = || -> Result<[PolicySet; 3], String> {
        let stricter = set(new.iter().map(|one| one.policy()).chain(world::impossible(kind)))?;
        Ok([stricter, set(lost.iter().map(|one| one.policy()))?, set(old.iter().map(|one| one.policy()))?])
    };
    let [stricter, lost, whole] = match sets() {
        Ok(sets) => sets,
        Err(reason) => return not_decided(reason),
    };
    let (environment, schema) = (kind.clone(), pack.schema().clone());
    let question = Question { environment, schema, stricter: unfold(&stricter), weaker: unfold(&lost) };
    match solver.ask(question) {
        Answer::Holds => answer(Status::Holds, Some(ShownBy::Solver)),
        Answer::NotDecided(reason) => not_decided(reason),
        Answer::Fails(witness) => match replay(&witness, &stricter, &whole, pack.schema()) {
            Ok(found) => Environment { counterexample: Some(found), ..answer(Status::Refuted, Some(ShownBy::Solver)) },
            Err(reason) => not_decided(reason),
        },
    }
}

/// Policies, and that everything else is allowed.
pub(super) fn set(policies: impl Iterator<Item = Policy>) -> Result<PolicySet, String> {
    let everything: Policy = EVERYTHING.parse().map_err(|error: cedar_policy::ParseErrors| error.to_string())?;
    let everything = everything.new_id(PolicyId::new("(everything else)"));
    PolicySet::from_policies(policies.chain([everything])).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(let_through: usize) -> OverFacts {
        OverFacts {
            export: Vec::new(),
            facts: 9,
            reported_by_old: let_through,
            reported_by_new: 0,
            let_through,
            examples: Vec::new(),
        }
    }

    #[test]
    fn without_a_solver_the_facts_of_an_export_are_the_answer_and_no_more_than_that() {
        let open = Summary { hold: 5, refuted: 0, not_decided: 1 };
        assert_eq!(verdict(open, false, None), (Verdict::NotDecided, Basis::AllFacts));
        assert_eq!(verdict(open, false, Some(&facts(0))), (Verdict::AtLeastAsStrict, Basis::FactsOfExport));
        assert_eq!(verdict(open, false, Some(&facts(1))), (Verdict::LessStrict, Basis::FactsOfExport));
    }

    #[test]
    fn with_a_solver_an_export_can_refute_and_cannot_prove() {
        let open = Summary { hold: 5, refuted: 0, not_decided: 1 };
        assert_eq!(verdict(open, true, Some(&facts(0))), (Verdict::NotDecided, Basis::AllFacts));
        assert_eq!(verdict(open, true, Some(&facts(1))), (Verdict::LessStrict, Basis::FactsOfExport));
        let shown = Summary { hold: 6, refuted: 0, not_decided: 0 };
        assert_eq!(verdict(shown, true, Some(&facts(0))), (Verdict::AtLeastAsStrict, Basis::AllFacts));
        assert_eq!(verdict(shown, true, Some(&facts(1))), (Verdict::LessStrict, Basis::FactsOfExport));
    }

    #[test]
    fn a_pack_holds_against_itself_word_for_word_without_a_solver() {
        let pack = Pack::load(&[]).unwrap();
        let side = Named { name: "built-in", pack: &pack };
        let result = compare(side, side, Err(&NoSolver::NotBuilt), 2, None).unwrap();
        assert_eq!((result.verdict, result.summary.not_decided), (Verdict::AtLeastAsStrict, 0));
        assert!(result.environments.iter().any(|kind| kind.shown_by == Some(ShownBy::SameControls)));
        assert!(result.environments.iter().any(|kind| kind.shown_by == Some(ShownBy::NoControl)));
        assert_eq!(result.changes, Changes::default());
    }
}
