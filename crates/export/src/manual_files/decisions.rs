//! The records of `reviews.toml` about what identities may do and are used for.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{date, date_or_none};
use crate::field::Id;

/// A grant outside the rules that is accepted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Whom it is for.
    pub subject: String,
    /// Which tool: `company/directory`.
    pub tool: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub approved_by: String,
    /// Until when.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub expires: Option<NaiveDate>,
}

/// Why an app needs Admin on a tool.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The app.
    pub app: String,
    /// The tool: `company/erp_integrations`.
    pub tool: String,
    /// Why.
    pub reason: String,
}

/// The permitted projects a company decided on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedProjects {
    /// For whom.
    pub subject: String,
    /// Their ids, or "all".
    #[schemars(with = "ListOrAll")]
    pub projects: ProjectList,
}

/// A list of project ids, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectList {
    /// Every project.
    All,
    /// These.
    These(Vec<Id>),
}

impl ProjectList {
    /// What two records approve together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::These(one), Self::These(two)) => {
                let ids: BTreeSet<Id> = one.iter().chain(two).copied().collect();
                Self::These(ids.into_iter().collect())
            }
            _ => Self::All,
        }
    }
}

/// Approval for being added to every new project.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProjects {
    /// For whom.
    pub subject: String,
    /// Who decided.
    pub approved_by: String,
}

/// Somebody looked at what an identity may do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Whose permissions.
    pub subject: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub on: NaiveDate,
    /// Who.
    pub by: String,
}

/// What a company knows about the use of an account or an app.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Of which account or app.
    pub subject: String,
    /// The last use.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub last_used: Option<NaiveDate>,
    /// It was never used.
    #[serde(default)]
    pub never_used: bool,
}

/// An account is to be deleted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedDeletion {
    /// The legacy account.
    pub account: String,
    /// When it is to go.
    #[serde(deserialize_with = "date")]
    pub on: NaiveDate,
    /// The app that does its work from then on. Without it, the app that the Service Accounts page selects.
    #[serde(default)]
    pub replaced_by: Option<String>,
}

/// Which directory user belongs to which app or account, when names do not tell.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The directory user.
    pub user: String,
    /// Its app.
    #[serde(default)]
    pub app: Option<String>,
    /// Its service account.
    #[serde(default)]
    pub account: Option<String>,
}

/// A directory user is a person, whatever its name and address look like.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmedPerson {
    /// The directory user.
    pub user: String,
    /// Who says so.
    pub by: String,
}

/// How a list of projects is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a list of project ids or \"all\"")]
#[schemars(inline)]
enum ListOrAll {
    /// Every project: "all".
    Word(#[schemars(extend("const" = "all"))] String),
    /// The ids of projects.
    Ids(Vec<u64>),
}

impl<'de> Deserialize<'de> for ProjectList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match ListOrAll::deserialize(deserializer)? {
            ListOrAll::Ids(ids) => Ok(Self::These(ids.into_iter().map(Id).collect())),
            ListOrAll::Word(word) if word == "all" => Ok(Self::All),
            ListOrAll::Word(_) => {
                Err(serde::de::Error::custom("expected a list of project ids or \"all\", found another word"))
            }
        }
    }
}
