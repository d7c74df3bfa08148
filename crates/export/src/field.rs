//! What a member of an exported record can be: missing, null, of the wrong type, or a value.
//!
//! Procore's list endpoints keep null members, its show endpoints drop them, and a caller without rights gets fewer
//! members. Missing therefore means *unknown* and null means *known to be empty*; the two never mix. A value of the
//! wrong type costs that member only, not the record, and its text never reaches a message.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smol_str::{SmolStr, ToSmolStr};

use cutover_secrets::json_text::escape_token as step;
use cutover_secrets::{Presence, without_lengths};

/// A member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Field<T> {
    /// Not in the export: unknown.
    #[default]
    Missing,
    /// In the export and empty.
    Null,
    /// Of a type this member cannot have: unknown.
    Wrong,
    /// In the export.
    Is(T),
}

impl<T> Field<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the export says anything about this member: a value, or that it is empty.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Is(_) | Self::Null)
    }
}

/// A type that a member can hold. Each method answers for one JSON type; `None` means "not for this member".
pub trait Shape: Sized {
    /// From a string.
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    /// From `true` or `false`.
    fn from_flag(_: bool) -> Option<Self> {
        None
    }
    /// From a whole number.
    fn from_number(_: i128) -> Option<Self> {
        None
    }
    /// From an object.
    ///
    /// # Errors
    /// Those of the reader underneath.
    fn from_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    /// From an array.
    ///
    /// # Errors
    /// Those of the reader underneath.
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    /// Names the members of the wrong type inside a nested value.
    fn wrong_members(&self, _prefix: &str, _out: &mut Vec<String>) {}
}

impl<T: Shape> Field<T> {
    /// Adds this member to `out` if it, or something inside it, has the wrong type.
    pub fn wrong_members(&self, name: &str, out: &mut Vec<String>) {
        match self {
            Self::Wrong => out.push(name.to_owned()),
            Self::Is(value) => value.wrong_members(name, out),
            Self::Missing | Self::Null => {}
        }
    }

    fn of(value: Option<T>) -> Self {
        value.map_or(Self::Wrong, Self::Is)
    }
}

struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: Shape> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Field::of(T::from_flag(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Field::of(T::from_number(value.into())))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Field::of(T::from_number(value.into())))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Field::of(whole(value).and_then(T::from_number)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Field::of(T::from_text(&without_lengths(value))))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Null)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_object(map).map(Field::of)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::from_list(list).map(Field::of)
    }
}

/// The whole number that a number with a fraction is: in JSON, `8780450.0` and `8780450` are the same. Beyond 2^53 not
/// every whole number can be written so, and the one that is read may be another than the one that was meant.
fn whole(value: f64) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_whole = value.fract() == 0.0 && value.abs() <= EXACT;
    is_whole.then(|| format!("{value:.0}").parse().ok()).flatten()
}

/// The id in a text that holds nothing else.
pub(super) fn bare_id(text: &str) -> Option<Id> {
    let digits = text.parse().ok().map(Id);
    digits.or_else(|| Id::from_number(whole(text.parse().ok()?)?))
}

impl<'de, T: Shape> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor(PhantomData))
    }
}

/// A Procore id: 64 bits; version 2.0 endpoints write it as a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

impl Shape for Presence {
    fn from_text(text: &str) -> Option<Self> {
        Self::from_id(text)
    }
}

impl Shape for Id {
    fn from_number(value: i128) -> Option<Self> {
        u64::try_from(value).ok().map(Self)
    }
    fn from_text(value: &str) -> Option<Self> {
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| value.parse().ok()).flatten().map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Shape for String {
    fn from_text(value: &str) -> Option<Self> {
        Some(value.to_owned())
    }
}

impl Shape for SmolStr {
    fn from_text(value: &str) -> Option<Self> {
        Some(value.into())
    }
}

/// A text of which only counts whether it is the same as another. The marks are keyed anew in each run, so that nobody
/// can write two texts that look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyedHash(u64);

static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl KeyedHash {
    /// The mark of a value.
    pub fn of(value: impl Hash) -> Self {
        Self(KEY.hash_one(value))
    }
}

impl Shape for KeyedHash {
    fn from_text(value: &str) -> Option<Self> {
        Some(Self::of(value))
    }
}

impl Shape for bool {
    fn from_flag(value: bool) -> Option<Self> {
        Some(value)
    }
}

/// The UTC day of an ISO 8601 time or date; the hour never decides anything here.
impl Shape for NaiveDate {
    fn from_text(value: &str) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(value);
        time.map(|time| time.with_timezone(&Utc).date_naive())
            .ok()
            .or_else(|| Self::parse_from_str(value, "%Y-%m-%d").ok())
    }
}

