//! What an export says of a node beside its name, in words, each with its place. Never a secret.

use std::fmt::Display;

use cutover_inventory::Company;
use cutover_inventory::accounts::{Account, AppType};
use cutover_inventory::apps::{App, Installation};
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::credentials::StoredCredential;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::graph::{About, in_question};
use cutover_inventory::memberships::InForce;
use cutover_inventory::servers;
use cutover_inventory::templates::{Template, TemplateIx, TemplateKind};
use cutover_inventory::tools::Tools;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;
use cutover_model::natural::counted;

/// One thing that is said of a node.
#[derive(Debug, Clone)]
pub struct NodeDetail {
    /// What it is.
    pub name: &'static str,
    /// Its value, in words.
    pub value: String,
    /// Where it is.
    pub evidence: Option<Evidence>,
}

/// What is said, as it is gathered.
struct Saying<'a> {
    company: &'a Company,
    out: Vec<NodeDetail>,
}

/// Where a node is described, if anywhere.
pub fn origin(company: &Company, about: &About) -> Option<Evidence> {
    match about {
        About::Company | About::Administrators => company.origin.map(Evidence::from),
        About::Identity(index) => company.directory.identities.get(*index).map(|identity| identity.origin.into()),
        About::App(index) => company.apps.all.get(*index).map(|app| app.origin.into()),
        About::Installation(index) => {
            company.apps.all.get(*index).and_then(|app| Some(app.installation.as_ref()?.origin.into()))
        }
        About::Template(index) => {
            company.templates.get(*index).and_then(|template| template.origin).map(Evidence::from)
        }
        About::Project(index) => company.projects.get(*index).and_then(|project| project.origin).map(Evidence::from),
        About::Hook(index) => company.hooks.get(*index).map(|hook| hook.origin.into()),
        About::Credential(index) => company.credentials.get(*index).map(|credential| credential.evidence.clone()),
        About::Client(index) => account(company, *index)
            .and_then(|account| account.client_id.stated().map(|client| client.evidence.clone())),
        About::Developer(_) | About::Tool(_) | About::Projects(_) => None,
    }
}

/// What is said of a node.
pub fn details(company: &Company, about: &About, tools: &Tools) -> Vec<NodeDetail> {
    let mut saying = Saying { company, out: Vec::new() };
    match about {
        About::Company => {
            saying.flag("users may install apps", &company.allow_user_installs);
        }
        About::Identity(index) => {
            company.directory.identities.get(*index).into_iter().for_each(|identity| saying.identity(*index, identity));
        }
        About::App(index) => company.apps.all.get(*index).into_iter().for_each(|app| saying.app(app)),
        About::Installation(index) => {
            let installation = company.apps.all.get(*index).and_then(|app| app.installation.as_ref());
            installation.into_iter().for_each(|installation| saying.installation(installation));
        }
        About::Template(index) => {
            company.templates.get(*index).into_iter().for_each(|template| saying.template(template));
        }
        About::Tool(tool) if !tools.recognises(tool) => saying.add("known to Cutover", "no".to_owned(), None),
        About::Project(index) => {
            if let Some(project) = company.projects.get(*index) {
                saying.flag("active", &project.active);
                saying.flag("demonstration", &project.demo);
                saying.flag("template for other projects", &project.template);
            }
        }
        About::Projects(group) => {
            let value = match group.in_force {
                InForce::Template(template) => label(company, template),
                InForce::Blank => "none: set by hand".to_owned(),
                InForce::Unknown => "unknown".to_owned(),
            };
            saying.add("template in force", value, None);
            if group.is_observed {
                saying.add("levels", "as Procore answered for this identity".to_owned(), None);
            }
        }
        About::Hook(index) => {
            if let Some(hook) = company.hooks.get(*index) {
                saying.flag("enabled", &hook.enabled);
                // Of an address the host is enough: what follows it may be meant for nobody's eyes.
                let host = hook.destination.stated().and_then(|stated| Some((servers::host(&stated.value)?, stated)));
                if let Some((host, stated)) = host {
                    saying.add("delivers to", host, Some(stated.evidence.clone()));
                }
            }
        }
        About::Credential(index) => {
            company.credentials.get(*index).into_iter().for_each(|credential| saying.credential(credential));
        }
        About::Client(index) => account(company, *index).into_iter().for_each(|account| {
            saying.text("client id", &account.client_id);
            saying.last_used(account);
        }),
        About::Developer(_) | About::Tool(_) | About::Administrators => {}
    }
    saying.out
}

fn account(company: &Company, identity: IdentityIx) -> Option<&Account> {
    company.accounts.get(company.directory.identities.get(identity)?.account?)
}

fn label(company: &Company, template: TemplateIx) -> String {
    company.templates.get(template).map(Template::label).unwrap_or_default()
}

