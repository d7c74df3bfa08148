//! Phrases an inventory as facts: one file for each subject.
//!
//! Only what the pack asks about is phrased: without a control over people's memberships, hundreds of thousands of
//! facts need not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::facts::{Action, Environment, Fact, Facts, Holder, Row, RowRange, Thing, ThingIx, Type, Value};
use super::timeline::Timeline;
use cutover_export::field::Id;
use cutover_inventory::apps::AppIx;
use cutover_inventory::credentials::StoreIx;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::{Tool, Tools};
use cutover_inventory::{Company, Inventory};
use cutover_model::evidence::{Evidence, Origin};

mod accounts;
mod altova;
mod app_builder;
mod apps;
mod credentials;
mod deletions;
mod gaps;
mod grants;
mod index;
mod installations;
mod oauth;
mod projects;
mod versions;

use grants::RowRangeKey;

pub use index::CompanyIndex;

/// What the phrasing needs beside the inventory.
#[derive(Debug)]
pub struct Setting<'a> {
    /// The day the audit speaks of.
    pub today: NaiveDate,
    /// The announced dates.
    pub timeline: &'a Timeline,
    /// The tool table.
    pub tools: &'a Tools,
    /// Tools to speak of even when nothing is known of them: those that controls name.
    pub named_tools: Vec<Tool>,
}

/// Days since 1970-01-01, as policies count them.
pub fn day_number(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days()
}

/// Phrases everything the pack asks about.
pub fn build_facts(inventory: &Inventory, setting: &Setting<'_>, wanted: &dyn Fn(Environment) -> bool) -> Facts {
    let mut facts = Facts::default();
    let mut companies = Vec::with_capacity(inventory.companies.len());
    for company in &inventory.companies {
        let index = CompanyIndex::default();
        let mut builder = FactBuilder::new(company, &index, inventory, setting, wanted, &mut facts);
        companies.push(builder.this);
        builder.company();
        builder.all();
        builder.credentials();
        builder.altova();
        builder.app_builder();
        builder.authorization_servers();
        builder.gaps();
    }
    secrets(inventory, &companies, setting, &mut facts);
    disambiguate(&mut facts);
    facts
}

/// Types of things that records name, so that two may have one id. The others are distinguished where they are joined.
const NAMED_BY_RECORDS: [Type; 11] = [
    Type::Store,
    Type::Credential,
    Type::Mapping,
    Type::Job,
    Type::Role,
    Type::Container,
    Type::Package,
    Type::Provider,
    Type::Key,
    Type::Endpoint,
    Type::AuthorizationServer,
];

/// Gives things of one company, type and id ids of their own, by their names or else by their order in the export: what is
/// said of one of them is never taken for what is said of another.
fn disambiguate(facts: &mut Facts) {
    let key = |thing: &Thing| (thing.company, thing.kind, thing.id.clone());
    let mut numbers: BTreeMap<(ThingIx, Type, SmolStr), Vec<ThingIx>> = BTreeMap::new();
    for (index, thing) in (0..).zip(&facts.things).filter(|(_, thing)| NAMED_BY_RECORDS.contains(&thing.kind)) {
        numbers.entry(key(thing)).or_default().push(index);
    }
    let mut shared: Vec<Vec<ThingIx>> = Vec::new();
    let mut seen: FxHashSet<(ThingIx, Type, SmolStr)> = FxHashSet::default();
    for (key, same) in numbers {
        if same.len() > 1 {
            shared.push(same);
        } else {
            seen.insert(key);
        }
    }
    shared.sort();
    let mut numbered: FxHashMap<(ThingIx, Type, String), usize> = FxHashMap::default();
    for index in shared.into_iter().flatten() {
        let Some(thing) = facts.things.get_mut(index as usize) else { continue };
        let own = if thing.name == thing.id { thing.id.to_string() } else { format!("{} ({})", thing.id, thing.name) };
        // Of those that would have one id, each goes on behind the number of the one before it.
        let next = numbered.entry((thing.company, thing.kind, own.clone())).or_insert(1_usize);
        loop {
            thing.id = if *next == 1 { own.as_str().into() } else { format!("{own} ({next})").into() };
            *next += 1;
            if seen.insert(key(thing)) {
                break;
            }
        }
    }
}

