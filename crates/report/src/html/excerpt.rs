//! What of a result goes into a page: lists that are too long for one are cut, with their true lengths beside them, and
//! the sentences of other formats are in the same words.

use serde_json::{Map, Value, json};

use crate::gate::{danger, words as gate_words};
use crate::plan::{repairs, words};
use crate::scope::Scope;
use crate::text::coverage::by_kind;
use crate::titles;
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::action::Action;
use cutover_model::result::audit::{Coverage, Input, Listing, Status, Violation};
use cutover_model::result::gate::Gate;
use cutover_model::result::plan::{self, Account, Plan};
use cutover_model::result::repair::{Edit, Repair};

/// Files and diagnostics that are listed.
const MAX_LISTED: usize = 1_000;
/// Tools that are named of what somebody loses by an edit.
const MAX_TOOLS: usize = 20;
/// Actions that are listed.
const MAX_ACTIONS: usize = 100;
/// Members of one violation, change or wave.
const MEMBERS: usize = 200;

/// Cuts the lists of a result, where so many violations are held, and says how long they were.
pub(super) fn of(result: &mut Value, held: usize) -> Map<String, Value> {
    let mut cut = Map::new();
    for (key, most) in [
        ("inputs", MAX_LISTED),
        ("diagnostics", MAX_LISTED),
        ("absent", held / 5),
        ("resolved", held / 5),
        ("actions", MAX_ACTIONS),
    ] {
        if let Some(Value::Array(list)) = result.get_mut(key) {
            cut.insert(key.to_owned(), json!(list.len()));
            list.truncate(most);
        }
    }
    // The page shows how many violations an action clears, and not which.
    for action in result.get_mut("actions").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(action) = action {
            action.remove("violations");
        }
    }
    shorten(result, MEMBERS.min(held / 5));
    cut
}

/// Cuts the lists of things wherever they are.
fn shorten(value: &mut Value, most: usize) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|item| shorten(item, most)),
        Value::Object(object) => {
            for (key, member) in object.iter_mut() {
                match (key.as_str(), member) {
                    ("members" | "projects" | "moves_with" | "related", Value::Array(list)) => list.truncate(most),
                    (_, other) => shorten(other, most),
                }
            }
        }
        _ => {}
    }
}

/// The listed actions in words.
pub(super) fn words_of_actions(actions: &[Action]) -> Value {
    let word = |action: &Action| json!({ "title": titles::target(action), "edit": titles::edit(action) });
    actions.iter().take(MAX_ACTIONS).map(word).collect::<Vec<_>>().into()
}

/// The systems that are not used, and the controls that only their files would have assessed.
pub(super) fn scope(listing: &Listing<'_>) -> Value {
    let scope = Scope::of(listing.inputs);
    let is_open = |one: &&Coverage| matches!(one.status, Status::NotAssessed | Status::PartlyAssessed);
    let out = listing.coverage.iter().filter(is_open).filter(|one| !scope.is_gap(one)).map(|one| one.control.as_str());
    json!({ "unused": scope.unused(), "controls": out.collect::<Vec<_>>() })
}

/// Puts a member beside the others that the page adds.
pub(super) fn add(document: &mut Value, key: &str, value: Value) {
    if let Some(Value::Object(page)) = document.get_mut("page") {
        page.insert(key.to_owned(), value);
    }
}

/// Every kind of export: how much of it was read, and how to come by it.
pub(super) fn kinds(inputs: &[Input]) -> Value {
    let read = by_kind(inputs);
    let kind = |kind: Kind| {
        let (files, records, skipped) = read.get(&kind).copied().unwrap_or_default();
        json!({
            "id": kind, "title": kind.to_string(), "files": files, "records": records, "skipped": skipped,
            "how": kind.how_to_export(),
        })
    };
    Kind::ALL.iter().copied().map(kind).collect::<Vec<_>>().into()
}

/// The accounts of a plan that a page shows: those that need most attention, in the order of the plan.
pub(super) fn accounts(plan: &Plan, most: usize) -> Vec<&Account> {
    let by_status = plan::Status::ALL
        .into_iter()
        .flat_map(|status| plan.accounts.iter().enumerate().filter(move |(_, account)| account.status == status));
    let mut some: Vec<(usize, &Account)> = by_status.take(most).collect();
    some.sort_by_key(|(place, _)| *place);
    some.into_iter().map(|(_, account)| account).collect()
}

