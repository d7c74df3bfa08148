//! The records of a Procore export: the members Cutover uses, under the names Procore gives them.
//!
//! Everything else in a record is skipped. Signed links (`avatar`, `manifest_url`, `logo_url`, `thumbnail_url`) are
//! never kept. Sources: Procore's REST reference, versions 1.0 to 2.0; see `docs/exporting.md` for the calls.

pub mod app_builder;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use smol_str::{SmolStr, format_smolstr};

use super::field::{Field, Id, KeyedHash, LevelText, Named, Shape, record};

pub mod altova;
pub mod identified;
pub mod oauth;

record! {
    /// A company, from the list of companies.
    Company { id: Id, name: String, is_active: bool }
}

record! {
    /// A reference by id and name.
    Reference { id: Id, name: String }
}

record! {
    /// A project. `active` here, `is_active` elsewhere.
    Project {
        id: Id,
        name: String,
        display_name: String,
        active: bool,
        is_demo: bool,
        /// The template *project* this one was made from; unrelated to permission templates.
        project_template: Reference,
        company: Reference,
    }
}

/// Declares the records of a user and of the template that it names, with texts of one type.
macro_rules! user {
    ($(#[$meta:meta])* $user:ident, $(#[$template_meta:meta])* $template:ident, $text:ty) => {
        record! {
            $(#[$template_meta])*
            #[derive(Hash)]
            $template { id: Id, name: $text, project_specific: bool, r#type: $text }
        }

        record! {
            $(#[$meta])*
            #[derive(Hash)]
            $user {
                id: Id,
                name: $text,
                first_name: $text,
                last_name: $text,
                email_address: $text,
                is_active: bool,
                is_employee: bool,
                job_title: $text,
                created_at: NaiveDate,
                last_login_at: NaiveDate,
                welcome_email_sent_at: NaiveDate,
                /// List view: the default project template; in a project's list, the one in force there.
                permission_template: $template,
                company_permission_template: $template,
                /// Show view.
                default_permission_template_id: Id,
                company_permission_template_id: Id,
                add_to_new_projects: bool,
            }
        }
    };
}

user! {
    /// A directory user of the company or of a project, from a list (versions 1.0 to 1.3) or a show.
    User,
    /// The template of a user, as lists show it.
    TemplateReference,
    SmolStr
}

user! {
    /// The same, of which only counts whether it says what another record said: the texts are not kept.
    ListedUser,
    /// The template of a user, without its texts.
    ListedTemplate,
    KeyedHash
}

record! {
    /// One project of one user's project assignments; lists the projects the user is *not* on as well.
    ProjectAssignment { project_id: Id, is_assigned: bool, permission_template_name: String }
}

record! {
    /// One tool of a project: whether it is switched on there. Off, it answers 403 whatever the caller's level.
    ProjectTool { engine_name: String, title: String, is_active: bool }
}

record! {
    /// A permission template, from the list, the list `with_permissions`, or a show.
    PermissionTemplate {
        id: Id,
        name: String,
        project_specific: bool,
        r#type: String,
        company_id: Id,
        project_id: Id,
        user_access_levels: Named<LevelText>,
        permissions: Named<Granular>,
    }
}

/// The granular permissions of one tool, by name. Procore does not publish the shape; an array of actions and an object
/// of switches are both read. An action without a name is known by its place in the array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granular(pub BTreeSet<SmolStr>);

impl Shape for Granular {
    fn from_list<'de, A: serde::de::SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut names = BTreeSet::new();
        let mut place = 0_usize;
        while let Some(action) = list.next_element::<Field<ActionName>>()? {
            place += 1;
            let name = action.value().and_then(|action| action.0.clone());
            names.insert(name.unwrap_or_else(|| format_smolstr!("#{place}")));
        }
        Ok(Some(Self(names)))
    }
    fn from_object<'de, A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, switch)) = map.next_entry::<SmolStr, Field<bool>>()? {
            if switch.value() != Some(&false) && switch != Field::Null {
                names.insert(name);
            }
        }
        Ok(Some(Self(names)))
    }
}

/// The name of an action: a text, a number, or the member of an object that says it.
struct ActionName(Option<SmolStr>);

impl Shape for ActionName {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(Some(text.into())))
    }
    fn from_number(number: i128) -> Option<Self> {
        Some(Self(Some(format_smolstr!("{number}"))))
    }
    fn from_object<'de, A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut found: [Option<SmolStr>; 4] = Default::default();
        while let Some((member, value)) = map.next_entry::<SmolStr, Field<Plain>>()? {
            let members = ["action_name", "name", "label", "id"];
            if let Some((_, place)) = members.iter().zip(&mut found).find(|(name, _)| **name == member) {
                *place = value.value().map(|value| value.0.clone());
            }
        }
        Ok(Some(Self(found.into_iter().flatten().next())))
    }
}

