//! The addresses of an OAuth credential: https or not, of one provider or two, and the redirect URI's port.

use super::{Part, renewal};
use crate::servers;
use cutover_export::field::Field;
use cutover_export::records::altova::Credential;
use cutover_model::known::Known;

/// Whether the grant sends a browser to the authorization endpoint; `None` when the grant is unknown.
fn sends_a_browser(part: &Part, credential: &Credential) -> Option<bool> {
    // A release without a grant field knows this grant only.
    renewal::grant(part, credential).value().map(|grant| ["authorization_code", "unstated"].contains(&grant.as_str()))
}

/// The endpoint without https, in words; empty when all that are used have it.
pub(super) fn insecure(part: &Part, credential: &Credential) -> Known<String> {
    let browser = sends_a_browser(part, credential);
    let uses_tokens = renewal::grant(part, credential).value().is_none_or(|grant| !grant.is_empty());
    let endpoints = [
        ("token endpoint", "token_endpoint", &credential.token_endpoint, Some(uses_tokens)),
        ("authorization endpoint", "authorization_endpoint", &credential.authorization_endpoint, browser),
    ];
    let mut evidence = part.evidence("");
    let mut unknown = false;
    for (words, member, field, used) in endpoints {
        match (field, used) {
            (_, Some(false)) | (Field::Null, _) => {}
            (Field::Is(address), _) if address.trim().is_empty() || scheme(address) == "https" => {
                evidence = part.evidence(member);
            }
            // Where it is unknown whether it is used, it is still what a browser would be sent to.
            (Field::Is(_), _) => return Known::is(words.to_owned(), part.evidence(member)),
            _ => unknown = true,
        }
    }
    if unknown { Known::Unknown } else { Known::is(String::new(), evidence) }
}

/// Whether the endpoints belong to two providers: a token asked for at one host with a code from another.
pub(super) fn unrelated(part: &Part, credential: &Credential) -> Known<bool> {
    match sends_a_browser(part, credential) {
        Some(false) => return Known::is(false, part.evidence("grant")),
        Some(true) => {}
        None => return Known::Unknown,
    }
    let host_of = |field: &Field<String>| field.value().and_then(|address| host(address));
    match (host_of(&credential.authorization_endpoint), host_of(&credential.token_endpoint)) {
        (Some(one), Some(two)) => {
            let server = |host: &str| servers::of_host(host).map(|server| server.id.as_str());
            let same = family(&one) == family(&two) || server(&one).is_some_and(|id| server(&two) == Some(id));
            Known::is(!same, part.evidence("authorization_endpoint"))
        }
        _ => Known::Unknown,
    }
}

/// Whether MapForce chooses the port of the redirect URI anew. FlowForce fills in a fixed URI of its own.
pub(super) fn automatic_port(part: &Part, credential: &Credential) -> Known<bool> {
    let on_server = credential.origin.value().is_some_and(|origin| origin.0 == "created_on_server");
    match sends_a_browser(part, credential) {
        Some(false) => Known::is(false, part.evidence("grant")),
        Some(true) if on_server => Known::is(false, part.evidence("origin")),
        Some(true) => part.said(&credential.specific_port, "specific_port", |specific| !specific),
        None => Known::Unknown,
    }
}

/// Whether the provider compares redirect URIs letter by letter. Procore does: it has no dynamic redirect URIs.
pub(super) fn exact_redirect(part: &Part, credential: &Credential) -> Known<bool> {
    if let Field::Is(exact) = &credential.provider_exact_redirect {
        return Known::is(*exact, part.evidence("provider_exact_redirect"));
    }
    let host = credential.token_endpoint.value().and_then(|address| host(address));
    match host {
        Some(host) if family(&host) == "procore.com" => Known::is(true, part.evidence("token_endpoint")),
        _ => Known::Unknown,
    }
}

fn scheme(address: &str) -> String {
    address.trim().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default()
}

/// The host of an address, in lower case, without port.
pub(super) fn host(address: &str) -> Option<String> {
    let (_, rest) = address.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.to_ascii_lowercase();
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        _ => host,
    };
    Some(host).filter(|host| !host.is_empty())
}

/// What hosts of one provider have in common: the last two labels, three where those are `co.uk` and the like. A number
/// has no family but itself.
fn family(host: &str) -> String {
    let labels: Vec<&str> = host.split('.').collect();
    let is_number = labels.iter().all(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    let last = |back: usize| labels.len().checked_sub(back).and_then(|at| labels.get(at)).copied().unwrap_or_default();
    let kept = if last(1).len() == 2 && last(2).len() <= 3 { 3 } else { 2 };
    if is_number {
        host.to_owned()
    } else {
        labels.get(labels.len().saturating_sub(kept)..).unwrap_or_default().join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_provider_have_one_family() {
        for (one, two, related) in [
            ("login.procore.com", "api.procore.com", true),
            ("login.procore.com", "procore.com", true),
            ("login.procore.com", "login.procore.com.evil.example", false),
            ("id.firm.co.uk", "id.other.co.uk", false),
            ("id.firm.co.uk", "api.firm.co.uk", true),
            ("10.0.0.1", "10.1.0.1", false),
            ("localhost", "localhost", true),
        ] {
            assert_eq!(family(one) == family(two), related, "{one} {two}");
        }
    }

    #[test]
    fn a_host_has_neither_name_nor_port() {
        assert_eq!(host("https://me@Login.Procore.com:443/oauth"), Some("login.procore.com".to_owned()));
        assert_eq!(host("login.procore.com"), None);
    }
}
