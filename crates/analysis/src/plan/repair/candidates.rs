//! The edits that may clear a violation: everything that lowers what it may be about.
//!
//! Which of them does clear it, Cedar says. Here is only left out what cannot: another tool than the one a fact is about,
//! unless it is the company directory, whose Admin raises the others.

use std::collections::BTreeSet;

use super::edit::{self, Edit, Right};
use super::loss::Holders;
use super::target::Target;
use cutover_inventory::Company;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::levels::GivenLevel;
use cutover_inventory::memberships::{InForce, ProjectIx};
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::{Scope, Tool, Tools};
use cutover_model::level::Level;
use cutover_policy::facts::Type;

/// The edits that may clear a target.
pub(super) fn candidates(company: &Company, target: &Target, holders: &Holders, tools: &Tools) -> BTreeSet<Edit> {
    let mut out = BTreeSet::new();
    for identity in &target.identities {
        let of = Of { company, target, holders, tools, identity: *identity };
        of.levels(&mut out);
        of.projects(&mut out);
        of.rights(&mut out);
    }
    out
}

/// One identity that a target concerns.
struct Of<'a> {
    company: &'a Company,
    target: &'a Target,
    holders: &'a Holders,
    tools: &'a Tools,
    identity: IdentityIx,
}

impl Of<'_> {
    /// Whether the target may be about a tool.
    fn is_about(&self, tool: &Tool) -> bool {
        let key = &self.target.key.1;
        match key.environment.resource {
            Type::Tool => key.resource == tool.to_string() || *tool == Tool::company_directory(),
            Type::Project => *tool == Tool::company_directory(),
            _ => true,
        }
    }

    /// The project of the target; none when it may be about any of them.
    fn project(&self) -> Option<&str> {
        let key = &self.target.key.1;
        match key.environment.resource {
            Type::Tool => key.member.as_deref(),
            Type::Project => Some(&key.resource),
            _ => None,
        }
    }

    fn is_there(&self, project: ProjectIx) -> bool {
        let id = self.company.projects.get(project).and_then(|project| project.id);
        self.project().is_none_or(|wanted| id.is_some_and(|id| id.to_string() == wanted))
    }

    /// Lower levels: in templates, in copies of them, and on the identity itself.
    fn levels(&self, out: &mut BTreeSet<Edit>) {
        let Some(identity) = self.company.directory.identities.get(self.identity) else { return };
        let mut templates: BTreeSet<TemplateIx> =
            identity.company_template.value().copied().flatten().into_iter().collect();
        for membership in self.company.memberships.of(self.identity).filter(|one| self.is_there(one.project)) {
            if let InForce::Template(template) = membership.in_force {
                templates.insert(template);
            }
        }
        for template in templates {
            self.of_template(template, out);
        }
        for grant in self.company.company_grants(self.identity, &[]) {
            let template = identity.company_template.value().copied().flatten();
            self.of_identity((None, template), &grant.tool, &grant.given, out);
        }
        for membership in self.company.memberships.of(self.identity).filter(|one| self.is_there(one.project)) {
            let template = match membership.in_force {
                InForce::Template(template) => Some(template),
                InForce::Blank | InForce::Unknown => None,
            };
            for grant in self.company.project_grants(self.identity, &membership, &[]) {
                self.of_identity((Some(membership.project), template), &grant.tool, &grant.given, out);
            }
        }
    }

    fn of_template(&self, template: TemplateIx, out: &mut BTreeSet<Edit>) {
        let shared = self.holders.get(&template).is_some_and(|holders| holders.len() > 1);
        let own = |lowered| Edit::Own { identity: self.identity, template, lowered };
        // A fact about the identity itself may be about its sharing the template.
        if shared && self.target.key.1.environment.resource == Type::Company {
            out.insert(own(None));
        }
        let levels = self.company.templates.get(template).and_then(|template| template.levels.value());
        for (tool, given) in levels.into_iter().flatten() {
            for to in self.lower(tool, given) {
                out.insert(Edit::Lower { template, tool: tool.clone(), to });
                if shared {
                    out.insert(own(Some((tool.clone(), to))));
                }
            }
        }
    }

    /// A level that Procore answered for the identity, unless the template gives it.
    fn of_identity(
        &self,
        (project, template): (Option<ProjectIx>, Option<TemplateIx>),
        tool: &Tool,
        given: &GivenLevel,
        out: &mut BTreeSet<Edit>,
    ) {
        let is_scope = tool.scope == if project.is_some() { Scope::Project } else { Scope::Company };
        let answered = match project {
            Some(project) => self.company.is_observed(self.identity, project),
            None => self.company.is_observed_in_company(self.identity),
        };
        let templated = given.level.is_some_and(|level| edit::comes_from_template(self.company, template, tool, level));
        if is_scope && answered && !templated {
            let edit = |to| Edit::Level { identity: self.identity, project, tool: tool.clone(), to };
            out.extend(self.lower(tool, given).into_iter().map(edit));
        }
    }

    /// The levels a tool can be lowered to; the one it has counts where granular permissions on top are known.
    fn lower(&self, tool: &Tool, given: &GivenLevel) -> Vec<Level> {
        let extra = given.granular.as_ref().is_some_and(|granular| !granular.is_empty());
        let Some(level) = given.level.filter(|level| (*level > Level::None || extra) && self.is_about(tool)) else {
            return Vec::new();
        };
        let is_lower = |to: &Level| *to < level && self.tools.has_level(tool, *to);
        Level::ALL.into_iter().filter(|to| is_lower(to) || (*to == level && extra)).collect()
    }

    fn projects(&self, out: &mut BTreeSet<Edit>) {
        let key = &self.target.key.1;
        // A company tool is held on no project.
        if key.environment.resource == Type::Tool && key.member.is_none() {
            return;
        }
        for membership in self.company.memberships.of(self.identity).filter(|one| self.is_there(one.project)) {
            out.insert(Edit::Leave { identity: self.identity, project: membership.project });
        }
    }

    fn rights(&self, out: &mut BTreeSet<Edit>) {
        let Some(identity) = self.company.directory.identities.get(self.identity) else { return };
        let rights =
            [(&identity.creates_projects, Right::CreateProjects), (&identity.adds_to_new_projects, Right::NewProjects)];
        for (_, right) in rights.into_iter().filter(|(said, _)| said.value() == Some(&true)) {
            out.insert(Edit::Clear { identity: self.identity, right });
        }
    }
}
