//! What went wrong, or is worth knowing, while an export was read and evaluated.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::Origin;

/// Severity a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Something was left unknown.
    Warning,
    /// Something in the export could not be read.
    Error,
}

/// Where a diagnostic points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Place {
    /// Nowhere in particular.
    #[default]
    None,
    /// A path that could not be read at all.
    Path(String),
    /// A line of a file that is no part of the export.
    Line(String, usize),
    /// A byte of a document.
    Offset(u32, usize),
    /// A member of a record.
    Member(Origin, String),
}

/// The sorts of diagnostic. The code is stable; the message is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The file or folder cannot be opened or decompressed.
    Unreadable,
    /// The file changed while it was read, or after that.
    Changed,
    /// The file is not UTF-8.
    Encoding,
    /// The JSON, CSV or TOML is broken.
    Syntax,
    /// The record is not of the shape its kind has.
    Shape,
    /// A member has the wrong type.
    Member,
    /// A limit on depth, length or size was passed.
    Limit,
    /// What the file holds is unknown.
    UnknownKind,
    /// The file holds one of several kinds, and which one is unknown.
    UncertainKind,
    /// A page of a list is missing.
    PageHole,
    /// A list may go on behind its last page.
    CutList,
    /// A list seems to be of another company than the other files.
    ForeignList,
    /// The file is a result of this program.
    OwnResult,
    /// Two records of the same thing contradict each other.
    Conflict,
    /// A level that is none of the four.
    UnknownLevel,
    /// A tool key or a route that is not in the tool table.
    UnknownTool,
    /// A word of an open list that is unknown here: a grant type, a provider's type.
    UnknownWord,
    /// A record names something the export does not hold, or more than one thing fits.
    Unresolved,
    /// A person may be a service identity, so that controls are not assessed.
    PossibleService,
    /// A person has an address of the domain of service identities.
    PersonAtProcore,
    /// Two exports are, or may be, of one company.
    SameCompany,
    /// A secret was found; it was dropped.
    Secret,
    /// A hand-kept file says something it cannot say.
    HandKept,
    /// An exception is past its date.
    Expired,
    /// A record matches nothing.
    Unmatched,
    /// A waiver is past its last day.
    ExpiredWaiver,
    /// A waiver is about to expire.
    ExpiringWaiver,
    /// A waiver matches nothing.
    UnmatchedWaiver,
    /// A waiver holds longer than the organisation lets one.
    OverlongWaiver,
    /// The date of a planned fix is past, and the violation is still there.
    OverdueWaiver,
    /// The two sides of a change are the same files.
    SameExport,
    /// The side after a change was collected before the side before it.
    SwappedExports,
    /// The export was collected long before the day of the audit.
    OldExport,
    /// Which company an export is of is unknown.
    Company,
    /// What was read whole before a change could not be read after it.
    Lost,
    /// What was exported before a change was not exported after it.
    NotCompared,
    /// A baseline matches nothing, or could not be assessed again as a whole.
    Baseline,
    /// A change edits files that decide how it is evaluated; they do not count.
    RulesChanged,
    /// A file in an export decides nothing, because decisions come from elsewhere.
    DecisionsIgnored,
    /// A policy failed to evaluate.
    Policy,
}

impl Code {
    /// The codes that say that something of the export could not be read. A new code for lost input belongs here.
    const INCOMPLETE: [Self; 11] = [
        Self::Unreadable,
        Self::Changed,
        Self::Encoding,
        Self::Syntax,
        Self::Shape,
        Self::Member,
        Self::Limit,
        Self::UnknownLevel,
        Self::HandKept,
        Self::PageHole,
        Self::Lost,
    ];

    /// Whether a diagnostic of this code says that something of the export could not be read. A run without violations
    /// then ends with exit code 3, and every format says that the result is incomplete. What was read and contradicts
    /// itself, names nothing, or is of an unknown kind is not incomplete.
    pub fn is_incomplete(self) -> bool {
        Self::INCOMPLETE.contains(&self)
    }

    /// The same for a code as results give it.
    pub fn is_incomplete_id(id: &str) -> bool {
        Self::INCOMPLETE.iter().any(|code| code.id() == id)
    }

