//! The least manifest for an account: what it uses, or what it holds where its use is unknown.

use std::collections::BTreeMap;

use crate::ask::document::Source;
use crate::ask::names::{self, NameError};
use crate::ask::thing_of;
use crate::audit::{places, tool_info};
use cutover_export::Export;
use cutover_inventory::access::{Grant, Through};
use cutover_inventory::apps::App;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::About;
use cutover_inventory::tools::{Scope, Tool, Tools};
use cutover_inventory::usage::Usage;
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::level::Level;
use cutover_model::natural::counted;
use cutover_model::result::Thing;
use cutover_model::result::manifest::{
    EvidenceBasis, LineEvidence, ManifestProposal, ProposedApp, ProposedManifest, ProposedPermissions, SCHEMA,
};

/// Projects that are named.
const MAX_PROJECTS: usize = 20;

/// Proposes a manifest for the app that is to replace an account.
///
/// # Errors
/// When the name means no account, or more than one.
pub fn manifest(
    export: &Export,
    inventory: &Inventory,
    tools: &Tools,
    account: &str,
) -> Result<ManifestProposal, NameError> {
    let (number, identity) = names::identity(inventory, account)?;
    let source = Source { export, inventory, tools };
    let thing = thing_of(source, number, &About::Identity(identity));
    let Some(company) = inventory.companies.get(number) else {
        return Err(NameError {
            what: "the export holds no company".to_owned(),
            help: "see docs/exporting.md".to_owned(),
        });
    };
    let person = company.directory.identities.get(identity);
    let app = person.and_then(|person| company.apps.all.get(*person.app.value()?));
    let usage = company.usage_of_identity(identity);
    let mut permissions = ProposedPermissions::default();
    let mut evidence = Vec::new();
    let mut not_expressed = Vec::new();
    for (tool, grant) in highest(company, identity) {
        let is_unknown = grant.given.level.is_none() && grant.through != Through::CompanyAdministrator;
        if is_unknown && usage.and_then(|usage| usage.needed(&tool)).is_none() {
            let what =
                format!("the unknown level on {}: export its template with view=with_permissions", tools.label(&tool));
            not_expressed.push(what);
            continue;
        }
        if given(&grant) == Level::None && !is_unknown {
            continue;
        }
        let line = line(&tool, &grant, usage, tools, &mut not_expressed);
        let (level, basis, because, at) = line;
        let key = tool.key.to_string();
        if level > Level::None && tool.is_custom() {
            not_expressed.push(format!("{level} on {}: every company has custom tools of its own", tools.label(&tool)));
        } else if level > Level::None {
            let place = if tool.scope == Scope::Company { &mut permissions.company } else { &mut permissions.project };
            place.insert(key, written(level).to_owned());
        }
        evidence.push(LineEvidence {
            tool: Thing::new("Tool", tool.to_string(), tools.label(&tool)),
            level: level.id().to_owned(),
            basis,
            because,
            location: places::location(export, &at),
        });
    }
    not_expressed.extend(beside(company, identity));
    let name = app.map_or_else(|| thing.name.to_string(), |app| app.name.clone());
    Ok(ManifestProposal {
        schema: SCHEMA.to_owned(),
        tool: tool_info(),
        account: thing,
        manifest: ProposedManifest {
            schema_version: "4.1".to_owned(),
            app_manifest: ProposedApp { uid: app.and_then(uid), name },
            permissions,
        },
        evidence,
        not_expressed,
    })
}

/// The key of an app is its uid where the export states one, else its name in dashes.
fn uid(app: &App) -> Option<String> {
    (!app.slugs.contains(&app.key)).then(|| app.key.clone())
}

/// A level as manifests of version 4.1 write it.
fn written(level: Level) -> &'static str {
    match level {
        Level::ReadOnly => "readonly",
        other => other.id(),
    }
}

