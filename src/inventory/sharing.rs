//! Who uses the same permission templates.
//!
//! Procore advises one template for each app: what is changed for one of those who share it is changed for all.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Company;
use super::classify::Sort;
use super::directory::{Identity, IdentityIx};
use super::memberships::InForce;
use super::templates::TemplateIx;

/// Which identities use the templates of apps' users.
#[derive(Debug, Default)]
pub struct TemplateUse {
    /// Who certainly uses a template.
    users: BTreeMap<TemplateIx, BTreeSet<IdentityIx>>,
    /// Who may: nobody knows whether they are active.
    perhaps: BTreeMap<TemplateIx, BTreeSet<IdentityIx>>,
    /// Whether the templates of everybody are known, so that nobody else uses one.
    complete: bool,
    /// Whether the export tells the users of every project.
    every_project: bool,
    /// The names of the apps of apps' users, by user: each pair of users is compared by them.
    names: FxHashMap<IdentityIx, BTreeSet<String>>,
}

impl TemplateUse {
    /// Whether the names of two apps' users say that they belong to different apps.
    fn have_other_apps(&self, one: IdentityIx, other: IdentityIx) -> bool {
        let both = self.names.get(&one).zip(self.names.get(&other));
        both.is_some_and(|(one, other)| one.is_disjoint(other))
    }
}

impl Company {
    /// The templates of an identity: for company tools, for new projects, and those in force on its projects.
    pub fn templates_of(&self, identity: IdentityIx) -> BTreeSet<TemplateIx> {
        let Some(person) = self.directory.identities.get(identity) else { return BTreeSet::new() };
        let named =
            [&person.company_template, &person.default_template].into_iter().filter_map(|known| *known.value()?);
        let in_force = self.memberships.of(identity).filter_map(|membership| match membership.in_force {
            InForce::Template(template) => Some(template),
            InForce::Blank | InForce::Unknown => None,
        });
        in_force.chain(named).collect()
    }

    /// Whether the export tells every template of an identity. `every_project` is whether it tells the users of every
    /// project.
    fn templates_known(&self, index: IdentityIx, identity: &Identity, every_project: bool) -> bool {
        // A template known by its name alone, or by its id alone, may be any other.
        let told = |template: &TemplateIx| {
            self.templates.get(*template).is_some_and(|template| template.id.is_some() && !template.name.is_empty())
        };
        identity.company_template.value().is_some()
            && identity.default_template.value().is_some()
            && (every_project || self.projects_known(index))
            && self.memberships.of(index).all(|membership| membership.in_force != InForce::Unknown)
            && self.templates_of(index).iter().all(told)
    }

    /// Sorts the active identities by the templates that apps' users have.
    pub fn template_use(&self) -> TemplateUse {
        let every = || self.directory.identities.iter().enumerate().filter(|(_, identity)| !identity.removed);
        let managed = every().filter(|(_, identity)| identity.class.sort == Sort::Managed);
        let of_apps: BTreeSet<TemplateIx> = managed.flat_map(|(index, _)| self.templates_of(index)).collect();
        let every_project = self.every_project_listed;
        let names = every().filter_map(|(index, identity)| Some((index, self.app_names(identity)?))).collect();
        let mut out = TemplateUse { complete: self.directory.listed, every_project, names, ..TemplateUse::default() };
        for (index, identity) in every() {
            let active = identity.active.value().copied();
            if active == Some(false) {
                continue;
            }
            out.complete = out.complete && self.templates_known(index, identity, every_project);
            let place = if active.is_some() { &mut out.users } else { &mut out.perhaps };
            for template in self.templates_of(index).intersection(&of_apps) {
                place.entry(*template).or_default().insert(index);
            }
        }
        out
    }

    /// The names of the app of an app's user: that in its own name, and the others that the export knows. `None` where its
    /// own name does not have one.
    fn app_names(&self, identity: &Identity) -> Option<BTreeSet<String>> {
        let stem = Some(identity).filter(|identity| identity.class.sort == Sort::Managed)?.app_stem()?;
        let app = identity.app.value().and_then(|app| self.apps.all.get(*app));
        Some(app.into_iter().flat_map(|app| app.slugs.iter().cloned()).chain([stem]).collect())
    }

    /// How many people and users of other apps are known to have a template of this app's user; `None` when none is
    /// known, and there may be some.
    pub fn shares_template(&self, index: IdentityIx, uses: &TemplateUse) -> Option<usize> {
        let app = |identity: IdentityIx| self.directory.identities.get(identity)?.app.value();
        let is_managed = |identity: IdentityIx| {
            self.directory.identities.get(identity).is_some_and(|other| other.class.sort == Sort::Managed)
        };
        let own = self.templates_of(index);
        let of = |uses: &BTreeMap<TemplateIx, BTreeSet<IdentityIx>>| -> BTreeSet<IdentityIx> {
            let users = own.iter().filter_map(|template| uses.get(template)).flatten().copied();
            // A second user of the same app is no stranger.
            users.filter(|other| *other != index && (app(*other).is_none() || app(*other) != app(index))).collect()
        };
        let settled = |other: &IdentityIx| {
            !is_managed(*other)
                || (app(*other).is_some() && app(index).is_some())
                || uses.have_other_apps(index, *other)
        };
        let (sure, unsure): (Vec<IdentityIx>, Vec<IdentityIx>) = of(&uses.users).into_iter().partition(settled);
        let person = self.directory.identities.get(index);
        let own_told = person.is_some_and(|person| self.templates_known(index, person, uses.every_project));
        let all_told = uses.complete && own_told && unsure.is_empty() && of(&uses.perhaps).is_empty();
        (!sure.is_empty() || all_told).then_some(sure.len())
    }
}
