//! What an identity holds on a tool, and the steps by which it comes to that.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use super::document::Source;
use crate::audit::places::Places;
use cutover_inventory::Company;
use cutover_inventory::access::{Access, Grant, Through};
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::graph::About;
use cutover_inventory::memberships::{InForce, ProjectIx};
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::escape;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::level::{Level, LevelRange};
use cutover_model::result::Thing;
use cutover_model::result::answer;
use cutover_model::result::audit::Step;

/// Projects that an entry names.
pub(super) const MAX_NAMED: usize = 1000;

/// Access to a tool, and in which projects.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// The access, alike in all these projects.
    pub access: Access,
    /// The projects; none for tools of the company.
    pub projects: Vec<ProjectIx>,
    /// How many projects.
    pub count: usize,
    /// The first membership.
    pub said: Option<Origin>,
}

impl Held {
    /// The level that counts; `None` when it is unknown.
    pub(super) fn level(&self) -> Option<Level> {
        self.access.level().exact()
    }

    /// Whether this level, or more, is held; `None` when that is unknown.
    pub(super) fn reaches(&self, wanted: Level) -> Option<bool> {
        self.access.level().reaches(wanted)
    }

    /// Whether the tool is switched off there.
    pub(super) fn is_off(&self) -> bool {
        self.access.is_enabled == Some(false)
    }
}

/// What an identity holds on a tool: once in the company, or once for projects on which it holds the same through the same.
pub(super) fn held(company: &Company, identity: IdentityIx, tool: &Tool, only: Option<ProjectIx>) -> Vec<Held> {
    if tool.scope == Scope::Company {
        let access = company.effective(identity, tool, None).into_iter();
        return access.map(|access| Held { access, projects: Vec::new(), count: 0, said: None }).collect();
    }
    let mut groups: BTreeMap<(InForce, Option<bool>, Option<ProjectIx>), Held> = BTreeMap::new();
    let wanted = company.memberships.of(identity).filter(|one| only.is_none_or(|only| only == one.project));
    for membership in wanted {
        let project = membership.project;
        // What Procore answered may differ from project to project.
        let apart = company.is_observed(identity, project).then_some(project);
        let key = (membership.in_force, company.is_enabled(project, tool), apart);
        let held = match groups.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let Some(access) = company.effective(identity, tool, Some(&membership)) else { continue };
                place.insert(Held { access, projects: Vec::new(), count: 0, said: Some(membership.origin) })
            }
        };
        held.count += 1;
        if held.projects.len() < MAX_NAMED {
            held.projects.push(project);
        }
    }
    groups.into_values().collect()
}

/// The tools that something is said of, of what an identity holds in the company and on its projects.
pub(super) fn tools(company: &Company, identity: IdentityIx) -> BTreeSet<Tool> {
    let in_company = company.company_grants(identity, &[]);
    let in_projects =
        company.telling_memberships(identity).flat_map(|membership| company.project_grants(identity, &membership, &[]));
    in_company.into_iter().chain(in_projects).map(|grant| grant.tool).collect()
}

/// All access of an identity that reaches, or may reach, anything; alike in several projects it is reported once.
pub(super) fn usable(company: &Company, identity: IdentityIx) -> Vec<Access> {
    if company.is_active(identity) == Some(false) {
        return Vec::new();
    }
    let is_active = company.is_active(identity);
    let access = |grant: Grant| {
        let is_enabled = grant.project.and_then(|project| company.is_enabled(project, &grant.tool));
        Access { grant, is_active, is_enabled }
    };
    let in_company = company.company_grants(identity, &[]);
    let in_projects =
        company.places(identity).flat_map(|membership| company.project_grants(identity, &membership, &[]));
    let all = in_company.into_iter().chain(in_projects).map(access);
    all.filter(|access| access.level().most() > Level::None).collect()
}

/// The highest level of an identity on each tool on which it holds, or may hold, something.
pub(super) fn highest(company: &Company, identity: IdentityIx) -> BTreeMap<Tool, LevelRange> {
    let mut out: BTreeMap<Tool, LevelRange> = BTreeMap::new();
    for access in usable(company, identity) {
        let level = access.level();
        let known = out.entry(access.grant.tool).or_insert(level);
        *known = known.highest(level);
    }
    out
}

