//! Runs test files: each case is evaluated by its control alone, and the answer compared with what is expected.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::cases::{Case, Expect, Given, Suite, Suites};
use super::coverage::Coverage;
use super::fault::CaseFault;
use super::score;
use super::written::{self, Days};
use cutover_analysis::audit::{places, tool_info};
use cutover_analysis::gate;
use cutover_analysis::plan;
use cutover_inventory::Inventory;
use cutover_model::result::audit::Diagnostic;
use cutover_model::result::policy_test::{Found, Never, PolicyTest, SCHEMA, Summary, Tested, Tried};
use cutover_policy::control::{Control, Occasion};
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::facts::Facts;
use cutover_policy::pack::Pack;
use cutover_policy::{self as policy, Evaluation, Hit, owner};

/// The facts of a case: all that a control can see of it.
#[derive(Debug)]
pub(super) struct Posed {
    pub facts: Facts,
    pub diagnostics: Vec<Diagnostic>,
    pub error: Option<String>,
}

/// What a run of tests is asked for.
#[derive(Debug, Default)]
pub struct Options {
    /// Whether to try mutants of each control, and the least percentage of them that has to be killed.
    pub mutate: Option<f64>,
}

/// Runs the test files of some controls, by id.
///
/// # Errors
/// Where a fact that is written in a test file does not fit the schema.
pub fn run(pack: &Pack, suites: &Suites, ids: &BTreeSet<String>, options: &Options) -> Result<PolicyTest, CaseFault> {
    let mut controls: Vec<&Control> = pack.in_force().filter(|control| ids.contains(&control.id)).collect();
    controls.sort_by(|one, two| one.id.cmp(&two.id));
    let tested: Vec<Result<Tested, CaseFault>> =
        controls.par_iter().map(|control| test(pack, control, suites.get(&control.id), options)).collect();
    let controls = tested.into_iter().collect::<Result<Vec<Tested>, CaseFault>>()?;
    let summary = summary(&controls, options);
    Ok(PolicyTest { schema: SCHEMA.to_owned(), tool: tool_info(), controls, summary })
}

fn test(pack: &Pack, control: &Control, suite: Option<&Suite>, options: &Options) -> Result<Tested, CaseFault> {
    let mut coverage = Coverage::of(control);
    let mut out = Tested {
        control: control.id.clone(),
        path: suite.map(|suite| suite.path.clone()),
        cases: Vec::new(),
        not_asked: Vec::new(),
        never: Vec::new(),
        parts: 0,
        gaps: Vec::new(),
        mutants: None,
    };
    let mut posed = Vec::new();
    for (suite, case) in suite.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case))) {
        let asked = pose(pack, control, suite, case)?;
        let found = answer(&asked, control);
        coverage.add(&asked.facts, control);
        let passed = holds(case, &found, control);
        let diagnostics = if passed { Vec::new() } else { asked.diagnostics.clone() };
        out.cases.push(Tried {
            name: case.name.clone(),
            passed,
            expected: case.expect.id().to_owned(),
            subject: case.subject.clone(),
            violations: case.violations,
            found,
            diagnostics,
        });
        // A case that fails tells nothing of a mutant.
        if passed && options.mutate.is_some() {
            posed.push((case, asked));
        }
    }
    if let Some(suite) = suite {
        out.never = suite
            .never
            .iter()
            .map(|(answer, why)| Never { answer: answer.id().to_owned(), why: why.clone() })
            .collect();
        out.not_asked = not_asked(suite);
    } else {
        out.not_asked = Expect::ANSWERS.map(|answer| answer.id().to_owned()).to_vec();
    }
    out.parts = coverage.parts();
    out.gaps = coverage.gaps(control);
    out.mutants = options.mutate.map(|_| score::score(pack, control, &posed));
    Ok(out)
}

/// The answers that no case asks for and that the file does not say are impossible.
fn not_asked(suite: &Suite) -> Vec<String> {
    let asked = |expect: Expect| suite.cases.iter().any(|case| case.expect == expect);
    let missing = Expect::ANSWERS.into_iter().filter(|expect| match suite.never.get(expect) {
        // Where compliance is no fact, there is no fact at all.
        Some(_) => *expect == Expect::Complies && !asked(Expect::Nothing),
        None => !asked(*expect),
    });
    missing.map(|expect| expect.id().to_owned()).collect()
}

