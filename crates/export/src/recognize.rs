//! Recognizes the kind of a file: by its path first, and by the members of its records second.

use super::naming::Naming;
use cutover_model::kind::Kind;

/// The kind a path inside an export folder announces.
///
/// Compression endings and page numbers are skipped: `users.2.json.gz` holds users.
pub fn by_path(path: &str) -> Option<Kind> {
    let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, ending) = file.rsplit_once('.')?;
    if ending == "toml" {
        return match stem {
            "settings" => Some(Kind::Settings),
            "reviews" => Some(Kind::Reviews),
            "export" => Some(Kind::Export),
            _ => None,
        };
    }
    if ending == "mfd" {
        return Some(Kind::MapforceDesigns);
    }
    if !["json", "jsonl", "ndjson", "csv"].contains(&ending) {
        return None;
    }
    if folders.split('/').next() == Some("credentials") {
        return by_credentials(stem);
    }
    Naming::of(path).kind
}

/// The kind of a file with this name, without its ending.
pub(super) fn by_name(stem: &str) -> Option<Kind> {
    match stem {
        "users_inactive" => Some(Kind::InactiveUsers),
        "permissions" | "project_users" | "project_tools" | "manifests" => None,
        "app_manifest" => Some(Kind::AppManifests),
        other => Kind::from_id(other).filter(|kind| !matches!(kind, Kind::Settings | Kind::Reviews | Kind::Export)),
    }
}

/// The kinds inside `credentials/`: recognised by how the name starts, `altova-production.json`. A folder between is the
/// name of an environment.
fn by_credentials(stem: &str) -> Option<Kind> {
    let starts = [
        ("altova", Kind::Altova),
        ("app_builder_keys", Kind::AppBuilderKeys),
        ("app_builder_users", Kind::AppBuilderUsers),
        ("app_builder_endpoints", Kind::AppBuilderEndpoints),
        ("app_builder", Kind::AppBuilderProviders),
        ("oauth", Kind::OauthClients),
    ];
    starts.into_iter().find(|(start, _)| stem.starts_with(start)).map(|(_, kind)| kind)
}

/// The kind of the files in a folder of this name.
pub(super) fn by_folder(folder: &str) -> Option<Kind> {
    match folder {
        "permissions" => Some(Kind::PermissionManifests),
        "manifests" => Some(Kind::AppManifests),
        "users_inactive" => Some(Kind::InactiveUsers),
        "project_users" => Some(Kind::ProjectUsers),
        "project_tools" => Some(Kind::ProjectTools),
        other => by_name(other),
    }
}

/// What the members of a record say when they are those of another kind than this: the member that tells it, and whose
/// it is. Such a record would count as something that it is not.
pub fn misfit(kind: Kind, has: &dyn Fn(&str) -> bool) -> Option<(&'static str, Kind)> {
    use Kind::{InactiveUsers, ProjectUsers, Users};
    let people = [Users, InactiveUsers, ProjectUsers];
    let marks: [(&[&'static str], Kind); 12] = [
        (&["destination_url"], Kind::Webhooks),
        (&["app_uid", "status"], Kind::AppInstallations),
        (&["app_installation_id"], Kind::AppConfigurations),
        (&["is_assigned", "project_id"], Kind::ProjectAssignments),
        (&["engine_name", "is_active"], Kind::ProjectTools),
        (&["user_access_levels"], Kind::PermissionTemplates),
        (&["project_specific", "type", "name"], Kind::PermissionTemplates),
        (&["my_company"], Kind::Companies),
        (&["project_number", "display_name"], Kind::Projects),
        (&["email_address"], Users),
        (&["last_name", "first_name"], Users),
        (&["last_login_at"], Users),
    ];
    if !marks.iter().any(|(_, mark)| *mark == kind || people.contains(&kind)) {
        return None;
    }
    let (names, described) = marks.into_iter().find(|(names, _)| names.iter().all(|name| has(name)))?;
    let fits = described == kind || (described == Users && people.contains(&kind));
    names.first().filter(|_| !fits).map(|name| (*name, described))
}

/// The kind that members of a record, or columns of a table, give away.
pub fn by_members(has: &dyn Fn(&str) -> bool) -> Option<Kind> {
    let all = |names: &[&str]| names.iter().all(|name| has(name));
    let table: [(&[&str], Kind); 20] = [
        (&["cutover_inventory"], Kind::Altova),
        (&["authenticationType", "claimTypes"], Kind::AppBuilderProviders),
        (&["key_identifier", "expires_in_minutes"], Kind::AppBuilderKeys),
        (&["app_uid", "status"], Kind::AppInstallations),
        (&["app_installation_id"], Kind::AppConfigurations),
        (&["app_manifest"], Kind::AppManifests),
        (&["schema_version"], Kind::AppManifests),
        (&["components", "post_installation_instruction"], Kind::AppManifests),
        (&["tools"], Kind::PermissionManifests),
        (&["user_access_level", "friendly_name"], Kind::PermissionManifests),
        (&["user_access_levels"], Kind::PermissionTemplates),
        (&["project_specific", "type", "name"], Kind::PermissionTemplates),
        (&["project_id", "is_assigned"], Kind::ProjectAssignments),
        (&["engine_name", "is_active"], Kind::ProjectTools),
        (&["destination_url"], Kind::Webhooks),
        (&["email_address", "last_name"], Kind::Users),
        (&["project_number", "display_name"], Kind::Projects),
        (&["my_company"], Kind::Companies),
        (&["template", "email", "project_id"], Kind::TemplateAssignments),
        (&["normalized_route", "count"], Kind::ApiActivity),
    ];
    table
        .into_iter()
        .find(|(names, _)| all(names))
        .map(|(_, kind)| kind)
        .or_else(|| all(&["app_type", "client_id"]).then_some(Kind::ServiceAccounts))
}
