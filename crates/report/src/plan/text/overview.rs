//! The first screen of a plan: whether it can be done, the waves, what blocks it, what it changes, and what to do this week;
//! at most 45 lines, whatever the number of accounts.

use std::io::{self, Write};

use chrono::{Days, NaiveDate};

use crate::plan::words;
use crate::text::counted;
use crate::text::screen::Screen;
use crate::{Style, decided, header};
use cutover_model::clip::head;
use cutover_model::escape;
use cutover_model::result::plan::{Account, Mode, Plan, Status, Step};

/// Rows of each table.
const MAX_WAVES: usize = 6;
const MAX_BLOCKED: usize = 6;
const MAX_STEPS: usize = 5;
const MAX_SHORTFALLS: usize = 3;
/// Columns of the dates of a wave, of what stops if it fails, and of a name.
const DATES: usize = 24;
const FAILS: usize = 32;
const MIN_NAME: usize = 14;
const NAME: usize = 26;

/// Writes the screen.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(plan: &Plan, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let overview = Overview { plan, screen: Screen::of(style) };
    overview.lines().iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes the verdict alone.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn verdict(plan: &Plan, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", Overview { plan, screen: Screen::of(style) }.verdict())
}

struct Overview<'p> {
    plan: &'p Plan,
    screen: Screen,
}

