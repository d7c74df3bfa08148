//! What a file of an export holds, told from its name first and from its shape second.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::naming::Naming;

/// The table of kinds. A row is all that names, docs and coverage need of a kind; the compiler then asks for the rest.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident { id: $id:literal, record: $record:literal, api_list: $list:literal, from: $from:literal })+) => {
        /// The kinds of file an export can hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Kind {
            /// Every kind, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// The name used in files and results.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$kind => $id,)+
                }
            }

            /// One record of this kind, with its article.
            pub fn one(self) -> &'static str {
                match self {
                    $(Self::$kind => $record,)+
                }
            }

            /// Whether the API gives a list of these records, in pages or whole.
            pub(super) fn is_list_of_api(self) -> bool {
                match self {
                    $(Self::$kind => $list,)+
                }
            }

            /// How to get a file of this kind.
            pub fn how_to_export(self) -> &'static str {
                match self {
                    $(Self::$kind => $from,)+
                }
            }
        }
    };
}

kinds! {
    /// The companies the caller sees.
    Companies {
        id: "companies",
        record: "a company",
        api_list: true,
        from: "GET /rest/v1.0/companies"
    }
    /// The projects of the company.
    Projects {
        id: "projects",
        record: "a project",
        api_list: true,
        from: "GET /rest/v1.1/projects?company_id=… with filters[by_status]=All"
    }
    /// Active directory users, as a list or one show record each.
    Users {
        id: "users",
        record: "a user",
        api_list: true,
        from: "GET /rest/v1.3/companies/{company}/users, and users/{id} for service identities"
    }
    /// Inactive directory users.
    InactiveUsers {
        id: "inactive_users",
        record: "a user",
        api_list: true,
        from: "GET /rest/v1.0/companies/{company}/users/inactive"
    }
    /// The users of one project.
    ProjectUsers {
        id: "project_users",
        record: "a user",
        api_list: true,
        from: "GET /rest/v1.0/projects/{project}/users for each project"
    }
    /// The projects of one user.
    ProjectAssignments {
        id: "project_assignments",
        record: "a project assignment",
        api_list: true,
        from: "GET /rest/v1.0/companies/{company}/users/{user}/project_assignments"
    }
    /// The tools of one project.
    ProjectTools {
        id: "project_tools",
        record: "a tool of a project",
        api_list: true,
        from: "GET /rest/v1.0/projects/{project}/tools for each project"
    }
    /// The template assignment table of the Permissions tool.
    TemplateAssignments {
        id: "template_assignments",
        record: "a record",
        api_list: false,
        from: "Permissions tool, Reporting, Template Assignment Export-CSV"
    }
    /// Permission templates, with or without their levels.
    PermissionTemplates {
        id: "permission_templates",
        record: "a template",
        api_list: true,
        from: "GET /rest/v1.0/companies/{company}/permission_templates?view=with_permissions, once more with filters[type]=company_tools"
    }
    /// What `settings/permissions` answers for one identity.
    PermissionManifests {
        id: "permission_manifests",
        record: "a record",
        api_list: false,
        from: "GET /rest/v1.0/settings/permissions with the identity's own token"
    }
    /// App installations, as a list or one show record each.
    AppInstallations {
        id: "app_installations",
        record: "an installation",
        api_list: true,
        from: "GET /rest/v1.0/app_installations?company_id=…, and each /{id}"
    }
    /// Configurations of embedded apps.
    AppConfigurations {
        id: "app_configurations",
        record: "an app configuration",
        api_list: true,
        from: "GET /rest/v1.0/companies/{company}/app_configurations"
    }
    /// App manifests from the developer portal.
    AppManifests {
        id: "app_manifests",
        record: "a record",
        api_list: false,
        from: "the manifest text from the developer portal"
    }
    /// Webhook subscriptions.
    Webhooks {
        id: "webhooks",
        record: "a webhook",
        api_list: true,
        from: "GET /rest/v1.0/webhooks/hooks?company_id=… (version 2.0 does not name the owner)"
    }
    /// The Service Accounts page.
    ServiceAccounts {
        id: "service_accounts",
        record: "a record",
        api_list: true,
        from: "copy the Service Accounts page of Company Settings into a table"
    }
    /// API Call Activity Reports.
    ApiActivity {
        id: "api_activity",
        record: "a record",
        api_list: false,
        from: "developer portal, Integration Health, Download CSV"
    }
    /// A MapForce or FlowForce server's inventory, in Cutover's neutral form.
    Altova {
        id: "altova",
        record: "a record",
        api_list: false,
        from: "write the inventory document of the server (docs/exporting.md), or collect its .mfd files"
    }
    /// MapForce designs (`.mfd`), which are scanned.
    MapforceDesigns {
        id: "mapforce_designs",
        record: "a record",
        api_list: false,
        from: "collect the .mfd files of the mappings"
    }
    /// Security providers exported from App Builder.
    AppBuilderProviders {
        id: "app_builder_providers",
        record: "a record",
        api_list: false,
        from: "App Builder, Security Providers, More, Export Provider; then `cutover scrub`"
    }
    /// The API keys of an App Builder environment, without their key material.
    AppBuilderKeys {
        id: "app_builder_keys",
        record: "a record",
        api_list: false,
        from: "list the API keys in a table (docs/exporting.md)"
    }
    /// The users of an App Builder environment.
    AppBuilderUsers {
        id: "app_builder_users",
        record: "a record",
        api_list: false,
        from: "list the App Builder users in a table (docs/exporting.md)"
    }
    /// The REST endpoints of an App Builder environment.
    AppBuilderEndpoints {
        id: "app_builder_endpoints",
        record: "a record",
        api_list: false,
        from: "list the App Builder endpoints (docs/exporting.md)"
    }
    /// A register of OAuth clients and their credentials, whatever keeps them.
    OauthClients {
        id: "oauth_clients",
        record: "a record",
        api_list: false,
        from: "keep a register of OAuth clients (docs/exporting.md)"
    }
    /// `settings.toml`, kept by hand.
    Settings {
        id: "settings",
        record: "a record",
        api_list: false,
        from: "write settings.toml by hand"
    }
    /// `reviews.toml`, kept by hand.
    Reviews {
        id: "reviews",
        record: "a record",
        api_list: false,
        from: "write reviews.toml by hand"
    }
    /// `export.toml`, kept by hand.
    Export {
        id: "export",
        record: "a record",
        api_list: false,
        from: "write export.toml by hand"
    }
}

