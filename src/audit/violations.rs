//! From verdicts to violations a person can act on.

use std::fmt::Write;
use std::sync::Arc;

use rayon::prelude::*;

use super::Context;
use super::entries::{Entry, ranks};
use super::findings::Findings;
use super::places::{Places, Said};
use crate::escape;
use crate::export::document::Evidence;
use crate::export::sha256;
use crate::graph::{self, HeldLevel, Node, Ways};
use crate::judge::Hit;
use crate::judge::condition::{Attribute, Root};
use crate::judge::control::Control;
use crate::judge::facts::{Action, Environment, Table, ThingIx, Type, Value};
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
pub(super) struct Outline<'f> {
    entry: &'f Entry,
    control: &'f Control,
    table: &'f Table,
    first: &'f Hit,
    hits: Vec<&'f Hit>,
    /// Where the export says it: where its first fact is said, and those of the other places that come first.
    said: Vec<Said<'f>>,
    why: Vec<graph::Step<'f>>,
}

impl<'f> Outline<'f> {
    /// Every place that is going to be looked up, and whether its lines may be shown.
    pub(super) fn evidence(&self) -> impl Iterator<Item = (Said<'f>, bool)> {
        let steps = self.why.iter().filter_map(|step| step.edge.evidence());
        self.said.iter().zip(0..).map(|(said, number)| (*said, number == 0)).chain(steps.map(|said| (said, false)))
    }
}

/// The outlines of some violations, in their order.
pub(super) fn outline<'f>(findings: &'f Findings<'_>, places: &Places<'f>, some: &[&'f Entry]) -> Vec<Outline<'f>> {
    // The ways from a subject are searched once for all that is told of it.
    let mut alike: Vec<(usize, &Entry)> = some.iter().copied().enumerate().collect();
    alike.par_sort_by_key(|(_, entry)| entry.principal);
    let mut outlines: Vec<(usize, Outline<'f>)> = alike
        .par_chunk_by(|(_, one), (_, two)| one.principal == two.principal)
        .flat_map_iter(|same| {
            let mut ways = same.first().and_then(|(_, entry)| ways(&findings.context, entry.principal));
            let outline = move |(number, entry): &(usize, &'f Entry)| {
                Some((*number, outline_of(findings, places, entry, ways.as_mut())?))
            };
            same.iter().filter_map(outline)
        })
        .collect();
    outlines.par_sort_unstable_by_key(|(number, _)| *number);
    outlines.into_iter().map(|(_, outline)| outline).collect()
}

fn outline_of<'f>(
    findings: &'f Findings<'_>,
    places: &Places<'_>,
    entry: &'f Entry,
    ways: Option<&mut Ways<'f>>,
) -> Option<Outline<'f>> {
    let context = &findings.context;
    let hits: Vec<&Hit> = findings.entries.hits(&findings.judgement, entry).collect();
    let first = *hits.first()?;
    Some(Outline {
        entry,
        control: context.control(entry.control)?,
        table: context.facts.tables.get(&first.environment)?,
        first,
        said: said_of(context, places, &hits),
        why: why(context, entry, first, ways).unwrap_or_default(),
        hits,
    })
}

