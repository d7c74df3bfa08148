//! What a file of an export holds, told from its name first and from its shape second.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::naming::Naming;

/// The kinds of document an export can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The companies the caller sees.
    Companies,
    /// The projects of the company.
    Projects,
    /// Active directory users, as a list or one show record each.
    Users,
    /// Inactive directory users.
    InactiveUsers,
    /// The users of one project.
    ProjectUsers,
    /// The projects of one user.
    ProjectAssignments,
    /// The tools of one project.
    ProjectTools,
    /// The template assignment table of the Permissions tool.
    TemplateAssignments,
    /// Permission templates, with or without their levels.
    PermissionTemplates,
    /// What `settings/permissions` answers for one identity.
    PermissionManifests,
    /// App installations, as a list or one show record each.
    AppInstallations,
    /// Configurations of embedded apps.
    AppConfigurations,
    /// App manifests from the developer portal.
    AppManifests,
    /// Webhook subscriptions.
    Webhooks,
    /// The Service Accounts page.
    ServiceAccounts,
    /// API Call Activity Reports.
    ApiActivity,
    /// A MapForce or FlowForce server's inventory, in Cutover's neutral form.
    Altova,
    /// MapForce designs (`.mfd`), which are scanned.
    MapforceDesigns,
    /// Security providers exported from App Builder.
    AppBuilderProviders,
    /// The API keys of an App Builder environment, without their key material.
    AppBuilderKeys,
    /// The users of an App Builder environment.
    AppBuilderUsers,
    /// The REST endpoints of an App Builder environment.
    AppBuilderEndpoints,
    /// A register of OAuth clients and their credentials, whatever keeps them.
    OauthClients,
    /// `settings.toml`, kept by hand.
    Settings,
    /// `reviews.toml`, kept by hand.
    Reviews,
    /// `export.toml`, kept by hand.
    Export,
}

impl Kind {
    /// Every kind, in the order of the report.
    pub const ALL: [Self; 26] = [
        Self::Companies,
        Self::Projects,
        Self::Users,
        Self::InactiveUsers,
        Self::ProjectUsers,
        Self::ProjectAssignments,
        Self::ProjectTools,
        Self::TemplateAssignments,
        Self::PermissionTemplates,
        Self::PermissionManifests,
        Self::AppInstallations,
        Self::AppConfigurations,
        Self::AppManifests,
        Self::Webhooks,
        Self::ServiceAccounts,
        Self::ApiActivity,
        Self::Altova,
        Self::MapforceDesigns,
        Self::AppBuilderProviders,
        Self::AppBuilderKeys,
        Self::AppBuilderUsers,
        Self::AppBuilderEndpoints,
        Self::OauthClients,
        Self::Settings,
        Self::Reviews,
        Self::Export,
    ];

    /// The name used in files and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Companies => "companies",
            Self::Projects => "projects",
            Self::Users => "users",
            Self::InactiveUsers => "inactive_users",
            Self::ProjectUsers => "project_users",
            Self::ProjectAssignments => "project_assignments",
            Self::ProjectTools => "project_tools",
            Self::TemplateAssignments => "template_assignments",
            Self::PermissionTemplates => "permission_templates",
            Self::PermissionManifests => "permission_manifests",
            Self::AppInstallations => "app_installations",
            Self::AppConfigurations => "app_configurations",
            Self::AppManifests => "app_manifests",
            Self::Webhooks => "webhooks",
            Self::ServiceAccounts => "service_accounts",
            Self::ApiActivity => "api_activity",
            Self::Altova => "altova",
            Self::MapforceDesigns => "mapforce_designs",
            Self::AppBuilderProviders => "app_builder_providers",
            Self::AppBuilderKeys => "app_builder_keys",
            Self::AppBuilderUsers => "app_builder_users",
            Self::AppBuilderEndpoints => "app_builder_endpoints",
            Self::OauthClients => "oauth_clients",
            Self::Settings => "settings",
            Self::Reviews => "reviews",
            Self::Export => "export",
        }
    }

    /// The kind with this [`Kind::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// How to get a file of this kind.
    pub fn how_to_export(self) -> &'static str {
        match self {
            Self::Companies => "GET /rest/v1.0/companies",
            Self::Projects => "GET /rest/v1.1/projects?company_id=… with filters[by_status]=All",
            Self::Users => "GET /rest/v1.3/companies/{company}/users, and users/{id} for service identities",
            Self::InactiveUsers => "GET /rest/v1.0/companies/{company}/users/inactive",
            Self::ProjectUsers => "GET /rest/v1.0/projects/{project}/users for each project",
            Self::ProjectAssignments => "GET /rest/v1.0/companies/{company}/users/{user}/project_assignments",
            Self::ProjectTools => "GET /rest/v1.0/projects/{project}/tools for each project",
            Self::TemplateAssignments => "Permissions tool, Reporting, Template Assignment Export-CSV",
            Self::PermissionTemplates => {
                "GET /rest/v1.0/companies/{company}/permission_templates?view=with_permissions, \
                 once more with filters[type]=company_tools"
            }
            Self::PermissionManifests => "GET /rest/v1.0/settings/permissions with the identity's own token",
            Self::AppInstallations => "GET /rest/v1.0/app_installations?company_id=…, and each /{id}",
            Self::AppConfigurations => "GET /rest/v1.0/companies/{company}/app_configurations",
            Self::AppManifests => "the manifest text from the developer portal",
            Self::Webhooks => "GET /rest/v1.0/webhooks/hooks?company_id=… (version 2.0 does not name the owner)",
            Self::ServiceAccounts => "copy the Service Accounts page of Company Settings into a table",
            Self::ApiActivity => "developer portal, Integration Health, Download CSV",
            Self::Altova => "write the inventory document of the server (docs/exporting.md), or collect its .mfd files",
            Self::MapforceDesigns => "collect the .mfd files of the mappings",
            Self::AppBuilderProviders => "App Builder, Security Providers, More, Export Provider; then `cutover scrub`",
            Self::AppBuilderKeys => "list the API keys in a table (docs/exporting.md)",
            Self::AppBuilderUsers => "list the App Builder users in a table (docs/exporting.md)",
            Self::AppBuilderEndpoints => "list the App Builder endpoints (docs/exporting.md)",
            Self::OauthClients => "keep a register of OAuth clients (docs/exporting.md)",
            Self::Settings => "write settings.toml by hand",
            Self::Reviews => "write reviews.toml by hand",
            Self::Export => "write export.toml by hand",
        }
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

    /// One record of this kind, with its article.
    pub fn one(self) -> &'static str {
        match self {
            Self::Companies => "a company",
            Self::Projects => "a project",
            Self::Users | Self::InactiveUsers | Self::ProjectUsers => "a user",
            Self::ProjectAssignments => "a project assignment",
            Self::ProjectTools => "a tool of a project",
            Self::PermissionTemplates => "a template",
            Self::AppInstallations => "an installation",
            Self::AppConfigurations => "an app configuration",
            Self::Webhooks => "a webhook",
            _ => "a record",
        }
    }

    /// Whether the API gives a list of these records, in pages or whole.
    pub(super) fn is_list_of_api(self) -> bool {
        matches!(
            self,
            Self::Companies
                | Self::Projects
                | Self::Users
                | Self::InactiveUsers
                | Self::ProjectUsers
                | Self::ProjectAssignments
                | Self::ProjectTools
                | Self::PermissionTemplates
                | Self::AppInstallations
                | Self::AppConfigurations
                | Self::Webhooks
                | Self::ServiceAccounts
        )
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
