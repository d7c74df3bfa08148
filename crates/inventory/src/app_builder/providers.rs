//! Security providers: which way in they open, and with which parameters.
//!
//! App Builder lists the parameters that somebody set; the others have their documented default, which is off for all
//! that are read here. So a parameter that is not in the `settings` of a provider is off, and nothing is known of it
//! where the export has no `settings` at all.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::keys::ApiKey;
use super::words::{OAUTH, delegated, family, grant};
use super::{Environments, plain};
use crate::credentials::StoreIx;
use cutover_export::field::{Field, Named};
use cutover_export::records::app_builder as records;
use cutover_export::records::app_builder::{AppBuilderRecords, Setting};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::kind::Kind;
use cutover_model::known::Known;
use cutover_secrets::json_text;
use cutover_secrets::{self as secrets, Presence};

/// A security provider of one environment.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its environment.
    pub store: StoreIx,
    /// Its name: the same in `/signin-Name`.
    pub name: String,
    /// The family its type belongs to: a word of the schema, or the type as written.
    pub family: Known<String>,
    /// Keys in query strings are accepted: `AllowApiKeyInQueryString`.
    pub query_keys: Known<bool>,
    /// Keys over plain HTTP are accepted, by either name of the parameter.
    pub unsafe_http: Known<bool>,
    /// The names under which that parameter stands there; empty when it does not.
    pub unsafe_http_names: Known<String>,
    /// It stands there under both names, and they say different things.
    pub unsafe_http_differs: Known<bool>,
    /// TLS errors of what it calls are skipped: `IgnoreTlsErrors`.
    pub ignores_tls_errors: Known<bool>,
    /// Personal data goes into logs: `LogPII`.
    pub logs_personal_data: Known<bool>,
    /// The names of authentication headers in `RequestHeaders`; empty when there is none.
    pub authentication_headers: Known<String>,
    /// The OAuth grant type; "none" for a provider of another family.
    pub grant: Known<String>,
    /// It signs in by Delegated OAuth, which is deprecated.
    pub delegated_oauth: Known<bool>,
    /// Users are created when they first sign in.
    pub provisions_users: Known<bool>,
    /// How many keys it issued.
    pub keys: Known<usize>,
    /// The environment it was compared with.
    pub compared_with: Option<String>,
    /// In what it differs from its namesake there; empty when in nothing.
    pub differences: Known<String>,
    /// The record.
    pub record: records::Provider,
    /// Where it is.
    pub origin: Origin,
}

