//! What an identity holds on a tool, and the steps by which it comes to that.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use smol_str::{SmolStr, format_smolstr};

use super::document::Source;
use crate::audit::places::Places;
use crate::escape;
use crate::export::document::{Evidence, Origin};
use crate::graph::About;
use crate::inventory::Company;
use crate::inventory::access::{Grant, Through};
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::memberships::{InForce, ProjectIx};
use crate::inventory::tools::{Scope, Tool, Tools};
use crate::result::Thing;
use crate::result::answer;
use crate::result::audit::Step;

/// Projects that an entry names.
pub(super) const MOST_NAMED: usize = 1000;

/// A level on a tool, and in which projects.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// The level and what it comes through.
    pub grant: Grant,
    /// Whether that level is certain: a level that may be raised, or that no file says, is not.
    pub known: bool,
    /// The projects; none for tools of the company.
    pub projects: Vec<ProjectIx>,
    /// How many projects.
    pub count: usize,
    /// The first membership.
    pub said: Option<Origin>,
    /// Whether the tool is switched off there.
    pub is_off: bool,
}

impl Held {
    /// The level that counts; `None` when it is not known.
    pub(super) fn level(&self) -> Option<Level> {
        if self.is_off { Some(Level::None) } else { self.grant.level.filter(|_| self.known) }
    }

    /// Whether this level, or more, is held; `None` when that is not known.
    pub(super) fn reaches(&self, wanted: Level) -> Option<bool> {
        match self.grant.level {
            _ if self.is_off => Some(false),
            Some(level) if level >= wanted => Some(true),
            Some(_) if self.known => Some(false),
            _ => None,
        }
    }
}

/// What an identity holds on a tool: once in the company, or once for projects on which it holds the same through the same.
pub(super) fn held(
    company: &Company,
    identity: IdentityIx,
    tool: &Tool,
    only: Option<ProjectIx>,
    tools: &Tools,
) -> Vec<Held> {
    let named = [tool.clone()];
    let certain = |grant: &Grant| grant.level.is_some() && !company.may_be_raised(identity, grant);
    if tool.scope == Scope::Company {
        let grants = company.company_grants(identity, tools, &named).into_iter().filter(|grant| grant.tool == *tool);
        let one = |grant: Grant| Held {
            known: certain(&grant),
            grant,
            projects: Vec::new(),
            count: 0,
            said: None,
            is_off: false,
        };
        return grants.map(one).collect();
    }
    let mut groups: BTreeMap<(InForce, bool, Option<ProjectIx>), Held> = BTreeMap::new();
    let wanted = company.memberships.of(identity).filter(|one| only.is_none_or(|only| only == one.project));
    for membership in wanted {
        let project = membership.project;
        let is_off = company
            .projects
            .get(project)
            .is_some_and(|one| one.tools.get(tool).and_then(|enabled| enabled.value()) == Some(&false));
        // What Procore answered may differ from project to project.
        let apart = company.is_observed(identity, project).then_some(project);
        let key = (membership.in_force, is_off, apart);
        let held = match groups.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let grants =
                    company.project_grants(identity, project, membership.in_force, membership.origin.into(), &named);
                let Some(grant) = grants.into_iter().find(|grant| grant.tool == *tool) else { continue };
                let (known, said) = (certain(&grant), Some(membership.origin));
                place.insert(Held { grant, known, projects: Vec::new(), count: 0, said, is_off })
            }
        };
        held.count += 1;
        if held.projects.len() < MOST_NAMED {
            held.projects.push(project);
        }
    }
    groups.into_values().collect()
}

/// A thing of a company as results name it.
pub(super) fn thing(source: Source<'_>, number: usize, about: &About) -> Thing {
    let Some(company) = source.inventory.companies.get(number) else {
        return Thing::new("", "", "");
    };
    let (node, name) = about.tell(number, company, source.tools);
    Thing::new(node.kind, node.id, name)
}

