//! The rules of the house: what an organisation changed of the pack, kept so that every report can show it.

use std::collections::BTreeMap;

use super::config::WaiverTerms;
use super::control::{Control, SeverityRule};
use super::pack::Pack;
use crate::export::diagnostic::{Code, Level};
use crate::result::Severity;
use crate::result::audit::{self as result, SeverityChange};

/// What an organisation changed.
#[derive(Debug, Default)]
pub struct House {
    /// The controls it changed or switched off, by id.
    pub overrides: Vec<Override>,
    /// The controls it switched off, by id.
    pub off: Vec<Control>,
    /// How loud diagnostics are.
    pub levels: Levels,
    /// How long waivers may hold.
    pub terms: WaiverTerms,
}

/// A control that was changed or switched off.
#[derive(Debug, Clone)]
pub struct Override {
    /// The control.
    pub control: String,
    /// How its severity was told, and what it is now.
    pub severity: Option<(SeverityRule, Severity)>,
    /// Whether it is not judged.
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
pub struct Levels(pub BTreeMap<Code, Option<Level>>);

impl Levels {
    /// How loud a diagnostic of this code is; `None` when it is not shown.
    pub fn of(&self, code: Code) -> Option<Level> {
        self.0.get(&code).copied().unwrap_or(Some(code.level()))
    }

    /// The codes that were made errors and are none by themselves.
    pub fn raised(&self) -> impl Iterator<Item = Code> {
        let is_raised = |(code, level): (&Code, &Option<Level>)| {
            (*level == Some(Level::Error) && code.level() < Level::Error).then_some(*code)
        };
        self.0.iter().filter_map(is_raised)
    }
}

impl House {
    /// What was changed, as results give it, with so many days left until the sunset.
    pub fn told(&self, pack: &Pack, days_left: Option<i64>) -> Vec<result::Override> {
        let before = |rule: SeverityRule| match rule {
            SeverityRule::Fixed(severity) => severity,
            SeverityRule::Deadline => pack.deadline.severity(days_left),
        };
        let tell = |changed: &Override| result::Override {
            control: changed.control.clone(),
            severity: changed.severity.map(|(from, to)| SeverityChange { from: before(from), to }),
            off: changed.off,
            reason: changed.reason.clone(),
            approved_by: changed.approved_by.clone(),
            path: changed.path.clone(),
            line: changed.line,
        };
        self.overrides.iter().map(tell).collect()
    }
}