impl Saying<'_> {
    fn add(&mut self, name: &'static str, value: String, evidence: Option<Evidence>) {
        self.out.push(NodeDetail { name, value, evidence });
    }

    /// Something that is said in the words that are in the export.
    fn text<T: Display>(&mut self, name: &'static str, known: &Known<T>) {
        if let Some(stated) = known.stated() {
            let value = stated.value.to_string();
            if !value.trim().is_empty() {
                self.add(name, value, Some(stated.evidence.clone()));
            }
        }
    }

    fn flag(&mut self, name: &'static str, known: &Known<bool>) {
        self.text(name, &known.map(|flag| if *flag { "yes" } else { "no" }));
    }

    fn template_of(&mut self, name: &'static str, known: &Known<Option<TemplateIx>>) {
        let company = self.company;
        let described =
            |template: &Option<TemplateIx>| template.map_or("none".to_owned(), |index| label(company, index));
        self.text(name, &known.map(described));
    }

    fn last_used(&mut self, account: &Account) {
        self.text("last used", &account.last_used);
        if account.never_used.value() == Some(&true) {
            self.text("last used", &account.never_used.map(|_| "never"));
        }
    }

    fn identity(&mut self, index: IdentityIx, identity: &Identity) {
        self.text("e-mail", &identity.email);
        self.flag("active", &identity.active);
        let counts = match identity.class.kind {
            IdentityKind::Managed => "an app's user",
            IdentityKind::Legacy => "a legacy service account",
            IdentityKind::Person => "a person",
        };
        let why = format!("{counts}: {} ({})", identity.class.because(), identity.class.strength);
        self.add("counts as", why, Some(identity.origin.into()));
        if let Some(account) = account(self.company, index) {
            self.text("description", &account.description);
            self.text("owner", &account.owner);
            self.text("developer's e-mail", &account.developer_email);
            self.text(
                "application type",
                &account.app_type.map(|kind| match kind {
                    AppType::Undefined => "none chosen",
                    AppType::Marketplace => "Marketplace",
                    AppType::Custom => "custom",
                }),
            );
            self.text("selected app", &account.marketplace_app);
            self.last_used(account);
        }
        self.flag("signed in to the web application", &identity.logged_in);
        self.text("created", &identity.created);
        self.template_of("company template", &identity.company_template);
        self.template_of("default project template", &identity.default_template);
        self.flag("added to new projects", &identity.adds_to_new_projects);
        self.flag("may create projects", &identity.creates_projects);
        let usage = self.company.usage_of_identity(index);
        if let Some((usage, (_, last))) = usage.and_then(|usage| Some((usage, usage.days?))) {
            self.add("last call on record", last.to_string(), Some(usage.origin.into()));
        }
    }

    fn app(&mut self, app: &App) {
        self.flag("from the Marketplace", &app.marketplace);
        self.flag("listing is live", &app.live);
        self.text("approval of the listing", &app.approval);
        self.text("developer's e-mail", &app.developer_email);
        if let Some(manifest) = in_question(app) {
            let version = if manifest.label().is_empty() { "of no version".to_owned() } else { manifest.label() };
            let asked = manifest
                .requested_tools()
                .map_or("an unknown number of tools".to_owned(), |tools| counted(tools, "tool"));
            let value = format!("{version}, asks for {asked}");
            self.add("manifest", value, Some(Evidence::new(manifest.origin, manifest.member)));
            for connection in &manifest.connections {
                self.text("grant type", &connection.grant);
            }
        }
    }

    fn installation(&mut self, installation: &Installation) {
        self.text("state", &installation.status);
        self.text("since", &installation.since);
        self.text("manifest version", &installation.version);
        self.flag("newer version offered", &installation.update_offered);
        self.text("installed by", &installation.installer_login);
    }

    fn template(&mut self, template: &Template) {
        self.text(
            "for",
            &template.kind.map(|kind| match kind {
                TemplateKind::CompanyTools => "company tools",
                TemplateKind::Global => "project tools of any project",
                TemplateKind::ProjectSpecific => "project tools of one project",
            }),
        );
        match template.levels.stated() {
            Some(levels) => {
                let value = format!("of {}", counted(levels.value.len(), "tool"));
                self.add("levels", value, Some(levels.evidence.clone()));
            }
            None => self.add("levels", "unknown".to_owned(), None),
        }
    }

    fn credential(&mut self, credential: &StoredCredential) {
        let store = self.company.stores.get(credential.store);
        if let Some(store) = store {
            self.add("kept in", store.name.clone(), Some(store.evidence.clone()));
        }
        let described = &credential.particulars;
        self.text("keeper", &described.kept_in);
        self.add("kind", credential.kind.clone(), Some(credential.evidence.clone()));
        self.text("grant type", &credential.grant);
        self.text("client id", &credential.client_id);
        self.text("environment", &self.company.environment(credential));
        let host = credential.token_endpoint.stated().and_then(|stated| Some((servers::host(&stated.value)?, stated)));
        if let Some((host, stated)) = host {
            self.add("token endpoint", host, Some(stated.evidence.clone()));
        }
        self.text("owner", &described.owner);
        self.text("purpose", &described.purpose);
        let day = |name, known: &Known<Option<chrono::NaiveDate>>, said: &mut Self| {
            said.text(name, &known.map(|day| day.map_or("never".to_owned(), |day| day.to_string())));
        };
        self.text("created", &described.created.map(|day| day.map_or(String::new(), |day| day.to_string())));
        day("secret replaced", &described.rotated, self);
        self.text("last used", &described.last_used);
        self.flag("retired", &described.retired);
        day("revoked", &described.revoked, self);
    }
}
