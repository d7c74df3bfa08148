//! The gate: two exports of a company in, what changed and whether policy allows it out.
//!
//! The way of the data: [`pairs`] finds what is the same on both sides, [`grants`], [`identities`], [`apps`] and
//! [`others`] compare it, [`facts`] puts what was gained and lost to the controls over changes, and [`standing`] tells the
//! violations that are new from those that were there before. What one side does not know is no change.

use std::ops::Range;

use miette::Diagnostic as MietteDiagnostic;
use thiserror::Error;

mod apps;
mod change;
mod document;
mod facts;
mod grants;
mod identities;
mod others;
mod pairs;
mod prove;
mod replaced;
mod standing;

pub use change::{Both, Change, Object, Places, Subject};
pub use pairs::Pairs;
pub use prove::Prover;

use crate::ask;
use crate::ask::document::Source;
use crate::audit::{self, AuditError, Case, Findings, Options, Stage, tool_info};
use crate::escape;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::kind::Kind;
use crate::export::{Export, Records};
use crate::graph::AccessGraph;
use crate::inventory::collected::Collected;
use crate::inventory::{Company, Inventory};
use crate::judge;
use crate::judge::control::{Control, Occasion};
use crate::judge::facts::Facts;
use crate::judge::pack::Pack;
use crate::judge::phrase::Setting;
use crate::prove::access::Disagreement;
use crate::result::audit::{BaselineState, CollectedBasis, Coverage, Input, Summary, Violation, Violations};
use crate::result::gate::{Counts, Direction, Gate, Inputs, Proof, SCHEMA};
use crate::result::graph::Graph;
use standing::Standing;

/// Why two exports cannot be compared.
#[derive(Debug, Error, MietteDiagnostic)]
pub enum GateError {
    /// Not one export before and one after.
    #[error("a gate compares one export with one other, and {0} were given")]
    #[diagnostic(help("give the folder before the change, and the folder after it"))]
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
    /// A fact could not be put to Cedar.
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
    facts::phrase(inventory, &changes, &pairs, setting)
}

