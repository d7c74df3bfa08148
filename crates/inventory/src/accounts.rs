//! The Service Accounts page: legacy accounts, and the directory users they belong to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::classify::{Class, IdentityKind, Sign};
use super::directory::{Directory, Identity, IdentityIx};
use super::names::{SERVICE_DOMAIN, slug};
use super::stated::text;
use super::{Company, Inventory};
use cutover_export::Read;
use cutover_export::field::Field;
use cutover_export::records::ServiceAccount;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::Origin;
use cutover_model::kind::Kind;
use cutover_model::known::Known;

/// The client ids of a company's accounts.
#[derive(Debug, Default)]
pub struct ClientIds {
    known: FxHashMap<String, ClientId>,
    /// Whether the client id of every account is known, and none is empty.
    pub complete: bool,
    /// Whether the client id of every account is known, be it empty.
    pub stated: bool,
}

#[derive(Debug, Clone, Copy)]
struct ClientId {
    /// How many accounts have it.
    count: usize,
    /// The index of the first of them.
    first: usize,
}

impl ClientIds {
    /// Those of these accounts.
    pub fn of(accounts: &[Account]) -> Self {
        let mut out = Self { complete: true, stated: true, ..Self::default() };
        for (index, account) in accounts.iter().enumerate() {
            out.stated &= account.client_id.value().is_some();
            let id = account.client_id.value().filter(|id| !id.is_empty());
            out.complete &= id.is_some();
            if let Some(id) = id {
                out.known.entry(id.clone()).or_insert(ClientId { count: 0, first: index }).count += 1;
            }
        }
        out
    }

    /// How many accounts have a client id.
    pub fn count(&self, id: &str) -> usize {
        self.known.get(id).map_or(0, |known| known.count)
    }

    /// The index of the first account with a client id.
    pub fn first(&self, id: &str) -> Option<usize> {
        self.known.get(id).map(|known| known.first)
    }
}

/// What kind of app an account says it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppType {
    /// Nothing was chosen: this blocks the migration.
    Undefined,
    /// An app of the Marketplace.
    Marketplace,
    /// The company's own, or a third party's outside the Marketplace.
    Custom,
}

impl AppType {
    /// The word in policies.
    pub fn id(self) -> &'static str {
        match self {
            Self::Undefined => "",
            Self::Marketplace => "marketplace",
            Self::Custom => "custom",
        }
    }
}

/// A row of the Service Accounts page.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name chosen when it was made.
    pub name: String,
    /// The application type.
    pub app_type: Known<AppType>,
    /// The Marketplace app that is selected; empty when none is.
    pub marketplace_app: Known<String>,
    /// What it is for.
    pub description: Known<String>,
    /// Who made the integration.
    pub developer_name: Known<String>,
    /// Their address.
    pub developer_email: Known<String>,
    /// Who answers for it in the company.
    pub owner: Known<String>,
    /// The OAuth client id.
    pub client_id: Known<String>,
    /// The day of its last use.
    pub last_used: Known<NaiveDate>,
    /// Whether the page says that it was never used.
    pub never_used: Known<bool>,
    /// Where it is.
    pub origin: Origin,
}

/// Reads the rows; those without a name are left out.
pub fn read(records: &[Read<ServiceAccount>], diagnostics: &mut Vec<Diagnostic>) -> Vec<Account> {
    let mut accounts = Vec::new();
    for Read { value: row, origin } in records {
        let Some(name) = row.name.value().filter(|name| !name.trim().is_empty()) else {
            let place = Place::Member(*origin, "name".to_owned());
            diagnostics.push(Diagnostic::new(
                Code::Shape,
                place,
                "a service account without a name; the row was left out",
            ));
            continue;
        };
        let (last_used, never_used) = last_used(&row.last_used, *origin, diagnostics);
        accounts.push(Account {
            name: name.trim().to_owned(),
            app_type: app_type(row, *origin, diagnostics),
            marketplace_app: selected_app(row, *origin),
            description: text(&row.description, *origin, "description"),
            developer_name: text(&row.developer_name, *origin, "developer_name"),
            developer_email: text(&row.developer_email, *origin, "developer_email"),
            owner: text(&row.owner, *origin, "owner"),
            client_id: text(&row.client_id, *origin, "client_id"),
            last_used,
            never_used,
            origin: *origin,
        });
    }
    merge(accounts, diagnostics)
}

