//! The migration: for every legacy account what replaces it, what that changes, when it moves, and what to check.
//!
//! The way of the data: [`matching`] finds the app, [`access`] compares, `facts` puts both to the policies, which say
//! what blocks and what retires; `steps` and `groups` say what is to be done and what moves together, `schedule`
//! dates it, `simulate` applies it in memory and has it evaluated again.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use miette::Diagnostic as MietteDiagnostic;
use thiserror::Error;

pub mod access;
mod accounts;
mod apply;
mod blast;
mod blockers;
pub mod calendar;
pub mod check;
mod credential_copies;
mod document;
mod facts;
pub(crate) mod findings;
mod groups;
pub mod manifest;
pub mod map;
pub mod matching;
mod picture;
mod program;
pub mod repair;
mod schedule;
mod simulate;
mod steps;
pub mod what_if;

use access::{Planned, Rows};
use blockers::MigrationBlocker;
use findings::StateEvaluator;
use map::{Decision, Key, Map};
use matching::Match;
use picture::Picture;
use what_if::Proposal;

use crate::ask::document::Source;
use crate::audit::report_errors;
use cutover_export::Export;
use cutover_inventory::apps::AppIx;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::tools::Tools;
use cutover_inventory::usage::Usage;
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::evidence::Origin;
use cutover_model::level::Level;
use cutover_model::result::plan::{Mode, Period, Plan, Status};
use cutover_policy::fact_builder::Setting;
use cutover_policy::facts::Facts;
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;

/// Calendar days kept free before the sunset, unless something else is asked for.
pub const BUFFER: u32 = 14;
/// Accounts that may move in one week, unless something else is asked for.
pub const CAPACITY: usize = 5;

/// What a plan is asked for.
#[derive(Debug)]
pub struct Options {
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The announced dates.
    pub timeline: Timeline,
    /// The first day of work; the date it was evaluated as of, if none is given.
    pub start: Option<NaiveDate>,
    /// Accounts that may move in one week. A recovery after the sunset keeps to it only if it is given.
    pub capacity: Option<usize>,
    /// Periods in which nothing is changed.
    pub freezes: Vec<Period>,
    /// Calendar days kept free before the sunset.
    pub buffer: u32,
    /// What people decided.
    pub map: Option<Map>,
    /// A change to apply first.
    pub proposal: Option<Proposal>,
    /// What is to be repaired: controls by id or pattern, or accounts. Unless empty, nothing else is planned.
    pub repair: Vec<String>,
    /// Whether an export without accounts will do: to check a saved plan whose accounts are all gone.
    pub may_be_empty: bool,
}

/// Why no plan could be made.
#[derive(Debug, Error, MietteDiagnostic)]
pub enum PlanError {
    /// A fact failed to evaluate.
    #[error("failed to evaluate a fact: {0}")]
    #[diagnostic(help("this is a bug in cutover; please report it"))]
    Fact(String),
    /// A file kept by hand is wrong.
    #[error("`{path}`, line {line}, column {column}: {what}")]
    #[diagnostic(help("see docs/planning.md"))]
    File {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// The terms contradict each other.
    #[error("{what}")]
    #[diagnostic(help("{help}"))]
    Terms {
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
    },
    /// There is no legacy account, and the export does not show that there is none.
    #[error("the export holds no legacy service account, and does not show that there is none")]
    #[diagnostic(help(
        "export the Service Accounts page (service_accounts.csv) and the company users (users.json), both in full; a possible service identity that a diagnostic names has to be settled in reviews.toml"
    ))]
    NoAccounts,
    /// The saved plan is of another company or another version.
    #[error("`{path}` {what}")]
    #[diagnostic(help("{help}"))]
    Saved {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
    },
}

impl PlanError {
    /// A fault at an offset of a text.
    pub fn at(path: &str, text: &str, offset: usize, what: String) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        Self::File { path: path.to_owned(), line, column, what }
    }
}

