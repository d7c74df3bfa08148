//! From a text to its records, on all cores.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Range;

use memchr::memmem;
use rayon::prelude::*;
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, IgnoredAny};

use super::known::{Ends, Memory};
use super::{Pass, Plain};
use crate::records::identified::{Identified, MAX_USELESS_RECORDS};
use crate::split;
use cutover_secrets::json_text;
use cutover_secrets::{Watch, Watched};

/// How many records one core reads before it looks for more: enough to tell a list of which most are of no use.
const SHARE: usize = 2 * MAX_USELESS_RECORDS;
/// How many bytes are worth a core of their own.
const PART: usize = if cfg!(test) { 1 << 6 } else { 1 << 20 };
/// The longest text between two records, with the name of the first member, that tells where records begin.
const LONGEST_MARK: usize = 1 << 8;

/// The text behind what JSON allows between values.
pub(super) fn space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// What stands at the start of a text.
enum Found<T> {
    /// A value of this length; itself, if it is a plain record.
    Value(usize, Option<T>),
    /// The start of a value that goes on behind the text.
    Start,
    /// No value.
    Nothing,
}

thread_local! {
    /// Lists of one kind name their members alike, so that the next one finds its names known.
    static WATCH: RefCell<Watch> = RefCell::new(Watch::new());
}

/// Lends the watch of this thread, where nobody has it, to work that stays on it.
fn watched<R>(work: impl FnOnce(&mut Watch) -> R) -> R {
    WATCH.with(|watch| match watch.try_borrow_mut() {
        Ok(mut watch) => {
            watch.refresh();
            work(&mut watch)
        }
        Err(_) => work(&mut Watch::new()),
    })
}

