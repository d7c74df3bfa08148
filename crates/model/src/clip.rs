//! Clips long lines that are shown with a message.

/// The longest line shown, in characters.
pub const MAX_LINE_CHARS: usize = 200;

/// The first characters of a text.
pub fn head(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The last characters of a text.
pub fn tail(text: &str, most: usize) -> String {
    match text.char_indices().rev().nth(most) {
        Some((at, letter)) => format!("…{}", text.get(at + letter.len_utf8()..).unwrap_or_default()),
        None => text.to_owned(),
    }
}
