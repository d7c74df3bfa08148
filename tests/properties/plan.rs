//! What must be so for every plan: its steps can be followed, its dates hold, nothing is deleted too early, nobody gains
//! what the plan does not say, and the order of the input decides nothing.

use crate::support::company;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::support::company::{config, plain, untidy_company};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use cutover_analysis::plan::{Options, PlanError, plan};
use cutover_export as export;
use cutover_export::collect::Folder;
use cutover_model::result::plan::{Account, Mode, Period, Plan, Status, Step};
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use proptest::prelude::*;
use serde_json::Value;

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

/// The terms of a plan at random.
#[derive(Debug, Clone)]
struct Ask {
    as_of: NaiveDate,
    capacity: usize,
    freezes: Vec<Period>,
    buffer: u32,
}

fn ask() -> impl Strategy<Value = Ask> {
    let day = |offset: u64| NaiveDate::from_ymd_opt(2024, 7, 1).unwrap().checked_add_days(Days::new(offset)).unwrap();
    let freeze = (0..200_u64, 0..12_u64).prop_map(move |(from, days)| Period { from: day(from), to: day(from + days) });
    (0..220_u64, 1..4_usize, prop::collection::vec(freeze, 0..3), 0..30_u32)
        .prop_map(move |(offset, capacity, freezes, buffer)| Ask { as_of: day(offset), capacity, freezes, buffer })
}

fn run(folder: Folder, ask: &Ask) -> Result<Plan, PlanError> {
    let options = Options {
        as_of: ask.as_of,
        timeline: Timeline::built_in("2024-01-29").unwrap(),
        start: None,
        capacity: Some(ask.capacity),
        freezes: ask.freezes.clone(),
        buffer: ask.buffer,
        map: None,
        proposal: None,
        repair: Vec::new(),
        may_be_empty: true,
    };
    plan(&export::read(vec![folder], &()), &PACK, &options)
}

fn steps(plan: &Plan) -> BTreeMap<&str, &Step> {
    plan.accounts.iter().flat_map(|account| &account.steps).map(|step| (step.id.as_str(), step)).collect()
}

/// Everything that must be done before a step.
fn before<'p>(step: &'p Step, all: &BTreeMap<&'p str, &'p Step>) -> BTreeSet<&'p str> {
    let mut out = BTreeSet::new();
    let mut next: Vec<&str> = step.after.iter().map(String::as_str).collect();
    while let Some(id) = next.pop() {
        if out.insert(id) {
            next.extend(all[id].after.iter().map(String::as_str));
        }
    }
    out
}

