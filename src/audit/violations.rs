//! From verdicts to violations a person can act on.

use std::collections::BTreeMap;

use super::places::Places;
use super::twins::Twins;
use crate::escape;
use crate::export::document::Evidence;
use crate::export::{Export, sha256};
use crate::graph::{AccessGraph, Node};
use crate::judge::condition::{Attribute, Root};
use crate::judge::control::Control;
use crate::judge::facts::{Action, Facts, Table, ThingIx, Type};
use crate::judge::pack::Pack;
use crate::judge::wording::said;
use crate::judge::{self, Hit, Judgement};
use crate::result::audit::{Step, Violation, ViolationStatus};
use crate::result::{Location, Severity, Thing};

/// The most places named beside the first.
const MOST_RELATED: usize = 20;
/// The most members listed; `count` has them all.
const MOST_MEMBERS: usize = 1000;

/// What is needed to tell a violation.
pub(super) struct Context<'a> {
    pub export: &'a Export,
    pub pack: &'a Pack,
    pub facts: &'a Facts,
    pub graph: &'a AccessGraph,
    pub days_left: Option<i64>,
    pub twins: Twins,
    pub places: Places<'a>,
}

/// Facts that violate a control with the same principal and resource are one violation.
type Group<'h> = (&'h Hit, Vec<&'h Hit>);

/// A violation with the facts behind it.
pub(super) struct Found<'h> {
    pub violation: Violation,
    pub hits: Vec<&'h Hit>,
}

/// Gathers the violations, worst first.
pub(super) fn gather<'h>(context: &Context<'_>, judgement: &'h Judgement) -> Vec<Found<'h>> {
    let mut groups: BTreeMap<(usize, ThingIx, ThingIx, bool), Group<'_>> = BTreeMap::new();
    let open = judgement.violations.iter().map(|hit| (hit, false));
    let unknown = judgement.unknown.iter().map(|hit| (hit, true));
    for (hit, is_unknown) in open.chain(unknown) {
        let Some(table) = context.facts.tables.get(&hit.environment) else { continue };
        let (Some(principal), Some(resource)) = (table.principal(hit.fact), table.resource(hit.fact)) else {
            continue;
        };
        let group = groups.entry((hit.control, principal, resource, is_unknown)).or_insert((hit, Vec::new()));
        group.1.push(hit);
    }
    let told = groups.into_iter().filter_map(|((_, _, _, is_unknown), group)| {
        let told = tell(context, &group, is_unknown)?;
        Some((told, group.1))
    });
    let told: Vec<(Told, Vec<&Hit>)> = told.collect();
    context.places.prepare(told.iter().flat_map(|(told, _)| told.evidence()));
    let found = |(told, hits): (Told, _)| Found { violation: told.settle(context), hits };
    let mut out: Vec<Found<'h>> = told.into_iter().map(found).collect();
    out.sort_by(|one, two| order(&one.violation).cmp(&order(&two.violation)));
    out
}

type Order<'v> = (std::cmp::Reverse<Severity>, &'v str, &'v str, &'v str, &'v str, &'v str, &'v str);

fn order(violation: &Violation) -> Order<'_> {
    (
        std::cmp::Reverse(violation.severity),
        &violation.control,
        &violation.company,
        &violation.subject.name,
        &violation.subject.id,
        &violation.resource.id,
        &violation.fingerprint,
    )
}

/// A violation whose places are not looked up yet.
struct Told {
    violation: Violation,
    /// The places that say its facts; the first one is shown with its lines.
    places: Vec<Evidence>,
    /// The places of the steps in `why`.
    steps: Vec<Option<Evidence>>,
}

impl Told {
    /// The places, and whether their lines are shown.
    fn evidence(&self) -> impl Iterator<Item = (&Evidence, bool)> {
        let places = self.places.iter().enumerate().map(|(index, place)| (place, index == 0));
        places.chain(self.steps.iter().flatten().map(|place| (place, false)))
    }

    fn settle(self, context: &Context<'_>) -> Violation {
        let Self { mut violation, places, steps } = self;
        let located = places.iter().enumerate();
        let mut places = located.filter_map(|(index, place)| context.places.location(place, index == 0));
        if let Some(location) = places.next() {
            violation.related = places.filter(|place| !same(place, &location)).collect();
            violation.location = location;
        }
        violation.related.sort();
        violation.related.dedup_by(|one, two| same(one, two));
        violation.related.truncate(MOST_RELATED);
        for (step, evidence) in violation.why.iter_mut().zip(steps) {
            step.location = evidence.and_then(|evidence| context.places.location(&evidence, false));
        }
        violation
    }
}

