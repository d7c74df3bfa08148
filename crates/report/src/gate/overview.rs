//! The first screen of a gate: the verdict and why, then what gives more access by danger, then what gives less.

use std::io::{self, Write};

use super::danger::{Danger, Group, groups};
use super::words;
use crate::text::screen::Screen;
use crate::text::{Paint, counted};
use crate::{Style, decided, header, verdict};
use cutover_model::clip::head;
use cutover_model::escape;
use cutover_model::result::Severity;
use cutover_model::result::audit::Violation;
use cutover_model::result::gate::Gate;

/// Lines of changes that give more access, of those that give less, and of violations without a change.
const MORE_LINES: usize = 20;
const LESS_LINES: usize = 6;
const OTHER_LINES: usize = 5;
/// Details and violations of one group.
const MAX_DETAILS: usize = 3;
const MAX_VIOLATIONS: usize = 3;

/// Writes the screen.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(gate: &Gate, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let overview = Overview { gate, screen: Screen::of(style) };
    overview.lines().iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes the verdict alone.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn verdict(gate: &Gate, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", line(gate, Paint::of(style)))
}

/// `FAIL  6 new violations (1 critical): photo-sync was raised to Admin …`
pub(super) fn line(gate: &Gate, paint: Paint) -> String {
    let open: usize = Severity::WORST_FIRST.into_iter().map(|severity| gate.summary.of(severity)).sum();
    let found = match (open, gate.summary.critical) {
        (0, _) => "no new violations".to_owned(),
        (open, 0) => counted(open, "new violation"),
        (open, critical) => format!("{} ({critical} critical)", counted(open, "new violation")),
    };
    let worst =
        gate.violations.first().map(|worst| format!(": {}", escape::visible(worst.message.trim_end_matches('.'))));
    let new =
        gate.proof.as_ref().filter(|proof| !proof.no_new_access).map(|proof| format!("; {}", words::proof(proof)));
    let threshold = verdict::threshold(&gate.verdict);
    format!(
        "{}{found}{}{}{threshold}",
        verdict::word(&gate.verdict, paint),
        worst.unwrap_or_default(),
        new.unwrap_or_default()
    )
}

struct Overview<'g> {
    gate: &'g Gate,
    screen: Screen,
}

