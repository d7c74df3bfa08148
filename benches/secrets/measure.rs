//! What a detector finds in a sample, and how much of it.

use cutover_export::scrub::find::{Form, find};

use super::corpus::Sample;

/// How a detector did on a sample.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Score {
    /// Secrets that are covered whole.
    pub found: usize,
    /// Secrets that are covered whole, with nothing around them.
    pub exact: usize,
    /// Finds that touch no secret.
    pub false_alarms: usize,
}

/// Runs the detector over a sample.
pub(super) fn measure(sample: &Sample) -> Score {
    let hits = find(Form::of(sample.name), &sample.text).unwrap_or_default();
    let mut score = Score { found: 0, exact: 0, false_alarms: hits.len() };
    let mut from = 0;
    for secret in &sample.secrets {
        let Some(start) = sample.text.get(from..).and_then(|rest| rest.find(secret.as_str())) else { continue };
        let span = from + start..from + start + secret.len();
        let touching: Vec<_> =
            hits.iter().filter(|hit| hit.span.start < span.end && span.start < hit.span.end).collect();
        score.false_alarms -= touching.len();
        score.found += usize::from(touching.iter().any(|hit| hit.span.start <= span.start && span.end <= hit.span.end));
        score.exact += usize::from(touching.iter().any(|hit| hit.span == span));
        from = span.end;
    }
    score
}
