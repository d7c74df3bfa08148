//! The places of secrets in a JSON record. The text is read once, token by token and without recursion, whatever is wrong
//! with it: a record that cannot be used holds secrets as well.

use std::borrow::Cow;
use std::ops::Range;

use super::{Identity, LONGEST_NAME, may_name, rank, step};

/// What stands in place of a name that holds a secret itself.
const HIDDEN: &str = "***";
/// Steps of a place; what is nested deeper goes by the steps so far.
const DEEPEST: usize = 128;

pub(super) fn identify(record: &str, secrets: &[Range<usize>]) -> Vec<Identity> {
    let mut walk = Walk { record, secrets, open: Vec::new(), ways: Vec::with_capacity(secrets.len()), own: None };
    walk.read();
    let own = walk.own;
    let mut ways = walk.ways.into_iter().map(|way| Identity { record: own.clone(), member: way.join("/") });
    secrets
        .iter()
        .map(|_| ways.next().unwrap_or_else(|| Identity { record: own.clone(), ..Identity::default() }))
        .collect()
}

/// An object or list that is open.
struct Frame<'t> {
    is_object: bool,
    /// The name of the member that is read.
    key: Cow<'t, str>,
    /// Whether the next text is the name of a member.
    expects_key: bool,
    /// The number of the element that is read.
    index: usize,
    /// The most telling member that names the object: its rank, its name and its value.
    name: Option<(usize, Cow<'t, str>, &'t str)>,
    /// The secrets that stand before it.
    before: usize,
}

struct Walk<'t> {
    record: &'t str,
    /// In the order of the text.
    secrets: &'t [Range<usize>],
    open: Vec<Frame<'t>>,
    /// The steps that lead to each secret so far.
    ways: Vec<Vec<String>>,
    /// What the record calls itself.
    own: Option<String>,
}

impl<'t> Walk<'t> {
    fn read(&mut self) {
        let bytes = self.record.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let end = match byte {
                b'"' => end_of_text(bytes, at),
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => end_of_word(bytes, at),
                _ => at + 1,
            };
            match byte {
                b'{' | b'[' => self.open.push(Frame {
                    is_object: *byte == b'{',
                    key: Cow::Borrowed(""),
                    expects_key: true,
                    index: 0,
                    name: None,
                    before: self.ways.len(),
                }),
                b'}' | b']' => self.close(),
                b',' => {
                    if let Some(frame) = self.open.last_mut() {
                        frame.expects_key = true;
                        frame.index += 1;
                    }
                }
                b':' => self.open.last_mut().into_iter().for_each(|frame| frame.expects_key = false),
                b'"' => self.value(at + 1..end.saturating_sub(1).max(at + 1), end),
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => self.value(at..end, end),
            }
            at = end;
        }
    }

    /// A text, number or word; `end` is where what follows begins.
    fn value(&mut self, inner: Range<usize>, end: usize) {
        let holds_secret = self.secrets.get(self.ways.len()).is_some_and(|secret| secret.start < end);
        let text = self.record.get(inner).unwrap_or_default();
        if let Some(frame) = self.open.last_mut().filter(|frame| frame.is_object) {
            if frame.expects_key {
                frame.key = if holds_secret { Cow::Borrowed(HIDDEN) } else { unescaped(text) };
            } else if !holds_secret && let Some(rank) = rank(&frame.key) {
                let is_better = frame.name.as_ref().is_none_or(|(known, ..)| rank < *known);
                frame.name = if is_better { Some((rank, frame.key.clone(), text)) } else { frame.name.take() };
            }
        }
        while self.secrets.get(self.ways.len()).is_some_and(|secret| secret.start < end) {
            let way = self.open.iter().take(DEEPEST).map(|frame| match frame.is_object {
                true => step(head(&frame.key)),
                false => frame.index.to_string(),
            });
            self.ways.push(way.collect());
        }
    }

    /// An object of a list is known by its own name, if it has one.
    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let inside = frame.before..self.ways.len();
        let Some((_, member, value)) = frame.name.filter(|_| !inside.is_empty()) else { return };
        let known: Vec<&str> = self
            .secrets
            .get(inside.clone())
            .unwrap_or_default()
            .iter()
            .filter_map(|span| self.record.get(span.clone()))
            .collect();
        let value = unescaped(value);
        if !may_name(&member, &value, &known) {
            return;
        }
        match self.open.len().checked_sub(1) {
            None => self.own = Some(step(&value)),
            Some(depth) if self.open.last().is_some_and(|parent| !parent.is_object) => {
                for way in self.ways.get_mut(inside).into_iter().flatten() {
                    way.get_mut(depth).into_iter().for_each(|index| *index = step(&value));
                }
            }
            Some(_) => {}
        }
    }
}

/// As much of the name of a member as is shown.
fn head(key: &str) -> &str {
    match key.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => key.get(..end).unwrap_or_default(),
        None => key,
    }
}

/// Behind the quote that ends a text.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    start + bytes.get(start..).unwrap_or_default().iter().take_while(|byte| is_part(byte)).count()
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    serde_json::from_str::<String>(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of `SECRET` in a record.
    fn places(record: &str) -> Vec<String> {
        let spans: Vec<Range<usize>> = record.match_indices("SECRET").map(|(at, what)| at..at + what.len()).collect();
        let show = |one: Identity| format!("{}: {}", one.record.unwrap_or_default(), one.member);
        identify(record, &spans).into_iter().map(show).collect()
    }

    #[test]
    fn a_record_and_the_elements_of_its_lists_go_by_their_own_names() {
        let record = r#"{"headers": [{"value": "SECRET", "name": "X-A"}, {"name": "X-B", "value": "SECRET"}, {"value": "SECRET"}],
            "a": {"id": 3, "b/c": ["SECRET", {"d": "SECRET"}]}, "id": 12}"#;
        let expected =
            ["12: headers/X-A/value", "12: headers/X-B/value", "12: headers/2/value", "12: a/b~1c/0", "12: a/b~1c/1/d"];
        assert_eq!(places(record), expected);
    }

    #[test]
    fn the_most_telling_member_counts_wherever_it_stands() {
        assert_eq!(places(r#"{"Name": "n", "token": "SECRET", "UID": "u"}"#), ["u: token"]);
        assert_eq!(places(r#"{"token": "SECRET"}"#), [": token"]);
    }

    #[test]
    fn a_name_that_is_a_secret_is_never_shown() {
        assert_eq!(places(r#"{"id": "SECRET", "name": "n"}"#), ["n: id"]);
        assert_eq!(places(r#"{"name": "password: hunter2x", "token": "SECRET"}"#), [": token"]);
        let pasted = r#"{"name": "hunter2", "token": "hunter2"}"#;
        let at = pasted.rfind("hunter2").unwrap();
        assert_eq!(
            identify(pasted, std::slice::from_ref(&(at..at + 7))),
            [Identity { record: None, member: "token".to_owned() }]
        );
        assert_eq!(places(r#"{"id": 1, "xSECRETx": {"a": "SECRET"}}"#), ["1: ***", "1: ***/a"]);
    }

    #[test]
    fn broken_records_have_places_too() {
        assert_eq!(places(r#"{"id": 1, "a": [{"b": "SECRET"#), [": a/0/b"]);
        assert_eq!(places("]]}SECRET"), [": "]);
        assert_eq!(places(&format!("{}\"SECRET\"", "[".repeat(5000))).len(), 1);
    }
}
