//! The texts of a pack, and where in them things stand.

use cutover_model::result::policy_check::Problem;
use std::ops::Range;

use cedar_policy::{Policy, PolicySet};

use cutover_model::result::policy_check::Place;

/// What is said of a file of a pack that is none: it may be any file, so none of its lines is shown.
pub const NOT_CEDAR: &str = "the file holds no policy: expected `forbid (…)` with its annotations";

/// Whether a text looks like policies, right or wrong: it has a word that every policy has, and is no binary file.
fn looks_like_cedar(text: &str) -> bool {
    let words = ["forbid", "permit", "@id"];
    words.iter().any(|word| text.contains(word)) && !text.contains('\0')
}

/// Whether a text has only what Cedar passes over: it is a file of a pack, without policies.
fn is_blank(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with("//"))
}

/// Whether a text is no file of a pack.
pub fn is_foreign(text: &str) -> bool {
    !looks_like_cedar(text) && !is_blank(text)
}

/// A file of a pack.
#[derive(Debug)]
pub struct Source {
    /// The file, as the user would open it.
    pub path: String,
    /// What it holds.
    pub text: String,
}

impl Source {
    /// A problem of the pack at some bytes.
    pub fn problem(&self, at: &Range<usize>, code: &str, message: impl Into<String>) -> Problem {
        Problem { place: self.place(at), code: code.to_owned(), control: None, message: message.into(), help: None }
    }

    /// Line and column of some bytes; what goes on in the next line is cut.
    pub fn place(&self, at: &Range<usize>) -> Place {
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
    pub fn find(&self, within: &Range<usize>, what: &str) -> Range<usize> {
        let inside = self.text.get(within.clone()).unwrap_or_default();
        match inside.find(what) {
            Some(at) => within.start + at..within.start + at + what.len(),
            None => within.clone(),
        }
    }

    /// The annotation `@id` of a policy.
    pub fn id(&self, policy: &Range<usize>, id: &str) -> Range<usize> {
        self.find(policy, &format!("@id(\"{id}\")"))
    }

    /// File, line and column of some bytes.
    pub fn spot(&self, at: &Range<usize>) -> String {
        let place = self.place(at);
        format!("{}:{}:{}", place.path, place.line, place.column)
    }

    /// The bytes of each policy, without what stands before it. Cedar keeps them, and does not tell.
    pub fn policies(&self) -> Vec<Range<usize>> {
        let (mut out, mut start) = (Vec::new(), None);
        let mut letters = self.text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '/' if letters.peek().is_some_and(|(_, next)| *next == '/') => {
                    while letters.next_if(|(_, letter)| !matches!(letter, '\n' | '\r')).is_some() {}
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

/// The policies of a file in the order of its text, with their places.
pub fn placed<'s>(source: &Source, set: &'s PolicySet) -> Vec<(Range<usize>, &'s Policy)> {
    let places = source.policies();
    // Ids are `policy0`, `policy1`, … in the order of the text, templates counted.
    let number =
        |policy: &Policy| policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or_default();
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(|policy| number(policy));
    let whole = 0..source.text.len();
    policies.into_iter().map(|policy| (places.get(number(policy)).cloned().unwrap_or(whole.clone()), policy)).collect()
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
    fn a_text_that_holds_no_policy_is_foreign() {
        for text in ["", "// nothing yet\n\n", "forbid (", "@id(\"A-1\")", "permit(principal, action, resource);"] {
            assert!(!is_foreign(text), "{text:?}");
        }
        for text in ["HOME=/root\0PASSWORD=x\0", "root:x:0:0\n", "forbid\0", "{\"a\": 1}"] {
            assert!(is_foreign(text), "{text:?}");
        }
    }

    #[test]
    fn a_place_counts_characters() {
        let source = source("ä\nöü abc\n");
        let place = source.place(&source.find(&(0..source.text.len()), "abc"));
        assert_eq!((place.line, place.column, place.length, place.text.as_str()), (2, 4, 3, "öü abc"));
    }
}