fn tell(context: &Context<'_>, (first, hits): &Group<'_>, is_unknown: bool) -> Option<Told> {
    let control = context.pack.controls.get(first.control)?;
    let table = context.facts.tables.get(&first.environment)?;
    let principal = table.principal(first.fact)?;
    let resource = table.resource(first.fact)?;
    let (subject, object) = (thing(context, principal)?, thing(context, resource)?);
    let company = thing(context, context.facts.thing(principal)?.company)?;
    let places: Vec<Evidence> = hits.iter().flat_map(|hit| evidence(context, table, hit)).collect();
    let mut members: Vec<Thing> = hits.iter().filter_map(|hit| thing(context, table.member(hit.fact)?)).collect();
    members.sort();
    members.dedup();
    members.truncate(MOST_MEMBERS);
    let fill = |attribute: &Attribute| said(context.facts, table, first.fact, attribute);
    let severity =
        if is_unknown { control.unknown? } else { judge::severity(control, context.pack, context.days_left) };
    let message = match is_unknown {
        true => format!("{}: not known for {}.", control.title, escape::name(&subject.name)),
        false => escape::visible(&control.message.fill(&fill)).into_owned(),
    };
    let (why, steps) = why(context, table, first).into_iter().unzip();
    let violation = Violation {
        control: control.id.clone(),
        severity,
        party: control.party,
        title: control.title.clone(),
        message,
        remedy: escape::visible(&control.remedy.fill(&fill)).into_owned(),
        fingerprint: fingerprint(control, &company, &subject, &object),
        why,
        subject,
        resource: object,
        company: company.name,
        location: nowhere(context),
        related: Vec::new(),
        count: hits.len(),
        members,
        status: ViolationStatus::Open,
        waiver: None,
    };
    Some(Told { violation, places, steps })
}

fn same(one: &Location, two: &Location) -> bool {
    (&one.path, one.line, one.column) == (&two.path, two.line, two.column)
}

/// A violation always has a place: without any, it is about the export as a whole.
fn nowhere(context: &Context<'_>) -> Location {
    let path = context.export.documents.first().map(|document| document.path.clone()).unwrap_or_default();
    Location { path, line: 1, column: 1, pointer: String::new(), snippet: None }
}

/// The places that say a fact: first those of the attributes that decide, last first because conditions narrow down,
/// then that of the fact itself. The date of an `exists` fact stands nowhere; who exists does.
fn evidence(context: &Context<'_>, table: &Table, hit: &Hit) -> Vec<Evidence> {
    let of_thing = |thing: Option<ThingIx>, name: &str| -> Option<Evidence> {
        context.facts.thing(thing?)?.attributes.get(name)?.evidence.clone()
    };
    let place = |Attribute { root, name }: &Attribute| match root {
        Root::Principal => of_thing(table.principal(hit.fact), name),
        Root::Resource => of_thing(table.resource(hit.fact), name),
        Root::Context if is_general(table) => None,
        Root::Context => table.evidence_of(hit.fact, name).cloned().or_else(|| table.evidence(hit.fact)),
    };
    let deciding = hit.attributes.iter().rev().filter_map(place);
    let mut places: Vec<Evidence> = deciding.chain(table.evidence(hit.fact)).collect();
    if table.environment.principal == Type::Credential {
        let twins: Vec<Evidence> =
            places.iter().flat_map(|place| context.twins.beside(place, MOST_RELATED)).cloned().collect();
        places.extend(twins);
    }
    places.dedup();
    places
}

/// Facts that only say "this exists", or "this is kept": their place says nothing about what stands in the context.
fn is_general(table: &Table) -> bool {
    if table.environment.action == Action::Stored {
        return true;
    }
    table.environment.resource == Type::Company && table.environment.principal != Type::App
}

fn thing(context: &Context<'_>, index: ThingIx) -> Option<Thing> {
    let thing = context.facts.thing(index)?;
    Some(Thing { r#type: thing.kind.id().to_owned(), id: thing.id.clone(), name: thing.name.clone() })
}

/// What identifies a violation in every export: no line numbers, no file names.
fn fingerprint(control: &Control, company: &Thing, subject: &Thing, resource: &Thing) -> String {
    let parts = ["cutover/v1", &control.id, &company.id, &subject.r#type, &subject.id, &resource.r#type, &resource.id];
    let joined = parts.map(|part| format!("{}:{part}", part.len())).join("\n");
    let digest = sha256(joined.as_bytes());
    digest.get(..32).unwrap_or(&digest).to_owned()
}

/// The way from the subject to the resource through the access graph, and where each step stands.
fn why(context: &Context<'_>, table: &Table, hit: &Hit) -> Vec<(Step, Option<Evidence>)> {
    let node = |thing: Option<ThingIx>| -> Option<Node> {
        let thing = context.facts.thing(thing?)?;
        // The companies of the facts are numbered as those of the inventory: in their order.
        let companies = context.facts.things.iter().enumerate().filter(|(_, thing)| thing.kind == Type::Company);
        let company = companies.map(|(index, _)| index).position(|index| index == thing.company as usize)?;
        Some(Node { company, kind: thing.kind.id().to_owned(), id: thing.id.clone() })
    };
    let (Some(from), Some(to)) = (node(table.principal(hit.fact)), node(table.resource(hit.fact))) else {
        return Vec::new();
    };
    let shown = |node: &Node| Thing {
        r#type: node.kind.clone(),
        id: node.id.clone(),
        name: context.graph.name(node).to_owned(),
    };
    let step = |step: crate::graph::Step| {
        let told = Step {
            from: shown(&step.from),
            to: shown(&step.to),
            edge: step.edge.label,
            because: escape::visible(&step.edge.because).into_owned(),
            location: None,
        };
        (told, step.edge.evidence)
    };
    context.graph.path(&from, &to).into_iter().map(step).collect()
}
