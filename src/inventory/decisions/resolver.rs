//! Finds what the names in hand-written files mean.
//!
//! A name that fits several things means none of them: an exception must not move to another account because that has the
//! name of the app it was made for.

use std::collections::BTreeSet;

use crate::export::field::Id;
use crate::inventory::accounts::Account;
use crate::inventory::apps::{AppIx, Apps};
use crate::inventory::directory::{Directory, Identity, IdentityIx};

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
const MOST_LISTED: usize = 3;

impl Unresolved {
    /// What to tell whoever wrote the name.
    pub fn message(&self, name: &str) -> String {
        match self {
            Self::Nothing => format!("`{name}` names nothing in this export; the record does not count"),
            Self::Several(things) => {
                let listed: Vec<&str> = things.iter().take(MOST_LISTED).map(String::as_str).collect();
                let more = if things.len() > MOST_LISTED { ", …" } else { "" };
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
}

impl<'a> Resolver<'a> {
    /// A resolver over what was read.
    pub fn new(directory: &'a Directory, apps: &'a Apps, accounts: &'a [Account]) -> Self {
        Self { directory, apps, accounts }
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
        let is_meant = |account: &Account| {
            account.name == name || account.client_id.value().is_some_and(|id| id == name && !id.is_empty())
        };
        let found: Vec<(usize, &Account)> =
            self.accounts.iter().enumerate().filter(|(_, account)| is_meant(account)).collect();
        match found.as_slice() {
            [] => Err(Unresolved::Nothing),
            [(index, _)] => Ok(*index),
            several => {
                let shown = |(_, account): &(usize, &Account)| {
                    let client = account.client_id.value().map_or("not known", String::as_str);
                    format!("the account `{}` (client id {client})", account.name)
                };
                Err(Unresolved::Several(several.iter().map(shown).collect()))
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
            Subject::App(app) => {
                let users = self.directory.identities.iter().enumerate();
                users.filter(|(_, identity)| identity.app.value() == Some(&app)).map(|(index, _)| index).collect()
            }
        }
    }

    fn by_id(&self, name: &str) -> Option<IdentityIx> {
        name.parse().ok().and_then(|id| self.directory.by_id(Id(id)))
    }

    /// The identities that have this id, or this address, or else this name or client id.
    fn identities_named(&self, name: &str) -> Vec<IdentityIx> {
        let by_email = || self.directory.by_email(name).filter(|_| !self.directory.shares_email(name));
        if let Some(found) = self.by_id(name).or_else(by_email) {
            return vec![found];
        }
        let is_named = |identity: &Identity| {
            let account = identity.account.and_then(|index| self.accounts.get(index));
            let client = account.and_then(|account| account.client_id.value()).or(identity.client_id.as_ref());
            identity.name == name
                || account.is_some_and(|account| account.name == name)
                || client.is_some_and(|client| client == name && !client.is_empty())
                || identity.email.value().is_some_and(|email| !email.is_empty() && email.eq_ignore_ascii_case(name))
        };
        let all = self.directory.identities.iter().enumerate();
        all.filter(|(_, identity)| is_named(identity)).map(|(index, _)| index).collect()
    }

    fn only<T: Copy>(&self, found: &[T], subject: impl Fn(T) -> Subject) -> Result<T, Unresolved> {
        match found {
            [] => Err(Unresolved::Nothing),
            [only] => Ok(*only),
            several => {
                let described = several.iter().filter_map(|one| self.described(subject(*one)));
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
