//! The repair as a part of the result.

use std::collections::{BTreeMap, BTreeSet};

use super::cover::{MAX_CANDIDATES, MAX_NODES};
use super::dates::dates;
use super::edit::{Edit, Right};
use super::loss::Loss;
use super::need::Keep;
use super::search::MAX_QUESTIONS;
use super::{Considered, Part};
use crate::audit::places;
use crate::plan::findings::StateEvaluator;
use crate::plan::steps::fill;
use crate::plan::{Options, PlanError};
use cutover_export::Export;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::levels::GivenLevel;
use cutover_inventory::memberships::{InForce, ProjectIx};
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::Tool;
use cutover_inventory::{Company, Inventory};
use cutover_model::escape;
use cutover_model::evidence::Evidence;
use cutover_model::level::Level;
use cutover_model::result::plan::{Assessed, Change, Finding, Step};
use cutover_model::result::repair as result;
use cutover_model::result::repair::{Asked, Bound, Cleared, NotCleared, Repair, Simulated, What};
use cutover_model::result::{Severity, Thing};
use cutover_policy::Evaluation;
use cutover_policy::step_id::StepId;
use cutover_policy::steps::StepKind;

/// Identities that lose by an edit and are listed.
const MAX_LISTED: usize = 50;

/// What is needed to tell a repair.
pub(super) struct Telling<'a> {
    pub export: &'a Export,
    pub inventory: &'a Inventory,
    pub evaluator: &'a StateEvaluator<'a>,
    pub options: &'a Options,
    pub evaluation: &'a Evaluation,
    /// The controls that were asked for, by index.
    pub controls: &'a BTreeSet<usize>,
}

/// Why a target stays: what the edits that would clear it would take or bring, or that there are none.
pub(super) fn reasons(
    target: usize,
    relevant: &BTreeSet<usize>,
    considered: &[Considered],
    together: bool,
) -> Vec<String> {
    let refused = || relevant.iter().filter_map(|edit| considered.get(*edit)).filter(|one| !one.is_allowed());
    let clears = |one: &&Considered| one.outcome.cleared.contains(&target);
    let why = |one: &Considered| -> Vec<String> {
        let keeps =
            one.keeps.iter().map(|keep| format!("what would clear it takes what must be kept: {}", keep.reason));
        let keeps: Vec<String> = keeps.collect();
        let introduced = one.outcome.introduced.iter();
        let introduced = introduced
            .map(|(_, finding)| format!("what would clear it brings {}: {}", finding.control, finding.message));
        if keeps.is_empty() { introduced.collect() } else { keeps }
    };
    let mut out: BTreeSet<String> = refused().filter(clears).flat_map(why).collect();
    if out.is_empty() && together {
        out = refused().flat_map(why).collect();
    }
    if out.is_empty() {
        out.insert("no removal or downgrade of access clears it".to_owned());
    }
    out.into_iter().collect()
}

/// An edit on its way into the result.
struct Chosen<'p> {
    part: &'p Part,
    index: usize,
    considered: &'p Considered,
    /// The targets of the part that it clears, alone or with others.
    clears: BTreeSet<usize>,
    worst: Option<Severity>,
}

