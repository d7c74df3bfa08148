//! Messages with the names of attributes in braces: "{principal.name} holds {context.level}".

use std::fmt::Write;

use super::condition::{Attribute, Root};
use super::facts::{Facts, Table, Value};
use cutover_model::escape;

/// A text with places to fill.
#[derive(Debug, Clone)]
pub struct Wording {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Place(Attribute),
}

impl Wording {
    /// Reads a text.
    ///
    /// # Errors
    /// When a brace is not closed, or does not name an attribute of principal, resource or context.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a brace is not closed")?;
            let (root, attribute) = name.split_once('.').ok_or_else(|| format!("`{{{name}}}` names no attribute"))?;
            let root = match root {
                "principal" => Root::Principal,
                "resource" => Root::Resource,
                "context" => Root::Context,
                _ => return Err(format!("`{{{name}}}` names no attribute")),
            };
            if attribute.is_empty()
                || !attribute.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            {
                return Err(format!("`{{{name}}}` names no attribute"));
            }
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Place(Attribute { root, name: attribute.to_owned() }));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// Fills the places.
    pub fn fill(&self, value: &dyn Fn(&Attribute) -> Option<String>) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Place(attribute) => out.push_str(value(attribute).as_deref().unwrap_or("(unknown)")),
            }
        }
        // An attribute that is empty leaves two spaces where it stood.
        out.replace("  ", " ")
    }

    /// The attributes that it names.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place(attribute) => Some(attribute),
            Piece::Text(_) => None,
        })
    }

    /// The text as written.
    pub fn pattern(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Place(attribute) => {
                    let _ = write!(out, "{{{attribute}}}");
                }
            }
        }
        out
    }
}

/// The text of an attribute of a fact, safe to show; `None` when it is unknown.
pub fn said(facts: &Facts, table: &Table, fact: usize, attribute: &Attribute) -> Option<String> {
    let name = attribute.name.as_str();
    let value = match attribute.root {
        Root::Context => table.value(fact, name)?,
        Root::Principal => &facts.thing(table.principal(fact)?)?.attributes.get(name)?.value,
        Root::Resource => &facts.thing(table.resource(fact)?)?.attributes.get(name)?.value,
    };
    shown(facts, value)
}

/// The text of a value, safe to show; `None` when it is unknown or absent.
pub fn shown(facts: &Facts, value: &Value) -> Option<String> {
    match value {
        Value::Unknown | Value::Absent | Value::Level(None) => None,
        Value::Flag(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Day(day) => Some(day.to_string()),
        Value::Text(text) => Some(escape::name(text)),
        Value::Level(Some(level)) => Some(level.to_string()),
        Value::Thing(thing) => facts.thing(*thing).map(|thing| escape::name(&thing.name)),
        Value::Exception(reason, _) => Some(escape::name(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_filled_from_the_fact() {
        let wording = Wording::parse("{principal.name} holds {context.level}.").unwrap();
        let text = wording.fill(&|attribute| (attribute.name == "name").then(|| "erp".to_owned()));
        assert_eq!(text, "erp holds (unknown).");
        assert_eq!(wording.pattern(), "{principal.name} holds {context.level}.");
    }

    #[test]
    fn a_brace_must_name_an_attribute() {
        assert!(Wording::parse("{name}").is_err());
        assert!(Wording::parse("{context.level on {resource.name}").is_err());
        assert!(Wording::parse("{principal.name").is_err());
    }
}