impl Kind {
    /// The kind with this [`Kind::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }

    /// The kind a path inside an export folder announces.
    ///
    /// Compression endings and page numbers are passed over: `users.2.json.gz` holds users.
    pub fn from_path(path: &str) -> Option<Self> {
        let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let (stem, ending) = file.rsplit_once('.')?;
        if ending == "toml" {
            return match stem {
                "settings" => Some(Self::Settings),
                "reviews" => Some(Self::Reviews),
                "export" => Some(Self::Export),
                _ => None,
            };
        }
        if ending == "mfd" {
            return Some(Self::MapforceDesigns);
        }
        if !["json", "jsonl", "ndjson", "csv"].contains(&ending) {
            return None;
        }
        if folders.split('/').next() == Some("credentials") {
            return Self::from_credentials(stem);
        }
        Naming::of(path).kind
    }

    /// The kind of a file with this name, without its ending.
    pub(super) fn from_name(stem: &str) -> Option<Self> {
        match stem {
            "users_inactive" => Some(Self::InactiveUsers),
            "permissions" | "project_users" | "project_tools" | "manifests" => None,
            "app_manifest" => Some(Self::AppManifests),
            other => Self::from_id(other).filter(|kind| !matches!(kind, Self::Settings | Self::Reviews | Self::Export)),
        }
    }

