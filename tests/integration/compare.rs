//! `cutover policy compare`, run as a program: what is proved, what is refuted, and what is left open.
//!
//! Tests of proofs need the solver cvc5 and the feature `prove`. Without them they say that they were skipped; where `CVC5`
//! names a solver, it has to be there.

use crate::support;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use cutover_model::result::comparison::Verdict;
use cutover_pack_tools::prove::packs::Named;
use cutover_pack_tools::prove::{Solver, compare};
use cutover_policy::pack::Pack;
use serde_json::Value;

use crate::support::{Run, Sandbox, TODAY, fixture};

/// No program has this path.
const NOWHERE: &str = "/nowhere/cvc5";

/// Says something that is shown even if the test passes.
fn say(what: &str) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// The solver, or nothing where there is none.
fn solver() -> Option<String> {
    let named = std::env::var("CVC5").ok();
    let program = named.clone().unwrap_or_else(|| "cvc5".to_owned());
    match Solver::find(Path::new(&program), Duration::from_secs(60)) {
        Ok(_) => Some(program),
        Err(none) => {
            assert!(named.is_none() || !cfg!(feature = "prove"), "{none}");
            say(&format!("SKIPPED: this test needs a solver. {none}"));
            None
        }
    }
}

/// Compares two packs by proof; nothing where there is no solver.
#[track_caller]
fn prove(sandbox: &Sandbox, arguments: &[&str]) -> Option<Run> {
    let solver = solver()?;
    let path = std::env::var("PATH").unwrap_or_default();
    let arguments = [&["policy", "compare"], arguments].concat();
    Some(sandbox.run_with(&arguments, &[("CVC5", &solver), ("PATH", &path)], b""))
}

/// Compares two packs where there is no solver.
fn look(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run_with(&[&["policy", "compare"], arguments].concat(), &[("CVC5", NOWHERE)], b"")
}

/// A pack of one control over people's levels.
fn control(id: &str, condition: &str) -> String {
    format!(
        "// Why.\n@id(\"{id}\")\n@title(\"T\")\n@severity(\"high\")\n@party(\"customer\")\n@remedy(\"R\")\n\
         @reference(\"X\")\nforbid (principal is Cutover::Person, action == Cutover::Action::\"holds\", resource)\n\
         when {{ {condition} }};\n"
    )
}

/// Two packs, `old` and `new`, of one control each.
fn two(old: &str, new: &str) -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    sandbox.write("old/a.cedar", control("A-01", old)).write("new/a.cedar", control("A-01", new));
    sandbox
}

/// The kinds of fact with this status.
fn with_status<'r>(result: &'r Value, status: &str) -> Vec<&'r Value> {
    result["environments"].as_array().unwrap().iter().filter(|kind| kind["status"] == status).collect()
}

/// What Cedar says of a counterexample under some controls of the built-in pack.
fn judged(pack: &Pack, example: &Value, keep: impl Fn(&str) -> bool) -> (Decision, Vec<String>) {
    let uid = |name: &str| example[name].as_str().unwrap().parse::<EntityUid>().unwrap();
    let (principal, action, resource) = (uid("principal"), uid("action"), uid("resource"));
    let fits = |control: &&cutover_policy::control::Control| {
        keep(&control.id) && control.environments.iter().any(|kind| *kind.action() == action)
    };
    let controls = pack.in_force().filter(fits);
    let everything = "permit (principal, action, resource);".parse::<PolicySet>().unwrap();
    let everything = everything.policies().cloned();
    let policies = PolicySet::from_policies(everything.chain(controls.map(|one| one.policy.clone()))).unwrap();
    let entities = Entities::from_json_value(example["entities"].clone(), Some(pack.schema())).unwrap();
    let context = Context::from_json_value(example["context"].clone(), Some((pack.schema(), &action))).unwrap();
    let request = Request::new(principal, action, resource, context, Some(pack.schema())).unwrap();
    let response = Authorizer::new().is_authorized(&request, &policies, &entities);
    assert_eq!(response.diagnostics().errors().count(), 0);
    let reasons = response.diagnostics().reason().map(ToString::to_string).collect();
    (response.decision(), reasons)
}

