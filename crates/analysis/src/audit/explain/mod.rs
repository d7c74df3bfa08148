//! Why a control says what it says about a subject: the facts, each clause, and the nearest change.

use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::Thing;
use cutover_model::result::audit::Audit;
use cutover_model::result::explanation::{
    AttributeState, Clause, ClausePart, ClauseTruth, ExplainedFact, Explanation, FactVerdict, ReadAttribute, SCHEMA,
    VerdictCounts,
};
use cutover_policy::condition::{Attribute, ClauseKind, Root, Truth};
use cutover_policy::control::Control;
use cutover_policy::facts::{Environment, Table, ThingIx, Type, Value};
use cutover_policy::reference::{Explained, ReferenceEvaluator, Verdict, applies_to};
use cutover_policy::wording::shown;
use cutover_policy::{owner, severity};

use super::entries::Entry;
use super::places::Places;
use super::violations::{fingerprint, thing};
use super::{Context, Findings, describe, tool_info};
use crate::ask::names::NameError;

mod nearest;
mod subject;

/// The most facts of one verdict that are explained.
const MAX_EXPLAINED: usize = 20;
/// The least characters of a fingerprint that name a violation.
const MIN_FINGERPRINT: usize = 6;

/// What to explain.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// A violation, by its fingerprint or the beginning of it.
    Violation(&'a str),
    /// What a control says about an account, app or credential, by id, name or e-mail address.
    Verdict {
        /// Whom or what.
        subject: &'a str,
        /// The id of the control.
        control: &'a str,
    },
}

/// What is explained: a control, and the facts about a subject.
struct Asked<'f> {
    control: u32,
    principal: ThingIx,
    /// The resource, where a violation is explained.
    resource: Option<ThingIx>,
    findings: &'f Findings<'f>,
}

/// One fact: its environment, its table and its number there.
struct FactOf<'f> {
    environment: Environment,
    table: &'f Table,
    number: usize,
}

/// Explains a violation, or what a control says about a subject.
///
/// # Errors
/// When the violation, the subject or the control is not there, or is not the only one of that name.
pub fn explain(audit: &Audit<Findings<'_>>, question: Question<'_>) -> Result<Explanation, NameError> {
    let findings = &audit.violations;
    let asked = match question {
        Question::Violation(id) => violation(findings, id)?,
        Question::Verdict { subject, control } => {
            let (number, control) = control_of(&findings.context, control)?;
            let principal = subject::find(&findings.context, subject, control)?;
            Asked { control: number, principal, resource: None, findings }
        }
    };
    let context = &findings.context;
    let control = context.control(asked.control).ok_or_else(|| no_control(""))?;
    let mut counts = VerdictCounts::default();
    let mut facts: Vec<ExplainedFact> = Vec::new();
    let places = Places::of(context.export);
    for (environment, table) in &context.facts.tables {
        if !applies_to(control, *environment) {
            continue;
        }
        let only = |number: usize| number == asked.control as usize;
        let Some((evaluator, _)) = ReferenceEvaluator::of(context.controls, *environment, only) else { continue };
        for number in facts_of(table, &asked) {
            let explained = evaluator.explain(&context.facts, table, number, None).ok().flatten();
            let Some(explained) = explained else { continue };
            let verdict = verdict_of(&explained.verdict);
            counts.add(verdict);
            if counts.of(verdict) <= MAX_EXPLAINED {
                let fact = FactOf { environment: *environment, table, number };
                facts.extend(described(&asked, control, &evaluator, &fact, &explained, &places));
            }
        }
    }
    facts.sort_by_key(|fact| fact.verdict);
    let subject = thing(context, asked.principal).unwrap_or_else(|| Thing::new("", "", ""));
    let company = context.facts.thing(asked.principal).and_then(|thing| context.facts.thing(thing.company));
    let verdict = FactVerdict::OF_FACTS.into_iter().find(|verdict| counts.of(*verdict) > 0);
    let verdict = verdict.unwrap_or(FactVerdict::NotApplicable);
    Ok(Explanation {
        schema: SCHEMA.to_owned(),
        tool: tool_info(),
        as_of: audit.as_of,
        control: describe(context.pack, control, severity(control, context.pack, context.days_left)),
        policy: control.path.clone(),
        answer: answer(control, &subject, verdict, &counts, context, asked.principal),
        company: company.map(|company| company.name.to_string()).unwrap_or_default(),
        subject,
        verdict,
        counts,
        facts,
        diagnostics: audit.diagnostics.clone(),
    })
}

