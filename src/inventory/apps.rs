//! Apps: their installations and their manifests.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::classify::slug;
use super::known::{Known, presence, value};
use super::level::Level;
use super::templates::{GivenLevel, read_level};
use super::tools::{Scope, Tool, Tools};
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::{Evidence, Origin};
use crate::export::field::{Field, Id, LevelText, Named};
use crate::export::records::{AppInstallation, AppManifest, Instruction, RequestedPermissions};
use crate::export::{ManifestName, Of, Read, Records};

/// An index into [`Apps::all`].
pub type AppIx = usize;

/// An app.
#[derive(Debug, Clone)]
pub struct App {
    /// Its OAuth uid where known, else its name as dashed words.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Every name it goes by, as dashed words.
    pub slugs: BTreeSet<String>,
    /// Whether it comes from the Marketplace.
    pub marketplace: Known<bool>,
    /// Whether its listing is live.
    pub live: Known<bool>,
    /// The state of its listing's approval.
    pub approval: Known<String>,
    /// The developer's address.
    pub developer_email: Known<String>,
    /// Its installation in this company: the one in force where there are several.
    pub installation: Option<Installation>,
    /// Its manifests, by version.
    pub manifests: Vec<Manifest>,
    /// Where it is first named.
    pub origin: Origin,
}

/// An app's installation in the company.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its id.
    pub id: Id,
    /// `installed` or `uninstalled`.
    pub status: Known<String>,
    /// The day of the last installation or reinstallation.
    pub since: Known<NaiveDate>,
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
    /// Where it stands.
    pub origin: Origin,
}

impl Installation {
    /// Whether it is known to be installed.
    pub fn is_installed(&self) -> bool {
        self.status.value().is_some_and(|status| status == "installed")
    }
}

/// A data connection of a manifest.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The grant type; version 4.1 manifests have none.
    pub grant: Known<String>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// A tool that a manifest asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tool.
    pub tool: Tool,
    /// The key as written.
    pub written: String,
    /// The level and its place.
    pub given: GivenLevel,
}

/// An app manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The app version, if known.
    pub version: Option<String>,
    /// The version of the manifest's schema.
    pub schema: Known<String>,
    /// The tools it asks for; `None` when that part could not be read.
    pub requests: Option<Vec<Request>>,
    /// Its data connections.
    pub connections: Vec<Connection>,
    /// Whether it embeds a page of its own.
    pub embedded: bool,
    /// The page, or else the notes, shown after installing; empty when there is neither.
    pub instructions: Known<String>,
    /// Whether this is the installed one; `None` when no list of installations says.
    pub installed: Option<bool>,
    /// The record it stands in.
    pub origin: Origin,
    /// Where in that record.
    pub member: &'static str,
}

impl Manifest {
    /// How many tools it asks for.
    pub fn requested_tools(&self) -> Option<usize> {
        self.requests.as_ref().map(Vec::len)
    }

    /// The level it asks for on a tool: none when it does not list it.
    pub fn requested(&self, tool: &Tool) -> Option<Level> {
        let requests = self.requests.as_ref()?;
        match requests.iter().find(|request| request.tool == *tool) {
            Some(request) => request.given.level,
            None => Some(Level::None),
        }
    }

    /// The version as shown: `2.1.0`, or nothing.
    pub fn label(&self) -> String {
        self.version.clone().unwrap_or_default()
    }
}

/// The apps of a company.
#[derive(Debug, Default)]
pub struct Apps {
    /// Every app, by key.
    pub all: Vec<App>,
    /// Whether the list of installations was read, so that an app outside it is not installed.
    pub listed: bool,
}

impl Apps {
    /// Gathers apps from installations and manifests.
    pub fn build(records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut apps = Self { all: Vec::new(), listed: records.installations_listed };
        for (origins, installation) in merged(&records.app_installations, diagnostics) {
            apps.install(&origins, &installation, tools, diagnostics);
        }
        let mut files: Vec<&Of<ManifestName, AppManifest>> = records.app_manifests.iter().collect();
        files.sort_by(|one, two| (&one.of, one.read.origin).cmp(&(&two.of, two.read.origin)));
        for of in files {
            apps.add_manifest_file(of, tools, diagnostics);
        }
        apps.all.sort_by(|one, two| one.key.cmp(&two.key));
        apps
    }

