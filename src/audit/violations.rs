//! From verdicts to violations a person can act on.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Context;
use super::entries::Entry;
use super::findings::Findings;
use super::places::Places;
use crate::escape;
use crate::export::document::Evidence;
use crate::export::sha256;
use crate::graph::{self, Node, Ways};
use crate::judge::Hit;
use crate::judge::condition::{Attribute, Root};
use crate::judge::control::Control;
use crate::judge::facts::{Action, Table, ThingIx, Type};
use crate::judge::wording::said;
use crate::result::audit::{Step, Violation};
use crate::result::{Location, Thing};

/// The most places named beside the first.
const MOST_RELATED: usize = 20;
/// The most facts of a violation whose places are looked up for them.
const MOST_LOOKED_AT: usize = 1000;
/// The most members listed; `count` has them all.
const MOST_MEMBERS: usize = 1000;

/// A violation without what only the files can say.
struct Outline<'f> {
    entry: &'f Entry,
    control: &'f Control,
    table: &'f Table,
    first: &'f Hit,
    hits: Vec<&'f Hit>,
    /// Where the export says it, and whether the place is the first one of a fact.
    said: Vec<(Evidence, bool)>,
    why: Vec<graph::Step<'f>>,
}

impl Outline<'_> {
    /// Every place that is going to be looked up, and whether its lines may be shown.
    fn evidence(&self) -> impl Iterator<Item = (&Evidence, bool)> {
        let steps = self.why.iter().filter_map(|step| step.edge.evidence.as_ref());
        self.said.iter().map(|(evidence, leads)| (evidence, *leads)).chain(steps.map(|evidence| (evidence, false)))
    }
}

/// Tells some violations, in their order.
pub(super) fn tell(findings: &Findings<'_>, some: &[&Entry]) -> Vec<Violation> {
    // The violations of one subject stand together, and the ways from it are searched once.
    let alike = some.par_chunk_by(|one, two| one.principal == two.principal);
    let outlines: Vec<Outline<'_>> = alike
        .flat_map_iter(|same| {
            let mut ways = same.first().and_then(|entry| ways(&findings.context, entry.principal));
            same.iter().filter_map(move |entry| outline(findings, entry, ways.as_mut()))
        })
        .collect();
    let places = Places::of(findings.context.export);
    places.prepare(outlines.iter().flat_map(Outline::evidence));
    outlines.into_par_iter().filter_map(|outline| write(findings, &places, &outline)).collect()
}

fn outline<'f>(findings: &'f Findings<'_>, entry: &'f Entry, ways: Option<&mut Ways<'f>>) -> Option<Outline<'f>> {
    let context = &findings.context;
    let hits: Vec<&Hit> = findings.entries.hits(&findings.judgement, entry).collect();
    let first = *hits.first()?;
    let mut seen = FxHashSet::default();
    let mut said = Vec::new();
    for hit in hits.iter().take(MOST_LOOKED_AT) {
        let Some(table) = context.facts.tables.get(&hit.environment) else { continue };
        for (index, evidence) in evidence(context, table, hit).into_iter().enumerate() {
            if seen.insert(evidence.clone()) {
                said.push((evidence, index == 0));
            }
        }
    }
    Some(Outline {
        entry,
        control: context.control(entry.control)?,
        table: context.facts.tables.get(&first.environment)?,
        first,
        said,
        why: ways.and_then(|ways| Some(ways.to(&node(context, entry.resource)?))).unwrap_or_default(),
        hits,
    })
}

fn write(findings: &Findings<'_>, files: &Places<'_>, outline: &Outline<'_>) -> Option<Violation> {
    let context = &findings.context;
    let Outline { entry, control, table, first, hits, said: evidence, why } = outline;
    let (subject, object) = (thing(context, entry.principal)?, thing(context, entry.resource)?);
    let company = context.facts.thing(context.facts.thing(entry.principal)?.company)?;
    let (location, related) = places(context, files, evidence);
    let fill = |attribute: &Attribute| said(&context.facts, table, first.fact, attribute);
    let message = match entry.is_unknown {
        true => format!("{}: not known for {}.", control.title, escape::name(&subject.name)),
        false => escape::visible(&control.message.fill(&fill)).into_owned(),
    };
    let mut violation = Violation {
        control: control.id.clone(),
        severity: entry.severity,
        party: control.party,
        title: control.title.clone(),
        message,
        remedy: escape::visible(&control.remedy.fill(&fill)).into_owned(),
        fingerprint: fingerprint(context, entry.control, entry.principal, entry.resource),
        why: why.iter().map(|step| show(context, files, step)).collect(),
        subject,
        resource: object,
        company: company.name.clone(),
        location,
        related,
        count: entry.count(),
        members: members(context, hits),
        status: entry.status(),
        waiver: entry.waiver.and_then(|waiver| findings.waivers.get(waiver as usize)).cloned(),
        baseline_state: None,
    };
    violation.baseline_state = findings.baseline.as_ref().map(|baseline| baseline.known().state(&violation));
    Some(violation)
}

