//! Whose client a stored credential holds: the authorization server, the environment, the account or app, and what
//! keeps it.

use std::collections::{BTreeMap, BTreeSet};

use super::Company;
use super::accounts::Account;
use super::credentials::{StoredCredential, System};
use super::servers::{self, PROCORE, Server};
use cutover_model::kind::Kind;
use cutover_model::known::Known;

/// Whose authorization server gives out the tokens of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// Nothing says.
    Unknown,
    /// One of which something is known.
    Known(&'static str),
    /// One of which nothing but the host is known.
    Host(String),
}

impl Issuer {
    /// The id of the server: its own, or its host.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Unknown => None,
            Self::Known(id) => Some(id),
            Self::Host(host) => Some(host),
        }
    }

    /// Whether it is Procore's.
    pub fn is_procore(&self) -> bool {
        *self == Self::Known(PROCORE)
    }

    /// What is known of it.
    pub fn server(&self) -> Option<&'static Server> {
        self.id().and_then(servers::by_id)
    }
}

impl Company {
    /// Whose server gives out the tokens of a credential: taken from its endpoints; without any, it is Procore's if the
    /// client id is that of an account or an app.
    pub fn issuer(&self, credential: &StoredCredential) -> Issuer {
        let described = credential.issuer();
        let of_procore = || {
            let Some(client) = credential.client() else { return false };
            self.client_ids.first(client).is_some() || self.apps.by_uid(client).is_some()
        };
        match described {
            Issuer::Unknown if of_procore() || self.names_account(credential).is_some() => Issuer::Known(PROCORE),
            described => described,
        }
    }

    /// What identifies a credential in results: its store, and its id there.
    pub fn credential_id(&self, credential: &StoredCredential) -> String {
        let store = self.stores.get(credential.store);
        store.map_or_else(|| credential.id.clone(), |store| format!("{}#{}", store.id, credential.id))
    }

    /// The environment of a credential: its own, or that of its store, or the one its endpoints serve.
    pub fn environment(&self, credential: &StoredCredential) -> Known<String> {
        let store = self.stores.get(credential.store).map(|store| &store.environment);
        let described = [Some(&credential.particulars.environment), store].into_iter().flatten();
        if let Some(described) =
            described.into_iter().find(|described| described.value().is_some_and(|name| !name.is_empty()))
        {
            return described.map(|name| servers::environment_name(name));
        }
        let served = served_by(credential);
        served.map_or(Known::Unknown, |name| Known::is(name.to_owned(), credential.evidence.clone()))
    }

    /// The environment whose keys a credential holds. The monthly and the on-demand sandbox take those of production, and
    /// the host of the former tells it, whatever the folder is called.
    pub fn environment_of_keys(&self, credential: &StoredCredential) -> Known<String> {
        let of_host = served_by(credential).filter(|name| servers::environment_of_keys(name) != *name);
        match of_host {
            Some(name) => Known::is(servers::environment_of_keys(name).to_owned(), credential.evidence.clone()),
            None => self.environment(credential).map(|name| servers::environment_of_keys(name).to_owned()),
        }
    }

    /// The account that a credential names.
    fn names_account(&self, credential: &StoredCredential) -> Option<&Account> {
        let name = credential.particulars.account.value().filter(|name| !name.is_empty())?;
        self.accounts.get(self.account_named(name)?)
    }

    /// The index of the first account with a name. Accounts are in the order of their names, and of one name those
    /// without a client id come first.
    fn account_named(&self, name: &str) -> Option<usize> {
        let first = self.accounts.partition_point(|account| account.name.as_str() < name);
        self.accounts.get(first).is_some_and(|account| account.name == name).then_some(first)
    }

