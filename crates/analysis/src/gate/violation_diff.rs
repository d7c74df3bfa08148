//! What was against policy before a change and after it: new, gone, unchanged, or not to be compared.
//!
//! A gate gives no alarm for what was there before, whatever its line in the file or the id it was given anew; and none
//! for what nobody could know before. A violation that was there in one place is new in another: places are compared one
//! by one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::pairs::Pairs;
use crate::audit;
use crate::audit::{Findings, ViolationPlace};
use cutover_export::field::Id;
use cutover_inventory::Company;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::IdentityIx;
use cutover_model::kind::Kind;
use cutover_model::result::Thing;
use cutover_model::result::gate::{NotCompared, Resolved};
use cutover_policy::attributes::Attributes;
use cutover_policy::control::Control;
use cutover_policy::facts::{Environment, Facts, Table, ThingIx};
use cutover_policy::reference::{ReferenceEvaluator, Verdict};
use cutover_policy::vocabulary::{Action, Type};

/// The facts that only a manifest tells.
const OF_MANIFESTS: [Action; 4] = [Action::Requests, Action::Declares, Action::Authenticates, Action::Raises];

/// What identifies a violation on both sides: control, subject and resource, by the ids after the change, and whether it
/// says that something is unknown.
type Key<'f> = (&'f str, Type, Cow<'f, str>, Type, Cow<'f, str>, bool);

/// A place by its id after the change.
type Place<'f> = Option<(Type, Cow<'f, str>)>;

/// A violation from before: its places, and how many facts it was.
#[derive(Debug, Default)]
struct Known<'f> {
    places: FxHashSet<Place<'f>>,
    count: usize,
}

/// The violations after a change beside those before it.
#[derive(Debug, Default)]
pub(super) struct ViolationDiff {
    /// Those that are new, by their numbers, with the places that are.
    pub(super) new: BTreeMap<usize, NewPlaces>,
    /// How many were there before.
    pub(super) unchanged: usize,
    pub(super) resolved: Vec<Resolved>,
    pub(super) not_compared: Vec<NotCompared>,
}

/// The places that are new of a violation.
#[derive(Debug, Default)]
pub(super) struct NewPlaces {
    /// By type and id.
    pub(super) members: BTreeSet<(Type, String)>,
    /// Whether a fact without such a thing is new.
    pub(super) with_nothing: bool,
}

impl<'f> FromIterator<ViolationPlace<'f>> for NewPlaces {
    fn from_iter<I: IntoIterator<Item = ViolationPlace<'f>>>(places: I) -> Self {
        let mut out = Self::default();
        for place in places {
            match place {
                Some((kind, id)) => {
                    out.members.insert((kind, id.to_owned()));
                }
                None => out.with_nothing = true,
            }
        }
        out
    }
}

