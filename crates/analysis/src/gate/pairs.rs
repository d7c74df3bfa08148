//! What is the same thing on both sides of a change: by id first, and then by what stays when an id does not.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::change::Both;
use cutover_export::field::Id;
use cutover_inventory::Company;
use cutover_inventory::apps::AppIx;
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::names::{is_slug, slug};
use cutover_inventory::templates::TemplateIx;
use cutover_model::kind::Kind;

/// What belongs together. What is on one side only and may well be on the other, which just does not say, is left out.
#[derive(Debug, Default)]
pub struct Pairs {
    /// The identities, in the order of the side after; those that are gone come last.
    pub identities: Vec<Both<IdentityIx>>,
    /// Identities of one side that the other may have and does not list. What a project's list says of them is known.
    pub unlisted: Vec<Both<IdentityIx>>,
    /// The apps, in the same order.
    pub apps: Vec<Both<AppIx>>,
    /// The templates, in the same order.
    pub templates: Vec<Both<TemplateIx>>,
    /// The projects, by id.
    pub projects: BTreeMap<Id, Both<ProjectIx>>,
    was: FxHashMap<IdentityIx, IdentityIx>,
    is: FxHashMap<IdentityIx, IdentityIx>,
}

impl Pairs {
    /// Pairs two states of a company.
    pub fn of(before: &Company, after: &Company) -> Self {
        let apps = apps(before, after);
        let (identities, unlisted) = identities(before, after, &apps);
        Self {
            unlisted,
            was: identities.iter().filter_map(|pair| pair.after.zip(pair.before)).collect(),
            is: identities.iter().filter_map(|pair| pair.before.zip(pair.after)).collect(),
            identities,
            templates: templates(before, after),
            projects: projects(before, after),
            apps,
        }
    }

    /// The identity that this one was before the change.
    pub fn was(&self, after: IdentityIx) -> Option<IdentityIx> {
        self.was.get(&after).copied()
    }

    /// The identity that this one is after the change.
    pub fn is(&self, before: IdentityIx) -> Option<IdentityIx> {
        self.is.get(&before).copied()
    }
}

/// Pairs things step by step: each step pairs those that it can tell apart among those that are left.
struct Pairing {
    before: BTreeSet<usize>,
    after: BTreeSet<usize>,
    found: BTreeMap<usize, usize>,
}

impl Pairing {
    fn new(before: usize, after: usize) -> Self {
        Self { before: (0..before).collect(), after: (0..after).collect(), found: BTreeMap::new() }
    }

    /// Pairs what has the same key on both sides, and has it alone.
    fn by<K: Ord>(&mut self, before: impl Fn(usize) -> Option<K>, after: impl Fn(usize) -> Option<K>) {
        let only = |left: &BTreeSet<usize>, key: &dyn Fn(usize) -> Option<K>| {
            let mut only: BTreeMap<K, Option<usize>> = BTreeMap::new();
            for index in left {
                let Some(key) = key(*index) else { continue };
                only.entry(key).and_modify(|one| *one = None).or_insert(Some(*index));
            }
            only
        };
        let known = only(&self.before, &before);
        for (key, after) in only(&self.after, &after) {
            let (Some(Some(before)), Some(after)) = (known.get(&key).copied(), after) else { continue };
            self.before.remove(&before);
            self.after.remove(&after);
            self.found.insert(after, before);
        }
    }

    /// The pairs with what is on one side only and is known not to be on the other, and what is unknown.
    fn done(self, came: impl Fn(usize) -> bool, went: impl Fn(usize) -> bool) -> (Vec<Both<usize>>, Vec<Both<usize>>) {
        let (came, unsure): (Vec<usize>, Vec<usize>) = self.after.into_iter().partition(|index| came(*index));
        let (went, lost): (Vec<usize>, Vec<usize>) = self.before.into_iter().partition(|index| went(*index));
        let only_after = |after: usize| Both { before: None, after: Some(after) };
        let only_before = |before: usize| Both { before: Some(before), after: None };
        let pairs = self.found.into_iter().map(|(after, before)| Both::of(before, after));
        let mut known: Vec<Both<usize>> = pairs.chain(came.into_iter().map(only_after)).collect();
        known.sort_by_key(|pair| pair.after);
        known.extend(went.into_iter().map(only_before));
        (known, unsure.into_iter().map(only_after).chain(lost.into_iter().map(only_before)).collect())
    }
}

