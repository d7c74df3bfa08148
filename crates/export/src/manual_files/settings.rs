//! `settings.toml` and `export.toml`: what no screen of Procore exports, and what is said of the files themselves.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::app_builder::AppBuilderSettings;
use super::date_or_none;
use crate::field::Id;
use cutover_model::kind::Kind;

/// `settings.toml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "settings.toml")]
pub struct Settings {
    /// The `Allow User Installs` switch.
    pub allow_user_installs: Option<bool>,
    /// What Admin on the company directory implies.
    pub company_admin_scope: CompanyAdminScope,
    /// The projects that are templates for others: no list of projects says so.
    pub template_projects: Option<Vec<u64>>,
    /// Until when new service accounts were given Admin on every company tool.
    #[serde(deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub admin_default_ended: Option<NaiveDate>,
    /// What the company decided about its App Builder environments.
    pub app_builder: AppBuilderSettings,
}

/// What Admin on the company directory implies for other tools. Procore's pages differ; the strictest is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum CompanyAdminScope {
    /// Every company tool, and every project tool everywhere.
    #[default]
    #[serde(rename = "all projects")]
    AllProjects,
    /// Every company tool, and project tools on the projects the identity belongs to.
    #[serde(rename = "member projects")]
    MemberProjects,
    /// Company tools only.
    #[serde(rename = "company tools")]
    CompanyTools,
}

impl CompanyAdminScope {
    /// The words in `settings.toml`.
    pub fn id(self) -> &'static str {
        match self {
            Self::AllProjects => "all projects",
            Self::MemberProjects => "member projects",
            Self::CompanyTools => "company tools",
        }
    }
}

/// `export.toml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "export.toml")]
pub struct ExportFile {
    /// Whose export this is.
    #[serde(deserialize_with = "id_or_none")]
    #[schemars(with = "u64")]
    pub company_id: Option<Id>,
    /// Its name.
    pub company_name: Option<String>,
    /// When the files were collected.
    #[serde(deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub collected_at: Option<NaiveDate>,
    /// Kinds of files whose name does not tell.
    #[schemars(with = "BTreeMap<String, Kind>")]
    pub kinds: BTreeMap<String, String>,
}

fn id_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Id>, D::Error> {
    u64::deserialize(deserializer).map(|id| Some(Id(id)))
}
