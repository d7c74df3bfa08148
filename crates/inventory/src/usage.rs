//! What an app called: which tools it used, and how, by its API Call Activity Report.
//!
//! The report comes from the developer portal (Integration Health, Download CSV): the last 30 days of production, one
//! row for each day, answer, method and normalised route. It names no tool; the tool table tells it by the route. Days
//! without a call have no row: how far the report reaches beyond its last one, only the day it was collected tells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::Company;
use super::apps::AppIx;
use super::directory::IdentityIx;
use super::names::slug;
use super::tools::{RouteTool, Tool, Tools};
use cutover_export::records::ActivityRow;
use cutover_export::{Of, Read, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::level::Level;

/// How many days a report goes back. Source: Procore's page on app performance metrics.
const REPORT_DAYS: u64 = 30;
/// The newest calls are up to 24 hours late, so that a report of yesterday is as good as one of today. Source: the same
/// and the page on the usage graph of App Management.
const LATE_DAYS: u64 = 1;

/// What each app called, by the dashed words of the app's name.
pub type Usages = BTreeMap<String, Usage>;

/// The calls to one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Reading calls that were let through. One of them is "not found" (404): the caller may look.
    pub read: u64,
    /// Writing calls that were let through.
    pub write: u64,
    /// Calls that were refused (401, 403): they tell of a missing level, not of use.
    pub refused: u64,
    /// Writing calls that failed for another reason: what they need was not seen.
    pub failed_writes: u64,
}

/// Calls to one tool that were forbidden (403): the level is too low, the tool is off, or the project is not permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forbidden {
    /// Reading calls.
    pub read: u64,
    /// Writing calls.
    pub write: u64,
}

/// How long nothing was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    /// The last day with a call; `None` when the report shows none.
    pub last_call: Option<NaiveDate>,
    /// The first day since which there was certainly no call up to the day that was asked about; `None` when a call may have gone unseen.
    pub since: Option<NaiveDate>,
    /// Whether the report shows that there was no call in it at all.
    pub never: bool,
}

/// What one app called.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The first row that tells of it.
    pub origin: Origin,
    /// The first and the last day with a call.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// The day the report was collected, if known.
    pub collected: Option<NaiveDate>,
    /// The calls to each tool that was called.
    pub calls: BTreeMap<Tool, Calls>,
    /// The last day each tool was called, whatever the answer.
    pub last_calls: BTreeMap<Tool, NaiveDate>,
    /// The forbidden calls to each tool that has any.
    pub forbidden: BTreeMap<Tool, Forbidden>,
    /// The first row of forbidden calls to each such tool.
    refusals: BTreeMap<Tool, Origin>,
    /// Whether every forbidden call is in `forbidden`.
    pub forbidden_known: bool,
    /// Whether every row was understood, so that there was no other call of any sort.
    pub whole: bool,
    /// Calls to routes whose tool is unknown, by route.
    pub unmapped: BTreeMap<String, u64>,
    /// Whether every call is in `calls`: no row was lost, and the tool of every route is known.
    pub complete: bool,
    /// Whether every *writing* call is: no row was lost, and no route of an unknown tool was written to.
    pub writes_known: bool,
}

impl Usage {
    /// The lowest level on a tool that explains the calls; `None` where the report does not tell.
    ///
    /// Standard means Standard or more: some calls need Admin, which the report does not show. A tool that was called
    /// in vain is neither used nor unused, and routes do not tell one custom tool from another.
    pub fn needed(&self, tool: &Tool) -> Option<Level> {
        if tool.is_custom() {
            return None;
        }
        match self.calls.get(tool) {
            None => self.complete.then_some(Level::None),
            Some(calls) if calls.write > 0 => Some(Level::Standard),
            Some(calls) if calls.read > 0 && calls.failed_writes == 0 && self.writes_known => Some(Level::ReadOnly),
            Some(_) => None,
        }
    }

