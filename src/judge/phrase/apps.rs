//! Apps: what their manifests ask for and declare, and how they are installed.

use super::{Action, Phraser, Thing, ThingIx, Type, Value};
use crate::export::document::Evidence;
use crate::inventory::apps::{App, AppIx, Installation};
use crate::inventory::decisions::Subject;
use crate::inventory::directory::IdentityIx;
use crate::inventory::known::Known;
use crate::inventory::manifests::Manifest;

impl Phraser<'_> {
    /// Phrases every app.
    pub(super) fn apps(&mut self) {
        match self.only {
            Some(selection) => selection.apps.iter().for_each(|index| self.app(*index)),
            None => (0..self.company.apps.all.len()).for_each(|index| self.app(index)),
        }
    }

    fn app(&mut self, index: AppIx) {
        let Some(app) = self.company.apps.all.get(index) else { return };
        let mut thing = Thing::new(Type::App, app.key.clone(), app.name.clone(), self.this, Some(app.origin.into()));
        thing.tell("marketplace", &app.marketplace, Value::flag);
        thing.tell("live", &app.live, Value::flag);
        thing.tell("approval", &app.approval, Value::text);
        let principal = self.facts.add(thing);
        self.apps.insert(index, principal);
        for manifest in &app.manifests {
            self.manifest(index, principal, manifest);
        }
        if let Some(installation) = &app.installation {
            self.installation(index, app, principal, installation);
            if installation.is_installed() && app.installed_manifest().is_none() {
                self.unknown_manifest(principal, installation);
            }
        }
    }

    /// The manifest version as a thing, to tell facts of several versions apart.
    fn version(&mut self, manifest: &Manifest) -> Option<ThingIx> {
        let label = manifest.label();
        let thing = Thing::new(Type::Manifest, label.clone(), label, self.this, Some(manifest.origin.into()));
        manifest.version.is_some().then(|| self.facts.add(thing))
    }

    fn manifest(&mut self, index: AppIx, principal: ThingIx, manifest: &Manifest) {
        let member = self.version(manifest);
        let label = manifest.label();
        let requested = manifest.requested_tools().map_or(Value::Unknown, Value::count);
        for request in manifest.requests.iter().flatten() {
            let resource = self.tool(&request.tool);
            let subject = (Subject::App(index), request.tool.clone());
            let decisions = &self.company.decisions;
            let exception = decisions.exceptions.get(&subject).filter(|accepted| accepted.in_force(self.setting.today));
            let fits = manifest
                .schema
                .value()
                .map(|schema| self.setting.tools.fits_schema(request.tool.scope, &request.written, schema));
            let level = request.given.level;
            let context = vec![
                ("level", Value::Level(level)),
                ("level_recognised", level.is_some().into()),
                ("key_of_this_schema", fits.map_or(Value::Unknown, Value::Flag)),
                ("manifest", label.as_str().into()),
                ("reason", decisions.reasons.get(&subject).map_or(Value::Absent, |reason| (&reason.value).into())),
                (
                    "exception",
                    exception.map_or(Value::Absent, |accepted| {
                        Value::Exception(accepted.reason.clone(), accepted.approved_by.clone())
                    }),
                ),
            ];
            let evidence = request.given.evidence.clone();
            self.facts.push(
                Action::Requests,
                super::Fact { principal, resource, context, member, evidence, said: Vec::new() },
            );
        }
        let context = vec![
            ("manifest", label.as_str().into()),
            ("schema", manifest.schema.value().map_or(Value::Unknown, Into::into)),
            ("installed", manifest.installed.map_or(Value::Unknown, Value::Flag)),
            ("requested_tools", requested.clone()),
            ("instructions", manifest.instructions.value().map_or(Value::Unknown, Into::into)),
        ];
        let said = [("schema", &manifest.schema), ("instructions", &manifest.instructions)]
            .into_iter()
            .filter_map(|(name, known)| Some((name, known.stated()?.evidence.clone())));
        let evidence = Evidence::new(manifest.origin, manifest.member);
        let declared = super::Fact { principal, resource: self.this, context, member, evidence, said: said.collect() };
        self.facts.push(Action::Declares, declared);
        for connection in &manifest.connections {
            let context = vec![
                ("manifest", label.as_str().into()),
                ("grant", connection.grant.value().map_or(Value::Unknown, Into::into)),
                ("requested_tools", requested.clone()),
                ("data_connections", Value::count(manifest.connections.len())),
                ("embedded", manifest.embedded.into()),
            ];
            let evidence =
                connection.grant.stated().map_or_else(|| connection.evidence.clone(), |stated| stated.evidence.clone());
            self.facts.push(
                Action::Authenticates,
                super::Fact { principal, resource: self.this, context, member, evidence, said: Vec::new() },
            );
        }
    }

    /// An installed app whose manifest is not in the export: everything it asks for is unknown.
    fn unknown_manifest(&mut self, principal: ThingIx, installation: &Installation) {
        let evidence: Evidence = installation.origin.into();
        let label = installation.version.value().cloned().unwrap_or_default();
        for tool in self.setting.named_tools.clone() {
            let resource = self.tool(&tool);
            let context = vec![
                ("level", Value::Level(None)),
                ("level_recognised", true.into()),
                ("key_of_this_schema", Value::Unknown),
                ("manifest", label.as_str().into()),
                ("reason", Value::Absent),
                ("exception", Value::Absent),
            ];
            self.facts.push(
                Action::Requests,
                super::Fact {
                    principal,
                    resource,
                    context,
                    member: None,
                    evidence: evidence.clone(),
                    said: Vec::new(),
                },
            );
        }
        let context = vec![
            ("manifest", label.as_str().into()),
            ("schema", Value::Unknown),
            ("installed", true.into()),
            ("requested_tools", Value::Unknown),
            ("instructions", Value::Unknown),
        ];
        self.about_company(Action::Declares, principal, context, evidence);
    }

    fn installation(&mut self, index: AppIx, app: &App, principal: ThingIx, installation: &Installation) {
        let requested = app.installed_manifest().and_then(Manifest::requested_tools);
        let installer = self.installer(installation);
        let person = installer.and_then(|installer| self.company.directory.identities.get(installer));
        // The directory knows the installer's state in this company; the installation only that of the contact.
        let active = person.map_or(Known::Unknown, |person| person.active.clone());
        let active = active.value().or(installation.installer_active.value());
        let administers = installer.and_then(|installer| self.company.administers(installer));
        let directory = &self.company.directory;
        let has_user = directory.users_of(index).next().is_some();
        // A user of which app is not settled may be this one's.
        let may_have = || if app.named { directory.has_unsettled(&app.slugs) } else { directory.has_any_unsettled() };
        let managed_account = has_user || (directory.listed && !may_have());
        let offer = self.company.decisions.update_offers.get(&index);
        let flag = |known: Option<bool>| known.map_or(Value::Unknown, Value::Flag);
        let context = vec![
            ("today", Value::Day(self.setting.today)),
            ("status", installation.status.value().map_or(Value::Unknown, Into::into)),
            ("since", installation.since.value().map_or(Value::Unknown, Value::day)),
            ("update_offered", flag(installation.update_offered.value().copied())),
            ("update_first_seen", offer.map_or(Value::Unknown, |offer| Value::Day(offer.value))),
            ("installer_active", flag(active.copied())),
            ("installer_administers", flag(administers)),
            ("requested_tools", requested.map_or(Value::Unknown, Value::count)),
            ("managed_account", flag(managed_account.then_some(has_user))),
        ];
        let installer_place = installation.installer.stated().map(|stated| stated.evidence.clone());
        let said = [
            ("update_offered", installation.update_offered.stated().map(|stated| stated.evidence.clone())),
            ("installer_active", installer_place.clone()),
            ("installer_administers", installer_place),
            ("status", installation.status.stated().map(|stated| stated.evidence.clone())),
        ];
        let fact = super::Fact {
            principal,
            resource: self.this,
            context,
            member: None,
            evidence: installation.origin.into(),
            said: said.into_iter().filter_map(|(name, evidence)| Some((name, evidence?))).collect(),
        };
        self.facts.push(Action::Installed, fact);
    }

    fn installer(&self, installation: &Installation) -> Option<IdentityIx> {
        let directory = &self.company.directory;
        let by_id = installation.installer.value().and_then(|id| directory.by_id(*id));
        by_id.or_else(|| installation.installer_login.value().and_then(|login| directory.by_email(login)))
    }
}
