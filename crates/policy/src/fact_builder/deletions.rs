//! Accounts that are to be deleted, and what would be lost with them.

use super::{FactBuilder, Thing, Value};
use cutover_inventory::accounts::Account;
use cutover_inventory::apps::AppIx;
use cutover_inventory::decisions::Deletion;
use cutover_inventory::directory::IdentityIx;
use cutover_model::known::Known;

impl FactBuilder<'_> {
    /// Says whether an account is to be deleted and what its replacement lacks today.
    pub(super) fn deletion(&self, thing: &mut Thing, index: IdentityIx, account: Option<&Account>) {
        let decisions = &self.company.decisions;
        let Some(deletion) = decisions.deletions.get(&index) else {
            let none = if decisions.recorded { Value::Absent } else { Value::Unknown };
            for attribute in ["deletion_planned", "replacement", "missing_projects", "missing_tools"] {
                thing.set(attribute, none.clone());
            }
            return;
        };
        thing.set_known("deletion_planned", &Known::is(deletion.on, deletion.evidence.clone()), Value::day);
        let app = self.replacement(deletion, account);
        let named = app.and_then(|app| app).and_then(|app| self.company.apps.all.get(app));
        let parity = app.map(|app| app.map(|app| self.company.parity(index, app)));
        let (projects, tools) = match parity {
            None => (Value::Unknown, Value::Unknown),
            Some(None) => (Value::Absent, Value::Absent),
            Some(Some(parity)) => {
                let count = |missing: Option<usize>| missing.map_or(Value::Unknown, Value::count);
                (count(parity.missing_projects), count(parity.missing_tools))
            }
        };
        let replacement = match (app, named) {
            (Some(_), Some(app)) => (&app.name).into(),
            (Some(None), None) => Value::Absent,
            _ => Value::Unknown,
        };
        thing.set("replacement", replacement);
        thing.set("missing_projects", projects);
        thing.set("missing_tools", tools);
    }

    /// The app that does the account's work from then on: the one on record, or the one that the Service Accounts page
    /// selects. `Some(None)` when it is known that there is none, `None` when nobody knows.
    fn replacement(&self, deletion: &Deletion, account: Option<&Account>) -> Option<Option<AppIx>> {
        if deletion.replaced_by.is_some() {
            return Some(deletion.replaced_by);
        }
        let apps = &self.company.apps;
        let selected = account?.marketplace_app.value()?;
        match apps.find(selected) {
            Some(app) => Some(Some(app)),
            None => (selected.is_empty() || apps.lacks(selected)).then_some(None),
        }
    }
}
