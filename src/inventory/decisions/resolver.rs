//! Finds whom the names in hand-kept files mean.

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

/// Finds whom the names in hand-kept files mean.
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

    /// The identity of this id, address, name, or account name.
    pub fn identity(&self, name: &str) -> Option<IdentityIx> {
        let by_id = name.parse().ok().and_then(|id| self.directory.by_id(Id(id)));
        by_id.or_else(|| self.directory.by_email(name)).or_else(|| {
            let is_named = |identity: &Identity| {
                let account = identity.account.and_then(|index| self.accounts.get(index));
                identity.name == name || account.is_some_and(|account| account.name == name)
            };
            let mut named = self.directory.identities.iter().enumerate().filter(|(_, identity)| is_named(identity));
            named.next().filter(|_| named.next().is_none()).map(|(index, _)| index)
        })
    }

    /// The app of this uid or name.
    pub fn app(&self, name: &str) -> Option<AppIx> {
        self.apps.find(name)
    }

    /// The app that an identity is the user of.
    pub fn app_of(&self, identity: IdentityIx) -> Option<AppIx> {
        self.directory.identities.get(identity)?.app.value().copied()
    }

    /// Whom a name means: an identity first, an app second.
    pub fn subject(&self, name: &str) -> Option<Subject> {
        self.identity(name).map(Subject::Identity).or_else(|| self.app(name).map(Subject::App))
    }

    /// Every identity a name means: those of an app, if it names one.
    pub fn identities(&self, name: &str) -> Vec<IdentityIx> {
        self.subject(name).map(|subject| self.identities_of(subject)).unwrap_or_default()
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
}
