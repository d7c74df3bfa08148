//! What a secret looks like: by the name it stands under, and by the shape of the text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::hint::may_fit;
use super::name::{Ids, authenticates, holds_headers, holds_signed_links, ids_of, secret_name};
use super::plain::quoted_pairs;
use super::published;
use super::randomness::{
    is_address, is_assigned, is_digest, is_harmless, is_key, is_made_up, is_mixed, is_named_token, is_published,
    is_there, is_token,
};
use crate::json_text::span_in;

/// What a text gave away: where, and what the place suggests.
pub(super) type Hit = (Range<usize>, &'static str);

/// Looks at one text that stands under a name: a JSON member, a table column. Ranges are relative to `text`.
pub fn scan_text(name: &str, text: &str) -> Vec<Hit> {
    if let Some(kind) = secret_name(name) {
        // A connection string names its parts: only what proves something is a secret.
        if kind == "connection string" && (text.contains('=') || text.contains("://")) {
            return in_connection_string(text);
        }
        let hit = !is_harmless(text) && !is_address(text);
        return if hit { vec![(0..text.len(), kind)] } else { Vec::new() };
    }
    let mut hits = if holds_headers(name) { headers(text) } else { Vec::new() };
    if text.len() < SHORTEST_SHAPE {
        return hits;
    }
    if holds_signed_links(name) {
        // They are not kept; what is a secret everywhere is one here, too.
        if published::may_hold(text) {
            shapes(text, Ids::Any, &mut hits);
            hits.retain(|(range, _)| text.get(range.clone()).is_some_and(published::has_prefix));
        }
        return hits;
    }
    let ids = ids_of(name);
    if !may_fit(text, ids) {
        return hits;
    }
    shapes(text, ids, &mut hits);
    hits
}

/// The parts of a connection string that prove something.
fn in_connection_string(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    shapes(text, Ids::None, &mut hits);
    for part in PARTS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let (Some(name), Some(value)) = (part.get(1), (2..part.len()).find_map(|group| part.get(group))) else {
            continue;
        };
        if let Some(kind) = secret_name(name.as_str()).filter(|_| !is_harmless(value.as_str())) {
            hits.push((value.range(), kind));
        }
    }
    merge(&mut hits);
    hits
}

/// Whether a text has the shape of a secret, whatever the name that it stands under.
pub(super) fn has_shape(text: &str, ids: Ids) -> bool {
    let mut hits = Vec::new();
    if text.len() >= SHORTEST_SHAPE && may_fit(text, ids) {
        shapes(text, ids, &mut hits);
    }
    !hits.is_empty()
}

/// Whether a signed link holds a secret of a published format.
pub(super) fn has_published_shape(text: &str) -> bool {
    published::may_hold(text) && !scan_text("avatar", text).is_empty()
}

/// Matches a text against all shapes.
pub(super) fn shapes(text: &str, ids: Ids, hits: &mut Vec<Hit>) {
    // JSON or code inside a text names its values itself.
    if text.contains('"') && text.contains([':', '=']) {
        hits.extend(quoted_pairs(text));
    }
    for index in ANY.iter().flat_map(|any| any.matches(text)) {
        let Some(pattern) = EACH.get(index) else { continue };
        let (kind, holds) = *KINDS.get(index).unwrap_or(&("token", is_published));
        if ids == Ids::Any && kind == BARE {
            continue;
        }
        for groups in pattern.captures_iter(text) {
            let inner = (1..groups.len()).find_map(|group| groups.get(group));
            let Some(hit) = inner.or(groups.get(0)) else { continue };
            let is_id = || kind == BARE && is_an_id(text, &hit.range(), ids);
            if holds(text, hit.range()) && !is_id() {
                hits.push((hit.range(), kind));
            }
        }
    }
    merge(hits);
}

/// Whether what has the shape of a secret alone is an id: by the name of its member, or by what stands before it.
fn is_an_id(text: &str, range: &Range<usize>, named: Ids) -> bool {
    let long = range.len() > 22;
    let is_id = |ids: Ids| ids == Ids::Any || (ids == Ids::Long && long);
    is_id(named) || is_id(ids_before(text.get(..range.start).unwrap_or_default()))
}

/// What the name says that ends right before a value in a text: `client_id=`, `Client ID: `, `"uid": "`.
fn ids_before(before: &str) -> Ids {
    name_before(before).map_or(Ids::None, ids_of)
}

/// The name that ends right before a value.
pub(super) fn name_before(before: &str) -> Option<&str> {
    let near = before.get(last_bytes(before, LONGEST_NAME_BEFORE)..)?;
    let found = NAME_BEFORE.iter().find_map(|pattern| pattern.captures(near));
    found.and_then(|found| found.get(1).or(found.get(2))).map(|name| name.as_str())
}

