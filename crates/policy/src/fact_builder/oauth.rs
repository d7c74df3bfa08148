//! OAuth clients: what is written down about them, where they send people back to, and who gives out their tokens.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Fact, FactBuilder, Thing, ThingIx, Type, Value};
use cutover_inventory::clients::{Issuer, mixed_endpoints};
use cutover_inventory::credentials::{StoredCredential, System};
use cutover_inventory::redirect::Redirect;
use cutover_inventory::servers::PROCORE;
use cutover_inventory::{Company, Inventory};
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;

/// What all copies of a client say together: where it is in use, and what is written down about it.
#[derive(Debug, Default)]
struct Client {
    tenants: BTreeSet<String>,
    /// The companies of the run that hold a copy.
    companies: BTreeSet<usize>,
    /// The environments whose keys its copies hold.
    environments: BTreeSet<String>,
    /// Whether some copy does not say in which environment it is.
    somewhere: bool,
    /// Whether the register has a row about it.
    registered: bool,
    blast_radius_record: Known<String>,
}

/// Every client of a run, by its authorization server and id.
pub(super) struct Clients<'a> {
    all: BTreeMap<(Option<String>, &'a str), Client>,
    /// The known servers of each id.
    servers: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Clients<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut clients = Self { all: BTreeMap::new(), servers: BTreeMap::new() };
        for company in &inventory.companies {
            for credential in company.credentials.iter().filter(|credential| credential.is_oauth()) {
                if let (Some(id), Some(server)) = (credential.client(), company.issuer(credential).id()) {
                    clients.servers.entry(id).or_default().insert(server.to_owned());
                }
            }
        }
        for (number, company) in inventory.companies.iter().enumerate() {
            for credential in company.credentials.iter().filter(|credential| credential.is_oauth()) {
                let Some(key) = clients.key(company, credential) else { continue };
                clients.all.entry(key).or_default().merge(number, company, credential);
            }
        }
        clients
    }

    /// What a client is known by. A copy that does not name its server is one of the only server that has its id.
    fn key<'k>(&self, company: &Company, credential: &'k StoredCredential) -> Option<(Option<String>, &'k str)> {
        let id = credential.client()?;
        let only = || self.servers.get(id).filter(|servers| servers.len() == 1)?.first().cloned();
        Some((company.issuer(credential).id().map(str::to_owned).or_else(only), id))
    }
}

impl Client {
    /// Hears one copy.
    fn merge(&mut self, number: usize, company: &Company, credential: &StoredCredential) {
        let said = &credential.particulars;
        self.companies.insert(number);
        let words = |name: &String| name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        self.tenants.extend(said.tenants.value().into_iter().flatten().map(words));
        // A copy that is no longer to be used is in use nowhere.
        let retired = said.retired.value() == Some(&true);
        match company.environment_of_keys(credential).value() {
            _ if retired => {}
            Some(environment) => {
                self.environments.insert(environment.clone());
            }
            None => self.somewhere = true,
        }
        let store = company.stores.get(credential.store);
        self.registered |= store.is_some_and(|store| store.system == System::Register);
        // One row that names the record is enough.
        let named = self.blast_radius_record.value().is_some_and(|text| !text.is_empty());
        if !named && said.blast_radius_record.value().is_some() {
            self.blast_radius_record = said.blast_radius_record.clone();
        }
    }

    /// In how many companies it is in use.
    fn tenants(&self) -> Value {
        match (self.tenants.len(), self.companies.len()) {
            (0, 0 | 1) => Value::Unknown,
            (listed, holding) => Value::count(listed.max(holding)),
        }
    }

    fn environments(&self) -> Value {
        match self.environments.len() {
            1 if !self.somewhere => Value::count(1),
            0 | 1 => Value::Unknown,
            several => Value::count(several),
        }
    }
}

