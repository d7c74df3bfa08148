//! The files of an export that decide instead of stating facts, and how decisions of another source take their place.
//!
//! `reviews.toml`, `settings.toml` and the `[kinds]` of `export.toml` change verdicts, whatever they are called and
//! however they are packed. One statement of `settings.toml` is a fact: whether users may install apps.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::manual_files::app_builder::AppBuilderSettings;
use super::manual_files::{CompanyAdminScope, Reviews, Settings};
use super::{Export, Read, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};
use cutover_secrets::digest::sha256;

/// The kinds of file of which everything decides.
const DECIDING: [Kind; 2] = [Kind::Reviews, Kind::Settings];

/// Kinds of files by their paths, as `[kinds]` of an `export.toml` gives them.
pub type Kinds = BTreeMap<String, String>;

/// A file of an export that decides.
#[derive(Debug, Clone)]
pub struct FileDecision {
    /// The file, by number.
    pub document: u32,
    /// What it holds.
    pub kind: DecisionKind,
    /// Where it comes from.
    pub origin: DecisionOrigin,
    /// What it does.
    pub effect: String,
    /// SHA-256 of what decides in it, in hexadecimal: of an `export.toml`, the kinds alone.
    pub digest: String,
    /// Whether it does not count.
    pub ignored: bool,
}

/// The decisions among the records of one company.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    reviews: Reviews,
    settings: Option<Read<Settings>>,
    present: Vec<Kind>,
    incomplete: Vec<Kind>,
    user_installs: Option<Read<bool>>,
}

impl FileDecision {
    /// The same as results list it.
    pub fn describe(&self, document: &Document) -> DecidedBy {
        DecidedBy {
            path: document.path.clone(),
            kind: self.kind,
            sha256: document.sha256.clone(),
            origin: self.origin,
            effect: if self.ignored { format!("ignored: {}", self.effect) } else { self.effect.clone() },
            ignored: self.ignored,
        }
    }
}

impl Records {
    /// The decisions of the company.
    pub fn decisions(&self) -> Decisions {
        let among = |kinds: &BTreeSet<Kind>| DECIDING.into_iter().filter(|kind| kinds.contains(kind)).collect();
        Decisions {
            reviews: self.reviews.clone(),
            settings: self.settings.clone(),
            present: among(&self.present),
            incomplete: among(&self.incomplete),
            user_installs: self.user_installs.clone(),
        }
    }

    /// Replaces the decisions by others, and returns those that were there. What the export itself states of user
    /// installs is a fact and stays.
    pub fn replace_decisions(&mut self, other: Decisions) -> Decisions {
        let own = self.decisions();
        let Decisions { reviews, settings, present, incomplete, user_installs } = other;
        self.reviews = reviews;
        self.settings = settings;
        self.user_installs = user_installs;
        for (kinds, others) in [(&mut self.present, present), (&mut self.incomplete, incomplete)] {
            kinds.retain(|kind| !DECIDING.contains(kind));
            kinds.extend(others);
        }
        self.present.extend(self.user_installs.as_ref().map(|_| Kind::Settings));
        own
    }

    /// What the export itself states of user installs.
    fn stated_user_installs(&self) -> Option<Read<bool>> {
        let settings = self.settings.as_ref()?;
        Some(Read { value: settings.value.allow_user_installs?, origin: settings.origin })
    }

    /// Takes over the decisions of the side before a change, and returns the export's own. Facts stay its own.
    pub fn decide_as_before(&mut self, before: &Self) -> Decisions {
        let stated = self.stated_user_installs().or_else(|| self.user_installs.clone());
        let mut decisions = before.decisions();
        if let (Some(settings), Some(_)) = (&mut decisions.settings, &stated) {
            settings.value.allow_user_installs = None;
        }
        decisions.user_installs = stated.or(decisions.user_installs);
        self.replace_decisions(decisions)
    }
}

impl Export {
    /// Lists the files that decide. Those of each folder are its own.
    pub(super) fn list_decisions(&mut self) {
        let mut found = Vec::new();
        for (folder, records) in self.folders.iter().zip(&self.companies) {
            let documents = self.documents.iter().zip(0..).filter(|(_, number)| folder.contains(number));
            found.extend(documents.filter_map(|(document, number)| decision(document, number, records)));
        }
        self.decisions = found;
    }

