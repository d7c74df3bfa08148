//! Colours and links, or none.

use std::fmt::Write as _;

use crate::Style;
use cutover_model::escape;
use cutover_model::result::Severity;

/// Colours text when asked to. Only text of our own is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    colour: bool,
    /// The folder that relative paths start from, where places are links.
    links: Option<&'static str>,
}

impl Paint {
    /// With colours or without; places are no links.
    pub fn new(colour: bool) -> Self {
        Self { colour, links: None }
    }

    /// As a style has it.
    pub fn of(style: Style) -> Self {
        Self { colour: style.colour, links: style.links }
    }

    /// A line of a file, dimmed, and where the terminal shows links (OSC 8) a link to the file.
    pub fn place(self, path: &str, line: usize) -> String {
        let shown = self.dim(&format!("{}:{line}", escape::name(path)));
        match self.links {
            // A name with a space may be broken at the end of a line, and a link must not be.
            Some(folder) if !path.contains(char::is_whitespace) => {
                format!("\u{1b}]8;;{}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\", address(folder, path))
            }
            _ => shown,
        }
    }

    /// Whether it colours.
    pub fn is_on(self) -> bool {
        self.colour
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Bold.
    pub fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    /// Dimmed.
    pub fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    /// Good news.
    pub fn good(self, text: &str) -> String {
        self.code("32", text)
    }

    /// Needs care.
    pub fn caution(self, text: &str) -> String {
        self.code("33", text)
    }

    /// Bad news.
    pub fn alarm(self, text: &str) -> String {
        self.code("1;31", text)
    }

    /// By severity.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Critical => "1;35",
            Severity::High => "1;31",
            Severity::Medium => "33",
            Severity::Low => "36",
            Severity::Info => "34",
        };
        self.code(code, text)
    }
}

/// The address of a file. Every byte that may end the sequence of a link is encoded.
fn address(folder: &str, path: &str) -> String {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut out = "file://".to_owned();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_link_to_the_file_where_links_are_shown() {
        let paint = Paint { colour: false, links: Some("/work") };
        let link = paint.place("export/users.json", 4);
        assert_eq!(link, "\u{1b}]8;;file:///work/export/users.json\u{1b}\\export/users.json:4\u{1b}]8;;\u{1b}\\");
        assert_eq!(Paint::new(false).place("users.json", 4), "users.json:4");
    }

    #[test]
    fn the_name_of_a_file_cannot_end_a_link_or_begin_another() {
        let paint = Paint { colour: false, links: Some("/work") };
        let link = paint.place("a\u{1b}\\;x\u{7}ü", 1);
        assert!(link.starts_with("\u{1b}]8;;file:///work/a%1B%5C%3Bx%07%C3%BC\u{1b}\\"), "{link:?}");
        assert_eq!(link.matches('\u{1b}').count(), 4);
    }
}
