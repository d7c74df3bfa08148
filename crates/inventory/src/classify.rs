//! Classifies directory users as service identities or people, by weight of evidence.
//!
//! A DMSA's directory user is `<app name>-<8 characters>`, with the same name before `@procore.com` and without a first
//! name; a legacy account's is `<account name>-<company name>` without that tail. Each of these can be edited, so that no
//! single one decides: `EVIDENCE` says how much each weighs. `is_employee` proves nothing: subcontractors are no
//! employees either.

use std::fmt;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::accounts::Account;
use super::apps::{AppIx, Apps};
use super::directory::Identity;
use super::names::{Tail, slug, split_tail, squash, squashed_stem};
use super::stated::text;
use cutover_export::records::User;
use cutover_model::evidence::Origin;
use cutover_model::known::Known;

/// What an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// The directory user of an app: a Developer Managed Service Account.
    Managed,
    /// A legacy service account.
    Legacy,
    /// A person.
    Person,
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed => "ManagedAccount",
            Self::Legacy => "LegacyAccount",
            Self::Person => "Person",
        })
    }
}

/// How sure a classification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Some evidence for a service identity, and not enough: it counts as a person, and controls over service identities
    /// are not assessed for it.
    Possible,
    /// The form of its name and address alone.
    Inferred,
    /// Its name and another record agree.
    Matched,
    /// The company or the Service Accounts page says so.
    Stated,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Possible => "possible",
            Self::Inferred => "inferred",
            Self::Matched => "matched",
            Self::Stated => "stated",
        })
    }
}

/// A piece of evidence about what an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A `[[link]]` to an app.
    LinkedToApp,
    /// A `[[link]]` to a service account.
    LinkedToAccount,
    /// A `[[person]]` record.
    RecordedAsPerson,
    /// A row of the Service Accounts page.
    Listed,
    /// A plan that is being simulated installs its app.
    Planned,
    /// It was a service identity before the change.
    ServiceBefore,
    /// Eight hexadecimal digits behind its name.
    HexadecimalTail,
    /// The name of the company behind its name.
    Company,
    /// The name of an app, and a tail.
    AppAndTail,
    /// The name of an account of the Service Accounts page in front.
    Account,
    /// Eight digits behind its name.
    DigitTail,
    /// Eight letters and digits behind its name.
    RandomTail,
    /// The name of an app, and a word of eight letters.
    AppAndWord,
    /// An address at procore.com.
    Address,
    /// Its family name is its address.
    NameIsAddress,
    /// No first name.
    NoFirstName,
    /// An address of more words than people have in theirs, or of words joined by dashes.
    AddressForm,
    /// An address that has nothing of its name.
    UnrelatedAddress,
    /// The name of the company behind its name, where that may be its family name.
    CompanyOrFamilyName,
}

/// How much a piece of evidence weighs, which kind of service identity it speaks for, and how reports put it.
struct Evidence {
    sign: Sign,
    weight: u32,
    kind: Option<IdentityKind>,
    clause: &'static str,
}

/// This much evidence makes a service identity.
const ENOUGH: u32 = 5;
/// This much evidence makes a possible service identity.
const SOME: u32 = 3;
/// More than all other evidence together.
const DECISIVE: u32 = 100;