/// Rows of one name and client are one account; where they differ, nothing is known.
fn merge(mut accounts: Vec<Account>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Account> {
    let key = |account: &Account| (account.name.clone(), account.client_id.value().cloned());
    accounts.sort_by_key(|account| (key(account), account.origin));
    let mut out: Vec<Account> = Vec::with_capacity(accounts.len());
    for account in accounts {
        match out.last_mut().filter(|last| key(last) == key(&account)) {
            Some(known) => {
                let (place, name) = (Place::Member(account.origin, "name".to_owned()), account.name.clone());
                if known.merge(account) {
                    let message =
                        format!("two rows of the account `{name}` differ; differing values are treated as unknown");
                    diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
                }
            }
            None => out.push(account),
        }
    }
    out
}

impl Account {
    /// Hears one more row; returns whether it contradicts.
    fn merge(&mut self, other: Self) -> bool {
        let contradicted = [
            self.app_type.merge(other.app_type),
            self.marketplace_app.merge(other.marketplace_app),
            self.description.merge(other.description),
            self.developer_name.merge(other.developer_name),
            self.developer_email.merge(other.developer_email),
            self.owner.merge(other.owner),
            self.last_used.merge(other.last_used),
            self.never_used.merge(other.never_used),
        ];
        contradicted.contains(&true)
    }
}

/// The selected Marketplace app; a page copied without that column may show it under App Name.
fn selected_app(row: &ServiceAccount, origin: Origin) -> Known<String> {
    match text(&row.marketplace_app, origin, "marketplace_app") {
        Known::Unknown => text(&row.app_name, origin, "app_name"),
        known => known,
    }
}

fn app_type(row: &ServiceAccount, origin: Origin, diagnostics: &mut Vec<Diagnostic>) -> Known<AppType> {
    let said = text(&row.app_type, origin, "app_type");
    let Some(stated) = said.stated() else {
        // The blank App Name column is how the page itself shows an undefined type.
        let blank = text(&row.app_name, origin, "app_name").stated().is_some_and(|name| name.value.is_empty());
        return if blank {
            Known::is(AppType::Undefined, cutover_model::evidence::Evidence::new(origin, "app_name"))
        } else {
            Known::Unknown
        };
    };
    match stated.value.to_lowercase().as_str() {
        "" => said.map(|_| AppType::Undefined),
        "marketplace" => said.map(|_| AppType::Marketplace),
        "custom" => said.map(|_| AppType::Custom),
        _ => {
            let place = Place::Member(origin, "app_type".to_owned());
            let message = format!(
                "`{}` is not an application type: expected Marketplace or Custom; it is treated as unknown",
                stated.value
            );
            diagnostics.push(Diagnostic::new(Code::Member, place, message));
            Known::Unknown
        }
    }
}

/// The day of a last use, or that there was none.
pub(super) fn last_used(
    field: &Field<String>,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Known<NaiveDate>, Known<bool>) {
    let evidence = || cutover_model::evidence::Evidence::new(origin, "last_used");
    let Some(said) = field.value() else { return (Known::Unknown, Known::Unknown) };
    if said.eq_ignore_ascii_case("never") {
        return (Known::Unknown, Known::is(true, evidence()));
    }
    match <NaiveDate as cutover_export::field::Shape>::from_text(said) {
        Some(day) => (Known::is(day, evidence()), Known::is(false, evidence())),
        None => {
            let place = Place::Member(origin, "last_used".to_owned());
            let message = "not a date: expected 2024-10-15 or Never; it is treated as unknown";
            diagnostics.push(Diagnostic::new(Code::Member, place, message));
            (Known::Unknown, Known::Unknown)
        }
    }
}

/// Joins each account to its directory user, or gives it an identity of its own.
///
/// Procore names the user `<account name>-<company name>`. Without the company's name, a single legacy account whose name
/// starts with the account's will do; two candidates are no answer.
pub fn join(
    accounts: &[Account],
    company: &str,
    links: &[(IdentityIx, usize)],
    directory: &mut Directory,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_legacy = |identity: &Identity| {
        identity.class.kind == IdentityKind::Legacy || identity.class.possible.contains(&IdentityKind::Legacy)
    };
    let shown = |identity: &Identity| slug(identity.service_address().unwrap_or(&identity.name));
    let users = directory.identities.iter().enumerate().filter(|(_, identity)| is_legacy(identity));
    let mut users: Vec<(String, IdentityIx)> = users.map(|(index, identity)| (shown(identity), index)).collect();
    users.sort_unstable();
    let mut linked: BTreeMap<usize, IdentityIx> = BTreeMap::new();
    for (user, account) in links {
        linked.entry(*account).or_insert(*user);
    }
    for (index, account) in accounts.iter().enumerate() {
        let (user, sign) = match linked.get(&index).copied() {
            Some(user) => (Some(user), Sign::LinkedToAccount),
            None => (user_of(account, company, directory, &users, diagnostics), Sign::Listed),
        };
        let class = Class::stated(IdentityKind::Legacy, sign);
        match user.and_then(|user| directory.identities.get_mut(user)).filter(|user| user.account.is_none()) {
            Some(user) => {
                user.account = Some(index);
                user.class = class;
            }
            None => {
                let mut identity = Identity::named(account.name.clone(), account.origin);
                identity.account = Some(index);
                identity.client_id = account.client_id.value().filter(|id| !id.is_empty()).cloned();
                identity.class = class;
                directory.push(identity);
            }
        }
    }
}

/// The directory user of an account, among the legacy accounts and those that may be some, in the order of their names.
fn user_of(
    account: &Account,
    company: &str,
    directory: &Directory,
    users: &[(String, IdentityIx)],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<IdentityIx> {
    let name = slug(&account.name);
    let full = format!("{name}-{}", slug(company));
    if let Some(user) = directory.by_email(&format!("{full}{SERVICE_DOMAIN}")) {
        return Some(user);
    }
    let from = |start: &str| {
        let first = users.partition_point(|(shown, _)| shown.as_str() < start);
        users.iter().skip(first)
    };
    let are = |whole: &str| from(whole).take_while(move |(shown, _)| shown == whole).take(2).collect::<Vec<_>>();
    let longer = format!("{name}-");
    // An address in which only the joiners were edited names the account as well as the original does.
    let mut found = are(&full);
    if found.is_empty() {
        found = are(&name);
        found.extend(from(&longer).take_while(|(shown, _)| shown.starts_with(&longer)).take(2));
    }
    match found.as_slice() {
        [] => None,
        [(_, user)] => Some(*user),
        _ => {
            let message = format!(
                "more than one directory user could belong to `{}`; add a [[link]] to reviews.toml",
                account.name
            );
            let place = Place::Member(account.origin, "name".to_owned());
            diagnostics.push(Diagnostic::new(Code::Unresolved, place, message));
            None
        }
    }
}
impl Inventory {
    /// Whether the export shows that no company has a legacy account: the Service Accounts page and the users were read in
    /// full, and nobody among them is one, or may be one.
    pub fn shows_no_legacy_account(&self) -> bool {
        let may_be = |identity: &Identity| {
            identity.class.kind == IdentityKind::Legacy || identity.class.possible.contains(&IdentityKind::Legacy)
        };
        let shows_none = |company: &Company| {
            company.present.contains(&Kind::ServiceAccounts)
                && company.directory.listed
                && !company.directory.identities.iter().any(may_be)
        };
        !self.companies.is_empty() && self.companies.iter().all(shows_none)
    }
}
