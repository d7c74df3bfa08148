//! Providers of the same name in several environments, and in what they differ.
//!
//! A package carries endpoints and no providers, so a provider is set up by hand in every environment. Some things must
//! differ there (addresses, client ids, certificates); for the rest, what was tested is not what runs.

use std::collections::{BTreeMap, BTreeSet};

use super::Provider;
use super::plain;
use crate::credentials::Store;
use cutover_export::field::Field;
use cutover_export::manual_files::app_builder::AppBuilderSettings;
use cutover_export::records::app_builder as records;
use cutover_export::records::app_builder::{AppBuilderRecords, Setting};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;
use cutover_secrets::{is_harmless, secret_name};

/// The members that are compared. `settings` and `registration` are compared one by one: `settings.LogPII`.
const ASPECTS: [&str; 17] = [
    "type",
    "authenticationType",
    "oauthGrantType",
    "oauthClientAuthenticationType",
    "oauthResourceAuthenticationType",
    "tokenOwner",
    "subject",
    "issuer",
    "audience",
    "recipient",
    "endpoints",
    "credentials",
    "certificates",
    "claimTypes",
    "groups",
    "settings",
    "registration",
];

/// What may differ when the company decided nothing: what belongs to the environment itself.
const USUAL: [&str; 8] =
    ["subject", "issuer", "audience", "recipient", "endpoints", "credentials", "certificates", "groups"];

/// A slip of the pen in `may_differ` would let nothing differ.
pub(super) fn check_may_differ(settings: &AppBuilderSettings, origin: Origin, diagnostics: &mut Vec<Diagnostic>) {
    for name in settings.may_differ.iter().flatten() {
        let head = name.split_once('.').map_or(name.as_str(), |(head, _)| head);
        if !ASPECTS.contains(&head) {
            let message = format!("`may_differ` names `{name}`, which providers do not have");
            let place = Place::Member(origin, "may_differ".to_owned());
            diagnostics.push(Diagnostic::new(Code::Unmatched, place, message));
        }
    }
}

/// Compares each provider with its namesake in production, or else in the first environment that has one.
pub(super) fn compare(
    providers: &mut [Provider],
    stores: &[Store],
    settings: &AppBuilderSettings,
    read: &AppBuilderRecords,
) {
    let mut namesakes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, provider) in providers.iter().enumerate() {
        namesakes.entry(provider.name.clone()).or_default().push(index);
    }
    let allowed = Allowed(settings.may_differ.as_ref());
    let environment = |provider: &Provider| stores.get(provider.store)?.environment.value().cloned();
    let mut described = Vec::new();
    for group in namesakes.into_values().filter(|group| group.len() > 1) {
        let all: Vec<(usize, &Provider)> = group.iter().filter_map(|at| Some((*at, providers.get(*at)?))).collect();
        let production = all.iter().find(|(_, provider)| {
            environment(provider).is_some_and(|environment| settings.is_production(&environment))
        });
        let Some((base_at, base)) = production.or(all.first()) else { continue };
        let name = environment(base).unwrap_or_else(|| "the environment without a name".to_owned());
        for (at, provider) in &all {
            let is_base = at == base_at;
            let differences = if is_base {
                Known::is(String::new(), provider.origin)
            } else {
                differences(base, provider, &allowed, read)
            };
            described.push((*at, (!is_base).then(|| name.clone()), differences));
        }
    }
    for (at, compared_with, differences) in described {
        if let Some(provider) = providers.get_mut(at) {
            (provider.compared_with, provider.differences) = (compared_with, differences);
        }
    }
}

struct Allowed<'a>(Option<&'a Vec<String>>);

impl Allowed<'_> {
    fn holds(&self, aspect: &str) -> bool {
        let head = aspect.split_once('.').map_or(aspect, |(head, _)| head);
        match self.0 {
            Some(names) => names.iter().any(|name| name == aspect || name == head),
            None => USUAL.contains(&head),
        }
    }
}

/// The aspects that are not the same; unknown when none of them is known to differ and one of them is on one side only.
fn differences(base: &Provider, other: &Provider, allowed: &Allowed<'_>, read: &AppBuilderRecords) -> Known<String> {
    let (one, two) = (aspects(base, read), aspects(other, read));
    let names: BTreeSet<&String> = one.keys().chain(two.keys()).filter(|name| !allowed.holds(name)).collect();
    let (mut differing, mut open) = (Vec::new(), false);
    for name in names {
        let side = |aspects: &BTreeMap<String, Option<String>>| {
            // What nobody set has its default; where the parameters are not in the export, nobody knows.
            let unknown = aspects.get("settings").is_some_and(Option::is_none) && name.starts_with("settings.");
            aspects.get(name).cloned().unwrap_or_else(|| if unknown { None } else { Some(String::new()) })
        };
        match (side(&one), side(&two)) {
            (Some(first), Some(second)) if first != second => differing.push(name.as_str()),
            (Some(_), None) | (None, Some(_)) => open = true,
            _ => {}
        }
    }
    match differing.first() {
        Some(first) => {
            let member = first.replacen('.', "/", 1);
            Known::is(differing.join(", "), Evidence::new(other.origin, member))
        }
        None if open => Known::Unknown,
        None => Known::is(String::new(), other.origin),
    }
}