/// A text or a number, as text.
struct Plain(SmolStr);

impl Shape for Plain {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.into()))
    }
    fn from_number(number: i128) -> Option<Self> {
        Some(Self(format_smolstr!("{number}")))
    }
}

record! {
    /// One tool of a permission manifest (`settings/permissions`): what the calling identity may really do.
    PermittedTool {
        name: String,
        friendly_name: String,
        user_access_level: LevelText,
        permitted_actions: Granular,
    }
}

record! {
    /// A person who installed or removed an app.
    Installer { id: Id, login: String, name: String, is_active: bool }
}

record! {
    /// The Marketplace listing of an app.
    MarketplaceApp { public_name: String, built_by: String, support_email: String, approval_state: String, live: bool }
}

record! {
    /// The app behind an installation.
    DeveloperApp {
        id: Id,
        uid: String,
        name: String,
        internal_name: String,
        app_type: String,
        internal: bool,
        marketplace_app: MarketplaceApp,
    }
}

record! {
    /// An app installation, from the list or a show. `installed_at` is the time of the last installation *or
    /// reinstallation*.
    AppInstallation {
        id: Id,
        app_uid: String,
        status: String,
        installed_at: NaiveDate,
        uninstalled_at: NaiveDate,
        installer: Installer,
        /// Show view: an e-mail address instead of an object.
        installed_by: String,
        semantic_version: String,
        updatable_app_version_id: AnyText,
        developer_app: DeveloperApp,
        post_installation_instruction: Instruction,
        manifest: AppManifest,
    }
}

/// A version id that is sometimes a number and sometimes text; only its presence counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyText;

impl Shape for AnyText {
    fn from_text(_: &str) -> Option<Self> {
        Some(Self)
    }
    fn from_number(_: i128) -> Option<Self> {
        Some(Self)
    }
}

record! {
    /// What the administrator reads after installing.
    Instruction { notes: String, page: InstructionPage }
}

record! {
    /// The page an instruction links to.
    InstructionPage { url: String, label: String }
}

record! {
    /// The tools a manifest asks for, by the place where the tool lives.
    RequestedPermissions { company: Named<LevelText>, project: Named<LevelText> }
}

record! {
    /// A data connection of a version 3 manifest.
    OauthInstance { uid: String, grant_type: String, permissions: RequestedPermissions }
}

record! {
    /// The data connections of a version 3 manifest.
    Oauth { instances: Vec<Field<OauthInstance>> }
}

record! {
    /// An embedded page; only that there is one matters.
    Embedded { uuid: String }
}

record! {
    /// The embedded pages of a version 3 manifest.
    Iframe { instances: Vec<Field<Embedded>> }
}

record! {
    /// The components of a version 3 manifest.
    Components { oauth: Oauth, iframe: Iframe }
}

record! {
    /// An app manifest, schema 3, 3.2 or 4.1. Version 3 keeps the permissions inside the data connection, version
    /// 4.1 at the top.
    AppManifest {
        schema_version: String,
        app_manifest: ManifestIdentity,
        post_installation_instruction: Instruction,
        components: Components,
        fullscreen: Embedded,
        sidepanel: Embedded,
        permissions: RequestedPermissions,
    }
}

record! {
    /// What a manifest says of its app.
    ManifestIdentity { uid: String }
}

record! {
    /// An app configuration: for embedded pages; says nothing about permitted projects.
    AppConfiguration { id: Id, app_installation_id: Id, title: String }
}

record! {
    /// A webhook, version 1.0 or 2.0.
    Webhook {
        id: Id,
        status: String,
        namespace: String,
        destination_url: String,
        owned_by_user_id: Id,
        owned_by_company_id: Id,
        owned_by_project_id: Id,
    }
}

record! {
    /// A row of the Service Accounts page, from CSV or JSON.
    ServiceAccount {
        name: String,
        app_name: String,
        app_type: String,
        marketplace_app: String,
        description: String,
        developer_name: String,
        developer_email: String,
        client_id: String,
        owner: String,
        last_used: String,
    }
}

record! {
    /// A row of the Project Permissions Template Assignments. There is no user id: rows are joined by e-mail.
    TemplateAssignment {
        project_name: String,
        project_id: Id,
        /// Empty when no template is applied.
        template: String,
        email: String,
        has_project_creation_override: YesNo,
    }
}

/// A yes or no in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YesNo(pub bool);

impl Shape for YesNo {
    fn from_text(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Some(Self(true)),
            "false" | "no" | "n" | "0" => Some(Self(false)),
            _ => None,
        }
    }
    fn from_flag(flag: bool) -> Option<Self> {
        Some(Self(flag))
    }
}

record! {
    /// A row of the API Call Activity Report.
    ActivityRow { date: NaiveDate, response_code: Id, http_method: String, normalized_route: String, count: Id }
}
