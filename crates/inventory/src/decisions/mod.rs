//! What the company decided: `reviews.toml`, resolved to identities, apps and tools.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use smol_str::SmolStr;

use super::apps::AppIx;
use super::directory::IdentityIx;
use super::names::slug;
use super::tools::{Scope, Tool, Tools};
use cutover_export::Read;
use cutover_export::manual_files::{ProjectList, Reviews};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Stated;

pub mod apps;
mod resolver;

use apps::OfApps;
pub use resolver::{Resolver, Subject, Unresolved};

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

/// That an account is to be deleted.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// When.
    pub on: NaiveDate,
    /// The app that does its work from then on, if the record names one.
    pub replaced_by: Option<AppIx>,
    /// Where it is recorded.
    pub evidence: Evidence,
}

/// The decisions of a company.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Whether `reviews.toml` was read, so that what it does not hold was not recorded.
    pub recorded: bool,
    /// Grants outside the rules that are accepted.
    pub exceptions: BTreeMap<(Subject, Tool), Accepted>,
    /// Why an app needs Admin on a tool.
    pub reasons: BTreeMap<(Subject, Tool), Stated<String>>,
    /// The projects an identity may be permitted.
    pub approved_projects: BTreeMap<IdentityIx, Stated<ProjectList>>,
    /// Who may be added to every new project.
    pub new_projects: BTreeSet<IdentityIx>,
    /// The reviews of what an identity may do.
    reviews: BTreeMap<IdentityIx, Vec<Stated<NaiveDate>>>,
    /// The last known use; `None` for never.
    pub usage: BTreeMap<IdentityIx, Stated<Option<NaiveDate>>>,
    /// Which accounts are to be deleted.
    pub deletions: BTreeMap<IdentityIx, Deletion>,
    /// What is recorded about apps.
    pub apps: OfApps,
}

/// Finds what records name, and reports those that name nothing.
pub(super) struct Records<'r, 'a> {
    resolver: &'r Resolver<'a>,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl Records<'_, '_> {
    fn report(&mut self, origin: Origin, member: &str, message: String) {
        let place = Place::Member(origin, member.to_owned());
        self.diagnostics.push(Diagnostic::new(Code::Unmatched, place, message));
    }

    /// What a name was resolved to; a name that means nothing, or several things, is reported.
    fn resolved<T>(&mut self, origin: Origin, member: &str, name: &str, found: Result<T, Unresolved>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(fault) => {
                self.report(origin, member, fault.message(name));
                None
            }
        }
    }

    fn app(&mut self, origin: Origin, member: &str, name: &str) -> Option<AppIx> {
        self.resolved(origin, member, name, self.resolver.app(name))
    }

    fn subject(&mut self, origin: Origin, name: &str) -> Option<Subject> {
        self.resolved(origin, "subject", name, self.resolver.subject(name))
    }

    fn identities(&mut self, origin: Origin, name: &str) -> Vec<IdentityIx> {
        self.resolved(origin, "subject", name, self.resolver.identities(name)).unwrap_or_default()
    }

    fn tool(&mut self, origin: Origin, name: &str, tools: &Tools) -> Option<Tool> {
        let found = tool(name, tools);
        if found.is_none() {
            let message =
                format!("`{name}` is no tool: expected company/<tool> or project/<tool>; the record does not count");
            self.report(origin, "tool", message);
        }
        found
    }
}

impl Decisions {
    /// Resolves the records; those that name nobody are reported.
    pub fn build(reviews: &Reviews, resolver: &Resolver<'_>, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut records = Records { resolver, diagnostics };
        let mut out = Self { apps: OfApps::build(reviews, &mut records), ..Self::default() };
        out.accept(reviews, &mut records, tools);
        for Read { value, origin } in &reviews.approved_projects {
            let stated = Stated { value: value.projects.clone(), evidence: Evidence::new(*origin, "projects") };
            for identity in records.identities(*origin, &value.subject) {
                let known = out.approved_projects.entry(identity).or_insert_with(|| stated.clone());
                known.value = known.value.union(&stated.value);
            }
        }
        for Read { value, origin } in &reviews.new_projects {
            out.new_projects.extend(records.identities(*origin, &value.subject));
        }
        for Read { value, origin } in &reviews.reviews {
            for identity in records.identities(*origin, &value.subject) {
                let stated = Stated { value: value.on, evidence: Evidence::new(*origin, "on") };
                out.reviews.entry(identity).or_default().push(stated);
            }
        }
        out.hear_of_use(reviews, &mut records);
        for Read { value, origin } in &reviews.planned_deletions {
            let account = resolver.identity(&value.account);
            let Some(account) = records.resolved(*origin, "account", &value.account, account) else { continue };
            let app = value.replaced_by.as_ref().map(|name| records.app(*origin, "replaced_by", name));
            // A replacement that nobody can find is none that could be compared: the record is no use.
            if app == Some(None) {
                continue;
            }
            let evidence = Evidence::new(*origin, "on");
            let deletion = Deletion { on: value.on, replaced_by: app.flatten(), evidence };
            let known = out.deletions.entry(account).or_insert_with(|| deletion.clone());
            if (deletion.on, deletion.replaced_by) < (known.on, known.replaced_by) {
                *known = deletion;
            }
        }
        out
    }

