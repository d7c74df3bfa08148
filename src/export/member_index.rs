//! Where the members of long records stand, remembered.
//!
//! A document of one record, such as the inventory of a server, is asked for a place once for each of its elements. To
//! read it from its start each time would take time with the square of its length.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::split;

/// A value shorter than this is read again: in bytes.
const SHORT: usize = 1 << 12;

/// The children of long values, by record and pointer.
#[derive(Debug, Default)]
pub struct MemberIndex(Mutex<BTreeMap<(u32, String), Children>>);

/// Where the children of a value stand in it.
#[derive(Debug)]
enum Children {
    Elements(Vec<Range<usize>>),
    Members(BTreeMap<String, Range<usize>>),
}

impl MemberIndex {
    /// Finds the value that a pointer names inside a record.
    pub fn find(&self, number: u32, record: &str, pointer: &str) -> Option<Range<usize>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut at, mut rest) = (0..record.len(), pointer);
        while !rest.is_empty() && at.len() >= SHORT {
            let value = record.get(at.clone())?;
            let done = pointer.get(..pointer.len() - rest.len())?;
            let (step, left) = rest.split_once('/').unwrap_or((rest, ""));
            let children = known.entry((number, done.to_owned())).or_insert_with(|| Children::of(value));
            let child = match children {
                Children::Elements(spans) => spans.get(step.parse::<usize>().ok()?)?.clone(),
                Children::Members(spans) => spans.get(split::name(step).as_ref())?.clone(),
            };
            at = at.start + child.start..at.start + child.end;
            rest = left;
        }
        let found = split::find(record.get(at.clone())?, rest)?;
        Some(at.start + found.start..at.start + found.end)
    }
}

impl Children {
    fn of(value: &str) -> Self {
        if value.starts_with('[') {
            return Self::Elements(split::elements(value));
        }
        let mut spans = BTreeMap::new();
        for (name, child) in split::members(value).into_iter().flatten() {
            // Of a name that stands twice the first counts, as for short values.
            spans.entry(name.into_owned()).or_insert_with(|| split::span_in(value, child.get()));
        }
        Self::Members(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_records_answer_as_short_ones_do() {
        let element = |number: usize| format!("{{\"id\": {number}, \"a/b\": [1, {{\"c\": \"x{number}\"}}]}}");
        let all: Vec<String> = (0..1000).map(element).collect();
        let record = format!("{{\"name\": \"n\", \"list\": [{}], \"name\": \"again\"}}", all.join(", "));
        let index = MemberIndex::default();
        for pointer in ["", "name", "list", "list/0", "list/999/id", "list/500/a~1b/1/c", "list/1000", "list/x", "none"]
        {
            assert_eq!(index.find(0, &record, pointer), split::find(&record, pointer), "{pointer}");
        }
    }
}
