//! Who belongs to which project, in columns: an export holds hundreds of thousands of memberships.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::directory::{Directory, IdentityIx, template};
use super::known::Known;
use super::templates::{TemplateIx, Templates};
use crate::export::Records;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::{Evidence, Origin};
use crate::export::field::{Field, Id};

/// An index into [`super::Company::projects`].
pub type ProjectIx = usize;

/// What is known of the template in force on a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InForce {
    /// The export does not say.
    Unknown,
    /// None: the permissions were set by hand.
    Blank,
    /// This one.
    Template(TemplateIx),
}

/// The memberships of a company, sorted by identity and project; row `i` of each column belongs together.
#[derive(Debug, Default)]
pub struct Memberships {
    identity: Vec<u32>,
    project: Vec<u32>,
    in_force: Vec<InForce>,
    origin: Vec<Origin>,
    /// Where each identity's rows start; one more entry than there are identities.
    starts: Vec<usize>,
    /// The rows of identities for which a plan is being tried out; they stand in place of the columns.
    tried: BTreeMap<IdentityIx, Vec<Membership>>,
}

/// One membership.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Who.
    pub identity: IdentityIx,
    /// Where.
    pub project: ProjectIx,
    /// With which template.
    pub in_force: InForce,
    /// The record that says so.
    pub origin: Origin,
}

type Row = (u32, u32, Origin, InForce);

impl Memberships {
    /// Gathers memberships from project users, project assignments and the template assignment table.
    pub fn build(
        records: &Records,
        directory: &mut Directory,
        projects: &mut BTreeMap<Id, ProjectIx>,
        templates: &mut Templates,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let listed = &records.project_users;
        // The same template stands in many rows: its first record speaks for all.
        let heard = |(reference, origin): &(_, Origin)| {
            in_force(&template(reference, *origin, "permission_template", templates))
        };
        let in_force_there: Vec<InForce> = listed.templates.iter().map(heard).collect();
        let mut rows: Vec<Row> = Vec::with_capacity(listed.lists.iter().map(|list| list.members.len()).sum());
        let mut project = |id: Id| {
            let next = projects.len();
            column(*projects.entry(id).or_insert(next))
        };
        let lists = listed.lists.iter().filter(|list| !list.members.is_empty());
        let lists: Vec<_> = lists.map(|list| (list, project(list.project))).collect();
        let (known, in_force_there) = (&*directory, in_force_there.as_slice());
        rows.par_extend(lists.into_par_iter().flat_map_iter(|(list, project)| {
            list.members.iter().filter_map(move |member| {
                let in_force = in_force_there.get(member.template as usize).copied().unwrap_or(InForce::Unknown);
                let origin = Origin { document: list.document, record: member.record };
                Some((column(known.by_id(member.user)?), project, origin, in_force))
            })
        }));
        for of in &records.project_assignments {
            let assignment = &of.read.value;
            let (Some(identity), Some(id)) = (directory.by_id(of.of), assignment.project_id.value()) else { continue };
            // The list holds the projects a user could be added to as well.
            if assignment.is_assigned.value() == Some(&true) {
                let in_force = named(&assignment.permission_template_name, of.read.origin, templates);
                rows.push((column(identity), project(*id), of.read.origin, in_force));
            }
        }
        let mut strangers: BTreeMap<String, Origin> = BTreeMap::new();
        for read in &records.template_assignments {
            let row = &read.value;
            let Some(email) = row.email.value() else { continue };
            let Some(identity) = directory.by_email(email) else {
                let first = strangers.entry(email.to_lowercase()).or_insert(read.origin);
                *first = read.origin.min(*first);
                continue;
            };
            if let (Some(allowed), Some(user)) =
                (row.has_project_creation_override.value(), directory.identities.get_mut(identity))
            {
                let evidence = Evidence::new(read.origin, "has_project_creation_override");
                user.creates_projects.hear(Known::is(allowed.0, evidence));
            }
            if let Some(id) = row.project_id.value() {
                let in_force = named(&row.template, read.origin, templates);
                rows.push((column(identity), project(*id), read.origin, in_force));
            }
        }
        // Addresses and not rows are counted: the same rows may come in two pages, or twice.
        if let Some(first) = strangers.values().min() {
            let place = Place::Member(*first, "email".into());
            let message =
                format!("{} e-mail address(es), this one first, belong to no user of the export", strangers.len());
            diagnostics.push(Diagnostic::new(Code::Unresolved, place, message));
        }
        Self::from_rows(rows, directory.identities.len(), diagnostics)
    }

    fn from_rows(mut rows: Vec<Row>, identities: usize, diagnostics: &mut Vec<Diagnostic>) -> Self {
        rows.par_sort_unstable_by_key(|(identity, project, origin, _)| (*identity, *project, *origin));
        let mut out = Self::default();
        let mut contradicted = false;
        for (identity, project, origin, in_force) in rows {
            let same = out.identity.last() == Some(&identity) && out.project.last() == Some(&project);
            match out.in_force.last_mut() {
                Some(known) if same => {
                    if !contradicted && in_force != InForce::Unknown && *known != in_force {
                        contradicted = *known != InForce::Unknown;
                        *known = if contradicted { InForce::Unknown } else { in_force };
                        if contradicted {
                            let message =
                                "another record gives a different template for this membership; it counts as unknown";
                            diagnostics.push(Diagnostic::new(
                                Code::Conflict,
                                Place::Member(origin, String::new()),
                                message,
                            ));
                        } else if let Some(place) = out.origin.last_mut() {
                            *place = origin;
                        }
                    }
                }
                _ => {
                    contradicted = false;
                    out.identity.push(identity);
                    out.project.push(project);
                    out.in_force.push(in_force);
                    out.origin.push(origin);
                }
            }
        }
        out.starts =
            (0..=identities).map(|identity| out.identity.partition_point(|row| (*row as usize) < identity)).collect();
        out
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.identity.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.identity.is_empty()
    }

    /// The memberships of one identity, by project.
    pub fn of(&self, identity: IdentityIx) -> impl Iterator<Item = Membership> + '_ {
        let tried = self.tried.get(&identity);
        let start = self.starts.get(identity).copied().unwrap_or_default();
        let end = self.starts.get(identity + 1).copied().unwrap_or(start);
        let rows = if tried.is_some() { 0..0 } else { start..end };
        rows.filter_map(|row| self.row(row)).chain(tried.into_iter().flatten().cloned())
    }

    /// Puts other memberships in the place of an identity's own, to try a plan out.
    pub fn replace(&mut self, identity: IdentityIx, memberships: Vec<Membership>) {
        self.tried.insert(identity, memberships);
    }

    fn row(&self, row: usize) -> Option<Membership> {
        Some(Membership {
            identity: *self.identity.get(row)? as usize,
            project: *self.project.get(row)? as usize,
            in_force: *self.in_force.get(row)?,
            origin: *self.origin.get(row)?,
        })
    }
}

fn column(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn in_force(named: &Known<Option<TemplateIx>>) -> InForce {
    match named.value() {
        None => InForce::Unknown,
        Some(None) => InForce::Blank,
        Some(Some(index)) => InForce::Template(*index),
    }
}

/// A template by name; a blank name says that there is none.
fn named(field: &Field<String>, origin: Origin, templates: &mut Templates) -> InForce {
    match field {
        Field::Null => InForce::Blank,
        Field::Is(name) if name.trim().is_empty() => InForce::Blank,
        Field::Is(name) => InForce::Template(templates.by_name(name, origin)),
        Field::Missing | Field::Wrong => InForce::Unknown,
    }
}