/// All evidence, the heaviest first.
const EVIDENCE: [Evidence; 19] = {
    use IdentityKind::{Legacy, Managed, Person};
    use Sign as S;
    const fn row(sign: Sign, weight: u32, kind: Option<IdentityKind>, clause: &'static str) -> Evidence {
        Evidence { sign, weight, kind, clause }
    }
    [
        row(S::LinkedToApp, DECISIVE, Some(Managed), "reviews.toml links it to an app"),
        row(S::LinkedToAccount, DECISIVE, Some(Legacy), "reviews.toml links it to a service account"),
        row(S::Listed, DECISIVE, Some(Legacy), "the Service Accounts page lists it"),
        row(S::RecordedAsPerson, DECISIVE, Some(Person), "reviews.toml records it as a person"),
        row(S::Planned, DECISIVE, Some(Managed), "the plan installs its app"),
        row(S::ServiceBefore, DECISIVE, None, "it was a service identity before the change"),
        row(S::HexadecimalTail, 4, Some(Managed), "its name or address ends in eight hexadecimal digits"),
        row(S::Company, 4, Some(Legacy), "its name or address ends in the name of the company"),
        row(S::AppAndTail, 3, Some(Managed), "its name begins with that of an app"),
        row(S::Account, 3, Some(Legacy), "its name begins with that of an account on the Service Accounts page"),
        row(S::Address, 2, None, "its address is at procore.com"),
        row(S::NameIsAddress, 2, None, "its family name is its address"),
        row(S::DigitTail, 2, Some(Managed), "its name or address ends in eight digits"),
        row(S::RandomTail, 2, Some(Managed), "its name or address ends in eight letters and digits"),
        row(S::AppAndWord, 2, Some(Managed), "its name is that of an app and eight letters"),
        row(S::NoFirstName, 1, None, "it has no first name"),
        row(S::AddressForm, 1, None, "its address does not have the form of a person's"),
        row(S::UnrelatedAddress, 1, None, "its address does not match its name"),
        row(S::CompanyOrFamilyName, 1, Some(Legacy), "its address ends in the name of the company"),
    ]
};

/// A set of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs(u32);

impl Signs {
    fn add(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u32;
    }

    fn with(mut self, sign: Sign) -> Self {
        self.add(sign);
        self
    }

    /// Whether a piece of evidence is among them.
    pub fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u32) != 0
    }

    /// The heaviest first.
    fn rows(self) -> impl Iterator<Item = &'static Evidence> {
        EVIDENCE.iter().filter(move |row| self.has(row.sign))
    }

    fn weight(self) -> u32 {
        self.rows().map(|row| row.weight).sum()
    }

    fn weight_for(self, kind: IdentityKind) -> u32 {
        self.rows().filter(|row| row.kind == Some(kind)).map(|row| row.weight).sum()
    }
}

/// What an identity is, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// What it is.
    pub kind: IdentityKind,
    /// How sure that is.
    pub strength: Strength,
    /// The evidence.
    signs: Signs,
    /// The kinds of service identity that a person may be instead.
    pub possible: &'static [IdentityKind],
}

impl Class {
    /// A person: nothing says otherwise.
    pub const PERSON: Self =
        Self { kind: IdentityKind::Person, strength: Strength::Inferred, signs: Signs(0), possible: &[] };

    /// A class that a record states, or that the plan that is being simulated makes so.
    pub fn stated(kind: IdentityKind, sign: Sign) -> Self {
        Self { kind, strength: Strength::Stated, signs: Signs::default().with(sign), possible: &[] }
    }

    /// What was a service identity before a change is one after it, whatever its name is now.
    #[must_use]
    pub fn as_before(self, before: Self) -> Self {
        Self {
            kind: before.kind,
            strength: Strength::Matched,
            signs: self.signs.with(Sign::ServiceBefore),
            possible: &[],
        }
    }

    /// The class that so much evidence makes.
    fn weigh(signs: Signs) -> Self {
        let (managed, legacy) = (signs.weight_for(IdentityKind::Managed), signs.weight_for(IdentityKind::Legacy));
        let another_record = [Sign::AppAndTail, Sign::AppAndWord, Sign::Company, Sign::Account];
        let matched = another_record.iter().any(|sign| signs.has(*sign));
        match signs.weight() {
            weight if weight >= ENOUGH => Self {
                kind: if managed > legacy { IdentityKind::Managed } else { IdentityKind::Legacy },
                strength: if matched { Strength::Matched } else { Strength::Inferred },
                signs,
                possible: &[],
            },
            weight if weight >= SOME => Self {
                kind: IdentityKind::Person,
                strength: Strength::Possible,
                signs,
                possible: match (managed, legacy) {
                    (0, 0) => &[IdentityKind::Managed, IdentityKind::Legacy],
                    (managed, legacy) if managed > legacy => &[IdentityKind::Managed],
                    _ => &[IdentityKind::Legacy],
                },
            },
            _ => Self { signs, ..Self::PERSON },
        }
    }

