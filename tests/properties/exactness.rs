//! The evaluator of masks gives the answers of the reference judge: over packs and facts at random, and over everything that
//! is built in.
//!
//! `cargo test --test properties exactness:: -- --nocapture` shows what the random packs came to; `PROPTEST_CASES` sets how many.

use crate::support::company;
use crate::support::packs;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::support::company::{config, plain, untidy_company};
use crate::support::operators::{EVERY, operators};
use crate::support::worlds::{Size, sizes, world};
use cedar_policy::{Policy, PolicyId};
use cutover_export::collect;
use cutover_model::evidence::Origin;
use cutover_model::result::Severity;
use cutover_policy::control::Control;
use cutover_policy::facts::{Action, Environment, Fact, Facts, Table, Thing, ThingIx, Type, Value};
use cutover_policy::pack::Pack;
use cutover_policy::reference::{ReferenceEvaluator, Verdict};
use cutover_policy::{Assessed, Evaluation, Hit, HitDetails, evaluate, judge_by_reference};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

/// Both evaluators, or where they differ and about what.
fn agreed(facts: &Facts, controls: &[Control]) -> Result<Evaluation, String> {
    let fast = evaluate(facts, controls)?;
    let slow = judge_by_reference(facts, controls)?;
    if fast == slow { Ok(slow) } else { Err(told(facts, controls, &fast, &slow)) }
}

/// What the bench says of one fact after the other, without any thought of which facts are alike.
fn one_by_one(facts: &Facts, controls: &[Control]) -> Evaluation {
    let mut out = Evaluation { assessed: vec![Assessed::default(); controls.len()], ..Evaluation::default() };
    for (environment, table) in &facts.tables {
        let Some(evaluator) = ReferenceEvaluator::new(controls, *environment) else { continue };
        for fact in 0..table.len() {
            let verdicts = evaluator.evaluate(facts, table, fact, None).unwrap();
            for (verdict, of_bench) in verdicts.into_iter().zip(evaluator.controls()) {
                let Some(verdict) = verdict else { continue };
                let control = controls.iter().position(|control| control.id == of_bench.id).unwrap();
                out.assessed[control].facts += 1;
                let hit = |attributes: &[_]| {
                    let details = HitDetails { control, environment: *environment, attributes: attributes.into() };
                    Hit { fact, details: details.into() }
                };
                match verdict {
                    Verdict::Complies => {}
                    Verdict::Violates(attributes) => out.violations.push(hit(&attributes)),
                    Verdict::Unknown(attributes) => {
                        out.assessed[control].unknown += 1;
                        if of_bench.reports_unknown() {
                            out.unknown.push(hit(&attributes));
                        }
                        for attribute in attributes {
                            *out.assessed[control].missing.entry((*environment, attribute)).or_default() += 1;
                        }
                    }
                    Verdict::Error(error) => drop(out.errors.entry(of_bench.id.clone()).or_insert(error)),
                }
            }
        }
    }
    out
}

/// How two judgements differ: for a few controls, what both say, and about which facts.
fn told(facts: &Facts, controls: &[Control], one: &Evaluation, two: &Evaluation) -> String {
    let mut out = Vec::new();
    for (index, control) in controls.iter().enumerate() {
        let of = |evaluation: &Evaluation| {
            let hits = |hits: &[Hit]| -> BTreeMap<(Environment, usize), Vec<String>> {
                let own = hits.iter().filter(|hit| hit.control == index);
                let shown = |hit: &Hit| hit.attributes.iter().map(ToString::to_string).collect();
                own.map(|hit| ((hit.environment, hit.fact), shown(hit))).collect()
            };
            let error = evaluation.errors.get(&control.id).cloned();
            (hits(&evaluation.violations), hits(&evaluation.unknown), evaluation.assessed[index].clone(), error)
        };
        let (one, two) = (of(one), of(two));
        if one == two {
            continue;
        }
        let mut text = format!("{}\n", control.policy);
        for (what, one, two) in [("violations", &one.0, &two.0), ("unknown", &one.1, &two.1)] {
            let differing = one.keys().chain(two.keys()).find(|key| one.get(key) != two.get(key));
            if let Some((environment, fact)) = differing {
                let key = (*environment, *fact);
                text += &format!("  {what}: {:?}, by reference {:?}\n", one.get(&key), two.get(&key));
                text += &described(facts, *environment, *fact);
            }
        }
        if one.2 != two.2 {
            text += &format!("  assessed: {:?}\n  by reference: {:?}\n", one.2, two.2);
        }
        if one.3 != two.3 {
            text += &format!("  error: {:?}, by reference {:?}\n", one.3, two.3);
        }
        out.push(text);
    }
    if out.is_empty() {
        return "the evaluates say the same in another order".to_owned();
    }
    let count = out.len();
    out.truncate(3);
    format!("the evaluates differ about {count} controls\n\n{}", out.join("\n"))
}

