//! From drafts to dated steps and waves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::blast::Blast;
use super::calendar::Calendar;
use super::groups::Couplings;
use super::schedule::{Bounds, Fault, Group, Schedule, Task, schedule};
use super::steps::{Todo, days, todo, todo_id};
use super::{CAPACITY, Draft, Options, PlanError, groups};
use cutover_inventory::Inventory;
use cutover_model::escape;
use cutover_model::result::plan::{BlastRadius, Mode, Status};
use cutover_policy::pack::Pack;
use cutover_policy::step_id::StepId;

/// Accounts of a group that a step names as coming before; with more, the point where they meet stands for all.
const MAX_NAMED: usize = 20;

/// What follows a decision, at the least.
const FOLLOWING: [StepId; 5] = [StepId::Install, StepId::Permit, StepId::Configure, StepId::Verify, StepId::Move];

/// A step of an account, with its task.
#[derive(Debug)]
pub(super) struct Dated {
    pub todo: Todo,
    pub task: usize,
    /// Working days.
    pub days: u32,
    /// The steps before it that are worth naming, by task.
    pub after: Vec<usize>,
}

/// Everything dated.
#[derive(Debug)]
pub(super) struct Program {
    /// The steps of each draft.
    pub steps: Vec<Vec<Dated>>,
    pub schedule: Schedule,
    /// The drafts that move in each wave; the last one, numbered 0, holds those that go without a move.
    pub waves: Vec<(usize, Vec<usize>)>,
    /// Those that each draft must move with.
    pub together: Vec<Vec<usize>>,
    /// Why each draft is bound to others.
    pub reasons: Vec<Vec<String>>,
    pub blast: Vec<BlastRadius>,
    pub calendar: Calendar,
    pub bounds: Bounds,
}

impl Program {
    /// The id of each step, by task.
    pub(super) fn names(&self) -> BTreeMap<usize, String> {
        let accounts = self.steps.iter().enumerate();
        accounts
            .flat_map(|(index, steps)| steps.iter().map(move |step| (step.task, todo_id(index, &step.todo))))
            .collect()
    }
}

/// Dates the steps of all drafts.
pub(super) fn program(
    inventory: &Inventory,
    drafts: &[Draft],
    pack: &Pack,
    options: &Options,
    mode: Mode,
    blast: &Blast<'_>,
) -> Result<Program, PlanError> {
    let start = options.start.unwrap_or(options.as_of);
    if start < options.as_of {
        return Err(terms(
            format!("`--start {start}` is before the day of the plan, {}", options.as_of),
            "give a later start, or an earlier --as-of",
        ));
    }
    let sunset = options.timeline.sunset.filter(|_| mode == Mode::Migration);
    let deadline = sunset.and_then(|sunset| sunset.checked_sub_days(Days::new(options.buffer.into())));
    let calendar = Calendar::new(options.freezes.clone());
    let last = deadline.unwrap_or(NaiveDate::MAX);
    if start <= last && calendar.next_open(start, true).is_none_or(|day| day > last) && !options.freezes.is_empty() {
        return Err(terms(
            "the freeze windows leave no working day between the start and the deadline".to_owned(),
            "shorten a --freeze, or give a smaller --buffer",
        ));
    }
    let Couplings { groups, reasons } = groups::couplings(inventory, drafts);
    let mut together: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for group in groups.iter().filter(|group| group.len() > 1) {
        for member in group {
            if let Some(place) = together.get_mut(*member) {
                *place = group.iter().filter(|other| *other != member).take(50).copied().collect();
            }
        }
    }
    let radii: Vec<BlastRadius> = drafts.iter().map(|draft| blast.of_all(&[draft])).collect();
    let Build { tasks, steps } = build(inventory, drafts, pack, &groups, mode);
    let sign = if mode == Mode::Recovery { -1 } else { 1 };
    let ranked: Vec<Group> = groups
        .into_iter()
        .enumerate()
        .map(|(number, accounts)| {
            let weight = |account: &usize| radii.get(*account).map(weight).unwrap_or_default();
            Group { rank: (sign * accounts.iter().map(weight).sum::<i64>(), number), accounts }
        })
        .collect();
    let capacity = match mode {
        Mode::Migration => Some(options.capacity.unwrap_or(CAPACITY)),
        Mode::Recovery => options.capacity,
    };
    let bounds = Bounds { start, deadline, last: sunset, capacity };
    let schedule = schedule(&tasks, &ranked, &bounds, &calendar).map_err(|fault| fault_of(fault, &tasks, drafts))?;
    let mut by_week: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
    for (account, week) in &schedule.weeks {
        by_week.entry(*week).or_default().push(*account);
    }
    let mut waves: Vec<(usize, Vec<usize>)> =
        by_week.into_values().enumerate().map(|(index, accounts)| (index + 1, accounts)).collect();
    let still: Vec<usize> = (0..drafts.len()).filter(|index| drafts.get(*index).is_some_and(Draft::is_over)).collect();
    if !still.is_empty() {
        waves.push((0, still));
    }
    Ok(Program { steps, schedule, waves, together, reasons, blast: radii, calendar, bounds })
}

/// What hurts most when it fails: people first.
fn weight(blast: &BlastRadius) -> i64 {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 1_000_000);
    number(blast.users)
        .saturating_mul(100)
        .saturating_add(number(blast.projects) * 10)
        .saturating_add(number(blast.tools))
}

struct Build {
    tasks: Vec<Task>,
    steps: Vec<Vec<Dated>>,
}

