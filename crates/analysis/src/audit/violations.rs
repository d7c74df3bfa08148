//! From verdicts to violations a person can act on.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::Context;
use super::baseline::Baseline;
use super::entries::{Entry, ranks};
use super::extent::{self, Digest};
use super::findings::Findings;
use super::places::{Places, Said};
use cutover_inventory::graph;
use cutover_inventory::graph::{HeldLevel, Node, Ways};
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::result::audit::{Places as Digests, Step, Violation};
use cutover_model::result::{Location, Thing};
use cutover_policy::Hit;
use cutover_policy::condition::{Attribute, Root};
use cutover_policy::control::Control;
use cutover_policy::facts::{Action, Environment, Table, ThingIx, Type, Value};
use cutover_policy::wording::said;
use cutover_secrets::digest::sha256;

/// The most places named beside the first.
const MAX_RELATED: usize = 20;
/// The most facts of a violation whose places are looked up for them.
const MAX_LOOKED_AT: usize = 1000;
/// The most members listed; `count` has them all.
const MAX_MEMBERS: usize = 1000;

/// A violation without what only the files can say.
pub(super) struct Outline<'f> {
    entry: &'f Entry,
    control: &'f Control,
    table: &'f Table,
    first: &'f Hit,
    hits: Vec<&'f Hit>,
    /// Where the export states it: where its first fact is said, and those of the other places that come first.
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
    // The paths from a subject are searched once for all of its violations.
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
    let hits: Vec<&Hit> = findings.entries.hits(&findings.evaluation, entry).collect();
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
/// paths. More of it is not looked up than can be determined.
fn said_of<'f>(context: &'f Context<'_>, places: &Places<'_>, hits: &[&'f Hit]) -> Vec<Said<'f>> {
    let mut all = Vec::new();
    let mut last = None;
    for hit in hits.iter().take(MAX_LOOKED_AT) {
        let Some(table) = context.facts.tables.get(&hit.environment) else { continue };
        // Whoever has a template on a hundred projects has what it says from one place.
        let row = table.row_that_says(hit.fact).map(|row| (row, Arc::as_ptr(&hit.details)));
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
    let records = others.chunk_by(|(one, _), (two, _)| one == two).take(MAX_RELATED + 1).flatten();
    let others = records.map(|(_, said)| *said).filter(|said| *said != first);
    std::iter::once(first).chain(others).collect()
}

/// Tells a violation whose places are prepared.
pub(super) fn write(
    findings: &Findings<'_>,
    files: &Places<'_>,
    members: &Members,
    outline: &Outline<'_>,
) -> Option<Violation> {
    let context = &findings.context;
    let Outline { entry, control, table, first, hits, said: evidence, why } = outline;
    let (subject, object) = (thing(context, entry.principal)?, thing(context, entry.resource)?);
    let company = context.facts.thing(context.facts.thing(entry.principal)?.company)?;
    let (location, related) = locations(context, files, evidence);
    let fill = |attribute: &Attribute| said(&context.facts, table, first.fact, attribute);
    let message = match entry.is_unknown {
        true => format!("{}: unknown for {}.", control.title, escape::name(&subject.name)),
        false => escape::visible(&control.message.fill(&fill)).into_owned(),
    };
    let reach = members.reach(context, hits);
    let decision = entry.waiver.and_then(|waiver| findings.waivers.get(waiver as usize));
    let mut violation = Violation {
        control: control.id.clone(),
        severity: entry.severity,
        party: control.party,
        title: control.title.clone(),
        message,
        remedy: escape::visible(&control.remedy.fill(&fill)).into_owned(),
        fingerprint: fingerprint(context, entry),
        why: why.iter().map(|step| show(context, files, step)).collect(),
        subject,
        resource: object,
        company: company.name.to_string(),
        location,
        related,
        count: entry.count(),
        members: reach.named(context, |_| true),
        new_members: Vec::new(),
        places: members.places(context, &reach),
        status: entry.status(),
        waiver: decision.filter(|_| !entry.is_planned).cloned(),
        planned: decision.filter(|_| entry.is_planned).cloned(),
        baseline_state: None,
        passes_once_accepted: false,
    };
    if let Some(known) = findings.baseline.as_ref().map(Baseline::known) {
        violation.baseline_state = Some(known.state(&violation));
        if known.holds(&violation.fingerprint) {
            let is_new = |member| !known.holds_place(&violation.fingerprint, members.digest(context, member));
            violation.new_members = reach.named(context, is_new);
        }
    }
    Some(violation)
}

/// What the facts of violations differ in, for telling and comparing it.
#[derive(Debug)]
pub(super) struct Members {
    /// A number for each thing, in their order, the same for those that look the same.
    order: Vec<u32>,
    /// The digest of each thing, made when it is first asked for.
    digests: OnceLock<Vec<OnceLock<Digest>>>,
}

/// What some facts differ in.
#[derive(Debug)]
pub(super) struct Reach {
    /// In their order, each once.
    members: Vec<ThingIx>,
    /// Whether there is a fact of no such thing.
    with_nothing: bool,
}

impl Members {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let blocks = context.facts.tables.values().flat_map(Table::blocks);
        let order = ranks(context.facts.things.len(), blocks.filter_map(|block| block.member), |index| {
            let thing = context.facts.thing(index)?;
            Some((thing.kind.id(), thing.id.as_str(), thing.name.as_str()))
        });
        Self { order, digests: OnceLock::new() }
    }

    /// What these facts differ in.
    pub(super) fn reach(&self, context: &Context<'_>, hits: &[&Hit]) -> Reach {
        let place = |member: ThingIx| (self.order.get(member as usize).copied(), member);
        let mut members: Vec<_> = hits.iter().filter_map(|hit| member(context, hit)).map(place).collect();
        let with_nothing = members.len() < hits.len();
        members.sort_unstable();
        members.dedup_by_key(|(place, _)| *place);
        Reach { members: members.into_iter().map(|(_, member)| member).collect(), with_nothing }
    }

    /// The digest of a place.
    fn digest(&self, context: &Context<'_>, index: ThingIx) -> Digest {
        let digest = || {
            let thing = context.facts.thing(index);
            extent::digest(thing.map(|thing| (thing.kind.id(), thing.id.as_str())))
        };
        let places = || std::iter::repeat_with(OnceLock::new).take(self.order.len()).collect();
        let known = self.digests.get_or_init(places).get(index as usize);
        known.map_or_else(digest, |known| *known.get_or_init(digest))
    }

    /// The digests of all places, sorted.
    pub(super) fn digests(&self, context: &Context<'_>, reach: &Reach) -> Vec<Digest> {
        let nothing = reach.with_nothing.then(|| extent::digest(None));
        let mut all: Vec<Digest> =
            reach.members.iter().map(|member| self.digest(context, *member)).chain(nothing).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The same, where the members that are named do not say it.
    fn places(&self, context: &Context<'_>, reach: &Reach) -> Option<Digests> {
        let is_mixed = reach.with_nothing && !reach.members.is_empty();
        (is_mixed || reach.members.len() > MAX_MEMBERS).then(|| Digests(self.digests(context, reach)))
    }
}

impl Reach {
    /// The first members by name.
    fn named(&self, context: &Context<'_>, is_shown: impl Fn(ThingIx) -> bool) -> Vec<Thing> {
        let shown = self.members.iter().copied().filter(|member| is_shown(*member));
        shown.filter_map(|member| thing(context, member)).take(MAX_MEMBERS).collect()
    }
}

/// What distinguishes a fact from others of its violation.
pub(super) fn member(context: &Context<'_>, hit: &Hit) -> Option<ThingIx> {
    context.facts.tables.get(&hit.environment)?.member(hit.fact)
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
    related.truncate(MAX_RELATED);
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

/// What states a fact, what decides first.
pub(super) fn said_first<'f>(context: &'f Context<'_>, hit: &'f Hit) -> Vec<Said<'f>> {
    let mut said = Vec::new();
    if let Some(table) = context.facts.tables.get(&hit.environment) {
        evidence(context, table, hit, &mut said);
    }
    said
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
            out.extend(context.duplicate_secrets.beside(&place, MAX_RELATED).map(record));
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

/// Something as results name it.
pub(super) fn thing(context: &Context<'_>, index: ThingIx) -> Option<Thing> {
    let thing = context.facts.thing(index)?;
    Some(Thing::new(thing.kind.id(), thing.id.clone(), thing.name.clone()))
}

/// What identifies a violation in every export: no line numbers, and no file names but in the place of a secret.
pub(super) fn fingerprint(context: &Context<'_>, entry: &Entry) -> String {
    fingerprint_of(context, (entry.control, entry.principal, entry.resource), entry.is_unknown)
}

/// The same, by control, subject and resource, and whether something decisive is unknown.
pub(super) fn fingerprint_of(
    context: &Context<'_>,
    (control, subject, resource): (u32, ThingIx, ThingIx),
    is_unknown: bool,
) -> String {
    let thing = |index: ThingIx| context.facts.thing(index);
    let control = context.control(control).map_or("", |control| control.id.as_str());
    let company = thing(subject).and_then(|subject| thing(subject.company)).map_or("", |company| company.id.as_str());
    let named = |index| thing(index).map_or(("", ""), |thing| (thing.kind.id(), thing.id.as_str()));
    let (subject, resource) = (named(subject), named(resource));
    let parts = ["cutover/v1", control, company, subject.0, subject.1, resource.0, resource.1];
    let mut joined = String::new();
    for part in parts.into_iter().chain(is_unknown.then_some("unknown")) {
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
