//! Who belongs to which project, in rows of twenty bytes: an export holds millions of memberships.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::directory::{Directory, IdentityIx, template};
use super::templates::{TemplateIx, Templates};
use cutover_export::field::{Field, Id};
use cutover_export::{Read, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

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

/// The memberships of a company.
#[derive(Debug, Default)]
pub struct Memberships {
    /// Sorted by identity and project.
    rows: Vec<Row>,
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

/// A membership as it is kept.
#[derive(Debug, Clone, Copy)]
struct Row {
    identity: u32,
    project: u32,
    origin: Origin,
    in_force: Packed,
}

/// What is known of the template in force, in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed(u32);

impl Packed {
    const UNKNOWN: Self = Self(0);
    const BLANK: Self = Self(1);
    /// The number of the first template.
    const FIRST: u32 = 2;
}

impl From<InForce> for Packed {
    fn from(in_force: InForce) -> Self {
        match in_force {
            InForce::Unknown => Self::UNKNOWN,
            InForce::Blank => Self::BLANK,
            InForce::Template(index) => Self(column(index).saturating_add(Self::FIRST)),
        }
    }
}

impl From<Packed> for InForce {
    fn from(packed: Packed) -> Self {
        match packed {
            Packed::UNKNOWN => Self::Unknown,
            Packed::BLANK => Self::Blank,
            Packed(number) => Self::Template((number - Packed::FIRST) as usize),
        }
    }
}

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
        let heard =
            |read: &Read<_>| in_force(&template(&read.value, read.origin, "permission_template", templates)).into();
        let in_force_there: Vec<Packed> = listed.templates.iter().map(heard).collect();
        let most = listed.lists.iter().map(|list| list.members.len()).sum::<usize>()
            + records.project_assignments.len()
            + records.template_assignments.len();
        let mut rows: Vec<Row> = Vec::with_capacity(most);
        let mut project = |id: Id| {
            let next = projects.len();
            column(*projects.entry(id).or_insert(next))
        };
        let lists = listed.lists.iter().filter(|list| !list.members.is_empty());
        let lists: Vec<_> = lists.map(|list| (list, project(list.project))).collect();
        let (known, in_force_there) = (&*directory, in_force_there.as_slice());
        rows.par_extend(lists.into_par_iter().flat_map_iter(|(list, project)| {
            list.members.iter().filter_map(move |member| {
                let in_force = in_force_there.get(member.template as usize).copied().unwrap_or(Packed::UNKNOWN);
                let origin = Origin { document: list.document, record: member.record };
                Some(Row { identity: column(known.by_id(member.user)?), project, origin, in_force })
            })
        }));
        for of in &records.project_assignments {
            let assignment = &of.read.value;
            let (Some(identity), Some(id)) = (directory.by_id(of.of), assignment.project_id.value()) else { continue };
            // The list holds the projects a user could be added to as well.
            if assignment.is_assigned.value() == Some(&true) {
                let in_force = named(&assignment.permission_template_name, of.read.origin, templates);
                let (identity, project) = (column(identity), project(*id));
                rows.push(Row { identity, project, origin: of.read.origin, in_force: in_force.into() });
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
                user.creates_projects.merge(Known::is(allowed.0, evidence));
            }
            if let Some(id) = row.project_id.value() {
                let in_force = named(&row.template, read.origin, templates);
                let (identity, project) = (column(identity), project(*id));
                rows.push(Row { identity, project, origin: read.origin, in_force: in_force.into() });
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
        rows.par_sort_unstable_by_key(|row| (row.identity, row.project, row.origin));
        let mut contradicted = false;
        rows.dedup_by(|row, kept| {
            if (row.identity, row.project) != (kept.identity, kept.project) {
                contradicted = false;
                return false;
            }
            if !contradicted && row.in_force != Packed::UNKNOWN && kept.in_force != row.in_force {
                contradicted = kept.in_force != Packed::UNKNOWN;
                if contradicted {
                    kept.in_force = Packed::UNKNOWN;
                    let message =
                        "another record has a different template for this membership; the template is unknown";
                    diagnostics.push(Diagnostic::new(
                        Code::Conflict,
                        Place::Member(row.origin, String::new()),
                        message,
                    ));
                } else {
                    (kept.in_force, kept.origin) = (row.in_force, row.origin);
                }
            }
            true
        });
        let starts = (0..=identities).map(|identity| rows.partition_point(|row| (row.identity as usize) < identity));
        Self { starts: starts.collect(), rows, tried: BTreeMap::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The memberships of one identity, by project.
    pub fn of(&self, identity: IdentityIx) -> impl Iterator<Item = Membership> + '_ {
        let tried = self.tried.get(&identity);
        let start = self.starts.get(identity).copied().unwrap_or_default();
        let end = self.starts.get(identity + 1).copied().unwrap_or(start);
        let rows = if tried.is_some() { 0..0 } else { start..end };
        let rows = self.rows.get(rows).unwrap_or_default();
        rows.iter().map(Membership::from).chain(tried.into_iter().flatten().cloned())
    }

    /// The membership of an identity in a project.
    pub fn at(&self, identity: IdentityIx, project: ProjectIx) -> Option<Membership> {
        if self.tried.contains_key(&identity) {
            return self.of(identity).find(|membership| membership.project == project);
        }
        let start = self.starts.get(identity).copied()?;
        let end = self.starts.get(identity + 1).copied().unwrap_or(start);
        let rows = self.rows.get(start..end)?;
        let at = rows.partition_point(|row| (row.project as usize) < project);
        rows.get(at).filter(|row| row.project as usize == project).map(Membership::from)
    }

    /// Puts other memberships in the place of an identity's own, to try a plan out.
    pub fn replace(&mut self, identity: IdentityIx, memberships: Vec<Membership>) {
        self.tried.insert(identity, memberships);
    }
}

impl From<&Row> for Membership {
    fn from(row: &Row) -> Self {
        Self {
            identity: row.identity as usize,
            project: row.project as usize,
            in_force: row.in_force.into(),
            origin: row.origin,
        }
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