    /// The app of this uid or name.
    pub fn find(&self, name: &str) -> Option<AppIx> {
        let wanted = slug(name);
        let exact = self.all.iter().position(|app| app.key == name || app.name == name);
        exact.or_else(|| {
            let mut fitting = self.all.iter().enumerate().filter(|(_, app)| app.slugs.contains(&wanted));
            // Two apps of one name: neither is meant for sure.
            fitting.next().filter(|_| fitting.next().is_none()).map(|(index, _)| index)
        })
    }

    fn install(
        &mut self,
        origins: &[Origin],
        installation: &[&AppInstallation],
        tools: &Tools,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some(origin) = origins.first().copied() else { return };
        let mut app = App::named(String::new(), String::new(), origin);
        let mut place = Installation::at(origin);
        let mut manifest = None;
        for (origin, record) in origins.iter().copied().zip(installation) {
            app.hear(record, origin);
            place.hear(record, origin);
            if let Some(found) = record.manifest.value() {
                manifest = Some(read_manifest(found, origin, "manifest", tools, diagnostics));
            }
        }
        if app.name.is_empty() {
            app.name = if app.key.is_empty() { format!("installation {}", place.id) } else { app.key.clone() };
        }
        if app.key.is_empty() {
            app.key = slug(&app.name);
        }
        if let Some(mut manifest) = manifest {
            manifest.version = place.version.value().cloned();
            manifest.installed = place.status.value().map(|status| status == "installed");
            app.manifests.push(manifest);
        }
        // An app removed and installed again has two records; the one in force counts.
        match self.all.iter_mut().find(|known| known.key == app.key) {
            Some(known) => {
                let replaces = known.installation.as_ref().is_none_or(|old| newer(&place, old));
                if replaces {
                    known.installation = Some(place);
                    known.manifests = app.manifests;
                }
            }
            None => {
                app.installation = Some(place);
                self.all.push(app);
            }
        }
    }

    fn add_manifest_file(
        &mut self,
        of: &Of<ManifestName, AppManifest>,
        tools: &Tools,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut manifest = read_manifest(&of.read.value, of.read.origin, "", tools, diagnostics);
        manifest.version.clone_from(&of.of.version);
        let oauth = of.read.value.components.value().and_then(|parts| parts.oauth.value());
        let instances = oauth.and_then(|oauth| oauth.instances.value()).into_iter().flatten();
        let uid = instances.filter_map(Field::value).find_map(|instance| instance.uid.value());
        let index =
            uid.and_then(|uid| self.all.iter().position(|app| app.key == *uid)).or_else(|| self.find(&of.of.app));
        let index = index.unwrap_or_else(|| {
            let mut app = App::named(slug(&of.of.app), of.of.app.clone(), of.read.origin);
            app.slugs.insert(slug(&of.of.app));
            self.all.push(app);
            self.all.len() - 1
        });
        let listed = self.listed;
        let Some(app) = self.all.get_mut(index) else { return };
        manifest.installed = match &app.installation {
            Some(place) => match (place.status.value(), place.version.value(), &manifest.version) {
                (Some(status), _, _) if status != "installed" => Some(false),
                (Some(_), Some(installed), Some(version)) => Some(installed == version),
                _ => None,
            },
            None => listed.then_some(false),
        };
        // The manifest of an installation is often also at hand as a file.
        let known = app.manifests.iter().any(|other| other.version.is_some() && other.version == manifest.version);
        if !known {
            app.manifests.push(manifest);
        }
    }
}

impl App {
    fn named(key: String, name: String, origin: Origin) -> Self {
        Self {
            key,
            name,
            slugs: BTreeSet::new(),
            marketplace: Known::Unknown,
            live: Known::Unknown,
            approval: Known::Unknown,
            developer_email: Known::Unknown,
            installation: None,
            manifests: Vec::new(),
            origin,
        }
    }