/// A fact, with everything it says.
fn described(facts: &Facts, environment: Environment, fact: usize) -> String {
    let table = &facts.tables[&environment];
    let thing = |thing: ThingIx| {
        let thing = &facts.things[thing as usize];
        let said = thing.attributes.iter().map(|(name, said)| format!("{name}: {:?}", said.value));
        format!("{:?} {:?} {{{}}}", thing.kind, thing.id, said.collect::<Vec<_>>().join(", "))
    };
    let context: Vec<String> = table.context_of(fact).map(|(name, value)| format!("{name}: {value:?}")).collect();
    let (principal, resource) = (table.principal(fact).unwrap(), table.resource(fact).unwrap());
    format!(
        "    fact {fact} of {environment:?}\n    principal {}\n    resource {}\n    context {{{}}}\n",
        thing(principal),
        thing(resource),
        context.join(", ")
    )
}

/// How many random packs are evaluated unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 192;

/// A pack and facts before they are drawn out.
#[derive(Clone)]
struct Case {
    sizes: Vec<Size>,
    seed: u64,
    tapes: Vec<Vec<u16>>,
}

fn case() -> impl Strategy<Value = Case> {
    let tape = vec(any::<u16>(), 30..160);
    // Masks are words of 64 controls: some packs need several.
    let tapes = prop_oneof![14 => vec(tape.clone(), 1..13), 1 => vec(tape, 70..150)];
    (sizes(), any::<u64>(), tapes).prop_map(|(sizes, seed, tapes)| Case { sizes, seed, tapes })
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "facts {:?} from {}, {} policies", self.sizes, self.seed, self.tapes.len())?;
        // The tapes say nothing to a reader.
        self.texts().iter().take(3).try_for_each(|text| writeln!(f, "{text}"))
    }
}

impl Case {
    fn texts(&self) -> Vec<String> {
        let environments: Vec<Environment> = self.sizes.iter().map(Size::environment).collect();
        self.tapes.iter().map(|tape| packs::policy(tape, &environments)).collect()
    }

    /// The controls that the strict validator takes, and how many it refuses.
    fn controls(&self) -> (Vec<Control>, usize) {
        let mut controls = Vec::new();
        let mut refused = 0;
        for (number, text) in self.texts().into_iter().enumerate() {
            let id = PolicyId::new(format!("RND-{number:03}"));
            let policy = Policy::parse(Some(id), &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            match PACK.controls[0].with_policy(policy, &PACK.validator) {
                Ok(mut control) => {
                    control.unknown = (number % 2 == 0).then_some(Severity::Low);
                    controls.push(control);
                }
                Err(error) => {
                    refused += 1;
                    if std::env::var_os("SHOW_REFUSED").is_some() {
                        println!("{error}\n{text}\n");
                    }
                }
            }
        }
        (controls, refused)
    }
}

/// How often something was seen.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    controls: usize,
    violates: usize,
    complies: usize,
    unknown: usize,
    errors: usize,
}

