//! Measures the secret detector on a generated corpus, and prints the table of `docs/secrets.md`.
//!
//! ```text
//! cargo run --release --example secrets -- [SEED] [VALUES]
//! ```

use std::io::{self, Write};

#[path = "secrets/corpus.rs"]
mod corpus;
#[path = "secrets/measure.rs"]
mod measure;

use corpus::Sample;
use measure::{Score, measure};

/// The seed and the number of values in each file of the published table.
const PUBLISHED: (u64, usize) = (7, 500);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(PUBLISHED.0);
    let values = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(PUBLISHED.1);
    let measured: Vec<(Sample, Score)> = corpus::corpus(seed, values)
        .into_iter()
        .map(|sample| {
            let score = measure(&sample);
            (sample, score)
        })
        .collect();
    let mut out = io::stdout().lock();
    writeln!(out, "| secrets | found | exactly | other finds |\n|---|---|---|---|")?;
    for (Sample { what, values, .. }, score) in measured.iter().filter(|(sample, _)| !sample.secrets.is_empty()) {
        let Score { found, exact, false_alarms } = score;
        writeln!(out, "| {what} | {found} of {values} | {exact} | {false_alarms} |")?;
    }
    writeln!(out, "\n| look-alikes | false alarms |\n|---|---|")?;
    for (Sample { what, values, .. }, score) in measured.iter().filter(|(sample, _)| sample.secrets.is_empty()) {
        writeln!(out, "| {what} | {} of {values} |", score.false_alarms)?;
    }
    Ok(())
}
