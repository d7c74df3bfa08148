//! Lists that seem to be of another company than the files beside them.
//!
//! A list of users says who is not in the directory. Of a list that holds nobody whom the other files name, that would be
//! wrong for everybody.

use std::collections::BTreeSet;

use cutover_export::Records;
use cutover_export::field::Id;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::Origin;
use cutover_model::kind::Kind;

/// So many users have to be named elsewhere before their absence tells anything: one may be gone.
const LEAST_NAMED: usize = 2;

/// Whether the list of users holds nobody whom the other files name.
pub(super) fn users(records: &Records) -> Option<Diagnostic> {
    let first = records.users.first().filter(|_| records.users_listed)?;
    let all = records.users.iter().chain(&records.inactive_users);
    let listed: BTreeSet<Id> = all.filter_map(|read| read.value.id.value().copied()).collect();
    let of_projects = records.project_users.lists.iter().flat_map(|list| list.members.iter().map(|member| member.user));
    let named = of_projects
        .chain(records.project_assignments.iter().map(|of| of.of))
        .chain(records.permitted_tools.iter().map(|of| of.of.user))
        .chain(
            records.lists.app_installations.iter().filter_map(|read| read.value.installer.value()?.id.value().copied()),
        )
        .chain(records.lists.webhooks.iter().filter_map(|read| read.value.owned_by_user_id.value().copied()));
    let mut absent: BTreeSet<Id> = BTreeSet::new();
    for id in named {
        if listed.contains(&id) {
            return None;
        }
        absent.insert(id);
    }
    (absent.len() >= LEAST_NAMED).then(|| {
        let message = format!(
            "none of the {} users named by other files is in the list of users: it seems to belong to another \
             company and is not treated as complete",
            absent.len()
        );
        Diagnostic::new(Code::ForeignList, Place::Offset(first.origin.document, 0), message)
    })
}

/// Lists that name another company than the first file that names one: `export.toml`, the companies, or the projects.
pub(super) fn companies(records: &Records) -> Vec<Diagnostic> {
    let export = records.export.iter().filter_map(|read| Some((read.value.company_id?, read.origin)));
    let companies = records.lists.companies.iter().filter_map(|read| Some((*read.value.id.value()?, read.origin)));
    let projects = records.lists.projects.iter().filter_map(|read| {
        let company = read.value.company.value()?;
        Some((*company.id.value()?, read.origin))
    });
    let templates = records
        .lists
        .permission_templates
        .iter()
        .filter_map(|read| Some((*read.value.company_id.value()?, read.origin)));
    let hooks =
        records.lists.webhooks.iter().filter_map(|read| Some((*read.value.owned_by_company_id.value()?, read.origin)));
    let lists: [(Kind, Vec<(Id, Origin)>); 5] = [
        (Kind::Export, export.collect()),
        (Kind::Companies, companies.collect()),
        (Kind::Projects, projects.collect()),
        (Kind::PermissionTemplates, templates.collect()),
        (Kind::Webhooks, hooks.collect()),
    ];
    let mut lists = lists.into_iter().filter(|(_, ids)| !ids.is_empty());
    let Some((_, own)) = lists.next() else { return Vec::new() };
    let own: BTreeSet<Id> = own.into_iter().map(|(id, _)| id).collect();
    let foreign = lists.filter(|(_, ids)| !ids.iter().any(|(id, _)| own.contains(id)));
    let described = |(kind, ids): (Kind, Vec<(Id, Origin)>)| {
        let (id, origin) = ids.into_iter().min_by_key(|(_, origin)| *origin)?;
        let message =
            format!("the {kind} are of company {id}, the other files are not: they seem to be of another export");
        Some(Diagnostic::new(Code::ForeignList, Place::Offset(origin.document, 0), message))
    };
    foreign.filter_map(described).collect()
}
