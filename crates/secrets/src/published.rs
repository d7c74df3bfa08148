//! Formats of secrets that their issuers publish, so that scanners find them. They are data: a prefix that nothing else
//! has, and what follows it. Such a value is a secret under any name, also under that of an id.

/// A format.
pub(super) struct Published {
    /// What the prefix suggests.
    pub(super) kind: &'static str,
    /// How values begin. A prefix follows no letter or digit.
    pub(super) prefixes: &'static [&'static str],
    /// What follows the prefix, as a regular expression.
    pub(super) rest: &'static str,
}

const fn format(kind: &'static str, prefixes: &'static [&'static str], rest: &'static str) -> Published {
    Published { kind, prefixes, rest }
}

/// The formats, each with where its issuer publishes it.
pub(super) const FORMATS: [Published; 26] = [
    // AWS, IAM User Guide: IAM identifiers, unique ID prefixes (access keys, and temporary ones of STS)
    format("key", &["AKIA", "ASIA", "ABIA", "ACCA"], "[A-Z0-9]{16}"),
    // GitHub Docs: About authentication to GitHub, token formats
    format("token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], "[A-Za-z0-9_]{30,}"),
    format("token", &["github_pat_"], "[A-Za-z0-9_]{22,}"),
    // GitLab Docs: Token overview, token prefixes
    format(
        "token",
        &[
            "glpat-", "gloas-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glwt-",
            "glsoat-", "glffct-",
        ],
        r"[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]+)*",
    ),
    // Slack API: Token types
    format(
        "token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxc-", "xoxd-", "xapp-"],
        "[A-Za-z0-9-]{10,}",
    ),
    // Slack API: Sending messages using incoming webhooks ("keep it secret")
    format(
        "signed link",
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"],
        "[A-Za-z0-9/_-]{20,}",
    ),
    // Stripe API reference: Authentication; Stripe Docs: webhook signing secrets
    format("key", &["sk_live_", "rk_live_", "sk_test_", "rk_test_"], "[A-Za-z0-9]{16,}"),
    format("key", &["whsec_"], "[A-Za-z0-9+/=]{24,}"),
    // Twilio SendGrid Docs: API keys
    format("key", &["SG."], r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    // Google Cloud: API keys overview; OAuth 2.0 access tokens; OAuth client secrets
    format("key", &["AIza"], "[A-Za-z0-9_-]{35}"),
    format("token", &["ya29."], "[A-Za-z0-9_-]{20,}"),
    format("client secret", &["GOCSPX-"], "[A-Za-z0-9_-]{24,}"),
    // npm Docs: About access tokens
    format("token", &["npm_"], "[A-Za-z0-9]{36}"),
    // PyPI: API tokens
    format("token", &["pypi-"], "[A-Za-z0-9_-]{50,}"),
    // Docker Docs: Personal access tokens
    format("token", &["dckr_pat_", "dckr_oat_"], "[A-Za-z0-9_-]{20,}"),
    // HashiCorp Vault: Tokens, prefixes
    format("token", &["hvs.", "hvb."], "[A-Za-z0-9_-]{24,}"),
    // DigitalOcean: API tokens
    format("token", &["dop_v1_", "doo_v1_", "dor_v1_"], "[a-f0-9]{64}"),
    // Shopify: Access token prefixes
    format("token", &["shpat_", "shpca_", "shppa_", "shpss_"], "[A-Fa-f0-9]{32}"),
    // Atlassian: API tokens
    format("token", &["ATATT3", "ATCTT3"], "[A-Za-z0-9_=-]{60,}"),
    // Databricks: Personal access tokens
    format("token", &["dapi"], "[a-f0-9]{32}"),
    // Hugging Face: User access tokens
    format("token", &["hf_"], "[A-Za-z0-9]{34}"),
    // Linear, Postman, New Relic: API keys
    format("key", &["lin_api_"], "[A-Za-z0-9]{40}"),
    format("key", &["PMAK-"], "[a-f0-9]{24}-[a-f0-9]{34}"),
    format("key", &["NRAK-"], "[A-Z0-9]{27}"),
    // OpenAI and Anthropic: API keys
    format("key", &["sk-proj-", "sk-svcacct-", "sk-ant-"], "[A-Za-z0-9_-]{20,}"),
    // Square: Access tokens and application secrets
    format("token", &["sq0atp-", "sq0csp-"], "[A-Za-z0-9_-]{22,}"),
];

/// The shortest run of letters, digits, `_` and `-` that a format without a dot has.
const SHORTEST_RUN: usize = 15;

/// The pattern of a format: the value is its first group.
pub(super) fn pattern(format: &Published) -> String {
    let prefixes: Vec<String> = format.prefixes.iter().map(|prefix| regex::escape(prefix)).collect();
    format!("(?:^|[^A-Za-z0-9])((?:{}){})", prefixes.join("|"), format.rest)
}

/// Whether a run of letters, digits, `_` and `-` that ends here may hold a value.
pub(super) fn may_start_in(bytes: &[u8], end: usize, run: usize) -> bool {
    if run < SHORTEST_RUN {
        return false;
    }
    let start = end.saturating_sub(run);
    let mut inside = false;
    for at in start..end {
        let Some(byte) = bytes.get(at) else { return false };
        if !inside && starts(bytes.get(at..end).unwrap_or_default()) {
            return true;
        }
        inside = byte.is_ascii_alphanumeric();
    }
    false
}

/// Which pairs of letters begin a prefix: nearly no word begins with one of them.
const FIRST_PAIRS: [bool; 1 << 14] = {
    let mut pairs = [false; 1 << 14];
    let mut format = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler: an index out of bounds does not compile")]
    while format < FORMATS.len() {
        let prefixes = FORMATS[format].prefixes;
        let mut prefix = 0;
        while prefix < prefixes.len() {
            let bytes = prefixes[prefix].as_bytes();
            pairs[pair(bytes[0], bytes[1])] = true;
            prefix += 1;
        }
        format += 1;
    }
    pairs
};

const fn pair(first: u8, second: u8) -> usize {
    ((first & 0x7f) as usize) << 7 | (second & 0x7f) as usize
}

/// Whether a run begins with one of the prefixes that hold no dot.
fn starts(run: &[u8]) -> bool {
    let [first, second, ..] = run else { return false };
    FIRST_PAIRS.get(pair(*first, *second)).is_some_and(|begins| *begins)
        && FORMATS.iter().flat_map(|format| format.prefixes).any(|prefix| run.starts_with(prefix.as_bytes()))
}

/// Whether a value begins with one of the prefixes.
pub(super) fn has_prefix(value: &str) -> bool {
    FORMATS.iter().flat_map(|format| format.prefixes).any(|prefix| value.starts_with(prefix))
}

/// Whether the dot at this byte belongs to a prefix: `SG.`, `hooks.slack.com/`.
pub(super) fn is_dotted(bytes: &[u8], dot: usize) -> bool {
    let (before, from) = (bytes.get(..dot).unwrap_or_default(), bytes.get(dot..).unwrap_or_default());
    match before.last() {
        Some(b'G') => before.ends_with(b"SG"),
        Some(b'9') => before.ends_with(b"ya29"),
        Some(b's') => before.ends_with(b"hvs") || (before.ends_with(b"hooks") && from.starts_with(b".slack.com/")),
        Some(b'b') => before.ends_with(b"hvb"),
        _ => false,
    }
}

/// Whether a text may hold a value; says yes too often, never no where there is one.
pub(super) fn may_hold(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            run += 1;
            continue;
        }
        if may_start_in(bytes, at, run) || (*byte == b'.' && is_dotted(bytes, at)) {
            return true;
        }
        run = 0;
    }
    may_start_in(bytes, bytes.len(), run)
}

/// Whether a value is one of a documentation: `ghp_xxxxxxxx…` has hardly any letters of its own.
pub(super) fn is_varied(value: &str) -> bool {
    let mut seen = [false; 256];
    value.bytes().rev().take(16).for_each(|byte| {
        if let Some(seen) = seen.get_mut(usize::from(byte)) {
            *seen = true;
        }
    });
    seen.iter().filter(|seen| **seen).count() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_hinted_at() {
        for prefix in FORMATS.iter().flat_map(|format| format.prefixes) {
            for text in [format!("{prefix}0a1B2c3D4e5F6g7H8i9J"), format!("my_{prefix}0a1B2c3D4e5F6g7H8i9J.")] {
                assert!(may_hold(&text), "{text}");
            }
            assert!(
                !prefix.contains('.') || FORMATS.iter().any(|format| pattern(format).contains(&regex::escape(prefix)))
            );
        }
        for text in [
            "budget-insights-00dfd424@procore.com",
            "skeleton-of-the-north-wing",
            "ghost_writer_of_the_minutes",
            "hubs.example.com",
        ] {
            assert!(!may_hold(text), "{text}");
        }
    }
}
