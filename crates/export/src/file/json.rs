//! JSON files: which records are usable, and what they hold.

use std::ops::Range;

use rayon::prelude::*;
use serde::Deserialize;

use super::path::{environment, manifest_name};
use super::{FileRead, Reader, all_of, loose_secrets};
use crate::document::Layout;
use crate::field::{Field, Id, Record, bare_id};
use crate::lists::{self, Special};
use crate::naming::Naming;
use crate::project_users::Row;
use crate::records::identified::{Identified, TOO_MANY_USELESS};
use crate::records::{PermittedTool, User};
use crate::split::Fault;
use crate::{Of, PermittedAt, Read, pass, recognize, split};
use cutover_model::diagnostic::{Code, Place};
use cutover_model::evidence::Origin;
use cutover_model::kind::Kind;
use cutover_secrets as secrets;
use cutover_secrets::json_text;
use cutover_secrets::{LONGEST_TEXT, Secret, Unusable};

impl Reader {
    pub(super) fn read_json(mut self, announced: Option<Kind>, declared: bool, lines: bool) -> FileRead {
        // The spans of what broke are found by `split` alone.
        let passed = announced.and_then(|kind| pass::cut(&self.out.document.text, kind, lines, self.interner.rows()));
        let (mut split, plain) = match passed {
            Some((split, plain)) => (split, Some(plain)),
            None => (split::split_file(&self.out.document.text, announced, lines), None),
        };
        let kind = announced.or_else(|| {
            let first = self.out.document.text.get(split.spans.first()?.clone())?;
            let members = json_text::members(first)?;
            recognize::by_members(&|name| members.iter().any(|(member, _)| member == name))
        });
        if announced.is_none() && kind == Some(Kind::PermissionManifests) {
            split = split::split_file(&self.out.document.text, kind, lines);
        }
        let read = |kind| pass::read(&self.out.document.text, kind, &split.spans);
        self.plain = plain.or_else(|| kind.map(read)).unwrap_or_default();
        self.describe(std::mem::take(&mut split.faults));
        self.out.document.layout = split.layout;
        self.out.document.spans = split.spans;
        let usable = self.look_for_secrets();
        if kind == Some(Kind::AppBuilderProviders) {
            self.look_into_providers(&usable);
        }
        self.look_between();
        let altova = (kind == Some(Kind::Altova)).then(|| self.check_altova());
        self.blank();
        if self.out.document.broken && self.out.document.spans.is_empty() {
            self.out.document.kind = kind;
            return self.finish();
        }
        if let Some(what) = self.misfit(kind) {
            return self.lost(kind, Code::Shape, 0, what);
        }
        let unsure = kind == Some(Kind::Users) && announced.is_none() && !declared;
        if kind == Some(Kind::Users) && !declared {
            let uncertain = "these are users, and the name does not tell whether of the company or of one project: call the \
                             file users.json or project_users/<project id>.json, or give its kind in export.toml";
            if self.may_be_of_project(announced.is_some()) {
                return self.lost(None, Code::Shape, 0, format!("{uncertain}; it was ignored"));
            } else if announced.is_none() {
                let message = format!("{uncertain}; they do not count as all users of the company");
                self.report(Code::UncertainKind, Place::Offset(self.number, 0), message);
            }
        }
        match (altova, self.known_kind(kind)) {
            (Some(checked), _) => self.take_altova(&usable, checked),
            (None, Some(kind)) => self.take_json(kind, &usable),
            (None, None) => {}
        }
        if unsure {
            self.out.records.users_listed = false;
            self.out.records.present.remove(&Kind::Users);
        }
        self.finish()
    }

    /// What is wrong if the records are those of another kind than the name says.
    pub(super) fn misfit(&self, kind: Option<Kind>) -> Option<String> {
        /// So many records are looked at, from the first to the last.
        const SAMPLE: usize = 64;
        let (kind, spans) = (kind?, &self.out.document.spans);
        let step = spans.len().div_ceil(SAMPLE).max(1);
        let sample = spans.iter().step_by(step).chain(spans.last());
        let found = sample
            .filter_map(|span| json_text::members(self.out.document.text.get(span.clone())?))
            .find_map(|members| recognize::misfit(kind, &|name| members.iter().any(|(member, _)| member == name)));
        found.map(|(member, looks)| {
            format!(
                "{} with `{member}`: these look like {looks}; the file was ignored: give it the name of what \
                 it holds, or its kind in export.toml",
                kind.one()
            )
        })
    }

