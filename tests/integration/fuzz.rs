//! Damaged exports, packs and results, given to every verb in every format.
//!
//! Each case takes a fixture, damages it in a few places, hides secrets in it and runs the program as a process. It must
//! end within [`outcome::LONGEST_RUN`], with a documented exit code, without a panic and without a secret in anything
//! it wrote, and what it wrote must be readable by a parser of that format.
//!
//! To run many cases, use a release build, and a folder in memory for their files:
//!
//! ```console
//! $ cargo build --release
//! $ export CUTOVER_FUZZ_CASES=10000 CUTOVER_BINARY=$PWD/target/release/cutover
//! $ TMPDIR=/dev/shm cargo test --test integration fuzz::
//! ```
//!
//! `CUTOVER_FUZZ_FIRST=10000` starts at another case. A case depends on its number alone. What went wrong is printed with
//! that number, the folder of the case, which is kept, and the command line. To repeat case 123, with its files made anew:
//!
//! ```console
//! $ CUTOVER_FUZZ_FIRST=123 CUTOVER_FUZZ_CASES=1 cargo test --test integration fuzz::
//! ```

mod commands;
mod damage;
mod files;
mod outcome;
mod secrets;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use rayon::prelude::*;
use tempfile::TempDir;

use outcome::Outcome;

/// Cases of a plain `cargo test`; CI runs many more on a release build.
const CASES: u64 = 60;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// Runs one case; says what is wrong with it, if anything, and how the program ended.
fn run(case: u64) -> (Result<(), String>, Option<i32>) {
    let mut rng = Rng::with_seed(case);
    let folder = TempDir::new().unwrap();
    let commands = commands::choose(&mut rng);
    let used = |side: &&str| commands.iter().any(|command| command.arguments.iter().any(|argument| argument == side));
    let sides: Vec<&str> = ["export", "before", "after"].into_iter().filter(used).collect();
    let mut tree = files::tree(&sides, &mut rng);
    for _ in 0..rng.usize(1..=4) {
        damage::damage(&mut tree, &mut rng);
    }
    let secrets = secrets::plant(&mut tree, &mut rng);
    files::write(&tree, folder.path());
    damage::damage_folder(folder.path(), &mut rng);
    let mut code = None;
    for command in &commands {
        let outcome = Outcome::of(command, folder.path());
        code = outcome.code;
        if let Err(wrong) = outcome.check(command, &secrets, folder.path()) {
            let kept = folder.keep();
            return (Err(format!("case {case}: {wrong}\n  cd {} && cutover {}", kept.display(), command.line())), code);
        }
        damage::damage_results(folder.path(), &mut rng);
    }
    (Ok(()), code)
}

#[test]
fn every_damaged_input_ends_in_a_documented_way() {
    let first = number("CUTOVER_FUZZ_FIRST", 0);
    let cases = number("CUTOVER_FUZZ_CASES", CASES);
    let codes = Mutex::new(BTreeMap::<Option<i32>, usize>::new());
    let failed = AtomicUsize::new(0);
    let wrong: Vec<String> = (first..first + cases)
        .into_par_iter()
        .filter_map(|case| {
            // What comes after the first few says the same again.
            if failed.load(Ordering::Relaxed) > 20 {
                return None;
            }
            let (result, code) = run(case);
            *codes.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
            result.err().inspect(|_| {
                failed.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    let codes = codes.into_inner().unwrap_or_else(PoisonError::into_inner);
    eprintln!("{cases} cases from {first}; exit codes {codes:?}");
    assert!(wrong.is_empty(), "{} cases went wrong:\n{}", wrong.len(), wrong.join("\n"));
    // A harness in which every run ends at a wrong argument tests nothing; a few cases alone may all do that.
    let judged: usize = [0, 1, 3].iter().filter_map(|code| codes.get(&Some(*code))).sum();
    assert!(
        cases < CASES || judged * 3 > codes.values().sum::<usize>(),
        "too few of the runs came as far as a result: {codes:?}"
    );
}
