//! App Builder's own secrets: those that no name and no shape gives away, and tables that hold keys.
//!
//! A provider export holds passwords, private keys and headers in plain text; they are found and blanked out, and the
//! rest of the file is used. A table of keys has no need of the keys: one that holds a key is refused as a whole.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::Reader;
use crate::table;
use cutover_model::diagnostic::{Code, Place};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_secrets::csv_text;
use cutover_secrets::json_text;
use cutover_secrets::{Presence, Secret, authenticates, is_harmless, placeholder, secret_name};

impl Reader {
    /// Finds what the general search cannot know of providers, and takes back what it mistook. Notes the names of
    /// authentication headers, whose values are about to be blanked out.
    pub(super) fn look_into_providers(&mut self, usable: &[bool]) {
        let mut found = Vec::new();
        let mut settled: BTreeSet<(Option<u32>, String)> = BTreeSet::new();
        for (index, span) in self.out.document.spans.iter().enumerate() {
            let text = self.out.document.text.get(span.clone()).unwrap_or_default();
            let record = usable.get(index).filter(|usable| **usable).and_then(|_| serde_json::from_str(text).ok());
            let Some(record) = record else { continue };
            let Hidden { headers, members, public } = hidden(&record);
            let number = u32::try_from(index).ok();
            for (member, kind) in members {
                let Some(at) = json_text::find(text, &member) else { continue };
                let span = within_quotes(text, &at, span.start);
                // What the general search found of it may be a part only.
                settled.insert((number, member.clone()));
                found.push(Secret { span, record: number, member, kind });
            }
            settled.extend(public.into_iter().map(|member| (number, member)));
            if !headers.is_empty() {
                self.out.records.app_builder.authentication_headers.insert(self.origin(index), headers);
            }
        }
        self.out.secrets.retain(|one| !settled.contains(&(one.record, one.member.clone())));
        self.out.secrets.extend(found);
    }

    /// Whether a table of keys holds a key. Then nothing of it is used: whoever keeps keys in a table has to hear of it
    /// before anything else.
    pub(super) fn holds_keys(&mut self, rows: &table::Rows) -> bool {
        let is_key = |column: &str| secret_name(column).is_some() || ["key", "material"].contains(&column);
        let named = rows.columns.iter().find(|column| is_key(column)).cloned();
        // A key that is pasted as its own identifier would stand in every report.
        let pasted = |secret: &Secret| secret.member == IDENTIFIER;
        let identifier = || self.out.secrets.iter().any(pasted).then(|| IDENTIFIER.to_owned());
        let Some(column) = named.or_else(identifier) else { return false };
        let is_key = |column: &str| is_key(column) || column == IDENTIFIER;
        let mut places: BTreeSet<(u32, String)> = BTreeSet::new();
        for secret in &self.out.secrets {
            places.extend(secret.record.filter(|_| is_key(&secret.member)).map(|row| (row, secret.member.clone())));
        }
        for (index, cells) in rows.cells.iter().enumerate() {
            let Ok(row) = u32::try_from(index) else { continue };
            let Some(span) = self.out.document.spans.get(index).cloned() else { continue };
            let cell_spans = csv_text::spans(self.out.document.text.get(span.clone()).unwrap_or_default());
            let keys = rows.columns.iter().zip(cells).zip(cell_spans);
            for ((column, cell), inner) in keys.filter(|((column, _), _)| is_key(column) && *column != IDENTIFIER) {
                let place = (row, column.clone());
                if is_harmless(table::text(cell)) || places.contains(&place) {
                    continue;
                }
                let span = span.start + inner.start..span.start + inner.end;
                self.out.secrets.push(Secret { span, record: Some(row), member: column.clone(), kind: "key" });
                places.insert(place);
            }
        }
        self.blank();
        // Of a row that does not fit the header, nobody can tell which cell is which.
        let uncertain = !rows.ragged.is_empty() || rows.unclosed.is_some() || rows.stopped.is_some();
        let place = match places.first() {
            Some((row, column)) => Place::Member(self.origin(*row as usize), column.clone()),
            None if uncertain => Place::Offset(self.number, 0),
            None => return false,
        };
        self.out.document.broken = true;
        self.out.document.kind = Some(Kind::AppBuilderKeys);
        let count = places.len();
        let message = match count {
            0 => format!("the column `{}` and rows that do not fit it: the table was ignored", shown(&column)),
            1 => "the cell holds a key: the table was ignored; remove the key and rotate it".to_owned(),
            _ => format!(
                "the cell holds a key, as {} more do: the table was ignored; remove the keys and rotate them",
                count - 1
            ),
        };
        self.report(Code::Shape, place, message);
        true
    }
}

/// The column of the identifiers, which are no secrets.
const IDENTIFIER: &str = "key_identifier";

fn shown(column: &str) -> String {
    escape::name(column)
}

/// What a provider hides.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hidden {
    /// The names of authentication headers.
    headers: Vec<String>,
    /// Pointers of members that are secret as a whole, and what they are.
    members: Vec<(String, &'static str)>,
    /// Pointers of members that are no secret, whatever they look like.
    public: Vec<String>,
}

