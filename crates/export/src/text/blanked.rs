//! What stands in a text in the place of its secrets.

use std::ops::Range;

/// The ranges of a text that were blanked out, each with what stands there instead.
#[derive(Debug, Default)]
pub struct Blanked(Vec<Blank>);

#[derive(Debug)]
struct Blank {
    at: usize,
    stands: Box<[u8]>,
}

impl Blanked {
    /// Those of a text in which they are blanked out already. Ranges may overlap, and come in any order.
    pub fn of(text: &str, mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut all: Vec<Range<usize>> = Vec::new();
        for range in ranges.into_iter().filter(|range| text.get(range.clone()).is_some_and(|value| !value.is_empty())) {
            match all.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => all.push(range),
            }
        }
        let stands = |range: Range<usize>| {
            Some(Blank { at: range.start, stands: text.as_bytes().get(range)?.to_vec().into_boxed_slice() })
        };
        Self(all.into_iter().filter_map(stands).collect())
    }

    /// Adds those of a later part of the text, which begins at `start` of it.
    pub fn add(&mut self, start: usize, part: &str, ranges: Vec<Range<usize>>) {
        let blanks = Self::of(part, ranges).0.into_iter();
        self.0.extend(blanks.map(|blank| Blank { at: start + blank.at, ..blank }));
    }

    /// Those that share a byte with a range of the text.
    pub(super) fn within(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let first = self.0.partition_point(|blank| blank.at + blank.stands.len() <= range.start);
        let blanks = self.0.iter().skip(first).take_while(move |blank| blank.at < range.end);
        blanks.map(|blank| blank.at..blank.at + blank.stands.len())
    }

    /// Blanks them out of bytes that begin at `start` of the text.
    pub(super) fn apply(&self, start: usize, bytes: &mut [u8]) {
        let end = start + bytes.len();
        let first = self.0.partition_point(|blank| blank.at + blank.stands.len() <= start);
        for blank in self.0.iter().skip(first).take_while(|blank| blank.at < end) {
            let skipped = start.saturating_sub(blank.at);
            let target = bytes.iter_mut().skip(blank.at.saturating_sub(start));
            target.zip(blank.stands.iter().skip(skipped)).for_each(|(byte, stands)| *byte = *stands);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_secrets as secrets;

    #[test]
    fn every_part_of_a_text_is_blanked_as_the_whole_of_it() {
        let raw = r#"{"a": "hunter2", "pin": 123456, "b": "häslich", "c": 17}"#;
        let find = |word: &str| raw.find(word).map(|at| at..at + word.len()).unwrap();
        let ranges = vec![find("ter2\", \"p"), find("hunter2"), find("123456"), find("häslich"), find("17"), 90..95];
        let mut text = raw.to_owned();
        secrets::blank(&mut text, ranges.clone());
        assert!(text.contains("null  ") && !text.contains("hunter2"));
        let blanked = Blanked::of(&text, ranges);
        for start in 0..raw.len() {
            for end in start..=raw.len() {
                let mut bytes = raw.as_bytes()[start..end].to_vec();
                blanked.apply(start, &mut bytes);
                assert_eq!(bytes, &text.as_bytes()[start..end], "{start}..{end}");
            }
        }
    }
}
