//! Who uses the same permission templates.
//!
//! Procore advises one template for each app: what is changed for one of those who share it is changed for all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Company;
use super::apps::AppIx;
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
    /// The names of the apps of apps' users, by user.
    names: FxHashMap<IdentityIx, BTreeSet<String>>,
    /// Who certainly has one of the same templates, for each set of templates that was asked about.
    sharing: RefCell<BTreeMap<BTreeSet<TemplateIx>, Rc<Sharing>>>,
}

/// The users of some templates, counted by what tells the users of one app from those of another: each app's user is
/// compared with all others, and there may be as many of these as of them.
#[derive(Debug, Default)]
struct Sharing {
    users: BTreeSet<IdentityIx>,
    /// Users whose app is known.
    by_app: BTreeMap<AppIx, usize>,
    /// Apps' users, by the names of their apps: how many of them have an app that is not known, and one that is known.
    by_names: Vec<[usize; 2]>,
    /// Those of which no name is known.
    nameless: [usize; 2],
    /// Which of `by_names` have a name.
    named: BTreeMap<String, BTreeSet<usize>>,
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

    /// Counts the users of some templates.
    fn sharing(&self, users: BTreeSet<IdentityIx>, names: &FxHashMap<IdentityIx, BTreeSet<String>>) -> Sharing {
        let mut out = Sharing::default();
        let mut classes: BTreeMap<&BTreeSet<String>, usize> = BTreeMap::new();
        for user in &users {
            let Some(identity) = self.directory.identities.get(*user) else { continue };
            let app = identity.app.value();
            if let Some(app) = app {
                *out.by_app.entry(*app).or_default() += 1;
            }
            if identity.class.sort != Sort::Managed {
                continue;
            }
            let count = match names.get(user) {
                None => Some(&mut out.nameless),
                Some(names) => {
                    let next = out.by_names.len();
                    let class = *classes.entry(names).or_insert(next);
                    if class == next {
                        out.by_names.push([0; 2]);
                        for name in names {
                            out.named.entry(name.clone()).or_default().insert(class);
                        }
                    }
                    out.by_names.get_mut(class)
                }
            };
            if let Some([unknown, known]) = count {
                *if app.is_some() { known } else { unknown } += 1;
            }
        }
        Sharing { users, ..out }
    }

    /// How many people and users of other apps are known to have a template of this app's user; `None` when none is
    /// known, and there may be some.
    pub fn shares_template(&self, index: IdentityIx, uses: &TemplateUse) -> Option<usize> {
        let identity = self.directory.identities.get(index)?;
        let own = self.templates_of(index);
        let known = uses.sharing.borrow().get(&own).cloned();
        let sharing = known.unwrap_or_else(|| {
            let users = own.iter().filter_map(|template| uses.users.get(template)).flatten().copied().collect();
            let sharing = Rc::new(self.sharing(users, &uses.names));
            uses.sharing.borrow_mut().insert(own.clone(), Rc::clone(&sharing));
            sharing
        });
        let app = identity.app.value().copied();
        let others = sharing.others(index, app);
        let unsure = sharing.maybe_of_the_same_app(index, app, uses.names.get(&index));
        // The same app's users are no strangers, and neither is it itself.
        let is_other = |other: &IdentityIx| {
            let other_app = self.directory.identities.get(*other).and_then(|other| other.app.value().copied());
            *other != index && (other_app.is_none() || other_app != app)
        };
        let sure = others - unsure.min(others);
        let own_told = self.templates_known(index, identity, uses.every_project);
        let mut perhaps = own.iter().filter_map(|template| uses.perhaps.get(template)).flatten();
        let all_told = uses.complete && own_told && unsure == 0 && !perhaps.any(is_other);
        (sure > 0 || all_told).then_some(sure)
    }
}

impl Sharing {
    /// How many users there are beside this one and others of its app.
    fn others(&self, index: IdentityIx, app: Option<AppIx>) -> usize {
        let own = match app {
            Some(app) => self.by_app.get(&app).copied().unwrap_or_default(),
            None => usize::from(self.users.contains(&index)),
        };
        self.users.len() - own
    }

    /// How many of the others are apps' users that may be of the same app: the app of one of the two is not known, and
    /// their names do not tell them apart.
    fn maybe_of_the_same_app(&self, index: IdentityIx, app: Option<AppIx>, names: Option<&BTreeSet<String>>) -> usize {
        let count = |[unknown, known]: &[usize; 2]| unknown + if app.is_none() { *known } else { 0 };
        let alike: usize = match names {
            None => self.by_names.iter().map(count).sum(),
            Some(names) => {
                let classes: BTreeSet<usize> =
                    names.iter().filter_map(|name| self.named.get(name)).flatten().copied().collect();
                classes.into_iter().filter_map(|class| self.by_names.get(class)).map(count).sum()
            }
        };
        let itself = usize::from(app.is_none() && self.users.contains(&index));
        alike + count(&self.nameless) - itself
    }
}
