//! What the records of an export mean, joined into companies, and the graph of who reaches what.
//!
//! This crate knows Procore's domain and nothing of files or policies. What the export does not say stays unknown; every
//! fact keeps the location that says it.
//!
//! - [`Inventory`]: the companies of an export;
//! - [`Company`]: service identities and people, apps, projects, permission templates and who is where;
//! - [`graph::AccessGraph`]: companies, identities, templates, projects and tools as nodes, and access as edges.
//!
//! ```
//! use cutover_export::collect;
//! use cutover_inventory::Inventory;
//! use cutover_inventory::tools::Tools;
//!
//! let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/minimal");
//! let export = cutover_export::read(collect::folders(&[folder]), &());
//! let tools = Tools::parse(cutover_pack::TOOLS).unwrap();
//! let inventory = Inventory::build(&export, &tools, &mut Vec::new());
//! assert!(!inventory.companies[0].directory.identities.is_empty());
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub mod access;
pub mod accounts;
pub mod altova;
pub mod app_builder;
pub mod apps;
pub mod classify;
pub mod clients;
pub mod collected;
pub mod credentials;
pub mod decisions;
pub mod directory;
mod exposed;
mod foreign;
pub mod graph;
mod hooks;
mod installations;
mod join;
pub mod levels;
pub mod manifests;
pub mod memberships;
pub mod names;
pub mod parity;
mod people;
mod projects;
pub mod redirect;
mod register;
pub mod servers;
pub mod sharing;
mod spelling;
mod stated;
pub mod templates;
pub mod together;
pub mod tools;
pub mod usage;

use accounts::{Account, ClientIds};
use altova::Altova;
use apps::Apps;
use clients::CredentialIndex;
use collected::CollectionDays;
use credentials::{Store, StoredCredential};
use cutover_model::known::Known;
use cutover_model::level::Level;
use decisions::Decisions;
use directory::{Directory, IdentityIx};
use levels::{GivenLevel, Granular, read_level};
use memberships::Memberships;
use templates::Templates;
use together::Together;
use tools::{Scope, Tool, Tools};
use usage::Usages;

use cutover_export::field::Id;
use cutover_export::manual_files::CompanyAdminScope;
use cutover_export::{Export, Records};
use cutover_model::diagnostic::Diagnostic;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::kind::Kind;

pub use exposed::ExposedSecret;
pub use hooks::Hook;
pub use projects::Project;

/// The name of a company that no file names.
const UNNAMED: &str = "this company";

/// The levels that Procore answered for one identity.
pub type ObservedTools = BTreeMap<Tool, GivenLevel>;

/// A company and everything its export says.
#[derive(Debug, Default)]
pub struct Company {
    /// Its id, if any file says it.
    pub id: Option<Id>,
    /// Its name, or "this company".
    pub name: String,
    /// What tells it from another company of the run with the same id or name: the folder of its export.
    pub folder: Option<String>,
    /// Where it is described.
    pub origin: Option<Origin>,
    /// Whether users may install apps themselves.
    pub allow_user_installs: Known<bool>,
    /// What Admin on the company directory implies.
    pub company_admin_scope: CompanyAdminScope,
    /// Until when new accounts were given Admin, if the company says.
    pub admin_default_ended: Option<chrono::NaiveDate>,
    /// Its projects.
    pub projects: Vec<Project>,
    /// Its permission templates.
    pub templates: Templates,
    /// Its identities.
    pub directory: Directory,
    /// Who belongs to which project.
    pub memberships: Memberships,
    /// Its apps.
    pub apps: Apps,
    /// The Service Accounts page.
    pub accounts: Vec<Account>,
    /// The client ids of these accounts.
    pub client_ids: ClientIds,
    /// Its webhooks.
    pub hooks: Vec<Hook>,
    /// Where its credentials are kept.
    pub stores: Vec<Store>,
    /// The credentials kept there, store by store.
    pub credentials: Vec<StoredCredential>,
    /// These by client id and by account.
    pub credential_index: CredentialIndex,
    /// MapForce and FlowForce: what only they say.
    pub altova: Altova,
    /// Its App Builder environments.
    pub app_builder: app_builder::AppBuilder,
    /// Every tool of the tool table, and every other one that the export names.
    pub known_tools: BTreeSet<Tool>,
    /// Observed levels, by identity and project.
    pub observed: BTreeMap<(Id, Option<Id>), ObservedTools>,
    /// What its apps called, by the dashed words of their names.
    pub usage: Usages,
    /// What it decided.
    pub decisions: Decisions,
    /// The kinds of file that were read.
    pub present: BTreeSet<Kind>,
    /// Projects whose list of users was read.
    pub project_lists: BTreeSet<Id>,
    /// Whether that of every project was.
    pub every_project_listed: bool,
    /// Users whose list of projects was read.
    pub assignment_lists: BTreeSet<Id>,
    /// What tells when its export was collected.
    collection: CollectionDays,
    /// Users and projects of which such a list does not say whether they belong together.
    pub unknown_assignments: BTreeSet<(Id, Id)>,
}

