//! Whether a text can have the shape of a secret at all: one look at each byte, before any pattern is tried.
//!
//! Nearly every text of an export is a name, an address or a time. Each pattern of `shape.rs` needs a mark that those
//! lack; a text without any of the marks fits none of the patterns.

use super::name::Ids;
use super::published;

/// What a byte does for the marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HintKind {
    /// Ends a run of letters and digits.
    Other,
    /// A letter, a digit or `_`.
    Word,
    /// `J`: a token in three parts begins with `eyJ`.
    TokenStart,
    /// `-`: part of a run, a switch, or the frame of a private key.
    Dash,
    /// `:`
    Colon,
    /// `=`
    Equals,
    /// `"`
    Quote,
    /// `@`
    At,
    /// A space: may stand behind the name of a scheme.
    Space,
    /// `?` or `&`: a parameter of a link follows.
    Parameter,
    /// `.`: may stand in the prefix of a published format.
    Dot,
    /// `~`: a client secret of Microsoft Entra holds one.
    Tilde,
}

const SORTS: [HintKind; 256] = {
    let mut sorts = [HintKind::Other; 256];
    let mut byte = 0_u8;
    loop {
        #[expect(clippy::indexing_slicing, reason = "a byte is always an index into 256 entries")]
        {
            sorts[byte as usize] = match byte {
                b'J' => HintKind::TokenStart,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => HintKind::Word,
                b'-' => HintKind::Dash,
                b':' => HintKind::Colon,
                b'=' => HintKind::Equals,
                b'"' => HintKind::Quote,
                b'@' => HintKind::At,
                b' ' => HintKind::Space,
                b'?' | b'&' => HintKind::Parameter,
                b'.' => HintKind::Dot,
                b'~' => HintKind::Tilde,
                _ => HintKind::Other,
            };
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    sorts
};

/// Whether a text may fit one of the patterns. Says yes too often, and never no where one fits. Keys by their alphabet
/// alone are looked for where no ids stand.
pub(super) fn may_fit(text: &str, ids: Ids) -> bool {
    let bytes = text.as_bytes();
    let (mut run, mut in_link, mut parameter, mut quote, mut sign) = (0_usize, false, false, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        let kind = SORTS.get(usize::from(*byte)).copied().unwrap_or(HintKind::Other);
        match kind {
            HintKind::Word => {
                run += 1;
                continue;
            }
            HintKind::TokenStart | HintKind::Dash => {
                run += 1;
                if (kind == HintKind::TokenStart && ends_with(bytes, at, b"ey"))
                    || (kind == HintKind::Dash && dash(bytes, at))
                {
                    return true;
                }
                continue;
            }
            HintKind::Colon | HintKind::Equals => {
                sign = true;
                in_link |= bytes.get(at + 1..at + 3) == Some(b"//") || behind_oracle(bytes, at);
                if is_assigned(bytes, at, parameter) {
                    return true;
                }
            }
            HintKind::Quote => quote = true,
            HintKind::Parameter => parameter = true,
            HintKind::At if in_link => return true,
            HintKind::Space if behind_scheme(bytes, at) => return true,
            HintKind::Dot if published::is_dotted(bytes, at) => return true,
            HintKind::Tilde if ends_with(bytes, at, b"Q") => return true,
            HintKind::At | HintKind::Space | HintKind::Dot | HintKind::Tilde | HintKind::Other => {}
        }
        // JSON or code inside a text names its values itself.
        if (quote && sign) || is_key_long(bytes, at, run, ids) || published::may_start_in(bytes, at, run) {
            return true;
        }
        run = 0;
    }
    is_key_long(bytes, bytes.len(), run, ids) || published::may_start_in(bytes, bytes.len(), run)
}

/// Whether the driver of Oracle is named before this colon: a name and a password follow, with no slashes before them.
fn behind_oracle(bytes: &[u8], at: usize) -> bool {
    let named = |driver: &[u8]| {
        let start = at.checked_sub(driver.len());
        start.and_then(|start| bytes.get(start..at)).is_some_and(|word| word.eq_ignore_ascii_case(driver))
    };
    named(b"thin") || named(b"oci") || named(b"oci8")
}

/// Whether a run that ends here is as long as a key, where a key would not be taken for an id.
fn is_key_long(bytes: &[u8], end: usize, run: usize, ids: Ids) -> bool {
    match ids {
        Ids::None => is_bare(bytes, end, run),
        Ids::Long => run == 22 && is_bare(bytes, end, run),
        Ids::Any => false,
    }
}

fn ends_with(bytes: &[u8], at: usize, end: &[u8]) -> bool {
    bytes.get(..at).is_some_and(|before| before.ends_with(end))
}

/// Whether a run that ends here is as long as a key, and ends as one does: see `is_key` and `is_digest`.
fn is_bare(bytes: &[u8], end: usize, run: usize) -> bool {
    let last =
        |letters: &[u8]| end.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|byte| letters.contains(byte));
    match run {
        22 => last(b"AQgw"),
        43 => last(b"048AEIMQUYcgkosw"),
        64.. => true,
        _ => false,
    }
}

/// Whether a sign of assignment stands behind what may be the end of a telling name: `secret`, `key`, `token`,
/// `password`, `authorization`, `SharedSecretValue`, `SharedAccessSignature`; in a link also `code`, `signature`, `sig`. No letter outside of ASCII folds to one of these.
fn is_assigned(bytes: &[u8], at: usize, parameter: bool) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    let between = |byte: &u8| byte.is_ascii_whitespace() || matches!(*byte, 0x0b | b'"' | b'\'' | b'\\');
    match before.iter().rev().find(|byte| !between(byte)) {
        // A space of another script may stand here.
        Some(0x80..) => true,
        Some(last) => {
            let last = last.to_ascii_lowercase();
            let ends = |word: &[u8]| {
                let before = before.trim_ascii_end();
                let start = before.len().checked_sub(word.len());
                start.and_then(|start| before.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
            };
            matches!(last, b't' | b'y' | b'n' | b'd')
                || (parameter && matches!(last, b'e' | b'g'))
                || (last == b'e' && (ends(b"value") || ends(b"ignature")))
        }
        None => false,
    }
}

/// Whether `Bearer` or `Basic` stands before this space. The `s` of the latter may be the long one.
fn behind_scheme(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    matches!(
        before,
        [.., b'e' | b'E', b'a' | b'A', b'r' | b'R', b'e' | b'E', b'r' | b'R']
            | [.., b's' | b'S' | 0x80.., b'i' | b'I', b'c' | b'C']
    )
}

/// Whether this dash begins a switch for a password, or the frame of a private key.
fn dash(bytes: &[u8], at: usize) -> bool {
    let starts_word = match at.checked_sub(1).and_then(|before| bytes.get(before)) {
        None | Some(b'"' | b'\'' | 0x0b | 0x80..) => true,
        Some(before) => before.is_ascii_whitespace(),
    };
    (starts_word && matches!(bytes.get(at + 1), Some(b'-' | b'p' | b'P')))
        || bytes.get(at..).is_some_and(|rest| rest.starts_with(b"-----BEGIN"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus;
    use crate::shape::shapes;

    /// Whether the hint and the patterns agree, where the hint says no.
    fn agrees(text: &str) -> bool {
        [Ids::None, Ids::Long, Ids::Any].into_iter().all(|ids| {
            let mut hits = Vec::new();
            shapes(text, ids, &mut hits);
            hits.is_empty() || may_fit(text, ids)
        })
    }

    /// Pieces of secrets, of what stands before them, and of what only looks like either.
    fn piece() -> impl Strategy<Value = String> {
        let words = "bearer|Basic|ba\u{17f}ic|authorization|X-API-Key|x-api-\u{212a}ey|x-auth-token|\
                     ocp-apim-subscription-key|-----BEGIN PRIVATE KEY-----|-----BEGIN |://|https://|me:|@|?|&|api_key|\
                     access_token|token|secret|\u{17f}ecret|password|pa\u{17f}\u{17f}word|passwd|pwd|code|key|sig|\
                     x-amz-signature|signature|;|-p|--password|-pass|--pwd|oauth:token|client_secret|client secret|\
                     api key|auth-token|refresh token|private-token|x-functions-key|\
                     jdbc:oracle:thin:me/|JDBC:Oracle:OCI8:me/|AccountKey=|SharedSecretValue = |SharedAccessSignature=|LedgerToken|\
                     AKIA|ghp_|glpat-|xoxb-|sk_live_|SG.|ya29.|hooks.slack.com/services/|8Q~|~|client_id|Client ID|eyJ|.|=|:|\"|'|\\|\\\"|,|{|}|(|)|/|#|-|_|\t|\n| |  |\u{a0}|\u{2003}|\u{85}|é|*";
        let word = prop::sample::select(words.split('|').map(str::to_owned).collect::<Vec<_>>());
        prop_oneof![
            6 => word.clone(),
            2 => (word, any::<bool>()).prop_map(|(word, up)| if up { word.to_uppercase() } else { word.to_lowercase() }),
            2 => "[A-Za-z0-9]{1,24}",
            1 => "[A-Za-z0-9_-]{20,24}",
            1 => "[A-Za-z0-9_-]{21}[AQgw]",
            1 => "[A-Za-z0-9_-]{41,45}",
            1 => "[A-Za-z0-9]{42}[048AEIMQUYcgkosw]",
            1 => "[0-9a-f]{63,65}",
            1 => "[A-Z0-9]{16}",
            1 => "[A-Za-z0-9]{36}",
            1 => "[A-Za-z0-9_~.-]{31}",
            1 => "[A-Z][a-z]{3,6}[0-9]{4}[!#%]",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn what_the_hint_passes_over_fits_no_pattern(pieces in prop::collection::vec(piece(), 1..9)) {
            let text = pieces.concat();
            prop_assert!(agrees(&text), "{text:?}");
        }

        #[test]
        fn any_text_is_judged_alike(text in any::<String>()) {
            prop_assert!(agrees(&text), "{text:?}");
        }
    }

    #[test]
    fn the_secrets_of_every_file_are_hinted_at() {
        for sample in corpus::corpus(23, 200) {
            let pieces = sample.text.lines().chain(sample.text.split(['"', '<', '>', ',']));
            for text in pieces.chain(sample.secrets.iter().map(String::as_str)) {
                assert!(agrees(text), "{}: {text}", sample.what);
            }
        }
    }

    #[test]
    fn what_exports_are_full_of_is_passed_over() {
        for text in [
            "budget-insights-00dfd424@procore.com",
            "2024-06-09T07:03:00Z",
            "Harborline Builders of the Northern Coast",
            "https://app.example.com/projects/2860044/tools",
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert!(!may_fit(text, Ids::None), "{text}");
        }
    }
}
