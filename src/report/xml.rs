//! Text in XML.

use crate::escape;

/// XML has no way to write some characters, whatever stands before them.
pub(super) fn plain(text: &str) -> String {
    escape::visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
