//! Tells service identities from people, and says how sure it is.
//!
//! First what a hand-kept link or the Service Accounts page says, then the installed apps, then the shape of the name.
//! A DMSA's directory user is `<app name>-<8 hex digits>` with the same name before `@procore.com`; a traditional
//! account's is `<account name>-<company name>` without that tail. `is_employee` proves nothing: subcontractors are no
//! employees either.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use smol_str::SmolStr;

use super::directory::Identity;
use super::known::{Known, text};
use crate::export::document::{Evidence, Origin};
use crate::export::records::User;

/// What an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// The directory user of an app: a Developer Managed Service Account.
    Managed,
    /// A traditional service account.
    Legacy,
    /// A person.
    Person,
}

/// How sure a classification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Told by the form of its name alone.
    Inferred,
    /// Two documents agree.
    Matched,
    /// The company or the Service Accounts page says so.
    Stated,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inferred => "inferred",
            Self::Matched => "matched",
            Self::Stated => "stated",
        })
    }
}

/// What an identity is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// What it is.
    pub sort: Sort,
    /// How sure that is.
    pub strength: Strength,
    /// Why, as a clause: "its name has the form …".
    pub because: &'static str,
}

impl Class {
    /// A class for a reason.
    pub fn new(sort: Sort, strength: Strength, because: &'static str) -> Self {
        Self { sort, strength, because }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed => "ManagedAccount",
            Self::Legacy => "LegacyAccount",
            Self::Person => "Person",
        })
    }
}

/// The domain of every service identity.
pub const SERVICE_DOMAIN: &str = "@procore.com";

static SLUG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[a-z0-9]+(?:-[a-z0-9]+)*$").ok());

/// Whether a text is lower-case words joined by dashes.
pub fn is_slug(text: &str) -> bool {
    SLUG.as_ref().is_some_and(|slug| slug.is_match(text))
}

/// The app's part of a DMSA's name: `rfi-pulls` of `rfi-pulls-4ef586a6`.
pub fn dmsa_stem(name: &str) -> Option<&str> {
    let (stem, tail) = name.rsplit_once('-')?;
    let hex = tail.len() == 8 && tail.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (hex && is_slug(stem)).then_some(stem)
}

/// Lower-case words joined by dashes, as Procore forms directory names.
pub fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// What the form of a directory user's name and address tells.
pub fn by_shape(identity: &Identity) -> Class {
    let local = identity.service_address();
    let names = [Some(identity.name.as_str()), identity.last_name.value().map(SmolStr::as_str), local];
    if names.into_iter().flatten().any(|name| dmsa_stem(name).is_some()) && !identity.has_first_name() {
        return Class::new(Sort::Managed, Strength::Inferred, "its name or address has the form of an app's user");
    }
    let own_slug = local.is_some_and(|local| {
        is_slug(local) && (local == identity.name || identity.last_name.value().is_some_and(|last| last == local))
    });
    if own_slug && !identity.has_first_name() {
        return Class::new(
            Sort::Legacy,
            Strength::Inferred,
            "its name and @procore.com address are the same dashed words",
        );
    }
    Class::new(Sort::Person, Strength::Inferred, "nothing marks it as a service identity")
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
        rest.map_or(Known::Unknown, |rest| Known::is(rest.trim().into(), Evidence::new(origin, "name")))
    };
    match (first.value(), last.value()) {
        (None, Some(known)) => (rest(whole.strip_suffix(known.as_str())), last),
        (Some(known), None) => {
            let told = rest(whole.strip_prefix(known.as_str()));
            (first, told)
        }
        _ => (first, last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_eight_hex_digits_marks_an_app() {
        assert_eq!(dmsa_stem("rfi-pulls-4ef586a6"), Some("rfi-pulls"));
        assert_eq!(dmsa_stem("my-dmsa-test-app-469b1f7f"), Some("my-dmsa-test-app"));
        assert_eq!(dmsa_stem("toric-app-toric-demo-company-us02"), None);
        assert_eq!(dmsa_stem("4ef586a6"), None);
        assert_eq!(dmsa_stem("Rfi-4ef586a6"), None);
    }

    #[test]
    fn names_become_dashed_words() {
        assert_eq!(slug("Toric App (Demo) "), "toric-app-demo");
    }

    #[test]
    fn a_whole_name_tells_the_part_that_is_missing() {
        let parts = |record: &str| {
            let user = serde_json::from_str(record).unwrap();
            let (first, last) = name_parts(&user, Origin { document: 0, record: 0 });
            (first.value().cloned(), last.value().cloned())
        };
        let told = |first: &str, last: &str| (Some(first.into()), Some(last.into()));
        assert_eq!(parts(r#"{"name": "Ann Lee", "last_name": "Lee"}"#), told("Ann", "Lee"));
        assert_eq!(parts(r#"{"name": "Ann Lee", "first_name": "Ann"}"#), told("Ann", "Lee"));
        assert_eq!(parts(r#"{"name": "rfi-pulls", "last_name": "rfi-pulls"}"#), told("", "rfi-pulls"));
        assert_eq!(parts(r#"{"name": "rfi-pulls", "first_name": null}"#), told("", "rfi-pulls"));
        assert_eq!(parts(r#"{"name": "Lee, Ann", "last_name": "Lee"}"#), (None, Some("Lee".into())));
        assert_eq!(parts(r#"{"name": "Annlee", "last_name": "lee"}"#), (None, Some("lee".into())));
        assert_eq!(parts(r#"{"last_name": "rfi-pulls"}"#), (None, Some("rfi-pulls".into())));
        assert_eq!(parts(r#"{"name": "Ann Lee"}"#), (None, None));
    }
}
