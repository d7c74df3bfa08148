//! What identifies the place of a secret in every export: the record by its own id or name, list elements by theirs, and
//! the names that lead to the value. No index and no line number counts where something has a name, so that two secrets
//! in two records are two places, and a record that moves keeps its own.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{scan_plain, scan_text};
use crate::csv_text;
use crate::json_text;

mod json;
mod loose;
mod markup;

/// The place of a secret inside its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// What the record calls itself: its id, uid, key or name; `None` where it has none of them, or there is no record.
    pub record: Option<String>,
    /// The steps that lead to the value inside the record, separated by slashes.
    pub member: String,
}

/// How the text around a secret is read.
#[derive(Debug, Clone, Copy)]
pub enum Form<'t> {
    /// A JSON record.
    Json,
    /// A row of a table with these columns.
    Row(&'t [String]),
    /// A TOML file.
    Toml,
    /// An XML file.
    Markup,
    /// Text without a known structure.
    Plain,
}

/// The longest name that identifies anything, in bytes: what is longer is a text and no name.
const LONGEST_NAME: usize = 120;
/// Members that name the object that holds them, the most telling first, and whether they hold ids.
const NAMING: [(&str, bool); 12] = [
    ("id", true),
    ("uid", true),
    ("uuid", true),
    ("guid", true),
    ("key", false),
    ("keyidentifier", true),
    ("identifier", true),
    ("clientid", true),
    ("name", false),
    ("title", false),
    ("emailaddress", false),
    ("email", false),
];

/// The identities of secrets at these places of a text, in the order of the places.
pub fn identify(text: &str, form: Form<'_>, secrets: &[Range<usize>]) -> Vec<Identity> {
    let mut order: Vec<usize> = (0..secrets.len()).collect();
    order.sort_by_key(|index| secrets.get(*index).map(|span| (span.start, span.end)));
    let sorted: Vec<Range<usize>> = order.iter().filter_map(|index| secrets.get(*index).cloned()).collect();
    let found = match form {
        Form::Json => json::identify(text, &sorted),
        Form::Row(columns) => row(text, columns, &sorted),
        Form::Toml => loose::in_toml(text, &sorted),
        Form::Markup => markup::identify(text, &sorted),
        Form::Plain => loose::in_text(text, &sorted),
    };
    let mut out = vec![Identity::default(); secrets.len()];
    for (index, identity) in order.into_iter().zip(found) {
        out.get_mut(index).into_iter().for_each(|place| *place = identity.clone());
    }
    out
}

/// The secrets of one row, by their columns.
fn row(text: &str, columns: &[String], secrets: &[Range<usize>]) -> Vec<Identity> {
    let cells = csv_text::spans(text);
    let cell_of = |secret: &Range<usize>| cells.partition_point(|cell| cell.end <= secret.start);
    let holding: BTreeSet<usize> = secrets.iter().map(cell_of).collect();
    let known: Vec<&str> = secrets.iter().filter_map(|span| text.get(span.clone())).collect();
    let named = columns.iter().zip(&cells).enumerate().filter(|(index, _)| !holding.contains(index));
    let named = named.filter_map(|(_, (column, cell))| {
        let value = text.get(cell.clone())?.trim().trim_matches('"').trim();
        Some((rank(column).filter(|_| may_name(column, value, &known))?, value))
    });
    let record = named.min().map(|(_, value)| step(value));
    let identity = |secret: &Range<usize>| Identity {
        record: record.clone(),
        member: columns.get(cell_of(secret)).map(|column| step(column)).unwrap_or_default(),
    };
    secrets.iter().map(identity).collect()
}

/// How telling a member is as the name of its object; the least number is the most telling.
fn rank(member: &str) -> Option<usize> {
    NAMING.iter().position(|(name, _)| same(name, member))
}

/// Whether a value can be shown as the name of what holds it: it is short, and neither a secret nor like one.
fn may_name(member: &str, value: &str, secrets: &[&str]) -> bool {
    let holds_ids = NAMING.iter().any(|(name, ids)| *ids && same(name, member));
    !value.trim().is_empty()
        && value.len() <= LONGEST_NAME
        && !secrets.contains(&value)
        && scan_text(member, value).is_empty()
        && (holds_ids || scan_plain(value).is_empty())
}

/// Whether a name written with capitals, spaces or dashes is this one of small letters.
fn same(letters: &str, name: &str) -> bool {
    let written = name.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
    name.len() <= LONGEST_NAME && written.eq(letters.bytes())
}

/// A name as a step of the place.
fn step(name: &str) -> String {
    json_text::escape_token(name.trim().into()).into_owned()
}
