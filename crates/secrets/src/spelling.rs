//! Texts that are spelled with escapes: where a part of what is meant stands in the file.

use std::ops::Range;

/// A text without its escapes, and where each of its bytes is spelled.
#[derive(Debug)]
pub struct Spelling {
    /// What is meant.
    pub meant: String,
    /// For each byte of `meant`, and for its end, the offset in the text as it is spelled.
    starts: Vec<usize>,
}

impl Spelling {
    /// A JSON string, without its quotes; `None` for a broken escape.
    pub fn json(raw: &str) -> Option<Self> {
        Self::read(raw, '\\', |rest| {
            let letter = |letter: char, length: usize| Some((letter, length));
            match rest.as_bytes().get(1)? {
                b'n' => letter('\n', 2),
                b't' => letter('\t', 2),
                b'r' => letter('\r', 2),
                b'b' => letter('\u{8}', 2),
                b'f' => letter('\u{c}', 2),
                same @ (b'"' | b'\\' | b'/') => letter(char::from(*same), 2),
                b'u' => {
                    let unit = |at: usize| u32::from_str_radix(rest.get(at..at + 4)?, 16).ok();
                    match unit(2)? {
                        high @ 0xd800..=0xdbff => {
                            let low = rest.get(6..8).filter(|next| *next == "\\u").and_then(|_| unit(8))?;
                            let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                            letter(char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?, 12)
                        }
                        one => letter(char::from_u32(one)?, 6),
                    }
                }
                _ => None,
            }
        })
    }

    /// A text of XML, with its references. One that XML does not have by itself means itself.
    pub fn xml(raw: &str) -> Self {
        const KNOWN: [(&str, char); 5] = [("quot", '"'), ("apos", '\''), ("lt", '<'), ("gt", '>'), ("amp", '&')];
        let reference = |rest: &str| {
            // A reference is short: whatever is not closed soon is none.
            let end = rest.bytes().take(12).position(|byte| byte == b';')?;
            let name = rest.get(1..end)?;
            let known = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
            let number = || {
                let digits = name.strip_prefix('#')?;
                let hexadecimal = digits.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
                char::from_u32(hexadecimal.unwrap_or_else(|| digits.parse()).ok()?)
            };
            Some((known.or_else(number)?, end + 1))
        };
        Self::read(raw, '&', |rest| reference(rest).or(Some(('&', 1)))).unwrap_or_default()
    }

    /// A cell of a table, without the quotes around it: a quote inside is written twice.
    pub fn cell(raw: &str) -> Self {
        let quote = |rest: &str| Some(('"', if rest.starts_with("\"\"") { 2 } else { 1 }));
        Self::read(raw, '"', quote).unwrap_or_default()
    }

    /// Reads a text in which `mark` begins an escape; `escape` gives its letter, and how many bytes it takes.
    fn read(raw: &str, mark: char, escape: impl Fn(&str) -> Option<(char, usize)>) -> Option<Self> {
        let (mut meant, mut starts, mut at) = (String::new(), Vec::new(), 0);
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let next = rest.chars().next()?;
            let (letter, length) = if next == mark { escape(rest)? } else { (next, next.len_utf8()) };
            meant.push(letter);
            starts.resize(meant.len(), at);
            at += length;
        }
        starts.push(raw.len());
        Some(Self { meant, starts })
    }

    /// Where a part of what is meant is spelled.
    pub fn spelled(&self, meant: &Range<usize>) -> Range<usize> {
        let at = |offset: usize| self.starts.get(offset).or(self.starts.last()).copied().unwrap_or_default();
        at(meant.start)..at(meant.end)
    }
}

impl Default for Spelling {
    fn default() -> Self {
        Self { meant: String::new(), starts: vec![0] }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_is_found_between_escapes() {
        for (spelling, raw, meant, part) in [
            (
                Spelling::json(r#"a\nX: b\u0063\ud83d\ude00\"d"#).unwrap(),
                r#"a\nX: b\u0063\ud83d\ude00\"d"#,
                "a\nX: bc😀\"d",
                "bc😀",
            ),
            (Spelling::xml("P=&quot;a&#x62;&#99;&quot;;&x"), "P=&quot;a&#x62;&#99;&quot;;&x", "P=\"abc\";&x", "abc"),
            (Spelling::cell("say \"\"hi\"\" now"), "say \"\"hi\"\" now", "say \"hi\" now", "hi"),
        ] {
            assert_eq!(spelling.meant, meant);
            let start = meant.find(part).unwrap();
            let span = spelling.spelled(&(start..start + part.len()));
            assert!(["b\\u0063\\ud83d\\ude00", "a&#x62;&#99;", "hi"].contains(&&raw[span]), "{raw}");
        }
        assert!(
            Spelling::json(r"\ud83d").is_none() && Spelling::json(r"a\").is_none() && Spelling::json(r"\q").is_none()
        );
    }

    proptest! {
        #[test]
        fn json_is_read_as_its_readers_do(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            let spelling = Spelling::json(&written[1..written.len() - 1]).unwrap();
            prop_assert_eq!(&spelling.meant, &text);
            prop_assert_eq!(spelling.spelled(&(0..text.len())), 0..written.len() - 2);
        }
    }
}
