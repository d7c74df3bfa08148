//! MapForce and FlowForce: inventory documents in which no secret may stand, and designs that are scanned safely.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::support::{Run, Sandbox, copy, fixture};
use flate2::Compression;
use flate2::write::GzEncoder;

const INVENTORY: &str = "credentials/production/altova-flowforce.json";
const FORMATS: [&str; 4] = ["text", "json", "jsonl", "sarif"];
/// A value that must never be seen again. It has no shape that a search for secrets knows.
const HIDDEN: &str = "Quercus robur";

fn brackwater(arguments: &[&str]) -> Run {
    let sandbox = Sandbox::with(&[]);
    copy(&fixture("brackwater"), &sandbox.path("export"));
    sandbox.audit(arguments)
}

/// An export of this one file.
fn only(name: &str, text: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    sandbox.write(&format!("export/{name}"), text);
    sandbox
}

fn inventory(members: &str) -> String {
    format!("{{\n \"cutover_inventory\": \"altova/1\",\n {members}\n}}")
}

/// The message of the one violation of a control.
fn message(run: &Run, control: &str) -> String {
    let json = run.json();
    let violations = json["violations"].as_array().unwrap();
    let own: Vec<_> = violations.iter().filter(|violation| violation["control"] == control).collect();
    assert_eq!(own.len(), 1, "{control}: {own:?}");
    own[0]["message"].as_str().unwrap().to_owned()
}

#[test]
fn the_fixture_tells_what_works_today_and_cannot_renew_tomorrow() {
    let run = brackwater(&["--format", "json", "--control", "MFF-*"]).exits(1);
    let why = message(&run, "MFF-02");
    assert!(why.contains("cost-pull works today and cannot renew tomorrow"), "{why}");
    assert!(why.contains("job CostPullNightly.job does not reference it"), "{why}");
    let why = message(&run, "MFF-04");
    assert!(why.contains("runs today because cost-pull travels inside the deployed mapping"), "{why}");
    assert!(why.contains("when the access token expires, the job fails"), "{why}");
}

#[test]
fn the_fixture_tells_which_credential_an_import_would_empty() {
    let run = brackwater(&["--format", "json", "--control", "MFF-*"]);
    let why = message(&run, "MFF-09");
    assert!(why.contains("would empty the secrets of rfi-push"), "{why}");
    let why = message(&run, "MFF-18");
    assert!(
        why.contains("payroll") && why.contains("`No access`") && why.contains("existing jobs still use it"),
        "{why}"
    );
    let why = message(&run, "MFF-03");
    assert!(why.contains("TimesheetsOnce runs under MapForce Server alone, which never renews"), "{why}");
    let json = run.json();
    let copies = json["violations"].as_array().unwrap().iter().filter(|one| one["control"] == "MFF-13").count();
    assert_eq!(copies, 2, "both servers hold the authorization of rfi-push");
    assert!(message(&run, "MFF-11").contains("in the design of /public/erp/CostPull.mapping: 2"));
    // The sandbox server and production have the same release of nothing else: what is in order is not reported.
    for control in
        ["MFF-01", "MFF-05", "MFF-08", "MFF-10", "MFF-12", "MFF-14", "MFF-15", "MFF-16", "MFF-17", "MFF-19", "MFF-20"]
    {
        assert!(!run.violated().contains(&control.to_owned()), "{control}");
    }
}

#[test]
fn a_violation_points_at_the_member_that_says_it() {
    let run = brackwater(&["--format", "json", "--control", "MFF-11"]).exits(1);
    let location = &run.json()["violations"][0]["location"];
    assert_eq!(location["path"], "export/designs/CostPull.mfd");
    assert_eq!(location["line"], 7);
    let run = brackwater(&["--format", "json", "--control", "MFF-05"]).exits(0);
    assert_eq!(run.records(INVENTORY), (1, 0));
}

