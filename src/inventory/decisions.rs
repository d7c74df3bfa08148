//! What the company decided: `settings.toml` and `reviews.toml`, resolved to identities, apps and tools.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::apps::{AppIx, Apps};
use super::classify::slug;
use super::directory::{Directory, IdentityIx};
use super::known::Stated;
use super::tools::{Scope, Tool, Tools};
use crate::export::Read;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::{Evidence, Origin};
use crate::export::field::Id;
use crate::export::hand_kept::{ProjectList, Reviews};

/// Whom a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An identity.
    Identity(IdentityIx),
    /// An app; what is said of it goes for its user too.
    App(AppIx),
}

/// An accepted grant.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Why.
    pub reason: String,
    /// Who decided.
    pub approved_by: String,
    /// Until when.
    pub expires: Option<NaiveDate>,
    /// Where it is recorded.
    pub origin: Origin,
}

/// The decisions of a company.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Grants outside the rules that are accepted.
    pub exceptions: BTreeMap<(Subject, Tool), Accepted>,
    /// Why an app needs Admin on a tool.
    pub reasons: BTreeMap<(Subject, Tool), Stated<String>>,
    /// The projects an identity may be permitted.
    pub approved_projects: BTreeMap<IdentityIx, Stated<ProjectList>>,
    /// Who may be added to every new project.
    pub new_projects: BTreeSet<IdentityIx>,
    /// The last review of what an identity may do.
    pub reviewed: BTreeMap<IdentityIx, Stated<NaiveDate>>,
    /// The last known use; `None` for never.
    pub usage: BTreeMap<IdentityIx, Stated<Option<NaiveDate>>>,
    /// When an offered update was first noticed.
    pub update_offers: BTreeMap<AppIx, Stated<NaiveDate>>,
}

/// Finds whom the names in hand-kept files mean.
#[derive(Debug)]
pub struct Resolver<'a> {
    directory: &'a Directory,
    apps: &'a Apps,
    accounts: &'a [super::accounts::Account],
}

impl<'a> Resolver<'a> {
    /// A resolver over what was read.
    pub fn new(directory: &'a Directory, apps: &'a Apps, accounts: &'a [super::accounts::Account]) -> Self {
        Self { directory, apps, accounts }
    }

    /// The identity of this id, address, name, or account name.
    pub fn identity(&self, name: &str) -> Option<IdentityIx> {
        let by_id = name.parse().ok().and_then(|id| self.directory.by_id(Id(id)));
        by_id.or_else(|| self.directory.by_email(name)).or_else(|| {
            let is_named = |identity: &super::directory::Identity| {
                let account = identity.account.and_then(|index| self.accounts.get(index));
                identity.name == name || account.is_some_and(|account| account.name == name)
            };
            let mut named = self.directory.identities.iter().enumerate().filter(|(_, identity)| is_named(identity));
            named.next().filter(|_| named.next().is_none()).map(|(index, _)| index)
        })
    }

    /// Whom a name means: an identity first, an app second.
    pub fn subject(&self, name: &str) -> Option<Subject> {
        self.identity(name).map(Subject::Identity).or_else(|| self.apps.find(name).map(Subject::App))
    }

    /// Every identity a name means: those of an app, if it names one.
    pub fn identities(&self, name: &str) -> Vec<IdentityIx> {
        let of_app = |app: AppIx| {
            let users = self.directory.identities.iter().enumerate();
            users.filter(move |(_, identity)| identity.app.value() == Some(&app)).map(|(index, _)| index).collect()
        };
        match self.subject(name) {
            Some(Subject::Identity(identity)) => vec![identity],
            Some(Subject::App(app)) => of_app(app),
            None => Vec::new(),
        }
    }
}

