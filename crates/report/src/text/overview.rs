//! The first screen of an audit: the verdict, what to do, and what was not assessed; at most [`MAX_LINES`] lines, whatever
//! the size of the export.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::actions::{self, Extent};
use super::screen::Screen;
use super::{Paint, counted};
use crate::scope::Scope;
use crate::{Style, decided, header, verdict};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::audit::{Audit, Control, Coverage, Group, Listing, Status, ViolationStatus, Violations};
use cutover_model::result::{Party, Severity};

/// The most lines of the screen.
pub const MAX_LINES: usize = 45;
/// Lines of the actions: as many are shown as fit.
const ACTION_LINES: usize = 22;
/// The most actions that are shown.
const MAX_ACTIONS: usize = 10;
/// Kinds of input that are named, of those that would help.
const MAX_KINDS: usize = 3;
/// Controls that are named beside a kind of input.
const MAX_CONTROLS: usize = 4;
/// Errors of reading that are repeated.
const MAX_ERRORS: usize = 2;

/// Writes the screen.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let lines = Overview::of(audit, style).lines(audit);
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes the verdict alone.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn verdict<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", verdict::line(audit, Paint::of(style)))
}

struct Overview<'a> {
    screen: Screen,
    listing: Listing<'a>,
    groups: Vec<Group>,
}

impl<'a> Overview<'a> {
    fn of<V: Violations>(audit: &'a Audit<V>, style: Style) -> Self {
        Self { screen: Screen::of(style), listing: audit.listing(), groups: audit.violations.groups() }
    }
}

