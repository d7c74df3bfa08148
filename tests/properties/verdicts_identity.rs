//! Which identity something is: a service identity never turns into a person unnoticed, and a name means one thing.

use std::sync::LazyLock;

use crate::support::company::{config, folder, input, options};
use cutover_analysis::audit::audit;
use cutover_export as export;
use cutover_export::collect::Folder;
use cutover_model::result::audit::{Audit, Coverage, Status};
use cutover_policy::pack::Pack;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

/// Files of a company with a template that administers it.
fn files(files: &[(&str, Value)]) -> Folder {
    let templates = json!([{"id": 81, "name": "Full", "project_specific": false, "type": "company_tools",
        "user_access_levels": {"directory": "Admin"}, "permissions": {}}]);
    let mut inputs = vec![input("permission_templates.json", templates.to_string())];
    for (name, content) in files {
        let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        inputs.push(input(*name, text));
    }
    folder(inputs)
}

fn run(folders: Vec<Folder>) -> Audit {
    audit(&export::read(folders, &()), &PACK, &options()).unwrap()
}

/// A user who administers the company.
fn user(id: u64, first: &str, last: &str, email: &str) -> Value {
    let first_name = if first.is_empty() { Value::Null } else { first.into() };
    json!({"id": id, "name": format!("{first} {last}").trim(), "first_name": first_name, "last_name": last,
        "email_address": email, "is_active": true,
        "company_permission_template": {"id": 81, "name": "Full", "type": "company_tools"}})
}

fn installation(name: &str) -> Value {
    json!([{"id": 1, "app_uid": "uidA", "status": "installed", "installed_at": "2024-02-05T16:20:38Z",
        "developer_app": {"id": 5, "name": name}}])
}

fn coverage<'a>(audit: &'a Audit, control: &str) -> &'a Coverage {
    audit.coverage.iter().find(|one| one.control == control).unwrap()
}

/// The names of the subjects of a control's violations.
fn violated<'a>(audit: &'a Audit, control: &str) -> Vec<&'a str> {
    let of_control = audit.violations.iter().filter(|violation| violation.control == control);
    of_control.map(|violation| violation.subject.name.as_str()).collect()
}

fn said(audit: &Audit, code: &str) -> Vec<String> {
    let of_code = audit.diagnostics.iter().filter(|diagnostic| diagnostic.code == code);
    of_code.map(|diagnostic| diagnostic.message.clone()).collect()
}

const COMPANY: &str = "company_id = 4\ncompany_name = \"Acme Builders\"\n";

