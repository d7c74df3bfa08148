//! What must be kept: what is in use, and what somebody declared to be needed.
//!
//! In use is what a report of API calls shows; declared is what the installed manifest asks for, an accepted exception
//! or a written reason in `reviews.toml`, and a project that is approved, or else one that the app works on. An edit that
//! takes any of it is never part of a repair.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::edit::{Edit, Right};
use super::loss::Loss;
use cutover_inventory::Company;
use cutover_inventory::apps::App;
use cutover_inventory::decisions::Subject;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::{Scope, Tool, Tools};
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;
use cutover_model::level::Level;

/// Something that must be kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Keep {
    pub identity: IdentityIx,
    /// The tool; none where a project or a right is to be kept.
    pub tool: Option<Tool>,
    pub project: Option<ProjectIx>,
    /// The least level; none where it is not about a level.
    pub level: Option<Level>,
    /// What says so, in a sentence.
    pub reason: String,
    /// Where.
    pub evidence: Option<Evidence>,
}

/// What service identities need, as far as the export tells.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// By identity and tool, the level that a report or a manifest tells, and whether it can be no higher.
    described: BTreeMap<IdentityIx, BTreeMap<Tool, (Level, bool)>>,
    /// Those of whom it is known that they need no other tool.
    whole: BTreeSet<IdentityIx>,
}

impl Needs {
    pub(super) fn of(company: &Company) -> Self {
        let mut out = Self::default();
        for (index, identity) in company.directory.identities.iter().enumerate().filter(|(_, one)| one.is_service()) {
            let manifest = identity.app.value().and_then(|app| company.apps.all.get(*app)?.installed_manifest());
            let requests = manifest.and_then(|manifest| manifest.requests.as_ref());
            let described = out.described.entry(index).or_default();
            for request in requests.into_iter().flatten() {
                described.extend(request.given.level.map(|level| (request.tool.clone(), (level, true))));
            }
            let usage = company.usage_of_identity(index);
            for tool in usage.iter().flat_map(|usage| usage.calls.keys()) {
                let declared = described.contains_key(tool);
                match usage.and_then(|usage| usage.needed(tool)) {
                    // Calls that write need Standard at the least; a report does not show which of them need Admin.
                    Some(needed) => {
                        let known = described.entry(tool.clone()).or_insert((needed, needed != Level::Standard));
                        *known = (*known).max((needed, declared));
                    }
                    // Nobody knows what those calls need.
                    None => {
                        described.insert(tool.clone(), (Level::Admin, false));
                    }
                }
            }
            // A tool that no call went to is not used; one that a manifest leaves out was not asked for.
            let unused = usage.is_some_and(|usage| usage.complete);
            if unused || (usage.is_none() && requests.is_some()) {
                out.whole.insert(index);
            }
        }
        out
    }

    /// Whether it is known that an identity needs no more than it has left.
    pub(super) fn is_unneeded(&self, identity: IdentityIx, tool: &Tool, before: Level, after: Level) -> bool {
        let described = self.described.get(&identity).and_then(|described| described.get(tool)).copied();
        let other = self.whole.contains(&identity).then_some((Level::None, true));
        described.or(other).is_some_and(|(needed, sure)| after >= needed && (sure || before <= needed))
    }
}

/// What an edit would take although it must be kept.
pub(super) fn kept(company: &Company, edit: &Edit, losses: &[Loss], today: NaiveDate, tools: &Tools) -> Vec<Keep> {
    let mut out: Vec<Keep> = match edit {
        Edit::Leave { identity, project } => project_kept(company, *identity, *project, tools).into_iter().collect(),
        Edit::Clear { identity, right: Right::NewProjects } if company.decisions.new_projects.contains(identity) => {
            vec![Keep {
                identity: *identity,
                tool: None,
                project: None,
                level: None,
                reason: format!("reviews.toml approves that {} is added to new projects", name(company, *identity)),
                evidence: None,
            }]
        }
        Edit::Clear { .. } => Vec::new(),
        Edit::Lower { .. } | Edit::Own { .. } | Edit::Level { .. } => {
            losses.iter().flat_map(|loss| levels_kept(company, loss, today, tools)).collect()
        }
    };
    out.sort();
    out.dedup();
    out
}

