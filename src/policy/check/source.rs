//! The texts of a pack, and where in them things stand.

use std::ops::Range;

use crate::result::policy_check::{Place, Problem};

/// A file of a pack.
#[derive(Debug)]
pub(super) struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// A problem at some bytes.
    pub(super) fn problem(&self, at: &Range<usize>, code: &str, message: impl Into<String>) -> Problem {
        Problem { place: self.place(at), code: code.to_owned(), control: None, message: message.into(), help: None }
    }

    /// Line and column of some bytes; what goes on in the next line is cut.
    fn place(&self, at: &Range<usize>) -> Place {
        let start = at.start.min(self.text.len());
        let before = self.text.get(..start).unwrap_or_default();
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let column = before.get(begin..).unwrap_or_default().chars().count() + 1;
        let marked = self.text.get(start..at.end.min(self.text.len())).and_then(|text| text.lines().next());
        let length = marked.unwrap_or_default().chars().count().max(1);
        let line_number = before.matches('\n').count() + 1;
        Place { path: self.path.clone(), line: line_number, column, length, text: line.to_owned() }
    }

    /// Where a text first stands within some bytes; those bytes where it does not.
    pub(super) fn find(&self, within: &Range<usize>, what: &str) -> Range<usize> {
        let inside = self.text.get(within.clone()).unwrap_or_default();
        match inside.find(what) {
            Some(at) => within.start + at..within.start + at + what.len(),
            None => within.clone(),
        }
    }

    /// The bytes of each policy, without what stands before it. Cedar keeps them, and does not tell.
    pub(super) fn policies(&self) -> Vec<Range<usize>> {
        let (mut out, mut start) = (Vec::new(), None);
        let mut letters = self.text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '/' if letters.peek().is_some_and(|(_, next)| *next == '/') => {
                    while letters.next_if(|(_, letter)| *letter != '\n').is_some() {}
                    continue;
                }
                '"' => {
                    while let Some((_, letter)) = letters.next().filter(|(_, letter)| *letter != '"') {
                        if letter == '\\' {
                            letters.next();
                        }
                    }
                }
                ';' => {
                    out.push(start.take().unwrap_or(at)..at + 1);
                    continue;
                }
                letter if letter.is_whitespace() => continue,
                _ => {}
            }
            start.get_or_insert(at);
        }
        out
    }
}

impl Problem {
    /// Of this control.
    #[must_use]
    pub(super) fn of(mut self, control: &str) -> Self {
        self.control = Some(control.to_owned());
        self
    }

    /// With what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: "a.cedar".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn policies_end_at_semicolons_outside_of_texts_and_comments() {
        let source = source("// one; two\n@id(\"a;\\\";\") forbid(a); // x;\n\n forbid(b);\n");
        let found: Vec<&str> = source.policies().into_iter().map(|at| &source.text[at]).collect();
        assert_eq!(found, ["@id(\"a;\\\";\") forbid(a);", "forbid(b);"]);
    }

    #[test]
    fn a_place_counts_characters() {
        let source = source("ä\nöü abc\n");
        let place = source.place(&source.find(&(0..source.text.len()), "abc"));
        assert_eq!((place.line, place.column, place.length, place.text.as_str()), (2, 4, 3, "öü abc"));
    }
}