fn hidden(provider: &Value) -> Hidden {
    let mut out = Hidden::default();
    let certificates = provider.get("certificates").and_then(Value::as_array);
    for (index, certificate) in certificates.into_iter().flatten().enumerate() {
        let content = certificate.get("content").and_then(Value::as_str).unwrap_or_default();
        let member = format!("certificates/{index}/content");
        if is_public_certificate(content) {
            out.public.push(member);
        } else if !is_harmless(content.trim()) {
            out.members.push((member, "private key"));
        }
    }
    let settings = provider.get("settings").and_then(Value::as_object);
    for (name, value) in settings.into_iter().flatten().filter(|(name, _)| is_request_headers(name)) {
        let member = format!("settings/{}", json_text::escape_token(name.into()));
        match value {
            Value::String(text) => {
                let headers = headers_of_text(text);
                if headers.iter().any(|header| header.value_is_shown) {
                    out.members.push((member, "token"));
                }
                out.headers.extend(headers.into_iter().map(|header| header.name));
            }
            Value::Object(headers) => {
                for (name, value) in headers {
                    let Some(header) = header(name, value.as_str().unwrap_or_default()) else { continue };
                    if header.value_is_shown {
                        out.members.push((format!("{member}/{}", json_text::escape_token(name.into())), "token"));
                    }
                    out.headers.push(header.name);
                }
            }
            _ => {}
        }
    }
    out
}

/// `RequestHeaders`, however it is written.
pub(super) fn is_request_headers(name: &str) -> bool {
    name.eq_ignore_ascii_case("RequestHeaders")
}

/// A header that proves who sends a request.
struct AuthenticationHeader {
    name: String,
    /// Its value stands there, and not only a word that says there is one.
    value_is_shown: bool,
}

/// App Builder's page does not say what stands between two headers: any of the usual marks may.
fn headers_of_text(text: &str) -> Vec<AuthenticationHeader> {
    let lines = text.split(['\n', '\r', '|', ';', ',']);
    let pairs = lines.filter_map(|line| line.split_once(':').or_else(|| line.split_once('=')));
    pairs.filter_map(|(name, value)| header(name, value)).collect()
}

fn header(name: &str, value: &str) -> Option<AuthenticationHeader> {
    let around = |letter: char| !letter.is_alphanumeric();
    let (name, value) = (name.trim_matches(around), value.trim().trim_matches(['"', '\'', '{', '}']).trim());
    let none = placeholder(value).and_then(Presence::is_there) == Some(false);
    (authenticates(name) && !none)
        .then(|| AuthenticationHeader { name: name.to_owned(), value_is_shown: !is_harmless(value) })
}

/// Where a string stands in the file, without its quotes.
fn within_quotes(record: &str, at: &Range<usize>, start: usize) -> Range<usize> {
    let quoted = record.get(at.clone()).is_some_and(|text| text.len() >= 2 && text.starts_with('"'));
    let quote = usize::from(quoted);
    start + at.start + quote..start + at.end - quote
}

/// Whether a text is a certificate and nothing else: it is public. Everything else may hold a private key.
fn is_public_certificate(text: &str) -> bool {
    let text = text.trim();
    if text.contains("-----BEGIN") {
        let begins = |what: &str| text.matches(&format!("-----BEGIN {what}")).count();
        return begins("") == begins("CERTIFICATE-----");
    }
    // X.509 in DER: a sequence that holds a sequence that begins with the version, `a0 03 02 01`. A PFX begins with a
    // number, and so does a private key; an encrypted one holds a sequence that begins with an identifier.
    let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).take(20).collect();
    let Some(bytes) = decoded(&letters) else { return false };
    matches!(bytes.as_slice(), [0x30, 0x82, _, _, 0x30, 0x82, _, _, 0xa0, 0x03, 0x02, ..])
}

/// The bytes of a text in base64.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bits: u32 = 0;
    let mut out = Vec::new();
    for (index, letter) in text.bytes().enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        if index % 4 == 3 {
            out.extend(bits.to_be_bytes().into_iter().skip(1));
            bits = 0;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str) -> Hidden {
        hidden(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_certificate_is_public_and_everything_else_is_not() {
        assert!(is_public_certificate("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"));
        assert!(is_public_certificate("MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAG"));
        // A PFX, a private key (PKCS #8) and an encrypted one, each cut off.
        for text in ["MIIJqQIBAzCCCW8GCSqGSIb3DQEHAaCC", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "MIIFHDBOBgkqhkiG9w0BBQ0w"]
        {
            assert!(!is_public_certificate(text), "{text}");
        }
        let both = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nMIIE";
        assert!(!is_public_certificate(both));
        assert!(!is_public_certificate("not base64 at all!"));
    }

    #[test]
    fn headers_that_authenticate_are_named_whatever_stands_between_them() {
        for text in
            ["Accept: json\\r\\nX-API-Key: abc", "Accept: json|X-API-Key: abc", "{\\\"X-API-Key\\\": \\\"abc\\\"}"]
        {
            let hidden = found(&format!(r#"{{"settings": {{"RequestHeaders": "{text}"}}}}"#));
            assert_eq!(hidden.headers, ["X-API-Key"], "{text}");
            assert_eq!(hidden.members, [("settings/RequestHeaders".to_owned(), "token")]);
        }
        assert_eq!(found(r#"{"settings": {"RequestHeaders": "Accept: json, X-Trace: on"}}"#), Hidden::default());
    }

    #[test]
    fn a_presence_word_says_that_there_is_a_header_and_shows_nothing() {
        let hidden = found(r#"{"settings": {"requestheaders": "Authorization: redacted"}}"#);
        assert_eq!((hidden.headers, hidden.members), (vec!["Authorization".to_owned()], vec![]));
        let scheme = found(r#"{"settings": {"RequestHeaders": "Authorization: Bearer redacted"}}"#);
        assert_eq!((scheme.headers.len(), scheme.members), (1, vec![]));
        assert_eq!(found(r#"{"settings": {"RequestHeaders": "Authorization: "}}"#), Hidden::default());
        let object = found(r#"{"settings": {"RequestHeaders": {"Authorization": "Bearer x"}}}"#);
        assert_eq!(object.headers, ["Authorization"]);
    }
}