/// A counterexample as a fact of a test file: what Cutover's own evaluate says of it is what `policy test` finds.
fn as_fact(example: &Value) -> String {
    let id = |uid: &str| uid.split_once("::\"").unwrap().1.trim_end_matches('"').to_owned();
    let kind = |uid: &str| uid.split_once("::\"").unwrap().0.trim_start_matches("Cutover::").to_owned();
    let value = |value: &Value| match value {
        Value::Object(members) if members.contains_key("__entity") && value["__entity"]["type"] == "Cutover::Level" => {
            value["__entity"]["id"].to_string()
        }
        Value::Object(members) if members.contains_key("__entity") => {
            format!("{{ id = {}, name = \"P\" }}", value["__entity"]["id"])
        }
        Value::Object(_) => panic!("{value}"),
        plain => plain.to_string(),
    };
    let members = |attributes: &Value| -> String {
        let members = attributes.as_object().unwrap().iter();
        let told = members.filter(|(name, _)| !["name", "key", "scope", "recognised"].contains(&name.as_str()));
        told.map(|(name, one)| format!(", {name} = {}", value(one))).collect()
    };
    let end = |role: &str| {
        let uid = example[role].as_str().unwrap();
        let mut entities = example["entities"].as_array().unwrap().iter();
        let is_it = |entity: &&Value| {
            entity["uid"]["id"] == id(uid).as_str() && uid.starts_with(entity["uid"]["type"].as_str().unwrap())
        };
        let entity = entities.find(is_it);
        format!("{{ type = \"{}\", id = \"{}\"{} }}", kind(uid), id(uid), members(&entity.unwrap()["attrs"]))
    };
    let context = members(&example["context"]);
    format!(
        "{{ action = \"{}\", principal = {}, resource = {}, context = {{ {} }} }}",
        id(example["action"].as_str().unwrap()),
        end("principal"),
        end("resource"),
        context.trim_start_matches(", ")
    )
}

#[test]
fn the_built_in_pack_is_at_least_as_strict_as_itself_with_one_control_removed() {
    let sandbox = Sandbox::with(&[]);
    let arguments = ["built-in", "built-in", "--old-without", "DIR-01", "--format", "json"];
    // That is so word for word; no solver is needed.
    let result = look(&sandbox, &arguments).exits(0).says_nothing().json();
    assert_eq!((&result["verdict"], &result["basis"]), (&"at_least_as_strict".into(), &"all_facts".into()));
    assert_eq!(result["changes"]["only_in_new"], serde_json::json!(["DIR-01"]));
    assert_eq!(result["old"]["name"], "built-in without DIR-01");
    let Some(run) = prove(&sandbox, &arguments) else { return };
    assert_eq!(run.exits(0).says_nothing().json()["verdict"], "at_least_as_strict");
}

#[test]
fn the_opposite_is_refuted_by_a_fact_that_both_judges_see_the_difference_in() {
    let sandbox = Sandbox::with(&[]);
    let arguments = ["built-in", "built-in", "--new-without", "DIR-01", "--format", "json"];
    let Some(run) = prove(&sandbox, &arguments) else { return };
    let result = run.exits(1).says_nothing().json();
    assert_eq!((&result["verdict"], &result["basis"]), (&"less_strict".into(), &"all_facts".into()));
    let refuted = with_status(&result, "refuted");
    let kinds: Vec<&Value> = refuted.iter().map(|kind| &kind["principal"]).collect();
    assert_eq!(kinds, ["LegacyAccount", "ManagedAccount"]);
    assert_eq!(with_status(&result, "not_decided").len(), 0);
    let pack = Pack::load(&[]).unwrap();
    sandbox.write("pack/DIR-01.cedar", pack.control("DIR-01").unwrap().text.clone());
    for kind in refuted {
        let example = &kind["counterexample"];
        assert_eq!(example["forbidden_by"], serde_json::json!(["DIR-01"]), "{example}");
        assert_eq!(judged(&pack, example, |_| true), (Decision::Deny, vec!["DIR-01".to_owned()]));
        assert_eq!(judged(&pack, example, |id| id != "DIR-01").0, Decision::Allow);
        // Cutover's own evaluate, from a test file: the control objects, and no other control does.
        let fact = as_fact(example);
        let case = format!("[[case]]\nname = \"shown\"\nexpect = \"violates\"\nfacts = [\n  {fact},\n]\n");
        sandbox.write("pack/DIR-01.test.toml", case);
        sandbox.run(&["policy", "test", "pack", "--control", "DIR-01"]).exits(0);
    }
}

