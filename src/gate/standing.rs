//! What was against policy before a change and after it: new, gone, unchanged, or not to be compared.
//!
//! A gate gives no alarm for what was there before, whatever its line in the file or the id it was given anew; and none
//! for what nobody could know before.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::pairs::Pairs;
use crate::audit::Findings;
use crate::export::kind::Kind;
use crate::inventory::Company;
use crate::inventory::classify::Sort;
use crate::judge::attributes::Attributes;
use crate::judge::control::Control;
use crate::judge::facts::{Environment, Facts, Table, ThingIx};
use crate::judge::reference::{Bench, Verdict};
use crate::judge::vocabulary::{Action, Type};
use crate::result::Thing;
use crate::result::gate::{NotCompared, Resolved};

/// The facts that only a manifest tells.
const OF_MANIFESTS: [Action; 4] = [Action::Requests, Action::Declares, Action::Authenticates, Action::Raises];

/// What identifies a violation on both sides: control, subject and resource, by the ids after the change.
type Key<'f> = (&'f str, Type, Cow<'f, str>, Type, Cow<'f, str>);

/// The violations after a change beside those before it.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Those that are new, by their numbers.
    pub(super) new: BTreeSet<usize>,
    /// How many were there before.
    pub(super) unchanged: usize,
    pub(super) resolved: Vec<Resolved>,
    pub(super) not_compared: Vec<NotCompared>,
}