    /// How long a tool was not called, as of a day up to which that is known.
    pub fn silence(&self, tool: &Tool, today: NaiveDate) -> Silence {
        // Routes do not tell one custom tool from another.
        if tool.is_custom() {
            return Silence::default();
        }
        self.silence_after(self.last_calls.get(tool).copied(), self.complete, today)
    }

    /// Where the report tells of a tool: of the first forbidden call, or else of anything.
    pub fn place_of(&self, tool: &Tool) -> Evidence {
        self.refusals.get(tool).copied().unwrap_or(self.origin).into()
    }

    /// How long nothing at all was called, as of a day up to which that is known.
    pub fn silence_of_all(&self, today: NaiveDate) -> Silence {
        self.silence_after(self.days.map(|(_, last)| last), self.whole, today)
    }

    fn silence_after(&self, last_call: Option<NaiveDate>, complete: bool, today: NaiveDate) -> Silence {
        let unsure = Silence { last_call, since: None, never: false };
        let Some((first, end)) = self.period().filter(|_| complete) else { return unsure };
        let up_to_date = end.checked_add_days(Days::new(LATE_DAYS)).is_some_and(|described| described >= today);
        let since = match last_call {
            Some(last) => last.checked_add_days(Days::new(1)),
            // A shorter one may have missed the last call by a day.
            None => {
                Some(first).filter(|_| end.signed_duration_since(first).num_days() + 1 >= REPORT_DAYS.cast_signed())
            }
        };
        // What was called after this day does not say what was called by then.
        let since = since.filter(|since| up_to_date && since.pred_opt().is_some_and(|last| last <= today));
        Silence { last_call, since, never: last_call.is_none() && since.is_some() }
    }

    /// The days the report certainly covers.
    fn period(&self) -> Option<(NaiveDate, NaiveDate)> {
        let reach = |day: NaiveDate| Some((day.checked_sub_days(Days::new(REPORT_DAYS))?, day));
        match (self.days, self.collected.and_then(reach)) {
            // Of a report that was collected before its last row, the day is wrong.
            (Some((first, last)), Some((start, end))) if end >= last => Some((first.min(start), end)),
            (Some(days), _) => Some(days),
            (None, collected) => collected,
        }
    }

    fn new(origin: Origin, whole: bool, collected: Option<NaiveDate>) -> Self {
        Self {
            origin,
            days: None,
            collected,
            last_calls: BTreeMap::new(),
            forbidden: BTreeMap::new(),
            refusals: BTreeMap::new(),
            forbidden_known: whole,
            whole,
            calls: BTreeMap::new(),
            unmapped: BTreeMap::new(),
            complete: whole,
            writes_known: whole,
        }
    }

