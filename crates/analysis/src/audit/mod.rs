//! The audit: an export in, `cutover.audit/v1` out.

use std::fmt;
use std::ops::Range;

use chrono::NaiveDate;
use miette::Diagnostic as MietteDiagnostic;
use thiserror::Error;

use crate::ask;
use crate::ask::document::Source;
use crate::plan::findings::StateEvaluator;
use cutover_export::{Export, Records};
use cutover_inventory::Inventory;
use cutover_inventory::graph::{AccessGraph, LazyGraph, Node};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::result::audit as document;
use cutover_model::result::audit::{Audit, Summary};
use cutover_model::result::policies::Relation;
use cutover_model::result::{Thing, ToolInfo};
use cutover_policy::control::{Control, Occasion};
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::facts::{Facts, Table, ThingIx, Type};
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use cutover_policy::waiver::Waivers;
use cutover_policy::{self as policy, Evaluation};

mod actions;
pub mod baseline;
mod condition_scope;
mod coverage;
pub mod decided;
mod duplicate_secrets;
mod entries;
pub mod explain;
mod extent;
mod findings;
mod integrations;
pub mod merge;
pub mod places;
mod snippet;
mod violations;
mod waive;

use entries::Entries;
pub use findings::{Findings, Key, ViolationPlace, compare_with_baseline};

/// What an audit is asked to do.
#[derive(Debug)]
pub struct Options {
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The announced dates.
    pub timeline: Timeline,
    /// The waivers files to apply.
    pub waivers: Vec<Waivers>,
    /// Whether Cedar is asked about every fact by itself, instead of once for all that look the same: slow, for checking.
    pub by_reference: bool,
}

/// Why an audit could not be made.
#[derive(Debug, Error, MietteDiagnostic)]
pub enum AuditError {
    /// A fact failed to evaluate.
    #[error("failed to evaluate a fact: {0}")]
    #[diagnostic(help("this is a bug in cutover; please report it"))]
    Fact(String),
}

/// What is done of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The documents were joined to companies.
    Joined,
    /// The facts were evaluated.
    Judged {
        /// How many there were.
        facts: usize,
    },
}

/// What is needed to tell a violation.
pub struct Context<'a> {
    export: &'a Export,
    pack: &'a Pack,
    /// What was asked, and the controls of the pack that answer it.
    occasion: Occasion,
    controls: &'a [Control],
    facts: Facts,
    graph: LazyGraph<'a>,
    days_left: Option<i64>,
    duplicate_secrets: duplicate_secrets::DuplicateSecrets,
    /// The companies, in their order.
    companies: Vec<ThingIx>,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("occasion", &self.occasion).finish_non_exhaustive()
    }
}

impl Context<'_> {
    /// Something as the access graph knows it.
    fn node(&self, index: ThingIx) -> Option<Node> {
        let thing = self.facts.thing(index)?;
        // The companies of the facts are numbered as those of the inventory: in their order.
        let company = self.companies.binary_search(&thing.company).ok()?;
        Some(Node { company, kind: thing.kind.id(), id: thing.id.clone() })
    }

    /// A control, by index in the pack.
    fn control(&self, index: u32) -> Option<&Control> {
        self.controls.get(index as usize)
    }
}

/// Audits an export, and tells every violation.
///
/// # Errors
/// When a fact fails to evaluate. Everything else that goes wrong is a diagnostic of the result.
pub fn audit(export: &Export, pack: &Pack, options: &Options) -> Result<Audit, AuditError> {
    Ok(find(export, pack, options)?.brief(usize::MAX))
}

/// Audits an export. Its violations are described on demand: a million of them are more than memory should
/// hold.
///
/// # Errors
/// When a fact fails to evaluate. Everything else that goes wrong is a diagnostic of the result.
pub fn find<'a>(export: &'a Export, pack: &'a Pack, options: &Options) -> Result<Audit<Findings<'a>>, AuditError> {
    find_in_stages(export, None, pack, options, false, &|_| ())
}