/// What the facts of a violation differ in, the first ones.
pub(super) fn members(context: &Context<'_>, hits: &[&Hit]) -> Vec<Thing> {
    let member = |hit: &&Hit| context.facts.tables.get(&hit.environment)?.member(hit.fact);
    let mut members: Vec<ThingIx> = hits.iter().filter_map(member).collect();
    members.sort_unstable();
    members.dedup();
    let key = |index: &ThingIx| {
        let thing = context.facts.thing(*index);
        thing.map(|thing| (thing.kind.id(), thing.id.as_str(), thing.name.as_str()))
    };
    members.sort_by(|one, two| key(one).cmp(&key(two)));
    members.dedup_by(|one, two| key(one) == key(two));
    members.into_iter().filter_map(|member| thing(context, member)).take(MOST_MEMBERS).collect()
}

/// The place of a violation, and the first of the others.
fn places(context: &Context<'_>, files: &Places<'_>, said: &[(Evidence, bool)]) -> (Location, Vec<Location>) {
    let mut first: Option<Location> = None;
    let mut related = Vec::new();
    for (evidence, leads) in said {
        let Some(place) = files.location(evidence, *leads && first.is_none()) else { continue };
        match &first {
            None => first = Some(place),
            Some(first) if same(first, &place) => {}
            Some(_) => related.push(place),
        }
    }
    related.sort();
    related.dedup_by(|one, two| same(one, two));
    related.truncate(MOST_RELATED);
    (first.unwrap_or_else(|| nowhere(context)), related)
}

fn same(one: &Location, two: &Location) -> bool {
    (&one.path, one.line, one.column) == (&two.path, two.line, two.column)
}

/// A violation always has a place: without any, it is about the export as a whole.
fn nowhere(context: &Context<'_>) -> Location {
    let path = context.export.documents.first().map(|document| document.path.clone()).unwrap_or_default();
    Location { path, line: 1, column: 1, pointer: String::new(), snippet: None }
}

/// What says a fact: first what says the attributes that decide, last first because conditions narrow down, then what
/// says the fact itself. The date of an `exists` fact stands nowhere; who exists does.
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
pub(super) fn fingerprint(context: &Context<'_>, control: u32, subject: ThingIx, resource: ThingIx) -> String {
    let thing = |index: ThingIx| context.facts.thing(index);
    let control = context.control(control).map_or("", |control| control.id.as_str());
    let company = thing(subject).and_then(|subject| thing(subject.company)).map_or("", |company| company.id.as_str());
    let named = |index| thing(index).map_or(("", ""), |thing| (thing.kind.id(), thing.id.as_str()));
    let (subject, resource) = (named(subject), named(resource));
    let parts = ["cutover/v1", control, company, subject.0, subject.1, resource.0, resource.1];
    let joined = parts.map(|part| format!("{}:{part}", part.len())).join("\n");
    let digest = sha256(joined.as_bytes());
    digest.get(..32).unwrap_or(&digest).to_owned()
}

/// The ways from a subject through the access graph.
fn ways<'f>(context: &'f Context<'_>, subject: ThingIx) -> Option<Ways<'f>> {
    Some(context.graph.ways(&node(context, subject)?))
}

/// Something as the access graph knows it.
fn node(context: &Context<'_>, index: ThingIx) -> Option<Node> {
    let thing = context.facts.thing(index)?;
    // The companies of the facts are numbered as those of the inventory: in their order.
    let company = context.companies.binary_search(&thing.company).ok()?;
    Some(Node { company, kind: thing.kind.id(), id: thing.id.clone() })
}

fn show(context: &Context<'_>, files: &Places<'_>, step: &graph::Step<'_>) -> Step {
    let shown = |node: &Node| Thing {
        r#type: node.kind.to_owned(),
        id: node.id.clone(),
        name: context.graph.name(node).to_owned(),
    };
    Step {
        from: shown(step.from),
        to: shown(step.to),
        edge: step.edge.label.clone().into_owned(),
        because: escape::visible(&step.edge.because).into_owned(),
        location: step.edge.evidence.as_ref().and_then(|evidence| files.location(evidence, false)),
    }
}
