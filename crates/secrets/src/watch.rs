//! Watches for secrets while a record is read into its type, so that each record is read once.
//!
//! A deserializer around that of serde_json: it hands every name, text and number of the record to the watch, those of
//! members that the type skips as well. The watch says only whether the record is plain: no member stands twice, and
//! nothing in it can be a secret. Any other record is looked through by [`super::scan_json`], which says what there is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::name::NameClass;
use super::outline::{MemberSeen, Met, Outline, Sense};
use super::{LONGEST_TEXT, randomness, scan_text, secret_name, shape};

/// Watches over the records of one list.
#[derive(Debug)]
pub struct Watch {
    outline: Outline,
    /// What no name says.
    nameless: NameClass,
    /// Whether everything of this record was plain so far.
    plain: bool,
    /// Whether this record has a member `certificates`.
    certificates: bool,
    /// Whether the text that was just read is the name of a secret.
    named: bool,
    /// Whether the text that was just read would be a secret if a neighbour named it one.
    valued: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

impl Watch {
    /// Knows no names yet.
    pub fn new() -> Self {
        Self {
            outline: Outline::new(),
            nameless: NameClass::of(""),
            plain: true,
            certificates: false,
            named: false,
            valued: false,
        }
    }

    /// Makes it ready for another list. What it learned of names stays, unless these are too many to be of use to others.
    pub fn refresh(&mut self) {
        if self.outline.is_crowded() {
            *self = Self::new();
        }
        let _ = self.was_plain();
        self.named = false;
        self.valued = false;
    }

    /// Whether the record that was read is plain; the next one may follow.
    pub fn was_plain(&mut self) -> bool {
        self.certificates = false;
        std::mem::replace(&mut self.plain, true)
    }

    fn text(&mut self, at: At, text: &str) {
        let clean = match at.meaning {
            _ if text.len() > LONGEST_TEXT => false,
            NameClass { secret: true, .. } => randomness::is_harmless(text) || randomness::is_address(text),
            NameClass { headers: true, .. } => scan_text("requestheaders", text).is_empty(),
            NameClass { signed_links: true, .. } => !shape::has_published_shape(text),
            NameClass { ids, .. } => !shape::has_shape(text, ids),
        };
        self.plain &= clean;
        let Some(sense) = at.sense else { return };
        if sense.names_neighbour && at.listens {
            self.named = secret_name(text).is_some();
        }
        let bare = sense.value && !randomness::is_harmless(text) && !randomness::is_address(text);
        self.valued |= bare;
        self.plain &= !(bare && at.named);
        if sense.content && self.certificates {
            self.plain &= randomness::is_harmless(text);
        }
    }

    fn number(&mut self, at: At) {
        self.plain &= !at.meaning.number || at.sense.is_some_and(|sense| sense.short);
    }
}

/// Where in a record a value stands.
#[derive(Debug, Clone, Copy)]
struct At {
    /// What the nearest name that says anything says.
    meaning: NameClass,
    /// What the name directly above says; `None` for elements of lists.
    sense: Option<Sense>,
    /// The member, for the objects inside.
    member: Option<Met>,
    /// Whether the object has a member `value`, so that what its neighbours name counts.
    listens: bool,
    /// Whether a neighbour named a secret.
    named: bool,
}

/// A seed, deserializer, visitor or list whose values are watched.
#[derive(Debug)]
pub struct Watched<'w, T> {
    inner: T,
    watch: &'w mut Watch,
    at: At,
}

