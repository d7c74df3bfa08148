//! The policy pack: schema, controls, responsibilities, and the data beside them.
//!
//! Every pack is validated strictly before it is used: one that is read whenever it is, the built-in one by a test.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use cedar_policy::{ParseErrors, PolicySet, Schema, Validator};
use cutover_pack::{
    ATTRIBUTES, CHANGE, CONTROLS, DEADLINE, FRAMEWORKS, REPAIRS, RESPONSIBILITY, SCHEMA, SCHEMA_JSON, STEPS, TOOLS,
};
use miette::{Diagnostic, LabeledSpan, SourceCode, SourceSpan};
use rayon::prelude::*;
use thiserror::Error;
use walkdir::WalkDir;

use super::attributes::Attributes;
use super::control::{Control, Occasion, parse, parse_known};
use super::deadline::Deadline;
use super::frameworks::Frameworks;
use super::limits;
use super::org_overrides::OrgOverrides;
use super::provenance::{PackSource, Replaced};
use super::responsibility::Responsibility;
use super::source::{NOT_CEDAR, Source, is_foreign};
use super::step_id::StepId;
use super::steps::Steps;
use super::window::Window;
use cutover_export::open;
use cutover_export::open::Boundary;
use cutover_inventory::tools::{Scope, Tool, Tools};

/// The longest policies that are read in one run, in bytes: of all folders together.
const MAX_PACK_BYTES: usize = 16 << 20;
/// The most folders of policies that are read in one run.
const MAX_FOLDERS: usize = 256;

/// What stands beside the built-in policies, by the names of the files.
pub(super) const DATA: [(&str, &str); 8] = [
    ("attributes.toml", ATTRIBUTES),
    ("cutover.cedarschema", SCHEMA),
    ("deadline.toml", DEADLINE),
    ("frameworks.toml", FRAMEWORKS),
    ("repairs.toml", REPAIRS),
    ("responsibility.cedar", RESPONSIBILITY),
    ("steps.toml", STEPS),
    ("tools.toml", TOOLS),
];

/// Why a pack cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum PackError {
    /// A file or folder cannot be read.
    #[error("cannot read the policies in `{path}`: {reason}")]
    #[diagnostic(help("give a folder that holds .cedar files"))]
    Unreadable {
        /// The path.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// No policy was found.
    #[error("`{path}` holds no .cedar files")]
    Empty {
        /// The path.
        path: String,
    },
    /// The Cedar text does not parse.
    #[error("`{path}` is not valid Cedar")]
    Syntax {
        /// The file.
        path: String,
        /// Cedar's own accounts, with their places.
        #[related]
        errors: Vec<CedarDiagnostic>,
    },
    /// A policy says something it cannot say, or says too much.
    #[error("{what}")]
    #[diagnostic(help("{help}"))]
    Written {
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
        /// The lines of the file.
        #[source_code]
        source_code: Window,
        /// Where in them.
        #[label("here")]
        at: SourceSpan,
    },
    /// The pack does not fit the schema.
    #[error("`{path}` does not fit the schema")]
    Validation {
        /// The files.
        path: String,
        /// Cedar's own accounts, with their places.
        #[related]
        errors: Vec<CedarDiagnostic>,
    },
    /// Two policies of one pack have the same id.
    #[error("the id `{id}` is used at `{first}` and again at `{second}`")]
    #[diagnostic(help("give each control of a pack its own id"))]
    Duplicate {
        /// The id.
        id: String,
        /// One place: file, line and column.
        first: String,
        /// The other.
        second: String,
        /// The lines of the other.
        #[source_code]
        source_code: Window,
        /// Where in them.
        #[label("again here")]
        at: SourceSpan,
    },
    /// The data beside the policies is broken.
    #[error("`{path}` is broken: {reason}")]
    Data {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// One thing that Cedar found.
#[derive(Debug, Error)]
#[error("{what}")]
pub struct CedarDiagnostic {
    what: String,
    help: Option<String>,
    source_code: Window,
    label: Option<LabeledSpan>,
}

impl CedarDiagnostic {
    /// What Cedar says of a file, at the place it says.
    pub fn of(path: &str, text: &str, what: String, error: &impl Diagnostic) -> Self {
        let label = error.labels().and_then(|mut labels| labels.next());
        let at = label.as_ref().map_or(0..0, |label| label.offset()..label.offset() + label.len());
        let (source_code, span) = Window::around(path, text, &at);
        let label = label.map(|label| LabeledSpan::new_with_span(label.label().map(str::to_owned), span));
        Self { what, help: error.help().map(|help| help.to_string()), source_code, label }
    }
}

impl Diagnostic for CedarDiagnostic {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source_code)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone()?)))
    }
}

