//! Joins directory users to the apps and accounts they belong to, and so tells what each of them is.

use std::collections::BTreeSet;

use super::Company;
use super::accounts;
use super::apps::AppIx;
use super::classify::{Class, Sort, Strength, by_shape, slug};
use super::decisions::Resolver;
use super::directory::{Directory, IdentityIx};
use super::known::Known;
use crate::export::Read;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::Evidence;
use crate::export::hand_kept::Reviews;

impl Company {
    /// Classifies every identity: the hand-kept links and the accounts page first, then apps, then shapes.
    pub(super) fn classify(&mut self, reviews: &Reviews, diagnostics: &mut Vec<Diagnostic>) {
        for identity in &mut self.directory.identities {
            identity.class = by_shape(identity);
        }
        let account_links = self.follow_links(reviews, diagnostics);
        accounts::join(&self.accounts, &self.name, &account_links, &mut self.directory, diagnostics);
        for identity in &mut self.directory.identities {
            if identity.class.sort != Sort::Managed || identity.app.value().is_some() {
                continue;
            }
            let stem = identity.app_stem().map(str::to_owned);
            let found = stem.as_deref().and_then(|stem| self.apps.find(stem));
            if let Some(app) = found.and_then(|index| self.apps.all.get(index).map(|app| (index, app))) {
                identity.app = Known::is(app.0, app.1.origin);
                identity.class = Class::new(Sort::Managed, Strength::Matched, "its name begins with that of an app");
            }
        }
        self.directory.settle();
    }

    /// Follows the `[[link]]` records; returns those to service accounts.
    fn follow_links(&mut self, reviews: &Reviews, diagnostics: &mut Vec<Diagnostic>) -> Vec<(usize, usize)> {
        let mut account_links = Vec::new();
        let mut app_links = Vec::new();
        let resolver = Resolver::new(&self.directory, &self.apps, &self.accounts);
        for Read { value: link, origin } in &reviews.links {
            let user = resolver.identity(&link.user);
            let app = link.app.as_ref().and_then(|name| self.apps.find(name));
            let account =
                link.account.as_ref().and_then(|name| self.accounts.iter().position(|account| account.name == *name));
            match (user, app, account) {
                (Some(user), Some(app), None) => app_links.push((user, app, *origin)),
                (Some(user), None, Some(account)) => account_links.push((user, account)),
                _ => {
                    let place = Place::Member(*origin, "user".to_owned());
                    let message = "the link does not name one user and one app or account of this export";
                    diagnostics.push(Diagnostic::new(Code::Unmatched, place, message));
                }
            }
        }
        for (user, app, origin) in app_links {
            if let Some(identity) = self.directory.identities.get_mut(user) {
                identity.app = Known::is(app, Evidence::new(origin, "app"));
                identity.class = Class::new(Sort::Managed, Strength::Stated, "reviews.toml links it to an app");
            }
        }
        account_links
    }
}

impl Directory {
    /// Notes which app each service identity is the user of, once all are classified.
    pub fn settle(&mut self) {
        for (index, identity) in self.identities.iter().enumerate() {
            match (identity.class.sort, identity.app.value()) {
                (_, Some(app)) => {
                    self.users_of.entry(*app).or_default().insert(index);
                }
                // Without the form of an app's user, it may be any app's.
                (Sort::Managed, None) => {
                    self.unsettled.insert(identity.app_stem().map(slug).unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    /// The users of an app.
    pub fn users_of(&self, app: AppIx) -> impl Iterator<Item = IdentityIx> + '_ {
        self.users_of.get(&app).into_iter().flatten().copied()
    }

    /// Makes an identity the user of an app, to try a plan out.
    pub fn link(&mut self, identity: IdentityIx, app: AppIx) {
        self.users_of.entry(app).or_default().insert(identity);
    }

    /// Whether there is an app's user whose app is not known.
    pub fn has_any_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// Whether there is an app's user whose app is not known and may be one of these names.
    pub fn has_unsettled(&self, names: &BTreeSet<String>) -> bool {
        self.unsettled.contains("") || names.iter().any(|name| self.unsettled.contains(name))
    }
}
