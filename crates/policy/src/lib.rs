//! Policy packs, and their evaluation by Cedar.
//!
//! A company is stated as facts, each of which Cedar decides as an authorization request; a control that forbids one is
//! violated. [`masks`] evaluate all facts of an environment at once, the [`reference`](mod@reference) one by one, and tests hold them to
//! the same answers. No rule of a control is in this crate: rules are in the pack.
//!
//! - [`pack::Pack`]: controls with their schema, and the tables beside them;
//! - [`control::Control`]: a Cedar `forbid` with its severity, party and remedy;
//! - [`facts::Facts`]: what is evaluated; [`fact_builder`] builds them.
//!
//! ```
//! use cutover_policy::pack::Pack;
//!
//! let pack = Pack::load(&[]).unwrap();
//! assert!(pack.control("DIR-01").is_some());
//! ```

#![cfg_attr(test, expect(clippy::string_slice, reason = "a test that slices badly should fail"))]

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

pub mod attributes;
pub mod condition;
pub mod config;
pub mod control;
pub mod deadline;
pub mod effects;
pub mod entity_attributes;
pub mod fact_builder;
pub mod facts;
pub mod fault;
pub mod frameworks;
pub mod limits;
pub mod masks;
pub mod org_overrides;
pub mod pack;
pub mod pattern;
pub mod provenance;
pub mod reference;
pub mod responsibility;
pub mod shape;
pub mod source;
pub mod step_id;
pub mod steps;
pub mod table;
pub mod timeline;
pub mod vocabulary;
pub mod waiver;
pub mod window;
pub mod wording;

use condition::{Attribute, Condition, Root};
use control::{Control, SeverityRule};
use facts::{Environment, Facts, Table, Type};
use pack::Pack;
use reference::{ReferenceEvaluator, Verdict};

/// A fact that a control forbids, or cannot evaluate. It takes two words, for there may be millions; the rest is said once
/// for all facts of which it is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The fact, by index in its table.
    pub fact: usize,
    /// What there is to say of it.
    pub details: Arc<HitDetails>,
}

/// What a control says of facts.
#[derive(Debug, PartialEq, Eq)]
pub struct HitDetails {
    /// The control, by index in the pack.
    pub control: usize,
    /// The environment of the facts.
    pub environment: Environment,
    /// The attributes that decide, or that are unknown.
    pub attributes: Vec<Attribute>,
}

impl Deref for Hit {
    type Target = HitDetails;

    fn deref(&self) -> &HitDetails {
        &self.details
    }
}

/// What one control could evaluate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessed {
    /// Facts it applies to.
    pub facts: usize,
    /// Facts it could not evaluate.
    pub unknown: usize,
    /// People who may be service identities, so that it could not evaluate them: they are among the facts it could not evaluate.
    pub possible_services: usize,
    /// The attributes that were unknown, with the environment they were read in.
    pub missing: BTreeMap<(Environment, Attribute), usize>,
}

/// Everything the evaluator has to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// What is forbidden.
    pub violations: Vec<Hit>,
    /// What could not be assessed, for controls that never accept that.
    pub unknown: Vec<Hit>,
    /// By control, in the order of the pack.
    pub assessed: Vec<Assessed>,
    /// Controls that Cedar could not evaluate, and why.
    pub errors: BTreeMap<String, String>,
}

/// Evaluates every fact by every control that can apply to it: by [masks], and where they cannot tell, by the [reference](mod@reference).
///
/// # Errors
/// When a fact fails to evaluate: a mistake of this program, not of the export.
pub fn evaluate(facts: &Facts, controls: &[Control]) -> Result<Evaluation, String> {
    judge_with(facts, controls, masks::decide)
}

/// The same, by asking Cedar's `Authorizer` about one fact after the other: slow, and plain enough to be believed.
///
/// # Errors
/// When a fact fails to evaluate: a mistake of this program, not of the export.
pub fn judge_by_reference(facts: &Facts, controls: &[Control]) -> Result<Evaluation, String> {
    judge_with(facts, controls, |_| false)
}

fn judge_with(
    facts: &Facts,
    controls: &[Control],
    by_masks: impl Fn(&Condition) -> bool,
) -> Result<Evaluation, String> {
    let mut out = Evaluation { assessed: vec![Assessed::default(); controls.len()], ..Evaluation::default() };
    let by_masks: Vec<bool> = controls.iter().map(|control| by_masks(&control.condition)).collect();
    for (environment, table) in &facts.tables {
        let (violations, unknown) = (out.violations.len(), out.unknown.len());
        for masked in [true, false] {
            let taken = |number: usize| by_masks.get(number) == Some(&masked);
            let Some((evaluator, numbers)) = ReferenceEvaluator::of(controls, *environment, taken) else { continue };
            match masked {
                true => masks::judge_table(facts, table, &evaluator, (controls, &numbers), &mut out)?,
                false => judge_table(facts, table, &evaluator, (controls, &numbers), &mut out)?,
            }
        }
        // Both give their facts in order; together they are in the order of one.
        for (hits, from) in [(&mut out.violations, violations), (&mut out.unknown, unknown)] {
            if let Some(hits) = hits.get_mut(from..) {
                hits.sort_by_key(|hit| (hit.fact, hit.control));
            }
        }
    }
    note_possible_services(facts, controls, &mut out);
    Ok(out)
}

