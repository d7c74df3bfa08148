//! What facts about one identity or app need to know of all the others of its company.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::Selection;
use cutover_export::field::Id;
use cutover_inventory::apps::{App, AppIx};
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::names::slug;
use cutover_inventory::sharing::TemplateUse;
use cutover_inventory::{Company, Project};

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

    /// Whether another app may take the place of this one: one of its developer, or of any, where that is unknown.
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::pack::Pack;
    use cutover_inventory::Inventory;
    use cutover_inventory::memberships::Membership;
    use cutover_model::known::Known;

    fn company(fixture: &str) -> Company {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(fixture);
        let export = cutover_export::read(cutover_export::collect::folders(&[folder]), &());
        let pack = Pack::load(&[]).unwrap();
        let mut inventory = Inventory::build(&export, &pack.tools, &mut Vec::new());
        inventory.companies.pop().unwrap()
    }

    /// One of the changes that a plan makes, to the identity or app of a number.
    fn change(company: &mut Company, kind: usize, part: &Selection, other: usize) {
        for index in &part.identities {
            let Some(identity) = company.directory.identities.get_mut(*index) else { continue };
            match kind {
                0 => (identity.removed, identity.active) = (true, Known::is(false, identity.origin)),
                1 => identity.active = Known::is(true, identity.origin),
                2 => identity.company_template = Known::Unknown,
                _ => {
                    let of_other = company.memberships.of(other % company.directory.identities.len());
                    let copied = of_other.map(|one| Membership { identity: *index, ..one });
                    let copied = copied.collect();
                    company.memberships.replace(*index, copied);
                }
            }
        }
        for index in &part.apps {
            let Some(place) = company.apps.all.get_mut(*index).and_then(|app| app.installation.as_mut()) else {
                continue;
            };
            let status = if kind == 0 { "uninstalled" } else { "installed" };
            place.status = Known::is(status.to_owned(), place.origin);
        }
    }

    /// What the index says of everybody.
    fn answers(company: &Company, index: &CompanyIndex) -> Vec<String> {
        let today = NaiveDate::from_ymd_opt(2024, 10, 15).unwrap();
        let (uses, successors) = (index.template_use(company), index.successors(company, today));
        let shared =
            (0..company.directory.identities.len()).map(|one| format!("{:?}", company.shares_template(one, uses)));
        let succeeded = company.apps.all.iter().enumerate().map(|(one, app)| {
            let vendor = app.vendor.value().map(|vendor| slug(vendor));
            let certain = vendor.as_deref().and_then(|vendor| successors.certain(vendor, one));
            format!("{certain:?} {}", successors.may_be(vendor.as_deref(), one))
        });
        shared.chain(succeeded).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn an_index_that_follows_changes_answers_as_one_built_afterwards(
            fixture in prop::sample::select(vec!["harborline", "brackwater", "kestrel/after"]),
            changes in prop::collection::vec((0_usize..4, 0_usize..1_000, 0_usize..1_000), 1..12),
        ) {
            let mut company = company(fixture);
            let mut index = CompanyIndex::default();
            answers(&company, &index);
            for (kind, one, other) in changes {
                let mut part = Selection::default();
                part.identities.insert(one % company.directory.identities.len());
                part.apps.insert(other % company.apps.all.len());
                index.before_change(&company, &part);
                change(&mut company, kind, &part, other);
                index.after_change(&company, &part);
                prop_assert_eq!(answers(&company, &index), answers(&company, &CompanyIndex::default()));
            }
        }
    }
}
