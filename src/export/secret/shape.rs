//! What a secret looks like: by the name it stands under, and by the shape of the text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::alike::{is_address, is_digest, is_harmless, is_key, is_made_up, is_mixed, is_there, is_token};
use super::hint::may_fit;
use super::name::{holds_headers, holds_ids, holds_signed_links, secret_name};
use super::plain::quoted_pairs;

/// What a text gave away: where, and what the place suggests.
pub(super) type Hit = (Range<usize>, &'static str);

/// Looks at one text that stands under a name: a JSON member, a table column. Ranges are relative to `text`.
pub fn scan_text(name: &str, text: &str) -> Vec<Hit> {
    if let Some(sort) = secret_name(name) {
        let hit = !is_harmless(text) && !is_address(text);
        return if hit { vec![(0..text.len(), sort)] } else { Vec::new() };
    }
    let mut hits = if holds_headers(name) { headers(text) } else { Vec::new() };
    if text.len() < SHORTEST_SHAPE || holds_signed_links(name) {
        return hits;
    }
    let holds_ids = holds_ids(name);
    if !may_fit(text, !holds_ids) {
        return hits;
    }
    shapes(text, holds_ids, &mut hits);
    hits
}

/// Whether a text has the shape of a secret, whatever the name that it stands under.
pub(super) fn has_shape(text: &str, holds_ids: bool) -> bool {
    let mut hits = Vec::new();
    if text.len() >= SHORTEST_SHAPE && may_fit(text, !holds_ids) {
        shapes(text, holds_ids, &mut hits);
    }
    !hits.is_empty()
}

/// Matches a text against all shapes.
pub(super) fn shapes(text: &str, holds_ids: bool, hits: &mut Vec<Hit>) {
    // JSON or code inside a text names its values itself.
    if text.contains('"') && text.contains([':', '=']) {
        quoted_pairs(text).into_iter().for_each(|hit| add(hits, hit));
    }
    for index in ANY.iter().flat_map(|any| any.matches(text)) {
        let (Some((sort, _, holds)), Some(pattern)) = (SHAPES.get(index), EACH.get(index)) else { continue };
        if holds_ids && *sort == BARE {
            continue;
        }
        for groups in pattern.captures_iter(text) {
            let inner = (1..groups.len()).find_map(|group| groups.get(group));
            let Some(hit) = inner.or(groups.get(0)) else { continue };
            if holds(text, hit.range()) {
                add(hits, (hit.range(), sort));
            }
        }
    }
}

/// Of two patterns that find a part of the same value each, neither has the whole of it.
fn add(hits: &mut Vec<Hit>, (range, sort): Hit) {
    match hits.iter_mut().find(|(known, _)| known.start < range.end && range.start < known.end) {
        Some((known, _)) => *known = known.start.min(range.start)..known.end.max(range.end),
        None => hits.push((range, sort)),
    }
}

/// The values of request headers that prove something, one header a line, or with `;` or `|` between them.
fn headers(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for header in HEADERS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let (Some(name), Some(value)) = (header.get(1), header.get(2)) else { continue };
        let found =
            secret_name(name.as_str()).or(name.as_str().to_ascii_lowercase().ends_with("-key").then_some("key"));
        let start = value.start() + value.as_str().len() - value.as_str().trim_start().len();
        let range = start..start + value.as_str().trim().len();
        // `Bearer redacted` is what this program writes itself.
        let last = text.get(range.clone()).and_then(|value| value.split_whitespace().last()).unwrap_or_default();
        let last = last.trim_matches(['"', '\'']);
        if let Some(sort) = found.filter(|_| !is_harmless(last)) {
            hits.push((range, sort));
        }
    }
    hits
}

/// The sort of text that is told by its alphabet and length alone: ids have the same.
pub const BARE: &str = "secret-shaped text";
/// The shortest text worth matching against the shapes.
const SHORTEST_SHAPE: usize = 16;

/// What a shape suggests, its pattern, and what a pattern cannot say. The first group that matches is the secret.
type Shape = (&'static str, &'static str, fn(&str, Range<usize>) -> bool);