fn build(inventory: &Inventory, drafts: &[Draft], pack: &Pack, groups: &[Vec<usize>], mode: Mode) -> Build {
    let kinds = &pack.steps.all;
    let mut tasks: Vec<Task> = Vec::new();
    let mut steps: Vec<Vec<Dated>> = Vec::with_capacity(drafts.len());
    for (account, draft) in drafts.iter().enumerate() {
        let Some(company) = inventory.companies.get(draft.key.0) else {
            steps.push(Vec::new());
            continue;
        };
        let mut own: Vec<Dated> = Vec::new();
        // The tasks that stand for each kind: its own, or those before it where the account does not need it.
        let mut by_kind: Vec<Vec<usize>> = Vec::with_capacity(kinds.len());
        let mut earlier: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut todos = todo(company, &pack.tools, &pack.steps, draft, mode).into_iter().peekable();
        for (index, kind) in kinds.iter().enumerate() {
            let mut before: Vec<usize> =
                kind.after.iter().filter_map(|kind| by_kind.get(*kind)).flatten().copied().collect();
            before.sort_unstable();
            before.dedup();
            let all = before.clone();
            let implied =
                |task: &usize| all.iter().filter_map(|other| earlier.get(other)).any(|set| set.contains(task));
            before.retain(|task| !implied(task));
            let mut of_kind = Vec::new();
            while let Some(todo) = todos.next_if(|todo| todo.kind == index) {
                let task = tasks.len();
                tasks.push(Task {
                    account,
                    days: days(kind, mode),
                    changes: kind.changes,
                    cleanup: kind.cleanup || draft.is_over(),
                    moves: kind.kind == StepId::Move,
                    after: before.clone(),
                });
                let further = before.iter().filter_map(|task| earlier.get(task)).flatten().copied();
                earlier.insert(task, further.chain(before.iter().copied()).collect());
                own.push(Dated { todo, task, days: days(kind, mode), after: before.clone() });
                of_kind.push(task);
            }
            by_kind.push(if of_kind.is_empty() { before } else { of_kind });
        }
        if draft.status == Status::Decide {
            // A decision must leave time for everything that follows it.
            let rest = kinds.iter().filter(|kind| FOLLOWING.contains(&kind.kind));
            let days = rest.map(|kind| days(kind, mode)).sum();
            let after = own.iter().map(|step| step.task).collect();
            tasks.push(Task { account, days, changes: true, cleanup: false, moves: false, after });
        }
        steps.push(own);
    }
    let mut build = Build { tasks, steps };
    for group in groups.iter().filter(|group| group.len() > 1) {
        build.bind(group, kinds, StepId::Verify, &[StepId::Move]);
        build.bind(group, kinds, StepId::Move, &[StepId::Deactivate, StepId::Revoke]);
    }
    let index: BTreeMap<_, usize> = drafts.iter().enumerate().map(|(index, draft)| (draft.key, index)).collect();
    for (account, draft) in drafts.iter().enumerate() {
        for before in draft.decision.after.iter().filter_map(|key| index.get(key)) {
            let first = build.of_kind(*before, kinds, StepId::Move);
            for task in build.of_kind(account, kinds, StepId::Move) {
                build.wait(account, task, &first, true);
            }
        }
    }
    build
}

impl Build {
    fn of_kind(&self, account: usize, kinds: &[cutover_policy::steps::StepKind], kind: StepId) -> Vec<usize> {
        let own = self.steps.get(account).into_iter().flatten();
        own.filter(|step| kinds.get(step.todo.kind).is_some_and(|found| found.kind == kind))
            .map(|step| step.task)
            .collect()
    }

    fn wait(&mut self, account: usize, task: usize, before: &[usize], named: bool) {
        if let Some(task) = self.tasks.get_mut(task) {
            task.after.extend(before);
        }
        let step = self.steps.get_mut(account).into_iter().flatten().find(|step| step.task == task);
        if let Some(step) = step.filter(|_| named) {
            step.after.extend(before);
            step.after.sort_unstable();
            step.after.dedup();
        }
    }

    /// No member of a group does the one before all have done the other. They meet in a point of time, so that a group
    /// of any size has few dependencies.
    fn bind(&mut self, group: &[usize], kinds: &[cutover_policy::steps::StepKind], first: StepId, then: &[StepId]) {
        let before: Vec<usize> = group.iter().flat_map(|account| self.of_kind(*account, kinds, first)).collect();
        let Some(account) = group.first().copied().filter(|_| !before.is_empty()) else { return };
        let point = self.tasks.len();
        let cleanup = then.iter().all(|kind| *kind != StepId::Move);
        self.tasks.push(Task { account, days: 0, changes: false, cleanup, moves: false, after: before.clone() });
        for account in group {
            for kind in then {
                for task in self.of_kind(*account, kinds, *kind) {
                    self.wait(*account, task, &[point], false);
                    if before.len() <= MAX_NAMED
                        && let Some(step) =
                            self.steps.get_mut(*account).into_iter().flatten().find(|step| step.task == task)
                    {
                        step.after.extend(&before);
                        step.after.sort_unstable();
                        step.after.dedup();
                    }
                }
            }
        }
    }
}

fn terms(what: String, help: &str) -> PlanError {
    PlanError::Terms { what, help: help.to_owned() }
}

fn fault_of(fault: Fault, tasks: &[Task], drafts: &[Draft]) -> PlanError {
    match fault {
        Fault::Circle(task) => {
            let draft = tasks.get(task).and_then(|task| drafts.get(task.account));
            let name = draft.map(|draft| escape::name(&draft.name)).unwrap_or_default();
            terms(
                format!("the steps of `{name}` wait for each other"),
                "take an `after` out of the map file: it contradicts what must move together",
            )
        }
        Fault::NoDay => terms(
            "the freeze windows leave no working day".to_owned(),
            "shorten a --freeze: no change fits in the next twenty years",
        ),
    }
}
