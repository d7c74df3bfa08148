//! The nearest miss: a single fact that would turn a no into a yes. Each one is tried out on the inventory, asked again and
//! taken back; what does not change the answer is not told.

use super::Asked;
use super::held;
use super::why::{Question, ask};
use crate::audit::places;
use cutover_inventory::Company;
use cutover_inventory::access::Through;
use cutover_inventory::graph::About;
use cutover_inventory::levels::{GivenLevel, Granular};
use cutover_inventory::memberships::{InForce, Membership};
use cutover_inventory::tools::Scope;
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;
use cutover_model::result::answer::{NearMiss, Verdict};

/// Projects that are tried as one to be a member of.
const TRIED: usize = 50;

/// Every single fact that flips the answer, the smallest first.
pub(super) fn near_misses(asked: &mut Asked<'_>, question: &Question) -> Vec<NearMiss> {
    let mut out: Vec<(String, Option<Evidence>)> = Vec::new();
    activation(asked, question, &mut out);
    levels(asked, question, &mut out);
    enabled(asked, question, &mut out);
    membership(asked, question, &mut out);
    let described = |(change, evidence): (String, Option<Evidence>)| NearMiss {
        change,
        location: evidence.and_then(|evidence| places::location(asked.export, &evidence)),
    };
    out.into_iter().map(described).collect()
}

type Found = Vec<(String, Option<Evidence>)>;

fn is_yes(asked: &Asked<'_>, question: &Question) -> bool {
    ask(&asked.inventory.companies, question).0 == Verdict::Yes
}

fn company<'a>(asked: &'a mut Asked<'_>, question: &Question) -> Option<&'a mut Company> {
    asked.inventory.companies.get_mut(question.company)
}

fn activation(asked: &mut Asked<'_>, question: &Question, out: &mut Found) {
    let Some(identity) = company(asked, question).and_then(|one| one.directory.identities.get_mut(question.identity))
    else {
        return;
    };
    let before = identity.active.clone();
    let Some(stated) = before.stated().filter(|stated| !stated.value) else { return };
    let change = format!("if {} were active.", escape::name(&identity.name));
    identity.active = Known::is(true, stated.evidence.clone());
    if is_yes(asked, question) {
        out.push((change, Some(stated.evidence.clone())));
    }
    if let Some(identity) = company(asked, question).and_then(|one| one.directory.identities.get_mut(question.identity))
    {
        identity.active = before;
    }
}

/// A level of a template that it has, or of what Procore answered.
fn levels(asked: &mut Asked<'_>, question: &Question, out: &mut Found) {
    let (_, held) = ask(&asked.inventory.companies, question);
    let label = asked.tools.label(&question.tool);
    for held in held.into_iter().filter(|held| !held.is_off()) {
        let evidence = held.access.grant.evidence.clone();
        let given =
            GivenLevel { level: Some(question.level), granular: Some(Granular::default()), evidence: evidence.clone() };
        match held.access.grant.through {
            Through::Template(index) => {
                let Some(template) = company(asked, question).and_then(|one| one.templates.all.get_mut(index)) else {
                    continue;
                };
                let before = template.levels.clone();
                let change =
                    format!("if the template {} gave {} on {label}.", escape::name(&template.label()), question.level);
                if let Known::Is(stated) = &mut template.levels {
                    stated.value.insert(question.tool.clone(), given);
                }
                if is_yes(asked, question) && !out.iter().any(|(described, _)| *described == change) {
                    out.push((change, Some(evidence)));
                }
                if let Some(template) = company(asked, question).and_then(|one| one.templates.all.get_mut(index)) {
                    template.levels = before;
                }
            }
            Through::Observed => {
                let Some(company_) = company(asked, question) else { continue };
                let id = company_.directory.identities.get(question.identity).and_then(|identity| identity.id);
                let project = held.projects.first().and_then(|project| company_.projects.get(*project));
                let (place, name) = (project.and_then(|one| one.id), project.map(|one| one.name.clone()));
                let Some(levels) = id.and_then(|id| company_.observed.get_mut(&(id, place))) else { continue };
                let before = levels.insert(question.tool.clone(), given);
                if is_yes(asked, question) {
                    let place = name.map(|name| format!(" on {}", escape::name(&name))).unwrap_or_default();
                    out.push((
                        format!("if its own permissions granted {} on {label}{place}.", question.level),
                        Some(evidence),
                    ));
                }
                let levels = company(asked, question).zip(id).and_then(|(one, id)| one.observed.get_mut(&(id, place)));
                if let Some(levels) = levels {
                    match before {
                        Some(before) => levels.insert(question.tool.clone(), before),
                        None => levels.remove(&question.tool),
                    };
                }
            }
            Through::CompanyAdministrator | Through::Unknown => {}
        }
    }
}

