//! When: every step as early as its dependencies, the calendar and the capacity allow, and as late as the deadline does.
//!
//! Forward from the start gives the earliest days, backward from the deadline the latest; what lies between is slack.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use super::calendar::Calendar;

/// A step to be dated.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// The account it belongs to.
    pub account: usize,
    /// Working days it takes; 0 for a mere point in time.
    pub days: u32,
    /// Whether it changes something in production.
    pub changes: bool,
    /// Whether it may come after the deadline, up to the last day.
    pub cleanup: bool,
    /// Whether it is the move that a wave is about.
    pub moves: bool,
    /// The tasks before it.
    pub after: Vec<usize>,
}

/// The dates of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dates {
    /// The day it begins.
    pub begins: NaiveDate,
    /// The day it ends.
    pub ends: NaiveDate,
    /// The last day it may end; none without a deadline.
    pub latest: Option<NaiveDate>,
}

/// What the dates must keep to.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    /// The first day of work.
    pub start: NaiveDate,
    /// The last day for moving.
    pub deadline: Option<NaiveDate>,
    /// The last day for cleaning up.
    pub last: Option<NaiveDate>,
    /// How many accounts may move in a week; none for any number.
    pub capacity: Option<usize>,
}

/// A group of accounts that moves in one week, with its place in the queue: smaller first.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Its accounts.
    pub accounts: Vec<usize>,
    /// Its place among groups that are ready in the same week.
    pub rank: (i64, usize),
}

/// Every date, and the week in which each account moves.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// The dates, by task.
    pub dates: Vec<Dates>,
    /// The Monday of each account's week.
    pub weeks: BTreeMap<usize, NaiveDate>,
}

/// Why nothing can be dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Tasks wait for each other.
    Circle(usize),
    /// The calendar has no open day left.
    NoDay,
}

/// Dates all tasks.
pub(super) fn schedule(
    tasks: &[Task],
    groups: &[Group],
    bounds: &Bounds,
    calendar: &Calendar,
) -> Result<Schedule, Fault> {
    let order = order(tasks)?;
    let mut scheduler = Scheduler { tasks, bounds, calendar, order, not_before: vec![bounds.start; tasks.len()] };
    let weeks = scheduler.weeks(groups)?;
    let early = scheduler.forward()?;
    let latest = scheduler.backward();
    let dates = early.into_iter().zip(latest).map(|((begins, ends), latest)| Dates { begins, ends, latest }).collect();
    Ok(Schedule { dates, weeks })
}

fn order(tasks: &[Task]) -> Result<Vec<usize>, Fault> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(tasks.len(), tasks.len() * 2);
    for _ in tasks {
        graph.add_node(());
    }
    for (index, task) in tasks.iter().enumerate() {
        for before in &task.after {
            graph.add_edge(NodeIndex::new(*before), NodeIndex::new(index), ());
        }
    }
    let sorted = toposort(&graph, None).map_err(|circle| Fault::Circle(circle.node_id().index()))?;
    Ok(sorted.into_iter().map(NodeIndex::index).collect())
}

struct Scheduler<'a> {
    tasks: &'a [Task],
    bounds: &'a Bounds,
    calendar: &'a Calendar,
    order: Vec<usize>,
    /// The day before which a task does not begin.
    not_before: Vec<NaiveDate>,
}

