//! Permission templates and what they give.

use std::collections::BTreeMap;

use rayon::prelude::*;
use smol_str::SmolStr;

use super::levels::{self, Levels};
use super::spelling::Spellings;
use super::tools::{Scope, Tools};
use cutover_export::field::Id;
use cutover_export::records::{PermissionTemplate, TemplateReference};
use cutover_export::{Read, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::Origin;
use cutover_model::known::Known;

/// An index into [`Templates::all`].
pub type TemplateIx = usize;

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TemplateKind {
    /// Company tools.
    CompanyTools,
    /// Project tools of any project: the only sort that can be a user's default.
    Global,
    /// Project tools of one project.
    ProjectSpecific,
}

/// A permission template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its id; `None` when only its name is known.
    pub id: Option<Id>,
    /// Its name; empty when only its id is known.
    pub name: String,
    /// What it is for.
    pub kind: Known<TemplateKind>,
    /// What it gives; unknown when the export lists the template without its levels.
    pub levels: Known<Levels>,
    /// Whether the list of templates holds it, and not just a reference.
    pub listed: bool,
    /// Where it is described, or first named.
    pub origin: Option<Origin>,
}

/// Records of templates that one thread reads before another may help.
const AT_ONCE: usize = 1 << 7;

/// What a record says that a template gives.
#[derive(Default)]
struct TemplateRecord {
    levels: Option<Levels>,
    diagnostics: Vec<Diagnostic>,
}

/// The templates of a company.
#[derive(Debug, Default)]
pub struct Templates {
    /// Every template that is listed or referred to.
    pub all: Vec<Template>,
    by_id: BTreeMap<Id, TemplateIx>,
    by_name: BTreeMap<String, Option<TemplateIx>>,
    /// Whether the list of project templates was read, so that a template outside it is none of this company.
    pub listed: bool,
}

impl Templates {
    /// Reads lists and shows; a show adds the levels to what the list says.
    pub fn build(records: &Records, tools: &Tools, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut templates = Self::default();
        let mut sorted: Vec<(Id, &Read<PermissionTemplate>)> =
            Vec::with_capacity(records.lists.permission_templates.len());
        for read in &records.lists.permission_templates {
            sorted.extend(read.value.id.value().map(|id| (*id, read)));
        }
        sorted.sort_by_key(|(id, read)| (*id, read.origin));
        for (id, read) in &sorted {
            templates.describe(*id, read, diagnostics);
        }
        // Which tools a record speaks of depends on the kind, which another record of the template may tell.
        let heard: Vec<TemplateRecord> =
            sorted.par_chunks(AT_ONCE).flat_map_iter(|some| templates.read_levels(some, tools)).collect();
        for ((id, read), mut heard) in sorted.iter().zip(heard) {
            diagnostics.append(&mut heard.diagnostics);
            if let Some(levels) = heard.levels {
                let index = templates.by_id(*id);
                templates.give(index, *id, levels, read.origin, diagnostics);
            }
        }
        for (index, template) in templates.all.iter().enumerate() {
            // A name that stands for two templates names neither.
            let entry = templates.by_name.entry(template.name.clone()).or_insert(Some(index));
            if *entry != Some(index) {
                *entry = None;
            }
        }
        // Templates of company tools come as a list of their own, which says nothing of the others.
        let is_of_projects = |kind: &TemplateKind| *kind != TemplateKind::CompanyTools;
        templates.listed =
            records.templates_listed && templates.all.iter().any(|one| one.kind.value().is_some_and(is_of_projects));
        templates
    }

