//! Effective access is one notion: a plain model, the audit, the plan, the gate, questions and proofs agree on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::support::access_model::{Model, access_company};
use crate::support::company::{Body, Docs, Edit, config, facts, options, plain};
use cutover_analysis::ask::{Asked, why};
use cutover_analysis::gate;
use cutover_analysis::gate::{Both, GateError, Object, Subject, gate_with};
use cutover_analysis::plan::access::{Planned, compare};
use cutover_export::field::Id;
use cutover_export::{self as export, Export};
use cutover_inventory::access::Access;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::tools::{Scope, Tool};
use cutover_inventory::{Company, Inventory};
use cutover_model::level::{Level, LevelRange};
use cutover_model::result::answer::Verdict;
use cutover_model::result::gate::Basis;
use cutover_pack_tools::prove::NoSolver;
use cutover_pack_tools::prove::Prover;
use cutover_policy::facts::{Action, Type, Value};
use cutover_policy::pack::Pack;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

/// A place: the company, or a project by index.
type Place = Option<ProjectIx>;

fn company_of(export: &Export) -> Company {
    Inventory::build(export, &PACK.tools, &mut Vec::new()).companies.pop().unwrap()
}

fn read(docs: &Docs) -> Export {
    export::read(vec![plain(docs)], &())
}

/// The effective access of every identity to every known tool, in the company and in each of its projects.
fn every_access(company: &Company) -> BTreeMap<(IdentityIx, Tool, Place), Access> {
    let mut out = BTreeMap::new();
    for identity in 0..company.directory.identities.len() {
        for tool in company.tools_of(Scope::Company) {
            out.insert((identity, tool.clone(), None), company.effective(identity, tool, None).unwrap());
        }
        for membership in company.memberships.of(identity) {
            for tool in company.tools_of(Scope::Project) {
                let access = company.effective(identity, tool, Some(&membership)).unwrap();
                out.insert((identity, tool.clone(), Some(membership.project)), access);
            }
        }
    }
    out
}

fn number(level: Level) -> u8 {
    Level::ALL.iter().zip(0..).find(|(one, _)| **one == level).unwrap().1
}

fn user_id(company: &Company, identity: IdentityIx) -> Option<u64> {
    company.directory.identities[identity].id.map(|id| id.0)
}

fn project_id(company: &Company, project: ProjectIx) -> u64 {
    company.projects[project].id.unwrap().0
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn a_plain_model_of_the_rules_agrees_with_the_effective_level(docs in access_company()) {
        let same = |is_company: bool, name: &str| {
            let scope = if is_company { Scope::Company } else { Scope::Project };
            PACK.tools.resolve(scope, name).key.to_string()
        };
        let model = Model::of(&docs, &same);
        let company = company_of(&read(&docs));
        for (index, identity) in company.directory.identities.iter().enumerate() {
            let Some(user) = identity.id.map(|id| id.0) else { continue };
            prop_assert!(model.users.contains(&user));
            let projects = company.memberships.of(index).map(|one| project_id(&company, one.project));
            prop_assert_eq!(projects.collect::<BTreeSet<_>>(), model.projects(user), "user {}", user);
        }
        for ((identity, tool, place), access) in every_access(&company) {
            let Some(user) = user_id(&company, identity) else { continue };
            let project = place.map(|project| project_id(&company, project));
            let bounds = (number(access.grant.level.least()), number(access.grant.level.most()));
            let expected = model.bounds(user, &tool.key, project);
            prop_assert_eq!(bounds, expected, "user {}, {}, project {:?}", user, tool, project);
            prop_assert_eq!(access.is_active, model.active.get(&user).copied(), "user {}", user);
            prop_assert_eq!(access.is_enabled, project.and_then(|project| model.is_enabled(project, &tool.key)));
        }
    }

    #[test]
    fn audit_plan_gate_and_why_agree_on_every_level(docs in access_company(), picks in vec(any::<Index>(), 4)) {
        let export = read(&docs);
        let company = company_of(&export);
        let all = every_access(&company);
        in_audit(&docs, &company, &all)?;
        in_plan(&company, &all)?;
        in_gate(&docs, &company, &all)?;
        for pick in picks.iter().filter(|_| !all.is_empty()) {
            let ((identity, tool, place), access) = all.iter().nth(pick.index(all.len())).unwrap();
            in_why(&export, &company, (*identity, tool, *place), access)?;
        }
    }
}