    /// The code as users see it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Changed => "changed",
            Self::Encoding => "encoding",
            Self::Syntax => "syntax",
            Self::Shape => "shape",
            Self::Member => "member",
            Self::Limit => "limit",
            Self::UnknownKind => "unknown-kind",
            Self::UncertainKind => "uncertain-kind",
            Self::PageHole => "page-hole",
            Self::CutList => "cut-list",
            Self::ForeignList => "foreign-list",
            Self::OwnResult => "own-result",
            Self::Conflict => "conflict",
            Self::UnknownLevel => "unknown-level",
            Self::UnknownTool => "unknown-tool",
            Self::UnknownWord => "unknown-word",
            Self::Unresolved => "unresolved",
            Self::PossibleService => "possible-service-identity",
            Self::PersonAtProcore => "person-at-procore",
            Self::SameCompany => "same-company",
            Self::Secret => "secret",
            Self::HandKept => "hand-kept",
            Self::Expired => "expired",
            Self::Unmatched => "unmatched",
            Self::ExpiredWaiver => "expired-waiver",
            Self::ExpiringWaiver => "expiring-waiver",
            Self::UnmatchedWaiver => "unmatched-waiver",
            Self::OverlongWaiver => "overlong-waiver",
            Self::OverdueWaiver => "overdue-waiver",
            Self::SameExport => "same-export",
            Self::SwappedExports => "swapped-exports",
            Self::OldExport => "old-export",
            Self::Company => "company",
            Self::Lost => "lost",
            Self::NotCompared => "not-compared",
            Self::Baseline => "baseline",
            Self::RulesChanged => "rules-changed",
            Self::DecisionsIgnored => "decisions-ignored",
            Self::Policy => "policy",
        }
    }

    /// Severity it is.
    pub fn level(self) -> Level {
        match self {
            Self::Unreadable
            | Self::Changed
            | Self::Encoding
            | Self::Syntax
            | Self::Shape
            | Self::Limit
            | Self::HandKept
            | Self::PageHole
            | Self::Lost
            | Self::Policy => Level::Error,
            Self::Member
            | Self::Conflict
            | Self::UnknownLevel
            | Self::Unresolved
            | Self::PossibleService
            | Self::PersonAtProcore
            | Self::SameCompany
            | Self::Secret
            | Self::Expired
            | Self::Unmatched
            | Self::ExpiredWaiver
            | Self::ExpiringWaiver
            | Self::UnmatchedWaiver
            | Self::OverlongWaiver
            | Self::OverdueWaiver
            | Self::SameExport
            | Self::SwappedExports
            | Self::OldExport
            | Self::NotCompared
            | Self::Baseline
            | Self::RulesChanged
            | Self::UncertainKind
            | Self::CutList
            | Self::ForeignList
            | Self::UnknownKind => Level::Warning,
            Self::Company | Self::OwnResult | Self::UnknownTool | Self::UnknownWord | Self::DecisionsIgnored => {
                Level::Note
            }
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 400;

/// One diagnostic. The message may quote names of the export; renderers escape them for their medium.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Its sort.
    pub code: Code,
    /// Where it points.
    pub place: Place,
    /// One line, lower case, without full stop.
    pub message: String,
}

impl Diagnostic {
    /// A diagnostic that points somewhere.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, place, message: shortened(message.into()) }
    }
}

/// The middle goes: names stand at the start of a message, and what is wrong with them at the end.
fn shortened(message: String) -> String {
    let length = message.chars().count();
    if length <= LONGEST_MESSAGE {
        return message;
    }
    let start: String = message.chars().take(LONGEST_MESSAGE / 2).collect();
    let end: String = message.chars().skip(length - LONGEST_MESSAGE / 2).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_keeps_its_start_and_its_end() {
        let message = format!("`{}` is not a level", "é".repeat(1 << 20));
        let shown = Diagnostic::new(Code::UnknownLevel, Place::None, message).message;
        assert!(shown.starts_with("`éé") && shown.ends_with("é` is not a level"), "{shown}");
        assert_eq!(shown.chars().count(), LONGEST_MESSAGE + 1);
    }
}
