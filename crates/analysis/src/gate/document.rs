//! Changes as results tell them: in words, with their places.

use rayon::prelude::*;

use super::change::{Change, ChangeKind, Direction, Object, Subject};
use crate::audit::places::{Places, Said};
use cutover_export::Export;
use cutover_inventory::Company;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::{Tool, Tools};
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::result::Thing;
use cutover_model::result::gate;
use cutover_model::result::gate::{Locations, Through};
use cutover_policy::vocabulary::Type;

/// The most projects named in one change; `count` has them all.
const MAX_MEMBERS: usize = 1000;

/// Tells changes, by sort and subject.
pub(super) fn describe<'c>(
    changes: &'c [Change],
    before: &Company,
    after: &Company,
    export: &'c Export,
    tools: &Tools,
) -> Vec<gate::Change> {
    let mut places = Places::of(export);
    let said = |change: &'c Change| change.said.before.iter().chain(&change.said.after).map(|said| (key(said), false));
    places.prepare(changes.par_iter().flat_map_iter(said));
    let teller = ChangeRenderer { before, after, tools, places };
    let mut out: Vec<gate::Change> = changes.iter().map(|change| teller.describe(change)).collect();
    out.sort();
    out.dedup();
    out
}

/// An evidence as it is looked up.
fn key(evidence: &Evidence) -> Said<'_> {
    (evidence.origin, &evidence.member)
}

struct ChangeRenderer<'a> {
    before: &'a Company,
    after: &'a Company,
    tools: &'a Tools,
    places: Places<'a>,
}

impl ChangeRenderer<'_> {
    fn describe(&self, change: &Change) -> gate::Change {
        let subject = self.subject(change.subject);
        let resource = match &change.object {
            Object::Tool(tool) => Some(self.tool(tool)),
            Object::Itself | Object::Projects => None,
        };
        let members = change.projects.iter().take(MAX_MEMBERS);
        let members: Vec<Thing> = members.filter_map(|project| self.project(project.before, project.after)).collect();
        let through = change.through.before.or(change.through.after).map(|_| Through {
            before: change.through.before.map(str::to_owned),
            after: change.through.after.map(str::to_owned),
        });
        let location = |evidence: &Option<Evidence>| self.places.location(key(evidence.as_ref()?), false);
        gate::Change {
            kind: change.kind,
            direction: change.direction,
            message: message(change, &subject, resource.as_ref(), &members),
            subject,
            resource,
            attribute: change.attribute.map(str::to_owned),
            before: change.before.clone(),
            after: change.after.clone(),
            through,
            count: change.projects.len(),
            members,
            locations: Locations { before: location(&change.said.before), after: location(&change.said.after) },
        }
    }

    fn tool(&self, tool: &Tool) -> Thing {
        Thing::new(Type::Tool.id().to_owned(), tool.to_string(), self.tools.label(tool))
    }

    fn project(&self, before: Option<ProjectIx>, after: Option<ProjectIx>) -> Option<Thing> {
        let now = after.and_then(|index| self.after.projects.get(index));
        let project = now.or_else(|| self.before.projects.get(before?))?;
        let id = project.id.map(|id| id.to_string()).unwrap_or_default();
        Some(Thing::new(Type::Project.id().to_owned(), id, project.name.clone()))
    }

    fn subject(&self, subject: Subject) -> Thing {
        let thing = |kind: &str, id: String, name: &str| Thing::new(kind, id, name);
        let found = match subject {
            Subject::Company => None,
            Subject::Identity(both) => {
                let now = both.after.and_then(|index| self.after.directory.identities.get(index));
                let identity = now.or_else(|| self.before.directory.identities.get(both.before?));
                identity.map(|one| thing(&one.class.kind.to_string(), one.key(), &one.name))
            }
            Subject::App(both) => {
                let now = both.after.and_then(|index| self.after.apps.all.get(index));
                let app = now.or_else(|| self.before.apps.all.get(both.before?));
                app.map(|app| thing(Type::App.id(), app.key.clone(), &app.name))
            }
            Subject::Template(both) => {
                let now = both.after.and_then(|index| self.after.templates.get(index));
                let template = now.or_else(|| self.before.templates.get(both.before?));
                let id = |id: Option<cutover_export::field::Id>| id.map(|id| id.to_string());
                template.map(|one| thing("Template", id(one.id).unwrap_or_else(|| one.name.clone()), &one.label()))
            }
            Subject::Credential(both) => {
                let now = both.after.and_then(|index| self.after.credentials.get(index));
                let credential = now.or_else(|| self.before.credentials.get(both.before?));
                credential.map(|one| thing(Type::Credential.id(), one.id.clone(), &one.name))
            }
            Subject::Hook(both) => {
                let now = both.after.and_then(|index| self.after.hooks.get(index));
                let hook = now.or_else(|| self.before.hooks.get(both.before?));
                hook.map(|hook| thing(Type::Hook.id(), hook.id.to_string(), &hook.name))
            }
        };
        found.unwrap_or_else(|| company(self.after))
    }
}