/// The tool switched on in a project.
fn enabled(asked: &mut Asked<'_>, question: &Question, out: &mut Found) {
    let (_, held) = ask(&asked.inventory.companies, question);
    let off: Vec<usize> =
        held.iter().filter(|held| held.is_off()).flat_map(|held| held.projects.clone()).take(TRIED).collect();
    let label = asked.tools.label(&question.tool);
    for index in off {
        let Some(project) = company(asked, question).and_then(|one| one.projects.get_mut(index)) else { continue };
        let name = escape::name(&project.name);
        let Some(switch) = project.tools.get_mut(&question.tool) else { continue };
        let before = switch.clone();
        let evidence = before.stated().map(|stated| stated.evidence.clone());
        *switch = before.map(|_| true);
        if is_yes(asked, question) {
            out.push((format!("if {label} were switched on in {name}."), evidence));
        }
        let project = company(asked, question).and_then(|one| one.projects.get_mut(index));
        if let Some(switch) = project.and_then(|project| project.tools.get_mut(&question.tool)) {
            *switch = before;
        }
    }
}

/// A membership, with a template that it has elsewhere or by default.
fn membership(asked: &mut Asked<'_>, question: &Question, out: &mut Found) {
    if question.tool.scope == Scope::Company {
        return;
    }
    let Some(one) = asked.inventory.companies.get(question.company) else { return };
    let Some(identity) = one.directory.identities.get(question.identity) else { return };
    let own: Vec<Membership> = one.memberships.of(question.identity).collect();
    let mut templates: Vec<usize> = own
        .iter()
        .filter_map(|membership| match membership.in_force {
            InForce::Template(index) => Some(index),
            InForce::Blank | InForce::Unknown => None,
        })
        .chain(identity.default_template.value().copied().flatten())
        .collect();
    templates.sort_unstable();
    templates.dedup();
    let origin = identity.origin;
    let is_own = |project: &usize| own.iter().any(|membership| membership.project == *project);
    // Without a project in the question any one will do: the first tells.
    let project = question.project.or_else(|| (0..one.projects.len()).find(|project| !is_own(project)));
    let Some(project) = project.filter(|project| !is_own(project)) else { return };
    for template in templates.into_iter().take(TRIED) {
        let tried = Membership { identity: question.identity, project, in_force: InForce::Template(template), origin };
        let Some(one) = company(asked, question) else { return };
        let mut with = own.clone();
        with.push(tried);
        with.sort_by_key(|membership| membership.project);
        one.memberships.replace(question.identity, with);
        if is_yes(asked, question) {
            let source = asked.source();
            let name = escape::name(&held::thing(source, question.company, &About::Project(project)).name);
            let template = escape::name(&held::thing(source, question.company, &About::Template(template)).name);
            let place = if question.project.is_some() { name } else { "a project".to_owned() };
            out.push((format!("if it were a member of {place} with the template {template}."), None));
        }
        if let Some(one) = company(asked, question) {
            one.memberships.replace(question.identity, own.clone());
        }
    }
}
