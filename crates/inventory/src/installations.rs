//! Installations of apps in a company.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::stated::{presence, value};
use cutover_export::Read;
use cutover_export::field::Id;
use cutover_export::records::AppInstallation;
use cutover_model::evidence::Origin;
use cutover_model::known::Known;

/// An app's installation in the company.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its id.
    pub id: Id,
    /// `installed` or `uninstalled`.
    pub status: Known<String>,
    /// The day of the last installation or reinstallation.
    pub since: Known<NaiveDate>,
    /// The day it was uninstalled.
    pub uninstalled: Known<NaiveDate>,
    /// The installed version.
    pub version: Known<String>,
    /// Whether a newer version is offered.
    pub update_offered: Known<bool>,
    /// The installer's user or contact id.
    pub installer: Known<Id>,
    /// The installer's address.
    pub installer_login: Known<String>,
    /// What the installation itself says about its installer.
    pub installer_active: Known<bool>,
    /// Where it is.
    pub origin: Origin,
}

impl Installation {
    /// Its status on this day. One that was uninstalled on a later day was still installed then, if it had been
    /// installed by then.
    pub fn status_on(&self, today: NaiveDate) -> Known<String> {
        let later = self.uninstalled.value().is_some_and(|day| *day > today);
        match self.status.value() {
            Some(status) if later && status != "installed" => match self.since.value() {
                Some(since) if *since <= today => self.status.map(|_| "installed".to_owned()),
                _ => Known::Unknown,
            },
            _ => self.status.clone(),
        }
    }

    /// Whether it is known to be installed.
    pub fn is_installed(&self) -> bool {
        self.status.value().is_some_and(|status| status == "installed")
    }
}

impl Installation {
    /// An installation of which nothing is known but where it is.
    pub fn at(origin: Origin) -> Self {
        Self {
            id: Id(0),
            status: Known::Unknown,
            since: Known::Unknown,
            uninstalled: Known::Unknown,
            version: Known::Unknown,
            update_offered: Known::Unknown,
            installer: Known::Unknown,
            installer_login: Known::Unknown,
            installer_active: Known::Unknown,
            origin,
        }
    }

    pub(super) fn merge(&mut self, record: &AppInstallation, origin: Origin) {
        self.id = record.id.value().copied().unwrap_or(self.id);
        self.status.merge(value(&record.status, origin, "status"));
        self.since.merge(value(&record.installed_at, origin, "installed_at"));
        self.uninstalled.merge(value(&record.uninstalled_at, origin, "uninstalled_at"));
        self.version.merge(value(&record.semantic_version, origin, "semantic_version"));
        self.update_offered.merge(presence(&record.updatable_app_version_id, origin, "updatable_app_version_id"));
        if let Some(installer) = record.installer.value() {
            self.installer.merge(value(&installer.id, origin, "installer"));
            self.installer_login.merge(value(&installer.login, origin, "installer"));
            self.installer_active.merge(value(&installer.is_active, origin, "installer/is_active"));
        }
        self.installer_login.merge(value(&record.installed_by, origin, "installed_by"));
    }
}

/// Whether the one is in force rather than the other.
pub(super) fn newer(one: &Installation, two: &Installation) -> bool {
    let rank = |place: &Installation| (place.is_installed(), place.since.value().copied(), place.id);
    rank(one) > rank(two)
}

pub(super) type Merged<'r> = Vec<(Vec<Origin>, Vec<&'r AppInstallation>)>;

/// List and show records of one installation, together.
pub(super) fn merged(records: &[Read<AppInstallation>]) -> Merged<'_> {
    let mut by_id: BTreeMap<Id, (Vec<Origin>, Vec<&AppInstallation>)> = BTreeMap::new();
    for read in records {
        let Some(id) = read.value.id.value() else { continue };
        let (origins, records) = by_id.entry(*id).or_default();
        origins.push(read.origin);
        records.push(&read.value);
    }
    by_id.into_values().collect()
}