/// An id that is used again at some bytes of a file.
fn twice(id: String, first: String, source: &Source, at: &Range<usize>) -> PackError {
    let (source_code, span) = Window::around(&source.path, &source.text, at);
    PackError::Duplicate { id, first, second: source.spot(at), source_code, at: span }
}

/// A policy that says something it cannot say, at some bytes of its file.
pub fn written(source: &Source, at: &Range<usize>, what: String, help: String) -> PackError {
    let (source_code, at) = Window::around(&source.path, &source.text, at);
    PackError::Written { what, help, source_code, at }
}

/// Parses the policies of a file, once they are known to be of a size that Cedar can take.
pub fn policies(path: &str, text: &str) -> Result<PolicySet, PackError> {
    if is_foreign(text) {
        return Err(PackError::Unreadable { path: path.to_owned(), reason: NOT_CEDAR.to_owned() });
    }
    limits::check(text).map_err(|excess| {
        let (source_code, at) = Window::around(path, text, &excess.at);
        PackError::Written { what: excess.what, help: excess.help.to_owned(), source_code, at }
    })?;
    text.parse().map_err(|errors: ParseErrors| {
        let errors = errors.iter().map(|error| CedarDiagnostic::of(path, text, error.to_string(), error)).collect();
        PackError::Syntax { path: path.to_owned(), errors }
    })
}

/// A part of a pack: where some of its controls stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The controls that are part of the program.
    BuiltIn,
    /// A folder of policies.
    Folder(PathBuf),
}

/// Everything that says what is allowed.
#[derive(Debug)]
pub struct Pack {
    /// Validates policies against the schema.
    pub validator: Validator,
    /// The controls over what an export says, by id.
    pub controls: Vec<Control>,
    /// The controls over what a migration plan says, by id.
    pub migration: Vec<Control>,
    /// The controls over what changed between two exports, by id.
    pub change: Vec<Control>,
    /// The steps of a migration.
    pub steps: Steps,
    /// The steps of a repair.
    pub repairs: Steps,
    /// Responsibilities.
    pub responsibility: Responsibility,
    /// Which export says what.
    pub attributes: Attributes,
    /// How severity follows the days left.
    pub deadline: Deadline,
    /// What controls relate to in published frameworks.
    pub frameworks: Frameworks,
    /// The tools of Procore.
    pub tools: Tools,
    /// What it was read from, in that order.
    pub sources: Vec<PackSource>,
    /// What the organisation changed of all this.
    pub org: OrgOverrides,
}

impl Pack {
    /// Loads the built-in pack, and then each folder: a control there adds to the pack, or takes the place of the one
    /// with its id.
    ///
    /// # Errors
    /// What is wrong with a policy or the data beside it, and where.
    pub fn load(folders: &[PathBuf]) -> Result<Self, PackError> {
        let added = folders.iter().cloned().map(Part::Folder);
        Self::from_parts(&std::iter::once(Part::BuiltIn).chain(added).collect::<Vec<_>>())
    }

