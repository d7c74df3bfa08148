//! Keeping a baseline: violations are added to it, and those that are gone are dropped from it. Neither does the other.

use std::collections::BTreeMap;

use super::baseline::{Judged, Known, order, same_company};
use cutover_model::result::audit::{Audit, BaselineState, Status, Summary, Violation, ViolationStatus};
use cutover_model::result::saved::SavedError;

/// Two results put together, and what that changed.
#[derive(Debug)]
pub struct Merged {
    /// The new baseline.
    pub audit: Audit,
    /// Violations that were added.
    pub added: usize,
    /// Violations that are listed as the newer result has them.
    pub updated: usize,
    /// Violations that were dropped.
    pub dropped: usize,
}

/// The baseline with every violation of a newer audit: what is new is added, what changed is taken as it is now, and what
/// is gone stays.
///
/// # Errors
/// When they are of different companies.
pub fn update(path: &str, baseline: &Audit, newer: &Audit) -> Result<Merged, SavedError> {
    same_company(path, &baseline.companies, &newer.companies)?;
    let known = Known::of(&baseline.violations);
    let states: Vec<BaselineState> = newer.violations.iter().map(|violation| known.state(violation)).collect();
    let count = |state: BaselineState| states.iter().filter(|one| **one == state).count();
    let now = Known::of(&newer.violations);
    let kept = baseline.violations.iter().filter(|violation| !now.holds(&violation.fingerprint));
    let violations = newer.violations.iter().chain(kept).cloned().collect();
    let (added, updated) = (count(BaselineState::New), count(BaselineState::Updated));
    Ok(Merged { audit: saved(newer.clone(), baseline, violations), added, updated, dropped: 0 })
}

/// The baseline without the violations that a newer audit no longer has. What that audit could not evaluate stays, and so
/// does what it partly assessed, unless it was compared with a baseline and says what is gone.
///
/// # Errors
/// When they are of different companies.
pub fn prune(path: &str, baseline: &Audit, newer: &Audit) -> Result<Merged, SavedError> {
    same_company(path, &baseline.companies, &newer.companies)?;
    let now = Known::of(&newer.violations);
    // A saved result does not say which facts were unknown, but one that was compared with a baseline says what is gone.
    let whole: Vec<_> = newer.coverage.iter().filter(|coverage| coverage.status == Status::Assessed).cloned().collect();
    let judged = Judged::of(&baseline.companies, &whole, &newer.companies);
    let gone = Known::of(&newer.absent);
    let stays = |violation: &&Violation| {
        let is_gone = gone.holds(&violation.fingerprint) || judged.again(&violation.control, &violation.company);
        now.holds(&violation.fingerprint) || !is_gone
    };
    let violations: Vec<Violation> = baseline.violations.iter().filter(stays).cloned().collect();
    let dropped = baseline.violations.len() - violations.len();
    Ok(Merged { audit: saved(baseline.clone(), baseline, violations), added: 0, updated: 0, dropped })
}

/// An audit with these violations, as if it had found them and compared with nothing.
fn saved(mut audit: Audit, baseline: &Audit, mut violations: Vec<Violation>) -> Audit {
    for violation in &mut violations {
        violation.baseline_state = None;
        violation.new_members.clear();
        if violation.status == ViolationStatus::Baseline {
            violation.status = ViolationStatus::Open;
        }
    }
    violations.sort_by(|one, two| order(one).cmp(&order(two)));
    // Controls and companies that only the older one knows are still spoken of.
    for control in &baseline.controls {
        if !audit.controls.iter().any(|own| own.id == control.id) {
            audit.controls.push(control.clone());
        }
    }
    audit.controls.sort_by(|one, two| one.id.cmp(&two.id));
    let companies: BTreeMap<_, _> = baseline
        .companies
        .iter()
        .chain(&audit.companies)
        .map(|company| (company.id.clone(), company.clone()))
        .collect();
    audit.companies = companies.into_values().collect();
    audit.summary = Summary::count(&violations, &audit.coverage);
    audit.violations = violations;
    (audit.groups, audit.absent, audit.baseline) = (Vec::new(), Vec::new(), None);
    audit
}
