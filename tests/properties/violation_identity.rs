//! Which violations are the same: no two of one audit share a fingerprint, and what is new in one place is new, for a
//! baseline and a gate alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::support::company::{Body, Docs, config, folder, input, options, plain, untidy_company};
use cutover_analysis::audit::baseline::Baseline;
use cutover_analysis::audit::{audit, compare_with_baseline, find};
use cutover_analysis::gate::gate;
use cutover_export as export;
use cutover_export::collect::{Folder, Input};
use cutover_model::result::audit::{Audit, BaselineState, ViolationStatus};
use cutover_model::result::gate::Gate;
use cutover_policy::pack::Pack;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

fn run(folders: Vec<Folder>) -> Audit {
    audit(&export::read(folders, &()), &PACK, &options()).unwrap()
}

/// Control, subject and resource, and the places that are new.
type New = BTreeSet<(String, String, String, BTreeSet<String>)>;

/// What a later audit counts beside an earlier one that was saved.
fn since(before: Folder, after: Folder) -> (Audit, New) {
    let saved = serde_json::to_vec(&run(vec![before])).unwrap();
    let export = export::read(vec![after], &());
    let baseline = Baseline::read("base.json", &saved).unwrap();
    let audit = find(&export, &PACK, &options()).unwrap();
    let audit = compare_with_baseline(audit, baseline).unwrap().brief(usize::MAX);
    let open = audit.violations.iter().filter(|one| one.status == ViolationStatus::Open);
    let new = open.map(|one| {
        let members = if one.new_members.is_empty() { &one.members } else { &one.new_members };
        let members = members.iter().map(|member| member.id.to_string()).collect();
        (one.control.clone(), one.subject.id.to_string(), one.resource.id.to_string(), members)
    });
    let new = new.collect();
    (audit, new)
}

/// What a gate lists of the controls that an audit has as well.
fn gated(before: Folder, after: Folder) -> (Gate, New) {
    let mut export = export::read(vec![before, after], &());
    let records = std::mem::take(&mut export.companies);
    let gate = gate(&export, records, &PACK, &options()).unwrap();
    let own = gate.violations.iter().filter(|one| !one.control.starts_with("CHG-"));
    let new = own.map(|one| {
        let members = one.members.iter().map(|member| member.id.to_string()).collect();
        (one.control.clone(), one.subject.id.to_string(), one.resource.id.to_string(), members)
    });
    let new = new.collect();
    (gate, new)
}

fn file(name: &str, value: &Value) -> Input {
    input(name, value.to_string())
}

const PROJECTS: usize = 5;
const RECORDS: usize = 4;
const URIS: [&str; 4] = ["https://*.a.example/cb", "http://b.example/cb", "myapp://c", "https://d.example/cb#x"];

/// One state of a company: who is in which project, what is registered, what lies in files.
#[derive(Debug, Clone)]
struct State {
    /// By identity, the projects it is a member of.
    memberships: [[bool; PROJECTS]; 2],
    uris: [bool; URIS.len()],
    /// The records of two files that hold a secret.
    secrets: [[bool; RECORDS]; 2],
    /// Versions of the app that ask for more than the tool needs.
    versions: [bool; 3],
}

fn state() -> impl Strategy<Value = State> {
    let parts = (any::<[[bool; PROJECTS]; 2]>(), any::<[bool; URIS.len()]>(), any::<[[bool; RECORDS]; 2]>());
    (parts, any::<[bool; 3]>()).prop_map(|((memberships, uris, secrets), versions)| State {
        memberships,
        uris,
        secrets,
        versions,
    })
}

/// The numbers of those that are so.
fn chosen(flags: &[bool]) -> BTreeSet<usize> {
    (0..flags.len()).filter(|index| flags[*index]).collect()
}