    /// Whether these users may be those of one project: no name of a company's list has the id of anything in it.
    fn may_be_of_project(&self, named: bool) -> bool {
        let naming = Naming::of(&self.name);
        naming.may_be_of_project || (named && naming.has_id() && self.out.document.is_list())
    }

    /// Tells what is no JSON.
    pub(super) fn describe(&mut self, faults: Vec<Fault>) {
        for Fault { offset, what, fatal } in faults {
            self.out.document.broken |= fatal;
            self.out.document.skipped += usize::from(!fatal);
            let code = if what == TOO_MANY_USELESS { Code::Limit } else { Code::Syntax };
            self.report(code, Place::Offset(self.number, self.before.bytes + offset), what);
        }
    }

    /// Finds the secrets outside of records: in what broke, and in the object around a list.
    pub(super) fn look_between(&mut self) {
        let text = &self.out.document.text;
        let ends = std::iter::once(0).chain(self.out.document.spans.iter().map(|span| span.end));
        let starts = self.out.document.spans.iter().map(|span| span.start).chain([text.len()]);
        let gaps = ends.zip(starts).filter_map(|(end, start)| Some((end, text.get(end..start)?)));
        for (start, gap) in gaps.filter(|(_, gap)| gap.contains(|letter: char| letter.is_alphanumeric())) {
            self.out.secrets.extend(loose_secrets(gap, start));
            if self.out.document.broken || self.out.document.skipped > 0 || self.lost_before {
                self.hidden.extend(secrets::behind_names(gap, start));
            }
        }
    }

    /// Finds the secrets of every record, and tells which records can be used.
    pub(super) fn look_for_secrets(&mut self) -> Vec<bool> {
        let many = self.out.document.spans.len();
        if (0..many).all(|record| self.plain.is_plain(record)) {
            return vec![true; many];
        }
        /// Records that are looked through before what was found is kept.
        const RECORDS_AT_ONCE: usize = 1 << 14;
        let mut usable = Vec::with_capacity(many);
        for first in (0..many).step_by(RECORDS_AT_ONCE) {
            let (text, plain) = (&self.out.document.text, &self.plain);
            let spans = self.out.document.spans.get(first..many.min(first + RECORDS_AT_ONCE)).unwrap_or_default();
            let scan = |(index, span): (usize, &Range<usize>)| {
                let mut found = Vec::new();
                if plain.is_plain(first + index) {
                    return (found, Ok(()));
                }
                let result = secrets::scan_json(text.get(span.clone()).unwrap_or_default(), &mut found);
                for secret in &mut found {
                    secret.span = span.start + secret.span.start..span.start + secret.span.end;
                    secret.record = u32::try_from(first + index).ok();
                }
                (found, result)
            };
            let scanned: Vec<(Vec<Secret>, Result<(), Unusable>)> = spans.par_iter().enumerate().map(scan).collect();
            for (found, result) in scanned {
                self.out.secrets.extend(found);
                usable.push(result.is_ok());
                if let Err(why) = result {
                    self.unusable(usable.len() - 1, why);
                }
            }
        }
        usable
    }

    fn unusable(&mut self, record: usize, why: Unusable) {
        let origin = self.origin(record);
        let (code, member, message) = match why {
            Unusable::TooDeep => {
                (Code::Limit, String::new(), "the record is nested deeper than 127 levels and was left out".to_owned())
            }
            Unusable::TooLong(member) => {
                let mebibytes = LONGEST_TEXT >> 20;
                (Code::Limit, member, format!("a text longer than {mebibytes} MiB; the record was left out"))
            }
            Unusable::Repeated(member) => {
                (Code::Shape, member, "the record names this member twice and was left out".to_owned())
            }
            Unusable::HugeNumber(member) => {
                (Code::Shape, member, "a number too large to read; the record was left out".to_owned())
            }
            Unusable::BrokenText(member) => {
                (Code::Shape, member, "half a character (a lone surrogate); the record was left out".to_owned())
            }
        };
        self.out.document.skipped += 1;
        if self.admit_useless(record, 1) {
            self.report(code, Place::Member(origin, member), message);
        }
    }

