//! A record that is called plain holds nothing.

use std::marker::PhantomData;

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;
use crate::scan_json;

/// Whether a record is plain after those before it, and whether it could be read.
fn watch(watch: &mut Watch, record: &str) -> (bool, bool) {
    let mut reader = serde_json::Deserializer::from_str(record);
    let read = Watched::record(PhantomData::<IgnoredAny>, watch).deserialize(&mut reader);
    (watch.was_plain(), read.is_ok())
}

fn is_plain(record: &str) -> bool {
    let mut watching = Watch::new();
    // What is new beside others is heard the second time.
    watch(&mut watching, record);
    watch(&mut watching, record) == (true, true)
}

#[test]
fn an_ordinary_record_is_plain() {
    for record in [
        r#"{"id": 1, "name": "Ann", "vendor": {"id": 2, "name": "x"}, "tags": ["a", {"id": 3}], "ok": null}"#,
        r#"{"token": "redacted", "password": "", "secret": true, "n": 1.5, "x": {"password": null}}"#,
        r#"{"name": "colour", "value": "green"}"#,
        r#"{"client_id": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
    ] {
        assert!(is_plain(record), "{record}");
    }
}

#[test]
fn what_may_be_a_secret_is_not_plain() {
    let hex = "0123456789abcdef".repeat(4);
    for record in [
        r#"{"client_secret": "shh"}"#.to_owned(),
        r#"{"password": {"value": "hunter2"}}"#.to_owned(),
        r#"{"password": 12345678}"#.to_owned(),
        r#"{"name": "X-Api-Key", "value": "hunter2"}"#.to_owned(),
        r#"{"certificates": [{"content": "x"}]}"#.to_owned(),
        r#"{"id": 1, "\u0069d": 2}"#.to_owned(),
        format!(r#"{{"note": "{hex}"}}"#),
        format!(r#"{{"{hex}": 1}}"#),
        format!(r#"{{"n\u0061me": "{hex}"}}"#),
        format!(r#"{{"x": [[{{"note": "see {hex}"}}]]}}"#),
    ] {
        assert!(!is_plain(&record), "{record}");
    }
}

#[test]
fn a_member_twice_is_noticed_around_others_of_its_name() {
    assert!(is_plain(r#"{"id": 1, "a": [{"id": 2}, {"id": 3}], "b": {"id": 4, "b": {"id": 5}}}"#));
    assert!(!is_plain(r#"{"id": 1, "a": [{"id": 2}, {"id": 3}], "id": 4}"#));
    assert!(!is_plain(r#"{"a": [{"id": 2, "x": {"id": 3}, "id": 4}]}"#));
}

#[test]
fn a_record_reads_as_it_does_unwatched() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct User {
        id: String,
        name: String,
        permission_template: Template,
    }
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Template {
        id: u64,
    }
    let record = r#"{"name": "A\u006en", "x": [1], "id": "7", "permission_template": {"id": 3}, "is_active": 1}"#;
    let mut watching = Watch::new();
    let mut reader = serde_json::Deserializer::from_str(record);
    let watched = Watched::record(PhantomData::<User>, &mut watching).deserialize(&mut reader).unwrap();
    assert_eq!(watched, serde_json::from_str::<User>(record).unwrap());
}

fn json() -> impl Strategy<Value = String> {
    let names = "id|name|value|key|header|client_id|password|Client-Secret|secret|token|certificates|content|a|x|0|text|\
                 RequestHeaders|avatar|a/b|x~y|notes|runId|v|p\\u0061ssword|dGhpcyBpcyBhIHNlY3JldA";
    let name = prop::sample::select(names.split('|').collect::<Vec<_>>());
    let texts = "|redacted|shh|X-Api-Key|password|https://x/y|https://me:hunter2@x/|Bearer abcdefghijklmnopqrst|-p Sommer2024|\
                 Authorization: Basic abc|2024-06-09T07:03:00Z|a7Kq2ZpX0vB9tR4mW1cY8A|hunter\\u0032|\\ud83d\\ude00|é|\\ud800";
    let text = prop::sample::select(texts.split('|').collect::<Vec<_>>()).prop_map(|text| format!("\"{text}\""));
    let other = prop::sample::select(vec!["null", "true", "7", "12345678", "1.5", "-3", "1e999", "[]", "{}"]);
    let leaf = prop_oneof![4 => text, 2 => other.prop_map(str::to_owned)];
    let object = move |value: BoxedStrategy<String>| {
        let member = (name.clone(), value).prop_map(|(name, value)| format!("\"{name}\": {value}"));
        prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(", ")))
    };
    let inner = object.clone();
    let value = leaf.prop_recursive(3, 12, 4, move |value| {
        let list = prop::collection::vec(value.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(", ")));
        prop_oneof![2 => inner(value.boxed()), 1 => list]
    });
    object(value.boxed())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn a_plain_record_holds_nothing(records in prop::collection::vec(json(), 1..6)) {
        let mut watching = Watch::new();
        for record in records.iter().chain(&records) {
            let (plain, read) = watch(&mut watching, record);
            let mut found = Vec::new();
            let usable = scan_json(record, &mut found).is_ok();
            prop_assert!(!(plain && read) || (usable && found.is_empty()), "{record}: {found:?}");
        }
    }
}