impl Telling<'_> {
    pub(super) fn repair(&self, asked: Vec<Asked>, parts: &[Part], simulation: Simulated) -> Result<Repair, PlanError> {
        let mut chosen: Vec<Chosen<'_>> = parts.iter().flat_map(chosen).collect();
        // What clears the worst comes first.
        chosen.sort_by_key(|one| (std::cmp::Reverse(one.worst), one.part.company, one.index));
        let kinds: Vec<&StepKind> = chosen.iter().filter_map(|one| self.kind(&one.considered.edit)).collect();
        let dates = dates(&kinds, self.options)?;
        let mut edits = Vec::with_capacity(chosen.len());
        let mut ids: BTreeMap<(usize, usize), String> = BTreeMap::new();
        for (number, ((one, kind), (earliest, ends))) in chosen.iter().zip(&kinds).zip(dates).enumerate() {
            let id = format!("R{:02}", number + 1);
            ids.insert((one.part.company, one.index), id.clone());
            edits.extend(self.edit(id, one, kind, (earliest, ends)));
        }
        let mut cleared: BTreeMap<Finding, (BTreeSet<Thing>, BTreeSet<String>)> = BTreeMap::new();
        let mut stays: BTreeMap<Finding, (BTreeSet<Thing>, BTreeSet<String>, String)> = BTreeMap::new();
        let mut clearing: BTreeMap<(usize, usize), Vec<&String>> = BTreeMap::new();
        for one in &chosen {
            let id = ids.get(&(one.part.company, one.index));
            one.clears.iter().for_each(|target| clearing.entry((one.part.company, *target)).or_default().extend(id));
        }
        for part in parts {
            for (number, target) in part.targets.iter().enumerate() {
                if part.cleared.contains(&number) {
                    let (projects, by) = cleared.entry(target.finding.clone()).or_default();
                    projects.extend(target.project.clone());
                    by.extend(clearing.get(&(part.company, number)).into_iter().flatten().copied().cloned());
                    continue;
                }
                let (projects, reasons, remedy) = stays.entry(target.finding.clone()).or_default();
                projects.extend(target.project.clone());
                remedy.clone_from(&target.remedy);
                match part.reasons.get(&number) {
                    Some(known) => reasons.extend(known.iter().cloned()),
                    None => {
                        reasons.insert("the edits clear it one by one, and not when they are done together".to_owned());
                    }
                }
            }
        }
        let worst_first = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.clone());
        let mut cleared: Vec<Cleared> = cleared
            .into_iter()
            .map(|(violation, (projects, edits))| Cleared {
                violation,
                projects: projects.into_iter().collect(),
                edits: edits.into_iter().collect(),
            })
            .collect();
        cleared.sort_by_key(|one| worst_first(&one.violation));
        let mut not_cleared: Vec<NotCleared> = stays
            .into_iter()
            .map(|(violation, (projects, reasons, remedy))| NotCleared {
                violation,
                projects: projects.into_iter().collect(),
                reasons: reasons.into_iter().collect(),
                remedy,
            })
            .collect();
        not_cleared.sort_by_key(|one| worst_first(&one.violation));
        Ok(Repair {
            asked,
            edits,
            cleared,
            not_cleared,
            keeps: self.keeps(parts),
            not_assessed: self.not_assessed(),
            cost: parts.iter().map(|part| part.choice.cost).sum(),
            lower_bound: parts.iter().map(|part| part.choice.lower_bound).sum(),
            exact: parts.iter().all(|part| part.choice.exact),
            considered: parts.iter().map(|part| part.considered.len()).sum(),
            bound: Bound { candidates: MAX_CANDIDATES, steps: MAX_NODES, questions: MAX_QUESTIONS },
            simulation,
        })
    }

    fn kind(&self, edit: &Edit) -> Option<&StepKind> {
        let kind = match edit.what() {
            What::LowerTemplate => StepId::LowerTemplate,
            What::OwnTemplate => StepId::OwnTemplate,
            What::LowerLevel => StepId::LowerLevel,
            What::LeaveProject => StepId::LeaveProject,
            What::ClearRight => StepId::ClearRight,
        };
        let steps = &self.evaluator.pack.repairs;
        steps.all.get(steps.index(kind)?)
    }

    fn edit(
        &self,
        id: String,
        one: &Chosen<'_>,
        kind: &StepKind,
        (earliest, ends): (chrono::NaiveDate, chrono::NaiveDate),
    ) -> Option<result::Edit> {
        let company = self.inventory.companies.get(one.part.company)?;
        let edit = &one.considered.edit;
        let subject = edit.identity().and_then(|identity| thing(company, identity));
        let template = edit.template();
        let (from, to) = (edit.given(company).and_then(|given| given.level), edit.lowered().map(|(_, to)| to));
        let controls: BTreeSet<&str> = one
            .clears
            .iter()
            .filter_map(|number| Some(one.part.targets.get(*number)?.finding.control.as_str()))
            .collect();
        let controls: Vec<&str> = controls.into_iter().collect();
        let words = self.words(company, edit, &controls);
        let losses = &one.considered.losses.all;
        let identities: BTreeSet<IdentityIx> = losses.iter().map(|loss| loss.identity).collect();
        let projects: BTreeSet<ProjectIx> = losses.iter().flat_map(|loss| &loss.projects).copied().collect();
        Some(result::Edit {
            what: edit.what(),
            template: template.map(|template| template_thing(company, template)),
            tool: edit.lowered().map(|(tool, _)| self.tool(tool)),
            project: edit.project().and_then(|project| project_thing(company, project)),
            from: edit.lowered().and(from).map(|level| level.id().to_owned()),
            to: to.map(|level| level.id().to_owned()),
            location: edit.evidence(company).and_then(|evidence| places::location(self.export, &evidence)),
            step: Step {
                id: format!("{id}.{}", kind.kind.id()),
                kind: kind.kind.id().to_owned(),
                action: fill(&kind.action, &words),
                party: kind.party,
                duty: kind.duty.clone(),
                right: fill(&kind.right, &words),
                after: Vec::new(),
                days: kind.days,
                earliest,
                ends,
                latest: None,
                overdue: false,
                check: fill(&kind.check, &words),
                undo: fill(&kind.undo, &words),
            },
            cost: one.considered.losses.cost,
            loses: identities.iter().take(MAX_LISTED).filter_map(|who| self.loss(company, *who, losses)).collect(),
            identities: identities.len(),
            projects: projects.len(),
            id,
            subject,
        })
    }

    fn loss(&self, company: &Company, who: IdentityIx, losses: &[Loss]) -> Option<result::Loss> {
        let change = |loss: &Loss| Change {
            tool: self.tool(&loss.tool),
            scope: loss.tool.scope.to_string(),
            before: Some(loss.before.id().to_owned()),
            after: loss.after.map(|level| level.id().to_owned()),
            projects: loss.projects.iter().filter_map(|project| project_thing(company, *project)).collect(),
            granular: loss.granular,
            used: loss.unneeded.then_some(false),
        };
        let own = losses.iter().filter(|loss| loss.identity == who);
        Some(result::Loss { who: thing(company, who)?, changes: own.map(change).collect() })
    }

    fn tool(&self, tool: &Tool) -> Thing {
        Thing::new("Tool", tool.to_string(), self.evaluator.pack.tools.label(tool))
    }

    /// The words for the names in braces of a step.
    fn words(&self, company: &Company, edit: &Edit, controls: &[&str]) -> BTreeMap<&'static str, String> {
        let name = |identity: IdentityIx| {
            company.directory.identities.get(identity).map(|one| escape::name(&one.name)).unwrap_or_default()
        };
        let project = |project: ProjectIx| {
            company.projects.get(project).map(|project| escape::name(&project.name)).unwrap_or_default()
        };
        let label = |template: TemplateIx| {
            company.templates.get(template).map(|template| escape::name(&template.label())).unwrap_or_default()
        };
        let mut words = BTreeMap::from([
            ("account", edit.identity().map(name).unwrap_or_default()),
            ("template", edit.template().map(label).unwrap_or_default()),
            ("controls", controls.join(" or ")),
            ("project", edit.project().map(project).unwrap_or_default()),
            ("place", edit.project().map(|at| format!(" on the project {}", project(at))).unwrap_or_default()),
        ]);
        if let Some((tool, to)) = edit.lowered() {
            let tool = escape::name(&self.evaluator.pack.tools.label(tool));
            let from = edit.given(company).and_then(|given| given.level);
            let from = from.filter(|from| *from > to);
            let (change, back) = match from {
                Some(from) => (format!("Lower {tool} from {from} to {to}"), format!("Set {tool} to {from} again")),
                None => (
                    format!("Remove the granular permissions on {tool}"),
                    format!("Give the granular permissions on {tool} again"),
                ),
            };
            let in_copy = match from {
                Some(from) => format!(", with {tool} at {to} instead of {from}"),
                None => format!(", without the granular permissions on {tool}"),
            };
            words.insert("change", if matches!(edit, Edit::Own { .. }) { in_copy } else { change });
            words.insert("back", back);
        }
        match edit {
            Edit::Leave { identity, project } => {
                let membership = company.memberships.of(*identity).find(|membership| membership.project == *project);
                if let Some(InForce::Template(template)) = membership.map(|membership| membership.in_force) {
                    words.insert("template", format!(", with the permission template {}", label(template)));
                }
            }
            Edit::Clear { right: Right::CreateProjects, .. } => {
                words.insert("right", "to create projects".to_owned());
            }
            Edit::Clear { right: Right::NewProjects, .. } => {
                words.insert("right", "to be added to every new project".to_owned());
            }
            Edit::Lower { .. } | Edit::Own { .. } | Edit::Level { .. } => {}
        }
        words
    }

    fn keeps(&self, parts: &[Part]) -> Vec<result::Keep> {
        let mut out = Vec::new();
        for part in parts {
            let Some(company) = self.inventory.companies.get(part.company) else { continue };
            let mut keeps: BTreeMap<&Keep, usize> = BTreeMap::new();
            let clears = |one: &&Considered| !one.outcome.cleared.is_empty();
            for keep in part.considered.iter().filter(clears).flat_map(|considered| &considered.keeps) {
                *keeps.entry(keep).or_default() += 1;
            }
            out.extend(keeps.into_iter().filter_map(|(keep, ruled_out)| {
                Some(result::Keep {
                    who: thing(company, keep.identity)?,
                    tool: keep.tool.as_ref().map(|tool| self.tool(tool)),
                    project: keep.project.and_then(|project| project_thing(company, project)),
                    level: keep.level.map(|level| level.id().to_owned()),
                    reason: keep.reason.clone(),
                    location: keep.evidence.as_ref().and_then(|evidence| places::location(self.export, evidence)),
                    ruled_out,
                })
            }));
        }
        out
    }

    /// The controls that were asked for and could not evaluate everything.
    fn not_assessed(&self) -> Vec<Assessed> {
        let violations =
            |control: usize| self.evaluation.violations.iter().filter(|violation| violation.control == control).count();
        let described = self.controls.iter().filter_map(|control| {
            let assessed = self.evaluation.assessed.get(*control).filter(|assessed| assessed.unknown > 0)?;
            Some(Assessed {
                control: self.evaluator.pack.controls.get(*control)?.id.clone(),
                facts: assessed.facts,
                violations: violations(*control),
                unknown: assessed.unknown,
            })
        });
        described.collect()
    }
}

