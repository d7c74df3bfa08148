//! Colours, or none.

use cutover_model::result::Severity;

/// Colours text when asked to. Only text of our own is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    colour: bool,
}

impl Paint {
    /// With colours or without.
    pub fn new(colour: bool) -> Self {
        Self { colour }
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
