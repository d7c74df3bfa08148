//! Which app replaces an account: what somebody decided first, then what the export says, then names.
//!
//! A guess below [`SURE`], or one that another app rivals, is shown and never taken.

use std::collections::BTreeMap;

use cutover_inventory::Company;
use cutover_inventory::apps::AppIx;
use cutover_inventory::directory::Identity;
use cutover_inventory::names::slug;

/// The least confidence on which a plan is built.
pub const SURE: u8 = 70;
/// How far ahead of the second app the first must be, unless something other than a name speaks for it.
const AHEAD: u8 = 10;
/// Words that stand in more names than this tell nothing.
const COMMON: usize = 50;
/// Apps shown beside the best one.
const MAX_SHOWN: usize = 3;

/// What speaks for an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Its name is like the account's.
    Name,
    /// Its developer's addresses are those of the account's developer.
    DeveloperDomain,
    /// It has the account's client id.
    ClientId,
    /// The Service Accounts page names it.
    MarketplaceApp,
    /// The map file names it.
    Map,
}

impl Basis {
    /// The words in results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::DeveloperDomain => "developer domain",
            Self::ClientId => "client id",
            Self::MarketplaceApp => "marketplace app",
            Self::Map => "map",
        }
    }
}

/// An app that could be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The app.
    pub app: AppIx,
    /// What speaks for it.
    pub basis: Basis,
    /// How sure that is, from 0 to 100.
    pub confidence: u8,
}

/// Everything that speaks for apps, best first.
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// The apps.
    pub candidates: Vec<Candidate>,
}

impl Match {
    /// The app to build on: sure enough, and not rivalled.
    pub fn sure(&self) -> Option<Candidate> {
        let first = *self.candidates.first()?;
        let rival = self.candidates.get(1).is_some_and(|second| {
            first.basis <= Basis::DeveloperDomain && first.confidence < second.confidence.saturating_add(AHEAD)
        });
        (first.confidence >= SURE && !rival).then_some(first)
    }
}

/// The apps of a company, by what can tell them.
#[derive(Debug)]
pub struct Matcher<'a> {
    company: &'a Company,
    by_name: BTreeMap<&'a str, Vec<AppIx>>,
    by_word: BTreeMap<&'a str, Vec<AppIx>>,
    by_domain: BTreeMap<String, Vec<AppIx>>,
    by_uid: BTreeMap<&'a str, AppIx>,
}

impl<'a> Matcher<'a> {
    /// Sorts the apps of a company.
    pub fn new(company: &'a Company) -> Self {
        let mut matcher = Self {
            company,
            by_name: BTreeMap::new(),
            by_word: BTreeMap::new(),
            by_domain: BTreeMap::new(),
            by_uid: BTreeMap::new(),
        };
        for (index, app) in company.apps.all.iter().enumerate() {
            matcher.by_uid.insert(&app.key, index);
            for name in &app.slugs {
                matcher.by_name.entry(name).or_default().push(index);
                for word in name.split('-') {
                    matcher.by_word.entry(word).or_default().push(index);
                }
            }
            if let Some(domain) = app.developer_email.value().and_then(|email| domain(email)) {
                matcher.by_domain.entry(domain).or_default().push(index);
            }
        }
        matcher
    }

    /// What speaks for which app. `decided` is the app of the map file.
    pub fn find(&self, identity: &Identity, decided: Option<AppIx>) -> Match {
        let mut best: BTreeMap<AppIx, Candidate> = BTreeMap::new();
        let mut merge = |app, basis, confidence| {
            let heard = Candidate { app, basis, confidence };
            let known = best.entry(app).or_insert(heard);
            if (heard.confidence, heard.basis) > (known.confidence, known.basis) {
                *known = heard;
            }
        };
        if let Some(app) = decided {
            merge(app, Basis::Map, 100);
        }
        let account = identity.account.and_then(|index| self.company.accounts.get(index));
        if let Some(name) = account.and_then(|account| account.marketplace_app.value()).filter(|name| !name.is_empty())
            && let Some(app) = self.company.apps.find(name)
        {
            merge(app, Basis::MarketplaceApp, 95);
        }
        let client = account.and_then(|account| account.client_id.value()).or(identity.client_id.as_ref());
        if let Some(app) = client.and_then(|client| self.by_uid.get(client.as_str())) {
            merge(*app, Basis::ClientId, 90);
        }
        let developer = account.and_then(|account| account.developer_email.value()).and_then(|email| domain(email));
        let of_developer = developer.and_then(|domain| self.by_domain.get(&domain));
        for app in of_developer.into_iter().flatten() {
            // A developer with one app here means that one; with several, a name must tell them apart.
            let alone = of_developer.is_some_and(|apps| apps.len() == 1);
            merge(*app, Basis::DeveloperDomain, if alone { 75 } else { 50 });
        }
        for name in self.names(identity) {
            for (app, likeness) in self.alike(&name) {
                let helped = of_developer.is_some_and(|apps| apps.contains(&app));
                merge(app, Basis::Name, likeness.saturating_add(if helped { 10 } else { 0 }).min(89));
            }
        }
        let mut candidates: Vec<Candidate> =
            best.into_values().filter(|candidate| candidate.confidence >= 40).collect();
        let order = |candidate: &Candidate| (std::cmp::Reverse((candidate.confidence, candidate.basis)), candidate.app);
        candidates.sort_by_key(order);
        candidates.truncate(MAX_SHOWN + 1);
        Match { candidates }
    }

    /// The names of an account, as dashed words: its own, and that of its user without the company's.
    fn names(&self, identity: &Identity) -> Vec<String> {
        let account = identity.account.and_then(|index| self.company.accounts.get(index));
        let company = format!("-{}", slug(&self.company.name));
        let user = slug(identity.service_address().unwrap_or(&identity.name));
        let user = user.strip_suffix(&company).unwrap_or(&user).to_owned();
        let mut names: Vec<String> = account.map(|account| slug(&account.name)).into_iter().chain([user]).collect();
        names.retain(|name| !name.is_empty());
        names.dedup();
        names
    }

    /// Apps of this name, or else of names like it, by how like they are: 85 is the same name.
    fn alike(&self, name: &str) -> Vec<(AppIx, u8)> {
        if let Some(same) = self.by_name.get(name) {
            return same.iter().map(|app| (*app, 85)).collect();
        }
        let words = name.split('-').filter_map(|word| self.by_word.get(word)).filter(|apps| apps.len() <= COMMON);
        let mut apps: Vec<AppIx> = words.flatten().copied().collect();
        apps.sort_unstable();
        apps.dedup();
        let likeness = |app: AppIx| {
            let names = &self.company.apps.all.get(app)?.slugs;
            let best = names.iter().map(|other| strsim::sorensen_dice(name, other)).fold(0.0, f64::max);
            // 0.0 to 0.84, in steps of a hundredth.
            (0..=84_u8).rev().find(|step| f64::from(*step) <= best * 84.0).map(|step| (app, step))
        };
        apps.into_iter().filter_map(likeness).collect()
    }
}

/// What stands after the `@`, in lower case.
fn domain(email: &str) -> Option<String> {
    let (_, domain) = email.rsplit_once('@')?;
    (!domain.is_empty()).then(|| domain.to_lowercase())
}
