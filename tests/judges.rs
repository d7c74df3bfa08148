//! The judge against Cedar and against itself.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, helpers included")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDate;
use cutover::export::{self, collect};
use cutover::inventory::Inventory;
use cutover::judge::facts::{Facts, Type, Value};
use cutover::judge::pack::Pack;
use cutover::judge::phrase::{Setting, phrase};
use cutover::judge::reference::{Bench, Verdict};
use cutover::judge::timeline::{self, Timeline};

fn harborline(pack: &Pack) -> Facts {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline");
    let export = export::read(collect::folders(&[fixture]), &());
    let inventory = Inventory::build(&export, &pack.tools, &mut Vec::new());
    let timeline = Timeline::built_in(timeline::DEFAULT).unwrap();
    let setting = Setting {
        today: NaiveDate::from_ymd_opt(2024, 10, 15).unwrap(),
        timeline: &timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    phrase(&inventory, &setting, &|_| true)
}

/// Strict about what Cedar is strict about: every entity, attribute and context has the type of the schema.
#[test]
fn every_fact_conforms_to_the_schema() {
    let pack = Pack::load(&[]).unwrap();
    let facts = harborline(&pack);
    let mut judged = 0;
    for (environment, table) in &facts.tables {
        let Some(bench) = Bench::new(&pack.controls, *environment) else { continue };
        for fact in 0..table.len() {
            bench.judge(&facts, table, fact, Some(&pack.schema)).unwrap();
            judged += 1;
        }
    }
    assert!(judged > 1000, "only {judged} facts were judged");
}

/// Every value that some thing of a type is known to have for an attribute.
fn known_values(facts: &Facts) -> BTreeMap<(Type, &'static str), Vec<Value>> {
    let mut known: BTreeMap<(Type, &'static str), Vec<Value>> = BTreeMap::new();
    for thing in &facts.things {
        for (name, said) in &thing.attributes {
            let values = known.entry((thing.kind, name)).or_default();
            if !said.value.is_unknown() && said.value != Value::Absent && !values.contains(&said.value) {
                values.push(said.value.clone());
            }
            if matches!(said.value, Value::Flag(_)) && values.len() < 2 {
                *values = vec![Value::Flag(true), Value::Flag(false)];
            }
        }
    }
    known
}

/// A verdict that was given although something is unknown must hold whatever the unknown turns out to be.
#[test]
fn what_is_unknown_cannot_overturn_a_verdict() {
    let pack = Pack::load(&[]).unwrap();
    let mut facts = harborline(&pack);
    let values = known_values(&facts);
    let mut overturned = BTreeSet::new();
    let mut filled = 0;
    let environments: Vec<_> = facts.tables.keys().copied().collect();
    for environment in environments {
        let Some(bench) = Bench::new(&pack.controls, environment) else { continue };
        for fact in 0..facts.tables[&environment].len() {
            let before = bench.judge(&facts, &facts.tables[&environment], fact, None).unwrap();
            let principal = facts.tables[&environment].principals[fact] as usize;
            let kind = facts.things[principal].kind;
            let open: Vec<&'static str> = facts.things[principal]
                .attributes
                .iter()
                .filter(|(_, said)| said.value.is_unknown())
                .map(|(name, _)| *name)
                .collect();
            for name in open {
                for value in values.get(&(kind, name)).into_iter().flatten() {
                    let unknown = facts.things[principal].attributes[name].clone();
                    facts.things[principal].set(name, value.clone());
                    let after = bench.judge(&facts, &facts.tables[&environment], fact, None).unwrap();
                    facts.things[principal].attributes.insert(name, unknown);
                    filled += 1;
                    for ((control, before), after) in bench.controls().iter().zip(&before).zip(&after) {
                        let same = match (before, after) {
                            (Some(Verdict::Violates(_)), after) => matches!(after, Some(Verdict::Violates(_))),
                            (Some(Verdict::Complies), after) => *after == Some(Verdict::Complies),
                            _ => true,
                        };
                        if !same {
                            overturned
                                .insert(format!("{}: {name} = {value:?} turns {before:?} into {after:?}", control.id));
                        }
                    }
                }
            }
        }
    }
    assert!(filled > 100, "only {filled} unknowns were filled");
    assert!(overturned.is_empty(), "{overturned:#?}");
}
