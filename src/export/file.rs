//! One file: bytes, text, kind, records.

use std::ops::Range;

use rayon::prelude::*;
use serde::Deserialize;

use super::collect::{self, Input};
use super::diagnostic::{Code, Diagnostic, Place};
use super::document::{Document, Layout, LineIndex, Origin};
use super::field::{Field, Id, Record};
use super::hand_kept::{self, TomlFault};
use super::kind::Kind;
use super::records::PermittedTool;
use super::secret::{self, LONGEST_TEXT, Secret, Unusable};
use super::split::{self, Fault};
use super::{ManifestName, Of, PermittedAt, Read, Records, sha256, table};

/// What one file gave.
#[derive(Debug)]
pub(super) struct FileRead {
    pub number: u32,
    pub document: Document,
    pub records: Records,
    pub secrets: Vec<Secret>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Notes beside an export are no part of it, and waivers are given to the audit by themselves.
pub(super) fn may_hold_records(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let note = [".md", ".txt", ".pdf", ".xlsx", ".png"].iter().any(|ending| lower.ends_with(ending));
    !note && lower != "waivers.toml"
}

/// Reads one file.
pub(super) fn read(number: u32, input: Input, declared: Option<&str>) -> FileRead {
    let name = input.name.clone();
    let mut reader = Reader {
        number,
        name: input.name,
        hidden: Vec::new(),
        out: FileRead {
            number,
            document: Document {
                path: input.path,
                kind: None,
                text: String::new(),
                sha256: String::new(),
                layout: Layout::Single,
                spans: Vec::new(),
                loose_from: usize::MAX,
                records: 0,
                skipped: 0,
                broken: false,
                lines: LineIndex::default(),
            },
            records: Records::default(),
            secrets: Vec::new(),
            diagnostics: Vec::new(),
        },
    };
    let raw = match collect::bytes(input.content) {
        Ok(raw) => raw,
        Err(reason) => return reader.broken(Code::Unreadable, reason),
    };
    reader.out.document.sha256 = sha256(&raw);
    let bytes = match collect::decompress(raw) {
        Ok(bytes) => bytes,
        Err(reason) => return reader.broken(Code::Unreadable, reason),
    };
    let mut out = match decode(bytes) {
        Ok(text) => {
            reader.out.document.text = text;
            reader.read(declared)
        }
        Err(NotText::Utf16) => return reader.broken(Code::Encoding, "the file is UTF-16: save it as UTF-8"),
        Err(NotText::NotUtf8 { text, good }) => {
            reader.out.document.text = text;
            reader.garbled(good)
        }
    };
    place_loose_secrets(&mut out);
    note_losses(&mut out, &name);
    out
}

/// A list with a gap does not tell who is not in it, and no other page of it does.
fn note_losses(out: &mut FileRead, name: &str) {
    let lost = out.document.broken || out.document.skipped > 0;
    out.records.incomplete.extend(out.document.kind.filter(|_| lost));
    if !out.records.incomplete.is_empty() {
        let of = ids_in_path(name).first().copied();
        match out.document.kind {
            Some(Kind::ProjectUsers) => out.records.project_gaps.extend(of),
            Some(Kind::ProjectAssignments) => out.records.assignment_gaps.extend(of),
            _ => {}
        }
    }
}

/// Gives secrets that stand in no record a place of their own.
fn place_loose_secrets(out: &mut FileRead) {
    let spans = &mut out.document.spans;
    out.document.loose_from = spans.len();
    for secret in out.secrets.iter_mut().filter(|secret| secret.record.is_none()) {
        secret.record = u32::try_from(spans.len()).ok();
        spans.push(secret.span.clone());
    }
}

/// Why bytes are no text.
enum NotText {
    Utf16,
    /// The text with what is no UTF-8 replaced, and how much of it is good.
    NotUtf8 {
        text: String,
        good: usize,
    },
}

fn decode(mut bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NotText::Utf16);
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        NotText::NotUtf8 { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), good }
    })
}

struct Reader {
    number: u32,
    name: String,
    /// What may hold a secret and is not known to: never shown, and no violation.
    hidden: Vec<Range<usize>>,
    out: FileRead,
}