impl Decisions {
    /// Resolves the records; those that name nobody are reported.
    pub fn build(reviews: &Reviews, resolver: &Resolver<'_>, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut out = Self::default();
        let mut unmatched = |origin: Origin, member: &str, name: &str| {
            let place = Place::Member(origin, member.to_owned());
            let message = format!("`{name}` names nothing in this export, or more than one thing");
            diagnostics.push(Diagnostic::new(Code::Unmatched, place, message));
        };
        for Read { value, origin } in &reviews.exceptions {
            let (Some(subject), Some(tool)) = (resolver.subject(&value.subject), tool(&value.tool, tools)) else {
                unmatched(*origin, "subject", &value.subject);
                continue;
            };
            let accepted = Accepted {
                reason: value.reason.clone(),
                approved_by: value.approved_by.clone(),
                expires: value.expires,
                origin: *origin,
            };
            // Of two records the one that holds longer counts.
            let last = |accepted: &Accepted| (accepted.expires.is_none(), accepted.expires, accepted.reason.clone());
            let known = out.exceptions.entry((subject, tool)).or_insert_with(|| accepted.clone());
            if last(&accepted) > last(known) {
                *known = accepted;
            }
        }
        for Read { value, origin } in &reviews.reasons {
            let (Some(subject), Some(tool)) = (resolver.subject(&value.app), tool(&value.tool, tools)) else {
                unmatched(*origin, "app", &value.app);
                continue;
            };
            let stated = Stated { value: value.reason.clone(), evidence: Evidence::new(*origin, "reason") };
            out.reasons.entry((subject, tool)).or_insert(stated);
        }
        let mut each = |origin: Origin, name: &str, then: &mut dyn FnMut(IdentityIx)| {
            let identities = resolver.identities(name);
            if identities.is_empty() {
                unmatched(origin, "subject", name);
            }
            identities.into_iter().for_each(then);
        };
        for Read { value, origin } in &reviews.approved_projects {
            let stated = Stated { value: value.projects.clone(), evidence: Evidence::new(*origin, "projects") };
            each(*origin, &value.subject, &mut |identity| {
                let known = out.approved_projects.entry(identity).or_insert_with(|| stated.clone());
                known.value = known.value.union(&stated.value);
            });
        }
        for Read { value, origin } in &reviews.new_projects {
            each(*origin, &value.subject, &mut |identity| {
                out.new_projects.insert(identity);
            });
        }
        for Read { value, origin } in &reviews.reviews {
            each(*origin, &value.subject, &mut |identity| {
                let known = out.reviewed.get(&identity).is_some_and(|known| known.value >= value.on);
                if !known {
                    out.reviewed.insert(identity, Stated { value: value.on, evidence: Evidence::new(*origin, "on") });
                }
            });
        }
        for Read { value, origin } in &reviews.usage {
            if !value.never_used && value.last_used.is_none() {
                continue;
            }
            each(*origin, &value.subject, &mut |identity| {
                let known = out.usage.get(&identity).is_some_and(|known| known.value >= value.last_used);
                if !known {
                    out.usage.insert(identity, Stated { value: value.last_used, evidence: (*origin).into() });
                }
            });
        }
        for Read { value, origin } in &reviews.update_offers {
            match resolver.apps.find(&value.app) {
                Some(app) if out.update_offers.get(&app).is_some_and(|known| known.value <= value.first_seen) => {}
                Some(app) => {
                    out.update_offers.insert(
                        app,
                        Stated { value: value.first_seen, evidence: Evidence::new(*origin, "first_seen") },
                    );
                }
                None => unmatched(*origin, "app", &value.app),
            }
        }
        out
    }

    /// The exception for an identity, its own or its app's, if it is still in force.
    pub fn exception(
        &self,
        identity: IdentityIx,
        app: Option<AppIx>,
        tool: &Tool,
        today: NaiveDate,
    ) -> Option<&Accepted> {
        let own = self.exceptions.get(&(Subject::Identity(identity), tool.clone()));
        own.or_else(|| self.exceptions.get(&(Subject::App(app?), tool.clone())))
            .filter(|accepted| accepted.in_force(today))
    }
}

impl Accepted {
    /// Whether it still counts on this day; the last day counts.
    pub fn in_force(&self, today: NaiveDate) -> bool {
        self.expires.is_none_or(|expires| today <= expires)
    }
}

/// `company/directory`, or `company/Directory`.
pub fn tool(name: &str, tools: &Tools) -> Option<Tool> {
    let (scope, key) = name.split_once('/')?;
    let scope = match slug(scope).as_str() {
        "company" => Scope::Company,
        "project" => Scope::Project,
        _ => return None,
    };
    Some(tools.resolve(scope, key))
}
