//! API keys: whose they are, how long they live, and who uses them. Never the keys themselves.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::Environments;
use super::endpoints::Sensitive;
use super::users::{Users, listed};
use crate::credentials::StoreIx;
use crate::stated::{text, value};
use cutover_export::field::Field;
use cutover_export::records::app_builder as records;
use cutover_export::records::app_builder::{AppBuilderRecords, Lifetime, Revoked};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// When a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// How many minutes it has; `None` when it has no end.
    pub minutes: Option<i64>,
    /// Its last moment; `None` when it has no end, or ends beyond the calendar.
    pub end: Option<NaiveDateTime>,
}

/// An API key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its environment.
    pub store: StoreIx,
    /// Its identifier, which is no secret.
    pub identifier: String,
    /// The provider that accepts it.
    pub provider: Known<String>,
    /// The App Builder user it belongs to.
    pub user: Known<String>,
    /// What it is for.
    pub description: Known<String>,
    /// Who answers for it.
    pub owner: Known<String>,
    /// How many consumers use it.
    pub consumers: Known<usize>,
    /// Whether it is enabled.
    pub enabled: Known<bool>,
    /// Whether it was revoked, or when.
    pub revoked: Known<Revoked>,
    /// When it was issued, in UTC.
    pub issued: Known<NaiveDateTime>,
    /// How long it lives, in minutes; `None` for without end.
    pub lifetime: Known<Option<i64>>,
    /// The day of its last use.
    pub last_used: Known<NaiveDate>,
    /// Its user may sign in.
    pub user_enabled: Known<bool>,
    /// Its user administers the environment.
    pub administrator: Known<bool>,
    /// Its user may write to a sensitive endpoint.
    pub writes_sensitive: Known<bool>,
    /// Its user is a "person" or a "service".
    pub user_kind: Known<String>,
    /// Where it is.
    pub origin: Origin,
}