/// Reads the providers, by environment and name.
pub(super) fn read(
    read: &AppBuilderRecords,
    environments: &Environments,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Provider> {
    let mut out: BTreeMap<(StoreIx, String), Provider> = BTreeMap::new();
    let mut sources: Vec<_> = read.providers.iter().collect();
    sources.sort_by_key(|of| of.read.origin);
    for of in sources {
        let origin = of.read.origin;
        let place = |member: &str| Place::Member(origin, member.to_owned());
        let Some(name) = of.read.value.name.value().map(|name| name.trim()).filter(|name| !name.is_empty()) else {
            diagnostics.push(Diagnostic::new(Code::Shape, place("name"), "a provider without `name`; it was left out"));
            continue;
        };
        let Some(store) = environments.get(&of.of).copied() else { continue };
        let headers = read.authentication_headers.get(&origin);
        let provider = provider(store, name, &of.read.value, origin, headers, diagnostics);
        match out.get_mut(&(store, name.to_owned())) {
            Some(known) if known.record == provider.record => {}
            Some(known) => {
                let message =
                    format!("two exports of the provider `{name}` differ; differing values are treated as unknown");
                diagnostics.push(Diagnostic::new(Code::Conflict, place("name"), message));
                known.merge(provider);
            }
            None => {
                out.insert((store, name.to_owned()), provider);
            }
        }
    }
    out.into_values().collect()
}

fn provider(
    store: StoreIx,
    name: &str,
    record: &records::Provider,
    origin: Origin,
    headers: Option<&Vec<String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Provider {
    let settings = Settings { list: &record.settings, origin };
    let one = settings.flag("AllowUnsafeHttpConnections", diagnostics);
    let two = settings.flag("AllowInsecureHttp", diagnostics);
    let names = ["AllowUnsafeHttpConnections", "AllowInsecureHttp"];
    let present: Vec<&str> = names.into_iter().filter(|name| settings.find(name).is_some()).collect();
    let both = present.len() == 2;
    let family = family(&record.r#type, origin, diagnostics);
    Provider {
        store,
        name: name.to_owned(),
        query_keys: settings.flag("AllowApiKeyInQueryString", diagnostics),
        unsafe_http: either(&one, &two),
        unsafe_http_names: settings.whole(present.join(" and ")),
        unsafe_http_differs: match (one.value(), two.value()) {
            _ if !both => settings.whole(false),
            (Some(first), Some(second)) if first == second => settings.whole(false),
            (Some(_), Some(_)) => two.map(|_| true),
            _ => Known::Unknown,
        },
        ignores_tls_errors: settings.flag("IgnoreTlsErrors", diagnostics),
        logs_personal_data: settings.flag("LogPII", diagnostics),
        authentication_headers: settings.authentication_headers(headers),
        grant: grant(record, &family, origin, diagnostics),
        delegated_oauth: delegated(&record.authentication_type, &family, origin),
        provisions_users: provisions(&record.registration, origin),
        keys: Known::Unknown,
        compared_with: None,
        differences: Known::Unknown,
        family,
        record: record.clone(),
        origin,
    }
}

impl Provider {
    /// Hears another export of the same provider.
    fn merge(&mut self, other: Self) {
        self.family.merge(other.family);
        self.query_keys.merge(other.query_keys);
        self.unsafe_http.merge(other.unsafe_http);
        self.unsafe_http_names.merge(other.unsafe_http_names);
        self.unsafe_http_differs.merge(other.unsafe_http_differs);
        self.ignores_tls_errors.merge(other.ignores_tls_errors);
        self.logs_personal_data.merge(other.logs_personal_data);
        self.authentication_headers.merge(other.authentication_headers);
        self.grant.merge(other.grant);
        self.delegated_oauth.merge(other.delegated_oauth);
        self.provisions_users.merge(other.provisions_users);
    }

    /// Whether it signs in by OAuth, as far as its type or its grant tells.
    pub(super) fn is_oauth(&self) -> bool {
        let by_family = self.family.value().is_some_and(|family| OAUTH.contains(&family.as_str()));
        by_family || self.grant.value().is_some_and(|grant| grant != "none")
    }
}

/// The parameters of a provider.
struct Settings<'a> {
    list: &'a Field<Named<Setting>>,
    origin: Origin,
}

impl Settings<'_> {
    fn find(&self, name: &str) -> Option<&(SmolStr, Field<Setting>)> {
        self.list.value()?.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Something that the parameters as a whole say.
    fn whole<T>(&self, value: T) -> Known<T> {
        if self.list.is_known() { Known::is(value, Evidence::new(self.origin, "settings")) } else { Known::Unknown }
    }

    fn evidence(&self, name: &str) -> Evidence {
        Evidence::new(self.origin, format!("settings/{}", json_text::escape_token(name.into())))
    }

    /// A parameter that is off unless somebody set it.
    fn flag(&self, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Known<bool> {
        let Some((written, field)) = self.find(name) else { return self.whole(false) };
        let evidence = self.evidence(written);
        match field {
            Field::Null => Known::is(false, evidence),
            Field::Is(setting) if setting.flag().is_some() => Known::is(setting.flag().unwrap_or_default(), evidence),
            _ => {
                let place = Place::Member(self.origin, evidence.member.into());
                let message = format!("`{name}` is neither True nor False; it is treated as unknown");
                diagnostics.push(Diagnostic::new(Code::Member, place, message));
                Known::Unknown
            }
        }
    }

    /// `headers` were read before their values were blanked out.
    fn authentication_headers(&self, headers: Option<&Vec<String>>) -> Known<String> {
        let found = self.find("RequestHeaders");
        let evidence = found.map(|(written, _)| self.evidence(written));
        match (headers, found.map(|(_, field)| field), evidence) {
            (Some(names), _, Some(evidence)) => Known::is(names.join(", "), evidence),
            (None, None, _) => self.whole(String::new()),
            (None, Some(Field::Null), Some(evidence)) => Known::is(String::new(), evidence),
            (None, Some(Field::Is(setting)), Some(evidence)) => {
                let text = setting.text().unwrap_or_default();
                let said = secrets::placeholder(text);
                // A word in place of all headers says nothing of what they are.
                let described = said.is_none() || said.and_then(Presence::is_there) == Some(false);
                if described { Known::is(String::new(), evidence) } else { Known::Unknown }
            }
            _ => Known::Unknown,
        }
    }
}

/// On if one of them is on: which of two names a release honours is not documented.
fn either(one: &Known<bool>, two: &Known<bool>) -> Known<bool> {
    match (one.value(), two.value()) {
        (Some(true), _) => one.clone(),
        (_, Some(true)) => two.clone(),
        (Some(false), Some(false)) => one.clone(),
        _ => Known::Unknown,
    }
}

/// `userProvisioning` names what creates users, or says whether something does.
fn provisions(registration: &Field<records::Registration>, origin: Origin) -> Known<bool> {
    let Field::Is(registration) = registration else { return Known::Unknown };
    let evidence = Evidence::new(origin, "registration/userProvisioning");
    match &registration.user_provisioning {
        Field::Null => Known::is(false, evidence),
        Field::Is(setting) => {
            let text = setting.text().map(plain);
            let off = text.as_deref().is_some_and(|text| ["none", "disabled"].contains(&text));
            Known::is(!off && setting.flag().unwrap_or(true), evidence)
        }
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}

/// Counts the keys of each provider, where the table of keys is there and says of every key whose it is.
pub(super) fn count_keys(
    providers: &mut [Provider],
    keys: &[ApiKey],
    present: &BTreeSet<Kind>,
    environments: &Environments,
    read: &AppBuilderRecords,
) {
    let listed: BTreeSet<StoreIx> = read.keys.iter().filter_map(|of| environments.get(&of.of).copied()).collect();
    let mut counts: BTreeMap<(StoreIx, &str), usize> = BTreeMap::new();
    // A key of which nobody knows the provider may be anyone's.
    let mut open: BTreeSet<StoreIx> = BTreeSet::new();
    for key in keys {
        match key.provider.value() {
            Some(name) => *counts.entry((key.store, name)).or_default() += 1,
            None => {
                open.insert(key.store);
            }
        }
    }
    for provider in providers {
        let known = present.contains(&Kind::AppBuilderKeys) && listed.contains(&provider.store);
        if known && !open.contains(&provider.store) {
            let count = counts.get(&(provider.store, provider.name.as_str())).copied().unwrap_or_default();
            provider.keys = Known::is(count, provider.origin);
        }
    }
}
