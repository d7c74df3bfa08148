//! Stored credentials: that a system keeps them, and what all systems say of them.

use super::{Action, Phraser, Thing, ThingIx, Type, Value};
use crate::inventory::credentials::{StoreIx, StoredCredential};
use crate::inventory::known::Known;

impl Phraser<'_> {
    /// Phrases every stored credential.
    pub(super) fn credentials(&mut self) {
        for (index, credential) in self.company.credentials.iter().enumerate() {
            let Some(resource) = self.store(credential.store) else { continue };
            let mut thing = self.credential(credential);
            self.altova_credential(index, &mut thing);
            let principal = self.facts.add(thing);
            let context = vec![("today", Value::Day(self.setting.today))];
            let evidence = credential.evidence.clone();
            let fact = super::Fact { principal, resource, context, member: None, evidence, said: Vec::new() };
            self.facts.push(Action::Stored, fact);
        }
    }

    /// What every system says of a credential.
    fn credential(&self, credential: &StoredCredential) -> Thing {
        let store = self.company.stores.get(credential.store);
        let id = store.map_or_else(|| credential.id.clone(), |store| format!("{}#{}", store.id, credential.id));
        let evidence = Some(credential.evidence.clone());
        let mut thing = Thing::new(Type::Credential, id, credential.name.clone(), self.this, evidence);
        thing.set("sort", credential.sort.as_str().into());
        thing.set("exposed", false.into());
        thing.set("system", store.map_or("", |store| store.system.id()).into());
        thing.tell("grant", &credential.grant, Value::text);
        thing.tell("client_id", &credential.client_id, Value::text);
        thing.tell("account", &self.account_of(credential), Value::text);
        thing
    }

    /// The traditional service account with the client id of a credential; empty when it is known that none has it.
    fn account_of(&self, credential: &StoredCredential) -> Known<String> {
        let Some(client) = credential.client_id.stated() else { return Known::Unknown };
        let mut accounts = self.company.accounts.iter();
        let account = accounts.find(|account| account.client_id.value() == Some(&client.value));
        let complete = self.company.present.contains(&crate::export::kind::Kind::ServiceAccounts)
            && self.company.accounts.iter().all(|account| account.client_id.value().is_some());
        match account {
            Some(account) => Known::is(account.name.clone(), client.evidence.clone()),
            None if complete => Known::is(String::new(), client.evidence.clone()),
            None => Known::Unknown,
        }
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
        thing.tell("environment", &store.environment, Value::text);
        let thing = self.facts.add(thing);
        self.stores.insert(index, thing);
        Some(thing)
    }
}
