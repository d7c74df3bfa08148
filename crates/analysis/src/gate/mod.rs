//! The gate: two exports of a company in, what changed and whether policy allows it out.
//!
//! The way of the data: `pairs` finds what is the same on both sides, `grants`, `identities`, `apps` and
//! `others` compare it, `facts` puts what was gained and lost to the controls over changes, and `violation_diff` tells the
//! violations that are new from those that were there before. What one side does not know is no change.

use std::ops::Range;

use miette::Diagnostic as MietteDiagnostic;
use thiserror::Error;

mod apps;
mod change;
mod document;
mod evaluate;
mod facts;
mod grants;
mod identities;
mod others;
mod pairs;
mod prove;
mod replaced;
pub mod rules;
mod violation_diff;

pub use change::{Both, Change, Object, Places, Subject};
pub use pairs::Pairs;

use crate::access_change::{AccessProver, Disagreement};
use crate::audit;
use crate::audit::decided::decided_by;
use crate::audit::{AuditError, Options, tool_info};
use cutover_export::decisions::FileDecision;
use cutover_export::{Export, Records};
use cutover_inventory::collected::Collected;
use cutover_inventory::{Company, Inventory};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::audit::{CollectedBasis, Coverage, Input, Summary, Verdict, Violation};
use cutover_model::result::gate::{Counts, Direction, Gate, Inputs, Proof, SCHEMA};
use cutover_model::result::graph::Graph;
use cutover_policy as policy;
use cutover_policy::control::{Control, Occasion};
use cutover_policy::fact_builder::Setting;
use cutover_policy::facts::Facts;
use cutover_policy::pack::Pack;
use rules::{Arriving, Rules};
use violation_diff::ViolationDiff;

/// Why two exports cannot be compared.
#[derive(Debug, Error, MietteDiagnostic)]
pub enum GateError {
    /// Not one export before and one after.
    #[error("a gate compares two exports, found {0}")]
    #[diagnostic(help("give the folder before the change and the folder after it"))]
    NotTwo(usize),
    /// The exports are of different companies.
    #[error("the exports are of different companies: `{before}` before, and `{after}` after")]
    #[diagnostic(help(
        "give two exports of one company; the id is that of companies.json, projects.json or export.toml"
    ))]
    OtherCompany {
        /// The company before.
        before: String,
        /// The company after.
        after: String,
    },
    /// A fact failed to evaluate.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Audit(#[from] AuditError),
    /// A proof is refuted by the exact comparison, or the other way round.
    #[error(transparent)]
    #[diagnostic(help("this is a bug in cutover; please report it"))]
    Proof(#[from] Disagreement),
}

/// What changed between two states of a company.
pub fn changes(before: &Company, after: &Company) -> (Vec<Change>, Pairs) {
    let pairs = Pairs::of(before, after);
    let mut out = grants::changes(before, after, &pairs);
    out.extend(identities::changes(before, after, &pairs));
    out.extend(apps::changes(before, after, &pairs));
    out.extend(others::templates(before, after, &pairs));
    out.extend(others::credentials(before, after));
    out.extend(others::hooks(before, after, &pairs));
    out.extend(others::settings(before, after));
    out.extend(others::missing_projects(before, after, &pairs));
    (out, pairs)
}

/// What a gate would say to the controls over changes, of an inventory of the company before and after; no facts of any
/// other inventory.
pub fn facts_of(inventory: &Inventory, setting: &Setting<'_>) -> Facts {
    let [before, after] = inventory.companies.as_slice() else { return Facts::default() };
    let (changes, pairs) = changes(before, after);
    facts::build_facts(inventory, &changes, &pairs, setting)
}

/// Compares two exports: the records of the company before the change, and those of the company after it, taken out of
/// what was read.
///
/// # Errors
/// When these are not two exports of one company, or a fact fails to evaluate.
pub fn gate(export: &Export, records: Vec<Records>, pack: &Pack, options: &Options) -> Result<Gate, GateError> {
    gate_with(export, records, pack, options, None, false)
}

/// The same; says whether the change gives anybody access that was not there before, and draws the access graph after it,
/// where that is asked for.
///
/// # Errors
/// As for [`gate`].
pub fn gate_with(
    export: &Export,
    records: Vec<Records>,
    pack: &Pack,
    options: &Options,
    prover: Option<&dyn AccessProver>,
    with_graph: bool,
) -> Result<Gate, GateError> {
    gate_arriving(export, records, Rules { pack, options }, Arriving::default(), prover, with_graph)
}