/// A thing of a company as results name it.
pub(crate) fn thing(source: Source<'_>, number: usize, about: &About) -> Thing {
    let Some(company) = source.inventory.companies.get(number) else {
        return Thing::new("", "", "");
    };
    let (node, name) = about.describe(number, company, source.tools);
    Thing::new(node.kind, node.id, name)
}

/// The steps that lead an identity to what it holds.
pub(super) fn steps(source: Source<'_>, number: usize, identity: IdentityIx, held: &Held) -> Vec<Step> {
    let Some(company) = source.inventory.companies.get(number) else { return Vec::new() };
    let places = Places::of(source.export);
    let at = |evidence: &Evidence| places.location((evidence.origin, &evidence.member), false);
    let described = |about: &About| thing(source, number, about);
    let step = |from: &About, edge: String, to: &About, because: String, evidence: Option<&Evidence>| Step {
        from: described(from),
        edge,
        to: described(to),
        because: escape::visible(&because).into_owned(),
        location: evidence.and_then(at),
    };
    let who = About::Identity(identity);
    let grant = &held.access.grant;
    let tool = About::Tool(grant.tool.clone());
    let level = in_words(grant.level);
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
    match grant.through {
        Through::Template(template) => {
            let template = About::Template(template);
            let given = match held.said {
                Some(said) => (Evidence::from(said), "it is its template there"),
                None => {
                    let person = company.directory.identities.get(identity);
                    let stated = person.and_then(|person| person.company_template.stated());
                    let evidence = stated.map_or(grant.evidence.clone(), |stated| stated.evidence.clone());
                    (evidence, "it is its template for company tools")
                }
            };
            out.push(step(&who, "is given".to_owned(), &template, given.1.to_owned(), Some(&given.0)));
            let because = if grant.exact() == Some(Level::None) {
                "the template gives nothing more"
            } else {
                "stated in the template"
            };
            out.push(step(&template, grants, &tool, because.to_owned(), Some(&grant.evidence)));
        }
        Through::Observed => {
            let because = "Procore answered so for this identity".to_owned();
            out.push(step(&who, grants, &tool, because, Some(&grant.evidence)));
        }
        Through::CompanyAdministrator => {
            let all = About::Administrators;
            let because = "Admin on the company directory makes a company administrator".to_owned();
            out.push(step(&who, "is one of".to_owned(), &all, because, Some(&grant.evidence)));
            let because = "company administrators hold Admin on it".to_owned();
            out.push(step(&all, grants, &tool, because, None));
        }
        Through::Unknown => {}
    }
    if held.is_off()
        && let Some(first) = held.projects.first()
        && let Some(evidence) =
            company.projects.get(*first).and_then(|one| one.tools.get(&grant.tool)).and_then(|one| one.stated())
    {
        let because = "the tool is switched off in the project".to_owned();
        out.push(step(&About::Project(*first), "switches off".to_owned(), &tool, because, Some(&evidence.evidence)));
    }
    out
}

/// A level in words: itself, or the least that it can be.
pub(super) fn in_words(level: LevelRange) -> String {
    match (level.exact(), level.least()) {
        (Some(level), _) => level.to_string(),
        (None, Level::None) => "an unknown level".to_owned(),
        (None, least) => format!("{least} or more"),
    }
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
        _ if held.access.is_active == Some(false) => Some("the identity is not active".to_owned()),
        _ if held.is_off() => Some("the tool is switched off there".to_owned()),
        None => Some("the level is uncertain".to_owned()),
        Some(_) => None,
    };
    // Of an unknown level the lower bound is shown, if the export states one.
    let least = held.access.level().least();
    let level = held.level().or_else(|| (least > Level::None).then_some(least));
    answer::Entry {
        company: company.map(|company| company.name.clone()).unwrap_or_default(),
        thing: thing(source, number, about),
        level: level.map(|level| level.id().to_owned()),
        projects: (held.count > 0).then_some(held.count),
        members: held.projects.iter().map(|project| thing(source, number, &About::Project(*project))).collect(),
        why: steps(source, number, identity, held),
        cuts: None,
        note,
    }
}
