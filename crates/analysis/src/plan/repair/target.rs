//! What is to be cleared: violations, fact by fact, and what identifies each while the inventory is changed.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::plan::findings::{StateEvaluator, thing};
use cutover_inventory::Company;
use cutover_inventory::directory::IdentityIx;
use cutover_model::result::Thing;
use cutover_model::result::plan::Finding;
use cutover_policy::Hit;
use cutover_policy::facts::{Environment, Facts, Table, ThingIx, Type};
use cutover_policy::pack::Pack;

/// A fact, by the ids of what it speaks of: principal, resource, and what distinguishes it from others of these two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FactKey {
    pub environment: Environment,
    pub subject: SmolStr,
    pub resource: SmolStr,
    pub member: Option<SmolStr>,
}

impl FactKey {
    pub(super) fn of(facts: &Facts, table: &Table, fact: usize) -> Option<Self> {
        let id = |index: ThingIx| facts.thing(index).map(|thing| thing.id.clone());
        Some(Self {
            environment: table.environment,
            subject: id(table.principal(fact)?)?,
            resource: id(table.resource(fact)?)?,
            member: table.member(fact).and_then(id),
        })
    }
}

/// A control, by index in the pack, and a fact.
pub(super) type Key = (usize, FactKey);

/// A violation that is to be cleared.
#[derive(Debug)]
pub(super) struct Target {
    pub key: Key,
    /// The company, by number.
    pub company: usize,
    /// Whose access may change it: the identity it is about, or the users of the app.
    pub identities: BTreeSet<IdentityIx>,
    pub finding: Finding,
    /// The project it is about, where it is about a tool.
    pub project: Option<Thing>,
    /// What the control advises.
    pub remedy: String,
}

/// The companies of facts, by the number of their thing.
pub(super) fn numbers(facts: &Facts) -> BTreeMap<ThingIx, usize> {
    let companies = (0..).zip(&facts.things).filter(|(_, thing)| thing.kind == Type::Company);
    companies.enumerate().map(|(number, (index, _))| (index, number)).collect()
}

/// The key of what a hit is about, and the number of its company.
pub(super) fn key(facts: &Facts, numbers: &BTreeMap<ThingIx, usize>, hit: &Hit) -> Option<(usize, Key)> {
    let table = facts.tables.get(&hit.environment)?;
    let company = facts.thing(table.principal(hit.fact)?)?.company;
    Some((*numbers.get(&company)?, (hit.control, FactKey::of(facts, table, hit.fact)?)))
}

impl Target {
    /// Whether it is about an app, not about its user.
    pub(super) fn is_of_app(&self) -> bool {
        self.key.1.environment.principal == Type::App
    }

    pub(super) fn of(
        facts: &Facts,
        numbers: &BTreeMap<ThingIx, usize>,
        hit: &Hit,
        evaluator: &StateEvaluator<'_>,
        subjects: &[Subjects],
    ) -> Option<Self> {
        let (number, key) = key(facts, numbers, hit)?;
        let table = facts.tables.get(&hit.environment)?;
        let (_, finding) = evaluator.finding(facts, hit)?;
        let member = table.member(hit.fact);
        Some(Self {
            identities: subjects.get(number)?.concerned(key.1.environment.principal, &key.1.subject),
            key,
            company: number,
            finding,
            project: member.and_then(|member| thing(facts, member)).filter(|member| member.r#type == "Project"),
            remedy: remedy(evaluator.pack, facts, hit),
        })
    }
}

fn remedy(pack: &Pack, facts: &Facts, hit: &Hit) -> String {
    let table = facts.tables.get(&hit.environment);
    let filled = pack.controls.get(hit.control).zip(table).map(|(control, table)| {
        control.remedy.fill(&|attribute| cutover_policy::wording::said(facts, table, hit.fact, attribute))
    });
    cutover_model::escape::visible(&filled.unwrap_or_default()).into_owned()
}

/// The identities that principals stand for, by the ids of these.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    identities: FxHashMap<String, BTreeSet<IdentityIx>>,
    users_of_apps: FxHashMap<String, BTreeSet<IdentityIx>>,
}

impl Subjects {
    pub(super) fn of(company: &Company) -> Self {
        let mut out = Self::default();
        for (index, identity) in company.directory.identities.iter().enumerate().filter(|(_, one)| !one.removed) {
            out.identities.entry(identity.key()).or_default().insert(index);
        }
        for (index, app) in company.apps.all.iter().enumerate() {
            let users = company.directory.users_of(index);
            out.users_of_apps.entry(app.key.to_string()).or_insert_with(|| users.collect());
        }
        out
    }

    fn concerned(&self, kind: Type, id: &str) -> BTreeSet<IdentityIx> {
        let found = match kind {
            Type::App => self.users_of_apps.get(id),
            Type::ManagedAccount | Type::LegacyAccount | Type::Person => self.identities.get(id),
            _ => None,
        };
        found.cloned().unwrap_or_default()
    }
}