    /// Whether a piece of evidence counts.
    pub fn has(self, sign: Sign) -> bool {
        self.signs.has(sign)
    }

    /// Whether it is a person for all that is known, and may be a service identity.
    pub fn is_possible_service(self) -> bool {
        !self.possible.is_empty()
    }

    /// Why, as a sentence: as much of the evidence as decides.
    pub fn because(self) -> String {
        let decisive = self.strength > Strength::Possible;
        let mut weight = 0;
        let mut clauses = Vec::new();
        for row in self.signs.rows() {
            if decisive && weight >= ENOUGH {
                break;
            }
            weight += row.weight;
            clauses.push(row.clause);
        }
        let evidence = match clauses.as_slice() {
            [] => return "no sign of a service identity".to_owned(),
            [only] => (*only).to_owned(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        };
        match self.kind {
            IdentityKind::Person if self.is_possible_service() => format!("it may be a service identity: {evidence}"),
            IdentityKind::Person if weight < DECISIVE => {
                format!("{evidence}, which is not enough for a service identity")
            }
            _ => evidence,
        }
    }
}

/// What the names of users are compared with.
#[derive(Debug)]
pub(super) struct KnownNames {
    /// The squashed names of apps; `None` where several share one.
    apps: FxHashMap<String, Option<AppIx>>,
    /// The slugs of the accounts of the Service Accounts page, in order.
    accounts: Vec<String>,
    /// The slug of the company's name, if it is known.
    company: Option<String>,
}

impl KnownNames {
    pub(super) fn of(apps: &Apps, accounts: &[Account], company: Option<&str>) -> Self {
        let mut known = Self { apps: FxHashMap::default(), accounts: Vec::new(), company: None };
        for (index, app) in apps.all.iter().enumerate() {
            for name in app.slugs.iter().map(|slug| squash(slug)).filter(|name| !name.is_empty()) {
                let at = known.apps.entry(name).or_insert(Some(index));
                *at = at.filter(|one| *one == index);
            }
        }
        known.accounts = accounts.iter().map(|account| slug(&account.name)).filter(|name| !name.is_empty()).collect();
        known.accounts.sort_unstable();
        known.accounts.dedup();
        known.company = company.map(slug).filter(|name| !name.is_empty());
        known
    }

    /// Whether a slug is something and the company's name.
    fn ends_in_company(&self, slug: &str) -> bool {
        /// Where nothing joins the words, a short name may be the end of a word.
        const UNMISTAKABLE: usize = 6;
        let Some(company) = &self.company else { return false };
        let set_off = slug.strip_suffix(company.as_str()).is_some_and(|stem| stem.len() > 1 && stem.ends_with('-'));
        let (slug, company) = (squash(slug), squash(company));
        set_off || (company.len() >= UNMISTAKABLE && slug.len() > company.len() && slug.ends_with(&company))
    }

    /// Whether a slug is the name of an account, and something that is no tail of an app's user.
    fn begins_with_account(&self, slug: &str) -> bool {
        let is_account = |start: &str| self.accounts.binary_search_by(|account| account.as_str().cmp(start)).is_ok();
        let is_no_tail =
            |start: &str| split_tail(slug).is_none_or(|(stem, tail)| tail == Tail::Letters || stem != start);
        let mut starts = slug.match_indices('-').filter_map(|(at, _)| slug.get(..at));
        starts.any(|start| is_account(start) && is_no_tail(start))
    }