/// The violation with this fingerprint.
fn violation<'f>(findings: &'f Findings<'f>, id: &str) -> Result<Asked<'f>, NameError> {
    let wanted = id.trim().to_ascii_lowercase();
    let is_it = |entry: &&Entry| fingerprint(&findings.context, entry).starts_with(&wanted);
    let mut found = findings.entries.all.iter().filter(is_it);
    let first = found.next().filter(|_| wanted.len() >= MIN_FINGERPRINT);
    match (first, found.next()) {
        (Some(entry), None) => Ok(Asked {
            control: entry.control,
            principal: entry.principal,
            resource: Some(entry.resource),
            findings,
        }),
        (None, _) => Err(NameError {
            what: format!("there is no violation `{}` in this export", escape::name(id)),
            help: "the id of each violation is in `cutover audit EXPORT --details`; for what is no violation, give --account and --control".to_owned(),
        }),
        (Some(_), Some(_)) => Err(NameError {
            what: format!("`{}` begins the ids of several violations", escape::name(id)),
            help: "give more of the id".to_owned(),
        }),
    }
}

fn control_of<'c>(context: &'c Context<'_>, id: &str) -> Result<(u32, &'c Control), NameError> {
    let found = (0..).zip(context.controls).find(|(_, control)| control.id.eq_ignore_ascii_case(id));
    found.ok_or_else(|| no_control(id))
}

fn no_control(id: &str) -> NameError {
    NameError {
        what: format!("there is no control `{}` in force for audits", escape::name(id)),
        help: "`cutover policy list` shows the controls".to_owned(),
    }
}

/// The numbers of the facts that are asked about.
fn facts_of<'f>(table: &'f Table, asked: &Asked<'_>) -> impl Iterator<Item = usize> + 'f {
    let (principal, resource) = (asked.principal, asked.resource);
    let own = table.blocks().iter().enumerate().flat_map(move |(block, of)| {
        let start = table.start(block);
        let rows = of.rows.rows().zip(start..);
        let is_principal = of.principal == principal;
        rows.filter(move |(row, _)| {
            let of_row = table.resource_of(*row);
            // Whoever asks about an app means what is installed as well as what is requested.
            (is_principal && resource.is_none_or(|resource| of_row == Some(resource)))
                || (resource.is_none() && of_row == Some(principal))
        })
    });
    own.map(|(_, fact)| fact)
}

fn verdict_of(verdict: &Verdict) -> FactVerdict {
    match verdict {
        Verdict::Violates(_) => FactVerdict::Violates,
        Verdict::Complies => FactVerdict::Complies,
        Verdict::Unknown(_) => FactVerdict::Unknown,
        Verdict::Error(_) => FactVerdict::Error,
    }
}