impl ViolationDiff {
    /// Compares.
    ///
    /// # Errors
    /// When a fact fails to evaluate.
    pub(super) fn of(
        (before, was): (&Findings<'_>, &Company),
        (after, is): (&Findings<'_>, &Company),
        pairs: &Pairs,
        attributes: &Attributes,
    ) -> Result<Self, String> {
        let ids = Ids::of(was, is, pairs);
        let known = ids.known(before);
        let memory = Memory::new(before.facts(), was, attributes);
        let mut seen: FxHashSet<Key<'_>> = FxHashSet::default();
        let mut out = Self::default();
        let mut unknown: BTreeMap<&str, (usize, BTreeSet<Kind>)> = BTreeMap::new();
        for (number, found) in after.keys().enumerate() {
            let Some(key) = plain(after.facts(), found) else { continue };
            let places = after.places(number);
            let old = known.get(&key);
            let is_old = |place: &ViolationPlace<'_>| {
                let place = place.map(|(kind, id)| (kind, Cow::Borrowed(id)));
                old.is_some_and(|old| old.places.contains(&place))
            };
            let fresh: BTreeSet<ViolationPlace<'_>> = places.iter().copied().filter(|place| !is_old(place)).collect();
            let is_no_more = fresh.is_empty() && old.is_some_and(|old| found.count <= old.count);
            let subject = ids.before(key.1, &key.2);
            let resource = ids.before(key.3, &key.4);
            let described = match () {
                () if is_no_more => BTreeSet::new(),
                // More facts of the places that were there.
                () if fresh.is_empty() => places,
                () => memory.knew(found.control, (key.1, &subject), (key.3, &resource), &fresh)?,
            };
            let is_compared = fresh.iter().all(|place| described.contains(place));
            if !described.is_empty() {
                out.new.insert(number, described.into_iter().collect());
            } else if old.is_some() {
                out.unchanged += 1;
            }
            if !is_compared {
                let entry = unknown.entry(found.control.id.as_str()).or_default();
                entry.0 += 1;
                entry.1.extend(is.present.difference(&was.present));
            }
            if old.is_some() {
                seen.insert(key);
            }
        }
        // What the side after could not know is not fixed.
        let later = Memory::new(after.facts(), is, attributes);
        for (number, key) in before.keys().enumerate() {
            let Some(gone) = ids.now(before.facts(), key).filter(|gone| !seen.contains(gone)) else { continue };
            let places = before.places(number);
            if later.knew(key.control, (gone.1, &gone.2), (gone.3, &gone.4), &places)?.len() == places.len() {
                out.resolved.extend(resolved(before, number, (key.control, key.subject, key.resource)));
            }
        }
        let described = |(control, (violations, missing)): (&str, (usize, BTreeSet<Kind>))| NotCompared {
            control: control.to_owned(),
            violations,
            missing_before: missing.into_iter().collect(),
        };
        out.not_compared = unknown.into_iter().map(described).collect();
        Ok(out)
    }
}

fn plain<'f>(facts: &'f Facts, found: audit::Key<'f>) -> Option<Key<'f>> {
    let (subject, resource) = (facts.thing(found.subject)?, facts.thing(found.resource)?);
    Some((
        found.control.id.as_str(),
        subject.kind,
        Cow::Borrowed(subject.id.as_str()),
        resource.kind,
        Cow::Borrowed(resource.id.as_str()),
        found.is_unknown,
    ))
}

fn resolved(
    before: &Findings<'_>,
    number: usize,
    (control, subject, resource): (&Control, ThingIx, ThingIx),
) -> Option<Resolved> {
    let thing = |index: ThingIx| {
        let thing = before.facts().thing(index)?;
        Some(Thing::new(thing.kind.id(), thing.id.clone(), thing.name.clone()))
    };
    Some(Resolved {
        control: control.id.clone(),
        subject: thing(subject)?,
        resource: thing(resource)?,
        fingerprint: before.fingerprint(number)?,
    })
}

/// Ids that were given anew.
struct Ids {
    now: FxHashMap<Type, FxHashMap<String, String>>,
    before: FxHashMap<Type, FxHashMap<String, String>>,
}

impl Ids {
    fn of(was: &Company, is: &Company, pairs: &Pairs) -> Self {
        let kind = |kind: IdentityKind| match kind {
            IdentityKind::Managed => Type::ManagedAccount,
            IdentityKind::Legacy => Type::LegacyAccount,
            IdentityKind::Person => Type::Person,
        };
        let identities = pairs.identities.iter().filter_map(|pair| {
            let one = was.directory.identities.get(pair.before?)?;
            let two = is.directory.identities.get(pair.after?)?;
            Some((kind(one.class.kind), one.key(), kind(two.class.kind), two.key()))
        });
        let apps = pairs.apps.iter().filter_map(|pair| {
            let (one, two) = (was.apps.all.get(pair.before?)?, is.apps.all.get(pair.after?)?);
            Some((Type::App, one.key.clone(), Type::App, two.key.clone()))
        });
        let mut out = Self { now: FxHashMap::default(), before: FxHashMap::default() };
        for (one, id, two, now) in identities.chain(apps).filter(|(_, id, _, now)| id != now) {
            out.now.entry(one).or_default().insert(id.clone(), now.clone());
            out.before.entry(two).or_default().insert(now, id);
        }
        out
    }

    /// The violations from before, by the ids after.
    fn known<'f>(&self, before: &'f Findings<'_>) -> FxHashMap<Key<'f>, Known<'f>> {
        let mut out: FxHashMap<Key<'_>, Known<'_>> = FxHashMap::default();
        for (number, found) in before.keys().enumerate() {
            let Some(key) = self.now(before.facts(), found) else { continue };
            let known = out.entry(key).or_default();
            let places = before.places(number).into_iter();
            known.places.extend(places.map(|place| place.map(|(kind, id)| (kind, self.id(kind, Cow::Borrowed(id))))));
            known.count += found.count;
        }
        out
    }