#[test]
fn for_every_control_that_is_removed_the_loss_is_shown_or_there_is_none() {
    let Some(program) = solver() else { return };
    let solver = Solver::find(Path::new(&program), Duration::from_secs(60)).unwrap();
    let (whole, mut part) = (Pack::load(&[]).unwrap(), Pack::load(&[]).unwrap());
    let mut covered = Vec::new();
    for number in 0..part.controls.len() {
        let control = part.controls.remove(number);
        let sides = [("whole", &whole), ("part", &part)].map(|(name, pack)| Named { name, pack });
        let result = compare(sides[0], sides[1], Ok(&solver), 2, None).unwrap();
        assert_eq!(result.summary.not_decided, 0, "{}", control.id);
        if result.verdict == Verdict::AtLeastAsStrict {
            covered.push(control.id.clone());
        }
        for example in result.environments.into_iter().filter_map(|kind| kind.counterexample) {
            let example = serde_json::to_value(example).unwrap();
            assert_eq!(judged(&whole, &example, |_| true), (Decision::Deny, vec![control.id.clone()]));
            assert_eq!(judged(&whole, &example, |id| id != control.id).0, Decision::Allow, "{}", control.id);
        }
        part.controls.insert(number, control);
    }
    // Facts that UIN-02 forbids are forbidden by INS-06 as well, which has another remedy.
    assert_eq!(covered, ["UIN-02"]);
}

#[test]
fn a_rewritten_control_is_proved_by_the_order_of_the_levels() {
    let at_least = "context.level in Cutover::Level::\"standard\"";
    let one_of = "[Cutover::Level::\"standard\", Cutover::Level::\"admin\"].contains(context.level)";
    let sandbox = two(at_least, one_of);
    for sides in [["old", "new"], ["new", "old"]] {
        let Some(run) = prove(&sandbox, &[sides[0], sides[1], "--format", "json"]) else { return };
        let result = run.exits(0).json();
        assert_eq!(result["changes"]["rewritten"], serde_json::json!(["A-01"]));
        let by_solver = result["environments"].as_array().unwrap().iter().filter(|kind| kind["shown_by"] == "solver");
        assert_eq!(by_solver.count(), 1);
    }
}

#[test]
fn a_control_that_is_weaker_at_one_value_only_is_refuted_by_that_value() {
    let (old, new) = ("context has granular && context.granular > 3", "context has granular && context.granular > 4");
    let sandbox = two(old, new);
    let Some(run) = prove(&sandbox, &["old", "new", "--format", "json"]) else { return };
    let result = run.exits(1).json();
    assert_eq!(with_status(&result, "refuted")[0]["counterexample"]["context"]["granular"], 4);
    prove(&sandbox, &["new", "old"]).unwrap().exits(0);
}

#[test]
fn a_control_that_fails_does_not_pass_for_one_that_fires() {
    // Cedar skips a policy that fails: the product is too large for some numbers.
    let old = "context has granular && context.granular > 3";
    let new = "context has granular && context.granular * 10000000 > 30000000";
    let sandbox = two(old, new);
    let Some(run) = prove(&sandbox, &["old", "new", "--format", "json"]) else { return };
    let result = run.exits(1).json();
    let granular = with_status(&result, "refuted")[0]["counterexample"]["context"]["granular"].as_i64().unwrap();
    assert!(granular > i64::MAX / 10_000_000, "{granular}");
}

/// Of a person, twenty things that are so, in one condition; there are as few that a solver could show.
fn chain(backwards: bool) -> String {
    let mut parts: Vec<String> =
        (0..20).map(|at| format!("!(context has through && context.through == \"{at}\")")).collect();
    if backwards {
        parts.reverse();
    }
    parts.join(" && ")
}

#[test]
fn a_long_chain_of_conditions_is_proved_in_any_order() {
    let sandbox = two(&chain(false), &chain(true));
    let Some(run) = prove(&sandbox, &["old", "new"]) else { return };
    run.exits(0);
}

