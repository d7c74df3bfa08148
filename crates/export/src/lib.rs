//! Reads an export: files into records, each with its location.
//!
//! This crate knows the formats of Procore, Altova, App Builder and the OAuth register, and nothing of what their records
//! mean. It reads every file it can, leaves out what it cannot read, and says so in diagnostics; it never guesses. Secrets
//! are blanked out before anything else looks at a text.
//!
//! - [`collect::Folder`]: the files of one company, before they are read;
//! - [`Export`]: everything that was read; [`read`] makes it;
//! - [`Records`]: the records of one company, by kind.
//!
//! ```
//! use cutover_export::collect;
//!
//! let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/minimal");
//! let export = cutover_export::read(collect::folders(&[folder]), &());
//! assert_eq!(export.companies.len(), 1);
//! ```

#![cfg_attr(test, expect(clippy::string_slice, reason = "a test that slices badly should fail"))]

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

pub mod collect;
pub mod decisions;
pub mod document;
pub mod drafts;
pub mod field;
pub mod manual_files;
pub mod manual_secrets;
pub mod member_index;
pub mod naming;
pub mod open;
mod pages;
mod pass;
pub mod project_users;
pub mod reason;
pub mod recognize;
pub mod records;
pub mod row_index;
pub mod scrub;
pub mod split;
pub mod table;
pub mod text;

mod file;
mod file_names;
mod identifiers;
mod lists;

pub use file::{announces_records, may_be_part};
pub use identifiers::Identifiers;

use collect::{Buffers, Folder, Input};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::kind::Kind;
use cutover_secrets::{Identity, Sameness, Secret};
use decisions::{FileDecision, Kinds};
use document::Document;
use field::Id;
pub use lists::Lists;
use manual_files::{ExportFile, Reviews, Settings};
use project_users::{ProjectUsers, UserInterner};
use records::oauth::OauthClient;
use records::{ActivityRow, AppManifest, PermittedTool, ProjectAssignment, ProjectTool, TemplateAssignment, User};
use text::Text;

use cutover_model::escape;
use cutover_model::evidence::Origin;

/// A record and where it is.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// What the record says.
    pub value: T,
    /// Where it is.
    pub origin: Origin,
}

/// A record that belongs to something its path names: a user of project 7, a manifest of app `x`.
#[derive(Debug, Clone)]
pub struct Of<K, T> {
    /// What the path names.
    pub of: K,
    /// The record.
    pub read: Read<T>,
}

/// Whose permissions a permission manifest lists, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermittedAt {
    /// The identity that asked.
    pub user: Id,
    /// The project; `None` for company tools.
    pub project: Option<Id>,
}

/// The app and version that the name of a manifest file gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManifestName {
    /// What stands before the `@`.
    pub app: String,
    /// What stands after it.
    pub version: Option<String>,
}

/// Where a register of OAuth clients lies: what its path says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisterName {
    /// The folder between `credentials/` and the file: `production`.
    pub environment: Option<String>,
    /// The name of the file, without its ending and page number.
    pub file: String,
}

