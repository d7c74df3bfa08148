//! What the company recorded about apps: reviews, approvals, and what it saw on screens that have no export.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Records;
use crate::apps::AppIx;
use cutover_export::Read;
use cutover_export::manual_files::Reviews;
use cutover_export::manual_files::apps::{AppReview, VersionReview};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Stated;

/// Something that somebody checked or approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// When.
    pub on: NaiveDate,
    /// Until when it counts.
    pub expires: Option<NaiveDate>,
    /// For which version of the app; empty where that plays no part.
    pub version: String,
    /// Where it is recorded.
    pub evidence: Evidence,
}

impl Checked {
    /// Whether it counts on this day: what lies ahead was not done yet, and the last day counts.
    pub fn counts(&self, today: NaiveDate) -> bool {
        self.on <= today && self.expires.is_none_or(|expires| today <= expires)
    }
}

/// Checks of one kind, by app.
#[derive(Debug, Default)]
pub struct Checks(BTreeMap<AppIx, Vec<Checked>>);

impl Checks {
    /// The checks of an app that count on this day.
    pub fn of(&self, app: AppIx, today: NaiveDate) -> impl Iterator<Item = &Checked> {
        self.0.get(&app).into_iter().flatten().filter(move |checked| checked.counts(today))
    }

    /// The last of them. Of two on one day the first record counts, so that the order of the files does not matter.
    pub fn last(&self, app: AppIx, today: NaiveDate) -> Option<&Checked> {
        self.of(app, today).max_by_key(|checked| (checked.on, std::cmp::Reverse(checked.evidence.origin)))
    }

    fn add(&mut self, app: AppIx, checked: Checked) {
        self.0.entry(app).or_default().push(checked);
    }
}

/// That an app takes the place of another.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// The app that comes.
    pub new: AppIx,
    /// From when it does the work, if that is recorded.
    pub cut_over: Option<NaiveDate>,
    /// Where it is recorded.
    pub evidence: Evidence,
}

/// What is recorded about apps.
#[derive(Debug, Default)]
pub struct OfApps {
    /// When an offered update was first noticed.
    pub update_offers: BTreeMap<AppIx, Stated<NaiveDate>>,
    /// Assessments of the vendor.
    pub vendor_reviews: Checks,
    /// Checks of the permitted projects.
    pub projects_reviews: Checks,
    /// Versions whose permissions were approved.
    pub approved_versions: Checks,
    /// Versions with which the templates were brought in line.
    pub reconciliations: Checks,
    /// Checks that the two ways of signing in are kept apart.
    pub grant_checks: Checks,
    /// Whether an attempt to sign in made the installation.
    pub implicit: BTreeMap<AppIx, Stated<bool>>,
    /// Which app comes in the place of this one.
    pub replacements: BTreeMap<AppIx, Replaced>,
    /// The last known use; `None` for never.
    pub usage: BTreeMap<AppIx, Stated<Option<NaiveDate>>>,
}

impl OfApps {
    /// Resolves the records about apps; those that name none are reported.
    pub(super) fn build(reviews: &Reviews, records: &mut Records<'_, '_>) -> Self {
        let mut out = Self::default();
        for Read { value, origin } in &reviews.update_offers {
            let Some(app) = records.app(*origin, "app", &value.app) else { continue };
            let stated = Stated { value: value.first_seen, evidence: Evidence::new(*origin, "first_seen") };
            let known = out.update_offers.entry(app).or_insert_with(|| stated.clone());
            if stated.value < known.value {
                *known = stated;
            }
        }
        for Read { value, origin } in &reviews.vendor_reviews {
            let Some(app) = records.app(*origin, "app", &value.app) else { continue };
            let evidence = Evidence::new(*origin, "on");
            let checked = Checked { on: value.on, expires: value.expires, version: String::new(), evidence };
            out.vendor_reviews.add(app, checked);
        }
        reviewed(&reviews.projects_reviews, &mut out.projects_reviews, records);
        reviewed(&reviews.grant_checks, &mut out.grant_checks, records);
        versions(&reviews.approved_versions, &mut out.approved_versions, records);
        versions(&reviews.reconciliations, &mut out.reconciliations, records);
        for Read { value, origin } in &reviews.install_requests {
            let Some(app) = records.app(*origin, "app", &value.app) else { continue };
            let stated = Stated { value: value.implicit, evidence: Evidence::new(*origin, "implicit") };
            let known = out.implicit.entry(app).or_insert_with(|| stated.clone());
            // Of two requests for one app, the implicit one is what matters.
            if stated.value && !known.value {
                *known = stated;
            }
        }
        for Read { value, origin } in &reviews.replacements {
            let old = records.app(*origin, "old", &value.old);
            let (Some(old), Some(new)) = (old, records.app(*origin, "new", &value.new)) else { continue };
            let replaced = Replaced { new, cut_over: value.cut_over, evidence: Evidence::new(*origin, "new") };
            let known = out.replacements.entry(old).or_insert_with(|| replaced.clone());
            if (replaced.new, replaced.cut_over) < (known.new, known.cut_over) {
                *known = replaced;
            }
        }
        out
    }

    /// Hears of the use of an app. Of two records the one of the later use counts.
    pub(super) fn used(&mut self, app: AppIx, last: Option<NaiveDate>, origin: Origin) {
        if self.usage.get(&app).is_none_or(|known| known.value < last) {
            self.usage.insert(app, Stated { value: last, evidence: origin.into() });
        }
    }
}

fn reviewed(entries: &[Read<AppReview>], checks: &mut Checks, records: &mut Records<'_, '_>) {
    for Read { value, origin } in entries {
        let Some(app) = records.app(*origin, "app", &value.app) else { continue };
        let evidence = Evidence::new(*origin, "on");
        checks.add(app, Checked { on: value.on, expires: None, version: String::new(), evidence });
    }
}

fn versions(entries: &[Read<VersionReview>], checks: &mut Checks, records: &mut Records<'_, '_>) {
    for Read { value, origin } in entries {
        let Some(app) = records.app(*origin, "app", &value.app) else { continue };
        let evidence = Evidence::new(*origin, "version");
        checks.add(app, Checked { on: value.on, expires: None, version: value.version.trim().to_owned(), evidence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn checked(on: &str, expires: Option<&str>, record: u32) -> Checked {
        let evidence = Origin { document: 0, record }.into();
        Checked { on: day(on), expires: expires.map(day), version: String::new(), evidence }
    }

    #[test]
    fn a_check_counts_from_its_day_to_the_day_it_expires() {
        let check = checked("2024-03-01", Some("2024-09-30"), 0);
        for (today, counts) in
            [("2024-02-29", false), ("2024-03-01", true), ("2024-09-30", true), ("2024-10-01", false)]
        {
            assert_eq!(check.counts(day(today)), counts, "{today}");
        }
    }

    #[test]
    fn the_last_check_that_counts_is_the_one() {
        let mut checks = Checks::default();
        for check in [
            checked("2024-03-01", None, 0),
            checked("2024-08-01", Some("2024-08-31"), 1),
            checked("2024-05-01", None, 2),
            checked("2025-01-01", None, 3),
        ] {
            checks.add(7, check);
        }
        assert_eq!(checks.last(7, day("2024-10-15")).unwrap().on, day("2024-05-01"));
        assert_eq!(checks.last(7, day("2024-08-15")).unwrap().on, day("2024-08-01"));
        assert!(checks.last(8, day("2024-10-15")).is_none());
    }
}
