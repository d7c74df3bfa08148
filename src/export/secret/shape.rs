//! What a secret looks like: by the name it stands under, and by the shape of the text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::plain::quoted_pairs;

/// What a text gave away: where, and what the place suggests.
pub(super) type Hit = (Range<usize>, &'static str);

/// Looks at one text that stands under a name: a JSON member, a table column. Ranges are relative to `text`.
pub fn scan_text(name: &str, text: &str) -> Vec<Hit> {
    if let Some(sort) = secret_name(name) {
        let hit = !is_harmless(text) && !is_address(text);
        return if hit { vec![(0..text.len(), sort)] } else { Vec::new() };
    }
    if text.len() < SHORTEST_SHAPE || LINK_MEMBERS.contains(&name) {
        return Vec::new();
    }
    let holds_ids = ID_MEMBERS.iter().any(|id| same_name(id, name));
    // JSON or code inside a text names its values itself.
    let mut hits = if text.contains('"') && text.contains([':', '=']) { quoted_pairs(text) } else { Vec::new() };
    for index in ANY.iter().flat_map(|any| any.matches(text)) {
        let (Some((sort, _, holds)), Some(pattern)) = (SHAPES.get(index), EACH.get(index)) else { continue };
        if holds_ids && *sort == BARE {
            continue;
        }
        for groups in pattern.captures_iter(text) {
            let Some(hit) = groups.get(1).or(groups.get(0)) else { continue };
            let known = hits.iter().any(|(range, _)| range.start < hit.end() && hit.start() < range.end);
            if !known && holds(text, hit.range()) {
                hits.push((hit.range(), sort));
            }
        }
    }
    hits
}

/// What a text under this name is, if the name is that of a secret.
pub fn secret_name(name: &str) -> Option<&'static str> {
    let exact = SECRET_NAMES.iter().find(|(secret, _)| same_name(secret, name));
    let found = exact.or_else(|| SECRET_ENDINGS.iter().find(|(secret, _)| ends_with_name(name, secret)));
    found.map(|(_, sort)| *sort)
}

/// Whether a text under the name of a secret is none: empty, a word that says whether there is one, or masked.
pub fn is_harmless(text: &str) -> bool {
    text.is_empty() || is_presence_word(text) || is_masked(text)
}

/// Whether a number under this name may be a secret: passwords are written without quotes by accident.
pub(super) fn may_be_a_number(name: &str) -> Option<&'static str> {
    secret_name(name).filter(|sort| ["password", "client secret", "secret", "key"].contains(sort))
}

/// Whether the name says only that a value stands here, so that the name above it counts.
pub(super) fn is_plain_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit()) || ["value", "plain", "plaintext", "text", "raw"].contains(&name)
}

/// Whether a member holds the name of what its neighbour `value` holds.
pub(super) fn names_its_neighbour(name: &str) -> bool {
    ["name", "key", "header", "field", "parameter"].contains(&name)
}

