//! The verdict on a run, in one line.

use super::text::Paint;
use cutover_model::escape;
use cutover_model::result::Severity;
use cutover_model::result::audit::{Audit, Outcome, Summary, Verdict, Violations};

/// `FAIL  Harborline Builders: 5 critical, 42 high (fails at: low)`.
pub(super) fn line<V: Violations>(audit: &Audit<V>, paint: Paint) -> String {
    let name = match audit.companies.as_slice() {
        [one] => escape::name(&one.name),
        [] => "no company".to_owned(),
        several => format!("{} companies", several.len()),
    };
    format!(
        "{}{name}: {}{}",
        word(&audit.verdict, paint),
        found(&audit.summary, audit.baseline.is_some()),
        threshold(&audit.verdict)
    )
}

/// The word of an outcome, padded to a column.
pub(super) fn word(verdict: &Verdict, paint: Paint) -> String {
    match verdict.outcome {
        Outcome::Pass => format!("{}  ", paint.good("PASS")),
        Outcome::Fail => format!("{}  ", paint.alarm("FAIL")),
        Outcome::Incomplete => format!("{}  ", paint.alarm("INCOMPLETE")),
        Outcome::Error => format!("{}  ", paint.alarm("ERROR")),
    }
}

/// The open violations by severity.
pub(super) fn found(summary: &Summary, is_compared: bool) -> String {
    let counts = Severity::WORST_FIRST.into_iter().filter(|severity| summary.of(*severity) > 0);
    let counts: Vec<String> = counts.map(|severity| format!("{} {}", summary.of(severity), severity.id())).collect();
    match (counts.is_empty(), is_compared) {
        (true, true) => "no new violations".to_owned(),
        (true, false) => "no violations".to_owned(),
        (false, true) => format!("new since the baseline: {}", counts.join(", ")),
        (false, false) => counts.join(", "),
    }
}

/// What fails a run.
pub(super) fn threshold(verdict: &Verdict) -> String {
    match (verdict.outcome, verdict.fail_on.is_empty()) {
        (Outcome::Error, _) => " (a policy failed to evaluate)".to_owned(),
        (Outcome::Incomplete, _) => " in what could be read".to_owned(),
        (_, false) => format!(" (fails at: {})", escape::name(&verdict.fail_on.join(", "))),
        (_, true) => " (never fails)".to_owned(),
    }
}
