//! Whom an edit costs access, and how many points that counts.
//!
//! An edit costs 1 point for doing it, 3 more if it makes a template that must be looked after, 1 for each identity that
//! loses something, and for each place where it does (the company, or a project) the levels it loses: once where nothing
//! needs them, twice where that is unknown. Granular permissions count as a level, and so does a level of which nobody
//! knows afterwards how much is left.

use std::collections::{BTreeMap, BTreeSet};

use super::edit::{self, Edit, Right};
use super::need::Needs;
use cutover_inventory::Company;
use cutover_inventory::access::Grant;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::{InForce, ProjectIx};
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::Tool;
use cutover_model::level::Level;

/// To do it.
const DOING: u64 = 1;
/// To look after one more template.
const TEMPLATE: u64 = 3;
/// To tell somebody that they lose something.
const IDENTITY: u64 = 1;
/// Levels that a membership counts for whose levels the export does not tell.
const UNTOLD: u64 = 3;
/// How much more a level counts where it is unknown whether it is needed.
const UNKNOWN_USE: u64 = 2;

/// Everybody who has each template, in the company or in force on a project.
pub(super) type Holders = BTreeMap<TemplateIx, BTreeSet<IdentityIx>>;

/// Something that an identity loses, alike in several places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loss {
    pub identity: IdentityIx,
    pub tool: Tool,
    pub before: Level,
    /// `None` when nobody knows.
    pub after: Option<Level>,
    /// Granular permissions that are gone.
    pub granular: u64,
    /// The projects; none for a company tool.
    pub projects: Vec<ProjectIx>,
    /// Whether it is known that nothing needs what is lost.
    pub unneeded: bool,
}

impl Loss {
    fn levels(&self) -> u64 {
        let above = self.after.map_or(1, |after| (self.before as u64).saturating_sub(after as u64));
        above.max(1)
    }

    fn points(&self) -> u64 {
        let weight = if self.unneeded { 1 } else { UNKNOWN_USE };
        self.levels() * weight * self.projects.len().max(1) as u64
    }
}

/// What an edit does to people and integrations.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses {
    pub all: Vec<Loss>,
    pub cost: u64,
}

pub(super) fn holders(company: &Company) -> Holders {
    let mut out = Holders::new();
    for (index, identity) in company.directory.identities.iter().enumerate().filter(|(_, one)| !one.removed) {
        let named = identity.company_template.value().copied().flatten();
        let in_force = company.memberships.of(index).filter_map(|membership| match membership.in_force {
            InForce::Template(template) => Some(template),
            InForce::Blank | InForce::Unknown => None,
        });
        for template in in_force.chain(named) {
            out.entry(template).or_default().insert(index);
        }
    }
    out
}

impl Edit {
    /// Everybody whose access it may change.
    pub(super) fn touches(&self, holders: &Holders) -> BTreeSet<IdentityIx> {
        match self {
            Self::Lower { template, .. } => holders.get(template).cloned().unwrap_or_default(),
            Self::Own { identity, .. }
            | Self::Level { identity, .. }
            | Self::Leave { identity, .. }
            | Self::Clear { identity, .. } => BTreeSet::from([*identity]),
        }
    }

