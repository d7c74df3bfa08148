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
pub(in crate::export) trait Memory<T>: Sync {
    /// Whether anything is remembered at all.
    fn remembers(&self) -> bool;
    /// What a plain record of these bytes said.
    fn recall(&self, record: &str) -> Option<T>;
    /// Remembers what a plain record said.
    fn remember(&self, record: &str, said: &T);
}

/// Remembers nothing: for lists of which each record is another.
#[derive(Debug)]
pub(in crate::export) struct Nothing;

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
pub(in crate::export) struct Known<T> {
    hasher: SipHasher13,
    parts: Vec<Mutex<FxHashMap<u128, T>>>,
}

/// Parts of the memory, so that two readers seldom wait for each other.
const PARTS: usize = 64;
/// The most records that a part remembers: what is kept must not grow with the export.
const MOST: usize = 7 << 10;

impl<T> Known<T> {
    pub(in crate::export) fn new() -> Self {
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
            if part.len() < MOST {
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