    /// The index of the first account that a credential is one of: [`Company::is_of`] says when that is so.
    pub fn account_index(&self, credential: &StoredCredential) -> Option<usize> {
        let by_client = credential.client().and_then(|client| self.client_ids.first(client));
        let by_name = credential.particulars.account.value().and_then(|name| self.account_named(name));
        let candidates = [by_client, by_name].into_iter().flatten();
        candidates
            .filter(|index| self.accounts.get(*index).is_some_and(|account| self.is_of(credential, account)))
            .min()
    }

    /// Whether a credential is one of this account: it has its client id, or names it, and its endpoints, where they are
    /// known, are Procore's. The same client id at another server is another client.
    pub fn is_of(&self, credential: &StoredCredential, account: &Account) -> bool {
        let client = account.client_id.value().map(String::as_str).filter(|id| !id.is_empty());
        let same_client = client.is_some() && credential.client() == client;
        // With a client id of its own, a name says nothing against it.
        let named = credential.client().is_none_or(|_| client.is_none())
            && credential.particulars.account.value().is_some_and(|name| *name == account.name);
        let issuer = credential.issuer();
        (same_client || named) && (issuer.is_procore() || issuer == Issuer::Unknown)
    }

    /// The legacy account that a credential belongs to; empty when it is known to be none's.
    pub fn account_of(&self, credential: &StoredCredential) -> Known<String> {
        let evidence = credential.client_id.stated().map_or(&credential.evidence, |client| &client.evidence).clone();
        if let Some(account) = self.account_index(credential).and_then(|index| self.accounts.get(index)) {
            return Known::is(account.name.clone(), evidence);
        }
        let foreign = matches!(credential.issuer(), Issuer::Host(_));
        let complete = self.present.contains(&Kind::ServiceAccounts) && self.client_ids.stated;
        if foreign || (complete && credential.client().is_some()) {
            return Known::is(String::new(), evidence);
        }
        Known::Unknown
    }

    /// The app whose client a credential holds; empty when it is known to be none's.
    pub fn app_of(&self, credential: &StoredCredential) -> Known<String> {
        if matches!(credential.issuer(), Issuer::Host(_)) {
            return Known::is(String::new(), credential.evidence.clone());
        }
        let Some(client) = credential.client_id.stated() else { return Known::Unknown };
        match self.apps.by_uid(&client.value).and_then(|app| self.apps.all.get(app)) {
            Some(app) => Known::is(app.name.clone(), client.evidence.clone()),
            None if self.apps.complete()
                || self.account_of(credential).value().is_some_and(|name| !name.is_empty()) =>
            {
                Known::is(String::new(), client.evidence.clone())
            }
            None => Known::Unknown,
        }
    }

    /// What keeps a credential: the system of its store; a row of the register names another.
    pub fn keeper(&self, credential: &StoredCredential) -> System {
        let system = self.stores.get(credential.store).map_or(System::Register, |store| store.system);
        let named = credential.particulars.kept_in.value().map(|name| name.to_lowercase()).unwrap_or_default();
        let is_one_of = |products: &[&str]| products.iter().any(|product| named.contains(product));
        match system {
            System::Register if is_one_of(&["flowforce", "mapforce", "altova"]) => System::Altova,
            System::Register if is_one_of(&["app builder", "vinyl"]) => System::AppBuilder,
            system => system,
        }
    }

    /// The credentials of an account, each copy once: a row of the register about a copy that a system lists itself is
    /// left to that system.
    pub fn credentials_of(&self, account: &Account) -> Vec<usize> {
        let own: Vec<(usize, &StoredCredential)> = self
            .credential_index
            .candidates(&self.credentials, account)
            .filter(|(_, credential)| self.is_of(credential, account))
            .collect();
        let system = |credential: &StoredCredential| self.stores.get(credential.store).map(|store| store.system);
        let place = |credential: &StoredCredential| self.environment(credential).value().cloned();
        // The places in which each system lists credentials of the account.
        let mut listed: BTreeMap<System, BTreeSet<Option<String>>> = BTreeMap::new();
        for (_, credential) in &own {
            if let Some(system) = system(credential) {
                listed.entry(system).or_default().insert(place(credential));
            }
        }
        let listed_itself = |row: &StoredCredential| {
            let keeper = self.keeper(row);
            let is_one = |places: &BTreeSet<Option<String>>| {
                let place = place(row);
                place.is_none() || places.contains(&None) || places.contains(&place)
            };
            system(row) == Some(System::Register)
                && keeper != System::Register
                && listed.get(&keeper).is_some_and(is_one)
        };
        own.iter().filter(|(_, credential)| !listed_itself(credential)).map(|(index, _)| *index).collect()
    }
}