/// Some identities, apps and webhooks of a company.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    /// The identities.
    pub identities: BTreeSet<IdentityIx>,
    /// The apps.
    pub apps: BTreeSet<AppIx>,
    /// The webhooks, by index.
    pub hooks: BTreeSet<usize>,
}

/// Phrases what the pack asks about a part of one company, beside what there is already: as a company of its own, whose
/// thing is returned.
pub fn build_some_facts(
    facts: &mut Facts,
    inventory: &Inventory,
    (company, index): (&Company, &CompanyIndex),
    selection: &Selection,
    setting: &Setting<'_>,
    wanted: &dyn Fn(Environment) -> bool,
) -> ThingIx {
    let mut builder = FactBuilder::new(company, index, inventory, setting, wanted, facts);
    builder.only = Some(selection);
    builder.all();
    builder.this
}

/// Builds the facts of one company.
pub struct FactBuilder<'a> {
    company: &'a Company,
    inventory: &'a Inventory,
    setting: &'a Setting<'a>,
    wanted: &'a dyn Fn(Environment) -> bool,
    /// The facts so far.
    pub facts: &'a mut Facts,
    /// The company itself, among the things of the facts.
    pub this: ThingIx,
    only: Option<&'a Selection>,
    identities: BTreeMap<IdentityIx, ThingIx>,
    projects: FxHashMap<ProjectIx, ThingIx>,
    tools: FxHashMap<Tool, ThingIx>,
    apps: BTreeMap<AppIx, ThingIx>,
    stores: BTreeMap<StoreIx, ThingIx>,
    /// Grants that several identities hold alike.
    row_ranges: FxHashMap<RowRangeKey, RowRange>,
    index: &'a CompanyIndex,
}

