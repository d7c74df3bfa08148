//! The places of a violation: what its facts differ in, as projects, manifest versions and redirect addresses.
//!
//! A violation is the same as before when its fingerprint is, and it is not worse when each of its places was there. A
//! result names the first of them; of all others it keeps a digest, so that no place is ever taken for a known one.

use sha2::{Digest as _, Sha256};

use cutover_model::result::Thing;
use cutover_model::result::audit::{Places, Violation};

/// What stands for one place.
pub(super) type Digest = u64;

/// The digest of a place: the type and id of what a fact differs in, or nothing for a fact of no such thing.
pub(super) fn digest(place: Option<(&str, &str)>) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"cutover place/v1\n");
    if let Some((kind, id)) = place {
        hash.update((kind.len() as u64).to_be_bytes());
        hash.update(kind.as_bytes());
        hash.update(id.as_bytes());
    }
    let first = hash.finalize().first_chunk::<8>().copied();
    Digest::from_be_bytes(first.unwrap_or_default())
}

/// The digest of a place as results name it.
pub(super) fn of_thing(thing: &Thing) -> Digest {
    digest(Some((&thing.r#type, &thing.id)))
}

/// Every place of a violation, sorted.
pub(super) fn of(violation: &Violation) -> Box<[Digest]> {
    let mut all: Vec<Digest> = match (&violation.places, violation.members.as_slice()) {
        (Some(Places(digests)), _) => digests.clone(),
        (None, []) => vec![digest(None)],
        (None, members) => members.iter().map(of_thing).collect(),
    };
    all.sort_unstable();
    all.dedup();
    all.into_boxed_slice()
}