impl Reader {
    fn path(&self) -> String {
        self.out.document.path.clone()
    }

    fn origin(&self, record: usize) -> Origin {
        Origin { document: self.number, record: u32::try_from(record).unwrap_or(u32::MAX) }
    }

    fn say(&mut self, code: Code, place: Place, message: impl Into<String>) {
        self.out.diagnostics.push(Diagnostic::new(code, place, message));
    }

    fn broken(mut self, code: Code, message: impl Into<String>) -> FileRead {
        let place = Place::Path(self.path());
        self.out.document.broken = true;
        self.out.document.kind = self.out.document.kind.or_else(|| Kind::from_path(&self.name));
        self.say(code, place, message);
        note_losses(&mut self.out, &self.name);
        self.out
    }

    /// The text is not UTF-8: nothing of it is believed, but its secrets are found.
    fn garbled(mut self, good: usize) -> FileRead {
        self.out.document.broken = true;
        self.out.document.kind = Kind::from_path(&self.name);
        self.hidden.extend(secret::behind_names(&self.out.document.text, 0));
        self.blank_plain();
        self.say(
            Code::Encoding,
            Place::Offset(self.number, good),
            "not UTF-8: save the file as UTF-8; nothing of it was read",
        );
        self.out
    }

    fn read(mut self, declared: Option<&str>) -> FileRead {
        let announced = match declared.map(Kind::from_id) {
            Some(None) => {
                let named = declared.unwrap_or_default();
                self.say(
                    Code::HandKept,
                    Place::Offset(self.number, 0),
                    format!("export.toml gives the unknown kind `{named}`"),
                );
                None
            }
            Some(known) => known,
            None => Kind::from_path(&self.name),
        };
        let stem = self.name.trim_end_matches(".gz").trim_end_matches(".zst").to_ascii_lowercase();
        if stem.ends_with(".toml") {
            self.read_toml(announced)
        } else if stem.ends_with(".csv") {
            self.read_table(announced)
        } else {
            self.read_json(announced, stem.ends_with(".jsonl") || stem.ends_with(".ndjson"))
        }
    }

    fn known_kind(&mut self, kind: Option<Kind>) -> Option<Kind> {
        self.out.document.kind = kind;
        match kind {
            Some(kind) => {
                self.out.records.present.insert(kind);
            }
            None => {
                let place = Place::Path(self.path());
                self.say(
                    Code::UnknownKind,
                    place,
                    "neither name nor shape tell what this file holds; name it in export.toml",
                );
            }
        }
        kind
    }

    /// Blanks secrets out of a text whose structure is not known.
    fn blank_plain(&mut self) {
        self.out.secrets.extend(loose_secrets(&self.out.document.text, 0));
        self.blank();
    }

    fn blank(&mut self) {
        let spans = self.out.secrets.iter().map(|secret| secret.span.clone());
        secret::blank(&mut self.out.document.text, spans.chain(self.hidden.drain(..)));
    }

    fn read_json(mut self, announced: Option<Kind>, lines: bool) -> FileRead {
        let mut split = split::split(&self.out.document.text, announced, lines);
        let kind = announced.or_else(|| {
            let first = self.out.document.text.get(split.spans.first()?.clone())?;
            let members = split::members(first)?;
            Kind::from_members(&|name| members.iter().any(|(member, _)| member == name))
        });
        if announced.is_none() && kind == Some(Kind::PermissionManifests) {
            split = split::split(&self.out.document.text, kind, lines);
        }
        for Fault { offset, what, fatal } in std::mem::take(&mut split.faults) {
            self.out.document.broken |= fatal;
            self.out.document.skipped += usize::from(!fatal);
            self.say(Code::Syntax, Place::Offset(self.number, offset), what);
        }
        self.out.document.layout = split.layout;
        self.out.document.spans = split.spans;
        let usable = self.look_for_secrets();
        self.look_between();
        self.blank();
        if self.out.document.broken && self.out.document.spans.is_empty() {
            self.out.document.kind = kind;
            return self.out;
        }
        if let Some(kind) = self.known_kind(kind) {
            self.take_json(kind, &usable);
        }
        self.out
    }

