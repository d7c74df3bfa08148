//! Apps: their installations and their manifests.

use std::collections::{BTreeMap, BTreeSet};

pub use super::installations::Installation;
use super::installations::{merged, newer};
use super::manifests::{self, Manifest};
use super::names::slug;
use super::stated::{presence, value};
use super::tools::Tools;
use cutover_export::field::Field;
use cutover_export::records::{AppInstallation, AppManifest};
use cutover_export::{ManifestName, Of, Records};
use cutover_model::diagnostic::Diagnostic;
use cutover_model::evidence::Origin;
use cutover_model::known::Known;

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
    /// Whether its own name is known; else it may be any app.
    pub named: bool,
    /// Whether it comes from the Marketplace.
    pub marketplace: Known<bool>,
    /// Whether its listing is live.
    pub live: Known<bool>,
    /// The state of its listing's approval.
    pub approval: Known<String>,
    /// Who made it, as its listing says; a custom app has none.
    pub vendor: Known<String>,
    /// The developer's address.
    pub developer_email: Known<String>,
    /// Its installation in this company: the one in force where there are several.
    pub installation: Option<Installation>,
    /// Its manifests, by version.
    pub manifests: Vec<Manifest>,
    /// Where it is first named.
    pub origin: Origin,
}

/// The apps of a company.
#[derive(Debug, Default)]
pub struct Apps {
    /// Every app, by key.
    pub all: Vec<App>,
    /// Whether the list of installations was read, so that an app outside it is not installed.
    pub listed: bool,
    /// Installed apps of which no record gives the name.
    pub nameless: usize,
    /// The app of each uid.
    by_key: BTreeMap<String, AppIx>,
    /// The apps of each name.
    by_name: BTreeMap<String, Vec<AppIx>>,
    /// The apps of each name, as dashed words.
    alike: BTreeMap<String, Vec<AppIx>>,
}

impl Apps {
    /// Gathers apps from installations and manifests.
    pub fn build(records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut apps = Self { listed: records.installations_listed, ..Self::default() };
        for (origins, installation) in merged(&records.lists.app_installations) {
            apps.install(&origins, &installation, tools, diagnostics);
        }
        apps.index();
        let mut files: Vec<&Of<ManifestName, AppManifest>> = records.app_manifests.iter().collect();
        files.sort_by(|one, two| (&one.of, one.read.origin).cmp(&(&two.of, two.read.origin)));
        for of in files {
            apps.add_manifest_file(of, tools, diagnostics);
        }
        apps.all.sort_by(|one, two| one.key.cmp(&two.key));
        apps.index();
        apps
    }

    /// Notes under which names each app is found.
    fn index(&mut self) {
        self.by_key.clear();
        self.by_name.clear();
        self.alike.clear();
        for at in 0..self.all.len() {
            self.note(at);
        }
        self.nameless = self.all.iter().filter(|app| !app.named && app.installation.is_some()).count();
    }

    fn note(&mut self, at: AppIx) {
        let Some(app) = self.all.get(at) else { return };
        self.by_key.entry(app.key.clone()).or_insert(at);
        self.by_name.entry(app.name.clone()).or_default().push(at);
        for name in &app.slugs {
            self.alike.entry(name.clone()).or_default().push(at);
        }
    }

