//! Permission levels.

use std::fmt;

/// What an identity may do with a tool. Ordered: each level includes the ones before it.
///
/// Procore's four levels; the ids 1 to 4 of the API follow the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// No access.
    #[default]
    None,
    /// May look.
    ReadOnly,
    /// May work.
    Standard,
    /// May do everything, and give access to others.
    Admin,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::None, Self::ReadOnly, Self::Standard, Self::Admin];

    /// Reads a level in any of its spellings: case, spaces, dashes and underscores do not count; 1 to 4 are ids.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-' | '_')).collect();
        match letters.to_ascii_lowercase().as_str() {
            "none" | "1" => Some(Self::None),
            "readonly" | "2" => Some(Self::ReadOnly),
            "standard" | "3" => Some(Self::Standard),
            "admin" | "4" => Some(Self::Admin),
            _ => None,
        }
    }

    /// The name in policies and results.
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ReadOnly => "read_only",
            Self::Standard => "standard",
            Self::Admin => "admin",
        }
    }
}

/// What is known of a level: it is one of those between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LevelRange {
    least: Level,
    most: Level,
}

impl LevelRange {
    /// Nothing is known: any level.
    pub const UNKNOWN: Self = Self { least: Level::None, most: Level::Admin };

    /// This level, and no other.
    pub fn exactly(level: Level) -> Self {
        Self { least: level, most: level }
    }

    /// This level or a higher one.
    pub fn at_least(level: Level) -> Self {
        Self { least: level, most: Level::Admin }
    }

    /// The level, if only one is possible.
    pub fn exact(self) -> Option<Level> {
        (self.least == self.most).then_some(self.least)
    }

    /// The lowest level that is possible.
    pub fn least(self) -> Level {
        self.least
    }

    /// The highest level that is possible.
    pub fn most(self) -> Level {
        self.most
    }

    /// What is known of the higher one of two levels.
    #[must_use]
    pub fn highest(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.max(other.most) }
    }

    /// Whether the level is at least this one; `None` when both are possible.
    pub fn reaches(self, wanted: Level) -> Option<bool> {
        match (self.least >= wanted, self.most >= wanted) {
            (true, _) => Some(true),
            (false, false) => Some(false),
            (false, true) => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::ReadOnly => "Read Only",
            Self::Standard => "Standard",
            Self::Admin => "Admin",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_seen_in_exports_is_read() {
        for text in ["readonly", "Read-Only", "read_only", "Read Only", "READ only", "2"] {
            assert_eq!(Level::parse(text), Some(Level::ReadOnly), "{text}");
        }
        assert_eq!(Level::parse("Administrator"), None);
        assert_eq!(Level::parse(""), None);
    }

    #[test]
    fn a_lower_bound_decides_what_it_reaches_and_nothing_above() {
        let range = LevelRange::at_least(Level::Standard);
        let reaches = Level::ALL.map(|wanted| range.reaches(wanted));
        assert_eq!(reaches, [Some(true), Some(true), Some(true), None]);
        assert_eq!((range.exact(), LevelRange::at_least(Level::Admin).exact()), (None, Some(Level::Admin)));
        assert_eq!(LevelRange::exactly(Level::ReadOnly).reaches(Level::Standard), Some(false));
    }

    #[test]
    fn levels_are_ordered() {
        assert!(Level::ALL.is_sorted());
    }
}