    /// A violation from before, by the ids after.
    fn now<'f>(&self, facts: &'f Facts, found: audit::Key<'f>) -> Option<Key<'f>> {
        let (control, kind, id, of, about, is_unknown) = plain(facts, found)?;
        Some((control, kind, self.id(kind, id), of, self.id(of, about), is_unknown))
    }

    /// An id from before as it is after.
    fn id<'f>(&self, kind: Type, id: Cow<'f, str>) -> Cow<'f, str> {
        match self.now.get(&kind).and_then(|now| now.get(id.as_ref())) {
            Some(now) => Cow::Owned(now.clone()),
            None => id,
        }
    }

    fn before(&self, kind: Type, id: &str) -> String {
        let before = self.before.get(&kind).and_then(|before| before.get(id));
        before.cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// What one side could know.
struct Memory<'f> {
    facts: &'f Facts,
    company: &'f Company,
    attributes: &'f Attributes,
    things: FxHashMap<(Type, &'f str), Vec<ThingIx>>,
    blocks: FxHashMap<(Environment, ThingIx), Vec<usize>>,
    identities: FxHashMap<String, IdentityIx>,
    projects: FxHashSet<Id>,
}

/// What the facts of one side say of some places.
#[derive(Default)]
struct Judged<'p> {
    /// Places of which a fact was evaluated.
    known: BTreeSet<ViolationPlace<'p>>,
    /// Places of which there are facts, and none could be evaluated.
    met: BTreeSet<ViolationPlace<'p>>,
    /// Whether facts about the subject and something else were evaluated there: a template without its levels has facts on a
    /// few tools, and all of them are unknown.
    others: BTreeMap<ViolationPlace<'p>, bool>,
}

impl<'f> Memory<'f> {
    fn new(facts: &'f Facts, company: &'f Company, attributes: &'f Attributes) -> Self {
        let mut things: FxHashMap<(Type, &str), Vec<ThingIx>> = FxHashMap::default();
        for (index, thing) in (0..).zip(&facts.things) {
            things.entry((thing.kind, thing.id.as_str())).or_default().push(index);
        }
        let mut blocks: FxHashMap<(Environment, ThingIx), Vec<usize>> = FxHashMap::default();
        for (environment, table) in &facts.tables {
            for (number, block) in table.blocks().iter().enumerate() {
                blocks.entry((*environment, block.principal)).or_default().push(number);
            }
        }
        let identities = company.directory.identities.iter().enumerate();
        let identities = identities.map(|(index, identity)| (identity.key(), index)).collect();
        let projects = company.projects.iter().filter_map(|project| project.id).collect();
        Self { facts, company, attributes, things, blocks, identities, projects }
    }