type All = BTreeMap<(IdentityIx, Tool, Place), Access>;

/// Every fact says the level in force, and there is one for each level that is held.
fn in_audit(docs: &Docs, company: &Company, all: &All) -> Result<(), TestCaseError> {
    let facts = facts(&PACK, plain(docs));
    let mut told: BTreeMap<(String, String, Option<String>), LevelOf> = BTreeMap::new();
    for (environment, table) in &facts.tables {
        if environment.action != Action::Holds || environment.resource != Type::Tool {
            continue;
        }
        for fact in 0..table.len() {
            let id = |thing| facts.thing(thing).unwrap().id.to_string();
            let key =
                (id(table.principal(fact).unwrap()), id(table.resource(fact).unwrap()), table.member(fact).map(id));
            let level = |name: &str| match table.value(fact, name) {
                Some(Value::Level(level)) => *level,
                other => panic!("{name}: {other:?}"),
            };
            told.insert(key, (level("level"), level("given")));
        }
    }
    let key = |identity: IdentityIx, tool: &Tool, place: Place| {
        let project = place.map(|project| project_id(company, project).to_string());
        (company.directory.identities[identity].key(), tool.to_string(), project)
    };
    for ((identity, tool, place), access) in all {
        let is_service = company.directory.identities[*identity].is_service();
        match told.get(&key(*identity, tool, *place)) {
            Some(level) => {
                let expected = (access.grant.exact(), access.grant.given.level);
                prop_assert_eq!(*level, expected, "{:?}", key(*identity, tool, *place));
            }
            None if is_service => {
                prop_assert!(access.grant.level.least() == Level::None, "{:?}", key(*identity, tool, *place));
            }
            None => {}
        }
    }
    Ok(())
}

/// The level in force and the one that is given.
type LevelOf = (Option<Level>, Option<Level>);

/// What an account has now, in a plan without a replacement, is all that it holds.
fn in_plan(company: &Company, all: &All) -> Result<(), TestCaseError> {
    for identity in 0..company.directory.identities.len() {
        let rows = compare(company, identity, &Planned::default());
        let mut told: BTreeMap<(Tool, Place), LevelRange> = BTreeMap::new();
        for (row, projects) in &rows {
            let places: Vec<Place> = match row.tool.scope {
                Scope::Company => vec![None],
                Scope::Project => projects.iter().map(|project| Some(*project)).collect(),
            };
            told.extend(places.into_iter().map(|place| ((row.tool.clone(), place), row.before)));
        }
        for ((_, tool, place), access) in all.iter().filter(|((one, ..), _)| *one == identity) {
            match told.get(&(tool.clone(), *place)) {
                Some(level) => prop_assert_eq!(*level, access.grant.level, "{} {:?}", tool, place),
                None => prop_assert_eq!(access.grant.level.least(), Level::None, "{} {:?}", tool, place),
            }
        }
    }
    Ok(())
}

/// Everybody is reactivated: what they then hold is gained, tool by tool and project by project, and nothing else is.
fn in_gate(docs: &Docs, after: &Company, all: &All) -> Result<(), TestCaseError> {
    let mut inactive = docs.clone();
    for doc in &mut inactive {
        let is_user = doc.stem.starts_with("users") || doc.stem.starts_with("project_users");
        match &mut doc.body {
            Body::List(records) if is_user => records.iter_mut().for_each(|one| one["is_active"] = false.into()),
            Body::One(record) if is_user => record["is_active"] = false.into(),
            _ => {}
        }
    }
    let before = company_of(&read(&inactive));
    let (changes, _) = gate::changes(&before, after);
    let mut gained: BTreeMap<(IdentityIx, Tool, Place), Level> = BTreeMap::new();
    for change in &changes {
        let (Subject::Identity(Both { after: Some(identity), .. }), Object::Tool(tool), Some(levels)) =
            (change.subject, &change.object, change.levels)
        else {
            continue;
        };
        prop_assert_eq!(levels.0, Level::None, "{:?}", change);
        let places: Vec<Place> = match change.projects.as_slice() {
            [] => vec![None],
            projects => projects.iter().map(|project| project.after).collect(),
        };
        gained.extend(places.into_iter().map(|place| ((identity, tool.clone(), place), levels.1)));
    }
    let held = all.iter().filter(|(_, access)| access.is_active == Some(true));
    let held = held.filter_map(|(key, access)| Some((key.clone(), access.level().exact()?)));
    let held: BTreeMap<_, _> = held.filter(|(_, level)| *level > Level::None).collect();
    prop_assert_eq!(gained, held);
    Ok(())
}