    /// Lets the files of the last folder decide for every company, in the place of those in the exports. The folder is
    /// no export afterwards.
    pub fn decide_by_last_folder(&mut self) {
        let (Some(records), Some(trusted)) = (self.companies.pop(), self.folders.pop()) else { return };
        for company in &mut self.companies {
            let mut decisions = records.decisions();
            decisions.user_installs = company.stated_user_installs();
            company.replace_decisions(decisions);
        }
        for file in &mut self.decisions {
            if trusted.contains(&file.document) {
                file.origin = DecisionOrigin::Decisions;
                continue;
            }
            file.ignored = true;
            if let Some(document) = self.documents.get(file.document as usize) {
                let message = format!("is ignored because of --decisions: {}", file.effect);
                self.diagnostics.push(Diagnostic::new(
                    Code::DecisionsIgnored,
                    Place::Path(document.path.clone()),
                    message,
                ));
            }
        }
    }
}

/// What a file decides, if it does.
fn decision(document: &Document, number: u32, records: &Records) -> Option<FileDecision> {
    let mut digest = document.sha256.clone();
    let (kind, effect) = match document.kind? {
        Kind::Reviews if document.broken => (DecisionKind::Reviews, "could not be read".to_owned()),
        Kind::Reviews => (DecisionKind::Reviews, reviews(&records.reviews, number)),
        Kind::Settings => {
            let counts = records.settings.as_ref().filter(|settings| settings.origin.document == number);
            let effect = counts.map(|settings| self::settings(&settings.value));
            (DecisionKind::Settings, effect.unwrap_or_else(|| "does not count".to_owned()))
        }
        Kind::Export => {
            let file = records.export.as_ref().filter(|file| file.origin.document == number)?;
            let all: String = file.value.kinds.iter().map(|(path, kind)| format!("{path:?} {kind:?}\n")).collect();
            digest = sha256(all.as_bytes());
            (DecisionKind::Kinds, kinds(&file.value.kinds)?)
        }
        _ => return None,
    };
    Some(FileDecision { document: number, kind, origin: DecisionOrigin::Export, effect, digest, ignored: false })
}

/// How many records of each kind a file holds: `2 [[exception]], 1 [[link]]`.
fn reviews(reviews: &Reviews, document: u32) -> String {
    let counts = reviews.counts(document);
    let named: Vec<String> = counts.into_iter().map(|(entry, count)| format!("{count} [[{entry}]]")).collect();
    if named.is_empty() { "no records".to_owned() } else { named.join(", ") }
}

/// What a `settings.toml` sets.
fn settings(settings: &Settings) -> String {
    let mut set = Vec::new();
    set.extend(settings.admin_default_ended.map(|day| format!("admin_default_ended = {day}")));
    if settings.company_admin_scope != CompanyAdminScope::default() {
        set.push(format!("company_admin_scope = {}", settings.company_admin_scope.id()));
    }
    set.extend(settings.allow_user_installs.map(|allowed| format!("allow_user_installs = {allowed}")));
    set.extend(settings.template_projects.as_ref().map(|ids| format!("{} template_projects", ids.len())));
    if settings.app_builder != AppBuilderSettings::default() {
        set.push("app_builder".to_owned());
    }
    if set.is_empty() { "no settings".to_owned() } else { set.join(", ") }
}

/// The kinds that an `export.toml` gives to files, if it gives any.
fn kinds(kinds: &Kinds) -> Option<String> {
    /// Files that are named.
    const MAX_NAMED: usize = 8;
    let name = |(path, kind): (&String, &String)| format!("{} is {}", escape::name(path), escape::name(kind));
    let mut named: Vec<String> = kinds.iter().take(MAX_NAMED).map(name).collect();
    let more = kinds.len().saturating_sub(MAX_NAMED);
    named.extend((more > 0).then(|| format!("{more} more")));
    (!named.is_empty()).then(|| named.join(", "))
}

/// Takes the kinds that the folder's own `export.toml` gives, unless others are given.
pub(super) fn kinds_of(records: &Records, given: Option<&Kinds>) -> Kinds {
    let own = || records.export.as_ref().map(|file| file.value.kinds.clone());
    given.cloned().or_else(own).unwrap_or_default()
}
