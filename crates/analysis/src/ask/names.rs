//! Whom and what a question names: by id, name, e-mail or the beginning of one of them, as long as that is one thing only.

use miette::Diagnostic as MietteDiagnostic;
use thiserror::Error;

use smol_str::SmolStr;

use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::{Scope, Tool, Tools};
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::level::Level;

/// Candidates that an error names.
const MAX_NAMED: usize = 8;
/// How alike names must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.6;

/// Why a name names nothing.
#[derive(Debug, Error, MietteDiagnostic)]
#[error("{what}")]
#[diagnostic(help("{help}"))]
pub struct NameError {
    /// What is wrong.
    pub what: String,
    /// What could be meant.
    pub help: String,
}

/// A thing with every name it goes by, the first of which is shown.
#[derive(Debug)]
pub(crate) struct Candidate<T> {
    pub thing: T,
    pub shown: String,
    pub names: Vec<String>,
}

/// Those that are called so, or else those whose name begins so.
pub(crate) fn matching<'c, T>(name: &str, candidates: &'c [Candidate<T>]) -> Vec<&'c Candidate<T>> {
    let wanted = name.trim().to_lowercase();
    let find = |fits: &dyn Fn(&str) -> bool| -> Vec<&'c Candidate<T>> {
        candidates.iter().filter(|candidate| candidate.names.iter().any(|name| fits(&name.to_lowercase()))).collect()
    };
    let exact = find(&|name| name == wanted);
    if exact.is_empty() && !wanted.is_empty() { find(&|name| name.starts_with(&wanted)) } else { exact }
}

/// The only one of some things that a name names: one that is called so, or else one whose name begins so.
pub(crate) fn only<T: Clone + PartialEq>(kind: &str, name: &str, candidates: &[Candidate<T>]) -> Result<T, NameError> {
    match matching(name, candidates).as_slice() {
        [one, rest @ ..] if rest.iter().all(|other| other.thing == one.thing) => Ok(one.thing.clone()),
        [] => Err(NameError {
            what: format!("there is no {kind} `{}` in this export", escape::name(name)),
            help: similar(&name.trim().to_lowercase(), candidates),
        }),
        many => {
            let named = many.iter().take(MAX_NAMED).map(|candidate| candidate.shown.as_str()).collect::<Vec<_>>();
            let more =
                if many.len() > MAX_NAMED { format!(", and {} more", many.len() - MAX_NAMED) } else { String::new() };
            Err(NameError {
                what: format!("`{}` could be any of {} {kind}s", escape::name(name), many.len()),
                help: format!("give an id, or more of the name: {}{more}", named.join(", ")),
            })
        }
    }
}

fn similar<T>(wanted: &str, candidates: &[Candidate<T>]) -> String {
    // Of names as long as a book the beginning is enough to tell.
    let short = |text: &str| text.chars().take(100).collect::<String>();
    let wanted = short(wanted);
    let likeness = |candidate: &Candidate<T>| {
        let each = candidate.names.iter().map(|name| strsim::jaro_winkler(&wanted, &short(&name.to_lowercase())));
        each.fold(0.0, f64::max)
    };
    let mut all: Vec<(f64, &str)> =
        candidates.iter().map(|candidate| (likeness(candidate), candidate.shown.as_str())).collect();
    all.retain(|(likeness, _)| *likeness >= ALIKE);
    all.sort_by(|one, two| two.0.total_cmp(&one.0).then_with(|| one.1.cmp(two.1)));
    let named: Vec<&str> = all.iter().take(3).map(|(_, shown)| *shown).collect();
    match named.as_slice() {
        [] => "`cutover graph EXPORT` shows who and what there is".to_owned(),
        named => format!("alike are {}", named.join(", ")),
    }
}

/// The identity of this name, with the number of its company; where no identity has the name, that of the app of this name.
///
/// # Errors
/// When there is none, or more than one.
pub fn identity(inventory: &Inventory, name: &str) -> Result<(usize, IdentityIx), NameError> {
    let mut candidates = Vec::new();
    for (number, company) in inventory.companies.iter().enumerate() {
        for (index, identity) in company.directory.identities.iter().enumerate().filter(|(_, one)| !one.removed) {
            let mut names = vec![identity.key(), identity.name.clone()];
            names.extend(identity.email.value().map(SmolStr::to_string));
            let account = identity.account.and_then(|account| company.accounts.get(account));
            names.extend(account.map(|account| account.name.clone()));
            names.retain(|name| !name.is_empty());
            let shown = format!("{} ({})", escape::name(&identity.name), escape::name(&identity.key()));
            candidates.push(Candidate { thing: (number, index), shown, names });
        }
    }
    if matching(name, &candidates).is_empty() {
        for candidate in &mut candidates {
            let company = inventory.companies.get(candidate.thing.0);
            let identity = company.and_then(|company| company.directory.identities.get(candidate.thing.1));
            let app = identity.and_then(|identity| company?.apps.all.get(*identity.app.value()?));
            candidate.names.extend(app.into_iter().flat_map(|app| [app.name.clone(), app.key.clone()]));
        }
    }
    only("account", name, &candidates)
}

/// The project of this name in a company.
///
/// # Errors
/// When there is none, or more than one.
pub fn project(company: &Company, name: &str) -> Result<ProjectIx, NameError> {
    let candidates = company.projects.iter().enumerate().map(|(index, project)| {
        let id = project.id.map(|id| id.to_string()).unwrap_or_default();
        let shown = format!("{} ({id})", escape::name(&project.name));
        Candidate { thing: index, shown, names: vec![id, project.name.clone()] }
    });
    only("project", name, &candidates.collect::<Vec<_>>())
}

/// The tool of this name: `project/rfi`, `Project RFIs`, or without the scope where there is only one such tool.
///
/// # Errors
/// When there is none, or more than one.
pub fn tool(inventory: &Inventory, tools: &Tools, name: &str) -> Result<Tool, NameError> {
    let scoped = |scope: Scope, rest: &str| Some(tools.resolve(scope, rest)).filter(|tool| tools.recognises(tool));
    if let Some((scope, rest)) = name.split_once(['/', ' ']) {
        let scope = match scope.to_lowercase().as_str() {
            "company" => Some(Scope::Company),
            "project" => Some(Scope::Project),
            _ => None,
        };
        if let Some(tool) = scope.and_then(|scope| scoped(scope, rest)) {
            return Ok(tool);
        }
    }
    let mut all: std::collections::BTreeSet<Tool> =
        tools.of(Scope::Company).chain(tools.of(Scope::Project)).cloned().collect();
    all.extend(inventory.companies.iter().flat_map(|company| company.known_tools.iter().cloned()));
    let aliases: Vec<Tool> =
        [Scope::Company, Scope::Project].into_iter().filter_map(|scope| scoped(scope, name)).collect();
    if let [only] = aliases.as_slice() {
        return Ok(only.clone());
    }
    let candidates: Vec<Candidate<Tool>> = all
        .into_iter()
        .map(|tool| {
            let label = tools.label(&tool);
            let bare = label.split_once(' ').map(|(_, bare)| bare.to_owned()).unwrap_or_default();
            let names = vec![tool.to_string(), tool.key.to_string(), label, bare];
            Candidate { shown: escape::name(&tool.to_string()), thing: tool, names }
        })
        .collect();
    only("tool", name, &candidates)
}

/// A level in any of its spellings.
///
/// # Errors
/// When it is none.
pub fn level(name: &str) -> Result<Level, String> {
    Level::parse(name).ok_or_else(|| "expected none, read-only, standard or admin".to_owned())
}
