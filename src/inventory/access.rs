//! Effective access: what an identity may really do, and through what.
//!
//! The level in force comes from the observed permission manifest where there is one, else from the template. Admin on
//! the company directory then raises every other company tool to Admin.

use std::collections::BTreeSet;

use super::directory::{Identity, IdentityIx};
use super::level::Level;
use super::levels::{GivenLevel, Levels};
use super::memberships::{InForce, Membership, ProjectIx};
use super::templates::TemplateIx;
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
    /// The words in policies, if it is known.
    pub fn id(self) -> Option<&'static str> {
        match self {
            Self::Template(_) => Some("template"),
            Self::Observed => Some("observed"),
            Self::CompanyAdministrator => Some("company administrator"),
            Self::Unknown => None,
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
    /// The grants of an identity on company tools. `named` are tools to speak of even when nothing says their level.
    pub fn company_grants(&self, identity: IdentityIx, tools: &Tools, named: &[Tool]) -> Vec<Grant> {
        let Some(person) = self.directory.identities.get(identity) else { return Vec::new() };
        let template = person.company_template.stated();
        let levels = match (self.observed(person, None), template.and_then(|stated| stated.value)) {
            (Some(observed), _) => Some((observed, Through::Observed)),
            (None, Some(index)) => self.levels_of(index),
            (None, None) => None,
        };
        let at = template.map_or_else(|| person.origin.into(), |stated| stated.evidence.clone());
        let named = named.iter().filter(|tool| tool.scope == Scope::Company);
        let mut grants = grants(levels, named, None, at);
        raise_company_tools(&mut grants, tools);
        grants
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
        let id = self.projects.get(project).and_then(|project| project.id);
        let observed = id.and_then(|id| self.observed(identity, Some(id)));
        let levels = match (observed, in_force) {
            (Some(observed), _) => Some((observed, Through::Observed)),
            (None, InForce::Template(index)) => self.levels_of(index),
            (None, InForce::Blank | InForce::Unknown) => None,
        };
        let named = named.iter().filter(|tool| tool.scope == Scope::Project);
        let mut grants = grants(levels, named, Some(project), at);
        if observed.is_none() && self.raises_on_projects() && self.administers(index) == Some(true) {
            grants.iter_mut().for_each(Grant::raise);
        }
        grants
    }

    /// Whether Procore answered what an identity may do on a project. Else nothing but the template in force tells its
    /// grants there from those on its other projects.
    pub fn is_observed(&self, identity: IdentityIx, project: ProjectIx) -> bool {
        let id = self.projects.get(project).and_then(|project| project.id);
        let person = self.directory.identities.get(identity);
        person.zip(id).is_some_and(|(person, id)| self.observed(person, Some(id)).is_some())
    }

    /// Whether Procore answered what an identity may do with company tools.
    pub fn is_observed_in_company(&self, identity: IdentityIx) -> bool {
        self.directory.identities.get(identity).is_some_and(|person| self.observed(person, None).is_some())
    }

    /// Memberships of an identity that between them give every grant it has on any project, each kind once.
    pub fn telling_memberships(&self, identity: IdentityIx) -> impl Iterator<Item = Membership> + '_ {
        let mut seen = BTreeSet::new();
        let tells = move |membership: &Membership| {
            self.is_observed(identity, membership.project) || seen.insert(membership.in_force)
        };
        self.memberships.of(identity).filter(tells)
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

    fn levels_of(&self, template: TemplateIx) -> Option<(&Levels, Through)> {
        Some((self.templates.get(template)?.levels.value()?, Through::Template(template)))
    }

    fn raises_on_projects(&self) -> bool {
        self.company_admin_scope != CompanyAdminScope::CompanyTools
    }

    /// Whether a grant below Admin may be Admin in truth, because nobody knows whether the identity is a company
    /// administrator. What Procore answered for a project is the level in force there.
    pub fn may_be_raised(&self, identity: IdentityIx, grant: &Grant) -> bool {
        self.can_raise(grant) && self.administers(identity).is_none()
    }

    /// Whether being a company administrator would make more of a grant.
    pub fn can_raise(&self, grant: &Grant) -> bool {
        let raises = match grant.tool.scope {
            Scope::Company => true,
            Scope::Project => self.raises_on_projects() && grant.through != Through::Observed,
        };
        raises && grant.level != Some(Level::Admin)
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
            None => tells(levels).then_some(false),
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
        let any_project_tool = [Tool::directory(Scope::Project)];
        for membership in self.telling_memberships(identity) {
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

impl Grant {
    /// Raises to Admin what is less. A level that is not known may be Admin already: through what it is held is then
    /// not known either.
    fn raise(&mut self) {
        if self.level != Some(Level::Admin) {
            self.through = if self.level.is_some() { Through::CompanyAdministrator } else { Through::Unknown };
            self.level = Some(Level::Admin);
        }
    }
}

/// What levels give, and what they leave out of the named tools: a template or an answer that gives levels leaves every
/// other tool at None, and where nothing is known, nothing is known of these.
fn grants<'t>(
    levels: Option<(&Levels, Through)>,
    named: impl Iterator<Item = &'t Tool>,
    project: Option<ProjectIx>,
    at: Evidence,
) -> Vec<Grant> {
    let through = levels.map_or(Through::Unknown, |(_, through)| through);
    let levels = levels.map(|(levels, _)| levels);
    let told = levels.filter(|levels| tells(levels));
    let counted = told.filter(|levels| levels.values().all(|given| given.granular.is_some()));
    let grant = |tool: &Tool, given: GivenLevel| Grant {
        tool: tool.clone(),
        project,
        level: given.level,
        granular: given.granular,
        through,
        evidence: given.evidence,
    };
    let place = levels.and_then(|levels| levels.values().next()).map(|given| given.evidence.origin.into());
    let left_out =
        GivenLevel { level: told.map(|_| Level::None), granular: counted.map(|_| 0), evidence: place.unwrap_or(at) };
    let given = levels.into_iter().flatten().map(|(tool, given)| grant(tool, given.clone()));
    let is_left_out = |tool: &&Tool| !levels.is_some_and(|levels| levels.contains_key(*tool));
    given.chain(named.filter(is_left_out).map(|tool| grant(tool, left_out.clone()))).collect()
}

/// Whether levels say something of the tools they do not name: not if none of them can be read.
fn tells(levels: &Levels) -> bool {
    levels.is_empty() || levels.values().any(|given| given.level.is_some())
}

/// Admin on the company directory makes a company administrator.
fn raise_company_tools(grants: &mut Vec<Grant>, tools: &Tools) {
    let directory = Tool::company_directory();
    let admin = grants.iter().find(|grant| grant.tool == directory && grant.level == Some(Level::Admin));
    let Some(evidence) = admin.map(|grant| grant.evidence.clone()) else { return };
    let implied = |tool: &Tool| Grant {
        tool: tool.clone(),
        project: None,
        level: Some(Level::Admin),
        granular: None,
        through: Through::CompanyAdministrator,
        evidence: evidence.clone(),
    };
    for grant in grants.iter_mut() {
        match grant.level {
            Some(level) if level < Level::Admin => *grant = implied(&grant.tool),
            _ => grant.raise(),
        }
    }
    let held: BTreeSet<Tool> = grants.iter().map(|grant| grant.tool.clone()).collect();
    grants.extend(tools.of(Scope::Company).filter(|tool| !held.contains(tool)).map(implied));
}
