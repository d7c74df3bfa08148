//! Installations: in what state they are, who made them, and what was checked since.

use super::apps::spoken;
use super::index::{asks, is_installed_on};
use super::{Action, Fact, FactBuilder, ThingIx, Value};
use cutover_inventory::apps::{App, AppIx, Installation};
use cutover_inventory::decisions::apps::Checked;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::manifests::Manifest;
use cutover_inventory::memberships::InForce;
use cutover_inventory::names::slug;
use cutover_model::known::Known;

impl FactBuilder<'_> {
    /// Phrases an app's installation.
    pub(super) fn installation(&mut self, index: AppIx, app: &App, principal: ThingIx, installation: &Installation) {
        let manifest = app.installed_manifest();
        let installer = self.installer(installation);
        let person = installer.and_then(|installer| self.company.directory.identities.get(installer));
        // The directory knows the installer's state in this company; the installation only that of the contact.
        let active = person.map_or(Known::Unknown, |person| person.active.clone());
        let active = active.value().or(installation.installer_active.value());
        let administers = installer.and_then(|installer| self.company.administers(installer));
        let offer = self.company.decisions.apps.update_offers.get(&index);
        let requested = manifest.and_then(Manifest::requested_tools);
        let flag = |known: Option<bool>| known.map_or(Value::Unknown, Value::Flag);
        let mut context = vec![
            ("today", Value::Day(self.setting.today)),
            ("use_known_until", self.use_known_until()),
            ("status", installation.status_on(self.setting.today).value().map_or(Value::Unknown, Into::into)),
            ("since", installation.since.value().map_or(Value::Unknown, |day| self.past(*day))),
            ("update_offered", flag(installation.update_offered.value().copied())),
            ("update_first_seen", offer.map_or(Value::Unknown, |offer| self.past(offer.value))),
            ("installer_active", flag(active.copied())),
            ("installer_administers", flag(administers)),
            ("requested_tools", requested.map_or(Value::Unknown, Value::count)),
            ("managed_account", flag(self.has_user(index, app))),
            ("mixes_grants", flag(manifest.and_then(Manifest::mixes_grants))),
            ("template_applied", flag(self.template_applied(index, app))),
        ];
        context.extend(self.checked(index, installation));
        context.extend(self.superseded(index, app));
        context.extend(self.use_of_app(index));
        let installer_place = installation.installer.stated().map(|stated| stated.evidence.clone());
        let replacement = self.company.decisions.apps.replacements.get(&index);
        let said = [
            ("update_offered", installation.update_offered.stated().map(|stated| stated.evidence.clone())),
            ("installer_active", installer_place.clone()),
            ("installer_administers", installer_place),
            ("status", installation.status.stated().map(|stated| stated.evidence.clone())),
            ("since", installation.since.stated().map(|stated| stated.evidence.clone())),
            ("successor", replacement.map(|replaced| replaced.evidence.clone())),
        ];
        let fact = Fact {
            principal,
            resource: self.this,
            context,
            member: None,
            evidence: installation.origin.into(),
            said: said.into_iter().filter_map(|(name, evidence)| Some((name, evidence?))).collect(),
        };
        self.facts.push(Action::Installed, fact);
    }

    pub(super) fn installer(&self, installation: &Installation) -> Option<IdentityIx> {
        let directory = &self.company.directory;
        let by_id = installation.installer.value().and_then(|id| directory.by_id(*id));
        by_id.or_else(|| installation.installer_login.value().and_then(|login| directory.by_email(login)))
    }

    /// Whether the directory holds a user for the app.
    fn has_user(&self, index: AppIx, app: &App) -> Option<bool> {
        let directory = &self.company.directory;
        let has_user = directory.users_of(index).next().is_some();
        // A user of which app is not settled may be this one's.
        let may_have = || if app.named { directory.has_unsettled(&app.slugs) } else { directory.has_any_unsettled() };
        (has_user || (directory.is_complete() && !may_have())).then_some(has_user)
    }

    /// Whether an active user of the app has a permission template: what a new version asks for does not reach it.
    fn template_applied(&self, index: AppIx, app: &App) -> Option<bool> {
        let company = self.company;
        let users = || {
            let users = company.directory.users_of(index);
            users.filter_map(|user| Some((user, company.directory.identities.get(user)?)))
        };
        let active = |identity: &Identity| identity.active.value().copied();
        if users().any(|(user, identity)| active(identity) == Some(true) && !company.templates_of(user).is_empty()) {
            return Some(true);
        }
        let none_told = |(user, identity): (IdentityIx, &Identity)| {
            let mut in_force = company.memberships.of(user).map(|membership| membership.in_force);
            let described = identity.company_template.value().is_some() && identity.default_template.value().is_some();
            let none = company.templates_of(user).is_empty() && in_force.all(|template| template == InForce::Blank);
            active(identity) == Some(false) || (described && none && company.projects_known(user))
        };
        // Without a user there is nothing to tell: it may be the one that nobody recognised.
        (self.has_user(index, app) == Some(true) && users().all(none_told)).then_some(false)
    }

    /// A check that counts today. Without a `reviews.toml` nobody can say that there was none.
    fn day_of(&self, checked: Option<&Checked>) -> Value {
        match checked {
            Some(checked) => Value::Day(checked.on),
            None if self.company.decisions.recorded => Value::Absent,
            None => Value::Unknown,
        }
    }

    /// What somebody checked about the installed app.
    fn checked(&self, index: AppIx, installation: &Installation) -> Vec<(&'static str, Value)> {
        let (records, today) = (&self.company.decisions.apps, self.setting.today);
        let version = installation.version.value();
        let of_version = || {
            let checks = records.reconciliations.of(index, today);
            checks.filter(|checked| Some(&checked.version) == version).max_by_key(|checked| checked.on)
        };
        let reconciled = match version {
            // Which of them is about the installed version is unknown.
            None if records.reconciliations.last(index, today).is_some() => Value::Unknown,
            _ => self.day_of(of_version()),
        };
        let implicit = records.implicit.get(&index).map_or(Value::Unknown, |stated| Value::Flag(stated.value));
        vec![
            ("version", version.map_or(Value::Unknown, Into::into)),
            ("vendor_reviewed", self.day_of(records.vendor_reviews.last(index, today))),
            ("projects_reviewed", self.day_of(records.projects_reviews.last(index, today))),
            ("grants_checked", self.day_of(records.grant_checks.last(index, today))),
            ("reconciled", reconciled),
            ("implicit", implicit),
        ]
    }

    /// Which installed app does the work of this one, and from when.
    fn superseded(&self, index: AppIx, app: &App) -> Vec<(&'static str, Value)> {
        let recorded = self.company.decisions.apps.replacements.get(&index).and_then(|replaced| replaced.cut_over);
        let (sunset, today) = (self.setting.timeline.sunset, self.setting.today);
        // Before the sunset, only `reviews.toml` says that no earlier day was agreed on.
        let sunset = sunset.filter(|sunset| self.company.decisions.recorded || *sunset < today);
        let cut_over = recorded.or(sunset).map_or(Value::Unknown, Value::Day);
        vec![("successor", self.successor(index, app)), ("cut_over", cut_over)]
    }

    /// The installed app that takes the place of this one: the one on record, or else the DMSA version of the same
    /// developer, if this one is a backend without permissions of its own.
    fn successor(&self, index: AppIx, app: &App) -> Value {
        let company = self.company;
        let installed = |app: &App| is_installed_on(company, app, self.setting.today);
        if let Some(replaced) = company.decisions.apps.replacements.get(&index) {
            let new = company.apps.all.get(replaced.new);
            return match new.and_then(|new| Some((new, installed(new)?))) {
                Some((new, true)) => (&new.name).into(),
                Some((_, false)) => Value::Absent,
                None => Value::Unknown,
            };
        }
        let is_old = match app.installed_manifest() {
            Some(manifest) if manifest.connections.is_empty() => Some(false),
            _ => asks(app).map(|asks| !asks),
        };
        // Whatever an app asks for, somebody may have replaced it; without `reviews.toml` nobody can say that nobody did.
        let none = || if company.decisions.recorded { Value::Absent } else { Value::Unknown };
        if is_old == Some(false) {
            return none();
        }
        let vendor = app.vendor.value().map(|vendor| slug(vendor));
        let successors = self.index.successors(company, self.setting.today);
        let found = vendor.as_ref().filter(|_| is_old == Some(true));
        let found = found.and_then(|vendor| successors.certain(vendor, index));
        if let Some(other) = found.and_then(|found| company.apps.all.get(found)) {
            return (&other.name).into();
        }
        let unsure = is_old.is_none() || !company.apps.complete() || successors.may_be(vendor.as_deref(), index);
        if unsure { Value::Unknown } else { none() }
    }

    /// Whether the app calls anything at all: by its report, or by what somebody read off the usage graph.
    fn use_of_app(&self, index: AppIx) -> Vec<(&'static str, Value)> {
        let today = self.setting.today;
        let known_until = self.company.use_known_until(today);
        let mut silence =
            self.company.usage_of(index).map(|usage| usage.silence_of_all(known_until)).unwrap_or_default();
        let note = self.company.decisions.apps.usage.get(&index).map(|stated| stated.value);
        let mut never = silence.last_call.filter(|day| *day <= today).map(|_| false);
        match note {
            Some(Some(day)) if day <= today && silence.last_call.is_none_or(|last| last < day) => {
                silence.last_call = Some(day);
                silence.since = day.succ_opt();
                never = Some(false);
            }
            Some(None) if silence.last_call.is_none() => {
                never = Some(true);
                silence.never = true;
            }
            _ => {}
        }
        let (last_call, silent_since) = spoken(silence, today);
        vec![
            ("last_call", last_call),
            ("silent_since", silent_since),
            ("never_used", never.map_or(Value::Unknown, Value::Flag)),
        ]
    }
}