/// How the subject comes to what the first fact of a violation says of it.
fn why<'f>(
    context: &'f Context<'_>,
    entry: &Entry,
    first: &Hit,
    ways: Option<&mut Ways<'f>>,
) -> Option<Vec<graph::Step<'f>>> {
    let (subject, resource) = (context.node(entry.principal)?, context.node(entry.resource)?);
    let table = context.facts.tables.get(&first.environment)?;
    let level = |attribute: &str| match table.value(first.fact, attribute) {
        Some(Value::Level(level)) => *level,
        _ => None,
    };
    let text = |attribute: &str| match table.value(first.fact, attribute) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let Environment { action, principal, resource: of } = first.environment;
    // What a violation is about: the level in force, or the one that is given, whatever administration adds to it.
    let decides =
        |name: &str| first.attributes.iter().any(|attribute| attribute.root == Root::Context && attribute.name == name);
    let of_given = decides("given") && !decides("level");
    let attribute = match action {
        Action::Holds if of_given => "given",
        Action::Holds | Action::Requests => "level",
        Action::Gains | Action::Raises => "after",
        Action::Loses => "before",
        Action::Calls => "requested",
        _ => return Some(ways?.to(&resource)),
    };
    match (of, principal) {
        (Type::Tool, Type::App) => Some(context.graph.asked(&subject, &resource, text("manifest"), level(attribute))),
        (Type::Tool, _) => {
            let project = match table.member(first.fact) {
                Some(member) => Some(context.node(member)?),
                None => None,
            };
            let through = text("through").filter(|_| !of_given);
            let held = HeldLevel { level: level(attribute)?, through, project: project.as_ref() };
            Some(context.graph.held(&subject, &resource, held))
        }
        _ => Some(ways?.to(&resource)),
    }
}

/// What says the facts of a violation: first what leads to the first of them, then what comes first in the order of the
/// paths. More of it is not looked up than can be told.
fn said_of<'f>(context: &'f Context<'_>, places: &Places<'_>, hits: &[&'f Hit]) -> Vec<Said<'f>> {
    let mut all = Vec::new();
    let mut last = None;
    for hit in hits.iter().take(MOST_LOOKED_AT) {
        let Some(table) = context.facts.tables.get(&hit.environment) else { continue };
        // Whoever has a template on a hundred projects has what it says from one place.
        let row = table.row_that_says(hit.fact).map(|row| (row, Arc::as_ptr(&hit.ruling)));
        if row.is_none() || row != last {
            evidence(context, table, hit, &mut all);
        }
        last = row;
    }
    let Some(first) = all.first().copied() else { return all };
    let mut others: Vec<_> = all.into_iter().map(|said| (places.order(said.0), said)).collect();
    others.sort_unstable();
    others.dedup();
    // Each record has a place of its own, and one of them is that of the first fact.
    let records = others.chunk_by(|(one, _), (two, _)| one == two).take(MOST_RELATED + 1).flatten();
    let others = records.map(|(_, said)| *said).filter(|said| *said != first);
    std::iter::once(first).chain(others).collect()
}

/// Tells a violation whose places are prepared; `members` is the order of what facts differ in.
pub(super) fn write(
    findings: &Findings<'_>,
    files: &Places<'_>,
    members: &[u32],
    outline: &Outline<'_>,
) -> Option<Violation> {
    let context = &findings.context;
    let Outline { entry, control, table, first, hits, said: evidence, why } = outline;
    let (subject, object) = (thing(context, entry.principal)?, thing(context, entry.resource)?);
    let company = context.facts.thing(context.facts.thing(entry.principal)?.company)?;
    let (location, related) = locations(context, files, evidence);
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
        company: company.name.to_string(),
        location,
        related,
        count: entry.count(),
        members: members_of(context, members, hits),
        status: entry.status(),
        waiver: entry.waiver.and_then(|waiver| findings.waivers.get(waiver as usize)).cloned(),
        baseline_state: None,
    };
    violation.baseline_state = findings.baseline.as_ref().map(|baseline| baseline.known().state(&violation));
    Some(violation)
}

/// The order of what facts differ in: a number for each thing, the same for those that look the same.
pub(super) fn order_of_members(context: &Context<'_>) -> Vec<u32> {
    let blocks = context.facts.tables.values().flat_map(Table::blocks);
    ranks(context.facts.things.len(), blocks.filter_map(|block| block.member), |index| {
        let thing = context.facts.thing(index)?;
        Some((thing.kind.id(), thing.id.as_str(), thing.name.as_str()))
    })
}

