//! What must be so for every export: its order, its files' form and the number of threads decide nothing, and knowing
//! less never turns a violation into a pass.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::LazyLock;

use crate::support::company::{
    Body, Doc, Docs, company, config, contradicted_company, facts, folder, input, options, plain, removals,
    untidy_company,
};
use cutover_analysis::audit::audit;
use cutover_export as export;
use cutover_export::collect::{Folder, Input};
use cutover_model::result::audit::Audit;
use cutover_policy::control::Control;
use cutover_policy::facts::{Action, Facts, Thing, Type};
use cutover_policy::pack::Pack;
use cutover_policy::reference::{ReferenceEvaluator, Verdict};
use proptest::prelude::*;
use proptest::sample::Index;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Map, Value, json};

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

fn run(folder: Folder) -> Audit {
    audit(&export::read(vec![folder], &()), &PACK, &options()).unwrap()
}

/// What of a place is left when it is masked.
#[derive(Clone, Copy, PartialEq)]
enum Mask {
    /// The file.
    Position,
    /// Nothing.
    Path,
}

/// A result without what depends on where in the files something stands.
fn masked(audit: &Audit, mask: Mask) -> Value {
    let mut value = serde_json::to_value(audit).unwrap();
    let inputs = value["inputs"].as_array_mut().unwrap();
    match mask {
        Mask::Position => inputs.iter_mut().for_each(|input| drop(input.as_object_mut().unwrap().remove("sha256"))),
        Mask::Path => inputs.clear(),
    }
    // Files that decide are listed one by one, with their digests.
    value.as_object_mut().unwrap().remove("decided_by");
    mask_places(&mut value, mask);
    value
}

fn mask_places(value: &mut Value, mask: Mask) {
    match value {
        Value::Object(members) => {
            if members.contains_key("pointer") {
                for member in ["line", "column", "pointer", "snippet"] {
                    members.remove(member);
                }
                if mask == Mask::Path {
                    members.remove("path");
                }
            }
            members.values_mut().for_each(|member| mask_places(member, mask));
            if let Some(Value::String(message)) = members.get_mut("message") {
                *message = without_indices(message);
            }
            let first = members.get("location").cloned();
            for (name, list) in members.iter_mut() {
                // In the order of their places, and one for each: masked, several are the same.
                if let ("diagnostics" | "related", Value::Array(list)) = (name.as_str(), list) {
                    list.retain(|place| Some(place) != first.as_ref());
                    list.sort_by_key(Value::to_string);
                    list.dedup();
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| mask_places(element, mask)),
        _ => {}
    }
}

/// A message names a member by its way through arrays, `instances.0.uid`, and says how often a file has the same.
fn without_indices(message: &str) -> String {
    let message = message.split(" (and in ").next().unwrap_or_default();
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    message.split('.').map(|step| if is_index(step) { "#" } else { step }).collect::<Vec<_>>().join(".")
}

/// Compares part by part: a difference shows in a line, not in a page.
fn same(one: &Value, two: &Value) -> Result<(), TestCaseError> {
    let differing = differences(one, two, String::new());
    prop_assert!(differing.is_empty(), "{}", differing.join("\n"));
    Ok(())
}

fn differences(one: &Value, two: &Value, at: String) -> Vec<String> {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) if one.keys().eq(two.keys()) => {
            one.iter().flat_map(|(name, value)| differences(value, &two[name], format!("{at}/{name}"))).collect()
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            let pairs = one.iter().zip(two).enumerate();
            pairs.flat_map(|(index, (one, two))| differences(one, two, format!("{at}/{index}"))).collect()
        }
        (Value::Array(one), Value::Array(two)) => {
            let only = |these: &[Value], those: &[Value]| {
                these
                    .iter()
                    .filter(|this| !those.contains(this))
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n    ")
            };
            vec![format!("{at}:\n  only in the first: {}\n  only in the second: {}", only(one, two), only(two, one))]
        }
        _ if one == two => Vec::new(),
        _ => vec![format!("{at}: {one} and {two}")],
    }
}

/// A shuffle that a seed repeats.
struct Shuffle(u64);

