//! `cutover.manifest/v1`: a manifest that asks for what an account uses, or holds where its use is unknown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Thing, ToolInfo};

/// The name of this version of the document.
pub const SCHEMA: &str = "cutover.manifest/v1";

/// A proposed manifest, with the evidence of each line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestProposal {
    /// `cutover.manifest/v1`.
    pub schema: String,
    /// What wrote it.
    pub tool: ToolInfo,
    /// The account whose work the app takes over.
    pub account: Thing,
    /// The manifest, in version 4.1 of its schema.
    pub manifest: ProposedManifest,
    /// Why the manifest asks for each tool, and why it leaves others out.
    pub evidence: Vec<LineEvidence>,
    /// What the account has and a manifest cannot ask for.
    pub not_expressed: Vec<String>,
}

/// A manifest in version 4.1 of its schema, as far as an export can fill it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedManifest {
    /// `4.1`.
    pub schema_version: String,
    /// The app.
    pub app_manifest: ProposedApp,
    /// What it asks for.
    pub permissions: ProposedPermissions,
}

/// The app of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedApp {
    /// Its uid, if the export names the app of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Its name: that of the app, or of the account.
    pub name: String,
}

/// The permissions of a manifest: the level on each tool, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedPermissions {
    /// On tools of the company.
    pub company: BTreeMap<String, String>,
    /// On tools of projects.
    pub project: BTreeMap<String, String>,
}

/// Why a manifest asks for a tool, or leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineEvidence {
    /// The tool: `project/rfi`.
    pub tool: Thing,
    /// The level that is asked for: `read_only`, `standard`, `admin`, or `none` where the tool is left out.
    pub level: String,
    /// Whether the level is what the account uses, or what it holds.
    pub basis: EvidenceBasis,
    /// The reason, in a sentence.
    pub because: String,
    /// Where the export says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// What a level is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceBasis {
    /// The API activity report.
    Used,
    /// The level that is held: whether it is used is unknown.
    Held,
}
