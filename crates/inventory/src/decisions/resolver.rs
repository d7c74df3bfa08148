//! Finds what the names in hand-written files mean.
//!
//! A name that fits several things means none of them: an exception must not move to another account because that has the
//! name of the app it was made for.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::Account;
use crate::apps::{AppIx, Apps};
use crate::directory::{Directory, IdentityIx};
use cutover_export::field::Id;

/// Whom a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An identity.
    Identity(IdentityIx),
    /// An app; what is said of it goes for its user too.
    App(AppIx),
}

/// Why a name means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// Nothing in the export has it.
    Nothing,
    /// Several things have it: what they are.
    Several(Vec<String>),
}

/// Things of one name that a message lists.
const MAX_LISTED: usize = 3;

impl Unresolved {
    /// What to tell whoever wrote the name.
    pub fn message(&self, name: &str) -> String {
        match self {
            Self::Nothing => format!("`{name}` matches nothing in this export; the record is ignored"),
            Self::Several(things) => {
                let listed: Vec<&str> = things.iter().take(MAX_LISTED).map(String::as_str).collect();
                let more = if things.len() > MAX_LISTED { ", …" } else { "" };
                format!(
                    "`{name}` names more than one thing: {}{more}; the record does not count: use an id",
                    listed.join(", ")
                )
            }
        }
    }
}

/// Finds what the names in hand-written files mean.
#[derive(Debug)]
pub struct Resolver<'a> {
    directory: &'a Directory,
    apps: &'a Apps,
    accounts: &'a [Account],
    index: OnceCell<Index<'a>>,
}

/// What has each name, in order: a hand-written file may hold as many names as there are users.
#[derive(Debug, Default)]
struct Index<'a> {
    /// Identities by their own name, the name of their account, and their client id.
    identities: BTreeMap<&'a str, BTreeSet<IdentityIx>>,
    /// Identities by their address, in small letters.
    addresses: BTreeMap<String, BTreeSet<IdentityIx>>,
    /// Rows of the Service Accounts page by name and client id.
    accounts: BTreeMap<&'a str, BTreeSet<usize>>,
    /// The identities that are users of an app.
    users: BTreeMap<AppIx, Vec<IdentityIx>>,
}

impl<'a> Index<'a> {
    fn of(directory: &'a Directory, accounts: &'a [Account]) -> Self {
        let mut index = Self::default();
        let client = |account: &'a Account| account.client_id.value().map(String::as_str);
        for (at, account) in accounts.iter().enumerate() {
            let names = [Some(account.name.as_str()), client(account).filter(|id| !id.is_empty())];
            for name in names.into_iter().flatten() {
                index.accounts.entry(name).or_default().insert(at);
            }
        }
        for (at, identity) in directory.identities.iter().enumerate() {
            let account = identity.account.and_then(|row| accounts.get(row));
            let id = account.and_then(client).or(identity.client_id.as_deref()).filter(|id| !id.is_empty());
            let names = [Some(identity.name.as_str()), account.map(|account| account.name.as_str()), id];
            for name in names.into_iter().flatten() {
                index.identities.entry(name).or_default().insert(at);
            }
            if let Some(email) = identity.email.value().filter(|email| !email.is_empty()) {
                index.addresses.entry(email.to_ascii_lowercase()).or_default().insert(at);
            }
            if let Some(app) = identity.app.value() {
                index.users.entry(*app).or_default().push(at);
            }
        }
        index
    }
}

impl<'a> Resolver<'a> {
    /// A resolver over what was read.
    pub fn new(directory: &'a Directory, apps: &'a Apps, accounts: &'a [Account]) -> Self {
        Self { directory, apps, accounts, index: OnceCell::new() }
    }