/// What is said of a gate.
pub(super) fn words_of_gate(gate: &Gate) -> Value {
    let headings: Vec<Value> = gate_words::sections(gate)
        .into_iter()
        .filter_map(|(heading, changes)| Some(json!({ "kind": changes.first()?.kind, "heading": heading })))
        .collect();
    let not_compared: Vec<String> =
        gate.not_compared.iter().map(|entry| gate_words::not_compared(entry, escape::name)).collect();
    json!({
        "counts": gate_words::counts(gate),
        "stayed": gate_words::stayed(gate),
        "once_accepted": gate_words::once_accepted(gate),
        "proof": gate.proof.as_ref().map(gate_words::proof),
        "not_compared": not_compared,
        "headings": headings,
        "groups": groups_of_gate(gate),
    })
}

/// The changes of a gate by danger and cause, as in text.
fn groups_of_gate(gate: &Gate) -> Value {
    let (groups, others) = danger::groups(gate);
    let fingerprints = |violations: &[&Violation]| -> Vec<String> {
        violations.iter().take(MEMBERS).map(|violation| violation.fingerprint.clone()).collect()
    };
    let group = |group: &danger::Group<'_>| {
        json!({
            "danger": group.danger.id(),
            "more": group.danger.is_more(),
            "title": group.title(),
            "details": group.details().into_iter().take(MEMBERS).collect::<Vec<_>>(),
            "location": group.place(),
            "violations": fingerprints(&group.violations),
        })
    };
    json!({
        "shown": groups.iter().take(MAX_ACTIONS).map(group).collect::<Vec<_>>(),
        "count": groups.len(),
        "others": fingerprints(&others),
    })
}

/// What is said of a plan, and of those of its accounts that are shown.
pub(super) fn words_of_plan(plan: &Plan, accounts: &[&Account]) -> Value {
    let of = |account: &&Account| {
        let access = &account.access;
        json!({
            "status": words::status(account.status),
            "replacement": account.replacement.as_ref().map(|app| words::replacement(app, escape::name)),
            "access": words::access(access),
            "slack": account.slack_days.map(|days| words::slack(Some(days))),
            "blast_radius": words::blast_radius(account.blast_radius),
            "right_size": access.right_size.iter().map(|size| words::right_size(size, escape::name)).collect::<Vec<_>>(),
            "questions": account.open_questions.iter().map(|open| words::question(open, escape::name)).collect::<Vec<_>>(),
        })
    };
    let unjudged = plan.coverage.iter().filter(|control| control.unknown > 0);
    json!({
        "terms": words::terms(plan),
        "feasibility": words::feasibility(plan),
        "recovery": words::recovery(plan),
        "statuses": words::statuses(&plan.summary),
        "access": words::all_access(&plan.summary),
        "validity": plan.progress.as_ref().map(words::validity),
        "achieved": plan.progress.as_ref().map(words::achieved),
        "unjudged": unjudged.map(|control| words::unjudged(control, escape::name)).collect::<Vec<_>>(),
        "waves": plan.waves.iter().map(|wave| json!({
            "slack": words::slack(wave.slack_days), "blast_radius": words::blast_radius(wave.blast_radius),
        })).collect::<Vec<_>>(),
        "accounts": accounts.iter().map(of).collect::<Vec<_>>(),
        "repair": plan.repair.as_ref().map(words_of_repair),
    })
}

/// What is said of a repair.
fn words_of_repair(repair: &Repair) -> Value {
    let edit = |edit: &Edit| {
        let losses = edit.loses.iter().flat_map(|loss| repairs::losses(loss, MAX_TOOLS, escape::name));
        json!({
            "cost": repairs::cost(edit),
            "losses": losses.collect::<Vec<_>>(),
            "clears": repairs::clears(repair, edit, escape::name),
        })
    };
    json!({
        "result": repairs::result(repair),
        "proved": repairs::proved(repair),
        "asked": repair.asked.iter().map(|asked| repairs::asked(asked, escape::name)).collect::<Vec<_>>(),
        "edits": repair.edits.iter().map(edit).collect::<Vec<_>>(),
        "keeps": repair.keeps.iter().map(|keep| repairs::keep(keep, escape::name)).collect::<Vec<_>>(),
    })
}
