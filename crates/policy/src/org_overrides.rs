//! The rules of the house: what an organisation changed of the pack, kept so that every report can show it.

use std::collections::BTreeMap;

use super::config::WaiverTerms;
use super::control::{Control, SeverityRule};
use super::pack::Pack;
use cutover_model::diagnostic::{Code, Level};
use cutover_model::result::Severity;
use cutover_model::result::audit as result;
use cutover_model::result::audit::SeverityChange;
use cutover_model::result::decisions::{DecidedBy, DecisionOrigin};

/// What an organisation changed.
#[derive(Debug, Default)]
pub struct OrgOverrides {
    /// The controls it changed or switched off, by id.
    pub overrides: Vec<Override>,
    /// The controls it switched off, by id.
    pub off: Vec<Control>,
    /// How loud diagnostics are.
    pub levels: Levels,
    /// How long waivers may hold.
    pub terms: WaiverTerms,
    /// The files that decide beside the pack, the timeline and what lies among the records of an export.
    pub decided_by: Vec<DecidedBy>,
}

/// A control that was changed or switched off.
#[derive(Debug, Clone)]
pub struct Override {
    /// The control.
    pub control: String,
    /// How its severity was reported, and what it is now.
    pub severity: Option<(SeverityRule, Severity)>,
    /// Whether it is not assessed.
    pub off: bool,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub approved_by: Option<String>,
    /// The file that says so.
    pub path: String,
    /// The line it says so in, from 1.
    pub line: usize,
}

/// How loud diagnostics are where that was changed.
#[derive(Debug, Default)]
pub struct Levels {
    levels: BTreeMap<Code, Option<Level>>,
    /// Whether the export itself changed them: it cannot hide what decides who administers the company.
    pub of_export: bool,
}

impl Levels {
    /// These levels.
    pub fn new(levels: BTreeMap<Code, Option<Level>>) -> Self {
        Self { levels, of_export: false }
    }

    /// Those that were changed; `None` for a diagnostic that is not shown.
    pub fn all(&self) -> impl Iterator<Item = (Code, Option<Level>)> {
        self.levels.iter().map(|(code, level)| (*code, *level))
    }

    /// How loud a diagnostic of this code is; `None` when it is not shown.
    pub fn of(&self, code: Code) -> Option<Level> {
        self.levels.get(&code).copied().unwrap_or(Some(code.level()))
    }

    /// The codes that were made errors and are none by themselves.
    pub fn raised(&self) -> impl Iterator<Item = Code> {
        let is_raised = |(code, level): (&Code, &Option<Level>)| {
            (*level == Some(Level::Error) && code.level() < Level::Error).then_some(*code)
        };
        self.levels.iter().filter_map(is_raised)
    }
}

impl OrgOverrides {
    /// What was changed, as results give it, with so many days left until the sunset.
    pub fn described(&self, pack: &Pack, days_left: Option<i64>) -> Vec<result::Override> {
        let before = |rule: SeverityRule| match rule {
            SeverityRule::Fixed(severity) => severity,
            SeverityRule::Deadline => pack.deadline.severity(days_left),
        };
        let describe = |changed: &Override| result::Override {
            control: changed.control.clone(),
            severity: changed.severity.map(|(from, to)| SeverityChange { from: before(from), to }),
            off: changed.off,
            replaced: false,
            reason: changed.reason.clone(),
            approved_by: changed.approved_by.clone(),
            path: changed.path.clone(),
            line: changed.line,
        };
        let mut all: Vec<result::Override> = self.overrides.iter().map(describe).collect();
        all.extend(replaced(pack));
        all.sort_by(|one, two| one.control.cmp(&two.control));
        all
    }
}

/// The controls that took the place of others.
fn replaced(pack: &Pack) -> impl Iterator<Item = result::Override> {
    pack.sources.iter().flat_map(|source| {
        let origin = match source.origin {
            DecisionOrigin::BuiltIn => String::new(),
            other => format!(" ({other})"),
        };
        source.replaced.iter().map(move |replaced| result::Override {
            control: replaced.control.clone(),
            severity: None,
            off: false,
            replaced: true,
            reason: format!("a control of a policy pack takes its place{origin}"),
            approved_by: None,
            path: replaced.path.clone(),
            line: replaced.line,
        })
    })
}
