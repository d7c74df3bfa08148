//! What may stand where a secret would and is none: presence words, masks, references to a place where the secret is.
//!
//! Exports, the copies that scrubbing writes, and files written by hand all use these forms. One function knows them,
//! so that no two readers disagree about what is a secret and what says only that there was one.

use super::presence::Presence;
use super::published;

/// The words, with what they say.
const WORDS: [(&str, Presence); 13] = [
    ("absent", Presence::Absent),
    ("none", Presence::Absent),
    ("null", Presence::Absent),
    ("false", Presence::Absent),
    ("no", Presence::Absent),
    ("empty", Presence::Empty),
    ("present", Presence::Present),
    ("true", Presence::Present),
    ("yes", Presence::Present),
    ("present_encrypted", Presence::PresentEncrypted),
    ("redacted", Presence::Redacted),
    ("removed", Presence::Redacted),
    ("unknown", Presence::Unknown),
];
/// Words that fill the brackets of a template: `<your client secret here>`.
const TEMPLATE_WORDS: [&str; 25] = [
    "your",
    "my",
    "the",
    "a",
    "api",
    "app",
    "client",
    "access",
    "auth",
    "bearer",
    "refresh",
    "private",
    "shared",
    "secret",
    "password",
    "passwd",
    "token",
    "key",
    "value",
    "here",
    "hidden",
    "masked",
    "placeholder",
    "insert",
    "enter",
];
/// How a header or an option says what kind of proof follows.
const SCHEMES: [&str; 5] = ["bearer", "basic", "token", "digest", "apikey"];
/// The longest name of a variable.
const MAX_VARIABLE_BYTES: usize = 64;

/// What a text says that stands in the place of a secret and is none; `None` for anything that may be a secret. The
/// scheme of a header may stand before it: `Bearer <redacted>`.
pub fn placeholder(text: &str) -> Option<Presence> {
    let text = without_scheme(text.trim());
    if text.is_empty() {
        return Some(Presence::Empty);
    }
    let said = word(text).or_else(|| in_brackets(text).and_then(template));
    said.or_else(|| is_masked(text).then_some(Presence::Redacted))
        .or_else(|| is_variable(text).then_some(Presence::Present))
}

/// `Bearer redacted` without the name of its scheme.
pub fn without_scheme(text: &str) -> &str {
    match text.split_once(' ') {
        Some((scheme, rest)) if is_scheme(scheme) => rest.trim(),
        _ => text,
    }
}

/// Whether a word is the scheme of a header.
pub(super) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn word(text: &str) -> Option<Presence> {
    WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, presence)| *presence)
}

/// What stands between a pair of brackets that holds all of the text.
fn in_brackets(text: &str) -> Option<&str> {
    let pairs = [('<', '>'), ('[', ']'), ('(', ')'), ('{', '}')];
    let inner = pairs.iter().find_map(|(opens, closes)| text.strip_prefix(*opens)?.strip_suffix(*closes))?;
    Some(inner.trim())
}

/// Anything in brackets would be a way to hide a secret: only these words count.
fn template(inner: &str) -> Option<Presence> {
    let known = |part: &str| TEMPLATE_WORDS.iter().any(|word| word.eq_ignore_ascii_case(part));
    let mut parts = inner.split([' ', '-', '_']).filter(|part| !part.is_empty()).peekable();
    let filled = parts.peek().is_some() && parts.all(|part| known(part) || word(part).is_some());
    word(inner).or(filled.then_some(Presence::Redacted))
}

/// `*****a1b2c` shows the last characters only, as Procore itself masks webhook headers. `xxxx` shows nothing.
fn is_masked(text: &str) -> bool {
    let hidden = text.chars().filter(|letter| matches!(letter, '*' | '•' | '…')).count();
    let crossed = text.len() >= 3 && text.bytes().all(|letter| matches!(letter, b'x' | b'X'));
    crossed || (hidden >= 3 && 2 * hidden >= text.chars().count())
}

/// `${SECRET}`, `{{ secrets.token }}`, `$env:SECRET`, `%SECRET%`: where the secret is, and not what it is.
fn is_variable(text: &str) -> bool {
    let around = |opens: &str, closes: &str| text.strip_prefix(opens)?.strip_suffix(closes).map(str::trim);
    let named = [("${{", "}}"), ("{{", "}}"), ("${", "}"), ("$(", ")"), ("#{", "}")];
    if let Some(name) = named.iter().find_map(|(opens, closes)| around(opens, closes)) {
        return is_name(name);
    }
    if let Some(name) = text.strip_prefix("$env:").or_else(|| text.strip_prefix("$Env:")) {
        return is_name(name);
    }
    // Without brackets, a password may begin with the same sign: small letters and digits do not stand together here.
    let name = around("%", "%").or_else(|| text.strip_prefix('$'));
    let has = |test: fn(&u8) -> bool| name.is_some_and(|name| name.as_bytes().iter().any(test));
    name.is_some_and(is_name) && !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit))
}

fn is_name(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    let fits = name.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_.-".contains(&letter));
    // A secret between the brackets of a variable is a secret.
    starts && fits && name.len() <= MAX_VARIABLE_BYTES && !looks_random(name) && !published::may_hold(name)
}

/// Capital letters, small letters and digits in one word, more than once in turn: a word that chance made.
fn looks_random(name: &str) -> bool {
    let class = |letter: u8| match letter {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let turns =
        |word: &str| word.as_bytes().windows(2).filter(|pair| matches!(pair, [a, b] if class(*a) != class(*b))).count();
    name.split(['_', '.', '-']).any(|word| word.bytes().any(|letter| letter.is_ascii_digit()) && turns(word) >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_says_whether_there_was_a_secret() {
        for text in [
            "redacted",
            "<redacted>",
            "[REDACTED]",
            " <Redacted> ",
            "Bearer <redacted>",
            "Basic redacted",
            "<hidden>",
            "<your-client-secret>",
            "********",
            "*****a1b2c",
            "xxxx",
            "XXXXXXXX",
            "(removed)",
            "{password}",
        ] {
            assert_eq!(placeholder(text), Some(Presence::Redacted), "{text}");
        }
        for text in [
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "$db_password",
            "$env:DbPassword",
            "%DB_PASSWORD%",
            "{{ secrets.token }}",
            "${{ secrets.KEY2 }}",
            "$(secret)",
            "present",
        ] {
            assert_eq!(placeholder(text), Some(Presence::Present), "{text}");
        }
        assert_eq!(placeholder(""), Some(Presence::Empty));
        assert_eq!(placeholder("<none>"), Some(Presence::Absent));
        assert_eq!(placeholder("unknown"), Some(Presence::Unknown));
    }

    #[test]
    fn brackets_and_signs_hide_no_secret() {
        for text in [
            "<hunter2>",
            "<correct-horse>",
            "changeme",
            "${Zq7canary4Xw9kPv2}",
            "$hunter2",
            "%hunter2%",
            "{{Zq7canary4Xw9kPv2}}",
            "${ghp_0123456789abcdefghijABCDEFGHIJ012345}",
            "xxxa",
            "***secret-in-clear***x",
            "x",
            "<redacted>hunter2",
        ] {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }
}
