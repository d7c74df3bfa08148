//! A text to show, with a mark in the place of each secret.

use std::borrow::Cow;
use std::ops::Range;

/// What is shown in the place of a secret, however long it is.
pub const MARK: &str = "[redacted]";

/// A text in which every secret is replaced by [`MARK`], so that nothing tells how long it was. Line breaks inside a
/// secret stay: the lines keep their numbers.
#[derive(Debug, Clone)]
pub struct Redacted {
    /// What may be shown.
    pub text: String,
    /// The bytes of the original that were replaced, each with where its mark begins in `text`.
    marks: Vec<(Range<usize>, usize)>,
}

impl Redacted {
    /// Replaces these ranges of a text. They may overlap and come in any order; a range that does not lie between
    /// characters is widened until it does.
    pub fn of(text: &str, secrets: impl IntoIterator<Item = Range<usize>>) -> Self {
        let mut out = Self { text: String::with_capacity(text.len()), marks: Vec::new() };
        let mut at = 0;
        for range in in_lines(text, joined(text, secrets)) {
            out.text.push_str(text.get(at..range.start).unwrap_or_default());
            at = range.end;
            out.marks.push((range, out.text.len()));
            out.text.push_str(MARK);
        }
        out.text.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Where a range of the original stands in the shown text. A range that touches a secret covers its whole mark.
    pub fn place(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.offset(range.start, false);
        start..self.offset(range.end.max(range.start), range.end > range.start).max(start)
    }

    /// Where a byte of the original stands; inside a secret, where its mark begins or ends.
    fn offset(&self, at: usize, is_end: bool) -> usize {
        let before = self.marks.partition_point(|(range, _)| range.end <= at);
        match self.marks.get(before) {
            Some((range, mark)) if range.start < at || (range.start == at && !is_end) => {
                if is_end {
                    mark + MARK.len()
                } else {
                    *mark
                }
            }
            _ => match before.checked_sub(1).and_then(|last| self.marks.get(last)) {
                Some((range, mark)) => (mark + MARK.len() + (at - range.end)).min(self.text.len()),
                None => at.min(self.text.len()),
            },
        }
    }
}

/// What stands in a text where secrets were blanked out byte for byte: three or more `*`.
pub fn blanks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find("***")?;
        let rest = text.get(start..)?;
        from = start + rest.find(|letter| letter != '*').unwrap_or(rest.len());
        Some(start..from)
    })
}

/// A value in which what was blanked out is three `*`, however long it was.
pub fn without_lengths(text: &str) -> Cow<'_, str> {
    if !text.contains("****") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for blank in blanks(text) {
        out.push_str(text.get(at..blank.start).unwrap_or_default());
        out.push_str("***");
        at = blank.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// Sorted, between characters, and apart from each other.
fn joined(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut sorted: Vec<Range<usize>> = ranges
        .into_iter()
        .map(|range| start_of_letter(text, range.start)..end_of_letter(text, range.end))
        .filter(|range| !range.is_empty())
        .collect();
    sorted.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in sorted {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// The place between two characters at or before a byte.
fn start_of_letter(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The place between two characters at or behind a byte.
fn end_of_letter(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// The parts of ranges that lie on one line each.
fn in_lines(text: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut out = Vec::with_capacity(ranges.len());
    for range in ranges {
        let mut start = range.start;
        for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
            let shown = line.trim_end_matches(['\n', '\r']);
            if !shown.is_empty() {
                out.push(start..start + shown.len());
            }
            start += line.len();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_a_secret_does_not_tell_its_length() {
        for secret in ["x", "hunter2", "häslich", &"long".repeat(100)] {
            let text = format!("a = {secret}; b");
            let redacted = Redacted::of(&text, std::iter::once(4..4 + secret.len()));
            assert_eq!(redacted.text, "a = [redacted]; b");
            assert_eq!(redacted.place(&(4..4 + secret.len())), 4..14);
            assert_eq!(redacted.place(&(text.len() - 1..text.len())), 16..17);
            assert_eq!(redacted.place(&(0..1)), 0..1);
        }
    }

    #[test]
    fn ranges_may_overlap_touch_and_cut_characters() {
        assert_eq!(Redacted::of("one two three", [4..7, 5..9, 0..0]).text, "one [redacted]hree");
        assert_eq!(Redacted::of("zäh", std::iter::once(2..3)).text, "z[redacted]h");
        assert_eq!(Redacted::of("ab", [0..1, 1..99]).text, "[redacted]");
    }

    #[test]
    fn a_value_does_not_tell_how_long_what_was_blanked_out_of_it_was() {
        for (value, shown) in [("a*b", "a*b"), ("**", "**"), ("a ***", "a ***"), ("a ********, ****", "a ***, ***")] {
            assert_eq!(without_lengths(value), shown);
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        assert_eq!(
            Redacted::of("k: one\r\ntwo\n\nthree!", std::iter::once(3..18)).text,
            "k: [redacted]\r\n[redacted]\n\n[redacted]!"
        );
    }

    #[test]
    fn a_range_inside_a_secret_covers_its_mark() {
        let redacted = Redacted::of("a=secret;", std::iter::once(2..8));
        assert_eq!(redacted.place(&(4..5)), 2..12);
        assert_eq!(redacted.place(&(0..5)), 0..12);
        assert_eq!(redacted.place(&(8..9)), 12..13);
    }
}
