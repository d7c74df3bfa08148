//! App Builder: the providers, keys and endpoints of each environment.

use super::{Action, Fact, FactBuilder, Thing, ThingIx, Type, Value};
use cutover_inventory::app_builder::{ApiKey, Endpoint, Life, Overlap, Provider, overlaps};
use cutover_inventory::credentials::StoreIx;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;

impl FactBuilder<'_> {
    /// Phrases every App Builder environment.
    pub(super) fn app_builder(&mut self) {
        let app = &self.company.app_builder;
        app.providers.iter().for_each(|provider| self.provider(provider));
        if self.wants(Action::Issued, Type::Key, Type::Store) {
            let overlaps = overlaps(&app.keys, self.setting.today);
            app.keys.iter().zip(&overlaps).for_each(|(key, overlap)| self.api_key(key, overlap));
        }
        app.endpoints.iter().for_each(|endpoint| self.endpoint(endpoint));
    }

    /// A thing of an environment. Names are unique within it.
    fn in_store(&self, kind: Type, store: StoreIx, name: &str, evidence: Evidence) -> Thing {
        let environment = self.company.stores.get(store).map_or("", |store| store.id.as_str());
        Thing::new(kind, format!("{environment}#{name}"), name, self.this, Some(evidence))
    }

    fn about_store(&mut self, action: Action, principal: ThingIx, store: StoreIx, context: Vec<(&'static str, Value)>) {
        let Some(resource) = self.store(store) else { return };
        let Some(evidence) = self.facts.thing(principal).and_then(|thing| thing.evidence.clone()) else { return };
        self.facts.push(action, Fact { principal, resource, context, member: None, evidence, said: Vec::new() });
    }

    fn production(&self, store: StoreIx) -> Value {
        let environment = self.company.stores.get(store).and_then(|store| store.environment.value());
        let is = |name: &String| Value::Flag(self.company.app_builder.decisions.is_production(name));
        environment.map_or(Value::Unknown, is)
    }

    fn provider(&mut self, provider: &Provider) {
        let mut thing = self.in_store(Type::Provider, provider.store, &provider.name, provider.origin.into());
        thing.set_known("family", &provider.family, Value::text);
        thing.set_known("query_keys", &provider.query_keys, Value::flag);
        thing.set_known("unsafe_http", &provider.unsafe_http, Value::flag);
        thing.set_known("unsafe_http_names", &provider.unsafe_http_names, Value::text);
        thing.set_known("unsafe_http_differs", &provider.unsafe_http_differs, Value::flag);
        thing.set_known("ignores_tls_errors", &provider.ignores_tls_errors, Value::flag);
        thing.set_known("logs_personal_data", &provider.logs_personal_data, Value::flag);
        thing.set_known("authentication_headers", &provider.authentication_headers, Value::text);
        thing.set_known("grant", &provider.grant, Value::text);
        thing.set_known("delegated_oauth", &provider.delegated_oauth, Value::flag);
        thing.set_known("provisions_users", &provider.provisions_users, Value::flag);
        thing.set_known("keys", &provider.keys, |count| Value::count(*count));
        let principal = self.facts.add(thing);
        let company = self.company;
        let environment = company.stores.get(provider.store).and_then(|store| store.environment.value());
        let decisions = &company.app_builder.decisions;
        let mut proxies = decisions.tls_proxy.iter().filter(|proxy| proxy.is_before(environment.map(String::as_str)));
        let process = decisions.deprovisioning_process.as_ref().filter(|process| !process.trim().is_empty());
        // Of several proxies, the weakest way in counts.
        let proxy = proxies.clone().find(|proxy| !proxy.protects_inner_leg).or_else(|| proxies.next());
        let context = vec![
            ("today", Value::Day(self.setting.today)),
            ("production", self.production(provider.store)),
            ("tls_proxy", proxy.map_or(Value::Absent, |proxy| (&proxy.name).into())),
            ("inner_leg_protected", proxy.map_or(Value::Absent, |proxy| proxy.protects_inner_leg.into())),
            ("deprovisioning", process.map_or(Value::Absent, Into::into)),
            ("compared_with", provider.compared_with.as_ref().map_or(Value::Absent, Into::into)),
            ("differences", provider.differences.value().map_or(Value::Unknown, Into::into)),
        ];
        let differences = provider.differences.stated().map(|stated| ("differences", stated.evidence.clone()));
        let Some(resource) = self.store(provider.store) else { return };
        let (evidence, said) = (provider.origin.into(), differences.into_iter().collect());
        self.facts.push(Action::Provided, Fact { principal, resource, context, member: None, evidence, said });
    }

    fn api_key(&mut self, key: &ApiKey, overlap: &Known<Overlap>) {
        let mut thing = self.in_store(Type::Key, key.store, &key.identifier, key.origin.into());
        let life = key.life();
        thing.set_known("provider", &key.provider, Value::text);
        thing.set_known("user", &key.user, Value::text);
        thing.set_known("description", &key.description, Value::text);
        thing.set_known("owner", &key.owner, Value::text);
        thing.set_known("consumers", &key.consumers, |count| Value::count(*count));
        thing.set_known("usable", &key.usable(self.setting.today), Value::flag);
        thing.set_known("issued", &key.issued, |issued| self.past(issued.date()));
        thing.set_known("lifetime_minutes", &key.lifetime, |minutes| minutes.map_or(Value::Absent, Value::Number));
        thing.set_known("endless", &key.lifetime, |minutes| Value::Flag(minutes.is_none()));
        thing.set_known("lifetime", &key.lifetime, |minutes| lifetime(*minutes, &life));
        thing.set_known("expires", &life, |life: &Life| life.end.map_or(Value::Absent, |end| Value::Day(end.date())));
        thing.set_known("expired", &key.expired(self.setting.today), Value::flag);
        thing.set_known("overlap_days", overlap, |overlap: &Overlap| Value::Number(overlap.days));
        thing.set_known("overlaps_with", overlap, |overlap: &Overlap| (&overlap.with).into());
        thing.set_known("last_used", &key.last_used, |day| self.past(*day));
        thing.set_known("user_enabled", &key.user_enabled, Value::flag);
        thing.set_known("administrator", &key.administrator, Value::flag);
        thing.set_known("writes_sensitive", &key.writes_sensitive, Value::flag);
        thing.set_known("user_kind", &key.user_kind, Value::text);
        let principal = self.facts.add(thing);
        let context = vec![("today", Value::Day(self.setting.today)), ("production", self.production(key.store))];
        self.about_store(Action::Issued, principal, key.store, context);
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        let mut thing = self.in_store(Type::Endpoint, endpoint.store, &endpoint.name, endpoint.origin.into());
        thing.set_known("sensitive", &endpoint.sensitive, Value::flag);
        thing.set_known("writable", &endpoint.writable, Value::flag);
        thing.set_known("has_api_key_field", &endpoint.has_api_key_field, Value::flag);
        let principal = self.facts.add(thing);
        let context = vec![("query_keys", endpoint.query_keys.value().map_or(Value::Unknown, Value::flag))];
        self.about_store(Action::Published, principal, endpoint.store, context);
    }
}

/// "525600 minutes, to 2025-03-01", "without end".
fn lifetime(minutes: Option<i64>, life: &Known<Life>) -> Value {
    let end = life.value().and_then(|life| life.end).map(|end| end.date());
    let text = match (minutes, end) {
        (None, _) => "without end".to_owned(),
        (Some(minutes), Some(end)) => format!("{minutes} minutes, to {end}"),
        (Some(minutes), None) => format!("{minutes} minutes"),
    };
    Value::Text(text.into())
}
