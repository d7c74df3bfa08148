//! Joins directory users to the apps and accounts they belong to, and so tells what each of them is.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::accounts;
use super::apps::AppIx;
use super::classify::{Class, IdentityKind, KnownNames, Sign, classify};
use super::decisions::Resolver;
use super::directory::{Directory, Identity, IdentityIx};
use super::{Company, UNNAMED};
use cutover_export::Read;
use cutover_export::manual_files::Reviews;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// People with an address at procore.com that a diagnostic names.
const MAX_NAMED: usize = 5;

/// What `reviews.toml` says about directory users.
#[derive(Debug, Default)]
struct Recorded {
    /// Users of apps.
    apps: Vec<(IdentityIx, AppIx, Origin)>,
    /// Users of service accounts, by index of the account.
    accounts: Vec<(IdentityIx, usize)>,
    /// People.
    people: Vec<(IdentityIx, Origin)>,
}

impl Company {
    /// Classifies every identity: by the records of `reviews.toml` and the Service Accounts page first, and then by the
    /// weight of all other evidence.
    pub(super) fn classify(&mut self, reviews: &Reviews, diagnostics: &mut Vec<Diagnostic>) {
        let name = Some(self.name.as_str()).filter(|name| *name != UNNAMED);
        let known = KnownNames::of(&self.apps, &self.accounts, name);
        let apps = &self.apps;
        self.directory.identities.par_iter_mut().for_each(|identity| {
            let (class, app) = classify(identity, &known);
            identity.class = class;
            let by_name = || apps.find(&identity.app_stem()?);
            if class.kind == IdentityKind::Managed
                && let Some(index) = app.or_else(by_name)
                && let Some(app) = apps.all.get(index)
            {
                identity.app = Known::is(index, app.origin);
            }
        });
        let recorded = self.read_records(reviews, diagnostics);
        for (user, app, origin) in recorded.apps {
            if let Some(identity) = self.directory.identities.get_mut(user) {
                identity.app = Known::is(app, Evidence::new(origin, "app"));
                identity.class = Class::stated(IdentityKind::Managed, Sign::LinkedToApp);
            }
        }
        for (user, _) in &recorded.people {
            if let Some(identity) = self.directory.identities.get_mut(*user) {
                identity.app = Known::Unknown;
                identity.class = Class::stated(IdentityKind::Person, Sign::RecordedAsPerson);
            }
        }
        accounts::join(&self.accounts, &self.name, &recorded.accounts, &mut self.directory, diagnostics);
        for (user, origin) in recorded.people {
            if self.directory.identities.get(user).is_some_and(|identity| identity.class.kind != IdentityKind::Person) {
                let message = "the Service Accounts page lists this user, so it is not a person; the record is ignored";
                diagnostics.push(Diagnostic::new(Code::Unmatched, Place::Member(origin, "user".to_owned()), message));
            }
        }
        self.directory.settle();
        self.directory.report_doubts(diagnostics);
    }

    /// Classifies users that were service identities before a change as that, unless they are recorded as people.
    pub fn keep_service_identities(&mut self, before: &Self) {
        for identity in &mut self.directory.identities {
            let was = identity.id.and_then(|id| before.directory.by_id(id));
            let was = was.and_then(|was| before.directory.identities.get(was));
            if let Some(was) = was.filter(|was| was.class.kind != IdentityKind::Person)
                && identity.class.kind == IdentityKind::Person
                && !identity.class.has(Sign::RecordedAsPerson)
            {
                identity.class = identity.class.as_before(was.class);
                let key = was.app.value().and_then(|app| before.apps.all.get(*app)).map(|app| &app.key);
                if let Some(app) = key.and_then(|key| self.apps.find(key)).filter(|_| identity.app.value().is_none()) {
                    identity.app = Known::is(app, identity.origin);
                }
            }
        }
        self.directory.settle();
    }

