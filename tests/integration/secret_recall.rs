//! The secret detector does not get worse: recall floors and false alarms on a small seeded corpus.

#[path = "../../benches/secrets/corpus.rs"]
mod corpus;
#[path = "../../benches/secrets/measure.rs"]
mod measure;

use corpus::{Sample, corpus};
use measure::measure;

/// Values in each file.
const VALUES: usize = 120;

#[test]
fn secrets_are_found_in_every_file() {
    for sample in corpus(11, VALUES).iter().filter(|sample| !sample.secrets.is_empty()) {
        // Of keys of 22 characters that stand under no name, some look like words.
        let least = if sample.what.contains("App Builder key in") { VALUES * 95 / 100 } else { VALUES };
        let score = measure(sample);
        assert!(score.found >= least, "{}: {score:?}", sample.what);
        assert_eq!(score.false_alarms, 0, "{}: {score:?}", sample.what);
    }
}

#[test]
fn what_only_looks_like_a_secret_is_left_alone() {
    for sample in corpus(11, VALUES).iter().filter(|sample| sample.secrets.is_empty()) {
        let score = measure(sample);
        assert_eq!(score.false_alarms, 0, "{}", sample.what);
    }
}

#[test]
fn secrets_are_taken_whole() {
    for Sample { what, name, text, secrets, values } in corpus(11, VALUES) {
        let form = cutover_export::scrub::find::Form::of(name);
        let hits = cutover_export::scrub::find::find(form, &text).unwrap_or_else(|why| panic!("{what}: {why}"));
        // Whatever was found of a secret, no part of one is left beside it.
        let left: usize = secrets
            .iter()
            .filter(|secret| {
                let Some(start) = text.find(secret.as_str()) else { return false };
                let span = start..start + secret.len();
                let mut touching = hits.iter().filter(|hit| hit.span.start < span.end && span.start < hit.span.end);
                touching.any(|hit| hit.span.start > span.start || hit.span.end < span.end)
            })
            .count();
        assert_eq!(left, 0, "{what}: {left} of {values} in part");
    }
}