    fn index(&self) -> &Index<'a> {
        self.index.get_or_init(|| Index::of(self.directory, self.accounts))
    }

    /// The identity of this id, address, name, account name or client id.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn identity(&self, name: &str) -> Result<IdentityIx, Unresolved> {
        self.only(&self.identities_named(name), Subject::Identity)
    }

    /// The app of this uid or name.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn app(&self, name: &str) -> Result<AppIx, Unresolved> {
        let found: Vec<AppIx> = self.apps.named(name).into_iter().collect();
        self.only(&found, Subject::App)
    }

    /// The row of the Service Accounts page of this name or client id.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn account(&self, name: &str) -> Result<usize, Unresolved> {
        let found = self.index().accounts.get(name).into_iter().flatten().take(MAX_LISTED + 1);
        let found: Vec<usize> = found.copied().collect();
        match found.as_slice() {
            [] => Err(Unresolved::Nothing),
            [only] => Ok(*only),
            several => {
                let shown = |account: &Account| {
                    let client = account.client_id.value().map_or("unknown", String::as_str);
                    format!("the account `{}` (client id {client})", account.name)
                };
                let several = several.iter().filter_map(|index| self.accounts.get(*index));
                Err(Unresolved::Several(several.map(shown).collect()))
            }
        }
    }

    /// The app that an identity is the user of.
    pub fn app_of(&self, identity: IdentityIx) -> Option<AppIx> {
        self.directory.identities.get(identity)?.app.value().copied()
    }

    /// The identity or app that a name means. A user id or an address means an identity.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn subject(&self, name: &str) -> Result<Subject, Unresolved> {
        let identities = self.identities_named(name);
        let is_certain = !identities.is_empty() && (self.by_id(name).is_some() || name.contains('@'));
        let apps = if is_certain { BTreeSet::new() } else { self.apps.named(name) };
        let identities = identities.into_iter().map(Subject::Identity);
        let found: Vec<Subject> = identities.chain(apps.into_iter().map(Subject::App)).collect();
        self.only(&found, |subject| subject)
    }

    /// Every identity a name means: the users of an app, if it names one.
    ///
    /// # Errors
    /// When it means nothing, or more than one thing, or an app without users.
    pub fn identities(&self, name: &str) -> Result<Vec<IdentityIx>, Unresolved> {
        let identities = self.identities_of(self.subject(name)?);
        if identities.is_empty() { Err(Unresolved::Nothing) } else { Ok(identities) }
    }

    /// Every identity a subject stands for: the users of an app.
    pub fn identities_of(&self, subject: Subject) -> Vec<IdentityIx> {
        match subject {
            Subject::Identity(identity) => vec![identity],
            Subject::App(app) => self.index().users.get(&app).cloned().unwrap_or_default(),
        }
    }

    fn by_id(&self, name: &str) -> Option<IdentityIx> {
        name.parse().ok().and_then(|id| self.directory.by_id(Id(id)))
    }

    /// The identities that have this id, or this address, or else this name or client id: the first of them.
    fn identities_named(&self, name: &str) -> Vec<IdentityIx> {
        let by_email = || self.directory.by_email(name).filter(|_| !self.directory.shares_email(name));
        if let Some(found) = self.by_id(name).or_else(by_email) {
            return vec![found];
        }
        // Of things of one name, as many are needed as a message lists, and one more to tell that there are others.
        let by_name = self.index().identities.get(name).into_iter().flatten().take(MAX_LISTED + 1);
        let by_address = self.index().addresses.get(&name.to_ascii_lowercase()).into_iter().flatten();
        let found: BTreeSet<IdentityIx> = by_name.chain(by_address.take(MAX_LISTED + 1)).copied().collect();
        found.into_iter().collect()
    }

    fn only<T: Copy>(&self, found: &[T], subject: impl Fn(T) -> Subject) -> Result<T, Unresolved> {
        match found {
            [] => Err(Unresolved::Nothing),
            [only] => Ok(*only),
            several => {
                let listed = several.iter().take(MAX_LISTED + 1);
                let described = listed.filter_map(|one| self.described(subject(*one)));
                Err(Unresolved::Several(described.collect()))
            }
        }
    }

    fn described(&self, subject: Subject) -> Option<String> {
        Some(match subject {
            Subject::Identity(index) => {
                let identity = self.directory.identities.get(index)?;
                format!("the identity `{}` ({})", identity.name, identity.key())
            }
            Subject::App(index) => {
                let app = self.apps.all.get(index)?;
                format!("the app `{}` ({})", app.name, app.key)
            }
        })
    }
}
