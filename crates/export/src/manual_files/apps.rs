//! The records of `reviews.toml` about apps: who looked at them, and what was approved.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{date, date_or_none};

/// When an offered update was first noticed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateOffer {
    /// Of which app.
    pub app: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub first_seen: NaiveDate,
}

/// Somebody checked something about an app: its permitted projects, or that its two ways of signing in are kept apart.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppReview {
    /// Of which app.
    pub app: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub on: NaiveDate,
    /// Who.
    pub by: String,
}

/// Somebody assessed the vendor of an app.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VendorReview {
    /// Of which app.
    pub app: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub on: NaiveDate,
    /// Who.
    pub by: String,
    /// Until when it counts.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub expires: Option<NaiveDate>,
}

/// Somebody looked at what a version of an app asks for: to approve it, or to bring the templates in line with it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionReview {
    /// Of which app.
    pub app: String,
    /// Of which version: `2.1.0`.
    pub version: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub on: NaiveDate,
    /// Who.
    pub by: String,
}

/// How an installation came about, as the list of installation requests shows it: that list names no app.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallRequest {
    /// Of which app.
    pub app: String,
    /// Whether an attempt to sign in made it, rather than somebody who asked for the app.
    pub implicit: bool,
}

/// One app takes the place of another.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The app that goes.
    pub old: String,
    /// The app that comes.
    pub new: String,
    /// From when the new one does the work. Without it, the sunset of the timeline in force.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub cut_over: Option<NaiveDate>,
}
