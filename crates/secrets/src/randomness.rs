//! What a pattern cannot say: whether a word of the right length is one that chance made.

use std::ops::Range;

use super::name::is_of_paging;
use super::shape::last_bytes;
use super::{placeholder, published};
use crate::digest::sha256;

/// SHA-256 of values that public documentation shows: they open nothing.
const PUBLIC: [&str; 1] = [
    // The example of an App Builder API key in Jitterbit's documentation.
    "fb2ea55543d022bca6ecd8690feb64089b2b46e484e4595ebcf8abbe1a3746cf",
];
/// The longest placeholder in brackets, in characters.
const LONGEST_PLACEHOLDER: usize = 64;

/// Whether a text under the name of a secret is none: empty, a placeholder, or an example that everybody knows.
pub fn is_harmless(text: &str) -> bool {
    placeholder(text).is_some() || is_public(text)
}

/// The same for a part of a text, which may have been cut at a space: `<your client secret>`.
pub(super) fn is_harmless_at(text: &str, range: &Range<usize>) -> bool {
    let closes = |opens: char| [('<', '>'), ('[', ']'), ('{', '}')].iter().find(|(known, _)| *known == opens);
    let whole = || {
        let rest = text.get(range.start..)?;
        let (_, close) = closes(rest.chars().next()?)?;
        let end =
            rest.char_indices().take(LONGEST_PLACEHOLDER).find(|(_, letter)| letter == close)?.0 + close.len_utf8();
        (range.start + end >= range.end).then(|| rest.get(..end)).flatten()
    };
    is_harmless(text.get(range.clone()).unwrap_or_default())
        || whole().is_some_and(|whole| placeholder(whole).is_some())
}

/// The opposite.
pub(super) fn is_there(text: &str, range: Range<usize>) -> bool {
    !is_harmless_at(text, &range)
}

/// A value, and not what stands between the end of one text in quotes and the start of the next: `"password=" -x "…"`.
pub(super) fn is_assigned(text: &str, range: Range<usize>) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let quote = before.chars().next_back().filter(|last| matches!(last, '"' | '\''));
    let near = before.get(last_bytes(before, LONGEST_QUOTED_LINE + 1)..).unwrap_or_default();
    let line = near.rsplit('\n').next().unwrap_or_default();
    let closes = |quote: char| {
        line.len() <= LONGEST_QUOTED_LINE && line.bytes().filter(|byte| char::from(*byte) == quote).count() % 2 == 0
    };
    is_there(text, range) && !quote.is_some_and(closes)
}

/// Quotes of a longer line are not counted, in bytes.
const LONGEST_QUOTED_LINE: usize = 1 << 9;

/// Prose says "password: required"; passwords mix letters and digits.
pub(super) fn is_mixed(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let has = |test: fn(&char) -> bool| word.chars().any(|letter| test(&letter));
    has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && is_there(text, range) && !is_address(word)
}

/// Prose says "X-API-Key: required"; a long word in both cases is no prose either.
pub(super) fn is_token(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    let cased = word.len() >= 16 && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    is_mixed(text, range) || (cased && !is_harmless(word) && !is_address(word))
}

/// `next_page_token=…` says only where a list goes on.
pub(super) fn is_named_token(text: &str, range: Range<usize>) -> bool {
    let before = text.get(..range.start).unwrap_or_default().trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let name = before.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && !"_-.".contains(letter)).next();
    is_mixed(text, range) && !is_of_paging(name.unwrap_or_default())
}

/// A published format, whole: no part of a longer word, not one of a documentation, and not the public half of a signed
/// link.
pub(super) fn is_published(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let before = text.get(..range.start).unwrap_or_default();
    let in_signature = before.ends_with("X-Amz-Credential=") || before.ends_with("x-amz-credential=");
    let after = text.get(range.end..).and_then(|after| after.chars().next());
    published::is_varied(word) && !in_signature && !after.is_some_and(|letter| letter.is_ascii_alphanumeric())
}

