//! Makes hostile text safe to show: every name in an export was chosen by somebody else.

use std::borrow::Cow;

/// The longest name that is shown whole, in characters.
const LONGEST_NAME: usize = 200;

/// Whether a character can move the cursor, reorder text, or hide: control characters, bidirectional and zero-width
/// marks, line and paragraph separators, tags, and the byte-order mark.
pub fn is_deceptive(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a text is nothing but visible ASCII and spaces, as most are: that is quickly seen.
pub fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

/// Whether a text shows nothing: it is empty, or holds white space and characters that nobody sees.
pub fn is_blank(text: &str) -> bool {
    /// Letters and signs that are drawn as nothing, or as an empty place.
    const UNSEEN: [char; 8] =
        ['\u{ad}', '\u{34f}', '\u{115f}', '\u{1160}', '\u{180e}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    text.chars().all(|letter| letter.is_whitespace() || is_deceptive(letter) || UNSEEN.contains(&letter))
}

/// Shows deceptive characters as `\u{202e}` instead of obeying them. A tab becomes a space.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\t' => out.push(' '),
            _ if is_deceptive(letter) => out.extend(letter.escape_unicode()),
            _ => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// A name for a line of text: visible, on one line, and not longer than a name is.
pub fn name(text: &str) -> String {
    if text.len() <= LONGEST_NAME {
        return visible(text).into_owned();
    }
    let mut short: String = text.chars().take(LONGEST_NAME).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    visible(&short).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_shown_instead_of_obeyed() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\u{9b}d\re"), r"a\u{1b}[2Jb\u{202e}c\u{9b}d\u{d}e");
        assert_eq!(visible("Müller & Söhne 東京"), "Müller & Söhne 東京");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(name(&"a".repeat(10_000)).chars().count(), LONGEST_NAME + 1);
    }
}
