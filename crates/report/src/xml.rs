//! Text in XML.

use cutover_model::escape;

/// XML has no way to write some characters, whatever stands before them.
pub(super) fn plain(text: &str) -> String {
    allowed(&escape::visible(text))
}

/// A name, on one line and not longer than a name is.
pub(super) fn name(text: &str) -> String {
    allowed(&escape::name(text))
}

/// What [`escape`] leaves of the characters that XML does not allow are these two.
fn allowed(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Char` of XML 1.0, section 2.2.
    fn is_allowed(letter: char) -> bool {
        matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    #[test]
    fn every_character_becomes_one_that_xml_allows() {
        for letter in '\0'..=char::MAX {
            let text = letter.to_string();
            assert!(plain(&text).chars().all(is_allowed), "{}", letter.escape_unicode());
            assert!(name(&text).chars().all(is_allowed), "{}", letter.escape_unicode());
        }
    }
}
