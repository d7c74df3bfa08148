//! How much a policy may say before it is given to Cedar.
//!
//! Cedar takes a text apart by calling itself for every bracket and every operator, and a text that goes deep enough
//! ends the whole program. Whoever sends an export can put waivers and policies beside it, so each text is measured
//! first. The limits leave room on the smallest stack, 2 MiB, in a program that is not optimised.

use std::ops::Range;

/// The longest text of policies, in bytes.
pub const LONGEST_TEXT: usize = 256 * 1024;
/// How deep brackets of any kind may be nested.
pub const DEEPEST: usize = 100;
/// The operators of one policy, or of one condition.
pub const MAX_OPERATORS: usize = 500;

/// Words that nest an expression as an operator does.
const WORDS: [&str; 7] = ["if", "has", "like", "in", "is", "when", "unless"];

/// A text goes beyond a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// What goes beyond it first, in bytes.
    pub at: Range<usize>,
    /// Which limit.
    pub what: String,
    /// What to do.
    pub help: &'static str,
}

/// Measures a text of policies, or a condition.
///
/// # Errors
/// The first place where it is too much.
pub fn check(text: &str) -> Result<(), Excess> {
    let excess = |at, what: String, help| Err(Excess { at, what, help });
    if text.len() > LONGEST_TEXT {
        let what = format!("the text is longer than {} KiB", LONGEST_TEXT / 1024);
        return excess(0..1, what, "make it shorter; each control can have a file of its own");
    }
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for (at, part) in parts(text) {
        match part {
            Part::Open => depth += 1,
            Part::Close => depth = depth.saturating_sub(1),
            Part::Operator => operators += 1,
            // A policy ends here even where a bracket is left open: Cedar gives that one up.
            Part::End => (depth, operators) = (0, 0),
        }
        if depth > DEEPEST {
            let what = format!("brackets are nested more than {DEEPEST} deep");
            return excess(at, what, "leave out brackets that change nothing");
        }
        if operators > MAX_OPERATORS {
            let what = format!("one condition has more than {MAX_OPERATORS} operators");
            return excess(
                at,
                what,
                "divide the condition, or ask a set: [\"one\", \"other\"].contains(principal.name)",
            );
        }
    }
    Ok(())
}

/// What counts of a text.
enum Part {
    Open,
    Close,
    Operator,
    End,
}

/// What counts of a text and where it is, strings and comments left out.
fn parts(text: &str) -> impl Iterator<Item = (Range<usize>, Part)> {
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (at, letter) = letters.next()?;
            let part = match letter {
                '"' => {
                    while let Some((_, letter)) = letters.next().filter(|(_, letter)| *letter != '"') {
                        if letter == '\\' {
                            letters.next();
                        }
                    }
                    continue;
                }
                '/' if letters.next_if(|(_, next)| *next == '/').is_some() => {
                    while letters.next_if(|(_, letter)| !matches!(letter, '\n' | '\r')).is_some() {}
                    continue;
                }
                '(' | '[' | '{' => Part::Open,
                ')' | ']' | '}' => Part::Close,
                ';' => Part::End,
                '!' | '-' | '+' | '*' | '/' | '%' | '<' | '>' | '.' => Part::Operator,
                '&' | '|' | '=' if letters.next_if(|(_, next)| *next == letter).is_some() => Part::Operator,
                letter if letter.is_alphanumeric() || letter == '_' => {
                    let mut end = at + letter.len_utf8();
                    while let Some((next, letter)) = letters.next_if(|(_, next)| next.is_alphanumeric() || *next == '_')
                    {
                        end = next + letter.len_utf8();
                    }
                    if !WORDS.contains(&text.get(at..end).unwrap_or_default()) {
                        continue;
                    }
                    return Some((at..end, Part::Operator));
                }
                _ => continue,
            };
            return Some((at..at + letter.len_utf8(), part));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_may_be_as_deep_as_the_limit_and_no_deeper() {
        let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(check(&nested(DEEPEST)), Ok(()));
        let excess = check(&nested(DEEPEST + 1)).unwrap_err();
        assert_eq!((excess.at, excess.what.as_str()), (100..101, "brackets are nested more than 100 deep"));
        assert!(check(&format!("{}{}", "[{(".repeat(34), ")}]".repeat(34))).is_err());
    }

    #[test]
    fn a_condition_may_have_as_many_operators_as_the_limit_and_no_more() {
        let chain = |operators: usize| format!("true{}", " && true".repeat(operators));
        assert_eq!(check(&chain(MAX_OPERATORS)), Ok(()));
        let excess = check(&chain(MAX_OPERATORS + 1)).unwrap_err();
        assert_eq!(excess.what, "one condition has more than 500 operators");
        for operator in ["||", "==", "!", "-", " if ", ".a", " has a", " like ", " in ", "<", "+", " when {true}"] {
            assert!(check(&format!("a{}", operator.repeat(501))).is_err(), "{operator}");
        }
    }

    #[test]
    fn each_policy_counts_for_itself() {
        let policy = format!("forbid (principal, action, resource) when {{ true{} }};\n", " && true".repeat(400));
        assert_eq!(check(&policy.repeat(3)), Ok(()));
    }

    #[test]
    fn texts_and_comments_do_not_count() {
        let many = "(&&".repeat(600);
        assert_eq!(check(&format!("\"\\\"{many}\" == \"\" // {many}\n")), Ok(()));
        // A comment ends with the line, however the line ends.
        assert!(check(&format!("// one\r{many}")).is_err());
        assert!(check(&format!("\"\" {many}")).is_err());
    }

    #[test]
    fn a_text_has_a_greatest_length() {
        assert_eq!(check(&"/".repeat(LONGEST_TEXT)), Ok(()));
        assert_eq!(check(&"/".repeat(LONGEST_TEXT + 1)).unwrap_err().what, "the text is longer than 256 KiB");
    }
}