    /// The app of this uid, or else the only one of this name, or else the only one whose name has the same words.
    pub fn find(&self, name: &str) -> Option<AppIx> {
        if let Some(index) = self.by_key.get(name) {
            return Some(*index);
        }
        match self.by_name.get(name).or_else(|| self.alike.get(&slug(name))).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            // Two apps of one name: neither is meant for sure.
            _ => None,
        }
    }

    /// Every app that has this uid, or a name of the same words.
    pub fn named(&self, name: &str) -> BTreeSet<AppIx> {
        let by_name = self.by_name.get(name).into_iter().chain(self.alike.get(&slug(name))).flatten();
        self.by_key.get(name).into_iter().chain(by_name).copied().collect()
    }

    /// The app of this uid.
    pub fn by_uid(&self, uid: &str) -> Option<AppIx> {
        self.by_key.get(uid).copied()
    }

    /// Whether no app of the company goes by this name: never where the list of installations may be lacking it.
    pub fn lacks(&self, name: &str) -> bool {
        let has_name = || self.by_name.contains_key(name) || self.alike.contains_key(&slug(name));
        self.complete() && !self.by_key.contains_key(name) && !has_name()
    }

    /// Whether every installation is listed, each with the name of its app.
    pub fn complete(&self) -> bool {
        self.listed && self.nameless == 0
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
            app.merge(record, origin);
            place.merge(record, origin);
            if let Some(found) = record.manifest.value() {
                let read = manifests::read(found, origin, "manifest", tools, diagnostics);
                match &mut manifest {
                    Some(known) => Manifest::reconcile(known, &read, diagnostics),
                    None => manifest = Some(read),
                }
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
        let known = self.by_key.get(&app.key).and_then(|known| self.all.get_mut(*known));
        match known {
            Some(known) => {
                let replaces = known.installation.as_ref().is_none_or(|old| newer(&place, old));
                if replaces {
                    known.installation = Some(place);
                    known.manifests = app.manifests;
                }
            }
            None => {
                app.installation = Some(place);
                self.by_key.insert(app.key.clone(), self.all.len());
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
        let mut manifest = manifests::read(&of.read.value, of.read.origin, "", tools, diagnostics);
        manifest.version.clone_from(&of.of.version);
        let oauth = of.read.value.components.value().and_then(|parts| parts.oauth.value());
        let instances = oauth.and_then(|oauth| oauth.instances.value()).into_iter().flatten();
        let uid = instances.filter_map(Field::value).find_map(|instance| instance.uid.value());
        let index = uid.and_then(|uid| self.by_uid(uid)).or_else(|| self.find(&of.of.app));
        let index = index.unwrap_or_else(|| {
            // Where two apps have this name, it is neither of them for sure.
            let own = slug(&of.of.app);
            let keys = std::iter::once(own.clone()).chain((2..).map(|number| format!("{own} ({number})")));
            let key = keys.into_iter().find(|key| !self.by_key.contains_key(key)).unwrap_or_default();
            let mut app = App::named(key, of.of.app.clone(), of.read.origin);
            app.slugs.insert(slug(&of.of.app));
            self.all.push(app);
            self.note(self.all.len() - 1);
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
        match app.manifests.iter_mut().find(|other| other.version == manifest.version) {
            Some(known) => known.reconcile(&manifest, diagnostics),
            None => app.manifests.push(manifest),
        }
    }
}

impl App {
    fn named(key: String, name: String, origin: Origin) -> Self {
        Self {
            key,
            name,
            slugs: BTreeSet::new(),
            named: false,
            marketplace: Known::Unknown,
            live: Known::Unknown,
            approval: Known::Unknown,
            vendor: Known::Unknown,
            developer_email: Known::Unknown,
            installation: None,
            manifests: Vec::new(),
            origin,
        }
    }

    fn merge(&mut self, record: &AppInstallation, origin: Origin) {
        // Of two uids or names the first by the alphabet counts, so that the order of the records does not matter.
        if let Some(uid) = record.app_uid.value().filter(|uid| self.key.is_empty() || **uid < self.key) {
            self.key.clone_from(uid);
        }
        let Some(app) = record.developer_app.value() else { return };
        if self.key.is_empty() {
            self.key = app.uid.value().cloned().unwrap_or_default();
        }
        let listing = app.marketplace_app.value();
        self.named |= app.name.value().is_some();
        let names =
            [app.name.value(), app.internal_name.value(), listing.and_then(|listing| listing.public_name.value())];
        let names: Vec<&String> = names.into_iter().flatten().filter(|name| !name.trim().is_empty()).collect();
        self.slugs.extend(names.iter().map(|name| slug(name)));
        if let Some(name) = names.first().filter(|name| self.name.is_empty() || ***name < self.name) {
            self.name = (*name).clone();
        }
        self.marketplace.merge(presence(&app.marketplace_app, origin, "developer_app/marketplace_app"));
        if let Some(listing) = listing {
            self.live.merge(value(&listing.live, origin, "developer_app/marketplace_app/live"));
            self.approval.merge(value(&listing.approval_state, origin, "developer_app/marketplace_app/approval_state"));
            self.vendor.merge(value(&listing.built_by, origin, "developer_app/marketplace_app/built_by"));
            self.developer_email.merge(value(
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
