//! What an app called: which tools it used, and how, by its API Call Activity Report.
//!
//! The report comes from the developer portal (Integration Health, Download CSV): the last 30 days of production, one
//! row for each day, answer, method and normalised route. It names no tool; the tool table tells it by the route.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::classify::slug;
use super::level::Level;
use super::tools::{RouteTool, Tool, Tools};
use crate::escape;
use crate::export::diagnostic::{Code, Diagnostic, Place};
use crate::export::document::Origin;
use crate::export::records::ActivityRow;
use crate::export::{Of, Records};

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

/// What one app called.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The first row that tells of it.
    pub origin: Origin,
    /// The first and the last day of the report.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// The calls to each tool that was called.
    pub calls: BTreeMap<Tool, Calls>,
    /// Calls to routes whose tool is not known, by route.
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

    fn new(origin: Origin, whole: bool) -> Self {
        Self {
            origin,
            days: None,
            calls: BTreeMap::new(),
            unmapped: BTreeMap::new(),
            complete: whole,
            writes_known: whole,
        }
    }

    /// Hears a row; returns its route if the tool of it is not known.
    fn hear<'r>(&mut self, row: &'r ActivityRow, tools: &Tools) -> Option<&'r str> {
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
                self.complete = false;
                self.writes_known &= reads;
                return Some(route.trim());
            }
        };
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
        self.complete = false;
        self.writes_known = false;
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

/// Sums up the reports. A report of all apps in one tells nothing about a single app, and is passed over.
pub(super) fn read(records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Usages {
    let gaps: BTreeSet<String> = records.activity_gaps.iter().map(|app| slug(app)).collect();
    let mut usages = Usages::new();
    let mut unmapped: BTreeMap<u32, (Origin, BTreeSet<&str>)> = BTreeMap::new();
    for Of { of, read } in &records.api_activity {
        let app = slug(of);
        if app.is_empty() || read.value.count.value().is_some_and(|count| count.0 == 0) {
            continue;
        }
        let whole = !gaps.contains(&app);
        let usage = usages.entry(app).or_insert_with(|| Usage::new(read.origin, whole));
        if let Some(route) = usage.hear(&read.value, tools) {
            unmapped.entry(read.origin.document).or_insert((read.origin, BTreeSet::new())).1.insert(route);
        }
    }
    diagnostics.extend(unmapped.into_values().map(|(origin, routes)| unknown(origin, &routes)));
    usages
}

/// How many routes a message names.
const NAMED: usize = 3;

fn unknown(origin: Origin, routes: &BTreeSet<&str>) -> Diagnostic {
    let named: Vec<String> = routes.iter().take(NAMED).map(|route| format!("`{}`", escape::name(route))).collect();
    let more = if routes.len() > NAMED { ", …" } else { "" };
    let message = format!(
        "the tools behind {} route(s) are not known, so that no tool counts as unused: {}{more}",
        routes.len(),
        named.join(", ")
    );
    Diagnostic::new(Code::UnknownTool, Place::Member(origin, "normalized_route".to_owned()), message)
}