impl Shuffle {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn list<T>(&mut self, list: &mut [T]) {
        (1..list.len()).rev().for_each(|last| list.swap(last, self.below(last + 1)));
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let mut pairs: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
                self.list(&mut pairs);
                pairs.iter_mut().for_each(|(_, member)| self.value(member));
                *members = Map::from_iter(pairs);
            }
            Value::Array(elements) => {
                self.list(elements);
                elements.iter_mut().for_each(|element| self.value(element));
            }
            _ => {}
        }
    }

    fn doc(&mut self, doc: &mut Doc) {
        match &mut doc.body {
            Body::List(records) => {
                self.list(records);
                records.iter_mut().for_each(|record| self.value(record));
            }
            Body::One(record) | Body::Toml(record) => self.value(record),
            Body::Table(columns, rows) => {
                self.list(rows);
                let mut order: Vec<usize> = (0..columns.len()).collect();
                self.list(&mut order);
                *columns = order.iter().map(|column| columns[*column]).collect();
                for row in rows {
                    *row = order.iter().map(|column| row[*column].clone()).collect();
                }
            }
        }
    }
}

fn threads(number: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(number).build().unwrap()
}

/// Another form of the same list.
#[derive(Debug, Clone)]
enum Form {
    Pages(Index, bool),
    Lines,
    Envelope,
    Gzip,
    Zstd,
    SpreadsheetCsv,
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        (any::<Index>(), any::<bool>()).prop_map(|(at, folder)| Form::Pages(at, folder)),
        Just(Form::Lines),
        Just(Form::Envelope),
        Just(Form::Gzip),
        Just(Form::Zstd),
        Just(Form::SpreadsheetCsv),
    ]
}

impl Form {
    fn write(&self, doc: &Doc) -> Vec<Input> {
        let stem = &doc.stem;
        match (self, &doc.body) {
            (Self::Gzip, _) => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(doc.text().as_bytes()).unwrap();
                vec![input(format!("{}.gz", doc.name()), encoder.finish().unwrap())]
            }
            (Self::Zstd, _) => {
                let level = ruzstd::encoding::CompressionLevel::Fastest;
                vec![input(
                    format!("{}.zst", doc.name()),
                    ruzstd::encoding::compress_to_vec(doc.text().as_bytes(), level),
                )]
            }
            (Self::Pages(at, in_folder), Body::List(records)) => {
                let at = at.index(records.len() + 1);
                let page = |number: usize, records: &[Value]| {
                    let between = if *in_folder { "/" } else { "." };
                    input(format!("{stem}{between}{number}.json"), serde_json::to_string(records).unwrap())
                };
                vec![page(1, &records[..at]), page(2, &records[at..])]
            }
            (Self::Pages(at, _), Body::Table(columns, rows)) => {
                let at = at.index(rows.len() + 1);
                let page = |number: usize, rows: &[Vec<String>]| {
                    let doc =
                        Doc { stem: format!("{stem}.{number}"), body: Body::Table(columns.clone(), rows.to_vec()) };
                    input(doc.name(), doc.text())
                };
                vec![page(1, &rows[..at]), page(2, &rows[at..])]
            }
            // A file without a line says nothing, not "none".
            (Self::Lines, Body::List(records)) if !records.is_empty() => {
                let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
                vec![input(format!("{stem}.jsonl"), lines)]
            }
            (Self::Envelope, Body::List(records)) => {
                let mut records = records.clone();
                records.iter_mut().for_each(ids_as_strings);
                vec![input(doc.name(), json!({"data": records}).to_string())]
            }
            (Self::SpreadsheetCsv, Body::Table(columns, rows)) => {
                let quoted =
                    |cells: Vec<&str>| cells.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
                let header = quoted(columns.clone());
                let rows = rows.iter().map(|row| quoted(row.iter().map(String::as_str).collect()));
                let lines: Vec<String> = std::iter::once(header).chain(rows).collect();
                vec![input(doc.name(), format!("\u{feff}{}\r\n", lines.join("\r\n")))]
            }
            _ => vec![input(doc.name(), doc.text())],
        }
    }
}

