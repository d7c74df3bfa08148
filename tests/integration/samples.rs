//! Real exports are read as they are.
//!
//! Real ones are not ours to publish: where `CUTOVER_SAMPLES` names a folder that holds some, each is put into an export
//! under the name of its kind and read. What they taught about shapes is tested everywhere else on invented data.

use std::path::{Path, PathBuf};

use cutover_export::collect::{Content, Folder, Input};
use cutover_export::{self as export, Export};
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::templates::TemplateKind;
use cutover_inventory::tools::{Scope, Tool};
use cutover_inventory::{Company, Inventory};
use cutover_model::diagnostic::Level;
use cutover_model::level::Level as Access;
use cutover_policy::pack::Pack;

/// Sample, its name in an export, its true number of records.
const DOCUMENTS: [(&str, &str, usize); 18] = [
    ("docs_correspondence_type_permissions.json", "permissions/projects/11/12.json", 2),
    ("docs_manifest_v3_authorization_code.json", "manifests/sample@1.0.0.json", 1),
    ("docs_project_v1.0.json", "projects.json", 1),
    ("headers_api_call_activity_report.csv", "api_activity/sample.csv", 0),
    ("headers_template_assignment_export.csv", "template_assignments.csv", 0),
    ("joelabbott_users_cache.json", "users.json", 6),
    ("propycore_company_list_item.json", "companies.json", 1),
    ("propycore_company_permission_templates.json", "permission_templates.json", 57),
    ("propycore_company_user_list_item_v1.1.json", "users.json", 1),
    ("propycore_company_user_show_v1.3.json", "users/8780450.json", 1),
    ("propycore_project_permission_templates_empty.json", "permission_templates.json", 0),
    ("propycore_project_v1.1.json", "projects.json", 1),
    ("propycore_settings_permissions_project.json", "permissions/projects/11/12.json", 7),
    ("transcribed_manifest_v32_sidepanel.json", "manifests/sample@1.0.0.json", 1),
    ("transcribed_manifest_v3_dmsa.json", "manifests/sample@1.0.0.json", 1),
    ("transcribed_manifest_v41_dmsa.json", "manifests/sample@1.0.0.json", 1),
    ("transcribed_vapid_project_user_partial.json", "project_users/11.json", 1),
    ("transcribed_vapid_project_user_partial.json", "users/3777820.json", 1),
];

fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("CUTOVER_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("CUTOVER_SAMPLES is not set: real exports were not read");
    }
    folder
}

fn read(folder: &Path, files: &[(&str, &str)]) -> Export {
    let input = |(sample, name): &(&str, &str)| Input {
        name: (*name).to_owned(),
        path: (*name).to_owned(),
        content: Content::Bytes(std::fs::read(folder.join(sample)).unwrap_or_else(|error| panic!("{sample}: {error}"))),
    };
    export::read(vec![Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() }], &())
}

fn company(folder: &Path, files: &[(&str, &str)]) -> Company {
    let mut diagnostics = Vec::new();
    let inventory = Inventory::build(&read(folder, files), &Pack::load(&[]).unwrap().tools, &mut diagnostics);
    inventory.companies.into_iter().next().unwrap()
}

#[test]
fn every_sample_gives_its_true_number_of_records() {
    let Some(folder) = samples() else { return };
    for (sample, name, records) in DOCUMENTS {
        let export = read(&folder, &[(sample, name)]);
        let document = export.documents.first().unwrap();
        assert_eq!((document.records, document.skipped, document.broken), (records, 0, false), "{sample} as {name}");
        let faults: Vec<_> =
            export.diagnostics.iter().filter(|diagnostic| diagnostic.code.level() > Level::Note).collect();
        assert!(faults.is_empty(), "{sample} as {name}: {faults:?}");
        assert!(export.secrets.is_empty(), "{sample} as {name} holds no secret");
    }
}

#[test]
fn the_user_of_an_app_is_told_from_people_and_staff() {
    let Some(folder) = samples() else { return };
    let company = company(&folder, &[("joelabbott_users_cache.json", "users.json")]);
    let managed: Vec<&str> = company
        .directory
        .identities
        .iter()
        .filter(|identity| identity.class.kind == IdentityKind::Managed)
        .map(|identity| identity.name.as_str())
        .collect();
    assert_eq!(managed, ["rfi-pulls-4ef586a6"]);
    assert!(company.directory.identities.iter().all(|identity| identity.class.kind != IdentityKind::Legacy));
}

#[test]
fn list_and_show_of_one_user_add_up() {
    let Some(folder) = samples() else { return };
    let files = [
        ("propycore_company_user_list_item_v1.1.json", "users.json"),
        ("propycore_company_user_show_v1.3.json", "users/8780450.json"),
    ];
    let company = company(&folder, &files);
    let [user] = company.directory.identities.as_slice() else { panic!("one user") };
    assert_eq!(user.adds_to_new_projects.value(), Some(&false));
    assert_eq!(user.email.value().map(|email| email.as_str()), Some("person.one@example.com"));
    assert_eq!(user.logged_in.value(), Some(&true));
    // Neither record has it: unknown, not "never invited".
    assert_eq!(user.invited.value(), None);
}

#[test]
fn observed_levels_are_those_of_the_answer() {
    let Some(folder) = samples() else { return };
    let files = [("propycore_settings_permissions_project.json", "permissions/projects/11/12.json")];
    let company = company(&folder, &files);
    let levels = company.observed.values().next().unwrap();
    let level = |key: &str| levels.get(&Tool { scope: Scope::Project, key: key.into() }).and_then(|given| given.level);
    assert_eq!(level("communication_types"), Some(Access::ReadOnly));
    assert_eq!(level("home"), Some(Access::Admin));
    assert_eq!(level("connection_hub"), Some(Access::Admin));
    assert_eq!(levels.len(), 7, "home and correspondence share a domain id and stay two tools");
}

#[test]
fn the_two_manifest_schemas_ask_for_the_same_ten_tools() {
    let Some(folder) = samples() else { return };
    let asked = |sample: &str| {
        let company = company(&folder, &[(sample, "manifests/sample@1.0.0.json")]);
        let manifest = company.apps.all.first().unwrap().manifests.first().unwrap().clone();
        let mut asked: Vec<_> =
            manifest.requests.unwrap().into_iter().map(|request| (request.tool, request.given.level)).collect();
        asked.sort();
        asked
    };
    let old = asked("transcribed_manifest_v3_dmsa.json");
    assert_eq!(old.len(), 10);
    assert!(old.iter().all(|(_, level)| level.is_some()));
    assert_eq!(old, asked("transcribed_manifest_v41_dmsa.json"));
}

#[test]
fn templates_and_projects_keep_their_kind() {
    let Some(folder) = samples() else { return };
    let files = [
        ("propycore_company_permission_templates.json", "permission_templates.json"),
        ("propycore_project_v1.1.json", "projects.json"),
    ];
    let company = company(&folder, &files);
    assert_eq!(company.templates.all.len(), 57);
    assert!(company.templates.all.iter().all(|template| template.kind.value() != Some(&TemplateKind::CompanyTools)));
    assert!(company.templates.all.iter().all(|template| template.levels.value().is_none()), "the list gives no levels");
    let [project] = company.projects.as_slice() else { panic!("one project") };
    assert_eq!((project.demo.value(), project.active.value()), (Some(&true), Some(&true)));
}