/// The credentials of a company by client id and by account name, so that an account finds its own without a full scan.
#[derive(Debug, Default)]
pub struct CredentialIndex {
    /// Those with a client id, in the order of these.
    by_client: Vec<usize>,
    /// Those that name an account, in the order of the names.
    by_account: Vec<usize>,
}

impl CredentialIndex {
    /// Sorts credentials.
    pub fn of(credentials: &[StoredCredential]) -> Self {
        let sorted = |key: fn(&StoredCredential) -> Option<&str>| {
            let key = |index: &usize| credentials.get(*index).and_then(key);
            let mut indices: Vec<usize> = (0..credentials.len()).filter(|index| key(index).is_some()).collect();
            indices.sort_by(|one, two| key(one).cmp(&key(two)).then(one.cmp(two)));
            indices
        };
        Self { by_client: sorted(StoredCredential::client), by_account: sorted(account_name) }
    }

    /// The credentials with a client id, in their order.
    pub fn of_client<'c>(
        &'c self,
        credentials: &'c [StoredCredential],
        client: &'c str,
    ) -> impl Iterator<Item = (usize, &'c StoredCredential)> {
        among(&self.by_client, credentials, client, StoredCredential::client)
    }

    /// The credentials that may be those of an account, in their order: they have its client id, or name it.
    fn candidates<'c>(
        &self,
        credentials: &'c [StoredCredential],
        account: &Account,
    ) -> impl Iterator<Item = (usize, &'c StoredCredential)> {
        let client = account.client_id.value().filter(|id| !id.is_empty());
        let by_client = client.into_iter().flat_map(|client| self.of_client(credentials, client));
        let by_name = among(&self.by_account, credentials, &account.name, account_name);
        let all: BTreeSet<usize> = by_client.chain(by_name).map(|(index, _)| index).collect();
        all.into_iter().filter_map(|index| Some((index, credentials.get(index)?)))
    }
}

/// The account that a credential names.
fn account_name(credential: &StoredCredential) -> Option<&str> {
    credential.particulars.account.value().map(String::as_str)
}

/// The credentials with a key, of indices in the order of the keys.
fn among<'c>(
    sorted: &'c [usize],
    credentials: &'c [StoredCredential],
    wanted: &'c str,
    key: fn(&StoredCredential) -> Option<&str>,
) -> impl Iterator<Item = (usize, &'c StoredCredential)> {
    let of = move |index: &usize| credentials.get(*index).and_then(key);
    let first = sorted.partition_point(|index| of(index) < Some(wanted));
    let found = sorted.iter().skip(first).take_while(move |index| of(index) == Some(wanted));
    found.filter_map(|index| Some((*index, credentials.get(*index)?)))
}

/// The environment that the first host of a credential serves.
fn served_by(credential: &StoredCredential) -> Option<&'static str> {
    let host = credential.hosts().into_iter().next()?;
    servers::of_host(&host)?.environment(&host)
}