const SHAPES: [Shape; 19] = [
    // A token whole, signature included.
    ("token", r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)*", is_there),
    ("token", r"(?i)(?-u:\b)(?:bearer|basic) +([A-Za-z0-9._~+/=-]{16,})", is_there),
    (
        "token",
        r#"(?i)(?-u:\b)(?:authorization|x-api-key|x-auth-token|ocp-apim-subscription-key)["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|apikey) +)?([^\s"',;]{8,})"#,
        is_token,
    ),
    ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^-]*", is_there),
    ("password", r"://[^/\s:@]*:([^/\s]+)@", is_there),
    (
        "token",
        r#"(?i)[?&](?:api_?key|access_token|refresh_token|client_secret|token|password|secret)=([^&\s#"']{6,})"#,
        is_there,
    ),
    ("token", r#"(?i)[?&](?:code|key)=([^&\s#"']{16,})"#, is_token),
    ("signed link", r#"(?i)[?&](?:x-amz-signature|x-goog-signature|signature|sig)=([^&\s#"']{16,})"#, is_there),
    // Connection strings: the value ends at the semicolon, and may hold spaces, or quotes around it.
    ("password", r#"(?i);\s*(?:password|pwd)\s*=\s*(?:"([^"]+)"|'([^']+)'|([^;"'\r\n]+))"#, is_there),
    ("password", r#"(?i)(?-u:\b)(?:password|pwd)=(?:"([^"]+)"|'([^']+)'|([^;"'\s=][^;"'\s]{2,}))"#, is_there),
    ("token", r#"(?i)(?:^|[\s"'(,;])(?:token|secret)=([^\s"'\\,;)}&=]{8,})"#, is_mixed),
    // The switch of many programs, with the value as a word of its own.
    (
        "password",
        r#"(?:^|[\s"'])(?:-p|--?[Pp]ass(?:word|wd)?|--?pwd)\s+(?:"([^"]{8,})"|'([^']{8,})'|([^\s"'/\:;,=]{8,}))"#,
        is_made_up,
    ),
    // The one credential that MapForce Server takes on its command line without FlowForce.
    ("token", r#"(?i)oauth:token=(?:"([^"]+)"|'([^']+)'|([^\s"'&]{4,}))"#, is_there),
    ("client secret", r#"(?i)(?-u:\b)client[_ -]?secret\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&]{8,})"#, is_mixed),
    ("key", r#"(?i)(?-u:\b)api[_ -]?key\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&]{8,})"#, is_mixed),
    (
        "token",
        r#"(?i)(?-u:\b)(?:access|refresh|auth)[_ -]?token\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&]{8,})"#,
        is_mixed,
    ),
    ("password", r#"(?i)(?-u:\b)(?:password|passwd|pwd)\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}]{8,})"#, is_mixed),
    (BARE, r"[0-9A-Fa-f]{64,}", is_digest),
    (BARE, r"[A-Za-z0-9_-]{22,}", is_key),
];

/// All patterns at once: nearly every text fits none.
static ANY: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(SHAPES.map(|(_, pattern, _)| pattern)).ok());
static EACH: LazyLock<Vec<Regex>> =
    LazyLock::new(|| SHAPES.iter().filter_map(|(_, pattern, _)| Regex::new(pattern).ok()).collect());
static HEADERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"([A-Za-z0-9-]+)\s*[:=]([^\r\n;|]+)").ok());

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts(name: &str, text: &str) -> Vec<&'static str> {
        scan_text(name, text).into_iter().map(|(_, sort)| sort).collect()
    }

    fn found<'t>(name: &str, text: &'t str) -> Vec<&'t str> {
        scan_text(name, text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(EACH.len(), SHAPES.len());
        assert!(ANY.is_some() && HEADERS.is_some());
    }

    #[test]
    fn a_password_is_taken_whole_from_a_link() {
        assert_eq!(found("url", "https://me:p@ss:word@example.com/"), ["p@ss:word"]);
        assert_eq!(sorts("url", "redis://:hunter2hunter@cache"), ["password"]);
    }

    #[test]
    fn thirty_two_bytes_are_a_secret_unless_the_member_holds_ids() {
        let (hex, key) = ("0123456789abcdef".repeat(4), "dC3BKa9OWRkHabw708gyZOk1JdqU9MGMqYbMExE8jbs");
        for text in [format!("key_{hex}"), hex.to_uppercase(), format!("is {key}, keep it"), format!("is {key}.")] {
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
        for text in [
            "the password: see the vault of the office",
            "client_secret: rotated yearly",
            "Basic setup of the tool",
            "X-API-Key: required by the gateway",
            "send the header Authorization: described below",
            "ssh -p 2222 host, mkdir -p /srv/Exports/2024a, compose -p harborline2 up",
        ] {
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

    #[test]
    fn values_are_taken_whole() {
        for (text, secret) in [
            ("Server=db;Password=two words;Database=x", "two words"),
            ("Server=db;Password=\"a;b c\";Database=x", "a;b c"),
            ("Server=db;Pwd=with*star*in*it;", "with*star*in*it"),
            ("GET /rest/rfis?apiKey=a7Kq2ZpX0vB9tR4mW1cY8A&page=2 HTTP/1.1", "a7Kq2ZpX0vB9tR4mW1cY8A"),
            ("https://x.test/callback?code=Qm7canary4Xw9kPv2&state=1", "Qm7canary4Xw9kPv2"),
            ("mapforceserver run m.mfx --credential=\"procore:oauth:token=abcdefgh\"", "abcdefgh"),
            ("run m.mfx --credential=\"db:username=sa&password=hunter\"", "hunter"),
            ("mf.exe run m.mfx -p q7canary4Xw9 -v", "q7canary4Xw9"),
            ("kept as token=q7canary4xw9 by us", "q7canary4xw9"),
            ("curl -H 'X-API-Key: abcdefghIJKLMNOPqrstuv'", "abcdefghIJKLMNOPqrstuv"),
        ] {
            assert_eq!(found("note", text), [secret], "{text}");
        }
    }

    #[test]
    fn headers_of_a_provider_are_secrets_when_they_prove_something() {
        let text = "Accept: application/json\nAuthorization: Basic abc\nX-Tenant: harborline\nX-API-Key: hunter";
        assert_eq!(found("RequestHeaders", text), ["Basic abc", "hunter"]);
    }

    #[test]
    fn what_this_program_writes_in_place_of_a_secret_is_none() {
        for text in [
            "https://me:redacted@example.com/?apiKey=redacted&sig=redacted&code=redacted",
            "Authorization: redacted\nX-API-Key: redacted; Password=redacted;",
            "Bearer redacted and oauth:token=redacted",
            "client_secret=redacted, \"password\": \"redacted\"",
        ] {
            assert_eq!(found("note", text), [""; 0], "{text}");
            assert_eq!(found("RequestHeaders", text), [""; 0], "{text}");
        }
    }
}
