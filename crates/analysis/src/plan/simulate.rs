//! The plan applied in memory, wave by wave, and evaluated again.
//!
//! Only what a wave touches is evaluated after it; everything is evaluated once more at the end, so that nothing that one wave
//! does to another goes unseen.

use std::collections::BTreeMap;

use super::findings::{Batch, BatchPart, Findings, StateEvaluator, difference};
use super::{Draft, PlanError, apply};
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::tools::{Scope, Tool};
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::level::Level;
use cutover_model::result::plan::{Finding, SimulatedWave, Simulation, Status};
use cutover_policy::fact_builder::{CompanyIndex, Selection};

/// Applies the waves, each a number and the drafts that move in it.
pub(super) fn simulate(
    inventory: &mut Inventory,
    drafts: &[Draft],
    waves: &[(usize, Vec<usize>)],
    before: &Findings,
    evaluator: &StateEvaluator<'_>,
) -> Result<Simulation, PlanError> {
    let mut out = Simulation { before: before.len(), ..Simulation::default() };
    let mut state = State { known: before.clone(), remaining: before.len() };
    let (mut batch, mut applied) = (Batch::default(), Vec::new());
    let mut indexes: Vec<CompanyIndex> = inventory.companies.iter().map(|_| CompanyIndex::default()).collect();
    for (number, members) in waves {
        let moved: Vec<&Draft> = members.iter().filter_map(|index| drafts.get(*index)).collect();
        let parts = by_company(&moved).into_iter().filter_map(|(company, drafts)| {
            apply(inventory, (company, indexes.get_mut(company)?), drafts, evaluator, &mut batch)
        });
        let parts = parts.collect();
        let lost_in_use = moved.iter().flat_map(|draft| lost_in_use(draft, inventory, evaluator)).collect();
        applied.push(AppliedWave { number: *number, parts, lost_in_use });
        if batch.is_full() {
            let findings = evaluator.evaluate(std::mem::take(&mut batch)).map_err(PlanError::Fact)?;
            out.waves
                .extend(std::mem::take(&mut applied).into_iter().map(|wave| state.after(wave, &findings, inventory)));
        }
    }
    let findings = evaluator.evaluate(batch).map_err(PlanError::Fact)?;
    out.waves.extend(applied.into_iter().map(|wave| state.after(wave, &findings, inventory)));
    let (facts, evaluation) = evaluator.all(inventory).map_err(PlanError::Fact)?;
    let after = evaluator.findings(&facts, &evaluation);
    if let Some(last) = out.waves.last_mut() {
        last.removed.extend(difference(&state.known, &after));
        last.introduced.extend(difference(&after, &state.known));
        last.remaining = after.len();
    }
    out.after = after.len();
    out.assumptions = assumptions(drafts, inventory);
    Ok(out)
}

/// A wave that was applied and is not assessed yet.
struct AppliedWave<'d> {
    number: usize,
    parts: Vec<AppliedPart<'d>>,
    lost_in_use: Vec<String>,
}

/// What a wave touches of one company, before and after it.
struct AppliedPart<'d> {
    drafts: Vec<&'d Draft>,
    before: BatchPart,
    after: BatchPart,
}

/// What is against policy after the waves so far.
struct State {
    known: Findings,
    remaining: usize,
}

impl State {
    /// Goes on to the state after a wave.
    fn after(
        &mut self,
        applied: AppliedWave<'_>,
        findings: &BTreeMap<BatchPart, Findings>,
        inventory: &Inventory,
    ) -> SimulatedWave {
        let mut wave = SimulatedWave { wave: applied.number, ..SimulatedWave::default() };
        let none = Findings::new();
        for AppliedPart { drafts, before, after } in applied.parts {
            let [old, new] = [before, after].map(|part| findings.get(&part).unwrap_or(&none));
            wave.removed.extend(difference(old, new));
            let introduced = difference(new, old).into_iter();
            wave.introduced.extend(introduced.map(|finding| explained(finding, &drafts, inventory)));
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                self.known.remove(key);
            }
            self.known.extend(new.iter().map(|(key, finding)| (key.clone(), finding.clone())));
        }
        wave.lost_in_use = applied.lost_in_use;
        self.remaining = (self.remaining + wave.introduced.len()).saturating_sub(wave.removed.len());
        wave.remaining = self.remaining;
        wave
    }
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

