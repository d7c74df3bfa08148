//! Cedar's own integration tests, taken through the decomposition: every condition apart at its connectives, its parts
//! decided by masks, and decision, reasons and errors put together again.
//!
//! A few cases in `tests/cedar` always run. The public corpus does where it is there: unpack
//! <https://github.com/cedar-policy/cedar-integration-tests> (its `corpus-tests.tar.gz` as well) and name the folder in
//! `CEDAR_CORPUS`.

use crate::support::operators;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::corpus::{Answer, Case, Expected, files, read};
use cedar_policy::{
    ActionConstraint, AuthorizationError, Authorizer, Context, Decision, Effect, Entities, EntityUid, EvalResult,
    Expression, Policy, PolicySet, Request, ValidationMode, Validator, eval_expression,
};
use cutover_policy::condition::{Attribute, Condition, Root, Truth};
use cutover_policy::masks::{Codes, Columns, Read, Side, decide, truths};
use rayon::prelude::*;

/// Requests with one action as columns: the principals and half of the context on one side, the resources and the other
/// half on the other.
struct Requests<'c> {
    entities: &'c Entities,
    action: &'c EntityUid,
    all: Vec<&'c Expected>,
}

impl Requests<'_> {
    fn end(&self, side: Side, at: usize) -> &EntityUid {
        match side {
            Side::Holder => self.all[at].request.principal().unwrap(),
            Side::Row => self.all[at].request.resource().unwrap(),
        }
    }

    fn said(&self, side: Side, read: &Read, at: usize) -> Option<EvalResult> {
        match read {
            Read::Whole(_) => Some(EvalResult::EntityUid(self.end(side, at).clone())),
            Read::Type(_) => Some(EvalResult::String(self.end(side, at).type_name().to_string())),
            Read::Attribute(Attribute { root: Root::Context, name }) => self.all[at].context.get(name),
            // An entity that nothing tells of has no attributes, and asking for one is an error; so is asking for one
            // that it does not have.
            Read::Attribute(Attribute { name, .. }) => {
                self.entities.get(self.end(side, at))?.attr(name).map(Result::unwrap)
            }
        }
    }
}

impl Columns for Requests<'_> {
    fn holders(&self) -> usize {
        self.all.len()
    }

    fn rows(&self) -> usize {
        self.all.len()
    }

    fn side_of(&self, attribute: &str) -> Side {
        let sum: u32 = attribute.bytes().map(u32::from).sum();
        if sum.is_multiple_of(2) { Side::Holder } else { Side::Row }
    }

    fn codes(&self, side: Side, read: &Read) -> Codes {
        let mut distinct = BTreeMap::new();
        let mut code = |at| {
            let next = u32::try_from(distinct.len()).unwrap();
            *distinct.entry(self.said(side, read, at)).or_insert(next)
        };
        let of: Vec<u32> = (0..self.all.len()).map(&mut code).collect();
        Codes { of, unknown: vec![false; distinct.len()] }
    }

    fn question(&self, holder: usize, row: usize, _: BTreeSet<&Read>) -> Result<(Request, Entities), String> {
        let half = |at: usize, side: Side| {
            let context = self.all[at].context.clone().into_iter();
            context.filter(move |(name, _)| self.side_of(name) == side)
        };
        let context = Context::from_pairs(half(holder, Side::Holder).chain(half(row, Side::Row)));
        let (principal, resource) = (self.end(Side::Holder, holder), self.end(Side::Row, row));
        let context = context.map_err(|error| error.to_string())?;
        let request = Request::new(principal.clone(), self.action.clone(), resource.clone(), context, None);
        Ok((request.map_err(|error| error.to_string())?, self.entities.clone()))
    }
}

/// What was compared.
#[derive(Debug, Default)]
struct Count {
    cases: usize,
    requests: usize,
    allowed: usize,
    policies: usize,
    links: usize,
    /// Policies that the decomposition leaves to the reference.
    left: usize,
    /// Policies that Cedar itself cannot give the parts of, such as calls with a wrong number of arguments: as controls
    /// they are refused.
    refused: usize,
    /// Cases that the validator takes although it is not expected to: the corpus was drawn with an older one.
    newly_valid: usize,
    errors: usize,
    operators: BTreeSet<String>,
}

