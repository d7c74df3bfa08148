//! The integrations of an audit: what each asks for, holds, uses and was approved for, tool by tool.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Thing;

/// The most integrations that a result lists: those with the worst violations.
pub const MAX_INTEGRATIONS: usize = 200;

/// An app with its identities, or a legacy account without an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Integration {
    /// The company it is in, by name.
    pub company: String,
    /// The app, or the account where there is no app.
    pub thing: Thing,
    /// The accounts that act for it.
    pub identities: Vec<Thing>,
    /// The state of the app's installation, if it is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The installed version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many projects its accounts are members of.
    pub projects: usize,
    /// How many stored credentials belong to it.
    pub credentials: usize,
    /// How many webhooks its accounts own.
    pub webhooks: usize,
    /// Whether it administers the company; left out where that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administers: Option<bool>,
    /// The tools of which the export says that it asks for, holds or uses them.
    pub tools: Vec<ToolAccess>,
}

/// What an integration asks for, holds and uses of one tool: `none`, `read_only`, `standard` or `admin`; left out where it
/// is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolAccess {
    /// The tool.
    pub tool: Thing,
    /// The level that the installed manifest asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The highest level that it holds anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The lowest level that explains its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// Whether `reviews.toml` approves it: an exception, or the reason for Admin.
    pub approved: bool,
}
