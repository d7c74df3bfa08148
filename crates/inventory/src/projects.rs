//! Projects: what they are, and which tools are switched on in them.

use std::collections::{BTreeMap, BTreeSet};

use super::Company;
use super::memberships::ProjectIx;
use super::stated::value;
use super::tools::{Tool, Tools};
use cutover_export::field::Id;
use cutover_export::{Of, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: Option<Id>,
    /// Its name, or its id where no list of projects was read.
    pub name: String,
    /// Whether it is active.
    pub active: Known<bool>,
    /// Whether it is a demonstration.
    pub demo: Known<bool>,
    /// Whether it is a template for other projects.
    pub template: Known<bool>,
    /// Whether each of its tools is switched on, where the export says.
    pub tools: BTreeMap<Tool, Known<bool>>,
    /// Where it is described.
    pub origin: Option<Origin>,
}

impl Company {
    pub(super) fn read_projects(
        &mut self,
        records: &Records,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> BTreeMap<Id, ProjectIx> {
        let mut by_id: BTreeMap<Id, Project> = BTreeMap::new();
        for read in &records.lists.projects {
            let (record, origin) = (&read.value, read.origin);
            let Some(id) = record.id.value().copied() else { continue };
            let name = record.name.value().or(record.display_name.value()).cloned();
            let heard = Project {
                id: Some(id),
                name: name.unwrap_or_else(|| format!("project {id}")),
                active: value(&record.active, origin, "active"),
                demo: value(&record.is_demo, origin, "is_demo"),
                template: Known::Unknown,
                tools: BTreeMap::new(),
                origin: Some(origin),
            };
            let known = by_id.entry(id).or_insert_with(|| heard.clone());
            if heard.name < known.name {
                known.name.clone_from(&heard.name);
            }
            let contradicted =
                [(known.active.merge(heard.active), "active"), (known.demo.merge(heard.demo), "is_demo")];
            for (_, member) in contradicted.into_iter().filter(|(contradicted, _)| *contradicted) {
                let message = format!("two records of project {id} differ in `{member}`; it is treated as unknown");
                diagnostics.push(Diagnostic::new(Code::Conflict, Place::Member(origin, member.to_owned()), message));
            }
        }
        let index = by_id.keys().enumerate().map(|(index, id)| (*id, index)).collect();
        self.projects = by_id.into_values().collect();
        index
    }

    /// Projects that only memberships speak of.
    pub(super) fn name_projects(&mut self, index: &BTreeMap<Id, ProjectIx>) {
        let mut unnamed: Vec<(&Id, &ProjectIx)> = index.iter().filter(|(_, at)| **at >= self.projects.len()).collect();
        unnamed.sort_by_key(|(_, at)| **at);
        for (id, _) in unnamed {
            self.projects.push(Project {
                id: Some(*id),
                name: format!("project {id}"),
                active: Known::Unknown,
                demo: Known::Unknown,
                template: Known::Unknown,
                tools: BTreeMap::new(),
                origin: None,
            });
        }
    }

    /// Only `settings.toml` says which projects are templates; with a list there, every other project is none.
    pub(super) fn mark_template_projects(&mut self, records: &Records) {
        let Some(settings) = &records.settings else { return };
        let Some(templates) = &settings.value.template_projects else { return };
        for project in &mut self.projects {
            let is_template = project.id.is_some_and(|id| templates.contains(&id.0));
            project.template = Known::is(is_template, Evidence::new(settings.origin, "template_projects"));
        }
    }

    /// Which tools are switched on where. A tool that no record names is unknown: the call can leave some out.
    pub(super) fn read_project_tools(&mut self, records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) {
        let with_id = self.projects.iter().enumerate().filter_map(|(index, project)| Some((project.id?, index)));
        let index: BTreeMap<Id, ProjectIx> = with_id.collect();
        let (mut strangers, mut unlisted) = (BTreeSet::new(), BTreeSet::new());
        for Of { of: id, read } in &records.project_tools {
            let mut say = |code, member: &str, message: String| {
                diagnostics.push(Diagnostic::new(code, Place::Member(read.origin, member.to_owned()), message));
            };
            let Some(tool) = tools.of_engine(read.value.engine_name.value(), read.value.title.value()) else {
                say(Code::Shape, "", "a tool without `engine_name`; it was left out".to_owned());
                continue;
            };
            let Some(project) = index.get(id).and_then(|index| self.projects.get_mut(*index)) else {
                if strangers.insert(id) {
                    say(Code::Unresolved, "", format!("project {id} has tools and is not in the export otherwise"));
                }
                continue;
            };
            if !tools.recognises(&tool) && unlisted.insert(tool.clone()) {
                let message =
                    format!("`{}` is not in the table of project tools; it is kept under that name", tool.key);
                say(Code::UnknownTool, "engine_name", message);
            }
            let enabled = value(&read.value.is_active, read.origin, "is_active");
            if project.tools.entry(tool.clone()).or_default().merge(enabled) {
                let message =
                    format!("two records of project {id} differ in whether {tool} is on; it is treated as unknown");
                say(Code::Conflict, "is_active", message);
            }
        }
    }
}