fn described(
    asked: &Asked<'_>,
    control: &Control,
    evaluator: &ReferenceEvaluator<'_>,
    fact: &FactOf<'_>,
    explained: &Explained,
    places: &Places<'_>,
) -> Option<ExplainedFact> {
    let context = &asked.findings.context;
    let (principal, resource) = (fact.table.principal(fact.number)?, fact.table.resource(fact.number)?);
    let is_it =
        |entry: &&Entry| (entry.control, entry.principal, entry.resource) == (asked.control, principal, resource);
    let verdict = verdict_of(&explained.verdict);
    let is_reported = matches!(verdict, FactVerdict::Violates | FactVerdict::Unknown);
    let entry = asked.findings.entries.all.iter().filter(|_| is_reported).find(is_it);
    let missing = match &explained.verdict {
        Verdict::Unknown(unknown) => missing(context, fact.environment, unknown),
        _ => Vec::new(),
    };
    Some(ExplainedFact {
        verdict,
        principal: thing(context, principal)?,
        action: fact.environment.action.id().to_owned(),
        resource: thing(context, resource)?,
        place: fact.table.member(fact.number).and_then(|member| thing(context, member)),
        attributes: control
            .condition
            .reads
            .iter()
            .filter_map(|attribute| read(context, fact, attribute, places))
            .collect(),
        clauses: explained.clauses.iter().map(clause).collect(),
        changes: nearest::changes(context, control, evaluator, fact, verdict),
        missing,
        fingerprint: entry.map(|entry| fingerprint(context, entry)),
        status: entry.map(Entry::status),
    })
}

/// An attribute of a fact, if facts of its kind have it.
fn read(context: &Context<'_>, fact: &FactOf<'_>, attribute: &Attribute, places: &Places<'_>) -> Option<ReadAttribute> {
    let name = attribute.name.as_str();
    let value = value_of(context, fact, attribute)?;
    let of_thing = |end: Option<ThingIx>| {
        let thing = context.facts.thing(end?)?;
        thing.attributes.get(name)?.evidence.clone().or_else(|| thing.evidence.clone())
    };
    let evidence = match attribute.root {
        Root::Principal => of_thing(fact.table.principal(fact.number)),
        Root::Resource => of_thing(fact.table.resource(fact.number)),
        Root::Context => {
            let apart = fact.table.evidence_of(fact.number, name).cloned();
            // The dates of an announcement stand in no export.
            let is_date = matches!(value, Value::Day(_));
            apart.or_else(|| fact.table.evidence(fact.number).filter(|_| !is_date))
        }
    };
    let state = match value {
        Value::Absent => AttributeState::Absent,
        value if value.is_unknown() => AttributeState::Unknown,
        _ => AttributeState::Known,
    };
    let evidence = evidence.filter(|_| state == AttributeState::Known);
    Some(ReadAttribute {
        name: attribute.to_string(),
        state,
        value: shown(&context.facts, value),
        location: evidence.and_then(|evidence| places.location((evidence.origin, &evidence.member), false)),
    })
}

/// What a fact says of an attribute.
fn value_of<'f>(context: &'f Context<'_>, fact: &FactOf<'f>, attribute: &Attribute) -> Option<&'f Value> {
    let of_thing = |end: Option<ThingIx>| {
        context.facts.thing(end?)?.attributes.get(&attribute.name).map(|attribute| &attribute.value)
    };
    match attribute.root {
        Root::Principal => of_thing(fact.table.principal(fact.number)),
        Root::Resource => of_thing(fact.table.resource(fact.number)),
        Root::Context => fact.table.value(fact.number, &attribute.name),
    }
}

fn clause(clause: &cutover_policy::condition::ClauseTruth) -> Clause {
    let parts = clause.parts.iter().filter(|_| clause.parts.len() > 1);
    Clause {
        kind: match clause.kind {
            ClauseKind::When => "when",
            ClauseKind::Unless => "unless",
        }
        .to_owned(),
        text: clause.text.clone(),
        truth: truth(clause.truth),
        parts: parts.map(|part| ClausePart { text: part.text.clone(), truth: part.truth.map(truth) }).collect(),
    }
}

fn truth(truth: Truth) -> ClauseTruth {
    match truth {
        Truth::True => ClauseTruth::True,
        Truth::False => ClauseTruth::False,
        Truth::Unknown => ClauseTruth::Unknown,
        Truth::Error => ClauseTruth::Error,
    }
}

