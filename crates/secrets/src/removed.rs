//! Secrets that were taken out: the word in their place says that there was one, and what it says counts.

use std::ops::Range;

use super::placeholder::placeholder;
use super::presence::Presence;
use super::redact::blanks;
use super::shape::scan_text;

/// A secret in a text, or what was put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is in the text.
    pub range: Range<usize>,
    /// What the place suggests.
    pub kind: &'static str,
    /// It was taken out: there is nothing to hide.
    pub removed: bool,
}

/// What stands in for a secret that was taken out, so that the same patterns find its place.
const STAND_IN: &[u8; 8] = b"Zq7xW9kP";

/// Looks at one text that stands under a name, as [`scan_text`] does; finds also where secrets were.
pub fn scan_with_removed(name: &str, text: &str) -> Vec<Found> {
    let mut found: Vec<Found> =
        scan_text(name, text).into_iter().map(|(range, kind)| Found { range, kind, removed: false }).collect();
    if let Some((stand_in, places)) = with_stand_ins(text) {
        let mut known: Vec<Range<usize>> = found.iter().map(|one| one.range.clone()).collect();
        known.sort_by_key(|range| range.start);
        let there = scan_text(name, &stand_in).into_iter();
        let there = there.filter(|(range, _)| touches(&places, range) && !touches(&known, range));
        found.extend(there.map(|(range, kind)| Found { range, kind, removed: true }));
    }
    found
}

/// Whether one of these ranges, which are in order and apart, shares a byte with another.
fn touches(ranges: &[Range<usize>], range: &Range<usize>) -> bool {
    let next = ranges.partition_point(|one| one.end <= range.start);
    ranges.get(next).is_some_and(|one| one.start < range.end)
}

/// A text of the same length with a stand-in wherever a secret was taken out, and where these are.
fn with_stand_ins(text: &str) -> Option<(String, Vec<Range<usize>>)> {
    let word = Presence::Redacted.id();
    let lower = text.to_ascii_lowercase();
    let words = lower.match_indices(word).map(|(at, word)| at..at + word.len());
    let mut places: Vec<Range<usize>> = words.collect();
    places.extend(blanks(text));
    if places.is_empty() && placeholder(text) == Some(Presence::Redacted) && text.is_ascii() {
        places.push(0..text.len());
    }
    places.sort_by_key(|place| place.start);
    let mut out = text.to_owned();
    for place in &places {
        let letters: String = STAND_IN.iter().cycle().take(place.len()).map(|byte| char::from(*byte)).collect();
        out.replace_range(place.clone(), &letters);
    }
    (!places.is_empty()).then_some((out, places))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<(String, bool)> {
        scan_with_removed(name, text).into_iter().map(|found| (text[found.range].to_owned(), found.removed)).collect()
    }

    #[test]
    fn what_was_taken_out_is_found_where_it_was() {
        let removed = |text: &str| vec![(text.to_owned(), true)];
        for text in ["redacted", "<redacted>", "********", "[REDACTED]", "xxxxxxxx"] {
            assert_eq!(found("DBPassword", text), removed(text));
        }
        assert_eq!(found("ConnectionString", "Server=x;Password=redacted;"), removed("redacted"));
        assert_eq!(found("url", "mongodb://erp:<redacted>@db/costs"), removed("<redacted>"));
        assert_eq!(found("note", "-H \"Authorization: Bearer <redacted>\""), removed("<redacted>"));
        assert_eq!(found("ConnectionString", "redacted"), removed("redacted"));
    }

    #[test]
    fn nothing_was_there_where_nothing_says_so() {
        assert_eq!(found("DBPassword", ""), []);
        assert_eq!(found("DBPassword", "absent"), []);
        assert_eq!(found("note", "the names are redacted"), []);
        assert_eq!(found("password", "hunter2"), [("hunter2".to_owned(), false)]);
    }
}