/// An account on its way through the plan.
#[derive(Debug)]
pub struct Draft {
    /// The account.
    pub key: Key,
    /// Its id in results.
    pub id: String,
    /// Its id in facts, which another account may have too.
    pub own_key: String,
    /// Its name.
    pub name: String,
    /// The record that lists it.
    pub origin: Origin,
    /// What was decided about it.
    pub decision: Decision,
    /// How the app that replaces it was found.
    pub matched: Match,
    /// The app it is planned to move to.
    pub app: Option<AppIx>,
    /// An older app of the account, to be uninstalled.
    pub former_app: Option<AppIx>,
    /// The access that the app's manifest asks for.
    pub planned: Planned,
    /// Access before and after, tool by tool.
    pub rows: Rows,
    /// The calls it makes, if an activity report says so.
    pub usage: Option<Usage>,
    /// The webhooks it owns, by index.
    pub hooks: Vec<usize>,
    /// The credentials of it that some system keeps, by index.
    pub credentials: Vec<usize>,
    /// How far it is.
    pub status: Status,
    /// Why.
    pub reason: String,
    /// What blocks its migration.
    pub blockers: Vec<MigrationBlocker>,
    /// What somebody has to answer first.
    pub questions: Vec<cutover_model::result::plan::Question>,
}

impl Draft {
    /// Whether it is to move to an app.
    fn moves(&self) -> bool {
        matches!(self.status, Status::Ready | Status::Blocked)
    }

    /// Whether it needs no replacement any more.
    fn is_over(&self) -> bool {
        matches!(self.status, Status::Retire | Status::Done)
    }

    fn user(&self, company: &Company) -> Option<IdentityIx> {
        company.directory.users_of(self.app?).next()
    }

    fn is_custom(&self, company: &Company) -> bool {
        let app = self.app.and_then(|app| company.apps.all.get(app));
        app.is_some_and(|app| app.marketplace.value() == Some(&false))
    }

    /// The tools that a version yet to be built must ask for, if a report tells what is used. What is merely held is no
    /// reason to ask for it.
    fn needed_tools(&self, tools: &Tools) -> Option<Vec<String>> {
        let usage = self.usage.as_ref()?;
        let needed = usage.calls.keys().filter_map(|tool| Some((tool, usage.needed(tool)?)));
        let needed: Vec<String> = needed
            .filter(|(_, level)| *level > Level::None)
            .map(|(tool, level)| format!("{} at {level}", tools.label(tool)))
            .collect();
        (!needed.is_empty()).then_some(needed)
    }
}

/// Accounts that are to wait for one that does not move.
fn waits_for_nothing(drafts: &[Draft]) -> Vec<String> {
    let still: BTreeMap<Key, &str> =
        drafts.iter().filter(|draft| !draft.moves()).map(|draft| (draft.key, draft.name.as_str())).collect();
    let waits = drafts.iter().flat_map(|draft| draft.decision.after.iter().map(move |before| (draft, before)));
    let described = waits.filter_map(|(draft, before)| {
        let other = escape::name(still.get(before)?);
        Some(format!(
            "{} waits for {other}, which does not migrate: there is nothing to wait for.",
            escape::name(&draft.name)
        ))
    });
    described.collect()
}

/// What a plan of an export would say to the controls over plans, and nothing else of it; no facts where there is no
/// account to move.
///
/// # Errors
/// When a fact fails to evaluate.
pub fn facts_of(inventory: &Inventory, pack: &Pack, as_of: NaiveDate, timeline: &Timeline) -> Result<Facts, PlanError> {
    let setting = Setting { today: as_of, timeline, tools: &pack.tools, named_tools: pack.named_tools() };
    let evaluator = StateEvaluator { pack, setting: &setting, days_left: timeline.days_left(as_of) };
    let (before, evaluation) = evaluator.all(inventory).map_err(PlanError::Fact)?;
    let mut drafts = accounts::drafts(inventory, &map::Decisions::default(), as_of);
    blockers::of_accounts(&before, &evaluation, pack, &evaluator, &mut drafts);
    accounts::settle(inventory, &mut drafts);
    Ok(facts::build_facts(inventory, &drafts, &setting).0)
}

