//! Policies of one's own: they add to the pack, or take the place of a control, and are refused when anything is wrong.

use crate::support::{Run, Sandbox, administrator, user};

/// The example of the design, word for word.
const EXAMPLE: &str = r#"// A service identity with Admin on the company Directory administers the whole company.
@id("DIR-01") @title("Service identity administers the company directory")
@severity("critical") @party("customer") @duty("C9")
@remedy("Lower the company Directory level of {principal.name} to Read Only, or record an exception.")
@reference("domain note: company administrator")
forbid (principal is Cutover::ManagedAccount, action == Cutover::Action::"holds", resource == Cutover::Tool::"company/directory")
when { context.level in Cutover::Level::"admin" }
unless { context has exception };
"#;

/// A control that nobody has yet.
const ADDED: &str = r#"
@id("OUR-01") @title("Admin anywhere") @severity("low") @party("developer")
@message("{principal.name} holds {context.level} on {resource.name}")
@remedy("Ask for less.") @reference("house rule 7")
forbid (principal is Cutover::ManagedAccount, action == Cutover::Action::"holds", resource)
when { context.level in Cutover::Level::"admin" };
"#;

fn audit(files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let sandbox = Sandbox::with(&administrator());
    for (name, text) in files {
        sandbox.write(&format!("policies/{name}"), text);
    }
    sandbox.audit(&[["--policies", "policies"].as_slice(), arguments].concat())
}

#[test]
fn the_example_of_the_design_loads_and_fires() {
    let run = audit(&[("dir.cedar", EXAMPLE)], &["--control", "DIR-01", "--format", "json"]).exits(1).says_nothing();
    let json = run.json();
    let violation = &json["violations"][0];
    assert_eq!((&violation["control"], &violation["severity"]), (&"DIR-01".into(), &"critical".into()));
    assert_eq!(
        violation["remedy"],
        "Lower the company Directory level of erp-bridge-1a2b3c4d to Read Only, or record an exception."
    );
    assert_eq!(violation["location"]["path"], "export/permission_templates.json");
    assert_eq!(json["controls"][0]["reference"], "domain note: company administrator");
}

#[test]
fn an_exception_keeps_it_from_firing() {
    let sandbox = Sandbox::with(&administrator());
    let exception = "[[exception]]\nsubject = \"erp-bridge-1a2b3c4d\"\ntool = \"company/directory\"\nreason = \"r\"\napproved_by = \"D\"\n";
    sandbox.write("policies/dir.cedar", EXAMPLE).write("export/reviews.toml", exception);
    let arguments = ["--policies", "policies", "--control", "DIR-01", "--format", "json"];
    assert_eq!(sandbox.audit(&arguments).exits(0).violated(), [""; 0]);
}

#[test]
fn a_new_control_adds_to_the_pack() {
    let run = audit(&[("deeper/our.cedar", ADDED)], &["--format", "json"]).exits(1);
    let violated = run.violated();
    assert!(violated.contains(&"OUR-01".to_owned()) && violated.contains(&"DIR-01".to_owned()), "{violated:?}");
    let json = run.json();
    let ours =
        json["violations"].as_array().unwrap().iter().find(|violation| violation["control"] == "OUR-01").unwrap();
    assert_eq!((&ours["severity"], &ours["party"]), (&"low".into(), &"developer".into()));
}

#[test]
fn a_control_with_a_known_id_takes_its_place() {
    let softened = EXAMPLE.replace("critical", "info").replace("Service identity administers", "Somebody administers");
    let run = audit(&[("dir.cedar", &softened)], &["--control", "DIR-01", "--format", "json"]).exits(0);
    let json = run.json();
    assert_eq!(json["controls"].as_array().unwrap().len(), 1);
    assert_eq!(json["violations"][0]["title"], "Somebody administers the company directory");
}

#[test]
fn the_last_folder_wins() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("one/dir.cedar", EXAMPLE.replace("critical", "low"));
    sandbox.write("two/dir.cedar", EXAMPLE.replace("critical", "medium"));
    let severity = |first, second| {
        let arguments = ["--policies", first, "--policies", second, "--control", "DIR-01", "--format", "json"];
        sandbox.audit(&arguments).json()["violations"][0]["severity"].clone()
    };
    assert_eq!((severity("one", "two"), severity("two", "one")), ("medium".into(), "low".into()));
}

#[test]
fn several_controls_may_share_a_file() {
    let both = format!("{EXAMPLE}\n{ADDED}");
    audit(&[("both.cedar", &both)], &["--control", "OUR-01"]).exits(1);
}

