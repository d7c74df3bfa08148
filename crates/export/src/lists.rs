//! The kinds whose files are plain lists: every record stands by itself and is kept as it was read. A row of the table is
//! all that a new one needs here.

use crate::Read;
use crate::file::Reader;
use crate::pass;
use crate::records::{
    AppConfiguration, AppInstallation, Company, PermissionTemplate, Project, ServiceAccount, Webhook,
};
use cutover_model::kind::Kind;

/// The table. A row gives the kind, the list and its records, and the member without which a record cannot be told from
/// others. The kinds behind the rows are read in ways of their own; one that is forgotten here does not compile.
macro_rules! lists {
    (
        $($(#[$doc:meta])+ $kind:ident => $list:ident: $record:ident $(by $id:ident)?,)+
        special: $($special:ident),+ $(,)?
    ) => {
        /// The records of plain lists.
        #[derive(Debug, Default)]
        pub struct Lists {
            $($(#[$doc])+ pub $list: Vec<Read<$record>>,)+
        }

        impl Lists {
            /// Adds the records of a later file.
            pub(super) fn append(&mut self, other: &mut Self) {
                $(self.$list.append(&mut other.$list);)+
            }
        }

        /// A kind whose files are read in a way of their own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Special {
            $($special,)+
        }

        /// How files of a kind are read in a way of their own; `None` for plain lists.
        pub(super) fn special(kind: Kind) -> Option<Special> {
            match kind {
                $(Kind::$kind => None,)+
                $(Kind::$special => Some(Special::$special),)+
            }
        }

        /// Reads a plain list in one pass.
        pub(super) fn reader_of(kind: Kind) -> Option<pass::Reader> {
            match kind {
                $(Kind::$kind => Some(pass::Reader::of::<$record>()),)+
                _ => None,
            }
        }

        impl Reader {
            /// Keeps the usable records of a plain list.
            pub(super) fn take_list(&mut self, kind: Kind, usable: &[bool]) {
                match kind {
                    $(Kind::$kind => {
                        let read: Vec<Read<$record>> = self.records(usable);
                        $(let read = self.with_ids(kind, read, |record| &record.$id);)?
                        self.out.records.lists.$list = read;
                    })+
                    _ => {}
                }
            }
        }
    };
}

lists! {
    /// The companies the caller sees.
    Companies => companies: Company,
    /// The projects.
    Projects => projects: Project by id,
    /// Permission templates.
    PermissionTemplates => permission_templates: PermissionTemplate by id,
    /// App installations.
    AppInstallations => app_installations: AppInstallation by id,
    /// Configurations of embedded apps.
    AppConfigurations => app_configurations: AppConfiguration,
    /// Webhooks.
    Webhooks => webhooks: Webhook by id,
    /// The rows of the Service Accounts page.
    ServiceAccounts => service_accounts: ServiceAccount,

    special: Users, InactiveUsers, ProjectUsers, ProjectAssignments, ProjectTools, TemplateAssignments,
    PermissionManifests, AppManifests, ApiActivity, Altova, MapforceDesigns, AppBuilderProviders, AppBuilderKeys,
    AppBuilderUsers, AppBuilderEndpoints, OauthClients, Settings, Reviews, Export,
}