/// The same, tells each stage when it is done, and draws the access graph if it is asked for. Records that were taken out
/// of the export are let go once they are joined: nothing needs them any more.
///
/// # Errors
/// As for [`find`].
pub fn find_in_stages<'a>(
    export: &'a Export,
    records: Option<Vec<Records>>,
    pack: &'a Pack,
    options: &Options,
    with_graph: bool,
    done: &dyn Fn(Stage),
) -> Result<Audit<Findings<'a>>, AuditError> {
    let mut diagnostics = export.diagnostics.clone();
    let mut inventory = match records {
        Some(records) => Inventory::build_of(export, records, &pack.tools, &mut diagnostics),
        None => Inventory::build(export, &pack.tools, &mut diagnostics),
    };
    done(Stage::Joined);
    let setting = Setting {
        today: options.as_of,
        timeline: &options.timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    let (facts, graph) =
        rayon::join(|| facts_for(&inventory, pack, &setting), || AccessGraph::build(&inventory, &pack.tools));
    report_expired(&inventory, options.as_of, &mut diagnostics);
    inventory.report_age(options.as_of, &mut diagnostics);
    let collected = inventory.collected(options.as_of);
    let case = Case {
        export,
        documents: 0..u32::MAX,
        inventory: &inventory,
        facts,
        graph: graph.into(),
        pack,
        occasion: Occasion::Audit,
    };
    let source = Source { export, inventory: &inventory, tools: &pack.tools };
    let mut picture = None;
    let judged = rayon::in_place_scope(|scope| {
        if with_graph {
            scope.spawn(|_| picture = Some(ask::document::services(source)));
        }
        evaluate_case(case, options, &mut diagnostics, done)
    });
    let (mut findings, coverage) = judged?;
    let subjects = if picture.is_some() { findings.subjects() } else { Vec::new() };
    let graph = picture.map(|picture| ask::document::whole_of(&picture, source, &subjects));
    let integrations =
        if with_graph { integrations::integrations(source, &subjects, options.as_of) } else { Vec::new() };
    let days_left = options.timeline.days_left(options.as_of);
    let evaluator = StateEvaluator { pack, setting: &setting, days_left };
    findings.tried = actions::try_edits(&findings, &mut inventory, &evaluator).map_err(AuditError::Fact)?;
    // Nobody needs to wait until a million pieces of memory are given back.
    rayon::spawn(|| drop(inventory));
    let (actions, actions_omitted) = actions::actions(&findings);
    let summary = Summary::count(&findings, &coverage);
    let decided_by = decided::decided_by(export, &export.decisions, pack, &options.timeline, &diagnostics);
    let diagnostics = places::diagnostics(export, diagnostics, &pack.org.levels);
    let severity = |control: &Control| policy::severity(control, pack, days_left);
    Ok(Audit {
        schema: document::SCHEMA.to_owned(),
        tool: tool_info(),
        as_of: options.as_of,
        timeline: options.timeline.describe(),
        collected_at: collected.map(|collected| collected.at),
        collected_at_basis: collected.map(|collected| collected.basis),
        companies: companies_included(&findings),
        baseline: None,
        decided_by,
        inputs: inputs(export),
        controls: controls(pack, Occasion::Audit)
            .into_iter()
            .map(|control| describe(pack, control, severity(control)))
            .collect(),
        duties: pack.responsibility.described(),
        overrides: pack.org.described(pack, days_left),
        verdict: document::Verdict::by_default(&summary, &diagnostics),
        summary,
        coverage,
        actions,
        actions_omitted,
        violations: findings,
        groups: Vec::new(),
        absent: Vec::new(),
        integrations,
        graph,
        diagnostics,
    })
}

/// Builds the facts that the pack asks about.
pub fn facts_for(inventory: &Inventory, pack: &Pack, setting: &Setting<'_>) -> Facts {
    build_facts(inventory, setting, &|environment| policy::wanted(&pack.controls, environment))
}

/// Facts, and what they are evaluated by.
pub struct Case<'a, 'i> {
    /// The files that the facts come from.
    pub export: &'a Export,
    /// The documents of the export that the case is about.
    pub documents: Range<u32>,
    /// The companies that the facts are about.
    pub inventory: &'i Inventory,
    /// The facts.
    pub facts: Facts,
    /// The access graph, built when a violation needs it.
    pub graph: LazyGraph<'a>,
    /// The controls.
    pub pack: &'a Pack,
    /// What was asked: only the controls for it are evaluated.
    pub occasion: Occasion,
}

impl fmt::Debug for Case<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("documents", &self.documents).finish_non_exhaustive()
    }
}

