//! Who uses the same permission templates.
//!
//! Procore advises one template for each app: what is changed for one of those who share it is changed for all.

use std::borrow::Cow;
use std::collections::BTreeSet;

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::Company;
use super::apps::AppIx;
use super::classify::IdentityKind;
use super::directory::{Identity, IdentityIx};
use super::memberships::InForce;
use super::templates::TemplateIx;

/// Identities, by index.
type Users = RoaringBitmap;

/// Which identities use which templates, and what distinguishes the users of one app from those of another.
///
/// It can be kept up to date while a company changes: [`TemplateUse::remove`] an identity before it changes,
/// [`TemplateUse::add`] it afterwards.
#[derive(Debug, Default)]
pub struct TemplateUse {
    /// The identities that certainly use a template.
    certain: FxHashMap<TemplateIx, Users>,
    /// Those that may: the export does not contain whether they are active.
    possible: FxHashMap<TemplateIx, Users>,
    /// How many identities may use templates that the export does not contain.
    incomplete: usize,
    /// Identities whose app is known.
    by_app: FxHashMap<AppIx, Users>,
    /// Apps' users by the names of their apps.
    by_name: FxHashMap<String, AppUsers>,
    /// All apps' users that have such a name.
    named: AppUsers,
    /// Apps' users without one.
    nameless: AppUsers,
}

/// Apps' users: which app they belong to is known of some and unknown of others.
#[derive(Debug, Default)]
struct AppUsers {
    known: Users,
    unknown: Users,
}

impl AppUsers {
    fn of(&mut self, app: Option<&AppIx>) -> &mut Users {
        if app.is_some() { &mut self.known } else { &mut self.unknown }
    }

    /// Those among `users` that may belong to an app: to one that is known, only those whose app is unknown.
    fn candidates(&self, users: &Users, app: Option<AppIx>) -> u64 {
        let known = if app.is_none() { self.known.intersection_len(users) } else { 0 };
        self.unknown.intersection_len(users) + known
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

    /// Whether the export contains every template of an identity.
    fn templates_known(&self, index: IdentityIx, identity: &Identity, own: &BTreeSet<TemplateIx>) -> bool {
        // A template known by its name alone, or by its id alone, may be any other.
        let identified = |template: &TemplateIx| {
            self.templates.get(*template).is_some_and(|template| template.id.is_some() && !template.name.is_empty())
        };
        identity.company_template.value().is_some()
            && identity.default_template.value().is_some()
            && (self.every_project_listed || self.projects_known(index))
            && self.memberships.of(index).all(|membership| membership.in_force != InForce::Unknown)
            && own.iter().all(identified)
    }

    /// Indexes the active identities by their templates.
    pub fn template_use(&self) -> TemplateUse {
        let mut out = TemplateUse::default();
        for index in 0..self.directory.identities.len() {
            out.add(self, index);
        }
        out
    }

    /// The names of the app of an app's user: that in its own name, and the others that the export knows. Empty where its
    /// own name does not have one.
    fn app_names(&self, identity: &Identity) -> BTreeSet<String> {
        let Some(stem) = identity.app_stem() else { return BTreeSet::new() };
        let app = identity.app.value().and_then(|app| self.apps.all.get(*app));
        app.into_iter().flat_map(|app| app.slugs.iter().cloned()).chain([stem]).collect()
    }

    /// How many people and users of other apps are known to have a template of this app's user; `None` when none is
    /// known, and there may be some.
    pub fn shares_template(&self, index: IdentityIx, uses: &TemplateUse) -> Option<usize> {
        let identity = self.directory.identities.get(index)?;
        let own = self.templates_of(index);
        let app = identity.app.value().copied();
        let users = union(&uses.certain, &own);
        let others = uses.others(&users, index, app);
        let unsure = uses.maybe_of_the_same_app(&users, index, app, &self.app_names(identity));
        let certain = others.saturating_sub(unsure);
        let all_known = || {
            self.directory.listed
                && uses.incomplete == 0
                && unsure == 0
                && self.templates_known(index, identity, &own)
                && uses.others(&union(&uses.possible, &own), index, app) == 0
        };
        (certain > 0 || all_known()).then(|| usize::try_from(certain).unwrap_or(usize::MAX))
    }
}

/// The users of any of the templates.
fn union<'a>(by_template: &'a FxHashMap<TemplateIx, Users>, templates: &BTreeSet<TemplateIx>) -> Cow<'a, Users> {
    let mut each = templates.iter().filter_map(|template| by_template.get(template));
    let first = each.next().map_or_else(Cow::default, Cow::Borrowed);
    each.fold(first, |mut all, users| {
        *all.to_mut() |= users;
        all
    })
}

/// The number of an identity in a set of users: the directory holds fewer than four billion.
fn number(index: IdentityIx) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl TemplateUse {
    /// Adds what an identity uses now.
    pub fn add(&mut self, company: &Company, index: IdentityIx) {
        self.change(company, index, true);
    }

    /// Removes what an identity uses until now.
    pub fn remove(&mut self, company: &Company, index: IdentityIx) {
        self.change(company, index, false);
    }

    fn change(&mut self, company: &Company, index: IdentityIx, add: bool) {
        let Some(identity) = company.directory.identities.get(index).filter(|identity| !identity.removed) else {
            return;
        };
        let number = number(index);
        let change = |users: &mut Users| if add { users.insert(number) } else { users.remove(number) };
        let active = identity.active.value().copied();
        if active == Some(false) {
            return;
        }
        let app = identity.app.value();
        if let Some(app) = app {
            change(self.by_app.entry(*app).or_default());
        }
        if identity.class.kind == IdentityKind::Managed {
            let names = company.app_names(identity);
            let all = if names.is_empty() { &mut self.nameless } else { &mut self.named };
            change(all.of(app));
            for name in names {
                change(self.by_name.entry(name).or_default().of(app));
            }
        }
        let templates = company.templates_of(index);
        if !company.templates_known(index, identity, &templates) {
            self.incomplete = if add { self.incomplete + 1 } else { self.incomplete.saturating_sub(1) };
        }
        let by_template = if active.is_some() { &mut self.certain } else { &mut self.possible };
        for template in templates {
            change(by_template.entry(template).or_default());
        }
    }

    /// How many of the users are neither this one nor of its app.
    fn others(&self, users: &Users, index: IdentityIx, app: Option<AppIx>) -> u64 {
        let own = match app {
            Some(app) => self.by_app.get(&app).map_or(0, |of_app| of_app.intersection_len(users)),
            None => u64::from(users.contains(number(index))),
        };
        users.len() - own
    }

    /// How many of the others are apps' users that may be of the same app: the app of one of the two is unknown, and
    /// their names do not tell them apart.
    fn maybe_of_the_same_app(
        &self,
        users: &Users,
        index: IdentityIx,
        app: Option<AppIx>,
        names: &BTreeSet<String>,
    ) -> u64 {
        let alike = match names.len() {
            0 => self.named.candidates(users, app),
            1 => names
                .iter()
                .filter_map(|name| self.by_name.get(name))
                .map(|users_of| users_of.candidates(users, app))
                .sum(),
            _ => {
                let mut any = AppUsers::default();
                for of_name in names.iter().filter_map(|name| self.by_name.get(name)) {
                    any.unknown |= &of_name.unknown;
                    any.known |= &of_name.known;
                }
                any.candidates(users, app)
            }
        };
        let itself = u64::from(app.is_none() && users.contains(number(index)));
        (alike + self.nameless.candidates(users, app)).saturating_sub(itself)
    }
}