#[test]
fn a_value_where_only_a_presence_word_may_stand_refuses_the_file_without_showing_it() {
    for value in [
        format!("\"{HIDDEN}\""),
        format!("\"{}\"", HIDDEN.replace('Q', "\\u0051")),
        format!("[\"present\", \"{HIDDEN}\"]"),
        format!("{{\"value\": \"{HIDDEN}\"}}"),
        format!("{{\"a\": {{\"b\": [[\"{HIDDEN}\"]]}}}}"),
    ] {
        for (member, formats) in [("client_secret", &FORMATS[..]), ("user_name", &["json"]), ("what_else", &["sarif"])]
        {
            let text = inventory(&format!(
                "\"credentials\": [{{\"id\": \"a\", \"grant\": \"password\", \"type\": \"oauth2\"}},\n  {{\"id\": \"b\", \"presence\": {{\"{member}\": {value}}}}}]"
            ));
            let sandbox = only(INVENTORY, &text);
            for format in formats {
                let run = sandbox.audit(&["--format", format]).exits(3).stays_plain();
                let shown = format!("{}{}", run.out, run.err);
                for part in [HIDDEN, "Quercus", "robur"] {
                    assert!(!shown.contains(part), "{format} {member} {value}: {shown}");
                }
            }
            let run = sandbox.audit(&["--format", "json", "--control", "CRD-01", "--control", "MFF-*"]).exits(3);
            assert_eq!(run.violated(), ["CRD-01"], "nothing else of the file is used: {value}");
            let run = run.says("`credentials.1.presence.").says("accepts only a presence word");
            run.says("altova-flowforce.json:4:").says("the file was ignored");
        }
    }
}

#[test]
fn any_other_word_refuses_the_file_too_and_is_no_secret() {
    for value in ["\"\"", "\"yes\"", "true", "0", "\"********\""] {
        let text = inventory(&format!("\"credentials\": [{{\"id\": \"a\", \"presence\": {{\"password\": {value}}}}}]"));
        let run = only(INVENTORY, text).audit(&["--format", "json"]).exits(3);
        assert!(!run.violated().contains(&"CRD-01".to_owned()), "{value} is no secret");
        run.says("`credentials.0.presence.password` accepts only a presence word");
    }
    for value in [
        "null",
        "\"absent\"",
        "\"empty\"",
        "\"present\"",
        "\"Present\"",
        "\"present_encrypted\"",
        "\"redacted\"",
        "\"unknown\"",
    ] {
        let text = inventory(&format!("\"credentials\": [{{\"id\": \"a\", \"presence\": {{\"password\": {value}}}}}]"));
        only(INVENTORY, text).audit(&["--format", "json", "--control", "CRD-01"]).exits(0);
    }
}

#[test]
fn presence_that_is_no_object_refuses_the_file() {
    let text = inventory(&format!("\"credentials\": [{{\"id\": \"a\", \"presence\": \"{HIDDEN}\"}}]"));
    let run = only(INVENTORY, text).audit(&[]).exits(3).says("`credentials.0.presence` accepts");
    assert!(!format!("{}{}", run.out, run.err).contains("Quercus"));
}

#[test]
fn another_version_of_the_document_is_not_read() {
    for version in ["\"altova/2\"", "\"\"", "1", "null"] {
        let text = format!(
            "{{\"cutover_inventory\": {version}, \"credentials\": [{{\"id\": \"a\", \"grant\": \"password\"}}]}}"
        );
        let run = only(INVENTORY, text).audit(&[]).exits(3);
        run.says("the file was ignored").says("altova-flowforce.json:1:");
    }
}

#[test]
fn members_and_words_that_nobody_knows_are_told() {
    let text = inventory(
        "\"credentials\": [{\"id\": \"a\", \"Grant\": \"password\", \"type\": \"oauth2\", \"grant\": \"implicit\"}],\n \"jobs\": [{\"id\": \"j\", \"runer\": \"flowforce\"}], \"weather\": \"fair\"",
    );
    let run = only(INVENTORY, text).audit(&["--control", "MFF-01", "--format", "json"]).exits(3);
    let json = run.json();
    assert_eq!(json["coverage"][0]["status"], "not_assessed");
    for (member, place) in [("credentials.0.Grant", ":3:"), ("jobs.0.runer", ":4:"), ("weather", ":4:")] {
        let told = run.diagnostics_about(&format!("`{member}` is not a member of an inventory"));
        assert!(told.contains(place), "{member}: {told}");
    }
    assert!(!run.diagnostics_about("`credentials.0.grant` has a value that it cannot have").is_empty());
}

