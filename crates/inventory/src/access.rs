//! Effective access: what an identity may really do, through what, and how certain that is.
//!
//! The level in force comes from the observed permission manifest where there is one, else from the template. Admin on
//! the company directory then raises every other tool to Admin, also those that no template names: in the company, and as
//! far as the company's settings say in the projects of the identity. [`Basis`] is the one place where these rules stand;
//! audit, plan, gate, proof, questions and graph all ask it. Procore: permissions, company administrators.

use std::collections::BTreeSet;

use super::Company;
use super::directory::{Identity, IdentityIx};
use super::levels::{GivenLevel, Granular, Levels};
use super::memberships::{InForce, Membership, ProjectIx};
use super::templates::TemplateIx;
use super::tools::{Scope, Tool};
use cutover_export::field::Id;
use cutover_export::manual_files::{CompanyAdminScope, ProjectList};
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;
use cutover_model::level::{Level, LevelRange};

/// What a level comes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Through {
    /// A permission template.
    Template(TemplateIx),
    /// What Procore answered for this identity (`settings/permissions`).
    Observed,
    /// Admin on the company directory.
    CompanyAdministrator,
    /// Unknown.
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

/// The access of an identity to a tool, as far as levels decide it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The tool.
    pub tool: Tool,
    /// The project, for project tools.
    pub project: Option<ProjectIx>,
    /// What its template or its permission manifest gives. The level in force is this one or a higher one.
    pub given: GivenLevel,
    /// What that is given through.
    pub given_through: Through,
    /// The level in force.
    pub level: LevelRange,
    /// What the level in force comes through.
    pub through: Through,
    /// Where the level in force is written.
    pub evidence: Evidence,
}

impl Grant {
    /// The level in force; `None` when it is not known for certain.
    pub fn exact(&self) -> Option<Level> {
        self.level.exact()
    }

    /// Granular permissions that add to the level in force: Admin includes them all. `None` when unknown.
    pub fn granular(&self) -> Option<Granular> {
        if self.exact() == Some(Level::Admin) { Some(Granular::default()) } else { self.given.granular.clone() }
    }

    /// How many granular permissions add to the level in force; `None` when unknown.
    pub fn granular_count(&self) -> Option<u64> {
        if self.exact() == Some(Level::Admin) {
            Some(0)
        } else {
            self.given.granular.as_ref().map(|it| it.len() as u64)
        }
    }
}

/// What decides the levels of one identity at one place: in the company, or in one of its projects.
#[derive(Debug)]
pub struct Basis<'c> {
    company: &'c Company,
    scope: Scope,
    project: Option<ProjectIx>,
    /// The levels of the observed permission manifest or the template, where the export says them.
    levels: Option<&'c Levels>,
    through: Through,
    /// Whether company administration raises every level here to Admin, and where its level is written.
    raises: Option<bool>,
    administration: Option<Evidence>,
    /// Whether the levels leave every tool that they do not name at None.
    is_complete: bool,
    /// The same for granular permissions.
    is_counted: bool,
    /// Where it is written that a tool is left out.
    left_out: Evidence,
}

impl Basis<'_> {
    /// The access to a tool of the scope of this place.
    pub fn on(&self, tool: &Tool) -> Grant {
        let given = self.levels.and_then(|levels| levels.get(tool)).cloned().unwrap_or_else(|| GivenLevel {
            level: self.is_complete.then_some(Level::None),
            granular: self.is_counted.then(Granular::default),
            evidence: self.left_out.clone(),
        });
        let administration = || self.administration.clone().unwrap_or_else(|| given.evidence.clone());
        let (level, through, evidence) = match (given.level, self.raises) {
            (Some(Level::Admin), _) => (LevelRange::exactly(Level::Admin), self.through, given.evidence.clone()),
            (Some(_), Some(true)) => {
                (LevelRange::exactly(Level::Admin), Through::CompanyAdministrator, administration())
            }
            // The template may give Admin as well: through what it is held is then unknown.
            (None, Some(true)) => (LevelRange::exactly(Level::Admin), Through::Unknown, administration()),
            (Some(level), Some(false)) => (LevelRange::exactly(level), self.through, given.evidence.clone()),
            (Some(level), None) => (LevelRange::at_least(level), self.through, given.evidence.clone()),
            (None, _) => (LevelRange::UNKNOWN, self.through, given.evidence.clone()),
        };
        let given_through = self.through;
        Grant { tool: tool.clone(), project: self.project, given, given_through, level, through, evidence }
    }

    /// The access to every tool that the levels name, to those of `named` that belong to this place, and for a company
    /// administrator to every tool that the tool table or the export knows, in the order of the tools.
    pub fn grants(&self, named: &[Tool]) -> Vec<Grant> {
        let mut tools: Vec<&Tool> = self.levels.into_iter().flat_map(Levels::keys).collect();
        tools.extend(named.iter().filter(|tool| tool.scope == self.scope));
        if self.raises == Some(true) {
            tools.extend(self.company.tools_of(self.scope));
        }
        tools.sort_unstable();
        tools.dedup();
        tools.into_iter().map(|tool| self.on(tool)).collect()
    }
}