/// What to export so that these attributes are known.
fn missing(context: &Context<'_>, environment: Environment, unknown: &[Attribute]) -> Vec<String> {
    let mut out = Vec::new();
    for attribute in unknown {
        let Some(source) = context.pack.attributes.of(owner(environment, attribute.root), &attribute.name) else {
            continue;
        };
        let kinds = source.from.iter().map(|kind: &Kind| format!("{}: {}", kind.id(), kind.how_to_export()));
        out.extend(kinds.chain((!source.hint.is_empty()).then(|| source.hint.clone())));
    }
    out.sort();
    out.dedup();
    out
}

/// The answer in a sentence.
fn answer(
    control: &Control,
    subject: &Thing,
    verdict: FactVerdict,
    counts: &VerdictCounts,
    context: &Context<'_>,
    principal: ThingIx,
) -> String {
    let (id, name) = (&control.id, escape::name(&subject.name));
    let facts = FactVerdict::OF_FACTS.iter().map(|verdict| counts.of(*verdict)).sum::<usize>();
    let of = |many: usize| match (many, facts) {
        (1, 1) => "the only fact about it".to_owned(),
        (many, facts) => format!("{many} of {facts} facts about it"),
    };
    match verdict {
        FactVerdict::Violates => format!("{name} violates {id}: {} violate it.", of(counts.violates))
            .replace("fact about it violate it", "fact about it does"),
        FactVerdict::Unknown => format!("{id} is unknown for {name}: the export does not say enough."),
        FactVerdict::Error => format!("{id} could not be evaluated for {name}."),
        FactVerdict::Complies => format!("{name} complies with {id}."),
        FactVerdict::NotApplicable => {
            let kind = context.facts.thing(principal).map_or(Type::Person, |thing| thing.kind);
            format!("{id} does not apply to {name}: {}.", scope(control, kind))
        }
    }
}

/// Why there is no fact that a control applies to.
fn scope(control: &Control, kind: Type) -> String {
    let list = |mut names: Vec<String>| {
        names.sort();
        names.dedup();
        names.join(", ")
    };
    let environments = &control.environments;
    let principals = list(environments.iter().map(|one| one.principal().basename().to_owned()).collect());
    let actions = list(environments.iter().map(|one| format!("`{}`", one.action().id().unescaped())).collect());
    if principals.split(", ").any(|principal| principal == kind.id()) {
        format!("the export states no {actions} fact about it that is in the scope of the control")
    } else {
        format!("it is about {actions} facts of {principals}, and this is a {}", kind.id())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::audit::{Options, find};
    use cutover_export::collect;
    use cutover_model::result::audit::Violations as _;
    use cutover_policy::pack::Pack;
    use cutover_policy::timeline::Timeline;

    #[test]
    fn every_violation_is_explained_as_one_and_every_change_that_is_named_leads_elsewhere() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/harborline");
        let export = cutover_export::read(collect::folders(&[folder]), &());
        let pack = Pack::load(&[]).unwrap();
        let options = Options {
            as_of: "2024-10-15".parse().unwrap(),
            timeline: Timeline::built_in("2024-01-29").unwrap(),
            waivers: Vec::new(),
            by_reference: false,
        };
        let audit = find(&export, &pack, &options).unwrap();
        assert!(audit.violations.len() > 50);
        for violation in audit.violations.included(usize::MAX) {
            let explained = explain(&audit, Question::Violation(&violation.fingerprint)).unwrap();
            let (control, fingerprint) = (&violation.control, Some(&violation.fingerprint));
            assert_eq!(explained.verdict, FactVerdict::Violates, "{control}");
            assert_eq!(explained.counts.violates, violation.count, "{control}");
            let first = &explained.facts[0];
            assert_eq!(first.fingerprint.as_ref(), fingerprint, "{control}");
            let holds = |clause: &Clause| (clause.kind == "when") == (clause.truth == ClauseTruth::True);
            assert!(first.clauses.iter().all(holds), "{control}: {:?}", first.clauses);
            assert!(first.changes.iter().all(|change| change.verdict == FactVerdict::Complies), "{control}");
        }
    }
}
