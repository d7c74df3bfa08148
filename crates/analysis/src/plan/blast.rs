//! What stops working when an account fails: people, projects, tools.

use std::collections::BTreeSet;

use super::Draft;
use cutover_inventory::Inventory;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::memberships::ProjectIx;
use cutover_model::level::Level;
use cutover_model::result::plan::BlastRadius;

/// Counts what stops working.
pub(super) struct Blast<'a> {
    inventory: &'a Inventory,
    /// The active people on each project, by company.
    people: Vec<Vec<Vec<u32>>>,
}

impl<'a> Blast<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let people = inventory.companies.iter().map(|company| {
            let mut people: Vec<Vec<u32>> = vec![Vec::new(); company.projects.len()];
            for (index, identity) in company.directory.identities.iter().enumerate() {
                if identity.class.kind != IdentityKind::Person || identity.active.value() == Some(&false) {
                    continue;
                }
                for membership in company.memberships.of(index) {
                    if let Some(people) = people.get_mut(membership.project) {
                        people.push(u32::try_from(index).unwrap_or(u32::MAX));
                    }
                }
            }
            people
        });
        Self { inventory, people: people.collect() }
    }

    /// What stops with all of these accounts.
    pub(super) fn of_all(&self, drafts: &[&Draft]) -> BlastRadius {
        let mut projects: BTreeSet<(usize, ProjectIx)> = BTreeSet::new();
        let mut tools = BTreeSet::new();
        for draft in drafts {
            let Some(company) = self.inventory.companies.get(draft.key.0) else { continue };
            let works = |project: &ProjectIx| {
                company.projects.get(*project).is_some_and(|project| project.active.value() != Some(&false))
            };
            let own = company.memberships.of(draft.key.1).map(|membership| membership.project).filter(works);
            projects.extend(own.map(|project| (draft.key.0, project)));
            tools.extend(draft.rows.keys().filter(|row| row.before.least() > Level::None).map(|row| &row.tool));
        }
        let mut users: Vec<(usize, u32)> = Vec::new();
        for (company, project) in &projects {
            let people = self.people.get(*company).and_then(|people| people.get(*project));
            users.extend(people.into_iter().flatten().map(|user| (*company, *user)));
        }
        users.sort_unstable();
        users.dedup();
        BlastRadius { users: users.len(), projects: projects.len(), tools: tools.len() }
    }
}