/// Effective access: a level, and what has to be so for it to count. The identity is a member where it is about a project.
#[derive(Debug, Clone)]
pub struct Access {
    /// The level.
    pub grant: Grant,
    /// Whether the identity is active; `None` when unknown.
    pub is_active: Option<bool>,
    /// Whether the tool is switched on in the project; `None` when unknown, and for tools of the company always.
    pub is_enabled: Option<bool>,
}

impl Access {
    /// Whether it is known that nothing can be done, whatever the level.
    pub fn is_blocked(&self) -> bool {
        self.is_active == Some(false) || self.is_enabled == Some(false)
    }

    /// The level that counts.
    pub fn level(&self) -> LevelRange {
        if self.is_blocked() { LevelRange::exactly(Level::None) } else { self.grant.level }
    }
}

impl Company {
    /// The effective access of an identity to a tool: in the company, or in the project of a membership.
    pub fn effective(&self, identity: IdentityIx, tool: &Tool, membership: Option<&Membership>) -> Option<Access> {
        let basis = match membership {
            Some(membership) => self.basis_in(identity, membership)?,
            None => self.basis(identity)?,
        };
        Some(Access {
            grant: basis.on(tool),
            is_active: self.is_active(identity),
            is_enabled: membership.and_then(|membership| self.is_enabled(membership.project, tool)),
        })
    }