/// What the two endpoints of an OAuth client serve, in words, where that are two environments; empty where it is one, or
/// where the client has only one endpoint. A code from one environment is worth nothing in another.
pub fn mixed_endpoints(credential: &StoredCredential) -> Known<String> {
    let without_browser = ["client_credentials", "password"];
    let (sign_in, tokens) = (&credential.authorization_endpoint, &credential.token_endpoint);
    let evidence = tokens.stated().map_or(&credential.evidence, |stated| &stated.evidence).clone();
    let one = || Known::is(String::new(), evidence.clone());
    if [sign_in, tokens].iter().any(|endpoint| endpoint.value().is_some_and(|address| address.trim().is_empty())) {
        return one();
    }
    let hosts = sign_in.value().zip(tokens.value());
    let Some((sign_in, tokens)) = hosts.and_then(|(one, two)| servers::host(one).zip(servers::host(two))) else {
        let alone = credential.grant.value().is_some_and(|grant| without_browser.contains(&grant.as_str()));
        return if alone && sign_in.value().is_none() { one() } else { Known::Unknown };
    };
    let (first, second) = (servers::of_host(&sign_in), servers::of_host(&tokens));
    let served = |server: Option<&'static servers::Server>, host: &str| server?.environment(host);
    match (served(first, &sign_in), served(second, &tokens)) {
        _ if sign_in == tokens => one(),
        (Some(here), Some(there)) if here == there => one(),
        (Some(here), Some(there)) => Known::is(format!("{here} ({sign_in}) and {there} ({tokens})"), evidence),
        // A server that has no environments.
        (None, None) => match first.zip(second) {
            Some((first, second)) if first.id == second.id && first.environment.is_empty() => one(),
            _ => Known::Unknown,
        },
        _ => Known::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts;
    use crate::accounts::ClientIds;
    use cutover_export::Read;
    use cutover_export::records::ServiceAccount;
    use cutover_model::evidence::Origin;

    const ORIGIN: Origin = Origin { document: 0, record: 0 };

    /// Accounts with every pair of a name and a client id, some of them without one; and credentials that have one, name
    /// an account, do both or neither.
    fn company() -> Company {
        let mut rows = Vec::new();
        for (name, client) in [("A", Some("a")), ("A", None), ("A", Some("")), ("B", Some("a")), ("B", Some("b"))] {
            let text = serde_json::json!({ "name": name, "client_id": client });
            let value: ServiceAccount = serde_json::from_value(text).unwrap();
            rows.push(Read { value, origin: ORIGIN });
        }
        let mut company = Company { accounts: accounts::read(&rows, &mut Vec::new()), ..Company::default() };
        company.client_ids = ClientIds::of(&company.accounts);
        for endpoint in [None, Some("https://login.procore.com/oauth/token"), Some("https://other.test/token")] {
            for client in [None, Some(""), Some("a"), Some("b"), Some("c")] {
                for name in [None, Some(""), Some("A"), Some("B"), Some("C")] {
                    let said =
                        |text: Option<&str>| text.map_or(Known::Unknown, |text| Known::is(text.to_owned(), ORIGIN));
                    let mut credential = StoredCredential::new(0, "id", "name", "oauth2", ORIGIN);
                    credential.client_id = said(client);
                    credential.token_endpoint = said(endpoint);
                    credential.particulars.account = said(name);
                    company.credentials.push(credential);
                }
            }
        }
        company.credential_index = CredentialIndex::of(&company.credentials);
        company
    }

    #[test]
    fn the_account_of_a_credential_is_the_first_that_it_fits() {
        let company = company();
        for credential in &company.credentials {
            let first = company.accounts.iter().position(|account| company.is_of(credential, account));
            assert_eq!(company.account_index(credential), first, "{credential:?}");
        }
    }

    #[test]
    fn the_credentials_of_an_account_are_all_that_fit_it() {
        let company = company();
        for account in &company.accounts {
            let all = (0..).zip(&company.credentials).filter(|(_, credential)| company.is_of(credential, account));
            let all: Vec<usize> = all.map(|(index, _)| index).collect();
            assert_eq!(company.credentials_of(account), all, "{account:?}");
        }
    }
}
