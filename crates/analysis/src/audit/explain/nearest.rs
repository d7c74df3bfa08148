//! The nearest change: single attributes that would change a verdict. Each is tried with Cedar, and what changes nothing is
//! not told.

use chrono::{Days, NaiveDate};

use cutover_model::level::Level;
use cutover_model::result::explanation::{Change, FactVerdict};
use cutover_policy::condition::{Attribute, Root};
use cutover_policy::control::Control;
use cutover_policy::facts::{Table, ThingIx, Value};
use cutover_policy::reference::{Instead, ReferenceEvaluator};
use cutover_policy::shape::{Shape, ValueKind};
use cutover_policy::wording::shown;

use super::super::Context;
use super::{FactOf, value_of, verdict_of};

/// Values of the export that are tried for one attribute.
const MAX_SAMPLES: usize = 50;
/// Things whose values are sampled.
const MAX_THINGS: usize = 10_000;

/// The changes of single attributes that lead to another verdict; for what is unknown, to each verdict that is possible.
pub(super) fn changes(
    context: &Context<'_>,
    control: &Control,
    evaluator: &ReferenceEvaluator<'_>,
    fact: &FactOf<'_>,
    verdict: FactVerdict,
) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::new();
    for attribute in &control.condition.reads {
        let Some(current) = value_of(context, fact, attribute) else { continue };
        for value in candidates(context, control, fact, attribute, current) {
            let instead = Instead { attribute, value: &value };
            let explained = evaluator.explain(&context.facts, fact.table, fact.number, Some(instead)).ok().flatten();
            let Some(changed) = explained.map(|explained| verdict_of(&explained.verdict)) else { continue };
            let name = attribute.to_string();
            let is_known = out.iter().any(|change| change.attribute == name && change.verdict == changed);
            if changed != verdict && matches!(changed, FactVerdict::Violates | FactVerdict::Complies) && !is_known {
                out.push(Change { attribute: name, value: shown(&context.facts, &value), verdict: changed });
            }
        }
    }
    out
}

/// The values to try for an attribute, the nearest first.
fn candidates(
    context: &Context<'_>,
    control: &Control,
    fact: &FactOf<'_>,
    attribute: &Attribute,
    current: &Value,
) -> Vec<Value> {
    let environment = fact.environment;
    let (action, principal, resource) =
        (environment.action.id(), environment.principal.id(), environment.resource.id());
    let Some(member) = Shape::built_in().member(action, principal, resource, attribute) else { return Vec::new() };
    let mut out = match member.kind {
        ValueKind::Flag => vec![Value::Flag(false), Value::Flag(true)],
        ValueKind::Level => levels(current),
        ValueKind::Number => numbers(context, control, fact, attribute, current),
        ValueKind::Text => {
            literals(control, attribute).map(Value::Text).chain(samples(context, fact, attribute)).collect()
        }
        ValueKind::Thing(_) => samples(context, fact, attribute),
        ValueKind::Exception => vec![Value::Exception("recorded in reviews.toml".to_owned(), String::new())],
        ValueKind::Other => Vec::new(),
    };
    if !member.required {
        out.push(Value::Absent);
    }
    out.retain(|value| value != current);
    out
}

/// The other levels, the nearest first.
fn levels(current: &Value) -> Vec<Value> {
    let own = match current {
        Value::Level(Some(level)) => *level as i8,
        _ => Level::None as i8,
    };
    let mut levels = Level::ALL;
    levels.sort_by_key(|level| (*level as i8 - own).abs());
    levels.into_iter().map(|level| Value::Level(Some(level))).collect()
}

/// Numbers at and beside what the control compares with: the numbers of its policy and the other numbers of the fact.
fn numbers(
    context: &Context<'_>,
    control: &Control,
    fact: &FactOf<'_>,
    attribute: &Attribute,
    current: &Value,
) -> Vec<Value> {
    let others = control.condition.reads.iter().filter(|other| *other != attribute);
    let others: Vec<&Value> = others.filter_map(|other| value_of(context, fact, other)).collect();
    let days = others.iter().chain([&current]).filter_map(|value| match value {
        Value::Day(day) => Some(*day),
        _ => None,
    });
    let around = |day: NaiveDate| [Some(day), day.pred_opt(), day.checked_add_days(Days::new(1))];
    let mut out: Vec<Value> = days.flat_map(around).flatten().map(Value::Day).collect();
    if out.is_empty() {
        let written = words(control, attribute).filter_map(|word| word.parse::<i64>().ok());
        let numbers = others.iter().filter_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        let around =
            written.chain(numbers).flat_map(|number| [number, number.saturating_sub(1), number.saturating_add(1)]);
        out = around.chain([0, 1]).filter(|number| *number >= 0).map(Value::Number).collect();
        let own = match current {
            Value::Number(number) => *number,
            _ => 0,
        };
        out.sort_by_key(|value| match value {
            Value::Number(number) => number.abs_diff(own),
            _ => u64::MAX,
        });
    }
    out
}

/// The words of the parts of a control that read an attribute.
fn words<'c>(control: &'c Control, attribute: &'c Attribute) -> impl Iterator<Item = &'c str> {
    let parts = control.condition.spots.iter().filter(|spot| !spot.is_clause && spot.reads.contains(attribute));
    parts.flat_map(|spot| spot.text.split(|letter: char| !letter.is_ascii_alphanumeric()))
}

/// The texts in quotes of the parts of a control that read an attribute.
fn literals<'c>(control: &'c Control, attribute: &'c Attribute) -> impl Iterator<Item = smol_str::SmolStr> + 'c {
    let parts = control.condition.spots.iter().filter(|spot| !spot.is_clause && spot.reads.contains(attribute));
    parts.flat_map(|spot| spot.text.split('"').skip(1).step_by(2)).map(Into::into)
}

/// Other values of an attribute that the export states, of facts and things of the same kind.
fn samples(context: &Context<'_>, fact: &FactOf<'_>, attribute: &Attribute) -> Vec<Value> {
    let name = attribute.name.as_str();
    let mut out: Vec<Value> = Vec::new();
    let mut add = |value: &Value| {
        let is_new = !value.is_unknown() && *value != Value::Absent && !out.contains(value);
        if is_new && out.len() < MAX_SAMPLES {
            out.push(value.clone());
        }
    };
    let table: &Table = fact.table;
    let end: Option<ThingIx> = match attribute.root {
        Root::Context => {
            let columns = [table.of_blocks().get(name), table.of_rows().get(name)];
            columns.into_iter().flatten().flat_map(|column| column.values()).for_each(add);
            return out;
        }
        Root::Principal => table.principal(fact.number),
        Root::Resource => table.resource(fact.number),
    };
    let Some(own) = end.and_then(|end| context.facts.thing(end)) else { return out };
    let same = context.facts.things.iter().filter(|thing| thing.kind == own.kind).take(MAX_THINGS);
    same.filter_map(|thing| thing.attributes.get(name)).for_each(|attribute| add(&attribute.value));
    out
}
