//! The users of projects, in columns: an export holds millions of them, and nearly all say again what others said.
//!
//! Of each row stay who it is, the template in force there, and where it is. What the rows say about people is kept
//! once for each person, so that it grows with the people and not with the rows. Whether a row says something new is
//! recognised by its mark; only then are its texts read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::Read;
use super::field::{Field, Id, KeyedHash, Record};
use super::pass::Known;
use super::records::identified::Identified;
use super::records::{ListedUser, TemplateReference, User};
use cutover_model::evidence::Origin;

/// The users of a company's projects.
#[derive(Debug, Default)]
pub struct ProjectUsers {
    /// The lists, in the order of their files.
    pub lists: Vec<ProjectList>,
    /// The templates that rows name, each once, with the first record that names it and in the order of those.
    pub templates: Vec<Read<Field<TemplateReference>>>,
    /// What the rows say about people, each once, with the first record that says it and in the order of those.
    pub people: Vec<Read<Box<User>>>,
    /// The records that do not say of whom they are.
    pub nameless: Vec<Origin>,
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
    /// The template in force there: an index into [`ProjectUsers::templates`]; while files are read, the number that the
    /// crowd gave it.
    pub template: u32,
    /// The record: an index into those of the file.
    pub record: u32,
}

/// A row of a project's list, as far as it counts while files are read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "ListedUser")]
pub(super) struct Row {
    /// Who.
    pub(super) user: Field<Id>,
    /// Tells the template that is named there from others.
    template: KeyedHash,
    /// Tells what is said of the person from what else is said of the same.
    said: KeyedHash,
    /// The members of the wrong type.
    wrong: Box<[String]>,
}

impl From<ListedUser> for Row {
    fn from(user: ListedUser) -> Self {
        let wrong = user.wrong().into();
        let template = KeyedHash::of(&user.permission_template);
        let said = KeyedHash::of(ListedUser {
            id: Field::Missing,
            permission_template: Field::Missing,
            // A project's list says nothing about the templates that a show gives by id.
            default_permission_template_id: Field::Missing,
            company_permission_template_id: Field::Missing,
            ..user
        });
        Self { user: user.id, template, said, wrong }
    }
}

impl Default for Row {
    fn default() -> Self {
        Self::from(ListedUser::default())
    }
}

impl Record for Row {
    fn wrong(&self) -> Vec<String> {
        self.wrong.to_vec()
    }
}

impl Identified for Row {
    fn is_identified(&self) -> bool {
        self.user.value().is_some()
    }
}

impl ProjectUsers {
    /// Adds the users of a project from one file, in its order. `whole` reads a record with its texts.
    pub(super) fn add(
        &mut self,
        project: Id,
        document: u32,
        rows: Vec<Read<Row>>,
        interner: &UserInterner,
        whole: &dyn Fn(Origin) -> User,
    ) {
        let mut members = Vec::with_capacity(rows.len());
        let mut templates = FxHashMap::default();
        for Read { value: row, origin } in rows {
            let Some(id) = row.user.value().copied() else {
                self.nameless.push(origin);
                continue;
            };
            let template = *templates
                .entry(row.template)
                .or_insert_with(|| interner.name(row.template, origin, || whole(origin).permission_template));
            members.push(Member { user: id, template, record: origin.record });
            interner.merge(id, row.said, origin, || {
                Box::new(User {
                    id: Field::Is(id),
                    permission_template: Field::Missing,
                    default_permission_template_id: Field::Missing,
                    company_permission_template_id: Field::Missing,
                    ..whole(origin)
                })
            });
        }
        self.lists.push(ProjectList { project, document, members });
    }

    /// Adds the lists of a later file.
    pub(super) fn append(&mut self, other: &mut Self) {
        self.lists.append(&mut other.lists);
        self.nameless.append(&mut other.nameless);
    }

    /// Gives the templates of all members their new numbers.
    pub(super) fn renumber(&mut self, numbers: &[u32]) {
        for member in self.lists.iter_mut().flat_map(|list| &mut list.members) {
            member.template = numbers.get(member.template as usize).copied().unwrap_or(u32::MAX);
        }
    }

