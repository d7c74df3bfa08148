//! Jitterbit App Builder: what its environments hold, joined within each environment.
//!
//! An environment is a [`Store`]. It has security providers, API keys that the providers issued to users, and endpoints
//! that the keys open. Providers, keys and users do not travel between environments: a package carries endpoints only,
//! so the same name in two environments is two things that somebody set up twice.

use std::collections::{BTreeMap, BTreeSet};

mod drift;
mod endpoints;
mod key_overlap;
mod keys;
mod oauth;
mod providers;
mod users;
mod words;

pub use endpoints::Endpoint;
pub use key_overlap::{Overlap, overlaps};
pub use keys::{ApiKey, Life};
pub use providers::Provider;

use super::Company;
use super::credentials::{Store, StoreIx, System};
use cutover_export::manual_files::app_builder::AppBuilderSettings;
use cutover_export::records::app_builder::{AppBuilderRecords, EnvironmentName};
use cutover_export::{Read, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// Everything that the App Builder environments of a company hold.
#[derive(Debug, Default)]
pub struct AppBuilder {
    /// The providers, by environment and name.
    pub providers: Vec<Provider>,
    /// The API keys, by environment and identifier.
    pub keys: Vec<ApiKey>,
    /// The endpoints, by environment, application and name.
    pub endpoints: Vec<Endpoint>,
    /// What the company decided.
    pub decisions: AppBuilderSettings,
}

/// The environments, by name: nameless first.
type Environments = BTreeMap<EnvironmentName, StoreIx>;

impl Company {
    /// Reads every App Builder environment.
    pub(super) fn read_app_builder(&mut self, records: &Records, diagnostics: &mut Vec<Diagnostic>) {
        let read = &records.app_builder;
        let environments = self.environments(read);
        let mut app = AppBuilder::default();
        if let Some(Read { value: settings, origin }) = &records.settings {
            app.decisions = settings.app_builder.clone();
            drift::check_may_differ(&app.decisions, *origin, diagnostics);
        }
        app.providers = providers::read(read, &environments, diagnostics);
        let users = users::read(read, &environments, &app.decisions, diagnostics);
        app.endpoints = endpoints::read(read, &environments, &app.providers, diagnostics);
        let sensitive = endpoints::Sensitive::of(read, &environments, &app.endpoints);
        app.keys = keys::read(read, &environments, diagnostics);
        for key in &mut app.keys {
            key.join(&users, &sensitive);
        }
        providers::count_keys(&mut app.providers, &app.keys, &self.present, &environments, read);
        drift::compare(&mut app.providers, &self.stores, &app.decisions, read);
        let credentials = app.providers.iter().filter_map(oauth::credential);
        self.credentials.extend(credentials);
        report_absent_providers(&app, &users, diagnostics);
        self.app_builder = app;
    }

    /// Makes a store of each environment that some file speaks of.
    fn environments(&mut self, read: &AppBuilderRecords) -> Environments {
        let providers = read.providers.iter().map(|of| (&of.of, of.read.origin));
        let keys = read.keys.iter().map(|of| (&of.of, of.read.origin));
        let endpoints = read.endpoints.iter().map(|of| (&of.of, of.read.origin));
        let users = read.users.iter().map(|of| (&of.of, of.read.origin));
        let mut first: BTreeMap<&EnvironmentName, Origin> = BTreeMap::new();
        for (name, origin) in providers.chain(keys).chain(endpoints).chain(users) {
            let known = first.entry(name).or_insert(origin);
            *known = origin.min(*known);
        }
        let mut out = Environments::new();
        for (name, origin) in first {
            out.insert(name.clone(), self.stores.len());
            let (id, shown) = match name {
                Some(name) => (format!("app builder/{name}"), format!("App Builder {name}")),
                None => ("app builder".to_owned(), "App Builder".to_owned()),
            };
            let evidence = Evidence::from(origin);
            let environment = match name {
                Some(name) => Known::is(name.clone(), evidence.clone()),
                None => Known::Unknown,
            };
            self.stores.push(Store { id, name: shown, system: System::AppBuilder, environment, evidence });
        }
        out
    }
}

/// A key of a provider that the export does not hold is evaluated without it; somebody should know.
fn report_absent_providers(app: &AppBuilder, users: &users::Users, diagnostics: &mut Vec<Diagnostic>) {
    let mut described: BTreeMap<(StoreIx, &'static str, &str), Origin> = BTreeMap::new();
    let named: BTreeSet<(StoreIx, &str)> = app.providers.iter().map(|one| (one.store, one.name.as_str())).collect();
    let provided: BTreeSet<StoreIx> = app.providers.iter().map(|one| one.store).collect();
    for key in &app.keys {
        if let Some(provider) = key.provider.stated().filter(|stated| !stated.value.is_empty())
            && provided.contains(&key.store)
            && !named.contains(&(key.store, provider.value.as_str()))
        {
            described.entry((key.store, "provider", &provider.value)).or_insert(provider.evidence.origin);
        }
        if let Some(user) = key.user.stated().filter(|stated| users.has_some(key.store) && !stated.value.is_empty())
            && users.get(key.store, &user.value).is_none()
        {
            described.entry((key.store, "user", &user.value)).or_insert(user.evidence.origin);
        }
    }
    for ((_, what, name), origin) in described {
        let message = format!("an API key of the {what} `{name}`, which the export of this environment does not hold");
        diagnostics.push(Diagnostic::new(Code::Unresolved, Place::Member(origin, what.to_owned()), message));
    }
}

/// Letters and digits in lower case: `OAuth 2.0` and `oauth_20` are the same word.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
