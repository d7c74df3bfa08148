//! A saved plan beside a newer export: is it still valid, what is done, what drifted.
//!
//! A step that the saved plan had and a plan made today no longer asks for is done, if an export can show that. What no
//! export shows is done once something is that can only come after it.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::PlanError;
use cutover_model::kind::Kind;
use cutover_model::result::plan::{Account, Drift, Plan, Progress, SCHEMA, State, Status, Step, StepState};
use cutover_policy::steps::Steps;

/// The kinds of file that show what is done.
const TELLING: [Kind; 7] = [
    Kind::Users,
    Kind::ServiceAccounts,
    Kind::AppInstallations,
    Kind::ProjectUsers,
    Kind::ProjectAssignments,
    Kind::TemplateAssignments,
    Kind::Webhooks,
];

/// A saved plan.
#[derive(Debug)]
pub struct Saved {
    path: String,
    plan: Plan,
}

impl Saved {
    /// Reads a saved plan.
    ///
    /// # Errors
    /// When it is no plan, or one of another version.
    pub fn parse(path: &str, text: &str) -> Result<Self, PlanError> {
        let wrong = |what: String| PlanError::Saved {
            path: path.to_owned(),
            what,
            help: "give a file that `cutover plan -o json=FILE` wrote with this version".to_owned(),
        };
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| wrong(format!("is not JSON, see line {}", error.line())))?;
        match value.get("schema").and_then(|schema| schema.as_str()) {
            Some(schema) if schema == SCHEMA => {}
            Some(schema) => {
                let said = cutover_model::escape::name(schema);
                return Err(wrong(format!("is a `{said}`; expected `{SCHEMA}`")));
            }
            None => return Err(wrong("is no result of cutover".to_owned())),
        }
        let plan: Plan = serde_json::from_value(value).map_err(|_| wrong(format!("lacks parts of a `{SCHEMA}`")))?;
        if plan.repair.is_some() {
            let what = "is a remediation: run `cutover plan --repair` on a newer export to see what is left";
            return Err(wrong(what.to_owned()));
        }
        Ok(Self { path: path.to_owned(), plan })
    }

    /// Whether it holds accounts at all.
    pub fn has_accounts(&self) -> bool {
        !self.plan.accounts.is_empty()
    }

    /// Compares it with the plan made from a newer export.
    ///
    /// # Errors
    /// When the export is of another company.
    pub fn compare(&self, now: &Plan, steps: &Steps) -> Result<Progress, PlanError> {
        let ids = |plan: &Plan| plan.companies.iter().map(|company| company.id.clone()).collect::<BTreeSet<_>>();
        if ids(&self.plan) != ids(now) {
            let names = |plan: &Plan| {
                let names = plan.companies.iter().map(|company| cutover_model::escape::name(&company.name));
                names.collect::<Vec<_>>().join(", ")
            };
            return Err(PlanError::Saved {
                path: self.path.clone(),
                what: format!("is a plan for {}, and the export is of {}", names(&self.plan), names(now)),
                help: "give the export of the same company".to_owned(),
            });
        }
        let today: BTreeMap<&str, &Account> =
            now.accounts.iter().map(|account| (account.account.id.as_str(), account)).collect();
        let mut drift = Vec::new();
        // What is not in a smaller export may still be in Procore.
        let missing = missing(&self.plan, now);
        if !missing.is_empty() {
            let company = now.companies.first().cloned();
            let what = format!("unknown: the export lacks {}, which the plan was made from", missing.join(", "));
            drift.extend(company.map(|account| Drift { account, what, breaks: true }));
        }
        let mut states = Vec::new();
        let mut accounts_done = 0;
        for saved in &self.plan.accounts {
            let found = today.get(saved.account.id.as_str()).copied();
            let own = states_of(saved, found, steps, now, missing.is_empty());
            accounts_done += usize::from(own.iter().all(|state| state.state == State::Done));
            states.extend(own);
            if let Some(found) = found {
                drift.extend(drifted(saved, found));
            }
        }
        let known: BTreeSet<&str> = self.plan.accounts.iter().map(|account| account.account.id.as_str()).collect();
        let new = now.accounts.iter().filter(|account| !known.contains(account.account.id.as_str()));
        drift.extend(new.map(|account| Drift {
            account: account.account.clone(),
            what: "is new: it is not in the saved plan".to_owned(),
            breaks: true,
        }));
        drift.sort();
        let changed_inputs = changed(&self.plan, now);
        let late = states.iter().any(|state| state.state == State::Overdue);
        Ok(Progress {
            path: self.path.clone(),
            as_of: self.plan.as_of,
            valid: !late && !drift.iter().any(|drift| drift.breaks),
            same_inputs: changed_inputs.is_empty(),
            changed_inputs,
            accounts_done,
            accounts: self.plan.accounts.len(),
            steps_done: states.iter().filter(|state| state.state == State::Done).count(),
            drift,
            steps: states,
        })
    }
}

/// The part of a step's id that does not depend on the number of its account.
fn name(step: &Step) -> &str {
    step.id.split_once('.').map_or(step.id.as_str(), |(_, name)| name)
}

/// Kinds of file that the saved plan was made from and the newer export lacks.
fn missing(saved: &Plan, now: &Plan) -> Vec<&'static str> {
    let kinds = |plan: &Plan| plan.inputs.iter().filter_map(|input| input.kind).collect::<BTreeSet<Kind>>();
    kinds(saved).difference(&kinds(now)).filter(|kind| TELLING.contains(kind)).map(|kind| kind.id()).collect()
}