    /// Takes over what was said, once all lists are read.
    pub(super) fn settle(&mut self, interner: UserInterner) {
        let UserInterner { people, templates, .. } = interner;
        let people = people.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        self.people = people.flat_map(PeopleByHash::into_values).collect();
        self.people.sort_unstable_by_key(|read| read.origin);
        let templates = templates.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut templates: Vec<Template> = templates.into_values().collect();
        templates.sort_unstable_by_key(|template| template.read.origin);
        let mut numbers = vec![u32::MAX; templates.len()];
        for (new, template) in (0..).zip(templates) {
            if let Some(number) = numbers.get_mut(template.number as usize) {
                *number = new;
            }
            self.templates.push(template.read);
        }
        self.renumber(&numbers);
    }
}

/// What is said about people while many files are read at once. The order of hearing does not matter.
#[derive(Debug)]
pub(super) struct UserInterner {
    people: Vec<Mutex<PeopleByHash>>,
    templates: Mutex<FxHashMap<KeyedHash, Template>>,
    rows: Known<Row>,
}

/// Everything different that was said of each person, with the first record that says it.
type PeopleByHash = FxHashMap<(Id, KeyedHash), Read<Box<User>>>;

/// A template that was named, with the first record that names it, and the number that members know it by.
#[derive(Debug)]
struct Template {
    number: u32,
    read: Read<Field<TemplateReference>>,
}

/// Parts of the crowd, so that two readers seldom wait for each other.
const PARTS: usize = 64;

impl UserInterner {
    pub(super) fn new() -> Self {
        Self { people: (0..PARTS).map(|_| Mutex::default()).collect(), templates: Mutex::default(), rows: Known::new() }
    }

    /// The rows that were read.
    pub(super) fn rows(&self) -> &Known<Row> {
        &self.rows
    }

    /// Hears what one record says of a person.
    fn merge(&self, id: Id, mark: KeyedHash, origin: Origin, whole: impl FnOnce() -> Box<User>) {
        let part = usize::try_from(id.0 % PARTS as u64).ok().and_then(|part| self.people.get(part));
        let Some(mut part) = part.map(lock) else { return };
        let said = part.entry((id, mark)).or_insert_with(|| Read { value: whole(), origin });
        // What is only looked at stays with both cores.
        if origin < said.origin {
            said.origin = origin;
        }
    }

    /// Hears the name of a template. Gives the number of it.
    fn name(&self, mark: KeyedHash, origin: Origin, whole: impl FnOnce() -> Field<TemplateReference>) -> u32 {
        let mut templates = lock(&self.templates);
        let next = u32::try_from(templates.len()).unwrap_or(u32::MAX);
        let new = || Template { number: next, read: Read { value: whole(), origin } };
        let named = templates.entry(mark).or_insert_with(new);
        named.read.origin = named.read.origin.min(origin);
        named.number
    }

    /// Hears everything that another crowd heard. Gives the numbers here of the templates there.
    pub(super) fn join(&self, other: Self) -> Vec<u32> {
        let people = other.people.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        let said = people.flat_map(PeopleByHash::into_iter);
        said.for_each(|((id, mark), read)| self.merge(id, mark, read.origin, || read.value));
        let templates = other.templates.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut numbers = vec![u32::MAX; templates.len()];
        templates.into_iter().for_each(|(mark, Template { number: there, read })| {
            if let Some(number) = numbers.get_mut(there as usize) {
                *number = self.name(mark, read.origin, || read.value);
            }
        });
        numbers
    }
}