/// Signed links that every export carries; they are not kept, and not worth a violation each.
const LINK_MEMBERS: [&str; 5] = ["avatar", "manifest_url", "logo_url", "thumbnail_url", "signature_url"];
/// Members whose value looks like a secret and is none.
const ID_MEMBERS: [&str; 12] = [
    "client_id",
    "uid",
    "app_uid",
    "app_id",
    "uuid",
    "id",
    "sha256",
    "digest",
    "fingerprint",
    "checksum",
    "published_app_version_id",
    "app_version_id",
];
const SECRET_NAMES: [(&str, &str); 8] = [
    ("pwd", "password"),
    ("token", "token"),
    ("idtoken", "token"),
    ("authorization", "token"),
    ("keymaterial", "key"),
    ("credential", "secret"),
    ("credentials", "secret"),
    ("secrets", "secret"),
];
/// `PROCORE_CLIENT_SECRET` ends with `clientsecret`. The longer endings come first: they say more.
const SECRET_ENDINGS: [(&str, &str); 17] = [
    ("clientsecret", "client secret"),
    ("appsecret", "client secret"),
    ("consumersecret", "client secret"),
    ("secret", "secret"),
    ("secretkey", "secret"),
    ("secretaccesskey", "secret"),
    ("password", "password"),
    ("passwd", "password"),
    ("passphrase", "password"),
    ("accesstoken", "token"),
    ("refreshtoken", "token"),
    ("authorizationtoken", "token"),
    ("authtoken", "token"),
    ("bearertoken", "token"),
    ("apikey", "key"),
    ("privatekey", "private key"),
    ("connectionstring", "connection string"),
];
const PRESENCE_WORDS: [&str; 14] = [
    "absent",
    "empty",
    "present",
    "present_encrypted",
    "redacted",
    "[redacted]",
    "unknown",
    "removed",
    "none",
    "null",
    "true",
    "false",
    "yes",
    "no",
];
/// The sort of text that is told by its alphabet and length alone: ids have the same.
pub const BARE: &str = "secret-shaped text";
/// The shortest text worth matching against the shapes.
const SHORTEST_SHAPE: usize = 16;

/// What a shape suggests, its pattern, and what a pattern cannot say. Group 1, if there is one, is the secret.
type Shape = (&'static str, &'static str, fn(&str, Range<usize>) -> bool);

const SHAPES: [Shape; 13] = [
    ("token", r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)*", always),
    ("token", r"(?i)(?-u:\b)(?:bearer|basic) +([A-Za-z0-9._~+/=-]{16,})", always),
    ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^-]*", always),
    ("password", r"://[^/\s:@]*:([^/\s]+)@", not_masked),
    ("token", r"(?i)[?&](?:api_?key|access_token|client_secret|token|password|secret)=([^&\s#*]{6,})", always),
    ("signed link", r"(?i)[?&](?:x-amz-signature|x-goog-signature|signature|sig)=([^&\s#*]{16,})", always),
    ("password", r#"(?i)(?-u:\b)(?:password|pwd)=([^;"'\s*]{3,})"#, always),
    ("client secret", r#"(?i)(?-u:\b)client[_ -]?secret\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}]{8,})"#, is_mixed),
    ("key", r#"(?i)(?-u:\b)api[_ -]?key\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}]{8,})"#, is_mixed),
    (
        "token",
        r#"(?i)(?-u:\b)(?:access|refresh|auth)[_ -]?token\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}]{8,})"#,
        is_mixed,
    ),
    ("password", r#"(?i)(?-u:\b)(?:password|passwd|pwd)\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}]{8,})"#, is_mixed),
    (BARE, r"[0-9A-Fa-f]{64,}", is_digest),
    (BARE, r"[A-Za-z0-9_-]{43,}", is_key),
];

/// All patterns at once: nearly every text fits none.
static ANY: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(SHAPES.map(|(_, pattern, _)| pattern)).ok());
static EACH: LazyLock<Vec<Regex>> =
    LazyLock::new(|| SHAPES.iter().filter_map(|(_, pattern, _)| Regex::new(pattern).ok()).collect());

fn always(_: &str, _: Range<usize>) -> bool {
    true
}

fn not_masked(text: &str, range: Range<usize>) -> bool {
    !is_masked(text.get(range).unwrap_or_default())
}

/// Prose says "password: required"; passwords mix letters and digits.
fn is_mixed(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range).unwrap_or_default();
    let has = |test: fn(&char) -> bool| word.chars().any(|letter| test(&letter));
    has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && !is_masked(word) && !is_address(word)
}

/// 32 bytes in hexadecimal, and no part of something longer.
fn is_digest(text: &str, range: Range<usize>) -> bool {
    range.len() == 64 && !touches(text, &range, |letter| letter.is_ascii_alphanumeric())
}

/// 32 bytes in base64url: the last of 43 characters holds four bits, and chance mixes the alphabet.
fn is_key(text: &str, range: Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    word.len() == 43
        && word.ends_with(|letter| "048AEIMQUYcgkosw".contains(letter))
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && !touches(text, &range, |letter| "+/.=".contains(letter))
}

fn touches(text: &str, range: &Range<usize>, which: fn(char) -> bool) -> bool {
    let before = text.get(..range.start).and_then(|before| before.chars().next_back());
    let after = text.get(range.end..).and_then(|after| after.chars().next());
    before.into_iter().chain(after).any(which)
}

/// Whether two names are the same without case and punctuation.
fn same_name(one: &str, two: &str) -> bool {
    letters(one).eq(letters(two))
}

/// Whether a name ends with another, without case and punctuation.
fn ends_with_name(name: &str, ending: &str) -> bool {
    let mut name = letters(name).rev();
    ending.bytes().rev().all(|letter| name.next() == Some(letter))
}

fn letters(name: &str) -> impl DoubleEndedIterator<Item = u8> + '_ {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
}

