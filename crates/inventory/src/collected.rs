//! The day an export speaks for: when it was collected, and so up to when it tells what was used.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Company, Inventory};
use cutover_export::Records;
use cutover_export::field::{Field, Shape};
use cutover_export::records::User;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::Evidence;
use cutover_model::result::audit::CollectedBasis;

/// The age in days up to which an export is taken for a recent one.
const RECENT_DAYS: i64 = 30;

/// When an export was collected, and what tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Collected {
    /// The day.
    pub at: NaiveDate,
    /// What tells it.
    pub basis: CollectedBasis,
}

/// What an export says about the days it covers.
#[derive(Debug, Default, Clone)]
pub(super) struct CollectionDays {
    /// `collected_at` of `export.toml`, and where it is written.
    stated: Option<(NaiveDate, Evidence)>,
    /// The days on which something happened, as the records give them.
    happened: BTreeSet<NaiveDate>,
}

impl CollectionDays {
    /// Gathers the days of an export. Days that people set for the future (reviews, expiry) say nothing about when it
    /// was collected, and neither do the dates in `reviews.toml` and `settings.toml`.
    pub(super) fn of(records: &Records) -> Self {
        let file = records.export.as_ref();
        let stated = file.and_then(|file| Some((file.value.collected_at?, Evidence::new(file.origin, "collected_at"))));
        let mut happened = BTreeSet::new();
        let mut last = None;
        let mut merge = |day: NaiveDate| {
            // Rows of one day stand together.
            if last != Some(day) {
                happened.insert(day);
                last = Some(day);
            }
        };
        let users = records.users.iter().chain(&records.inactive_users).map(|read| &read.value);
        users.for_each(|user| of_user(user, &mut merge));
        records.project_users.people.iter().for_each(|read| of_user(&read.value, &mut merge));
        for installation in records.lists.app_installations.iter().map(|read| &read.value) {
            of_days([&installation.installed_at, &installation.uninstalled_at], &mut merge);
        }
        records.api_activity.iter().for_each(|row| of_days([&row.read.value.date], &mut merge));
        records.lists.service_accounts.iter().for_each(|read| of_text(&read.value.last_used, &mut merge));
        records.altova.iter().for_each(|read| of_days([&read.value.inventory.as_of], &mut merge));
        for client in records.oauth_clients.iter().map(|of| &of.read.value) {
            of_days([&client.created_at, &client.rotated_at, &client.revoked_on], &mut merge);
            of_text(&client.last_used, &mut merge);
        }
        for key in records.app_builder.keys.iter().map(|of| &of.read.value) {
            key.issued_at.value().into_iter().for_each(|issued| merge(issued.0.date()));
            key.revoked.value().and_then(|revoked| revoked.day()).into_iter().for_each(&mut merge);
            of_text(&key.last_used, &mut merge);
        }
        records.app_builder.users.iter().for_each(|of| of_text(&of.read.value.last_login, &mut merge));
        Self { stated, happened }
    }
}

fn of_user(user: &User, merge: &mut impl FnMut(NaiveDate)) {
    of_days([&user.created_at, &user.last_login_at, &user.welcome_email_sent_at], merge);
}

fn of_days<const N: usize>(fields: [&Field<NaiveDate>; N], merge: &mut impl FnMut(NaiveDate)) {
    fields.into_iter().filter_map(Field::value).copied().for_each(merge);
}

fn of_text(field: &Field<String>, merge: &mut impl FnMut(NaiveDate)) {
    field.value().and_then(|text| <NaiveDate as Shape>::from_text(text)).into_iter().for_each(merge);
}

impl Company {
    /// When its export was collected, as far as a run for `today` can know: as `export.toml` states, or else on the
    /// newest day in the records. A day in the records that lies after `today` is no evidence.
    pub fn collected(&self, today: NaiveDate) -> Option<Collected> {
        let stated = self.collection.stated.as_ref();
        let stated = stated.map(|(at, _)| Collected { at: *at, basis: CollectedBasis::ExportFile });
        stated.or_else(|| Some(Collected { at: self.newest(today)?, basis: CollectedBasis::NewestRecord }))
    }

    /// The newest day in the records, up to `today`.
    fn newest(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.collection.happened.range(..=today).next_back().copied()
    }

    /// The day up to which the export tells what was used: the day it was collected, or `today` if that is earlier or
    /// nothing tells when it was collected. Where a record is newer than the stated day, it is the day of the record:
    /// nobody makes use unknown by an early `collected_at`.
    pub fn use_known_until(&self, today: NaiveDate) -> NaiveDate {
        let stated = self.collected(today).map(|collected| collected.at);
        stated.max(self.newest(today)).map_or(today, |day| day.min(today))
    }
}

impl Inventory {
    /// When the oldest of its exports was collected.
    pub fn collected(&self, today: NaiveDate) -> Option<Collected> {
        self.companies.iter().filter_map(|company| company.collected(today)).min()
    }

    /// Reports exports that were collected long before `today`, and those that hold what is newer than they say.
    pub fn report_age(&self, today: NaiveDate, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.companies.iter().filter_map(|company| company.too_old(today)));
        diagnostics.extend(self.companies.iter().filter_map(|company| company.too_new(today)));
    }
}

impl Company {
    /// A record that is newer than the day that `export.toml` states. The two may be written in different time zones.
    fn too_new(&self, today: NaiveDate) -> Option<Diagnostic> {
        let (stated, said) = self.collection.stated.as_ref()?;
        let newest = self.newest(today).filter(|newest| (*newest - *stated).num_days() > 1)?;
        let message = format!(
            "`collected_at` is {stated}, and the export holds a record of {newest}: use counts as known up to {newest}"
        );
        Some(Diagnostic::new(Code::Conflict, Place::Member(said.origin, "collected_at".to_owned()), message))
    }

    fn too_old(&self, today: NaiveDate) -> Option<Diagnostic> {
        let Collected { at, basis } = self.collected(today)?;
        let days = (today - at).num_days();
        if days <= RECENT_DAYS {
            return None;
        }
        let of = if self.origin.is_some() {
            format!(" of {}", cutover_model::escape::name(&self.name))
        } else {
            String::new()
        };
        let unknown = "later changes and use are unknown";
        let message = match basis {
            CollectedBasis::ExportFile => {
                format!("the export{of} was collected on {at}, {days} days before {today}: {unknown}; export again")
            }
            CollectedBasis::NewestRecord => format!(
                "the newest date in the export{of} is {at}, {days} days before {today}: {unknown}; export again, or write \
                 the day it was collected into export.toml (collected_at)"
            ),
        };
        let stated = self.collection.stated.as_ref();
        let place = stated.map_or(Place::None, |(_, said)| Place::Member(said.origin, "collected_at".to_owned()));
        Some(Diagnostic::new(Code::OldExport, place, message))
    }
}
