//! Which bytes of a text belong to a secret that was found already.

use std::collections::BTreeMap;
use std::ops::Range;

/// Ranges of a text, joined where they overlap. To ask costs the logarithm of their number: a file may hold as many
/// secrets as its author likes, and each new one is compared with all others.
#[derive(Debug, Default)]
pub struct Covered(BTreeMap<usize, usize>);

impl Covered {
    /// Whether a range overlaps one of these.
    pub fn overlaps(&self, range: &Range<usize>) -> bool {
        self.last_before(range).is_some_and(|(_, end)| end > range.start)
    }

    /// Adds a range.
    pub fn add(&mut self, range: &Range<usize>) {
        let mut all = range.clone();
        while let Some((start, end)) = self.last_before(range).filter(|(_, end)| *end > range.start) {
            self.0.remove(&start);
            all = all.start.min(start)..all.end.max(end);
        }
        if !all.is_empty() {
            self.0.insert(all.start, all.end);
        }
    }

    /// The last of these that starts before the end of a range.
    fn last_before(&self, range: &Range<usize>) -> Option<(usize, usize)> {
        self.0.range(..range.end).next_back().map(|(start, end)| (*start, *end))
    }
}

impl<'r> FromIterator<&'r Range<usize>> for Covered {
    fn from_iter<I: IntoIterator<Item = &'r Range<usize>>>(ranges: I) -> Self {
        let mut covered = Self::default();
        ranges.into_iter().for_each(|range| covered.add(range));
        covered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_that_with_any_of_the_ranges() {
        let ranges = [4..9, 20..22, 7..12, 22..23, 1..2, 5..6, 30..40, 35..36];
        let covered: Covered = ranges.iter().collect();
        for start in 0..45 {
            for end in start + 1..46 {
                let any = ranges.iter().any(|range| range.start < end && start < range.end);
                assert_eq!(covered.overlaps(&(start..end)), any, "{start}..{end}");
            }
        }
    }
}
