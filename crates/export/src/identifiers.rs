//! Uids and client ids that the records of an export state. They look like secrets, and are none wherever they stand.

use rustc_hash::FxHashSet;

use super::field::Field;
use super::{Export, Records};
use cutover_secrets::{BARE, Sameness, Secret};

/// The identifiers that an export states, without their values.
#[derive(Debug, Clone, Default)]
pub struct Identifiers(FxHashSet<Sameness>);

impl Identifiers {
    /// Adds those of one company: they stand in members that hold nothing else.
    fn gather(&mut self, records: &Records) {
        let apps = records.lists.app_installations.iter().flat_map(|read| {
            let app = read.value.developer_app.value().and_then(|app| app.uid.value());
            [read.value.app_uid.value(), app]
        });
        let manifests = records.app_manifests.iter().map(|of| of.read.value.app_manifest.value()?.uid.value());
        let accounts = records.lists.service_accounts.iter().map(|read| read.value.client_id.value());
        let clients = records.oauth_clients.iter().map(|of| of.read.value.client_id.value());
        let stored = records.altova.iter().flat_map(|read| listed(&read.value.inventory.credentials));
        let stored = stored.map(|credential| credential.client_id.value());
        let providers = records.app_builder.providers.iter().flat_map(|of| listed(&of.read.value.credentials));
        let providers = providers.map(|credential| credential.user_name.value());
        let all = apps.chain(manifests).chain(accounts).chain(clients).chain(stored).chain(providers);
        let all = all.flatten().map(|id| id.trim()).filter(|id| !id.is_empty());
        self.0.extend(all.filter_map(Sameness::of));
    }

    /// Whether what was found by its shape alone is one of these.
    pub fn is_one(&self, kind: &str, same: Option<Sameness>) -> bool {
        kind == BARE && same.is_some_and(|same| self.0.contains(&same))
    }
}

/// What a list holds that could be read.
fn listed<T>(list: &Field<Vec<Field<T>>>) -> impl Iterator<Item = &T> {
    list.value().into_iter().flatten().filter_map(Field::value)
}

impl Export {
    /// Learns the identifiers of all companies, and takes back what was mistaken for a secret. What stands under the name
    /// of a secret, or in a published format, stays one.
    pub(super) fn settle_identifiers(&mut self) {
        let mut identifiers = Identifiers::default();
        self.companies.iter().for_each(|records| identifiers.gather(records));
        self.identifiers = identifiers;
        let described = std::mem::take(&mut self.same).into_iter().zip(std::mem::take(&mut self.identities));
        let found = std::mem::take(&mut self.secrets).into_iter().zip(described);
        let kept = found.filter(|((_, Secret { kind, .. }), (same, _))| !self.identifiers.is_one(kind, *same));
        (self.secrets, (self.same, self.identities)) = kept.unzip();
    }
}