impl FactBuilder<'_> {
    /// What is written down about an OAuth client.
    pub(super) fn client(&self, thing: &mut Thing, credential: &StoredCredential, clients: &Clients<'_>) {
        let said = &credential.particulars;
        let issuer = self.company.issuer(credential);
        let shared = self.shared(credential, clients);
        thing.set_known("app", &self.company.app_of(credential), Value::text);
        thing.set("procore", issuer.is_procore().into());
        thing.set("registered", self.is_copy(credential, clients).into());
        thing.set("retired", (said.retired.value() == Some(&true)).into());
        thing.set_known("client_kind", &said.client_kind, Value::text);
        thing.set_known("secret", &said.client_secret, Value::flag);
        thing.set("secretless", (said.client_secret.value() == Some(&false)).into());
        thing.set_known("environment", &self.company.environment(credential), Value::text);
        thing.set_known("key_environment", &self.company.environment_of_keys(credential), Value::text);
        thing.set_known("endpoint_environments", &mixed_endpoints(credential), Value::text);
        let day = |day: &Option<chrono::NaiveDate>| day.map_or(Value::Absent, Value::Day);
        let past = |day: &Option<chrono::NaiveDate>| day.map_or(Value::Absent, |day| self.past(day));
        thing.set_known("secret_since", &said.secret_since(), past);
        thing.set_known("created", &said.created, past);
        thing.set_known("next_review", &said.next_review, day);
        thing.set_known("revoked", &said.revoked, day);
        match said.never_used.value() {
            Some(true) => thing.set("last_used", Value::Absent),
            _ => thing.set_known("last_used", &said.last_used, |day| self.past(*day)),
        }
        let last_used = said.last_used.value().copied();
        thing.set_known("never_used", &said.never_used, |never| self.never(*never, last_used));
        thing.set_known("owner", &said.owner, Value::text);
        thing.set_known("purpose", &said.purpose, Value::text);
        thing.set_known("revocation_evidence", &said.revocation_evidence, Value::text);
        thing.set_known("scope", &credential.scope, Value::text);
        thing.set_known("scope_beyond_approval", &beyond_approval(credential), Value::text);
        thing.set("tenants", shared.map_or(Value::Unknown, Client::tenants));
        thing.set("environments", shared.map_or(Value::Unknown, Client::environments));
        let record = shared.map_or(&said.blast_radius_record, |shared| &shared.blast_radius_record);
        thing.set_known("blast_radius_record", record, Value::text);
    }

    fn shared<'c>(&self, credential: &'c StoredCredential, clients: &'c Clients<'_>) -> Option<&'c Client> {
        clients.all.get(&clients.key(self.company, credential)?)
    }

    /// Whether the register has a row about the client of which this is a copy elsewhere.
    fn is_copy(&self, credential: &StoredCredential, clients: &Clients<'_>) -> bool {
        let store = self.company.stores.get(credential.store);
        store.is_some_and(|store| store.system != System::Register)
            && self.shared(credential, clients).is_some_and(|shared| shared.registered)
    }

    /// Where a client sends people back to. A client that sends nobody anywhere has no such fact.
    pub(super) fn redirects(
        &mut self,
        credential: &StoredCredential,
        principal: ThingIx,
        resource: ThingIx,
        clients: &Clients<'_>,
    ) {
        if !credential.is_oauth() {
            return;
        }
        let say = |builder: &mut Self, (kind, uri): (Value, Value), member: Option<ThingIx>, evidence: Evidence| {
            let context = vec![("kind", kind), ("uri", uri)];
            let fact = Fact { principal, resource, context, member, evidence, said: Vec::new() };
            builder.facts.push(Action::Redirects, fact);
        };
        let without_browser = ["client_credentials", "password"];
        match credential.redirect_uris.stated() {
            Some(stated) => {
                for uri in stated.value.iter().collect::<BTreeSet<_>>() {
                    let kind = Redirect::of(uri).id();
                    let evidence = stated.evidence.clone();
                    let (name, place) = (format!("{uri} ({kind})"), Some(evidence.clone()));
                    let member = self.facts.add(Thing::new(Type::RedirectUri, uri, name, self.this, place));
                    say(self, (kind.into(), uri.into()), Some(member), evidence);
                }
            }
            None if credential.grant.value().is_some_and(|grant| without_browser.contains(&grant.as_str())) => {}
            None if self.is_copy(credential, clients) => {}
            None => say(self, (Value::Unknown, Value::Unknown), None, credential.evidence.clone()),
        }
    }

    /// The authorization servers that the company's credentials and accounts use.
    pub(super) fn authorization_servers(&mut self) {
        let mut used: BTreeMap<String, (Issuer, Evidence)> = BTreeMap::new();
        for credential in self.company.credentials.iter().filter(|credential| credential.is_oauth()) {
            let issuer = self.company.issuer(credential);
            let Some(id) = issuer.id().map(str::to_owned) else { continue };
            used.entry(id).or_insert_with(|| (issuer, credential.evidence.clone()));
        }
        if let Some(account) = self.company.accounts.first() {
            used.entry(PROCORE.to_owned()).or_insert_with(|| (Issuer::Known(PROCORE), account.origin.into()));
        }
        for (id, (issuer, evidence)) in used {
            let server = issuer.server();
            let name = server.map_or_else(|| id.clone(), |server| server.name.clone());
            let mut thing = Thing::new(Type::AuthorizationServer, id, name, self.this, Some(evidence.clone()));
            let flag = |flag: Option<bool>| flag.map_or(Value::Unknown, Value::Flag);
            thing.set("shared_secret_only", flag(server.and_then(|server| server.shared_secret_only)));
            thing.set("bearer_tokens_only", flag(server.and_then(|server| server.bearer_tokens_only)));
            thing.set("refresh_tokens_rotate", flag(server.and_then(|server| server.refresh_tokens_rotate)));
            thing.set("refresh_tokens_expire", flag(server.and_then(|server| server.refresh_tokens_expire)));
            let seconds = server.and_then(|server| server.access_token_seconds).map(i64::from);
            thing.set("access_token_seconds", seconds.map_or(Value::Unknown, Value::Number));
            let principal = self.facts.add(thing);
            self.about_company(Action::Offers, principal, Vec::new(), evidence);
        }
    }
}

/// The words of a scope that nobody approved. Without a record of what was approved, nothing is known.
fn beyond_approval(credential: &StoredCredential) -> Known<String> {
    let (Some(scope), Some(approved)) = (credential.scope.stated(), credential.particulars.approved_scope.value())
    else {
        return Known::Unknown;
    };
    let beyond: BTreeSet<&str> = scope
        .value
        .split([',', ' ', '\t', '\n'])
        .filter(|word| !word.is_empty() && !approved.contains(*word))
        .collect();
    Known::is(beyond.into_iter().collect::<Vec<_>>().join(" "), scope.evidence.clone())
}