    /// Resolves the `[[link]]` and `[[person]]` records; those that do not count are reported.
    fn read_records(&self, reviews: &Reviews, diagnostics: &mut Vec<Diagnostic>) -> Recorded {
        let mut recorded = Recorded::default();
        let resolver = Resolver::new(&self.directory, &self.apps, &self.accounts);
        let mut report = |origin: Origin, member: &str, message: String| {
            diagnostics.push(Diagnostic::new(Code::Unmatched, Place::Member(origin, member.to_owned()), message));
        };
        let mut linked = BTreeSet::new();
        for Read { value: link, origin } in &reviews.links {
            let app = link.app.as_ref().map(|name| (resolver.app(name), "app", name));
            let account = link.account.as_ref().map(|name| (resolver.account(name), "account", name));
            let user = match resolver.identity(&link.user) {
                Ok(user) => user,
                Err(fault) => {
                    report(*origin, "user", fault.message(&link.user));
                    continue;
                }
            };
            match (app, account) {
                (Some((Ok(app), ..)), None) => recorded.apps.push((user, app, *origin)),
                (None, Some((Ok(account), ..))) => recorded.accounts.push((user, account)),
                (Some((Err(fault), member, name)), None) | (None, Some((Err(fault), member, name))) => {
                    report(*origin, member, fault.message(name));
                    continue;
                }
                _ => {
                    let message = "the link does not name one app or one account; it does not count";
                    report(*origin, "user", message.to_owned());
                    continue;
                }
            }
            linked.insert(user);
        }
        for Read { value: person, origin } in &reviews.people {
            match resolver.identity(&person.user) {
                Ok(user) if linked.contains(&user) => {
                    let message = "a [[link]] names this user as a service identity; the record is ignored";
                    report(*origin, "user", message.to_owned());
                }
                Ok(user) => recorded.people.push((user, *origin)),
                Err(fault) => report(*origin, "user", fault.message(&person.user)),
            }
        }
        recorded
    }
}

impl Directory {
    /// Notes which app each service identity is the user of, once all are classified.
    pub fn settle(&mut self) {
        for (index, identity) in self.identities.iter().enumerate() {
            match (identity.class.kind, identity.app.value()) {
                (_, Some(app)) => {
                    self.users_of.entry(*app).or_default().insert(index);
                }
                // Without the form of an app's user, it may be any app's.
                _ if identity.class.kind == IdentityKind::Managed
                    || identity.class.possible.contains(&IdentityKind::Managed) =>
                {
                    self.unsettled.insert(identity.app_stem().unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    /// Names those who may be service identities, and people with an address that is Procore's.
    fn report_doubts(&self, diagnostics: &mut Vec<Diagnostic>) {
        let at = |identity: &Identity| Place::Member(identity.origin, "email_address".to_owned());
        let mut people: Vec<&Identity> = Vec::new();
        for identity in &self.identities {
            if identity.class.is_possible_service() {
                let message = format!(
                    "`{}`: {}; controls over service identities are not assessed for it: add a [[link]] or \
                     [[person]] to reviews.toml",
                    identity.name,
                    identity.class.because()
                );
                diagnostics.push(Diagnostic::new(Code::PossibleService, at(identity), message));
            } else if identity.class.kind == IdentityKind::Person
                && identity.service_address().is_some()
                && !identity.class.has(Sign::RecordedAsPerson)
            {
                people.push(identity);
            }
        }
        let Some(first) = people.first() else { return };
        let named: Vec<String> = people.iter().take(MAX_NAMED).map(|identity| format!("`{}`", identity.name)).collect();
        let more = people.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "{}{more}: an address at procore.com, treated as a person; add a [[link]] to reviews.toml if it is \
             a service identity, else a [[person]]",
            named.join(", ")
        );
        diagnostics.push(Diagnostic::new(Code::PersonAtProcore, at(first), message));
    }

    /// The users of an app.
    pub fn users_of(&self, app: AppIx) -> impl Iterator<Item = IdentityIx> + '_ {
        self.users_of.get(&app).into_iter().flatten().copied()
    }

    /// Makes an identity the user of an app, to try a plan out.
    pub fn link(&mut self, identity: IdentityIx, app: AppIx) {
        self.users_of.entry(app).or_default().insert(identity);
    }

    /// Whether there is an app's user whose app is unknown.
    pub fn has_any_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// Whether there is an app's user whose app is unknown and may be one of these names.
    pub fn has_unsettled(&self, names: &BTreeSet<String>) -> bool {
        self.unsettled.contains("") || names.iter().any(|name| self.unsettled.contains(name))
    }
}