/// Where the last bytes of a text begin, so many or fewer.
pub(super) fn last_bytes(text: &str, count: usize) -> usize {
    let from = text.len().saturating_sub(count);
    (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// Of two patterns that find a part of the same value each, neither has the whole of it. What the first one of them
/// suggests counts.
fn merge(hits: &mut Vec<Hit>) {
    let mut found: Vec<(usize, Hit)> = std::mem::take(hits).into_iter().enumerate().collect();
    found.sort_by_key(|(first, (range, _))| (range.start, *first));
    let mut merged: Vec<(usize, Hit)> = Vec::with_capacity(found.len());
    for (first, (range, kind)) in found {
        match merged.last_mut() {
            Some((known_first, (known, known_sort))) if range.start < known.end => {
                known.end = known.end.max(range.end);
                if first < *known_first {
                    (*known_first, *known_sort) = (first, kind);
                }
            }
            _ => merged.push((first, (range, kind))),
        }
    }
    hits.extend(merged.into_iter().map(|(_, hit)| hit));
}

/// The values of request headers that prove something, one header a line, or with `;`, `|` or `,` between them.
fn headers(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for line in text.split(['\n', '\r', ';', '|']) {
        // A comma may stand in a value; before another header it ends it.
        let commas = NEXT_HEADER.iter().flat_map(|pattern| pattern.find_iter(line)).map(|comma| comma.start());
        let mut start = 0;
        for end in commas.chain([line.len()]) {
            let part = line.get(start..end).unwrap_or_default();
            let at = span_in(text, part).start;
            hits.extend(header(part).map(|(range, kind)| (at + range.start..at + range.end, kind)));
            start = end;
        }
    }
    hits
}

/// The value of one header, if it proves something.
fn header(text: &str) -> Option<Hit> {
    let header = HEADERS.as_ref()?.captures(text)?;
    let (name, value) = (header.get(1)?, header.get(2)?);
    let is_key = || name.as_str().to_ascii_lowercase().ends_with("-key").then_some("key");
    let proof = || authenticates(name.as_str()).then_some("token");
    let kind = secret_name(name.as_str()).or_else(proof).or_else(is_key)?;
    let trimmed = value.as_str().trim();
    // `Bearer redacted` is what this program writes itself.
    if is_harmless(trimmed.trim_matches(['"', '\''])) {
        return None;
    }
    let start = value.end() - value.as_str().trim_start().len();
    Some((start..start + trimmed.len(), kind))
}

/// The kind of text that is recognised by its alphabet and length alone: ids have the same.
pub const BARE: &str = "secret-shaped text";
/// The shortest text worth matching against the shapes.
const SHORTEST_SHAPE: usize = 12;

/// What a shape suggests, its pattern, and what a pattern cannot say. The first group that matches is the secret.
type Shape = (&'static str, &'static str, Holds);
type Holds = fn(&str, Range<usize>) -> bool;

const SHAPES: [Shape; 23] = [
    // A token whole, signature included.
    ("token", r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)*", is_there),
    ("token", r"(?i)(?-u:\b)(?:bearer|basic) +([A-Za-z0-9._~+/=-]{16,})", is_there),
    (
        "token",
        r#"(?i)(?-u:\b)(?:authorization|private-token|job-token|deploy-token|ocp-apim-subscription-key|x-[a-z0-9-]{0,40}(?:key|token))["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|apikey) +)?([^\s"',;]{8,})"#,
        is_token,
    ),
    ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^-]*", is_there),
    ("password", r"://[^/\s:@]*:([^/\s]+)@", is_there),
    // Oracle's own form: `jdbc:oracle:thin:name/password@host`.
    ("password", r#"(?i)jdbc:oracle:(?:thin|oci8?):[^/\s@"']{0,128}/(?:"([^"]+)"|([^\s@"']+))@"#, is_there),
    (
        "token",
        r#"(?i)[?&](?:api_?key|access_token|refresh_token|client_secret|token|password|secret)=([^&\s#"']{6,})"#,
        is_there,
    ),
    ("token", r#"(?i)[?&](?:code|key)=([^&\s#"']{16,})"#, is_token),
    ("signed link", r#"(?i)[?&](?:x-amz-signature|x-goog-signature|signature|sig)=([^&\s#"']{16,})"#, is_there),
    // Connection strings: the value ends at the semicolon, and may hold spaces, or quotes around it.
    ("password", r#"(?i);\s*(?:password|pwd)\s*=\s*(?:"([^"]+)"|'([^']+)'|([^;"'\r\n]+))"#, is_there),
    ("password", r#"(?i)(?:password|pwd)=(?:"([^"]+)"|'([^']+)'|([^;"'\s=][^;"'\s]{2,}))"#, is_assigned),
    // Those of Azure: the key is base64, and ends with equals signs.
    (
        "key",
        r#"(?i)(?-u:\b)(?:account|shared ?access|shared ?secret|storage|master|access)(?:key|value)\s*=\s*([A-Za-z0-9+/=_-]{16,})"#,
        is_there,
    ),
    ("signed link", r#"(?i)sharedaccesssignature\s*=\s*([^\s;"']{16,})"#, is_there),
    // The switch of many programs, with the value as a word of its own.
    (
        "password",
        r#"(?:^|[\s"'])(?:-p|--?[Pp]ass(?:word|wd)?|--?pwd)\s+(?:"([^"]{8,})"|'([^']{8,})'|([^\s"'/\:;,=]{8,}))"#,
        is_made_up,
    ),
    // The one credential that MapForce Server takes on its command line without FlowForce.
    ("token", r#"(?i)oauth:token=(?:"([^"]+)"|'([^']+)'|([^\s"'&]{4,}))"#, is_there),
    ("client secret", r#"(?i)(?-u:\b)client[_ -]?secret\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&]{8,})"#, is_mixed),
    (
        "key",
        r#"(?i)(?:api|secret|secret[_ -]?access|access|account|shared[_ -]?access|functions|subscription|master|encryption|signing|private)[_ -]?key\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&]{8,})"#,
        is_mixed,
    ),
    ("password", r#"(?i)(?:password|passwd|pwd)\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}]{8,})"#, is_mixed),
    // Whatever stands before it: `LedgerToken: …`.
    ("token", r#"(?i)token\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&=]{8,})"#, is_named_token),
    ("secret", r#"(?i)secret\\*["']?\s*[:=]\s*\\*["']?([^\s"'\\,;)}&=]{8,})"#, is_named_token),
    // A client secret of Microsoft Entra.
    ("client secret", r"(?:^|[^A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})", is_there),
    (BARE, r"[0-9A-Fa-f]{64,}", is_digest),
    (BARE, r"[A-Za-z0-9_-]{22,}", is_key),
];

/// The patterns of all shapes and of the published formats, and how each is reported.
static PATTERNS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let shapes = SHAPES.iter().map(|(_, pattern, _)| (*pattern).to_owned());
    shapes.chain(published::FORMATS.iter().map(published::pattern)).collect()
});
static KINDS: LazyLock<Vec<(&'static str, Holds)>> = LazyLock::new(|| {
    let shapes = SHAPES.iter().map(|(kind, _, holds)| (*kind, *holds));
    shapes.chain(published::FORMATS.iter().map(|format| (format.kind, is_published as Holds))).collect()
});
/// All patterns at once: nearly every text fits none.
static ANY: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(PATTERNS.iter()).ok());
static EACH: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());
static HEADERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"([A-Za-z0-9-]+)\s*[:=]([^\r\n;|]+)").ok());
/// A part of a connection string: `Password=…;`, with quotes around it or none.
static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[;?&])\s*([A-Za-z][A-Za-z0-9 _.:-]{0,60}?)\s*=\s*(?:"([^"]+)"|'([^']+)'|([^;"'\r\n]+))"#).ok()
});
static NEXT_HEADER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#",\s*["']?[A-Za-z][A-Za-z0-9-]*["']?\s*:"#).ok());
/// The longest name that is looked for before a value, in bytes.
const LONGEST_NAME_BEFORE: usize = 64;
static NAME_BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:^|[^A-Za-z0-9])([A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+| id| uid)*)\\*["'`]?\s*(?:[:=|]|%3D|is )\s*\\*["'`(<]?$|(?:^|[^A-Za-z0-9])(client[ _-]?id|app[ _-]?uid)\s+["'`(<]?$"#).ok()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts(name: &str, text: &str) -> Vec<&'static str> {
        scan_text(name, text).into_iter().map(|(_, kind)| kind).collect()
    }

    fn found<'t>(name: &str, text: &'t str) -> Vec<&'t str> {
        scan_text(name, text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(EACH.len(), SHAPES.len() + published::FORMATS.len());
        assert!(
            ANY.is_some() && HEADERS.is_some() && NEXT_HEADER.is_some() && NAME_BEFORE.is_some() && PARTS.is_some()
        );
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
            ("PGPASSWORD=hunter22 psql", "hunter22"),
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
