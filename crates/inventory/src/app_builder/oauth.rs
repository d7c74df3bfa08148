//! Providers that sign in by OAuth hold a client id, and so they are credentials like those of any other system.

use super::{Provider, plain};
use crate::credentials::{Particulars, StoredCredential};
use cutover_export::field::{Field, Named};
use cutover_export::records::app_builder::{ProviderCredential, Setting};
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;

/// The stored credential of a provider; `None` when it does not sign in by OAuth.
pub(super) fn credential(provider: &Provider) -> Option<StoredCredential> {
    provider.is_oauth().then(|| StoredCredential {
        store: provider.store,
        id: provider.name.clone(),
        name: provider.name.clone(),
        kind: "oauth2".to_owned(),
        grant: if provider.grant.value().is_some_and(|grant| grant == "none") {
            Known::Unknown
        } else {
            provider.grant.clone()
        },
        client_id: client_id(provider),
        authorization_endpoint: endpoint(provider, &["authoriz"]),
        token_endpoint: endpoint(provider, &["token"]),
        redirect_uris: Known::Unknown,
        scope: scope(provider),
        particulars: Particulars::default(),
        evidence: provider.origin.into(),
    })
}

/// The user name of the client's credential. The words for the types of credential are not documented: with one
/// credential it is the client's, with several the one whose type speaks of a client.
fn client_id(provider: &Provider) -> Known<String> {
    let Some(list) = provider.record.credentials.value() else { return Known::Unknown };
    let of_client = |credential: &ProviderCredential| {
        credential.r#type.value().map(|written| plain(written)).is_some_and(|written| written.contains("client"))
    };
    let named = |(index, field): (usize, &Field<ProviderCredential>)| {
        let credential = field.value()?;
        let name = credential.user_name.value().map(|name| name.trim()).filter(|name| !name.is_empty())?;
        let evidence = Evidence::new(provider.origin, format!("credentials/{index}/userName"));
        Some((of_client(credential), name.to_owned(), evidence))
    };
    let all: Vec<_> = list.iter().enumerate().filter_map(named).collect();
    let clients: Vec<_> = if all.len() == 1 { all } else { all.into_iter().filter(|(client, _, _)| *client).collect() };
    match clients.as_slice() {
        [(_, name, evidence)] => Known::is(name.clone(), evidence.clone()),
        _ => Known::Unknown,
    }
}

/// The address of the only endpoint whose type speaks of one of these words.
fn endpoint(provider: &Provider, words: &[&str]) -> Known<String> {
    let list = provider.record.endpoints.value().map_or(&[][..], Vec::as_slice);
    let mut fitting = list.iter().enumerate().filter_map(|(index, field)| {
        let endpoint = field.value()?;
        let kind = plain(endpoint.r#type.value()?);
        let other = ["revo", "introspect"].iter().any(|word| kind.contains(word));
        let fits = !other && words.iter().any(|word| kind.contains(word));
        let evidence = Evidence::new(provider.origin, format!("endpoints/{index}/url"));
        fits.then_some(Known::is(endpoint.url.value()?.trim().to_owned(), evidence))
    });
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => only,
        _ => Known::Unknown,
    }
}

fn scope(provider: &Provider) -> Known<String> {
    let Some(Named(settings)) = provider.record.settings.value() else { return Known::Unknown };
    let named = |name: &str| ["scope", "scopes"].iter().any(|scope| name.eq_ignore_ascii_case(scope));
    let Some((name, field)) = settings.iter().find(|(name, _)| named(name)) else { return Known::Unknown };
    let evidence = Evidence::new(provider.origin, format!("settings/{name}"));
    match field {
        Field::Null => Known::is(String::new(), evidence),
        Field::Is(setting) => match setting {
            Setting::Text(text) => Known::is(text.trim().to_owned(), evidence),
            Setting::Nested => Known::Unknown,
        },
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}
