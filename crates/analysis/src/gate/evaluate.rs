//! Evaluates a change: what is against policy after it and was not before, and which changes policy forbids.

use std::collections::BTreeSet;
use std::ops::Range;

use super::change::Change;
use super::facts;
use super::pairs::Pairs;
use super::rules::Rules;
use super::violation_diff::ViolationDiff;
use crate::ask;
use crate::ask::document::Source;
use crate::audit;
use crate::audit::{AuditError, Case, Findings, Options, Stage};
use cutover_export::Export;
use cutover_inventory::Inventory;
use cutover_inventory::graph::LazyGraph;
use cutover_model::diagnostic::Diagnostic;
use cutover_model::result::audit::{BaselineState, Coverage, Violation, ViolationStatus, Violations};
use cutover_model::result::graph::Graph;
use cutover_policy::control::Occasion;
use cutover_policy::fact_builder::Setting;
use cutover_policy::pack::Pack;

/// What came of evaluating a change.
#[derive(Debug)]
pub(super) struct Evaluation {
    /// What is new and against policy, worst first.
    pub(super) violations: Vec<Violation>,
    /// What each control could and could not evaluate.
    pub(super) coverage: Vec<Coverage>,
    /// What became of the violations of the side before.
    pub(super) violation_diff: ViolationDiff,
    /// The access graph after the change, if it was asked for.
    pub(super) graph: Option<Graph>,
}

/// Evaluates a change of one company, by these rules on both sides.
pub(super) fn evaluate(
    export: &Export,
    [before, after]: [&mut Inventory; 2],
    rules: Rules<'_>,
    (changes, pairs): &(Vec<Change>, Pairs),
    with_graph: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Evaluation, AuditError> {
    let Rules { pack, options } = rules;
    let setting = Setting {
        today: options.as_of,
        timeline: &options.timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    // Before the change, everything that violated counts as known, waived or not.
    let unwaived = Options {
        as_of: options.as_of,
        timeline: options.timeline.clone(),
        waivers: Vec::new(),
        by_reference: options.by_reference,
    };
    let files = |number: usize| export.folders.get(number).cloned().unwrap_or_default();
    let (before_side, after_side) = (&*before, &*after);
    let (old, new) = rayon::join(
        || evaluate_side((export, files(0)), before_side, pack, &setting, &unwaived, &mut Vec::new()),
        || evaluate_side((export, files(1)), after_side, pack, &setting, options, diagnostics),
    );
    let ((old, _), (mut new, mut coverage)) = (old?, new?);
    let violation_diff = match (before.companies.as_slice(), after.companies.as_slice()) {
        ([was], [is]) => {
            ViolationDiff::of((&old, was), (&new, is), pairs, &pack.attributes).map_err(AuditError::Fact)?
        }
        _ => return Err(AuditError::Fact("a gate compares one company with one other".to_owned())),
    };
    for (number, places) in &violation_diff.new {
        new.restrict(*number, &places.members, places.with_nothing);
    }
    new.keep(|number| violation_diff.new.contains_key(&number));
    let source = Source { export, inventory: after, tools: &pack.tools };
    let graph = with_graph.then(|| ask::document::whole(source, &new.subjects()));
    let mut violations = found(&new);
    drop((old, new));

    // From here on the company before and the company after are two companies of one inventory.
    let companies = [&mut *before, &mut *after].map(|side| side.companies.pop().unwrap_or_default());
    let both = Inventory { companies: companies.into(), ..Inventory::default() };
    let facts = facts::build_facts(&both, changes, pairs, &setting);
    let ways = LazyGraph::of(&both, &pack.tools);
    let (documents, occasion) = (0..u32::MAX, Occasion::Change);
    let case = Case { export, documents, inventory: &both, facts, graph: ways, pack, occasion };
    let (forbidden, of_changes) = audit::evaluate_case(case, options, diagnostics, &|_| ())?;
    violations.extend(found(&forbidden));
    drop(forbidden);
    for (side, company) in [before, after].into_iter().zip(both.companies) {
        side.companies.push(company);
    }
    violations.sort_by(|one, two| {
        let key =
            |violation: &Violation| (violation.control.clone(), violation.subject.clone(), violation.resource.clone());
        two.severity.cmp(&one.severity).then_with(|| key(one).cmp(&key(two)))
    });
    coverage.extend(of_changes);
    coverage.sort_by(|one, two| one.control.cmp(&two.control));
    Ok(Evaluation { violations, coverage, violation_diff, graph })
}

/// Evaluates one side of a change, whose files are these.
fn evaluate_side<'a>(
    (export, documents): (&'a Export, Range<u32>),
    inventory: &'a Inventory,
    pack: &'a Pack,
    setting: &Setting<'_>,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(Findings<'a>, Vec<Coverage>), AuditError> {
    let facts = audit::facts_for(inventory, pack, setting);
    let graph = LazyGraph::of(inventory, &pack.tools);
    let case = Case { export, documents, inventory, facts, graph, pack, occasion: Occasion::Audit };
    audit::evaluate_case(case, options, diagnostics, &|_: Stage| ())
}

/// Evaluates the change once more as if the decisions that it brings were accepted, and marks the violations that would pass
/// then: those that are gone or waived.
pub(super) fn mark_accepted(
    export: &Export,
    [before, after]: [&mut Inventory; 2],
    rules: Rules<'_>,
    violations: &mut [Violation],
) -> Result<(), AuditError> {
    let ([was], [is]) = (before.companies.as_slice(), after.companies.as_slice()) else { return Ok(()) };
    let compared = super::changes(was, is);
    let accepted = evaluate(export, [before, after], rules, &compared, false, &mut Vec::new())?;
    let is_open = |violation: &&Violation| violation.status == ViolationStatus::Open;
    let left: BTreeSet<&str> =
        accepted.violations.iter().filter(is_open).map(|violation| violation.fingerprint.as_str()).collect();
    for violation in violations {
        violation.passes_once_accepted =
            violation.status == ViolationStatus::Open && !left.contains(violation.fingerprint.as_str());
    }
    Ok(())
}

/// The violations of a gate are those that the change made.
fn found(findings: &Findings<'_>) -> Vec<Violation> {
    let new = |violation: std::borrow::Cow<'_, Violation>| Violation {
        baseline_state: Some(BaselineState::New),
        ..violation.into_owned()
    };
    findings.included(usize::MAX).map(new).collect()
}