    /// The places in which this side could tell that a control has nothing against somebody with regard to something: it
    /// evaluated one of the facts there that violate on the other side, or holds no such fact and would, if it were so.
    fn knew<'p>(
        &self,
        control: &Control,
        subject: (Type, &str),
        resource: (Type, &str),
        places: &BTreeSet<ViolationPlace<'p>>,
    ) -> Result<BTreeSet<ViolationPlace<'p>>, String>
    where
        'f: 'p,
    {
        let subjects = self.things.get(&subject).map_or(&[] as &[ThingIx], Vec::as_slice);
        let resources = self.things.get(&resource).map_or(&[] as &[ThingIx], Vec::as_slice);
        let judged = self.judged(control, (subjects, subject.0), (resources, resource.0), places)?;
        let is_told = self.would_report(control, subject.0) && !self.lacks_manifest(control, subjects);
        let mut members = None;
        let mut knew = |place: &ViolationPlace<'_>| {
            if judged.known.contains(place) {
                return true;
            }
            let others = judged.others.get(place).or_else(|| judged.others.get(&None)).copied();
            let silent = is_told && !judged.met.contains(place) && others.unwrap_or(true);
            let members = members.get_or_insert_with(|| self.memberships(subject.1));
            silent && self.knows_place(members.as_ref(), *place)
        };
        Ok(places.iter().copied().filter(|place| knew(place)).collect())
    }

    fn judged<'p>(
        &self,
        control: &Control,
        (subjects, subject): (&[ThingIx], Type),
        (resources, resource): (&[ThingIx], Type),
        places: &BTreeSet<ViolationPlace<'p>>,
    ) -> Result<Judged<'p>, String>
    where
        'f: 'p,
    {
        let mut out = Judged::default();
        for (environment, table) in &self.facts.tables {
            if (environment.principal, environment.resource) != (subject, resource) {
                continue;
            }
            let Some(evaluator) = ReferenceEvaluator::new(std::slice::from_ref(control), *environment) else {
                continue;
            };
            for (fact, object) in subjects.iter().flat_map(|subject| self.facts_of(*environment, table, *subject)) {
                let member = table.member(fact).and_then(|member| self.facts.thing(member));
                let member = member.map(|thing| (thing.kind, thing.id.as_str()));
                let place = places.get(&member).copied();
                // What an installed version asks for that is not at hand is reported of no version.
                if place.is_none() && !OF_MANIFESTS.contains(&environment.action) {
                    continue;
                }
                let is_it = place.is_some() && resources.contains(&object);
                let of_place = place.unwrap_or(None);
                if !is_it && out.others.get(&of_place) == Some(&true) {
                    continue;
                }
                let verdicts = evaluator.evaluate(self.facts, table, fact, None)?;
                let is_known = verdicts.iter().flatten().any(|verdict| !matches!(verdict, Verdict::Unknown(_)));
                if !is_it {
                    *out.others.entry(of_place).or_default() |= is_known;
                } else if is_known {
                    out.known.insert(of_place);
                } else {
                    out.met.insert(of_place);
                }
            }
        }
        Ok(out)
    }

    /// The projects of an identity, and whether these are all; `None` for what is no identity of this side.
    fn memberships(&self, key: &str) -> Option<(BTreeSet<Id>, bool)> {
        let index = *self.identities.get(key)?;
        let project = |project: usize| self.company.projects.get(project)?.id;
        let own = self.company.memberships.of(index).filter_map(|membership| project(membership.project));
        Some((own.collect(), self.company.projects_known(index)))
    }

    /// Whether this side would say what is so in a place: of a project that it has it must say who belongs to it.
    fn knows_place(&self, memberships: Option<&(BTreeSet<Id>, bool)>, place: ViolationPlace<'_>) -> bool {
        let (Some((Type::Project, id)), Some((own, all))) = (place, memberships) else { return true };
        let Ok(id) = id.parse().map(Id) else { return true };
        *all || own.contains(&id)
            || self.company.project_lists.contains(&id)
            || (self.company.present.contains(&Kind::Projects) && !self.projects.contains(&id))
    }

    /// Whether a control asks what manifests say and this side has the app and no manifest of it.
    fn lacks_manifest(&self, control: &Control, subjects: &[ThingIx]) -> bool {
        let asks = control
            .environments
            .iter()
            .all(|environment| OF_MANIFESTS.iter().any(|action| environment.action().id().unescaped() == action.id()));
        let tells = |environment: &Environment| {
            let described = subjects.iter().any(|subject| self.blocks.contains_key(&(*environment, *subject)));
            OF_MANIFESTS.contains(&environment.action) && described
        };
        asks && !subjects.is_empty() && !self.facts.tables.keys().any(tells)
    }

    /// The facts about a subject, each with its resource.
    fn facts_of(&self, environment: Environment, table: &Table, subject: ThingIx) -> Vec<(usize, ThingIx)> {
        let blocks = self.blocks.get(&(environment, subject)).into_iter().flatten();
        let of_block = blocks.filter_map(|number| Some((*number, table.blocks().get(*number)?)));
        let facts = of_block.flat_map(|(number, block)| {
            let start = table.start(number);
            let rows = block.rows.rows().enumerate();
            rows.filter_map(move |(offset, row)| Some((start + offset, table.resource_of(row)?)))
        });
        facts.collect()
    }

    fn would_report(&self, control: &Control, subject: Type) -> bool {
        let of = control.environments.iter().filter(|environment| environment.principal().basename() == subject.id());
        let needed = of.map(|environment| self.attributes.of_fact(environment.action().id().unescaped(), subject.id()));
        let mut needed = needed.filter(|kinds| !kinds.is_empty()).peekable();
        needed.peek().is_none() || needed.any(|kinds| kinds.iter().any(|kind| self.company.present.contains(kind)))
    }
}