impl Count {
    fn add(mut self, other: Self) -> Self {
        self.cases += other.cases;
        self.requests += other.requests;
        self.allowed += other.allowed;
        self.policies += other.policies;
        self.links += other.links;
        self.left += other.left;
        self.refused += other.refused;
        self.newly_valid += other.newly_valid;
        self.errors += other.errors;
        self.operators.extend(other.operators);
        self
    }
}

/// What the plain `Authorizer` says.
fn authorized(case: &Case, request: &Request) -> Answer {
    let response = Authorizer::new().is_authorized(request, &case.set, &case.entities);
    let diagnostics = response.diagnostics();
    let errors = diagnostics.errors().map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id());
    Answer {
        allowed: response.decision() == Decision::Allow,
        reason: diagnostics.reason().map(ToString::to_string).collect(),
        errors: errors.map(ToString::to_string).collect(),
    }
}

/// Whether the scope of a policy takes in an action: in Cutover, the environment of the facts decides that.
fn takes_in(policy: &Policy, request: &Request, entities: &Entities) -> bool {
    let text = match policy.action_constraint() {
        ActionConstraint::Any => return true,
        ActionConstraint::Eq(uid) => format!("action == {uid}"),
        ActionConstraint::In(uids) => {
            format!("action in [{}]", uids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    };
    let expression: Expression = text.parse().unwrap();
    eval_expression(request, entities, &expression).unwrap() == EvalResult::Bool(true)
}

/// What Cedar says of a policy by itself.
fn asked(policy: &Policy, request: &Request, entities: &Entities) -> Option<Truth> {
    let set = PolicySet::from_policies([policy.clone()]).unwrap();
    let response = Authorizer::new().is_authorized(request, &set, entities);
    let diagnostics = response.diagnostics();
    match (diagnostics.errors().next(), diagnostics.reason().next()) {
        (Some(_), _) => Some(Truth::Error),
        (None, Some(_)) => Some(Truth::True),
        (None, None) => None,
    }
}

/// The answer that the truths of conditions come to.
fn put_together<'p>(truths: impl Iterator<Item = (&'p Policy, Option<Truth>)>) -> Answer {
    let (mut permits, mut forbids, mut errors) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (policy, truth) in truths {
        let id = policy.id().to_string();
        match (truth, policy.effect()) {
            (Some(Truth::True), Effect::Permit) => drop(permits.insert(id)),
            (Some(Truth::True), Effect::Forbid) => drop(forbids.insert(id)),
            (Some(Truth::Error), _) => drop(errors.insert(id)),
            (Some(Truth::Unknown), _) => panic!("{id}: nothing is unknown here"),
            (Some(Truth::False) | None, _) => {}
        }
    }
    let allowed = forbids.is_empty() && !permits.is_empty();
    Answer { allowed, reason: if forbids.is_empty() { permits } else { forbids }, errors }
}

