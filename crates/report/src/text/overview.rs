//! The first screen of an audit: the verdict, what to do, and what was not assessed; at most [`MAX_LINES`] lines, whatever
//! the size of the export.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Paint, counted};
use crate::{Style, decided, header, titles, verdict};
use cutover_model::clip::head;
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::action::Action;
use cutover_model::result::audit::{Audit, Control, Coverage, Group, Listing, Status, ViolationStatus, Violations};
use cutover_model::result::{Party, Severity};

/// The most lines of the screen.
pub const MAX_LINES: usize = 45;
/// The lines are never longer, however wide the terminal is.
const MAX_WIDTH: usize = 100;
/// Lines of the actions: as many are shown as fit.
const ACTION_LINES: usize = 22;
/// The most actions that are shown.
const MAX_ACTIONS: usize = 10;
/// The most actions among the details.
const MAX_DETAILED: usize = 50;
/// Lines that one edit may take.
const EDIT_LINES: usize = 2;
/// Kinds of input that are named, of those that would help.
const MAX_KINDS: usize = 3;
/// Controls that are named beside a kind of input.
const MAX_CONTROLS: usize = 4;
/// Errors of reading that are repeated.
const MAX_ERRORS: usize = 2;

/// The systems that a company may not use at all: a name, and the kinds of file that describe it.
const SYSTEMS: [(&str, &[Kind]); 3] = [
    ("MapForce/FlowForce", &[Kind::Altova, Kind::MapforceDesigns]),
    (
        "App Builder",
        &[Kind::AppBuilderProviders, Kind::AppBuilderKeys, Kind::AppBuilderUsers, Kind::AppBuilderEndpoints],
    ),
    ("OAuth register", &[Kind::OauthClients]),
];

/// Writes the screen.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let screen = Screen::of(audit, style);
    let lines = screen.lines(audit);
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes the verdict alone.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn verdict<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", verdict::line(audit, Paint::new(style.colour)))
}

/// Writes every action; of very many the first ones, unless everything is asked for.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn actions<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let screen = Screen::of(audit, style);
    let most = if style.verbose { usize::MAX } else { MAX_DETAILED };
    screen.actions(audit, "Actions", most, usize::MAX).iter().try_for_each(|line| writeln!(out, "{line}"))
}

struct Screen<'a> {
    paint: Paint,
    width: usize,
    listing: Listing<'a>,
    groups: Vec<Group>,
}

impl<'a> Screen<'a> {
    fn of<V: Violations>(audit: &'a Audit<V>, style: Style) -> Self {
        Self {
            paint: Paint::new(style.colour),
            width: style.width.clamp(40, MAX_WIDTH),
            listing: audit.listing(),
            groups: audit.violations.groups(),
        }
    }
}

