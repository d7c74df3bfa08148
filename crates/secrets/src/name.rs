//! Names: which of them say that a secret stands behind them, and which that an id does.

/// What a text under this name is, if the name is that of a secret.
pub fn secret_name(name: &str) -> Option<&'static str> {
    let exact = SECRET_NAMES.iter().find(|(secret, _)| same_name(secret, name));
    let found = exact.or_else(|| SECRET_ENDINGS.iter().find(|(secret, _)| ends_with_name(name, secret)));
    let found = found.filter(|(ending, _)| *ending != "token" || !is_of_paging(name));
    found.map(|(_, kind)| *kind)
}

/// Whether a name ends with that of a token that only says where a list goes on.
pub(super) fn is_of_paging(name: &str) -> bool {
    PAGING_TOKENS.iter().any(|token| ends_with_name(name, token))
}

/// What of the shapes of secrets stands under a name as an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// Nothing: whatever looks like a secret is one.
    None,
    /// 32 bytes, as Procore's uids and client ids have; an App Builder key is shorter.
    Long,
    /// Ids and digests of any length.
    Any,
}

/// What texts under this name are ids or digests, which look like secrets: `client_id`, `runId`, `sha256`; the user name
/// of an App Builder credential is a client id. App Builder's keys are pasted into the column of their identifiers.
pub(super) fn ids_of(name: &str) -> Ids {
    let long = LONG_IDS.iter().any(|id| ends_with_name(name, id)) || same_name("identifier", name);
    match long || holds_ids(name) {
        true if long => Ids::Long,
        true => Ids::Any,
        false => Ids::None,
    }
}

/// What a name says about the texts and numbers that stand under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NameClass {
    /// A secret stands here.
    pub(super) secret: bool,
    /// A secret may stand here as a number.
    pub(super) number: bool,
    /// Ids and digests stand here, which look like secrets.
    pub(super) ids: Ids,
    /// Signed links, which are never kept.
    pub(super) signed_links: bool,
    /// Request headers.
    pub(super) headers: bool,
}

impl NameClass {
    pub(super) fn of(name: &str) -> Self {
        Self {
            secret: secret_name(name).is_some(),
            number: may_be_a_number(name).is_some(),
            ids: ids_of(name),
            signed_links: holds_signed_links(name),
            headers: holds_headers(name),
        }
    }
}

/// Whether a number under this name may be a secret: passwords are written without quotes by accident.
pub(super) fn may_be_a_number(name: &str) -> Option<&'static str> {
    secret_name(name).filter(|kind| ["password", "client secret", "secret", "key"].contains(kind))
}

/// Whether the name says only that a value stands here, so that the name above it counts.
pub(super) fn is_plain_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit()) || ["value", "plain", "plaintext", "text", "raw"].contains(&name)
}