fn identities(
    before: &Company,
    after: &Company,
    apps: &[Both<AppIx>],
) -> (Vec<Both<IdentityIx>>, Vec<Both<IdentityIx>>) {
    let one = |index: usize| before.directory.identities.get(index);
    let two = |index: usize| after.directory.identities.get(index);
    let mut pairing = Pairing::new(before.directory.identities.len(), after.directory.identities.len());
    pairing.by(|index| one(index)?.id, |index| two(index)?.id);
    // Reinstalling an app gives it a new user, with another tail of eight characters. Procore: DMSA, updating and reinstalling.
    let same_app: BTreeMap<AppIx, AppIx> = apps.iter().filter_map(|pair| Some((pair.before?, pair.after?))).collect();
    let managed = |identity: &&Identity| identity.class.kind == IdentityKind::Managed;
    pairing.by(
        |index| one(index).filter(managed).and_then(|it| same_app.get(it.app.value()?).copied()),
        |index| two(index).filter(managed).and_then(|it| it.app.value().copied()),
    );
    let stem = |identity: Option<&Identity>| identity.filter(managed)?.app_stem();
    pairing.by(|index| stem(one(index)), |index| stem(two(index)));
    let email = |identity: Option<&Identity>| {
        identity?.email.value().filter(|email| !email.is_empty()).map(|email| email.to_lowercase())
    };
    pairing.by(|index| email(one(index)), |index| email(two(index)));
    let client = |company: &Company, index| company.client_id(index).map(str::to_owned);
    pairing.by(|index| client(before, index), |index| client(after, index));
    // A legacy account that was deleted and created again has its old name and another id.
    pairing.by(|index| directory_name(one(index)), |index| directory_name(two(index)));
    // One side may know it from the Service Accounts page and the other from the directory.
    let names = [before, after].map(|company| slug(&company.name));
    pairing.by(|index| account_stem(before, index, &names), |index| account_stem(after, index, &names));
    pairing.done(|index| is_absent(before, two(index)), |index| is_absent(after, one(index)))
}

/// The name of a directory user in the form of a legacy account's, where it has no address to go by.
fn directory_name(identity: Option<&Identity>) -> Option<String> {
    let identity = identity.filter(|identity| identity.id.is_some() && identity.named && !identity.has_first_name())?;
    let may_be = match identity.class.kind {
        IdentityKind::Managed => false,
        IdentityKind::Legacy => true,
        IdentityKind::Person => identity.email.value().is_none(),
    };
    (may_be && is_slug(&identity.name) && identity.name.contains('-')).then(|| identity.name.clone())
}

/// The name of a legacy account as dashed words, without that of the company behind it: `<account>-<company>` is the
/// directory user of `<account>`.
fn account_stem(company: &Company, index: IdentityIx, companies: &[String]) -> Option<String> {
    let identity =
        company.directory.identities.get(index).filter(|identity| identity.class.kind == IdentityKind::Legacy)?;
    let account = identity.account.and_then(|account| company.accounts.get(account));
    if let Some(account) = account {
        return Some(slug(&account.name)).filter(|name| !name.is_empty());
    }
    let whole = slug(identity.service_address().unwrap_or(&identity.name));
    let stem = companies.iter().find_map(|company| whole.strip_suffix(company.as_str())?.strip_suffix('-'));
    Some(stem.unwrap_or(&whole).to_owned()).filter(|name| identity.named && !name.is_empty())
}

/// Whether a company is known not to have an identity that the other side has, and that nothing in it is paired with.
fn is_absent(company: &Company, identity: Option<&Identity>) -> bool {
    let Some(identity) = identity else { return false };
    let in_directory = company.directory.listed
        && (identity.active.value() != Some(&false) || company.present.contains(&Kind::InactiveUsers));
    let in_accounts = company.present.contains(&Kind::ServiceAccounts);
    match (identity.id, identity.account) {
        (Some(_), Some(_)) => in_directory && in_accounts,
        (Some(_), None) => in_directory,
        (None, _) => in_accounts,
    }
}

fn apps(before: &Company, after: &Company) -> Vec<Both<AppIx>> {
    let mut pairing = Pairing::new(before.apps.all.len(), after.apps.all.len());
    let key = |company: &Company, index: usize| company.apps.all.get(index).map(|app| app.key.clone());
    pairing.by(|index| key(before, index), |index| key(after, index));
    let name = |company: &Company, index: usize| company.apps.all.get(index).map(|app| slug(&app.name));
    pairing.by(|index| name(before, index), |index| name(after, index));
    let slugs = |company: &Company, index: usize| {
        company.apps.all.get(index).map(|app| app.slugs.clone()).filter(|slugs| !slugs.is_empty())
    };
    pairing.by(|index| slugs(before, index), |index| slugs(after, index));
    // Whether the other side lacks an app or just its installation, those who compare the two ask themselves.
    pairing.done(|_| true, |_| true).0
}

fn templates(before: &Company, after: &Company) -> Vec<Both<TemplateIx>> {
    let mut pairing = Pairing::new(before.templates.all.len(), after.templates.all.len());
    let id = |company: &Company, index: usize| company.templates.get(index)?.id;
    pairing.by(|index| id(before, index), |index| id(after, index));
    let name = |company: &Company, index: usize| {
        company.templates.get(index).map(|template| template.name.clone()).filter(|name| !name.is_empty())
    };
    pairing.by(|index| name(before, index), |index| name(after, index));
    let listed = |company: &Company, other: &Company, index: usize| {
        company.templates.listed && other.templates.get(index).is_some_and(|template| template.listed)
    };
    pairing.done(|index| listed(before, after, index), |index| listed(after, before, index)).0
}

fn projects(before: &Company, after: &Company) -> BTreeMap<Id, Both<ProjectIx>> {
    let mut all: BTreeMap<Id, Both<ProjectIx>> = BTreeMap::new();
    for (index, project) in before.projects.iter().enumerate() {
        project.id.into_iter().for_each(|id| all.entry(id).or_default().before = Some(index));
    }
    for (index, project) in after.projects.iter().enumerate() {
        project.id.into_iter().for_each(|id| all.entry(id).or_default().after = Some(index));
    }
    all
}