/// Reads the tables of keys, by environment and identifier.
pub(super) fn read(
    read: &AppBuilderRecords,
    environments: &Environments,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<ApiKey> {
    let mut out: BTreeMap<(StoreIx, String), ApiKey> = BTreeMap::new();
    let mut sources: Vec<_> = read.keys.iter().collect();
    sources.sort_by_key(|of| of.read.origin);
    for of in sources {
        let (row, origin) = (&of.read.value, of.read.origin);
        let place = || Place::Member(origin, "key_identifier".to_owned());
        let Some(identifier) = row.key_identifier.value().map(|name| name.trim()).filter(|name| !name.is_empty())
        else {
            let message = "an API key without an identifier; the row was left out";
            diagnostics.push(Diagnostic::new(Code::Shape, place(), message));
            continue;
        };
        let Some(store) = environments.get(&of.of).copied() else { continue };
        let key = key(store, identifier, row, origin);
        let Some(known) = out.get_mut(&(store, identifier.to_owned())) else {
            out.insert((store, identifier.to_owned()), key);
            continue;
        };
        if known.merge(key) {
            let message =
                format!("two rows of the API key `{identifier}` differ; differing values are treated as unknown");
            diagnostics.push(Diagnostic::new(Code::Conflict, place(), message));
        }
    }
    out.into_values().collect()
}

fn key(store: StoreIx, identifier: &str, row: &records::ApiKey, origin: Origin) -> ApiKey {
    ApiKey {
        store,
        identifier: identifier.to_owned(),
        provider: text(&row.provider, origin, "provider"),
        user: text(&row.user, origin, "user"),
        description: text(&row.description, origin, "description"),
        owner: text(&row.owner, origin, "owner"),
        consumers: consumers(&row.consumers, origin),
        enabled: value(&row.enabled, origin, "enabled").map(|enabled| enabled.0),
        revoked: value(&row.revoked, origin, "revoked"),
        issued: value(&row.issued_at, origin, "issued_at").map(|moment| moment.0),
        lifetime: value(&row.expires_in_minutes, origin, "expires_in_minutes").map(|lifetime| match lifetime {
            Lifetime::Minutes(minutes) => Some(*minutes),
            Lifetime::Endless => None,
        }),
        last_used: last_used(&row.last_used, origin),
        user_enabled: Known::Unknown,
        administrator: Known::Unknown,
        writes_sensitive: Known::Unknown,
        user_kind: Known::Unknown,
        origin,
    }
}

impl ApiKey {
    /// Hears one more row; returns whether it contradicts.
    fn merge(&mut self, other: Self) -> bool {
        let contradicted = [
            self.provider.merge(other.provider),
            self.user.merge(other.user),
            self.description.merge(other.description),
            self.owner.merge(other.owner),
            self.consumers.merge(other.consumers),
            self.enabled.merge(other.enabled),
            self.revoked.merge(other.revoked),
            self.issued.merge(other.issued),
            self.lifetime.merge(other.lifetime),
            self.last_used.merge(other.last_used),
        ];
        contradicted.contains(&true)
    }

    /// Adds what is known of its user.
    pub(super) fn join(&mut self, users: &Users, sensitive: &Sensitive) {
        let Some(name) = self.user.stated().filter(|name| !name.value.is_empty()) else { return };
        let user = users.get(self.store, &name.value);
        self.user_kind = users.kind(self.store, &name.value, &name.evidence);
        self.writes_sensitive = sensitive.writable_by(self.store, user, &name.evidence);
        if let Some(user) = user {
            self.user_enabled = user.enabled.clone();
            self.administrator = user.administrator.clone();
        }
    }

    /// Whether it is enabled and not revoked on this day. A key that was revoked is not usable, whatever else is said; a
    /// revocation on a later day has not happened yet.
    pub fn usable(&self, today: NaiveDate) -> Known<bool> {
        match (&self.revoked, &self.enabled) {
            (Known::Is(revoked), _) if revoked.value.by(today) => Known::is(false, revoked.evidence.clone()),
            (Known::Contradicted, _) => Known::Contradicted,
            (_, enabled) => enabled.clone(),
        }
    }

    /// Its last moment: when it expires, or when it is to be revoked if that is earlier; `None` when it has no end.
    pub(super) fn end(&self) -> Option<NaiveDateTime> {
        let revoked = self.revoked.value().and_then(|revoked| revoked.day()).map(|day| day.and_time(NaiveTime::MIN));
        self.life().value().and_then(|life| life.end).into_iter().chain(revoked).min()
    }

    /// From issue to expiry. The end is never a wrapped number: a life longer than the calendar has none.
    pub fn life(&self) -> Known<Life> {
        let (Some(lifetime), issued) = (self.lifetime.stated(), self.issued.value()) else { return Known::Unknown };
        let life = match (lifetime.value, issued) {
            (None, _) => Life { minutes: None, end: None },
            (Some(minutes), Some(issued)) => {
                let end = TimeDelta::try_minutes(minutes).and_then(|life| issued.checked_add_signed(life));
                Life { minutes: Some(minutes), end }
            }
            (Some(_), None) => return Known::Unknown,
        };
        Known::is(life, lifetime.evidence.clone())
    }

    /// Whether its last day is over. The last day counts: App Builder gives a moment, an audit speaks of a day.
    pub fn expired(&self, today: NaiveDate) -> Known<bool> {
        let over = |end: NaiveDateTime| end.date().checked_add_days(Days::new(1)).is_some_and(|next| next <= today);
        self.life().map(|life| life.end.is_some_and(over))
    }
}

/// A number of consumers, or their names.
fn consumers(field: &Field<String>, origin: Origin) -> Known<usize> {
    let evidence = Evidence::new(origin, "consumers");
    match field {
        Field::Null => Known::is(0, evidence),
        Field::Is(text) => Known::is(text.trim().parse().unwrap_or_else(|_| listed(text).len()), evidence),
        Field::Missing | Field::Wrong => Known::Unknown,
    }
}

/// The day of the last use; anything else says nothing.
fn last_used(field: &Field<String>, origin: Origin) -> Known<NaiveDate> {
    let day = field.value().and_then(|text| text.get(..10)).and_then(|day| day.parse().ok());
    day.map_or(Known::Unknown, |day| Known::is(day, Evidence::new(origin, "last_used")))
}
