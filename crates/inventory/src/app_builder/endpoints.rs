//! Published endpoints: which of them are sensitive and can be written, and who may do that.

use std::collections::{BTreeMap, BTreeSet};

use super::users::User;
use super::{Environments, Provider, plain};
use crate::credentials::StoreIx;
use crate::stated::text;
use cutover_export::field::Field;
use cutover_export::records::app_builder::AppBuilderRecords;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::{Known, Stated};

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
    /// Where it is.
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
    let accepted = query_keys(providers);
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
        // A provider that was lost may accept what the others do not.
        let gap = read.gaps.contains(&of.of);
        let may_be_all = |known: &&Known<bool>| !gap || known.value() == Some(&true);
        let name = if application.is_empty() { name.to_owned() } else { format!("{application}/{name}") };
        let endpoint = Endpoint {
            store,
            sensitive: sensitive(&record.sensitivity, origin, diagnostics),
            writable: members(&record.methods, origin, "methods")
                .map(|methods| methods.iter().any(|method| !READING.contains(&method.as_str()))),
            groups: members(&record.groups, origin, "groups"),
            has_api_key_field: members(&record.fields, origin, "fields").map(|fields| fields.contains("apikey")),
            query_keys: accepted.get(&store).filter(may_be_all).cloned().unwrap_or_default(),
            origin,
            name: name.clone(),
        };
        match out.get_mut(&(store, name)) {
            Some(known) => {
                let contradicts = [
                    known.sensitive.merge(endpoint.sensitive),
                    known.writable.merge(endpoint.writable),
                    known.groups.merge(endpoint.groups),
                    known.has_api_key_field.merge(endpoint.has_api_key_field),
                ];
                if contradicts.contains(&true) {
                    let message = format!(
                        "two records of the endpoint `{}` differ; differing values are treated as unknown",
                        known.name
                    );
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
            let message = format!("the sensitivity `{value}` is unknown here: write sensitive or not sensitive");
            let place = Place::Member(origin, "sensitivity".to_owned());
            diagnostics.push(Diagnostic::new(Code::UnknownWord, place, message));
            Known::Unknown
        }
    }
}

/// Whether some provider of an environment accepts keys in query strings, by environment.
fn query_keys(providers: &[Provider]) -> BTreeMap<StoreIx, Known<bool>> {
    let mut out: BTreeMap<StoreIx, Known<bool>> = BTreeMap::new();
    for provider in providers {
        let known = out.entry(provider.store).or_insert_with(|| provider.query_keys.clone());
        match (known.value(), provider.query_keys.value()) {
            (Some(true), _) | (_, Some(false)) => {}
            _ => *known = provider.query_keys.clone(),
        }
    }
    out
}

/// The groups that may call an endpoint, if that is known, and the place that says it.
type Allowed = Option<(BTreeSet<String>, Evidence)>;

/// The endpoints that are sensitive and can be written, by environment.
pub(super) struct Sensitive {
    /// Environments whose endpoints are all known.
    listed: BTreeSet<StoreIx>,
    /// Who may call them; one entry for each set of groups.
    sure: BTreeMap<StoreIx, BTreeSet<Allowed>>,
    /// The same for those that may be sensitive and writable.
    unsure: BTreeMap<StoreIx, BTreeSet<Allowed>>,
}

impl Sensitive {
    /// Of all environments.
    pub(super) fn of(read: &AppBuilderRecords, environments: &Environments, endpoints: &[Endpoint]) -> Self {
        let whole = read.endpoints_listed.iter().filter(|name| !read.gaps.contains(*name));
        let listed = whole.filter_map(|name| environments.get(name).copied()).collect();
        let mut out = Self { listed, sure: BTreeMap::new(), unsure: BTreeMap::new() };
        let mut seen: BTreeSet<(StoreIx, bool, Option<&BTreeSet<String>>)> = BTreeSet::new();
        for endpoint in endpoints {
            let both = [endpoint.sensitive.value(), endpoint.writable.value()];
            let sure = both.iter().all(|known| *known == Some(&true));
            if both.contains(&Some(&false)) || !seen.insert((endpoint.store, sure, endpoint.groups.value())) {
                continue;
            }
            let allowed = endpoint.groups.stated().map(|groups| (groups.value.clone(), groups.evidence.clone()));
            let side = if sure { &mut out.sure } else { &mut out.unsure };
            side.entry(endpoint.store).or_default().insert(allowed);
        }
        out
    }

    /// Whether a user may write to a sensitive endpoint of an environment. That it may not stands nowhere in
    /// particular: it is said of what names the user.
    pub(super) fn writable_by(&self, store: StoreIx, user: Option<&User>, named: &Evidence) -> Known<bool> {
        let groups = user.and_then(|user| user.groups.value());
        let is_out = |allowed: &Allowed| match (allowed, groups) {
            (Some((allowed, _)), Some(groups)) => Some(allowed.is_disjoint(groups)),
            _ => None,
        };
        let sure = || self.sure.get(&store).into_iter().flatten();
        if let Some(Some((_, evidence))) = sure().find(|allowed| is_out(allowed) == Some(false)) {
            return Known::is(true, evidence.clone());
        }
        let mut all = sure().chain(self.unsure.get(&store).into_iter().flatten());
        let closed = all.all(|allowed| is_out(allowed) == Some(true));
        if closed && self.listed.contains(&store) { Known::is(false, named.clone()) } else { Known::Unknown }
    }
}