#[test]
fn a_question_that_is_too_large_to_be_put_is_not_waited_for() {
    // Within an `||`, a chain cannot be put in a smaller form.
    let (old, new) = (format!("({}) || false", chain(false)), format!("({}) || false", chain(true)));
    let sandbox = two(&old, &new);
    let started = Instant::now();
    let Some(run) = prove(&sandbox, &["old", "new", "--time-limit", "1"]) else { return };
    assert!(run.exits(1).out.contains("the solver found no answer in 1 s"));
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn text_shows_the_fact_and_says_what_the_answer_rests_on() {
    let sandbox = two("context.level in Cutover::Level::\"standard\"", "context.level in Cutover::Level::\"admin\"");
    let Some(run) = prove(&sandbox, &["old", "new"]) else { return };
    let run = run.exits(1).says_nothing().stays_plain();
    for part in [
        "OLD  old (1 control)\nNEW  new (1 control)\n     rewritten in NEW: A-01\n",
        "less strict Person holds Tool\n  OLD forbids this by A-01; NEW allows it:\n",
        "    level = Level::\"standard\"\n",
        "NEW is less strict than OLD.\nRefuted by a fact that Cedar forbids under OLD and allows under NEW.",
        "cvc5 ",
    ] {
        assert!(run.out.contains(part), "{part}\n{}", run.out);
    }
    let run = prove(&sandbox, &["new", "old", "-v"]).unwrap().exits(0);
    assert!(run.out.contains("holds Person holds Tool: proved\n"), "{}", run.out);
    assert!(run.out.contains("NEW is at least as strict as OLD.\nProved for all facts that the schema"), "{}", run.out);
}

#[test]
fn the_same_bytes_come_of_any_number_of_jobs() {
    let sandbox = Sandbox::with(&[]);
    let run = |jobs| {
        let arguments = ["built-in", "built-in", "--new-without", "SVA-*", "--format", "json", "--jobs", jobs];
        prove(&sandbox, &arguments)
    };
    let (Some(one), Some(four)) = (run("1"), run("4")) else { return };
    assert_eq!(one.exits(1).out, four.exits(1).out);
}

#[test]
fn without_a_solver_nothing_is_claimed_and_the_answer_says_what_to_install() {
    let sandbox = Sandbox::with(&[]);
    let arguments = ["built-in", "built-in", "--new-without", "DIR-01"];
    let run = look(&sandbox, &arguments).exits(1).says_nothing();
    let text = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = if cfg!(feature = "prove") { "install cvc5" } else { "without the feature `prove`" };
    for part in ["not decided ManagedAccount holds Tool", "Not decided: whether NEW", "No solver was asked", why] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let result = look(&sandbox, &[arguments.as_slice(), &["--format", "json"]].concat()).exits(1).json();
    assert_eq!((&result["verdict"], &result["solver"]), (&"not_decided".into(), &Value::Null));
    assert!(result["no_solver"].as_str().unwrap().contains(why));
}

#[test]
fn without_a_solver_the_facts_of_an_export_answer_for_themselves() {
    let sandbox = Sandbox::minimal();
    let facts = ["--facts", "export", "--as-of", TODAY, "--format", "json"];
    let compare = |sandbox: &Sandbox, without: &str| {
        look(sandbox, &[["built-in", "built-in", "--new-without", without].as_slice(), &facts].concat())
    };
    let result = compare(&sandbox, "DIR-*").exits(0).json();
    assert_eq!((&result["verdict"], &result["basis"]), (&"at_least_as_strict".into(), &"facts_of_export".into()));
    assert_eq!(result["facts"]["let_through"], 0);
    assert!(result["facts"]["facts"].as_u64().unwrap() > 10);

    let sandbox = Sandbox::with(&support::administrator());
    let result = compare(&sandbox, "*").exits(1).json();
    assert_eq!((&result["verdict"], &result["basis"]), (&"less_strict".into(), &"facts_of_export".into()));
    let mut examples = result["facts"]["examples"].as_array().unwrap().iter();
    assert!(examples.any(|example| example["subject"]["name"] == "erp-bridge-1a2b3c4d"), "{result}");
    assert_eq!(result["facts"]["let_through"], result["facts"]["reported_by_old"]);
}

#[test]
fn facts_are_let_through_if_no_control_that_is_left_reports_them() {
    let sandbox = Sandbox::with(&[]);
    let harborline = fixture("harborline").display().to_string();
    let arguments = ["built-in", "built-in", "--new-without", "SVA-*", "--facts", &harborline, "--as-of", TODAY];
    let run = look(&sandbox, &arguments).exits(1);
    let text = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("reported by OLD and not by NEW") && text.contains("(SVA-"), "{text}");
    assert!(text.contains("Compared over the facts of the export only."), "{text}");
}

#[cfg(unix)]
#[test]
fn a_solver_that_does_not_answer_decides_nothing() {
    use std::os::unix::fs::PermissionsExt;

    if !cfg!(feature = "prove") {
        say("SKIPPED: this test needs the feature `prove`");
        return;
    }
    let sandbox = two("context.level in Cutover::Level::\"standard\"", "context.level in Cutover::Level::\"admin\"");
    let ask = |answer: &str| {
        let script = format!("#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'cvc5 version 9'; exit; }}\n{answer}\n");
        sandbox.write("solver", script);
        let path = sandbox.path("solver");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let environment = [("CVC5", path.to_str().unwrap()), ("PATH", "/usr/bin:/bin")];
        let arguments = ["policy", "compare", "old", "new", "--time-limit", "1", "--format", "json"];
        let result = sandbox.run_with(&arguments, &environment, b"").exits(1).says_nothing().json();
        assert_eq!(result["verdict"], "not_decided", "{result}");
        with_status(&result, "not_decided")[0]["reason"].as_str().unwrap().to_owned()
    };
    let started = Instant::now();
    assert_eq!(ask("exec sleep 60"), "the solver found no answer in 1 s");
    assert!(started.elapsed() < Duration::from_secs(30), "it is not waited for");
    assert_eq!(ask("read line; echo unknown; sleep 60"), "the solver did not decide");
    for broken in ["exit 1", "read line; echo nonsense; sleep 60", "read line; echo sat; echo '('; echo ')'; sleep 60"]
    {
        assert!(!ask(broken).is_empty());
    }
}