/// The facts of a case, with everything a control or a mutant of it may ask about.
///
/// # Errors
/// Where a written fact does not fit the schema.
pub(super) fn pose(pack: &Pack, control: &Control, suite: &Suite, case: &Case) -> Result<Posed, CaseFault> {
    if let Given::Facts(written) = &case.given {
        let days = Days { as_of: case.as_of, timeline: &case.timeline };
        let facts = written::facts(written, &days, &pack.tools).map_err(|fault| suite.fault(fault))?;
        return Ok(Posed { facts, diagnostics: Vec::new(), error: None });
    }
    let mut export = case.export();
    let mut diagnostics = export.diagnostics.clone();
    // What decides is the side before, as in a gate.
    if let (Occasion::Change, [before, after]) = (control.occasion(), export.companies.as_mut_slice()) {
        after.decide_as_before(before);
    }
    let inventory = Inventory::build(&export, &pack.tools, &mut diagnostics);
    let setting = Setting {
        today: case.as_of,
        timeline: &case.timeline,
        tools: &pack.tools,
        named_tools: pack.tools_named_by(std::slice::from_ref(control)),
    };
    let (facts, error) = match control.occasion() {
        Occasion::Audit => (build_facts(&inventory, &setting, &|_| true), None),
        // What becomes of an account, and so what a plan says of it, follows from the other controls, too.
        Occasion::Plan => match plan::facts_of(&inventory, pack, case.as_of, &case.timeline) {
            Ok(facts) => (facts, None),
            Err(error) => (Facts::default(), Some(error.to_string())),
        },
        Occasion::Change => (gate::facts_of(&inventory, &setting), None),
    };
    Ok(Posed { facts, diagnostics: places::diagnostics(&export, diagnostics, &pack.org.levels), error })
}

/// What a control says of the facts of a case.
fn answer(posed: &Posed, control: &Control) -> Found {
    if posed.error.is_some() {
        return Found { error: posed.error.clone(), ..Found::default() };
    }
    match policy::evaluate(&posed.facts, std::slice::from_ref(control)) {
        Ok(evaluation) => found(&posed.facts, &evaluation, 0, control),
        Err(error) => Found { error: Some(error), ..Found::default() },
    }
}

/// What a evaluation holds of one control.
pub(super) fn found(facts: &Facts, evaluation: &Evaluation, index: usize, control: &Control) -> Found {
    // Not knowing is a violation, too, where the control says so.
    let unknown = evaluation.unknown.iter().filter(|_| control.unknown.is_some());
    let own = evaluation.violations.iter().chain(unknown).filter(|hit| hit.control == index);
    let name = |hit: &Hit| {
        let principal = facts.tables.get(&hit.environment)?.principal(hit.fact)?;
        Some(facts.thing(principal)?.name.to_string())
    };
    let mut violations: Vec<String> = own.filter_map(name).collect();
    violations.sort();
    let assessed = evaluation.assessed.get(index).cloned().unwrap_or_default();
    let missing = assessed
        .missing
        .keys()
        .map(|(environment, attribute)| format!("{}.{}", owner(*environment, attribute.root), attribute.name));
    let missing: BTreeSet<String> = missing.collect();
    Found {
        facts: assessed.facts,
        violations,
        unknown: assessed.unknown,
        missing: missing.into_iter().collect(),
        error: evaluation.errors.get(&control.id).cloned(),
    }
}

/// Whether a control said what the case expects.
pub(super) fn holds(case: &Case, found: &Found, control: &Control) -> bool {
    let Found { facts, violations, unknown, error, .. } = found;
    if error.is_some() {
        return false;
    }
    match case.expect {
        Expect::Violates => {
            let who = case.subject.as_ref().map_or(!violations.is_empty(), |subject| violations.contains(subject));
            who && case.violations.is_none_or(|number| number == violations.len())
        }
        Expect::Complies => violations.is_empty() && *facts > 0 && *unknown == 0,
        Expect::Unknown => *unknown > 0 && (control.unknown.is_some() || violations.is_empty()),
        Expect::Nothing => violations.is_empty() && *facts == 0,
    }
}

fn summary(controls: &[Tested], options: &Options) -> Summary {
    let cases = || controls.iter().flat_map(|tested| &tested.cases);
    let parts = controls.iter().map(|tested| tested.parts).sum();
    Summary {
        controls: controls.len(),
        untested: controls.iter().filter(|tested| tested.path.is_none()).count(),
        cases: cases().count(),
        failed: cases().filter(|case| !case.passed).count(),
        parts,
        covered: parts - controls.iter().map(|tested| tested.gaps.len()).sum::<usize>(),
        mutation: options.mutate.map(|at_least| score::total(controls, at_least)),
    }
}