/// Everything an audit evaluates.
#[derive(Debug, Default)]
pub struct Inventory {
    /// One for each export folder.
    pub companies: Vec<Company>,
    /// Secrets that lay in the files.
    pub secrets: Vec<ExposedSecret>,
    /// What the companies of a run have in common; empty where there is one company only.
    pub together: Together,
}

impl Inventory {
    /// Builds the inventory of everything that was read.
    pub fn build(export: &Export, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        Self::build_from(export, &export.companies, tools, diagnostics)
    }

    /// The same, of records that were taken out of the export and are still needed.
    pub fn build_from(export: &Export, records: &[Records], tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let companies = records.iter().map(|records| {
            let company = Company::gather(records, tools, diagnostics);
            company.join(records, tools, diagnostics)
        });
        let companies = companies.collect();
        Self::of(export, companies, diagnostics)
    }

    /// The same, of records that were taken out of the export. They are let go as soon as nothing needs them any more.
    pub fn build_of(export: &Export, records: Vec<Records>, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let companies = records.into_iter().map(|mut records| {
            let company = Company::gather(&records, tools, diagnostics);
            let people = records.take_people();
            // Nobody needs to wait until they are let go.
            rayon::spawn(|| drop(people));
            company.join(&records, tools, diagnostics)
        });
        let companies = companies.collect();
        Self::of(export, companies, diagnostics)
    }

    fn of(export: &Export, mut companies: Vec<Company>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let together = Together::of(&companies);
        if together.may_be_one {
            together::report(&companies, diagnostics);
        }
        disambiguate(export, &mut companies);
        let secrets = exposed::gather(export, companies.len());
        Self { companies, secrets, together }
    }
}

/// Companies with one id or name, or without either, go by the folders of their exports as well.
fn disambiguate(export: &Export, companies: &mut [Company]) {
    if companies.len() < 2 || export.folders.len() != companies.len() {
        return;
    }
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for company in &*companies {
        *numbers.entry(company.key()).or_default() += 1;
    }
    let mut seen: BTreeSet<String> = numbers.keys().cloned().collect();
    for (company, documents) in companies.iter_mut().zip(&export.folders) {
        if numbers.get(&company.key()).is_none_or(|number| *number < 2) {
            continue;
        }
        let first = export.documents.get(documents.start as usize);
        let root = first.and_then(|first| first.path.strip_suffix(first.name.as_str())).unwrap_or_default();
        let folder = root.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let names = std::iter::once(folder.to_owned()).chain((2..).map(|number| format!("{folder} {number}")));
        for name in names {
            company.folder = Some(name);
            if seen.insert(company.key()) {
                break;
            }
        }
    }
}

impl Company {
    /// What identifies it in results: its id, or its name where no file says an id.
    pub fn key(&self) -> String {
        let own = self.id.map_or_else(|| self.name.clone(), |id| id.to_string());
        match &self.folder {
            Some(folder) => format!("{own} ({folder})"),
            None => own,
        }
    }