    /// The last review of an identity by this day: one on a later day was not made yet.
    pub fn reviewed(&self, identity: IdentityIx, today: NaiveDate) -> Option<&Stated<NaiveDate>> {
        let made = self.reviews.get(&identity)?.iter().filter(|review| review.value <= today);
        // Of two on one day the first record counts, so that the order of the files does not matter.
        made.max_by_key(|review| (review.value, std::cmp::Reverse(review.evidence.origin)))
    }

    /// Exceptions and reasons.
    fn accept(&mut self, reviews: &Reviews, records: &mut Records<'_, '_>, tools: &Tools) {
        for Read { value, origin } in &reviews.exceptions {
            let subject = records.subject(*origin, &value.subject);
            let (Some(subject), Some(tool)) = (subject, records.tool(*origin, &value.tool, tools)) else { continue };
            let accepted = Accepted {
                reason: value.reason.clone(),
                approved_by: value.approved_by.clone(),
                expires: value.expires,
                origin: *origin,
            };
            // Of two records the one that holds longer counts.
            let last = |accepted: &Accepted| (accepted.expires.is_none(), accepted.expires, accepted.reason.clone());
            let known = self.exceptions.entry((subject, tool)).or_insert_with(|| accepted.clone());
            if last(&accepted) > last(known) {
                *known = accepted;
            }
        }
        for Read { value, origin } in &reviews.reasons {
            let app = records.app(*origin, "app", &value.app);
            let (Some(app), Some(tool)) = (app, records.tool(*origin, &value.tool, tools)) else { continue };
            let stated = Stated { value: value.reason.clone(), evidence: Evidence::new(*origin, "reason") };
            self.reasons.entry((Subject::App(app), tool)).or_insert(stated);
        }
    }

    /// What is known of the use of an app goes for its user, and the other way round.
    fn hear_of_use(&mut self, reviews: &Reviews, records: &mut Records<'_, '_>) {
        for Read { value, origin } in &reviews.usage {
            if !value.never_used && value.last_used.is_none() {
                continue;
            }
            let resolver = records.resolver;
            let Some(subject) = records.subject(*origin, &value.subject) else { continue };
            let app = match subject {
                Subject::Identity(identity) => resolver.app_of(identity),
                Subject::App(app) => Some(app),
            };
            if let Some(app) = app {
                self.apps.used(app, value.last_used, *origin);
            }
            for identity in resolver.identities_of(subject) {
                let known = self.usage.get(&identity).is_some_and(|known| known.value >= value.last_used);
                if !known {
                    self.usage.insert(identity, Stated { value: value.last_used, evidence: (*origin).into() });
                }
            }
        }
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

    /// All of these, by tool: its own, or else its app's, as far as they are still in force.
    pub fn exceptions_of(
        &self,
        identity: IdentityIx,
        app: Option<AppIx>,
        today: NaiveDate,
    ) -> BTreeMap<&Tool, &Accepted> {
        let of = |subject: Subject| {
            let first = (subject, Tool { scope: Scope::Company, key: SmolStr::new_static("") });
            let all = self.exceptions.range(first..);
            all.take_while(move |((of, _), _)| *of == subject).map(|((_, tool), accepted)| (tool, accepted))
        };
        let mut all: BTreeMap<&Tool, &Accepted> = app.map(Subject::App).into_iter().flat_map(of).collect();
        all.extend(of(Subject::Identity(identity)));
        all.retain(|_, accepted| accepted.in_force(today));
        all
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_exceptions_of_an_identity_are_those_that_are_found_one_by_one() {
        let day = |day| NaiveDate::from_ymd_opt(2024, 10, day).unwrap();
        let accepted = |expires: u32| Accepted {
            reason: "for now".to_owned(),
            approved_by: "Dana".to_owned(),
            expires: Some(day(expires)),
            origin: Origin { document: 0, record: expires },
        };
        let tool = |key: &str| Tool { scope: Scope::Project, key: key.into() };
        let said = [
            (Subject::App(4), "rfi", 20),
            (Subject::App(4), "emails", 20),
            (Subject::App(5), "drawings", 20),
            // The identity's own counts before its app's, also when it is over.
            (Subject::Identity(7), "rfi", 2),
            (Subject::Identity(7), "photos", 21),
            (Subject::Identity(8), "drawings", 20),
        ];
        let exceptions = said.map(|(subject, key, expires)| ((subject, tool(key)), accepted(expires)));
        let decisions = Decisions { exceptions: exceptions.into_iter().collect(), ..Decisions::default() };
        for app in [None, Some(4), Some(5)] {
            let all = decisions.exceptions_of(7, app, day(15));
            for key in ["rfi", "emails", "drawings", "photos"] {
                let one = decisions.exception(7, app, &tool(key), day(15)).map(|accepted| accepted.origin);
                assert_eq!(all.get(&tool(key)).map(|accepted| accepted.origin), one, "{key} {app:?}");
            }
        }
        assert_eq!(decisions.exceptions_of(7, Some(4), day(15)).len(), 2);
    }
}
