//! Where the credential of an account is kept: what must change when it is replaced, and which steps that takes.

use chrono::NaiveDate;

use super::Draft;
use crate::audit::places;
use cutover_export::Export;
use cutover_inventory::Company;
use cutover_inventory::credentials::{Store, StoredCredential, System};
use cutover_inventory::directory::Identity;
use cutover_model::escape;
use cutover_model::result::plan::Credential;
use cutover_policy::step_id::StepId;

/// The stored credentials of an account that are still there, on this day, to be replaced and removed.
pub(super) fn credentials(company: &Company, identity: &Identity, today: NaiveDate) -> Vec<usize> {
    let Some(account) = identity.account.and_then(|index| company.accounts.get(index)) else { return Vec::new() };
    let gone = |credential: &StoredCredential| {
        let said = &credential.particulars;
        said.retired.value() == Some(&true) && said.revoked.value().copied().flatten().is_some_and(|day| day <= today)
    };
    let own = company.credentials_of(account).into_iter();
    own.filter(|index| company.credentials.get(*index).is_some_and(|credential| !gone(credential))).collect()
}

/// Where credentials of an account are kept, for the result.
pub(super) fn describe(export: &Export, company: Option<&Company>, draft: &Draft) -> Vec<Credential> {
    let describe = |index: &usize| {
        let company = company?;
        let credential = company.credentials.get(*index)?;
        let store = company.stores.get(credential.store)?;
        Some(Credential {
            store: store.id.clone(),
            id: credential.id.clone(),
            name: credential.name.clone(),
            system: place(credential, store).to_owned(),
            environment: company.environment(credential).value().cloned(),
            location: places::location(export, &credential.evidence),
        })
    };
    draft.credentials.iter().filter_map(describe).collect()
}

/// What keeps a credential: in the words of the register, or else the name of the store.
fn place<'a>(credential: &'a StoredCredential, store: &'a Store) -> &'a str {
    let place = credential.particulars.kept_in.value().filter(|place| !place.is_empty());
    place.map_or(store.name.as_str(), String::as_str)
}

/// Where credentials of an account are kept, in words.
pub(super) struct CredentialCopies {
    /// On Altova servers, which have a way of their own.
    pub servers: Vec<String>,
    /// Elsewhere.
    pub stores: Vec<String>,
}

impl CredentialCopies {
    pub(super) fn of(company: &Company, draft: &Draft) -> Self {
        let mut kept = Self { servers: Vec::new(), stores: Vec::new() };
        for credential in draft.credentials.iter().filter_map(|index| company.credentials.get(*index)) {
            let Some(store) = company.stores.get(credential.store) else { continue };
            let place = place(credential, store);
            let environment = company.environment(credential);
            // `FlowForce production` says it already.
            let environment = environment.value().filter(|name| !place.ends_with(name.as_str()));
            let environment = environment.map(|name| format!(", {}", escape::name(name))).unwrap_or_default();
            let words = format!("{} in {}{environment}", escape::name(&credential.name), escape::name(place));
            let list = if company.keeper(credential) == System::Altova { &mut kept.servers } else { &mut kept.stores };
            list.push(words);
        }
        kept
    }

    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.stores.is_empty()
    }

    /// The kinds of step that bring a new credential into each place and show that it lasts.
    pub(super) fn steps(&self) -> impl Iterator<Item = StepId> {
        let servers = [StepId::ServerCredential, StepId::Authorise, StepId::ReferenceCredential]
            .map(|kind| (kind, !self.servers.is_empty()));
        let stores = [StepId::StoreCredential, StepId::SwitchJobs].map(|kind| (kind, !self.stores.is_empty()));
        let all = servers.into_iter().chain(stores).chain([(StepId::ProveRenewal, !self.is_empty())]);
        all.filter(|(_, needed)| *needed).map(|(kind, _)| kind)
    }
}
