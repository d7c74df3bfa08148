//! Where the members of a long record stand, remembered.
//!
//! A document of one record, such as the inventory of a server, is asked for a place once for each of its elements. To
//! read it from its start each time would take time with the square of its length.

use cutover_secrets::json_text;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::text::Opened;

/// A value shorter than this is read again: in bytes.
const SHORT: usize = 1 << 12;
/// So many children are remembered, beside those of the value that was read last.
const MAX_REMEMBERED: usize = 1 << 18;

/// The children of the long values that were asked for, by record and pointer. A clone shares them.
#[derive(Debug, Default, Clone)]
pub struct MemberIndex {
    known: FxHashMap<u32, BTreeMap<String, Arc<Children>>>,
    /// How many children these are.
    size: usize,
}

/// Where the children of a value stand in it.
#[derive(Debug)]
enum Children {
    Elements(Vec<Range<usize>>),
    /// Sorted by the hashes of their names, under a random key that the author of a file cannot know.
    Members(RandomState, Vec<(u64, Range<usize>)>),
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
        let (mut at, mut rest) = (whole.clone(), pointer);
        while !rest.is_empty() && at.len() >= SHORT {
            let done = pointer.get(..pointer.len() - rest.len())?;
            let (step, left) = rest.split_once('/').unwrap_or((rest, ""));
            let children = match self.known.get(&record).and_then(|known| known.get(done)) {
                Some(children) => Arc::clone(children),
                None => self.remember(record, done, Children::of(text.get(at.clone())?)),
            };
            let child = children.find(step)?;
            at = at.start + child.start..at.start + child.end;
            rest = left;
        }
        let found = json_text::find(text.get(at.clone())?, rest)?;
        let start = at.start - whole.start;
        Some(start + found.start..start + found.end)
    }

    fn remember(&mut self, record: u32, pointer: &str, children: Children) -> Arc<Children> {
        if self.size > MAX_REMEMBERED {
            *self = Self::default();
        }
        self.size += children.len();
        let children = Arc::new(children);
        self.known.entry(record).or_default().insert(pointer.to_owned(), Arc::clone(&children));
        children
    }

    /// How many children it knows.
    pub fn size(&self) -> usize {
        self.size
    }
}

impl Children {
    fn of(value: &str) -> Self {
        if value.starts_with('[') {
            return Self::Elements(json_text::elements(value));
        }
        let hasher = RandomState::new();
        let members = json_text::members(value).into_iter().flatten();
        let mut spans: Vec<(u64, Range<usize>)> = members
            .map(|(name, child)| (hasher.hash_one(name.as_ref()), json_text::span_in(value, child.get())))
            .collect();
        // Of a name that stands twice the first counts, as for short values.
        spans.sort_by_key(|(name, span)| (*name, span.start));
        spans.dedup_by_key(|(name, _)| *name);
        Self::Members(hasher, spans)
    }

    fn len(&self) -> usize {
        match self {
            Self::Elements(spans) => spans.len(),
            Self::Members(_, spans) => spans.len(),
        }
    }

    fn find(&self, step: &str) -> Option<Range<usize>> {
        match self {
            Self::Elements(spans) => spans.get(step.parse::<usize>().ok()?).cloned(),
            Self::Members(hasher, spans) => {
                let name = hasher.hash_one(json_text::unescape_token(step).as_ref());
                let at = spans.binary_search_by_key(&name, |(name, _)| *name).ok()?;
                spans.get(at).map(|(_, span)| span.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Blanked, Text};

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
            assert_eq!(found, json_text::find(&record, pointer), "{pointer}");
        }
    }
}
