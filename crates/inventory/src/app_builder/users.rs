//! The users of an App Builder environment: what a key can do follows from what its user can do.

use std::collections::{BTreeMap, BTreeSet};

use super::Environments;
use crate::credentials::StoreIx;
use crate::stated::value;
use cutover_export::field::Field;
use cutover_export::manual_files::app_builder::AppBuilderSettings;
use cutover_export::records::app_builder as records;
use cutover_export::records::app_builder::AppBuilderRecords;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// A user.
#[derive(Debug, Clone, Default)]
pub(super) struct User {
    /// It may sign in.
    pub enabled: Known<bool>,
    /// It administers the environment.
    pub administrator: Known<bool>,
    /// The groups it is in, in lower case.
    pub groups: Known<BTreeSet<String>>,
    /// "person" or "service".
    pub kind: Known<String>,
}

/// The users of all environments.
#[derive(Debug, Default)]
pub(super) struct Users {
    all: BTreeMap<(StoreIx, String), User>,
    /// What is said of users by name alone: `service_users` of the settings.
    services: Option<BTreeSet<String>>,
}

impl Users {
    /// A user by name; capitals do not count.
    pub(super) fn get(&self, store: StoreIx, name: &str) -> Option<&User> {
        self.all.get(&(store, name.trim().to_lowercase()))
    }

    /// Whether anything is known of the users of an environment.
    pub(super) fn has_some(&self, store: StoreIx) -> bool {
        self.all.range((store, String::new())..).next().is_some_and(|((of, _), _)| *of == store)
    }

    /// Whether a user is a person or a service. Who is listed as a service in the settings is one, whatever the table of
    /// users says; who is not listed is what the table says, and else a person.
    pub(super) fn kind(&self, store: StoreIx, name: &str, evidence: &Evidence) -> Known<String> {
        let stated = self.get(store, name).map(|user| user.kind.clone()).unwrap_or_default();
        let listed = self.services.as_ref().map(|services| services.contains(&name.trim().to_lowercase()));
        match (stated, listed) {
            (_, Some(true)) => Known::is("service".to_owned(), evidence.clone()),
            (Known::Unknown, Some(false)) => Known::is("person".to_owned(), evidence.clone()),
            (stated, _) => stated,
        }
    }
}

/// Reads the tables of users.
pub(super) fn read(
    read: &AppBuilderRecords,
    environments: &Environments,
    settings: &AppBuilderSettings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Users {
    let lower = |names: &Vec<String>| names.iter().map(|name| name.trim().to_lowercase()).collect();
    let mut users = Users { services: settings.service_users.as_ref().map(lower), ..Users::default() };
    for of in &read.users {
        let (row, origin) = (&of.read.value, of.read.origin);
        let place = || Place::Member(origin, "user".to_owned());
        let Some(name) = row.user.value().map(|name| name.trim()).filter(|name| !name.is_empty()) else {
            diagnostics.push(Diagnostic::new(Code::Shape, place(), "a user without a name; the row was left out"));
            continue;
        };
        let Some(store) = environments.get(&of.of).copied() else { continue };
        let user = user(row, origin, diagnostics);
        let known = users.all.entry((store, name.to_lowercase())).or_default();
        let contradicts = [
            known.enabled.merge(user.enabled),
            known.administrator.merge(user.administrator),
            known.groups.merge(user.groups),
            known.kind.merge(user.kind),
        ];
        if contradicts.contains(&true) {
            let message = format!("two rows of the user `{name}` differ; differing values are treated as unknown");
            diagnostics.push(Diagnostic::new(Code::Conflict, place(), message));
        }
    }
    users
}

fn user(row: &records::User, origin: Origin, diagnostics: &mut Vec<Diagnostic>) -> User {
    User {
        enabled: value(&row.enabled, origin, "enabled").map(|tick| tick.0),
        administrator: value(&row.is_administrator, origin, "is_administrator").map(|tick| tick.0),
        groups: names(&row.groups, origin, "groups"),
        kind: kind(&row.kind, origin, diagnostics),
    }
}

/// The names in a cell, in lower case; an empty cell names none.
pub(super) fn names(field: &Field<String>, origin: Origin, member: &'static str) -> Known<BTreeSet<String>> {
    let evidence = Evidence::new(origin, member);
    match field {
        Field::Is(text) => Known::is(listed(text).into_iter().map(|name| name.to_lowercase()).collect(), evidence),
        Field::Null => Known::is(BTreeSet::new(), evidence),
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}

/// What stands between commas, semicolons, bars or line breaks.
pub(super) fn listed(text: &str) -> Vec<&str> {
    text.split([',', ';', '|', '\n', '\r']).map(str::trim).filter(|name| !name.is_empty()).collect()
}

fn kind(field: &Field<String>, origin: Origin, diagnostics: &mut Vec<Diagnostic>) -> Known<String> {
    let Some(written) = field.value() else { return Known::Unknown };
    let word = match super::plain(written).as_str() {
        "person" | "human" | "employee" | "user" => "person",
        "service" | "serviceaccount" | "serviceuser" | "machine" | "application" => "service",
        _ => {
            let message = format!("a user of the kind `{}`: write person or service", written.trim());
            diagnostics.push(Diagnostic::new(Code::UnknownWord, Place::Member(origin, "kind".to_owned()), message));
            return Known::Unknown;
        }
    };
    Known::is(word.to_owned(), Evidence::new(origin, "kind"))
}