/// The records of one company's export, by kind.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "each list holds the records it is named after")]
pub struct Records {
    /// The records of plain lists.
    pub lists: Lists,
    pub users: Vec<Read<User>>,
    pub inactive_users: Vec<Read<User>>,
    pub project_users: ProjectUsers,
    pub project_assignments: Vec<Of<Id, ProjectAssignment>>,
    pub project_tools: Vec<Of<Id, ProjectTool>>,
    pub template_assignments: Vec<Read<TemplateAssignment>>,
    pub permitted_tools: Vec<Of<PermittedAt, PermittedTool>>,
    pub app_manifests: Vec<Of<ManifestName, AppManifest>>,
    pub api_activity: Vec<Of<String, ActivityRow>>,
    pub app_builder: records::app_builder::AppBuilderRecords,
    pub oauth_clients: Vec<Of<RegisterName, OauthClient>>,
    pub reviews: Reviews,
    pub altova: Vec<Read<records::altova::Document>>,
    pub designs: Vec<Read<records::altova::Design>>,
    pub settings: Option<Read<Settings>>,
    /// Whether the export says that users may install apps, where its `settings.toml` does not decide.
    pub user_installs: Option<Read<bool>>,
    pub export: Option<Read<ExportFile>>,
    /// The kinds that were read whole: nothing of them was lost, so that what is not in them is not there.
    pub present: BTreeSet<Kind>,
    /// The kinds of which a file, or a part of one, was lost.
    pub incomplete: BTreeSet<Kind>,
    /// Whether a *list* of installations was read; single records do not say what else is installed.
    pub installations_listed: bool,
    /// Whether a *list* of users was read; single records do not say who else there is.
    pub users_listed: bool,
    /// Whether a *list* of permission templates was read; single records do not say which others there are.
    pub templates_listed: bool,
    /// Projects whose list of users was read, even if it was empty.
    pub project_lists: BTreeSet<Id>,
    /// Users whose list of project assignments was read, even if it was empty.
    pub assignment_lists: BTreeSet<Id>,
    /// Users and projects of which such a list does not say whether they belong together.
    pub unknown_assignments: BTreeSet<(Id, Id)>,
    /// Projects of whose users a file, or a part of one, was lost.
    pub project_gaps: BTreeSet<Id>,
    /// Users of whose project assignments a file, or a part of one, was lost.
    pub assignment_gaps: BTreeSet<Id>,
    /// Apps whose report of calls was read, even if it was empty.
    pub activity_lists: BTreeMap<String, Origin>,
    /// Apps of whose calls a file, or a part of one, was lost.
    pub activity_gaps: BTreeSet<String>,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Export {
    /// The files, in the order of their paths.
    pub documents: Vec<Document>,
    /// The records, one set for each company.
    pub companies: Vec<Records>,
    /// The documents of each company, by number.
    pub folders: Vec<Range<u32>>,
    /// The files that decide, in the order of their numbers.
    pub decisions: Vec<FileDecision>,
    /// Secrets that lay in the files: the file, and where in it.
    pub secrets: Vec<(u32, Secret)>,
    /// What each of the secrets has in common with others of the same value, in the same order.
    pub same: Vec<Option<Sameness>>,
    /// The uids and client ids that its records state.
    pub identifiers: Identifiers,
    /// What identifies the place of each of the secrets, in the same order.
    pub identities: Vec<Identity>,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// What the reader tells while it works.
pub trait Progress: Sync {
    /// A file of so many bytes was read.
    fn file_read(&self, bytes: u64);
}

/// Nobody is watching.
impl Progress for () {
    fn file_read(&self, _: u64) {}
}

/// Reads the folders. Folders and files are read side by side; the result does not depend on their order.
pub fn read(folders: Vec<Folder>, progress: &dyn Progress) -> Export {
    read_with_kinds(folders, None, progress)
}

/// The same; where kinds of files are given, those that an `export.toml` gives do not count.
pub fn read_with_kinds(folders: Vec<Folder>, kinds: Option<&Kinds>, progress: &dyn Progress) -> Export {
    // What `export.toml` says decides how many documents a folder has, and so the numbers of those behind it.
    let (mut opened, mut next) = (Vec::new(), 0);
    for folder in folders {
        let folder = OpenFolder::open(folder, next, kinds, progress);
        next = folder.end();
        opened.push(folder);
    }
    let read: Vec<Export> = opened.into_par_iter().map(|folder| folder.read(progress)).collect();
    let mut export = Export::default();
    read.into_iter().for_each(|folder| export.append(folder));
    export.list_decisions();
    export.settle_identifiers();
    export.diagnostics.sort();
    export.diagnostics.dedup();
    export
}

/// A folder of which `export.toml` was read.
struct OpenFolder {
    /// What was read so far.
    export: Export,
    /// The number of its first document.
    first: u32,
    records: Records,
    interner: Arc<UserInterner>,
    /// The kinds that are given to files.
    kinds: Kinds,
    /// The other files that may hold records, in the order of their names.
    rest: Vec<Input>,
}

impl OpenFolder {
    /// Reads `export.toml`, which says what other files are.
    fn open(mut folder: Folder, first: u32, kinds: Option<&Kinds>, progress: &dyn Progress) -> Self {
        let mut export = Export::default();
        folder.inputs.sort_by(|one, two| one.path.cmp(&two.path));
        file_names::redact(&mut folder, &mut export.diagnostics);
        folder.inputs.sort_by(|one, two| one.path.cmp(&two.path));
        for (path, reason) in folder.faults {
            export.diagnostics.push(Diagnostic::new(Code::Unreadable, Place::Path(path), reason));
        }
        let mut records = Records::default();
        let interner = Arc::new(UserInterner::new());
        let (own, mut rest): (Vec<Input>, Vec<Input>) =
            folder.inputs.into_iter().partition(|input| input.name == "export.toml");
        read_files(&mut export, &mut records, own, first, (&interner, &Kinds::new()), progress);
        if kinds.is_none() {
            report_absent(&mut export, first, &records, &rest);
        }
        let kinds = decisions::kinds_of(&records, kinds);
        rest.retain(|input| kinds.contains_key(&input.name) || file::may_hold_records(&input.name));
        Self { export, first, records, interner, kinds, rest }
    }

    /// The number behind that of its last document.
    fn end(&self) -> u32 {
        self.next().saturating_add(u32::try_from(self.rest.len()).unwrap_or(u32::MAX))
    }

    /// The number of the document that is read next.
    fn next(&self) -> u32 {
        self.first.saturating_add(u32::try_from(self.export.documents.len()).unwrap_or(u32::MAX))
    }

    /// Reads the other files.
    fn read(self, progress: &dyn Progress) -> Export {
        let (next, end) = (self.next(), self.end());
        let Self { mut export, first, mut records, interner, kinds, rest } = self;
        let names = read_files(&mut export, &mut records, rest, next, (&interner, &kinds), progress);
        let found = pages::check(&names, &export.documents, first, &mut records);
        export.diagnostics.extend(found);
        // Nobody reads any more.
        if let Some(interner) = Arc::into_inner(interner) {
            records.project_users.settle(interner);
        }
        let Records { present, incomplete, .. } = &mut records;
        present.retain(|kind| !incomplete.contains(kind));
        records.installations_listed &= !records.incomplete.contains(&Kind::AppInstallations);
        records.users_listed &= !records.incomplete.contains(&Kind::Users);
        records.templates_listed &= !records.incomplete.contains(&Kind::PermissionTemplates);
        let Records { project_lists, project_gaps, assignment_lists, assignment_gaps, .. } = &mut records;
        project_lists.retain(|project| !project_gaps.contains(project));
        assignment_lists.retain(|user| !assignment_gaps.contains(user));
        export.companies.push(records);
        export.folders.push(first..end);
        export
    }
}

/// A file that `export.toml` gives a kind, and that is not there, is a slip of the pen.
fn report_absent(export: &mut Export, first: u32, records: &Records, inputs: &[Input]) {
    let Some(Read { value, origin }) = &records.export else { return };
    let names: BTreeSet<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    for name in value.kinds.keys().filter(|name| !names.contains(name.as_str())) {
        let document = origin.document.checked_sub(first).and_then(|at| export.documents.get(at as usize));
        let text = document.and_then(|document| document.text.as_kept()).unwrap_or_default();
        let offset = text.find(name.as_str()).unwrap_or_default();
        let message = format!("there is no file `{}` in the export", escape::name(name));
        export.diagnostics.push(Diagnostic::new(Code::HandKept, Place::Offset(origin.document, offset), message));
    }
}

/// Reads files into documents with the numbers from `start` on. Returns the numbers of those that were read, and their paths inside the export.
fn read_files(
    export: &mut Export,
    records: &mut Records,
    inputs: Vec<Input>,
    start: u32,
    (interner, kinds): (&Arc<UserInterner>, &Kinds),
    progress: &dyn Progress,
) -> Vec<(u32, String)> {
    let mut numbered: Vec<(u32, Input)> = inputs
        .into_iter()
        .enumerate()
        .map(|(index, input)| (start.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)), input))
        .collect();
    let names = numbered.iter().map(|(number, input)| (*number, input.name.clone())).collect();
    // Nobody has to wait for a long file that comes last, or for one of which each byte takes long.
    let takes_long = |input: &Input| input.name.ends_with(".toml") || file::is_long(input);
    numbered.sort_by_cached_key(|(_, input)| !takes_long(input));
    let buffers = Buffers::default();
    let mut parts: Vec<file::FileRead<Text>> = numbered
        .into_par_iter()
        .map(|(number, input)| {
            let declared = kinds.get(&input.name).map(String::as_str);
            let read = file::read(number, input, declared, interner, &buffers);
            progress.file_read(read.document.text.len() as u64);
            read
        })
        .collect();
    parts.sort_unstable_by_key(|part| part.number);
    for part in &mut parts {
        records.append(&mut part.records);
        export.diagnostics.append(&mut part.diagnostics);
        let number = part.number;
        part.same.resize(part.secrets.len(), None);
        export.same.append(&mut part.same);
        part.identities.resize(part.secrets.len(), Identity::default());
        export.identities.append(&mut part.identities);
        export.secrets.extend(part.secrets.drain(..).map(|secret| (number, secret)));
    }
    export.documents.extend(parts.into_iter().map(|part| part.document));
    names
}

