//! Values of a JSON text by their position: members, elements, and what a JSON pointer (RFC 6901) names.
//!
//! No tree is built: the text is read as far as the value, and what is found is a range of its bytes.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

mod pointer;

pub use pointer::{escape_token, find, unescape_token};

/// The byte range of `part` inside `text`; `part` must be a slice of it.
pub fn span_in(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

/// The key of a member, borrowed where it has no escapes.
#[derive(Debug)]
pub struct Key<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// The members of an object, in order.
pub type Members<'de> = Vec<(Cow<'de, str>, &'de RawValue)>;

/// The members of a JSON object, in order; `None` when it is none.
pub fn members(object: &str) -> Option<Members<'_>> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Members<'de>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some((Key(key), value)) = map.next_entry()? {
                out.push((key, value));
            }
            Ok(out)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(object);
    reader.deserialize_map(Entries).ok()
}

/// Where the elements of a JSON array stand in it: those before the first mistake.
pub fn elements(array: &str) -> Vec<Range<usize>> {
    struct Elements<'t> {
        array: &'t str,
        spans: Vec<Range<usize>>,
    }
    impl<'de> Visitor<'de> for &mut Elements<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
            while let Some(value) = list.next_element::<&RawValue>()? {
                self.spans.push(span_in(self.array, value.get()));
            }
            Ok(())
        }
    }
    let mut elements = Elements { array, spans: Vec::new() };
    // What is no array has no elements.
    let _ = serde_json::Deserializer::from_str(array).deserialize_seq(&mut elements);
    elements.spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_those_before_a_mistake() {
        let texts = |text: &'static str| elements(text).into_iter().map(|span| &text[span]).collect::<Vec<_>>();
        assert_eq!(texts(r#" [{"id": 1}, [2] , "x"]"#), [r#"{"id": 1}"#, "[2]", "\"x\""]);
        assert_eq!(texts(r#"[1, 2, }"#), ["1", "2"]);
        assert!(texts(r#"{"a": [1]}"#).is_empty() && texts("").is_empty());
    }

    #[test]
    fn members_keep_their_order_and_their_text() {
        let all: Vec<(String, String)> = members(r#"{"b": [1], "\u0061": {}}"#)
            .unwrap()
            .into_iter()
            .map(|(key, value)| (key.into(), value.get().into()))
            .collect();
        assert_eq!(all, [("b".to_owned(), "[1]".to_owned()), ("a".to_owned(), "{}".to_owned())]);
        assert!(members("[1]").is_none());
    }
}