    pub(super) fn take_json(&mut self, kind: Kind, usable: &[bool]) {
        let in_path = Naming::of(&self.name).ids;
        let id = in_path.first().copied();
        let Some(special) = lists::special(kind) else {
            self.take_list(kind, usable);
            let is_list = self.out.document.layout != Layout::Single;
            self.out.records.templates_listed |= kind == Kind::PermissionTemplates && is_list;
            self.out.records.installations_listed |= kind == Kind::AppInstallations && is_list;
            return;
        };
        match special {
            Special::Users => {
                let read = self.users(usable, |user: &mut User| &mut user.id);
                self.out.records.users = self.with_ids(kind, read, |user| &user.id);
                self.out.records.users_listed = self.out.document.layout != Layout::Single;
            }
            Special::InactiveUsers => {
                let read = self.users(usable, |user: &mut User| &mut user.id);
                self.out.records.inactive_users = self.with_ids(kind, read, |user| &user.id);
            }
            Special::AppManifests => {
                let of = manifest_name(&self.name);
                self.out.records.app_manifests = all_of(of, self.records(usable));
            }
            Special::ProjectUsers => {
                if let Some(project) = self.named_in_path(id, "project id: project_users/<project id>.json") {
                    // The record of one user does not tell who else there is.
                    self.out.records.project_lists.extend(self.out.document.is_list().then_some(project));
                    let users = self.users(usable, |row: &mut Row| &mut row.user);
                    let (text, spans, before) =
                        (&self.out.document.text, &self.out.document.spans, self.before.records);
                    let whole = |origin: Origin| {
                        let span = (origin.record as usize).checked_sub(before).and_then(|record| spans.get(record));
                        let record = span.and_then(|span| text.get(span.clone()));
                        record.and_then(|record| serde_json::from_str(record).ok()).unwrap_or_default()
                    };
                    self.out.records.project_users.add(project, self.number, users, &self.interner, &whole);
                    for origin in std::mem::take(&mut self.out.records.project_users.nameless) {
                        self.leave_out(kind, origin);
                    }
                }
            }
            Special::ProjectAssignments => {
                if let Some(user) = self.named_in_path(id, "user id: project_assignments/<user id>.json") {
                    self.out.records.assignment_lists.extend(self.out.document.is_list().then_some(user));
                    self.out.records.project_assignments = all_of(user, self.records(usable));
                    let mut known = true;
                    // A record without a yes or no says nothing about its project, and no other record does.
                    for of in &self.out.records.project_assignments {
                        match (of.read.value.project_id.value(), of.read.value.is_assigned.value()) {
                            (Some(_), Some(_)) => continue,
                            (Some(project), None) => {
                                self.out.records.unknown_assignments.insert((user, *project));
                            }
                            (None, _) => {
                                self.out.records.assignment_gaps.insert(user);
                            }
                        }
                        known = false;
                    }
                    self.expect(kind, known);
                }
            }
            Special::ProjectTools => {
                if let Some(project) = self.named_in_path(id, "project id: project_tools/<project id>.json") {
                    self.out.records.project_tools = all_of(project, self.records(usable));
                }
            }
            Special::PermissionManifests => {
                let in_project = self.name.split('/').any(|folder| folder == "projects");
                let of = match (in_project, in_path.as_slice()) {
                    (true, [project, user, ..]) => Some(PermittedAt { user: *user, project: Some(*project) }),
                    (false, [user, ..]) => Some(PermittedAt { user: *user, project: None }),
                    _ => None,
                };
                let hint =
                    "identity: permissions/company/<user id>.json or permissions/projects/<project id>/<user id>.json";
                if let Some(of) = self.named_in_path(of, hint) {
                    self.out.records.permitted_tools = all_of(of, self.records(usable));
                    self.leave_out_nameless_tools();
                }
            }
            Special::AppBuilderProviders => {
                self.out.records.app_builder.providers = all_of(environment(&self.name), self.records(usable));
            }
            Special::AppBuilderEndpoints => {
                self.out.records.app_builder.endpoints = all_of(environment(&self.name), self.records(usable));
                self.out.records.app_builder.endpoints_listed.insert(environment(&self.name));
            }
            Special::OauthClients => self.take_register(|reader| reader.records(usable)),
            Special::TemplateAssignments
            | Special::ApiActivity
            | Special::Altova
            | Special::MapforceDesigns
            | Special::AppBuilderKeys
            | Special::AppBuilderUsers
            | Special::Settings
            | Special::Reviews
            | Special::Export => {
                self.report(Code::Shape, Place::Offset(self.number, 0), format!("{kind} are not read from JSON"));
                self.out.document.broken = true;
            }
        }
    }

    /// Leaves out the records that cannot be distinguished from others of their kind. A list of them says who is not on it only if
    /// it says of everybody who it is.
    pub(crate) fn with_ids<T>(
        &mut self,
        kind: Kind,
        read: Vec<Read<T>>,
        id: impl Fn(&T) -> &Field<Id>,
    ) -> Vec<Read<T>> {
        let (named, nameless): (Vec<_>, Vec<_>) = read.into_iter().partition(|read| id(&read.value).value().is_some());
        for read in nameless {
            self.leave_out(kind, read.origin);
        }
        named
    }