/// Every aspect of a provider as a text that can be compared; `None` for what the export does not say.
fn aspects(provider: &Provider, read: &AppBuilderRecords) -> BTreeMap<String, Option<String>> {
    let record = &provider.record;
    let mut out = BTreeMap::new();
    let mut describe = |name: &str, text: Option<String>| {
        out.insert(name.to_owned(), text);
    };
    describe("type", word(&record.r#type));
    describe("authenticationType", word(&record.authentication_type));
    describe("oauthGrantType", word(&record.oauth_grant_type));
    describe("oauthClientAuthenticationType", word(&record.oauth_client_authentication_type));
    describe("oauthResourceAuthenticationType", word(&record.oauth_resource_authentication_type));
    describe("tokenOwner", word(&record.token_owner));
    describe("subject", exact(&record.subject));
    describe("issuer", exact(&record.issuer));
    describe("audience", exact(&record.audience));
    describe("recipient", exact(&record.recipient));
    describe("endpoints", list(&record.endpoints));
    describe("credentials", list(&record.credentials));
    describe("certificates", list(&record.certificates));
    describe("claimTypes", claims(&record.claim_types));
    describe("groups", list(&record.groups));
    match &record.registration {
        Field::Is(registration) => registration_of(registration, &mut describe),
        Field::Null => {}
        Field::Missing | Field::Wrong => describe("registration", None),
    }
    match &record.settings {
        Field::Is(settings) => {
            for (name, field) in settings.0.iter().filter(|(name, _)| secret_name(name).is_none()) {
                let headers = read.authentication_headers.get(&provider.origin);
                let text = match headers.filter(|_| name.eq_ignore_ascii_case("RequestHeaders")) {
                    Some(headers) => Some(headers.join(", ")),
                    None => setting(field),
                };
                describe(&format!("settings.{name}"), text);
            }
        }
        Field::Null => {}
        Field::Missing | Field::Wrong => describe("settings", None),
    }
    out
}

fn registration_of(registration: &records::Registration, describe: &mut impl FnMut(&str, Option<String>)) {
    describe("registration.enabled", setting(&registration.enabled));
    describe("registration.redirectOnChallenge", setting(&registration.redirect_on_challenge));
    describe("registration.showOnLoginForm", setting(&registration.show_on_login_form));
    describe("registration.userProvisioning", setting(&registration.user_provisioning));
}

/// A word of an enumeration: capitals and dashes do not count.
fn word(field: &Field<String>) -> Option<String> {
    exact(field).map(|text| plain(&text))
}

fn exact(field: &Field<String>) -> Option<String> {
    match field {
        Field::Is(text) => Some(text.trim().to_owned()),
        Field::Null => Some(String::new()),
        Field::Missing | Field::Wrong => None,
    }
}

/// What each claim is used for; the name of a claim is spelt in two ways.
fn claims(field: &Field<Vec<Field<records::ClaimType>>>) -> Option<String> {
    let Field::Is(all) = field else { return list(field) };
    let claim = |field: &Field<records::ClaimType>| {
        let claim = field.value()?;
        let name = claim.identifier.value().or(claim.identitier.value()).map(|name| name.trim());
        Some(format!("{name:?} {:?} {:?} {:?}", word(&claim.usage), setting(&claim.priority), setting(&claim.ignore)))
    };
    let mut texts: Option<Vec<String>> = all.iter().map(claim).collect();
    texts.iter_mut().for_each(|texts| texts.sort());
    texts.map(|texts| texts.join("\n"))
}

/// A list, in whatever order.
fn list<T: std::fmt::Debug>(field: &Field<Vec<Field<T>>>) -> Option<String> {
    match field {
        Field::Is(list) => {
            let mut texts: Vec<String> = list.iter().map(|element| format!("{element:?}")).collect();
            texts.sort();
            Some(texts.join("\n"))
        }
        Field::Null => Some(String::new()),
        Field::Missing | Field::Wrong => None,
    }
}

/// A parameter: off and not set are the same, and what was blanked out or replaced by a word cannot be compared.
fn setting(field: &Field<Setting>) -> Option<String> {
    match field {
        Field::Is(setting) => match setting.flag() {
            Some(true) => Some("true".to_owned()),
            Some(false) => Some(String::new()),
            None => setting.text().filter(|text| !is_harmless(text)).map(str::to_owned),
        },
        Field::Null => Some(String::new()),
        Field::Missing | Field::Wrong => None,
    }
}