fn find<T: DeserializeOwned>(text: &str, watch: &mut Watch) -> Found<T> {
    if text.starts_with('{') {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Watched::record(PhantomData::<T>, watch).deserialize(&mut reader);
        let plain = watch.was_plain();
        if let Ok(value) = read {
            return Found::Value(reader.into_iter::<IgnoredAny>().byte_offset(), plain.then_some(value));
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    match IgnoredAny::deserialize(&mut reader) {
        Ok(_) => Found::Value(reader.into_iter::<IgnoredAny>().byte_offset(), None),
        Err(error) if error.is_eof() => Found::Start,
        Err(_) => Found::Nothing,
    }
}

/// Records in a row.
struct Part<T> {
    spans: Vec<Range<usize>>,
    records: Vec<Option<T>>,
    /// Where the reading stopped.
    end: usize,
}

impl<T> Part<T> {
    fn at(start: usize) -> Self {
        Self { spans: Vec::new(), records: Vec::new(), end: start }
    }

    fn add(&mut self, mut next: Self) {
        if self.spans.is_empty() {
            *self = next;
            return;
        }
        self.spans.append(&mut next.spans);
        self.records.append(&mut next.records);
        self.end = next.end;
    }
}

/// Reads an array on all cores, from its first record on. Where others begin is guessed; a guess was right if the reader
/// of what stands before comes to stop there.
///
/// A list with too many records that are of no use is left to [`split`], as one that is broken.
pub(super) fn array<T, M>(text: &str, start: usize, memory: &M) -> Option<Pass>
where
    T: DeserializeOwned + Identified + Send + Sync + 'static,
    M: Memory<T>,
{
    let starts = guesses(text, start);
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let bounds: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
    let parts: Vec<Option<Part<T>>> = bounds.par_iter().map(|(start, end)| part(text, *start, *end, memory)).collect();
    let mut whole = Part::at(start);
    for ((start, _), part_there) in bounds.into_iter().zip(parts) {
        if whole.end != start {
            // The guess was wrong, and those behind it may be.
            if text.get(whole.end..)?.starts_with('{') {
                whole.add(part(text, whole.end, usize::MAX, memory)?);
            }
            break;
        }
        whole.add(part_there?);
    }
    Some(Pass { spans: whole.spans, plain: Plain::of(whole.records), faults: Vec::new(), end: whole.end })
}

/// Places where a record may begin, the first one among them: what stands between the first two is looked for.
fn guesses(text: &str, start: usize) -> Vec<usize> {
    let mut starts = vec![start];
    let parts = (text.len().saturating_sub(start) / PART).min(4 * rayon::current_num_threads());
    let Some((mark, into)) = mark(text, start).filter(|_| parts > 1) else { return starts };
    let size = (text.len() - start) / parts;
    for number in 1..parts {
        let from = start + number * size;
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        let found = memmem::find(rest, mark.as_bytes()).map(|at| from + at + into);
        starts.extend(found.filter(|found| starts.last() < Some(found)));
    }
    starts
}

/// The end of the first record, what stands behind it, and the name of the second one's first member; and how far into
/// that the second one begins.
fn mark(text: &str, start: usize) -> Option<(&str, usize)> {
    let Found::Value(length, _) = find::<IgnoredAny>(text.get(start..)?, &mut Watch::new()) else { return None };
    between(text, start + length)
}

/// The same for a first record that ends here.
fn between(text: &str, end: usize) -> Option<(&str, usize)> {
    let behind = space(space(text.get(end..)?).strip_prefix(',')?);
    let (end, second) = (end.checked_sub(1)?, text.len() - behind.len());
    let near = behind.as_bytes().get(..behind.len().min(LONGEST_MARK))?;
    let name = memchr::memchr(b':', near).filter(|_| behind.starts_with('{'))?;
    let mark = text.get(end..second + name)?;
    (mark.len() <= LONGEST_MARK).then_some((mark, second - end))
}

/// Reads the objects of an array in order, up to the first one that begins at `until` or later, to one that may go on
/// behind the text, or to the bracket behind the last. `None` when anything else stands there.
fn part<T: DeserializeOwned + Identified>(
    text: &str,
    start: usize,
    until: usize,
    memory: &impl Memory<T>,
) -> Option<Part<T>> {
    watched(|watch| part_with(watch, text, start, until, memory))
}

fn part_with<T: DeserializeOwned + Identified>(
    watch: &mut Watch,
    text: &str,
    start: usize,
    until: usize,
    memory: &impl Memory<T>,
) -> Option<Part<T>> {
    let mut out = Part::at(start);
    let mut ends: Option<Ends<'_>> = None;
    let mut useless = Useless::default();
    loop {
        let rest = text.get(out.end..)?;
        if rest.is_empty() || (rest.starts_with(']') && out.spans.is_empty()) {
            return Some(out);
        }
        rest.starts_with('{').then_some(())?;
        let (length, record) = match ends.as_mut().and_then(|ends| ends.recall(rest, memory)) {
            Some((length, said)) => (length, Some(said)),
            None => match find(rest, watch) {
                Found::Value(length, record) => {
                    if let Some(said) = &record {
                        memory.remember(rest.get(..length)?, said);
                    }
                    (length, record)
                }
                Found::Start => return Some(out),
                Found::Nothing => return None,
            },
        };
        let behind = space(rest.get(length..)?);
        if behind.is_empty() {
            return Some(out);
        }
        if out.spans.is_empty() {
            // As many as there are if they are of one length.
            let expected = (until.min(text.len()).saturating_sub(out.end) / length.max(1) + 1).min(4 * SHARE);
            out.spans.reserve(expected);
            out.records.reserve(expected);
            let mark = between(text, out.end + length).filter(|_| memory.remembers());
            ends = mark.map(|(mark, _)| Ends::new(mark));
        }
        useless.admit(rest.get(..length)?, record.as_ref())?;
        out.spans.push(out.end..out.end + length);
        out.records.push(record);
        match behind.strip_prefix(',') {
            Some(next) => out.end = text.len() - space(next).len(),
            None => out.end = text.len() - behind.len(),
        }
        if behind.starts_with(']') || (behind.starts_with(',') && out.end >= until) {
            return Some(out);
        }
        behind.starts_with(',').then_some(())?;
    }
}

/// Counts the records of a list that are of no use.
#[derive(Default)]
struct Useless<'t> {
    last: &'t str,
    count: usize,
}

impl<'t> Useless<'t> {
    /// Counts a record, as far as it was read; `None` when there are too many of them.
    fn admit<T: Identified>(&mut self, record: &'t str, read: Option<&T>) -> Option<()> {
        let repeats = std::mem::replace(&mut self.last, record) == record;
        self.count += usize::from(repeats || read.is_some_and(|read| !read.is_identified()));
        (self.count <= MAX_USELESS_RECORDS).then_some(())
    }
}

/// Reads one record a line, on all cores; `None` when too many lines are of no use.
pub(super) fn lines<T, M>(text: &str, memory: &M) -> Option<Pass>
where
    T: DeserializeOwned + Identified + Send + Sync + 'static,
    M: Memory<T>,
{
    let mut starts = vec![0];
    while let Some(last) = starts.last().copied() {
        let next = text.as_bytes().get(last + PART..).and_then(|rest| memchr::memchr(b'\n', rest));
        let Some(newline) = next else { break };
        starts.push(last + PART + newline + 1);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let bounds: Vec<Range<usize>> = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
    let read = |bounds: &Range<usize>| {
        let mut watch = Watch::new();
        let (mut out, mut faults) = (Part::<T>::at(bounds.end), Vec::new());
        let mut useless = Useless::default();
        let part = text.get(bounds.clone()).unwrap_or_default();
        for line in part.split_inclusive('\n').map(str::trim).filter(|line| !line.is_empty()) {
            let plain = memory.recall(line).or_else(|| match find(line, &mut watch) {
                Found::Value(length, record) if length == line.len() => {
                    record.inspect(|said| memory.remember(line, said))
                }
                _ => None,
            });
            match if plain.is_some() { Ok(json_text::span_in(text, line)) } else { split::line(text, line) } {
                Ok(span) => {
                    useless.admit(line, plain.as_ref())?;
                    out.spans.push(span);
                    out.records.push(plain);
                }
                Err(fault) => faults.push(fault),
            }
            (faults.len() <= MAX_USELESS_RECORDS).then_some(())?;
        }
        Some((out, faults))
    };
    let parts: Option<Vec<_>> = bounds.par_iter().map(read).collect();
    let (mut whole, mut faults) = (Part::at(0), Vec::new());
    for (part, mut more) in parts? {
        whole.add(part);
        faults.append(&mut more);
    }
    Some(Pass { spans: whole.spans, plain: Plain::of(whole.records), faults, end: text.len() })
}

/// Reads the records that stand at these places; none of them when too many are of no use.
pub(super) fn spans<T>(text: &str, spans: &[Range<usize>]) -> Plain
where
    T: DeserializeOwned + Identified + Send + Sync + 'static,
{
    let share = |spans: &[Range<usize>]| {
        watched(|watch| {
            let mut useless = Useless::default();
            let read = |span: &Range<usize>| {
                let text = text.get(span.clone()).unwrap_or_default();
                let record = match find(text, watch) {
                    Found::Value(_, record) => record,
                    Found::Start | Found::Nothing => None,
                };
                useless.admit(text, record.as_ref()).map(|()| record)
            };
            spans.iter().map(read).collect::<Option<Vec<Option<T>>>>()
        })
    };
    let shares: Option<Vec<Vec<Option<T>>>> = spans.par_chunks(SHARE).map(share).collect();
    shares.map(|shares| Plain::of(shares.into_iter().flatten().collect())).unwrap_or_default()
}
