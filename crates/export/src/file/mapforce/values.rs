//! What the values of a design say: secrets by their names and shapes, hosts, the switches of HTTP security.

use std::ops::Range;

use quick_xml::events::attributes::Attribute;

use super::{Element, Scan};
use crate::file::loose_secrets;
use crate::records::altova::Spot;
use cutover_secrets::{self as secrets, Secret};

/// What a design keeps in one place.
struct Kept {
    kind: &'static str,
    /// It was taken out.
    removed: bool,
    /// Whether it counts beside others of the same value.
    counts: bool,
}

impl Scan<'_> {
    pub(super) fn attribute(&mut self, element: &Element, named: Option<&str>, attribute: &Attribute<'_>) {
        let key = attribute.key.local_name();
        let (name, value) = (key.as_ref(), attribute.value.as_ref());
        let Some(span) = self.span(value) else { return };
        let lower = letters(name);
        self.design.telling_names += usize::from(secrets::is_telling(name));
        let member = format!("{}/{name}", element.name);
        if element.in_call && ["url", "endpoint"].contains(&lower.as_str()) {
            self.design.hosts.extend(host(value));
        }
        self.switch(&lower, value, &span);
        let named = named.filter(|_| secrets::is_named_by_its_neighbour(name) && !secrets::is_switch(value));
        if letters(&element.name) == "property" && named.is_some_and(|named| secrets::secret_name(named).is_some()) {
            // MapForce's own obfuscated copy of a password: no clear text, and no protection either.
            if !secrets::is_harmless(value) {
                self.secret(span, &member, "password");
            }
            return;
        }
        self.value(element, named.unwrap_or(name), (value, span), &member);
    }

    /// A value under a name: its own, or one that stands beside it or above it. Gives whether a secret was in it.
    fn value(&mut self, element: &Element, name: &str, (value, span): (&str, Range<usize>), member: &str) -> bool {
        let spelling = secrets::Spelling::xml(value);
        let found = secrets::scan_with_removed(name, &spelling.meant);
        let telling = secrets::is_telling(name);
        if telling && (element.described || (found.is_empty() && !secrets::is_switch(value))) {
            // Perhaps a secret, perhaps the name of one: not shown, and not held against anybody.
            self.hidden.push(span);
            return element.described;
        }
        let lower = letters(name);
        for (index, secrets::Found { range, kind, removed }) in found.iter().enumerate() {
            let inside = spelling.spelled(range);
            let hit = span.start + inside.start..span.start + inside.end;
            // One connection string counts once, whatever it holds.
            let counts = index == 0 || !lower.ends_with("connectionstring");
            self.found(element, &lower, hit, member, Kept { kind, removed: *removed, counts });
        }
        !found.is_empty()
    }

    /// A secret, or the word that was put in its place, and what it says of the design.
    fn found(&mut self, element: &Element, name: &str, span: Range<usize>, member: &str, kept: Kept) {
        let Kept { kind, removed, counts } = kept;
        let dynamic = element.dynamic || name.contains("dynamic");
        let in_connection = name.ends_with("connectionstring");
        if kind == "password" && element.in_call && !dynamic && name.contains("password") {
            let spot = self.spot(&span);
            self.design.stored_basic_auth.get_or_insert((true, spot));
        } else if counts
            && (in_connection || ["password", "connection string"].contains(&kind))
            && !name.contains("encrypted")
        {
            self.clear_password(&span);
        }
        if !removed {
            self.secret(span, member, kind);
        }
    }

    fn clear_password(&mut self, span: &Range<usize>) {
        let first = if self.design.clear_passwords.0 == 0 { self.spot(span) } else { self.design.clear_passwords.1 };
        self.design.clear_passwords = (self.design.clear_passwords.0 + 1, first);
    }

    fn secret(&mut self, span: Range<usize>, member: &str, kind: &'static str) {
        self.secrets.push(Secret { span, record: None, member: member.to_owned(), kind });
    }

    /// The switches of HTTP security, where they are recognised. The weakest setting of a design counts.
    fn switch(&mut self, name: &str, value: &str, span: &Range<usize>) {
        let on = match value {
            "1" | "true" => true,
            "0" | "false" => false,
            _ => return,
        };
        let (checks, allows) = (name.contains("checkservercertificate"), name.contains("hostmismatch"));
        if !checks && !allows && !name.contains("hostnamemismatch") {
            return;
        }
        let Some(spot) = self.spot(span) else { return };
        if checks {
            let known = self.design.check_server_certificate;
            self.design.check_server_certificate = known.filter(|(checked, _)| !checked || on).or(Some((on, spot)));
        } else {
            let known = self.design.allow_host_mismatch;
            self.design.allow_host_mismatch = known.filter(|(allowed, _)| *allowed || !on).or(Some((on, spot)));
        }
    }

    pub(super) fn words_of(&mut self, element: &Element, words: &str) -> bool {
        let trimmed = words.trim();
        let Some(span) = self.span(trimmed) else { return false };
        let says = element.says.as_deref().unwrap_or(&element.name);
        self.value(element, says, (trimmed, span), &element.name)
    }

    /// A part without structure: a comment, an instruction.
    pub(super) fn loose(&mut self, text: &str) {
        if let Some(span) = self.span(text) {
            self.secrets.extend(loose_secrets(text, span.start));
        }
    }

    fn spot(&mut self, span: &Range<usize>) -> Option<Spot> {
        self.spots.push(span.clone());
        // The first record is the design as a whole.
        Spot::try_from(self.spots.len()).ok()
    }
}

/// A name without case and punctuation.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The host of an address, without the name and password that may stand before it.
fn host(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty())
}