    /// Loads a pack of these parts and nothing else. A later part adds to the earlier ones; its controls take the place of
    /// those with their ids.
    ///
    /// # Errors
    /// What is wrong with a policy or the data beside it, and where.
    pub fn from_parts(parts: &[Part]) -> Result<Self, PackError> {
        let schema = Schema::from_json_str(SCHEMA_JSON).map_err(|error| data("cutover.cedarschema.json", &error))?;
        // One for all: it holds a copy of the schema, which takes long to make.
        let validator = Validator::new(schema);
        let attributes = Attributes::parse(ATTRIBUTES).map_err(|reason| data("attributes.toml", &reason))?;
        let deadline = Deadline::parse(DEADLINE).map_err(|reason| data("deadline.toml", &reason))?;
        let frameworks = Frameworks::parse(FRAMEWORKS).map_err(|reason| data("frameworks.toml", &reason))?;
        let tools = Tools::parse(TOOLS).map_err(|reason| data("tools.toml", &reason))?;
        let responsibility = Responsibility::parse(RESPONSIBILITY, &validator)
            .map_err(|reason| data("responsibility.cedar", &reason))?;
        let steps =
            Steps::parse(STEPS, StepId::MIGRATION, &responsibility).map_err(|reason| data("steps.toml", &reason))?;
        let repairs =
            Steps::parse(REPAIRS, StepId::REPAIR, &responsibility).map_err(|reason| data("repairs.toml", &reason))?;
        let mut controls: BTreeMap<String, Control> = BTreeMap::new();
        let mut sources = Vec::new();
        let mut bytes = 0;
        for (number, part) in parts.iter().enumerate() {
            let (files, built_in) = match part {
                Part::BuiltIn => (built_in()?, true),
                Part::Folder(folder) => {
                    let (path, files) = (folder.display().to_string(), read_folder(folder)?);
                    bytes += files.iter().map(|(_, text)| text.len()).sum::<usize>();
                    if bytes > MAX_PACK_BYTES {
                        return Err(too_long(&path));
                    }
                    if number > MAX_FOLDERS {
                        let reason = format!("more than {MAX_FOLDERS} folders of policies are too many");
                        return Err(PackError::Unreadable { path, reason });
                    }
                    (files, false)
                }
            };
            let mut own: BTreeMap<String, (String, usize, Control)> = BTreeMap::new();
            let mut origin = PackSource::of(part, &files);
            for (source, controls) in read(files, built_in, &validator) {
                for mut control in controls? {
                    control.built_in = built_in;
                    if !built_in {
                        control.redact_comment();
                    }
                    let id = control.id.clone();
                    if let Some(step) = control.step().filter(|step| steps.index_of_name(step).is_none()) {
                        let known: Vec<&str> = steps.all.iter().map(|step| step.kind.id()).collect();
                        let expected = format!("expected blocks, retires, or a kind of step: {}", known.join(", "));
                        let what = format!("`@migration` of {id} says `{step}`");
                        return Err(written(&source, &source.find(&control.at, "@migration"), what, expected));
                    }
                    let at = source.id(&control.at, &id);
                    let line = source.place(&control.at).line;
                    if let Some((first, ..)) = own.insert(id.clone(), (source.spot(&at), line, control)) {
                        return Err(twice(id, first, &source, &at));
                    }
                }
            }
            origin.controls = own.len();
            for (id, (_, line, control)) in own {
                let path = control.path.clone();
                if controls.insert(id.clone(), control).is_some() {
                    origin.replaced.push(Replaced { control: id, path, line });
                }
            }
            sources.push(origin);
        }
        let (mut audit, mut migration, mut change) = (Vec::new(), Vec::new(), Vec::new());
        for control in controls.into_values() {
            match control.occasion() {
                Occasion::Audit => audit.push(control),
                Occasion::Plan => migration.push(control),
                Occasion::Change => change.push(control),
            }
        }
        Ok(Self {
            validator,
            controls: audit,
            migration,
            change,
            steps,
            repairs,
            responsibility,
            attributes,
            deadline,
            frameworks,
            tools,
            sources,
            org: OrgOverrides::default(),
        })
    }

