//! The graph as people look at it, and ask about it.
//!
//! It holds the same as the graph that explains violations, and more: developers, installations, credentials. It is
//! small whatever the number of memberships: projects of one identity with one template in force are one node. And
//! whatever leads to access in it is held in truth: where Procore answered what an identity may do, its templates do not
//! decide and lead nowhere; what company administrators hold hangs on a node of their own.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

use super::{ADMINISTRATORS, About, AccessGraph, Builder, Edge, Group, Known, Leads, Link, Node, acts_for};
use crate::access::{Grant, Through};
use crate::accounts::Account;
use crate::apps::{App, AppIx};
use crate::credentials::StoredCredential;
use crate::directory::{Identity, IdentityIx};
use crate::manifests::{Manifest, in_order};
use crate::memberships::{InForce, ProjectIx};
use crate::tools::{Scope, Tool, Tools};
use crate::{Company, Inventory};
use cutover_export::manual_files::CompanyAdminScope;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known as Said;
use cutover_model::level::Level;

/// The most projects that a group names.
const MAX_NAMED: usize = 1000;

/// What is to be seen of an inventory.
pub struct View<'a> {
    /// Whether an identity is to be seen, by company and index. What is not there any more is never seen.
    pub shows: &'a dyn Fn(usize, IdentityIx) -> bool,
    /// Where a membership goes, by company, identity and project.
    pub gathers: &'a dyn Fn(usize, IdentityIx, ProjectIx) -> Gathered,
}

/// Where a membership goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gathered {
    /// To the others of its identity with the same template in force.
    Together,
    /// To those of them of which the same is said: `gained`.
    Marked(&'static str),
    /// The project has a node of its own.
    Alone,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

impl AccessGraph {
    /// Draws the graph of an inventory as people look at it.
    pub fn picture(inventory: &Inventory, tools: &Tools, view: &View<'_>) -> Self {
        let mut graph = Self::default();
        for (number, company) in inventory.companies.iter().enumerate() {
            let builder = Builder { graph: &mut graph, number, company, tools, known: Known::default() };
            Painter { builder, number, company, view }.draw();
        }
        graph
    }

    /// The nodes and edges.
    pub fn petgraph(&self) -> &DiGraph<Node, Edge> {
        &self.graph
    }

    /// Where a node is among [`AccessGraph::petgraph`]'s.
    pub fn find(&self, node: &Node) -> Option<NodeIndex> {
        self.index.get(node).copied()
    }
}

/// What memberships have in common that are gathered: the template in force, whether that decides, where they go, and the
/// project if it stands alone.
type GroupKey = (InForce, bool, Gathered, Option<ProjectIx>);

struct Painter<'a> {
    builder: Builder<'a>,
    number: usize,
    company: &'a Company,
    view: &'a View<'a>,
}

/// The accounts that are shown, for those who look for that of a credential: of one client id the first, and of one name.
/// Of one name those without a client id come first, as in [`Company::accounts`].
#[derive(Default)]
struct Owners<'a> {
    by_client: FxHashMap<&'a str, (IdentityIx, &'a Account)>,
    by_name: FxHashMap<&'a str, (IdentityIx, &'a Account)>,
}

impl<'a> Painter<'a> {
    fn draw(&mut self) {
        for (index, app) in self.company.apps.all.iter().enumerate() {
            self.app(index, app);
        }
        let mut of_accounts: FxHashMap<usize, IdentityIx> = FxHashMap::default();
        for (index, identity) in self.company.directory.identities.iter().enumerate() {
            if !identity.removed && (self.view.shows)(self.number, index) {
                self.identity(index, identity);
                of_accounts.extend(identity.account.map(|account| (account, index)));
            }
        }
        for (index, hook) in self.company.hooks.iter().enumerate().filter(|(_, hook)| !hook.removed) {
            let Some(owner) = hook.owner.stated().filter(|owner| self.is_shown(owner.value)) else { continue };
            let (from, to) = (self.builder.node(About::Identity(owner.value)), self.builder.node(About::Hook(index)));
            self.builder.link(from, to, "owns", "the webhook names it as its owner", Some(owner.evidence.clone()));
        }
        self.credentials(&of_accounts);
    }

    fn is_shown(&self, identity: IdentityIx) -> bool {
        let there = self.company.directory.identities.get(identity).is_some_and(|identity| !identity.removed);
        there && (self.view.shows)(self.number, identity)
    }

    fn app(&mut self, index: AppIx, app: &App) {
        let node = self.builder.node(About::App(index));
        self.made_by(node, &app.vendor, "its listing names the developer");
        if let Some(installation) = &app.installation {
            let installed = self.builder.node(About::Installation(index));
            let origin: Evidence = installation.origin.into();
            self.builder.link(node, installed, "is installed as", "the list of app installations has it", Some(origin));
            let this = self.builder.node(About::Company);
            let label = if installation.is_installed() { "is installed in" } else { "is not installed in" };
            let status = installation.status.value().map_or("no state", String::as_str);
            let because = format!("the list of app installations shows it as {status}");
            self.builder.link(installed, this, label, because, Some(Evidence::new(installation.origin, "status")));
        }
        if let Some(manifest) = in_question(app) {
            for request in manifest.requests.iter().flatten().filter(|one| one.given.level != Some(Level::None)) {
                let tool = self.builder.tool(&request.tool);
                self.builder.request(node, tool, manifest, &request.given);
            }
        }
    }

