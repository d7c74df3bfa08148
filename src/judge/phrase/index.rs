//! What facts about one identity or app need to know of all the others of its company.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::Selection;
use crate::export::field::Id;
use crate::inventory::apps::{App, AppIx};
use crate::inventory::memberships::ProjectIx;
use crate::inventory::names::slug;
use crate::inventory::sharing::TemplateUse;
use crate::inventory::{Company, Project};

/// Indexes over one company, each built when it is first needed.
///
/// Where a company changes step by step, one index serves all steps: tell it what changes with
/// [`CompanyIndex::before_change`] and [`CompanyIndex::after_change`].
#[derive(Debug, Default)]
pub struct CompanyIndex {
    template_use: OnceCell<TemplateUse>,
    successors: OnceCell<Successors>,
    projects: OnceCell<FxHashMap<Id, ProjectIx>>,
}

impl CompanyIndex {
    /// Who uses which template.
    pub(super) fn template_use(&self, company: &Company) -> &TemplateUse {
        self.template_use.get_or_init(|| company.template_use())
    }

    /// The installed apps that may take the place of another.
    pub(super) fn successors(&self, company: &Company, today: NaiveDate) -> &Successors {
        self.successors.get_or_init(|| Successors::of(company, today))
    }

    /// The projects by their ids.
    pub(super) fn projects(&self, company: &Company) -> &FxHashMap<Id, ProjectIx> {
        let by_id = |(index, project): (ProjectIx, &Project)| Some((project.id?, index));
        self.projects.get_or_init(|| company.projects.iter().enumerate().filter_map(by_id).collect())
    }

    /// Some identities and apps of the company are about to change; projects never do.
    pub fn before_change(&mut self, company: &Company, part: &Selection) {
        if let Some(uses) = self.template_use.get_mut() {
            part.identities.iter().for_each(|identity| uses.remove(company, *identity));
        }
        if let Some(successors) = self.successors.get_mut() {
            part.apps.iter().for_each(|app| successors.remove(company, *app));
        }
    }

    /// These identities and apps have changed, or are new.
    pub fn after_change(&mut self, company: &Company, part: &Selection) {
        if let Some(uses) = self.template_use.get_mut() {
            part.identities.iter().for_each(|identity| uses.add(company, *identity));
        }
        match self.successors.get_mut() {
            // Whether all apps are known decides what is known of each.
            Some(successors) if successors.complete != company.apps.complete() => self.successors = OnceCell::new(),
            Some(successors) => part.apps.iter().for_each(|app| successors.add(company, *app)),
            None => {}
        }
    }
}

/// The apps that may take the place of others of the same developer, by the name of the developer; each list in the
/// order of the apps.
#[derive(Debug)]
pub(super) struct Successors {
    today: NaiveDate,
    /// Whether the export contains all apps.
    complete: bool,
    /// Apps that are installed and ask for tools.
    certain: BTreeMap<String, BTreeSet<AppIx>>,
    /// Apps of which nothing says that they are not. Those of an unknown developer have no name here.
    possible: BTreeMap<Option<String>, BTreeSet<AppIx>>,
    /// How many these are.
    count: usize,
}

/// Whether an installed app asks for tools of its own.
pub(super) fn asks(app: &App) -> Option<bool> {
    Some(app.installed_manifest()?.requested_tools()? > 0)
}

/// Whether an app is installed on a day.
pub(super) fn is_installed_on(company: &Company, app: &App, today: NaiveDate) -> Option<bool> {
    match &app.installation {
        Some(place) => place.status_on(today).value().map(|status| status == "installed"),
        None => company.apps.complete().then_some(false),
    }
}

impl Successors {
    fn of(company: &Company, today: NaiveDate) -> Self {
        let complete = company.apps.complete();
        let (certain, possible) = (BTreeMap::new(), BTreeMap::new());
        let mut out = Self { today, complete, certain, possible, count: 0 };
        (0..company.apps.all.len()).for_each(|app| out.add(company, app));
        out
    }

    fn add(&mut self, company: &Company, index: AppIx) {
        let Some(app) = company.apps.all.get(index) else { return };
        let known = [asks(app), is_installed_on(company, app, self.today)];
        let vendor = app.vendor.value().map(|vendor| slug(vendor));
        if let Some(vendor) = vendor.clone().filter(|_| known == [Some(true); 2]) {
            self.certain.entry(vendor).or_default().insert(index);
        }
        if !known.contains(&Some(false)) {
            self.count += usize::from(self.possible.entry(vendor).or_default().insert(index));
        }
    }

    fn remove(&mut self, company: &Company, index: AppIx) {
        let Some(app) = company.apps.all.get(index) else { return };
        let vendor = app.vendor.value().map(|vendor| slug(vendor));
        if let Some(apps) = vendor.as_ref().and_then(|vendor| self.certain.get_mut(vendor)) {
            apps.remove(&index);
        }
        if let Some(apps) = self.possible.get_mut(&vendor) {
            self.count -= usize::from(apps.remove(&index));
        }
    }

    /// The first app that certainly takes the place of another one of this developer.
    pub(super) fn certain(&self, vendor: &str, index: AppIx) -> Option<AppIx> {
        self.certain.get(vendor)?.iter().copied().find(|other| *other != index)
    }

    /// Whether another app may take the place of this one: one of its developer, or of any, where that is not known.
    pub(super) fn may_be(&self, vendor: Option<&str>, index: AppIx) -> bool {
        let others = |vendor: Option<String>| {
            let mut known = self.possible.get(&vendor).into_iter().flatten();
            known.any(|other| *other != index)
        };
        match vendor {
            Some(vendor) => others(Some(vendor.to_owned())) || others(None),
            None => self.count > usize::from(self.possible.get(&None).is_some_and(|known| known.contains(&index))),
        }
    }
}
