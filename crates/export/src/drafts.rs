//! What is being written beside its place, and must not be left there by a program that is stopped.
//!
//! A draft is made, and put in its place, only while the list of drafts is held. Whoever stops the program holds it for
//! good: then every result is either whole or not there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Those that are not in their place. A draft that was given up may still be listed: it is gone, and no other file ever
/// gets its name.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// How often a folder is emptied into which other threads may still write.
const TRIES: usize = 20;

/// Nobody makes a draft, or puts one in its place, while this is held.
#[derive(Debug)]
pub struct Held(MutexGuard<'static, BTreeSet<PathBuf>>);

/// Waits until nobody else holds the drafts.
pub fn hold() -> Held {
    Held(UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Holds the drafts unless another thread, or this one, holds them already: a thread that panics never waits for itself.
pub fn try_hold() -> Option<Held> {
    match UNFINISHED.try_lock() {
        Ok(held) => Some(Held(held)),
        Err(TryLockError::Poisoned(held)) => Some(Held(held.into_inner())),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Makes a draft.
///
/// # Errors
/// When it cannot be made.
pub fn begin<T>(make: impl FnOnce() -> io::Result<T>, path: impl Fn(&T) -> &Path) -> io::Result<T> {
    let mut held = hold();
    let draft = make()?;
    held.0.insert(path(&draft).to_owned());
    Ok(draft)
}

impl Held {
    /// A draft is in its place now.
    pub fn finished(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// Takes all drafts away.
    pub fn abandon(&self) {
        for path in self.0.iter() {
            let is_folder = path.is_dir();
            let gone =
                || if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) }.is_ok() || !path.exists();
            let _ = (0..TRIES).any(|_| gone());
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::{NamedTempFile, TempDir};

    use super::*;

    #[test]
    fn what_is_abandoned_is_gone_and_what_is_finished_stays() {
        let folder = TempDir::new().unwrap();
        let inside = || NamedTempFile::new_in(folder.path());
        let (one, two) = (begin(inside, NamedTempFile::path).unwrap(), begin(inside, NamedTempFile::path).unwrap());
        let below = begin(|| TempDir::new_in(folder.path()), TempDir::path).unwrap();
        fs::write(below.path().join("x"), "x").unwrap();
        let mut held = hold();
        held.finished(one.path());
        held.abandon();
        assert!(one.path().exists() && !two.path().exists() && !below.path().exists());
    }
}