    /// Finds the secrets outside of records: in what broke, and in the object around a list.
    fn look_between(&mut self) {
        let text = &self.out.document.text;
        let ends = std::iter::once(0).chain(self.out.document.spans.iter().map(|span| span.end));
        let starts = self.out.document.spans.iter().map(|span| span.start).chain([text.len()]);
        let gaps = ends.zip(starts).filter_map(|(end, start)| Some((end, text.get(end..start)?)));
        for (start, gap) in gaps.filter(|(_, gap)| gap.contains(|letter: char| letter.is_alphanumeric())) {
            self.out.secrets.extend(loose_secrets(gap, start));
            if self.out.document.broken || self.out.document.skipped > 0 {
                self.hidden.extend(secret::behind_names(gap, start));
            }
        }
    }

    /// Finds the secrets of every record, and tells which records can be used.
    fn look_for_secrets(&mut self) -> Vec<bool> {
        let text = &self.out.document.text;
        let scanned: Vec<(Vec<Secret>, Result<(), Unusable>)> = self
            .out
            .document
            .spans
            .par_iter()
            .enumerate()
            .map(|(index, span)| {
                let mut found = Vec::new();
                let result = secret::scan_json(text.get(span.clone()).unwrap_or_default(), &mut found);
                for secret in &mut found {
                    secret.span = span.start + secret.span.start..span.start + secret.span.end;
                    secret.record = u32::try_from(index).ok();
                }
                (found, result)
            })
            .collect();
        let mut usable = Vec::with_capacity(scanned.len());
        for (index, (found, result)) in scanned.into_iter().enumerate() {
            self.out.secrets.extend(found);
            usable.push(result.is_ok());
            if let Err(why) = result {
                self.unusable(index, why);
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
        self.say(code, Place::Member(origin, member), message);
    }

    fn take_json(&mut self, kind: Kind, usable: &[bool]) {
        let in_path = ids_in_path(&self.name);
        let id = in_path.first().copied();
        match kind {
            Kind::Companies => self.out.records.companies = self.records(usable),
            Kind::Projects => {
                self.out.records.projects = self.records(usable);
                let known = self.out.records.projects.iter().all(|read| read.value.id.value().is_some());
                self.expect(kind, known);
            }
            Kind::Users => {
                self.out.records.users = self.users(usable);
                self.out.records.users_listed = self.out.document.layout != Layout::Single;
                let known = self.out.records.users.iter().all(|read| read.value.id.value().is_some());
                self.expect(kind, known);
            }
            Kind::InactiveUsers => self.out.records.inactive_users = self.users(usable),
            Kind::PermissionTemplates => self.out.records.permission_templates = self.records(usable),
            Kind::AppInstallations => {
                self.out.records.app_installations = self.records(usable);
                self.out.records.installations_listed = self.out.document.layout != Layout::Single;
                let known = self.out.records.app_installations.iter().all(|read| read.value.id.value().is_some());
                self.expect(kind, known);
            }
            Kind::AppConfigurations => self.out.records.app_configurations = self.records(usable),
            Kind::Webhooks => self.out.records.webhooks = self.records(usable),
            Kind::ServiceAccounts => self.out.records.service_accounts = self.records(usable),
            Kind::AppManifests => {
                let of = manifest_name(&self.name);
                self.out.records.app_manifests = all_of(of, self.records(usable));
            }
            Kind::ProjectUsers => {
                if let Some(project) = self.named_in_path(id, "project id: project_users/<project id>.json") {
                    self.out.records.project_lists.insert(project);
                    self.out.records.project_users = all_of(project, self.users(usable));
                    let mut all = self.out.records.project_users.iter().map(|of| &of.read.value);
                    let known = all.all(|one| one.id.value().is_some());
                    self.expect(kind, known);
                }
            }
            Kind::ProjectAssignments => {
                if let Some(user) = self.named_in_path(id, "user id: project_assignments/<user id>.json") {
                    self.out.records.assignment_lists.insert(user);
                    self.out.records.project_assignments = all_of(user, self.records(usable));
                    let mut all = self.out.records.project_assignments.iter().map(|of| &of.read.value);
                    let known = all.all(|one| one.project_id.value().is_some() && one.is_assigned.is_known());
                    self.expect(kind, known);
                }
            }
            Kind::PermissionManifests => {
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
            Kind::TemplateAssignments | Kind::ApiActivity | Kind::Settings | Kind::Reviews | Kind::Export => {
                self.say(Code::Shape, Place::Offset(self.number, 0), format!("{kind} are not read from JSON"));
                self.out.document.broken = true;
            }
        }
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
            self.say(Code::Shape, place, "a tool without `name`; it was left out");
        }
    }

    /// A list of a kind says who is not on it only if it says of everybody who it is.
    fn expect(&mut self, kind: Kind, known: bool) {
        if !known {
            self.out.records.incomplete.insert(kind);
        }
    }

    fn named_in_path<T>(&mut self, found: Option<T>, what: &str) -> Option<T> {
        if found.is_none() {
            self.out.document.broken = true;
            self.say(Code::Shape, Place::Offset(self.number, 0), format!("the file name does not tell the {what}"));
        }
        found
    }

    /// Reads the usable records side by side.
    fn records<T: Record + Send + Default + for<'de> Deserialize<'de>>(&mut self, usable: &[bool]) -> Vec<Read<T>> {
        let text = &self.out.document.text;
        let read: Vec<(usize, Option<T>)> = self
            .out
            .document
            .spans
            .par_iter()
            .enumerate()
            .filter(|(index, _)| usable.get(*index).copied().unwrap_or_default())
            .map(|(index, span)| {
                // An array would be read as well, member by member in the order of the type.
                let record = text.get(span.clone()).filter(|record| record.starts_with('{'));
                (index, record.and_then(|record| serde_json::from_str(record).ok()))
            })
            .collect();
        self.keep(read)
    }

    fn keep<T: Record>(&mut self, read: Vec<(usize, Option<T>)>) -> Vec<Read<T>> {
        let mut out = Vec::with_capacity(read.len());
        for (index, record) in read {
            let origin = self.origin(index);
            let Some(value) = record else {
                self.out.document.skipped += 1;
                self.say(Code::Shape, Place::Member(origin, String::new()), "not an object; the record was left out");
                continue;
            };
            for member in value.wrong() {
                let shown: Vec<_> = member.split('/').map(split::name).collect();
                let shown = crate::escape::name(&shown.join("."));
                let message = format!("`{shown}` has a value that it cannot have; it counts as unknown");
                self.say(Code::Member, Place::Member(origin, member), message);
            }
            out.push(Read { value, origin });
        }
        self.out.document.records += out.len();
        out
    }

    /// Users also come as bare ids (`view=ids_only`) and as an object keyed by id.
    fn users(&mut self, usable: &[bool]) -> Vec<Read<super::records::User>> {
        use super::records::User;
        let bare = |text: &str| text.parse().ok().map(|id| User { id: Field::Is(Id(id)), ..User::default() });
        if let Some(first) = self.out.document.spans.first().and_then(|span| self.out.document.text.get(span.clone()))
            && bare(first).is_some()
        {
            let texts = self.out.document.spans.iter().map(|span| self.out.document.text.get(span.clone()));
            let read = texts.map(|text| text.and_then(bare)).enumerate().collect();
            return self.keep(read);
        }
        let mut users: Vec<Read<User>> = self.records(usable);
        if let Layout::Keyed(keys) = &self.out.document.layout {
            for user in &mut users {
                let key = keys.get(user.origin.record as usize).and_then(|key| key.parse().ok());
                if let (Field::Missing, Some(id)) = (&user.value.id, key) {
                    user.value.id = Field::Is(Id(id));
                }
            }
        }
        users
    }

    fn read_table(mut self, announced: Option<Kind>) -> FileRead {
        if self.out.document.text.trim().is_empty() {
            return self.lost(announced, Code::Syntax, 0, "the file is empty");
        }
        // Without a header, the first row stands in its place.
        let header = self.out.document.text.get(table::header(&self.out.document.text)).unwrap_or_default();
        self.out.secrets.extend(loose_secrets(header, 0));
        self.blank();
        let mut rows = table::rows(&self.out.document.text);
        let kind = announced
            .filter(|kind| matches!(kind, Kind::TemplateAssignments | Kind::ServiceAccounts | Kind::ApiActivity))
            .or_else(|| Kind::from_members(&|name| rows.columns.iter().any(|column| column == name)));
        self.look_for_secrets_in(&rows);
        self.blank();
        for secret in &self.out.secrets {
            // What was read before the secret was blanked out is read again.
            let row =
                secret.record.and_then(|record| Some((record as usize, rows.spans.get(record as usize)?.clone())));
            if let Some((index, span)) = row
                && let Some(cells) = rows.cells.get_mut(index)
            {
                *cells = table::cells(self.out.document.text.get(span).unwrap_or_default());
            }
        }
        for span in &rows.ragged {
            self.out.document.skipped += 1;
            let message = "the row has more or fewer cells than the header; it was left out";
            self.say(Code::Shape, Place::Offset(self.number, span.start), message);
        }
        if let Some(span) = &rows.unclosed {
            self.out.document.broken = true;
            let message = "a quote is opened in this row and never closed; nothing was read from here on";
            self.say(Code::Syntax, Place::Offset(self.number, span.start), message);
        }
        self.out.document.layout = Layout::Table(rows.columns.clone());
        self.out.document.spans = std::mem::take(&mut rows.spans);
        if let Some(what) = kind.and_then(|kind| unfit(kind, &rows.columns)) {
            return self.lost(kind, Code::Shape, 0, what);
        }
        match self.known_kind(kind) {
            Some(kind @ Kind::TemplateAssignments) => {
                self.out.records.template_assignments = self.rows(&rows);
                let mut all = self.out.records.template_assignments.iter().map(|read| &read.value);
                let known = all.all(|row| row.email.value().is_some() && row.project_id.value().is_some());
                self.expect(kind, known);
            }
            Some(Kind::ServiceAccounts) => self.out.records.service_accounts = self.rows(&rows),
            Some(Kind::ApiActivity) => {
                let app = stem(&self.name).to_owned();
                self.out.records.api_activity = all_of(app, self.rows(&rows));
            }
            Some(kind) => {
                self.out.document.broken = true;
                self.say(Code::Shape, Place::Offset(self.number, 0), format!("{kind} are not read from a table"));
            }
            None => {}
        }
        self.out
    }

    /// Secrets in the cells of good rows, and in the text of bad ones.
    fn look_for_secrets_in(&mut self, rows: &table::Rows) {
        let text = &self.out.document.text;
        let mut found = Vec::new();
        for (index, (span, cells)) in rows.spans.iter().zip(&rows.cells).enumerate() {
            for (column, cell) in rows.columns.iter().zip(cells) {
                for (_, sort) in secret::scan_text(column, table::text(cell)) {
                    // The cell as a whole: quotes make positions inside it uncertain.
                    let row = text.get(span.clone()).unwrap_or_default();
                    let inner = table::find(row, &rows.columns, column).unwrap_or(0..row.len());
                    let span = span.start + inner.start..span.start + inner.end;
                    let record = u32::try_from(index).ok();
                    found.push(Secret { span, record, member: column.clone(), sort });
                }
            }
        }
        let holds_secrets = rows.columns.iter().any(|column| secret::secret_name(column).is_some());
        for span in rows.ragged.iter().chain(&rows.unclosed) {
            let row = text.get(span.clone()).unwrap_or_default();
            found.extend(loose_secrets(row, span.start));
            // Which of its cells holds the secret cannot be told.
            self.hidden.extend(holds_secrets.then(|| span.start..span.start + row.trim_end().len()));
        }
        self.out.secrets.extend(found);
    }

    /// The file as a whole cannot be used.
    fn lost(mut self, kind: Option<Kind>, code: Code, offset: usize, message: impl Into<String>) -> FileRead {
        self.out.document.broken = true;
        self.out.document.kind = kind;
        self.say(code, Place::Offset(self.number, offset), message);
        self.out
    }

    fn rows<T: Record + for<'de> Deserialize<'de>>(&mut self, rows: &table::Rows) -> Vec<Read<T>> {
        let read = rows.cells.iter().map(|cells| table::record(&rows.columns, cells)).enumerate().collect();
        self.keep(read)
    }

    fn read_toml(mut self, announced: Option<Kind>) -> FileRead {
        self.blank_plain();
        self.out.document.layout = Layout::Toml;
        let text = self.out.document.text.clone();
        let whole = 0..text.len();
        let result: Result<(), TomlFault> = match self.known_kind(announced) {
            Some(Kind::Settings) => hand_kept::parse(&text).map(|value| {
                self.out.records.settings = Some(Read { value, origin: self.origin(0) });
                self.out.document.spans = vec![whole];
            }),
            Some(Kind::Export) => hand_kept::parse(&text).map(|value| {
                self.out.records.export = Some(Read { value, origin: self.origin(0) });
                self.out.document.spans = vec![whole];
            }),
            Some(Kind::Reviews) => hand_kept::parse_reviews(&text, self.number).map(|(reviews, spans)| {
                self.out.records.reviews = reviews;
                self.out.document.spans = spans;
            }),
            Some(kind) => Err(TomlFault { offset: 0, what: format!("{kind} are not read from TOML") }),
            None => Ok(()),
        };
        match result {
            Ok(()) => self.out.document.records = self.out.document.spans.len(),
            Err(TomlFault { offset, what }) => {
                self.out.document.broken = true;
                self.hidden.extend(secret::behind_names(&text, 0));
                self.blank();
                // What the file would have said is unknown, not absent.
                self.out.records.present.clear();
                self.say(Code::HandKept, Place::Offset(self.number, offset), what);
            }
        }
        self.out
    }
}

/// The secrets of a text without structure that starts at this byte of the file.
fn loose_secrets(text: &str, start: usize) -> Vec<Secret> {
    let secret = |(span, sort): (Range<usize>, &'static str)| Secret {
        span: start + span.start..start + span.end,
        record: None,
        member: String::new(),
        sort,
    };
    secret::scan_plain(text).into_iter().map(secret).collect()
}

/// Why a table with these columns cannot be of this kind.
fn unfit(kind: Kind, columns: &[String]) -> Option<String> {
    let named = |name: &str| columns.iter().filter(|column| *column == name).count();
    let repeated = columns.iter().find(|column| !column.is_empty() && named(column) > 1);
    if let Some(column) = repeated {
        return Some(format!("two columns are called `{}`; no row was read", crate::escape::name(column)));
    }
    let needed = match kind {
        Kind::TemplateAssignments => "email",
        Kind::ServiceAccounts => "name",
        Kind::ApiActivity => "date",
        _ => return None,
    };
    (named(needed) == 0).then(|| {
        format!("no column `{needed}`; no row was read: the first line names the columns, with commas between them")
    })
}

fn all_of<K: Clone, T>(of: K, reads: Vec<Read<T>>) -> Vec<Of<K, T>> {
    reads.into_iter().map(|read| Of { of: of.clone(), read }).collect()
}

/// The file name without folders and endings.
fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    let file = file.trim_end_matches(".gz").trim_end_matches(".zst");
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The numbers in a path behind the folder that tells its kind, outermost first, pages last:
/// `project_users/7/users.2.json`, `project_users/7/2.json` and `project_users/7.2.json` are about project 7.
fn ids_in_path(name: &str) -> Vec<Id> {
    let folders: Vec<&str> = name.rsplit_once('/').map_or("", |(folders, _)| folders).split('/').collect();
    let told = folders.iter().position(|folder| Kind::from_folder(folder).is_some());
    let behind = told.map_or(folders.len(), |at| at + 1);
    let file = stem(name).split('.').next();
    folders.into_iter().skip(behind).chain(file).filter_map(|part| part.parse().ok().map(Id)).collect()
}

fn manifest_name(name: &str) -> ManifestName {
    let stem = stem(name);
    match stem.rsplit_once('@') {
        Some((app, version)) => ManifestName { app: app.to_owned(), version: Some(version.to_owned()) },
        None => ManifestName { app: stem.to_owned(), version: None },
    }
}