impl Screen<'_> {
    fn lines<V: Violations>(&self, audit: &Audit<V>) -> Vec<String> {
        let mut lines = self.wrapped(&verdict::line(audit, self.paint), "", "      ");
        lines.extend(self.wrapped(&header::brief(&self.listing), "      ", "      "));
        if let Some(banner) = header::incomplete(self.listing.diagnostics) {
            lines.push(format!("      {}", self.paint.alarm(&format!("{banner} (see Errors)"))));
        }
        lines.extend(self.actions(audit, "Top actions", MAX_ACTIONS, ACTION_LINES));
        lines.extend(self.counts());
        lines.extend(self.controls());
        lines.extend(self.not_assessed());
        lines.extend(self.errors());
        lines.extend(self.decided());
        lines.extend(self.next());
        lines
    }

    /// Breaks text into lines; words, and with them ids, dates and paths, stay whole.
    fn wrapped(&self, text: &str, first: &str, indent: &str) -> Vec<String> {
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(indent)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .word_separator(textwrap::WordSeparator::AsciiSpace);
        textwrap::wrap(text, options).iter().map(|line| line.trim_end().to_owned()).collect()
    }

    /// At most so many actions, in so many lines; the first is always shown.
    fn actions<V: Violations>(&self, audit: &Audit<V>, heading: &str, most: usize, most_lines: usize) -> Vec<String> {
        if audit.actions.is_empty() {
            return Vec::new();
        }
        let columns = "clears        owner";
        let gap = self.width.saturating_sub(heading.len() + columns.len() + 5);
        let mut lines = vec![String::new(), format!("{}{}{columns}", self.paint.bold(heading), " ".repeat(gap))];
        let mut shown = 0;
        for action in audit.actions.iter().take(most) {
            let own = self.action(shown + 1, action);
            if shown > 0 && lines.len() + own.len() > most_lines {
                break;
            }
            lines.extend(own);
            shown += 1;
        }
        let more = audit.actions.len() + audit.actions_omitted - shown;
        if more > 0 {
            lines.push(format!(" …  {} not shown: --details, or -o json=audit.json", counted(more, "action")));
        }
        lines
    }

    fn action(&self, number: usize, action: &Action) -> Vec<String> {
        const CLEARS: usize = 14;
        let title = titles::target(action);
        let clears = titles::clears(&action.clears);
        let room = self.width.saturating_sub(4 + CLEARS + 10);
        let title = head(&title, room.saturating_sub(2));
        let gap = " ".repeat(room.saturating_sub(title.chars().count()));
        let padding = " ".repeat(CLEARS.saturating_sub(clears.chars().count()));
        let clears = match titles::worst(&action.clears) {
            Some(severity) => self.paint.severity(severity, &clears),
            None => clears,
        };
        let first = format!("{number:2}  {title}{gap}{clears}{padding}{}", action.party.id());
        let place = format!("{}:{}", escape::name(&action.location.path), action.location.line);
        let mut edit = self.wrapped(&escape::visible(&titles::edit(action)), "    ", "    ");
        if edit.len() > EDIT_LINES {
            edit.truncate(EDIT_LINES);
            if let Some(last) = edit.last_mut() {
                *last = format!("{} …", head(last, self.width.saturating_sub(2)));
            }
        }
        let fits = edit.last().is_some_and(|last| last.chars().count() + 2 + place.chars().count() <= self.width);
        match edit.last_mut() {
            Some(last) if fits => *last = format!("{last}  {}", self.paint.dim(&place)),
            _ => edit.push(format!("    {}", self.paint.dim(&place))),
        }
        std::iter::once(first).chain(edit).collect()
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
            .map(|severity| self.paint.severity(severity, &format!("{} {}", severity.id(), summary.of(severity))))
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
            if last + entry.chars().count() + reserve > self.width {
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
        let is_absent = |kinds: &[Kind]| kinds.iter().all(|kind| !read.contains_key(kind));
        let unused: Vec<&(&str, &[Kind])> = SYSTEMS.iter().filter(|(_, kinds)| is_absent(kinds)).collect();
        let is_out = |kind: &Kind| unused.iter().any(|(_, kinds)| kinds.contains(kind));
        let could_be = |coverage: &&Coverage| {
            matches!(coverage.status, Status::NotAssessed | Status::PartlyAssessed)
                && (coverage.facts > 0 || coverage.missing.is_empty() || !coverage.missing.iter().all(is_out))
        };
        let open: Vec<&Coverage> = self.listing.coverage.iter().filter(could_be).collect();
        let mut lines = Vec::new();
        if !open.is_empty() {
            let in_part = open.iter().filter(|coverage| coverage.status == Status::PartlyAssessed).count();
            let entirely = open.len() - in_part;
            let helps = |kind: &Kind| open.iter().filter(|coverage| coverage.missing.contains(kind)).count();
            let mut kinds: Vec<Kind> =
                Kind::ALL.iter().copied().filter(|kind| !is_out(kind) && helps(kind) > 0).collect();
            kinds.sort_by_key(|kind| Reverse(helps(kind)));
            let export = if kinds.is_empty() { "" } else { "; export next:" };
            lines.push(String::new());
            lines.push(format!(
                "{} {}{export}",
                self.paint.bold("Not assessed:"),
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
        if !unused.is_empty() {
            let names: Vec<&str> = unused.iter().map(|(name, _)| *name).collect();
            lines.push(format!("Out of scope (no files): {}", names.join(", ")));
        }
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
        let mut lines = vec![String::new(), self.paint.bold("Errors")];
        for error in errors.iter().take(MAX_ERRORS) {
            let text = format!("error[{}] {}", escape::name(&error.code), header::sentence(error));
            let wrapped = self.wrapped(&text, "  ", "    ");
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
        lines.extend(self.wrapped(&brief, "Decided by: ", "            ").into_iter().take(2));
        for line in strong.iter().take(2) {
            let wrapped = self.wrapped(&line.text, "  ", "    ");
            lines.extend(wrapped.into_iter().take(2).map(|line| self.paint.alarm(&line)));
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
        if self.listing.controls.iter().any(|control| control.id.starts_with("SVA-")) {
            commands.push(("cutover plan EXPORT", "dated migration plan of legacy accounts"));
        }
        let mut lines = vec![String::new()];
        for (index, (command, effect)) in commands.into_iter().enumerate() {
            let start = if index == 0 { "Next: " } else { "      " };
            lines.push(format!("{start}{command:33} {}", self.paint.dim(effect)));
        }
        if lines.len() == 1 { Vec::new() } else { lines }
    }
}