/// Version 2.0 endpoints give ids as strings.
fn ids_as_strings(value: &mut Value) {
    let Value::Object(members) = value else { return };
    for (name, member) in members.iter_mut() {
        if let (true, Some(id)) = (name == "id" || name.ends_with("_id"), member.as_u64()) {
            *member = json!(id.to_string());
        }
        ids_as_strings(member);
    }
}

/// The same file again, as the next page or in another folder.
fn again(doc: &Doc) -> Input {
    let name = match doc.body {
        Body::List(_) | Body::Table(..) => doc.name().replacen('.', ".2.", 1),
        Body::One(_) | Body::Toml(_) => match doc.stem.rsplit_once('/') {
            Some((folder, _)) => doc.name().replacen(folder, &format!("{folder}/again"), 1),
            None => format!("again/{}", doc.name()),
        },
    };
    input(name, doc.text())
}

/// A fact, told by what it is about and not by what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    action: Action,
    principal: (Type, String),
    resource: (Type, String),
    member: Option<String>,
}

/// What the controls say of every fact.
fn verdicts(facts: &Facts) -> BTreeMap<(String, Key), Vec<Verdict>> {
    let mut out: BTreeMap<_, Vec<Verdict>> = BTreeMap::new();
    // A company is the same whatever the export can call it.
    let id = |thing: &Thing| if thing.kind == Type::Company { String::new() } else { thing.id.to_string() };
    let name = |thing: u32| facts.thing(thing).map(|thing| (thing.kind, id(thing))).unwrap();
    for (environment, table) in &facts.tables {
        let Some(evaluator) = ReferenceEvaluator::new(&PACK.controls, *environment) else { continue };
        for fact in 0..table.len() {
            let key = Key {
                action: environment.action,
                principal: name(table.principal(fact).unwrap()),
                resource: name(table.resource(fact).unwrap()),
                member: table.member(fact).map(|member| name(member).1),
            };
            for (control, verdict) in
                evaluator.controls().iter().zip(evaluator.evaluate(facts, table, fact, None).unwrap())
            {
                out.entry((control.id.clone(), key.clone())).or_default().extend(verdict);
            }
        }
    }
    out
}

/// What was a violation and, with less known, is a pass; and what vanished although its subject is still there.
fn lost(more: &Facts, less: &Facts) -> Vec<String> {
    let (before, after) = (verdicts(more), verdicts(less));
    let principals: BTreeSet<(Type, String)> = after.keys().map(|(_, key)| key.principal.clone()).collect();
    let open: BTreeSet<(&str, &(Type, String))> = after
        .iter()
        .filter(|(_, verdicts)| verdicts.iter().any(|verdict| matches!(verdict, Verdict::Unknown(_))))
        .map(|((control, key), _)| (control.as_str(), &key.principal))
        .collect();
    let mut out = Vec::new();
    for ((control, key), _) in before.iter().filter(|(_, verdicts)| verdicts.iter().any(violates)) {
        match after.get(&(control.clone(), key.clone())) {
            Some(verdicts) if verdicts.iter().all(|verdict| *verdict == Verdict::Complies) => {
                out.push(format!("{control} was violated and is complied with: {key:?}"));
            }
            Some(_) => {}
            // That an identity exists is known for as long as it is; what it holds on a company tool never goes quietly.
            None if principals.contains(&key.principal)
                && (key.action == Action::Exists || (key.action == Action::Holds && key.member.is_none()))
                && !open.contains(&(control.as_str(), &key.principal)) =>
            {
                out.push(format!("{control} was violated and is not asked any more: {key:?}"));
            }
            None => {}
        }
    }
    out
}

