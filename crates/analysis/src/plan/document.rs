//! The plan as a result document.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::access::{AccessChange, Row, used};
use super::blast::Blast;
use super::credential_copies;
use super::matching::Candidate;
use super::program::{Dated, Program};
use super::steps::{fill, todo_id};
use super::{Draft, Options};
use crate::audit::decided::decided_by;
use crate::audit::{inputs, places, tool_info};
use cutover_export::Export;
use cutover_inventory::Inventory;
use cutover_inventory::memberships::ProjectIx;
use cutover_model::diagnostic::Diagnostic;
use cutover_model::level::Level;
use cutover_model::result::plan::{
    Access, Account, Alternative, Assessed, Blocker, Change, Mode, Plan, Replacement, RightSize, SCHEMA, Shortfall,
    Simulation, Status, Step, Summary, Terms, Wave, WhatIf,
};
use cutover_model::result::{Location, Thing};
use cutover_policy::pack::Pack;
use cutover_policy::step_id::StepId;

/// What is needed to tell a plan.
pub(super) struct Context<'a> {
    pub export: &'a Export,
    pub inventory: &'a Inventory,
    pub pack: &'a Pack,
    pub options: &'a Options,
    pub drafts: &'a [Draft],
    pub program: &'a Program,
    pub blast: &'a Blast<'a>,
    /// The id of each step, by task.
    pub names: BTreeMap<usize, String>,
}

