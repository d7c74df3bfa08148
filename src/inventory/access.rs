//! Effective access: what an identity may really do, and through what.
//!
//! The level in force comes from the observed permission manifest where there is one, else from the template. Admin on
//! the company directory then raises every other company tool to Admin.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{Identity, IdentityIx};
use super::level::Level;
use super::memberships::{InForce, ProjectIx};
use super::templates::{GivenLevel, TemplateIx};
use super::tools::{Scope, Tool, Tools};
use super::{Company, ObservedTools};
use crate::export::document::Evidence;
use crate::export::field::Id;
use crate::export::hand_kept::{CompanyAdminScope, ProjectList};

/// What a level comes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Through {
    /// A permission template.
    Template(TemplateIx),
    /// What Procore answered for this identity (`settings/permissions`).
    Observed,
    /// Admin on the company directory.
    CompanyAdministrator,
    /// Not known.
    Unknown,
}

impl Through {
    /// The words in policies.
    pub fn id(self) -> &'static str {
        match self {
            Self::Template(_) => "template",
            Self::Observed => "observed",
            Self::CompanyAdministrator => "company administrator",
            Self::Unknown => "unknown",
        }
    }
}

/// A level on a tool.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The tool.
    pub tool: Tool,
    /// The project, for project tools.
    pub project: Option<ProjectIx>,
    /// The level; `None` when unknown.
    pub level: Option<Level>,
    /// Granular permissions on top; `None` when unknown.
    pub granular: Option<u64>,
    /// What it comes through.
    pub through: Through,
    /// Where it is written.
    pub evidence: Evidence,
}

impl Company {
    /// The grants of an identity on company tools. `named` are tools to speak of even when nothing is known of them.
    pub fn company_grants(&self, identity: IdentityIx, tools: &Tools, named: &[Tool]) -> Vec<Grant> {
        let Some(person) = self.directory.identities.get(identity) else { return Vec::new() };
        let named = named.iter().filter(|tool| tool.scope == Scope::Company);
        let template = person.company_template.stated();
        let observed = self.observed(person, None);
        let mut grants = match (observed, template.map(|stated| stated.value)) {
            (Some(observed), _) => given(observed, None, Through::Observed),
            (None, Some(Some(index))) => match self.templates.get(index).and_then(|template| template.levels.value()) {
                Some(levels) => given(levels, None, Through::Template(index)),
                None => unknown(named.clone(), None, template.map(|stated| stated.evidence.clone()), person),
            },
            (None, _) => unknown(named.clone(), None, template.map(|stated| stated.evidence.clone()), person),
        };
        if grants.iter().any(|grant| grant.level.is_some()) {
            // A template or answer that gives levels leaves every other tool at None.
            let through = grants.first().map_or(Through::Unknown, |grant| grant.through);
            let place = grants.first().map(|grant| grant.evidence.origin);
            for tool in named {
                if !grants.iter().any(|grant| grant.tool == *tool) {
                    let evidence = place.unwrap_or(person.origin).into();
                    grants.push(Grant {
                        tool: tool.clone(),
                        project: None,
                        level: Some(Level::None),
                        granular: Some(0),
                        through,
                        evidence,
                    });
                }
            }
        }
        self.raise(&mut grants, tools);
        grants
    }

    /// Admin on the company directory makes a company administrator.
    fn raise(&self, grants: &mut Vec<Grant>, tools: &Tools) {
        let directory = Tool::company_directory();
        let admin = grants.iter().find(|grant| grant.tool == directory && grant.level == Some(Level::Admin));
        let Some(evidence) = admin.map(|grant| grant.evidence.clone()) else { return };
        grants.retain(|grant| grant.level == Some(Level::Admin));
        let held: BTreeSet<Tool> = grants.iter().map(|grant| grant.tool.clone()).collect();
        for tool in tools.of(Scope::Company) {
            if !held.contains(tool) {
                grants.push(Grant {
                    tool: tool.clone(),
                    project: None,
                    level: Some(Level::Admin),
                    granular: None,
                    through: Through::CompanyAdministrator,
                    evidence: evidence.clone(),
                });
            }
        }
    }

