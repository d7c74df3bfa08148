//! The kinds of file that an export consists of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
            pub fn is_list_of_api(self) -> bool {
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

/// The systems that a company may not use at all: a name, and the kinds of file that describe it.
pub const SYSTEMS: [(&str, &[Kind]); 3] = [
    ("MapForce/FlowForce", &[Kind::Altova, Kind::MapforceDesigns]),
    (
        "App Builder",
        &[Kind::AppBuilderProviders, Kind::AppBuilderKeys, Kind::AppBuilderUsers, Kind::AppBuilderEndpoints],
    ),
    ("OAuth register", &[Kind::OauthClients]),
];

impl Kind {
    /// The kind with this [`Kind::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id().replace('_', " "))
    }
}