/// What the facts of a violation differ in, the first ones.
pub(super) fn members_of(context: &Context<'_>, order: &[u32], hits: &[&Hit]) -> Vec<Thing> {
    let member = |hit: &&Hit| context.facts.tables.get(&hit.environment)?.member(hit.fact);
    let place = |member: ThingIx| (order.get(member as usize).copied(), member);
    let mut members: Vec<_> = hits.iter().filter_map(member).map(place).collect();
    members.sort_unstable();
    members.dedup_by_key(|(place, _)| *place);
    members.into_iter().filter_map(|(_, member)| thing(context, member)).take(MOST_MEMBERS).collect()
}

/// The place of a violation, and the first of the others.
fn locations(context: &Context<'_>, files: &Places<'_>, said: &[Said<'_>]) -> (Location, Vec<Location>) {
    let mut first: Option<Location> = None;
    let mut related = Vec::new();
    for said in said {
        let Some(place) = files.location(*said, first.is_none()) else { continue };
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
fn evidence<'f>(context: &'f Context<'_>, table: &'f Table, hit: &'f Hit, out: &mut Vec<Said<'f>>) {
    let from = out.len();
    let itself = table.record(hit.fact);
    let of_thing = |thing: Option<ThingIx>, name: &str| {
        context.facts.thing(thing?)?.attributes.get(name)?.evidence.as_ref().map(record)
    };
    let place = |Attribute { root, name }: &'f Attribute| match root {
        Root::Principal => of_thing(table.principal(hit.fact), name),
        Root::Resource => of_thing(table.resource(hit.fact), name),
        Root::Context if is_general(table) => None,
        Root::Context => table.evidence_of(hit.fact, name).map(record).or(itself),
    };
    out.extend(hit.attributes.iter().rev().filter_map(place).chain(itself));
    if table.environment.principal == Type::Credential {
        let places: Vec<Said<'f>> = out.get(from..).unwrap_or_default().to_vec();
        for (origin, member) in places {
            let place = Evidence::new(origin, member.to_owned());
            out.extend(context.twins.beside(&place, MOST_RELATED).map(record));
        }
    }
}

/// What an evidence speaks of.
fn record(evidence: &Evidence) -> Said<'_> {
    (evidence.origin, &evidence.member)
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
    Some(Thing::new(thing.kind.id(), thing.id.clone(), thing.name.clone()))
}

/// What identifies a violation in every export: no line numbers, no file names.
pub(super) fn fingerprint(context: &Context<'_>, control: u32, subject: ThingIx, resource: ThingIx) -> String {
    let thing = |index: ThingIx| context.facts.thing(index);
    let control = context.control(control).map_or("", |control| control.id.as_str());
    let company = thing(subject).and_then(|subject| thing(subject.company)).map_or("", |company| company.id.as_str());
    let named = |index| thing(index).map_or(("", ""), |thing| (thing.kind.id(), thing.id.as_str()));
    let (subject, resource) = (named(subject), named(resource));
    let parts = ["cutover/v1", control, company, subject.0, subject.1, resource.0, resource.1];
    let mut joined = String::new();
    for part in parts {
        let _ = write!(joined, "{}{}:{part}", if joined.is_empty() { "" } else { "\n" }, part.len());
    }
    let digest = sha256(joined.as_bytes());
    digest.get(..32).unwrap_or(&digest).to_owned()
}

/// The ways from a subject through the access graph.
fn ways<'f>(context: &'f Context<'_>, subject: ThingIx) -> Option<Ways<'f>> {
    Some(context.graph.ways(&context.node(subject)?))
}

fn show(context: &Context<'_>, files: &Places<'_>, step: &graph::Step<'_>) -> Step {
    let shown = |node: &Node| Thing::new(node.kind, node.id.clone(), context.graph.name(node));
    Step {
        from: shown(step.from),
        to: shown(step.to),
        edge: step.edge.label().to_owned(),
        because: escape::visible(&step.edge.because(&context.graph)).into_owned(),
        location: step.edge.evidence().and_then(|said| files.location(said, false)),
    }
}
