//! What service identities may do with tools.

use std::collections::BTreeSet;

use super::{Action, Phraser, ThingIx, Type, Value};
use crate::inventory::access::Grant;
use crate::inventory::directory::{Identity, IdentityIx};
use crate::inventory::manifests::Manifest;
use crate::inventory::tools::Tool;

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
            let named = self.named(manifest);
            let grants = company.company_grants(index, self.setting.tools, &named);
            self.add(index, identity, principal, grants, manifest);
            for membership in company.memberships.of(index) {
                let at = membership.origin.into();
                let grants = company.project_grants(index, membership.project, membership.in_force, at, &named);
                self.add(index, identity, principal, grants, manifest);
            }
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

    fn add(
        &mut self,
        index: IdentityIx,
        identity: &Identity,
        principal: ThingIx,
        grants: Vec<Grant>,
        manifest: Option<&Manifest>,
    ) {
        for grant in grants {
            let resource = self.tool(&grant.tool);
            let member = grant.project.and_then(|project| self.project(project));
            let requested = manifest.and_then(|manifest| manifest.requested(&grant.tool));
            let app = identity.app.value().copied();
            let exception = self.company.decisions.exception(index, app, &grant.tool, self.setting.today);
            let level = grant.level.filter(|_| !self.company.may_be_raised(index, &grant));
            let context = vec![
                ("level", Value::Level(level)),
                ("requested", Value::Level(requested)),
                ("through", grant.through.id().map_or(Value::Unknown, Into::into)),
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
}