/// A control over service identities cannot be assessed for who may be one: that is one fact more, and it is unknown.
fn note_possible_services(facts: &Facts, controls: &[Control], out: &mut Evaluation) {
    for types in &facts.possible_services {
        for (control, assessed) in controls.iter().zip(&mut out.assessed) {
            let speaks_of = |kind: &Type| {
                control.environments.iter().any(|environment| environment.principal().basename() == kind.id())
            };
            if types.iter().any(speaks_of) {
                assessed.facts += 1;
                assessed.unknown += 1;
                assessed.possible_services += 1;
            }
        }
    }
}

/// Whether any control asks about facts of this environment.
pub fn wanted(controls: &[Control], environment: Environment) -> bool {
    controls.iter().any(|control| reference::applies_to(control, environment))
}

/// A fact as controls see it: principal, resource, and the codes of the context attributes that are read.
type Tuple = Vec<u32>;

/// Evaluates a table by the reference: facts that look the same to every control are asked about once.
fn judge_table(
    facts: &Facts,
    table: &Table,
    evaluator: &ReferenceEvaluator<'_>,
    (controls, of_bench): (&[Control], &[usize]),
    out: &mut Evaluation,
) -> Result<(), String> {
    let reads = evaluator.reads();
    // Where it cannot be determined what a control observes, it may be anything that a fact says.
    let any = evaluator.controls().iter().any(|control| !masks::decide(&control.condition));
    let read = |columns: &'_ BTreeMap<&'static str, table::Column>| -> Vec<&'static str> {
        columns.keys().copied().filter(|name| any || reads.contains(name)).collect()
    };
    let (of_blocks, of_rows) = (read(table.of_blocks()), read(table.of_rows()));
    let code = |columns: &BTreeMap<&'static str, table::Column>, name: &str, at: usize| {
        columns.get(name).map_or(u32::MAX, |column| column.code(at))
    };
    let tuple = |fact: usize| -> Tuple {
        let Some((block, row)) = table.find(fact) else { return Tuple::new() };
        let ends = [table.principal(fact), table.resource_of(row)].into_iter().flatten();
        let of_block = of_blocks.iter().map(|name| code(table.of_blocks(), name, block));
        let of_row = of_rows.iter().map(|name| code(table.of_rows(), name, row));
        ends.chain(of_block).chain(of_row).collect()
    };
    let mut distinct: FxHashMap<Tuple, usize> = FxHashMap::default();
    let mut examples: Vec<usize> = Vec::new();
    let classes: Vec<usize> = (0..table.len())
        .map(|fact| {
            *distinct.entry(tuple(fact)).or_insert_with(|| {
                examples.push(fact);
                examples.len() - 1
            })
        })
        .collect();
    let verdicts: Result<Vec<Vec<Option<Verdict>>>, String> =
        examples.par_iter().map(|fact| evaluator.evaluate(facts, table, *fact, None)).collect();
    let verdicts = verdicts?;
    for (fact, class) in classes.into_iter().enumerate() {
        for (verdict, control) in verdicts.get(class).into_iter().flatten().zip(of_bench) {
            if let Some(verdict) = verdict {
                note(out, controls, table.environment, fact, *control, verdict);
            }
        }
    }
    Ok(())
}

fn note(
    out: &mut Evaluation,
    controls: &[Control],
    environment: Environment,
    fact: usize,
    control: usize,
    verdict: &Verdict,
) {
    let Some(assessed) = out.assessed.get_mut(control) else { return };
    assessed.facts += 1;
    let hit = |attributes: &Vec<Attribute>| Hit {
        fact,
        details: Arc::new(HitDetails { control, environment, attributes: attributes.clone() }),
    };
    match verdict {
        Verdict::Complies => {}
        Verdict::Violates(attributes) => out.violations.push(hit(attributes)),
        Verdict::Unknown(attributes) => {
            assessed.unknown += 1;
            for attribute in attributes {
                *assessed.missing.entry((environment, attribute.clone())).or_default() += 1;
            }
            if controls.get(control).is_some_and(Control::reports_unknown) {
                out.unknown.push(hit(attributes));
            }
        }
        Verdict::Error(error) => {
            if let Some(control) = controls.get(control) {
                out.errors.entry(control.id.clone()).or_insert_with(|| error.clone());
            }
        }
    }
}

/// The owner of an attribute, as `attributes.toml` names it: a type, or the action for what stands in the context.
pub fn owner(environment: Environment, root: Root) -> &'static str {
    match root {
        Root::Principal => environment.principal.id(),
        Root::Resource => environment.resource.id(),
        Root::Context => environment.action.id(),
    }
}

/// The severity of a control with so many days left.
pub fn severity(control: &Control, pack: &Pack, days_left: Option<i64>) -> cutover_model::result::Severity {
    match control.severity {
        SeverityRule::Fixed(severity) => severity,
        SeverityRule::Deadline => pack.deadline.severity(days_left),
    }
}
