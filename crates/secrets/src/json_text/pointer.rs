//! JSON pointers (RFC 6901), relative to a record and without the first slash.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Key, span_in};

/// A name as a reference token of a pointer.
pub fn escape_token(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.contains(['~', '/']) { Cow::Owned(name.replace('~', "~0").replace('/', "~1")) } else { name }
}

/// The name that a reference token of a pointer stands for.
pub fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}

/// Steps that are taken at once: the parser goes a little more than a hundred values deep.
const STEPS_AT_ONCE: usize = 64;

/// Finds the value that a relative JSON pointer names inside a record. Of a name that stands twice the first counts.
pub fn find(record: &str, pointer: &str) -> Option<Range<usize>> {
    let steps: Vec<&str> = pointer.split('/').filter(|_| !pointer.is_empty()).collect();
    let mut value = record;
    for steps in steps.chunks(STEPS_AT_ONCE) {
        let mut found = None;
        // What comes behind the value is not read: that ends in a fault.
        let _ = Way { steps, found: &mut found }.deserialize(&mut serde_json::Deserializer::from_str(value));
        value = found?;
    }
    Some(span_in(record, value))
}

/// The way to a value: the steps that are left.
struct Way<'p, 'f, 'de> {
    steps: &'p [&'p str],
    found: &'f mut Option<&'de str>,
}

impl<'p, 'f, 'de> Way<'p, 'f, 'de> {
    /// The next step, and the way from there.
    fn step(self) -> Option<(&'p str, Self)> {
        let (step, steps) = self.steps.split_first()?;
        Some((step, Self { steps, found: self.found }))
    }
}

impl<'de> DeserializeSeed<'de> for Way<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.steps.is_empty() {
            return deserializer.deserialize_any(self);
        }
        *self.found = Some(<&RawValue>::deserialize(deserializer)?.get());
        Ok(())
    }
}

impl<'de> Visitor<'de> for Way<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, way)) = self.step() else { return Ok(()) };
        let wanted = unescape_token(step);
        while let Some(Key(key)) = map.next_key()? {
            if key == wanted {
                return map.next_value_seed(way);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((step, way)) = self.step() else { return Ok(()) };
        let Ok(number) = step.parse::<usize>() else { return Ok(()) };
        for _ in 0..number {
            if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        list.next_element_seed(way).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_slashes_are_found_by_their_escapes() {
        let text = r#"{"company/directory": {"~": 1}}"#;
        assert_eq!(&text[find(text, "company~1directory/~0").unwrap()], "1");
    }

    #[test]
    fn members_are_found_by_pointer() {
        let text = r#"{"a": [1, {"b/c": 0, "d": "x"}]}"#;
        assert_eq!(&text[find(text, "a/1/d").unwrap()], "\"x\"");
        assert_eq!(find(text, "a/2"), None);
        for nowhere in ["a/x", "a/1/d/0", "b", "a/1/e", "a//1"] {
            assert_eq!(find(text, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_value_is_found_however_deep_it_stands_and_whatever_follows_it() {
        let text = "{\"a\":[0,".repeat(300) + "\"x\"" + &"]}".repeat(300);
        assert_eq!(&text[find(&text, &vec!["a/1"; 300].join("/")).unwrap()], "\"x\"");
        let text = r#"{"a": 1, "b": [2, {"c": 3}], "b": 4, nonsense"#;
        assert_eq!(&text[find(text, "b/1/c").unwrap()], "3");
        assert_eq!(find(text, ""), Some(0..text.len()));
    }
}