impl Standing {
    /// Compares.
    ///
    /// # Errors
    /// When a fact cannot be put to Cedar.
    pub(super) fn of(
        (before, was): (&Findings<'_>, &Company),
        (after, is): (&Findings<'_>, &Company),
        pairs: &Pairs,
        attributes: &Attributes,
    ) -> Result<Self, String> {
        let ids = Ids::of(was, is, pairs);
        let known: FxHashSet<Key<'_>> = before.keys().filter_map(|key| ids.now(before.facts(), key)).collect();
        let memory = Memory::new(before.facts(), &was.present, attributes);
        let mut seen: FxHashSet<Key<'_>> = FxHashSet::default();
        let mut out = Self::default();
        let mut unknown: BTreeMap<&str, (usize, BTreeSet<Kind>)> = BTreeMap::new();
        for (number, (control, subject, resource)) in after.keys().enumerate() {
            let Some(key) = plain(after.facts(), (control, subject, resource)) else { continue };
            if known.contains(&key) {
                out.unchanged += 1;
                seen.insert(key);
                continue;
            }
            let subject = ids.before(key.1, &key.2);
            let resource = ids.before(key.3, &key.4);
            match memory.knew(control, (key.1, &subject), (key.3, &resource), &after.members(number))? {
                true => {
                    out.new.insert(number);
                }
                false => {
                    let entry = unknown.entry(control.id.as_str()).or_default();
                    entry.0 += 1;
                    entry.1.extend(is.present.difference(&was.present));
                }
            }
        }
        // What the side after could not know is not put right.
        let later = Memory::new(after.facts(), &is.present, attributes);
        for (number, key) in before.keys().enumerate() {
            let Some(gone) = ids.now(before.facts(), key).filter(|gone| !seen.contains(gone)) else { continue };
            if later.knew(key.0, (gone.1, &gone.2), (gone.3, &gone.4), &before.members(number))? {
                out.resolved.extend(resolved(before, number, key));
            }
        }
        let told = |(control, (violations, missing)): (&str, (usize, BTreeSet<Kind>))| NotCompared {
            control: control.to_owned(),
            violations,
            missing_before: missing.into_iter().collect(),
        };
        out.not_compared = unknown.into_iter().map(told).collect();
        Ok(out)
    }
}

fn plain<'f>(facts: &'f Facts, (control, subject, resource): (&'f Control, ThingIx, ThingIx)) -> Option<Key<'f>> {
    let (subject, resource) = (facts.thing(subject)?, facts.thing(resource)?);
    Some((
        control.id.as_str(),
        subject.kind,
        Cow::Borrowed(subject.id.as_str()),
        resource.kind,
        Cow::Borrowed(resource.id.as_str()),
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
    now: FxHashMap<(Type, String), String>,
    before: FxHashMap<(Type, String), String>,
}

impl Ids {
    fn of(was: &Company, is: &Company, pairs: &Pairs) -> Self {
        let kind = |sort: Sort| match sort {
            Sort::Managed => Type::ManagedAccount,
            Sort::Legacy => Type::LegacyAccount,
            Sort::Person => Type::Person,
        };
        let identities = pairs.identities.iter().filter_map(|pair| {
            let one = was.directory.identities.get(pair.before?)?;
            let two = is.directory.identities.get(pair.after?)?;
            Some((kind(one.class.sort), one.key(), kind(two.class.sort), two.key()))
        });
        let apps = pairs.apps.iter().filter_map(|pair| {
            let (one, two) = (was.apps.all.get(pair.before?)?, is.apps.all.get(pair.after?)?);
            Some((Type::App, one.key.clone(), Type::App, two.key.clone()))
        });
        let mut out = Self { now: FxHashMap::default(), before: FxHashMap::default() };
        for (one, id, two, now) in identities.chain(apps).filter(|(_, id, _, now)| id != now) {
            out.now.insert((one, id.clone()), now.clone());
            out.before.insert((two, now), id);
        }
        out
    }

    /// A violation from before, by the ids after.
    fn now<'f>(&self, facts: &'f Facts, key: (&'f Control, ThingIx, ThingIx)) -> Option<Key<'f>> {
        let (control, kind, id, of, about) = plain(facts, key)?;
        let now = |kind: Type, id: Cow<'f, str>| match self.now.get(&(kind, id.to_string())) {
            Some(now) => Cow::Owned(now.clone()),
            None => id,
        };
        Some((control, kind, now(kind, id), of, now(of, about)))
    }

    fn before(&self, kind: Type, id: &str) -> String {
        self.before.get(&(kind, id.to_owned())).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// What one side could know.
struct Memory<'f> {
    facts: &'f Facts,
    present: &'f BTreeSet<Kind>,
    attributes: &'f Attributes,
    things: FxHashMap<(Type, &'f str), Vec<ThingIx>>,
    blocks: FxHashMap<(Environment, ThingIx), Vec<usize>>,
}

impl<'f> Memory<'f> {
    fn new(facts: &'f Facts, present: &'f BTreeSet<Kind>, attributes: &'f Attributes) -> Self {
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
        Self { facts, present, attributes, things, blocks }
    }

    /// Whether this side could tell that a control has nothing against somebody with regard to something: it judged one of
    /// the facts that violate on the other side, or holds no such fact and would, if it were so.
    fn knew(
        &self,
        control: &Control,
        subject: (Type, &str),
        resource: (Type, &str),
        members: &BTreeSet<Option<&str>>,
    ) -> Result<bool, String> {
        let subjects = self.things.get(&subject).map_or(&[] as &[ThingIx], Vec::as_slice);
        let resources = self.things.get(&resource).map_or(&[] as &[ThingIx], Vec::as_slice);
        // Whether there is a fact about the two; and whether facts about the subject and something else were judged: a
        // template without its levels has facts on a few tools, and all of them are unknown.
        let (mut met, mut others): (BTreeSet<Option<&str>>, Option<bool>) = (BTreeSet::new(), None);
        for (environment, table) in &self.facts.tables {
            if (environment.principal, environment.resource) != (subject.0, resource.0) {
                continue;
            }
            let Some(bench) = Bench::new(std::slice::from_ref(control), *environment) else { continue };
            for (fact, object) in subjects.iter().flat_map(|subject| self.facts_of(*environment, table, *subject)) {
                let member = table.member(fact).and_then(|member| self.facts.thing(member));
                let member = member.map(|thing| thing.id.as_str());
                let is_member = members.contains(&member);
                // What an installed version asks for that is not at hand is told of no version.
                if !is_member && !OF_MANIFESTS.contains(&environment.action) {
                    continue;
                }
                let is_it = is_member && resources.contains(&object);
                if !is_it && others == Some(true) {
                    continue;
                }
                let verdicts = bench.judge(self.facts, table, fact, None)?;
                let is_known = verdicts.iter().flatten().any(|verdict| !matches!(verdict, Verdict::Unknown(_)));
                match is_it {
                    true if is_known => return Ok(true),
                    true => {
                        met.insert(member);
                    }
                    false => others = Some(is_known || others == Some(true)),
                }
            }
        }
        let is_told = others.unwrap_or(true) && self.would_tell(control, subject.0);
        Ok(met.len() < members.len() && is_told && !self.lacks_manifest(control, subjects))
    }

    /// Whether a control asks what manifests say and this side has the app and no manifest of it.
    fn lacks_manifest(&self, control: &Control, subjects: &[ThingIx]) -> bool {
        let asks = control
            .environments
            .iter()
            .all(|environment| OF_MANIFESTS.iter().any(|action| environment.action().id().unescaped() == action.id()));
        let tells = |environment: &Environment| {
            let told = subjects.iter().any(|subject| self.blocks.contains_key(&(*environment, *subject)));
            OF_MANIFESTS.contains(&environment.action) && told
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

    fn would_tell(&self, control: &Control, subject: Type) -> bool {
        let of = control.environments.iter().filter(|environment| environment.principal().basename() == subject.id());
        let needed = of.map(|environment| self.attributes.of_fact(environment.action().id().unescaped(), subject.id()));
        let mut needed = needed.filter(|kinds| !kinds.is_empty()).peekable();
        needed.peek().is_none() || needed.any(|kinds| kinds.iter().any(|kind| self.present.contains(kind)))
    }
}