/// What the random cases came to, by operator.
#[derive(Default)]
struct Tally {
    by_operator: BTreeMap<String, Seen>,
    refused: usize,
    large: usize,
    empty_tables: usize,
    shared: usize,
    compared: usize,
    facts: usize,
}

impl Tally {
    fn add(&mut self, facts: &Facts, controls: &[Control], evaluation: &Evaluation) {
        let mut violations = vec![0; controls.len()];
        evaluation.violations.iter().for_each(|hit| violations[hit.control] += 1);
        for ((control, assessed), violates) in controls.iter().zip(&evaluation.assessed).zip(violations) {
            let errors = usize::from(evaluation.errors.contains_key(&control.id));
            let judged = assessed.facts - assessed.unknown - violates;
            // Of a control with an error it is unknown how many facts had one.
            let complies = if errors == 0 { judged } else { 0 };
            for name in operators(&control.policy).into_iter().chain(["all".to_owned()]) {
                let seen = self.by_operator.entry(name).or_default();
                seen.controls += 1;
                seen.violates += violates;
                seen.complies += complies;
                seen.unknown += assessed.unknown;
                seen.errors += errors;
            }
        }
        self.large += usize::from(controls.len() > 64);
        self.empty_tables += facts.tables.values().filter(|table| table.is_empty()).count();
        let shares = facts.tables.values().filter(|table| table.rows() < table.len());
        self.shared += shares.count();
        self.facts += facts.tables.values().map(Table::len).sum::<usize>();
    }

