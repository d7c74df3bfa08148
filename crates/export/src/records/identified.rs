//! Records that say which thing they are about, and records that do not.
//!
//! A file can hold millions of empty objects in a few megabytes. Each would take a hundred times its length in memory, so
//! a file is read no further once too many of its records are of no use.

use super::altova::Inventory;
use super::app_builder::{ApiKey, Endpoint, Provider, User as AppBuilderUser};
use super::oauth::OauthClient;
use super::{
    ActivityRow, AppConfiguration, AppInstallation, AppManifest, Company, PermissionTemplate, PermittedTool, Project,
    ProjectAssignment, ProjectTool, ServiceAccount, TemplateAssignment, User, Webhook,
};

/// Records of a file that are of no use, before the file is read no further: objects without what identifies them, values
/// that are no objects, exact repetitions of the record before, lines that are not valid.
pub const MAX_USELESS_RECORDS: usize = 250;
/// What is wrong with a file that holds more of them.
pub const TOO_MANY_USELESS: &str = "more than 250 records are empty, broken, without an id, or repeat the one before; the rest of the file was ignored";

/// A record that can be distinguished from others of its kind, if it has the members for it.
pub trait Identified {
    /// Whether it has.
    fn is_identified(&self) -> bool;
}

/// Kinds of records that are identified by one member.
macro_rules! by_member {
    ($($record:ident: $member:ident),* $(,)?) => {
        $(impl Identified for $record {
            fn is_identified(&self) -> bool {
                self.$member.value().is_some()
            }
        })*
    };
}

/// Kinds of records of which any member may be the one that tells: they are useless when they have none.
macro_rules! by_any_member {
    ($($record:ident),* $(,)?) => {
        $(impl Identified for $record {
            fn is_identified(&self) -> bool {
                *self != Self::default()
            }
        })*
    };
}

by_member!(
    Project: id,
    User: id,
    PermissionTemplate: id,
    AppInstallation: id,
    Webhook: id,
    PermittedTool: name,
    ProjectAssignment: project_id,
);
by_any_member!(
    Company,
    ProjectTool,
    AppConfiguration,
    AppManifest,
    ServiceAccount,
    TemplateAssignment,
    ActivityRow,
    OauthClient,
    Provider,
    Endpoint,
    ApiKey,
    AppBuilderUser,
    Inventory,
);
