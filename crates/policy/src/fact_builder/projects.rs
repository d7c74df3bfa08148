//! Who belongs to which project, and who should.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, FactBuilder, Type, Value};
use cutover_export::field::Id;
use cutover_export::manual_files::ProjectList;
use cutover_inventory::apps::App;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::manifests::Manifest;
use cutover_inventory::memberships::{InForce, ProjectIx};
use cutover_inventory::tools::Scope;
use cutover_model::evidence::Evidence;
use cutover_model::kind::Kind;
use cutover_model::known::Known;
use cutover_model::level::Level;

impl FactBuilder<'_> {
    /// Phrases the memberships of every identity a control asks about.
    pub(super) fn memberships(&mut self) {
        let wanted = [Type::ManagedAccount, Type::LegacyAccount, Type::Person]
            .map(|kind| self.wants(Action::Belongs, kind, Type::Project));
        let company = self.company;
        for index in self.subjects() {
            let Some(identity) = company.directory.identities.get(index) else { continue };
            let is_wanted = match (identity.class.kind, wanted) {
                (IdentityKind::Managed, [wanted, ..])
                | (IdentityKind::Legacy, [_, wanted, _])
                | (IdentityKind::Person, [.., wanted]) => wanted,
            };
            if identity.removed || !is_wanted {
                continue;
            }
            let Some(principal) = self.identity(index) else { continue };
            let expected = self.template_expected(index, identity);
            let approved = company.decisions.approved_projects.get(&index);
            let app = identity.app.value().and_then(|app| company.apps.all.get(*app));
            let manifest = app.and_then(App::installed_manifest);
            for membership in company.memberships.of(index) {
                let Some(resource) = self.project(membership.project) else { continue };
                let id = company.projects.get(membership.project).and_then(|project| project.id);
                let approved = approved.map(|list| match &list.value {
                    ProjectList::All => true,
                    ProjectList::These(ids) => id.is_some_and(|id| ids.contains(&id)),
                });
                let template = match membership.in_force {
                    InForce::Unknown => Value::Unknown,
                    InForce::Blank => "".into(),
                    InForce::Template(index) => {
                        company.templates.get(index).map_or(Value::Unknown, |template| (&template.label()).into())
                    }
                };
                let context = vec![
                    ("template", template),
                    ("template_expected", expected.map_or(Value::Unknown, Value::Flag)),
                    ("approved", approved.map_or(Value::Unknown, Value::Flag)),
                    ("switched_off", self.switched_off(membership.project, manifest)),
                ];
                let evidence = membership.origin.into();
                self.facts.push(
                    Action::Belongs,
                    super::Fact { principal, resource, context, member: None, evidence, said: Vec::new() },
                );
            }
        }
    }

    /// Whether permissions set by hand are out of place: a custom app is to have a template, and so is whoever has one
    /// elsewhere.
    fn template_expected(&self, index: IdentityIx, identity: &Identity) -> Option<bool> {
        let in_force = || self.company.memberships.of(index).map(|membership| membership.in_force);
        let app = identity.app.value().and_then(|index| self.company.apps.all.get(*index));
        let custom = app.and_then(|app| app.marketplace.value()).map(|marketplace| !marketplace);
        let default = identity.default_template.value().map(Option::is_some);
        let has_one = in_force().any(|template| matches!(template, InForce::Template(_)));
        if has_one || custom == Some(true) || default == Some(true) {
            return Some(true);
        }
        let all_told = self.company.projects_known(index) && !in_force().any(|template| template == InForce::Unknown);
        (all_told && custom.is_some() && default.is_some()).then_some(false)
    }

    /// The tools that the app asks for and that are switched off in the project, by name; empty when all are on.
    fn switched_off(&self, project: ProjectIx, manifest: Option<&Manifest>) -> Value {
        let Some(requests) = manifest.and_then(|manifest| manifest.requests.as_ref()) else { return Value::Unknown };
        let states = self.company.projects.get(project).map(|project| &project.tools);
        let (mut off, mut sure) = (BTreeSet::new(), true);
        for request in requests.iter().filter(|request| request.tool.scope == Scope::Project) {
            let enabled = states.and_then(|states| states.get(&request.tool)).and_then(Known::value);
            match (request.given.level, enabled) {
                (Some(Level::None), _) | (_, Some(true)) => {}
                (Some(_), Some(false)) => {
                    off.insert(self.setting.tools.label(&request.tool));
                }
                (None, Some(false)) | (_, None) => sure = false,
            }
        }
        if off.is_empty() && !sure {
            return Value::Unknown;
        }
        Value::Text(off.into_iter().collect::<Vec<_>>().join(", ").into())
    }

    /// Phrases the approved projects.
    pub(super) fn approvals(&mut self) {
        let company = self.company;
        if company.decisions.approved_projects.is_empty() {
            return;
        }
        let projects = self.index.projects(company);
        let mut unlisted: BTreeMap<Id, u32> = BTreeMap::new();
        let every = &company.decisions.approved_projects;
        let approvals: Vec<_> = match self.only {
            Some(selection) => selection.identities.iter().filter_map(|index| every.get_key_value(index)).collect(),
            None => every.iter().collect(),
        };
        for (index, approved) in approvals {
            // Whoever administers the company is refused in no project.
            if approved.value == ProjectList::All && company.reaches_every_project(*index) {
                continue;
            }
            let approved_ids: BTreeSet<Id> = match &approved.value {
                ProjectList::These(ids) => ids.iter().copied().collect(),
                ProjectList::All => company.working_projects().collect(),
            };
            let Some(principal) = self.identity(*index) else { continue };
            let members: BTreeSet<Id> = company.member_projects(*index).collect();
            for id in approved_ids {
                let resource = match projects.get(&id).and_then(|project| self.project(*project)) {
                    Some(project) => project,
                    None => *unlisted.entry(id).or_insert_with(|| self.unlisted_project(id)),
                };
                let is_member = members.contains(&id);
                let is_known = is_member || company.is_membership_known(*index, id);
                let member = if is_known { Value::Flag(is_member) } else { Value::Unknown };
                self.approval(principal, resource, member, approved.evidence.clone());
            }
            // Without the list of projects, nobody knows which are missing.
            if approved.value == ProjectList::All && !company.present.contains(&Kind::Projects) {
                let resource = self.unnamed_projects();
                self.approval(principal, resource, Value::Unknown, approved.evidence.clone());
            }
        }
    }

    fn approval(&mut self, principal: u32, resource: u32, member: Value, evidence: Evidence) {
        let context = vec![("member", member)];
        let fact = super::Fact { principal, resource, context, member: None, evidence, said: Vec::new() };
        self.facts.push(Action::Approved, fact);
    }

    /// The projects that no file of the export lists.
    fn unnamed_projects(&mut self) -> u32 {
        self.unknown_project(String::new(), "projects that are not listed".to_owned())
    }

    /// A project that only an approval speaks of.
    fn unlisted_project(&mut self, id: Id) -> u32 {
        self.unknown_project(id.to_string(), format!("project {id}"))
    }

    fn unknown_project(&mut self, id: String, name: String) -> u32 {
        let mut thing = super::Thing::new(Type::Project, id, name, self.this, None);
        for attribute in ["active", "demo", "template"] {
            thing.set(attribute, Value::Unknown);
        }
        self.facts.add(thing)
    }
}
