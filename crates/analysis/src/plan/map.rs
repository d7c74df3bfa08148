//! The map file: what people decided about accounts, kept by hand.

use std::collections::BTreeMap;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::Deserialize;
use toml::Spanned;

use super::PlanError;
use cutover_export::manual_files::parse;
use cutover_inventory::apps::AppIx;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::decisions::Resolver;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::{Company, Inventory};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    account: Vec<Entry>,
    #[serde(default)]
    coupling: Vec<CouplingEntry>,
}

/// Accounts that move together although they share nothing, or that need not although they do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CouplingEntry {
    accounts: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    cut: bool,
    reason: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    #[serde(default)]
    app: Option<Spanned<String>>,
    #[serde(default)]
    retire: bool,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    approved_by: String,
    #[serde(default)]
    after: Vec<Spanned<String>>,
}

/// A map file that was read.
#[derive(Debug, Clone)]
pub struct Map {
    path: String,
    text: String,
    entries: Vec<Entry>,
    couplings: Vec<CouplingEntry>,
}

/// An account, by company and identity.
pub type Key = (usize, IdentityIx);

/// What was decided about an account.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The app that replaces it.
    pub app: Option<AppIx>,
    /// It goes without a replacement: the reason, and who approved.
    pub retire: Option<(String, String)>,
    /// Accounts that must have moved before.
    pub after: Vec<Key>,
    /// Accounts that it moves with, or need not move with.
    pub couplings: Vec<Coupling>,
}

/// What was decided about two accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupling {
    /// The other account.
    pub with: Key,
    /// They may move apart, whatever they share; else they move together.
    pub cut: bool,
    /// Why.
    pub reason: String,
}

/// Every decision.
pub type Decisions = BTreeMap<Key, Decision>;

impl Map {
    /// Reads a map file.
    ///
    /// # Errors
    /// Where and why it cannot be read.
    pub fn parse(path: &str, text: &str) -> Result<Self, PlanError> {
        let file: File = parse(text).map_err(|fault| PlanError::at(path, text, fault.offset, fault.what))?;
        let map =
            Self { path: path.to_owned(), text: text.to_owned(), entries: file.account, couplings: file.coupling };
        for entry in &map.entries {
            if entry.retire == entry.app.is_some() && (entry.retire || entry.after.is_empty()) {
                return Err(map.fault(&entry.name, "an account needs either `app`, or `retire = true`, or `after`"));
            }
            if entry.retire && (entry.reason.trim().is_empty() || entry.approved_by.trim().is_empty()) {
                return Err(map.fault(&entry.name, "`retire` needs `reason` and `approved_by`"));
            }
        }
        for coupling in &map.couplings {
            if coupling.accounts.as_ref().len() < 2 {
                let what = "a coupling needs the names of two accounts or more";
                return Err(PlanError::at(&map.path, &map.text, coupling.accounts.span().start, what.to_owned()));
            }
            if coupling.reason.as_ref().trim().is_empty() {
                return Err(map.fault(&coupling.reason, "a coupling needs a `reason`"));
            }
        }
        Ok(map)
    }

    fn fault(&self, at: &Spanned<String>, what: impl Into<String>) -> PlanError {
        PlanError::at(&self.path, &self.text, at.span().start, what.into())
    }

    /// Finds the accounts and apps that are meant.
    ///
    /// # Errors
    /// When a name means none or several, an account stands there twice, or accounts wait for each other.
    pub fn resolve(&self, inventory: &Inventory) -> Result<Decisions, PlanError> {
        let mut decisions = Decisions::new();
        let companies = inventory.companies.iter();
        let resolvers: Vec<(&Company, Resolver<'_>)> = companies
            .map(|company| (company, Resolver::new(&company.directory, &company.apps, &company.accounts)))
            .collect();
        for entry in &self.entries {
            let key = self.account(&resolvers, &entry.name)?;
            let app = entry.app.as_ref().map(|app| self.app(inventory, key.0, app)).transpose()?;
            let after: Result<Vec<Key>, PlanError> =
                entry.after.iter().map(|name| self.account(&resolvers, name)).collect();
            let retire = entry.retire.then(|| (entry.reason.clone(), entry.approved_by.clone()));
            let decision = Decision { app, retire, after: after?, couplings: Vec::new() };
            if decisions.insert(key, decision).is_some() {
                return Err(self.fault(&entry.name, format!("`{}` stands here twice", entry.name.as_ref())));
            }
        }
        for coupling in &self.couplings {
            let keys: Result<Vec<Key>, PlanError> =
                coupling.accounts.as_ref().iter().map(|name| self.account(&resolvers, name)).collect();
            let keys = keys?;
            for one in &keys {
                let others = keys.iter().filter(|other| *other != one);
                let (cut, reason) = (coupling.cut, coupling.reason.as_ref());
                let own = others.map(|other| Coupling { with: *other, cut, reason: reason.clone() });
                decisions.entry(*one).or_default().couplings.extend(own);
            }
        }
        match cycle(&decisions) {
            Some(key) => {
                let entry =
                    self.entries.iter().find(|entry| self.account(&resolvers, &entry.name).is_ok_and(|at| at == key));
                let name = entry.map_or("", |entry| entry.name.as_ref().as_str());
                let what = format!("`{name}` waits for itself: its `after` leads back to it");
                Err(entry.map_or_else(
                    || PlanError::at(&self.path, &self.text, 0, what.clone()),
                    |entry| self.fault(&entry.name, what.clone()),
                ))
            }
            None => Ok(decisions),
        }
    }

    fn account(&self, resolvers: &[(&Company, Resolver<'_>)], name: &Spanned<String>) -> Result<Key, PlanError> {
        let found = resolvers.iter().enumerate().filter_map(|(number, (company, resolver))| {
            let identity = resolver.identity(name.as_ref()).ok()?;
            let is_legacy = company.directory.identities.get(identity)?.class.kind == IdentityKind::Legacy;
            is_legacy.then_some((number, identity))
        });
        match found.collect::<Vec<Key>>().as_slice() {
            [key] => Ok(*key),
            [] => Err(self.fault(name, format!("`{}` names no legacy account of this export", name.as_ref()))),
            _ => Err(self.fault(name, format!("`{}` names accounts of several companies; give its id", name.as_ref()))),
        }
    }

    fn app(&self, inventory: &Inventory, company: usize, name: &Spanned<String>) -> Result<AppIx, PlanError> {
        let apps = inventory.companies.get(company).map(|company| &company.apps);
        apps.and_then(|apps| apps.find(name.as_ref())).ok_or_else(|| {
            self.fault(name, format!("`{}` names no app of this export, or more than one", name.as_ref()))
        })
    }
}

/// An account that waits for itself.
fn cycle(decisions: &Decisions) -> Option<Key> {
    let mut graph = DiGraph::<Key, ()>::new();
    let mut nodes: BTreeMap<Key, NodeIndex> = BTreeMap::new();
    for (key, decision) in decisions {
        for before in &decision.after {
            let mut node = |key: Key| *nodes.entry(key).or_insert_with(|| graph.add_node(key));
            let (before, after) = (node(*before), node(*key));
            graph.add_edge(before, after, ());
        }
    }
    let circle = toposort(&graph, None).err()?;
    graph.node_weight(circle.node_id()).copied()
}