impl State {
    fn folder(&self) -> Folder {
        let user = |number: usize| {
            let name = format!("photo-sync-{number}a2b3c4d");
            json!({"id": 7 + number, "name": name, "first_name": null, "last_name": name, "is_active": true,
                "email_address": format!("{name}@procore.com"),
                "permission_template": {"id": 91, "name": "Photo Sync", "project_specific": false, "type": "global"}})
        };
        let project =
            |number: usize| json!({"id": 31 + number, "name": format!("P{number}"), "active": true, "is_demo": false});
        let mut files = vec![
            file("users.json", &(0..2).map(user).collect()),
            file("projects.json", &(0..PROJECTS).map(project).collect()),
            file(
                "permission_templates.json",
                &json!([{"id": 91, "name": "Photo Sync", "type": "global", "project_specific": false,
                "user_access_levels": {"photos": "Admin"}}]),
            ),
            file(
                "app_installations.json",
                &json!([{"id": 1, "app_uid": "uid-1", "status": "installed", "version": "1.0.0",
                "developer_app": {"name": "Photo Sync", "uid": "uid-1", "marketplace_app": null}}]),
            ),
            file(
                "app_installations/1.json",
                &json!({"id": 1, "app_uid": "uid-1", "status": "installed", "version": "1.0.0",
                "developer_app": {"name": "Photo Sync", "uid": "uid-1", "marketplace_app": null},
                "manifest": {"schema_version": "3.2", "app_name": "Photo Sync",
                    "components": {"oauth": {"instances": [{"uid": "uid-1", "grant_type": "client_credentials",
                        "permissions": {"company": {}, "project": {"photos": "read_only"}}}]}}}}),
            ),
            input("export.toml", "company_id = 4\ncompany_name = \"Kestrel\"\n"),
        ];
        for number in 0..PROJECTS {
            let members = (0..2).filter(|identity| self.memberships[*identity][number]).map(user);
            files.push(file(&format!("project_users/{}.json", 31 + number), &members.collect()));
        }
        let uris: Vec<&str> = chosen(&self.uris).into_iter().map(|index| URIS[index]).collect();
        let client = json!([{"id": "oc1", "name": "OC 1", "client_id": "c1", "redirect_uris": uris}]);
        files.push(file("credentials/production/oauth_clients.json", &client));
        for (number, (name, held)) in
            ["app_configurations.json", "webhooks.json"].into_iter().zip(&self.secrets).enumerate()
        {
            let record = |id: usize| {
                let secret =
                    if held[id] { json!({"client_secret": format!("Xq{number}zz{id}0pLw83")}) } else { json!({}) };
                json!({"id": id + 1, "title": "A", "namespace": "n", "destination_url": "https://x.test/a", "instance_configuration": secret})
            };
            files.push(file(name, &(0..RECORDS).map(record).collect()));
        }
        for number in chosen(&self.versions) {
            let manifest = json!({"schema_version": "3.2", "app_name": "Ledger", "components": {"oauth": {"instances": [
                {"uid": "uid-9", "grant_type": "password", "permissions": {"company": {"directory": "admin"}, "project": {}}}]}}});
            files.push(file(&format!("manifests/ledger@1.{number}.0.json"), &manifest));
        }
        folder(files)
    }
}

/// The violations of a control among those that are new: by subject, their places.
fn places<'n>(new: &'n New, control: &str) -> BTreeMap<&'n str, BTreeSet<&'n str>> {
    let own = new.iter().filter(|(own, ..)| own == control);
    let mut out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, subject, _, members) in own {
        out.entry(subject).or_default().extend(members.iter().map(String::as_str));
    }
    out
}