    /// The schema of facts.
    pub fn schema(&self) -> &Schema {
        self.validator.schema()
    }

    /// The controls that are asked on an occasion, by id.
    pub fn of(&self, occasion: Occasion) -> &[Control] {
        match occasion {
            Occasion::Audit => &self.controls,
            Occasion::Plan => &self.migration,
            Occasion::Change => &self.change,
        }
    }

    /// Every control that counts: over exports, over plans, and over changes.
    pub fn in_force(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().chain(&self.migration).chain(&self.change)
    }

    /// Every control: those in force, and those that are switched off.
    pub fn all(&self) -> impl Iterator<Item = &Control> {
        self.in_force().chain(&self.org.off)
    }

    /// The control of an id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.all().find(|control| control.id == id)
    }

    /// The ids of every control.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.all().map(|control| control.id.as_str())
    }

    /// The tools to speak of even when nothing is known of them: those that controls name, and the two directories,
    /// so that an identity of unknown levels never passes for one without any.
    pub fn named_tools(&self) -> Vec<Tool> {
        self.tools_named_by(&self.controls)
    }

    /// As [`Pack::named_tools`], for some controls only.
    pub fn tools_named_by(&self, controls: &[Control]) -> Vec<Tool> {
        let literals = controls.iter().flat_map(|control| control.policy.entity_literals());
        let tools = literals.filter(|uid| uid.type_name().basename() == "Tool").filter_map(|uid| {
            let id = uid.id().unescaped().to_owned();
            let (scope, key) = id.split_once('/')?;
            let scope = match scope {
                "company" => Scope::Company,
                _ => Scope::Project,
            };
            Some(self.tools.resolve(scope, key))
        });
        let directories = [Scope::Company, Scope::Project].map(Tool::directory);
        let mut tools: Vec<Tool> = tools.chain(directories).collect();
        tools.sort();
        tools.dedup();
        tools
    }
}

/// The test file of a control: `ID.test.toml` beside its policy.
pub fn test_file(control: &Control) -> Option<String> {
    let name = format!("{}.test.toml", control.id);
    if control.built_in {
        let file = CONTROLS.get_file(&name).or_else(|| CHANGE.get_file(&name))?;
        return file.contents_utf8().map(str::to_owned);
    }
    let path = Path::new(&control.path).with_file_name(name);
    open::text(&path, Some(&Boundary::of(path.parent()?).ok()?), open::MAX_WRITTEN_BYTES).ok()
}

/// A file, and its controls or what is wrong with it.
type Read = (Source, Result<Vec<Control>, PackError>);

/// Reads the controls of some files. Those that are built in are validated by a test.
fn read(files: Vec<(String, String)>, built_in: bool, validator: &Validator) -> Vec<Read> {
    let known = built_in.then(|| parse_known(&files, validator.schema())).flatten();
    match known {
        Some(controls) => {
            let sources = files.into_iter().map(|(path, text)| Source { path, text });
            sources.zip(controls).map(|(source, control)| (source, Ok(vec![control]))).collect()
        }
        None => {
            let parsed = |(path, text): (String, String)| {
                let controls = parse(&path, &text, validator);
                (Source { path, text }, controls)
            };
            files.into_par_iter().map(parsed).collect()
        }
    }
}

/// The error of a file beside the controls that cannot be used, with the reason.
pub fn data(path: &str, reason: &impl ToString) -> PackError {
    PackError::Data { path: path.to_owned(), reason: reason.to_string() }
}

/// Path and text of each file.
pub type Files = Result<Vec<(String, String)>, PackError>;