/// Evaluates a case with Cedar, and applies the waivers.
///
/// # Errors
/// When a fact fails to evaluate.
pub fn evaluate_case<'a>(
    case: Case<'a, '_>,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
    done: &dyn Fn(Stage),
) -> Result<(Findings<'a>, Vec<document::Coverage>), AuditError> {
    let Case { export, documents, inventory, facts, graph, pack, occasion } = case;
    let controls = pack.of(occasion);
    let evaluate = if options.by_reference { policy::judge_by_reference } else { policy::evaluate };
    let evaluation = evaluate(&facts, controls).map_err(AuditError::Fact)?;
    done(Stage::Judged { facts: facts.tables.values().map(Table::len).sum() });
    report_errors(&evaluation, diagnostics);
    let days_left = options.timeline.days_left(options.as_of);
    let companies = (0..).zip(&facts.things).filter(|(_, thing)| thing.kind == Type::Company);
    let companies = companies.map(|(index, _)| index).collect();
    let duplicate_secrets = duplicate_secrets::DuplicateSecrets::of(export, &documents);
    let context = Context { export, pack, occasion, controls, facts, graph, days_left, duplicate_secrets, companies };
    let mut entries = Entries::gather(&context, &evaluation);
    let waivers = waive::waive(&context, &evaluation, &mut entries, options, diagnostics);
    entries.sort(&context);
    let coverage = coverage::coverage(&context, &evaluation, inventory, &entries.all);
    Ok((Findings { context, evaluation, entries, waivers, baseline: None, tried: Vec::new() }, coverage))
}

/// The companies of an export, by id.
fn companies_included(findings: &Findings<'_>) -> Vec<Thing> {
    let facts = &findings.context.facts;
    let described = |index: &ThingIx| {
        let company = facts.thing(*index)?;
        Some(Thing::new(company.kind.id(), company.id.clone(), company.name.clone()))
    };
    let mut companies: Vec<Thing> = findings.context.companies.iter().filter_map(described).collect();
    companies.sort_by(|one, two| one.id.cmp(&two.id));
    companies
}

/// The name and version of this program, as results give them.
pub fn tool_info() -> ToolInfo {
    ToolInfo::current()
}

/// The controls of an occasion, by id: those in force and those that are switched off.
fn controls(pack: &Pack, occasion: Occasion) -> Vec<&Control> {
    let mut controls: Vec<_> = pack.all().filter(|control| control.occasion() == occasion).collect();
    controls.sort_by(|one, two| one.id.cmp(&two.id));
    controls
}

/// A control as results describe it.
pub fn describe(pack: &Pack, control: &Control, severity: cutover_model::result::Severity) -> document::Control {
    document::Control {
        id: control.id.clone(),
        title: control.title.clone(),
        severity,
        party: control.party,
        duty: control.duty.clone(),
        remedy: control.remedy.pattern(),
        reference: control.reference.clone(),
        relates_to: pack.frameworks.of(&control.id).iter().map(Relation::cited).collect(),
    }
}

/// The files of an export, as a result lists them.
pub fn inputs(export: &Export) -> Vec<document::Input> {
    inputs_of(export, &(0..u32::MAX))
}

/// Some of the files, by the numbers of their documents.
pub fn inputs_of(export: &Export, documents: &Range<u32>) -> Vec<document::Input> {
    let input = |document: &cutover_export::document::Document| document::Input {
        path: document.path.clone(),
        kind: document.kind,
        records: document.records,
        skipped: document.skipped,
        sha256: document.sha256.clone(),
    };
    let some = export.documents.iter().zip(0..).filter(|(_, number)| documents.contains(number));
    let mut inputs: Vec<document::Input> = some.map(|(document, _)| input(document)).collect();
    inputs.sort_by(|one, two| one.path.cmp(&two.path));
    inputs
}

/// A control that Cedar cannot evaluate allows nothing and forbids nothing; somebody should know.
pub fn report_errors(evaluation: &Evaluation, diagnostics: &mut Vec<Diagnostic>) {
    for (control, error) in &evaluation.errors {
        let message = format!("control {control} could not be evaluated: {error}");
        diagnostics.push(Diagnostic::new(Code::Policy, Place::None, message));
    }
}

/// An exception past its date no longer counts; somebody should know.
fn report_expired(inventory: &Inventory, today: NaiveDate, diagnostics: &mut Vec<Diagnostic>) {
    for company in &inventory.companies {
        for ((_, tool), accepted) in &company.decisions.exceptions {
            if let Some(expires) = accepted.expires.filter(|expires| *expires < today) {
                let place = Place::Member(accepted.origin, "expires".to_owned());
                diagnostics.push(Diagnostic::new(
                    Code::Expired,
                    place,
                    format!("the exception for {tool} expired on {expires}"),
                ));
            }
        }
    }
}