/// Adds secrets to records at random, and records of the same id.
fn plant(docs: &mut Docs, seeds: &[(Index, Index, &str)]) {
    for (number, (doc, at, member)) in seeds.iter().enumerate() {
        let mut lists: Vec<&mut Vec<Value>> = docs
            .iter_mut()
            .filter_map(|doc| match &mut doc.body {
                Body::List(records) if records.iter().any(Value::is_object) => Some(records),
                _ => None,
            })
            .collect();
        if lists.is_empty() {
            return;
        }
        let chosen = doc.index(lists.len());
        let records = &mut *lists[chosen];
        let at = at.index(records.len());
        let Value::Object(record) = &mut records[at] else { continue };
        let secret = format!("Zk81mQ{number}vv0tRw92");
        match *member {
            "headers" => {
                let one = json!({"name": "X-Api-Key", "value": secret});
                let list = record.entry("headers").or_insert_with(|| json!([]));
                list.as_array_mut().into_iter().for_each(|list| list.push(one.clone()));
            }
            "twice" => {
                record.insert("client_secret".to_owned(), secret.into());
                let copy = records[at].clone();
                records.push(copy);
            }
            member => drop(record.insert(member.to_owned(), secret.into())),
        }
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn no_two_violations_of_one_audit_share_a_fingerprint(
        docs in untidy_company(), other in untidy_company(),
        seeds in vec((any::<Index>(), any::<Index>(), select(&["client_secret", "password", "headers", "twice"][..])), 0..8),
    ) {
        let (mut docs, mut other) = (docs, other);
        plant(&mut docs, &seeds);
        plant(&mut other, &seeds);
        let second = Folder {
            inputs: plain(&other).inputs.into_iter().map(|one| Input { path: format!("other/{}", one.name), ..one }).collect(),
            ..Folder::default()
        };
        for folders in [vec![plain(&docs)], vec![plain(&docs), second]] {
            let audit = run(folders);
            let mut seen = BTreeMap::new();
            for one in &audit.violations {
                let other = seen.insert(one.fingerprint.as_str(), one);
                prop_assert!(other.is_none(), "{} {:?} and {:?}", one.control, one.subject, other.map(|other| &other.subject));
            }
        }
    }

    #[test]
    fn a_new_place_is_new_for_a_baseline_and_a_gate_alike(before in state(), after in state()) {
        let (_, baseline) = since(before.folder(), after.folder());
        let (gate, gated) = gated(before.folder(), after.folder());
        let not_compared: BTreeSet<&str> = gate.not_compared.iter().map(|one| one.control.as_str()).collect();
        let compared = |new: &New| -> New {
            new.iter().filter(|(control, ..)| !not_compared.contains(control.as_str())).cloned().collect()
        };
        prop_assert_eq!(compared(&baseline), compared(&gated), "not compared: {:?}", not_compared);
        for new in [&baseline, &gated] {
            for identity in 0..2 {
                let [was, is] = [&before, &after].map(|state| chosen(&state.memberships[identity]));
                let expected: BTreeSet<String> = is.difference(&was).map(|project| (31 + project).to_string()).collect();
                let subject = (7 + identity).to_string();
                let found = places(new, "TPL-01").remove(subject.as_str()).unwrap_or_default();
                prop_assert_eq!(found, expected.iter().map(String::as_str).collect(), "TPL-01 of {}", subject);
            }
            let [was, is] = [&before, &after].map(|state| chosen(&state.uris));
            let expected: BTreeSet<&str> = is.difference(&was).map(|uri| URIS[*uri]).collect();
            let found = places(new, "OAC-05").into_values().next().unwrap_or_default();
            prop_assert_eq!(found, expected, "OAC-05");
            let secrets = |state: &State| -> BTreeSet<String> {
                let files = ["app_configurations.json", "webhooks.json"].into_iter().zip(&state.secrets);
                let all = files.flat_map(|(name, held)| chosen(held).into_iter().map(move |id| (name, id + 1)));
                all.map(|(name, id)| format!("{name}/{id}/instance_configuration/client_secret")).collect()
            };
            let [was, is] = [secrets(&before), secrets(&after)];
            let expected: BTreeSet<&str> = is.difference(&was).map(String::as_str).collect();
            prop_assert_eq!(places(new, "CRD-01").into_keys().collect::<BTreeSet<_>>(), expected, "CRD-01");
        }
    }
}

/// An identity in all of so many projects, the first of which have other ids.
fn in_projects(ids: impl Iterator<Item = usize>) -> Folder {
    let one = State {
        memberships: [[false; PROJECTS]; 2],
        uris: [false; 4],
        secrets: [[false; RECORDS]; 2],
        versions: [false; 3],
    };
    let mut folder = one.folder();
    let user = |inputs: &[Input]| {
        let users = inputs.iter().find(|input| input.name == "users.json").unwrap();
        let export::collect::Content::Bytes(bytes) = &users.content else { unreachable!() };
        serde_json::from_slice::<Value>(bytes).unwrap()[0].clone()
    };
    let member = json!([user(&folder.inputs)]);
    folder.inputs.retain(|input| input.name != "projects.json" && !input.name.starts_with("project_users/"));
    let ids: Vec<usize> = ids.collect();
    let projects = ids.iter().map(|id| json!({"id": id, "name": format!("P{id}"), "active": true, "is_demo": false}));
    folder.inputs.push(file("projects.json", &projects.collect()));
    folder.inputs.extend(ids.iter().map(|id| file(&format!("project_users/{id}.json"), &member)));
    folder
}

#[test]
fn a_place_beyond_those_that_are_listed_is_known_to_a_baseline() {
    let place =
        |new: &New| places(new, "TPL-01").remove("7").map(|places| places.into_iter().map(str::to_owned).collect());
    let (audit, new) = since(in_projects(1..1101), in_projects(1..1101));
    assert_eq!(place(&new), None::<Vec<String>>);
    let template = audit.violations.iter().find(|one| one.control == "TPL-01").unwrap();
    assert_eq!((template.count, template.members.len(), template.places.is_some()), (1100, 1000, true));
    assert_eq!(template.baseline_state, Some(BaselineState::Unchanged));
    // One place is gone and another is there: the listed members are the same.
    let swapped = || in_projects((1..1100).chain([5000]));
    assert_eq!(place(&since(in_projects(1..1101), swapped()).1), Some(vec!["5000".to_owned()]));
    assert_eq!(place(&gated(in_projects(1..1101), swapped()).1), Some(vec!["5000".to_owned()]));
    let (audit, new) = since(in_projects(1..1101), in_projects(1..1100));
    assert_eq!(place(&new), None);
    let template = audit.violations.iter().find(|one| one.control == "TPL-01").unwrap();
    assert_eq!((template.status, template.baseline_state), (ViolationStatus::Baseline, Some(BaselineState::Updated)));
}

fn subjects(files: Vec<Input>) -> Vec<String> {
    let audit = run(vec![folder(files)]);
    let mut found: Vec<String> =
        audit.violations.iter().filter(|one| one.control == "CRD-01").map(|one| one.subject.id.to_string()).collect();
    found.sort();
    found
}

#[test]
fn a_secret_goes_by_path_record_and_member() {
    let found = subjects(vec![
        file(
            "webhooks.1.json",
            &json!([{"id": 11, "destination_headers": {"Authorization": "Bearer abcdEFGH1234567890zz"}}]),
        ),
        file(
            "webhooks.2.json",
            &json!([
                {"id": 12, "destination_headers": [
                    {"name": "X-Api-Key", "value": "Zk81mQ1vv0tRw92"}, {"name": "X-Auth-Token", "value": "Zk81mQ2vv0tRw92"}]},
                {"namespace": "n", "client_secret": "Zk81mQ3vv0tRw92"},
                {"id": 12, "destination_headers": [{"name": "X-Api-Key", "value": "Zk81mQ4vv0tRw92"}]},
            ]),
        ),
        file("credentials/a/oauth_clients.json", &json!([{"name": "x", "client_secret": "Zk81mQ5vv0tRw92"}])),
        file("credentials/b/oauth_clients.json", &json!([{"name": "x", "client_secret": "Zk81mQ5vv0tRw92"}])),
        input(
            "service_accounts.csv",
            "Name,Client ID,Client Secret\nERP,erp-01,Zk81mQ6vv0tRw92\nCRM,,Zk81mQ7vv0tRw92\n",
        ),
        input("settings.toml", "[smtp]\npassword = \"Zk81mQ8vv0tRw92\"\n"),
    ]);
    let expected = [
        "credentials/a/oauth_clients.json/x/client_secret",
        "credentials/b/oauth_clients.json/x/client_secret",
        "service_accounts.csv/CRM/client_secret",
        "service_accounts.csv/erp-01/client_secret",
        "settings.toml/smtp/password",
        "webhooks.2.json/#2/client_secret",
        "webhooks.json/11/destination_headers/Authorization",
        "webhooks.json/12/destination_headers/X-Api-Key/value",
        "webhooks.json/12/destination_headers/X-Api-Key/value (2)",
        "webhooks.json/12/destination_headers/X-Auth-Token/value",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_place_of_a_secret_never_shows_one() {
    let secret = "Zk81mQ5vv0tRw92Zk81mQ5vv0tRw92aa";
    let hex = "0123456789abcdef".repeat(4);
    let found = subjects(vec![file(
        "webhooks.json",
        &json!([
            {"name": format!("password: {secret}"), "client_secret": "Zk81mQ1vv0tRw92"},
            {"name": hex, "client_secret": "Zk81mQ2vv0tRw92"},
            {"name": "Zk81mQ3vv0tRw92", "client_secret": "Zk81mQ3vv0tRw92"},
            {"id": 4, format!("key {hex}"): {"password": "Zk81mQ4vv0tRw92"}},
        ]),
    )]);
    let shown = found.join("\n");
    assert!(found.len() >= 6, "{shown}");
    assert!(!shown.contains("Zk81m") && !shown.contains("0123456789abcdef"), "{shown}");
}

#[test]
fn two_exports_without_a_company_id_keep_their_violations_apart() {
    let files = |root: &str| Folder {
        inputs: vec![Input {
            path: format!("{root}/webhooks.json"),
            ..file("webhooks.json", &json!([{"id": 1, "client_secret": "Zk81mQ1vv0tRw92"}]))
        }],
        ..Folder::default()
    };
    let audit = run(vec![files("north"), files("south")]);
    let own: Vec<_> = audit.violations.iter().filter(|one| one.control == "CRD-01").collect();
    let companies: BTreeSet<&str> = own.iter().map(|one| one.resource.id.as_str()).collect();
    assert_eq!(companies, BTreeSet::from(["this company (north)", "this company (south)"]));
    assert_eq!(own.iter().map(|one| &one.fingerprint).collect::<BTreeSet<_>>().len(), 2);
}

/// A directory user of a legacy account.
fn legacy(id: u32, name: &str) -> Value {
    json!({"id": id, "name": name, "first_name": null, "last_name": name, "is_active": true,
        "email_address": format!("{name}@procore.com")})
}

/// The same without the members that only the company directory has.
fn compact(id: u32, name: &str) -> Value {
    json!({"id": id, "name": name, "first_name": null, "last_name": name, "is_active": true})
}

fn directory(users: &[Value], page: Option<&str>) -> Folder {
    let mut files =
        vec![file("users.json", &json!(users)), input("export.toml", "company_id = 4\ncompany_name = \"Kestrel\"\n")];
    files.extend(page.map(|page| input("service_accounts.csv", page)));
    folder(files)
}

/// What a gate says of identities: direction, attribute, before and after.
fn identities(before: Folder, after: Folder) -> Vec<String> {
    let (gate, _) = gated(before, after);
    let own = gate.changes.iter().filter(|change| change.kind == cutover_model::result::gate::ChangeKind::Identity);
    let show = |change: &cutover_model::result::gate::Change| {
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        let what =
            [change.direction.id().to_owned(), word(&change.attribute), word(&change.before), word(&change.after)];
        what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    own.map(show).filter(|line| !line.starts_with("changed email")).collect()
}

#[test]
fn a_legacy_account_that_was_created_again_or_renamed_is_the_same_account() {
    let page = |name: &str, client: &str| format!("Name,Client ID\n{name},{client}\n");
    let cases = [
        (
            "created again",
            directory(&[legacy(7, "erp-sync-kestrel")], None),
            directory(&[legacy(17, "erp-sync-kestrel")], None),
            vec!["reissued id 7 17"],
        ),
        (
            "created again, without addresses",
            directory(&[compact(7, "erp-sync-kestrel")], None),
            directory(&[compact(17, "erp-sync-kestrel")], None),
            vec!["reissued id 7 17"],
        ),
        (
            "renamed",
            directory(&[legacy(7, "erp-sync-kestrel")], None),
            directory(&[legacy(7, "erp-feed-kestrel")], None),
            vec!["renamed name erp-sync-kestrel erp-feed-kestrel"],
        ),
        (
            "renamed and created again with its client",
            directory(&[legacy(7, "erp-sync-kestrel")], Some(&page("ERP Sync", "c1"))),
            directory(&[legacy(17, "erp-feed-kestrel")], Some(&page("ERP Feed", "c1"))),
            vec!["renamed name erp-sync-kestrel erp-feed-kestrel", "reissued id 7 17"],
        ),
        (
            "from the page to the directory",
            directory(&[], Some(&page("ERP Sync", "c1"))),
            directory(&[legacy(7, "erp-sync-kestrel")], None),
            vec!["renamed name ERP Sync erp-sync-kestrel"],
        ),
        (
            "on the page alone, created again",
            directory(&[], Some(&page("ERP Sync", "c1"))),
            directory(&[], Some(&page("ERP Sync", "c2"))),
            vec!["reissued client_id c1 c2"],
        ),
    ];
    for (what, before, after, expected) in cases {
        let mut found = identities(before, after);
        found.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{what}");
    }
}

fn approved_for_all(projects: &[usize], member_of: &[usize]) -> Folder {
    let user = |id: u32| {
        let name = "photo-sync-1a2b3c4d";
        json!({"id": id, "name": name, "first_name": null, "last_name": name, "is_active": true,
            "email_address": format!("{name}@procore.com")})
    };
    let project = |id: &usize| json!({"id": id, "name": format!("P{id}"), "active": true, "is_demo": false});
    let mut files = vec![
        file("users.json", &json!([user(7)])),
        file("projects.json", &projects.iter().map(project).collect()),
        input("export.toml", "company_id = 4\n"),
        input("reviews.toml", "[[approved_projects]]\nsubject = \"photo-sync-1a2b3c4d\"\nprojects = \"all\"\n"),
    ];
    for id in projects {
        let members = if member_of.contains(id) { json!([user(7)]) } else { json!([]) };
        files.push(file(&format!("project_users/{id}.json"), &members));
    }
    folder(files)
}

#[test]
fn who_is_approved_for_all_projects_and_missing_in_one_is_reported() {
    let missing = |folder: Folder| -> BTreeSet<String> {
        let audit = run(vec![folder]);
        audit.violations.iter().filter(|one| one.control == "PRJ-02").map(|one| one.resource.id.to_string()).collect()
    };
    assert_eq!(missing(approved_for_all(&[31, 32], &[])), BTreeSet::from(["31".to_owned(), "32".to_owned()]));
    assert_eq!(missing(approved_for_all(&[31, 32], &[31, 32])), BTreeSet::new());
    let (gate, new) = gated(approved_for_all(&[31], &[31]), approved_for_all(&[31, 33], &[31]));
    assert_eq!(new.iter().filter(|one| one.0 == "PRJ-02").map(|one| one.2.as_str()).collect::<Vec<_>>(), ["33"]);
    let told: Vec<&str> = gate.changes.iter().map(|change| change.message.as_str()).collect();
    assert_eq!(told, ["photo-sync-1a2b3c4d is approved for all projects and is not a member of the new project P33."]);
    assert_eq!((gate.changes[0].count, gate.changes[0].members[0].id.as_str()), (1, "33"));
}

#[test]
fn a_place_that_the_side_before_could_not_know_is_not_compared() {
    let unlisted = |state: &State| {
        let mut folder = state.folder();
        folder.inputs.retain(|input| input.name != "project_users/32.json");
        folder
    };
    let state = |second: bool| State {
        memberships: [[true, second, false, false, false], [false; PROJECTS]],
        uris: [false; 4],
        secrets: [[false; RECORDS]; 2],
        versions: [false; 3],
    };
    let (gate, new) = gated(unlisted(&state(true)), state(true).folder());
    assert_eq!(places(&new, "TPL-01"), BTreeMap::new());
    assert!(gate.not_compared.iter().any(|one| one.control == "TPL-01"), "{:?}", gate.not_compared);
    let (_, new) = gated(state(false).folder(), state(true).folder());
    assert_eq!(places(&new, "TPL-01"), BTreeMap::from([("7", BTreeSet::from(["32"]))]));
}