/// Path and text of the files that are built in, by how their names end.
pub fn built_in_files(ending: &str) -> Vec<(String, String)> {
    let folders = [("controls", &CONTROLS), ("change", &CHANGE)];
    let files = folders.into_iter().flat_map(|(folder, files)| files.files().map(move |file| (folder, file)));
    let text = |(folder, file): (&str, &include_dir::File<'_>)| {
        let path = format!("policies/{folder}/{}", file.path().display());
        (path, file.contents_utf8().unwrap_or_default().to_owned())
    };
    let mut files: Vec<_> = files.map(text).filter(|(path, _)| path.ends_with(ending)).collect();
    files.sort();
    files
}

/// The policies that are built in.
pub fn built_in() -> Files {
    Ok(built_in_files(".cedar"))
}

/// The policies of a folder and below. No link in it leads out of it.
pub fn read_folder(folder: &Path) -> Files {
    let path = folder.display().to_string();
    let unreadable = |reason: String| PackError::Unreadable { path: path.clone(), reason };
    if !folder.is_dir() {
        return Err(unreadable("it is not a folder".to_owned()));
    }
    let boundary = Boundary::of(folder).map_err(|error| unreadable(cutover_export::reason::of(&error)))?;
    let (mut files, mut bytes) = (Vec::new(), 0);
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| unreadable(error.to_string()))?;
        if entry.path().extension().is_some_and(|ending| ending == "cedar") {
            let path = entry.path().display().to_string();
            let text = open::text(entry.path(), Some(&boundary), open::MAX_WRITTEN_BYTES).map_err(|error| {
                PackError::Unreadable { path: path.clone(), reason: cutover_export::reason::of(&error) }
            })?;
            bytes += text.len();
            if bytes > MAX_PACK_BYTES {
                return Err(too_long(&path));
            }
            files.push((path, text));
        }
    }
    if files.is_empty() { Err(PackError::Empty { path }) } else { Ok(files) }
}

fn too_long(path: &str) -> PackError {
    let reason = format!("the policies are longer than {} MiB together", MAX_PACK_BYTES >> 20);
    PackError::Unreadable { path: path.to_owned(), reason }
}

/// The ids of the policies in a folder and below, as their annotations say them.
///
/// # Errors
/// What cannot be read.
pub fn ids_in(folder: &Path) -> Result<Vec<String>, PackError> {
    let mut ids = Vec::new();
    for (path, text) in read_folder(folder)? {
        let set = policies(&path, &text)?;
        ids.extend(set.policies().filter_map(|policy| policy.annotation("id")).map(str::to_owned));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::validate;

    #[test]
    fn the_built_in_controls_are_valid_and_those_that_their_files_give_one_by_one() {
        let pack = Pack::load(&[]).unwrap();
        let files = built_in().unwrap();
        let together = parse_known(&files, pack.schema()).unwrap();
        assert_eq!(together.len(), files.len());
        for ((path, text), control) in files.iter().zip(together) {
            let [alone] = <[Control; 1]>::try_from(parse(path, text, &pack.validator).unwrap()).unwrap();
            let described = |one: &Control| {
                let Control { id, path, at, text, why, condition, environments, .. } = one;
                format!("{id} {path} {at:?} {text} {why} {condition:?} {environments:?}")
            };
            assert_eq!(described(&control), described(&alone));
            let source = Source { path: path.clone(), text: text.clone() };
            validate(&source, &[control], &pack.validator).unwrap();
        }
    }

    #[test]
    fn files_that_are_not_valid_are_not_read_together() {
        let pack = Pack::load(&[]).unwrap();
        let known = |change: fn(&mut String)| {
            let mut files = built_in().unwrap();
            change(&mut files[3].1);
            parse_known(&files, pack.schema())
        };
        assert!(known(|_| ()).is_some());
        assert!(known(|text| text.push('(')).is_none());
        assert!(known(String::clear).is_none());
        assert!(known(|text| text.push_str("forbid (principal, action, resource);")).is_none());
    }
}