/// Whether a name is too short to say anything, so that the name above it counts: `{"secret": {"a": "…"}}`.
pub(super) fn is_short_name(name: &str) -> bool {
    const WORDS: [&str; 13] = ["id", "by", "on", "at", "to", "no", "ip", "os", "db", "tz", "ts", "nr", "ok"];
    let short = (1..=2).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    short && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Whether an attribute of XML, a member or a column holds what its neighbour names.
pub fn is_named_by_its_neighbour(name: &str) -> bool {
    ["value", "val", "default", "defaultvalue"].iter().any(|value| same_name(value, name))
}

/// Whether an attribute, a member or a column holds the name of what its neighbour `value` holds.
pub fn names_its_neighbour(name: &str) -> bool {
    const NAMES: [&str; 10] =
        ["name", "key", "header", "field", "parameter", "property", "option", "setting", "variable", "label"];
    NAMES.iter().any(|known| same_name(known, name))
}

/// Whether the last word of a name says that ids or digests stand under it.
fn holds_ids(name: &str) -> bool {
    same_name("username", name) || ID_WORDS.iter().any(|word| last_word(name).eq_ignore_ascii_case(word))
}

/// Whether links under this name are signed in every export; they are not kept, and not worth a violation each.
pub(super) fn holds_signed_links(name: &str) -> bool {
    ["avatar", "manifest_url", "logo_url", "thumbnail_url", "signature_url"].contains(&name)
}

/// Whether a request header of this name proves who sends the request.
pub fn authenticates(name: &str) -> bool {
    const ENDINGS: [&str; 5] = ["authorization", "authentication", "cookie", "subscriptionkey", "privatetoken"];
    secret_name(name).is_some() || ENDINGS.iter().any(|ending| ends_with_name(name, ending))
}

/// Whether this is the free text that App Builder appends to every request of a provider.
pub(super) fn holds_headers(name: &str) -> bool {
    same_name("requestheaders", name)
}

const ID_WORDS: [&str; 12] = [
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "identifier",
    "sha256",
    "digest",
    "fingerprint",
    "thumbprint",
    "checksum",
    "hash",
];
/// Ids as long as Procore's.
const LONG_IDS: [&str; 5] = ["clientid", "appuid", "keyidentifier", "keyid", "apikeyidentifier"];
/// Tokens that say where a list goes on.
const PAGING_TOKENS: [&str; 7] =
    ["pagetoken", "nexttoken", "previoustoken", "continuationtoken", "synctoken", "skiptoken", "deltatoken"];
const SECRET_NAMES: [(&str, &str); 9] = [
    ("jwt", "token"),
    ("bearer", "token"),
    ("authorization", "token"),
    ("proxyauthorization", "token"),
    ("cookie", "token"),
    ("setcookie", "token"),
    ("credential", "secret"),
    ("credentials", "secret"),
    ("secrets", "secret"),
];
/// `PROCORE_CLIENT_SECRET` ends with `clientsecret`. The longer endings come first: they say more.
const SECRET_ENDINGS: [(&str, &str); 28] = [
    ("clientsecret", "client secret"),
    ("appsecret", "client secret"),
    ("consumersecret", "client secret"),
    ("secret", "secret"),
    ("secretkey", "secret"),
    ("secretvalue", "secret"),
    ("secretaccesskey", "secret"),
    ("password", "password"),
    ("passwd", "password"),
    ("passphrase", "password"),
    ("pwd", "password"),
    ("passcode", "password"),
    ("token", "token"),
    ("sharedaccesssignature", "token"),
    ("apikey", "key"),
    ("accesskey", "key"),
    ("functionskey", "key"),
    ("masterkey", "key"),
    ("storagekey", "key"),
    ("authkey", "key"),
    ("keymaterial", "key"),
    ("subscriptionkey", "key"),
    ("accountkey", "key"),
    ("sharedkey", "key"),
    ("signingkey", "key"),
    ("encryptionkey", "key"),
    ("privatekey", "private key"),
    ("connectionstring", "connection string"),
];

/// The last word of a name: `Id` of `runId`, `ID` of `Client ID`, `sha256` of `file_sha256`.
fn last_word(name: &str) -> &str {
    let name = name.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let mut start = 0;
    let mut before = ' ';
    for (at, letter) in name.char_indices() {
        if !letter.is_ascii_alphanumeric() {
            start = at + letter.len_utf8();
        } else if before.is_ascii_lowercase() && letter.is_ascii_uppercase() {
            start = at;
        }
        before = letter;
    }
    name.get(start..).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_with_what_stands_before_it() {
        assert_eq!(secret_name("PROCORE_CLIENT_SECRET"), Some("client secret"));
        assert_eq!(secret_name("smtp-Password"), Some("password"));
        assert_eq!(secret_name("secretary"), None);
        for name in ["next_page_token", "NextToken", "aws_access_key_id", "tokens"] {
            assert_eq!(secret_name(name), None, "{name}");
        }
    }

    #[test]
    fn every_name_of_a_secret_counts_however_it_is_written() {
        for name in [
            "client secret",
            "secret",
            "password",
            "passwd",
            "pwd",
            "access.token",
            "refreshToken",
            "authorization-token",
            "API_KEY",
            "KeyMaterial",
            "private key",
            "X-API-Key",
            "Authorization",
            "DBPassword",
            "ConnectionString",
            "SharedKey",
            "secret_value",
            "signing_key",
            "ENCRYPTION_KEY",
            "LedgerToken",
            "aws_secret_access_key",
            "SharedAccessKey",
            "PRIVATE-TOKEN",
            "X-Amz-Security-Token",
            "X-Functions-Key",
            "Ocp-Apim-Subscription-Key",
        ] {
            assert!(secret_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn ids_are_told_by_the_last_word() {
        for name in ["runId", "file_sha256", "id", "uid", "userName"] {
            assert_eq!(ids_of(name), Ids::Any, "{name}");
        }
        for name in ["client_id", "App UID", "KeyIdentifier", "ClientID", "api_key_id"] {
            assert_eq!(ids_of(name), Ids::Long, "{name}");
        }
        for name in ["paid", "note", "grid", "identity", "hash key"] {
            assert_eq!(ids_of(name), Ids::None, "{name}");
        }
    }
}
