//! Stored credentials: that a system keeps them, and what all systems say of them.

use super::oauth::Clients;
use super::{Action, FactBuilder, Thing, ThingIx, Type, Value};
use cutover_inventory::credentials::{StoreIx, StoredCredential};

impl FactBuilder<'_> {
    /// Phrases every stored credential.
    pub(super) fn credentials(&mut self) {
        let clients = Clients::of(self.inventory);
        for (index, credential) in self.company.credentials.iter().enumerate() {
            let Some(resource) = self.store(credential.store) else { continue };
            let mut thing = self.credential(credential, &clients);
            self.altova_credential(index, &mut thing);
            let principal = self.facts.add(thing);
            let context = vec![("today", Value::Day(self.setting.today)), ("use_known_until", self.use_known_until())];
            let evidence = credential.evidence.clone();
            let fact = super::Fact { principal, resource, context, member: None, evidence, said: Vec::new() };
            self.facts.push(Action::Stored, fact);
            self.redirects(credential, principal, resource, &clients);
        }
    }

    /// What every system says of a credential.
    fn credential(&self, credential: &StoredCredential, clients: &Clients<'_>) -> Thing {
        let store = self.company.stores.get(credential.store);
        let id = self.company.credential_id(credential);
        let evidence = Some(credential.evidence.clone());
        let mut thing = Thing::new(Type::Credential, id, credential.name.clone(), self.this, evidence);
        thing.set("kind", credential.kind.as_str().into());
        thing.set("exposed", false.into());
        thing.set("system", store.map_or("", |store| store.system.id()).into());
        thing.set_known("grant", &credential.grant, Value::text);
        thing.set_known("client_id", &credential.client_id, Value::text);
        thing.set_known("account", &self.company.account_of(credential), Value::text);
        self.client(&mut thing, credential, clients);
        thing
    }

    /// The thing a store is phrased as.
    pub(super) fn store(&mut self, index: StoreIx) -> Option<ThingIx> {
        if let Some(thing) = self.stores.get(&index) {
            return Some(*thing);
        }
        let store = self.company.stores.get(index)?;
        let evidence = Some(store.evidence.clone());
        let mut thing = Thing::new(Type::Store, store.id.clone(), store.name.clone(), self.this, evidence);
        thing.set("system", store.system.id().into());
        thing.set_known("environment", &store.environment, Value::text);
        let thing = self.facts.add(thing);
        self.stores.insert(index, thing);
        Some(thing)
    }
}