impl<'w, T> Watched<'w, T> {
    /// A whole record.
    pub fn record(inner: T, watch: &'w mut Watch) -> Self {
        let at = At { meaning: watch.nameless, sense: None, member: None, listens: false, named: false };
        Self { inner, watch, at }
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Watched<'_, T> {
    type Value = T::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        self.inner.deserialize(Watched { inner: deserializer, watch: self.watch, at: self.at })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Watched<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Watched { inner: visitor, watch: self.watch, at: self.at })
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(Watched { inner: visitor, watch: self.watch, at: self.at })
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // What stands inside is not seen.
        self.watch.plain = false;
        self.inner.deserialize_enum(name, variants, visitor)
    }
    // Members that the type skips are read as well.
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<V::Value, E> {
        self.inner.visit_bool(value)
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<V::Value, E> {
        self.watch.number(self.at);
        self.inner.visit_i64(value)
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<V::Value, E> {
        self.watch.number(self.at);
        self.inner.visit_u64(value)
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V::Value, E> {
        self.watch.number(self.at);
        self.inner.visit_f64(value)
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Watched { inner: deserializer, watch: self.watch, at: self.at })
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.watch.text(self.at, text);
        self.inner.visit_str(text)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.watch.text(self.at, text);
        self.inner.visit_borrowed_str(text)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        let at = At { sense: None, listens: false, named: false, ..self.at };
        self.inner.visit_seq(Watched { inner: list, watch: self.watch, at })
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let (object, number) = self.watch.outline.enter(self.at.member);
        let (watch, meaning) = (self.watch, self.at.meaning);
        self.inner.visit_map(Members {
            map,
            watch,
            meaning,
            object,
            number,
            position: 0,
            heard: None,
            named: false,
            valued: false,
        })
    }
    fn visit_enum<A: EnumAccess<'de>>(self, value: A) -> Result<V::Value, A::Error> {
        self.watch.plain = false;
        self.inner.visit_enum(value)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Watched<'_, A> {
    type Error = A::Error;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.inner.next_element_seed(Watched { inner: seed, watch: &mut *self.watch, at: self.at })
    }
}

/// The members of an object, watched.
struct Members<'w, A> {
    map: A,
    watch: &'w mut Watch,
    /// What the name above the object says.
    meaning: NameClass,
    object: usize,
    number: u64,
    /// The member of the outline that is expected next.
    position: usize,
    /// The member whose value comes next.
    heard: Option<(Met, Sense, bool)>,
    /// Whether a member so far named a secret.
    named: bool,
    /// Whether a member so far would be a secret if one that follows names it.
    valued: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let meet = |key: &str| {
            let sense = match self.watch.outline.meet(self.object, self.number, &mut self.position, key) {
                MemberSeen::Known(met, sense, listens) => Some((met, sense, listens)),
                MemberSeen::Irregular => None,
            };
            self.watch.plain &= sense.is_some();
            self.watch.certificates |= sense.is_some_and(|(_, sense, _)| sense.certificates);
            self.heard = sense;
        };
        self.map.next_key_seed(Key { inner: seed, meet })
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        let Some((met, sense, listens)) = self.heard.take() else {
            // This record is not plain, whatever the value is.
            let at = At { meaning: self.meaning, sense: None, member: None, listens: false, named: false };
            return self.map.next_value_seed(Watched { inner: seed, watch: &mut *self.watch, at });
        };
        let meaning = sense.meaning.unwrap_or(self.meaning);
        let at = At { meaning, sense: Some(sense), member: Some(met), listens, named: self.named };
        let value = self.map.next_value_seed(Watched { inner: seed, watch: &mut *self.watch, at })?;
        self.named |= std::mem::take(&mut self.watch.named);
        self.valued |= std::mem::take(&mut self.watch.valued);
        self.watch.plain &= !(self.named && self.valued);
        Ok(value)
    }
}

/// The name of a member, told to the watch before its reader sees it.
struct Key<T, F> {
    inner: T,
    meet: F,
}

impl<'de, T: DeserializeSeed<'de>, F: FnOnce(&str)> DeserializeSeed<'de> for Key<T, F> {
    type Value = T::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        self.inner.deserialize(Key { inner: deserializer, meet: self.meet })
    }
}

impl<'de, D: Deserializer<'de>, F: FnOnce(&str)> Deserializer<'de> for Key<D, F> {
    type Error = D::Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_str(Key { inner: visitor, meet: self.meet })
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>, F: FnOnce(&str)> Visitor<'de> for Key<V, F> {
    type Value = V::Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<V::Value, E> {
        (self.meet)(key);
        self.inner.visit_str(key)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, key: &'de str) -> Result<V::Value, E> {
        (self.meet)(key);
        self.inner.visit_borrowed_str(key)
    }
}

#[cfg(test)]
mod tests;