    fn made_by(&mut self, node: NodeIndex, developer: &Said<String>, because: &'static str) {
        if let Some(stated) = developer.stated().filter(|stated| !stated.value.trim().is_empty()) {
            let maker = self.builder.node(About::Developer(stated.value.clone()));
            self.builder.link(node, maker, "is made by", because, Some(stated.evidence.clone()));
        }
    }

    fn identity(&mut self, index: IdentityIx, identity: &Identity) {
        let node = self.builder.node(About::Identity(index));
        self.builder.counts_as(node, identity);
        if let Some((stated, app)) = acts_for(self.company, identity) {
            let app = self.builder.node(About::App(app));
            self.builder.link(node, app, "acts for", identity.class.because(), Some(stated));
        }
        if let Some(account) = identity.account.and_then(|account| self.company.accounts.get(account)) {
            self.made_by(node, &account.developer_name, "the Service Accounts page names its developer");
        }
        if !self.company.is_observed_in_company(index)
            && let Some(stated) = identity.company_template.stated()
            && let Some(template) = stated.value
        {
            let to = self.builder.template(template);
            let because = "it is its template for company tools";
            self.lead(node, to, "is given", because, Some(stated.evidence.clone()));
        }
        let grants = self.company.company_grants(index, &[]);
        self.administers(node, &grants);
        grants.iter().filter(|grant| grant.through == Through::Observed).for_each(|grant| {
            self.builder.grant(node, grant, None);
        });
        self.projects(index, node);
    }

    /// Admin on the company directory is Admin on every company tool.
    fn administers(&mut self, node: NodeIndex, grants: &[Grant]) {
        let directory = Tool::company_directory();
        let admin = grants.iter().find(|grant| grant.tool == directory && grant.exact() == Some(Level::Admin));
        let Some(grant) = admin else { return };
        let all = self.builder.node(About::Administrators);
        let (from, label) = match grant.through {
            Through::Template(template) => (self.builder.template(template), "makes one of"),
            _ => (node, "is one of"),
        };
        if self.builder.known.granted.insert((from, all)) {
            let because = "Admin on the company directory makes a company administrator";
            self.lead(from, all, label, because, Some(grant.evidence.clone()));
        }
        let company = self.builder.node(About::Company);
        if self.builder.known.granted.insert((all, company)) {
            self.builder.link(all, company, "administer", ADMINISTRATORS, None);
            for tool in self.company.tools_of(Scope::Company).filter(|tool| **tool != directory) {
                let to = self.builder.tool(tool);
                self.give_by_rule(all, to);
            }
        }
    }

    fn projects(&mut self, index: IdentityIx, node: NodeIndex) {
        let company = self.company;
        let mut groups: BTreeMap<GroupKey, (Group, Origin)> = BTreeMap::new();
        let mut observed: BTreeMap<Tool, Grant> = BTreeMap::new();
        for membership in company.memberships.of(index) {
            let (in_force, project) = (membership.in_force, membership.project);
            let is_observed = !company.observed.is_empty() && company.is_observed(index, project);
            let gathered = (self.view.gathers)(self.number, index, project);
            let (mark, alone) = match gathered {
                Gathered::Together => ("", None),
                Gathered::Marked(mark) => (mark, None),
                Gathered::Alone => ("", Some(project)),
            };
            let group = || Group { identity: index, in_force, is_observed, mark, count: 0, first: Vec::new() };
            let key = (in_force, is_observed, gathered, alone);
            let (group, _) = groups.entry(key).or_insert_with(|| (group(), membership.origin));
            group.count += 1;
            if group.first.len() < MAX_NAMED {
                group.first.push(project);
            }
            if is_observed {
                let grants = company.project_grants(index, &membership, &[]).into_iter();
                for grant in grants.filter(|grant| company.is_enabled(project, &grant.tool) != Some(false)) {
                    let highest = observed.entry(grant.tool.clone()).or_insert_with(|| grant.clone());
                    if grant.level > highest.level {
                        *highest = grant;
                    }
                }
            }
        }
        for (group, said) in groups.into_values() {
            self.group(index, node, group, said);
        }
        observed.values().for_each(|grant| self.builder.grant(node, grant, None));
    }

