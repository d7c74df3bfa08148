//! Apps: what their manifests ask for and declare, and how they sign in.

use chrono::NaiveDate;

use super::{Action, FactBuilder, Thing, ThingIx, Type, Value};
use cutover_inventory::apps::{App, AppIx, Installation};
use cutover_inventory::decisions::Subject;
use cutover_inventory::manifests::{Connection, Manifest};
use cutover_inventory::tools::Tool;
use cutover_inventory::usage::Silence;
use cutover_model::evidence::Evidence;

impl FactBuilder<'_> {
    /// Phrases every app.
    pub(super) fn apps(&mut self) {
        match self.only {
            Some(selection) => selection.apps.iter().for_each(|index| self.app(*index)),
            None => (0..self.company.apps.all.len()).for_each(|index| self.app(index)),
        }
    }

    /// The thing an app is phrased as.
    pub fn app_itself(&mut self, index: AppIx) -> Option<ThingIx> {
        if let Some(thing) = self.apps.get(&index) {
            return Some(*thing);
        }
        let app = self.company.apps.all.get(index)?;
        let mut thing = Thing::new(Type::App, app.key.clone(), app.name.clone(), self.this, Some(app.origin.into()));
        thing.set_known("marketplace", &app.marketplace, Value::flag);
        thing.set_known("live", &app.live, Value::flag);
        thing.set_known("approval", &app.approval, Value::text);
        let thing = self.facts.add(thing);
        self.apps.insert(index, thing);
        Some(thing)
    }

    fn app(&mut self, index: AppIx) {
        let Some(app) = self.company.apps.all.get(index) else { return };
        let Some(principal) = self.app_itself(index) else { return };
        for manifest in &app.manifests {
            self.manifest(index, app, principal, manifest);
        }
        if let Some(installation) = &app.installation {
            self.installation(index, app, principal, installation);
            if installation.is_installed() && app.installed_manifest().is_none() {
                self.unknown_manifest(index, principal, installation);
            }
        }
        self.rises(index, app, principal);
        self.calls(index, app, principal);
    }

    /// The manifest version as a thing, to tell facts of several versions apart.
    pub(super) fn version(&mut self, manifest: &Manifest) -> Option<ThingIx> {
        let label = manifest.label();
        let thing = Thing::new(Type::Manifest, label.clone(), label, self.this, Some(manifest.origin.into()));
        manifest.version.is_some().then(|| self.facts.add(thing))
    }

    /// A connection of a version that has several, to tell their facts apart: by its uid, or else by its grant.
    fn connection(&mut self, version: &str, connection: &Connection) -> ThingIx {
        let own = connection.uid.as_ref().or(connection.grant.value()).map_or("of an unknown grant", String::as_str);
        let name = format!("{version} (connection {own})");
        let evidence = Some(connection.evidence.clone());
        self.facts.add(Thing::new(Type::Connection, format!("{version}#{own}"), name, self.this, evidence))
    }

    fn manifest(&mut self, index: AppIx, app: &App, principal: ThingIx, manifest: &Manifest) {
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
            let mut context = self.use_of_tool(index, app.installation.as_ref(), manifest.installed, &request.tool);
            context.extend([
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
            ]);
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
        let installer = app.installation.as_ref().and_then(|installation| self.installer(installation));
        let administers = installer.and_then(|installer| self.company.administers(installer));
        for connection in &manifest.connections {
            let member = match manifest.connections.len() {
                0 | 1 => member,
                _ => Some(self.connection(&label, connection)),
            };
            let context = vec![
                ("manifest", label.as_str().into()),
                ("grant", connection.grant.value().map_or(Value::Unknown, Into::into)),
                ("requested_tools", requested.clone()),
                ("data_connections", Value::count(manifest.connections.len())),
                ("embedded", manifest.embedded.into()),
                ("installed", manifest.installed.map_or(Value::Unknown, Value::Flag)),
                ("installer_administers", administers.map_or(Value::Unknown, Value::Flag)),
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
    fn unknown_manifest(&mut self, index: AppIx, principal: ThingIx, installation: &Installation) {
        let evidence: Evidence = installation.origin.into();
        let label = installation.version.value().cloned().unwrap_or_default();
        for tool in self.setting.named_tools.clone() {
            let resource = self.tool(&tool);
            let mut context = self.use_of_tool(index, Some(installation), Some(true), &tool);
            context.extend([
                ("level", Value::Level(None)),
                ("level_recognised", true.into()),
                ("key_of_this_schema", Value::Unknown),
                ("manifest", label.as_str().into()),
                ("reason", Value::Absent),
                ("exception", Value::Absent),
            ]);
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

    /// Whether a requested tool is called, and since when it could be.
    fn use_of_tool(
        &self,
        index: AppIx,
        installation: Option<&Installation>,
        installed: Option<bool>,
        tool: &Tool,
    ) -> Vec<(&'static str, Value)> {
        let since = installation.and_then(|installation| installation.since.value());
        let known_until = self.company.use_known_until(self.setting.today);
        let silence = self.company.usage_of(index).map(|usage| usage.silence(tool, known_until));
        let (last_call, silent_since) = spoken(silence.unwrap_or_default(), self.setting.today);
        vec![
            ("today", Value::Day(self.setting.today)),
            ("use_known_until", Value::Day(known_until)),
            ("installed", installed.map_or(Value::Unknown, Value::Flag)),
            ("since", since.map_or(Value::Unknown, |day| self.past(*day))),
            ("last_call", last_call),
            ("silent_since", silent_since),
        ]
    }
}

/// The last call, and since when there was none, as policies read them. That there was none at all is known only of a
/// report that would have shown it. A call on a later day than `today` does not say whether there was one before.
pub(super) fn spoken(silence: Silence, today: NaiveDate) -> (Value, Value) {
    let last_call = match silence.last_call {
        Some(day) if day > today => Value::Unknown,
        Some(day) => Value::Day(day),
        None if silence.never => Value::Absent,
        None => Value::Unknown,
    };
    (last_call, silence.since.map_or(Value::Unknown, Value::Day))
}