/// A permission level as written: a name, or an id from 1 to 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelText(pub SmolStr);

impl Shape for LevelText {
    fn from_text(value: &str) -> Option<Self> {
        Some(Self(value.into()))
    }
    fn from_number(value: i128) -> Option<Self> {
        Some(Self(value.to_smolstr()))
    }
    fn from_object<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        let level = AccessLevel::deserialize(MapAccessDeserializer::new(map))?;
        let name = level.name.value().cloned();
        Ok(name.or_else(|| level.id.value().map(Id::to_smolstr)).map(Self))
    }
}

/// The `{id, name}` form of a level.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct AccessLevel {
    id: Field<Id>,
    name: Field<SmolStr>,
}

/// An array whose elements may each be wrong on their own.
impl<T: Shape> Shape for Vec<Field<T>> {
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut out = Self::new();
        while let Some(element) = list.next_element()? {
            out.push(element);
        }
        Ok(Some(out))
    }
    fn wrong_members(&self, prefix: &str, out: &mut Vec<String>) {
        for (index, field) in self.iter().enumerate() {
            field.wrong_members(&format!("{prefix}/{index}"), out);
        }
    }
}

/// An object with names as keys, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named<T>(pub Vec<(SmolStr, Field<T>)>);

impl<T: Shape> Shape for Named<T> {
    fn from_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut out = Vec::new();
        while let Some(entry) = map.next_entry()? {
            out.push(entry);
        }
        Ok(Some(Self(out)))
    }
    /// An empty object is sometimes written as an empty array.
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            empty = false;
        }
        Ok(empty.then(|| Self(Vec::new())))
    }
    fn wrong_members(&self, prefix: &str, out: &mut Vec<String>) {
        for (name, field) in &self.0 {
            field.wrong_members(&format!("{prefix}/{}", step(name.as_str().into())), out);
        }
    }
}

/// A record made of [`Field`]s.
pub trait Record {
    /// Names the members of the wrong type as JSON pointers inside the record, without the leading slash.
    fn wrong(&self) -> Vec<String>;
}

/// Declares a record: a struct of [`Field`]s that reads any object, with the members it does not name skipped. A member
/// whose name is no Rust name is given after `as`.
macro_rules! record {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $member:literal) => { $member };
    ($(#[$meta:meta])* $name:ident {
        $($(#[$field_meta:meta])* $field:ident $(as $member:literal)?: $shape:ty),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
        #[serde(default)]
        #[expect(missing_docs, reason = "members carry the names that Procore, or whoever defines them, documents")]
        pub struct $name {
            $($(#[$field_meta])* $(#[serde(rename = $member)])? pub $field: $crate::field::Field<$shape>,)*
        }

        impl $crate::field::Record for $name {
            fn wrong(&self) -> Vec<String> {
                let mut out = Vec::new();
                $(self.$field.wrong_members($crate::field::record!(@name $field $($member)?), &mut out);)*
                out
            }
        }

        impl $crate::field::Shape for $name {
            fn from_object<'de, A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
                let access = serde::de::value::MapAccessDeserializer::new(map);
                <Self as serde::Deserialize>::deserialize(access).map(Some)
            }
            fn wrong_members(&self, prefix: &str, out: &mut Vec<String>) {
                use $crate::field::Record;
                out.extend(self.wrong().into_iter().map(|member| format!("{prefix}/{member}")));
            }
        }
    };
}
pub(crate) use record;