fn is_open(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The order of the levels, as results spell them.
fn rank(level: &str) -> usize {
    ["none", "read_only", "standard", "admin"].iter().position(|known| *known == level).unwrap()
}

/// A plan without what depends on where in a file something stands.
fn masked(plan: &Plan) -> Value {
    let mut value = serde_json::to_value(plan).unwrap();
    for part in ["inputs", "diagnostics"] {
        value[part] = Value::Null;
    }
    for account in value["accounts"].as_array_mut().unwrap() {
        account["location"] = Value::Null;
    }
    value
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn steps_can_be_followed_and_keep_their_dates(docs in untidy_company(), ask in ask()) {
        let Ok(plan) = run(plain(&docs), &ask) else { return Ok(()) };
        let all = steps(&plan);
        prop_assert_eq!(all.len(), plan.summary.steps, "every id is given once");
        for step in all.values() {
            for id in &step.after {
                prop_assert!(all.contains_key(id.as_str()), "{} comes after {id}, which is not there", step.id);
                prop_assert!(all[id.as_str()].ends < step.earliest, "{} begins before {id} ends", step.id);
            }
            prop_assert!(!before(step, &all).contains(step.id.as_str()), "{} waits for itself", step.id);
            prop_assert!(step.earliest >= ask.as_of && step.ends >= step.earliest);
            prop_assert!(is_open(step.earliest) && is_open(step.ends), "{} on a weekend", step.id);
            prop_assert!(!step.check.is_empty() && !step.undo.is_empty() && !step.action.is_empty());
            prop_assert!(!step.action.contains('{') && !step.right.contains('{'), "{}", step.action);
            if plan.feasible {
                prop_assert!(step.latest.is_none_or(|latest| step.ends <= latest), "{} is late", step.id);
                prop_assert!(!step.overdue);
            }
        }
        let late = all.values().any(|step| step.latest.is_some_and(|latest| step.ends > latest));
        prop_assert!(plan.mode == Mode::Recovery || plan.feasible != late);
        prop_assert_eq!(plan.shortfalls.is_empty(), plan.mode == Mode::Recovery || plan.feasible);
    }

    #[test]
    fn nothing_is_deleted_before_its_replacement_is_verified(docs in untidy_company(), ask in ask()) {
        let Ok(plan) = run(plain(&docs), &ask) else { return Ok(()) };
        let all = steps(&plan);
        for account in plan.accounts.iter().filter(|account| account.status != Status::Decide) {
            let of_kind = |kind: &str| account.steps.iter().find(|step| step.kind == kind);
            for end in ["deactivate", "revoke", "delete"] {
                let Some(end) = of_kind(end) else { continue };
                let done = before(end, &all);
                let must = if account.wave.is_some() { vec!["configure", "verify", "move"] } else { Vec::new() };
                for kind in must {
                    prop_assert!(done.contains(of_kind(kind).unwrap().id.as_str()), "{} without {kind}", end.id);
                }
                if let Some(webhooks) = of_kind("webhooks") {
                    prop_assert!(done.contains(webhooks.id.as_str()), "{} with webhooks left", end.id);
                }
            }
            prop_assert_eq!(account.wave.is_some(), of_kind("move").is_some());
        }
    }

    #[test]
    fn every_account_has_one_status_and_its_access_adds_up(docs in untidy_company(), ask in ask()) {
        let Ok(plan) = run(plain(&docs), &ask) else { return Ok(()) };
        let ids: BTreeSet<&str> = plan.accounts.iter().map(|account| account.account.id.as_str()).collect();
        prop_assert_eq!(ids.len(), plan.accounts.len());
        let counted: usize = Status::ALL.iter().map(|status| plan.summary.of(*status)).sum();
        prop_assert_eq!(counted, plan.accounts.len());
        for account in &plan.accounts {
            access_adds_up(account)?;
            prop_assert_eq!(account.status == Status::Blocked, account.wave.is_some() && account.blockers.iter().any(|blocker| blocker.blocks));
            for blocker in &account.blockers {
                prop_assert!(blocker.step.is_none() || account.steps.iter().any(|step| Some(&step.id) == blocker.step.as_ref()));
            }
        }
    }

    #[test]
    fn waves_hold_no_more_than_they_may_and_members_move_together(docs in untidy_company(), ask in ask()) {
        let Ok(plan) = run(plain(&docs), &ask) else { return Ok(()) };
        let wave_of: BTreeMap<&str, Option<usize>> =
            plan.accounts.iter().map(|account| (account.account.id.as_str(), account.wave)).collect();
        for wave in &plan.waves {
            let bound = wave.accounts.iter().any(|one| {
                plan.accounts.iter().any(|account| account.account.id == one.id && account.moves_with.len() + 1 > ask.capacity)
            });
            prop_assert!(bound || wave.accounts.len() <= ask.capacity, "wave {} is overfull", wave.number);
        }
        for account in plan.accounts.iter().filter(|account| account.wave.is_some()) {
            for other in &account.moves_with {
                prop_assert_eq!(wave_of[other.id.as_str()], account.wave);
            }
        }
    }

    #[test]
    fn a_simulation_counts_right_and_says_why(docs in untidy_company(), ask in ask()) {
        let Ok(plan) = run(plain(&docs), &ask) else { return Ok(()) };
        let simulation = &plan.simulation;
        let mut left = simulation.before;
        for wave in &simulation.waves {
            left = left + wave.introduced.len() - wave.removed.len();
            prop_assert_eq!(left, wave.remaining);
            for finding in wave.introduced.iter() {
                prop_assert!(!finding.message.is_empty());
            }
        }
        prop_assert_eq!(left, simulation.after);
        // Legacy accounts that are gone violate nothing.
        if plan.summary.decide == 0 {
            let gone = simulation.waves.iter().flat_map(|wave| &wave.removed).filter(|finding| finding.subject.r#type == "LegacyAccount");
            let before: usize = gone.count();
            prop_assert!(before <= simulation.before);
        }
    }

    #[test]
    fn the_order_of_the_files_and_rows_changes_nothing(docs in untidy_company(), ask in ask()) {
        let mut mixed = docs.clone();
        mixed.reverse();
        for doc in &mut mixed {
            match &mut doc.body {
                company::Body::List(rows) => rows.reverse(),
                company::Body::Table(_, rows) => rows.reverse(),
                _ => {}
            }
        }
        match (run(plain(&docs), &ask), run(plain(&mixed), &ask)) {
            (Ok(one), Ok(two)) => prop_assert_eq!(masked(&one), masked(&two)),
            (one, two) => prop_assert_eq!(one.is_err(), two.is_err()),
        }
    }
}

fn access_adds_up(account: &Account) -> Result<(), TestCaseError> {
    let access = &account.access;
    let level = |level: &Option<String>| rank(level.as_ref().unwrap());
    for row in &access.kept {
        prop_assert_eq!(level(&row.before), level(&row.after));
    }
    for row in &access.lost {
        prop_assert!(level(&row.after) < level(&row.before) || row.granular > 0);
    }
    for row in &access.gained {
        prop_assert!(level(&row.after) > level(&row.before));
    }
    for row in &access.unknown {
        prop_assert!(row.before.is_none() || row.after.is_none());
    }
    // What the replacement will have is what was held, or is said to be gained.
    let rows = || access.kept.iter().chain(&access.lost).chain(&access.gained).chain(&access.unknown);
    let mut seen = BTreeSet::new();
    for row in rows() {
        for project in
            row.projects.iter().map(|project| project.id.as_str()).chain(row.projects.is_empty().then_some(""))
        {
            prop_assert!(
                seen.insert((row.tool.id.as_str(), project.to_owned())),
                "{} twice for {project}",
                row.tool.id
            );
        }
    }
    if account.status == Status::Retire {
        prop_assert!(access.kept.is_empty() && access.gained.is_empty());
    }
    Ok(())
}