impl Run {
    /// The place of the diagnostic with this text.
    fn diagnostics_about(&self, text: &str) -> String {
        let json = self.json();
        let all = json["diagnostics"].as_array().unwrap();
        let found = all.iter().find(|one| one["message"].as_str().unwrap().contains(text));
        let place = &found.unwrap_or_else(|| panic!("nothing says {text}: {}", json["diagnostics"]))["location"];
        format!("{}:{}:{}", place["path"].as_str().unwrap(), place["line"], place["column"])
    }
}

#[test]
fn a_secret_on_a_command_line_is_found_and_not_shown() {
    for line in [
        "mapforceserver run a.mfx --credential=erp:username=x&password=QuercusRobur",
        "mapforceserver run a.mfx --credential=\\\"erp:username=x&password=QuercusRobur\\\" --log=b",
        "mapforceserver run a.mfx --credential=erp:oauth:token=QuercusRobur",
        "mapforceserver run a.mfx --credential=\\\"erp:oauth:token=QuercusRobur\\\"",
    ] {
        let text = inventory(&format!("\"jobs\": [{{\"id\": \"j\", \"command_line\": \"{line}\"}}]"));
        let sandbox = only(INVENTORY, text);
        for format in FORMATS {
            let run = sandbox.audit(&["--format", format]).exits(1);
            assert!(!format!("{}{}", run.out, run.err).contains("Quercus"), "{format}: {line}");
        }
        let violated = sandbox.audit(&["--format", "json"]).violated();
        assert!(violated.contains(&"CRD-01".to_owned()) && violated.contains(&"MFF-07".to_owned()), "{violated:?}");
    }
}

fn design(inner: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<mapping version=\"31\">\n{inner}\n</mapping>\n")
}

#[test]
fn a_password_in_a_design_is_shown_nowhere() {
    for inner in [
        format!("<properties DBUser=\"erp\" DBPassword=\"{HIDDEN}\"/>"),
        format!("<database_connection ConnectionString=\"Host=db;User id=erp;Password={HIDDEN};Port=1\"/>"),
        format!("<database_connection ConnectionString='Host=db;Pwd={HIDDEN}'/>"),
        format!("<property name=\"Password\" value=\"{HIDDEN}\"/>"),
        format!("<password>{HIDDEN}</password>"),
        format!("<password><![CDATA[{HIDDEN}]]></password>"),
        format!("<refreshToken>\n  {HIDDEN}\n</refreshToken>"),
        format!("<oauthThing>{HIDDEN}</oauthThing>"),
        format!("<x credentialBlob=\"{HIDDEN}\"/>"),
        format!(
            "<component library=\"webservice\"><data><wsdl url=\"https://erp:{}@h.example/\"/></data></component>",
            HIDDEN.replace(' ', "-")
        ),
        format!("<!-- password: \"{HIDDEN}\" -->"),
    ] {
        let sandbox = only("a.mfd", design(&inner));
        for format in FORMATS {
            let run = sandbox.audit(&["--format", format, "--fail-on", "never"]).exits(0);
            let shown = format!("{}{}", run.out, run.err);
            assert!(!shown.contains("Quercus") && !shown.contains("robur"), "{format}: {inner}: {shown}");
        }
    }
}