    fn hear(&mut self, record: &AppInstallation, origin: Origin) {
        if let Some(uid) = record.app_uid.value() {
            self.key.clone_from(uid);
        }
        let Some(app) = record.developer_app.value() else { return };
        if self.key.is_empty() {
            self.key = app.uid.value().cloned().unwrap_or_default();
        }
        let listing = app.marketplace_app.value();
        let names =
            [app.name.value(), app.internal_name.value(), listing.and_then(|listing| listing.public_name.value())];
        for name in names.into_iter().flatten().filter(|name| !name.trim().is_empty()) {
            if self.name.is_empty() {
                self.name.clone_from(name);
            }
            self.slugs.insert(slug(name));
        }
        self.marketplace.hear(presence(&app.marketplace_app, origin, "developer_app/marketplace_app"));
        if let Some(listing) = listing {
            self.live.hear(value(&listing.live, origin, "developer_app/marketplace_app/live"));
            self.approval.hear(value(&listing.approval_state, origin, "developer_app/marketplace_app/approval_state"));
            self.developer_email.hear(value(
                &listing.support_email,
                origin,
                "developer_app/marketplace_app/support_email",
            ));
        }
    }

    /// The manifest that is, or last was, installed.
    pub fn installed_manifest(&self) -> Option<&Manifest> {
        let version = self.installation.as_ref()?.version.value();
        let of_installation = self.manifests.iter().find(|manifest| manifest.member == "manifest");
        of_installation.or_else(|| {
            self.manifests.iter().find(|manifest| version.is_some() && manifest.version.as_ref() == version)
        })
    }
}

impl Installation {
    fn at(origin: Origin) -> Self {
        Self {
            id: Id(0),
            status: Known::Unknown,
            since: Known::Unknown,
            version: Known::Unknown,
            update_offered: Known::Unknown,
            installer: Known::Unknown,
            installer_login: Known::Unknown,
            installer_active: Known::Unknown,
            origin,
        }
    }

    fn hear(&mut self, record: &AppInstallation, origin: Origin) {
        self.id = record.id.value().copied().unwrap_or(self.id);
        self.status.hear(value(&record.status, origin, "status"));
        self.since.hear(value(&record.installed_at, origin, "installed_at"));
        self.version.hear(value(&record.semantic_version, origin, "semantic_version"));
        self.update_offered.hear(presence(&record.updatable_app_version_id, origin, "updatable_app_version_id"));
        if let Some(installer) = record.installer.value() {
            self.installer.hear(value(&installer.id, origin, "installer"));
            self.installer_login.hear(value(&installer.login, origin, "installer"));
            self.installer_active.hear(value(&installer.is_active, origin, "installer/is_active"));
        }
        self.installer_login.hear(value(&record.installed_by, origin, "installed_by"));
    }
}

fn newer(one: &Installation, two: &Installation) -> bool {
    let rank = |place: &Installation| (place.is_installed(), place.since.value().copied(), place.id);
    rank(one) > rank(two)
}

type Merged<'r> = Vec<(Vec<Origin>, Vec<&'r AppInstallation>)>;

/// List and show records of one installation, together.
fn merged<'r>(records: &'r [Read<AppInstallation>], diagnostics: &mut Vec<Diagnostic>) -> Merged<'r> {
    let mut by_id: BTreeMap<Id, (Vec<Origin>, Vec<&AppInstallation>)> = BTreeMap::new();
    for read in records {
        match read.value.id.value() {
            Some(id) => {
                let (origins, records) = by_id.entry(*id).or_default();
                origins.push(read.origin);
                records.push(&read.value);
            }
            None => {
                let place = Place::Member(read.origin, String::new());
                diagnostics.push(Diagnostic::new(
                    Code::Shape,
                    place,
                    "an installation without `id`; the record was left out",
                ));
            }
        }
    }
    by_id.into_values().collect()
}

