//! Patterns over the ids of controls: `SVA-*`.

use globset::{Glob, GlobMatcher};

/// The longest pattern, in characters.
pub const LONGEST: usize = 200;

/// What to do about a pattern that is none.
pub const HELP: &str = "write an id, or a pattern such as `SVA-*`";

/// Makes a matcher. Braces are refused: the library of patterns calls itself for each, and ids have none.
///
/// # Errors
/// Why it is no pattern.
pub fn matcher(pattern: &str) -> Result<GlobMatcher, String> {
    if pattern.chars().count() > LONGEST {
        return Err(format!("a pattern has at most {LONGEST} characters"));
    }
    if pattern.contains(['{', '}']) {
        return Err(format!("`{pattern}` is not a pattern: braces have no meaning here"));
    }
    let glob = Glob::new(pattern).map_err(|_| format!("`{pattern}` is not a pattern"))?;
    Ok(glob.compile_matcher())
}

/// The pattern in capitals, where that one matches an id.
pub fn in_capitals<'i>(pattern: &str, mut ids: impl Iterator<Item = &'i str>) -> Option<String> {
    let upper = pattern.to_uppercase();
    let glob = matcher(&upper).ok()?;
    ids.any(|id| glob.is_match(id)).then(|| format!("did you mean `{upper}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_a_greatest_length_and_no_braces() {
        assert!(matcher("SVA-*").unwrap().is_match("SVA-04"));
        assert!(matcher(&"A".repeat(LONGEST)).is_ok());
        assert_eq!(matcher(&"A".repeat(LONGEST + 1)).unwrap_err(), "a pattern has at most 200 characters");
        assert!(matcher("{SVA,DIR}-*").unwrap_err().contains("braces"));
        assert_eq!(matcher("[").unwrap_err(), "`[` is not a pattern");
    }

    #[test]
    fn a_pattern_in_small_letters_is_suggested_in_capitals() {
        let advice = |pattern| in_capitals(pattern, ["MFF-01", "DIR-01"].into_iter());
        assert_eq!(advice("mff-*").as_deref(), Some("did you mean `MFF-*`?"));
        assert_eq!(advice("mfx-*"), None);
    }
}