    /// The grants of an identity on the tools of one of its projects.
    pub fn project_grants(
        &self,
        index: IdentityIx,
        project: ProjectIx,
        in_force: InForce,
        at: Evidence,
        named: &[Tool],
    ) -> Vec<Grant> {
        let Some(identity) = self.directory.identities.get(index) else { return Vec::new() };
        let named = named.iter().filter(|tool| tool.scope == Scope::Project);
        let id = self.projects.get(project).and_then(|project| project.id);
        if let Some(observed) = id.and_then(|id| self.observed(identity, Some(id))) {
            return given(observed, Some(project), Through::Observed);
        }
        let levels = match in_force {
            InForce::Template(index) => {
                self.templates.get(index).and_then(|template| Some((index, template.levels.value()?)))
            }
            InForce::Blank | InForce::Unknown => None,
        };
        let mut grants = match levels {
            Some((index, levels)) => given(levels, Some(project), Through::Template(index)),
            None => unknown(named, Some(project), Some(at), identity),
        };
        if self.company_admin_scope != CompanyAdminScope::CompanyTools && self.administers(index) == Some(true) {
            for grant in grants.iter_mut().filter(|grant| grant.level != Some(Level::Admin)) {
                grant.level = Some(Level::Admin);
                grant.through = Through::CompanyAdministrator;
            }
        }
        grants
    }

    /// The projects that are approved for an identity, if that is on record.
    pub fn approved_projects(&self, identity: IdentityIx) -> Option<BTreeSet<ProjectIx>> {
        let every = || self.projects.iter().enumerate();
        match &self.decisions.approved_projects.get(&identity)?.value {
            ProjectList::All => Some(every().map(|(index, _)| index).collect()),
            ProjectList::These(ids) => {
                let ids: BTreeSet<Id> = ids.iter().copied().collect();
                let named = every().filter(|(_, project)| project.id.is_some_and(|id| ids.contains(&id)));
                Some(named.map(|(index, _)| index).collect())
            }
        }
    }

    /// The OAuth client id of a traditional account.
    pub fn client_id(&self, identity: IdentityIx) -> Option<&str> {
        let person = self.directory.identities.get(identity)?;
        let account = person.account.and_then(|index| self.accounts.get(index));
        let client = account.and_then(|account| account.client_id.value()).or(person.client_id.as_ref())?;
        (!client.is_empty()).then_some(client.as_str())
    }

    fn observed(&self, identity: &Identity, project: Option<Id>) -> Option<&ObservedTools> {
        self.observed.get(&(identity.id?, project))
    }

    /// Whether the identity is a company administrator; `None` when its levels are unknown.
    pub fn administers(&self, identity: IdentityIx) -> Option<bool> {
        let person = self.directory.identities.get(identity)?;
        let levels = match self.observed(person, None) {
            Some(observed) => observed,
            None => self.templates.get((*person.company_template.value()?)?)?.levels.value()?,
        };
        match levels.get(&Tool::company_directory()) {
            Some(given) => given.level.map(|level| level == Level::Admin),
            None => Some(false),
        }
    }

    /// The highest level an identity holds on anything; `None` when some of its levels are unknown and none is above
    /// None.
    pub fn highest_level(&self, identity: IdentityIx, tools: &Tools) -> Option<Level> {
        let probe = [Tool::company_directory()];
        let mut known = true;
        let mut highest = Level::None;
        let mut hear = |grants: Vec<Grant>| {
            for grant in grants {
                known &= grant.level.is_some();
                highest = highest.max(grant.level.unwrap_or_default());
            }
        };
        hear(self.company_grants(identity, tools, &probe));
        let any_project_tool = [Tool { scope: Scope::Project, key: "directory".to_owned() }];
        for membership in self.memberships.of(identity) {
            hear(self.project_grants(
                identity,
                membership.project,
                membership.in_force,
                membership.origin.into(),
                &any_project_tool,
            ));
        }
        let projects_known = self.projects_known(identity);
        (highest > Level::None || (known && projects_known)).then_some(highest)
    }
}

fn given(levels: &BTreeMap<Tool, GivenLevel>, project: Option<ProjectIx>, through: Through) -> Vec<Grant> {
    let grant = |(tool, given): (&Tool, &GivenLevel)| Grant {
        tool: tool.clone(),
        project,
        level: given.level,
        granular: given.granular,
        through,
        evidence: given.evidence.clone(),
    };
    levels.iter().map(grant).collect()
}

fn unknown<'t>(
    named: impl Iterator<Item = &'t Tool>,
    project: Option<ProjectIx>,
    at: Option<Evidence>,
    identity: &Identity,
) -> Vec<Grant> {
    let evidence = at.unwrap_or_else(|| identity.origin.into());
    let grant = |tool: &Tool| Grant {
        tool: tool.clone(),
        project,
        level: None,
        granular: None,
        through: Through::Unknown,
        evidence: evidence.clone(),
    };
    named.map(grant).collect()
}