fn read_manifest(
    manifest: &AppManifest,
    origin: Origin,
    member: &'static str,
    tools: &Tools,
    diagnostics: &mut Vec<Diagnostic>,
) -> Manifest {
    let at = |path: &str| if member.is_empty() { path.to_owned() } else { format!("{member}/{path}") };
    let mut requests = Some(Vec::new());
    let mut ask = |field: &Field<RequestedPermissions>, path: String| match field {
        Field::Is(asked) => {
            for (scope, named) in [(Scope::Company, &asked.company), (Scope::Project, &asked.project)] {
                match named {
                    Field::Is(named) => {
                        let read = read_requests(named, scope, tools, origin, &format!("{path}/{scope}"), diagnostics);
                        requests.iter_mut().for_each(|requests| requests.extend(read.iter().cloned()));
                    }
                    Field::Wrong => requests = None,
                    Field::Missing | Field::Null => {}
                }
            }
        }
        Field::Wrong => requests = None,
        Field::Missing | Field::Null => {}
    };
    ask(&manifest.permissions, at("permissions"));
    let mut connections = Vec::new();
    let parts = manifest.components.value();
    let instances = parts.and_then(|parts| parts.oauth.value()).and_then(|oauth| oauth.instances.value());
    for (index, instance) in instances.into_iter().flatten().enumerate() {
        let path = at(&format!("components/oauth/instances/{index}"));
        if let Some(instance) = instance.value() {
            ask(&instance.permissions, format!("{path}/permissions"));
            let grant = match instance.grant_type.value() {
                Some(grant) => Known::is(grant.clone(), Evidence::new(origin, format!("{path}/grant_type"))),
                None => Known::Unknown,
            };
            connections.push(Connection { grant, evidence: Evidence::new(origin, path) });
        }
    }
    // From version 4 on one pair of credentials serves every grant: there is a connection, of a grant nobody states.
    let is_new = manifest.schema_version.value().is_some_and(|version| !version.starts_with('3'));
    if connections.is_empty() && is_new && manifest.permissions.value().is_some() {
        connections.push(Connection { grant: Known::Unknown, evidence: Evidence::new(origin, at("permissions")) });
    }
    let iframes = parts.and_then(|parts| parts.iframe.value()).and_then(|iframe| iframe.instances.value());
    let embedded = manifest.fullscreen.value().is_some()
        || manifest.sidepanel.value().is_some()
        || iframes.is_some_and(|iframes| !iframes.is_empty());
    Manifest {
        version: None,
        schema: value(
            &manifest.schema_version,
            origin,
            if member.is_empty() { "schema_version" } else { "manifest/schema_version" },
        ),
        requests,
        connections,
        embedded,
        instructions: instructions(&manifest.post_installation_instruction, origin, member),
        installed: None,
        origin,
        member,
    }
}

fn read_requests(
    named: &Named<LevelText>,
    scope: Scope,
    tools: &Tools,
    origin: Origin,
    path: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Request> {
    let read = |(written, field): &(String, Field<LevelText>)| {
        let pointer = format!("{path}/{written}");
        let level = read_level(field, origin, &pointer, diagnostics);
        Request {
            tool: tools.resolve(scope, written),
            written: written.clone(),
            given: GivenLevel { level, granular: None, evidence: Evidence::new(origin, pointer) },
        }
    };
    named.0.iter().map(read).collect()
}

/// A manifest is a document: what it does not say, it does not have.
fn instructions(field: &Field<Instruction>, origin: Origin, member: &'static str) -> Known<String> {
    let evidence = || {
        Evidence::new(
            origin,
            if member.is_empty() { "post_installation_instruction" } else { "manifest/post_installation_instruction" },
        )
    };
    match field {
        Field::Missing => Known::is(String::new(), Evidence::new(origin, member)),
        Field::Null => Known::is(String::new(), evidence()),
        Field::Wrong => Known::Unknown,
        Field::Is(instruction) => {
            if matches!(instruction.page, Field::Wrong) || matches!(instruction.notes, Field::Wrong) {
                return Known::Unknown;
            }
            let page = instruction.page.value().and_then(|page| page.url.value());
            let words = page.filter(|url| !url.trim().is_empty()).or(instruction.notes.value());
            Known::is(words.map_or_else(String::new, |words| words.trim().to_owned()), evidence())
        }
    }
}
