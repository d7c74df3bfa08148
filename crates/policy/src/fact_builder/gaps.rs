//! What the export does not list: facts that may exist and that nobody can tell.
//!
//! A list that is not there is unknown, and one that is there and empty is complete: without the first, a control with no
//! fact to evaluate would pass for one that had nothing to find.

use super::{Action, FactBuilder, Type};
use cutover_inventory::apps::{App, Installation};
use cutover_inventory::classify::IdentityKind;
use cutover_inventory::directory::Identity;
use cutover_model::kind::Kind;

impl FactBuilder<'_> {
    /// Notes the lists that are missing.
    pub(super) fn gaps(&mut self) {
        self.gaps_of_people();
        self.gaps_of_apps();
        for server in &self.company.altova.servers {
            for list in &server.unlisted {
                let facts: &[(Action, Type)] = match *list {
                    "altova.credentials" => &[
                        (Action::Stored, Type::Credential),
                        (Action::Redirects, Type::Credential),
                        (Action::Offers, Type::AuthorizationServer),
                    ],
                    "altova.mappings" => &[(Action::Designed, Type::Mapping)],
                    "altova.jobs" => &[(Action::Runs, Type::Job)],
                    "altova.permissions" => &[(Action::Permits, Type::Role)],
                    _ => &[(Action::Exported, Type::Package)],
                };
                self.facts.note_gap(list, facts);
            }
        }
    }

    /// The users of the company, and who is on which project.
    fn gaps_of_people(&mut self) {
        use Action::{Belongs, Exists, Holds};
        let company = self.company;
        if !company.directory.listed {
            let managed = Type::ManagedAccount;
            let facts = [(Exists, managed), (Holds, managed), (Belongs, managed), (Holds, Type::Person)];
            self.facts.note_gap("users", &facts);
        }
        let by_table = company.present.contains(&Kind::TemplateAssignments);
        for (kind, entity_type) in [
            (IdentityKind::Managed, Type::ManagedAccount),
            (IdentityKind::Legacy, Type::LegacyAccount),
            (IdentityKind::Person, Type::Person),
        ] {
            let is_open = |(index, identity): (usize, &Identity)| {
                identity.class.kind == kind && !identity.removed && !company.projects_known(index)
            };
            if !by_table && company.directory.identities.iter().enumerate().any(is_open) {
                self.facts.note_gap("memberships", &[(Belongs, entity_type)]);
            }
        }
    }

    /// The installed apps, what they ask for, and what they call.
    fn gaps_of_apps(&mut self) {
        use Action::{Authenticates, Calls, Declares, Installed, Raises, Requests};
        let company = self.company;
        let app = |action| (action, Type::App);
        if !company.apps.complete() {
            let facts = [Installed, Requests, Declares, Authenticates, Raises, Calls].map(app);
            self.facts.note_gap("installations", &facts);
        }
        let is_installed = |app: &&App| app.installation.as_ref().is_some_and(Installation::is_installed);
        for one in company.apps.all.iter().filter(is_installed) {
            if one.installed_manifest().is_none() {
                self.facts.note_gap("installed manifests", &[Requests, Declares, Authenticates].map(app));
            }
            let offered = one.installation.as_ref().and_then(|installation| installation.update_offered.value());
            let has_newer = one
                .installed_manifest()
                .is_some_and(|installed| one.manifests.iter().any(|manifest| manifest.version != installed.version));
            if offered != Some(&false) && !has_newer {
                self.facts.note_gap("offered manifests", &[app(Raises)]);
            }
        }
        for (index, one) in company.apps.all.iter().enumerate() {
            if is_installed(&one) && company.usage_of(index).is_none() {
                self.facts.note_gap("calls", &[app(Calls)]);
            }
        }
    }
}