impl Overview<'_> {
    fn lines(&self) -> Vec<String> {
        let plan = self.plan;
        let mut lines = self.screen.wrapped(&self.verdict(), "", "          ");
        let mut about = vec![words::statuses(&plan.summary)];
        let tightest = plan.accounts.iter().filter_map(|account| account.slack_days).min();
        about.extend(tightest.map(|days| format!("tightest: {}", words::slack(Some(days)))));
        about.retain(|part| !part.is_empty());
        let about = if plan.accounts.is_empty() { vec!["nothing is left to migrate".to_owned()] } else { about };
        let indented = |text: &str| self.screen.wrapped(text, "          ", "          ");
        lines.extend(indented(&about.join("; ")));
        lines.extend(indented(&header::of_plan(plan).join("; ")));
        lines.extend(indented(&words::terms(plan)));
        if let Some(banner) = header::incomplete(&plan.diagnostics) {
            lines.push(format!("          {}", self.screen.paint.alarm(&banner)));
        }
        for late in plan.shortfalls.iter().take(MAX_SHORTFALLS) {
            let text = format!(
                "{}: {} is too late by {}: {}",
                escape::name(&late.account.name),
                escape::name(&late.step),
                words::days(late.days),
                escape::visible(&late.reason)
            );
            lines.extend(self.screen.wrapped(&text, "  × ", "    ").into_iter().take(2));
        }
        lines.extend(self.waves());
        lines.extend(self.waiting("To decide", Status::Decide));
        lines.extend(self.waiting("Blocked", Status::Blocked));
        lines.extend(self.effects());
        lines.extend(self.this_week());
        lines.extend(self.next());
        lines
    }

    /// `FEASIBLE  Harborline Builders: 5 legacy accounts by 2024-12-17 (14 days buffer)`.
    fn verdict(&self) -> String {
        let plan = self.plan;
        let paint = &self.screen.paint;
        let word = match (plan.accounts.is_empty(), plan.mode, plan.feasible) {
            (true, ..) => paint.good("DONE      "),
            (_, Mode::Recovery, _) => paint.alarm("AFTER THE SUNSET  "),
            (_, _, true) => paint.good("FEASIBLE  "),
            (_, _, false) => paint.alarm("NOT FEASIBLE  "),
        };
        let companies = match plan.companies.as_slice() {
            [one] => escape::name(&one.name),
            several => counted(several.len(), "company").replace("companys", "companies"),
        };
        let accounts = counted(plan.accounts.len(), "legacy account");
        let by =
            plan.terms.deadline.map(|day| format!(" by {day} ({} buffer)", words::days(plan.terms.buffer_days.into())));
        format!("{word}{companies}: {accounts}{}", by.unwrap_or_default())
    }

    fn waves(&self) -> Vec<String> {
        let plan = self.plan;
        if plan.waves.is_empty() {
            return Vec::new();
        }
        let width = self.screen.width.saturating_sub(DATES + FAILS + 10).max(MIN_NAME);
        let heading = format!("{:<6}{:<DATES$}  {:<width$}  If it fails", "Wave", "Dates", "Accounts");
        let mut lines = vec![String::new(), self.screen.paint.bold(&heading)];
        for wave in plan.waves.iter().take(MAX_WAVES) {
            let accounts = match wave.accounts.as_slice() {
                [first, rest @ ..] if !rest.is_empty() => format!("{} +{}", escape::name(&first.name), rest.len()),
                one => words::names(one, escape::name),
            };
            let row = format!(
                "{:>4}  {:<DATES$}  {:<width$}  {}",
                wave.number,
                words::period(wave.from, wave.to),
                head(&accounts, width),
                words::blast_radius(wave.blast_radius)
            );
            lines.push(head(&row, self.screen.width));
        }
        let more = plan.waves.len().saturating_sub(MAX_WAVES);
        lines.extend((more > 0).then(|| format!("   …  {} more: --details", counted(more, "wave"))));
        lines
    }

    /// The accounts that wait for somebody, and for what.
    fn waiting(&self, heading: &str, status: Status) -> Vec<String> {
        let own: Vec<&Account> = self.plan.accounts.iter().filter(|account| account.status == status).collect();
        if own.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), self.screen.paint.bold(heading)];
        for account in own.iter().take(MAX_BLOCKED) {
            let blocker = account.blockers.iter().find(|blocker| blocker.blocks);
            let latest = blocker.and_then(|blocker| {
                let step = account.steps.iter().find(|step| Some(&step.id) == blocker.step.as_ref())?;
                step.latest.map(|day| format!(" by {day}"))
            });
            let why = match blocker {
                Some(one) => {
                    let (title, latest) = (escape::visible(&one.title), latest.unwrap_or_default());
                    format!("{title}: {} must act{latest}", words::party(one.party))
                }
                None => escape::visible(&account.reason).into_owned(),
            };
            let name = head(&escape::name(&account.account.name), NAME);
            let first = format!("  {name:<NAME$}  ");
            let indent = " ".repeat(NAME + 4);
            lines.extend(self.screen.wrapped(&why, &first, &indent).into_iter().take(2));
        }
        let more = own.len().saturating_sub(MAX_BLOCKED);
        lines.extend((more > 0).then(|| format!("  …  {} more: --details", counted(more, "account"))));
        lines
    }

    /// What the plan does to access and to violations.
    fn effects(&self) -> Vec<String> {
        let plan = self.plan;
        if plan.accounts.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), format!("Access      {}", words::all_access(&plan.summary))];
        let simulation = &plan.simulation;
        if !simulation.waves.is_empty() {
            let introduced: usize = simulation.waves.iter().map(|wave| wave.introduced.len()).sum();
            let lost: usize = simulation.waves.iter().map(|wave| wave.lost_in_use.len()).sum();
            let (before, after) = (counted(simulation.before, "violation"), simulation.after);
            lines.push(format!("Simulation  {before} today → {after} after the last wave, {introduced} introduced"));
            lines.extend(
                (lost > 0).then(|| format!("            access in use would be lost: {}", counted(lost, "tool"))),
            );
        }
        let questions: usize = plan.accounts.iter().map(|account| account.open_questions.len()).sum();
        lines
            .extend((questions > 0).then(|| format!("Unknown     {}: --details", counted(questions, "open question"))));
        lines
    }

    /// The first steps, with their owners.
    fn this_week(&self) -> Vec<String> {
        let end = self.plan.terms.start.checked_add_days(Days::new(6)).unwrap_or(NaiveDate::MAX);
        let steps = self.plan.accounts.iter().flat_map(|account| &account.steps);
        let mut due: Vec<&Step> = steps.filter(|step| step.earliest <= end).collect();
        due.sort_by_key(|step| (step.latest.unwrap_or(NaiveDate::MAX), step.earliest));
        if due.is_empty() {
            return Vec::new();
        }
        let heading = format!("Do in the first week (until {end})");
        let mut lines = vec![String::new(), self.screen.paint.bold(&heading)];
        for step in due.iter().take(MAX_STEPS) {
            let first = format!("  {:<10} ", step.party.id());
            let text = format!("{} ({})", escape::visible(step.action.trim_end_matches('.')), escape::name(&step.id));
            let mut wrapped = self.screen.wrapped(&text, &first, "             ");
            if wrapped.len() > 2 {
                wrapped.truncate(2);
                wrapped.last_mut().into_iter().for_each(|last| {
                    *last = format!("{} …", head(last, self.screen.width.saturating_sub(2)).trim_end_matches('…'));
                });
            }
            lines.extend(wrapped);
        }
        let more = due.len().saturating_sub(MAX_STEPS);
        lines.extend((more > 0).then(|| format!("  …  {} more: --details", counted(more, "step"))));
        lines
    }

    fn next(&self) -> Vec<String> {
        let brief = decided::brief(&self.plan.decided_by, escape::name);
        let mut lines = vec![String::new()];
        if !brief.is_empty() {
            lines.extend(self.screen.wrapped(&brief, "Decided by: ", "            ").into_iter().take(2));
        }
        let commands = [
            ("cutover plan EXPORT --details", "every account and step"),
            ("cutover plan EXPORT -o markdown=runbook.md", "owners, checks, rollbacks"),
        ];
        for (index, (command, effect)) in commands.into_iter().enumerate() {
            let start = if index == 0 { "Next: " } else { "      " };
            lines.push(format!("{start}{command:43} {}", self.screen.paint.dim(effect)));
        }
        lines
    }
}
