//! Records that say again, byte for byte, what another said: they are not read twice.
//!
//! The lists of projects repeat what those of other projects say of the same people. Where the end of a record is guessed
//! rightly, and the very same bytes were read before, what they said then is what they say now. A wrong guess does no harm:
//! no object of JSON is the start of another, so that bytes that were a whole object once are one wherever they stand.
//!
//! Of the bytes only a keyed mark of 128 bits is kept. The key is another in each run, so that nobody can write two records
//! that look alike.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use memchr::memmem::Finder;
use rustc_hash::FxHashMap;
use siphasher::sip128::SipHasher13;

/// What plain records of one type said, by their bytes.
pub(super) trait Memory<T>: Sync {
    /// Whether anything is remembered at all.
    fn remembers(&self) -> bool;
    /// What a plain record of these bytes said.
    fn recall(&self, record: &str) -> Option<T>;
    /// Remembers what a plain record said.
    fn remember(&self, record: &str, said: &T);
}

/// Remembers nothing: for lists of which each record is another.
#[derive(Debug)]
pub(super) struct Nothing;

impl<T> Memory<T> for Nothing {
    fn remembers(&self) -> bool {
        false
    }
    fn recall(&self, _: &str) -> Option<T> {
        None
    }
    fn remember(&self, _: &str, _: &T) {}
}

/// Remembers what records said, up to a number of them.
#[derive(Debug)]
pub(crate) struct Known<T> {
    hasher: SipHasher13,
    parts: Vec<Mutex<FxHashMap<u128, T>>>,
}

/// Parts of the memory, so that two readers seldom wait for each other.
const PARTS: usize = 64;
/// The most records that a part remembers: what is kept must not grow with the export.
const MAX_ITEMS: usize = 7 << 10;

impl<T> Known<T> {
    pub(crate) fn new() -> Self {
        let key = RandomState::new();
        Self {
            hasher: SipHasher13::new_with_keys(key.hash_one(0_u8), key.hash_one(1_u8)),
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Works with the part of the memory that these bytes belong to.
    fn at<R>(&self, record: &str, work: impl FnOnce(&mut FxHashMap<u128, T>, u128) -> R) -> Option<R> {
        let mark = self.hasher.hash(record.as_bytes()).as_u128();
        let part = usize::try_from(mark % PARTS as u128).ok().and_then(|part| self.parts.get(part))?;
        // Nothing that is done under the lock can leave it half done.
        Some(work(&mut part.lock().unwrap_or_else(PoisonError::into_inner), mark))
    }
}

impl<T: Clone + Send> Memory<T> for Known<T> {
    fn remembers(&self) -> bool {
        true
    }

    fn recall(&self, record: &str) -> Option<T> {
        self.at(record, |part, mark| part.get(&mark).cloned()).flatten()
    }

    fn remember(&self, record: &str, said: &T) {
        self.at(record, |part, mark| {
            if part.len() < MAX_ITEMS {
                part.insert(mark, said.clone());
            }
        });
    }
}

/// Guesses where the records of a list end: where the text stands again that stood between the first two.
#[derive(Debug)]
pub(super) struct Ends<'t> {
    between: Finder<'t>,
    /// Guesses that led to a record that is known, less those that did not.
    credit: i32,
}

/// The longest record whose end is guessed, in bytes.
const LONGEST_GUESS: usize = 1 << 13;
/// So many guesses may be wrong before no more are made.
const CREDIT: i32 = 256;

impl<'t> Ends<'t> {
    /// `between` begins with the last byte of a record.
    pub(super) fn new(between: &'t str) -> Self {
        Self { between: Finder::new(between), credit: CREDIT }
    }