/// Compares what plain Cedar, the conditions fact by fact, and the masks say with what is expected.
fn compare(folder: &Path, path: PathBuf) -> Result<Count, String> {
    let case = read(folder, path);
    let at = |request: usize| format!("{}: {}", case.path.display(), case.requests[request].description);
    let valid = Validator::new(case.schema.clone()).validate(&case.set, ValidationMode::Strict).validation_passed();
    if case.should_validate && !valid {
        return Err(format!("{}: the policies are valid, and the validator refuses them", case.path.display()));
    }
    let conditions: Vec<Option<Condition>> = case.policies.iter().map(|policy| Condition::of(policy).ok()).collect();
    let refused = conditions.iter().filter(|condition| condition.is_none()).count();
    let is_masked = |condition: &Option<Condition>| condition.as_ref().is_some_and(decide);
    let by_masks: Vec<&Condition> =
        conditions.iter().filter(|condition| is_masked(condition)).filter_map(Option::as_ref).collect();

    // One fact after the other, and by masks where they can; the action comes first, as the environment does of facts.
    let alone = |request: &Request, (policy, condition): (&Policy, &Option<Condition>)| {
        let Some(condition) = condition else { return asked(policy, request, &case.entities) };
        let applies = takes_in(policy, request, &case.entities) && condition.applies(request, &case.entities);
        applies.then(|| condition.holds(request, &case.entities, &BTreeSet::new()))
    };
    let mut by_action: BTreeMap<&EntityUid, Vec<usize>> = BTreeMap::new();
    for (number, expected) in case.requests.iter().enumerate() {
        by_action.entry(expected.request.action().unwrap()).or_default().push(number);
    }
    for (action, numbers) in by_action {
        let all = numbers.iter().map(|number| &case.requests[*number]).collect();
        let columns = Requests { entities: &case.entities, action, all };
        let pairs: Vec<(usize, usize)> = (0..numbers.len()).map(|at| (at, at)).collect();
        let told = truths(&by_masks, &columns, &pairs)?;
        for (number, told) in numbers.into_iter().zip(told) {
            let Expected { request, answer, .. } = &case.requests[number];
            let mut told = told.into_iter();
            let mut with_masks = |one: (&Policy, &Option<Condition>)| {
                if !is_masked(one.1) {
                    return alone(request, one);
                }
                told.next().unwrap().filter(|_| takes_in(one.0, request, &case.entities))
            };
            let pairs = || case.policies.iter().zip(&conditions);
            let answers = [
                ("Cedar", authorized(&case, request)),
                ("one by one", put_together(pairs().map(|one| (one.0, alone(request, one))))),
                ("masks", put_together(pairs().map(|one| (one.0, with_masks(one))))),
            ];
            for (who, given) in answers {
                if given != *answer {
                    return Err(format!("{}: expected {answer:?}, {who}: {given:?}", at(number)));
                }
            }
        }
    }
    Ok(Count {
        cases: 1,
        requests: case.requests.len(),
        allowed: case.requests.iter().filter(|expected| expected.answer.allowed).count(),
        policies: case.policies.len(),
        links: case.policies.iter().filter(|policy| !policy.is_static()).count(),
        left: conditions.iter().flatten().filter(|condition| !decide(condition)).count(),
        refused,
        newly_valid: usize::from(valid && !case.should_validate),
        errors: case.requests.iter().map(|expected| expected.answer.errors.len()).sum(),
        operators: if refused == 0 {
            case.policies.iter().flat_map(operators::operators).collect()
        } else {
            BTreeSet::new()
        },
    })
}

/// Compares all cases below a folder of a corpus.
fn compare_all(corpus: &Path, below: &str) -> Count {
    let files = files(&corpus.join(below));
    assert!(!files.is_empty(), "{} holds no cases", corpus.join(below).display());
    // Some policies go deep, and Cedar calls itself for every step.
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build().unwrap();
    let results: Vec<Result<Count, String>> =
        pool.install(|| files.into_par_iter().map(|path| compare(corpus, path)).collect());
    let (agreed, differing): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let differing: Vec<String> = differing.into_iter().filter_map(Result::err).collect();
    let shown = differing.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(differing.is_empty(), "{} cases differ:\n{shown}", differing.len());
    let count = agreed.into_iter().filter_map(Result::ok).fold(Count::default(), Count::add);
    println!(
        "{below}: {} cases, {} requests ({} allowed, {} errors) agree; {} policies ({} linked), {} of them left \
         to the reference, {} without parts; {} cases are valid by now",
        count.cases,
        count.requests,
        count.allowed,
        count.errors,
        count.policies,
        count.links,
        count.left,
        count.refused,
        count.newly_valid
    );
    count
}

#[test]
fn cases_of_our_own_are_answered_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let count = compare_all(&folder, "cedar");
    assert!(count.cases == 28 && count.links >= 3 && count.errors >= 8, "{count:?}");
    assert!(count.left >= 1 && count.left * 2 < count.policies, "{count:?}");
    assert_eq!((count.newly_valid, count.refused), (0, 0));
    let missing: Vec<_> = operators::EVERY.iter().filter(|name| !count.operators.contains(**name)).collect();
    assert!(missing.is_empty(), "no case asks for {missing:?}");
}

#[test]
fn the_public_corpus_is_answered_as_expected() {
    let Some(corpus) = std::env::var_os("CEDAR_CORPUS").map(PathBuf::from) else {
        println!("skipped: `CEDAR_CORPUS` names no folder with Cedar's integration tests");
        return;
    };
    let written = compare_all(&corpus, "tests");
    let drawn = compare_all(&corpus, "corpus-tests");
    assert!(written.cases >= 20, "{written:?}");
    assert!(drawn.cases >= 7000 && drawn.requests >= 56_000, "{drawn:?}");
}