    /// The app whose name, with eight characters behind it, is the slug; `None` inside where several have the name.
    fn app_of(&self, slug: &str) -> Option<(Option<AppIx>, Tail)> {
        let squashed = squash(slug);
        let (stem, tail) = squashed_stem(&squashed)?;
        Some((*self.apps.get(stem)?, tail))
    }
}

/// Classifies a directory user by all evidence there is; tells its app, if its name is that of one.
pub(super) fn classify(identity: &Identity, known: &KnownNames) -> (Class, Option<AppIx>) {
    let address = identity.service_address();
    let local = identity.address_name();
    let last = identity.last_name.value().map(SmolStr::as_str).filter(|last| !last.is_empty());
    let name = Some(identity.name.as_str()).filter(|name| identity.named && !name.is_empty());
    let no_first_name = match &identity.first_name {
        Known::Is(first) => first.value.is_empty(),
        // A name of one word has no room for a first name.
        Known::Unknown => name.is_some_and(|name| !name.contains(char::is_whitespace)),
        Known::Contradicted => false,
    };
    let texts = [(local, true), (last, false), (name, false)];
    let texts = texts.into_iter().filter_map(|(text, is_address)| Some((text?, is_address)));
    // Nearly all users are people: nothing of them needs to be compared with anything.
    let has_digit = |(text, _): (&str, bool)| text.bytes().any(|byte| byte.is_ascii_digit());
    if address.is_none() && !no_first_name && !texts.clone().any(has_digit) {
        return (Class::PERSON, None);
    }
    let mut signs = Signs::default();
    let is_ordinary = is_persons_address(identity);
    if no_first_name {
        signs.add(Sign::NoFirstName);
    }
    if let Some(address) = address {
        signs.add(Sign::Address);
        of_address(&mut signs, identity, address, (no_first_name, is_ordinary));
    }
    let mut app = None;
    for (raw, is_address) in texts {
        let text = slug(raw);
        // What people chose themselves, in an address elsewhere or a name of several words, is no evidence of this kind.
        let is_given = match is_address {
            true => address.is_some(),
            false => no_first_name && !raw.contains(char::is_whitespace),
        };
        if is_given && known.ends_in_company(&text) {
            signs.add(if is_ordinary { Sign::CompanyOrFamilyName } else { Sign::Company });
            continue;
        }
        if is_given && !is_ordinary && known.begins_with_account(&text) {
            signs.add(Sign::Account);
        }
        let is_own_number = is_address && address.is_none() && !no_first_name;
        match split_tail(&text).map(|(_, tail)| tail) {
            Some(Tail::Hexadecimal) => signs.add(Sign::HexadecimalTail),
            Some(Tail::Digits) if !is_own_number => signs.add(Sign::DigitTail),
            Some(Tail::Alphanumeric) => signs.add(Sign::RandomTail),
            _ => {}
        }
        match known.app_of(&text) {
            Some((_, Tail::Letters)) if is_ordinary || !(address.is_some() || no_first_name) => {}
            Some((found, tail)) => {
                signs.add(if tail == Tail::Letters { Sign::AppAndWord } else { Sign::AppAndTail });
                app = app.or(found);
            }
            None => {}
        }
    }
    (Class::weigh(signs), app)
}

/// What an address at procore.com tells beside the name.
fn of_address(signs: &mut Signs, identity: &Identity, address: &str, (no_first_name, is_ordinary): (bool, bool)) {
    let of_address = slug(address);
    let words = of_address.split('-').count();
    let (first, last) = (identity.first_name.value(), identity.last_name.value());
    let last_name = last.map(SmolStr::as_str).filter(|last| !last.is_empty());
    let name = last_name.unwrap_or(&identity.name);
    let is_family_name = last_name.is_some() || no_first_name || !name.contains(char::is_whitespace);
    if slug(name) == of_address && (words > 1 || name == address) && is_family_name {
        signs.add(Sign::NameIsAddress);
    }
    // People have dashes in a double-barrelled family name.
    let is_dashed = address.contains(['-', '_']) && !address.contains('.') && !signs.has(Sign::NameIsAddress);
    if !is_ordinary && words >= if is_dashed { 2 } else { 3 } {
        signs.add(Sign::AddressForm);
    }
    if let (Some(first), Some(last)) = (first, last)
        && !first.is_empty()
    {
        let squashed = squash(&of_address);
        let names = [first, last].map(|name| squash(&slug(name)));
        if names.iter().all(|name| name.is_empty() || !squashed.contains(name.as_str())) {
            signs.add(Sign::UnrelatedAddress);
        }
    }
}

/// Whether a first name of one word and a family name make the address as people have it: `jane.doe`.
fn is_persons_address(identity: &Identity) -> bool {
    let (Some(first), Some(last)) = (identity.first_name.value(), identity.last_name.value()) else { return false };
    let Some(local) = identity.address_name() else { return false };
    let (first, last) = (slug(first), slug(last));
    let is_named = !first.is_empty() && !first.contains('-') && !last.is_empty();
    is_named && local.split('.').map(slug).eq([first, last])
}

/// The whole name is the given name and the family name: with one of the two, it tells the other.
///
/// Lists hold all three, shows leave out what is empty.
pub fn name_parts(user: &User, origin: Origin) -> (Known<SmolStr>, Known<SmolStr>) {
    let first = text(&user.first_name, origin, "first_name");
    let last = text(&user.last_name, origin, "last_name");
    let Some(whole) = user.name.value().map(|whole| whole.trim()).filter(|whole| !whole.is_empty()) else {
        return (first, last);
    };
    let rest = |rest: Option<&str>| {
        let rest = rest.filter(|rest| rest.is_empty() || rest.len() == whole.len() || rest.trim() != *rest);
        let evidence = cutover_model::evidence::Evidence::new(origin, "name");
        rest.map_or(Known::Unknown, |rest| Known::is(rest.trim().into(), evidence))
    };
    match (first.value(), last.value()) {
        (None, Some(known)) => (rest(whole.strip_suffix(known.as_str())), last),
        (Some(known), None) => {
            let described = rest(whole.strip_prefix(known.as_str()));
            (first, described)
        }
        _ => (first, last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Origin = Origin { document: 0, record: 0 };

    /// A user, and the company "Acme Builders" with an app "Photo Sync" and an account "Crew Clock".
    fn class(first: &str, last: &str, email: &str) -> Class {
        let name = format!("{first} {last}");
        let user = Identity {
            first_name: Known::is(first.into(), AT),
            last_name: Known::is(last.into(), AT),
            email: Known::is(email.into(), AT),
            ..Identity::named(name.trim().to_owned(), AT)
        };
        let known = KnownNames {
            apps: FxHashMap::from_iter([("photosync".to_owned(), Some(0))]),
            accounts: vec!["crew-clock".to_owned()],
            company: Some("acme-builders".to_owned()),
        };
        classify(&user, &known).0
    }

    #[test]
    fn an_edited_name_leaves_enough_evidence_for_a_service_identity() {
        use IdentityKind::{Legacy, Managed};
        for (first, last, email, kind) in [
            ("", "rfi-pulls-4ef586a6", "rfi-pulls-4ef586a6@procore.com", Managed),
            ("Robot", "rfi-pulls-4ef586a6", "rfi-pulls-4ef586a6@procore.com", Managed),
            ("Ann", "Lee", "rfi-pulls-4ef586a6@procore.com", Managed),
            ("", "Rfi_Pulls.4EF586A6", "RFI-pulls-4ef586a6@Procore.com", Managed),
            ("", "rfi-pulls-4ef586a6", "rfi-pulls-4ef586a6@kestrel.test", Managed),
            ("", "rfi-pulls-4ef586a6", "ann@kestrel.test", Managed),
            ("Robot", "photosync1a2b3c4d", "photosync1a2b3c4d@procore.com", Managed),
            ("", "photo-sync-kqzvxwpt", "photo-sync-kqzvxwpt@procore.com", Managed),
            ("Ann", "Lee", "photo.sync.zq7x2k9w@procore.com", Managed),
            ("", "café-sync-0aab34cd", "cafe-sync-0aab34cd@procore.com", Managed),
            ("", "vault-archive-acme-builders", "vault-archive-acme-builders@procore.com", Legacy),
            ("", "vault-archive-acme-builders", "ops@kestrel.test", Legacy),
            ("Vault", "Robot", "vault-archive-acme-builders@procore.com", Legacy),
            ("", "field_sync-elsewhere", "field_sync-elsewhere@procore.com", Legacy),
            ("Robot", "crew_clock-elsewhere", "crew_clock-elsewhere@procore.com", Legacy),
        ] {
            let class = class(first, last, email);
            assert_eq!(class.kind, kind, "{first} {last} {email}: {}", class.because());
        }
    }

    #[test]
    fn some_evidence_makes_a_possible_service_identity() {
        for (first, last, email) in [
            ("Field", "Sync", "field-sync@procore.com"),
            ("Ann", "Lee", "field.sync@procore.com"),
            ("Robot", "rfi-pulls-4ef586a6", "ann@kestrel.test"),
            ("Vault", "archive-acme-builders", "vault-archive@procore.com"),
            ("Jane", "Smith-Jones", "smith-jones@procore.com"),
        ] {
            let class = class(first, last, email);
            assert_eq!(
                (class.kind, class.strength),
                (IdentityKind::Person, Strength::Possible),
                "{first} {last} {email}"
            );
            assert!(class.is_possible_service(), "{first} {last} {email}");
        }
    }

    #[test]
    fn ordinary_people_stay_people() {
        for (first, last, email) in [
            ("Jane", "Doe", "jane.doe@procore.com"),
            ("Jane", "Anderson", "jane.anderson@procore.com"),
            ("Jane", "Wilson", "jane.wilson07@procore.com"),
            ("API", "Support", "apisupport@procore.com"),
            ("Jane", "Doe", "jdoe@procore.com"),
            ("Anna", "Smith-Jones", "anna.smith-jones@procore.com"),
            ("Ann", "Lee", "ann.lee@kestrel.test"),
            ("Ann", "Lee", "ann.10002345@kestrel.test"),
            ("Photo", "Anderson", "photo.anderson@kestrel.test"),
            ("", "Acme Builders", "office@acme.test"),
            ("", "Madonna", "madonna@kestrel.test"),
            ("Ann", "Lee", "ann+1a2b3c4d@kestrel.test"),
        ] {
            let class = class(first, last, email);
            assert_eq!(
                (class.kind, class.possible),
                (IdentityKind::Person, &[][..]),
                "{first} {last} {email}: {}",
                class.because()
            );
        }
    }

    #[test]
    fn the_evidence_that_decides_is_told() {
        assert_eq!(
            class("Robot", "rfi-pulls-4ef586a6", "rfi-pulls-4ef586a6@procore.com").because(),
            "its name or address ends in eight hexadecimal digits and its address is at procore.com"
        );
        assert_eq!(
            class("Jane", "Doe", "jane.doe@procore.com").because(),
            "its address is at procore.com, which is not enough for a service identity"
        );
    }

    #[test]
    fn heavier_evidence_comes_first() {
        assert!(EVIDENCE.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
    }

    #[test]
    fn a_whole_name_tells_the_part_that_is_missing() {
        let parts = |record: &str| {
            let user = serde_json::from_str(record).unwrap();
            let (first, last) = name_parts(&user, AT);
            (first.value().cloned(), last.value().cloned())
        };
        let described = |first: &str, last: &str| (Some(first.into()), Some(last.into()));
        assert_eq!(parts(r#"{"name": "Ann Lee", "last_name": "Lee"}"#), described("Ann", "Lee"));
        assert_eq!(parts(r#"{"name": "Ann Lee", "first_name": "Ann"}"#), described("Ann", "Lee"));
        assert_eq!(parts(r#"{"name": "rfi-pulls", "last_name": "rfi-pulls"}"#), described("", "rfi-pulls"));
        assert_eq!(parts(r#"{"name": "rfi-pulls", "first_name": null}"#), described("", "rfi-pulls"));
        assert_eq!(parts(r#"{"name": "Lee, Ann", "last_name": "Lee"}"#), (None, Some("Lee".into())));
        assert_eq!(parts(r#"{"name": "Annlee", "last_name": "lee"}"#), (None, Some("lee".into())));
        assert_eq!(parts(r#"{"last_name": "rfi-pulls"}"#), (None, Some("rfi-pulls".into())));
        assert_eq!(parts(r#"{"name": "Ann Lee"}"#), (None, None));
    }
}