    /// The record at the start of the text, and its length, if one of the same bytes is known.
    pub(super) fn recall<T>(&mut self, text: &str, memory: &impl Memory<T>) -> Option<(usize, T)> {
        (self.credit > 0).then_some(())?;
        let near = text.as_bytes().get(..text.len().min(LONGEST_GUESS))?;
        let said = self.between.find(near).and_then(|last| {
            let record = text.get(..=last)?;
            Some((record.len(), memory.recall(record)?))
        });
        self.credit = (self.credit + if said.is_some() { 1 } else { -1 }).min(CREDIT);
        said
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pass::{Pass, cut};
    use crate::project_users::Row;
    use cutover_secrets::scan_json;

    /// Records of people, some of which hold secrets, faults, or the text between two records inside of them.
    const RECORDS: [&str; 12] = [
        r#"{"id":1,"name":"Ann"}"#,
        r#"{"id":1,"name":"Ann","is_active":7}"#,
        r#"{"id":1,"tags":[{"id":2},{"id":3}]}"#,
        r#"{"id":1,"tags":[{"id":2}"#,
        r#"{"id":2,"name":"},{\"id\""}"#,
        r#"{"id":2,"password":"hunter2hunter2"}"#,
        r#"{"id":2,"name":"api_key","value":"hunter2hunter2"}"#,
        r#"{"id":2,"name":"colour","value":"green"}"#,
        r#"{"id":3,"id":4}"#,
        r#"{"id":3,"permission_template":{"id":5,"name":"é"}}"#,
        r#"{"name":"Bo","id":3}"#,
        r#"{"id" : 3 }"#,
    ];

    /// The list of one project: mostly of a few records, and mostly with the same text between them.
    fn list() -> impl Strategy<Value = String> {
        let record = prop_oneof![3 => Just(RECORDS[0]), 9 => prop::sample::select(RECORDS.to_vec())];
        let between = prop_oneof![9 => Just(","), 1 => Just(",\n"), 1 => Just(" , "), 1 => Just("")];
        let end = prop_oneof![9 => Just("]"), 1 => Just(""), 1 => Just(",]"), 1 => Just("}")];
        (prop::collection::vec((record, between), 1..12), end).prop_map(|(records, end)| {
            let text: String = records.iter().flat_map(|(record, between)| [*between, *record]).collect();
            format!("{}{end}", text.trim_start_matches([',', ' ', '\n']))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

        #[test]
        fn a_list_reads_with_a_memory_as_it_does_without(lists in prop::collection::vec(list(), 1..6), lines in any::<bool>()) {
            let memory = Known::<Row>::new();
            for text in lists.iter().map(|list| if lines { list.replace("},{", "}\n{") } else { list.clone() }) {
                let read = |known: Option<&Known<Row>>| match (lines, known) {
                    (true, Some(known)) => cut::lines::<Row, _>(&text, known),
                    (true, None) => cut::lines::<Row, _>(&text, &Nothing),
                    (false, Some(known)) => cut::array::<Row, _>(&text, 0, known),
                    (false, None) => cut::array::<Row, _>(&text, 0, &Nothing),
                };
                let (remembered, anew): (Option<Pass>, Option<Pass>) = (read(Some(&memory)), read(None));
                prop_assert_eq!(remembered.is_some(), anew.is_some(), "{}", text);
                let (Some(mut remembered), Some(mut anew)) = (remembered, anew) else { continue };
                prop_assert_eq!(&remembered.spans, &anew.spans, "{}", text);
                prop_assert_eq!(remembered.end, anew.end, "{}", text);
                let faults = |pass: &Pass| format!("{:?}", pass.faults);
                prop_assert_eq!(faults(&remembered), faults(&anew));
                let said = remembered.plain.take::<Row>().into_iter().zip(anew.plain.take::<Row>());
                for (span, (known, found)) in remembered.spans.into_iter().zip(said) {
                    let record = &text[span];
                    // What is plain is so wherever it stands. Which of the two readings doubts more depends on the names
                    // that this thread has met before, so that only what they are sure of is compared.
                    for said in known.into_iter().chain(found) {
                        let mut secrets = Vec::new();
                        prop_assert!(scan_json(record, &mut secrets).is_ok() && secrets.is_empty(), "{}", record);
                        prop_assert_eq!(&said, &serde_json::from_str::<Row>(record).unwrap());
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_read_is_recalled_by_its_bytes_alone() {
        let text = format!("{0},{0},{0}]", RECORDS[0]);
        let memory = Known::<u32>::new();
        let mut ends = Ends::new("},{\"id\"");
        assert_eq!(ends.recall(&text, &memory), None);
        memory.remember(RECORDS[0], &7);
        assert_eq!(ends.recall(&text, &memory), Some((RECORDS[0].len(), 7)));
        assert_eq!(ends.recall(&text.replace("Ann", "Anm"), &memory), None);
        // The last record has no other behind it.
        assert_eq!(ends.recall(RECORDS[0], &memory), None);
    }

    #[test]
    fn guesses_that_are_never_right_come_to_an_end() {
        let (text, memory) = (format!("{0},{0}", RECORDS[0]), Known::<u32>::new());
        let mut ends = Ends::new("},{\"id\"");
        for _ in 0..CREDIT {
            assert_eq!(ends.recall(&text, &memory), None);
        }
        memory.remember(RECORDS[0], &7);
        assert_eq!(ends.recall(&text, &memory), None);
    }

    #[test]
    fn a_memory_holds_no_more_than_it_may() {
        let memory = Known::<usize>::new();
        (0..PARTS * MAX_ITEMS * 2).for_each(|number| memory.remember(&number.to_string(), &number));
        let kept = memory.parts.iter().map(|part| part.lock().unwrap().len());
        assert_eq!(kept.collect::<Vec<_>>(), vec![MAX_ITEMS; PARTS]);
    }
}
