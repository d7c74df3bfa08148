//! Webhooks and who owns them.

use std::collections::BTreeMap;

use super::Company;
use super::directory::IdentityIx;
use super::stated::value;
use cutover_export::Records;
use cutover_export::field::Id;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// A webhook.
#[derive(Debug, Clone)]
pub struct Hook {
    /// Its id.
    pub id: Id,
    /// Its namespace or destination host.
    pub name: String,
    /// Where it delivers to.
    pub destination: Known<String>,
    /// Whether it is enabled.
    pub enabled: Known<bool>,
    /// Whether its owner is known, and not in the export.
    pub owned_elsewhere: bool,
    /// Whether a plan that is being tried out has deleted it.
    pub removed: bool,
    /// The identity that owns it, if the export holds that user.
    pub owner: Known<IdentityIx>,
    /// Where it is.
    pub origin: Origin,
}

impl Company {
    /// Version 1.0 of the list names the owner, version 2.0 the state: both records of a webhook count.
    pub(super) fn read_hooks(&mut self, records: &Records, diagnostics: &mut Vec<Diagnostic>) {
        let mut hooks: BTreeMap<Id, Hook> = BTreeMap::new();
        for read in &records.lists.webhooks {
            let (record, origin) = (&read.value, read.origin);
            let Some(id) = record.id.value().copied() else { continue };
            let owner = record.owned_by_user_id.value().and_then(|user| self.directory.by_id(*user));
            let owner =
                owner.map_or(Known::Unknown, |owner| Known::is(owner, Evidence::new(origin, "owned_by_user_id")));
            let hook = hooks.entry(id).or_insert_with(|| Hook {
                id,
                name: String::new(),
                destination: Known::Unknown,
                owned_elsewhere: false,
                removed: false,
                enabled: Known::Unknown,
                owner: Known::Unknown,
                origin,
            });
            let namespace = record.namespace.value().filter(|name| !name.is_empty());
            hook.name =
                namespace.cloned().into_iter().chain([std::mem::take(&mut hook.name)]).max().unwrap_or_default();
            hook.owned_elsewhere |=
                record.owned_by_user_id.value().is_some_and(|user| self.directory.by_id(*user).is_none());
            hook.destination.merge(value(&record.destination_url, origin, "destination_url"));
            let contradicted = [
                (hook.owner.merge(owner), "owned_by_user_id"),
                (
                    hook.enabled.merge(value(&record.status, origin, "status").map(|status| status == "active")),
                    "status",
                ),
            ];
            for (_, member) in contradicted.into_iter().filter(|(contradicted, _)| *contradicted) {
                let message = format!("two records of webhook {id} differ in `{member}`; it is treated as unknown");
                diagnostics.push(Diagnostic::new(Code::Conflict, Place::Member(origin, member.to_owned()), message));
            }
        }
        self.hooks = hooks.into_values().collect();
        for hook in self.hooks.iter_mut().filter(|hook| hook.name.is_empty()) {
            hook.name = hook.id.to_string();
        }
    }
}