/// Behind `-p` stand ports, paths and projects as well: a password mixes capitals, small letters and digits.
pub(super) fn is_made_up(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    is_mixed(text, range) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

/// 32 bytes in hexadecimal, and no part of something longer.
pub(super) fn is_digest(text: &str, range: Range<usize>) -> bool {
    range.len() == 64 && !touches(text, &range, |letter| letter.is_ascii_alphanumeric())
}

/// 32 or 16 bytes in base64url, as Procore and App Builder write keys: what is left over for the last character says
/// which ones it can be, and chance mixes the alphabet.
pub(super) fn is_key(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    let last = |letters: &str| word.ends_with(|letter| letters.contains(letter));
    let cased = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let chance = match word.len() {
        43 => last("048AEIMQUYcgkosw") && cased && has(u8::is_ascii_digit),
        22 => last("AQgw") && cased && is_random(word) && !is_public(word),
        _ => false,
    };
    chance && stands_alone(text, &range)
}

/// Of random keys of 22 characters, 3 in 100 hold no digit; names in capital letters rarely look like those.
fn is_random(word: &str) -> bool {
    let count = |test: fn(&u8) -> bool| word.bytes().filter(test).count();
    let mixed = count(u8::is_ascii_digit) > 0 || (!word.contains(['-', '_']) && count(u8::is_ascii_uppercase) >= 5);
    mixed && entropy(word) >= 3.5
}

/// Shannon's entropy, in bits a character.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in word.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = f64::from(u32::try_from(word.len()).unwrap_or(u32::MAX));
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    shares.map(|share| -share * share.log2()).sum()
}

/// No part of a path, of a longer text in base64, or of a dotted name. `key=` may stand before it, and the end of a
/// sentence behind it.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|before| before.chars().next_back());
    let mut after = text.get(range.end..).unwrap_or_default().chars();
    let joined = match after.next() {
        // `uid@1.0.0` names a manifest.
        Some('@') => after.next().is_some_and(|letter| letter.is_ascii_digit()),
        Some('.') => after.next().is_some_and(|letter| letter.is_ascii_alphanumeric()),
        Some(letter) => "+/=".contains(letter),
        None => false,
    };
    !before.is_some_and(|letter| "+/.".contains(letter)) && !joined
}

fn touches(text: &str, range: &Range<usize>, which: fn(char) -> bool) -> bool {
    let before = text.get(..range.start).and_then(|before| before.chars().next_back());
    let after = text.get(range.end..).and_then(|after| after.chars().next());
    before.into_iter().chain(after).any(which)
}

fn is_public(text: &str) -> bool {
    text.len() == 22 && PUBLIC.contains(&sha256(text.as_bytes()).as_str())
}

/// `"reset_password": "https://…"` names a page; a password in the address has a shape of its own.
pub(super) fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(['@', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, word: &str) -> bool {
        let start = text.find(word).unwrap();
        is_key(text, start..start + word.len())
    }

    #[test]
    fn a_key_of_sixteen_bytes_is_told_from_a_name() {
        let made = "a7Kq2ZpX0vB9tR4mW1cY8A";
        assert!(key(&format!("apiKey={made}"), made) && key(&format!("It is {made}."), made));
        for joined in [format!("/{made}"), format!("{made}="), format!("{made}.json"), format!("x.{made}")] {
            assert!(!key(&joined, made), "{joined}");
        }
        for name in ["DescribeReservedNodesA", "legacy-timecards-harbA", "aaaaaaaaaaaaaaaaaaaaaA"] {
            assert!(!key(name, name), "{name}");
        }
        // The last of 22 characters carries two bits: A, Q, g and w are the ones that end in four zeros.
        assert!(!key("a7Kq2ZpX0vB9tR4mW1cY8B", "a7Kq2ZpX0vB9tR4mW1cY8B"));
    }

    #[test]
    fn entropy_is_that_of_the_letters() {
        assert!((entropy("abcd") - 2.0).abs() < 1e-9);
        assert!(entropy("aaaa").abs() < 1e-9);
    }
}