/// Whether an account is still on the way that was planned, so that what its plan lacks today is done.
fn is_on_its_way(saved: Status, found: Status) -> bool {
    let moving = |status| matches!(status, Status::Ready | Status::Blocked);
    saved == found
        || (moving(saved) && moving(found))
        || (moving(saved) && found == Status::Done)
        || saved == Status::Decide
}

fn states_of(saved: &Account, found: Option<&Account>, kinds: &Steps, now: &Plan, whole: bool) -> Vec<StepState> {
    let left: Option<BTreeSet<&str>> = found.map(|found| found.steps.iter().map(name).collect());
    let shown = |step: &Step| {
        kinds.index_of_name(&step.kind).and_then(|kind| kinds.all.get(kind)).is_some_and(|kind| kind.visible)
    };
    let on_its_way = found.is_none_or(|found| is_on_its_way(saved.status, found.status));
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for step in &saved.steps {
        match &left {
            // The account is gone: whatever led to that is behind it.
            None if whole => {
                done.insert(&step.id);
            }
            Some(left) if whole && on_its_way && shown(step) && !left.contains(name(step)) => {
                done.insert(&step.id);
            }
            _ => {}
        }
    }
    // Steps stand in an order that can be followed: from the last, everything before a done one is done, unless an
    // export would show it and does not.
    for step in saved.steps.iter().rev() {
        if done.contains(step.id.as_str()) {
            for before in &step.after {
                let open = saved.steps.iter().find(|step| step.id == *before);
                if let Some(open) = open.filter(|open| !shown(open)) {
                    done.insert(&open.id);
                }
            }
        }
    }
    let state = |step: &Step| {
        if done.contains(step.id.as_str()) {
            State::Done
        } else if step.latest.is_some_and(|latest| latest < now.as_of) {
            State::Overdue
        } else {
            State::Open
        }
    };
    let describe = |step: &Step| StepState {
        step: step.id.clone(),
        account: saved.account.clone(),
        action: step.action.clone(),
        state: state(step),
        latest: step.latest,
    };
    saved.steps.iter().map(describe).collect()
}

fn drifted(saved: &Account, found: &Account) -> Vec<Drift> {
    let mut drift = Vec::new();
    let mut say = |what: String, breaks: bool| drift.push(Drift { account: saved.account.clone(), what, breaks });
    let app = |account: &Account| account.replacement.as_ref().and_then(|replacement| replacement.app.clone());
    if app(saved) != app(found) && found.status != Status::Retire {
        let shown =
            |account: &Account| app(account).map_or("nothing".to_owned(), |app| cutover_model::escape::name(&app.name));
        say(format!("is to be replaced by {}, and was by {}", shown(found), shown(saved)), true);
    }
    let worse = found
        .blockers
        .iter()
        .filter(|blocker| blocker.blocks && !saved.blockers.iter().any(|known| known.control == blocker.control));
    for blocker in worse {
        say(format!("{} blocks it now: {}", blocker.control, blocker.message), true);
    }
    let held = |account: &Account| -> BTreeSet<(SmolStr, Option<String>)> {
        let access = &account.access;
        let rows = access.kept.iter().chain(&access.lost).chain(&access.gained).chain(&access.unknown);
        rows.filter(|row| row.before.as_deref() != Some("none"))
            .map(|row| (row.tool.name.clone(), row.before.clone()))
            .collect()
    };
    let (before, after) = (held(saved), held(found));
    // An account that is on its way out loses what it had; that is the plan.
    let more: Vec<String> = after
        .difference(&before)
        .map(|(tool, level)| format!("{tool} at {}", level.as_deref().unwrap_or("a level that is unknown")))
        .collect();
    if !more.is_empty() {
        say(format!("holds what it did not: {}", more.join(", ")), true);
    }
    let needed: BTreeSet<&str> = saved.steps.iter().map(name).collect();
    let new: Vec<&str> = found.steps.iter().map(name).filter(|step| !needed.contains(step)).collect();
    if !new.is_empty() && saved.status != Status::Decide {
        say(format!("needs steps that the saved plan does not have: {}", new.join(", ")), true);
    }
    if saved.status != found.status {
        say(
            format!("was `{}` and is `{}`", saved.status.id(), found.status.id()),
            saved.status != Status::Decide && found.status == Status::Decide,
        );
    }
    drift
}

/// Files that are new, gone, or have other bytes. An export may lie elsewhere now: paths are compared below the folder
/// that all files of an export have in common.
fn changed(saved: &Plan, now: &Plan) -> Vec<String> {
    let digests = |plan: &Plan| -> BTreeSet<(String, String)> {
        let folders = plan.inputs.iter().filter_map(|input| Some(input.path.rsplit_once('/')?.0));
        let root = folders.reduce(common).unwrap_or_default();
        let below = |path: &str| path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_owned();
        plan.inputs.iter().map(|input| (below(&input.path), input.sha256.clone())).collect()
    };
    let (before, after) = (digests(saved), digests(now));
    let paths: BTreeSet<String> = before.symmetric_difference(&after).map(|(path, _)| path.clone()).collect();
    paths.into_iter().collect()
}

/// The folder that two have in common.
fn common<'p>(one: &'p str, two: &'p str) -> &'p str {
    let same = one.split('/').zip(two.split('/')).take_while(|(one, two)| one == two);
    let length: usize = same.map(|(part, _)| part.len() + 1).sum();
    one.get(..length.saturating_sub(1)).unwrap_or(one)
}