/// The edits of a part with what they clear: alone, or where none does alone, together with others.
fn chosen(part: &Part) -> Vec<Chosen<'_>> {
    let alone: BTreeSet<usize> =
        part.chosen().flat_map(|(_, considered)| considered.outcome.cleared.iter().copied()).collect();
    let mut together: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (target, edits) in part.relevant.iter().filter(|(target, _)| !alone.contains(target)) {
        edits.iter().for_each(|edit| together.entry(*edit).or_default().push(*target));
    }
    let of = |(index, considered): (usize, &'_ Considered)| -> BTreeSet<usize> {
        let own = considered.outcome.cleared.iter();
        let together = together.get(&index).into_iter().flatten();
        own.chain(together).copied().filter(|target| part.cleared.contains(target)).collect()
    };
    part.chosen()
        .map(|(index, considered)| {
            let clears = of((index, considered));
            let severities = clears.iter().filter_map(|target| Some(part.targets.get(*target)?.finding.severity));
            Chosen { part, index, considered, worst: severities.max(), clears }
        })
        .collect()
}

impl Edit {
    fn what(&self) -> What {
        match self {
            Self::Lower { .. } => What::LowerTemplate,
            Self::Own { .. } => What::OwnTemplate,
            Self::Level { .. } => What::LowerLevel,
            Self::Leave { .. } => What::LeaveProject,
            Self::Clear { .. } => What::ClearRight,
        }
    }

