//! One file: bytes, text, kind, records.

use rayon::prelude::*;
use serde::Deserialize;

use super::collect::{self, Input};
use super::diagnostic::{Code, Diagnostic, Place};
use super::document::{Document, Layout, Origin};
use super::field::{Field, Id, Record};
use super::hand_kept::{self, TomlFault};
use super::kind::Kind;
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
    let mut reader = Reader {
        number,
        name: input.name,
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
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(reason) => return reader.broken(Code::Encoding, reason),
    };
    reader.out.document.text = text;
    let mut out = reader.read(declared);
    place_loose_secrets(&mut out);
    out
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

fn decode(mut bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("the file is UTF-16: save it as UTF-8".to_owned());
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("not UTF-8 from line {line} on (byte {good}): save the file as UTF-8")
    })
}

struct Reader {
    number: u32,
    name: String,
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
        for (span, sort) in secret::scan_plain(&self.out.document.text) {
            self.out.secrets.push(Secret { span, record: None, member: String::new(), sort });
        }
        self.blank();
    }

    fn blank(&mut self) {
        let spans = self.out.secrets.iter().map(|secret| secret.span.clone());
        secret::blank(&mut self.out.document.text, spans);
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
        if self.out.document.broken || self.out.document.skipped > 0 {
            self.blank_plain();
        }
        let usable = self.look_for_secrets();
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
        let last_id = in_path.last().copied();
        match kind {
            Kind::Companies => self.out.records.companies = self.records(usable),
            Kind::Projects => self.out.records.projects = self.records(usable),
            Kind::Users => self.out.records.users = self.users(usable),
            Kind::InactiveUsers => self.out.records.inactive_users = self.users(usable),
            Kind::PermissionTemplates => self.out.records.permission_templates = self.records(usable),
            Kind::AppInstallations => {
                self.out.records.app_installations = self.records(usable);
                self.out.records.installations_listed = self.out.document.layout != Layout::Single;
            }
            Kind::AppConfigurations => self.out.records.app_configurations = self.records(usable),
            Kind::Webhooks => self.out.records.webhooks = self.records(usable),
            Kind::ServiceAccounts => self.out.records.service_accounts = self.records(usable),
            Kind::AppManifests => {
                let of = manifest_name(&self.name);
                self.out.records.app_manifests = all_of(of, self.records(usable));
            }
            Kind::ProjectUsers => {
                if let Some(project) = self.named_in_path(last_id, "project id: project_users/<project id>.json") {
                    self.out.records.project_lists.insert(project);
                    self.out.records.project_users = all_of(project, self.users(usable));
                }
            }
            Kind::ProjectAssignments => {
                if let Some(user) = self.named_in_path(last_id, "user id: project_assignments/<user id>.json") {
                    self.out.records.assignment_lists.insert(user);
                    self.out.records.project_assignments = all_of(user, self.records(usable));
                }
            }
            Kind::PermissionManifests => {
                let in_project = self.name.split('/').any(|folder| folder == "projects");
                let of = match (in_project, in_path.as_slice()) {
                    (true, [.., project, user]) => Some(PermittedAt { user: *user, project: Some(*project) }),
                    (false, [.., user]) => Some(PermittedAt { user: *user, project: None }),
                    _ => None,
                };
                let hint =
                    "identity: permissions/company/<user id>.json or permissions/projects/<project id>/<user id>.json";
                if let Some(of) = self.named_in_path(of, hint) {
                    self.out.records.permitted_tools = all_of(of, self.records(usable));
                }
            }
            Kind::TemplateAssignments | Kind::ApiActivity | Kind::Settings | Kind::Reviews | Kind::Export => {
                self.say(Code::Shape, Place::Offset(self.number, 0), format!("{kind} are not read from JSON"));
                self.out.document.broken = true;
            }
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
            .map(|(index, span)| (index, text.get(span.clone()).and_then(|record| serde_json::from_str(record).ok())))
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
                let message =
                    format!("`{}` has a value that it cannot have; it counts as unknown", member.replace('/', "."));
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
        let mut rows = table::rows(&self.out.document.text);
        let kind = announced
            .filter(|kind| matches!(kind, Kind::TemplateAssignments | Kind::ServiceAccounts | Kind::ApiActivity))
            .or_else(|| Kind::from_members(&|name| rows.columns.iter().any(|column| column == name)));
        for offset in &rows.ragged {
            self.out.document.skipped += 1;
            self.say(
                Code::Shape,
                Place::Offset(self.number, *offset),
                "the row has more or fewer cells than the header; it was left out",
            );
        }
        for (index, (span, cells)) in rows.spans.iter().zip(&rows.cells).enumerate() {
            for (column, cell) in rows.columns.iter().zip(cells) {
                for (_, sort) in secret::scan_text(column, table::text(cell)) {
                    // The cell as a whole: quotes make positions inside it uncertain.
                    let row = self.out.document.text.get(span.clone()).unwrap_or_default();
                    let inner = table::find(row, &rows.columns, column).unwrap_or(0..0);
                    let span = span.start + inner.start..span.start + inner.end;
                    let record = u32::try_from(index).ok();
                    self.out.secrets.push(Secret { span, record, member: column.clone(), sort });
                }
            }
        }
        self.out.document.layout = Layout::Table(rows.columns.clone());
        self.blank();
        for secret in &self.out.secrets {
            // What was read before the secret was blanked out is read again.
            let row = secret.record.and_then(|record| Some((record as usize, rows.spans.get(record as usize)?.clone())));
            if let Some((index, span)) = row
                && let Some(cells) = rows.cells.get_mut(index)
            {
                *cells = table::cells(self.out.document.text.get(span).unwrap_or_default());
            }
        }
        self.out.document.spans = std::mem::take(&mut rows.spans);
        match self.known_kind(kind) {
            Some(Kind::TemplateAssignments) => self.out.records.template_assignments = self.rows(&rows),
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
            _ => Ok(()),
        };
        match result {
            Ok(()) => self.out.document.records = self.out.document.spans.len(),
            Err(TomlFault { offset, what }) => {
                self.out.document.broken = true;
                // What the file would have said is unknown, not absent.
                self.out.records.present.clear();
                self.say(Code::HandKept, Place::Offset(self.number, offset), what);
            }
        }
        self.out
    }
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

/// The numbers in a path, outermost first: `project_users/7/users.2.json` is about project 7.
fn ids_in_path(name: &str) -> Vec<Id> {
    let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    let numbers: Vec<Id> = folders.chain([stem(name)]).filter_map(|part| part.parse().ok().map(Id)).collect();
    if numbers.is_empty() {
        // `project_users/7.2.json`: project 7, page 2.
        return stem(name).split('.').next().and_then(|part| part.parse().ok()).map(Id).into_iter().collect();
    }
    numbers
}

fn manifest_name(name: &str) -> ManifestName {
    let stem = stem(name);
    match stem.rsplit_once('@') {
        Some((app, version)) => ManifestName { app: app.to_owned(), version: Some(version.to_owned()) },
        None => ManifestName { app: stem.to_owned(), version: None },
    }
}