/// Nothing that is done under a lock can leave it half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::field::Record;

    /// A user of whom each member is missing, empty, of a wrong type, or one of two values.
    fn user() -> impl Strategy<Value = serde_json::Value> {
        let template = json!({"id": 1, "name": "a", "project_specific": true, "type": "b"});
        let members = [
            ("id", json!(1), json!("2")),
            ("name", json!("a"), json!("b")),
            ("first_name", json!("a"), json!("")),
            ("last_name", json!("a"), json!("b")),
            ("email_address", json!("a@b"), json!("é")),
            ("is_active", json!(true), json!(false)),
            ("is_employee", json!(true), json!(false)),
            ("job_title", json!("a"), json!("\"")),
            ("created_at", json!("2024-10-01T00:00:00Z"), json!("2024-10-02")),
            ("last_login_at", json!("2024-10-01T00:00:00Z"), json!("never")),
            ("welcome_email_sent_at", json!("2024-10-01T00:00:00Z"), json!("2024-10-01")),
            ("permission_template", template, json!({"id": 1, "name": 7})),
            ("company_permission_template", json!({"name": "a"}), json!({"name": "b", "type": null})),
            ("default_permission_template_id", json!(1), json!(2)),
            ("company_permission_template_id", json!(1), json!(2)),
            ("add_to_new_projects", json!(true), json!(false)),
        ];
        // Mostly the same, so that two users are often alike.
        let value = |(name, one, two): (&'static str, serde_json::Value, serde_json::Value)| {
            let wrong = json!([1]);
            let value = prop_oneof![30 => Just(Some(one)), 1 => Just(Some(two)), 1 => Just(Some(json!(null))),
                1 => Just(Some(wrong)), 1 => Just(None)];
            value.prop_map(move |value| value.map(|value| (name.to_owned(), value)))
        };
        let members = members.map(value).into_iter().collect::<Vec<_>>();
        members.prop_map(|members| members.into_iter().flatten().collect::<serde_json::Map<_, _>>().into())
    }

    fn read<T: for<'de> serde::Deserialize<'de>>(user: &serde_json::Value) -> T {
        serde_json::from_str(&user.to_string()).unwrap()
    }

    proptest! {
        #[test]
        fn marks_tell_users_apart_as_their_texts_do(one in user(), two in user()) {
            let (mut row, other): (Row, Row) = (read(&one), read(&two));
            let ids = |user: &mut User| {
                (user.default_permission_template_id, user.company_permission_template_id) = Default::default();
            };
            let (mut whole, mut another): (User, User) = (read(&one), read(&two));
            prop_assert_eq!(row.wrong(), whole.wrong());
            prop_assert_eq!(row.template == other.template, whole.permission_template == another.permission_template);
            ids(&mut whole);
            ids(&mut another);
            let same = (&row.user, row.template, row.said) == (&other.user, other.template, other.said);
            prop_assert_eq!(same, whole == another);
            (row.template, row.user) = (other.template, other.user.clone());
            (whole.permission_template, whole.id) = (another.permission_template.clone(), another.id.clone());
            prop_assert_eq!(row.said == other.said, whole == another);
        }
    }

    fn crowd_of(records: &[(u32, &str)]) -> ProjectUsers {
        let interner = UserInterner::new();
        let mut users = ProjectUsers::default();
        for (document, text) in records {
            let origin = Origin { document: *document, record: 0 };
            let listed = vec![Read { value: serde_json::from_str(text).unwrap(), origin }];
            users.add(Id(7), *document, listed, &interner, &|_| serde_json::from_str(text).unwrap());
        }
        users.settle(interner);
        users
    }

    #[test]
    fn what_is_said_again_is_kept_once_with_its_first_place_whatever_the_order() {
        let ann = r#"{"id": 1, "name": "Ann", "permission_template": {"id": 5, "name": "Site"}}"#;
        let elsewhere = r#"{"id": 1, "name": "Ann", "permission_template": {"id": 6, "name": "Office"}}"#;
        let other = r#"{"id": 1, "name": "Anne", "permission_template": {"id": 5, "name": "Site"}}"#;
        let (early, late) = (crowd_of(&[(0, ann), (1, elsewhere), (2, other)]), [(2, other), (1, elsewhere), (0, ann)]);
        let described = |users: &ProjectUsers| {
            let people: Vec<_> =
                users.people.iter().map(|read| (read.value.name.clone(), read.origin.document)).collect();
            let templates: Vec<_> =
                users.templates.iter().map(|read| (read.value.clone(), read.origin.document)).collect();
            let mut members: Vec<_> =
                users.lists.iter().map(|list| (list.document, list.members[0].template)).collect();
            members.sort_unstable();
            (people, templates, members)
        };
        let (people, templates, members) = described(&early);
        assert_eq!(people, [(Field::Is("Ann".into()), 0), (Field::Is("Anne".into()), 2)]);
        assert_eq!(templates.iter().map(|(_, document)| *document).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(members, [(0, 0), (1, 1), (2, 0)]);
        assert_eq!(described(&crowd_of(&late)), (people, templates, members));
    }
}