/// Compares two exports: the records of the company before the change, and those of the company after it, taken out of
/// what was read.
///
/// # Errors
/// When these are not two exports of one company, or a fact cannot be put to Cedar.
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
    prover: Option<&Prover>,
    with_graph: bool,
) -> Result<Gate, GateError> {
    let given = records.len();
    let (Ok([one, two]), [before_files, after_files]) = (<[Records; 2]>::try_from(records), export.folders.as_slice())
    else {
        return Err(GateError::NotTwo(given));
    };
    let mut diagnostics = export.diagnostics.clone();
    diagnostics.extend(unseen(&one, &two));
    let (mut ignored, mut of_after) = (Vec::new(), Vec::new());
    let (before, mut after) = rayon::join(
        || side(export, one, before_files, pack, &mut Vec::new()),
        || side(export, two, after_files, pack, &mut of_after),
    );
    diagnostics.append(&mut of_after);
    if let ([was], [is]) = (before.companies.as_slice(), after.companies.as_mut_slice()) {
        is.keep_service_identities(was);
    }
    let ([was], [is]) = (before.companies.as_slice(), after.companies.as_slice()) else {
        return Err(GateError::NotTwo(given));
    };
    same_company(was, is, &mut diagnostics)?;
    let collected = Both { before: was.collected(options.as_of), after: is.collected(options.as_of) };
    report_order(collected, &mut diagnostics);
    after.report_age(options.as_of, &mut diagnostics);
    let setting = Setting {
        today: options.as_of,
        timeline: &options.timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    // What is waived is decided on the side after; before, everything that violated counts as known.
    let unwaived = Options {
        as_of: options.as_of,
        timeline: options.timeline.clone(),
        waivers: Vec::new(),
        by_reference: options.by_reference,
    };
    let put = |inventory, documents: &Range<u32>, options, diagnostics: &mut Vec<Diagnostic>| {
        let (facts, graph) = audit::phrase_and_draw(inventory, pack, &setting);
        let documents = documents.clone();
        let case = Case { export, documents, inventory, facts, graph, pack, occasion: Occasion::Audit };
        audit::put(case, options, diagnostics, &|_: Stage| ())
    };
    let (old, new) = rayon::join(
        || put(&before, before_files, &unwaived, &mut ignored),
        || put(&after, after_files, options, &mut diagnostics),
    );
    let ((old, _), (mut new, mut coverage)) = (old?, new?);
    let (changes, pairs) = changes(was, is);
    let standing = Standing::of((&old, was), (&new, is), &pairs, &pack.attributes).map_err(AuditError::Fact)?;
    for (number, places) in &standing.new {
        new.restrict(*number, &places.members, places.with_nothing);
    }
    new.keep(|number| standing.new.contains_key(&number));

    let source = Source { export, inventory: &after, tools: &pack.tools };
    let graph = with_graph.then(|| ask::document::whole(source, &new.subjects()));

    // From here on the company before and the company after are two companies of one inventory.
    let proof = prover.map(|prover| prove::prove((was, is), &pairs, &changes, &pack.tools, prover)).transpose()?;
    let told = document::tell(&changes, was, is, export, &pack.tools);
    let company = document::company(is);
    let mut violations = told_of(&new);
    drop((old, new));
    let [before, after] = [before, after].map(|mut side| side.companies.pop().unwrap_or_default());
    let both = Inventory { companies: vec![before, after], ..Inventory::default() };
    let facts = facts::phrase(&both, &changes, &pairs, &setting);
    let ways = AccessGraph::build(&both, &pack.tools);
    let (documents, occasion) = (0..u32::MAX, Occasion::Change);
    let case = Case { export, documents, inventory: &both, facts, graph: ways, pack, occasion };
    let (forbidden, of_changes) = audit::put(case, options, &mut diagnostics, &|_| ())?;
    violations.extend(told_of(&forbidden));
    violations.sort_by(|one, two| {
        let key =
            |violation: &Violation| (violation.control.clone(), violation.subject.clone(), violation.resource.clone());
        two.severity.cmp(&one.severity).then_with(|| key(one).cmp(&key(two)))
    });
    coverage.extend(of_changes);
    coverage.sort_by(|one, two| one.control.cmp(&two.control));
    say_same(export, [before_files, after_files], &mut diagnostics);
    Ok(document(
        export,
        pack,
        options,
        Parts { collected, company, told, violations, standing, coverage, proof, graph, diagnostics },
    ))
}

struct Parts {
    /// When each side was collected.
    collected: Both<Collected>,
    company: crate::result::Thing,
    told: Vec<crate::result::gate::Change>,
    violations: Vec<Violation>,
    standing: Standing,
    coverage: Vec<Coverage>,
    proof: Option<Proof>,
    graph: Option<Graph>,
    diagnostics: Vec<Diagnostic>,
}

fn document(export: &Export, pack: &Pack, options: &Options, parts: Parts) -> Gate {
    let Parts { collected, company, told, violations, standing, coverage, proof, graph, diagnostics } = parts;
    let days_left = options.timeline.days_left(options.as_of);
    let mut controls: Vec<&Control> =
        pack.all().filter(|control| matches!(control.occasion(), Occasion::Audit | Occasion::Change)).collect();
    controls.sort_by(|one, two| one.id.cmp(&two.id));
    let describe = |control: &Control| audit::describe(pack, control, judge::severity(control, pack, days_left));
    let inputs = |number: usize| -> Vec<Input> {
        let range = export.folders.get(number).cloned().unwrap_or_default();
        audit::inputs_of(export, &range)
    };
    let count = |directions: &[Direction]| told.iter().filter(|change| directions.contains(&change.direction)).count();
    let counts = Counts {
        gained: count(&[Direction::Gained, Direction::Raised]),
        lost: count(&[Direction::Lost, Direction::Lowered]),
        other: count(&[Direction::Renamed, Direction::Reissued, Direction::Changed]),
        unchanged: standing.unchanged,
        resolved: standing.resolved.len(),
    };
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
        inputs: Inputs { before: inputs(0), after: inputs(1) },
        controls: controls.into_iter().map(describe).collect(),
        duties: pack.responsibility.told(),
        overrides: pack.house.told(pack, days_left),
        summary: Summary::count(&violations, &coverage),
        coverage,
        changes: told,
        violations,
        resolved: standing.resolved,
        not_compared: standing.not_compared,
        proof,
        graph,
        diagnostics: audit::places::diagnostics(export, diagnostics, &pack.house.levels),
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
/// breaks a file or leaves it out must not silence it unnoticed.
fn unseen(before: &Records, after: &Records) -> Vec<Diagnostic> {
    let named = |kinds: Vec<Kind>| kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let gone = before.present.difference(&after.present).copied();
    let (lost, absent): (Vec<Kind>, Vec<Kind>) = gone.partition(|kind| after.incomplete.contains(kind));
    let lost = (!lost.is_empty()).then(|| {
        let what =
            format!("read whole before the change and not after it: {}; what changed there is not known", named(lost));
        Diagnostic::new(Code::Lost, Place::None, what)
    });
    let absent = (!absent.is_empty()).then(|| {
        let what =
            format!("exported before the change and not after it: {}; what changed there is not known", named(absent));
        Diagnostic::new(Code::NotCompared, Place::None, what)
    });
    lost.into_iter().chain(absent).collect()
}

/// The violations of a gate are those that the change made.
fn told_of(findings: &Findings<'_>) -> Vec<Violation> {
    let new = |violation: std::borrow::Cow<'_, Violation>| Violation {
        baseline_state: Some(BaselineState::New),
        ..violation.into_owned()
    };
    findings.told(usize::MAX).map(new).collect()
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
            let what =
                "at least one of the two exports does not say which company it is of; they are taken for one company";
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
fn say_same(export: &Export, [before, after]: [&Range<u32>; 2], diagnostics: &mut Vec<Diagnostic>) {
    let digests = |range: &Range<u32>| -> Vec<(Option<Kind>, String)> {
        let documents = export.documents.iter().zip(0u32..).filter(|(_, number)| range.contains(number));
        let mut all: Vec<_> = documents.map(|(document, _)| (document.kind, document.sha256.clone())).collect();
        all.sort();
        all
    };
    let (one, two) = (digests(before), digests(after));
    if !one.is_empty() && one == two {
        let what = "the files before the change and after it are the same, so that nothing changed";
        diagnostics.push(Diagnostic::new(Code::SameExport, Place::None, what));
    }
}
