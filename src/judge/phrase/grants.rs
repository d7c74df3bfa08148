//! What service identities may do with tools.

use std::collections::BTreeSet;

use super::{Action, Phraser, ThingIx, Type, Value};
use crate::inventory::access::{Grant, Through};
use crate::inventory::directory::{Identity, IdentityIx};
use crate::inventory::level::Level;
use crate::inventory::manifests::Manifest;
use crate::inventory::tools::{Scope, Tool};

impl<'a> Phraser<'a> {
    /// Phrases the level of every identity a control asks about, on every tool.
    pub(super) fn grants(&mut self) {
        let people = self.wants(Action::Holds, Type::Person, Type::Tool);
        let company = self.company;
        for index in self.subjects() {
            let Some(identity) = company.directory.identities.get(index) else { continue };
            if identity.removed || (!identity.is_service() && !people) {
                continue;
            }
            let Some(principal) = self.identity(index) else { continue };
            let manifest = self.manifest_of(identity);
            let named = self.setting.named_tools.clone();
            let grants = company.company_grants(index, self.setting.tools, &named);
            self.add(index, identity, principal, grants, manifest, Scope::Company);
            for membership in company.memberships.of(index) {
                let at = membership.origin.into();
                let grants = company.project_grants(index, membership.project, membership.in_force, at, &named);
                self.add(index, identity, principal, grants, manifest, Scope::Project);
            }
        }
    }

    fn manifest_of(&self, identity: &Identity) -> Option<&'a Manifest> {
        let app = identity.app.value().and_then(|index| self.company.apps.all.get(*index))?;
        app.installed_manifest()
    }

    fn add(
        &mut self,
        index: IdentityIx,
        identity: &Identity,
        principal: ThingIx,
        mut grants: Vec<Grant>,
        manifest: Option<&Manifest>,
        scope: Scope,
    ) {
        self.add_missing(&mut grants, manifest, scope);
        for grant in grants {
            let resource = self.tool(&grant.tool);
            let member = grant.project.and_then(|project| self.project(project));
            let requested = manifest.and_then(|manifest| manifest.requested(&grant.tool));
            let app = identity.app.value().copied();
            let exception = self.company.decisions.exception(index, app, &grant.tool, self.setting.today);
            let context = vec![
                ("level", Value::Level(grant.level)),
                ("requested", Value::Level(requested)),
                ("through", grant.through.id().into()),
                (
                    "granular",
                    grant
                        .granular
                        .map_or(Value::Unknown, |granular| Value::Number(i64::try_from(granular).unwrap_or(i64::MAX))),
                ),
                ("project", member.map_or(Value::Absent, Value::Thing)),
                (
                    "exception",
                    exception.map_or(Value::Absent, |accepted| {
                        Value::Exception(accepted.reason.clone(), accepted.approved_by.clone())
                    }),
                ),
            ];
            self.facts.push(
                Action::Holds,
                super::Fact { principal, resource, context, member, evidence: grant.evidence, said: Vec::new() },
            );
        }
    }

    /// Tools that the manifest asks for and the template does not mention are held at None.
    fn add_missing(&self, grants: &mut Vec<Grant>, manifest: Option<&Manifest>, scope: Scope) {
        let Some(first) = grants.iter().find(|grant| grant.through != Through::CompanyAdministrator).cloned() else {
            return;
        };
        let held: BTreeSet<Tool> = grants
            .iter()
            .filter(|grant| grant.through != Through::CompanyAdministrator)
            .map(|grant| grant.tool.clone())
            .collect();
        for request in manifest.and_then(|manifest| manifest.requests.as_ref()).into_iter().flatten() {
            if request.tool.scope == scope && !held.contains(&request.tool) {
                let level = (first.through != Through::Unknown).then_some(Level::None);
                grants.push(Grant {
                    tool: request.tool.clone(),
                    project: first.project,
                    level,
                    granular: level.map(|_| 0),
                    through: first.through,
                    evidence: first.evidence.origin.into(),
                });
            }
        }
    }
}