#[test]
fn an_app_user_with_a_first_name_typed_in_is_no_person() {
    let users = json!([user(7, "Robot", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com")]);
    let audit = run(vec![files(&[("users.json", users), ("app_installations.json", installation("Photo Sync"))])]);
    for control in ["DIR-01", "DIR-02", "PRJ-07"] {
        assert_eq!(violated(&audit, control), ["Robot photo-sync-1a2b3c4d"], "{control}");
    }
}

#[test]
fn an_account_renamed_to_a_person_is_recognised_by_the_company_in_its_address() {
    let users = json!([user(7, "Vault", "Robot", "vault-archive-acme-builders@procore.com")]);
    let audit = run(vec![files(&[("users.json", users), ("export.toml", COMPANY.into())])]);
    for control in ["DIR-01", "DIR-02"] {
        assert_eq!(violated(&audit, control), ["Vault Robot"], "{control}");
    }
}

#[test]
fn the_words_of_a_service_identity_may_be_joined_by_anything() {
    let names = ["field_sync-0cab34cd", "field.sync-0eab34cd", "café-sync-0aab34cd", "field_sync-acme-builders"];
    let email = |name: &str| format!("{}@procore.com", name.replace('é', "e"));
    let users: Vec<Value> = names.iter().zip(1..).map(|(name, id)| user(id, "", name, &email(name))).collect();
    let audit = run(vec![files(&[("users.json", users.into())])]);
    let mut found = violated(&audit, "DIR-01");
    found.sort_unstable();
    assert_eq!(found, ["café-sync-0aab34cd", "field.sync-0eab34cd", "field_sync-0cab34cd", "field_sync-acme-builders"]);
    // What is its own address, without a first name, was not edited, whatever joins its words.
    assert_eq!(violated(&audit, "DIR-02"), Vec::<&str>::new());
}

#[test]
fn capitals_or_another_joiner_in_the_name_alone_are_an_edit() {
    for name in ["Field-sync-0cab34cd", "field_sync-0cab34cd", "field-sync", "Field Sync"] {
        let users = json!([user(7, "", name, "field-sync-0cab34cd@procore.com")]);
        assert_eq!(violated(&run(vec![files(&[("users.json", users)])]), "DIR-02"), [name]);
    }
}

#[test]
fn a_possible_service_identity_is_reported_and_its_controls_are_not_assessed() {
    let users = json!([
        user(7, "Field", "Sync", "field-sync@procore.com"),
        user(8, "", "rfi-4ef586a6", "rfi-4ef586a6@procore.com")
    ]);
    let audit = run(vec![files(&[("users.json", users.clone())])]);
    assert!(said(&audit, "possible-service-identity")[0].starts_with("`Field Sync`: it may be a service identity"));
    let covered = coverage(&audit, "DIR-01");
    assert_eq!((covered.status, covered.facts, covered.unknown, covered.violations), (Status::PartlyAssessed, 2, 1, 1));
    assert!(covered.hints.iter().any(|hint| hint.contains("[[person]]")), "{:?}", covered.hints);
    assert_eq!(coverage(&audit, "PRJ-07").unknown, 1);
    // Of people nothing is unknown on that account.
    assert_eq!(coverage(&audit, "UIN-01").unknown, coverage(&run(vec![files(&[])]), "UIN-01").unknown);

    let link = "[[link]]\nuser = \"field-sync@procore.com\"\naccount = \"Field\"\n";
    let page = "Name,App Type\nField,Custom\n";
    let linked = [("users.json", users.clone()), ("reviews.toml", link.into()), ("service_accounts.csv", page.into())];
    let audit = run(vec![files(&linked)]);
    assert!(violated(&audit, "DIR-01").contains(&"Field Sync"));
    assert_eq!(coverage(&audit, "DIR-01").unknown, 0);

    let person = "[[person]]\nuser = \"field-sync@procore.com\"\nby = \"Dana Whitfield\"\n";
    let audit = run(vec![files(&[("users.json", users), ("reviews.toml", person.into())])]);
    assert_eq!(said(&audit, "possible-service-identity"), Vec::<String>::new());
    assert_eq!((coverage(&audit, "DIR-01").facts, coverage(&audit, "DIR-01").unknown), (1, 0));
}

#[test]
fn people_at_procore_are_named_once_until_they_are_recorded() {
    let users = json!([
        user(7, "Jane", "Doe", "jane.doe@procore.com"),
        user(8, "API", "Support", "apisupport@procore.com"),
        user(9, "Ann", "Lee", "ann.lee@kestrel.test"),
    ]);
    let audit = run(vec![files(&[("users.json", users.clone())])]);
    let said_of_people = said(&audit, "person-at-procore");
    assert_eq!(said_of_people.len(), 1);
    assert!(said_of_people[0].starts_with("`Jane Doe`, `API Support`: "), "{said_of_people:?}");
    assert_eq!(coverage(&audit, "DIR-01").unknown, 0);
    let record = |user: &str| format!("[[person]]\nuser = \"{user}\"\nby = \"Dana Whitfield\"\n");
    let people = record("jane.doe@procore.com") + &record("8");
    let audit = run(vec![files(&[("users.json", users), ("reviews.toml", people.into())])]);
    assert_eq!(said(&audit, "person-at-procore"), Vec::<String>::new());
}

#[test]
fn a_record_of_a_person_does_not_outweigh_the_service_accounts_page() {
    let users = json!([user(7, "", "crew-clock-acme-builders", "crew-clock-acme-builders@procore.com")]);
    let page = "Name,App Type\nCrew Clock,Custom\n";
    let person = "[[person]]\nuser = \"7\"\nby = \"Dana Whitfield\"\n";
    let audit = run(vec![files(&[
        ("users.json", users),
        ("service_accounts.csv", page.into()),
        ("reviews.toml", person.into()),
        ("export.toml", COMPANY.into()),
    ])]);
    assert_eq!(violated(&audit, "DIR-01"), ["crew-clock-acme-builders"]);
    assert!(said(&audit, "unmatched")[0].contains("Service Accounts page"));
}

#[test]
fn a_list_of_active_users_does_not_say_that_an_app_has_no_user() {
    let show = json!({"id": 1, "app_uid": "uidA", "status": "installed", "developer_app": {"id": 5, "name": "Photo Sync"},
        "manifest": {"schema_version": "4.1", "permissions": {"company": {"home": "readonly"}, "project": {}}}});
    let active = json!([user(12, "Ann", "Lee", "ann.lee@kestrel.test")]);
    let with = |more: &[(&'static str, Value)]| {
        let mut all = vec![
            ("users.json", active.clone()),
            ("app_installations.json", installation("Photo Sync")),
            ("app_installations/1.json", show.clone()),
        ];
        all.extend_from_slice(more);
        let audit = run(vec![files(&all)]);
        (coverage(&audit, "INS-02").status, violated(&audit, "INS-02").len())
    };
    assert_eq!(with(&[]), (Status::NotAssessed, 0));
    assert_eq!(with(&[("users_inactive.json", json!([]))]), (Status::Assessed, 1));
    let possible = user(8, "Photo", "Sync", "photo-sync@procore.com");
    assert_eq!(with(&[("users_inactive.json", json!([possible]))]).0, Status::NotAssessed);
}

#[test]
fn the_lists_of_projects_say_what_the_own_record_does_not() {
    let own = json!([{"id": 7, "name": "photo-sync-1a2b3c4d", "first_name": null, "last_name": "photo-sync-1a2b3c4d",
        "email_address": "photo-sync-1a2b3c4d@procore.com", "is_active": true},
        {"id": 9, "name": "Ann Lee", "first_name": "Ann", "last_name": "Lee", "email_address": "ann@k.test", "is_active": true}]);
    let row = |last_login: Value, template: u64| {
        let mut row = user(7, "", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com");
        row["last_login_at"] = last_login;
        row["company_permission_template"]["id"] = template.into();
        json!([row, user(9, "Ann", "Lee", "ann@k.test")])
    };
    let with = |one: Value, two: Value| {
        run(vec![files(&[("users.json", own.clone()), ("project_users/31.json", one), ("project_users/32.json", two)])])
    };
    let day = json!("2024-01-01T00:00:00Z");
    // A list that is older than the first sign-in does not contradict it.
    let audit = with(row(day.clone(), 81), row(Value::Null, 81));
    for control in ["DIR-01", "DIR-04", "PRJ-07"] {
        assert_eq!(violated(&audit, control), ["photo-sync-1a2b3c4d"], "{control}");
    }
    assert_eq!(said(&audit, "conflict"), Vec::<String>::new());
    for (one, two) in [(81, 82), (82, 81)] {
        let audit = with(row(day.clone(), one), row(day.clone(), two));
        assert_eq!(coverage(&audit, "PRJ-07").status, Status::NotAssessed);
        assert!(said(&audit, "conflict")[0].contains("company_permission_template"));
    }
}

#[test]
fn an_own_record_that_the_lists_of_projects_contradict_is_unknown_for_a_service_identity() {
    let mut own = user(7, "", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com");
    own["company_permission_template"] = Value::Null;
    let row = user(7, "", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com");
    let audit = run(vec![files(&[("users.json", json!([own])), ("project_users/31.json", json!([row]))])]);
    assert_eq!(coverage(&audit, "PRJ-07").status, Status::NotAssessed);
    assert!(said(&audit, "conflict")[0].contains("company_permission_template"));
}

#[test]
fn one_client_in_two_companies_is_reported_for_both() {
    let company = |id: u64, client: &str| {
        let page = format!("Name,App Type,Client ID\nAccount {id},Custom,{client}\n");
        files(&[("export.toml", format!("company_id = {id}\n").into()), ("service_accounts.csv", page.into())])
    };
    let mut found = run(vec![company(4, "x1"), company(9, "x1")]);
    assert_eq!(violated(&found, "CRD-03").len(), 2);
    found = run(vec![company(4, "x1"), company(9, "x2")]);
    assert_eq!((violated(&found, "CRD-03").len(), coverage(&found, "CRD-03").unknown), (0, 0));
    // Elsewhere an account may have any client: its page does not say.
    let unknown = files(&[
        ("export.toml", "company_id = 9\n".into()),
        ("service_accounts.csv", "Name,App Type\nB,Custom\n".into()),
    ]);
    found = run(vec![company(4, "x1"), unknown]);
    assert_eq!(coverage(&found, "CRD-03").unknown, 2);
}

#[test]
fn an_address_in_a_second_directory_is_unknown_while_that_directory_was_not_exported() {
    let identity = user(7, "", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com");
    let company = |id: u64, users: Option<Value>| {
        let mut all = vec![("export.toml", Value::from(format!("company_id = {id}\n")))];
        all.extend(users.map(|users| ("users.json", users)));
        files(&all)
    };
    let found = run(vec![company(4, Some(json!([identity]))), company(9, None)]);
    assert_eq!(coverage(&found, "DIR-06").status, Status::NotAssessed);
    let found = run(vec![company(4, Some(json!([identity]))), company(9, Some(json!([])))]);
    assert_eq!((coverage(&found, "DIR-06").status, violated(&found, "DIR-06").len()), (Status::Assessed, 0));
    let found = run(vec![company(4, Some(json!([identity]))), company(9, Some(json!([identity])))]);
    assert_eq!(violated(&found, "DIR-06").len(), 2);
    let nobody = run(vec![company(4, Some(json!([]))), company(9, None)]);
    assert_eq!(coverage(&nobody, "DIR-06").status, Status::NotAssessed);
}

#[test]
fn two_exports_that_may_be_of_one_company_are_reported_and_count_as_unknown() {
    let identity = user(7, "", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com");
    let company = |text: &str| files(&[("export.toml", text.into()), ("users.json", json!([identity]))]);
    for (one, two) in [
        ("company_id = 4\n", "company_id = 4\n"),
        ("company_name = \"A\"\n", "company_name = \"A\"\n"),
        ("company_id = 4\n", ""),
    ] {
        let found = run(vec![company(one), company(two)]);
        assert_eq!(violated(&found, "DIR-06"), Vec::<&str>::new(), "{one} {two}");
        assert_eq!(said(&found, "same-company").len(), 1, "{one} {two}");
    }
    let found = run(vec![company("company_name = \"A\"\n"), company("company_name = \"B\"\n")]);
    assert_eq!((violated(&found, "DIR-06").len(), said(&found, "same-company").len()), (2, 0));
}

#[test]
fn a_change_does_not_turn_a_service_identity_into_a_person() {
    let lower =
        json!([{"id": 81, "name": "Full", "type": "company_tools", "user_access_levels": {"directory": "Read Only"}}]);
    let mut before =
        files(&[("users.json", json!([user(7, "", "photo-sync-1a2b3c4d", "photo-sync-1a2b3c4d@procore.com")]))]);
    before.inputs[0] = input("permission_templates.json", lower.to_string());
    let edited = json!([user(7, "Ann", "Lee", "ann.lee@procore.com")]);
    let gated = |before: &Folder, after: Folder| {
        let mut export = export::read(vec![before.clone(), after], &());
        let records = std::mem::take(&mut export.companies);
        let gate = cutover_analysis::gate::gate(&export, records, &PACK, &options()).unwrap();
        let mut found: Vec<String> = gate.violations.iter().map(|violation| violation.control.clone()).collect();
        found.sort_unstable();
        (gate.violations.iter().map(|one| one.subject.r#type.clone()).collect::<Vec<_>>(), found)
    };
    let (types, found) = gated(&before, files(&[("users.json", edited.clone())]));
    assert!(
        ["CHG-01", "CHG-02", "DIR-01", "DIR-02"].iter().all(|control| found.iter().any(|one| one == control)),
        "{found:?}"
    );
    assert!(types.iter().all(|kind| kind == "ManagedAccount"), "{types:?}");
    let person = "[[person]]\nuser = \"7\"\nby = \"Dana Whitfield\"\n";
    // Nor does a record that arrives with the change.
    let recorded = files(&[("users.json", edited), ("reviews.toml", person.into())]);
    let (types, found) = gated(&before, recorded.clone());
    assert!(found.iter().any(|one| one == "DIR-02"), "{found:?}");
    assert!(types.iter().all(|kind| kind == "ManagedAccount"), "{types:?}");
    before.inputs.push(input("reviews.toml", person));
    let (types, found) = gated(&before, recorded);
    assert_eq!(found, ["CHG-01"]);
    assert!(types.iter().all(|kind| kind == "Person"), "{types:?}");
}

/// An app "Crew Clock" that asks for Admin, with an exception and a reason under that name.
fn crew_clock(more: &[(&'static str, Value)]) -> Audit {
    let manifest = json!({"schema_version": "4.1", "permissions": {"company": {"directory": "admin"}, "project": {"incidents": "admin"}}});
    let reviews = "[[reason]]\napp = \"Crew Clock\"\ntool = \"project/incidents\"\nreason = \"r\"\n\n\
        [[exception]]\nsubject = \"Crew Clock\"\ntool = \"company/directory\"\nreason = \"r\"\napproved_by = \"CISO\"\n";
    let mut all = vec![
        ("app_installations.json", installation("Crew Clock")),
        ("manifests/crew-clock@1.1.0.json", manifest),
        ("reviews.toml", reviews.into()),
        ("export.toml", COMPANY.into()),
    ];
    all.extend_from_slice(more);
    run(vec![files(&all)])
}

#[test]
fn a_record_for_an_app_is_not_taken_by_an_account_of_its_name() {
    let alone = crew_clock(&[]);
    assert_eq!((violated(&alone, "MAN-01").len(), said(&alone, "unmatched").len()), (0, 0));
    let has_reason = |audit: &Audit| {
        let of_tool = |one: &cutover_model::result::audit::Violation| {
            one.control == "MAN-04" && one.resource.id == "project/incidents"
        };
        !audit.violations.iter().any(of_tool)
    };
    assert!(has_reason(&alone));
    let page = "Name,App Type\nCrew Clock,Custom\n";
    let user = user(7, "", "crew-clock-acme-builders", "crew-clock-acme-builders@procore.com");
    let both = crew_clock(&[("service_accounts.csv", page.into()), ("users.json", json!([user]))]);
    // A reason is about an app; an exception may be about either, and then counts for neither.
    assert!(has_reason(&both));
    assert_eq!(violated(&both, "MAN-01"), ["Crew Clock"]);
    assert_eq!(violated(&both, "DIR-01"), ["crew-clock-acme-builders"]);
    let said = said(&both, "unmatched");
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("`Crew Clock` names more than one thing") && said[0].contains("use an id"), "{said:?}");
}

/// A service identity before it is edited.
#[derive(Debug, Clone)]
struct Original {
    /// The whole name, in Procore's form.
    name: String,
    /// The app that the export lists as installed.
    app: Option<String>,
    /// The account that the Service Accounts page lists.
    account: Option<String>,
    company: Option<String>,
}

fn words(most: usize) -> impl Strategy<Value = Vec<String>> {
    vec(select(vec!["field", "sync", "rfi", "vault", "cost", "café", "erp2", "drawings"]), 1..=most)
        .prop_map(|words| words.into_iter().map(str::to_owned).collect())
}

fn original() -> impl Strategy<Value = Original> {
    let managed =
        (words(3), prop_oneof!["[0-9a-f]{8}", "[a-z0-9]{8}"], any::<bool>()).prop_map(|(stem, tail, installed)| {
            Original {
                name: format!("{}-{tail}", stem.join("-")),
                app: installed.then(|| stem.join(" ")),
                account: None,
                company: Some("Kestrel Works".to_owned()),
            }
        });
    let company = vec(select(vec!["acme", "builders", "north", "turner"]), 1..3);
    let legacy =
        (words(3), company, any::<bool>(), any::<bool>()).prop_map(|(stem, company, named, listed)| Original {
            name: format!("{}-{}", stem.join("-"), company.join("-")),
            app: None,
            account: (listed || !named).then(|| stem.join(" ")),
            company: named.then(|| company.join(" ")),
        });
    prop_oneof![managed, legacy]
}

/// How a name is spelled instead: its case, and what joins its words.
#[derive(Debug, Clone)]
struct Spelling {
    capitals: u8,
    joiners: Vec<char>,
}

impl Spelling {
    fn of(&self, name: &str) -> String {
        let mut joiners = self.joiners.iter().cycle();
        let joined: String =
            name.chars().map(|letter| if letter == '-' { *joiners.next().unwrap() } else { letter }).collect();
        match self.capitals {
            0 => joined,
            1 => joined.to_uppercase(),
            _ => joined[..1].to_uppercase() + &joined[1..],
        }
    }
}

fn spelling(joiners: &'static [char]) -> impl Strategy<Value = Spelling> {
    (0..3_u8, vec(select(joiners), 1..4)).prop_map(|(capitals, joiners)| Spelling { capitals, joiners })
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_edit_of_a_service_identity_hides_that_it_administers_the_company(
        original in original(),
        first in select(vec!["", "Robot", "Ann", "Field", "Dr."]),
        last in proptest::option::weighted(0.7, spelling(&['-', '_', '.', ' '])),
        address in spelling(&['-', '-', '_', '.']),
        title in any::<bool>(),
        domain in select(vec!["@procore.com", "@Procore.COM"]),
    ) {
        let last = last.map_or_else(|| "Smith".to_owned(), |spelling| spelling.of(&original.name));
        let local = address.of(&original.name.replace('é', "e"));
        let mut edited = user(7, first, &last, &format!("{local}{domain}"));
        edited["job_title"] = if title { "Robot".into() } else { Value::Null };
        edited["is_employee"] = title.into();
        let mut all = vec![("users.json", json!([edited]))];
        all.extend(original.app.iter().map(|app| ("app_installations.json", installation(app))));
        let page = |account: &String| Value::from(format!("Name,App Type\n{account},Custom\n"));
        all.extend(original.account.iter().map(|account| ("service_accounts.csv", page(account))));
        let name = |name: &String| Value::from(format!("company_id = 4\ncompany_name = \"{name}\"\n"));
        all.extend(original.company.iter().map(|company| ("export.toml", name(company))));
        let audit = run(vec![files(&all)]);
        let covered = coverage(&audit, "DIR-01");
        let found = audit.violations.iter().any(|violation| violation.control == "DIR-01" && violation.subject.id == "7");
        prop_assert!(found || covered.unknown > 0, "{edited}\n{covered:?}\n{:?}", audit.diagnostics);
    }

    #[test]
    fn another_thing_of_the_same_name_never_takes_an_exception(
        account in any::<bool>(),
        user_name in proptest::option::of(select(vec!["Crew Clock", "crew-clock", "crew-clock-acme-builders"])),
        app in proptest::option::of(select(vec!["Crew Clock", "crew clock", "Crew_Clock", "Other"])),
    ) {
        let mut more = Vec::new();
        more.extend(account.then(|| ("service_accounts.csv", Value::from("Name,App Type\nCrew Clock,Custom\n"))));
        more.extend(user_name.map(|name| ("users.json", json!([user(7, "", name, "crew-clock-acme-builders@procore.com")]))));
        let other = |name: &str| json!([{"id": 2, "app_uid": "uidB", "status": "installed", "developer_app": {"id": 6, "name": name}}]);
        more.extend(app.map(|name| ("app_installations/2.json", other(name))));
        let audit = crew_clock(&more);
        // It covers what it covered before, or nothing, and then somebody is told.
        let covered = violated(&audit, "MAN-01").is_empty();
        prop_assert_eq!(violated(&audit, "DIR-01").len(), usize::from(user_name.is_some()));
        prop_assert_eq!(covered, !said(&audit, "unmatched").iter().any(|said| said.contains("`Crew Clock` names")));
    }
}
