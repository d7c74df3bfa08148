//! Copies of one authorization.
//!
//! A provider that rotates refresh tokens, as Procore does, takes back the old one with each use: of two places that hold
//! the same authorization, one breaks when the other renews.

use std::collections::BTreeMap;

use super::{Part, endpoints, renewal};
use crate::credentials::{StoredCredential, System};
use crate::{Company, servers};
use cutover_export::records::altova::Credential;
use cutover_model::known::Known;

/// Who holds which authorization.
#[derive(Debug)]
pub(super) struct Holders {
    all: Vec<Holder>,
    /// Every server listed its credentials.
    pub(super) complete: bool,
}

#[derive(Debug)]
struct Holder {
    /// Its index among the company's credentials.
    index: usize,
    grant: Known<String>,
    /// The client and the provider's host; production and sandbox have tokens of their own.
    client: Known<(String, String)>,
    /// Each renewal makes the refresh token before it useless; a provider of which nobody knows is taken to do so.
    rotates: bool,
    /// The places: the server, and the design if its secrets are saved there, too.
    places: Option<usize>,
}

impl Holders {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), complete: true }
    }

    pub(super) fn merge(&mut self, index: usize, part: &Part, credential: &Credential) {
        let host = credential.token_endpoint.value().and_then(|address| endpoints::host(address));
        let server = host.as_deref().and_then(servers::of_host);
        let rotates = server.and_then(|server| server.refresh_tokens_rotate) != Some(false);
        let client = credential.client_id.value().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        let client = match (client, host) {
            (Some(client), Some(host)) => Known::is((client, host), part.evidence("client_id")),
            _ => Known::Unknown,
        };
        let only_there = credential.origin.value().is_some_and(|origin| origin.0 == "mfd_only");
        let places = match credential.saved_in_mfd.value() {
            _ if only_there => Some(1),
            Some(saved) => Some(1 + usize::from(*saved)),
            None => None,
        };
        self.all.push(Holder { index, grant: renewal::grant(part, credential), client, rotates, places });
    }

    /// How many places hold the authorization of each credential. `None` where a copy does no harm: a client that signs
    /// in with its own secret gets a token of its own everywhere, and some providers do not rotate refresh tokens.
    pub(super) fn copies(&self) -> BTreeMap<usize, Option<Known<usize>>> {
        let mut clients: BTreeMap<&(String, String), Places> = BTreeMap::new();
        // One whose client nobody knows may hold any authorization.
        let mut open = !self.complete;
        for holder in self.all.iter().filter(|holder| holder.signs_in() != Some(false)) {
            let Some(client) = holder.client.value() else {
                open = true;
                continue;
            };
            let places = clients.entry(client).or_default();
            if holder.signs_in() == Some(true) {
                places.number += holder.places.unwrap_or(1);
            }
            places.open |= holder.signs_in().is_none() || holder.places.is_none();
        }
        let copies = |holder: &Holder| match holder.signs_in() {
            _ if !holder.rotates => None,
            Some(false) => None,
            None => Some(Known::Unknown),
            Some(true) => Some(holder.client.stated().map_or(Known::Unknown, |own| {
                let Places { number, open: here } = clients.get(&own.value).copied().unwrap_or_default();
                // What is unknown of another one may make it a copy; two are two, whatever the rest may be.
                if number == 1 && (open || here) { Known::Unknown } else { Known::is(number, own.evidence.clone()) }
            })),
        };
        self.all.iter().map(|holder| (holder.index, copies(holder))).collect()
    }
}

/// Counts the copies that other systems keep: providers of App Builder, and rows of the register about anything but these
/// servers. A row that does not say what keeps the client describes one of the copies that are known.
pub(crate) fn add_copies_elsewhere(company: &mut Company) {
    let keys = company.altova.credentials.keys().copied();
    let app_builder_is_read = company.stores.iter().any(|store| store.system == System::AppBuilder);
    let mut elsewhere: BTreeMap<&str, Elsewhere> = BTreeMap::new();
    for credential in company.credentials.iter().filter(|one| may_be_copy_elsewhere(company, app_builder_is_read, one))
    {
        if let Some(client) = credential.client() {
            elsewhere.entry(client).or_default().add(server_of(credential));
        }
    }
    let elsewhere: Vec<(usize, usize)> = keys
        .filter_map(|index| {
            let own = company.credentials.get(index)?;
            Some((index, elsewhere.get(own.client()?)?.count(server_of(own).as_ref())))
        })
        .collect();
    for (index, number) in elsewhere.into_iter().filter(|(_, number)| *number > 0) {
        let Some(own) = company.credentials.get(index).and_then(|own| own.client_id.stated()) else { continue };
        let known = company.altova.credentials.get_mut(&index).and_then(|credential| credential.copies.as_mut());
        if let Some(copies) = known {
            *copies = Known::is(copies.value().copied().unwrap_or(1) + number, own.evidence.clone());
        }
    }
}

/// Copies of one client that other systems keep.
#[derive(Debug, Default)]
struct Elsewhere {
    /// How many there are at each server.
    by_server: BTreeMap<Server, usize>,
    /// How many name no server: such a copy is one of the only server there is.
    nowhere: usize,
}

/// A server of tokens; production and sandbox have tokens of their own.
type Server = (String, Option<String>);

impl Elsewhere {
    fn add(&mut self, server: Option<Server>) {
        match server {
            Some(server) => *self.by_server.entry(server).or_default() += 1,
            None => self.nowhere += 1,
        }
    }

    /// How many may hold an authorization of this server.
    fn count(&self, server: Option<&Server>) -> usize {
        let there = match server {
            Some(server) => self.by_server.get(server).copied().unwrap_or_default(),
            None => self.by_server.values().sum(),
        };
        there + self.nowhere
    }
}

/// Whether a credential of another system may hold the same authorization as one of these servers: a person signs in for
/// it, it is still in use, and not said to hold no refresh token.
fn may_be_copy_elsewhere(company: &Company, app_builder_is_read: bool, other: &StoredCredential) -> bool {
    let said = &other.particulars;
    let register = company.stores.get(other.store).is_some_and(|store| store.system == System::Register);
    let names_keeper = said.kept_in.value().is_some_and(|keeper| !keeper.is_empty());
    let is_another = match company.keeper(other) {
        System::Altova => false,
        // A row about a provider that is exported describes that copy.
        System::AppBuilder if register => !app_builder_is_read,
        _ => !register || names_keeper,
    };
    is_another
        && other.grant.value().is_some_and(|grant| grant == "authorization_code")
        && said.refresh_token.value() != Some(&false)
        && said.retired.value() != Some(&true)
        && said.revoked.value().is_none_or(Option::is_none)
}

/// The server that the endpoints of a credential name.
fn server_of(credential: &StoredCredential) -> Option<Server> {
    let host = credential.hosts().into_iter().next()?;
    let server = servers::of_host(&host);
    let of_server = server.map(|server| (server.id.clone(), server.environment(&host).map(str::to_owned)));
    Some(of_server.unwrap_or((host, None)))
}

/// Where an authorization is held.
#[derive(Debug, Default, Clone, Copy)]
struct Places {
    number: usize,
    /// Something about a holder is unknown.
    open: bool,
}

impl Holder {
    /// Whether a person signed in for it; `None` when the grant is unknown.
    fn signs_in(&self) -> Option<bool> {
        // A release without a grant field knows this grant only.
        self.grant.value().map(|grant| ["authorization_code", "unstated"].contains(&grant.as_str()))
    }
}