/// The highest grant on each tool, in the company or in any project, that a template or Procore's own answer gives. What
/// company administration adds is not asked for.
fn highest(company: &Company, identity: IdentityIx) -> BTreeMap<Tool, Grant> {
    let of_projects =
        company.places(identity).flat_map(|membership| company.project_grants(identity, &membership, &[]));
    let mut out: BTreeMap<Tool, Grant> = BTreeMap::new();
    for grant in company.company_grants(identity, &[]).into_iter().chain(of_projects) {
        let is_higher = |known: &Grant| given(known) < given(&grant);
        if out.get(&grant.tool).is_none_or(is_higher) {
            out.insert(grant.tool.clone(), grant);
        }
    }
    out
}

/// The level that is given, without what company administration adds; the least that is certain where it is unknown.
fn given(grant: &Grant) -> Level {
    let is_raised = grant.through == Through::CompanyAdministrator;
    grant.given.level.unwrap_or(if is_raised { Level::None } else { grant.level.least() })
}

/// The level to ask for, and why.
fn line(
    tool: &Tool,
    grant: &Grant,
    usage: Option<&Usage>,
    tools: &Tools,
    not_expressed: &mut Vec<String>,
) -> (Level, EvidenceBasis, String, Evidence) {
    let held = given(grant);
    let granular = grant.given.granular.as_ref().map_or(0, |granular| granular.len());
    if granular > 0 {
        let what = counted(granular, "granular permission");
        not_expressed.push(format!("{what} on {}: a manifest has four levels only", tools.label(tool)));
    }
    let Some(needed) = usage.and_then(|usage| usage.needed(tool)) else {
        let why = match usage {
            Some(_) => "the activity report does not tell whether it is used",
            None => "no activity report tells whether it is used",
        };
        return (held, EvidenceBasis::Held, format!("it holds {held}; {why}"), grant.evidence.clone());
    };
    let calls = usage.and_then(|usage| usage.calls.get(tool));
    let at = usage.map_or_else(|| grant.evidence.clone(), |usage| usage.place_of(tool));
    // A level that is unknown does not limit what was used.
    let level = if grant.given.level.is_some() { needed.min(held) } else { needed };
    let because = match (needed, calls) {
        (Level::None, _) => format!("it holds {held} and did not call the tool"),
        (_, Some(calls)) => {
            let (read, write) =
                (counted(small(calls.read), "reading call"), counted(small(calls.write), "writing call"));
            format!("it holds {held} and made {read} and {write}")
        }
        (_, None) => format!("it holds {held}"),
    };
    (level, EvidenceBasis::Used, because, at)
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What an account has beside levels on tools.
fn beside(company: &Company, identity: IdentityIx) -> Vec<String> {
    let mut out = Vec::new();
    let names: Vec<String> = company
        .member_projects(identity)
        .filter_map(|id| company.projects.iter().find(|project| project.id == Some(id)))
        .map(|project| escape::name(&project.name))
        .collect();
    if !names.is_empty() {
        let shown = names.iter().take(MAX_PROJECTS).cloned().collect::<Vec<_>>().join("; ");
        let more = names.len().saturating_sub(MAX_PROJECTS);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        out.push(format!(
            "{}: the customer permits them (App Management → app → Permissions): {shown}{more}",
            counted(names.len(), "project")
        ));
    }
    if company.administers(identity) == Some(true) {
        out.push("company administration, which gives Admin on every tool: ask for the tools that are used".to_owned());
    }
    let person = company.directory.identities.get(identity);
    if person.is_some_and(|person| person.creates_projects.value() == Some(&true)) {
        out.push("the right to create projects".to_owned());
    }
    if person.is_some_and(|person| person.adds_to_new_projects.value() == Some(&true)) {
        out.push("membership in every new project: the customer permits each".to_owned());
    }
    let hooks = company.hooks.iter().filter(|hook| hook.owner.value() == Some(&identity)).count();
    if hooks > 0 {
        out.push(format!("{}: they are created again under the app", counted(hooks, "webhook")));
    }
    out
}