    /// Who and what there is. Behind this nothing asks for the records of people.
    fn gather(records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut company = Self::identity(records);
        company.collection = CollectionDays::of(records);
        company.present.clone_from(&records.present);
        company.project_lists.clone_from(&records.project_lists);
        company.assignment_lists.clone_from(&records.assignment_lists);
        company.unknown_assignments.clone_from(&records.unknown_assignments);
        let of_settings = records.settings.as_ref().map(|read| (read.value.allow_user_installs, read.origin));
        let of_export = records.user_installs.as_ref().map(|read| (Some(read.value), read.origin));
        if let Some((Some(allowed), origin)) = of_settings.filter(|(allowed, _)| allowed.is_some()).or(of_export) {
            company.allow_user_installs = Known::is(allowed, Evidence::new(origin, "allow_user_installs"));
        }
        if let Some(settings) = &records.settings {
            company.company_admin_scope = settings.value.company_admin_scope;
            company.admin_default_ended = settings.value.admin_default_ended;
        }
        company.templates = Templates::build(records, tools, diagnostics);
        company.directory = Directory::build(records, &mut company.templates, diagnostics);
        diagnostics.extend(foreign::companies(records));
        if let Some(foreign) = foreign::users(records) {
            company.directory.listed = false;
            diagnostics.push(foreign);
        }
        company
    }

    /// How they belong together.
    fn join(self, records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut company = self;
        company.apps = Apps::build(records, tools, diagnostics);
        company.accounts = accounts::read(&records.lists.service_accounts, diagnostics);
        company.client_ids = ClientIds::of(&company.accounts);
        company.classify(&records.reviews, diagnostics);
        company.directory.disambiguate();
        let mut index = company.read_projects(records, diagnostics);
        company.memberships =
            Memberships::build(records, &mut company.directory, &mut index, &mut company.templates, diagnostics);
        company.name_projects(&index);
        // Asked about every identity, and there may be as many of these as projects.
        company.every_project_listed = company.lists_every_project();
        company.mark_template_projects(records);
        company.read_project_tools(records, tools, diagnostics);
        company.read_hooks(records, diagnostics);
        company.read_observed(records, tools, diagnostics);
        company.usage = usage::read(records, tools, diagnostics);
        company.altova = altova::read(records, &mut company.stores, &mut company.credentials, diagnostics);
        company.read_register(records, diagnostics);
        let resolver = decisions::Resolver::new(&company.directory, &company.apps, &company.accounts);
        company.decisions = Decisions::build(&records.reviews, &resolver, tools, diagnostics);
        company.decisions.recorded = records.present.contains(&Kind::Reviews);
        company.read_app_builder(records, diagnostics);
        company.credential_index = CredentialIndex::of(&company.credentials);
        altova::add_copies_elsewhere(&mut company);
        company.known_tools = company.named_tools(tools);
        company
    }

    /// The tools of the table, and those that templates, permission manifests, app manifests, reports of use, lists of
    /// project tools and decisions name.
    fn named_tools(&self, tools: &Tools) -> BTreeSet<Tool> {
        let templates = self.templates.all.iter().filter_map(|template| template.levels.value());
        let given = templates.chain(self.observed.values()).flat_map(BTreeMap::keys);
        let manifests = self.apps.all.iter().flat_map(|app| &app.manifests);
        let asked = manifests.flat_map(|manifest| manifest.requests.iter().flatten()).map(|request| &request.tool);
        let used = self.usage.values().flat_map(|usage| usage.calls.keys().chain(usage.forbidden.keys()));
        let of_projects = self.projects.iter().flat_map(|project| project.tools.keys());
        let decided = self.decisions.exceptions.keys().chain(self.decisions.reasons.keys()).map(|(_, tool)| tool);
        let of_table = [Scope::Company, Scope::Project].into_iter().flat_map(|scope| tools.of(scope));
        let named = given.chain(asked).chain(used).chain(of_projects).chain(decided);
        of_table.chain(named).cloned().collect()
    }

    /// Who this is: `export.toml` first, then a list of one company, then what the projects say.
    fn identity(records: &Records) -> Self {
        let mut company = Self { name: UNNAMED.to_owned(), ..Self::default() };
        // A list of several companies is that of the caller, and does not say which one was exported.
        let ids: BTreeSet<_> = records.lists.companies.iter().map(|read| read.value.id.value()).collect();
        let mine = if ids.len() == 1 {
            records.lists.companies.iter().min_by_key(|read| (read.value.name.value(), read.origin))
        } else {
            None
        };
        let named = records.lists.projects.iter().filter_map(|read| Some((read.value.company.value()?, read.origin)));
        let project = named.min_by_key(|(company, origin)| (company.id.value(), company.name.value(), *origin));
        company.id = project.as_ref().and_then(|(company, _)| company.id.value().copied());
        if let Some((reference, origin)) = project {
            company.name = reference.name.value().cloned().unwrap_or(company.name);
            company.origin = Some(origin);
        }
        if let Some(read) = mine {
            company.id = read.value.id.value().copied().or(company.id);
            company.name = read.value.name.value().cloned().unwrap_or(company.name);
            company.origin = Some(read.origin);
        }
        if let Some(export) = &records.export {
            company.id = export.value.company_id.or(company.id);
            company.name = export.value.company_name.clone().unwrap_or(company.name);
            company.origin = company.origin.or(Some(export.origin));
        }
        company
    }