impl Context<'_> {
    /// The plan, without its simulation.
    pub(super) fn plan(
        &self,
        mode: Mode,
        coverage: Vec<Assessed>,
        what_if: Option<WhatIf>,
        diagnostics: Vec<Diagnostic>,
    ) -> Plan {
        let wave_of = self.wave_of();
        let accounts: Vec<Account> =
            self.drafts.iter().enumerate().map(|(index, draft)| self.account(index, draft, &wave_of)).collect();
        let shortfalls = self.shortfalls(&accounts, mode);
        let timeline = &self.options.timeline;
        let collected = self.inventory.collected(self.options.as_of);
        let companies = self.inventory.companies.iter().map(|company| {
            let id = company.key();
            Thing::new("Company", id, &company.name)
        });
        Plan {
            schema: SCHEMA.to_owned(),
            tool: tool_info(),
            as_of: self.options.as_of,
            timeline: timeline.describe(),
            collected_at: collected.map(|collected| collected.at),
            collected_at_basis: collected.map(|collected| collected.basis),
            companies: companies.collect(),
            decided_by: decided_by(self.export, &self.export.decisions, self.pack, timeline, &diagnostics),
            inputs: inputs(self.export),
            terms: Terms {
                start: self.program.bounds.start,
                capacity: self.program.bounds.capacity,
                freezes: self.options.freezes.clone(),
                buffer_days: self.options.buffer,
                deadline: self.program.bounds.deadline,
            },
            mode,
            feasible: mode == Mode::Migration && shortfalls.is_empty(),
            shortfalls,
            waves: self.waves(&accounts),
            simulation: Simulation::default(),
            what_if,
            repair: None,
            progress: None,
            duties: self.pack.responsibility.described(),
            overrides: self.pack.org.described(self.pack, timeline.days_left(self.options.as_of)),
            coverage,
            notes: notes(mode, timeline.sunset, self.options.as_of),
            waivers: Vec::new(),
            graph: None,
            diagnostics: places::diagnostics(self.export, diagnostics, &self.pack.org.levels),
            summary: Summary::count(&accounts),
            accounts,
        }
    }

    fn wave_of(&self) -> BTreeMap<usize, usize> {
        let moved = self.program.waves.iter().filter(|(number, _)| *number > 0);
        moved.flat_map(|(number, members)| members.iter().map(|member| (*member, *number))).collect()
    }

    fn account(&self, index: usize, draft: &Draft, wave_of: &BTreeMap<usize, usize>) -> Account {
        let company = self.inventory.companies.get(draft.key.0);
        let steps: Vec<Step> = self.steps_of(index).iter().filter_map(|step| self.step(index, step)).collect();
        let together = self.program.together.get(index).into_iter().flatten();
        let place = places::location(self.export, &draft.origin.into());
        let nowhere = || Location { path: String::new(), line: 1, column: 1, pointer: String::new(), snippet: None };
        let blockers = draft.blockers.iter().map(|blocker| Blocker {
            control: blocker.control.clone(),
            severity: blocker.severity.0,
            title: blocker.title.clone(),
            message: blocker.message.clone(),
            remedy: blocker.remedy.clone(),
            party: blocker.party,
            blocks: blocker.blocks,
            step: self.removes(index, blocker),
        });
        Account {
            account: thing_of(draft),
            company: company.map(|company| company.name.clone()).unwrap_or_default(),
            location: place.unwrap_or_else(nowhere),
            status: draft.status,
            reason: draft.reason.clone(),
            replacement: self.replacement(draft),
            access: self.access(draft),
            blockers: blockers.collect(),
            open_questions: draft.questions.clone(),
            credentials: credential_copies::describe(self.export, company, draft),
            wave: wave_of.get(&index).copied(),
            moves_with: together.filter_map(|other| self.drafts.get(*other)).map(thing_of).collect(),
            moves_because: self.moves_because(index),
            blast_radius: self.program.blast.get(index).copied().unwrap_or_default(),
            slack_days: steps
                .iter()
                .filter_map(|step| Some(self.program.calendar.between(step.ends, step.latest?)))
                .min(),
            steps,
        }
    }

    /// Why an account is bound to those that it moves with.
    fn moves_because(&self, index: usize) -> Vec<String> {
        let is_bound = self.program.together.get(index).is_some_and(|together| !together.is_empty());
        self.program.reasons.get(index).filter(|_| is_bound).cloned().unwrap_or_default()
    }

    fn steps_of(&self, index: usize) -> &[Dated] {
        self.program.steps.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    /// The step that removes a hindrance: one of its own, or one of the kind that the control names.
    fn removes(&self, index: usize, blocker: &super::MigrationBlocker) -> Option<String> {
        let own = format!("unblock-{}", blocker.control);
        let kind = blocker.step.as_deref();
        let found = self.steps_of(index).iter().find(|step| {
            step.todo.id == own
                || kind.is_some_and(|kind| {
                    step.todo.id == kind || (kind == StepId::Install.id() && step.todo.id == StepId::Update.id())
                })
        });
        found.map(|step| todo_id(index, &step.todo))
    }

    fn step(&self, index: usize, step: &Dated) -> Option<Step> {
        let kind = self.pack.steps.all.get(step.todo.kind)?;
        let dates = self.program.schedule.dates.get(step.task)?;
        let after = step.after.iter().filter_map(|task| self.names.get(task).cloned());
        let overdue = dates.latest.is_some_and(|latest| dates.ends > latest);
        let late = self.options.timeline.sunset.is_some_and(|sunset| sunset < self.options.as_of);
        Some(Step {
            id: todo_id(index, &step.todo),
            kind: kind.kind.id().to_owned(),
            action: fill(&kind.action, &step.todo.words),
            party: step.todo.party.unwrap_or(kind.party),
            duty: step.todo.duty.clone().unwrap_or_else(|| kind.duty.clone()),
            right: fill(&kind.right, &step.todo.words),
            after: after.collect(),
            days: step.days,
            earliest: dates.begins,
            ends: dates.ends,
            latest: dates.latest,
            overdue: overdue || late,
            check: fill(&kind.check, &step.todo.words),
            undo: fill(&kind.undo, &step.todo.words),
        })
    }

    fn replacement(&self, draft: &Draft) -> Option<Replacement> {
        let apps = &self.inventory.companies.get(draft.key.0)?.apps;
        let thing = |candidate: &Candidate| {
            let app = apps.all.get(candidate.app)?;
            Some(Thing::new("App", &app.key, &app.name))
        };
        let sure = draft.matched.sure();
        if draft.status == Status::Retire || draft.matched.candidates.is_empty() {
            return None;
        }
        let others = draft.matched.candidates.iter().filter(|candidate| Some(**candidate) != sure);
        let alternative = |candidate: &Candidate| {
            let basis = candidate.basis.id().to_owned();
            Some(Alternative { app: thing(candidate)?, basis, confidence: candidate.confidence })
        };
        Some(Replacement {
            app: sure.as_ref().and_then(thing),
            basis: sure.map_or("none", |candidate| candidate.basis.id()).to_owned(),
            confidence: sure.map_or(0, |candidate| candidate.confidence),
            alternatives: others.filter_map(alternative).collect(),
        })
    }

    fn access(&self, draft: &Draft) -> Access {
        let mut access = Access::default();
        for (row, projects) in &draft.rows {
            let change = self.change(draft, row, projects);
            match row.sort() {
                AccessChange::CredentialCopies => access.kept.push(change),
                AccessChange::Lost => access.lost.push(change),
                AccessChange::Gained => access.gained.push(change),
                AccessChange::Unknown => access.unknown.push(change),
            }
        }
        let Some(usage) = &draft.usage else { return access };
        access.usage_from = self.export.document(usage.origin).map(|document| document.path.clone());
        for (tool, level) in draft.planned.levels.iter().flatten() {
            if let (Some(level), Some(needed)) = (level, usage.needed(tool))
                && needed < *level
            {
                access.right_size.push(RightSize {
                    tool: self.tool(tool),
                    level: level.id().to_owned(),
                    needed: needed.id().to_owned(),
                    calls: usage.calls.get(tool).map_or(0, |calls| calls.read + calls.write),
                });
            }
        }
        access
    }

    fn tool(&self, tool: &cutover_inventory::tools::Tool) -> Thing {
        Thing::new("Tool", tool.to_string(), self.pack.tools.label(tool))
    }

    fn change(&self, draft: &Draft, row: &Row, projects: &BTreeSet<ProjectIx>) -> Change {
        let company = self.inventory.companies.get(draft.key.0);
        let project = |index: &ProjectIx| {
            let project = company?.projects.get(*index)?;
            let id = project.id.map(|id| id.to_string()).unwrap_or_default();
            Some(Thing::new("Project", id, &project.name))
        };
        let level = |level: Option<Level>| level.map(|level| level.id().to_owned());
        Change {
            tool: self.tool(&row.tool),
            scope: row.tool.scope.to_string(),
            before: level(row.known_before()),
            after: level(row.after),
            projects: projects.iter().filter_map(project).collect(),
            granular: row.granular.unwrap_or_default(),
            used: used(row, &draft.rows, draft.usage.as_ref()),
        }
    }

    /// For each account that cannot be done in time: the step that is latest, and by how much.
    fn shortfalls(&self, accounts: &[Account], mode: Mode) -> Vec<Shortfall> {
        if mode == Mode::Recovery {
            return Vec::new();
        }
        let mut out: Vec<Shortfall> = accounts
            .iter()
            .filter_map(|account| {
                let late = |step: &&Step| Some((step.ends - step.latest?).num_days()).filter(|days| *days > 0);
                let worst = account
                    .steps
                    .iter()
                    .filter_map(|step| Some((late(&step)?, step)))
                    .max_by_key(|(days, step)| (*days, std::cmp::Reverse(&step.id)))?;
                let (days, step) = worst;
                let reason = format!(
                    "`{}` ends on {} at the earliest, and must end by {}",
                    step.kind,
                    step.ends,
                    step.latest.map(|day| day.to_string()).unwrap_or_default()
                );
                Some(Shortfall { account: account.account.clone(), step: step.id.clone(), days, reason })
            })
            .collect();
        out.sort_by(|one, two| {
            (std::cmp::Reverse(one.days), &one.account).cmp(&(std::cmp::Reverse(two.days), &two.account))
        });
        out
    }

    fn waves(&self, accounts: &[Account]) -> Vec<Wave> {
        let moved = self.program.waves.iter().filter(|(number, _)| *number > 0);
        let wave = |(number, members): &(usize, Vec<usize>)| {
            let own: Vec<&Account> = members.iter().filter_map(|member| accounts.get(*member)).collect();
            let moves = || own.iter().flat_map(|account| &account.steps).filter(|step| step.kind == StepId::Move.id());
            let drafts: Vec<&Draft> = members.iter().filter_map(|member| self.drafts.get(*member)).collect();
            Some(Wave {
                number: *number,
                from: moves().map(|step| step.earliest).min()?,
                to: moves().map(|step| step.ends).max()?,
                accounts: own.iter().map(|account| account.account.clone()).collect(),
                slack_days: own.iter().filter_map(|account| account.slack_days).min(),
                blast_radius: self.blast.of_all(&drafts),
            })
        };
        moved.filter_map(wave).collect()
    }
}

fn thing_of(draft: &Draft) -> Thing {
    Thing::new("LegacyAccount", &draft.id, &draft.name)
}

fn notes(mode: Mode, sunset: Option<NaiveDate>, as_of: NaiveDate) -> Vec<String> {
    let mut notes = vec![
        "The move narrows what each integration may do, and shows it; but it widens what one leak reaches: one DMSA secret serves all customers of a developer, where each account had a secret of its own. It belongs to the developer, who has the duty to rotate it; nobody sends it around.".to_owned(),
        "Two pages of Procore put the old app's removal before or after the new one's permitted projects. This plan follows the safe order: configure, verify, move the users, and delete last.".to_owned(),
        "An update or reinstallation clears the permitted projects, and new projects are not added by themselves: set them again each time.".to_owned(),
    ];
    match (mode, sunset) {
        (Mode::Recovery, Some(sunset)) => notes.insert(0, format!(
            "The sunset was on {sunset}: since then no legacy account works. That is {} days ago, and this is the shortest recovery: largest blast radius first, nothing run side by side.",
            (as_of - sunset).num_days()
        )),
        (Mode::Migration, None) => notes.insert(0, "No sunset is announced by this timeline: steps have no latest day.".to_owned()),
        _ => {}
    }
    notes
}