    /// Hears a row; returns its route if the tool of it is unknown.
    fn merge<'r>(&mut self, read: &'r Read<ActivityRow>, tools: &Tools) -> Option<&'r str> {
        let row = &read.value;
        match row.date.value() {
            Some(day) => self.days = self.days.map_or(Some((*day, *day)), |(a, z)| Some((a.min(*day), z.max(*day)))),
            None => self.lose(),
        }
        let (code, count) = (row.response_code.value(), row.count.value());
        let (Some(code), Some(method), Some(route), Some(count)) =
            (code, row.http_method.value(), row.normalized_route.value(), count)
        else {
            self.lose();
            return None;
        };
        let reads = ["GET", "HEAD", "OPTIONS"].iter().any(|read| method.trim().eq_ignore_ascii_case(read));
        let tool = match tools.route(route.trim()) {
            RouteTool::Tool(tool) => tool,
            RouteTool::Free => return None,
            RouteTool::FreeToRead if reads => return None,
            RouteTool::FreeToRead | RouteTool::Unknown => {
                add(self.unmapped.entry(route.trim().to_owned()).or_default(), count.0);
                self.forbidden_known &= code.0 != 403;
                self.complete = false;
                self.writes_known &= reads;
                return Some(route.trim());
            }
        };
        if let Some(day) = row.date.value() {
            let last = self.last_calls.entry(tool.clone()).or_insert(*day);
            *last = (*last).max(*day);
        }
        if code.0 == 403 {
            let first = self.refusals.entry(tool.clone()).or_insert(read.origin);
            *first = (*first).min(read.origin);
            let forbidden = self.forbidden.entry(tool.clone()).or_default();
            add(if reads { &mut forbidden.read } else { &mut forbidden.write }, count.0);
        }
        let calls = self.calls.entry(tool).or_default();
        let let_through = code.0 < 400 || code.0 == 404;
        match (let_through, reads) {
            _ if matches!(code.0, 401 | 403) => add(&mut calls.refused, count.0),
            (true, true) => add(&mut calls.read, count.0),
            (true, false) => add(&mut calls.write, count.0),
            (false, false) => add(&mut calls.failed_writes, count.0),
            (false, true) => {}
        }
        None
    }

    /// A row that does not say what was called may be any call.
    fn lose(&mut self) {
        self.whole = false;
        self.forbidden_known = false;
        self.complete = false;
        self.writes_known = false;
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

impl Company {
    /// The report of an app, by any of its names that is no other app's.
    pub fn usage_of(&self, index: AppIx) -> Option<&Usage> {
        let app = self.apps.all.get(index)?;
        let own = app.slugs.iter().filter(|name| self.apps.find(name) == Some(index));
        own.filter_map(|name| self.usage.get(name)).next()
    }

    /// The report of a service identity: that of its app, or that of the account itself.
    pub fn usage_of_identity(&self, index: IdentityIx) -> Option<&Usage> {
        let identity = self.directory.identities.get(index).filter(|identity| identity.is_service())?;
        let of_app = identity.app.value().and_then(|app| self.usage_of(*app));
        let account = identity.account.and_then(|account| self.accounts.get(account)).map(|account| &account.name);
        let names = account.into_iter().chain([&identity.name]);
        of_app.or_else(|| names.map(|name| slug(name)).find_map(|name| self.usage.get(&name)))
    }
}

/// Sums up the reports. A report of all apps in one tells nothing about a single app, and is skipped.
pub(super) fn read(records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Usages {
    let gaps: BTreeSet<String> = records.activity_gaps.iter().map(|app| slug(app)).collect();
    let collected = records.export.as_ref().and_then(|file| file.value.collected_at);
    let mut usages = Usages::new();
    // A report without a row tells something, too, once it is known when that was.
    for (name, origin) in &records.activity_lists {
        let app = slug(name);
        if !app.is_empty() && !gaps.contains(&app) && collected.is_some() {
            usages.entry(app).or_insert_with(|| Usage::new(*origin, true, collected));
        }
    }
    let mut unmapped: BTreeMap<u32, (Origin, BTreeSet<&str>)> = BTreeMap::new();
    for Of { of, read } in &records.api_activity {
        let app = slug(of);
        if app.is_empty() || read.value.count.value().is_some_and(|count| count.0 == 0) {
            continue;
        }
        let whole = !gaps.contains(&app);
        let usage = usages.entry(app).or_insert_with(|| Usage::new(read.origin, whole, collected));
        if let Some(route) = usage.merge(read, tools) {
            unmapped.entry(read.origin.document).or_insert((read.origin, BTreeSet::new())).1.insert(route);
        }
    }
    diagnostics.extend(unmapped.into_values().map(|(origin, routes)| unknown(origin, &routes)));
    usages
}

/// How many routes a message names.
const MAX_NAMED: usize = 3;

fn unknown(origin: Origin, routes: &BTreeSet<&str>) -> Diagnostic {
    let named: Vec<String> = routes.iter().take(MAX_NAMED).map(|route| format!("`{}`", escape::name(route))).collect();
    let more = if routes.len() > MAX_NAMED { ", …" } else { "" };
    let message = format!(
        "the tools of {} route(s) are unknown, so no tool counts as unused: {}{more}",
        routes.len(),
        named.join(", ")
    );
    Diagnostic::new(Code::UnknownTool, Place::Member(origin, "normalized_route".to_owned()), message)
}