/// The same with decisions that arrive with the change: they are reported and do not count. Each violation says whether it
/// would pass once they are accepted.
///
/// # Errors
/// As for [`gate`].
pub fn gate_arriving(
    export: &Export,
    records: Vec<Records>,
    rules: Rules<'_>,
    arriving: Arriving<'_>,
    prover: Option<&dyn AccessProver>,
    with_graph: bool,
) -> Result<Gate, GateError> {
    let Rules { pack, options } = rules;
    let given = records.len();
    let (Ok([one, mut two]), [before_files, after_files]) =
        (<[Records; 2]>::try_from(records), export.folders.as_slice())
    else {
        return Err(GateError::NotTwo(given));
    };
    let decisions = rules::compare(export, [before_files, after_files]);
    // The side before was accepted; what the side after decides of itself does not count.
    let arrived = two.decide_as_before(&one);
    let mut diagnostics = export.diagnostics.clone();
    diagnostics.extend(unseen(&one, &two, decisions.kinds));
    let (mut ignored, mut of_after) = (Vec::new(), Vec::new());
    let mut accepted = (decisions.decisions || arriving.accepted.is_some()).then(|| {
        let own = two.replace_decisions(arrived);
        let mut side = Inventory::build_from(export, std::slice::from_ref(&two), &pack.tools, &mut ignored);
        side.secrets.retain(|secret| after_files.contains(&secret.place.0));
        two.replace_decisions(own);
        side
    });
    let (mut before, mut after) = rayon::join(
        || side(export, one, before_files, pack, &mut Vec::new()),
        || side(export, two, after_files, pack, &mut of_after),
    );
    diagnostics.append(&mut of_after);
    for after in std::iter::once(&mut after).chain(&mut accepted) {
        if let ([was], [is]) = (before.companies.as_slice(), after.companies.as_mut_slice()) {
            is.keep_service_identities(was);
        }
    }
    let ([was], [is]) = (before.companies.as_slice(), after.companies.as_slice()) else {
        return Err(GateError::NotTwo(given));
    };
    same_company(was, is, &mut diagnostics)?;
    let collected = Both { before: was.collected(options.as_of), after: is.collected(options.as_of) };
    report_order(collected, &mut diagnostics);
    after.report_age(options.as_of, &mut diagnostics);
    let compared = changes(was, is);
    let proof =
        prover.map(|prover| prove::prove((was, is), &compared.1, &compared.0, &pack.tools, prover)).transpose()?;
    let described = document::describe(&compared.0, was, is, export, &pack.tools);
    let company = document::company(is);
    let judged = evaluate::evaluate(export, [&mut before, &mut after], rules, &compared, with_graph, &mut diagnostics)?;
    let evaluate::Evaluation { mut violations, coverage, violation_diff, graph } = judged;
    if let Some(accepted) = &mut accepted {
        let rules = arriving.accepted.unwrap_or(rules);
        evaluate::mark_accepted(export, [&mut before, accepted], rules, &mut violations)?;
    }
    diagnostics.extend(decisions.diagnostics);
    diagnostics.extend(arriving.diagnostics);
    report_same_export(export, [before_files, after_files], &mut diagnostics);
    let files = decisions.files;
    Ok(document(
        export,
        pack,
        options,
        Parts { collected, company, described, violations, violation_diff, coverage, proof, graph, files, diagnostics },
    ))
}

struct Parts {
    /// When each side was collected.
    collected: Both<Collected>,
    company: cutover_model::result::Thing,
    described: Vec<cutover_model::result::gate::Change>,
    violations: Vec<Violation>,
    violation_diff: ViolationDiff,
    coverage: Vec<Coverage>,
    proof: Option<Proof>,
    graph: Option<Graph>,
    /// The files of the exports that decide.
    files: Vec<FileDecision>,
    diagnostics: Vec<Diagnostic>,
}

fn document(export: &Export, pack: &Pack, options: &Options, parts: Parts) -> Gate {
    let Parts { collected, company, described, violations, violation_diff, coverage, proof, graph, files, diagnostics } =
        parts;
    let days_left = options.timeline.days_left(options.as_of);
    let mut controls: Vec<&Control> =
        pack.all().filter(|control| matches!(control.occasion(), Occasion::Audit | Occasion::Change)).collect();
    controls.sort_by(|one, two| one.id.cmp(&two.id));
    let describe = |control: &Control| audit::describe(pack, control, policy::severity(control, pack, days_left));
    let inputs = |number: usize| -> Vec<Input> {
        let range = export.folders.get(number).cloned().unwrap_or_default();
        audit::inputs_of(export, &range)
    };
    let count =
        |directions: &[Direction]| described.iter().filter(|change| directions.contains(&change.direction)).count();
    let counts = Counts {
        gained: count(&[Direction::Gained, Direction::Raised]),
        lost: count(&[Direction::Lost, Direction::Lowered]),
        other: count(&[Direction::Renamed, Direction::Reissued, Direction::Changed]),
        unchanged: violation_diff.unchanged,
        resolved: violation_diff.resolved.len(),
        passing_once_accepted: violations.iter().filter(|violation| violation.passes_once_accepted).count(),
    };
    let decided_by = decided_by(export, &files, pack, &options.timeline, &diagnostics);
    let summary = Summary::count(&violations, &coverage);
    let diagnostics = audit::places::diagnostics(export, diagnostics, &pack.org.levels);
    Gate {
        schema: SCHEMA.to_owned(),
        tool: tool_info(),
        as_of: options.as_of,
        timeline: options.timeline.describe(),
        collected_at: collected.after.map(|collected| collected.at),
        collected_at_basis: collected.after.map(|collected| collected.basis),
        before_collected_at: collected.before.map(|collected| collected.at),
        before_collected_at_basis: collected.before.map(|collected| collected.basis),
        company,
        decided_by,
        inputs: Inputs { before: inputs(0), after: inputs(1) },
        controls: controls.into_iter().map(describe).collect(),
        duties: pack.responsibility.described(),
        overrides: pack.org.described(pack, days_left),
        verdict: Verdict::by_default(&summary, &diagnostics),
        summary,
        coverage,
        changes: described,
        violations,
        resolved: violation_diff.resolved,
        not_compared: violation_diff.not_compared,
        proof,
        graph,
        diagnostics,
        counts,
    }
}

