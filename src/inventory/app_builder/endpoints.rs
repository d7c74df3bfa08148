//! Published endpoints: which of them are sensitive and can be written, and who may do that.

use std::collections::{BTreeMap, BTreeSet};

use super::users::User;
use super::{Environments, Provider, plain};
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::{Evidence, Origin};
use crate::export::field::Field;
use crate::export::records::app_builder::AppBuilderRecords;
use crate::inventory::credentials::StoreIx;
use crate::inventory::known::{Known, Stated, text};

/// A REST endpoint of one environment.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its environment.
    pub store: StoreIx,
    /// Application and name, with a slash between.
    pub name: String,
    /// Whether what it gives or takes is sensitive.
    pub sensitive: Known<bool>,
    /// Whether it can change anything: one of its methods is not for reading only.
    pub writable: Known<bool>,
    /// The groups whose members may call it, in lower case.
    pub groups: Known<BTreeSet<String>>,
    /// It has a field named `apiKey`, as the query parameter is.
    pub has_api_key_field: Known<bool>,
    /// Some provider of the environment accepts keys in query strings.
    pub query_keys: Known<bool>,
    /// Where it stands.
    pub origin: Origin,
}

/// Methods that change nothing.
const READING: [&str; 4] = ["get", "head", "options", "trace"];

/// Reads the endpoints, by environment and name.
pub(super) fn read(
    read: &AppBuilderRecords,
    environments: &Environments,
    providers: &[Provider],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Endpoint> {
    let mut out: BTreeMap<(StoreIx, String), Endpoint> = BTreeMap::new();
    let mut sources: Vec<_> = read.endpoints.iter().collect();
    sources.sort_by_key(|of| of.read.origin);
    for of in sources {
        let (record, origin) = (&of.read.value, of.read.origin);
        let place = |member: &str| Place::Member(origin, member.to_owned());
        let Some(name) = record.endpoint.value().map(|name| name.trim()).filter(|name| !name.is_empty()) else {
            let message = "an endpoint without `endpoint`; it was left out";
            diagnostics.push(Diagnostic::new(Code::Shape, place("endpoint"), message));
            continue;
        };
        let Some(store) = environments.get(&of.of).copied() else { continue };
        let application = record.application.value().map_or("", |name| name.trim());
        let name = if application.is_empty() { name.to_owned() } else { format!("{application}/{name}") };
        let endpoint = Endpoint {
            store,
            sensitive: sensitive(&record.sensitivity, origin, diagnostics),
            writable: members(&record.methods, origin, "methods")
                .map(|methods| methods.iter().any(|method| !READING.contains(&method.as_str()))),
            groups: members(&record.groups, origin, "groups"),
            has_api_key_field: members(&record.fields, origin, "fields").map(|fields| fields.contains("apikey")),
            query_keys: query_keys(providers, store, read.gaps.contains(&of.of)),
            origin,
            name: name.clone(),
        };
        match out.get_mut(&(store, name)) {
            Some(known) => {
                let contradicts = [
                    known.sensitive.hear(endpoint.sensitive),
                    known.writable.hear(endpoint.writable),
                    known.groups.hear(endpoint.groups),
                    known.has_api_key_field.hear(endpoint.has_api_key_field),
                ];
                if contradicts.contains(&true) {
                    let message =
                        format!("two records of the endpoint `{}` differ; what differs counts as unknown", known.name);
                    diagnostics.push(Diagnostic::new(Code::Conflict, place("endpoint"), message));
                }
            }
            None => {
                out.insert((store, endpoint.name.clone()), endpoint);
            }
        }
    }
    out.into_values().collect()
}

/// The texts of a list, in lower case; unknown when one of them is no text.
fn members(list: &Field<Vec<Field<String>>>, origin: Origin, member: &'static str) -> Known<BTreeSet<String>> {
    let evidence = Evidence::new(origin, member);
    match list {
        Field::Null => Known::is(BTreeSet::new(), evidence),
        Field::Is(list) => {
            let texts: Option<BTreeSet<String>> =
                list.iter().map(|field| field.value().map(|text| text.trim().to_lowercase())).collect();
            texts.map_or(Known::Unknown, |texts| Known::is(texts, evidence))
        }
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}

fn sensitive(field: &Field<String>, origin: Origin, diagnostics: &mut Vec<Diagnostic>) -> Known<bool> {
    let Known::Is(Stated { value, evidence }) = text(field, origin, "sensitivity") else { return Known::Unknown };
    match plain(&value).as_str() {
        "sensitive" | "high" | "confidential" | "restricted" | "critical" => Known::is(true, evidence),
        "notsensitive" | "low" | "medium" | "internal" | "public" | "none" => Known::is(false, evidence),
        "" => Known::Unknown,
        _ => {
            let message = format!("the sensitivity `{value}` is not known here: write sensitive or not sensitive");
            let place = Place::Member(origin, "sensitivity".to_owned());
            diagnostics.push(Diagnostic::new(Code::UnknownWord, place, message));
            Known::Unknown
        }
    }
}

/// Whether some provider of an environment accepts keys in query strings.
fn query_keys(providers: &[Provider], store: StoreIx, gap: bool) -> Known<bool> {
    let mine = || providers.iter().filter(|provider| provider.store == store).map(|provider| &provider.query_keys);
    if let Some(on) = mine().find(|known| known.value() == Some(&true)) {
        return on.clone();
    }
    let all_off = !gap && mine().all(|known| known.value() == Some(&false));
    mine().next().filter(|_| all_off).cloned().unwrap_or_default()
}

/// The endpoints that are sensitive and can be written, by environment.
pub(super) struct Sensitive<'a> {
    /// Environments whose endpoints are all known.
    listed: BTreeSet<StoreIx>,
    endpoints: &'a [Endpoint],
}

impl<'a> Sensitive<'a> {
    /// Of all environments.
    pub(super) fn of(read: &AppBuilderRecords, environments: &Environments, endpoints: &'a [Endpoint]) -> Self {
        let whole = read.endpoints_listed.iter().filter(|name| !read.gaps.contains(*name));
        Self { listed: whole.filter_map(|name| environments.get(name).copied()).collect(), endpoints }
    }

    /// Whether a user may write to a sensitive endpoint of an environment.
    pub(super) fn writable_by(&self, store: StoreIx, user: Option<&User>) -> Known<bool> {
        let may_be = |known: &Known<bool>| known.value() != Some(&false);
        let mine = self.endpoints.iter().filter(|endpoint| endpoint.store == store);
        let open: Vec<&Endpoint> =
            mine.clone().filter(|endpoint| may_be(&endpoint.sensitive) && may_be(&endpoint.writable)).collect();
        let groups = user.and_then(|user| user.groups.stated());
        let mut all_closed = self.listed.contains(&store);
        for endpoint in open {
            match (endpoint.groups.stated(), groups) {
                (Some(allowed), Some(groups)) if allowed.value.is_disjoint(&groups.value) => {}
                (Some(allowed), Some(_))
                    if endpoint.sensitive.value().is_some() && endpoint.writable.value().is_some() =>
                {
                    return Known::is(true, allowed.evidence.clone());
                }
                _ => all_closed = false,
            }
        }
        let place = mine.map(|endpoint| endpoint.origin).min();
        place.filter(|_| all_closed).map_or(Known::Unknown, |origin| Known::is(false, origin))
    }
}
