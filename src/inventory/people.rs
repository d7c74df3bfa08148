//! Users, record by record: what several records say of one, and where they differ.

use std::collections::BTreeSet;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::classify::name_parts;
use super::directory::{Identity, IdentityIx, template};
use super::known::{Known, presence, text, value};
use super::templates::Templates;
use crate::export::Records;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::Origin;
use crate::export::field::Id;
use crate::export::records::User;

/// Users while records of them are heard, in the order in which they are first heard of.
pub(super) struct People {
    all: Vec<Identity>,
    by_id: FxHashMap<Id, IdentityIx>,
    /// The members in which two records of a user differ.
    contradicted: BTreeSet<(Id, &'static str)>,
}

impl People {
    /// Hears every record of a user. Gives the users in the order in which they are first heard of.
    pub(super) fn gather(
        records: &Records,
        templates: &mut Templates,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Identity> {
        let listed = &records.project_users.people;
        let mut people = Self::with_capacity(records.users.len() + records.inactive_users.len() + listed.len());
        let company_wide = records.users.iter().map(|read| (read, None));
        let inactive = records.inactive_users.iter().map(|read| (read, Some(false)));
        for (read, active) in company_wide.chain(inactive) {
            let Some(id) = read.value.id.value().copied() else { continue };
            people.hear(id, person(&read.value, read.origin, active, true, templates));
        }
        // A project's list tells more about users whose own record was not exported, or was cut short.
        let complete: Vec<bool> = people.all.iter().map(|person| person.email.value().is_some()).collect();
        for read in listed {
            let Some(id) = read.value.id.value().copied() else { continue };
            let index = people.by_id.get(&id);
            if index.and_then(|index| complete.get(*index)) != Some(&true) {
                people.hear(id, person(&read.value, read.origin, None, false, templates));
            }
        }
        people.say_contradictions(diagnostics);
        people.all
    }

    fn with_capacity(capacity: usize) -> Self {
        let by_id = FxHashMap::with_capacity_and_hasher(capacity, FxBuildHasher);
        Self { all: Vec::with_capacity(capacity), by_id, contradicted: BTreeSet::new() }
    }

    /// Hears one more record of a user.
    fn hear(&mut self, id: Id, heard: Identity) {
        let next = self.all.len();
        let index = *self.by_id.entry(id).or_insert(next);
        let Some(known) = self.all.get_mut(index) else {
            self.all.push(Identity { id: Some(id), ..heard });
            return;
        };
        // Of two names the first by the alphabet is shown, so that the order of the records does not matter.
        if known.name.is_empty() || (!heard.name.is_empty() && heard.name < known.name) {
            known.name = heard.name;
        }
        let mut hear = |contradicts: bool, member: &'static str| {
            if contradicts {
                self.contradicted.insert((id, member));
            }
        };
        hear(known.first_name.hear(heard.first_name), "first_name");
        hear(known.last_name.hear(heard.last_name), "last_name");
        hear(known.email.hear(heard.email), "email_address");
        hear(known.active.hear(heard.active), "is_active");
        hear(known.employee.hear(heard.employee), "is_employee");
        hear(known.job_title.hear(heard.job_title), "job_title");
        hear(known.created.hear(heard.created), "created_at");
        hear(known.logged_in.hear(heard.logged_in), "last_login_at");
        hear(known.invited.hear(heard.invited), "welcome_email_sent_at");
        hear(known.adds_to_new_projects.hear(heard.adds_to_new_projects), "add_to_new_projects");
        hear(known.default_template.hear(heard.default_template), "permission_template");
        hear(known.company_template.hear(heard.company_template), "company_permission_template");
    }

    fn say_contradictions(&self, diagnostics: &mut Vec<Diagnostic>) {
        for (id, member) in &self.contradicted {
            if let Some(identity) = self.by_id.get(id).and_then(|index| self.all.get(*index)) {
                let message = format!("two records of user {id} differ in `{member}`; it counts as unknown");
                let place = Place::Member(identity.origin, (*member).to_owned());
                diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
            }
        }
    }
}

/// Hears one record of a user. In a project's list the template is the one of that project, not the default.
fn person(
    user: &User,
    origin: Origin,
    active: Option<bool>,
    company_wide: bool,
    templates: &mut Templates,
) -> Identity {
    let parts = [user.first_name.value(), user.last_name.value()];
    let spoken =
        parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let name = user.name.value().filter(|name| !name.trim().is_empty());
    let mut identity = Identity::named(name.map_or(spoken, |name| name.trim().to_owned()), origin);
    (identity.first_name, identity.last_name) = name_parts(user, origin);
    identity.email = text(&user.email_address, origin, "email_address");
    identity.active = value(&user.is_active, origin, "is_active");
    if let (Known::Unknown, Some(active)) = (&identity.active, active) {
        identity.active = Known::is(active, origin);
    }
    identity.employee = value(&user.is_employee, origin, "is_employee");
    identity.job_title = text(&user.job_title, origin, "job_title");
    identity.created = value(&user.created_at, origin, "created_at");
    identity.logged_in = presence(&user.last_login_at, origin, "last_login_at");
    identity.invited = presence(&user.welcome_email_sent_at, origin, "welcome_email_sent_at");
    identity.adds_to_new_projects = value(&user.add_to_new_projects, origin, "add_to_new_projects");
    if company_wide {
        identity.default_template = template(&user.permission_template, origin, "permission_template", templates);
        let shown = value(&user.default_permission_template_id, origin, "default_permission_template_id");
        identity.default_template.hear(shown.map(|id| Some(templates.by_id(*id))));
        let shown = value(&user.company_permission_template_id, origin, "company_permission_template_id");
        identity.company_template.hear(shown.map(|id| Some(templates.by_id(*id))));
    }
    let company = template(&user.company_permission_template, origin, "company_permission_template", templates);
    identity.company_template.hear(company);
    identity
}
