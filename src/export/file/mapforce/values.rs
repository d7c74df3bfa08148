//! What the values of a design say: secrets by their names and shapes, hosts, the switches of HTTP security.

use std::ops::Range;
use std::sync::LazyLock;

use quick_xml::events::attributes::Attribute;
use regex::Regex;

use super::{Element, Scan, TELLING};
use crate::export::file::loose_secrets;
use crate::export::records::altova::Spot;
use crate::export::secret::{self, Secret};

/// A connection string with a password in it.
static WITH_PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)(?-u:\b)(?:password|pwd)\s*=\s*[^;\s*]"#).ok());

impl Scan<'_> {
    pub(super) fn attribute(&mut self, element: &Element, named: Option<&str>, attribute: &Attribute<'_>) {
        let key = attribute.key.local_name();
        let (name, value) = (key.as_ref(), attribute.value.as_ref());
        let Some(span) = self.span(value) else { return };
        let lower = letters(name);
        self.design.telling_names += usize::from(is_telling(name));
        let member = format!("{}/{name}", element.name);
        if element.in_call && ["url", "endpoint"].contains(&lower.as_str()) {
            self.design.hosts.extend(host(value));
        }
        self.switch(&lower, value, &span);
        let property = letters(&element.name) == "property";
        if property && lower == "value" && named.is_some_and(|named| secret::secret_name(named).is_some()) {
            // MapForce's own obfuscated copy of a password: no clear text, and no protection either.
            return self.secret(span, &member, "password");
        }
        let named = named.filter(|_| is_value(name) && !is_switch(value)).and_then(secret::secret_name);
        if let Some(sort) = named.filter(|_| !secret::is_harmless(value)) {
            return self.secret(span, &member, sort);
        }
        if lower.ends_with("connectionstring") {
            if WITH_PASSWORD.iter().any(|pattern| pattern.is_match(value)) {
                self.clear_password(&span);
                self.secret(span, &member, "connection string");
            }
            return;
        }
        let hits = secret::scan_text(name, value);
        if hits.is_empty() && is_telling(name) && !is_switch(value) {
            // Perhaps a secret, perhaps the name of one: not shown, and not held against anybody.
            return self.hidden.push(span);
        }
        for (hit, sort) in hits {
            let hit = span.start + hit.start..span.start + hit.end;
            self.found(element, &lower, hit, &member, sort);
        }
    }

    /// A secret, and what it says of the design.
    fn found(&mut self, element: &Element, name: &str, span: Range<usize>, member: &str, sort: &'static str) {
        let dynamic = element.dynamic || name.contains("dynamic");
        if sort == "password" && element.in_call && !dynamic && name.contains("password") {
            let spot = self.spot(&span);
            self.design.stored_basic_auth.get_or_insert((true, spot));
        } else if ["password", "connection string"].contains(&sort) && !name.contains("encrypted") {
            self.clear_password(&span);
        }
        self.secret(span, member, sort);
    }

    fn clear_password(&mut self, span: &Range<usize>) {
        let first = if self.design.clear_passwords.0 == 0 { self.spot(span) } else { self.design.clear_passwords.1 };
        self.design.clear_passwords = (self.design.clear_passwords.0 + 1, first);
    }

    fn secret(&mut self, span: Range<usize>, member: &str, sort: &'static str) {
        self.secrets.push(Secret { span, record: None, member: member.to_owned(), sort });
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
        let hits = secret::scan_text(says, trimmed);
        if hits.is_empty() && is_telling(says) && !is_switch(trimmed) {
            self.hidden.push(span);
            return false;
        }
        let member = element.name.clone();
        let name = letters(says);
        let found = !hits.is_empty();
        for (hit, sort) in hits {
            let hit = span.start + hit.start..span.start + hit.end;
            if element.told {
                self.hidden.push(hit);
            } else {
                self.found(element, &name, hit, &member, sort);
            }
        }
        found
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

pub(super) fn is_telling(name: &str) -> bool {
    let name = letters(name);
    TELLING.iter().any(|word| name.contains(word))
}

/// Whether an element or attribute of this name holds what a name beside it or above it names.
pub(super) fn is_value(name: &str) -> bool {
    ["value", "default", "defaultvalue", "text"].contains(&letters(name).as_str())
}

/// Yes, no, or a number of a choice.
fn is_switch(value: &str) -> bool {
    ["true", "false"].contains(&value) || (value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The host of an address, without the name and password that may stand before it.
fn host(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty())
}