    fn identity(&self) -> Option<IdentityIx> {
        match self {
            Self::Lower { .. } => None,
            Self::Own { identity, .. }
            | Self::Level { identity, .. }
            | Self::Leave { identity, .. }
            | Self::Clear { identity, .. } => Some(*identity),
        }
    }

    fn template(&self) -> Option<TemplateIx> {
        match self {
            Self::Lower { template, .. } | Self::Own { template, .. } => Some(*template),
            Self::Level { .. } | Self::Leave { .. } | Self::Clear { .. } => None,
        }
    }

    fn project(&self) -> Option<ProjectIx> {
        match self {
            Self::Level { project, .. } => *project,
            Self::Leave { project, .. } => Some(*project),
            Self::Lower { .. } | Self::Own { .. } | Self::Clear { .. } => None,
        }
    }

    fn lowered(&self) -> Option<(&Tool, Level)> {
        match self {
            Self::Lower { tool, to, .. } | Self::Level { tool, to, .. } => Some((tool, *to)),
            Self::Own { lowered, .. } => lowered.as_ref().map(|(tool, to)| (tool, *to)),
            Self::Leave { .. } | Self::Clear { .. } => None,
        }
    }

    /// The level that it lowers, as it stands.
    fn given<'c>(&self, company: &'c Company) -> Option<&'c GivenLevel> {
        let (tool, _) = self.lowered()?;
        match self {
            Self::Level { identity, project, .. } => {
                let at = project.and_then(|project| company.projects.get(project)).and_then(|project| project.id);
                let id = company.directory.identities.get(*identity)?.id?;
                company.observed.get(&(id, at))?.get(tool)
            }
            _ => company.templates.get(self.template()?)?.levels.value()?.get(tool),
        }
    }

    /// Where the export says what it changes.
    fn evidence(&self, company: &Company) -> Option<Evidence> {
        let person = self.identity().and_then(|identity| company.directory.identities.get(identity));
        match self {
            Self::Lower { .. } | Self::Level { .. } => Some(self.given(company)?.evidence.clone()),
            Self::Own { identity, template, .. } => {
                let named = person?.company_template.stated().filter(|stated| stated.value == Some(*template));
                let is_it = InForce::Template(*template);
                let member = || company.memberships.of(*identity).find(|membership| membership.in_force == is_it);
                named.map(|stated| stated.evidence.clone()).or_else(|| Some(member()?.origin.into()))
            }
            Self::Leave { identity, project } => {
                let membership = company.memberships.of(*identity).find(|membership| membership.project == *project)?;
                Some(membership.origin.into())
            }
            Self::Clear { right, .. } => {
                let said = match right {
                    Right::CreateProjects => &person?.creates_projects,
                    Right::NewProjects => &person?.adds_to_new_projects,
                };
                said.stated().map(|stated| stated.evidence.clone())
            }
        }
    }
}

fn thing(company: &Company, identity: IdentityIx) -> Option<Thing> {
    let identity = company.directory.identities.get(identity)?;
    Some(Thing::new(identity.class.kind.to_string(), identity.key(), &identity.name))
}

fn project_thing(company: &Company, project: ProjectIx) -> Option<Thing> {
    let project = company.projects.get(project)?;
    let id = project.id.map(|id| id.to_string()).unwrap_or_default();
    Some(Thing::new("Project", id, &project.name))
}

fn template_thing(company: &Company, template: TemplateIx) -> Thing {
    let template = company.templates.get(template);
    let id = template.and_then(|template| template.id).map(|id| id.to_string()).unwrap_or_default();
    let name = template.map(cutover_inventory::templates::Template::label).unwrap_or_default();
    Thing::new("Template", id, name)
}