/// Plans the migration of an export.
///
/// # Errors
/// When there is nothing to plan, the terms or the files kept by hand are wrong, or a fact fails to evaluate.
pub fn plan(export: &Export, pack: &Pack, options: &Options) -> Result<Plan, PlanError> {
    plan_with(export, pack, options, false)
}

/// The same, with the access graph before the plan and after it if that is asked for.
///
/// # Errors
/// As for [`plan`].
pub fn plan_with(export: &Export, pack: &Pack, options: &Options, with_graph: bool) -> Result<Plan, PlanError> {
    let mut diagnostics = export.diagnostics.clone();
    let mut inventory = Inventory::build(export, &pack.tools, &mut diagnostics);
    inventory.report_age(options.as_of, &mut diagnostics);
    let setting = Setting {
        today: options.as_of,
        timeline: &options.timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    let evaluator = StateEvaluator { pack, setting: &setting, days_left: options.timeline.days_left(options.as_of) };
    let what_if = options.proposal.as_ref().map(|proposal| proposal.apply(&mut inventory, &evaluator)).transpose()?;
    let decisions = options.map.as_ref().map(|map| map.resolve(&inventory)).transpose()?.unwrap_or_default();
    let (facts, evaluation) = evaluator.all(&inventory).map_err(PlanError::Fact)?;
    report_errors(&evaluation, &mut diagnostics);
    let before = evaluator.findings(&facts, &evaluation);
    let repairs = !options.repair.is_empty();
    let repair = repairs
        .then(|| repair::repair(export, &mut inventory, (&facts, &evaluation), &evaluator, options))
        .transpose()?;
    let mut drafts = if repairs { Vec::new() } else { accounts::drafts(&inventory, &decisions, options.as_of) };
    // After a finished migration the plan is empty: everything is done.
    if drafts.is_empty() && !repairs && !options.may_be_empty && !inventory.shows_no_legacy_account() {
        return Err(PlanError::NoAccounts);
    }
    blockers::of_accounts(&facts, &evaluation, pack, &evaluator, &mut drafts);
    accounts::settle(&inventory, &mut drafts);
    let coverage = blockers::of_plans(&inventory, pack, &setting, &evaluator, &mut drafts, &mut diagnostics)?;
    let mode = match options.timeline.sunset {
        Some(sunset) if sunset < options.as_of => Mode::Recovery,
        _ => Mode::Migration,
    };
    let blast = blast::Blast::of(&inventory);
    let program = program::program(&inventory, &drafts, pack, options, mode, &blast)?;
    let (inventory_read, names) = (&inventory, program.names());
    let context = document::Context {
        export,
        inventory: inventory_read,
        pack,
        options,
        drafts: &drafts,
        program: &program,
        blast: &blast,
        names,
    };
    let mut plan = context.plan(mode, coverage, what_if, diagnostics);
    plan.notes.extend(waits_for_nothing(&drafts));
    match &repair {
        Some(repair) => {
            plan.simulation.before = repair.simulation.before;
            plan.simulation.after = repair.simulation.after;
            plan.notes = repair::NOTES.map(str::to_owned).to_vec();
            plan.coverage.clear();
            plan.feasible = true;
            plan.summary.steps = repair.edits.len();
        }
        None => {
            let source = Source { export, inventory: &inventory, tools: &pack.tools };
            let picture = with_graph.then(|| Picture::of(source, &drafts, None));
            let part = picture.as_ref().map(|picture| picture.part(source));
            plan.simulation = simulate::simulate(&mut inventory, &drafts, &program.waves, &before, &evaluator)?;
            let source = Source { export, inventory: &inventory, tools: &pack.tools };
            plan.graph = part
                .map(|part| picture::describe(source, &drafts, part, &Picture::of(source, &drafts, picture.as_ref())));
        }
    }
    plan.repair = repair;
    Ok(plan)
}