    fn describe(&mut self, id: Id, read: &Read<PermissionTemplate>, diagnostics: &mut Vec<Diagnostic>) {
        let index = self.by_id(id);
        let Some(template) = self.all.get_mut(index) else { return };
        template.listed = true;
        template.origin.get_or_insert(read.origin);
        if let Some(name) = read.value.name.value() {
            template.be_called(name);
        }
        let heard = kind_of(read.value.r#type.value().map(String::as_str), read.value.project_specific.value());
        if template.kind.merge(heard.map_or(Known::Unknown, |kind| Known::is(kind, read.origin))) {
            let message = format!("two records of template {id} differ in `type`; it is treated as unknown");
            diagnostics.push(Diagnostic::new(Code::Conflict, Place::Member(read.origin, "type".to_owned()), message));
        }
    }

    /// The levels that some records give, in their order.
    fn read_levels(&self, some: &[(Id, &Read<PermissionTemplate>)], tools: &Tools) -> Vec<TemplateRecord> {
        let spellings = |scope| Spellings::new(tools, scope, "user_access_levels");
        let (mut of_company, mut of_project) = (spellings(Scope::Company), spellings(Scope::Project));
        let mut heard = |(id, read): &(Id, &Read<PermissionTemplate>)| {
            let template = self.by_id.get(id).and_then(|index| self.all.get(*index));
            let spellings = match template.and_then(|template| template.kind.value()) {
                Some(TemplateKind::CompanyTools) => &mut of_company,
                Some(TemplateKind::Global | TemplateKind::ProjectSpecific) => &mut of_project,
                None => return TemplateRecord::default(),
            };
            let mut diagnostics = Vec::new();
            TemplateRecord { levels: levels::of_template(read, tools, spellings, &mut diagnostics), diagnostics }
        };
        some.iter().map(&mut heard).collect()
    }

    /// Hears what one record says that a template gives.
    fn give(&mut self, index: TemplateIx, id: Id, levels: Levels, origin: Origin, diagnostics: &mut Vec<Diagnostic>) {
        let Some(template) = self.all.get_mut(index) else { return };
        match template.levels.value() {
            Some(known) if levels::differ(known, &levels) => {
                template.levels = Known::Contradicted;
                let message = format!("two records of template {id} have different levels; the levels are unknown");
                diagnostics.push(Diagnostic::new(Code::Conflict, Place::Member(origin, String::new()), message));
            }
            Some(_) => {}
            None if template.levels == Known::Contradicted => {}
            None => template.levels = Known::is(levels, origin),
        }
    }

    /// Adds a template, to try a plan out.
    pub fn add(&mut self, template: Template) -> TemplateIx {
        self.all.push(template);
        self.all.len() - 1
    }

    /// The template with this id, made up if the export does not describe it.
    pub fn by_id(&mut self, id: Id) -> TemplateIx {
        if let Some(index) = self.by_id.get(&id) {
            return *index;
        }
        let index = self.all.len();
        self.all.push(Template {
            id: Some(id),
            name: String::new(),
            kind: Known::Unknown,
            levels: Known::Unknown,
            listed: false,
            origin: None,
        });
        self.by_id.insert(id, index);
        index
    }

    /// The project template with this name, made up if no single one fits.
    pub fn by_name(&mut self, name: &str, origin: Origin) -> TemplateIx {
        if let Some(Some(index)) = self.by_name.get(name) {
            return *index;
        }
        let index = self.all.len();
        let made_up = Template {
            id: None,
            name: name.to_owned(),
            kind: Known::Unknown,
            levels: Known::Unknown,
            listed: false,
            origin: Some(origin),
        };
        self.all.push(made_up);
        self.by_name.insert(name.to_owned(), Some(index));
        index
    }

    /// The template a user record refers to; a reference without an id refers to nothing that is known.
    pub fn referenced(&mut self, reference: &TemplateReference, origin: Origin) -> Option<TemplateIx> {
        let name = reference.name.value();
        let id = reference.id.value()?;
        let index = self.by_id(*id);
        let template = self.all.get_mut(index)?;
        template.origin.get_or_insert(origin);
        if template.listed {
            return Some(index);
        }
        let heard = kind_of(reference.r#type.value().map(SmolStr::as_str), reference.project_specific.value());
        template.kind.merge(heard.map_or(Known::Unknown, |kind| Known::is(kind, origin)));
        if let Some(name) = name {
            template.be_called(name);
            let entry = self.by_name.entry(name.to_string()).or_insert(Some(index));
            if *entry != Some(index) {
                *entry = None;
            }
        }
        Some(index)
    }

    /// Whether a template is a copy of another one with its id: those that a plan makes are.
    pub fn is_copy(&self, index: TemplateIx) -> bool {
        let id = self.all.get(index).and_then(|template| template.id);
        id.is_some_and(|id| self.by_id.get(&id) != Some(&index))
    }

    /// A template by index.
    pub fn get(&self, index: TemplateIx) -> Option<&Template> {
        self.all.get(index)
    }
}

impl Template {
    /// Its name, or else its id: a template nobody names is one all the same.
    pub fn label(&self) -> String {
        match self.id.filter(|_| self.name.is_empty()) {
            Some(id) => format!("template {id}"),
            None => self.name.clone(),
        }
    }

    /// Of two names the first by the alphabet is shown, so that the order of the records does not matter.
    fn be_called(&mut self, name: &str) {
        if self.name.is_empty() || (!name.is_empty() && name < self.name.as_str()) {
            name.clone_into(&mut self.name);
        }
    }
}

fn kind_of(name: Option<&str>, project_specific: Option<&bool>) -> Option<TemplateKind> {
    match (name, project_specific) {
        (Some("company_tools"), _) => Some(TemplateKind::CompanyTools),
        (Some("project_specific"), _) | (None, Some(true)) => Some(TemplateKind::ProjectSpecific),
        (Some("global"), _) | (None, Some(false)) => Some(TemplateKind::Global),
        _ => None,
    }
}
