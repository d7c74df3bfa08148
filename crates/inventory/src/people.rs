//! Users, record by record: what several records say of one, and where they differ.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::classify::name_parts;
use super::directory::{Identity, IdentityIx, template};
use super::stated::{presence, text, value};
use super::templates::Templates;
use cutover_export::Records;
use cutover_export::field::Id;
use cutover_export::records::User;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::Origin;
use cutover_model::known::Known;

/// Users while records of them are heard, in the order in which they are first heard of.
pub(super) struct People {
    all: Vec<Identity>,
    by_id: FxHashMap<Id, IdentityIx>,
}

/// What of a record counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// Everything it says.
    Everything,
    /// What no other record says.
    WhatIsMissing,
}

impl People {
    /// Hears every record of a user. Gives the users in the order in which they are first heard of.
    pub(super) fn gather(
        records: &Records,
        templates: &mut Templates,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Identity> {
        let rows = &records.project_users.people;
        let mut people = Self::with_capacity(records.users.len() + records.inactive_users.len() + rows.len());
        let company_wide = records.users.iter().map(|read| (read, None));
        let inactive = records.inactive_users.iter().map(|read| (read, Some(false)));
        for (read, active) in company_wide.chain(inactive) {
            let Some(id) = read.value.id.value().copied() else { continue };
            people.merge(id, person(&read.value, read.origin, active, true, templates), Counts::Everything);
        }
        // The lists of projects say more about users whose own record was not exported, or lacks a member. What they say
        // together is put together first, so that the order of the files does not matter.
        let mut listed = Self::with_capacity(0);
        for read in rows {
            let Some(id) = read.value.id.value().copied() else { continue };
            if people.get(id).is_none_or(|own| adds_to(own, &read.value)) {
                let row = person(&read.value, read.origin, None, false, templates);
                listed.merge(id, row, Counts::Everything);
            }
        }
        for row in listed.all {
            let Some(id) = row.id else { continue };
            let counts = people.get(id).map_or(Counts::Everything, counts);
            people.merge(id, row, counts);
        }
        people.report_contradictions(diagnostics);
        people.all
    }

    fn with_capacity(capacity: usize) -> Self {
        let by_id = FxHashMap::with_capacity_and_hasher(capacity, FxBuildHasher);
        Self { all: Vec::with_capacity(capacity), by_id }
    }

    fn get(&self, id: Id) -> Option<&Identity> {
        self.by_id.get(&id).and_then(|index| self.all.get(*index))
    }

    /// Hears one more record of a user.
    fn merge(&mut self, id: Id, heard: Identity, counts: Counts) {
        let next = self.all.len();
        let index = *self.by_id.entry(id).or_insert(next);
        let Some(known) = self.all.get_mut(index) else {
            self.all.push(Identity { id: Some(id), ..heard });
            return;
        };
        // Of two names the first by the alphabet is shown, so that the order of the records does not matter.
        let comes_first = counts == Counts::Everything && !heard.name.is_empty() && heard.name < known.name;
        if known.name.is_empty() || comes_first {
            known.name = heard.name;
        }
        take(&mut known.first_name, heard.first_name, counts);
        take(&mut known.last_name, heard.last_name, counts);
        take(&mut known.email, heard.email, counts);
        take(&mut known.active, heard.active, counts);
        take(&mut known.employee, heard.employee, counts);
        take(&mut known.job_title, heard.job_title, counts);
        take(&mut known.created, heard.created, counts);
        take(&mut known.adds_to_new_projects, heard.adds_to_new_projects, counts);
        take(&mut known.default_template, heard.default_template, counts);
        let of_template = if may_be_service(known) { Counts::Everything } else { counts };
        take(&mut known.company_template, heard.company_template, of_template);
        // Whoever signed in once, or was invited, did so for good: an older record does not contradict that.
        known.logged_in.hear_ever(heard.logged_in);
        known.invited.hear_ever(heard.invited);
        known.first_login = known.first_login.into_iter().chain(heard.first_login).min();
        known.first_invitation = known.first_invitation.into_iter().chain(heard.first_invitation).min();
    }

    fn report_contradictions(&self, diagnostics: &mut Vec<Diagnostic>) {
        for identity in &self.all {
            let Some(id) = identity.id else { continue };
            let contradicted = [
                ("first_name", identity.first_name == Known::Contradicted),
                ("last_name", identity.last_name == Known::Contradicted),
                ("email_address", identity.email == Known::Contradicted),
                ("is_active", identity.active == Known::Contradicted),
                ("is_employee", identity.employee == Known::Contradicted),
                ("job_title", identity.job_title == Known::Contradicted),
                ("created_at", identity.created == Known::Contradicted),
                ("add_to_new_projects", identity.adds_to_new_projects == Known::Contradicted),
                ("permission_template", identity.default_template == Known::Contradicted),
                ("company_permission_template", identity.company_template == Known::Contradicted),
            ];
            for (member, _) in contradicted.into_iter().filter(|(_, is_contradicted)| *is_contradicted) {
                let message = format!("two records of user {id} differ in `{member}`; it is treated as unknown");
                let place = Place::Member(identity.origin, member.to_owned());
                diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
            }
        }
    }
}

/// Takes a member over as far as it counts.
fn take<T: PartialEq>(known: &mut Known<T>, heard: Known<T>, counts: Counts) {
    if counts == Counts::Everything || *known == Known::Unknown {
        known.merge(heard);
    }
}

/// What counts of the lists of projects for a user with a record of its own: everything, if that was cut short.
fn counts(own: &Identity) -> Counts {
    if own.email.value().is_none() { Counts::Everything } else { Counts::WhatIsMissing }
}

/// Whether a user may be a service identity. Then a company template in the list of a project that is not the one in its
/// own record makes it unknown which it has.
fn may_be_service(own: &Identity) -> bool {
    own.service_address().is_some() || !own.has_first_name()
}

/// Whether a row of a project's list says something that counts for a user with a record of its own. There may be
/// millions of rows, and nearly all say again what is known.
fn adds_to(own: &Identity, row: &User) -> bool {
    fn is_missing<T: PartialEq>(known: &Known<T>) -> bool {
        *known == Known::Unknown
    }
    own.email.value().is_none()
        || may_be_service(own)
        || (is_missing(&own.first_name) && row.first_name.is_known())
        || (is_missing(&own.last_name) && row.last_name.is_known())
        || (is_missing(&own.active) && row.is_active.is_known())
        || (is_missing(&own.employee) && row.is_employee.is_known())
        || (is_missing(&own.job_title) && row.job_title.is_known())
        || (is_missing(&own.created) && row.created_at.is_known())
        || (own.logged_in.value() != Some(&true) && row.last_login_at.value().is_some())
        || (is_missing(&own.logged_in) && row.last_login_at.is_known())
        || (own.invited.value() != Some(&true) && row.welcome_email_sent_at.value().is_some())
        || (is_missing(&own.invited) && row.welcome_email_sent_at.is_known())
        || (is_missing(&own.company_template) && row.company_permission_template.is_known())
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
    identity.first_login = user.last_login_at.value().copied();
    identity.first_invitation = user.welcome_email_sent_at.value().copied();
    identity.adds_to_new_projects = value(&user.add_to_new_projects, origin, "add_to_new_projects");
    if company_wide {
        identity.default_template = template(&user.permission_template, origin, "permission_template", templates);
        let shown = value(&user.default_permission_template_id, origin, "default_permission_template_id");
        identity.default_template.merge(shown.map(|id| Some(templates.by_id(*id))));
        let shown = value(&user.company_permission_template_id, origin, "company_permission_template_id");
        identity.company_template.merge(shown.map(|id| Some(templates.by_id(*id))));
    }
    let company = template(&user.company_permission_template, origin, "company_permission_template", templates);
    identity.company_template.merge(company);
    identity
}
