//! Where an export says something: the file, the record, the member.

use std::borrow::Cow;

use smol_str::SmolStr;

/// Which record of which file: an index into the documents of the export and one into the file's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file.
    pub document: u32,
    /// The record in it, counted from 0.
    pub record: u32,
}

/// A place inside a record: the member that says something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// The record.
    pub origin: Origin,
    /// The member, as a JSON pointer relative to the record (a column name in tables); empty for the whole record.
    pub member: SmolStr,
}

impl Evidence {
    /// A member of a record.
    pub fn new(origin: Origin, member: impl Into<Cow<'static, str>>) -> Self {
        let member = match member.into() {
            Cow::Borrowed(member) => SmolStr::new_static(member),
            Cow::Owned(member) => member.into(),
        };
        Self { origin, member }
    }
}

impl From<Origin> for Evidence {
    fn from(origin: Origin) -> Self {
        Self { origin, member: SmolStr::new_static("") }
    }
}