impl Overview<'_> {
    fn lines(&self) -> Vec<String> {
        let gate = self.gate;
        let mut lines = self.screen.wrapped(&line(gate, self.screen.paint), "", "      ");
        let day = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "unknown date".to_owned(), |day| day.to_string());
        let dates = format!("{} → {}", day(gate.before_collected_at), day(gate.collected_at));
        let decided = decided::brief(&gate.decided_by, escape::name);
        let head = format!(
            "{}, exports of {dates}; as of {}; decided by: {decided}",
            escape::name(&gate.company.name),
            gate.as_of
        );
        lines.extend(self.screen.wrapped(&head, "      ", "      "));
        if let Some(banner) = header::incomplete(&gate.diagnostics) {
            lines.push(format!("      {}", self.screen.paint.alarm(&banner)));
            lines.extend(
                header::unread(&gate.diagnostics)
                    .iter()
                    .flat_map(|line| self.screen.wrapped(line, "        ", "          ")),
            );
        }
        for line in decided::lines(&gate.decided_by, escape::name).into_iter().filter(|line| line.strong) {
            lines.extend(
                self.screen.wrapped(&line.text, "      ", "        ").iter().map(|line| self.screen.paint.alarm(line)),
            );
        }
        for diagnostic in
            gate.diagnostics.iter().filter(|diagnostic| diagnostic.code == "rules-changed").take(MAX_DETAILS)
        {
            lines.extend(self.screen.wrapped(&header::sentence(diagnostic), "      ", "        "));
        }
        let (groups, others) = groups(gate);
        let (more, rest): (Vec<&Group<'_>>, Vec<&Group<'_>>) = groups.iter().partition(|group| group.danger.is_more());
        let (less, neutral): (Vec<&Group<'_>>, Vec<&Group<'_>>) =
            rest.into_iter().partition(|group| group.danger != Danger::Neutral);
        lines.extend(self.section("More access", &more, MORE_LINES));
        lines.extend(self.section("Less access", &less, LESS_LINES));
        lines.extend(self.section("Other changes", &neutral, OTHER_LINES));
        if !others.is_empty() {
            lines.extend([String::new(), self.screen.paint.bold("Other new violations")]);
            lines.extend(others.iter().take(OTHER_LINES).map(|violation| self.violation("  ", violation, true)));
            let more = others.len().saturating_sub(OTHER_LINES);
            lines.extend((more > 0).then(|| format!("  … and {more} more: --details")));
        }
        lines.push(String::new());
        let mut end = vec![words::counts(gate)];
        end.extend(words::stayed(gate));
        end.extend(words::once_accepted(gate));
        let not_compared = gate.not_compared.len();
        end.extend((not_compared > 0).then(|| format!("{} not compared", counted(not_compared, "control"))));
        lines.extend(self.screen.wrapped(&end.join("; "), "", "  "));
        if let Some(proof) = &gate.proof {
            lines.extend(self.screen.wrapped(&words::proof(proof), "New access: ", "  "));
        }
        let effect = self.screen.paint.dim("every change with its source");
        lines.push(format!("Next: cutover gate BEFORE AFTER --details   {effect}"));
        lines
    }

    /// Groups of changes, as many as fit; the first is always shown.
    fn section(&self, heading: &str, groups: &[&Group<'_>], most: usize) -> Vec<String> {
        if groups.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), self.screen.paint.bold(heading)];
        let mut shown = 0;
        for group in groups {
            let own = self.group(group);
            if shown > 0 && lines.len() + own.len() > most {
                break;
            }
            lines.extend(own);
            shown += 1;
        }
        let more = groups.len() - shown;
        lines.extend((more > 0).then(|| format!("  … and {more} more: --details")));
        lines
    }

    fn group(&self, group: &Group<'_>) -> Vec<String> {
        let sign = match group.danger {
            danger if danger.is_more() => self.screen.paint.alarm("▲"),
            Danger::Neutral => self.screen.paint.dim("~"),
            _ => "▽".to_owned(),
        };
        let mut lines = self.screen.wrapped(&group.title(), "    ", "      ");
        if let Some(first) = lines.first_mut() {
            *first = format!("  {sign} {}", first.trim_start());
        }
        let details = group.details();
        for detail in details.iter().take(MAX_DETAILS) {
            lines.push(head(&format!("      {detail}"), self.screen.width.saturating_sub(1)));
        }
        let more = details.len().saturating_sub(MAX_DETAILS);
        lines.extend((more > 0).then(|| format!("      … and {more} more")));
        let place = group.place().map(|at| format!("{}:{}", escape::name(&at.path), at.line));
        lines.extend(place.map(|place| format!("      {}", self.screen.paint.dim(&place))));
        lines.extend(
            group.violations.iter().take(MAX_VIOLATIONS).map(|violation| self.violation("      ", violation, false)),
        );
        let more = group.violations.len().saturating_sub(MAX_VIOLATIONS);
        lines.extend((more > 0).then(|| format!("      … and {more} more")));
        lines
    }

    fn violation(&self, indent: &str, violation: &Violation, with_message: bool) -> String {
        let severity = format!("{:8}", violation.severity.id());
        let text = if with_message {
            escape::visible(&violation.message).into_owned()
        } else {
            escape::name(&violation.title)
        };
        let room = self.screen.width.saturating_sub(indent.len() + severity.len() + violation.control.len() + 3);
        let severity = self.screen.paint.severity(violation.severity, &severity);
        format!("{indent}{severity} {} {}", escape::name(&violation.control), head(&text, room))
    }
}
