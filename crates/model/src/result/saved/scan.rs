//! A first look at a whole document, whatever its shape: which schema it names, and whether its numbers and dates are of a
//! size that cutover writes, so that whoever reckons with them need not fear for the sum.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The largest number in a result: the sum of as many as there can be is still a number.
const LARGEST: u64 = u32::MAX as u64;
/// The years of dates.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;
/// The members that hold dates.
const DATES: [&str; 12] = [
    "as_of",
    "no_new_accounts",
    "sunset",
    "expires",
    "start",
    "deadline",
    "from",
    "to",
    "earliest",
    "latest",
    "ends",
    "on",
];
const TOO_LARGE: &str = "a number that is larger than any in a result";
const NO_DAY: &str = "a date before 1970 or after 9999";
const NO_OBJECT: &str = "is no JSON object";

/// What a document says of itself.
#[derive(Debug)]
pub(super) struct Scan {
    /// The member `schema`, if it is a text.
    pub schema: Option<String>,
}

/// Why a document was refused, in words that hold no value of it.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let known = [TOO_LARGE, NO_DAY].into_iter().find(|known| text.starts_with(known));
    known.map_or(NO_OBJECT.to_owned(), |known| format!("holds {known}"))
}

impl<'de> Deserialize<'de> for Scan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Root;
        impl<'de> Visitor<'de> for Root {
            type Value = Scan;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scan, A::Error> {
                let mut schema = None;
                while let Some(name) = map.next_key::<String>()? {
                    let found = map.next_value_seed(Value { is_date: DATES.contains(&name.as_str()) })?;
                    if name == "schema" {
                        schema = found;
                    }
                }
                Ok(Scan { schema })
            }
        }
        deserializer.deserialize_map(Root)
    }
}

/// Any value; a text is given back.
#[derive(Clone, Copy)]
struct Value {
    is_date: bool,
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        if number > LARGEST { Err(E::custom(TOO_LARGE)) } else { Ok(None) }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_u64(number.unsigned_abs())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.abs() > LARGEST as f64 { Err(E::custom(TOO_LARGE)) } else { Ok(None) }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let day = self.is_date.then(|| text.parse::<NaiveDate>().ok()).flatten();
        match day {
            Some(day) if !YEARS.contains(&day.year()) => Err(E::custom(NO_DAY)),
            // Only the name of a schema is of interest, and that is short.
            _ => Ok((text.len() <= 200).then(|| text.to_owned())),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            map.next_value_seed(Self { is_date: DATES.contains(&name.as_ref()) })?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &str) -> Result<Option<String>, String> {
        serde_json::from_str::<Scan>(text).map(|scan| scan.schema).map_err(|error| reason(&error))
    }

    #[test]
    fn the_schema_is_found_wherever_it_stands() {
        assert_eq!(scanned(r#"{"a": [1, {"schema": "no"}], "schema": "x/v1"}"#), Ok(Some("x/v1".to_owned())));
        assert_eq!(scanned(r#"{"schema": 7}"#), Ok(None));
        assert_eq!(scanned("[1]"), Err(NO_OBJECT.to_owned()));
    }

    #[test]
    fn what_cannot_be_reckoned_with_is_refused_wherever_it_stands() {
        let large = Err(format!("holds {TOO_LARGE}"));
        assert_eq!(scanned(r#"{"a": [{"b": 4294967296}]}"#), large);
        assert_eq!(scanned(r#"{"a": -4294967296}"#), large);
        assert_eq!(scanned(r#"{"a": 1e300}"#), large);
        assert_eq!(scanned(r#"{"a": 99999999999999999999999}"#), large);
        assert_eq!(scanned(r#"{"a": 4294967295, "b": 0.5}"#), Ok(None));
        let day = Err(format!("holds {NO_DAY}"));
        assert_eq!(scanned(r#"{"a": {"as_of": "+262142-12-31"}}"#), day);
        assert_eq!(scanned(r#"{"sunset": "1969-12-31"}"#), day);
        assert_eq!(scanned(r#"{"name": "1969-12-31", "sunset": null}"#), Ok(None));
    }
}