impl Overview<'_> {
    fn lines<V: Violations>(&self, audit: &Audit<V>) -> Vec<String> {
        let mut lines = self.screen.wrapped(&verdict::line(audit, self.screen.paint), "", "      ");
        lines.extend(self.screen.wrapped(&header::brief(&self.listing), "      ", "      "));
        if let Some(banner) = header::incomplete(self.listing.diagnostics) {
            lines.push(format!("      {}", self.screen.paint.alarm(&format!("{banner} (see Errors)"))));
        }
        lines.extend(actions::lines(
            &self.screen,
            audit,
            &Extent { heading: "Top actions", actions: MAX_ACTIONS, lines: ACTION_LINES },
        ));
        lines.extend(self.counts());
        lines.extend(self.controls());
        lines.extend(self.not_assessed());
        lines.extend(self.errors());
        lines.extend(self.decided());
        lines.extend(self.next());
        lines
    }

    /// The open violations, in groups.
    fn open(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.status == ViolationStatus::Open)
    }

    fn control(&self, id: &str) -> Option<&Control> {
        self.listing.controls.iter().find(|control| control.id == id)
    }

    fn counts(&self) -> Vec<String> {
        let summary = self.listing.summary;
        let mut severities: Vec<String> = Severity::WORST_FIRST
            .into_iter()
            .filter(|severity| summary.of(*severity) > 0)
            .map(|severity| {
                self.screen.paint.severity(severity, &format!("{} {}", severity.id(), summary.of(severity)))
            })
            .collect();
        severities.extend((summary.waived > 0).then(|| format!("waived {}", summary.waived)));
        if self.listing.baseline.is_some() {
            severities.push(format!("in the baseline {}", summary.baseline));
            severities.push(format!("absent since {}", self.listing.absent.len()));
        }
        if severities.is_empty() {
            return Vec::new();
        }
        let mut by_party: BTreeMap<Party, usize> = BTreeMap::new();
        for group in self.open() {
            if let Some(control) = self.control(&group.control) {
                *by_party.entry(control.party).or_default() += group.count;
            }
        }
        let parties: Vec<String> = by_party
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(party, count)| format!("{} {count}", party.id()))
            .collect();
        let mut lines = vec![String::new()];
        if !parties.is_empty() {
            lines.push(format!("By owner     {}", parties.join("   ")));
        }
        lines.push(format!("By severity  {}", severities.join("   ")));
        lines
    }

    /// The violated controls, the worst first, in two lines.
    fn controls(&self) -> Vec<String> {
        const START: &str = "By control   ";
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for group in self.open() {
            *counts.entry(group.control.as_str()).or_default() += group.count;
        }
        let severity = |id: &str| self.control(id).map(|control| control.severity);
        let mut violated: Vec<(&str, usize)> = counts.into_iter().collect();
        violated.sort_by_key(|(id, count)| (Reverse(severity(id)), Reverse(*count), *id));
        let mut lines = vec![START.to_owned()];
        for (shown, (id, count)) in violated.iter().enumerate() {
            let (entry, more) = (format!("{} {count}", escape::name(id)), format!("… {} more", violated.len() - shown));
            let last = lines.last().map_or(0, |line| line.chars().count());
            let is_last_line = lines.len() == 2;
            let reserve = if is_last_line && shown + 1 < violated.len() { more.chars().count() + 2 } else { 0 };
            if last + entry.chars().count() + reserve > self.screen.width {
                if is_last_line {
                    lines.last_mut().into_iter().for_each(|line| line.push_str(&more));
                    break;
                }
                lines.push(" ".repeat(START.len()));
            }
            lines.last_mut().into_iter().for_each(|line| line.push_str(&format!("{entry}  ")));
        }
        if violated.is_empty() { Vec::new() } else { lines.iter().map(|line| line.trim_end().to_owned()).collect() }
    }

    /// What could be assessed with more input, and which systems the company seems not to use.
    fn not_assessed(&self) -> Vec<String> {
        let read = super::coverage::by_kind(self.listing.inputs);
        let scope = Scope::of(self.listing.inputs);
        let open: Vec<&Coverage> = self.listing.coverage.iter().filter(|coverage| scope.is_gap(coverage)).collect();
        let mut lines = Vec::new();
        if !open.is_empty() {
            let in_part = open.iter().filter(|coverage| coverage.status == Status::PartlyAssessed).count();
            let entirely = open.len() - in_part;
            let helps = |kind: &Kind| open.iter().filter(|coverage| coverage.missing.contains(kind)).count();
            let mut kinds: Vec<Kind> =
                Kind::ALL.iter().copied().filter(|kind| !scope.is_out(*kind) && helps(kind) > 0).collect();
            kinds.sort_by_key(|kind| Reverse(helps(kind)));
            let export = if kinds.is_empty() { "" } else { "; export next:" };
            lines.push(String::new());
            lines.push(format!(
                "{} {}{export}",
                self.screen.paint.bold("Not assessed:"),
                match (in_part, entirely) {
                    (0, _) => counted(entirely, "control"),
                    (_, 0) => format!("{} in part", counted(in_part, "control")),
                    _ => format!("{} in part, {entirely} entirely", counted(in_part, "control")),
                }
            ));
            for kind in kinds.into_iter().take(MAX_KINDS) {
                let ids: Vec<&str> = open
                    .iter()
                    .filter(|coverage| coverage.missing.contains(&kind))
                    .map(|coverage| coverage.control.as_str())
                    .collect();
                let more = ids.len().saturating_sub(MAX_CONTROLS);
                let named: Vec<String> = ids.iter().take(MAX_CONTROLS).map(|id| escape::name(id)).collect();
                let more = if more > 0 { format!(", +{more}") } else { String::new() };
                let state = if read.contains_key(&kind) { ", complete" } else { "" };
                lines.push(format!("  {:32} {}{more}", format!("{kind}{state}"), named.join(", ")));
            }
        }
        let unused = scope.unused();
        lines.extend((!unused.is_empty()).then(|| format!("Out of scope (no files): {}", unused.join(", "))));
        lines
    }

    fn errors(&self) -> Vec<String> {
        let errors: Vec<_> = self
            .listing
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_incomplete() || diagnostic.code == "policy")
            .collect();
        if errors.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), self.screen.paint.bold("Errors")];
        for error in errors.iter().take(MAX_ERRORS) {
            let text = format!("error[{}] {}", escape::name(&error.code), header::sentence(error));
            let wrapped = self.screen.wrapped(&text, "  ", "    ");
            let is_cut = wrapped.len() > 2;
            lines.extend(wrapped.into_iter().take(2));
            if let Some(last) = lines.last_mut().filter(|_| is_cut) {
                last.push_str(" …");
            }
        }
        let more = errors.len().saturating_sub(MAX_ERRORS);
        lines.extend((more > 0).then(|| format!("  … and {more} more; -v lists them")));
        lines
    }

    /// What decided, in brief: what an export changes of the rules is named, of the rest the number of files.
    fn decided(&self) -> Vec<String> {
        let all = decided::lines(self.listing.decided_by, escape::name);
        let (strong, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|line| line.strong);
        let mut lines = vec![String::new()];
        let brief = decided::brief(self.listing.decided_by, escape::name);
        lines.extend(self.screen.wrapped(&brief, "Decided by: ", "            ").into_iter().take(2));
        for line in strong.iter().take(2) {
            let wrapped = self.screen.wrapped(&line.text, "  ", "    ");
            lines.extend(wrapped.into_iter().take(2).map(|line| self.screen.paint.alarm(&line)));
        }
        if rest.is_empty() && strong.is_empty() {
            lines.clear();
        }
        lines
    }

    fn next(&self) -> Vec<String> {
        let mut commands = Vec::new();
        if self.groups.iter().any(|group| group.count > 0) {
            commands.push(("cutover audit EXPORT --details", "every violation with its source"));
        }
        if !self.listing.coverage.iter().all(|coverage| coverage.status == Status::Assessed) {
            commands.push(("cutover audit EXPORT --coverage", "what was assessed, and what is missing"));
        }
        // Controls over legacy accounts had something to evaluate.
        if self.listing.coverage.iter().any(|one| one.control.starts_with("SVA-") && one.facts > 0) {
            commands.push(("cutover plan EXPORT", "dated migration plan of legacy accounts"));
        }
        let mut lines = vec![String::new()];
        for (index, (command, effect)) in commands.into_iter().enumerate() {
            let start = if index == 0 { "Next: " } else { "      " };
            lines.push(format!("{start}{command:33} {}", self.screen.paint.dim(effect)));
        }
        if lines.len() == 1 { Vec::new() } else { lines }
    }
}
