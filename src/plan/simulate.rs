//! The plan applied in memory, wave by wave, and judged again.
//!
//! Only what a wave touches is judged after it; everything is judged once more at the end, so that nothing that one wave
//! does to another goes unseen.

use std::collections::BTreeMap;

use super::findings::{Bench, Findings, difference};
use super::{Draft, PlanError};
use crate::escape;
use crate::inventory::directory::IdentityIx;
use crate::inventory::level::Level;
use crate::inventory::tools::{Scope, Tool};
use crate::inventory::{Company, Inventory};
use crate::judge::phrase::Selection;
use crate::result::plan::{Finding, SimulatedWave, Simulation, Status};

/// Applies the waves, each a number and the drafts that move in it.
pub(super) fn simulate(
    inventory: &mut Inventory,
    drafts: &[Draft],
    waves: &[(usize, Vec<usize>)],
    before: &Findings,
    bench: &Bench<'_>,
) -> Result<Simulation, PlanError> {
    let mut out = Simulation { before: before.len(), ..Simulation::default() };
    let mut remaining = before.len();
    let mut known = before.clone();
    for (number, members) in waves {
        let moved: Vec<&Draft> = members.iter().filter_map(|index| drafts.get(*index)).collect();
        let mut wave = SimulatedWave { wave: *number, ..SimulatedWave::default() };
        for (company, drafts) in by_company(&moved) {
            let (old, new) = apply(inventory, company, &drafts, bench)?;
            wave.removed.extend(difference(&old, &new));
            let introduced = difference(&new, &old).into_iter();
            wave.introduced.extend(introduced.map(|finding| explained(finding, &drafts, inventory)));
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                known.remove(key);
            }
            known.extend(new);
        }
        wave.lost_in_use = moved.iter().flat_map(|draft| lost_in_use(draft, inventory, bench)).collect();
        remaining = (remaining + wave.introduced.len()).saturating_sub(wave.removed.len());
        wave.remaining = remaining;
        out.waves.push(wave);
    }
    let (facts, judgement) = bench.all(inventory).map_err(PlanError::Fact)?;
    let after = bench.findings(&facts, &judgement);
    if let Some(last) = out.waves.last_mut() {
        last.removed.extend(difference(&known, &after));
        last.introduced.extend(difference(&after, &known));
        last.remaining = after.len();
    }
    out.after = after.len();
    out.assumptions = assumptions(drafts, inventory);
    Ok(out)
}

/// Says with whose move a violation comes.
fn explained(mut finding: Finding, drafts: &[&Draft], inventory: &Inventory) -> Finding {
    let concerns = |draft: &&&Draft| {
        let company = inventory.companies.get(draft.key.0);
        let app = company.and_then(|company| company.apps.all.get(draft.app?));
        let user = company.and_then(|company| company.directory.identities.get(draft.user(company)?));
        let id = &finding.subject.id;
        app.is_some_and(|app| app.key == *id) || user.is_some_and(|user| user.key() == *id) || draft.id == *id
    };
    let mut names: Vec<String> = drafts.iter().filter(concerns).map(|draft| escape::name(&draft.name)).collect();
    if names.is_empty() {
        names = drafts.iter().map(|draft| escape::name(&draft.name)).collect();
    }
    names.truncate(3);
    finding.message = format!("{} It comes with the move of {}.", finding.message, names.join(", "));
    finding
}

fn by_company<'d>(drafts: &[&'d Draft]) -> BTreeMap<usize, Vec<&'d Draft>> {
    let mut out: BTreeMap<usize, Vec<&Draft>> = BTreeMap::new();
    for draft in drafts {
        out.entry(draft.key.0).or_default().push(draft);
    }
    out
}