    /// The kinds inside `credentials/`: told by how the name starts, `altova-production.json`. A folder between is the
    /// name of an environment.
    fn from_credentials(stem: &str) -> Option<Self> {
        let starts = [
            ("altova", Self::Altova),
            ("app_builder_keys", Self::AppBuilderKeys),
            ("app_builder_users", Self::AppBuilderUsers),
            ("app_builder_endpoints", Self::AppBuilderEndpoints),
            ("app_builder", Self::AppBuilderProviders),
            ("oauth", Self::OauthClients),
        ];
        starts.into_iter().find(|(start, _)| stem.starts_with(start)).map(|(_, kind)| kind)
    }

    /// The kind of the files in a folder of this name.
    pub(super) fn from_folder(folder: &str) -> Option<Self> {
        match folder {
            "permissions" => Some(Self::PermissionManifests),
            "manifests" => Some(Self::AppManifests),
            "users_inactive" => Some(Self::InactiveUsers),
            "project_users" => Some(Self::ProjectUsers),
            "project_tools" => Some(Self::ProjectTools),
            other => Self::from_name(other),
        }
    }

    /// What the members of a record say when they are those of another kind than this: the member that tells it, and whose
    /// it is. Such a record would count as something that it is not.
    pub fn misfit(self, has: &dyn Fn(&str) -> bool) -> Option<(&'static str, Self)> {
        use Kind::{InactiveUsers, ProjectUsers, Users};
        let people = [Users, InactiveUsers, ProjectUsers];
        let marks: [(&[&'static str], Self); 12] = [
            (&["destination_url"], Self::Webhooks),
            (&["app_uid", "status"], Self::AppInstallations),
            (&["app_installation_id"], Self::AppConfigurations),
            (&["is_assigned", "project_id"], Self::ProjectAssignments),
            (&["engine_name", "is_active"], Self::ProjectTools),
            (&["user_access_levels"], Self::PermissionTemplates),
            (&["project_specific", "type", "name"], Self::PermissionTemplates),
            (&["my_company"], Self::Companies),
            (&["project_number", "display_name"], Self::Projects),
            (&["email_address"], Users),
            (&["last_name", "first_name"], Users),
            (&["last_login_at"], Users),
        ];
        if !marks.iter().any(|(_, kind)| *kind == self || people.contains(&self)) {
            return None;
        }
        let (names, kind) = marks.into_iter().find(|(names, _)| names.iter().all(|name| has(name)))?;
        let fits = kind == self || (kind == Users && people.contains(&self));
        names.first().filter(|_| !fits).map(|name| (*name, kind))
    }

    /// The kind that members of a record, or columns of a table, give away.
    pub fn from_members(has: &dyn Fn(&str) -> bool) -> Option<Self> {
        let all = |names: &[&str]| names.iter().all(|name| has(name));
        let table: [(&[&str], Self); 20] = [
            (&["cutover_inventory"], Self::Altova),
            (&["authenticationType", "claimTypes"], Self::AppBuilderProviders),
            (&["key_identifier", "expires_in_minutes"], Self::AppBuilderKeys),
            (&["app_uid", "status"], Self::AppInstallations),
            (&["app_installation_id"], Self::AppConfigurations),
            (&["app_manifest"], Self::AppManifests),
            (&["schema_version"], Self::AppManifests),
            (&["components", "post_installation_instruction"], Self::AppManifests),
            (&["tools"], Self::PermissionManifests),
            (&["user_access_level", "friendly_name"], Self::PermissionManifests),
            (&["user_access_levels"], Self::PermissionTemplates),
            (&["project_specific", "type", "name"], Self::PermissionTemplates),
            (&["project_id", "is_assigned"], Self::ProjectAssignments),
            (&["engine_name", "is_active"], Self::ProjectTools),
            (&["destination_url"], Self::Webhooks),
            (&["email_address", "last_name"], Self::Users),
            (&["project_number", "display_name"], Self::Projects),
            (&["my_company"], Self::Companies),
            (&["template", "email", "project_id"], Self::TemplateAssignments),
            (&["normalized_route", "count"], Self::ApiActivity),
        ];
        table
            .into_iter()
            .find(|(names, _)| all(names))
            .map(|(_, kind)| kind)
            .or_else(|| all(&["app_type", "client_id"]).then_some(Self::ServiceAccounts))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id().replace('_', " "))
    }
}