#[test]
fn a_secret_in_an_instruction_or_a_parameter_is_found() {
    let inner = |text: &str| {
        let sandbox = only("a.mfd", design(text));
        for format in FORMATS {
            let run = sandbox.audit(&["--format", format, "--fail-on", "never"]).exits(0);
            let shown = format!("{}{}", run.out, run.err);
            assert!(!shown.contains("Quercus") && !shown.contains("robur"), "{format}: {text}: {shown}");
        }
        let json = sandbox.audit(&["--format", "json", "--control", "CRD-01"]).exits(1).json();
        json["violations"].as_array().unwrap().len()
    };
    assert_eq!(inner(&format!("<?altova password=\"{HIDDEN}\"?>")), 1);
    // The second is found by its name, and its lines show the first.
    assert_eq!(inner(&format!("<?altova password=\"{HIDDEN}\"?><Password>{HIDDEN}</Password>")), 2);
    assert_eq!(inner(&format!("<parameter name=\"client_secret\" default=\"{HIDDEN}\"/>")), 1);
    assert_eq!(inner(&format!("<parameter name=\"password\"><value>{HIDDEN}</value></parameter>")), 1);
    assert_eq!(inner(&format!("<parameter name=\"password\">{HIDDEN}</parameter>")), 1);
    only("a.mfd", design("<parameter name=\"password\" default=\"\"/><parameter name=\"host\" default=\"db\"/>"))
        .audit(&["--control", "CRD-01"])
        .exits(0);
}

#[test]
fn a_design_that_is_broken_is_told_with_its_place_and_its_secrets_stay_hidden() {
    let secret = format!("<properties DBPassword=\"{HIDDEN}\"/>");
    for (text, what, place) in [
        (format!("<mapping>\n{secret}\n<a>\n"), "the file ends in the middle of an element", "a.mfd:3:"),
        (format!("<mapping>\n{secret}\n<a></b></mapping>"), "not well-formed XML", "a.mfd:3:"),
        (
            format!("<mapping>\n{secret}\n<a b=\"1\" b=\"2\"/></mapping>"),
            "an attribute that is not well-formed",
            "a.mfd:3:1",
        ),
        (format!("<mapping>\n{secret}\n<a b=&x;/></mapping>"), "the design was ignored", "a.mfd:3:"),
        (format!("<mapping>\n{secret}\n&x;</mapping>"), "an entity that XML does not have by itself", "a.mfd:3:1"),
        (format!("<mapping>\n{secret}\n<a b=\"&x;\"/></mapping>"), "an attribute that is not well-formed", "a.mfd:3:1"),
        (format!("<mapping>\n{secret}\n</mapping>\n<mapping/>"), "a second outermost element", "a.mfd:4:1"),
        (format!("<mapping>\n{secret}\n</mapping>\nx"), "text outside of any element", "a.mfd:"),
        (format!("<html>\n{secret}\n</html>"), "not a MapForce design", "a.mfd:1:1"),
        (String::new(), "not a MapForce design", "a.mfd"),
        ("<!-- empty -->".to_owned(), "not a MapForce design", "a.mfd:1:1"),
        (format!("<mapping>\n<a></b><x credentialBlob=\"{HIDDEN}\"/>"), "not well-formed XML", "a.mfd:2:"),
        (format!("<mapping>\n<a></b><oauthThing>\n  {HIDDEN}"), "not well-formed XML", "a.mfd:2:"),
    ] {
        let run = only("a.mfd", &text).audit(&[]);
        assert_eq!(run.code, Some(3), "{text}\n{}\n{}", run.out, run.err);
        let run = run.says(what).says(place).stays_plain();
        assert!(!format!("{}{}", run.out, run.err).contains("Quercus"), "{text}: {}{}", run.out, run.err);
    }
}