    fn group(&mut self, index: IdentityIx, node: NodeIndex, group: Group, said: Origin) {
        let Some(first) = group.first.first().copied() else { return };
        let (in_force, is_observed) = (group.in_force, group.is_observed);
        let about = if group.count == 1 { About::Project(first) } else { About::Projects(Box::new(group)) };
        let project = self.builder.node(about);
        self.builder.graph.graph.add_edge(node, project, Edge::Member(said));
        if is_observed {
            return;
        }
        if let InForce::Template(template) = in_force {
            let to = self.builder.template(template);
            self.builder.graph.graph.add_edge(node, to, Edge::GivenOn { project, said });
        }
        // Whom the company's settings make administrators of projects, too.
        let scope = self.company.company_admin_scope;
        if scope != CompanyAdminScope::CompanyTools && self.company.administers(index) == Some(true) {
            let all = self.builder.node(About::Administrators);
            for tool in self.company.tools_of(Scope::Project) {
                let to = self.builder.tool(tool);
                self.give_by_rule(all, to);
            }
        }
    }

    fn lead(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        label: &'static str,
        because: &'static str,
        evidence: Option<Evidence>,
    ) {
        let (label, because, leads) = (label.into(), because.into(), Leads::ToAccess);
        self.builder.add(from, to, Link { label, because, evidence, leads, level: None, place: None });
    }

    /// Admin that a rule of Procore's gives, and no file says.
    fn give_by_rule(&mut self, from: NodeIndex, to: NodeIndex) {
        if self.builder.known.granted.insert((from, to)) {
            self.builder.give(from, to, Level::Admin, ADMINISTRATORS, None, None);
        }
    }

    /// Credentials lead to whatever they sign in as.
    fn credentials(&mut self, of_accounts: &FxHashMap<usize, IdentityIx>) {
        let company = self.company;
        let mut accounts: Vec<(&usize, &IdentityIx)> = of_accounts.iter().collect();
        accounts.sort_unstable();
        let mut owners = Owners::default();
        for (account, identity) in accounts {
            let Some(account) = company.accounts.get(*account) else { continue };
            let client = account.client_id.stated().filter(|client| !client.value.is_empty());
            if let Some(client) = client {
                let (from, to) =
                    (self.builder.node(About::Client(*identity)), self.builder.node(About::Identity(*identity)));
                let because = "the Service Accounts page lists this client id";
                self.lead(from, to, "signs in as", because, Some(client.evidence.clone()));
                owners.by_client.entry(&client.value).or_insert((*identity, account));
            }
            owners.by_name.entry(&account.name).or_insert((*identity, account));
        }
        let apps: FxHashMap<&str, AppIx> =
            company.apps.all.iter().enumerate().map(|(index, app)| (app.key.as_str(), index)).collect();
        for (index, credential) in company.credentials.iter().enumerate() {
            self.credential(index, credential, &owners, &apps);
        }
    }

    fn credential(
        &mut self,
        index: usize,
        credential: &StoredCredential,
        owners: &Owners<'a>,
        apps: &FxHashMap<&'a str, AppIx>,
    ) {
        let client = credential.client_id.stated().filter(|client| !client.value.is_empty());
        let named = credential.particulars.account.value();
        let by_client = client.and_then(|client| owners.by_client.get(client.value.as_str()));
        let candidates = by_client.into_iter().chain(named.and_then(|name| owners.by_name.get(name.as_str())));
        let owner =
            candidates.filter(|(_, account)| self.company.is_of(credential, account)).map(|(owner, _)| *owner).next();
        let of_app = client.and_then(|client| Some((*apps.get(client.value.as_str())?, client)));
        if let Some(owner) = owner {
            let from = self.builder.node(About::Credential(index));
            match client.filter(|client| self.company.client_id(owner) == Some(&client.value)) {
                Some(client) => {
                    let to = self.builder.node(About::Client(owner));
                    self.lead(from, to, "keeps", "it has the same client id", Some(client.evidence.clone()));
                }
                None => {
                    let to = self.builder.node(About::Identity(owner));
                    let evidence = credential.particulars.account.stated().map(|stated| stated.evidence.clone());
                    self.lead(from, to, "signs in as", "it names this account", evidence);
                }
            }
        } else if let Some((app, client)) = of_app
            && self.company.issuer(credential).is_procore()
        {
            let from = self.builder.node(About::Credential(index));
            let users: Vec<IdentityIx> =
                self.company.directory.users_of(app).filter(|user| self.is_shown(*user)).collect();
            for user in &users {
                let to = self.builder.node(About::Identity(*user));
                self.lead(from, to, "signs in as", "it has the client id of its app", Some(client.evidence.clone()));
            }
            if users.is_empty() {
                let to = self.builder.node(About::App(app));
                self.lead(from, to, "signs in as", "it has the client id of this app", Some(client.evidence.clone()));
            }
        }
    }
}

/// The manifest that tells what an app asks for: the installed one, or else the newest.
pub fn in_question(app: &App) -> Option<&Manifest> {
    let newest = || app.manifests.iter().max_by_key(|manifest| in_order(&manifest.label()));
    app.installed_manifest().or_else(newest)
}
