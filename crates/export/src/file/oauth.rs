//! Files in which no secret is legal.

use super::path::register_name;
use super::{Reader, all_of};
use crate::Read;
use crate::records::oauth::OauthClient;
use cutover_model::diagnostic::{Code, Place};

impl Reader {
    /// Reads a register, unless it holds a secret.
    pub(super) fn take_register(&mut self, read: impl FnOnce(&mut Self) -> Vec<Read<OauthClient>>) {
        if self.holds_no_secret() {
            self.out.records.oauth_clients = all_of(register_name(&self.name), read(self));
        }
    }

    /// Whether nothing in the file is a secret; otherwise the whole of it is refused, and the place of each is said.
    ///
    /// A register is written by hand, to be read by many: one that holds a secret is a mistake of whoever wrote it, and
    /// not half of it is to be relied on. The secrets themselves are blanked already, and reported as such.
    fn holds_no_secret(&mut self) -> bool {
        let places: Vec<Place> = self
            .out
            .secrets
            .iter()
            .map(|secret| match secret.record {
                Some(record) => Place::Member(self.origin(record as usize), secret.member.clone()),
                None => Place::Offset(self.number, secret.span.start),
            })
            .collect();
        for place in &places {
            let message = "a secret, where only a word such as `present` or `absent` is expected; the file was \
                           ignored: remove the secret and rotate it";
            self.report(Code::Shape, place.clone(), message);
        }
        self.out.document.broken |= !places.is_empty();
        places.is_empty()
    }
}
