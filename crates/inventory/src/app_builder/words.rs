//! The words of App Builder's open enumerations, in those that all systems share.
//!
//! Hardly any literal is documented, so a word is recognised by what it holds; one that is unknown costs a note, no more.

use super::plain;
use cutover_export::field::Field;
use cutover_export::records::app_builder as records;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// The families of provider, by how their types begin once reduced to letters and digits. Of the literals only
/// `saml_sp` is documented; the others are the names on App Builder's pages. The first that fits counts.
const FAMILIES: [(&str, &str); 24] = [
    ("apikey", "api_key"),
    ("applicationauthentication", "application_authentication"),
    ("authorizationserver", "authorization_server"),
    ("activedirectory", "active_directory"),
    ("google", "openid_connect"),
    ("http", "http"),
    ("integratedwindows", "integrated_windows"),
    ("jitterbitharmony", "jitterbit_harmony"),
    ("harmony", "jitterbit_harmony"),
    ("jwt", "jwt"),
    ("local", "local_user"),
    ("microsoft", "openid_connect"),
    ("odata", "odata"),
    ("oauth", "oauth"),
    ("oidc", "openid_connect"),
    ("openidconnect", "openid_connect"),
    ("rewriteurl", "rewrite_url"),
    ("salesforce", "salesforce"),
    ("saml", "saml"),
    ("sapodata", "odata"),
    ("successfactors", "success_factors"),
    ("userprovisioning", "user_provisioning"),
    ("webaccess", "web_access_management"),
    ("wsfederation", "ws_federation"),
];

/// The families that sign in by OAuth, or may.
pub(super) const OAUTH: [&str; 3] = ["oauth", "openid_connect", "salesforce"];

/// The family of a type; the type as written when it is unknown.
pub(super) fn family(r#type: &Field<String>, origin: Origin, diagnostics: &mut Vec<Diagnostic>) -> Known<String> {
    let Some(written) = r#type.value() else { return Known::Unknown };
    let letters = plain(written);
    let known = FAMILIES.iter().find(|(start, _)| letters.starts_with(start));
    if known.is_none() {
        note(diagnostics, origin, "type", &format!("a provider of the type `{written}`, which is unknown here"));
    }
    let name = known.map_or_else(|| written.trim().to_owned(), |(_, family)| (*family).to_owned());
    Known::is(name, Evidence::new(origin, "type"))
}

/// An open enumeration has a word that is unknown here: worth a note, no more.
fn note(diagnostics: &mut Vec<Diagnostic>, origin: Origin, member: &str, message: &str) {
    let place = Place::Member(origin, member.to_owned());
    diagnostics.push(Diagnostic::new(Code::UnknownWord, place, message));
}

/// The grant type in the words that all systems share.
pub(super) fn grant(
    record: &records::Provider,
    family: &Known<String>,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Known<String> {
    let evidence = || Evidence::new(origin, "oauthGrantType");
    let letters = record.oauth_grant_type.value().map(|written| plain(written)).unwrap_or_default();
    let described = match letters.as_str() {
        "" | "none" => {
            let other = family.value().is_some_and(|family| !OAUTH.contains(&family.as_str()) && is_recognised(family));
            let none = other && !matches!(record.oauth_grant_type, Field::Wrong);
            return if none { Known::is("none".to_owned(), family_evidence(family, origin)) } else { Known::Unknown };
        }
        text if text.contains("password") || text.contains("resourceowner") || text == "ropc" => "password",
        text if text.contains("implicit") => "implicit",
        text if text.contains("saml") => "saml2_bearer",
        text if text.contains("jwt") => "jwt_bearer",
        text if text.contains("clientcredential") => "client_credentials",
        text if text.contains("authorizationcode") || text == "code" => "authorization_code",
        _ => {
            let written = record.oauth_grant_type.value().map_or("", String::as_str);
            note(diagnostics, origin, "oauthGrantType", &format!("the grant type `{written}` is unknown here"));
            return Known::Unknown;
        }
    };
    Known::is(described.to_owned(), evidence())
}

fn family_evidence(family: &Known<String>, origin: Origin) -> Evidence {
    family.stated().map_or_else(|| origin.into(), |stated| stated.evidence.clone())
}

/// Delegated OAuth is an authentication type of providers that call HTTP services.
pub(super) fn delegated(authentication: &Field<String>, family: &Known<String>, origin: Origin) -> Known<bool> {
    let evidence = Evidence::new(origin, "authenticationType");
    let cannot = |family: &&String| !["http", "odata"].contains(&family.as_str()) && is_recognised(family);
    match authentication {
        Field::Is(written) => Known::is(plain(written).contains("delegatedoauth"), evidence),
        Field::Null => Known::is(false, evidence),
        Field::Missing if family.value().filter(cannot).is_some() => Known::is(false, family_evidence(family, origin)),
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}

fn is_recognised(family: &str) -> bool {
    FAMILIES.iter().any(|(_, known)| *known == family)
}