/// Each breaks one thing, and must be told which, in which file, and where in it.
#[test]
fn a_broken_pack_exits_2_and_names_file_and_place() {
    let without = |annotation: &str| {
        let start = ADDED.find(annotation).unwrap();
        let end = start + ADDED[start..].find(')').unwrap() + 1;
        format!("{}{}", &ADDED[..start], &ADDED[end..])
    };
    let with = |from: &str, to: &str| ADDED.replace(from, to);
    let cases: Vec<(String, &str, &str)> = vec![
        (
            "forbid (principal, action, resource) when { ;".to_owned(),
            "`policies/our.cedar` is not valid Cedar",
            "1 │ forbid (",
        ),
        (with("context.level in", "context.level + 1 =="), "does not fit the schema", "OUR-01"),
        (with("context.level in", "context.lever in"), "`lever`", "6:8"),
        (with("ManagedAccount", "MangedAccount"), "MangedAccount", "5:22"),
        (without("@id("), "the annotation `@id` is missing", "our.cedar:"),
        (without("@title("), "the annotation `@title` is missing", "our.cedar:2:"),
        (without("@severity("), "the annotation `@severity` is missing", "our.cedar:2:"),
        (without("@party("), "the annotation `@party` is missing", "our.cedar:2:"),
        (without("@remedy("), "the annotation `@remedy` is missing", "our.cedar:2:"),
        (without("@reference("), "the annotation `@reference` is missing", "our.cedar:2:"),
        (with("@title(\"Admin anywhere\")", "@title(\" \")"), "the annotation `@title` is missing", "our.cedar:2:"),
        (with("@title", "@titel(\"x\") @title"), "unknown annotation `@titel`", "our.cedar:2:15]"),
        (with("\"low\"", "\"terrible\""), "`@severity` is `terrible`, expected a severity", "our.cedar:2:40]"),
        (with("\"developer\"", "\"nobody\""), "`@party` is `nobody`, expected a party", "our.cedar:2:57]"),
        (with("@party", "@unknown(\"maybe\") @party"), "`@unknown` is `maybe`", "our.cedar:2:57]"),
        (with("{principal.name}", "{name}"), "`{name}` names no attribute", "our.cedar:3:1]"),
        (with("{resource.name}", "{resource.name"), "a brace is not closed", "our.cedar:3:1]"),
        (with("forbid", "permit"), "a `permit` is no control", "our.cedar:5:1]"),
        (with("principal is Cutover::ManagedAccount", "principal == ?principal"), "is a template", "our.cedar:5:"),
    ];
    for (text, what, place) in cases {
        let run = audit(&[("our.cedar", &text)], &[]).exits(2).says("policies/our.cedar").says(what).says(place);
        let run = run.stays_plain();
        assert_eq!(run.out, "", "{what}");
    }
}

#[test]
fn two_controls_of_one_pack_may_not_share_an_id() {
    let run = audit(&[("a.cedar", ADDED), ("b.cedar", ADDED)], &[]).exits(2);
    run.says("the id `OUR-01` is used at `policies/a.cedar:2:1` and again at `policies/b.cedar:2:1`");
    let run = audit(&[("a.cedar", &ADDED.repeat(2))], &[]).exits(2);
    run.says("the id `OUR-01` is used at `policies/a.cedar:2:1` and again at `policies/a.cedar:8:1`");
}

#[test]
fn a_folder_without_policies_exits_2() {
    let sandbox = Sandbox::minimal();
    sandbox.write("policies/notes.txt", "none yet").write("file.cedar", ADDED);
    sandbox.audit(&["--policies", "policies"]).exits(2).says("`policies` holds no .cedar files");
    sandbox.audit(&["--policies", "nowhere"]).exits(2).says("cannot read the policies in `nowhere`");
    sandbox.audit(&["--policies", "file.cedar"]).exits(2).says("it is not a folder");
    sandbox.write("policies/latin.cedar", b"// \xe9\n").audit(&["--policies", "policies"]).exits(2).says("policies");
}

#[test]
fn a_hostile_policy_moves_no_cursor() {
    let text = ADDED.replace("\"low\"", "\"lo\u{1b}[2Jw\u{202e}\"");
    audit(&[("our.cedar", &text)], &[]).exits(2).stays_plain().says(r"lo\u{1b}[2Jw\u{202e}");
    let text = ADDED.replace("context.level in", "context.l\u{1b}]8;;x\u{7} in");
    audit(&[("our.cedar", &text)], &[]).exits(2).stays_plain();
}

#[test]
fn a_policy_that_cannot_be_evaluated_exits_4() {
    let sandbox = Sandbox::with(&[("users.json", format!("[{}]", user(1)).as_bytes())]);
    let overflow = r#"
@id("OUR-02") @title("Too much") @severity("low") @party("customer") @remedy("None.") @reference("a test")
forbid (principal, action == Cutover::Action::"exists", resource)
when { 9223372036854775807 + 1 > 0 };
"#;
    sandbox.write("policies/our.cedar", overflow);
    for format in ["text", "json", "jsonl", "sarif"] {
        sandbox.audit(&["--policies", "policies", "--format", format]).exits(4).says("OUR-02");
    }
    sandbox.audit(&["--policies", "policies", "--fail-on", "never"]).exits(4);
}

/// docs/severity.md promises a reason for each.
#[test]
fn every_built_in_control_states_why_it_has_its_severity() {
    let pack = cutover_policy::pack::Pack::load(&[] as &[std::path::PathBuf]).unwrap();
    let silent: Vec<&str> =
        pack.all().filter(|control| control.severity_reason.is_none()).map(|control| control.id.as_str()).collect();
    assert!(silent.is_empty(), "add `@severity_reason` to {silent:?}: one line, by the scale in docs/severity.md");
}
