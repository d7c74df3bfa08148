//! The forms of names: words joined by dashes, and the tail that marks the user of an app.
//!
//! Everything that compares names of apps, accounts and users compares [`slug`]s, so that case, accents and whatever
//! joins the words never matter.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// The domain of every service identity.
pub const SERVICE_DOMAIN: &str = "@procore.com";

/// Characters in the tail of an app's user.
const TAIL_LENGTH: usize = 8;

static DASHED_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[a-z0-9]+(?:-[a-z0-9]+)*$").ok());

/// Whether a text is lower-case words joined by dashes: Procore's own form for the name of a service identity.
pub fn is_slug(text: &str) -> bool {
    DASHED_WORDS.as_ref().is_some_and(|slug| slug.is_match(text))
}

/// A text in lower case and without accents, which Procore drops in addresses.
fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    Cow::Owned(text.nfkd().filter(|letter| !is_accent(letter)).nfc().collect::<String>().to_lowercase())
}

/// Lower-case words joined by dashes, whatever joined them before.
pub fn slug(name: &str) -> String {
    let folded = fold(name);
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The form of the tail of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tail {
    /// Eight letters: an ordinary word has this form, too.
    Letters,
    /// Eight letters and digits.
    Alphanumeric,
    /// Eight digits: a date has this form, too.
    Digits,
    /// Eight hexadecimal digits: the form in every known sample.
    Hexadecimal,
}

impl Tail {
    /// The form of a word of a slug, if it can be a tail.
    fn of(word: &str) -> Option<Self> {
        if word.len() != TAIL_LENGTH || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
        // A word with a number behind it is what people are called when their name is taken.
        let is_numbered_word = {
            let letters = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
            letters.len() >= TAIL_LENGTH / 2 && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        Some(match digits {
            TAIL_LENGTH => Self::Digits,
            _ if is_hexadecimal => Self::Hexadecimal,
            0 => Self::Letters,
            _ if is_numbered_word => Self::Letters,
            _ => Self::Alphanumeric,
        })
    }
}

/// The app's part of a slug, and the tail behind it: `rfi-pulls` of `rfi-pulls-4ef586a6`.
///
/// A hexadecimal tail is found in front of added words as well; other forms count at the end only.
pub fn split_tail(slug: &str) -> Option<(&str, Tail)> {
    let dashes = || slug.rmatch_indices('-').map(|(at, _)| at);
    let word_behind = |at: usize| slug.get(at + 1..).and_then(|rest| rest.split('-').next());
    let hexadecimal = dashes().find(|at| word_behind(*at).and_then(Tail::of) == Some(Tail::Hexadecimal));
    let split = |at: usize| Some((slug.get(..at)?, Tail::of(word_behind(at)?)?));
    hexadecimal.and_then(split).or_else(|| dashes().next().and_then(split)).or_else(|| split_joined_tail(slug))
}

/// The same where nothing joins the tail to the name. It takes letters and digits to tell such a tail from a word.
fn split_joined_tail(slug: &str) -> Option<(&str, Tail)> {
    let (stem, tail) = slug.split_at_checked(slug.len().checked_sub(TAIL_LENGTH)?)?;
    let digits = tail.bytes().filter(u8::is_ascii_digit).count();
    let is_tail = Tail::of(tail) == Some(Tail::Hexadecimal) && digits >= 2;
    let joins_a_word = stem.ends_with(|letter: char| letter.is_alphabetic());
    (is_tail && joins_a_word).then_some((stem, Tail::Alphanumeric))
}

/// The app's part of the name of an app's user, as a slug, if the name has the form of one.
pub fn app_stem(name: &str) -> Option<String> {
    let slug = slug(name);
    split_tail(&slug).filter(|(_, tail)| *tail > Tail::Letters).map(|(stem, _)| stem.to_owned())
}

/// The letters and digits of a slug, without what joins them.
pub fn squash(slug: &str) -> String {
    slug.replace('-', "")
}

/// What stands before the last eight characters of a squashed slug, and the form of these.
pub fn squashed_stem(squashed: &str) -> Option<(&str, Tail)> {
    let (stem, tail) = squashed.split_at_checked(squashed.len().checked_sub(TAIL_LENGTH)?)?;
    (!stem.is_empty()).then_some((stem, Tail::of(tail)?))
}

/// Whether a name is in the form Procore gave it as far as that is known: no capitals and no spaces. How Procore joins the
/// words of unusual names is unknown.
pub fn is_lower_case_word(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|letter| letter.is_uppercase() || letter.is_whitespace())
}

/// Whether the last eight characters of a name are a tail, set off by something.
pub fn ends_in_tail(name: &str) -> bool {
    let at = name.len().checked_sub(TAIL_LENGTH);
    let parts = at.and_then(|at| name.split_at_checked(at));
    parts.is_some_and(|(stem, tail)| {
        let is_set_off = stem.ends_with(|letter: char| !letter.is_alphanumeric());
        is_set_off && stem.contains(char::is_alphanumeric) && Tail::of(tail).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_dashed_words_whatever_joins_them() {
        for name in ["Toric App (Demo) ", "toric_app_demo", "TORIC.app-Demo", "Tóric App Démo"] {
            assert_eq!(slug(name), "toric-app-demo", "{name}");
        }
        assert_eq!(slug("ガントチャート"), "ガントチャート");
    }

    #[test]
    fn a_tail_of_eight_characters_marks_an_app() {
        for (name, stem, tail) in [
            ("rfi-pulls-4ef586a6", "rfi-pulls", Tail::Hexadecimal),
            ("RFI_Pulls.4EF586A6", "rfi-pulls", Tail::Hexadecimal),
            ("rfi pulls 4ef586a6 (old)", "rfi-pulls", Tail::Hexadecimal),
            ("rfi-pulls-zq7x2k9w", "rfi-pulls", Tail::Alphanumeric),
            ("rfi-pulls-20240115", "rfi-pulls", Tail::Digits),
            ("rfi-pullsx1a2b3c4d", "rfi-pullsx", Tail::Alphanumeric),
            ("jane-anderson", "jane", Tail::Letters),
            ("jane-wilson07", "jane", Tail::Letters),
        ] {
            assert_eq!(split_tail(&slug(name)), Some((stem, tail)), "{name}");
        }
        for name in ["toric-app-toric-demo-company-us02", "4ef586a6", "jane-doe", "-4ef586a6"] {
            assert_eq!(split_tail(&slug(name)), None, "{name}");
        }
    }

    #[test]
    fn words_are_no_stems_of_apps() {
        assert_eq!(app_stem("jane.anderson"), None);
        assert_eq!(app_stem("Field_Sync-0cab34cd").as_deref(), Some("field-sync"));
    }

    #[test]
    fn the_form_that_procore_gives_has_no_capitals() {
        assert!(ends_in_tail("field_sync-0cab34cd") && is_lower_case_word("field_sync-0cab34cd"));
        assert!(!is_lower_case_word("Field-sync-0cab34cd") && !is_lower_case_word("field sync-0cab34cd"));
        assert!(!ends_in_tail("field-sync") && !ends_in_tail("0cab34cd") && !ends_in_tail("-0cab34cd"));
    }
}
