//! A proposed change, applied before planning: what it touches, and what becomes of the violations.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::access::planned;
use super::findings::{StateEvaluator, difference};
use super::{PlanError, apply};
use cutover_export::field::Id;
use cutover_export::manual_files::parse;
use cutover_inventory::decisions::{Resolver, tool};
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::Thing;
use cutover_model::result::plan::WhatIf;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    grant: Vec<Grant>,
    #[serde(default)]
    revoke: Vec<Revoke>,
    #[serde(default)]
    install: Vec<Install>,
    #[serde(default)]
    permit: Vec<Permit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    subject: Spanned<String>,
    tool: Spanned<String>,
    level: Spanned<String>,
    #[serde(default)]
    project: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    subject: Spanned<String>,
    tool: Spanned<String>,
    #[serde(default)]
    project: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Install {
    app: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Permit {
    subject: Spanned<String>,
    projects: Vec<Spanned<u64>>,
}

/// A change file that was read.
#[derive(Debug)]
pub struct Proposal {
    path: String,
    text: String,
    file: File,
}

/// What was changed so far.
#[derive(Default)]
struct Changed {
    sentences: Vec<String>,
    subjects: BTreeSet<Thing>,
}

impl Proposal {
    /// Reads a change file.
    ///
    /// # Errors
    /// Where and why it cannot be read, or that it changes nothing.
    pub fn parse(path: &str, text: &str) -> Result<Self, PlanError> {
        let file: File = parse(text).map_err(|fault| PlanError::at(path, text, fault.offset, fault.what))?;
        if file.grant.is_empty() && file.revoke.is_empty() && file.install.is_empty() && file.permit.is_empty() {
            let what = "it proposes no change: write [[grant]], [[revoke]], [[install]] or [[permit]]";
            return Err(PlanError::at(path, text, 0, what.to_owned()));
        }
        Ok(Self { path: path.to_owned(), text: text.to_owned(), file })
    }

    fn fault<T>(&self, at: &Spanned<T>, what: impl Into<String>) -> PlanError {
        PlanError::at(&self.path, &self.text, at.span().start, what.into())
    }

    /// Applies the change.
    ///
    /// # Errors
    /// When a name means nothing in the export, or nothing is known to start from.
    pub(super) fn apply(&self, inventory: &mut Inventory, evaluator: &StateEvaluator<'_>) -> Result<WhatIf, PlanError> {
        let judged = |inventory: &Inventory| {
            evaluator
                .all(inventory)
                .map(|(facts, evaluation)| evaluator.findings(&facts, &evaluation))
                .map_err(PlanError::Fact)
        };
        let before = judged(inventory)?;
        let mut changed = Changed::default();
        for Install { app } in &self.file.install {
            self.install(inventory, app, evaluator, &mut changed)?;
        }
        for grant in &self.file.grant {
            let level = Level::parse(grant.level.as_ref()).ok_or_else(|| {
                self.fault(
                    &grant.level,
                    format!("`{}` is no level: none, read_only, standard or admin", grant.level.as_ref()),
                )
            })?;
            self.set(inventory, (&grant.subject, &grant.tool, grant.project.as_ref()), level, evaluator, &mut changed)?;
        }
        for Revoke { subject, tool, project } in &self.file.revoke {
            self.set(inventory, (subject, tool, project.as_ref()), Level::None, evaluator, &mut changed)?;
        }
        for permit in &self.file.permit {
            self.permit(inventory, permit, &mut changed)?;
        }
        let after = judged(inventory)?;
        Ok(WhatIf {
            path: self.path.clone(),
            changes: changed.sentences,
            subjects: changed.subjects.into_iter().collect(),
            removed: difference(&before, &after),
            introduced: difference(&after, &before),
        })
    }

    fn subject(&self, inventory: &Inventory, name: &Spanned<String>) -> Result<(usize, IdentityIx), PlanError> {
        let found = inventory.companies.iter().enumerate().filter_map(|(number, company)| {
            let resolver = Resolver::new(&company.directory, &company.apps, &company.accounts);
            match resolver.identities(name.as_ref()).as_deref() {
                Ok([identity]) => Some((number, *identity)),
                _ => None,
            }
        });
        match found.collect::<Vec<_>>().as_slice() {
            [found] => Ok(*found),
            _ => Err(self.fault(name, format!("`{}` names no identity in this export, or several", name.as_ref()))),
        }
    }

    fn project(&self, company: &Company, id: &Spanned<u64>) -> Result<ProjectIx, PlanError> {
        let found = company.projects.iter().position(|project| project.id == Some(Id(*id.as_ref())));
        found.ok_or_else(|| self.fault(id, format!("`{}` is no project of this export", id.as_ref())))
    }

    fn set(
        &self,
        inventory: &mut Inventory,
        (subject, named, project): (&Spanned<String>, &Spanned<String>, Option<&Spanned<u64>>),
        level: Level,
        evaluator: &StateEvaluator<'_>,
        changed: &mut Changed,
    ) -> Result<(), PlanError> {
        let tools = evaluator.setting.tools;
        let (number, identity) = self.subject(inventory, subject)?;
        let tool = tool(named.as_ref(), tools).ok_or_else(|| {
            self.fault(named, format!("`{}` is no tool: write company/… or project/…", named.as_ref()))
        })?;
        let Some(company) = inventory.companies.get_mut(number) else { return Ok(()) };
        let at = project.map(|id| self.project(company, id)).transpose()?;
        if (tool.scope == cutover_inventory::tools::Scope::Project) != at.is_some() {
            return Err(self.fault(named, "a project tool needs `project`, and a company tool has none"));
        }
        if !apply::set_level(company, identity, &tool, at, level) {
            return Err(self.fault(subject, "the export does not list this user, or not as a member of the project"));
        }
        let place = at
            .and_then(|project| company.projects.get(project))
            .map(|project| format!(" in {}", escape::name(&project.name)));
        let name = touched(company, identity, changed);
        let label = tools.label(&tool);
        changed.sentences.push(format!("{name} has {level} on {label}{}", place.unwrap_or_default()));
        Ok(())
    }

    fn install(
        &self,
        inventory: &mut Inventory,
        app: &Spanned<String>,
        evaluator: &StateEvaluator<'_>,
        changed: &mut Changed,
    ) -> Result<(), PlanError> {
        let found = inventory
            .companies
            .iter_mut()
            .find_map(|company| company.apps.find(app.as_ref()).map(|index| (company, index)));
        let Some((company, index)) = found else {
            return Err(self.fault(app, format!("`{}` names no app of this export, or more than one", app.as_ref())));
        };
        apply::install(company, index, evaluator.setting.today);
        let plan = planned(company, usize::MAX, Some(index));
        if let Some(user) = apply::managed_user(company, index, &plan) {
            touched(company, user, changed);
        }
        if let Some(app) = company.apps.all.get(index) {
            changed.sentences.push(format!("{} is installed", escape::name(&app.name)));
            changed.subjects.insert(Thing::new("App", &app.key, &app.name));
        }
        Ok(())
    }

    fn permit(&self, inventory: &mut Inventory, permit: &Permit, changed: &mut Changed) -> Result<(), PlanError> {
        let (number, identity) = self.subject(inventory, &permit.subject)?;
        let Some(company) = inventory.companies.get_mut(number) else { return Ok(()) };
        let projects: Result<BTreeSet<ProjectIx>, PlanError> =
            permit.projects.iter().map(|id| self.project(company, id)).collect();
        let projects = projects?;
        let app = company.directory.identities.get(identity).and_then(|identity| identity.app.value().copied());
        let plan = planned(company, identity, app);
        apply::permit(company, identity, &projects, &plan);
        let name = touched(company, identity, changed);
        for project in projects.iter().filter_map(|project| company.projects.get(*project)) {
            changed.sentences.push(format!("{name} is permitted {}", escape::name(&project.name)));
            let id = project.id.map(|id| id.to_string()).unwrap_or_default();
            changed.subjects.insert(Thing::new("Project", id, &project.name));
        }
        Ok(())
    }
}

/// Notes whom a change touches; returns the name.
fn touched(company: &Company, identity: IdentityIx, changed: &mut Changed) -> String {
    let Some(person) = company.directory.identities.get(identity) else { return String::new() };
    changed.subjects.insert(Thing::new(person.class.kind.to_string(), person.key(), &person.name));
    escape::name(&person.name)
}