/// The level that is needed of a tool, where less would be left.
fn levels_kept(company: &Company, loss: &Loss, today: NaiveDate, tools: &Tools) -> Vec<Keep> {
    let Some(identity) = company.directory.identities.get(loss.identity) else { return Vec::new() };
    let app = identity.app.value().copied();
    let manifest = app.and_then(|app| company.apps.all.get(app)).and_then(App::installed_manifest);
    let decisions = &company.decisions;
    let (who, label) = (name(company, loss.identity), tools.label(&loss.tool));
    let keep = |level: Level, reason: String, evidence: Option<Evidence>| Keep {
        identity: loss.identity,
        tool: Some(loss.tool.clone()),
        project: None,
        level: Some(level),
        reason,
        evidence,
    };
    // Where nothing but granular permissions is lost, only calls that the level does not explain need them.
    let falls_below = |level: Level| loss.after.is_none_or(|after| after < level);
    let is_lower = loss.after != Some(loss.before);
    let mut out = Vec::new();
    if let Some(usage) = company.usage_of_identity(loss.identity)
        && let Some(needed) = usage.needed(&loss.tool).filter(|needed| falls_below(*needed))
    {
        let reason = format!("{who} uses {label} at {needed} or more, its API activity report shows");
        out.push(keep(needed, reason, Some(usage.place_of(&loss.tool))));
    }
    let requests = manifest.and_then(|manifest| manifest.requests.as_ref()).into_iter().flatten();
    for request in requests.filter(|request| request.tool == loss.tool) {
        if let Some(level) = request.given.level.filter(|level| is_lower && falls_below(*level)) {
            let reason = format!("the installed manifest of {who} asks for {level} on {label}");
            out.push(keep(level, reason, Some(request.given.evidence.clone())));
        }
    }
    if let Some(accepted) = decisions.exception(loss.identity, app, &loss.tool, today) {
        let reason = format!("reviews.toml accepts what {who} holds on {label}");
        out.push(keep(loss.before, reason, Some(accepted.origin.into())));
    }
    let subjects = [Some(Subject::Identity(loss.identity)), app.map(Subject::App)];
    let reasons = subjects.into_iter().flatten().filter_map(|one| decisions.reasons.get(&(one, loss.tool.clone())));
    for stated in reasons.filter(|_| is_lower) {
        let reason = format!("reviews.toml says why {who} needs Admin on {label}");
        out.push(keep(Level::Admin, reason, Some(stated.evidence.clone())));
    }
    out
}

/// Whether an identity is to stay on a project.
fn project_kept(company: &Company, identity: IdentityIx, project: ProjectIx, tools: &Tools) -> Option<Keep> {
    let who = name(company, identity);
    let place = company.projects.get(project)?;
    let keep = |reason: String, evidence: Option<Evidence>| {
        Some(Keep { identity, tool: None, project: Some(project), level: None, reason, evidence })
    };
    let usage = company.usage_of_identity(identity);
    let membership = company.memberships.of(identity).find(|membership| membership.project == project)?;
    let held =
        |membership: &cutover_inventory::memberships::Membership| company.project_grants(identity, membership, &[]);
    // What was called on some project, as far as this membership gives it. No report tells one project from another.
    let used: Vec<Tool> = held(&membership)
        .into_iter()
        .filter(|grant| grant.level.most() > Level::None)
        .map(|grant| grant.tool)
        .filter(|tool| {
            usage.is_some_and(|usage| usage.calls.get(tool).is_some_and(|calls| calls.read + calls.write > 0))
        })
        .collect();
    if let Some(stated) = company.decisions.approved_projects.get(&identity) {
        let approved = company.approved_projects(identity).unwrap_or_default();
        if approved.contains(&project) {
            let reason = format!("reviews.toml approves {} for {who}", escape::name(&place.name));
            return keep(reason, Some(stated.evidence.clone()));
        }
        // What it uses goes on elsewhere, if it has it on a project that stays.
        let stays = |tool: &Tool| {
            let others = company.memberships.of(identity).filter(|other| approved.contains(&other.project));
            others.flat_map(|other| held(&other)).any(|grant| grant.tool == *tool && grant.level.least() > Level::None)
        };
        let first = used.iter().find(|tool| !stays(tool))?;
        let reason = format!("{who} uses {}, and has it on no approved project", tools.label(first));
        return keep(reason, usage.map(|usage| usage.place_of(first)));
    }
    let is = |known: &Known<bool>, value: bool| known.value() == Some(&value);
    if is(&place.active, false) || is(&place.demo, true) || is(&place.template, true) {
        return None;
    }
    if let Some(first) = used.first() {
        let reason = format!(
            "{who} uses {}, and its report does not tell on which projects; approved_projects in reviews.toml can",
            tools.label(first)
        );
        return keep(reason, usage.map(|usage| usage.place_of(first)));
    }
    let app = company.directory.identities.get(identity)?.app.value().and_then(|app| company.apps.all.get(*app));
    let requests = app.and_then(App::installed_manifest)?.requests.as_ref()?;
    let asked = requests.iter().find(|request| {
        request.tool.scope == Scope::Project && request.given.level.is_some_and(|level| level > Level::None)
    })?;
    let reason = format!(
        "{who} works on {}, and its manifest asks for {}; approved_projects in reviews.toml can say otherwise",
        escape::name(&place.name),
        tools.label(&asked.tool)
    );
    keep(reason, Some(asked.given.evidence.clone()))
}

fn name(company: &Company, identity: IdentityIx) -> String {
    company.directory.identities.get(identity).map(|one| escape::name(&one.name)).unwrap_or_default()
}
