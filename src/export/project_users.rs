//! The users of projects, in columns: an export holds millions of them, and nearly all say again what others said.
//!
//! Of each row stay who it is, the template in force there, and where it stands. What the rows say about people is kept
//! once for each person, so that it grows with the people and not with the rows.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Read;
use super::document::Origin;
use super::field::{Field, Id};
use super::records::{TemplateReference, User};

/// The users of a company's projects.
#[derive(Debug, Default)]
pub struct ProjectUsers {
    /// The lists, in the order of their files.
    pub lists: Vec<ProjectList>,
    /// The templates that rows name, each once, with the first record that names it.
    pub templates: Vec<(Field<TemplateReference>, Origin)>,
    /// What the rows say about people, each once, with the first record that says it and in the order of those.
    pub people: Vec<Read<User>>,
    /// The records that do not say of whom they are.
    pub nameless: Vec<Origin>,
    known: FxHashMap<Field<TemplateReference>, u32>,
}

/// The users of one project that one file lists.
#[derive(Debug)]
pub struct ProjectList {
    /// The project.
    pub project: Id,
    /// The file: an index into [`super::Export::documents`].
    pub document: u32,
    /// The users, in the order of the file.
    pub members: Vec<Member>,
}

/// A user of a project.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Who.
    pub user: Id,
    /// The template in force there: an index into [`ProjectUsers::templates`].
    pub template: u32,
    /// The record: an index into those of the file.
    pub record: u32,
}

impl ProjectUsers {
    /// Adds the users of a project from one file, in its order.
    pub(super) fn add(&mut self, project: Id, document: u32, mut users: Vec<Read<User>>, crowd: &Crowd) {
        let mut members = Vec::with_capacity(users.len());
        for Read { value: user, origin } in &mut users {
            let Some(id) = user.id.value().copied() else {
                self.nameless.push(*origin);
                continue;
            };
            let template = self.template(std::mem::take(&mut user.permission_template), *origin);
            members.push(Member { user: id, template, record: origin.record });
            crowd.hear(id, user, *origin);
        }
        self.lists.push(ProjectList { project, document, members });
    }

    /// Adds the lists of a later file.
    pub(super) fn append(&mut self, other: &mut Self) {
        let templates = std::mem::take(&mut other.templates);
        let here: Vec<u32> = templates.into_iter().map(|(template, origin)| self.template(template, origin)).collect();
        for mut list in other.lists.drain(..) {
            for member in &mut list.members {
                member.template = here.get(member.template as usize).copied().unwrap_or(u32::MAX);
            }
            self.lists.push(list);
        }
        self.people.append(&mut other.people);
        self.nameless.append(&mut other.nameless);
    }

    /// The number of a template, which may be new.
    fn template(&mut self, template: Field<TemplateReference>, origin: Origin) -> u32 {
        if let Some(known) = self.known.get(&template) {
            return *known;
        }
        let next = u32::try_from(self.templates.len()).unwrap_or(u32::MAX);
        self.known.insert(template.clone(), next);
        self.templates.push((template, origin));
        next
    }
}

/// What is said about people while many files are read at once.
#[derive(Debug)]
pub(super) struct Crowd(Vec<Mutex<Heard>>);

/// Everything different that was said of each person, with the first record that says it.
type Heard = FxHashMap<Id, Vec<Read<User>>>;

/// Parts of the crowd, so that two readers seldom wait for each other.
const PARTS: usize = 64;

impl Crowd {
    pub(super) fn new() -> Self {
        Self((0..PARTS).map(|_| Mutex::default()).collect())
    }

    /// Hears one record. The order of hearing does not matter.
    fn hear(&self, id: Id, user: &mut User, origin: Origin) {
        // A project's list says nothing about the templates that a show gives by id.
        user.default_permission_template_id = Field::Missing;
        user.company_permission_template_id = Field::Missing;
        let Some(part) = usize::try_from(id.0 % PARTS as u64).ok().and_then(|part| self.0.get(part)) else { return };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        let said = part.entry(id).or_default();
        match said.iter_mut().find(|said| said.value == *user) {
            Some(said) => said.origin = said.origin.min(origin),
            None => said.push(Read { value: std::mem::take(user), origin }),
        }
    }

    /// Hears everything that another crowd heard.
    pub(super) fn join(&self, other: Self) {
        for mut read in other.said() {
            if let Some(id) = read.value.id.value().copied() {
                self.hear(id, &mut read.value, read.origin);
            }
        }
    }

    /// Everything that was said, in the order of the records.
    pub(super) fn said(self) -> Vec<Read<User>> {
        let parts = self.0.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut said: Vec<Read<User>> = parts.flat_map(Heard::into_values).flatten().collect();
        said.sort_unstable_by_key(|read| read.origin);
        said
    }
}