/// The steps that lead an identity to what it holds.
pub(super) fn steps(source: Source<'_>, number: usize, identity: IdentityIx, held: &Held) -> Vec<Step> {
    let Some(company) = source.inventory.companies.get(number) else { return Vec::new() };
    let places = Places::of(source.export);
    let at = |evidence: &Evidence| places.location((evidence.origin, &evidence.member), false);
    let told = |about: &About| thing(source, number, about);
    let step = |from: &About, edge: String, to: &About, because: String, evidence: Option<&Evidence>| Step {
        from: told(from),
        edge,
        to: told(to),
        because: escape::visible(&because).into_owned(),
        location: evidence.and_then(at),
    };
    let who = About::Identity(identity);
    let tool = About::Tool(held.grant.tool.clone());
    let level = held.grant.level.map_or("an unknown level".to_owned(), |level| level.to_string());
    let grants = format!("grants {level} on");
    let mut out = Vec::new();
    if let (Some(said), Some(first)) = (held.said, held.projects.first()) {
        let mut member = step(
            &who,
            "is a member of".to_owned(),
            &About::Project(*first),
            "a membership list names it".to_owned(),
            Some(&said.into()),
        );
        if held.count > 1 {
            member.to.r#type = SmolStr::new_static("Projects");
            member.to.name = format_smolstr!("{} projects", held.count);
        }
        out.push(member);
    }
    match held.grant.through {
        Through::Template(template) => {
            let template = About::Template(template);
            let given = match held.said {
                Some(said) => (Evidence::from(said), "it is its template there"),
                None => {
                    let person = company.directory.identities.get(identity);
                    let stated = person.and_then(|person| person.company_template.stated());
                    let evidence = stated.map_or(held.grant.evidence.clone(), |stated| stated.evidence.clone());
                    (evidence, "it is its template for company tools")
                }
            };
            out.push(step(&who, "is given".to_owned(), &template, given.1.to_owned(), Some(&given.0)));
            let because = if held.grant.level == Some(Level::None) {
                "the template gives nothing more"
            } else {
                "the template says so"
            };
            out.push(step(&template, grants, &tool, because.to_owned(), Some(&held.grant.evidence)));
        }
        Through::Observed => {
            let because = "Procore answered so for this identity".to_owned();
            out.push(step(&who, grants, &tool, because, Some(&held.grant.evidence)));
        }
        Through::CompanyAdministrator => {
            let all = About::Administrators;
            let because = "Admin on the company directory makes a company administrator".to_owned();
            out.push(step(&who, "is one of".to_owned(), &all, because, Some(&held.grant.evidence)));
            let because = "company administrators hold Admin on it".to_owned();
            out.push(step(&all, grants, &tool, because, None));
        }
        Through::Unknown => {}
    }
    if held.is_off
        && let Some(first) = held.projects.first()
        && let Some(evidence) =
            company.projects.get(*first).and_then(|one| one.tools.get(&held.grant.tool)).and_then(|one| one.stated())
    {
        let because = "the tool is switched off in the project".to_owned();
        out.push(step(&About::Project(*first), "switches off".to_owned(), &tool, because, Some(&evidence.evidence)));
    }
    out
}

/// What is held, as an entry of an answer about `about`.
pub(super) fn entry(
    source: Source<'_>,
    number: usize,
    identity: IdentityIx,
    about: &About,
    held: &Held,
) -> answer::Entry {
    let company = source.inventory.companies.get(number);
    let note = match held.level() {
        _ if held.is_off => Some("the tool is switched off there".to_owned()),
        None => Some("the level is not known for sure".to_owned()),
        Some(_) => None,
    };
    answer::Entry {
        company: company.map(|company| company.name.clone()).unwrap_or_default(),
        thing: thing(source, number, about),
        level: if held.is_off { Some(Level::None) } else { held.grant.level }.map(|level| level.id().to_owned()),
        projects: (held.count > 0).then_some(held.count),
        members: held.projects.iter().map(|project| thing(source, number, &About::Project(*project))).collect(),
        why: steps(source, number, identity, held),
        cuts: None,
        note,
    }
}
