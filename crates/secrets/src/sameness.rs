//! Determines whether two places hold the same secret, without keeping either.
//!
//! A secret is compared by a keyed hash under a key that is drawn at random in each run and never leaves memory. Without
//! the key the hash of a weak password could be searched for; with it, nothing is left once the program ends.

use std::fmt;
use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What two places have in common when they hold the same value. Never written anywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sameness(u64);

impl Sameness {
    /// That of a value; `None` when the system gives no random key.
    pub fn of(value: &str) -> Option<Self> {
        static KEY: OnceLock<Option<[u8; 32]>> = OnceLock::new();
        let draw = || {
            let mut key = [0; 32];
            getrandom::fill(&mut key).ok().map(|()| key)
        };
        let key = KEY.get_or_init(draw).as_ref()?;
        let mut hash = Hmac::<Sha256>::new_from_slice(key).ok()?;
        hash.update(value.as_bytes());
        let digest = hash.finalize().into_bytes();
        let first: [u8; 8] = digest.get(..8)?.try_into().ok()?;
        Some(Self(u64::from_be_bytes(first)))
    }
}

impl fmt::Debug for Sameness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sameness(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_the_same_and_others_are_not() {
        assert_eq!(Sameness::of("hunter2"), Sameness::of("hunter2"));
        assert_ne!(Sameness::of("hunter2"), Sameness::of("hunter3"));
    }

    #[test]
    fn it_does_not_show_itself() {
        assert_eq!(format!("{:?}", Sameness::of("hunter2").unwrap()), "Sameness(…)");
    }
}