/// Applies a wave to one company; what it touches is to be evaluated as it was before and as it is after.
fn apply<'d>(
    inventory: &mut Inventory,
    (number, index): (usize, &mut CompanyIndex),
    drafts: Vec<&'d Draft>,
    evaluator: &StateEvaluator<'_>,
    batch: &mut Batch,
) -> Option<AppliedPart<'d>> {
    let mut part = Selection::default();
    let company = inventory.companies.get(number)?;
    for draft in &drafts {
        part.identities.insert(draft.key.1);
        part.hooks.extend(&draft.hooks);
        for app in draft.app.into_iter().chain(draft.former_app) {
            part.apps.insert(app);
            part.identities.extend(company.directory.users_of(app));
        }
    }
    let before = evaluator.add(batch, inventory, (company, index), &part);
    index.before_change(company, &part);
    let company = inventory.companies.get_mut(number)?;
    for draft in &drafts {
        let mut owner = None;
        if let Some(app) = draft.app.filter(|_| draft.moves()) {
            apply::install(company, app, evaluator.setting.today);
            owner = apply::managed_user(company, app, &draft.planned);
            if let Some(user) = owner {
                part.identities.insert(user);
                apply::reconcile(company, user, &draft.planned);
                apply::permit(
                    company,
                    user,
                    draft.planned.projects.as_ref().unwrap_or(&Default::default()),
                    &draft.planned,
                );
            }
        }
        apply::hand_over(company, &draft.hooks, owner);
        if draft.moves() || matches!(draft.status, Status::Retire | Status::Done) {
            apply::remove(company, draft.key.1);
        }
        if let Some(app) = draft.former_app {
            apply::uninstall(company, app);
        }
    }
    let company = inventory.companies.get(number)?;
    index.after_change(company, &part);
    let after = evaluator.add(batch, inventory, (company, index), &part);
    Some(AppliedPart { drafts, before, after })
}

/// What an account uses and its replacement does not have in the inventory as it is now. What blocks the account is taken
/// to be removed before; a level that is unknown is no loss, and was said to be open.
fn lost_in_use(draft: &Draft, inventory: &Inventory, evaluator: &StateEvaluator<'_>) -> Vec<String> {
    let blocked = draft.blockers.iter().any(|blocker| blocker.blocks);
    let company = inventory.companies.get(draft.key.0).filter(|_| !blocked && draft.moves());
    let user = company.and_then(|company| Some((company, draft.user(company)?)));
    let (Some((company, user)), Some(usage)) = (user, &draft.usage) else { return Vec::new() };
    let lost = |tool: &Tool| {
        let needed = usage.needed(tool).filter(|needed| *needed > Level::None)?;
        let left = highest(company, user, tool)?;
        let label = evaluator.setting.tools.label(tool);
        let name = escape::name(&draft.name);
        (left < needed).then(|| format!("{name}: {label}, {needed} in use and {left} left"))
    };
    usage.calls.keys().filter_map(lost).collect()
}

/// The highest level of an identity on a tool; `None` where that is unknown.
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
        let blocking = draft.blockers.iter().filter(|blocker| blocker.blocks);
        let blocking: std::collections::BTreeSet<_> =
            blocking.map(|blocker| (&blocker.control, &blocker.title)).collect();
        for (control, title) in blocking {
            out.push(format!("{name}: {control} is fixed first ({title})."));
        }
        if draft.planned.projects.is_none() && draft.app.is_some() {
            out.push(format!("{name}: its projects are unknown; those of its replacement do not change."));
        }
    }
    if !drafts.is_empty() {
        out.push("Every wave is evaluated as of the same date, so that only the effects of the plan show.".to_owned());
    }
    out
}