/// What was a pass and, with less known, is a violation.
fn invented(more: &Facts, less: &Facts) -> Vec<String> {
    // A decision on record is found by the names of what it is about, and lost with them.
    let decided = [
        "exception",
        "reason",
        "new_projects_approved",
        "reviewed",
        "all_projects_approved",
        "vendor_reviewed",
        "projects_reviewed",
        "grants_checked",
        "reconciled",
    ];
    let by_decision =
        |control: &&Control| control.condition.reads.iter().any(|read| decided.contains(&read.name.as_str()));
    let mut excused: BTreeSet<&str> =
        PACK.controls.iter().filter(by_decision).map(|control| control.id.as_str()).collect();
    // An account on the Service Accounts page counts as working until a file says otherwise.
    excused.extend(["SVA-08", "SVA-09"]);
    let before = verdicts(more);
    let asked = verdicts(less).into_iter().filter(|((control, _), _)| !excused.contains(control.as_str()));
    let is_new = |(asked, verdicts): (_, Vec<Verdict>)| {
        let before = before.get(&asked)?;
        let passed = before.iter().all(|verdict| *verdict == Verdict::Complies);
        (passed && verdicts.iter().any(violates))
            .then(|| format!("{} is violated and was complied with: {:?}", asked.0, asked.1))
    };
    asked.filter_map(is_new).collect()
}

fn violates(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Violates(_))
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn the_order_of_files_records_members_and_rows_changes_nothing(docs in untidy_company(), seed: u64) {
        let mut shuffle = Shuffle(seed);
        let mut mixed = docs.clone();
        mixed.iter_mut().for_each(|doc| shuffle.doc(doc));
        shuffle.list(&mut mixed);
        same(&masked(&run(plain(&docs)), Mask::Position), &masked(&run(plain(&mixed)), Mask::Position))?;
    }

    #[test]
    fn the_form_of_a_file_changes_nothing(docs in untidy_company(), forms in prop::collection::vec(form(), 40)) {
        let written = docs.iter().zip(forms.iter().cycle()).flat_map(|(doc, form)| form.write(doc)).collect();
        same(&masked(&run(plain(&docs)), Mask::Path), &masked(&run(folder(written)), Mask::Path))?;
    }

    #[test]
    fn a_file_that_is_there_twice_changes_nothing(docs in untidy_company(), which in prop::collection::vec(any::<Index>(), 1..4)) {
        prop_assume!(!docs.is_empty());
        let mut twice = plain(&docs);
        for at in which {
            let copy = again(at.get(&docs));
            if !twice.inputs.iter().any(|input| input.name == copy.name) {
                twice.inputs.push(copy);
            }
        }
        same(&masked(&run(plain(&docs)), Mask::Path), &masked(&run(twice), Mask::Path))?;
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn order_changes_nothing_even_where_records_contradict_each_other(docs in contradicted_company(), seed: u64) {
        let mut shuffle = Shuffle(seed);
        let mut mixed = docs.clone();
        mixed.iter_mut().for_each(|doc| shuffle.doc(doc));
        same(&masked(&run(plain(&docs)), Mask::Position), &masked(&run(plain(&mixed)), Mask::Position))?;
    }


    #[test]
    fn one_thread_and_eight_give_the_same_bytes(docs in untidy_company()) {
        let bytes = |number| threads(number).install(|| serde_json::to_vec(&run(plain(&docs))).unwrap());
        prop_assert_eq!(bytes(1), bytes(8));
    }
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn knowing_less_never_turns_a_violation_into_a_pass_or_a_pass_into_a_violation(
        docs in company(),
        removals in removals(),
    ) {
        let mut less: Docs = docs.clone();
        removals.iter().for_each(|removal| removal.apply(&mut less));
        let (more, less) = (facts(&PACK, plain(&docs)), facts(&PACK, plain(&less)));
        let turned = [lost(&more, &less), invented(&more, &less)].concat();
        prop_assert!(turned.is_empty(), "{}", turned.join("\n"));
    }
}

/// The shuffles are worth something: they change the text of nearly every file.
#[test]
fn shuffles_change_the_text_and_not_the_content() {
    let record = json!([{"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2, 3]}, {"f": 4}, {"g": 5}]);
    let mut doc = Doc { stem: "users".into(), body: Body::List(record.as_array().unwrap().clone()) };
    let before = doc.text();
    Shuffle(7).doc(&mut doc);
    assert_ne!(doc.text(), before);
    assert_eq!(doc.text().len(), before.len());
}