/// The answer is the level that counts, and so is the last step that leads to it.
fn in_why(
    export: &Export,
    company: &Company,
    (identity, tool, place): (IdentityIx, &Tool, Place),
    access: &Access,
) -> Result<(), TestCaseError> {
    let Some(user) = user_id(company, identity) else { return Ok(()) };
    let project = place.map(|project| project_id(company, project).to_string());
    let asked = Asked::of(export, &PACK.tools);
    let answer = why::why(asked, &user.to_string(), &tool.to_string(), project.as_deref(), None).unwrap();
    let expected = match access.level().reaches(Level::ReadOnly) {
        Some(true) => Verdict::Yes,
        Some(false) => Verdict::No,
        None => Verdict::NotKnown,
    };
    prop_assert_eq!(answer.verdict, Some(expected), "{} {:?}: {}", tool, project, answer.answer);
    if let (Verdict::Yes, Some(level)) = (expected, access.level().exact()) {
        prop_assert!(answer.answer.contains(&format!("holds {level} on")), "{}", answer.answer);
        let entry = answer.entries.first().unwrap();
        prop_assert_eq!(entry.level.as_deref(), Some(level.id()));
        if let Some(last) = entry.why.last().filter(|step| step.edge.starts_with("grants")) {
            prop_assert_eq!(&last.edge, &format!("grants {level} on"));
        }
    }
    Ok(())
}

/// An export and one that is a little different: what was changed is somewhere in the access, or next to it.
fn pair() -> impl Strategy<Value = (Docs, Docs)> {
    let edits = vec((any::<Index>(), select(&[Edit::Other, Edit::Other, Edit::Empty, Edit::Drop][..])), 0..6);
    (access_company(), edits).prop_map(|(before, edits)| {
        let mut after = before.clone();
        edits.iter().for_each(|(at, edit)| edit.apply(&mut after, *at));
        (before, after)
    })
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn a_proof_says_nothing_new_only_where_nobody_can_do_more_than_before((before, after) in pair()) {
        let mut export = export::read(vec![plain(&before), plain(&after)], &());
        let records = std::mem::take(&mut export.companies);
        let none = NoSolver::NotFound("none".to_owned());
        let prover = Prover { solver: Err(none), jobs: 1 };
        let gate = match gate_with(&export, records, &PACK, &options(), Some(&prover), false) {
            Err(GateError::OtherCompany { .. }) => return Ok(()),
            gate => gate.unwrap(),
        };
        let proof = gate.proof.unwrap();
        let (was, is) = (company_of(&read(&before)), company_of(&read(&after)));
        let mut news = Vec::new();
        for ((identity, tool, place), now) in every_access(&is) {
            let Some(user) = user_id(&is, identity) else { continue };
            let Some(then) = before_of(&was, user, &tool, place.map(|project| project_id(&is, project))) else { continue };
            if now.level().least() > then.most() {
                news.push((user, tool, place));
            }
        }
        let says_nothing_is_new = proof.no_new_access && proof.basis != Basis::NotDecided;
        prop_assert!(!says_nothing_is_new || news.is_empty(), "{:?}", news);
        prop_assert_eq!(proof.no_new_access, says_nothing_is_new);
    }
}

/// What a user could do before, as far as that is known; a user who is not there could do nothing.
fn before_of(was: &Company, user: u64, tool: &Tool, project: Option<u64>) -> Option<LevelRange> {
    let nothing = LevelRange::exactly(Level::None);
    let identity = was.directory.by_id(Id(user))?;
    let Some(project) = project else { return Some(was.effective(identity, tool, None)?.level()) };
    let at = was.projects.iter().position(|one| one.id == Some(Id(project)));
    let membership = at.and_then(|at| was.memberships.of(identity).find(|one| one.project == at));
    match membership {
        Some(membership) => Some(was.effective(identity, tool, Some(&membership))?.level()),
        None if was.is_member(identity, Id(project)) == Some(false) => Some(nothing),
        None => None,
    }
}