    fn read_observed(&mut self, records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) {
        for of in &records.permitted_tools {
            let scope = if of.of.project.is_some() { Scope::Project } else { Scope::Company };
            let observed = self.observed.entry((of.of.user, of.of.project)).or_default();
            let record = &of.read.value;
            let Some(name) = record.name.value() else { continue };
            let level = read_level(&record.user_access_level, of.read.origin, "user_access_level", diagnostics);
            let granular = record.permitted_actions.value().map(|actions| Arc::new(actions.0.clone()));
            // Actions listed at Admin level are what Admin already includes.
            let granular = if level == Some(Level::Admin) { Some(Granular::default()) } else { granular };
            let evidence = Evidence::new(of.read.origin, "user_access_level");
            let given = GivenLevel { level, granular, evidence };
            levels::give(observed, tools.resolve(scope, name), given, diagnostics);
        }
    }

    /// Whether the export tells all projects of an identity.
    pub fn projects_known(&self, identity: IdentityIx) -> bool {
        let Some(person) = self.directory.identities.get(identity) else { return false };
        let by_table =
            self.present.contains(&Kind::TemplateAssignments) && self.memberships.of(identity).next().is_some();
        let has_gap = |id: Id| self.unknown_assignments.range((id, Id(0))..=(id, Id(u64::MAX))).next().is_some();
        let by_own_list = person.id.is_some_and(|id| self.assignment_lists.contains(&id) && !has_gap(id));
        by_own_list || by_table || (person.id.is_some() && self.every_project_listed)
    }

    /// Whether the users of every project were read.
    fn lists_every_project(&self) -> bool {
        let every = || self.projects.iter().filter_map(|project| project.id);
        let listed = self.present.contains(&Kind::Projects) && !self.project_lists.is_empty();
        listed && every().all(|id| self.project_lists.contains(&id))
    }

    /// The projects in which an integration that is approved for all of them has work to do.
    pub fn working_projects(&self) -> impl Iterator<Item = Id> + '_ {
        let is_real = |project: &&Project| {
            project.active.value() != Some(&false)
                && [&project.demo, &project.template].iter().all(|known| known.value() != Some(&true))
        };
        self.projects.iter().filter(is_real).filter_map(|project| project.id)
    }

    /// Whether an identity is known to have access to every project, permitted or not: it administers the company.
    pub fn reaches_every_project(&self, identity: IdentityIx) -> bool {
        self.company_admin_scope == CompanyAdminScope::AllProjects && self.administers(identity) == Some(true)
    }

    /// The projects of an identity, as far as they are known.
    pub fn member_projects(&self, identity: IdentityIx) -> impl Iterator<Item = Id> + '_ {
        self.memberships.of(identity).filter_map(|membership| self.projects.get(membership.project)?.id)
    }

    /// Whether the identity belongs to the project; `None` when no list says.
    pub fn is_member(&self, identity: IdentityIx, project: Id) -> Option<bool> {
        let member = self
            .memberships
            .of(identity)
            .any(|membership| self.projects.get(membership.project).and_then(|project| project.id) == Some(project));
        (member || self.is_membership_known(identity, project)).then_some(member)
    }

    /// Whether some list says whether an identity belongs to a project: its own, or that of the project.
    pub fn is_membership_known(&self, identity: IdentityIx, project: Id) -> bool {
        let user = self.directory.identities.get(identity).and_then(|identity| identity.id);
        let in_own_list = user.is_some_and(|user| {
            self.assignment_lists.contains(&user) && !self.unknown_assignments.contains(&(user, project))
        });
        in_own_list || self.project_lists.contains(&project) || self.projects_known(identity)
    }
}