impl Scheduler<'_> {
    /// Gives each group a week with room, in the order in which they are ready, and then by rank. A group that waits for
    /// another is placed after it.
    fn weeks(&mut self, groups: &[Group]) -> Result<BTreeMap<usize, NaiveDate>, Fault> {
        let early = self.forward()?;
        let mut of_account: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, group) in groups.iter().enumerate() {
            of_account.extend(group.accounts.iter().map(|account| (*account, number)));
        }
        let mut moves: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let mut waits: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); groups.len()];
        for (index, task) in self.tasks.iter().enumerate().filter(|(_, task)| task.moves) {
            let Some(group) = of_account.get(&task.account) else { continue };
            moves.get_mut(*group).into_iter().for_each(|moves| moves.push(index));
            let before = task.after.iter().filter_map(|before| self.tasks.get(*before)).filter(|before| before.moves);
            let before = before.filter_map(|task| of_account.get(&task.account)).filter(|before| *before != group);
            waits.get_mut(*group).into_iter().for_each(|waits| waits.extend(before.clone()));
        }
        let mut follow: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        for (group, before) in waits.iter().enumerate() {
            for before in before {
                follow.get_mut(*before).into_iter().for_each(|follow| follow.push(group));
            }
        }
        let ready_of = |group: usize| {
            let ends = moves.get(group).into_iter().flatten().filter_map(|index| early.get(*index));
            ends.map(|(begins, _)| *begins).max()
        };
        let key = |group: usize, ready: NaiveDate| {
            (Calendar::week(ready), groups.get(group).map(|group| group.rank).unwrap_or_default(), group)
        };
        let mut left: Vec<usize> = waits.iter().map(BTreeSet::len).collect();
        let mut ready: Vec<Option<NaiveDate>> = (0..groups.len()).map(ready_of).collect();
        let mut queue: BTreeSet<(NaiveDate, (i64, usize), usize)> = BTreeSet::new();
        for (group, (left, ready)) in left.iter().zip(&ready).enumerate() {
            queue.extend(ready.filter(|_| *left == 0).map(|ready| key(group, ready)));
        }
        let mut room = WeekCapacity { capacity: self.bounds.capacity, taken: BTreeMap::new(), next: BTreeMap::new() };
        let mut weeks = BTreeMap::new();
        while let Some((_, _, group)) = queue.pop_first() {
            let (Some(members), Some(Some(day))) = (groups.get(group), ready.get(group).copied()) else { continue };
            let week = room.take(day, members.accounts.len(), self.calendar).ok_or(Fault::NoDay)?;
            let mut last = week;
            for index in moves.get(group).into_iter().flatten() {
                let begins = week.max(day);
                if let Some(bound) = self.not_before.get_mut(*index) {
                    *bound = begins;
                }
                let task = self.tasks.get(*index);
                let begins = self.calendar.next_open(begins, true).ok_or(Fault::NoDay)?;
                let ends = self.calendar.end(begins, task.map_or(1, |task| task.days), true).ok_or(Fault::NoDay)?;
                last = last.max(ends);
            }
            weeks.extend(members.accounts.iter().map(|account| (*account, week)));
            for next in follow.get(group).into_iter().flatten() {
                if let (Some(left), Some(ready)) = (left.get_mut(*next), ready.get_mut(*next)) {
                    *left = left.saturating_sub(1);
                    *ready = ready.map(|ready| ready.max(last.succ_opt().unwrap_or(last)));
                    if let (0, Some(ready)) = (*left, *ready) {
                        queue.insert(key(*next, ready));
                    }
                }
            }
        }
        Ok(weeks)
    }

    /// The first day of each task, and the day it ends then.
    fn forward(&self) -> Result<Vec<(NaiveDate, NaiveDate)>, Fault> {
        let mut dates = vec![(self.bounds.start, self.bounds.start); self.tasks.len()];
        for index in &self.order {
            let Some(task) = self.tasks.get(*index) else { continue };
            let after =
                task.after.iter().filter_map(|before| Some((self.tasks.get(*before)?.days, dates.get(*before)?)));
            // A point in time takes no day: what follows it may begin on it.
            let after = after.map(|(days, (_, ends))| if days == 0 { *ends } else { ends.succ_opt().unwrap_or(*ends) });
            let bound = self.not_before.get(*index).copied().unwrap_or(self.bounds.start);
            let begins = after.max().map_or(bound, |after| after.max(bound));
            let date = if task.days == 0 {
                (begins, begins)
            } else {
                let begins = self.calendar.next_open(begins, task.changes).ok_or(Fault::NoDay)?;
                (begins, self.calendar.end(begins, task.days, task.changes).ok_or(Fault::NoDay)?)
            };
            if let Some(place) = dates.get_mut(*index) {
                *place = date;
            }
        }
        Ok(dates)
    }

    /// The last day on which each task may end.
    fn backward(&self) -> Vec<Option<NaiveDate>> {
        let own = |task: &Task| if task.cleanup { self.bounds.last } else { self.bounds.deadline };
        let mut latest: Vec<Option<NaiveDate>> = self.tasks.iter().map(own).collect();
        for index in self.order.iter().rev() {
            let Some(task) = self.tasks.get(*index) else { continue };
            let Some(Some(bound)) = latest.get(*index).copied() else { continue };
            // The days must lie on the calendar; where it has none left, the bound itself has to do.
            let ends =
                if task.days == 0 { bound } else { self.calendar.last_open(bound, task.changes).unwrap_or(bound) };
            if let Some(place) = latest.get_mut(*index) {
                *place = Some(ends);
            }
            let begins = match task.days {
                0 => ends,
                days => self.calendar.begin(ends, days, task.changes).unwrap_or(ends),
            };
            for before in &task.after {
                let zero = self.tasks.get(*before).is_some_and(|before| before.days == 0);
                let bound = if zero { begins } else { begins.checked_sub_days(Days::new(1)).unwrap_or(begins) };
                if let Some(place) = latest.get_mut(*before) {
                    *place = place.map_or(Some(bound), |known| Some(known.min(bound)));
                }
            }
        }
        latest
    }
}

/// The weeks and how many accounts move in each.
struct WeekCapacity {
    capacity: Option<usize>,
    taken: BTreeMap<NaiveDate, usize>,
    /// Of a full week: a later one, so that full weeks are skipped in few steps.
    next: BTreeMap<NaiveDate, NaiveDate>,
}

impl WeekCapacity {
    /// This week, or the first one after it that is not full.
    fn not_full(&mut self, week: NaiveDate) -> NaiveDate {
        let mut passed = Vec::new();
        let mut at = week;
        while let Some(next) = self.next.get(&at) {
            passed.push(at);
            at = *next;
        }
        self.next.extend(passed.into_iter().map(|week| (week, at)));
        at
    }

    /// The first week from a day on with room for so many accounts. A group larger than a week's capacity takes several
    /// weeks in a row, and moves in the last of them.
    fn take(&mut self, day: NaiveDate, accounts: usize, calendar: &Calendar) -> Option<NaiveDate> {
        let open = |week: NaiveDate| {
            let from = week.max(day);
            calendar.next_open(from, true).filter(|open| Calendar::week(*open) == week)
        };
        let mut week = Calendar::week(calendar.next_open(day, true)?);
        let Some(capacity) = self.capacity else { return Some(week) };
        let mut left = accounts;
        loop {
            week = self.not_full(week);
            if open(week).is_none() {
                week = Calendar::week(calendar.next_open(week.checked_add_days(Days::new(7))?, true)?);
                continue;
            }
            let taken = self.taken.entry(week).or_default();
            let room = capacity.saturating_sub(*taken);
            let fits = left <= room;
            // Only a week of its own counts towards a group that fits in none.
            let part = if fits {
                left
            } else if accounts > capacity && *taken == 0 {
                capacity
            } else {
                0
            };
            *taken += part;
            left -= part;
            let after = week.checked_add_days(Days::new(7))?;
            if *taken >= capacity {
                self.next.insert(week, after);
            }
            if fits {
                return Some(week);
            }
            week = after;
        }
    }
}