impl Records {
    /// Takes out what only says who there is.
    pub fn take_people(&mut self) -> impl Send + use<> {
        let users = [&mut self.users, &mut self.inactive_users].map(mem::take);
        (users, mem::take(&mut self.project_users.people))
    }

    /// Adds the records of a later file. Every list is named, so that a new one cannot be forgotten.
    ///
    /// Sets and maps use `extend`: their `append` rebuilds the whole tree, which is quadratic in the number of files.
    fn append(&mut self, other: &mut Self) {
        let Self {
            lists,
            users,
            inactive_users,
            project_users,
            project_assignments,
            project_tools,
            template_assignments,
            permitted_tools,
            app_manifests,
            api_activity,
            app_builder,
            oauth_clients,
            reviews,
            altova,
            designs,
            settings,
            user_installs,
            export,
            present,
            incomplete,
            installations_listed,
            users_listed,
            templates_listed,
            project_lists,
            assignment_lists,
            unknown_assignments,
            project_gaps,
            assignment_gaps,
            activity_lists,
            activity_gaps,
        } = other;
        self.lists.append(lists);
        take_over(&mut self.users, users);
        take_over(&mut self.inactive_users, inactive_users);
        self.project_users.append(project_users);
        take_over(&mut self.project_assignments, project_assignments);
        self.project_tools.append(project_tools);
        take_over(&mut self.template_assignments, template_assignments);
        self.permitted_tools.append(permitted_tools);
        self.app_manifests.append(app_manifests);
        self.api_activity.append(api_activity);
        self.reviews.append(reviews);
        self.altova.append(altova);
        self.designs.append(designs);
        self.app_builder.append(app_builder);
        self.oauth_clients.append(oauth_clients);
        self.settings = self.settings.take().or(settings.take());
        self.user_installs = self.user_installs.take().or(user_installs.take());
        self.export = self.export.take().or(export.take());
        self.present.extend(mem::take(present));
        self.incomplete.extend(mem::take(incomplete));
        self.installations_listed |= *installations_listed;
        self.users_listed |= *users_listed;
        self.templates_listed |= *templates_listed;
        self.project_lists.extend(mem::take(project_lists));
        self.assignment_lists.extend(mem::take(assignment_lists));
        self.unknown_assignments.extend(mem::take(unknown_assignments));
        self.project_gaps.extend(mem::take(project_gaps));
        self.assignment_gaps.extend(mem::take(assignment_gaps));
        self.activity_lists.extend(mem::take(activity_lists));
        self.activity_gaps.extend(mem::take(activity_gaps));
    }
}

/// Appends a list; one that is the first is not copied.
fn take_over<T>(list: &mut Vec<T>, other: &mut Vec<T>) {
    if list.is_empty() {
        *list = mem::take(other);
    } else {
        list.append(other);
    }
}

impl Export {
    /// Adds what was read of the folder whose documents have the next numbers.
    fn append(&mut self, mut folder: Self) {
        self.documents.append(&mut folder.documents);
        self.companies.append(&mut folder.companies);
        self.folders.append(&mut folder.folders);
        self.secrets.append(&mut folder.secrets);
        self.same.append(&mut folder.same);
        self.identities.append(&mut folder.identities);
        self.diagnostics.append(&mut folder.diagnostics);
    }

    /// The files that are others now than those that were read, in their order.
    pub fn changed(&self) -> Vec<&Document> {
        self.documents.par_iter().filter(|document| document.text.has_changed()).collect()
    }

    /// The document of an origin.
    pub fn document(&self, origin: Origin) -> Option<&Document> {
        self.documents.get(origin.document as usize)
    }
}
