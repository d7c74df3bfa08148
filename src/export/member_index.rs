//! Where the members of a long record stand, remembered.
//!
//! A document of one record, such as the inventory of a server, is asked for a place once for each of its elements. To
//! read it from its start each time would take time with the square of its length.

use std::collections::BTreeMap;
use std::ops::Range;

use super::split;
use super::text::Opened;

/// A value shorter than this is read again: in bytes.
const SHORT: usize = 1 << 12;

/// The children of the long values of the record that was asked for last, by pointer.
#[derive(Debug, Default)]
pub struct MemberIndex {
    record: u32,
    known: BTreeMap<String, Children>,
}

/// Where the children of a value stand in it.
#[derive(Debug)]
enum Children {
    Elements(Vec<Range<usize>>),
    Members(BTreeMap<String, Range<usize>>),
}

impl MemberIndex {
    /// Finds the value that a pointer names inside a record, which stands at `whole` of the text.
    pub fn find(
        &mut self,
        text: &mut Opened<'_>,
        record: u32,
        whole: Range<usize>,
        pointer: &str,
    ) -> Option<Range<usize>> {
        if self.record != record {
            *self = Self { record, known: BTreeMap::new() };
        }
        let (mut at, mut rest) = (whole.clone(), pointer);
        while !rest.is_empty() && at.len() >= SHORT {
            let done = pointer.get(..pointer.len() - rest.len())?;
            let (step, left) = rest.split_once('/').unwrap_or((rest, ""));
            let children = match self.known.get(done) {
                Some(children) => children,
                None => {
                    let children = Children::of(text.get(at.clone())?);
                    self.known.entry(done.to_owned()).or_insert(children)
                }
            };
            let child = match children {
                Children::Elements(spans) => spans.get(step.parse::<usize>().ok()?)?.clone(),
                Children::Members(spans) => spans.get(split::name(step).as_ref())?.clone(),
            };
            at = at.start + child.start..at.start + child.end;
            rest = left;
        }
        let found = split::find(text.get(at.clone())?, rest)?;
        let start = at.start - whole.start;
        Some(start + found.start..start + found.end)
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
    use crate::export::text::{Blanked, Text};

    #[test]
    fn long_records_answer_as_short_ones_do() {
        let element = |number: usize| format!("{{\"id\": {number}, \"a/b\": [1, {{\"c\": \"x{number}\"}}]}}");
        let all: Vec<String> = (0..1000).map(element).collect();
        let record = format!("{{\"name\": \"n\", \"list\": [{}], \"name\": \"again\"}}", all.join(", "));
        let text = Text::kept(record.clone(), Blanked::default());
        let mut index = MemberIndex::default();
        for pointer in ["", "name", "list", "list/0", "list/999/id", "list/500/a~1b/1/c", "list/1000", "list/x", "none"]
        {
            let found = index.find(&mut text.open(), 0, 0..record.len(), pointer);
            assert_eq!(found, split::find(&record, pointer), "{pointer}");
        }
    }
}