    /// What it costs, and whom.
    pub(super) fn losses(&self, company: &mut Company, holders: &Holders, needs: &Needs) -> Losses {
        let touched = self.touches(holders);
        let before: Vec<Held> = touched.iter().map(|identity| Held::of(company, *identity)).collect();
        let mut all = Vec::new();
        let mut points = 0;
        match self {
            // Nothing is left of what was held there.
            Self::Leave { identity, project } => {
                let in_force = company.memberships.of(*identity).find(|membership| membership.project == *project);
                let grants = in_force.map(|membership| company.project_grants(*identity, &membership, &[]));
                for grant in grants.into_iter().flatten().filter(|grant| grant.level.most() > Level::None) {
                    match known(&grant) {
                        Some(before) => all.push(Loss {
                            identity: *identity,
                            unneeded: needs.is_unneeded(*identity, &grant.tool, before, Level::None),
                            before,
                            after: Some(Level::None),
                            granular: grant.granular_count().unwrap_or_default(),
                            tool: grant.tool,
                            projects: vec![*project],
                        }),
                        None => points += UNTOLD * UNKNOWN_USE,
                    }
                }
                if all.is_empty() && points == 0 {
                    points = UNTOLD * UNKNOWN_USE;
                }
            }
            Self::Clear { right: Right::CreateProjects, .. } => points = UNKNOWN_USE,
            // Nobody loses what they have.
            Self::Clear { right: Right::NewProjects, .. } => {}
            Self::Lower { .. } | Self::Own { .. } | Self::Level { .. } => {
                let undo = edit::do_edits(company, [self].into_iter(), holders);
                for (identity, before) in touched.iter().zip(&before) {
                    let after = Held::of(company, *identity);
                    all.extend(before.lost(&after, *identity, needs));
                }
                edit::undo(company, undo);
            }
        }
        all.sort();
        let identities: BTreeSet<IdentityIx> = all.iter().map(|loss| loss.identity).collect();
        let template = if matches!(self, Self::Own { .. }) { TEMPLATE } else { 0 };
        points += all.iter().map(Loss::points).sum::<u64>() + identities.len() as u64 * IDENTITY;
        Losses { all, cost: DOING + template + points }
    }
}

/// A level and the granular permissions on top.
type Level2 = (Option<Level>, u64);

/// The level that counts as lost: the one in force, or what is given where it is unknown whether it is more.
fn known(grant: &Grant) -> Option<Level> {
    grant.exact().or(grant.given.level)
}

/// What an identity holds, each kind of membership once.
struct Held {
    grants: BTreeMap<(Option<ProjectIx>, Tool), Level2>,
    /// The projects that each one stands for.
    places: BTreeMap<ProjectIx, Vec<ProjectIx>>,
}

impl Held {
    fn of(company: &Company, identity: IdentityIx) -> Self {
        let mut grants = BTreeMap::new();
        let held = company.company_grants(identity, &[]);
        let level = |grant: &Grant| (known(grant), grant.granular_count().unwrap_or(0));
        grants.extend(held.into_iter().map(|grant| ((None, grant.tool.clone()), level(&grant))));
        let mut places: BTreeMap<ProjectIx, Vec<ProjectIx>> = BTreeMap::new();
        for membership in company.telling_memberships(identity) {
            let held = company.project_grants(identity, &membership, &[]).into_iter();
            grants.extend(held.map(|grant| ((Some(membership.project), grant.tool.clone()), level(&grant))));
            places.insert(membership.project, Vec::new());
        }
        let mut first: BTreeMap<InForce, ProjectIx> = BTreeMap::new();
        for membership in company.memberships.of(identity) {
            let of = match company.is_observed(identity, membership.project) {
                true => membership.project,
                false => *first.entry(membership.in_force).or_insert(membership.project),
            };
            places.entry(of).or_default().push(membership.project);
        }
        Self { grants, places }
    }

    fn lost(&self, after: &Self, identity: IdentityIx, needs: &Needs) -> Vec<Loss> {
        let lost = |((project, tool), (level, granular)): (&(Option<ProjectIx>, Tool), &Level2)| {
            let before = (*level)?;
            let (left, rest) = after.grants.get(&(*project, tool.clone())).copied().unwrap_or((Some(Level::None), 0));
            let gone = granular.saturating_sub(rest);
            let less = left.is_none_or(|left| left < before);
            (less || gone > 0).then(|| Loss {
                identity,
                tool: tool.clone(),
                before,
                after: left,
                granular: gone,
                projects: project.and_then(|project| self.places.get(&project)).cloned().unwrap_or_default(),
                unneeded: left.is_some_and(|left| gone == 0 && needs.is_unneeded(identity, tool, before, left)),
            })
        };
        self.grants.iter().filter_map(lost).collect()
    }
}