/// Applies a wave to one company; returns the violations of what it touches, before and after.
fn apply(
    inventory: &mut Inventory,
    number: usize,
    drafts: &[&Draft],
    bench: &Bench<'_>,
) -> Result<(Findings, Findings), PlanError> {
    let mut part = Selection::default();
    let Some(company) = inventory.companies.get(number) else { return Ok(Default::default()) };
    for draft in drafts {
        part.identities.insert(draft.key.1);
        part.hooks.extend(&draft.hooks);
        for app in draft.app.into_iter().chain(draft.former_app) {
            part.apps.insert(app);
            part.identities.extend(company.directory.users_of(app));
        }
    }
    let before = bench.some(inventory, company, &part).map_err(PlanError::Fact)?;
    let Some(company) = inventory.companies.get_mut(number) else { return Ok(Default::default()) };
    for draft in drafts {
        let mut owner = None;
        if let Some(app) = draft.app.filter(|_| draft.moves()) {
            company.install(app, bench.setting.today);
            owner = company.managed_user(app, &draft.planned);
            if let Some(user) = owner {
                part.identities.insert(user);
                company.reconcile(user, &draft.planned);
                company.permit(user, draft.planned.projects.as_ref().unwrap_or(&Default::default()), &draft.planned);
            }
        }
        company.hand_over(&draft.hooks, owner);
        if draft.moves() || matches!(draft.status, Status::Retire | Status::Done) {
            company.remove(draft.key.1);
        }
        if let Some(app) = draft.former_app {
            company.uninstall(app);
        }
    }
    let Some(company) = inventory.companies.get(number) else { return Ok(Default::default()) };
    let after = bench.some(inventory, company, &part).map_err(PlanError::Fact)?;
    Ok((before, after))
}

/// What an account uses and its replacement does not have in the inventory as it is now. What blocks the account is taken
/// to be removed before; a level that is not known is no loss, and was said to be open.
fn lost_in_use(draft: &Draft, inventory: &Inventory, bench: &Bench<'_>) -> Vec<String> {
    let blocked = draft.hindrances.iter().any(|hindrance| hindrance.blocks);
    let company = inventory.companies.get(draft.key.0).filter(|_| !blocked && draft.moves());
    let user = company.and_then(|company| Some((company, draft.user(company)?)));
    let (Some((company, user)), Some(usage)) = (user, &draft.usage) else { return Vec::new() };
    let lost = |tool: &Tool| {
        let needed = usage.needed(tool).filter(|needed| *needed > Level::None)?;
        let left = highest(company, user, tool)?;
        let label = bench.setting.tools.label(tool);
        let name = escape::name(&draft.name);
        (left < needed).then(|| format!("{name}: {label}, {needed} in use and {left} left"))
    };
    usage.calls.keys().filter_map(lost).collect()
}

/// The highest level of an identity on a tool; `None` where that is not known.
fn highest(company: &Company, user: IdentityIx, tool: &Tool) -> Option<Level> {
    if tool.scope == Scope::Company {
        return company.effective(user, tool, None)?.grant.exact();
    }
    let in_projects = company.memberships.of(user);
    let levels: Option<Vec<Level>> =
        in_projects.map(|membership| company.effective(user, tool, Some(&membership))?.grant.exact()).collect();
    match levels?.into_iter().max() {
        // On no project at all there is nothing to hold.
        None => company.projects_known(user).then_some(Level::None),
        highest => highest,
    }
}

fn assumptions(drafts: &[Draft], inventory: &Inventory) -> Vec<String> {
    let mut out = Vec::new();
    for draft in drafts.iter().filter(|draft| draft.moves()) {
        let name = escape::name(&draft.name);
        let app = draft.app.and_then(|app| inventory.companies.get(draft.key.0)?.apps.all.get(app));
        match (app, &draft.planned.levels) {
            (None, _) => out.push(format!(
                "{name}: its developer ships a DMSA version that asks for no more than the account uses."
            )),
            (Some(app), None) => {
                out.push(format!("{name}: what {} will ask for is not in the export.", escape::name(&app.name)))
            }
            _ => {}
        }
        let blocking = draft.hindrances.iter().filter(|hindrance| hindrance.blocks);
        let blocking: std::collections::BTreeSet<_> =
            blocking.map(|hindrance| (&hindrance.control, &hindrance.title)).collect();
        for (control, title) in blocking {
            out.push(format!("{name}: {control} is put right first ({title})."));
        }
        if draft.planned.projects.is_none() && draft.app.is_some() {
            out.push(format!("{name}: its projects are not known; those of its replacement stay as they are."));
        }
    }
    if !drafts.is_empty() {
        out.push("Every wave is judged as of the same day, so that only what the plan does shows.".to_owned());
    }
    out
}