/// The company as results name it.
pub(super) fn company(company: &Company) -> Thing {
    let id = company.key();
    Thing::new(Type::Company.id().to_owned(), id, company.name.clone())
}

/// The change in a sentence.
fn message(change: &Change, subject: &Thing, resource: Option<&Thing>, members: &[Thing]) -> String {
    let name = escape::name(&subject.name);
    let words = |text: &Option<String>| text.as_deref().map(escape::name).unwrap_or_default();
    let (before, after) = (words(&change.before), words(&change.after));
    let on = resource.map(|tool| format!(" on {}", escape::name(&tool.name))).unwrap_or_default();
    let place = match (change.projects.len(), members.first()) {
        (0, _) => String::new(),
        (1, Some(project)) => format!(" in {}", escape::name(&project.name)),
        (count, _) => format!(" in {count} projects"),
    };
    let attribute = change.attribute.unwrap_or_default().replace('_', " ");
    match (change.kind, change.direction) {
        (ChangeKind::Grant, Direction::Gained) => format!("{name} has {after}{on}{place}; before: None."),
        (ChangeKind::Grant, Direction::Lost) => format!("{name} has no access{on}{place}; before: {before}."),
        (ChangeKind::Grant, _) => format!("{name} has {after}{on}{place}, and had {before}."),
        (ChangeKind::Membership, Direction::Changed) if attribute == "missing projects" => {
            let new = match members.first().filter(|_| change.projects.len() == 1) {
                Some(project) => format!("the new project {}", escape::name(&project.name)),
                None => format!("{} new projects", change.projects.len()),
            };
            format!("{name} is approved for all projects and is not a member of {new}.")
        }
        (ChangeKind::Membership, Direction::Gained) => format!("{name} is a member{place}, with {after}."),
        (ChangeKind::Membership, Direction::Lost) => format!("{name} was removed{place}; before: {before}."),
        (ChangeKind::Membership, _) => format!("{name} has {after}{place}, and had {before}."),
        (ChangeKind::Request, Direction::Gained) => format!("{name} asks for {after}{on}, and did not before."),
        (ChangeKind::Request, Direction::Lost) => format!("{name} no longer asks for {before}{on}."),
        (ChangeKind::Request, _) => format!("{name} asks for {after}{on}, and asked for {before}."),
        (ChangeKind::Template, Direction::Gained | Direction::Raised) if resource.is_some() => {
            format!("The template {name} grants {after}{on}; before: {before}.")
        }
        (ChangeKind::Template, Direction::Lost | Direction::Lowered) if resource.is_some() => {
            format!("The template {name} grants {after}{on}; before: {before}.")
        }
        (ChangeKind::Installation, Direction::Gained) => format!("{name} is installed, and was not."),
        (ChangeKind::Installation, Direction::Lost) => format!("{name} was uninstalled."),
        (kind, Direction::Gained) => format!("The {} {name} is new.", kind.id()),
        (kind, Direction::Lost) => format!("The {} {name} was removed.", kind.id()),
        (_, Direction::Renamed) => format!("{before} is called {after} now."),
        (_, Direction::Reissued) => {
            let id = if attribute == "client id" { attribute.as_str() } else { "id" };
            format!("{name} was recreated: its {id} is {after}; before: {before}.")
        }
        (ChangeKind::Setting, _) => format!("The setting {attribute} is {after}, and was {before}."),
        (kind, _) => format!("The {} {name}: {attribute} is {after}, and was {before}.", kind.id()),
    }
}
