//! Tables of comma-separated values.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::path::{app_name, environment};
use super::{FileRead, Reader, all_of, loose_secrets};
use crate::document::Layout;
use crate::field::Record;
use crate::records::identified::{Identified, TOO_MANY_USELESS};
use crate::{Read, recognize, table};
use cutover_model::diagnostic::{Code, Place};
use cutover_model::kind::Kind;
use cutover_secrets as secrets;
use cutover_secrets::Secret;
use cutover_secrets::csv_text;

/// The kinds that are read from a table. The name of another kind tells nothing: the columns do.
const TABLES: [Kind; 6] = [
    Kind::TemplateAssignments,
    Kind::ServiceAccounts,
    Kind::ApiActivity,
    Kind::AppBuilderKeys,
    Kind::AppBuilderUsers,
    Kind::OauthClients,
];

impl Reader {
    pub(super) fn read_table(mut self, announced: Option<Kind>) -> FileRead {
        if self.out.document.text.trim().is_empty() {
            return self.lost(announced, Code::Syntax, 0, "the file is empty");
        }
        // Without a header, the first row stands in its place.
        let header = self.out.document.text.get(table::header(&self.out.document.text)).unwrap_or_default();
        self.out.secrets.extend(loose_secrets(header, 0));
        self.blank();
        let mut rows = table::rows(&self.out.document.text);
        let kind = announced
            .filter(|kind| TABLES.contains(kind))
            .or_else(|| recognize::by_members(&|name| rows.columns.iter().any(|column| column == name)));
        self.look_for_secrets_in(&rows);
        self.out.document.layout = Layout::Table(rows.columns.clone());
        self.out.document.spans = std::mem::take(&mut rows.spans);
        self.blank();
        // What was read before the secrets were blanked out is read again: each row once, however many it holds.
        let with_secrets: BTreeSet<usize> =
            self.out.secrets.iter().filter_map(|secret| secret.record).map(|record| record as usize).collect();
        for index in with_secrets {
            if let Some((span, cells)) = self.out.document.spans.get(index).zip(rows.cells.get_mut(index)) {
                *cells = table::cells(self.out.document.text.get(span.clone()).unwrap_or_default());
            }
        }
        for span in &rows.ragged {
            self.out.document.skipped += 1;
            let message = "the row has more or fewer cells than the header; it was left out";
            self.report(Code::Shape, Place::Offset(self.number, span.start), message);
        }
        if let Some(offset) = rows.stopped {
            self.out.document.broken = true;
            self.report(Code::Limit, Place::Offset(self.number, offset), TOO_MANY_USELESS);
        }
        if let Some(span) = &rows.unclosed {
            self.out.document.broken = true;
            let message = "a quote is opened in this row and never closed; the rest of the file was ignored";
            self.report(Code::Syntax, Place::Offset(self.number, span.start), message);
        }
        if let Some(what) = kind.and_then(|kind| unfit(kind, &rows.columns)) {
            return self.lost(kind, Code::Shape, 0, what);
        }
        if kind == Some(Kind::AppBuilderKeys) && self.holds_keys(&rows) {
            return self.finish();
        }
        match self.known_kind(kind) {
            Some(kind @ Kind::TemplateAssignments) => {
                self.out.records.template_assignments = self.rows(&rows);
                let mut all = self.out.records.template_assignments.iter().map(|read| &read.value);
                let known = all.all(|row| row.email.value().is_some() && row.project_id.value().is_some());
                self.expect(kind, known);
            }
            Some(Kind::ServiceAccounts) => self.out.records.lists.service_accounts = self.rows(&rows),
            Some(Kind::ApiActivity) => {
                self.out.records.activity_lists.insert(app_name(&self.name), self.origin(0));
                self.out.records.api_activity = all_of(app_name(&self.name), self.rows(&rows));
            }
            Some(Kind::AppBuilderKeys) => {
                self.out.records.app_builder.keys = all_of(environment(&self.name), self.rows(&rows));
            }
            Some(Kind::AppBuilderUsers) => {
                self.out.records.app_builder.users = all_of(environment(&self.name), self.rows(&rows));
            }
            Some(Kind::OauthClients) => self.take_register(|reader| reader.rows(&rows)),
            Some(kind) => {
                self.out.document.broken = true;
                self.report(Code::Shape, Place::Offset(self.number, 0), format!("{kind} are not read from a table"));
            }
            None => {}
        }
        self.finish()
    }

    /// Secrets in the cells of good rows, and in the text of bad ones.
    fn look_for_secrets_in(&mut self, rows: &table::Rows) {
        let text = &self.out.document.text;
        let mut found = Vec::new();
        for (index, (span, cells)) in rows.spans.iter().zip(&rows.cells).enumerate() {
            let named = rows.columns.iter().zip(cells).map(|(column, cell)| (column.as_str(), table::text(cell)));
            let hits = secrets::scan_row(named);
            if hits.is_empty() {
                continue;
            }
            let row = text.get(span.clone()).unwrap_or_default();
            let places = csv_text::spans(row);
            for (number, (_, kind)) in hits {
                let Some(column) = rows.columns.get(number) else { continue };
                // The cell as a whole: quotes make positions inside it uncertain.
                let inner = places.get(number).cloned().unwrap_or(0..row.len());
                let span = span.start + inner.start..span.start + inner.end;
                let record = u32::try_from(index).ok();
                found.push(Secret { span, record, member: column.clone(), kind });
            }
        }
        let holds_secrets = rows.columns.iter().any(|column| secrets::secret_name(column).is_some());
        let behind = rows.stopped.map(|start| start..text.len());
        for span in rows.ragged.iter().chain(&rows.unclosed).chain(&behind) {
            let row = text.get(span.clone()).unwrap_or_default();
            found.extend(loose_secrets(row, span.start));
            // Which of its cells holds the secret cannot be determined.
            self.hidden.extend(holds_secrets.then(|| span.start..span.start + row.trim_end().len()));
        }
        self.out.secrets.extend(found);
    }

    fn rows<T: Record + Identified + for<'de> Deserialize<'de>>(&mut self, rows: &table::Rows) -> Vec<Read<T>> {
        let read: Vec<_> = rows.cells.iter().map(|cells| table::record(&rows.columns, cells)).enumerate().collect();
        let mut kept = Vec::new();
        self.keep_in(&mut kept, read.into_iter());
        kept
    }
}

/// Why a table with these columns cannot be of this kind.
fn unfit(kind: Kind, columns: &[String]) -> Option<String> {
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for column in columns.iter().filter(|column| !column.is_empty()) {
        *named.entry(column).or_default() += 1;
    }
    if let Some(column) = columns.iter().find(|column| named.get(column.as_str()).is_some_and(|times| *times > 1)) {
        return Some(format!("two columns are called `{}`; no row was read", cutover_model::escape::name(column)));
    }
    let needed = match kind {
        Kind::TemplateAssignments => "email",
        Kind::ServiceAccounts | Kind::OauthClients => "name",
        Kind::ApiActivity => "date",
        Kind::AppBuilderKeys => "key_identifier",
        Kind::AppBuilderUsers => "user",
        _ => return None,
    };
    (!named.contains_key(needed)).then(|| {
        format!("no column `{needed}`; no row was read: the first line names the columns, with commas between them")
    })
}