#[test]
fn entities_are_neither_expanded_nor_fetched() {
    let mut laughs = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE mapping [\n <!ENTITY lol \"lol\">\n");
    for level in 1..10 {
        let before = if level == 1 { String::new() } else { (level - 1).to_string() };
        writeln!(laughs, " <!ENTITY lol{level} \"{}\">", format!("&lol{before};").repeat(10)).unwrap();
    }
    laughs.push_str("]>\n<mapping>&lol9;</mapping>");
    let secret = "the contents of another file";
    let sandbox = Sandbox::with(&[]);
    sandbox.write("outside.txt", secret);
    let path = sandbox.path("outside.txt").display().to_string();
    let external = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE mapping [<!ENTITY x SYSTEM \"file://{path}\">]>\n<mapping>&x;</mapping>"
    );
    let parameter = "<!DOCTYPE mapping SYSTEM \"http://127.0.0.1:9/x.dtd\">\n<mapping/>".to_owned();
    for (text, place) in [(laughs, "a.mfd:2:1"), (external, "a.mfd:2:1"), (parameter, "a.mfd:1:1")] {
        sandbox.write("export/a.mfd", text);
        let run = sandbox.audit(&[]).exits(3).says("a document type definition").says(place);
        assert!(!run.err.contains(secret) && !run.out.contains(secret));
    }
}

#[test]
fn a_hundred_thousand_nested_elements_are_a_limit_and_no_crash() {
    let deep = format!("<mapping>\n{}{}</mapping>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    only("a.mfd", deep).audit(&[]).exits(3).says("nested deeper than 1000 levels").says("a.mfd:2:2998");
    let flat = design(&"<a/>".repeat(100_000));
    only("a.mfd", flat).audit(&["--fail-on", "never"]).exits(0);
    let allowed = format!("<mapping>{}{}</mapping>", "<a>".repeat(999), "</a>".repeat(999));
    only("a.mfd", allowed).audit(&["--fail-on", "never"]).exits(0);
}

#[test]
fn a_design_that_is_too_long_is_not_read() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(b"<mapping>").unwrap();
    for _ in 0..65 {
        packed.write_all(&[b' '; 1 << 20]).unwrap();
    }
    packed.write_all(b"</mapping>").unwrap();
    only("a.mfd.gz", packed.finish().unwrap()).audit(&[]).exits(3).says("a design longer than 64 MiB");
}

#[test]
fn a_design_in_another_encoding_is_told() {
    only("a.mfd", b"\xff\xfe<\0m\0").audit(&[]).exits(3).says("UTF-16");
    only("a.mfd", b"<mapping name=\"B\xe4ume\"/>").audit(&[]).exits(3).says("not UTF-8");
    only("a.mfd", b"\xef\xbb\xbf<mapping/>").audit(&["--fail-on", "never"]).exits(0);
}

#[test]
fn a_broken_design_beside_an_export_costs_only_itself() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/designs/a.mfd", "<mapping>").write("export/designs/b.mfd", design(""));
    let run = sandbox.audit(&["--format", "json", "--fail-on", "never", "--allow-incomplete"]).exits(0);
    assert_eq!(run.records("designs/b.mfd"), (1, 0));
    sandbox.audit(&["--fail-on", "never"]).exits(3).says("the file ends in the middle of an element");
}

/// The published schema, the reader and the documentation speak of one form.
#[test]
fn the_fixture_and_the_example_of_the_documentation_are_valid_by_the_published_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let schema = serde_json::from_str(&read("schemas/altova.v1.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let documentation = read("docs/exporting.md");
    let (_, example) = documentation.split_once("\"cutover_inventory\"").unwrap();
    let example = format!("{{\"cutover_inventory\"{}", example.split_once("```").unwrap().0);
    let production = read("fixtures/brackwater/credentials/production/altova-flowforce.json");
    let sandbox = read("fixtures/brackwater/credentials/sandbox/altova-flowforce.json");
    for document in [example.as_str(), &production, &sandbox] {
        let value: serde_json::Value = serde_json::from_str(document).unwrap();
        let faults: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(faults, [""; 0]);
        let sandbox = only(INVENTORY, document);
        sandbox.write("export/pull.mfd", design("")).write("export/CostPull.mfd", design(""));
        sandbox.write("export/RfiPush.mfd", design("")).audit(&["--fail-on", "never"]).exits(0);
    }
    let refused = serde_json::json!({"cutover_inventory": "altova/1",
        "credentials": [{"id": "a", "presence": {"password": HIDDEN}}]});
    assert!(!schema.is_valid(&refused));
}
