//! The violations as results.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{
    self, CodeFlow, LogicalLocation, PropertyBag, ResultKind, ResultLevel, Suppression, ThreadFlow, ThreadFlowLocation,
};

use super::places::Places;
use super::{number, rules, wording};
use cutover_model::escape;
use cutover_model::result::audit::{BaselineState, Step, Violation, ViolationStatus, Waiver};
use cutover_model::result::{Location, Thing};

/// The most places beside the first; GitHub takes 1,000 and shows 100.
const MAX_RELATED: usize = 100;
/// The most steps of a way; GitHub takes 10,000 and shows 1,000.
const MAX_STEPS: usize = 1000;
/// The most members listed; `count` has them all.
const MAX_MEMBERS: usize = 100;

/// A violation, with the number of its rule.
pub(super) fn result(violation: &Violation, rule: Option<i64>, places: &Places<'_>) -> sarif::Result {
    let message = format!("{} {}", wording::sentence(&violation.message), wording::sentence(&violation.remedy));
    let mut result = sarif::Result::builder()
        .rule_id(&violation.control)
        .kind(ResultKind::Fail)
        .level(level(violation))
        .message(wording::message(&message))
        .locations(vec![primary(violation, places)])
        .partial_fingerprints(BTreeMap::from([("cutover/v1".to_owned(), violation.fingerprint.clone())]))
        // Either every result says whether it is suppressed or none does.
        .suppressions(suppressions(violation, places))
        .properties(properties(violation))
        .build();
    if let Some(state) = violation.baseline_state {
        result.baseline_state = Some(state.id().into());
        if state == BaselineState::Absent {
            // A viewer that knows no baselines must not take it for a result of today.
            (result.kind, result.level) = (Some(ResultKind::Pass), Some(ResultLevel::None));
        }
    }
    result.rule_index = rule;
    result.related_locations = Some(related(violation, places)).filter(|related| !related.is_empty());
    result.code_flows = (!violation.why.is_empty()).then(|| vec![flow(violation, places)]);
    result
}

fn level(violation: &Violation) -> ResultLevel {
    match rules::level(violation.severity) {
        "error" => ResultLevel::Error,
        "warning" => ResultLevel::Warning,
        _ => ResultLevel::Note,
    }
}

fn primary(violation: &Violation, places: &Places<'_>) -> sarif::Location {
    let mut logical = vec![LogicalLocation {
        decorated_name: Some(uid(&violation.subject)),
        fully_qualified_name: Some(format!(
            "{}/{}",
            escape::name(&violation.company),
            escape::name(&violation.subject.name)
        )),
        kind: Some(violation.subject.r#type.to_string()),
        name: Some(escape::name(&violation.subject.name)),
        ..LogicalLocation::default()
    }];
    logical.extend(pointer(&violation.location));
    sarif::Location {
        physical_location: Some(places.place(&violation.location)),
        logical_locations: Some(logical),
        ..empty()
    }
}

/// A thing as Cedar writes it: what stays when it is renamed.
fn uid(thing: &Thing) -> String {
    format!("{}::{:?}", thing.r#type, thing.id)
}

fn pointer(place: &Location) -> Option<LogicalLocation> {
    let pointer = escape::visible(&place.pointer).into_owned();
    (!pointer.is_empty()).then(|| LogicalLocation {
        fully_qualified_name: Some(pointer),
        kind: Some("value".to_owned()),
        ..LogicalLocation::default()
    })
}

fn related(violation: &Violation, places: &Places<'_>) -> Vec<sarif::Location> {
    let place = |(index, place): (usize, &Location)| sarif::Location {
        id: Some(number(index + 1)),
        message: Some(wording::message(&if place.pointer.is_empty() {
            "Also here".to_owned()
        } else {
            format!("Also at {}", place.pointer)
        })),
        physical_location: Some(places.bare(place)),
        ..empty()
    };
    violation.related.iter().take(MAX_RELATED).enumerate().map(place).collect()
}

/// The way from the subject to the resource.
fn flow(violation: &Violation, places: &Places<'_>) -> CodeFlow {
    let step = |step: &Step| {
        let [from, edge, to] = [step.from.name.as_str(), &step.edge, &step.to.name].map(escape::name);
        let location = sarif::Location {
            message: Some(wording::message(&format!("{from} {edge} {to}: {}", step.because))),
            // GitHub wants a file for each step; one that stands in none is part of what the violation says.
            physical_location: Some(places.bare(step.location.as_ref().unwrap_or(&violation.location))),
            ..empty()
        };
        ThreadFlowLocation::builder().location(location).build()
    };
    let locations: Vec<ThreadFlowLocation> = violation.why.iter().take(MAX_STEPS).map(step).collect();
    CodeFlow::builder().thread_flows(vec![ThreadFlow::builder().locations(locations).build()]).build()
}

fn suppressions(violation: &Violation, places: &Places<'_>) -> Vec<Suppression> {
    let is_gone = violation.baseline_state == Some(BaselineState::Absent);
    if violation.status != ViolationStatus::Waived && !is_gone {
        return Vec::new();
    }
    let mut suppression = Suppression::builder().kind("external").status("accepted").build();
    suppression.justification = is_gone.then(|| "It was in the baseline and is absent now.".to_owned());
    if let Some(waiver) = &violation.waiver {
        suppression.justification = Some(justification(waiver));
        suppression.location = Some(sarif::Location {
            physical_location: Some(sarif::PhysicalLocation {
                artifact_location: Some(places.file(&waiver.path)),
                ..sarif::PhysicalLocation::default()
            }),
            ..empty()
        });
    }
    vec![suppression]
}

fn justification(waiver: &Waiver) -> String {
    let Waiver { reason, owner, approver, expires, .. } = waiver;
    let [reason, owner, approver] =
        [wording::sentence(reason), owner.clone(), approver.clone()].map(|text| escape::visible(&text).into_owned());
    format!("{reason} Owner: {owner}. Approved by {approver}. Until {expires}.")
}

fn properties(violation: &Violation) -> PropertyBag {
    let value = |thing: &Thing| serde_json::to_value(thing).unwrap_or_default();
    let mut more: BTreeMap<String, Value> = BTreeMap::from([
        ("company".to_owned(), violation.company.as_str().into()),
        ("count".to_owned(), violation.count.into()),
        ("party".to_owned(), violation.party.id().into()),
        ("resource".to_owned(), value(&violation.resource)),
        ("severity".to_owned(), violation.severity.id().into()),
        ("status".to_owned(), serde_json::to_value(violation.status).unwrap_or_default()),
        ("subject".to_owned(), value(&violation.subject)),
    ]);
    if !violation.members.is_empty() {
        let members = violation.members.iter().take(MAX_MEMBERS).map(value);
        more.insert("members".to_owned(), Value::Array(members.collect()));
    }
    if violation.passes_once_accepted {
        more.insert("passesOnceAccepted".to_owned(), true.into());
    }
    PropertyBag { tags: None, additional_properties: more }
}

fn empty() -> sarif::Location {
    sarif::Location::default()
}