fn side(
    export: &Export,
    records: Records,
    documents: &Range<u32>,
    pack: &Pack,
    diagnostics: &mut Vec<Diagnostic>,
) -> Inventory {
    let mut inventory = Inventory::build_of(export, vec![records], &pack.tools, diagnostics);
    // Each side is an export of its own: what lies in the other is none of its secrets.
    inventory.secrets.retain(|secret| documents.contains(&secret.place.0));
    inventory
}

/// Kinds of export that are there before a change and not after it. A gate cannot tell what changed in them, and whoever
/// breaks a file or leaves it out must not silence it unnoticed. Where the change also gives other kinds to files, the
/// kind may be there under a name that does not count yet: that is no pass.
fn unseen(before: &Records, after: &Records, renamed: bool) -> Vec<Diagnostic> {
    let named = |kinds: Vec<Kind>| kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let gone = before.present.difference(&after.present).copied();
    let (lost, absent): (Vec<Kind>, Vec<Kind>) = gone.partition(|kind| after.incomplete.contains(kind));
    let lost = (!lost.is_empty()).then(|| {
        let what =
            format!("read in full before the change but not after it: {}; changes there are unknown", named(lost));
        Diagnostic::new(Code::Lost, Place::None, what)
    });
    let absent = (!absent.is_empty()).then(|| {
        let what = format!("exported before the change but not after it: {}; changes there are unknown", named(absent));
        Diagnostic::new(if renamed { Code::Lost } else { Code::NotCompared }, Place::None, what)
    });
    lost.into_iter().chain(absent).collect()
}

/// Two exports are of one company unless both say who they are of, and say different things.
fn same_company(before: &Company, after: &Company, diagnostics: &mut Vec<Diagnostic>) -> Result<(), GateError> {
    let other = || {
        let name = |company: &Company| {
            let id = company.id.map(|id| format!(" ({id})")).unwrap_or_default();
            format!("{}{id}", escape::name(&company.name))
        };
        GateError::OtherCompany { before: name(before), after: name(after) }
    };
    match (before.id, after.id) {
        (Some(before), Some(after)) if before != after => Err(other()),
        (None, None) if before.origin.is_some() && after.origin.is_some() && before.name != after.name => Err(other()),
        (Some(_), Some(_)) => Ok(()),
        _ => {
            let what = "at least one of the two exports does not name its company; both are treated as one company";
            diagnostics.push(Diagnostic::new(Code::Company, Place::None, what));
            Ok(())
        }
    }
}

/// Reports a side after the change that was collected before the side before it: somebody may have swapped the two. Only
/// stated days count, because the newest record may have been deleted by the change.
fn report_order(collected: Both<Collected>, diagnostics: &mut Vec<Diagnostic>) {
    let Both { before: Some(before), after: Some(after) } = collected else { return };
    let stated = [before, after].iter().all(|side| side.basis == CollectedBasis::ExportFile);
    if stated && after.at < before.at {
        let what = format!(
            "the export after the change was collected on {}, and the one before it on {}: the two sides look swapped",
            after.at, before.at
        );
        diagnostics.push(Diagnostic::new(Code::SwappedExports, Place::None, what));
    }
}

/// Says where the two sides are the very same files: somebody may have given one folder twice.
fn report_same_export(export: &Export, [before, after]: [&Range<u32>; 2], diagnostics: &mut Vec<Diagnostic>) {
    let digests = |range: &Range<u32>| -> Vec<(Option<Kind>, String)> {
        let documents = export.documents.iter().zip(0u32..).filter(|(_, number)| range.contains(number));
        let mut all: Vec<_> = documents.map(|(document, _)| (document.kind, document.sha256.clone())).collect();
        all.sort();
        all
    };
    let (one, two) = (digests(before), digests(after));
    if !one.is_empty() && one == two {
        let what = "the files before and after the change are the same";
        diagnostics.push(Diagnostic::new(Code::SameExport, Place::None, what));
    }
}
