//! What is said of a thing: its attributes, in little memory.
//!
//! An export may have a million things with thirty attributes each, and of most attributes it says nothing. Things of one
//! kind have attributes of the same names, so that they share the list of names; what is often so takes no room of its
//! own.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::facts::{AttributeValue, Value};

/// What many attributes are, without a place that says it.
static COMMON: [AttributeValue; 4] = [
    AttributeValue { value: Value::Unknown, evidence: None },
    AttributeValue { value: Value::Absent, evidence: None },
    AttributeValue { value: Value::Flag(false), evidence: None },
    AttributeValue { value: Value::Flag(true), evidence: None },
];

/// The attributes of a thing, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    names: Names,
    values: Vec<Slot>,
}

#[derive(Debug, Clone)]
enum Names {
    Own(Vec<&'static str>),
    Shared(Arc<[&'static str]>),
}

#[derive(Debug, Clone)]
enum Slot {
    Common(&'static AttributeValue),
    Own(Box<AttributeValue>),
}

/// Lists of names that things share.
#[derive(Debug, Default)]
pub struct NameLists(FxHashSet<Arc<[&'static str]>>);

impl Default for Names {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Names {
    fn as_slice(&self) -> &[&'static str] {
        match self {
            Self::Own(names) => names,
            Self::Shared(names) => names,
        }
    }
}

impl Slot {
    fn of(said: AttributeValue) -> Self {
        match COMMON.iter().find(|common| said.evidence.is_none() && common.value == said.value) {
            Some(common) => Self::Common(common),
            None => Self::Own(Box::new(said)),
        }
    }

    fn said(&self) -> &AttributeValue {
        match self {
            Self::Common(said) => said,
            Self::Own(said) => said,
        }
    }
}

impl Attributes {
    /// Says what an attribute is; what was said of it before no longer counts.
    pub fn insert(&mut self, name: &'static str, said: AttributeValue) {
        if let Names::Shared(names) = &self.names {
            self.names = Names::Own(names.to_vec());
        }
        let Names::Own(names) = &mut self.names else { return };
        match names.binary_search(&name) {
            Ok(at) => self.values.get_mut(at).into_iter().for_each(|slot| *slot = Slot::of(said.clone())),
            Err(at) => {
                names.insert(at, name);
                self.values.insert(at, Slot::of(said));
            }
        }
    }

    /// What is said of an attribute.
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        let at = self.names.as_slice().binary_search(&name).ok()?;
        self.values.get(at).map(Slot::said)
    }

    /// All attributes, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &AttributeValue)> {
        self.names.as_slice().iter().copied().zip(self.values.iter().map(Slot::said))
    }

    /// Gives back the room that nothing needs once everything is said.
    pub fn settle(&mut self, lists: &mut NameLists) {
        self.values.shrink_to_fit();
        if let Names::Own(names) = &self.names {
            let shared = match lists.0.get(names.as_slice()) {
                Some(shared) => Arc::clone(shared),
                None => {
                    let shared: Arc<[&'static str]> = names.as_slice().into();
                    lists.0.insert(Arc::clone(&shared));
                    shared
                }
            };
            self.names = Names::Shared(shared);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_name_before_and_after_they_settle() {
        let mut attributes = Attributes::default();
        let said = |value| AttributeValue { value, evidence: None };
        for (name, value) in [("z", Value::Number(1)), ("a", Value::Unknown), ("m", true.into()), ("z", "text".into())]
        {
            attributes.insert(name, said(value));
        }
        let expected = [("a", Value::Unknown), ("m", Value::Flag(true)), ("z", Value::from("text"))];
        let mut lists = NameLists::default();
        for _ in 0..2 {
            let all: Vec<(&str, Value)> = attributes.iter().map(|(name, said)| (name, said.value.clone())).collect();
            assert_eq!(all, expected);
            assert_eq!(attributes.get("m").map(|said| &said.value), Some(&Value::Flag(true)));
            assert!(attributes.get("b").is_none());
            attributes.settle(&mut lists);
        }
        attributes.insert("b", said(Value::Absent));
        assert_eq!(attributes.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "m", "z"]);
    }
}