impl fmt::Debug for FactBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FactBuilder").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl<'a> FactBuilder<'a> {
    /// Adds the company to the facts. Facts of the environments that are not `wanted` are not built.
    pub fn new(
        company: &'a Company,
        index: &'a CompanyIndex,
        inventory: &'a Inventory,
        setting: &'a Setting<'a>,
        wanted: &'a dyn Fn(Environment) -> bool,
        facts: &'a mut Facts,
    ) -> Self {
        let id = company.key();
        let next = ThingIx::try_from(facts.things.len()).unwrap_or(ThingIx::MAX);
        let evidence = company.origin.map(Evidence::from);
        let mut thing = Thing::new(Type::Company, id, company.name.clone(), next, evidence);
        thing.set_known("allow_user_installs", &company.allow_user_installs, Value::flag);
        let this = facts.add(thing);
        Self {
            company,
            inventory,
            setting,
            wanted,
            facts,
            this,
            only: None,
            identities: BTreeMap::new(),
            projects: FxHashMap::default(),
            tools: FxHashMap::default(),
            apps: BTreeMap::new(),
            stores: BTreeMap::new(),
            row_ranges: FxHashMap::default(),
            index,
        }
    }

    fn all(&mut self) {
        self.identities();
        self.apps();
        self.grants();
        self.memberships();
        self.approvals();
        self.hooks();
    }

    /// The identities to speak of.
    fn subjects(&self) -> Vec<IdentityIx> {
        match self.only {
            Some(selection) => selection.identities.iter().copied().collect(),
            None => (0..self.company.directory.identities.len()).collect(),
        }
    }

    fn wants(&self, action: Action, principal: Type, resource: Type) -> bool {
        (self.wanted)(Environment { action, principal, resource })
    }

    /// A fact about the company as a whole.
    fn about_company(
        &mut self,
        action: Action,
        principal: ThingIx,
        context: Vec<(&'static str, Value)>,
        evidence: Evidence,
    ) {
        self.facts
            .push(action, Fact { principal, resource: self.this, context, member: None, evidence, said: Vec::new() });
    }

    fn company(&mut self) {
        let evidence = self.company.origin.unwrap_or(Origin { document: 0, record: 0 }).into();
        let context = self.calendar();
        self.about_company(Action::Exists, self.this, context, evidence);
    }

    /// A day on which something was done. One that lies ahead is a slip of the pen, or of another day's export: unknown.
    pub(super) fn past(&self, day: NaiveDate) -> Value {
        if day > self.setting.today { Value::Unknown } else { Value::Day(day) }
    }

    /// Whether something was done that the export says was first done on a day. If that day lies ahead, nobody knows.
    pub(super) fn done(&self, done: bool, first: Option<NaiveDate>) -> Value {
        if first.is_some_and(|day| day > self.setting.today) { Value::Unknown } else { Value::Flag(done) }
    }

    /// Whether something was never used. A use that lies ahead does not say whether there was one before.
    pub(super) fn never(&self, never: bool, last_used: Option<NaiveDate>) -> Value {
        self.done(never, last_used)
    }

    /// The day up to which use is known: see [`Company::use_known_until`].
    pub(super) fn use_known_until(&self) -> Value {
        Value::Day(self.company.use_known_until(self.setting.today))
    }

    /// The dates that `exists` facts are evaluated by.
    fn calendar(&self) -> Vec<(&'static str, Value)> {
        let timeline = self.setting.timeline;
        let day = |day: Option<NaiveDate>| day.map_or(Value::Unknown, Value::Day);
        vec![
            ("today", Value::Day(self.setting.today)),
            ("use_known_until", self.use_known_until()),
            ("sunset", day(timeline.sunset)),
            ("no_new_accounts", day(timeline.no_new_accounts)),
            ("admin_default_ended", day(self.company.admin_default_ended.or(timeline.admin_default_ended))),
        ]
    }

    /// The index of a tool among the things of the facts.
    pub fn tool(&mut self, tool: &Tool) -> ThingIx {
        if let Some(index) = self.tools.get(tool) {
            return *index;
        }
        let mut thing = Thing::new(Type::Tool, tool.to_string(), self.setting.tools.label(tool), self.this, None);
        thing.set("key", tool.key.as_str().into());
        thing.set("scope", tool.scope.to_string().as_str().into());
        thing.set("recognised", self.setting.tools.recognises(tool).into());
        let index = self.facts.add(thing);
        self.tools.insert(tool.clone(), index);
        index
    }

    /// The index of a project among the things of the facts; `None` if the company has no such project.
    pub fn project(&mut self, index: ProjectIx) -> Option<ThingIx> {
        if let Some(thing) = self.projects.get(&index) {
            return Some(*thing);
        }
        let project = self.company.projects.get(index)?;
        let id = project.id.as_ref().map(Id::to_string).unwrap_or_default();
        let mut thing =
            Thing::new(Type::Project, id, project.name.clone(), self.this, project.origin.map(Evidence::from));
        thing.set_known("active", &project.active, Value::flag);
        thing.set_known("demo", &project.demo, Value::flag);
        thing.set_known("template", &project.template, Value::flag);
        let thing = self.facts.add(thing);
        self.projects.insert(index, thing);
        Some(thing)
    }
}

/// Secrets in files belong to the company whose export holds them, or else to the first one; `companies` are the things
/// that the companies are phrased as.
fn secrets(inventory: &Inventory, companies: &[ThingIx], setting: &Setting<'_>, facts: &mut Facts) {
    let day = |day: Option<NaiveDate>| day.map_or(Value::Unknown, Value::Day);
    for secret in &inventory.secrets {
        let (document, found) = &secret.place;
        let origin = Origin { document: *document, record: found.record.unwrap_or_default() };
        let evidence = Evidence::new(origin, found.member.clone());
        let company = companies.get(secret.company).copied().unwrap_or_default();
        let evidence_of = Some(evidence.clone());
        let mut thing = Thing::new(Type::Credential, secret.id.clone(), secret.id.clone(), company, evidence_of);
        thing.set("kind", secret.kind.into());
        thing.set("exposed", true.into());
        thing.set("system", "".into());
        for attribute in ["procore", "registered", "retired", "secretless"] {
            thing.set(attribute, false.into());
        }
        let principal = facts.add(thing);
        let context = vec![
            ("today", Value::Day(setting.today)),
            ("use_known_until", Value::Day(setting.today)),
            ("sunset", day(setting.timeline.sunset)),
            ("no_new_accounts", day(setting.timeline.no_new_accounts)),
            ("admin_default_ended", day(setting.timeline.admin_default_ended)),
        ];
        let fact = Fact { principal, resource: company, context, member: None, evidence, said: Vec::new() };
        facts.push(Action::Exists, fact);
    }
}
