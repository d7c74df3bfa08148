//! The words that may stand where a secret would: they say whether there is one, and nothing of it.

use serde::{Deserialize, Serialize};

/// Whether there is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// There is none.
    Absent,
    /// There is a place for one, with nothing in it.
    Empty,
    /// There is one.
    Present,
    /// There is one, and it is stored encrypted, or obfuscated with unknown strength.
    PresentEncrypted,
    /// There was one here; it was taken out.
    Redacted,
    /// Nobody said.
    Unknown,
}

impl Presence {
    /// Every word, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Absent, Self::Empty, Self::Present, Self::PresentEncrypted, Self::Redacted, Self::Unknown];

    /// The word in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Empty => "empty",
            Self::Present => "present",
            Self::PresentEncrypted => "present_encrypted",
            Self::Redacted => "redacted",
            Self::Unknown => "unknown",
        }
    }

    /// The presence of this [`Presence::id`], with or without capitals and brackets (`<redacted>`); `None` for anything
    /// else, which may be a secret and is not repeated.
    pub fn from_id(id: &str) -> Option<Self> {
        let id = id.trim();
        let inner =
            [('<', '>'), ('[', ']')].iter().find_map(|(opens, closes)| id.strip_prefix(*opens)?.strip_suffix(*closes));
        let id = inner.unwrap_or(id).trim();
        Self::ALL.into_iter().find(|presence| id.eq_ignore_ascii_case(presence.id()))
    }

    /// Whether there is a secret; `None` when that is unknown.
    pub fn is_there(self) -> Option<bool> {
        match self {
            Self::Absent | Self::Empty => Some(false),
            Self::Present | Self::PresentEncrypted | Self::Redacted => Some(true),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_nothing_else_does() {
        for presence in Presence::ALL {
            assert_eq!(Presence::from_id(presence.id()), Some(presence));
        }
        assert_eq!(Presence::from_id(" <Redacted> "), Some(Presence::Redacted));
        assert_eq!(Presence::from_id("hunter2"), None);
    }
}