#[test]
fn a_pack_is_built_in_or_a_folder_or_several_or_a_cutover_toml() {
    let sandbox = Sandbox::with(&[]);
    let weaker = "// Why.\n@id(\"DIR-01\")\n@title(\"T\")\n@severity(\"low\")\n@party(\"customer\")\n@remedy(\"R\")\n\
                  @reference(\"X\")\nforbid (principal is Cutover::ManagedAccount, action == \
                  Cutover::Action::\"holds\", resource == Cutover::Tool::\"company/directory\")\n\
                  when { context.level in Cutover::Level::\"admin\" };\n";
    sandbox.write("acme/dir.cedar", weaker).write("a+b/dir.cedar", weaker);
    sandbox
        .write("off.toml", "policies = [\"acme\"]\n\n[[control]]\nid = \"MAN-*\"\noff = true\nreason = \"Pilot.\"\n");
    let controls = |name: &str| {
        look(&sandbox, &[name, name, "--format", "json"]).exits(0).json()["new"]["controls"].as_u64().unwrap()
    };
    let all = controls("built-in");
    assert_eq!((controls("acme"), controls("a+b"), controls("built-in+acme")), (1, 1, all));
    assert!(controls("off.toml") < all);
    let result = look(&sandbox, &["built-in", "built-in+acme", "--format", "json"]).exits(1).json();
    assert_eq!(result["changes"]["rewritten"], serde_json::json!(["DIR-01"]));
    assert_eq!(result["changes"]["rated"][0]["new"], "low");
    let text = look(&sandbox, &["built-in", "built-in+acme"]).out;
    assert!(text.contains("not compared: DIR-01 is rated low instead of critical in NEW"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_wrong_usage() {
    let sandbox = two("true", "true");
    look(&sandbox, &["old", "nowhere"]).exits(2).says("cannot read the policies in `nowhere`");
    look(&sandbox, &["old", "new", "--new-without", "B-*"]).exits(2).says("no control matches `B-*`");
    look(&sandbox, &["old"]).exits(2);
    look(&sandbox, &["old", "new", "--time-limit", "0"]).exits(2);
    look(&sandbox, &["old", "new", "--jobs", "0"]).exits(2);
    look(&sandbox, &["old", "new", "--as-of", TODAY]).exits(2);
    look(&sandbox, &["old", "new", "--facts", "nowhere"]).exits(3);
    look(&sandbox, &["old", "new", "--facts", "export"]).exits(3).says("found no file of an export");
    sandbox.write("new/b.cedar", "forbid (principal, action, resource);");
    look(&sandbox, &["old", "new"]).exits(2).says("the annotation `@id` is missing");
}

#[test]
fn hostile_names_and_texts_are_shown_and_not_obeyed() {
    let sandbox = Sandbox::with(&[]);
    let hostile = "A\\u{1b}[2J\\u{202e}";
    sandbox.write("old/a.cedar", control(hostile, "principal.name like \"\\u{1b}]0;x\\u{7}*\""));
    sandbox.write("new/a.cedar", control("B-01", "false && principal.name == \"x\""));
    look(&sandbox, &["old", "new"]).exits(1).stays_plain();
    look(&sandbox, &["old", "new", "--format", "json"]).exits(1).stays_plain();
    let Some(run) = prove(&sandbox, &["old", "new"]) else { return };
    let run = run.exits(1).stays_plain();
    assert!(run.out.contains("OLD forbids this by A\\u{1b}[2J\\u{202e}"), "{}", run.out);
    prove(&sandbox, &["old", "new", "--format", "json"]).unwrap().exits(1).stays_plain();
}

#[test]
fn a_result_is_as_its_schema_says() {
    let sandbox = Sandbox::minimal();
    let schema = sandbox.run(&["schema", "comparison"]).exits(0).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let facts = ["built-in", "built-in", "--new-without", "SVA-*", "--facts", "export", "--format", "json"];
    let results = [Some(look(&sandbox, &facts)), prove(&sandbox, &facts)];
    for result in results.into_iter().flatten() {
        let result = result.json();
        let errors: Vec<String> = schema.iter_errors(&result).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}
