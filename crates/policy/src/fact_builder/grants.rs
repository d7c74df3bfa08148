//! What service identities may do with tools.
//!
//! Whoever has a template has the levels in it, on every project: such grants are phrased once, as a sheet that all its
//! holders share.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Environment, FactBuilder, Holder, Row, ThingIx, Type, Value};
use cutover_inventory::access::{Grant, Through};
use cutover_inventory::apps::AppIx;
use cutover_inventory::decisions::{Accepted, Subject};
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::manifests::Manifest;
use cutover_inventory::memberships::InForce;
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::evidence::Evidence;

/// All that the rows of a sheet depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RowRangeKey {
    environment: Environment,
    scope: Scope,
    template: Option<TemplateIx>,
    /// The app: its manifest, and the exceptions recorded for it.
    app: Option<AppIx>,
    /// Whether it administers the company.
    administers: Option<bool>,
    /// The identity itself, where exceptions are recorded for it.
    own: Option<IdentityIx>,
}

/// Who holds.
struct Principal<'a> {
    identity: &'a Identity,
    index: IdentityIx,
    app: Option<AppIx>,
    thing: ThingIx,
    environment: Environment,
    manifest: Option<&'a Manifest>,
    administers: Option<bool>,
    exceptions: BTreeMap<&'a Tool, &'a Accepted>,
    /// Whether some of these are for it and not for its app.
    has_own: bool,
}

impl Principal<'_> {
    fn key(&self, scope: Scope, template: Option<TemplateIx>) -> RowRangeKey {
        RowRangeKey {
            environment: self.environment,
            scope,
            template,
            app: self.app,
            administers: self.administers,
            own: self.has_own.then_some(self.index),
        }
    }
}

impl<'a> FactBuilder<'a> {
    /// Phrases the level of every identity a control asks about, on every tool.
    pub(super) fn grants(&mut self) {
        let people = self.wants(Action::Holds, Type::Person, Type::Tool);
        let company = self.company;
        let with_exceptions: BTreeSet<Subject> =
            company.decisions.exceptions.keys().map(|(subject, _)| *subject).collect();
        let mut principals: Vec<Principal<'_>> = Vec::new();
        let mut holders: BTreeMap<Environment, usize> = BTreeMap::new();
        for index in self.subjects() {
            let Some(identity) = company.directory.identities.get(index) else { continue };
            if identity.removed || (!identity.is_service() && !people) {
                continue;
            }
            let Some(thing) = self.identity(index) else { continue };
            let Some(kind) = self.facts.thing(thing).map(|thing| thing.kind) else { continue };
            let environment = Environment { action: Action::Holds, principal: kind, resource: Type::Tool };
            *holders.entry(environment).or_default() += 1 + company.memberships.of(index).count();
            let app = identity.app.value().copied();
            principals.push(Principal {
                identity,
                index,
                app,
                thing,
                environment,
                manifest: self.manifest_of(identity),
                administers: company.administers(index),
                exceptions: company.decisions.exceptions_of(index, app, self.setting.today),
                has_own: with_exceptions.contains(&Subject::Identity(index)),
            });
        }
        for (environment, holders) in holders {
            self.facts.reserve(environment, holders);
        }
        for principal in &principals {
            self.grants_of(principal);
        }
    }

    fn grants_of(&mut self, principal: &Principal<'a>) {
        let (company, index) = (self.company, principal.index);
        let identity = principal.identity;
        let named = self.named(principal.manifest);
        let template = identity.company_template.stated();
        let at = template.map_or_else(|| identity.origin.into(), |stated| stated.evidence.clone());
        let answered = company.is_observed_in_company(index);
        let key = (!answered).then(|| principal.key(Scope::Company, template.and_then(|stated| stated.value)));
        self.hold(principal, key, None, at, || company.company_grants(index, &named));
        for membership in company.memberships.of(index) {
            let template = match membership.in_force {
                InForce::Template(template) => Some(template),
                InForce::Blank | InForce::Unknown => None,
            };
            let answered = company.is_observed(index, membership.project);
            let key = (!answered).then(|| principal.key(Scope::Project, template));
            let member = self.project(membership.project);
            let at: Evidence = membership.origin.into();
            let grants = || company.project_grants(index, &membership, &named);
            self.hold(principal, key, member, at.clone(), grants);
        }
    }

    /// The tools to speak of in any case: those that controls name, and those that the manifest asks for.
    fn named(&self, manifest: Option<&Manifest>) -> Vec<Tool> {
        let requests = manifest.and_then(|manifest| manifest.requests.as_ref()).into_iter().flatten();
        let requested = requests.map(|request| &request.tool);
        let named: BTreeSet<&Tool> = self.setting.named_tools.iter().chain(requested).collect();
        named.into_iter().cloned().collect()
    }

    fn manifest_of(&self, identity: &Identity) -> Option<&'a Manifest> {
        let app = identity.app.value().and_then(|index| self.company.apps.all.get(*index))?;
        app.installed_manifest()
    }

    /// Says that somebody holds grants; those of a key that was met before are not worked out again.
    fn hold(
        &mut self,
        principal: &Principal<'_>,
        key: Option<RowRangeKey>,
        member: Option<ThingIx>,
        at: Evidence,
        grants: impl FnOnce() -> Vec<Grant>,
    ) {
        let row_range = match key.and_then(|key| self.row_ranges.get(&key)) {
            Some(row_range) => *row_range,
            None => {
                let rows = grants().into_iter().map(|grant| self.row(principal, grant, &at)).collect();
                let row_range = self.facts.add_sheet(principal.environment, rows);
                if let Some(key) = key {
                    self.row_ranges.insert(key, row_range);
                }
                row_range
            }
        };
        let context = vec![("project", member.map_or(Value::Absent, Value::Thing))];
        let holder = Holder { principal: principal.thing, member, context, evidence: at };
        self.facts.hold(principal.environment, holder, row_range);
    }

    /// Where a given level is written, in words.
    fn given_by(&self, through: Through) -> Value {
        match through {
            Through::Template(index) => match self.company.templates.get(index) {
                Some(template) => format!("template \"{}\"", template.label()).as_str().into(),
                None => Value::Unknown,
            },
            Through::Observed => "its own permissions".into(),
            Through::CompanyAdministrator | Through::Unknown => Value::Unknown,
        }
    }

    fn row(&mut self, principal: &Principal<'_>, grant: Grant, at: &Evidence) -> Row {
        let resource = self.tool(&grant.tool);
        let requested = principal.manifest.and_then(|manifest| manifest.requested(&grant.tool));
        let exception = principal.exceptions.get(&grant.tool);
        let granular = grant.given.granular.as_ref().map(|granular| Value::count(granular.len()));
        let context = vec![
            ("level", Value::Level(grant.exact())),
            ("given", Value::Level(grant.given.level)),
            ("requested", Value::Level(requested)),
            ("through", grant.through.id().map_or(Value::Unknown, Into::into)),
            ("given_by", self.given_by(grant.given_through)),
            ("granular", granular.unwrap_or(Value::Unknown)),
            (
                "exception",
                exception.map_or(Value::Absent, |accepted| {
                    Value::Exception(accepted.reason.clone(), accepted.approved_by.clone())
                }),
            ),
        ];
        Row { resource, context, evidence: Some(grant.given.evidence).filter(|evidence| evidence != at) }
    }
}