    fn show(&self) {
        println!("{:<18} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "controls", "violates", "complies", "unknown", "errors");
        for (name, seen) in &self.by_operator {
            let Seen { controls, violates, complies, unknown, errors } = seen;
            println!("{name:<18} {controls:>9} {violates:>9} {complies:>9} {unknown:>9} {errors:>9}");
        }
        println!(
            "facts: {}; refused by the validator: {}; packs over 64 controls: {}; tables without facts: {}; tables with shared rows: {}; \
             packs compared fact by fact: {}",
            self.facts, self.refused, self.large, self.empty_tables, self.shared, self.compared
        );
    }

    /// A property that hardly ever came to a point proves little about it.
    fn assert_rich(&self) {
        let Seen { controls, violates, complies, unknown, errors } = self.by_operator["all"];
        assert!(self.refused * 10 < controls, "the validator refused {} policies of {controls}", self.refused);
        for (what, seen, least) in [
            ("violations", violates, 2000),
            ("facts that comply", complies, 2000),
            ("unknown facts", unknown, 2000),
            ("controls with errors", errors, 50),
            ("packs over 64 controls", self.large, 2),
            ("tables without facts", self.empty_tables, 2),
            ("tables with shared rows", self.shared, 10),
            ("packs compared fact by fact", self.compared, 20),
        ] {
            assert!(seen >= least, "only {seen} {what}");
        }
        for name in EVERY {
            let seen = self.by_operator.get(*name).copied().unwrap_or_default();
            assert!(seen.controls >= 5, "`{name}` stood in {} controls", seen.controls);
            // Without a clause, a control is violated wherever it applies.
            let decided = seen.violates > 0 && (seen.complies > 0 || *name == "no clause");
            assert!(decided, "`{name}` decided nothing: {seen:?}");
        }
    }
}

#[test]
fn both_judges_agree_on_random_packs_and_facts() {
    let tally = RefCell::new(Tally::default());
    let config = config(CASES);
    let is_full = config.cases >= CASES;
    let result = TestRunner::new(config).run(&case(), |case| {
        let facts = world(&case.sizes, case.seed);
        let (controls, refused) = case.controls();
        let evaluation = agreed(&facts, &controls).map_err(TestCaseError::fail)?;
        let count: usize = facts.tables.values().map(Table::len).sum();
        let mut tally = tally.borrow_mut();
        if count * controls.len() < 500 {
            let alone = one_by_one(&facts, &controls);
            if evaluation != alone {
                return Err(TestCaseError::fail(told(&facts, &controls, &evaluation, &alone)));
            }
            tally.compared += 1;
        }
        tally.refused += refused;
        tally.add(&facts, &controls, &evaluation);
        Ok(())
    });
    let tally = tally.into_inner();
    tally.show();
    result.unwrap_or_else(|error| panic!("{error}"));
    if is_full {
        tally.assert_rich();
    }
}

#[test]
fn both_judges_agree_on_the_fixtures() {
    let mut judged = 0;
    for fixture in ["minimal", "harborline", "brackwater"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        let [folder] = collect::folders(&[folder]).try_into().ok().unwrap();
        let facts = company::facts(&PACK, folder);
        let evaluation = agreed(&facts, &PACK.controls).unwrap_or_else(|told| panic!("{fixture}: {told}"));
        judged += evaluation.assessed.iter().map(|assessed| assessed.facts).sum::<usize>();
    }
    assert!(judged > 1000, "only {judged} facts were evaluated");
}

/// A credential and a store of the same name, told on some days. Whether the credential is for a grant, and the store of
/// an environment, is unknown; the secret is not exposed.
fn stored(days: &[i64]) -> Facts {
    let mut facts = Facts::default();
    let company = facts.add(Thing::new(Type::Company, "1", "One", 0, None));
    let mut credential = Thing::new(Type::Credential, "1", "Vault", company, None);
    credential.set("exposed", Value::Flag(false));
    credential.set("grant", Value::Unknown);
    let mut store = Thing::new(Type::Store, "1", "Vault", company, None);
    store.set("environment", Value::Unknown);
    let (principal, resource) = (facts.add(credential), facts.add(store));
    for today in days {
        let context = vec![("today", Value::Number(*today)), ("use_known_until", Value::Number(0))];
        let evidence = Origin { document: 0, record: 0 }.into();
        facts.push(Action::Stored, Fact { principal, resource, context, member: None, evidence, said: Vec::new() });
    }
    facts
}

/// One control over such facts.
fn control(clauses: &str) -> [Control; 1] {
    let text = format!("forbid (principal, action == Cutover::Action::\"stored\", resource) {clauses};");
    let policy = Policy::parse(Some(PolicyId::new("ONE")), text).unwrap();
    [PACK.controls[0].with_policy(policy, &PACK.validator).unwrap()]
}

/// What one control comes to, fact by fact: the facts that violate it, how many it cannot evaluate, and whether it fails.
fn verdicts(clauses: &str, facts: &Facts) -> (Vec<usize>, usize, bool) {
    let controls = control(clauses);
    let evaluation = agreed(facts, &controls).unwrap_or_else(|told| panic!("{told}"));
    assert_eq!(evaluation, one_by_one(facts, &controls), "{clauses}");
    let violated = evaluation.violations.iter().map(|hit| hit.fact).collect();
    (violated, evaluation.assessed[0].unknown, !evaluation.errors.is_empty())
}

/// Facts that differ in nothing but an attribute that no control names are alike, except to a control that looks at the
/// whole context.
#[test]
fn a_control_over_the_whole_context_sees_all_of_it() {
    assert_eq!(
        verdicts("when { context == {today: 5, use_known_until: 0} }", &stored(&[4, 5, 6, 5])),
        (vec![1, 3], 0, false)
    );
}

/// What cannot be evaluated and comes first is told, although something later is false.
#[test]
fn what_fails_first_is_not_hidden_by_what_is_false_later() {
    let facts = stored(&[5]);
    // Too great a number where the names are the same, as they are.
    let fails = "(if principal.name == resource.name then 9223372036854775807 else 1) * 2 > 0";
    let passes = (Vec::new(), 0, false);
    let failed = (Vec::new(), 0, true);
    assert_eq!(verdicts(&format!("when {{ {fails} && principal.exposed }}"), &facts), failed);
    assert_eq!(verdicts(&format!("when {{ principal.exposed && {fails} }}"), &facts), passes);
    assert_eq!(verdicts(&format!("when {{ {fails} }} when {{ principal.exposed }}"), &facts), failed);
    assert_eq!(verdicts(&format!("when {{ principal.exposed }} when {{ {fails} }}"), &facts), passes);
    assert_eq!(verdicts(&format!("unless {{ !principal.exposed || {fails} }}"), &facts), passes);
    assert_eq!(verdicts(&format!("unless {{ {fails} || !principal.exposed }}"), &facts), failed);
    // Behind what is unknown, it may never be evaluated.
    let open = "when { principal has grant && principal.grant == \"password\" }";
    assert_eq!(verdicts(&format!("{open} when {{ {fails} && principal.exposed }}"), &facts), (Vec::new(), 1, false));
    assert_eq!(verdicts(&format!("{open} when {{ {fails} }} when {{ principal.exposed }}"), &facts), passes);
}

/// Rows are sorted in portions, and what a later one brings anew is not mistaken for what an earlier one had.
#[test]
fn many_rows_are_judged_as_few() {
    let days: Vec<i64> = (0..50_000).map(|fact| fact / 10_000 + fact % 3).collect();
    let facts = stored(&days);
    for day in 0..7 {
        let evaluation = agreed(&facts, &control(&format!("when {{ context.today == {day} }}"))).unwrap();
        let violated: Vec<usize> = evaluation.violations.iter().map(|hit| hit.fact).collect();
        let expected: Vec<usize> = (0..days.len()).filter(|fact| days[*fact] == day).collect();
        assert_eq!(violated, expected, "day {day}");
    }
}

/// A part that observes nothing decides beside a part of either side.
#[test]
fn constants_decide_beside_what_is_unknown() {
    let facts = stored(&[5]);
    for unknown in ["principal has grant", "resource has environment"] {
        assert_eq!(verdicts(&format!("unless {{ {unknown} && 1 == 2 }}"), &facts), (vec![0], 0, false), "{unknown}");
        assert_eq!(verdicts(&format!("unless {{ {unknown} && 1 == 1 }}"), &facts), (Vec::new(), 1, false), "{unknown}");
        assert_eq!(verdicts(&format!("when {{ {unknown} || 1 == 1 }}"), &facts), (vec![0], 0, false), "{unknown}");
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn both_judges_agree_on_the_built_in_pack(docs in untidy_company()) {
        let facts = company::facts(&PACK, plain(&docs));
        agreed(&facts, &PACK.controls).map_err(TestCaseError::fail)?;
    }
}

/// The comparison itself: a evaluator that misses, invents or misplaces anything is caught.
#[test]
fn a_judgement_that_differs_anywhere_is_told() {
    let facts = company::facts(&PACK, {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline");
        collect::folders(&[folder]).into_iter().next().unwrap()
    });
    let right = || judge_by_reference(&facts, &PACK.controls).unwrap();
    let differs = |wrong: Evaluation| {
        assert_ne!(wrong, right());
        told(&facts, &PACK.controls, &wrong, &right())
    };
    let mut missed = right();
    let hit = missed.violations.remove(0);
    let text = differs(missed);
    assert!(text.contains("differ about 1 controls"), "{text}");
    assert!(text.contains(PACK.controls[hit.control].id.as_str()), "{text}");
    assert!(text.contains("violations: None, by reference Some"), "{text}");
    let mut undecided = right();
    let first = &mut undecided.violations[0];
    let HitDetails { control, environment, .. } = *first.details;
    first.details = HitDetails { control, environment, attributes: Vec::new() }.into();
    assert!(differs(undecided).contains("violations: Some([]), by reference Some"));
    let mut unassessed = right();
    unassessed.assessed[0].facts += 1;
    assert!(differs(unassessed).contains("assessed: "));
    let mut failed = right();
    failed.errors.insert(PACK.controls[0].id.clone(), "overflow".to_owned());
    assert!(differs(failed).contains("error: Some(\"overflow\"), by reference None"));
    let mut shuffled = right();
    shuffled.violations.reverse();
    assert_eq!(differs(shuffled), "the evaluates say the same in another order");
    assert!(facts.things.iter().any(|thing| thing.kind == Type::Company));
}