fn is_presence_word(text: &str) -> bool {
    PRESENCE_WORDS.iter().any(|word| word.eq_ignore_ascii_case(text.trim()))
}

/// `*****a1b2c` shows the last characters only, as Procore itself masks webhook headers.
fn is_masked(text: &str) -> bool {
    let hidden = text.chars().filter(|letter| matches!(letter, '*' | '•' | '…')).count();
    hidden >= 3 && 2 * hidden >= text.chars().count()
}

/// `"reset_password": "https://…"` names a page; a password in the address has a shape of its own.
fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(['@', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts(name: &str, text: &str) -> Vec<&'static str> {
        scan_text(name, text).into_iter().map(|(_, sort)| sort).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(EACH.len(), SHAPES.len());
        assert!(ANY.is_some());
    }

    #[test]
    fn a_name_counts_with_what_stands_before_it() {
        assert_eq!(secret_name("PROCORE_CLIENT_SECRET"), Some("client secret"));
        assert_eq!(secret_name("smtp-Password"), Some("password"));
        assert_eq!(secret_name("secretary"), None);
        assert_eq!(secret_name("next_page_token"), None);
    }

    #[test]
    fn a_password_is_taken_whole_from_a_link() {
        let text = "https://me:p@ss:word@example.com/";
        assert_eq!(&text[scan_text("url", text)[0].0.clone()], "p@ss:word");
        assert_eq!(sorts("url", "redis://:hunter2hunter@cache"), ["password"]);
    }

    #[test]
    fn thirty_two_bytes_are_a_secret_unless_the_member_holds_ids() {
        let (hex, key) = ("0123456789abcdef".repeat(4), "dC3BKa9OWRkHabw708gyZOk1JdqU9MGMqYbMExE8jbs");
        for text in [format!("key_{hex}"), hex.to_uppercase(), format!("is {key}, keep it")] {
            assert_eq!(sorts("notes", &text), [BARE], "{text}");
        }
        assert_eq!(sorts("client_id", &hex), [""; 0]);
        assert_eq!(sorts("App UID", key), [""; 0]);
        assert_eq!(sorts("notes", &format!("{hex}{hex}")), [""; 0]);
        assert_eq!(
            sorts("notes", "https://app.procore.com/webclients/dC3BKa9OWRkHabw708gyZOk1JdqU9MGMqYbMExE8jbs/x"),
            [""; 0]
        );
    }

    #[test]
    fn prose_about_secrets_is_none() {
        for text in
            ["the password: see the vault of the office", "client_secret: rotated yearly", "Basic setup of the tool"]
        {
            assert_eq!(sorts("description", text), [""; 0], "{text}");
        }
        assert_eq!(sorts("description", "login x, password: Sommer2024!"), ["password"]);
        assert_eq!(sorts("settings", r#"{"client_secret": "abc123def456"}"#), ["client secret"]);
    }

    #[test]
    fn a_mask_hides_most_of_what_it_covers() {
        assert_eq!(sorts("password", "*****a1b2c"), [""; 0]);
        assert_eq!(sorts("password", "correct***horse-battery-staple"), ["password"]);
    }
}