    fn leave_out(&mut self, kind: Kind, origin: Origin) {
        self.out.document.records = self.out.document.records.saturating_sub(1);
        self.out.document.skipped += 1;
        self.out.records.incomplete.insert(kind);
        let place = Place::Member(origin, String::new());
        self.report(Code::Shape, place, format!("{} without `id`; the record was left out", kind.one()));
    }

    /// A level is nobody's without the tool: an answer of another shape must not pass for one without tools.
    fn leave_out_nameless_tools(&mut self) {
        let tools = std::mem::take(&mut self.out.records.permitted_tools);
        let (named, nameless): (Vec<_>, Vec<_>) =
            tools.into_iter().partition(|of: &Of<_, PermittedTool>| of.read.value.name.value().is_some());
        self.out.records.permitted_tools = named;
        self.out.document.records -= nameless.len();
        self.out.document.skipped += nameless.len();
        for of in nameless {
            let place = Place::Member(of.read.origin, String::new());
            self.report(Code::Shape, place, "a tool without `name`; it was left out");
        }
    }

    fn named_in_path<T>(&mut self, found: Option<T>, what: &str) -> Option<T> {
        if found.is_none() {
            self.out.document.broken = true;
            self.report(Code::Shape, Place::Offset(self.number, 0), format!("the file name does not tell the {what}"));
        }
        found
    }

    /// Reads the usable records side by side.
    pub(crate) fn records<T>(&mut self, usable: &[bool]) -> Vec<Read<T>>
    where
        T: Record + Identified + Send + Sync + 'static + for<'de> Deserialize<'de>,
    {
        /// Records that are read before they are looked at: of those that are of no use, no more are in memory at once.
        const RECORDS_AT_ONCE: usize = 1 << 14;
        let mut plain = self.plain.take::<T>().into_iter();
        let mut kept = Vec::with_capacity(plain.len());
        for first in (0..self.out.document.spans.len()).step_by(RECORDS_AT_ONCE) {
            let text = &self.out.document.text;
            let spans = self.out.document.spans.iter().skip(first).take(RECORDS_AT_ONCE);
            let mut read: Vec<_> = spans.map(|span| (span, plain.next().flatten())).collect();
            let usable = |index: usize| usable.get(first + index) == Some(&true);
            let text_of = |span: &Range<usize>| text.get(span.clone());
            let repeats =
                read.windows(2).filter(|pair| matches!(pair, [one, two] if text_of(one.0) == text_of(two.0))).count();
            let left = read.par_iter_mut().enumerate().filter(|(index, (_, plain))| plain.is_none() && usable(*index));
            left.for_each(|(_, (span, plain))| {
                // An array would be read as well, member by member in the order of the type.
                let record = text.get((*span).clone()).filter(|record| record.starts_with('{'));
                *plain = record.and_then(|record| serde_json::from_str(record).ok());
            });
            let read = read.into_iter().enumerate().filter(|(index, _)| usable(*index));
            let read: Vec<_> = read.map(|(index, (_, record))| (first + index, record)).collect();
            if !self.admit_useless(first, repeats) || !self.keep_in(&mut kept, read.into_iter()) {
                break;
            }
        }
        kept
    }

    /// Users also come as bare ids (`view=ids_only`) and as an object keyed by id.
    fn users<T>(&mut self, usable: &[bool], id_of: fn(&mut T) -> &mut Field<Id>) -> Vec<Read<T>>
    where
        T: Record + Identified + Default + Send + Sync + 'static + for<'de> Deserialize<'de>,
    {
        let bare = |text: &str| {
            let mut user = T::default();
            *id_of(&mut user) = Field::Is(bare_id(text)?);
            Some(user)
        };
        if let Some(first) = self.out.document.spans.first().and_then(|span| self.out.document.text.get(span.clone()))
            && bare(first).is_some()
        {
            let texts = self.out.document.spans.iter().map(|span| self.out.document.text.get(span.clone()));
            let read: Vec<_> = texts.map(|text| text.and_then(bare)).enumerate().collect();
            let mut kept = Vec::new();
            self.keep_in(&mut kept, read.into_iter());
            return kept;
        }
        let mut users: Vec<Read<T>> = self.records(usable);
        if let Layout::Keyed(keys) = &self.out.document.layout {
            for user in &mut users {
                let key = keys.get(user.origin.record as usize).and_then(|key| key.parse().ok());
                let id = id_of(&mut user.value);
                if let (Field::Missing, Some(key)) = (&id, key) {
                    *id = Field::Is(Id(key));
                }
            }
        }
        users
    }
}
