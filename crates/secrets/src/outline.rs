//! The names that records of a list have, remembered from record to record.
//!
//! Records of one list name their members alike and in the same order. What a name means is worked out once, and found
//! again by its position; what a record does not have in common with those before it is looked up.

use rustc_hash::FxHashMap;

use super::name::{self, NameClass};
use super::shape::scan_text;
use crate::json_text;

/// The most names that are remembered. Where there are more, they are ids, and no outline.
const MAX_NAMES: usize = 1 << 13;
/// The longest name that is remembered, in bytes.
const LONGEST_NAME: usize = 256;

/// The members of the objects of a list's records, wherever they stand in them.
#[derive(Debug)]
pub(super) struct Outline {
    objects: Vec<Object>,
    names: usize,
    /// The number of the object that was entered last.
    entered: u64,
}

/// The objects at one place of each record: those under the same names.
#[derive(Debug, Default)]
struct Object {
    members: Vec<Member>,
    by_name: FxHashMap<Box<str>, usize>,
    /// Whether a neighbour may say what another member is: `{"name": "X-Api-Key", "value": "…"}`.
    has_value: bool,
}

#[derive(Debug)]
struct Member {
    name: Box<str>,
    sense: Sense,
    /// The objects that stand here, in [`Outline::objects`].
    child: Option<usize>,
    /// The last object in which it stood. An object never stands inside another of its place, so that this tells
    /// whether it stands twice in one.
    seen: u64,
}

/// What the name of a member says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sense {
    /// About the values; `None` when the name above it counts.
    pub(super) meaning: Option<NameClass>,
    /// Too short to say anything about a number.
    pub(super) short: bool,
    /// It holds the name of what its neighbour `value` holds.
    pub(super) names_neighbour: bool,
    /// It holds what a neighbour names: `value`.
    pub(super) value: bool,
    /// It is `content`, of which nothing determines whether it is secret where it is in a certificate.
    pub(super) content: bool,
    /// It is `certificates`.
    pub(super) certificates: bool,
}

impl Sense {
    fn of(key: &str) -> Self {
        let step = json_text::escape_token(key.into());
        let says_nothing = name::is_plain_name(&step) || name::is_short_name(&step);
        Self {
            meaning: (!says_nothing).then(|| NameClass::of(&step)),
            short: name::is_short_name(&step),
            names_neighbour: name::names_its_neighbour(&step),
            value: name::is_named_by_its_neighbour(&step),
            content: step.eq_ignore_ascii_case("content"),
            certificates: step.eq_ignore_ascii_case("certificates"),
        }
    }
}

/// A member that was met, by its place in the outline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    object: usize,
    member: usize,
}

/// What is known of a member that was met.
#[derive(Debug, Clone, Copy)]
pub(super) enum MemberSeen {
    /// Its place and what its name says; whether its object ever has a member `value`.
    Known(Met, Sense, bool),
    /// It stands twice, its name is a secret or new beside `value`, or there are too many names.
    Irregular,
}

impl Outline {
    pub(super) fn new() -> Self {
        Self { objects: vec![Object::default()], names: 0, entered: 0 }
    }

    /// Whether it holds more names than the lists of a few kinds have.
    pub(super) fn is_crowded(&self) -> bool {
        self.names > MAX_NAMES / 8
    }

    /// Enters the object that stands at a member, or the record. Gives its place, and the number of this one.
    pub(super) fn enter(&mut self, at: Option<Met>) -> (usize, u64) {
        self.entered += 1;
        let next = self.objects.len();
        let member = at.and_then(|met| self.objects.get_mut(met.object)?.members.get_mut(met.member));
        let object = member.map_or(0, |member| *member.child.get_or_insert(next));
        if object == next {
            self.objects.push(Object::default());
        }
        (object, self.entered)
    }

    /// Meets a member of an object where this position is expected, and moves the position on.
    pub(super) fn meet(&mut self, object: usize, number: u64, position: &mut usize, key: &str) -> MemberSeen {
        let room = self.names < MAX_NAMES;
        let Some(known) = self.objects.get_mut(object) else { return MemberSeen::Irregular };
        let expected = known.members.get(*position).is_some_and(|member| *member.name == *key);
        let index = if expected { Some(*position) } else { known.by_name.get(key).copied() };
        let index = match index {
            Some(index) => index,
            None if room && key.len() <= LONGEST_NAME && scan_text("", key).is_empty() => {
                self.names += 1;
                known.add(key)
            }
            None => return MemberSeen::Irregular,
        };
        *position = index + 1;
        let had_value = known.has_value;
        let Some(member) = known.members.get_mut(index) else { return MemberSeen::Irregular };
        known.has_value |= member.sense.value;
        let twice = std::mem::replace(&mut member.seen, number) == number;
        // Neighbours in the front were not listened to when `value` is new.
        if twice || (member.sense.value && !had_value) {
            return MemberSeen::Irregular;
        }
        MemberSeen::Known(Met { object, member: index }, member.sense, had_value)
    }
}

impl Object {
    fn add(&mut self, key: &str) -> usize {
        let index = self.members.len();
        self.members.push(Member { name: key.into(), sense: Sense::of(key), child: None, seen: 0 });
        self.by_name.insert(key.into(), index);
        index
    }
}
