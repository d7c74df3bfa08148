//! As people count: `MAN-2` before `MAN-10`, and `1 file`, `2 files`.

use std::cmp::Ordering;

/// Compares two texts; runs of digits by their number.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let (a, rest_a) = chunk(left);
        let (b, rest_b) = chunk(right);
        let order = match (number(a), number(b)) {
            (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            _ => a.cmp(b),
        };
        if order.is_ne() || (rest_a.is_empty() && rest_b.is_empty()) {
            // `1` and `01` count the same, and are not.
            return order.then_with(|| one.cmp(other));
        }
        (left, right) = (rest_a, rest_b);
    }
}

/// The digits, or the other letters, that a text starts with.
fn chunk(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|letter: char| letter.is_ascii_digit());
    let end = text.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

/// The digits of a number without leading zeros.
fn number(chunk: &str) -> Option<&str> {
    chunk.starts_with(|letter: char| letter.is_ascii_digit()).then(|| chunk.trim_start_matches('0'))
}

/// `1 file`, `2 files`.
pub fn counted(number: usize, what: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count() {
        let mut ids =
            ["MAN-10", "MAN-2", "A.5.9", "A.5.16", "MAN-1", "AC-6(10)", "AC-6", "AC-6(1)", "MAN", "B-01", "B-1"];
        ids.sort_by(|one, other| compare(one, other));
        let sorted =
            ["A.5.9", "A.5.16", "AC-6", "AC-6(1)", "AC-6(10)", "B-01", "B-1", "MAN", "MAN-1", "MAN-2", "MAN-10"];
        assert_eq!(ids, sorted);
    }
}