    /// What decides the levels of an identity on company tools.
    pub fn basis(&self, index: IdentityIx) -> Option<Basis<'_>> {
        let identity = self.directory.identities.get(index)?;
        let template = identity.company_template.stated();
        let at = template.map_or_else(|| identity.origin.into(), |stated| stated.evidence.clone());
        let levels = match self.observed(identity, None) {
            Some(observed) => Some((observed, Through::Observed)),
            None => template.and_then(|stated| stated.value).and_then(|index| self.levels_of(index)),
        };
        Some(self.basis_of(Scope::Company, None, levels, self.administration(index), at))
    }

    /// What decides the levels of an identity in the project of one of its memberships.
    pub fn basis_in(&self, index: IdentityIx, membership: &Membership) -> Option<Basis<'_>> {
        let identity = self.directory.identities.get(index)?;
        let id = self.projects.get(membership.project).and_then(|project| project.id);
        let observed = id.and_then(|id| self.observed(identity, Some(id)));
        let levels = match (observed, membership.in_force) {
            (Some(observed), _) => Some((observed, Through::Observed)),
            (None, InForce::Template(index)) => self.levels_of(index),
            (None, InForce::Blank | InForce::Unknown) => None,
        };
        // What Procore answered for a project is the level in force there.
        let raises = observed.is_none() && self.company_admin_scope != CompanyAdminScope::CompanyTools;
        let administration = if raises { self.administration(index) } else { (Some(false), None) };
        let at = membership.origin.into();
        Some(self.basis_of(Scope::Project, Some(membership.project), levels, administration, at))
    }

    fn basis_of<'c>(
        &'c self,
        scope: Scope,
        project: Option<ProjectIx>,
        levels: Option<(&'c Levels, Through)>,
        (raises, administration): (Option<bool>, Option<Evidence>),
        at: Evidence,
    ) -> Basis<'c> {
        let through = levels.map_or(Through::Unknown, |(_, through)| through);
        let levels = levels.map(|(levels, _)| levels);
        let is_complete = levels.is_some_and(is_complete);
        let counted = |levels: &Levels| levels.values().all(|given| given.granular.is_some());
        let first = levels.and_then(|levels| levels.values().next());
        Basis {
            company: self,
            scope,
            project,
            levels,
            through,
            raises,
            administration,
            is_complete,
            is_counted: is_complete && levels.is_some_and(counted),
            left_out: first.map_or(at, |given| given.evidence.origin.into()),
        }
    }

    /// The grants of an identity on company tools. `named` are tools to speak of even when nothing says their level.
    pub fn company_grants(&self, identity: IdentityIx, named: &[Tool]) -> Vec<Grant> {
        self.basis(identity).map(|basis| basis.grants(named)).unwrap_or_default()
    }

    /// The grants of an identity on the tools of the project of one of its memberships.
    pub fn project_grants(&self, identity: IdentityIx, membership: &Membership, named: &[Tool]) -> Vec<Grant> {
        self.basis_in(identity, membership).map(|basis| basis.grants(named)).unwrap_or_default()
    }

    /// Every tool of a scope that the tool table or the export knows.
    pub fn tools_of(&self, scope: Scope) -> impl Iterator<Item = &Tool> {
        self.known_tools.iter().filter(move |tool| tool.scope == scope)
    }

    /// Whether an identity is active; `None` when unknown. One that a plan has taken away is not.
    pub fn is_active(&self, identity: IdentityIx) -> Option<bool> {
        let identity = self.directory.identities.get(identity)?;
        if identity.removed { Some(false) } else { identity.active.value().copied() }
    }

    /// Whether a tool is switched on in a project; `None` when unknown.
    pub fn is_enabled(&self, project: ProjectIx, tool: &Tool) -> Option<bool> {
        self.projects.get(project)?.tools.get(tool).and_then(Known::value).copied()
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

    /// Memberships of an identity that between them give all access it has on any project: like [telling
    /// ones](Self::telling_memberships), and one for each set of tools that are switched off.
    pub fn places(&self, identity: IdentityIx) -> impl Iterator<Item = Membership> + '_ {
        let mut seen = BTreeSet::new();
        let tells = move |membership: &Membership| {
            let tools = self.projects.get(membership.project).map(|project| &project.tools);
            let is_off = |(_, state): &(&Tool, &Known<bool>)| state.value() == Some(&false);
            let off: Vec<&Tool> = tools.into_iter().flatten().filter(is_off).map(|(tool, _)| tool).collect();
            let apart = self.is_observed(identity, membership.project).then_some(membership.project);
            seen.insert((membership.in_force, apart, off))
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

    /// The OAuth client id of a legacy account.
    pub fn client_id(&self, identity: IdentityIx) -> Option<&str> {
        let person = self.directory.identities.get(identity)?;
        let account = person.account.and_then(|index| self.accounts.get(index));
        let client = account.and_then(|account| account.client_id.value()).or(person.client_id.as_ref())?;
        (!client.is_empty()).then_some(client.as_str())
    }

    fn levels_of(&self, template: TemplateIx) -> Option<(&Levels, Through)> {
        Some((self.templates.get(template)?.levels.value()?, Through::Template(template)))
    }

    fn observed(&self, identity: &Identity, project: Option<Id>) -> Option<&Levels> {
        self.observed.get(&(identity.id?, project))
    }

    /// Whether the identity is a company administrator; `None` when its levels are unknown.
    pub fn administers(&self, identity: IdentityIx) -> Option<bool> {
        self.administration(identity).0
    }

    /// The same, and where its level on the company directory is written.
    fn administration(&self, identity: IdentityIx) -> (Option<bool>, Option<Evidence>) {
        let levels = || {
            let identity = self.directory.identities.get(identity)?;
            match self.observed(identity, None) {
                Some(observed) => Some(observed),
                None => self.templates.get((*identity.company_template.value()?)?)?.levels.value(),
            }
        };
        let Some(levels) = levels() else { return (None, None) };
        match levels.get(&Tool::company_directory()) {
            Some(given) => (given.level.map(|level| level == Level::Admin), Some(given.evidence.clone())),
            None => (is_complete(levels).then_some(false), None),
        }
    }

    /// The highest level an identity holds on anything, as far as that is known; `None` when some of its levels are
    /// unknown and none is above None.
    pub fn highest_level(&self, identity: IdentityIx) -> Option<Level> {
        let mut known = true;
        let mut highest = Level::None;
        let mut take = |grants: Vec<Grant>| {
            for grant in grants {
                known &= grant.exact().is_some();
                highest = highest.max(grant.level.least());
            }
        };
        take(self.company_grants(identity, &[Tool::company_directory()]));
        let any_project_tool = [Tool::directory(Scope::Project)];
        for membership in self.telling_memberships(identity) {
            take(self.project_grants(identity, &membership, &any_project_tool));
        }
        let projects_known = self.projects_known(identity);
        (highest > Level::None || (known && projects_known)).then_some(highest)
    }
}

/// Whether levels say something of the tools they do not name: not if none of them can be read.
fn is_complete(levels: &Levels) -> bool {
    levels.is_empty() || levels.values().any(|given| given.level.is_some())
}
