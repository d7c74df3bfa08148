//! The files that a company keeps by hand.

use super::{FileRead, Reader};
use crate::document::Layout;
use crate::manual_files::TomlFault;
use crate::{Read, manual_files};
use cutover_model::diagnostic::{Code, Place};
use cutover_model::kind::Kind;
use cutover_secrets as secrets;
use cutover_secrets::Secret;

impl Reader {
    pub(super) fn read_toml(mut self, announced: Option<Kind>) -> FileRead {
        let found = secrets::scan_written(&self.out.document.text).into_iter();
        self.out.secrets.extend(found.map(|(span, kind)| Secret { span, record: None, member: String::new(), kind }));
        self.blank();
        self.out.document.layout = Layout::Toml;
        let text = self.out.document.text.clone();
        let whole = 0..text.len();
        let result: Result<(), TomlFault> = match self.known_kind(announced) {
            Some(Kind::Settings) => manual_files::parse(&text).map(|value| {
                self.out.records.settings = Some(Read { value, origin: self.origin(0) });
                self.out.document.spans = vec![whole];
            }),
            Some(Kind::Export) => manual_files::parse(&text).map(|value| {
                self.out.records.export = Some(Read { value, origin: self.origin(0) });
                self.out.document.spans = vec![whole];
            }),
            Some(Kind::Reviews) => manual_files::parse_reviews(&text, self.number).map(|(reviews, spans)| {
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
                self.hidden.extend(secrets::behind_names(&text, 0));
                self.blank();
                // What the file would have said is unknown, not absent.
                self.out.records.present.clear();
                self.report(Code::HandKept, Place::Offset(self.number, offset), what);
            }
        }
        self.finish()
    }
}
